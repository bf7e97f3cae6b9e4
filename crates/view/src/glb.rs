//! `head.glb`: the head with its dots for a phone, Blender or a browser (glTF 2.0, binary, metres).

use glam::{DVec3, Vec3};
use hairline_optics::colour::Lab;
use hairline_plan::Dot;
use hairline_scalp::Head;
use serde_json::{Value, json};

use crate::picture::DotLook;

/// Corners of a dot's disc; the disc has the area of the circle.
const CORNERS: usize = 6;
/// Height of the discs above the skin, mm: enough for a phone's depth buffer.
const LIFT_MM: f64 = 0.12;

/// glTF constants.
const FLOAT: u32 = 5126;
const UNSIGNED_SHORT: u32 = 5123;
const UNSIGNED_INT: u32 = 5125;
const ARRAY_BUFFER: u32 = 34962;
const ELEMENT_ARRAY_BUFFER: u32 = 34963;

/// A file under construction.
#[derive(Default)]
struct Glb {
    bytes: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
    meshes: Vec<Value>,
    nodes: Vec<Value>,
}

/// The head in its skin colour (specular excluded) with the dots as discs in the colour of skin and pigment, a node a
/// session, in metres. `looks[dot]` as in the pictures; dots without a look are left out.
pub fn head_to_glb(head: &Head, skin_lab_sce: Lab, dots: &[Dot], looks: &[DotLook]) -> Vec<u8> {
    let skin = skin_lab_sce.to_xyz().to_linear_rgb().rgb.map(|c| c.clamp(0.0, 1.0));
    let mut glb = Glb::default();
    let normals: Vec<Vec3> =
        head.mesh.vertex_normals().iter().map(|n| n.as_vec3().normalize_or(Vec3::Y)).collect();
    let positions: Vec<Vec3> = head.mesh.positions.iter().map(|&p| metres(p)).collect();
    let indices: Vec<u32> = head.mesh.triangles.iter().flatten().copied().collect();
    if !indices.is_empty() {
        glb.mesh("head", 0, &positions, &normals, None, &indices);
    }
    let last = dots.iter().map(|d| d.session).max().unwrap_or(0);
    for session in 0..=last {
        let chosen: Vec<(&Dot, &DotLook)> =
            dots.iter().zip(looks).filter(|(d, _)| d.session == session).collect();
        if !chosen.is_empty() {
            glb.discs(&format!("session {session}"), &chosen, skin);
        }
    }
    glb.finish(skin)
}

fn metres(p: DVec3) -> Vec3 {
    (p * 1e-3).as_vec3()
}

impl Glb {
    fn discs(&mut self, name: &str, dots: &[(&Dot, &DotLook)], skin: [f64; 3]) {
        // A regular hexagon has the area of the circle at this radius.
        let n = CORNERS as f64;
        let widen = (std::f64::consts::TAU / (n * libm::sin(std::f64::consts::TAU / n))).sqrt();
        let (mut positions, mut normals, mut colours, mut indices) = (vec![], vec![], vec![], vec![]);
        for (dot, look) in dots {
            let first = positions.len() as u32;
            let normal = dot.normal.normalize_or(DVec3::Y);
            let (u, v) = normal.any_orthonormal_pair();
            let radius = widen * f64::from(look.half_width_mm);
            for corner in 0..CORNERS {
                let (sin, cos) = libm::sincos(std::f64::consts::TAU * corner as f64 / n);
                positions.push(metres(dot.position_mm + LIFT_MM * normal + radius * (cos * u + sin * v)));
                normals.push(normal.as_vec3().normalize_or(Vec3::Y));
                colours.push([0, 1, 2].map(|c| {
                    let linear = (skin[c] * f64::from(look.transmission_rgb[c])).clamp(0.0, 1.0);
                    (linear * 65535.0).round() as u16
                }));
            }
            for corner in 1..CORNERS as u32 - 1 {
                indices.extend([first, first + corner, first + corner + 1]);
            }
        }
        self.mesh(name, 1, &positions, &normals, Some(&colours), &indices);
    }

    fn mesh(
        &mut self,
        name: &str,
        material: usize,
        positions: &[Vec3],
        normals: &[Vec3],
        colours: Option<&[[u16; 3]]>,
        indices: &[u32],
    ) {
        let low = positions.iter().copied().reduce(Vec3::min).unwrap_or_default();
        let high = positions.iter().copied().reduce(Vec3::max).unwrap_or_default();
        let floats = |v: &[Vec3]| -> Vec<u8> {
            v.iter().flat_map(|v| v.to_array()).flat_map(f32::to_le_bytes).collect()
        };
        let count = positions.len();
        let position = self.accessor(&floats(positions), ARRAY_BUFFER, FLOAT, count, "VEC3");
        self.accessors[position]["min"] = json!(low.to_array());
        self.accessors[position]["max"] = json!(high.to_array());
        let normal = self.accessor(&floats(normals), ARRAY_BUFFER, FLOAT, count, "VEC3");
        let mut attributes = json!({ "POSITION": position, "NORMAL": normal });
        if let Some(colours) = colours {
            // Four values a vertex, because the format wants vertices on four-byte boundaries.
            let bytes: Vec<u8> =
                colours.iter().flat_map(|&[r, g, b]| [r, g, b, 65535]).flat_map(u16::to_le_bytes).collect();
            let colour = self.accessor(&bytes, ARRAY_BUFFER, UNSIGNED_SHORT, count, "VEC4");
            self.accessors[colour]["normalized"] = json!(true);
            attributes["COLOR_0"] = json!(colour);
        }
        let bytes: Vec<u8> = indices.iter().flat_map(|i| i.to_le_bytes()).collect();
        let index = self.accessor(&bytes, ELEMENT_ARRAY_BUFFER, UNSIGNED_INT, indices.len(), "SCALAR");
        let primitive = json!({ "attributes": attributes, "indices": index, "material": material });
        self.nodes.push(json!({ "mesh": self.meshes.len(), "name": name }));
        self.meshes.push(json!({ "name": name, "primitives": [primitive] }));
    }

    fn accessor(&mut self, bytes: &[u8], target: u32, component: u32, count: usize, kind: &str) -> usize {
        let view = json!({ "buffer": 0, "byteOffset": self.bytes.len(), "byteLength": bytes.len(), "target": target });
        self.bytes.extend(bytes);
        self.views.push(view);
        let view = self.views.len() - 1;
        self.accessors
            .push(json!({ "bufferView": view, "componentType": component, "count": count, "type": kind }));
        self.accessors.len() - 1
    }

    fn finish(self, skin: [f64; 3]) -> Vec<u8> {
        let children: Vec<usize> = (0..self.nodes.len()).collect();
        let mut json = json!({
            "asset": { "version": "2.0", "generator": concat!("hairline ", env!("CARGO_PKG_VERSION")) },
            "scene": 0,
            "scenes": [{ "name": "plan", "nodes": children }],
            "materials": [
                material("skin", [skin[0], skin[1], skin[2]], 0.62),
                material("pigment", [1.0; 3], 0.62),
            ],
        });
        if !self.nodes.is_empty() {
            json["nodes"] = json!(self.nodes);
            json["meshes"] = json!(self.meshes);
            json["accessors"] = json!(self.accessors);
            json["bufferViews"] = json!(self.views);
            json["buffers"] = json!([{ "byteLength": self.bytes.len() }]);
        } else {
            json["scenes"] = json!([{ "name": "plan" }]);
        }
        let mut text = json.to_string().into_bytes();
        text.resize(text.len().next_multiple_of(4), b' ');
        let mut file = Vec::with_capacity(28 + text.len() + self.bytes.len());
        let binary = if self.bytes.is_empty() { 0 } else { 8 + self.bytes.len() };
        file.extend(b"glTF");
        file.extend(2u32.to_le_bytes());
        file.extend(((20 + text.len() + binary) as u32).to_le_bytes());
        file.extend((text.len() as u32).to_le_bytes());
        file.extend(b"JSON");
        file.extend(text);
        if !self.bytes.is_empty() {
            file.extend((self.bytes.len() as u32).to_le_bytes());
            file.extend(b"BIN\0");
            file.extend(&self.bytes);
        }
        file
    }
}

fn material(name: &str, colour: [f64; 3], roughness: f64) -> Value {
    let factor = [colour[0], colour[1], colour[2], 1.0];
    json!({
        "name": name,
        "pbrMetallicRoughness": { "baseColorFactor": factor, "metallicFactor": 0.0, "roughnessFactor": roughness },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::light;
    use crate::picture::tests::{ball_head, dot_at};

    fn parts(file: &[u8]) -> (Value, &[u8]) {
        let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes")) as usize;
        assert_eq!((&file[..4], word(4), word(8)), (&b"glTF"[..], 2, file.len()));
        let text = word(12);
        let json = serde_json::from_slice(&file[20..20 + text]).expect("the first part is JSON");
        assert_eq!(word(20 + text) + text + 28, file.len());
        (json, &file[28 + text..])
    }

    #[test]
    fn discs_have_the_area_of_their_dots_and_lie_on_the_skin_in_metres() {
        let head = ball_head();
        let look = DotLook::new(&light(0.3, 0.25, 20.0), 0.3);
        let dots = [dot_at(DVec3::new(0.0, 100.0, 0.0), DVec3::Y)];
        let file = head_to_glb(&head, Lab { l: 60.0, a: 10.0, b: 17.0 }, &dots, &[look]);
        let (json, bytes) = parts(&file);
        assert_eq!(json["nodes"][1]["name"], "session 1");
        let primitive = &json["meshes"][1]["primitives"][0];
        let accessor =
            &json["accessors"][primitive["attributes"]["POSITION"].as_u64().expect("an index") as usize];
        assert_eq!(accessor["count"], CORNERS);
        let view = &json["bufferViews"][accessor["bufferView"].as_u64().expect("an index") as usize];
        let start = view["byteOffset"].as_u64().expect("an offset") as usize;
        let corner = |i: usize| {
            let float = |k: usize| {
                let at = start + 12 * i + 4 * k;
                f32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
            };
            Vec3::new(float(0), float(1), float(2))
        };
        let area: f32 = (1..CORNERS - 1)
            .map(|i| 0.5 * (corner(i) - corner(0)).cross(corner(i + 1) - corner(0)).dot(Vec3::Y))
            .sum();
        let wanted = std::f32::consts::PI * (look.half_width_mm * 1e-3).powi(2);
        assert!((area / wanted - 1.0).abs() < 1e-3, "{area} {wanted}");
        assert!((corner(0).y - 0.100_12).abs() < 1e-6);
    }

    #[test]
    fn a_head_without_dots_and_dots_without_looks_are_valid_files() {
        let head = ball_head();
        let dots = [dot_at(DVec3::new(0.0, 100.0, 0.0), DVec3::Y)];
        let (json, _) = parts(&head_to_glb(&head, Lab { l: 60.0, a: 10.0, b: 17.0 }, &dots, &[]));
        assert_eq!(json["meshes"].as_array().map(Vec::len), Some(1));
    }
}
