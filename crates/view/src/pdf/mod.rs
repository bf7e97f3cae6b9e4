//! Pages: true millimetres, embedded fonts, and a tag tree that a screen reader follows.
//!
//! Two floors. Below, a [`Book`] is sheets of [`Mark`]s (text, lines, pictures at places in mm) with the tree that says
//! what they are; [`Book::write`] turns it into PDF bytes. Above, [`flow`] sets [`Block`]s (headings, paragraphs,
//! lists, tables, figures, callouts) onto sheets with page breaks and footers. The stencil draws its own sheets, the
//! report flows.
//!
//! Files follow PDF/UA-1 (the writer refuses what it can see to be wrong): title, language, every mark tagged or an
//! artifact, figures with alternative text. No clock is read: the date in the metadata is the caller's or absent, and
//! the same input gives the same bytes.

mod flow;
mod font;
mod sheet;

pub(crate) use flow::{ACCENT, GREY, HAIR, INK, set_text};
pub use flow::{Block, Cell, Column, Figure, Frame, Table, Tone, flow, footers};
pub use font::{Face, Fonts};
pub use sheet::{Book, Line, Mark, Node, Role, Scope, Sheet, Stroke, Structure, Style, circle, rounded};

/// Points of 1/72 inch in a millimetre.
pub const PT_PER_MM: f64 = 72.0 / 25.4;

/// Display sRGB.
pub type Ink = [u8; 3];

pub use hairline_plan::case::Paper;

/// What a file says about itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// Title in the window of the reader.
    pub title: String,
    /// One sentence.
    pub description: String,
    /// Language of the text, BCP 47 (`en-GB`).
    pub language: String,
    /// Year, month, day; none when the plan has no first day.
    pub date: Option<(i16, u8, u8)>,
}

/// Why a file cannot be written.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PdfError {
    /// A picture is neither PNG nor JPEG, or damaged.
    #[error("the picture \"{alt}\" cannot be put on a page: {reason}; a complete PNG or JPEG is needed")]
    Picture {
        /// Its alternative text.
        alt: String,
        /// What the reader of pictures said.
        reason: String,
    },
    /// The PDF writer refused the document.
    #[error("the PDF \"{title}\" cannot be written: {reason}")]
    Writer {
        /// Title of the document.
        title: String,
        /// What the writer said.
        reason: String,
    },
    /// A chart of the document has no room.
    #[error(transparent)]
    Chart(#[from] crate::chart::ChartError),
}
