//! A pencil beam on layers: reflected, absorbed and transmitted light (Monte Carlo after Wang, Jacques and Zheng, "MCML",
//! Comput Methods Programs Biomed 47:131, 1995: hop, drop, spin, roulette; borders reflect by chance).

use rayon::prelude::*;
use serde::Serialize;

use super::lanes::{F, LANES, Random, azimuth, fresnel, minus_ln, pick, scatter};
use super::{Estimate, Moments, TransportError};
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
pub fn simulate(
    stack: &Stack,
    beam: &Beam,
    done: &(dyn Fn(u64) + Sync),
) -> Result<SlabAnswer, TransportError> {
    super::check(stack)?;
    super::check_beam(beam)?;
    let entry = Entry::of(stack);
    let blocks = beam.photons.div_ceil(BLOCK).clamp(1, 4096);
    let photons_of = |block: u64| beam.photons / blocks + u64::from(block < beam.photons % blocks);
    let arch = pulp::Arch::new();
    let mut sum = Tally::new(beam);
    for first in (0..blocks).step_by(WAVE as usize) {
        let wave: Vec<Tally> = (first..(first + WAVE).min(blocks))
            .into_par_iter()
            .map(|block| {
                let photons = photons_of(block);
                let tally = arch.dispatch(Walk { stack, beam, entry: &entry, block, photons });
                done(photons);
                tally
            })
            .collect();
        for tally in &wave {
            sum.add(tally);
        }
    }
    Ok(sum.answer(beam, &entry))
}

/// One block of photons, as a task for the machine's vector unit.
struct Walk<'a> {
    stack: &'a Stack,
    beam: &'a Beam,
    entry: &'a Entry,
    block: u64,
    photons: u64,
}

impl pulp::NullaryFnOnce for Walk<'_> {
    type Output = Tally;

    #[inline(always)]
    fn call(self) -> Tally {
        let Walk { stack, beam, entry, block, photons } = self;
        match beam.grids {
            Some(_) => walk::<true>(stack, beam, entry, block, photons),
            None => walk::<false>(stack, beam, entry, block, photons),
        }
    }
}

/// How the beam comes in: mirrored share, and the layer in which its photons start.
struct Entry {
    specular: f64,
}

impl Entry {
    /// A clear first layer (glass) mirrors at both of its faces, any number of times.
    fn of(stack: &Stack) -> Entry {
        let mirror = |a: f64, b: f64| ((a - b) / (a + b)).powi(2);
        let first = &stack.layers[0];
        let above = mirror(stack.n_above, first.n);
        let clear = first.mua_per_mm + first.mus_per_mm == 0.0;
        let specular = match stack.layers.get(1) {
            Some(second) if clear => {
                let below = mirror(first.n, second.n);
                above + (1.0 - above).powi(2) * below / (1.0 - above * below)
            }
            _ => above,
        };
        Entry { specular }
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

    fn answer(self, beam: &Beam, entry: &Entry) -> SlabAnswer {
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
            specular: Estimate { value: entry.specular, se: 0.0 },
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

/// A layer as the walk needs it.
#[derive(Clone, Copy)]
struct Sheet {
    top: f32,
    bottom: f32,
    n: f32,
    /// Mean distance between two stops, mm, and its inverse.
    free: f32,
    stops: f32,
    /// Absorbed share at each stop.
    absorbs: f32,
    g: f32,
}

fn sheets(stack: &Stack) -> Vec<Sheet> {
    let mut top = 0.0f64;
    stack
        .layers
        .iter()
        .map(|layer| {
            let mut_ = layer.mua_per_mm + layer.mus_per_mm;
            let clear = mut_ == 0.0;
            let sheet = Sheet {
                top: top as f32,
                bottom: (top + layer.thickness_mm) as f32,
                n: layer.n as f32,
                free: if clear { f32::INFINITY } else { (1.0 / mut_) as f32 },
                stops: mut_ as f32,
                absorbs: if clear { 0.0 } else { (layer.mua_per_mm / mut_) as f32 },
                g: layer.g as f32,
            };
            top += layer.thickness_mm;
            sheet
        })
        .collect()
}

/// Sixteen photons.
struct Photons {
    at: [F; 3],
    direction: [F; 3],
    weight: F,
    /// Free paths left to the next stop; 0 asks for a new draw.
    left: F,
    absorbed: F,
    top: F,
    bottom: F,
    free: F,
    stops: F,
    absorbs: F,
    g: F,
    layer: [usize; LANES],
    alive: [bool; LANES],
}

impl Photons {
    #[inline(always)]
    fn enter(&mut self, i: usize, layer: usize, sheet: &Sheet) {
        self.layer[i] = layer;
        self.top[i] = sheet.top;
        self.bottom[i] = sheet.bottom;
        self.free[i] = sheet.free;
        self.stops[i] = sheet.stops;
        self.absorbs[i] = sheet.absorbs;
        self.g[i] = sheet.g;
    }

    /// A new photon just under the surface.
    #[inline(always)]
    fn launch(&mut self, i: usize, weight: f32, sheet: &Sheet) {
        for k in 0..3 {
            self.at[k][i] = 0.0;
            self.direction[k][i] = 0.0;
        }
        self.direction[2][i] = 1.0;
        self.weight[i] = weight;
        self.left[i] = 0.0;
        self.absorbed[i] = 0.0;
        self.alive[i] = true;
        self.enter(i, 0, sheet);
    }

    /// An empty lane stands still between no borders.
    #[inline(always)]
    fn rest(&mut self, i: usize) {
        self.alive[i] = false;
        self.weight[i] = 0.0;
        for k in 0..3 {
            self.at[k][i] = 0.0;
            self.direction[k][i] = 0.0;
        }
        self.direction[2][i] = 1.0;
        self.left[i] = 0.0;
        self.top[i] = f32::NEG_INFINITY;
        self.bottom[i] = f32::INFINITY;
        self.free[i] = 0.0;
    }
}

#[inline(always)]
fn walk<const GRIDS: bool>(stack: &Stack, beam: &Beam, entry: &Entry, block: u64, photons: u64) -> Tally {
    let sheets = sheets(stack);
    let mut random = Random::new(beam.seed, block);
    let mut tally = Tally::new(beam);
    tally.photons = photons;
    // A clear first layer was crossed by the beam already: what it mirrored is in `specular`.
    let start = usize::from(sheets.len() > 1 && sheets[0].free.is_infinite());
    let weight = (1.0 - entry.specular) as f32;
    let mut waiting = photons;
    let mut p = Photons {
        at: [[0.0; LANES]; 3],
        direction: [[0.0; LANES]; 3],
        weight: [0.0; LANES],
        left: [0.0; LANES],
        absorbed: [0.0; LANES],
        top: [0.0; LANES],
        bottom: [0.0; LANES],
        free: [0.0; LANES],
        stops: [0.0; LANES],
        absorbs: [0.0; LANES],
        g: [0.0; LANES],
        layer: [0; LANES],
        alive: [false; LANES],
    };
    let mut alive = 0;
    for i in 0..LANES {
        if waiting > 0 {
            waiting -= 1;
            p.launch(i, weight, &sheets[0]);
            p.at[2][i] = sheets[start].top;
            p.enter(i, start, &sheets[start]);
            alive += 1;
        } else {
            p.rest(i);
        }
    }
    let limit = beam.roulette_weight as f32;
    let per_ring = (1.0 / beam.radial_step_mm) as f32;
    let rings = beam.radial_bins;
    let grids = beam.grids.unwrap_or(Grids { depth_step_mm: 1.0, depth_bins: 0, angle_bins: 0 });
    let per_depth = (1.0 / grids.depth_step_mm) as f32;
    while alive > 0 {
        // Hop.
        let drawn = minus_ln(random.uniform());
        let mut hit = [0u32; LANES];
        for i in 0..LANES {
            let [x, y, z] = [p.at[0][i], p.at[1][i], p.at[2][i]];
            let [dx, dy, dz] = [p.direction[0][i], p.direction[1][i], p.direction[2][i]];
            let paths = pick(p.left[i] > 0.0, p.left[i], drawn[i]);
            let border = pick(dz < 0.0, p.top[i], p.bottom[i]);
            // A photon that walks level never meets a border: 0/0 is not smaller than anything.
            let to_border = (border - z) / dz;
            let wish = paths * p.free[i];
            let meets = to_border < wish;
            let length = pick(meets, to_border, wish);
            p.left[i] = pick(meets, paths - length * p.stops[i], 0.0);
            p.at[0][i] = x + dx * length;
            p.at[1][i] = y + dy * length;
            p.at[2][i] = pick(meets, border, z + dz * length);
            hit[i] = u32::from(meets);
        }
        let mut any_hit = 0u32;
        for i in 0..LANES {
            any_hit |= hit[i] << i;
        }
        // Drop.
        let mut lost = [0.0; LANES];
        for i in 0..LANES {
            lost[i] = pick(hit[i] != 0, 0.0, p.weight[i] * p.absorbs[i]);
            p.weight[i] -= lost[i];
            p.absorbed[i] += lost[i];
        }
        if GRIDS {
            let mut cell = [0i32; LANES];
            let (rings, outside) = (rings as f32, (rings * grids.depth_bins) as i32);
            for i in 0..LANES {
                let r = (p.at[0][i] * p.at[0][i] + p.at[1][i] * p.at[1][i]).sqrt() * per_ring;
                let d = p.at[2][i] * per_depth;
                let inside = r < rings && d < grids.depth_bins as f32;
                let c = d.floor() * rings + r.floor();
                // SAFE cast: below 2^24 by `check_beam`.
                cell[i] = if inside { c as i32 } else { outside };
            }
            for i in 0..LANES {
                tally.absorbed_cells[cell[i] as usize] += f64::from(lost[i]);
            }
        }
        // Spin.
        let u = random.uniform();
        let (sin, cos) = azimuth(random.bits());
        for i in 0..LANES {
            let old = [p.direction[0][i], p.direction[1][i], p.direction[2][i]];
            let new = scatter(old, p.g[i], u[i], sin[i], cos[i]);
            for k in 0..3 {
                p.direction[k][i] = pick(hit[i] != 0, old[k], new[k]);
            }
        }
        // Borders, one photon at a time.
        let mut ended = 0u32;
        while any_hit != 0 {
            let i = any_hit.trailing_zeros() as usize;
            any_hit &= any_hit - 1;
            let down = p.direction[2][i] > 0.0;
            let here = p.layer[i];
            let n_here = sheets[here].n;
            let beyond = if down { here + 1 } else { here.wrapping_sub(1) };
            let n_beyond = match sheets.get(beyond) {
                Some(sheet) => sheet.n,
                None if down => stack.n_below as f32,
                None => stack.n_above as f32,
            };
            let cosine = p.direction[2][i].abs();
            let (mirrored, behind) =
                if n_here == n_beyond { (0.0, cosine) } else { fresnel(n_here, n_beyond, cosine) };
            if mirrored > 0.0 && random.uniform_of(i) <= mirrored {
                p.direction[2][i] = -p.direction[2][i];
                continue;
            }
            if let Some(sheet) = sheets.get(beyond) {
                let ratio = n_here / n_beyond;
                p.direction[0][i] *= ratio;
                p.direction[1][i] *= ratio;
                p.direction[2][i] = behind.copysign(p.direction[2][i]);
                p.enter(i, beyond, sheet);
                continue;
            }
            let w = f64::from(p.weight[i]);
            let r = (p.at[0][i] * p.at[0][i] + p.at[1][i] * p.at[1][i]).sqrt() * per_ring;
            let ring = r as usize;
            if !down && ring < rings {
                tally.rings[ring].put(w);
            }
            if GRIDS {
                let angle = (libm::acosf(behind.min(1.0))
                    * std::f32::consts::FRAC_2_PI
                    * grids.angle_bins as f32) as usize;
                let cell = if ring < rings && angle < grids.angle_bins {
                    ring * grids.angle_bins + angle
                } else {
                    rings * grids.angle_bins
                };
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
        // Roulette.
        let mut weak = 0u32;
        for i in 0..LANES {
            weak |= u32::from(p.weight[i] < limit && p.alive[i]) << i;
        }
        weak &= !ended;
        while weak != 0 {
            let i = weak.trailing_zeros() as usize;
            weak &= weak - 1;
            if p.weight[i] > 0.0 && random.uniform_of(i) * ROULETTE <= 1.0 {
                p.weight[i] *= ROULETTE;
            } else {
                ended |= 1 << i;
            }
        }
        while ended != 0 {
            let i = ended.trailing_zeros() as usize;
            ended &= ended - 1;
            tally.absorbed.put(f64::from(p.absorbed[i]));
            if waiting > 0 {
                waiting -= 1;
                p.launch(i, weight, &sheets[0]);
                p.at[2][i] = sheets[start].top;
                p.enter(i, start, &sheets[start]);
            } else {
                p.rest(i);
                alive -= 1;
            }
        }
    }
    tally
}
