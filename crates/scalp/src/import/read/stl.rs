//! STL, binary and ascii. Facet normals are ignored: the order of the corners says the same.

use super::{
    Format, MAX_TRIANGLES, RawMesh, excerpt, finite_point, human_bytes, malformed, too_many_triangles,
};
use crate::import::error::ImportError;
use crate::mesh::TriMesh;

/// Reads a binary STL: 80 bytes of header, a count, 50 bytes a triangle.
pub fn read_binary(bytes: &[u8], name: &str) -> Result<RawMesh, ImportError> {
    let Some(count) = bytes.get(80..84) else {
        let problem = format!("found {} bytes; a binary STL has at least 84", bytes.len());
        return Err(malformed(name, "header", problem));
    };
    let n = u32::from_le_bytes([count[0], count[1], count[2], count[3]]) as usize;
    let needed = 84.0 + 50.0 * n as f64;
    if (bytes.len() as f64) < needed {
        let problem = format!(
            "it announces {n} triangles ({}), but the file has {}; it is cut off or no STL",
            human_bytes(needed),
            human_bytes(bytes.len() as f64)
        );
        return Err(malformed(name, "header", problem));
    }
    if n > MAX_TRIANGLES {
        return Err(malformed(name, "header", too_many_triangles()));
    }
    let mut mesh = TriMesh { positions: Vec::with_capacity(3 * n), triangles: Vec::with_capacity(n) };
    for (t, facet) in bytes[84..].chunks_exact(50).take(n).enumerate() {
        let first = mesh.positions.len() as u32;
        for corner in 0..3 {
            let coordinate = |axis: usize| {
                let at = 12 + 12 * corner + 4 * axis;
                f32::from_le_bytes([facet[at], facet[at + 1], facet[at + 2], facet[at + 3]]) as f64
            };
            let p = [coordinate(0), coordinate(1), coordinate(2)];
            mesh.positions
                .push(finite_point(p, name, || format!("triangle {}, corner {}", t + 1, corner + 1))?);
        }
        mesh.triangles.push([first, first + 1, first + 2]);
    }
    Ok(raw(Format::StlBinary, mesh))
}

/// Reads an ascii STL: only the `vertex` lines carry the surface, three to a facet; any number of solids.
pub fn read_ascii(bytes: &[u8], name: &str) -> Result<RawMesh, ImportError> {
    let text = String::from_utf8_lossy(bytes);
    let mut mesh = TriMesh::default();
    let mut ended = false;
    let mut n_lines = 0;
    for (number, line) in text.lines().enumerate() {
        n_lines = number + 1;
        let place = || format!("line {}", number + 1);
        let mut words = line.split_whitespace();
        let Some(keyword) = words.next() else { continue };
        let on_facet = |n: usize| n % 3;
        match keyword.to_ascii_lowercase().as_str() {
            "vertex" => {
                let numbers: Vec<f64> = words.map_while(|w| w.parse().ok()).collect();
                let [x, y, z] = numbers[..] else {
                    return Err(malformed(
                        name,
                        place(),
                        format!("a vertex has 3 numbers, found `{}`", excerpt(line)),
                    ));
                };
                mesh.positions.push(finite_point([x, y, z], name, place)?);
            }
            "endfacet" | "facet" if on_facet(mesh.positions.len()) != 0 => {
                let problem = format!("the facet has {} of 3 vertices", on_facet(mesh.positions.len()));
                return Err(malformed(name, place(), problem));
            }
            "endsolid" => ended = true,
            "solid" | "facet" | "outer" | "endloop" | "endfacet" => {}
            other => {
                let problem = format!(
                    "`{}` is no word of an STL; allowed are solid, facet, outer, vertex, endloop",
                    excerpt(other)
                );
                return Err(malformed(name, place(), problem));
            }
        }
    }
    if !ended || mesh.positions.len() % 3 != 0 {
        return Err(malformed(
            name,
            format!("line {n_lines}"),
            "the file ends before `endsolid`; it is cut off",
        ));
    }
    if mesh.positions.len() / 3 > MAX_TRIANGLES {
        return Err(malformed(name, "body", too_many_triangles()));
    }
    mesh.triangles = (0..mesh.positions.len() as u32 / 3).map(|t| [3 * t, 3 * t + 1, 3 * t + 2]).collect();
    Ok(raw(Format::StlAscii, mesh))
}

fn raw(format: Format, mesh: TriMesh) -> RawMesh {
    RawMesh { format, mesh, quality: None, unit_hint: None }
}
