//! Which shade, and within the artist's means which diameter, density and depth, makes the healed result look like the
//! client's own stubble?
//!
//! The target ([`stubble`]) and every choice ([`dots`]) are drawn by the same optics on the same small patch of the client's
//! skin ([`patch`]) and compared ([`search`]): CIEDE2000 between the mean colours, and just noticeable differences between the
//! textures from 0.3, 1 and 3 m, averaged over the years until the touch-up. [`words`] says why, and warns.
//!
//! Nothing here depends on the seed of a case or on its head, so the same client gets the same shade.

mod dots;
mod patch;
mod pattern;
mod search;
mod shown;
mod skin;
mod stubble;
mod words;

use hairline_optics::colour::{Lab, Xyz};
use hairline_optics::difference::ciede2000;
use hairline_optics::error::Error;
use hairline_optics::eye::ContrastSpectrum;
use serde::Serialize;

use crate::case::{Case, HairColour, Look, PigmentKind, ZoneShades};
use crate::design::{ZoneKind, default_body_per_cm2, definition_cap_per_cm2};
use crate::pigment::{
    Ink, LADDER, depth_factor, diameter_factor, hair_lab_sce, healed_step, nearest_step, needle, shade_step,
};
use dots::{Fading, Means};
use search::{Aim, AimLook, Ground};
pub use search::{Choice, DISTANCES_M};
pub use shown::{Card, Shown, Spectra, card, shown, spectra};
use skin::ClientSkin;
use stubble::{Hair, Shaft};
pub use words::warnings;

/// `match` in `plan.json`: what was matched, what was chosen, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Match {
    /// One plain sentence.
    pub why: String,
    /// What was matched.
    pub target: Target,
    /// Mean colour of the bare skin as the optics have it, specular excluded.
    pub skin_lab_sce: Lab,
    /// Each kind of zone of the look.
    pub zones: Vec<ZoneMatch>,
    /// Other means that would match the body better than the artist's, where they do so clearly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub better_means: Option<Choice>,
    /// Hair that greys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greying: Option<Greying>,
    /// Numbers behind the warnings.
    pub evidence: Evidence,
    /// What of all this is assumed.
    pub assumptions: Vec<String>,
}

/// What was matched.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// `stubble` or `patch-colour`.
    pub kind: &'static str,
    /// Mean colour of the patch to be matched, specular excluded.
    pub lab_sce: Lab,
    /// How much darker than the bare skin it is, L*.
    pub lightness_drop: f64,
    /// How visible its single hairs are from 0.3, 1 and 3 m, in multiples of the threshold; none for a patch colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible: Option<[f64; 3]>,
    /// The hair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hair: Option<TargetHair>,
}

/// The hair of the target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TargetHair {
    /// Colour of the shaft, specular excluded.
    pub lab_sce: Lab,
    /// Hairs per cm2.
    pub hairs_per_cm2: f64,
    /// Diameter, mm.
    pub shaft_mm: f64,
    /// Length above the skin, mm.
    pub length_mm: f64,
    /// Share of grey hairs.
    pub grey_share: f64,
}

/// The match of one kind of zone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ZoneMatch {
    /// Kind.
    pub kind: ZoneKind,
    /// Dilution of the healed result that the plan uses.
    pub shade: f64,
    /// Whether the case itself names it; the match's own is the choice's.
    pub shade_of_case: bool,
    /// Dilutions of the passes of three sessions, first to last.
    pub shade_by_pass: [f64; 3],
    /// Needle, by the table of practice.
    pub needle: &'static str,
    /// Depth of the needle, mm.
    pub needle_depth_mm: f64,
    /// What matches best.
    pub choice: Choice,
    /// What comes next, best first.
    pub runners_up: Vec<Choice>,
}

/// Hair that greys under a treatment that is kept up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Greying {
    /// Years until the healed treatment and the greyed stubble are further apart than `limit_e00`; none within 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fits_until_years: Option<f64>,
    /// Share of grey hairs then, or after 20 years.
    pub grey_share_then: f64,
    /// CIEDE2000 between mean colours that counts as not fitting (an assumption).
    pub limit_e00: f64,
}

/// Numbers behind the warnings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// How much lower b* of the body is than with dots at the default depth that darken as much: the blue shift.
    pub blue_shift_b: f64,
    /// How much higher a* is at the touch-up than carbon black as dark would be: the red residue.
    pub red_residue_a: f64,
    /// CIEDE2000 between the choice on day 28 and the target, mean colours.
    pub left_over_e00: f64,
    /// Chroma of the hair itself: what black pigment cannot give.
    pub hair_chroma: f64,
}

/// Nobody plans further with hair that greys, years.
const GREY_YEARS: f64 = 20.0;
/// CIEDE2000 between mean colours beside each other that everybody sees (assumption).
const GREY_LIMIT_E00: f64 = 3.0;
/// Points of a patch: enough for the densest dots and units.
const POINTS: usize = 860;
/// Density of the hairline's zone, of dots and hair alike, as a share of the body's (60-80 of 100, `smp.md` 1.5).
const HAIRLINE_SHARE: f64 = 0.7;
/// Density of dots in scars as a share of the body's (50-90 against 90-120, `smp.md` 1.5).
const SCAR_SHARE: f64 = 0.75;
/// Dilutions that are drawn for a zone, of those nearest in mean colour.
const LOOKED_AT: usize = 6;
/// Means beyond the artist's that are drawn.
const ADVISED: usize = 3;
/// Other means are worth a word if they bring the score down to this share.
const CLEARLY: f64 = 0.8;

/// The match of a case.
///
/// # Errors
/// A tone that no skin has (a case that was read has none).
pub fn match_case(case: &Case) -> Result<Match, Error> {
    Ok(resolve(case)?.1)
}

/// The case with what the match chose filled in, and the match: shades of each zone that the case leaves open, and diameter,
/// density and depth where the case gives a range for them.
///
/// # Errors
/// As [`match_case`].
pub fn resolve(case: &Case) -> Result<(Case, Match), Error> {
    let normal = ClientSkin::of(case)?;
    let scar = kinds(case).contains(&ZoneKind::Scar).then(|| ClientSkin::scar_of(case)).transpose()?;
    let main = kinds(case)[0];
    let skin_of = |kind| scar.as_ref().filter(|_| kind == ZoneKind::Scar).unwrap_or(&normal);
    let points = pattern::points(POINTS);
    let ground = |kind| Ground {
        skin: skin_of(kind),
        fading: Fading::of(case, kind),
        spread: dots::spread(case),
        points: &points,
    };
    let mut filled = case.clone();

    // The main zone decides the means; the other zones follow it by their factors.
    let skin = skin_of(main);
    let body = ground(main);
    let stubble = Stubble::of(case, skin);
    let aim = stubble.aim(case, &body, &stubble.hair)?;
    let ways = within_means(case);
    let free = ways.len() > LADDER.len();
    let choices = search::best(&body, &aim, &ways, if free { 2 * LOOKED_AT } else { LOOKED_AT })?;
    let chosen = choices[0].clone();
    if case.matching.diameter_mm.is_some() {
        filled.artist.dot_diameter_mm = chosen.diameter_mm;
    }
    if case.matching.density_per_cm2.is_some() {
        filled.artist.density_per_cm2 = Some(chosen.density_per_cm2);
    }
    if case.matching.depth_mm.is_some() {
        filled.artist.depth_mm = chosen.depth_mm / filled.artist.deposit_depth_share;
    }
    let advice = if free { vec![] } else { search::best(&body, &aim, &beyond_means(case), ADVISED)? };
    let better_means = advice.into_iter().find(|c| !c.too_dark && c.score < CLEARLY * chosen.score);

    let mut zones: Vec<ZoneMatch> = Vec::new();
    for kind in kinds(case) {
        let mut ranked = match kind {
            ZoneKind::Hairline => {
                let aim = stubble.aim(case, &ground(kind), &at_the_line(&stubble.hair))?;
                let mut ways = zone_ways(&filled, kind, HAIRLINE_SHARE);
                // Practice: the line is the softest part (`smp.md` 1.5).
                ways.retain(|way| way.shade >= chosen.shade);
                search::best(&ground(kind), &aim, &ways, LOOKED_AT)?
            }
            ZoneKind::Scar if main != kind => {
                let stubble = Stubble::of(case, skin_of(kind));
                let aim = stubble.aim(case, &ground(kind), &stubble.hair)?;
                search::best(&ground(kind), &aim, &zone_ways(&filled, kind, SCAR_SHARE), LOOKED_AT)?
            }
            // As the body: the part differs in nothing, the blend by a tenth of its depth.
            _ => choices.clone(),
        };
        let choice = ranked.remove(0);
        let of_case = case.artist.shades.of(kind).is_some() || case.artist.shade.is_some();
        if !of_case {
            // A scar may take more than other skin: a step lighter than the match (`smp.md` 1.5).
            let lighter = usize::from(kind == ZoneKind::Scar);
            let step = (nearest_step(choice.shade) + lighter).min(LADDER.len() - 1);
            *filled.artist.shades.of_mut(kind) = Some(LADDER[step]);
        }
        let by_pass = |pass| LADDER[shade_step(&filled, kind, pass, 3)];
        zones.push(ZoneMatch {
            kind,
            shade: LADDER[healed_step(&filled, kind)],
            shade_of_case: of_case,
            shade_by_pass: [by_pass(1), by_pass(2), by_pass(3)],
            needle: needle(kind),
            needle_depth_mm: filled.artist.depth_mm * depth_factor(kind),
            choice,
            runners_up: ranked,
        });
    }
    let skin_lab_sce = skin.xyz.to_lab();
    let greying = stubble.greying(case, aim.looks[0].lab, &chosen);
    let evidence = evidence(case, &body, &aim, &chosen, &stubble);
    let target = stubble.target(case, &aim, skin_lab_sce);
    let mut out = Match {
        why: String::new(),
        target,
        skin_lab_sce,
        zones,
        better_means,
        greying,
        evidence,
        assumptions: words::assumptions(case),
    };
    out.why = words::why(case, &out, main);
    Ok((filled, out))
}

/// The case with what the match chose filled in; as it is where it names its shades already, or has no skin that exists.
pub fn filled(case: &Case) -> Case {
    let named = case.artist.shade.is_some() || case.artist.shades != ZoneShades::default();
    if named { case.clone() } else { resolve(case).map_or_else(|_| case.clone(), |found| found.0) }
}

/// Kinds of zone that a look has, the most important first.
fn kinds(case: &Case) -> Vec<ZoneKind> {
    use ZoneKind::{Blend, Body, Hairline, Part, Scar};
    let mut out = match case.look {
        Look::Shaved | Look::Hairline => vec![Body, Hairline, Blend],
        Look::Density => vec![Body, Part, Blend],
        Look::Scar => vec![],
    };
    if !case.scars.is_empty() || out.is_empty() {
        out.push(Scar);
    }
    out
}

/// Hair of the hairline's zone: from single hairs at the line (`smp.md` 2.1) to the units of the body, as fine as its dots.
fn at_the_line(hair: &Hair) -> Hair {
    Hair {
        units_per_cm2: HAIRLINE_SHARE * hair.units_per_cm2,
        hairs_per_unit: 0.5 * (1.0 + hair.hairs_per_unit),
        ..*hair
    }
}

/// Evenly from the first to the last value, at most `count`; one where they are the same.
fn steps([low, high]: [f64; 2], count: usize) -> Vec<f64> {
    if high - low < 1e-9 {
        return vec![low];
    }
    (0..count).map(|i| low + (high - low) * i as f64 / (count - 1) as f64).collect()
}

fn own_density(case: &Case, diameter_mm: f64) -> f64 {
    let wanted = case.artist.density_per_cm2.unwrap_or(default_body_per_cm2(case.look));
    wanted.min(definition_cap_per_cm2(diameter_mm))
}

/// Every dilution of every way that the artist can set the body's dots.
fn within_means(case: &Case) -> Vec<Means> {
    let (wish, artist) = (&case.matching, &case.artist);
    let one = |value: f64| [value, value];
    let mut out = vec![];
    for diameter_mm in steps(wish.diameter_mm.unwrap_or(one(artist.dot_diameter_mm)), 5) {
        let own = own_density(case, diameter_mm);
        for density_per_cm2 in steps(wish.density_per_cm2.unwrap_or(one(own)), 5) {
            for needle_mm in steps(wish.depth_mm.unwrap_or(one(artist.depth_mm)), 3) {
                out.push([diameter_mm, density_per_cm2, needle_mm * artist.deposit_depth_share]);
            }
        }
    }
    let all = ladder(&out);
    let kept: Vec<Means> = all.iter().copied().filter(search::apart).collect();
    // Dots so large that none of their densities stays apart: the densest that does.
    if kept.is_empty() {
        let cap = |m: Means| Means { density_per_cm2: definition_cap_per_cm2(m.diameter_mm), ..m };
        return all.into_iter().map(cap).collect();
    }
    kept
}

/// Ways around the artist's, to see whether other means would match better.
fn beyond_means(case: &Case) -> Vec<Means> {
    let artist = &case.artist;
    let mut out = vec![];
    for diameter in [0.8, 1.0, 1.25] {
        for density in [0.75, 1.0, 1.3] {
            let diameter_mm = (diameter * artist.dot_diameter_mm).clamp(0.1, 0.5);
            let density_per_cm2 = density * own_density(case, artist.dot_diameter_mm);
            out.push([diameter_mm, density_per_cm2, artist.depth_mm * artist.deposit_depth_share]);
        }
    }
    ladder(&out).into_iter().filter(search::apart).collect()
}

fn ladder(ways: &[[f64; 3]]) -> Vec<Means> {
    let with = |&[diameter_mm, density_per_cm2, depth_mm]: &[f64; 3]| {
        LADDER.map(|shade| Means { shade, diameter_mm, depth_mm, density_per_cm2 })
    };
    ways.iter().flat_map(with).collect()
}

/// Every dilution of a zone other than the body.
fn zone_ways(case: &Case, kind: ZoneKind, share: f64) -> Vec<Means> {
    let artist = &case.artist;
    let density = share * own_density(case, artist.dot_diameter_mm);
    let depth_mm = artist.depth_mm * artist.deposit_depth_share * depth_factor(kind);
    ladder(&[[artist.dot_diameter_mm * diameter_factor(kind), density, depth_mm]])
}

/// The client's stubble, with its grey share.
struct Stubble<'a> {
    skin: &'a ClientSkin,
    hair: Hair,
    shafts: [Shaft; 2],
}

impl<'a> Stubble<'a> {
    fn of(case: &Case, skin: &'a ClientSkin) -> Stubble<'a> {
        let wish = &case.matching;
        let lab = |[l, a, b]: [f64; 3]| Lab { l, a, b };
        let usual_days = if case.hair.length_mm > LONG_MM {
            1.0
        } else {
            (case.hair.length_mm / wish.growth_mm_per_day).min(5.0)
        };
        let hair = Hair {
            lab_sce: wish.hair_lab_sce.map_or(hair_lab_sce(case.hair.colour), lab),
            shaft_mm: 1e-3 * case.hair.shaft_um,
            length_mm: wish.stubble_days.unwrap_or(usual_days) * wish.growth_mm_per_day,
            units_per_cm2: case.hair.units_per_cm2,
            hairs_per_unit: case.hair.hairs_per_unit,
        };
        let grey = hair_lab_sce(HairColour::White);
        Stubble { skin, hair, shafts: [Shaft::new(skin, &hair, hair.lab_sce), Shaft::new(skin, &hair, grey)] }
    }

    fn hairs_per_cm2(&self) -> f64 {
        self.hair.units_per_cm2 * self.hair.hairs_per_unit
    }

    /// The target over the years until the touch-up, for hair as dense as `hair`.
    fn aim(&self, case: &Case, ground: &Ground, hair: &Hair) -> Result<Aim, Error> {
        let darker_limit_l = case.matching.darker_limit_l;
        if let Some([l, a, b]) = case.matching.patch_lab_sce {
            let look = AimLook { lab: Lab { l, a, b }, seen: None };
            return Ok(Aim { looks: [look.clone(), look.clone(), look], darker_limit_l });
        }
        let look = |years: f64| -> Result<AimLook, Error> {
            let [ref dark, ref grey] = self.shafts;
            let canvas = stubble::draw(
                patch::COARSE,
                self.skin,
                hair,
                [dark, grey],
                grey_share(case, years),
                ground.points,
            );
            let patch = canvas.on(self.skin.xyz)?;
            let seen = search::seen(&ContrastSpectrum::of(&patch)?)?;
            Ok(AimLook { lab: patch.mean().to_lab(), seen: Some(seen) })
        };
        let [now, middle, late] = search::moment_years(&ground.fading);
        let now = look(now)?;
        let looks = if case.matching.grey_share_per_year > 0.0 {
            [now, look(middle)?, look(late)?]
        } else {
            [now.clone(), now.clone(), now]
        };
        Ok(Aim { looks, darker_limit_l })
    }

    /// Mean colour of the stubble with a share of grey hairs.
    fn mean(&self, share_grey: f64) -> Xyz {
        let area = [&self.shafts[0], &self.shafts[1]].map(|s| s.area_mm2(&self.hair, self.skin.xyz));
        let mixed = |c: usize| (1.0 - share_grey) * area[0][c] + share_grey * area[1][c];
        let per_mm2 = self.hairs_per_cm2() / 100.0;
        search::thrown(self.skin.xyz, [0, 1, 2].map(|c| per_mm2 * mixed(c)))
    }

    /// Until when a treatment that is kept up fits hair that greys.
    fn greying(&self, case: &Case, target: Lab, choice: &Choice) -> Option<Greying> {
        if case.matching.grey_share_per_year <= 0.0 || case.matching.patch_lab_sce.is_some() {
            return None;
        }
        let today = self.mean(grey_share(case, 0.0)).to_lab();
        let off = |years: f64| {
            // The drawn target of today, moved as the mean of the areas moves
            let greyed = self.mean(grey_share(case, years)).to_lab();
            let lab = Lab {
                l: target.l + greyed.l - today.l,
                a: target.a + greyed.a - today.a,
                b: target.b + greyed.b - today.b,
            };
            ciede2000(lab, choice.lab_sce)
        };
        let quarter_years = (0..=(4.0 * GREY_YEARS) as u32).map(|q| 0.25 * f64::from(q));
        let fits_until_years = quarter_years.into_iter().find(|&y| off(y) > GREY_LIMIT_E00);
        Some(Greying {
            fits_until_years,
            grey_share_then: grey_share(case, fits_until_years.unwrap_or(GREY_YEARS)),
            limit_e00: GREY_LIMIT_E00,
        })
    }

    fn target(&self, case: &Case, aim: &Aim, skin: Lab) -> Target {
        let lab_sce = aim.looks[0].lab;
        let of_hair = TargetHair {
            lab_sce: self.hair.lab_sce,
            hairs_per_cm2: self.hairs_per_cm2(),
            shaft_mm: self.hair.shaft_mm,
            length_mm: self.hair.length_mm,
            grey_share: grey_share(case, 0.0),
        };
        let seen = aim.looks[0].seen.as_ref();
        Target {
            kind: if seen.is_some() { "stubble" } else { "patch-colour" },
            lab_sce,
            lightness_drop: skin.l - lab_sce.l,
            visible: seen.map(|s| [0, 1, 2].map(|d: usize| s[d].visible)),
            hair: seen.map(|_| of_hair),
        }
    }
}

/// Longer hair hides its stubble.
const LONG_MM: f64 = 20.0;

fn grey_share(case: &Case, years: f64) -> f64 {
    (case.matching.grey_share + case.matching.grey_share_per_year * years).min(1.0)
}

/// Numbers behind the warnings, of the body.
fn evidence(case: &Case, ground: &Ground, aim: &Aim, choice: &Choice, stubble: &Stubble) -> Evidence {
    let means = Means {
        shade: choice.shade,
        diameter_mm: choice.diameter_mm,
        depth_mm: choice.depth_mm,
        density_per_cm2: choice.density_per_cm2,
    };
    let skin = ground.skin;
    // Colour of a zone whose dots take so much luminance, if they are of this kind.
    let as_dark = |area: [f64; 3], depth: f64| thrown_lab(skin, area, depth);
    let dark = |area: [f64; 3]| means.density_per_cm2 * area[1] / 100.0;

    let own = dots::halo(skin, &ground.fading, &means, 0.0).area_mm2();
    let defaults = crate::case::Artist::default();
    let depth_mm = defaults.depth_mm * defaults.deposit_depth_share;
    let shallow = dots::halo(skin, &ground.fading, &Means { depth_mm, ..means }, 0.0).area_mm2();
    let blue_shift_b = as_dark(shallow, dark(own)).b - as_dark(own, dark(own)).b;

    let late = dots::halo(skin, &ground.fading, &means, ground.fading.touch_up_years).area_mm2();
    let mut with_carbon = case.clone();
    with_carbon.forecast.pigment = PigmentKind::CarbonBlack;
    let carbon = Fading { pigment: PigmentKind::CarbonBlack, ink: Ink::of(&with_carbon), ..ground.fading };
    let neutral = dots::halo(skin, &carbon, &means, ground.fading.touch_up_years).area_mm2();
    let red_residue_a = as_dark(late, dark(late)).a - as_dark(neutral, dark(late)).a;
    Evidence {
        blue_shift_b,
        red_residue_a,
        left_over_e00: ciede2000(choice.lab_sce, aim.looks[0].lab),
        hair_chroma: match case.matching.patch_lab_sce {
            Some(_) => 0.0,
            None => libm::hypot(stubble.hair.lab_sce.a, stubble.hair.lab_sce.b),
        },
    }
}

/// Colour of a skin with dots that take X, Y and Z in the ratio of `area` and Y by a factor of exp(-depth).
fn thrown_lab(skin: &ClientSkin, area: [f64; 3], depth: f64) -> Lab {
    search::thrown(skin.xyz, area.map(|a| depth * a / area[1].max(1e-12))).to_lab()
}

/// The ladder's shade for the healed result of a zone, where a case names none and was not matched: its middle.
pub const UNMATCHED_SHADE: f64 = LADDER[4];

#[cfg(test)]
mod tests {
    use super::*;

    /// Drawing only the dilutions nearest in mean colour finds what drawing all of them finds.
    #[test]
    fn few_dilutions_are_enough_to_look_at() {
        let points = pattern::points(POINTS);
        for (ita, colour, density) in [
            (55.0, HairColour::Brown, 140.0),
            (40.0, HairColour::DarkBlond, 100.0),
            (30.0, HairColour::Grey, 150.0),
            (5.0, HairColour::LightBrown, 120.0),
            (-30.0, HairColour::Black, 150.0),
        ] {
            let mut case = Case::default();
            case.skin.ita_deg = Some(ita);
            case.hair.colour = colour;
            case.artist.density_per_cm2 = Some(density);
            let skin = ClientSkin::of(&case).expect("a skin");
            let ground = Ground {
                skin: &skin,
                fading: Fading::of(&case, ZoneKind::Body),
                spread: dots::spread(&case),
                points: &points,
            };
            let stubble = Stubble::of(&case, &skin);
            let aim = stubble.aim(&case, &ground, &stubble.hair).expect("a target");
            let ways = within_means(&case);
            let few = search::best(&ground, &aim, &ways, LOOKED_AT).expect("a choice");
            let all = search::best(&ground, &aim, &ways, LADDER.len()).expect("a choice");
            assert!(
                (few[0].score - all[0].score).abs() <= search::ALIKE,
                "{ita} {colour:?}: shade {} ({:.2}) of few, {} ({:.2}) of all",
                few[0].shade,
                few[0].score,
                all[0].shade,
                all[0].score
            );
        }
    }
}
