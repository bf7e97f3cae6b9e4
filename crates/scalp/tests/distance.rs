//! Distances along surfaces against the ones that geometry gives.

mod shapes;

use glam::DVec3;
use hairline_scalp::TriMesh;
use hairline_scalp::distance::{DistanceError, Geodesics, Source};
use proptest::prelude::*;
use shapes::{icosphere, shaken_sheet, sheet};

const RADIUS_MM: f64 = 85.0;

fn great_circle_mm(a: DVec3, b: DVec3) -> f64 {
    RADIUS_MM * libm::atan2(a.cross(b).length(), a.dot(b))
}

/// Largest error of the front from a few points to all vertices of a sphere, mm and relative (beyond 10 mm).
fn sphere_error(levels: u32) -> (f64, f64) {
    let mesh = icosphere(levels, RADIUS_MM);
    let surface = Geodesics::new(&mesh).unwrap();
    let mut worst = (0.0f64, 0.0f64);
    for from in [DVec3::new(0.3, 0.9, 0.1), DVec3::new(-0.7, 0.2, 0.5), DVec3::Y] {
        let source = surface.closest(from.normalize() * RADIUS_MM);
        let at = surface.position(source);
        let got = surface.distances_mm(Source::Points(&[source]), f64::INFINITY);
        for (p, d) in mesh.positions.iter().zip(&got) {
            let truth = great_circle_mm(at, *p);
            worst.0 = worst.0.max((d - truth).abs());
            if truth > 10.0 {
                worst.1 = worst.1.max((d - truth).abs() / truth);
            }
        }
    }
    worst
}

#[test]
fn front_on_a_sphere_converges_to_the_great_circles() {
    let (coarse, fine) = (sphere_error(4), sphere_error(5));
    assert!(fine.1 < 0.007, "{fine:?}");
    assert!(fine.0 < 0.55 * coarse.0, "halving the edges must bring the error down: {coarse:?} -> {fine:?}");
}

#[test]
fn front_from_a_point_is_exact_on_a_plane_with_irregular_triangles() {
    let mesh = shaken_sheet(30, 30);
    let surface = Geodesics::new(&mesh).unwrap();
    let source = surface.closest(DVec3::new(11.3, 13.8, 0.0));
    let got = surface.distances_mm(Source::Points(&[source]), f64::INFINITY);
    for (p, d) in mesh.positions.iter().zip(got) {
        assert!((d - p.distance(surface.position(source))).abs() < 2e-3, "{p}: {d}");
    }
}

#[test]
fn front_stops_at_its_limit_and_leaves_the_rest_infinite() {
    let mesh = shaken_sheet(30, 30);
    let surface = Geodesics::new(&mesh).unwrap();
    let source = surface.closest(DVec3::new(2.0, 2.0, 0.0));
    let got = surface.distances_mm(Source::Points(&[source]), 9.0);
    for (p, d) in mesh.positions.iter().zip(got) {
        let truth = p.distance(surface.position(source));
        assert_eq!(d.is_finite(), truth <= 9.0, "{p} at {truth}: {d}");
    }
}

#[test]
fn front_from_a_curve_is_near_the_distance_to_it() {
    // A quarter circle of radius 20 in the plane; inside and outside the distance is | |p| - 20 |.
    let mesh = shaken_sheet(40, 40);
    let surface = Geodesics::new(&mesh).unwrap();
    let curve: Vec<DVec3> = (0..=90)
        .map(|i| f64::from(i).to_radians())
        .map(|a| DVec3::new(20.0 * libm::cos(a), 20.0 * libm::sin(a), 0.0))
        .collect();
    let got = surface.distances_mm(Source::Curve(&curve), f64::INFINITY);
    let mut worst = 0.0f64;
    for (p, d) in mesh.positions.iter().zip(got) {
        if (2.0..38.0).contains(&p.length()) {
            worst = worst.max((d - (p.length() - 20.0).abs()).abs());
        }
    }
    assert!(worst < 0.3, "{worst}");
}

#[test]
fn latitude_circle_as_a_source_gives_latitudes() {
    let mesh = icosphere(5, RADIUS_MM);
    let surface = Geodesics::new(&mesh).unwrap();
    let (y, r) = (RADIUS_MM * 0.5, RADIUS_MM * 0.75f64.sqrt());
    let circle: Vec<DVec3> = (0..=720)
        .map(|i| (f64::from(i) / 2.0).to_radians())
        .map(|a| DVec3::new(r * libm::cos(a), y, r * libm::sin(a)))
        .collect();
    let got = surface.distances_mm(Source::Curve(&circle), 30.0);
    let mut worst = 0.0f64;
    for (p, d) in mesh.positions.iter().zip(got) {
        if d.is_finite() {
            worst = worst.max((d - RADIUS_MM * (libm::asin(p.y / RADIUS_MM) - libm::asin(0.5)).abs()).abs());
        }
    }
    assert!(worst < 0.2, "{worst}");
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
