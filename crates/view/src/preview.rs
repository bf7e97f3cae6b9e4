//! The pictures of a plan: which states, which views, what the dots look like in each.

use glam::DVec3;
use hairline_plan::design::ZoneKind;
use hairline_plan::forecast::first_days::FirstDays;
use hairline_plan::forecast::kinetics::HEALED_DAY;
use hairline_plan::forecast::{Age, Appearance, ForecastSummary, Looks, Moment, appearance, moments};
use hairline_plan::later::units_left;
use hairline_plan::noise::{hash, uniform};
use hairline_plan::{Case, Dot, Planned};
use hairline_scalp::regions::RegionCurves;
use rayon::prelude::*;

use crate::chart::ChartError;
use crate::forecast::fade_strip_image;
use crate::glb::head_to_glb;
use crate::picture::{
    CloseLook, DotLook, FIELD_MM, Hair, Order, PictureFile, Scene, Shot, State, VIEWS, View,
    combed_from_part, make_pictures,
};

/// Side of every picture, pixels.
pub const SIZE_PX: usize = 1000;

/// Makes every picture of `preview/`: each view before and after each session healed; front and top also fresh, in later
/// years, and on the hair loss of ten and twenty years on; a close-up of each state; and the strip of how it fades.
///
/// # Errors
/// Where the strip has no room for its words.
pub fn previews(planned: &Planned) -> Result<Vec<PictureFile>, ChartError> {
    let moments = moments(planned.plan.sessions.len());
    let mut orders = Vec::new();
    for (state, moment) in moments.iter().enumerate() {
        let mut order = |stem: &str, shot: Shot| {
            orders.push(Order { file: format!("preview/{stem}-{}.png", moment.name), shot, state, hair: 0 });
        };
        for view in VIEWS {
            let everywhere = matches!(moment.age, Age::Before | Age::Healed);
            if everywhere || matches!(view, View::Front | View::Top) {
                order(view.name(), Shot::Head(view));
            }
        }
        order("closeup", Shot::CloseUp);
    }
    let (years, later_hairs): (Vec<f64>, Vec<Vec<Hair>>) = later_hairs(planned).into_iter().unzip();
    let healed = moments.iter().rposition(|m| m.age == Age::Healed).unwrap_or(0);
    for (k, years) in years.iter().enumerate() {
        for view in [View::Front, View::Top] {
            let file = format!("preview/{}-later-{years:.0}.png", view.name());
            orders.push(Order { file, shot: Shot::Head(view), state: healed, hair: k + 1 });
        }
    }
    let hairs = hairs(planned);
    let scene = Scene { later_hairs: &later_hairs, ..scene(planned, &hairs) };
    let mut files = make_pictures(&scene, &planned.dots, &states(planned), &orders, SIZE_PX);
    files.push(PictureFile { file: "preview/fade-strip.png".to_owned(), image: fade_strip_image(planned)? });
    Ok(files)
}

/// What stands before the camera: the client's head with these hairs.
pub fn scene<'a>(planned: &'a Planned, hairs: &'a [Hair]) -> Scene<'a> {
    let case = &planned.plan.case;
    Scene {
        head: &planned.head,
        skin_lab_sce: planned.looks.skin_lab(case),
        hairs,
        later_hairs: &[],
        hair_lab_sce: planned.looks.hair_lab(case),
        close_up_mm: close_up_mm(planned),
        draw_face: planned.plan.head.source == "measurements",
        seed: case.seed,
    }
}

/// The hair that is left in the years in which the plan looks ahead and the loss has gone on.
fn later_hairs(planned: &Planned) -> Vec<(f64, Vec<Hair>)> {
    let (case, curves) = (&planned.plan.case, RegionCurves::standard());
    let at = |years: f64| {
        let units = &planned.hair_units;
        let left = units_left(case, &planned.design, &planned.chart, &curves, units, years)?;
        Some((years, hairs_of(planned, &|unit| left[unit])))
    };
    planned.plan.later.iter().filter_map(|later| at(later.years)).collect()
}

/// How the scalp looks at each of the plan's moments.
pub fn states(planned: &Planned) -> Vec<State> {
    let forecast = &planned.plan.forecast;
    let centre = close_up_mm(planned);
    let moments = moments(planned.plan.sessions.len());
    moments.iter().map(|m| state(planned, forecast, m, centre, |_| true)).collect()
}

/// The finished head with its healed dots for phones and other programs.
pub fn head_glb(planned: &Planned) -> Vec<u8> {
    let n_sessions = planned.plan.sessions.len();
    let healed =
        moments(n_sessions).into_iter().find(|m| m.sessions_done == n_sessions && m.age == Age::Healed);
    let looks: Vec<DotLook> = healed.map_or(vec![], |m| {
        let centre = close_up_mm(planned);
        state(planned, &planned.plan.forecast, &m, centre, |_| true)
            .dots
            .into_iter()
            .map(|(_, look)| look)
            .collect()
    });
    head_to_glb(&planned.head, planned.looks.skin_lab(&planned.plan.case), &planned.dots, &looks)
}

/// What a close-up around a point sees of a moment, by a forecast.
pub(crate) fn close_state(
    planned: &Planned,
    forecast: &ForecastSummary,
    moment: &Moment,
    centre: DVec3,
) -> State {
    let reach_mm = 0.5 * FIELD_MM * 2.0_f64.sqrt() + CLOSE_MM;
    state(planned, forecast, moment, centre, |dot| (dot.position_mm - centre).abs().max_element() < reach_mm)
}

/// The dots of a moment as the optics' tables draw them, by a forecast; those that are wanted.
fn state(
    planned: &Planned,
    forecast: &ForecastSummary,
    moment: &Moment,
    close_up_mm: DVec3,
    wanted: impl Fn(&Dot) -> bool + Sync,
) -> State {
    let (plan, looks) = (&planned.plan, &planned.looks);
    let kind_of = |dot: &Dot| plan.zones.get(dot.zone as usize).map_or(ZoneKind::Body, |z| z.kind);
    let seen: Vec<(u32, ZoneKind, Appearance)> = planned
        .dots
        .par_iter()
        .enumerate()
        .filter(|(_, dot)| wanted(dot))
        .filter_map(|(i, dot)| {
            let kind = kind_of(dot);
            Some((i as u32, kind, appearance(&plan.case, looks, forecast, dot, kind, moment)?))
        })
        .collect();
    let days = if moment.age == Age::Before { HEALED_DAY } else { moment.age.days() };
    seen_state(&plan.case, looks, &planned.dots, &seen, close_up_mm, days)
}

/// Dots as the optics draw them on a case's skin: index, kind of zone and appearance of each; days since a session, which decide
/// how red and scabbed the skin is (the middle client).
pub fn seen_state(
    case: &Case,
    looks: &Looks,
    dots: &[Dot],
    seen: &[(u32, ZoneKind, Appearance)],
    close_up_mm: DVec3,
    days: f64,
) -> State {
    let calm = days >= HEALED_DAY || seen.is_empty();
    let first = FirstDays::new(case, 0.0, 0.0);
    let head = |(i, kind, a): &(u32, ZoneKind, Appearance)| {
        (*i, DotLook::new(&looks.light(*kind, a), a.diameter_mm))
    };
    let close = |(i, kind, a): &(u32, ZoneKind, Appearance)| {
        let at = dots.get(*i as usize)?.position_mm;
        let near = (at - close_up_mm).abs().max_element() < 0.5 * FIELD_MM * 2.0_f64.sqrt() + CLOSE_MM;
        near.then(|| {
            let look = CloseLook {
                light: looks.light(*kind, a),
                profile: looks.profile(*kind, a),
                diameter_mm: a.diameter_mm,
                depth_mm: a.depth_mm,
                height_mm: case.artist.deposit_height_mm,
            };
            (*i, look)
        })
    };
    // One exponent for all of a state: that of the middle of its dots.
    let middle = seen.get(seen.len() / 2).map_or([0.0; 3], |(_, kind, a)| looks.overlap(*kind, a));
    State {
        dots: seen.par_iter().map(head).collect(),
        close: seen.par_iter().filter_map(close).collect(),
        overlap: middle.map(|q| q as f32),
        redness: if calm { 0.0 } else { first.redness(days) },
        scabs: if calm { 0.0 } else { first.scabs(days) },
    }
}

/// Dots this far outside a close-up can still reach into it, mm.
const CLOSE_MM: f64 = 3.0;

/// Longer hair is combed from the part instead of following its lie, mm.
const LONG_HAIR_MM: f64 = 20.0;

/// Every hair of the existing follicular units.
pub fn hairs(planned: &Planned) -> Vec<Hair> {
    hairs_of(planned, &|_| true)
}

/// The hairs of some of the units.
fn hairs_of(planned: &Planned, stands: &dyn Fn(usize) -> bool) -> Vec<Hair> {
    let hair = &planned.plan.case.hair;
    let mut out = Vec::with_capacity(planned.hair_units.len() * 2);
    let long = hair.length_mm > LONG_HAIR_MM;
    for (i, &(p, normal)) in planned.hair_units.iter().enumerate().filter(|(i, _)| stands(*i)) {
        let lie = if long {
            combed_from_part(p, normal, planned.plan.case.parting.offset_mm)
        } else {
            planned.design.hair_direction(p, normal)
        };
        let across = normal.cross(lie);
        let unit_seed = hash(planned.plan.seed ^ 0x4841_4952, i as u64);
        let random = |k: u64| uniform(unit_seed, k);
        // As many hairs as the mean asks for, the fraction by chance.
        let n = hair.hairs_per_unit.floor() as usize + usize::from(random(0) < hair.hairs_per_unit.fract());
        for h in 0..n {
            let k = 4 * h as u64;
            // Hairs of one unit leave the skin within about 0.2 mm, at 40-60 degrees to it (own design).
            let (sin, cos) = libm::sincos((40.0 + 20.0 * random(k + 1)).to_radians());
            let fan = 0.3 * (random(k + 2) - 0.5);
            out.push(Hair {
                root_mm: p + across * 0.2 * (random(k + 3) - 0.5),
                direction: (normal * sin + (lie + across * fan) * cos).normalize(),
                length_mm: hair.length_mm * (0.85 + 0.3 * random(k + 4)),
                shaft_mm: hair.shaft_um / 1000.0,
            });
        }
    }
    out
}

/// Middle of the close-ups: of many dots the one with most dots and fewest hairs about it, so that the picture shows what
/// is done.
pub fn close_up_mm(planned: &Planned) -> DVec3 {
    /// Half the side of a close-up, mm: the pictures show 1 cm2.
    const HALF_MM: f64 = 5.0;
    let around = |points: &[DVec3], p: DVec3| {
        // A cube is enough: the head is flat over a centimetre.
        points.iter().filter(|q| (**q - p).abs().max_element() < HALF_MM).count() as f64
    };
    let dots: Vec<DVec3> = planned.dots.iter().map(|d| d.position_mm).collect();
    let hairs: Vec<DVec3> = planned.hair_units.iter().map(|h| h.0).collect();
    let candidates = dots.iter().step_by(1 + dots.len() / 100);
    let worth = |p: &DVec3| around(&dots, *p) - around(&hairs, *p);
    let best = candidates.map(|p| (worth(p), *p)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or(DVec3::ZERO, |b| b.1)
}
