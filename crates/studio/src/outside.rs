//! Calendars kept elsewhere: when somebody is busy, by a text of RFC 5545. Nothing but times is read out of it.

use calcard::common::timezone::Tz;
use calcard::icalendar::dates::TimeOrDelta;
use calcard::icalendar::{ICalendar, ICalendarComponentType, ICalendarStatus, ICalendarTransparency};
use calcard::{Entry, Parser};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::span::{DAY_US, Span};
use crate::zone::{self, Policy};

/// Most occurrences that are looked at, over all series; a rule without an end fills it alone.
pub const MOST: usize = 50_000;

/// Why a text says nothing of busy times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutsideError {
    /// No VCALENDAR is in it.
    #[error("what came from there is no calendar (iCalendar, RFC 5545)")]
    NoCalendar,
    /// More than [`MOST`].
    #[error("the calendar has more than {MOST} occurrences; give an address that shows fewer")]
    TooMany,
}

/// The busy stretches within `window`, in order, apart from each other, none longer than a day (UTC microseconds). Times
/// without a zone are those of `zone` (an IANA name). Events that are called off, or that their owner marked as free, are
/// left out.
///
/// # Errors
/// Where the text is no calendar, or too large a one.
pub fn busy(text: &str, zone: &str, window: Span) -> Result<Vec<Span>, OutsideError> {
    let clock = zone::zone(zone).unwrap_or(TimeZone::UTC);
    let text = prepared(text, window);
    let mut parser = Parser::new(&text);
    let (mut calendars, mut seen) = (0, 0);
    let mut spans = Vec::new();
    loop {
        match parser.entry() {
            Entry::ICalendar(calendar) => {
                calendars += 1;
                let expanded = calendar.expand_dates(Tz::Floating, MOST + 1);
                seen += expanded.events.len();
                if seen > MOST {
                    return Err(OutsideError::TooMany);
                }
                for event in expanded.events.iter().filter(|event| counts(&calendar, event.comp_id)) {
                    // A time without a zone, as that of a whole day, is what the studio's clock shows: calcard 0.3 leaves out
                    // what begins when that clock shows nothing, or the same twice.
                    let at = |floats: bool, us: i64| if floats { shown_at(&clock, us) } else { us };
                    let (floats, begins_us) =
                        (event.start.timezone().is_floating(), event.start.timestamp_micros());
                    let start_us = at(floats, begins_us);
                    let end_us = match &event.end {
                        TimeOrDelta::Time(end) => at(end.timezone().is_floating(), end.timestamp_micros()),
                        TimeOrDelta::Delta(length) => {
                            at(floats, begins_us.saturating_add(length.num_microseconds().unwrap_or(0)))
                        }
                    };
                    spans.extend(Span::new(start_us.max(window.start_us), end_us.min(window.end_us)));
                }
            }
            Entry::Eof => break,
            _ => {}
        }
    }
    if calendars == 0 {
        return Err(OutsideError::NoCalendar);
    }
    Ok(by_days(joined(spans)))
}

/// When a clock shows what a clock in UTC shows at an instant (UTC microseconds): the first time where it does twice, and the
/// next where it skips it.
fn shown_at(clock: &TimeZone, us: i64) -> i64 {
    let wall = Timestamp::from_microsecond(us).map(|at| TimeZone::UTC.to_datetime(at));
    let at = wall.ok().and_then(|wall| zone::resolve(clock, wall, Policy::Compatible).ok());
    at.map_or(us, Timestamp::as_microsecond)
}

/// The text as calcard 0.3 reads it rightly: times in UTC carry their zone (a series that begins in UTC is otherwise taken for
/// one of the default zone), and a series without an end stops where the window does (all of it would be expanded).
fn prepared(text: &str, window: Span) -> String {
    let until =
        Timestamp::from_microsecond(window.end_us).unwrap_or(Timestamp::MAX).strftime("%Y%m%dT%H%M%SZ");
    let unfolded = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let mut ready = String::with_capacity(unfolded.len());
    for line in unfolded.lines() {
        let (name, rest) = line.split_at(line.find([':', ';']).unwrap_or(line.len()));
        let name = name.to_ascii_uppercase();
        let values = rest.strip_prefix(':').unwrap_or_default();
        match name.as_str() {
            "DTSTART" | "DTEND" | "EXDATE" | "RDATE" | "RECURRENCE-ID"
                if !values.is_empty() && values.split(',').all(|value| value.trim_end().ends_with('Z')) =>
            {
                ready.push_str(&format!("{name};TZID=Etc/UTC:{}", values.replace('Z', "")));
            }
            "RRULE" if !["UNTIL=", "COUNT="].iter().any(|end| rest.to_ascii_uppercase().contains(end)) => {
                ready.push_str(&format!("{};UNTIL={until}", line.trim_end().trim_end_matches(';')));
            }
            _ => ready.push_str(line),
        }
        ready.push_str("\r\n");
    }
    ready
}

fn counts(calendar: &ICalendar, id: u32) -> bool {
    calendar.component_by_id(id).is_some_and(|event| {
        event.component_type == ICalendarComponentType::VEvent
            && event.status() != Some(&ICalendarStatus::Cancelled)
            && event.transparency() != Some(&ICalendarTransparency::Transparent)
    })
}

/// Stretches that overlap or touch become one.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut apart: Vec<Span> = Vec::new();
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.start_us <= last.end_us => last.end_us = last.end_us.max(span.end_us),
            _ => apart.push(span),
        }
    }
    apart
}

/// Long stretches in pieces of a day, as the store keeps what takes somebody.
fn by_days(spans: Vec<Span>) -> Vec<Span> {
    let pieces = |span: Span| {
        let starts = std::iter::successors(Some(span.start_us), move |start| {
            start.checked_add(DAY_US).filter(|next| *next < span.end_us)
        });
        starts.map(move |start_us| Span { start_us, end_us: span.end_us.min(start_us + DAY_US) })
    };
    spans.into_iter().flat_map(pieces).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(text: &str) -> i64 {
        text.parse::<Timestamp>().expect("an instant").as_microsecond()
    }

    fn read(events: &str) -> Vec<(String, String)> {
        let text =
            format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{events}\r\nEND:VCALENDAR\r\n");
        let window = Span { start_us: us("2026-10-01T00:00:00Z"), end_us: us("2026-12-01T00:00:00Z") };
        let said = |us: i64| Timestamp::from_microsecond(us).expect("an instant").to_string();
        let busy = busy(&text.replace('\n', "\r\n").replace("\r\r", "\r"), "Europe/Berlin", window);
        busy.expect("a calendar").iter().map(|s| (said(s.start_us), said(s.end_us))).collect()
    }

    fn event(lines: &str) -> String {
        format!("BEGIN:VEVENT\nUID:{}\nDTSTAMP:20261001T000000Z\n{lines}\nEND:VEVENT", lines.len())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn each_way_of_saying_when_is_understood() {
        // Berlin leaves summer time on 25 October 2026: 02:00 UTC before, +1 after.
        for (lines, expected) in [
            (
                "DTSTART:20261110T090000Z\nDTEND:20261110T100000Z",
                ("2026-11-10T09:00:00Z", "2026-11-10T10:00:00Z"),
            ),
            (
                "DTSTART;TZID=America/New_York:20261110T090000\nDURATION:PT90M",
                ("2026-11-10T14:00:00Z", "2026-11-10T15:30:00Z"),
            ),
            (
                "DTSTART:20261110T090000\nDTEND:20261110T100000",
                ("2026-11-10T08:00:00Z", "2026-11-10T09:00:00Z"),
            ),
            (
                "DTSTART;VALUE=DATE:20261110\nDTEND;VALUE=DATE:20261111",
                ("2026-11-09T23:00:00Z", "2026-11-10T23:00:00Z"),
            ),
            ("DTSTART;VALUE=DATE:20261110", ("2026-11-09T23:00:00Z", "2026-11-10T23:00:00Z")),
        ] {
            assert_eq!(read(&event(lines)), pairs(&[expected]), "{lines}");
        }
    }

    #[test]
    fn a_series_keeps_its_hour_over_a_change_of_clocks_and_its_exceptions() {
        let series = "DTSTART;TZID=Europe/Berlin:20261021T180000\nDTEND;TZID=Europe/Berlin:20261021T190000\n\
                      RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Berlin:20261104T180000";
        let expected = pairs(&[
            ("2026-10-21T16:00:00Z", "2026-10-21T17:00:00Z"),
            ("2026-10-28T17:00:00Z", "2026-10-28T18:00:00Z"),
            ("2026-11-11T17:00:00Z", "2026-11-11T18:00:00Z"),
        ]);
        assert_eq!(read(&event(series)), expected);
    }

    #[test]
    fn one_of_a_series_that_moved_or_was_called_off_is_where_it_is_now() {
        let of =
            |lines: &str| format!("BEGIN:VEVENT\nUID:one\nDTSTAMP:20261001T000000Z\n{lines}\nEND:VEVENT\n");
        let series = of("DTSTART:20261102T090000Z\nDTEND:20261102T100000Z\nRRULE:FREQ=DAILY;COUNT=3");
        let moved = of("RECURRENCE-ID:20261103T090000Z\nDTSTART:20261103T150000Z\nDTEND:20261103T160000Z");
        let off = of(
            "RECURRENCE-ID:20261104T090000Z\nDTSTART:20261104T090000Z\nDTEND:20261104T100000Z\nSTATUS:CANCELLED",
        );
        let expected = pairs(&[
            ("2026-11-02T09:00:00Z", "2026-11-02T10:00:00Z"),
            ("2026-11-03T15:00:00Z", "2026-11-03T16:00:00Z"),
        ]);
        assert_eq!(read(format!("{series}{moved}{off}").trim_end()), expected);
    }

    #[test]
    fn what_takes_nobodys_time_is_left_out() {
        let at = "DTSTART:20261110T090000Z\nDTEND:20261110T100000Z";
        for free in ["TRANSP:TRANSPARENT", "STATUS:CANCELLED"] {
            assert_eq!(read(&event(&format!("{at}\n{free}"))), [], "{free}");
        }
        let todo =
            format!("BEGIN:VTODO\nUID:t\nDTSTAMP:20261001T000000Z\n{at}\nEND:VTODO").replace("DTEND", "DUE");
        assert_eq!(read(&todo), []);
        assert_eq!(read(&event("DTSTART:20251110T090000Z\nDTEND:20251110T100000Z")), [], "long ago");
    }

    #[test]
    fn stretches_are_joined_and_then_cut_at_a_day() {
        let one = event("DTSTART:20261110T090000Z\nDTEND:20261110T103000Z");
        let two = event("DTSTART:20261110T100000Z\nDTEND:20261110T110000Z\nSUMMARY:x");
        assert_eq!(
            read(&format!("{one}\n{two}")),
            pairs(&[("2026-11-10T09:00:00Z", "2026-11-10T11:00:00Z")])
        );
        let away = read(&event("DTSTART:20261110T120000Z\nDTEND:20261112T180000Z"));
        let expected = pairs(&[
            ("2026-11-10T12:00:00Z", "2026-11-11T12:00:00Z"),
            ("2026-11-11T12:00:00Z", "2026-11-12T12:00:00Z"),
            ("2026-11-12T12:00:00Z", "2026-11-12T18:00:00Z"),
        ]);
        assert_eq!(away, expected);
    }

    #[test]
    fn a_rule_without_an_end_is_cut_off_and_one_that_never_comes_ends() {
        let window = Span { start_us: us("2026-10-01T00:00:00Z"), end_us: us("2026-12-01T00:00:00Z") };
        let text = |rule: &str| {
            let event = event(&format!("DTSTART:20200101T090000Z\nDTEND:20200101T090500Z\nRRULE:{rule}"));
            format!("BEGIN:VCALENDAR\nVERSION:2.0\n{event}\nEND:VCALENDAR\n").replace('\n', "\r\n")
        };
        assert_eq!(busy(&text("FREQ=SECONDLY"), "UTC", window), Err(OutsideError::TooMany));
        assert_eq!(busy(&text("FREQ=DAILY"), "UTC", window).map(|b| b.len()), Ok(61));
        assert!(busy(&text("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "UTC", window).is_ok());
        assert_eq!(busy("<html>Sign in</html>", "UTC", window), Err(OutsideError::NoCalendar));
        assert_eq!(busy("", "UTC", window), Err(OutsideError::NoCalendar));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,400}", lines in proptest::collection::vec(
            proptest::sample::select(vec!["BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT",
                "DTSTART:20261110T090000Z", "DTSTART;TZID=Nowhere:99999999T999999", "DTEND:20261110T080000Z",
                "DURATION:-P9999W", "RRULE:FREQ=DAILY;COUNT=9", "RRULE:FREQ=X;UNTIL=0", "RDATE:20261111T090000Z",
                "EXDATE:", "RECURRENCE-ID:20261110T090000Z", "UID:a"]), 0..20)) {
            let window = Span { start_us: 0, end_us: i64::MAX / 2 };
            let _ = busy(&text, "Europe/Lisbon", window);
            let _ = busy(&lines.join("\r\n"), "Europe/Lisbon", window);
        }
    }
}
