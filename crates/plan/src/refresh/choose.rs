//! Which dots to go over and where to add some: the least work that brings a zone back to its goal.
//!
//! A dot in a gap gives all of its darkness, a dot gone over only what it had lost: gaps come first. But skin that is full of
//! dots reads as a helmet, so gaps are filled up to the density at which dots keep their definition, and no further.

use glam::DVec3;

use super::near::Near;
use crate::design::definition_cap_per_cm2;
use crate::noise::{hash, uniform};

/// A dot as it is now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Where, head frame, mm.
    pub position_mm: DVec3,
    /// Outward unit normal.
    pub normal: DVec3,
    /// How wide it is now, mm.
    pub diameter_mm: f64,
    /// What it was planned to take from the light of the skin when healed, mm2.
    pub planned_mm2: f64,
    /// What it takes now, mm2.
    pub now_mm2: f64,
}

/// What to do with the dots of one zone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// Dots to go over, indices in ascending order.
    pub over: Vec<usize>,
    /// Places for new dots: position, normal, and the dot beside which each lies.
    pub add: Vec<(DVec3, DVec3, usize)>,
}

/// What a zone is to come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// Skin, cm2.
    pub area_cm2: f64,
    /// What its dots together are to take from the light of the skin, mm2.
    pub wanted_mm2: f64,
    /// What a new dot takes when healed, mm2.
    pub each_mm2: f64,
    /// How wide a healed dot is, mm.
    pub diameter_mm: f64,
}

impl Goal {
    /// A share of what was planned for these dots.
    pub fn of(marks: &[Mark], area_cm2: f64, diameter_mm: f64, share: f64) -> Goal {
        let planned: f64 = marks.iter().map(|m| m.planned_mm2).sum();
        Goal {
            area_cm2,
            wanted_mm2: share * planned,
            each_mm2: planned / marks.len().max(1) as f64,
            diameter_mm,
        }
    }
}

/// A dot with less than this of its planned darkness is as good as gone (assumption).
pub(super) const GONE: f64 = 0.15;
/// A mark fainter than this share of a new dot is not seen and takes no room (assumption).
pub(super) const SEEN: f64 = 0.1;
/// New dots keep this share of the mean spacing from others (own design): even layouts have about 0.75 between neighbours.
const GAP: [f64; 4] = [0.72, 0.66, 0.60, 0.55];
/// And so many diameters of a dot at least (own design): the hand is a little off, and dots must not touch.
const CLEAR: f64 = 1.6;
/// A dot wider than so many healed ones reads as a spot (own design).
const WIDE: f64 = 1.4;
/// Tries for a place around each dot.
const TRIES: u64 = 6;

/// Chooses for the dots of one zone.
pub fn choose(marks: &[Mark], goal: &Goal, seed: u64) -> Choice {
    let mut out = Choice::default();
    let Goal { area_cm2, wanted_mm2, each_mm2: each, diameter_mm } = *goal;
    let mut missing = wanted_mm2 - marks.iter().map(|m| m.now_mm2).sum::<f64>();
    if missing <= 0.0 || marks.is_empty() {
        return out;
    }
    // Holes: dots that are gone, with none that is seen in their place, are set again where they were.
    let is_seen = |m: &Mark| m.now_mm2 > SEEN * each;
    let seen: Vec<usize> = (0..marks.len()).filter(|&i| is_seen(&marks[i])).collect();
    let widest_mm = marks.iter().map(|m| m.diameter_mm).fold(0.1, f64::max);
    let near = Near::of(CLEAR * widest_mm, seen.iter().map(|&i| marks[i].position_mm));
    let hole = |m: &Mark| {
        let own = usize::from(is_seen(m));
        m.now_mm2 < GONE * m.planned_mm2 && near.around(m.position_mm).count() == own
    };
    let mut gone: Vec<usize> = (0..marks.len()).filter(|&i| hole(&marks[i])).collect();
    gone = even_part(marks, &gone, count_for(marks, &gone, missing), hash(seed, 1));
    missing -= gone.iter().map(|&i| marks[i].planned_mm2 - marks[i].now_mm2).sum::<f64>();
    out.over = gone;
    // Gaps, as long as the skin has room.
    if missing > 0.0 {
        let now_mm = marks.iter().map(|m| m.diameter_mm).sum::<f64>() / marks.len() as f64;
        let room = definition_cap_per_cm2(now_mm) * area_cm2 - seen.len() as f64;
        let wanted = libm::ceil(missing / each).min(libm::floor(room)).max(0.0) as usize;
        out.add = gaps(marks, wanted, hash(seed, 2));
        missing -= out.add.len() as f64 * each;
    }
    // The rest: an even part of the dots is gone over.
    if missing > 0.0 {
        let mut left = seen;
        left.retain(|i| marks[*i].now_mm2 < marks[*i].planned_mm2 && out.over.binary_search(i).is_err());
        // Dots that have got wide would only get wider: they are left as long as others can carry the darkness.
        let narrow: Vec<usize> =
            left.iter().copied().filter(|&i| marks[i].diameter_mm <= WIDE * diameter_mm).collect();
        let gain = |of: &[usize]| of.iter().map(|&i| marks[i].planned_mm2 - marks[i].now_mm2).sum::<f64>();
        if gain(&narrow) >= missing {
            left = narrow;
        }
        let n = count_for(marks, &left, missing);
        out.over.extend(even_part(marks, &left, n, hash(seed, 3)));
        out.over.sort_unstable();
    }
    out
}

/// How many of these dots have to be gone over to win so much.
fn count_for(marks: &[Mark], of: &[usize], missing: f64) -> usize {
    let all: f64 = of.iter().map(|&i| marks[i].planned_mm2 - marks[i].now_mm2).sum();
    if all <= 0.0 { 0 } else { libm::ceil(of.len() as f64 * missing / all).min(of.len() as f64) as usize }
}

/// `n` of these dots, evenly spread.
fn even_part(marks: &[Mark], of: &[usize], n: usize, seed: u64) -> Vec<usize> {
    let points_mm: Vec<DVec3> = of.iter().map(|&i| marks[i].position_mm).collect();
    even(&points_mm, n, seed).into_iter().map(|k| of[k]).collect()
}

/// Direction in which points are swept: oblique to everything on a head or a test lattice.
const SWEEP: DVec3 = DVec3::new(0.306, 0.173, 0.936);
/// How much chance there is in the choice of a point, so that no pattern shows.
const CHANCE: f64 = 0.3;

/// `n` of these points, evenly spread where they lie, in ascending order: halftoning by error diffusion (Floyd and Steinberg
/// 1976) with a point in the place of a pixel, so that each neighbourhood gets its share.
fn even(points_mm: &[DVec3], n: usize, seed: u64) -> Vec<usize> {
    if n >= points_mm.len() {
        return (0..points_mm.len()).collect();
    }
    let mut order: Vec<usize> = (0..points_mm.len()).collect();
    order.sort_unstable_by(|&a, &b| {
        points_mm[a].dot(SWEEP).total_cmp(&points_mm[b].dot(SWEEP)).then(a.cmp(&b))
    });
    let near = Near::of(DIFFUSED * nearest_mm(points_mm), points_mm.iter().copied());
    let mut owed = vec![n as f64 / points_mm.len() as f64; points_mm.len()];
    let mut done = vec![false; points_mm.len()];
    let mut chosen = vec![false; points_mm.len()];
    for &i in &order {
        done[i] = true;
        chosen[i] = owed[i] > 0.5 + CHANCE * (uniform(seed, i as u64) - 0.5);
        let error = owed[i] - f64::from(u8::from(chosen[i]));
        let ahead: Vec<(usize, f64)> = near
            .around(points_mm[i])
            .filter(|(k, _)| !done[*k])
            .map(|(k, d)| (k, 1.0 / (d * d).max(1e-6)))
            .collect();
        let total: f64 = ahead.iter().map(|(_, w)| w).sum();
        ahead.iter().for_each(|(k, w)| owed[*k] += error * w / total);
    }
    // At edges a little is lost or won: as many as were asked for.
    let mut by_chance: Vec<usize> = (0..points_mm.len()).collect();
    by_chance.sort_unstable_by_key(|&i| hash(seed ^ 0x4556_454E, i as u64));
    let mut count = chosen.iter().filter(|c| **c).count();
    for i in by_chance {
        if chosen[i] && count > n {
            (chosen[i], count) = (false, count - 1);
        } else if !chosen[i] && count < n {
            (chosen[i], count) = (true, count + 1);
        }
    }
    (0..points_mm.len()).filter(|&i| chosen[i]).collect()
}

/// Errors go to points within so many usual distances of nearest neighbours.
const DIFFUSED: f64 = 2.2;

/// Usual distance of a point's nearest neighbour, mm.
fn nearest_mm(points_mm: &[DVec3]) -> f64 {
    let near = Near::of(FARTHEST_MM, points_mm.iter().copied());
    let of = |p: DVec3| near.around(p).map(|(_, d)| d).filter(|d| *d > 1e-6).fold(FARTHEST_MM, f64::min);
    let mut all: Vec<f64> = points_mm.iter().step_by(1 + points_mm.len() / 300).map(|&p| of(p)).collect();
    all.sort_unstable_by(f64::total_cmp);
    all[all.len() / 2].max(0.1)
}

/// Neighbours farther off than this are none, mm.
const FARTHEST_MM: f64 = 3.0;

/// Up to `n` places between dots, as many where the dots are dense as there is room for and fewer where they are sparse, so
/// that a graded edge stays graded.
fn gaps(marks: &[Mark], n: usize, seed: u64) -> Vec<(DVec3, DVec3, usize)> {
    if n == 0 || marks.len() < 5 {
        return vec![];
    }
    let wide_mm = marks.iter().map(|m| m.diameter_mm).sum::<f64>() / marks.len() as f64;
    let mut near = Near::of(FARTHEST_MM, marks.iter().map(|m| m.position_mm));
    let mut candidates: Vec<(u64, DVec3, usize, f64)> = Vec::new();
    for (i, m) in marks.iter().enumerate() {
        let own = hash(seed, i as u64);
        let Some(spacing_mm) = spacing_mm(&near, m.position_mm) else { continue };
        let across = m.normal.any_orthonormal_vector();
        let along = m.normal.cross(across);
        for k in 0..TRIES {
            let (sin, cos) =
                libm::sincos(std::f64::consts::TAU * (k as f64 + uniform(own, k)) / TRIES as f64);
            let far = spacing_mm * (0.6 + 0.3 * uniform(own, 100 + k));
            let p = m.position_mm + far * (cos * across + sin * along);
            if amid(&near, p, 1.6 * spacing_mm) {
                candidates.push((hash(own, 200 + k), p, i, spacing_mm));
            }
        }
    }
    candidates.sort_unstable_by_key(|c| c.0);
    let mut out: Vec<(DVec3, DVec3, usize)> = Vec::new();
    for share in GAP {
        candidates.retain(|&(_, p, i, spacing_mm)| {
            let take = near.clearance_mm(p) >= (share * spacing_mm).max(CLEAR * wide_mm);
            if take {
                near.add(p);
                out.push((p, marks[i].normal, i));
            }
            !take
        });
        if out.len() >= n {
            break;
        }
    }
    let points_mm: Vec<DVec3> = out.iter().map(|g| g.0).collect();
    even(&points_mm, n, seed).into_iter().map(|k| out[k]).collect()
}

/// Mean spacing of dots about a dot: from the distance to the fourth neighbour, which encloses four and a half dots.
fn spacing_mm(near: &Near, p: DVec3) -> Option<f64> {
    let mut distances: Vec<f64> = near.around(p).map(|(_, d)| d).collect();
    (distances.len() > 4).then(|| {
        let fourth = *distances.select_nth_unstable_by(4, f64::total_cmp).1;
        fourth * (std::f64::consts::PI / 4.5).sqrt()
    })
}

/// Whether dots lie all around a place: the field does not end here.
fn amid(near: &Near, p: DVec3, reach_mm: f64) -> bool {
    let (mut sum, mut n) = (DVec3::ZERO, 0);
    for (i, _) in near.around(p).filter(|(_, d)| *d <= reach_mm) {
        sum += near.point_mm(i) - p;
        n += 1;
    }
    n >= 5 && (sum / f64::from(n)).length() < 0.25 * reach_mm
}
