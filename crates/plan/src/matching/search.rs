//! Which dots match best: every choice within the means, first by mean colour, the best of them by texture too.

use hairline_optics::colour::{Lab, Xyz};
use hairline_optics::difference::ciede2000;
use hairline_optics::error::Error;
use hairline_optics::eye::{ContrastSpectrum, Seen, Viewing};
use rayon::prelude::*;
use serde::Serialize;

use super::dots::{self, Fading, Means};
use super::patch::COARSE;
use super::skin::ClientSkin;
use crate::design::definition_cap_per_cm2;

/// Distances from which a result is looked at, m: a mirror, a talk, a room.
pub const DISTANCES_M: [f64; 3] = [0.3, 1.0, 3.0];
/// A lit room; the textured area is as wide as the top of a head.
const ILLUMINANCE_LX: f64 = 500.0;
const ZONE_MM: f64 = 100.0;
/// Moments between day 28 and the touch-up, as shares of that time, and how they count: Simpson's rule over the years.
const MOMENTS: [(f64, f64); 3] = [(0.0, 1.0 / 6.0), (0.5, 4.0 / 6.0), (1.0, 1.0 / 6.0)];
/// A result is no helmet below these (`smp.md` 1.5, assumption there).
const MOST_COVERAGE: f64 = 0.15;
const MOST_OF_SPACING: f64 = 0.40;

/// A way to set the dots of a zone, and how well it matches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// ml of diluent to 1 ml of pigment.
    pub shade: f64,
    /// Healed diameter, mm.
    pub diameter_mm: f64,
    /// Dots per cm2.
    pub density_per_cm2: f64,
    /// Middle of the deposit, mm.
    pub depth_mm: f64,
    /// Share of the skin that dots cover.
    pub coverage: f64,
    /// Mean colour on day 28, specular excluded.
    pub lab_sce: Lab,
    /// Lightness of the target less that on day 28: above 0, the dots are darker.
    pub darker_l: f64,
    /// CIEDE2000 between the mean colours on day 28, half-way to the touch-up and at the touch-up.
    pub delta_e00: [f64; 3],
    /// Just noticeable differences between the textures from 0.3, 1 and 3 m, averaged over the years.
    pub texture_jnd: [f64; 3],
    /// How visible the single dots are from there on day 28, in multiples of the threshold.
    pub visible: [f64; 3],
    /// Colour and texture together, averaged over distances and years: 0 is the target itself.
    pub score: f64,
    /// Whether it is darker than the target by more than the case allows.
    pub too_dark: bool,
}

/// What is matched, at the three [`MOMENTS`].
pub(super) struct Aim {
    pub looks: [AimLook; 3],
    pub darker_limit_l: f64,
}

/// A target at a moment.
#[derive(Clone)]
pub(super) struct AimLook {
    pub lab: Lab,
    /// As seen from each distance; none where only a colour is wished for.
    pub seen: Option<[Seen; 3]>,
}

/// Years after day 28 of the three moments.
pub(super) fn moment_years(fading: &Fading) -> [f64; 3] {
    MOMENTS.map(|(share, _)| share * fading.touch_up_years)
}

/// How a texture is seen from the three distances.
pub(super) fn seen(spectrum: &ContrastSpectrum) -> Result<[Seen; 3], Error> {
    let from =
        |distance_m| spectrum.seen(&Viewing { distance_m, illuminance_lx: ILLUMINANCE_LX, zone_mm: ZONE_MM });
    Ok([from(DISTANCES_M[0])?, from(DISTANCES_M[1])?, from(DISTANCES_M[2])?])
}

/// Share of the skin that dots cover.
fn coverage(means: &Means) -> f64 {
    0.25 * std::f64::consts::PI * means.diameter_mm.powi(2) * means.density_per_cm2 / 100.0
}

/// Whether dots stay apart: no helmet.
pub(super) fn apart(means: &Means) -> bool {
    let of_spacing = means.diameter_mm * (means.density_per_cm2 / 100.0).sqrt();
    coverage(means) <= MOST_COVERAGE + 1e-9
        && of_spacing <= MOST_OF_SPACING + 1e-9
        && means.density_per_cm2 <= definition_cap_per_cm2(means.diameter_mm) + 1e-9
}

/// What dots are set into, and how they vary and fade there.
pub(super) struct Ground<'a> {
    pub skin: &'a ClientSkin,
    pub fading: Fading,
    pub spread: f64,
    pub points: &'a [[f64; 2]],
}

/// The best of many ways, best first: `looked_at` of those nearest in mean colour are drawn, and ranked by colour and texture.
///
/// # Errors
/// A skin or target that no picture can be made of.
pub(super) fn best(
    ground: &Ground,
    aim: &Aim,
    ways: &[Means],
    looked_at: usize,
) -> Result<Vec<Choice>, Error> {
    let mut near: Vec<(f64, Means)> = ways.par_iter().map(|m| (colour_cost(ground, aim, m), *m)).collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.shade.total_cmp(&a.1.shade)));
    near.truncate(looked_at);
    let drawn: Result<Vec<Choice>, Error> = near.par_iter().map(|(_, m)| look_at(ground, aim, m)).collect();
    let mut out = drawn?;
    // What is too dark comes last, the lightest of it first.
    let rank = |c: &Choice| if c.too_dark { (1, c.darker_l) } else { (0, c.score) };
    out.sort_by(|a, b| {
        let (a, b) = (rank(a), rank(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    prefer_lighter(&mut out);
    Ok(out)
}

/// Scores nearer than this are nobody's to tell apart: half a just noticeable difference (assumption).
pub(super) const ALIKE: f64 = 0.5;

/// Puts the lightest of the dilutions that look like the best one first: pigment can be added, not taken away.
fn prefer_lighter(ranked: &mut Vec<Choice>) {
    let Some(best) = ranked.first().cloned() else { return };
    let alike = |c: &Choice| {
        let same_means = c.diameter_mm == best.diameter_mm
            && c.density_per_cm2 == best.density_per_cm2
            && c.depth_mm == best.depth_mm;
        same_means && c.too_dark == best.too_dark && c.score <= best.score + ALIKE
    };
    let lightest = (0..ranked.len())
        .filter(|&i| alike(&ranked[i]))
        .max_by(|&a, &b| ranked[a].shade.total_cmp(&ranked[b].shade));
    if let Some(i) = lightest {
        let chosen = ranked.remove(i);
        ranked.insert(0, chosen);
    }
}

/// Mean colour difference over the years, from the areas that dots take: dots thrown at random would leave
/// exp(-density area) of the light. What is too dark costs extra.
fn colour_cost(ground: &Ground, aim: &Aim, means: &Means) -> f64 {
    let area = dots::halo(ground.skin, &ground.fading, means, 0.0).area_mm2();
    let mut cost = 0.0;
    for ((share, weight), look) in MOMENTS.iter().zip(&aim.looks) {
        let left = ground.fading.darkness(share * ground.fading.touch_up_years);
        let lab = thrown(ground.skin.xyz, area.map(|a| left * a * means.density_per_cm2 / 100.0)).to_lab();
        cost += weight * ciede2000(lab, look.lab);
        if *share == 0.0 {
            cost += 10.0 * (look.lab.l - lab.l - aim.darker_limit_l).max(0.0);
        }
    }
    cost
}

/// The colour of a skin on which absorbers are thrown that cover these areas in all: X, Y and Z.
pub(super) fn thrown(skin: Xyz, area: [f64; 3]) -> Xyz {
    let left = area.map(|a| libm::exp(-a));
    Xyz { x: skin.x * left[0], y: skin.y * left[1], z: skin.z * left[2] }
}

/// Draws a way at the three moments and compares it.
fn look_at(ground: &Ground, aim: &Aim, means: &Means) -> Result<Choice, Error> {
    let mut delta_e00 = [0.0; 3];
    let mut texture_jnd = [0.0; 3];
    let (mut lab_sce, mut visible) = (aim.looks[0].lab, [0.0; 3]);
    for (m, (share, weight)) in MOMENTS.into_iter().enumerate() {
        let halo = dots::halo(ground.skin, &ground.fading, means, share * ground.fading.touch_up_years);
        let patch = dots::draw(COARSE, ground.skin, means, &halo, ground.spread, ground.points)
            .on(ground.skin.xyz)?;
        let look = &aim.looks[m];
        let lab = patch.mean().to_lab();
        delta_e00[m] = ciede2000(lab, look.lab);
        if m == 0 {
            lab_sce = lab;
        }
        if m > 0 && look.seen.is_none() {
            continue;
        }
        let own = seen(&ContrastSpectrum::of(&patch)?)?;
        for d in 0..DISTANCES_M.len() {
            if let Some(target) = &look.seen {
                texture_jnd[d] += weight * own[d].jnd_to(&target[d]);
            }
            if m == 0 {
                visible[d] = own[d].visible;
            }
        }
    }
    let darker_l = aim.looks[0].lab.l - lab_sce.l;
    let colour: f64 = MOMENTS.iter().zip(delta_e00).map(|((_, weight), e)| weight * e).sum();
    let texture = texture_jnd.iter().sum::<f64>() / DISTANCES_M.len() as f64;
    Ok(Choice {
        shade: means.shade,
        diameter_mm: means.diameter_mm,
        density_per_cm2: means.density_per_cm2,
        depth_mm: means.depth_mm,
        coverage: coverage(means),
        lab_sce,
        darker_l,
        delta_e00,
        texture_jnd,
        visible,
        score: colour + texture,
        too_dark: darker_l > aim.darker_limit_l,
    })
}
