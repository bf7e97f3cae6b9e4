//! A month of days with their free times, and the times of one day, as the pages draw them.

use hairline_studio::ids::StaffId;
use hairline_studio::zone::plus_days;
use jiff::Timestamp;
use jiff::civil::Date;

use super::free::Line;

/// Days of a week.
const WEEK: usize = 7;

/// A month, its weeks from Monday on.
pub struct Month {
    /// `December 2026`.
    pub title: String,
    /// The month before as `2026-11`, where it can hold free times.
    pub before: Option<String>,
    /// The month after.
    pub after: Option<String>,
    /// Days, with nothing before the first and after the last.
    pub weeks: Vec<Vec<Option<Cell>>>,
}

/// A day of the month.
pub struct Cell {
    /// `3`.
    pub number: i8,
    /// `2026-12-03`.
    pub date: String,
    /// `Thursday 3 December`.
    pub spoken: String,
    /// Starts on it.
    pub free: usize,
    /// Whether its times are shown below.
    pub chosen: bool,
}

/// Times of one part of a day.
pub struct Part {
    /// `Morning`.
    pub name: &'static str,
    /// As clocks show them, with the instant.
    pub times: Vec<Time>,
}

/// A start as a button.
pub struct Time {
    /// `09:15`; where the hour comes twice that day, with its offset from UTC.
    pub label: String,
    /// When.
    pub start: Timestamp,
}

/// Starts of a day, each instant once, in order.
pub fn times(lines: &[Line], date: Date) -> Vec<Time> {
    let mut all: Vec<Time> = Vec::new();
    for day in lines.iter().flat_map(|line| &line.days).filter(|day| day.date == date) {
        for start in &day.starts {
            if let Some(at) = day.instant(*start) {
                let label =
                    format!("{}\u{a0}(UTC{})", start.text(), super::free::offset(day.offset_quarters));
                all.push(Time { label, start: at });
            }
        }
    }
    all.sort_by_key(|time| time.start);
    all.dedup_by_key(|time| time.start);
    let clocks: Vec<String> = all.iter().map(|time| time.label.chars().take(5).collect()).collect();
    for (time, clock) in all.iter_mut().zip(&clocks) {
        if clocks.iter().filter(|other| *other == clock).count() == 1 {
            time.label.clone_from(clock);
        }
    }
    all
}

/// The times of a day by its parts.
pub fn parts(times: Vec<Time>) -> Vec<Part> {
    let mut parts: Vec<Part> =
        ["Morning", "Afternoon", "Evening"].map(|name| Part { name, times: Vec::new() }).into();
    for time in times {
        let part = match time.label.get(..2) {
            Some(hour) if hour < "12" => 0,
            Some(hour) if hour < "17" => 1,
            _ => 2,
        };
        parts[part].times.push(time);
    }
    parts.retain(|part| !part.times.is_empty());
    parts
}

/// The first day with a free time.
pub fn first_free(lines: &[Line]) -> Option<Date> {
    lines.iter().filter_map(|line| line.days.first()).map(|day| day.date).min()
}

/// The month of a date; `bookable`: the first and last day that can hold free times.
pub fn month(lines: &[Line], of: Date, chosen: Option<Date>, bookable: (Date, Date)) -> Month {
    let (first, last) = (of.first_of_month(), of.last_of_month());
    let mut days: Vec<Option<Cell>> = Vec::new();
    days.resize_with(usize::try_from(first.weekday().to_monday_zero_offset()).unwrap_or(0), || None);
    let mut date = first;
    while date <= last {
        days.push(Some(Cell {
            number: date.day(),
            date: date.to_string(),
            spoken: date.strftime("%A %-d %B").to_string(),
            free: times(lines, date).len(),
            chosen: chosen == Some(date),
        }));
        date = plus_days(date, 1);
    }
    days.resize_with(days.len().div_ceil(WEEK) * WEEK, || None);
    let mut weeks: Vec<Vec<Option<Cell>>> = Vec::new();
    let mut rest = days.into_iter().peekable();
    while rest.peek().is_some() {
        weeks.push(rest.by_ref().take(WEEK).collect());
    }
    // Weeks that are over only stand in the way.
    let over = first <= bookable.0 && bookable.0 <= last;
    let today = bookable.0.day();
    weeks.retain(|week| !over || week.iter().flatten().any(|cell| cell.number >= today));
    let (before, after) = (plus_days(first, -1), plus_days(last, 1));
    let name = |date: Date| date.strftime("%Y-%m").to_string();
    Month {
        title: of.strftime("%B %Y").to_string(),
        before: (before >= bookable.0).then(|| name(before)),
        after: (after <= bookable.1).then(|| name(after)),
        weeks,
    }
}

/// A button's value: the instant, and with whom, or `anyone`.
pub fn pick(start: Timestamp, practitioner: Option<StaffId>) -> String {
    format!("{start} {}", practitioner.map_or("anyone".to_owned(), |id| id.to_string()))
}

/// What a button stood for.
pub fn picked(value: &str) -> Option<(Timestamp, Option<StaffId>)> {
    let (start, who) = value.split_once(' ')?;
    let who = if who == "anyone" { None } else { Some(who.parse().ok()?) };
    Some((start.parse().ok()?, who))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::free::{Clock, Day};
    use super::*;

    fn line(days: Vec<Day>) -> Line {
        let id = hairline_studio::ids::StudioId(uuid::Uuid::from_u128(1));
        Line { studio: id, practitioner: StaffId(uuid::Uuid::from_u128(2)), days }
    }

    #[test]
    fn an_hour_that_comes_twice_is_told_apart() {
        let day = date(2027, 10, 31);
        let of = |offset_quarters, starts: &[u8]| Day {
            date: day,
            offset_quarters,
            starts: starts.iter().map(|q| Clock(*q)).collect(),
        };
        let two = [line(vec![of(8, &[4, 8]), of(4, &[8, 40])]), line(vec![of(8, &[4])])];
        let labels: Vec<String> = times(&two, day).into_iter().map(|t| t.label).collect();
        assert_eq!(labels, ["01:00", "02:00\u{a0}(UTC+02:00)", "02:00\u{a0}(UTC+01:00)", "10:00"]);
    }

    #[test]
    fn weeks_begin_on_monday_and_hold_every_day_once() {
        let shown = month(&[], date(2026, 12, 3), None, (date(2026, 11, 23), date(2027, 1, 22)));
        assert!(shown.weeks.iter().all(|week| week.len() == 7));
        // 1 December 2026 is a Tuesday.
        assert!(shown.weeks[0][0].is_none() && shown.weeks[0][1].as_ref().is_some_and(|d| d.number == 1));
        assert_eq!(shown.weeks.iter().flatten().flatten().count(), 31);
        let now = month(&[], date(2026, 11, 25), None, (date(2026, 11, 23), date(2027, 1, 22)));
        assert_eq!(
            now.weeks.iter().flatten().flatten().map(|d| d.number).collect::<Vec<_>>(),
            [23, 24, 25, 26, 27, 28, 29, 30]
        );
        assert_eq!((shown.before.as_deref(), shown.after.as_deref()), (Some("2026-11"), Some("2027-01")));
    }

    #[test]
    fn a_button_is_read_as_it_was_written() {
        let start: Timestamp = "2026-12-03T09:00:00Z".parse().expect("RFC 3339");
        let who = StaffId(uuid::Uuid::from_u128(7));
        assert_eq!(picked(&pick(start, Some(who))), Some((start, Some(who))));
        assert_eq!(picked(&pick(start, None)), Some((start, None)));
        assert_eq!(picked("now anyone"), None);
    }
}
