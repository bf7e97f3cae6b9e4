//! Local density of a set of points.

use std::collections::HashMap;

use glam::{DVec3, IVec3};

/// Counts points in discs on the skin.
#[derive(Clone, Debug)]
pub(crate) struct Spread {
    cells: HashMap<IVec3, Vec<DVec3>>,
}

/// Radius of the disc that a density is counted in, mm: narrow enough for a scar, and it still holds some twenty dots.
const RADIUS_MM: f64 = 3.0;
/// Area of the disc, cm2.
const DISC_CM2: f64 = std::f64::consts::PI * RADIUS_MM * RADIUS_MM / 100.0;

impl Spread {
    pub fn new(points_mm: &[DVec3]) -> Spread {
        let mut cells: HashMap<IVec3, Vec<DVec3>> = HashMap::new();
        for &p in points_mm {
            cells.entry(cell(p)).or_default().push(p);
        }
        Spread { cells }
    }

    /// Points per cm2 about `p`, in a disc with a smooth rim.
    pub fn per_cm2(&self, p: DVec3) -> f64 {
        // w = 2 (1 - r2/R2) over a disc of radius R integrates to the disc's area.
        let c = cell(p);
        let mut sum = 0.0;
        for x in -1..=1 {
            for y in -1..=1 {
                for z in -1..=1 {
                    for q in self.cells.get(&(c + IVec3::new(x, y, z))).into_iter().flatten() {
                        sum += (2.0 * (1.0 - p.distance_squared(*q) / (RADIUS_MM * RADIUS_MM))).max(0.0);
                    }
                }
            }
        }
        sum / DISC_CM2
    }
}

fn cell(p: DVec3) -> IVec3 {
    (p / RADIUS_MM).floor().as_ivec3()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_lattice_of_one_a_square_millimetre_has_a_hundred_a_square_centimetre() {
        let points: Vec<DVec3> =
            (0..3600).map(|i| DVec3::new((i % 60) as f64, (i / 60) as f64, 0.0)).collect();
        let density = Spread::new(&points).per_cm2(DVec3::new(30.3, 29.6, 0.0));
        assert!((density - 100.0).abs() < 4.0, "{density}");
    }
}
