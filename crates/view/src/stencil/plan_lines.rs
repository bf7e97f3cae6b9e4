//! The lines of a plan that a hand needs on the head.

use glam::DVec3;
use hairline_plan::Planned;
use hairline_scalp::regions::OutlineOnHead;

use super::line::runs;
use super::{StencilError, StencilLine, StencilWords, cell_map, stencil, stencil_pdf};
use crate::pdf::Fonts;

/// Outlines nearer behind the hairline than this are the hairline to a hand, mm.
const BEHIND_LINE_MM: f64 = 8.0;

/// The stencil of a plan as a PDF.
///
/// # Errors
/// When a line cannot be laid flat or the pages cannot be written.
pub fn stencil_of(planned: &Planned) -> Result<Vec<u8>, StencilError> {
    let plan = &planned.plan;
    let date = plan.sessions.first().and_then(|s| s.when.date);
    let words = StencilWords {
        plan: if plan.title.is_empty() { "Treatment plan".into() } else { plan.title.clone() },
        day: date.map_or("day 0".to_owned(), |d| d.to_string()),
        date: date.map(|d| (d.year(), d.month() as u8, d.day() as u8)),
        paper: plan.case.studio.paper,
    };
    let laid = stencil(&planned.head, &plan_lines(planned))?;
    let map = cell_map::blocks(planned, words.paper, &Fonts::new());
    stencil_pdf(&planned.head, &laid, &words, &map)
}

/// The hairline, then the outlines of loss and scars; without their parts in front of the hairline or along it.
pub fn plan_lines(planned: &Planned) -> Vec<StencilLine> {
    let design = &planned.design;
    let mut lines: Vec<StencilLine> = vec![];
    if let Some(hairline) = &design.hairline {
        lines.push(StencilLine {
            name: "Hairline".to_string(),
            points_mm: hairline.curve.points_mm().to_vec(),
            closed: false,
            hairline: true,
        });
    }
    let zones = design.loss.iter().map(|l| (capital(&l.zone.name), &l.outline));
    let scars = design.scars.iter().map(|s| (capital(&s.name), &s.outline));
    for (name, outline) in zones.chain(scars) {
        let points = outline.curve.points_mm();
        let kept = behind_hairline(planned, outline);
        if kept.iter().all(|k| *k) {
            lines.push(StencilLine { name, points_mm: points.to_vec(), closed: true, hairline: false });
            continue;
        }
        // A closed outline as a line that ends on its first point.
        let around: Vec<DVec3> = points.iter().chain(points.first()).copied().collect();
        let kept: Vec<bool> = kept.iter().chain(kept.first()).copied().collect();
        for run in runs(&kept, true) {
            let points_mm = run.iter().map(|&i| around[i]).collect();
            lines.push(StencilLine { name: name.clone(), points_mm, closed: false, hairline: false });
        }
    }
    // Short remains are no line.
    let length = |l: &StencilLine| l.points_mm.windows(2).map(|w| w[0].distance(w[1])).sum::<f64>();
    lines.retain(|l| length(l) > 10.0);
    lines
}

fn behind_hairline(planned: &Planned, outline: &OutlineOnHead) -> Vec<bool> {
    let Some(hairline) = &planned.design.hairline else { return vec![true; outline.curve.uv().len()] };
    let places = outline.curve.uv().iter().zip(outline.curve.points_mm());
    places.map(|(uv, p)| hairline.depth_mm(*uv, *p) > BEHIND_LINE_MM).collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
