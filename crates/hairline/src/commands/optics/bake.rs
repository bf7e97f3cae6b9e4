//! `hairline optics bake`.

use std::path::PathBuf;

use hairline_optics::dots::Table;
use hairline_optics::dots::bake::{PHOTONS, SEED, bake};

use crate::progress::Progress;
use crate::{Failure, folder};

/// Compute the tables of dots anew: an hour of one core or so. The same photons and seed give the same file on any machine.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hairline optics bake -o crates/optics/data/dots.bin
  hairline optics bake --photons 10000 -o rough.bin")]
pub struct Arguments {
    /// File to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// Photons from each of 2880 points.
    #[arg(long, value_name = "N", default_value_t = PHOTONS, value_parser = clap::value_parser!(u64).range(1000..=1_000_000_000))]
    photons: u64,

    /// Same seed, same table.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let progress = Progress::new(1000);
    progress.step("following light");
    let values = bake(arguments.photons, arguments.seed, &|share| progress.to((1000.0 * share) as u64));
    progress.finish();
    folder::write_file(&arguments.output, &Table::write(&values, arguments.photons, arguments.seed))
}
