//! `hairline completions`.

use clap_complete::Shell;

use super::print;
use crate::Failure;

/// Print shell completions.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  hairline completions bash > ~/.local/share/bash-completion/completions/hairline"
)]
pub struct Arguments {
    /// Which shell.
    shell: Shell,
}

pub fn run(arguments: &Arguments, command: &mut clap::Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, command, "hairline", &mut script);
    print(&String::from_utf8_lossy(&script))
}
