//! Wishes that contradict each other: each field alone is allowed, together they are not.

use super::{Case, Look, Place, Scar};
use crate::dates::{parse_date, parse_span};
use crate::sessions::session_days;

/// Calls `say(field, found, allowed)` for every contradiction.
pub(super) fn contradictions(case: &Case, say: &mut dyn FnMut(&str, String, String)) {
    head(case, say);
    loss(case, say);
    skin(case, say);
    matching(case, say);
    hairline(case, say);
    places(case, say);
    sessions(case, say);
}

fn head(case: &Case, say: &mut dyn FnMut(&str, String, String)) {
    let marks = &case.head.landmarks;
    let given = [marks.nasion, marks.glabella, marks.inion, marks.tragion_left, marks.tragion_right];
    if case.head.scan.is_none() && given.iter().any(Option::is_some) {
        say(
            "head.landmarks",
            "landmarks without a scan".into(),
            "landmarks belong to a scan: give `head.scan`, or leave them out".into(),
        );
    }
    if given.iter().flatten().flatten().any(|c| !c.is_finite()) {
        say(
            "head.landmarks",
            "a coordinate that is no number".into(),
            "finite numbers in the scan file's own units".into(),
        );
    }
}

fn loss(case: &Case, say: &mut dyn FnMut(&str, String, String)) {
    let loss = &case.loss;
    let ways = [
        ("stage", loss.stage.is_some()),
        ("areata_percent", loss.areata_percent.is_some()),
        ("patches", !loss.patches.is_empty()),
        ("painted", !loss.painted.is_empty()),
    ];
    let given: Vec<&str> = ways.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    if given.len() > 1 {
        say(
            &format!("loss.{}", given[1]),
            given.join(" and "),
            "one description of the loss: keep one of them".into(),
        );
    }
    let scars = !case.scars.is_empty();
    match case.look {
        Look::Scar if !scars => {
            say(
                "look",
                "look \"scar\" without a scar".into(),
                "add a [[scars]] entry, or choose another look".into(),
            );
        }
        Look::Density if given.is_empty() => {
            say(
                "look",
                "look \"density\" without hair loss".into(),
                "say where hair is thin: loss.stage, loss.patches or loss.painted".into(),
            );
        }
        Look::Density if case.hairline.height_mm.is_some() || !case.hairline.curve.is_empty() => {
            let field = if case.hairline.curve.is_empty() { "hairline.height_mm" } else { "hairline.curve" };
            say(
                field,
                "a hairline with look \"density\"".into(),
                "look \"density\" draws no hairline: remove it, or choose look \"hairline\" or \"shaved\""
                    .into(),
            );
        }
        Look::Shaved if case.hair.length_mm > 20.0 => {
            say(
                "hair.length_mm",
                format!("{} mm with look \"shaved\"", case.hair.length_mm),
                "the shaved look needs hair of at most 20 mm; for long hair choose look \"density\"".into(),
            );
        }
        _ => {}
    }
}

fn skin(case: &Case, say: &mut dyn FnMut(&str, String, String)) {
    let skin = &case.skin;
    let given =
        [skin.lab_sce.is_some(), skin.ita_deg.is_some(), skin.fitzpatrick.is_some(), skin.monk.is_some()];
    if given.iter().filter(|g| **g).count() > 1 {
        say(
            "skin",
            "more than one description of the skin's tone".into(),
            "one of lab_sce, ita_deg, fitzpatrick and monk".into(),
        );
    }
    if let Some([l, a, b]) = skin.lab_sce {
        // Outside what the skin archive saw, with room (ISSA class means 36-69, sd about 2.5; `optics.md` 1.9).
        let possible = (15.0..=85.0).contains(&l) && (-5.0..=35.0).contains(&a) && (-5.0..=40.0).contains(&b);
        if !possible {
            say(
                "skin.lab_sce",
                format!("[{l}, {a}, {b}]"),
                "a colour of skin: L 15 to 85, a -5 to 35, b -5 to 40".into(),
            );
        }
    }
}

fn matching(case: &Case, say: &mut dyn FnMut(&str, String, String)) {
    let wish = &case.matching;
    for (field, lab) in
        [("matching.patch_lab_sce", wish.patch_lab_sce), ("matching.hair_lab_sce", wish.hair_lab_sce)]
    {
        // Written so that a value that is no number is outside too.
        if let Some([l, a, b]) = lab
            && !((2.0..=90.0).contains(&l) && (-10.0..=45.0).contains(&a) && (-15.0..=50.0).contains(&b))
        {
            say(
                field,
                format!("[{l}, {a}, {b}]"),
                "a colour of skin or hair: L 2 to 90, a -10 to 45, b -15 to 50".into(),
            );
        }
    }
    if wish.patch_lab_sce.is_some() && wish.stubble_days.is_some() {
        say(
            "matching.stubble_days",
            "stubble beside a patch colour".into(),
            "one target: keep patch_lab_sce or stubble_days".into(),
        );
    }
    for (field, range) in [
        ("matching.diameter_mm", wish.diameter_mm),
        ("matching.density_per_cm2", wish.density_per_cm2),
        ("matching.depth_mm", wish.depth_mm),
    ] {
        if let Some([low, high]) = range
            && low > high
        {
            say(field, format!("[{low}, {high}]"), "the smaller value first: [low, high]".into());
        }
    }
}

fn hairline(case: &Case, say: &mut dyn FnMut(&str, String, String)) {
    let curve = &case.hairline.curve;
    if !curve.is_empty() && curve.len() < 5 {
        say(
            "hairline.curve",
            format!("{} points", curve.len()),
            "at least 5 points from the right temple to the left".into(),
        );
    }
    if curve.len() >= 5 {
        let (first, last) = (curve[0].0[0], curve[curve.len() - 1].0[0]);
        if first < 15.0 || last > -15.0 {
            say(
                "hairline.curve",
                format!("a curve from azimuth {first} to {last}"),
                "from the client's right temple (azimuth about 60) over the middle to the left (about -60)"
                    .into(),
            );
        }
        if case.hairline.height_mm.is_some() {
            say(
                "hairline.height_mm",
                "a height beside an own curve".into(),
                "the curve has its own height: keep one of them".into(),
            );
        }
    }
}

fn places(case: &Case, say: &mut dyn FnMut(&str, String, String)) {
    let mut one = |field: String, place: Place| {
        let [az, t] = place.0;
        if !(az.abs() <= 360.0 && (0.0..=1.45).contains(&t)) {
            say(
                &field,
                format!("[{az}, {t}]"),
                "[azimuth from -360 to 360 degrees, t from 0 to 1.45]".into(),
            );
        }
    };
    for (i, patch) in case.loss.patches.iter().enumerate() {
        one(format!("loss.patches[{}].at", i + 1), patch.at);
    }
    for (i, zone) in case.loss.painted.iter().enumerate() {
        for (k, &p) in zone.outline.iter().enumerate() {
            one(format!("loss.painted[{}].outline[{}]", i + 1, k + 1), p);
        }
    }
    for (k, &p) in case.hairline.curve.iter().enumerate() {
        one(format!("hairline.curve[{}]", k + 1), p);
    }
    for (i, spot) in case.spots.iter().enumerate() {
        one(format!("spots[{}].at", i + 1), spot.at);
    }
    if let Some(p) = case.hair.whorl_at {
        one("hair.whorl_at".into(), p);
    }
    for (i, scar) in case.scars.iter().enumerate() {
        match scar {
            Scar::Strip { at, .. } => {
                if let Some(p) = *at {
                    one(format!("scars[{}].at", i + 1), p);
                }
            }
            Scar::Patch { outline } | Scar::Scattered { outline, .. } => {
                for (k, &p) in outline.iter().enumerate() {
                    one(format!("scars[{}].outline[{}]", i + 1, k + 1), p);
                }
            }
        }
    }
    for (i, scar) in case.scars.iter().enumerate() {
        if let Scar::Strip { length_mm, width_mm, .. } = scar
            && width_mm > length_mm
        {
            say(
                &format!("scars[{}].width_mm", i + 1),
                format!("a strip {width_mm} mm wide and {length_mm} mm long"),
                "a strip is longer than wide; for another shape use kind \"patch\"".into(),
            );
        }
    }
    for (i, zone) in case.loss.painted.iter().enumerate() {
        if case.loss.painted[..i].iter().any(|earlier| earlier.name == zone.name) {
            say(
                &format!("loss.painted[{}].name", i + 1),
                format!("\"{}\" a second time", zone.name),
                "every painted zone has a name of its own".into(),
            );
        }
    }
}

fn sessions(case: &Case, say: &mut dyn FnMut(&str, String, String)) {
    let sessions = &case.sessions;
    let rising = sessions.cumulative.windows(2).all(|w| w[1] > w[0] + 0.01);
    if !rising || sessions.cumulative.last().is_some_and(|&l| (l - 1.0).abs() > 1e-9) {
        say(
            "sessions.cumulative",
            format!("{:?}", sessions.cumulative),
            "shares that rise by at least 0.01 and end at 1".into(),
        );
    }
    if let Some(day) = &sessions.first_day
        && parse_date(day).is_none()
    {
        say("sessions.first_day", format!("\"{day}\""), "a date such as 2027-01-15".into());
    }
    for (i, span) in sessions.blocked.iter().enumerate() {
        if parse_span(span).is_none() {
            say(
                &format!("sessions.blocked[{}]", i + 1),
                format!("\"{span}\""),
                "a date such as 2027-01-15, or a span such as 2027-02-01/2027-02-14".into(),
            );
        }
    }
    for (i, occasion) in sessions.occasions.iter().enumerate() {
        let from = parse_date(&occasion.from);
        let to = occasion.to.as_deref().map_or(from, parse_date);
        match (from, to) {
            (Some(from), Some(to)) if from <= to => {}
            _ => say(
                &format!("sessions.occasions[{}]", i + 1),
                format!(
                    "from \"{}\" to \"{}\"",
                    occasion.from,
                    occasion.to.as_ref().unwrap_or(&occasion.from)
                ),
                "two dates such as 2027-06-01, the first not after the last".into(),
            ),
        }
    }
    let free_days = || {
        let dates_read = sessions.first_day.as_deref().is_none_or(|day| parse_date(day).is_some());
        (dates_read && !sessions.weekdays.is_empty() && !sessions.gap_days.is_empty())
            .then(|| session_days(sessions, sessions.cumulative.len(), 1).err())
            .flatten()
    };
    if let Some(none) = free_days() {
        say(none.field, none.found, none.allowed);
    }
    if sessions.weekdays.is_empty() {
        say(
            "sessions.weekdays",
            "no weekday".into(),
            "at least one weekday on which the studio works".into(),
        );
    }
    match (&sessions.start_time, &sessions.time_zone) {
        (Some(time), _) if crate::dates::parse_time(time).is_none() => {
            say("sessions.start_time", format!("\"{time}\""), "a time of day such as 10:30".into());
        }
        (Some(_), None) => say(
            "sessions.start_time",
            "a time without a zone".into(),
            "also give sessions.time_zone, such as \"Europe/Berlin\"".into(),
        ),
        _ => {}
    }
    if let Some(zone) = &sessions.time_zone
        && !crate::dates::known_zone(zone)
    {
        say(
            "sessions.time_zone",
            format!("\"{zone}\""),
            "an IANA zone name such as \"Europe/Berlin\"".into(),
        );
    }
}
