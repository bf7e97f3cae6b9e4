//! Last corrections: no void wider than the ideal spacing, no two dots on top of each other, no dot at a hair.

use glam::Vec3;
use rayon::prelude::*;

use super::clusters::{Bounds, CHUNK, Clusters, Neighbours, WIDTH, neighbours, obstacles_near};
use super::quadrature::Background;
use super::relax::{Dots, Hairs, advance, capped};
use super::surface::{AtBorder, Point, Surface, spacing};

/// Ideal (hexagonal) distance of neighbours in spacings: sqrt(2 / sqrt(3)).
pub(crate) const IDEAL: f32 = 1.074_57;
/// A void is larger than this share of the ideal distance.
const VOID: f32 = 0.93;
/// No two dots closer than this, spacings.
const CORE: f32 = 0.38;
const ROUNDS: usize = 6;

/// An empty circle: its middle and radius in spacings.
struct Void {
    middle: Vec3,
    half_density: f32,
    radius: f32,
}

pub(crate) fn repair(surface: &Surface, background: &Background, hairs: &Hairs, dots: &mut Dots) {
    let border = border_points(surface);
    for _ in 0..ROUNDS {
        let clusters = Clusters::new(&dots.points);
        let voids = voids(surface, background, &border, dots, &clusters);
        let pulls = fill(&voids, dots, &clusters);
        let near = neighbours(&clusters, &dots.points, (CORE + 0.3) * (CORE + 0.3));
        let near_hairs = hairs_near(hairs, &dots.points);
        let points = dots.points.clone();
        let quiet = voids.is_empty();
        advance(surface, dots, |i, site, points| {
            let step =
                pulls[i] + separation(points, i, &near) + clearance(points[i], near_hairs.of(i), hairs);
            if step == Vec3::ZERO { site } else { surface.walk(site, step, AtBorder::Slide) }
        });
        if quiet && dots.points == points {
            break;
        }
    }
    for _ in 0..ROUNDS {
        let near_hairs = hairs_near(hairs, &dots.points);
        let points = dots.points.clone();
        advance(surface, dots, |i, site, points| {
            let step = clearance(points[i], near_hairs.of(i), hairs);
            if step == Vec3::ZERO { site } else { surface.walk(site, step, AtBorder::Slide) }
        });
        if dots.points == points {
            break;
        }
    }
}

fn hairs_near(hairs: &Hairs, points: &[Point]) -> Neighbours {
    obstacles_near(&hairs.clusters, points, hairs.widest, |_, clearance| 1.1 * clearance + 0.01)
}

fn separation(points: &[Point], i: usize, near: &Neighbours) -> Vec3 {
    let p = points[i];
    let mut push = Vec3::ZERO;
    for &j in near.of(i) {
        let q = points[j as usize];
        let d = Vec3::new(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
        let t = d.length_squared() * (p[3] + q[3]);
        if t < CORE * CORE {
            push += d * (0.52 * (CORE / t.sqrt().max(1e-3) - 1.0));
        }
    }
    push
}

fn clearance(p: Point, near: &[u32], hairs: &Hairs) -> Vec3 {
    let mut push = Vec3::ZERO;
    for &j in near {
        let hair = hairs.points[j as usize];
        let d = Vec3::new(p[0] - hair[0], p[1] - hair[1], p[2] - hair[2]);
        let (r, least) = (d.length().max(1e-6), 1.002 * hair[3] + 0.0005);
        if r < least {
            push += d * (least / r - 1.0);
        }
    }
    push
}

/// Places on the border, half a spacing apart or less.
fn border_points(surface: &Surface) -> Vec<Point> {
    let mut points = Vec::new();
    for (edge, &[a, b]) in surface.border.iter().zip(&surface.border) {
        let h = surface.typical_half_density;
        let pieces = ((edge[1] - edge[0]).length() / (0.5 * spacing(h))).ceil().clamp(1.0, 1000.0) as usize;
        for k in 0..pieces {
            let p = a + (b - a) * (k as f32 / pieces as f32);
            points.push([p.x, p.y, p.z, h]);
        }
    }
    points
}

/// Voids found from the background's and the border's points, largest first.
fn voids(
    surface: &Surface,
    background: &Background,
    border: &[Point],
    dots: &Dots,
    clusters: &Clusters,
) -> Vec<Void> {
    let _ = surface;
    let suspicious = VOID * IDEAL - 0.33;
    let mut voids: Vec<Void> = [&background.points[..], border]
        .into_iter()
        .flat_map(|probes| {
            probes
                .par_chunks(WIDTH)
                .with_min_len(CHUNK / WIDTH)
                .flat_map_iter(|chunk| {
                    let mut near = Vec::new();
                    clusters.near_scaled(&Bounds::of_points(chunk), 2.6, &mut near);
                    let found: Vec<Void> = chunk
                        .iter()
                        .filter_map(|&p| {
                            let nearest = near
                                .iter()
                                .flat_map(|&leaf| clusters.leaves[leaf as usize].scaled_distances(p))
                                .fold(f32::INFINITY, f32::min);
                            if nearest < suspicious * suspicious {
                                return None;
                            }
                            largest_circle(p, &near, dots, clusters)
                        })
                        .collect();
                    found
                })
                .collect::<Vec<_>>()
        })
        .collect();
    voids.sort_by(|a, b| b.radius.total_cmp(&a.radius));
    voids
}

/// The largest empty circle through three of the nearest dots around a probe, if it is a void.
fn largest_circle(probe: Point, near: &[u32], dots: &Dots, clusters: &Clusters) -> Option<Void> {
    let mut close: Vec<(f32, u32)> = near
        .iter()
        .flat_map(|&leaf| {
            let t = clusters.leaves[leaf as usize].scaled_distances(probe);
            (0..WIDTH).map(move |l| (t[l], leaf * WIDTH as u32 + l as u32))
        })
        .filter(|&(t, _)| t < 4.0)
        .collect();
    close.sort_by(|a, b| a.0.total_cmp(&b.0));
    close.truncate(9);
    let at = Vec3::new(probe[0], probe[1], probe[2]);
    let places: Vec<Vec3> = close.iter().map(|&(_, j)| xyz(dots.points[j as usize])).collect();
    let scale = spacing(probe[3]);
    let own = close.first().map_or(2.0, |c| c.0.sqrt());
    let mut best = (own > VOID * IDEAL).then_some(Void { middle: at, half_density: probe[3], radius: own });
    for a in 0..places.len() {
        for b in a + 1..places.len() {
            for c in b + 1..places.len() {
                let Some(middle) = circumcentre(places[a], places[b], places[c]) else { continue };
                let radius = (places[a] - middle).length() / scale;
                if !(VOID * IDEAL..=2.0).contains(&radius) || (middle - at).length() > 0.8 * scale {
                    continue;
                }
                if best.as_ref().is_some_and(|v| v.radius >= radius) {
                    continue;
                }
                if places.iter().all(|&p| (p - middle).length() / scale > 0.999 * radius) {
                    best = Some(Void { middle, half_density: probe[3], radius });
                }
            }
        }
    }
    best
}

/// Draws the dots around the voids in, largest void first; the sum of the moves of every dot, mm.
fn fill(voids: &[Void], dots: &Dots, clusters: &Clusters) -> Vec<Vec3> {
    let mut pulls = vec![Vec3::ZERO; dots.points.len()];
    let mut done: Vec<&Void> = Vec::new();
    let mut near = Vec::new();
    for void in voids {
        let scale = spacing(void.half_density);
        if done.iter().rev().take(64).any(|d| (d.middle - void.middle).length() < 0.5 * scale) {
            continue;
        }
        done.push(void);
        let p = [void.middle.x, void.middle.y, void.middle.z, void.half_density];
        let reach = 1.12 * void.radius;
        clusters.near_scaled(&Bounds::of_points(&[p]), 2.0 * reach * reach, &mut near);
        for &leaf in &near {
            let d = clusters.leaves[leaf as usize].distances_sq(p);
            for l in 0..WIDTH {
                let r = d[l].sqrt() / scale;
                if r < reach && r > 1e-3 {
                    let dot = leaf as usize * WIDTH + l;
                    let inwards = (void.middle - xyz(dots.points[dot])) / (r * scale);
                    let length = (r - VOID * IDEAL + 0.05).clamp(0.0, 0.15) * scale;
                    pulls[dot] = capped(pulls[dot] + inwards * length, 0.15 * scale);
                }
            }
        }
    }
    pulls
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
