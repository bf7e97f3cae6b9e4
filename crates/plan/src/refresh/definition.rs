//! What refreshes do to the definition: dots that run into each other read as blotches and not as hairs.

use glam::DVec3;

use super::choose::{Goal, Mark, SEEN, choose};
use super::near::Near;
use crate::noise::{hash, normal};

/// A group of touching marks wider than this many diameters of a healed dot is a blotch (assumption).
const BLOTCH: f64 = 1.8;

/// Share of the darkness that single dots carry: 1 when no dot touches another, 0 when all is blotches.
pub fn definition(marks: &[Mark], each_mm2: f64, healed_diameter_mm: f64) -> f64 {
    let seen: Vec<&Mark> = marks.iter().filter(|m| m.now_mm2 > SEEN * each_mm2).collect();
    let widest_mm = seen.iter().map(|m| m.diameter_mm).fold(0.1, f64::max);
    let near = Near::of(widest_mm, seen.iter().map(|m| m.position_mm));
    // Groups of marks that touch.
    let mut group: Vec<usize> = (0..seen.len()).collect();
    fn root(group: &mut [usize], mut i: usize) -> usize {
        while group[i] != i {
            group[i] = group[group[i]];
            i = group[i];
        }
        i
    }
    for (i, m) in seen.iter().enumerate() {
        for (j, d) in near.around(m.position_mm) {
            if j < i && d < 0.5 * (m.diameter_mm + seen[j].diameter_mm) {
                let (a, b) = (root(&mut group, i), root(&mut group, j));
                group[a.max(b)] = a.min(b);
            }
        }
    }
    let mut low = vec![DVec3::INFINITY; seen.len()];
    let mut high = vec![DVec3::NEG_INFINITY; seen.len()];
    for (i, m) in seen.iter().enumerate() {
        let g = root(&mut group, i);
        low[g] = low[g].min(m.position_mm);
        high[g] = high[g].max(m.position_mm);
    }
    let (mut single, mut all) = (0.0, 0.0);
    for (i, m) in seen.iter().enumerate() {
        let g = root(&mut group, i);
        let wide_mm = (high[g] - low[g]).length() + m.diameter_mm;
        all += m.now_mm2;
        single += if wide_mm <= BLOTCH * healed_diameter_mm { m.now_mm2 } else { 0.0 };
    }
    if all > 0.0 { single / all } else { 1.0 }
}

/// How a zone goes on from refresh to refresh.
#[derive(Clone, Copy, Debug)]
pub struct Again {
    /// Goal of each refresh.
    pub goal: Goal,
    /// Share of its darkness that a mark keeps from one refresh to the next.
    pub kept: f64,
    /// How much a mark's diameter squared grows from one refresh to the next, mm2.
    pub grown_mm2: f64,
    /// How far the hand is off from where a dot should go, mm, root mean square.
    pub hand_mm: f64,
}

/// Definition before and after each of some refreshes, healed, each with the dots it sets. The first refresh is done on `marks`.
pub fn after_refreshes(marks: &[Mark], again: &Again, refreshes: usize, seed: u64) -> Vec<(f64, usize)> {
    let mut marks = marks.to_vec();
    let mut out = vec![(definition(&marks, again.goal.each_mm2, again.goal.diameter_mm), 0)];
    for k in 0..refreshes {
        let own = hash(seed, k as u64);
        if k > 0 {
            for m in &mut marks {
                m.now_mm2 *= again.kept;
                m.diameter_mm = (m.diameter_mm.powi(2) + again.grown_mm2).sqrt();
            }
        }
        let choice = choose(&marks, &again.goal, own);
        let set = choice.over.len() + choice.add.len();
        let missed = |at: u64, p: DVec3, n: DVec3| {
            let across = n.any_orthonormal_vector();
            let (a, b) = (normal(hash(own, 5), at), normal(hash(own, 6), at));
            p + again.hand_mm * std::f64::consts::FRAC_1_SQRT_2 * (a * across + b * n.cross(across))
        };
        let mut new = Vec::new();
        for &i in &choice.over {
            let m = marks[i];
            let p = missed(i as u64, m.position_mm, m.normal);
            let off_mm = p.distance(m.position_mm);
            if off_mm < 0.5 * m.diameter_mm {
                // A hit: old and new are one dot, wider by as much as the hand was off.
                marks[i].now_mm2 = m.planned_mm2;
                marks[i].diameter_mm =
                    m.diameter_mm.max(off_mm + 0.5 * (m.diameter_mm + again.goal.diameter_mm));
                marks[i].position_mm = 0.5 * (p + m.position_mm);
            } else {
                // A miss: a new dot of what the old one had lost stands beside it.
                let now_mm2 = m.planned_mm2 - m.now_mm2;
                new.push(Mark { position_mm: p, diameter_mm: again.goal.diameter_mm, now_mm2, ..m });
            }
        }
        for (k, &(p, n, _)) in choice.add.iter().enumerate() {
            let planned_mm2 = again.goal.each_mm2;
            let position_mm = missed(1_000_000 + k as u64, p, n);
            let diameter_mm = again.goal.diameter_mm;
            new.push(Mark { position_mm, normal: n, diameter_mm, planned_mm2, now_mm2: planned_mm2 });
        }
        marks.extend(new);
        out.push((definition(&marks, again.goal.each_mm2, again.goal.diameter_mm), set));
    }
    out
}
