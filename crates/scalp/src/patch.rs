//! A piece of scalp as a mesh of its own: the part of the chart where a signed distance is positive, with its border
//! cut exactly.

use std::collections::{BTreeMap, HashMap};

use glam::{DVec2, DVec3};
use rayon::prelude::*;

use crate::chart::{Chart, T_MAX, Uv};
use crate::mesh::TriMesh;

/// A meshed piece of scalp; `uv[vertex]` is the chart place of each mesh vertex.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    /// Head frame, mm.
    pub mesh: TriMesh,
    /// Chart places, one a vertex.
    pub uv: Vec<Uv>,
}

impl Patch {
    /// Area, cm2.
    pub fn area_cm2(&self) -> f64 {
        self.mesh.area_mm2() / 100.0
    }

    /// The patch without connected pieces smaller than `least_cm2`.
    pub fn without_islands(self, least_cm2: f64) -> Patch {
        // Union-find over the vertices.
        let mut parent: Vec<u32> = (0..self.uv.len() as u32).collect();
        fn root(parent: &mut [u32], mut v: u32) -> u32 {
            while parent[v as usize] != v {
                parent[v as usize] = parent[parent[v as usize] as usize];
                v = parent[v as usize];
            }
            v
        }
        for &[a, b, c] in &self.mesh.triangles {
            for (v, w) in [(a, b), (b, c)] {
                let (v, w) = (root(&mut parent, v), root(&mut parent, w));
                parent[v.max(w) as usize] = v.min(w);
            }
        }
        let mut area_mm2 = vec![0.0; self.uv.len()];
        for (t, &[a, ..]) in self.mesh.triangles.iter().enumerate() {
            area_mm2[root(&mut parent, a) as usize] += self.mesh.triangle_area_mm2(t);
        }
        let of: Vec<u32> = self.mesh.triangles.iter().map(|t| root(&mut parent, t[0])).collect();
        let (mesh, kept) = self.mesh.part(|t| area_mm2[of[t] as usize] >= 100.0 * least_cm2);
        Patch { mesh, uv: kept.into_iter().map(|v| self.uv[v as usize]).collect() }
    }

    /// Integral of a vertex field over the patch, field units times cm2.
    pub fn integral_cm2(&self, field: &[f64]) -> f64 {
        (0..self.mesh.triangles.len())
            .map(|t| {
                let mean = self.mesh.triangles[t].iter().map(|&v| field[v as usize]).sum::<f64>() / 3.0;
                mean * self.mesh.triangle_area_mm2(t) / 100.0
            })
            .sum()
    }
}

/// Meshes the places where `inside_mm(place, point)` (signed distance, mm, positive inside) is positive, on a lattice
/// of about `step_mm`.
pub fn cut_patch(chart: &Chart, step_mm: f64, inside_mm: &(dyn Fn(Uv, DVec3) -> f64 + Sync)) -> Patch {
    let lattice = Lattice::new(step_mm / 180.0);
    let mut vertices: Vec<(Uv, DVec3, f64)> = (0..lattice.len())
        .into_par_iter()
        .map(|v| {
            let uv = lattice.place(v);
            let p = chart.position(uv);
            (uv, p, if uv.length() < T_MAX { inside_mm(uv, p) } else { -1e3 })
        })
        .collect();
    snap_to_border(&lattice, &mut vertices, chart);
    clip(&lattice, &vertices, chart)
}

/// Triangular lattice over the chart disc.
struct Lattice {
    step: f64,
    columns: usize,
    rows: usize,
}

impl Lattice {
    fn new(step: f64) -> Lattice {
        let columns = (2.0 * T_MAX / step).ceil() as usize + 2;
        let rows = (2.0 * T_MAX / (step * ROW)).ceil() as usize + 2;
        Lattice { step, columns, rows }
    }

    fn len(&self) -> usize {
        self.columns * self.rows
    }

    fn place(&self, v: usize) -> Uv {
        let (row, column) = (v / self.columns, v % self.columns);
        let shift = if row % 2 == 1 { 0.5 } else { 0.0 };
        // Symmetric about the midline: rows are centred on u = 0, odd rows half a step to each side.
        let u = (column as f64 - (self.columns / 2) as f64 + shift) * self.step;
        let v = (row as f64 - (self.rows / 2) as f64) * self.step * ROW;
        DVec2::new(u, v)
    }

    /// Counter-clockwise seen from outside (u to the client's right, v to the front, seen from above).
    fn triangles(&self) -> impl Iterator<Item = [usize; 3]> + '_ {
        (0..self.rows - 1).flat_map(move |row| {
            (0..self.columns - 1).flat_map(move |column| {
                let (a, b) = (row * self.columns + column, row * self.columns + column + 1);
                let (c, d) = (a + self.columns, b + self.columns);
                if row % 2 == 0 { [[a, b, c], [b, d, c]] } else { [[a, b, d], [a, d, c]] }
            })
        })
    }
}

/// Row height of an equilateral lattice.
const ROW: f64 = 0.866_025_403_784_438_6;

/// Moves lattice points that almost lie on the border onto it, so that no sliver is cut off beside them.
fn snap_to_border(lattice: &Lattice, vertices: &mut [(Uv, DVec3, f64)], chart: &Chart) {
    const NEAR: f64 = 0.18;
    let mut moves: BTreeMap<usize, Uv> = BTreeMap::new();
    for triangle in lattice.triangles() {
        for k in 0..3 {
            let (i, j) = (triangle[k], triangle[(k + 1) % 3]);
            let (si, sj) = (vertices[i].2, vertices[j].2);
            if (si > 0.0) == (sj > 0.0) {
                continue;
            }
            let f = si / (si - sj);
            if f < NEAR {
                moves.insert(i, vertices[i].0.lerp(vertices[j].0, f));
            } else if f > 1.0 - NEAR {
                moves.insert(j, vertices[i].0.lerp(vertices[j].0, f));
            }
        }
    }
    for (i, uv) in moves {
        vertices[i] = (uv, chart.position(uv), 0.0);
    }
}

fn clip(lattice: &Lattice, vertices: &[(Uv, DVec3, f64)], chart: &Chart) -> Patch {
    let mut patch = Patch::default();
    let mut whole: Vec<u32> = vec![u32::MAX; vertices.len()];
    let mut cut: HashMap<(usize, usize), u32> = HashMap::new();
    for triangle in lattice.triangles() {
        if triangle.iter().all(|&v| vertices[v].2 <= 0.0) {
            continue;
        }
        // Walk round the triangle and keep the inner part: 3 or 4 corners.
        let mut corners: [u32; 4] = [0; 4];
        let mut n = 0;
        for k in 0..3 {
            let (i, j) = (triangle[k], triangle[(k + 1) % 3]);
            let (si, sj) = (vertices[i].2, vertices[j].2);
            if si >= 0.0 {
                corners[n] = keep(&mut patch, &mut whole, vertices, i);
                n += 1;
            }
            if (si > 0.0 && sj < 0.0) || (si < 0.0 && sj > 0.0) {
                corners[n] = *cut.entry((i.min(j), i.max(j))).or_insert_with(|| {
                    let uv = vertices[i].0.lerp(vertices[j].0, si / (si - sj));
                    push(&mut patch, uv, chart.position(uv))
                });
                n += 1;
            }
        }
        for k in 1..n.saturating_sub(1) {
            let t = [corners[0], corners[k], corners[k + 1]];
            patch.mesh.triangles.push(t);
        }
    }
    patch
}

fn keep(patch: &mut Patch, whole: &mut [u32], vertices: &[(Uv, DVec3, f64)], i: usize) -> u32 {
    if whole[i] == u32::MAX {
        whole[i] = push(patch, vertices[i].0, vertices[i].1);
    }
    whole[i]
}

fn push(patch: &mut Patch, uv: Uv, p: DVec3) -> u32 {
    patch.uv.push(uv);
    patch.mesh.positions.push(p);
    (patch.uv.len() - 1) as u32
}
