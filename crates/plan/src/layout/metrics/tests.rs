//! Patterns whose numbers are known.

use glam::DVec3;
use hairline_scalp::TriMesh;
use proptest::prelude::*;

use super::super::rng::{Counter, Stream};
use super::super::{Obstacle, PlacedDot};
use super::*;

/// A flat sheet of two triangles.
fn sheet(width: f64, height: f64) -> TriMesh {
    let at = |x: f64, y: f64| DVec3::new(x * width, y * height, 0.0);
    TriMesh {
        positions: vec![at(0.0, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.0, 1.0)],
        triangles: vec![[0, 1, 2], [0, 2, 3]],
    }
}

/// A dot at a place of the unit square stretched over the sheet.
fn dot(mesh: &TriMesh, u: f64, v: f64, visit: u8) -> PlacedDot {
    let (triangle, barycentric) = if u >= v { (0, [1.0 - u, u - v, v]) } else { (1, [1.0 - v, u, v - u]) };
    let corners = mesh.corners(triangle as usize);
    let position_mm = corners.iter().zip(barycentric).map(|(&p, b)| p * b).sum();
    PlacedDot { position_mm, normal: DVec3::Z, triangle, barycentric, visit }
}

fn white(mesh: &TriMesh, count: usize, seed: u64) -> Vec<PlacedDot> {
    let random = Counter::new(seed, Stream::Position);
    (0..count)
        .map(|k| {
            let [u, v] = random.unit2(k as u64);
            dot(mesh, f64::from(u), f64::from(v), 0)
        })
        .collect()
}

/// Rows of equal triangles over the whole sheet.
fn hexagonal(mesh: &TriMesh, width: f64, height: f64, distance: f64) -> Vec<PlacedDot> {
    let row_height = distance * 0.75f64.sqrt();
    let mut dots = Vec::new();
    for row in 0..(height / row_height) as usize {
        for column in 0..(width / distance) as usize {
            let x = (column as f64 + 0.25 + 0.5 * (row % 2) as f64) * distance;
            let y = (row as f64 + 0.5) * row_height;
            if x < width && y < height {
                dots.push(dot(mesh, x / width, y / height, 0));
            }
        }
    }
    dots
}

fn near(found: f64, known: f64, tolerance: f64) {
    assert!((found - known).abs() <= tolerance, "found {found}, known {known} +- {tolerance}");
}

#[test]
fn white_noise_has_the_numbers_of_a_poisson_process() {
    let mesh = sheet(200.0, 200.0);
    let report = measure_set(&mesh, &[1.0; 4], &white(&mesh, 20_000, 1), DotSet::Whole).expect("sound");
    let nearest = report.nearest.expect("enough");
    // Clark and Evans 1954: mean 1/2, standard deviation 0.26136 spacings.
    near(nearest.clark_evans, 1.0, 0.015);
    near(nearest.cv, 0.5227, 0.01);
    near(report.spectrum.expect("wide").low, 1.0, 0.15);
    near(report.window_power.expect("enough"), 1.0, 0.1);
    near(report.border_ratio.expect("open"), 1.0, 0.06);
    near(report.anisotropy_db.expect("wide"), ANISOTROPY_FLOOR_DB, 3.0); // the patches overlap
    let pairs = report.pairs.expect("wide");
    let mean = pairs.g[20..].iter().sum::<f64>() / 280.0;
    near(mean, 1.0, 0.03);
    // Poisson counts: 1 / sqrt(expected), here 56.5 in a disc of 6 mm.
    let fit = report.density.expect("wide");
    near(fit.rms, 1.0 / 56.5f64.sqrt(), 0.01);
    assert_eq!(fit.gain, Err(Unmeasurable::EvenDensity));
}

#[test]
fn a_hexagonal_lattice_has_the_numbers_of_a_hexagonal_lattice() {
    let (width, height) = (200.0, 200.0 * 0.75f64.sqrt());
    let mesh = sheet(width, height);
    let dots = hexagonal(&mesh, width, height, 1.0);
    assert_eq!(dots.len(), 200 * 200);
    let report = measure_set(&mesh, &[1.0; 4], &dots, DotSet::Whole).expect("sound");
    let nearest = report.nearest.expect("enough");
    near(nearest.clark_evans, 2.1491, 0.002);
    near(nearest.smallest_over_ideal, 1.0, 0.002);
    assert!(nearest.cv < 0.001, "{}", nearest.cv);
    // Inside 1/sqrt(3); the corners of the sheet lie a little farther from their dots.
    near(report.largest_void.expect("enough"), libm::hypot(0.75, 0.75f64.sqrt() / 2.0), 0.05);
    assert!(report.window_power.expect("enough") < 0.002);
    assert!(report.anisotropy_db.expect("wide") > 0.0, "rows are seen");
    let pairs = report.pairs.expect("wide");
    assert!(pairs.core == 0.0 && pairs.peak > 5.0);
    near(pairs.peak_at, IDEAL, 0.025);
}

#[test]
fn the_largest_void_is_that_of_a_hole_cut_into_a_lattice() {
    let (width, height) = (60.0, 60.0 * 0.75f64.sqrt());
    let mesh = sheet(width, height);
    let mut dots = hexagonal(&mesh, width, height, 1.0);
    let spacing_before = (width * height / dots.len() as f64).sqrt();
    let middle = dots[dots.len() / 2 + 30].position_mm;
    let hole = 2.5;
    dots.retain(|d| d.position_mm.distance(middle) > hole);
    let nearest = dots.iter().map(|d| d.position_mm.distance(middle)).fold(f64::INFINITY, f64::min);
    let report = measure_set(&mesh, &[1.0; 4], &dots, DotSet::Whole).expect("sound");
    let ideal = IDEAL * spacing_before;
    let void = report.largest_void.expect("enough");
    assert!(void >= nearest / ideal * 0.99 && void < 1.15 * nearest / ideal, "{void} {}", nearest / ideal);
}

#[test]
fn graded_white_noise_is_still_white() {
    // Density falls eightfold across the sheet; without the correction the power would come out biased.
    let mesh = sheet(260.0, 160.0);
    let density = [8.0, 1.0, 1.0, 8.0];
    let random = Counter::new(5, Stream::Position);
    let mut dots = Vec::new();
    for k in 0..200_000 {
        let [u, v] = random.unit2(2 * k);
        if 8.0 * random.unit(2 * k + 1) < 8.0 - 7.0 * u && dots.len() < 25_000 {
            dots.push(dot(&mesh, f64::from(u), f64::from(v), 0));
        }
    }
    let report = measure_set(&mesh, &density, &dots, DotSet::Whole).expect("sound");
    near(report.nearest.expect("enough").clark_evans, 1.0, 0.02);
    near(report.spectrum.expect("wide").low, 1.0, 0.2);
    near(report.window_power.expect("enough"), 1.0, 0.1);
    near(report.density.expect("wide").gain.expect("graded"), 1.0, 0.05);
    near(report.border_ratio.expect("open"), 1.0, 0.1);
}

#[test]
fn a_wave_and_a_loss_of_dots_show_in_narrow_windows() {
    let (width, height) = (160.0, 15.0);
    let mesh = sheet(width, height);
    let lattice = hexagonal(&mesh, width, height, 1.0);
    let clean = measure_set(&mesh, &[1.0; 4], &lattice, DotSet::Whole).expect("sound");
    // Every 33rd dot missing at random places: about 0.03 of white noise on top.
    let random = Counter::new(3, Stream::Label);
    let mut lost = lattice;
    let mut k = 0;
    lost.retain(|_| {
        k += 1;
        random.unit(k) >= 0.03
    });
    let lossy = measure_set(&mesh, &[1.0; 4], &lost, DotSet::Whole).expect("sound");
    let (clean, lossy) = (clean.window_power.expect("enough"), lossy.window_power.expect("enough"));
    assert!(lossy - clean > 0.015 && lossy - clean < 0.06, "{clean} {lossy}");
}

#[test]
fn crowding_along_the_border_shows_in_the_border_ratio() {
    let mesh = sheet(100.0, 100.0);
    let mut dots = white(&mesh, 10_000, 9);
    let before = measure_set(&mesh, &[1.0; 4], &dots, DotSet::Whole).expect("sound");
    for d in &mut dots {
        let (u, v) = (d.position_mm.x / 100.0, d.position_mm.y / 100.0);
        let u = if u < 0.03 { u * 0.3 } else { u };
        *d = dot(&mesh, u, v, 0);
    }
    let after = measure_set(&mesh, &[1.0; 4], &dots, DotSet::Whole).expect("sound");
    assert!(after.border_ratio.expect("open") > before.border_ratio.expect("open") + 0.3);
}

#[test]
fn spare_clearance_is_the_smallest_over_all_pairs() {
    let mesh = sheet(50.0, 50.0);
    let dots = white(&mesh, 300, 4);
    let hairs: Vec<Obstacle> = white(&mesh, 200, 8)
        .iter()
        .enumerate()
        .map(|(k, d)| Obstacle { position_mm: d.position_mm, clearance_mm: 0.2 + 0.01 * (k % 30) as f64 })
        .collect();
    let brute = dots
        .iter()
        .flat_map(|d| hairs.iter().map(move |h| h.position_mm.distance(d.position_mm) - h.clearance_mm))
        .fold(f64::INFINITY, f64::min);
    let report = measure(&mesh, &[1.0; 4], &hairs, &dots).expect("sound");
    near(report.least_spare_clearance_mm.expect("there are hairs"), brute, 1e-12);
    assert_eq!(measure(&mesh, &[1.0; 4], &[], &dots).expect("sound").least_spare_clearance_mm, None);
}

#[test]
fn what_cannot_be_measured_says_why() {
    let mesh = sheet(20.0, 20.0);
    let few = measure_set(&mesh, &[1.0; 4], &white(&mesh, 5, 1), DotSet::Whole).expect("sound");
    assert_eq!(few.nearest, Err(Unmeasurable::TooFewDots { found: 5, least: 30 }));
    assert_eq!(few.largest_void, Err(Unmeasurable::TooFewDots { found: 5, least: 30 }));
    assert_eq!(few.window_power, Err(Unmeasurable::TooFewDots { found: 5, least: 30 }));
    assert_eq!(few.spectrum, Err(Unmeasurable::TooFewDots { found: 5, least: 1500 }));
    let narrow = sheet(400.0, 6.0);
    let report = measure_set(&narrow, &[1.0; 4], &white(&narrow, 2400, 1), DotSet::Whole).expect("sound");
    assert_eq!(report.spectrum, Err(Unmeasurable::TooNarrow { found: 0, spacings: 16, least: 300 }));
    assert!(matches!(report.density, Err(Unmeasurable::TooNarrow { .. })));
    assert!(report.window_power.is_ok() && report.border_ratio.is_ok());
    assert!(
        measure(&sheet(1.0, 1.0), &[1.0; 4], &[], &[]).expect("nothing is fine").sets[0].nearest.is_err()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Numbers in spacings do not depend on the unit of length.
    #[test]
    fn scaling_the_surface_changes_no_number(factor in 0.2f64..5.0, seed in 0u64..100) {
        let small = sheet(40.0, 30.0);
        let large = sheet(40.0 * factor, 30.0 * factor);
        let on = |mesh: &TriMesh| {
            let dots: Vec<PlacedDot> =
                white(&small, 800, seed).iter().map(|d| dot(mesh, d.position_mm.x / 40.0, d.position_mm.y / 30.0, 0)).collect();
            measure_set(mesh, &[1.0; 4], &dots, DotSet::Whole).expect("sound")
        };
        let (a, b) = (on(&small), on(&large));
        let close = |x: f64, y: f64| (x - y).abs() <= 2e-3 * x.abs().max(y.abs());
        prop_assert!(close(a.nearest.expect("enough").cv, b.nearest.expect("enough").cv));
        prop_assert!(close(a.window_power.expect("enough"), b.window_power.expect("enough")));
        prop_assert!(close(a.largest_void.expect("enough"), b.largest_void.expect("enough")));
    }
}
