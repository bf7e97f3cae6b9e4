//! The calendar read back by another parser.

use hairline_plan::case::{self, EXAMPLES};
use hairline_plan::design::Known;
use hairline_plan::head_source::head_from_measurements;
use hairline_plan::{Plan, make_plan};
use hairline_view::calendar::course_ics;
use icalendar::{Calendar, CalendarComponent, Component, DatePerhapsTime};

/// A small plan, with changes to the case as text.
fn plan(change: impl Fn(&str) -> String) -> Plan {
    let example = EXAMPLES.iter().find(|e| e.0 == "scar-strip").unwrap();
    let case = case::read("case", change(example.1).as_bytes()).unwrap();
    let source = head_from_measurements(&case).unwrap();
    make_plan(&case, source, &Known::default(), "test", &mut |_| {}).unwrap().plan
}

#[test]
fn a_strict_reader_finds_sessions_and_aftercare_days() {
    let plan = plan(str::to_owned);
    let text = course_ics(&plan).unwrap();
    // For `tests/tools/check_ics.py`.
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/course.ics"), &text).unwrap();
    assert!(text.ends_with("END:VCALENDAR\r\n"));
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "every line ends with CR LF");
    assert!(text.split("\r\n").all(|l| l.len() <= 75));
    let calendar: Calendar = text.parse().unwrap();
    let events: Vec<_> = calendar
        .components
        .iter()
        .map(|c| match c {
            CalendarComponent::Event(event) => event,
            other => panic!("{other:?}"),
        })
        .collect();
    let mut ids: Vec<&str> = events.iter().map(|e| e.get_uid().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), events.len(), "identifiers are unique");
    let date = |d: Option<DatePerhapsTime>| match d.unwrap() {
        DatePerhapsTime::Date(date) => date.to_string(),
        DatePerhapsTime::DateTime(time) => format!("{time:?}"),
    };
    for session in &plan.sessions {
        let summary = format!("Session {} of {}", session.number, plan.sessions.len());
        let event = events.iter().find(|e| e.get_summary().unwrap().starts_with(&summary)).unwrap();
        assert_eq!(date(event.get_start()), session.when.date.unwrap().to_string());
    }
    // The last session's days: dry on days 0-3, sport again on day 10, healed on day 28.
    let last = plan.sessions.last().unwrap();
    let first_day = last.when.date.unwrap();
    for (code, day) in
        [("dry", 0), ("rinse", 4), ("gentle", 5), ("normal-wash", 10), ("shade", 14), ("healed", 28)]
    {
        let uid = format!("session-{}-{code}@", last.number);
        let event = events.iter().find(|e| e.get_uid().unwrap().contains(&uid)).unwrap();
        let expected = first_day.checked_add(jiff::Span::new().days(day)).unwrap();
        assert_eq!(date(event.get_start()), expected.to_string(), "{code}");
    }
    // A session starts the days again: nothing of the one before reaches into it.
    for pair in plan.sessions.windows(2) {
        let uid = format!("session-{}-", pair[0].number);
        for event in events.iter().filter(|e| e.get_uid().unwrap().contains(&uid)) {
            assert!(date(event.get_end()) <= pair[1].when.date.unwrap().to_string());
        }
    }
    // Nothing that tells others about hair or health.
    let lower = text.replace("\r\n ", "").to_lowercase();
    for word in ["norwood", "scar", "hair loss", "alopecia", "bald", "pigment dots", "micropigmentation"] {
        assert!(!lower.contains(word), "{word}");
    }
}

#[test]
fn the_same_case_keeps_its_identifiers_and_bytes_and_other_dates_only_move_events() {
    let plan_a = plan(str::to_owned);
    let text = course_ics(&plan_a).unwrap();
    assert_eq!(text, course_ics(&plan(str::to_owned)).unwrap());
    let moved = plan(|t| {
        let line = t.lines().find(|l| l.trim_start().starts_with("first_day")).unwrap();
        t.replace(line, "first_day = 2028-05-08")
    });
    let other = course_ics(&moved).unwrap();
    let ids = |text: &str| {
        let unfolded = text.replace("\r\n ", "");
        unfolded.lines().filter(|l| l.starts_with("UID")).map(str::to_owned).collect::<Vec<_>>()
    };
    let sessions =
        |text: &str| ids(text).into_iter().filter(|i| !i.contains("-session-1-")).collect::<Vec<_>>().len();
    assert!(sessions(&text) > 3);
    assert!(ids(&other).iter().filter(|i| ids(&text).contains(i)).count() >= plan_a.sessions.len());
    assert_ne!(text, other);
}

#[test]
fn a_starting_time_becomes_an_instant_in_utc_and_no_first_day_no_calendar() {
    let timed = plan(|t| {
        let line = t.lines().find(|l| l.trim_start().starts_with("first_day")).unwrap();
        t.replace(line, "first_day = 2027-07-05\nstart_time = \"09:30\"\ntime_zone = \"Europe/Berlin\"")
    });
    let text = course_ics(&timed).unwrap();
    // 09:30 in Berlin in summer is 07:30 UTC.
    assert!(text.contains("DTSTART:20270705T073000Z\r\n"), "{text}");
    assert!(text.contains("DTSTAMP:20270705T000000Z\r\n"));
    let undated = plan(|t| {
        t.lines().filter(|l| !l.trim_start().starts_with("first_day")).collect::<Vec<_>>().join("\n")
    });
    assert_eq!(course_ics(&undated), None);
}
