//! What kind of file is this?

use std::borrow::Cow;

use crate::import::error::ImportError;

/// A kind of file that has a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Glb,
    Gltf,
    Obj,
    Ply,
    StlAscii,
    StlBinary,
}

const EXPORT_MESH: &str = "export the scan as GLB, OBJ, PLY or STL";

/// Kinds of file that are recognised in order to be refused: magic bytes, their offset, what the file is, what to do.
const REFUSED: &[(usize, &[u8], &str, &str)] = &[
    (
        0,
        b"PXR-USDC",
        "a USD file",
        "export the scan as GLB, OBJ or PLY (most scan apps offer them beside USDZ)",
    ),
    (0, b"#usda", "a USD file", "export the scan as GLB, OBJ or PLY (most scan apps offer them beside USDZ)"),
    (0, b"Kaydara FBX", "an FBX file", "open it in Blender and export it as GLB, OBJ, PLY or STL"),
    (0, b"; FBX", "an FBX file", "open it in Blender and export it as GLB, OBJ, PLY or STL"),
    (0, b"Ogawa", "an Alembic file", "open it in Blender and export it as GLB, OBJ, PLY or STL"),
    (0, b"BLENDER", "a Blender file", "export the mesh from Blender as GLB, OBJ, PLY or STL"),
    (0, b"\x28\xb5\x2f\xfd", "a file packed with Zstandard", "unpack it and give the mesh inside"),
    (0, b"\x1f\x8b", "a file packed with gzip", "unpack it and give the mesh inside"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it and give the mesh inside"),
    (0, b"Rar!", "a RAR archive", "unpack it and give the mesh inside"),
    (0, b"\x89HDF", "an HDF5 file", EXPORT_MESH),
    (0, b"LASF", "a LAS point cloud", "make a mesh of it (MeshLab, CloudCompare) and export that as PLY"),
    (
        0,
        b"ASTM-E57",
        "an E57 point cloud",
        "make a mesh of it (MeshLab, CloudCompare) and export that as PLY",
    ),
    (0, b"# .PCD", "a PCD point cloud", "make a mesh of it (MeshLab, CloudCompare) and export that as PLY"),
    (0, b"DRACO", "a Draco-compressed mesh", "export it again without Draco compression"),
    (0, b"OFF", "an OFF file", EXPORT_MESH),
    (0, b"#VRML", "a VRML file", EXPORT_MESH),
    (0, b"\x89PNG", "a PNG picture", EXPORT_MESH),
    (0, b"\xff\xd8\xff", "a JPEG picture", EXPORT_MESH),
    (0, b"GIF8", "a GIF picture", EXPORT_MESH),
    (0, b"II*\0", "a TIFF picture", EXPORT_MESH),
    (0, b"MM\0*", "a TIFF picture", EXPORT_MESH),
    (8, b"WEBP", "a WebP picture", EXPORT_MESH),
    (4, b"ftyp", "a HEIC picture or a video", EXPORT_MESH),
    (0, b"%PDF", "a PDF document", EXPORT_MESH),
    (128, b"DICM", "a DICOM image", "extract the skin surface (3D Slicer) and export it as PLY or STL"),
    (344, b"n+1\0", "a NIfTI image", "extract the skin surface (3D Slicer) and export it as PLY or STL"),
];

/// Tells the kind of a file by its content.
pub fn sniff(bytes: &[u8], name: &str) -> Result<Kind, ImportError> {
    let refuse = |found: &str, instead: &str| {
        let (found, instead) = (found.to_owned(), instead.to_owned());
        Err(ImportError::Format { file: name.to_owned(), found, instead })
    };
    let starts = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|b| b.starts_with(magic));
    let lower_name = name.to_ascii_lowercase();

    if bytes.is_empty() {
        return refuse("an empty file (0 bytes)", EXPORT_MESH);
    }
    if starts(0, b"ply\n") || starts(0, b"ply\r") || starts(0, b"ply ") {
        return Ok(Kind::Ply);
    }
    if starts(0, b"glTF") {
        return Ok(Kind::Glb);
    }
    if is_exact_binary_stl(bytes) {
        return Ok(Kind::StlBinary);
    }
    if starts(0, b"PK\x03\x04") || starts(0, b"PK\x05\x06") {
        return if lower_name.ends_with(".usdz") {
            refuse(
                "a USDZ file",
                "export the scan as GLB, OBJ or PLY (most scan apps offer them beside USDZ)",
            )
        } else {
            refuse("a ZIP archive", "unpack it and give the GLB, OBJ, PLY or STL inside")
        };
    }
    if let Some((_, _, found, instead)) = REFUSED.iter().find(|(offset, magic, ..)| starts(*offset, magic)) {
        return refuse(found, instead);
    }
    if lower_name.ends_with(".stl") && !starts_with_word(bytes, "solid") {
        return Ok(Kind::StlBinary);
    }
    if starts_with_word(bytes, "solid") {
        // Binary files that begin with `solid` have been taken by their exact size; a zero byte betrays the rest.
        return Ok(if bytes[..bytes.len().min(512)].contains(&0) { Kind::StlBinary } else { Kind::StlAscii });
    }
    let text = text_start(bytes);
    let text = text.as_deref();
    if text.is_some_and(|t| t.trim_start().starts_with('{')) {
        return Ok(Kind::Gltf);
    }
    if text.is_some_and(|t| t.trim_start().starts_with('<')) {
        return refuse("an XML or HTML document (COLLADA, X3D, a web page)", EXPORT_MESH);
    }
    if text.is_some_and(looks_like_obj) || (text.is_some() && lower_name.ends_with(".obj")) {
        return Ok(Kind::Obj);
    }
    match text {
        Some(_) => refuse("a text that is no OBJ, PLY, STL or glTF", EXPORT_MESH),
        None => refuse("a file of unknown kind", EXPORT_MESH),
    }
}

/// Size is what the triangle count of a binary STL asks for, to the byte.
fn is_exact_binary_stl(bytes: &[u8]) -> bool {
    let Some(count) = bytes.get(80..84) else { return false };
    let n = u32::from_le_bytes([count[0], count[1], count[2], count[3]]) as u64;
    n > 0 && bytes.len() as u64 == 84 + 50 * n
}

/// First word of the file, letter case aside.
fn starts_with_word(bytes: &[u8], word: &str) -> bool {
    let trimmed = bytes.trim_ascii_start();
    trimmed.len() >= word.len()
        && trimmed[..word.len()].eq_ignore_ascii_case(word.as_bytes())
        && trimmed.get(word.len()).is_none_or(u8::is_ascii_whitespace)
}

/// The beginning of the file as text, if it is text: no control bytes but white space. Other alphabets in comments
/// are no reason to refuse a file.
fn text_start(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = &start[..start.len().min(65_536)];
    let control = |b: &u8| *b < 32 && !b.is_ascii_whitespace() && *b != 0x0b;
    (!start.iter().any(control)).then(|| String::from_utf8_lossy(start))
}

/// Some line near the beginning is a vertex, a face or a name as OBJ writes them.
fn looks_like_obj(text: &str) -> bool {
    text.lines().take(2000).any(|line| {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("v") => words.clone().count() >= 3 && words.all(|w| w.parse::<f64>().is_ok()),
            Some("f") => {
                words.clone().count() >= 3
                    && words.all(|w| w.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
            }
            Some("mtllib" | "usemtl" | "vn" | "vt") => true,
            _ => false,
        }
    })
}
