//! `hairline plan`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use hairline_plan::case::{self, Case};
use hairline_plan::design::Known;
use hairline_plan::plan::{HeadSource, Step, head_from_measurements};
use hairline_plan::{Planned, make_plan};
use hairline_view::{preview, tables};

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

    /// Replace the folder even if it holds other files.
    #[arg(long)]
    force: bool,

    /// Print the result as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    folder::check(&arguments.output, arguments.force)?;
    let name = if arguments.case == "-" { "standard input" } else { &arguments.case };
    let case = case::read(name, &read_input(&arguments.case)?).map_err(Failure::input)?;
    let progress = Progress::new(8);
    progress.step("head");
    let source = head(&case)?;
    let planned = make_plan(&case, source, &Known::default(), env!("CARGO_PKG_VERSION"), &mut |step| {
        progress.step(match step {
            Step::Head => "head",
            Step::Design => "hairline, zones and density",
            Step::Hair => "existing hair",
            Step::Dots => "every dot",
            Step::Course => "cells, sessions, quote",
        });
    })
    .map_err(|e| Failure::input(format!("{name}: {e}")))?;
    progress.step("files");
    let files = files(&planned)?;
    progress.step("writing");
    folder::write(&arguments.output, &files)?;
    progress.finish();
    if arguments.json {
        print(&summary_json(&planned, &arguments.output))
    } else {
        print(&summary(&planned, &arguments.output))
    }
}

fn head(case: &Case) -> Result<HeadSource, Failure> {
    head_from_measurements(case).map_err(Failure::input)
}

fn files(planned: &Planned) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let json = serde_json::to_string_pretty(&planned.plan).map_err(Failure::other)? + "\n";
    let mut files = vec![
        ("plan.json".to_owned(), json.into_bytes()),
        ("dots.csv".to_owned(), tables::dots_csv(&planned.dots).into_bytes()),
        ("cells.csv".to_owned(), tables::cells_csv(planned).into_bytes()),
    ];
    files.extend(preview::previews(planned).into_iter().map(|picture| (picture.file, picture.png)));
    Ok(files)
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
