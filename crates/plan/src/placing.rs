//! From a design to dots: fields cut out of the scalp, a layout on each, and every dot's own size, depth, angle, shade.

use glam::DVec3;
use hairline_scalp::patch::{Patch, cut_patch};
use hairline_scalp::{Chart, Uv};
use rayon::prelude::*;

use crate::case::{Case, Look};
use crate::design::{Design, HAIRLINE_ZONE_MM, Known, ZoneKind, smoothstep};
use crate::layout::{
    EVEN_CV, LOOSEST_CV, Layout, LayoutError, LayoutSettings, NATURAL_CV, Obstacle, PlacedDot, place_dots,
};
use crate::noise::{hash, normal, uniform};
use crate::pigment::{LADDER, depth_factor, diameter_factor, shade_step};

/// Lattice of a field of dots, mm.
const FIELD_STEP_MM: f64 = 1.6;
/// Lattice of a scar: narrower things need a finer one.
const SCAR_STEP_MM: f64 = 0.8;
/// Lattice on which existing hair is drawn, mm.
const HAIR_STEP_MM: f64 = 2.5;
/// Fields end where fewer dots are wanted: thinner, they would read as stray specks, dots/cm2 (own design). At the
/// hairline, in its feathered edge, and elsewhere.
const LEAST_AT_LINE_PER_CM2: f64 = 10.0;
const LEAST_PER_CM2: f64 = 20.0;
/// How fast the density runs out at a blended border, dots/cm2 a mm: a density below the least counts as so far outside
/// (100 dots/cm2 over the 20 mm of the widest blend).
const TYPICAL_SLOPE_PER_CM2_MM: f64 = 5.0;
/// Islands of a field smaller than this are left out, cm2 (own design): nobody treats a speck.
const LEAST_ISLAND_CM2: f64 = 1.5;
/// Dots of neighbouring fields keep this share of a spacing apart: the hard core of the layout (`dots.md` 5.0).
const CORE: f64 = 0.38;

/// One field of dots: a piece of scalp with what is wanted on it.
pub struct Field {
    /// Name of the scar it is; `None` for the body.
    pub scar: Option<String>,
    /// The skin.
    pub patch: Patch,
    /// Wanted density at each vertex, dots/cm2.
    pub density_per_cm2: Vec<f64>,
    /// How far each vertex lies behind the hairline, mm; far where there is none.
    pub behind_line_mm: Vec<f64>,
    /// Zone of each triangle, index into the zones.
    pub zone_of_triangle: Vec<usize>,
}

/// A zone of the plan: kind and name.
pub type Zone = (ZoneKind, String);

/// A placed dot before it gets its number, session minutes and cell.
#[derive(Clone, Debug)]
pub struct RawDot {
    /// From the layout.
    pub placed: PlacedDot,
    /// Index of its field.
    pub field: usize,
    /// Kind and index of its zone.
    pub kind: ZoneKind,
    /// Index into the list of zone names.
    pub zone: usize,
    /// How far it lies behind the hairline, mm; far where there is none.
    pub behind_line_mm: f64,
}

/// Cuts the fields, first the body, then each closed scar, and names their zones.
pub fn fields(design: &Design, chart: &Chart) -> (Vec<Field>, Vec<Zone>) {
    let body = cut_patch(chart, FIELD_STEP_MM, &|uv, p| {
        let wanted = design.wanted(uv, p);
        let least = match design.look {
            // Dots between harvested units are few on purpose.
            Look::Scar => 0.0,
            _ if wanted.behind_line_mm < HAIRLINE_ZONE_MM => LEAST_AT_LINE_PER_CM2,
            _ => LEAST_PER_CM2,
        };
        wanted.inside_field_mm.min((wanted.dots_per_cm2 - least) / TYPICAL_SLOPE_PER_CM2_MM)
    });
    let body = body.without_islands(LEAST_ISLAND_CM2);
    let wanted: Vec<(f64, f64)> = (0..body.uv.len())
        .into_par_iter()
        .map(|v| {
            let wanted = design.wanted(body.uv[v], body.mesh.positions[v]);
            (wanted.dots_per_cm2, wanted.behind_line_mm)
        })
        .collect();
    let mut pieces = vec![(None, body, wanted)];
    for scar in design.scars.iter().filter(|s| s.scattered.is_none()) {
        let patch = cut_patch(chart, SCAR_STEP_MM, &|uv, p| {
            let spots = design.spots.iter().map(|&(c, r)| p.distance(c) - r).fold(f64::INFINITY, f64::min);
            scar.outline.signed_distance_mm(uv, p).min(spots)
        });
        let wanted =
            patch.mesh.positions.iter().map(|&p| (design.scar_wanted_per_cm2(p), f64::MAX)).collect();
        pieces.push((Some(scar.name.clone()), patch, wanted));
    }
    pieces.retain(|(.., wanted)| wanted.iter().any(|w| w.0 > 1.0));

    let mut zones: Vec<Zone> = Vec::new();
    let fields = pieces
        .into_iter()
        .map(|(scar, patch, wanted)| {
            let found: Vec<Zone> = patch
                .mesh
                .triangles
                .par_iter()
                .map(|corners| {
                    let mean = |value: &dyn Fn(usize) -> f64| {
                        corners.iter().map(|&v| value(v as usize)).sum::<f64>() / 3.0
                    };
                    if let Some(name) = &scar {
                        return (ZoneKind::Scar, name.clone());
                    }
                    let uv = Uv::new(mean(&|v| patch.uv[v].x), mean(&|v| patch.uv[v].y));
                    let p = corners.iter().map(|&v| patch.mesh.positions[v as usize]).sum::<DVec3>() / 3.0;
                    design.zone(uv, p, mean(&|v| wanted[v].1))
                })
                .collect();
            let zone_of_triangle = found
                .into_iter()
                .map(|zone| {
                    zones.iter().position(|z| z.1 == zone.1).unwrap_or_else(|| {
                        zones.push(zone);
                        zones.len() - 1
                    })
                })
                .collect();
            let (density_per_cm2, behind_line_mm) = wanted.into_iter().unzip();
            Field { scar, patch, density_per_cm2, behind_line_mm, zone_of_triangle }
        })
        .collect();
    (fields, zones)
}

/// Existing follicular units: measured positions, or positions drawn from the density.
///
/// # Errors
/// Those of the layout.
pub fn existing_units(
    case: &Case,
    design: &Design,
    chart: &Chart,
    known: &Known,
) -> Result<Vec<(DVec3, DVec3)>, LayoutError> {
    if let Some(measured) = &known.hairs_mm {
        return Ok(measured.iter().map(|&p| (p, chart.normal(chart.locate(p)))).collect());
    }
    let patch = cut_patch(chart, HAIR_STEP_MM, &|uv, p| design.scalp.signed_distance_mm(uv, p));
    let density: Vec<f64> = (0..patch.uv.len())
        .into_par_iter()
        .map(|v| design.units_per_cm2(patch.uv[v], patch.mesh.positions[v]))
        .collect();
    let settings = LayoutSettings {
        dots: None,
        visit_shares: vec![1.0],
        irregularity_cv: NATURAL_CV,
        seed: hash(case.seed, 0x554E_4954),
    };
    let layout = place_dots(&patch.mesh, &density, &[], &settings)?;
    Ok(layout.dots.iter().map(|d| (d.position_mm, d.normal)).collect())
}

/// Lays dots on every field; later fields keep clear of earlier ones.
///
/// # Errors
/// Those of the layout.
pub fn lay_dots(
    case: &Case,
    design: &Design,
    fields: &[Field],
    hairs: &[(DVec3, DVec3)],
    known: &Known,
    visit_shares: &[f64],
) -> Result<Vec<Layout>, LayoutError> {
    let clearance_mm = crate::layout::HAIR_CLEARANCE_MM;
    let mut obstacles: Vec<Obstacle> =
        hairs.iter().map(|&(position_mm, _)| Obstacle { position_mm, clearance_mm }).collect();
    let spacing_mm = |per_cm2: f64| (100.0 / per_cm2.max(1.0)).sqrt();
    for &position_mm in known.earlier_mm.iter().flatten() {
        let clearance_mm = (CORE * spacing_mm(design.body_per_cm2)).max(clearance_mm);
        obstacles.push(Obstacle { position_mm, clearance_mm });
    }
    let mut layouts: Vec<Layout> = Vec::new();
    for (i, field) in fields.iter().enumerate() {
        let settings = LayoutSettings {
            dots: None,
            visit_shares: visit_shares.to_vec(),
            irregularity_cv: irregularity_cv(case.artist.naturalness),
            seed: hash(case.seed, i as u64),
        };
        let layout = place_dots(&field.patch.mesh, &field.density_per_cm2, &obstacles, &settings)?;
        let typical = field.density_per_cm2.iter().copied().fold(0.0, f64::max);
        obstacles.extend(
            layout
                .dots
                .iter()
                .map(|d| Obstacle { position_mm: d.position_mm, clearance_mm: CORE * spacing_mm(typical) }),
        );
        layouts.push(layout);
    }
    Ok(layouts)
}

/// The artist's slider 0 (even) - 1 (natural) - 1.5 (wilder) as the layout's coefficient of variation.
fn irregularity_cv(naturalness: f64) -> f64 {
    if naturalness <= 1.0 {
        EVEN_CV + (NATURAL_CV - EVEN_CV) * naturalness
    } else {
        NATURAL_CV + (LOOSEST_CV - NATURAL_CV) * (naturalness - 1.0) / 0.5
    }
}

/// Every placed dot with its field and its zone.
pub fn raw_dots(fields: &[Field], layouts: &[Layout], zones: &[Zone]) -> Vec<RawDot> {
    let of_field = |(i, (field, layout)): (usize, (&Field, &Layout))| -> Vec<RawDot> {
        layout
            .dots
            .iter()
            .map(|dot| {
                let zone = field.zone_of_triangle[dot.triangle as usize];
                let corners = field.patch.mesh.triangles[dot.triangle as usize];
                let behind_line_mm =
                    (0..3).map(|k| dot.barycentric[k] * field.behind_line_mm[corners[k] as usize]).sum();
                RawDot { placed: *dot, field: i, kind: zones[zone].0, zone, behind_line_mm }
            })
            .collect()
    };
    fields.iter().zip(layouts).enumerate().flat_map(of_field).collect()
}

/// What a hand does to one dot: diameter, depth, angle, azimuth, shade, each varying within the artist's means.
#[derive(Clone, Copy, Debug)]
pub struct Touch {
    /// Healed diameter, mm.
    pub diameter_mm: f64,
    /// Depth of the deposit's middle, mm.
    pub depth_mm: f64,
    /// Needle against skin, degrees.
    pub angle_deg: f64,
    /// Lean in the tangent plane, degrees.
    pub azimuth_deg: f64,
    /// Dilution.
    pub shade: f64,
}

/// Spread of the lean about the lie of the hair, degrees: own design.
const AZIMUTH_SPREAD_DEG: f64 = 12.0;

/// Behind the hairline zone fewer and fewer dots are set as lightly as in it, over this distance, mm: a sudden change would
/// show as a second line (own design).
const FIRMER_OVER_MM: f64 = 15.0;

/// The touch of dot number `index`.
pub fn touch(case: &Case, design: &Design, dot: &RawDot, index: u64, passes: usize) -> Touch {
    let artist = &case.artist;
    let seed = hash(case.seed, 0x544F_5543);
    // A seed of its own for each property: they vary apart from each other.
    let n = |which: u64| normal(hash(seed, which), index);
    let lightly = 1.0 - smoothstep((dot.behind_line_mm - HAIRLINE_ZONE_MM) / FIRMER_OVER_MM);
    let kind = match dot.kind {
        ZoneKind::Body if uniform(hash(seed, 5), index) < lightly => ZoneKind::Hairline,
        kind => kind,
    };
    let diameter = artist.dot_diameter_mm * diameter_factor(kind);
    let depth = artist.depth_mm * artist.deposit_depth_share * depth_factor(kind);
    let normal_mm = dot.placed.normal;
    let lie = design.hair_direction(dot.placed.position_mm, normal_mm);
    // Three cups a pass: most dots from the middle one, a fifth each from a step lighter and darker (`smp.md` 2.3).
    let step = shade_step(case, kind, dot.placed.visit as usize + 1, passes) as i32;
    let cup = match uniform(hash(seed, 4), index) {
        u if u < 0.2 => -1,
        u if u > 0.8 => 1,
        _ => 0,
    };
    let angle = artist.needle_angle_deg + artist.angle_spread_deg * n(2);
    Touch {
        diameter_mm: (diameter * (1.0 + artist.diameter_spread * n(0))).max(0.5 * diameter),
        depth_mm: (depth + artist.depth_spread_mm * n(1)).max(0.5 * depth),
        // Past upright the needle leans the other way; the angle stays at most 90.
        angle_deg: if angle > 90.0 { 180.0 - angle } else { angle },
        azimuth_deg: (azimuth_deg(lie, normal_mm) + AZIMUTH_SPREAD_DEG * n(3)).rem_euclid(360.0),
        shade: LADDER[(step + cup).clamp(0, LADDER.len() as i32 - 1) as usize],
    }
}

/// Azimuth of a tangent direction: 0 towards the projection of +z, counter-clockwise seen from outside, degrees.
pub fn azimuth_deg(direction: DVec3, normal: DVec3) -> f64 {
    let forward = DVec3::Z.reject_from(normal).try_normalize().unwrap_or(DVec3::Y);
    let left = normal.cross(forward);
    libm::atan2(direction.dot(left), direction.dot(forward)).to_degrees()
}
