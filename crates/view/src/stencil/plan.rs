//! The stencil of a plan.

use glam::DVec3;
use hairline_plan::Planned;
use hairline_plan::case;
use jiff::civil::Date;

use super::{StencilError, StencilLine, StencilWords, stencil, stencil_pdf};
use crate::pdf::Paper;

/// The stencil of a plan as a PDF: its hairline and the borders of its zones and scars.
///
/// # Errors
/// When a line cannot be laid flat.
pub fn stencil_of(planned: &Planned) -> Result<Vec<u8>, StencilError> {
    let plan = &planned.plan;
    let mut lines = Vec::new();
    if let Some(line) = &planned.design.hairline {
        lines.push(StencilLine {
            name: "Hairline".into(),
            points_mm: line.curve.points_mm().to_vec(),
            closed: false,
            hairline: true,
        });
    }
    for (name, outline) in planned.design.drawn_outlines() {
        let points_mm: Vec<DVec3> = outline.curve.points_mm().to_vec();
        lines.push(StencilLine { name: capitalised(name), points_mm, closed: true, hairline: false });
    }
    let first = plan.sessions.first();
    let date: Option<Date> = first.and_then(|s| s.when.date);
    let words = StencilWords {
        plan: if plan.title.is_empty() { "Treatment plan".into() } else { plan.title.clone() },
        day: date.map_or("day 0".to_owned(), |d| d.to_string()),
        date: date.map(|d| (d.year(), d.month() as u8, d.day() as u8)),
        paper: match plan.case.studio.paper {
            case::Paper::A4 => Paper::A4,
            case::Paper::Letter => Paper::Letter,
        },
    };
    let laid = stencil(&planned.head, &lines)?;
    stencil_pdf(&planned.head, &laid, &words)
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}
