//! Where is the head in this scan? Robust registration of the average head from many starts.
//!
//! 1. Spheres: pairs of surface points whose normals meet vote for round things, of which a cranium is one.
//! 2. From each sphere, the template starts in every orientation and falls onto the scan through a distance grid
//!    (Fitzgibbon 2003, "Robust registration of 2D and 3D point sets", with the kernel of Geman and McClure).
//! 3. The best few are refined; the cost of the best against the best of another orientation tells how sure it is.

use glam::{DQuat, DVec3};
use rayon::prelude::*;

use super::grid::DistanceGrid;
use super::pose::{Anchor, Pose, Residual, ScalePrior, step};
use super::sample::{Samples, sample_surface};
use super::template::Template;
use crate::mesh::TriMesh;

/// Radius and centre of the sphere that the cranium of the average head nearly is, mm in the head frame.
const CRANIUM_RADIUS_MM: f64 = 88.0;
const CRANIUM_CENTRE_MM: DVec3 = DVec3::new(0.0, 42.0, -3.0);

/// A cost below this is a head beyond doubt, so that no further sphere is tried: the heads of the test set reach 0.02
/// to 0.12 (0.30 where the face is missing below the nose), the wrong orientations of the same heads 0.23 or more.
pub const CERTAIN_COST: f64 = 0.16;

/// Orientations closer than this are one, degrees.
const SAME_DEG: f64 = 25.0;

/// A head found in a scan.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// Where it is.
    pub pose: Pose,
    /// Mean robust cost of the template's points, 0 (all on the scan) to 1 (none).
    pub cost: f64,
    /// Cost of the best other orientation.
    pub runner_up_cost: f64,
}

/// What a search found.
pub struct Search {
    /// The best head; `None` where nothing is round.
    pub best: Option<Found>,
    /// Another head, well apart from the best.
    pub second: Option<Found>,
}

/// Searches a scan of any unit and orientation for a head. `anchors` are landmarks that the caller knows.
pub fn search(scan: &TriMesh, template: &Template, anchors: &[Anchor]) -> Search {
    let coarse = sample_surface(scan, 600);
    let dense = sample_surface(scan, 40_000);
    let spheres = spheres(&coarse);
    let mut best: Option<Found> = None;
    for sphere in spheres.iter().take(4) {
        if best.is_some_and(|b| b.cost < CERTAIN_COST) {
            break;
        }
        let found = settle(sphere, &dense, template, anchors);
        if best.is_none_or(|b| found.cost < b.cost) {
            best = Some(found);
        }
    }
    // A second head is another sphere, about as large and apart from the first, onto which the template falls as well.
    let second = best.and_then(|best| {
        let centre = best.pose.scan_from_template(CRANIUM_CENTRE_MM);
        let radius = CRANIUM_RADIUS_MM * best.pose.mean_scale();
        let apart = |s: &&Sphere| {
            s.centre.distance(centre) > 1.3 * radius
                && (0.6..1.6).contains(&(s.radius / radius))
                && s.cover > 0.45
        };
        let sphere = spheres.iter().find(apart)?;
        let found = settle(sphere, &dense, template, &[]);
        let far = found.pose.scan_from_template(CRANIUM_CENTRE_MM).distance(centre) > 1.3 * radius;
        (far && found.cost < CERTAIN_COST).then_some(found)
    });
    Search { best, second }
}

/// Cost of the template in a given pose, with the kernel of the first fall: a landmark pose is rough.
pub fn cost_of(pose: &Pose, scan: &TriMesh, template: &Template) -> f64 {
    let dense = sample_surface(scan, 40_000);
    let centre = pose.scan_from_template(CRANIUM_CENTRE_MM);
    let grid = DistanceGrid::new(&dense.points, centre, HALF_SIDE_MM * pose.mean_scale(), VOXELS);
    cost(pose, &grid, template, &[], 1, 12.0)
}

/// Half side of the cube that is searched (a head with its neck in any orientation), and voxels along it.
const HALF_SIDE_MM: f64 = 210.0;
const VOXELS: usize = 80;

/// Lets the template fall onto the scan around a sphere from every orientation.
fn settle(sphere: &Sphere, dense: &Samples, template: &Template, anchors: &[Anchor]) -> Found {
    /// Kernel widths of the first fall and of the refinement, template mm: from the size of a face to a few voxels.
    const FIRST_MM: [f64; 12] = [30.0, 30.0, 30.0, 20.0, 20.0, 20.0, 14.0, 14.0, 14.0, 10.0, 10.0, 10.0];
    const THEN_MM: [f64; 13] = [20.0, 20.0, 16.0, 16.0, 12.0, 12.0, 9.0, 9.0, 7.0, 7.0, 6.0, 6.0, 6.0];
    let scale = sphere.radius / CRANIUM_RADIUS_MM;
    let grid = DistanceGrid::new(&dense.points, sphere.centre, HALF_SIDE_MM * scale, VOXELS);
    let prior = ScalePrior { mean: scale, sd_mean: 0.08, sd_each: 0.01 };
    let by_cost = |a: &(f64, Pose), b: &(f64, Pose)| a.0.total_cmp(&b.0);
    let mut poses: Vec<(f64, Pose)> = rotations()
        .into_par_iter()
        .map(|rotation| {
            let translation = sphere.centre - rotation * (scale * CRANIUM_CENTRE_MM);
            let start = Pose { rotation, translation, scale: DVec3::splat(scale) };
            let fallen = fall(start, &grid, template, anchors, 6, &FIRST_MM, &prior);
            (cost(&fallen, &grid, template, anchors, 3, 9.0), fallen)
        })
        .collect();
    poses.sort_by(by_cost);
    let mut distinct: Vec<Pose> = Vec::new();
    for (_, pose) in poses {
        if distinct.len() < 8 && distinct.iter().all(|d| angle_deg(d.rotation, pose.rotation) > 12.0) {
            distinct.push(pose);
        }
    }
    let loose = ScalePrior { mean: scale, sd_mean: 0.10, sd_each: 0.04 };
    let mut refined: Vec<(f64, Pose)> = distinct
        .into_par_iter()
        .map(|pose| {
            let fallen = fall(pose, &grid, template, anchors, 2, &THEN_MM, &loose);
            (cost(&fallen, &grid, template, anchors, 1, 6.0), fallen)
        })
        .collect();
    refined.sort_by(by_cost);
    let (best_cost, pose) = refined[0];
    let other = refined.iter().find(|(_, p)| angle_deg(p.rotation, pose.rotation) > SAME_DEG);
    Found { pose, cost: best_cost, runner_up_cost: other.map_or(1.0, |(c, _)| *c) }
}

/// Lets the template fall onto the scan: a step for each kernel width (template mm).
fn fall(
    mut pose: Pose,
    grid: &DistanceGrid,
    template: &Template,
    anchors: &[Anchor],
    every: usize,
    widths_mm: &[f64],
    prior: &ScalePrior,
) -> Pose {
    let n_points = template.points.len().div_ceil(every) as f64;
    for width_mm in widths_mm {
        let width = width_mm * prior.mean;
        let residuals = template.points.iter().step_by(every).filter_map(|&p| {
            let (distance, gradient) = grid.at(pose.scan_from_template(p))?;
            let u = distance / width;
            let robust = 1.0 / ((1.0 + u * u) * (1.0 + u * u));
            Some(Residual { p_template: p, distance, gradient, weight: robust / (width * width) })
        });
        // A landmark that a person gave counts as much as a tenth of the surface.
        let weight = 0.1 * n_points / (width * width);
        let held = anchors.iter().flat_map(|a| a.residuals(&pose, weight));
        pose = step(&pose, residuals.chain(held), prior, 0.01);
    }
    pose
}

/// Mean Geman-McClure cost of the template's points, and what the anchors are off (a tenth at most for each).
fn cost(
    pose: &Pose,
    grid: &DistanceGrid,
    template: &Template,
    anchors: &[Anchor],
    every: usize,
    width_mm: f64,
) -> f64 {
    let width = width_mm * pose.mean_scale();
    let robust = |distance: f64, width: f64| {
        let u = distance / width;
        if u.is_finite() { u * u / (1.0 + u * u) } else { 1.0 }
    };
    let (mut sum, mut n) = (0.0, 0);
    for &p in template.points.iter().step_by(every) {
        sum += robust(grid.at(pose.scan_from_template(p)).map_or(f64::INFINITY, |(d, _)| d), width);
        n += 1;
    }
    let off = |a: &Anchor| robust(a.p_scan.distance(pose.scan_from_template(a.p_template)), 4.0 * width);
    sum / f64::from(n.max(1)) + 0.1 * anchors.iter().map(off).sum::<f64>()
}

/// Angle between two orientations, degrees.
pub fn angle_deg(a: DQuat, b: DQuat) -> f64 {
    2.0 * libm::acos(a.dot(b).abs().min(1.0)).to_degrees()
}

/// The 60 rotations of the icosahedron: no orientation is farther than 45 degrees from one of them.
fn rotations() -> Vec<DQuat> {
    let golden = 0.5 * (1.0 + 5.0_f64.sqrt());
    let fifth = DQuat::from_axis_angle(DVec3::new(0.0, 1.0, golden).normalize(), std::f64::consts::TAU / 5.0);
    let third = DQuat::from_axis_angle(DVec3::ONE.normalize(), std::f64::consts::TAU / 3.0);
    let mut group = vec![DQuat::IDENTITY];
    let mut at = 0;
    while at < group.len() {
        for generator in [fifth, third] {
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

/// The round things of a surface, best first, at most eight.
fn spheres(samples: &Samples) -> Vec<Sphere> {
    const TRIES: usize = 3000;
    const MOST: usize = 8;
    let n = samples.points.len();
    if n < 16 {
        return Vec::new();
    }
    let mut state = 0x5eed_u64;
    let mut draw = || {
        // SplitMix64 (Steele, Lea and Flood 2014)
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    };
    let pairs: Vec<(usize, usize)> = (0..TRIES).map(|_| (draw(), draw())).collect();
    let mut candidates: Vec<Sphere> = pairs
        .into_par_iter()
        .filter_map(|(i, j)| {
            // Where the two inward normals come closest to each other.
            let (p, q, u, v) = (samples.points[i], samples.points[j], samples.normals[i], samples.normals[j]);
            let uv = u.dot(v);
            if !(-0.95..0.9).contains(&uv) {
                return None;
            }
            let w = p - q;
            let denominator = 1.0 - uv * uv;
            let deep_p = (u.dot(w) - uv * v.dot(w)) / denominator;
            let deep_q = (uv * u.dot(w) - v.dot(w)) / denominator;
            let (a, b) = (p - deep_p * u, q - deep_q * v);
            let radius = 0.5 * (deep_p + deep_q);
            let round =
                radius > 0.0 && a.distance(b) < 0.25 * radius && (deep_p - deep_q).abs() < 0.3 * radius;
            let centre = 0.5 * (a + b);
            round.then(|| Sphere { centre, radius, cover: cover(samples, centre, radius) })
        })
        .collect();
    candidates.sort_by(|a, b| b.cover.total_cmp(&a.cover));
    let mut best: Vec<Sphere> = Vec::new();
    for c in candidates {
        let apart = |s: &Sphere| {
            s.centre.distance(c.centre) > 0.5 * s.radius || !(0.7..1.4).contains(&(s.radius / c.radius))
        };
        if best.len() < MOST && best.iter().all(apart) {
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
        // The six sides of a cube, 4 x 4 cells each.
        let a = arm.abs();
        let (axis, major, x, y) = if a.x >= a.y && a.x >= a.z {
            (0, arm.x, arm.y, arm.z)
        } else if a.y >= a.z {
            (1, arm.y, arm.x, arm.z)
        } else {
            (2, arm.z, arm.x, arm.y)
        };
        let side = 2 * axis + u32::from(major > 0.0);
        let cell = |v: f64| ((v / major.abs() + 1.0) * 2.0).clamp(0.0, 3.0) as u32;
        hit |= 1 << ((side * 4 + cell(x)) * 4 + cell(y));
    }
    f64::from(hit.count_ones()) / 96.0
}
