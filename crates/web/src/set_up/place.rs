//! The town of a studio: found in the list that comes with the program, so that its position need not be typed.

use axum::extract::{Path, State};
use axum::response::Response;
use hairline_studio::place::{self, Match, Position};

use super::{Search, checked};
use crate::App;
use crate::page;
use crate::problem::Problem;
use crate::public::nearest::{name, places};

/// Towns offered.
const OFFERED: usize = 6;

/// A town to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// `latitude,longitude,country`: what the form sends.
    pub value: String,
    /// The town with its region and country.
    pub label: String,
}

/// Where a studio is.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// Position.
    pub position: Position,
    /// Country: ISO 3166-1 alpha-2.
    pub country: String,
}

#[derive(askama::Template)]
#[template(path = "set_up_places.html")]
struct Found {
    choices: Vec<Choice>,
    chosen: String,
    typed: String,
}

/// `GET /set-up/{token}/places`: towns of a name, as part of the page.
pub async fn find(
    State(app): State<App>,
    Path(token): Path<String>,
    asked: Search,
) -> Result<Response, Problem> {
    checked(&app, &token)?;
    let typed: String = asked.0.town.chars().take(100).collect();
    let choices = called(&typed);
    let chosen = choices.first().map(|c| c.value.clone()).unwrap_or_default();
    page::private(&Found { choices, chosen, typed })
}

/// Towns that what was typed may mean, the likeliest first.
pub fn called(typed: &str) -> Vec<Choice> {
    let found = places().find(typed, OFFERED);
    found.iter().map(|f| Choice { value: value(&f.place), label: name(&f.place) }).collect()
}

fn value(place: &place::Place<'_>) -> String {
    let at = place.position;
    format!("{:.4},{:.4},{}", at.lat_deg(), at.lon_deg(), place.country_code)
}

/// The spot of a choice that was sent.
pub fn chosen(value: &str) -> Option<Spot> {
    let mut parts = value.split(',');
    let lat_deg = parts.next()?.trim().parse().ok()?;
    let lon_deg = parts.next()?.trim().parse().ok()?;
    let country = parts.next()?.trim().to_ascii_uppercase();
    let two = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
    let spot = Spot { position: Position::new(lat_deg, lon_deg).ok()?, country };
    (two && parts.next().is_none()).then_some(spot)
}

/// The one town that is called so, where only one is, or one is by far the largest (ten times the next, assumption).
pub fn only(typed: &str) -> Option<Spot> {
    let found = places().find(typed, 2);
    let first = found.first().filter(|f| f.fits == Match::Whole)?.place;
    let clear = found
        .get(1)
        .is_none_or(|other| other.fits != Match::Whole || first.population / 10 >= other.place.population);
    clear.then(|| Spot { position: first.position, country: first.country_code.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_town_that_is_offered_can_be_chosen() {
        let porto = called("Porto");
        let spot = chosen(&porto[0].value).expect("what is offered is read");
        assert_eq!(spot.country, "PT");
        assert!((spot.position.lat_deg() - 41.15).abs() < 0.05, "{spot:?}");
        for bad in ["", "41,8", "91,0,PT", "41,8,Portugal", "41,8,PT,x", "a,b,PT"] {
            assert_eq!(chosen(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_name_of_several_towns_is_asked_back() {
        assert_eq!(only("Lisbon").map(|s| s.country), Some("PT".to_owned()));
        assert_eq!(only("Springfield"), None);
        assert!(called("Springfield").len() > 2);
        assert_eq!(only("qqqqxqqq"), None);
    }
}
