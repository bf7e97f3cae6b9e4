//! Cells and partings: what a hand can follow, on every example.

mod cases;

use std::collections::BTreeSet;

use cases::{example, plan};
use glam::DVec3;
use hairline_plan::Planned;
use hairline_plan::case::{EXAMPLES, Place};
use hairline_plan::design::ZoneKind;
use hairline_scalp::loss::Stage;
use proptest::prelude::*;

/// Corners of each cell's dots: their spread about the middle, mm.
fn dots_of(planned: &Planned) -> Vec<Vec<DVec3>> {
    let mut of = vec![Vec::new(); planned.plan.cells.len()];
    for dot in &planned.dots {
        of[dot.cell as usize - 1].push(dot.position_mm);
    }
    of
}

fn cells_are_near_four_square_centimetres(name: &str, planned: &Planned) {
    let cells = &planned.plan.cells;
    let total: f64 = cells.iter().map(|c| c.area_cm2).sum();
    // An island that no other cell touches is a cell, however small.
    let dots = dots_of(planned);
    let island = |i: usize| {
        let touches =
            |j: usize| dots[i].iter().step_by(3).any(|p| dots[j].iter().any(|q| p.distance(*q) < 4.0));
        (0..cells.len()).all(|j| j == i || !touches(j))
    };
    let near: f64 = (0..cells.len())
        .filter(|&i| (2.5..=6.0).contains(&cells[i].area_cm2) || island(i))
        .map(|i| cells[i].area_cm2)
        .sum();
    let list: Vec<String> = cells.iter().map(|c| format!("{} {:.2}", c.name, c.area_cm2)).collect();
    assert!(near >= 0.95 * total, "{name}: {near:.0} of {total:.0} cm2 in cells of 2.5-6 cm2: {list:?}");
    // Patches that almost meet leave thin bridges.
    let patches = planned.plan.case.loss.areata_percent.is_some();
    let mut long_cm2 = 0.0;
    for (cell, dots) in cells.iter().zip(dots_of(planned)) {
        // A small cell is a whole small field.
        assert!(
            cell.area_cm2 >= 1.0 || cells.len() <= 2,
            "{name}: {} has {:.2} cm2",
            cell.name,
            cell.area_cm2
        );
        assert!(cell.area_cm2 <= 7.0, "{name}: {} has {:.2} cm2", cell.name, cell.area_cm2);
        // Compact: a strip four times as long as wide reaches this far from its middle.
        let middle = dots.iter().sum::<DVec3>() / dots.len() as f64;
        let reach = dots.iter().map(|p| p.distance(middle)).fold(0.0, f64::max);
        let strip = 0.5 * 4.25f64.sqrt() * (100.0 * cell.area_cm2).sqrt();
        long_cm2 += if reach > strip { cell.area_cm2 } else { 0.0 };
        assert!(
            reach < if patches { 2.6 } else { 2.2 } * strip,
            "{name}: {} of {:.1} cm2 reaches {reach:.0} mm",
            cell.name,
            cell.area_cm2
        );
    }
    // A hairline is a strip itself, about 11 mm wide, and so are the limbs of some stages; most of a large field is not.
    assert!(
        total < 200.0 || long_cm2 <= 0.3 * total,
        "{name}: {long_cm2:.0} of {total:.0} cm2 in long cells"
    );
}

#[test]
fn cells_are_compact_and_near_four_square_centimetres() {
    for name in ["hairline-norwood3", "shaved-norwood6"] {
        cells_are_near_four_square_centimetres(name, &plan(&example(name)));
    }
    // A strip of 8 mm is as narrow as it is: its cells are runs of it.
    let scar = plan(&example("scar-strip"));
    assert!(scar.plan.cells.iter().all(|c| (2.5..=6.0).contains(&c.area_cm2)));
}

#[test]
fn every_name_is_given_once_and_neighbours_follow_each_other() {
    for (name, _) in EXAMPLES {
        let planned = plan(&example(name));
        let names: BTreeSet<&str> = planned.plan.cells.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names.len(), planned.plan.cells.len(), "{name}");
        let numbers = planned.plan.cells.iter().map(|c| c.number);
        assert!(numbers.eq(1..=planned.plan.cells.len() as u32), "{name}");
        if planned.plan.guide != "cells" {
            continue;
        }
        // The hand moves on to where it was: dots of the next cell begin near by. It lifts to change the needle, and
        // between pieces of skin that do not touch.
        let dots: Vec<Vec<DVec3>> =
            dots_of(&planned).into_iter().map(|d| d.into_iter().step_by(4).collect()).collect();
        let n = dots.len();
        let touches: Vec<Vec<bool>> = (0..n)
            .map(|a| {
                (0..n).map(|b| dots[a].iter().any(|p| dots[b].iter().any(|q| p.distance(*q) < 6.0))).collect()
            })
            .collect();
        let kind = |i: usize| planned.plan.zones[planned.plan.cells[i].zone].kind == ZoneKind::Hairline;
        let mut piece: Vec<usize> = (0..n).collect();
        for _ in 0..n {
            for a in 0..n {
                for b in 0..n {
                    if touches[a][b] && kind(a) == kind(b) {
                        piece[a] = piece[a].min(piece[b]);
                    }
                }
            }
        }
        let pieces = piece.iter().collect::<BTreeSet<_>>().len();
        let lifts = (1..n).filter(|&i| !touches[i - 1][i]).count();
        assert!(lifts < pieces + n / 10, "{name}: {lifts} lifts between {n} cells in {pieces} pieces");
    }
}

#[test]
fn a_needle_is_changed_once_from_zone_to_zone() {
    for name in ["hairline-norwood3", "shaved-norwood6"] {
        let planned = plan(&example(name));
        let passes = &planned.plan.sessions[0].passes;
        let needle = |zone: usize| passes.iter().find(|p| p.zone == zone).map(|p| &p.needle);
        let needles: Vec<_> = planned.plan.cells.iter().map(|c| needle(c.zone)).collect();
        let changes = needles.windows(2).filter(|w| w[0] != w[1]).count();
        assert_eq!(changes, 1, "{name}: hairline, then body and blend: {needles:?}");
    }
}

#[test]
fn a_parting_is_one_row_from_front_to_back_a_spacing_from_the_next() {
    let planned = plan(&example("density-partline"));
    assert_eq!(planned.plan.guide, "partings");
    let spacing = planned.plan.case.parting.spacing_mm.expect("given");
    let uv = |[az, t]: [f64; 2]| Place([az, t]).az_t().to_uv();
    let cells = &planned.plan.cells;
    let width: f64 = 2.0 * planned.dots.iter().map(|d| d.position_mm.x.abs()).fold(0.0, f64::max);
    assert!((cells.len() as f64) < 1.6 * width / spacing, "{} partings over {width:.0} mm", cells.len());
    for pair in cells.windows(2) {
        // Half way along both, the skin between two partings is as wide as the spacing.
        let middle =
            |c: &hairline_plan::cells::Cell| c.from_to.map(|[a, b]| 0.5 * (uv(a).y + uv(b).y)).expect("ends");
        let v = 0.5 * (middle(&pair[0]) + middle(&pair[1]));
        let across = hairline_plan::cells::Across::new(&planned.chart);
        let beside = |c: &hairline_plan::cells::Cell| {
            let line: f64 = c.name[1..].trim_end_matches(['L', 'R']).parse().expect("a number");
            let sign = if c.name.ends_with('R') { -1.0 } else { 1.0 };
            planned.plan.case.parting.offset_mm + sign * line * spacing
        };
        let at = |c| planned.chart.position(across.place(v, beside(c)));
        let apart = at(&pair[0]).distance(at(&pair[1]));
        assert!((apart / spacing - 1.0).abs() < 0.1, "{} and {}: {apart:.2} mm", pair[0].name, pair[1].name);
    }
    for cell in cells {
        assert_eq!(cell.spacing_mm, Some(spacing));
        let [from, to] = cell.from_to.expect("a parting has ends");
        assert!(uv(from).y >= uv(to).y, "{}: from the front to the back", cell.name);
        let strip_cm2 = cell.length_mm.expect("a length") * spacing / 100.0;
        assert!(
            (0.6 * strip_cm2 - 0.5..1.3 * strip_cm2 + 1.0).contains(&cell.area_cm2),
            "{}: {} cm2 along {strip_cm2} cm2",
            cell.name,
            cell.area_cm2
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    /// Whatever the loss and the head.
    #[test]
    fn any_loss_is_divided_into_cells_of_about_four(
        stage in 1usize..12,
        percent in proptest::option::of(5.0..100.0f64),
        length in 184.0..212.0f64,
    ) {
        let mut case = example("shaved-norwood6");
        case.loss.stage = percent.is_none().then(|| Stage::ALL[stage]);
        case.loss.areata_percent = percent;
        case.head.measurements = Default::default();
        case.head.measurements.length_mm = Some(length);
        cells_are_near_four_square_centimetres(&format!("{:?} {percent:?}", Stage::ALL[stage]), &plan(&case));
    }
}
