//! The hairline command.

mod commands;
mod folder;
mod progress;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Scalp micropigmentation, from the first consultation to the touch-up years later.
#[derive(Parser)]
#[command(name = "hairline", version, about, after_help = EXAMPLES, max_term_width = 110)]
struct Arguments {
    /// Number of threads; without it RAYON_NUM_THREADS, else all cores. The result is the same on any number.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    threads: Option<u16>,

    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  hairline example                                   list the example cases
  hairline example shaved-norwood6 > case.toml       print one
  hairline plan case.toml -o plan/                   plan it: every dot, pictures, stencil, report
  hairline shade case.toml                           which dilution matches the client's stubble, and why
  hairline fade case.toml                            how it heals and fades, with bands
  hairline refresh plan/ --day 1300 -o refresh/      which dots to go over, leave, add
  hairline head scan.glb                             what a head scan holds
  hairline dots mesh.ply --n 60000 --visits 3 --seed 1 -o dots.csv
  hairline serve --listen 127.0.0.1:8080 --data data/  the studio: pages and API
  hairline admin backup --data data/ -o backup.db      copy the studio's records while it works";

#[derive(Subcommand)]
enum Command {
    Plan(commands::plan::Arguments),
    Shade(commands::shade::Arguments),
    Fade(commands::fade::Arguments),
    Refresh(commands::refresh::Arguments),
    Example(commands::example::Arguments),
    Schema(commands::schema::Arguments),
    Head(commands::head::Arguments),
    Dots(commands::dots::Arguments),
    Optics(commands::optics::Arguments),
    Serve(commands::serve::Arguments),
    Admin(commands::admin::Arguments),
    Completions(commands::completions::Arguments),
    /// What the studio's server asks of this program for each plan.
    #[command(name = hairline_web::planner::child::COMMAND, hide = true)]
    PlanForServer,
}

/// A failure: what to print on standard error, and the exit code.
struct Failure {
    message: String,
    code: u8,
}

impl From<hairline_studio::store::Error> for Failure {
    fn from(error: hairline_studio::store::Error) -> Failure {
        Failure::input(error)
    }
}

impl Failure {
    /// Bad input: the user can mend it.
    fn input(message: impl std::fmt::Display) -> Failure {
        Failure { message: message.to_string(), code: 2 }
    }

    /// The machine or the program failed.
    fn other(message: impl std::fmt::Display) -> Failure {
        Failure { message: message.to_string(), code: 1 }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { message, code }) => {
            let (on, off) =
                if std::io::stderr().is_terminal() { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
            #[expect(clippy::print_stderr, reason = "the command's own error message")]
            {
                eprintln!("{on}error:{off} {message}");
            }
            ExitCode::from(code)
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    if let Some(n) = arguments.threads {
        rayon::ThreadPoolBuilder::new().num_threads(n as usize).build_global().map_err(Failure::other)?;
    }
    match arguments.command {
        Command::Plan(a) => commands::plan::run(&a),
        Command::Shade(a) => commands::shade::run(&a),
        Command::Fade(a) => commands::fade::run(&a),
        Command::Refresh(a) => commands::refresh::run(&a),
        Command::Example(a) => commands::example::run(&a),
        Command::Schema(a) => commands::schema::run(&a),
        Command::Head(a) => commands::head::run(&a),
        Command::Dots(a) => commands::dots::run(&a),
        Command::Optics(a) => commands::optics::run(&a),
        Command::Serve(a) => commands::serve::run(&a),
        Command::Admin(a) => commands::admin::run(&a),
        Command::PlanForServer => commands::serve::plan_for_server(),
        Command::Completions(a) => commands::completions::run(&a, &mut Arguments::command()),
    }
}
