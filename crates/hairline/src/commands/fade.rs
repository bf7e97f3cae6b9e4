//! `hairline fade`.

use std::fmt::Write as _;
use std::path::PathBuf;

use hairline_plan::Planned;
use hairline_plan::case::{self, Case, StudioExperience};
use hairline_plan::forecast::kinetics::{DAYS_PER_YEAR, HEALED_DAY};
use hairline_plan::forecast::{ForecastSummary, ZoneForecast, learn};
use hairline_plan::matching;
use hairline_plan::plan::Plan;
use hairline_view::chart::lay_out;
use hairline_view::forecast::{fade_chart, fade_strip_image, first_days_chart};
use hairline_view::pdf::Fonts;

use super::plan::plan_of;
use super::{print, read_input};
use crate::{Failure, folder};

/// Forecast how a case heals and fades: bands by day and zone, the first four weeks, when a touch-up is due.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hairline fade case.toml                          the forecast in words
  hairline fade case.toml -o fade/                 fade.csv, fade.json, plots as SVG and PNG, and a strip of pictures
  hairline fade case.toml --learn-from old/*.toml  with what the follow-ups of earlier cases teach

Follow-ups stand in the case, one table each:
  [[follow_up]]
  day = 120            # after the last session
  zone = \"body\"
  darkness = 0.85      # of what was planned for day 28")]
pub struct Arguments {
    /// The case, TOML or JSON; `-` reads standard input.
    case: String,

    /// Folder to write.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Earlier cases of the studio, with follow-ups: learn from them, and print what to put into a case as
    /// `[forecast.studio]`.
    #[arg(long, value_name = "CASE", num_args = 1..)]
    learn_from: Vec<String>,

    /// Write into a folder that holds other files too: they stay, but not under the names of a forecast's files.
    #[arg(long)]
    force: bool,

    /// Print the forecast as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(dir) = &arguments.output {
        folder::check(dir, folder::FADE, arguments.force)?;
    }
    let name = if arguments.case == "-" { "standard input" } else { &arguments.case };
    let mut case = case::read(name, &read_input(&arguments.case)?).map_err(Failure::input)?;
    let learnt = experience(&arguments.learn_from)?;
    if let Some(studio) = &learnt {
        case.forecast.studio = Some(studio.clone());
    }
    let planned = plan_of(&case, name, &arguments.case)?;
    let plan = &planned.plan;
    let json = json_of(plan)?;
    if let Some(dir) = &arguments.output {
        folder::write(dir, folder::FADE, &files(&planned, &json)?)?;
    }
    match arguments.json {
        true => print(&json),
        false => print(&words(plan, learnt.as_ref())),
    }
}

/// What earlier cases teach.
fn experience(files: &[String]) -> Result<Option<StudioExperience>, Failure> {
    if files.is_empty() {
        return Ok(None);
    }
    let cases: Vec<Case> = files
        .iter()
        .map(|file| case::read(file, &read_input(file)?).map_err(Failure::input))
        .map(|case| case.map(|case| matching::filled(&case)))
        .collect::<Result<_, _>>()?;
    let none =
        || Failure::input(format!("--learn-from: none of the {} cases has a [[follow_up]]", files.len()));
    learn(&cases).ok_or_else(none).map(Some)
}

fn json_of(plan: &Plan) -> Result<String, Failure> {
    let json = serde_json::json!({
        "format": folder::FADE_FORMAT,
        "program_version": plan.program_version,
        "sources": plan.sources,
        "title": plan.title,
        "last_session_day": plan.sessions.last().map(|s| s.when.day),
        "last_session_date": plan.sessions.last().and_then(|s| s.when.date),
        "follow_up": plan.case.follow_up,
        "settings": plan.case.forecast,
        "forecast": plan.forecast,
    });
    Ok(serde_json::to_string_pretty(&json).map_err(Failure::other)? + "\n")
}

fn files(planned: &Planned, json: &str) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let plan = &planned.plan;
    let fonts = Fonts::new();
    let mut out = vec![
        ("fade.json".to_owned(), json.as_bytes().to_vec()),
        ("fade.csv".to_owned(), csv(&plan.forecast).into_bytes()),
        ("first-days.csv".to_owned(), first_days_csv(&plan.forecast).into_bytes()),
    ];
    for (stem, chart) in [("fade", fade_chart(plan)), ("first-days", first_days_chart(plan))] {
        let drawing =
            lay_out(&chart, [170.0, 105.0], &fonts).map_err(|e| Failure::other(format!("{stem}: {e}")))?;
        out.push((format!("{stem}.svg"), drawing.to_svg(&fonts).into_bytes()));
        out.push((format!("{stem}.png"), drawing.to_image(8.0, &fonts).to_png()));
    }
    let strip = fade_strip_image(planned).map_err(|e| Failure::other(format!("fade-strip: {e}")))?;
    out.push(("fade-strip.png".to_owned(), strip.to_png()));
    Ok(out)
}

/// A row a zone a day.
fn csv(forecast: &ForecastSummary) -> String {
    let mut out = String::from(
        "zone,day,years_after_healed,darkness_p10,darkness_median,darkness_p90,remaining_p10,remaining_median,\
         remaining_p90,dot_diameter_p10_mm,dot_diameter_median_mm,dot_diameter_p90_mm\n",
    );
    for zone in &forecast.zones {
        for d in &zone.days {
            let ([a, b, c], [e, f, g], [h, i, j]) = (d.darkness, d.remaining, d.diameter_mm);
            let years = (d.day - HEALED_DAY) / DAYS_PER_YEAR;
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "{},{:.1},{years:.3},{a:.4},{b:.4},{c:.4},{e:.4},{f:.4},{g:.4},{h:.4},{i:.4},{j:.4}",
                zone.kind.name(),
                d.day
            );
        }
    }
    out
}

fn first_days_csv(forecast: &ForecastSummary) -> String {
    let mut out =
        String::from("day,redness_p10,redness_median,redness_p90,scabs_p10,scabs_median,scabs_p90\n");
    for d in &forecast.first_days {
        let ([a, b, c], [e, f, g]) = (d.redness, d.scabs);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{},{a:.4},{b:.4},{c:.4},{e:.4},{f:.4},{g:.4}", d.day);
    }
    out
}

fn words(plan: &Plan, learnt: Option<&StudioExperience>) -> String {
    let forecast = &plan.forecast;
    let band = |[low, middle, high]: [f64; 3]| {
        format!("{:.0} % ({:.0}-{:.0})", 100.0 * middle, 100.0 * low, 100.0 * high)
    };
    let mut out = format!("{}.\n", forecast.note);
    out += "\nfirst days                redness            dots with a scab\n";
    for d in &forecast.first_days {
        out += &format!("  day {:<4.0}      {:>18} {:>18}\n", d.day, band(d.redness), band(d.scabs));
    }
    for zone in &forecast.zones {
        out += &format!("\nzone \"{}\"   darkness of the planned   dot\n", zone.kind.name());
        for (label, day) in [
            ("fresh", 0.0),
            ("day 28", HEALED_DAY),
            ("1 year", HEALED_DAY + DAYS_PER_YEAR),
            ("3 years", HEALED_DAY + 3.0 * DAYS_PER_YEAR),
            ("5 years", HEALED_DAY + 5.0 * DAYS_PER_YEAR),
            ("10 years", HEALED_DAY + 10.0 * DAYS_PER_YEAR),
        ] {
            let near = zone.days.iter().find(|d| d.day > day - 1.0);
            let diameter = near.map_or(0.0, |d| d.diameter_mm[1]);
            out += &format!("  {label:<10} {:>20} {diameter:>10.2} mm\n", band(zone.darkness_band(day)));
        }
        out += &touch_up_words(forecast, zone);
        for influence in &zone.influences {
            out += &format!("  because of {influence}\n");
        }
    }
    if let Some(s) = learnt {
        out += &format!(
            "\nlearnt from {} earlier clients; to keep it, put into a case:\n[forecast.studio]\nclients = {}\nhealed_darkness = \
             {:.3}\nhealed_ln_spread = {:.3}\nhealed_ln_unsure = {:.3}\nfade_per_year = {:.3}\nfade_ln_spread = \
             {:.3}\nfade_ln_unsure = {:.3}\n",
            s.clients,
            s.clients,
            s.healed_darkness,
            s.healed_ln_spread,
            s.healed_ln_unsure,
            s.fade_per_year,
            s.fade_ln_spread,
            s.fade_ln_unsure
        );
    }
    out
}

fn touch_up_words(forecast: &ForecastSummary, zone: &ZoneForecast) -> String {
    let due = &zone.touch_up;
    let [early, middle, late] = due.years;
    let limit = 100.0 * forecast.touch_up_at;
    let when = match due.dates {
        Some([a, b, c]) => format!("{b} ({a} to {c})"),
        None => format!("day {} ({} to {})", due.days[1], due.days[0], due.days[2]),
    };
    format!(
        "  touch-up (under {limit:.0} %): {when}, {middle:.1} years after day 28 ({early:.1}-{late:.1})\n"
    )
}
