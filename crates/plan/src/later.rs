//! The same design on the hair loss of ten and twenty years on.

use hairline_scalp::Chart;
use hairline_scalp::loss::Stage;
use hairline_scalp::patch::{Patch, cut_patch};
use hairline_scalp::regions::{OutlineOnHead, RegionCurves};
use serde::Serialize;

use crate::case::{Case, Look};
use crate::design::{Design, stage_after};

/// The design some years on.
#[derive(Clone, Debug, Serialize)]
pub struct Later {
    /// Years from now.
    pub years: f64,
    /// The stage then, if the case has one.
    pub stage: String,
    /// Bald by then and untreated by this plan, cm2.
    pub bare_cm2: f64,
    /// What it means, in a sentence.
    pub meaning: String,
    /// Whether the drawn hairline would stand alone in front of bare skin.
    pub stands_alone: bool,
}

/// Lattice of the areas, mm.
const STEP_MM: f64 = 3.0;
/// Bare skin behind the treated area above which a hairline reads as standing alone, cm2: own design.
const ALONE_CM2: f64 = 12.0;

/// What a stage leaves bare behind the hairline and outside the field of dots.
fn left_bare(stage: Stage, design: &Design, chart: &Chart, curves: &RegionCurves) -> Patch {
    let bald: Vec<OutlineOnHead> = stage.zones(curves).iter().map(|z| z.outline.on(chart)).collect();
    cut_patch(chart, STEP_MM, &|uv, p| {
        let lost = bald.iter().map(|b| b.signed_distance_mm(uv, p)).fold(f64::NEG_INFINITY, f64::max);
        if lost <= 0.0 {
            return lost;
        }
        let behind_line = design.hairline.as_ref().map_or(f64::MAX, |h| h.depth_mm(uv, p));
        lost.min(-design.wanted(uv, p).inside_field_mm).min(behind_line)
    })
}

/// The design ten and twenty years on; `None` for years in which the scale has no further stage or the case no stage.
pub fn later(case: &Case, design: &Design, chart: &Chart, curves: &RegionCurves) -> Vec<Later> {
    let Some(now) = case.loss.stage else { return vec![] };
    [10.0, 20.0]
        .into_iter()
        .map(|years| {
            let stage = stage_after(now, years, case.loss.years_per_stage);
            let bare_cm2 =
                if stage == now { 0.0 } else { left_bare(stage, design, chart, curves).area_cm2() };
            let stands_alone =
                matches!(case.look, Look::Shaved | Look::Hairline) && !stage.diffuse() && bare_cm2 > ALONE_CM2;
            let meaning = if stage == now {
                format!("Still {} at the pace assumed: nothing to add", now.label())
            } else if bare_cm2 < 2.0 {
                format!("At {} the treated area still covers the loss", stage.label())
            } else if stands_alone {
                format!(
                    "At {} about {bare_cm2:.0} cm2 behind the treated area would be bare: without a further treatment \
                     the hairline would stand alone",
                    stage.label()
                )
            } else {
                format!("At {} about {bare_cm2:.0} cm2 more would need treatment", stage.label())
            };
            Later { years, stage: stage.label().to_owned(), bare_cm2, meaning, stands_alone }
        })
        .collect()
}
