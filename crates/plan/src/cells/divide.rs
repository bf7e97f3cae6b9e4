//! Dividing a field into compact cells of nearly equal area: each connected piece for one needle is cut across its
//! longest direction until a cell is left; what is too small joins the neighbour with the longest common border.

use std::collections::BTreeMap;

use glam::{DMat3, DVec3};

use super::{CELL_CM2, area_cm2, working_order};
use crate::placing::{Field, Zone};

/// Pieces smaller than this join a neighbour, mm2.
const LEAST_MM2: f64 = 250.0;

/// Pieces this near lie beside each other, mm.
const BESIDE_MM: f64 = 6.0;

/// A field's triangles as a graph.
struct Graph {
    area_mm2: Vec<f64>,
    middle_mm: Vec<DVec3>,
    neighbours: Vec<[u32; 3]>,
}

const NONE: u32 = u32::MAX;

/// The triangles of every cell of a field.
pub(super) fn pieces(field: &Field, zones: &[Zone]) -> Vec<Vec<u32>> {
    let graph = Graph::new(field);
    let kind: Vec<u32> =
        field.zone_of_triangle.iter().map(|&z| u32::from(working_order(zones[z].0))).collect();
    let all: Vec<u32> = (0..kind.len() as u32).collect();
    let regions = graph.joined(graph.components(&all, &kind));
    let mut done = Vec::new();
    let mut open = regions;
    while let Some(piece) = open.pop() {
        if cells_in(area_cm2(field, &piece)) <= 1 {
            done.push(piece);
        } else {
            open.extend(graph.halves(piece));
        }
    }
    done
}

/// How many cells an area holds.
fn cells_in(cm2: f64) -> usize {
    ((cm2 / CELL_CM2).round() as usize).max(1)
}

impl Graph {
    fn new(field: &Field) -> Graph {
        let mesh = &field.patch.mesh;
        let n = mesh.triangles.len();
        let mut edges: Vec<([u32; 2], u32, u8)> = Vec::with_capacity(3 * n);
        for (t, c) in mesh.triangles.iter().enumerate() {
            for k in 0..3 {
                let (a, b) = (c[k], c[(k + 1) % 3]);
                edges.push(([a.min(b), a.max(b)], t as u32, k as u8));
            }
        }
        edges.sort_unstable();
        let mut neighbours = vec![[NONE; 3]; n];
        for pair in edges.windows(2).filter(|w| w[0].0 == w[1].0) {
            neighbours[pair[0].1 as usize][pair[0].2 as usize] = pair[1].1;
            neighbours[pair[1].1 as usize][pair[1].2 as usize] = pair[0].1;
        }
        Graph {
            area_mm2: (0..n).map(|t| mesh.triangle_area_mm2(t)).collect(),
            middle_mm: (0..n).map(|t| mesh.corners(t).iter().sum::<DVec3>() / 3.0).collect(),
            neighbours,
        }
    }

    fn area(&self, triangles: &[u32]) -> f64 {
        triangles.iter().map(|&t| self.area_mm2[t as usize]).sum()
    }

    /// Connected pieces of some triangles that share a label.
    fn components(&self, triangles: &[u32], label: &[u32]) -> Vec<Vec<u32>> {
        let mut waiting = vec![false; self.area_mm2.len()];
        for &t in triangles {
            waiting[t as usize] = true;
        }
        let mut out = Vec::new();
        for &first in triangles {
            if !std::mem::take(&mut waiting[first as usize]) {
                continue;
            }
            let mut piece = vec![first];
            let mut next = 0;
            while next < piece.len() {
                let t = piece[next] as usize;
                next += 1;
                for n in self.neighbours[t] {
                    if n != NONE && waiting[n as usize] && label[n as usize] == label[t] {
                        waiting[n as usize] = false;
                        piece.push(n);
                    }
                }
            }
            out.push(piece);
        }
        out
    }

    /// Small pieces joined to their neighbours, the smallest first; a small piece without neighbours stays.
    fn joined(&self, mut pieces: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
        let mut owner = vec![NONE; self.area_mm2.len()];
        for (i, piece) in pieces.iter().enumerate() {
            for &t in piece {
                owner[t as usize] = i as u32;
            }
        }
        let mut alone = vec![false; pieces.len()];
        loop {
            let small = (0..pieces.len())
                .filter(|&i| !alone[i] && !pieces[i].is_empty() && self.area(&pieces[i]) < LEAST_MM2)
                .min_by(|&a, &b| self.area(&pieces[a]).total_cmp(&self.area(&pieces[b])));
            let Some(small) = small else { break };
            let mut shared: BTreeMap<u32, usize> = BTreeMap::new();
            for &t in &pieces[small] {
                for n in self.neighbours[t as usize] {
                    if n != NONE && owner[n as usize] != small as u32 && owner[n as usize] != NONE {
                        *shared.entry(owner[n as usize]).or_default() += 1;
                    }
                }
            }
            let most = shared.iter().max_by_key(|(to, n)| (**n, std::cmp::Reverse(**to)));
            let Some(to) = most.map(|(&to, _)| to).or_else(|| self.near(&pieces[small], &owner)) else {
                alone[small] = true;
                continue;
            };
            let moved = std::mem::take(&mut pieces[small]);
            for &t in &moved {
                owner[t as usize] = to;
            }
            pieces[to as usize].extend(moved);
        }
        pieces.retain(|p| !p.is_empty());
        pieces
    }

    /// The piece that a piece without common border lies beside, as specks do that hang on a corner.
    fn near(&self, piece: &[u32], owner: &[u32]) -> Option<u32> {
        let own = owner[piece[0] as usize];
        let gap = |t: usize| {
            piece
                .iter()
                .map(|&p| self.middle_mm[p as usize].distance(self.middle_mm[t]))
                .fold(f64::INFINITY, f64::min)
        };
        (0..owner.len())
            .filter(|&t| owner[t] != own && owner[t] != NONE)
            .map(|t| (gap(t), t))
            .filter(|&(mm, _)| mm < BESIDE_MM)
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            .map(|(_, t)| owner[t])
    }

    /// Cuts a piece across its longest direction, so that both sides hold whole cells; sides that fall apart become
    /// pieces of their own.
    fn halves(&self, mut piece: Vec<u32>) -> Vec<Vec<u32>> {
        let axis = self.longest_direction(&piece);
        let along = |t: u32| self.middle_mm[t as usize].dot(axis);
        piece.sort_by(|&a, &b| along(a).total_cmp(&along(b)).then(a.cmp(&b)));
        let area = self.area(&piece);
        let n = cells_in(area / 100.0);
        let wanted = area * (n / 2) as f64 / n as f64;
        let mut sum = 0.0;
        let mut label = vec![0; self.area_mm2.len()];
        for &t in &piece {
            label[t as usize] = u32::from(sum >= wanted);
            sum += self.area_mm2[t as usize];
        }
        let parts = self.joined(self.components(&piece, &label));
        if parts.len() > 1 {
            return parts;
        }
        // Everything joined again, as a shape with very thin limbs does: a plain cut is better than none.
        let cut = piece.iter().position(|&t| label[t as usize] == 1).unwrap_or(piece.len() / 2).max(1);
        let rest = piece.split_off(cut);
        vec![piece, rest]
    }

    /// First principal axis of a piece, by area.
    fn longest_direction(&self, piece: &[u32]) -> DVec3 {
        let area = self.area(piece);
        let mean =
            piece.iter().map(|&t| self.area_mm2[t as usize] * self.middle_mm[t as usize]).sum::<DVec3>()
                / area;
        let mut spread = DMat3::ZERO;
        for &t in piece {
            let d = self.middle_mm[t as usize] - mean;
            let d = d * self.area_mm2[t as usize].sqrt();
            spread += DMat3::from_cols(d * d.x, d * d.y, d * d.z);
        }
        let mut axis = DVec3::new(0.6, 0.5, 0.62);
        for _ in 0..48 {
            axis = (spread * axis).try_normalize().unwrap_or(DVec3::Z);
        }
        axis
    }
}
