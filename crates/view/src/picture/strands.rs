//! Long hair: strands that leave the skin, follow the comb, and hang down around the head.

use glam::{DVec3, Vec2, Vec3};
use rayon::prelude::*;

use super::Hair;
use super::noise::{hash, unit};
use super::plate::{Frame, Plate};
use super::raster::BAND_ROWS;
use super::studio::Studio;
use super::surface::Surface;

/// Hair from this length on lies and hangs; shorter hair stands straight.
pub(super) const LONG_MM: f64 = 8.0;

/// Most strands that are drawn; with more hair each stands for several and is as wide as they are.
const MOST_STRANDS: usize = 22_000;
/// Length of a piece of a strand near the root and farther out, mm, and how many are near.
const NEAR_PIECE_MM: f64 = 6.0;
const FAR_PIECE_MM: f64 = 11.0;
const NEAR_PIECES: usize = 9;
/// Longest hair that is followed, mm.
const LONGEST_MM: f64 = 330.0;
/// A pixel of which less than this is open counts as full of hair.
const FULL: f32 = 0.02;
/// How fast a strand turns towards the ground, per mm of length. Chosen by eye.
const SAG_PER_MM: f64 = 0.026;
/// Thickness of the hair on the head far from the roots, mm. Chosen by eye.
const THICKNESS_MM: f64 = 9.0;
/// Gloss of hair: share and sharpness of the highlight across the strand (Kajiya and Kay 1989), and its strength. By eye.
const GLOSS_SHARPNESS: i32 = 28;
const GLOSS: f32 = 0.055;
const SHEEN: f32 = 0.20;

/// Direction in which hair parted along a line from front to back at `part_x_mm` (client's left positive) is combed where
/// it leaves the skin at `p` with unit normal `n`: away from the part and a little backwards, at a low angle. Unit vector.
pub fn combed_from_part(p: DVec3, n: DVec3, part_x_mm: f64) -> DVec3 {
    let side = if p.x < part_x_mm { -1.0 } else { 1.0 };
    // On top away from the part, lower down along the head; never forward over the face.
    let top = n.y.clamp(0.0, 1.0);
    let comb = DVec3::new(side * top, -0.8 * (1.0 - 1.2 * top).max(0.0), -0.3);
    let along = (comb - comb.dot(n) * n).normalize_or(DVec3::NEG_Y);
    (along + 0.35 * n).normalize_or(n)
}

/// A strand as a row of points.
pub(super) struct Strand {
    points: Vec<Vec3>,
    width_mm: f32,
    /// Place in the thickness of the hair, 0 at the skin to 1 outside.
    layer: f32,
    shade: f32,
}

/// The strands of the long hairs among `hairs`, draped over a surface.
pub(super) fn comb(hairs: &[Hair], surface: &Surface, seed: u32) -> Vec<Strand> {
    let long: Vec<&Hair> = hairs.iter().filter(|h| h.length_mm >= LONG_MM).collect();
    let every = long.len().div_ceil(MOST_STRANDS).max(1);
    let hull = Hull::new(&surface.positions);
    let chosen: Vec<(usize, &Hair)> = long.into_iter().step_by(every).enumerate().collect();
    chosen.par_iter().map(|&(i, hair)| drape(hair, every as f64, &hull, hash(seed ^ i as u32))).collect()
}

fn drape(hair: &Hair, stands_for: f64, hull: &Hull, key: u32) -> Strand {
    let draw = |k: u32| f64::from(unit(hash(key ^ k.wrapping_mul(0x9e37_79b9))));
    let layer = draw(1);
    let length = hair.length_mm.min(LONGEST_MM) * (0.78 + 0.22 * draw(2));
    let side = if hair.direction.x < 0.0 { -1.0 } else { 1.0 };
    let wave = DVec3::new(draw(3) - 0.5, draw(4) - 0.5, draw(5) - 0.5) * 0.016;
    let phase = 6.0 * draw(6);
    let mut p = hair.root_mm;
    // Combed hair leaves the skin at a low angle.
    let out = (p - MIDDLE).normalize_or(DVec3::Y);
    let rise = hair.direction.dot(out);
    let mut d = (hair.direction - (rise - rise.clamp(0.0, 0.35)) * out).normalize_or(hair.direction);
    let mut points = vec![p.as_vec3()];
    let mut along = 0.0;
    while along < length {
        let piece = if points.len() <= NEAR_PIECES { NEAR_PIECE_MM } else { FAR_PIECE_MM };
        along += piece;
        // Sag under its own weight, a slow bend of its own, and keep out of the face.
        let face = ((p.z - 15.0) / 45.0).clamp(0.0, 1.0);
        let pull = DVec3::new(0.8 * side * face, -1.0, -1.15 * face) * SAG_PER_MM;
        d = (d + piece * (pull + libm::sin(along * 0.035 + phase) * wave)).normalize_or(DVec3::NEG_Y);
        p += piece * d;
        // Lie on the head, on the hair below.
        let lie = (0.6 + THICKNESS_MM * (1.0 - libm::exp(-along / 55.0)) * layer).min(0.5 * along + 0.4);
        let (out, depth) = hull.inside(p, lie);
        if depth > 0.0 {
            p += depth * out;
            let into = d.dot(out).min(0.0);
            d = (d - into * out).normalize_or(d);
        }
        points.push(p.as_vec3());
    }
    let shade = 0.78 + 0.44 * draw(7);
    Strand { points, width_mm: (hair.shaft_mm * stands_for) as f32, layer: layer as f32, shade: shade as f32 }
}

/// The head as a radius around its middle, to keep hair outside.
struct Hull {
    radius: Vec<f64>,
}

const MERIDIANS: usize = 96;
const PARALLELS: usize = 64;
/// Middle of the hull, head frame, mm.
const MIDDLE: DVec3 = DVec3::new(0.0, 25.0, 0.0);
const LOWEST_MM: f32 = -85.0;

impl Hull {
    fn new(positions: &[Vec3]) -> Hull {
        let mut radius = vec![0.0f64; MERIDIANS * PARALLELS];
        // Head without neck and shoulders: there hair hangs free.
        for p in positions.iter().filter(|p| p.y > LOWEST_MM) {
            let v = p.as_dvec3() - MIDDLE;
            let (x, y) = Hull::place(v);
            let cell = &mut radius[y as usize * MERIDIANS + x as usize % MERIDIANS];
            *cell = cell.max(v.length());
        }
        // Cells without a vertex take the mean of their neighbours; then even out.
        for _ in 0..3 {
            let old = radius.clone();
            for y in 0..PARALLELS {
                for x in 0..MERIDIANS {
                    let at = |dx: usize, y: usize| old[y * MERIDIANS + (x + dx) % MERIDIANS];
                    let around = [
                        at(1, y),
                        at(MERIDIANS - 1, y),
                        at(0, y.saturating_sub(1)),
                        at(0, (y + 1).min(PARALLELS - 1)),
                    ];
                    let mean = around.iter().sum::<f64>() / 4.0;
                    let own = at(0, y);
                    radius[y * MERIDIANS + x] =
                        if own == 0.0 { mean } else { 0.6 * own + 0.4 * mean.max(0.97 * own) };
                }
            }
        }
        Hull { radius }
    }

    /// Cell of a direction, fractional: meridian and parallel.
    fn place(v: DVec3) -> (f64, f64) {
        let azimuth = libm::atan2(v.x, v.z) / std::f64::consts::TAU + 0.5;
        let polar = libm::acos((v.y / v.length().max(1e-9)).clamp(-1.0, 1.0)) / std::f64::consts::PI;
        (azimuth * MERIDIANS as f64, (polar * PARALLELS as f64).min(PARALLELS as f64 - 1e-6))
    }

    /// Outward direction at a point and how deep it lies below the given height over the skin, mm.
    fn inside(&self, p: DVec3, height_mm: f64) -> (DVec3, f64) {
        let v = p - MIDDLE;
        let (x, y) = Hull::place(v);
        let (x, y) = (x + MERIDIANS as f64 - 0.5, (y - 0.5).clamp(0.0, PARALLELS as f64 - 1.001));
        let (ix, iy) = (x as usize, y as usize);
        let (tx, ty) = (x - ix as f64, y - iy as f64);
        let at = |dx: usize, dy: usize| self.radius[(iy + dy) * MERIDIANS + (ix + dx) % MERIDIANS];
        let radius = (at(0, 0) * (1.0 - tx) + at(1, 0) * tx) * (1.0 - ty)
            + (at(0, 1) * (1.0 - tx) + at(1, 1) * tx) * ty;
        (v.normalize_or(DVec3::Y), radius + height_mm - v.length())
    }
}

/// A piece of a strand on the picture.
struct Piece {
    from: Vec2,
    to: Vec2,
    depth_mm: f32,
    half_px: f32,
    alpha: f32,
    colour: [f32; 3],
}

/// Draws strands over a shaded head, near ones first, each behind what is there already.
pub(super) fn draw(plate: &mut Plate, strands: &[Strand], colour: [f32; 3], studio: &Studio) {
    if strands.is_empty() {
        return;
    }
    let frame = Frame::of(&plate.camera);
    let pieces: Vec<Piece> = strands
        .par_iter()
        .flat_map_iter(|strand| on_picture(strand, plate, &frame, studio, colour))
        .collect();
    // Near to far; the bits of positive numbers sort as they do, and the index makes the order complete.
    let mut order: Vec<u64> =
        pieces.iter().zip(0u64..).map(|(p, i)| u64::from(p.depth_mm.to_bits()) << 32 | i).collect();
    order.par_sort_unstable();
    let [width, height] = plate.camera.size_px;
    let mut bands: Vec<Vec<u32>> = vec![Vec::new(); height.div_ceil(BAND_ROWS)];
    for i in order.iter().map(|&key| key as u32) {
        let piece = &pieces[i as usize];
        let reach = piece.half_px + 1.0;
        let low = (piece.from.y.min(piece.to.y) - reach).max(0.0) as usize / BAND_ROWS;
        let high = (piece.from.y.max(piece.to.y) + reach).max(0.0) as usize / BAND_ROWS;
        for band in bands.iter_mut().take(high + 1).skip(low) {
            band.push(i);
        }
    }
    let slack = plate.slack_mm();
    let rows = (
        plate.base.par_chunks_mut(BAND_ROWS * width),
        plate.diffuse.par_chunks_mut(BAND_ROWS * width),
        plate.depth_mm.par_chunks(BAND_ROWS * width),
        plate.coverage.par_chunks_mut(BAND_ROWS * width),
    );
    rows.into_par_iter().zip(&bands).enumerate().for_each(
        |(band, ((base, diffuse, depth, coverage), list))| {
            let first_row = band * BAND_ROWS;
            let mut open = vec![1.0f32; base.len()];
            let mut light = vec![[0.0f32; 3]; base.len()];
            for &i in list {
                let piece = &pieces[i as usize];
                piece.pixels(width, first_row, &mut open, |pixel, open, cover| {
                    if piece.depth_mm <= depth[pixel] + slack {
                        let share = cover * *open;
                        for c in 0..3 {
                            light[pixel][c] += share * piece.colour[c];
                        }
                        *open -= share;
                    }
                });
            }
            for pixel in 0..base.len() {
                let covered = 1.0 - open[pixel];
                if covered > 0.0 {
                    for c in 0..3 {
                        base[pixel][c] = base[pixel][c] * (1.0 - covered) + light[pixel][c];
                        diffuse[pixel][c] *= 1.0 - covered;
                    }
                    coverage[pixel] += covered * (1.0 - coverage[pixel]);
                }
            }
        },
    );
}

/// The pieces of a strand with their light.
fn on_picture(
    strand: &Strand,
    plate: &Plate,
    frame: &Frame,
    studio: &Studio,
    colour: [f32; 3],
) -> Vec<Piece> {
    let camera = &plate.camera;
    let eye = camera.position.as_vec3();
    let place = |p: Vec3| camera.project(p.as_dvec3()).as_vec3();
    let projected: Vec<Vec3> = strand.points.iter().map(|&p| place(p)).collect();
    let last = strand.points.len() - 1;
    let piece = |i: usize| {
        let (a, b) = (strand.points[i], strand.points[i + 1]);
        let along = (b - a).normalize_or(Vec3::NEG_Y);
        let middle = 0.5 * (a + b);
        let out = (middle - MIDDLE.as_vec3()).normalize_or(Vec3::Y);
        // The side of the hair that looks at us, between across the strand and out of the head.
        let towards = (eye - middle).normalize_or(Vec3::Z);
        let across = (towards - towards.dot(along) * along).normalize_or(towards);
        let normal = (0.75 * out + 0.25 * across).normalize_or(out);
        let light = studio.diffuse(frame.turn(normal));
        // Deep in the hair it is dark; roots and inner layers get less.
        let from_root = (i as f32 + 0.5) * NEAR_PIECE_MM as f32;
        let open = (0.42 + 0.58 * strand.layer) * (0.55 + 0.45 * (from_root / 30.0).min(1.0));
        let key = frame.back(studio.key());
        let halfway = (key + towards).normalize_or(towards);
        let cos = halfway.dot(along);
        let glint = (1.0 - cos * cos).max(0.0).sqrt().powi(GLOSS_SHARPNESS) * halfway.dot(normal).max(0.0);
        let mut lit = [0.0; 3];
        for c in 0..3 {
            let albedo = colour[c] * strand.shade;
            lit[c] = open * (albedo * light[c] + glint * (GLOSS + SHEEN * albedo));
        }
        let scale = camera.focal_px as f32 / projected[i].z;
        // At the roots the hairs of a strand still stand apart; towards its end some are shorter.
        let taper = (0.5 + 0.25 * i as f32).min(1.0) * if i + 3 > last { 0.6 } else { 1.0 };
        let width = strand.width_mm * scale * taper;
        Piece {
            from: Vec2::new(projected[i].x, projected[i].y),
            to: Vec2::new(projected[i + 1].x, projected[i + 1].y),
            depth_mm: 0.5 * (projected[i].z + projected[i + 1].z),
            half_px: 0.5 * width.max(0.9),
            alpha: (width / 0.9).min(1.0) * 0.92,
            colour: lit,
        }
    };
    let size = camera.size_px;
    let hidden = |p: &Vec3| {
        let inside = p.x >= 0.0 && p.y >= 0.0 && p.x < size[0] as f32 && p.y < size[1] as f32;
        inside && !plate.shows(p.y as usize * size[0] + p.x as usize, p.z)
    };
    let behind: Vec<bool> = projected.iter().map(hidden).collect();
    (0..last).filter(|&i| !(behind[i] && behind[i + 1])).map(piece).collect()
}

impl Piece {
    /// Calls `put(pixel within the rows, what is open of it, share covered)` for the pixels the piece touches that are
    /// not full yet.
    fn pixels(
        &self,
        width: usize,
        first_row: usize,
        open: &mut [f32],
        mut put: impl FnMut(usize, &mut f32, f32),
    ) {
        let rows = open.len() / width;
        let line = self.to - self.from;
        let inverse = 1.0 / line.length_squared().max(1e-6);
        let reach = self.half_px + 0.5;
        let (low, high) = (self.from.min(self.to) - reach, self.from.max(self.to) + reach);
        let last_row = (first_row + rows - 1) as f32;
        if high.x < 0.0 || low.x >= width as f32 || high.y < first_row as f32 || low.y > last_row + 1.0 {
            return;
        }
        let top = (low.y.max(first_row as f32)) as usize;
        let bottom = high.y.min(last_row) as usize;
        let (left, right) = (low.x.max(0.0) as usize, high.x.min(width as f32 - 1.0) as usize);
        // Half width of the stroke along a row.
        let along_row = reach * line.length() / line.y.abs().max(1e-3) + 0.5;
        for y in top..=bottom {
            let middle = self.from.x
                + (y as f32 + 0.5 - self.from.y) * line.x / line.y.abs().max(1e-3).copysign(line.y);
            let left = left.max((middle - along_row).max(0.0) as usize);
            let right = right.min((middle + along_row).max(0.0) as usize);
            for x in left..=right {
                let pixel = (y - first_row) * width + x;
                if open[pixel] < FULL {
                    continue;
                }
                let p = Vec2::new(x as f32 + 0.5, y as f32 + 0.5) - self.from;
                // Pieces meet end to end: only what lies beside the line counts.
                let t = p.dot(line) * inverse;
                if !(-0.02..1.02).contains(&t) {
                    continue;
                }
                let distance = (p - t * line).length();
                let cover = (reach - distance).clamp(0.0, 1.0) * self.alpha;
                if cover > 0.0 {
                    put(pixel, &mut open[pixel], cover);
                }
            }
        }
    }
}
