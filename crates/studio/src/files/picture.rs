//! Photos: read within limits, turned upright, brought to sRGB, and written anew with nothing but their pixels.
//!
//! Position, time, device, thumbnails, comments and colour profile of the original are gone, because only decoded pixels
//! go on. Colours are converted first: a telephone's wide gamut (Display P3) read as sRGB would make skin paler.

use std::io::Cursor;

use image::codecs::png::PngEncoder;
use image::imageops::{FilterType, resize};
use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, ImageBuffer, ImageDecoder, ImageEncoder, ImageFormat, ImageReader,
    Pixel, Rgb, Rgba,
};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::kind::{Kind, recognise};

/// Quality of JPEG on the usual scale to 100; from 90 on colours are not thinned out (4:4:4), which thin dots need.
const JPEG_QUALITY: u8 = 90;
/// Longest side of any picture in pixels (assumption: four times a 4K screen).
const MAX_SIDE_PX: u32 = 16_384;

/// What is read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of a file.
    pub max_bytes: usize,
    /// Most pixels of a picture; each takes 3 to 4 bytes of memory, twice that while it is worked on.
    pub max_pixels: u64,
}

impl Default for Limits {
    /// 30 MB and 64 megapixels: what telephones make today, 50 megapixels, and some more.
    fn default() -> Limits {
        Limits { max_bytes: 30_000_000, max_pixels: 64_000_000 }
    }
}

/// Why a photo is not taken.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Not a kind of picture we read.
    #[error(
        "the file is no JPEG, PNG or WebP picture (a HEIC from a telephone: choose \"most compatible\" in its camera settings)"
    )]
    Kind,
    /// Too many bytes.
    #[error("the picture has {found} bytes; at most {max} are taken")]
    Bytes {
        /// Bytes found.
        found: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Too many pixels, or none.
    #[error(
        "the picture is {width_px} by {height_px} pixels; at most {max_pixels} in all and {MAX_SIDE_PX} a side are taken"
    )]
    Pixels {
        /// Width found.
        width_px: u32,
        /// Height found.
        height_px: u32,
        /// Pixels allowed.
        max_pixels: u64,
    },
    /// Damaged.
    #[error("the picture cannot be read: {0}")]
    Damaged(String),
}

/// Decoded pixels: upright, sRGB, eight bits, with alpha only where something is transparent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// Whether a pixel has four bytes (RGBA, not premultiplied) or three (RGB).
    pub has_alpha: bool,
    /// Rows from the top, without gaps.
    pub bytes: Vec<u8>,
    /// Whether the original was without loss (PNG).
    without_loss: bool,
}

/// A picture written by this program, the only kind that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clean {
    pub(super) kind: Kind,
    pub(super) bytes: Vec<u8>,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
}

impl Clean {
    /// JPEG or PNG.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a JPEG, PNG or WebP picture (of an animation: the first frame). Takes about 0.1 s for 12 megapixels: not for a thread
/// that serves others.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Pixels, PictureError> {
    if bytes.len() > limits.max_bytes {
        return Err(PictureError::Bytes { found: bytes.len(), max: limits.max_bytes });
    }
    let (format, without_loss) = match recognise(bytes).map(|(kind, _)| kind) {
        Some(Kind::Jpeg) => (ImageFormat::Jpeg, false),
        Some(Kind::Png) => (ImageFormat::Png, true),
        Some(Kind::Webp) => (ImageFormat::WebP, false),
        _ => return Err(PictureError::Kind),
    };
    let damaged = |e: image::ImageError| PictureError::Damaged(e.to_string());
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut image_limits = image::Limits::default();
    // Sixteen bits of four channels, the most that a format here holds.
    image_limits.max_alloc = Some(limits.max_pixels.saturating_mul(8).saturating_add(1 << 24));
    reader.limits(image_limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width_px, height_px) = decoder.dimensions();
    let pixels = u64::from(width_px) * u64::from(height_px);
    if pixels == 0 || pixels > limits.max_pixels || width_px.max(height_px) > MAX_SIDE_PX {
        return Err(PictureError::Pixels { width_px, height_px, max_pixels: limits.max_pixels });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    Ok(plain(picture, profile.as_deref(), without_loss))
}

/// Eight bits of sRGB, without alpha unless something is transparent.
fn plain(picture: DynamicImage, profile: Option<&[u8]>, without_loss: bool) -> Pixels {
    let (width_px, height_px) = (picture.width(), picture.height());
    let has_alpha = picture.color().has_alpha()
        && (0..height_px)
            .any(|y| (0..width_px).any(|x| image::GenericImageView::get_pixel(&picture, x, y).0[3] != 255));
    let mut bytes = if has_alpha { picture.into_rgba8().into_raw() } else { picture.into_rgb8().into_raw() };
    if let Some(profile) = profile {
        to_srgb(&mut bytes, has_alpha, profile);
    }
    Pixels { width_px, height_px, has_alpha, bytes, without_loss }
}

/// Converts colours by an ICC profile; without effect if it is not one of RGB that can be read (browsers do the same).
fn to_srgb(bytes: &mut [u8], has_alpha: bool, profile: &[u8]) {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let layout = if has_alpha { Layout::Rgba } else { Layout::Rgb };
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default())
    else {
        return;
    };
    // In parts, so that a large picture is not there twice.
    let mut part = Vec::new();
    for chunk in bytes.chunks_mut(if has_alpha { 4 } else { 3 } << 16) {
        part.clear();
        part.extend_from_slice(chunk);
        if transform.transform(&part, chunk).is_err() {
            chunk.copy_from_slice(&part);
        }
    }
}

impl Pixels {
    /// The picture as a file of nothing but pixels: PNG if the original was one or something is transparent, else JPEG.
    pub fn encode(&self) -> Result<Clean, PictureError> {
        let damaged = |e: String| PictureError::Damaged(e);
        let mut bytes = Vec::new();
        let (kind, width_px, height_px) = (self.kind(), self.width_px, self.height_px);
        if kind == Kind::Png {
            let colour = if self.has_alpha { ExtendedColorType::Rgba8 } else { ExtendedColorType::Rgb8 };
            PngEncoder::new(&mut bytes)
                .write_image(&self.bytes, width_px, height_px, colour)
                .map_err(|e| damaged(e.to_string()))?;
        } else {
            let side = |px: u32| u16::try_from(px).map_err(|e| damaged(e.to_string()));
            jpeg_encoder::Encoder::new(&mut bytes, JPEG_QUALITY)
                .encode(&self.bytes, side(width_px)?, side(height_px)?, jpeg_encoder::ColorType::Rgb)
                .map_err(|e| damaged(e.to_string()))?;
        }
        Ok(Clean { kind, bytes, width_px, height_px })
    }

    /// The picture to be looked at rather than measured: JPEG unless something is transparent.
    pub fn for_eyes(self) -> Pixels {
        Pixels { without_loss: false, ..self }
    }

    fn kind(&self) -> Kind {
        if self.without_loss || self.has_alpha { Kind::Png } else { Kind::Jpeg }
    }

    /// The picture made smaller so that its longer side has at most this many pixels (at least 1), for a thumbnail: averaged
    /// in linear light, so that shaved hair does not grow darker as it gets smaller. A smaller picture stays as it is.
    pub fn within(&self, long_side_px: u32) -> Result<Pixels, PictureError> {
        let long = self.width_px.max(self.height_px);
        let wanted = long_side_px.max(1);
        if long <= wanted {
            return Ok(self.clone());
        }
        let scaled = |px: u32| {
            ((u64::from(px) * u64::from(wanted) + u64::from(long) / 2) / u64::from(long)).max(1) as u32
        };
        let (width_px, height_px) = (scaled(self.width_px), scaled(self.height_px));
        let bytes = if self.has_alpha {
            self.shrunk::<Rgba<u16>>(4, width_px, height_px)
        } else {
            self.shrunk::<Rgb<u16>>(3, width_px, height_px)
        };
        // A thumbnail is looked at, not measured.
        Ok(Pixels { width_px, height_px, has_alpha: self.has_alpha, bytes, without_loss: false })
    }

    /// The bytes at a smaller size, for a pixel of this many channels.
    fn shrunk<P>(&self, channels: usize, width_px: u32, height_px: u32) -> Vec<u8>
    where
        P: Pixel<Subpixel = u16> + 'static,
    {
        let light: Vec<u16> = (0..=u8::MAX).map(to_light).collect();
        let mut linear = Vec::with_capacity(self.bytes.len());
        for pixel in self.bytes.chunks_exact(channels) {
            // What is transparent has a colour too, which must not bleed into its neighbours.
            let alpha = pixel.get(3).map_or(u32::from(u8::MAX), |a| u32::from(*a));
            linear
                .extend(pixel[..3].iter().map(|v| (u32::from(light[usize::from(*v)]) * alpha / 255) as u16));
            linear.extend(pixel.get(3).map(|a| u16::from(*a) * 257));
        }
        let large = ImageBuffer::<P, _>::from_raw(self.width_px, self.height_px, linear)
            .expect("as many numbers as the picture has");
        let small = resize(&large, width_px, height_px, FilterType::CatmullRom).into_raw();
        let shown: Vec<u8> = (0..=u16::MAX).map(to_byte).collect();
        let mut bytes = Vec::with_capacity(small.len());
        for pixel in small.chunks_exact(channels) {
            let alpha = pixel.get(3).map_or(u32::from(u16::MAX), |a| u32::from(*a));
            bytes.extend(pixel[..3].iter().map(|v| {
                let whole = (u32::from(*v) * u32::from(u16::MAX)).checked_div(alpha).unwrap_or(0);
                shown[whole.min(u32::from(u16::MAX)) as usize]
            }));
            bytes.extend(pixel.get(3).map(|a| (a / 257) as u8));
        }
        bytes
    }
}

/// Linear light of an sRGB value (IEC 61966-2-1), in 65535ths.
fn to_light(value: u8) -> u16 {
    let v = f64::from(value) / 255.0;
    let light = if v <= 0.04045 { v / 12.92 } else { libm::pow((v + 0.055) / 1.055, 2.4) };
    libm::round(light * 65535.0) as u16
}

/// The sRGB value of linear light in 65535ths.
fn to_byte(light: u16) -> u8 {
    let v = f64::from(light) / 65535.0;
    let shown = if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * libm::pow(v, 1.0 / 2.4) - 0.055 };
    libm::round(shown * 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pixels(width_px: u32, height_px: u32, colour: impl Fn(u32, u32) -> [u8; 3]) -> Pixels {
        let at = |i: u32| colour(i % width_px, i / width_px);
        let bytes = (0..width_px * height_px).flat_map(at).collect();
        Pixels { width_px, height_px, has_alpha: false, bytes, without_loss: true }
    }

    fn small() -> Pixels {
        pixels(40, 30, |x, y| [(x * 6) as u8, (y * 8) as u8, 90])
    }

    #[test]
    fn a_png_comes_back_as_it_was_and_a_jpeg_nearly() {
        let picture = small();
        let png = picture.encode().expect("it encodes");
        assert_eq!(
            (png.kind, decode(&png.bytes, &Limits::default()).ok()),
            (Kind::Png, Some(picture.clone()))
        );
        let jpeg = Pixels { without_loss: false, ..picture.clone() }.encode().expect("it encodes");
        let back = decode(&jpeg.bytes, &Limits::default()).expect("it decodes");
        let worst = back.bytes.iter().zip(&picture.bytes).map(|(a, b)| a.abs_diff(*b)).max();
        assert_eq!((jpeg.kind, back.width_px, back.height_px), (Kind::Jpeg, 40, 30));
        assert!(worst.is_some_and(|d| d < 12), "{worst:?}");
    }

    #[test]
    fn a_small_file_with_many_pixels_is_refused_before_it_is_unpacked() {
        let mut bomb = Vec::new();
        PngEncoder::new_with_quality(
            &mut bomb,
            image::codecs::png::CompressionType::Fast,
            image::codecs::png::FilterType::NoFilter,
        )
        .write_image(&vec![0; 10_000 * 7_000], 10_000, 7_000, ExtendedColorType::L8)
        .expect("it encodes");
        assert!(bomb.len() < 1_000_000, "{}", bomb.len());
        let refused = decode(&bomb, &Limits::default());
        assert!(
            matches!(refused, Err(PictureError::Pixels { width_px: 10_000, height_px: 7_000, .. })),
            "{refused:?}"
        );
        let narrow = pixels(20_000, 1, |_, _| [0; 3]).encode().expect("it encodes");
        assert!(matches!(decode(&narrow.bytes, &Limits::default()), Err(PictureError::Pixels { .. })));
        let limits = Limits { max_bytes: 100, ..Limits::default() };
        assert!(matches!(decode(&bomb, &limits), Err(PictureError::Bytes { max: 100, .. })));
        assert!(matches!(decode(b"<svg/>", &Limits::default()), Err(PictureError::Kind)));
    }

    #[test]
    fn wide_colours_become_those_of_srgb() {
        // Display P3's (234, 51, 35) is sRGB's pure red, rounded (CSS Color 4, section 10.7 gives the matrices).
        let mut picture = pixels(8, 8, |_, _| [234, 51, 35]);
        let profile = ColorProfile::new_display_p3().encode().expect("a profile");
        to_srgb(&mut picture.bytes, false, &profile);
        for (found, expected) in picture.bytes.iter().zip([255_u8, 0, 0].iter().cycle()) {
            assert!(found.abs_diff(*expected) <= 4, "{:?}", &picture.bytes[..3]);
        }
        // Its grey is the same grey.
        let mut grey = vec![128_u8; 300];
        to_srgb(&mut grey, false, &profile);
        assert!(grey.iter().all(|g| g.abs_diff(128) <= 1));
        // What is no profile changes nothing.
        let before = small();
        let mut bytes = before.bytes.clone();
        to_srgb(&mut bytes, false, b"not a profile");
        assert_eq!(bytes, before.bytes);
    }

    #[test]
    fn a_thumbnail_is_as_bright_as_the_picture() {
        // Every second pixel black: half the light, which is sRGB 188 (IEC 61966-2-1), not 128.
        let picture = pixels(400, 200, |x, y| if (x + y) % 2 == 0 { [255; 3] } else { [0; 3] });
        let thumbnail = picture.within(50).expect("it shrinks");
        assert_eq!((thumbnail.width_px, thumbnail.height_px, thumbnail.bytes.len()), (50, 25, 50 * 25 * 3));
        assert!(thumbnail.bytes.iter().all(|b| b.abs_diff(188) <= 3), "{:?}", &thumbnail.bytes[..9]);
        assert_eq!(thumbnail.encode().map(|t| t.kind).ok(), Some(Kind::Jpeg));
        assert_eq!(picture.within(400).ok(), Some(picture.clone()));
        assert_eq!(
            pixels(3000, 2, |_, _| [9; 3]).within(100).map(|p| (p.width_px, p.height_px)).ok(),
            Some((100, 1))
        );
    }

    #[test]
    fn transparency_stays_where_there_is_some() {
        let mut bytes = Vec::new();
        let rgba: Vec<u8> = (0..64).flat_map(|i| [10, 20, 30, if i == 5 { 40 } else { 255 }]).collect();
        PngEncoder::new(&mut bytes).write_image(&rgba, 8, 8, ExtendedColorType::Rgba8).expect("it encodes");
        let picture = decode(&bytes, &Limits::default()).expect("it decodes");
        assert!(picture.has_alpha && picture.bytes == rgba);
        assert_eq!(picture.within(4).and_then(|p| p.encode()).map(|c| c.kind).ok(), Some(Kind::Png));
        let opaque: Vec<u8> = rgba.chunks(4).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
        bytes.clear();
        PngEncoder::new(&mut bytes).write_image(&opaque, 8, 8, ExtendedColorType::Rgba8).expect("it encodes");
        assert!(decode(&bytes, &Limits::default()).is_ok_and(|p| !p.has_alpha && p.bytes.len() == 192));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn no_damaged_picture_breaks_the_reader(
            png in any::<bool>(), cut in 0..4000_usize, at in any::<prop::sample::Index>(), value in any::<u8>(),
        ) {
            let clean = Pixels { without_loss: png, ..small() }.encode().expect("it encodes");
            let mut bytes = clean.bytes;
            let at = at.index(bytes.len());
            bytes[at] = value;
            bytes.truncate(cut.max(1));
            if let Ok(picture) = decode(&bytes, &Limits { max_bytes: 10_000, max_pixels: 100_000 }) {
                let pixel = if picture.has_alpha { 4 } else { 3 };
                prop_assert_eq!(picture.bytes.len() as u32, picture.width_px * picture.height_px * pixel);
            }
        }
    }
}
