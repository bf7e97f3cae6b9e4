//! Dates of the case and the plan. The clock is never read.

use jiff::Span;
use jiff::civil::{Date, Time};

/// `2027-01-15`; years in which a course may lie.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    text.trim().parse().ok().filter(|date: &Date| (1900..=2200).contains(&date.year()))
}

/// A date or `from/to`, both included.
pub(crate) fn parse_span(text: &str) -> Option<(Date, Date)> {
    let (from, to) = text.split_once('/').unwrap_or((text, text));
    let (from, to) = (parse_date(from)?, parse_date(to)?);
    (from <= to).then_some((from, to))
}

/// `10:30`.
pub fn parse_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// Whether a name is an IANA time zone.
pub(crate) fn known_zone(name: &str) -> bool {
    jiff::tz::TimeZone::get(name).is_ok()
}

/// A date some days later; plans do not reach the calendar's end.
pub fn add_days(date: Date, days: i32) -> Date {
    date.checked_add(Span::new().days(days)).unwrap_or(date)
}

/// Days from one date to another.
pub fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}
