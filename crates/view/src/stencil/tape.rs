//! Where marks lie by tape.

use glam::DVec3;
use hairline_scalp::Head;
use hairline_scalp::distance::Geodesics;
use rayon::prelude::*;

use super::{Piece, StencilError};

/// A place on the head that is easy to find with a finger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The most forward point between the brows.
    Glabella,
    /// The bump at the back of the head.
    Inion,
    /// The notch above the left tragus.
    LeftEar,
    /// The notch above the right tragus.
    RightEar,
}

impl Mark {
    /// The word on the page.
    pub fn word(self) -> &'static str {
        match self {
            Mark::Glabella => "glabella",
            Mark::Inion => "inion",
            Mark::LeftEar => "left ear",
            Mark::RightEar => "right ear",
        }
    }
}

/// One mark of a piece: two tapes laid along the skin meet there.
#[derive(Clone, Debug, PartialEq)]
pub struct TapeRow {
    /// Name of the line.
    pub line: String,
    /// Whether it is the hairline.
    pub hairline: bool,
    /// What is written beside the mark on the piece.
    pub label: String,
    /// Length along the line, mm.
    pub at_mm: f64,
    /// The glabella for marks in front, the inion behind the line over both ears.
    pub middle: Mark,
    /// Way along the skin from there, mm.
    pub middle_mm: f64,
    /// The nearer ear (its tragion).
    pub ear: Mark,
    /// Way along the skin from there, mm.
    pub ear_mm: f64,
}

/// The labelled marks of the hairline, then the first and last of every other piece; without a hairline all of them.
pub(super) fn table(skin: &Geodesics, head: &Head, pieces: &[Piece]) -> Result<Vec<TapeRow>, StencilError> {
    let has_hairline = pieces.iter().any(|p| p.hairline);
    let mut wanted: Vec<(&Piece, &str, f64, DVec3)> = vec![];
    for piece in pieces {
        let inside = |at: f64| at >= piece.range_mm[0] - 1e-6 && at <= piece.range_mm[1] + 1e-6;
        let labelled: Vec<_> =
            piece.stations.iter().filter(|s| !s.label.is_empty() && inside(s.at_mm)).collect();
        let ends = if piece.hairline || !has_hairline || labelled.len() < 2 {
            labelled
        } else {
            vec![labelled[0], labelled[labelled.len() - 1]]
        };
        for s in ends {
            let known = wanted.iter().any(|(p, _, at, _)| p.line == piece.line && *at == s.at_mm);
            if !known {
                wanted.push((piece, &s.label, s.at_mm, s.head_mm));
            }
        }
    }
    let marks = &head.landmarks;
    let landmarks = [
        (Mark::Glabella, marks.glabella),
        (Mark::Inion, marks.inion),
        (Mark::LeftEar, marks.tragion_left),
        (Mark::RightEar, marks.tragion_right),
    ];
    let targets: Vec<_> = wanted.iter().map(|w| skin.closest(w.3)).collect();
    let ways: Vec<Vec<f64>> = landmarks
        .par_iter()
        .map(|(mark, at)| {
            let uses = |p: DVec3| [middle_of(p), ear_of(p)].contains(mark);
            let used: Vec<usize> = (0..wanted.len()).filter(|&i| uses(wanted[i].3)).collect();
            let places: Vec<_> = used.iter().map(|&i| targets[i]).collect();
            let mut lengths = vec![f64::NAN; wanted.len()];
            if !places.is_empty() {
                for (i, path) in used.into_iter().zip(skin.shortest_paths(skin.closest(*at), &places)?) {
                    lengths[i] = path.length_mm;
                }
            }
            Ok(lengths)
        })
        .collect::<Result<_, StencilError>>()?;
    let way = |mark: Mark, i: usize| {
        landmarks.iter().position(|(m, _)| *m == mark).map_or(f64::NAN, |k| ways[k][i])
    };
    let row = |(i, (piece, label, at_mm, p)): (usize, (&Piece, &str, f64, DVec3))| TapeRow {
        line: piece.line.clone(),
        hairline: piece.hairline,
        label: label.to_string(),
        at_mm,
        middle: middle_of(p),
        middle_mm: way(middle_of(p), i),
        ear: ear_of(p),
        ear_mm: way(ear_of(p), i),
    };
    Ok(wanted.into_iter().enumerate().map(row).collect())
}

fn middle_of(p: DVec3) -> Mark {
    if p.z >= 0.0 { Mark::Glabella } else { Mark::Inion }
}

fn ear_of(p: DVec3) -> Mark {
    if p.x >= 0.0 { Mark::LeftEar } else { Mark::RightEar }
}
