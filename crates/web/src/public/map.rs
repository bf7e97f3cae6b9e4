//! The map of the studios, drawn here: nobody else learns who looked for what.
//!
//! Mercator's projection in the units of `assets/land.svg` (twentieths of a degree of longitude, made by
//! `data/land.mjs`). Studios nearer than a finger's width are drawn as one circle with their number, which leads to a map
//! of them alone; so it zooms without a script.

use super::view::Studio;

/// Units to a degree of longitude.
const UNIT: f64 = 20.0;
/// Latitude at the top edge of the land's units.
const NORTH_DEG: f64 = 84.0;
/// Size of the drawing. On the narrowest phone (320 px) 640 becomes 288, so that 54 are 24 px.
pub const WIDTH: f64 = 640.0;
/// Height of the drawing.
pub const HEIGHT: f64 = 420.0;
const FINGER: f64 = 54.0;
/// Free space around the outermost studios.
const MARGIN: f64 = 60.0;
/// The narrowest part of the world that is shown, units: the coastline has no more detail below 8 degrees.
const NARROWEST: f64 = 8.0 * UNIT;

/// Something to draw.
pub struct Map {
    /// Transform of the land.
    pub land: String,
    /// The circles.
    pub marks: Vec<Mark>,
}

/// A studio, or several that lie too near to each other.
pub struct Mark {
    /// Place in the drawing.
    pub x: f64,
    /// Place in the drawing.
    pub y: f64,
    /// How many studios.
    pub count: usize,
    /// What it is, in words.
    pub label: String,
    /// Where it leads.
    pub link: String,
}

/// The place in the land's units.
fn project(latitude_deg: f64, longitude_deg: f64) -> (f64, f64) {
    ((longitude_deg + 180.0) * UNIT, (mercator(NORTH_DEG) - mercator(latitude_deg)) * UNIT)
}

/// Mercator's stretched latitude in degrees; beyond 84 degrees it stays there.
fn mercator(latitude_deg: f64) -> f64 {
    let latitude = latitude_deg.clamp(-NORTH_DEG, NORTH_DEG).to_radians();
    libm::log(libm::tan(std::f64::consts::FRAC_PI_4 + latitude / 2.0)).to_degrees()
}

/// A map of these studios; `None` when there are none.
pub fn map(studios: &[&Studio]) -> Option<Map> {
    let places: Vec<(f64, f64)> = studios.iter().map(|s| project(s.latitude_deg, s.longitude_deg)).collect();
    let first = *places.first()?;
    let (mut low, mut high) = (first, first);
    for (x, y) in &places {
        low = (low.0.min(*x), low.1.min(*y));
        high = (high.0.max(*x), high.1.max(*y));
    }
    let scale_x = (WIDTH - 2.0 * MARGIN) / (high.0 - low.0).max(NARROWEST);
    let scale = scale_x.min((HEIGHT - 2.0 * MARGIN) / (high.1 - low.1).max(1.0));
    let offset =
        (WIDTH / 2.0 - scale * (low.0 + high.0) / 2.0, HEIGHT / 2.0 - scale * (low.1 + high.1) / 2.0);
    let drawn = |(x, y): (f64, f64)| (scale * x + offset.0, scale * y + offset.1);

    let mut groups: Vec<Vec<usize>> = (0..studios.len()).map(|i| vec![i]).collect();
    let centre = |group: &[usize]| {
        let sum = group.iter().fold((0.0, 0.0), |sum, i| (sum.0 + places[*i].0, sum.1 + places[*i].1));
        drawn((sum.0 / group.len() as f64, sum.1 / group.len() as f64))
    };
    while let Some((a, b)) = nearest_pair(&groups.iter().map(|g| centre(g)).collect::<Vec<_>>()) {
        let joined = groups.remove(b);
        groups[a].extend(joined);
    }
    let marks = groups.iter().map(|group| {
        let (x, y) = centre(group);
        let members: Vec<&Studio> = group.iter().map(|i| studios[*i]).collect();
        mark(x.round(), y.round(), &members, studios.len())
    });
    let land = format!("translate({:.2} {:.2}) scale({scale:.5})", offset.0, offset.1);
    Some(Map { land, marks: marks.collect() })
}

/// The nearest two places, when they are nearer than a finger's width.
fn nearest_pair(places: &[(f64, f64)]) -> Option<(usize, usize)> {
    let mut best = (FINGER, None);
    for (b, q) in places.iter().enumerate() {
        for (a, p) in places[..b].iter().enumerate() {
            let distance = libm::hypot(p.0 - q.0, p.1 - q.1);
            if distance < best.0 {
                best = (distance, Some((a, b)));
            }
        }
    }
    best.1
}

fn mark(x: f64, y: f64, members: &[&Studio], all: usize) -> Mark {
    let names: Vec<&str> = members.iter().map(|studio| studio.name.as_str()).collect();
    let slugs: Vec<&str> = members.iter().map(|studio| studio.slug.as_str()).collect();
    let (label, link) = match members {
        [one] => (format!("{}, {}", one.name, one.address.locality), format!("/studios/{}", one.slug)),
        // No map can part them further: show them in the list.
        _ if members.len() == all => (names.join(", "), format!("#{}", slugs[0])),
        _ => (
            format!("{} studios: {}", members.len(), names.join(", ")),
            format!("/studios?only={}", slugs.join(",")),
        ),
    };
    Mark { x, y, count: members.len(), label, link }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn studio(i: usize, latitude_deg: f64, longitude_deg: f64) -> Studio {
        Studio { slug: format!("s{i}"), latitude_deg, longitude_deg, ..crate::api::studios::example() }
    }

    #[test]
    fn mercator_is_mercator() {
        // Snyder, Map Projections: A Working Manual (USGS Professional Paper 1395, 1987), table 7: y for R = 1.
        for (latitude_deg, y) in [(0.0, 0.0), (30.0, 0.549_31), (60.0, 1.316_96), (80.0, 2.436_25)] {
            assert!((mercator(latitude_deg).to_radians() - y).abs() < 1e-5, "{latitude_deg}");
        }
    }

    proptest! {
        #[test]
        fn every_studio_is_on_the_map_once_and_no_two_marks_touch(
            places in prop::collection::vec((-55.0..70.0_f64, -180.0..180.0_f64), 1..40)
        ) {
            let studios: Vec<Studio> = places.iter().enumerate().map(|(i, p)| studio(i, p.0, p.1)).collect();
            let studios: Vec<&Studio> = studios.iter().collect();
            let map = map(&studios).expect("there are studios");
            prop_assert_eq!(map.marks.iter().map(|m| m.count).sum::<usize>(), studios.len());
            for (i, a) in map.marks.iter().enumerate() {
                prop_assert!((0.0..=WIDTH).contains(&a.x) && (0.0..=HEIGHT).contains(&a.y));
                for b in &map.marks[..i] {
                    // A pixel off for the rounding of both.
                    prop_assert!(libm::hypot(a.x - b.x, a.y - b.y) >= FINGER - 2.0);
                }
            }
        }

        #[test]
        fn each_step_into_the_map_shows_fewer(places in prop::collection::vec((-55.0..70.0_f64, -180.0..180.0_f64), 2..40)) {
            let studios: Vec<Studio> = places.iter().enumerate().map(|(i, p)| studio(i, p.0, p.1)).collect();
            let studios: Vec<&Studio> = studios.iter().collect();
            for mark in map(&studios).expect("there are studios").marks {
                prop_assert!(mark.count < studios.len() || mark.link.starts_with('#') || studios.len() == 1);
            }
        }
    }
}
