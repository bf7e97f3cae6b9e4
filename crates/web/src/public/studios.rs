//! The list of studios with its map and the search for the nearest, and the page of each.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::map::{self, Map};
use super::nearest::{self, Found};
use super::results::{self, Picture};
use super::view::{Public, Studio};
use crate::App;
use crate::booking::steps;
use crate::extract::Query;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};

/// What the list is asked for. Unknown parameters are ignored: links from elsewhere carry some of their own.
#[derive(Deserialize)]
pub struct Asked {
    /// A place or coordinates, as typed.
    #[serde(default)]
    near: String,
    /// How studios near a place are sorted ([`nearest::SORTS`]).
    #[serde(default)]
    sort: String,
    /// Slugs of the studios to show, with commas.
    #[serde(default)]
    only: String,
}

#[derive(askama::Template)]
#[template(path = "studios.html")]
struct List<'a> {
    frame: Frame,
    /// What was typed.
    near: &'a str,
    /// Nearest first, when a place was found.
    found: Option<Found<'a>>,
    /// Whether a place was typed that is not known.
    unknown: bool,
    countries: Vec<(&'a str, Vec<&'a Studio>)>,
    shown: usize,
    total: usize,
    map: Option<Map>,
}

/// `/studios`
pub async fn list(State(app): State<App>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let public = app.public();
    let near: String = asked.near.trim().chars().take(100).collect();
    let found = nearest::asked(&app, &near, &public.studios, &asked.sort);
    let only: Vec<&str> = asked.only.split(',').filter(|slug| !slug.is_empty()).collect();
    let chosen = Public {
        studios: public
            .studios
            .iter()
            .filter(|s| only.is_empty() || only.contains(&s.slug.as_str()))
            .cloned()
            .collect(),
        ..Public::default()
    };
    let on_map: Vec<&Studio> = match &found {
        Some(found) => found.studios.iter().take(3).map(|near| near.studio).collect(),
        None => chosen.studios.iter().collect(),
    };
    let mut frame = Frame::new(&app, "/studios", "Studios")
        .description(&format!("All studios of {}, with hours, practitioners and prices.", public.name))
        .script(crate::assets::NEAR_JS);
    if !near.is_empty() || !only.is_empty() {
        frame = frame.hidden();
    }
    let page = List {
        frame,
        unknown: !near.is_empty() && found.is_none(),
        countries: chosen.countries(),
        shown: chosen.studios.len(),
        total: public.studios.len(),
        map: map::map(&on_map),
        near: &near,
        found,
    };
    if near.is_empty() { page::public(&page) } else { page::private(&page) }
}

#[derive(askama::Template)]
#[template(path = "studio.html")]
struct One<'a> {
    frame: Frame,
    studio: &'a Studio,
    results: Vec<Vec<Picture>>,
    map: Option<Map>,
    /// Services that anybody can book, by id.
    bookable: Vec<String>,
}

/// `/studios/{slug}`
pub async fn one(State(app): State<App>, Path(slug): Path<String>) -> Result<Response, Problem> {
    let public: Arc<Public> = app.public();
    let studio = public.studio(&slug).ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
    let path = format!("/studios/{slug}");
    let title = format!("{}, {}", studio.name, studio.address.locality);
    let frame = Frame::new(&app, &path, &title);
    let data = schema_org(studio, &public.name, frame.canonical.as_deref());
    let frame = frame.description(&studio.about).json_ld(&data);
    let results = results::of_studio(&app, &slug).await?;
    let withdrawable = !results.is_empty();
    let page = One { frame, studio, results, map: map::map(&[studio]), bookable: bookable(&app, studio) };
    // What a client may withdraw is asked for anew each time.
    if withdrawable { page::private(&page) } else { page::public(&page) }
}

/// The services of a studio that anybody can book: those for which nothing must be done first.
fn bookable(app: &App, studio: &Studio) -> Vec<String> {
    let Ok(office) = app.office() else { return Vec::new() };
    let (practice, now) = (office.practice(), crate::office::now());
    let Some(place) = practice.studio_named(&studio.slug) else { return Vec::new() };
    let services = steps::services_of(&practice, place.id).into_iter();
    let open = services.filter(|s| steps::first_needed(&practice, s, steps::next_week(now), now).is_empty());
    open.map(|s| s.id.to_string()).collect()
}

/// The studio for search engines: schema.org `HealthAndBeautyBusiness` with hours, place and offers.
fn schema_org(studio: &Studio, chain: &str, url: Option<&str>) -> serde_json::Value {
    let hours: Vec<serde_json::Value> = studio
        .hours
        .iter()
        .zip(super::view::DAYS)
        .flat_map(|(stretches, day)| {
            stretches.iter().map(move |stretch| {
                serde_json::json!({
                    "@type": "OpeningHoursSpecification", "dayOfWeek": format!("https://schema.org/{day}"),
                    "opens": super::view::clock(stretch.from_min), "closes": super::view::clock(stretch.to_min),
                })
            })
        })
        .collect();
    let offers: Vec<serde_json::Value> = studio
        .services
        .iter()
        .map(|service| {
            let decimals = super::view::decimals(&service.currency);
            let price = super::view::amount(service.price_minor, decimals).replace(',', "");
            serde_json::json!({
                "@type": "Offer", "priceCurrency": service.currency, "price": price,
                "itemOffered": {"@type": "Service", "name": service.name, "description": service.about},
            })
        })
        .collect();
    let mut data = serde_json::json!({
        "@context": "https://schema.org", "@type": "HealthAndBeautyBusiness",
        "name": format!("{chain} {}", studio.name), "description": studio.about,
        "telephone": studio.phone, "email": studio.email,
        "address": {
            "@type": "PostalAddress", "streetAddress": studio.address.street,
            "postalCode": studio.address.postal_code, "addressLocality": studio.address.locality,
            "addressCountry": studio.address.country,
        },
        "geo": {"@type": "GeoCoordinates", "latitude": studio.latitude_deg, "longitude": studio.longitude_deg},
        "openingHoursSpecification": hours,
        "makesOffer": offers,
        "parentOrganization": {"@type": "Organization", "name": chain},
    });
    if let Some(url) = url {
        data["url"] = url.into();
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_engines_read_hours_and_prices_as_numbers() {
        let studio = crate::api::studios::example();
        let data = schema_org(&studio, "Chain", None);
        let stretches: usize = studio.hours.iter().map(Vec::len).sum();
        assert_eq!(data["openingHoursSpecification"].as_array().map(Vec::len), Some(stretches));
        for offer in data["makesOffer"].as_array().expect("offers") {
            let price = offer["price"].as_str().expect("a price");
            assert!(price.parse::<f64>().is_ok(), "{price}");
        }
    }
}
