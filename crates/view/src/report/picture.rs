//! Pictures for paper: smaller, and as JPEG.

/// JPEG quality: dots stay crisp, a picture takes some 60 kB.
const QUALITY: u8 = 88;

/// A PNG (8-bit RGB) shrunk to at most `side` pixels by averaging, as JPEG without colour subsampling.
pub(super) fn for_paper(png: &[u8], side: usize) -> Result<Vec<u8>, String> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().map_err(|e| e.to_string())?;
    let mut rgb = vec![0; reader.output_buffer_size().ok_or("it is too large")?];
    let info = reader.next_frame(&mut rgb).map_err(|e| e.to_string())?;
    if (info.color_type, info.bit_depth) != (png::ColorType::Rgb, png::BitDepth::Eight) {
        return Err(format!(
            "it has {:?} of {:?} bits; RGB of 8 bits is needed",
            info.color_type, info.bit_depth
        ));
    }
    let (width, height) = (info.width as usize, info.height as usize);
    let scale = (side as f64 / width.max(height) as f64).min(1.0);
    let target = [width, height].map(|n| ((n as f64 * scale).round() as usize).max(1));
    let small = shrink(&rgb, [width, height], target);
    let mut jpeg = vec![];
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_1_1);
    let size = target.map(|n| u16::try_from(n).unwrap_or(u16::MAX));
    encoder.encode(&small, size[0], size[1], jpeg_encoder::ColorType::Rgb).map_err(|e| e.to_string())?;
    Ok(jpeg)
}

/// Every target pixel is the mean of the area it covers, first along rows, then along columns.
fn shrink(rgb: &[u8], [width, height]: [usize; 2], [to_width, to_height]: [usize; 2]) -> Vec<u8> {
    let columns = covered(width, to_width);
    let rows = covered(height, to_height);
    let mut wide = vec![0.0f32; height * to_width * 3];
    for y in 0..height {
        for (x, cover) in columns.iter().enumerate() {
            for c in 0..3 {
                wide[(y * to_width + x) * 3 + c] =
                    cover.iter().map(|&(i, w)| w * f32::from(rgb[(y * width + i) * 3 + c])).sum();
            }
        }
    }
    let mut out = Vec::with_capacity(to_width * to_height * 3);
    for cover in &rows {
        for k in 0..to_width * 3 {
            let mean: f32 = cover.iter().map(|&(i, w)| w * wide[i * to_width * 3 + k]).sum();
            out.push((mean + 0.5) as u8);
        }
    }
    out
}

/// For every target pixel the source pixels it covers, with weights of sum 1.
fn covered(from: usize, to: usize) -> Vec<Vec<(usize, f32)>> {
    let step = from as f64 / to as f64;
    (0..to)
        .map(|t| {
            let (start, end) = (t as f64 * step, (t + 1) as f64 * step);
            (start.floor() as usize..(end.ceil() as usize).min(from))
                .map(|i| (i, ((end.min(i as f64 + 1.0) - start.max(i as f64)) / step) as f32))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrinking_keeps_the_mean() {
        let rgb: Vec<u8> = (0..10 * 7 * 3).map(|i| (i * 37 % 251) as u8).collect();
        let small = shrink(&rgb, [10, 7], [4, 3]);
        let mean = |v: &[u8]| v.iter().map(|&x| f64::from(x)).sum::<f64>() / v.len() as f64;
        assert!((mean(&rgb) - mean(&small)).abs() < 0.6, "{} {}", mean(&rgb), mean(&small));
        assert_eq!(shrink(&rgb, [10, 7], [10, 7]), rgb);
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        assert!(for_paper(b"not a png", 100).is_err());
    }
}
