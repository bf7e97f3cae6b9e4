//! `hairline example`.

use hairline_plan::case::EXAMPLES;

use super::print;
use crate::Failure;

/// Print an example case, or list the names.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  hairline example shaved-norwood6 > case.toml")]
pub struct Arguments {
    /// Name of the example; without it the names are listed.
    name: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<(), crate::Failure> {
    let Some(name) = &arguments.name else {
        let names: Vec<String> = EXAMPLES
            .iter()
            .map(|(name, text)| {
                let first = text.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']);
                format!("{name:<20} {first}\n")
            })
            .collect();
        return print(&names.concat());
    };
    match EXAMPLES.iter().find(|(n, _)| n == name) {
        Some((_, text)) => print(text),
        None => {
            let names = EXAMPLES.map(|(n, _)| n).join(", ");
            Err(Failure::input(format!("there is no example \"{name}\"; there are {names}")))
        }
    }
}
