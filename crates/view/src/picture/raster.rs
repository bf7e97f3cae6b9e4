//! Triangles to pixels: which surface each pixel shows, with eight samples a pixel for clean edges.

use glam::{DVec3, Vec3};

use super::camera::Camera;

/// Sample positions around the pixel centre, px: eight rows and eight columns each hit once
/// (the standard pattern of Direct3D 11).
const SAMPLES: [[f32; 2]; 8] = [
    [0.0625, -0.1875],
    [-0.0625, 0.1875],
    [0.3125, 0.0625],
    [-0.1875, -0.3125],
    [-0.3125, 0.3125],
    [-0.4375, -0.0625],
    [0.1875, 0.4375],
    [0.4375, -0.4375],
];

/// Rows of a band: a band's samples stay in the cache.
pub(super) const BAND_ROWS: usize = 16;

/// A step in depth that separates two surfaces inside one pixel, mm per mm of pixel size plus 3 mm.
const STEP: f32 = 6.0;

/// Share of an edge by which triangles overlap, so that rounding opens no cracks.
const OVERLAP: f32 = 1e-4;

const NOTHING: u32 = u32::MAX;

/// One surface in one pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment {
    /// Triangle.
    pub triangle: usize,
    /// Weights of its three corners.
    pub weights: [f32; 3],
    /// Share of the pixel, 0-1.
    pub coverage: f32,
    /// Distance along the optical axis, mm.
    pub depth_mm: f32,
}

/// A mesh projected and sorted into bands of rows.
pub(super) struct Raster<'a> {
    triangles: &'a [[u32; 3]],
    /// Picture position and inverse distance of every vertex.
    projected: Vec<Vec3>,
    /// Triangles that touch each band.
    bands: Vec<Vec<u32>>,
    size: [usize; 2],
    step_mm: f32,
}

impl<'a> Raster<'a> {
    pub fn new(camera: &Camera, positions: &[Vec3], triangles: &'a [[u32; 3]]) -> Raster<'a> {
        let project = |p: &Vec3| {
            let at: DVec3 = camera.project(p.as_dvec3());
            Vec3::new(at.x as f32, at.y as f32, if at.z > 1.0 { (1.0 / at.z) as f32 } else { f32::NAN })
        };
        let projected: Vec<Vec3> = positions.iter().map(project).collect();
        let [width, height] = camera.size_px;
        let mut bands = vec![Vec::new(); height.div_ceil(BAND_ROWS)];
        for (i, t) in triangles.iter().enumerate() {
            let [a, b, c] = t.map(|v| projected[v as usize]);
            let (low, high) = (a.min(b).min(c), a.max(b).max(c));
            let front = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) < 0.0;
            let inside = high.x >= 0.0 && low.x < width as f32 && high.y >= 0.0 && low.y < height as f32;
            if front && inside && (low.z + high.z).is_finite() {
                let first = (low.y.max(0.0) as usize).saturating_sub(1) / BAND_ROWS;
                let last = ((high.y as usize + 1) / BAND_ROWS).min(bands.len() - 1);
                for band in &mut bands[first..=last] {
                    band.push(i as u32);
                }
            }
        }
        let step_mm = 3.0 + STEP * camera.pixel_mm() as f32;
        Raster { triangles, projected, bands, size: camera.size_px, step_mm }
    }

    /// Calls `put(pixel within the band, front and perhaps back surface)` for every pixel of a band that shows anything.
    pub fn band(&self, band: usize, mut put: impl FnMut(usize, &[Fragment])) {
        let [width, height] = self.size;
        let first_row = band * BAND_ROWS;
        let rows = BAND_ROWS.min(height - first_row);
        let mut near = vec![[0.0f32; 8]; width * rows];
        let mut owner = vec![[NOTHING; 8]; width * rows];
        for &t in &self.bands[band] {
            self.draw(t, first_row, rows, &mut near, &mut owner);
        }
        for pixel in 0..width * rows {
            if owner[pixel] != [NOTHING; 8] {
                let centre = [(pixel % width) as f32 + 0.5, (first_row + pixel / width) as f32 + 0.5];
                let (fragments, count) = self.resolve(centre, &near[pixel], &owner[pixel]);
                put(pixel, &fragments[..count]);
            }
        }
    }

    fn draw(&self, t: u32, first_row: usize, rows: usize, near: &mut [[f32; 8]], owner: &mut [[u32; 8]]) {
        let width = self.size[0];
        let corners = self.triangles[t as usize].map(|v| self.projected[v as usize]);
        let Some(plane) = Plane::new(corners) else { return };
        let [a, b, c] = corners;
        let (low, high) = (a.min(b).min(c), a.max(b).max(c));
        let left = (low.x - 0.5).max(0.0) as usize;
        let right = ((high.x + 0.5).max(0.0) as usize).min(width - 1);
        let top = ((low.y - 0.5).max(0.0) as usize).max(first_row);
        let bottom = ((high.y + 0.5).max(0.0) as usize).min(first_row + rows - 1);
        let [xs, ys] = [0, 1].map(|axis| SAMPLES.map(|sample| sample[axis]));
        let mut spread = [[0.0f32; 8]; 3];
        for k in 0..8 {
            let (b, c) = (plane.bx * xs[k] + plane.by * ys[k], plane.cx * xs[k] + plane.cy * ys[k]);
            (spread[0][k], spread[1][k], spread[2][k]) = (b, c, b * plane.z_b + c * plane.z_c);
        }
        // How far the weights of any sample differ from those of the pixel centre.
        let reach_b = 0.4375 * (plane.bx.abs() + plane.by.abs()) + OVERLAP;
        let reach_c = 0.4375 * (plane.cx.abs() + plane.cy.abs()) + OVERLAP;
        for y in top..=bottom {
            for x in left..=right {
                let (wb, wc) = plane.weights([x as f32 + 0.5, y as f32 + 0.5]);
                if wb < -reach_b || wc < -reach_c || wb + wc > 1.0 + reach_b + reach_c {
                    continue;
                }
                let pixel = (y - first_row) * width + x;
                let (near, owner) = (&mut near[pixel], &mut owner[pixel]);
                let z = a.z + wb * plane.z_b + wc * plane.z_c;
                // All eight at once: a mask of ones where the triangle is the nearest so far.
                for k in 0..8 {
                    let (b, c, z) = (wb + spread[0][k], wc + spread[1][k], z + spread[2][k]);
                    let wins = (b >= -OVERLAP) & (c >= -OVERLAP) & (b + c <= 1.0 + OVERLAP) & (z > near[k]);
                    let mask = u32::from(wins).wrapping_neg();
                    near[k] = f32::from_bits(z.to_bits() & mask | near[k].to_bits() & !mask);
                    owner[k] = t & mask | owner[k] & !mask;
                }
            }
        }
    }

    /// The samples of a pixel as one or two surfaces, front first.
    fn resolve(&self, centre: [f32; 2], near: &[f32; 8], owner: &[u32; 8]) -> ([Fragment; 2], usize) {
        let nearest = near.iter().copied().fold(0.0, f32::max);
        let limit = 1.0 / (1.0 / nearest + self.step_mm);
        // Mostly all samples lie on one surface; their mean place is the middle of the pixel.
        if near.iter().all(|&z| z >= limit)
            && let Some(whole) = self.fragment(owner[0], centre, 1.0)
        {
            return ([whole; 2], 1);
        }
        let empty = Fragment { triangle: 0, weights: [0.0; 3], coverage: 0.0, depth_mm: 0.0 };
        let mut found = [empty; 2];
        let mut count = 0;
        for front in [true, false] {
            let members = || (0..8).filter(|&k| owner[k] != NOTHING && (near[k] >= limit) == front);
            let size = members().count();
            // The sample nearest to the middle stands for its surface; they are listed from the middle outwards.
            let Some(first) = members().next() else { continue };
            let mut at = [0.0; 2];
            for k in members() {
                at = [at[0] + SAMPLES[k][0], at[1] + SAMPLES[k][1]];
            }
            let at = at.map(|v| v / size as f32);
            let middle = [centre[0] + at[0], centre[1] + at[1]];
            if let Some(fragment) = self.fragment(owner[first], middle, size as f32 / 8.0) {
                found[count] = fragment;
                count += 1;
            }
        }
        (found, count)
    }

    /// A triangle at a place of the picture, none if it has no area.
    fn fragment(&self, triangle: u32, at: [f32; 2], coverage: f32) -> Option<Fragment> {
        let triangle = triangle as usize;
        let corners = self.triangles[triangle].map(|v| self.projected[v as usize]);
        let (wb, wc) = Plane::new(corners)?.weights(at);
        let (wa, wb, wc) = ((1.0 - wb - wc).max(0.0), wb.max(0.0), wc.max(0.0));
        let scale = 1.0 / (wa + wb + wc);
        let weights = [wa * scale, wb * scale, wc * scale];
        let inverse = weights[0] * corners[0].z + weights[1] * corners[1].z + weights[2] * corners[2].z;
        Some(Fragment { triangle, weights, coverage, depth_mm: 1.0 / inverse })
    }
}

/// Weights of the second and third corner as they change over the picture.
struct Plane {
    origin: [f32; 2],
    bx: f32,
    by: f32,
    cx: f32,
    cy: f32,
    z_b: f32,
    z_c: f32,
}

impl Plane {
    /// None for a triangle without area.
    fn new([a, b, c]: [Vec3; 3]) -> Option<Plane> {
        let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
        if area.abs() < 1e-12 {
            return None;
        }
        let s = 1.0 / area;
        Some(Plane {
            origin: [a.x, a.y],
            bx: (c.y - a.y) * s,
            by: (a.x - c.x) * s,
            cx: (a.y - b.y) * s,
            cy: (b.x - a.x) * s,
            z_b: b.z - a.z,
            z_c: c.z - a.z,
        })
    }

    fn weights(&self, at: [f32; 2]) -> (f32, f32) {
        let (x, y) = (at[0] - self.origin[0], at[1] - self.origin[1]);
        (self.bx * x + self.by * y, self.cx * x + self.cy * y)
    }
}
