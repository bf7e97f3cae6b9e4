//! What a chart becomes: lines, pictures and words at places in millimetres.

use crate::pdf::{ACCENT, Block, Face, Fonts, GREY, Ink, Line, Mark, PT_PER_MM, Stroke, Style};
use crate::picture::Image;

use super::ChartError;

/// Words on one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// Left end of their baseline, mm from the upper left corner.
    pub at_mm: [f64; 2],
    /// How they look.
    pub style: Style,
    /// What they say.
    pub text: String,
}

/// A finished drawing, x to the right and y down from its upper left corner, mm.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// What it is.
    pub title: String,
    /// What it shows, for those who do not see it.
    pub description: String,
    /// Width and height, mm.
    pub size_mm: [f64; 2],
    /// Lines and areas, in drawing order.
    pub lines: Vec<Line>,
    /// Pictures over the lines: the picture, its upper left corner, its width and height.
    pub pictures: Vec<(Image, [f64; 2], [f64; 2])>,
    /// Words over all.
    pub words: Vec<Words>,
}

impl Drawing {
    /// The drawing as a block of a report, with its text below.
    pub fn into_block(self, caption: String) -> Block {
        let [_, height_mm] = self.size_mm;
        let mut marks: Vec<Mark> = self.lines.into_iter().map(Mark::Line).collect();
        marks.extend(self.pictures.into_iter().map(|(picture, at_mm, size_mm)| {
            let rgba = picture.rgb.chunks_exact(3).flat_map(|c| [c[0], c[1], c[2], 255]).collect();
            let image = krilla::image::Image::from_rgba8(rgba, picture.width as u32, picture.height as u32);
            Mark::Picture { image, at_mm, size_mm }
        }));
        marks.extend(self.words.into_iter().map(|w| Mark::Text {
            at_mm: w.at_mm,
            turn_deg: 0.0,
            style: w.style,
            text: w.text,
        }));
        Block::Drawing { height_mm, alt: self.description, caption, marks }
    }
}

/// White around a drawing that is a file of its own, mm.
pub(super) const MARGIN_MM: f64 = 3.0;
/// Room from one baseline to the next, mm.
pub(super) const LEADING_MM: f64 = 3.6;
/// From the middle of figures and small letters down to the baseline, share of the size.
const MIDDLE: f64 = 0.33;

const TITLE: Style = Style { face: Face::Semibold, size_pt: 10.0, ink: ACCENT };
pub(super) const SMALL: Style = Style { face: Face::Regular, size_pt: 8.0, ink: GREY };

/// Where words hang.
#[derive(Clone, Copy)]
pub(super) enum Hang {
    /// From their left end.
    Left,
    /// From their middle.
    Middle,
    /// From their right end.
    Right,
}

/// A drawing that grows.
pub(super) struct Pen<'a> {
    pub drawing: Drawing,
    pub fonts: &'a Fonts,
}

impl Pen<'_> {
    pub fn width_mm(&self, text: &str, style: Style) -> f64 {
        self.fonts.width_mm(text, style.face, style.size_pt)
    }

    /// One line of words whose middle is at the height `y_mm`.
    pub fn words(&mut self, text: &str, [x, y]: [f64; 2], hang: Hang, style: Style) {
        let width = self.width_mm(text, style);
        let x = match hang {
            Hang::Left => x,
            Hang::Middle => x - 0.5 * width,
            Hang::Right => x - width,
        };
        let at_mm = [x, y + MIDDLE * style.size_pt / PT_PER_MM];
        self.drawing.words.push(Words { at_mm, style, text: text.to_string() });
    }

    pub fn line(&mut self, points_mm: Vec<[f64; 2]>, ink: Ink, width_mm: f64, dash_mm: &[f64]) {
        let stroke = Some(Stroke { ink, width_mm, dash_mm: dash_mm.to_vec() });
        self.drawing.lines.push(Line { points_mm, closed: false, fill: None, stroke });
    }

    pub fn area(&mut self, points_mm: Vec<[f64; 2]>, ink: Ink) {
        self.drawing.lines.push(Line { points_mm, closed: true, fill: Some(ink), stroke: None });
    }

    pub fn rectangle(&mut self, [x, y]: [f64; 2], [width, height]: [f64; 2], ink: Ink) {
        self.area(vec![[x, y], [x + width, y], [x + width, y + height], [x, y + height]], ink);
    }

    /// Words in lines of at most `width_mm`; a longer word is an error.
    pub fn wrap(&self, text: &str, width_mm: f64, style: Style) -> Result<Vec<String>, ChartError> {
        let mut lines: Vec<String> = vec![];
        for word in text.split(' ').filter(|w| !w.is_empty()) {
            if self.width_mm(word, style) > width_mm {
                return Err(self.no_room(&format!("\"{word}\"")));
            }
            match lines.last_mut() {
                Some(line) if self.width_mm(&format!("{line} {word}"), style) <= width_mm => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_string()),
            }
        }
        Ok(lines)
    }

    /// Sets the title; the height at which the rest begins, mm.
    pub fn title(&mut self) -> Result<f64, ChartError> {
        let lines = self.wrap(&self.drawing.title, self.drawing.size_mm[0], TITLE)?;
        let mut y = 0.0;
        for line in lines {
            self.words(&line, [0.0, y + 2.4], Hang::Left, TITLE);
            y += 4.8;
        }
        Ok(y + if y > 0.0 { 0.8 } else { 0.0 })
    }

    pub fn no_room(&self, part: &str) -> ChartError {
        let [width_mm, height_mm] = self.drawing.size_mm;
        ChartError::Room { chart: self.drawing.title.clone(), part: part.to_string(), width_mm, height_mm }
    }
}

/// An empty drawing of a size; one without a usable size is refused.
pub(super) fn begin<'a>(
    title: &str,
    description: &str,
    size_mm: [f64; 2],
    fonts: &'a Fonts,
) -> Result<Pen<'a>, ChartError> {
    let pen = Pen {
        drawing: Drawing {
            title: title.to_string(),
            description: description.to_string(),
            size_mm,
            lines: vec![],
            pictures: vec![],
            words: vec![],
        },
        fonts,
    };
    if size_mm.iter().all(|s| (20.0..=2000.0).contains(s)) { Ok(pen) } else { Err(pen.no_room("anything")) }
}

/// A colour mixed with the white of the paper; `share` of it is left.
pub(super) fn pale(ink: Ink, share: f64) -> Ink {
    ink.map(|c| (255.0 - share * (255.0 - f64::from(c))).round() as u8)
}
