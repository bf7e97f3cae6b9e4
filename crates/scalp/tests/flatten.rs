//! Patches laid flat, against what geometry and elasticity say.

mod shapes;

use glam::{DVec2, DVec3};
use hairline_scalp::TriMesh;
use hairline_scalp::flatten::{FlattenError, flatten};
use proptest::prelude::*;
use shapes::{icosphere, sheet};

/// Where a sheet of `columns` squares across lies before it is bent: a start without flips.
fn grid(mesh: &TriMesh, columns: usize) -> Vec<DVec2> {
    let place = |v: usize| DVec2::new((v % (columns + 1)) as f64, (v / (columns + 1)) as f64);
    (0..mesh.positions.len()).map(place).collect()
}

/// What is above the middle of a sphere, seen from above: x to the right, z down.
fn from_above(mesh: &TriMesh) -> Vec<DVec2> {
    mesh.positions.iter().map(|p| DVec2::new(p.x, -p.z) * (1.0 + 0.002 * (85.0 - p.y))).collect()
}

/// Signed areas of the flat triangles, mm2.
fn flat_areas(mesh: &TriMesh, uv: &[DVec2]) -> Vec<f64> {
    let area = |&[a, b, c]: &[u32; 3]| {
        let [a, b, c] = [a, b, c].map(|v| uv[v as usize]);
        0.5 * (b - a).perp_dot(c - a)
    };
    mesh.triangles.iter().map(area).collect()
}

/// The part of a sphere of radius 85 mm within `reach_mm` of the top, cut along a circle.
fn cap(reach_mm: f64) -> TriMesh {
    let radius = 85.0;
    let rings = 24;
    let mut mesh = TriMesh { positions: vec![DVec3::Y * radius], triangles: vec![] };
    let around = |ring: u32| 6 * ring;
    let first = |ring: u32| if ring == 0 { 0 } else { 1 + 3 * ring * (ring - 1) };
    for ring in 1..=rings {
        let polar = reach_mm / radius * f64::from(ring) / f64::from(rings);
        for k in 0..around(ring) {
            let (s, c) = libm::sincos(std::f64::consts::TAU * f64::from(k) / f64::from(around(ring)));
            let (sp, cp) = libm::sincos(polar);
            mesh.positions.push(DVec3::new(sp * s, cp, sp * c) * radius);
        }
        for sector in 0..6 {
            for k in 0..ring {
                let outer = |k: u32| first(ring) + (sector * ring + k) % around(ring);
                let inner = |k: u32| {
                    if ring == 1 { 0 } else { first(ring - 1) + (sector * (ring - 1) + k) % around(ring - 1) }
                };
                mesh.triangles.push([inner(k), outer(k), outer(k + 1)]);
                if k + 1 < ring {
                    mesh.triangles.push([inner(k), outer(k + 1), inner(k + 1)]);
                }
            }
        }
    }
    mesh
}

#[test]
fn a_cylinder_and_a_cone_lie_flat_without_error() {
    let cylinder = sheet(40, 20, |x, y| {
        let (s, c) = libm::sincos(x * 0.05);
        DVec3::new(20.0 * s, y, 20.0 * c)
    });
    let cone = sheet(40, 20, |x, y| {
        let (s, c) = libm::sincos(x * 0.05);
        let r = 10.0 + y;
        DVec3::new(r * s, -1.5 * r, r * c)
    });
    for (name, mesh) in [("cylinder", cylinder), ("cone", cone)] {
        let flat = flatten(&mesh, &[], grid(&mesh, 40)).unwrap();
        assert!(flat.distortion.largest_edge_error < 1e-5, "{name} {}", flat.distortion.largest_edge_error);
        assert!(flat.distortion.area_error.abs() < 1e-6);
        assert!(flat_areas(&mesh, &flat.uv_mm).iter().all(|&a| a > 0.0));
    }
}

/// A shallow cap pressed flat at least strain energy (Poisson number 0, which the symmetric Dirichlet energy has near
/// an isometry): hoop strain K (3 r^2 - a^2) / 16 and radial strain K (r^2 - a^2) / 16, so K a^2 / 8 at the rim and
/// -K a^2 / 16 in the middle (Airy stress function of a disc with constant incompatibility K).
#[test]
fn a_sphere_cap_has_the_strain_that_elasticity_gives() {
    for reach in [15.0, 30.0] {
        let mesh = cap(reach);
        let flat = flatten(&mesh, &[], from_above(&mesh)).unwrap();
        let k_a2 = reach * reach / (85.0 * 85.0);
        let rim = flat.distortion.largest_edge_error;
        let middle = flat.distortion.vertex_scale[0] - 1.0;
        assert!((rim / (k_a2 / 8.0) - 1.0).abs() < 0.1, "{rim}");
        assert!((middle / (-k_a2 / 16.0) - 1.0).abs() < 0.1, "{middle}");
        assert!(flat_areas(&mesh, &flat.uv_mm).iter().all(|&a| a > 0.0));
    }
}

#[test]
fn a_half_sphere_flattens_without_flips_and_the_start_does_not_matter() {
    let mut mesh = icosphere(3, 85.0);
    mesh.triangles.retain(|t| t.iter().map(|&v| mesh.positions[v as usize].y).sum::<f64>() > 0.0);
    let flat = flatten(&mesh, &[], from_above(&mesh)).unwrap();
    assert!(flat_areas(&mesh, &flat.uv_mm).iter().all(|&a| a > 0.0));
    // Seen from the pole below (stereographic projection) it has no flips either; sheared it is a far start.
    let from_below = |p: &DVec3| {
        let q = DVec2::new(p.x, -p.z) / (1.0 + p.y / 85.0);
        DVec2::new(1.7 * q.x + 0.9 * q.y, 0.6 * q.y)
    };
    let again = flatten(&mesh, &[], mesh.positions.iter().map(from_below).collect()).unwrap();
    let (a, b) = (flat.distortion.rms_edge_error, again.distortion.rms_edge_error);
    assert!((a - b).abs() < 1e-4 * a, "{a} {b}");
}

#[test]
fn a_weighted_line_is_truer_than_the_rest() {
    let radius = 85.0;
    let strip = sheet(60, 24, |x, y| {
        let (lon, lat) = ((x - 30.0) / 40.0, (y - 12.0) / 60.0);
        DVec3::new(libm::sin(lon) * libm::cos(lat), libm::sin(lat), libm::cos(lon) * libm::cos(lat)) * radius
    });
    let line_error = |weight: &[f64]| {
        let flat = flatten(&strip, weight, grid(&strip, 60)).unwrap();
        let middle = |i: u32| (12 * 61 + i) as usize;
        (0..60)
            .map(|i| (middle(i), middle(i + 1)))
            .map(|(a, b)| {
                (flat.uv_mm[a].distance(flat.uv_mm[b]) / strip.positions[a].distance(strip.positions[b])
                    - 1.0)
                    .abs()
            })
            .fold(0.0, f64::max)
    };
    let height = |t: &[u32; 3]| t.iter().map(|&v| strip.positions[v as usize].y).sum::<f64>() / 3.0;
    let near: Vec<f64> =
        strip.triangles.iter().map(|t| if height(t).abs() < 4.0 { 1.0 } else { 0.02 }).collect();
    let (even, weighted) = (line_error(&[]), line_error(&near));
    assert!(weighted < 0.3 * even, "{even} {weighted}");
}

#[test]
fn what_cannot_be_laid_flat_is_refused() {
    assert_eq!(flatten(&TriMesh::default(), &[], vec![]).unwrap_err(), FlattenError::Empty);
    let flat = TriMesh { positions: vec![DVec3::ZERO, DVec3::X, DVec3::X * 2.0], triangles: vec![[0, 1, 2]] };
    let start = vec![DVec2::ZERO, DVec2::X, DVec2::Y];
    assert_eq!(flatten(&flat, &[], start.clone()).unwrap_err(), FlattenError::BadTriangle { triangle: 0 });
    let missing = TriMesh { positions: vec![DVec3::ZERO, DVec3::X], triangles: vec![[0, 1, 2]] };
    assert_eq!(flatten(&missing, &[], start).unwrap_err(), FlattenError::BadTriangle { triangle: 0 });
    let one = TriMesh { positions: vec![DVec3::ZERO, DVec3::X, DVec3::Y], triangles: vec![[0, 1, 2]] };
    for flipped in [vec![DVec2::ZERO, DVec2::Y, DVec2::X], vec![]] {
        assert_eq!(flatten(&one, &[], flipped).unwrap_err(), FlattenError::FlippedStart { triangle: 0 });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bumpy_patches_never_flip(a in -3.0..3.0f64, b in -3.0..3.0f64, c in 0.2..1.0f64, d in 0.2..1.0f64) {
        let mesh = sheet(16, 12, |x, y| DVec3::new(x, y, a * libm::sin(c * x) + b * libm::cos(d * y)));
        let flat = flatten(&mesh, &[], grid(&mesh, 16)).unwrap();
        prop_assert!(flat_areas(&mesh, &flat.uv_mm).iter().all(|&area| area > 0.0));
        prop_assert!(flat.distortion.rms_edge_error <= flat.distortion.largest_edge_error);
    }
}
