//! Last corrections: no void wider than the ideal spacing, no two dots on top of each other, no dot at a hair.
//!
//! The first round looks everywhere; each later round only where something moved in the round before.

use glam::Vec3;
use rayon::prelude::*;

use super::clusters::{Bounds, CHUNK, Clusters, WIDTH};
use super::quadrature::Background;
use super::relax::{Dots, Hairs, capped};
use super::surface::{AtBorder, Point, Site, Surface, spacing};

/// Ideal (hexagonal) distance of neighbours in spacings: sqrt(2 / sqrt(3)).
pub(crate) const IDEAL: f32 = 1.074_57;
/// The largest empty circle that stays, in spacings.
const LARGEST: f32 = 0.93 * IDEAL;
/// A probe lies within this distance of the middle of every void, spacings.
const PROBE: f32 = 0.33;
/// No two dots closer than this, spacings.
const CORE: f32 = 0.38;
/// Longest move of a dot towards a void in one round, spacings.
const PULL: f32 = 0.15;
const ROUNDS: usize = 6;
/// Rounds that only clear dots off hairs.
const HAIR_ROUNDS: usize = 12;

/// An empty circle: its middle, the half density there, its radius in spacings.
#[derive(Clone, Copy)]
struct Void {
    middle: Point,
    radius: f32,
}

/// Leaves to look at, ascending.
struct Active {
    leaves: Vec<u32>,
}

pub(crate) fn repair(surface: &Surface, background: &Background, hairs: &Hairs, dots: &mut Dots) {
    let probes = [&background.clusters, &surface.rim_clusters];
    let mut clusters = Clusters::new(&dots.points);
    let mut active = Active::all(&clusters);
    let mut active_probes = probes.map(Active::all);
    for round in 0..ROUNDS + HAIR_ROUNDS {
        let mut pulls = vec![Vec3::ZERO; dots.points.len()];
        let mut pulled = Vec::new();
        if round < ROUNDS {
            let [inner, outer] = &active_probes;
            let mut voids = inner.map(|leaf, found| voids_near(leaf, background, &clusters, found));
            voids.extend(outer.map(|leaf, found| voids_at(leaf, &surface.rim, &clusters, found)));
            voids.sort_by(|a, b| b.radius.total_cmp(&a.radius));
            pulled = fill(&voids, &clusters, &mut pulls);
        }
        active.add(pulled.iter().map(|&dot| dot / WIDTH as u32));
        let moved: Vec<(u32, Site)> = active.map(|leaf, moved| {
            let first = leaf * WIDTH;
            let last = (first + WIDTH).min(dots.points.len());
            let bounds = clusters.bounds(leaf);
            let mut near = Vec::new();
            let mut near_hairs = Vec::new();
            clusters.near_scaled(bounds, CORE * CORE, &mut near);
            let reach = 1.01 * hairs.widest + 0.01;
            hairs.clusters.near(bounds, |_| reach * reach, &mut near_hairs);
            for dot in first..last {
                let p = dots.points[dot];
                let mut step = pulls[dot] + clearance(p, &near_hairs, hairs);
                if round < ROUNDS {
                    step += separation(p, dot as u32, &near, &clusters);
                }
                if step != Vec3::ZERO {
                    moved.push((dot as u32, surface.walk(dots.sites[dot], step, AtBorder::Slide)));
                }
            }
        });
        if moved.is_empty() {
            if round < ROUNDS {
                continue;
            }
            break;
        }
        // Boxes around what changed, a leaf at a time.
        let changed: Vec<Bounds> = moved
            .chunk_by(|a, b| a.0 / WIDTH as u32 == b.0 / WIDTH as u32)
            .map(|run| {
                let mut places = Vec::with_capacity(2 * WIDTH);
                for &(dot, site) in run {
                    let dot = dot as usize;
                    places.push(dots.points[dot]);
                    dots.sites[dot] = site;
                    dots.points[dot] = surface.point(site);
                    places.push(dots.points[dot]);
                }
                Bounds::of_points(&places)
            })
            .collect();
        clusters = Clusters::new(&dots.points);
        active = Active::near(&changed, &clusters, CORE);
        active_probes = probes.map(|probes| Active::near(&changed, probes, 1.2));
    }
}

impl Active {
    fn all(clusters: &Clusters) -> Self {
        Self { leaves: (0..clusters.leaves.len() as u32).collect() }
    }

    /// Leaves that may hold something within `reach` spacings of any of the boxes.
    fn near(places: &[Bounds], clusters: &Clusters, reach: f32) -> Self {
        let mut found = Vec::new();
        let mut wanted = vec![false; clusters.leaves.len()];
        for place in places {
            clusters.near_scaled(place, reach * reach, &mut found);
            for &leaf in &found {
                wanted[leaf as usize] = true;
            }
        }
        Self { leaves: (0..wanted.len() as u32).filter(|&leaf| wanted[leaf as usize]).collect() }
    }

    fn add(&mut self, leaves: impl Iterator<Item = u32>) {
        self.leaves.extend(leaves);
        self.leaves.sort_unstable();
        self.leaves.dedup();
    }

    /// Collects in order what `each` finds for every leaf.
    fn map<T: Send>(&self, each: impl Fn(usize, &mut Vec<T>) + Sync) -> Vec<T> {
        let parts: Vec<Vec<T>> = self
            .leaves
            .par_chunks(CHUNK / WIDTH)
            .map(|leaves| {
                let mut found = Vec::new();
                for &leaf in leaves {
                    each(leaf as usize, &mut found);
                }
                found
            })
            .collect();
        parts.into_iter().flatten().collect()
    }
}

fn separation(p: Point, own: u32, near: &[u32], clusters: &Clusters) -> Vec3 {
    let mut push = Vec3::ZERO;
    for &leaf in near {
        let l = &clusters.leaves[leaf as usize];
        let t = l.scaled_distances(p);
        for k in 0..WIDTH {
            if t[k] < CORE * CORE && leaf * WIDTH as u32 + k as u32 != own {
                let d = Vec3::new(p[0] - l.x[k], p[1] - l.y[k], p[2] - l.z[k]);
                push += d * (0.52 * (CORE / t[k].sqrt().max(1e-3) - 1.0));
            }
        }
    }
    push
}

fn clearance(p: Point, near: &[u32], hairs: &Hairs) -> Vec3 {
    let mut push = Vec3::ZERO;
    for &leaf in near {
        let l = &hairs.clusters.leaves[leaf as usize];
        let d = l.distances_sq(p);
        for k in 0..WIDTH {
            let (least, target) = (1.0005 * l.h[k] + 0.0002, 1.003 * l.h[k] + 0.0005);
            if d[k] < least * least {
                let away = Vec3::new(p[0] - l.x[k], p[1] - l.y[k], p[2] - l.z[k]);
                push += away * (target / d[k].sqrt().max(1e-6) - 1.0);
            }
        }
    }
    push
}

/// Square of `radius` spacings at a place, mm2.
fn reach_sq(p: Point, radius: f32) -> f32 {
    radius * radius / (2.0 * p[3])
}

/// Voids around the charges of a leaf.
fn voids_near(leaf: usize, background: &Background, clusters: &Clusters, found: &mut Vec<Void>) {
    let mut lonely = Vec::new();
    clusters.lonely(of_leaf(&background.points, leaf), LARGEST - PROBE, &mut lonely);
    for &&probe in &lonely {
        let Some(void) = largest_circle(probe, clusters) else { continue };
        // A circle whose middle lies beyond the border is no void.
        if background.clusters.nearest_mm(void.middle, None) < 0.5 * spacing(void.middle[3]) {
            found.push(void);
        }
    }
}

/// Voids whose middle is on the border.
fn voids_at(leaf: usize, border: &[Point], clusters: &Clusters, found: &mut Vec<Void>) {
    let mut lonely = Vec::new();
    clusters.lonely(of_leaf(border, leaf), LARGEST, &mut lonely);
    for &&middle in &lonely {
        let radius = clusters.nearest_mm(middle, None) / spacing(middle[3]);
        found.push(Void { middle, radius });
    }
}

fn of_leaf(points: &[Point], leaf: usize) -> &[Point] {
    &points[leaf * WIDTH..(leaf * WIDTH + WIDTH).min(points.len())]
}

/// The largest empty circle around a probe, if it is a void.
fn largest_circle(probe: Point, clusters: &Clusters) -> Option<Void> {
    let scale = spacing(probe[3]);
    let mut near = Vec::new();
    clusters.near(&Bounds::of_points(&[probe]), |_| reach_sq(probe, 2.0), &mut near);
    let at = xyz(probe);
    let mut close: Vec<(f32, Vec3)> = Vec::with_capacity(24);
    for &leaf in &near {
        let l = &clusters.leaves[leaf as usize];
        let d = l.distances_sq(probe);
        for k in 0..WIDTH {
            if d[k] < 4.0 * scale * scale {
                close.push((d[k], Vec3::new(l.x[k], l.y[k], l.z[k])));
            }
        }
    }
    close.sort_by(|a, b| a.0.total_cmp(&b.0));
    close.truncate(12);
    // Climb away from the nearest dot with shrinking steps; most probes do not end in a void.
    let nearest = |x: Vec3| {
        let of = |best: (f32, Vec3), c: &(f32, Vec3)| {
            let d = x.distance_squared(c.1);
            if d < best.0 { (d, c.1) } else { best }
        };
        close.iter().fold((f32::INFINITY, Vec3::ZERO), of)
    };
    let (mut x, mut top) = (at, 0.0f32);
    for step in [0.16, 0.12, 0.08, 0.06, 0.04, 0.03] {
        let (d, dot) = nearest(x);
        top = top.max(d);
        x += (x - dot).normalize_or_zero() * (step * scale);
    }
    let top = top.max(nearest(x).0).sqrt() / scale;
    if top < LARGEST - 0.05 {
        return None;
    }
    close.truncate(9);
    let own = close.first().map_or(2.0, |c| c.0.sqrt() / scale);
    let mut best = Void { middle: probe, radius: own };
    for a in 0..close.len() {
        for b in a + 1..close.len() {
            for c in b + 1..close.len() {
                let Some(middle) = circumcentre(close[a].1, close[b].1, close[c].1) else { continue };
                let radius = (close[a].1 - middle).length() / scale;
                let new = radius > best.radius.max(LARGEST) && radius < 2.0;
                if new
                    && (middle - at).length() < 0.8 * scale
                    && close.iter().all(|p| (p.1 - middle).length() > 0.999 * radius * scale)
                {
                    best = Void { middle: [middle.x, middle.y, middle.z, probe[3]], radius };
                }
            }
        }
    }
    (best.radius > LARGEST).then_some(best)
}

/// Draws the dots around the voids in, largest void first; returns the dots concerned.
fn fill(voids: &[Void], clusters: &Clusters, pulls: &mut [Vec3]) -> Vec<u32> {
    let mut pulled = Vec::new();
    let mut near = Vec::new();
    let mut done: Vec<Point> = Vec::new();
    for void in voids {
        let scale = spacing(void.middle[3]);
        let middle = xyz(void.middle);
        if done.iter().any(|&d| (xyz(d) - middle).length_squared() < 0.25 * scale * scale) {
            continue;
        }
        done.push(void.middle);
        let reach = 1.12 * void.radius;
        clusters.near(&Bounds::of_points(&[void.middle]), |_| reach_sq(void.middle, reach), &mut near);
        for &leaf in &near {
            let l = &clusters.leaves[leaf as usize];
            let d = l.distances_sq(void.middle);
            for k in 0..WIDTH {
                let r = d[k].sqrt() / scale;
                if r < reach && r > 1e-3 {
                    let dot = leaf * WIDTH as u32 + k as u32;
                    let inwards = (middle - Vec3::new(l.x[k], l.y[k], l.z[k])) / (r * scale);
                    let length = (r - LARGEST + 0.05).clamp(0.0, PULL) * scale;
                    let pull = &mut pulls[dot as usize];
                    *pull = capped(*pull + inwards * length, PULL * scale);
                    pulled.push(dot);
                }
            }
        }
    }
    pulled
}

fn xyz([x, y, z, _]: Point) -> Vec3 {
    Vec3::new(x, y, z)
}

fn circumcentre(a: Vec3, b: Vec3, c: Vec3) -> Option<Vec3> {
    let (u, v) = (b - a, c - a);
    let normal = u.cross(v);
    let scale = 2.0 * normal.length_squared();
    let centre = a + (normal.cross(u) * v.length_squared() + v.cross(normal) * u.length_squared()) / scale;
    (scale > 1e-9 * u.length_squared() * v.length_squared() && centre.is_finite()).then_some(centre)
}
