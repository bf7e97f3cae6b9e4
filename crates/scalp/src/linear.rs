//! Symmetric systems of equations, small and dense or large and sparse.

use std::ops::{Add, Mul, Sub};

/// Solves a symmetric positive definite system of which the lower triangle is given (Cholesky): `b` becomes the solution
/// and `a` the factor. `None` where a pivot is not above 1e-12 of its diagonal.
pub fn solve_symmetric<R: AsMut<[f64]> + AsRef<[f64]>>(a: &mut [R], b: &mut [f64]) -> Option<()> {
    let n = b.len();
    for i in 0..n {
        for k in 0..=i {
            let dot: f64 = (0..k).map(|m| a[i].as_ref()[m] * a[k].as_ref()[m]).sum();
            let diagonal = a[k].as_ref()[k];
            let entry = &mut a[i].as_mut()[k];
            let rest = *entry - dot;
            if i != k {
                *entry = rest / diagonal;
            } else if rest.is_nan() || rest <= 1e-12 * entry.abs() {
                return None;
            } else {
                *entry = rest.sqrt();
            }
        }
    }
    for i in 0..n {
        let dot: f64 = (0..i).map(|k| a[i].as_ref()[k] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i].as_ref()[i];
    }
    for i in (0..n).rev() {
        let dot: f64 = (i + 1..n).map(|k| a[k].as_ref()[i] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i].as_ref()[i];
    }
    Some(())
}

/// When conjugate gradients end.
pub struct Enough {
    /// The share of the first residual that may be left.
    pub residual: f64,
    /// Most steps.
    pub steps: usize,
}

/// Solves a large symmetric positive (semi-)definite system by conjugate gradients, from a start `x` with `residual` left
/// of the right side; singular is fine where there is a solution. `times` is the matrix, `precondition` about its inverse
/// on one unknown (number, residual), `dot` the product of two unknowns.
pub fn conjugate_gradients<V>(
    x: &mut [V],
    mut residual: Vec<V>,
    mut times: impl FnMut(&[V]) -> Vec<V>,
    precondition: impl Fn(usize, V) -> V,
    dot: impl Fn(V, V) -> f64,
    enough: Enough,
) where
    V: Copy + Add<Output = V> + Sub<Output = V> + Mul<f64, Output = V>,
{
    let dot_all = |a: &[V], b: &[V]| a.iter().zip(b).map(|(a, b)| dot(*a, *b)).sum::<f64>();
    let preconditioned = |r: &[V]| r.iter().enumerate().map(|(i, r)| precondition(i, *r)).collect::<Vec<V>>();
    let mut next = preconditioned(&residual);
    let mut direction = next.clone();
    let mut left = dot_all(&residual, &next);
    let goal = enough.residual * enough.residual * left;
    for _ in 0..enough.steps {
        if left <= goal {
            break;
        }
        let image = times(&direction);
        let curvature = dot_all(&direction, &image);
        if curvature.is_nan() || curvature <= 0.0 {
            break;
        }
        let length = left / curvature;
        for i in 0..x.len() {
            x[i] = x[i] + direction[i] * length;
            residual[i] = residual[i] - image[i] * length;
        }
        next = preconditioned(&residual);
        let now = dot_all(&residual, &next);
        let keep = now / left;
        left = now;
        for i in 0..x.len() {
            direction[i] = next[i] + direction[i] * keep;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hilbert matrix of order 5, whose inverse has whole numbers: the first column is 25, -300, 1050, -1400, 630.
    #[test]
    fn a_hilbert_matrix_is_solved_both_ways() {
        let mut a: Vec<Vec<f64>> =
            (0..5).map(|i| (0..5).map(|k| 1.0 / f64::from(i + k + 1)).collect()).collect();
        let matrix = a.clone();
        let mut direct = [1.0, 0.0, 0.0, 0.0, 0.0];
        let mut stepwise = [0.0; 5];
        let times =
            |x: &[f64]| matrix.iter().map(|row| row.iter().zip(x).map(|(a, x)| a * x).sum()).collect();
        let enough = Enough { residual: 1e-14, steps: 40 };
        let precondition = |i: usize, r: f64| r * (2 * i + 1) as f64;
        conjugate_gradients(&mut stepwise, direct.to_vec(), times, precondition, |a, b| a * b, enough);
        solve_symmetric(&mut a, &mut direct).expect("positive definite");
        for (i, truth) in [25.0, -300.0, 1050.0, -1400.0, 630.0].into_iter().enumerate() {
            assert!((direct[i] - truth).abs() < 1e-7, "{direct:?}");
            assert!((stepwise[i] - truth).abs() < 1e-5, "{stepwise:?}");
        }
        for (diagonal, corner) in [(1.0, 1.0), (1.0, 2.0), (0.0, 0.0), (f64::NAN, 0.0)] {
            assert!(solve_symmetric(&mut [[1.0, 0.0], [corner, diagonal]], &mut [1.0, 1.0]).is_none());
        }
    }
}
