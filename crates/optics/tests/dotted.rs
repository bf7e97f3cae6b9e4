//! Skin with dots against layers, against symmetry, and against the deterministic values of `optics.md` 2.2.

use hairline_optics::layer::{Layer, Stack};
use hairline_optics::transport::dotted::{Deposit, Seen, Shape, look};
use hairline_optics::transport::slab::{Beam, simulate};

const LAYER: Layer =
    Layer { n: 1.4, mua_per_mm: 0.05, mus_per_mm: 15.0, g: 0.8, thickness_mm: f64::INFINITY };

const DOT: Deposit = Deposit {
    middle_mm: [0.0; 2],
    shape: Shape::Cylinder,
    diameter_mm: 0.25,
    top_mm: 0.15,
    height_mm: 0.2,
    lean: [0.0; 2],
    mua_per_mm: 10.0,
    mus_per_mm: 0.0,
    g: 0.8,
};

fn stack(layers: &[Layer]) -> Stack {
    Stack { n_above: 1.0, n_below: 1.0, layers: layers.to_vec() }
}

fn at(stack: &Stack, dots: &[Deposit], point: [f64; 2], photons: u64) -> Seen {
    look(stack, dots, &[point], photons, 1).expect("the problem is sound")[0]
}

/// V5, V6 and V9 of `optics.md` 2.2 without their mirror part: the bare skin under a dot.
#[test]
fn bare_skin_has_its_deterministic_reflectance() {
    let cm = |mua: f64, mus: f64, g: f64, d: f64| Layer {
        n: 1.4,
        mua_per_mm: 0.1 * mua,
        mus_per_mm: 0.1 * mus,
        g,
        thickness_mm: 10.0 * d,
    };
    let mirror = (0.4f64 / 2.4).powi(2);
    for (layers, wanted) in [
        (vec![cm(0.3, 200.0, 0.8, f64::INFINITY)], 0.6692),
        (vec![cm(5.0, 200.0, 0.8, f64::INFINITY)], 0.24889),
        (vec![cm(30.0, 300.0, 0.75, 0.008), cm(1.0, 270.0, 0.75, 0.4)], 0.23144),
    ] {
        let seen = at(&stack(&layers), &[DOT], [0.0; 2], 150_000);
        let off = (seen.skin.value - (wanted - mirror)).abs();
        assert!(off < 4.5 * seen.skin.se + 1e-4, "{seen:?}, wanted {wanted}");
        assert!(seen.dotted.value < seen.skin.value && seen.skin.se < 2e-3, "{seen:?}");
    }
}

/// A deposit wider than light travels is a layer, upright or leaning.
#[test]
fn a_wide_deposit_is_a_layer() {
    let layers = [
        Layer { thickness_mm: 0.15, ..LAYER },
        Layer { thickness_mm: 0.2, mua_per_mm: LAYER.mua_per_mm + 2.0, ..LAYER },
        LAYER,
    ];
    let beam = Beam {
        photons: 200_000,
        seed: 2,
        radial_step_mm: 1.0,
        radial_bins: 1,
        roulette_weight: 1e-4,
        grids: None,
    };
    let slab = simulate(&stack(&layers), &beam, &|_| ()).expect("sound").diffuse_reflectance;
    for lean in [0.0, 0.7] {
        let wide = Deposit { diameter_mm: 80.0, mua_per_mm: 2.0, lean: [lean, -0.3 * lean], ..DOT };
        let seen = at(&stack(&[LAYER]), &[wide], [0.0; 2], 200_000);
        let off = (seen.dotted.value - slab.value).abs();
        assert!(off < 4.5 * libm::hypot(seen.dotted.se, slab.se), "{seen:?} {slab:?}");
    }
}

/// Scattering that a deposit adds, against a layer with it (same anisotropy), and against itself as two deposits.
#[test]
fn scattering_pigment_is_a_more_scattering_layer() {
    let wide = Deposit { diameter_mm: 80.0, mua_per_mm: 0.5, mus_per_mm: 30.0, g: LAYER.g, ..DOT };
    let half = Deposit { mua_per_mm: 0.25, mus_per_mm: 15.0, ..wide };
    let one = at(&stack(&[LAYER]), &[wide], [0.0; 2], 150_000);
    let two = at(&stack(&[LAYER]), &[half, half], [0.0; 2], 150_000);
    let inside = Layer {
        thickness_mm: 0.2,
        mua_per_mm: LAYER.mua_per_mm + 0.5,
        mus_per_mm: LAYER.mus_per_mm + 30.0,
        ..LAYER
    };
    let layers = [Layer { thickness_mm: 0.15, ..LAYER }, inside, LAYER];
    let slab = at(&stack(&layers), &[], [0.0; 2], 150_000).skin;
    for seen in [one, two] {
        let off = (seen.dotted.value - slab.value).abs();
        assert!(off < 4.5 * libm::hypot(seen.dotted.se, slab.se), "{seen:?} {slab:?}");
    }
}

/// The skin around a dot looks alike from all sides; around a leaning one it does not, but does when dot and point turn
/// together.
#[test]
fn a_dot_looks_the_same_from_all_sides_unless_it_leans() {
    let stack = stack(&[LAYER]);
    let r = 0.16;
    let around =
        |lean: [f64; 2], point: [f64; 2]| at(&stack, &[Deposit { lean, ..DOT }], point, 150_000).ratio;
    let same = |a: hairline_optics::transport::Estimate, b: hairline_optics::transport::Estimate| {
        (a.value - b.value).abs() < 4.5 * libm::hypot(a.se, b.se)
    };
    assert!(same(around([0.0; 2], [r, 0.0]), around([0.0; 2], [0.0, -r])));
    let (towards, away) = (around([1.0, 0.0], [-r, 0.0]), around([1.0, 0.0], [r, 0.0]));
    assert!(!same(towards, away) && towards.value < away.value, "{towards:?} {away:?}");
    assert!(same(towards, around([0.0, 1.0], [0.0, -r])));
}

#[test]
fn one_and_three_threads_see_the_same() {
    let stack = stack(&[LAYER]);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
        pool.install(|| look(&stack, &[DOT], &[[0.0; 2], [0.2, 0.1]], 30_001, 9).expect("sound"))
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn impossible_dots_are_refused_with_what_is_wrong() {
    for (dot, says) in [
        (Deposit { top_mm: -0.1, ..DOT }, "dot 1 has top_mm"),
        (Deposit { mua_per_mm: f64::NAN, ..DOT }, "dot 1 has mua_per_mm"),
        (Deposit { diameter_mm: 0.0, ..DOT }, "dot 1 has diameter_mm"),
        (Deposit { g: -1.0, ..DOT }, "dot 1 has g"),
    ] {
        let error = look(&stack(&[LAYER]), &[dot], &[[0.0; 2]], 10, 1).expect_err(says);
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// The half-width grows and the contrast falls with depth, whatever the pigment.
#[test]
fn deeper_dots_are_weaker_and_wider() {
    let stack = stack(&[LAYER]);
    let points: Vec<[f64; 2]> = (0..14).map(|i| [0.07 * f64::from(i), 0.0]).collect();
    let mut before = (1.0, 0.0);
    for top_mm in [0.1, 0.25, 0.5, 0.8] {
        let seen = look(&stack, &[Deposit { top_mm, ..DOT }], &points, 40_000, 4).expect("sound");
        let contrast: Vec<f64> = seen.iter().map(|s| 1.0 - s.ratio.value).collect();
        let half = contrast.iter().position(|c| *c < 0.5 * contrast[0]).expect("it ends") as f64 * 0.07;
        assert!(contrast[0] < before.0 && half >= before.1, "{top_mm}: {contrast:?}");
        before = (contrast[0], half);
    }
    assert!(before.1 > 0.3, "{before:?}");
}
