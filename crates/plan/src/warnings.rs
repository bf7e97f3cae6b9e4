//! Where a rule of practice is broken: warnings inform, they do not forbid.

use serde::Serialize;

use crate::case::{Anatomy, Case, HairlineStyle, Look};
use crate::design::{Design, ZoneKind};
use crate::later::Later;
use crate::pigment::ita_deg;
use crate::plan::{SessionPlan, ZonePlan};
use crate::words::lower_first;

/// One warning.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Warning {
    /// Stable name.
    pub code: String,
    /// What and why, in plain words.
    pub text: String,
    /// Where the rule comes from.
    pub source: String,
}

impl Warning {
    /// A warning.
    pub fn new(code: &str, text: String, source: &str) -> Warning {
        Warning { code: code.to_owned(), text, source: source.to_owned() }
    }
}

/// A height this far from what the facial thirds recommend is warned of, mm (assumption).
const THIRDS_MM: f64 = 10.0;
/// An angle at the corner above this is called flat, degrees (assumption).
const FLAT_CORNER_DEG: f64 = 150.0;

/// Every rule a plan breaks.
pub fn warnings(
    case: &Case,
    design: &Design,
    zones: &[ZonePlan],
    sessions: &[SessionPlan],
    later: &[Later],
) -> Vec<Warning> {
    let mut out = Vec::new();
    let mut say = |code: &str, text: String, source: &str| out.push(Warning::new(code, text, source));
    hairline(case, design, &mut say);
    dots(case, zones, &mut say);
    course(case, sessions, &mut say);
    wish(case, &mut say);
    // Said once: what comes later is worse.
    if let Some(l) = later.iter().find(|l| l.stands_alone) {
        say(
            "hairline-stands-alone",
            format!("In {:.0} years: {}", l.years, lower_first(&l.meaning)),
            "smp.md 2.8, plan for future loss",
        );
    }
    out
}

fn hairline(case: &Case, design: &Design, say: &mut dyn FnMut(&str, String, &str)) {
    let Some(line) = &design.hairline else { return };
    let line = &line.summary;
    let lowest = match case.client.anatomy {
        Anatomy::Male => 65.0,
        Anatomy::Female => 55.0,
        Anatomy::Unspecified => 60.0,
    };
    if line.height_mm < lowest - 0.5 {
        say(
            "hairline-too-low",
            format!(
                "The hairline stands {:.0} mm above the glabella; under {lowest:.0} mm it tends to look low and drawn. Lowering it later is easy, raising it needs a laser",
                line.height_mm
            ),
            "smp.md 2.8, heights and pass rule",
        );
    }
    if line.height_mm > 100.5 {
        say(
            "hairline-high",
            format!(
                "The hairline stands {:.0} mm above the glabella, higher than the 60-100 mm of usual plans",
                line.height_mm
            ),
            "smp.md 2.8",
        );
    }
    if let Some(recommended) = line.thirds.recommended_height_mm
        && (line.height_mm - recommended).abs() > THIRDS_MM
    {
        say(
            "facial-thirds",
            format!(
                "The hairline stands {:.0} mm above the glabella; by the thirds of the face {recommended:.0} mm would balance it",
                line.height_mm
            ),
            "smp.md 2.8, vertical thirds 1:1:1 (S56b, S59)",
        );
    }
    if line.corner_angle_deg.iter().any(|&angle| angle > FLAT_CORNER_DEG)
        && case.hairline.style != HairlineStyle::Rounded
    {
        say(
            "corner-flattened",
            format!(
                "The line runs into the temples almost straight ({:.0} degrees at the corner); a filled fronto-temporal angle looks drawn",
                line.corner_angle_deg[0].max(line.corner_angle_deg[1])
            ),
            "smp.md 2.8, do not flatten or fill the fronto-temporal angle (S56)",
        );
    }
    let lower_corner = line.corner_above_midpoint_mm.iter().copied().fold(f64::INFINITY, f64::min);
    if lower_corner < -0.5 {
        say(
            "corner-below-midpoint",
            format!(
                "A fronto-temporal corner lies {:.0} mm lower than the midpoint; it should be level with it or higher",
                -lower_corner
            ),
            "smp.md 2.8, fronto-temporal point (S56, S60)",
        );
    } else if lower_corner < 2.0 && case.hairline.style != HairlineStyle::EdgeUp {
        say(
            "hairline-flat",
            "The hairline hardly rises towards the temples; a flat line looks drawn".into(),
            "smp.md 2.8, do not flatten the fronto-temporal angle (S56)",
        );
    }
    if case.hairline.style == HairlineStyle::EdgeUp {
        say("hairline-crisp", "An edge-up is straight and crisp: it shows every millimetre of regrowth and ages worse than a soft line; keep a fade of 3-5 mm".into(), "smp.md 2.8, edge-up (unconfirmed practice)");
    }
    if line.feather_mm < 3.0 {
        say(
            "hairline-hard",
            format!(
                "The edge fades over {:.1} mm only; the first millimetres should be sparse and feathered",
                line.feather_mm
            ),
            "smp.md 2.8, S62",
        );
    }
    if let Some(age) = case.client.age_years
        && age < 25
        && (line.height_mm < 75.0 || design.body_per_cm2 > 90.0)
    {
        say(
            "dense-before-25",
            format!(
                "At {age} the hair loss is not settled: a low or dense line ({:.0} mm, {:.0} dots/cm2) may have to live with much more loss later",
                line.height_mm, design.body_per_cm2
            ),
            "smp.md 2.8, age",
        );
    }
}

fn dots(case: &Case, zones: &[ZonePlan], say: &mut dyn FnMut(&str, String, &str)) {
    let asked = case.artist.density_per_cm2.unwrap_or(0.0);
    let cap = crate::design::definition_cap_per_cm2(case.artist.dot_diameter_mm);
    if asked > cap + 0.5 {
        say(
            "density-capped",
            format!(
                "{asked:.0} dots/cm2 of {:.2} mm would run into each other; planned with {cap:.0}",
                case.artist.dot_diameter_mm
            ),
            "smp.md 1.5, definition and helmet look",
        );
    }
    for zone in zones {
        let coverage = zone.coverage;
        let ratio = case.artist.dot_diameter_mm * (zone.density_per_cm2 / 100.0).sqrt();
        if coverage > 0.15 || ratio > 0.40 + 1e-3 {
            say(
                "helmet-look",
                format!(
                    "{}: dots cover {:.0} % of the skin and stand {:.2} of a spacing wide: it may read as a helmet",
                    zone.name,
                    100.0 * coverage,
                    ratio
                ),
                "smp.md 1.5, coverage over 15 % or diameter over 0.40 of the spacing",
            );
        }
    }
    if zones.iter().any(|z| z.kind == ZoneKind::Scar) {
        say("scar-uptake", "Scars take pigment unpredictably and lose it about twice as fast: test dots first, expect an extra session".into(), "smp.md 1.5, 1.7, 3.4");
    }
    if ita_deg(case) < -30.0 {
        say("dark-skin", "On dark skin black pigment can turn blue-green and scars raise more easily: test dots, no undiluted black".into(), "smp.md 3.2, 4.1");
    }
}

fn course(case: &Case, sessions: &[SessionPlan], say: &mut dyn FnMut(&str, String, &str)) {
    let asked = case.sessions.cumulative.len();
    let parts = sessions.iter().filter(|s| s.pass == 1).count();
    if sessions.len() > asked {
        let mut reasons = Vec::new();
        let area_cm2: f64 = sessions.iter().filter(|s| s.pass == 1).map(|s| s.area_cm2).sum();
        if area_cm2 > case.sessions.max_area_cm2 {
            reasons.push(format!(
                "{area_cm2:.0} cm2 at once is over the studio's limit of {:.0} (more area, more swelling)",
                case.sessions.max_area_cm2
            ));
        }
        let parts_by_area = (area_cm2 / case.sessions.max_area_cm2).ceil().max(1.0) as usize;
        if parts > parts_by_area || sessions.len() > asked * parts {
            reasons.push(format!(
                "otherwise one would last longer than {:.0} minutes",
                case.sessions.max_minutes
            ));
        }
        let how = if parts > 1 {
            format!(", each pass in {parts} parts of the scalp at least a week apart")
        } else {
            String::new()
        };
        say(
            "more-sessions",
            format!("{} sessions instead of {asked}{how}: {}", sessions.len(), reasons.join("; ")),
            "settings of the case (max_minutes, max_area_cm2); at most five hours",
        );
    }
    if sessions.len() < asked {
        let dots: usize = sessions.iter().map(|s| s.dots).sum();
        say(
            "little-to-treat",
            format!(
                "There is hardly anything to treat: {dots} dots, {:.0} minutes of work, in one session instead of {asked}. \
                 Look whether a treatment is wanted at all",
                sessions.iter().map(|s| s.minutes.work).sum::<f64>().ceil()
            ),
            "design; smp.md 2.6: satisfaction is lowest where the loss is least",
        );
    }
    if case.sessions.gap_days.iter().any(|&g| g < 10) {
        say(
            "short-gap",
            "Less than ten days between sessions: scabs may still be there".into(),
            "smp.md 1.7, warn under 10 days",
        );
    }
    for moved in sessions.iter().filter_map(|s| s.when.moved.as_ref()) {
        say("moved", moved.clone(), "the case's calendar");
    }
}

fn wish(case: &Case, say: &mut dyn FnMut(&str, String, &str)) {
    if case.look == Look::Density && case.loss.stage.is_some_and(|s| !s.diffuse()) {
        say(
            "density-on-bald",
            "Dots between hair need hair: on bald skin the shaved look is the honest choice".into(),
            "smp.md 7.2, wrong indication",
        );
    }
    if case.look == Look::Hairline && case.hair.length_mm > 10.0 {
        say(
            "long-hair-line",
            format!(
                "Behind hair of {:.0} mm a dotted hairline shows as shadow, not as hair",
                case.hair.length_mm
            ),
            "smp.md 7.2, SMP visible under longer hair",
        );
    }
    if case.loss.stage == Some(hairline_scalp::loss::Stage::LudwigI) {
        say(
            "little-loss",
            "Satisfaction is lowest where the loss is least: the only dissatisfied client of 43 was Ludwig I"
                .into(),
            "smp.md 2.6, Park 2014",
        );
    }
    if case.loss.areata_percent.is_some() || !case.loss.patches.is_empty() {
        say("areata", "Alopecia areata moves: treat only when stable for a year, and plan for the shaved look if it spreads".into(), "smp.md 4.1, aa_active");
    }
}
