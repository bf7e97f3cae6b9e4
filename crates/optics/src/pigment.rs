//! From a bottle and its dilution to what a deposit in the skin absorbs and scatters.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, within};
use crate::spectrum::Spectrum;
use crate::table;

/// A colourant, by chemistry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pigment {
    /// Carbon black, CI 77266.
    CarbonBlack,
    /// Black iron oxide, magnetite, CI 77499.
    BlackIronOxide,
    /// Red iron oxide, hematite, CI 77491.
    RedIronOxide,
    /// Yellow iron oxide, goethite, CI 77492.
    YellowIronOxide,
}

/// The colourants there are data for.
pub const PIGMENTS: [Pigment; 4] =
    [Pigment::CarbonBlack, Pigment::BlackIronOxide, Pigment::RedIronOxide, Pigment::YellowIronOxide];

/// Their names, for messages.
const NAMES: &str = "carbon-black, black-iron-oxide, red-iron-oxide, yellow-iron-oxide";

/// Pigment in a bottle, mg/ml: an assumption, to be calibrated from a healed test dot.
pub const ASSUMED_PIGMENT_MG_PER_ML: f64 = 150.0;
/// Share of the deposit's volume that the mix takes up and keeps to day 28: an assumption, as above.
pub const ASSUMED_UPTAKE_FRACTION: f64 = 0.15;
/// Diameter of the carbon grains of a fresh dispersion, nm: the primaries of carbon black (10-50 nm, `optics.md` 1.8).
pub const FRESH_CARBON_NM: f64 = 30.0;
/// Diameter of the carbon grains once cells have taken them up, nm: an assumption within the 100-300 nm of aggregates. Larger
/// grains absorb less and more evenly, so that a healing dot turns from brownish to neutral.
pub const HEALED_CARBON_NM: f64 = 200.0;

/// What a gram of pigment absorbs and scatters in skin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MassCoefficients {
    /// Absorption, m2/g; times mg/ml this is 1/mm.
    pub absorption_m2_per_g: Spectrum,
    /// Scattering, m2/g.
    pub scattering_m2_per_g: Spectrum,
    /// Mean cosine of the scattering angle.
    pub g: Spectrum,
}

/// Pigments by share of mass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Blend {
    /// Each with its share; the shares are positive and sum to 1.
    parts: Vec<(Pigment, f64)>,
}

/// A bottle as bought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bottle {
    /// What it holds.
    pub pigment: Blend,
    /// How much of it, mg/ml.
    pub pigment_mg_per_ml: f64,
}

/// The material of a dot in the skin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deposit {
    /// Pigment in the tissue of the dot, mg/ml.
    pub pigment_mg_per_ml: f64,
    /// Absorption the pigment adds, 1/mm.
    pub mua_per_mm: Spectrum,
    /// Scattering it adds, 1/mm.
    pub mus_per_mm: Spectrum,
    /// Mean cosine of that scattering.
    pub g: Spectrum,
}

impl Bottle {
    /// A deposit of this bottle at shade N (N ml of diluent to 1 ml of pigment), of which the share `uptake_fraction` of the dot's
    /// volume is mix; `carbon_nm` is the diameter of carbon grains, from [`FRESH_CARBON_NM`] to [`HEALED_CARBON_NM`].
    ///
    /// Absorption is mass coefficient times concentration (`optics.md` 1.8).
    ///
    /// # Errors
    /// A number that no bottle, mix or deposit has.
    pub fn deposit(&self, shade: f64, uptake_fraction: f64, carbon_nm: f64) -> Result<Deposit, Error> {
        within("shade (ml of diluent to 1 ml of pigment)", shade, [0.1, 1000.0])?;
        within("pigment_mg_per_ml", self.pigment_mg_per_ml, [0.1, 2000.0])?;
        within("uptake_fraction", uptake_fraction, [0.0, 1.0])?;
        within("diameter of carbon grains in nm", carbon_nm, CARBON_NM)?;
        let pigment_mg_per_ml = self.pigment_mg_per_ml / (shade + 1.0) * uptake_fraction;
        let mass = self.pigment.mass_coefficients(carbon_nm);
        Ok(Deposit {
            pigment_mg_per_ml,
            mua_per_mm: mass.absorption_m2_per_g.map(|m| m * pigment_mg_per_ml),
            mus_per_mm: mass.scattering_m2_per_g.map(|m| m * pigment_mg_per_ml),
            g: mass.g,
        })
    }
}

impl Blend {
    /// One pigment alone.
    pub fn of(pigment: Pigment) -> Blend {
        Blend { parts: vec![(pigment, 1.0)] }
    }

    /// Its pigments with their shares of mass, which sum to 1.
    pub fn parts(&self) -> &[(Pigment, f64)] {
        &self.parts
    }

    /// By shares of mass; scattering angles by shares of scattering.
    fn mass_coefficients(&self, carbon_nm: f64) -> MassCoefficients {
        let mut sum = [Spectrum::flat(0.0); 3];
        for &(pigment, share) in &self.parts {
            let m = pigment.mass_coefficients(carbon_nm);
            let forward = m.scattering_m2_per_g.zip(m.g, |s, g| s * g);
            for (sum, part) in sum.iter_mut().zip([m.absorption_m2_per_g, m.scattering_m2_per_g, forward]) {
                *sum = sum.zip(part, |sum, part| sum + share * part);
            }
        }
        let [absorption_m2_per_g, scattering_m2_per_g, forward] = sum;
        MassCoefficients {
            absorption_m2_per_g,
            scattering_m2_per_g,
            g: forward.zip(scattering_m2_per_g, |f, s| f / s),
        }
    }
}

const MIE: &str = include_str!("../data/pigment_mass_coefficients_10nm.csv");
/// Grain diameters for which carbon has been computed, nm, and their columns.
const CARBON: [(f64, &str); 3] = [(30.0, "cb_bond_d030"), (100.0, "cb_bond_d100"), (200.0, "cb_bond_d200")];
const CARBON_NM: [f64; 2] = [CARBON[0].0, CARBON[2].0];

impl Pigment {
    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Pigment::CarbonBlack => "carbon-black",
            Pigment::BlackIronOxide => "black-iron-oxide",
            Pigment::RedIronOxide => "red-iron-oxide",
            Pigment::YellowIronOxide => "yellow-iron-oxide",
        }
    }

    /// What its spectrum rests on, in a sentence.
    pub fn basis(self) -> &'static str {
        match self {
            Pigment::CarbonBlack => {
                "Mie theory with the index of light-absorbing carbon, 1.95 + 0.79i (Bond and Bergstrom 2006)"
            }
            Pigment::RedIronOxide => {
                "Mie theory with the measured index of hematite (Querry 1985), grains of 250 nm"
            }
            Pigment::BlackIronOxide => {
                "parametric: no open table of black iron oxide is credible; a power law through Mie theory with wustite's index, \
                 2.42 + 0.64i, as a stand-in"
            }
            Pigment::YellowIronOxide => {
                "parametric: no open table of yellow iron oxide was found; an absorption edge at 515 nm with goethite's mean index, \
                 2.4 + 0.09i"
            }
        }
    }

    /// What a gram of it absorbs and scatters in skin; `carbon_nm` is the diameter of carbon grains and changes carbon alone.
    pub fn mass_coefficients(self, carbon_nm: f64) -> MassCoefficients {
        match self {
            Pigment::CarbonBlack => {
                // Between the computed diameters, linear in their logarithm
                let upper = CARBON.iter().skip(1).position(|c| carbon_nm <= c.0).unwrap_or(1) + 1;
                let ((low, small), (high, large)) = (CARBON[upper - 1], CARBON[upper]);
                let t = (libm::log(carbon_nm / low) / libm::log(high / low)).clamp(0.0, 1.0);
                let (small, large) = (computed(small), computed(large));
                let between = |a: Spectrum, b: Spectrum| a.zip(b, |a, b| a + t * (b - a));
                MassCoefficients {
                    absorption_m2_per_g: between(small.absorption_m2_per_g, large.absorption_m2_per_g),
                    scattering_m2_per_g: between(small.scattering_m2_per_g, large.scattering_m2_per_g),
                    g: between(small.g, large.g),
                }
            }
            Pigment::RedIronOxide => computed("hematite_d250"),
            Pigment::BlackIronOxide => MassCoefficients {
                absorption_m2_per_g: Spectrum::of_nm(|nm| 1.79 * libm::pow(550.0 / nm, 0.21)),
                scattering_m2_per_g: Spectrum::of_nm(|nm| 1.49 * libm::pow(550.0 / nm, 0.58)),
                g: Spectrum::flat(0.62),
            },
            Pigment::YellowIronOxide => MassCoefficients {
                absorption_m2_per_g: Spectrum::of_nm(|nm| {
                    0.08 + 1.6 / (1.0 + libm::exp((nm - 515.0) / 18.0))
                }),
                scattering_m2_per_g: Spectrum::flat(3.3),
                g: Spectrum::flat(0.60),
            },
        }
    }
}

fn computed(name: &str) -> MassCoefficients {
    let column = |what: &str| table::spectrum(MIE, &format!("{name}_{what}"));
    MassCoefficients {
        absorption_m2_per_g: column("MAC"),
        scattering_m2_per_g: column("MSC"),
        g: column("g"),
    }
}

impl FromStr for Pigment {
    type Err = Error;

    fn from_str(name: &str) -> Result<Pigment, Error> {
        let unknown = || Error::Name { what: "pigment", found: name.to_owned(), known: NAMES };
        PIGMENTS.into_iter().find(|p| p.name() == name).ok_or_else(unknown)
    }
}

/// `carbon-black`, or `carbon-black:0.8+red-iron-oxide:0.2` with shares of mass on any scale.
impl FromStr for Blend {
    type Err = Error;

    fn from_str(text: &str) -> Result<Blend, Error> {
        let refused = |why: String| Error::Blend { found: text.to_owned(), why };
        let mut parts: Vec<(Pigment, f64)> = Vec::new();
        for part in text.split('+') {
            let (name, share) = match part.split_once(':') {
                Some((name, share)) => (name, share),
                None => (part, "1"),
            };
            let pigment: Pigment = name.trim().parse()?;
            let share: f64 =
                share.trim().parse().map_err(|_| refused(format!("\"{share}\" is no number")))?;
            if !(share > 0.0 && share.is_finite()) {
                return Err(refused(format!("the share {share} is not above 0")));
            }
            if parts.iter().any(|(p, _)| *p == pigment) {
                return Err(refused(format!("{} stands in it twice", pigment.name())));
            }
            parts.push((pigment, share));
        }
        let sum: f64 = parts.iter().map(|(_, share)| share).sum();
        Ok(Blend { parts: parts.into_iter().map(|(p, share)| (p, share / sum)).collect() })
    }
}

impl TryFrom<String> for Blend {
    type Error = Error;

    fn try_from(text: String) -> Result<Blend, Error> {
        text.parse()
    }
}

impl From<Blend> for String {
    fn from(blend: Blend) -> String {
        blend.to_string()
    }
}

impl fmt::Display for Blend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [(only, _)] = self.parts[..] {
            return f.write_str(only.name());
        }
        for (i, (pigment, share)) in self.parts.iter().enumerate() {
            let plus = if i == 0 { "" } else { "+" };
            write!(f, "{plus}{}:{share}", pigment.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
