//! Where on a head: one chart in which nasion, tragions, Cz and inion have the same coordinates on every head
//! (`head.md` 3.0; the idea of the 10-20 system).
//!
//! - O is the midpoint of the tragions. Cz lies half way along the surface arc from the nasion to the inion in the
//!   plane through O, nasion and inion. The axis runs from O to Cz; meridians are seen from c = O + 0.35 (Cz - O).
//! - `az` is the azimuth about the axis, piecewise linear so that the nasion is 0, the right tragion +90, the left
//!   tragion -90 and the inion 180 degrees.
//! - `t` is the arc length along the meridian from Cz divided by A(az), where A is measured at the nasion, both
//!   tragions and the inion, and in between A = A_front_or_back cos2(az) + A_tragion sin2(az). So t = 1 at the four
//!   landmarks and t > 1 below.
//! - On paper and in polygons the chart is the disc [`Uv`]: u = t sin(az) towards the client's right, v = t cos(az)
//!   towards the front.

use glam::{DVec2, DVec3};
use rayon::prelude::*;

use crate::head::Head;
use crate::surface::Surface;

/// A place on any head, polar form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AzT {
    /// Azimuth, degrees: 0 nasion, +90 right tragion, -90 left tragion, 180 inion.
    pub az_deg: f64,
    /// Fraction of the arc from Cz to the landmark circle.
    pub t: f64,
}

/// A place on any head, disc form: `x` = u towards the client's right, `y` = v towards the front.
pub type Uv = DVec2;

impl AzT {
    /// To the disc.
    pub fn to_uv(self) -> Uv {
        let (sin, cos) = libm::sincos(self.az_deg.to_radians());
        DVec2::new(self.t * sin, self.t * cos)
    }

    /// From the disc; the centre gets azimuth 0.
    pub fn from_uv(uv: Uv) -> AzT {
        AzT { az_deg: libm::atan2(uv.x, uv.y).to_degrees(), t: uv.length() }
    }
}

/// Largest `t` the chart covers; the nape border of the scalp is at 1.43.
pub const T_MAX: f64 = 1.5;

/// Step of the table in azimuth, degrees.
const AZ_STEP_DEG: f64 = 1.5;
const N_AZ: usize = 240;
/// Step of the ray fan in polar angle, degrees, and its reach from the axis.
const POLAR_STEP_DEG: f64 = 1.0;
const N_POLAR: usize = 152;
/// Step of the table in t.
const T_STEP: f64 = 0.0075;
const N_T: usize = 201;

/// Why a head cannot be charted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChartError {
    /// The skin has holes where the scalp should be.
    #[error(
        "{share:.0} % of the scalp is missing: the surface must cover the head from the brow to the nape"
    )]
    Missing {
        /// Share of the rays over the scalp that hit nothing, percent.
        share: f64,
    },
    /// Landmarks coincide or stand in no possible order.
    #[error(
        "the landmarks do not span a head: nasion, inion and both tragions must lie around it, found {found}"
    )]
    Landmarks {
        /// What was found.
        found: String,
    },
}

/// The chart of one head: maps between the head frame (mm) and chart coordinates.
pub struct Chart {
    centre: DVec3,
    /// Unit axis, and unit vectors towards raw azimuth 0 (front) and 90 (client's right).
    axis: DVec3,
    front: DVec3,
    right: DVec3,
    cz: DVec3,
    /// Raw azimuth (degrees about the axis) of nasion, right tragion, inion, left tragion, increasing.
    raw_deg: [f64; 4],
    /// Arc from Cz to nasion, right tragion, inion, left tragion, mm.
    arc_mm: [f64; 4],
    /// `arc_by_polar[az][polar]`: arc length from Cz, mm, at the polar steps.
    arc_by_polar: Vec<[f64; N_POLAR]>,
    /// `positions[az][t]`: head frame, mm.
    positions: Vec<[DVec3; N_T]>,
}

impl Chart {
    /// Measures a head.
    ///
    /// # Errors
    /// When landmarks are impossible or too much of the scalp is missing.
    pub fn new(head: &Head) -> Result<Chart, ChartError> {
        let marks = &head.landmarks;
        let missing = |share: f64| ChartError::Missing { share: 100.0 * share };
        let surface = Surface::new(&head.skin).ok_or(missing(1.0))?;
        let origin = 0.5 * (marks.tragion_left + marks.tragion_right);

        // Cz: half way along the sagittal arc, found from a fan of rays in the plane of O, nasion and inion.
        let sagittal_up = sagittal_up(origin, marks.nasion, marks.inion)
            .ok_or_else(|| ChartError::Landmarks { found: format!("{marks:?}") })?;
        let cz =
            sagittal_middle(&surface, origin, sagittal_up, marks.nasion, marks.inion).ok_or(missing(1.0))?;
        let axis = (cz - origin).normalize();
        let centre = origin + 0.35 * (cz - origin);
        let front = (marks.nasion - centre).reject_from(axis).normalize();
        // Towards the client's right: -x in the head frame.
        let right = front.cross(axis).normalize();
        let raw = |p: DVec3| {
            let d = p - centre;
            libm::atan2(d.dot(right), d.dot(front)).to_degrees()
        };
        let raw_deg = [
            0.0,
            raw(marks.tragion_right),
            raw(marks.inion).rem_euclid(360.0),
            raw(marks.tragion_left).rem_euclid(360.0),
        ];
        let ordered = raw_deg[1] > 45.0
            && raw_deg[1] < 135.0
            && (raw_deg[2] - 180.0).abs() < 30.0
            && raw_deg[3] > 225.0
            && raw_deg[3] < 315.0;
        if !ordered {
            return Err(ChartError::Landmarks {
                found: format!("azimuths {raw_deg:.0?} degrees instead of about 0, 90, 180, 270"),
            });
        }

        let mut chart = Chart {
            centre,
            axis,
            front,
            right,
            cz,
            raw_deg,
            arc_mm: [1.0; 4],
            arc_by_polar: Vec::new(),
            positions: Vec::new(),
        };
        let radii = chart.radii(&surface).map_err(missing)?;
        chart.arc_by_polar = radii.iter().map(arc_lengths).collect();
        chart.arc_mm = [
            chart.arc_to(marks.nasion),
            chart.arc_to(marks.tragion_right),
            chart.arc_to(marks.inion),
            chart.arc_to(marks.tragion_left),
        ];
        chart.positions = (0..N_AZ)
            .map(|i| {
                let az_deg = i as f64 * AZ_STEP_DEG;
                let arc_per_t = chart.arc_per_t_mm(az_deg);
                std::array::from_fn(|j| {
                    let polar = inverse(&chart.arc_by_polar[i], j as f64 * T_STEP * arc_per_t);
                    let radius = cubic(&|k| radii[i][k.clamp(0, N_POLAR as isize - 1) as usize], polar);
                    chart.centre + radius * chart.direction(az_deg, polar * POLAR_STEP_DEG)
                })
            })
            .collect();
        Ok(chart)
    }

    /// Cz, the pole of the chart, head frame, mm.
    pub fn cz(&self) -> DVec3 {
        self.cz
    }

    /// A(az): millimetres of meridian arc for one unit of t.
    pub fn arc_per_t_mm(&self, az_deg: f64) -> f64 {
        let az = az_deg.rem_euclid(360.0);
        let sin2 = libm::sin(az.to_radians()).powi(2);
        let front_or_back = if !(90.0..=270.0).contains(&az) { self.arc_mm[0] } else { self.arc_mm[2] };
        let tragion = if az <= 180.0 { self.arc_mm[1] } else { self.arc_mm[3] };
        front_or_back * (1.0 - sin2) + tragion * sin2
    }

    /// The surface point at a place, head frame, mm; `t` is clamped to 0..=[`T_MAX`].
    pub fn position(&self, uv: Uv) -> DVec3 {
        let AzT { az_deg, t } = AzT::from_uv(uv);
        let (i, j) = (az_deg.rem_euclid(360.0) / AZ_STEP_DEG, t.min(T_MAX) / T_STEP);
        let (i0, j0) = (i.floor(), j.floor().min((N_T - 2) as f64));
        let (wi, wj) = (catmull_rom_weights(i - i0), catmull_rom_weights(j - j0));
        let mut p = DVec3::ZERO;
        for (a, wa) in wi.iter().enumerate() {
            let i = (i0 as isize + a as isize - 1).rem_euclid(N_AZ as isize) as usize;
            for (b, wb) in wj.iter().enumerate() {
                p += wa * wb * self.table(i, j0 as isize + b as isize - 1);
            }
        }
        p
    }

    /// The place of a point near the surface (exact along the ray from the chart's centre).
    pub fn locate(&self, p: DVec3) -> Uv {
        let d = p - self.centre;
        let raw = libm::atan2(d.dot(self.right), d.dot(self.front)).to_degrees();
        let az_deg = self.az_from_raw(raw);
        let polar =
            libm::atan2(d.reject_from(self.axis).length(), d.dot(self.axis)).to_degrees() / POLAR_STEP_DEG;
        AzT { az_deg, t: self.arc_mm_at(az_deg, polar) / self.arc_per_t_mm(az_deg) }.to_uv()
    }

    /// Outward unit normal of the charted surface at a place.
    pub fn normal(&self, uv: Uv) -> DVec3 {
        let h = 0.004;
        let du = self.position(uv + DVec2::X * h) - self.position(uv - DVec2::X * h);
        let dv = self.position(uv + DVec2::Y * h) - self.position(uv - DVec2::Y * h);
        let n = dv.cross(du).normalize();
        if n.dot(self.position(uv) - self.centre) < 0.0 { -n } else { n }
    }

    /// Arc along the midline from the glabella up to the place `t` of the front midline, mm.
    pub fn above_glabella_mm(&self, head: &Head, t: f64) -> f64 {
        self.glabella_t(head) * self.arc_mm[0] - t * self.arc_mm[0]
    }

    /// The place on the front midline `height_mm` (surface arc) above the glabella.
    pub fn t_above_glabella(&self, head: &Head, height_mm: f64) -> f64 {
        self.glabella_t(head) - height_mm / self.arc_mm[0]
    }

    fn glabella_t(&self, head: &Head) -> f64 {
        self.locate(head.landmarks.glabella).length()
    }

    fn arc_to(&self, p: DVec3) -> f64 {
        let d = p - self.centre;
        let raw = libm::atan2(d.dot(self.right), d.dot(self.front)).to_degrees();
        let polar = libm::atan2(d.reject_from(self.axis).length(), d.dot(self.axis)).to_degrees();
        self.arc_mm_at(self.az_from_raw(raw), polar / POLAR_STEP_DEG)
    }

    /// `positions[az][t]`, continued through the pole onto the opposite meridian.
    fn table(&self, i: usize, j: isize) -> DVec3 {
        match j {
            j if j < 0 => self.positions[(i + N_AZ / 2) % N_AZ][(-j) as usize],
            j => self.positions[i][(j as usize).min(N_T - 1)],
        }
    }

    /// Arc from Cz at a fractional polar step, interpolated between the two neighbouring meridians.
    fn arc_mm_at(&self, az_deg: f64, polar: f64) -> f64 {
        let i = az_deg.rem_euclid(360.0) / AZ_STEP_DEG;
        let (i0, w) = (i.floor() as usize, i - i.floor());
        let at = |i: usize| {
            let row = &self.arc_by_polar[i % N_AZ];
            cubic(&|k| if k < 0 { -row[(-k) as usize] } else { row[(k as usize).min(N_POLAR - 1)] }, polar)
        };
        (1.0 - w) * at(i0) + w * at(i0 + 1)
    }

    fn az_from_raw(&self, raw_deg: f64) -> f64 {
        let raw = raw_deg.rem_euclid(360.0);
        let knots = [0.0, self.raw_deg[1], self.raw_deg[2], self.raw_deg[3], 360.0];
        let k = (0..3).rfind(|&k| raw >= knots[k + 1]).map_or(0, |k| k + 1);
        90.0 * (k as f64 + (raw - knots[k]) / (knots[k + 1] - knots[k]))
    }

    fn raw_from_az(&self, az_deg: f64) -> f64 {
        let az = az_deg.rem_euclid(360.0);
        let knots = [0.0, self.raw_deg[1], self.raw_deg[2], self.raw_deg[3], 360.0];
        let k = ((az / 90.0) as usize).min(3);
        knots[k] + (az / 90.0 - k as f64) * (knots[k + 1] - knots[k])
    }

    fn direction(&self, az_deg: f64, polar_deg: f64) -> DVec3 {
        let (sin_raw, cos_raw) = libm::sincos(self.raw_from_az(az_deg).to_radians());
        let (sin, cos) = libm::sincos(polar_deg.to_radians());
        self.axis * cos + (self.front * cos_raw + self.right * sin_raw) * sin
    }

    /// `radii[az][polar]`, mm from the centre to the skin. Ears that stand out of a scan and small holes are bridged.
    /// The error is the share of missing rays.
    fn radii(&self, surface: &Surface) -> Result<Vec<[f64; N_POLAR]>, f64> {
        let mut radii: Vec<[f64; N_POLAR]> = (0..N_AZ)
            .into_par_iter()
            .map(|i| {
                std::array::from_fn(|k| {
                    let dir = self.direction(i as f64 * AZ_STEP_DEG, k as f64 * POLAR_STEP_DEG);
                    surface.first_hit_mm(self.centre, dir, 400.0).unwrap_or(f64::NAN)
                })
            })
            .collect();
        // Over the scalp proper (polar angle under 95 degrees) a head has to be nearly whole.
        let scalp_rays = radii.iter().flat_map(|row| &row[..95]);
        let share = scalp_rays.filter(|r| r.is_nan()).count() as f64 / (95 * N_AZ) as f64;
        if share > 0.1 {
            return Err(share);
        }
        self.drop_ears(&mut radii);
        bridge_gaps(&mut radii);
        Ok(radii)
    }

    /// Marks as unknown what stands out of the head near the ears: steps in radius along the meridian or across it
    /// that no skull has (over 2.5 mm in one degree beside the ears).
    fn drop_ears(&self, radii: &mut [[f64; N_POLAR]]) {
        let near_ear = |i: usize, k: usize| {
            let az = i as f64 * AZ_STEP_DEG;
            let from_ear = (az.min(360.0 - az) - 98.0).abs();
            from_ear < 36.0 && (62..128).contains(&k)
        };
        const STEP_MM: f64 = 2.5;
        let mut rough = vec![[false; N_POLAR]; N_AZ];
        for i in 0..N_AZ {
            for k in 1..N_POLAR - 1 {
                let r = radii[i][k];
                let steps = [
                    radii[i][k + 1],
                    radii[i][k - 1],
                    radii[(i + 1) % N_AZ][k],
                    radii[(i + N_AZ - 1) % N_AZ][k],
                ];
                // Radius changes slowly on a skull also where the ray meets it obliquely below the ear.
                rough[i][k] = near_ear(i, k) && steps.iter().any(|s| s.is_nan() || (s - r).abs() > STEP_MM);
            }
        }
        // Grow by two steps: the foot of the ear is part of the ear.
        for _ in 0..2 {
            let before = rough.clone();
            for i in 0..N_AZ {
                for k in 1..N_POLAR - 1 {
                    rough[i][k] |= near_ear(i, k)
                        && (before[i][k - 1]
                            || before[i][k + 1]
                            || before[(i + 1) % N_AZ][k]
                            || before[(i + N_AZ - 1) % N_AZ][k]);
                }
            }
        }
        for i in 0..N_AZ {
            for k in 0..N_POLAR {
                if rough[i][k] {
                    radii[i][k] = f64::NAN;
                }
            }
        }
    }
}

/// Unit vector in the sagittal plane, perpendicular to the line nasion-inion seen from O, pointing up.
fn sagittal_up(origin: DVec3, nasion: DVec3, inion: DVec3) -> Option<DVec3> {
    let forward = (nasion - inion).try_normalize()?;
    // The plane through O, N and I holds "up": start from head up and take the in-plane part.
    let plane_normal = (nasion - origin).cross(inion - origin);
    let side = if plane_normal.length() < 1e-6 * (nasion - inion).length_squared() {
        DVec3::X
    } else {
        plane_normal.normalize()
    };
    let side = if side.x.abs() < 0.5 { DVec3::X } else { side };
    (DVec3::Y.reject_from(side).reject_from(forward)).try_normalize()
}

/// The point half way along the surface arc from the nasion over the top to the inion.
fn sagittal_middle(
    surface: &Surface,
    origin: DVec3,
    up: DVec3,
    nasion: DVec3,
    inion: DVec3,
) -> Option<DVec3> {
    let forward = (nasion - inion).normalize();
    // Look from above the tragions, so that the fan meets the skin steeply.
    let eye = origin + 45.0 * up;
    let angle = |p: DVec3| libm::atan2((p - eye).dot(up), (p - eye).dot(forward));
    let (from, to) = (angle(nasion), angle(inion));
    let to = if to < from { to + std::f64::consts::TAU } else { to };
    let n = 400;
    let curve: Vec<DVec3> = (0..=n)
        .filter_map(|i| {
            let (sin, cos) = libm::sincos(from + (to - from) * i as f64 / n as f64);
            let dir = forward * cos + up * sin;
            surface.first_hit_mm(eye, dir, 400.0).map(|r| eye + r * dir)
        })
        .collect();
    let length: f64 = curve.windows(2).map(|w| w[0].distance(w[1])).sum();
    let mut left = 0.5 * length;
    for w in curve.windows(2) {
        let step = w[0].distance(w[1]);
        if step >= left && step > 0.0 {
            return Some(w[0].lerp(w[1], left / step));
        }
        left -= step;
    }
    None
}

/// Cumulative arc length along one meridian, mm, at each polar step.
fn arc_lengths(radii: &[f64; N_POLAR]) -> [f64; N_POLAR] {
    let point = |polar: f64| {
        let r = cubic(&|k| radii[k.unsigned_abs().min(N_POLAR - 1)], polar);
        let (sin, cos) = libm::sincos((polar * POLAR_STEP_DEG).to_radians());
        DVec2::new(r * sin, r * cos)
    };
    const SUBSTEPS: usize = 4;
    let mut arc = [0.0; N_POLAR];
    for k in 1..N_POLAR {
        let step: f64 = (0..SUBSTEPS)
            .map(|s| {
                let at = |s: usize| point((k - 1) as f64 + s as f64 / SUBSTEPS as f64);
                at(s).distance(at(s + 1))
            })
            .sum();
        arc[k] = arc[k - 1] + step;
    }
    arc
}

/// The fractional index at which an increasing table reaches `value`.
fn inverse(table: &[f64; N_POLAR], value: f64) -> f64 {
    let k = table.partition_point(|&x| x < value).clamp(1, N_POLAR - 1);
    let linear = (k - 1) as f64 + (value - table[k - 1]) / (table[k] - table[k - 1]).max(1e-12);
    // One Newton step on the cubic through the neighbours makes the inverse as smooth as the forward table.
    let at = |x: f64| {
        cubic(&|k| if k < 0 { -table[(-k) as usize] } else { table[(k as usize).min(N_POLAR - 1)] }, x)
    };
    let h = 1e-3;
    let slope = (at(linear + h) - at(linear - h)) / (2.0 * h);
    (linear - (at(linear) - value) / slope.max(1e-6)).clamp(0.0, (N_POLAR - 1) as f64)
}

/// Catmull-Rom interpolation of a table given as a function of the (possibly negative) index.
fn cubic(table: &dyn Fn(isize) -> f64, x: f64) -> f64 {
    let x0 = x.floor();
    let w = catmull_rom_weights(x - x0);
    (0..4).map(|a| w[a] * table(x0 as isize + a as isize - 1)).sum()
}

fn catmull_rom_weights(f: f64) -> [f64; 4] {
    let (f2, f3) = (f * f, f * f * f);
    [
        0.5 * (-f3 + 2.0 * f2 - f),
        0.5 * (3.0 * f3 - 5.0 * f2 + 2.0),
        0.5 * (-3.0 * f3 + 4.0 * f2 + f),
        0.5 * (f3 - f2),
    ]
}

/// Fills unknown radii by the smoothest bridge: Laplace relaxation from the known neighbours.
fn bridge_gaps(radii: &mut [[f64; N_POLAR]]) {
    let unknown: Vec<(usize, usize)> = (0..N_AZ)
        .flat_map(|i| (0..N_POLAR).map(move |k| (i, k)))
        .filter(|&(i, k)| radii[i][k].is_nan())
        .collect();
    if unknown.is_empty() {
        return;
    }
    // Start each unknown at the mean of the nearest known values along its meridian and its parallel.
    let known = radii.to_vec();
    for &(i, k) in &unknown {
        let along = |di: isize, dk: isize| {
            (1..N_AZ as isize / 2).find_map(|s| {
                let kk = k as isize + dk * s;
                if kk < 0 || kk >= N_POLAR as isize {
                    return None;
                }
                let r = known[(i as isize + di * s).rem_euclid(N_AZ as isize) as usize][kk as usize];
                (!r.is_nan()).then_some((r, 1.0 / s as f64))
            })
        };
        let found: Vec<(f64, f64)> =
            [along(1, 0), along(-1, 0), along(0, 1), along(0, -1)].into_iter().flatten().collect();
        let weight: f64 = found.iter().map(|f| f.1).sum();
        radii[i][k] = if weight > 0.0 { found.iter().map(|f| f.0 * f.1).sum::<f64>() / weight } else { 90.0 };
    }
    for _ in 0..200 {
        for &(i, k) in &unknown {
            let up = radii[i][k.saturating_sub(1)];
            let down = radii[i][(k + 1).min(N_POLAR - 1)];
            let sides = radii[(i + 1) % N_AZ][k] + radii[(i + N_AZ - 1) % N_AZ][k];
            radii[i][k] = 0.25 * (up + down + sides);
        }
    }
}
