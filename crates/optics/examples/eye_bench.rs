//! Times what the eye's part costs for one patch of 256 x 256 px: `cargo run --release -p hairline-optics --example eye_bench`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its times")]

use std::time::Instant;

use hairline_optics::colour::Lab;
use hairline_optics::eye::{ContrastSpectrum, Edges, Patch, Viewing, scielab};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let skin = Lab { l: 60.0, a: 11.0, b: 17.0 };
    let patch = |step: usize| {
        let pixel = |i: usize| Lab { l: 60.0 - ((i * step) % 1009) as f64 / 100.0, ..skin }.to_xyz();
        Patch::new([256, 256], 0.04, Edges::Cut, (0..256 * 256).map(pixel).collect())
    };
    let (one, other) = (patch(7919)?, patch(104_729)?);
    let viewing = |distance_m| Viewing { distance_m, illuminance_lx: 500.0, zone_mm: 100.0 };
    let mut times: [Vec<f64>; 3] = Default::default();
    let mut sum = 0.0;
    for _ in 0..21 {
        let start = Instant::now();
        let spectrum = ContrastSpectrum::of(&one)?;
        times[0].push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        for m in [0.3, 1.0, 3.0] {
            sum += spectrum.seen(&viewing(m))?.visible;
        }
        times[1].push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        sum += scielab::difference(&one, &other, &viewing(0.3))?.mean_e00;
        times[2].push(start.elapsed().as_secs_f64());
    }
    for (name, times) in
        ["contrast spectrum", "seen from three distances", "S-CIELAB difference"].iter().zip(&mut times)
    {
        times.sort_by(f64::total_cmp);
        println!("{name}: {:.1} ms", 1000.0 * times[times.len() / 2]);
    }
    println!("(sum {sum:.3})");
    Ok(())
}
