//! How the head's vertices lie and how they are joined: closed rings from the neck to the vertex.
//!
//! Rings are mirror images of themselves, and so are the triangles between them. The rings of the cap have fewer and
//! fewer vertices, so that triangles keep their size up to the top.

use std::f64::consts::PI;

use crate::model::surface::{CAP_Y_MM, Surface, smoothstep};

/// Height at which the neck is cut, mm before scaling.
pub const NECK_CUT_Y_MM: f64 = -124.0;

/// Where a ring lies on the surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ring {
    /// Height on the side of the head, mm.
    Height(f64),
    /// Elevation on the cap, radians.
    Elevation(f64),
}

/// Rings from below to above with the number of vertices each, and the top vertex after the last ring.
pub struct Grid {
    /// Rings, from the neck upwards, each with its even number of vertices.
    pub rings: Vec<(Ring, usize)>,
}

impl Grid {
    /// A grid with edges of about `step_mm`.
    pub fn new(surface: &Surface, step_mm: f64) -> Grid {
        let half_ring = (PI * RING_RADIUS_MM / step_mm).round().max(6.0) as usize;
        let mut rings: Vec<(Ring, usize)> =
            heights(surface, step_mm).into_iter().map(|y| (Ring::Height(y), 2 * half_ring)).collect();
        // Elevations in equal steps of about one edge.
        let n_cap = (0.5 * PI * CAP_RADIUS_MM / step_mm).round().max(3.0) as usize;
        for i in 1..n_cap {
            let el = 0.5 * PI * i as f64 / n_cap as f64;
            let half = (half_ring as f64 * libm::cos(el)).round().max(3.0) as usize;
            rings.push((Ring::Elevation(el), 2 * half));
        }
        Grid { rings }
    }

    /// Azimuth of vertex `j` of a ring of `n`, radians from -pi to pi: denser in front, where the axis is farther away.
    pub fn azimuth(j: usize, n: usize) -> f64 {
        let half = n / 2;
        let (i, sign) = if j <= half { (j, 1.0) } else { (n - j, -1.0) };
        let u = PI * i as f64 / half as f64;
        sign * (u - FRONT_DENSITY * libm::sin(u) - 0.5 * SIDE_DENSITY * libm::sin(2.0 * u))
    }

    /// Triangles over all rings, counter-clockwise from outside; vertices are numbered ring by ring, the top last.
    pub fn triangles(&self) -> Vec<[u32; 3]> {
        let mut triangles = Vec::new();
        let mut start = 0;
        for pair in self.rings.windows(2) {
            let (n_low, n_high) = (pair[0].1, pair[1].1);
            stitch(start, n_low, n_high, &mut triangles);
            start += n_low;
        }
        if let Some(&(_, n)) = self.rings.last() {
            let top = (start + n) as u32;
            triangles.extend((0..n).map(|j| [(start + j) as u32, (start + (j + 1) % n) as u32, top]));
        }
        triangles
    }
}

/// Greatest distance of the skin from the axis (leaving out the nose) times how much wider than the mean the vertices
/// stand there, mm: turns an edge length into a number of vertices.
const RING_RADIUS_MM: f64 = 91.0;

/// Distance of the cap from its centre, mm: between 71 at the top and 114 in front.
const CAP_RADIUS_MM: f64 = 104.0;

/// How much denser than the mean the vertices lie in front than behind, and in front and behind than at the sides; evens
/// out that the face is farther from the axis and has more to show.
const FRONT_DENSITY: f64 = 0.25;
const SIDE_DENSITY: f64 = 0.15;

/// Heights of the side rings: an edge apart along the steepest place of the ring, so that the shelves under nose and
/// chin get rings enough.
fn heights(surface: &Surface, step_mm: f64) -> Vec<f64> {
    const SAMPLE_MM: f64 = 0.25;
    let n_samples = ((CAP_Y_MM - NECK_CUT_Y_MM) / SAMPLE_MM).round() as usize;
    let mut travelled = vec![0.0];
    for i in 0..n_samples {
        let y = NECK_CUT_Y_MM + (i as f64 + 0.5) * SAMPLE_MM;
        let slope = surface.relief.steepest_slope(y).min(STEEPEST);
        let length = SAMPLE_MM * libm::sqrt(1.0 + SHELF_WEIGHT * slope * slope);
        let face = smoothstep([-112.0, -100.0], y) * smoothstep([40.0, 20.0], y);
        travelled.push(
            travelled[i]
                + length
                    * (1.0 + FACE_DENSITY * face)
                    * (1.0 - NECK_SPARSITY * smoothstep([-104.0, -112.0], y)),
        );
    }
    let total = travelled[n_samples];
    let n_rings = (total / step_mm).round().max(4.0) as usize;
    let mut heights = Vec::with_capacity(n_rings + 1);
    let mut i = 0;
    for ring in 0..=n_rings {
        let wanted = total * ring as f64 / n_rings as f64;
        while i + 1 < n_samples && travelled[i + 1] < wanted {
            i += 1;
        }
        let within = (wanted - travelled[i]) / (travelled[i + 1] - travelled[i]);
        heights.push(NECK_CUT_Y_MM + (i as f64 + within) * SAMPLE_MM);
    }
    heights
}

/// How much denser than the scalp's the rings of the face lie, and how much sparser those of the neck.
const FACE_DENSITY: f64 = 0.25;
const NECK_SPARSITY: f64 = 0.4;
/// Slopes above this count as this one.
const STEEPEST: f64 = 8.0;
/// Share of a slope's extra length that gets extra rings.
const SHELF_WEIGHT: f64 = 0.4;

/// Triangles between a ring of `n_low` vertices from `start` and the next ring of `n_high`.
fn stitch(start: usize, n_low: usize, n_high: usize, triangles: &mut Vec<[u32; 3]>) {
    let (half_low, half_high) = (n_low / 2, n_high / 2);
    let low = |j: usize| (start + j) as u32;
    let high = |j: usize| (start + n_low + j) as u32;
    let mirror_low = |j: usize| low((n_low - j) % n_low);
    let mirror_high = |j: usize| high((n_high - j) % n_high);
    // Walk both half rings from the front to the back, always advancing the one that lags; the other half mirrors it.
    let (mut i, mut j) = (0, 0);
    while i < half_low || j < half_high {
        let low_lags = j == half_high || (i < half_low && (2 * i + 1) * half_high <= (2 * j + 1) * half_low);
        if low_lags {
            triangles.push([low(i), low(i + 1), high(j)]);
            triangles.push([mirror_low(i + 1), mirror_low(i), mirror_high(j)]);
            i += 1;
        } else {
            triangles.push([low(i), high(j + 1), high(j)]);
            triangles.push([mirror_high(j + 1), mirror_low(i), mirror_high(j)]);
            j += 1;
        }
    }
}
