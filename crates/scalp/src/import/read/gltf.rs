//! glTF 2.0, binary and JSON: every triangle of the default scene, in scene coordinates.

use base64::Engine as _;
use glam::{DMat3, DMat4, DQuat, DVec3};
use serde::Deserialize;

use super::{
    Format, MAX_TRIANGLES, RawMesh, Unit, excerpt, finite_point, human_bytes, malformed, too_many_triangles,
};
use crate::import::error::ImportError;
use crate::mesh::TriMesh;

/// Reads a GLB: a header of 12 bytes, a JSON chunk, a chunk of binary data.
pub fn read_glb(bytes: &[u8], name: &str) -> Result<RawMesh, ImportError> {
    let word =
        |at: usize| bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let (Some(version), Some(length)) = (word(4), word(8)) else {
        return Err(malformed(name, "header", "the file ends within the GLB header; it is cut off"));
    };
    if version != 2 {
        let problem = format!("it is of glTF version {version}; 2 is allowed, so export it as glTF 2.0");
        return Err(malformed(name, "header", problem));
    }
    if length > bytes.len() {
        let problem = format!(
            "it announces {}, but the file has {}; it is cut off",
            human_bytes(length as f64),
            human_bytes(bytes.len() as f64)
        );
        return Err(malformed(name, "header", problem));
    }
    let mut at = 12;
    let mut json = None;
    let mut binary: Option<&[u8]> = None;
    while let (Some(n), Some(kind)) = (word(at), word(at + 4)) {
        let Some(chunk) = bytes.get(at + 8..).and_then(|rest| rest.get(..n)) else {
            return Err(malformed(
                name,
                format!("byte {at}"),
                format!("a chunk of {n} bytes goes past the end"),
            ));
        };
        match kind {
            0x4e4f_534a if json.is_none() => json = Some(chunk),
            0x004e_4942 if binary.is_none() => binary = Some(chunk),
            _ => {}
        }
        at += 8 + n.next_multiple_of(4);
    }
    let Some(json) = json else {
        return Err(malformed(name, "header", "the GLB has no JSON chunk"));
    };
    read_scene(json, binary, Format::Glb, name)
}

/// Reads a glTF whose buffers are data URIs.
pub fn read_gltf(bytes: &[u8], name: &str) -> Result<RawMesh, ImportError> {
    read_scene(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes), None, Format::Gltf, name)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    asset: Asset,
    #[serde(default)]
    extensions_required: Vec<String>,
    scene: Option<usize>,
    #[serde(default)]
    scenes: Vec<Scene>,
    #[serde(default)]
    nodes: Vec<Node>,
    #[serde(default)]
    meshes: Vec<Mesh>,
    #[serde(default)]
    accessors: Vec<Accessor>,
    #[serde(default)]
    buffer_views: Vec<BufferView>,
    #[serde(default)]
    buffers: Vec<Buffer>,
}

#[derive(Deserialize)]
struct Asset {
    version: String,
}

#[derive(Deserialize)]
struct Scene {
    #[serde(default)]
    nodes: Vec<usize>,
}

#[derive(Deserialize)]
struct Node {
    mesh: Option<usize>,
    #[serde(default)]
    children: Vec<usize>,
    matrix: Option<[f64; 16]>,
    translation: Option<[f64; 3]>,
    rotation: Option<[f64; 4]>,
    scale: Option<[f64; 3]>,
}

#[derive(Deserialize)]
struct Mesh {
    primitives: Vec<Primitive>,
}

#[derive(Deserialize)]
struct Primitive {
    attributes: Attributes,
    indices: Option<usize>,
    mode: Option<u32>,
    extensions: Option<PrimitiveExtensions>,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(rename = "POSITION")]
    position: Option<usize>,
}

#[derive(Deserialize)]
struct PrimitiveExtensions {
    #[serde(rename = "KHR_draco_mesh_compression")]
    draco: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accessor {
    buffer_view: Option<usize>,
    #[serde(default)]
    byte_offset: usize,
    component_type: u32,
    count: usize,
    #[serde(rename = "type")]
    shape: String,
    #[serde(default)]
    normalized: bool,
    sparse: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BufferView {
    buffer: usize,
    #[serde(default)]
    byte_offset: usize,
    byte_length: usize,
    byte_stride: Option<usize>,
}

#[derive(Deserialize)]
struct Buffer {
    uri: Option<String>,
}

/// Extensions that change nothing about the surface, or only add number formats that are read anyway.
const HARMLESS_EXTENSIONS: &[&str] =
    &["KHR_mesh_quantization", "KHR_texture_transform", "KHR_texture_basisu"];

fn read_scene(
    json: &[u8],
    binary: Option<&[u8]>,
    format: Format,
    file: &str,
) -> Result<RawMesh, ImportError> {
    let document: Document = serde_json::from_slice(json).map_err(|e| {
        malformed(file, format!("JSON line {}, column {}", e.line(), e.column()), excerpt(&e.to_string()))
    })?;
    if !document.asset.version.starts_with("2.") {
        let problem = format!("it is of glTF version {}; 2.0 is allowed", excerpt(&document.asset.version));
        return Err(malformed(file, "asset", problem));
    }
    refuse_extensions(&document, file)?;
    let buffers = load_buffers(&document, binary, file)?;
    let mut reader = Reader { document: &document, buffers, file, mesh: TriMesh::default() };
    for (node, scene_from_node) in placed_nodes(&document, file)? {
        if let Some(mesh) = document.nodes[node].mesh {
            reader.add_mesh(mesh, scene_from_node)?;
        }
    }
    Ok(RawMesh { format, mesh: reader.mesh, quality: None, unit_hint: Some(Unit::Metre) })
}

fn refuse_extensions(document: &Document, file: &str) -> Result<(), ImportError> {
    let compressed = document
        .meshes
        .iter()
        .flat_map(|m| &m.primitives)
        .any(|p| p.extensions.as_ref().is_some_and(|e| e.draco.is_some()));
    for extension in &document.extensions_required {
        let (found, instead) = match extension.as_str() {
            e if e.starts_with("KHR_materials")
                || e.starts_with("KHR_lights")
                || e.starts_with("EXT_texture") =>
            {
                continue;
            }
            e if HARMLESS_EXTENSIONS.contains(&e) => continue,
            "KHR_draco_mesh_compression" => ("a Draco-compressed glTF".to_owned(), "Draco"),
            "EXT_meshopt_compression" | "KHR_meshopt_compression" => {
                ("a meshopt-compressed glTF".to_owned(), "meshopt")
            }
            other => (format!("a glTF that requires the extension {}", excerpt(other)), "that extension"),
        };
        let instead = format!("export it again without {instead} (in Blender: switch Compression off)");
        return Err(ImportError::Format { file: file.to_owned(), found, instead });
    }
    if compressed {
        let instead = "export it again without Draco (in Blender: switch Compression off)".to_owned();
        return Err(ImportError::Format {
            file: file.to_owned(),
            found: "a Draco-compressed glTF".to_owned(),
            instead,
        });
    }
    Ok(())
}

/// The bytes of every buffer that the file carries itself.
fn load_buffers<'a>(
    document: &Document,
    binary: Option<&'a [u8]>,
    file: &str,
) -> Result<Vec<std::borrow::Cow<'a, [u8]>>, ImportError> {
    let mut buffers = Vec::new();
    for (b, buffer) in document.buffers.iter().enumerate() {
        let place = format!("buffer {b}");
        buffers.push(match (&buffer.uri, binary) {
            (None, Some(binary)) if b == 0 => binary.into(),
            (None, _) => return Err(malformed(file, place, "it has neither a URI nor a binary chunk")),
            (Some(uri), _) => {
                let Some(inline) = uri.strip_prefix("data:") else {
                    let other = excerpt(uri);
                    let problem =
                        format!("its numbers lie in another file (`{other}`); export the scan as one GLB");
                    return Err(malformed(file, place, problem));
                };
                let Some((_, encoded)) = inline.split_once(";base64,") else {
                    return Err(malformed(file, place, "its data URI is not base64"));
                };
                let engine = base64::engine::general_purpose::GeneralPurpose::new(
                    &base64::alphabet::STANDARD,
                    base64::engine::general_purpose::GeneralPurposeConfig::new()
                        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
                );
                match engine.decode(encoded) {
                    Ok(bytes) => bytes.into(),
                    Err(e) => return Err(malformed(file, place, format!("its base64 is broken: {e}"))),
                }
            }
        });
    }
    Ok(buffers)
}

/// The nodes of the default scene with their place in it. A node that is reached twice is refused: glTF's nodes form
/// trees, and a cycle would never end.
fn placed_nodes(document: &Document, file: &str) -> Result<Vec<(usize, DMat4)>, ImportError> {
    let n_nodes = document.nodes.len();
    let roots: Vec<usize> = match document.scenes.get(document.scene.unwrap_or(0)) {
        Some(scene) => scene.nodes.clone(),
        None if document.scene.is_some() => {
            return Err(malformed(
                file,
                "scene",
                format!("scene {} does not exist", document.scene.unwrap_or(0)),
            ));
        }
        None => {
            let mut is_child = vec![false; n_nodes];
            for &child in document.nodes.iter().flat_map(|n| &n.children) {
                if let Some(c) = is_child.get_mut(child) {
                    *c = true;
                }
            }
            (0..n_nodes).filter(|&n| !is_child[n]).collect()
        }
    };
    let mut reached = vec![false; n_nodes];
    let mut waiting: Vec<(usize, DMat4)> = roots.into_iter().rev().map(|n| (n, DMat4::IDENTITY)).collect();
    let mut placed = Vec::new();
    while let Some((n, scene_from_parent)) = waiting.pop() {
        let place = || format!("node {n}");
        let Some(node) = document.nodes.get(n) else {
            return Err(malformed(file, place(), format!("it does not exist; the file has {n_nodes} nodes")));
        };
        if std::mem::replace(&mut reached[n], true) {
            return Err(malformed(
                file,
                place(),
                "it is reached twice: its own ancestor, or child of two nodes",
            ));
        }
        let parent_from_node = match node.matrix {
            Some(m) => DMat4::from_cols_array(&m),
            None => DMat4::from_scale_rotation_translation(
                DVec3::from(node.scale.unwrap_or([1.0; 3])),
                DQuat::from_array(node.rotation.unwrap_or([0.0, 0.0, 0.0, 1.0])).normalize(),
                DVec3::from(node.translation.unwrap_or([0.0; 3])),
            ),
        };
        let scene_from_node = scene_from_parent * parent_from_node;
        if !scene_from_node.is_finite() {
            return Err(malformed(file, place(), "its place in the scene is no finite transform"));
        }
        placed.push((n, scene_from_node));
        waiting.extend(node.children.iter().rev().map(|&c| (c, scene_from_node)));
    }
    Ok(placed)
}

struct Reader<'a> {
    document: &'a Document,
    buffers: Vec<std::borrow::Cow<'a, [u8]>>,
    file: &'a str,
    mesh: TriMesh,
}

impl Reader<'_> {
    fn add_mesh(&mut self, m: usize, scene_from_mesh: DMat4) -> Result<(), ImportError> {
        let Some(mesh) = self.document.meshes.get(m) else {
            return Err(malformed(self.file, format!("mesh {m}"), "it does not exist"));
        };
        // A mirroring transform turns the triangles inside out (glTF 2.0, section 3.7.4).
        let mirrored = DMat3::from_mat4(scene_from_mesh).determinant() < 0.0;
        for (p, primitive) in mesh.primitives.iter().enumerate() {
            let place = || format!("mesh {m}, primitive {p}");
            let Some(position) = primitive.attributes.position else { continue };
            let points = self.numbers(position, "VEC3", &place())?;
            let first = self.mesh.positions.len();
            let n = points.len() / 3;
            for (v, xyz) in points.chunks_exact(3).enumerate() {
                let p_scene = scene_from_mesh.transform_point3(DVec3::new(xyz[0], xyz[1], xyz[2]));
                let at = || format!("{}, vertex {v}", place());
                self.mesh.positions.push(finite_point(p_scene.to_array(), self.file, at)?);
            }
            let indices: Vec<f64> = match primitive.indices {
                Some(i) => self.numbers(i, "SCALAR", &place())?,
                None => (0..n).map(|i| i as f64).collect(),
            };
            if let Some(bad) = indices.iter().find(|&&i| !(i >= 0.0 && i < n as f64)) {
                let problem =
                    format!("corner {bad} does not exist; the primitive has {n} vertices, counted from 0");
                return Err(malformed(self.file, place(), problem));
            }
            let corner = |i: usize| (first + indices[i] as usize) as u32;
            let n_corners = indices.len();
            let mut triangles: Vec<[u32; 3]> = match primitive.mode.unwrap_or(4) {
                4 => (0..n_corners / 3)
                    .map(|t| [corner(3 * t), corner(3 * t + 1), corner(3 * t + 2)])
                    .collect(),
                5 => (2..n_corners)
                    .map(|i| if i % 2 == 0 { [i - 2, i - 1, i] } else { [i - 1, i - 2, i] }.map(corner))
                    .collect(),
                6 => (2..n_corners).map(|i| [0, i - 1, i].map(corner)).collect(),
                _ => Vec::new(), // points and lines carry no surface
            };
            if mirrored {
                triangles.iter_mut().for_each(|t| t.swap(1, 2));
            }
            if self.mesh.triangles.len() + triangles.len() > MAX_TRIANGLES
                || self.mesh.positions.len() > 3 * MAX_TRIANGLES
            {
                return Err(malformed(self.file, place(), too_many_triangles()));
            }
            self.mesh.triangles.append(&mut triangles);
        }
        Ok(())
    }

    /// The numbers of an accessor, row after row.
    fn numbers(&self, a: usize, shape: &str, place: &str) -> Result<Vec<f64>, ImportError> {
        let bad = |problem: String| Err(malformed(self.file, format!("{place}, accessor {a}"), problem));
        let Some(accessor) = self.document.accessors.get(a) else {
            return bad("it does not exist".to_owned());
        };
        if accessor.sparse.is_some() {
            return bad("it is sparse; export the scan without sparse accessors or shape keys".to_owned());
        }
        if accessor.shape != shape {
            return bad(format!("its type is {}; {shape} is needed", excerpt(&accessor.shape)));
        }
        let view = accessor.buffer_view.and_then(|v| self.document.buffer_views.get(v));
        let Some((view, buffer)) = view.and_then(|v| self.buffers.get(v.buffer).map(|b| (v, b))) else {
            return bad("its numbers are in no buffer of the file".to_owned());
        };
        let n_bytes = match accessor.component_type {
            5120 | 5121 => 1,
            5122 | 5123 => 2,
            5125 | 5126 => 4,
            other => return bad(format!("component type {other} is unknown")),
        };
        let width = match shape {
            "SCALAR" => 1,
            "VEC3" => 3,
            _ => 4,
        };
        let row = n_bytes * width;
        let stride = view.byte_stride.filter(|&s| s > 0).unwrap_or(row);
        let bytes = view
            .byte_offset
            .checked_add(view.byte_length)
            .and_then(|end| buffer.get(view.byte_offset..end))
            .and_then(|b| b.get(accessor.byte_offset..));
        let fits = |b: &&[u8]| {
            accessor.count == 0
                || (accessor.count as f64 - 1.0) * stride as f64 + row as f64 <= b.len() as f64
        };
        let Some(bytes) = bytes.filter(fits) else {
            return bad(format!(
                "it announces {} rows ({}), more than its buffer of {} holds; the file is cut off or broken",
                accessor.count,
                human_bytes(accessor.count as f64 * stride as f64),
                human_bytes(buffer.len() as f64)
            ));
        };
        let mut numbers = Vec::with_capacity(accessor.count.min(bytes.len()) * width);
        for i in 0..accessor.count {
            for k in 0..width {
                let b = &bytes[i * stride + k * n_bytes..][..n_bytes];
                let (value, largest) = match accessor.component_type {
                    5120 => (b[0] as i8 as f64, 127.0),
                    5121 => (b[0] as f64, 255.0),
                    5122 => (i16::from_le_bytes([b[0], b[1]]) as f64, 32_767.0),
                    5123 => (u16::from_le_bytes([b[0], b[1]]) as f64, 65_535.0),
                    5125 => (u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as f64, 4_294_967_295.0),
                    _ => (f32::from_le_bytes([b[0], b[1], b[2], b[3]]) as f64, 1.0),
                };
                let normalized = accessor.normalized && accessor.component_type != 5126;
                numbers.push(if normalized { (value / largest).max(-1.0) } else { value });
            }
        }
        Ok(numbers)
    }
}
