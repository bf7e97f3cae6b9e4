//! The local days of a zone as ranges of quarter hours, worked out once for all searches.

use std::ops::Range;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::timeline::{Timeline, quarter_at_or_after};
use crate::zone::{TimeError, days_between, plus_days, start_of_day};

/// Quarters of a day of 24 hours.
const DAY_QUARTERS: i64 = 96;

/// The local days from a first to a last, and the zone's offsets over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayTable {
    zone: TimeZone,
    first_date: Date,
    /// First quarter of each day, and of the day after the last.
    starts: Vec<i64>,
    /// From which quarter on the local clock is how many quarters ahead of UTC.
    offsets: Vec<(i64, i64)>,
}

impl DayTable {
    /// The table of the local days `first` to `last` (both in).
    pub fn new(zone: &TimeZone, first: Date, last: Date) -> Result<DayTable, TimeError> {
        if first > last {
            return Err(TimeError::Backwards { first, last });
        }
        let mut starts = Vec::new();
        for date in first.series(1.day()).take_while(|d| *d <= last.saturating_add(1.day())) {
            starts.push(quarter_at_or_after(start_of_day(zone, date)?.as_microsecond()));
        }
        // A day more on both sides: sittings and buffers cross midnight.
        let begin = start_of_day(zone, first.saturating_sub(1.day()))?;
        let end = start_of_day(zone, last.saturating_add(2.days()))?;
        let in_quarters = |offset: jiff::tz::Offset| match offset.seconds() {
            s if s % 900 == 0 => Ok(i64::from(s / 900)),
            offset_s => {
                Err(TimeError::OddOffset { zone: zone.iana_name().unwrap_or("?").to_owned(), offset_s })
            }
        };
        let mut offsets =
            vec![(quarter_at_or_after(begin.as_microsecond()), in_quarters(zone.to_offset(begin))?)];
        for transition in zone.following(begin).take_while(|t| t.timestamp() < end) {
            let from = quarter_at_or_after(transition.timestamp().as_microsecond());
            offsets.push((from, in_quarters(transition.offset())?));
        }
        Ok(DayTable { zone: zone.clone(), first_date: first, starts, offsets })
    }

    /// The first day of the table.
    pub fn first_date(&self) -> Date {
        self.first_date
    }

    /// The last day of the table.
    pub fn last_date(&self) -> Date {
        self.date(self.len().saturating_sub(1))
    }

    /// Number of days.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether the table has no day; one made by [`DayTable::new`] has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The zone of the days.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// A clear line over the days of the table and one more on both sides.
    pub fn line(&self) -> Timeline {
        let (first, end) = (self.starts.first().copied(), self.starts.last().copied());
        Timeline::covering(first.unwrap_or(0) - DAY_QUARTERS..end.unwrap_or(0) + DAY_QUARTERS)
    }

    /// The date of the day with an index.
    pub fn date(&self, day: usize) -> Date {
        plus_days(self.first_date, i64::try_from(day).unwrap_or(i64::MAX))
    }

    /// The index of a date.
    pub fn day_of(&self, date: Date) -> Option<usize> {
        usize::try_from(days_between(self.first_date, date)).ok().filter(|day| *day < self.len())
    }

    /// The quarters of the day with an index; empty where the zone skips the date.
    pub fn quarters(&self, day: usize) -> Range<i64> {
        match self.starts.get(day..day + 2) {
            Some(&[start, end]) => start..end,
            _ => 0..0,
        }
    }

    /// The index of the day a quarter begins in.
    pub fn day_at(&self, quarter: i64) -> Option<usize> {
        let day = self.starts.partition_point(|start| *start <= quarter).checked_sub(1)?;
        (day < self.len()).then_some(day)
    }

    /// The stretches of a range of quarters with one offset: the range and the offset in quarters.
    pub fn stretches(&self, quarters: Range<i64>) -> impl Iterator<Item = (Range<i64>, i64)> + '_ {
        let ends = self.offsets.iter().skip(1).map(|o| o.0).chain([i64::MAX]);
        self.offsets
            .iter()
            .zip(ends)
            .map(move |(&(from, ahead), end)| (from.max(quarters.start)..end.min(quarters.end), ahead))
            .filter(|(range, _)| range.start < range.end)
    }

    /// What the local clock shows at the start of a quarter, in quarters since midnight (0 to 95).
    pub fn time_of_day(&self, quarter: i64) -> i64 {
        let at = self.offsets.partition_point(|o| o.0 <= quarter).saturating_sub(1);
        (quarter + self.offsets.get(at).map_or(0, |o| o.1)).rem_euclid(DAY_QUARTERS)
    }
}
