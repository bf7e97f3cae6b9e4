//! Whole plans: what a plan promises, whatever the case.

use glam::DVec3;
use hairline_plan::case::{Case, EXAMPLES, HairlineStyle, Place, Scar, read};
use hairline_plan::design::{Known, definition_cap_per_cm2};
use hairline_plan::head_source::head_from_measurements;
use hairline_plan::{Planned, make_plan};
use proptest::prelude::*;

fn example(name: &str) -> Case {
    let text = EXAMPLES.iter().find(|e| e.0 == name).expect("an example").1;
    read(name, text.as_bytes()).expect("a good case")
}

fn plan(case: &Case) -> Planned {
    plan_with(case, &Known::default())
}

fn plan_with(case: &Case, known: &Known) -> Planned {
    let source = head_from_measurements(case).expect("a head");
    make_plan(case, source, known, "test", &mut |_| ()).expect("a plan")
}

fn nearest_mm(points: &[DVec3], to: DVec3) -> f64 {
    points.iter().map(|p| p.distance_squared(to)).fold(f64::INFINITY, f64::min).sqrt()
}

#[test]
fn counts_follow_the_density_and_dots_keep_clear_of_hairs_spots_and_the_lower_skin() {
    for (name, _) in EXAMPLES {
        let planned = plan(&example(name));
        let wanted: f64 = planned.fields.iter().map(|f| f.patch.integral_cm2(&f.density_per_cm2)).sum();
        let placed = planned.plan.dots as f64;
        assert!((placed / wanted - 1.0).abs() < 0.01, "{name}: {placed} dots for {wanted:.0}");

        let hairs: Vec<DVec3> = planned.hair_units.iter().map(|h| h.0).collect();
        for dot in planned.dots.iter().step_by(37) {
            let clear = nearest_mm(&hairs, dot.position_mm);
            assert!(clear >= 0.2999, "{name}: dot {} stands {clear:.3} mm from a hair", dot.id);
            assert!((dot.normal.length() - 1.0).abs() < 1e-9);
            // Pointing outwards: away from the middle of the head.
            assert!(dot.normal.dot(dot.position_mm - DVec3::new(0.0, 40.0, 0.0)) > 0.0);
            for &(centre, radius_mm) in &planned.design.spots {
                assert!(dot.position_mm.distance(centre) >= radius_mm - 0.3, "{name}: a dot on a spot");
            }
        }
    }
}

#[test]
fn scattered_scars_get_a_dot_for_every_unit_taken_up_to_their_border() {
    let mut case = example("scar-strip");
    // A field of about 60 x 60 mm at the back of the head, 30 of 78 units a cm2 taken.
    let corners = [[160.0, 0.65], [-160.0, 0.65], [-160.0, 0.95], [160.0, 0.95]];
    let outline = corners.map(Place).to_vec();
    case.scars = vec![Scar::Scattered { per_cm2: 30.0, diameter_mm: 0.9, outline }];
    let plan = plan(&case).plan;
    let density = plan.dots as f64 / plan.treated_area_cm2;
    assert!(plan.treated_area_cm2 > 15.0, "{:.1} cm2", plan.treated_area_cm2);
    // Hair thins over a few millimetres at the border: a little less than 30 on average.
    assert!((27.0..=30.5).contains(&density), "{density:.1} dots/cm2");
}

#[test]
fn cells_zones_and_sessions_count_every_dot_once() {
    for (name, _) in EXAMPLES {
        let planned = plan(&example(name));
        let plan = &planned.plan;
        let by_session: usize = plan.sessions.iter().map(|s| s.dots).sum();
        let by_zone: usize = plan.zones.iter().map(|z| z.dots).sum();
        let by_cell: usize = plan.cells.iter().flat_map(|c| &c.counts).sum();
        assert_eq!([by_session, by_zone, by_cell], [planned.dots.len(); 3], "{name}");
        for session in &plan.sessions {
            assert!(
                session.minutes.total() <= plan.case.sessions.max_minutes,
                "{name}: {:?}",
                session.minutes
            );
            let share = session.cumulative - plan.case.sessions.cumulative[session.number - 1];
            assert!(
                share.abs() < 0.01,
                "{name}: {} of the dots after session {}",
                session.cumulative,
                session.number
            );
        }
        assert!((1..=planned.dots.len() as u32).eq(planned.dots.iter().map(|d| d.id)), "{name}: ids");
        let area: f64 = plan.cells.iter().map(|c| c.area_cm2).sum();
        assert!(
            (area - plan.treated_area_cm2).abs() < 0.5,
            "{name}: cells {area}, zones {}",
            plan.treated_area_cm2
        );
        assert!(
            plan.zones
                .iter()
                .all(|z| z.density_per_cm2 <= definition_cap_per_cm2(plan.case.artist.dot_diameter_mm))
        );
    }
}

#[test]
fn the_hairline_stands_where_it_was_asked_for_and_rises_to_the_corners() {
    let base = example("hairline-norwood3");
    for style in [
        HairlineStyle::Natural,
        HairlineStyle::Soft,
        HairlineStyle::Rounded,
        HairlineStyle::Peaked,
        HairlineStyle::Receded,
        HairlineStyle::EdgeUp,
    ] {
        for height_mm in [58.0, 72.0, 88.0] {
            let mut case = base.clone();
            case.hairline.style = style;
            case.hairline.height_mm = Some(height_mm);
            case.seed = 11;
            let source = head_from_measurements(&case).expect("a head");
            let chart = hairline_scalp::Chart::new(&source.head).expect("a chart");
            let curves = hairline_scalp::regions::RegionCurves::standard();
            let line = hairline_plan::design::design_hairline(&case, &source.head, &chart, &curves).summary;
            assert!(
                (line.height_mm - height_mm).abs() < 1.0,
                "{style:?} at {height_mm}: {:.2}",
                line.height_mm
            );
            let [right, left] = line.corner_above_midpoint_mm;
            assert!(
                right > -1.0 && left > -1.0,
                "{style:?} at {height_mm}: corners {right:.1} and {left:.1} mm"
            );
            if style != HairlineStyle::EdgeUp {
                let apart = (right - left).abs();
                assert!((0.5..6.0).contains(&apart), "{style:?}: left and right differ by {apart:.1} mm");
            }
        }
    }
}

/// Fine at the line, full in the body, and nowhere a step that would show as a second line.
#[test]
fn dots_grow_gradually_behind_the_hairline() {
    let case = example("shaved-norwood6");
    let planned = plan(&case);
    let line = planned.design.hairline.as_ref().expect("the shaved look draws a line");
    let mut bins = vec![(0.0, 0.0); 14];
    for dot in planned.dots.iter().filter(|d| d.position_mm.x.abs() < 60.0 && d.position_mm.z > 0.0) {
        let behind_mm = line.depth_mm(planned.chart.locate(dot.position_mm), dot.position_mm);
        if let Some(bin) = bins.get_mut((behind_mm / 3.0).floor() as usize).filter(|_| behind_mm > 0.0) {
            *bin = (bin.0 + dot.diameter_mm / case.artist.dot_diameter_mm, bin.1 + 1.0);
        }
    }
    assert!(bins.iter().all(|bin| bin.1 > 100.0), "{bins:?}");
    let mean: Vec<f64> = bins.iter().map(|(sum, n)| sum / n).collect();
    assert!(mean[..4].iter().all(|m| (0.88..0.92).contains(m)), "{mean:.3?}");
    assert!(mean[11..].iter().all(|m| (0.985..1.015).contains(m)), "{mean:.3?}");
    assert!(mean.windows(2).all(|w| (w[1] - w[0]).abs() < 0.04), "{mean:.3?}");
}

#[test]
fn every_dot_has_its_own_touch_within_the_artists_means() {
    let case = example("shaved-norwood6");
    let planned = plan(&case);
    let mean = |f: &dyn Fn(&hairline_plan::Dot) -> f64| {
        planned.dots.iter().map(f).sum::<f64>() / planned.dots.len() as f64
    };
    let body: Vec<f64> = planned
        .dots
        .iter()
        .filter(|d| planned.plan.zones[d.zone as usize].name == "Crown")
        .map(|d| d.diameter_mm)
        .collect();
    let m = body.iter().sum::<f64>() / body.len() as f64;
    let sd = (body.iter().map(|d| (d - m).powi(2)).sum::<f64>() / body.len() as f64).sqrt();
    assert!((m / case.artist.dot_diameter_mm - 1.0).abs() < 0.01, "mean diameter {m:.4}");
    assert!((sd / m - case.artist.diameter_spread).abs() < 0.01, "spread {:.4}", sd / m);
    assert!((mean(&|d| d.angle_deg) - case.artist.needle_angle_deg).abs() < 1.0);
    assert!(planned.dots.iter().all(|d| (0.0..360.0).contains(&d.azimuth_deg) && d.angle_deg <= 90.0));
    // Hair lies forwards on top of the head: azimuth 0 is forwards.
    let forwards = |d: &&hairline_plan::Dot| {
        d.position_mm.y > 115.0 && d.position_mm.z > 10.0 && d.position_mm.x.abs() < 25.0
    };
    let top: Vec<f64> =
        planned.dots.iter().filter(forwards).map(|d| libm::cos(d.azimuth_deg.to_radians())).collect();
    assert!(top.len() > 100 && top.iter().sum::<f64>() / top.len() as f64 > 0.7, "{} dots", top.len());
    // The first pass is lighter than the last.
    let shade = |s: u8| {
        let of: Vec<f64> = planned.dots.iter().filter(|d| d.session == s).map(|d| d.shade).collect();
        of.iter().sum::<f64>() / of.len() as f64
    };
    assert!(shade(1) > shade(2) && shade(2) > shade(3));
}

#[test]
fn a_mirrored_case_gives_mirrored_counts() {
    let mut case = example("hairline-norwood3");
    case.spots[0].diameter_mm = 16.0;
    case.hairline.irregularity = Some(0.0);
    let mut mirrored = case.clone();
    mirrored.spots[0].at.0[0] *= -1.0;
    mirrored.hair.whorl = hairline_plan::case::Whorl::Clockwise;
    let sides = |case: &Case| {
        let planned = plan(case);
        let left = planned.dots.iter().filter(|d| d.position_mm.x > 0.0).count() as f64;
        [left, planned.dots.len() as f64 - left]
    };
    let ([left, right], [m_left, m_right]) = (sides(&case), sides(&mirrored));
    assert!(left < 0.97 * right, "the spot takes dots from the left: {left} and {right}");
    assert!(
        (left / m_right - 1.0).abs() < 0.02 && (right / m_left - 1.0).abs() < 0.02,
        "{left} {right} {m_left} {m_right}"
    );
}

#[test]
fn dots_of_an_earlier_treatment_are_kept_clear_of_and_counted() {
    let case = example("scar-strip");
    let first = plan(&case);
    let earlier: Vec<DVec3> = first.dots.iter().filter(|d| d.session <= 2).map(|d| d.position_mm).collect();
    let known = Known { earlier_mm: Some(earlier.clone()), ..Known::default() };
    let second = plan_with(&case, &known);
    let ratio = (second.dots.len() + earlier.len()) as f64 / first.dots.len() as f64;
    assert!((0.85..1.1).contains(&ratio), "old and new together are {ratio:.2} of the plan without old ones");
    for dot in &second.dots {
        assert!(nearest_mm(&earlier, dot.position_mm) >= 0.2999, "dot {} stands on an old one", dot.id);
    }
}

#[test]
fn measured_hairs_decide_density_and_clearance() {
    let case = example("density-partline");
    // A measured row of hairs every 1.25 mm on a sheet over the whole head: 64 per cm2.
    let first = plan(&case);
    let hairs: Vec<DVec3> = first.hair_units.iter().map(|h| h.0).step_by(2).collect();
    let known = Known { hairs_mm: Some(hairs.clone()), ..Known::default() };
    let second = plan_with(&case, &known);
    assert!(second.dots.len() > first.dots.len(), "half the hair leaves room for more dots");
    for dot in second.dots.iter().step_by(11) {
        assert!(nearest_mm(&hairs, dot.position_mm) >= 0.2999);
    }
}

#[test]
fn rules_that_are_broken_are_warned_of_and_rules_that_are_kept_are_not() {
    type Change = fn(&mut Case);
    let rows: [(&str, &str, Change); 15] = [
        ("hairline-norwood3", "hairline-too-low", |c| c.hairline.height_mm = Some(52.0)),
        ("shaved-norwood6", "hairline-high", |c| c.hairline.height_mm = Some(102.0)),
        ("hairline-norwood3", "facial-thirds", |c| c.hairline.middle_third_mm = Some(80.0)),
        ("hairline-norwood3", "own-design", |c| c.loss.stage = Some(hairline_scalp::loss::Stage::NorwoodIVA)),
        ("hairline-norwood3", "corner-flattened", |c| {
            c.hairline.curve = [
                [64.0, 0.72],
                [45.0, 0.6],
                [20.0, 0.52],
                [0.0, 0.5],
                [-20.0, 0.52],
                [-45.0, 0.6],
                [-64.0, 0.72],
            ]
            .map(Place)
            .to_vec();
            c.hairline.height_mm = None;
        }),
        ("hairline-norwood3", "hairline-crisp", |c| c.hairline.style = HairlineStyle::EdgeUp),
        ("hairline-norwood3", "hairline-hard", |c| c.hairline.feather_mm = Some(1.5)),
        ("hairline-norwood3", "dense-before-25", |c| c.client.age_years = Some(21)),
        ("hairline-norwood3", "long-hair-line", |c| c.hair.length_mm = 40.0),
        ("hairline-norwood3", "too-deep", |c| c.artist.depth_mm = 1.4),
        ("hairline-norwood3", "short-gap", |c| c.sessions.gap_days = vec![7, 21]),
        ("hairline-norwood3", "hair-colour", |c| c.hair.colour = hairline_plan::case::HairColour::Red),
        ("hairline-norwood3", "more-sessions", |c| c.sessions.max_area_cm2 = 40.0),
        ("density-partline", "density-on-bald", |c| {
            c.loss.stage = Some(hairline_scalp::loss::Stage::NorwoodIV)
        }),
        ("density-partline", "density-capped", |c| {
            c.artist.dot_diameter_mm = 0.45;
            c.artist.density_per_cm2 = Some(150.0);
        }),
    ];
    for (name, code, change) in rows {
        let mut case = example(name);
        let has = |case: &Case| plan(case).plan.warnings.iter().any(|w| w.code == code);
        assert!(!has(&case), "{name} has {code} already");
        change(&mut case);
        assert!(has(&case), "{name} lacks {code}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever a case says within its ranges, it is planned or refused with a sentence.
    #[test]
    fn any_case_is_planned_or_refused(
        seed in 0u64..1000,
        stage in 0usize..29,
        look in 0usize..3,
        style in 0usize..6,
        height in proptest::option::of(35.0..130.0f64),
        length in 182.0..215.0f64,
        breadth in 142.0..168.0f64,
        density in 10.0..200.0f64,
        diameter in 0.08..0.8f64,
        naturalness in 0.0..1.5f64,
    ) {
        use hairline_plan::case::Look;
        let mut case = example("hairline-norwood3");
        case.seed = seed;
        case.look = [Look::Hairline, Look::Density, Look::Shaved][look];
        case.loss.stage = Some(hairline_scalp::loss::Stage::ALL[stage]);
        case.hairline.style = [HairlineStyle::Natural, HairlineStyle::Soft, HairlineStyle::Rounded, HairlineStyle::Peaked, HairlineStyle::Receded, HairlineStyle::EdgeUp][style];
        case.hairline.height_mm = height;
        case.head.measurements = Default::default();
        case.head.measurements.length_mm = Some(length);
        case.head.measurements.breadth_mm = Some(breadth);
        case.artist.density_per_cm2 = Some(density);
        case.artist.dot_diameter_mm = diameter;
        case.artist.naturalness = naturalness;
        let source = head_from_measurements(&case).expect("a plausible head");
        match make_plan(&case, source, &Known::default(), "test", &mut |_| ()) {
            Ok(planned) => {
                prop_assert!(!planned.dots.is_empty());
                prop_assert!(planned.dots.iter().all(|d| d.position_mm.is_finite() && d.diameter_mm > 0.0));
            }
            Err(e) => {
                let said = e.to_string();
                prop_assert!(said.starts_with("nothing to treat") || said.starts_with("sessions: found"), "{said}");
            }
        }
    }
}
