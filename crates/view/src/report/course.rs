//! Sessions and cost.

use hairline_plan::Plan;
use hairline_plan::case::Look;
use hairline_plan::plan::SessionPlan;
use hairline_plan::quote::touch_up_price;

use super::design::best_view;
use hairline_plan::words::hours;

use super::{Shelf, day_of, figures, grouped, heading, money, part, table, text};
use crate::pdf::{Block, Tone};

pub(super) fn sessions(plan: &Plan, shelf: &Shelf) -> Vec<Block> {
    let dated = plan.sessions.iter().all(|s| s.when.date.is_some());
    let mut blocks = vec![
        Block::Need(85.0),
        heading("Your sessions"),
        text(format!(
            "The dots come in {} sessions, each all over the area. After every one the skin heals and the artist sees which colour and size your skin made of the dots, before the next session adds to them. That is why the first result is deliberately light.",
            plan.sessions.len()
        )),
    ];
    if !dated {
        blocks.push(text("There is no first day yet, so days are counted: day 0 is the first session."));
    }
    let start = plan.case.sessions.start_time.as_deref().map(|t| format!(", {t}")).unwrap_or_default();
    let rows = plan
        .sessions
        .iter()
        .map(|s| {
            vec![
                format!("**{}**", s.number),
                format!("{}{start}", day_of(s)),
                hours(s.minutes.total()),
                if s.minutes.breaks > 0.0 { hours(s.minutes.breaks) } else { "none".to_string() },
                grouped(s.dots as f64),
                format!("{:.0} %", 100.0 * s.cumulative),
            ]
        })
        .collect();
    blocks.push(table(
        "Sessions with their days, times and dots",
        &[
            ("Session", 0.7, false),
            ("When", 1.6, false),
            ("How long", 1.0, false),
            ("of it breaks", 0.9, false),
            ("Dots", 0.8, true),
            ("Done after it", 0.9, true),
        ],
        rows,
    ));
    blocks.extend(plan.sessions.iter().filter_map(|s| s.when.moved.as_ref()).map(|m| text(format!("{m}."))));
    blocks.push(Block::Callout {
        tone: Tone::Care,
        title: "Before each session".to_string(),
        body: vec![Block::Bullets(
            [
                "Sleep and eat well; no alcohol or drugs from the day before.",
                before_hair(plan.case.look),
                "No sunburn and no skin trouble on the scalp: if there is any, call and move the session.",
                "Say what changed: illnesses, medicines, allergies, pregnancy. Never stop a prescribed medicine for this without your doctor.",
            ]
            .map(str::to_string)
            .to_vec(),
        )],
    });
    let view = best_view(plan);
    let pictures = plan
        .sessions
        .iter()
        .map(|s| {
            shelf.figure(
                view,
                &format!("session-{}-healed", s.number),
                format!("The head after session {}, healed.", s.number),
                format!("After session {}, healed: {:.0} % of the dots", s.number, 100.0 * s.cumulative),
            )
        })
        .collect();
    let shown = figures(plan.sessions.len().clamp(1, 4), 1.0, pictures);
    if !shown.is_empty() {
        blocks.push(part("How it grows"));
        blocks.extend(shown);
    }
    blocks.extend(pigment(plan));
    blocks
}

fn before_hair(look: Look) -> &'static str {
    match look {
        Look::Shaved | Look::Hairline => {
            "Shave or clip the head the evening before, as short as you will wear it."
        }
        Look::Density => "Come with clean, dry hair without sprays or fibres.",
        Look::Scar => "Come with the hair around the scar as short as you will wear it.",
    }
}

/// What goes into the skin, session by session.
fn pigment(plan: &Plan) -> Vec<Block> {
    let mut columns = vec![("Zone".to_string(), 1.5), ("Needle".to_string(), 1.0)];
    columns.extend(plan.sessions.iter().map(|s| (format!("Session {}", s.number), 1.0)));
    let columns: Vec<(&str, f64, bool)> = columns.iter().map(|(t, w)| (t.as_str(), *w, false)).collect();
    let rows = plan
        .zones
        .iter()
        .enumerate()
        .map(|(z, zone)| {
            let pass = |s: &SessionPlan| s.passes.iter().find(|p| p.zone == z).cloned();
            let needle = plan.sessions.iter().find_map(pass).map(|p| p.needle).unwrap_or_default();
            let mut row = vec![format!("**{}**", zone.name), needle];
            row.extend(plan.sessions.iter().map(|s| {
                pass(s).map_or(String::new(), |p| {
                    format!("{} at 1\u{a0}:\u{a0}{:.0}", grouped(p.dots as f64), p.shade)
                })
            }));
            row
        })
        .collect();
    vec![
        Block::Need(70.0),
        part("What is used"),
        text(
            "“1 : 12” is one part pigment to twelve parts sterile fluid: more fluid, lighter dots. Two neighbouring mixtures are used beside each, so that dots vary as hairs do. “3RL” is a needle of three fine points, “1RL” a single one. The artist starts from these numbers and corrects them on your healed skin; every pigment, fluid and needle is written down with its batch number.",
        ),
        table("Dots, pigment mixture and needle for each zone and session", &columns, rows),
    ]
}

pub(super) fn cost(plan: &Plan) -> Vec<Block> {
    let quote = &plan.quote;
    let mut rows: Vec<Vec<String>> = quote
        .lines
        .iter()
        .map(|l| vec![l.what.replace("cm2", "cm²"), l.reason.clone(), money(l.price, &quote.currency)])
        .collect();
    rows.push(vec![
        "**Together**".to_string(),
        String::new(),
        format!("**{}**", money(quote.total, &quote.currency)),
    ]);
    vec![
        Block::Need(70.0),
        heading("What it costs"),
        table(
            "The price and its reasons",
            &[("For", 1.6, false), ("Why this much", 2.4, false), ("Price", 1.0, true)],
            rows,
        ),
        Block::Small(format!(
            "The price is {}. A touch-up after some years costs {} today.",
            quote.note,
            money(touch_up_price(&plan.case, plan.treated_area_cm2), &quote.currency)
        )),
    ]
}
