//! `hairline shade`.

use std::fmt::Write as _;
use std::path::PathBuf;

use hairline_plan::case::{self, Case};
use hairline_plan::matching::{self, Choice, DISTANCES_M, Match, Spectra};
use hairline_plan::plan::SOURCES;
use hairline_view::chart::{Axis, Chart, Curve, Drawing, Limit, Look, Scale, lay_out, lay_out_swatches};
use hairline_view::pdf::Fonts;
use hairline_view::shade;

use super::{print, read_input};
use crate::{Failure, folder};

/// Match the pigment: which dilution, healed, looks most like the client's own stubble, what comes next, and why.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hairline shade case.toml              the choice and its runners-up in words
  hairline shade case.toml -o shade/    shade.csv, shade.json, swatches and textures as SVG and PNG, shade-card.pdf

What is matched stands in the case:
  [matching]
  stubble_days = 1             # after the shave
  grey_share_per_year = 0.03   # hair that greys
  diameter_mm = [0.2, 0.3]     # what the artist can vary; then the match chooses it too
  patch_lab_sce = [52, 9, 14]  # or a colour instead of the stubble")]
pub struct Arguments {
    /// The case, TOML or JSON; `-` reads standard input.
    case: String,

    /// Folder to write.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Write into a folder that holds other files too: they stay, but not under the names of a match's files.
    #[arg(long)]
    force: bool,

    /// Print the match as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(dir) = &arguments.output {
        folder::check(dir, folder::SHADE, arguments.force)?;
    }
    let name = if arguments.case == "-" { "standard input" } else { &arguments.case };
    let case = case::read(name, &read_input(&arguments.case)?).map_err(Failure::input)?;
    let unmatched = |e| Failure::input(format!("{name}: {e}"));
    let (filled, found) = matching::resolve(&case).map_err(unmatched)?;
    let warnings = matching::warnings(&filled, &found);
    let json = serde_json::json!({
        "format": folder::SHADE_FORMAT,
        "program_version": env!("CARGO_PKG_VERSION"),
        "sources": SOURCES,
        "title": case.title,
        "settings": case.matching,
        "distances_m": DISTANCES_M,
        "match": found,
        "warnings": warnings,
    });
    let json = serde_json::to_string_pretty(&json).map_err(Failure::other)? + "\n";
    if let Some(dir) = &arguments.output {
        folder::write(dir, folder::SHADE, &files(&filled, &found, &json)?)?;
    }
    if arguments.json {
        return print(&json);
    }
    let mut out = words(&found);
    for warning in &warnings {
        out += &format!("note: {}\n", warning.text);
    }
    print(&out)
}

fn files(case: &Case, found: &Match, json: &str) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let fonts = Fonts::new();
    let shown = matching::shown(case, found).map_err(Failure::other)?;
    let spectra = matching::spectra(case, found).map_err(Failure::other)?;
    let card = matching::card(case, found).map_err(Failure::other)?;
    let card = shade::shade_card_pdf(&case.title, case.studio.paper, found, &card)
        .map_err(|e| Failure::other(format!("shade-card.pdf: {e}")))?;
    let mut out = vec![
        ("shade.json".to_owned(), json.as_bytes().to_vec()),
        ("shade.csv".to_owned(), csv(found).into_bytes()),
        ("texture.csv".to_owned(), texture_csv(&spectra).into_bytes()),
        ("shade-card.pdf".to_owned(), card),
    ];
    let swatches = lay_out_swatches(&shade::swatches(found, &shown), 170.0, 140.0, &fonts);
    let texture = lay_out(&texture_chart(&spectra), [170.0, 110.0], &fonts);
    for (stem, drawing) in [("swatches", swatches), ("texture", texture)] {
        let drawing: Drawing = drawing.map_err(|e| Failure::other(format!("{stem}: {e}")))?;
        out.push((format!("{stem}.svg"), drawing.to_svg(&fonts).into_bytes()));
        out.push((format!("{stem}.png"), drawing.to_image(8.0, &fonts).to_png()));
    }
    Ok(out)
}

/// A row a zone a choice.
fn csv(found: &Match) -> String {
    let mut out = String::from(
        "zone,rank,shade,diameter_mm,density_per_cm2,depth_mm,coverage,L_sce,a_sce,b_sce,darker_l,delta_e00_day_28,\
         delta_e00_middle,delta_e00_touch_up,texture_jnd_0.3_m,texture_jnd_1_m,texture_jnd_3_m,score,too_dark\n",
    );
    for zone in &found.zones {
        let choices = std::iter::once(&zone.choice).chain(&zone.runners_up);
        for (rank, c) in choices.enumerate() {
            let ([a, b, d], [e, f, g]) = (c.delta_e00, c.texture_jnd);
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "{},{},{},{:.3},{:.1},{:.3},{:.4},{:.2},{:.2},{:.2},{:.2},{a:.3},{b:.3},{d:.3},{e:.3},{f:.3},{g:.3},{:.3},{}",
                zone.kind.name(),
                rank + 1,
                c.shade,
                c.diameter_mm,
                c.density_per_cm2,
                c.depth_mm,
                c.coverage,
                c.lab_sce.l,
                c.lab_sce.a,
                c.lab_sce.b,
                c.darker_l,
                c.score,
                c.too_dark
            );
        }
    }
    out
}

/// A row a distance an octave.
fn texture_csv(spectra: &Spectra) -> String {
    let mut out = String::from("distance_m,cycles_per_deg,stubble_thresholds,choice_thresholds\n");
    for (d, distance) in DISTANCES_M.iter().enumerate() {
        for (b, cycles) in spectra.cycles_per_deg.iter().enumerate() {
            let target = spectra.target.map_or(String::new(), |t| format!("{:.4}", t[d][b]));
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{distance},{cycles},{target},{:.4}", spectra.choice[d][b]);
        }
    }
    out
}

/// Texture by fineness at the three distances: target and choice.
fn texture_chart(spectra: &Spectra) -> Chart {
    let mut curves = vec![];
    // Below this nothing is seen, and a logarithm has to end somewhere.
    const LEAST: f64 = 0.1;
    let points = |bands: &[f64; 9]| -> Vec<[f64; 2]> {
        spectra
            .cycles_per_deg
            .iter()
            .zip(bands)
            .filter(|(_, t)| **t >= LEAST)
            .map(|(c, t)| [*c, *t])
            .collect()
    };
    let mut add = |name: String, look: Look, bands: &[f64; 9]| {
        let points = points(bands);
        if !points.is_empty() {
            curves.push(Curve { name, look, points, band: None });
        }
    };
    for (d, distance) in DISTANCES_M.iter().enumerate() {
        if let Some(target) = &spectra.target {
            add(String::new(), Look::Reference, &target[d]);
        }
        add(format!("{distance} m"), Look::Line, &spectra.choice[d]);
    }
    let axis = |label: &str, unit: &str, include: &[f64]| Axis {
        scale: Scale::Log,
        ..Axis::linear(label, unit, include)
    };
    Chart {
        title: "Texture as the eye sees it: dots (colour) and own stubble (grey)".to_owned(),
        description: "Amplitude of the luminance texture in multiples of the threshold of seeing, by fineness, of the healed dots and \
                      of the client's own stubble from 0.3, 1 and 3 m; above 1 it is seen."
            .to_owned(),
        x: axis("fineness", "cycles per degree", &[0.25, 64.0]),
        y: axis("texture, multiples of the threshold", "", &[LEAST, 100.0]),
        bars: vec![],
        curves,
        spans: vec![],
        limits: vec![Limit { name: "seen".to_owned(), at: 1.0 }],
    }
}

fn words(found: &Match) -> String {
    let mut out = format!("{}.\n", found.why);
    let lab = |l: hairline_optics::colour::Lab| format!("L {:.1} a {:.1} b {:.1}", l.l, l.a, l.b);
    out += &format!(
        "\nbare skin {}; to match {} ({:.1} L* darker)\n",
        lab(found.skin_lab_sce),
        lab(found.target.lab_sce),
        found.target.lightness_drop
    );
    for zone in &found.zones {
        let [a, b, c] = zone.shade_by_pass;
        out += &format!(
            "\nzone \"{}\": shade {}, passes {a} / {b} / {c}, needle {} at {:.2} mm\n",
            zone.kind.name(),
            zone.shade,
            zone.needle,
            zone.needle_depth_mm
        );
        out += "  shade    dot  per cm2   healed colour           colour off: healed, middle, touch-up   texture 0.3, 1, 3 m   score\n";
        for choice in std::iter::once(&zone.choice).chain(&zone.runners_up) {
            out += &row(choice);
        }
    }
    if let Some(better) = &found.better_means {
        out += "\nother means would match better:\n";
        out += &row(better);
    }
    out += "\nassumed:\n";
    for assumption in &found.assumptions {
        out += &format!("  {assumption}.\n");
    }
    out
}

fn row(c: &Choice) -> String {
    let ([a, b, d], [e, f, g]) = (c.delta_e00, c.texture_jnd);
    format!(
        "  {:>5} {:>6.2} {:>8.0}   L {:>4.1} a {:>4.1} b {:>4.1} {a:>16.1} {b:>7.1} {d:>7.1} {e:>17.1} {f:>5.1} {g:>5.1} {:>9.2}{}\n",
        c.shade,
        c.diameter_mm,
        c.density_per_cm2,
        c.lab_sce.l,
        c.lab_sce.a,
        c.lab_sce.b,
        c.score,
        if c.too_dark { "  too dark" } else { "" }
    )
}
