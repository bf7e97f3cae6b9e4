//! Real heads of the shared folder, whose frame and landmarks are known.
use glam::DVec3;
use hairline_scalp::{Head, Landmarks, TriMesh};

/// x right, y forward, z up -> x left, y up, z forward.
pub fn head_frame(p: [f64; 3]) -> DVec3 {
    DVec3::new(-p[0], p[2], p[1])
}

pub fn shared(path: &str) -> std::path::PathBuf {
    let root = std::env::var("HAIRLINE_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
    std::path::Path::new(&root).join(path)
}

pub fn read_ply(path: &str) -> TriMesh {
    let bytes = std::fs::read(shared(path)).expect("the shared folder is there");
    let end = bytes.windows(11).position(|w| w == b"end_header\n").expect("a PLY header") + 11;
    let header = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let count = |what: &str| -> usize {
        header
            .split(what)
            .nth(1)
            .and_then(|s| s.split_whitespace().next())
            .and_then(|s| s.parse().ok())
            .expect("count")
    };
    let (nv, nf) = (count("element vertex "), count("element face "));
    let vertex_part = header.split("element face").next().unwrap_or_default();
    let mut stride = 0;
    for line in vertex_part.lines().filter(|l| l.starts_with("property")) {
        stride += match line.split_whitespace().nth(1) {
            Some("float" | "int" | "float32") => 4,
            Some("double") => 8,
            _ => 1,
        };
    }
    let float = |at: usize| f32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes")) as f64;
    let positions = (0..nv).map(|i| head_frame([0, 4, 8].map(|o| float(end + i * stride + o)))).collect();
    let faces = end + nv * stride;
    let int = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
    let triangles = (0..nf).map(|i| [1, 5, 9].map(|o| int(faces + i * 13 + o))).collect();
    TriMesh { positions, triangles }
}

pub fn head(file: &str) -> Head {
    let index: serde_json::Value =
        serde_json::from_slice(&std::fs::read(shared("scans/index.json")).expect("index")).expect("json");
    let entry = index.as_array().expect("list").iter().find(|e| e["file"] == file).expect("entry");
    let mesh = read_ply(&format!("scans/{file}"));
    let mark = |name: &str| {
        let v = &entry["landmarks"][name];
        head_frame([0, 1, 2].map(|k| v[k].as_f64().expect("number")))
    };
    Head {
        landmarks: Landmarks {
            nasion: mark("nasion"),
            glabella: mark("glabella"),
            inion: mark("inion"),
            opisthocranion: mark("opisthocranion"),
            vertex: mark("vertex"),
            tragion_left: DVec3::new(72.0, 0.0, 0.0),
            tragion_right: DVec3::new(-72.0, 0.0, 0.0),
        },
        skin: mesh.clone(),
        mesh,
    }
}
