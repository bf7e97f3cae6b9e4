//! The client's skin as the match needs it: its colour and the tables of dots in it.

use hairline_optics::bare::bare_sce;
use hairline_optics::colour::Xyz;
use hairline_optics::dots::{SkinDots, Table};
use hairline_optics::error::Error;
use hairline_optics::illuminant::Illuminant;
use hairline_optics::spectrum::{N_WAVELENGTHS, Spectrum};
use hairline_optics::tissue::Skin;

use crate::case::Case;
use crate::pigment::client_skin;

/// A skin with its dots.
pub(super) struct ClientSkin {
    pub dots: SkinDots,
    /// Height of the deposits of `dots`, mm.
    pub height_mm: f64,
    /// Reduced scattering of the dermis, 1/mm.
    pub scattering: Spectrum,
    pub xyz: Xyz,
    /// Share of each wavelength in X, Y and Z of this skin.
    weights: [[f64; N_WAVELENGTHS]; 3],
}

impl ClientSkin {
    /// The skin of a case, fitted to its tone.
    ///
    /// # Errors
    /// A tone that no skin has.
    pub fn of(case: &Case) -> Result<ClientSkin, Error> {
        ClientSkin::new(client_skin(case)?, case.artist.deposit_height_mm)
    }

    /// The scar that a case's skin leaves.
    ///
    /// # Errors
    /// A tone that no skin has.
    pub fn scar_of(case: &Case) -> Result<ClientSkin, Error> {
        ClientSkin::new(client_skin(case)?.scarred(), case.artist.deposit_height_mm)
    }

    fn new(skin: Skin, height_mm: f64) -> Result<ClientSkin, Error> {
        let layers = skin.layers();
        let bare = bare_sce(skin)?;
        let dermis = layers.layers.iter().find(|l| l.name == "reticular dermis").unwrap_or(&layers.layers[0]);
        let scattering = dermis.mus_per_mm.zip(dermis.g, |mus, g| mus * (1.0 - g));
        let xyz = Illuminant::D65.xyz(&bare);
        let mut weights = [[0.0; N_WAVELENGTHS]; 3];
        for w in 0..N_WAVELENGTHS {
            let mut one = Spectrum::flat(0.0);
            one.samples[w] = bare.samples[w];
            let part = Illuminant::D65.xyz(&one);
            let parts = [part.x / xyz.x, part.y / xyz.y, part.z / xyz.z];
            (0..3).for_each(|c| weights[c][w] = parts[c]);
        }
        Ok(ClientSkin {
            dots: Table::bundled().of_skin(&layers, height_mm),
            height_mm,
            scattering,
            xyz,
            weights,
        })
    }

    /// Share of X, Y and Z that is gone where a share of each wavelength is left.
    pub fn taken(&self, left: &Spectrum) -> [f64; 3] {
        let kept = |c: usize| self.weights[c].iter().zip(left.samples).map(|(w, l)| w * l).sum::<f64>();
        [0, 1, 2].map(|c| (1.0 - kept(c)).clamp(0.0, 1.0))
    }
}
