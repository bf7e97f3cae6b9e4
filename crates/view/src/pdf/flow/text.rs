//! Headings, paragraphs and lists.

use super::super::{Face, Fonts, Ink, Mark, Node, Role, Structure, Style};
use super::{ACCENT, Chunk, GREY, INK, Setter};

/// A size of running text.
#[derive(Clone, Copy)]
pub(super) struct Setting {
    pub size_pt: f64,
    pub leading_mm: f64,
    pub above_mm: f64,
    pub ink: Ink,
}

pub(super) const BODY: Setting = Setting { size_pt: 10.5, leading_mm: 5.2, above_mm: 2.2, ink: INK };
pub(super) const SMALL: Setting = Setting { size_pt: 8.8, leading_mm: 4.2, above_mm: 1.4, ink: GREY };

/// Words of one weight.
struct Run {
    face: Face,
    text: String,
}

/// A line broken from a text: its runs, each with its place from the left, mm.
pub(super) struct BrokenLine {
    runs: Vec<(f64, Run)>,
    pub width_mm: f64,
}

/// Breaks a text with `**stressed**` words into lines of at most `width` mm; words wider than that stand alone.
pub(super) fn broken(fonts: &Fonts, text: &str, size_pt: f64, width: f64) -> Vec<BrokenLine> {
    // Words with the space after them, so that copied text keeps its spaces.
    let mut words: Vec<Run> = vec![];
    for (i, part) in text.split("**").enumerate() {
        let face = if i % 2 == 1 { Face::Semibold } else { Face::Regular };
        words.extend(part.split_inclusive(' ').map(|word| Run { face, text: word.to_string() }));
    }
    let mut lines: Vec<BrokenLine> = vec![];
    let mut line = BrokenLine { runs: vec![], width_mm: 0.0 };
    let mut x = 0.0;
    for (i, word) in words.iter().enumerate() {
        // A word may go on in another weight ("**ten** days", "**ten**,"): it breaks only after its space.
        let mut tail = 0.0;
        for follower in &words[i..] {
            tail += fonts.width_mm(follower.text.trim_end(), follower.face, size_pt);
            if follower.text.ends_with(' ') {
                break;
            }
        }
        let at_start = i == 0 || words[i - 1].text.ends_with(' ');
        if at_start && x > 0.0 && x + tail > width {
            lines.push(std::mem::replace(&mut line, BrokenLine { runs: vec![], width_mm: 0.0 }));
            x = 0.0;
        }
        line.width_mm = x + fonts.width_mm(word.text.trim_end(), word.face, size_pt);
        match line.runs.last_mut() {
            Some((_, run)) if run.face == word.face => run.text.push_str(&word.text),
            _ => line.runs.push((x, Run { face: word.face, text: word.text.clone() })),
        }
        x += fonts.width_mm(&word.text, word.face, size_pt);
    }
    if !line.runs.is_empty() {
        lines.push(line);
    }
    lines
}

impl BrokenLine {
    /// Its marks with the baseline at y.
    pub(super) fn marks(&self, x: f64, y: f64, size_pt: f64, ink: Ink) -> Vec<Mark> {
        let mark = |(at, run): &(f64, Run)| Mark::Text {
            at_mm: [x + at, y],
            turn_deg: 0.0,
            style: Style { face: run.face, size_pt, ink },
            text: run.text.clone(),
        };
        self.runs.iter().map(mark).collect()
    }
}

/// A text set into a column of a sheet from `at_mm` down: its marks line by line, and the height it takes, mm.
pub(crate) fn set_text(
    fonts: &Fonts,
    text: &str,
    [size_pt, leading_mm]: [f64; 2],
    ink: Ink,
    at_mm: [f64; 2],
    width_mm: f64,
) -> (Vec<Vec<Mark>>, f64) {
    let lines = broken(fonts, text, size_pt, width_mm);
    let baseline = |i: usize| at_mm[1] + leading_mm * (i as f64 + 0.74);
    let marks = lines.iter().enumerate().map(|(i, line)| line.marks(at_mm[0], baseline(i), size_pt, ink));
    (marks.collect(), leading_mm * lines.len() as f64)
}

impl Setter<'_> {
    /// A text as lines under one leaf each, from x on; the chunks keep two lines together at either end.
    pub(super) fn lines(
        &mut self,
        text: &str,
        setting: Setting,
        x: f64,
        width: f64,
    ) -> (Vec<Node>, Vec<Chunk>) {
        let lines = broken(self.fonts, text, setting.size_pt, width);
        let count = lines.len();
        let mut nodes = vec![];
        let mut chunks = vec![];
        for (i, line) in lines.iter().enumerate() {
            let leaf = self.book.leaf();
            nodes.push(Node::Leaf(leaf));
            chunks.push(Chunk {
                above_mm: if i == 0 { setting.above_mm } else { 0.0 },
                height_mm: setting.leading_mm,
                marks: vec![(
                    Role::Leaf(leaf),
                    line.marks(x, 0.74 * setting.leading_mm, setting.size_pt, setting.ink),
                )],
                keep: i == 0 && count > 1 || i + 2 == count,
                ..Chunk::default()
            });
        }
        (nodes, chunks)
    }

    pub(super) fn paragraph(&mut self, text: &str, setting: Setting, width: f64) -> (Node, Vec<Chunk>) {
        let (nodes, chunks) = self.lines(text, setting, 0.0, width);
        (Node::Group(Structure::Paragraph, nodes), chunks)
    }

    pub(super) fn title(&mut self, title: &str, subtitle: &str, width: f64) -> (Vec<Node>, Vec<Chunk>) {
        let big = Setting { size_pt: 30.0, leading_mm: 12.5, above_mm: 0.0, ink: ACCENT };
        let (nodes, mut chunks) = self.lines(&format!("**{title}**"), big, 0.0, width);
        let under = Setting { size_pt: 13.0, leading_mm: 6.2, above_mm: 1.0, ink: GREY };
        let (more, mut below) = self.lines(subtitle, under, 0.0, width);
        chunks.append(&mut below);
        let heading = Node::Group(Structure::Heading(1, title.to_string()), nodes);
        (vec![heading, Node::Group(Structure::Paragraph, more)], chunks)
    }

    pub(super) fn heading(&mut self, level: u8, text: &str, width: f64) -> (Node, Vec<Chunk>) {
        let setting = match level {
            2 => Setting { size_pt: 18.0, leading_mm: 8.0, above_mm: 9.0, ink: ACCENT },
            _ => Setting { size_pt: 12.0, leading_mm: 5.8, above_mm: 5.0, ink: INK },
        };
        let (nodes, mut chunks) = self.lines(&format!("**{text}**"), setting, 0.0, width);
        chunks.iter_mut().for_each(|c| c.keep = true);
        if let Some(first) = chunks.first_mut() {
            first.bookmark = (level == 2).then(|| text.to_string());
        }
        (Node::Group(Structure::Heading(level, text.to_string()), nodes), chunks)
    }

    pub(super) fn bullets(&mut self, items: &[String], width: f64) -> (Node, Vec<Chunk>) {
        const INDENT_MM: f64 = 5.0;
        let mut nodes = vec![];
        let mut chunks = vec![];
        for item in items {
            let label = self.book.leaf();
            let (body, mut lines) =
                self.lines(item, Setting { above_mm: 1.2, ..BODY }, INDENT_MM, width - INDENT_MM);
            if let Some(first) = lines.first_mut() {
                let dot = Mark::Text {
                    at_mm: [1.0, 0.74 * BODY.leading_mm],
                    turn_deg: 0.0,
                    style: Style { face: Face::Semibold, size_pt: BODY.size_pt, ink: ACCENT },
                    text: "• ".to_string(),
                };
                first.marks.insert(0, (Role::Leaf(label), vec![dot]));
            }
            nodes.push(item_node(vec![Node::Leaf(label)], body));
            chunks.append(&mut lines);
        }
        (Node::Group(Structure::List, nodes), chunks)
    }

    pub(super) fn terms(&mut self, terms: &[(String, String)], width: f64) -> (Node, Vec<Chunk>) {
        const INDENT_MM: f64 = 40.0;
        let mut nodes = vec![];
        let mut chunks = vec![];
        for (term, meaning) in terms {
            let setting = Setting { above_mm: 1.8, ..BODY };
            let (label, names) = self.lines(&format!("**{term}** "), setting, 0.0, INDENT_MM - 3.0);
            let (body, lines) = self.lines(meaning, setting, INDENT_MM, width - INDENT_MM);
            nodes.push(item_node(label, body));
            chunks.push(beside(&names, &lines));
        }
        (Node::Group(Structure::List, nodes), chunks)
    }
}

pub(super) fn item_node(label: Vec<Node>, body: Vec<Node>) -> Node {
    let label = Node::Group(Structure::Label, label);
    Node::Group(Structure::Item, vec![label, Node::Group(Structure::Body, body)])
}

/// Two columns of lines as one chunk.
pub(super) fn beside(left: &[Chunk], right: &[Chunk]) -> Chunk {
    let mut whole = Chunk { above_mm: left.first().map_or(0.0, |c| c.above_mm), ..Chunk::default() };
    for column in [left, right] {
        let mut y = 0.0;
        for chunk in column {
            whole.marks.append(&mut super::shifted(&chunk.marks, [0.0, y]));
            y += chunk.height_mm;
        }
        whole.height_mm = whole.height_mm.max(y);
    }
    whole
}
