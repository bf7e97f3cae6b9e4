//! Pictures for paper: smaller, and as JPEG.

use crate::picture::Image;

/// JPEG quality: dots stay crisp, a picture takes some 60 kB.
const QUALITY: u8 = 88;

/// A picture shrunk to at most `side` pixels by averaging, as JPEG without colour subsampling.
pub(super) fn for_paper(image: &Image, side: usize) -> Result<Vec<u8>, String> {
    let (width, height) = (image.width, image.height);
    let scale = (side as f64 / width.max(height) as f64).min(1.0);
    let target = [width, height].map(|n| ((n as f64 * scale).round() as usize).max(1));
    let small = shrink(&image.rgb, [width, height], target);
    let mut jpeg = vec![];
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_1_1);
    let size = target.map(|n| u16::try_from(n).unwrap_or(u16::MAX));
    encoder.encode(&small, size[0], size[1], jpeg_encoder::ColorType::Rgb).map_err(|e| e.to_string())?;
    Ok(jpeg)
}

/// Every target pixel is the mean of the area it covers, first along columns, then along rows.
fn shrink(rgb: &[u8], [width, height]: [usize; 2], [to_width, to_height]: [usize; 2]) -> Vec<u8> {
    if [width, height] == [to_width, to_height] {
        return rgb.to_vec();
    }
    let columns = covered(width, to_width);
    let mut out = Vec::with_capacity(to_width * to_height * 3);
    let mut row = vec![0.0f32; 3 * width];
    for cover in covered(height, to_height) {
        row.fill(0.0);
        for (y, weight) in cover {
            for (sum, &value) in row.iter_mut().zip(&rgb[3 * width * y..3 * width * (y + 1)]) {
                *sum += weight * f32::from(value);
            }
        }
        for cover in &columns {
            for c in 0..3 {
                let mean: f32 = cover.iter().map(|&(x, weight)| weight * row[3 * x + c]).sum();
                out.push((mean + 0.5) as u8);
            }
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
}
