//! The order in which a hand takes the cells: a short way from the front that takes every cell once.

use glam::DVec3;

/// Order of the places: each time the nearest that is left, then straightened (2-opt, both ends free) until turning no
/// stretch round makes the way shorter; it starts at the end that is nearer to `from`, or farther to the front.
pub(super) fn route(places: &[DVec3], from: Option<DVec3>) -> Vec<usize> {
    let n = places.len();
    let Some(first) = (0..n).max_by(|&a, &b| places[a].z.total_cmp(&places[b].z).then(b.cmp(&a))) else {
        return vec![];
    };
    let between = |a: usize, b: usize| places[a].distance(places[b]);
    let mut order = vec![first];
    let mut left: Vec<usize> = (0..n).filter(|&i| i != first).collect();
    while !left.is_empty() {
        let at = order[order.len() - 1];
        let next = (0..left.len()).min_by(|&a, &b| between(at, left[a]).total_cmp(&between(at, left[b])));
        order.push(left.remove(next.unwrap_or(0)));
    }
    // Turning round the stretch i..=j changes the steps into i and out of j.
    for _ in 0..40 {
        let mut shorter = false;
        for i in 0..n {
            for j in i + 1..n {
                let step = |before: Option<usize>, old: usize, new: usize| {
                    before.map_or(0.0, |b| between(b, new) - between(b, old))
                };
                let into = step(i.checked_sub(1).map(|k| order[k]), order[i], order[j]);
                let out = step(order.get(j + 1).copied(), order[j], order[i]);
                if into + out < -1e-9 {
                    order[i..=j].reverse();
                    shorter = true;
                }
            }
        }
        if !shorter {
            break;
        }
    }
    let far = |end: usize| from.map_or(-places[end].z, |p| places[end].distance(p));
    if far(order[n - 1]) < far(order[0]) {
        order.reverse();
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scattered_row_is_walked_from_its_front_end() {
        let row: Vec<DVec3> = [4.0, 1.0, 3.0, 0.0, 2.0].map(|z| DVec3::new(0.0, 0.0, z)).to_vec();
        assert_eq!(route(&row, None), [0, 2, 4, 1, 3]);
        assert_eq!(route(&row, Some(DVec3::ZERO)), [3, 1, 4, 2, 0]);
        assert!(route(&[], None).is_empty());
    }
}
