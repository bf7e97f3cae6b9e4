//! Hours as people type them: `09:00-13:00, 14:00-18:00` for a day, a line for each exception.

use hairline_studio::hours::{DayHours, Exception, Hours, Interval, Week};
use jiff::civil::Date;

/// Minutes of a day.
const DAY_MIN: u16 = 1440;
/// Monday to Sunday.
pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Intervals of a day as they are typed; an end before its start is on the next day.
///
/// # Errors
/// What cannot be read, in a sentence.
pub fn intervals(text: &str) -> Result<Vec<Interval>, String> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("closed") {
        return Ok(Vec::new());
    }
    let mut found: Vec<Interval> = Vec::new();
    for part in text.split(',') {
        let refuse = || format!("\"{}\" is not a stretch of hours; write 09:00-18:00.", part.trim());
        let (from, to) = part.split_once(['-', '–']).ok_or_else(refuse)?;
        let (from_min, to_min) = (clock(from).ok_or_else(refuse)?, clock(to).ok_or_else(refuse)?);
        if from_min >= DAY_MIN {
            return Err(refuse());
        }
        let to_min = if to_min <= from_min { to_min + DAY_MIN } else { to_min };
        if found.last().is_some_and(|before| before.to_min > from_min) {
            return Err(format!("\"{}\" begins before the stretch before it has ended.", part.trim()));
        }
        found.push(Interval { from_min, to_min });
    }
    Ok(found)
}

fn clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 24 && minutes < 60 && hours * 60 + minutes <= DAY_MIN).then_some(hours * 60 + minutes)
}

/// Intervals as they are typed.
pub fn text(intervals: &[Interval]) -> String {
    let clock = |min: u16| {
        let min = if min > DAY_MIN { min - DAY_MIN } else { min };
        format!("{:02}:{:02}", min / 60, min % 60)
    };
    let one = |i: &Interval| format!("{}-{}", clock(i.from_min), clock(i.to_min));
    intervals.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The week that holds on a day.
pub fn week(hours: &Hours, day: Date) -> Week {
    hours.weeks.get(place(hours, day).unwrap_or(usize::MAX)).cloned().unwrap_or_default()
}

fn place(hours: &Hours, day: Date) -> Option<usize> {
    let valid =
        |w: &Week| w.valid_from.is_none_or(|from| from <= day) && w.valid_to.is_none_or(|to| day <= to);
    hours.weeks.iter().rposition(valid)
}

/// Hours with another week in place of the one that holds on a day.
pub fn with_week(hours: &Hours, day: Date, days: [DayHours; 7]) -> Hours {
    let mut hours = hours.clone();
    match place(&hours, day).and_then(|at| hours.weeks.get_mut(at)) {
        Some(week) => week.days = days,
        None => hours.weeks.push(Week { valid_from: None, valid_to: None, days }),
    }
    hours
}

/// Exceptions as they are typed, a line each; those before a day are left out.
pub fn exceptions_text(exceptions: &[Exception], from: Date) -> String {
    let one = |e: &Exception| {
        let open = if e.hours.open.is_empty() { "closed".to_owned() } else { text(&e.hours.open) };
        format!("{}: {open}", e.date)
    };
    let mut ahead: Vec<&Exception> = exceptions.iter().filter(|e| e.date >= from).collect();
    ahead.sort_by_key(|e| e.date);
    ahead.into_iter().map(one).collect::<Vec<_>>().join("\n")
}

/// What was typed as exceptions, with the ones before a day kept. Breaks of a day that stays as it was are kept too.
///
/// # Errors
/// The line that cannot be read, in a sentence.
pub fn exceptions(typed: &str, stood: &[Exception], from: Date) -> Result<Vec<Exception>, String> {
    let mut all: Vec<Exception> = stood.iter().filter(|e| e.date < from).cloned().collect();
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let refuse =
            || format!("\"{line}\" is not a day with hours; write 2026-12-24: 09:00-13:00, or closed.");
        let (date, open) = line.split_once(':').ok_or_else(refuse)?;
        let date: Date = date.trim().parse().map_err(|_| refuse())?;
        let open = intervals(open)?;
        let same = stood.iter().rev().find(|e| e.date == date && e.hours.open == open);
        let breaks = same.map(|e| e.hours.breaks.clone()).unwrap_or_default();
        all.push(Exception { date, hours: DayHours { open, breaks } });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn hours_are_read_as_they_are_written() {
        for typed in ["09:00-18:00", "09:00-13:00, 14:00-18:30", "22:00-02:00", "00:00-24:00", ""] {
            assert_eq!(intervals(typed).map(|i| text(&i)), Ok(typed.to_owned()));
        }
        assert_eq!(intervals("9:00 – 18:00").map(|i| text(&i)), Ok("09:00-18:00".to_owned()));
        assert_eq!(intervals("closed"), Ok(Vec::new()));
        assert_eq!(intervals("22:00-02:00"), Ok(vec![Interval { from_min: 1320, to_min: 1560 }]));
        for wrong in ["9 to 5", "09:00", "25:00-26:00", "09:60-10:00", "09:00-13:00, 12:00-14:00"] {
            assert!(intervals(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn exceptions_stand_a_line_each_and_past_ones_stay() {
        let today = date(2026, 11, 23);
        let day = |open: &str| DayHours { open: intervals(open).expect("hours"), breaks: Vec::new() };
        let stood = [
            Exception { date: date(2026, 1, 1), hours: day("") },
            Exception { date: date(2026, 12, 24), hours: day("09:00-13:00") },
        ];
        let typed = exceptions_text(&stood, today);
        assert_eq!(typed, "2026-12-24: 09:00-13:00");
        assert_eq!(exceptions(&typed, &stood, today), Ok(stood.to_vec()));
        let more = exceptions("2026-12-24: closed\n\n2026-12-31: 9:00-12:00", &stood, today).expect("read");
        assert_eq!(exceptions_text(&more, today), "2026-12-24: closed\n2026-12-31: 09:00-12:00");
        assert!(exceptions("Christmas: closed", &stood, today).is_err());
    }

    #[test]
    fn only_the_week_that_holds_is_changed() {
        let day = DayHours { open: intervals("09:00-18:00").expect("hours"), breaks: Vec::new() };
        let later = Week { valid_from: Some(date(2027, 1, 1)), valid_to: None, days: Default::default() };
        let always = Week { valid_from: None, valid_to: None, days: Default::default() };
        let hours = Hours { weeks: vec![always, later.clone()], exceptions: Vec::new() };
        let days = std::array::from_fn(|_| day.clone());
        let changed = with_week(&hours, date(2026, 11, 23), days);
        assert_eq!(week(&changed, date(2026, 11, 23)).days[0], day);
        assert_eq!(changed.weeks[1], later);
    }
}
