//! `hairline refresh`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use glam::DVec3;
use hairline_plan::case::{Case, FollowUp};
use hairline_plan::design::{Known, ZoneKind};
use hairline_plan::forecast::kinetics::HEALED_DAY;
use hairline_plan::forecast::{Appearance, Looks, typical_dot};
use hairline_plan::head_source::{HeadSource, head_from_measurements, head_from_scan};
use hairline_plan::matching;
use hairline_plan::plan::PlanError;
use hairline_plan::refresh::read::{read_dots, read_plan};
use hairline_plan::refresh::restyle::{Restyle, restyle, restyled_case};
use hairline_plan::refresh::{
    Action, GOAL, LASER_AFTER_DAYS, LASER_WAIT_DAYS, OldState, Refresh, RefreshDot, Wish, laser_days,
    old_state, refresh,
};
use hairline_plan::{Dot, Planned, make_plan};
use hairline_scalp::surface::Surface;
use hairline_view::picture::{Order, Shot, View, make_pictures};
use hairline_view::{preview, tables};

use super::{note, print, read_input};
use crate::progress::Progress;
use crate::{Failure, folder};

/// Refresh or restyle an old plan on a day: which dots to go over, which to leave, where to add some.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  hairline refresh plan/ --day 1300 -o refresh/
  hairline refresh plan/ --day 1300 --measured 0.42 -o refresh/       with the darkness measured on that day
  hairline refresh plan/ --day 900 --lower-mm 6 -o refresh/           and a lower line
  hairline refresh plan/ --day 900 --laser 2 --goal 0.6 -o refresh/   lightened first
  hairline refresh plan/ --day 1300 --scan head.glb -o refresh/       where the plan was made on a scan

Writes refresh.json, dots.csv (with what to do with each dot), cells.csv, and pictures of before and after. The folder is written whole or not at all.")]
pub struct Arguments {
    /// Folder of the old plan, as `hairline plan` wrote it.
    plan: PathBuf,

    /// Day of the refresh, after the last session.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(42..=10_000))]
    day: u32,

    /// Folder to write.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// Darkness of the main zone measured on that day, as a share of what was planned for day 28 (0-3).
    #[arg(long, value_name = "SHARE")]
    measured: Option<f64>,

    /// Darkness to come back to, as a share of the planned (0.2-1.2).
    #[arg(long, value_name = "SHARE", default_value_t = GOAL)]
    goal: f64,

    /// Laser treatments that lighten everything first.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=3))]
    laser: u32,

    /// Lower the hairline by so much, mm.
    #[arg(long, value_name = "MM")]
    lower_mm: Option<f64>,

    /// Density of the body from now on, dots per cm2.
    #[arg(long, value_name = "DOTS")]
    density: Option<f64>,

    /// The scan that the old plan was made on: a plan's folder does not hold it, and pictures, a new line and a new density
    /// need the head.
    #[arg(long, value_name = "FILE")]
    scan: Option<String>,

    /// Write into a folder that holds other files too: they stay, but not under the names of a refresh's files.
    #[arg(long)]
    force: bool,

    /// Print the result as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let wish = wish(arguments)?;
    folder::check(&arguments.output, folder::REFRESH, arguments.force)?;
    let file = |name: &str| arguments.plan.join(name).to_string_lossy().into_owned();
    let progress = Progress::new(4);
    progress.step("the old plan");
    let (plan_file, dots_file) = (file("plan.json"), file("dots.csv"));
    let old = read_plan(&plan_file, &read_input(&plan_file)?).map_err(Failure::input)?;
    let dots = read_dots(&dots_file, &read_input(&dots_file)?, old.zones.len()).map_err(Failure::input)?;
    let mut case = matching::filled(&old.case);
    if let Some(darkness) = arguments.measured {
        case.follow_up.push(FollowUp { day: wish.day, zone: None, darkness, darkness_error: None });
    }
    progress.step("which dots");
    let state = old_state(&old, &case, &dots, &wish);
    let (mut plan, mut all) = refresh(&old, &case, &dots, &state, &wish);
    progress.step("head, new dots");
    let change = Restyle { lower_mm: arguments.lower_mm, density_per_cm2: arguments.density };
    let changed = restyled_case(&old, &change)
        .map_err(|(field, found, allowed)| Failure::input(format!("{field}: found {found}; {allowed}")))?;
    let head = head(&old.case, arguments.scan.as_deref(), &dots, &plan_file)?;
    if change != Restyle::default() {
        let Some(head) = head.clone() else {
            return Err(Failure::input(format!(
                "{plan_file}: the head is a scan, which a plan's folder does not hold; for a new line or density name it with \
                 --scan FILE"
            )));
        };
        let earlier = all.iter().map(|d| d.dot.position_mm).collect();
        match plan_on_head(&changed, head, Some(earlier), &plan_file) {
            Ok(planned) => restyle(&old, &mut plan, &mut all, &wish, &planned.plan, &planned.dots),
            // No room for a single dot more: the refresh alone.
            Err(Unplanned::Nothing) => {}
            Err(Unplanned::Failed(e)) => return Err(e),
        }
    }
    progress.step("pictures, writing");
    let mut files = vec![
        (
            "refresh.json".to_owned(),
            (serde_json::to_string_pretty(&plan).map_err(Failure::other)? + "\n").into_bytes(),
        ),
        ("dots.csv".to_owned(), dots_csv(&all).into_bytes()),
        ("cells.csv".to_owned(), cells_csv(&plan).into_bytes()),
    ];
    match head {
        Some(head) => {
            if let Ok(stage) = plan_on_head(&old.case, head, None, &plan_file) {
                files.extend(pictures(&stage, &case, &state, &all));
            }
        }
        None => note(
            "no pictures: the head of the old plan is a scan, which the plan's folder does not hold; --scan FILE names it",
        ),
    }
    folder::write(&arguments.output, folder::REFRESH, &files)?;
    progress.finish();
    match arguments.json {
        true => print(&summary_json(&plan, &arguments.output)),
        false => print(&summary(&plan, &arguments.output)),
    }
}

fn wish(arguments: &Arguments) -> Result<Wish, Failure> {
    let within = |name: &str, value: f64, low: f64, high: f64| match (low..=high).contains(&value) {
        true => Ok(()),
        false => {
            Err(Failure::input(format!("--{name}: found {value}; allowed is a number from {low} to {high}")))
        }
    };
    within("goal", arguments.goal, 0.2, 1.2)?;
    within("measured", arguments.measured.unwrap_or(1.0), 0.0, 3.0)?;
    let day = f64::from(arguments.day);
    let earliest = LASER_AFTER_DAYS + laser_days(arguments.laser);
    if arguments.laser > 0 && day < earliest {
        return Err(Failure::input(format!(
            "--day: found {day} with {} laser treatments; allowed is day {earliest} at the earliest: the first laser no sooner \
             than {LASER_AFTER_DAYS} days after the last session, new dots {LASER_WAIT_DAYS} days after the last laser",
            arguments.laser
        )));
    }
    Ok(Wish { day, goal: arguments.goal, laser: arguments.laser })
}

/// Why there is no plan.
enum Unplanned {
    /// There is nothing to do.
    Nothing,
    Failed(Failure),
}

/// The head of an old plan; none where it is a scan that nobody names.
fn head(case: &Case, scan: Option<&str>, dots: &[Dot], name: &str) -> Result<Option<HeadSource>, Failure> {
    match (&case.head.scan, scan) {
        (None, None) => {
            head_from_measurements(case).map(Some).map_err(|e| Failure::input(format!("{name}: {e}")))
        }
        (None, Some(_)) => Err(Failure::input(format!(
            "--scan: the head of {name} was made from measurements and needs none"
        ))),
        (Some(_), None) => Ok(None),
        (Some(_), Some(file)) => {
            let source = head_from_scan(case, file, &read_input(file)?).map_err(Failure::input)?;
            let surface = Surface::new(&source.head.mesh);
            let off_mm = |dot: &Dot| {
                surface
                    .as_ref()
                    .map_or(f64::INFINITY, |s| s.nearest(dot.position_mm).distance(dot.position_mm))
            };
            let worst_mm = dots.iter().map(off_mm).fold(0.0, f64::max);
            if worst_mm > SAME_HEAD_MM {
                return Err(Failure::input(format!(
                    "--scan {file}: dots of the old plan lie up to {worst_mm:.1} mm off this head; allowed are {SAME_HEAD_MM} mm: \
                     needed is the scan that the plan was made on"
                )));
            }
            Ok(Some(source))
        }
    }
}

/// Dots lie on the head that they were planned on, but for digits of their file, mm.
const SAME_HEAD_MM: f64 = 0.5;

/// A plan on a head, around dots that are there.
fn plan_on_head(
    case: &Case,
    head: HeadSource,
    earlier_mm: Option<Vec<DVec3>>,
    name: &str,
) -> Result<Planned, Unplanned> {
    let known = Known { hairs_mm: None, earlier_mm };
    match make_plan(case, head, &known, env!("CARGO_PKG_VERSION"), &mut |_| {}) {
        Err(PlanError::Nothing(_)) => Err(Unplanned::Nothing),
        other => other.map_err(|e| Unplanned::Failed(Failure::input(format!("{name}: {e}")))),
    }
}

/// `dots.csv` of a plan and what to do with each dot: columns behind those of a plan.
fn dots_csv(all: &[RefreshDot]) -> String {
    let dots: Vec<Dot> = all.iter().map(|d| d.dot).collect();
    let csv = tables::dots_csv(&dots);
    let mut rows = csv.lines();
    let mut out = rows.next().unwrap_or_default().to_owned() + ",action,darkness\n";
    for (row, dot) in rows.zip(all) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{row},{},{:.3}", dot.action.name(), dot.darkness);
    }
    out
}

/// A row a cell.
fn cells_csv(plan: &Refresh) -> String {
    let mut out = String::from(
        "cell,name,zone,zone_name,area_cm2,leave,go_over,add,go_over_per_cm2,add_per_cm2,go_over_shade,add_shade,minutes\n",
    );
    for c in &plan.cells {
        let zone = &plan.zones[c.zone];
        let per_cm2 = |n: usize| n as f64 / c.area_cm2.max(1e-9);
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{},{},{},{},{:.3},{},{},{},{:.1},{:.1},{},{},{:.1}",
            c.number,
            c.name,
            c.zone,
            tables::quoted(&zone.name),
            c.area_cm2,
            c.leave,
            c.go_over,
            c.add,
            per_cm2(c.go_over),
            per_cm2(c.add),
            zone.go_over_shade,
            zone.add_shade,
            c.minutes
        );
    }
    out
}

/// Side of the pictures, pixels.
const SIZE_PX: usize = preview::SIZE_PX;

/// Front, top and close-up on the day and healed after the refresh.
fn pictures(stage: &Planned, case: &Case, old: &OldState, all: &[RefreshDot]) -> Vec<(String, Vec<u8>)> {
    let hairs = preview::hairs(stage);
    let scene = preview::scene(stage, &hairs);
    let dots: Vec<Dot> = all.iter().map(|d| d.dot).collect();
    let n_old = old.looks.len();
    let kind = |d: &Dot| stage.plan.zones.get(d.zone as usize).map_or(ZoneKind::Body, |z| z.kind);
    let before: Vec<(u32, ZoneKind, Appearance)> =
        (0u32..).zip(&dots).zip(&old.looks).map(|((i, d), look)| (i, kind(d), *look)).collect();
    let after: Vec<(u32, ZoneKind, Appearance)> = (0u32..)
        .zip(all)
        .map(|(i, d)| {
            let k = i as usize;
            let look = match d.action {
                Action::Leave => old.looks[k],
                // Old and new make up the dot that was planned.
                Action::GoOver => old.planned[k],
                Action::Add => new_dot_look(case, &old.optics, &old.planned[..n_old], d),
            };
            (i, kind(&d.dot), look)
        })
        .collect();
    let healed = |seen: &[(u32, ZoneKind, Appearance)]| {
        preview::seen_state(case, &old.optics, &dots, seen, scene.close_up_mm, HEALED_DAY)
    };
    let states = [healed(&before), healed(&after)];
    let mut orders = Vec::new();
    for (state, word) in ["before", "after"].into_iter().enumerate() {
        for (stem, shot) in
            [("front", Shot::Head(View::Front)), ("top", Shot::Head(View::Top)), ("closeup", Shot::CloseUp)]
        {
            orders.push(Order { file: format!("preview/{stem}-{word}.png"), shot, state, hair: 0 });
        }
    }
    make_pictures(&scene, &dots, &states, &orders, SIZE_PX)
        .into_iter()
        .map(|picture| (picture.file, picture.image.to_png()))
        .collect()
}

/// A new dot healed: as planned dots look, at its own width, depth and shade.
fn new_dot_look(case: &Case, optics: &Looks, planned: &[Appearance], d: &RefreshDot) -> Appearance {
    let usual = planned.first().copied().unwrap_or_else(|| typical_dot(case, optics, ZoneKind::Body));
    Appearance {
        diameter_mm: d.dot.diameter_mm,
        depth_mm: d.dot.depth_mm,
        mua550_per_mm: optics.ink.healed_mua550_per_mm(d.dot.shade),
        ..usual
    }
}

fn summary(plan: &Refresh, output: &Path) -> String {
    let when = plan.date.map_or(format!("day {:.0}", plan.day), |d| format!("day {:.0}, {d}", plan.day));
    let mut out = format!(
        "{}: {when}: {} dots to go over, {} to add, {} to leave; {:.0} min in {} visits\n",
        output.display(),
        plan.go_over,
        plan.add,
        plan.leave,
        plan.minutes.total(),
        plan.visits
    );
    for z in &plan.zones {
        out += &format!(
            "  {:<22} {:>3.0} % ({:.0}-{:.0})  go over {:>6} (shade {}), add {:>6} (shade {}), leave {:>6}  {:>4.0} min\n",
            z.name,
            100.0 * z.darkness[1],
            100.0 * z.darkness[0],
            100.0 * z.darkness[2],
            z.go_over,
            z.go_over_shade,
            z.add,
            z.add_shade,
            z.leave,
            z.minutes
        );
    }
    out += "  definition (single dots)  by eye  by stencil   dots set\n";
    for row in &plan.definition {
        let label = match row.refreshes {
            0 => "as it is".to_owned(),
            n => format!("after refresh {n}"),
        };
        out += &format!(
            "    {label:<20} {:>6.0} % {:>8.0} % {:>11}\n",
            100.0 * row.aimed,
            100.0 * row.by_stencil,
            row.dots
        );
    }
    out + &format!("{}\n", plan.why)
}

fn summary_json(plan: &Refresh, output: &Path) -> String {
    let line = serde_json::json!({
        "output": output.display().to_string(),
        "day": plan.day,
        "go_over": plan.go_over,
        "add": plan.add,
        "leave": plan.leave,
        "minutes": plan.minutes.total(),
        "visits": plan.visits,
        "why": plan.why,
    });
    format!("{line}\n")
}
