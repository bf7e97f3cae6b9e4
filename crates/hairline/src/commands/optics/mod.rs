//! `hairline optics`: light in skin, for engineers and researchers.

mod bake;
mod check;
mod convergence;
mod dot;
mod problem;
mod skin;
mod slab;
mod spectrum;

use std::path::Path;

use hairline_view::chart::{Chart, lay_out};
use hairline_view::pdf::Fonts;

use crate::{Failure, folder};

/// Light in skin, for engineers and researchers.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Spectrum(spectrum::Arguments),
    Dot(dot::Arguments),
    Slab(slab::Arguments),
    Bake(bake::Arguments),
    Check(check::Arguments),
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::Spectrum(a) => spectrum::run(a),
        Command::Dot(a) => dot::run(a),
        Command::Slab(a) => slab::run(a),
        Command::Bake(a) => bake::run(a),
        Command::Check(a) => check::run(a),
    }
}

/// Size of a plot, mm, and pixels per mm of a PNG.
const PLOT_MM: [f64; 2] = [160.0, 100.0];
const PX_PER_MM: f64 = 8.0;

/// Draws a chart into a file that ends in .svg or .png.
fn write_plot(file: &Path, chart: &Chart) -> Result<(), Failure> {
    let fonts = Fonts::new();
    let kind = file.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    let drawing = || lay_out(chart, PLOT_MM, &fonts).map_err(Failure::other);
    match kind.as_deref() {
        Some("svg") => folder::write_file(file, drawing()?.to_svg(&fonts).as_bytes()),
        Some("png") => folder::write_file(file, &drawing()?.to_image(PX_PER_MM, &fonts).to_png()),
        _ => Err(Failure::input(format!("{}: a plot must end in .svg or .png", file.display()))),
    }
}
