//! How long the nearest of 100,000 studios takes, and a typed place: percentiles in microseconds of wall time.
//!
//! `cargo bench -p hairline-studio --bench nearest`
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::hint::black_box;
use std::time::Instant;

use hairline_studio::ids::StudioId;
use hairline_studio::nearest::{Studios, Weights};
use hairline_studio::place::{Places, Position};
use uuid::Uuid;

const DAY_US: i64 = 86_400_000_000;

/// SplitMix64 (Steele, Lea, Flood 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn unit(state: &mut u64) -> f64 {
    (next(state) >> 11) as f64 / (1u64 << 53) as f64
}

/// Evenly on the sphere.
fn anywhere(state: &mut u64) -> Position {
    let lat_deg = libm::asin(2.0 * unit(state) - 1.0).to_degrees();
    Position::new(lat_deg, 360.0 * unit(state) - 180.0).expect("on the earth")
}

/// Around a town, as studios are: within half a degree.
fn in_town(state: &mut u64, towns: &[Position]) -> Position {
    let town = towns[(next(state) % towns.len() as u64) as usize];
    let near = |deg: f64, limit: f64, state: &mut u64| (deg + unit(state) - 0.5).clamp(-limit, limit);
    let lat_deg = near(town.lat_deg(), 90.0, state);
    Position::new(lat_deg, near(town.lon_deg(), 180.0, state)).expect("on the earth")
}

fn percentiles(what: &str, runs: usize, mut run: impl FnMut(usize)) {
    let mut times_us: Vec<f64> = (0..runs)
        .map(|i| {
            let begin = Instant::now();
            run(i);
            begin.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times_us.sort_by(f64::total_cmp);
    let at = |share: f64| times_us[((runs - 1) as f64 * share) as usize];
    println!("{what:58} p50 {:9.1}  p99 {:9.1}  max {:9.1} us", at(0.5), at(0.99), at(1.0));
}

fn main() {
    let mut state = 5;
    let mut places = None;
    percentiles("read the list of towns", 5, |_| places = Some(Places::bundled()));
    let Some(places) = places else { return };
    let names =
        ["London", "Paris", "Tokyo", "Lagos", "Sydney", "Lima", "Delhi", "Berlin", "Chicago", "Cairo"];
    let towns: Vec<Position> =
        names.iter().filter_map(|n| places.find(n, 1).first().map(|f| f.place.position)).collect();
    for typed in
        ["Munich", "Paris, TX", "san", "Lodnon", "Birmigham, UK", "Los Angelos California", "zzzzqqqqzzzz"]
    {
        percentiles(&format!("find {typed:?}"), 50, |_| drop(black_box(places.find(typed, 8))));
    }
    for (spread, clustered) in [("anywhere on earth", false), ("around ten towns", true)] {
        let position = |state: &mut u64| if clustered { in_town(state, &towns) } else { anywhere(state) };
        let studios: Vec<(StudioId, Position)> =
            (0..100_000u128).map(|n| (StudioId(Uuid::from_u128(n)), position(&mut state))).collect();
        let waits: Vec<i64> = studios.iter().map(|_| (next(&mut state) % 60) as i64 * DAY_US).collect();
        let asked: Vec<Position> = (0..2_000).map(|_| position(&mut state)).collect();
        let tree = Studios::new(studios);
        let free = |id: StudioId| waits.get(id.0.as_u128() as usize).copied();
        let alone = Weights { waiting_min_per_day: 0.0, ..Weights::default() };
        let dear = Weights { waiting_min_per_day: 60.0, ..Weights::default() };
        for (weighing, weights) in
            [("distance alone", alone), ("default", Weights::default()), ("an hour a day", dear)]
        {
            percentiles(&format!("10 of 100,000 {spread}, {weighing}"), asked.len(), |i| {
                drop(black_box(tree.nearest(&asked[i], 10, &weights, 0, free)));
            });
        }
        percentiles(&format!("10 of 100,000 {spread}, nothing free anywhere"), asked.len(), |i| {
            drop(black_box(tree.nearest(&asked[i], 10, &Weights::default(), 0, |_| None)));
        });
    }
}
