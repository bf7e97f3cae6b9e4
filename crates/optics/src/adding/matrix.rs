//! The few operations on small square matrices that layers of light need; `[row][column]`.

/// A square matrix with a row per stream.
pub(super) type Matrix<const N: usize> = [[f64; N]; N];

/// Largest off-diagonal part, relative to the diagonal, that counts as diagonal.
const DIAGONAL: f64 = 1e-14;
/// Sweeps after which every matrix met is diagonal; five to seven are usual.
const MOST_SWEEPS: usize = 30;

pub(super) fn diagonal<const N: usize>(values: [f64; N]) -> Matrix<N> {
    let mut m = [[0.0; N]; N];
    for i in 0..N {
        m[i][i] = values[i];
    }
    m
}

pub(super) fn product<const N: usize>(a: &Matrix<N>, b: &Matrix<N>) -> Matrix<N> {
    let mut c = [[0.0; N]; N];
    for i in 0..N {
        for k in 0..N {
            for j in 0..N {
                c[i][j] += a[i][k] * b[k][j];
            }
        }
    }
    c
}

pub(super) fn times_vector<const N: usize>(a: &Matrix<N>, v: &[f64; N]) -> [f64; N] {
    a.map(|row| dot(&row, v))
}

pub(super) fn dot<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(super) fn transposed<const N: usize>(a: &Matrix<N>) -> Matrix<N> {
    std::array::from_fn(|i| std::array::from_fn(|j| a[j][i]))
}

/// The inverse of the Cholesky factor L (a = L L^T) and L itself, of a positive definite matrix.
pub(super) fn cholesky<const N: usize>(a: &Matrix<N>) -> (Matrix<N>, Matrix<N>) {
    let mut l = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let mut rest = a[i][j];
            for k in 0..j {
                rest -= l[i][k] * l[j][k];
            }
            l[i][j] = if i == j { libm::sqrt(rest) } else { rest / l[j][j] };
        }
    }
    let mut inverse = [[0.0; N]; N];
    for i in 0..N {
        let mut row = [0.0; N];
        row[i] = 1.0;
        for k in 0..i {
            for j in 0..=k {
                row[j] -= l[i][k] * inverse[k][j];
            }
        }
        inverse[i] = row.map(|v| v / l[i][i]);
    }
    (l, inverse)
}

/// Inverse of a positive definite matrix.
pub(super) fn positive_inverse<const N: usize>(a: &Matrix<N>) -> Matrix<N> {
    let (_, inverse) = cholesky(a);
    product(&transposed(&inverse), &inverse)
}

/// X of a X = b, by elimination with row exchange.
pub(super) fn solve<const N: usize, const M: usize>(mut a: Matrix<N>, mut b: [[f64; M]; N]) -> [[f64; M]; N] {
    for i in 0..N {
        let pivot = (i..N).max_by(|&p, &q| a[p][i].abs().total_cmp(&a[q][i].abs())).unwrap_or(i);
        a.swap(i, pivot);
        b.swap(i, pivot);
        let (row, right) = (a[i], b[i]);
        for k in i + 1..N {
            let factor = a[k][i] / row[i];
            for j in i..N {
                a[k][j] -= factor * row[j];
            }
            for j in 0..M {
                b[k][j] -= factor * right[j];
            }
        }
    }
    for i in (0..N).rev() {
        for k in i + 1..N {
            let (factor, known) = (a[i][k], b[k]);
            for j in 0..M {
                b[i][j] -= factor * known[j];
            }
        }
        b[i] = b[i].map(|v| v / a[i][i]);
    }
    b
}

/// Eigenvalues of a symmetric matrix, and its eigenvectors as rows, by the cyclic Jacobi method (Golub and Van Loan, Matrix
/// Computations, 8.5).
pub(super) fn eigen<const N: usize>(mut a: Matrix<N>) -> ([f64; N], Matrix<N>) {
    let mut vectors = diagonal([1.0; N]);
    for _ in 0..MOST_SWEEPS {
        let mut rotated = false;
        for p in 0..N {
            for q in p + 1..N {
                let off = a[p][q];
                if off.abs() <= DIAGONAL * libm::sqrt((a[p][p] * a[q][q]).abs()) {
                    continue;
                }
                rotated = true;
                // The smaller of the two rotations that make a[p][q] zero
                let tau = (a[q][q] - a[p][p]) / (2.0 * off);
                let t = 1.0f64.copysign(tau) / (tau.abs() + libm::sqrt(1.0 + tau * tau));
                let c = 1.0 / libm::sqrt(1.0 + t * t);
                let s = t * c;
                rotate_rows(&mut a, p, q, c, s);
                for row in &mut a {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
                rotate_rows(&mut vectors, p, q, c, s);
            }
        }
        if !rotated {
            break;
        }
    }
    (std::array::from_fn(|i| a[i][i]), vectors)
}

fn rotate_rows<const N: usize>(a: &mut Matrix<N>, p: usize, q: usize, c: f64, s: f64) {
    let (row_p, row_q) = (a[p], a[q]);
    for j in 0..N {
        a[p][j] = c * row_p[j] - s * row_q[j];
        a[q][j] = s * row_p[j] + c * row_q[j];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn off<const N: usize>(a: &Matrix<N>, b: &Matrix<N>) -> f64 {
        a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    proptest::proptest! {
        #[test]
        fn factors_inverses_and_eigenvectors_give_the_matrix_back(
            rows in proptest::array::uniform6(proptest::array::uniform6(-1.0..1.0f64)),
        ) {
            let mut a = product(&rows, &transposed(&rows));
            for i in 0..6 {
                a[i][i] += 0.1;
            }
            let one = diagonal([1.0; 6]);
            let (l, inverse) = cholesky(&a);
            proptest::prop_assert!(off(&product(&l, &transposed(&l)), &a) < 1e-12);
            proptest::prop_assert!(off(&product(&l, &inverse), &one) < 1e-10);
            proptest::prop_assert!(off(&product(&a, &positive_inverse(&a)), &one) < 1e-10);
            proptest::prop_assert!(off(&product(&a, &solve(a, one)), &one) < 1e-10);
            let (values, vectors) = eigen(a);
            let back = product(&transposed(&vectors), &product(&diagonal(values), &vectors));
            proptest::prop_assert!(off(&back, &a) < 1e-12);
        }
    }
}
