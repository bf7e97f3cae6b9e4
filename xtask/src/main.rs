//! Project tasks: `cargo xtask run`, `cargo xtask test`, `cargo xtask postgres`, `cargo xtask audit`.
//!
//! No dependencies: this must build in seconds on a bare machine.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tasks talk to the person who runs them")]

mod demo;
mod postgres;
mod tests;
#[cfg(test)]
mod tidy;
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const HELP: &str = "\
Tasks of the project:

  cargo xtask run       build the program and start the demonstration studio at http://127.0.0.1:8080
  cargo xtask test      set up what the tests need and run every test
  cargo xtask postgres  a throw-away PostgreSQL for `cargo test` by hand, until Ctrl-C
  cargo xtask audit     licences and known advisories of the dependencies

Everything is built in the release profile, in one target folder.";

fn main() -> ExitCode {
    let asked_for_help = std::env::args().skip(1).any(|a| a == "--help" || a == "-h");
    let task = if asked_for_help { String::new() } else { std::env::args().nth(1).unwrap_or_default() };
    let done = match task.as_str() {
        "run" => demo::run(),
        "test" => tests::run(),
        "postgres" => postgres::run(),
        "audit" => tools::audit(),
        "" | "help" => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        other => Err(format!("there is no task \"{other}\"\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Where cargo builds.
fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Runs a command in the repository's root and fails unless it succeeds.
fn must(command: &mut Command) -> Result<(), String> {
    let words = format!("{command:?}").replace('"', "");
    match command.current_dir(root()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{words}` failed ({status})")),
        Err(e) => Err(format!("`{words}` cannot be started: {e}")),
    }
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
