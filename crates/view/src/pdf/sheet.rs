//! Sheets of marks at places in millimetres, and the PDF made of them.

use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Size, Transform};
use krilla::image::Image;
use krilla::metadata::{DateTime, Metadata as KrillaMetadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, LineCap, LineJoin, Stroke as KrillaStroke, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, Node as KrillaNode, SpanTag,
    TableHeaderScope, Tag, TagGroup, TagKind, TagTree,
};

use super::{Face, Fonts, Ink, Metadata, PT_PER_MM, PdfError};

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Weight.
    pub face: Face,
    /// Size, points.
    pub size_pt: f64,
    /// Colour.
    pub ink: Ink,
}

/// How a line looks.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// Colour.
    pub ink: Ink,
    /// Width, mm.
    pub width_mm: f64,
    /// Lengths of dashes and gaps in turn, mm; empty = solid.
    pub dash_mm: Vec<f64>,
}

/// Points joined by straight lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// From the upper left corner of the sheet, x to the right, y down, mm.
    pub points_mm: Vec<[f64; 2]>,
    /// Whether the last point joins the first.
    pub closed: bool,
    /// Colour inside.
    pub fill: Option<Ink>,
    /// The line itself.
    pub stroke: Option<Stroke>,
}

/// Something drawn on a sheet.
#[derive(Clone, Debug)]
pub enum Mark {
    /// One line of text.
    Text {
        /// Left end of its baseline, mm from the upper left corner.
        at_mm: [f64; 2],
        /// Turned about that end, clockwise, degrees.
        turn_deg: f64,
        /// How it looks.
        style: Style,
        /// What it says.
        text: String,
    },
    /// A line or an area.
    Line(Line),
    /// A picture.
    Picture {
        /// The decoded picture.
        image: Image,
        /// Upper left corner, mm.
        at_mm: [f64; 2],
        /// Width and height, mm.
        size_mm: [f64; 2],
    },
}

/// What marks are to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Content: the leaf of the tree with this number.
    Leaf(usize),
    /// Decoration, read by nobody.
    Decoration,
    /// Text at the foot of every page, read by nobody.
    Footer,
}

/// One page.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Width and height, mm.
    pub size_mm: [f64; 2],
    /// Marks in drawing order, each with its role.
    pub marks: Vec<(Role, Vec<Mark>)>,
}

/// A structure that a screen reader announces.
#[derive(Clone, Debug, PartialEq)]
pub enum Structure {
    /// A chapter or another part of the whole.
    Section,
    /// A heading of level 1-6 with its text.
    Heading(u8, String),
    /// A paragraph.
    Paragraph,
    /// A list; its children are items.
    List,
    /// An item; its children are a label, if any, and a body.
    Item,
    /// A bullet, number or name of an item.
    Label,
    /// What an item says.
    Body,
    /// A table with its purpose.
    Table(String),
    /// A row of a table.
    Row,
    /// A header cell.
    HeaderCell(Scope),
    /// A cell.
    DataCell,
    /// A picture or drawing with its alternative text.
    Figure(String),
    /// The text under a figure.
    Caption,
}

/// What a header cell is the header of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of the cells to its right.
    Row,
    /// Of the cells below it.
    Column,
}

/// A node of the tag tree, in reading order.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Marks on a sheet with [`Role::Leaf`] of this number.
    Leaf(usize),
    /// A structure around others.
    Group(Structure, Vec<Node>),
}

/// A whole document before it is written.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// Pages in order.
    pub sheets: Vec<Sheet>,
    /// Top of the tag tree.
    pub tree: Vec<Node>,
    /// Bookmarks: text, sheet index, mm from its top.
    pub bookmarks: Vec<(String, usize, f64)>,
    leaves: usize,
}

impl Book {
    /// A fresh leaf: marks drawn under it are read where its node stands in the tree.
    pub fn leaf(&mut self) -> usize {
        self.leaves += 1;
        self.leaves - 1
    }

    /// The file.
    pub fn write(&self, metadata: &Metadata, fonts: &Fonts) -> Result<Vec<u8>, PdfError> {
        let failed = |reason: String| PdfError::Writer { title: metadata.title.clone(), reason };
        let configuration = ConfigurationBuilder::new()
            .with_accessibility_validator(Accessibility::UA1)
            .finish()
            .map_err(|e| failed(format!("{e:?}")))?;
        // Colours are sRGB by its profile, which the file carries, not those of whatever device shows it.
        let settings = SerializeSettings {
            configuration,
            enable_tagging: true,
            no_device_cs: true,
            ..SerializeSettings::default()
        };
        let mut document = krilla::Document::new_with(settings);
        let mut identifiers: Vec<Vec<Identifier>> = vec![vec![]; self.leaves];
        for sheet in &self.sheets {
            let [width, height] = sheet.size_mm.map(pt);
            let size = Size::from_wh(width, height)
                .ok_or_else(|| failed(format!("a page of {:?} mm has no area", sheet.size_mm)))?;
            let mut page = document.start_page_with(PageSettings::new(size));
            let mut surface = page.surface();
            for (role, marks) in &sheet.marks {
                let text = marks.iter().all(|m| matches!(m, Mark::Text { .. }));
                let tag = match role {
                    Role::Leaf(_) if text => ContentTag::Span(SpanTag::empty()),
                    Role::Leaf(_) => ContentTag::Other,
                    Role::Decoration => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
                    Role::Footer => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)),
                };
                let identifier = surface.start_tagged(tag);
                if let Role::Leaf(leaf) = role {
                    identifiers[*leaf].push(identifier);
                }
                marks.iter().for_each(|mark| draw(&mut surface, fonts, mark));
                surface.end_tagged();
            }
        }
        let mut tree = TagTree::new().with_lang(Some(metadata.language.clone()));
        for node in &self.tree {
            for child in tagged(node, &identifiers) {
                tree.push(child);
            }
        }
        document.set_tag_tree(tree);
        let mut outline = Outline::new();
        for (text, sheet, y_mm) in &self.bookmarks {
            let place = XyzDestination::new(*sheet, Point::from_xy(0.0, pt(*y_mm)));
            outline.push_child(OutlineNode::new(text.clone(), place));
        }
        document.set_outline(outline);
        document.set_metadata(krilla_metadata(metadata));
        document.finish().map_err(|e| match e {
            KrillaError::Image(_, _, reason) => failed(format!("a picture is damaged ({reason})")),
            other => failed(format!("{other:?}")),
        })
    }
}

fn pt(mm: f64) -> f32 {
    (mm * PT_PER_MM) as f32
}

fn krilla_metadata(metadata: &Metadata) -> KrillaMetadata {
    let program = concat!("hairline ", env!("CARGO_PKG_VERSION"));
    let known = KrillaMetadata::new()
        .title(metadata.title.clone())
        .description(metadata.description.clone())
        .language(metadata.language.clone())
        .creator(program.to_string())
        .producer(program.to_string());
    match metadata.date {
        Some((year, month, day)) => {
            known.creation_date(DateTime::new(year.clamp(0, 9999) as u16).month(month).day(day))
        }
        None => known,
    }
}

fn fill(ink: Ink) -> Fill {
    Fill { paint: rgb::Color::new(ink[0], ink[1], ink[2]).into(), ..Fill::default() }
}

fn draw(surface: &mut Surface, fonts: &Fonts, mark: &Mark) {
    match mark {
        Mark::Text { at_mm, turn_deg, style, text } => {
            let shaped = fonts.shape(text, style.face);
            surface.set_fill(Some(fill(style.ink)));
            surface.set_stroke(None);
            let at = Point::from_xy(pt(at_mm[0]), pt(at_mm[1]));
            if *turn_deg != 0.0 {
                surface.push_transform(&Transform::from_rotate_at(*turn_deg as f32, at.x, at.y));
            }
            let font = fonts.font(style.face);
            surface.draw_glyphs(at, &shaped.glyphs, font, &shaped.text, style.size_pt as f32, false);
            if *turn_deg != 0.0 {
                surface.pop();
            }
        }
        Mark::Line(line) => {
            let mut path = PathBuilder::new();
            for (i, p) in line.points_mm.iter().enumerate() {
                let (x, y) = (pt(p[0]), pt(p[1]));
                if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
            }
            if line.closed {
                path.close();
            }
            surface.set_fill(line.fill.map(fill));
            surface.set_stroke(line.stroke.as_ref().map(|stroke| KrillaStroke {
                paint: rgb::Color::new(stroke.ink[0], stroke.ink[1], stroke.ink[2]).into(),
                width: pt(stroke.width_mm),
                miter_limit: 4.0,
                line_cap: if stroke.dash_mm.is_empty() { LineCap::Round } else { LineCap::Butt },
                line_join: LineJoin::Round,
                opacity: NormalizedF32::ONE,
                dash: (!stroke.dash_mm.is_empty()).then(|| StrokeDash {
                    array: stroke.dash_mm.iter().map(|d| pt(*d)).collect(),
                    offset: 0.0,
                }),
            }));
            // A line of one point, or none, is nothing to draw.
            if let Some(path) = path.finish()
                && (line.fill.is_some() || line.stroke.is_some())
            {
                surface.draw_path(&path);
            }
        }
        Mark::Picture { image, at_mm, size_mm } => {
            if let Some(size) = Size::from_wh(pt(size_mm[0]), pt(size_mm[1])) {
                surface.push_transform(&Transform::from_translate(pt(at_mm[0]), pt(at_mm[1])));
                surface.draw_image(image.clone(), size);
                surface.pop();
            }
        }
    }
}

fn tagged(node: &Node, identifiers: &[Vec<Identifier>]) -> Vec<KrillaNode> {
    match node {
        Node::Leaf(leaf) => identifiers[*leaf].iter().map(|i| KrillaNode::from(*i)).collect(),
        Node::Group(structure, children) => {
            let tag: TagKind = match structure {
                Structure::Section => Tag::Section.into(),
                Structure::Heading(level, text) => {
                    let level =
                        std::num::NonZeroU16::new(u16::from(*level)).unwrap_or(std::num::NonZeroU16::MIN);
                    Tag::Hn(level, Some(text.clone())).into()
                }
                Structure::Paragraph => Tag::P.into(),
                Structure::List => Tag::L(ListNumbering::None).into(),
                Structure::Item => Tag::LI.into(),
                Structure::Label => Tag::Lbl.into(),
                Structure::Body => Tag::LBody.into(),
                Structure::Table(summary) => Tag::Table.with_summary(Some(summary.clone())).into(),
                Structure::Row => Tag::TR.into(),
                Structure::HeaderCell(Scope::Row) => Tag::TH(TableHeaderScope::Row).into(),
                Structure::HeaderCell(Scope::Column) => Tag::TH(TableHeaderScope::Column).into(),
                Structure::DataCell => Tag::TD.into(),
                Structure::Figure(alt) => Tag::Figure(Some(alt.clone())).into(),
                Structure::Caption => Tag::Caption.into(),
            };
            let mut group = TagGroup::new(tag);
            for child in children.iter().flat_map(|c| tagged(c, identifiers)) {
                group.push(child);
            }
            vec![KrillaNode::from(group)]
        }
    }
}

/// A circle about a point as a closed line of 64 corners, off by a thousandth of its radius.
pub fn circle([x, y]: [f64; 2], radius_mm: f64) -> Vec<[f64; 2]> {
    (0..64)
        .map(|i| libm::sincos(std::f64::consts::TAU * f64::from(i) / 64.0))
        .map(|(s, c)| [x + radius_mm * c, y + radius_mm * s])
        .collect()
}

/// A rectangle with round corners as a closed line.
pub fn rounded([x, y]: [f64; 2], [width, height]: [f64; 2], radius_mm: f64) -> Vec<[f64; 2]> {
    let r = radius_mm.min(width / 2.0).min(height / 2.0);
    let corners = [(width - r, height - r), (r, height - r), (r, r), (width - r, r)];
    corners
        .iter()
        .enumerate()
        .flat_map(|(k, (cx, cy))| {
            (0..=8).map(move |i| {
                let angle = std::f64::consts::FRAC_PI_2 * (k as f64 + f64::from(i) / 8.0);
                let (s, c) = libm::sincos(angle);
                [x + cx + r * c, y + cy + r * s]
            })
        })
        .collect()
}
