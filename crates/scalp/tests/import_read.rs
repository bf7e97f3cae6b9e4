//! What real exporters write is read as they meant it.

mod meshes;

use glam::DVec3;
use hairline_scalp::import::{Format, RawMesh, Unit, read_mesh};
use meshes::*;

fn read(bytes: &[u8]) -> RawMesh {
    read_mesh(bytes, "scan").unwrap_or_else(|e| panic!("{e}"))
}

fn points(raw: &RawMesh) -> Vec<[f64; 3]> {
    raw.mesh.positions.iter().map(|p| p.to_array()).collect()
}

const SQUARE: [[f64; 3]; 4] = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]];
const HALVES: [[u32; 3]; 2] = [[0, 1, 2], [0, 2, 3]];

#[test]
fn a_ply_with_quality_and_other_elements() {
    let text = "ply\r\nformat ascii 1.0\r\ncomment by a scanner\r\nobj_info 3\r\nelement face 1\r\n\
                property uchar flags\r\nproperty list uchar uint vertex_index\r\nproperty list uchar float texcoord\r\n\
                element vertex 4\r\nproperty uchar blue\r\nproperty uchar green\r\nproperty uchar red\r\n\
                property double quality\r\nproperty float x\r\nproperty float y\r\nproperty float z\r\n\
                element camera 1\r\nproperty float focal\r\nend_header\r\n\
                7 4 0 1 2 3 2 0.5 0.25\r\n\r\n\
                1 2 3 0.5 0 0 0\r\n4 5 6 1.5 1 0 0\r\n7 8 9 2.5 1 1 0\r\n10 11 12 -3 0 1 0\r\n50\r\n";
    let raw = read(text.as_bytes());
    assert_eq!(raw.format, Format::PlyAscii);
    assert_eq!(points(&raw), SQUARE);
    assert_eq!(raw.mesh.triangles, HALVES);
    assert_eq!(raw.quality, Some(vec![0.5, 1.5, 2.5, -3.0]));
    assert_eq!(raw.unit_hint, None);
}

#[test]
fn every_number_of_a_binary_ply_in_both_byte_orders() {
    for big in [false, true] {
        let order = if big { "big" } else { "little" };
        let mut bytes = format!(
            "ply\nformat binary_{order}_endian 1.0\nelement vertex 4\nproperty int8 x\nproperty int16 y\n\
             property uint16 z\nproperty float32 quality\nproperty float red\nproperty float green\nproperty float blue\n\
             element face 2\nproperty list int32 int16 vertex_indices\nend_header\n"
        )
        .into_bytes();
        let put16 =
            |bytes: &mut Vec<u8>, v: u16| bytes.extend(if big { v.to_be_bytes() } else { v.to_le_bytes() });
        let put32 =
            |bytes: &mut Vec<u8>, v: u32| bytes.extend(if big { v.to_be_bytes() } else { v.to_le_bytes() });
        for (x, y, z) in [(-5_i8, -300_i16, 65_535_u16), (1, 2, 3), (4, 5, 6), (7, 8, 9)] {
            bytes.push(x as u8);
            put16(&mut bytes, y as u16);
            put16(&mut bytes, z);
            [0.25_f32, 1.0, 0.5, 0.0].iter().for_each(|v| put32(&mut bytes, v.to_bits()));
        }
        for face in [[0, 1, 2], [2, 3, 0]] {
            put32(&mut bytes, 3);
            face.iter().for_each(|&v| put16(&mut bytes, v));
        }
        let raw = read(&bytes);
        assert_eq!(points(&raw)[..2], [[-5.0, -300.0, 65_535.0], [1.0, 2.0, 3.0]]);
        assert_eq!(raw.mesh.triangles, [[0, 1, 2], [2, 3, 0]]);
        assert_eq!(raw.quality, Some(vec![0.25; 4]));
    }
}

#[test]
fn an_obj_with_polygons_colours_groups_and_backward_indices() {
    let text = "# caf\u{e9}\nmtllib x.mtl\nv 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 1 1 0 0 0 1\nv 0 1 0 1 1 \\\n1\nvn 0 0 1\ng a b\n\
                usemtl skin\ns off\nf 1/1/1 2/2/1 3/3/1 4/4/1\nl 1 2\np 3\nf -4 -3 -2\n";
    let raw = read(text.as_bytes());
    assert_eq!(raw.format, Format::Obj);
    assert_eq!(points(&raw), SQUARE);
    assert_eq!(raw.mesh.triangles, [HALVES[0], HALVES[1], [0, 1, 2]]);
    let marked = [b"\xef\xbb\xbfv 9 9 9\n", text.as_bytes()].concat();
    assert_eq!(read(&marked).mesh.positions[0], DVec3::splat(9.0));
    // another alphabet's bytes in a comment are no reason to refuse
    let mut latin = b"# caf\xe9 \xff\n".to_vec();
    latin.extend(text.as_bytes());
    assert_eq!(read(&latin).mesh.triangles.len(), 3);
}

#[test]
fn stl_files_that_other_programs_stumble_over() {
    let mut begins_with_solid = stl_binary(&cube(2.0, 1));
    begins_with_solid[..11].copy_from_slice(b"solid ascii");
    let raw = read(&begins_with_solid);
    assert_eq!((raw.format, raw.mesh.triangles.len()), (Format::StlBinary, 12));

    let facet = |z: u8| {
        format!(
            "FACET NORMAL 0 0 1\nOUTER LOOP\nVERTEX 0 0 {z}\nVERTEX 1 0 {z}\nVERTEX 0 1e0 {z}\nENDLOOP\nENDFACET\n"
        )
    };
    let two = format!("SOLID\n{}ENDSOLID\nsolid second one\n{}endsolid second one\n", facet(1), facet(2));
    let raw = read(two.as_bytes());
    assert_eq!((raw.format, raw.mesh.triangles.len()), (Format::StlAscii, 2));
    assert_eq!(raw.mesh.positions[3], DVec3::new(0.0, 0.0, 2.0));
}

fn glb_with(from: &str, to: &str) -> Vec<u8> {
    let (binary, json) = gltf_parts(&cube(2.0, 1), "");
    assert!(json.contains(from));
    glb_of(&json.replacen(from, to, 1), &binary)
}

#[test]
fn a_gltf_is_read_as_its_scene_stands() {
    let plain = read(&glb(&cube(2.0, 1)));
    assert_eq!((plain.format, plain.unit_hint), (Format::Glb, Some(Unit::Metre)));

    // turned by 90 degrees about z, doubled, shifted; the parent by a matrix that moves by (0, 0, 5)
    let nodes = r#""nodes":[{"matrix":[1,0,0,0,0,1,0,0,0,0,1,0,0,0,5,1],"children":[1]},
        {"mesh":0,"rotation":[0,0,0.7071067811865476,0.7071067811865476],"scale":[2,2,2],"translation":[10,0,0]}]"#;
    let placed = read(&glb_with(r#""nodes":[{"mesh":0}]"#, nodes));
    for (p, q) in plain.mesh.positions.iter().zip(&placed.mesh.positions) {
        assert!(q.distance(DVec3::new(10.0 - 2.0 * p.y, 2.0 * p.x, 5.0 + 2.0 * p.z)) < 1e-6);
    }
    assert_eq!(placed.mesh.triangles, plain.mesh.triangles);

    // a mirroring node keeps the outside outside
    let mirrored = read(&glb_with(r#"{"mesh":0}"#, r#"{"mesh":0,"scale":[-1,1,1]}"#));
    let volume = |raw: &RawMesh| -> f64 {
        (0..raw.mesh.triangles.len())
            .map(|t| raw.mesh.corners(t))
            .map(|[a, b, c]| a.dot(b.cross(c)) / 6.0)
            .sum()
    };
    assert!((volume(&plain) - 8.0).abs() < 1e-6 && (volume(&mirrored) - 8.0).abs() < 1e-6);

    // two nodes of one mesh; a node outside the scene does not count
    let nodes = r#""nodes":[{"mesh":0,"children":[1]},{"mesh":0},{"mesh":0}]"#;
    assert_eq!(read(&glb_with(r#""nodes":[{"mesh":0}]"#, nodes)).mesh.triangles.len(), 24);
}

#[test]
fn strips_fans_small_numbers_and_colours_of_a_gltf() {
    // a square of four corners as bytes (x, y, z, padding), colours as bytes, indices of 16 bits
    let mut binary: Vec<u8> =
        [[0, 0], [127, 0], [127, 127], [0, 127]].iter().flat_map(|&[x, y]| [x, y, 0, 0]).collect();
    binary.extend([[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [9, 9, 9, 255]].concat());
    binary.extend([0_u16, 1, 2, 3].iter().flat_map(|v| v.to_le_bytes()));
    for (mode, expected) in
        [(6, vec![[0, 1, 2], [0, 2, 3]]), (5, vec![[0, 1, 2], [2, 1, 3]]), (4, vec![[0, 1, 2]])]
    {
        let json = format!(
            r#"{{"asset":{{"version":"2.0"}},"extensionsRequired":["KHR_mesh_quantization"],"nodes":[{{"mesh":0}}],
            "meshes":[{{"primitives":[{{"attributes":{{"POSITION":0,"COLOR_0":1}},"indices":2,"mode":{mode}}}]}}],
            "accessors":[{{"bufferView":0,"componentType":5120,"normalized":true,"count":4,"type":"VEC3"}},
            {{"bufferView":1,"componentType":5121,"normalized":true,"count":4,"type":"VEC4"}},
            {{"bufferView":2,"componentType":5123,"count":4,"type":"SCALAR"}}],
            "bufferViews":[{{"buffer":0,"byteLength":16,"byteStride":4}},{{"buffer":0,"byteOffset":16,"byteLength":16}},
            {{"buffer":0,"byteOffset":32,"byteLength":8}}],"buffers":[{{"byteLength":40}}]}}"#
        );
        let raw = read(&glb_of(&json, &binary));
        assert_eq!(points(&raw), SQUARE);
        assert_eq!(raw.mesh.triangles, expected, "mode {mode}");
    }
}
