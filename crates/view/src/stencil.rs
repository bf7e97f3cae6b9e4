//! The hairline and the zone outlines in true size, to cut out and lay on the head.
//!
//! A line is cut into gores of some 90 mm, each a band of skin [`HALF_BAND_MM`] to either side of the line, laid flat
//! so that the skin beside the line keeps its lengths ([`hairline_scalp::flatten`]); what cannot be kept is pushed to
//! the rim of the paper, which is snipped. Each piece is checked before it is printed: distances between its marks
//! along the skin and along the paper differ by at most [`STATION_TOLERANCE_MM`], or the gore is halved. A tape table
//! gives the way from glabella, ears and inion to the marks, so that each piece finds its place alone.

use glam::{DVec2, DVec3};
use hairline_scalp::Head;
use hairline_scalp::distance::{DistanceError, Geodesics};
use rayon::prelude::*;

use crate::pdf::{Block, Fonts, Paper, PdfError};

mod cell_map;
mod line;
mod page;
mod piece;
mod plan_lines;
mod tape;

use piece::Gore;
pub use piece::{FlatKind, FlatLine, Join, Misfit, Piece, Station};
pub use plan_lines::{plan_lines, stencil_of};
pub use tape::{Mark, TapeRow};

/// Paper to either side of a line, mm. Wider paper would not lie on a round head: at this width the rim would have to
/// stretch by half the square of width over radius, 1.3 % on a head of 85 mm radius, which the snips take.
pub const HALF_BAND_MM: f64 = 14.0;
/// Length of a gore along its line at most, mm: with its ends it leaves room for its notes on a page.
pub const GORE_MM: f64 = 90.0;
/// Distances between marks of a piece along the skin and along the paper differ by at most this, mm.
pub const STATION_TOLERANCE_MM: f64 = 0.5;
/// Marks stand this far apart along a line, mm.
pub const STATION_STEP_MM: f64 = 10.0;

/// A line on the skin to print.
#[derive(Clone, Debug)]
pub struct StencilLine {
    /// What it is called on the pages.
    pub name: String,
    /// Its points, head frame, mm, on or near the skin, at most some millimetres apart.
    pub points_mm: Vec<DVec3>,
    /// Whether the last point joins the first.
    pub closed: bool,
    /// Whether it is the hairline: marks are counted from the midline and the tape table lists them.
    pub hairline: bool,
}

/// What the pages say besides the lines.
#[derive(Clone, Debug)]
pub struct StencilWords {
    /// Name of the plan.
    pub plan: String,
    /// The date or the day it is for.
    pub day: String,
    /// Date in the file's metadata.
    pub date: Option<(i16, u8, u8)>,
    /// Size of the sheets.
    pub paper: Paper,
}

/// The pieces and the tape table, before they are drawn.
#[derive(Clone, Debug)]
pub struct Stencil {
    /// Pieces in order of the lines, each line's from one end to the other.
    pub pieces: Vec<Piece>,
    /// Where marks lie by tape: those of the hairline first, then ends of other pieces.
    pub tape: Vec<TapeRow>,
    /// Parts that cannot lie on paper (torn or folded skin): the line, its length from and to, mm, and why.
    pub left_out: Vec<(String, [f64; 2], String)>,
}

/// Why a stencil cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum StencilError {
    /// A line too short or not a number.
    #[error(
        "the line \"{name}\" cannot be put on a stencil: it has {points} points over {length_mm:.1} mm; at least 2 points over 5 mm are needed"
    )]
    ShortLine {
        /// Its name.
        name: String,
        /// How many points it has.
        points: usize,
        /// How long it is, mm.
        length_mm: f64,
    },
    /// Distances cannot be measured on this head.
    #[error(transparent)]
    Distance(#[from] DistanceError),
    /// The pages cannot be written.
    #[error(transparent)]
    Pdf(#[from] PdfError),
}

/// Cuts the lines into pieces, lays them flat and measures them.
pub fn stencil(head: &Head, lines: &[StencilLine]) -> Result<Stencil, StencilError> {
    let skin = Geodesics::new(&head.skin)?;
    let drawn = line::prepare(&skin, lines)?;
    let gores: Vec<(usize, [f64; 2])> = drawn
        .iter()
        .enumerate()
        .flat_map(|(i, line)| line.gores(GORE_MM).into_iter().map(move |range| (i, range)))
        .collect();
    let cut: Vec<Vec<Gore>> =
        gores.par_iter().map(|&(i, range)| piece::cut(&skin, head, &drawn, i, range)).collect();
    let (mut pieces, mut left_out) = (vec![], vec![]);
    for gore in cut.into_iter().flatten() {
        match gore {
            Gore::Laid(piece) => pieces.push(*piece),
            Gore::LeftOut(line, range, why) => left_out.push((line, range, why)),
        }
    }
    piece::number(&mut pieces);
    let tape = tape::table(&skin, head, &pieces)?;
    Ok(Stencil { pieces, tape, left_out })
}

/// The pages: how to use them with the tape table, then `map` (such as the cells), then the pieces with rulers and marks.
pub fn stencil_pdf(
    head: &Head,
    stencil: &Stencil,
    words: &StencilWords,
    map: &[Block],
) -> Result<Vec<u8>, StencilError> {
    let fonts = Fonts::new();
    Ok(page::book(head, stencil, words, map, &fonts)?.write(&page::metadata(words), &fonts)?)
}

/// A point of the paper from its place in space: what a flattened patch answers.
type Placed = Option<DVec2>;
