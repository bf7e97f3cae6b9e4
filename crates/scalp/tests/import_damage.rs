//! A head of known shape, damaged in known ways, comes back as the same head.

mod meshes;

use glam::DVec3;
use hairline_scalp::TriMesh;
use hairline_scalp::import::{ImportSettings, ImportedScan, Unit, import_scan, read_mesh};
use hairline_scalp::model::{Measurements, Sex, fit_head};
use meshes::*;
use parry3d_f64::query::PointQuery;

/// A head that is not the average one: large, long and high.
fn client(step_mm: f64) -> TriMesh {
    let measured = Measurements {
        circumference_mm: Some(590.0),
        length_mm: Some(207.0),
        tragion_top_mm: Some(137.0),
        ..Measurements::none(Sex::Male)
    };
    fit_head(&measured, step_mm).expect("builds").head.mesh
}

fn import(mesh: &TriMesh) -> ImportedScan {
    import_scan(&ply_binary(mesh, true), "head.ply", &ImportSettings::default())
        .unwrap_or_else(|e| panic!("{e}"))
}

/// Repeatable numbers from 0 to 1 (SplitMix64).
fn random(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Frame and landmarks of two imports of the same file coordinates agree.
fn assert_same_head(a: &ImportedScan, b: &ImportedScan, allowed_mm: f64, what: &str) {
    let l = |s: &ImportedScan| {
        let l = s.head.landmarks;
        [l.nasion, l.tragion_left, l.tragion_right, l.inion]
            .map(|p| s.head_from_scan.inverse().transform_point3(p))
    };
    for (p, q) in l(a).into_iter().zip(l(b)) {
        assert!(p.distance(q) < allowed_mm, "{what}: {p} against {q}");
    }
    let (c, d) = (a.report.measures.circumference_mm, b.report.measures.circumference_mm);
    assert!((c - d).abs() < allowed_mm, "{what}: circumference {c} against {d}");
}

/// Distances of the scalp of an import from the undamaged mesh, mm.
fn scalp_distances_mm(scan: &ImportedScan, mesh: &TriMesh) -> Vec<f64> {
    let surface =
        parry3d_f64::shape::TriMesh::new(mesh.positions.clone(), mesh.triangles.clone()).expect("not empty");
    let file_from_head = scan.head_from_scan.inverse();
    let scalp = scan.head.mesh.positions.iter().filter(|p| p.y > 60.0);
    scalp.map(|p| surface.distance_to_local_point(file_from_head.transform_point3(*p), false)).collect()
}

fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt()
}

#[test]
fn every_kind_of_file_gives_the_same_head() {
    let mesh = client(4.0);
    let first = import(&mesh);
    for (name, bytes) in every_format(&mesh) {
        let raw = read_mesh(&bytes, name).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(raw.mesh.triangles.len(), mesh.triangles.len(), "{name}");
        for t in (0..mesh.triangles.len()).step_by(97) {
            for (p, q) in raw.mesh.corners(t).into_iter().zip(mesh.corners(t)) {
                assert!(p.distance(q) < 1e-4, "{name}: {p} against {q}");
            }
        }
        // the name says nothing about the content
        assert_eq!(read_mesh(&bytes, "scan").expect("by content").format, raw.format, "{name}");
    }
    // corners of an STL are not shared in the file
    let stl = import_scan(&stl_binary(&mesh), "head.stl", &ImportSettings::default()).expect("imports");
    assert_eq!(stl.report.clean.vertices_welded, 3 * mesh.triangles.len() - mesh.positions.len());
    assert_same_head(&first, &stl, 0.05, "stl");
    // glTF is in metres; this one is not
    let glb = import_scan(&glb(&mesh), "head.glb", &ImportSettings::default()).expect("imports");
    assert_eq!(glb.report.unit.unit, Unit::Millimetre);
    assert!(
        glb.report.warnings.iter().any(|w| w.contains("glTF files are in metres")),
        "{:?}",
        glb.report.warnings
    );
    assert_same_head(&first, &glb, 0.05, "glb");
}

#[test]
fn floating_bits_inverted_faces_copies_and_flaps_are_cleaned_away() {
    let mesh = client(4.0);
    let first = import(&mesh);
    let mut draw = random(7);
    let mut damaged = mesh.clone();
    let mut n_inverted = 0;
    for t in &mut damaged.triangles {
        if draw() < 0.3 {
            t.swap(1, 2);
            n_inverted += 1;
        }
    }
    let copies: Vec<[u32; 3]> = damaged.triangles.iter().step_by(11).map(|&[a, b, c]| [b, c, a]).collect();
    damaged.triangles.extend(&copies);
    // flaps: third triangles on an edge, far apart from each other
    let scalp = |t: &usize| mesh.corners(*t).iter().all(|p| p.y > 50.0);
    for t in (0..mesh.triangles.len()).filter(scalp).step_by(151).take(20) {
        let [a, b, _] = mesh.triangles[t];
        let middle = 0.5 * (mesh.positions[a as usize] + mesh.positions[b as usize]);
        damaged.positions.push(middle * 1.08);
        damaged.triangles.push([a, b, damaged.positions.len() as u32 - 1]);
    }
    for _ in 0..25 {
        let away = DVec3::new(draw() - 0.5, draw() - 0.3, draw() - 0.5).normalize() * (190.0 + 60.0 * draw());
        damaged = both(&damaged, &moved(&cube(9.0, 1), |p| p + away));
    }
    let scan = import(&damaged);
    let clean = &scan.report.clean;
    assert_eq!(clean.triangles_dropped, copies.len());
    assert_eq!(clean.edges_cut, 20);
    assert_eq!(clean.pieces_dropped, 25 + 20, "bits and flaps");
    // a flap alone has no outside; it may have been turned as well
    assert!(
        (n_inverted..=n_inverted + 20).contains(&clean.faces_flipped),
        "{} of {n_inverted}",
        clean.faces_flipped
    );
    assert_same_head(&first, &scan, 0.1, "cleaned");
    let distances = scalp_distances_mm(&scan, &mesh);
    // facets of 4 mm lie 0.025 mm inside the curve that the new vertices follow
    assert!(rms(&distances) < 0.05, "{}", rms(&distances));
}

#[test]
fn holes_are_filled_in_the_curve_of_the_head() {
    let mesh = client(3.0);
    let first = import(&mesh);
    let centres =
        [DVec3::new(15.0, 138.0, -10.0), DVec3::new(-60.0, 95.0, -45.0), DVec3::new(10.0, 60.0, -105.0)];
    let pierced = part(&mesh, |p| centres.iter().all(|c| p.distance(*c) > 22.0));
    let scan = import(&pierced);
    let filled: Vec<f64> = scan.report.holes.iter().filter(|h| h.on_scalp).map(|h| h.filled_mm2).collect();
    assert_eq!(filled.len(), 3, "{:?}", scan.report.holes);
    assert!(filled.iter().all(|a| (1000.0..1900.0).contains(a)), "{filled:?}");
    assert_same_head(&first, &scan, 0.6, "filled");
    // A flat lid of this size would lie 3 mm inside the head.
    let distances = scalp_distances_mm(&scan, &mesh);
    let worst = distances.iter().copied().fold(0.0, f64::max);
    assert!(worst < 0.6, "{worst} mm");
    assert!(rms(&distances) < 0.1);
}

#[test]
fn noise_is_told_and_taken_away_but_shape_is_not() {
    let mesh = client(2.5);
    let mut draw = random(3);
    let mut gauss = move || (0..12).map(|_| draw()).sum::<f64>() - 6.0;
    for noise_mm in [0.25, 0.5, 1.0] {
        let rough = moved(&mesh, |p| p + noise_mm * DVec3::new(gauss(), gauss(), gauss()));
        let scan = import(&rough);
        let told = scan.report.noise.noise_mm;
        assert!((told / noise_mm - 1.0).abs() < 0.15, "{told} for {noise_mm}");
        let left = rms(&scalp_distances_mm(&scan, &mesh));
        assert!(left < 0.42 * noise_mm, "{left} mm left of {noise_mm}: {:?}", scan.report.noise);
    }
    let scan = import(&mesh);
    assert_eq!(scan.report.noise.rounds, 0, "{:?}", scan.report.noise);
    // facets of 2.5 mm lie 0.01 mm inside the curve that the new vertices follow
    assert!(rms(&scalp_distances_mm(&scan, &mesh)) < 0.02);
}

#[test]
fn walls_shoulders_and_very_fine_meshes_do_not_matter() {
    let mesh = client(1.0);
    assert!(mesh.triangles.len() > 300_000);
    let first = import(&mesh);
    assert!((1.8..2.3).contains(&first.report.mesh.edge_after_mm), "{:?}", first.report.mesh);
    // a trunk around the neck, and a wall of two triangles that goes through the head's back
    let mesh = client(4.0);
    let first = import(&mesh);
    let trunk = moved(&ball(1.0, 24), |p| p * DVec3::new(230.0, 150.0, 110.0) - DVec3::new(0.0, 300.0, 20.0));
    let corner = |x: f64, y: f64| DVec3::new(x, y, -300.0);
    let wall = TriMesh {
        positions: vec![corner(-4e3, -4e3), corner(4e3, -4e3), corner(4e3, 4e3), corner(-4e3, 4e3)],
        triangles: vec![[0, 1, 2], [0, 2, 3]],
    };
    let scan = import(&both(&mesh, &trunk));
    assert_same_head(&first, &scan, 0.6, "with a trunk");
    assert!(scan.report.neck.as_ref().is_some_and(|n| n.share_cut > 0.5), "{:?}", scan.report.neck);
    let scan = import_scan(&ply_binary(&both(&mesh, &wall), true), "wall.ply", &ImportSettings::default());
    match scan {
        Ok(scan) => assert_same_head(&first, &scan, 0.6, "before a wall"),
        Err(e) => assert!(e.to_string().contains("head"), "{e}"),
    }
}
