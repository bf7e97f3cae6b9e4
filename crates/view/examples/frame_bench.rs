//! How long a frame of a full head takes when the tables are loaded and the head is shaded: the looks of all dots on a day, and the
//! picture.
//!
//! `frame_bench [--runs R] [--dots N]`: medians of R frames of two megapixels on all threads.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use hairline_plan::case::{EXAMPLES, read};
use hairline_plan::design::{Known, ZoneKind};
use hairline_plan::forecast::{Appearance, dot_on_day};
use hairline_plan::head_source::head_from_measurements;
use hairline_plan::make_plan;
use hairline_view::picture::{HeadStudio, View};
use hairline_view::preview::{close_up_mm, hairs, scene, seen_state};
use rayon::prelude::*;

/// Side of a square picture of two megapixels.
const SIZE_PX: usize = 1414;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let value = |name: &str| args.iter().position(|a| a == name).and_then(|k| args.get(k + 1));
    let runs: usize = value("--runs").map_or(Ok(15), |v| v.parse())?;
    let most: usize = value("--dots").map_or(Ok(30_000), |v| v.parse())?;
    let (name, text) = EXAMPLES[1];
    let case = read(name, text.as_bytes())?;
    let planned = make_plan(&case, head_from_measurements(&case)?, &Known::default(), "bench", &mut |_| {})?;
    let dots = &planned.dots[..planned.dots.len().min(most)];
    let hairs = hairs(&planned);
    let studio_scene = scene(&planned, &hairs);
    let middle = close_up_mm(&planned);
    let studio = HeadStudio::new(&studio_scene);
    println!(
        "{name}: {} dots, {SIZE_PX} x {SIZE_PX} px, {} threads",
        dots.len(),
        rayon::current_num_threads()
    );
    println!("view     looks ms  picture ms  frame ms");
    for view in [View::Front, View::Top] {
        let plate = studio.shade(view, SIZE_PX);
        let placed = plate.place(dots);
        let mut times: Vec<[f64; 3]> = (0..runs)
            .map(|run| {
                // Another day each time.
                let day = 28.0 + 100.0 * run as f64;
                let start = Instant::now();
                let seen: Vec<(u32, ZoneKind, Appearance)> = dots
                    .par_iter()
                    .enumerate()
                    .map(|(i, dot)| {
                        let kind = planned.plan.zones[dot.zone as usize].kind;
                        let look = dot_on_day(&case, &planned.looks, &planned.plan.forecast, dot, kind, day);
                        (i as u32, kind, look)
                    })
                    .collect();
                let state = seen_state(&case, &planned.looks, dots, &seen, middle, day);
                let looks = start.elapsed().as_secs_f64();
                let image = plate.compose(&placed, &state);
                let all = start.elapsed().as_secs_f64();
                assert_eq!(image.width, SIZE_PX);
                [1e3 * looks, 1e3 * (all - looks), 1e3 * all]
            })
            .collect();
        let median = |k: usize, times: &mut Vec<[f64; 3]>| {
            times.sort_by(|a, b| a[k].total_cmp(&b[k]));
            times[times.len() / 2][k]
        };
        let [a, b, c] = [0, 1, 2].map(|k| median(k, &mut times));
        println!("{:<8} {a:>8.1}  {b:>10.1}  {c:>8.1}", view.name());
    }
    Ok(())
}
