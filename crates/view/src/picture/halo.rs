//! Light that dots and hair roots take from the skin around them: many soft bells, summed on a coarse grid.

use hairline_optics::dot_table::HALO_SIGMA_MM;

/// Wide bells over a picture: how much of its light each place loses to them, per colour.
pub(super) struct Halo {
    /// `cells[row][column]`.
    cells: Vec<[f32; 3]>,
    columns: usize,
    cell_px: f32,
}

impl Halo {
    /// An empty halo for a picture of this size and scale.
    ///
    /// A cell is as wide as a bell's standard deviation, but at least a pixel: sharing a bell between cells, the mean of
    /// three cells and reading between cells have variances of 1/6, 2/3 and 1/6 cell2, one together.
    pub fn new(size: [usize; 2], px_per_mm: f64) -> Halo {
        let cell_px = (HALO_SIGMA_MM * px_per_mm).max(1.0) as f32;
        let [columns, rows] = size.map(|n| (n as f32 / cell_px) as usize + 4);
        Halo { cells: vec![[0.0; 3]; columns * rows], columns, cell_px }
    }

    /// Adds a bell at a place of the picture (px) that takes as much light as a black area of `area_px` (px2) would.
    pub fn add(&mut self, at: [f32; 2], area_px: [f32; 3]) {
        let Some((cell, weights)) = self.around(at) else { return };
        let per_cell = 1.0 / (self.cell_px * self.cell_px);
        for (offset, weight) in [0, 1, self.columns, self.columns + 1].into_iter().zip(weights) {
            for c in 0..3 {
                self.cells[cell + offset][c] += weight * per_cell * area_px[c];
            }
        }
    }

    /// Spreads what was added into bells; to be called once, before [`Halo::at`].
    pub fn spread(&mut self) {
        let columns = self.columns;
        for row in self.cells.chunks_mut(columns) {
            let mut left = [0.0; 3];
            for x in 0..columns - 1 {
                let own = row[x];
                row[x] = mean(left, own, row[x + 1]);
                left = own;
            }
        }
        let mut above = vec![[0.0; 3]; columns];
        for cell in 0..self.cells.len() - columns {
            let own = self.cells[cell];
            self.cells[cell] = mean(above[cell % columns], own, self.cells[cell + columns]);
            above[cell % columns] = own;
        }
    }

    /// Sum of the bells at the middle of a pixel.
    pub fn at(&self, x: usize, y: usize) -> [f32; 3] {
        let Some((cell, [a, b, c, d])) = self.around([x as f32 + 0.5, y as f32 + 0.5]) else {
            return [0.0; 3];
        };
        let (upper, lower) = (&self.cells[cell..cell + 2], &self.cells[cell + self.columns..][..2]);
        [0, 1, 2].map(|k| a * upper[0][k] + b * upper[1][k] + c * lower[0][k] + d * lower[1][k])
    }

    /// The first of the four cells around a place and the weights of all; none outside the picture.
    fn around(&self, at: [f32; 2]) -> Option<(usize, [f32; 4])> {
        // The middle of the first pixel lies inside, with room for the spread around it.
        let [x, y] = at.map(|v| v / self.cell_px + 1.0);
        let rows = self.cells.len() / self.columns;
        if !(x >= 0.0 && y >= 0.0 && x < (self.columns - 1) as f32 && y < (rows - 1) as f32) {
            return None;
        }
        let (ix, iy) = (x as usize, y as usize);
        let (tx, ty) = (x - ix as f32, y - iy as f32);
        let weights = [(1.0 - tx) * (1.0 - ty), tx * (1.0 - ty), (1.0 - tx) * ty, tx * ty];
        Some((iy * self.columns + ix, weights))
    }
}

fn mean(a: [f32; 3], b: [f32; 3], c: [f32; 3]) -> [f32; 3] {
    [0, 1, 2].map(|k| (a[k] + b[k] + c[k]) * (1.0 / 3.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// A bell anywhere inside takes its whole area, around its own middle, with the stated standard deviation.
        #[test]
        fn a_bell_keeps_its_area_place_and_width(x in 60.0..140.0f32, y in 60.0..140.0f32, px_per_mm in 0.5..10.0f64) {
            let mut halo = Halo::new([200, 200], px_per_mm);
            halo.add([x, y], [3.0, 2.0, 1.0]);
            halo.spread();
            let (mut sum, mut second) = ([0.0f32; 3], 0.0f32);
            for row in 0..200 {
                for column in 0..200 {
                    let lost = halo.at(column, row);
                    let (dx, dy) = (column as f32 + 0.5 - x, row as f32 + 0.5 - y);
                    second += 0.5 * (dx * dx + dy * dy) * lost[0];
                    for c in 0..3 {
                        sum[c] += lost[c];
                    }
                }
            }
            // Read at the middles of pixels, one bell of little more than a pixel may miss some of its area.
            for c in 0..3 {
                proptest::prop_assert!((sum[c] / (3.0 - c as f32) - 1.0).abs() < 0.08, "{sum:?}");
            }
            let wanted = (HALO_SIGMA_MM * px_per_mm).max(1.0) as f32;
            let sigma = (second / sum[0]).sqrt();
            proptest::prop_assert!((sigma / wanted - 1.0).abs() < 0.15, "{sigma} {wanted}");
        }

        #[test]
        fn a_bell_anywhere_at_all_is_harmless(x in -1e9..1e9f32, y in -1e9..1e9f32) {
            let mut halo = Halo::new([30, 20], 1.0);
            halo.add([x, y], [1.0; 3]);
            halo.add([f32::NAN, y], [1.0; 3]);
            halo.spread();
            proptest::prop_assert!(halo.at(29, 19)[0].is_finite());
        }
    }
}
