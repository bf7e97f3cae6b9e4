//! The match in words: why, what is assumed, and warnings with the numbers behind them.

use super::{Evidence, Match, ZoneMatch};
use crate::case::{Case, PigmentKind};
use crate::design::ZoneKind;
use crate::warnings::Warning;

/// Why this shade, in one plain sentence.
pub(super) fn why(case: &Case, found: &Match, main: ZoneKind) -> String {
    let Some(zone) = found.zones.iter().find(|z| z.kind == main) else { return String::new() };
    let c = &zone.choice;
    let target = match &found.target.hair {
        Some(hair) => format!(
            "your own stubble ({:.0} hairs/cm2 of {:.2} mm, {:.1} mm long)",
            hair.hairs_per_cm2, hair.shaft_mm, hair.length_mm
        ),
        None => "the colour you chose".to_owned(),
    };
    let next = match zone.runners_up.first() {
        Some(next) if !next.too_dark && next.score < c.score => format!(
            "; shade {:.0} scores a little better ({:.1} against {:.1}; 0 is {}), but nobody tells them apart, and of such the \
             lightest is taken, as pigment can be added but not taken away",
            next.shade,
            next.score,
            c.score,
            if found.target.hair.is_some() { "the stubble itself" } else { "that colour" }
        ),
        Some(next) if !next.too_dark => {
            format!(
                "; the next best, shade {:.0}, scores {:.1} against {:.1}",
                next.shade, next.score, c.score
            )
        }
        _ => String::new(),
    };
    let own = if zone.shade_of_case {
        format!("; the case itself asks for shade {:.0}, which is used", zone.shade)
    } else {
        String::new()
    };
    format!(
        "Shade {:.0} (1 ml of pigment in {:.0} ml of diluent): healed dots of {:.2} mm at {:.0}/cm2 with it look like {target}, \
         seen from 0.3, 1 and 3 m over the years until the touch-up; on day 28 they are {}{next}{own}",
        c.shade,
        c.shade,
        c.diameter_mm,
        c.density_per_cm2,
        lighter_or_darker(c.darker_l, case.matching.darker_limit_l)
    )
}

fn lighter_or_darker(darker_l: f64, limit_l: f64) -> String {
    match darker_l {
        d if d > limit_l => format!("{d:.1} L* darker, more than the {limit_l:.1} allowed"),
        d if d > 0.25 => format!("{d:.1} L* darker ({limit_l:.1} are allowed, as they fade)"),
        d if d < -0.25 => format!("{:.1} L* lighter", -d),
        _ => "as dark as that".to_owned(),
    }
}

/// What the match assumes.
pub(super) fn assumptions(case: &Case) -> Vec<String> {
    let mut out: Vec<String> = [
        "Strength of the bottle (pigment_mg_per_ml), share of the mix that healed dots keep (uptake_fraction) and the size of healed carbon grains are assumptions until a healed test dot is measured: they move all shades together",
        "One CIEDE2000 of mean colour counts as much as one just noticeable difference of texture; the three distances and the years until the touch-up count alike",
        "Stubble leans 45 degrees, light comes evenly from within 60 degrees of upright; a shaft is opaque and keeps the light it does not reflect from the skin around it; the buried root absorbs as its colour says (Chiang et al. 2016)",
        "Scores within 0.5 of the best look alike, and the lightest of them is taken",
        "A healed result darker than the target by more than the limit is not chosen, whatever its score; no choice covers more than 15 % of the skin or has dots wider than 0.40 of their spacing",
        "Around the hairline, hair goes over from single hairs to the units of the body, and no shade is stronger than the body's; a scar is matched to stubble as it would look on the scar, and gets one step lighter",
        "The needle follows the zone by practice; it is not searched for",
        "The first pass is two steps lighter than the healed result is to be, the second one (practice, smp 3.2 and 9)",
    ]
    .map(str::to_owned)
    .to_vec();
    if case.matching.hair_lab_sce.is_none() && case.matching.patch_lab_sce.is_none() {
        out.push("The colour of the hair is the usual one of its name, not measured".to_owned());
    }
    if case.matching.grey_share_per_year > 0.0 {
        out.push(
            "Grey hairs are white shafts among the others; a difference of 3 CIEDE2000 counts as not fitting"
                .to_owned(),
        );
    }
    out
}

/// A shift of b* that is worth a warning (assumption: half a just noticeable difference of a large field).
const BLUE_B: f64 = 0.5;
/// The same for the red residue.
const RED_A: f64 = 0.5;
/// Dots this much lighter than their target are no match, L*.
const TOO_LIGHT_L: f64 = 1.5;
/// Hair with more chroma than this has a colour of its own, L*a*b*.
const COLOURED: f64 = 20.0;
/// Stubble that darkens the skin by less is nothing that pigment could stand for, L*.
const HARDLY_DARKER_L: f64 = 1.0;
/// Dots this much more visible than hairs read as dots.
const COARSER: f64 = 1.5;

/// What to be warned of, each with its evidence.
pub fn warnings(case: &Case, found: &Match) -> Vec<Warning> {
    let mut out = Vec::new();
    let mut say = |code: &str, text: String, source: &str| out.push(Warning::new(code, text, source));
    let Evidence { blue_shift_b, red_residue_a, left_over_e00, hair_chroma } = found.evidence;
    if case.artist.depth_mm > 1.0 || blue_shift_b > BLUE_B {
        say(
            "too-deep",
            format!(
                "A needle {:.2} mm deep: at the same darkness the zone's b* is {blue_shift_b:.1} lower than at the usual 0.45 mm, \
                 a blue shift, and the dots are blurrier",
                case.artist.depth_mm
            ),
            "optics of this case; smp.md 1.3, alert above 1.0 mm",
        );
    }
    if case.forecast.pigment == PigmentKind::IronOxide && red_residue_a > RED_A {
        say(
            "red-residue",
            format!(
                "Black iron oxide fades before the red in it: at the touch-up the zone's a* is {red_residue_a:.1} higher than carbon \
                 black as dark would leave it, a red tinge"
            ),
            "optics of this case; smp.md 3.1 and 3.3",
        );
    }
    let main: Option<&ZoneMatch> = found.zones.first();
    if let (Some(zone), Some(hair)) = (main, found.target.visible) {
        let dots = zone.choice.visible;
        if dots[1] > 1.0 && dots[1] > COARSER * hair[1] {
            say(
                "dots-large",
                format!(
                    "Dots of {:.2} mm are seen singly from 1 m at {:.1} times the threshold, the client's own hairs at {:.1}: \
                     smaller or more dots would look more like hair",
                    zone.choice.diameter_mm, dots[1], hair[1]
                ),
                "optics of this case; smp.md 1.1",
            );
        }
    }
    if case.artist.dot_diameter_mm > 0.5 && !out.iter().any(|w| w.code == "dots-large") {
        out.push(Warning::new(
            "dots-large",
            format!(
                "Dots of {:.2} mm are larger than follicles look; 0.1-0.5 mm is usual",
                case.artist.dot_diameter_mm
            ),
            "smp.md 1.1",
        ));
    }
    let darker_l = main.map_or(0.0, |z| z.choice.darker_l);
    if darker_l < -TOO_LIGHT_L {
        let more = match &found.better_means {
            Some(m) => format!(
                "; dots of {:.2} mm at {:.0}/cm2 and shade {:.0} would come within {:.1}",
                m.diameter_mm,
                m.density_per_cm2,
                m.shade,
                m.darker_l.abs()
            ),
            None => String::new(),
        };
        out.push(Warning::new(
            "match-too-light",
            format!("Dots of this size and density stay {:.1} L* lighter than the target on day 28, whatever the dilution{more}", -darker_l),
            "optics of this case",
        ));
    }
    let drop = found.target.lightness_drop;
    let faint = drop < HARDLY_DARKER_L;
    if faint || hair_chroma > COLOURED {
        let mut text = String::from("Black pigment cannot take on this colour");
        if faint {
            text += &format!(
                ": the target is {drop:.1} L* darker than the bare skin, and the lightest dilution is {:.1}",
                drop + darker_l
            );
        } else {
            text += &format!(
                ": the hair has a chroma of {hair_chroma:.0}, pigment under the skin gives its shadow alone; the mean colours differ by \
                 {left_over_e00:.1} CIEDE2000"
            );
        }
        text +=
            ". Possible: the lightest dilutions as a soft shadow between hair, or toned pigment after a test";
        out.push(Warning::new("hair-colour", text, "optics of this case; smp.md 3.1 and 3.2"));
    }
    if let Some(grey) = &found.greying
        && let Some(years) = grey.fits_until_years
    {
        out.push(Warning::new(
            "hair-greys",
            format!(
                "At {:.0} % more grey hairs a year the healed colour no longer fits after {years:.1} years, when {:.0} % are grey: \
                 go over it lighter then, or let it fade",
                100.0 * case.matching.grey_share_per_year,
                100.0 * grey.grey_share_then
            ),
            "optics of this case; the rate is the case's",
        ));
    }
    out
}
