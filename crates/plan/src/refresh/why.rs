//! Why a refresh is as large as it is, in plain words.

use super::choose::GONE;
use super::read::OldPlan;
use super::{DefinitionRow, Wish, ZoneRefresh, main_zone};
use crate::case::Case;
use crate::words::lower_first;

pub(super) fn why(
    plan: &OldPlan,
    case: &Case,
    wish: &Wish,
    zones: &[ZoneRefresh],
    definition: &[DefinitionRow],
) -> String {
    let main = &zones[main_zone(plan)];
    let name = lower_first(&main.name);
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let [low, middle, high] = main.darkness;
    let state = format!(
        "On day {:.0} the dots of the zone \"{name}\" should show {} of the planned darkness (eight of ten clients: {} to {})",
        wish.day,
        percent(middle),
        percent(low),
        percent(high)
    );
    let limit = case.forecast.touch_up_at;
    let set = main.go_over + main.add;
    if set == 0 {
        let elsewhere: Vec<String> =
            zones.iter().filter(|z| z.go_over + z.add > 0).map(|z| lower_first(&z.name)).collect();
        let rest = match elsewhere.is_empty() {
            true => "Nothing needs to be done yet".to_owned(),
            false => format!("Only {} need work", elsewhere.join(", ")),
        };
        return format!("{state}, within reach of the goal of {}. {rest}.", percent(wish.goal));
    }
    let against = match middle < limit {
        true => format!("under the client's limit of {}", percent(limit)),
        false => format!("still above the client's limit of {}: waiting would save work", percent(limit)),
    };
    let all = main.leave + main.go_over;
    let what = match (main.add, main.go_over) {
        (_, over) if middle < GONE => format!(
            "The old dots are as good as gone: {over} of {all} are set again where they were, evenly spread, to reach {}",
            percent(wish.goal)
        ),
        (add, 0) => format!(
            "{add} new dots in the gaps between the old ones are enough to reach {}: each gives all its darkness, where a \
             dot gone over gives only what it has lost",
            percent(wish.goal)
        ),
        (0, over) => format!(
            "The skin has no room for more dots that stay apart, so {over} of {all} dots are gone over to reach {}, evenly \
             spread",
            percent(wish.goal)
        ),
        (add, over) => format!(
            "{add} new dots fill the gaps that there is room for, and {over} of {all} dots are gone over, evenly spread, to \
             reach {}",
            percent(wish.goal)
        ),
    };
    let apart = definition.get(1).map_or(String::new(), |row| {
        let advice = match row.aimed > row.by_stencil + 0.02 {
            true => ": look at the old dots, and do not follow a map dot by dot",
            false => "",
        };
        format!(
            " Afterwards {} of the darkness is carried by single dots if each is set by eye, {} if they are set by a stencil \
             that is off by a millimetre{advice}.",
            percent(row.aimed),
            percent(row.by_stencil)
        )
    });
    format!("{state}, {against}. {what}.{apart}")
}
