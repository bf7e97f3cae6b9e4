//! Wavefront OBJ: `v` and `f`; everything else carries no surface.

use glam::DVec3;

use super::{Format, RawMesh, excerpt, finite_point, malformed, push_polygon};
use crate::import::error::ImportError;
use crate::mesh::TriMesh;

/// Reads an OBJ. Lines may end in `\` to go on; faces may count from the end (negative).
pub fn read_obj(bytes: &[u8], name: &str) -> Result<RawMesh, ImportError> {
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let text = if text.contains("\\\n") || text.contains("\\\r\n") {
        text.replace("\\\r\n", " ").replace("\\\n", " ").into()
    } else {
        text
    };
    let mut positions: Vec<DVec3> = Vec::new();
    let mut triangles = Vec::new();
    let mut corners: Vec<i64> = Vec::new();
    // A face may name a vertex that stands below it, so faces are checked against the whole file at the end.
    let mut highest: (i64, usize) = (-1, 0);
    for (number, line) in text.lines().enumerate() {
        let place = || format!("line {}", number + 1);
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("v") => {
                // x y z, then w, then red green blue may follow
                let mut numbers = [0.0; 7];
                let mut n = 0;
                for word in words {
                    let value = word.parse().ok().filter(|_| n < 7);
                    let Some(value) = value else {
                        let problem = format!("a vertex has 3 to 7 numbers, found `{}`", excerpt(line));
                        return Err(malformed(name, place(), problem));
                    };
                    numbers[n] = value;
                    n += 1;
                }
                if n < 3 {
                    return Err(malformed(
                        name,
                        place(),
                        format!("a vertex has 3 numbers, found `{}`", excerpt(line)),
                    ));
                }
                positions.push(finite_point([numbers[0], numbers[1], numbers[2]], name, place)?);
            }
            Some("f") => {
                corners.clear();
                for word in words {
                    let index = word.split('/').next().and_then(|w| w.parse::<i64>().ok());
                    let corner = match index {
                        Some(i) if i > 0 => i - 1,
                        Some(i) if i < 0 && -i <= positions.len() as i64 => positions.len() as i64 + i,
                        _ => {
                            let problem = format!(
                                "`{}` names no vertex; allowed are 1 to the number of vertices, or -1 down to -{}",
                                excerpt(word),
                                positions.len()
                            );
                            return Err(malformed(name, place(), problem));
                        }
                    };
                    if corner > highest.0 {
                        highest = (corner, number + 1);
                    }
                    corners.push(corner);
                }
                if highest.0 >= u32::MAX as i64 {
                    break; // refused below
                }
                push_polygon(&mut triangles, &corners, u32::MAX as usize, name, place)?;
            }
            _ => {}
        }
    }
    if highest.0 >= positions.len() as i64 {
        let problem = format!(
            "a face names vertex {}, but the file has {} vertices; it is cut off or broken",
            highest.0 + 1,
            positions.len()
        );
        return Err(malformed(name, format!("line {}", highest.1), problem));
    }
    let mesh = TriMesh { positions, triangles };
    Ok(RawMesh { format: Format::Obj, mesh, quality: None, unit_hint: None })
}
