//! What part of the calendar is looked at: which studio, which days, whose; the columns that follow from it.

use hairline_studio::hours::{Hours, both, break_spans, open_spans};
use hairline_studio::ids::{ResourceId, RoomId, StaffId};
use hairline_studio::practice::{Practice, Studio};
use hairline_studio::span::Span;
use hairline_studio::zone::{TimeError, local_date, local_day, plus_days, zone};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::grid::Grid;
use crate::office::now;
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// What the address says. Everything may be left out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Name of the studio in addresses.
    pub studio: String,
    /// `people` or `rooms`.
    pub by: String,
    /// Practitioner or room, by id.
    pub of: String,
    /// `week`: seven days of one; `day`: one day of all.
    pub view: String,
    /// A day of the week.
    pub day: Option<Date>,
    /// What was just moved ([`super::moves::Was`]).
    pub moved: String,
    /// The code of a visit that was just made.
    pub made: String,
}

/// A part of the calendar.
pub struct View {
    /// Where.
    pub studio: Studio,
    /// Its zone.
    pub tz: TimeZone,
    /// Whether rooms are shown in place of people.
    pub rooms: bool,
    /// Whether seven days of one are shown, and not one day of all.
    pub week: bool,
    /// The day that was asked for.
    pub day: Date,
    /// Today at the studio.
    pub today: Date,
    /// Whom or what one can choose: id and name.
    pub choices: Vec<(ResourceId, String)>,
    /// Of a week: whose it is.
    pub of: Option<ResourceId>,
    /// The columns.
    pub columns: Vec<Column>,
}

/// A column: a day of a practitioner or room.
pub struct Column {
    /// Practitioner or room.
    pub resource: ResourceId,
    /// Which day.
    pub date: Date,
    /// Index of the day in the grid.
    pub day: usize,
    /// What stands over it.
    pub title: String,
}

impl View {
    /// The part that is asked for, of what the person may see.
    ///
    /// # Errors
    /// Where the studio is none of theirs.
    pub fn of(signed_in: &SignedIn, asked: &Asked) -> Result<View, Problem> {
        let not_found = || Problem::new(&problem::NOT_FOUND);
        let practice = &signed_in.practice;
        let studio = match asked.studio.as_str() {
            "" => signed_in.studios().first().copied(),
            slug => signed_in.studios().into_iter().find(|s| s.slug == slug),
        };
        let studio = studio.ok_or_else(not_found)?.clone();
        let tz = zone(&studio.zone).map_err(|_| Problem::new(&problem::INTERNAL))?;
        let today = local_date(&tz, now());
        // Ten years either way: nothing is written further off, and every calendar has such days.
        let day = asked.day.unwrap_or(today).clamp(plus_days(today, -10 * 366), plus_days(today, 10 * 366));
        let rooms = asked.by == "rooms";
        let choices = choices(practice, &studio, rooms);
        let week = asked.view != "day";
        let own = ResourceId::from(signed_in.person.id);
        let named = asked.of.parse().ok().map(ResourceId);
        let is_there = |id: &ResourceId| choices.iter().any(|(c, _)| c == id);
        let of = named.filter(is_there).or(Some(own).filter(is_there)).or(choices.first().map(|c| c.0));
        let monday = plus_days(day, -i64::from(day.weekday().to_monday_zero_offset()));
        let columns = match (week, of) {
            (true, Some(resource)) => (0..7)
                .map(|n| {
                    let date = plus_days(monday, n);
                    let title = date.strftime("%a %-d %b").to_string();
                    Column { resource, date, day: usize::try_from(n).unwrap_or(0), title }
                })
                .collect(),
            (true, None) => Vec::new(),
            (false, _) => choices
                .iter()
                .map(|(id, name)| Column { resource: *id, date: day, day: 0, title: name.clone() })
                .collect(),
        };
        Ok(View { studio, tz, rooms, week, day, today, choices, of: of.filter(|_| week), columns })
    }

    /// First and last day shown.
    pub fn days(&self) -> (Date, Date) {
        let first = self.columns.first().map_or(self.day, |c| c.date);
        (first, self.columns.last().map_or(self.day, |c| c.date))
    }

    /// From the first instant shown to the last.
    ///
    /// # Errors
    /// Where the zone skips one of the days.
    pub fn span(&self) -> Result<Span, TimeError> {
        let (first, last) = self.days();
        let (first, last) = (local_day(&self.tz, first)?, local_day(&self.tz, last)?);
        Ok(Span { start_us: first.start_us, end_us: last.end_us })
    }

    /// The grid of its days, from midnight to midnight.
    ///
    /// # Errors
    /// Where the zone skips one of the days.
    pub fn grid(&self) -> Result<Grid, TimeError> {
        let (first, last) = self.days();
        Grid::new(&self.tz, first, last)
    }

    /// Every practitioner or room shown.
    pub fn resources(&self) -> Vec<ResourceId> {
        let mut all: Vec<ResourceId> = self.columns.iter().map(|c| c.resource).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// When a column is open, and its breaks.
    ///
    /// # Errors
    /// Where hours that are set up are not ones.
    pub fn open(&self, practice: &Practice, column: &Column) -> Result<(Vec<Span>, Vec<Span>), TimeError> {
        let closed = Hours::default();
        let doors = practice.hours_of(self.studio.id, self.studio.id.into()).unwrap_or(&closed);
        let doors = open_spans(doors, &self.tz, column.date, column.date)?;
        if self.rooms {
            return Ok((doors, Vec::new()));
        }
        let own = practice.hours_of(self.studio.id, column.resource).unwrap_or(&closed);
        let at_work = open_spans(own, &self.tz, column.date, column.date)?;
        Ok((both(&doors, &at_work), break_spans(own, &self.tz, column.date, column.date)?))
    }

    /// Its address, on another day.
    pub fn address(&self, day: &Date) -> String {
        let by = if self.rooms { "rooms" } else { "people" };
        let view = if self.week { "week" } else { "day" };
        let of = self.of.map(|id| format!("&of={id}")).unwrap_or_default();
        format!("/staff/week?studio={}&by={by}&view={view}{of}&day={day}", self.studio.slug)
    }

    /// Whether it is the week of this one.
    pub fn is_of(&self, id: &ResourceId) -> bool {
        self.of == Some(*id)
    }

    /// Its address.
    pub fn here(&self) -> String {
        self.address(&self.day)
    }
}

/// Whom or what one can look at: those who work at the studio, or its rooms.
fn choices(practice: &Practice, studio: &Studio, rooms: bool) -> Vec<(ResourceId, String)> {
    if rooms {
        let here = practice.rooms.iter().filter(|r| r.active && r.studio == studio.id);
        return here.map(|r| (r.id.into(), r.name.clone())).collect();
    }
    practice.practitioners(studio.id).into_iter().map(|p| (p.id.into(), p.name.clone())).collect()
}

/// The name of a practitioner.
pub fn person_name(practice: &Practice, id: StaffId) -> String {
    practice.person(id).map(|p| p.name.clone()).unwrap_or_default()
}

/// The name of a room.
pub fn room_name(practice: &Practice, id: Option<RoomId>) -> String {
    id.and_then(|id| practice.room(id)).map(|r| r.name.clone()).unwrap_or_default()
}

/// An address of the week that a form brought along; today's week where it is another's.
pub fn way_back(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=&".contains(c);
    match text.strip_prefix("/staff/week?") {
        Some(query) if query.chars().all(plain) => text.to_owned(),
        _ => "/staff/week".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::way_back;

    #[test]
    fn a_form_leads_back_to_the_week_and_nowhere_else() {
        let week = "/staff/week?studio=lisbon-chiado&by=people&view=week&day=2026-11-23";
        assert_eq!(way_back(week), week);
        for foreign in ["https://evil.example", "//evil.example", "/staff/week?x=%0d", "/staff", ""] {
            assert_eq!(way_back(foreign), "/staff/week");
        }
    }
}
