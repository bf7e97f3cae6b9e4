//! Tape and fit on real heads.

#![allow(clippy::print_stdout, reason = "`--nocapture` shows the fit head by head")]

mod scans;

use glam::{DMat3, DVec3};
use hairline_scalp::model::{Measurements, STANDARD_STEP_MM, Sex, fit_head};
use hairline_scalp::{Head, Measure, TriMesh, tape};
use parry3d_f64::query::{Ray, RayCast};
use scans::RealHead;

/// The measures of `scans/index.json` were taken by another program.
#[test]
fn tape_and_calipers_read_on_real_heads_what_another_program_read() {
    for real in scans::real_heads() {
        let read =
            tape::measure(&real.head.mesh, &real.head.landmarks).expect("the head covers every measure");
        let rows = [
            (Measure::Circumference, "circ"),
            (Measure::Length, "length"),
            (Measure::Breadth, "breadth"),
            (Measure::NasionInionArc, "NI_arc"),
            (Measure::TragionTop, "tragion_top"),
        ];
        for (measure, key) in rows {
            let (read, other) = (read.get(measure), real.measure_mm(key));
            // One head's tape runs so low that the other program's went over its ears.
            let over_ears = measure == Measure::Circumference && real.measure_mm("circ_plane_z") < 30.0;
            let allowed = if over_ears { -6.0..=0.6 } else { -0.6..=0.6 };
            assert!(allowed.contains(&(read - other)), "{} {key}: {read} against {other}", real.file);
        }
        // The other program's tragions are not known, and so the arc between them less well.
        let (read, other) = (read.tragus_arc_mm, real.measure_mm("coronal_arc_hull"));
        assert!((read - other).abs() < 7.0, "{} tragus arc: {read} against {other}", real.file);
    }
}

/// `head.md` 2.6, column (c): length, breadth and height alone, place of the ears and pitch free.
#[test]
fn a_head_from_length_breadth_and_height_lies_close_to_the_real_one() {
    let mut all = Vec::new();
    for real in scans::real_heads() {
        let readings = |sex| Measurements {
            length_mm: Some(real.measure_mm("length")),
            breadth_mm: Some(real.measure_mm("breadth")),
            tragion_top_mm: Some(real.measure_mm("tragion_top")),
            ..Measurements::none(sex)
        };
        let sex = if real.file.contains("female") { Sex::Female } else { Sex::Male };
        let fitted = fit_head(&readings(sex), STANDARD_STEP_MM).expect("builds");
        let differences = aligned(&real, &fitted.head);
        let rms_mm = rms(&differences);
        all.push(rms_mm);
        // Heads made by an artist are not heads that grew: 2 mm (`head.md` 2.2) lie in their form.
        let allowed_mm = if real.file.starts_with("makehuman") { 2.5 } else { 1.6 };
        let p95_mm = percentile_95(&differences);
        println!("{:<32} rms {rms_mm:.2} mm, p95 {p95_mm:.2} mm", real.file);
        assert!(rms_mm <= allowed_mm, "{}: rms {rms_mm:.2} mm, p95 {p95_mm:.2} mm", real.file);
        assert!(p95_mm <= 2.2 * allowed_mm, "{}: p95 {p95_mm:.2} mm", real.file);
    }
    let mean = all.iter().sum::<f64>() / all.len().max(1) as f64;
    assert!(mean <= 1.6, "mean over all heads {mean:.2} mm");
}

fn rms(differences: &[f64]) -> f64 {
    libm::sqrt(differences.iter().map(|d| d * d).sum::<f64>() / differences.len() as f64)
}

fn percentile_95(differences: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    sizes[sizes.len() * 95 / 100]
}

/// Radial differences over the scalp, real less built, mm, with the place of the ears (front-back) and the pitch set free.
fn aligned(real: &RealHead, built: &Head) -> Vec<f64> {
    let centre = DVec3::new(0.0, 45.0 * real.head.landmarks.vertex.y / 131.0, 0.0);
    let scalp = scalp_radii(real, centre);
    let built = collider(&built.skin);
    let differences = |[shift_mm, pitch]: [f64; 2]| -> Vec<f64> {
        let built_from_real = DMat3::from_rotation_x(pitch);
        let radius_mm = |direction: DVec3| {
            let ray = Ray::new(built_from_real * (centre + DVec3::Z * shift_mm), built_from_real * direction);
            built.cast_local_ray(&ray, 300.0, false).expect("the built head has no hole in the scalp")
        };
        scalp.iter().map(|&(direction, real_mm)| real_mm - radius_mm(direction)).collect()
    };
    // Gauss-Newton in two unknowns.
    let steps = [0.5, 0.005];
    let mut pose = [0.0; 2];
    for _ in 0..6 {
        let now = differences(pose);
        let derivative = |k: usize| -> Vec<f64> {
            let mut moved = pose;
            moved[k] += steps[k];
            differences(moved).iter().zip(&now).map(|(a, b)| (a - b) / steps[k]).collect()
        };
        let (j0, j1) = (derivative(0), derivative(1));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (a, b, c) = (dot(&j0, &j0), dot(&j0, &j1), dot(&j1, &j1));
        let (e, f) = (dot(&j0, &now), dot(&j1, &now));
        let determinant = a * c - b * b;
        pose[0] -= (c * e - b * f) / determinant;
        pose[1] -= (a * f - b * e) / determinant;
    }
    differences(pose)
}

/// Directions spread evenly over the scalp (above brows, ears and inion) and the real head's radius in each, mm.
fn scalp_radii(real: &RealHead, centre: DVec3) -> Vec<(DVec3, f64)> {
    const N: u32 = 2000;
    const GOLDEN_ANGLE: f64 = 2.399_963_229_728_653;
    let mesh = collider(&real.head.mesh);
    (0..N)
        .filter_map(|i| {
            let up = 1.0 - 2.0 * (f64::from(i) + 0.5) / f64::from(N);
            let level = libm::sqrt(1.0 - up * up);
            let (sin_az, cos_az) = libm::sincos(f64::from(i) * GOLDEN_ANGLE);
            let direction = DVec3::new(level * sin_az, up, level * cos_az);
            let radius_mm = mesh.cast_local_ray(&Ray::new(centre, direction), 300.0, false)?;
            // Lowest height of the scalp: 12 mm above the glabella, 38 mm above the ears, the inion behind.
            let lowest_mm = if cos_az > 0.0 {
                38.0 + cos_az * (real.head.landmarks.glabella.y + 12.0 - 38.0)
            } else {
                38.0 + cos_az * (38.0 - real.head.landmarks.inion.y)
            };
            let height_mm = (centre + direction * radius_mm).y;
            (height_mm > lowest_mm).then_some((direction, radius_mm))
        })
        .collect()
}

fn collider(mesh: &TriMesh) -> parry3d_f64::shape::TriMesh {
    parry3d_f64::shape::TriMesh::new(mesh.positions.clone(), mesh.triangles.clone())
        .expect("a mesh with triangles")
}
