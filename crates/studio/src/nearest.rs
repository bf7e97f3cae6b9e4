//! The nearest studios, where near also means soon.
//!
//! A studio's cost is the minutes of travel to it and back for a visit, plus the worth in minutes of each day one waits
//! there for the first free time. The search takes studios in the order of distance out of an R*-tree of points on the unit
//! sphere, where the straight distance grows with the great circle: no seam at the date line, no trouble at the poles. It
//! stops when travel alone costs more than the worst studio kept.

use rstar::primitives::GeomWithData;
use rstar::{PointDistance, RTree};
use serde::{Deserialize, Serialize};

use crate::ids::StudioId;
use crate::place::{Position, distance_of_chord_km};
use crate::span::DAY_US;

/// How distance and waiting are weighed. One plain trade: how many minutes of travel is a day of waiting worth?
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Minutes of travel per kilometre of great circle, both ways together.
    pub travel_min_per_km: f64,
    /// Minutes of travel that one day of waiting is worth; 0 looks at distance alone.
    pub waiting_min_per_day: f64,
    /// Waiting counts for at most so many days, and a studio without a free time as much as that.
    pub longest_wait_days: f64,
    /// Nothing farther than this is shown, km.
    pub farthest_km: f64,
}

impl Default for Weights {
    /// 2.6 minutes per km: there and back at 60 km/h on roads 1.3 times as long as the great circle. A day of waiting is
    /// worth 5 minutes, so a week earlier is worth 35 minutes on the road; waiting counts up to 60 days. All assumptions.
    fn default() -> Weights {
        Weights {
            travel_min_per_km: 2.6,
            waiting_min_per_day: 5.0,
            longest_wait_days: 60.0,
            farthest_km: 1_000.0,
        }
    }
}

impl Weights {
    /// The cost of a studio, minutes: travel, plus waiting. `wait_days` is `None` where no time is free.
    pub fn cost_min(&self, distance_km: f64, wait_days: Option<f64>) -> f64 {
        let wait = wait_days.map_or(self.longest_wait_days, |days| days.clamp(0.0, self.longest_wait_days));
        distance_km * self.travel_min_per_km + wait * self.waiting_min_per_day
    }
}

/// A studio that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// Which.
    pub studio: StudioId,
    /// Great-circle distance, km.
    pub distance_km: f64,
    /// The first free time as asked for, UTC microseconds; `None` where there is none.
    pub first_free_us: Option<i64>,
    /// What it was ranked by, minutes.
    pub cost_min: f64,
}

/// Studios by position.
pub struct Studios {
    tree: RTree<GeomWithData<[f64; 3], StudioId>>,
}

impl Studios {
    /// Puts studios on the sphere. The order in which they come does not matter.
    pub fn new(studios: impl IntoIterator<Item = (StudioId, Position)>) -> Studios {
        let points = studios.into_iter().map(|(id, at)| GeomWithData::new(at.on_sphere(), id)).collect();
        Studios { tree: RTree::bulk_load(points) }
    }

    /// The `n` studios of least cost, cheapest first; equal ones by distance, then by id.
    ///
    /// `first_free_us` answers for a studio when its first free time begins, or that there is none (or that it does not
    /// offer what is looked for: then leave it out of `studios`). It is asked once for each studio looked at.
    pub fn nearest(
        &self,
        from: &Position,
        n: usize,
        weights: &Weights,
        now_us: i64,
        mut first_free_us: impl FnMut(StudioId) -> Option<i64>,
    ) -> Vec<Near> {
        let here = from.on_sphere();
        let mut kept: Vec<Near> = Vec::with_capacity(n + 1);
        if n == 0 {
            return kept;
        }
        for point in self.tree.nearest_neighbor_iter(here) {
            let distance_km = distance_of_chord_km(point.geom().distance_2(&here));
            let travel_min = weights.cost_min(distance_km, Some(0.0));
            // Equal travel can still win by id, so only what costs more ends the search.
            let full = kept.len() == n && kept.last().is_some_and(|worst| travel_min > worst.cost_min);
            if full || distance_km > weights.farthest_km {
                break;
            }
            let first_free_us = first_free_us(point.data);
            let wait_days = first_free_us.map(|at| at.saturating_sub(now_us) as f64 / DAY_US as f64);
            let cost_min = weights.cost_min(distance_km, wait_days);
            let near = Near { studio: point.data, distance_km, first_free_us, cost_min };
            let at = kept.partition_point(|other| before(other, &near));
            kept.insert(at, near);
            kept.truncate(n);
        }
        kept
    }
}

fn before(a: &Near, b: &Near) -> bool {
    let order = a.cost_min.total_cmp(&b.cost_min).then(a.distance_km.total_cmp(&b.distance_km));
    order.then(a.studio.cmp(&b.studio)).is_lt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn sid(n: usize) -> StudioId {
        StudioId(Uuid::from_u128(n as u128))
    }

    fn at(lat_deg: f64, lon_deg: f64) -> Position {
        Position::new(lat_deg, lon_deg).expect("on the earth")
    }

    const ANY_FAR: Weights = Weights {
        travel_min_per_km: 1.0,
        waiting_min_per_day: 0.0,
        longest_wait_days: 60.0,
        farthest_km: 30_000.0,
    };

    fn ids(near: &[Near]) -> Vec<StudioId> {
        near.iter().map(|n| n.studio).collect()
    }

    #[test]
    fn across_the_date_line_and_around_a_pole() {
        let studios = Studios::new([
            (sid(1), at(-17.0, 179.9)),
            (sid(2), at(-17.0, 170.0)),
            (sid(3), at(-17.0, -160.0)),
        ]);
        let found = studios.nearest(&at(-17.0, -179.9), 3, &ANY_FAR, 0, |_| None);
        assert_eq!(ids(&found), [sid(1), sid(2), sid(3)]);
        let studios = Studios::new([(sid(1), at(89.0, 180.0)), (sid(2), at(80.0, 0.0))]);
        let found = studios.nearest(&at(88.0, 0.0), 2, &ANY_FAR, 0, |_| None);
        assert_eq!(
            ids(&found),
            [sid(1), sid(2)],
            "3 degrees over the pole are nearer than 8 along the meridian"
        );
    }

    #[test]
    fn a_week_earlier_is_worth_35_minutes_on_the_road() {
        let here = at(50.0, 10.0);
        // 0.1 degrees of latitude are 11.1 km: 28.9 minutes there and back; 0.2 are 57.8 and so 28.9 more.
        let studios = Studios::new([(sid(1), at(50.1, 10.0)), (sid(2), at(50.2, 10.0))]);
        let free = |days: i64| move |id: StudioId| Some(if id == sid(1) { days * DAY_US } else { 0 });
        let rank = |days| ids(&studios.nearest(&here, 2, &Weights::default(), 0, free(days)));
        assert_eq!(rank(5), [sid(1), sid(2)]);
        assert_eq!(rank(6), [sid(2), sid(1)]);
        // By distance alone the near one stays first.
        let plain = Weights { waiting_min_per_day: 0.0, ..Weights::default() };
        assert_eq!(ids(&studios.nearest(&here, 2, &plain, 0, free(50))), [sid(1), sid(2)]);
    }

    #[test]
    fn equal_studios_come_by_id_and_far_ones_not_at_all() {
        let same = at(10.0, 10.0);
        let studios = Studios::new([3, 1, 2].map(|n| (sid(n), same)));
        assert_eq!(ids(&studios.nearest(&same, 2, &Weights::default(), 0, |_| Some(0))), [sid(1), sid(2)]);
        assert_eq!(studios.nearest(&at(40.0, 10.0), 2, &Weights::default(), 0, |_| Some(0)), []);
        assert_eq!(studios.nearest(&same, 0, &Weights::default(), 0, |_| Some(0)), []);
    }

    proptest! {
        #[test]
        fn the_tree_answers_as_a_walk_over_all_does(
            places in prop::collection::vec((-90.0f64..=90.0, -180.0f64..=180.0, prop::option::of(0i64..90)), 1..300),
            lat in -90.0f64..=90.0,
            lon in -180.0f64..=180.0,
            n in 1usize..12,
            waiting in prop_oneof![Just(0.0), 0.0f64..2_000.0],
            farthest_km in 100.0f64..25_000.0,
        ) {
            let here = at(lat, lon);
            let weights = Weights { waiting_min_per_day: waiting, farthest_km, ..Weights::default() };
            let free = |id: StudioId| places[id.0.as_u128() as usize].2.map(|days| days * DAY_US);
            let studios = Studios::new(places.iter().enumerate().map(|(i, p)| (sid(i), at(p.0, p.1))));
            let mut all: Vec<(f64, StudioId)> = places
                .iter()
                .enumerate()
                .map(|(i, p)| (here.distance_km(&at(p.0, p.1)), sid(i)))
                .filter(|(km, _)| *km <= farthest_km)
                .map(|(km, id)| (weights.cost_min(km, free(id).map(|us| us as f64 / DAY_US as f64)), id))
                .collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let found = studios.nearest(&here, n, &weights, 0, free);
            prop_assert_eq!(found.len(), all.len().min(n));
            for (near, (cost, _)) in found.iter().zip(&all) {
                prop_assert!((near.cost_min - cost).abs() < 1e-6, "{near:?} {cost}");
            }
        }
    }
}
