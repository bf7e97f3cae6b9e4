//! Small random worlds, and their answers counted out minute by minute.
#![allow(dead_code)] // each test file uses a part

use std::ops::Range;

use hairline_studio::ids::{ResourceId, ServiceId, StudioId};
use hairline_studio::search::{Own, Person, Post, Room, RoomClass, Service, StartStep, Studio, World};
use hairline_studio::span::{MINUTE_US, Span};
use hairline_studio::zone::{plus_days, zone};
use hairline_studio::zone_days::DayTable;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use uuid::Uuid;

pub fn resource(n: u128) -> ResourceId {
    ResourceId(Uuid::from_u128(n))
}

pub fn studio_id(n: u128) -> StudioId {
    StudioId(Uuid::from_u128(1000 + n))
}

pub fn room_id(n: u128) -> ResourceId {
    resource(2000 + n)
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a written instant")
}

pub fn service(minutes: u32, performers: impl IntoIterator<Item = u128>) -> Service {
    Service {
        id: ServiceId(Uuid::from_u128(3000)),
        minutes,
        before_min: 0,
        after_min: 0,
        step: StartStep::Quarter,
        notice_min: 0,
        horizon_days: 365,
        room: None,
        performers: performers.into_iter().map(resource).collect(),
        carries_own_break: false,
        latest_start_min: None,
    }
}

/// A stretch in minutes after the start of the world's first day in UTC.
pub type Minutes = Range<i64>;

/// Studio, classes, open, taken, cleaning.
pub type RoomSpec = (usize, Vec<u16>, Vec<Minutes>, Vec<Minutes>, u32);

#[derive(Clone, Debug)]
pub struct Spec {
    pub zones: Vec<&'static str>,
    pub first: Date,
    pub days: usize,
    /// By person: taken, booked minutes a day, cap; then by studio: open and breaks.
    pub people: Vec<PersonSpec>,
    pub rooms: Vec<RoomSpec>,
}

#[derive(Clone, Debug)]
pub struct PersonSpec {
    pub busy: Vec<Minutes>,
    pub booked_min: Vec<u32>,
    pub cap_min: Option<u32>,
    pub posts: Vec<(Vec<Minutes>, Vec<Minutes>)>,
}

impl Spec {
    pub fn base_us(&self) -> i64 {
        self.first.to_zoned(TimeZone::UTC).expect("a date of this century").timestamp().as_microsecond()
    }

    pub fn span(&self, m: &Minutes) -> Span {
        let base = self.base_us();
        Span { start_us: base + m.start * MINUTE_US, end_us: base + m.end * MINUTE_US }
    }

    pub fn world(&self) -> World {
        let union = |list: &[Minutes]| {
            hairline_studio::hours::union(list.iter().map(|m| self.span(m)).collect::<Vec<Span>>())
        };
        let mut studios: Vec<Studio> = (0..)
            .zip(&self.zones)
            .map(|(i, name)| {
                let tz = zone(name).expect("a zone");
                let last = plus_days(self.first, self.days as i64 - 1);
                let days = DayTable::new(&tz, self.first, last).expect("days");
                Studio { id: studio_id(i), days, posts: vec![], rooms: vec![] }
            })
            .collect();
        let line = |studio: &Studio, set: Vec<Span>, inside: bool| {
            let mut line = studio.days.line();
            for span in set {
                if inside { line.set_inside(&span) } else { line.set_touched(&span) }
            }
            line
        };
        let mut people = Vec::new();
        for (i, person) in self.people.iter().enumerate() {
            // A person of several studios is loaded over the days of all.
            let mut busy = hairline_studio::timeline::Timeline::covering(
                studios.iter().map(|s| s.days.line().quarters().start).min().expect("a studio")
                    ..studios.iter().map(|s| s.days.line().quarters().end).max().expect("a studio"),
            );
            person.busy.iter().for_each(|m| busy.set_touched(&self.span(m)));
            for (s, (open, breaks)) in person.posts.iter().enumerate() {
                let post = Post {
                    person: i,
                    open: line(&studios[s], union(open), true),
                    breaks: line(&studios[s], union(breaks), false),
                };
                studios[s].posts.push(post);
            }
            people.push(Person {
                id: resource(i as u128),
                busy,
                booked_from: self.first,
                booked_min: person.booked_min.clone(),
                daily_cap_min: person.cap_min,
            });
        }
        for (i, (s, classes, open, busy, cleaning_min)) in self.rooms.iter().enumerate() {
            let room = Room {
                id: room_id(i as u128),
                classes: classes.iter().map(|c| RoomClass(*c)).collect(),
                open: line(&studios[*s], union(open), true),
                busy: line(&studios[*s], busy.iter().map(|m| self.span(m)).collect(), false),
                cleaning_min: *cleaning_min,
            };
            studios[*s].rooms.push(room);
        }
        World { studios, people }
    }
}

/// Which rules a start breaks, found by counting minutes; and the rooms that could hold it.
pub struct Verdict {
    pub broken: Vec<&'static str>,
    pub rooms: Vec<ResourceId>,
}

/// Whether minute `m` lies in a quarter wholly inside one of the stretches (merged where they touch).
fn open_at(list: &[Minutes], m: i64) -> bool {
    let q = m.div_euclid(15) * 15;
    (q..q + 15).all(|x| list.iter().any(|r| r.contains(&x)))
}

/// Whether minute `m` lies in a quarter that one of the stretches touches.
fn taken_at(list: &[Minutes], m: i64) -> bool {
    let q = m.div_euclid(15) * 15;
    (q..q + 15).any(|x| list.iter().any(|r| r.contains(&x)))
}

/// The oracle: `start` and `now` in minutes after the start of the world.
pub fn verdict(
    spec: &Spec,
    service: &Service,
    studio: usize,
    person: usize,
    start: i64,
    now: i64,
    own: &[Own],
) -> Verdict {
    let tz = zone(spec.zones[studio]).expect("a zone");
    let wall_of = |m: i64| {
        tz.to_datetime(Timestamp::from_microsecond(spec.base_us() + m * MINUTE_US).expect("in range"))
    };
    let wall = wall_of(start);
    let mut broken = Vec::new();
    let mut rule = |name, holds: bool| {
        if !holds {
            broken.push(name);
        }
    };
    let who = &spec.people[person];
    let id = resource(person as u128);
    let own_minutes = |id: ResourceId| -> Vec<Minutes> {
        let claims = own.iter().flat_map(|o| &o.claims).filter(|(r, _)| *r == id);
        let to_min = |us: i64| (us - spec.base_us()).div_euclid(MINUTE_US);
        claims.map(|(_, s)| to_min(s.start_us)..to_min(s.end_us - 1) + 1).collect()
    };
    let end = start + i64::from(service.minutes);
    rule("performer", service.performers.contains(&id) && who.posts.len() > studio);
    rule("past", start >= now);
    rule("notice", start >= now + i64::from(service.notice_min));
    let ahead = wall.date().duration_since(wall_of(now).date()).as_hours() / 24;
    rule("horizon", ahead <= i64::from(service.horizon_days));
    let minute = 60 * i64::from(wall.hour()) + i64::from(wall.minute());
    let step = match service.step {
        StartStep::Quarter => 15,
        StartStep::HalfHour => 30,
        StartStep::Hour => 60,
    };
    rule("step", minute % step == 0);
    rule("late", service.latest_start_min.is_none_or(|latest| minute <= i64::from(latest)));
    let none = (vec![], vec![]);
    let (open, breaks) = who.posts.get(studio).unwrap_or(&none);
    rule("closed", (start..end).all(|m| open_at(open, m)));
    rule("break", service.carries_own_break || (start..end).all(|m| !taken_at(breaks, m)));
    let around = start - i64::from(service.before_min)..end + i64::from(service.after_min);
    let mine = own_minutes(id);
    rule("taken", around.clone().all(|m| taken_at(&mine, m) || !taken_at(&who.busy, m)));
    let day = wall.date().duration_since(spec.first).as_hours().div_euclid(24);
    let booked = usize::try_from(day).ok().and_then(|d| who.booked_min.get(d)).copied().unwrap_or(0);
    let moved: u32 =
        own.iter().filter(|o| o.practitioner == id && o.date == wall.date()).map(|o| o.minutes).sum();
    rule("cap", who.cap_min.is_none_or(|cap| booked.saturating_sub(moved) + service.minutes <= cap));
    let mut rooms = Vec::new();
    for (i, (s, classes, open, busy, cleaning)) in spec.rooms.iter().enumerate() {
        let room = room_id(i as u128);
        let mine = own_minutes(room);
        let fits = service.room.is_some_and(|c| classes.contains(&c.0))
            && *s == studio
            && (start..end).all(|m| open_at(open, m))
            && (start..end + i64::from(*cleaning)).all(|m| taken_at(&mine, m) || !taken_at(busy, m));
        if fits {
            rooms.push(room);
        }
    }
    rule("room", service.room.is_none() || !rooms.is_empty());
    Verdict { broken, rooms }
}

/// Zones and the day before a change of their clocks; some without any near.
pub const CHANGES: [(&str, (i16, i8, i8)); 12] = [
    ("Europe/Vienna", (2027, 3, 27)),
    ("Europe/Vienna", (2027, 10, 30)),
    ("America/New_York", (2027, 3, 13)),
    ("America/New_York", (2027, 11, 6)),
    ("Australia/Lord_Howe", (2027, 4, 3)),
    ("Australia/Lord_Howe", (2027, 10, 2)),
    ("Africa/Cairo", (2027, 4, 29)),
    ("Africa/Cairo", (2027, 10, 28)),
    ("Pacific/Chatham", (2027, 4, 3)),
    ("America/Santiago", (2027, 9, 4)),
    ("Asia/Kathmandu", (2027, 5, 5)),
    ("UTC", (2027, 5, 5)),
];

fn stretches(
    n: std::ops::Range<usize>,
    from: i64,
    to: i64,
    length: Range<i64>,
) -> impl Strategy<Value = Vec<Minutes>> {
    let unit = prop_oneof![4 => Just(15i64), 1 => Just(5), 1 => Just(1)];
    prop::collection::vec(
        (from..to, length, unit).prop_map(|(s, n, u)| s / u * u..(s / u * u) + (n / u * u).max(u)),
        n,
    )
}

/// Worlds of one or two studios and one to three people over three days with a change of clocks in the middle.
pub fn specs() -> impl Strategy<Value = Spec> {
    let zone = 0..CHANGES.len();
    let person = |two: bool| {
        (
            stretches(0..5, -600, 5000, 1..400),
            prop::collection::vec(0u32..400, 3),
            prop::option::of(60u32..500),
            prop::collection::vec(
                (stretches(1..5, -600, 5000, 200..1500), stretches(0..4, -600, 5000, 10..60)),
                1..=(1 + usize::from(two)),
            ),
        )
            .prop_map(|(busy, booked_min, cap_min, posts)| PersonSpec {
                busy,
                booked_min,
                cap_min,
                posts,
            })
    };
    (zone, any::<bool>()).prop_flat_map(move |(z, two)| {
        let (name, (y, m, d)) = CHANGES[z];
        let zones = if two { vec![name, "Europe/London"] } else { vec![name] };
        let studios = zones.len();
        let room = (
            0..studios,
            prop::collection::vec(0u16..2, 1..3),
            stretches(1..4, -600, 5000, 400..2500),
            stretches(0..8, -600, 5000, 1..200),
            prop_oneof![Just(0u32), Just(10), Just(15), Just(40)],
        );
        (prop::collection::vec(person(two), 1..4), prop::collection::vec(room, 0..4)).prop_map(
            move |(people, rooms)| Spec {
                zones: zones.clone(),
                first: jiff::civil::date(y, m, d),
                days: 3,
                people,
                rooms,
            },
        )
    })
}

pub fn services() -> impl Strategy<Value = Service> {
    let step = prop_oneof![Just(StartStep::Quarter), Just(StartStep::HalfHour), Just(StartStep::Hour)];
    let buffer = || prop_oneof![3 => Just(0u32), 1 => Just(5u32), 1 => Just(15u32), 1 => Just(40u32)];
    (
        prop_oneof![2 => Just(15u32), 2 => Just(50), 2 => Just(60), 1 => Just(180), 1 => Just(300)],
        (buffer(), buffer()),
        step,
        (prop_oneof![3 => Just(0u32), 1 => Just(30), 1 => Just(1500)], 0u32..4),
        prop::option::of(0u16..2),
        prop::collection::btree_set(0u128..3, 1..4),
        any::<bool>(),
        prop::option::of(prop_oneof![Just(600u16), Just(905u16), 0u16..1440]),
    )
        .prop_map(
            |(minutes, (before_min, after_min), step, (notice_min, horizon_days), room, who, own, late)| {
                Service {
                    before_min,
                    after_min,
                    step,
                    notice_min,
                    horizon_days,
                    room: room.map(RoomClass),
                    carries_own_break: own,
                    latest_start_min: late,
                    ..service(minutes, who)
                }
            },
        )
}
