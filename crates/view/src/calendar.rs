//! `course.ics`: sessions and aftercare days for the client's calendar (RFC 5545).
//!
//! Written by hand because a calendar file must not know the clock: the stamp is the plan's first day, and identifiers
//! are made from the case, so that a plan made again with other dates moves the events instead of doubling them.
//! Events carry what the client has to do and nothing about hair loss or health, and are marked private.

use hairline_plan::Plan;
use hairline_plan::care::{AFTERCARE, FROM_THEN_ON, Phase, Wear, rules_for};
use hairline_plan::dates::{add_days, parse_time};
use hairline_plan::plan::SessionPlan;
use hairline_plan::words::{hours, lower_first};
use jiff::Span;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::ics::{escaped, fold};

/// Years after the last session at which the client is reminded to look at the result (`smp.md` 1.8, assumption).
const REVIEW_YEARS: i32 = 1;
/// Sessions are entered in steps of this, minutes.
const ROUND_MINUTES: i64 = 15;

/// The calendar; `None` for a plan without a first day, whose dates are day numbers.
pub fn course_ics(plan: &Plan) -> Option<String> {
    let first = plan.sessions.first()?.when.date?;
    let mut out = String::new();
    let mut line = |text: &str| fold(text, &mut out);
    line("BEGIN:VCALENDAR");
    line("VERSION:2.0");
    line(concat!("PRODID:-//hairline//hairline ", env!("CARGO_PKG_VERSION"), "//EN"));
    line("CALSCALE:GREGORIAN");
    for event in events(plan) {
        line("BEGIN:VEVENT");
        line(&format!("UID:{}-{}@hairline.invalid", identity(plan), event.code));
        line(&format!("DTSTAMP:{}T000000Z", basic(first)));
        match event.when {
            When::Days(from, after) => {
                line(&format!("DTSTART;VALUE=DATE:{}", basic(from)));
                line(&format!("DTEND;VALUE=DATE:{}", basic(after)));
            }
            When::Instants(from, to) => {
                line(&format!("DTSTART:{from}"));
                line(&format!("DTEND:{to}"));
            }
        }
        line(&format!("SUMMARY:{}", escaped(&event.summary)));
        if !event.description.is_empty() {
            line(&format!("DESCRIPTION:{}", escaped(&event.description)));
        }
        line(if event.busy { "TRANSP:OPAQUE" } else { "TRANSP:TRANSPARENT" });
        line("CLASS:PRIVATE");
        line("END:VEVENT");
    }
    line("END:VCALENDAR");
    Some(out)
}

struct Event {
    code: String,
    when: When,
    summary: String,
    description: String,
    busy: bool,
}

enum When {
    /// Whole days: the first, and the one after the last.
    Days(Date, Date),
    /// UTC date-times in basic format.
    Instants(String, String),
}

fn events(plan: &Plan) -> Vec<Event> {
    let count = plan.sessions.len();
    let studio = &plan.case.studio;
    let at = if studio.name.is_empty() { String::new() } else { format!(", {}", studio.name) };
    let mut events = vec![];
    for (i, session) in plan.sessions.iter().enumerate() {
        let Some(date) = session.when.date else { continue };
        let next = plan.sessions.get(i + 1).and_then(|s| s.when.date);
        let mut description = vec![format!(
            "About {} with breaks. Come rested, eat before, no alcohol the day before.",
            hours(session.minutes.total())
        )];
        if !studio.contact.is_empty() {
            description.push(format!("Questions: {}", studio.contact));
        }
        events.push(Event {
            code: format!("session-{}", session.number),
            when: session_time(plan, session, date),
            summary: format!("Session {} of {count}{at}", session.number),
            description: description.join("\n"),
            busy: true,
        });
        for phase in &AFTERCARE {
            events.extend(phase_event(plan, session, date, next, phase));
        }
    }
    if let Some(last) = plan.sessions.last().and_then(|s| s.when.date) {
        let day = add_days(last, 365 * REVIEW_YEARS);
        events.push(Event {
            code: "review".to_string(),
            when: When::Days(day, add_days(day, 1)),
            summary: format!("One year after the last session: look at the result{at}"),
            description: "Take a photo in the same light as before and compare.".to_string(),
            busy: false,
        });
    }
    events
}

/// The days of a phase after a session; none once the next session has started the days again.
fn phase_event(
    plan: &Plan,
    session: &SessionPlan,
    date: Date,
    next: Option<Date>,
    phase: &Phase,
) -> Option<Event> {
    let from = add_days(date, i32::from(phase.first_day));
    let mut after = match phase.last_day {
        FROM_THEN_ON => add_days(from, 1),
        last => add_days(date, i32::from(last) + 1),
    };
    if let Some(next) = next {
        after = after.min(next);
    }
    let wear = Wear::of(&plan.case);
    let bullets = |title: &str, items: &[&str]| {
        let list: Vec<String> = items.iter().map(|i| format!("- {i}")).collect();
        format!("{title}\n{}", list.join("\n"))
    };
    let mut description =
        vec![bullets("Do:", &rules_for(phase.dos, wear)), bullets("Not yet:", &rules_for(phase.avoid, wear))];
    if !plan.case.studio.contact.is_empty() {
        description.push(format!("If something looks wrong, call: {}", plan.case.studio.contact));
    }
    (from < after).then(|| Event {
        code: format!("session-{}-{}", session.number, phase.code),
        when: When::Days(from, after),
        summary: match phase.last_day {
            FROM_THEN_ON => format!("Day {}: {}", phase.first_day, lower_first(phase.title)),
            last if last == phase.first_day => format!("Day {last}: {}", lower_first(phase.title)),
            last => format!("Days {}-{last}: {}", phase.first_day, lower_first(phase.title)),
        },
        description: description.join("\n"),
        busy: false,
    })
}

/// Whole day, or from the case's starting time on, in UTC so that no reader needs our time zones.
fn session_time(plan: &Plan, session: &SessionPlan, date: Date) -> When {
    let settings = &plan.case.sessions;
    let start = settings.start_time.as_deref().and_then(parse_time);
    let zone = settings.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok());
    let whole_day = When::Days(date, add_days(date, 1));
    let (Some(start), Some(zone)) = (start, zone) else { return whole_day };
    let Ok(from) = date.to_datetime(start).to_zoned(zone) else { return whole_day };
    let steps = (session.minutes.total() / ROUND_MINUTES as f64).ceil() as i64;
    let Ok(to) = from.checked_add(Span::new().minutes(steps * ROUND_MINUTES)) else { return whole_day };
    let utc = |z: jiff::Zoned| z.with_time_zone(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
    When::Instants(utc(from), utc(to))
}

fn basic(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

/// The same for every version of a client's plan: title, seed, studio and head, by FNV-1a (64 bits).
fn identity(plan: &Plan) -> String {
    let case = &plan.case;
    let head = serde_json::to_string(&case.head).unwrap_or_default();
    let words = format!("{}\n{}\n{}\n{head}", case.title, case.seed, case.studio.name);
    let hash =
        words.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}
