//! `hairline dots`.

use std::fmt::Write as _;

use hairline_plan::layout::{LayoutSettings, NATURAL_CV, Obstacle, place_dots_with_progress};
use hairline_plan::points::read_points;
use hairline_scalp::import::{Unit, read_mesh};

use super::{note, print, read_input};
use crate::progress::Progress;
use crate::{Failure, folder};

/// Lay dots on any mesh: the layout engine for engineers. Writes rows of `x,y,z,visit` below a comment line: millimetres,
/// visits from 1.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hairline dots head.ply --n 60000 --visits 3 --seed 1 -o dots.csv
  hairline dots head.ply --n 20000 --graded --hairs hairs.csv > dots.csv")]
pub struct Arguments {
    /// The mesh: PLY, OBJ, STL, GLB or glTF; `-` reads standard input.
    mesh: String,

    /// Unit of the mesh; without it metres for glTF, as its standard says, and millimetres for the others.
    #[arg(long, value_enum, value_name = "UNIT")]
    unit: Option<LengthUnit>,

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

#[derive(Clone, Copy, clap::ValueEnum)]
enum LengthUnit {
    Mm,
    Cm,
    M,
    In,
}

impl LengthUnit {
    fn unit(self) -> Unit {
        match self {
            LengthUnit::Mm => Unit::Millimetre,
            LengthUnit::Cm => Unit::Centimetre,
            LengthUnit::M => Unit::Metre,
            LengthUnit::In => Unit::Inch,
        }
    }
}

/// Mean spacings that dots or hairs on skin may have, mm: others speak of another unit.
const LIKELY_SPACING_MM: std::ops::RangeInclusive<f64> = 0.1..=20.0;

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut raw = read_mesh(&read_input(&arguments.mesh)?, &arguments.mesh).map_err(Failure::input)?;
    let unit = arguments.unit.map(LengthUnit::unit).or(raw.unit_hint).unwrap_or(Unit::Millimetre);
    raw.mesh.positions.iter_mut().for_each(|p| *p *= unit.mm());
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
    let spacing_mm = (raw.mesh.area_mm2() / f64::from(arguments.n)).sqrt();
    if !LIKELY_SPACING_MM.contains(&spacing_mm) {
        note(&format!(
            "{}: read in {}, the dots lie {spacing_mm:.2e} mm apart; --unit says otherwise",
            arguments.mesh,
            unit.symbol()
        ));
    }
    let progress = Progress::new(100);
    progress.step("placing dots");
    let layout = place_dots_with_progress(&raw.mesh, &density, &obstacles, &settings, &mut |share| {
        progress.to((100.0 * share) as u64);
    })
    .map_err(|e| Failure::input(format!("{}: {e}", arguments.mesh)))?;
    progress.finish();
    let mut csv = String::with_capacity(layout.dots.len() * 40);
    // A comment, not a header: numpy.loadtxt and its like then read the rows as they are.
    csv.push_str("# x,y,z,visit\n");
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
