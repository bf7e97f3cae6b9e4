//! Free times by practitioner and local day, read from the board in memory and never from the store.

use hairline_studio::ids::{ResourceId, StaffId, StudioId};
use hairline_studio::search::{self, Own, Question, SearchError, Service, Who, World};
use hairline_studio::timeline::QUARTER_US;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// Quarter hours of a day of 24 hours.
const DAY_QUARTERS: i64 = 96;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The service, as the board has it.
    pub service: &'a Service,
    /// Whose times.
    pub who: Who,
    /// Only at this studio.
    pub at: Option<StudioId>,
    /// First local day.
    pub from: Date,
    /// Last local day.
    pub to: Date,
    /// The present.
    pub now: Timestamp,
    /// What a visit that is being moved has taken itself.
    pub own: &'a [Own],
}

/// The free times of one practitioner at one studio; also of those who have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where.
    pub studio: StudioId,
    /// With whom.
    pub practitioner: StaffId,
    /// Days with free times, in order.
    pub days: Vec<Day>,
}

/// Free times on a local day under one offset from UTC; a day on which clocks change may come twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Day {
    /// The local date.
    #[schema(value_type = String, format = Date, example = "2026-12-03")]
    pub date: Date,
    /// What the local clock is ahead of UTC: date, start and offset together are the instant.
    #[serde(rename = "offset", serialize_with = "offset_text")]
    #[schema(value_type = String, example = "+01:00")]
    pub offset_quarters: i64,
    /// Local times at which a visit can begin.
    #[schema(value_type = Vec<String>, example = json!(["09:00", "09:15"]))]
    pub starts: Vec<Clock>,
}

/// A time of day in quarter hours after midnight, 0 to 95; written `09:15`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock(pub u8);

/// All times of a day, so that an answer with thousands of them formats none.
static CLOCKS: [[u8; 5]; 96] = {
    let mut all = [*b"00:00"; 96];
    let mut quarter = 0;
    while quarter < 96 {
        let (hour, part) = (quarter / 4, quarter % 4);
        all[quarter] =
            [b'0' + (hour / 10) as u8, b'0' + (hour % 10) as u8, b':', b"0134"[part], b"0505"[part]];
        quarter += 1;
    }
    all
};

static TEXTS: [&str; 96] = {
    let mut all = [""; 96];
    let mut quarter = 0;
    while quarter < 96 {
        if let Ok(text) = std::str::from_utf8(&CLOCKS[quarter]) {
            all[quarter] = text;
        }
        quarter += 1;
    }
    all
};

impl Clock {
    /// As `09:15`.
    pub fn text(self) -> &'static str {
        TEXTS.get(usize::from(self.0)).copied().unwrap_or_default()
    }
}

impl Serialize for Clock {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.text())
    }
}

fn offset_text<S: Serializer>(quarters: &i64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&offset(*quarters))
}

/// An offset from UTC as `+01:00`.
pub fn offset(quarters: i64) -> String {
    let sign = if quarters < 0 { '-' } else { '+' };
    let minutes = quarters.abs() * 15;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

impl Day {
    /// The instant at which the local clock shows a start.
    pub fn instant(&self, start: Clock) -> Option<Timestamp> {
        let epoch = Date::constant(1970, 1, 1);
        let day = hairline_studio::zone::days_between(epoch, self.date) * DAY_QUARTERS;
        let quarter = day + i64::from(start.0) - self.offset_quarters;
        Timestamp::from_microsecond(quarter.checked_mul(QUARTER_US)?).ok()
    }
}

/// The free times, in the order of the board.
///
/// # Errors
/// Where the studio or practitioner is unknown, or days are asked for that are not loaded.
pub fn lines(world: &World, asked: &Asked<'_>) -> Result<Vec<Line>, SearchError> {
    let Asked { service, who, from, to, now, own, .. } = *asked;
    let offers = search::search(world, &Question { service, who, from, to, now, own })?;
    let mut lines = Vec::with_capacity(offers.len());
    for offer in &offers {
        let Some(studio) = world.studios.get(offer.studio) else { continue };
        let post = studio.posts.get(offer.post).and_then(|post| world.people.get(post.person));
        let Some(person) = post.filter(|_| asked.at.is_none_or(|at| at == studio.id)) else { continue };
        lines.push(Line {
            studio: studio.id,
            practitioner: staff(person.id),
            days: days(&studio.days, &offer.starts),
        });
    }
    Ok(lines)
}

/// A practitioner is taken as the person they are.
fn staff(id: ResourceId) -> StaffId {
    StaffId(id.0)
}

fn days(
    table: &hairline_studio::zone_days::DayTable,
    starts: &hairline_studio::timeline::Timeline,
) -> Vec<Day> {
    let covered = starts.quarters();
    let first = table.day_at(covered.start).unwrap_or(0);
    let mut days = Vec::new();
    for day in first..table.len() {
        let quarters = table.quarters(day);
        if quarters.start >= covered.end {
            break;
        }
        for (stretch, ahead) in table.stretches(quarters) {
            // The remainder is 0 to 95.
            let clock = |q: i64| Clock(u8::try_from((q + ahead).rem_euclid(DAY_QUARTERS)).unwrap_or(0));
            let free: Vec<Clock> = starts.iter_in(stretch).map(clock).collect();
            if !free.is_empty() {
                days.push(Day { date: table.date(day), offset_quarters: ahead, starts: free });
            }
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use hairline_studio::timeline::Timeline;
    use hairline_studio::zone::zone;
    use hairline_studio::zone_days::DayTable;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn times_are_written_as_clocks_show_them() {
        for (quarter, text) in [(0, "00:00"), (1, "00:15"), (37, "09:15"), (78, "19:30"), (95, "23:45")] {
            assert_eq!(Clock(quarter).text(), text);
        }
        for (quarters, text) in [(0, "+00:00"), (4, "+01:00"), (-14, "-03:30"), (23, "+05:45")] {
            assert_eq!(offset(quarters), text);
        }
    }

    #[test]
    fn every_instant_of_a_day_with_a_repeated_hour_is_told_apart() {
        let vienna = zone("Europe/Vienna").expect("a zone");
        let table = DayTable::new(&vienna, date(2027, 10, 30), date(2027, 11, 1)).expect("days");
        let mut all = Timeline::covering(table.quarters(0).start..table.quarters(2).end);
        all.set(table.quarters(1));
        let days = days(&table, &all);
        let told: Vec<(String, usize)> =
            days.iter().map(|d| (offset(d.offset_quarters), d.starts.len())).collect();
        assert_eq!(told, [("+02:00".to_owned(), 12), ("+01:00".to_owned(), 88)]);
        let mut instants = Vec::new();
        for day in &days {
            for start in &day.starts {
                let text = format!("{}T{}:00{}", day.date, start.text(), offset(day.offset_quarters));
                let read: Timestamp = text.parse().expect("RFC 3339");
                assert_eq!(day.instant(*start), Some(read), "{text}");
                instants.push(read);
            }
        }
        assert!(instants.windows(2).all(|w| w[1].duration_since(w[0]).as_mins() == 15));
        assert_eq!(instants.len(), 100);
    }
}
