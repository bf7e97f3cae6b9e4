//! Positions, and how people write them.

use serde::{Deserialize, Serialize};

use super::PlaceError;

/// A position on the earth, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Position {
    lat_deg: f64,
    lon_deg: f64,
}

/// What a position looks like in files.
#[derive(Serialize, Deserialize)]
struct Raw {
    lat_deg: f64,
    lon_deg: f64,
}

impl TryFrom<Raw> for Position {
    type Error = PlaceError;
    fn try_from(raw: Raw) -> Result<Position, PlaceError> {
        Position::new(raw.lat_deg, raw.lon_deg)
    }
}

impl From<Position> for Raw {
    fn from(p: Position) -> Raw {
        Raw { lat_deg: p.lat_deg, lon_deg: p.lon_deg }
    }
}

/// Mean radius of the earth, km: (2a + b) / 3 of WGS 84 (Moritz 2000, Geodetic Reference System 1980, J. Geodesy 74, R1).
pub const EARTH_RADIUS_KM: f64 = 6_371.008_8;

impl Position {
    /// A position from degrees: latitude -90..90 (north positive), longitude -180..180 (east positive).
    pub fn new(lat_deg: f64, lon_deg: f64) -> Result<Position, PlaceError> {
        if !(-90.0..=90.0).contains(&lat_deg) {
            return Err(PlaceError::Latitude { found_deg: lat_deg });
        }
        if !(-180.0..=180.0).contains(&lon_deg) {
            return Err(PlaceError::Longitude { found_deg: lon_deg });
        }
        Ok(Position { lat_deg, lon_deg })
    }

    /// Latitude, degrees, north positive.
    pub fn lat_deg(&self) -> f64 {
        self.lat_deg
    }

    /// Longitude, degrees, east positive.
    pub fn lon_deg(&self) -> f64 {
        self.lon_deg
    }

    /// The point on the unit sphere: x towards 0 N 0 E, y towards 0 N 90 E, z to the north pole.
    pub fn on_sphere(&self) -> [f64; 3] {
        let (sin_lat, cos_lat) = libm::sincos(self.lat_deg.to_radians());
        let (sin_lon, cos_lon) = libm::sincos(self.lon_deg.to_radians());
        [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
    }

    /// Great-circle distance on the mean sphere, km; within 0.6 % of the distance on the ellipsoid.
    pub fn distance_km(&self, other: &Position) -> f64 {
        let (a, b) = (self.on_sphere(), other.on_sphere());
        let squares = a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b));
        distance_of_chord_km(squares.sum())
    }
}

/// Great-circle distance, km, from the square of the straight distance between two points of the unit sphere.
pub(crate) fn distance_of_chord_km(chord_squared: f64) -> f64 {
    let half_chord = chord_squared.max(0.0).sqrt() / 2.0;
    2.0 * EARTH_RADIUS_KM * libm::asin(half_chord.min(1.0))
}

/// Reads a position as people write it; `None` if the text is no position at all.
///
/// `51.5, -0.12`; `51.5 -0.12`; `51,5; -0,12`; `51.5N 0.12W`; `51°30'26"N 0°7'39"W`; `51 30 26 N, 0 7 39 W`;
/// `geo:51.5,-0.12` (RFC 5870). Latitude first, unless letters say otherwise.
pub fn coordinates(typed: &str) -> Option<Result<Position, PlaceError>> {
    let text = typed.trim().to_uppercase();
    let text =
        text.strip_prefix("GEO:").map_or(text.as_str(), |rest| rest.split([';', '?']).next().unwrap_or(rest));
    // A comma between digits is a decimal point where a semicolon or a space separates the two numbers.
    let decimal_commas = text.matches(',').count() == 2 || (text.contains(',') && text.contains(';'));
    let text = if decimal_commas { text.replace(',', ".") } else { text.to_owned() };
    let parts = parts(&text)?;
    let halves = halves(&parts)?;
    let mut angles = [angle(halves.0)?, angle(halves.1)?];
    if matches!(angles[0].1, Some('E' | 'W')) && !matches!(angles[1].1, Some('E' | 'W')) {
        angles.swap(0, 1);
    }
    let fits = matches!(angles[0].1, None | Some('N' | 'S')) && matches!(angles[1].1, None | Some('E' | 'W'));
    fits.then(|| Position::new(angles[0].0, angles[1].0))
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Number(f64),
    Side(char),
    Comma,
}

/// Numbers, sides of the world and commas; signs of degrees, minutes and seconds separate like spaces.
fn parts(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '−');
        match c {
            'N' | 'S' | 'E' | 'W' => parts.push(Part::Side(c)),
            // German and French say O for east and west in turn, so that it tells nothing: no letter, no guess.
            ',' | ';' | '/' => parts.push(Part::Comma),
            _ if c.is_whitespace() || matches!(c, '°' | 'º' | '\'' | '′' | '’' | '"' | '″' | '”') =>
                {}
            _ if number(c) => {
                let end = rest.find(|c| !number(c)).unwrap_or(rest.len());
                parts.push(Part::Number(rest[..end].replace('−', "-").parse().ok()?));
                rest = &rest[end..];
                continue;
            }
            _ => return None,
        }
        rest = &rest[c.len_utf8()..];
    }
    Some(parts)
}

/// The two angles: parted by the comma, else after the first side of the world, else in the middle.
fn halves(parts: &[Part]) -> Option<(&[Part], &[Part])> {
    let without_end = parts.strip_suffix(&[Part::Comma]).unwrap_or(parts);
    if let Some(at) = without_end.iter().position(|p| *p == Part::Comma) {
        return Some((&without_end[..at], &without_end[at + 1..]));
    }
    let side = without_end.iter().position(|p| matches!(p, Part::Side(_)));
    match side {
        // The letter stands before its number.
        Some(0) => {
            let second = 1 + without_end[1..].iter().position(|p| matches!(p, Part::Side(_)))?;
            Some(without_end.split_at(second))
        }
        Some(at) => Some(without_end.split_at(at + 1)),
        None if without_end.len().is_multiple_of(2) => Some(without_end.split_at(without_end.len() / 2)),
        None => None,
    }
}

/// Degrees, then minutes and seconds below 60, with at most one side of the world before or after.
fn angle(parts: &[Part]) -> Option<(f64, Option<char>)> {
    let (side, numbers) = match parts {
        [Part::Side(side), rest @ ..] | [rest @ .., Part::Side(side)] => (Some(*side), rest),
        _ => (None, parts),
    };
    let numbers: Option<Vec<f64>> =
        numbers.iter().map(|p| if let Part::Number(n) = p { Some(*n) } else { None }).collect();
    let numbers = numbers.filter(|n| (1..=3).contains(&n.len()))?;
    let small = |n: &f64| (0.0..60.0).contains(n);
    if !numbers[1..].iter().all(small) || (side.is_some() && numbers[0] < 0.0) {
        return None;
    }
    let minutes = numbers.get(1).copied().unwrap_or(0.0) + numbers.get(2).copied().unwrap_or(0.0) / 60.0;
    let size = numbers[0].abs() + minutes / 60.0;
    let negative = numbers[0].is_sign_negative() || matches!(side, Some('S' | 'W'));
    Some((if negative { -size } else { size }, side))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(typed: &str) -> Option<(f64, f64)> {
        let position = coordinates(typed)?.ok()?;
        Some((position.lat_deg(), position.lon_deg()))
    }

    #[test]
    fn the_ways_people_write_a_position() {
        for typed in [
            "51.5, -0.12",
            "51.5 -0.12",
            "51.5,-0.12",
            "+51.5; -0.12",
            "51,5; -0,12",
            "51,5 -0,12",
            "51.5N 0.12W",
            "51.5° N, 0.12° W",
            "N 51.5 W 0.12",
            "0.12W, 51.5N",
            "51°30'N 0°7'12\"W",
            "51 30 0 N, 0 7 12 W",
            "51° 30′ 00″ N 0° 7′ 12″ W",
            "51 30 0, -0 7 12",
            "geo:51.5,-0.12",
            "geo:51.5,-0.12;u=35",
            " 51.5,  −0.12 ",
        ] {
            let (lat, lon) = at(typed).unwrap_or((f64::NAN, f64::NAN));
            assert!((lat - 51.5).abs() < 1e-9 && (lon + 0.12).abs() < 1e-9, "{typed}: {lat} {lon}");
        }
    }

    #[test]
    fn what_is_no_position() {
        for typed in [
            "",
            "London",
            "51.5",
            "12 34 56",
            "1, 2, 3",
            "51.5N 0.12N",
            "51 61 0 N, 0 7 0 W",
            "E10 7AB",
            "5.1.2, 3",
            "-5 S, 3 E",
            "N",
            "SE",
        ] {
            assert!(coordinates(typed).is_none(), "{typed}: {:?}", coordinates(typed));
        }
        assert_eq!(coordinates("91, 0"), Some(Err(PlaceError::Latitude { found_deg: 91.0 })));
        assert_eq!(coordinates("0, 180.5"), Some(Err(PlaceError::Longitude { found_deg: 180.5 })));
    }

    #[test]
    fn published_distances() {
        // Rosetta Code, "Haversine formula": Nashville to Los Angeles airports, 2886.44444283799 km on a sphere of 6371.0 km.
        let published_km = 2_886.444_442_837_99 * EARTH_RADIUS_KM / 6_371.0;
        let bna = Position { lat_deg: 36.12, lon_deg: -86.67 };
        let lax = Position { lat_deg: 33.94, lon_deg: -118.40 };
        assert!((bna.distance_km(&lax) - published_km).abs() < 1e-8, "{}", bna.distance_km(&lax));
        // Ed Williams, Aviation Formulary: Los Angeles 33 57 N 118 24 W to New York 40 38 N 73 47 W, 0.623585 radians.
        let lax = coordinates("33 57 N, 118 24 W").and_then(Result::ok);
        let jfk = coordinates("40 38 N, 73 47 W").and_then(Result::ok);
        let radians = lax.zip(jfk).map(|(a, b)| a.distance_km(&b) / EARTH_RADIUS_KM);
        assert!(radians.is_some_and(|r| (r - 0.623_585).abs() < 1e-6), "{radians:?}");
    }

    #[test]
    fn poles_and_the_date_line() {
        let p = |lat_deg, lon_deg| Position { lat_deg, lon_deg };
        let degree_km = EARTH_RADIUS_KM.to_radians();
        assert!((p(0.0, 179.5).distance_km(&p(0.0, -179.5)) - degree_km).abs() < 1e-9);
        assert!(p(0.0, 180.0).distance_km(&p(0.0, -180.0)) < 1e-9);
        assert!(p(90.0, 0.0).distance_km(&p(90.0, 123.0)) < 1e-9, "a pole has any longitude");
        assert!((p(89.0, 0.0).distance_km(&p(89.0, 180.0)) - 2.0 * degree_km).abs() < 1e-9);
        let half = EARTH_RADIUS_KM * std::f64::consts::PI;
        assert!((p(90.0, 0.0).distance_km(&p(-90.0, 50.0)) - half).abs() < 1e-6);
        assert!((p(12.0, 34.0).distance_km(&p(-12.0, -146.0)) - half).abs() < 1e-3);
    }

    proptest! {
        #[test]
        fn decimal_text_reads_back(lat in -90.0f64..=90.0, lon in -180.0f64..=180.0) {
            prop_assert_eq!(at(&format!("{lat}, {lon}")), Some((lat, lon)));
        }

        #[test]
        fn any_text_is_read_without_panic(typed in "[0-9NSEWnsew°'\", .;−+-]{0,25}|\\PC{0,20}") {
            if let Some(Ok(p)) = coordinates(&typed) {
                prop_assert!(p.lat_deg().abs() <= 90.0 && p.lon_deg().abs() <= 180.0);
            }
        }

        #[test]
        fn distances_obey_the_triangle(a in any_position(), b in any_position(), c in any_position()) {
            prop_assert!((a.distance_km(&b) - b.distance_km(&a)).abs() < 1e-9);
            prop_assert!(a.distance_km(&c) <= a.distance_km(&b) + b.distance_km(&c) + 1e-3);
        }
    }

    fn any_position() -> impl Strategy<Value = Position> {
        (-90.0f64..=90.0, -180.0f64..=180.0).prop_map(|(lat_deg, lon_deg)| Position { lat_deg, lon_deg })
    }
}
