//! Broken scans: each is refused with a sentence that says what is wrong and what to do.

mod meshes;

use glam::DVec3;
use hairline_scalp::TriMesh;
use hairline_scalp::import::{GivenLandmarks, ImportSettings, import_scan};
use hairline_scalp::model::{Measurements, Sex};
use meshes::*;

/// A broken file: its name, its bytes, and a part of the sentence that refuses it.
type Broken = (&'static str, Vec<u8>, &'static str);

fn small() -> TriMesh {
    cube(100.0, 2)
}

fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("written as text")
}

fn replaced(bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    let text = text_of(bytes);
    assert!(text.contains(from), "the test replaces something: {from}");
    text.replacen(from, to, 1).into_bytes()
}

/// JSON of a small glTF with one replacement, as a GLB.
fn glb_with(from: &str, to: &str) -> Vec<u8> {
    let (binary, json) = gltf_parts(&small(), "");
    assert!(json.contains(from), "the test replaces something: {from}");
    glb_of(&json.replacen(from, to, 1), &binary)
}

fn magic(bytes: &[u8]) -> Vec<u8> {
    let mut file = bytes.to_vec();
    file.extend((0..2000_u32).map(|i| (i * 37 % 251) as u8));
    file
}

fn kinds_that_are_no_mesh() -> Vec<Broken> {
    let mut dicom = vec![0; 128];
    dicom.extend(b"DICM");
    vec![
        ("scan.ply", Vec::new(), "empty file"),
        ("scan.png", magic(b"\x89PNG\r\n\x1a\n"), "a PNG picture"),
        ("scan.jpg", magic(b"\xff\xd8\xff\xe0"), "a JPEG picture"),
        ("scan.heic", magic(b"\0\0\0\x18ftypheic"), "a HEIC picture"),
        ("scan.usdz", magic(b"PK\x03\x04"), "export the scan as GLB, OBJ or PLY"),
        ("scan.usdc", magic(b"PXR-USDC"), "a USD file"),
        ("scan.zip", magic(b"PK\x03\x04"), "unpack it"),
        ("scan.obj.gz", magic(b"\x1f\x8b\x08"), "packed with gzip"),
        ("scan.fbx", magic(b"Kaydara FBX Binary  \0"), "open it in Blender"),
        ("scan.abc", magic(b"Ogawa\xff"), "an Alembic file"),
        ("scan.blend", magic(b"BLENDER-v"), "a Blender file"),
        ("scan.e57", magic(b"ASTM-E57"), "make a mesh of it"),
        ("scan.drc", magic(b"DRACO\x02\x02"), "without Draco"),
        ("scan.dcm", dicom, "3D Slicer"),
        ("scan.pdf", magic(b"%PDF-1.7"), "a PDF document"),
        ("scan.html", b"<!doctype html><title>404</title>".to_vec(), "XML or HTML"),
        ("scan.txt", b"please find my head attached\n".to_vec(), "a text that is no OBJ"),
        ("scan.bin", vec![1, 2, 3, 0, 255, 254, 7, 8, 9], "a file of unknown kind"),
    ]
}

fn broken_ply() -> Vec<Broken> {
    let ascii = || ply_ascii(&small());
    let mut cut_off = ply_binary(&small(), true);
    cut_off.truncate(cut_off.len() - 5);
    vec![
        ("a.ply", b"ply\nformat ascii 1.0\nelement vertex 3\n".to_vec(), "without `end_header`"),
        ("b.ply", replaced(ascii(), "format ascii", "format binary_mixed_endian"), "allowed are ascii"),
        ("c.ply", replaced(ascii(), "element vertex 54", "element vertex 450000000"), "GB), but only"),
        ("d.ply", cut_off, "face 48: the file ends here"),
        ("e.ply", replaced(ascii(), "\n3 0", "\n9 0"), "fewer numbers"),
        ("f.ply", replaced(ascii(), "\n3 0", "\n2 0"), "1 more numbers"),
        ("g.ply", replaced(ascii(), "\n-50 -50 -50\n", "\n-50 NaN -50\n"), "vertex 1: y is NaN"),
        ("h.ply", replaced(ascii(), "\n-50 -50 -50\n", "\n-50 1e300 -50\n"), "a finite number is needed"),
        (
            "i.ply",
            replaced(ascii(), "\n-50 -50 -50\n", "\n-50 fifty -50\n"),
            "line 11 (vertex 1): `fifty` is no number",
        ),
        ("j.ply", replaced(ascii(), "\n3 0", "\n3 4711"), "face 1: corner 4711 does not exist"),
        ("k.ply", replaced(ascii(), "element face", "element splat"), "not a point cloud or a splat"),
        ("l.ply", replaced(ascii(), "property double y\n", ""), "lack a property x, y or z"),
        (
            "m.ply",
            replaced(ascii(), "element face", "element dust 99999999999\nelement face"),
            "`dust` has no property",
        ),
        (
            "n.ply",
            replaced(ascii(), "property double y", "property quadruple y"),
            "no property of an element",
        ),
        (
            "o.ply",
            b"ply\nelement vertex 1\nproperty float x\nelement face 0\nend_header\n".to_vec(),
            "`format` is missing",
        ),
    ]
}

fn broken_stl_and_obj() -> Vec<Broken> {
    let mut huge = stl_binary(&small());
    huge[80..84].copy_from_slice(&200_000_000_u32.to_le_bytes());
    let mut cut_off = stl_binary(&small());
    cut_off.truncate(1000);
    let mut not_a_number = stl_binary(&small());
    not_a_number[84 + 50 + 12..84 + 50 + 16].copy_from_slice(&f32::NAN.to_le_bytes());
    let ascii = || stl_ascii(&small());
    let cut_ascii = text_of(ascii())[..700].to_owned();
    let cut_ascii = cut_ascii.as_bytes()[..cut_ascii.rfind('\n').expect("has lines")].to_vec();
    let obj = || obj(&small());
    vec![
        ("a.stl", huge, "it announces 200000000 triangles (10.0 GB)"),
        ("b.stl", cut_off, "cut off"),
        ("c.stl", not_a_number, "triangle 2, corner 1: x is NaN"),
        ("d.stl", vec![0; 30], "at least 84"),
        ("e.stl", cut_ascii, "before `endsolid`"),
        (
            "f.stl",
            replaced(ascii(), "vertex -50 -50 -50", "vertex -50 -50"),
            "line 4: a vertex has 3 numbers",
        ),
        ("g.stl", replaced(ascii(), "   vertex -50 -50 -50\n", ""), "2 of 3 vertices"),
        ("h.stl", replaced(ascii(), "outer loop", "inner loop"), "`inner` is no word of an STL"),
        ("a.obj", replaced(obj(), "f 1/1/1", "f 55/1/1"), "names vertex 55, but the file has 54"),
        ("b.obj", replaced(obj(), "f 1/1/1", "f 0/1/1"), "`0/1/1` names no vertex"),
        ("c.obj", replaced(obj(), "f 1/1/1", "f -99"), "names no vertex"),
        ("d.obj", replaced(obj(), "v -50 -50 -50", "v -50 x -50"), "line 4: a vertex has 3 to 7 numbers"),
        ("e.obj", replaced(obj(), "v -50 -50 -50", "v -50 inf -50"), "y is inf"),
        ("f.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n".to_vec(), "3 points and no triangle"),
    ]
}

fn broken_gltf() -> Vec<Broken> {
    let (_, json) = gltf_parts(&small(), r#""uri":"scan.bin","#);
    let mut cut_off = glb(&small());
    cut_off.truncate(cut_off.len() - 100);
    let mut first_version = glb(&small());
    first_version[4] = 1;
    let mut no_json = glb(&small());
    no_json[16..20].copy_from_slice(b"NOSJ");
    let recursive = r#""nodes":[{"mesh":0,"children":[1]},{"children":[0]}]"#;
    let twice = r#""nodes":[{"children":[1,2]},{"children":[3]},{"children":[3]},{"mesh":0}]"#;
    let draco = r#""extensionsRequired":["KHR_draco_mesh_compression"],"scene":0"#;
    let meshopt = r#""extensionsRequired":["EXT_meshopt_compression"],"scene":0"#;
    let odd = r#""extensionsRequired":["ACME_holograms"],"scene":0"#;
    let nested = format!(r#"{{"asset":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    vec![
        ("a.glb", cut_off, "it is cut off"),
        ("b.glb", first_version, "version 1; 2 is allowed"),
        ("c.glb", no_json, "no JSON chunk"),
        ("d.glb", b"glTF\x02\0\0\0".to_vec(), "within the GLB header"),
        ("e.glb", glb_with(r#""nodes":[{"mesh":0}]"#, recursive), "its own ancestor"),
        ("f.glb", glb_with(r#""nodes":[{"mesh":0}]"#, twice), "child of two nodes"),
        ("g.glb", glb_with(r#""scene":0"#, draco), "without Draco"),
        (
            "h.glb",
            glb_with(r#""indices":1"#, r#""indices":1,"extensions":{"KHR_draco_mesh_compression":{}}"#),
            "without Draco",
        ),
        ("i.glb", glb_with(r#""scene":0"#, meshopt), "without meshopt"),
        ("j.glb", glb_with(r#""scene":0"#, odd), "ACME_holograms"),
        ("k.gltf", json.into_bytes(), "in another file (`scan.bin`)"),
        ("l.glb", glb_with(r#""count":54"#, r#""count":900000000"#), "10.8 GB"),
        ("m.glb", glb_with(r#""count":54"#, r#""count":3"#), "does not exist; the primitive has 3 vertices"),
        ("n.glb", glb_with(r#""type":"VEC3""#, r#""type":"VEC3","sparse":{"count":1}"#), "sparse"),
        ("o.glb", glb_with(r#""componentType":5126"#, r#""componentType":77"#), "component type 77"),
        ("p.glb", glb_with(r#""bufferView":0"#, r#""bufferView":9"#), "in no buffer"),
        ("q.glb", glb_with(r#""nodes":[0]"#, r#""nodes":[7]"#), "node 7: it does not exist"),
        ("r.glb", glb_with(r#""scene":0"#, r#""scene":5"#), "scene 5 does not exist"),
        (
            "s.glb",
            glb_with(r#""mesh":0"#, r#""mesh":0,"scale":[1e308,1e308,1e308],"translation":[1e308,0,0]"#),
            "finite",
        ),
        ("t.gltf", b"{\"asset\": {\"version\": \"2.0\"".to_vec(), "JSON line 1"),
        ("u.gltf", nested.into_bytes(), "JSON line 1"),
        ("v.gltf", b"{\"name\": \"no glTF\"}".to_vec(), "missing field `asset`"),
        ("w.gltf", replaced(gltf(&small()), "base64,AA", "base64,*A"), "its base64 is broken"),
    ]
}

fn what_is_no_head() -> Vec<Broken> {
    let head = average_head();
    let beside = both(&head, &moved(&head, |p| p + DVec3::new(320.0, 30.0, -50.0)));
    let facing = both(&head, &moved(&head, |p| DVec3::new(-p.x, p.y, 420.0 - p.z)));
    let face = part(&head, |p| p.z > 30.0 && p.y < 62.0 && p.y > -110.0);
    let back = part(&head, |p| p.z < 10.0 && p.y > -60.0);
    let top = part(&head, |p| p.y > 55.0);
    let flat = moved(&head, |p| DVec3::new(p.x, p.y, 0.0));
    let line = moved(&head, |p| DVec3::X * p.x);
    let spot = moved(&head, |_| DVec3::ONE);
    let far = moved(&head, |p| p * 100.0);
    let near = moved(&head, |p| p * 0.01);
    let one = TriMesh { positions: vec![DVec3::ZERO, DVec3::X, DVec3::Y], triangles: vec![[0, 1, 2]] };
    vec![
        ("cube.ply", ply_binary(&cube(180.0, 20), true), "no head"),
        ("ball.ply", ply_binary(&ball(90.0, 20), true), "round without a face"),
        (
            "egg.ply",
            ply_binary(&moved(&ball(1.0, 24), |p| p * DVec3::new(77.0, 100.0, 105.0)), true),
            "no head",
        ),
        ("two-heads.ply", ply_binary(&beside, true), "two heads"),
        ("couple.ply", ply_binary(&facing, true), "two heads"),
        ("face.ply", ply_binary(&face, true), "a face without a cranium"),
        ("back.ply", ply_binary(&back, true), "the whole scalp is needed"),
        ("top.ply", ply_binary(&top, true), "only one side of something"),
        ("flat.ply", ply_binary(&flat, true), "no head"),
        ("line.ply", ply_binary(&line, true), "no area"),
        ("spot.ply", ply_binary(&spot, true), "no area"),
        ("giant.ply", ply_binary(&far, true), "its length would be 19"),
        ("mite.ply", ply_binary(&near, true), "150 to 250 mm is allowed"),
        ("one.stl", stl_binary(&one), "no head"),
    ]
}

#[test]
fn every_broken_scan_is_refused_with_its_sentence() {
    let tables =
        [kinds_that_are_no_mesh(), broken_ply(), broken_stl_and_obj(), broken_gltf(), what_is_no_head()];
    let mut wrong = Vec::new();
    let mut n = 0;
    for (name, bytes, fragment) in tables.into_iter().flatten() {
        n += 1;
        match import_scan(&bytes, name, &ImportSettings::default()) {
            Ok(scan) => wrong.push(format!("{name} was imported: {:?}", scan.report)),
            Err(e) => {
                let message = e.to_string();
                if !message.contains(fragment) || !message.starts_with(name) || message.contains('\n') {
                    wrong.push(format!("{name}: `{message}` has no `{fragment}`"));
                }
            }
        }
    }
    assert!(n >= 60, "{n} broken scans");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_caller_says_is_refused_where_it_contradicts_the_scan() {
    let head = average_head();
    let bytes = ply_binary(&head, true);
    let find = ImportSettings::default;
    let landmarks = |nasion: [f64; 3], left: [f64; 3], right: [f64; 3]| GivenLandmarks {
        nasion: Some(nasion),
        tragion_left: Some(left),
        tragion_right: Some(right),
        ..GivenLandmarks::default()
    };
    let (nasion, left, right) = ([0.0, 18.5, 95.0], [70.6, 0.0, 0.0], [-70.6, 0.0, 0.0]);
    let tape = |circumference_mm| Measurements { circumference_mm, ..Measurements::none(Sex::Male) };
    let rows: Vec<(ImportSettings, &str)> = vec![
        (
            ImportSettings { tape: Some(tape(Some(800.0))), ..find() },
            "head.measurements: circumference_mm 800 by tape",
        ),
        (
            ImportSettings { landmarks: landmarks([10.0, 0.0, 0.0], left, right), ..find() },
            "head.landmarks: tragions and nasion lie on one line",
        ),
        (
            ImportSettings { landmarks: landmarks(nasion.map(|v| v / 1000.0), left, right), ..find() },
            "head.landmarks",
        ),
        (
            ImportSettings {
                landmarks: landmarks(
                    nasion.map(|v| v / 1000.0),
                    left.map(|v| v / 1000.0),
                    right.map(|v| v / 1000.0),
                ),
                ..find()
            },
            "does not meet the scan's surface",
        ),
        (
            ImportSettings {
                landmarks: GivenLandmarks { inion: Some([0.0, 0.0, 0.0]), ..GivenLandmarks::default() },
                ..find()
            },
            "head.landmarks.inion: it lies",
        ),
        (
            ImportSettings {
                landmarks: GivenLandmarks {
                    glabella: Some([0.0, f64::NAN, 0.0]),
                    ..GivenLandmarks::default()
                },
                ..find()
            },
            "head.landmarks.glabella: found",
        ),
    ];
    for (settings, fragment) in rows {
        let error = import_scan(&bytes, "head.ply", &settings).expect_err(fragment);
        let message = error.to_string();
        assert!(message.contains(fragment), "`{message}` has no `{fragment}`");
    }
}
