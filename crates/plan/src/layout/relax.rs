//! Evening out: dots repel each other through a smooth kernel and are drawn by the asked density.
//!
//! The kernel is `(1 - t/T)^4` with `T = 8 sigma^2`, which has the curvature of a Gaussian of that sigma (in
//! spacings) at its top and ends by itself. After Ahmed, Ren and Wonka, "Gaussian blue noise", ACM TOG 41(6), 2022:
//! gradient descent on pair kernels, with the density as a background of opposite charge.

use glam::Vec3;
use rayon::prelude::*;

use super::clusters::{Bounds, CHUNK, Clusters, Leaf, Neighbours, WIDTH, neighbours, obstacles_near};
use super::quadrature::Background;
use super::surface::{AtBorder, Point, Site, Surface, spacing};

/// Dots and where they are; both in curve order.
pub(crate) struct Dots {
    pub sites: Vec<Site>,
    pub points: Vec<Point>,
    /// Distance from the border in spacings when it was last measured; infinite far from it.
    pub border: Vec<f32>,
}

impl Dots {
    pub fn new(surface: &Surface, sites: Vec<Site>) -> Self {
        let points = sites.par_iter().map(|&site| surface.point(site)).collect();
        let mut dots = Self { sites, points, border: Vec::new() };
        dots.measure_border(surface);
        dots
    }

    pub fn measure_border(&mut self, surface: &Surface) {
        let of = |(site, &p): (&Site, &Point)| surface.border_distance(site.face, p);
        self.border = self.sites.par_iter().zip(&self.points).with_min_len(CHUNK).map(of).collect();
    }

    /// Is the sum over the background not zero by symmetry: near a border, or on a steep slope?
    pub fn needs_background(&self, surface: &Surface, dot: usize, reach_spacings: f32) -> bool {
        self.border[dot] < reach_spacings || surface.faces[self.sites[dot].face as usize].is_steep()
    }
}

/// Existing hairs and earlier dots, in curve order; the fourth component of a point is its clearance in mm.
pub(crate) struct Hairs {
    pub points: Vec<Point>,
    pub clusters: Clusters,
    pub widest: f32,
}

const STEPS: usize = 8;
const SIGMA: f32 = 0.5;
const RATE: f32 = 0.25;
/// Longest move in one step, spacings.
const CAP: f32 = 0.2;
/// Lists are made anew at these steps; later moves are small.
const LIST_STEPS: [usize; 2] = [0, 3];
/// Lists reach this much farther than the kernel, spacings.
const SKIN: f32 = 0.08;
const HAIR_SKIN: f32 = 0.3;

/// The range of a kernel of this sigma, in `t`.
pub(crate) fn kernel_range(sigma: f32) -> f32 {
    8.0 * sigma * sigma
}

/// Moves all dots towards even spacing at the asked density, keeping off the hairs.
pub(crate) fn relax(surface: &Surface, background: &Background, hairs: &Hairs, dots: &mut Dots) {
    let limit = kernel_range(SIGMA);
    let mut lists: Option<(Neighbours, Neighbours)> = None;
    let mut pulls = vec![Vec3::ZERO; dots.points.len()];
    for step in 0..STEPS {
        if LIST_STEPS.contains(&step) {
            let clusters = Clusters::new(&dots.points);
            let reach = limit.sqrt() + SKIN;
            let near = neighbours(&clusters, &dots.points, reach * reach);
            let hairs = obstacles_near(&hairs.clusters, &dots.points, hairs.widest, |h, clearance| {
                hair_reach(h, clearance) + HAIR_SKIN * spacing(h)
            });
            lists = Some((near, hairs));
        }
        if step % 2 == 0 {
            pulls = pull(surface, background, dots, limit);
        }
        let Some((near, near_hairs)) = &lists else { continue };
        let moved = |i: usize, site: Site, old: &[Point]| {
            let p = old[i];
            let mut force = [0.0f32; 3];
            for &j in near.of(i) {
                let q = old[j as usize];
                let d = [p[0] - q[0], p[1] - q[1], p[2] - q[2]];
                let t = (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) * (p[3] + q[3]);
                let k = kernel(t, 1.0 / limit);
                for c in 0..3 {
                    force[c] += k * d[c];
                }
            }
            let force = Vec3::from_array(force) + pulls[i];
            let mut step = force * (RATE / (SIGMA * SIGMA));
            step += hair_push(p, near_hairs.of(i), hairs);
            surface.walk(site, capped(step, CAP * spacing(p[3])), AtBorder::Slide)
        };
        advance(surface, dots, moved);
    }
}

/// Applies a move to every dot at once.
pub(crate) fn advance(
    surface: &Surface,
    dots: &mut Dots,
    moved: impl Fn(usize, Site, &[Point]) -> Site + Sync,
) {
    let next: Vec<(Site, Point)> = dots
        .sites
        .par_iter()
        .with_min_len(CHUNK)
        .enumerate()
        .map(|(i, &site)| {
            let site = moved(i, site, &dots.points);
            (site, surface.point(site))
        })
        .collect();
    (dots.sites, dots.points) = next.into_iter().unzip();
}

/// The kernel `(1 - t/T)^4`, zero beyond T.
#[inline]
pub(crate) fn kernel(t: f32, inverse_range: f32) -> f32 {
    let u = (1.0 - t * inverse_range).max(0.0);
    let u2 = u * u;
    u2 * u2
}

pub(crate) fn capped(step: Vec3, longest: f32) -> Vec3 {
    let length = step.length();
    if length > longest { step * (longest / length) } else { step }
}

/// Hairs act within this distance of a dot, mm.
fn hair_reach(half_density: f32, clearance_mm: f32) -> f32 {
    (0.45 * spacing(half_density)).max(1.1 * clearance_mm)
}

/// Move away from the hairs around, mm.
pub(crate) fn hair_push(p: Point, near: &[u32], hairs: &Hairs) -> Vec3 {
    let mut push = Vec3::ZERO;
    for &j in near {
        let hair = hairs.points[j as usize];
        let d = Vec3::new(p[0] - hair[0], p[1] - hair[1], p[2] - hair[2]);
        let (r, reach) = (d.length().max(1e-6), hair_reach(p[3], hair[3]));
        if r < reach {
            let softer = if r > hair[3] { 0.6 } else { 1.0 };
            push += d * (0.5 * softer * (reach / r - 1.0));
        }
    }
    push
}

/// Attraction of the background on the dots that need it: `- sum_q c_q K(t_iq) (x_i - x_q)`, zero elsewhere.
fn pull(surface: &Surface, background: &Background, dots: &Dots, limit: f32) -> Vec<Vec3> {
    let reach = limit.sqrt() + 2.0 * CAP;
    let flagged = |i: usize| dots.needs_background(surface, i, reach);
    over_background(background, &dots.points, limit, flagged)
}

/// `- sum_q c_q K(t_iq) (x_i - x_q)` for the flagged points; zero for the others.
pub(crate) fn over_background(
    background: &Background,
    points: &[Point],
    limit: f32,
    flagged: impl Fn(usize) -> bool + Sync,
) -> Vec<Vec3> {
    points
        .par_chunks(WIDTH)
        .with_min_len(CHUNK / WIDTH)
        .enumerate()
        .flat_map_iter(|(leaf, chunk)| {
            let mut pulls = [Vec3::ZERO; WIDTH];
            let wanted: Vec<usize> = (0..chunk.len()).filter(|k| flagged(leaf * WIDTH + k)).collect();
            if !wanted.is_empty() {
                let mut near = Vec::new();
                background.clusters.near_scaled(&Bounds::of_points(chunk), limit, &mut near);
                for k in wanted {
                    pulls[k] = -background.kernel_sum(&near, chunk[k], 1.0 / limit).force();
                }
            }
            pulls.into_iter().take(chunk.len())
        })
        .collect()
}

/// Sums over leaves, eight lanes at a time: `sum w K(t) (p - x)` and `sum w K(t)`.
#[derive(Default)]
pub(crate) struct KernelSum {
    x: [f32; WIDTH],
    y: [f32; WIDTH],
    z: [f32; WIDTH],
    k: [f32; WIDTH],
}

impl KernelSum {
    #[inline]
    pub fn add(&mut self, leaf: &Leaf, weights: &[f32; WIDTH], [x, y, z, h]: Point, inverse_range: f32) {
        for l in 0..WIDTH {
            let (dx, dy, dz) = (x - leaf.x[l], y - leaf.y[l], z - leaf.z[l]);
            let t = (dx * dx + dy * dy + dz * dz) * (leaf.h[l] + h);
            let k = weights[l] * kernel(t, inverse_range);
            self.x[l] += k * dx;
            self.y[l] += k * dy;
            self.z[l] += k * dz;
            self.k[l] += k;
        }
    }

    pub fn force(&self) -> Vec3 {
        Vec3::new(total(&self.x), total(&self.y), total(&self.z))
    }

    pub fn weight(&self) -> f32 {
        total(&self.k)
    }
}

/// Sum of the lanes, always in the same order.
fn total(lanes: &[f32; WIDTH]) -> f32 {
    lanes.iter().sum()
}
