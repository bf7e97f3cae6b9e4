//! Which triangle lies beyond which edge, and what is around which vertex?
//!
//! The one place where neighbours are found; it looks at triangles alone, so that meshes of any kind of point may ask.

use crate::mesh::TriMesh;

/// Marks an edge without a neighbour.
pub const NO_TRIANGLE: u32 = u32::MAX;

/// A list of items for every owner (such as triangles for every vertex), all in one piece of memory.
pub struct Lists<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy + Default> Lists<T> {
    /// Gathers pairs of owner and item, gone through twice; the items of an owner keep their order.
    pub fn new<I: Iterator<Item = (u32, T)>>(owners: usize, pairs: impl Fn() -> I) -> Lists<T> {
        let mut starts = vec![0_u32; owners + 1];
        pairs().for_each(|(owner, _)| starts[owner as usize + 1] += 1);
        for owner in 0..owners {
            starts[owner + 1] += starts[owner];
        }
        let mut next = starts.clone();
        let mut items = vec![T::default(); starts[owners] as usize];
        for (owner, item) in pairs() {
            let at = &mut next[owner as usize];
            items[*at as usize] = item;
            *at += 1;
        }
        Lists { starts, items }
    }

    /// The items of an owner.
    pub fn of(&self, owner: usize) -> &[T] {
        &self.items[self.starts[owner] as usize..self.starts[owner + 1] as usize]
    }

    /// The items of an owner, to be sorted.
    pub fn of_mut(&mut self, owner: usize) -> &mut [T] {
        &mut self.items[self.starts[owner] as usize..self.starts[owner + 1] as usize]
    }
}

/// The triangles around each of `vertices` vertices, in their order.
pub fn fans(vertices: usize, triangles: &[[u32; 3]]) -> Lists<u32> {
    Lists::new(vertices, || triangles.iter().zip(0..).flat_map(|(corners, t)| corners.map(|v| (v, t))))
}

/// Neighbours of every triangle across its edges.
pub struct Adjacency {
    /// `neighbour[triangle][edge]`, edge k running from corner k to corner k+1; [`NO_TRIANGLE`] at a border.
    pub neighbour: Vec<[u32; 3]>,
}

impl Adjacency {
    /// Neighbours across edges with exactly two triangles that run through the edge in opposite directions; all other
    /// edges are border.
    pub fn of(triangles: &[[u32; 3]]) -> Adjacency {
        let mut neighbour = vec![[NO_TRIANGLE; 3]; triangles.len()];
        for shared in shared_edges(triangles).0 {
            if let SharedEdge { sides: [(t, k), (u, j)], same_direction: false } = shared {
                neighbour[t as usize][k] = u;
                neighbour[u as usize][j] = t;
            }
        }
        Adjacency { neighbour }
    }

    /// The connected pieces, each a list of triangles; in order of their first triangle.
    pub fn pieces(&self) -> Vec<Vec<u32>> {
        let mut seen = vec![false; self.neighbour.len()];
        let mut pieces = Vec::new();
        for start in 0..self.neighbour.len() {
            if seen[start] {
                continue;
            }
            seen[start] = true;
            let mut piece = vec![start as u32];
            let mut at = 0;
            while at < piece.len() {
                for &next in &self.neighbour[piece[at] as usize] {
                    if next != NO_TRIANGLE && !std::mem::replace(&mut seen[next as usize], true) {
                        piece.push(next);
                    }
                }
                at += 1;
            }
            pieces.push(piece);
        }
        pieces
    }

    /// Directed edges without a neighbour, `[from, to]` as their triangles run.
    pub fn border_edges(&self, triangles: &[[u32; 3]]) -> Vec<[u32; 2]> {
        let mut edges = Vec::new();
        for (corners, neighbours) in triangles.iter().zip(&self.neighbour) {
            for k in 0..3 {
                if neighbours[k] == NO_TRIANGLE {
                    edges.push([corners[k], corners[(k + 1) % 3]]);
                }
            }
        }
        edges
    }

    /// The closed border loops, each a list of vertices as their triangles run; in order of the first triangle. Where
    /// several loops touch in one vertex they are told apart by walking around it.
    pub fn border_loops(&self, triangles: &[[u32; 3]]) -> Vec<Vec<u32>> {
        let n = self.neighbour.len();
        let mut seen = vec![[false; 3]; n];
        let mut loops = Vec::new();
        for t in 0..n {
            for k in 0..3 {
                if self.neighbour[t][k] != NO_TRIANGLE || seen[t][k] {
                    continue;
                }
                let mut vertices = Vec::new();
                let (mut at, mut edge) = (t, k);
                loop {
                    seen[at][edge] = true;
                    vertices.push(triangles[at][edge]);
                    // Turn around the end of this edge until the next border edge.
                    let pivot = triangles[at][(edge + 1) % 3];
                    edge = (edge + 1) % 3;
                    while self.neighbour[at][edge] != NO_TRIANGLE {
                        at = self.neighbour[at][edge] as usize;
                        edge = triangles[at].iter().position(|&v| v == pivot).unwrap_or(0);
                    }
                    if (at, edge) == (t, k) || seen[at][edge] {
                        break;
                    }
                }
                loops.push(vertices);
            }
        }
        loops
    }
}

/// Neighbours of every vertex; those of a border vertex are its two neighbours along the border.
pub struct VertexRings {
    lists: Lists<u32>,
    on_border: Vec<bool>,
}

impl VertexRings {
    /// Of a manifold mesh of `vertices` vertices.
    pub fn new(vertices: usize, triangles: &[[u32; 3]]) -> VertexRings {
        let mut on_border = vec![false; vertices];
        let border = Adjacency::of(triangles).border_edges(triangles);
        border.iter().flatten().for_each(|&v| on_border[v as usize] = true);
        // An inner edge is met once in each direction.
        let lists = Lists::new(vertices, || {
            let inner = triangles.iter().flat_map(|c| [(c[0], c[1]), (c[1], c[2]), (c[2], c[0])]);
            let inner = inner.filter(|&(a, _)| !on_border[a as usize]);
            inner.chain(border.iter().flat_map(|&[a, b]| [(a, b), (b, a)]))
        });
        VertexRings { lists, on_border }
    }

    /// The neighbours of a vertex.
    pub fn of(&self, v: usize) -> &[u32] {
        self.lists.of(v)
    }

    /// Whether a vertex is on a border.
    pub fn on_border(&self, v: usize) -> bool {
        self.on_border[v]
    }
}

/// Gives every fan of triangles around a vertex its own vertex, so that pieces that only touch come apart.
pub fn split_fans(mesh: &TriMesh, adjacency: &Adjacency) -> TriMesh {
    let n = mesh.triangles.len();
    let mut corner_vertex = vec![u32::MAX; 3 * n];
    let mut split =
        TriMesh { positions: Vec::with_capacity(mesh.positions.len()), triangles: vec![[0; 3]; n] };
    for start in 0..3 * n {
        if corner_vertex[start] != u32::MAX {
            continue;
        }
        let vertex = split.positions.len() as u32;
        split.positions.push(mesh.positions[mesh.triangles[start / 3][start % 3] as usize]);
        // Walk the fan: from a corner over the two edges that leave it.
        let mut waiting = vec![start];
        while let Some(corner) = waiting.pop() {
            if corner_vertex[corner] != u32::MAX {
                continue;
            }
            corner_vertex[corner] = vertex;
            let (t, k) = (corner / 3, corner % 3);
            split.triangles[t][k] = vertex;
            let old = mesh.triangles[t][k];
            for edge in [k, (k + 2) % 3] {
                let neighbour = adjacency.neighbour[t][edge];
                if neighbour == NO_TRIANGLE {
                    continue;
                }
                if let Some(j) = mesh.triangles[neighbour as usize].iter().position(|&v| v == old) {
                    waiting.push(3 * neighbour as usize + j);
                }
            }
        }
    }
    split
}

/// Triangles turned alike.
pub struct Oriented {
    /// Neighbours of the turned triangles.
    pub adjacency: Adjacency,
    /// `turned[triangle]`: whether its winding was changed; a turned triangle keeps its first corner.
    pub turned: Vec<bool>,
    /// Edges with more than two triangles, or between triangles that cannot agree; they are borders now.
    pub edges_cut: usize,
}

/// Turns triangles so that neighbours agree; in each piece the larger number keeps its winding.
pub fn orient(triangles: &mut [[u32; 3]]) -> Oriented {
    let (pairs, mut edges_cut) = shared_edges(triangles);
    let mut links: Vec<[(u32, bool); 3]> = vec![[(NO_TRIANGLE, false); 3]; triangles.len()];
    for SharedEdge { sides: [first, second], same_direction } in pairs {
        links[first.0 as usize][first.1] = (second.0, same_direction);
        links[second.0 as usize][second.1] = (first.0, same_direction);
    }
    // Carry the decision to turn or not from neighbour to neighbour.
    let mut decided = vec![false; triangles.len()];
    let mut turned = vec![false; triangles.len()];
    for start in 0..triangles.len() {
        if std::mem::replace(&mut decided[start], true) {
            continue;
        }
        let mut piece = vec![start];
        let mut at = 0;
        while at < piece.len() {
            let t = piece[at];
            at += 1;
            for (neighbour, same_direction) in links[t] {
                if neighbour != NO_TRIANGLE && !std::mem::replace(&mut decided[neighbour as usize], true) {
                    turned[neighbour as usize] = turned[t] != same_direction;
                    piece.push(neighbour as usize);
                }
            }
        }
        let n_turned = piece.iter().filter(|&&t| turned[t]).count();
        if 2 * n_turned > piece.len() {
            piece.iter().for_each(|&t| turned[t] = !turned[t]);
        }
    }
    // Keep the links over which the decisions agree.
    let mut neighbour = vec![[NO_TRIANGLE; 3]; triangles.len()];
    let mut disagreeing_sides = 0;
    for t in 0..triangles.len() {
        for k in 0..3 {
            let (other, same_direction) = links[t][k];
            if other == NO_TRIANGLE {
                continue;
            }
            // edges a-b, b-c, c-a of a turned triangle come in the order c-a, b-c, a-b
            let edge = if turned[t] { 2 - k } else { k };
            if (turned[t] != turned[other as usize]) == same_direction {
                neighbour[t][edge] = other;
            } else {
                disagreeing_sides += 1;
            }
        }
        if turned[t] {
            triangles[t].swap(1, 2);
        }
    }
    edges_cut += disagreeing_sides / 2;
    Oriented { adjacency: Adjacency { neighbour }, turned, edges_cut }
}

/// A triangle and one of its edges, k running from corner k to corner k+1.
pub type Side = (u32, usize);

/// An edge that two triangles share and no third.
pub struct SharedEdge {
    /// The edge as each of the two has it.
    pub sides: [Side; 2],
    /// Whether both run through it in the same direction: one of them is turned inside out.
    pub same_direction: bool,
}

/// The edges of exactly two triangles, and how many there are of more than two.
pub fn shared_edges(triangles: &[[u32; 3]]) -> (Vec<SharedEdge>, usize) {
    let vertices = triangles.iter().flatten().max().map_or(0, |&v| v as usize + 1);
    // The sides by their lower vertex; such a list is short, and sorted by the higher one.
    let mut by_low = Lists::new(vertices, || {
        triangles.iter().zip(0..).flat_map(|(corners, t)| {
            (0..3).map(move |k| {
                let (a, b) = (corners[k], corners[(k + 1) % 3]);
                (a.min(b), (a.max(b), a < b, (t, k)))
            })
        })
    });
    let mut shared = Vec::with_capacity(3 * triangles.len() / 2);
    let mut crowded = 0;
    for v in 0..vertices {
        let sides = by_low.of_mut(v);
        sides.sort_unstable_by_key(|&(high, _, side): &(u32, bool, Side)| (high, side));
        for group in sides.chunk_by(|x, y| x.0 == y.0) {
            match group {
                [_] => {}
                [x, y] => shared.push(SharedEdge { sides: [x.2, y.2], same_direction: x.1 == y.1 }),
                _ => crowded += 1,
            }
        }
    }
    (shared, crowded)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square in halves (0 1 2, 0 2 3), a triangle turned inside out on its edge 1-2, and a fin on 2-3 with a third on it.
    const TRIANGLES: [[u32; 3]; 5] = [[0, 1, 2], [0, 2, 3], [1, 2, 4], [3, 2, 5], [2, 3, 6]];

    #[test]
    fn only_edges_of_two_triangles_that_agree_are_no_border() {
        let adjacency = Adjacency::of(&TRIANGLES);
        assert_eq!(adjacency.neighbour[0], [NO_TRIANGLE, NO_TRIANGLE, 1]);
        assert_eq!(adjacency.neighbour[1], [0, NO_TRIANGLE, NO_TRIANGLE]);
        assert_eq!(adjacency.neighbour[2..], [[NO_TRIANGLE; 3]; 3]);
        assert_eq!(adjacency.pieces(), [vec![0, 1], vec![2], vec![3], vec![4]]);
        assert_eq!(adjacency.border_edges(&TRIANGLES).len(), 15 - 2);
        assert_eq!(adjacency.border_loops(&TRIANGLES)[0], [0, 1, 2, 3]);
        let (shared, crowded) = shared_edges(&TRIANGLES);
        assert_eq!((shared.len(), crowded), (2, 1));
        assert!(shared.iter().any(|s| s.same_direction && s.sides == [(0, 1), (2, 0)]));
        let mut turned = TRIANGLES;
        let oriented = orient(&mut turned);
        assert_eq!((oriented.turned, oriented.edges_cut), (vec![false, false, true, false, false], 1));
        assert_eq!(turned[2], [1, 4, 2]);
    }

    #[test]
    fn rings_and_fans_hold_what_is_around_a_vertex() {
        // Six triangles around vertex 0.
        let wheel: Vec<[u32; 3]> = (0..6).map(|k| [0, 1 + k, 1 + (k + 1) % 6]).collect();
        let rings = VertexRings::new(7, &wheel);
        let sorted = |v: usize| {
            let mut around = rings.of(v).to_vec();
            around.sort_unstable();
            around
        };
        assert_eq!((sorted(0), rings.on_border(0)), (vec![1, 2, 3, 4, 5, 6], false));
        assert_eq!((sorted(1), rings.on_border(1)), (vec![2, 6], true), "along the border only");
        let around = fans(8, &wheel);
        assert_eq!(
            (around.of(0), around.of(1), around.of(7)),
            (&[0, 1, 2, 3, 4, 5][..], &[0, 5][..], &[][..])
        );
    }
}
