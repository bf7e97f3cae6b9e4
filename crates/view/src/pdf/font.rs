//! The two faces, and text shaped with them.

use krilla::text::{GlyphId, KrillaGlyph};
use rustybuzz::ttf_parser;

/// Source Sans 3 (SIL Open Font License 1.1, `fonts/OFL.md`): Latin, Greek and Cyrillic.
const REGULAR: &[u8] = include_bytes!("../../fonts/SourceSans3-Regular.otf");
const SEMIBOLD: &[u8] = include_bytes!("../../fonts/SourceSans3-Semibold.otf");

/// Weight of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Face {
    /// Running text.
    #[default]
    Regular,
    /// Headings and stressed words.
    Semibold,
}

/// The loaded faces: they measure text and shape it for the writer.
pub struct Fonts {
    faces: [(rustybuzz::Face<'static>, krilla::text::Font); 2],
}

/// A line of text as glyphs.
pub(super) struct Shaped {
    pub glyphs: Vec<KrillaGlyph>,
    /// The characters the glyphs stand for; what the face lacks is replaced.
    pub text: String,
}

impl Default for Fonts {
    fn default() -> Self {
        Fonts::new()
    }
}

impl Fonts {
    /// Loads the built-in faces.
    pub fn new() -> Fonts {
        let load = |bytes: &'static [u8]| {
            let face = rustybuzz::Face::from_slice(bytes, 0).expect("the built-in font is a font");
            let font = krilla::text::Font::new(bytes.into(), 0).expect("the built-in font is a font");
            (face, font)
        };
        Fonts { faces: [load(REGULAR), load(SEMIBOLD)] }
    }

    /// Width of a text, mm.
    pub fn width_mm(&self, text: &str, face: Face, size_pt: f64) -> f64 {
        let em: f64 = self.shape(text, face).glyphs.iter().map(|g| f64::from(g.x_advance)).sum();
        em * size_pt / super::PT_PER_MM
    }

    /// The characters of a text that the faces lack, each once, in order; they print as boxes.
    pub fn missing(&self, text: &str) -> Vec<char> {
        let mut out: Vec<char> = vec![];
        let (shaper, _) = &self.faces[Face::Regular as usize];
        for c in text.chars() {
            let prints = c == '\u{A0}' || c.is_control() || shaper.glyph_index(c).is_some();
            if !prints && !out.contains(&c) {
                out.push(c);
            }
        }
        out
    }

    /// The glyphs of a text for drawing their outlines: each with where it stands from the left end of the baseline, y up,
    /// in ems.
    pub(crate) fn letters(
        &self,
        text: &str,
        face: Face,
    ) -> (&rustybuzz::Face<'static>, Vec<(ttf_parser::GlyphId, [f64; 2])>) {
        let mut x = 0.0;
        let shaped = self.shape(text, face);
        let letters = shaped.glyphs.iter().map(|g| {
            let at = [x + f64::from(g.x_offset), f64::from(g.y_offset)];
            x += f64::from(g.x_advance);
            // The faces hold fewer than 65 536 glyphs, as every OpenType font.
            (ttf_parser::GlyphId(g.glyph_id.to_u32() as u16), at)
        });
        let letters = letters.collect();
        (&self.faces[face as usize].0, letters)
    }

    pub(super) fn font(&self, face: Face) -> krilla::text::Font {
        self.faces[face as usize].1.clone()
    }

    pub(super) fn shape(&self, text: &str, face: Face) -> Shaped {
        let (shaper, font) = &self.faces[face as usize];
        // A name in a script the face lacks still prints, as boxes; control characters become spaces.
        let known = |c: char| match c {
            // The glyph of a space that does not break is that of a space; a second character for it would need a
            // replacement text around it, at which some readers stop.
            '\u{A0}' => ' ',
            c if c.is_control() => ' ',
            c if shaper.glyph_index(c).is_some() => c,
            _ => '\u{25A1}',
        };
        let text: String = text.chars().map(known).collect();
        let mut buffer = rustybuzz::UnicodeBuffer::new();
        buffer.push_str(&text);
        buffer.guess_segment_properties();
        buffer.set_direction(rustybuzz::Direction::LeftToRight);
        let shaped = rustybuzz::shape(shaper, &[], buffer);
        let em = font.units_per_em();
        let infos = shaped.glyph_infos();
        let glyphs = infos
            .iter()
            .zip(shaped.glyph_positions())
            .map(|(info, at)| {
                let start = info.cluster as usize;
                let next = infos.iter().map(|i| i.cluster as usize).filter(|&c| c > start).min();
                KrillaGlyph::new(
                    GlyphId::new(info.glyph_id),
                    at.x_advance as f32 / em,
                    at.x_offset as f32 / em,
                    at.y_offset as f32 / em,
                    at.y_advance as f32 / em,
                    start..next.unwrap_or(text.len()),
                    None,
                )
            })
            .collect();
        Shaped { glyphs, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        let fonts = Fonts::new();
        // Source Sans 3 Regular: the advance of "n" is 547 and of "0" 497 of 1000 units an em (table `hmtx`, read with fontTools).
        let em_mm = 1000.0 / super::super::PT_PER_MM;
        assert!((fonts.width_mm("n", Face::Regular, 1000.0) - 0.547 * em_mm).abs() < 1e-3 * em_mm);
        assert!((fonts.width_mm("000", Face::Regular, 1000.0) - 3.0 * 0.497 * em_mm).abs() < 1e-3 * em_mm);
        assert!(fonts.width_mm("n", Face::Semibold, 10.0) > fonts.width_mm("n", Face::Regular, 10.0));
    }

    #[test]
    fn names_of_many_languages_have_glyphs_and_others_become_boxes() {
        let fonts = Fonts::new();
        for name in ["Łukasz Żółć", "Ğülşen", "Nguyễn Thị", "Μαρία", "Дмитрий", "Søren Åse", "Čapek"]
        {
            assert_eq!(fonts.shape(name, Face::Regular).text, name);
        }
        assert_eq!(fonts.shape("山田 a\tb", Face::Regular).text, "□□ a b");
        assert_eq!(fonts.missing("山田山 Łu\u{a0}ż"), ['山', '田']);
    }
}
