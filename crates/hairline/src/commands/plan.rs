//! `hairline plan`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use glam::DVec3;
use hairline_plan::case::{self, Case};
use hairline_plan::design::Known;
use hairline_plan::head_source::{HeadSource, head_from_measurements, head_from_scan};
use hairline_plan::plan::Step;
use hairline_plan::points::read_points;
use hairline_plan::{Planned, make_plan};
use hairline_view::stencil::stencil_of;
use hairline_view::{calendar, ply, preview, report, tables};
use rayon::prelude::*;

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
    let source = head(&case, name, &beside)?;
    let known = known(&case, &beside)?;
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
    let files = files(&planned, &progress)?;
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
    let (source, known) = (head(case, name, &beside)?, known(case, &beside)?);
    make_plan(case, source, &known, env!("CARGO_PKG_VERSION"), &mut |_| {})
        .map_err(|e| Failure::input(format!("{name}: {e}")))
}

/// Files that a case names, found beside the case file.
struct Beside<'a> {
    case_file: &'a str,
}

impl Beside<'_> {
    fn read(&self, field: &str, file: &str) -> Result<Vec<u8>, Failure> {
        let folder = match self.case_file {
            "-" => Path::new("."),
            path => Path::new(path).parent().unwrap_or(Path::new(".")),
        };
        read_input(&folder.join(file).to_string_lossy())
            .map_err(|e| Failure::input(format!("{field} = \"{file}\": {}", e.message)))
    }
}

fn head(case: &Case, name: &str, beside: &Beside) -> Result<HeadSource, Failure> {
    match &case.head.scan {
        Some(scan) => {
            let bytes = beside.read("head.scan", scan)?;
            head_from_scan(case, scan, &bytes).map_err(Failure::input)
        }
        None => head_from_measurements(case)
            .map_err(|e| Failure::input(format!("{name}: head.measurements: {e}"))),
    }
}

fn known(case: &Case, beside: &Beside) -> Result<Known, Failure> {
    let points = |field: &str, file: &Option<String>| -> Result<Option<Vec<DVec3>>, Failure> {
        let Some(file) = file else { return Ok(None) };
        read_points(file, &beside.read(field, file)?).map(Some).map_err(Failure::input)
    };
    Ok(Known {
        hairs_mm: points("hair.positions", &case.hair.positions)?,
        earlier_mm: points("earlier.dots", &case.earlier.dots)?,
    })
}

/// Every file of a plan. Stencil and data files are made while the pictures are.
fn files(planned: &Planned, progress: &Progress) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    progress.step("pictures, stencil, data files");
    let (pictures, rest) = rayon::join(|| preview::previews(planned), || data_files(planned));
    let pictures = pictures.map_err(|e| Failure::other(format!("pictures: {e}")))?;
    let mut files = rest?;
    progress.step("report");
    let (report, pngs) = rayon::join(
        || report::report_pdf(&planned.plan, &pictures),
        || pictures.par_iter().map(|picture| picture.image.to_png()).collect::<Vec<_>>(),
    );
    files.push(("report.pdf".to_owned(), report.map_err(|e| Failure::other(format!("report: {e}")))?));
    files.extend(pictures.into_iter().map(|picture| picture.file).zip(pngs));
    Ok(files)
}

fn data_files(planned: &Planned) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let json = serde_json::to_string_pretty(&planned.plan).map_err(Failure::other)? + "\n";
    let stencil = stencil_of(planned).map_err(|e| Failure::other(format!("stencil: {e}")))?;
    let mut files = vec![
        ("plan.json".to_owned(), json.into_bytes()),
        ("dots.csv".to_owned(), tables::dots_csv(&planned.dots).into_bytes()),
        ("dots.ply".to_owned(), ply::dots_to_ply(&planned.dots)),
        ("head.glb".to_owned(), preview::head_glb(planned)),
        ("cells.csv".to_owned(), tables::cells_csv(planned).into_bytes()),
        ("stencil.pdf".to_owned(), stencil),
    ];
    if let Some(calendar) = calendar::course_ics(&planned.plan) {
        files.push(("course.ics".to_owned(), calendar.into_bytes()));
    }
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
