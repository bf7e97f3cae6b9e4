//! Layered light transport against published and deterministic values (`optics.md` 2.1-2.3).

use hairline_optics::error::Error;
use hairline_optics::layer::{Layer, Stack};
use hairline_optics::published::{known_slabs, seven_layers};
use hairline_optics::transport::Estimate;
use hairline_optics::transport::slab::{Beam, Grids, SlabAnswer, simulate};

/// `(n, mua, mus, g, thickness)` with coefficients in 1/cm and thickness in cm, as the literature has them.
fn stack(rows: &[(f64, f64, f64, f64, f64)]) -> Stack {
    let layers = rows
        .iter()
        .map(|&(n, mua, mus, g, d)| Layer {
            n,
            mua_per_mm: 0.1 * mua,
            mus_per_mm: 0.1 * mus,
            g,
            thickness_mm: 10.0 * d,
        })
        .collect();
    Stack { n_above: 1.0, n_below: 1.0, layers }
}

fn beam(photons: u64) -> Beam {
    Beam { photons, seed: 3, radial_step_mm: 0.1, radial_bins: 100, roulette_weight: 1e-4, grids: None }
}

fn run(stack: &Stack, beam: &Beam) -> SlabAnswer {
    simulate(stack, beam, &|_| ()).expect("the problem is sound")
}

/// Within 4.5 standard errors, and the standard error small enough to mean something.
fn near(what: &str, got: Estimate, wanted: f64, error: f64) {
    let off = (got.value - wanted).abs();
    assert!(off < 4.5 * libm::hypot(got.se, error), "{what}: {got:?}, wanted {wanted}");
    assert!(got.se < 0.01 * wanted.max(0.05), "{what}: {got:?} is too noisy to say anything");
}

const V3: [(f64, f64, f64, f64, f64); 3] =
    [(1.37, 1.0, 100.0, 0.9, 0.1), (1.37, 1.0, 10.0, 0.0, 0.1), (1.37, 2.0, 10.0, 0.7, 0.2)];

/// Twelve stacks whose reflectance and transmittance are known to four or five digits.
#[test]
fn adding_doubling_values_come_out() {
    let slabs = known_slabs();
    for slab in &slabs {
        let answer = run(&slab.stack, &beam(400_000));
        let [reflectance, error] = slab.diffuse_reflectance;
        near(&slab.name, answer.diffuse_reflectance, reflectance, error);
        let [transmittance, error] = slab.transmittance;
        near(&slab.name, answer.transmittance, transmittance, error);
    }
    assert_eq!(slabs.len(), 12);
}

/// Seven layers of unlike index: total values of five million photons of the reference program (`optics.md` 2.3), and the
/// rings of a million or two.
#[test]
fn rings_agree_with_the_reference_program() {
    let (seven, [reflected, absorbed, transmitted]) = seven_layers();
    let s7 = run(&seven, &beam(1_000_000));
    assert!((s7.specular.value - 0.04388).abs() < 5e-6);
    near("S7 Rd", s7.diffuse_reflectance, reflected[0], reflected[1]);
    near("S7 A", s7.absorbed, absorbed[0], absorbed[1]);
    near("S7 T", s7.transmittance, transmitted[0], transmitted[1]);
    let v4 = run(&stack(&[(1.0, 0.1, 100.0, 0.9, f64::INFINITY)]), &beam(400_000));
    let v3 = run(&stack(&V3), &beam(1_000_000));
    let table = include_str!("data/mcml_radial_reflectance.csv");
    let mut compared = 0;
    for (i, row) in table.lines().skip(2).take(40).enumerate() {
        let v: Vec<f64> = row.split(',').map(|f| f.parse().expect("a number")).collect();
        for (answer, per_cm2, photons, of) in
            [(&v4, v[1], 1e6, 4e5), (&v3, v[2], 1e6, 1e6), (&s7, v[3], 2e6, 1e6)]
        {
            let ring = answer.radial[i];
            assert!((ring.r_mm - 10.0 * v[0]).abs() < 1e-9);
            // Standard error of the reference, from ours and the number of its photons.
            let its = ring.se * f64::sqrt(of / photons);
            let off = (ring.reflectance_per_mm2 - per_cm2 / 100.0).abs();
            assert!(off < 4.5 * libm::hypot(ring.se, its), "{ring:?} against {per_cm2} per cm2");
            compared += 1;
        }
    }
    assert_eq!(compared, 120);
}

#[test]
fn energy_sums_to_one_and_the_grids_hold_it() {
    let grids = Some(Grids { depth_step_mm: 0.02, depth_bins: 500, angle_bins: 30 });
    let beam = Beam { radial_bins: 2000, grids, ..beam(100_000) };
    let a = run(&seven_layers().0, &beam);
    let sum = a.specular.value + a.diffuse_reflectance.value + a.transmittance.value + a.absorbed.value;
    // Roulette keeps the energy only on average.
    assert!((sum - 1.0).abs() < 1e-4, "{sum}");
    let grids = a.grids.expect("asked for");
    for (cells, whole) in [
        (&grids.absorbed, a.absorbed.value),
        (&grids.reflected, a.diffuse_reflectance.value),
        (&grids.transmitted, a.transmittance.value),
    ] {
        let inside: f64 = cells.iter().sum();
        assert!((inside - whole).abs() < 1e-4, "{inside} of {whole}");
    }
}

/// The unscattered part of the slab of van de Hulst is exp(-2) (`optics.md` 2.1): it leaves at angle zero on the axis.
#[test]
fn unscattered_light_follows_beers_law() {
    let grids = Some(Grids { depth_step_mm: 0.02, depth_bins: 10, angle_bins: 900 });
    let beam = Beam { radial_step_mm: 1e-4, radial_bins: 1, grids, ..beam(400_000) };
    let a = run(&stack(&[(1.0, 10.0, 90.0, 0.75, 0.02)]), &beam);
    let straight = a.grids.expect("asked for").transmitted[0];
    let se = (straight * (1.0 - straight) / 4e5).sqrt();
    assert!((straight - libm::exp(-2.0)).abs() < 4.5 * se, "{straight}");
}

/// Light through a stack that scatters all directions alike: what passes downward passes upward (reciprocity), here for a
/// matched stack of unlike sheets turned over, with diffuse exits counted near the axis only.
#[test]
fn straight_light_passes_a_stack_as_well_from_below() {
    let grids = Some(Grids { depth_step_mm: 1.0, depth_bins: 1, angle_bins: 9 });
    let through = |rows: &[(f64, f64, f64, f64, f64)]| {
        let beam = Beam { radial_step_mm: 1e4, radial_bins: 1, grids, ..beam(1_000_000) };
        let cone = run(&stack(rows), &beam).grids.expect("asked for").transmitted[0];
        Estimate { value: cone, se: (cone / 1e6).sqrt() }
    };
    let down = [(1.4, 5.0, 50.0, 0.3, 0.02), (1.4, 0.5, 150.0, 0.8, 0.05)];
    let up = [down[1], down[0]];
    let (a, b) = (through(&down), through(&up));
    assert!((a.value - b.value).abs() < 4.5 * libm::hypot(a.se, b.se), "{a:?} {b:?}");
    assert!(a.se < 0.02 * a.value, "{a:?}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let problem = seven_layers().0;
    let on = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
        pool.install(|| run(&problem, &Beam { seed, ..beam(60_001) }))
    };
    let one = on(1, 5);
    assert_eq!(one, on(3, 5));
    assert_ne!(one.diffuse_reflectance, on(1, 6).diffuse_reflectance);
}

/// Fewer photons than lanes, clear glass on top, an absorber without scattering: the corners of the method.
#[test]
fn corners() {
    let few = run(&seven_layers().0, &beam(3));
    assert!(few.diffuse_reflectance.value <= 1.0);
    // Glass between air and water, then black water: nothing comes back but the two mirrors.
    let glass = run(&stack(&[(1.5, 0.0, 0.0, 0.0, 0.1), (1.33, 100.0, 0.0, 0.0, 10.0)]), &beam(10_000));
    let mirror = |a: f64, b: f64| ((a - b) / (a + b)).powi(2);
    let (r1, r2) = (mirror(1.0, 1.5), mirror(1.5, 1.33));
    let both = r1 + (1.0 - r1).powi(2) * r2 / (1.0 - r1 * r2);
    assert!((glass.specular.value - both).abs() < 1e-12);
    assert!(glass.diffuse_reflectance.value == 0.0 && (glass.absorbed.value + both - 1.0).abs() < 1e-5);
}

#[test]
fn impossible_problems_are_refused_with_what_is_wrong() {
    let good = seven_layers().0;
    let mut cases: Vec<(Stack, &str)> = Vec::new();
    let with = |change: &dyn Fn(&mut Stack)| {
        let mut s = good.clone();
        change(&mut s);
        s
    };
    cases.push((with(&|s| s.layers[2].g = -1.5), "layer 3 has g"));
    cases.push((with(&|s| s.layers[0].mua_per_mm = f64::NAN), "layer 1 has mua_per_mm"));
    cases.push((with(&|s| s.layers[0].thickness_mm = f64::INFINITY), "layer 1 is infinitely"));
    cases.push((with(&|s| s.n_above = 0.5), "n_above"));
    cases.push((
        with(&|s| s.layers[6] = Layer { mua_per_mm: 0.0, thickness_mm: f64::INFINITY, ..s.layers[6] }),
        "infinite",
    ));
    cases.push((with(&|s| s.layers.clear()), "no layer"));
    for (problem, says) in cases {
        let error = simulate(&problem, &beam(10), &|_| ()).expect_err(says);
        assert!(error.to_string().contains(says), "{error}");
    }
    let none = simulate(&good, &beam(0), &|_| ()).expect_err("no photons");
    assert!(matches!(none, Error::Number { .. }) && none.to_string().contains("photons"));
}
