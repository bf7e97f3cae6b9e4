//! Textures with known answers.

use proptest::prelude::*;

use super::sensitivity::*;
use super::*;
use crate::colour::Lab;
use crate::difference::ciede2000;

const DISTANCES_M: [f64; 3] = [0.3, 1.0, 3.0];

fn from(distance_m: f64) -> Viewing {
    Viewing { distance_m, illuminance_lx: 500.0, zone_mm: 100.0 }
}

fn skin() -> Xyz {
    Lab { l: 60.0, a: 11.0, b: 17.0 }.to_xyz()
}

fn patch(side: usize, mm_per_px: f64, edges: Edges, colour: impl Fn(f64, f64) -> Xyz) -> Patch {
    let at = |i: usize| colour((i % side) as f64 * mm_per_px, (i / side) as f64 * mm_per_px);
    Patch::new([side, side], mm_per_px, edges, (0..side * side).map(at).collect()).unwrap()
}

fn scaled(c: Xyz, k: f64) -> Xyz {
    Xyz { x: k * c.x, y: k * c.y, z: k * c.z }
}

fn seen(patch: &Patch, distance_m: f64) -> Seen {
    ContrastSpectrum::of(patch).unwrap().seen(&from(distance_m)).unwrap()
}

/// Dots with soft borders on skin, about a millimetre apart on a tile of 10.24 mm; `spread` = 0 is a grid, 1 is chance.
fn dots(diameter_mm: f64, strength: f64, spread: f64, seed: u64) -> Patch {
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let pitch = 1.024;
    let centres: Vec<[f64; 2]> = (0..100)
        .map(|i| {
            let grid = [f64::from(i % 10) * pitch, f64::from(i / 10) * pitch];
            grid.map(|g| g + spread * (random() - 0.5) * if spread < 1.0 { pitch } else { 10.24 })
        })
        .collect();
    let wrapped = |d: f64| d - 10.24 * (d / 10.24).round();
    patch(256, 0.04, Edges::Wraps, |x, y| {
        let light: f64 = centres
            .iter()
            .map(|c| wrapped(x - c[0]).powi(2) + wrapped(y - c[1]).powi(2))
            .filter(|r2| *r2 < 1.0)
            .map(libm::sqrt)
            .map(|r| 1.0 - strength / (1.0 + libm::exp((r - 0.5 * diameter_mm) / 0.03)))
            .product();
        scaled(skin(), light)
    })
}

#[test]
fn even_skin_has_nothing_to_see() {
    for edges in [Edges::Wraps, Edges::Cut] {
        let even = patch(64, 0.05, edges, |_, _| skin());
        for m in DISTANCES_M {
            let s = seen(&even, m);
            assert!(s.visible < 1e-9, "{}", s.visible);
            assert!(s.jnd_to(&s) == 0.0 && scielab::unevenness(&even, &from(m)).unwrap() < 1e-9);
        }
    }
}

/// A grating with the amplitude that Barten's formula calls the threshold is at the threshold, whatever its fineness or direction.
#[test]
fn gratings_at_the_threshold_are_at_the_threshold() {
    for m in DISTANCES_M {
        for [kx, ky] in [[4.0, 0.0], [0.0, 7.0], [9.0, 12.0], [20.0, 1.0]] {
            let (side, mm_per_px) = (128, 0.08);
            let per_mm = libm::hypot(kx, ky) / (128.0 * mm_per_px);
            let u = per_mm / from(m).deg_per_mm();
            let s =
                luminance_sensitivity(u, from(m).luminance_cd_per_m2(skin().y), visual_angle_deg(100.0, m));
            if s < 2.0 {
                continue; // more than the amplitude a grating can have
            }
            let grating = patch(side, mm_per_px, Edges::Wraps, |x, y| {
                let turn = (kx * x + ky * y) / (128.0 * mm_per_px);
                scaled(skin(), 1.0 + libm::sin(std::f64::consts::TAU * turn) / s)
            });
            // A grating counts with the mean frequency of its ring.
            let visible = seen(&grating, m).visible;
            assert!((visible - 1.0).abs() < 0.03, "{m} m, {u:.1} cycles per degree: {visible}");
        }
    }
}

/// The variance of all rings is that of the pixels (Parseval), also where the border is a cut and the texture even.
#[test]
fn the_rings_hold_the_whole_variance() {
    let variance = |p: &Patch| {
        let mean = p.mean().y;
        p.xyz.iter().map(|c| (c.y / mean - 1.0).powi(2)).sum::<f64>() / p.xyz.len() as f64
    };
    let sum = |p: &Patch| ContrastSpectrum::of(p).unwrap().luminance_rings().map(|r| r[1]).sum::<f64>();
    let tile = dots(0.25, 0.5, 0.5, 1);
    assert!((sum(&tile) / variance(&tile) - 1.0).abs() < 1e-9);
    let cut = Patch { edges: Edges::Cut, ..tile };
    assert!((sum(&cut) / variance(&cut) - 1.0).abs() < 0.1, "{} {}", sum(&cut), variance(&cut));
}

/// `smp.md` 1.1: a dot of 0.25 mm is resolved at 0.3 m and not at 3 m.
#[test]
fn evenly_spread_dots_are_seen_in_the_mirror_and_not_across_the_room() {
    let texture = dots(0.25, 0.5, 0.3, 7);
    let visible = DISTANCES_M.map(|m| seen(&texture, m).visible);
    assert!(visible[0] > 10.0 && visible[1] > 1.0 && visible[2] < 1.0, "{visible:?}");
    let uneven = DISTANCES_M.map(|m| scielab::unevenness(&texture, &from(m)).unwrap());
    assert!(uneven[0] > uneven[1] && uneven[1] > uneven[2] && uneven[2] < 1.0, "{uneven:?}");
}

#[test]
fn contrast_falls_with_distance_and_grows_with_strength() {
    for seed in 0..4 {
        let near = [0.3, 0.5, 1.0, 2.0, 3.0].map(|m| seen(&dots(0.25, 0.5, 0.3, seed), m).visible);
        assert!(near.windows(2).all(|w| w[0] > w[1]), "{near:?}");
        let strong = [0.1, 0.2, 0.4, 0.8].map(|k| seen(&dots(0.25, k, 0.3, seed), 0.3).visible);
        assert!(strong.windows(2).all(|w| w[0] < w[1]), "{strong:?}");
    }
}

/// Chance makes clumps, which are coarse and seen from afar; that is why dots are spread evenly.
#[test]
fn clumps_are_seen_from_farther_than_even_dots() {
    for seed in 0..4 {
        let [even, chance] = [0.3, 1.0].map(|spread| seen(&dots(0.25, 0.5, spread, seed), 3.0).visible);
        assert!(chance > 3.0 * even, "{chance} {even}");
    }
}

/// The same texture in another arrangement of the same kind is nearly no difference; twice the diameter is one; and from afar both look alike.
#[test]
fn textures_are_compared_without_sharing_a_dot() {
    let look = |diameter: f64, seed: u64, m: f64| seen(&dots(diameter, 0.5, 0.3, seed), m);
    for m in DISTANCES_M {
        let same = look(0.25, 1, m).jnd_to(&look(0.25, 2, m));
        let other = look(0.25, 1, m).jnd_to(&look(0.5, 2, m));
        assert!(same < 0.5 && (m > 2.0 || other > 4.0 * same), "{m} m: {same} {other}");
        assert_eq!(look(0.25, 1, m).jnd_to(&look(0.5, 2, m)), look(0.5, 2, m).jnd_to(&look(0.25, 1, m)));
    }
    let [near, far] = [0.3, 3.0].map(|m| look(0.25, 1, m).jnd_to(&look(0.5, 2, m)));
    assert!(near > 2.0 && far < near / 2.0, "{near} {far}");
}

/// A texture of colour alone is seen through the chromatic channels, and lost at a fineness at which light and dark are still seen.
#[test]
fn fine_colour_is_lost_before_fine_light_and_dark() {
    let mean = skin();
    let thresholds = |stripe_mm: f64, colour: bool| {
        let stripes = patch(128, 0.04, Edges::Wraps, |x, _| {
            let s = libm::sin(std::f64::consts::TAU * x / stripe_mm);
            if colour { Xyz { z: mean.z * (1.0 + 0.3 * s), ..mean } } else { scaled(mean, 1.0 + 0.3 * s) }
        });
        let s = seen(&stripes, 0.3);
        std::array::from_fn::<f64, 3, _>(|c| s.bands.iter().map(|b| b.thresholds[c]).fold(0.0, f64::max))
    };
    // 2 and 16 cycles per degree.
    for stripe_mm in [2.56, 0.32] {
        let [light, rg, by] = thresholds(stripe_mm, false);
        assert!(light > 10.0 && rg < 1e-6 && by < 1e-6, "{stripe_mm}: {light} {rg} {by}");
    }
    let [light, rg, by] = thresholds(2.56, true);
    assert!(light < 1e-9 && by > 1.0 && by > rg, "{light} {rg} {by}");
    let [light, rg, by] = thresholds(0.32, true);
    assert!(light < 1e-9 && rg < 0.1 && by < 0.1, "{light} {rg} {by}");
}

/// The blur is the convolution with the sampled kernels, each pixel a sum over all others.
#[test]
fn the_blur_is_a_convolution() {
    let (side, mm_per_px) = (32, 0.2);
    let texture = patch(side, mm_per_px, Edges::Wraps, |x, y| {
        let k = 1.0 - 0.6 * libm::exp(-((x - 2.0).powi(2) + (y - 3.1).powi(2)) / 0.5);
        Xyz { x: 0.4 * k, y: 0.35 * k * k, z: 0.2 + 0.1 * k }
    });
    let viewing = from(0.3);
    let deg_per_px = mm_per_px * viewing.deg_per_mm();
    // Kernel of the red-green channel, wrapped onto the tile: 1.2 degrees wide, the wide part reaches over many tiles.
    let kernel = |dx: f64, dy: f64| -> f64 {
        [[0.616_725, 0.0685], [0.383_275, 0.826]]
            .iter()
            .map(|[weight, width]| {
                let s2 = width * width / (4.0 * std::f64::consts::LN_2);
                let line = |d: f64| {
                    let tile = side as f64 * deg_per_px;
                    (-4..=4)
                        .map(|t| libm::exp(-(d * deg_per_px + f64::from(t) * tile).powi(2) / s2))
                        .sum::<f64>()
                };
                weight * line(dx) * line(dy) * deg_per_px * deg_per_px / (std::f64::consts::PI * s2)
            })
            .sum()
    };
    let red_green = |c: &Xyz| -0.448_773_6 * c.x + 0.289_805_6 * c.y + 0.077_156_9 * c.z;
    let ours = scielab::blurred(&texture, &viewing).unwrap();
    for (x, y) in [(0, 0), (10, 15), (11, 15), (31, 7)] {
        let sum: f64 = (0..side * side)
            .map(|i| {
                kernel((i % side) as f64 - x as f64, (i / side) as f64 - y as f64)
                    * red_green(&texture.xyz[i])
            })
            .sum();
        let ours = red_green(&ours[y * side + x]);
        assert!((ours - sum).abs() < 2e-4 * sum.abs(), "{x}, {y}: {ours} and {sum}");
    }
}

#[test]
fn pictures_of_one_place_differ_by_their_colours_where_they_are_even() {
    let (a, b) = (Lab { l: 60.0, a: 11.0, b: 17.0 }, Lab { l: 57.0, a: 10.0, b: 15.0 });
    let even = |c: Lab| patch(32, 0.1, Edges::Wraps, |_, _| c.to_xyz());
    let d = scielab::difference(&even(a), &even(b), &from(1.0)).unwrap();
    let plain = ciede2000(a, b);
    // The published kernels add up to 1 within 1e-6.
    assert!((d.mean_e00 - plain).abs() < 1e-4 && (d.max_e00 - plain).abs() < 1e-4);
    // Shifted dots differ near by, and no more across the room.
    let [here, there] = [1, 2].map(|seed| dots(0.25, 0.5, 0.3, seed));
    let [near, far] = [0.3, 3.0].map(|m| scielab::difference(&here, &there, &from(m)).unwrap());
    assert!(near.p95_e00 > 2.0 && far.max_e00 < 1.0 && near.mean_e00 <= near.p95_e00, "{near:?} {far:?}");
}

#[test]
fn what_is_no_patch_is_said() {
    let said = |patch: Result<Patch, Error>, words: &str| {
        let error = patch.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    said(Patch::new([48, 32], 0.1, Edges::Cut, vec![skin(); 48 * 32]), "48 x 32");
    said(Patch::new([32, 32], 0.1, Edges::Cut, vec![skin(); 32]), "32 colours");
    said(Patch::new([32, 32], f64::NAN, Edges::Cut, vec![skin(); 1024]), "mm per pixel, is NaN");
    said(Patch::new([32, 32], 0.1, Edges::Cut, vec![Xyz { y: f64::NAN, ..skin() }; 1024]), "NaN");
    let black = Patch::new([32, 32], 0.1, Edges::Cut, vec![scaled(skin(), 0.0); 1024]).unwrap();
    assert!(ContrastSpectrum::of(&black).unwrap_err().to_string().contains("luminance"));
    let even = Patch::new([32, 32], 0.1, Edges::Cut, vec![skin(); 1024]).unwrap();
    assert!(
        ContrastSpectrum::of(&even).unwrap().seen(&from(0.0)).unwrap_err().to_string().contains("distance")
    );
    let other = Patch::new([32, 64], 0.1, Edges::Cut, vec![skin(); 2048]).unwrap();
    let error = scielab::difference(&even, &other, &from(1.0)).unwrap_err().to_string();
    assert!(error.contains("32 x 64"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, rng_seed: proptest::test_runner::RngSeed::Fixed(4), ..ProptestConfig::default() })]
    /// The eye sees angles: a texture twice as large from twice as far is the same, if the area grows with it.
    #[test]
    fn twice_as_large_from_twice_as_far_is_the_same(
        values in prop::collection::vec(0.2..0.8f64, 256), m in 0.1..5.0f64, scale in 0.5..4.0f64,
    ) {
        let look = |scale: f64| {
            let xyz = values.iter().map(|v| scaled(skin(), *v)).collect();
            let patch = Patch::new([16, 16], 0.1 * scale, Edges::Wraps, xyz).unwrap();
            let viewing = Viewing { distance_m: m * scale, illuminance_lx: 500.0, zone_mm: 50.0 * scale };
            ContrastSpectrum::of(&patch).unwrap().seen(&viewing).unwrap()
        };
        let (one, other) = (look(1.0), look(scale));
        // Rings are assigned by rounded lengths, which scale with the picture.
        prop_assert!((one.visible - other.visible).abs() <= 1e-6 * one.visible);
    }

    /// Neither a shift of a tile nor the level of light on the picture is texture.
    #[test]
    fn shifting_a_tile_and_dimming_change_nothing(
        values in prop::collection::vec(0.2..0.8f64, 256), shift in 0usize..256, dim in 0.1..1.0f64,
    ) {
        let look = |shift: usize, dim: f64| {
            let xyz = (0..256).map(|i| scaled(skin(), dim * values[(i + shift) % 256])).collect();
            ContrastSpectrum::of(&Patch::new([16, 16], 0.1, Edges::Wraps, xyz).unwrap()).unwrap()
        };
        let rings = |s: &ContrastSpectrum| s.luminance_rings().map(|r| r[1]).collect::<Vec<f64>>();
        let one = rings(&look(0, 1.0));
        for (a, b) in one.iter().zip(rings(&look(16 * (shift / 16), dim))) {
            prop_assert!((a - b).abs() < 1e-12);
        }
    }
}
