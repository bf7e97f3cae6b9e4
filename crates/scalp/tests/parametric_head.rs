//! The parametric head: what was measured is read back, and the mesh is fit for use.

use hairline_scalp::Measure;
use hairline_scalp::head::{Head, NASION_ELEVATION_DEG};
use hairline_scalp::model::{Measurements, STANDARD_STEP_MM, Sex, fit_head};

#[test]
fn average_heads_are_closed_apart_from_the_neck_and_stand_in_the_head_frame() {
    for sex in [Sex::Male, Sex::Female, Sex::Unspecified] {
        let fitted = fit_head(&Measurements::none(sex), STANDARD_STEP_MM).expect("the average head builds");
        check_head(&fitted.head);
        assert!(fitted.contradiction.is_none());
        for m in &fitted.measures {
            let off = (m.built_mm - m.expected_mm).abs();
            assert!(
                off < m.expected_sd_mm,
                "{sex:?} {}: {} against {}",
                m.measure.key(),
                m.built_mm,
                m.expected_mm
            );
        }
    }
}

#[test]
fn six_readings_are_met_within_a_millimetre() {
    let measurements = Measurements {
        circumference_mm: Some(556.0),
        length_mm: Some(201.0),
        breadth_mm: Some(150.0),
        nasion_inion_arc_mm: Some(352.0),
        tragus_arc_mm: Some(338.0),
        tragion_top_mm: Some(127.0),
        ..Measurements::none(Sex::Male)
    };
    let fitted = fit_head(&measurements, STANDARD_STEP_MM).expect("builds");
    check_head(&fitted.head);
    for m in &fitted.measures {
        assert!(m.misfit_mm().abs() < 1.0, "{}: {}", m.measure.key(), m.misfit_mm());
    }
    assert_eq!(fitted.measures[1].measure, Measure::Length);
}

/// Frame, border, winding and triangles of a head.
fn check_head(head: &Head) {
    let l = &head.landmarks;
    let middle = 0.5 * (l.tragion_left + l.tragion_right);
    assert!(middle.length() < 1e-6, "origin between the tragions");
    assert!(l.tragion_left.x > 0.0 && (l.tragion_left.y.abs() + l.tragion_left.z.abs()) < 1e-6);
    let elevation_deg = libm::atan2(l.nasion.y, l.nasion.z).to_degrees();
    assert!((elevation_deg - NASION_ELEVATION_DEG).abs() < 1e-6, "nasion at {elevation_deg} degrees");

    for mesh in [&head.mesh, &head.skin] {
        // The only border is one loop around the neck.
        let border = mesh.border_edges();
        let highest = border.iter().map(|e| mesh.positions[e[0] as usize].y).fold(f64::MIN, f64::max);
        assert!(highest < -80.0, "border at {highest} mm");
        let mut at = border[0];
        for _ in 1..border.len() {
            let next = border.iter().filter(|e| e[0] == at[1]).collect::<Vec<_>>();
            assert_eq!(next.len(), 1, "the border is a simple loop");
            at = *next[0];
        }
        assert_eq!(at[1], border[0][0], "the border is one loop");
        // Every other edge is shared by two triangles that run it in opposite ways (border_edges finds none), and the
        // winding is outward: the volume under the surface is positive.
        let volume: f64 = (0..mesh.triangles.len())
            .map(|t| {
                let [a, b, c] = mesh.corners(t);
                a.dot(b.cross(c)) / 6.0
            })
            .sum();
        assert!(volume > 2.0e6, "volume {volume} mm3");
        let smallest = (0..mesh.triangles.len()).map(|t| mesh.triangle_area_mm2(t)).fold(f64::MAX, f64::min);
        assert!(smallest > 0.01, "smallest triangle {smallest} mm2");
    }
}
