//! Tape and caliper measures on any head in the head frame.
//!
//! A tape spans hollows, so every arc is the length of a convex curve around a plane section of the mesh; holes and
//! noise of a scan matter little. Lengths in millimetres.

use glam::{DVec2, DVec3};
use serde::Serialize;

use crate::head::Landmarks;
use crate::mesh::TriMesh;

/// The six measures a client's head is taken with. Their order is the order of every `[f64; 6]` of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Tape around the head through glabella and opisthocranion.
    Circumference,
    /// Caliper, glabella to opisthocranion.
    Length,
    /// Caliper, greatest width above the ears.
    Breadth,
    /// Tape on the midline from nasion over the vertex to inion.
    NasionInionArc,
    /// Tape from tragion to tragion over the vertex.
    TragusArc,
    /// Upright distance from the tragion to the top of the head.
    TragionTop,
}

impl Measure {
    /// All measures in order.
    pub const ALL: [Measure; 6] = [
        Measure::Circumference,
        Measure::Length,
        Measure::Breadth,
        Measure::NasionInionArc,
        Measure::TragusArc,
        Measure::TragionTop,
    ];

    /// Name as written in a case file.
    pub fn key(self) -> &'static str {
        match self {
            Measure::Circumference => "circumference_mm",
            Measure::Length => "length_mm",
            Measure::Breadth => "breadth_mm",
            Measure::NasionInionArc => "nasion_inion_arc_mm",
            Measure::TragusArc => "tragus_arc_mm",
            Measure::TragionTop => "tragion_top_mm",
        }
    }
}

/// What tape and calipers read on a head, millimetres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TapeMeasures {
    /// Convex tape in the plane through glabella and opisthocranion.
    pub circumference_mm: f64,
    /// Greatest distance from the glabella to the back of the head on the midline.
    pub length_mm: f64,
    /// Greatest width above the ears.
    pub breadth_mm: f64,
    /// Convex tape on the midline, nasion over the vertex to inion.
    pub nasion_inion_arc_mm: f64,
    /// Convex tape in the plane of tragions and vertex, tragion to tragion.
    pub tragus_arc_mm: f64,
    /// Height of the highest point above the tragions.
    pub tragion_top_mm: f64,
}

impl TapeMeasures {
    /// One measure, mm.
    pub fn get(&self, measure: Measure) -> f64 {
        self.to_array()[measure as usize]
    }

    /// All measures in the order of [`Measure::ALL`], mm.
    pub fn to_array(&self) -> [f64; 6] {
        [
            self.circumference_mm,
            self.length_mm,
            self.breadth_mm,
            self.nasion_inion_arc_mm,
            self.tragus_arc_mm,
            self.tragion_top_mm,
        ]
    }
}

/// Why a head cannot be measured.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TapeError {
    /// The plane of a measure does not meet the surface.
    #[error(
        "{measure}: its plane meets {found} points of the surface, at least 3 are needed; the mesh does not cover it"
    )]
    Uncovered {
        /// Key of the measure.
        measure: &'static str,
        /// Points of the section.
        found: usize,
    },
}

/// Height above which no ear reaches, as a share of the height of the vertex above the tragions
/// (superaurale 33 of 131 mm on the default head, `head.md` 2.5; 0.30 leaves 6 mm).
pub(crate) const EAR_FREE_HEIGHT: f64 = 0.30;

/// Takes all six measures on a mesh in the head frame (mm). Ears in the mesh are kept out of the tapes.
///
/// # Errors
/// If the mesh does not reach where a measure is taken.
pub fn measure(mesh: &TriMesh, landmarks: &Landmarks) -> Result<TapeMeasures, TapeError> {
    let breadth_mm = breadth_mm(mesh, landmarks)?;
    // Whatever stands out farther than the head above the ears is an ear.
    let ear_free_x_mm = 0.5 * breadth_mm;
    let midline = midline_section(mesh, landmarks);
    Ok(TapeMeasures {
        circumference_mm: circumference_mm(mesh, landmarks, ear_free_x_mm)?,
        length_mm: length_mm(&midline, landmarks)?,
        breadth_mm,
        nasion_inion_arc_mm: nasion_inion_arc_mm(&midline, landmarks)?,
        tragus_arc_mm: tragus_arc_mm(mesh, landmarks, ear_free_x_mm)?,
        tragion_top_mm: tragion_top_mm(mesh),
    })
}

/// Greatest width of the head above the ears, mm.
fn breadth_mm(mesh: &TriMesh, landmarks: &Landmarks) -> Result<f64, TapeError> {
    let lowest_mm = EAR_FREE_HEIGHT * landmarks.vertex.y;
    let above = mesh.positions.iter().filter(|p| p.y >= lowest_mm);
    let (mut left, mut right, mut found) = (f64::NEG_INFINITY, f64::INFINITY, 0);
    for p in above {
        left = left.max(p.x);
        right = right.min(p.x);
        found += 1;
    }
    enough(Measure::Breadth, found)?;
    Ok(left - right)
}

/// Highest point of the head above the tragions, mm.
fn tragion_top_mm(mesh: &TriMesh) -> f64 {
    mesh.positions.iter().map(|p| p.y).fold(0.0, f64::max)
}

/// Tape around the head in the plane that holds glabella, opisthocranion and the direction of x, mm.
fn circumference_mm(mesh: &TriMesh, landmarks: &Landmarks, ear_free_x_mm: f64) -> Result<f64, TapeError> {
    let forward = (landmarks.glabella - landmarks.opisthocranion).reject_from(DVec3::X).normalize();
    let normal = forward.cross(DVec3::X);
    let points: Vec<DVec2> = section(mesh, landmarks.glabella, normal)
        .into_iter()
        .filter(|p| p.x.abs() <= ear_free_x_mm)
        .map(|p| DVec2::new(p.x, p.dot(forward)))
        .collect();
    enough(Measure::Circumference, points.len())?;
    let hull = convex_hull(points);
    Ok((0..hull.len()).map(|i| hull[i].distance(hull[(i + 1) % hull.len()])).sum())
}

/// Caliper from the glabella to the farthest point of the back of the head on the midline, mm.
fn length_mm(midline: &[DVec3], landmarks: &Landmarks) -> Result<f64, TapeError> {
    let back = cranium_back(midline, landmarks);
    enough(Measure::Length, back.len())?;
    let farthest = peak(back, |p| p.y, |p| p.distance(landmarks.glabella));
    Ok(farthest.map_or(0.0, |p| p.distance(landmarks.glabella)))
}

/// The most forward point of the brow on the midline (glabella), mm; `None` where the mesh has no midline there. Reads
/// nasion and inion of `landmarks`.
pub fn find_glabella(mesh: &TriMesh, landmarks: &Landmarks) -> Option<DVec3> {
    let above_nasion_mm = |p: &DVec3| p.y - landmarks.nasion.y;
    let mut brow = midline_section(mesh, landmarks);
    brow.retain(|p| p.z > 0.0 && BROW_ABOVE_NASION_MM.contains(&above_nasion_mm(p)));
    peak(brow, |p| p.y, |p| p.z)
}

/// Where above the nasion the glabella is looked for, mm: 13 to 33 mm on the heads of `head.md` 1.
const BROW_ABOVE_NASION_MM: std::ops::Range<f64> = 8.0..34.0;

/// The point of the midline farthest from the glabella on the back of the head (opisthocranion), mm; `None` where the
/// mesh has no midline there. Reads nasion, glabella and inion of `landmarks`.
pub fn find_opisthocranion(mesh: &TriMesh, landmarks: &Landmarks) -> Option<DVec3> {
    let back = cranium_back(&midline_section(mesh, landmarks), landmarks);
    peak(back, |p| p.y, |p| p.distance(landmarks.glabella))
}

/// The highest point of the midline (vertex), mm; `None` where the mesh has no midline. Reads nasion and inion of
/// `landmarks`.
pub fn find_vertex(mesh: &TriMesh, landmarks: &Landmarks) -> Option<DVec3> {
    let mut midline = midline_section(mesh, landmarks);
    let highest = midline.iter().map(|p| p.y).fold(0.0, f64::max);
    midline.retain(|p| p.y > 0.5 * highest);
    peak(midline, |p| p.z, |p| p.y)
}

/// Points of the midline on the back of the head above the inion: no neck, no shoulders.
fn cranium_back(midline: &[DVec3], landmarks: &Landmarks) -> Vec<DVec3> {
    midline.iter().copied().filter(|p| p.z < 0.0 && p.y >= landmarks.inion.y).collect()
}

/// Where `height` peaks on a curve through points in the order of `along`: the highest point, moved to the top of the
/// parabola through it and its neighbours, so that it glides and does not jump from point to point.
fn peak(
    mut points: Vec<DVec3>,
    along: impl Fn(DVec3) -> f64,
    height: impl Fn(DVec3) -> f64,
) -> Option<DVec3> {
    points.sort_by(|a, b| along(*a).total_cmp(&along(*b)));
    points.dedup_by(|b, a| b.distance(*a) < SAME_POINT_MM);
    let highest = |best: usize, i: usize| if height(points[i]) > height(points[best]) { i } else { best };
    let top = (0..points.len()).reduce(highest)?;
    if top == 0 || top + 1 == points.len() {
        return Some(points[top]);
    }
    let [a, b, c] = [points[top - 1], points[top], points[top + 1]];
    let (ta, tc) = (along(a) - along(b), along(c) - along(b));
    if ta > -SAME_POINT_MM || tc < SAME_POINT_MM {
        return Some(b);
    }
    let (slope_a, slope_c) = ((height(a) - height(b)) / ta, (height(c) - height(b)) / tc);
    // height = h(b) + slope t + bend t2 through the three points.
    let bend = (slope_c - slope_a) / (tc - ta);
    let slope = slope_a - bend * ta;
    if bend >= 0.0 {
        return Some(b);
    }
    let t = (-slope / (2.0 * bend)).clamp(ta, tc);
    // The curve itself through the same three points.
    let at = |ta: f64, tb: f64, tc: f64| (t - tb) * (t - tc) / ((ta - tb) * (ta - tc));
    Some(a * at(ta, 0.0, tc) + b * at(0.0, ta, tc) + c * at(tc, ta, 0.0))
}

/// Points of a section closer than this are one, mm.
const SAME_POINT_MM: f64 = 0.05;

/// Convex tape on the midline from nasion over the vertex to inion, mm.
fn nasion_inion_arc_mm(midline: &[DVec3], landmarks: &Landmarks) -> Result<f64, TapeError> {
    let points = midline.iter().map(|p| DVec2::new(p.z, p.y)).collect();
    let from = DVec2::new(landmarks.inion.z, landmarks.inion.y);
    let to = DVec2::new(landmarks.nasion.z, landmarks.nasion.y);
    tape_over(Measure::NasionInionArc, points, from, to)
}

/// Convex tape from tragion to tragion in the plane that holds the vertex, mm; what lies farther out than
/// `ear_free_x_mm` is an ear.
pub(crate) fn tragus_arc_mm(
    mesh: &TriMesh,
    landmarks: &Landmarks,
    ear_free_x_mm: f64,
) -> Result<f64, TapeError> {
    let across = (landmarks.tragion_left - landmarks.tragion_right).normalize();
    let up = (landmarks.vertex - landmarks.tragion_right).reject_from(across).normalize();
    let flat = |p: DVec3| DVec2::new(p.dot(across), p.dot(up));
    let points = section(mesh, landmarks.vertex, across.cross(up))
        .into_iter()
        .filter(|p| p.x.abs() <= ear_free_x_mm)
        .map(flat)
        .collect();
    tape_over(Measure::TragusArc, points, flat(landmarks.tragion_right), flat(landmarks.tragion_left))
}

/// Length of the convex curve from `from` to `to` over the points above the line between them, mm.
fn tape_over(measure: Measure, points: Vec<DVec2>, from: DVec2, to: DVec2) -> Result<f64, TapeError> {
    let along = to - from;
    let mut above: Vec<DVec2> = points.into_iter().filter(|p| along.perp_dot(*p - from) > 0.0).collect();
    enough(measure, above.len())?;
    above.extend([from, to]);
    let hull = convex_hull(above);
    // The hull runs the whole way round; the tape leaves out the straight way back.
    let round: f64 = (0..hull.len()).map(|i| hull[i].distance(hull[(i + 1) % hull.len()])).sum();
    Ok(round - along.length())
}

fn enough(measure: Measure, found: usize) -> Result<(), TapeError> {
    if found < 3 { Err(TapeError::Uncovered { measure: measure.key(), found }) } else { Ok(()) }
}

/// Points where the mesh meets the median plane (through nasion and inion, upright as the head is).
fn midline_section(mesh: &TriMesh, landmarks: &Landmarks) -> Vec<DVec3> {
    let forward = (landmarks.nasion - landmarks.inion).normalize();
    let normal = (DVec3::X - forward * forward.x).normalize();
    section(mesh, landmarks.inion, normal)
}

/// Points where the edges of the mesh cross the plane through `origin` (mm) with unit `normal`, in triangle order.
pub fn section(mesh: &TriMesh, origin: DVec3, normal: DVec3) -> Vec<DVec3> {
    let height: Vec<f64> = mesh.positions.iter().map(|p| (*p - origin).dot(normal)).collect();
    let mut points = Vec::new();
    for t in &mesh.triangles {
        let [a, b, c] = t.map(|v| v as usize);
        for (i, j) in [(a, b), (b, c), (c, a)] {
            // Half-open, so that an edge whose end lies in the plane counts once.
            if (height[i] < 0.0) != (height[j] < 0.0) {
                let s = height[i] / (height[i] - height[j]);
                points.push(mesh.positions[i].lerp(mesh.positions[j], s));
            }
        }
    }
    points
}

/// Convex hull of points in the plane, counter-clockwise (Andrew 1979, monotone chain).
fn convex_hull(mut points: Vec<DVec2>) -> Vec<DVec2> {
    points.retain(|p| p.is_finite());
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    points.dedup();
    let mut hull: Vec<DVec2> = Vec::new();
    let mut chain = |points: &mut dyn Iterator<Item = DVec2>| {
        let start = hull.len();
        for p in points {
            while hull.len() >= start + 2 {
                let [a, b] = [hull[hull.len() - 2], hull[hull.len() - 1]];
                if (b - a).perp_dot(p - b) > 0.0 {
                    break;
                }
                hull.pop();
            }
            hull.push(p);
        }
        hull.pop();
    };
    chain(&mut points.iter().copied());
    chain(&mut points.iter().rev().copied());
    hull
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ellipsoid around (0, `centre_y`, 0) with semi-axes in mm.
    fn ellipsoid(axes: DVec3, centre_y: f64, n: usize) -> TriMesh {
        let mut mesh = TriMesh::default();
        for i in 0..=n {
            for j in 0..2 * n {
                let (s, c) = libm::sincos(std::f64::consts::PI * i as f64 / n as f64);
                let (sj, cj) = libm::sincos(std::f64::consts::PI * j as f64 / n as f64);
                mesh.positions.push(DVec3::new(s * sj, c, s * cj) * axes + DVec3::Y * centre_y);
            }
        }
        for i in 0..n {
            for j in 0..2 * n {
                let v = |i: usize, j: usize| (i * 2 * n + j % (2 * n)) as u32;
                mesh.triangles.push([v(i, j), v(i + 1, j), v(i + 1, j + 1)]);
                mesh.triangles.push([v(i, j), v(i + 1, j + 1), v(i, j + 1)]);
            }
        }
        mesh
    }

    /// Perimeter of an ellipse (Ramanujan 1914, second formula: relative error below 1e-6 here).
    fn ellipse_perimeter(a: f64, b: f64) -> f64 {
        let h = ((a - b) / (a + b)) * ((a - b) / (a + b));
        std::f64::consts::PI * (a + b) * (1.0 + 3.0 * h / (10.0 + (4.0 - 3.0 * h).sqrt()))
    }

    #[test]
    fn an_ellipsoid_is_measured_as_its_formulas_say() {
        let [a, b, c] = [77.0, 90.0, 100.0];
        let mesh = ellipsoid(DVec3::new(a, b, c), 40.0, 200);
        let at = |y: f64, z: f64| DVec3::new(0.0, y, z);
        let landmarks = Landmarks {
            nasion: at(40.0, c),
            glabella: at(40.0, c),
            inion: at(40.0, -c),
            opisthocranion: at(40.0, -c),
            vertex: at(130.0, 0.0),
            tragion_left: DVec3::new(a, 40.0, 0.0),
            tragion_right: DVec3::new(-a, 40.0, 0.0),
        };
        let found = measure(&mesh, &landmarks).expect("the ellipsoid covers every measure");
        let expected = [
            ellipse_perimeter(a, c),
            2.0 * c,
            2.0 * a,
            0.5 * ellipse_perimeter(b, c),
            0.5 * ellipse_perimeter(a, b),
            130.0,
        ];
        for (measure, expected) in Measure::ALL.into_iter().zip(expected) {
            let found = found.get(measure);
            assert!((found - expected).abs() < 0.05, "{}: {found} against {expected}", measure.key());
        }
        assert!(find_vertex(&mesh, &landmarks).expect("there").distance(landmarks.vertex) < 1.0);
        assert!(
            find_opisthocranion(&mesh, &landmarks).expect("there").distance(landmarks.opisthocranion) < 1.0
        );
    }

    #[test]
    fn a_tape_spans_a_hollow() {
        // From right to left over two posts with a dip between them: up 1, across 2, down 1.
        let points = [[2.0, 1.0], [1.0, 0.5], [0.0, 1.0]].map(DVec2::from).to_vec();
        let length = tape_over(Measure::TragusArc, points, DVec2::ZERO, DVec2::new(2.0, 0.0));
        assert_eq!(length, Ok(4.0));
    }

    #[test]
    fn a_mesh_without_a_back_is_refused_with_the_measure() {
        let mut mesh = ellipsoid(DVec3::new(77.0, 90.0, 100.0), 40.0, 40);
        mesh.triangles.retain(|t| t.iter().all(|v| mesh.positions[*v as usize].z > 20.0));
        let at = |y: f64, z: f64| DVec3::new(0.0, y, z);
        let landmarks = Landmarks {
            nasion: at(20.0, 98.0),
            glabella: at(40.0, 100.0),
            inion: at(20.0, -98.0),
            opisthocranion: at(40.0, -100.0),
            vertex: at(130.0, 0.0),
            tragion_left: DVec3::new(70.0, 0.0, 0.0),
            tragion_right: DVec3::new(-70.0, 0.0, 0.0),
        };
        let error = measure(&mesh, &landmarks).expect_err("the back is missing");
        assert!(error.to_string().starts_with("length_mm"), "{error}");
    }
}
