//! Pulling a path on the mesh tight.

use glam::{DVec2, DVec3};

use super::{Geodesics, NONE, SurfacePoint};
use crate::topology::NO_TRIANGLE;

/// A way along a surface.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Its points from start to end, one on every edge it crosses, head frame, mm.
    pub points: Vec<DVec3>,
    /// Its length, mm.
    pub length_mm: f64,
}

impl Path {
    fn through(points: Vec<DVec3>) -> Path {
        let length_mm = points.windows(2).map(|p| p[0].distance(p[1])).sum();
        Path { points, length_mm }
    }
}

/// Rounds of straightening; each one takes out the bends it finds, so that a way across a head needs about twenty.
const MAX_ROUNDS: usize = 500;

/// Follows the front from `to` back to `from` and pulls the way tight; `None` if the front never came.
pub(super) fn trace(
    surface: &Geodesics,
    time: &[f64],
    before: &[u32],
    from: SurfacePoint,
    to: SurfacePoint,
) -> Option<Path> {
    let (from, to) = (inside(from), inside(to));
    let (start, end) = (surface.position(from), surface.position(to));
    if from.triangle == to.triangle {
        return Some(Path::through(vec![start, end]));
    }
    let mut strip = strip_back(surface, time, before, from.triangle, to)?;
    for _ in 0..MAX_ROUNDS {
        let unfolded = Unfolded::new(surface, &strip, start, end);
        let bends = unfolded.pull_tight();
        if !reroute(surface, &mut strip, &unfolded, &bends) {
            return Some(Path::through(unfolded.crossings(surface, &strip, &bends, start, end)));
        }
    }
    let unfolded = Unfolded::new(surface, &strip, start, end);
    let bends = unfolded.pull_tight();
    Some(Path::through(unfolded.crossings(surface, &strip, &bends, start, end)))
}

/// The same point moved off the edges of its triangle by a millionth of it, so that no way starts on a vertex.
fn inside(p: SurfacePoint) -> SurfacePoint {
    const OFF: f64 = 1e-6;
    let raised = p.barycentric.map(|w| w.max(OFF));
    let sum: f64 = raised.iter().sum();
    SurfacePoint { triangle: p.triangle, barycentric: raised.map(|w| w / sum) }
}

/// Neighbouring triangles from `first` to the triangle of `to`, along the chain of vertices the front came by.
fn strip_back(
    surface: &Geodesics,
    time: &[f64],
    before: &[u32],
    first: u32,
    to: SurfacePoint,
) -> Option<Vec<u32>> {
    let target = surface.position(to);
    let reach = |v: u32| time[v as usize] + surface.mesh.positions[v as usize].distance(target);
    let corners = surface.mesh.triangles[to.triangle as usize];
    let nearest = corners.into_iter().min_by(|&a, &b| reach(a).total_cmp(&reach(b)))?;
    if !time[nearest as usize].is_finite() {
        return None;
    }
    let mut chain = vec![nearest];
    while before[*chain.last()? as usize] != NONE {
        chain.push(before[*chain.last()? as usize]);
    }
    chain.reverse();
    let mut strip = vec![first];
    for (i, &v) in chain.iter().enumerate() {
        let last = *strip.last()?;
        let step = match chain.get(i + 1) {
            Some(&next) => around(surface, v, last, |t| surface.mesh.triangles[t as usize].contains(&next))?,
            None => around(surface, v, last, |t| t == to.triangle)?,
        };
        strip.extend(step);
    }
    remove_loops(&mut strip);
    Some(strip)
}

/// The fewest triangles around `vertex` that lead from `start` to one that satisfies `goal`, without `start`.
fn around(surface: &Geodesics, vertex: u32, start: u32, goal: impl Fn(u32) -> bool) -> Option<Vec<u32>> {
    let mut seen = vec![(start, usize::MAX)];
    let mut next = 0;
    while next < seen.len() {
        let (t, _) = seen[next];
        if goal(t) {
            let mut way = vec![];
            let mut at = next;
            while seen[at].1 != usize::MAX {
                way.push(seen[at].0);
                at = seen[at].1;
            }
            way.reverse();
            return Some(way);
        }
        for k in 0..3 {
            let other = surface.adjacency.neighbour[t as usize][k];
            let holds = other != NO_TRIANGLE && surface.mesh.triangles[other as usize].contains(&vertex);
            if holds && !seen.iter().any(|s| s.0 == other) {
                seen.push((other, next));
            }
        }
        next += 1;
    }
    None
}

/// Cuts every way that comes back to a triangle it has already been in.
fn remove_loops(strip: &mut Vec<u32>) {
    let mut at = std::collections::BTreeMap::new();
    let mut kept: Vec<u32> = Vec::with_capacity(strip.len());
    for &t in strip.iter() {
        if let Some(&i) = at.get(&t) {
            for gone in kept.drain(i + 1..) {
                at.remove(&gone);
            }
        } else {
            at.insert(t, kept.len());
            kept.push(t);
        }
    }
    *strip = kept;
}

/// A strip of triangles laid into the plane, as the edges between them.
struct Unfolded {
    /// `portals[i]`: the edge from strip triangle i to i + 1; left and right seen in walking direction.
    portals: Vec<Portal>,
    start: DVec2,
    end: DVec2,
}

struct Portal {
    left: DVec2,
    right: DVec2,
    left_vertex: u32,
    right_vertex: u32,
}

/// A point where the tight way touches a vertex.
struct Bend {
    /// Number of the portal it touches.
    portal: usize,
    at: DVec2,
    vertex: u32,
}

/// Where the third corner of a triangle lies in the plane, on the left of the edge from `a` to `b`.
fn third_corner(a: DVec2, b: DVec2, pa: DVec3, pb: DVec3, pc: DVec3) -> DVec2 {
    let length = pa.distance(pb).max(f64::MIN_POSITIVE);
    let along = (pb - pa) / length;
    let x = (pc - pa).dot(along);
    let y = (pc - pa - along * x).length();
    let e = (b - a).normalize_or_zero();
    a + e * x + e.perp() * y
}

impl Unfolded {
    fn new(surface: &Geodesics, strip: &[u32], start: DVec3, end: DVec3) -> Unfolded {
        let p = |v: u32| surface.mesh.positions[v as usize];
        let [a, b, c] = surface.mesh.triangles[strip[0] as usize];
        let flat_a = DVec2::ZERO;
        let flat_b = DVec2::new(p(a).distance(p(b)), 0.0);
        let flat_c = third_corner(flat_a, flat_b, p(a), p(b), p(c));
        let mut corners = [(a, flat_a), (b, flat_b), (c, flat_c)];
        let place = |corners: &[(u32, DVec2); 3], q: DVec3| {
            // Barycentric coordinates in space carry over to the plane.
            let [a, b, c] = corners.map(|(v, _)| p(v));
            let n = (b - a).cross(c - a);
            let area = n.length_squared().max(f64::MIN_POSITIVE);
            let wb = (q - a).cross(c - a).dot(n) / area;
            let wc = (b - a).cross(q - a).dot(n) / area;
            corners[0].1 * (1.0 - wb - wc) + corners[1].1 * wb + corners[2].1 * wc
        };
        let flat_start = place(&corners, start);
        let mut portals = Vec::with_capacity(strip.len());
        for pair in strip.windows(2) {
            let shared = (0..3)
                .find(|&k| surface.adjacency.neighbour[pair[0] as usize][k] == pair[1])
                .expect("neighbours in a strip");
            let [from, to, _] = rotated(surface.mesh.triangles[pair[0] as usize], shared);
            let flat = |v: u32| corners.iter().find(|c| c.0 == v).map(|c| c.1).unwrap_or_default();
            let (flat_from, flat_to) = (flat(from), flat(to));
            let next = surface.mesh.triangles[pair[1] as usize];
            let apex = next.into_iter().find(|&v| v != from && v != to).unwrap_or(to);
            // Triangles run counter-clockwise: who leaves through from-to has `to` on the left.
            let flat_apex = third_corner(flat_to, flat_from, p(to), p(from), p(apex));
            portals.push(Portal { left: flat_to, right: flat_from, left_vertex: to, right_vertex: from });
            corners = [(to, flat_to), (from, flat_from), (apex, flat_apex)];
        }
        Unfolded { portals, start: flat_start, end: place(&corners, end) }
    }

    /// The vertices the shortest way inside the strip bends at, in order (the funnel algorithm of Lee and Preparata).
    fn pull_tight(&self) -> Vec<Bend> {
        let turn = |a: DVec2, b: DVec2, c: DVec2| (b - a).perp_dot(c - a);
        let mut bends = vec![];
        let mut apex = self.start;
        // Sides of the funnel and the portals they come from; a side at the apex does not constrain yet.
        let (mut left, mut right) = (apex, apex);
        let (mut left_at, mut right_at) = (0, 0);
        let mut i = 0;
        while i <= self.portals.len() {
            let (l, r) = self.portals.get(i).map_or((self.end, self.end), |p| (p.left, p.right));
            // A side that still ends at the apex has not left it and crosses nothing.
            let crosses_left = left != apex && r != apex && turn(apex, left, r) >= 0.0;
            let crosses_right = right != apex && l != apex && turn(apex, right, l) <= 0.0;
            let bend = if turn(apex, right, r) >= 0.0 && crosses_left {
                Some((left_at, self.portals[left_at].left, self.portals[left_at].left_vertex))
            } else if turn(apex, left, l) <= 0.0 && crosses_right {
                Some((right_at, self.portals[right_at].right, self.portals[right_at].right_vertex))
            } else {
                None
            };
            if let Some((portal, at, vertex)) = bend {
                bends.push(Bend { portal, at, vertex });
                apex = at;
                (left, right, left_at, right_at) = (apex, apex, portal, portal);
                i = portal + 1;
                continue;
            }
            if turn(apex, right, r) >= 0.0 {
                (right, right_at) = (r, i);
            }
            if turn(apex, left, l) <= 0.0 {
                (left, left_at) = (l, i);
            }
            i += 1;
        }
        bends
    }

    /// The points of the tight way in space: where it starts, crosses the edges, and ends.
    fn crossings(
        &self,
        surface: &Geodesics,
        strip: &[u32],
        bends: &[Bend],
        start: DVec3,
        end: DVec3,
    ) -> Vec<DVec3> {
        debug_assert_eq!(strip.len(), self.portals.len() + 1);
        let p = |v: u32| surface.mesh.positions[v as usize];
        let mut points = vec![start];
        let mut from = self.start;
        let mut next = 0;
        for (i, portal) in self.portals.iter().enumerate() {
            while next < bends.len() && bends[next].portal < i {
                from = bends[next].at;
                next += 1;
            }
            let to = bends.get(next).map_or(self.end, |b| b.at);
            let along = portal.left - portal.right;
            let way = to - from;
            let across = way.perp_dot(along);
            let share = if across.abs() > 0.0 {
                (way.perp_dot(from - portal.right) / across).clamp(0.0, 1.0)
            } else {
                ((to - portal.right).dot(along) / along.length_squared().max(f64::MIN_POSITIVE))
                    .clamp(0.0, 1.0)
            };
            let point = p(portal.right_vertex).lerp(p(portal.left_vertex), share);
            if points.last().is_none_or(|last| last.distance(point) > 1e-9) {
                points.push(point);
            }
        }
        points.push(end);
        points
    }
}

fn rotated([a, b, c]: [u32; 3], k: usize) -> [u32; 3] {
    match k {
        0 => [a, b, c],
        1 => [b, c, a],
        _ => [c, a, b],
    }
}

/// Leads the strip around the other side of every vertex where that is shorter; says whether it changed.
fn reroute(surface: &Geodesics, strip: &mut Vec<u32>, unfolded: &Unfolded, bends: &[Bend]) -> bool {
    // Below this turn, radians, a bend is rounding.
    const STRAIGHT: f64 = 1e-9;
    let mut changed = false;
    // Runs that have been replaced end before this index; going backwards keeps earlier indices valid.
    let mut free_until = strip.len();
    for (i, bend) in bends.iter().enumerate().rev() {
        let holds = |t: u32| surface.mesh.triangles[t as usize].contains(&bend.vertex);
        let first = (0..=bend.portal).rev().take_while(|&s| holds(strip[s])).last();
        let Some(first) = first else { continue };
        let last = (bend.portal..strip.len()).take_while(|&s| holds(strip[s])).last().unwrap_or(bend.portal);
        if last >= free_until || last <= first {
            continue;
        }
        let previous = if i == 0 { unfolded.start } else { bends[i - 1].at };
        let next = bends.get(i + 1).map_or(unfolded.end, |b| b.at);
        let (into, out) = (bend.at - previous, next - bend.at);
        let turn = libm::atan2(into.perp_dot(out), into.dot(out)).abs();
        if turn < STRAIGHT {
            continue;
        }
        let Some(other) = other_way(surface, bend.vertex, strip[first], strip[last], strip[first + 1]) else {
            continue;
        };
        let total: f64 = surface.fan(bend.vertex).iter().map(|&t| angle_at(surface, t, bend.vertex)).sum();
        // The strip's side has pi + turn.
        if total - (std::f64::consts::PI + turn) < std::f64::consts::PI - STRAIGHT {
            strip.splice(first..=last, other);
            free_until = first;
            changed = true;
        }
    }
    if changed {
        remove_loops(strip);
    }
    changed
}

/// Triangles around `vertex` from `first` to `last` on the side that does not hold `avoid`; `None` at a border.
fn other_way(surface: &Geodesics, vertex: u32, first: u32, last: u32, avoid: u32) -> Option<Vec<u32>> {
    let mut way = vec![first];
    let mut came_from = avoid;
    while *way.last()? != last {
        let at = *way.last()?;
        let corners = surface.mesh.triangles[at as usize];
        let step = (0..3).find_map(|k| {
            let other = surface.adjacency.neighbour[at as usize][k];
            let touches = corners[k] == vertex || corners[(k + 1) % 3] == vertex;
            (touches && other != NO_TRIANGLE && other != came_from).then_some(other)
        })?;
        if way.len() > surface.fan(vertex).len() {
            return None;
        }
        came_from = at;
        way.push(step);
    }
    Some(way)
}

fn angle_at(surface: &Geodesics, triangle: u32, vertex: u32) -> f64 {
    let corners = surface.mesh.triangles[triangle as usize];
    let k = corners.iter().position(|&v| v == vertex).unwrap_or(0);
    let [a, b, c] = rotated(corners, k).map(|v| surface.mesh.positions[v as usize]);
    let (u, w) = (b - a, c - a);
    libm::atan2(u.cross(w).length(), u.dot(w))
}
