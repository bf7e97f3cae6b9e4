//! Neck and shoulders below a head that was cut off at the neck, so that the portrait does not float. For pictures only.

use glam::{DVec2, DVec3};
use hairline_scalp::{Landmarks, TriMesh};

/// The shoulders below the neck on a head of average size: how far below the cut, half width, front and back, mm.
/// Proportions chosen by eye after the bust of a real scan.
const SHOULDERS_BELOW_MM: f64 = 92.0;
const SHOULDERS: (f64, f64, f64) = (205.0, 62.0, -128.0);
/// How strongly the bust keeps the slope of the neck and the upright at the shoulders, mm on a head of average size.
const NECK_SLOPE_MM: f64 = 62.0;
const SHOULDER_SLOPE_MM: f64 = 190.0;
/// Length that hangs down below the shoulders, to fade out, mm.
const HEM_MM: f64 = 45.0;
/// Rings of the bust between neck and shoulders, and below them.
const RINGS: usize = 22;
const HEM_RINGS: usize = 6;
/// Highest place of a neck's cut and lowest place of its mesh for which a bust is added, mm on a head of average size.
const CUT_ABOVE_MM: f64 = -215.0;
const CHIN_MM: f64 = -80.0;
/// Least vertices and largest unevenness of a cut that can be continued.
const LEAST_LOOP: usize = 24;
const MOST_UNEVEN_MM: f64 = 70.0;

/// The head's mesh with a bust, or as it is where it has one or its lower border is no clean loop.
pub(super) fn with_bust(mesh: &TriMesh, marks: &Landmarks) -> TriMesh {
    let scale = (marks.vertex.y / 131.0).clamp(0.6, 1.6);
    let Some(neck) = neck_loop(mesh, scale) else { return mesh.clone() };
    let mut bust = mesh.clone();
    let rim: Vec<DVec3> = neck.iter().map(|&v| mesh.positions[v as usize]).collect();
    let slope = slopes(mesh, &neck);
    let middle = rim.iter().sum::<DVec3>() / rim.len() as f64;
    let bottom = middle.y - SHOULDERS_BELOW_MM * scale;
    let mut above = neck;
    for ring in 1..=RINGS + HEM_RINGS {
        let t = (ring as f64 / RINGS as f64).min(1.0);
        let below_shoulders = ring.saturating_sub(RINGS) as f64 / HEM_RINGS as f64 * HEM_MM * scale;
        let first = bust.positions.len() as u32;
        for (p, slope) in rim.iter().zip(&slope) {
            let away = DVec2::new(p.x - middle.x, p.z - middle.z).normalize_or(DVec2::Y);
            let end = shoulder(away) * scale;
            let end = DVec3::new(end.x, bottom, end.y);
            // A cubic curve that leaves the neck along its slope and arrives upright (Hermite).
            let (t2, t3) = (t * t, t * t * t);
            let point = (2.0 * t3 - 3.0 * t2 + 1.0) * *p
                + (t3 - 2.0 * t2 + t) * NECK_SLOPE_MM * scale * *slope
                + (3.0 * t2 - 2.0 * t3) * end
                + (t3 - t2) * SHOULDER_SLOPE_MM * scale * DVec3::NEG_Y;
            bust.positions.push(point - below_shoulders * DVec3::Y);
        }
        let below: Vec<u32> = (first..bust.positions.len() as u32).collect();
        for i in 0..below.len() {
            let j = (i + 1) % below.len();
            // The loop runs along the open border, against its own triangles.
            bust.triangles.push([above[j], above[i], below[i]]);
            bust.triangles.push([above[j], below[i], below[j]]);
        }
        above = below;
    }
    bust
}

/// Point of the shoulders' outline in a direction from the neck's axis on a head of average size: x and z, mm.
fn shoulder(direction: DVec2) -> DVec2 {
    let (width, front, back) = SHOULDERS;
    DVec2::new(direction.x * width, 0.5 * (front + back) + direction.y * 0.5 * (front - back))
}

/// Unit direction in which the skin runs out over each vertex of the cut, evened out along it.
fn slopes(mesh: &TriMesh, neck: &[u32]) -> Vec<DVec3> {
    let mut place = vec![usize::MAX; mesh.positions.len()];
    for (i, &v) in neck.iter().enumerate() {
        place[v as usize] = i;
    }
    let mut run = vec![DVec3::ZERO; neck.len()];
    for t in &mesh.triangles {
        for from in 0..3 {
            let (rim, inner) = (t[from] as usize, [t[(from + 1) % 3] as usize, t[(from + 2) % 3] as usize]);
            for other in inner {
                if place[rim] != usize::MAX && place[other] == usize::MAX {
                    run[place[rim]] += (mesh.positions[rim] - mesh.positions[other]).normalize_or_zero();
                }
            }
        }
    }
    let n = run.len();
    let even = |i: usize| (n - 4..=n + 4).map(|k| run[(i + k) % n]).sum::<DVec3>().normalize_or(DVec3::NEG_Y);
    (0..n).map(even).collect()
}

/// The longest open border below the chin as a loop of vertices, if it can be continued.
fn neck_loop(mesh: &TriMesh, scale: f64) -> Option<Vec<u32>> {
    let lowest = mesh.positions.iter().map(|p| p.y).fold(f64::INFINITY, f64::min);
    if lowest < CUT_ABOVE_MM * scale {
        return None;
    }
    let below_chin = |v: u32| mesh.positions[v as usize].y < CHIN_MM * scale;
    let edges: Vec<[u32; 2]> =
        mesh.border_edges().into_iter().filter(|e| e.iter().all(|&v| below_chin(v))).collect();
    let next = |v: u32| edges.binary_search_by_key(&v, |e| e[0]).ok().map(|i| edges[i][1]);
    let mut seen = vec![false; mesh.positions.len()];
    let mut longest: Vec<u32> = Vec::new();
    for &[start, _] in &edges {
        let mut path = Vec::new();
        let mut v = start;
        while !seen[v as usize] {
            seen[v as usize] = true;
            path.push(v);
            match next(v) {
                Some(following) => v = following,
                None => break,
            }
        }
        if v == start && path.len() > longest.len() {
            longest = path;
        }
    }
    let heights = || longest.iter().map(|&v| mesh.positions[v as usize].y);
    let uneven = heights().fold(f64::NEG_INFINITY, f64::max) - heights().fold(f64::INFINITY, f64::min);
    (longest.len() >= LEAST_LOOP && uneven < MOST_UNEVEN_MM * scale).then_some(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::ball_head;

    #[test]
    fn a_head_cut_at_the_neck_gets_a_closed_outward_bust() {
        let head = ball_head();
        let mut cut = head.mesh.clone();
        cut.triangles.retain(|t| t.iter().all(|&v| head.mesh.positions[v as usize].y > -66.0));
        let bust = with_bust(&cut, &head.landmarks);
        assert!(bust.triangles.len() > cut.triangles.len());
        let border: Vec<f64> = bust.border_edges().iter().map(|e| bust.positions[e[0] as usize].y).collect();
        assert!(border.iter().all(|&y| y < -100.0), "the only open border is the bottom");
        // Every new triangle looks away from the axis of the neck.
        for t in cut.triangles.len()..bust.triangles.len() {
            let [a, b, c] = bust.corners(t);
            let (middle, normal) = ((a + b + c) / 3.0, (b - a).cross(c - a));
            let away = DVec3::new(middle.x, 40.0, middle.z + 25.0);
            assert!(normal.dot(away) > 0.0, "{middle}");
        }
    }

    #[test]
    fn a_head_without_a_cut_stays_as_it_is() {
        let head = ball_head();
        assert_eq!(with_bust(&head.mesh, &head.landmarks), head.mesh);
    }
}
