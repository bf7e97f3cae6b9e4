//! Weights of interpolation between nodes.

/// Four neighbouring nodes and their weights: the cubic through them (Lagrange), the last cubic at either end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stencil {
    /// Index of the first of them.
    pub first: usize,
    /// Weights; zero where an axis has fewer nodes.
    pub weight: [f64; 4],
}

impl Stencil {
    /// Index and weight of each node that counts.
    pub fn nodes(self) -> impl Iterator<Item = (usize, f64)> {
        (0..4).filter(move |&i| self.weight[i] != 0.0).map(move |i| (self.first + i, self.weight[i]))
    }
}

/// The stencil of a value among ascending nodes, clamped to their range. An axis has at least two nodes.
pub fn stencil(nodes: &[f64], x: f64) -> Stencil {
    let x = x.clamp(nodes[0], nodes[nodes.len() - 1]);
    let points = nodes.len().min(4);
    let cell = nodes.iter().rposition(|&node| node <= x).unwrap_or(0);
    let first = cell.saturating_sub(1).min(nodes.len() - points);
    let mut weight = [0.0; 4];
    for i in 0..points {
        weight[i] = 1.0;
        for k in (0..points).filter(|&k| k != i) {
            weight[i] *= (x - nodes[first + k]) / (nodes[first + i] - nodes[first + k]);
        }
    }
    Stencil { first, weight }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// A cubic through the nodes comes back, whatever the spacing.
        #[test]
        fn cubics_come_back(steps in proptest::collection::vec(0.1..3.0f64, 5), c in proptest::array::uniform4(-2.0..2.0f64), t in 0.0..1.0f64) {
            let mut nodes = vec![0.0];
            for step in steps {
                nodes.push(nodes[nodes.len() - 1] + step);
            }
            let f = |x: f64| c[0] + x * (c[1] + x * (c[2] + x * c[3]));
            let x = t * nodes[nodes.len() - 1];
            let s = stencil(&nodes, x);
            let got: f64 = (0..4).map(|i| s.weight[i] * f(nodes[s.first + i])).sum();
            proptest::prop_assert!((got - f(x)).abs() < 1e-8 * (1.0 + f(x).abs()), "{got} {}", f(x));
        }
    }

    #[test]
    fn outside_the_nodes_the_end_counts_and_short_axes_work() {
        assert_eq!(stencil(&[1.0, 2.0, 4.0], 9.0), Stencil { first: 0, weight: [0.0, 0.0, 1.0, 0.0] });
        assert_eq!(stencil(&[1.0, 3.0], 2.0), Stencil { first: 0, weight: [0.5, 0.5, 0.0, 0.0] });
    }
}
