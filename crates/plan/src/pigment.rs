//! Which needle, depth and dilution per zone and pass; the dilution of the healed result comes from the match.

use hairline_optics::colour::Lab;
use hairline_optics::skin::{self, ToneClass};

use crate::case::{Case, HairColour};
use crate::design::ZoneKind;
use crate::matching::UNMATCHED_SHADE;

/// The dilution ladder of practice: N ml of diluent to 1 ml of pigment (`smp.md` 3.2 and 9).
pub const LADDER: [f64; 12] = [2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 25.0, 30.0];

/// Individual typology angle of the case's skin, degrees, specular included; that of the intermediate class where nothing is
/// said.
pub fn ita_deg(case: &Case) -> f64 {
    let skin = &case.skin;
    if let Some(ita) = skin.ita_deg {
        return ita;
    }
    if let Some([l, a, b]) = skin.lab_sce {
        return skin::lab_sci(Lab { l, a, b }).ita_deg();
    }
    // A type or a level names a class of tones, not one tone (`optics.md` 1.9): its measured mean stands for it.
    let class = skin
        .fitzpatrick
        .and_then(|phototype| ToneClass::of_fitzpatrick(phototype as u8 + 1))
        .or_else(|| skin.monk.and_then(ToneClass::of_monk))
        .unwrap_or(ToneClass::Intermediate);
    class.lab_sci().ita_deg()
}

/// Colour of the case's skin, specular excluded.
pub fn skin_lab_sce(case: &Case) -> Lab {
    match case.skin.lab_sce {
        Some([l, a, b]) => Lab { l, a, b },
        None => skin::lab_sce(skin::lab_sci_of_ita(ita_deg(case))),
    }
}

/// Colour of shaved or short hair by name, specular excluded: assumptions for pictures until hair is measured.
pub fn hair_lab_sce(colour: HairColour) -> Lab {
    let (l, a, b) = match colour {
        HairColour::Black => (12.0, 0.5, 0.5),
        HairColour::DarkBrown => (17.0, 3.0, 4.0),
        HairColour::Brown => (24.0, 5.0, 8.0),
        HairColour::LightBrown => (34.0, 7.0, 14.0),
        HairColour::DarkBlond => (44.0, 6.0, 18.0),
        HairColour::Blond => (58.0, 5.0, 24.0),
        HairColour::Red => (34.0, 18.0, 24.0),
        HairColour::Grey => (48.0, 0.5, 2.0),
        HairColour::White => (74.0, 0.0, 3.0),
    };
    Lab { l, a, b }
}

/// Dilution of the healed result of a zone, as an index into [`LADDER`]: that of the case, which a plan has filled in by the
/// match ([`crate::matching`]). Where the case names one for all, the hairline gets one step lighter and so do scars.
pub fn healed_step(case: &Case, kind: ZoneKind) -> usize {
    if let Some(shade) = case.artist.shades.of(kind) {
        return nearest_step(shade);
    }
    let lighter = usize::from(matches!(kind, ZoneKind::Hairline | ZoneKind::Scar));
    let step = nearest_step(case.artist.shade.unwrap_or(UNMATCHED_SHADE)) + lighter;
    step.min(LADDER.len() - 1)
}

/// Dilution for a zone and pass, as an index into [`LADDER`]. The first pass is two steps lighter than the healed result is
/// to be, the second one (`smp.md` 9: estimate + 2 steps).
pub fn shade_step(case: &Case, kind: ZoneKind, session: usize, n_sessions: usize) -> usize {
    let lighter = n_sessions.saturating_sub(session).min(2);
    (healed_step(case, kind) + lighter).min(LADDER.len() - 1)
}

/// The ladder's step nearest to a dilution.
pub fn nearest_step(shade: f64) -> usize {
    (0..LADDER.len())
        .min_by(|&a, &b| (LADDER[a] - shade).abs().total_cmp(&(LADDER[b] - shade).abs()))
        .unwrap_or(0)
}

/// Needle for a zone: single point for hairline and scars, three points for the body (`smp.md` 1.2).
pub fn needle(kind: ZoneKind) -> &'static str {
    match kind {
        ZoneKind::Hairline => "1RL 0.18 mm",
        ZoneKind::Scar => "1RL 0.25 mm",
        ZoneKind::Part => "1RL 0.20 mm",
        ZoneKind::Body | ZoneKind::Blend => "3RL 0.25 mm",
    }
}

/// Depth as a share of the artist's depth in the middle of the scalp (`smp.md` 1.3, assumptions).
pub fn depth_factor(kind: ZoneKind) -> f64 {
    match kind {
        ZoneKind::Hairline => 0.85,
        ZoneKind::Blend => 1.1,
        ZoneKind::Body | ZoneKind::Part | ZoneKind::Scar => 1.0,
    }
}

/// Diameter as a share of the artist's: finest at the hairline (own design).
pub fn diameter_factor(kind: ZoneKind) -> f64 {
    match kind {
        ZoneKind::Hairline => 0.9,
        _ => 1.0,
    }
}

/// Carbon in a bottle of SMP pigment, mg/ml: an assumption, to be calibrated from a healed test dot.
pub const PIGMENT_MG_PER_ML: f64 = 150.0;
/// Share of the deposit's volume that the mix takes up and keeps to day 28: an assumption, as above.
pub const UPTAKE_FRACTION: f64 = 0.15;
/// Mass absorption of carbon black at 550 nm, m2/g (`optics.md` 0: 8; Bond and Bergstrom 2006: 7.5 +- 1.2).
pub const CARBON_M2_PER_G: f64 = 8.0;

/// Absorption of a healed deposit at 550 nm, 1/mm, from its dilution: mua = MAC c (`optics.md` 1.8; 1 m2/g at 1 mg/ml is
/// 1/mm).
pub fn healed_mua550_per_mm(shade: f64) -> f64 {
    CARBON_M2_PER_G * PIGMENT_MG_PER_ML / (shade + 1.0) * UPTAKE_FRACTION
}
