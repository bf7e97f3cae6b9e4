//! Brows, closed lids and lips of the parametric head, whose face is smooth. A scan shows its own face.

use glam::{DVec2, DVec3, Vec3};
use hairline_scalp::{Landmarks, TriMesh};

use super::Hair;
use super::noise::{hash, unit};

/// Middle line of the left brow on the average head: x, y from the middle outwards, and half its height, mm.
/// Placed on the brow ridge of the model's face (`head.md` 2.5, 2.7); shape chosen by eye.
const BROW: [(f64, f64, f64); 6] = [
    (10.5, 26.8, 3.8),
    (19.0, 28.4, 5.0),
    (28.0, 30.2, 5.0),
    (38.0, 31.6, 4.3),
    (47.0, 30.8, 3.2),
    (56.0, 27.2, 1.4),
];
const BROW_HAIRS: u32 = 640;
/// Where the lids of the left eye meet: x, y on the average head, mm (canthi of `head.md` 2.5).
const LID: [(f64, f64); 5] = [(17.5, 11.6), (23.0, 10.0), (31.0, 9.0), (39.0, 9.6), (45.5, 11.2)];

/// Sizes of a face against the average one.
#[derive(Clone, Copy)]
struct Scale {
    x: f64,
    y: f64,
}

impl Scale {
    fn of(marks: &Landmarks) -> Scale {
        // 72.3 mm: half the distance of the tragions; 19 mm: nasion above them (`head.md` 2.5).
        Scale { x: marks.tragion_left.x.abs() / 72.3, y: marks.nasion.y / 19.0 }
    }
}

/// The hairs of both brows, and the lashes along the closed lids.
pub(super) fn brow_hairs(mesh: &TriMesh, marks: &Landmarks, seed: u32) -> Vec<Hair> {
    let scale = Scale::of(marks);
    let front = Front::new(mesh);
    let mut hairs = Vec::new();
    for side in [-1.0, 1.0] {
        for i in 0..BROW_HAIRS {
            let draw = |k: u32| {
                f64::from(unit(hash(seed ^ hash(i * 8 + k + if side > 0.0 { 0x1_0000 } else { 0 }))))
            };
            let t = draw(0);
            let (line, half) = along_brow(t);
            let off = 1.15 * (draw(1) + draw(2) - 1.0) * half;
            let at = DVec2::new(side * line.x * scale.x, (line.y + off) * scale.y);
            let Some((root, normal)) = front.at(at) else { continue };
            // Inner hairs rise, outer hairs lie along the brow, upper ones point down and lower ones up to its middle.
            let rise = 0.75 * (1.0 - t) - 0.35 * t - 0.35 * off / half.max(0.5) + 0.3 * (draw(3) - 0.5);
            let lie = DVec3::new(side, rise, 0.0);
            let direction = (lie - lie.dot(normal) * normal).normalize_or(DVec3::X) + 0.12 * normal;
            hairs.push(Hair {
                root_mm: root,
                direction: direction.normalize(),
                length_mm: (5.0 + 2.5 * draw(4)) * (1.0 - 0.35 * t),
                shaft_mm: 0.042 + 0.028 * draw(5),
            });
        }
        for i in 0..70u32 {
            let draw = |k: u32| f64::from(unit(hash(seed ^ hash(i * 4 + k + 0x77_0000))));
            let t = (f64::from(i) + draw(0)) / 70.0;
            let at = on_line(&LID, t);
            let Some((root, normal)) = front.at(DVec2::new(side * at.x * scale.x, at.y * scale.y)) else {
                continue;
            };
            let fan = DVec3::new(side * (t - 0.35) * 0.9, -1.0, 0.0);
            let direction = (fan - fan.dot(normal) * normal).normalize_or(DVec3::NEG_Y) + 0.35 * normal;
            hairs.push(Hair {
                root_mm: root,
                direction: direction.normalize(),
                length_mm: (2.6 + 2.2 * draw(1)) * (0.6 + 0.7 * t),
                shaft_mm: 0.07,
            });
        }
    }
    hairs
}

/// Blood and melanin (ln of reflectance) that lips and lids add to the skin at a point.
pub(super) fn tint_at(p: Vec3, marks: &Landmarks) -> (f32, f32) {
    let scale = Scale::of(marks);
    if p.z < 50.0 {
        return (0.0, 0.0);
    }
    let (x, y) = (f64::from(p.x).abs() / scale.x, f64::from(p.y) / scale.y);
    // Lips: an almond around the line of the mouth, 77 mm below the nasion.
    let across = 1.0 - (x / 24.5).powi(2);
    let height = if y > -58.0 { 7.0 } else { 10.0 } * across.max(0.0).sqrt();
    let lips =
        if across > 0.0 { soft(1.0 - (y + 58.0).abs() / height.max(0.1), 0.6) * across.sqrt() } else { 0.0 };
    let line = if across > 0.0 {
        libm::exp(-((y + 58.0 - 0.8 * across) / 0.9).powi(2)) * across.sqrt()
    } else {
        0.0
    };
    // Lids: the line where they meet, and a little colour around the eye.
    let lid = if (LID[0].0..=LID[4].0).contains(&x) {
        let t = (x - LID[0].0) / (LID[4].0 - LID[0].0);
        let y_line = on_line(&LID, t).y;
        libm::exp(-((y - y_line) / 0.8).powi(2)) * soft(6.0 * t.min(1.0 - t), 1.0)
    } else {
        0.0
    };
    let around = libm::exp(-(((x - 31.0) / 17.0).powi(2) + ((y - 9.0) / 9.0).powi(2)));
    (
        (0.26 * lips + 0.22 * line + 0.20 * lid + 0.05 * around) as f32,
        (0.22 * line + 0.55 * lid + 0.06 * around) as f32,
    )
}

fn soft(t: f64, width: f64) -> f64 {
    let t = (t / width).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn along_brow(t: f64) -> (DVec2, f64) {
    let at = t * (BROW.len() - 1) as f64;
    let i = (at as usize).min(BROW.len() - 2);
    let f = at - i as f64;
    let mix = |a: f64, b: f64| a + (b - a) * f;
    let (a, b) = (BROW[i], BROW[i + 1]);
    (DVec2::new(mix(a.0, b.0), mix(a.1, b.1)), mix(a.2, b.2))
}

fn on_line(line: &[(f64, f64)], t: f64) -> DVec2 {
    let at = t * (line.len() - 1) as f64;
    let i = (at as usize).min(line.len() - 2);
    let f = at - i as f64;
    DVec2::new(line[i].0, line[i].1).lerp(DVec2::new(line[i + 1].0, line[i + 1].1), f)
}

/// A place of the face farther than this from every vertex is no place, mm.
const REACH_MM: f64 = 6.0;

/// The front of the face, sorted by x, looked up by x and y.
struct Front {
    points: Vec<(DVec3, DVec3)>,
}

impl Front {
    fn new(mesh: &TriMesh) -> Front {
        let normals = mesh.vertex_normals();
        let points = mesh.positions.iter().zip(normals).map(|(&p, n)| (p, n));
        let mut points: Vec<(DVec3, DVec3)> = points
            .filter(|(p, n)| p.z > 30.0 && (-10.0..55.0).contains(&p.y) && p.x.abs() < 75.0 && n.z > 0.2)
            .collect();
        points.sort_by(|a, b| a.0.x.total_cmp(&b.0.x));
        Front { points }
    }

    /// Point and normal of the face at x and y, none where there is no face.
    fn at(&self, at: DVec2) -> Option<(DVec3, DVec3)> {
        let distance = |p: &DVec3| DVec2::new(p.x, p.y).distance_squared(at);
        let near = |a: &&(DVec3, DVec3), b: &&(DVec3, DVec3)| distance(&a.0).total_cmp(&distance(&b.0));
        let from = |x: f64| self.points.partition_point(|(p, _)| p.x < x);
        let &(p, n) = self.points[from(at.x - REACH_MM)..from(at.x + REACH_MM)].iter().min_by(near)?;
        let z = p.z - (n.x * (at.x - p.x) + n.y * (at.y - p.y)) / n.z;
        (distance(&p) < REACH_MM * REACH_MM).then_some((DVec3::new(at.x, at.y, z), n))
    }
}
