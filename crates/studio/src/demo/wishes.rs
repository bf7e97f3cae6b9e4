//! What clients of the demonstration wish for: cases for the engine that vary by look, stage, tone, hair and head.

use std::fmt::Write as _;

use super::chance::Chance;
use crate::ids::ClientId;

/// The case of a made-up client, TOML: the same client always wishes for the same.
pub fn case_of(client: ClientId) -> String {
    let mut chance = Chance::of("wish", client.0);
    let kind = chance.between(0, 9);
    let (title, look, female, loss) = match kind {
        0..=5 => {
            let stage =
                *chance.pick(&["norwood-iii-vertex", "norwood-iv", "norwood-v", "norwood-vi", "norwood-vii"]);
            ("Shaved look", "shaved", false, Some(stage))
        }
        6..=7 => ("Hairline", "hairline", false, Some(*chance.pick(&["norwood-ii", "norwood-iii"]))),
        8 => ("Density between long hair", "density", true, Some(*chance.pick(&["ludwig-i", "ludwig-ii"]))),
        _ => ("Strip scar", "scar", false, None),
    };
    let mut text = String::new();
    let mut line = |line: String| {
        let _ = writeln!(text, "{line}");
    };
    line(format!("title = \"{title}\""));
    line(format!("look = \"{look}\""));
    line(format!("seed = {}", chance.between(0, 9_999)));
    line(format!("light = \"{}\"", *chance.pick(&["d65", "d65", "led"])));
    line(format!("\n[client]\nage_years = {}", chance.between(24, 61)));
    line(format!("anatomy = \"{}\"", if female { "female" } else { "male" }));
    // Inside the middle of what ANSUR II saw, so that length and breadth go together.
    let (length_mm, breadth_mm) = if female {
        (chance.between(183, 191), chance.between(143, 150))
    } else {
        (chance.between(193, 204), chance.between(149, 157))
    };
    line(format!("\n[head.measurements]\nlength_mm = {length_mm}\nbreadth_mm = {breadth_mm}"));
    if let Some(stage) = loss {
        line(format!("\n[loss]\nstage = \"{stage}\""));
    }
    let colour =
        *chance.pick(&["black", "dark-brown", "dark-brown", "brown", "light-brown", "dark-blond", "grey"]);
    line(format!("\n[hair]\ncolour = \"{colour}\"\nunits_per_cm2 = {}", chance.between(64, 87)));
    let length_mm = match look {
        "density" => 240,
        "scar" => 2,
        _ => 0,
    };
    line(format!("shaft_um = {}", chance.between(60, 85)));
    line(if length_mm > 0 { format!("length_mm = {length_mm}") } else { "length_mm = 0.6".to_owned() });
    // Black hair goes with every tone, fair hair with light ones.
    let monk = match colour {
        "black" => chance.between(3, 9),
        "dark-brown" | "brown" | "grey" => chance.between(1, 6),
        _ => chance.between(1, 3),
    };
    line(format!(
        "\n[skin]\nmonk = {monk}\noiliness = \"{}\"",
        *chance.pick(&["dry", "normal", "normal", "oily"])
    ));
    if matches!(look, "shaved" | "hairline") {
        line(format!(
            "\n[hairline]\nstyle = \"{}\"",
            *chance.pick(&["natural", "natural", "soft", "receded", "rounded"])
        ));
    }
    if look == "scar" {
        line(format!(
            "\n[[scars]]\nkind = \"strip\"\nlength_mm = {}\nwidth_mm = {}",
            chance.between(120, 209),
            chance.between(4, 9)
        ));
        line("\n[artist]\ndensity_per_cm2 = 90".to_owned());
    }
    text
}
