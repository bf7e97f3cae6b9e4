//! The nearest studios to a place that was typed: a town anywhere, coordinates, or the postal code of a studio. The list of
//! towns comes with the program, so nobody else learns what was typed.

use std::sync::OnceLock;

use hairline_studio::ids::{ServiceId, StudioId};
use hairline_studio::nearest::{self, Studios, Weights};
use hairline_studio::place::{self, Places, Position, fold};
use hairline_studio::practice::Service;
use hairline_studio::search::{self, Question, Who};
use hairline_studio::zone::{local_date, plus_days, zone};
use jiff::Timestamp;
use uuid::Uuid;

use super::view::Studio;
use crate::App;
use crate::booking::steps;
use crate::office::now;

/// A place with the studios around it.
pub struct Found<'a> {
    /// What the place is called.
    pub place: String,
    /// The studios, the best first.
    pub studios: Vec<Near<'a>>,
    /// Other towns that may have been meant.
    pub others: Vec<String>,
    /// How they are sorted.
    pub sort: Sort,
}

/// A studio near a place.
pub struct Near<'a> {
    /// Which.
    pub studio: &'a Studio,
    /// Great-circle distance, km.
    pub km: f64,
    /// The first free time that anybody can book.
    pub first: Option<First>,
}

/// A free time of a studio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First {
    /// When it begins.
    pub start: Timestamp,
    /// What for, by id.
    pub service: ServiceId,
    /// The local day.
    pub day: String,
    /// As people say it: day, time, what for.
    pub said: String,
}

/// How studios are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Near and soon, weighed against each other ([`Weights::default`]).
    #[default]
    Mixed,
    /// By distance.
    Near,
    /// By the first free time.
    Soon,
}

/// The choices: what stands in addresses, what is read.
pub const SORTS: [(&str, &str, Sort); 3] = [
    ("both", "Near and soon", Sort::Mixed),
    ("near", "Nearest", Sort::Near),
    ("soon", "Soonest", Sort::Soon),
];

impl Sort {
    /// The choice of an address.
    pub fn read(text: &str) -> Sort {
        SORTS.iter().find(|s| s.0 == text).map(|s| s.2).unwrap_or_default()
    }

    fn weights(self) -> Weights {
        let everywhere = Weights { farthest_km: f64::INFINITY, ..Weights::default() };
        match self {
            Sort::Mixed => everywhere,
            Sort::Near => Weights { waiting_min_per_day: 0.0, ..everywhere },
            Sort::Soon => Weights { travel_min_per_km: 0.0, ..everywhere },
        }
    }
}

impl Near<'_> {
    /// The distance as people say it.
    pub fn distance(&self) -> String {
        match self.km {
            km if km < 1.0 => "less than 1 km in a straight line".to_owned(),
            km => format!("about {} km in a straight line", km.round()),
        }
    }
}

/// Studios shown around a place.
const SHOWN: usize = 10;

/// The list of towns, read when the first person asks.
pub fn places() -> &'static Places {
    static PLACES: OnceLock<Places> = OnceLock::new();
    PLACES.get_or_init(Places::bundled)
}

/// The studios around what was typed; `None` when it is no known place. `first`: the first free time of a studio.
pub fn search<'a>(
    typed: &str,
    studios: &'a [Studio],
    sort: Sort,
    now: Timestamp,
    first: impl Fn(&Studio) -> Option<First>,
) -> Option<Found<'a>> {
    let (place, position, others) = locate(typed, studios)?;
    let number = |n: usize| StudioId(Uuid::from_u128(n as u128));
    let positions = studios.iter().enumerate().filter_map(|(n, s)| Some((number(n), at(s)?)));
    let index = Studios::new(positions);
    let of = |id: StudioId| usize::try_from(id.0.as_u128()).ok().and_then(|n| studios.get(n));
    let free = |id| Some(first(of(id)?)?.start.as_microsecond());
    let found = index.nearest(&position, SHOWN, &sort.weights(), now.as_microsecond(), free);
    let near = |near: nearest::Near| {
        let studio = of(near.studio)?;
        Some(Near { studio, km: near.distance_km, first: first(studio) })
    };
    Some(Found { place, studios: found.into_iter().filter_map(near).collect(), others, sort })
}

/// The studios around what a visitor typed, sorted as they chose; nothing where nothing was typed, or no known place.
pub fn asked<'a>(app: &App, typed: &str, studios: &'a [Studio], sort: &str) -> Option<Found<'a>> {
    if typed.is_empty() {
        return None;
    }
    search(typed, studios, Sort::read(sort), now(), |studio| first_free(app, studio))
}

/// The first free time of a studio that anybody can book, by the board: of the services for which nothing must be done
/// first.
pub fn first_free(app: &App, studio: &Studio) -> Option<First> {
    let office = app.office().ok()?;
    let shown = office.live().shown();
    let (practice, now) = (&shown.practice, now());
    let place = practice.studio_named(&studio.slug)?;
    let tz = zone(&place.zone).ok()?;
    let today = local_date(&tz, now);
    let open = |s: &&Service| steps::first_needed(practice, s, steps::next_week(now), now).is_empty();
    let mut best: Option<First> = None;
    for service in steps::services_of(practice, place.id).into_iter().filter(open) {
        let asked = shown.board.service(practice, service.id)?;
        let to = plus_days(today, i64::from(service.horizon_days));
        let question =
            Question { service: &asked, who: Who::Studio(place.id), from: today, to, now, own: &[] };
        // What cannot be answered is not free.
        let offers = search::search(shown.board.world(), &question).unwrap_or_default();
        let start = offers.iter().filter_map(|o| o.starts.iter().next()).min().and_then(search::instant_of);
        let Some(start) = start.filter(|at| best.as_ref().is_none_or(|b| *at < b.start)) else { continue };
        let wall = tz.to_datetime(start);
        let said = format!("{}, {}", wall.strftime("%A %-d %B, %H:%M"), service.name.to_lowercase());
        best = Some(First { start, service: service.id, day: wall.date().to_string(), said });
    }
    best
}

fn at(studio: &Studio) -> Option<Position> {
    Position::new(studio.latitude_deg, studio.longitude_deg).ok()
}

fn locate(typed: &str, studios: &[Studio]) -> Option<(String, Position, Vec<String>)> {
    if let Some(position) = place::coordinates(typed) {
        return Some(("this position".to_owned(), position.ok()?, Vec::new()));
    }
    let same = |field: &str| fold(field) == fold(typed);
    if let Some(studio) = studios.iter().find(|s| same(&s.address.postal_code) || same(&s.name)) {
        return Some((studio.name.clone(), at(studio)?, Vec::new()));
    }
    let found = places().find(typed, 4);
    let (best, rest) = found.split_first()?;
    Some((name(&best.place), best.place.position, rest.iter().map(|other| name(&other.place)).collect()))
}

/// A town as it can be typed again.
pub fn name(town: &place::Place<'_>) -> String {
    let parts = [town.name, town.region, town.country];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Vec<Studio> {
        let text = include_str!("../../tests/chain.json");
        serde_json::from_str::<super::super::view::Public>(text).expect("the fixture is a chain").studios
    }

    fn plain<'a>(typed: &str, chain: &'a [Studio]) -> Option<Found<'a>> {
        search(typed, chain, Sort::Mixed, Timestamp::UNIX_EPOCH, |_| None)
    }

    #[test]
    fn near_and_soon_are_weighed_and_can_be_chosen() {
        let chain = chain();
        let day = |n: i64| Timestamp::from_second(n * 86_400).expect("in range");
        // Everybody is free tomorrow; the nearest one only in 50 days.
        let first = |nearest: &str, studio: &Studio| {
            let start = if studio.slug == nearest { day(50) } else { day(1) };
            let service = ServiceId(Uuid::nil());
            Some(First { start, service, day: String::new(), said: String::new() })
        };
        let order = |sort| {
            let found = search("Leeds", &chain, sort, day(0), |s| first("manchester-ancoats", s));
            let found = found.expect("a town").studios;
            assert!(found.iter().all(|near| near.first.is_some()));
            found.iter().map(|near| (near.studio.slug.clone(), near.km)).collect::<Vec<_>>()
        };
        assert_eq!(order(Sort::Near)[0].0, "manchester-ancoats");
        assert!(order(Sort::Near).windows(2).all(|w| w[0].1 <= w[1].1));
        // 50 days of waiting are worth 250 minutes: 96 km farther by the default weights.
        let mixed = order(Sort::Mixed);
        let (near, far) = (mixed.iter().find(|n| n.0 == "manchester-ancoats"), &mixed[0]);
        let weights = Weights::default();
        let cost = |km, days| weights.cost_min(km, Some(days));
        assert!(near.is_none_or(|near| cost(far.1, 1.0) <= cost(near.1, 50.0)), "{mixed:?}");
        assert_ne!(order(Sort::Soon)[0].0, "manchester-ancoats");
    }

    #[test]
    fn a_town_without_a_studio_finds_the_next() {
        let chain = chain();
        for (typed, slug) in [
            ("Leeds", "manchester-ancoats"),
            ("Munich, Germany", "berlin-mitte"),
            ("newcastle, australia", "sydney-surry-hills"),
            ("38.7, -9.1", "lisbon-chiado"),
            ("M4M 1H0", "toronto-leslieville"),
        ] {
            let found = plain(typed, &chain).unwrap_or_else(|| panic!("{typed} is known"));
            assert_eq!(found.studios[0].studio.slug, slug, "{typed} as {}", found.place);
        }
    }

    #[test]
    fn another_town_of_the_name_is_offered_so_that_it_can_be_chosen() {
        let chain = chain();
        let found = plain("Birmingham", &chain).expect("a town");
        let other = found.others.iter().find(|o| o.contains("United States")).expect("the one in Alabama");
        let again = plain(other, &chain).expect("what is offered is known");
        assert_eq!(&again.place, other);
    }

    #[test]
    fn nonsense_is_no_place() {
        assert!(plain("qqqqxqqq", &chain()).is_none());
        assert!(plain("95, 300", &chain()).is_none());
    }
}
