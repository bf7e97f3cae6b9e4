//! Every real scan of the shared material imports, and stands where its truth says.

#![allow(clippy::print_stdout, reason = "`--nocapture` shows the errors head by head")]

mod meshes;
mod scans;

use glam::{DMat4, DQuat, DVec3};
use hairline_scalp::import::{
    GivenLandmarks, HoleReport, ImportSettings, ImportedScan, Source, Unit, import_scan, read_mesh,
};
use hairline_scalp::model::{Measurements, Sex};
use hairline_scalp::{Landmarks, TriMesh};
use meshes::*;
use parry3d_f64::query::PointQuery;
use scans::{Truth, scan_bytes, truths};
use std::f64::consts::{FRAC_PI_2, PI};

fn import(bytes: &[u8], name: &str) -> ImportedScan {
    import_scan(bytes, name, &ImportSettings::default()).unwrap_or_else(|e| panic!("{e}"))
}

/// How far a found head is from the true one: angle (degrees), and the offsets of some landmarks (mm).
struct Errors {
    rotation_deg: f64,
    tragions_mm: f64,
    nasion_mm: f64,
    inion_mm: f64,
    /// Upright only: the top of a head is flat, and its highest point wanders.
    vertex_height_mm: f64,
}

fn errors(scan: &ImportedScan, truth: &Truth) -> Errors {
    let found_from_true = scan.head_from_scan * truth.scan_from_head;
    let (_, rotation, origin) = found_from_true.to_scale_rotation_translation();
    let off =
        |found: DVec3, name: &str| found.distance(found_from_true.transform_point3(truth.landmark(name)));
    let vertex = found_from_true.transform_point3(truth.landmark("vertex"));
    let l = &scan.head.landmarks;
    Errors {
        rotation_deg: 2.0 * libm::acos(rotation.w.abs().min(1.0)).to_degrees(),
        tragions_mm: origin.length(),
        nasion_mm: off(l.nasion, "nasion"),
        inion_mm: off(l.inion, "inion"),
        vertex_height_mm: (l.vertex.y - vertex.y).abs(),
    }
}

/// Without any hint: rotation, middle of the tragions, nasion, inion, height of the vertex at most this far off. The
/// truth of the tragions is a mark on the ear; it lies differently on the ear of the Mesh2HRTF head, and two heads
/// have no ears at all.
const BARS: [(&str, [f64; 5]); 16] = [
    // degrees, mm, mm, mm, mm
    ("fsaverage_head.ply", [3.0, 9.5, 3.5, 5.0, 1.0]),
    ("ict_generic_neutral.obj", [3.0, 2.5, 4.0, 5.5, 1.0]),
    ("ict_random_identity_00.ply", [1.5, 3.0, 3.5, 3.5, 1.0]),
    ("ict_random_identity_03.ply", [3.5, 3.0, 4.5, 6.5, 1.0]),
    ("ict_random_identity_07.ply", [3.0, 3.5, 4.5, 6.0, 1.0]),
    ("lps_head_subdivided.stl", [2.0, 3.0, 3.5, 3.5, 1.0]),
    ("lps_head_textured.glb", [2.0, 3.0, 3.5, 3.5, 1.0]),
    ("lps_head_textured.obj", [2.0, 3.0, 3.5, 3.5, 1.0]),
    ("lps_phone_like_scan.ply", [2.5, 3.0, 4.0, 5.0, 2.0]),
    ("makehuman_african_male.ply", [2.5, 4.0, 2.5, 7.0, 1.0]),
    ("makehuman_asian_female.ply", [2.0, 3.0, 2.0, 3.5, 1.0]),
    ("makehuman_asian_male.ply", [2.0, 3.5, 2.0, 5.5, 1.0]),
    ("makehuman_caucasian_female.ply", [1.5, 3.0, 2.5, 4.0, 1.0]),
    ("makehuman_caucasian_male.ply", [1.5, 3.5, 2.5, 3.0, 1.0]),
    ("mesh2hrtf_example_head.ply", [4.0, 9.5, 5.0, 8.5, 1.0]),
    ("mni_avg152_scalp.ply", [2.0, 8.0, 4.5, 6.0, 1.0]),
];

#[test]
fn every_scan_imports_and_stands_where_its_truth_says() {
    let mut wrong = Vec::new();
    for truth in truths() {
        let scan = import(&scan_bytes(&truth.file), &truth.file);
        let e = errors(&scan, &truth);
        let found = [e.rotation_deg, e.tragions_mm, e.nasion_mm, e.inion_mm, e.vertex_height_mm];
        let row =
            format!("{}: {:.1?} (deg, tragions, nasion, inion, vertex height in mm)", truth.file, found);
        println!("{row}");
        let bars = BARS.iter().find(|(file, _)| *file == truth.file).map(|(_, bars)| bars).expect("has bars");
        if found.iter().zip(bars).any(|(found, bar)| found > bar) {
            wrong.push(format!("{row}, allowed {bars:?}"));
        }
        let unit = if truth.scan_from_head.x_axis.length() < 0.1 { Unit::Metre } else { Unit::Millimetre };
        assert_eq!(scan.report.unit.unit, unit, "{}", truth.file);
        check_mesh(&scan.head.mesh, &truth.file);
        if truth.file != "lps_phone_like_scan.ply" {
            check_measures(&scan, &truth);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `index.json` was measured by another program in its own frame; length, breadth and circumference hardly depend on it.
fn check_measures(scan: &ImportedScan, truth: &Truth) {
    let m = &scan.report.measures;
    let rows =
        [("length", m.length_mm, 0.8), ("breadth", m.breadth_mm, 0.9), ("circ", m.circumference_mm, 2.0)];
    for (key, found, allowed) in rows {
        let other = truth.measures[key].as_f64().expect("measured");
        // One head's tape runs so low that the other program's went over its ears.
        let over_ears = key == "circ" && truth.measures["circ_plane_z"].as_f64() < Some(30.0);
        let allowed = if over_ears { 6.0 } else { allowed };
        assert!((found - other).abs() < allowed, "{} {key}: {found} against {other}", truth.file);
    }
}

/// One piece, manifold, outside out, even on the scalp.
fn check_mesh(mesh: &TriMesh, file: &str) {
    let mut edges: Vec<[u32; 2]> =
        mesh.triangles.iter().flat_map(|&[a, b, c]| [[a, b], [b, c], [c, a]]).collect();
    edges.sort_unstable();
    assert!(edges.windows(2).all(|w| w[0] != w[1]), "{file}: an edge has two triangles on one side");
    let normals = mesh.vertex_normals();
    let scalp: Vec<usize> = (0..mesh.positions.len()).filter(|&v| mesh.positions[v].y > 60.0).collect();
    assert!(scalp.len() > 5000, "{file}");
    let inward = scalp.iter().filter(|&&v| normals[v].dot(mesh.positions[v] - DVec3::Y * 40.0) < 0.0).count();
    assert_eq!(inward, 0, "{file}: inside out");
    let on_scalp = |v: u32| mesh.positions[v as usize].y > 60.0;
    let mut lengths: Vec<f64> = edges
        .iter()
        .filter(|e| e.iter().all(|v| on_scalp(*v)))
        .map(|[a, b]| mesh.positions[*a as usize].distance(mesh.positions[*b as usize]))
        .collect();
    lengths.sort_by(f64::total_cmp);
    let share = |s: f64| lengths[(s * (lengths.len() - 1) as f64) as usize];
    let found = [share(0.01), share(0.5), share(0.99)];
    assert!(
        found[0] > 1.0 && (1.8..2.3).contains(&found[1]) && found[2] < 3.2,
        "{file}: edges {found:.2?} mm"
    );
}

#[test]
fn a_phone_scan_is_cleaned_and_its_scale_is_corrected_by_a_tape() {
    let truth = truths().into_iter().find(|t| t.file == "lps_phone_like_scan.ply").expect("listed");
    let bytes = scan_bytes(&truth.file);
    let found = import(&bytes, &truth.file);
    let report = &found.report;
    // noise 0.5 mm, three holes of which two are on the scalp, 1.3 % too large
    assert!((report.noise.noise_mm - 0.5).abs() < 0.1, "{:?}", report.noise);
    assert!(report.noise.moved_rms_mm < 0.6, "{:?}", report.noise);
    let filled = |h: &&HoleReport| h.filled_mm2 > 0.0;
    assert_eq!(report.holes.iter().filter(filled).filter(|h| h.on_scalp).count(), 2, "{:?}", report.holes);
    assert_eq!(
        report.holes.iter().filter(filled).filter(|h| h.border_mm > 40.0).count(),
        2,
        "{:?}",
        report.holes
    );
    assert!(report.unit.scale_correction == 1.0);
    let tape = Measurements { circumference_mm: Some(575.0), ..Measurements::none(Sex::Male) };
    let settings = ImportSettings { tape: Some(tape), ..ImportSettings::default() };
    let scaled = import_scan(&bytes, &truth.file, &settings).expect("imports");
    assert!((scaled.report.unit.scale_correction * 1.013 - 1.0).abs() < 0.004, "{:?}", scaled.report.unit);
    assert!((scaled.report.measures.circumference_mm - 575.0).abs() < 0.2);

    // Against the undamaged scan, in true millimetres: the warp of 1.5 mm stays, noise and holes do not.
    let whole = read_mesh(&scan_bytes("lps_head_subdivided.stl"), "lps.stl").expect("reads").mesh;
    let true_from_found = truth.scan_from_head.inverse() * scaled.head_from_scan.inverse();
    let whole = moved(&whole, |p| DVec3::new(-p.x, p.z, p.y));
    let surface = parry3d_f64::shape::TriMesh::new(whole.positions, whole.triangles).expect("has triangles");
    let scalp = scaled.head.mesh.positions.iter().filter(|p| p.y > 60.0);
    let squares: Vec<f64> = scalp
        .map(|p| true_from_found.transform_point3(*p))
        .map(|p| surface.distance_to_local_point(p, false))
        .map(|d| d * d)
        .collect();
    let rms_mm = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
    assert!(rms_mm < 1.3, "{rms_mm} mm");
}

/// The landmarks of the real scan, in its file's coordinates.
fn lps_landmarks() -> GivenLandmarks {
    let all: serde_json::Value = serde_json::from_slice(&scan_bytes("lps_landmarks_mm.json")).expect("JSON");
    let point = |name: &str| Some([0, 1, 2].map(|i| all[name][i].as_f64().expect("a number")));
    GivenLandmarks {
        nasion: point("nasion"),
        glabella: point("glabella"),
        tragion_left: point("tragion_L"),
        tragion_right: point("tragion_R"),
        ..GivenLandmarks::default()
    }
}

#[test]
fn given_landmarks_fix_the_frame_exactly() {
    let (bytes, given) = (scan_bytes("lps_head_textured.obj"), lps_landmarks());
    let settings = ImportSettings { landmarks: given, ..ImportSettings::default() };
    let scan = import_scan(&bytes, "lps.obj", &settings).expect("imports");
    let place = |p: Option<[f64; 3]>| scan.head_from_scan.transform_point3(DVec3::from(p.expect("given")));
    let l = scan.head.landmarks;
    for (found, given) in [
        (l.nasion, given.nasion),
        (l.glabella, given.glabella),
        (l.tragion_left, given.tragion_left),
        (l.tragion_right, given.tragion_right),
    ] {
        assert!(found.distance(place(given)) < 1e-9);
    }
    assert!(l.tragion_left.distance(DVec3::new(70.87, 0.0, 0.0)) < 1e-9, "{:?}", l.tragion_left);
    assert!(l.tragion_right.distance(DVec3::new(-70.87, 0.0, 0.0)) < 1e-9);
    let elevation_deg = libm::atan2(l.nasion.y, l.nasion.z).to_degrees();
    assert!((elevation_deg - 11.0).abs() < 1e-9, "{elevation_deg}");
    assert!((l.nasion.x - 0.6).abs() < 1e-9);
    for landmark in &scan.report.landmarks {
        let given = ["nasion", "glabella", "tragion_left", "tragion_right"].contains(&landmark.name);
        assert_eq!(landmark.source == Source::Given, given, "{landmark:?}");
        let back = scan.head_from_scan.transform_point3(landmark.position_in_file);
        assert!(back.distance(landmark.position_mm) < 1e-9);
    }
    assert_eq!(scan.report.orientation.confidence, 1.0);

    // The same scan with left and right exchanged and the faces as they were: only the landmarks can tell.
    let mesh = read_mesh(&bytes, "lps.obj").expect("reads").mesh;
    let exchanged = moved(&mesh, |p| DVec3::new(-p.x, p.y, p.z));
    let exchange = |p: Option<[f64; 3]>| p.map(|[x, y, z]| [-x, y, z]);
    let given = GivenLandmarks {
        nasion: exchange(given.nasion),
        glabella: exchange(given.glabella),
        tragion_left: exchange(given.tragion_left),
        tragion_right: exchange(given.tragion_right),
        ..given
    };
    let settings = ImportSettings { landmarks: given, ..ImportSettings::default() };
    let again = import_scan(&ply_binary(&exchanged, true), "exchanged.ply", &settings).expect("imports");
    assert!(again.report.orientation.mirrored);
    assert!(again.head_from_scan.determinant() < 0.0);
    assert_same_landmarks(&scan.head.landmarks, &again.head.landmarks, 0.05, "exchanged");
}

fn assert_same_landmarks(a: &Landmarks, b: &Landmarks, allowed_mm: f64, what: &str) {
    for (name, p, q) in [
        ("nasion", a.nasion, b.nasion),
        ("glabella", a.glabella, b.glabella),
        ("inion", a.inion, b.inion),
        ("tragion_left", a.tragion_left, b.tragion_left),
        ("tragion_right", a.tragion_right, b.tragion_right),
    ] {
        assert!(p.distance(q) < allowed_mm, "{what}: {name} {p} against {q}");
    }
}

#[test]
fn some_given_landmarks_are_kept_and_the_rest_is_found() {
    let (bytes, all) = (scan_bytes("lps_head_textured.obj"), lps_landmarks());
    let none = GivenLandmarks::default();
    for given in [
        GivenLandmarks { nasion: all.nasion, ..none },
        GivenLandmarks { tragion_left: all.tragion_left, ..none },
        GivenLandmarks { tragion_left: all.tragion_left, nasion: all.nasion, ..none },
        GivenLandmarks { tragion_left: all.tragion_left, tragion_right: all.tragion_right, ..none },
        GivenLandmarks { glabella: all.glabella, inion: Some([0.0, -107.3, 4.9]), ..none },
    ] {
        let settings = ImportSettings { landmarks: given, ..ImportSettings::default() };
        let scan = import_scan(&bytes, "lps.obj", &settings).expect("imports");
        let truth = truths().into_iter().find(|t| t.file == "lps_head_textured.obj").expect("listed");
        let e = errors(&scan, &truth);
        let found = [e.rotation_deg, e.tragions_mm, e.nasion_mm];
        assert!(e.rotation_deg < 2.0 && e.tragions_mm < 3.0 && e.nasion_mm < 4.0, "{found:.1?} {given:?}");
        for landmark in &scan.report.landmarks {
            let p = match landmark.name {
                "nasion" => given.nasion,
                "glabella" => given.glabella,
                "inion" => given.inion,
                "tragion_left" => given.tragion_left,
                "tragion_right" => given.tragion_right,
                _ => None,
            };
            assert_eq!(landmark.source == Source::Given, p.is_some(), "{landmark:?}");
            if let Some(p) = p {
                assert!(landmark.position_in_file.distance(DVec3::from(p)) < 1e-9);
            }
        }
    }
}

/// The same scan in other axes, another unit, other places and with its faces inside out is the same head.
#[test]
fn orientation_unit_and_winding_of_a_file_do_not_matter() {
    for (file, n_turns) in [("ict_random_identity_00.ply", 6), ("mesh2hrtf_example_head.ply", 3)] {
        let bytes = scan_bytes(file);
        let mesh = read_mesh(&bytes, file).expect("reads").mesh;
        let first = import(&bytes, file);
        let axis = |x: f64, y: f64, z: f64| DVec3::new(x, y, z).normalize();
        for (i, (turn, unit, inside_out)) in [
            (DQuat::IDENTITY, Unit::Inch, true),
            (DQuat::from_axis_angle(DVec3::X, FRAC_PI_2), Unit::Metre, false),
            (DQuat::from_axis_angle(axis(1.0, 2.0, 3.0), 2.2), Unit::Centimetre, true),
            (DQuat::from_axis_angle(axis(-3.0, 1.0, 0.4), 3.1), Unit::Millimetre, true),
            (DQuat::from_axis_angle(axis(0.2, -1.0, 0.7), 0.6), Unit::Inch, false),
            (DQuat::from_axis_angle(DVec3::Z, PI), Unit::Metre, true),
        ]
        .into_iter()
        .enumerate()
        .take(n_turns)
        {
            let new_from_file = DMat4::from_scale_rotation_translation(
                DVec3::splat(1.0 / unit.mm()),
                turn,
                DVec3::new(310.0, -75.0, 770.0) * i as f64 / unit.mm(),
            );
            let mut other = moved(&mesh, |p| new_from_file.transform_point3(p));
            if inside_out {
                other.triangles.iter_mut().for_each(|t| t.swap(0, 1));
            }
            let scan = import(&ply_binary(&other, i % 2 == 0), file);
            let what = format!("{file} turned {i}");
            assert_eq!(scan.report.unit.unit, unit, "{what}");
            assert_eq!(scan.report.clean.faces_flipped == mesh.triangles.len(), inside_out, "{what}");
            let moved_by = scan.head_from_scan * new_from_file * first.head_from_scan.inverse();
            let (scale, rotation, shift) = moved_by.to_scale_rotation_translation();
            let angle_deg = 2.0 * libm::acos(rotation.w.abs().min(1.0)).to_degrees();
            println!("{what}: {angle_deg:.3} deg, {:.3} mm", shift.length());
            assert!((scale - DVec3::ONE).abs().max_element() < 1e-6, "{what}: {scale}");
            assert!(
                angle_deg < 0.5 && shift.length() < 0.8,
                "{what}: {angle_deg} deg, {} mm",
                shift.length()
            );
            assert_same_landmarks(&first.head.landmarks, &scan.head.landmarks, 1.2, &what);
            let (a, b) = (&first.report.measures, &scan.report.measures);
            assert!((a.circumference_mm - b.circumference_mm).abs() < 0.5, "{what}");
        }
    }
}

#[test]
fn an_import_gives_the_same_bytes_on_one_and_on_two_threads() {
    let bytes = scan_bytes("lps_phone_like_scan.ply");
    let on = |n: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("threads start");
        pool.install(|| import(&bytes, "phone.ply"))
    };
    let (one, two) = (on(1), on(2));
    assert_eq!(one.head.mesh, two.head.mesh);
    assert_eq!(one.head_from_scan, two.head_from_scan);
    assert_eq!(one.report, two.report);
}

#[test]
fn a_real_face_without_its_cranium_and_a_scan_taken_twice_are_refused() {
    let bytes = scan_bytes("lps_head_subdivided.stl");
    let mesh = read_mesh(&bytes, "lps.stl").expect("reads").mesh;
    // x right, y forward, z up
    let face = part(&mesh, |p| p.y > 35.0 && p.z < 60.0 && p.z > -110.0);
    let twice = both(&mesh, &moved(&mesh, |p| p + DVec3::new(470.0, 20.0, 15.0)));
    for (mesh, fragment) in [(face, "the whole scalp is needed"), (twice, "two heads")] {
        let error =
            import_scan(&stl_binary(&mesh), "scan.stl", &ImportSettings::default()).expect_err(fragment);
        assert!(error.to_string().contains(fragment), "{error}");
    }
}
