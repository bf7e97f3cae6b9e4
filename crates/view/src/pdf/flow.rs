//! Blocks set one under another onto pages.
//!
//! Each block becomes a node of the tag tree and a row of [`Chunk`]s, the pieces a page break may fall between; then
//! the chunks are put onto sheets, headings with what follows them, and every page gets its footer.

use krilla::image::Image;

use super::sheet::Line;
use super::{Book, Face, Fonts, Ink, Mark, Node, Paper, PdfError, Role, Sheet, Stroke, Style};

mod boxes;
mod table;
mod text;

pub(crate) use text::set_text;

/// Something that stands on a page.
#[derive(Clone, Debug)]
pub enum Block {
    /// The name of the document and a line under it.
    Title {
        /// The name.
        title: String,
        /// The line.
        subtitle: String,
    },
    /// A heading; level 2 opens a chapter, 3 a part of one.
    Heading(u8, String),
    /// A paragraph; `**words**` are stressed.
    Text(String),
    /// A paragraph in small type: sources, assumptions.
    Small(String),
    /// A bulleted list.
    Bullets(Vec<String>),
    /// Names with what they mean.
    Terms(Vec<(String, String)>),
    /// A grid of few words: what, and how much.
    Facts(Vec<(String, String)>),
    /// A table.
    Table(Table),
    /// Pictures side by side.
    Figures {
        /// How many side by side.
        columns: usize,
        /// Share of the width of the frame that they take, 0-1.
        width_share: f64,
        /// The pictures.
        figures: Vec<Figure>,
    },
    /// A drawing made of marks, relative to its upper left corner.
    Drawing {
        /// Its height, mm.
        height_mm: f64,
        /// What it shows, for those who do not see it.
        alt: String,
        /// The text under it.
        caption: String,
        /// The marks, within the width of the page's frame.
        marks: Vec<Mark>,
    },
    /// A box that stands out.
    Callout {
        /// How loud.
        tone: Tone,
        /// Its first line.
        title: String,
        /// What it holds.
        body: Vec<Block>,
    },
    /// Room, mm; none at the top of a page.
    Space(f64),
    /// A new page, unless this one is empty.
    NewPage,
    /// A new page, unless this much room is left, mm.
    Need(f64),
}

/// How loud a callout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Good to know.
    Calm,
    /// Do this.
    Care,
    /// Mind this.
    Warning,
    /// Act now.
    Urgent,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its header.
    pub title: String,
    /// Its share of the width, relative to the others.
    pub share: f64,
    /// Whether it is numbers, set to the right.
    pub right: bool,
}

/// The text of a cell; `**words**` are stressed.
pub type Cell = String;

/// Rows under headers.
#[derive(Clone, Debug)]
pub struct Table {
    /// What it is for, read before it.
    pub summary: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows; the first cell of each is the row's header.
    pub rows: Vec<Vec<Cell>>,
}

/// A picture with its words.
#[derive(Clone, Debug)]
pub struct Figure {
    /// PNG or JPEG.
    pub picture: Vec<u8>,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// The text under it.
    pub caption: String,
}

/// The page around the text.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Size of the sheets.
    pub paper: Paper,
    /// Text at the foot of every page, on the left.
    pub footer: String,
    /// Room kept free above the footer, mm.
    pub foot_mm: f64,
}

/// Margins of a page, mm: left and right, top, bottom.
const SIDE_MM: f64 = 24.0;
const TOP_MM: f64 = 22.0;
const BOTTOM_MM: f64 = 24.0;
/// Running text is no wider, mm: about 85 letters.
const MEASURE_MM: f64 = 142.0;

pub(crate) const INK: Ink = [38, 44, 50];
pub(crate) const GREY: Ink = [98, 106, 114];
pub(crate) const ACCENT: Ink = [24, 92, 101];
pub(crate) const HAIR: Ink = [206, 212, 214];

impl Frame {
    /// Width of the frame, mm.
    pub fn width_mm(&self) -> f64 {
        self.paper.size_mm()[0] - 2.0 * SIDE_MM
    }

    fn bottom_mm(&self) -> f64 {
        self.paper.size_mm()[1] - BOTTOM_MM - self.foot_mm
    }
}

/// A piece of a block that no page break divides.
#[derive(Clone, Debug, Default)]
struct Chunk {
    /// Room above it, mm; none at the top of a page.
    above_mm: f64,
    height_mm: f64,
    /// Marks from its upper left corner.
    marks: Vec<(Role, Vec<Mark>)>,
    /// Whether the next chunk must be on the same page.
    keep: bool,
    /// Drawn above it, as decoration, where it opens a page: the header of a continued table, with its height.
    continued: Option<(f64, Vec<Mark>)>,
    bookmark: Option<String>,
    new_page: bool,
    /// Room that must be left for it and what follows, mm.
    need_mm: f64,
}

/// What the blocks are set with.
struct Setter<'a> {
    book: Book,
    fonts: &'a Fonts,
}

impl Setter<'_> {
    fn block(&mut self, block: &Block, width: f64) -> Result<(Vec<Node>, Vec<Chunk>), PdfError> {
        let measure = width.min(MEASURE_MM);
        let nodes = |(node, chunks)| (vec![node], chunks);
        Ok(match block {
            Block::Title { title, subtitle } => self.title(title, subtitle, width),
            Block::Heading(level, words) => nodes(self.heading(*level, words, width)),
            Block::Text(words) => nodes(self.paragraph(words, text::BODY, measure)),
            Block::Small(words) => nodes(self.paragraph(words, text::SMALL, width)),
            Block::Bullets(items) => nodes(self.bullets(items, measure)),
            Block::Terms(terms) => nodes(self.terms(terms, measure)),
            Block::Facts(facts) => nodes(self.facts(facts, width)),
            Block::Table(table) => nodes(self.table(table, width)),
            Block::Figures { columns, width_share, figures } => {
                self.figures(*columns, figures, width * width_share)?
            }
            Block::Drawing { height_mm, alt, caption, marks } => {
                nodes(self.drawing(*height_mm, alt, caption, marks, width))
            }
            Block::Callout { tone, title, body } => nodes(self.callout(*tone, title, body, width)?),
            Block::Space(mm) => (vec![], vec![Chunk { above_mm: *mm, ..Chunk::default() }]),
            Block::NewPage => (vec![], vec![Chunk { new_page: true, ..Chunk::default() }]),
            Block::Need(mm) => (vec![], vec![Chunk { need_mm: *mm, ..Chunk::default() }]),
        })
    }
}

/// Sets the blocks onto sheets; [`footers`] come when all sheets are there.
pub fn flow(blocks: &[Block], frame: &Frame, fonts: &Fonts) -> Result<Book, PdfError> {
    let mut setter = Setter { book: Book::default(), fonts };
    let mut chunks = vec![];
    let mut tree = vec![];
    for block in blocks {
        let (nodes, mut pieces) = setter.block(block, frame.width_mm())?;
        tree.extend(nodes);
        chunks.append(&mut pieces);
    }
    let mut book = setter.book;
    book.tree = tree;
    place(&mut book, &chunks, frame);
    Ok(book)
}

/// Puts chunks onto sheets.
fn place(book: &mut Book, chunks: &[Chunk], frame: &Frame) {
    let size_mm = frame.paper.size_mm();
    let mut y = TOP_MM;
    let new_sheet = |book: &mut Book| book.sheets.push(Sheet { size_mm, marks: vec![] });
    new_sheet(book);
    let mut empty = true;
    for (i, chunk) in chunks.iter().enumerate() {
        // What must stay together from here on.
        let mut together = 0.0;
        for c in &chunks[i..] {
            together += c.above_mm + c.height_mm;
            if !c.keep {
                break;
            }
        }
        let together = together.max(chunk.need_mm);
        if !empty && (chunk.new_page || y + together > frame.bottom_mm()) {
            new_sheet(book);
            y = TOP_MM;
            empty = true;
            if let (Some((height, marks)), Some(sheet)) = (&chunk.continued, book.sheets.last_mut()) {
                sheet.marks.push((Role::Decoration, moved(marks, [SIDE_MM, y])));
                y += height;
            }
        }
        y += if empty { 0.0 } else { chunk.above_mm };
        if let Some(text) = &chunk.bookmark {
            book.bookmarks.push((text.clone(), book.sheets.len() - 1, y - 4.0));
        }
        if let Some(sheet) = book.sheets.last_mut() {
            sheet.marks.extend(chunk.marks.iter().map(|(role, marks)| (*role, moved(marks, [SIDE_MM, y]))));
        }
        y += chunk.height_mm;
        empty &= chunk.height_mm == 0.0;
    }
}

/// Puts the frame's footer and the page number at the foot of every sheet.
pub fn footers(book: &mut Book, frame: &Frame, fonts: &Fonts) {
    let [width, height] = frame.paper.size_mm();
    let pages = book.sheets.len();
    let style = Style { face: Face::Regular, size_pt: 8.5, ink: GREY };
    for (i, sheet) in book.sheets.iter_mut().enumerate() {
        let page = format!("Page {} of {pages}", i + 1);
        let right = width - SIDE_MM - fonts.width_mm(&page, style.face, style.size_pt);
        let text = |x: f64, text: &str| Mark::Text {
            at_mm: [x, height - 12.0],
            turn_deg: 0.0,
            style,
            text: text.to_string(),
        };
        let rule = Mark::Line(Line {
            points_mm: vec![[SIDE_MM, height - 17.0], [width - SIDE_MM, height - 17.0]],
            closed: false,
            fill: None,
            stroke: Some(Stroke { ink: HAIR, width_mm: 0.2, dash_mm: vec![] }),
        });
        sheet.marks.push((Role::Decoration, vec![rule]));
        sheet.marks.push((Role::Footer, vec![text(SIDE_MM, &frame.footer), text(right, &page)]));
    }
}

/// The marks shifted by `by` mm.
fn moved(marks: &[Mark], by: [f64; 2]) -> Vec<Mark> {
    let shift = |p: &[f64; 2]| [p[0] + by[0], p[1] + by[1]];
    marks
        .iter()
        .map(|mark| match mark {
            Mark::Text { at_mm, turn_deg, style, text } => {
                Mark::Text { at_mm: shift(at_mm), turn_deg: *turn_deg, style: *style, text: text.clone() }
            }
            Mark::Line(line) => {
                Mark::Line(Line { points_mm: line.points_mm.iter().map(shift).collect(), ..line.clone() })
            }
            Mark::Picture { image, at_mm, size_mm } => {
                Mark::Picture { image: image.clone(), at_mm: shift(at_mm), size_mm: *size_mm }
            }
        })
        .collect()
}

fn shifted(marks: &[(Role, Vec<Mark>)], by: [f64; 2]) -> Vec<(Role, Vec<Mark>)> {
    marks.iter().map(|(role, marks)| (*role, moved(marks, by))).collect()
}

fn decode(figure: &Figure) -> Result<Image, PdfError> {
    let data = || figure.picture.clone().into();
    let image = if figure.picture.starts_with(&[0xFF, 0xD8]) {
        Image::from_jpeg(data(), true)
    } else {
        Image::from_png(data(), true)
    };
    image.map_err(|reason| PdfError::Picture { alt: figure.alt.clone(), reason })
}
