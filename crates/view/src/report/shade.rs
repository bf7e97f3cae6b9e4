//! Why this colour.

use hairline_plan::Plan;
use hairline_plan::case::Look;

use super::{heading, table, text};
use crate::chart::{Patch, Swatch, Swatches, lay_out_swatches};
use crate::pdf::{Block, Fonts};
use crate::shade::ink;

pub(super) fn colour(plan: &Plan) -> Vec<Block> {
    let found = &plan.matched;
    let Some(zone) = found.zones.first() else { return vec![] };
    let choice = &zone.choice;
    let what = match &found.target.hair {
        Some(hair) if plan.case.look == Look::Density => format!(
            "your own hair where it leaves the skin ({:.0} hairs on a square centimetre, {:.2} mm thick)",
            hair.hairs_per_cm2, hair.shaft_mm
        ),
        Some(hair) => format!(
            "your own stubble ({:.0} hairs on a square centimetre, {:.2} mm thick, {:.1} mm long)",
            hair.hairs_per_cm2, hair.shaft_mm, hair.length_mm
        ),
        None => "the colour you chose".to_string(),
    };
    let own = if zone.shade_of_case {
        format!(
            " Your artist has chosen shade {} from experience; the numbers below are those of the computed match.",
            zone.shade
        )
    } else {
        String::new()
    };
    let healed = match choice.darker_l {
        d if d > 0.5 => {
            format!(
                "a little darker than that when it has healed ({d:.1} of 100 steps of lightness), because it will fade"
            )
        }
        d if d < -0.5 => {
            format!("a little lighter than that when it has healed ({:.1} of 100 steps of lightness)", -d)
        }
        _ => "as dark as that when it has healed".to_string(),
    };
    let mut blocks = vec![
        Block::Need(90.0),
        heading("Why this colour"),
        text(format!(
            "Black pigment is thinned until the healed dots look like {what}. The program draws both on a skin of your tone and compares \
             them as an eye does, in a mirror, in a talk and across a room, over the years until a touch-up. **Shade {}** came out: one \
             part of pigment in {} parts of sterile diluent. It is {healed}. The first pass is thinner still: colour can be added later, \
             but not taken away.{own}",
            zone.shade, zone.shade
        )),
    ];
    let patch = |lab, label: &str| Patch { swatch: Swatch::Plain(ink(lab)), label: label.to_string() };
    let swatches = Swatches {
        title: "Your colours, as seen from across a room".to_string(),
        description: "Three colours: bare skin, what is to be matched, and the healed treatment.".to_string(),
        across: String::new(),
        columns: vec![String::new(); 3],
        down: String::new(),
        rows: vec![String::new()],
        patches: vec![vec![
            patch(found.skin_lab_sce, "bare skin"),
            patch(found.target.lab_sce, "to be matched"),
            patch(choice.lab_sce, "healed dots"),
        ]],
    };
    // What does not fit a page is left out: the words say the same.
    if let Ok(drawing) = lay_out_swatches(&swatches, 90.0, 60.0, &Fonts::new()) {
        let caption = "Mean colours, computed; a screen and a printer change them.".to_string();
        blocks.push(drawing.into_block(caption));
    }
    let row = |c: &hairline_plan::matching::Choice| {
        vec![
            format!("**{}**", c.shade),
            format!("{:+.1}", -c.darker_l),
            format!("{:.1}", c.delta_e00[1]),
            format!("{:.1}", c.texture_jnd.iter().sum::<f64>() / 3.0),
            format!("{:.1}", c.score),
        ]
    };
    blocks.push(table(
        "The shades that match best",
        &[
            ("Shade", 0.7, false),
            ("Lighter (+) or darker (-) than your target, healed", 1.6, true),
            ("Colour off, half-way to the touch-up", 1.4, true),
            ("Texture off", 0.9, true),
            ("Together", 0.8, true),
        ],
        std::iter::once(choice).chain(zone.runners_up.iter().take(3)).map(row).collect(),
    ));
    let better = zone.runners_up.first().is_some_and(|next| !next.too_dark && next.score < choice.score);
    let why_not_best = if better {
        " The first row is not the one with the smallest sum: rows this close look alike, and of such the lightest is taken."
    } else {
        ""
    };
    blocks.push(Block::Small(format!(
        "Each number is in steps that an eye can just tell apart side by side; smaller is better.{why_not_best}"
    )));
    let named = if plan.case.matching.hair_lab_sce.is_some() || found.target.hair.is_none() {
        ""
    } else {
        ", the colour of your hair (the usual one of its name)"
    };
    blocks.push(Block::Small(format!(
        "Assumed, not measured on you: how strong the bottle is and how much of it your skin keeps (a healed test dot would tell, and \
         would move all shades together){named}, how your stubble leans, and light from above. Every assumption is listed in plan.json \
         under match.assumptions."
    )));
    blocks
}
