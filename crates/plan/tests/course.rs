//! Loss, sessions and later years of whole plans.

mod cases;

use cases::{example, plan, try_plan};
use hairline_plan::design::ZoneKind;
use hairline_plan::plan::PlanError;
use hairline_scalp::loss::Stage;
use proptest::prelude::*;

#[test]
fn more_work_or_skin_than_a_session_holds_becomes_more_sessions() {
    let mut case = example("shaved-norwood6");
    case.loss.stage = Some(Stage::NorwoodVII);
    let planned = plan(&case);
    let sessions = &planned.plan.sessions;
    assert!(sessions.len() > 3);
    assert!(sessions.iter().all(|s| s.minutes.total() <= 300.0 && s.area_cm2 <= 350.0));
    assert!(planned.plan.warnings.iter().any(|w| w.code == "more-sessions"));
    // Parts divide the skin: a cell is worked in every pass by one of them.
    for cell in &planned.plan.cells {
        for pass in 1..=sessions.iter().map(|s| s.pass).max().expect("sessions") {
            let worked = sessions.iter().filter(|s| s.pass == pass && cell.counts[s.number - 1] > 0).count();
            assert_eq!(worked, 1, "{} in pass {pass}", cell.name);
        }
    }
    let first_pass: f64 = sessions.iter().filter(|s| s.pass == 1).map(|s| s.area_cm2).sum();
    assert!((first_pass - planned.plan.treated_area_cm2).abs() < 0.5);
}

#[test]
fn what_no_course_holds_is_refused_with_the_settings_that_would() {
    let mut case = example("shaved-norwood6");
    case.loss.stage = None;
    case.loss.areata_percent = Some(100.0);
    case.artist.body_dots_per_min = 5.0;
    let Err(PlanError::Sessions(said)) = try_plan(&case) else { panic!("600 cm2 at 5 dots a minute") };
    for part in ["hours of work", "cm2", "24 sessions", "sessions.max_minutes", "sessions.max_area_cm2"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_calendar_without_a_free_day_is_refused() {
    let mut case = example("shaved-norwood6");
    case.sessions.blocked = vec!["2027-01-01/2032-12-31".into()];
    let Err(e) = try_plan(&case) else { panic!("no day is free") };
    let said = e.to_string();
    for part in ["sessions.blocked", "found no free day for session 1", "allowed"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn hardly_any_loss_is_said_and_takes_fewer_sessions() {
    let mut case = example("shaved-norwood6");
    case.loss.stage = Some(Stage::NorwoodI);
    match try_plan(&case) {
        Ok(planned) => {
            let plan = &planned.plan;
            assert!(
                plan.dots < 400 && plan.sessions.len() == 1,
                "{} dots in {}",
                plan.dots,
                plan.sessions.len()
            );
            assert!(plan.warnings.iter().any(|w| w.code == "little-to-treat"));
        }
        Err(e) => assert!(e.to_string().starts_with("nothing to treat")),
    }
    // A scar needs its passes, however small.
    let mut scar = example("scar-strip");
    scar.scars = vec![hairline_plan::case::Scar::Strip { length_mm: 40.0, width_mm: 5.0, at: None }];
    let plan = plan(&scar).plan;
    assert!(plan.dots < 400 && plan.sessions.len() == 4);
}

#[test]
fn the_hairline_stands_alone_only_where_the_top_goes_bare_behind_it() {
    let alone = |name: &str, stage: Stage| {
        let mut case = example(name);
        case.loss.stage = Some(stage);
        plan(&case).plan
    };
    // Norwood VI in the shaved look: the whole top is treated, VII bares the sides and the back.
    let six = alone("shaved-norwood6", Stage::NorwoodVI);
    assert_eq!(six.later.len(), 1, "the scale ends: said once");
    let seven = &six.later[0];
    assert!(!seven.stands_alone && seven.bare_cm2 > 50.0 && seven.bare_behind_dots_cm2 < 2.0, "{seven:?}");
    assert!(
        seven.meaning.contains("sides and back") && seven.meaning.contains("twenty"),
        "{}",
        seven.meaning
    );
    assert!(six.warnings.iter().all(|w| w.code != "hairline-stands-alone"));
    // A hairline alone, and the loss goes on to the crown behind it.
    let three = alone("hairline-norwood3", Stage::NorwoodIV);
    assert!(three.later.last().is_some_and(|l| l.stands_alone), "{:?}", three.later);
    let said = three.warnings.iter().filter(|w| w.code == "hairline-stands-alone").count();
    assert_eq!(said, 1, "said once");
    // At VII nothing is left to go.
    let last = alone("shaved-norwood6", Stage::NorwoodVII);
    assert!(last.later.len() == 1 && !last.later[0].stands_alone && last.later[0].bare_cm2 == 0.0);
}

#[test]
fn the_loss_has_the_area_asked_for_and_the_treated_skin_says_what_is_blend() {
    for percent in [10.0, 30.0, 60.0] {
        let mut case = example("shaved-norwood6");
        case.loss.stage = None;
        case.loss.areata_percent = Some(percent);
        case.hairline.height_mm = Some(80.0);
        let plan = plan(&case).plan;
        let loss = plan.loss.expect("a loss");
        let asked = plan.head.scalp_area_cm2 * percent / 100.0;
        assert!(
            (loss.area_cm2 / asked - 1.0).abs() < 0.03,
            "{percent} %: {:.1} of {asked:.1} cm2",
            loss.area_cm2
        );
        assert_eq!(loss.own_design.len(), 1);
        let blend: f64 = plan.zones.iter().filter(|z| z.kind == ZoneKind::Blend).map(|z| z.area_cm2).sum();
        assert!((plan.blend_area_cm2 - blend).abs() < 1e-9);
        // What is treated without being blend is loss (less what lies in front of the line).
        let inner = plan.treated_area_cm2 - plan.blend_area_cm2;
        assert!(
            inner <= 1.04 * loss.area_cm2 && inner > 0.8 * loss.area_cm2,
            "{inner:.1} of {:.1}",
            loss.area_cm2
        );
    }
}

#[test]
fn areas_of_stages_stand_beside_the_surgeons_prior() {
    // Rows of smp.md 2.5.
    for (stage, prior, own) in [
        (Stage::NorwoodIII, Some([30.0, 50.0]), false),
        (Stage::NorwoodVI, Some([180.0, 220.0]), false),
        (Stage::NorwoodIVA, None, true),
    ] {
        let mut case = example("shaved-norwood6");
        case.loss.stage = Some(stage);
        let plan = plan(&case).plan;
        let loss = plan.loss.expect("a loss");
        assert_eq!((loss.prior_cm2, !loss.own_design.is_empty()), (prior, own), "{}", stage.label());
        assert_eq!(plan.warnings.iter().any(|w| w.code == "own-design"), own);
        let zones: f64 = loss.zones.iter().map(|z| z.area_cm2).sum();
        assert!((zones - loss.area_cm2).abs() < 2.0, "zones {zones} of {}", loss.area_cm2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    /// Never over five hours, never over the studio's area, whatever hand, look and loss.
    #[test]
    fn no_session_is_longer_or_larger_than_allowed(
        look in 0usize..3,
        stage in 1usize..12,
        percent in proptest::option::of(5.0..100.0f64),
        body in 20.0..120.0f64,
        line in 10.0..60.0f64,
        max_minutes in 120.0..300.0f64,
        max_area_cm2 in 100.0..800.0f64,
    ) {
        use hairline_plan::case::Look;
        let mut case = example("shaved-norwood6");
        case.look = [Look::Shaved, Look::Hairline, Look::Density][look];
        if case.look == Look::Density {
            case.hairline.height_mm = None;
        }
        case.loss.stage = percent.is_none().then(|| Stage::ALL[stage]);
        case.loss.areata_percent = percent;
        case.artist.body_dots_per_min = body;
        case.artist.hairline_dots_per_min = line;
        case.sessions.max_minutes = max_minutes;
        case.sessions.max_area_cm2 = max_area_cm2;
        match try_plan(&case) {
            Ok(planned) => {
                for s in &planned.plan.sessions {
                    prop_assert!(s.minutes.total() <= max_minutes, "session {}: {:?}", s.number, s.minutes);
                    prop_assert!(s.area_cm2 <= max_area_cm2, "session {}: {} cm2", s.number, s.area_cm2);
                }
            }
            Err(e) => {
                let said = e.to_string();
                prop_assert!(said.starts_with("sessions: found") || said.starts_with("nothing to treat"), "{said}");
            }
        }
    }
}
