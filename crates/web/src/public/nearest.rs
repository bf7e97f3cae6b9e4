//! The nearest studios to a place that was typed: a town anywhere, coordinates, or the postal code of a studio. The list of
//! towns comes with the program, so nobody else learns what was typed.

use std::sync::OnceLock;

use hairline_studio::place::{self, Places, Position, fold};

use super::view::Studio;

/// A place with the studios around it.
pub struct Found<'a> {
    /// What the place is called.
    pub place: String,
    /// Nearest first, with the great-circle distance in km.
    pub studios: Vec<(&'a Studio, f64)>,
    /// Other towns that may have been meant.
    pub others: Vec<String>,
}

/// Studios shown around a place.
const SHOWN: usize = 10;

/// The list of towns, read when the first person asks.
pub fn places() -> &'static Places {
    static PLACES: OnceLock<Places> = OnceLock::new();
    PLACES.get_or_init(Places::bundled)
}

/// The studios around what was typed; `None` when it is no known place.
pub fn search<'a>(typed: &str, studios: &'a [Studio]) -> Option<Found<'a>> {
    let (place, position, others) = locate(typed, studios)?;
    let mut sorted: Vec<(&Studio, f64)> =
        studios.iter().filter_map(|s| Some((s, at(s)?.distance_km(&position)))).collect();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    sorted.truncate(SHOWN);
    Some(Found { place, studios: sorted, others })
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
            let found = search(typed, &chain).unwrap_or_else(|| panic!("{typed} is known"));
            assert_eq!(found.studios[0].0.slug, slug, "{typed} as {}", found.place);
        }
    }

    #[test]
    fn another_town_of_the_name_is_offered_so_that_it_can_be_chosen() {
        let chain = chain();
        let found = search("Birmingham", &chain).expect("a town");
        let other = found.others.iter().find(|o| o.contains("United States")).expect("the one in Alabama");
        let again = search(other, &chain).expect("what is offered is known");
        assert_eq!(&again.place, other);
    }

    #[test]
    fn nonsense_is_no_place() {
        assert!(search("qqqqxqqq", &chain()).is_none());
        assert!(search("95, 300", &chain()).is_none());
    }
}
