//! The rules of hairline design (`smp.md` 2.8) on heads of several sizes.

mod cases;

use cases::example;
use glam::DVec3;
use hairline_plan::case::{Case, HairlineStyle};
use hairline_plan::design::{HairlineSummary, design_hairline};
use hairline_plan::head_source::head_from_measurements;
use hairline_scalp::Chart;
use hairline_scalp::regions::RegionCurves;

fn line_on(case: &Case) -> (HairlineSummary, hairline_scalp::Landmarks) {
    let source = head_from_measurements(case).expect("a head");
    let chart = Chart::new(&source.head).expect("a chart");
    let line = design_hairline(case, &source.head, &chart, &RegionCurves::standard());
    (line.summary, source.head.landmarks)
}

fn heads() -> impl Iterator<Item = Case> {
    [(186.0, 147.0), (198.0, 154.0), (210.0, 162.0)].into_iter().map(|(length, breadth)| {
        let mut case = example("hairline-norwood3");
        case.head.measurements = Default::default();
        case.head.measurements.length_mm = Some(length);
        case.head.measurements.breadth_mm = Some(breadth);
        case
    })
}

#[test]
fn thirds_recommend_the_height_at_which_the_upper_third_equals_the_others() {
    for mut case in heads() {
        case.client.age_years = Some(30);
        case.hairline.height_mm = None;
        case.hairline.middle_third_mm = Some(62.0);
        case.hairline.lower_third_mm = Some(66.0);
        let (line, _) = line_on(&case);
        // 64 mm straight up is farther along the skin, as the forehead leans back.
        assert!((line.thirds.upper_mm - 64.0).abs() < 1.5, "{:?}", line.thirds);
        assert_eq!(line.thirds.recommended_height_mm.map(f64::round), Some(line.height_mm.round()));
        assert!(line.height_mm > 64.0 && line.height_mm < 85.0 && line.height_reason.contains("thirds"));
        // 5 mm for twenty years over 30.
        case.client.age_years = Some(50);
        let (older, _) = line_on(&case);
        assert!((older.height_mm - line.height_mm - 5.0).abs() < 0.5);
        // A wish stands, and the recommendation beside it.
        case.hairline.height_mm = Some(90.0);
        let (wished, _) = line_on(&case);
        assert!((wished.height_mm - 90.0).abs() < 1.0);
        assert_eq!(wished.thirds.recommended_height_mm, older.thirds.recommended_height_mm);
    }
}

#[test]
fn corners_stand_above_the_outer_canthus_with_an_open_angle() {
    for mut case in heads() {
        for style in
            [HairlineStyle::Natural, HairlineStyle::Soft, HairlineStyle::Peaked, HairlineStyle::Receded]
        {
            case.hairline.style = style;
            let (line, landmarks) = line_on(&case);
            for side in 0..2 {
                // Outer canthus: half the interpupillary distance of 64 (smp.md 2.7) and half an eye of 30 mm.
                let beside = line.corner_mm[side][0].abs();
                assert!((beside - 47.0).abs() < 13.0, "{style:?}: corner {beside:.0} mm beside the midline");
                assert!(line.corner_above_midpoint_mm[side] > -1.0);
                // Neither filled nor a slit.
                let angle = line.corner_angle_deg[side];
                assert!((60.0..140.0).contains(&angle), "{style:?}: {angle:.0} degrees");
                // The peak lies below the corner, above the glabella, on the same side, and forward of the ear.
                let [x, y, z] = line.temporal_peak_mm[side];
                let corner = line.corner_mm[side];
                assert!(y < corner[1] - 8.0 && y > landmarks.glabella.y && z > 20.0 && x * corner[0] > 0.0);
            }
        }
    }
}

#[test]
fn the_temporal_peak_stands_where_it_is_asked_for() {
    for mut case in heads() {
        let (grown, _) = line_on(&case);
        for asked_mm in [30.0, 40.0, 50.0] {
            case.hairline.temporal_peak_mm = Some(asked_mm);
            let (line, landmarks) = line_on(&case);
            for side in 0..2 {
                let got = line.corner_to_peak_mm[side];
                assert!((got - asked_mm).abs() < 2.0, "asked {asked_mm}, got {got:.1}");
                // On the way to the point 80 mm beside the glabella: that way's own length from corner and peak.
                let (c, d) = (DVec3::from(line.corner_mm[side]), DVec3::from(line.temporal_peak_mm[side]));
                assert!((d - c).normalize().dot(-DVec3::Y) > 0.85, "the peak lies below the corner: {c} {d}");
                assert!(d.distance(landmarks.glabella) > 55.0);
                // The line runs through it, and comes back to the temple as it grew.
                let nearest = |p: DVec3| {
                    line.curve_mm.iter().map(|q| DVec3::from(*q).distance(p)).fold(f64::INFINITY, f64::min)
                };
                assert!(nearest(d) < 0.01);
                let sideburn = DVec3::from(if side == 0 {
                    grown.curve_mm[0]
                } else {
                    grown.curve_mm[grown.curve_mm.len() - 1]
                });
                assert!(nearest(sideburn) < 1.0);
                assert!(
                    d.z > grown.temporal_peak_mm[side][2] + 3.0,
                    "farther forward than the temple as grown"
                );
            }
            assert!((line.height_mm - grown.height_mm).abs() < 0.1, "the middle stays");
        }
    }
}
