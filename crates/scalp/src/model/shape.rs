//! From the average head to one head: three scale factors and smooth offsets.

use glam::{DMat3, DVec2, DVec3};
use rayon::prelude::*;

use crate::head::{Head, Landmarks, NASION_ELEVATION_DEG};
use crate::mesh::TriMesh;
use crate::model::ear::EAR;
use crate::model::grid::{Grid, Ring};
use crate::model::harmonics::{self, CENTRE_MM};
use crate::model::surface::{Surface, smoothstep};
use crate::model::{ModelError, Sex};
use crate::tape;

/// Lowest degree of the offsets: 0 and 1 would only repeat the scale factors and the place of the ears.
pub const LOWEST_OFFSET_DEGREE: usize = 2;
/// Highest degree of the offsets.
pub const HIGHEST_OFFSET_DEGREE: usize = 4;
/// Number of offset coefficients.
pub const N_OFFSETS: usize = N_HARMONICS - N_LEFT_OUT;
/// Number of harmonics up to the highest degree.
const N_HARMONICS: usize = harmonics::count(HIGHEST_OFFSET_DEGREE);
/// Number of harmonics below the lowest degree.
const N_LEFT_OUT: usize = harmonics::count(LOWEST_OFFSET_DEGREE - 1);

/// What makes one head different from the average head.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Scale factors along x, y, z.
    pub scale: DVec3,
    /// Coefficients of the symmetric harmonics of the offset along the ray from the centre, mm before scaling.
    pub offsets_mm: [f64; N_OFFSETS],
}

impl Shape {
    /// The average head.
    pub fn average() -> Shape {
        Shape { scale: DVec3::ONE, offsets_mm: [0.0; N_OFFSETS] }
    }

    /// Moves a point of the average skin, mm; the result is not yet turned into the head frame.
    fn moved(&self, p: DVec3, basis: &[f64; N_OFFSETS]) -> DVec3 {
        let offset_mm: f64 = self.offsets_mm.iter().zip(basis).map(|(c, b)| c * b).sum();
        (p + (p - CENTRE_MM).normalize() * offset_mm) * self.scale
    }
}

/// The average skin as vertices, ready to be moved.
pub struct Template {
    /// Average skin, mm.
    skin: TriMesh,
    /// Offset harmonics at every vertex, faded out towards the lower face.
    basis: Vec<[f64; N_OFFSETS]>,
    surface: Surface,
}

impl Template {
    /// The average head of one sex with edges of about `step_mm`.
    pub fn new(sex: Sex, step_mm: f64) -> Template {
        let surface = Surface::new(sex);
        let grid = Grid::new(&surface, step_mm);
        let rings: Vec<Vec<DVec3>> =
            grid.rings.par_iter().map(|&(ring, n)| ring_points(&surface, ring, n)).collect();
        let mut positions: Vec<DVec3> = rings.into_iter().flatten().collect();
        positions.push(surface.cap_point(0.0, std::f64::consts::FRAC_PI_2));
        let basis = positions.par_iter().map(|p| offset_basis(*p)).collect();
        Template { skin: TriMesh { positions, triangles: grid.triangles() }, basis, surface }
    }

    /// Builds the skin of a shape in the head frame with its landmarks. All of these are points of the skin that move
    /// with it; [`by_definition`] moves the three that are defined by an extreme.
    pub fn skin(&self, shape: &Shape) -> (TriMesh, Landmarks) {
        let (head_from_model, landmarks) = self.frame(shape);
        let positions = self
            .skin
            .positions
            .iter()
            .zip(&self.basis)
            .map(|(p, basis)| head_from_model.apply(shape.moved(*p, basis)))
            .collect();
        (TriMesh { positions, triangles: self.skin.triangles.clone() }, landmarks)
    }

    /// Grafts the ears onto the skin that [`Template::skin`] built of the same shape.
    pub fn with_ears(&self, skin: TriMesh, landmarks: Landmarks, shape: &Shape) -> Head {
        let (head_from_model, _) = self.frame(shape);
        let ear = &*EAR;
        let left: Vec<(DVec3, f64)> = ear
            .points
            .par_iter()
            .map(|point| (self.surface.side_point_at(point.z_y), point.out_mm))
            .collect();
        let mut mesh = skin.clone();
        for side in [1.0, -1.0] {
            let points: Vec<DVec3> = left
                .iter()
                .map(|&(base, out_mm)| {
                    let base = base * DVec3::new(side, 1.0, 1.0);
                    let on_skin = head_from_model.apply(shape.moved(base, &offset_basis(base)));
                    on_skin + head_from_model.rotation * (DVec3::X * side * out_mm * shape.scale)
                })
                .collect();
            let covered = |p: &DVec3| p.x * side > 0.0 && ear.covers(DVec2::new(p.z, p.y), EAR_MARGIN_MM);
            let mut covered: Vec<bool> = self.skin.positions.iter().map(covered).collect();
            covered.resize(mesh.positions.len(), false);
            ear.graft(&mut mesh, &covered, &points, side > 0.0);
        }
        Head { mesh: mesh.part(|_| true).0, skin, landmarks }
    }

    /// Where the head frame of a shape lies, and its landmarks as points that move with the skin.
    fn frame(&self, shape: &Shape) -> (HeadFromModel, Landmarks) {
        let moved = |p: DVec3| shape.moved(p, &offset_basis(p));
        let front = |y: f64| moved(self.surface.side_point(0.0, y));
        let tragion = moved(self.tragion());
        let nasion = front(NASION_Y_MM);
        let origin = DVec3::new(0.0, tragion.y, tragion.z);
        let from_tragion = nasion - origin;
        let elevation = libm::atan2(from_tragion.y, from_tragion.z);
        // Turning about x by +angle lowers what is in front.
        let rotation = DMat3::from_rotation_x(elevation - NASION_ELEVATION_DEG.to_radians());
        let head = HeadFromModel { origin, rotation };
        let back = |y: f64| moved(self.surface.side_point(std::f64::consts::PI, y));
        let top = moved(self.surface.cap_point(0.0, VERTEX_ELEVATION));
        let landmarks = Landmarks {
            nasion: head.apply(nasion),
            glabella: head.apply(front(GLABELLA_Y_MM)),
            inion: head.apply(back(INION_Y_MM)),
            opisthocranion: head.apply(back(OPISTHOCRANION_Y_MM)),
            vertex: head.apply(top),
            tragion_left: head.apply(tragion),
            tragion_right: head.apply(tragion * DVec3::new(-1.0, 1.0, 1.0)),
        };
        (head, landmarks)
    }

    /// The left tragion on the average skin: at the height and depth of the origin.
    fn tragion(&self) -> DVec3 {
        let (mut front, mut back) = (0.0, std::f64::consts::PI);
        for _ in 0..50 {
            let middle = 0.5 * (front + back);
            if self.surface.side_point(middle, 0.0).z > 0.0 {
                front = middle;
            } else {
                back = middle;
            }
        }
        self.surface.side_point(front, 0.0)
    }
}

/// Heights of landmarks on the midline of the average head, mm (`head.md` 2.5; that of the inion is a design value).
const NASION_Y_MM: f64 = 18.6;
const GLABELLA_Y_MM: f64 = 35.0;
pub const INION_Y_MM: f64 = 4.9;
const OPISTHOCRANION_Y_MM: f64 = 42.0;

/// Elevation of the vertex seen from the axis of the cap, radians: 6 mm behind the tragions, 12 mm before the axis.
const VERTEX_ELEVATION: f64 = 1.4;

/// Offsets act fully above the upper and not below the lower height, mm: the lower face keeps its form.
const OFFSET_FADE_MM: [f64; 2] = [-70.0, 0.0];

/// How much wider than an ear's foot the patch is that makes way for it, mm before scaling.
const EAR_MARGIN_MM: f64 = 1.0;

/// The turn into the head frame.
struct HeadFromModel {
    origin: DVec3,
    rotation: DMat3,
}

impl HeadFromModel {
    fn apply(&self, p: DVec3) -> DVec3 {
        self.rotation * (p - self.origin)
    }
}

/// Offset harmonics at a point of the average skin, faded.
fn offset_basis(p: DVec3) -> [f64; N_OFFSETS] {
    let mut values = [0.0; N_HARMONICS];
    harmonics::evaluate((p - CENTRE_MM).normalize(), &mut values);
    let share = smoothstep(OFFSET_FADE_MM, p.y);
    std::array::from_fn(|i| values[N_LEFT_OUT + i] * share)
}

/// Points of one ring in the order of its vertices; one half is the mirror image of the other.
fn ring_points(surface: &Surface, ring: Ring, n: usize) -> Vec<DVec3> {
    let half: Vec<DVec3> = (0..=n / 2)
        .map(|j| {
            let az = Grid::azimuth(j, n);
            let mut p = match ring {
                Ring::Height(y) => surface.side_point(az, y),
                Ring::Elevation(el) => surface.cap_point(az, el),
            };
            if j == 0 || j == n / 2 {
                p.x = 0.0;
            }
            p
        })
        .collect();
    let mirrored = half[1..n / 2].iter().rev().map(|p| DVec3::new(-p.x, p.y, p.z));
    half.iter().copied().chain(mirrored).collect()
}

/// The landmarks with glabella, vertex and opisthocranion where their definitions put them.
///
/// # Errors
/// If the shape is so far off that its midline is missing.
pub fn by_definition(skin: &TriMesh, moved: Landmarks) -> Result<Landmarks, ModelError> {
    let found = |p: Option<DVec3>| p.ok_or(ModelError::Degenerate);
    let mut landmarks = moved;
    landmarks.glabella = found(tape::find_glabella(skin, &landmarks))?;
    landmarks.vertex = found(tape::find_vertex(skin, &landmarks))?;
    landmarks.opisthocranion = found(tape::find_opisthocranion(skin, &landmarks))?;
    Ok(landmarks)
}
