//! The two-dimensional transform of Fourier, radix 2, the same bits on every machine.
//!
//! Forward halves the frequencies (output in bit-reversed order), backward doubles them again, so that nothing is ever reordered.
//! Both run down the columns of a picture, whole rows at a time; rows become columns by a transposition between.

/// A complex picture and its transform, parts apart.
pub(super) struct Plane {
    width: usize,
    height: usize,
    pub re: Vec<f64>,
    pub im: Vec<f64>,
}

impl Plane {
    /// From two real pictures `[y][x]` with sides that are powers of two.
    pub fn new([width, height]: [usize; 2], re: Vec<f64>, im: Vec<f64>) -> Plane {
        Plane { width, height, re, im }
    }

    /// To frequencies, not normalised: [`Places`] finds them.
    pub fn forward(&mut self) {
        self.columns_forward();
        self.transpose();
        self.columns_forward();
    }

    /// Back to the picture, times the number of pixels.
    pub fn backward(&mut self) {
        self.columns_backward();
        self.transpose();
        self.columns_backward();
    }

    fn columns_forward(&mut self) {
        let (w, h) = (self.width, self.height);
        let mut length = h;
        while length > 1 {
            let turns = turns(length, -1.0);
            for block in (0..h).step_by(length) {
                for (j, (c, s)) in turns.iter().enumerate() {
                    let (ar, br) = rows(&mut self.re, w, block + j, length / 2);
                    let (ai, bi) = rows(&mut self.im, w, block + j, length / 2);
                    for (((ar, br), ai), bi) in ar.iter_mut().zip(br).zip(ai).zip(bi) {
                        let (dr, di) = (*ar - *br, *ai - *bi);
                        *ar += *br;
                        *ai += *bi;
                        *br = dr * c - di * s;
                        *bi = dr * s + di * c;
                    }
                }
            }
            length /= 2;
        }
    }

    fn columns_backward(&mut self) {
        let (w, h) = (self.width, self.height);
        let mut length = 2;
        while length <= h {
            let turns = turns(length, 1.0);
            for block in (0..h).step_by(length) {
                for (j, (c, s)) in turns.iter().enumerate() {
                    let (ar, br) = rows(&mut self.re, w, block + j, length / 2);
                    let (ai, bi) = rows(&mut self.im, w, block + j, length / 2);
                    for (((ar, br), ai), bi) in ar.iter_mut().zip(br).zip(ai).zip(bi) {
                        let (tr, ti) = (*br * c - *bi * s, *br * s + *bi * c);
                        *br = *ar - tr;
                        *bi = *ai - ti;
                        *ar += tr;
                        *ai += ti;
                    }
                }
            }
            length *= 2;
        }
    }

    fn transpose(&mut self) {
        let (w, h) = (self.width, self.height);
        // In tiles that stay in the cache.
        const TILE: usize = 16;
        for part in [&mut self.re, &mut self.im] {
            let mut turned = vec![0.0; part.len()];
            for (y0, x0) in (0..h).step_by(TILE).flat_map(|y| (0..w).step_by(TILE).map(move |x| (y, x))) {
                for x in x0..(x0 + TILE).min(w) {
                    for y in y0..(y0 + TILE).min(h) {
                        turned[x * h + y] = part[y * w + x];
                    }
                }
            }
            *part = turned;
        }
        (self.width, self.height) = (h, w);
    }
}

/// Where frequencies stand after [`Plane::forward`]: their index by signed cycles per picture.
pub(super) struct Places {
    x: Vec<usize>,
    y: Vec<usize>,
}

/// A frequency and its opposite.
pub(super) struct Frequency {
    /// Cycles per width and per height.
    pub cycles: [f64; 2],
    /// Index of it.
    pub at: usize,
    /// Index of its negative.
    pub opposite: usize,
}

impl Places {
    /// Of a picture of this size.
    pub fn new([width, height]: [usize; 2]) -> Places {
        let reversed =
            |n: usize| (0..n).map(|i| i.reverse_bits() >> (usize::BITS - n.trailing_zeros())).collect();
        Places { x: reversed(width), y: reversed(height) }
    }

    /// Every frequency, the mean first.
    pub fn all(&self) -> impl Iterator<Item = Frequency> + '_ {
        let (w, h) = (self.x.len(), self.y.len());
        let signed = |k: usize, n: usize| if k <= n / 2 { k as f64 } else { k as f64 - n as f64 };
        (0..w).flat_map(move |kx| {
            (0..h).map(move |ky| Frequency {
                cycles: [signed(kx, w), signed(ky, h)],
                at: self.x[kx] * h + self.y[ky],
                opposite: self.x[(w - kx) % w] * h + self.y[(h - ky) % h],
            })
        })
    }
}

/// Row `i` and the row `down` below it.
fn rows(part: &mut [f64], width: usize, i: usize, down: usize) -> (&mut [f64], &mut [f64]) {
    let (above, below) = part.split_at_mut((i + down) * width);
    (&mut above[i * width..(i + 1) * width], &mut below[..width])
}

/// Cosine and sine of the half circle in steps of 1 / `length` of a turn.
fn turns(length: usize, sign: f64) -> Vec<(f64, f64)> {
    (0..length / 2)
        .map(|j| {
            let (s, c) = libm::sincos(sign * std::f64::consts::TAU * j as f64 / length as f64);
            (c, s)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(size: [usize; 2]) -> (Vec<f64>, Vec<f64>) {
        let value = |i: usize, k: u64| ((i as u64 * k) % 1009) as f64 / 1009.0 - 0.5;
        let n = size[0] * size[1];
        ((0..n).map(|i| value(i, 7919)).collect(), (0..n).map(|i| value(i, 104_729)).collect())
    }

    #[test]
    fn it_is_the_sum_of_its_definition() {
        let size @ [w, h] = [16, 32];
        let (re, im) = picture(size);
        let mut plane = Plane::new(size, re.clone(), im.clone());
        plane.forward();
        for f in Places::new(size).all() {
            let (mut r, mut i) = (0.0, 0.0);
            for (k, (a, b)) in re.iter().zip(&im).enumerate() {
                let turn = f.cycles[0] * (k % w) as f64 / w as f64 + f.cycles[1] * (k / w) as f64 / h as f64;
                let (s, c) = libm::sincos(-std::f64::consts::TAU * turn);
                r += a * c - b * s;
                i += a * s + b * c;
            }
            assert!(
                (plane.re[f.at] - r).abs() < 1e-10 && (plane.im[f.at] - i).abs() < 1e-10,
                "{:?}",
                f.cycles
            );
        }
    }

    #[test]
    fn there_and_back_is_the_picture() {
        for size in [[16, 16], [64, 16], [32, 256]] {
            let (re, im) = picture(size);
            let mut plane = Plane::new(size, re.clone(), im.clone());
            plane.forward();
            plane.backward();
            let n = re.len() as f64;
            for (k, (a, b)) in re.iter().zip(&im).enumerate() {
                assert!((plane.re[k] / n - a).abs() < 1e-13 && (plane.im[k] / n - b).abs() < 1e-13);
            }
        }
    }
}
