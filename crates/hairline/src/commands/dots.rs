//! `hairline dots`.

use std::fmt::Write as _;

use hairline_plan::layout::{LayoutSettings, NATURAL_CV, Obstacle, place_dots};
use hairline_plan::points::read_points;
use hairline_scalp::import::read_mesh;

use super::{print, read_input};
use crate::progress::Progress;
use crate::{Failure, folder};

/// Lay dots on any mesh: the layout engine for engineers. Writes the columns `x,y,z,visit`: millimetres as in
/// the mesh, visits from 1.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hairline dots head.ply --n 60000 --visits 3 --seed 1 -o dots.csv
  hairline dots head.ply --n 20000 --graded --hairs hairs.csv > dots.csv")]
pub struct Arguments {
    /// The mesh, lengths in mm: PLY, OBJ, STL, GLB or glTF; `-` reads standard input.
    mesh: String,

    /// Number of dots.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=5_000_000))]
    n: u32,

    /// Number of visits; each alone and each union of the first ones is evenly spread. Shares 30/40/30 for three, else equal.
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=8))]
    visits: u8,

    /// Same seed, same dots, on any number of threads.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Take the relative density from the vertex property `quality` of a PLY file.
    #[arg(long)]
    graded: bool,

    /// Existing hairs to keep 0.3 mm clear of: CSV with x,y,z in mm.
    #[arg(long, value_name = "FILE")]
    hairs: Option<String>,

    /// Irregularity: coefficient of variation of the nearest-neighbour distance, 0.10 even to 0.25 loose.
    #[arg(long, value_name = "CV", default_value_t = NATURAL_CV)]
    irregularity: f64,

    /// File to write; without it, or with `-`, standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let raw = read_mesh(&read_input(&arguments.mesh)?, &arguments.mesh).map_err(Failure::input)?;
    let density = match (arguments.graded, raw.quality) {
        (false, _) => vec![1.0; raw.mesh.positions.len()],
        (true, Some(quality)) => quality,
        (true, None) => {
            return Err(Failure::input(format!(
                "{}: --graded needs the vertex property `quality`, and there is none",
                arguments.mesh
            )));
        }
    };
    let hairs = match &arguments.hairs {
        Some(file) => read_points(file, &read_input(file)?).map_err(Failure::input)?,
        None => vec![],
    };
    let obstacles: Vec<Obstacle> = hairs.into_iter().map(Obstacle::hair).collect();
    let visit_shares = match arguments.visits {
        3 => vec![0.3, 0.4, 0.3],
        k => vec![1.0; k as usize],
    };
    let settings = LayoutSettings {
        dots: Some(arguments.n as usize),
        visit_shares,
        irregularity_cv: arguments.irregularity,
        seed: arguments.seed,
    };
    let progress = Progress::new(1);
    progress.step("placing dots");
    let layout = place_dots(&raw.mesh, &density, &obstacles, &settings)
        .map_err(|e| Failure::input(format!("{}: {e}", arguments.mesh)))?;
    progress.finish();
    let mut csv = String::with_capacity(layout.dots.len() * 40);
    csv.push_str("x,y,z,visit\n");
    for dot in &layout.dots {
        let p = dot.position_mm;
        // Writing to a String cannot fail.
        let _ = writeln!(csv, "{:.6},{:.6},{:.6},{}", p.x, p.y, p.z, dot.visit + 1);
    }
    match arguments.output.as_deref() {
        None | Some("-") => print(&csv),
        Some(path) => folder::write_file(path.as_ref(), csv.as_bytes()),
    }
}
