//! The plan: from a case to every dot.
//!
//! Steps: build or import the head; chart it; design hairline, zones and density; find where hair is; split into sessions;
//! lay the dots; give each its touch; divide into cells; price, forecast, look ahead; warn.

use glam::DVec3;
use hairline_scalp::patch::cut_patch;
use hairline_scalp::regions::RegionCurves;
use hairline_scalp::surface::Surface;
use hairline_scalp::{Chart, Head};
use serde::Serialize;

use crate::care::Wear;
use crate::case::{Case, Look};
use crate::cells::{Cell, Division, PartingWish};
use crate::design::{Design, HairlineSummary, Known, ZoneKind, design};
use crate::dot::Dot;
use crate::forecast::{self, ForecastSummary, Looks, ZoneFacts};
use crate::head_source::{HeadSource, HeadSummary};
use crate::later::{Later, later};
use crate::layout::{Layout, LayoutError};
use crate::loss_summary::{self, LossSummary};
use crate::matching::{self, Match};
use crate::pigment::{LADDER, depth_factor, needle, shade_step};
use crate::placing::{self, Field};
use crate::quote::{Alternative, LeftOut, Quote, alternatives, quote};
use crate::sessions::{
    self, CellWork, Course, MOST_SESSIONS, Minutes, NoDay, SessionDay, courses, session_days, with_breaks,
};
use crate::warnings::{Warning, warnings};

/// Version of the plan format.
pub const FORMAT: &str = "hairline-plan/1";

/// Where every source is listed, section by section.
pub const SOURCES: &str = "docs/sources.md in the repository of hairline";

/// `plan.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// Format and its version.
    pub format: String,
    /// Version of the program.
    pub program_version: String,
    /// Where sources cited as `smp 5.1` or `smp.md 5.1` (a file of notes and its section) are listed.
    pub sources: String,
    /// Seed of every random choice.
    pub seed: u64,
    /// Title of the case.
    pub title: String,
    /// The case as understood, defaults filled in.
    pub case: Case,
    /// The head.
    pub head: HeadSummary,
    /// File coordinates to head frame, row by row; only for scans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_from_scan: Option<[[f64; 4]; 4]>,
    /// The hairline; only for looks that draw one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hairline: Option<HairlineSummary>,
    /// Zones.
    pub zones: Vec<ZonePlan>,
    /// The hair loss: areas on this head; none when the case describes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<LossSummary>,
    /// Area treated, the blend into hair included, cm2.
    pub treated_area_cm2: f64,
    /// Of it: the blend into hair beside the loss, cm2.
    pub blend_area_cm2: f64,
    /// Number of dots.
    pub dots: usize,
    /// Dots that found no place between hairs.
    pub left_out: usize,
    /// Sessions.
    pub sessions: Vec<SessionPlan>,
    /// Whether cells are squares (`cells`) or partings between long hair (`partings`).
    pub guide: String,
    /// Cells or partings, in working order.
    pub cells: Vec<Cell>,
    /// The pigment: what it is matched to, the choice and its runners-up, and why.
    #[serde(rename = "match")]
    pub matched: Match,
    /// The price.
    pub quote: Quote,
    /// Ten years beside the alternatives.
    pub alternatives: Vec<Alternative>,
    /// Ways that are not compared, and why.
    pub alternatives_left_out: Vec<LeftOut>,
    /// Fading.
    pub forecast: ForecastSummary,
    /// The design in ten and twenty years.
    pub later: Vec<Later>,
    /// Warnings.
    pub warnings: Vec<Warning>,
}

/// A zone in `plan.json`.
#[derive(Clone, Debug, Serialize)]
pub struct ZonePlan {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: ZoneKind,
    /// Skin, cm2.
    pub area_cm2: f64,
    /// Dots.
    pub dots: usize,
    /// Dots per cm2 when finished.
    pub density_per_cm2: f64,
    /// Share of the skin that healed dots cover.
    pub coverage: f64,
}

/// A session in `plan.json`.
#[derive(Clone, Debug, Serialize)]
pub struct SessionPlan {
    /// From 1.
    pub number: usize,
    /// When.
    #[serde(flatten)]
    pub when: SessionDay,
    /// Dots.
    pub dots: usize,
    /// Share of all dots done after it.
    pub cumulative: f64,
    /// Which pass over the skin, from 1.
    pub pass: usize,
    /// First and last cell worked on.
    pub cells: [u32; 2],
    /// How long.
    pub minutes: Minutes,
    /// Area worked on, cm2.
    pub area_cm2: f64,
    /// What to do in each zone.
    pub passes: Vec<PassPlan>,
}

/// One zone in one session.
#[derive(Clone, Debug, Serialize)]
pub struct PassPlan {
    /// Index into the zones.
    pub zone: usize,
    /// Name of the zone.
    pub zone_name: String,
    /// Dots.
    pub dots: usize,
    /// Needle.
    pub needle: String,
    /// How deep the needle goes, mm.
    pub needle_depth_mm: f64,
    /// Dilution of the middle cup, ml of diluent to 1 ml of pigment.
    pub shade: f64,
    /// The three cups: lighter and darker neighbours of the middle one.
    pub mixes: Vec<Mix>,
}

/// A cup of pigment.
#[derive(Clone, Debug, Serialize)]
pub struct Mix {
    /// ml of diluent to 1 ml of pigment.
    pub shade: f64,
    /// Share of the zone's dots.
    pub share: f64,
    /// Pigment for a cup of [`CUP_ML`], ml.
    pub pigment_ml: f64,
    /// Sterile diluent for the cup, ml.
    pub diluent_ml: f64,
}

/// Size of a cup of mixed pigment, ml: keeps pigment under 1 ml a mix (`smp.md` 3.2).
pub const CUP_ML: f64 = 3.0;
/// Default distance between partings, mm (assumption).
const PARTING_SPACING_MM: f64 = 6.0;

/// A plan with everything its files and pictures are made of.
pub struct Planned {
    /// `plan.json`.
    pub plan: Plan,
    /// The head.
    pub head: Head,
    /// Its chart.
    pub chart: Chart,
    /// The design on it.
    pub design: Design,
    /// Pieces of scalp that carry dots.
    pub fields: Vec<Field>,
    /// Cell of each triangle of each field, index into the plan's cells.
    pub cell_of_triangle: Vec<Vec<u32>>,
    /// Every dot, in the order of `dots.csv`.
    pub dots: Vec<Dot>,
    /// How dots look in the client's skin.
    pub looks: Looks,
    /// Existing follicular units: position and skin normal, head frame, mm.
    pub hair_units: Vec<(DVec3, DVec3)>,
}

/// Why a case cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The head has no usable scalp.
    #[error("head: {0}")]
    Chart(#[from] hairline_scalp::chart::ChartError),
    /// The pigment cannot be matched.
    #[error("match: {0}")]
    Match(#[from] hairline_optics::error::Error),
    /// The dots cannot be placed.
    #[error("dots: {0}")]
    Layout(#[from] LayoutError),
    /// Points of a file that lie nowhere near the head.
    #[error(
        "{field}: found points {median_mm:.0} mm from the skin (half of them); they belong on the head: mm in the head \
         frame, origin between the ears, x to the left, y up, z forwards (for a scan, `head_from_scan` of plan.json leads \
         there)"
    )]
    Elsewhere {
        /// Field of the case.
        field: &'static str,
        /// Median distance from the skin, mm.
        median_mm: f64,
    },
    /// The work does not fit into sessions.
    #[error("sessions: {0}")]
    Sessions(String),
    /// The calendar has no day for a session.
    #[error("{0}")]
    Calendar(#[from] NoDay),
    /// There is nothing to treat.
    #[error("nothing to treat: {0}")]
    Nothing(String),
}

/// A step of the work, for progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Hairline, zones, density.
    Design,
    /// Existing hair.
    Hair,
    /// Dots.
    Dots,
    /// Cells, sessions, quote.
    Course,
}

/// Measured points lie on the skin but for the errors of scanner and landmarks: half of them within this, mm.
const ON_SKIN_MM: f64 = 10.0;

fn check_known(head: &Head, known: &Known) -> Result<(), PlanError> {
    let any = known.hairs_mm.is_some() || known.earlier_mm.is_some();
    let Some(skin) = any.then(|| Surface::new(&head.skin)).flatten() else { return Ok(()) };
    for (field, points) in [("hair.positions", &known.hairs_mm), ("earlier.dots", &known.earlier_mm)] {
        let points = points.as_deref().unwrap_or_default();
        // A thousand tell as much as all.
        let some = points.iter().step_by(1 + points.len() / 1000);
        let mut distances: Vec<f64> = some.map(|&p| p.distance(skin.nearest(p))).collect();
        distances.sort_by(f64::total_cmp);
        match distances.get(distances.len() / 2) {
            Some(&median_mm) if median_mm > ON_SKIN_MM => {
                return Err(PlanError::Elsewhere { field, median_mm });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Plans a case on its head.
///
/// # Errors
/// When the head has no usable scalp, or nothing is to be treated.
pub fn make_plan(
    case: &Case,
    source: HeadSource,
    known: &Known,
    program_version: &str,
    progress: &mut dyn FnMut(Step),
) -> Result<Planned, PlanError> {
    let HeadSource { head, head_from_scan, summary: mut head_summary, warnings: mut all_warnings } = source;
    progress(Step::Design);
    let (case, matched) = matching::resolve(case)?;
    let case = &case;
    let chart = Chart::new(&head)?;
    check_known(&head, known)?;
    let curves = RegionCurves::standard();
    let design = design(case, &head, &chart, &curves, known);
    let (fields, zones) = placing::fields(&design, &chart);
    if fields.is_empty() {
        return Err(PlanError::Nothing(nothing_because(case)));
    }
    head_summary.scalp_area_cm2 =
        cut_patch(&chart, 3.0, &|uv, p| design.scalp.signed_distance_mm(uv, p)).area_cm2();

    progress(Step::Hair);
    let hair_units = placing::existing_units(case, &design, &chart, known)?;

    progress(Step::Dots);
    let long_hair = case.look == Look::Density && Wear::of(case) == Wear::Long;
    let partings = long_hair.then(|| PartingWish {
        offset_mm: case.parting.offset_mm,
        spacing_mm: case.parting.spacing_mm.unwrap_or(PARTING_SPACING_MM),
    });
    let division = Division::new(&chart, &fields, &zones, partings);
    let lay =
        |course: &Course| placing::lay_dots(case, &design, &fields, &hair_units, known, &course.pass_shares);
    let (course, layouts, raw) = split(case, &fields, &zones, &division, &lay)?;
    if raw.is_empty() {
        return Err(PlanError::Nothing(nothing_because(case)));
    }

    progress(Step::Course);
    let cells = counted_cells(&division, &raw, &course);
    let dots = number_dots(case, &design, &raw, &division, &course);

    let zone_plans = zone_plans(&fields, &zones, &dots);
    let treated_area_cm2: f64 = zone_plans.iter().map(|z| z.area_cm2).sum();
    let blend_area_cm2 = zone_plans.iter().filter(|z| z.kind == ZoneKind::Blend).map(|z| z.area_cm2).sum();
    let loss = loss_summary::summary(case, &design, &chart, head_summary.scalp_area_cm2);
    all_warnings.extend(loss.iter().filter(|l| !l.own_design.is_empty()).map(|l| {
        let text = format!(
            "Own design, without a published curve behind it: the {}. Compare it with the client and paint it where it differs",
            l.own_design.join(" and the ")
        );
        Warning::new("own-design", text, "design.md 4, areas of stages")
    }));
    let days = session_days(&case.sessions, course.pass_shares.len(), course.parts)?;
    let session_plans = session_plans(case, &zones, &cells, &dots, &course, days);
    let later = later(case, &design, &chart, &curves);
    let facts: Vec<ZoneFacts> = zone_plans
        .iter()
        .map(|z| ZoneFacts { kind: z.kind, dots: z.dots, density_per_cm2: z.density_per_cm2 })
        .collect();
    let looks = Looks::new(case);
    let forecast = forecast::summary(case, &looks, &facts, session_plans.last().and_then(|s| s.when.date));
    let quote = quote(case, session_plans.len(), treated_area_cm2);
    let comparison = alternatives(case, &quote, treated_area_cm2, forecast.touch_up_years[1]);
    all_warnings.extend(warnings(case, &design, &zone_plans, &session_plans, &later));
    all_warnings.extend(matching::warnings(case, &matched));

    let plan = Plan {
        format: FORMAT.to_owned(),
        program_version: program_version.to_owned(),
        sources: SOURCES.to_owned(),
        seed: case.seed,
        title: case.title.clone(),
        case: case.clone(),
        head: head_summary,
        head_from_scan: head_from_scan.map(|m| m.transpose().to_cols_array_2d()),
        hairline: design.hairline.as_ref().map(|h| h.summary.clone()),
        zones: zone_plans,
        loss,
        treated_area_cm2,
        blend_area_cm2,
        dots: dots.len(),
        left_out: layouts.iter().map(|l| l.left_out).sum(),
        sessions: session_plans,
        guide: if long_hair { "partings" } else { "cells" }.to_owned(),
        cells,
        matched,
        quote,
        alternatives: comparison.ways,
        alternatives_left_out: comparison.left_out,
        forecast,
        later,
        warnings: all_warnings,
    };
    Ok(Planned {
        plan,
        head,
        chart,
        design,
        fields,
        cell_of_triangle: division.cell_of_triangle,
        dots,
        looks,
        hair_units,
    })
}

fn nothing_because(case: &Case) -> String {
    match case.look {
        Look::Scar => "the scars leave no room for dots".to_owned(),
        _ => "the loss described leaves no place that wants dots; give a later stage, a painted zone, a higher density \
              or a lower hairline"
            .to_owned(),
    }
}

/// Fewer dots than this are placed in one session: about what four square centimetres of shaved look hold (own design).
pub(crate) const FEW_DOTS: f64 = 400.0;

type Split = (Course, Vec<Layout>, Vec<placing::RawDot>);

/// Splits the work into sessions and lays the dots: the course with the fewest sessions in which each, with the dots
/// really placed, keeps its limits.
fn split(
    case: &Case,
    fields: &[Field],
    zones: &[placing::Zone],
    division: &Division,
    lay: &dyn Fn(&Course) -> Result<Vec<Layout>, LayoutError>,
) -> Result<Split, PlanError> {
    let (work, expected_dots) = cell_work(case, fields, zones, division);
    let scar = zones.iter().any(|z| z.0 == ZoneKind::Scar);
    let mut wish = case.sessions.clone();
    if expected_dots < FEW_DOTS && !scar {
        wish.cumulative = vec![1.0];
    }
    let mut last: Option<Split> = None;
    for course in courses(&wish, &work) {
        // The same passes over other parts: the dots stay.
        let same = last.take().filter(|l| l.0.pass_shares == course.pass_shares);
        let (layouts, raw) = match same {
            Some((_, layouts, raw)) => (layouts, raw),
            None => {
                let layouts = lay(&course)?;
                let raw = placing::raw_dots(fields, &layouts, zones);
                (layouts, raw)
            }
        };
        let mut minutes = vec![0.0; course.sessions()];
        for dot in &raw {
            minutes[session_of(&course, division, dot)] += 1.0 / sessions::dots_per_min(case, dot.kind);
        }
        let kept =
            minutes.iter().all(|&m| with_breaks(&case.sessions, m).total() <= case.sessions.max_minutes);
        if kept {
            return Ok((course, layouts, raw));
        }
        last = Some((course, layouts, raw));
    }
    let area_cm2: f64 = work.iter().map(|w| w.area_cm2).sum();
    let minutes: f64 = work.iter().map(|w| w.minutes).sum();
    Err(PlanError::Sessions(format!(
        "found {:.0} hours of work on {area_cm2:.0} cm2, too much for {MOST_SESSIONS} sessions of at most {:.0} minutes \
         and {:.0} cm2 each; allowed are larger sessions.max_minutes (to 300) or sessions.max_area_cm2, more dots a \
         minute, a lower density or a smaller area",
        minutes / 60.0,
        case.sessions.max_minutes,
        case.sessions.max_area_cm2
    )))
}

/// What each cell takes by the density wanted, and the dots expected in all.
fn cell_work(
    case: &Case,
    fields: &[Field],
    zones: &[placing::Zone],
    division: &Division,
) -> (Vec<CellWork>, f64) {
    let mut work: Vec<CellWork> =
        division.cells.iter().map(|c| CellWork { area_cm2: c.area_cm2, minutes: 0.0 }).collect();
    let mut expected = 0.0;
    for (field, cells) in fields.iter().zip(&division.cell_of_triangle) {
        for (t, corners) in field.patch.mesh.triangles.iter().enumerate() {
            let mean = corners.iter().map(|&v| field.density_per_cm2[v as usize]).sum::<f64>() / 3.0;
            let dots = mean * field.patch.mesh.triangle_area_mm2(t) / 100.0;
            let kind = zones[field.zone_of_triangle[t]].0;
            work[cells[t] as usize].minutes += dots / sessions::dots_per_min(case, kind);
            expected += dots;
        }
    }
    (work, expected)
}

/// Session of a dot, from 0: every pass takes the parts one after the other.
fn session_of(course: &Course, division: &Division, dot: &placing::RawDot) -> usize {
    dot.placed.visit as usize * course.parts + course.part_of_cell[division.cell_of(dot)]
}

/// The cells with their dots per session.
fn counted_cells(division: &Division, raw: &[placing::RawDot], course: &Course) -> Vec<Cell> {
    let mut cells = division.cells.clone();
    for cell in &mut cells {
        cell.counts = vec![0; course.sessions()];
    }
    for dot in raw {
        cells[division.cell_of(dot)].counts[session_of(course, division, dot)] += 1;
    }
    cells
}

/// Numbers the dots by session, cell and the layout's own order, and gives each its touch.
fn number_dots(
    case: &Case,
    design: &Design,
    raw: &[placing::RawDot],
    division: &Division,
    course: &Course,
) -> Vec<Dot> {
    use rayon::prelude::*;
    let mut order: Vec<(usize, usize, usize)> = raw
        .iter()
        .enumerate()
        .map(|(i, dot)| (session_of(course, division, dot), division.cell_of(dot), i))
        .collect();
    order.sort_unstable();
    order
        .par_iter()
        .enumerate()
        .map(|(n, &(session, cell, i))| {
            let dot = &raw[i];
            let touch = placing::touch(case, design, dot, i as u64, course.pass_shares.len());
            Dot {
                id: n as u32 + 1,
                session: session as u8 + 1,
                zone: dot.zone as u16,
                cell: cell as u32 + 1,
                position_mm: dot.placed.position_mm,
                normal: dot.placed.normal,
                diameter_mm: touch.diameter_mm,
                depth_mm: touch.depth_mm,
                angle_deg: touch.angle_deg,
                azimuth_deg: touch.azimuth_deg,
                shade: touch.shade,
            }
        })
        .collect()
}

fn zone_plans(fields: &[Field], zones: &[placing::Zone], dots: &[Dot]) -> Vec<ZonePlan> {
    let mut area = vec![0.0; zones.len()];
    for field in fields {
        for (t, &zone) in field.zone_of_triangle.iter().enumerate() {
            area[zone] += field.patch.mesh.triangle_area_mm2(t) / 100.0;
        }
    }
    zones
        .iter()
        .enumerate()
        .map(|(z, (kind, name))| {
            let own = || dots.iter().filter(|d| d.zone as usize == z);
            let n = own().count();
            let covered_mm2: f64 = own().map(|d| 0.25 * std::f64::consts::PI * d.diameter_mm.powi(2)).sum();
            ZonePlan {
                name: name.clone(),
                kind: *kind,
                area_cm2: area[z],
                dots: n,
                density_per_cm2: n as f64 / area[z].max(1e-9),
                coverage: covered_mm2 / (100.0 * area[z].max(1e-9)),
            }
        })
        .collect()
}

fn session_plans(
    case: &Case,
    zones: &[placing::Zone],
    cells: &[Cell],
    dots: &[Dot],
    course: &Course,
    days: Vec<SessionDay>,
) -> Vec<SessionPlan> {
    let passes_in_all = course.pass_shares.len();
    let mut done = 0;
    days.into_iter()
        .enumerate()
        .map(|(s, when)| {
            let number = s + 1;
            let (pass, part) = (s / course.parts + 1, s % course.parts);
            let mut passes = Vec::new();
            let mut work = 0.0;
            for (z, (kind, name)) in zones.iter().enumerate() {
                let n = dots.iter().filter(|d| d.session as usize == number && d.zone as usize == z).count();
                if n == 0 {
                    continue;
                }
                work += n as f64 / sessions::dots_per_min(case, *kind);
                let step = shade_step(case, *kind, pass, passes_in_all);
                passes.push(PassPlan {
                    zone: z,
                    zone_name: name.clone(),
                    dots: n,
                    needle: needle(*kind).to_owned(),
                    needle_depth_mm: case.artist.depth_mm * depth_factor(*kind),
                    shade: LADDER[step],
                    mixes: mixes(step),
                });
            }
            let n: usize = passes.iter().map(|p| p.dots).sum();
            done += n;
            let worked = || cells.iter().zip(&course.part_of_cell).filter(|c| *c.1 == part).map(|c| c.0);
            SessionPlan {
                number,
                when,
                dots: n,
                cumulative: done as f64 / dots.len() as f64,
                pass,
                cells: [
                    worked().map(|c| c.number).min().unwrap_or(1),
                    worked().map(|c| c.number).max().unwrap_or(1),
                ],
                minutes: with_breaks(&case.sessions, work),
                area_cm2: worked().map(|c| c.area_cm2).sum(),
                passes,
            }
        })
        .collect()
}

/// The middle cup and its neighbours on the ladder.
fn mixes(step: usize) -> Vec<Mix> {
    let cup = |offset: i32, share: f64| {
        let shade = LADDER[(step as i32 + offset).clamp(0, LADDER.len() as i32 - 1) as usize];
        let pigment_ml = CUP_ML / (shade + 1.0);
        Mix { shade, share, pigment_ml, diluent_ml: CUP_ML - pigment_ml }
    };
    vec![cup(-1, 0.2), cup(0, 0.6), cup(1, 0.2)]
}
