//! Distance to a surface, looked up in a grid.

use glam::DVec3;

/// Distances from the points of a cube to the nearest sample of a surface, in voxels.
pub struct DistanceGrid {
    low: DVec3,
    voxel: f64,
    n: usize,
    /// `distance[(z * n + y) * n + x]`
    distance: Vec<f32>,
}

impl DistanceGrid {
    /// Fills the cube of `n`^3 voxels around `centre` with half-side `half_side` from points that lie no farther
    /// apart than about a voxel.
    pub fn new(points: &[DVec3], centre: DVec3, half_side: f64, n: usize) -> DistanceGrid {
        let voxel = 2.0 * half_side / n as f64;
        let low = centre - DVec3::splat(half_side);
        let mut squared = vec![f32::MAX; n * n * n];
        for p in points {
            let c = ((*p - low) / voxel).floor();
            if c.min_element() >= 0.0 && c.max_element() < n as f64 {
                squared[(c.z as usize * n + c.y as usize) * n + c.x as usize] = 0.0;
            }
        }
        for axis in 0..3 {
            transform_axis(&mut squared, n, axis);
        }
        let distance = squared.iter().map(|d| d.min(1e6).sqrt()).collect();
        DistanceGrid { low, voxel, n, distance }
    }

    /// Distance and its gradient at a point, in the points' unit; far outside the cube `None`.
    pub fn at(&self, p: DVec3) -> Option<(f64, DVec3)> {
        let q = (p - self.low) / self.voxel - DVec3::splat(0.5);
        let base = q.floor();
        if base.min_element() < 0.0 || base.max_element() >= (self.n - 1) as f64 {
            return None;
        }
        let f = q - base;
        let at = (base.z as usize * self.n + base.y as usize) * self.n + base.x as usize;
        let d = |x: usize, y: usize, z: usize| self.distance[at + (z * self.n + y) * self.n + x] as f64;
        let mix = |a: f64, b: f64, s: f64| a + s * (b - a);
        // trilinear interpolation, and its derivative along each axis
        let x00 = mix(d(0, 0, 0), d(1, 0, 0), f.x);
        let x10 = mix(d(0, 1, 0), d(1, 1, 0), f.x);
        let x01 = mix(d(0, 0, 1), d(1, 0, 1), f.x);
        let x11 = mix(d(0, 1, 1), d(1, 1, 1), f.x);
        let (y0, y1) = (mix(x00, x10, f.y), mix(x01, x11, f.y));
        let dx = mix(
            mix(d(1, 0, 0) - d(0, 0, 0), d(1, 1, 0) - d(0, 1, 0), f.y),
            mix(d(1, 0, 1) - d(0, 0, 1), d(1, 1, 1) - d(0, 1, 1), f.y),
            f.z,
        );
        let gradient = DVec3::new(dx, mix(x10 - x00, x11 - x01, f.z), y1 - y0);
        Some((mix(y0, y1, f.z) * self.voxel, gradient))
    }
}

/// One pass of the exact squared distance transform (Felzenszwalb and Huttenlocher 2012, "Distance transforms of
/// sampled functions", section 2): the lower envelope of parabolas along one axis.
fn transform_axis(squared: &mut [f32], n: usize, axis: usize) {
    let stride = [1, n, n * n][axis];
    let mut line = vec![0.0_f32; n];
    let mut roots = vec![0_usize; n];
    let mut starts = vec![0.0_f32; n + 1];
    for row in 0..n * n {
        let first = match axis {
            0 => row * n,
            1 => row / n * n * n + row % n,
            _ => row,
        };
        for i in 0..n {
            line[i] = squared[first + i * stride];
        }
        let mut k = 0;
        let mut any = false;
        for q in 0..n {
            if line[q] == f32::MAX {
                continue;
            }
            if !any {
                any = true;
                roots[0] = q;
                starts[0] = f32::NEG_INFINITY;
                starts[1] = f32::INFINITY;
                continue;
            }
            loop {
                let r = roots[k];
                let crossing =
                    ((line[q] + (q * q) as f32) - (line[r] + (r * r) as f32)) / (2 * (q - r)) as f32;
                if crossing <= starts[k] && k > 0 {
                    k -= 1;
                    continue;
                }
                k += 1;
                roots[k] = q;
                starts[k] = crossing;
                starts[k + 1] = f32::INFINITY;
                break;
            }
        }
        if !any {
            continue;
        }
        let mut k = 0;
        for q in 0..n {
            while starts[k + 1] < q as f32 {
                k += 1;
            }
            let away = q.abs_diff(roots[k]);
            squared[first + q * stride] = line[roots[k]] + (away * away) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_equal_those_found_by_trying_every_point() {
        let points: Vec<DVec3> = [[3.5, 4.5, 5.5], [20.5, 7.5, 11.5], [12.5, 25.5, 30.5], [31.5, 0.5, 0.5]]
            .map(DVec3::from)
            .to_vec();
        let grid = DistanceGrid::new(&points, DVec3::splat(16.0), 16.0, 32);
        for i in 0..31 * 31 * 31 {
            let p = DVec3::new((i % 31) as f64, (i / 31 % 31) as f64, (i / 961) as f64) + DVec3::splat(0.5);
            let nearest = points.iter().map(|q| q.distance(p)).fold(f64::INFINITY, f64::min);
            let (found, _) = grid.at(p).expect("inside the cube");
            assert!((found - nearest).abs() < 1e-5 * (1.0 + nearest), "{p}: {found} against {nearest}");
        }
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_distance() {
        let grid = DistanceGrid::new(&[DVec3::splat(10.5)], DVec3::splat(16.0), 16.0, 32);
        let p = DVec3::new(17.3, 21.8, 14.1);
        let (_, gradient) = grid.at(p).expect("inside the cube");
        for axis in [DVec3::X, DVec3::Y, DVec3::Z] {
            let h = 0.01;
            let (Some(plus), Some(minus)) = (grid.at(p + h * axis), grid.at(p - h * axis)) else { panic!() };
            assert!((gradient.dot(axis) - (plus.0 - minus.0) / (2.0 * h)).abs() < 1e-6);
        }
    }
}
