//! A pencil beam on layers: reflected, absorbed and transmitted light (Monte Carlo after Wang, Jacques and Zheng, "MCML",
//! Comput Methods Programs Biomed 47:131, 1995: hop, drop, spin, roulette; borders reflect by chance).

use rayon::prelude::*;
use serde::Serialize;

use super::lanes::{F, LANES, Random, pick};
use super::walk::{Crossing, Photons, bits, sheets, take};
use super::{Estimate, Moments};
use crate::error::{Error, within};
use crate::layer::Stack;

/// What to simulate and what to keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beam {
    /// Photons to launch, at least 1.
    pub photons: u64,
    /// Same seed, same answer, on any number of threads.
    pub seed: u64,
    /// Width of a ring of the radially resolved results, mm.
    pub radial_step_mm: f64,
    /// Number of rings; light farther out is not in them.
    pub radial_bins: usize,
    /// A photon below this weight plays roulette (MCML: 1e-4).
    pub roulette_weight: f64,
    /// Also absorption by depth and radius, and light by exit angle.
    pub grids: Option<Grids>,
}

/// Steps of the finer results.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grids {
    /// Step of depth, mm.
    pub depth_step_mm: f64,
    /// Steps of depth.
    pub depth_bins: usize,
    /// Steps of exit angle from 0 to 90 degrees.
    pub angle_bins: usize,
}

/// What became of the light, as shares of the beam.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SlabAnswer {
    /// Reflected by the surface without entering.
    pub specular: Estimate,
    /// Came back out of the layers.
    pub diffuse_reflectance: Estimate,
    /// Left at the bottom.
    pub transmittance: Estimate,
    /// Stayed.
    pub absorbed: Estimate,
    /// Diffuse reflectance by distance from the beam.
    pub radial: Vec<Ring>,
    /// Finer results, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grids: Option<GridAnswer>,
}

/// One ring of the radially resolved reflectance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ring {
    /// Middle of the ring, mm.
    pub r_mm: f64,
    /// Light that comes out per area, 1/mm2.
    pub reflectance_per_mm2: f64,
    /// Standard error, 1/mm2.
    pub se: f64,
}

/// Shares of the beam in the cells of the finer results; what falls outside the grid is in none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GridAnswer {
    /// Absorbed, `[depth][radius]`, row-major.
    pub absorbed: Vec<f64>,
    /// Reflected, `[radius][angle]`, row-major.
    pub reflected: Vec<f64>,
    /// Transmitted, `[radius][angle]`, row-major.
    pub transmitted: Vec<f64>,
}

/// Photons of one block: enough to keep all lanes busy to its end.
const BLOCK: u64 = 16_384;
/// Blocks computed between two sums, so that memory does not grow with the photons.
const WAVE: u64 = 32;
/// A photon that wins the roulette goes on with this many times its weight.
const ROULETTE: f32 = 10.0;

/// Simulates a beam that falls upright on the layers. `done(photons)` hears of progress.
///
/// # Errors
/// Where the layers or the beam are not ones that light can be followed in; the message names the value.
pub fn simulate(stack: &Stack, beam: &Beam, done: &(dyn Fn(u64) + Sync)) -> Result<SlabAnswer, Error> {
    super::check(stack)?;
    check(beam)?;
    let specular = specular(stack);
    let blocks = beam.photons.div_ceil(BLOCK).clamp(1, 4096);
    let photons_of = |block: u64| beam.photons / blocks + u64::from(block < beam.photons % blocks);
    let arch = pulp::Arch::new();
    let mut sum = Tally::new(beam);
    for first in (0..blocks).step_by(WAVE as usize) {
        let wave: Vec<Tally> = (first..(first + WAVE).min(blocks))
            .into_par_iter()
            .map(|block| {
                let photons = photons_of(block);
                let tally = arch.dispatch(Walk { stack, beam, specular, block, photons });
                done(photons);
                tally
            })
            .collect();
        for tally in &wave {
            sum.add(tally);
        }
    }
    Ok(sum.answer(beam, specular))
}

fn check(beam: &Beam) -> Result<(), Error> {
    const STEP_MM: [f64; 2] = [1e-9, 1e6];
    within("photons", beam.photons as f64, [1.0, 1e12])?;
    within("radial_step_mm", beam.radial_step_mm, STEP_MM)?;
    within("radial_bins", beam.radial_bins as f64, [0.0, 1e5])?;
    within("the roulette weight", beam.roulette_weight, [1e-12, 0.1])?;
    if let Some(Grids { depth_step_mm, depth_bins, angle_bins }) = beam.grids {
        within("depth_step_mm", depth_step_mm, STEP_MM)?;
        let cells = depth_bins.max(angle_bins).saturating_mul(beam.radial_bins);
        within("the number of grid cells", cells as f64, [0.0, 8e6])?;
    }
    Ok(())
}

/// One block of photons, as a task for the machine's vector unit.
struct Walk<'a> {
    stack: &'a Stack,
    beam: &'a Beam,
    specular: f64,
    block: u64,
    photons: u64,
}

impl pulp::NullaryFnOnce for Walk<'_> {
    type Output = Tally;

    #[inline(always)]
    fn call(self) -> Tally {
        let Walk { stack, beam, specular, block, photons } = self;
        match beam.grids {
            Some(_) => walk::<true>(stack, beam, specular, block, photons),
            None => walk::<false>(stack, beam, specular, block, photons),
        }
    }
}

/// Share of the beam that is mirrored without entering. A clear first layer (glass) mirrors at both of its faces, any
/// number of times.
fn specular(stack: &Stack) -> f64 {
    let mirror = |a: f64, b: f64| ((a - b) / (a + b)).powi(2);
    let first = &stack.layers[0];
    let above = mirror(stack.n_above, first.n);
    let clear = first.mua_per_mm + first.mus_per_mm == 0.0;
    match stack.layers.get(1) {
        Some(second) if clear => {
            let below = mirror(first.n, second.n);
            above + (1.0 - above).powi(2) * below / (1.0 - above * below)
        }
        _ => above,
    }
}

/// Sums of one block.
struct Tally {
    photons: u64,
    reflected: Moments,
    transmitted: Moments,
    absorbed: Moments,
    rings: Vec<Moments>,
    /// The last cell takes what is outside.
    absorbed_cells: Vec<f64>,
    reflected_cells: Vec<f64>,
    transmitted_cells: Vec<f64>,
}

impl Tally {
    fn new(beam: &Beam) -> Tally {
        let cells = |n: usize| if n == 0 { vec![] } else { vec![0.0; n + 1] };
        let (depths, angles) = beam.grids.map_or((0, 0), |g| (g.depth_bins, g.angle_bins));
        Tally {
            photons: 0,
            reflected: Moments::default(),
            transmitted: Moments::default(),
            absorbed: Moments::default(),
            rings: vec![Moments::default(); beam.radial_bins],
            absorbed_cells: cells(depths * beam.radial_bins),
            reflected_cells: cells(angles * beam.radial_bins),
            transmitted_cells: cells(angles * beam.radial_bins),
        }
    }

    fn add(&mut self, other: &Tally) {
        self.photons += other.photons;
        self.reflected.add(&other.reflected);
        self.transmitted.add(&other.transmitted);
        self.absorbed.add(&other.absorbed);
        for (a, b) in self.rings.iter_mut().zip(&other.rings) {
            a.add(b);
        }
        for (a, b) in [
            (&mut self.absorbed_cells, &other.absorbed_cells),
            (&mut self.reflected_cells, &other.reflected_cells),
            (&mut self.transmitted_cells, &other.transmitted_cells),
        ] {
            for (a, b) in a.iter_mut().zip(b) {
                *a += b;
            }
        }
    }

    fn answer(self, beam: &Beam, specular: f64) -> SlabAnswer {
        let n = self.photons;
        let ring = |(i, m): (usize, &Moments)| {
            let step = beam.radial_step_mm;
            let area = std::f64::consts::PI * step * step * (2 * i + 1) as f64;
            let e = m.estimate(n);
            Ring { r_mm: (i as f64 + 0.5) * step, reflectance_per_mm2: e.value / area, se: e.se / area }
        };
        let share = |mut cells: Vec<f64>| {
            cells.pop();
            cells.iter_mut().for_each(|c| *c /= n as f64);
            cells
        };
        SlabAnswer {
            specular: Estimate { value: specular, se: 0.0 },
            diffuse_reflectance: self.reflected.estimate(n),
            transmittance: self.transmitted.estimate(n),
            absorbed: self.absorbed.estimate(n),
            radial: self.rings.iter().enumerate().map(ring).collect(),
            grids: beam.grids.map(|_| GridAnswer {
                absorbed: share(self.absorbed_cells),
                reflected: share(self.reflected_cells),
                transmitted: share(self.transmitted_cells),
            }),
        }
    }
}

#[inline(always)]
fn walk<const GRIDS: bool>(stack: &Stack, beam: &Beam, specular: f64, block: u64, photons: u64) -> Tally {
    let sheets = sheets(stack, |i| {
        let stops = stack.layers[i].mua_per_mm + stack.layers[i].mus_per_mm;
        (stops, if stops > 0.0 { stack.layers[i].mua_per_mm / stops } else { 0.0 })
    });
    let mut random = Random::new(beam.seed, block);
    let mut tally = Tally::new(beam);
    tally.photons = photons;
    // A clear first layer was crossed by the beam already: what it mirrored is in `specular`.
    let start = usize::from(sheets.len() > 1 && sheets[0].free.is_infinite());
    let full = (1.0 - specular) as f32;
    let mut p = Photons::none();
    let (mut weight, mut absorbed): (F, F) = ([0.0; LANES], [0.0; LANES]);
    let mut waiting = photons;
    let mut alive = 0;
    for i in 0..LANES {
        if waiting > 0 {
            waiting -= 1;
            alive += 1;
            p.launch(i, [0.0; 2], start, &sheets);
            weight[i] = full;
        }
    }
    let limit = beam.roulette_weight as f32;
    let per_ring = (1.0 / beam.radial_step_mm) as f32;
    let rings = beam.radial_bins;
    let grids = beam.grids.unwrap_or(Grids { depth_step_mm: 1.0, depth_bins: 0, angle_bins: 0 });
    let per_depth = (1.0 / grids.depth_step_mm) as f32;
    while alive > 0 {
        let (_, at_border) = p.hop(&mut random);
        let mut lost = [0.0; LANES];
        for i in 0..LANES {
            lost[i] = pick(at_border[i] != 0, 0.0, weight[i] * p.loss[i]);
            weight[i] -= lost[i];
            absorbed[i] += lost[i];
        }
        if GRIDS {
            let mut cell = [0i32; LANES];
            let (rings, outside) = (rings as f32, (rings * grids.depth_bins) as i32);
            for i in 0..LANES {
                let r = (p.at[0][i] * p.at[0][i] + p.at[1][i] * p.at[1][i]).sqrt() * per_ring;
                let d = p.at[2][i] * per_depth;
                let inside = r < rings && d < grids.depth_bins as f32;
                // Exact: `check` keeps the number of cells below 2^23.
                let c = (d.floor() * rings + r.floor()) as i32;
                cell[i] = if inside { c } else { outside };
            }
            for i in 0..LANES {
                tally.absorbed_cells[cell[i] as usize] += f64::from(lost[i]);
            }
        }
        let g = p.g;
        p.spin(&mut random, &at_border, &g);
        let mut ended = 0u32;
        let mut borders = bits(&at_border);
        while let Some(i) = take(&mut borders) {
            let Crossing::Out { down, cosine } = p.cross(i, stack, &sheets, &mut random) else { continue };
            let w = f64::from(weight[i]);
            let r = (p.at[0][i] * p.at[0][i] + p.at[1][i] * p.at[1][i]).sqrt() * per_ring;
            let ring = r as usize;
            if !down && ring < rings {
                tally.rings[ring].put(w);
            }
            if GRIDS {
                let share = libm::acosf(cosine.min(1.0)) * std::f32::consts::FRAC_2_PI;
                let angle = (share * grids.angle_bins as f32) as usize;
                let inside = ring < rings && angle < grids.angle_bins;
                let cell =
                    grids.angle_bins * if inside { ring } else { rings } + if inside { angle } else { 0 };
                let cells = if down { &mut tally.transmitted_cells } else { &mut tally.reflected_cells };
                cells[cell] += w;
            }
            if down {
                tally.transmitted.put(w)
            } else {
                tally.reflected.put(w)
            }
            ended |= 1 << i;
        }
        let mut weak = [0u32; LANES];
        for i in 0..LANES {
            weak[i] = u32::from(weight[i] < limit && p.alive[i]);
        }
        let mut weak = bits(&weak) & !ended;
        while let Some(i) = take(&mut weak) {
            if weight[i] > 0.0 && random.uniform_of(i) * ROULETTE <= 1.0 {
                weight[i] *= ROULETTE;
            } else {
                ended |= 1 << i;
            }
        }
        while let Some(i) = take(&mut ended) {
            tally.absorbed.put(f64::from(absorbed[i]));
            absorbed[i] = 0.0;
            if waiting > 0 {
                waiting -= 1;
                p.launch(i, [0.0; 2], start, &sheets);
                weight[i] = full;
            } else {
                p.rest(i);
                weight[i] = 0.0;
                alive -= 1;
            }
        }
    }
    tally
}
