//! Pictures as 8-bit sRGB and as PNG files.

use std::sync::LazyLock;

use hairline_optics::colour::encode_srgb;

use super::halo::whole;

/// A finished picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Width, px.
    pub width: usize,
    /// Height, px.
    pub height: usize,
    /// `rgb[y][x][channel]`, row-major, display sRGB.
    pub rgb: Vec<u8>,
}

impl Image {
    /// The picture as a PNG file, sRGB.
    ///
    /// # Panics
    /// Never: a picture holds `3 * width * height` bytes and writing to memory does not fail.
    pub fn to_png(&self) -> Vec<u8> {
        let mut file = Vec::with_capacity(self.rgb.len() / 3);
        let (width, height) = (self.width as u32, self.height as u32);
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
        encoder.set_compression(png::Compression::Fast);
        encoder.set_filter(png::Filter::Up);
        let mut writer = encoder.write_header().expect("writing a header to memory does not fail");
        writer.write_image_data(&self.rgb).expect("the picture has width x height pixels");
        writer.finish().expect("writing to memory does not fail");
        file
    }
}

const STEPS: usize = 1 << 14;

/// Display value x 256 of linear light in equal steps from 0 to 1.
static CURVE: LazyLock<Box<[u16; STEPS + 1]>> = LazyLock::new(|| {
    Box::new(std::array::from_fn(|i| (encode_srgb(i as f64 / STEPS as f64) * 65280.0).round() as u16))
});

/// Linear light to display values, dithered by less than one step at pixel (x, y) so that soft gradients show no bands.
pub(super) fn encode(linear: [f32; 3], x: usize, y: usize) -> [u8; 3] {
    let offset = dither(x, y);
    let curve: &[u16; STEPS + 1] = &CURVE;
    let one = |c: f32| {
        let i = whole(c.clamp(0.0, 1.0) * STEPS as f32 + 0.5);
        ((u32::from(curve[i.min(STEPS)]) + offset) >> 8) as u8
    };
    [one(linear[0]), one(linear[1]), one(linear[2])]
}

/// Ordered dither, 0-255. It changes along rows and only every sixteenth row down the columns, so that the difference of two
/// rows is mostly zero and files stay small.
fn dither(x: usize, y: usize) -> u32 {
    let v = (x as u32).wrapping_add(5 * (y as u32 >> 4)) & 15;
    // The van der Corput order of sixteen steps: bits reversed.
    let rank = (v & 1) << 3 | (v & 2) << 1 | (v & 4) >> 1 | v >> 3;
    rank * 16 + 8
}
