//! Paper laid on a head, strip by strip.

use glam::{DVec2, DVec3};
use hairline_scalp::distance::Geodesics;
use hairline_scalp::regions::{Curve, CurveOnHead, RegionCurves};
use hairline_scalp::{Chart, Head, TriMesh, Uv};
use hairline_view::stencil::{FlatKind, Piece, Stencil, StencilLine, stencil};

/// A line on the paper, laid on the head, must come within this of where it is meant to be, mm.
const LAID_MM: f64 = 1.0;

/// The frontal hairline from ear to ear and the border of a bald crown.
pub fn lines(head: &Head) -> Vec<StencilLine> {
    let chart = Chart::new(head).unwrap();
    let curves = RegionCurves::standard();
    let other_half = |half: &[Uv]| half.iter().skip(1).map(|p| Uv::new(-p.x, p.y)).collect::<Vec<_>>();
    let from_midline = curves.right_half(Curve::HairlineI);
    let mut to_midline = curves.right_half(Curve::BackBorderVI);
    to_midline.reverse();
    [("Hairline", from_midline), ("Back of the crown", to_midline)]
        .into_iter()
        .map(|(name, half)| {
            let both: Vec<Uv> = half.iter().rev().copied().chain(other_half(&half)).collect();
            StencilLine {
                name: name.to_string(),
                points_mm: CurveOnHead::open(&chart, &both).points_mm().to_vec(),
                closed: false,
                hairline: name == "Hairline",
            }
        })
        .collect()
}

/// Smooth normal of the head at a point.
struct Skin<'a> {
    ways: Geodesics<'a>,
    normals: Vec<DVec3>,
}

impl<'a> Skin<'a> {
    fn new(mesh: &'a TriMesh) -> Skin<'a> {
        Skin { ways: Geodesics::new(mesh).unwrap(), normals: mesh.vertex_normals() }
    }

    fn normal(&self, p: DVec3) -> DVec3 {
        let at = self.ways.closest(p);
        let corners = self.ways.mesh().triangles[at.triangle as usize];
        (0..3).map(|k| self.normals[corners[k] as usize] * at.barycentric[k]).sum::<DVec3>().normalize()
    }

    /// Lays a strip of paper: follows the flat line from one of its points on, keeping its lengths and turns;
    /// `direction` on the head is `heading` on the paper.
    fn lay(&self, start: DVec3, direction: DVec3, mut heading: DVec2, flat: &[DVec2]) -> Vec<DVec3> {
        const STEP_MM: f64 = 0.25;
        let mut p = start;
        let mut along = direction.reject_from(self.normal(p)).normalize();
        let mut laid = vec![start];
        for pair in flat.windows(2) {
            let next = pair[1] - pair[0];
            let normal = self.normal(p);
            let (sin, cos) = libm::sincos(libm::atan2(heading.perp_dot(next), heading.dot(next)));
            along = along * cos + normal.cross(along) * sin;
            heading = next;
            let steps = (next.length() / STEP_MM).ceil().max(1.0);
            for _ in 0..steps as usize {
                p = self.ways.surface().nearest(p + along * (next.length() / steps));
                along = along.reject_from(self.normal(p)).normalize();
            }
            laid.push(p);
        }
        laid
    }
}

/// Largest distance between a piece's line laid on the head from its middle mark and the line it was made from.
fn laid_error(skin: &Skin, piece: &Piece, truth: &[DVec3]) -> f64 {
    let own = piece.lines.iter().find(|l| l.kind == FlatKind::Own).unwrap();
    let middle = &piece.stations[piece.stations.len() / 2];
    let at = |p: &DVec2| p.distance_squared(middle.paper_mm);
    let nearest =
        (0..own.points_mm.len()).min_by(|&a, &b| at(&own.points_mm[a]).total_cmp(&at(&own.points_mm[b])));
    let nearest = nearest.unwrap();
    // Directions over the same 6 mm on paper and head; the flat line runs as the line does.
    let heading = own.points_mm[nearest + 3] - own.points_mm[nearest - 3];
    let near: Vec<DVec3> = truth.iter().filter(|p| p.distance(middle.head_mm) < 3.2).copied().collect();
    let later = &piece.stations[piece.stations.len() / 2 + 1];
    let chord = near[near.len() - 1] - near[0];
    let along = chord * chord.dot(later.head_mm - middle.head_mm).signum();
    let forwards: Vec<DVec2> =
        [middle.paper_mm].into_iter().chain(own.points_mm[nearest + 1..].iter().copied()).collect();
    let backwards: Vec<DVec2> =
        [middle.paper_mm].into_iter().chain(own.points_mm[..nearest].iter().rev().copied()).collect();
    let mut laid = skin.lay(middle.head_mm, along, heading, &forwards);
    laid.extend(skin.lay(middle.head_mm, -along, -heading, &backwards));
    let distance = |p: &DVec3| {
        let segment = |w: &[DVec3]| {
            let ab = w[1] - w[0];
            let t = ((*p - w[0]).dot(ab) / ab.length_squared().max(1e-12)).clamp(0.0, 1.0);
            p.distance(w[0] + ab * t)
        };
        truth.windows(2).map(segment).fold(f64::INFINITY, f64::min)
    };
    laid.iter().map(distance).fold(0.0, f64::max)
}

/// Largest difference between the way from mark to mark on the head's own mesh and the straight line on the paper,
/// for marks at most 40 mm apart (further, the straight line may leave the paper).
fn straight_error(skin: &Skin, piece: &Piece) -> f64 {
    let mut worst = 0.0f64;
    for (i, a) in piece.stations.iter().enumerate() {
        let near: Vec<_> = piece.stations[i + 1..].iter().filter(|b| (b.at_mm - a.at_mm) <= 40.0).collect();
        let places: Vec<_> = near.iter().map(|b| skin.ways.closest(b.head_mm)).collect();
        let ways = skin.ways.shortest_paths(skin.ways.closest(a.head_mm), &places).unwrap();
        for (b, way) in near.iter().zip(ways) {
            worst = worst.max((way.length_mm - a.paper_mm.distance(b.paper_mm)).abs());
        }
    }
    worst
}

/// Makes the stencil of the lines of a head and checks it laid on that head.
pub fn check_laid(name: &str, head: &Head) -> Stencil {
    let lines = lines(head);
    let made = stencil(head, &lines).unwrap();
    let skin = Skin::new(&head.skin);
    for line in &lines {
        let pieces: Vec<&Piece> = made.pieces.iter().filter(|p| p.line == line.name).collect();
        // The pieces show the whole line without gaps.
        let length: f64 = line.points_mm.windows(2).map(|w| w[0].distance(w[1])).sum();
        let shown: f64 = pieces.iter().map(|p| p.range_mm[1] - p.range_mm[0]).sum();
        assert!((shown / length - 1.0).abs() < 0.02, "{name} {}: {shown} of {length} mm", line.name);
        for piece in pieces {
            let laid = laid_error(&skin, piece, &line.points_mm);
            let straight = straight_error(&skin, piece);
            assert!(laid <= LAID_MM, "{name} {} {:?}: laid {laid} mm off", piece.line, piece.number);
            assert!(straight <= 0.5 * LAID_MM, "{name} {} {:?}: {straight} mm", piece.line, piece.number);
        }
    }
    made
}
