//! Distances along surfaces against the ones that geometry gives.

mod shapes;

use glam::DVec3;
use hairline_scalp::TriMesh;
use hairline_scalp::distance::{DistanceError, Geodesics};
use proptest::prelude::*;
use shapes::{icosphere, shaken_sheet, sheet};

const RADIUS_MM: f64 = 85.0;

fn great_circle_mm(a: DVec3, b: DVec3) -> f64 {
    RADIUS_MM * libm::atan2(a.cross(b).length(), a.dot(b))
}

#[test]
fn path_around_the_corner_of_a_bay_touches_the_corner() {
    // An L: the square of 20 x 20 without its upper right quarter; from the right end to the upper end the way
    // bends at (10, 10).
    let mut mesh = shaken_sheet(20, 20);
    for p in &mut mesh.positions {
        // The bay's edge stays straight.
        if (p.x - 10.0).abs() < 0.4 && p.y > 9.5 || (p.y - 10.0).abs() < 0.4 && p.x > 9.5 {
            *p = p.round();
        }
    }
    mesh.triangles.retain(|t| {
        let middle = t.iter().map(|&v| mesh.positions[v as usize]).sum::<DVec3>() / 3.0;
        !(middle.x > 10.0 && middle.y > 10.0)
    });
    let surface = Geodesics::new(&mesh).unwrap();
    let (from, to) = (DVec3::new(19.3, 9.2, 0.0), DVec3::new(8.7, 18.8, 0.0));
    let path = surface.shortest_path(surface.closest(from), surface.closest(to)).unwrap();
    let corner = DVec3::new(10.0, 10.0, 0.0);
    assert!(
        (path.length_mm - from.distance(corner) - corner.distance(to)).abs() < 1e-4,
        "{}",
        path.length_mm
    );
    assert!(path.points.iter().any(|p| p.distance(corner) < 1e-6));
}

#[test]
fn separate_pieces_are_named_as_such() {
    let mut mesh = sheet(2, 2, |x, y| DVec3::new(x, y, 0.0));
    let shift = mesh.positions.len() as u32;
    let second = sheet(2, 2, |x, y| DVec3::new(x + 10.0, y, 0.0));
    mesh.positions.extend(second.positions);
    mesh.triangles.extend(second.triangles.iter().map(|t| t.map(|v| v + shift)));
    let surface = Geodesics::new(&mesh).unwrap();
    let error =
        surface.shortest_path(surface.closest(DVec3::ZERO), surface.closest(DVec3::X * 11.0)).unwrap_err();
    assert!(error.to_string().contains("separate pieces"), "{error}");
}

#[test]
fn broken_meshes_are_refused() {
    let empty = TriMesh::default();
    assert_eq!(Geodesics::new(&empty).err(), Some(DistanceError::Empty));
    let loose = TriMesh { positions: vec![DVec3::ZERO; 3], triangles: vec![[0, 1, 3]] };
    assert_eq!(Geodesics::new(&loose).err(), Some(DistanceError::BadTriangle { triangle: 0, vertices: 3 }));
    let nan = TriMesh { positions: vec![DVec3::NAN, DVec3::X, DVec3::Y], triangles: vec![[0, 1, 2]] };
    assert_eq!(Geodesics::new(&nan).err(), Some(DistanceError::BadTriangle { triangle: 0, vertices: 3 }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn paths_on_a_plane_are_straight(ax in 0.2..29.8f64, ay in 0.2..19.8f64, bx in 0.2..29.8f64, by in 0.2..19.8f64) {
        let mesh = shaken_sheet(30, 20);
        let surface = Geodesics::new(&mesh).unwrap();
        let (a, b) = (DVec3::new(ax, ay, 0.0), DVec3::new(bx, by, 0.0));
        let path = surface.shortest_path(surface.closest(a), surface.closest(b)).unwrap();
        prop_assert!((path.length_mm - a.distance(b)).abs() < 1e-4, "{} {}", path.length_mm, a.distance(b));
    }

    #[test]
    fn paths_on_a_cylinder_are_helices(ax in 0.5..59.5f64, ay in 0.2..39.8f64, bx in 0.5..59.5f64, by in 0.2..39.8f64) {
        // 60 flat facets around: unrolled, the sheet is flat and the distance is the plane's. Half a turn at most.
        let step = std::f64::consts::TAU / 120.0;
        let chord = 2.0 * libm::sin(step / 2.0);
        let mesh = sheet(60, 40, |x, y| DVec3::new(libm::cos(x * step), y * chord, libm::sin(x * step)) / chord);
        let surface = Geodesics::new(&mesh).unwrap();
        let at = |x: f64, y: f64| {
            let (i, f) = (x.floor(), x.fract());
            let p = |i: f64| DVec3::new(libm::cos(i * step), y * chord, libm::sin(i * step)) / chord;
            p(i).lerp(p(i + 1.0), f)
        };
        let path = surface.shortest_path(surface.closest(at(ax, ay)), surface.closest(at(bx, by))).unwrap();
        let truth = ((ax - bx).powi(2) + (ay - by).powi(2)).sqrt();
        prop_assert!((path.length_mm - truth).abs() < 1e-3, "{} {}", path.length_mm, truth);
    }

    #[test]
    fn paths_on_a_sphere_are_great_circles(a in prop::array::uniform3(-1.0..1.0f64), b in prop::array::uniform3(-1.0..1.0f64)) {
        let (a, b) = (DVec3::from_array(a), DVec3::from_array(b));
        prop_assume!(a.length() > 0.1 && b.length() > 0.1 && a.normalize().dot(b.normalize()) > -0.98);
        let mesh = icosphere(5, RADIUS_MM);
        let surface = Geodesics::new(&mesh).unwrap();
        let (p, q) = (surface.closest(a.normalize() * RADIUS_MM), surface.closest(b.normalize() * RADIUS_MM));
        let path = surface.shortest_path(p, q).unwrap();
        let truth = great_circle_mm(surface.position(p), surface.position(q));
        prop_assert!((path.length_mm - truth).abs() < 5e-4 * truth + 1e-4, "{} {}", path.length_mm, truth);
        // The way there and back is the same way.
        let back = surface.shortest_path(q, p).unwrap();
        prop_assert!((path.length_mm - back.length_mm).abs() < 1e-4 * (1.0 + truth));
    }
}
