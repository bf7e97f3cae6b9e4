//! Visits right before and right after the clocks change, in zones that change by an hour, by half an hour and at midnight: the
//! list of free times, the booking, its page, the calendar file, the mails and the reminders all mean one instant.

mod post;
mod practice;

use std::collections::BTreeSet;

use hairline_studio::hours::{DayHours, Interval};
use hairline_studio::store::jobs::{self, Which};
use hairline_studio::store::{self};
use hairline_web::Config;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use post::{PostOffice, by_ical_js, by_python, instant, list, until};
use practice::{ANA, BEN, CONSULTATION, Served, id, serve_as};
use serde_json::{Value, json};

const HOUR_US: i64 = 3_600_000_000;
const QUARTER_US: i64 = HOUR_US / 4;

/// Open by day and by night at a studio of a zone, bookable for more than a year.
fn served(zone: &str, config: Config) -> Served {
    serve_as(config, |practice| {
        practice.studios[0].zone = zone.to_owned();
        practice.services.iter_mut().for_each(|service| service.horizon_days = 420);
        for working in &mut practice.hours {
            for week in &mut working.hours.weeks {
                let always = DayHours { open: vec![Interval { from_min: 0, to_min: 1440 }], breaks: vec![] };
                week.days = std::array::from_fn(|_| always.clone());
            }
        }
    })
}

/// Every start that is offered of Ana's or Ben's from one local day to another: its instant and how it is written.
fn offered(
    served: &Served,
    of: u128,
    days: (jiff::civil::Date, jiff::civil::Date),
) -> Vec<(Timestamp, String)> {
    let query = format!("service={}&practitioner={}&from={}&to={}", id(CONSULTATION), id(of), days.0, days.1);
    let told = served.get(&format!("/api/v1/free-times?{query}")).json();
    let word = |value: &Value| value.as_str().expect("text").to_owned();
    let mut all = Vec::new();
    for day in told["free_times"][0]["days"].as_array().expect("days") {
        for start in day["starts"].as_array().expect("starts") {
            let text = format!("{}T{}:00{}", word(&day["date"]), word(start), word(&day["offset"]));
            all.push((text.parse().expect("RFC 3339"), text));
        }
    }
    all
}

/// Books a start as it is written in the list; gives the visit.
fn book(served: &Served, of: u128, start: &str) -> Value {
    let wish = json!({"studio": "lisbon-chiado", "service": id(CONSULTATION), "practitioner": id(of), "start": start});
    let hold = served.post("/api/v1/holds", &format!("h{of}{start}"), &wish);
    assert_eq!(hold.status, 201, "{start}: {}", hold.body);
    let client = json!({"name": "Rui Costa", "email": "rui@example.com", "phone": ""});
    let body = json!({"hold": hold.json()["hold"]["code"], "client": client});
    let visit = served.post("/api/v1/bookings", &format!("b{of}{start}"), &body);
    assert_eq!(visit.status, 201, "{start}: {}", visit.body);
    visit.json()["visit"].clone()
}

/// Whether everything that is told of a visit means this instant, and says it by the clock of the studio.
fn all_agree(served: &Served, post: &PostOffice, tz: &TimeZone, visit: &Value, start: Timestamp, n: usize) {
    let zone = tz.iana_name().expect("a name");
    let wall = tz.to_datetime(start);
    let end = start + 45.minutes();
    let code = visit["code"].as_str().expect("a code");
    for told in [visit, &served.get(&format!("/api/v1/visits/{code}")).json()["visit"]] {
        assert_eq!((instant(&told["start"]), instant(&told["end"])), (start, end), "{zone} {wall}");
        assert_eq!((&told["wall_time"], &told["zone"]), (&json!(wall.to_string()), &json!(zone)));
    }
    let (day, clock) = (wall.strftime("%-d %B").to_string(), wall.strftime("%H:%M").to_string());
    let page = served.page(&format!("/visit/{code}")).body;
    assert!(page.contains(&day) && page.contains(&clock), "{zone}: no {day}, {clock} in {page}");

    let file = served.get(&format!("/visit/{code}/calendar.ics")).body;
    for (by, read) in [("Python", by_python(&file)), ("ical.js", by_ical_js(&file))] {
        let event = &read["events"][0];
        assert_eq!(
            (instant(&event["dtstart"]), instant(&event["dtend"])),
            (start, end),
            "{zone} {wall} by {by}"
        );
    }
    let mails = post.mails(n);
    let subject = wall.strftime("%A %-d %B %Y, %H:%M").to_string();
    let of = |mail: &&Value| {
        let event = &mail["calendars"][0]["events"][0];
        mail["subject"].as_str().is_some_and(|s| s.contains(&subject)) && instant(&event["dtstart"]) == start
    };
    let text =
        mails.iter().find(of).unwrap_or_else(|| panic!("{zone}: no mail of {subject}: {mails:#?}"))["text"]
            [0]
        .as_str()
        .expect("text");
    assert!(text.contains(&format!("{subject} ({zone})")), "{text}");

    // Three days and one before, in hours that pass.
    let reminders: BTreeSet<i64> = list(served, Which::Later)
        .into_iter()
        .filter(|line| line.kind == "mail.reminder" && line.start_us == Some(start.as_microsecond()))
        .map(|line| start.as_microsecond() - line.due_us)
        .collect();
    assert_eq!(reminders, BTreeSet::from([24 * HOUR_US, 72 * HOUR_US]), "{zone} {wall}");
}

/// calcom/cal.diy #1092 (the page and the calendar said an hour less than was picked), #4702, #4753, #6217 and #6622 (shown, and
/// refused when booked), #10517, #19589; alextselegidis/easyappointments #910 (nine was kept as eight), #962, #1314 (the calendar
/// file alone was an hour off).
#[test]
fn one_instant_from_the_list_to_the_reminder_where_clocks_change() {
    let zones =
        ["Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "America/Santiago"];
    for zone in zones {
        let post = PostOffice::open();
        let served = served(zone, post.config());
        let runner = served.work();
        let tz = hairline_studio::zone::zone(zone).expect("a zone");
        let from = hairline_web::office::now() + (12 * 24).hours();
        let changes: Vec<Timestamp> = tz.following(from).take(2).map(|t| t.timestamp()).collect();
        let mut mails = 0;
        for change in changes {
            // The local day before, the day of the change, the day after: every quarter that the clock shows, and no other.
            let days =
                (tz.to_datetime(change - 24.hours()).date(), tz.to_datetime(change + 24.hours()).date());
            let first = days.0.to_zoned(tz.clone()).expect("a day").timestamp();
            let last = days.1.tomorrow().expect("a day").to_zoned(tz.clone()).expect("a day").timestamp();
            let quarters = (last.as_microsecond() - first.as_microsecond()) / QUARTER_US;
            let want: Vec<Timestamp> = (0..quarters).map(|n| first + (15 * n).minutes()).collect();
            let list = offered(&served, ANA, days);
            assert_eq!(list.iter().map(|s| s.0).collect::<Vec<_>>(), want, "{zone} {change}");
            for (at, text) in &list {
                assert!(
                    text.starts_with(&tz.to_datetime(*at).strftime("%Y-%m-%dT%H:%M").to_string()),
                    "{text}"
                );
            }
            // The last whole hour before, and the first instant after; where clocks go back an hour both show the same time.
            for (who, start) in [(ANA, change - 1.hour()), (BEN, change)] {
                let list = offered(&served, who, days);
                let (_, text) = list.iter().find(|s| s.0 == start).expect("it is offered");
                let visit = book(&served, who, text);
                mails += 1;
                all_agree(&served, &post, &tz, &visit, start, mails);
                assert!(!offered(&served, who, days).iter().any(|s| s.0 == start), "taken");
            }
        }
        // A reminder says the time of the clock as well.
        let line =
            list(&served, Which::Later).into_iter().find(|l| l.kind == "mail.reminder").expect("one waits");
        let now = served.office.write(move |desk| jobs::retry(desk.tx, line.id, desk.fresh.now_us()));
        assert!(served.wait(async { now.await.map_err(|e: store::Error| e) }).expect("due"));
        let start = Timestamp::from_microsecond(line.start_us.expect("of a visit")).expect("an instant");
        let clock = tz.to_datetime(start).strftime("%A %-d %B %Y, %H:%M").to_string();
        let mails = post.mails(mails + 1);
        let reminds = |m: &&Value| {
            m["subject"].as_str().is_some_and(|s| s.starts_with("Reminder") && s.contains(&clock))
        };
        assert!(mails.iter().any(|m| reminds(&m)), "{zone}: no reminder of {clock}");
        until("nothing is left to send", || list(&served, Which::Due).is_empty());
        served.wait(runner.end());
    }
}
