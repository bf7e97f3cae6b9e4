//! Outlines of the cells on the map: edges between triangles of different cells, joined and smoothed together, so that
//! neighbours keep a common border.

use std::collections::BTreeMap;

use glam::DVec2;
use hairline_plan::Planned;

use super::grid::Grid;

/// Rounds of smoothing: the steps of the triangles disappear, corners of cells stay.
const ROUNDS: usize = 6;

/// What a border divides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Treated skin from the rest.
    Rim,
    /// Zones.
    Zone,
    /// Cells of a zone.
    Cell,
}

/// A cell.
pub(super) struct CellOutline {
    /// Index into the plan's cells.
    pub number: usize,
    /// Closed outlines, the longest first; others are holes or islands.
    pub rings: Vec<Vec<DVec2>>,
    /// The place inside that is farthest from the border, and how far that is.
    pub middle: DVec2,
    pub room_mm: f64,
}

/// Vertex of a field.
type Corner = (usize, u32);

/// The borders of all fields.
pub(super) struct Borders {
    /// Smoothed places of the vertices on borders.
    places: BTreeMap<Corner, DVec2>,
    /// Edges with a cell on their left: from, to, cell, and what is beyond.
    edges: Vec<(Corner, Corner, u32, Kind)>,
    /// Middle of every triangle with its cell.
    middles: Vec<(DVec2, u32)>,
}

impl Borders {
    pub fn new(planned: &Planned, grid: &Grid) -> Borders {
        let mut edges = vec![];
        let mut places = BTreeMap::new();
        let mut middles = vec![];
        for (f, (field, cells)) in planned.fields.iter().zip(&planned.cell_of_triangle).enumerate() {
            let mesh = &field.patch.mesh;
            let map: Vec<DVec2> = field.patch.uv.iter().map(|uv| grid.map(*uv)).collect();
            let mut owner: BTreeMap<(u32, u32), u32> = BTreeMap::new();
            for (corners, &cell) in mesh.triangles.iter().zip(cells) {
                for k in 0..3 {
                    owner.insert((corners[k], corners[(k + 1) % 3]), cell);
                }
                middles.push((corners.iter().map(|&v| map[v as usize]).sum::<DVec2>() / 3.0, cell));
            }
            let zone = |cell: u32| planned.plan.cells[cell as usize].zone;
            for (&(a, b), &cell) in &owner {
                let kind = match owner.get(&(b, a)) {
                    Some(&other) if other == cell => continue,
                    Some(&other) if zone(other) == zone(cell) => Kind::Cell,
                    Some(_) => Kind::Zone,
                    None => Kind::Rim,
                };
                edges.push(((f, a), (f, b), cell, kind));
                for v in [a, b] {
                    places.insert((f, v), map[v as usize]);
                }
            }
        }
        let mut borders = Borders { places, edges, middles };
        borders.smooth();
        borders
    }

    /// Every corner with two neighbours along the borders moves to the mean of itself and them; meeting points stay.
    fn smooth(&mut self) {
        let mut beside: BTreeMap<Corner, Vec<Corner>> = BTreeMap::new();
        for &(a, b, _, _) in &self.edges {
            for (from, to) in [(a, b), (b, a)] {
                let known = beside.entry(from).or_default();
                if !known.contains(&to) {
                    known.push(to);
                }
            }
        }
        for _ in 0..ROUNDS {
            let moved = |(corner, at): (&Corner, &DVec2)| match beside[corner].as_slice() {
                [a, b] => (*corner, 0.5 * *at + 0.25 * (self.places[a] + self.places[b])),
                _ => (*corner, *at),
            };
            self.places = self.places.iter().map(moved).collect();
        }
    }

    /// Every border once, edge by edge, joined into paths where they follow each other.
    pub fn lines(&self) -> Vec<(Vec<DVec2>, Kind)> {
        let mut out = vec![];
        for kind in [Kind::Cell, Kind::Zone, Kind::Rim] {
            // Borders inside have an edge from either side: one is enough.
            let once: Vec<(Corner, Corner)> = self
                .edges
                .iter()
                .filter(|(a, b, _, k)| *k == kind && (kind == Kind::Rim || a < b))
                .map(|&(a, b, _, _)| (a, b))
                .collect();
            out.extend(paths(&once, false).into_iter().map(|p| (self.points(&p), kind)));
        }
        out
    }

    fn points(&self, path: &[Corner]) -> Vec<DVec2> {
        path.iter().map(|c| self.places[c]).collect()
    }

    /// Every cell that has skin.
    pub fn cells(&self) -> Vec<CellOutline> {
        let mut edges: BTreeMap<u32, Vec<(Corner, Corner)>> = BTreeMap::new();
        for &(a, b, cell, _) in &self.edges {
            edges.entry(cell).or_default().push((a, b));
        }
        let mut inside: BTreeMap<u32, Vec<DVec2>> = BTreeMap::new();
        for &(uv, cell) in &self.middles {
            inside.entry(cell).or_default().push(uv);
        }
        edges
            .into_iter()
            .map(|(cell, edges)| {
                let mut rings: Vec<Vec<DVec2>> = paths(&edges, true).iter().map(|p| self.points(p)).collect();
                rings.sort_by_key(|r| std::cmp::Reverse(r.len()));
                let rim: Vec<DVec2> = rings.iter().flatten().copied().collect();
                let room =
                    |p: &DVec2| rim.iter().map(|q| q.distance_squared(*p)).fold(f64::INFINITY, f64::min);
                let places = inside.get(&cell).map_or(&[][..], Vec::as_slice);
                let best = places.iter().map(|p| (room(p), *p)).max_by(|a, b| a.0.total_cmp(&b.0));
                let (room, middle) = best.unwrap_or((0.0, rim[0]));
                CellOutline { number: cell as usize, rings, middle, room_mm: room.sqrt() }
            })
            .collect()
    }
}

/// Edges joined head to tail; directed edges are walked forwards only.
fn paths(edges: &[(Corner, Corner)], directed: bool) -> Vec<Vec<Corner>> {
    let mut at: BTreeMap<Corner, Vec<usize>> = BTreeMap::new();
    for (i, &(a, b)) in edges.iter().enumerate() {
        at.entry(a).or_default().push(i);
        if !directed {
            at.entry(b).or_default().push(i);
        }
    }
    let mut used = vec![false; edges.len()];
    // Open paths begin at ends and meeting points, then come the rings.
    let starts = at
        .iter()
        .filter(|(_, e)| !directed && e.len() != 2)
        .flat_map(|(c, e)| e.iter().map(move |&i| (*c, i)));
    let rest = edges.iter().enumerate().map(|(i, e)| (e.0, i));
    let mut out = vec![];
    for (from, first) in starts.chain(rest).collect::<Vec<_>>() {
        if used[first] {
            continue;
        }
        let mut path = vec![from];
        let (mut corner, mut next) = (from, Some(first));
        while let Some(i) = next {
            used[i] = true;
            let (a, b) = edges[i];
            corner = if a == corner { b } else { a };
            path.push(corner);
            let open = &at.get(&corner).map_or(&[][..], Vec::as_slice);
            let through = directed || open.len() == 2;
            next = open.iter().copied().find(|&k| through && !used[k]);
        }
        out.push(path);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_join_into_rings_and_paths() {
        let c = |i: u32| (0, i);
        let ring = [(c(0), c(1)), (c(2), c(0)), (c(1), c(2))];
        assert_eq!(paths(&ring, true), vec![vec![c(0), c(1), c(2), c(0)]]);
        // A fork of three arms: every arm is a path to the meeting point.
        let fork = [(c(0), c(1)), (c(1), c(2)), (c(2), c(3)), (c(4), c(2))];
        let mut lengths: Vec<usize> = paths(&fork, false).iter().map(Vec::len).collect();
        lengths.sort_unstable();
        assert_eq!(lengths, [2, 2, 3]);
    }
}
