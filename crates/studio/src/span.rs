//! Instants and stretches of time: half-open, in UTC microseconds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Microseconds of a minute.
pub const MINUTE_US: i64 = 60_000_000;
/// Microseconds of an hour.
pub const HOUR_US: i64 = 60 * MINUTE_US;
/// Microseconds of 24 hours; a local day can be shorter or longer.
pub const DAY_US: i64 = 24 * HOUR_US;

/// From `start_us` (in) to `end_us` (out), in microseconds since 1970 UTC; `start_us < end_us`.
///
/// Two spans that touch do not overlap, so one client can follow another without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First instant inside.
    pub start_us: i64,
    /// First instant after.
    pub end_us: i64,
}

impl Span {
    /// The stretch between two instants; `None` unless it has a length.
    pub fn new(start_us: i64, end_us: i64) -> Option<Span> {
        (start_us < end_us).then_some(Span { start_us, end_us })
    }

    /// The stretch of `minutes` (at least 1) that begins at an instant.
    pub fn of_minutes(start: Timestamp, minutes: u32) -> Span {
        let start_us = start.as_microsecond();
        Span { start_us, end_us: start_us + i64::from(minutes.max(1)) * MINUTE_US }
    }

    /// Whether the two share any instant.
    pub fn overlaps(&self, other: &Span) -> bool {
        self.start_us < other.end_us && other.start_us < self.end_us
    }

    /// Whether all of `other` lies inside.
    pub fn contains(&self, other: &Span) -> bool {
        self.start_us <= other.start_us && other.end_us <= self.end_us
    }

    /// The same stretch with `before` and `after` minutes added, for buffers.
    pub fn with_buffers(&self, before_min: u32, after_min: u32) -> Span {
        Span {
            start_us: self.start_us - i64::from(before_min) * MINUTE_US,
            end_us: self.end_us + i64::from(after_min) * MINUTE_US,
        }
    }

    /// Length in microseconds.
    pub fn length_us(&self) -> i64 {
        self.end_us - self.start_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_touch_do_not_overlap() {
        let (a, b) = (Span::new(0, 10), Span::new(10, 20));
        assert!(a.zip(b).is_some_and(|(a, b)| !a.overlaps(&b) && !b.overlaps(&a)));
        assert!(Span::new(0, 11).zip(b).is_some_and(|(a, b)| a.overlaps(&b)));
        assert_eq!(Span::new(5, 5), None);
    }
}
