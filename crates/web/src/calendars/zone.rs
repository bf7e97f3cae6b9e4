//! A time zone as a calendar file carries it (RFC 5545, 3.6.5): each change of the clocks within a stretch, from the zone
//! tables of the program, so that a reader needs none of its own and computes the same instants.

use hairline_view::ics::fold;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// Writes the zone's changes that matter between two instants: the one in force at the first, and all up to the last.
///
/// Each change stands by itself: ical.js 2.2 forgets the first of several that share a definition.
pub fn write(out: &mut String, name: &str, tz: &TimeZone, first: Timestamp, last: Timestamp) {
    let mut line = |text: &str| fold(text, out);
    line("BEGIN:VTIMEZONE");
    line(&format!("TZID:{name}"));
    // Where something begins as the clocks change, that change is the one in force.
    let from = first.saturating_add(SignedDuration::from_secs(1)).unwrap_or(first);
    let before = tz.preceding(from).next().map_or(Timestamp::UNIX_EPOCH, |t| t.timestamp());
    let later = tz.following(first).map(|t| t.timestamp()).take_while(|at| *at <= last);
    for at in std::iter::once(before).chain(later) {
        let just_before = at.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(at);
        let (from, to) = (tz.to_offset(just_before), tz.to_offset_info(at));
        let part = if to.dst().is_dst() { "DAYLIGHT" } else { "STANDARD" };
        line(&format!("BEGIN:{part}"));
        line(&format!("DTSTART:{}", from.to_datetime(at).strftime("%Y%m%dT%H%M%S")));
        line(&format!("TZOFFSETFROM:{}", offset(from)));
        line(&format!("TZOFFSETTO:{}", offset(to.offset())));
        line(&format!("TZNAME:{}", to.abbreviation()));
        line(&format!("END:{part}"));
    }
    line("END:VTIMEZONE");
}

/// `+0530`; with seconds where there are any, as zones had them once.
fn offset(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let (h, m, s) = (seconds.abs() / 3600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    if s == 0 { format!("{sign}{h:02}{m:02}") } else { format!("{sign}{h:02}{m:02}{s:02}") }
}
