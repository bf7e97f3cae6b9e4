//! The free starts of all steps, sorted by day and practitioner.

use std::ops::Range;

use jiff::civil::Date;

use super::CourseQuestion;
use crate::search::{Offers, Person, Question, SearchError, Service, Studio, World, booked_min, search};
use crate::timeline::{Timeline, quarters_of, quarters_touched};
use crate::zone::{days_between, plus_days};

/// A practitioner at a studio, by dense indices of this grid.
pub(super) struct GridPost<'a> {
    /// Index of the studio among those of the grid.
    pub studio: usize,
    /// Index of the person among those of the grid.
    pub person: usize,
    pub world_studio: &'a Studio,
    pub world_person: &'a Person,
}

/// The starts of one step with one practitioner on one day, by the clock hour they begin in: one bit an hour.
#[derive(Clone, Copy, Default)]
pub(super) struct Cell {
    /// Those whose sittings end on the day they begin.
    pub hours: u32,
    /// Those whose sittings end on the next.
    pub hours_overnight: u32,
}

/// The days of a question from its first to its last, the practitioners, and what is free when.
pub(super) struct Grid<'a> {
    pub steps: Vec<GridStep<'a>>,
    pub posts: Vec<GridPost<'a>>,
    pub n_studios: usize,
    pub n_people: usize,
    pub from: Date,
    /// Weekday of the first day, Monday 0.
    pub first_weekday: usize,
    pub n_days: usize,
    /// Quarters of each day, by studio of the grid.
    days: Vec<Vec<Range<i64>>>,
    /// The free starts of each service, by post.
    starts: Vec<Vec<Timeline>>,
    cells: Vec<Vec<Cell>>,
    own: &'a [crate::search::Own],
}

/// A step with where its service stands in the grid.
pub(super) struct GridStep<'a> {
    pub service: &'a Service,
    /// Fewest and most days after the end day of the step before.
    pub gap: (i64, i64),
    /// Index of the first step of the same service and minutes.
    pub like: usize,
}

/// Searches the free starts of every step and sorts them.
pub(super) fn grid<'a>(world: &'a World, question: &CourseQuestion<'a>) -> Result<Grid<'a>, SearchError> {
    let n_days = usize::try_from(days_between(question.from, question.to) + 1).unwrap_or(0);
    let mut grid = Grid {
        steps: Vec::new(),
        posts: Vec::new(),
        n_studios: 0,
        n_people: 0,
        from: question.from,
        first_weekday: usize::try_from(question.from.weekday().to_monday_zero_offset()).unwrap_or(0),
        n_days,
        days: Vec::new(),
        starts: Vec::new(),
        cells: Vec::new(),
        own: question.own,
    };
    let mut answers: Vec<Vec<Offers>> = Vec::new();
    for step in question.steps {
        let like = question.steps.iter().position(|s| s.service == step.service).unwrap_or(0);
        let ask = |service| Question {
            service,
            who: question.who,
            from: question.from,
            to: question.to,
            now: question.now,
            own: question.own,
        };
        answers.push(if like == grid.steps.len() { search(world, &ask(step.service))? } else { Vec::new() });
        let gap = (step.soonest_days(), i64::from(step.gap_max_days));
        grid.steps.push(GridStep { service: step.service, gap, like });
    }
    // Everyone who is offered for any step has a place in the grid, in the order of the world.
    let mut keys: Vec<(usize, usize)> = answers.iter().flatten().map(|o| (o.studio, o.post)).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut studios: Vec<usize> = keys.iter().map(|k| k.0).collect();
    studios.dedup();
    let mut people: Vec<usize> = Vec::new();
    for &(studio, post) in &keys {
        let Some(world_studio) = world.studios.get(studio) else { continue };
        let Some(person) = world_studio.posts.get(post).map(|p| p.person) else { continue };
        let Some(world_person) = world.people.get(person) else { continue };
        let dense = people.iter().position(|p| *p == person).unwrap_or_else(|| {
            people.push(person);
            people.len() - 1
        });
        let studio = studios.partition_point(|s| *s < studio);
        grid.posts.push(GridPost { studio, person: dense, world_studio, world_person });
    }
    (grid.n_studios, grid.n_people) = (studios.len(), people.len());
    let dates: Vec<Date> = (0..n_days).map(|d| plus_days(question.from, d as i64)).collect();
    for studio in studios.iter().filter_map(|s| world.studios.get(*s)) {
        let quarters = |date: &Date| studio.days.day_of(*date).map_or(0..0, |day| studio.days.quarters(day));
        grid.days.push(dates.iter().map(quarters).collect());
    }
    let blocked: Vec<bool> = dates
        .iter()
        .map(|date| {
            let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
            question.client.weekdays.get(weekday) == Some(&true) || question.client.dates.contains(date)
        })
        .collect();
    let near = question.steps.iter().skip(1).any(|s| s.soonest_days() <= 1);
    for (step, offers) in answers.into_iter().enumerate() {
        let mut lines = vec![Timeline::default(); if offers.is_empty() { 0 } else { grid.posts.len() }];
        for offer in offers {
            let Ok(post) = keys.binary_search(&(offer.studio, offer.post)) else { continue };
            let mut starts = offer.starts;
            without_client(&mut starts, &blocked, grid.posts.get(post).and_then(|p| grid.days.get(p.studio)));
            let sitting = grid.steps.get(step).map_or(1, |s| quarters_of(s.service.minutes));
            for busy in &question.client.busy {
                let taken = quarters_touched(busy);
                starts.clear(taken.start - sitting + 1..taken.end);
            }
            if near {
                within_days(&grid, step, post, &mut starts);
            }
            if let Some(line) = lines.get_mut(post) {
                *line = starts;
            }
        }
        // The starts of a service that came before stand there.
        let own = grid.steps.get(step).is_some_and(|s| s.like == step);
        let cells = if own { cells_of(&grid, step, &lines) } else { Vec::new() };
        grid.starts.push(lines);
        grid.cells.push(cells);
    }
    Ok(grid)
}

/// Leaves out the starts whose buffers or cleaning reach over a midnight that the sitting does not: where steps may follow
/// on the next day, they could meet those of the visit on the other side.
fn within_days(grid: &Grid, step: usize, post: usize, starts: &mut Timeline) {
    let Some(service) = grid.steps.get(step).map(|s| s.service) else { return };
    let (sitting, before) = (quarters_of(service.minutes), quarters_of(service.before_min));
    let taken = quarters_of(service.minutes + service.after_min).max(grid.cleaned(step, post));
    for day in 0..grid.n_days {
        let quarters = grid.day(post, day);
        starts.clear(quarters.start..quarters.start + before);
        starts.clear((quarters.end - taken + 1).max(quarters.start)..quarters.end - sitting + 1);
    }
}

fn without_client(starts: &mut Timeline, blocked: &[bool], days: Option<&Vec<Range<i64>>>) {
    for (quarters, _) in days.into_iter().flatten().zip(blocked).filter(|(_, blocked)| **blocked) {
        starts.clear(quarters.clone());
    }
}

/// The hours of the starts, by day and post.
fn cells_of(grid: &Grid, step: usize, lines: &[Timeline]) -> Vec<Cell> {
    let n_posts = grid.posts.len();
    let mut cells = vec![Cell::default(); grid.n_days * n_posts];
    let sitting = grid.steps.get(step).map_or(1, |s| quarters_of(s.service.minutes));
    for (p, (line, post)) in lines.iter().zip(&grid.posts).enumerate() {
        let zone_days = &post.world_studio.days;
        let mut starts = line.iter().peekable();
        for (d, quarters) in grid.days.get(post.studio).into_iter().flatten().enumerate() {
            let Some(cell) = cells.get_mut(d * n_posts + p).filter(|_| starts.peek().is_some()) else {
                break;
            };
            // On a day of 24 hours that begins at midnight one look at the zone is enough for all starts.
            let whole = quarters.end - quarters.start == 96 && zone_days.time_of_day(quarters.start) == 0;
            while let Some(q) = starts.next_if(|q| *q < quarters.end) {
                let shown = if whole { q - quarters.start } else { zone_days.time_of_day(q) };
                let hour = 1 << (shown / 4);
                if q + sitting <= quarters.end { cell.hours |= hour } else { cell.hours_overnight |= hour }
            }
        }
    }
    cells
}

impl Grid<'_> {
    /// The free starts of a step by day and post: row `day * posts.len()`.
    pub fn cells(&self, step: usize) -> &[Cell] {
        let like = self.steps.get(step).map_or(0, |s| s.like);
        self.cells.get(like).map_or(&[], |c| c)
    }

    /// The quarters of a day at the studio of a post.
    pub fn day(&self, post: usize, day: usize) -> Range<i64> {
        let studio = self.posts.get(post).map_or(0, |p| p.studio);
        self.days.get(studio).and_then(|days| days.get(day)).cloned().unwrap_or(0..0)
    }

    /// The free starts of a step with one practitioner on one day, from a quarter on: the quarter, and whether the
    /// sitting ends on the next day.
    pub fn starts(
        &self,
        step: usize,
        post: usize,
        day: usize,
        from: i64,
    ) -> impl Iterator<Item = (i64, bool)> + '_ {
        let quarters = self.day(post, day);
        let sitting = self.steps.get(step).map_or(1, |s| quarters_of(s.service.minutes));
        let like = self.steps.get(step).map_or(0, |s| s.like);
        let line = self.starts.get(like).and_then(|lines| lines.get(post));
        let end = quarters.end;
        line.into_iter()
            .flat_map(move |line| line.iter_in(quarters.start.max(from)..quarters.end))
            .map(move |q| (q, q + sitting > end))
    }

    /// What the clock shows at a start, in quarters since midnight.
    pub fn time_of_day(&self, post: usize, quarter: i64) -> i64 {
        self.posts.get(post).map_or(0, |p| p.world_studio.days.time_of_day(quarter))
    }

    /// The clock hour of a start.
    pub fn hour(&self, post: usize, quarter: i64) -> u32 {
        u32::try_from(self.time_of_day(post, quarter) / 4).unwrap_or(0)
    }

    /// The first quarter at which the next step can start on the same day, after the sitting, both buffers and the
    /// cleaning: whoever does it and in whichever room.
    pub fn turn(&self, step: usize, post: usize, start: i64) -> i64 {
        let (Some(this), Some(next)) = (self.steps.get(step), self.steps.get(step + 1)) else { return start };
        let person = quarters_of(this.service.minutes + this.service.after_min);
        start + (person + quarters_of(next.service.before_min)).max(self.cleaned(step, post))
    }

    /// Quarters from the start of a sitting to the end of the longest cleaning of a room it can be in.
    fn cleaned(&self, step: usize, post: usize) -> i64 {
        let Some(service) = self.steps.get(step).map(|s| s.service) else { return 0 };
        let rooms = self.posts.get(post).map_or(&[][..], |p| &p.world_studio.rooms);
        let fitting = rooms.iter().filter(|r| service.room.is_some_and(|c| r.classes.contains(&c)));
        quarters_of(service.minutes + fitting.map(|r| r.cleaning_min).max().unwrap_or(0))
    }

    /// Whether a practitioner may do so many more minutes on a day.
    pub fn within_cap(&self, post: usize, day: usize, minutes: u32) -> bool {
        self.posts.get(post).is_some_and(|p| {
            p.world_person.daily_cap_min.is_none_or(|cap| {
                booked_min(p.world_person, plus_days(self.from, day as i64), self.own) + minutes <= cap
            })
        })
    }
}
