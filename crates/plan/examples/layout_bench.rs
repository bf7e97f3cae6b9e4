//! Quality and speed of the layout engine.
#![allow(clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use glam::DVec3;
use hairline_plan::layout::{LayoutSettings, Obstacle, place_dots};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let n: usize = args.get(1).map_or(60_000, |a| a.parse().unwrap());
    let mesh = support::head(112);
    let out = args.get(2).cloned();
    println!("area {}", mesh.area_mm2());
    for (name, graded, with_hairs) in
        [("u", false, false), ("g", true, false), ("uh", false, true), ("gh", true, true)]
    {
        let density: Vec<f64> =
            mesh.positions.iter().map(|&p| if graded { support::head_density(p) } else { 1.0 }).collect();
        let hairs: Vec<Obstacle> = if with_hairs {
            let settings = LayoutSettings {
                dots: Some(20_000),
                seed: 99,
                visit_shares: vec![1.0],
                ..Default::default()
            };
            let layout = place_dots(&mesh, &vec![1.0; density.len()], &[], &settings).unwrap();
            layout.dots.iter().map(|d| Obstacle::hair(d.position_mm)).collect()
        } else {
            Vec::new()
        };
        let settings = LayoutSettings { dots: Some(n), ..Default::default() };
        let mut best = f64::INFINITY;
        let mut layout = None;
        for _ in 0..5 {
            let start = Instant::now();
            layout = Some(place_dots(&mesh, &density, &hairs, &settings).unwrap());
            best = best.min(start.elapsed().as_secs_f64());
        }
        let layout = layout.unwrap();
        let nearest = layout
            .dots
            .iter()
            .step_by(37)
            .map(|d| {
                hairs.iter().map(|h| h.position_mm.distance(d.position_mm)).fold(f64::INFINITY, f64::min)
            })
            .fold(f64::INFINITY, f64::min);
        println!("{name} {} left {} best {best:.3} s  hair {nearest:.4}", layout.dots.len(), layout.left_out);
        if let Some(dir) = &out {
            let text: String = layout
                .dots
                .iter()
                .map(|d| {
                    let DVec3 { x, y, z } = d.position_mm;
                    format!("{x},{y},{z},{}\n", d.visit)
                })
                .collect();
            std::fs::write(format!("{dir}/{name}.csv"), text).unwrap();
        }
    }
}
