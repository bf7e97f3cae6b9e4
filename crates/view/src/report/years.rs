//! Fading, later hair loss, other ways.

use hairline_plan::Plan;
use hairline_plan::forecast::YEARS;

use super::design::{best_view, from, second_view};
use super::{Shelf, drawn, figures, grouped, heading, money, part, table, text};
use crate::forecast::fade_chart;
use crate::pdf::{Block, PdfError, Tone};

/// The better of the two views that have pictures of later years.
pub(super) fn view(plan: &Plan) -> &'static str {
    if best_view(plan) == "front" { "front" } else { "top" }
}

pub(super) fn fading(plan: &Plan, shelf: &Shelf) -> Result<Vec<Block>, PdfError> {
    let [early, middle, late] = plan.forecast.touch_up_years;
    let mut blocks = vec![
        Block::Need(150.0),
        heading("What fades, and when to refresh"),
        text(format!(
            "In the first month about a third of the fresh colour goes; the plan counts on that. After that the dots fade slowly. How fast differs from person to person, so there is a band and not one number: expect to want a **touch-up after about {middle:.0} years** (between {early:.0} and {late:.0} in eight of ten people). Sun without cover, oily skin and scars make it sooner; sun cream makes it later. Hair that turns grey around darker dots is another reason for a new colour.",
        )),
        drawn(
            fade_chart(plan),
            "How dark the dots are against what was planned for day 28, without a touch-up. The band holds eight of ten clients; where the middle meets the line, a touch-up is due.",
        )?,
    ];
    let view = view(plan);
    let pictures = YEARS
        .iter()
        .zip(&plan.forecast.years)
        .map(|(years, forecast)| {
            let words =
                if *years == 1.0 { "After 1 year".to_string() } else { format!("After {years:.0} years") };
            let [low, _, high] = forecast.remaining;
            shelf.figure(
                view,
                &format!("year-{years}"),
                format!("The head {} without a touch-up.", words.to_lowercase()),
                format!("{words}: {:.0} to {:.0} % of the healed colour left", 100.0 * low, 100.0 * high),
            )
        })
        .collect();
    let shown = figures(4, 1.0, pictures);
    if !shown.is_empty() {
        blocks.push(part("Without any touch-up"));
        blocks.extend(shown);
    }
    let strip = shelf.figure(
        "fade",
        "strip",
        "One square centimetre of scalp, healed and after one, three, five and eight years, fading slowly, as most likely, and fast.".to_string(),
        "The same square centimetre through a lens: of ten people eight lie between the upper and the lower row".to_string(),
    );
    blocks.extend(figures(1, 1.0, vec![strip]));
    blocks.extend(what_it_rests_on(plan));
    Ok(blocks)
}

/// What acts on this client's dots, and what the band is made of.
fn what_it_rests_on(plan: &Plan) -> Vec<Block> {
    let forecast = &plan.forecast;
    let mut blocks = vec![Block::Need(60.0), part("What the forecast rests on")];
    let mut influences: Vec<&str> = vec![];
    for influence in forecast.zones.iter().flat_map(|zone| &zone.influences) {
        let plain = influence.split(" (smp.md").next().unwrap_or(influence);
        if !influences.contains(&plain) {
            influences.push(plain);
        }
    }
    if !influences.is_empty() {
        blocks.push(text(format!("In your case this counts: {}.", influences.join("; "))));
    }
    blocks.push(Block::Bullets(forecast.rests_on.iter().map(|ground| ground.plain.clone()).collect()));
    blocks.push(text(match forecast.follow_ups {
        0 => "None of it has been measured on you yet. A photograph with a colour card on day 28 and one later make the band narrower: ask for both.",
        _ => "What was measured on you is counted in: that has made the band narrower.",
    }));
    blocks
}

/// Years on that have pictures, where the plan looks that far ahead.
pub(super) const LATER: [u32; 2] = [10, 20];

pub(super) fn ten_years_on(plan: &Plan, shelf: &Shelf) -> Vec<Block> {
    if plan.later.is_empty() {
        return vec![];
    }
    let mut blocks = vec![
        Block::Need(70.0),
        heading("Ten and twenty years on"),
        text(format!(
            "Hair loss usually goes on. This is what your plan would meet if you moved one stage further about every {:.0} years; nobody can know your pace.",
            plan.case.loss.years_per_stage
        )),
    ];
    let rows = plan
        .later
        .iter()
        .map(|l| {
            vec![
                format!("**In {:.0} years**", l.years),
                l.stage.clone(),
                format!("{}.", l.meaning.replace("cm2", "cm²")),
            ]
        })
        .collect();
    blocks.push(table(
        "The plan on later hair loss",
        &[("When", 0.8, false), ("Stage then", 1.1, false), ("What it means", 3.0, false)],
        rows,
    ));
    let pictures = LATER
        .iter()
        .flat_map(|years| [best_view(plan), second_view(plan)].map(|view| (years, view)))
        .map(|(years, view)| {
            let words = format!("In {years} years, with this plan refreshed and nothing added");
            let alt = format!("The head {} in {years} years.", from(view));
            shelf.figure(view, &format!("later-{years}"), alt, format!("{words}, {}", from(view)))
        })
        .collect();
    blocks.extend(figures(4, 1.0, pictures));
    if plan.later.iter().any(|l| l.stands_alone) {
        blocks.push(Block::Callout {
            tone: Tone::Warning,
            title: "Think of this now".to_string(),
            body: vec![text("A line in front of skin that goes bald behind it looks drawn. Either plan for further treatment as the hair goes, or choose a higher, softer line now.")],
        });
    }
    blocks
}

pub(super) fn other_ways(plan: &Plan) -> Vec<Block> {
    let currency = &plan.quote.currency;
    let rows = plan
        .alternatives
        .iter()
        .map(|a| {
            vec![
                format!("**{}**", a.name),
                money(a.money, currency),
                format!("{} h", grouped((a.minutes / 60.0).round())),
                format!("{}.", a.how.replace("cm2", "cm²")),
            ]
        })
        .collect();
    vec![
        Block::Need(95.0),
        heading("Other ways, over ten years"),
        text(about_the_ways(plan)),
        table(
            "Cost and upkeep of the alternatives over ten years",
            &[
                ("Way", 1.2, false),
                ("Money in ten years", 1.0, true),
                ("Upkeep", 0.7, true),
                ("How it is reckoned", 2.6, false),
            ],
            rows,
        ),
        Block::Small(format!(
            "Prices are examples to be replaced by local ones, and none is an offer by anybody; upkeep counts minutes at home every week, not visits.{}",
            left_out(plan)
        )),
    ]
}

/// What the ways are, in a few sentences, for the ways that are compared.
fn about_the_ways(plan: &Plan) -> String {
    let has = |word: &str| plan.alternatives.iter().any(|a| a.name.to_lowercase().contains(word));
    let mut out = vec!["Each way is right for somebody."];
    if has("into the scar") {
        out.push("Hair can be set into a scar, or a surgeon can cut it narrower.");
    } else if has("transplant") {
        out.push("A transplant grows real hair, once, as far as the donor hair goes.");
    }
    if has("fibres") {
        out.push("Fibres and sprays hide thin places until the next wash.");
    }
    if has("hair system") || has("topper") {
        out.push("A hair system covers at once and needs care every week.");
    }
    if has("medication") {
        out.push("Medicines can slow the loss while they are taken; a doctor prescribes them.");
    }
    out.push("Doing nothing is a good answer too.");
    out.join(" ")
}

/// The ways that are not compared, with reasons, each a sentence.
fn left_out(plan: &Plan) -> String {
    plan.alternatives_left_out.iter().map(|l| format!(" {} is left out: {}.", l.name, l.reason)).collect()
}

/// Where the numbers of the comparison come from: each source once with the settings behind it.
pub(super) fn price_sources(plan: &Plan) -> String {
    let mut by_source: Vec<(&str, Vec<String>)> = vec![];
    for input in plan.alternatives.iter().flat_map(|a| &a.inputs) {
        let key = input.setting.rsplit('.').next().unwrap_or(input.setting).replace('_', " ");
        let words = format!("{key} {}", input.value);
        match by_source.iter_mut().find(|(source, _)| *source == input.source) {
            Some((_, settings)) if settings.contains(&words) => {}
            Some((_, settings)) => settings.push(words),
            None => by_source.push((&input.source, vec![words])),
        }
    }
    let parts: Vec<String> =
        by_source.iter().map(|(source, settings)| format!("{} ({source})", settings.join(", "))).collect();
    format!(
        "The ten-year comparison is made of settings of the case, each an example that the studio can replace: {}.",
        parts.join("; ")
    )
}
