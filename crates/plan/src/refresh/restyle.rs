//! Another wish on an old treatment: a lower line, more density. The new dots come from a plan on the same head that knows
//! the old ones.

use super::read::OldPlan;
use super::{Action, CellRefresh, Refresh, RefreshDot, Wish, ZoneRefresh, visits};
use crate::case::Case;
use crate::dot::Dot;
use crate::pigment::{LADDER, shade_step};
use crate::plan::Plan;
use crate::sessions::{Minutes, dots_per_min, with_breaks};

/// What is changed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Restyle {
    /// How much lower the hairline goes, mm.
    pub lower_mm: Option<f64>,
    /// Density of the body, dots per cm2.
    pub density_per_cm2: Option<f64>,
}

/// The case of the new wish.
///
/// # Errors
/// When the old plan has no line to lower, or the wish leaves what a case allows: field, found, allowed.
pub fn restyled_case(old: &OldPlan, wish: &Restyle) -> Result<Case, (&'static str, String, String)> {
    let mut case = old.case.clone();
    case.sessions.first_day = None;
    case.sessions.start_time = None;
    case.follow_up.clear();
    if let Some(lower_mm) = wish.lower_mm {
        let Some(line) = old.hairline.as_ref().filter(|_| case.hairline.curve.is_empty()) else {
            let allowed =
                "needed is a plan with a hairline of a style; a drawn curve is lowered in a case of its own"
                    .to_owned();
            return Err(("--lower-mm", "a plan without a line that could be moved".to_owned(), allowed));
        };
        let height_mm = line.height_mm - lower_mm;
        if !(35.0..=130.0).contains(&height_mm) || lower_mm <= 0.0 {
            let found = format!("{lower_mm} mm from a line at {:.0} mm", line.height_mm);
            return Err((
                "--lower-mm",
                found,
                format!("allowed is more than 0 and at most {:.0}", line.height_mm - 35.0),
            ));
        }
        case.hairline.height_mm = Some(height_mm);
    }
    if let Some(density) = wish.density_per_cm2 {
        if !(10.0..=200.0).contains(&density) {
            return Err(("--density", format!("{density}"), "allowed is a number from 10 to 200".to_owned()));
        }
        case.artist.density_per_cm2 = Some(density);
    }
    Ok(case)
}

/// Adds the dots of a new plan around the old ones to a refresh.
pub fn restyle(
    old: &OldPlan,
    refresh: &mut Refresh,
    all: &mut Vec<RefreshDot>,
    wish: &Wish,
    plan: &Plan,
    dots: &[Dot],
) {
    let case = &plan.case;
    // Zones of the same name are the same zones; new ones come behind the old.
    let zone_of: Vec<usize> = plan
        .zones
        .iter()
        .map(|zone| {
            refresh.zones.iter().position(|z| z.name == zone.name).unwrap_or_else(|| {
                refresh.zones.push(ZoneRefresh {
                    name: zone.name.clone(),
                    kind: zone.kind,
                    darkness: [0.0; 3],
                    leave: 0,
                    go_over: 0,
                    add: 0,
                    go_over_shade: LADDER[shade_step(case, zone.kind, 1, 1)],
                    add_shade: LADDER[shade_step(case, zone.kind, 1, 1)],
                    minutes: 0.0,
                });
                refresh.zones.len() - 1
            })
        })
        .collect();
    let (mut next_id, mut offset) = (0, 0);
    all.iter().for_each(|d| next_id = next_id.max(d.dot.id));
    old.cells.iter().for_each(|c| offset = offset.max(c.number));
    for dot in dots {
        next_id += 1;
        let zone = zone_of[dot.zone as usize];
        let minutes = 1.0 / dots_per_min(case, plan.zones[dot.zone as usize].kind);
        let number = offset + dot.cell;
        let row = refresh.cells.iter().position(|c| c.number == number).unwrap_or_else(|| {
            let cell = &plan.cells[dot.cell as usize - 1];
            let (name, area_cm2) = (format!("{}+", cell.name), cell.area_cm2);
            refresh.cells.push(CellRefresh {
                number,
                name,
                zone,
                area_cm2,
                leave: 0,
                go_over: 0,
                add: 0,
                minutes: 0.0,
            });
            refresh.cells.len() - 1
        });
        let (cell, zone_row) = (&mut refresh.cells[row], &mut refresh.zones[zone]);
        (cell.add, cell.minutes) = (cell.add + 1, cell.minutes + minutes);
        (zone_row.add, zone_row.minutes) = (zone_row.add + 1, zone_row.minutes + minutes);
        let shade = zone_row.add_shade;
        let dot = Dot { id: next_id, zone: zone as u16, cell: number, shade, session: 1, ..*dot };
        all.push(RefreshDot { dot, action: Action::Add, darkness: 0.0 });
    }
    refresh.cells.sort_by_key(|c| c.number);
    refresh.add += dots.len();
    let work: f64 = refresh.zones.iter().map(|z| z.minutes).sum();
    refresh.visits = visits(case, work);
    let each = with_breaks(&case.sessions, work / refresh.visits.max(1) as f64);
    refresh.minutes = Minutes { work, breaks: each.breaks * refresh.visits as f64 };
    refresh.why += &format!(
        " The new wish adds {} dots where the old ones leave room; the refresh up to {:.0} % of the old plan is counted with \
         them.",
        dots.len(),
        100.0 * wish.goal
    );
}
