//! Moving one visit of a course: what else must move, with the least change, shown before anything is done.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::choose::visits;
use super::grid::{Grid, GridPost, grid};
use super::relax::no_place;
use super::solve::{Kept, Model, table};
use super::{CourseError, CourseQuestion, Step, Visit, Weights, check};
use crate::ids::{ResourceId, StudioId};
use crate::search::{Ask, Refusal, World, admits};
use crate::timeline::QUARTER_US;
use crate::zone::{days_between, local_date};

/// Another time for one visit of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Index of the step.
    pub step: usize,
    /// At which studio.
    pub studio: StudioId,
    /// With whom.
    pub practitioner: ResourceId,
    /// When the sitting starts.
    pub start: Timestamp,
}

/// A visit that changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// What stood.
    pub from: Visit,
    /// What would stand.
    pub to: Visit,
}

/// What a move would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reflow {
    /// All visits of the course as they would stand.
    pub visits: Vec<Visit>,
    /// Those that change, the moved one first.
    pub moved: Vec<Moved>,
}

/// What would become of a course when one visit is moved: later visits stay where their gaps allow, and as few as can
/// be move, by as few days as can be, with the same practitioner where that can be.
///
/// `question` is as for a new course, of practitioners among whom are those of the standing visits; its `own` holds what
/// the visits from the moved one on have taken. The visits before the moved one stay. A visit that stays is not asked for
/// again: it is booked.
pub fn reflow(
    world: &World,
    question: &CourseQuestion,
    standing: &[Visit],
    change: &Move,
) -> Result<Reflow, CourseError> {
    check(question)?;
    let found = standing.len();
    let (Some(old), true) = (standing.get(change.step), found == question.steps.len()) else {
        return Err(CourseError::Steps { found });
    };
    let step = change.step;
    let service = question.steps[step].service;
    let ask = Ask {
        service,
        studio: change.studio,
        practitioner: change.practitioner,
        start: change.start,
        now: question.now,
        own: question.own,
    };
    admits(world, &ask).map_err(|refusal| CourseError::Refused { step, refusal })?;
    let zone = world.studios.iter().find(|s| s.id == change.studio).map(|s| s.days.zone());
    let date = |at: Timestamp| zone.map_or(old.date, |z| local_date(z, at));
    let end = change.start.saturating_add(SignedDuration::from_mins(i64::from(service.minutes)));
    let end = end.unwrap_or(change.start);
    let last = end.saturating_sub(SignedDuration::from_micros(1)).unwrap_or(end);
    let target = Visit {
        step,
        studio: change.studio,
        practitioner: change.practitioner,
        start: change.start,
        end,
        date: date(change.start),
        end_date: date(last),
    };
    if let Some(before) = step.checked_sub(1).and_then(|s| standing.get(s)) {
        gap_holds(&question.steps[step], before, &target)?;
    }
    // The steps from the moved one on, as a course of their own whose first visit is fixed.
    // The days hold all that stands, so that everything has a place to be moved from.
    let dates = || standing[step..].iter().map(|v| v.date).chain([target.date]);
    let (from, to) =
        (dates().min().unwrap_or(target.date), dates().fold(question.to, jiff::civil::Date::max));
    let rest = CourseQuestion { steps: &question.steps[step..], from, to, after: None, ..*question };
    let Some(planned) = replan(world, &rest, &standing[step..], &target)? else {
        let possible = |question: &CourseQuestion| {
            replan(world, question, &standing[step..step + question.steps.len()], &target)
                .map(|p| p.is_some())
        };
        let mut error = no_place(&rest, &possible);
        if let CourseError::NoPlace { step: found, .. } = &mut error {
            *found += step;
        }
        return Err(error);
    };
    let moved = standing[step..].iter().zip(&planned).filter(|(a, b)| !same_time(a, b));
    let moved = moved.map(|(a, b)| Moved { from: *a, to: *b }).collect();
    Ok(Reflow { visits: standing[..step].iter().copied().chain(planned).collect(), moved })
}

/// The visits of the least change when the first is the target; `None` where a later one has no place.
fn replan(
    world: &World,
    question: &CourseQuestion,
    standing: &[Visit],
    target: &Visit,
) -> Result<Option<Vec<Visit>>, CourseError> {
    let grid = grid(world, question)?;
    let refusal = Refusal::WrongPractitioner { practitioner: target.practitioner };
    let first = kept(&grid, target).map(|k| Kept { fixed: true, ..k });
    let Kept { day, post, .. } = first.ok_or(CourseError::Refused { step: target.step, refusal })?;
    let later = standing.iter().skip(1).map(|v| kept(&grid, v));
    let kept: Vec<Option<Kept>> = std::iter::once(first).chain(later).collect();
    let weights = Weights { day: 0, change: 0, studio: 0, journey: 0, weekday: 0, hour: 0 };
    let model = Model { weights, same: question.same, weekday: None, hour: None, kept: &kept };
    let places = table(&grid, model).places(day, post);
    // Visits that stand may reach over midnight with their buffers; what follows must not meet them.
    let pairs = places.iter().zip(places.iter().skip(1));
    let apart = pairs.enumerate().all(|(i, (a, b))| grid.turn(i, a.post, a.quarter) <= b.quarter);
    let Some(planned) = visits(&grid, &places).filter(|v| apart && v.len() == question.steps.len()) else {
        return Ok(None);
    };
    // A visit that stays keeps all that was written of it.
    let visit = |(new, old): (Visit, &Visit)| {
        if same_time(&new, old) { *old } else { Visit { step: new.step + target.step, ..new } }
    };
    Ok(Some(planned.into_iter().zip(standing).map(visit).collect()))
}

fn same_time(a: &Visit, b: &Visit) -> bool {
    (a.studio, a.practitioner, a.start) == (b.studio, b.practitioner, b.start)
}

fn gap_holds(step: &Step, before: &Visit, target: &Visit) -> Result<(), CourseError> {
    let days = (step.soonest_days(), i64::from(step.gap_max_days));
    super::gap_holds(target.step, days, before, target)
}

/// Where a visit stands in the grid; `None` outside its days or practitioners.
fn kept(grid: &Grid, visit: &Visit) -> Option<Kept> {
    let on = |p: &GridPost| p.world_studio.id == visit.studio && p.world_person.id == visit.practitioner;
    let post = grid.posts.iter().position(on)?;
    let day = usize::try_from(days_between(grid.from, visit.date)).ok().filter(|d| *d < grid.n_days)?;
    let quarter = visit.start.as_microsecond().div_euclid(QUARTER_US);
    let overnight = visit.end.as_microsecond() > grid.day(post, day).end * QUARTER_US;
    Some(Kept { day, post, quarter, overnight, fixed: false })
}
