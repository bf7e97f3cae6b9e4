//! Cover, what SMP is, what is planned.

use hairline_plan::Plan;
use hairline_plan::care;
use hairline_plan::case::Look;
use hairline_plan::design::ZoneKind;

use super::{Shelf, day_of, figures, grouped, heading, money, part, table, text, title};
use crate::pdf::{Block, Tone};

/// Warnings for who measures the head and prints the plan, not for the client: they stand with the sources.
pub(super) const FOR_THE_ARTIST: [&str; 4] =
    ["scan", "landmarks-unsure", "measurements-contradict", "unprintable"];

/// The view that shows the plan best on one picture.
pub(super) fn best_view(plan: &Plan) -> &'static str {
    match plan.case.look {
        Look::Shaved | Look::Hairline => "front",
        Look::Density => "top",
        Look::Scar => "back",
    }
}

/// The view that shows it second best.
pub(super) fn second_view(plan: &Plan) -> &'static str {
    match plan.case.look {
        Look::Shaved | Look::Hairline | Look::Scar => "top",
        Look::Density => "front",
    }
}

pub(super) fn from(view: &str) -> &'static str {
    match view {
        "front" => "from the front",
        "top" => "from above",
        "back" => "from behind",
        "left" => "from the left",
        _ => "from the right",
    }
}

pub(super) fn cover(plan: &Plan, shelf: &Shelf) -> Vec<Block> {
    let sessions = plan.sessions.len();
    let studio = &plan.case.studio;
    let [first, last] =
        [plan.sessions.first(), plan.sessions.last()].map(|s| s.map(day_of).unwrap_or_default());
    let mut subtitle = vec![plan.title.clone()];
    if !studio.name.is_empty() {
        subtitle.push(studio.name.clone());
    }
    let mut blocks = vec![Block::Title {
        title: title(plan),
        subtitle: format!("A plan for scalp micropigmentation  ·  {}", subtitle.join("  ·  ")),
    }];
    let view = best_view(plan);
    let picture = shelf.figure(
        view,
        &format!("session-{sessions}-healed"),
        format!("The head {} after the last session, healed.", from(view)),
        "How it is meant to look when the last session has healed. Computed from this plan; not a photograph.".to_string(),
    );
    blocks.extend(figures(1, 0.92, vec![picture]));
    let mut facts = vec![
        ("Sessions".to_string(), sessions.to_string()),
        ("First session".to_string(), first),
        ("Last session".to_string(), last),
        ("Dots".to_string(), format!("{} on {:.0} cm²", grouped(plan.dots as f64), plan.treated_area_cm2)),
        ("Price".to_string(), money(plan.quote.total, &plan.quote.currency)),
    ];
    match &plan.hairline {
        Some(line) => {
            facts.push(("Hairline above the brow point".to_string(), format!("{:.0} mm", line.height_mm)))
        }
        None => facts.push((
            "Touch-up after about".to_string(),
            format!("{:.0} years", plan.forecast.touch_up_years[1]),
        )),
    }
    blocks.push(Block::Facts(facts));
    blocks
}

pub(super) fn what_it_is(plan: &Plan) -> Vec<Block> {
    let terms =
        care::what_it_is(&plan.case).map(|(what, words)| (what.to_string(), words.to_string())).to_vec();
    vec![
        Block::NewPage,
        heading("What it is, and what it is not"),
        text(
            "Scalp micropigmentation, SMP for short, prints the shadow of hair into the skin. Done well few people ever notice it, and nobody has to be told.",
        ),
        Block::Terms(terms),
        text(care::upkeep(&plan.case)),
    ]
}

pub(super) fn your_plan(plan: &Plan, shelf: &Shelf) -> Vec<Block> {
    let mut blocks = vec![heading("Your plan"), text(look_in_words(plan))];
    if let Some(line) = &plan.hairline {
        blocks.push(text(format!(
            "**Your hairline** is {} and stands {:.0} mm above the brow point (the most forward point between the brows, measured along the skin); {}. Its edge is soft: the dots thin out over about {:.0} mm, with the small irregularities that grown hair has.",
            line.style.replace('-', " "),
            line.height_mm,
            line.height_reason,
            line.feather_mm
        )));
    }
    let rows = plan
        .zones
        .iter()
        .map(|z| {
            vec![
                format!("**{}**", z.name),
                in_words(z.kind).to_string(),
                format!("{:.0}", z.area_cm2),
                grouped(z.dots as f64),
                format!("{:.0}", z.density_per_cm2),
            ]
        })
        .collect();
    blocks.push(table(
        "The zones of the scalp with their areas and dots",
        &[
            ("Zone", 1.3, false),
            ("What happens there", 2.2, false),
            ("cm²", 0.6, true),
            ("Dots", 0.8, true),
            ("Dots per cm²", 0.8, true),
        ],
        rows,
    ));
    let last = format!("session-{}-healed", plan.sessions.len());
    let pair = |view: &'static str| {
        [("before", "Before"), (last.as_str(), "After the last session, healed")].map(|(moment, words)| {
            let alt = format!("The head {}, {}.", from(view), words.to_lowercase());
            shelf.figure(view, moment, alt, format!("{words}, {}", from(view)))
        })
    };
    let pictures: Vec<_> = [best_view(plan), second_view(plan)].into_iter().flat_map(pair).collect();
    let shown = figures(2, 0.86, pictures);
    if !shown.is_empty() {
        blocks.push(part("Before and after"));
        blocks.extend(shown);
    }
    let near = close_ups(plan).map(|(moment, words)| {
        let alt = format!("The treated skin close up, {}.", words.to_lowercase());
        shelf.figure("closeup", &moment, alt, format!("{words}, close up"))
    });
    let shown = figures(2, 0.86, near.to_vec());
    if !shown.is_empty() {
        blocks.push(part("Close up"));
        blocks.extend(shown);
    }
    let points: Vec<String> = plan
        .warnings
        .iter()
        .filter(|w| !FOR_THE_ARTIST.contains(&w.code.as_str()) && w.code != "moved")
        .map(|w| sentence(&w.text).replace("cm2", "cm²"))
        .collect();
    if !points.is_empty() {
        blocks.push(Block::Callout {
            tone: Tone::Warning,
            title: "Please talk about these points before you agree".to_string(),
            body: vec![Block::Bullets(points)],
        });
    }
    blocks
}

/// The moments that are shown close up, with words.
pub(super) fn close_ups(plan: &Plan) -> [(String, &'static str); 2] {
    [
        ("before".to_string(), "Before"),
        (format!("session-{}-healed", plan.sessions.len()), "After the last session, healed"),
    ]
}

fn look_in_words(plan: &Plan) -> String {
    let size = format!(
        "{} dots on {:.0} cm² of scalp, in {} sessions",
        grouped(plan.dots as f64),
        plan.treated_area_cm2,
        plan.sessions.len()
    );
    match plan.case.look {
        Look::Shaved => format!(
            "**The shaved look**: the bald skin gets dots like closely shaved hair, which run out softly into your own stubble. {size}. It looks right with hair kept very short."
        ),
        Look::Density => format!(
            "**Fuller-looking hair**: dots between your own hairs take away the pale skin that shines through. No hairline is drawn, and nothing is shaved. {size}."
        ),
        Look::Hairline => format!(
            "**A new hairline**: dots rebuild the front and the corners above the temples and blend into the hair behind. {size}."
        ),
        Look::Scar => format!(
            "**A blended scar**: dots take away the pale line or spots, so that hair around it closes over. Scars take pigment unpredictably; test dots come first. {size}."
        ),
    }
}

fn in_words(kind: ZoneKind) -> &'static str {
    match kind {
        ZoneKind::Hairline => "Single fine dots, sparse at the very front",
        ZoneKind::Body => "The full look of shaved hair",
        ZoneKind::Blend => "Fades out into your own hair",
        ZoneKind::Part => "Between your own hairs",
        ZoneKind::Scar => "In scarred skin, after test dots",
    }
}

/// With a full stop.
pub(super) fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_string() } else { format!("{text}.") }
}
