//! Nearest neighbours, voids, counts against the density, dots along the border, distance to hairs.

use glam::DVec3;
use glam::Vec3;
use rayon::prelude::*;

use super::super::clusters::{Bounds, Clusters, WIDTH};
use super::super::natural::tangents;
use super::super::quadrature;
use super::super::rng::{Counter, Stream};
use super::super::surface::{AtBorder, Point, Site, Surface, spacing};
use super::super::{Obstacle, PlacedDot};
use super::scene::{Scene, any_within};
use super::{DensityFit, IDEAL, Measured, NearestNeighbours, Unmeasurable};

/// Dots nearer than this to a border do not count for nearest neighbours, spacings.
const INSIDE: f32 = 2.5;
const LEAST_INSIDE: usize = 30;
/// Every set has a place that is this many spacings from its dots: even a lattice leaves 0.62.
const LONELY: f32 = 0.6;
/// Radius of the discs in which dots are counted, mm, and their number.
const DISC_MM: f32 = 6.0;
const DISCS: usize = 3000;

pub(super) fn nearest(scene: &Scene) -> Result<NearestNeighbours, Unmeasurable> {
    scene.enough_dots()?;
    let inside = scene.inside(INSIDE);
    if inside.len() < LEAST_INSIDE {
        let found = inside.len();
        return Err(Unmeasurable::TooNarrow { found, spacings: 2, least: LEAST_INSIDE });
    }
    let distances: Vec<f64> = inside
        .par_iter()
        .map(|&i| {
            let p = scene.points[i];
            f64::from(scene.clusters.nearest_mm(p, Some(i)) / spacing(p[3])) / IDEAL
        })
        .collect();
    let n = distances.len() as f64;
    let mean = distances.iter().sum::<f64>() / n;
    let variance = distances.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / n;
    Ok(NearestNeighbours {
        cv: variance.sqrt() / mean,
        smallest_over_ideal: distances.iter().copied().fold(f64::INFINITY, f64::min),
        mean_over_ideal: mean,
        clark_evans: 2.0 * mean * IDEAL,
    })
}

/// Radius of the largest empty circle whose middle is on the surface, over the ideal distance there.
pub(super) fn largest_void(scene: &Scene) -> Measured {
    scene.enough_dots()?;
    // Probes about a third of a spacing apart: one lies near the middle of every void, and from the promising ones a
    // pattern search climbs to the middle. The border is sampled densely enough by itself.
    let height = |p: Point| scene.clusters.nearest_mm(p, None) / spacing(p[3]);
    let probes: Vec<(Site, Point)> =
        quadrature::sites(&scene.surface).into_iter().map(|site| (site, scene.surface.point(site))).collect();
    let start: Vec<(f32, Site)> = probes
        .par_chunks(8)
        .flat_map_iter(|chunk| {
            let points: Vec<Point> = chunk.iter().map(|c| c.1).collect();
            let mut lonely = Vec::new();
            scene.clusters.lonely(&points, LONELY, &mut lonely);
            let of = |p: &Point| chunk.iter().find(|c| c.1 == *p).map(|c| (height(*p), c.0));
            lonely.into_iter().filter_map(of).collect::<Vec<_>>()
        })
        .collect();
    let top = start.iter().map(|s| s.0).fold(LONELY, f32::max);
    let climbed = start
        .par_iter()
        .filter(|s| s.0 > top - 0.35)
        .map(|&(_, site)| climb(&scene.surface, site, &height))
        .reduce(|| top, f32::max);
    let border = scene.border.par_iter().map(|&p| height(p)).reduce(|| 0.0, f32::max);
    Ok(f64::from(climbed.max(border)) / IDEAL)
}

/// Walks over the surface uphill with shrinking steps; the height reached.
fn climb(surface: &Surface, start: Site, height: &impl Fn(Point) -> f32) -> f32 {
    let mut site = start;
    let mut best = height(surface.point(site));
    let mut step = 0.2 * spacing(surface.point(site)[3]);
    for _ in 0..200 {
        let (a, b) = tangents(&surface.faces[site.face as usize]);
        let higher = (0..8).find_map(|k| {
            let (sin, cos) = libm::sincosf(core::f32::consts::TAU * k as f32 / 8.0);
            let to = surface.walk(site, (a * cos + b * sin) * step, AtBorder::Slide);
            let h = height(surface.point(to));
            (h > best).then_some((to, h))
        });
        match higher {
            Some((to, h)) => (site, best) = (to, h),
            None => step *= 0.5,
        }
        if step < 0.004 * spacing(surface.point(site)[3]) {
            break;
        }
    }
    best
}

pub(super) fn density_fit(scene: &Scene) -> Result<DensityFit, Unmeasurable> {
    scene.enough_dots()?;
    let cloud = &scene.background;
    let random = Counter::new(3, Stream::Metric);
    let areas: Vec<f64> = {
        let mut sum = 0.0;
        let area = |(c, p): (&f32, &Point)| f64::from(c / (2.0 * p[3]));
        cloud.charge.iter().zip(&cloud.points).map(|c| (sum += area(c), sum).1).collect()
    };
    let total = areas.last().copied().unwrap_or(0.0);
    let discs: Vec<Point> = (0..DISCS)
        .map(|k| {
            let target = (k as f64 + f64::from(random.unit(k as u64))) / DISCS as f64 * total;
            cloud.points[areas.partition_point(|&a| a < target).min(areas.len() - 1)]
        })
        .filter(|&p| !any_within(&scene.border_clusters, p, DISC_MM + 0.5))
        .collect();
    if discs.len() < LEAST_INSIDE {
        let spacings = scene.points.first().map_or(0.0, |p| (DISC_MM + 0.5) / spacing(p[3])) as u32;
        return Err(Unmeasurable::TooNarrow { found: discs.len(), spacings, least: LEAST_INSIDE });
    }
    let counts: Vec<(f64, f64)> = discs
        .par_iter()
        .map(|&p| (mass(&scene.clusters, p, None), mass(&cloud.clusters, p, Some(&cloud.charge))))
        .collect();
    let n = counts.len() as f64;
    let rms = (counts.iter().map(|(c, t)| (c / t - 1.0) * (c / t - 1.0)).sum::<f64>() / n).sqrt();
    let logs: Vec<(f64, f64)> =
        counts.iter().filter(|c| c.0 > 0.0).map(|&(c, t)| (libm::log(c), libm::log(t))).collect();
    let m = logs.len() as f64;
    let (mean_c, mean_t) =
        (logs.iter().map(|l| l.0).sum::<f64>() / m, logs.iter().map(|l| l.1).sum::<f64>() / m);
    let spread: f64 = logs.iter().map(|l| (l.1 - mean_t) * (l.1 - mean_t)).sum();
    let shared: f64 = logs.iter().map(|l| (l.1 - mean_t) * (l.0 - mean_c)).sum();
    let gain =
        if scene.graded && spread > 0.0 { Ok(shared / spread) } else { Err(Unmeasurable::EvenDensity) };
    Ok(DensityFit { rms, gain })
}

/// Weight of a cloud within a disc; without weights the number of its points.
fn mass(cloud: &Clusters, p: Point, weights: Option<&[f32]>) -> f64 {
    let mut near = Vec::new();
    cloud.near(&Bounds::of_points(&[p]), |_| DISC_MM * DISC_MM, &mut near);
    let mut sum = 0.0;
    for &leaf in &near {
        for (l, &d) in cloud.leaves[leaf as usize].distances_sq(p).iter().enumerate() {
            if d < DISC_MM * DISC_MM {
                sum += weights.map_or(1.0, |w| f64::from(w[leaf as usize * WIDTH + l]));
            }
        }
    }
    sum
}

pub(super) fn border_ratio(scene: &Scene) -> Measured {
    scene.enough_dots()?;
    if scene.border.is_empty() {
        return Err(Unmeasurable::NoBorder);
    }
    let near_border = |p: Point| any_within(&scene.border_clusters, p, spacing(p[3]));
    let found = scene.points.par_iter().filter(|&&p| near_border(p)).count();
    let asked = quadrature::fine_charges_where(&scene.surface, near_border);
    let least = 5.0;
    if asked < least {
        return Err(Unmeasurable::TooFewDots { found: asked as usize, least: least as usize });
    }
    Ok(found as f64 / asked)
}

pub(super) fn least_spare_clearance(dots: &[PlacedDot], obstacles: &[Obstacle]) -> Option<f64> {
    let middle = obstacles.first()?.position_mm;
    let local = |p: DVec3| (p - middle).as_vec3();
    let curve = {
        let low = obstacles.iter().map(|o| local(o.position_mm)).reduce(Vec3::min)?;
        let high = obstacles.iter().map(|o| local(o.position_mm)).reduce(Vec3::max)?;
        super::super::hilbert::Curve::new(low, high)
    };
    let keys: Vec<u32> = obstacles.iter().map(|o| curve.key(local(o.position_mm))).collect();
    let order = super::super::hilbert::sorted(&keys);
    let points: Vec<Point> = order
        .iter()
        .map(|&i| {
            let p = local(obstacles[i as usize].position_mm);
            [p.x, p.y, p.z, 1.0]
        })
        .collect();
    let clusters = Clusters::new(&points);
    let widest = obstacles.iter().map(|o| o.clearance_mm).fold(0.0, f64::max);
    let of_dot = |dot: &PlacedDot| {
        let p = local(dot.position_mm);
        let mut near = Vec::new();
        let mut reach = widest as f32 + 1.0;
        loop {
            let bounds = Bounds::of_points(&[[p.x, p.y, p.z, 1.0]]);
            clusters.near(&bounds, |_| reach * reach, &mut near);
            let spare = near
                .iter()
                .flat_map(|&leaf| (0..WIDTH).map(move |l| leaf as usize * WIDTH + l))
                .filter(|&k| k < order.len())
                .map(|k| {
                    let o = &obstacles[order[k] as usize];
                    o.position_mm.distance(dot.position_mm) - o.clearance_mm
                })
                .fold(f64::INFINITY, f64::min);
            // A closer one would have been within reach.
            if spare <= f64::from(reach) - widest || reach > 1e6 {
                return spare;
            }
            reach *= 4.0;
        }
    };
    dots.par_iter().map(of_dot).reduce_with(f64::min)
}
