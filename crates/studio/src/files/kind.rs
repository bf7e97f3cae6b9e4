//! What a file is, by its first bytes: names and types that a browser sends along are not believed.

use serde::{Deserialize, Serialize};

/// The kinds of files that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Photo, as the program wrote it.
    Jpeg,
    /// Picture without loss, as the program wrote it.
    Png,
    /// Photo as it came; never kept as such.
    Webp,
    /// Document.
    Pdf,
    /// Scan, binary glTF 2.
    Glb,
    /// Scan, Stanford polygons.
    Ply,
    /// Scan, Wavefront.
    Obj,
    /// Scan, stereolithography.
    Stl,
    /// Data that the program wrote.
    Json,
    /// A table that the program wrote.
    Csv,
    /// A calendar that the program wrote.
    Ics,
}

/// Documents and scans, which are kept byte by byte as they came.
pub const AS_THEY_ARE: [Kind; 5] = [Kind::Pdf, Kind::Glb, Kind::Ply, Kind::Obj, Kind::Stl];
/// What the program itself writes beside pictures, documents and heads.
const MADE: [Kind; 3] = [Kind::Json, Kind::Csv, Kind::Ics];
/// Scans of a head, which `hairline head` reads.
pub const SCANS: [Kind; 4] = [Kind::Glb, Kind::Ply, Kind::Obj, Kind::Stl];

impl Kind {
    /// The word for the store, such as `glb`; also the usual ending of a file's name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Jpeg => "jpeg",
            Kind::Png => "png",
            Kind::Webp => "webp",
            Kind::Pdf => "pdf",
            Kind::Glb => "glb",
            Kind::Ply => "ply",
            Kind::Obj => "obj",
            Kind::Stl => "stl",
            Kind::Json => "json",
            Kind::Csv => "csv",
            Kind::Ics => "ics",
        }
    }

    /// The kind of a word from the store.
    pub fn from_name(name: &str) -> Option<Kind> {
        let pictures = [Kind::Jpeg, Kind::Png, Kind::Webp];
        pictures.into_iter().chain(AS_THEY_ARE).chain(MADE).find(|kind| kind.name() == name)
    }

    /// Whether browsers show it as a picture.
    pub fn is_picture(self) -> bool {
        matches!(self, Kind::Jpeg | Kind::Png | Kind::Webp)
    }

    /// The media type (IANA) to serve it as.
    pub fn media_type(self) -> &'static str {
        match self {
            Kind::Jpeg => "image/jpeg",
            Kind::Png => "image/png",
            Kind::Webp => "image/webp",
            Kind::Pdf => "application/pdf",
            Kind::Glb => "model/gltf-binary",
            Kind::Obj => "model/obj",
            Kind::Stl => "model/stl",
            Kind::Json => "application/json",
            Kind::Csv => "text/csv; charset=utf-8",
            Kind::Ics => "text/calendar; charset=utf-8",
            // IANA has none for PLY.
            Kind::Ply => "application/octet-stream",
        }
    }
}

/// How many first bytes [`recognise`] wants, unless the file is shorter.
pub const FIRST_BYTES: usize = 4096;

/// The kind of a file by its first bytes, and the length it must have if it says so; `None` if it is nothing we keep.
pub fn recognise(first: &[u8]) -> Option<(Kind, Option<u64>)> {
    let u32_at = |at: usize| -> Option<u64> {
        let bytes = first.get(at..at + 4)?.try_into().ok()?;
        Some(u64::from(u32::from_le_bytes(bytes)))
    };
    if first.starts_with(&[0xff, 0xd8, 0xff]) {
        return Some((Kind::Jpeg, None));
    }
    if first.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some((Kind::Png, None));
    }
    if first.starts_with(b"RIFF") && first.get(8..12) == Some(b"WEBP") {
        return Some((Kind::Webp, None));
    }
    if first.starts_with(b"%PDF-") {
        return Some((Kind::Pdf, None));
    }
    if first.starts_with(b"glTF") {
        return (u32_at(4)? == 2).then_some((Kind::Glb, Some(u32_at(8)?)));
    }
    if first.starts_with(b"ply\n") || first.starts_with(b"ply\r") {
        return Some((Kind::Ply, None));
    }
    let text = text(first);
    if let Some(text) = text {
        if text.trim_start().starts_with("solid") && (text.contains("facet") || text.contains("endsolid")) {
            return Some((Kind::Stl, None));
        }
        if is_obj(text, first.len() < FIRST_BYTES) {
            return Some((Kind::Obj, None));
        }
        return None;
    }
    // Binary STL has no sign of its own: 80 bytes of anything, a count, 50 bytes a triangle (fabbers.com, 1989). The length
    // it must then have is the proof.
    let triangles = u32_at(80)?;
    (triangles > 0).then_some((Kind::Stl, Some(84 + 50 * triangles)))
}

/// The bytes as text, without a last character that is cut; `None` if they are none.
fn text(first: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(first) {
        Ok(text) => text,
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&first[..e.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    (!text.chars().any(|c| c.is_control() && !c.is_whitespace())).then_some(text)
}

/// Whether every whole line is one of Wavefront's.
fn is_obj(text: &str, whole: bool) -> bool {
    const WORDS: [&str; 14] =
        ["v", "vt", "vn", "vp", "f", "l", "p", "o", "g", "s", "mtllib", "usemtl", "usemap", "#"];
    let text = if whole { text } else { text.rsplit_once('\n').map_or("", |(lines, _)| lines) };
    let mut words = text.lines().filter_map(|line| line.split_whitespace().next());
    let known = |word: &str| word.starts_with('#') || WORDS.contains(&word);
    words.clone().all(known) && words.any(|word| !word.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(first: &[u8]) -> Option<Kind> {
        recognise(first).map(|(kind, _)| kind)
    }

    #[test]
    fn files_are_known_by_their_first_bytes() {
        assert_eq!(kind(b"\xff\xd8\xff\xe0\x00\x10JFIF"), Some(Kind::Jpeg));
        assert_eq!(kind(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"), Some(Kind::Pdf));
        assert_eq!(recognise(b"glTF\x02\0\0\0\x10\x01\0\0JSON"), Some((Kind::Glb, Some(272))));
        assert_eq!(kind(b"ply\r\nformat ascii 1.0\r\n"), Some(Kind::Ply));
        assert_eq!(kind(b"# made by hand\nmtllib a.mtl\nv 0 0 1\nv 1.5 0"), Some(Kind::Obj));
        assert_eq!(kind(b"solid head\n facet normal 0 0 1\n"), Some(Kind::Stl));
        let mut binary = vec![0xee; 80];
        binary.extend(3_u32.to_le_bytes());
        binary.extend([0; 150]);
        assert_eq!(recognise(&binary), Some((Kind::Stl, Some(binary.len() as u64))));
        // Many programs write "solid" into the header of a binary file too.
        binary[..6].copy_from_slice(b"solid ");
        assert_eq!(recognise(&binary), Some((Kind::Stl, Some(binary.len() as u64))));
    }

    #[test]
    fn what_a_browser_could_run_is_none_of_them() {
        for first in [
            &b"<!DOCTYPE html><script>alert(1)</script>"[..],
            b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"x()\"/>",
            b"#!/bin/sh\nrm -rf /\n",
            b"# only a comment\n",
            b"MZ\x90\0\x03\0\0\0",
            b"PK\x03\x04",
            b"GIF89a",
            b"glTF\x01\0\0\0\x10\x01\0\0",
            b"v 1 2 3\n<script>\n",
            b"",
            b"\n\n",
        ] {
            assert_eq!(kind(first), None, "{}", String::from_utf8_lossy(first));
        }
    }

    #[test]
    fn names_lead_back_to_kinds() {
        for kind in [Kind::Jpeg, Kind::Png, Kind::Webp].into_iter().chain(AS_THEY_ARE) {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Kind::from_name("svg"), None);
    }
}
