//! Meshes written as files, and the parametric head as a mesh to write.
#![allow(dead_code, reason = "each test file uses some of these")]

use base64::Engine as _;
use glam::DVec3;
use hairline_scalp::TriMesh;
use hairline_scalp::model::{Measurements, Sex, fit_head};
use std::fmt::Write as _;

/// The average head of men and women, mm, edges of 4 mm.
pub fn average_head() -> TriMesh {
    fit_head(&Measurements::none(Sex::Unspecified), 4.0).expect("the average head builds").head.mesh
}

/// The triangles whose corners all pass a test; unused vertices stay.
pub fn part(mesh: &TriMesh, keep: impl Fn(DVec3) -> bool) -> TriMesh {
    let mut part = mesh.clone();
    part.triangles.retain(|t| t.iter().all(|&v| keep(mesh.positions[v as usize])));
    part
}

/// Both meshes in one.
pub fn both(a: &TriMesh, b: &TriMesh) -> TriMesh {
    let mut both = a.clone();
    let first = both.positions.len() as u32;
    both.positions.extend(&b.positions);
    both.triangles.extend(b.triangles.iter().map(|t| t.map(|v| v + first)));
    both
}

/// All points moved by a function.
pub fn moved(mesh: &TriMesh, mut by: impl FnMut(DVec3) -> DVec3) -> TriMesh {
    TriMesh { positions: mesh.positions.iter().map(|p| by(*p)).collect(), triangles: mesh.triangles.clone() }
}

/// A cube with sides of `side` around the origin, each side divided into `n` x `n` squares.
pub fn cube(side: f64, n: usize) -> TriMesh {
    let mut mesh = TriMesh::default();
    for axis in 0..3 {
        for sign in [-1.0, 1.0] {
            let first = mesh.positions.len() as u32;
            for i in 0..=n {
                for j in 0..=n {
                    let (u, v) = (i as f64 / n as f64 - 0.5, j as f64 / n as f64 - 0.5);
                    let mut p = [0.0; 3];
                    (p[axis], p[(axis + 1) % 3], p[(axis + 2) % 3]) = (0.5 * sign, u, v);
                    mesh.positions.push(side * DVec3::from(p));
                }
            }
            let at = |i: usize, j: usize| first + (i * (n + 1) + j) as u32;
            for i in 0..n {
                for j in 0..n {
                    for t in [
                        [at(i, j), at(i + 1, j), at(i + 1, j + 1)],
                        [at(i, j), at(i + 1, j + 1), at(i, j + 1)],
                    ] {
                        mesh.triangles.push(if sign > 0.0 { t } else { [t[0], t[2], t[1]] });
                    }
                }
            }
        }
    }
    mesh
}

/// A ball of radius `radius`: the cube blown up.
pub fn ball(radius: f64, n: usize) -> TriMesh {
    moved(&cube(2.0, n), |p| radius * p.normalize())
}

pub fn ply_ascii(mesh: &TriMesh) -> Vec<u8> {
    let mut text = ply_header(mesh, "ascii", "double", "");
    for p in &mesh.positions {
        writeln!(text, "{} {} {}", p.x, p.y, p.z).expect("strings grow");
    }
    for [a, b, c] in &mesh.triangles {
        writeln!(text, "3 {a} {b} {c}").expect("strings grow");
    }
    text.into_bytes()
}

pub fn ply_header(mesh: &TriMesh, format: &str, float: &str, more: &str) -> String {
    format!(
        "ply\nformat {format} 1.0\ncomment made by a test\nelement vertex {}\nproperty {float} x\nproperty {float} y\n\
         property {float} z\n{more}element face {}\nproperty list uchar int vertex_indices\nend_header\n",
        mesh.positions.len(),
        mesh.triangles.len()
    )
}

/// Binary PLY of 64-bit coordinates in either byte order.
pub fn ply_binary(mesh: &TriMesh, little: bool) -> Vec<u8> {
    let format = if little { "binary_little_endian" } else { "binary_big_endian" };
    let mut bytes = ply_header(mesh, format, "double", "").into_bytes();
    for v in mesh.positions.iter().flat_map(|p| p.to_array()) {
        bytes.extend(if little { v.to_le_bytes() } else { v.to_be_bytes() });
    }
    for t in &mesh.triangles {
        bytes.push(3);
        for v in t {
            bytes.extend(if little { v.to_le_bytes() } else { v.to_be_bytes() });
        }
    }
    bytes
}

pub fn stl_binary(mesh: &TriMesh) -> Vec<u8> {
    let mut bytes = vec![b' '; 80];
    bytes.extend((mesh.triangles.len() as u32).to_le_bytes());
    for t in 0..mesh.triangles.len() {
        bytes.extend([0; 12]);
        for v in mesh.corners(t).iter().flat_map(|p| p.to_array()) {
            bytes.extend((v as f32).to_le_bytes());
        }
        bytes.extend([0; 2]);
    }
    bytes
}

pub fn stl_ascii(mesh: &TriMesh) -> Vec<u8> {
    let mut text = String::from("solid head\n");
    for t in 0..mesh.triangles.len() {
        text += " facet normal 0 0 0\n  outer loop\n";
        for p in mesh.corners(t) {
            writeln!(text, "   vertex {} {} {}", p.x, p.y, p.z).expect("strings grow");
        }
        text += "  endloop\n endfacet\n";
    }
    text += "endsolid head\n";
    text.into_bytes()
}

pub fn obj(mesh: &TriMesh) -> Vec<u8> {
    let mut text = String::from("# a head\nmtllib head.mtl\no head\n");
    for p in &mesh.positions {
        writeln!(text, "v {} {} {}", p.x, p.y, p.z).expect("strings grow");
    }
    for [a, b, c] in &mesh.triangles {
        writeln!(text, "f {}/1/1 {}//7 {}", a + 1, b + 1, c + 1).expect("strings grow");
    }
    text.into_bytes()
}

/// The binary part and the JSON of a glTF with one mesh; `uri` names the buffer.
pub fn gltf_parts(mesh: &TriMesh, uri: &str) -> (Vec<u8>, String) {
    let mut binary: Vec<u8> = Vec::new();
    for v in mesh.positions.iter().flat_map(|p| p.to_array()) {
        binary.extend((v as f32).to_le_bytes());
    }
    let n_positions = binary.len();
    mesh.triangles.iter().flatten().for_each(|v| binary.extend(v.to_le_bytes()));
    let json = format!(
        r#"{{"asset":{{"version":"2.0"}},"scene":0,"scenes":[{{"nodes":[0]}}],"nodes":[{{"mesh":0}}],
"meshes":[{{"primitives":[{{"attributes":{{"POSITION":0}},"indices":1}}]}}],
"accessors":[{{"bufferView":0,"componentType":5126,"count":{},"type":"VEC3"}},
{{"bufferView":1,"componentType":5125,"count":{},"type":"SCALAR"}}],
"bufferViews":[{{"buffer":0,"byteLength":{n_positions}}},
{{"buffer":0,"byteOffset":{n_positions},"byteLength":{}}}],"buffers":[{{{uri}"byteLength":{}}}]}}"#,
        mesh.positions.len(),
        3 * mesh.triangles.len(),
        binary.len() - n_positions,
        binary.len(),
    );
    (binary, json)
}

pub fn glb(mesh: &TriMesh) -> Vec<u8> {
    let (binary, json) = gltf_parts(mesh, "");
    glb_of(&json, &binary)
}

pub fn glb_of(json: &str, binary: &[u8]) -> Vec<u8> {
    let (mut json, mut binary) = (json.as_bytes().to_vec(), binary.to_vec());
    json.resize(json.len().next_multiple_of(4), b' ');
    binary.resize(binary.len().next_multiple_of(4), 0);
    let mut bytes = b"glTF".to_vec();
    let length = 12 + 8 + json.len() + 8 + binary.len();
    bytes.extend(2_u32.to_le_bytes());
    bytes.extend((length as u32).to_le_bytes());
    bytes.extend((json.len() as u32).to_le_bytes());
    bytes.extend(b"JSON");
    bytes.extend(json);
    bytes.extend((binary.len() as u32).to_le_bytes());
    bytes.extend(b"BIN\0");
    bytes.extend(binary);
    bytes
}

pub fn gltf(mesh: &TriMesh) -> Vec<u8> {
    let (binary, _) = gltf_parts(mesh, "");
    let encoded = base64::engine::general_purpose::STANDARD.encode(&binary);
    let uri = format!(r#""uri":"data:application/octet-stream;base64,{encoded}","#);
    gltf_parts(mesh, &uri).1.into_bytes()
}

/// The same mesh as every kind of file that can be read.
pub fn every_format(mesh: &TriMesh) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("ascii.ply", ply_ascii(mesh)),
        ("little.ply", ply_binary(mesh, true)),
        ("big.ply", ply_binary(mesh, false)),
        ("binary.stl", stl_binary(mesh)),
        ("ascii.stl", stl_ascii(mesh)),
        ("head.obj", obj(mesh)),
        ("head.glb", glb(mesh)),
        ("head.gltf", gltf(mesh)),
    ]
}
