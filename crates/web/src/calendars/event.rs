//! A visit as an event, and events as a calendar: the same for invitations, downloads and addresses that are read again
//! and again. What does not change gives the same bytes.

use std::collections::BTreeMap;

use hairline_studio::booking::State;
use hairline_studio::practice::{Practice, Studio};
use hairline_studio::store::appointments::Appointment;
use hairline_studio::zone::{Policy, resolve, zone};
use hairline_view::ics::{escaped, fold};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// What a calendar file is for (RFC 5546).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// To be looked at.
    Publish,
    /// An invitation, or a change of one.
    Request,
    /// The end of one.
    Cancel,
}

impl Method {
    /// As the file says it.
    pub fn word(self) -> &'static str {
        match self {
            Method::Publish => "PUBLISH",
            Method::Request => "REQUEST",
            Method::Cancel => "CANCEL",
        }
    }
}

/// A person as calendars name one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Name.
    pub name: String,
    /// E-mail.
    pub email: String,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name for ever.
    pub uid: String,
    /// Raised by each change that calendars must know.
    pub sequence: u32,
    /// When it last changed.
    pub changed: Timestamp,
    /// First instant.
    pub start: Timestamp,
    /// First instant after.
    pub end: Timestamp,
    /// IANA zone of its place.
    pub zone: String,
    /// Whether it was called off.
    pub cancelled: bool,
    /// What the calendar shows.
    pub summary: String,
    /// Where.
    pub location: String,
    /// What else there is to say.
    pub description: String,
    /// Who invites and who is invited, in an invitation.
    pub parties: Option<(Party, Party)>,
}

/// Where a studio is, in one line.
pub fn address(studio: &Studio) -> String {
    let town = format!("{} {}", studio.postcode, studio.city);
    let parts = [studio.name.as_str(), studio.street.as_str(), town.trim()];
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", ")
}

/// A visit as an event; `None` where its studio is no more. What it is for is not said.
pub fn of_visit(practice: &Practice, visit: &Appointment) -> Option<Event> {
    let studio = practice.studio(visit.studio)?;
    let with = practice.person(visit.practitioner).map(|p| format!("With {}", p.name)).unwrap_or_default();
    Some(Event {
        uid: format!("{}@hairline.invalid", visit.id),
        sequence: visit.sequence,
        changed: Timestamp::from_microsecond(visit.changed_us).ok()?,
        start: Timestamp::from_microsecond(visit.span.start_us).ok()?,
        end: Timestamp::from_microsecond(visit.span.end_us).ok()?,
        zone: visit.zone.clone(),
        cancelled: visit.state == State::Cancelled,
        summary: format!("Appointment at {}", studio.name),
        location: address(studio),
        description: with,
        parties: None,
    })
}

/// Events as a calendar file. `name` is what a calendar program shows for an address that is read again.
pub fn calendar(method: Method, name: Option<&str>, events: &[Event]) -> String {
    let mut out = String::new();
    let mut line = |text: &str| fold(text, &mut out);
    line("BEGIN:VCALENDAR");
    line("VERSION:2.0");
    line(concat!("PRODID:-//hairline//hairline ", env!("CARGO_PKG_VERSION"), "//EN"));
    line("CALSCALE:GREGORIAN");
    line(&format!("METHOD:{}", method.word()));
    if let Some(name) = name {
        // RFC 7986, and what was understood before it.
        line(&format!("NAME:{}", escaped(name)));
        line(&format!("X-WR-CALNAME:{}", escaped(name)));
        line("REFRESH-INTERVAL;VALUE=DURATION:PT1H");
        line("X-PUBLISHED-TTL:PT1H");
    }
    let mut zones: BTreeMap<&str, (TimeZone, Timestamp, Timestamp)> = BTreeMap::new();
    for event in events {
        let Ok(tz) = zone(&event.zone) else { continue };
        let stretch = zones.entry(&event.zone).or_insert((tz, event.start, event.end));
        stretch.1 = stretch.1.min(event.start);
        stretch.2 = stretch.2.max(event.end);
    }
    for (name, (tz, first, last)) in &zones {
        // A year more, for programs that show an event's neighbours by the same zone.
        let last = last.saturating_add(SignedDuration::from_hours(366 * 24)).unwrap_or(*last);
        super::zone::write(&mut out, name, tz, *first, last);
    }
    for event in events {
        write(&mut out, method, event, zones.get(event.zone.as_str()).map(|z| &z.0));
    }
    fold("END:VCALENDAR", &mut out);
    out
}

fn write(out: &mut String, method: Method, event: &Event, tz: Option<&TimeZone>) {
    let mut line = |text: &str| fold(text, out);
    line("BEGIN:VEVENT");
    line(&format!("UID:{}", event.uid));
    line(&format!("DTSTAMP:{}", utc(event.changed)));
    line(&format!("LAST-MODIFIED:{}", utc(event.changed)));
    line(&format!("SEQUENCE:{}", event.sequence));
    line(&format!("DTSTART{}", local(event.start, &event.zone, tz)));
    line(&format!("DTEND{}", local(event.end, &event.zone, tz)));
    line(&format!("SUMMARY:{}", escaped(&event.summary)));
    line(&format!("LOCATION:{}", escaped(&event.location)));
    if !event.description.is_empty() {
        line(&format!("DESCRIPTION:{}", escaped(&event.description)));
    }
    let cancelled = event.cancelled || method == Method::Cancel;
    line(if cancelled { "STATUS:CANCELLED" } else { "STATUS:CONFIRMED" });
    if let Some((organizer, attendee)) = &event.parties {
        line(&format!("ORGANIZER;CN={}:mailto:{}", quoted(&organizer.name), plain(&organizer.email)));
        // Who has booked has said yes already.
        line(&format!(
            "ATTENDEE;CN={};ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:{}",
            quoted(&attendee.name),
            plain(&attendee.email)
        ));
    }
    line("TRANSP:OPAQUE");
    line("CLASS:PRIVATE");
    line("END:VEVENT");
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A time by the clock of its place; in UTC where the clock shows it twice: the first is meant then (RFC 5545, 3.3.5), and
/// ical.js 2.2 takes the second.
fn local(at: Timestamp, name: &str, tz: Option<&TimeZone>) -> String {
    let wall = tz.map(|tz| tz.to_datetime(at)).filter(|wall| {
        tz.is_some_and(|tz| resolve(tz, *wall, Policy::Reject).is_ok_and(|meant| meant == at))
    });
    match wall {
        Some(wall) => format!(";TZID={name}:{}", wall.strftime("%Y%m%dT%H%M%S")),
        None => format!(":{}", utc(at)),
    }
}

/// A parameter's value: in quotes, which it cannot hold itself.
fn quoted(text: &str) -> String {
    let text: String =
        text.chars().filter(|c| !c.is_control()).map(|c| if c == '"' { '\'' } else { c }).collect();
    format!("\"{text}\"")
}

/// An address without anything that could end its line or hold another.
fn plain(email: &str) -> String {
    email.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect()
}
