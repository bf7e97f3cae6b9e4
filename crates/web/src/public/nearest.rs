//! The nearest studios to a place that was typed: coordinates, or a town, postal code or country of a studio.

use super::view::Studio;

/// A place with the studios around it.
pub struct Found<'a> {
    /// What the place is called.
    pub place: String,
    /// Nearest first, with the distance in km.
    pub studios: Vec<(&'a Studio, f64)>,
}

/// Mean radius of the earth, km (IUGG 1980: (2a + b) / 3).
const EARTH_RADIUS_KM: f64 = 6371.0088;

/// The studios around what was typed; `None` when it is no known place.
pub fn search<'a>(typed: &str, studios: &'a [Studio]) -> Option<Found<'a>> {
    let (place, latitude_deg, longitude_deg) = match coordinates(typed) {
        Some((latitude_deg, longitude_deg)) => ("your position".to_owned(), latitude_deg, longitude_deg),
        None => {
            let typed = typed.to_lowercase();
            let fits = |field: &str| field.to_lowercase() == typed;
            let at = studios.iter().find(|s| {
                let a = &s.address;
                [&a.locality, &a.postal_code, &a.country_name, &a.country, &s.name].iter().any(|f| fits(f))
            })?;
            (at.address.locality.clone(), at.latitude_deg, at.longitude_deg)
        }
    };
    let mut sorted: Vec<(&Studio, f64)> = studios
        .iter()
        .map(|s| (s, distance_km((latitude_deg, longitude_deg), (s.latitude_deg, s.longitude_deg))))
        .collect();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    Some(Found { place, studios: sorted })
}

/// Two numbers with a comma or space between them, degrees north and east.
fn coordinates(typed: &str) -> Option<(f64, f64)> {
    let mut numbers = typed.split([',', ' ']).filter(|part| !part.is_empty()).map(str::parse::<f64>);
    let (latitude_deg, longitude_deg) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    let fits = latitude_deg.abs() <= 90.0 && longitude_deg.abs() <= 180.0 && numbers.next().is_none();
    fits.then_some((latitude_deg, longitude_deg))
}

/// Great-circle distance between two places in degrees, by the haversine formula.
fn distance_km(a: (f64, f64), b: (f64, f64)) -> f64 {
    let half = |x: f64| libm::sin(x.to_radians() / 2.0);
    let (north, east) = (half(b.0 - a.0), half(b.1 - a.1));
    let h = north * north + libm::cos(a.0.to_radians()) * libm::cos(b.0.to_radians()) * east * east;
    2.0 * EARTH_RADIUS_KM * libm::asin(h.min(1.0).sqrt())
}
