//! `hairline optics dot`.

use std::fmt::Write as _;
use std::path::PathBuf;

use hairline_optics::adding::{STREAMS, reflectance_sce};
use hairline_optics::dots::Table;
use hairline_optics::dots::look::{DotLook, Ring};
use hairline_optics::dots::nodes::{RADIUS, distance_mm};
use hairline_optics::pigment::{
    ASSUMED_PIGMENT_MG_PER_ML, ASSUMED_UPTAKE_FRACTION, Blend, Bottle, HEALED_CARBON_NM,
};
use hairline_optics::spectrum::{N_WAVELENGTHS, Spectrum};
use hairline_optics::tissue::SpectralStack;
use hairline_optics::transport::dotted::{Deposit, Seen, Shape, look};
use hairline_view::chart::{Axis, Chart, Curve, Look};
use serde::{Deserialize, Serialize};

use super::skin::{SkinArguments, lab_words, light};
use super::write_plot;
use crate::Failure;
use crate::commands::{print, read_input};
use crate::progress::Progress;

/// How one dot of pigment looks in a skin: colours, contrast, width and spectra, from the tables or by full Monte Carlo.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hairline optics dot --ita 30 --pigment carbon-black --shade 10 --diameter-mm 0.25 --depth-mm 0.5
  hairline optics dot --monk 3 --pigment carbon-black:0.9+red-iron-oxide:0.1 --json > dot.json
  hairline optics dot --stack dot.json --exact --photons 100000")]
pub struct Arguments {
    #[command(flatten)]
    skin: SkinArguments,

    /// Pigment: carbon-black, black-iron-oxide, red-iron-oxide, yellow-iron-oxide, or a blend by shares of mass such as
    /// carbon-black:0.9+red-iron-oxide:0.1.
    #[arg(long, value_name = "NAME", default_value = "carbon-black")]
    pigment: String,

    /// Shade: ml of diluent to 1 ml of pigment.
    #[arg(long, value_name = "N", default_value_t = 10.0, allow_negative_numbers = true)]
    shade: f64,

    /// Diameter of the deposit, mm.
    #[arg(long, value_name = "MM", default_value_t = 0.25, allow_negative_numbers = true)]
    diameter_mm: f64,

    /// Depth of the middle of the deposit, mm.
    #[arg(long, value_name = "MM", default_value_t = 0.4, allow_negative_numbers = true)]
    depth_mm: f64,

    /// Height of the deposit, mm; an assumption of 0.2 without it.
    #[arg(long, value_name = "MM", default_value_t = 0.2, allow_negative_numbers = true)]
    height_mm: f64,

    /// Pigment in the bottle, mg/ml: an assumption until a healed test dot is measured.
    #[arg(long, value_name = "MG", default_value_t = ASSUMED_PIGMENT_MG_PER_ML, allow_negative_numbers = true)]
    pigment_mg_per_ml: f64,

    /// Share of the deposit's volume that is mix: an assumption until a healed test dot is measured.
    #[arg(long, value_name = "SHARE", default_value_t = ASSUMED_UPTAKE_FRACTION, allow_negative_numbers = true)]
    uptake_fraction: f64,

    /// Diameter of carbon grains, nm: 30 in the bottle, 200 once cells have taken them up.
    #[arg(long, value_name = "NM", default_value_t = HEALED_CARBON_NM, allow_negative_numbers = true)]
    carbon_nm: f64,

    /// Take `stack` and `dot` from a JSON file such as --json prints.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ita", "monk", "fitzpatrick", "lab_sci", "lab_sce"])]
    stack: Option<String>,

    /// Follow the light by Monte Carlo instead of reading the tables.
    #[arg(long)]
    exact: bool,

    /// With --exact: photons from each point at each wavelength.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    photons: u64,

    /// With --exact: same seed, same answer.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Light of the colours: d65, led, tungsten, shade.
    #[arg(long, value_name = "LIGHT", default_value = "d65")]
    light: String,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    /// Also draw the profile: a file that ends in .svg or .png.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

/// A stack and a dot, as printed and as read.
#[derive(Serialize, Deserialize)]
struct Problem {
    stack: SpectralStack,
    dot: Dot,
}

/// A deposit by wavelength.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dot {
    shape: Shape,
    diameter_mm: f64,
    top_mm: f64,
    height_mm: f64,
    mua_per_mm: Spectrum,
}

/// The whole answer.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    look: DotLook,
    #[serde(flatten)]
    problem: Problem,
    /// What the numbers rest on.
    method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio_se: Option<Vec<Spectrum>>,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let light = light(&arguments.light)?;
    let problem = match &arguments.stack {
        Some(file) => read(file)?,
        None => asked(arguments)?,
    };
    let radii: Vec<f64> = RADIUS.iter().map(|&node| distance_mm(node, problem.dot.diameter_mm)).collect();
    let (bare, profile, ratio_se) = if arguments.exact {
        exact(&problem, &radii, arguments.photons, arguments.seed)?
    } else {
        let (bare, profile) = from_tables(&problem, &between(&radii))?;
        (bare, profile, None)
    };
    let look = DotLook::new(bare, profile, light);
    if let Some(file) = &arguments.plot {
        write_plot(file, &chart(&look))?;
    }
    if !arguments.json {
        return print(&words(&look));
    }
    let method = if arguments.exact { "Monte Carlo of this stack and dot" } else { "tables of dots" };
    let answer = Answer { look, problem, method, ratio_se };
    print(&format!("{}\n", serde_json::to_string_pretty(&answer).map_err(Failure::other)?))
}

/// The skin and dot of the options.
fn asked(arguments: &Arguments) -> Result<Problem, Failure> {
    for (name, value, [low, high]) in [
        ("diameter-mm", arguments.diameter_mm, [0.02, 5.0]),
        ("depth-mm", arguments.depth_mm, [0.0, 5.0]),
        ("height-mm", arguments.height_mm, [0.02, 2.0]),
    ] {
        if !(low <= value && value <= high) {
            return Err(Failure::input(format!("--{name} is {value}; allowed are {low} to {high} mm")));
        }
    }
    let pigment: Blend = arguments.pigment.parse().map_err(|e| Failure::input(format!("--pigment: {e}")))?;
    let bottle = Bottle { pigment, pigment_mg_per_ml: arguments.pigment_mg_per_ml };
    let deposit = bottle
        .deposit(arguments.shade, arguments.uptake_fraction, arguments.carbon_nm)
        .map_err(Failure::input)?;
    let fit = arguments.skin.fitted()?;
    let dot = Dot {
        shape: Shape::Cylinder,
        diameter_mm: arguments.diameter_mm,
        // Nothing of a deposit lies outside the skin.
        top_mm: (arguments.depth_mm - 0.5 * arguments.height_mm).max(0.0),
        height_mm: arguments.height_mm,
        mua_per_mm: deposit.mua_per_mm,
    };
    Ok(Problem { stack: fit.skin.layers(), dot })
}

fn read(file: &str) -> Result<Problem, Failure> {
    serde_json::from_slice(&read_input(file)?).map_err(|e| {
        Failure::input(format!("{file}: {e}; wanted is a stack and a dot as --json prints them"))
    })
}

/// Radii with three more between each two: the tables are curves, and reading them costs nothing.
fn between(radii: &[f64]) -> Vec<f64> {
    let quarters = |pair: &[f64]| [0.0, 0.25, 0.5, 0.75].map(|t| pair[0] + t * (pair[1] - pair[0]));
    radii.windows(2).flat_map(quarters).chain(radii.last().copied()).collect()
}

fn from_tables(problem: &Problem, radii: &[f64]) -> Result<(Spectrum, Vec<Ring>), Failure> {
    let Problem { stack, dot } = problem;
    let like_skin =
        dot.shape == Shape::Cylinder && stack.layers.iter().any(|layer| layer.name == "epidermis");
    if !like_skin {
        return Err(Failure::input(
            "the tables hold upright cylinders in skin whose layers have the names --json prints; for this stack add --exact",
        ));
    }
    let bare = reflectance_sce::<STREAMS>(stack).map_err(Failure::input)?;
    let dots = Table::bundled().of_skin(stack, dot.height_mm);
    let profile = dots.profile(dot.diameter_mm, dot.top_mm, &dot.mua_per_mm);
    let ring = |&r_mm: &f64| Ring { r_mm, ratio: profile.ratio(r_mm) };
    Ok((bare, radii.iter().map(ring).collect()))
}

type Exact = (Spectrum, Vec<Ring>, Option<Vec<Spectrum>>);

fn exact(problem: &Problem, radii: &[f64], photons: u64, seed: u64) -> Result<Exact, Failure> {
    let Problem { stack, dot } = problem;
    let points: Vec<[f64; 2]> = radii.iter().map(|&r| [r, 0.0]).collect();
    let progress = Progress::new(N_WAVELENGTHS as u64);
    let mut seen: Vec<Vec<Seen>> = vec![];
    for w in 0..N_WAVELENGTHS {
        progress.step("following light");
        let height = [dot.top_mm, dot.height_mm];
        let upright = Deposit::upright([0.0; 2], dot.diameter_mm, height, dot.mua_per_mm.samples[w]);
        let deposit = Deposit { shape: dot.shape, ..upright };
        let seed = seed.wrapping_mul(100).wrapping_add(w as u64);
        seen.push(look(&stack.stack(w), &[deposit], &points, photons, seed).map_err(Failure::input)?);
    }
    progress.finish();
    let at =
        |i: usize, of: &dyn Fn(&Seen) -> f64| Spectrum { samples: std::array::from_fn(|w| of(&seen[w][i])) };
    // Without noise where the layers allow it; the farthest point has met the dot least.
    let bare = reflectance_sce::<STREAMS>(stack).unwrap_or_else(|_| at(0, &|s| s.skin.value));
    let ring = |(i, &r_mm): (usize, &f64)| Ring { r_mm, ratio: at(i, &|s| s.ratio.value) };
    let rings = radii.iter().enumerate().map(ring).collect();
    let se = (0..radii.len()).map(|i| at(i, &|s| s.ratio.se)).collect();
    Ok((bare, rings, Some(se)))
}

fn chart(look: &DotLook) -> Chart {
    let curve = |nm: f64| Curve {
        name: format!("{nm} nm"),
        look: Look::Line,
        points: look.profile.iter().filter(|r| r.r_mm < 1.2).map(|r| [r.r_mm, r.ratio.at_nm(nm)]).collect(),
        band: None,
    };
    Chart {
        title: "What the dot leaves of the skin's light".to_owned(),
        description:
            "Reflectance of the dotted over that of the bare skin, by distance from the middle of the dot"
                .to_owned(),
        x: Axis::linear("distance from the middle", "mm", &[0.0]),
        y: Axis::linear("dotted over bare skin", "", &[0.0, 1.0]),
        bars: vec![],
        curves: [450.0, 550.0, 650.0].map(curve).into(),
        spans: vec![],
        limits: vec![],
    }
}

fn words(look: &DotLook) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "skin  {}", lab_words(look.skin_lab));
    let _ = writeln!(
        out,
        "dot   {}  in its middle: {:.1} CIEDE2000 from the skin, half as strong {:.2} mm from there",
        lab_words(look.dot_lab),
        look.delta_e00,
        look.hwhm_mm
    );
    out += "  r mm   left at 450  550  650 nm\n";
    let few = look.profile.len().div_ceil(RADIUS.len());
    for ring in look.profile.iter().step_by(few) {
        let at = |nm: f64| ring.ratio.at_nm(nm);
        let _ = writeln!(out, "{:>6.3}      {:.3}  {:.3}  {:.3}", ring.r_mm, at(450.0), at(550.0), at(650.0));
    }
    out
}
