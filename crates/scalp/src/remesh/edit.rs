//! A triangle mesh that can be edited: split, flip and collapse an edge.

use glam::DVec3;

use crate::mesh::TriMesh;
use crate::topology::{Adjacency, Lists, NO_TRIANGLE};

/// Marks a removed triangle or vertex.
const GONE: u32 = u32::MAX;

/// Vertices with more edges are not drawn together: walking around them again and again takes too long. Flipping thins
/// them out first.
const MOST_EDGES: u32 = 60;

/// Triangles with their neighbours, kept consistent through every edit. The mesh must be manifold.
pub struct EditMesh {
    /// `positions[vertex]`, mm.
    pub positions: Vec<DVec3>,
    /// `triangles[triangle][corner]`; the first corner of a removed triangle is out of range.
    pub triangles: Vec<[u32; 3]>,
    /// `neighbours[triangle][edge]`, edge k from corner k to k+1.
    neighbours: Vec<[u32; 3]>,
    /// One triangle at each vertex.
    triangle_at: Vec<u32>,
    /// `on_border[vertex]`
    pub on_border: Vec<bool>,
    /// Number of edges at each vertex.
    valence: Vec<u32>,
}

impl EditMesh {
    /// Takes a manifold mesh.
    pub fn new(mesh: &TriMesh) -> EditMesh {
        let n = mesh.positions.len();
        let neighbours = Adjacency::of(&mesh.triangles).neighbour;
        let (mut triangle_at, mut on_border, mut valence) = (vec![GONE; n], vec![false; n], vec![0; n]);
        for (t, corners) in mesh.triangles.iter().enumerate() {
            for k in 0..3 {
                let (a, b) = (corners[k] as usize, corners[(k + 1) % 3] as usize);
                triangle_at[a] = t as u32;
                valence[a] += 1;
                if neighbours[t][k] == NO_TRIANGLE {
                    on_border[a] = true;
                    on_border[b] = true;
                    valence[b] += 1;
                }
            }
        }
        let (positions, triangles) = (mesh.positions.clone(), mesh.triangles.clone());
        EditMesh { positions, triangles, neighbours, triangle_at, on_border, valence }
    }

    /// The mesh without what was removed, and which of its vertices are on a border.
    pub fn into_mesh(self) -> (TriMesh, Vec<bool>) {
        let alive: Vec<bool> = self.triangles.iter().map(|c| c[0] != GONE).collect();
        let (mesh, kept) =
            TriMesh { positions: self.positions, triangles: self.triangles }.part(|t| alive[t]);
        (mesh, kept.into_iter().map(|v| self.on_border[v as usize]).collect())
    }

    /// Whether a triangle is still there.
    pub fn is_alive(&self, t: usize) -> bool {
        self.triangles[t][0] != GONE
    }

    /// Ends of an edge and the neighbour beyond it.
    pub fn edge(&self, t: usize, k: usize) -> (u32, u32, u32) {
        (self.triangles[t][k], self.triangles[t][(k + 1) % 3], self.neighbours[t][k])
    }

    /// Triangles around a vertex, each with the corner that the vertex is.
    pub fn fan(&self, v: u32, fan: &mut Vec<(u32, usize)>) {
        fan.clear();
        let start = self.triangle_at[v as usize];
        if start == GONE {
            return;
        }
        let mut t = start;
        loop {
            let k = self.corner(t, v);
            fan.push((t, k));
            t = self.neighbours[t as usize][(k + 2) % 3];
            if t == start {
                return;
            }
            if t == NO_TRIANGLE {
                break;
            }
        }
        // A border: the rest lies on the other side of the start.
        t = self.neighbours[start as usize][self.corner(start, v)];
        while t != NO_TRIANGLE && t != start {
            let k = self.corner(t, v);
            fan.push((t, k));
            t = self.neighbours[t as usize][k];
        }
    }

    /// Which corner of a triangle a vertex is. The callers' bookkeeping holds that it is one.
    fn corner(&self, t: u32, v: u32) -> usize {
        let corners = &self.triangles[t as usize];
        if corners[0] == v {
            0
        } else if corners[1] == v {
            1
        } else {
            2
        }
    }

    /// Unit-free normal (twice the area) of three points.
    fn normal(p: [DVec3; 3]) -> DVec3 {
        (p[1] - p[0]).cross(p[2] - p[0])
    }

    fn points(&self, corners: [u32; 3]) -> [DVec3; 3] {
        corners.map(|v| self.positions[v as usize])
    }

    /// Tells the neighbour beyond an edge of `t` who lies beyond it now.
    fn relink(&mut self, beyond: u32, from: u32, to: u32) {
        if beyond != NO_TRIANGLE {
            for n in &mut self.neighbours[beyond as usize] {
                if *n == from {
                    *n = to;
                    break;
                }
            }
        }
    }

    /// Turns a triangle's corners so that edge `k` becomes edge 0.
    fn rotate_to_front(&mut self, t: usize, k: usize) {
        self.triangles[t].rotate_left(k);
        self.neighbours[t].rotate_left(k);
    }

    /// Divides an edge in its middle.
    pub fn split(&mut self, t: usize, k: usize) {
        self.rotate_to_front(t, k);
        let [a, b, c] = self.triangles[t];
        let [u, beyond_bc, _] = self.neighbours[t];
        let m = self.positions.len() as u32;
        self.positions.push(0.5 * (self.positions[a as usize] + self.positions[b as usize]));
        self.on_border.push(u == NO_TRIANGLE);
        self.triangle_at.push(t as u32);
        self.valence.push(3);
        let t2 = self.triangles.len() as u32;
        self.triangles[t] = [a, m, c];
        self.neighbours[t][1] = t2;
        self.triangles.push([m, b, c]);
        self.neighbours.push([u, beyond_bc, t as u32]);
        self.relink(beyond_bc, t as u32, t2);
        self.triangle_at[b as usize] = t2;
        self.valence[c as usize] += 1;
        if u == NO_TRIANGLE {
            return;
        }
        let uk = self.corner(u, b);
        self.rotate_to_front(u as usize, uk);
        let [_, _, d] = self.triangles[u as usize];
        let [_, beyond_ad, _] = self.neighbours[u as usize];
        let u2 = self.triangles.len() as u32;
        self.triangles[u as usize] = [b, m, d];
        self.neighbours[u as usize] = [t2, u2, self.neighbours[u as usize][2]];
        self.triangles.push([m, a, d]);
        self.neighbours.push([t as u32, beyond_ad, u]);
        self.neighbours[t][0] = u2;
        self.relink(beyond_ad, u, u2);
        self.triangle_at[a as usize] = t as u32;
        self.valence[d as usize] += 1;
        self.valence[m as usize] += 1;
    }

    /// Turns an inner edge to join the two corners opposite it, if that brings the number of edges at the four corners
    /// nearer to six (four on a border) and folds nothing.
    pub fn flip_for_valence(&mut self, t: usize, k: usize, fan: &mut Vec<(u32, usize)>) {
        let u = self.neighbours[t][k];
        if u == NO_TRIANGLE {
            return;
        }
        let (a, b) = (self.triangles[t][k], self.triangles[t][(k + 1) % 3]);
        let c = self.triangles[t][(k + 2) % 3];
        let uk = self.corner(u, b);
        let d = self.triangles[u as usize][(uk + 2) % 3];
        let off = |v: u32, change: i64| {
            let ideal = if self.on_border[v as usize] { 4 } else { 6 };
            let o = i64::from(self.valence[v as usize]) + change - ideal;
            o * o
        };
        let before = off(a, 0) + off(b, 0) + off(c, 0) + off(d, 0);
        let after = off(a, -1) + off(b, -1) + off(c, 1) + off(d, 1);
        let crowded = self.valence[c as usize] > MOST_EDGES;
        if after >= before
            || self.valence[a as usize] <= 3
            || self.valence[b as usize] <= 3
            || c == d
            || crowded
        {
            return;
        }
        let old = Self::normal(self.points([a, b, c])) + Self::normal(self.points([b, a, d]));
        let new = [Self::normal(self.points([a, d, c])), Self::normal(self.points([d, b, c]))];
        let folds =
            new.iter().any(|n| n.dot(old) <= 0.3 * n.length() * old.length() || n.length_squared() == 0.0);
        if folds || self.is_edge(c, d, fan) {
            return;
        }
        self.rotate_to_front(t, k);
        self.rotate_to_front(u as usize, uk);
        let [_, beyond_bc, beyond_ca] = self.neighbours[t];
        let [_, beyond_ad, beyond_db] = self.neighbours[u as usize];
        self.triangles[t] = [a, d, c];
        self.neighbours[t] = [beyond_ad, u, beyond_ca];
        self.triangles[u as usize] = [d, b, c];
        self.neighbours[u as usize] = [beyond_db, beyond_bc, t as u32];
        self.relink(beyond_ad, u, t as u32);
        self.relink(beyond_bc, t as u32, u);
        self.triangle_at[a as usize] = t as u32;
        self.triangle_at[b as usize] = u;
        self.triangle_at[c as usize] = t as u32;
        self.triangle_at[d as usize] = u;
        for (v, change) in [(a, -1), (b, -1), (c, 1), (d, 1)] {
            self.valence[v as usize] = self.valence[v as usize].wrapping_add_signed(change);
        }
    }

    /// Whether two vertices are joined by an edge.
    fn is_edge(&self, a: u32, b: u32, fan: &mut Vec<(u32, usize)>) -> bool {
        self.fan(a, fan);
        fan.iter().any(|&(t, _)| self.triangles[t as usize].contains(&b))
    }

    /// Draws an edge together to one point, unless that would fold the surface, pinch it, move a border or make an edge
    /// longer than `longest`. Returns whether it was done.
    pub fn collapse(&mut self, t: usize, k: usize, longest: f64, fans: &mut [Vec<(u32, usize)>; 2]) -> bool {
        let (mut a, mut b, u) = self.edge(t, k);
        let border_edge = u == NO_TRIANGLE;
        if self.valence[a as usize] + self.valence[b as usize] > MOST_EDGES {
            return false;
        }
        match (self.on_border[a as usize], self.on_border[b as usize]) {
            (true, true) if !border_edge => return false,
            (false, true) => std::mem::swap(&mut a, &mut b), // a stays
            _ => {}
        }
        let [fan_a, fan_b] = fans;
        self.fan(a, fan_a);
        self.fan(b, fan_b);
        // The two may share no neighbours but the corners opposite the edge.
        let opposite = if border_edge { 1 } else { 2 };
        // Around b each neighbour is met as the corner after b; on a border the last one only as the corner before it.
        let is_near_a =
            |v: u32| v != a && fan_a.iter().any(|&(t, _)| self.triangles[t as usize].contains(&v));
        let mut n_shared = 0;
        for &(t, k) in fan_b.iter() {
            let corners = self.triangles[t as usize];
            n_shared += u32::from(is_near_a(corners[(k + 1) % 3]));
            if self.neighbours[t as usize][(k + 2) % 3] == NO_TRIANGLE {
                n_shared += u32::from(is_near_a(corners[(k + 2) % 3]));
            }
        }
        if n_shared != opposite {
            return false;
        }
        let place = match (self.on_border[a as usize], border_edge) {
            (true, _) => self.positions[a as usize],
            (false, _) => 0.5 * (self.positions[a as usize] + self.positions[b as usize]),
        };
        // No triangle may turn over, none may become long, and corners opposite the edge must keep three edges.
        for (fan, moving, other) in [(&*fan_a, a, b), (&*fan_b, b, a)] {
            for &(t, _) in fan {
                let corners = self.triangles[t as usize];
                if corners.contains(&other) {
                    continue;
                }
                let before = Self::normal(self.points(corners));
                let moved = corners.map(|v| if v == moving { place } else { self.positions[v as usize] });
                let after = Self::normal(moved);
                if after.dot(before) <= 0.3 * after.length() * before.length()
                    && before.length_squared() > 0.0
                {
                    return false;
                }
                let too_long = |v: u32| v != moving && self.positions[v as usize].distance(place) > longest;
                if corners.into_iter().any(too_long) {
                    return false;
                }
            }
        }
        let mut dying = [(GONE, 0); 2];
        let mut n_dying = 0;
        for &(t, k) in fan_b.iter().filter(|&&(t, _)| self.triangles[t as usize].contains(&a)) {
            if n_dying == 2 {
                return false;
            }
            dying[n_dying] = (t, k);
            n_dying += 1;
        }
        let dying = &dying[..n_dying];
        for &(t, _) in dying {
            let corners = self.triangles[t as usize];
            let Some(c) = corners.into_iter().find(|&v| v != a && v != b) else { return false };
            let least = if self.on_border[c as usize] { 3 } else { 4 };
            if self.valence[c as usize] < least {
                return false;
            }
        }
        for &(t, kb) in fan_b.iter() {
            if !dying.iter().any(|&(d, _)| d == t) {
                self.triangles[t as usize][kb] = a;
            }
        }
        for &(t, _) in dying {
            // The neighbours across the two remaining edges become each other's.
            let ka = self.corner(t, a);
            let edge_ab = if self.triangles[t as usize][(ka + 1) % 3] == b { ka } else { (ka + 2) % 3 };
            let [one, two] = [(edge_ab + 1) % 3, (edge_ab + 2) % 3].map(|e| self.neighbours[t as usize][e]);
            let c = self.triangles[t as usize][(edge_ab + 2) % 3];
            self.relink(one, t, two);
            self.relink(two, t, one);
            self.triangles[t as usize] = [GONE; 3];
            self.valence[c as usize] -= 1;
            let survivor = if one != NO_TRIANGLE { one } else { two };
            if survivor != NO_TRIANGLE {
                self.triangle_at[a as usize] = survivor;
                self.triangle_at[c as usize] = survivor;
            }
        }
        self.valence[a as usize] += self.valence[b as usize];
        self.valence[a as usize] -= 2 + dying.len() as u32;
        self.triangle_at[b as usize] = GONE;
        self.positions[a as usize] = place;
        true
    }

    /// Neighbours of every vertex.
    pub fn neighbour_lists(&self) -> Lists<u32> {
        Lists::new(self.positions.len(), || {
            self.triangles.iter().enumerate().filter(|(_, c)| c[0] != GONE).flat_map(move |(t, c)| {
                (0..3).flat_map(move |k| {
                    let (a, b) = (c[k], c[(k + 1) % 3]);
                    // An inner edge is met from both sides, a border edge once.
                    let back = self.neighbours[t][k] == NO_TRIANGLE;
                    std::iter::once((a, b)).chain(back.then_some((b, a)))
                })
            })
        })
    }
}
