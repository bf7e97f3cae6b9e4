//! Finding what is near: points in curve order, eight to a leaf, under a tree of boxes.
//!
//! Leaves hold a constant number of points, so they adapt to any grading of the density by themselves.
//! Distances between points i and j are measured as `t = |xi - xj|^2 (hi + hj)`, with h half the density: 1 is one
//! local spacing squared.

use rayon::prelude::*;

use super::surface::Point;

/// Points in a leaf.
pub(crate) const WIDTH: usize = 8;
/// Boxes in a group.
const FAN: usize = 8;
/// Places of empty slots; far from everything.
const NOWHERE: f32 = 1e9;

/// Some points, component by component.
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

/// Eight boxes, component by component.
#[derive(Clone, Copy)]
struct Group {
    low: [[f32; FAN]; 3],
    high: [[f32; FAN]; 3],
    least_h: [f32; FAN],
}

pub(crate) struct Clusters {
    pub leaves: Vec<Leaf>,
    bounds: Vec<Bounds>,
    /// `levels[0]` holds the leaves' boxes, each further level a box for every group below; the last has one group.
    levels: Vec<Vec<Group>>,
}

impl Clusters {
    pub fn new(points: &[Point]) -> Self {
        let (leaves, bounds): (Vec<Leaf>, Vec<Bounds>) = points
            .par_chunks(WIDTH)
            .with_min_len(CHUNK / WIDTH)
            .map(|chunk| (Leaf::new(chunk), Bounds::of_points(chunk)))
            .unzip();
        let mut levels = Vec::new();
        let mut below = bounds.clone();
        while levels.is_empty() || below.len() > 1 {
            levels.push(below.chunks(FAN).map(Group::new).collect::<Vec<_>>());
            below = below.chunks(FAN).map(Bounds::of_bounds).collect();
        }
        Self { leaves, bounds, levels }
    }

    pub fn bounds(&self, leaf: usize) -> &Bounds {
        &self.bounds[leaf]
    }

    /// Leaves that may hold a point within `reach_sq(least half density)` (mm2) of the box, ascending.
    #[inline]
    pub fn near(&self, of: &Bounds, reach_sq: impl Fn(f32) -> f32, found: &mut Vec<u32>) {
        found.clear();
        if self.leaves.is_empty() {
            return;
        }
        // Every level adds at most FAN - 1 groups to the stack.
        let mut stack = [(0u8, 0u32); 64];
        stack[0] = (self.levels.len() as u8 - 1, 0);
        let mut depth = 1;
        while depth > 0 {
            depth -= 1;
            let (level, group) = stack[depth];
            let boxes = &self.levels[level as usize][group as usize];
            let gap_sq = boxes.gap_sq(of);
            let mut hit = [false; FAN];
            for l in 0..FAN {
                hit[l] = gap_sq[l] <= reach_sq(boxes.least_h[l]);
            }
            let first = group * FAN as u32;
            if level == 0 {
                for l in 0..FAN {
                    if hit[l] {
                        found.push(first + l as u32);
                    }
                }
            } else {
                for l in (0..FAN).rev() {
                    if hit[l] {
                        stack[depth] = (level - 1, first + l as u32);
                        depth += 1;
                    }
                }
            }
        }
    }

    /// Distance from a place to the nearest point other than `except`, mm; infinite without one.
    pub fn nearest_mm(&self, p: Point, except: Option<usize>) -> f32 {
        let mut near = Vec::new();
        let bounds = Bounds::of_points(&[p]);
        let mut reach_sq = 0.5 / p[3];
        loop {
            let mut best = f32::INFINITY;
            self.near(&bounds, |_| reach_sq, &mut near);
            for &leaf in &near {
                let d = self.leaves[leaf as usize].distances_sq(p);
                for l in 0..WIDTH {
                    if except != Some(leaf as usize * WIDTH + l) {
                        best = best.min(d[l]);
                    }
                }
            }
            if best <= reach_sq {
                return best.sqrt();
            }
            if reach_sq > 1e12 {
                return f32::INFINITY;
            }
            reach_sq *= 4.0;
        }
    }

    /// Appends those of a few probes close to each other that have no point within `radius` of their own spacings.
    pub fn lonely<'a>(&self, probes: &'a [Point], radius: f32, found: &mut Vec<&'a Point>) {
        let least_h = probes.iter().map(|p| p[3]).fold(f32::INFINITY, f32::min);
        let mut near = Vec::new();
        self.near(&Bounds::of_points(probes), |_| radius * radius / (2.0 * least_h), &mut near);
        for probe in probes {
            let mut least = [f32::INFINITY; WIDTH];
            for &leaf in &near {
                let d = self.leaves[leaf as usize].distances_sq(*probe);
                for l in 0..WIDTH {
                    least[l] = least[l].min(d[l]);
                }
            }
            let reach_sq = radius * radius / (2.0 * probe[3]);
            if least.iter().all(|&d| d > reach_sq) {
                found.push(probe);
            }
        }
    }

    /// Leaves that may hold a partner with `t < limit`.
    pub fn near_scaled(&self, of: &Bounds, limit: f32, found: &mut Vec<u32>) {
        self.near(of, |least_h| limit / (of.least_h + least_h), found);
    }
}

impl Group {
    fn new(boxes: &[Bounds]) -> Self {
        let mut group = Self { low: [[NOWHERE; FAN]; 3], high: [[NOWHERE; FAN]; 3], least_h: [1.0; FAN] };
        for (l, b) in boxes.iter().enumerate() {
            for k in 0..3 {
                group.low[k][l] = b.low[k];
                group.high[k][l] = b.high[k];
            }
            group.least_h[l] = b.least_h;
        }
        group
    }

    /// Squared distances of the boxes from another box, mm2.
    #[inline]
    fn gap_sq(&self, of: &Bounds) -> [f32; FAN] {
        let mut sum = [0.0; FAN];
        for k in 0..3 {
            for l in 0..FAN {
                let gap = (self.low[k][l] - of.high[k]).max(of.low[k] - self.high[k][l]).max(0.0);
                sum[l] += gap * gap;
            }
        }
        sum
    }
}

impl Leaf {
    fn new(points: &[Point]) -> Self {
        let mut leaf =
            Self { x: [NOWHERE; WIDTH], y: [NOWHERE; WIDTH], z: [NOWHERE; WIDTH], h: [1.0; WIDTH] };
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
}

/// Points handled together by one thread at a time.
pub(crate) const CHUNK: usize = 512;

/// For every point a list of things, in a fixed order.
pub(crate) struct Lists<T> {
    chunks: Vec<ListChunk<T>>,
}

/// For every point its partners.
pub(crate) type Neighbours = Lists<u32>;

pub(crate) struct ListChunk<T> {
    /// Where the list of each point of the chunk starts, and the end of the last.
    start: Vec<u32>,
    pub items: Vec<T>,
}

impl<T> Lists<T> {
    pub fn of(&self, point: usize) -> &[T] {
        let chunk = &self.chunks[point / CHUNK];
        let k = point % CHUNK;
        &chunk.items[chunk.start[k] as usize..chunk.start[k + 1] as usize]
    }
}

impl<T> ListChunk<T> {
    pub fn end_list(&mut self) {
        self.start.push(self.items.len() as u32);
    }
}

/// Builds lists leaf by leaf: `leaf(index, points, scratch, lists)` appends and ends one list per point.
pub(crate) fn lists<T: Send>(
    points: &[Point],
    leaf: impl Fn(usize, &[Point], &mut Vec<u32>, &mut ListChunk<T>) + Sync,
) -> Lists<T> {
    let chunks = points
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(c, chunk)| {
            let mut scratch = Vec::new();
            let mut out = ListChunk { start: vec![0], items: Vec::new() };
            for (k, leaf_points) in chunk.chunks(WIDTH).enumerate() {
                leaf(c * (CHUNK / WIDTH) + k, leaf_points, &mut scratch, &mut out);
            }
            out
        })
        .collect();
    Lists { chunks }
}

/// Partners with `t < limit` of every point among all the others.
pub(crate) fn neighbours(clusters: &Clusters, points: &[Point], limit: f32) -> Neighbours {
    lists(points, |leaf, leaf_points, near, out| {
        clusters.near_scaled(clusters.bounds(leaf), limit, near);
        for (k, &p) in leaf_points.iter().enumerate() {
            let own = (leaf * WIDTH + k) as u32;
            // Every candidate is written; the place moves on only behind those that are near.
            let mut n = out.items.len();
            out.items.resize(n + near.len() * WIDTH, 0);
            for &leaf in near.iter() {
                let t = clusters.leaves[leaf as usize].scaled_distances(p);
                for l in 0..WIDTH {
                    let other = leaf * WIDTH as u32 + l as u32;
                    out.items[n] = other;
                    n += usize::from((t[l] < limit) & (other != own));
                }
            }
            out.items.truncate(n);
            out.end_list();
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
    lists(points, |_, leaf_points, near, out| {
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
                        out.items.push(leaf * WIDTH as u32 + k as u32);
                    }
                }
            }
            out.end_list();
        }
    })
}
