//! The match to be looked at: patches of target and choices, their contrast spectra, and the shade card.

use hairline_optics::colour::{Lab, Xyz};
use hairline_optics::error::Error;
use hairline_optics::eye::{BANDS, ContrastSpectrum, Patch};
use rayon::prelude::*;

use super::dots::{self, Fading, Means};
use super::patch::{COARSE, Grid, SHOWN};
use super::search::{Choice, DISTANCES_M, seen};
use super::skin::ClientSkin;
use super::{Match, POINTS, Stubble, grey_share, kinds, pattern, stubble};
use crate::case::Case;
use crate::design::ZoneKind;
use crate::pigment::LADDER;

/// A square patch of skin to be looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Side, px.
    pub side_px: usize,
    /// Side, mm.
    pub side_mm: f64,
    /// `xyz[y][x]`, relative to a white of Y = 1.
    pub xyz: Vec<Xyz>,
    /// Colour of the mean.
    pub mean_lab: Lab,
}

/// How visible textures are, by distance and fineness: `[distance][band]`, luminance, multiples of the threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spectra {
    /// Middle of each octave, cycles per degree.
    pub cycles_per_deg: [f64; 9],
    /// The stubble; none where a colour is matched.
    pub target: Option<[[f64; 9]; 3]>,
    /// The choice on day 28.
    pub choice: [[f64; 9]; 3],
}

/// The shade card: patches of healed dots on the client's skin.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// Dilutions, one a row.
    pub shades: Vec<f64>,
    /// Depths of the needle, mm, one a column.
    pub needle_depths_mm: Vec<f64>,
    /// `patches[shade][depth]`.
    pub patches: Vec<Vec<Shown>>,
    /// Bare skin.
    pub skin_lab: Lab,
    /// Diameter of the dots, mm.
    pub diameter_mm: f64,
    /// Density of the dots.
    pub density_per_cm2: f64,
}

/// Depths of the needle on a card beside the artist's, mm: from the shallow end of practice (`smp.md` 9) to too deep.
const CARD_DEPTHS_MM: [f64; 4] = [0.3, 0.45, 0.7, 1.0];

/// A case's main zone, made ready to be drawn.
struct Scene {
    skin: ClientSkin,
    fading: Fading,
    spread: f64,
    points: Vec<[f64; 2]>,
}

impl Scene {
    fn of(case: &Case) -> Result<Scene, Error> {
        let kind = kinds(case)[0];
        let skin = if kind == ZoneKind::Scar { ClientSkin::scar_of(case)? } else { ClientSkin::of(case)? };
        Ok(Scene {
            skin,
            fading: Fading::of(case, kind),
            spread: dots::spread(case),
            points: pattern::points(POINTS),
        })
    }

    fn dots(&self, grid: Grid, means: &Means) -> Vec<Xyz> {
        let halo = dots::halo(&self.skin, &self.fading, means, 0.0);
        dots::draw(grid, &self.skin, means, &halo, self.spread, &self.points).xyz(self.skin.xyz)
    }

    fn stubble(&self, grid: Grid, case: &Case) -> Vec<Xyz> {
        let of = Stubble::of(case, &self.skin);
        let [ref own, ref grey] = of.shafts;
        stubble::draw(grid, &self.skin, &of.hair, [own, grey], grey_share(case, 0.0), &self.points)
            .xyz(self.skin.xyz)
    }
}

fn means_of(choice: &Choice) -> Means {
    Means {
        shade: choice.shade,
        diameter_mm: choice.diameter_mm,
        depth_mm: choice.depth_mm,
        density_per_cm2: choice.density_per_cm2,
    }
}

fn framed(grid: Grid, xyz: Vec<Xyz>) -> Shown {
    let n = xyz.len() as f64;
    let mean = |f: fn(&Xyz) -> f64| xyz.iter().map(f).sum::<f64>() / n;
    let mean_lab = Xyz { x: mean(|c| c.x), y: mean(|c| c.y), z: mean(|c| c.z) }.to_lab();
    Shown { side_px: grid.side_px, side_mm: grid.side_mm(), xyz, mean_lab }
}

/// Patches of the main zone's target, its choice and the runners-up on day 28, in this order.
///
/// # Errors
/// A tone that no skin has.
pub fn shown(case: &Case, found: &Match) -> Result<Vec<Shown>, Error> {
    let scene = Scene::of(case)?;
    let target = match case.matching.patch_lab_sce {
        Some([l, a, b]) => vec![Lab { l, a, b }.to_xyz(); SHOWN.side_px * SHOWN.side_px],
        None => scene.stubble(SHOWN, case),
    };
    let zone = &found.zones[0];
    let choices = std::iter::once(&zone.choice).chain(&zone.runners_up);
    let drawn = choices.map(|c| scene.dots(SHOWN, &means_of(c)));
    Ok(std::iter::once(target).chain(drawn).map(|xyz| framed(SHOWN, xyz)).collect())
}

/// Contrast spectra of the main zone's target and choice.
///
/// # Errors
/// A tone that no skin has.
pub fn spectra(case: &Case, found: &Match) -> Result<Spectra, Error> {
    let scene = Scene::of(case)?;
    let bands = |xyz: Vec<Xyz>| -> Result<[[f64; 9]; 3], Error> {
        let side = [COARSE.side_px; 2];
        let patch = Patch::new(side, COARSE.mm_per_px, hairline_optics::eye::Edges::Wraps, xyz)?;
        Ok(seen(&ContrastSpectrum::of(&patch)?)?.map(|s| s.bands.map(|b| b.thresholds[0])))
    };
    let target = match case.matching.patch_lab_sce {
        Some(_) => None,
        None => Some(bands(scene.stubble(COARSE, case))?),
    };
    let choice = bands(scene.dots(COARSE, &means_of(&found.zones[0].choice)))?;
    debug_assert_eq!(choice.len(), DISTANCES_M.len());
    Ok(Spectra { cycles_per_deg: BANDS, target, choice })
}

/// The shade card of the main zone: every dilution of the ladder at several depths of the needle.
///
/// # Errors
/// A tone that no skin has.
pub fn card(case: &Case, found: &Match) -> Result<Card, Error> {
    let scene = Scene::of(case)?;
    let choice = means_of(&found.zones[0].choice);
    let mut needle_depths_mm = CARD_DEPTHS_MM.to_vec();
    if needle_depths_mm.iter().all(|d| (d - case.artist.depth_mm).abs() > 0.02) {
        needle_depths_mm.push(case.artist.depth_mm);
        needle_depths_mm.sort_by(f64::total_cmp);
    }
    let row = |&shade: &f64| -> Vec<Shown> {
        let at = |needle: &f64| Means { shade, depth_mm: needle * case.artist.deposit_depth_share, ..choice };
        needle_depths_mm.iter().map(|d| framed(SHOWN, scene.dots(SHOWN, &at(d)))).collect()
    };
    Ok(Card {
        patches: LADDER.par_iter().map(row).collect(),
        shades: LADDER.to_vec(),
        needle_depths_mm: needle_depths_mm.clone(),
        skin_lab: scene.skin.xyz.to_lab(),
        diameter_mm: choice.diameter_mm,
        density_per_cm2: choice.density_per_cm2,
    })
}
