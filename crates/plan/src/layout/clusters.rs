//! Finding what is near: points in curve order, eight to a leaf, under a tree of boxes.
//!
//! Leaves hold a constant number of points, so they adapt to any grading of the density by themselves.
//! Distances between points i and j are measured as `t = |xi - xj|^2 (hi + hj)`, with h half the density: 1 is one
//! local spacing squared.

use super::surface::Point;

/// Points in a leaf, and children in a node.
pub(crate) const WIDTH: usize = 8;
/// Places of empty slots; far from everything.
const NOWHERE: f32 = 1e9;

/// Eight points, component by component.
#[derive(Clone, Copy)]
pub(crate) struct Leaf {
    pub x: [f32; WIDTH],
    pub y: [f32; WIDTH],
    pub z: [f32; WIDTH],
    pub h: [f32; WIDTH],
}

/// Box of some points with the least half density among them.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    low: [f32; 3],
    high: [f32; 3],
    pub least_h: f32,
}

pub(crate) struct Clusters {
    pub leaves: Vec<Leaf>,
    /// `levels[0][leaf]`, then boxes of eight boxes each, up to a level of at most eight.
    levels: Vec<Vec<Bounds>>,
}

impl Clusters {
    pub fn new(points: &[Point]) -> Self {
        let leaves: Vec<Leaf> = points.chunks(WIDTH).map(Leaf::new).collect();
        let mut levels = vec![points.chunks(WIDTH).map(Bounds::of_points).collect::<Vec<_>>()];
        while levels.last().is_some_and(|level| level.len() > WIDTH) {
            let below = levels.last().map_or(&[][..], |level| level);
            let above = below.chunks(WIDTH).map(Bounds::of_bounds).collect();
            levels.push(above);
        }
        Self { leaves, levels }
    }

    pub fn bounds(&self, leaf: usize) -> &Bounds {
        &self.levels[0][leaf]
    }

    /// Leaves that may hold a point within `reach_sq(node)` (mm2) of the box, ascending.
    pub fn near(&self, of: &Bounds, reach_sq: impl Fn(&Bounds) -> f32, found: &mut Vec<u32>) {
        found.clear();
        let top = self.levels.len() - 1;
        let mut stack = [(0u8, 0u32); 64];
        let mut depth = 0;
        for node in (0..self.levels[top].len()).rev() {
            stack[depth] = (top as u8, node as u32);
            depth += 1;
        }
        while depth > 0 {
            depth -= 1;
            let (level, node) = stack[depth];
            let bounds = &self.levels[level as usize][node as usize];
            if of.gap_sq(bounds) > reach_sq(bounds) {
                continue;
            }
            if level == 0 {
                found.push(node);
                continue;
            }
            let first = node as usize * WIDTH;
            let last = (first + WIDTH).min(self.levels[level as usize - 1].len());
            for child in (first..last).rev() {
                stack[depth] = (level - 1, child as u32);
                depth += 1;
            }
        }
    }

    /// Leaves that may hold a partner with `t < limit`.
    pub fn near_scaled(&self, of: &Bounds, limit: f32, found: &mut Vec<u32>) {
        self.near(of, |node| limit / (of.least_h + node.least_h), found);
    }
}

impl Leaf {
    fn new(points: &[Point]) -> Self {
        let mut leaf = Self { x: [NOWHERE; 8], y: [NOWHERE; 8], z: [NOWHERE; 8], h: [1.0; 8] };
        for (l, &[x, y, z, h]) in points.iter().enumerate() {
            (leaf.x[l], leaf.y[l], leaf.z[l], leaf.h[l]) = (x, y, z, h);
        }
        leaf
    }

    /// `t` of every slot from a point.
    #[inline]
    pub fn scaled_distances(&self, [x, y, z, h]: Point) -> [f32; WIDTH] {
        let mut t = [0.0; WIDTH];
        for l in 0..WIDTH {
            let (dx, dy, dz) = (self.x[l] - x, self.y[l] - y, self.z[l] - z);
            t[l] = (dx * dx + dy * dy + dz * dz) * (self.h[l] + h);
        }
        t
    }

    /// Squared distance of every slot from a point, mm2.
    #[inline]
    pub fn distances_sq(&self, [x, y, z, _]: Point) -> [f32; WIDTH] {
        let mut t = [0.0; WIDTH];
        for l in 0..WIDTH {
            let (dx, dy, dz) = (self.x[l] - x, self.y[l] - y, self.z[l] - z);
            t[l] = dx * dx + dy * dy + dz * dz;
        }
        t
    }
}

impl Bounds {
    pub fn of_points(points: &[Point]) -> Self {
        let mut bounds = Self::EMPTY;
        for &[x, y, z, h] in points {
            for (k, v) in [x, y, z].into_iter().enumerate() {
                bounds.low[k] = bounds.low[k].min(v);
                bounds.high[k] = bounds.high[k].max(v);
            }
            bounds.least_h = bounds.least_h.min(h);
        }
        bounds
    }

    fn of_bounds(parts: &[Self]) -> Self {
        let mut bounds = Self::EMPTY;
        for part in parts {
            for k in 0..3 {
                bounds.low[k] = bounds.low[k].min(part.low[k]);
                bounds.high[k] = bounds.high[k].max(part.high[k]);
            }
            bounds.least_h = bounds.least_h.min(part.least_h);
        }
        bounds
    }

    const EMPTY: Self =
        Self { low: [f32::INFINITY; 3], high: [f32::NEG_INFINITY; 3], least_h: f32::INFINITY };

    #[inline]
    fn gap_sq(&self, other: &Self) -> f32 {
        let mut sum = 0.0;
        for k in 0..3 {
            let gap = (self.low[k] - other.high[k]).max(other.low[k] - self.high[k]).max(0.0);
            sum += gap * gap;
        }
        sum
    }
}

/// Points handled together by one thread at a time.
pub(crate) const CHUNK: usize = 512;

/// For every point of one set its partners in another, in a fixed order.
pub(crate) struct Neighbours {
    chunks: Vec<NeighbourChunk>,
}

#[derive(Default)]
struct NeighbourChunk {
    start: Vec<u32>,
    items: Vec<u32>,
}

impl Neighbours {
    pub fn of(&self, point: usize) -> &[u32] {
        let chunk = &self.chunks[point / CHUNK];
        let k = point % CHUNK;
        &chunk.items[chunk.start[k] as usize..chunk.start[k + 1] as usize]
    }
}

/// Partners with `t < limit` of every point among all the others.
pub(crate) fn neighbours(clusters: &Clusters, points: &[Point], limit: f32) -> Neighbours {
    collect(points, |first_leaf, leaf_points, near, items, ends| {
        clusters.near_scaled(clusters.bounds(first_leaf), limit, near);
        for (k, &p) in leaf_points.iter().enumerate() {
            let own = (first_leaf * WIDTH + k) as u32;
            let mut n = items.len();
            items.resize(n + near.len() * WIDTH, 0);
            for &leaf in near.iter() {
                let t = clusters.leaves[leaf as usize].scaled_distances(p);
                for l in 0..WIDTH {
                    let other = leaf * WIDTH as u32 + l as u32;
                    items[n] = other;
                    n += usize::from((t[l] < limit) & (other != own));
                }
            }
            items.truncate(n);
            ends.push(n as u32);
        }
    })
}

/// Obstacles within `reach_mm(half density of the point, clearance of the obstacle)` of every point. The obstacles'
/// fourth component is their clearance in mm, `widest` the largest of them.
pub(crate) fn obstacles_near(
    obstacles: &Clusters,
    points: &[Point],
    widest: f32,
    reach_mm: impl Fn(f32, f32) -> f32 + Sync,
) -> Neighbours {
    collect(points, |_, leaf_points, near, items, ends| {
        let bounds = Bounds::of_points(leaf_points);
        let reach = reach_mm(bounds.least_h, widest);
        obstacles.near(&bounds, |_| reach * reach, near);
        for &p in leaf_points {
            for &leaf in near.iter() {
                let l = &obstacles.leaves[leaf as usize];
                let d = l.distances_sq(p);
                for k in 0..WIDTH {
                    let reach = reach_mm(p[3], l.h[k]);
                    if d[k] < reach * reach {
                        items.push(leaf * WIDTH as u32 + k as u32);
                    }
                }
            }
            ends.push(items.len() as u32);
        }
    })
}

type Fill<'a> = &'a mut Vec<u32>;

fn collect(points: &[Point], leaf: impl Fn(usize, &[Point], Fill, Fill, Fill) + Sync) -> Neighbours {
    use rayon::prelude::*;
    let chunks = points
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(c, chunk)| {
            let (mut near, mut items, mut start) = (Vec::new(), Vec::new(), vec![0]);
            for (k, leaf_points) in chunk.chunks(WIDTH).enumerate() {
                leaf(c * (CHUNK / WIDTH) + k, leaf_points, &mut near, &mut items, &mut start);
            }
            NeighbourChunk { start, items }
        })
        .collect();
    Neighbours { chunks }
}
