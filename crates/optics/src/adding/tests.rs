//! Published and independently computed values; sums, limits and symmetries.

use super::*;
use crate::layer::Layer;
use crate::published::known_slabs;

fn layer(per_cm: [f64; 4], n: f64) -> Layer {
    let [mua, mus, g, thickness_cm] = per_cm;
    Layer { n, mua_per_mm: mua / 10.0, mus_per_mm: mus / 10.0, g, thickness_mm: thickness_cm * 10.0 }
}

fn stack(n: f64, per_cm: &[[f64; 4]]) -> Stack {
    Stack { n_above: 1.0, n_below: 1.0, layers: per_cm.iter().map(|l| layer(*l, n)).collect() }
}

fn solved<const N: usize>(stack: &Stack) -> Fluxes {
    fluxes::<N>(stack).expect("a possible stack")
}

/// Reflectance with the mirror part, and transmittance.
fn total<const N: usize>(stack: &Stack) -> [f64; 2] {
    let f = solved::<N>(stack);
    [f.specular + f.diffuse_reflectance, f.transmittance]
}

/// Cases V1-V12: an adding-doubling program of other authors.
#[test]
fn twelve_stacks_agree_with_another_program() {
    let slabs = known_slabs();
    for slab in &slabs {
        let f = solved::<FINE_STREAMS>(&slab.stack);
        for (found, [wanted, error]) in
            [(f.diffuse_reflectance, slab.diffuse_reflectance), (f.transmittance, slab.transmittance)]
        {
            assert!(
                (found - wanted).abs() < 2e-5 + 1.5 * error,
                "{}: {found} is not {wanted} +- {error}",
                slab.name
            );
        }
    }
    assert_eq!(slabs.len(), 12);
}

/// Van de Hulst (1980), Giovanelli (1955) and Gardner (1992), as printed in the MCML manual (Wang and Jacques 1992, section 6);
/// Giovanelli's value holds the mirror part, Gardner's is a Monte Carlo of 100 000 photons.
#[test]
fn published_slabs_come_out() {
    let [r, t] = total::<FINE_STREAMS>(&stack(1.0, &[[10.0, 90.0, 0.75, 0.02]]));
    assert!((r - 0.09739).abs() < 1e-5 && (t - 0.66096).abs() < 1e-5, "van de Hulst {r} {t}");
    let [r, _] = total::<FINE_STREAMS>(&stack(1.5, &[[10.0, 90.0, 0.0, f64::INFINITY]]));
    assert!((r - 0.2600).abs() < 1e-4, "Giovanelli {r}");
    let three = [[1.0, 100.0, 0.9, 0.1], [1.0, 10.0, 0.0, 0.1], [2.0, 10.0, 0.7, 0.2]];
    let f = solved::<FINE_STREAMS>(&stack(1.37, &three));
    assert!(
        (f.diffuse_reflectance - 0.2375).abs() < 1e-3 && (f.transmittance - 0.0965).abs() < 1e-3,
        "{f:?}"
    );
}

/// Beer and Lambert: a clear absorber lets exp(-2) through, less the two surfaces and their echoes.
#[test]
fn absorbers_follow_beer() {
    let [r, t] = total::<8>(&stack(1.0, &[[10.0, 0.0, 0.0, 0.2]]));
    assert!(r.abs() < 1e-14 && (t - libm::exp(-2.0)).abs() < 1e-14, "{r} {t}");
    let (mirror, through) = (crate::fresnel::fresnel(1.0, 1.5, 1.0), libm::exp(-2.0));
    let echo = 1.0 - mirror * mirror * through * through;
    let [r, t] = total::<8>(&stack(1.5, &[[10.0, 0.0, 0.0, 0.2]]));
    assert!((t - (1.0 - mirror) * (1.0 - mirror) * through / echo).abs() < 1e-14);
    let back = (1.0 - mirror) * (1.0 - mirror) * mirror * through * through / echo;
    assert!((r - mirror - back).abs() < 1e-14);
}

/// More directions than a doubling program survives (32) still converge.
#[test]
fn many_streams_are_stable() {
    let v1 = stack(1.0, &[[10.0, 90.0, 0.75, 0.02]]);
    let v4 = stack(1.0, &[[0.1, 100.0, 0.9, f64::INFINITY]]);
    assert!((total::<48>(&v1)[0] - 0.09739).abs() < 1e-5);
    assert!((total::<48>(&v4)[0] - 0.74607).abs() < 1e-5);
}

/// The finest step there is: clear layers and layers of no thickness change nothing.
#[test]
fn what_does_nothing_changes_nothing() {
    let skin = [0.3, 200.0, 0.8, 0.4];
    let bare = total::<8>(&stack(1.4, &[skin]));
    let dressed =
        total::<8>(&stack(1.4, &[[0.0, 0.0, 0.0, 0.3], [50.0, 9.0, 0.1, 0.0], skin, [0.0, 10.0, 1.0, 0.1]]));
    for (bare, dressed) in bare.into_iter().zip(dressed) {
        assert!((bare - dressed).abs() < 1e-12, "{bare} {dressed}");
    }
}

#[test]
fn impossible_stacks_are_refused_with_a_reason() {
    let good = [1.0, 100.0, 0.8, 0.1];
    let message = |stack: &Stack| fluxes::<8>(stack).expect_err("an impossible stack").to_string();
    let nan = message(&stack(1.4, &[good, [f64::NAN, 1.0, 0.0, 0.1]]));
    assert!(nan.contains("layer 2") && nan.contains("mua_per_mm") && nan.contains("NaN"), "{nan}");
    assert!(
        message(&stack(1.4, &[[1.0, 1.0, 0.0, f64::INFINITY], good])).contains("layer 1 is infinitely thick")
    );
    assert!(message(&stack(1.4, &[])).contains("no layer"));
    assert!(message(&stack(0.0, &[good])).contains("allowed are 1"));
    let mut unlike = stack(1.4, &[good, good]);
    unlike.layers[1].n = 1.38;
    assert!(message(&unlike).contains("layer 2 has refractive index 1.38"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(100))]

    /// Shares lie between 0 and 1; without absorption nothing is lost.
    #[test]
    fn light_is_conserved(
        mua in 0.0..5.0f64, mus in 0.01..40.0f64, g in -0.5..0.95f64, mm in 0.01..3.0f64, n in 1.0..1.6f64,
        n_below in 1.0..1.6f64,
    ) {
        let slab = |mua| Stack {
            n_above: 1.0,
            n_below,
            layers: vec![Layer { n, mua_per_mm: mua, mus_per_mm: mus, g, thickness_mm: mm }],
        };
        let clear = solved::<12>(&slab(0.0));
        proptest::prop_assert!(clear.absorbed.abs() < 1e-8, "{clear:?}");
        let f = solved::<12>(&slab(mua));
        for share in [f.specular, f.diffuse_reflectance, f.transmittance, f.absorbed] {
            proptest::prop_assert!((-1e-3..=1.0 + 1e-9).contains(&share), "{f:?}");
        }
    }

    /// A layer cut in two is the same layer.
    #[test]
    fn a_cut_changes_nothing(mua in 0.0..5.0f64, mus in 0.01..40.0f64, g in 0.0..0.95f64, cut in 0.01..0.99f64) {
        let part = |share: f64| Layer { n: 1.4, mua_per_mm: mua, mus_per_mm: mus, g, thickness_mm: share };
        let whole = Stack { n_above: 1.0, n_below: 1.2, layers: vec![part(1.0)] };
        let parts = Stack { layers: vec![part(cut), part(1.0 - cut)], ..whole.clone() };
        let (whole, parts) = (total::<12>(&whole), total::<12>(&parts));
        proptest::prop_assert!((whole[0] - parts[0]).abs() < 1e-8 && (whole[1] - parts[1]).abs() < 1e-8);
    }

    /// Light passes unlike layers alike from either side (reciprocity for straight light in and out, to which total
    /// transmittance of thick layers comes close; here the exact case: clear absorbers around a scatterer).
    #[test]
    fn a_clear_absorber_passes_alike_above_and_below(depth in 0.1..2.0f64, mus in 0.1..5.0f64) {
        let clear = Layer { n: 1.0, mua_per_mm: depth, mus_per_mm: 0.0, g: 0.0, thickness_mm: 1.0 };
        let white = Layer { n: 1.0, mua_per_mm: 0.0, mus_per_mm: mus, g: 0.5, thickness_mm: 1.0 };
        let over = Stack { n_above: 1.0, n_below: 1.0, layers: vec![clear, white] };
        let bare = Stack { layers: vec![white], ..over.clone() };
        // Straight light is weakened by the absorber and then spread by the scatterer
        let expected = libm::exp(-depth) * solved::<16>(&bare).transmittance;
        proptest::prop_assert!((solved::<16>(&over).transmittance - expected).abs() < 1e-10);
    }

    /// Deeper is never lighter where the layers only add absorption: reflectance falls with absorption.
    #[test]
    fn absorption_darkens(mua in 0.01..5.0f64, more in 0.01..5.0f64, mus in 1.0..40.0f64, g in 0.0..0.9f64) {
        let at = |mua| stack(1.4, &[[10.0 * mua, 10.0 * mus, g, 0.1], [0.5, 200.0, 0.8, f64::INFINITY]]);
        proptest::prop_assert!(total::<12>(&at(mua + more))[0] < total::<12>(&at(mua))[0]);
    }
}
