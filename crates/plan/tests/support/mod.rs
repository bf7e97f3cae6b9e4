//! Test surfaces with known areas, and the bars that every surface allows.
#![allow(dead_code, missing_docs, clippy::print_stdout)]

use glam::DVec3;
use hairline_plan::layout::metrics::{DotSet, LayoutReport, SetReport, measure};
use hairline_plan::layout::{Layout, LayoutSettings, Obstacle, place_dots};
use hairline_scalp::TriMesh;

/// Half an ellipsoid with semi-axes 100 (x), 80 (y) and 90 (z) mm, cut at z = 0: 4 `frequency`^2 triangles of nearly
/// equal area (equal-area octahedral map, Rosca and Clarberg), about 508 cm2.
pub fn head(frequency: usize) -> TriMesh {
    let axes = DVec3::new(100.0, 80.0, 90.0);
    let mut numbers = std::collections::BTreeMap::new();
    let mut mesh = TriMesh::default();
    let corners = [DVec3::X, DVec3::Y, -DVec3::X, -DVec3::Y];
    for quarter in 0..4 {
        let (a, b) = (corners[quarter], corners[(quarter + 1) % 4]);
        let mut vertex = |i: usize, j: usize| {
            let k = frequency - i - j;
            let p = (a * i as f64 + b * j as f64 + DVec3::Z * k as f64) / frequency as f64;
            let key = (p * 1e7).round().to_array().map(|v| v as i64);
            *numbers.entry(key).or_insert_with(|| {
                mesh.positions.push(axes * on_sphere(p));
                mesh.positions.len() as u32 - 1
            })
        };
        for i in 0..frequency {
            for j in 0..frequency - i {
                let (p, q, r) = (vertex(i, j), vertex(i + 1, j), vertex(i, j + 1));
                mesh.triangles.push([p, q, r]);
                if i + j + 1 < frequency {
                    mesh.triangles.push([q, vertex(i + 1, j + 1), r]);
                }
            }
        }
    }
    mesh
}

/// Octahedron to sphere, areas kept.
fn on_sphere(p: DVec3) -> DVec3 {
    let r = 1.0 - p.z;
    let angle = if r > 1e-12 { p.y.abs() / r * std::f64::consts::FRAC_PI_2 } else { 0.0 };
    let z = 1.0 - r * r;
    let radius = (1.0 - z * z).max(0.0).sqrt();
    let (sin, cos) = libm::sincos(angle);
    DVec3::new(
        radius * cos * if p.x < 0.0 { -1.0 } else { 1.0 },
        radius * sin * if p.y < 0.0 { -1.0 } else { 1.0 },
        z,
    )
}

/// Relative density of the graded job: 1 at the back, 0.12 at the front, a whorl dip.
pub fn head_density(p: DVec3) -> f64 {
    let (x, z) = (p.x / 100.0, p.z / 90.0);
    let ramp = 1.0 / (1.0 + libm::exp((x - 0.45) / 0.12));
    let whorl_at = DVec3::new(-55.0, 0.0, 90.0 * (1.0f64 - 0.55 * 0.55).sqrt());
    let whorl = 1.0 - 0.5 * libm::exp(-p.distance_squared(whorl_at) / (2.0 * 18.0 * 18.0));
    0.12 + 0.88 * ramp * whorl * (0.75 + 0.25 * z.clamp(0.0, 1.0))
}

/// A flat sheet of `width` x `height` mm in the plane z = 0.
pub fn sheet(width: f64, height: f64, cell: f64) -> TriMesh {
    let (nx, ny) = ((width / cell).ceil() as usize, (height / cell).ceil() as usize);
    let mut mesh = TriMesh::default();
    for j in 0..=ny {
        for i in 0..=nx {
            mesh.positions.push(DVec3::new(width * i as f64 / nx as f64, height * j as f64 / ny as f64, 0.0));
        }
    }
    let at = |i: usize, j: usize| (j * (nx + 1) + i) as u32;
    for j in 0..ny {
        for i in 0..nx {
            mesh.triangles.push([at(i, j), at(i + 1, j), at(i + 1, j + 1)]);
            mesh.triangles.push([at(i, j), at(i + 1, j + 1), at(i, j + 1)]);
        }
    }
    mesh
}

/// A flat disc of the given radius, mm.
pub fn disc(radius: f64, rings: usize) -> TriMesh {
    let mut mesh = TriMesh { positions: vec![DVec3::ZERO], triangles: Vec::new() };
    let place = |ring: usize, k: usize| {
        let (sin, cos) = libm::sincos(std::f64::consts::TAU * k as f64 / (6 * ring) as f64);
        DVec3::new(cos, sin, 0.0) * (radius * ring as f64 / rings as f64)
    };
    for ring in 1..=rings {
        mesh.positions.extend((0..6 * ring).map(|k| place(ring, k)));
    }
    let number = |ring: usize, k: usize| {
        if ring == 0 { 0 } else { (1 + 3 * ring * (ring - 1) + k % (6 * ring)) as u32 }
    };
    for ring in 1..=rings {
        for side in 0..6 {
            for k in 0..ring {
                let (outer, inner) = (side * ring + k, side * (ring - 1) + k);
                mesh.triangles.push([number(ring - 1, inner), number(ring, outer), number(ring, outer + 1)]);
                if k + 1 < ring {
                    mesh.triangles.push([
                        number(ring - 1, inner),
                        number(ring, outer + 1),
                        number(ring - 1, inner + 1),
                    ]);
                }
            }
        }
    }
    mesh
}

/// A layout and its measures.
pub fn laid(
    mesh: &TriMesh,
    density: &[f64],
    hairs: &[Obstacle],
    settings: &LayoutSettings,
) -> (Layout, LayoutReport) {
    let layout = place_dots(mesh, density, hairs, settings).expect("the surface has room");
    let report = measure(mesh, density, hairs, &layout.dots).expect("the mesh is sound");
    (layout, report)
}

/// What every surface allows: even without a wide interior.
pub fn holds_everywhere(report: &LayoutReport) {
    for set in &report.sets {
        let name = set.set;
        let window = set.window_power.expect("windows fit anywhere");
        let (bar, border) = match name {
            DotSet::Whole => (0.03, 0.9..=1.1),
            DotSet::FirstVisits(_) => (0.04, 0.85..=1.15),
            DotSet::Visit(_) => (0.05, 0.8..=1.2),
        };
        assert!(window <= bar, "{name}: low-frequency power in windows {window:.4}, bar {bar}");
        if let Ok(ratio) = set.border_ratio {
            assert!(border.contains(&ratio), "{name}: dots at the border {ratio:.3}, bar {border:?}");
        }
    }
    let whole = &report.sets[0];
    let void = whole.largest_void.expect("enough dots");
    assert!(void <= 1.0, "largest void {void:.3}");
    if let Some(spare) = report.least_spare_clearance_mm {
        assert!(spare >= 0.0, "a dot is {spare} mm too close to a hair");
    }
}

/// Prints the measures, for `--nocapture`.
pub fn show(report: &LayoutReport) {
    for s in &report.sets {
        let SetReport {
            set,
            count,
            nearest,
            largest_void,
            spectrum,
            window_power,
            border_ratio,
            density,
            ..
        } = s;
        println!(
            "{set} {count} cv {:?} P {:?} W {window_power:?} void {largest_void:?} border {border_ratio:?} fit {density:?}",
            nearest.map(|n| n.cv),
            spectrum.as_ref().map(|s| s.low)
        );
    }
}
