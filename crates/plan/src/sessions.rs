//! Splitting the work into sessions: shares, minutes, dates.

use jiff::civil::{Date, Weekday as CivilWeekday};
use serde::Serialize;

use crate::case::{Case, OccasionKind, Sessions, Weekday};
use crate::dates::{add_days, days_between, parse_date, parse_span};
use crate::design::ZoneKind;

/// Most sessions a plan is split into: two years of fortnights. What needs more is refused.
pub const MOST_SESSIONS: usize = 24;
/// So many more passes over the same skin than asked for at most: rather more parts of the skin than skin that is worked
/// again and again.
const MORE_PASSES: usize = 2;
/// Days between two sessions, wherever on the scalp they work (`smp.md` 1.7, hard minimum).
const LEAST_GAP_DAYS: i32 = 7;

/// Minutes of a session.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Minutes {
    /// Needle at work.
    pub work: f64,
    /// Breaks.
    pub breaks: f64,
}

impl Minutes {
    /// Work and breaks.
    pub fn total(self) -> f64 {
        self.work + self.breaks
    }
}

/// Dots a minute in a zone.
pub fn dots_per_min(case: &Case, kind: ZoneKind) -> f64 {
    match kind {
        ZoneKind::Hairline => case.artist.hairline_dots_per_min,
        ZoneKind::Scar => case.artist.scar_dots_per_min,
        ZoneKind::Body | ZoneKind::Blend | ZoneKind::Part => case.artist.body_dots_per_min,
    }
}

/// Adds the breaks to a time of work.
pub fn with_breaks(sessions: &Sessions, work: f64) -> Minutes {
    let n = (work / sessions.break_every_minutes).ceil() - 1.0;
    Minutes { work, breaks: n.max(0.0) * sessions.break_minutes }
}

/// What a cell or parting takes, all sessions together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellWork {
    /// Skin, cm2.
    pub area_cm2: f64,
    /// Needle at work, minutes.
    pub minutes: f64,
}

/// The work split into sessions: passes over the skin, and where one session cannot take all of it, parts of the skin
/// one after the other in every pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Share of the dots that each pass places.
    pub pass_shares: Vec<f64>,
    /// Number of parts.
    pub parts: usize,
    /// Part of each cell.
    pub part_of_cell: Vec<usize>,
}

impl Course {
    /// Sessions in all.
    pub fn sessions(&self) -> usize {
        self.pass_shares.len() * self.parts
    }
}

/// The courses that keep every session within its minutes and its area, the fewest sessions first.
///
/// More passes than asked for follow the same course: their cumulative shares are read off the line through the shares
/// asked for. Parts are runs of cells in working order that take about as much out of a session each.
pub fn courses(sessions: &Sessions, cells: &[CellWork]) -> Vec<Course> {
    let asked = sessions.cumulative.len();
    let mut tries: Vec<(usize, usize)> = (asked..=asked + MORE_PASSES)
        .flat_map(|passes| (1..=MOST_SESSIONS / passes).map(move |parts| (passes, parts)))
        .collect();
    tries.sort_by_key(|&(passes, parts)| (passes * parts, passes));
    let fits = |(passes, parts): (usize, usize)| {
        let pass_shares = shares_of(&sessions.cumulative, passes);
        let most_at_once = pass_shares.iter().copied().fold(0.0, f64::max);
        let part_of_cell = parts_of_cells(sessions, cells, parts, most_at_once);
        let mut taken = vec![CellWork { area_cm2: 0.0, minutes: 0.0 }; parts];
        for (cell, &part) in cells.iter().zip(&part_of_cell) {
            taken[part].area_cm2 += cell.area_cm2;
            taken[part].minutes += cell.minutes * most_at_once;
        }
        let fits = taken.iter().all(|t| {
            // A little room: cells are not divided in exactly these shares.
            let longest = with_breaks(sessions, 1.02 * t.minutes + 0.5).total();
            t.area_cm2 > 0.0 && t.area_cm2 <= sessions.max_area_cm2 && longest <= sessions.max_minutes
        });
        fits.then_some(Course { pass_shares, parts, part_of_cell })
    };
    tries.into_iter().filter_map(fits).collect()
}

/// Runs of cells in working order, each about the same share of what a session can take.
fn parts_of_cells(sessions: &Sessions, cells: &[CellWork], parts: usize, most_at_once: f64) -> Vec<usize> {
    let load =
        |c: &CellWork| c.area_cm2 / sessions.max_area_cm2 + c.minutes * most_at_once / sessions.max_minutes;
    let total: f64 = cells.iter().map(load).sum();
    let mut done = 0.0;
    cells
        .iter()
        .map(|c| {
            let middle = done + 0.5 * load(c);
            done += load(c);
            ((middle / total.max(1e-12) * parts as f64) as usize).min(parts - 1)
        })
        .collect()
}

/// Share of the dots in each of `n` passes that follow the course asked for.
fn shares_of(cumulative: &[f64], n: usize) -> Vec<f64> {
    let at: Vec<f64> =
        (0..=n).map(|s| if s == 0 { 0.0 } else { share_by(cumulative, s as f64 / n as f64) }).collect();
    at.windows(2).map(|w| w[1] - w[0]).collect()
}

/// The cumulative share after a fraction of the course.
fn share_by(cumulative: &[f64], fraction: f64) -> f64 {
    let x = fraction * cumulative.len() as f64;
    let k = (x.ceil() as usize).clamp(1, cumulative.len());
    let before = if k >= 2 { cumulative[k - 2] } else { 0.0 };
    before + (cumulative[k - 1] - before) * (x - (k - 1) as f64)
}

/// When a session takes place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SessionDay {
    /// Days after the first session.
    pub day: i32,
    /// Its date, where the plan has a first day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// Why it is later than the gap alone would make it: one sentence with both dates and what decided; none if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<String>,
}

/// Days after a session that an occasion of a kind has to wait (`smp.md` 5.1: the guide's ten days, 28 for sun and swim).
pub fn wait_days(kind: OccasionKind) -> i32 {
    match kind {
        OccasionKind::SunOrSwim => 28,
        OccasionKind::Sport | OccasionKind::BeSeen => 10,
    }
}

/// A session for which the calendar has no day.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{field}: found {found}; allowed: {allowed}")]
pub struct NoDay {
    /// Field of the case that leaves none.
    pub field: &'static str,
    /// What was found there.
    pub found: String,
    /// What would do.
    pub allowed: String,
}

/// How long a session may wait for a free day, days: three years.
const LONGEST_WAIT_DAYS: i32 = 3 * 365;

/// Places the sessions of a course of so many passes over so many parts: gaps kept between passes over the same skin, on
/// the studio's weekdays, around blocked days and occasions.
///
/// # Errors
/// When a session finds no free day within three years.
pub fn session_days(sessions: &Sessions, passes: usize, parts: usize) -> Result<Vec<SessionDay>, NoDay> {
    let gap = |pass: usize| sessions.gap_days[(pass - 1).min(sessions.gap_days.len() - 1)] as i32;
    let first = sessions.first_day.as_deref().and_then(parse_date);
    let mut out: Vec<SessionDay> = Vec::new();
    for i in 0..passes * parts {
        // Behind the last session, and behind the last pass over the same skin.
        let same_skin = i.checked_sub(parts).map(|before| out[before].day + gap(i / parts));
        let elsewhere = (parts > 1).then(|| out.last().map(|s| s.day + LEAST_GAP_DAYS)).flatten();
        let earliest = same_skin.into_iter().chain(elsewhere).max().unwrap_or(0);
        let Some(first) = first else {
            out.push(SessionDay { day: earliest, date: None, moved: None });
            continue;
        };
        let start = out.first().and_then(|s| s.date).unwrap_or(first);
        let earliest = add_days(start, earliest);
        let (mut date, mut field) = (earliest, "sessions.weekdays");
        // What stood in the way, each with how many days it took.
        let mut reasons: Vec<(String, u32)> = Vec::new();
        while let Some((in_field, reason)) = hindrance(sessions, date) {
            match reasons.iter_mut().find(|(r, _)| *r == reason) {
                Some((_, days)) => *days += 1,
                None => reasons.push((reason, 1)),
            }
            // The weekdays alone always leave a day.
            if in_field != "sessions.weekdays" {
                field = in_field;
            }
            date = add_days(date, 1);
            if days_between(earliest, date) > LONGEST_WAIT_DAYS {
                return Err(NoDay {
                    field,
                    found: format!(
                        "no free day for session {} from {earliest} to {} ({})",
                        i + 1,
                        add_days(earliest, LONGEST_WAIT_DAYS),
                        deciding(&reasons).unwrap_or_default()
                    ),
                    allowed: "at least one free working day within three years of the day a session is due"
                        .to_owned(),
                });
            }
        }
        let moved = deciding(&reasons).map(|reason| {
            format!("Session {} is on {} instead of {}: {reason}", i + 1, in_words(date), in_words(earliest))
        });
        let start = out.first().and_then(|s| s.date).unwrap_or(date);
        out.push(SessionDay { day: days_between(start, date), date: Some(date), moved });
    }
    Ok(out)
}

/// The reason that took the most days, the first of equals.
fn deciding(reasons: &[(String, u32)]) -> Option<&str> {
    let most = reasons.iter().map(|(_, days)| *days).max()?;
    reasons.iter().find(|(_, days)| *days == most).map(|(reason, _)| reason.as_str())
}

/// `Mon 1 Mar 2027`.
fn in_words(date: Date) -> String {
    date.strftime("%a %-d %b %Y").to_string()
}

/// `from 15 to 28 Feb 2027`, or `on 15 Feb 2027`.
fn span_in_words(from: Date, to: Date) -> String {
    let last = to.strftime("%-d %b %Y");
    if from == to {
        format!("on {last}")
    } else if from.year() == to.year() && from.month() == to.month() {
        format!("from {} to {last}", from.day())
    } else if from.year() == to.year() {
        format!("from {} to {last}", from.strftime("%-d %b"))
    } else {
        format!("from {} to {last}", from.strftime("%-d %b %Y"))
    }
}

/// Why a session cannot be on a day: the field of the case, and the reason.
fn hindrance(sessions: &Sessions, date: Date) -> Option<(&'static str, String)> {
    let weekday = match date.weekday() {
        CivilWeekday::Monday => Weekday::Monday,
        CivilWeekday::Tuesday => Weekday::Tuesday,
        CivilWeekday::Wednesday => Weekday::Wednesday,
        CivilWeekday::Thursday => Weekday::Thursday,
        CivilWeekday::Friday => Weekday::Friday,
        CivilWeekday::Saturday => Weekday::Saturday,
        CivilWeekday::Sunday => Weekday::Sunday,
    };
    if !sessions.weekdays.contains(&weekday) {
        return Some(("sessions.weekdays", format!("the studio is closed on {}s", date.strftime("%A"))));
    }
    let blocked = sessions.blocked.iter().filter_map(|b| parse_span(b));
    if let Some((from, to)) = blocked.into_iter().find(|(from, to)| (*from..=*to).contains(&date)) {
        return Some(("sessions.blocked", format!("the client is not free {}", span_in_words(from, to))));
    }
    for occasion in &sessions.occasions {
        let Some(from) = parse_date(&occasion.from) else { continue };
        let to = occasion.to.as_deref().and_then(parse_date).unwrap_or(from);
        let wait = wait_days(occasion.kind);
        if date <= to && add_days(date, wait) > from {
            let reason = format!(
                "\"{}\" ({}) has to be at least {wait} days after a session",
                occasion.name,
                span_in_words(from, to).trim_start_matches("on ").trim_start_matches("from ")
            );
            return Some(("sessions.occasions", reason));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::case::Occasion;

    fn sessions() -> Sessions {
        Sessions { first_day: Some("2027-01-11".into()), ..Sessions::default() }
    }

    fn days(sessions: &Sessions, passes: usize, parts: usize) -> Vec<SessionDay> {
        session_days(sessions, passes, parts).expect("free days")
    }

    #[test]
    fn the_default_course_is_two_and_four_weeks_apart() {
        let days: Vec<i32> = days(&sessions(), 3, 1).iter().map(|s| s.day).collect();
        assert_eq!(days, [0, 14, 42]);
    }

    #[test]
    fn a_holiday_in_the_sun_pushes_a_session_behind_it() {
        let holiday = Occasion {
            name: "beach".into(),
            from: "2027-03-01".into(),
            to: Some("2027-03-10".into()),
            kind: OccasionKind::SunOrSwim,
        };
        let days = days(&Sessions { occasions: vec![holiday], ..sessions() }, 3, 1);
        // 22 February lies within 28 days of 1 March; the first free day is after the holiday.
        assert_eq!(days[2].date, parse_date("2027-03-11"));
        assert_eq!(days[1].moved, None);
        assert_eq!(
            days[2].moved.as_deref(),
            Some(
                "Session 3 is on Thu 11 Mar 2027 instead of Mon 22 Feb 2027: \"beach\" (1 to 10 Mar 2027) has to be at \
                 least 28 days after a session"
            )
        );
    }

    #[test]
    fn what_took_the_most_days_is_the_reason_given() {
        let blocked = vec!["2027-01-25/2027-01-30".to_owned()];
        let days = days(&Sessions { blocked, ..sessions() }, 2, 1);
        // The 31st is a Sunday, but the week away decided.
        let expected = "Session 2 is on Mon 1 Feb 2027 instead of Mon 25 Jan 2027: the client is not free from 25 to 30 Jan 2027";
        assert_eq!(days[1].moved.as_deref(), Some(expected));
        let sunday = Sessions { first_day: Some("2027-01-10".into()), ..Sessions::default() };
        let first =
            super::session_days(&sunday, 1, 1).expect("a free day")[0].moved.clone().unwrap_or_default();
        assert!(first.ends_with("instead of Sun 10 Jan 2027: the studio is closed on Sundays"), "{first}");
    }

    #[test]
    fn a_calendar_without_a_free_day_is_refused_with_field_found_and_allowed() {
        let full = Sessions { blocked: vec!["2027-01-01/2032-12-31".into()], ..sessions() };
        let refused = session_days(&full, 3, 1).expect_err("no free day");
        assert_eq!(refused.field, "sessions.blocked");
        assert!(refused.found.contains("session 1") && refused.found.contains("2027-01-11"), "{refused}");
        let last_two_blocked = Sessions { blocked: vec!["2027-01-12/2032-12-31".into()], ..sessions() };
        let refused = session_days(&last_two_blocked, 3, 1).expect_err("no free day");
        assert!(refused.found.contains("session 2"), "{refused}");
    }

    #[test]
    fn breaks_come_between_stretches_of_work_only() {
        let s = sessions();
        assert_eq!(with_breaks(&s, 75.0).breaks, 0.0);
        assert_eq!(with_breaks(&s, 76.0).breaks, 10.0);
        assert_eq!(with_breaks(&s, 240.0).breaks, 30.0);
    }

    #[test]
    fn work_that_fits_keeps_the_passes_asked_for() {
        let cells = vec![CellWork { area_cm2: 4.0, minutes: 8.0 }; 60];
        let course = &courses(&sessions(), &cells)[0];
        assert_eq!((course.pass_shares.len(), course.parts), (3, 1));
        // Just too much for five hours at 40 % a session: one session more, not three.
        let cells = vec![CellWork { area_cm2: 4.0, minutes: 12.0 }; 60];
        let course = &courses(&sessions(), &cells)[0];
        assert_eq!((course.pass_shares.len(), course.parts), (4, 1));
        // A large area is worked in parts.
        let cells = vec![CellWork { area_cm2: 4.0, minutes: 4.0 }; 150];
        let course = &courses(&sessions(), &cells)[0];
        assert_eq!((course.pass_shares.len(), course.parts), (3, 2));
    }

    proptest! {
        /// Whatever the speed, the area and the studio's limits: minutes and area keep them, every cell gets all its work,
        /// and days keep every gap.
        #[test]
        fn no_session_is_longer_larger_or_sooner_than_allowed(
            n_cells in 1usize..160,
            minutes in 0.2..40.0f64,
            uneven in 0.0..0.8f64,
            max_minutes in 60.0..300.0f64,
            max_area_cm2 in 30.0..800.0f64,
            break_minutes in 0.0..60.0f64,
            gap in 7u32..60,
        ) {
            let cells: Vec<CellWork> = (0..n_cells)
                .map(|i| CellWork { area_cm2: 4.0, minutes: minutes * (1.0 + uneven * libm::sin(i as f64)) })
                .collect();
            let s = Sessions { max_minutes, max_area_cm2, break_minutes, gap_days: vec![gap], ..sessions() };
            for course in courses(&s, &cells) {
                prop_assert!(course.sessions() <= MOST_SESSIONS);
                prop_assert!((course.pass_shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                for share in &course.pass_shares {
                    for part in 0..course.parts {
                        let own = || cells.iter().zip(&course.part_of_cell).filter(|c| *c.1 == part).map(|c| c.0);
                        let work: f64 = own().map(|c| share * c.minutes).sum();
                        prop_assert!(with_breaks(&s, work).total() <= max_minutes);
                        prop_assert!(own().map(|c| c.area_cm2).sum::<f64>() <= max_area_cm2);
                    }
                }
                let days = days(&s, course.pass_shares.len(), course.parts);
                for i in 1..days.len() {
                    prop_assert!(days[i].day - days[i - 1].day >= 7);
                    if i >= course.parts {
                        prop_assert!(days[i].day - days[i - course.parts].day >= gap as i32);
                    }
                }
            }
        }
    }
}
