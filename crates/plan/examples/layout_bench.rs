//! Quality and speed of the layout engine on the test head.
//!
//! `layout_bench [--dots N] [--runs R] [--only JOB] [--out DIR]`: for every job a line of times and a line of numbers
//! for the whole, every visit and every union; with `--out` the mesh (PLY) and the dots (CSV `x,y,z,visit`) too.
#![allow(clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{fs, io::Write as _, path::Path, time::Instant};

use hairline_plan::layout::metrics::{LayoutReport, measure};
use hairline_plan::layout::{
    Layout, LayoutError, LayoutSettings, NATURAL_CV, Obstacle, place_dots, place_dots_with_progress,
};
use hairline_scalp::TriMesh;

/// Wall and processor time.
type Seconds = (f64, f64);

struct Job {
    name: &'static str,
    graded: bool,
    hairs: usize,
    visit_shares: &'static [f64],
}

const THREE: &[f64] = &[0.3, 0.4, 0.3];
const JOBS: [Job; 6] = [
    Job { name: "uniform", graded: false, hairs: 0, visit_shares: THREE },
    Job { name: "graded", graded: true, hairs: 0, visit_shares: THREE },
    Job { name: "uniform+hairs", graded: false, hairs: 20_000, visit_shares: THREE },
    Job { name: "graded+hairs", graded: true, hairs: 20_000, visit_shares: THREE },
    Job { name: "uniform-one-visit", graded: false, hairs: 0, visit_shares: &[1.0] },
    Job { name: "graded+hairs-one-visit", graded: true, hairs: 20_000, visit_shares: &[1.0] },
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let value = |name: &str| args.iter().position(|a| a == name).and_then(|k| args.get(k + 1));
    let dots = value("--dots").map_or(Ok(60_000), |v| v.parse())?;
    let runs = value("--runs").map_or(Ok(7), |v| v.parse())?;
    let seed = value("--seed").map_or(Ok(1), |v| v.parse())?;
    let irregularity_cv = value("--cv").map_or(Ok(NATURAL_CV), |v| v.parse())?;
    let measured = !args.iter().any(|a| a == "--no-metrics");
    let mesh = support::head(112);
    let graded: Vec<f64> = mesh.positions.iter().map(|&p| support::head_density(p)).collect();
    let even = vec![1.0; mesh.positions.len()];
    if let Some(dir) = value("--out") {
        fs::create_dir_all(dir)?;
        fs::write(Path::new(dir).join("head.ply"), ply(&mesh, &graded))?;
    }
    for job in JOBS.iter().filter(|job| value("--only").is_none_or(|only| only == job.name)) {
        let density = if job.graded { &graded } else { &even };
        let hairs = hairs(&mesh, &even, job.hairs)?;
        let settings = LayoutSettings {
            dots: Some(dots),
            visit_shares: job.visit_shares.to_vec(),
            seed,
            irregularity_cv,
        };
        let (layout, stages) = time(&mesh, density, &hairs, &settings, runs)?;
        let total: f64 = stages.iter().map(|s| s.0).sum();
        let cpu: f64 = stages.iter().map(|s| s.1).sum();
        println!(
            "\n{} | {} dots, {} hairs, {} visits | left out {}",
            job.name,
            layout.dots.len(),
            hairs.len(),
            job.visit_shares.len(),
            layout.left_out
        );
        let median: Vec<String> =
            stages.iter().map(|s| format!("{:.0}/{:.0}", 1e3 * s.0, 1e3 * s.1)).collect();
        println!(
            "time {total:.3} s wall, {cpu:.3} s processor (medians of {runs}); stages, ms: {}",
            median.join(" ")
        );
        if let Some(dir) = value("--out") {
            fs::write(Path::new(dir).join(format!("{}.csv", job.name)), csv(&layout))?;
        }
        if measured {
            let start = Instant::now();
            let report = measure(&mesh, density, &hairs, &layout.dots)?;
            print(&report);
            println!("(measured in {:.1} s)", start.elapsed().as_secs_f64());
        }
    }
    Ok(())
}

/// Evenly placed hairs.
fn hairs(mesh: &TriMesh, even: &[f64], count: usize) -> Result<Vec<Obstacle>, Box<dyn std::error::Error>> {
    let settings =
        LayoutSettings { dots: Some(count), visit_shares: vec![1.0], seed: 99, ..Default::default() };
    Ok(place_dots(mesh, even, &[], &settings)?.dots.iter().map(|d| Obstacle::hair(d.position_mm)).collect())
}

/// The layout, and for every stage the median wall and the median processor seconds.
fn time(
    mesh: &TriMesh,
    density: &[f64],
    hairs: &[Obstacle],
    settings: &LayoutSettings,
    runs: usize,
) -> Result<(Layout, Vec<Seconds>), LayoutError> {
    let mut layout = Layout::default();
    let mut stages: Vec<Vec<Seconds>> = Vec::new();
    for _ in 0..runs.max(1) {
        let mut last = (Instant::now(), cpu_seconds());
        let mut stage = 0;
        layout = place_dots_with_progress(mesh, density, hairs, settings, &mut |_| {
            if stages.len() <= stage {
                stages.push(Vec::new());
            }
            stages[stage].push((last.0.elapsed().as_secs_f64(), cpu_seconds() - last.1));
            last = (Instant::now(), cpu_seconds());
            stage += 1;
        })?;
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let of = |times: &Vec<Seconds>| {
        (median(times.iter().map(|t| t.0).collect()), median(times.iter().map(|t| t.1).collect()))
    };
    Ok((layout, stages.iter().map(of).collect()))
}

/// Seconds all threads of this process have run, where the system tells (Linux); else 0.
fn cpu_seconds() -> f64 {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return 0.0 };
    let of_task = |task: fs::DirEntry| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    tasks.flatten().filter_map(of_task).sum::<f64>() / 1e9
}

fn print(report: &LayoutReport) {
    println!(
        "set | n | NN CV | CE | rho min | g core | g peak@ | P low | W | void | aniso dB | gain | rms | border"
    );
    for s in &report.sets {
        let show = |m: Result<f64, _>| {
            m.map_or_else(|_: hairline_plan::layout::metrics::Unmeasurable| "-".into(), |v| format!("{v:.4}"))
        };
        println!(
            "{} | {} | {} | {} | {} | {} | {}@{} | {} | {} | {} | {} | {} | {} | {}",
            s.set,
            s.count,
            show(s.nearest.map(|n| n.cv)),
            show(s.nearest.map(|n| n.clark_evans)),
            show(s.nearest.map(|n| n.smallest_over_ideal)),
            show(s.pairs.as_ref().map(|p| p.core).map_err(|&e| e)),
            show(s.pairs.as_ref().map(|p| p.peak).map_err(|&e| e)),
            show(s.pairs.as_ref().map(|p| p.peak_at).map_err(|&e| e)),
            show(s.spectrum.as_ref().map(|p| p.low).map_err(|&e| e)),
            show(s.window_power),
            show(s.largest_void),
            show(s.anisotropy_db),
            show(s.density.and_then(|d| d.gain)),
            show(s.density.map(|d| d.rms)),
            show(s.border_ratio),
        );
    }
    if let Some(spare) = report.least_spare_clearance_mm {
        println!("least distance to a hair less its clearance: {spare:.5} mm");
    }
}

fn csv(layout: &Layout) -> String {
    let row = |d: &hairline_plan::layout::PlacedDot| {
        let p = d.position_mm;
        format!("{:.6},{:.6},{:.6},{}\n", p.x, p.y, p.z, d.visit)
    };
    layout.dots.iter().map(row).collect()
}

/// Binary PLY with the relative density as the vertex property `quality`.
fn ply(mesh: &TriMesh, density: &[f64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let header = format!(
        "ply\nformat binary_little_endian 1.0\nelement vertex {}\nproperty float x\nproperty float y\nproperty float z\n\
         property float quality\nelement face {}\nproperty list uchar int vertex_indices\nend_header\n",
        mesh.positions.len(),
        mesh.triangles.len()
    );
    bytes.extend_from_slice(header.as_bytes());
    for (p, &d) in mesh.positions.iter().zip(density) {
        for v in [p.x, p.y, p.z, d] {
            bytes.extend_from_slice(&(v as f32).to_le_bytes());
        }
    }
    for t in &mesh.triangles {
        bytes.push(3);
        for v in t {
            // Writing to a vector cannot fail.
            let _ = bytes.write_all(&(*v as i32).to_le_bytes());
        }
    }
    bytes
}
