//! `hairline plan`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use hairline_plan::beside::read_beside;
use hairline_plan::case::{self, Case};
use hairline_plan::design::Known;
use hairline_plan::head_source::HeadSource;
use hairline_plan::plan::Step;
use hairline_plan::{Planned, make_plan};
use hairline_view::{files, report};

use super::{print, read_input};
use crate::progress::Progress;
use crate::{Failure, folder};

/// Plan a case: hairline, zones, every dot, sessions, pictures, stencil, report, calendar, data files.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hairline example shaved-norwood6 > case.toml
  hairline plan case.toml -o plan/

The folder is written whole or not at all. Without a first day in the case the plan counts days and writes no
calendar.")]
pub struct Arguments {
    /// The case, TOML or JSON; `-` reads standard input.
    case: String,

    /// Folder to write.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// Write into a folder that holds other files too: they stay, but not under the names of a plan's files.
    #[arg(long)]
    force: bool,

    /// Print the result as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    folder::check(&arguments.output, folder::PLAN, arguments.force)?;
    let name = if arguments.case == "-" { "standard input" } else { &arguments.case };
    let case = case::read(name, &read_input(&arguments.case)?).map_err(Failure::input)?;
    let progress = Progress::new(8);
    progress.step("head");
    let beside = Beside { case_file: &arguments.case };
    let (source, known) = sources(&case, name, &beside)?;
    let mut planned = make_plan(&case, source, &known, env!("CARGO_PKG_VERSION"), &mut |step| {
        progress.step(match step {
            Step::Design => "hairline, zones and density",
            Step::Hair => "existing hair",
            Step::Dots => "every dot",
            Step::Course => "cells, sessions, quote",
        });
    })
    .map_err(|e| Failure::input(format!("{name}: {e}")))?;
    planned.plan.warnings.extend(report::unprintable(&planned.plan));
    let files = files::files(&planned, &mut |step| {
        progress.step(match step {
            files::Step::Pictures => "pictures, stencil, data files",
            files::Step::Report => "report",
        });
    })
    .map_err(Failure::other)?;
    progress.step("writing");
    folder::write(&arguments.output, folder::PLAN, &files)?;
    progress.finish();
    if arguments.json {
        print(&summary_json(&planned, &arguments.output))
    } else {
        print(&summary(&planned, &arguments.output))
    }
}

/// The plan of a case without its files.
pub(super) fn plan_of(case: &Case, name: &str, case_file: &str) -> Result<Planned, Failure> {
    let beside = Beside { case_file };
    let (source, known) = sources(case, name, &beside)?;
    make_plan(case, source, &known, env!("CARGO_PKG_VERSION"), &mut |_| {})
        .map_err(|e| Failure::input(format!("{name}: {e}")))
}

/// Files that a case names, found beside the case file.
struct Beside<'a> {
    case_file: &'a str,
}

impl Beside<'_> {
    fn read(&self, field: &str, file: &str) -> Result<Vec<u8>, String> {
        let folder = match self.case_file {
            "-" => Path::new("."),
            path => Path::new(path).parent().unwrap_or(Path::new(".")),
        };
        read_input(&folder.join(file).to_string_lossy())
            .map_err(|e| format!("{field} = \"{file}\": {}", e.message))
    }
}

/// The head of a case and what is known of its skin; what is wrong is named by its file.
fn sources(case: &Case, name: &str, beside: &Beside) -> Result<(HeadSource, Known), Failure> {
    read_beside(case, &mut |field, file| beside.read(field, file)).map_err(|e| {
        Failure::input(if e.starts_with("head.measurements") { format!("{name}: {e}") } else { e })
    })
}

fn summary(planned: &Planned, output: &Path) -> String {
    let plan = &planned.plan;
    let mut out = format!(
        "{}: {} dots on {:.0} cm2 in {} sessions\n",
        output.display(),
        plan.dots,
        plan.treated_area_cm2,
        plan.sessions.len()
    );
    for s in &plan.sessions {
        let when = s.when.date.map_or(format!("day {}", s.when.day), |d| d.to_string());
        out +=
            &format!("  session {} {when:<12} {:>6} dots {:>4.0} min\n", s.number, s.dots, s.minutes.total());
    }
    let (on, off) = if std::io::stdout().is_terminal() { ("\x1b[33m", "\x1b[0m") } else { ("", "") };
    for w in &plan.warnings {
        out += &format!("{on}note:{off} {}\n", w.text);
    }
    out
}

fn summary_json(planned: &Planned, output: &Path) -> String {
    let plan = &planned.plan;
    let line = serde_json::json!({
        "output": output.display().to_string(),
        "dots": plan.dots,
        "treated_area_cm2": plan.treated_area_cm2,
        "sessions": plan.sessions.len(),
        "warnings": plan.warnings,
    });
    format!("{line}\n")
}
