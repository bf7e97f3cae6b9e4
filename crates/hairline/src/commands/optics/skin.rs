//! Which skin: the options that `spectrum` and `dot` share.

use hairline_optics::colour::Lab;
use hairline_optics::illuminant::Illuminant;
use hairline_optics::tissue::Skin;
use hairline_optics::tone::{FittedSkin, Tone, fit_skin};

use crate::Failure;

/// A tone, in one of the ways it is known.
#[derive(clap::Args)]
#[group(required = false, multiple = true)]
pub struct SkinArguments {
    /// Tone as individual typology angle, degrees (mirror part included, as instruments measure it).
    #[arg(long, value_name = "DEG", allow_negative_numbers = true, group = "tone")]
    ita: Option<f64>,

    /// Tone as level 1-10 of the Monk Skin Tone scale.
    #[arg(long, value_name = "LEVEL", group = "tone")]
    monk: Option<u8>,

    /// Tone as Fitzpatrick phototype 1-6: a rough guide to colour.
    #[arg(long, value_name = "TYPE", group = "tone")]
    fitzpatrick: Option<u8>,

    /// Measured colour, mirror part included.
    #[arg(long, value_name = "L,A,B", allow_hyphen_values = true, value_delimiter = ',', group = "tone")]
    lab_sci: Option<Vec<f64>>,

    /// Measured colour, mirror part excluded.
    #[arg(long, value_name = "L,A,B", allow_hyphen_values = true, value_delimiter = ',', group = "tone")]
    lab_sce: Option<Vec<f64>>,

    /// Scattering of the skin relative to the mean of living skin; people differ by a quarter either way.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    scattering: f64,

    /// Scar tissue instead: paler, with less melanin and blood.
    #[arg(long)]
    scar: bool,
}

impl SkinArguments {
    /// The skin asked for; without a tone the one of ITA 30, the middle of the intermediate class.
    pub fn fitted(&self) -> Result<FittedSkin, Failure> {
        let lab = |name: &str, values: &[f64]| match values {
            [l, a, b] => Ok(Lab { l: *l, a: *a, b: *b }),
            _ => Err(Failure::input(format!(
                "--{name} has {} numbers, but must have three: L,a,b",
                values.len()
            ))),
        };
        let tone = match self {
            SkinArguments { monk: Some(level), .. } => Tone::Monk(*level),
            SkinArguments { fitzpatrick: Some(phototype), .. } => Tone::Fitzpatrick(*phototype),
            SkinArguments { lab_sci: Some(v), .. } => Tone::LabSci(lab("lab-sci", v)?),
            SkinArguments { lab_sce: Some(v), .. } => Tone::LabSce(lab("lab-sce", v)?),
            SkinArguments { ita, .. } => Tone::ItaDeg(ita.unwrap_or(30.0)),
        };
        let like = Skin { scattering_factor: self.scattering, ..Skin::new(0.02, 0.005) };
        let mut fit = fit_skin(tone, like).map_err(Failure::input)?;
        if self.scar {
            fit.skin = fit.skin.scarred();
            fit.skin.checked().map_err(Failure::input)?;
        }
        Ok(fit)
    }
}

/// The light by its name.
pub fn light(name: &str) -> Result<Illuminant, Failure> {
    name.parse().map_err(|e| Failure::input(format!("--light: {e}")))
}

/// Three numbers of a colour in words.
pub fn lab_words(lab: Lab) -> String {
    format!("L* {:.1}  a* {:.1}  b* {:.1}", lab.l, lab.a, lab.b)
}
