//! Opening hours: a week of wall times, its exceptions, and the instants they mean.
//!
//! Hours are kept as wall times and turned into instants day by day, so nine o'clock stays nine o'clock over a change of
//! clocks, and a day off is a date and never shifts.

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::span::Span;
use crate::zone::{Policy, TimeError, resolve};

/// From a wall time (in) to a wall time (out), in minutes since local midnight; past 1440 it is the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// First minute inside, 0 to 1439.
    pub from_min: u16,
    /// First minute after, at most 2880.
    pub to_min: u16,
}

/// What is open on one day, and the breaks within.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayHours {
    /// When the doors are open or the practitioner works; empty is closed.
    pub open: Vec<Interval>,
    /// Breaks of that day; only a service that carries its own break runs across them.
    #[serde(default)]
    pub breaks: Vec<Interval>,
}

/// A week that repeats while it is valid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Week {
    /// First day on which it holds; `None` is always.
    pub valid_from: Option<Date>,
    /// Last day on which it holds; `None` is for ever.
    pub valid_to: Option<Date>,
    /// Monday to Sunday.
    pub days: [DayHours; 7],
}

/// Another day than the week says: a holiday, a fair, a late evening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The local day.
    pub date: Date,
    /// What holds instead of the week's day.
    pub hours: DayHours,
}

/// Opening hours of a studio, or working hours of a practitioner at one studio.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Of the weeks valid on a day the last in the list holds; with none the day is closed.
    pub weeks: Vec<Week>,
    /// Of several exceptions for one date the last holds.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// The hours of one local day.
pub fn hours_on(hours: &Hours, date: Date) -> Option<&DayHours> {
    if let Some(exception) = hours.exceptions.iter().rev().find(|e| e.date == date) {
        return Some(&exception.hours);
    }
    let valid =
        |w: &&Week| w.valid_from.is_none_or(|from| from <= date) && w.valid_to.is_none_or(|to| date <= to);
    let week = hours.weeks.iter().rev().find(valid)?;
    // The offset of a weekday from Monday is 0 to 6.
    week.days.get(usize::try_from(date.weekday().to_monday_zero_offset()).ok()?)
}

/// Whether every interval is one that a clock can show.
pub fn check(hours: &Hours) -> Result<(), TimeError> {
    const NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let week = hours.weeks.iter().flat_map(|w| NAMES.iter().map(|n| (*n).to_owned()).zip(&w.days));
    let exceptions = hours.exceptions.iter().map(|e| (e.date.to_string(), &e.hours));
    for (place, day) in week.chain(exceptions) {
        for &Interval { from_min, to_min } in day.open.iter().chain(&day.breaks) {
            if from_min >= 1440 || to_min <= from_min || to_min > 2880 {
                return Err(TimeError::BadInterval { place, from_min, to_min });
            }
        }
    }
    Ok(())
}

/// When it is open on the local days `first` to `last` (both in): sorted spans that neither touch nor overlap.
///
/// An interval of a wall time that a change of clocks skips begins (or ends) the length of the gap later.
pub fn open_spans(hours: &Hours, zone: &TimeZone, first: Date, last: Date) -> Result<Vec<Span>, TimeError> {
    spans_of(hours, zone, first, last, |day| &day.open)
}

/// The breaks on the local days `first` to `last` (both in).
pub fn break_spans(hours: &Hours, zone: &TimeZone, first: Date, last: Date) -> Result<Vec<Span>, TimeError> {
    spans_of(hours, zone, first, last, |day| &day.breaks)
}

fn spans_of(
    hours: &Hours,
    zone: &TimeZone,
    first: Date,
    last: Date,
    part: impl Fn(&DayHours) -> &Vec<Interval>,
) -> Result<Vec<Span>, TimeError> {
    if first > last {
        return Err(TimeError::Backwards { first, last });
    }
    let mut spans = Vec::new();
    for date in first.series(1.day()).take_while(|d| *d <= last) {
        for interval in hours_on(hours, date).map_or(&[][..], |day| part(day)) {
            let at = |minutes: u16| {
                let midnight = date.at(0, 0, 0, 0);
                let wall = midnight.checked_add(i64::from(minutes).minutes()).unwrap_or(midnight);
                resolve(zone, wall, Policy::Compatible)
            };
            let (start, end) = (at(interval.from_min)?, at(interval.to_min)?);
            spans.extend(Span::new(start.as_microsecond(), end.as_microsecond()));
        }
    }
    Ok(union(spans))
}

/// The same instants as sorted spans that neither touch nor overlap.
pub fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(before) if span.start_us <= before.end_us => before.end_us = before.end_us.max(span.end_us),
            _ => out.push(span),
        }
    }
    out
}

/// The instants in both; each list as [`union`] gives it. A practitioner can be booked within own hours and the studio's.
pub fn both(a: &[Span], b: &[Span]) -> Vec<Span> {
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        out.extend(Span::new(x.start_us.max(y.start_us), x.end_us.min(y.end_us)));
        if x.end_us <= y.end_us {
            i += 1;
        } else {
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::span::{HOUR_US, MINUTE_US};
    use crate::zone::{local_day, zone};

    fn every_day(from_min: u16, to_min: u16) -> Hours {
        let day = DayHours { open: vec![Interval { from_min, to_min }], breaks: vec![] };
        let days = std::array::from_fn(|_| day.clone());
        Hours { weeks: vec![Week { valid_from: None, valid_to: None, days }], exceptions: vec![] }
    }

    #[test]
    fn nine_stays_nine_over_the_change_of_clocks() -> Result<(), TimeError> {
        let vienna = zone("Europe/Vienna")?;
        let spans = open_spans(&every_day(540, 1020), &vienna, date(2027, 3, 26), date(2027, 3, 30))?;
        assert_eq!(spans.len(), 5);
        for span in spans {
            assert_eq!(span.length_us(), 8 * HOUR_US);
            let start = jiff::Timestamp::from_microsecond(span.start_us).expect("in range");
            assert_eq!(vienna.to_datetime(start).time(), jiff::civil::time(9, 0, 0, 0));
        }
        // A night over the change is an hour shorter in spring and longer in autumn.
        let night = |day| open_spans(&every_day(22 * 60, 28 * 60), &vienna, day, day);
        assert_eq!(night(date(2027, 3, 27))?[0].length_us(), 5 * HOUR_US);
        assert_eq!(night(date(2027, 10, 30))?[0].length_us(), 7 * HOUR_US);
        Ok(())
    }

    #[test]
    fn a_later_week_and_an_exception_replace() -> Result<(), TimeError> {
        let mut hours = every_day(540, 1020);
        let mut summer = every_day(600, 660).weeks.remove(0);
        summer.valid_from = Some(date(2027, 7, 1));
        summer.valid_to = Some(date(2027, 7, 31));
        hours.weeks.push(summer);
        hours.exceptions.push(Exception { date: date(2027, 7, 4), hours: DayHours::default() });
        let lengths = |first, last| -> Result<Vec<i64>, TimeError> {
            let spans = open_spans(&hours, &zone("Europe/Vienna")?, first, last)?;
            Ok(spans.iter().map(|s| s.length_us() / MINUTE_US).collect())
        };
        assert_eq!(lengths(date(2027, 6, 30), date(2027, 7, 1))?, [480, 60]);
        assert_eq!(lengths(date(2027, 7, 3), date(2027, 7, 5))?, [60, 60]);
        assert_eq!(lengths(date(2027, 7, 31), date(2027, 8, 1))?, [60, 480]);
        assert!(open_spans(&hours, &zone("UTC")?, date(2027, 2, 1), date(2027, 1, 1)).is_err());
        Ok(())
    }

    #[test]
    fn what_no_clock_shows_is_refused() {
        assert!(check(&every_day(540, 1020)).is_ok() && check(&every_day(1320, 1680)).is_ok());
        for (from_min, to_min) in [(1440, 1500), (600, 600), (700, 600), (0, 2881)] {
            assert!(check(&every_day(from_min, to_min)).is_err(), "{from_min} {to_min}");
        }
    }

    /// rallly #2467 and easyappointments #1314: a day off must cover its local day, all of it and nothing else.
    #[test]
    fn an_all_day_closure_never_shifts() -> Result<(), TimeError> {
        for name in
            ["Pacific/Kiritimati", "America/Los_Angeles", "Africa/Cairo", "Asia/Kathmandu", "Pacific/Apia"]
        {
            let tz = zone(name)?;
            for off in date(2027, 1, 1).series(1.day()).take(365) {
                let mut hours = every_day(0, 1440);
                hours.exceptions.push(Exception { date: off, hours: DayHours::default() });
                let (first, last) = (off.saturating_sub(1.day()), off.saturating_add(1.day()));
                let open = open_spans(&hours, &tz, first, last)?;
                let want = [local_day(&tz, first)?, local_day(&tz, last)?];
                assert_eq!(open, want, "{name} {off}");
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn both_is_every_instant_of_either_list(
            a in prop::collection::vec((0i64..60, 1i64..9), 0..8),
            b in prop::collection::vec((0i64..60, 1i64..9), 0..8),
        ) {
            let spans = |list: &[(i64, i64)]| -> Vec<Span> {
                union(list.iter().filter_map(|(s, n)| Span::new(*s, s + n)).collect())
            };
            let inside = |spans: &[Span], t: i64| spans.iter().any(|s| s.start_us <= t && t < s.end_us);
            let (x, y) = (spans(&a), spans(&b));
            let common = both(&x, &y);
            for t in 0..70 {
                prop_assert_eq!(inside(&x, t), a.iter().any(|(s, n)| *s <= t && t < s + n));
                prop_assert_eq!(inside(&common, t), inside(&x, t) && inside(&y, t));
            }
        }
    }
}
