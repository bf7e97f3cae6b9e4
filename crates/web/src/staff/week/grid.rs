//! The grid of the week: rows of quarter hours by the wall clock, columns of local days, and what lies where.
//!
//! A row is a quarter hour that some clock shows. On a day on which an hour comes twice the axis has both; on the other
//! days the second one is no time at all, and neither is the hour that a day leaves out in spring. So a day has as many
//! rows that are times as it has quarter hours: 92, 96 or 100.

use hairline_studio::span::Span;
use hairline_studio::timeline::{QUARTER_US, quarters_touched};
use hairline_studio::zone::TimeError;
use hairline_studio::zone_days::DayTable;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Quarters of a day of 24 hours.
const DAY_ROWS: i64 = 96;
/// What is shown where nothing says otherwise: nine to six.
const USUAL: std::ops::Range<usize> = 36..72;

/// A row: what the clock shows, in quarters since midnight, and whether it shows it for the second time that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// 0 to 95.
    pub clock: i64,
    /// Whether the clock was put back to show it once more.
    pub again: bool,
}

/// Columns of local days beside one axis.
#[derive(Clone, Debug)]
pub struct Grid {
    /// The rows, from the top.
    pub rows: Vec<Row>,
    /// For each day of the table: the quarter hour (since 1970) of each row, where the day has it.
    days: Vec<Vec<Option<i64>>>,
}

impl Grid {
    /// The grid of the days `first` to `last`, from midnight to midnight.
    ///
    /// # Errors
    /// Where the zone skips one of the days.
    pub fn new(zone: &TimeZone, first: Date, last: Date) -> Result<Grid, TimeError> {
        let table = DayTable::new(zone, first, last)?;
        let days: Vec<Vec<(Row, i64)>> = (0..table.len()).map(|day| clocks(&table, day)).collect();
        // A day that shows an hour twice shows every other hour too; more than one such day in a week no zone has had.
        let longest = days.iter().max_by_key(|day| day.len()).filter(|day| day.len() as i64 > DAY_ROWS);
        let rows: Vec<Row> = match longest {
            Some(day) => day.iter().map(|(row, _)| *row).collect(),
            None => (0..DAY_ROWS).map(|clock| Row { clock, again: false }).collect(),
        };
        let place = |day: &Vec<(Row, i64)>| {
            rows.iter().map(|row| day.iter().find(|(r, _)| r == row).map(|(_, quarter)| *quarter)).collect()
        };
        let days = days.iter().map(place).collect();
        Ok(Grid { rows, days })
    }

    /// Only the full hours around these stretches (and nine to six where there are none).
    pub fn cut_to(&mut self, spans: &[Span]) {
        let mut shown: Option<(usize, usize)> = None;
        for day in 0..self.days.len() {
            for (first, end) in spans.iter().filter_map(|span| self.rows_of(day, span)) {
                let (a, b) = shown.unwrap_or((first, end));
                shown = Some((a.min(first), b.max(end)));
            }
        }
        let (mut first, mut end) = shown.unwrap_or((USUAL.start, USUAL.end.min(self.rows.len())));
        while first > 0 && self.rows[first].clock % 4 != 0 {
            first -= 1;
        }
        while end < self.rows.len() && self.rows[end].clock % 4 != 0 {
            end += 1;
        }
        self.rows = self.rows[first..end].to_vec();
        for day in &mut self.days {
            *day = day[first..end].to_vec();
        }
    }

    /// First row and row after the last that a stretch touches on a day, as far as they are shown.
    pub fn rows_of(&self, day: usize, span: &Span) -> Option<(usize, usize)> {
        let touched = quarters_touched(span);
        let day = self.days.get(day)?;
        let inside = |quarter: &Option<i64>| quarter.is_some_and(|q| touched.contains(&q));
        let first = day.iter().position(inside)?;
        let last = day.iter().rposition(inside)?;
        Some((first, last + 1))
    }

    /// The quarter hour of a row on a day; nothing where the day has no such time.
    pub fn quarter(&self, day: usize, row: usize) -> Option<i64> {
        *self.days.get(day)?.get(row)?
    }

    /// The quarters of a day's rows.
    pub fn quarters(&self, day: usize) -> &[Option<i64>] {
        self.days.get(day).map_or(&[], Vec::as_slice)
    }

    /// The row at which a quarter hour begins on a day.
    pub fn row(&self, day: usize, quarter: i64) -> Option<usize> {
        self.days.get(day)?.iter().position(|q| *q == Some(quarter))
    }

    /// Runs of rows on a day of which a test holds: first row, row after the last.
    pub fn runs(&self, day: usize, test: impl Fn(Option<i64>) -> bool) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (row, quarter) in self.quarters(day).iter().enumerate() {
            if !test(*quarter) {
                continue;
            }
            match runs.last_mut() {
                Some((_, end)) if *end == row => *end += 1,
                _ => runs.push((row, row + 1)),
            }
        }
        runs
    }
}

/// Whether a quarter hour lies inside one of several stretches.
pub fn inside(spans: &[Span], quarter: i64) -> bool {
    let start_us = quarter * QUARTER_US;
    spans.iter().any(|span| span.start_us <= start_us && start_us + QUARTER_US <= span.end_us)
}

/// What the clock shows at each quarter hour of a day, in order.
fn clocks(table: &DayTable, day: usize) -> Vec<(Row, i64)> {
    let mut shown: Vec<(Row, i64)> = Vec::new();
    for (stretch, ahead) in table.stretches(table.quarters(day)) {
        for quarter in stretch {
            let clock = (quarter + ahead).rem_euclid(DAY_ROWS);
            let again = shown.iter().any(|(row, _)| row.clock == clock);
            shown.push((Row { clock, again }, quarter));
        }
    }
    shown
}

/// A row as the axis writes it: `02:00`, and `02:00 again`.
pub fn label(row: Row) -> String {
    let again = if row.again { " again" } else { "" };
    format!("{:02}:{:02}{again}", row.clock / 4, row.clock % 4 * 15)
}

#[cfg(test)]
mod tests {
    use hairline_studio::span::{DAY_US, HOUR_US};
    use hairline_studio::zone::{local_day, plus_days, zone};
    use jiff::civil::date;

    use super::*;

    fn times(grid: &Grid, day: usize) -> usize {
        grid.quarters(day).iter().flatten().count()
    }

    #[test]
    fn each_day_has_the_quarters_it_has() -> Result<(), TimeError> {
        for (name, monday, odd, rows, quarters) in [
            ("Europe/Vienna", date(2027, 3, 22), 6, 96, 92),
            ("Europe/Vienna", date(2027, 10, 25), 6, 100, 100),
            ("Australia/Lord_Howe", date(2027, 3, 29), 6, 98, 98),
            ("America/New_York", date(2027, 3, 8), 6, 96, 92),
        ] {
            let tz = zone(name)?;
            let grid = Grid::new(&tz, monday, plus_days(monday, 6))?;
            assert_eq!(grid.rows.len(), rows, "{name} {monday}");
            for day in 0..7 {
                let want = if day == odd { quarters } else { 96 };
                assert_eq!(times(&grid, day), want, "{name} day {day}");
                // Every quarter of the day stands in one row, in order.
                let span = local_day(&tz, plus_days(monday, i64::try_from(day).expect("small")))?;
                let shown: Vec<i64> = grid.quarters(day).iter().flatten().copied().collect();
                let all: Vec<i64> = (span.start_us / QUARTER_US..span.end_us / QUARTER_US).collect();
                assert_eq!(shown, all, "{name} day {day}");
            }
        }
        Ok(())
    }

    #[test]
    fn a_visit_over_the_repeated_hour_is_as_long_as_it_is() -> Result<(), TimeError> {
        let tz = zone("Europe/Vienna")?;
        let mut grid = Grid::new(&tz, date(2027, 10, 25), date(2027, 10, 31))?;
        let midnight = local_day(&tz, date(2027, 10, 31))?.start_us;
        // From 01:30 to the second 02:30: two hours.
        let visit = Span { start_us: midnight + 3 * HOUR_US / 2, end_us: midnight + 7 * HOUR_US / 2 };
        let (first, end) = grid.rows_of(6, &visit).expect("it is on the day");
        assert_eq!((end - first, label(grid.rows[first]).as_str()), (8, "01:30"));
        assert_eq!(label(grid.rows[end - 1]), "02:15 again");
        assert_eq!(grid.rows_of(5, &visit), None);
        // Cut to full hours around it; the day before has no second 02:00.
        grid.cut_to(&[visit]);
        let labels: Vec<String> = grid.rows.iter().filter(|r| r.clock % 4 == 0).map(|r| label(*r)).collect();
        assert_eq!(labels, ["01:00", "02:00", "02:00 again"]);
        assert_eq!(grid.runs(5, |q| q.is_none()), [(8, 12)]);
        assert_eq!(grid.runs(6, |q| q.is_none()), []);
        Ok(())
    }

    #[test]
    fn an_empty_week_shows_the_usual_hours() -> Result<(), TimeError> {
        let mut grid = Grid::new(&zone("Asia/Kathmandu")?, date(2026, 11, 23), date(2026, 11, 29))?;
        grid.cut_to(&[]);
        assert_eq!((label(grid.rows[0]), grid.rows.len()), ("09:00".to_owned(), 36));
        let quarter = grid.quarter(3, 4).expect("10:00 is a time");
        assert_eq!(grid.row(3, quarter), Some(4));
        assert_eq!((grid.quarter(4, 4).expect("too") - quarter) * QUARTER_US, DAY_US);
        Ok(())
    }
}
