//! The symmetric Dirichlet energy and its minimum.

use glam::{DMat2, DVec2};

use super::Rest;
use super::solve::Blocks;

/// Newton steps at most; a strip of skin needs about six from a good start, a whole cap about fifteen from a circle.
const MAX_STEPS: usize = 200;
/// A step that promises less than this, per mm2, is the last; it leaves strains of about a millionth.
const ENERGY_ACCURACY: f64 = 1e-12;

/// Moves the vertices from a start without flips to the least energy nearby.
pub(super) fn minimise(rest: &[Rest], mut uv: Vec<DVec2>) -> Vec<DVec2> {
    let total: f64 = rest.iter().map(|r| r.weight).sum();
    let mut hessian = Blocks::new(uv.len(), rest.iter().map(|r| r.corners));
    let mut energy = value(rest, &uv);
    for _ in 0..MAX_STEPS {
        let gradient = assemble(rest, &uv, &mut hessian);
        let down: Vec<DVec2> = gradient.iter().map(|g| -*g).collect();
        let step = hessian.solve(&down, 1e-3);
        let slope: f64 = step.iter().zip(&gradient).map(|(s, g)| s.dot(*g)).sum();
        if slope > -ENERGY_ACCURACY * total {
            break;
        }
        let moved = |t: f64| uv.iter().zip(&step).map(|(p, s)| *p + *s * t).collect::<Vec<_>>();
        let mut t = (0.9 * first_flip(rest, &uv, &step)).min(1.0);
        let (mut next, mut lower) = (moved(t), f64::INFINITY);
        while t > 1e-12 {
            next = moved(t);
            lower = value(rest, &next);
            // Armijo: a ten-thousandth of what the slope promises.
            if lower <= energy + 1e-4 * t * slope {
                break;
            }
            t *= 0.5;
        }
        if lower.is_nan() || lower >= energy {
            break;
        }
        (uv, energy) = (next, lower);
    }
    uv
}

/// Weighted energy minus that of an isometry; infinite where a triangle is flipped.
fn value(rest: &[Rest], uv: &[DVec2]) -> f64 {
    rest.iter()
        .map(|r| {
            let j = r.jacobian(uv);
            let det = j.determinant();
            let square = j.x_axis.length_squared() + j.y_axis.length_squared();
            // For 2 x 2 matrices |J^-1|^2 = |J|^2 / det^2.
            if det > 0.0 { r.weight * (square * (1.0 + 1.0 / (det * det)) - 4.0) } else { f64::INFINITY }
        })
        .sum()
}

/// The gradient; and into `hessian` the Hessian with the negative direction of each triangle left out.
fn assemble(rest: &[Rest], uv: &[DVec2], hessian: &mut Blocks) -> Vec<DVec2> {
    hessian.clear();
    let mut gradient = vec![DVec2::ZERO; uv.len()];
    for r in rest {
        let (u, [s1, s2], v) = signed_svd(r.jacobian(uv));
        let frame = |m: DMat2| u * m * v.transpose();
        let slope = |s: f64| 2.0 * s - 2.0 / (s * s * s);
        let first = frame(DMat2::from_diagonal(DVec2::new(slope(s1), slope(s2))));
        let cube = s1 * s1 * s1 * s2 * s2 * s2;
        let half = std::f64::consts::FRAC_1_SQRT_2;
        // Eigenvalues and eigenmatrices: stretch along either axis, shear (flip), turn (twist).
        let modes = [
            (2.0 + 6.0 / s1.powi(4), frame(DMat2::from_cols_array(&[1.0, 0.0, 0.0, 0.0]))),
            (2.0 + 6.0 / s2.powi(4), frame(DMat2::from_cols_array(&[0.0, 0.0, 0.0, 1.0]))),
            (
                2.0 + 2.0 * (s1 * s1 + s1 * s2 + s2 * s2) / cube,
                frame(DMat2::from_cols_array(&[0.0, half, half, 0.0])),
            ),
            (
                (2.0 - 2.0 * (s1 * s1 - s1 * s2 + s2 * s2) / cube).max(0.0),
                frame(DMat2::from_cols_array(&[0.0, half, -half, 0.0])),
            ),
        ];
        let g = r.gradients();
        for i in 0..3 {
            gradient[r.corners[i]] += first * g[i] * r.weight;
            for j in 0..3 {
                let block = modes.iter().fold(DMat2::ZERO, |sum, (lambda, mode)| {
                    let (a, b) = (*mode * g[i], *mode * g[j]);
                    sum + DMat2::from_cols(a * b.x, a * b.y) * (lambda * r.weight)
                });
                hessian.add(r.corners[i], r.corners[j], block);
            }
        }
    }
    gradient
}

/// J = U diag(s) V^T with rotations U and V; both s positive when det J is.
fn signed_svd(j: DMat2) -> (DMat2, [f64; 2], DMat2) {
    let [a, c, b, d] = j.to_cols_array();
    let (e, f, g, h) = ((a + d) / 2.0, (a - d) / 2.0, (c + b) / 2.0, (c - b) / 2.0);
    let (q, r) = ((e * e + h * h).sqrt(), (f * f + g * g).sqrt());
    let (a1, a2) = (libm::atan2(g, f), libm::atan2(h, e));
    let (theta, phi) = ((a2 - a1) / 2.0, (a2 + a1) / 2.0);
    let turn = |angle: f64| {
        let (sin, cos) = libm::sincos(angle);
        DMat2::from_cols(DVec2::new(cos, sin), DVec2::new(-sin, cos))
    };
    (turn(phi), [q + r, q - r], turn(-theta))
}

/// The first step length at which a triangle loses its area; infinite if none does.
fn first_flip(rest: &[Rest], uv: &[DVec2], step: &[DVec2]) -> f64 {
    rest.iter()
        .map(|r| {
            let edge = |p: &[DVec2], k: usize| p[r.corners[k]] - p[r.corners[0]];
            let (b, c, db, dc) = (edge(uv, 1), edge(uv, 2), edge(step, 1), edge(step, 2));
            smallest_positive_root(db.perp_dot(dc), b.perp_dot(dc) + db.perp_dot(c), b.perp_dot(c))
        })
        .fold(f64::INFINITY, f64::min)
}

/// Smallest t > 0 with a t^2 + b t + c = 0, for c > 0; infinite if there is none.
fn smallest_positive_root(a: f64, b: f64, c: f64) -> f64 {
    let discriminant = b * b - 4.0 * a * c;
    if discriminant < 0.0 {
        return f64::INFINITY;
    }
    // The form without cancellation; c > 0, so the sign of the denominator is that of the root.
    let root = 2.0 * c / (-b + discriminant.sqrt());
    if root > 0.0 { root } else { f64::INFINITY }
}
