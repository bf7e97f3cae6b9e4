//! How the error of the Monte Carlo falls with the number of photons.

use hairline_optics::published::known_slabs;
use hairline_optics::spectrum::N_WAVELENGTHS;
use hairline_optics::tissue::Skin;
use hairline_optics::transport::dotted::{Deposit, look};
use hairline_optics::transport::slab::{Beam, simulate};
use hairline_view::chart::{Axis, Chart, Curve, Look, Scale, power_law};

use super::check::Row;
use crate::Failure;

/// Errors of one problem, run with ever more photons.
pub struct Convergence {
    what: &'static str,
    steps: Vec<Step>,
}

/// Many runs with as many photons, relative to the true value.
struct Step {
    photons: f64,
    /// Root of the mean square of the errors.
    error: f64,
    /// The same of the standard errors that the runs gave.
    said: f64,
}

const PHOTONS: [u64; 6] = [300, 1_000, 3_000, 10_000, 30_000, 100_000];
/// Runs at each number of photons: their mean square is then known to a fifth.
const SEEDS: u64 = 48;
/// Slope of error over photons on logarithmic axes, and how far it may be off with so many runs.
const SLOPE: f64 = -0.5;
const SLOPE_OFF: f64 = 0.06;
/// How far the errors that the runs give may be from those they make.
const SAID_OFF: f64 = 0.25;

/// The slab of van de Hulst against its published reflectance, and what a dot leaves of the light of light skin at 550 nm
/// against a long run with another seed.
pub fn study() -> Result<[Convergence; 2], Failure> {
    let slab = known_slabs().into_iter().next().ok_or_else(|| Failure::other("no published slab"))?;
    let beam = |photons, seed| Beam {
        photons,
        seed,
        radial_step_mm: 1.0,
        radial_bins: 0,
        roulette_weight: 1e-4,
        grids: None,
    };
    let of_slab = |photons, seed| {
        let answer = simulate(&slab.stack, &beam(photons, seed), &|_| ()).map_err(Failure::other)?;
        Ok([answer.diffuse_reflectance.value, answer.diffuse_reflectance.se])
    };
    // Light skin at 550 nm, a usual dot.
    let skin = Skin::new(0.02, 0.005).layers().stack(N_WAVELENGTHS / 2);
    let dot = [Deposit::upright([0.0; 2], 0.25, [0.3, 0.2], 10.0)];
    let of_dot = |photons, seed| {
        let seen = look(&skin, &dot, &[[0.0; 2]], photons, seed).map_err(Failure::other)?;
        Ok([seen[0].ratio.value, seen[0].ratio.se])
    };
    let [long, _] = of_dot(40 * PHOTONS[PHOTONS.len() - 1], u64::MAX)?;
    Ok([
        Convergence::run("slab of van de Hulst, reflectance", slab.diffuse_reflectance[0], of_slab)?,
        Convergence::run("light that a dot leaves over", long, of_dot)?,
    ])
}

impl Convergence {
    /// `run` takes photons and seed and gives value and standard error.
    fn run(
        what: &'static str,
        wanted: f64,
        run: impl Fn(u64, u64) -> Result<[f64; 2], Failure>,
    ) -> Result<Convergence, Failure> {
        let mut steps = vec![];
        for (k, photons) in PHOTONS.into_iter().enumerate() {
            let (mut error, mut said) = (0.0, 0.0);
            // No seed twice: runs of one seed share their first photons.
            for seed in SEEDS * k as u64..SEEDS * (k as u64 + 1) {
                let [value, se] = run(photons, seed)?;
                error += (value / wanted - 1.0).powi(2) / SEEDS as f64;
                said += (se / wanted).powi(2) / SEEDS as f64;
            }
            steps.push(Step { photons: photons as f64, error: error.sqrt(), said: said.sqrt() });
        }
        Ok(Convergence { what, steps })
    }

    /// Least-squares slope of ln error over ln photons.
    fn slope(&self) -> f64 {
        let points = self.steps.iter().map(|s| [libm::log(s.photons), libm::log(s.error)]);
        let n = self.steps.len() as f64;
        let [x, y] = points.clone().fold([0.0; 2], |m, p| [m[0] + p[0] / n, m[1] + p[1] / n]);
        let (mut xy, mut xx) = (0.0, 0.0);
        for p in points {
            xy += (p[0] - x) * (p[1] - y);
            xx += (p[0] - x).powi(2);
        }
        xy / xx
    }

    /// What runs say of their error over what they make, all steps together.
    fn honesty(&self) -> f64 {
        let ratios = self.steps.iter().map(|s| libm::log(s.said / s.error));
        libm::exp(ratios.sum::<f64>() / self.steps.len() as f64)
    }

    /// For the report of `hairline optics check`.
    pub fn rows(&self) -> [Row; 2] {
        let (slope, honesty) = (self.slope(), self.honesty());
        [
            Row {
                what: format!("{}: error falls with photons", self.what),
                wanted: format!("slope {SLOPE:.2} +- {SLOPE_OFF}"),
                found: format!("slope {slope:.3}"),
                ok: (slope - SLOPE).abs() < SLOPE_OFF,
            },
            Row {
                what: format!("{}: error as given", self.what),
                wanted: format!("1 +- {SAID_OFF} of the true one"),
                found: format!("{honesty:.2}"),
                ok: (honesty - 1.0).abs() < SAID_OFF,
            },
        ]
    }
}

/// Error over photons, on logarithmic axes, with the line that it has to follow.
pub fn plot(studies: &[Convergence]) -> Chart {
    let log = |label: &str| Axis { scale: Scale::Log, ..Axis::linear(label, "", &[]) };
    let mut curves = vec![];
    for study in studies {
        let ends = [PHOTONS[0] as f64, PHOTONS[PHOTONS.len() - 1] as f64];
        let curve = |name: &str, look, points| Curve { name: name.to_owned(), look, points, band: None };
        if let Some(first) = study.steps.first() {
            curves.push(curve(
                "slope -1/2",
                Look::Reference,
                power_law([first.photons, first.said], SLOPE, ends),
            ));
        }
        let points = study.steps.iter().map(|s| [s.photons, s.error]).collect();
        curves.push(curve(study.what, Look::Points, points));
    }
    Chart {
        title: "Error of the Monte Carlo over photons".to_owned(),
        description: format!("Root mean square of {SEEDS} runs each, relative to the value"),
        x: log("photons"),
        y: log("relative error"),
        bars: vec![],
        curves,
        spans: vec![],
        limits: vec![],
    }
}
