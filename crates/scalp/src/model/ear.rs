//! The ears: a disc of rings that is grafted into the skin in place of the patch it covers.
//!
//! Seen from the side an ear is a height field (how far it stands out over the earless skin), and the table gives that. Its
//! back is not in the table: from the rim the skin returns to the head along a slope, so that the ear stands free.

use std::collections::BTreeMap;
use std::f64::consts::{PI, TAU};
use std::sync::LazyLock;

use glam::{DVec2, DVec3};

use crate::mesh::TriMesh;
use crate::model::relief::spline_weights;
use crate::model::surface::smoothstep;
use crate::model::tables::{EAR_BACK_Z_MM, EAR_BOTTOM_Y_MM, EAR_COLUMNS, EAR_MM, EAR_ROWS, EAR_STEP_MM};

/// A vertex of an ear over the average skin, for ears in their average place.
#[derive(Clone, Copy, Debug)]
pub struct EarPoint {
    /// Over which point of the skin: z (forward) and y (up), mm.
    pub z_y: DVec2,
    /// How far it stands out sideways from that point, mm.
    pub out_mm: f64,
}

/// The rings of an ear from the foot on the skin, up the back, over the rim, to the middle of the concha.
pub struct Ear {
    /// `points[ring * N_AROUND + around]`, then the middle.
    pub points: Vec<EarPoint>,
    /// Distance of the foot from the middle, mm, for each of `N_AROUND` directions.
    foot_mm: Vec<f64>,
}

/// Vertices of a ring.
const N_AROUND: usize = 120;
/// Rings on the back, around the rim and on the front.
const N_BACK: usize = 7;
const N_RIM: usize = 5;
const N_FRONT: usize = 24;
/// Middle of the rings: the concha, mm.
const MIDDLE: DVec2 = DVec2::new(-11.5, -2.0);
/// The outline is nowhere closer to the middle, in front by this much more, so that tragus and helix run out on the cheek, mm.
const LEAST_RADIUS_MM: f64 = 13.0;
const FRONT_RADIUS_MM: f64 = 7.0;
/// Radius of the rim's rounding, mm (own design).
const RIM_MM: f64 = 1.6;

/// The ear of the tables.
pub static EAR: LazyLock<Ear> = LazyLock::new(|| {
    let front = Front::new();
    let (mut rings, mut foot_mm) = (vec![Vec::new(); N_RINGS], Vec::new());
    for around in 0..N_AROUND {
        let rim_mm = front.outline_mm[around];
        let standing_mm = front.rim_height_mm[around];
        // The ear is a sheet of the rim's thickness; where it is low in front it lies down on the cheek.
        let free = smoothstep([1.0, 8.0], standing_mm);
        let round_mm = RIM_MM * free;
        // There the rings of back and rim lie flat on the cheek, one beside the other.
        let flat_mm = |ring: usize| {
            (1.0 - free)
                * (1.0 - free)
                * (1.0 - free)
                * FLAT_MM
                * (1.0 - ring as f64 / (N_BACK + N_RIM) as f64)
        };
        let foot = rim_mm - free * FOOT_SHARE * standing_mm.min(HIGHEST_FOOT_MM);
        foot_mm.push(foot + flat_mm(0));
        let under_mm = (standing_mm - 2.0 * round_mm).max(0.0) * free;
        // A skirt on the skin, then up the back.
        let mut column = vec![(foot + flat_mm(0) + SKIRT_MM, 0.0)];
        for i in 0..N_BACK {
            let s = i as f64 / N_BACK as f64;
            let radius_mm = foot + (rim_mm - round_mm - foot) * s;
            column.push((radius_mm + flat_mm(i), under_mm * s * libm::sqrt(s)));
        }
        for i in 0..N_RIM {
            // Half a turn from the back of the sheet over its edge to its front.
            let (sin, cos) = libm::sincos(PI * (i as f64 / (N_RIM - 1) as f64 - 0.5));
            let radius_mm = rim_mm - round_mm + round_mm * cos + flat_mm(N_BACK + i);
            column.push((radius_mm, standing_mm - round_mm + round_mm * sin));
        }
        for i in 1..=N_FRONT {
            let share = 1.0 - i as f64 / (N_FRONT + 1) as f64;
            let radius_mm = (rim_mm - round_mm) * share;
            let z_y = MIDDLE + direction(TAU * around as f64 / N_AROUND as f64) * radius_mm;
            let at_rim = smoothstep([RIM_BLEND, 1.0], share);
            column.push((radius_mm, front.height_mm(z_y) * (1.0 - at_rim) + standing_mm * at_rim));
        }
        for (ring, (radius_mm, out_mm)) in rings.iter_mut().zip(column) {
            let z_y = MIDDLE + direction(TAU * around as f64 / N_AROUND as f64) * radius_mm;
            ring.push(EarPoint { z_y, out_mm });
        }
    }
    let mut points: Vec<EarPoint> = rings.into_iter().flatten().collect();
    points.push(EarPoint { z_y: MIDDLE, out_mm: front.height_mm(MIDDLE) });
    Ear { points, foot_mm }
});

/// All rings, the skirt included.
const N_RINGS: usize = 1 + N_BACK + N_RIM + N_FRONT;
/// How far inwards of the rim the back of the ear meets the head, as a share of the rim's height (own design).
const FOOT_SHARE: f64 = 0.5;
/// Rims higher than this meet the head no farther in, mm.
const HIGHEST_FOOT_MM: f64 = 15.0;
/// Width of the rings of back and rim where they lie flat, mm.
const FLAT_MM: f64 = 3.0;
/// Width of the skirt that lies on the skin around the foot, mm.
const SKIRT_MM: f64 = 1.2;
/// Share of the way from the middle to the rim where the front begins to take on the rim's height.
const RIM_BLEND: f64 = 0.86;

impl Ear {
    /// Whether a point of the average skin (z, y, mm, relative to the ear's place) is covered by the ear or as close to it
    /// as `margin_mm`.
    pub fn covers(&self, z_y: DVec2, margin_mm: f64) -> bool {
        let from_middle = z_y - MIDDLE;
        from_middle.length() < around(&self.foot_mm, from_middle) + SKIRT_MM + margin_mm
    }

    /// Replaces the patch of `mesh` whose vertices are `covered` by the ear whose points lie at `points`; `left` says which
    /// ear it is.
    pub fn graft(&self, mesh: &mut TriMesh, covered: &[bool], points: &[DVec3], left: bool) {
        let is_covered = |t: &[u32; 3]| t.iter().any(|&v| covered[v as usize]);
        let (patch, kept): (Vec<[u32; 3]>, Vec<[u32; 3]>) =
            mesh.triangles.iter().partition(|t| is_covered(t));
        let rim = outer_loop(&patch);
        mesh.triangles = kept;
        let first = mesh.positions.len() as u32;
        mesh.positions.extend(points);
        // Rings run counter-clockwise seen from outside: on the left ear against the angle.
        let index = |ring: usize, i: usize| {
            let i = i % N_AROUND;
            first + (ring * N_AROUND + if left { (N_AROUND - i) % N_AROUND } else { i }) as u32
        };
        let foot: Vec<u32> = (0..N_AROUND).map(|i| index(0, i)).collect();
        join(&mesh.positions, &rim, &foot, &mut mesh.triangles);
        for ring in 0..N_RINGS - 1 {
            for i in 0..N_AROUND {
                let [a, b] = [index(ring, i), index(ring, i + 1)];
                let [c, d] = [index(ring + 1, i), index(ring + 1, i + 1)];
                mesh.triangles.extend([[a, b, d], [a, d, c]]);
            }
        }
        let middle = first + (N_RINGS * N_AROUND) as u32;
        mesh.triangles
            .extend((0..N_AROUND).map(|i| [index(N_RINGS - 1, i), index(N_RINGS - 1, i + 1), middle]));
    }
}

/// The vertices around a patch of triangles, counter-clockwise.
fn outer_loop(patch: &[[u32; 3]]) -> Vec<u32> {
    let edges: BTreeMap<(u32, u32), ()> =
        patch.iter().flat_map(|&[a, b, c]| [((a, b), ()), ((b, c), ()), ((c, a), ())]).collect();
    let next: BTreeMap<u32, u32> =
        edges.keys().filter(|(a, b)| !edges.contains_key(&(*b, *a))).copied().collect();
    let Some((&start, _)) = next.first_key_value() else { return Vec::new() };
    let mut ring = vec![start];
    while let Some(&at) = ring.last().and_then(|last| next.get(last)) {
        if at == start || ring.len() > next.len() {
            break;
        }
        ring.push(at);
    }
    ring
}

/// Triangles between two loops that run the same way, `inner` inside `outer`: always over the shorter diagonal.
fn join(positions: &[DVec3], outer: &[u32], inner: &[u32], triangles: &mut Vec<[u32; 3]>) {
    let distance = |a: u32, b: u32| positions[a as usize].distance_squared(positions[b as usize]);
    let Some(&first) = outer.first() else { return };
    let nearest = |best: usize, j: usize| {
        if distance(first, inner[j]) < distance(first, inner[best]) { j } else { best }
    };
    let start = (0..inner.len()).reduce(nearest).unwrap_or(0);
    let outer_at = |i: usize| outer[i % outer.len()];
    let inner_at = |j: usize| inner[(start + j) % inner.len()];
    let (mut i, mut j) = (0, 0);
    while i < outer.len() || j < inner.len() {
        let over_outer = distance(outer_at(i + 1), inner_at(j));
        let over_inner = distance(outer_at(i), inner_at(j + 1));
        if j == inner.len() || (i < outer.len() && over_outer <= over_inner) {
            triangles.push([outer_at(i), outer_at(i + 1), inner_at(j)]);
            i += 1;
        } else {
            triangles.push([inner_at(j + 1), inner_at(j), outer_at(i)]);
            j += 1;
        }
    }
}

/// 1 where the ear runs out on the cheek, 0 where it stands free.
fn frontness(around: usize) -> f64 {
    let degrees = 360.0 * around as f64 / N_AROUND as f64;
    let from_front = if degrees > 180.0 { 360.0 - degrees } else { degrees };
    1.0 - smoothstep(FRONT_DEG, from_front)
}

/// Angles from forwards between which the ear begins to stand free, degrees.
const FRONT_DEG: [f64; 2] = [48.0, 80.0];

/// Direction in (z, y) at an angle from forwards over up.
fn direction(angle: f64) -> DVec2 {
    let (sin, cos) = libm::sincos(angle);
    DVec2::new(cos, sin)
}

/// A value given for `N_AROUND` directions, in the direction of a vector.
fn around(values: &[f64], vector: DVec2) -> f64 {
    let turns = libm::atan2(vector.y, vector.x) / TAU;
    let place = (turns - turns.floor()) * N_AROUND as f64;
    let t = place - place.floor();
    let i = place as usize % N_AROUND;
    values[i] * (1.0 - t) + values[(i + 1) % N_AROUND] * t
}

/// The front of the ear, seen from the side.
struct Front {
    /// Distance of the outline from the middle for every direction, mm.
    outline_mm: Vec<f64>,
    /// Height of the rim for every direction, mm.
    rim_height_mm: Vec<f64>,
    /// `[column][row]` of the table, smoothed: height where something stands (0 elsewhere), share that stands, and share
    /// that is not concha.
    height: Vec<Vec<f64>>,
    standing: Vec<Vec<f64>>,
    solid: Vec<Vec<f64>>,
}

impl Front {
    fn new() -> Front {
        let outline_mm = outline();
        let grid = |value: &dyn Fn(DVec2, f64) -> f64| -> Vec<Vec<f64>> {
            let node = |c: usize, r: usize| {
                DVec2::new(EAR_BACK_Z_MM + c as f64 * EAR_STEP_MM, EAR_BOTTOM_Y_MM + r as f64 * EAR_STEP_MM)
            };
            (0..EAR_COLUMNS)
                .map(|c| (0..EAR_ROWS).map(|r| value(node(c, r), EAR_MM[c][r])).collect())
                .collect()
        };
        let stands = |mm: f64| f64::from(u8::from(mm > 0.0));
        let free: Vec<f64> = (0..N_AROUND).map(|i| 1.0 - frontness(i)).collect();
        let rim = |z_y: DVec2| {
            let from_middle = z_y - MIDDLE;
            if from_middle.length() > 0.8 * around(&outline_mm, from_middle) {
                around(&free, from_middle)
            } else {
                0.0
            }
        };
        let mut front = Front {
            rim_height_mm: Vec::new(),
            height: extended(grid(&|_, mm| mm)),
            standing: extended(grid(&|_, mm| stands(mm))),
            solid: blurred(grid(&|z_y, mm| stands(mm).max(rim(z_y))), 2),
            outline_mm: outline_mm.clone(),
        };
        let rim_mm = |i: usize| {
            let outward = direction(TAU * i as f64 / N_AROUND as f64);
            front.height_mm(MIDDLE + outward * (outline_mm[i] - RIM_MM)).max(0.0) * (1.0 - frontness(i))
        };
        front.rim_height_mm = smooth_around((0..N_AROUND).map(rim_mm).collect(), HEIGHT_PASSES);
        front
    }

    /// How far the front stands out, mm: the table, smoothed among its standing places alone, so that the rim keeps its
    /// height; the concha sunk where nothing stands, and a tragus before it (both own design, the table has neither).
    fn height_mm(&self, z_y: DVec2) -> f64 {
        let (column, column_weights) = spline_weights((z_y.x - EAR_BACK_Z_MM) / EAR_STEP_MM);
        let (row, row_weights) = spline_weights((z_y.y - EAR_BOTTOM_Y_MM) / EAR_STEP_MM);
        let (mut height, mut standing, mut solid) = (0.0, 0.0, 0.0);
        for (i, column_weight) in column_weights.iter().enumerate() {
            for (j, row_weight) in row_weights.iter().enumerate() {
                let weight = column_weight * row_weight;
                let c = (column + i as i64).clamp(0, EAR_COLUMNS as i64 - 1) as usize;
                let r = (row + j as i64).clamp(0, EAR_ROWS as i64 - 1) as usize;
                height += weight * self.height[c][r];
                standing += weight * self.standing[c][r];
                solid += weight * self.solid[c][r];
            }
        }
        let mean_mm = if standing > 0.0 { height / standing } else { 0.0 };
        let from_middle = z_y - MIDDLE;
        let inside = 1.0 - smoothstep(CONCHA_RADIUS_MM, from_middle.length());
        let to_tragus = (z_y - TRAGUS) / TRAGUS_SD_MM;
        let tragus_mm = TRAGUS_MM * libm::exp(-0.5 * to_tragus.length_squared());
        mean_mm * solid - CONCHA_MM * (1.0 - solid) * inside + tragus_mm
    }
}

/// How deep the concha lies under the cheek, and between which distances from the middle its floor rises, mm.
const CONCHA_MM: f64 = 6.0;
const CONCHA_RADIUS_MM: [f64; 2] = [4.0, 12.0];
/// Top of the tragus (z, y, mm), how far it stands out and spreads, mm: just under the tragion, which is the origin.
const TRAGUS: DVec2 = DVec2::new(-1.0, -8.0);
const TRAGUS_MM: f64 = 4.5;
const TRAGUS_SD_MM: DVec2 = DVec2::new(3.0, 4.5);

/// Distance of the ear's outline from the middle for every direction, mm: the last place of the table that stands out.
fn outline() -> Vec<f64> {
    let radius_mm = |i: usize| {
        let outward = direction(TAU * i as f64 / N_AROUND as f64);
        let stands = |radius_mm: &f64| table_mm(MIDDLE + outward * *radius_mm) > LEAST_HEIGHT_MM;
        let least_mm = LEAST_RADIUS_MM + FRONT_RADIUS_MM * frontness(i);
        (0..90).map(|k| 45.0 - 0.5 * f64::from(k)).find(stands).unwrap_or(0.0).max(least_mm)
    };
    smooth_around((0..N_AROUND).map(radius_mm).collect(), OUTLINE_PASSES)
}

/// Height from which a place of the table belongs to the ear, mm.
const LEAST_HEIGHT_MM: f64 = 0.5;
/// Passes that smooth outline and rim: the table's steps of 1.5 mm are no part of an ear. 30 passes spread over 4
/// directions, 12 degrees.
const OUTLINE_PASSES: usize = 30;
const HEIGHT_PASSES: usize = 40;

/// Values for `N_AROUND` directions, smoothed around the circle.
fn smooth_around(mut values: Vec<f64>, passes: usize) -> Vec<f64> {
    for _ in 0..passes {
        let before = values.clone();
        for i in 0..N_AROUND {
            let (left, right) = (before[(i + N_AROUND - 1) % N_AROUND], before[(i + 1) % N_AROUND]);
            values[i] = 0.5 * before[i] + 0.25 * (left + right);
        }
    }
    values
}

/// Values hardly smoothed, and far around them a hundredth of the same much smoothed: a mean of standing places then exists
/// everywhere near the ear and changes gently.
fn extended(values: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let wide = blurred(values.clone(), 8);
    let near = blurred(values, 1);
    let add =
        |(near, wide): (&Vec<f64>, &Vec<f64>)| near.iter().zip(wide).map(|(n, w)| n + 0.01 * w).collect();
    near.iter().zip(&wide).map(add).collect()
}

/// Values of the table's nodes, smoothed with 1 2 1 in both directions; outside counts as the border.
fn blurred(mut values: Vec<Vec<f64>>, passes: usize) -> Vec<Vec<f64>> {
    for _ in 0..passes {
        let before = values.clone();
        for c in 0..EAR_COLUMNS {
            for r in 0..EAR_ROWS {
                let column = |c: usize| {
                    let (below, above) = (r.saturating_sub(1), (r + 1).min(EAR_ROWS - 1));
                    0.25 * before[c][below] + 0.5 * before[c][r] + 0.25 * before[c][above]
                };
                let (left, right) = (c.saturating_sub(1), (c + 1).min(EAR_COLUMNS - 1));
                values[c][r] = 0.25 * column(left) + 0.5 * column(c) + 0.25 * column(right);
            }
        }
    }
    values
}

/// The table at the nearest node, mm; 0 outside.
fn table_mm(z_y: DVec2) -> f64 {
    let column = ((z_y.x - EAR_BACK_Z_MM) / EAR_STEP_MM).round();
    let row = ((z_y.y - EAR_BOTTOM_Y_MM) / EAR_STEP_MM).round();
    if column < 0.0 || row < 0.0 || column >= EAR_COLUMNS as f64 || row >= EAR_ROWS as f64 {
        return 0.0;
    }
    EAR_MM[column as usize][row as usize]
}
