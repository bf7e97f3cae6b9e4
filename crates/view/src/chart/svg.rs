//! A drawing as SVG text.

use std::fmt::Write as _;

use base64::Engine as _;

use super::Drawing;
use super::drawing::MARGIN_MM;
use crate::pdf::{Face, Fonts, Ink, PT_PER_MM};

impl Drawing {
    /// The drawing as an SVG file in true millimetres with a white margin of 3 mm, with title and description for screen readers.
    ///
    /// Words stay words. Each carries its width, so that it keeps its place where the font is another.
    pub fn to_svg(&self, fonts: &Fonts) -> String {
        let [width, height] = self.size_mm.map(|s| short(s + 2.0 * MARGIN_MM));
        let edge = short(-MARGIN_MM);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"{edge} {edge} {width} {height}\" role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n<rect x=\"{edge}\" y=\"{edge}\" width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
            escaped(&self.title),
            escaped(&self.description),
        );
        for line in &self.lines {
            let mut points = String::new();
            for [x, y] in &line.points_mm {
                let _ =
                    write!(points, "{}{},{}", if points.is_empty() { "" } else { " " }, short(*x), short(*y));
            }
            let shape = if line.closed { "polygon" } else { "polyline" };
            let fill = line.fill.map_or("none".to_string(), hex);
            let _ = write!(out, "<{shape} points=\"{points}\" fill=\"{fill}\"");
            if let Some(stroke) = &line.stroke {
                let cap = if stroke.dash_mm.is_empty() { "round" } else { "butt" };
                let (ink, wide) = (hex(stroke.ink), short(stroke.width_mm));
                let _ = write!(
                    out,
                    " stroke=\"{ink}\" stroke-width=\"{wide}\" stroke-linejoin=\"round\" stroke-linecap=\"{cap}\""
                );
                if !stroke.dash_mm.is_empty() {
                    let dash: Vec<String> = stroke.dash_mm.iter().map(|d| short(*d)).collect();
                    let _ = write!(out, " stroke-dasharray=\"{}\"", dash.join(" "));
                }
            }
            out.push_str("/>\n");
        }
        for (picture, [x, y], [w, h]) in &self.pictures {
            let data = base64::engine::general_purpose::STANDARD.encode(picture.to_png());
            let [x, y, w, h] = [*x, *y, *w, *h].map(short);
            let _ = writeln!(
                out,
                "<image x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" preserveAspectRatio=\"none\" href=\"data:image/png;base64,{data}\"/>"
            );
        }
        for words in &self.words {
            let weight = if words.style.face == Face::Semibold { " font-weight=\"600\"" } else { "" };
            let wide = fonts.width_mm(&words.text, words.style.face, words.style.size_pt);
            let [x, y, size, wide] =
                [words.at_mm[0], words.at_mm[1], words.style.size_pt / PT_PER_MM, wide].map(short);
            let (ink, text) = (hex(words.style.ink), escaped(&words.text));
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{y}\" font-family=\"'Source Sans 3', 'Source Sans Pro', Arial, 'Liberation Sans', sans-serif\" font-size=\"{size}\"{weight} fill=\"{ink}\" textLength=\"{wide}\" lengthAdjust=\"spacingAndGlyphs\">{text}</text>"
            );
        }
        out.push_str("</svg>\n");
        out
    }
}

/// A length in mm to a thousandth, without idle zeros.
fn short(mm: f64) -> String {
    let text = format!("{mm:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_string() } else { text.to_string() }
}

fn hex([r, g, b]: Ink) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Text as XML holds it; characters that XML 1.0 does not know become spaces.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || ('\u{FFFE}'..='\u{FFFF}').contains(&c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
