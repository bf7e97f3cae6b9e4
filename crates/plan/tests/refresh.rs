//! A refresh of a real plan: enough, no more than enough, in the right places.

mod cases;

use std::sync::LazyLock;

use cases::{example, plan};
use glam::DVec3;
use hairline_plan::design::{Known, definition_cap_per_cm2};
use hairline_plan::head_source::head_from_measurements;
use hairline_plan::refresh::choose::{Goal, Mark, choose};
use hairline_plan::refresh::definition::{Again, after_refreshes, definition};
use hairline_plan::refresh::read::{OldPlan, read_dots, read_plan};
use hairline_plan::refresh::restyle::{Restyle, restyle, restyled_case};
use hairline_plan::refresh::{Action, GOAL, OldState, Refresh, RefreshDot, Wish, old_state, refresh};
use hairline_plan::{Dot, Planned, make_plan};

struct Old {
    planned: Planned,
    plan: OldPlan,
}

/// A small plan, as its file gives it back.
static OLD: LazyLock<Old> = LazyLock::new(|| {
    let planned = plan(&example("hairline-norwood3"));
    let json = serde_json::to_vec(&planned.plan).expect("a plan is plain data");
    let plan = read_plan("plan.json", &json).unwrap_or_else(|e| panic!("{e}"));
    Old { planned, plan }
});

fn wish(day: f64) -> Wish {
    Wish { day, goal: GOAL, laser: 0 }
}

fn refreshed(wish: &Wish) -> (OldState, Refresh, Vec<RefreshDot>) {
    let (plan, dots) = (&OLD.plan, &OLD.planned.dots);
    let state = old_state(plan, &plan.case, dots, wish);
    let (refresh, all) = refresh(plan, &plan.case, dots, &state, wish);
    (state, refresh, all)
}

#[test]
fn what_has_just_healed_needs_nothing() {
    let (_, refresh, all) = refreshed(&wish(60.0));
    assert_eq!((refresh.go_over, refresh.add, refresh.leave), (0, 0, OLD.planned.dots.len()));
    assert!(
        all.iter().all(|d| d.action == Action::Leave)
            && refresh.minutes.total() == 0.0
            && refresh.visits == 0
    );
    assert!(refresh.why.contains("Nothing needs to be done"), "{}", refresh.why);
}

#[test]
fn a_refresh_is_enough_and_one_dot_less_is_not() {
    for day in [800.0, 1300.0, 2500.0] {
        let (state, refresh, all) = refreshed(&wish(day));
        for z in 0..OLD.plan.zones.len() {
            // Darkness afterwards, counted dot by dot: old as it is, gone over as planned, new as the mean planned dot.
            let own: Vec<(usize, &RefreshDot)> =
                all.iter().enumerate().filter(|(_, d)| d.dot.zone as usize == z).collect();
            let old: Vec<usize> =
                own.iter().filter(|(_, d)| d.action != Action::Add).map(|(i, _)| *i).collect();
            let planned: f64 = old.iter().map(|&i| state.marks[i].planned_mm2).sum();
            let each = planned / old.len() as f64;
            let after: f64 = own
                .iter()
                .map(|&(i, d)| match d.action {
                    Action::Leave => state.marks[i].now_mm2,
                    Action::GoOver => state.marks[i].planned_mm2,
                    Action::Add => each,
                })
                .sum();
            let row = &refresh.zones[z];
            assert!(row.go_over + row.add > 0, "day {day}: nothing in {}", row.name);
            // Go-over dots differ in what they win, so the count is by their mean.
            let short = (after - GOAL * planned) / each;
            let slack = 2.0 + 0.02 * (row.go_over + row.add) as f64;
            assert!(short.abs() < slack, "day {day}, {}: off by {short:.1} dots", row.name);
        }
    }
}

#[test]
fn every_dot_has_one_action_and_cells_and_zones_count_them() {
    let (_, refresh, all) = refreshed(&wish(1500.0));
    let count = |action| all.iter().filter(|d| d.action == action).count();
    assert_eq!(
        (count(Action::Leave), count(Action::GoOver), count(Action::Add)),
        (refresh.leave, refresh.go_over, refresh.add)
    );
    assert_eq!(refresh.leave + refresh.go_over, OLD.planned.dots.len());
    let ids: std::collections::BTreeSet<u32> = all.iter().map(|d| d.dot.id).collect();
    assert_eq!(ids.len(), all.len());
    for (new, old) in all.iter().zip(&OLD.planned.dots) {
        assert_eq!((new.dot.id, new.dot.position_mm), (old.id, old.position_mm));
    }
    assert_eq!(refresh.cells.iter().map(|c| c.leave + c.go_over + c.add).sum::<usize>(), all.len());
    assert_eq!(refresh.zones.iter().map(|z| z.add).sum::<usize>(), refresh.add);
    let minutes: f64 = refresh.cells.iter().map(|c| c.minutes).sum();
    assert!((minutes - refresh.minutes.work).abs() < 1e-6);
    let longest = OLD.plan.case.sessions.max_minutes;
    assert!(refresh.minutes.total() <= longest * refresh.visits as f64 + 1e-9);
}

#[test]
fn new_dots_lie_in_gaps_and_the_skin_keeps_its_definition() {
    let (state, refresh, all) = refreshed(&wish(1300.0));
    let widest = state.marks.iter().map(|m| m.diameter_mm).fold(0.0, f64::max);
    let old: Vec<DVec3> = OLD.planned.dots.iter().map(|d| d.position_mm).collect();
    let added: Vec<&RefreshDot> = all.iter().filter(|d| d.action == Action::Add).collect();
    assert!(added.len() > 50, "{}", added.len());
    for (i, d) in added.iter().enumerate() {
        let same_zone = |j: &usize| OLD.planned.dots[*j].zone == d.dot.zone;
        let nearest =
            (0..old.len()).filter(same_zone).map(|j| old[j].distance(d.dot.position_mm)).fold(9.0, f64::min);
        // Dots do not touch, and the field does not grow.
        assert!(nearest > 1.2 * widest.min(0.35) && nearest < 2.5, "{nearest}");
        assert!(
            added[..i]
                .iter()
                .all(|e| e.dot.zone != d.dot.zone || e.dot.position_mm.distance(d.dot.position_mm) > 0.3)
        );
    }
    for (z, row) in refresh.zones.iter().enumerate() {
        let marks: Vec<&Mark> = state
            .marks
            .iter()
            .zip(&OLD.planned.dots)
            .filter(|(_, d)| d.zone as usize == z)
            .map(|(m, _)| m)
            .collect();
        let diameter = marks.iter().map(|m| m.diameter_mm).sum::<f64>() / marks.len() as f64;
        let density = (marks.len() + row.add) as f64 / OLD.plan.zones[z].area_cm2;
        let cap = definition_cap_per_cm2(diameter);
        assert!(row.add == 0 || density <= cap + 1.0, "{}: {density} over {cap}", row.name);
    }
}

#[test]
fn later_or_darker_measured_or_higher_goals_change_the_work_as_they_should() {
    let work = |w: &Wish| refreshed(w).1.minutes.work;
    assert!(work(&wish(800.0)) < work(&wish(1300.0)) && work(&wish(1300.0)) < work(&wish(2500.0)));
    assert!(work(&Wish { goal: 0.7, ..wish(1300.0) }) < work(&wish(1300.0)));
    assert!(work(&Wish { laser: 2, ..wish(1300.0) }) > work(&wish(1300.0)));
    let dark = {
        let mut case = OLD.plan.case.clone();
        case.follow_up = vec![
            serde_json::from_str(r#"{"day": 1300, "darkness": 0.8, "darkness_error": 0.04}"#)
                .expect("a follow-up"),
        ];
        let state = old_state(&OLD.plan, &case, &OLD.planned.dots, &wish(1300.0));
        refresh(&OLD.plan, &case, &OLD.planned.dots, &state, &wish(1300.0)).0
    };
    // Measured darker than the band: less to do.
    let (before, after) = (work(&wish(1300.0)), dark.minutes.work);
    assert!(after < 0.8 * before, "{after} of {before}");
}

#[test]
fn a_lower_line_gets_dots_that_keep_clear_of_the_old_ones() {
    let change = Restyle { lower_mm: Some(8.0), density_per_cm2: None };
    let case = restyled_case(&OLD.plan, &change).expect("a lower line");
    let (_, mut plan, mut all) = refreshed(&wish(1300.0));
    let before = all.len();
    let known = Known { hairs_mm: None, earlier_mm: Some(all.iter().map(|d| d.dot.position_mm).collect()) };
    let head = head_from_measurements(&case).expect("a head");
    let new = make_plan(&case, head, &known, "test", &mut |_| ()).expect("a plan");
    restyle(&OLD.plan, &mut plan, &mut all, &wish(1300.0), &new.plan, &new.dots);
    let added = &all[before..];
    assert!(added.len() > 300, "{}", added.len());
    let old_line = OLD.planned.plan.hairline.as_ref().expect("a line").height_mm;
    let new_line = new.plan.hairline.as_ref().expect("a line").height_mm;
    assert!((old_line - new_line - 8.0).abs() < 0.5, "{old_line} {new_line}");
    // Most of them lie in front of where the old dots began: forward on the head, z points ahead.
    let front = |dots: &[RefreshDot]| {
        let mut z: Vec<f64> = dots.iter().map(|d| d.dot.position_mm.z).collect();
        z.sort_by(f64::total_cmp);
        z[z.len() * 9 / 10]
    };
    assert!(front(added) > front(&all[..before]));
    for d in added {
        assert!(all[..before].iter().all(|o| o.dot.position_mm.distance(d.dot.position_mm) > 0.25));
    }
    assert_eq!(plan.cells.iter().map(|c| c.leave + c.go_over + c.add).sum::<usize>(), all.len());
    let too_low = restyled_case(&OLD.plan, &Restyle { lower_mm: Some(60.0), density_per_cm2: None });
    assert!(too_low.is_err_and(|e| e.0 == "--lower-mm"));
}

/// Dots on a square lattice of 1 mm, each as planned but for what has faded.
fn lattice(side: usize, left: f64) -> Vec<Mark> {
    (0..side * side)
        .map(|i| Mark {
            position_mm: DVec3::new((i % side) as f64, 0.0, (i / side) as f64),
            normal: DVec3::Y,
            diameter_mm: 0.28,
            planned_mm2: 0.02,
            now_mm2: 0.02 * left,
        })
        .collect()
}

#[test]
fn definition_is_one_for_single_dots_and_nothing_for_blotches() {
    let apart = lattice(20, 1.0);
    assert_eq!(definition(&apart, 0.02, 0.28), 1.0);
    // Each with a neighbour that touches it, farther off than a dot is wide.
    let mut pairs = apart.clone();
    pairs
        .extend(apart.iter().map(|m| Mark { position_mm: m.position_mm + DVec3::new(0.27, 0.0, 0.0), ..*m }));
    assert_eq!(definition(&pairs, 0.02, 0.28), 0.0);
    // Nearly on each other they read as one; and what is not seen blurs nothing.
    let mut doubled = apart.clone();
    doubled
        .extend(apart.iter().map(|m| Mark { position_mm: m.position_mm + DVec3::new(0.05, 0.0, 0.0), ..*m }));
    assert_eq!(definition(&doubled, 0.02, 0.28), 1.0);
    let mut faint = apart.clone();
    faint.extend(pairs[400..].iter().map(|m| Mark { now_mm2: 0.001, ..*m }));
    assert_eq!(definition(&faint, 0.02, 0.28), 1.0);
}

#[test]
fn a_hand_that_is_off_blurs_and_one_that_is_not_does_not() {
    let marks = lattice(40, 0.5);
    let goal = Goal::of(&marks, 16.0, 0.28, 0.9);
    let after = |hand_mm: f64| {
        let again = Again { goal, kept: 0.5, grown_mm2: 0.0, hand_mm };
        after_refreshes(&marks, &again, 4, 3)
    };
    let (exact, stencil) = (after(0.0), after(1.0));
    // Without spread and with an exact hand every refresh leaves single dots.
    assert!(exact.iter().all(|row| row.0 > 0.99), "{exact:?}");
    for k in 1..=4 {
        assert!(stencil[k].0 < exact[k].0 - 0.05, "{k}: {stencil:?}");
    }
    assert!(stencil[1].0 > stencil[2].0);
    // Spread alone blurs too.
    let grown = Again { goal, kept: 0.5, grown_mm2: 0.12, hand_mm: 0.15 };
    let by_eye = after_refreshes(&marks, &grown, 4, 3);
    assert!(by_eye[3].0 < 0.9, "{by_eye:?}");
}

#[test]
fn an_even_part_is_gone_over() {
    // No room between dots: the cap is reached.
    let mut marks = lattice(40, 0.5);
    marks.iter_mut().for_each(|m| m.diameter_mm = 0.42);
    let goal = Goal { diameter_mm: 0.42, ..Goal::of(&marks, 16.0, 0.42, 0.75) };
    let choice = choose(&marks, &goal, 1);
    assert!(choice.add.is_empty());
    assert!((choice.over.len() as i32 - 800).abs() <= 1, "{}", choice.over.len());
    // In every 5 x 5 mm about half of the 25 dots: chance alone would leave a spread of 2.5.
    let mut counts = vec![0; 64];
    for &i in &choice.over {
        counts[i % 40 / 5 + 8 * (i / 40 / 5)] += 1;
    }
    let spread = (counts.iter().map(|&c| (f64::from(c) - 12.5).powi(2)).sum::<f64>() / 64.0).sqrt();
    assert!(spread < 1.7, "{spread}");
}

#[test]
fn files_come_back_or_are_refused_with_their_line() {
    let header =
        "id,session,zone,cell,x_mm,y_mm,z_mm,nx,ny,nz,diameter_mm,depth_mm,angle_deg,azimuth_deg,shade\n";
    let good = format!("{header}7,2,0,3,1.5,2,3,0,1,0,0.25,0.2,85,10,12\n");
    let dots = read_dots("dots.csv", good.as_bytes(), 1).expect("a dot");
    let wanted = Dot {
        id: 7,
        session: 2,
        zone: 0,
        cell: 3,
        position_mm: DVec3::new(1.5, 2.0, 3.0),
        normal: DVec3::Y,
        diameter_mm: 0.25,
        depth_mm: 0.2,
        angle_deg: 85.0,
        azimuth_deg: 10.0,
        shade: 12.0,
    };
    assert_eq!(dots, [wanted]);
    let refused = |text: &str, part: &str| {
        let e = read_dots("dots.csv", text.as_bytes(), 1).expect_err("refused").to_string();
        assert!(e.starts_with("dots.csv:") && e.contains(part), "{e}");
    };
    refused("id,session\n", "no column zone");
    refused(header, "no dots");
    refused(
        &format!("{good}8,1,0,3,x,2,3,0,1,0,0.25,0.2,85,10,12\n"),
        "dots.csv:3: found \"x\" in column x_mm",
    );
    refused(&format!("{good}8,1,4,3,1,2,3,0,1,0,0.25,0.2,85,10,12\n"), "a dot that cannot be");
    refused(&format!("{good}8,1,0,3,1,2,3,0,0,0,0.25,0.2,85,10,12\n"), "a dot that cannot be");
    refused(&format!("{good}8,1,0,3,nan,2,3,0,1,0,0.25,0.2,85,10,12\n"), "\"nan\"");
    let plan = |text: &str| read_plan("plan.json", text.as_bytes()).expect_err("refused").to_string();
    assert!(plan("{}").contains("plan.json:1") && plan("no").contains("`hairline plan`"));
}
