//! A drawing as pixels.

use rustybuzz::ttf_parser::OutlineBuilder;
use tiny_skia::{
    Color, FillRule, FilterQuality, LineCap, LineJoin, Paint, PathBuilder, Pixmap, PixmapPaint, Stroke,
    StrokeDash, Transform,
};

use super::Drawing;
use super::drawing::MARGIN_MM;
use crate::pdf::{Fonts, Ink, PT_PER_MM};
use crate::picture::Image;

impl Drawing {
    /// The drawing on white with a margin of 3 mm, `px_per_mm` pixels a millimetre: 4 for a screen, 12 for print (300 dots an inch); values outside 1-40 are
    /// taken to the nearer end.
    ///
    /// # Panics
    /// Never: a drawing has 20-2000 mm a side, which is at least one and at most 80 240 pixels.
    pub fn to_image(&self, px_per_mm: f64, fonts: &Fonts) -> Image {
        let scale = px_per_mm.clamp(1.0, 40.0);
        let [width, height] = self.size_mm.map(|s| ((s + 2.0 * MARGIN_MM) * scale).round().max(1.0) as u32);
        let mut pixmap = Pixmap::new(width, height).expect("a drawing has a size");
        pixmap.fill(Color::WHITE);
        let edge = MARGIN_MM as f32;
        let at = Transform::from_scale(scale as f32, scale as f32).pre_translate(edge, edge);
        for line in &self.lines {
            let mut path = PathBuilder::new();
            for (i, [x, y]) in line.points_mm.iter().map(|p| p.map(|c| c as f32)).enumerate() {
                if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
            }
            if line.closed {
                path.close();
            }
            // A line of one point, or none, is nothing to draw.
            let Some(path) = path.finish() else { continue };
            if let Some(ink) = line.fill {
                pixmap.fill_path(&path, &paint(ink), FillRule::Winding, at, None);
            }
            if let Some(stroke) = &line.stroke {
                let dash = stroke.dash_mm.iter().map(|d| *d as f32).collect();
                let cap = if stroke.dash_mm.is_empty() { LineCap::Round } else { LineCap::Butt };
                let pencil = Stroke {
                    width: stroke.width_mm as f32,
                    line_cap: cap,
                    line_join: LineJoin::Round,
                    dash: StrokeDash::new(dash, 0.0),
                    ..Stroke::default()
                };
                pixmap.stroke_path(&path, &paint(stroke.ink), &pencil, at, None);
            }
        }
        for (picture, [x, y], [w, h]) in &self.pictures {
            let Some(mut source) = Pixmap::new(picture.width as u32, picture.height as u32) else { continue };
            for (to, from) in source.data_mut().chunks_exact_mut(4).zip(picture.rgb.chunks_exact(3)) {
                to.copy_from_slice(&[from[0], from[1], from[2], 255]);
            }
            let place = at
                .pre_translate(*x as f32, *y as f32)
                .pre_scale((*w / picture.width as f64) as f32, (*h / picture.height as f64) as f32);
            let soft = PixmapPaint { quality: FilterQuality::Bicubic, ..PixmapPaint::default() };
            pixmap.draw_pixmap(0, 0, source.as_ref(), &soft, place, None);
        }
        for words in &self.words {
            let size_mm = words.style.size_pt / PT_PER_MM;
            let mut path = PathBuilder::new();
            let (face, letters) = fonts.letters(&words.text, words.style.face);
            for (glyph, [x_em, y_em]) in letters {
                let at_mm = [words.at_mm[0] + size_mm * x_em, words.at_mm[1] - size_mm * y_em];
                let mm_per_unit = size_mm / f64::from(face.units_per_em());
                face.outline_glyph(glyph, &mut Letter { path: &mut path, at_mm, mm_per_unit });
            }
            let Some(path) = path.finish() else { continue };
            pixmap.fill_path(&path, &paint(words.style.ink), FillRule::Winding, at, None);
        }
        let rgb = pixmap.data().chunks_exact(4).flat_map(|c| [c[0], c[1], c[2]]).collect();
        Image { width: width as usize, height: height as usize, rgb }
    }
}

fn paint([r, g, b]: Ink) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(r, g, b, 255);
    paint
}

/// Takes the outline of a letter, in units of the font and y up, to its place.
struct Letter<'a> {
    path: &'a mut PathBuilder,
    at_mm: [f64; 2],
    mm_per_unit: f64,
}

impl Letter<'_> {
    fn at(&self, x: f32, y: f32) -> [f32; 2] {
        let [x0, y0] = self.at_mm;
        [(x0 + self.mm_per_unit * f64::from(x)) as f32, (y0 - self.mm_per_unit * f64::from(y)) as f32]
    }
}

impl OutlineBuilder for Letter<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let [x, y] = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let [x, y] = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ([x1, y1], [x, y]) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ([x1, y1], [x2, y2], [x, y]) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
