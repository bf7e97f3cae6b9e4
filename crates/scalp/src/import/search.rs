//! Where is the head in this scan? Robust registration of the average head from many starts.
//!
//! 1. Spheres: pairs of surface points whose normals meet vote for round things, of which a cranium is one.
//! 2. From each sphere, the template starts in every orientation and falls onto the scan through a distance grid
//!    (Fitzgibbon 2003, "Robust registration of 2D and 3D point sets", with the kernel of Geman and McClure).
//! 3. The best few are refined; the cost of the best against the best of another orientation tells how sure it is.

use glam::{DQuat, DVec3};

use super::grid::DistanceGrid;
use super::pose::{Pose, Residual, ScalePrior, step};
use super::sample::{Samples, sample_surface};
use super::template::Template;
use crate::mesh::TriMesh;

/// Radius and centre of the sphere that the cranium of the average head nearly is, mm in the head frame.
const CRANIUM_RADIUS_MM: f64 = 88.0;
const CRANIUM_CENTRE_MM: DVec3 = DVec3::new(0.0, 42.0, -3.0);

/// A head found in a scan.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where it is.
    pub pose: Pose,
    /// Mean robust cost of the template points, 0 (all on the scan) to 1 (none).
    pub cost: f64,
    /// Cost of the best other orientation (more than 25 degrees away).
    pub runner_up_cost: f64,
}

/// Searches a scan of any unit and orientation for a head.
pub fn search(scan: &TriMesh, template: &Template) -> Vec<Found> {
    let coarse = sample_surface(scan, 600);
    let dense = sample_surface(scan, 40_000);
    let mut found: Vec<Found> = Vec::new();
    for sphere in spheres(&coarse) {
        let scale = sphere.radius / CRANIUM_RADIUS_MM;
        let grid = DistanceGrid::new(&dense.points, sphere.centre, 210.0 * scale, 80);
        let prior = ScalePrior { mean: scale, sd_mean: 0.08, sd_each: 0.01 };
        let starts = rotations();
        let mut poses: Vec<(f64, Pose)> = starts
            .iter()
            .map(|&rotation| {
                let translation = sphere.centre - rotation * (scale * CRANIUM_CENTRE_MM);
                let start = Pose { rotation, translation, scale: DVec3::splat(scale) };
                let fallen = fall(start, &grid, template, 6, &[30.0, 30.0, 30.0, 20.0, 20.0, 20.0, 14.0, 14.0, 14.0, 10.0, 10.0, 10.0], &prior);
                (cost(&fallen, &grid, template, 3, 9.0), fallen)
            })
            .collect();
        poses.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut distinct: Vec<(f64, Pose)> = Vec::new();
        for (c, pose) in poses {
            if distinct.len() < 8 && distinct.iter().all(|(_, d)| angle_deg(d.rotation, pose.rotation) > 12.0) {
                distinct.push((c, pose));
            }
        }
        let loose = ScalePrior { mean: scale, sd_mean: 0.10, sd_each: 0.04 };
        let mut refined: Vec<(f64, Pose)> = distinct
            .into_iter()
            .map(|(_, pose)| {
                let fallen = fall(pose, &grid, template, 2, &[20.0, 20.0, 16.0, 16.0, 12.0, 12.0, 9.0, 9.0, 7.0, 7.0, 6.0, 6.0, 6.0], &loose);
                (cost(&fallen, &grid, template, 1, 6.0), fallen)
            })
            .collect();
        refined.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (best_cost, pose) = refined[0];
        let runner_up_cost = refined
            .iter()
            .find(|(_, p)| angle_deg(p.rotation, pose.rotation) > 25.0)
            .map_or(1.0, |(c, _)| *c);
        found.push(Found { pose, cost: best_cost, runner_up_cost });
    }
    found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    found
}

/// Lets the template fall onto the scan: a step for each kernel width (template mm).
fn fall(
    mut pose: Pose,
    grid: &DistanceGrid,
    template: &Template,
    every: usize,
    widths_mm: &[f64],
    prior: &ScalePrior,
) -> Pose {
    for width_mm in widths_mm {
        let width = width_mm * prior.mean;
        let residuals = template.points.iter().step_by(every).filter_map(|&p| {
            let (distance, gradient) = grid.at(pose.scan_from_template(p))?;
            let u = distance / width;
            let robust = 1.0 / ((1.0 + u * u) * (1.0 + u * u));
            Some(Residual { p_template: p, distance, gradient, weight: robust / (width * width) })
        });
        pose = step(&pose, residuals, prior, 0.01);
    }
    pose
}

/// Mean Geman-McClure cost of the template's points.
fn cost(pose: &Pose, grid: &DistanceGrid, template: &Template, every: usize, width_mm: f64) -> f64 {
    let width = width_mm * pose.mean_scale();
    let (mut sum, mut n) = (0.0, 0);
    for &p in template.points.iter().step_by(every) {
        let u = grid.at(pose.scan_from_template(p)).map_or(f64::INFINITY, |(d, _)| d / width);
        sum += if u.is_finite() { u * u / (1.0 + u * u) } else { 1.0 };
        n += 1;
    }
    sum / n as f64
}

/// Angle between two orientations, degrees.
pub fn angle_deg(a: DQuat, b: DQuat) -> f64 {
    2.0 * libm::acos(a.dot(b).abs().min(1.0)).to_degrees()
}

/// The 60 rotations of the icosahedron: no orientation is farther than 45 degrees from one of them.
fn rotations() -> Vec<DQuat> {
    let phi = 0.5 * (1.0 + 5.0_f64.sqrt());
    let a = DQuat::from_axis_angle(DVec3::new(0.0, 1.0, phi).normalize(), std::f64::consts::TAU / 5.0);
    let b = DQuat::from_axis_angle(DVec3::ONE.normalize(), std::f64::consts::TAU / 3.0);
    let mut group = vec![DQuat::IDENTITY];
    let mut at = 0;
    while at < group.len() {
        for generator in [a, b] {
            let next = (group[at] * generator).normalize();
            if group.iter().all(|g| g.dot(next).abs() < 1.0 - 1e-6) {
                group.push(next);
            }
        }
        at += 1;
    }
    group
}

struct Sphere {
    centre: DVec3,
    radius: f64,
    /// Share of the directions from the centre in which the surface lies at about the radius.
    cover: f64,
}

/// The round things of a surface, best first, at most four.
fn spheres(samples: &Samples) -> Vec<Sphere> {
    let n = samples.points.len();
    let mut candidates: Vec<Sphere> = Vec::new();
    let mut random = 0x5eed_u64;
    let mut draw = || {
        // SplitMix64 (Steele, Lea and Flood 2014)
        random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n.max(1) as u64) as usize
    };
    if n < 16 {
        return candidates;
    }
    for _ in 0..3000 {
        let (i, j) = (draw(), draw());
        let (p, q, u, v) = (samples.points[i], samples.points[j], samples.normals[i], samples.normals[j]);
        // Where the inward normals come closest to each other.
        let uv = u.dot(v);
        if uv > 0.9 || uv < -0.95 {
            continue;
        }
        let w = p - q;
        let denominator = 1.0 - uv * uv;
        let s = -(uv * v.dot(w) - u.dot(w)) / denominator;
        let r = (v.dot(w) - uv * u.dot(w)) / denominator;
        let (deep_p, deep_q) = (s, -r);
        let (a, b) = (p - deep_p * u, q - deep_q * v);
        let radius = 0.5 * (deep_p + deep_q);
        if radius <= 0.0 || a.distance(b) > 0.25 * radius || (deep_p - deep_q).abs() > 0.3 * radius {
            continue;
        }
        let centre = 0.5 * (a + b);
        candidates.push(Sphere { centre, radius, cover: cover(samples, centre, radius) });
    }
    candidates.sort_by(|a, b| b.cover.total_cmp(&a.cover));
    let mut best: Vec<Sphere> = Vec::new();
    for c in candidates {
        let apart = |s: &Sphere| s.centre.distance(c.centre) > 0.5 * s.radius || !(0.7..1.4).contains(&(s.radius / c.radius));
        if best.len() < 4 && best.iter().all(apart) {
            best.push(c);
        }
    }
    best
}

/// Share of 96 directions in which the surface passes at the radius (within 12 %), facing outward.
fn cover(samples: &Samples, centre: DVec3, radius: f64) -> f64 {
    let mut hit = 0_u128;
    for (p, normal) in samples.points.iter().zip(&samples.normals) {
        let arm = *p - centre;
        let length = arm.length();
        if (length - radius).abs() > 0.12 * radius || normal.dot(arm) < 0.85 * length {
            continue;
        }
        // 96 cells: the 6 sides of a cube, 4 x 4 each
        let a = arm.abs();
        let (major, x, y, sign) = if a.x >= a.y && a.x >= a.z {
            (a.x, arm.y, arm.z, arm.x > 0.0)
        } else if a.y >= a.z {
            (a.y, arm.x, arm.z, arm.y > 0.0)
        } else {
            (a.z, arm.x, arm.y, arm.z > 0.0)
        };
        let axis = if major == a.x { 0 } else if major == a.y { 1 } else { 2 };
        let cell = |v: f64| ((v / major + 1.0) * 2.0).clamp(0.0, 3.0) as u32;
        hit |= 1 << (((axis * 2 + u32::from(sign)) * 4 + cell(x)) * 4 + cell(y));
    }
    f64::from(hit.count_ones()) / 96.0
}
