//! The same design on the hair loss of ten and twenty years on.

use glam::DVec3;
use hairline_scalp::Chart;
use hairline_scalp::loss::Stage;
use hairline_scalp::patch::{Patch, cut_patch};
use hairline_scalp::regions::{OutlineOnHead, RegionCurves};
use rayon::prelude::*;
use serde::Serialize;

use crate::case::{Case, Look};
use crate::design::{Design, LossOnHead, share_left, stage_after};
use crate::noise::{hash, uniform};

/// The design some years on.
#[derive(Clone, Debug, Serialize)]
pub struct Later {
    /// Years from now; when both ten and twenty years on find the same stage, ten, said once.
    pub years: f64,
    /// The stage then, if the case has one.
    pub stage: String,
    /// Bald by then and untreated by this plan, cm2.
    pub bare_cm2: f64,
    /// The part of it on top of the head that borders on the dots behind the line, cm2.
    pub bare_behind_dots_cm2: f64,
    /// What it means, in a sentence.
    pub meaning: String,
    /// Whether the drawn hairline would stand alone in front of bare skin.
    pub stands_alone: bool,
}

/// Lattice of the areas, mm.
const STEP_MM: f64 = 3.0;
/// Bare skin that borders on the dots above which a hairline reads as standing alone, cm2: own design.
const ALONE_CM2: f64 = 12.0;
/// Bare skin this near to the dots borders on them, mm: own design.
const BORDERS_MM: f64 = 30.0;
/// Less bare skin than this is nothing to speak of, cm2: own design.
const NOTHING_CM2: f64 = 2.0;

/// What a later stage leaves bare.
struct Bare {
    /// Behind the hairline and outside the field of dots, cm2.
    all_cm2: f64,
    /// Of it: on top of the head and bordering on the dots, cm2.
    behind_dots_cm2: f64,
}

fn left_bare(stage: Stage, design: &Design, chart: &Chart, curves: &RegionCurves) -> Bare {
    let on_head = |stage: Stage| -> Vec<OutlineOnHead> {
        stage.zones(curves).iter().map(|z| z.outline.on(chart)).collect()
    };
    let bald = on_head(stage);
    // What Norwood VI bares is the top of the head; what VII bares beyond it are the sides and the back.
    let top = on_head(Stage::NorwoodVI);
    let inside = |outlines: &[OutlineOnHead], uv, p| {
        outlines.iter().map(|b| b.signed_distance_mm(uv, p)).fold(f64::NEG_INFINITY, f64::max)
    };
    let bare: Patch = cut_patch(chart, STEP_MM, &|uv, p| {
        let lost = inside(&bald, uv, p);
        if lost <= 0.0 {
            return lost;
        }
        let behind_line = design.hairline.as_ref().map_or(f64::MAX, |h| h.depth_mm(uv, p));
        lost.min(-design.wanted(uv, p).inside_field_mm).min(behind_line)
    });
    let borders: Vec<f64> = (bare.uv.iter().zip(&bare.mesh.positions))
        .map(|(&uv, &p)| {
            let near = -design.wanted(uv, p).inside_field_mm < BORDERS_MM;
            if near && inside(&top, uv, p) > 0.0 { 1.0 } else { 0.0 }
        })
        .collect();
    Bare { all_cm2: bare.area_cm2(), behind_dots_cm2: bare.integral_cm2(&borders) }
}

/// The design ten and twenty years on; nothing when the case has no stage.
pub fn later(case: &Case, design: &Design, chart: &Chart, curves: &RegionCurves) -> Vec<Later> {
    let Some(now) = case.loss.stage else { return vec![] };
    let stage_in = |years: f64| stage_after(now, years, case.loss.years_per_stage);
    let unchanged = stage_in(10.0) == stage_in(20.0);
    let years: &[f64] = if unchanged { &[10.0] } else { &[10.0, 20.0] };
    years
        .iter()
        .map(|&years| {
            let stage = stage_in(years);
            let bare = if stage == now {
                Bare { all_cm2: 0.0, behind_dots_cm2: 0.0 }
            } else {
                left_bare(stage, design, chart, curves)
            };
            let stands_alone = matches!(case.look, Look::Shaved | Look::Hairline)
                && !stage.diffuse()
                && bare.behind_dots_cm2 > ALONE_CM2;
            let mut meaning = meaning(case, now, stage, &bare, stands_alone);
            if unchanged {
                meaning.push_str(match stage.next() {
                    None => "; the scale ends there, so twenty years on are the same",
                    Some(_) => "; at the pace assumed twenty years on are the same",
                });
            }
            Later {
                years,
                stage: stage.label().to_owned(),
                bare_cm2: bare.all_cm2,
                bare_behind_dots_cm2: bare.behind_dots_cm2,
                meaning,
                stands_alone,
            }
        })
        .collect()
}

/// Which of today's follicular units are left some years on: by chance as many as the stage then leaves of what the stage
/// now does. A unit that is lost stays lost. `None` where the stage is the same.
pub fn units_left(
    case: &Case,
    design: &Design,
    chart: &Chart,
    curves: &RegionCurves,
    units: &[(DVec3, DVec3)],
    years: f64,
) -> Option<Vec<bool>> {
    let now = case.loss.stage?;
    let stage = stage_after(now, years, case.loss.years_per_stage);
    if stage == now {
        return None;
    }
    let loss: Vec<LossOnHead> = stage
        .zones(curves)
        .into_iter()
        .map(|zone| LossOnHead { outline: zone.outline.on(chart), zone })
        .collect();
    let seed = hash(case.seed, 0x4C41_5445);
    let left = |(i, &(p, _)): (usize, &(DVec3, DVec3))| {
        let uv = chart.locate(p);
        let today = share_left(&design.loss, uv, p).max(1e-6);
        uniform(seed, i as u64) < share_left(&loss, uv, p) / today
    };
    Some(units.par_iter().enumerate().map(left).collect())
}

fn meaning(case: &Case, now: Stage, stage: Stage, bare: &Bare, stands_alone: bool) -> String {
    let Bare { all_cm2, behind_dots_cm2 } = bare;
    let at = stage.label();
    if stage == now {
        format!("Still {at} at the pace assumed: nothing to add")
    } else if *all_cm2 < NOTHING_CM2 {
        format!("At {at} the treated area still covers the loss")
    } else if stands_alone {
        format!(
            "At {at} about {behind_dots_cm2:.0} cm2 right behind the dots would be bare ({all_cm2:.0} cm2 in all): without a \
             further treatment the hairline would stand alone"
        )
    } else if case.look == Look::Shaved && !stage.diffuse() && *behind_dots_cm2 < NOTHING_CM2 {
        format!(
            "At {at} the hair at the sides and back would have dropped: about {all_cm2:.0} cm2 between the dots and the hair \
             that is left would be bare. The line and the top stay covered; the dots can be carried down to the hair"
        )
    } else {
        format!("At {at} about {all_cm2:.0} cm2 more would need treatment")
    }
}
