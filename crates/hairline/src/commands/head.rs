//! `hairline head`.

use hairline_scalp::Measure;
use hairline_scalp::import::{ImportReport, ImportSettings, Source, import_scan};

use super::{print, read_input};
use crate::Failure;
use crate::progress::Progress;

/// Import a head scan and say what was found: unit, landmarks, measures, repairs.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hairline head scan.glb
  hairline head scan.ply --json | jq .measures")]
pub struct Arguments {
    /// The scan: GLB, glTF, OBJ, PLY or STL; `-` reads standard input.
    file: String,

    /// Print the whole report as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let bytes = read_input(&arguments.file)?;
    let progress = Progress::new(1);
    progress.step("cleaning the scan and finding the head");
    let scan = import_scan(&bytes, &arguments.file, &ImportSettings::default()).map_err(Failure::input)?;
    progress.finish();
    if arguments.json {
        let rows = scan.head_from_scan.transpose().to_cols_array_2d();
        let mut json = serde_json::to_value(&scan.report).map_err(Failure::other)?;
        json["head_from_scan"] = serde_json::json!(rows);
        let text = serde_json::to_string_pretty(&json).map_err(Failure::other)?;
        return print(&format!("{text}\n"));
    }
    print(&words(&scan.report))
}

fn words(report: &ImportReport) -> String {
    let mut out = format!(
        "{}: {} triangles, in {} ({})\n",
        report.file,
        report.triangles_in_file,
        report.unit.unit.symbol(),
        report.unit.reason
    );
    out += &format!(
        "orientation: {}, confidence {:.2}; cranium {:.1} mm rms from the average head\n",
        if report.orientation.given { "from the given landmarks" } else { "found" },
        report.orientation.confidence,
        report.orientation.cranium_rms_mm
    );
    let filled = report.holes.iter().filter(|h| h.filled_mm2 > 0.0);
    out += &format!(
        "head: {} triangles; {} holes filled ({:.1} cm2); {} loose pieces dropped\n",
        report.triangles,
        filled.clone().count(),
        filled.fold(0.0, |sum, h| sum + h.filled_mm2) / 100.0,
        report.pieces_dropped
    );
    out += "measures:\n";
    for measure in Measure::ALL {
        out += &format!("  {:<22} {:>6.1} mm\n", measure.key(), report.measures.get(measure));
    }
    out += "landmarks in the file's own coordinates:\n";
    for mark in &report.landmarks {
        let [x, y, z] = mark.position_in_file.to_array();
        let source = match mark.source {
            Source::Given => "given".to_owned(),
            _ => format!("found, about {:.0} mm sure", mark.uncertainty_mm),
        };
        out += &format!("  {:<14} [{x:.4}, {y:.4}, {z:.4}]  {source}\n", mark.name);
    }
    for warning in &report.warnings {
        out += &format!("note: {warning}\n");
    }
    out
}
