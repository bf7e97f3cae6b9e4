//! Courses against all combinations of visits, on worlds small enough to try them all.

mod support;

use std::collections::BTreeMap;

use hairline_studio::course::{
    ClientDays, Course, CourseError, CourseQuestion, Move, Objective, Relax, Same, Step, TRAVEL_DAYS, Visit,
    Weights, courses, reflow,
};
use hairline_studio::search::{
    Ask, Own, Question, RoomClass, Service, StartStep, Who, World, admits, by_day, search,
};
use hairline_studio::span::{DAY_US, MINUTE_US, Span};
use hairline_studio::timeline::quarters_of;
use hairline_studio::zone::{days_between, local_date, local_day, plus_days};
use jiff::Timestamp;
use jiff::civil::Date;
use proptest::prelude::*;
use support::{CHANGES, PersonSpec, Spec, at, service};

const DAYS: usize = 11;

/// Every visit that could serve as a step.
fn candidates(world: &World, q: &CourseQuestion, step: usize) -> Vec<Visit> {
    let service = q.steps[step].service;
    let question = Question { service, who: q.who, from: q.from, to: q.to, now: q.now, own: q.own };
    let mut out = Vec::new();
    for offers in search(world, &question).expect("an answer") {
        let studio = &world.studios[offers.studio];
        for (date, starts) in by_day(world, &offers) {
            for start in starts {
                let span = Span::of_minutes(start, service.minutes);
                let weekday = date.weekday().to_monday_zero_offset() as usize;
                let last = Timestamp::from_microsecond(span.end_us - 1).expect("in range");
                let visit = Visit {
                    step,
                    studio: studio.id,
                    practitioner: world.people[studio.posts[offers.post].person].id,
                    start,
                    end: Timestamp::from_microsecond(span.end_us).expect("in range"),
                    date,
                    end_date: local_date(studio.days.zone(), last),
                };
                // Buffers and cleaning over a midnight that the sitting does not pass are left out where gaps are short.
                let cleaning =
                    studio.rooms.iter().filter(|r| service.room.is_some_and(|c| r.classes.contains(&c)));
                let after = cleaning.map(|r| r.cleaning_min).max().unwrap_or(0).max(service.after_min);
                let day = local_day(studio.days.zone(), date).expect("a day");
                let taken_us = start.as_microsecond() + 15 * quarters_of(service.minutes + after) * MINUTE_US;
                let first_us = start.as_microsecond() - 15 * quarters_of(service.before_min) * MINUTE_US;
                let over = first_us < day.start_us || (span.end_us <= day.end_us && day.end_us < taken_us);
                if over && q.steps.iter().skip(1).any(|s| s.soonest_days() <= 1) {
                    continue;
                }
                let can = !q.client.weekdays[weekday] && !q.client.dates.contains(&date);
                if can && !q.client.busy.iter().any(|b| touches(b, &span, service.minutes)) {
                    out.push(visit);
                }
            }
        }
    }
    out
}

/// Whether two stretches share a quarter of an hour: what is taken is taken whole.
fn touches(busy: &Span, sitting: &Span, minutes: u32) -> bool {
    let quarter_us = 15 * MINUTE_US;
    let whole =
        Span { start_us: sitting.start_us, end_us: sitting.start_us + quarters_of(minutes) * quarter_us };
    let start_us = busy.start_us.div_euclid(quarter_us) * quarter_us;
    whole.overlaps(&Span { start_us, end_us: busy.end_us })
}

/// Whether `next` may follow the visits so far; `stands` when it is booked already and so is not asked for again.
fn follows(world: &World, q: &CourseQuestion, so_far: &[Visit], next: &Visit, stands: bool) -> bool {
    let Some(last) = so_far.last() else {
        return q.after.is_none_or(|after| {
            let gap = days_between(after, next.date);
            (q.steps[0].soonest_days().max(1)..=i64::from(q.steps[0].gap_max_days)).contains(&gap)
        });
    };
    let step = &q.steps[next.step];
    let gap = days_between(last.end_date, next.date);
    if !(step.soonest_days()..=i64::from(step.gap_max_days)).contains(&gap)
        || (q.same == Same::Required && last.practitioner != next.practitioner)
        || (last.studio != next.studio && gap < TRAVEL_DAYS)
    {
        return false;
    }
    if gap > 0 {
        return true;
    }
    // A shared day: not over midnight, in order with buffers and cleaning, and within the cap with all of the day.
    let studio = world.studios.iter().find(|s| s.id == next.studio).expect("a studio");
    let before = q.steps[last.step].service;
    let cleaning = studio.rooms.iter().filter(|r| before.room.is_some_and(|c| r.classes.contains(&c)));
    let cleaning = cleaning.map(|r| r.cleaning_min).max().unwrap_or(0);
    let wait = (quarters_of(before.minutes + before.after_min) + quarters_of(step.service.before_min))
        .max(quarters_of(before.minutes + cleaning));
    let today = so_far.iter().filter(|v| v.date == next.date).map(|v| q.steps[v.step].service.minutes);
    let minutes: u32 = today.sum::<u32>() + step.service.minutes;
    let person = world.people.iter().find(|p| p.id == next.practitioner).expect("a person");
    let day = usize::try_from(days_between(person.booked_from, next.date)).expect("a loaded day");
    let moved =
        q.own.iter().filter(|o| o.practitioner == person.id && o.date == next.date).map(|o| o.minutes);
    let booked = person.booked_min.get(day).copied().unwrap_or(0).saturating_sub(moved.sum());
    last.date == last.end_date
        && last.start.as_microsecond() + 15 * wait * MINUTE_US <= next.start.as_microsecond()
        && (stands || person.daily_cap_min.is_none_or(|cap| booked + minutes <= cap))
}

fn cost(world: &World, q: &CourseQuestion, visits: &[Visit]) -> u32 {
    let w = q.weights;
    let hour = |v: &Visit| {
        let studio = world.studios.iter().find(|s| s.id == v.studio).expect("a studio");
        i32::from(studio.days.zone().to_datetime(v.start).hour())
    };
    let mut cost = w.journey + w.day * days_between(q.from, visits[visits.len() - 1].date) as u32;
    for pair in visits.windows(2) {
        cost += if pair[0].practitioner == pair[1].practitioner { 0 } else { w.change };
        cost += if pair[0].studio == pair[1].studio { 0 } else { w.studio };
        if pair[0].date != pair[1].date {
            let other = pair[1].date.weekday() != visits[0].date.weekday();
            cost += w.journey + if other { w.weekday } else { 0 };
            cost += w.hour * hour(&pair[1]).abs_diff(hour(&visits[0]));
        }
    }
    cost
}

/// Calls `found` with every combination.
fn all(
    world: &World,
    q: &CourseQuestion,
    candidates: &[Vec<Visit>],
    so_far: &mut Vec<Visit>,
    stands: &dyn Fn(&Visit) -> bool,
    found: &mut dyn FnMut(&[Visit]),
) {
    if so_far.len() == candidates.len() {
        found(so_far);
        return;
    }
    for next in &candidates[so_far.len()] {
        if follows(world, q, so_far, next, stands(next)) {
            so_far.push(*next);
            all(world, q, candidates, so_far, stands, found);
            so_far.pop();
        }
    }
}

fn specs() -> impl Strategy<Value = Spec> {
    let window = (prop::bool::weighted(0.75), prop_oneof![3 => 6i64..14, 1 => 0i64..24], 2i64..6);
    let post = prop::collection::vec(window, DAYS).prop_map(|days| {
        let open = (0..).zip(days).filter(|(_, w)| w.0).map(|(d, (_, hour, n))| {
            let start = 1440 * d + 60 * hour;
            start..start + 60 * n
        });
        (open.collect::<Vec<_>>(), vec![])
    });
    let busy = prop::collection::vec((0i64..1440 * DAYS as i64, 10i64..900), 0..8);
    let person = (
        prop::collection::vec(post, 1..3),
        busy,
        prop::option::of(prop_oneof![Just(160u32), Just(250), Just(400)]),
        prop::collection::vec(prop_oneof![3 => Just(0u32), 1 => Just(60u32)], DAYS),
    );
    (
        0..CHANGES.len(),
        any::<bool>(),
        prop::collection::vec(person, 1..4),
        prop_oneof![Just(0u32), Just(30), Just(50)],
    )
        .prop_map(|(z, two, people, cleaning)| {
            let (name, (y, m, d)) = CHANGES[z];
            let zones = if two { vec![name, "Europe/London"] } else { vec![name] };
            let people = people.into_iter().map(|(mut posts, busy, cap_min, booked_min)| {
                posts.truncate(zones.len());
                let busy = busy.into_iter().map(|(s, n)| s..s + n).collect();
                PersonSpec { busy, booked_min, cap_min, posts }
            });
            let always = || std::iter::once(-3000..1440 * (DAYS as i64 + 3)).collect::<Vec<_>>();
            let rooms = (0..zones.len()).map(|s| (s, vec![1], always(), vec![], cleaning)).collect();
            let people = people.collect();
            Spec { zones, first: jiff::civil::date(y, m, d), days: DAYS, people, rooms }
        })
}

fn session() -> impl Strategy<Value = (Service, (u32, u32, u32))> {
    let service = (
        prop_oneof![Just(60u32), Just(100), Just(150)],
        prop_oneof![2 => Just((0u32, 0u32)), 1 => Just((20, 10))],
        prop_oneof![Just(StartStep::Hour), Just(StartStep::HalfHour)],
        prop::option::of(Just(RoomClass(1))),
        prop::collection::btree_set(0u128..3, 2..4),
    )
        .prop_map(|(minutes, (before_min, after_min), step, room, who)| Service {
            before_min,
            after_min,
            step,
            room,
            horizon_days: 30,
            ..service(minutes, who)
        });
    (
        service,
        (prop_oneof![2 => Just(0u32), 1 => 1u32..4], 0u32..5, prop_oneof![3 => Just(0u32), 1 => Just(2u32)]),
    )
}

fn weights() -> impl Strategy<Value = Weights> {
    prop_oneof![
        Just(Objective::Earliest.weights()),
        Just(Objective::FewestJourneys.weights()),
        Just(Objective::SameWeekday.weights()),
        Just(Weights { day: 2, change: 3, studio: 1, journey: 4, weekday: 3, hour: 1 }),
    ]
}

#[derive(Clone, Debug)]
struct Wish {
    client: ClientDays,
    same: Same,
    weights: Weights,
    after: Option<i64>,
    who: u8,
}

fn wishes() -> impl Strategy<Value = Wish> {
    (
        prop::collection::btree_set(0usize..7, 0..2),
        prop::collection::btree_set(0i64..DAYS as i64, 0..2),
        any::<bool>(),
        weights(),
        prop::option::weighted(0.3, -2i64..2),
        0u8..4,
        prop::collection::vec((0i64..1440 * DAYS as i64, 20i64..700), 0..4),
    )
        .prop_map(|(weekdays, dates, required, weights, after, who, busy)| {
            let mut client = ClientDays::default();
            weekdays.into_iter().for_each(|w| client.weekdays[w] = true);
            client.dates = dates.into_iter().map(|d| plus_days(jiff::civil::date(2027, 3, 27), d)).collect();
            let from = at("2027-03-27T00:00:00Z");
            let span =
                |(m, n): (i64, i64)| Span::of_minutes(from + jiff::SignedDuration::from_mins(m), n as u32);
            client.busy = busy.into_iter().map(span).collect();
            let same = if required { Same::Required } else { Same::Preferred };
            Wish { client, same, weights, after, who }
        })
}

/// The wish on the days of a world: it is drawn as if all began on 27 March 2027.
fn placed(mut wish: Wish, spec: &Spec) -> Wish {
    let days = days_between(jiff::civil::date(2027, 3, 27), spec.first);
    wish.client.dates.iter_mut().for_each(|d| *d = plus_days(*d, days));
    for busy in &mut wish.client.busy {
        busy.start_us += days * DAY_US;
        busy.end_us += days * DAY_US;
    }
    wish
}

fn question<'a>(spec: &Spec, wish: &'a Wish, steps: &'a [Step<'a>], own: &'a [Own]) -> CourseQuestion<'a> {
    let who = match wish.who {
        0 => Who::One(support::resource(0)),
        1 => Who::Studio(support::studio_id(0)),
        _ => Who::Chain,
    };
    CourseQuestion {
        steps,
        who,
        same: wish.same,
        weights: wish.weights,
        from: plus_days(spec.first, 1),
        to: plus_days(spec.first, DAYS as i64 - 1),
        after: wish.after.map(|d| plus_days(spec.first, d)),
        client: &wish.client,
        now: Timestamp::from_microsecond(spec.base_us() + 1600 * MINUTE_US).expect("in range"),
        own,
        n: 3,
    }
}

fn steps_of(sessions: &[(Service, (u32, u32, u32))]) -> Vec<Step<'_>> {
    sessions
        .iter()
        .map(|(service, (gap_min_days, more, lead_days))| Step {
            service,
            gap_min_days: *gap_min_days,
            gap_max_days: gap_min_days.max(lead_days) + more,
            lead_days: *lead_days,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// The best courses of all first days are those of all combinations, and every visit of one can be booked.
    #[test]
    fn the_best_courses_are_the_best_of_all_combinations(
        spec in specs(),
        wish in wishes(),
        sessions in prop::collection::vec(session(), 1..5),
    ) {
        let wish = placed(wish, &spec);
        let world = spec.world();
        let steps = steps_of(&sessions);
        let q = question(&spec, &wish, &steps, &[]);
        let candidates: Vec<Vec<Visit>> = (0..steps.len()).map(|s| candidates(&world, &q, s)).collect();
        let mut least: BTreeMap<Date, u32> = BTreeMap::new();
        all(&world, &q, &candidates, &mut Vec::new(), &|_| false, &mut |visits| {
            let entry = least.entry(visits[0].date).or_insert(u32::MAX);
            *entry = cost(&world, &q, visits).min(*entry);
        });
        let mut want: Vec<(u32, Date)> = least.into_iter().map(|(date, cost)| (cost, date)).collect();
        want.sort();
        want.truncate(3);
        match courses(&world, &q) {
            Ok(found) => {
                let costs: Vec<(u32, Date)> = found.iter().map(|c| (c.cost, c.visits[0].date)).collect();
                prop_assert_eq!(costs, want);
                for course in &found {
                    valid(&world, &q, course)?;
                }
            }
            Err(CourseError::NoPlace { step, relax, .. }) => {
                prop_assert!(want.is_empty(), "{:?}", want);
                // The steps before have a place without this one, and with this one there is none.
                for n in 1..=step + 1 {
                    let mut any = false;
                    let q = CourseQuestion { steps: &steps[..n], ..q };
                    let candidates: Vec<Vec<Visit>> = (0..n).map(|s| self::candidates(&world, &q, s)).collect();
                    all(&world, &q, &candidates, &mut Vec::new(), &|_| false, &mut |_| any = true);
                    prop_assert_eq!(any, n <= step, "step {} of {}", n, step);
                }
                for help in relax {
                    helps(&world, &q, step, help)?;
                }
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    /// A move shows the fewest other visits that must move, by the fewest days, and is refused only if there is no way.
    #[test]
    fn a_move_changes_as_little_as_any_combination_can(
        spec in specs(),
        wish in wishes(),
        sessions in prop::collection::vec(session(), 2..5),
        (step, pick) in (0usize..3, any::<prop::sample::Index>()),
    ) {
        let wish = Wish { after: None, ..placed(wish, &spec) };
        let mut world = spec.world();
        let steps = steps_of(&sessions);
        let q = question(&spec, &wish, &steps, &[]);
        let Ok(found) = courses(&world, &q) else { return Ok(()) };
        let standing = &found[0].visits;
        let own: Vec<Own> = standing.iter().map(|v| book(&mut world, &steps, v)).collect();
        let step = step % steps.len();
        let own = own[step..].to_vec();
        let q = CourseQuestion { own: &own, ..q };
        let free = candidates(&world, &q, step);
        if free.is_empty() {
            return Ok(());
        }
        let target = free[pick.index(free.len())];
        let change = Move { step, studio: target.studio, practitioner: target.practitioner, start: target.start };
        let fits = step == 0 || {
            let last = standing[step - 1];
            let gap = days_between(last.end_date, target.date);
            let travel = if last.studio == target.studio { 0 } else { TRAVEL_DAYS };
            (steps[step].soonest_days().max(travel)..=i64::from(steps[step].gap_max_days)).contains(&gap)
                && last.end <= target.start
        };
        let mut lists = vec![vec![target]];
        for later in step + 1..steps.len() {
            let mut list = candidates(&world, &q, later);
            list.push(standing[later]);
            lists.push(list);
        }
        let is = |a: &Visit, b: &Visit| (a.studio, a.practitioner, a.start) == (b.studio, b.practitioner, b.start);
        let mut least: Option<u32> = None;
        let tail = CourseQuestion { from: target.date, ..q };
        all(&world, &tail, &lists, &mut Vec::new(), &|v| is(v, &standing[v.step]), &mut |visits| {
            let cost = visits[1..].iter().map(|v| change_cost(v, &standing[v.step])).sum();
            least = Some(least.map_or(cost, |l| l.min(cost)));
        });
        match reflow(&world, &q, standing, &change) {
            Ok(plan) => {
                prop_assert!(fits);
                let cost: u32 = plan.visits[step + 1..].iter().map(|v| change_cost(v, &standing[v.step])).sum();
                prop_assert_eq!(Some(cost), least);
                let changed: Vec<usize> = plan.moved.iter().map(|m| m.to.step).collect();
                let want: Vec<usize> =
                    (0..steps.len()).filter(|s| !is(&plan.visits[*s], &standing[*s])).collect();
                prop_assert_eq!(changed, want);
                prop_assert!(is(&plan.visits[step], &target) && plan.visits[..step] == standing[..step]);
                for pair in plan.visits.windows(2).skip(step) {
                    let stands = is(&pair[1], &standing[pair[1].step]);
                    prop_assert!(follows(&world, &q, &pair[..1], &pair[1], stands));
                }
            }
            Err(CourseError::MoveGap { .. }) => prop_assert!(!fits),
            Err(CourseError::NoPlace { step: at, .. }) => {
                prop_assert!(fits && least.is_none() && at > step, "{} {:?}", at, least);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

/// What the move of a later visit costs; the order is that of the rule: fewest moves, same studio, same practitioner or
/// fewest days.
fn change_cost(new: &Visit, old: &Visit) -> u32 {
    if (new.studio, new.practitioner, new.start) == (old.studio, old.practitioner, old.start) {
        return 0;
    }
    let studio = if new.studio == old.studio { 0 } else { 1_000 };
    let person = if new.practitioner == old.practitioner { 0 } else { 100 };
    100_000 + studio + person + 10 * days_between(old.date, new.date).unsigned_abs() as u32
}

/// Takes what a visit takes, and says what it took.
fn book(world: &mut World, steps: &[Step], visit: &Visit) -> Own {
    let service = steps[visit.step].service;
    let span = Span::of_minutes(visit.start, service.minutes);
    let around = span.with_buffers(service.before_min, service.after_min);
    let mut claims = vec![(visit.practitioner, around)];
    let person = world.people.iter_mut().find(|p| p.id == visit.practitioner).expect("a person");
    person.busy.set_touched(&around);
    let day = usize::try_from(days_between(person.booked_from, visit.date)).expect("a loaded day");
    person.booked_min[day] += service.minutes;
    if service.room.is_some() {
        let studio = world.studios.iter_mut().find(|s| s.id == visit.studio).expect("a studio");
        let room = &mut studio.rooms[0];
        let cleaned = span.with_buffers(0, room.cleaning_min);
        room.busy.set_touched(&cleaned);
        claims.push((room.id, cleaned));
    }
    Own { practitioner: visit.practitioner, claims, date: visit.date, minutes: service.minutes }
}

/// Every visit is admitted, one after the other with the ones before booked; the gaps and the cost are as told.
fn valid(world: &World, q: &CourseQuestion, course: &Course) -> Result<(), TestCaseError> {
    let mut world = world.clone();
    for (i, visit) in course.visits.iter().enumerate() {
        let service = q.steps[i].service;
        let ask = Ask {
            service,
            studio: visit.studio,
            practitioner: visit.practitioner,
            start: visit.start,
            now: q.now,
            own: &[],
        };
        prop_assert!(admits(&world, &ask).is_ok(), "{:?} {:?}", visit, admits(&world, &ask));
        prop_assert!(follows(&world, q, &course.visits[..i], visit, true));
        prop_assert_eq!(
            (visit.step, visit.end),
            (i, visit.start + jiff::SignedDuration::from_mins(service.minutes.into()))
        );
        book(&mut world, q.steps, visit);
    }
    prop_assert_eq!(course.cost, cost(&world, q, &course.visits));
    let (r, w) = (&course.reasons, &q.weights);
    let sum = w.day * r.days
        + w.change * r.changes
        + w.studio * r.studio_changes
        + w.journey * r.journeys
        + w.weekday * r.weekdays_off
        + w.hour * r.hours_off;
    prop_assert_eq!(sum, course.cost);
    Ok(())
}

/// The relaxation alone makes the course possible, and a gap is no longer than it must be.
fn helps(world: &World, q: &CourseQuestion, step: usize, help: Relax) -> Result<(), TestCaseError> {
    let possible = |q: &CourseQuestion| courses(world, q).is_ok();
    let free = ClientDays::default();
    let gap = |gap_max_days| {
        let mut steps = q.steps.to_vec();
        steps[step].gap_max_days = gap_max_days;
        possible(&CourseQuestion { steps: &steps, ..*q })
    };
    let helped = match help {
        Relax::GapMax(days) => gap(days) && !gap(days - 1),
        Relax::OtherPractitioner => possible(&CourseQuestion { same: Same::Preferred, ..*q }),
        Relax::AnyStudio => possible(&CourseQuestion { who: Who::Chain, ..*q }),
        Relax::ClientDays => possible(&CourseQuestion { client: &free, ..*q }),
        Relax::Until(to) => possible(&CourseQuestion { to, ..*q }),
    };
    prop_assert!(helped, "{:?}", help);
    Ok(())
}
