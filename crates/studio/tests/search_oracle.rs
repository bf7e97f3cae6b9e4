//! The search against a count of minutes, and the booking against the search.

mod support;

use hairline_studio::search::{
    Ask, Own, Question, Refusal, SearchError, Who, admits, by_day, next_best, search,
};
use hairline_studio::span::MINUTE_US;
use hairline_studio::zone::{local_date, plus_days};
use jiff::Timestamp;
use proptest::prelude::*;
use support::{Spec, Verdict, resource, room_id, services, specs, studio_id, verdict};

/// A booking of the world that is about to be moved: person, first quarter, quarters, minutes, in the first studio.
fn own_of(spec: &Spec, (person, quarter, n, room): (usize, i64, i64, bool)) -> Own {
    let person = person % spec.people.len();
    let span = spec.span(&(15 * quarter..15 * (quarter + n)));
    let mut claims = vec![(resource(person as u128), span)];
    if room && !spec.rooms.is_empty() {
        claims.push((room_id(0), span));
    }
    let start = Timestamp::from_microsecond(span.start_us).expect("in range");
    let date = local_date(&hairline_studio::zone::zone(spec.zones[0]).expect("a zone"), start);
    Own { practitioner: resource(person as u128), claims, date, minutes: (15 * n) as u32 }
}

/// The name that the oracle gives a refusal's rule.
fn rule(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Unanswered(_) => "unanswered",
        Refusal::WrongPractitioner { .. } => "performer",
        Refusal::Past { .. } => "past",
        Refusal::Notice { .. } => "notice",
        Refusal::Horizon { .. } => "horizon",
        Refusal::OffStep { .. } => "step",
        Refusal::TooLate { .. } => "late",
        Refusal::Closed => "closed",
        Refusal::Break => "break",
        Refusal::Taken => "taken",
        Refusal::Cap { .. } => "cap",
        Refusal::NoRoom => "room",
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// cal.com #6217, #6622, #7667, #7687 ("slot shown, then refused"): what the search offers is what a count of minutes
    /// allows, and a booking of any minute of those days is let in exactly there, with exactly those rooms.
    #[test]
    fn what_is_offered_can_be_booked_and_nothing_else(
        spec in specs(),
        service in services(),
        now in prop_oneof![2 => -1500i64..600, 1 => -1500i64..3000],
        (from, to) in (0i64..2, 1i64..3),
        own in prop::option::weighted(0.7, (0usize..3, -40i64..330, 1i64..20, any::<bool>())),
    ) {
        let world = spec.world();
        let own: Vec<Own> = own.map(|o| own_of(&spec, o)).into_iter().collect();
        let now_at = Timestamp::from_microsecond(spec.base_us() + now * MINUTE_US).expect("in range");
        let (from, to) = (plus_days(spec.first, from.min(to)), plus_days(spec.first, from.max(to)));
        let question = Question { service: &service, who: Who::Chain, from, to, now: now_at, own: &own };
        let found = search(&world, &question);
        let found = match found {
            Err(SearchError::NotLoaded { .. }) => return Ok(()), // three days are loaded; tested by itself below
            found => found.expect("an answer"),
        };
        for studio in 0..spec.zones.len() {
            for person in 0..spec.people.len() {
                let offers: Vec<i64> = found
                    .iter()
                    .filter(|o| o.studio == studio && world.studios[studio].posts[o.post].person == person)
                    .flat_map(|o| by_day(&world, o))
                    .flat_map(|(_, starts)| starts)
                    .map(|t| (t.as_microsecond() - spec.base_us()) / MINUTE_US)
                    .collect();
                let mut offers = offers.into_iter().peekable();
                let tz = world.studios[studio].days.zone().clone();
                for start in -900..6000i64 {
                    let at = Timestamp::from_microsecond(spec.base_us() + start * MINUTE_US).expect("in range");
                    let date = local_date(&tz, at);
                    if date < from || to < date {
                        continue;
                    }
                    let offered = offers.next_if_eq(&start).is_some();
                    // Minutes off the quarter say nothing new; one in seven is asked all the same.
                    if start % 15 != 0 && start % 7 != 0 {
                        prop_assert!(!offered);
                        continue;
                    }
                    let Verdict { broken, rooms } = verdict(&spec, &service, studio, person, start, now, &own);
                    prop_assert_eq!(offered, broken.is_empty(), "{} {}: {:?}", at, person, broken);
                    let ask = Ask {
                        service: &service,
                        studio: studio_id(studio as u128),
                        practitioner: resource(person as u128),
                        start: at,
                        now: now_at,
                        own: &own,
                    };
                    match admits(&world, &ask) {
                        Ok(mut held) => {
                            held.sort();
                            prop_assert!(offered && held == rooms, "{} {:?} {:?}", at, held, rooms);
                        }
                        Err(Refusal::Unanswered(e)) => prop_assert!(false, "{}", e),
                        Err(refusal) => {
                            prop_assert!(broken.contains(&rule(&refusal)), "{} {} {:?}", at, refusal, broken);
                        }
                    }
                }
                prop_assert_eq!(offers.next(), None);
            }
        }
    }

    #[test]
    fn the_next_best_times_are_the_nearest_that_can_be_booked(
        spec in specs(),
        service in services(),
        start in 0i64..4000,
        n in 1usize..6,
    ) {
        let world = spec.world();
        let service = hairline_studio::search::Service { horizon_days: 1, ..service };
        let now = Timestamp::from_microsecond(spec.base_us() + 900 * MINUTE_US).expect("in range");
        let start = Timestamp::from_microsecond(spec.base_us() + start * MINUTE_US).expect("in range");
        let ask =
            Ask { service: &service, studio: studio_id(0), practitioner: resource(0), start, now, own: &[] };
        let next = match next_best(&world, &ask, n) {
            Err(SearchError::NotLoaded { .. }) => return Ok(()),
            next => next.expect("an answer"),
        };
        let all = |who| -> Vec<(i64, Timestamp, u128)> {
            let (from, to) = (spec.first, plus_days(spec.first, 2));
            let found = search(&world, &Question { service: &service, who, from, to, now, own: &[] });
            let mut all = Vec::new();
            for offers in found.expect("an answer") {
                let person = world.studios[offers.studio].posts[offers.post].person as u128;
                let starts = by_day(&world, &offers).flat_map(|(_, starts)| starts);
                all.extend(starts.map(|t| ((t.as_microsecond() - start.as_microsecond()).abs(), t, person)));
            }
            all.sort();
            all
        };
        let mut same = all(Who::One(resource(0)));
        same.dedup_by_key(|a| a.1);
        same.truncate(n);
        prop_assert_eq!(next.same.iter().map(|o| o.start).collect::<Vec<_>>(), same.iter().map(|a| a.1).collect::<Vec<_>>());
        let mut others = all(Who::Studio(studio_id(0)));
        others.retain(|a| a.2 != 0);
        others.dedup_by_key(|a| a.1);
        others.truncate(n);
        prop_assert_eq!(next.others.iter().map(|o| o.start).collect::<Vec<_>>(), others.iter().map(|a| a.1).collect::<Vec<_>>());
        for offer in next.same.iter().chain(&next.others) {
            let ask = Ask { studio: offer.studio, practitioner: offer.practitioner, start: offer.start, ..ask };
            prop_assert!(admits(&world, &ask).is_ok());
        }
    }
}
