//! What `plan.json` says about the hair loss: areas on this head beside the surgeons' prior, and whose design the outlines are.

use hairline_scalp::Chart;
use hairline_scalp::loss::Stage;
use hairline_scalp::patch::cut_patch;
use serde::Serialize;

use crate::case::Case;
use crate::design::Design;

/// The hair loss in `plan.json`.
#[derive(Clone, Debug, Serialize)]
pub struct LossSummary {
    /// Stage, share, patches or painted zones.
    pub what: String,
    /// Scalp with loss on this head, cm2; the blend into hair around it is not part of it.
    pub area_cm2: f64,
    /// The same as a share of the hair-bearing scalp, 0-1.
    pub share_of_scalp: f64,
    /// Zones of the loss.
    pub zones: Vec<LossZoneSummary>,
    /// Area that surgeons' practice lets expect to be treated at the stage, from and to, cm2 (`smp.md` 2.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior_cm2: Option<[f64; 2]>,
    /// Outlines that no published curve stands behind: own design, to be dragged to the client.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub own_design: Vec<String>,
    /// How to read the areas, in a sentence.
    pub note: String,
}

/// A zone of the loss.
#[derive(Clone, Debug, Serialize)]
pub struct LossZoneSummary {
    /// Name.
    pub name: String,
    /// On the hair-bearing scalp, cm2.
    pub area_cm2: f64,
    /// Share of the hair that is left inside, 0-1.
    pub density_left: f64,
}

/// Lattice of the areas, mm.
const STEP_MM: f64 = 3.0;

/// Treated area by stage, cm2: surgeons' practice (`smp.md` 2.5, marks derived or assumption). The A variants and the
/// scales of women's loss have none.
fn prior_cm2(case: &Case) -> Option<[f64; 2]> {
    use Stage::*;
    if case.loss.areata_percent.is_some_and(|percent| percent >= 95.0) {
        return Some([450.0, 600.0]);
    }
    Some(match case.loss.stage? {
        NorwoodI => [0.0, 15.0],
        NorwoodII => [10.0, 25.0],
        NorwoodIII => [30.0, 50.0],
        NorwoodIIIVertex => [40.0, 80.0],
        NorwoodIV => [80.0, 120.0],
        NorwoodV => [120.0, 170.0],
        NorwoodVI => [180.0, 220.0],
        NorwoodVII => [220.0, 300.0],
        _ => return None,
    })
}

/// Summarises the loss of a case; `None` when it describes none.
pub fn summary(case: &Case, design: &Design, chart: &Chart, scalp_cm2: f64) -> Option<LossSummary> {
    let loss = &case.loss;
    let (what, own_design) = match (loss.stage, loss.areata_percent) {
        (Some(stage), _) => {
            let own = stage.own_design().then(|| format!("outline of {}", stage.label()));
            (stage.label().to_owned(), own)
        }
        (None, Some(percent)) if percent >= 95.0 => ("alopecia areata, the whole scalp".to_owned(), None),
        (None, Some(percent)) => (
            format!("alopecia areata, {percent} % of the scalp"),
            Some("arrangement of the patches of alopecia areata".to_owned()),
        ),
        (None, None) if !loss.patches.is_empty() => ("alopecia areata, patches as measured".to_owned(), None),
        (None, None) if !loss.painted.is_empty() => ("zones as painted".to_owned(), None),
        (None, None) => return None,
    };
    let area_of = |lost_mm: &(dyn Fn(hairline_scalp::Uv, glam::DVec3) -> f64 + Sync)| {
        cut_patch(chart, STEP_MM, &|uv, p| lost_mm(uv, p).min(design.scalp.signed_distance_mm(uv, p)))
            .area_cm2()
    };
    let area_cm2 = area_of(&|uv, p| {
        design.loss.iter().map(|l| l.outline.signed_distance_mm(uv, p)).fold(f64::NEG_INFINITY, f64::max)
    });
    let zones = design
        .loss
        .iter()
        .map(|l| LossZoneSummary {
            name: l.zone.name.clone(),
            area_cm2: area_of(&|uv, p| l.outline.signed_distance_mm(uv, p)),
            density_left: l.zone.density_left,
        })
        .collect();
    let prior = prior_cm2(case);
    let note = match prior {
        Some([low, high]) => format!(
            "Outlines are starting shapes to drag; on this head they hold {area_cm2:.0} cm2, surgeons' practice treats \
             {low:.0}-{high:.0} cm2 at this stage. The treated area also holds the blend into the hair around"
        ),
        None => format!(
            "Outlines are starting shapes to drag; on this head they hold {area_cm2:.0} cm2. The treated area also holds \
             the blend into the hair around"
        ),
    };
    Some(LossSummary {
        what,
        area_cm2,
        share_of_scalp: area_cm2 / scalp_cm2.max(1e-9),
        zones,
        prior_cm2: prior,
        own_design: own_design.into_iter().collect(),
        note,
    })
}
