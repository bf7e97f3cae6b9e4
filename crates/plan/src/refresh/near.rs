//! Points on skin by their neighbourhood.

use std::collections::HashMap;

use glam::{DVec3, IVec3};

/// Points in cubes, for questions about neighbours within a reach. Looked up by cube, never run through.
#[derive(Clone, Debug)]
pub(super) struct Near {
    reach_mm: f64,
    points_mm: Vec<DVec3>,
    cubes: HashMap<IVec3, Vec<u32>>,
}

impl Near {
    pub fn new(reach_mm: f64) -> Near {
        Near { reach_mm, points_mm: Vec::new(), cubes: HashMap::new() }
    }

    /// Of points that are there already.
    pub fn of(reach_mm: f64, points_mm: impl IntoIterator<Item = DVec3>) -> Near {
        let mut near = Near::new(reach_mm);
        points_mm.into_iter().for_each(|p| near.add(p));
        near
    }

    pub fn add(&mut self, p: DVec3) {
        self.cubes.entry(self.cube(p)).or_default().push(self.points_mm.len() as u32);
        self.points_mm.push(p);
    }

    /// Index and distance of every point within the reach.
    pub fn around(&self, p: DVec3) -> impl Iterator<Item = (usize, f64)> + '_ {
        let c = self.cube(p);
        (0..27).flat_map(move |k| {
            let cube = c + IVec3::new(k % 3 - 1, k / 3 % 3 - 1, k / 9 - 1);
            self.cubes.get(&cube).into_iter().flatten().filter_map(move |&i| {
                let d = self.points_mm[i as usize].distance(p);
                (d <= self.reach_mm).then_some((i as usize, d))
            })
        })
    }

    /// Distance to the nearest point, at most the reach.
    pub fn clearance_mm(&self, p: DVec3) -> f64 {
        self.around(p).map(|(_, d)| d).fold(self.reach_mm, f64::min)
    }

    pub fn point_mm(&self, i: usize) -> DVec3 {
        self.points_mm[i]
    }

    fn cube(&self, p: DVec3) -> IVec3 {
        (p / self.reach_mm).floor().as_ivec3()
    }
}
