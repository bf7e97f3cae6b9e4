//! Every IANA zone over every transition from 2020 to 2040.

use hairline_studio::hours::{DayHours, Exception, Hours, Interval, Week, open_spans};
use hairline_studio::outside;
use hairline_studio::span::{MINUTE_US, Span};
use hairline_studio::timeline::QUARTER_US;
use hairline_studio::zone::{Policy, TimeError, local_date, local_day, resolve, zone, zone_names};
use hairline_studio::zone_days::DayTable;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

fn instant(us: i64) -> Timestamp {
    Timestamp::from_microsecond(us).expect("an instant of this century")
}

/// A zone by one of its names, and its transitions: instant, offset before and after in seconds.
type ZoneChanges = (&'static str, TimeZone, Vec<(Timestamp, i32, i32)>);

/// Each different zone (many names are links to the same table) with its transitions.
fn transitions() -> Vec<ZoneChanges> {
    let first = date(2020, 1, 1).in_tz("UTC").expect("a date").timestamp();
    let last = date(2041, 1, 1).in_tz("UTC").expect("a date").timestamp();
    let mut out: Vec<ZoneChanges> = Vec::new();
    for name in zone_names() {
        let tz = zone(name).expect("a listed zone");
        let list: Vec<_> = tz
            .following(first)
            .take_while(|t| t.timestamp() < last)
            .map(|t| {
                (t.timestamp(), tz.to_offset(t.timestamp() - 1.second()).seconds(), t.offset().seconds())
            })
            .collect();
        let start = tz.to_offset(first);
        if !out.iter().any(|(_, other, seen)| *seen == list && other.to_offset(first) == start) {
            out.push((name, tz, list));
        }
    }
    out
}

#[test]
fn the_tables_hold_what_they_should() {
    let zones = transitions();
    let n: usize = zones.iter().map(|z| z.2.len()).sum();
    // Some thirty histories change their clocks twice a year over 21 years.
    assert!(zone_names().len() > 500, "{}", zone_names().len());
    assert!(zones.len() > 60 && n > 30 * 2 * 20, "{} histories, {n} transitions", zones.len());
}

#[test]
fn wall_times_around_every_transition_resolve_and_return() {
    for (name, tz, list) in transitions() {
        for (at, before_s, after_s) in list {
            let shift_us = i64::from(after_s - before_s) * 1_000_000;
            for off_us in
                [-86_400, -7200, -3600, -1800, -900, -60, -1, 0, 1, 60, 900, 1800, 3599, 3600, 7200, 86_400]
            {
                let t = instant(at.as_microsecond() + off_us * 1_000_000);
                let wall = tz.to_datetime(t);
                let told = resolve(&tz, wall, Policy::Compatible).expect("in range");
                // Right after the clocks go back, a wall time has been shown before, and the first time is meant.
                let again = (0..-shift_us).contains(&(off_us * 1_000_000));
                let want = if again { instant(t.as_microsecond() + shift_us) } else { t };
                assert_eq!(told, want, "{name} {at} {off_us}");
                let strict = resolve(&tz, wall, Policy::Reject);
                let twice = (shift_us..-shift_us).contains(&(off_us * 1_000_000));
                match strict {
                    Ok(strict) => assert!(!twice && strict == t, "{name} {at} {off_us}"),
                    Err(TimeError::InFold { first, second, .. }) => {
                        assert!(twice && [first, second].contains(&t), "{name} {at} {off_us}");
                        assert_eq!(second.as_microsecond() - first.as_microsecond(), -shift_us);
                    }
                    Err(other) => panic!("{name} {at}: {other}"),
                }
            }
            // The wall times that the clocks skip.
            let last_wall = tz.to_datetime(at - 1.second());
            for into_s in (1..=(shift_us / 1_000_000)).step_by(300) {
                let wall = last_wall.saturating_add(into_s.seconds());
                let told = resolve(&tz, wall, Policy::Compatible).expect("in range");
                assert_eq!(
                    tz.to_datetime(told),
                    wall.saturating_add((shift_us / 1_000_000).seconds()),
                    "{name} {at}"
                );
                let strict = resolve(&tz, wall, Policy::Reject);
                assert!(matches!(strict, Err(TimeError::InGap { next, .. }) if next == tz.to_datetime(told)));
            }
        }
    }
}

#[test]
fn days_tile_the_time_line_and_have_the_length_the_clocks_give() {
    for (name, tz, list) in transitions() {
        for &(at, ..) in &list {
            let middle = local_date(&tz, at);
            let first = middle.saturating_sub(3.days());
            let days: Vec<(Date, Span)> = first
                .series(1.day())
                .take(7)
                .map(|d| (d, local_day(&tz, d).expect("no zone skips a day")))
                .collect();
            for pair in days.windows(2) {
                assert_eq!(pair[0].1.end_us, pair[1].1.start_us, "{name} {}", pair[0].0);
            }
            for &(date, day) in &days {
                let moved_us: i64 = list
                    .iter()
                    .filter(|(t, ..)| day.start_us <= t.as_microsecond() && t.as_microsecond() < day.end_us)
                    .map(|(t, before, after)| {
                        // A gap that swallows midnight begins in the day before, as seen from the old clock.
                        let jump = i64::from(after - before) * 1_000_000;
                        let from_midnight =
                            tz.to_datetime(*t).duration_since(date.at(0, 0, 0, 0)).as_micros() as i64;
                        jump.min(from_midnight.max(0).max(jump.min(0)))
                    })
                    .sum();
                // The end: a gap over the next midnight cuts what it takes of this day.
                let end = instant(day.end_us);
                let over = tz.to_datetime(end).duration_since(date.at(0, 0, 0, 0)).as_micros() as i64
                    - 86_400_000_000;
                let cut_us = over.max(0);
                let gap: i64 = list
                    .iter()
                    .filter(|(t, ..)| *t == end)
                    .map(|(_, b, a)| i64::from(a - b) * 1_000_000)
                    .sum();
                let want = 86_400_000_000 - moved_us - if gap > 0 { gap - cut_us } else { 0 };
                assert_eq!(day.length_us(), want, "{name} {date}");
                for q in day.start_us.div_euclid(QUARTER_US)..day.end_us.div_euclid(QUARTER_US) {
                    let t = instant(q * QUARTER_US).max(instant(day.start_us));
                    assert_eq!(local_date(&tz, t), date, "{name}");
                }
            }
            let table =
                DayTable::new(&tz, first, first.saturating_add(6.days())).expect("offsets of quarters");
            for (i, (date, day)) in days.iter().enumerate() {
                assert_eq!((table.date(i), table.day_of(*date)), (*date, Some(i)));
                for q in table.quarters(i) {
                    let wall = tz.to_datetime(instant(q * QUARTER_US));
                    assert!(day.start_us <= q * QUARTER_US && q * QUARTER_US < day.end_us, "{name} {date}");
                    assert_eq!((wall.date(), table.day_at(q)), (*date, Some(i)), "{name}");
                    let shown = 60 * i64::from(wall.hour()) + i64::from(wall.minute());
                    assert_eq!(15 * table.time_of_day(q), shown, "{name} {date}");
                }
            }
            for pair in (0..7).map(|i| table.quarters(i)).collect::<Vec<_>>().windows(2) {
                assert_eq!(pair[0].end, pair[1].start);
            }
        }
    }
}

/// Opening hours on the day of a transition hold as many minutes as a clock on the wall counts between them.
#[test]
fn hours_on_the_day_of_a_transition_have_the_length_of_the_clock_on_the_wall() {
    let open = |from_min, to_min| {
        let days =
            std::array::from_fn(|_| DayHours { open: vec![Interval { from_min, to_min }], breaks: vec![] });
        Hours { weeks: vec![Week { valid_from: None, valid_to: None, days }], exceptions: vec![] }
    };
    let mut changed = 0;
    for (name, tz, list) in transitions() {
        for (at, ..) in list {
            let date = local_date(&tz, at);
            let day = local_day(&tz, date).expect("no zone skips a day");
            let minutes: Vec<i64> = (0..day.length_us() / MINUTE_US)
                .map(|m| tz.to_datetime(instant(day.start_us + m * MINUTE_US)))
                .map(|wall| 60 * i64::from(wall.hour()) + i64::from(wall.minute()))
                .collect();
            for (from, to) in [(0u16, 1440u16), (60, 600), (540, 1020), (30, 1200)] {
                let sharp = |m: u16| {
                    let wall = date.at(0, 0, 0, 0).saturating_add(i64::from(m).minutes());
                    resolve(&tz, wall, Policy::Reject).is_ok()
                };
                if !sharp(from) || !sharp(to) {
                    continue;
                }
                let spans = open_spans(&open(from, to), &tz, date, date).expect("in range");
                let length: i64 = spans.iter().map(|s| s.length_us() / MINUTE_US).sum();
                let shown =
                    minutes.iter().filter(|m| (i64::from(from)..i64::from(to)).contains(*m)).count() as i64;
                assert_eq!(length, shown, "{name} {date} {from}-{to}");
                changed += usize::from(shown != i64::from(to - from));
            }
        }
    }
    assert!(changed > 1000, "only {changed} intervals held a transition");
}

/// lukevella/rallly #22, #90, PR 894, #2467, odoo #45661: a day off shifted, or lost an hour, where the clocks change. It is the
/// whole of its local day and nothing of the days beside it.
#[test]
fn a_day_off_is_its_local_day_around_every_transition() {
    let whole = DayHours { open: vec![Interval { from_min: 0, to_min: 1440 }], breaks: vec![] };
    let week = Week { valid_from: None, valid_to: None, days: std::array::from_fn(|_| whole.clone()) };
    for (name, tz, list) in transitions() {
        for (at, ..) in list {
            let changes = local_date(&tz, at);
            for off in [changes.saturating_sub(1.day()), changes, changes.saturating_add(1.day())] {
                let closed = Exception { date: off, hours: DayHours::default() };
                let hours = Hours { weeks: vec![week.clone()], exceptions: vec![closed] };
                let (before, after) = (off.saturating_sub(1.day()), off.saturating_add(1.day()));
                let open = open_spans(&hours, &tz, before, after).expect("in range");
                let day = |date| local_day(&tz, date).expect("no zone skips a day");
                assert_eq!(open, [day(before), day(after)], "{name} {off}");
            }
        }
    }
}

/// calcom/cal.diy #8398, #3457, lukevella/rallly #2467: a calendar kept elsewhere says "all day", or an hour by the clock of a
/// zone, and was read an hour or a day off. Zones that change at night, at midnight and by half an hour, and one that never
/// does.
#[test]
fn what_a_calendar_elsewhere_says_is_read_by_the_clock_of_its_zone() {
    let zones = [
        "Europe/Lisbon",
        "America/New_York",
        "Australia/Lord_Howe",
        "Pacific/Chatham",
        "America/Santiago",
        "America/Havana",
        "Asia/Kathmandu",
    ];
    for name in zones {
        let tz = zone(name).expect("a zone");
        let from = date(2026, 1, 1).in_tz("UTC").expect("a date").timestamp();
        let changes: Vec<Date> = tz.following(from).take(4).map(|t| local_date(&tz, t.timestamp())).collect();
        assert_eq!(changes.len(), if name == "Asia/Kathmandu" { 0 } else { 4 }, "{name}");
        let near = changes.iter().flat_map(|c| [c.saturating_sub(1.day()), *c, c.saturating_add(1.day())]);
        for day in near.chain([date(2026, 6, 15)]) {
            let whole = local_day(&tz, day).expect("no zone skips a day");
            let window = Span {
                start_us: whole.start_us - 3 * 86_400_000_000,
                end_us: whole.end_us + 3 * 86_400_000_000,
            };
            let read = |zone: &str, when: &str| {
                let text = format!(
                    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n\
                     DTSTAMP:20251101T000000Z\r\n{when}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
                );
                let busy = outside::busy(&text, zone, window).expect("a calendar");
                let (first, last) = (busy.first().expect("busy"), busy.last().expect("busy"));
                assert!(
                    busy.windows(2).all(|two| two[0].end_us == two[1].start_us),
                    "{name} {when}: {busy:?}"
                );
                Span { start_us: first.start_us, end_us: last.end_us }
            };
            let next = day.saturating_add(1.day());
            let all_day = format!(
                "DTSTART;VALUE=DATE:{}\r\nDTEND;VALUE=DATE:{}",
                day.strftime("%Y%m%d"),
                next.strftime("%Y%m%d")
            );
            assert_eq!(read(name, &all_day), whole, "{name} {day}");
            // From nine to ten in the morning, after every change: of the zone it names, wherever the reader stands.
            let nine = resolve(&tz, day.at(9, 0, 0, 0), Policy::Reject).expect("nothing changes at nine");
            let hour = format!(
                "DTSTART;TZID={name}:{0}T090000\r\nDTEND;TZID={name}:{0}T100000",
                day.strftime("%Y%m%d")
            );
            let want =
                Span { start_us: nine.as_microsecond(), end_us: nine.as_microsecond() + 3_600_000_000 };
            assert_eq!(read("Asia/Tokyo", &hour), want, "{name} {day}");
        }
    }
}
