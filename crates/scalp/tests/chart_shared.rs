//! The chart, the regions and the stages on real heads, against `head.md` 3.0 (computed there with other code).
mod scans;

use hairline_scalp::loss::Stage;
use hairline_scalp::patch::cut_patch;
use hairline_scalp::regions::{Outline, RegionCurves};
use hairline_scalp::surface::Surface;
use hairline_scalp::{AzT, Chart};

fn area_cm2(chart: &Chart, outline: &Outline) -> f64 {
    let outline = outline.on(chart);
    cut_patch(chart, 2.0, &|uv, p| outline.signed_distance_mm(uv, p)).area_cm2()
}

/// Midpoint of the Norwood I line above the glabella (mm), scalp and Norwood VI area (cm2) of `head.md` 3.0.
#[test]
fn the_same_curves_land_where_they_were_computed_on_other_heads() {
    let curves = RegionCurves::standard();
    for (file, midpoint_mm, scalp_cm2, norwood_vi_cm2) in [
        ("mesh2hrtf_example_head.ply", 71.1, 665.0, 266.0),
        ("makehuman_caucasian_male.ply", 65.1, 589.0, 246.0),
        ("makehuman_asian_male.ply", 59.8, 590.0, 243.0),
        ("makehuman_caucasian_female.ply", 62.2, 530.0, 224.0),
        ("makehuman_asian_female.ply", 52.7, 462.0, 188.0),
    ] {
        let head = scans::real_head(file).head;
        let chart = Chart::new(&head).expect("a whole head");
        let midpoint = chart.above_glabella_mm(&head, 0.5228);
        assert!((midpoint - midpoint_mm).abs() < 1.0, "{file}: midpoint {midpoint:.1} mm");
        let scalp = area_cm2(&chart, &curves.scalp());
        assert!((scalp / scalp_cm2 - 1.0).abs() < 0.04, "{file}: scalp {scalp:.0} cm2");
        let six = area_cm2(&chart, &Stage::NorwoodVI.zones(&curves)[0].outline);
        assert!((six / norwood_vi_cm2 - 1.0).abs() < 0.04, "{file}: Norwood VI {six:.0} cm2");
    }
}

#[test]
fn landmarks_have_the_same_coordinates_on_every_head() {
    for file in ["mesh2hrtf_example_head.ply", "makehuman_african_male.ply", "ict_random_identity_03.ply"] {
        let head = scans::real_head(file).head;
        let chart = Chart::new(&head).expect("a whole head");
        let marks = head.landmarks;
        for (p, az_deg) in [
            (marks.nasion, 0.0),
            (marks.tragion_right, 90.0),
            (marks.inion, 180.0),
            (marks.tragion_left, -90.0),
        ] {
            let place = AzT::from_uv(chart.locate(p));
            let turn = (place.az_deg - az_deg + 180.0).rem_euclid(360.0) - 180.0;
            assert!(turn.abs() < 1e-6 && (place.t - 1.0).abs() < 1e-9, "{file}: {place:?} for {az_deg}");
        }
    }
}

#[test]
fn a_place_found_on_the_skin_leads_back_to_the_same_place() {
    let head = scans::real_head("makehuman_african_male.ply").head;
    let chart = Chart::new(&head).expect("a whole head");
    let surface = Surface::new(&head.skin).expect("a mesh");
    for az_deg in [-170.0, -121.0, -88.0, -31.0, 0.0, 17.0, 64.0, 93.0, 140.0] {
        for t in [0.02, 0.2, 0.45, 0.7] {
            let uv = AzT { az_deg, t }.to_uv();
            let p = chart.position(uv);
            let off = p.distance(surface.nearest(p));
            assert!(off < 0.15, "az {az_deg} t {t}: {off:.3} mm off the skin");
            let back = chart.position(chart.locate(p));
            assert!(back.distance(p) < 0.1, "az {az_deg} t {t}: {:.3} mm astray", back.distance(p));
            assert!(
                chart.normal(uv).dot(p - chart.cz() * 0.35) > 0.0,
                "az {az_deg} t {t}: normal points inwards"
            );
        }
    }
}

#[test]
fn a_height_above_the_glabella_is_met_within_a_millimetre() {
    for file in ["mesh2hrtf_example_head.ply", "makehuman_asian_female.ply", "ict_random_identity_07.ply"] {
        let head = scans::real_head(file).head;
        let chart = Chart::new(&head).expect("a whole head");
        for height_mm in [50.0, 65.0, 80.0] {
            let t = chart.t_above_glabella(&head, height_mm);
            // Measure it again with a tape: short chords up the midline from the glabella.
            let from = chart.t_above_glabella(&head, 0.0);
            let n = 200;
            let at = |i: usize| {
                chart.position(AzT { az_deg: 0.0, t: from + (t - from) * i as f64 / n as f64 }.to_uv())
            };
            let tape: f64 = (0..n).map(|i| at(i).distance(at(i + 1))).sum();
            assert!((tape - height_mm).abs() < 1.0, "{file}: asked {height_mm}, tape {tape:.2} mm");
        }
    }
}
