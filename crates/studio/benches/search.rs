//! Processor times of the searches: medians on a filled studio of 20 practitioners and 8 rooms.
//!
//! `cargo bench -p hairline-studio --bench search [-- BATCHES]`
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::Instant;

use hairline_studio::course::{ClientDays, CourseQuestion, Objective, Same, Step, courses};
use hairline_studio::hours::{DayHours, Hours, Interval, Week, break_spans, open_spans};
use hairline_studio::ids::{ResourceId, ServiceId, StudioId};
use hairline_studio::search::{
    Ask, Person, Post, Question, Room, RoomClass, Service, StartStep, Studio, Who, World, admits, next_best,
    search,
};
use hairline_studio::timeline::Timeline;
use hairline_studio::zone::{plus_days, zone};
use hairline_studio::zone_days::DayTable;
use jiff::civil::{Date, date};
use uuid::Uuid;

const FIRST: Date = date(2027, 1, 4);
const DAYS: i64 = 230;
const PRACTITIONERS: u128 = 20;
const ROOMS: u128 = 8;

/// A studio that is about 60 % taken in blocks of one to five hours.
fn fill(world: &mut World, studio_no: u128, seed: &mut u64) -> Result<(), Box<dyn std::error::Error>> {
    let mut random = |n: u64| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % n
    };
    let vienna = zone("Europe/Vienna")?;
    let days = DayTable::new(&vienna, FIRST, plus_days(FIRST, DAYS - 1))?;
    let day = DayHours {
        open: vec![Interval { from_min: 540, to_min: 1140 }],
        breaks: vec![Interval { from_min: 765, to_min: 795 }],
    };
    let mut week = Week { valid_from: None, valid_to: None, days: std::array::from_fn(|_| day.clone()) };
    week.days[6] = DayHours::default();
    let hours = Hours { weeks: vec![week], exceptions: vec![] };
    let last = plus_days(FIRST, DAYS - 1);
    let (mut open, mut breaks) = (days.line(), days.line());
    open_spans(&hours, &vienna, FIRST, last)?.iter().for_each(|s| open.set_inside(s));
    break_spans(&hours, &vienna, FIRST, last)?.iter().for_each(|s| breaks.set_touched(s));
    let mut taken = |share: u64| {
        let mut busy: Timeline = days.line();
        let mut booked_min = Vec::new();
        for d in 0..days.len() {
            let (mut q, end) = (days.quarters(d).start + 36, days.quarters(d).start + 76);
            let mut minutes = 0;
            while q < end {
                let n = 4 + random(17) as i64;
                if random(100) < share {
                    busy.set(q..(q + n).min(end));
                    minutes += 15 * ((q + n).min(end) - q) as u32;
                }
                q += n;
            }
            booked_min.push(minutes);
        }
        (busy, booked_min)
    };
    let (mut posts, mut rooms) = (Vec::new(), Vec::new());
    for n in 0..PRACTITIONERS {
        let (busy, booked_min) = taken(60);
        posts.push(Post { person: world.people.len(), open: open.clone(), breaks: breaks.clone() });
        let id = ResourceId(Uuid::from_u128(1000 * studio_no + n));
        world.people.push(Person { id, busy, booked_from: FIRST, booked_min, daily_cap_min: Some(540) });
    }
    for n in 0..ROOMS {
        let (busy, _) = taken(40);
        let id = ResourceId(Uuid::from_u128(1000 * studio_no + 500 + n));
        rooms.push(Room { id, classes: vec![RoomClass(1)], open: open.clone(), busy, cleaning_min: 15 });
    }
    world.studios.push(Studio { id: StudioId(Uuid::from_u128(1_000_000 + studio_no)), days, posts, rooms });
    Ok(())
}

/// Median processor time of a call in microseconds, over batches of 50 ms: other programs on the machine do not count.
fn median_us(n_batches: usize, mut call: impl FnMut()) -> f64 {
    let started = Instant::now();
    let mut n = 0u32;
    while started.elapsed().as_millis() < 50 {
        call();
        n += 1;
    }
    let mut times: Vec<f64> = (0..n_batches)
        .map(|_| {
            let (wall, cpu) = (Instant::now(), cpu_seconds());
            (0..n).for_each(|_| call());
            let seconds =
                cpu_seconds().zip(cpu).map_or(wall.elapsed().as_secs_f64(), |(now, then)| now - then);
            seconds * 1e6 / f64::from(n)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Processor time of this program; `None` where the system does not tell it here.
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runs = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(9);
    let (mut world, mut seed) = (World::default(), 7);
    for n in 0..25 {
        fill(&mut world, n, &mut seed)?;
    }
    let performers: Vec<ResourceId> = world.people.iter().map(|p| p.id).collect();
    let service = |minutes| Service {
        id: ServiceId(Uuid::from_u128(u128::from(minutes))),
        minutes,
        before_min: 15,
        after_min: 15,
        step: StartStep::Quarter,
        notice_min: 1440,
        horizon_days: 200,
        room: Some(RoomClass(1)),
        performers: performers.clone(),
        carries_own_break: minutes >= 180,
        latest_start_min: (minutes >= 240).then_some(14 * 60),
    };
    let now = date(2027, 1, 10).at(15, 0, 0, 0).to_zoned(zone("Europe/Vienna")?)?.timestamp();
    let studio = Who::Studio(world.studios[0].id);
    for (what, minutes, who) in [
        ("month, any of 20 + 8 rooms,  60 min", 60, studio),
        ("month, any of 20 + 8 rooms, 300 min", 300, studio),
        ("month, one practitioner,    300 min", 300, Who::One(performers[3])),
        ("month, any of 500 in 25 studios, 300 min", 300, Who::Chain),
    ] {
        let service = service(minutes);
        let (from, to) = (date(2027, 3, 1), date(2027, 3, 31));
        let question = Question { service: &service, who, from, to, now, own: &[] };
        let starts: u32 = search(&world, &question)?.iter().map(|o| o.starts.count()).sum();
        let us = median_us(runs, || drop(black_box(search(&world, black_box(&question)))));
        println!("{what:<44} {us:>9.1} µs   {starts} starts");
    }
    let long = service(300);
    let start = date(2027, 3, 2).at(9, 0, 0, 0).to_zoned(zone("Europe/Vienna")?)?.timestamp();
    let (studio_id, practitioner) = (world.studios[0].id, performers[3]);
    let ask = Ask { service: &long, studio: studio_id, practitioner, start, now, own: &[] };
    let us = median_us(runs, || drop(black_box(admits(&world, black_box(&ask)))));
    println!("{:<44} {us:>9.1} µs   {:?}", "is one start offered", admits(&world, &ask).map(|r| r.len()));
    let us = median_us(runs, || drop(black_box(next_best(&world, black_box(&ask), 5))));
    println!("{:<44} {us:>9.1} µs", "the next best five, same and others");

    let (first, later) = (service(300), service(240));
    let step =
        |service, gap_min_days, gap_max_days| Step { service, gap_min_days, gap_max_days, lead_days: 0 };
    let client =
        ClientDays { weekdays: [false, false, true, false, false, false, false], ..ClientDays::default() };
    for (what, who, same, objective) in [
        ("4 sessions, 6 months, any of 20, earliest", studio, Same::Preferred, Objective::Earliest),
        ("  the same practitioner required", studio, Same::Required, Objective::Earliest),
        ("  fewest journeys", studio, Same::Preferred, Objective::FewestJourneys),
        ("  same weekday and hour", studio, Same::Preferred, Objective::SameWeekday),
        ("  any of 500 in 25 studios, earliest", Who::Chain, Same::Preferred, Objective::Earliest),
    ] {
        let steps = [step(&first, 0, 0), step(&later, 10, 21), step(&later, 10, 21), step(&later, 10, 21)];
        let question = CourseQuestion {
            steps: &steps,
            who,
            same,
            weights: objective.weights(),
            from: date(2027, 1, 12),
            to: date(2027, 7, 11),
            after: None,
            client: &client,
            now,
            own: &[],
            n: 3,
        };
        let found = courses(&world, &question)?;
        let us = median_us(runs, || drop(black_box(courses(&world, black_box(&question)))));
        println!("{what:<44} {us:>9.1} µs   cost {}", found.iter().map(|c| c.cost).min().unwrap_or(0));
    }
    Ok(())
}
