//! `hairline optics check`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use hairline_optics::adding::{FINE_STREAMS, fluxes};
use hairline_optics::bare::{bare_sce, sci_of_sce};
use hairline_optics::difference::ciede2000;
use hairline_optics::dots::Table;
use hairline_optics::dots::check::{Case, LEAST_CONTRAST_E00, Outcome, PHOTONS, POINTS, Verdict};
use hairline_optics::illuminant::Illuminant;
use hairline_optics::published::{CLASSES, ciede2000_pairs, known_slabs, measured_class, seven_layers};
use hairline_optics::tissue::Skin;
use hairline_optics::tone::{Tone, fit_skin};
use hairline_optics::transport::slab::{Beam, simulate};
use hairline_view::chart::{Axis, Bars, Chart, Span};

use super::convergence::{self, Convergence};
use super::write_plot;
use crate::commands::{print, reason};
use crate::progress::Progress;
use crate::{Failure, folder};

/// Check the optics against published values, and the tables of dots against Monte Carlo of random cases.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hairline optics check                                       a minute: published values, six random cases
  hairline optics check --cases 300 --results table-check.csv hours: what BENCHMARKS.md reports; goes on where it was stopped")]
pub struct Arguments {
    /// Random cases to compare tables and Monte Carlo in, half single dots, half dots with neighbours.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u64).range(0..=100_000))]
    cases: u64,

    /// Photons from each point at each wavelength.
    #[arg(long, value_name = "N", default_value_t = PHOTONS, value_parser = clap::value_parser!(u64).range(100..=1_000_000_000))]
    photons: u64,

    /// Keep the outcome of every case in a CSV file; cases that it already holds are not computed again.
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,

    /// Check this table instead of the one that comes with the program.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,

    /// Draw how far the tables are off: a file that ends in .svg or .png.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,

    /// Draw how the error of the Monte Carlo falls with photons: a file that ends in .svg or .png.
    #[arg(long, value_name = "FILE")]
    convergence: Option<PathBuf>,
}

/// One line of the report.
pub struct Row {
    pub what: String,
    pub wanted: String,
    pub found: String,
    pub ok: bool,
}

/// Share of points that must be met in a full check, and in one of few cases, whose quantile is rough.
const MET: f64 = 0.95;
const MET_BY_FEW: f64 = 0.85;
const MANY_CASES: usize = 100;

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let read;
    let table = match &arguments.table {
        None => Table::bundled(),
        Some(file) => {
            let name = file.display();
            let bytes = std::fs::read(file).map_err(|e| Failure::input(format!("{name}: {}", reason(&e))))?;
            read = Table::read(&bytes).map_err(|e| Failure::input(format!("{name}: {e}")))?;
            &read
        }
    };
    let progress = Progress::new(arguments.cases + 4);
    progress.step("layers");
    let mut rows = slabs()?;
    progress.step("error over photons");
    let studies = convergence::study()?;
    rows.extend(studies.iter().flat_map(Convergence::rows));
    progress.step("colours");
    rows.push(differences());
    rows.extend(classes()?);
    let outcomes = outcomes(arguments, table, &progress)?;
    progress.finish();
    rows.extend(verdict(&outcomes, "single dots", |o| o.dots == 1));
    rows.extend(verdict(&outcomes, "dots with neighbours", |o| o.dots > 1));
    if let Some(file) = &arguments.plot {
        write_plot(file, &histogram(&outcomes))?;
    }
    if let Some(file) = &arguments.convergence {
        write_plot(file, &convergence::plot(&studies))?;
    }
    let mut out = String::new();
    for Row { what, wanted, found, ok } in &rows {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{} {what:<52} {wanted:<26} {found}", if *ok { "ok  " } else { "FAIL" });
    }
    print(&out)?;
    match rows.iter().filter(|row| !row.ok).count() {
        0 => Ok(()),
        failed => Err(Failure::other(format!("{failed} of {} checks failed", rows.len()))),
    }
}

/// Layers by both solvers.
fn slabs() -> Result<Vec<Row>, Failure> {
    let mut rows = vec![];
    let beam = Beam {
        photons: 400_000,
        seed: 1,
        radial_step_mm: 1.0,
        radial_bins: 0,
        roulette_weight: 1e-4,
        grids: None,
    };
    let mut row = |what: String, [wanted, error]: [f64; 2], found: f64, se: f64| {
        let off = (found - wanted).abs() / (se * se + error * error).sqrt().max(1e-9);
        rows.push(Row {
            what,
            wanted: format!("{wanted:.5} +- {error:.5}"),
            found: format!("{found:.5} +- {se:.5}, {off:.1} of its errors off"),
            ok: off < 4.5,
        });
    };
    for slab in known_slabs() {
        let known = [("reflectance", slab.diffuse_reflectance), ("transmittance", slab.transmittance)];
        let added = fluxes::<FINE_STREAMS>(&slab.stack).map_err(Failure::other)?;
        let followed = simulate(&slab.stack, &beam, &|_| ()).map_err(Failure::other)?;
        let by_adding = [added.diffuse_reflectance, added.transmittance];
        let by_photons = [followed.diffuse_reflectance, followed.transmittance];
        for (i, (name, known)) in known.into_iter().enumerate() {
            // Both programs add with few directions: as far apart as the published one's steps.
            row(format!("{}: {name}, adding", slab.name), known, by_adding[i], 1e-5);
            row(format!("{}: {name}, photons", slab.name), known, by_photons[i].value, by_photons[i].se);
        }
    }
    let (stack, [reflected, absorbed, transmitted]) = seven_layers();
    let a = simulate(&stack, &beam, &|_| ()).map_err(Failure::other)?;
    for (name, known, found) in [
        ("reflectance", reflected, a.diffuse_reflectance),
        ("absorbed", absorbed, a.absorbed),
        ("transmittance", transmitted, a.transmittance),
    ] {
        row(format!("S7 skin of seven layers: {name}, photons"), known, found.value, found.se);
    }
    Ok(rows)
}

fn differences() -> Row {
    let pairs = ciede2000_pairs();
    let off = |(a, b, wanted): &(_, _, f64)| (ciede2000(*a, *b) - wanted).abs();
    let worst = pairs.iter().map(off).fold(0.0, f64::max);
    Row {
        what: format!("CIEDE2000, {} pairs of Sharma et al. 2005", pairs.len()),
        wanted: "within 0.0001".to_owned(),
        found: format!("worst {worst:.6}"),
        ok: worst < 1e-4,
    }
}

/// Skin fitted to the mean colour of each measured class, against its whole spectrum.
fn classes() -> Result<Vec<Row>, Failure> {
    let mut rows = vec![];
    for class in CLASSES {
        let [mean, sd] = measured_class(class);
        let lab = Illuminant::D65.lab(&mean);
        let fit = fit_skin(Tone::LabSci(lab), Skin::new(0.02, 0.005)).map_err(Failure::other)?;
        let model = sci_of_sce(bare_sce(fit.skin).map_err(Failure::other)?);
        let off = model.zip(mean, |a, b| a - b).zip(sd, |off, sd| (off / sd).abs());
        let worst = off.samples.into_iter().fold(0.0, f64::max);
        rows.push(Row {
            what: format!("spectrum of {} skin", class.replace('_', " ")),
            wanted: "within 1 sd, 1.5 CIEDE2000".to_owned(),
            found: format!("worst {worst:.2} sd, {:.2} CIEDE2000", fit.delta_e00),
            ok: worst < 1.0 && fit.delta_e00 < 1.5,
        });
    }
    Ok(rows)
}

const HEADER: &str = "case,dots,contrast_e00,noise_e00,off1_e00,off2_e00,off3_e00,off4_e00,off5_e00";

/// Random cases; those that the file of results holds are taken from it, and it gets the others as they come.
fn outcomes(arguments: &Arguments, table: &Table, progress: &Progress) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = match &arguments.results {
        Some(file) => kept(file)?,
        None => vec![],
    };
    let mut keep = match &arguments.results {
        Some(file) => {
            if !file.exists() {
                folder::write_file(file, format!("{HEADER}\n").as_bytes())?;
            }
            let opened = std::fs::OpenOptions::new().append(true).open(file);
            Some((file, opened.map_err(|e| Failure::other(format!("{}: {}", file.display(), reason(&e))))?))
        }
        None => None,
    };
    for index in 0..arguments.cases {
        progress.step("dots in skin");
        if outcomes.iter().any(|o| o.index == index) {
            continue;
        }
        let case = Case::draw(table, index).map_err(Failure::other)?;
        let o = case.compare(table, arguments.photons).map_err(Failure::other)?;
        if let Some((file, keep)) = &mut keep {
            let [a, b, c, d, e] = o.off_e00.map(|off| format!("{off:.4}"));
            let row =
                format!("{index},{},{:.4},{:.4},{a},{b},{c},{d},{e}\n", o.dots, o.contrast_e00, o.noise_e00);
            keep.write_all(row.as_bytes())
                .map_err(|e| Failure::other(format!("{}: {}", file.display(), reason(&e))))?;
        }
        outcomes.push(o);
    }
    outcomes.retain(|o| o.index < arguments.cases);
    Ok(outcomes)
}

/// Outcomes in a file of results; none where there is no file yet.
fn kept(file: &Path) -> Result<Vec<Outcome>, Failure> {
    let name = file.display();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(e) => return Err(Failure::input(format!("{name}: {}", reason(&e)))),
    };
    if text.lines().next() != Some(HEADER) {
        return Err(Failure::input(format!("{name}: the first line must be {HEADER}")));
    }
    let outcome = |row: &str| {
        let n: Vec<f64> = row.split(',').filter_map(|v| v.parse().ok()).collect();
        let off: [f64; POINTS] = n.get(4..)?.try_into().ok()?;
        Some(Outcome {
            index: n[0] as u64,
            dots: n[1] as usize,
            contrast_e00: n[2],
            noise_e00: n[3],
            off_e00: off,
        })
    };
    let rows = text.lines().enumerate().skip(1);
    rows.map(|(i, row)| {
        outcome(row).ok_or_else(|| Failure::input(format!("{name} line {}: no outcome of a case", i + 1)))
    })
    .collect()
}

fn verdict(outcomes: &[Outcome], what: &str, of: impl Fn(&Outcome) -> bool) -> Option<Row> {
    let chosen: Vec<Outcome> = outcomes.iter().filter(|o| of(o)).cloned().collect();
    let v = Verdict::of(&chosen)?;
    let wanted = if chosen.len() >= MANY_CASES { MET } else { MET_BY_FEW };
    let [mean, at_95, worst] = v.off_e00;
    Some(Row {
        what: format!("tables, {what}: {} points", v.points),
        wanted: format!("{:.0} % within 1 and 15 %", 100.0 * wanted),
        found: format!(
            "{:.1} %; off by mean {mean:.2}, 95 % {at_95:.2}, worst {worst:.2} CIEDE2000, 95 % {:.0} % of the contrast; noise {:.2}",
            100.0 * v.met,
            100.0 * v.share_95,
            v.noise_e00
        ),
        ok: v.met >= wanted,
    })
}

fn histogram(outcomes: &[Outcome]) -> Chart {
    let edges: Vec<f64> = (0..=20).map(|i| 0.1 * f64::from(i)).collect();
    let bars = |name: &str, single: bool| {
        let counted =
            outcomes.iter().filter(|o| o.contrast_e00 >= LEAST_CONTRAST_E00 && (o.dots == 1) == single);
        let mut heights = vec![0.0; edges.len() - 1];
        for off in counted.flat_map(|o| o.off_e00) {
            heights[((off / 0.1) as usize).min(19)] += 1.0;
        }
        Bars { name: name.to_owned(), edges: edges.clone(), heights }
    };
    Chart {
        title: "How far the tables of dots are off".to_owned(),
        description: "CIEDE2000 between tables and Monte Carlo at five points of random cases; the last bar holds all beyond".to_owned(),
        x: Axis::linear("CIEDE2000 between tables and Monte Carlo", "", &[0.0, 2.0]),
        y: Axis::linear("points", "", &[0.0]),
        bars: vec![bars("single dots", true), bars("with neighbours", false)],
        curves: vec![],
        spans: vec![Span { name: "allowed for 5 %".to_owned(), from_to: [1.0, 2.0] }],
        limits: vec![],
    }
}
