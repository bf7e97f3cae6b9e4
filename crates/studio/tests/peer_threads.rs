//! What hurt users of other booking programs, one test for each theme; the threads are named where they were reported.

mod support;

use hairline_studio::course::{
    ClientDays, CourseError, CourseQuestion, Move, Objective, Relax, Same, Step, Visit, courses, reflow,
};
use hairline_studio::hours::{DayHours, Hours, Interval, Week, break_spans, open_spans};
use hairline_studio::search::{
    Ask, Own, Person, Post, Question, Refusal, Room, RoomClass, SearchError, Service, StartStep, Studio, Who,
    World, admits, by_day, next_best, search,
};
use hairline_studio::span::Span;
use hairline_studio::zone::{LocalTime, Policy, TimeError, local_time, plus_days, reresolve, zone};
use hairline_studio::zone_days::DayTable;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use support::{at, resource, room_id, service, studio_id};

/// One studio, open every day from one wall time to another in minutes, with practitioners 0.. and one room; a break at
/// 12:30.
fn one_studio(zone_name: &str, first: Date, days: i64, open: (u16, u16), practitioners: u128) -> World {
    let tz = zone(zone_name).expect("a zone");
    let last = plus_days(first, days - 1);
    let days = DayTable::new(&tz, first, last).expect("days");
    let day = DayHours {
        open: vec![Interval { from_min: open.0, to_min: open.1 }],
        breaks: vec![Interval { from_min: 750, to_min: 780 }],
    };
    let week = Week { valid_from: None, valid_to: None, days: std::array::from_fn(|_| day.clone()) };
    let hours = Hours { weeks: vec![week], exceptions: vec![] };
    let (mut open, mut breaks) = (days.line(), days.line());
    open_spans(&hours, &tz, first, last).expect("spans").iter().for_each(|s| open.set_inside(s));
    break_spans(&hours, &tz, first, last).expect("spans").iter().for_each(|s| breaks.set_touched(s));
    let person = |n| Person {
        id: resource(n),
        busy: days.line(),
        booked_from: first,
        booked_min: vec![],
        daily_cap_min: None,
    };
    let people: Vec<Person> = (0..practitioners).map(person).collect();
    let posts =
        (0..people.len()).map(|person| Post { person, open: open.clone(), breaks: breaks.clone() }).collect();
    let room = Room {
        id: room_id(0),
        classes: vec![RoomClass(1)],
        open: open.clone(),
        busy: days.line(),
        cleaning_min: 0,
    };
    World { studios: vec![Studio { id: studio_id(0), days, posts, rooms: vec![room] }], people }
}

fn starts(
    world: &World,
    service: &Service,
    now: &str,
    from: Date,
    to: Date,
) -> Result<Vec<Timestamp>, SearchError> {
    let question = Question { service, who: Who::Chain, from, to, now: at(now), own: &[] };
    Ok(search(world, &question)?.iter().flat_map(|o| by_day(world, o)).flat_map(|(_, s)| s).collect())
}

fn ask<'a>(service: &'a Service, start: &str, now: &str) -> Ask<'a> {
    Ask { service, studio: studio_id(0), practitioner: resource(0), start: at(start), now: at(now), own: &[] }
}

/// cal.com #1092, #4702, #4753, #10517; easyappointments #910, #962: after a change of clocks every time was off by an
/// hour. #6217, #6622: such times were shown and then refused.
#[test]
fn nine_o_clock_is_offered_at_nine_before_and_after_the_change() -> Result<(), SearchError> {
    let world = one_studio("Europe/Vienna", date(2027, 3, 20), 20, (540, 600), 1);
    let hour = Service { step: StartStep::Hour, ..service(60, [0]) };
    let now = "2027-03-20T00:00:00Z";
    let found = starts(&world, &hour, now, date(2027, 3, 27), date(2027, 3, 29))?;
    let want = ["2027-03-27T08:00:00Z", "2027-03-28T07:00:00Z", "2027-03-29T07:00:00Z"];
    assert_eq!(found, want.map(at));
    for start in want {
        assert!(admits(&world, &ask(&hour, start, now)).is_ok(), "{start}");
    }
    Ok(())
}

/// cal.com #12137: a notice of seven days that ended on the day of the change shifted the times of the days after it.
#[test]
fn a_notice_that_ends_on_the_day_of_the_change_shifts_nothing() -> Result<(), SearchError> {
    let world = one_studio("America/New_York", date(2027, 10, 25), 30, (540, 600), 1);
    let week = Service { step: StartStep::Hour, notice_min: 7 * 1440, ..service(60, [0]) };
    let (from, to) = (date(2027, 11, 6), date(2027, 11, 9));
    // 8:00 on 31 October; seven times 24 hours later it is 7:00 on 7 November.
    let found = starts(&world, &week, "2027-10-31T12:00:00Z", from, to)?;
    let want = ["2027-11-07T14:00:00Z", "2027-11-08T14:00:00Z", "2027-11-09T14:00:00Z"];
    assert_eq!(found, want.map(at));
    Ok(())
}

/// cal.com #30104: British Columbia keeps summer time from November 2026 on (tzdb 2026b). What was booked by older tables
/// is found, and follows the wall time that the client was told.
#[test]
fn bookings_made_before_british_columbia_changed_its_rules_are_found() -> Result<(), TimeError> {
    let nine = date(2026, 12, 1).at(9, 0, 0, 0);
    let old = LocalTime {
        wall: nine,
        zone: "America/Vancouver".to_owned(),
        at: at("2026-12-01T17:00:00Z"),
        tzdb: "2025b".to_owned(),
    };
    assert_eq!(reresolve(&old)?, Some(at("2026-12-01T16:00:00Z")));
    let kept = local_time("America/Vancouver", nine, Policy::Reject)?;
    assert_eq!((kept.at, reresolve(&kept)?), (at("2026-12-01T16:00:00Z"), None));
    Ok(())
}

/// The hour that the clocks skip has no starts, the hour that they show twice has them twice.
#[test]
fn a_skipped_hour_has_no_starts_and_a_repeated_one_has_both() -> Result<(), SearchError> {
    let world = one_studio("America/New_York", date(2027, 3, 10), 5, (0, 1440), 1);
    let half = Service { step: StartStep::HalfHour, ..service(30, [0]) };
    let day = date(2027, 3, 14);
    assert_eq!(starts(&world, &half, "2027-03-10T00:00:00Z", day, day)?.len(), 46 - 1, "23 hours, a break");
    let world = one_studio("America/New_York", date(2027, 11, 5), 5, (0, 1440), 1);
    let day = date(2027, 11, 7);
    let found = starts(&world, &half, "2027-11-05T00:00:00Z", day, day)?;
    assert_eq!(found.len(), 50 - 1, "25 hours, a break");
    assert!(found.contains(&at("2027-11-07T05:30:00Z")) && found.contains(&at("2027-11-07T06:30:00Z")));
    Ok(())
}

/// "Today" and the days of the horizon are local days of the studio, wherever the server stands.
#[test]
fn today_and_the_last_day_are_those_of_the_studio() {
    let world = one_studio("Pacific/Auckland", date(2027, 6, 1), 20, (540, 1020), 1);
    let two_days = Service { horizon_days: 2, ..service(60, [0]) };
    // 13:00 on 5 June in UTC is 1:00 on 6 June in Auckland: 8 June can be booked, 9 June cannot.
    let now = "2027-06-05T13:00:00Z";
    assert!(admits(&world, &ask(&two_days, "2027-06-07T21:00:00Z", now)).is_ok());
    let refused = admits(&world, &ask(&two_days, "2027-06-08T21:00:00Z", now));
    assert_eq!(refused, Err(Refusal::Horizon { date: date(2027, 6, 9), last: date(2027, 6, 8) }));
}

/// A notice of 24 hours is 24 hours, also over a night of 25 hours on the wall.
#[test]
fn notice_is_time_that_passes() {
    let world = one_studio("Europe/Vienna", date(2027, 10, 25), 20, (0, 1440), 1);
    let notice = Service { notice_min: 24 * 60, ..service(60, [0]) };
    // From 9:00 on the day before, 24 hours pass until 8:00 on the day of 25 hours.
    let now = "2027-10-30T07:00:00Z";
    assert!(admits(&world, &ask(&notice, "2027-10-31T07:00:00Z", now)).is_ok());
    let refused = admits(&world, &ask(&notice, "2027-10-31T06:45:00Z", now));
    assert!(matches!(refused, Err(Refusal::Notice { .. })));
}

/// cal.com #10039: days whose claims could not be read were shown as empty. Not knowing is an error, never an answer.
#[test]
fn days_that_are_not_loaded_are_an_error() {
    let world = one_studio("Europe/Vienna", date(2027, 6, 1), 30, (540, 1020), 1);
    let hour = service(60, [0]);
    let asked = starts(&world, &hour, "2027-06-01T00:00:00Z", date(2027, 6, 20), date(2027, 7, 5));
    assert!(matches!(asked, Err(SearchError::NotLoaded { .. })), "{asked:?}");
    let asked = admits(&world, &ask(&hour, "2027-07-05T08:00:00Z", "2027-06-01T00:00:00Z"));
    assert!(matches!(asked, Err(Refusal::Unanswered(SearchError::NotLoaded { .. }))), "{asked:?}");
    // Days past the service's horizon need not be loaded: nothing can be booked there.
    let near = Service { horizon_days: 10, ..hour };
    assert!(starts(&world, &near, "2027-06-01T00:00:00Z", date(2027, 6, 1), date(2027, 12, 1)).is_ok());
    let nobody = Question {
        service: &near,
        who: Who::One(resource(9)),
        from: date(2027, 6, 1),
        to: date(2027, 6, 2),
        now: at("2027-06-01T00:00:00Z"),
        own: &[],
    };
    assert!(matches!(search(&world, &nobody), Err(SearchError::UnknownPractitioner { .. })));
}

/// cal.com #29968: only equal starts and ends were compared, so overlaps of other lengths passed.
#[test]
fn a_sitting_that_overlaps_by_a_minute_is_refused() {
    let mut world = one_studio("UTC", date(2027, 6, 1), 10, (540, 1200), 1);
    let taken = Span::of_minutes(at("2027-06-03T13:01:00Z"), 28);
    world.people[0].busy.set_touched(&taken);
    let now = "2027-06-01T00:00:00Z";
    let (short, long) = (service(15, [0]), service(240, [0]));
    assert_eq!(admits(&world, &ask(&short, "2027-06-03T13:15:00Z", now)), Err(Refusal::Taken));
    assert_eq!(admits(&world, &ask(&long, "2027-06-03T13:15:00Z", now)), Err(Refusal::Taken));
    assert!(admits(&world, &ask(&short, "2027-06-03T13:30:00Z", now)).is_ok());
    let carries = Service { carries_own_break: true, ..long };
    assert_eq!(admits(&world, &ask(&carries, "2027-06-03T09:15:00Z", now)), Err(Refusal::Taken));
    assert!(admits(&world, &ask(&carries, "2027-06-03T09:00:00Z", now)).is_ok());
}

/// Rules that peers lack: long sittings run across the break, never start late, and keep to the day's minutes.
#[test]
fn long_sittings_have_their_own_rules_and_each_refusal_its_reason() {
    let mut world = one_studio("Europe/Vienna", date(2027, 6, 1), 10, (540, 1140), 2);
    let long = Service { carries_own_break: true, latest_start_min: Some(13 * 60), ..service(300, [0]) };
    let now = "2027-06-01T00:00:00Z";
    let refused =
        |world: &World, service: &Service, start: &str| admits(world, &ask(service, start, now)).err();
    assert_eq!(refused(&world, &long, "2027-06-03T08:00:00Z"), None);
    assert_eq!(refused(&world, &long, "2027-06-03T11:00:00Z"), None);
    assert!(matches!(
        refused(&world, &long, "2027-06-03T11:15:00Z"),
        Some(Refusal::TooLate { latest_min: 780, .. })
    ));
    let breaks = Service { carries_own_break: false, ..long.clone() };
    assert_eq!(refused(&world, &breaks, "2027-06-03T08:00:00Z"), Some(Refusal::Break));
    assert_eq!(refused(&world, &long, "2027-06-03T06:45:00Z"), Some(Refusal::Closed));
    assert!(matches!(refused(&world, &long, "2027-06-03T08:05:00Z"), Some(Refusal::OffStep { .. })));
    assert!(matches!(refused(&world, &long, "2027-05-31T08:00:00Z"), Some(Refusal::Past { .. })));
    world.people[0].daily_cap_min = Some(480);
    world.people[0].booked_min = vec![0, 0, 180, 195];
    assert_eq!(refused(&world, &long, "2027-06-03T08:00:00Z"), None);
    let cap = Refusal::Cap { booked_min: 195, cap_min: 480 };
    assert_eq!(refused(&world, &long, "2027-06-04T08:00:00Z"), Some(cap));
    let room = Service { room: Some(RoomClass(2)), ..long.clone() };
    assert_eq!(refused(&world, &room, "2027-06-03T08:00:00Z"), Some(Refusal::NoRoom));
    let other = Ask { practitioner: resource(1), ..ask(&long, "2027-06-03T08:00:00Z", now) };
    assert!(matches!(admits(&world, &other), Err(Refusal::WrongPractitioner { .. })));
}

/// The room with the shortest free stretch is taken first, so that a long sitting still finds a whole day elsewhere.
#[test]
fn the_best_fitting_room_comes_first() {
    let mut world = one_studio("UTC", date(2027, 6, 1), 10, (540, 1140), 1);
    let mut second = world.studios[0].rooms[0].clone();
    second.id = room_id(1);
    second.busy.set_touched(&Span::of_minutes(at("2027-06-03T12:00:00Z"), 120));
    world.studios[0].rooms.push(second);
    let short = Service { room: Some(RoomClass(1)), ..service(60, [0]) };
    let now = "2027-06-01T00:00:00Z";
    assert_eq!(admits(&world, &ask(&short, "2027-06-03T09:00:00Z", now)), Ok(vec![room_id(1), room_id(0)]));
    assert_eq!(admits(&world, &ask(&short, "2027-06-04T09:00:00Z", now)), Ok(vec![room_id(0), room_id(1)]));
}

/// What is refused comes with the next best times.
#[test]
fn a_refused_start_comes_with_the_nearest_others() -> Result<(), SearchError> {
    let mut world = one_studio("UTC", date(2027, 6, 1), 30, (540, 720), 2);
    world.people[0].busy.set_touched(&Span::of_minutes(at("2027-06-03T09:00:00Z"), 180));
    let hour = Service { step: StartStep::Hour, horizon_days: 20, ..service(60, [0, 1]) };
    let ask = ask(&hour, "2027-06-03T10:00:00Z", "2027-06-01T00:00:00Z");
    assert_eq!(admits(&world, &ask), Err(Refusal::Taken));
    let next = next_best(&world, &ask, 2)?;
    let times =
        |offers: &[hairline_studio::search::Offer]| offers.iter().map(|o| o.start).collect::<Vec<_>>();
    assert_eq!(times(&next.same), [at("2027-06-02T11:00:00Z"), at("2027-06-04T09:00:00Z")]);
    assert_eq!(times(&next.others), [at("2027-06-03T10:00:00Z"), at("2027-06-03T09:00:00Z")]);
    Ok(())
}

fn course<'a>(steps: &'a [Step<'a>], client: &'a ClientDays, own: &'a [Own]) -> CourseQuestion<'a> {
    CourseQuestion {
        steps,
        who: Who::Chain,
        same: Same::Preferred,
        weights: Objective::Earliest.weights(),
        from: date(2027, 1, 4),
        to: date(2027, 12, 30),
        after: None,
        client,
        now: at("2027-01-01T12:00:00Z"),
        own,
        n: 1,
    }
}

/// cal.com #15997: of a series only the first two starts were checked. All twelve are: with the last one's days taken the
/// course has no place, and the error says where and what would help.
#[test]
fn every_step_of_a_long_course_is_checked() {
    let mut world = one_studio("Europe/Vienna", date(2027, 1, 1), 400, (540, 1020), 1);
    let hour = Service { horizon_days: 400, ..service(60, [0]) };
    let steps: Vec<Step> =
        (0..12).map(|_| Step { service: &hour, gap_min_days: 14, gap_max_days: 21, lead_days: 0 }).collect();
    let client = ClientDays::default();
    let found = courses(&world, &course(&steps, &client, &[])).expect("an empty calendar has place");
    let days: Vec<u32> = found[0]
        .visits
        .iter()
        .map(|v| (v.date.duration_since(date(2027, 1, 4)).as_hours() / 24) as u32)
        .collect();
    assert_eq!(days, (0..12).map(|n| 14 * n).collect::<Vec<_>>(), "each as soon as its gap allows");
    // Away from day 154 (the soonest for the twelfth) for a year.
    let away = Span::of_minutes(at("2027-06-07T00:00:00Z"), 400 * 1440);
    world.people[0].busy.set_touched(&away);
    let none = courses(&world, &course(&steps, &client, &[]));
    let Err(CourseError::NoPlace { step, first, relax, .. }) = none else { panic!("found {none:?}") };
    assert_eq!((step, first, relax), (11, date(2027, 6, 7), vec![]));
}

/// A first free day that leaves the second step without one is not taken: no step is chosen without those after it.
#[test]
fn a_greedy_first_step_is_not_taken() {
    let mut world = one_studio("UTC", date(2027, 1, 1), 365, (540, 1020), 1);
    let hour = service(60, [0]);
    let step = Step { service: &hour, gap_min_days: 10, gap_max_days: 14, lead_days: 0 };
    let away = Span::of_minutes(at("2027-01-08T00:00:00Z"), 12 * 1440);
    world.people[0].busy.set_touched(&away);
    let (steps, client) = ([step, step], ClientDays::default());
    let found = courses(&world, &course(&steps, &client, &[])).expect("a place");
    let dates: Vec<Date> = found[0].visits.iter().map(|v| v.date).collect();
    // 4 and 5 January are free, but 14 to 19 January are not.
    assert_eq!(dates, [date(2027, 1, 6), date(2027, 1, 20)]);
    // The healed photos of the first session can be reviewed after 28 days at the soonest.
    let late = Step { gap_max_days: 40, lead_days: 28, ..step };
    let found = courses(&world, &course(&[step, late], &client, &[])).expect("a place");
    assert_eq!(found[0].visits[1].date, date(2027, 2, 1));
    let never = Step { lead_days: 28, ..step };
    assert!(matches!(
        courses(&world, &course(&[step, never], &client, &[])),
        Err(CourseError::Gap { step: 1, .. })
    ));
}

/// The error names the step and the shortest gap that would do.
#[test]
fn a_course_without_a_place_says_what_would_give_it_one() {
    let mut world = one_studio("UTC", date(2027, 1, 1), 365, (540, 1020), 1);
    let hour = service(60, [0]);
    let step = Step { service: &hour, gap_min_days: 10, gap_max_days: 14, lead_days: 0 };
    // Free on 4 January only, then from 1 February on.
    world.people[0].busy.set_touched(&Span::of_minutes(at("2027-01-05T00:00:00Z"), 27 * 1440));
    let client = ClientDays { dates: vec![date(2027, 2, 1)], ..ClientDays::default() };
    let steps = [step, step];
    let q = CourseQuestion { to: date(2027, 2, 3), ..course(&steps, &client, &[]) };
    let Err(CourseError::NoPlace { step, first, last, relax }) = courses(&world, &q) else {
        panic!("a place")
    };
    assert_eq!((step, first, last), (1, date(2027, 1, 14), date(2027, 2, 3)));
    assert_eq!(relax, [Relax::GapMax(29), Relax::Until(date(2027, 2, 17))]);
}

/// Visits on two days in a row must not meet over midnight with their buffers.
#[test]
fn buffers_of_two_days_in_a_row_do_not_meet_over_midnight() {
    let world = one_studio("UTC", date(2027, 1, 1), 60, (0, 1440), 1);
    let hour = Service { before_min: 20, after_min: 10, ..service(60, [0]) };
    // The client has two hours around one midnight.
    let busy = vec![
        Span::of_minutes(at("2027-01-01T00:00:00Z"), 9 * 1440 + 23 * 60),
        Span::of_minutes(at("2027-01-11T01:00:00Z"), 60 * 1440),
    ];
    let client = ClientDays { busy, ..ClientDays::default() };
    let step = Step { service: &hour, gap_min_days: 1, gap_max_days: 1, lead_days: 0 };
    let until = |steps: &[Step]| {
        courses(&world, &CourseQuestion { to: date(2027, 2, 20), ..course(steps, &client, &[]) })
    };
    let found = until(&[step, step]);
    assert!(matches!(found, Err(CourseError::NoPlace { step: 1, .. })), "{found:?}");
    assert!(until(&[step]).is_ok());
    let bare = Service { before_min: 0, after_min: 0, ..hour.clone() };
    let step = Step { service: &bare, ..step };
    assert!(until(&[step, step]).is_ok(), "without buffers one can end as the other begins");
}

/// Moving the second of four sessions shows which others move, and those that can stay.
#[test]
fn a_move_shows_what_else_moves_before_anything_is_done() {
    let world = one_studio("Europe/Vienna", date(2027, 1, 1), 365, (540, 1020), 1);
    let hour = service(60, [0]);
    let step = Step { service: &hour, gap_min_days: 10, gap_max_days: 21, lead_days: 0 };
    let (steps, client) = ([step; 4], ClientDays::default());
    let q = course(&steps, &client, &[]);
    let standing: Vec<Visit> = courses(&world, &q).expect("a place").remove(0).visits;
    let day = |v: &Visit| v.date.duration_since(date(2027, 1, 4)).as_hours() / 24;
    assert_eq!(standing.iter().map(day).collect::<Vec<_>>(), [0, 10, 20, 30]);
    let to = |days: i64| Move {
        step: 1,
        studio: studio_id(0),
        practitioner: resource(0),
        start: at("2027-01-04T09:00:00Z")
            .saturating_add(jiff::SignedDuration::from_hours(24 * days))
            .expect("in range"),
    };
    // Each gap was the shortest that is allowed, so all after it follow.
    let plan = reflow(&world, &q, &standing, &to(11)).expect("a way");
    assert_eq!(plan.visits.iter().map(day).collect::<Vec<_>>(), [0, 11, 21, 31]);
    assert_eq!(plan.moved.iter().map(|m| m.to.step).collect::<Vec<_>>(), [1, 2, 3]);
    // With slack between them the fourth stays.
    let mut loose = standing.clone();
    for (visit, days) in loose.iter_mut().zip([0, 10, 20, 38]) {
        let by = jiff::SignedDuration::from_hours(24 * (days - day(visit)));
        visit.start = visit.start.saturating_add(by).expect("in range");
        visit.end = visit.end.saturating_add(by).expect("in range");
        visit.date = plus_days(date(2027, 1, 4), days);
        visit.end_date = visit.date;
    }
    let plan = reflow(&world, &q, &loose, &to(14)).expect("a way");
    assert_eq!(plan.visits.iter().map(day).collect::<Vec<_>>(), [0, 14, 24, 38]);
    assert_eq!(plan.moved.iter().map(|m| m.to.step).collect::<Vec<_>>(), [1, 2]);
    let broken = reflow(&world, &q, &standing, &to(25));
    let gap = CourseError::MoveGap { step: 1, found_days: 25, min_days: 10, max_days: 21 };
    assert_eq!(broken, Err(gap));
}
