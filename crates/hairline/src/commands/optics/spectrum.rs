//! `hairline optics spectrum`.

use std::fmt::Write as _;
use std::path::PathBuf;

use hairline_optics::bare::{bare_sce, sci_of_sce};
use hairline_optics::spectrum::WAVELENGTHS_NM;
use hairline_view::chart::{Axis, Chart, Curve, Look};

use super::skin::{SkinArguments, lab_words, light};
use super::write_plot;
use crate::Failure;
use crate::commands::print;

/// Reflectance of bare skin of a tone, from the melanin and blood that are fitted to it.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hairline optics spectrum --ita 30
  hairline optics spectrum --lab-sce 58,11,17 --light tungsten --json
  hairline optics spectrum --monk 7 --csv --plot skin.svg > skin.csv")]
pub struct Arguments {
    #[command(flatten)]
    skin: SkinArguments,

    /// Light of the colours: d65, led, tungsten, shade.
    #[arg(long, value_name = "LIGHT", default_value = "d65")]
    light: String,

    /// Print JSON.
    #[arg(long, conflicts_with = "csv")]
    json: bool,

    /// Print CSV.
    #[arg(long)]
    csv: bool,

    /// Also draw the spectrum: a file that ends in .svg or .png.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let fit = arguments.skin.fitted()?;
    let light = light(&arguments.light)?;
    let sce = bare_sce(fit.skin).map_err(Failure::input)?;
    let sci = sci_of_sce(sce);
    let layers = fit.skin.layers();
    if let Some(file) = &arguments.plot {
        let curve = |name: &str, samples: &[f64]| Curve {
            name: name.to_owned(),
            look: Look::Line,
            points: WAVELENGTHS_NM.iter().zip(samples).map(|(&nm, &r)| [nm, r]).collect(),
            band: None,
        };
        write_plot(
            file,
            &Chart {
                title: "Reflectance of bare skin".to_owned(),
                description: "Reflectance of bare skin by wavelength, with and without its mirror part"
                    .to_owned(),
                x: Axis::linear("wavelength", "nm", &[400.0, 700.0]),
                y: Axis::linear("reflectance", "", &[0.0]),
                bars: vec![],
                curves: vec![curve("with mirror part", &sci.samples), curve("without", &sce.samples)],
                spans: vec![],
                limits: vec![],
            },
        )?;
    }
    let (lab_sce, lab_sci) = (light.lab(&sce), light.lab(&sci));
    if arguments.json {
        let json = serde_json::json!({
            "skin": fit.skin,
            "delta_e00_of_fit": fit.delta_e00,
            "light": light,
            "lab_sce": lab_sce,
            "lab_sci": lab_sci,
            "ita_deg": lab_sci.ita_deg(),
            "wavelengths_nm": WAVELENGTHS_NM.to_vec(),
            "reflectance_sce": sce,
            "reflectance_sci": sci,
            "stack": layers,
        });
        return print(&format!("{}\n", serde_json::to_string_pretty(&json).map_err(Failure::other)?));
    }
    let mut out = String::new();
    let rows = || WAVELENGTHS_NM.iter().zip(sce.samples).zip(sci.samples);
    // Writing to a String cannot fail.
    if arguments.csv {
        out += "wavelength_nm,reflectance_sce,reflectance_sci\n";
        for ((nm, sce), sci) in rows() {
            let _ = writeln!(out, "{nm},{sce:.6},{sci:.6}");
        }
        return print(&out);
    }
    let s = fit.skin;
    let _ = writeln!(
        out,
        "skin: {:.2} % melanosomes in the epidermis, {:.2} % blood in the dermis; {:.2} CIEDE2000 from the tone asked for",
        100.0 * s.melanosome_fraction,
        100.0 * s.blood_fraction,
        fit.delta_e00
    );
    let _ = writeln!(out, "mirror part excluded: {}", lab_words(lab_sce));
    let _ = writeln!(out, "mirror part included: {}  ITA {:.1}", lab_words(lab_sci), lab_sci.ita_deg());
    out += "    nm  excluded  included\n";
    for ((nm, sce), sci) in rows() {
        let _ = writeln!(out, "{nm:>6}  {sce:>8.4}  {sci:>8.4}");
    }
    print(&out)
}
