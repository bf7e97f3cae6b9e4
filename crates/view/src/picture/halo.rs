//! Light that dots and hair roots take from the skin around them: many soft bells, summed on coarse grids.

use std::ops::Range;

/// Bells of one width over a picture, while they are put down.
pub(super) struct Halo {
    /// `cells[row][column]`: sum of the bells, per colour.
    cells: Vec<[f32; 3]>,
    columns: usize,
    /// Rows of cells above those that are kept.
    skipped: usize,
    cell_px: f32,
    /// Means of three cells that spread a bell.
    passes: usize,
    /// Columns and rows of cells that bells lie in, ends excluded.
    range: [[usize; 2]; 2],
}

/// The sum of the bells over a picture: optical depths, per colour.
pub(super) struct Depths {
    cells: Vec<[f32; 3]>,
    columns: usize,
    skipped: usize,
    cell_px: f32,
    /// Cells before the first pixel.
    margin: f32,
    /// Columns and rows of cells outside which there is nothing.
    range: [[usize; 2]; 2],
}

impl Halo {
    /// An empty halo for a picture of this size and scale, of bells of a standard deviation.
    ///
    /// Sharing a bell between cells, each of `passes` means of three cells and reading between cells have variances of 1/6, 2/3 and
    /// 1/6 cell2; cells are so wide that this is the bell's, but at least a pixel. One pass is quick and blunt (its middle is a
    /// third too low), four are within 4 % of a bell.
    pub fn new(size: [usize; 2], px_per_mm: f64, sigma_mm: f64, passes: usize) -> Halo {
        Halo::of_rows(size[0], 0..size[1], px_per_mm, sigma_mm, passes)
    }

    /// The same for some rows of a picture only: these rows of the whole halo, as long as every bell that reaches them is added.
    pub fn of_rows(width: usize, rows: Range<usize>, px_per_mm: f64, sigma_mm: f64, passes: usize) -> Halo {
        let cells_per_sigma = ((1 + 2 * passes) as f64 / 3.0).sqrt();
        let cell_px = (sigma_mm * px_per_mm / cells_per_sigma).max(1.0) as f32;
        let columns = (width as f32 / cell_px) as usize + 2 * margin(passes) + 2;
        // What is read, what is spread into it in every pass, and the other half of what is shared between two rows.
        let skipped = (rows.start as f32 / cell_px) as usize + margin(passes) - passes;
        let skipped = skipped.saturating_sub(1);
        let last = (rows.end as f32 / cell_px) as usize + margin(passes) + passes + 2;
        let kept = last + 1 - skipped;
        let range = [[columns, 0], [kept, 0]];
        Halo { cells: vec![[0.0; 3]; columns * kept], columns, skipped, cell_px, passes, range }
    }

    /// How far a bell reaches, px.
    pub fn reach_px(&self) -> f32 {
        (self.passes + 2) as f32 * self.cell_px
    }

    /// Adds a bell at a place of the picture (px) whose integral over the picture is `area_px` (px2).
    pub fn add(&mut self, at: [f32; 2], area_px: [f32; 3]) {
        // Bells beside the picture count as far as they reach into it.
        let [x, y] = at.map(|v| v / self.cell_px + margin(self.passes) as f32);
        let y = y - self.skipped as f32;
        let rows = self.cells.len() / self.columns;
        if !(x >= 0.0 && y >= 0.0 && x < (self.columns - 1) as f32 && y < (rows - 1) as f32) {
            return;
        }
        let (cell, tx, ty) = (y as usize * self.columns + x as usize, x.fract(), y.fract());
        for (range, at) in self.range.iter_mut().zip([x as usize, y as usize]) {
            *range = [range[0].min(at), range[1].max(at + 2)];
        }
        let weights = [(1.0 - tx) * (1.0 - ty), tx * (1.0 - ty), (1.0 - tx) * ty, tx * ty];
        let per_cell = 1.0 / (self.cell_px * self.cell_px);
        for (offset, weight) in [0, 1, self.columns, self.columns + 1].into_iter().zip(weights) {
            for c in 0..3 {
                self.cells[cell + offset][c] += weight * per_cell * area_px[c];
            }
        }
    }

    /// Spreads what was added into bells.
    pub fn spread(mut self) -> Depths {
        let columns = self.columns;
        let rows = self.cells.len() / columns;
        let range = [(0, columns), (1, rows)].map(|(axis, n)| {
            let [low, high] = self.range[axis];
            [low.saturating_sub(self.passes), if high == 0 { 0 } else { (high + self.passes).min(n) }]
        });
        let [[first, last], [top, bottom]] = range;
        for _ in 0..self.passes {
            for row in self.cells.chunks_mut(columns).take(bottom).skip(top) {
                let mut left = [0.0; 3];
                for x in first..last.min(columns - 1) {
                    let own = row[x];
                    row[x] = mean(left, own, row[x + 1]);
                    left = own;
                }
            }
            let mut above = vec![[0.0; 3]; columns];
            for y in top..bottom.min(rows - 1) {
                for x in first..last {
                    let own = self.cells[y * columns + x];
                    self.cells[y * columns + x] = mean(above[x], own, self.cells[(y + 1) * columns + x]);
                    above[x] = own;
                }
            }
        }
        let margin = margin(self.passes) as f32;
        Depths { cells: self.cells, columns, skipped: self.skipped, cell_px: self.cell_px, margin, range }
    }
}

/// Cells around the picture, so that what lies beside it can be spread.
fn margin(passes: usize) -> usize {
    2 * passes - 1
}

impl Depths {
    /// Pixels of a row outside which nothing is lost; empty where nothing is lost in the whole row.
    pub fn pixels(&self, y: usize, width: usize) -> Range<usize> {
        let [[left, right], [top, bottom]] = self.range;
        let row = (y as f32 + 0.5) / self.cell_px + self.margin - self.skipped as f32;
        if row + 1.0 < top as f32 || row > bottom as f32 {
            return 0..0;
        }
        let px = |cell: f32| ((cell - self.margin) * self.cell_px).max(0.0) as usize;
        px(left as f32 - 2.0).min(width)..(px(right as f32 + 1.0) + 1).min(width)
    }

    /// Depth at the middles of pixels of a row, per colour, from the first pixel on.
    pub fn row(&self, y: usize, pixels: Range<usize>) -> impl Iterator<Item = [f32; 3]> {
        let row = (y as f32 + 0.5) / self.cell_px + self.margin - self.skipped as f32;
        let (cell, ty) = (row as usize * self.columns, row.fract());
        let (upper, lower) = (&self.cells[cell..], &self.cells[cell + self.columns..]);
        let (per_px, margin) = (1.0 / self.cell_px, self.margin);
        let mut column = usize::MAX;
        let (mut left, mut right) = ([0.0; 3], [0.0; 3]);
        pixels.map(move |x| {
            let place = (x as f32 + 0.5) * per_px + margin;
            let at = whole(place);
            if at != column {
                column = at;
                (left, right) = (mix(upper[at], lower[at], ty), mix(upper[at + 1], lower[at + 1], ty));
            }
            mix(left, right, place - at as f32)
        })
    }
}

fn mean(a: [f32; 3], b: [f32; 3], c: [f32; 3]) -> [f32; 3] {
    let third = |k: usize| (a[k] + b[k] + c[k]) * (1.0 / 3.0);
    [third(0), third(1), third(2)]
}

/// The whole part of a number from 0 to four million, one less at some whole numbers; quicker than a cast, which minds what lies
/// outside.
#[inline(always)]
pub(super) fn whole(x: f32) -> usize {
    // Numbers from 2^23 to 2^24 are whole, and their last bits count.
    ((x.max(0.5) - 0.5 + 8_388_608.0).to_bits() & 0x7f_ffff) as usize
}

/// From `a` at t = 0 to `b` at t = 1.
pub(super) fn mix(a: [f32; 3], b: [f32; 3], t: f32) -> [f32; 3] {
    let one = |k: usize| a[k] + (b[k] - a[k]) * t;
    [one(0), one(1), one(2)]
}

/// Depth beyond which nothing more is told apart.
const DEEPEST: f32 = 6.0;
/// Steps of the curves of [`Left`].
const STEPS: usize = 1536;

/// What the summed depths of many dots leave of the light: the rule `(1 + q u)^(-1/q)` of [`hairline_optics::dots::compose`].
pub(super) struct Left {
    /// `curve[channel][step]`.
    curves: [[f32; STEPS + 2]; 3],
}

impl Left {
    /// With the exponents q of each channel; at 0 what each dot leaves multiplies.
    pub fn new(overlap: [f32; 3]) -> Left {
        let curve = |q: f32| {
            let q = f64::from(q.max(1e-4));
            let depth = |i: usize| i as f64 * f64::from(DEEPEST) / STEPS as f64;
            std::array::from_fn(|i| libm::exp(-libm::log1p(q * depth(i)) / q) as f32)
        };
        Left { curves: overlap.map(curve) }
    }

    /// Share of the light that is left at depths.
    pub fn of(&self, depths: [f32; 3]) -> [f32; 3] {
        let one = |c: usize| {
            let place = depths[c].clamp(0.0, DEEPEST) * (STEPS as f32 / DEEPEST);
            let i = whole(place).min(STEPS);
            let (a, b) = (self.curves[c][i], self.curves[c][i + 1]);
            a + (b - a) * (place - i as f32)
        };
        [one(0), one(1), one(2)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGMA_MM: f64 = 0.55;

    /// The rule for one place: `(1 + q u)^(-1/q)`, and the exponential where q is nothing.
    #[test]
    fn what_is_left_follows_the_rule() {
        let left = Left::new([0.0, 0.3, 0.8]);
        for u in [0.0f32, 0.003, 0.1, 0.77, 2.0, 3.9] {
            let [a, b, c] = left.of([u; 3]);
            let rule = |q: f32| libm::powf(1.0 + q * u, -1.0 / q);
            assert!((a - libm::expf(-u)).abs() < 1e-4 && (b - rule(0.3)).abs() < 1e-4, "{u}: {a} {b}");
            assert!((c - rule(0.8)).abs() < 1e-4, "{u}: {c}");
        }
        assert_eq!(left.of([9e9; 3]), left.of([DEEPEST; 3]));
        assert!(left.of([-0.1; 3])[0] <= 1.0);
    }

    proptest::proptest! {
        #[test]
        fn whole_parts_are_near_enough_to_interpolate_from(x in 0.0..4e6f32) {
            for x in [x, x.floor()] {
                let (i, t) = (whole(x), x - whole(x) as f32);
                proptest::prop_assert!((0.0..=1.0).contains(&t), "{x} {i} {t}");
            }
        }

        /// A bell anywhere inside takes its whole area, around its own middle, with the stated standard deviation.
        #[test]
        fn a_bell_keeps_its_area_place_and_width(x in 60.0..140.0f32, y in 60.0..140.0f32, px_per_mm in 0.5..10.0f64, passes in 1..5usize) {
            let mut halo = Halo::new([200, 200], px_per_mm, SIGMA_MM, passes);
            halo.add([x, y], [3e-3, 2e-3, 1e-3]);
            let depths = halo.spread();
            let (mut sum, mut second) = ([0.0f32; 3], 0.0f32);
            for row in 0..200 {
                let pixels = depths.pixels(row, 200);
                for (column, depth) in pixels.clone().zip(depths.row(row, pixels)) {
                    let lost = depth.map(|d| 1e3 * d);
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
            let cells = ((1 + 2 * passes) as f64 / 3.0).sqrt();
            let wanted = (SIGMA_MM * px_per_mm).max(cells) as f32;
            let sigma = (second / sum[0]).sqrt();
            proptest::prop_assert!((sigma / wanted - 1.0).abs() < 0.15, "{sigma} {wanted}");
        }

        #[test]
        fn a_bell_anywhere_at_all_is_harmless(x in -1e9..1e9f32, y in -1e9..1e9f32) {
            let mut halo = Halo::new([30, 20], 1.0, SIGMA_MM, 1);
            halo.add([x, y], [1.0; 3]);
            halo.add([f32::NAN, y], [1.0; 3]);
            let depths = halo.spread();
            proptest::prop_assert!((0..20).all(|y| depths.row(y, 0..30).all(|d| d[0] >= 0.0)));
            proptest::prop_assert!(depths.pixels(19, 30).end <= 30);
        }
    }
}
