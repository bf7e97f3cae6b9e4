//! Any bytes give a mesh or a sentence: no panic, no memory beyond a small multiple of the file.

mod meshes;

use glam::DVec3;
use hairline_scalp::TriMesh;
use hairline_scalp::import::{ImportSettings, RawMesh, import_scan, read_mesh};
use meshes::*;
use proptest::prelude::*;
use std::sync::LazyLock;

/// What a reader may give of a file: finite points, corners in range, lists of the points' length, and no more of
/// anything than the file has bytes.
fn check(bytes: &[u8], name: &str) {
    let RawMesh { mesh, quality, .. } = match read_mesh(bytes, name) {
        Ok(raw) => raw,
        Err(e) => {
            let message = e.to_string();
            assert!(message.starts_with(name) && message.len() < 600, "{message}");
            return;
        }
    };
    assert!(mesh.positions.iter().all(|p| p.is_finite()));
    assert!(mesh.triangles.iter().flatten().all(|&v| (v as usize) < mesh.positions.len()));
    assert!(mesh.triangles.len() <= bytes.len() && mesh.positions.len() <= bytes.len());
    assert!(quality.is_none_or(|q| q.len() == mesh.positions.len()));
}

/// Small valid files of every kind, to be damaged.
static FILES: LazyLock<Vec<(&str, Vec<u8>)>> = LazyLock::new(|| {
    let mut files = every_format(&cube(100.0, 2));
    let mut with_extras = cube(100.0, 1);
    with_extras.triangles.truncate(4);
    let text = String::from_utf8(ply_ascii(&with_extras)).expect("text");
    let extras =
        "property float quality\nproperty uchar red\nproperty uchar green\nproperty uchar blue\nelement face";
    files.push(("extras.ply", text.replace("element face", extras).into_bytes()));
    files
});

/// A head for whole imports.
static HEAD: LazyLock<TriMesh> = LazyLock::new(average_head);

#[derive(Clone, Debug)]
enum Damage {
    Byte(usize, u8),
    Word(usize, u32),
    Cut(usize),
    Drop(usize, usize),
    Repeat(usize, usize),
    Digits(usize, String),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = 0..100_000_usize;
    let extreme = prop_oneof![Just(0), Just(u32::MAX), Just(0x7fff_ffff), Just(0x7fc0_0000), any::<u32>()];
    prop_oneof![
        (at.clone(), any::<u8>()).prop_map(|(i, b)| Damage::Byte(i, b)),
        (at.clone(), extreme).prop_map(|(i, w)| Damage::Word(i, w)),
        at.clone().prop_map(Damage::Cut),
        (at.clone(), 1..200_usize).prop_map(|(i, n)| Damage::Drop(i, n)),
        (at.clone(), 1..200_usize).prop_map(|(i, n)| Damage::Repeat(i, n)),
        (at, "-?[0-9]{1,20}|nan|1e999|\\{|\\[|\"|\n").prop_map(|(i, s)| Damage::Digits(i, s)),
    ]
}

fn damaged(bytes: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for d in damages {
        let n = bytes.len().max(1);
        match d {
            Damage::Byte(i, b) => {
                if let Some(byte) = bytes.get_mut(i % n) {
                    *byte = *b;
                }
            }
            Damage::Word(i, w) => {
                let i = i % n;
                for (k, b) in w.to_le_bytes().into_iter().enumerate() {
                    if let Some(byte) = bytes.get_mut(i + k) {
                        *byte = b;
                    }
                }
            }
            Damage::Cut(i) => bytes.truncate(i % n),
            Damage::Drop(i, k) => {
                let (i, end) = (i % n, (i % n + k).min(bytes.len()));
                bytes.drain(i.min(end)..end);
            }
            Damage::Repeat(i, k) => {
                let (i, end) = (i % n, (i % n + k).min(bytes.len()));
                let copy = bytes[i.min(end)..end].to_vec();
                bytes.splice(end..end, copy);
            }
            Damage::Digits(i, s) => {
                let i = (i % n).min(bytes.len());
                bytes.splice(i..i, s.bytes());
            }
        }
    }
    bytes
}

const NAMES: [&str; 6] = ["scan", "scan.ply", "scan.stl", "scan.obj", "scan.glb", "scan.gltf"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn random_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600), name in 0..NAMES.len()) {
        check(&bytes, NAMES[name]);
    }

    #[test]
    fn random_bytes_after_a_true_beginning_are_read_or_refused(
        start in prop_oneof![
            Just(&b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\n"[..]),
            Just(&b"ply\nformat binary_big_endian 1.0\nelement vertex 9\nproperty list uchar int x\nend_header\n"[..]),
            Just(&b"solid x\nfacet normal 0 0 0\nouter loop\nvertex 1 2 3\n"[..]),
            Just(&b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 "[..]),
            Just(&b"glTF\x02\0\0\0\x90\0\0\0\x40\0\0\0JSON{\"asset\":{\"version\":\"2.0\"},"[..]),
            Just(&b"{\"asset\":{\"version\":\"2.0\"},\"nodes\":["[..]),
        ],
        rest in prop::collection::vec(any::<u8>(), 0..300),
        name in 0..NAMES.len(),
    ) {
        check(&[start, &rest].concat(), NAMES[name]);
    }

    #[test]
    fn damaged_files_are_read_or_refused(
        file in 0..9_usize,
        damages in prop::collection::vec(damage(), 1..6),
        keep_name in any::<bool>(),
    ) {
        let (name, bytes) = &FILES[file];
        check(&damaged(bytes, &damages), if keep_name { name } else { "scan" });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Soups of random triangles, from crumbs to a mesh of wild size, go through the whole import.
    #[test]
    fn triangle_soups_import_or_are_refused(
        points in prop::collection::vec(prop::array::uniform3(-4_i8..5), 3..60),
        corners in prop::collection::vec(prop::array::uniform3(0..60_usize), 1..200),
        size in prop_oneof![Just(1e-9), Just(1.0), Just(30.0), Just(1e11)],
        bend in any::<bool>(),
    ) {
        let n = points.len();
        let place = |p: &[i8; 3]| {
            let p = DVec3::from(p.map(f64::from));
            size * if bend { p.normalize_or_zero() * 3.0 + p * 0.1 } else { p }
        };
        let mesh = TriMesh {
            positions: points.iter().map(place).collect(),
            triangles: corners.iter().map(|c| c.map(|v| (v % n) as u32)).collect(),
        };
        let _ = import_scan(&ply_binary(&mesh, true), "soup.ply", &ImportSettings::default());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5))]

    /// A head of which triangles are gone, moved, copied and joined at random imports or is refused.
    #[test]
    fn a_mangled_head_imports_or_is_refused(
        seed in any::<u64>(),
        gone in 0.0..0.4,
        torn in 0.0..0.01,
        swapped in 0.0..0.01,
    ) {
        let mut state = seed;
        let mut draw = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut mesh = HEAD.clone();
        mesh.triangles.retain(|_| draw() >= gone);
        for p in &mut mesh.positions {
            if draw() < torn {
                *p += 60.0 * DVec3::new(draw() - 0.5, draw() - 0.5, draw() - 0.5);
            }
        }
        let n = mesh.positions.len();
        for t in &mut mesh.triangles {
            if draw() < swapped {
                t[(3.0 * draw()) as usize] = (n as f64 * draw()) as u32;
            }
        }
        if let Ok(scan) = import_scan(&ply_binary(&mesh, true), "mangled.ply", &ImportSettings::default()) {
            prop_assert!(scan.head.mesh.positions.iter().all(|p| p.is_finite()));
            prop_assert!(scan.head.mesh.triangles.len() < 600_000);
        }
    }
}
