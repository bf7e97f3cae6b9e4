//! The few operations on small square matrices that layers of light need; `[row][column]`.

/// A square matrix with a row per stream.
pub(super) type Matrix<const N: usize> = [[f64; N]; N];

/// What couples two eigenvalues no more, relative to their sum: the rounding of doubles.
const UNCOUPLED: f64 = f64::EPSILON;
/// Steps after which every eigenvalue met is found; one or two are usual.
const MOST_STEPS: usize = 60;

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

/// Eigenvalues of a symmetric matrix, and its eigenvectors as rows: Householder's tridiagonal form, then implicit QL steps
/// (procedures tred2 and tql2 of H. Bowdler et al., Numer Math 11:293, 1968; R. S. Martin, J. H. Wilkinson, ibid. 181).
pub(super) fn eigen<const N: usize>(a: Matrix<N>) -> ([f64; N], Matrix<N>) {
    let (mut diagonal, mut beside, mut rows) = tridiagonal(a);
    // beside[i] couples i and i + 1
    for l in 0..N {
        for _ in 0..MOST_STEPS {
            // The block from l ends where two neighbours are uncoupled
            let coupled =
                |i: usize| beside[i].abs() > UNCOUPLED * (diagonal[i].abs() + diagonal[i + 1].abs());
            let end = (l..N - 1).find(|&i| !coupled(i)).unwrap_or(N - 1);
            if end == l {
                break;
            }

            // Shift towards the nearer eigenvalue of the first two
            let half = (diagonal[l + 1] - diagonal[l]) / (2.0 * beside[l]);
            let root = libm::sqrt(half * half + 1.0).copysign(half);
            let mut g = diagonal[end] - diagonal[l] + beside[l] / (half + root);
            let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
            let mut fell_apart = false;
            for i in (l..end).rev() {
                let (f, b) = (s * beside[i], c * beside[i]);
                let r = libm::sqrt(f * f + g * g);
                beside[i + 1] = r;
                if r == 0.0 {
                    // The block falls apart here; the next step takes its first part
                    diagonal[i + 1] -= p;
                    beside[end] = 0.0;
                    fell_apart = true;
                    break;
                }
                (s, c) = (f / r, g / r);
                let g_next = diagonal[i + 1] - p;
                let t = (diagonal[i] - g_next) * s + 2.0 * c * b;
                p = s * t;
                diagonal[i + 1] = g_next + p;
                g = c * t - b;
                let (low, high) = (rows[i], rows[i + 1]);
                for k in 0..N {
                    rows[i + 1][k] = s * low[k] + c * high[k];
                    rows[i][k] = c * low[k] - s * high[k];
                }
            }
            if !fell_apart {
                diagonal[l] -= p;
                beside[l] = g;
                beside[end] = 0.0;
            }
        }
    }
    (diagonal, rows)
}

/// Diagonal, what stands beside it, and the rows of the rotation Q of the tridiagonal form Q a Q^T.
fn tridiagonal<const N: usize>(mut a: Matrix<N>) -> ([f64; N], [f64; N], Matrix<N>) {
    let mut rotation = diagonal([1.0; N]);
    for k in 0..N.saturating_sub(2) {
        // The reflection v that turns column k below the diagonal into its first entry
        let mut v = [0.0; N];
        for i in k + 1..N {
            v[i] = a[i][k];
        }
        let length = libm::sqrt(dot(&v, &v));
        if length == 0.0 {
            continue;
        }
        v[k + 1] += length.copysign(v[k + 1]);
        let scale = 2.0 / dot(&v, &v);

        // a - v w^T - w v^T with w = scale (a v - scale/2 (v a v) v)
        let av = times_vector(&a, &v);
        let along = 0.5 * scale * dot(&v, &av);
        let w: [f64; N] = std::array::from_fn(|i| scale * (av[i] - along * v[i]));
        for i in k..N {
            for j in 0..N {
                a[i][j] -= v[i] * w[j] + w[i] * v[j];
            }
        }
        let mut sums = [0.0; N];
        for i in k + 1..N {
            for j in 0..N {
                sums[j] += v[i] * rotation[i][j];
            }
        }
        for i in k + 1..N {
            for j in 0..N {
                rotation[i][j] -= scale * v[i] * sums[j];
            }
        }
    }
    let beside = std::array::from_fn(|i| if i + 1 < N { a[i + 1][i] } else { 0.0 });
    (std::array::from_fn(|i| a[i][i]), beside, rotation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn off<const N: usize>(a: &Matrix<N>, b: &Matrix<N>) -> f64 {
        a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    /// Repeated eigenvalues, zeros and blocks that do not touch, with the eigenvalues known.
    #[test]
    fn degenerate_matrices_have_their_eigenvalues() {
        let ones = [[1.0; 5]; 5];
        let mut blocks = diagonal([2.0, 2.0, 0.0, 7.0, 7.0]);
        (blocks[0][4], blocks[4][0]) = (1e-200, 1e-200);
        let mut pair = diagonal([0.0; 5]);
        (pair[1][3], pair[3][1]) = (3.0, 3.0);
        for (a, expected) in [
            (ones, [0.0, 0.0, 0.0, 0.0, 5.0]),
            (blocks, [0.0, 2.0, 2.0, 7.0, 7.0]),
            (pair, [-3.0, 0.0, 0.0, 0.0, 3.0]),
            (diagonal([1.0; 5]), [1.0; 5]),
        ] {
            let (mut values, vectors) = eigen(a);
            let back = product(&transposed(&vectors), &product(&diagonal(values), &vectors));
            assert!(off(&back, &a) < 1e-13, "{back:?}");
            values.sort_by(f64::total_cmp);
            assert!(values.iter().zip(expected).all(|(v, e)| (v - e).abs() < 1e-13), "{values:?}");
        }
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
