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
}

impl Goal {
    /// A share of what was planned for these dots.
    pub fn of(marks: &[Mark], area_cm2: f64, share: f64) -> Goal {
        let planned: f64 = marks.iter().map(|m| m.planned_mm2).sum();
        Goal { area_cm2, wanted_mm2: share * planned, each_mm2: planned / marks.len().max(1) as f64 }
    }
}

/// A dot with less than this of its planned darkness is as good as gone (assumption).
pub(super) const GONE: f64 = 0.15;
/// A mark fainter than this share of a new dot is not seen and takes no room (assumption).
pub(super) const SEEN: f64 = 0.1;
/// New dots keep this share of the mean spacing from others (own design): even layouts have about 0.75 between neighbours.
const GAP: [f64; 4] = [0.72, 0.66, 0.60, 0.55];
/// Tries for a place around each dot.
const TRIES: u64 = 6;

/// Chooses for the dots of one zone.
pub fn choose(marks: &[Mark], goal: &Goal, seed: u64) -> Choice {
    let mut out = Choice::default();
    let Goal { area_cm2, wanted_mm2, each_mm2: each } = *goal;
    let mut missing = wanted_mm2 - marks.iter().map(|m| m.now_mm2).sum::<f64>();
    if missing <= 0.0 || marks.is_empty() {
        return out;
    }
    // Holes: dots that are gone are set again where they were.
    let mut gone: Vec<usize> =
        (0..marks.len()).filter(|&i| marks[i].now_mm2 < GONE * marks[i].planned_mm2).collect();
    gone = even_part(marks, &gone, count_for(marks, &gone, missing), area_cm2, hash(seed, 1));
    missing -= gone.iter().map(|&i| marks[i].planned_mm2 - marks[i].now_mm2).sum::<f64>();
    out.over = gone;
    // Gaps, as long as the skin has room.
    if missing > 0.0 {
        let diameter_mm = marks.iter().map(|m| m.diameter_mm).sum::<f64>() / marks.len() as f64;
        let room = definition_cap_per_cm2(diameter_mm) * area_cm2
            - marks.iter().filter(|m| m.now_mm2 > SEEN * each).count() as f64;
        let wanted = libm::ceil(missing / each).min(libm::floor(room)).max(0.0) as usize;
        out.add = gaps(marks, wanted, hash(seed, 2));
        missing -= out.add.len() as f64 * each;
    }
    // The rest: an even part of the dots is gone over.
    if missing > 0.0 {
        let mut left: Vec<usize> = (0..marks.len()).filter(|i| out.over.binary_search(i).is_err()).collect();
        left.retain(|&i| marks[i].now_mm2 < marks[i].planned_mm2);
        let n = count_for(marks, &left, missing);
        out.over.extend(even_part(marks, &left, n, area_cm2, hash(seed, 3)));
        out.over.sort_unstable();
    }
    out
}

/// How many of these dots have to be gone over to win so much.
fn count_for(marks: &[Mark], of: &[usize], missing: f64) -> usize {
    let all: f64 = of.iter().map(|&i| marks[i].planned_mm2 - marks[i].now_mm2).sum();
    if all <= 0.0 { 0 } else { libm::ceil(of.len() as f64 * missing / all).min(of.len() as f64) as usize }
}

/// `n` of these dots, evenly spread: darts thrown at the dots in hashed order, ever closer.
fn even_part(marks: &[Mark], of: &[usize], n: usize, area_cm2: f64, seed: u64) -> Vec<usize> {
    if n >= of.len() {
        return of.to_vec();
    }
    let mut order: Vec<(u64, usize)> = of.iter().map(|&i| (hash(seed, i as u64), i)).collect();
    order.sort_unstable();
    let widest_mm = (100.0 * area_cm2 / n.max(1) as f64).sqrt().clamp(0.2, 20.0);
    let mut chosen = Near::new(widest_mm);
    let mut out = Vec::new();
    let mut radius_mm = widest_mm;
    while out.len() < n {
        order.retain(|&(_, i)| {
            let p = marks[i].position_mm;
            let take = out.len() < n && chosen.clearance_mm(p) >= radius_mm;
            if take {
                chosen.add(p);
                out.push(i);
            }
            !take
        });
        // The last few lie where they lie.
        radius_mm = if radius_mm < 0.05 * widest_mm { 0.0 } else { 0.92 * radius_mm };
    }
    out.sort_unstable();
    out
}

/// Up to `n` places between dots, the widest gaps first.
fn gaps(marks: &[Mark], n: usize, seed: u64) -> Vec<(DVec3, DVec3, usize)> {
    if n == 0 || marks.len() < 5 {
        return vec![];
    }
    let spacing_mm = usual_spacing_mm(marks);
    let reach_mm = 1.6 * spacing_mm;
    let mut near = Near::of(reach_mm, marks.iter().map(|m| m.position_mm));
    let mut candidates: Vec<(u64, DVec3, usize)> = Vec::new();
    for (i, m) in marks.iter().enumerate() {
        let own = hash(seed, i as u64);
        let across = m.normal.any_orthonormal_vector();
        let along = m.normal.cross(across);
        for k in 0..TRIES {
            let (sin, cos) =
                libm::sincos(std::f64::consts::TAU * (k as f64 + uniform(own, k)) / TRIES as f64);
            let far = spacing_mm * (0.6 + 0.3 * uniform(own, 100 + k));
            let p = m.position_mm + far * (cos * across + sin * along);
            if amid(&near, p, reach_mm) {
                candidates.push((hash(own, 200 + k), p, i));
            }
        }
    }
    candidates.sort_unstable_by_key(|c| c.0);
    let mut out = Vec::new();
    for share in GAP {
        candidates.retain(|&(_, p, i)| {
            let take = out.len() < n && near.clearance_mm(p) >= share * spacing_mm;
            if take {
                near.add(p);
                out.push((p, marks[i].normal, i));
            }
            !take
        });
    }
    out
}

/// Whether dots lie all around a place: the field does not end here.
fn amid(near: &Near, p: DVec3, reach_mm: f64) -> bool {
    let (mut sum, mut n) = (DVec3::ZERO, 0);
    for (i, _) in near.around(p) {
        sum += near.point_mm(i) - p;
        n += 1;
    }
    n >= 5 && (sum / f64::from(n)).length() < 0.25 * reach_mm
}

/// Mean spacing of dots where they lie: from the middle distance to the fourth neighbour, which encloses about four dots.
fn usual_spacing_mm(marks: &[Mark]) -> f64 {
    let near = Near::of(6.0, marks.iter().map(|m| m.position_mm));
    let mut fourth: Vec<f64> = marks
        .iter()
        .step_by(1 + marks.len() / 400)
        .map(|m| {
            let mut distances: Vec<f64> = near.around(m.position_mm).map(|(_, d)| d).collect();
            distances.sort_unstable_by(f64::total_cmp);
            distances.get(4).copied().unwrap_or(6.0)
        })
        .collect();
    fourth.sort_unstable_by(f64::total_cmp);
    // Four and a half dots on a disc of that radius.
    fourth[fourth.len() / 2] * (std::f64::consts::PI / 4.5).sqrt()
}
