//! A treatment that has faded: which dots to go over, which to leave, where to add some, and what the next refreshes will do
//! to the definition.

pub mod choose;
pub mod definition;
mod near;
pub mod read;
pub mod restyle;
mod why;

use jiff::civil::Date;
use rayon::prelude::*;
use serde::Serialize;

use crate::case::Case;
use crate::dates::add_days;
use crate::design::ZoneKind;
use crate::dot::Dot;
use crate::forecast::kinetics::{DAYS_PER_YEAR, HEALED_DAY, diameter_ratio};
use crate::forecast::{Appearance, ForecastSummary, Looks, ZoneFacts, dot_on_day, summary};
use crate::noise::hash;
use crate::pigment::{LADDER, diameter_factor, nearest_step, shade_step};
use crate::sessions::{Minutes, dots_per_min, with_breaks};
use choose::{Goal, Mark, choose};
use definition::{Again, after_refreshes};
use read::OldPlan;

/// Version of the refresh format.
pub const FORMAT: &str = "hairline-refresh/1";

/// Darkness that a refresh brings a zone back to, as a share of the planned: the tenth that is missing is less than one L*
/// on most plans, which nobody sees without a comparison (assumption).
pub const GOAL: f64 = 0.9;
/// A zone this near to the goal is left as it is (assumption).
pub const CLOSE_ENOUGH: f64 = 0.05;
/// How far off a dot lands that is set by a stencil, mm: the registration of a plan to a head is about one spacing
/// (design.md, section 2).
pub const STENCIL_MM: f64 = 1.0;
/// How far off a dot lands that is aimed at dots that are seen, mm (assumption).
pub const AIMED_MM: f64 = 0.15;
/// Refreshes that are looked ahead.
const AHEAD: usize = 4;
/// Share of the pigment that is left after one laser treatment (assumption: one to three treatments clear SMP,
/// `smp.md` 3.6, S11).
pub const LASER_LEAVES: f64 = 0.35;
/// Days from the last session to the first laser treatment (`smp.md` 3.6, assumption: six to eight weeks).
pub const LASER_AFTER_DAYS: f64 = 56.0;
/// Days from one laser treatment to the next (`smp.md` 3.6, S11: review every three to four weeks).
pub const LASER_GAP_DAYS: f64 = 28.0;
/// Days from the last laser treatment to new dots (`smp.md` 3.6, S75).
pub const LASER_WAIT_DAYS: f64 = 90.0;

/// What is wished of a refresh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wish {
    /// Day after the last session.
    pub day: f64,
    /// Darkness to come back to, as a share of the planned.
    pub goal: f64,
    /// Laser treatments that lighten everything first.
    pub laser: u32,
}

/// What to do with one dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Nothing.
    Leave,
    /// Set a dot on it.
    GoOver,
    /// A new dot.
    Add,
}

impl Action {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Action::Leave => "leave",
            Action::GoOver => "go-over",
            Action::Add => "add",
        }
    }
}

/// A dot of the refreshed scalp.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RefreshDot {
    /// The dot; its shade is that of what is set now.
    pub dot: Dot,
    /// What to do.
    pub action: Action,
    /// How dark it is on the day, as a share of the planned; 0 for new dots.
    pub darkness: f64,
}

/// `refresh.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Refresh {
    /// Format and its version.
    pub format: String,
    /// Day after the last session.
    pub day: f64,
    /// Its date, where the plan has a first day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// Why this much and no more, in plain words.
    pub why: String,
    /// Dots left.
    pub leave: usize,
    /// Dots gone over.
    pub go_over: usize,
    /// New dots.
    pub add: usize,
    /// Time at the needle and breaks, all visits together.
    pub minutes: Minutes,
    /// Visits it takes.
    pub visits: usize,
    /// Laser treatments before it, and the day of the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub laser: Option<Laser>,
    /// A row a zone.
    pub zones: Vec<ZoneRefresh>,
    /// A row a cell that has work.
    pub cells: Vec<CellRefresh>,
    /// What this and later refreshes do to the definition.
    pub definition: Vec<DefinitionRow>,
    /// What the definition rows mean.
    pub definition_note: String,
}

/// Laser treatments before a refresh.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Laser {
    /// How many.
    pub treatments: u32,
    /// Day of the first, after the last session.
    pub first_day: f64,
    /// Share of the pigment that is assumed to be left by all.
    pub leaves: f64,
}

/// A zone of a refresh.
#[derive(Clone, Debug, Serialize)]
pub struct ZoneRefresh {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: ZoneKind,
    /// Darkness on the day as a share of the planned: 10 %, median, 90 %.
    pub darkness: [f64; 3],
    /// Dots left.
    pub leave: usize,
    /// Dots gone over.
    pub go_over: usize,
    /// New dots.
    pub add: usize,
    /// Dilution for going over.
    pub go_over_shade: f64,
    /// Dilution for new dots.
    pub add_shade: f64,
    /// At the needle.
    pub minutes: f64,
}

/// A cell of a refresh.
#[derive(Clone, Debug, Serialize)]
pub struct CellRefresh {
    /// Number, as in the plan.
    pub number: u32,
    /// Name, as in the plan.
    pub name: String,
    /// Index into the zones.
    pub zone: usize,
    /// Skin, cm2.
    pub area_cm2: f64,
    /// Dots left.
    pub leave: usize,
    /// Dots gone over.
    pub go_over: usize,
    /// New dots.
    pub add: usize,
    /// At the needle.
    pub minutes: f64,
}

/// Definition after so many refreshes, each as large as the zone then needs and done when it is due again.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DefinitionRow {
    /// Refreshes done; 0 is the scalp as it is.
    pub refreshes: usize,
    /// Share of the darkness that single dots carry when the hand aims at dots that are seen.
    pub aimed: f64,
    /// The same when it follows a stencil.
    pub by_stencil: f64,
    /// Dots set.
    pub dots: usize,
}

/// The old dots on a day, and everything about them.
pub struct OldState {
    /// The forecast, follow-ups included.
    pub forecast: ForecastSummary,
    /// How dots look in this client's skin.
    pub optics: Looks,
    /// Every dot as it is.
    pub marks: Vec<Mark>,
    /// How every dot looks.
    pub looks: Vec<Appearance>,
    /// How every dot was planned to look on day 28.
    pub planned: Vec<Appearance>,
}

/// The old dots on the day of a wish.
pub fn old_state(plan: &OldPlan, case: &Case, dots: &[Dot], wish: &Wish) -> OldState {
    let facts: Vec<ZoneFacts> = plan
        .zones
        .iter()
        .map(|z| ZoneFacts { kind: z.kind, dots: z.dots, density_per_cm2: z.density_per_cm2 })
        .collect();
    let optics = Looks::new(case);
    let forecast = summary(case, &optics, &facts, plan.sessions.last().and_then(|s| s.date));
    let last = plan.sessions.last().map_or(0, |s| s.day);
    let laser = libm::pow(LASER_LEAVES, f64::from(wish.laser));
    // Where follow-ups moved the darkness of day 28, what was planned is what the case alone expects.
    let planned_case = Case { follow_up: vec![], ..case.clone() };
    let planned = summary(&planned_case, &optics, &facts, None);
    let looks: Vec<(Appearance, Appearance)> = dots
        .par_iter()
        .map(|dot| {
            let kind = plan.zones[dot.zone as usize].kind;
            let session = plan.sessions.get(dot.session as usize - 1).map_or(last, |s| s.day);
            let mut now =
                dot_on_day(case, &optics, &forecast, dot, kind, wish.day + f64::from(last - session));
            now.mua550_per_mm *= laser;
            let healed = dot_on_day(&planned_case, &optics, &planned, dot, kind, HEALED_DAY);
            (now, healed)
        })
        .collect();
    let marks = dots
        .par_iter()
        .zip(&looks)
        .map(|(dot, (now, healed))| {
            let kind = plan.zones[dot.zone as usize].kind;
            Mark {
                position_mm: dot.position_mm,
                normal: dot.normal,
                diameter_mm: now.diameter_mm,
                planned_mm2: optics.lost_light_mm2(kind, healed),
                now_mm2: optics.lost_light_mm2(kind, now),
            }
        })
        .collect();
    let (looks, planned) = looks.into_iter().unzip();
    OldState { forecast, optics, marks, looks, planned }
}

/// Days from the first of some laser treatments to new dots.
pub fn laser_days(treatments: u32) -> f64 {
    match treatments {
        0 => 0.0,
        n => f64::from(n - 1) * LASER_GAP_DAYS + LASER_WAIT_DAYS,
    }
}

/// Plans a refresh of old dots, whose state on the day is known.
pub fn refresh(
    plan: &OldPlan,
    case: &Case,
    dots: &[Dot],
    old: &OldState,
    wish: &Wish,
) -> (Refresh, Vec<RefreshDot>) {
    let mut out: Vec<RefreshDot> = dots
        .iter()
        .zip(&old.marks)
        .map(|(&dot, m)| RefreshDot {
            dot,
            action: Action::Leave,
            darkness: m.now_mm2 / m.planned_mm2.max(1e-15),
        })
        .collect();
    let mut next_id = dots.iter().map(|d| d.id).max().unwrap_or(0) + 1;
    let mut zones = Vec::new();
    for (z, zone) in plan.zones.iter().enumerate() {
        let own: Vec<usize> = (0..dots.len()).filter(|&i| dots[i].zone as usize == z).collect();
        let marks: Vec<Mark> = own.iter().map(|&i| old.marks[i]).collect();
        let goal = Goal::of(&marks, zone.area_cm2, healed_mm(case, zone.kind), wish.goal);
        let now: f64 = marks.iter().map(|m| m.now_mm2).sum();
        let seed = hash(case.seed ^ 0x5245_4652, z as u64);
        let choice = match now >= (1.0 - CLOSE_ENOUGH) * goal.wanted_mm2 {
            true => choose::Choice::default(),
            false => choose(&marks, &goal, seed),
        };
        let add_shade = LADDER[shade_step(case, zone.kind, 1, 1)];
        let share_now = now * wish.goal / goal.wanted_mm2.max(1e-15);
        let go_over_shade = topping_shade(add_shade, pigment_left(&own, old));
        for &k in &choice.over {
            let dot = &mut out[own[k]];
            dot.action = Action::GoOver;
            dot.dot.shade = go_over_shade;
        }
        for &(position_mm, normal, beside) in &choice.add {
            let dot = Dot { id: next_id, position_mm, normal, shade: add_shade, ..dots[own[beside]] };
            out.push(RefreshDot { dot, action: Action::Add, darkness: 0.0 });
            next_id += 1;
        }
        let set = (choice.over.len() + choice.add.len()) as f64;
        let band = old.forecast.zone(zone.kind).darkness_band(wish.day);
        zones.push(ZoneRefresh {
            name: zone.name.clone(),
            kind: zone.kind,
            darkness: band.map(|d| d * share_now / band[1]),
            leave: own.len() - choice.over.len(),
            go_over: choice.over.len(),
            add: choice.add.len(),
            go_over_shade,
            add_shade,
            minutes: set / dots_per_min(case, zone.kind),
        });
    }
    let cells = cells(plan, case, &out);
    let definition = definitions(plan, case, dots, old, wish);
    let work: f64 = zones.iter().map(|z| z.minutes).sum();
    let visits = visits(case, work);
    let each = with_breaks(&case.sessions, work / visits.max(1) as f64);
    let total = |f: fn(&ZoneRefresh) -> usize| zones.iter().map(f).sum::<usize>();
    let last = plan.sessions.last().and_then(|s| s.date);
    let refresh = Refresh {
        format: FORMAT.to_owned(),
        day: wish.day,
        date: last.map(|d| add_days(d, wish.day.round() as i32)),
        why: why::why(plan, case, wish, &zones, &definition),
        leave: total(|z| z.leave),
        go_over: total(|z| z.go_over),
        add: total(|z| z.add),
        minutes: Minutes { work, breaks: each.breaks * visits as f64 },
        visits,
        laser: (wish.laser > 0).then(|| Laser {
            treatments: wish.laser,
            first_day: wish.day - laser_days(wish.laser),
            leaves: libm::pow(LASER_LEAVES, f64::from(wish.laser)),
        }),
        definition: definition.clone(),
        definition_note: format!(
            "Share of the darkness of the zone \"{}\" that single dots carry, healed. By eye: the hand lands within \
             {AIMED_MM} mm of the dot or gap it looks at; by stencil: within {STENCIL_MM} mm. The first refresh is this one; \
             the next ones set what the zone then needs, each when the median falls under the client's limit",
            plan.zones[main_zone(plan)].name
        ),
        zones,
        cells,
    };
    (refresh, out)
}

/// Pigment left in these dots, as a share of the planned. Less than what is seen: a dark dot hides how much it has lost.
fn pigment_left(own: &[usize], old: &OldState) -> f64 {
    let sum = |looks: &[Appearance]| -> f64 {
        own.iter().map(|&i| looks[i].mua550_per_mm * looks[i].diameter_mm.powi(2)).sum()
    };
    sum(&old.looks) / sum(&old.planned).max(1e-12)
}

/// Dilution that makes up, on top of the pigment that is left, the dot that was planned.
fn topping_shade(shade: f64, left: f64) -> f64 {
    let missing = (1.0 - left).clamp(0.05, 1.0);
    LADDER[nearest_step((shade + 1.0) / missing - 1.0)]
}

/// Width of a healed dot of a zone, mm.
fn healed_mm(case: &Case, kind: ZoneKind) -> f64 {
    case.artist.dot_diameter_mm * diameter_factor(kind)
}

fn main_zone(plan: &OldPlan) -> usize {
    (0..plan.zones.len()).max_by_key(|&z| (plan.zones[z].dots, std::cmp::Reverse(z))).unwrap_or(0)
}

/// Visits that so much work takes.
fn visits(case: &Case, work_minutes: f64) -> usize {
    if work_minutes <= 0.0 {
        return 0;
    }
    let fits =
        |n: usize| with_breaks(&case.sessions, work_minutes / n as f64).total() <= case.sessions.max_minutes;
    (1..100).find(|&n| fits(n)).unwrap_or(100)
}

fn cells(plan: &OldPlan, case: &Case, dots: &[RefreshDot]) -> Vec<CellRefresh> {
    let mut out: Vec<CellRefresh> = plan
        .cells
        .iter()
        .map(|c| CellRefresh {
            number: c.number,
            name: c.name.clone(),
            zone: c.zone,
            area_cm2: c.area_cm2,
            leave: 0,
            go_over: 0,
            add: 0,
            minutes: 0.0,
        })
        .collect();
    for d in dots {
        let Some(cell) = out.iter_mut().find(|c| c.number == d.dot.cell) else { continue };
        let minutes = 1.0 / dots_per_min(case, plan.zones[d.dot.zone as usize].kind);
        match d.action {
            Action::Leave => cell.leave += 1,
            Action::GoOver => (cell.go_over, cell.minutes) = (cell.go_over + 1, cell.minutes + minutes),
            Action::Add => (cell.add, cell.minutes) = (cell.add + 1, cell.minutes + minutes),
        }
    }
    out
}

/// Definition of the main zone now and after each of some refreshes.
fn definitions(plan: &OldPlan, case: &Case, dots: &[Dot], old: &OldState, wish: &Wish) -> Vec<DefinitionRow> {
    /// Dots that tell as much as all.
    const ENOUGH: usize = 4000;
    let z = main_zone(plan);
    let zone = &plan.zones[z];
    let own = patch(z, dots, &old.marks, ENOUGH);
    let whole: f64 = zone.dots.max(1) as f64;
    let area_cm2 = zone.area_cm2 * own.len() as f64 / whole;
    let forecast = old.forecast.zone(zone.kind);
    // From one refresh to the next as long as the median takes to the client's limit.
    let years = forecast.touch_up.years[1].max(0.5);
    let kept = forecast.remaining(HEALED_DAY + DAYS_PER_YEAR * years);
    let healed_diameter_mm = healed_mm(case, zone.kind);
    let ratio = diameter_ratio(healed_diameter_mm, 0.0, years, 1.0);
    let run = |hand_mm: f64| {
        let again = Again {
            goal: Goal::of(&own, area_cm2, healed_diameter_mm, wish.goal),
            kept,
            grown_mm2: healed_diameter_mm.powi(2) * (ratio * ratio - 1.0),
            hand_mm,
        };
        after_refreshes(&own, &again, AHEAD, hash(case.seed, 0x4445_4649))
    };
    let (aimed, by_stencil) = rayon::join(|| run(AIMED_MM), || run(STENCIL_MM));
    aimed
        .iter()
        .zip(&by_stencil)
        .enumerate()
        .map(|(refreshes, (a, s))| DefinitionRow {
            refreshes,
            aimed: a.0,
            by_stencil: s.0,
            dots: (a.1 as f64 * whole / own.len().max(1) as f64).round() as usize,
        })
        .collect()
}

/// Marks of a zone about its middle dot, at most so many: a patch of skin, not a thinned one.
fn patch(z: usize, dots: &[Dot], marks: &[Mark], most: usize) -> Vec<Mark> {
    let own: Vec<Mark> =
        dots.iter().zip(marks).filter(|(d, _)| d.zone as usize == z).map(|(_, m)| *m).collect();
    let Some(centre) = own.get(own.len() / 2).map(|m| m.position_mm) else { return own };
    let mut by_distance: Vec<(f64, usize)> =
        own.iter().enumerate().map(|(i, m)| (m.position_mm.distance(centre), i)).collect();
    by_distance.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    by_distance.iter().take(most).map(|&(_, i)| own[i]).collect()
}
