//! The recursion over days, backwards from the last step.

use std::collections::BTreeMap;

use super::grid::{Cell, Grid};
use super::{Same, TRAVEL_DAYS, Weights};

/// A cost that nothing reaches: sums of two still fit.
pub(super) const NEVER: u32 = u32::MAX / 4;

/// A visit that stands already, for planning anew with the least change.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    pub day: usize,
    pub post: usize,
    pub quarter: i64,
    pub overnight: bool,
    /// Whether it must stay: the step that was moved by hand.
    pub fixed: bool,
}

/// What the steps cost, beside their free starts.
#[derive(Clone, Copy)]
pub(super) struct Model<'a> {
    pub weights: Weights,
    pub same: Same,
    /// Weekday of the first visit, Monday 0.
    pub weekday: Option<usize>,
    /// Clock hour of the first visit.
    pub hour: Option<u32>,
    /// Visits that stand, by step; empty for a new course.
    pub kept: &'a [Option<Kept>],
}

/// To move a visit that stands; to move it by a day; to give it to somebody else; to another studio. The order of these is
/// an assumption: one visit more that moves is worse than anything else.
const MOVED: u32 = 100_000;
const MOVED_DAY: u32 = 10;
const MOVED_PERSON: u32 = 100;
const MOVED_STUDIO: u32 = 1_000;

/// The least costs from each step on.
pub(super) struct Table<'a> {
    grid: &'a Grid<'a>,
    pub model: Model<'a>,
    /// By step: least cost from there on when a journey begins with that step, row `day * posts + post`.
    pub best: Vec<Vec<u32>>,
    /// By step: least cost of the steps after it, by its end day; see [`Table::rest`].
    rest: Vec<Vec<u32>>,
}

/// A visit by indices of the grid.
pub(super) struct Place {
    pub day: usize,
    pub post: usize,
    pub quarter: i64,
}

/// Costs of starts on one day that follow another visit of that day, by step, post, quarter and minutes so far.
type SameDay = BTreeMap<(usize, usize, i64, u32), u32>;

pub(super) fn table<'a>(grid: &'a Grid<'a>, model: Model<'a>) -> Table<'a> {
    let n = grid.steps.len();
    let mut table = Table { grid, model, best: vec![Vec::new(); n], rest: vec![Vec::new(); n] };
    for step in (0..n).rev() {
        if step + 1 < n {
            table.rest[step] = rest_of(grid, step + 1, &table.best[step + 1]);
        }
        let n_posts = grid.posts.len();
        let mut best = vec![NEVER; grid.n_days * n_posts];
        let mut memo = SameDay::new();
        for (day, (out, cells)) in
            best.chunks_mut(n_posts.max(1)).zip(grid.cells(step).chunks(n_posts.max(1))).enumerate()
        {
            memo.clear();
            for (post, (out, cell)) in out.iter_mut().zip(cells).enumerate() {
                if cell.hours | cell.hours_overnight != 0 {
                    *out = table.cost_from(step, day, post, cell, &mut memo);
                }
            }
        }
        // A visit that stands has its place whatever else is free.
        if let Some(Kept { day, post, .. }) = model.kept.get(step).copied().flatten() {
            let cell = grid.cells(step)[day * n_posts + post];
            best[day * n_posts + post] = table.cost_from(step, day, post, &cell, &mut SameDay::new());
        }
        table.best[step] = best;
    }
    table
}

/// Least cost of a step and those after it, by the end day of the step before: the least over the days of the gap, for
/// each post, each studio, each person and anyone. Rows of `posts + studios + people + 1`, one for each day and one more.
fn rest_of(grid: &Grid, step: usize, best: &[u32]) -> Vec<u32> {
    let (n_posts, width) = (grid.posts.len(), row_width(grid));
    let mut least = vec![NEVER; grid.n_days * width];
    for (row, best) in least.chunks_mut(width).zip(best.chunks(n_posts.max(1))) {
        for ((post, at), cost) in grid.posts.iter().enumerate().zip(best) {
            for column in [post, n_posts + at.studio, n_posts + grid.n_studios + at.person, width - 1] {
                row[column] = row[column].min(*cost);
            }
        }
    }
    let (soonest, latest) = grid.steps[step].gap;
    let near = n_posts + grid.n_studios;
    let mut rest = vec![NEVER; (grid.n_days + 1) * width];
    // The first columns stay at the studio, the others travel.
    for (columns, soonest) in [(0..near, soonest.max(1)), (near..width, soonest.max(TRAVEL_DAYS))] {
        let n_window = usize::try_from(latest - soonest + 1).unwrap_or(0).min(grid.n_days);
        if n_window == 0 {
            continue;
        }
        // Least over the days d to d + have - 1, which doubles with every pass.
        let mut have = 1;
        while have < n_window {
            let by = have.min(n_window - have);
            for day in 0..grid.n_days.saturating_sub(by) {
                let (row, later) = least.split_at_mut((day + by) * width);
                least_of(&mut row[day * width..][columns.clone()], &later[columns.clone()]);
            }
            have += by;
        }
        for (out, row) in rest.chunks_mut(width).zip(least.chunks(width).skip(soonest as usize)) {
            out[columns.clone()].copy_from_slice(&row[columns.clone()]);
        }
    }
    rest
}

fn least_of(row: &mut [u32], other: &[u32]) {
    for (cost, other) in row.iter_mut().zip(other) {
        *cost = (*cost).min(*other);
    }
}

fn row_width(grid: &Grid) -> usize {
    grid.posts.len() + grid.n_studios + grid.n_people + 1
}

impl Table<'_> {
    /// Least cost from a step on that begins a journey.
    fn cost_from(&self, step: usize, day: usize, post: usize, cell: &Cell, memo: &mut SameDay) -> u32 {
        let kept = self.kept(step, day, post);
        let mut least = kept.map_or(NEVER, |k| {
            self.journey(day) + self.rest(step, day, day + usize::from(k.overnight), post)
        });
        if !self.fixed(step) {
            let base = self.journey(day) + self.moved(step, day, post);
            for (hours, overnight) in [(cell.hours, 0), (cell.hours_overnight, 1)] {
                if let Some(off) = self.hours_off(step, hours) {
                    least = least.min(base + off + self.rest(step, day, day + overnight, post));
                }
            }
        }
        if self.may_share(step) {
            for (quarter, cost) in self.openings(step, day, post) {
                let minutes = self.grid.steps[step].service.minutes;
                least = least.min(cost + self.same_day(step, day, post, quarter, minutes, memo));
            }
        }
        least.min(NEVER)
    }

    /// Least cost of the steps after one that began on `day` and ended on `end_day`, on other days.
    fn rest(&self, step: usize, day: usize, end_day: usize, post: usize) -> u32 {
        let weights = &self.model.weights;
        if step + 1 == self.grid.steps.len() {
            return weights.day * day as u32;
        }
        let width = row_width(self.grid);
        let Some(row) = self.rest[step].get(end_day * width..(end_day + 1) * width) else { return NEVER };
        let (n_posts, at) = (self.grid.posts.len(), &self.grid.posts[post]);
        let person = row[n_posts + self.grid.n_studios + at.person] + weights.studio;
        let same = row[post].min(person);
        match self.model.same {
            Same::Required => same,
            Same::Preferred => {
                let change = row[n_posts + at.studio].min(row[width - 1] + weights.studio) + weights.change;
                same.min(change)
            }
        }
    }

    /// Least cost of the next step and those after it, when it follows on the same day.
    fn same_day(
        &self,
        step: usize,
        day: usize,
        post: usize,
        quarter: i64,
        minutes: u32,
        memo: &mut SameDay,
    ) -> u32 {
        if !self.may_share(step) {
            return NEVER;
        }
        if let Some(known) = memo.get(&(step, post, quarter, minutes)) {
            return *known;
        }
        let mut least = NEVER;
        for (next, quarter, overnight, cost) in self.followers(step, day, post, quarter, minutes) {
            let with = minutes + self.grid.steps[step + 1].service.minutes;
            let mut then = self.rest(step + 1, day, day + usize::from(overnight), next);
            if !overnight {
                then = then.min(self.same_day(step + 1, day, next, quarter, with, memo));
            }
            least = least.min(cost + then);
        }
        let least = least.min(NEVER);
        memo.insert((step, post, quarter, minutes), least);
        least
    }

    /// The starts of the next step that are worth a look on the same day: post, quarter, whether it ends on the next
    /// day, cost. The first of each kind leaves most room for what follows.
    fn followers(
        &self,
        step: usize,
        day: usize,
        post: usize,
        quarter: i64,
        minutes: u32,
    ) -> Vec<(usize, i64, bool, u32)> {
        let (grid, from) = (self.grid, self.grid.turn(step, post, quarter));
        let with = minutes + grid.steps[step + 1].service.minutes;
        let mut out = Vec::new();
        for (next, at) in grid.posts.iter().enumerate() {
            let here = &grid.posts[post];
            let change = here.person != at.person;
            if at.studio != here.studio || (change && self.model.same == Same::Required) {
                continue;
            }
            let cost = if change { self.model.weights.change } else { 0 };
            if let Some(kept) = self.kept(step + 1, day, next).filter(|k| k.quarter >= from) {
                out.push((next, kept.quarter, kept.overnight, cost));
            }
            if self.fixed(step + 1) || !grid.within_cap(next, day, with) {
                continue;
            }
            let cost = cost + self.moved(step + 1, day, next);
            for overnight in [false, true] {
                let first = grid.starts(step + 1, next, day, from).find(|s| s.1 == overnight);
                out.extend(first.map(|(q, over)| (next, q, over, cost)));
            }
        }
        out
    }

    /// The starts that begin a journey and can be followed on the same day, with their own cost.
    fn openings(&self, step: usize, day: usize, post: usize) -> Vec<(i64, u32)> {
        let mut out = Vec::new();
        if let Some(kept) = self.kept(step, day, post).filter(|k| !k.overnight) {
            out.push((kept.quarter, self.journey(day)));
        }
        if !self.fixed(step) {
            let base = self.journey(day) + self.moved(step, day, post);
            let starts = self.grid.starts(step, post, day, i64::MIN).filter(|s| !s.1);
            let costs = starts
                .filter_map(|(q, _)| Some((q, base + self.hours_off(step, 1 << self.grid.hour(post, q))?)));
            // Where the hour costs nothing, the first start leaves most room for what follows.
            let n = if self.model.weights.hour == 0 { 1 } else { usize::MAX };
            out.extend(costs.take(n));
        }
        out
    }

    fn may_share(&self, step: usize) -> bool {
        self.grid.steps.get(step + 1).is_some_and(|s| s.gap.0 == 0)
    }

    fn kept(&self, step: usize, day: usize, post: usize) -> Option<Kept> {
        self.model.kept.get(step).copied().flatten().filter(|k| k.day == day && k.post == post)
    }

    fn fixed(&self, step: usize) -> bool {
        self.model.kept.get(step).copied().flatten().is_some_and(|k| k.fixed)
    }

    /// Cost of a day with a visit.
    fn journey(&self, day: usize) -> u32 {
        let other = self.model.weekday.is_some_and(|w| w != self.weekday(day));
        self.model.weights.journey + if other { self.model.weights.weekday } else { 0 }
    }

    /// Weekday of a day of the grid, Monday 0.
    pub fn weekday(&self, day: usize) -> usize {
        (self.grid.first_weekday + day) % 7
    }

    /// Cost of another time than the one that stands.
    fn moved(&self, step: usize, day: usize, post: usize) -> u32 {
        self.model.kept.get(step).copied().flatten().map_or(0, |k| {
            let (old, new) = (&self.grid.posts[k.post], &self.grid.posts[post]);
            let person = if old.person == new.person { 0 } else { MOVED_PERSON };
            let studio = if old.studio == new.studio { 0 } else { MOVED_STUDIO };
            MOVED + MOVED_DAY * k.day.abs_diff(day) as u32 + person + studio
        })
    }

    /// Cost of the hour nearest to that of the first visit; the first visit has that hour or none. `None` without starts.
    fn hours_off(&self, step: usize, hours: u32) -> Option<u32> {
        let Some(hour) = self.model.hour else { return (hours != 0).then_some(0) };
        let hours = if step == 0 { hours & 1 << hour } else { hours };
        let later = (hours >> hour).trailing_zeros();
        let earlier = (hours << (31 - hour)).leading_zeros();
        (hours != 0).then(|| self.model.weights.hour * later.min(earlier))
    }

    /// The least cost of a course that begins on a day.
    pub fn least_on(&self, day: usize) -> u32 {
        let n_posts = self.grid.posts.len();
        self.best[0][day * n_posts..(day + 1) * n_posts].iter().min().copied().unwrap_or(NEVER)
    }

    /// The visits of the least cost from a day and post on.
    pub fn places(&self, day: usize, post: usize) -> Vec<Place> {
        let (mut day, mut post) = (day, post);
        let mut places = Vec::new();
        let n_posts = self.grid.posts.len();
        while places.len() < self.grid.steps.len() {
            let step = places.len();
            let cost = self.best[step][day * n_posts + post];
            if cost >= NEVER {
                break;
            }
            let (end_day, left) = self.journey_from(step, day, post, cost, &mut places);
            let last = places.len() - 1;
            if places.len() == self.grid.steps.len() {
                break;
            }
            let from = places[last].post;
            let Some(next) = self.next_journey(last, end_day, from, left) else { break };
            (day, post) = next;
        }
        places
    }

    /// Appends the visits of one day and returns its end day and the cost of the days after.
    fn journey_from(
        &self,
        step: usize,
        day: usize,
        post: usize,
        cost: u32,
        places: &mut Vec<Place>,
    ) -> (usize, u32) {
        let mut memo = SameDay::new();
        // Of equal costs the fewer journeys.
        if self.may_share(step) {
            let minutes = self.grid.steps[step].service.minutes;
            for (quarter, own) in self.openings(step, day, post) {
                let left = self.same_day(step, day, post, quarter, minutes, &mut memo);
                if own + left == cost {
                    places.push(Place { day, post, quarter });
                    return self.follow(step, day, post, quarter, minutes, left, places);
                }
            }
        }
        if let Some(kept) = self.kept(step, day, post) {
            let left = self.rest(step, day, day + usize::from(kept.overnight), post);
            if self.journey(day) + left == cost {
                places.push(Place { day, post, quarter: kept.quarter });
                return (day + usize::from(kept.overnight), left);
            }
        }
        // Of the starts with that cost the first, or the nearest to the time that stood.
        let base = self.journey(day) + self.moved(step, day, post);
        let stood = self.model.kept.get(step).copied().flatten();
        let fits = self.grid.starts(step, post, day, i64::MIN).filter_map(|(quarter, overnight)| {
            let left = self.rest(step, day, day + usize::from(overnight), post);
            let off = self.hours_off(step, 1 << self.grid.hour(post, quarter))?;
            let time =
                |post, quarter: i64| 4 * i64::from(self.grid.hour(post, quarter)) + quarter.rem_euclid(4);
            let away = stood.map_or(0, |k| (time(k.post, k.quarter) - time(post, quarter)).abs());
            (base + off + left == cost).then_some((away, quarter, overnight, left))
        });
        let Some((_, quarter, overnight, left)) = fits.min() else { return (day, NEVER) };
        places.push(Place { day, post, quarter });
        (day + usize::from(overnight), left)
    }

    /// Appends the visits that follow on the same day.
    #[expect(clippy::too_many_arguments, reason = "where the recursion stands")]
    fn follow(
        &self,
        step: usize,
        day: usize,
        post: usize,
        quarter: i64,
        minutes: u32,
        cost: u32,
        places: &mut Vec<Place>,
    ) -> (usize, u32) {
        let with = minutes + self.grid.steps[step + 1].service.minutes;
        let mut memo = SameDay::new();
        for (next, quarter, overnight, own) in self.followers(step, day, post, quarter, minutes) {
            let shared =
                if overnight { NEVER } else { self.same_day(step + 1, day, next, quarter, with, &mut memo) };
            let rest = self.rest(step + 1, day, day + usize::from(overnight), next);
            if own + shared.min(rest) == cost {
                places.push(Place { day, post: next, quarter });
                if shared <= rest {
                    return self.follow(step + 1, day, next, quarter, with, shared, places);
                }
                return (day + usize::from(overnight), rest);
            }
        }
        (day, NEVER)
    }

    /// The first day and post of the next step with that cost; of several posts on a day the same before others.
    fn next_journey(&self, step: usize, end_day: usize, post: usize, left: u32) -> Option<(usize, usize)> {
        let (grid, weights, n_posts) = (self.grid, &self.model.weights, self.grid.posts.len());
        let (soonest, latest) = grid.steps[step + 1].gap;
        let last = end_day.saturating_add(latest as usize).min(grid.n_days.checked_sub(1)?);
        let here = &grid.posts[post];
        for day in end_day + soonest.max(1) as usize..=last {
            let cost = |next: usize| {
                let at = &grid.posts[next];
                let (change, travel) = (at.person != here.person, at.studio != here.studio);
                if (change && self.model.same == Same::Required)
                    || (travel && day < end_day + TRAVEL_DAYS as usize)
                {
                    return NEVER;
                }
                let extra = if change { weights.change } else { 0 } + if travel { weights.studio } else { 0 };
                extra + self.best[step + 1][day * n_posts + next]
            };
            if let Some(next) = std::iter::once(post).chain(0..n_posts).find(|next| cost(*next) == left) {
                return Some((day, next));
            }
        }
        None
    }
}
