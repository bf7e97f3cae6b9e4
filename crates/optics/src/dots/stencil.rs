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

/// Ascending nodes of an axis, at least two, with what the stencil needs of them.
#[derive(Clone, Debug)]
pub struct Axis {
    nodes: Vec<f64>,
    /// For each first node: what divides the weights.
    over: Vec<[f64; 4]>,
}

impl Axis {
    /// Of nodes.
    pub fn new(nodes: Vec<f64>) -> Axis {
        let points = nodes.len().min(4);
        let over = |near: &[f64]| {
            let between = |i: usize, k: usize| if i == k { 1.0 } else { near[i] - near[k] };
            let one = |i: usize| (0..points).map(|k| between(i, k)).product::<f64>().recip();
            std::array::from_fn(|i| if i < points { one(i) } else { 0.0 })
        };
        let over = nodes.windows(points).map(over).collect();
        Axis { nodes, over }
    }

    /// The first of the nodes.
    pub fn first(&self) -> f64 {
        self.nodes[0]
    }

    /// The stencil of a value, clamped to the range of the nodes.
    pub fn stencil(&self, x: f64) -> Stencil {
        let nodes = self.nodes.as_slice();
        let x = x.clamp(nodes[0], nodes[nodes.len() - 1]);
        let above = nodes.iter().map(|&node| usize::from(node <= x)).sum::<usize>();
        let first = above.saturating_sub(2).min(self.over.len() - 1);
        let over = self.over[first];
        // A node that is not there has no weight and counts for nothing in those of the others.
        let off = |k: usize| nodes.get(first + k).map_or(1.0, |node| x - node);
        let [a, b, c, d] = [off(0), off(1), off(2), off(3)];
        let weight =
            [over[0] * (b * c * d), over[1] * (a * c * d), over[2] * (a * b * d), over[3] * (a * b * c)];
        Stencil { first, weight }
    }
}

/// The stencil of a value among ascending nodes, at least two, clamped to their range.
pub fn stencil(nodes: &[f64], x: f64) -> Stencil {
    Axis::new(nodes.to_vec()).stencil(x)
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
