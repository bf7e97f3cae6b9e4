//! An even mesh: all edges about equally long, all triangles about equilateral.
//!
//! Botsch and Kobbelt 2004, "A remeshing approach to multiresolution modeling" (Symposium on Geometry Processing),
//! section 4: long edges are split, short ones collapsed, edges flipped towards six at a vertex, vertices moved to the
//! middle of their neighbours along the surface and put back onto it.

mod edit;

use glam::DVec3;
use rayon::prelude::*;

use crate::curved::CurvedSurface;
use crate::mesh::TriMesh;
use edit::EditMesh;

/// Rounds of splitting, collapsing, flipping and moving.
const ROUNDS: usize = 5;

/// An even mesh and where its vertices lie on the old one.
pub struct Remeshed {
    /// The new mesh.
    pub mesh: TriMesh,
    /// `triangle[vertex]`: the triangle of the old surface that the vertex lies on.
    pub triangle: Vec<u32>,
}

/// Median length of the edges whose triangle passes a test, mm; 0 without any.
pub fn median_edge_mm(mesh: &TriMesh, counts: impl Fn(DVec3) -> bool) -> f64 {
    let mut lengths: Vec<f64> = (0..mesh.triangles.len())
        .map(|t| mesh.corners(t))
        .filter(|[a, ..]| counts(*a))
        .flat_map(|[a, b, c]| [a.distance(b), b.distance(c), c.distance(a)])
        .collect();
    if lengths.is_empty() {
        return 0.0;
    }
    let middle = lengths.len() / 2;
    *lengths.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Makes a manifold mesh anew with edges of about `edge_mm`. Open borders keep their course. Coarse facets are rounded:
/// new vertices lie on the curved `surface` through the old vertices and their normals, that of the mesh itself or one
/// of which it is a part.
pub fn remesh(mesh: &TriMesh, surface: &CurvedSurface, edge_mm: f64) -> Remeshed {
    let (shortest, longest) = (0.8 * edge_mm, 4.0 / 3.0 * edge_mm);
    let mut edit = EditMesh::new(mesh);
    let mut fan = Vec::new();
    let mut fans = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        // Split; new triangles come at the end and are visited too.
        let mut t = 0;
        while t < edit.triangles.len() {
            let length = |edit: &EditMesh, k: usize| {
                let (a, b, _) = edit.edge(t, k);
                edit.positions[a as usize].distance(edit.positions[b as usize])
            };
            if edit.is_alive(t) {
                let lengths = [0, 1, 2].map(|k| length(&edit, k));
                let k = (0..3).fold(0, |best, k| if lengths[k] > lengths[best] { k } else { best });
                if lengths[k] > longest {
                    edit.split(t, k);
                    continue; // the triangle is smaller now; look again
                }
            }
            t += 1;
        }
        for t in 0..edit.triangles.len() {
            for k in 0..3 {
                if !edit.is_alive(t) {
                    break;
                }
                let (a, b, beyond) = edit.edge(t, k);
                if (beyond as usize) < t {
                    continue; // seen from the other side
                }
                let (p, q) = (edit.positions[a as usize], edit.positions[b as usize]);
                if p.distance_squared(q) < shortest * shortest && edit.collapse(t, k, longest, &mut fans) {
                    break;
                }
            }
        }
        for _ in 0..if round + 1 == ROUNDS { 2 } else { 1 } {
            for t in 0..edit.triangles.len() {
                for k in 0..3 {
                    if edit.is_alive(t) && edit.edge(t, k).2 as usize > t {
                        edit.flip_for_valence(t, k, &mut fan);
                    }
                }
            }
        }
        relax(&mut edit);
        // Moving along the tangent leaves the surface only slowly; now and then vertices are put back.
        if round == 2 {
            let far = 2.0 * edge_mm;
            let put_back = |(v, p): (usize, &DVec3)| match edit.on_border[v] {
                true => *p,
                false => surface.nearest(*p, far).map_or(*p, |n| n.point),
            };
            edit.positions = edit.positions.par_iter().enumerate().map(put_back).collect();
        }
    }
    let (mut even, on_border) = edit.into_mesh();
    let placed: Vec<(DVec3, u32)> = even
        .positions
        .par_iter()
        .zip(&on_border)
        .map(|(p, border)| match surface.nearest(*p, f64::MAX) {
            Some(n) if *border => (*p, n.triangle),
            Some(n) => (surface.rounded(&n), n.triangle),
            None => (*p, 0),
        })
        .collect();
    even.positions = placed.iter().map(|(p, _)| *p).collect();
    Remeshed { mesh: even, triangle: placed.into_iter().map(|(_, t)| t).collect() }
}

/// Moves every inner vertex towards the middle of its neighbours, along the surface.
fn relax(edit: &mut EditMesh) {
    let neighbours = edit.neighbour_lists();
    let mut normals = vec![DVec3::ZERO; edit.positions.len()];
    for t in (0..edit.triangles.len()).filter(|t| edit.is_alive(*t)) {
        let [a, b, c] = edit.triangles[t].map(|v| edit.positions[v as usize]);
        let n = (b - a).cross(c - a);
        edit.triangles[t].iter().for_each(|&v| normals[v as usize] += n);
    }
    let moved = |(v, p): (usize, &DVec3)| {
        let around = neighbours.of(v);
        let Some(normal) = normals[v].try_normalize().filter(|_| !edit.on_border[v] && !around.is_empty())
        else {
            return *p;
        };
        let middle = around.iter().map(|&w| edit.positions[w as usize]).sum::<DVec3>() / around.len() as f64;
        *p + (middle - *p).reject_from_normalized(normal)
    };
    edit.positions = edit.positions.par_iter().enumerate().map(moved).collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Adjacency;

    /// A sphere of radius 80 mm from an octahedron, each of `n` rounds quartering the triangles; open below `floor_mm`.
    fn sphere(n: usize, floor_mm: f64) -> TriMesh {
        let axes = [DVec3::X, DVec3::Y, DVec3::Z, -DVec3::X, -DVec3::Y, -DVec3::Z];
        let faces = [[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]];
        let mut triangles: Vec<[DVec3; 3]> = faces.iter().map(|f| f.map(|v| axes[v])).collect();
        for _ in 0..n {
            triangles = triangles
                .iter()
                .flat_map(|&[a, b, c]| {
                    let [ab, bc, ca] = [a + b, b + c, c + a].map(DVec3::normalize);
                    [[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]
                })
                .collect();
        }
        let mut mesh = TriMesh::default();
        for t in triangles.iter().filter(|t| t.iter().all(|p| 80.0 * p.y >= floor_mm)) {
            let corners = t.map(|p| {
                let p = 80.0 * p;
                mesh.positions.iter().position(|q| q.distance(p) < 1e-6).unwrap_or_else(|| {
                    mesh.positions.push(p);
                    mesh.positions.len() - 1
                }) as u32
            });
            mesh.triangles.push(corners);
        }
        mesh
    }

    fn remeshed(mesh: &TriMesh, edge_mm: f64) -> TriMesh {
        remesh(mesh, &CurvedSurface::new(mesh).expect("not empty"), edge_mm).mesh
    }

    #[test]
    fn a_sphere_of_coarse_facets_becomes_round_even_and_stays_closed() {
        // edges of 15 mm, whose facets lie up to 0.4 mm inside the sphere
        let even = remeshed(&sphere(3, -100.0), 3.0);
        assert!(Adjacency::of(&even.triangles).border_edges(&even.triangles).is_empty());
        let euler = even.positions.len() as i64 - even.triangles.len() as i64 / 2;
        assert_eq!(euler, 2, "vertices less edges plus faces of a sphere");
        let farthest = even.positions.iter().map(|p| (p.length() - 80.0).abs()).fold(0.0, f64::max);
        assert!(farthest < 0.06, "{farthest} mm off the sphere");
        let area = 4.0 * std::f64::consts::PI * 6400.0;
        assert!((even.area_mm2() / area - 1.0).abs() < 0.003);
        for t in 0..even.triangles.len() {
            let [a, b, c] = even.corners(t);
            let edges = [a.distance(b), b.distance(c), c.distance(a)];
            assert!(edges.iter().all(|e| (1.2..5.0).contains(e)), "{edges:?}");
            assert!((b - a).cross(c - a).dot(a) > 0.0, "inside out");
        }
        assert!((median_edge_mm(&even, |_| true) - 3.0).abs() < 0.25);
    }

    #[test]
    fn a_fine_mesh_becomes_coarser_and_its_border_keeps_its_course() {
        let fine = sphere(5, -20.0);
        let even = remeshed(&fine, 9.0);
        assert!(even.triangles.len() * 2 < fine.triangles.len());
        let lowest = fine.positions.iter().map(|p| p.y).fold(f64::MAX, f64::min);
        let border = Adjacency::of(&even.triangles).border_edges(&even.triangles);
        assert!(!border.is_empty());
        for v in border.into_iter().flatten() {
            assert!((even.positions[v as usize].y - lowest) < 6.0);
        }
        assert!((even.area_mm2() / fine.area_mm2() - 1.0).abs() < 0.01);
    }

    #[test]
    fn edits_keep_every_neighbour_mutual() {
        let mut edit = EditMesh::new(&sphere(3, -30.0));
        let (mut fan, mut fans) = (Vec::new(), [Vec::new(), Vec::new()]);
        for i in 0..4000_usize {
            // a fixed mix of edits all over the mesh
            let (t, k) = (i * 7919 % edit.triangles.len(), i % 3);
            if !edit.is_alive(t) {
                continue;
            }
            match i % 4 {
                0 => edit.split(t, k),
                1 | 2 => {
                    edit.collapse(t, k, 40.0, &mut fans);
                }
                _ => edit.flip_for_valence(t, k, &mut fan),
            }
        }
        for t in (0..edit.triangles.len()).filter(|t| edit.is_alive(*t)) {
            for k in 0..3 {
                let (a, b, u) = edit.edge(t, k);
                if u == crate::topology::NO_TRIANGLE {
                    continue;
                }
                assert!(edit.is_alive(u as usize));
                let mutual = (0..3).any(|j| edit.edge(u as usize, j) == (b, a, t as u32));
                assert!(mutual, "triangle {t} and {u} across {a}-{b}");
                edit.fan(a, &mut fan);
                assert!(fan.iter().all(|&(f, c)| edit.triangles[f as usize][c] == a));
            }
        }
        let (mesh, _) = edit.into_mesh();
        let counted = Adjacency::of(&mesh.triangles).pieces().len();
        assert_eq!(counted, 1);
    }
}
