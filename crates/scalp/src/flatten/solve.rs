//! Symmetric systems in 2 x 2 blocks, one block a pair of neighbouring vertices.

use glam::{DMat2, DVec2};

use crate::linear::{Enough, conjugate_gradients};

/// A symmetric matrix of 2 x 2 blocks with the pattern of a mesh: its vertices and their neighbours.
pub(super) struct Blocks {
    start: Vec<usize>,
    column: Vec<usize>,
    value: Vec<DMat2>,
}

impl Blocks {
    /// Zeros for every vertex with itself and with each vertex it shares a triangle with.
    pub fn new(vertices: usize, triangles: impl Iterator<Item = [usize; 3]>) -> Blocks {
        let mut pairs: Vec<(usize, usize)> = (0..vertices).map(|v| (v, v)).collect();
        for t in triangles {
            for i in t {
                for j in t {
                    pairs.push((i, j));
                }
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut start = vec![0; vertices + 1];
        for &(i, _) in &pairs {
            start[i + 1] += 1;
        }
        for i in 0..vertices {
            start[i + 1] += start[i];
        }
        let column: Vec<usize> = pairs.iter().map(|p| p.1).collect();
        Blocks { start, value: vec![DMat2::ZERO; column.len()], column }
    }

    pub fn clear(&mut self) {
        self.value.fill(DMat2::ZERO);
    }

    /// Adds to block (i, j), which must be in the pattern.
    pub fn add(&mut self, i: usize, j: usize, block: DMat2) {
        let row = self.start[i]..self.start[i + 1];
        let at = self.column[row.clone()].binary_search(&j).expect("i and j share a triangle");
        self.value[row.start + at] += block;
    }

    fn times(&self, x: &[DVec2]) -> Vec<DVec2> {
        (0..x.len())
            .map(|i| {
                let row = self.start[i]..self.start[i + 1];
                row.fold(DVec2::ZERO, |sum, k| sum + self.value[k] * x[self.column[k]])
            })
            .collect()
    }

    fn diagonal_inverses(&self) -> Vec<DMat2> {
        (0..self.start.len() - 1)
            .map(|i| {
                let row = self.start[i]..self.start[i + 1];
                let at = self.column[row.clone()].binary_search(&i).expect("the diagonal is in the pattern");
                let d = self.value[row.start + at];
                if d.determinant() > f64::MIN_POSITIVE { d.inverse() } else { DMat2::ZERO }
            })
            .collect()
    }

    /// Solves `self * x = b` by conjugate gradients with the diagonal blocks as preconditioner, down to a residual
    /// of `accuracy` times that of zero. A singular system (free to move and turn) is fine if it has a solution.
    pub fn solve(&self, b: &[DVec2], accuracy: f64) -> Vec<DVec2> {
        let inverse = self.diagonal_inverses();
        let mut x = vec![DVec2::ZERO; b.len()];
        // As many steps as unknowns solve it exactly but for rounding.
        let enough = Enough { residual: accuracy, steps: 2 * b.len() };
        let times = |x: &[DVec2]| self.times(x);
        conjugate_gradients(&mut x, b.to_vec(), times, |i, r| inverse[i] * r, DVec2::dot, enough);
        x
    }
}
