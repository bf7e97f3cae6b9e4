//! Processor time of every step of a plan's pictures, on one thread.
//!
//! `picture_bench [--case NAME] [--runs R]`: NAME is one of the example cases; medians of R runs.
#![allow(clippy::print_stdout)]

use std::{fs, time::Instant};

use hairline_plan::case::{EXAMPLES, read};
use hairline_plan::design::Known;
use hairline_plan::forecast::{Age, moments};
use hairline_plan::head_source::head_from_measurements;
use hairline_plan::make_plan;
use hairline_view::picture::{CloseUp, HeadStudio, Image, VIEWS, View};
use hairline_view::preview::{SIZE_PX, hairs, scene, states};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let value = |name: &str| args.iter().position(|a| a == name).and_then(|k| args.get(k + 1));
    let name = value("--case").map_or("shaved-norwood6", |v| v.as_str());
    let runs = value("--runs").map_or(Ok(5), |v| v.parse())?;
    let (_, text) = EXAMPLES.iter().find(|(n, _)| *n == name).ok_or("there is no such example case")?;
    let case = read(name, text.as_bytes())?;
    let planned = make_plan(&case, head_from_measurements(&case)?, &Known::default(), "bench", &mut |_| {})?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut times = Times::default();
    for _ in 0..runs {
        pool.install(|| run(&planned, &mut times));
        times.next = 0;
    }
    println!("{name}: {} dots, {} hair units", planned.dots.len(), planned.hair_units.len());
    let mut all = 0.0;
    for (step, mut ms) in times.steps {
        ms.sort_by(f64::total_cmp);
        let median = ms[ms.len() / 2];
        all += median;
        println!("{step:<28} {median:>7.1} ms");
    }
    println!("{:<28} {all:>7.1} ms", "all");
    Ok(())
}

/// All pictures of a plan, step by step, as `previews` makes them.
fn run(planned: &hairline_plan::Planned, times: &mut Times) {
    let states = times.take("looks of the dots", || states(planned));
    let hairs = times.take("hairs", || hairs(planned));
    let scene = scene(planned, &hairs);
    let studio = times.take("head, sight, strands", || HeadStudio::new(&scene));
    let moments = moments(planned.plan.sessions.len());
    let mut pictures: Vec<Image> = Vec::new();
    for view in VIEWS {
        let plate = times.take(&format!("shade {}", view.name()), || studio.shade(view, SIZE_PX));
        times.take(&format!("compose {}", view.name()), || {
            for (state, moment) in states.iter().zip(&moments) {
                if matches!(moment.age, Age::Before | Age::Healed) || matches!(view, View::Front | View::Top)
                {
                    pictures.push(plate.compose(&planned.dots, state));
                }
            }
        });
    }
    let skin = times.take("close-up, skin and hair", || CloseUp::new(&scene, SIZE_PX));
    times.take("compose close-ups", || {
        pictures.extend(states.iter().map(|state| skin.compose(&planned.dots, state)));
    });
    times.take("PNG", || pictures.iter().map(|p| p.to_png().len()).sum::<usize>());
}

/// Milliseconds of each step, a number a run.
#[derive(Default)]
struct Times {
    steps: Vec<(String, Vec<f64>)>,
    next: usize,
}

impl Times {
    fn take<T>(&mut self, step: &str, work: impl FnOnce() -> T) -> T {
        let (wall, cpu) = (Instant::now(), cpu_seconds());
        let made = work();
        let ms = 1e3 * cpu_seconds().map_or(wall.elapsed().as_secs_f64(), |now| now - cpu.unwrap_or(0.0));
        if self.steps.len() == self.next {
            self.steps.push((step.to_owned(), Vec::new()));
        }
        self.steps[self.next].1.push(ms);
        self.next += 1;
        made
    }
}

/// Seconds all threads of this process have run, where the system tells (Linux).
fn cpu_seconds() -> Option<f64> {
    let of_task = |task: fs::DirEntry| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    Some(fs::read_dir("/proc/self/task").ok()?.flatten().filter_map(of_task).sum::<f64>() / 1e9)
}
