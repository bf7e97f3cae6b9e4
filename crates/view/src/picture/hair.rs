//! The client's own hair: where it grows, and its strokes on a shaded head.

use glam::DVec3;
use hairline_scalp::TriMesh;
use rayon::prelude::*;

use super::Hair;
use super::noise::{hash, unit};
use super::plate::Plate;
use super::splat::{Footprint, profile_area};
use super::strands::LONG_MM;

/// Hair of one kind over a surface.
#[derive(Clone, Copy, Debug)]
pub struct HairField<'a> {
    /// The skin.
    pub mesh: &'a TriMesh,
    /// Hairs per cm2 on each vertex.
    pub density_per_cm2: &'a [f64],
    /// Direction of growth on each vertex, head frame; need not be of unit length.
    pub direction: &'a [DVec3],
    /// Length above the skin, mm.
    pub length_mm: f64,
    /// Diameter of the shaft, mm.
    pub shaft_mm: f64,
}

/// Hairs to a follicular unit: shares of 1, 2, 3 and 4 (Han Chinese, 28/53/18/1 %; `smp.md` 2.1).
const UNIT_SHARES: [f32; 4] = [0.284, 0.526, 0.175, 0.015];
const HAIRS_PER_UNIT: f64 = 1.921;
/// Least distance of two units as share of the mean spacing (`head.md` 6.3).
const LEAST_DISTANCE: f64 = 0.62;
/// Candidates a unit: random sequential placement at that distance keeps one in 2.66
/// (from the fraction of free area after Schaaf and Talbot 1989).
const CANDIDATES_PER_UNIT: f64 = 2.66;
/// Cells of the search grid, mm; also the largest least distance.
const CELL_MM: f64 = 2.0;

/// Grows hairs in follicular units of one to four, irregular but never on top of one another.
pub fn grow(field: &HairField, seed: u64) -> Vec<Hair> {
    let mesh = field.mesh;
    if mesh.positions.len() != field.density_per_cm2.len() || mesh.positions.len() != field.direction.len() {
        return Vec::new();
    }
    let mut candidates = candidates(field, seed as u32);
    candidates.sort_unstable_by_key(|c| c.rank);
    let mut grid = Grid::around(mesh);
    let mut hairs = Vec::new();
    for c in &candidates {
        let least = (10.0 * LEAST_DISTANCE / (c.density / HAIRS_PER_UNIT).sqrt()).min(CELL_MM);
        if grid.place(c.position, least) {
            unit_of_hairs(field, c, &mut hairs);
        }
    }
    hairs
}

/// A place where a follicular unit might be.
struct Candidate {
    rank: u32,
    position: DVec3,
    normal: DVec3,
    direction: DVec3,
    density: f64,
}

fn candidates(field: &HairField, seed: u32) -> Vec<Candidate> {
    let mesh = field.mesh;
    let of_triangle = |t: usize| -> Vec<Candidate> {
        let corners = mesh.triangles[t].map(|v| v as usize);
        let density = corners.map(|v| field.density_per_cm2[v]);
        let highest = density.iter().copied().fold(0.0, f64::max);
        let [a, b, c] = mesh.corners(t);
        let wanted = highest / HAIRS_PER_UNIT * CANDIDATES_PER_UNIT * mesh.triangle_area_mm2(t) / 100.0;
        if !(wanted > 0.0 && wanted < 1e6) {
            return Vec::new();
        }
        let draw =
            |i: u32, k: u32| hash(hash(t as u32 ^ seed.rotate_left(11)).wrapping_add(i).wrapping_mul(9) ^ k);
        let count = wanted as u32 + u32::from(f64::from(unit(draw(u32::MAX, 0))) < wanted.fract());
        let normal = (b - a).cross(c - a).normalize_or(DVec3::Y);
        let one = |i: u32| {
            let (mut u, mut v) = (f64::from(unit(draw(i, 1))), f64::from(unit(draw(i, 2))));
            if u + v > 1.0 {
                (u, v) = (1.0 - u, 1.0 - v);
            }
            let w = [1.0 - u - v, u, v];
            let here: f64 = (0..3).map(|k| w[k] * density[k]).sum();
            if f64::from(unit(draw(i, 3))) * highest > here {
                return None;
            }
            let direction: DVec3 = (0..3).map(|k| w[k] * field.direction[corners[k]]).sum();
            Some(Candidate {
                rank: draw(i, 4),
                position: w[0] * a + w[1] * b + w[2] * c,
                normal,
                direction: direction.normalize_or(normal),
                density: here,
            })
        };
        (0..count).filter_map(one).collect()
    };
    (0..mesh.triangles.len()).into_par_iter().flat_map_iter(of_triangle).collect()
}

fn unit_of_hairs(field: &HairField, c: &Candidate, hairs: &mut Vec<Hair>) {
    let draw = |k: u32| unit(hash(c.rank ^ k.wrapping_mul(0x9e37_79b9)));
    let mut pick = draw(1);
    let mut count = 1;
    for share in UNIT_SHARES {
        if pick < share {
            break;
        }
        pick -= share;
        count = (count + 1).min(4);
    }
    let (u, v) = c.normal.any_orthonormal_pair();
    for i in 0..count {
        let d = |k: u32| f64::from(draw(10 * i + k)) - 0.5;
        let offset = if count == 1 { DVec3::ZERO } else { 0.28 * (d(2) * u + d(3) * v) };
        // Neighbours lean alike, each a little its own way.
        let direction = c.direction + 0.35 * (d(4) * u + d(5) * v);
        hairs.push(Hair {
            root_mm: c.position + offset,
            direction: direction.normalize_or(c.normal),
            length_mm: field.length_mm * (1.0 + 0.3 * d(6)),
            shaft_mm: field.shaft_mm * (1.0 + 0.4 * d(7)),
        });
    }
}

/// Points in cells, to find those nearby.
struct Grid {
    low: DVec3,
    size: [usize; 3],
    /// First point of each cell and next point of each point, plus one; 0 ends the list.
    first: Vec<u32>,
    next: Vec<u32>,
    points: Vec<DVec3>,
}

impl Grid {
    fn around(mesh: &TriMesh) -> Grid {
        let low = mesh.positions.iter().copied().reduce(DVec3::min).unwrap_or_default() - CELL_MM;
        let high = mesh.positions.iter().copied().reduce(DVec3::max).unwrap_or_default() + CELL_MM;
        // A head has a few hundred cells a side; more than that is a mistake in the mesh and is searched coarsely.
        let size = ((high - low) / CELL_MM).to_array().map(|s| (s as usize + 2).clamp(3, 400));
        let cells = size.iter().product();
        Grid { low, size, first: vec![0; cells], next: Vec::new(), points: Vec::new() }
    }

    /// Adds a point unless another is nearer than `least_mm`.
    fn place(&mut self, p: DVec3, least_mm: f64) -> bool {
        let at = ((p - self.low) / CELL_MM).to_array();
        let cell: [usize; 3] = [0, 1, 2].map(|k| (at[k] as usize).clamp(1, self.size[k] - 2));
        let index = |c: [usize; 3]| (c[2] * self.size[1] + c[1]) * self.size[0] + c[0];
        for i in 0..27 {
            let c = [cell[0] + i % 3 - 1, cell[1] + i / 3 % 3 - 1, cell[2] + i / 9 - 1];
            let mut link = self.first[index(c)];
            while link != 0 {
                if self.points[link as usize - 1].distance_squared(p) < least_mm * least_mm {
                    return false;
                }
                link = self.next[link as usize - 1];
            }
        }
        let home = index(cell);
        self.points.push(p);
        self.next.push(self.first[home]);
        self.first[home] = self.points.len() as u32;
        true
    }
}

/// What the part of a dark hair inside the skin takes from the diffuse light, mm2 at green, and by colour; the shadow of a
/// shave. An assumption: a column of the table's 0.15 mm dots (`dot_table`), scaled to half their width, sums to this.
const BURIED_MM2: f32 = 0.012;
const BURIED_BY_COLOUR: [f32; 3] = [1.2, 1.0, 0.75];
/// Half width of that shadow, mm.
pub(super) const BURIED_HALF_MM: f32 = 0.2;

/// Share of the light above the buried part of a hair that it takes, per colour, in the middle of its soft shadow.
pub(super) fn buried_loss(hair: [f32; 3], skin: [f32; 3]) -> [f32; 3] {
    let darker = (1.0 - hair[1] / skin[1].max(1e-3)).clamp(0.0, 1.0);
    let middle = BURIED_MM2 / (BURIED_HALF_MM * BURIED_HALF_MM * profile_area(1.0));
    BURIED_BY_COLOUR.map(|c| c * darker * middle)
}

/// Draws stubble and short hair on a shaded head: each hair a stroke of its true width and length, and the shadow of its
/// part inside the skin.
///
/// Strokes cover one another at random, so what is left of the skin is the product of what each leaves.
pub(super) fn draw_short(plate: &mut Plate, hairs: &[Hair], colour: [f32; 3], skin: [f32; 3]) {
    let size = plate.camera.size_px;
    let mut bare = vec![1.0f32; size[0] * size[1]];
    let mut light = vec![[0.0f32; 4]; size[0] * size[1]];
    let mut shadow = vec![0.0f32; size[0] * size[1]];
    for (i, hair) in hairs.iter().enumerate().filter(|(_, hair)| hair.length_mm < LONG_MM) {
        let middle = hair.root_mm + 0.5 * hair.length_mm * hair.direction;
        let (root, at) = (plate.camera.project(hair.root_mm), plate.camera.project(middle));
        let Some(root_pixel) = pixel_of(size, root.x, root.y) else { continue };
        if !plate.shows(root_pixel, root.z as f32) {
            continue;
        }
        let half = BURIED_HALF_MM * (plate.camera.focal_px / root.z) as f32 * plate.facing(root_pixel).sqrt();
        let at_root = [root.x as f32, root.y as f32];
        Footprint { at: at_root, axes: [[half, 0.0], [0.0, half]], softness: 1.0 }
            .splat(size, |pixel, share| shadow[pixel] += share);
        // Light at the root; skin shows it.
        let lit = [0, 1, 2].map(|c| plate.diffuse[root_pixel][c] / skin[c].max(1e-3));
        let own = 0.75 + 0.5 * unit(hash(i as u32));
        let colour = [0, 1, 2].map(|c| colour[c] * lit[c] * own);
        let strength = plate.coverage[root_pixel];
        let along = plate.camera.step(at, 0.5 * hair.length_mm * hair.direction);
        let pixel_per_mm = plate.camera.focal_px / at.z;
        let across = 0.5 * hair.shaft_mm * pixel_per_mm;
        // Seen from its end a hair is still as long as it is wide.
        let length = (along[0] * along[0] + along[1] * along[1]).sqrt();
        let unit = if length > 1e-9 { [along[0] / length, along[1] / length] } else { [1.0, 0.0] };
        // An ellipse with the area of the stroke: half axes longer by 1.03.
        let half = [1.03 * length.max(across), 1.03 * across];
        let axes = [[unit[0] * half[0], unit[1] * half[0]], [-unit[1] * half[1], unit[0] * half[1]]]
            .map(|a: [f64; 2]| a.map(|v| v as f32));
        let stroke = Footprint { at: [at.x as f32, at.y as f32], axes, softness: 1.0 };
        stroke.splat(size, |pixel, share| {
            if plate.shows(pixel, at.z as f32) {
                let share = (share * strength).min(1.0);
                bare[pixel] *= 1.0 - share;
                for c in 0..3 {
                    light[pixel][c] += share * colour[c];
                }
                light[pixel][3] += share;
            }
        });
    }
    let loss = buried_loss(colour, skin);
    for pixel in 0..bare.len() {
        for c in 0..3 {
            let lost = plate.diffuse[pixel][c] * (shadow[pixel] * loss[c]).min(0.9);
            plate.base[pixel][c] -= lost;
            plate.diffuse[pixel][c] -= lost;
        }
        let covered = 1.0 - bare[pixel];
        if covered > 0.0 {
            let sum = light[pixel];
            for c in 0..3 {
                plate.base[pixel][c] = plate.base[pixel][c] * bare[pixel] + covered * sum[c] / sum[3];
                plate.diffuse[pixel][c] *= bare[pixel];
            }
        }
    }
}

fn pixel_of(size: [usize; 2], x: f64, y: f64) -> Option<usize> {
    let inside = x >= 0.0 && y >= 0.0 && x < size[0] as f64 && y < size[1] as f64;
    inside.then(|| y as usize * size[0] + x as usize)
}
