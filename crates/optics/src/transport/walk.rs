//! Sixteen photons on their way through layers: hop to the next stop or border, cross or mirror there, turn.

use super::lanes::{F, LANES, Random, azimuth, fresnel, minus_ln, pick, scatter};
use crate::layer::Stack;

/// A layer as the walk needs it.
#[derive(Clone, Copy)]
pub struct Sheet {
    pub top: f32,
    pub bottom: f32,
    pub n: f32,
    /// Stops per mm, and their mean distance, mm.
    pub stops: f32,
    pub free: f32,
    /// What absorption does: the share taken at a stop, or the coefficient per mm; the walk only carries it.
    pub loss: f32,
    pub g: f32,
}

/// The layers of a stack with `(stops per mm, loss)` of each.
pub fn sheets(stack: &Stack, of: impl Fn(usize) -> (f64, f64)) -> Vec<Sheet> {
    let mut top = 0.0f64;
    stack
        .layers
        .iter()
        .enumerate()
        .map(|(i, layer)| {
            let (stops, loss) = of(i);
            let bottom = top + layer.thickness_mm;
            let sheet = Sheet {
                top: top as f32,
                bottom: bottom as f32,
                n: layer.n as f32,
                stops: stops as f32,
                free: (1.0 / stops) as f32,
                loss: loss as f32,
                g: layer.g as f32,
            };
            top = bottom;
            sheet
        })
        .collect()
}

/// Where a photon goes at a border.
pub enum Crossing {
    /// On inside the stack.
    Inside,
    /// Out through the top or the bottom, with this cosine behind the border.
    Out { down: bool, cosine: f32 },
}

/// Sixteen photons.
pub struct Photons {
    pub at: [F; 3],
    pub direction: [F; 3],
    /// Free paths left to the next stop; 0 asks for a new draw.
    left: F,
    top: F,
    bottom: F,
    free: F,
    stops: F,
    pub loss: F,
    pub g: F,
    layer: [usize; LANES],
    pub alive: [bool; LANES],
}

impl Photons {
    /// No photon at all.
    #[inline(always)]
    pub fn none() -> Photons {
        let mut photons = Photons {
            at: [[0.0; LANES]; 3],
            direction: [[0.0; LANES]; 3],
            left: [0.0; LANES],
            top: [0.0; LANES],
            bottom: [0.0; LANES],
            free: [0.0; LANES],
            stops: [0.0; LANES],
            loss: [0.0; LANES],
            g: [0.0; LANES],
            layer: [0; LANES],
            alive: [false; LANES],
        };
        for i in 0..LANES {
            photons.rest(i);
        }
        photons
    }

    /// A new photon that walks straight down from the top of a layer.
    #[inline(always)]
    pub fn launch(&mut self, i: usize, at_mm: [f32; 2], layer: usize, sheets: &[Sheet]) {
        let at = [at_mm[0], at_mm[1], sheets[layer].top];
        for k in 0..3 {
            self.at[k][i] = at[k];
            self.direction[k][i] = [0.0, 0.0, 1.0][k];
        }
        self.left[i] = 0.0;
        self.alive[i] = true;
        self.enter(i, layer, &sheets[layer]);
    }

    #[inline(always)]
    fn enter(&mut self, i: usize, layer: usize, sheet: &Sheet) {
        self.layer[i] = layer;
        self.top[i] = sheet.top;
        self.bottom[i] = sheet.bottom;
        self.free[i] = sheet.free;
        self.stops[i] = sheet.stops;
        self.loss[i] = sheet.loss;
        self.g[i] = sheet.g;
    }

    /// Stops per mm where a photon is.
    pub fn stops(&self, i: usize) -> f32 {
        self.stops[i]
    }

    /// The layer that a photon is in.
    pub fn layer(&self, i: usize) -> usize {
        self.layer[i]
    }

    /// An empty lane stands still between no borders.
    #[inline(always)]
    pub fn rest(&mut self, i: usize) {
        self.alive[i] = false;
        for k in 0..3 {
            self.at[k][i] = 0.0;
            self.direction[k][i] = [0.0, 0.0, 1.0][k];
        }
        self.left[i] = 0.0;
        self.top[i] = f32::NEG_INFINITY;
        self.bottom[i] = f32::INFINITY;
        self.free[i] = 0.0;
        self.loss[i] = 0.0;
    }

    /// All walk to their next stop or border. Returns the way of each, mm, and whether it ended at a border.
    #[inline(always)]
    pub fn hop(&mut self, random: &mut Random) -> (F, [u32; LANES]) {
        let drawn = minus_ln(random.uniform());
        let (mut way, mut at_border) = ([0.0; LANES], [0u32; LANES]);
        for i in 0..LANES {
            let [x, y, z] = [self.at[0][i], self.at[1][i], self.at[2][i]];
            let [dx, dy, dz] = [self.direction[0][i], self.direction[1][i], self.direction[2][i]];
            let paths = pick(self.left[i] > 0.0, self.left[i], drawn[i]);
            let border = pick(dz < 0.0, self.top[i], self.bottom[i]);
            // A photon that walks level never meets a border: 0/0 is not smaller than anything.
            let to_border = (border - z) / dz;
            let wish = paths * self.free[i];
            let meets = to_border < wish;
            let length = pick(meets, to_border, wish);
            self.left[i] = pick(meets, paths - length * self.stops[i], 0.0);
            self.at[0][i] = x + dx * length;
            self.at[1][i] = y + dy * length;
            self.at[2][i] = pick(meets, border, z + dz * length);
            way[i] = length;
            at_border[i] = u32::from(meets);
        }
        (way, at_border)
    }

    /// All turn, but those that `stay`.
    #[inline(always)]
    pub fn spin(&mut self, random: &mut Random, stay: &[u32; LANES], g: &F) {
        let u = random.uniform();
        let (sin, cos) = azimuth(random.bits());
        for i in 0..LANES {
            let old = [self.direction[0][i], self.direction[1][i], self.direction[2][i]];
            let new = scatter(old, g[i], u[i], sin[i], cos[i]);
            for k in 0..3 {
                self.direction[k][i] = pick(stay[i] != 0, old[k], new[k]);
            }
        }
    }

    /// One photon at a border: mirrored by chance (Fresnel), or across it.
    #[inline(always)]
    pub fn cross(&mut self, i: usize, stack: &Stack, sheets: &[Sheet], random: &mut Random) -> Crossing {
        let down = self.direction[2][i] > 0.0;
        let here = self.layer[i];
        let n_here = sheets[here].n;
        let beyond = if down { here + 1 } else { here.wrapping_sub(1) };
        let n_beyond = match sheets.get(beyond) {
            Some(sheet) => sheet.n,
            None if down => stack.n_below as f32,
            None => stack.n_above as f32,
        };
        let cosine = self.direction[2][i].abs();
        let (mirrored, behind) =
            if n_here == n_beyond { (0.0, cosine) } else { fresnel(n_here, n_beyond, cosine) };
        if mirrored > 0.0 && random.uniform_of(i) <= mirrored {
            self.direction[2][i] = -self.direction[2][i];
            return Crossing::Inside;
        }
        let Some(sheet) = sheets.get(beyond) else { return Crossing::Out { down, cosine: behind } };
        let ratio = n_here / n_beyond;
        self.direction[0][i] *= ratio;
        self.direction[1][i] *= ratio;
        self.direction[2][i] = behind.copysign(self.direction[2][i]);
        self.enter(i, beyond, sheet);
        Crossing::Inside
    }
}

/// The lanes that are marked, as bits.
#[inline(always)]
pub fn bits(marks: &[u32; LANES]) -> u32 {
    let mut out = 0;
    for i in 0..LANES {
        out |= marks[i] << i;
    }
    out
}

/// The lowest marked lane, taken off the marks.
#[inline(always)]
pub fn take(marks: &mut u32) -> Option<usize> {
    let lane = marks.trailing_zeros() as usize;
    (lane < LANES).then(|| {
        *marks &= *marks - 1;
        lane
    })
}
