//! The best courses of each first day, and what is said of them.

use std::ops::Range;

use super::grid::Grid;
use super::solve::{Model, NEVER, Place, Table, table};
use super::{Course, CourseQuestion, Reasons, Visit, Weights};
use crate::search::instant_of;
use crate::span::MINUTE_US;
use crate::timeline::QUARTER_US;
use crate::zone::{days_between, local_date, plus_days};

/// The days of the grid on which the first visit can be.
fn first_days(grid: &Grid, question: &CourseQuestion) -> Range<usize> {
    let Some((after, first)) = question.after.zip(grid.steps.first()) else { return 0..grid.n_days };
    let offset = days_between(question.from, after);
    let clamp = |day: i64| usize::try_from(day.max(0)).unwrap_or(0).min(grid.n_days);
    // The visit before is not of this course, so nothing says when on its day it ends: the same day is left out.
    clamp(offset + first.gap.0.max(1))..clamp(offset + first.gap.1 + 1)
}

/// The best course that begins on a day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct First {
    cost: u32,
    day: usize,
    /// The weekday and hour of the first visit, which those of the others are measured from.
    weekday: Option<usize>,
    hour: Option<u32>,
}

/// The best course of each first day, the best `n` of them.
pub(super) fn best(grid: &Grid, question: &CourseQuestion) -> Vec<Course> {
    if grid.posts.is_empty() || question.n == 0 {
        return Vec::new();
    }
    let days = first_days(grid, question);
    let never = |day| First { cost: NEVER, day, weekday: None, hour: None };
    let mut found: Vec<First> = days.clone().map(never).collect();
    let mut table = table(grid, model(question, None, None));
    if question.weights.weekday == 0 && question.weights.hour == 0 {
        improve(&mut found, &costs(&table, &days));
    } else {
        by_weekday(grid, question, &days, &mut found);
    }
    found.retain(|f| f.cost < NEVER);
    found.sort_unstable();
    found.truncate(question.n);
    let n_posts = grid.posts.len();
    let mut courses = Vec::new();
    for first in found {
        if (table.model.weekday, table.model.hour) != (first.weekday, first.hour) {
            table = self::table(grid, model(question, first.weekday, first.hour));
        }
        let row = &table.best[0][first.day * n_posts..(first.day + 1) * n_posts];
        let places = row.iter().position(|c| *c == first.cost).map(|post| table.places(first.day, post));
        let Some(visits) = places.and_then(|places| visits(grid, &places)) else { continue };
        let reasons = reasons(grid, &visits);
        courses.push(Course { visits, cost: first.cost, reasons });
    }
    courses
}

/// The courses measured from each weekday and hour of a first visit that can still be among the best.
fn by_weekday(grid: &Grid, question: &CourseQuestion, days: &Range<usize>, found: &mut [First]) {
    let n_posts = grid.posts.len();
    // Without the hours the costs are lower bounds; the promising weekdays come first.
    let bound = |weekday| costs(&table(grid, model(question, Some(weekday), None)), days);
    let mut bounds: Vec<Vec<First>> = (0..7).map(bound).filter(|b| !b.is_empty()).collect();
    bounds.sort_by_key(|bound| bound.iter().map(|f| f.cost).min());
    for bound in bounds {
        if question.weights.hour == 0 {
            improve(found, &bound);
            continue;
        }
        for hour in 0..24 {
            let nth = nth_best(found, question.n);
            let open = |day: usize| {
                let cells = grid.cells(0).get(day * n_posts..(day + 1) * n_posts).unwrap_or(&[]);
                cells.iter().any(|c| (c.hours | c.hours_overnight) >> hour & 1 == 1)
            };
            let worth = |f: &First| {
                let have = found.get(f.day - days.start).map_or(NEVER, |f| f.cost);
                f.cost < have && (f.cost, f.day) < nth && open(f.day)
            };
            if bound.iter().any(worth) {
                let weekday = bound.first().and_then(|f| f.weekday);

                improve(found, &costs(&table(grid, model(question, weekday, Some(hour))), days));
            }
        }
    }
}

/// Takes over what is better than what was found for the same day.
fn improve(found: &mut [First], costs: &[First]) {
    let Some(start) = found.first().map(|f| f.day) else { return };
    for first in costs {
        if let Some(entry) = found.get_mut(first.day - start).filter(|entry| first.cost < entry.cost) {
            *entry = *first;
        }
    }
}

fn model(question: &CourseQuestion, weekday: Option<usize>, hour: Option<u32>) -> Model<'static> {
    let hour_weight = if hour.is_some() { question.weights.hour } else { 0 };
    let weights = Weights { hour: hour_weight, ..question.weights };
    Model { weights, same: question.same, weekday, hour, kept: &[] }
}

/// The least cost from each first day, or from those of the table's weekday.
fn costs(table: &Table, days: &Range<usize>) -> Vec<First> {
    let Model { weekday, hour, .. } = table.model;
    let on = |day: &usize| weekday.is_none_or(|w| w == table.weekday(*day));
    let first = |day| First { cost: table.least_on(day), day, weekday, hour };
    days.clone().filter(on).map(first).collect()
}

/// The cost and day of the `n`-th best: what is to be among the best `n` comes before it.
fn nth_best(found: &[First], n: usize) -> (u32, usize) {
    let mut best: Vec<(u32, usize)> = found.iter().map(|f| (f.cost, f.day)).collect();
    best.sort_unstable();
    n.checked_sub(1).and_then(|i| best.get(i)).copied().unwrap_or((NEVER, usize::MAX))
}

/// The visits as instants.
pub(super) fn visits(grid: &Grid, places: &[Place]) -> Option<Vec<Visit>> {
    let visit = |(step, place): (usize, &Place)| {
        let post = grid.posts.get(place.post)?;
        let minutes = i64::from(grid.steps.get(step)?.service.minutes);
        let start = instant_of(place.quarter)?;
        let end_us = place.quarter * QUARTER_US + minutes * MINUTE_US;
        let end = jiff::Timestamp::from_microsecond(end_us).ok()?;
        let last = jiff::Timestamp::from_microsecond(end_us - 1).ok()?;
        Some(Visit {
            step,
            studio: post.world_studio.id,
            practitioner: post.world_person.id,
            start,
            end,
            date: plus_days(grid.from, place.day as i64),
            end_date: local_date(post.world_studio.days.zone(), last),
        })
    };
    places.iter().enumerate().map(visit).collect()
}

/// The terms of a course's cost, counted from its visits.
fn reasons(grid: &Grid, visits: &[Visit]) -> Reasons {
    let mut reasons = Reasons { journeys: 1, ..Reasons::default() };
    let hour = |v: &Visit| {
        let post = grid.posts.iter().position(|p| p.world_studio.id == v.studio);
        grid.hour(post.unwrap_or(0), v.start.as_microsecond().div_euclid(QUARTER_US))
    };
    for pair in visits.windows(2) {
        let [a, b] = pair else { continue };
        reasons.changes += u32::from(a.practitioner != b.practitioner);
        reasons.studio_changes += u32::from(a.studio != b.studio);
        if a.date != b.date {
            reasons.journeys += 1;
            reasons.weekdays_off += u32::from(b.date.weekday() != visits[0].date.weekday());
            reasons.hours_off += hour(b).abs_diff(hour(&visits[0]));
        }
    }
    let days = visits.last().map_or(0, |v| days_between(grid.from, v.date));
    reasons.days = u32::try_from(days).unwrap_or(0);
    reasons
}
