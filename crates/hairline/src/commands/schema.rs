//! `hairline schema`.

use super::print;
use crate::Failure;

/// Print the JSON Schema of a file format.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  hairline schema case > case.schema.json")]
pub struct Arguments {
    /// Which format.
    #[arg(value_enum)]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// The case file (TOML or JSON).
    Case,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let schema = match arguments.format {
        Format::Case => hairline_plan::case::schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(Failure::other)?;
    print(&format!("{text}\n"))
}
