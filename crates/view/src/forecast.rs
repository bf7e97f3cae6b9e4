//! The forecast as charts and pictures, for its own command and for the report.

use hairline_plan::forecast::kinetics::{DAYS_PER_YEAR, HEALED_DAY};
use hairline_plan::forecast::{Age, FirstDay, first_days, moments};
use hairline_plan::{Plan, Planned};
use rayon::prelude::*;

use crate::chart::{
    Axis, Band, Chart, ChartError, Curve, Limit, Look, Patch, Swatch, Swatches, lay_out_swatches,
};
use crate::pdf::Fonts;
use crate::picture::{CloseUp, Image};
use crate::preview::{close_state, hairs, scene};

/// The main zone over the years with its band, the client's limit, and what was measured.
pub fn fade_chart(plan: &Plan) -> Chart {
    let forecast = &plan.forecast;
    let zone = forecast.zone(forecast.main_zone);
    let rows: Vec<_> = zone.days.iter().filter(|d| d.day >= HEALED_DAY).collect();
    let years = |day: f64| (day - HEALED_DAY) / DAYS_PER_YEAR;
    let mut curves = vec![Curve {
        name: "median".to_owned(),
        look: Look::Line,
        points: rows.iter().map(|d| [years(d.day), 100.0 * d.darkness[1]]).collect(),
        band: Some(Band {
            name: "8 of 10".to_owned(),
            low_high: rows.iter().map(|d| [100.0 * d.darkness[0], 100.0 * d.darkness[2]]).collect(),
        }),
    }];
    let measured: Vec<[f64; 2]> = (plan.case.follow_up.iter())
        .filter(|f| f.zone.is_none_or(|z| z == zone.kind))
        .map(|f| [years(f.day), 100.0 * f.darkness])
        .collect();
    if !measured.is_empty() {
        curves.push(Curve { name: "measured".to_owned(), look: Look::Points, points: measured, band: None });
    }
    let [early, middle, late] = zone.touch_up.years;
    Chart {
        title: format!("How the dots fade: zone \"{}\"", zone.kind.name()),
        description: format!(
            "Darkness of the dots over ten years as a share of what was planned for day 28; the median falls under {:.0} % after \
             {middle:.1} years, eight of ten clients between {early:.1} and {late:.1} years.",
            100.0 * forecast.touch_up_at
        ),
        x: Axis::linear("years after day 28", "", &[0.0, 10.0]),
        y: Axis::linear("darkness, share of the planned", "%", &[0.0, 100.0]),
        curves,
        bars: vec![],
        spans: vec![],
        limits: vec![Limit { name: "touch-up".to_owned(), at: 100.0 * forecast.touch_up_at }],
    }
}

/// Redness and scabs of the first ten days.
pub fn first_days_chart(plan: &Plan) -> Chart {
    let days: Vec<f64> = (0..=48).map(|q| 0.25 * f64::from(q)).collect();
    let all = first_days::bands(&plan.case, &days);
    let curve = |name: &str, of: fn(&FirstDay) -> [f64; 3]| Curve {
        name: name.to_owned(),
        look: Look::Line,
        points: all.iter().map(|d| [d.day, 100.0 * of(d)[1]]).collect(),
        band: Some(Band {
            name: String::new(),
            low_high: all.iter().map(|d| [100.0 * of(d)[0], 100.0 * of(d)[2]]).collect(),
        }),
    };
    Chart {
        title: "What is normal in the first days".to_owned(),
        description: "Redness as a share of that right after the session, and share of the dots with a scab, for twelve days; \
                      bands hold eight of ten clients."
            .to_owned(),
        x: Axis::linear("days after a session", "", &[0.0, 12.0]),
        y: Axis::linear("redness; dots with a scab", "%", &[0.0, 100.0]),
        curves: vec![curve("redness", |d| d.redness), curve("scabs", |d| d.scabs)],
        bars: vec![],
        spans: vec![],
        limits: vec![],
    }
}

/// Side of a picture of the strip, pixels for its square centimetre.
const STRIP_PX: usize = 280;
/// Width of the strip, mm, and its pixels per mm: near those of its pictures.
const STRIP_MM: f64 = 170.0;
const STRIP_PX_PER_MM: f64 = 10.0;

/// [`fade_strip`] as a picture.
///
/// # Errors
/// Where the strip has no room for its words.
pub fn fade_strip_image(planned: &Planned) -> Result<Image, ChartError> {
    let fonts = Fonts::new();
    let drawing = lay_out_swatches(&fade_strip(planned), STRIP_MM, STRIP_MM, &fonts)?;
    Ok(drawing.to_image(STRIP_PX_PER_MM, &fonts))
}

/// One square centimetre from healed to eight years on, without a touch-up: the usual client, and one of ten at either edge
/// of the band.
pub fn fade_strip(planned: &Planned) -> Swatches {
    let hairs = hairs(planned);
    let scene = scene(planned, &hairs);
    let skin = CloseUp::new(&scene, STRIP_PX);
    let all = moments(planned.plan.sessions.len());
    let healed = all.iter().rposition(|m| m.age == Age::Healed).unwrap_or(0);
    let columns = &all[healed..];
    let edges = [(2, "fades slowly (one of ten)"), (1, "most likely"), (0, "fades fast (one of ten)")];
    let forecast = &planned.plan.forecast;
    let row = |place: usize| {
        let forecast = forecast.at(place);
        let zone = forecast.zone(forecast.main_zone);
        let patch = |moment| {
            let state = close_state(planned, &forecast, moment, scene.close_up_mm);
            let darkness = zone.darkness(moment.age.days());
            Patch {
                swatch: Swatch::Picture(skin.compose(&planned.dots, &state)),
                label: format!("{:.0} %", 100.0 * darkness),
            }
        };
        columns.par_iter().map(patch).collect()
    };
    let name = |age: Age| match age {
        Age::Years(1.0) => "1 year".to_owned(),
        Age::Years(years) => format!("{years:.0} years"),
        _ => "healed".to_owned(),
    };
    Swatches {
        title: "How the dots fade without a touch-up".to_owned(),
        description: "Pictures of one square centimetre of scalp, healed and after years, for a client whose dots fade slowly, as \
                      most likely, and fast; below each the darkness as a share of what was planned"
            .to_owned(),
        across: "1 cm² of scalp; below each its darkness as a share of the planned".to_owned(),
        columns: columns.iter().map(|m| name(m.age)).collect(),
        down: String::new(),
        rows: edges.iter().map(|(_, name)| (*name).to_owned()).collect(),
        patches: edges.iter().map(|&(place, _)| row(place)).collect(),
    }
}
