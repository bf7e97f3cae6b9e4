//! Pictures, drawings, facts and callouts.

use super::super::sheet::{Line, rounded};
use super::super::{Ink, Mark, Node, PdfError, Role, Structure};
use super::text::{BODY, SMALL, Setting, beside, item_node};
use super::{ACCENT, Block, Chunk, Figure, GREY, INK, Setter, Tone, decode};

const CAPTION: Setting = Setting { above_mm: 0.0, ..SMALL };

fn area(points_mm: Vec<[f64; 2]>, fill: Ink) -> Mark {
    Mark::Line(Line { points_mm, closed: true, fill: Some(fill), stroke: None })
}

impl Setter<'_> {
    pub(super) fn figures(
        &mut self,
        columns: usize,
        figures: &[Figure],
        width: f64,
    ) -> Result<(Vec<Node>, Vec<Chunk>), PdfError> {
        const GAP_MM: f64 = 5.0;
        let columns = columns.max(1);
        let each = (width - GAP_MM * (columns - 1) as f64) / columns as f64;
        let mut nodes = vec![];
        let mut chunks = vec![];
        for row in figures.chunks(columns) {
            let mut whole = Chunk { above_mm: 3.5, ..Chunk::default() };
            for (k, figure) in row.iter().enumerate() {
                let image = decode(figure)?;
                let (w, h) = image.size();
                let height = each * f64::from(h) / f64::from(w.max(1));
                let x = k as f64 * (each + GAP_MM);
                let leaf = self.book.leaf();
                let picture = Mark::Picture { image, at_mm: [x, 0.0], size_mm: [each, height] };
                whole.marks.push((Role::Leaf(leaf), vec![picture]));
                let (words, lines) = self.lines(&figure.caption, CAPTION, x, each);
                let text = beside(&lines, &[]);
                whole.marks.append(&mut super::shifted(&text.marks, [0.0, height + 1.2]));
                whole.height_mm = whole.height_mm.max(height + 1.2 + text.height_mm);
                nodes.push(Node::Group(Structure::Figure(figure.alt.clone()), vec![Node::Leaf(leaf)]));
                if !words.is_empty() {
                    nodes.push(Node::Group(Structure::Caption, words));
                }
            }
            chunks.push(whole);
        }
        Ok((nodes, chunks))
    }

    pub(super) fn drawing(
        &mut self,
        height: f64,
        alt: &str,
        caption: &str,
        marks: &[Mark],
        width: f64,
    ) -> (Node, Vec<Chunk>) {
        let leaf = self.book.leaf();
        let (words, lines) = self.lines(caption, CAPTION, 0.0, width);
        let text = beside(&lines, &[]);
        let mut chunk = Chunk { above_mm: 3.5, height_mm: height + 1.2 + text.height_mm, ..Chunk::default() };
        chunk.marks.push((Role::Leaf(leaf), marks.to_vec()));
        chunk.marks.append(&mut super::shifted(&text.marks, [0.0, height + 1.2]));
        let figure = Node::Group(Structure::Figure(alt.to_string()), vec![Node::Leaf(leaf)]);
        let mut nodes = vec![figure];
        if !words.is_empty() {
            nodes.push(Node::Group(Structure::Caption, words));
        }
        (Node::Group(Structure::Section, nodes), vec![chunk])
    }

    /// Three facts side by side, each a small word over a large one.
    pub(super) fn facts(&mut self, facts: &[(String, String)], width: f64) -> (Node, Vec<Chunk>) {
        const COLUMNS: usize = 3;
        let name = Setting { size_pt: 8.8, leading_mm: 4.4, above_mm: 0.0, ink: GREY };
        let value = Setting { size_pt: 13.0, leading_mm: 6.0, above_mm: 0.0, ink: INK };
        let each = width / COLUMNS as f64;
        let mut nodes = vec![];
        let mut chunks = vec![];
        for row in facts.chunks(COLUMNS) {
            let mut whole = Chunk { above_mm: 6.0, ..Chunk::default() };
            for (k, (what, how_much)) in row.iter().enumerate() {
                let x = k as f64 * each;
                let (label, names) = self.lines(&format!("{what} "), name, x, each - 5.0);
                let (body, values) = self.lines(&format!("**{how_much}**"), value, x, each - 5.0);
                let both: Vec<Chunk> = names.into_iter().chain(values).collect();
                let text = beside(&both, &[]);
                let bar = area(vec![[x, -1.0], [x + 8.0, -1.0], [x + 8.0, -0.5], [x, -0.5]], ACCENT);
                whole.marks.push((Role::Decoration, vec![bar]));
                whole.marks.extend(text.marks);
                whole.height_mm = whole.height_mm.max(text.height_mm);
                nodes.push(item_node(label, body));
            }
            chunks.push(whole);
        }
        (Node::Group(Structure::List, nodes), chunks)
    }

    pub(super) fn callout(
        &mut self,
        tone: Tone,
        title: &str,
        body: &[Block],
        width: f64,
    ) -> Result<(Node, Vec<Chunk>), PdfError> {
        const PAD_MM: f64 = 4.0;
        const BAR_MM: f64 = 1.4;
        let (back, bar): (Ink, Ink) = match tone {
            Tone::Calm => ([245, 243, 238], [170, 160, 140]),
            Tone::Care => ([233, 243, 243], ACCENT),
            Tone::Warning => ([253, 245, 228], [196, 132, 20]),
            Tone::Urgent => ([252, 235, 232], [178, 48, 36]),
        };
        let heading = Setting { size_pt: 11.0, above_mm: 0.0, ink: bar_text(tone), ..BODY };
        let inner = width - 2.0 * PAD_MM - BAR_MM;
        let (title, mut pieces) = self.lines(&format!("**{title}**"), heading, 0.0, inner);
        let mut nodes = vec![Node::Group(Structure::Paragraph, title)];
        for block in body {
            let (more, mut chunks) = self.block(block, inner)?;
            nodes.extend(more);
            pieces.append(&mut chunks);
        }
        let mut marks = vec![];
        let mut y = PAD_MM - 1.0;
        for piece in &pieces {
            y += piece.above_mm;
            marks.append(&mut super::shifted(&piece.marks, [PAD_MM + BAR_MM, y]));
            y += piece.height_mm;
        }
        let height = y + PAD_MM - 1.0;
        let ground = area(rounded([0.0, 0.0], [width, height], 1.5), back);
        let edge = area(rounded([0.0, 0.0], [BAR_MM, height], 0.7), bar);
        marks.insert(0, (Role::Decoration, vec![ground, edge]));
        let chunk = Chunk { above_mm: 3.6, height_mm: height, marks, ..Chunk::default() };
        Ok((Node::Group(Structure::Section, nodes), vec![chunk]))
    }
}

/// The colour of a callout's title: dark enough to read on its ground (contrast above 4.5).
fn bar_text(tone: Tone) -> Ink {
    match tone {
        Tone::Calm => INK,
        Tone::Care => ACCENT,
        Tone::Warning => [124, 78, 4],
        Tone::Urgent => [150, 32, 22],
    }
}
