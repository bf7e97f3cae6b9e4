//! Splitting the work into sessions: shares, minutes, dates.

use jiff::Span;
use jiff::civil::{Date, Weekday as CivilWeekday};
use serde::Serialize;

use crate::case::{Case, OccasionKind, Sessions, Weekday};
use crate::dates::{parse_date, parse_span};
use crate::design::ZoneKind;

/// Most sessions a plan is split into.
const MOST_SESSIONS: usize = 8;

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

/// Share of the dots that each session places, so that none lasts longer than allowed; `total_work` in minutes.
///
/// More sessions than asked for follow the same course: their cumulative shares are read off the line through the
/// shares asked for.
pub fn visit_shares(sessions: &Sessions, total_work: f64) -> Vec<f64> {
    for n in sessions.cumulative.len()..=MOST_SESSIONS {
        let cumulative: Vec<f64> =
            (1..=n).map(|s| share_by(&sessions.cumulative, s as f64 / n as f64)).collect();
        let shares: Vec<f64> =
            (0..n).map(|i| cumulative[i] - if i > 0 { cumulative[i - 1] } else { 0.0 }).collect();
        // A little room: zones are not divided in exactly these shares.
        let longest =
            shares.iter().map(|s| with_breaks(sessions, s * total_work * 1.02).total()).fold(0.0, f64::max);
        if longest <= sessions.max_minutes || n == MOST_SESSIONS {
            return shares;
        }
    }
    vec![1.0]
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

/// Places the sessions: gaps kept, on the studio's weekdays, around blocked days and occasions.
pub fn session_days(sessions: &Sessions, n: usize) -> Vec<SessionDay> {
    let gap = |i: usize| sessions.gap_days[i.min(sessions.gap_days.len() - 1)] as i32;
    let first = sessions.first_day.as_deref().and_then(parse_date);
    let Some(first) = first else {
        let mut day = 0;
        return (0..n)
            .map(|i| {
                if i > 0 {
                    day += gap(i - 1);
                }
                SessionDay { day, date: None, moved: None }
            })
            .collect();
    };
    let mut out: Vec<SessionDay> = Vec::new();
    for i in 0..n {
        let earliest = match out.last().and_then(|s| s.date) {
            Some(last) => add_days(last, gap(i - 1)),
            None => first,
        };
        let mut date = earliest;
        // What stood in the way, each with how many days it took.
        let mut reasons: Vec<(String, u32)> = Vec::new();
        // Three years on, the client's calendar has no free day: take the earliest and say so.
        while let Some(reason) = hindrance(sessions, date) {
            match reasons.iter_mut().find(|(r, _)| *r == reason) {
                Some((_, days)) => *days += 1,
                None => reasons.push((reason, 1)),
            }
            date = add_days(date, 1);
            if (date - earliest).get_days() > 3 * 365 {
                reasons =
                    vec![("there is no free day within three years, so nothing else is kept".to_owned(), 1)];
                date = earliest;
                break;
            }
        }
        let moved = deciding(&reasons).map(|reason| {
            if date == earliest {
                format!("Session {} is on {}: {reason}", i + 1, in_words(date))
            } else {
                format!(
                    "Session {} is on {} instead of {}: {reason}",
                    i + 1,
                    in_words(date),
                    in_words(earliest)
                )
            }
        });
        let start = out.first().and_then(|s| s.date).unwrap_or(date);
        out.push(SessionDay { day: (date - start).get_days(), date: Some(date), moved });
    }
    out
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

/// Why a session cannot be on a day.
fn hindrance(sessions: &Sessions, date: Date) -> Option<String> {
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
        return Some(format!("the studio is closed on {}s", date.strftime("%A")));
    }
    let blocked = sessions.blocked.iter().filter_map(|b| parse_span(b));
    if let Some((from, to)) = blocked.into_iter().find(|(from, to)| (*from..=*to).contains(&date)) {
        return Some(format!("the client is not free {}", span_in_words(from, to)));
    }
    for occasion in &sessions.occasions {
        let Some(from) = parse_date(&occasion.from) else { continue };
        let to = occasion.to.as_deref().and_then(parse_date).unwrap_or(from);
        let wait = wait_days(occasion.kind);
        if date <= to && add_days(date, wait) > from {
            return Some(format!(
                "\"{}\" ({}) has to be at least {wait} days after a session",
                occasion.name,
                span_in_words(from, to).trim_start_matches("on ").trim_start_matches("from ")
            ));
        }
    }
    None
}

/// A date some days later; the calendar's end is not reached by plans.
pub fn add_days(date: Date, days: i32) -> Date {
    date.checked_add(Span::new().days(days)).unwrap_or(date)
}

/// Days from one date to another.
pub fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Occasion;

    fn sessions() -> Sessions {
        Sessions { first_day: Some("2027-01-11".into()), ..Sessions::default() }
    }

    #[test]
    fn the_default_course_is_two_and_four_weeks_apart() {
        let days: Vec<i32> = session_days(&sessions(), 3).iter().map(|s| s.day).collect();
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
        let days = session_days(&Sessions { occasions: vec![holiday], ..sessions() }, 3);
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
        let days = session_days(&Sessions { blocked, ..sessions() }, 2);
        // The 31st is a Sunday, but the week away decided.
        let expected = "Session 2 is on Mon 1 Feb 2027 instead of Mon 25 Jan 2027: the client is not free from 25 to 30 Jan 2027";
        assert_eq!(days[1].moved.as_deref(), Some(expected));
        let sunday = Sessions { first_day: Some("2027-01-10".into()), ..Sessions::default() };
        let first = session_days(&sunday, 1)[0].moved.clone().unwrap_or_default();
        assert!(first.ends_with("instead of Sun 10 Jan 2027: the studio is closed on Sundays"), "{first}");
    }

    #[test]
    fn long_work_is_split_into_more_sessions_none_over_the_limit() {
        let s = sessions();
        for total in [100.0, 700.0, 1000.0, 1500.0] {
            let shares = visit_shares(&s, total);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(shares.len() >= 3);
            for share in &shares {
                assert!(with_breaks(&s, share * total).total() <= s.max_minutes, "{total} min in {shares:?}");
            }
        }
    }

    #[test]
    fn breaks_come_between_stretches_of_work_only() {
        let s = sessions();
        assert_eq!(with_breaks(&s, 75.0).breaks, 0.0);
        assert_eq!(with_breaks(&s, 76.0).breaks, 10.0);
        assert_eq!(with_breaks(&s, 240.0).breaks, 30.0);
    }
}
