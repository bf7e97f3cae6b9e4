//! `hairline optics slab`.

use std::fmt::Write as _;
use std::time::Instant;

use hairline_optics::transport::slab::{SlabAnswer, simulate};

use super::problem;
use crate::Failure;
use crate::commands::{print, read_input};
use crate::progress::Progress;

/// Follow a beam of light through layers: reflectance, transmittance, absorption, each with its standard error.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hairline optics slab skin.toml
  hairline optics slab skin7.mci --photons 1000000 --json | jq .diffuse_reflectance

The file is TOML:
  photons = 1000000
  seed = 1
  n_above = 1.0
  n_below = 1.0
  radial_step_mm = 0.1
  radial_bins = 50
  [[layer]]                # from the surface down
  n = 1.4
  mua_per_mm = 0.05
  mus_per_mm = 15
  g = 0.8
  thickness_mm = \"inf\"     # or a number; only the last may be \"inf\"
or an input of the program MCML (.mci 1.0, centimetres).")]
pub struct Arguments {
    /// The problem: TOML or .mci; `-` reads standard input.
    file: String,

    /// Photons, instead of the file's.
    #[arg(long, value_name = "N")]
    photons: Option<u64>,

    /// Seed, instead of the file's.
    #[arg(long)]
    seed: Option<u64>,

    /// Which run of an .mci file that holds several.
    #[arg(long, value_name = "K")]
    run: Option<usize>,

    /// Also print absorption by depth and radius and light by exit angle, if the file has their steps (with --json).
    #[arg(long, requires = "json")]
    grids: bool,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let bytes = read_input(&arguments.file)?;
    let mut problem = problem::read(&arguments.file, &bytes, arguments.run).map_err(Failure::input)?;
    let beam = &mut problem.beam;
    beam.photons = arguments.photons.unwrap_or(beam.photons);
    beam.seed = arguments.seed.unwrap_or(beam.seed);
    if !arguments.grids {
        beam.grids = None;
    } else if beam.grids.is_none() {
        return Err(Failure::input(format!(
            "{}: --grids needs depth_step_mm and depth_bins in the file",
            arguments.file
        )));
    }
    let progress = Progress::new(beam.photons);
    let counted = std::sync::atomic::AtomicU64::new(0);
    let start = Instant::now();
    let answer = simulate(&problem.stack, beam, &|photons| {
        progress.to(counted.fetch_add(photons, std::sync::atomic::Ordering::Relaxed) + photons);
    })
    .map_err(|e| Failure::input(format!("{}: {e}", arguments.file)))?;
    let seconds = start.elapsed().as_secs_f64();
    progress.finish();
    let (photons, threads) = (beam.photons, rayon::current_num_threads());
    if arguments.json {
        let mut json = serde_json::to_value(&answer).map_err(Failure::other)?;
        json["photons"] = photons.into();
        json["seconds"] = seconds.into();
        json["threads"] = threads.into();
        return print(&format!("{}\n", serde_json::to_string_pretty(&json).map_err(Failure::other)?));
    }
    print(&(words(&answer) + &format!("{photons} photons in {seconds:.2} s on {threads} threads\n")))
}

fn words(answer: &SlabAnswer) -> String {
    let mut out = String::new();
    for (name, e) in [
        ("specular", answer.specular),
        ("diffuse reflectance", answer.diffuse_reflectance),
        ("transmittance", answer.transmittance),
        ("absorbed", answer.absorbed),
    ] {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name:<20} {:>9.6} +- {:.6}", e.value, e.se);
    }
    if !answer.radial.is_empty() {
        out += "     r mm   reflectance per mm2\n";
    }
    for ring in &answer.radial {
        let _ = writeln!(out, "{:>9.4}   {:.4e} +- {:.1e}", ring.r_mm, ring.reflectance_per_mm2, ring.se);
    }
    out
}
