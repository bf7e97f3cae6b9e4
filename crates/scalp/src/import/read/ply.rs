//! PLY, ascii and binary of both byte orders (Turk 1994, "The PLY Polygon File Format").

use super::{Format, RawMesh, excerpt, finite_point, human_bytes, malformed, push_polygon};
use crate::import::error::ImportError;
use crate::mesh::TriMesh;

/// Reads a PLY: element `vertex` with x, y, z (and quality), element `face` with its corners.
pub fn read_ply(bytes: &[u8], name: &str) -> Result<RawMesh, ImportError> {
    let header = read_header(bytes, name)?;
    let mut rows = Rows { bytes, at: header.body_at, line: header.n_lines, encoding: header.encoding };
    let mut positions = Vec::new();
    let mut triangles = Vec::new();
    let mut quality = Vec::new();
    let mut values: Vec<f64> = Vec::new();
    for element in &header.elements {
        check_size(element, &rows, name)?;
        let column =
            |wanted: &[&str]| element.properties.iter().position(|p| wanted.contains(&p.name.as_str()));
        if element.name == "vertex" {
            let axes = [column(&["x"]), column(&["y"]), column(&["z"])];
            let [Some(x), Some(y), Some(z)] = axes else {
                return Err(malformed(name, "header", "the vertices lack a property x, y or z"));
            };
            if let Some(list) = element.properties.iter().find(|p| p.list_count.is_some()) {
                let problem =
                    format!("vertex property `{}` is a list; plain numbers are allowed", excerpt(&list.name));
                return Err(malformed(name, "header", problem));
            }
            let quality_at = column(&["quality"]);
            for v in 0..element.count {
                let place = || format!("vertex {}", v + 1);
                rows.read(element, &mut values, usize::MAX).map_err(|e| e.at(name, &rows, place()))?;
                positions.push(finite_point([values[x], values[y], values[z]], name, place)?);
                if let Some(q) = quality_at {
                    quality.push(values[q]);
                }
            }
        } else if element.name == "face" {
            let Some(corners) = column(&["vertex_indices", "vertex_index"]) else {
                return Err(malformed(name, "header", "the faces lack the list property vertex_indices"));
            };
            let mut indices: Vec<i64> = Vec::new();
            for f in 0..element.count {
                let place = || format!("face {}", f + 1);
                rows.read(element, &mut values, corners).map_err(|e| e.at(name, &rows, place()))?;
                indices.clear();
                indices.extend(values.iter().map(|&v| v as i64));
                push_polygon(&mut triangles, &indices, header.n_vertices, name, place)?;
            }
        } else {
            for i in 0..element.count {
                let place = || format!("{} {}", excerpt(&element.name), i + 1);
                rows.read(element, &mut values, usize::MAX).map_err(|e| e.at(name, &rows, place()))?;
            }
        }
    }
    let format = match header.encoding {
        Encoding::Ascii => Format::PlyAscii,
        Encoding::Little => Format::PlyBinaryLittleEndian,
        Encoding::Big => Format::PlyBinaryBigEndian,
    };
    Ok(RawMesh {
        format,
        mesh: TriMesh { positions, triangles },
        quality: (!quality.is_empty()).then_some(quality),
        unit_hint: None,
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Encoding {
    Ascii,
    Little,
    Big,
}

#[derive(Clone, Copy)]
enum Scalar {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    F32,
    F64,
}

impl Scalar {
    fn parse(word: &str) -> Option<Scalar> {
        Some(match word {
            "char" | "int8" => Scalar::I8,
            "uchar" | "uint8" => Scalar::U8,
            "short" | "int16" => Scalar::I16,
            "ushort" | "uint16" => Scalar::U16,
            "int" | "int32" => Scalar::I32,
            "uint" | "uint32" => Scalar::U32,
            "float" | "float32" => Scalar::F32,
            "double" | "float64" => Scalar::F64,
            _ => return None,
        })
    }

    fn n_bytes(self) -> usize {
        match self {
            Scalar::I8 | Scalar::U8 => 1,
            Scalar::I16 | Scalar::U16 => 2,
            Scalar::I32 | Scalar::U32 | Scalar::F32 => 4,
            Scalar::F64 => 8,
        }
    }
}

struct Property {
    name: String,
    kind: Scalar,
    /// Type of the count, for a list.
    list_count: Option<Scalar>,
}

struct Element {
    name: String,
    count: usize,
    properties: Vec<Property>,
}

struct Header {
    encoding: Encoding,
    elements: Vec<Element>,
    n_vertices: usize,
    n_lines: usize,
    body_at: usize,
}

fn read_header(bytes: &[u8], name: &str) -> Result<Header, ImportError> {
    /// No header of a scan is longer; a file without `end_header` is not searched to its end.
    const LONGEST: usize = 65_536;
    let mut elements: Vec<Element> = Vec::new();
    let mut encoding = None;
    let mut at = 0;
    let mut n_lines = 0;
    loop {
        let rest = &bytes[at..bytes.len().min(LONGEST)];
        let Some(length) = rest.iter().position(|&b| b == b'\n' || b == b'\r') else {
            return Err(malformed(
                name,
                format!("line {}", n_lines + 1),
                "the header ends without `end_header`",
            ));
        };
        let line = String::from_utf8_lossy(&rest[..length]).into_owned();
        at += length + if rest[length..].starts_with(b"\r\n") { 2 } else { 1 };
        n_lines += 1;
        let words: Vec<&str> = line.split_whitespace().collect();
        let bad = |problem: String| Err(malformed(name, format!("line {n_lines}"), problem));
        match words[..] {
            ["ply"] | [] | ["comment" | "obj_info", ..] => {}
            ["format", kind, _] => {
                encoding = match kind {
                    "ascii" => Some(Encoding::Ascii),
                    "binary_little_endian" => Some(Encoding::Little),
                    "binary_big_endian" => Some(Encoding::Big),
                    _ => {
                        return bad(format!(
                            "format `{}` is unknown; allowed are ascii, binary_little_endian, binary_big_endian",
                            excerpt(kind)
                        ));
                    }
                }
            }
            ["element", element, count] => {
                let Ok(count) = count.parse() else {
                    return bad(format!("`{}` is no number of elements", excerpt(count)));
                };
                elements.push(Element { name: element.to_owned(), count, properties: Vec::new() });
            }
            ["property", ref rest @ ..] => {
                let property = match *rest {
                    ["list", count, kind, name] => Scalar::parse(count)
                        .zip(Scalar::parse(kind))
                        .map(|(c, kind)| Property { name: name.to_owned(), kind, list_count: Some(c) }),
                    [kind, name] => Scalar::parse(kind).map(|kind| Property {
                        name: name.to_owned(),
                        kind,
                        list_count: None,
                    }),
                    _ => None,
                };
                match (property, elements.last_mut()) {
                    (Some(property), Some(element)) => element.properties.push(property),
                    _ => return bad(format!("`{}` is no property of an element", excerpt(&line))),
                }
            }
            ["end_header"] => break,
            _ => {
                return bad(format!(
                    "`{}` is no line of a PLY header",
                    line.chars().take(60).collect::<String>()
                ));
            }
        }
    }
    let Some(encoding) = encoding else {
        return Err(malformed(name, "header", "the line `format` is missing"));
    };
    for needed in ["vertex", "face"] {
        if !elements.iter().any(|e| e.name == needed) {
            let problem = format!(
                "the file has no element `{needed}`; a mesh with faces is needed, not a point cloud or a splat"
            );
            return Err(malformed(name, "header", problem));
        }
    }
    if let Some(twice) =
        ["vertex", "face"].iter().find(|n| elements.iter().filter(|e| e.name == **n).count() > 1)
    {
        return Err(malformed(name, "header", format!("the element `{twice}` is announced twice")));
    }
    let n_vertices = elements.iter().find(|e| e.name == "vertex").map_or(0, |e| e.count);
    Ok(Header { encoding, elements, n_vertices, n_lines, body_at: at })
}

/// Refuses an element that cannot fit into what is left of the file, before anything is reserved or read.
fn check_size(element: &Element, rows: &Rows, name: &str) -> Result<(), ImportError> {
    let smallest: usize = match rows.encoding {
        // a digit and a separator for each number
        Encoding::Ascii => 2 * element.properties.len(),
        _ => element.properties.iter().map(|p| p.list_count.unwrap_or(p.kind).n_bytes()).sum(),
    };
    if smallest == 0 && element.count > 0 {
        return Err(malformed(
            name,
            "header",
            format!("the element `{}` has no property", excerpt(&element.name)),
        ));
    }
    let needed = element.count as f64 * smallest as f64;
    // the last number of an ascii file needs no separator
    let left = (rows.bytes.len() - rows.at + 1) as f64;
    if needed > left {
        let problem = format!(
            "it announces {} of `{}` (at least {}), but only {} are left; the file is cut off or its header is wrong",
            element.count,
            excerpt(&element.name),
            human_bytes(needed),
            human_bytes(left - 1.0)
        );
        return Err(malformed(name, "header", problem));
    }
    Ok(())
}

/// Reads the body, an element at a time.
struct Rows<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    encoding: Encoding,
}

/// Why an element could not be read.
enum RowError {
    CutOff,
    Short,
    Number(String),
    Length { found: usize },
    List(f64),
}

impl RowError {
    fn at(self, file: &str, rows: &Rows, place: String) -> ImportError {
        let place =
            if rows.encoding == Encoding::Ascii { format!("line {} ({place})", rows.line) } else { place };
        let problem = match self {
            RowError::CutOff => "the file ends here; it is cut off".to_owned(),
            RowError::Short => "the line holds fewer numbers than the header announces".to_owned(),
            RowError::Number(word) => format!("`{}` is no number", excerpt(&word)),
            RowError::Length { found } => {
                format!("the line holds {found} more numbers than the header announces")
            }
            RowError::List(n) => format!("a list of {n} numbers is no face"),
        };
        malformed(file, place, problem)
    }
}

impl Rows<'_> {
    /// Reads one element into `values`: its plain properties in order of the header, or, where `list` names one, that list.
    fn read(&mut self, element: &Element, values: &mut Vec<f64>, list: usize) -> Result<(), RowError> {
        values.clear();
        let (end, next) = self.row()?;
        for (i, property) in element.properties.iter().enumerate() {
            let Some(count_kind) = property.list_count else {
                let value = self.number(property.kind, end)?;
                if list == usize::MAX {
                    values.push(value);
                }
                continue;
            };
            let n = self.number(count_kind, end)?;
            if n.fract() != 0.0 || n < 0.0 || n > end as f64 {
                return Err(RowError::List(n));
            }
            for _ in 0..n as usize {
                let value = self.number(property.kind, end)?;
                if i == list {
                    values.push(value);
                }
            }
        }
        if self.encoding == Encoding::Ascii {
            let found =
                self.bytes[self.at..end].split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).count();
            if found > 0 {
                return Err(RowError::Length { found });
            }
            self.at = next;
        }
        Ok(())
    }

    /// Where the present element has to end, and where the next begins: the next line that is not blank (ascii),
    /// or the whole rest (binary).
    fn row(&mut self) -> Result<(usize, usize), RowError> {
        if self.encoding != Encoding::Ascii {
            return Ok((self.bytes.len(), 0));
        }
        loop {
            let rest = &self.bytes[self.at..];
            if rest.is_empty() {
                return Err(RowError::CutOff);
            }
            self.line += 1;
            let length = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
            let (end, next) = (self.at + length, (self.at + length + 1).min(self.bytes.len()));
            if !rest[..length].trim_ascii().is_empty() {
                return Ok((end, next));
            }
            self.at = next;
        }
    }

    fn number(&mut self, kind: Scalar, end: usize) -> Result<f64, RowError> {
        if self.encoding == Encoding::Ascii {
            let row = &self.bytes[self.at..end];
            let skipped = row.len() - row.trim_ascii_start().len();
            let word = &row[skipped..];
            let length = word.iter().position(u8::is_ascii_whitespace).unwrap_or(word.len());
            if length == 0 {
                return Err(RowError::Short);
            }
            self.at += skipped + length;
            let word = String::from_utf8_lossy(&word[..length]);
            return word.parse().map_err(|_| RowError::Number(word.into_owned()));
        }
        let n = kind.n_bytes();
        let Some(field) = self.bytes.get(self.at..self.at + n) else { return Err(RowError::CutOff) };
        self.at += n;
        let mut b = [0; 8];
        b[..n].copy_from_slice(field);
        if self.encoding == Encoding::Big {
            b[..n].reverse();
        }
        let [b0, b1, b2, b3, ..] = b;
        Ok(match kind {
            Scalar::I8 => b0 as i8 as f64,
            Scalar::U8 => b0 as f64,
            Scalar::I16 => i16::from_le_bytes([b0, b1]) as f64,
            Scalar::U16 => u16::from_le_bytes([b0, b1]) as f64,
            Scalar::I32 => i32::from_le_bytes([b0, b1, b2, b3]) as f64,
            Scalar::U32 => u32::from_le_bytes([b0, b1, b2, b3]) as f64,
            Scalar::F32 => f32::from_le_bytes([b0, b1, b2, b3]) as f64,
            Scalar::F64 => f64::from_le_bytes(b),
        })
    }
}
