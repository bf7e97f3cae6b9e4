//! Against the measured tones, and back from known skins.

use super::*;
use crate::bare::{bare_sce, sci_of_sce};
use crate::published::{CLASSES, measured_class};
use crate::spectrum::{Spectrum, WAVELENGTHS_NM};

/// The fit to each class's own mean spectrum: its colour, and the model's spectrum.
fn fitted(class: &str) -> (FittedSkin, Spectrum) {
    let lab = Illuminant::D65.lab(&measured_class(class)[0]);
    let fit = fit_skin(Tone::LabSci(lab), Skin::new(0.02, 0.005)).expect("a measured tone");
    (fit, sci_of_sce(bare_sce(fit.skin).expect("a fitted skin")))
}

#[test]
fn every_measured_class_is_met_within_its_spread_at_every_wavelength() {
    for class in CLASSES {
        let [mean, sd] = measured_class(class);
        let (fit, model) = fitted(class);
        assert!(fit.delta_e00 < 1.5, "{class}: {}", fit.delta_e00);
        for i in 0..31 {
            let off = (model.samples[i] - mean.samples[i]) / sd.samples[i];
            assert!(
                off.abs() < 1.0,
                "{class} at {} nm is off by {off} standard deviations",
                WAVELENGTHS_NM[i]
            );
        }
    }
}

/// Redness is highest in tan to brown skin and falls to both ends (`optics.md` 2.4: 11 against 9.5 and 7; b* likewise).
#[test]
fn redness_and_yellowness_peak_in_tan_and_brown_skin() {
    let labs = CLASSES.map(|class| Illuminant::D65.lab(&fitted(class).1));
    for pick in [|lab: &Lab| lab.a, |lab: &Lab| lab.b] {
        let top = labs.iter().map(pick).fold(0.0, f64::max);
        let at = labs.iter().position(|lab| pick(lab) == top);
        assert!(matches!(at, Some(3 | 4)), "{labs:?}");
        assert!(pick(&labs[0]) < top - 2.0 && pick(&labs[5]) < top - 0.5, "{labs:?}");
    }
}

#[test]
fn darker_classes_have_more_melanin() {
    let melanin = CLASSES.map(|class| fitted(class).0.skin.melanosome_fraction);
    assert!(melanin.windows(2).all(|m| m[1] > 1.3 * m[0]), "{melanin:?}");
}

#[test]
fn every_scale_gives_a_skin_near_its_colour() {
    let like = Skin::new(0.02, 0.005);
    let tones = [Tone::ItaDeg(30.0), Tone::ItaDeg(-40.0), Tone::LabSce(Lab { l: 58.0, a: 11.0, b: 17.0 })];
    let scales = (1..=10).map(Tone::Monk).chain((1..=6).map(Tone::Fitzpatrick));
    for tone in tones.into_iter().chain(scales) {
        let fit = fit_skin(tone, like).expect("a possible tone");
        assert!(fit.delta_e00 < 1.5, "{tone:?}: {}", fit.delta_e00);
    }
    let thin =
        Skin { thickness: crate::tissue::Thickness::of_region(crate::tissue::ScalpRegion::Temple), ..like };
    let fit = fit_skin(Tone::ItaDeg(30.0), thin).expect("a possible tone");
    assert_eq!(fit.skin.thickness, thin.thickness);
}

/// A colour off the surface of skins is met by its nearest skin: no neighbour is nearer.
#[test]
fn a_colour_no_skin_has_is_met_by_the_nearest_and_said() {
    for lab in
        [Lab { l: 60.0, a: 2.0, b: 25.0 }, Lab { l: 75.0, a: 25.0, b: 5.0 }, Lab { l: 92.0, a: 2.0, b: 7.0 }]
    {
        let fit = fit_skin(Tone::LabSci(lab), Skin::new(0.02, 0.005)).expect("a possible colour");
        assert!(fit.delta_e00 > 2.0, "{lab:?} {fit:?}");
        for (melanin, blood) in [(0.93, 1.0), (1.07, 1.0), (1.0, 0.9), (1.0, 1.1)] {
            let neighbour = Skin {
                melanosome_fraction: (fit.skin.melanosome_fraction * melanin)
                    .clamp(MELANOSOMES[0], MELANOSOMES[1]),
                blood_fraction: (fit.skin.blood_fraction * blood).clamp(BLOOD[0], BLOOD[1]),
                ..fit.skin
            };
            let off = ciede2000(lab_sci_at::<STREAMS>(neighbour).expect("a possible skin"), lab);
            assert!(off > fit.delta_e00 - 0.02, "{lab:?}: {off} < {}", fit.delta_e00);
        }
    }
}

#[test]
fn a_described_tone_has_a_spread_and_a_measured_one_has_none() {
    let [low, high] = Tone::Fitzpatrick(3).likely_ita_deg().expect("a described tone");
    let middle = Tone::Fitzpatrick(3).lab_sci().expect("a phototype").ita_deg();
    assert!(low < middle - 10.0 && middle + 10.0 < high);
    let [monk_low, monk_high] = Tone::Monk(4).likely_ita_deg().expect("a described tone");
    assert!(low < monk_low && monk_high < high);
    assert_eq!(Tone::ItaDeg(20.0).likely_ita_deg(), None);
}

#[test]
fn impossible_tones_are_refused_with_a_reason() {
    let message = |tone| fit_skin(tone, Skin::new(0.02, 0.005)).expect_err("an impossible tone").to_string();
    assert_eq!(message(Tone::ItaDeg(f64::NAN)), "ITA in degrees is NaN; allowed are -90 to 90");
    assert!(message(Tone::ItaDeg(200.0)).contains("is 200; allowed"));
    assert!(message(Tone::LabSci(Lab { l: 140.0, a: 0.0, b: 0.0 })).contains("L* of the skin is 140"));
    assert!(
        message(Tone::LabSce(Lab { l: 50.0, a: f64::INFINITY, b: 0.0 })).contains("a* of the skin is inf")
    );
    assert_eq!(message(Tone::Monk(11)), "level of the Monk Skin Tone scale is 11; allowed are 1 to 10");
    assert!(message(Tone::Fitzpatrick(0)).contains("Fitzpatrick phototype is 0; allowed are 1 to 6"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(60))]

    /// The colour of a skin leads back to it.
    #[test]
    fn the_inverse_is_exact_for_skins(f in -4.6..-1.2f64, b in -6.9..-3.7f64, saturation in 0.4..0.9f64) {
        let skin = Skin { saturation, ..Skin::new(libm::exp(f), libm::exp(b)) };
        let lab = Illuminant::D65.lab(&sci_of_sce(bare_sce(skin).expect("a possible skin")));
        let fit = fit_skin(Tone::LabSci(lab), skin).expect("the colour of a skin");
        proptest::prop_assert!(fit.delta_e00 < 2e-3, "{}", fit.delta_e00);
        proptest::prop_assert!((fit.skin.melanosome_fraction / skin.melanosome_fraction - 1.0).abs() < 5e-3);
        proptest::prop_assert!((fit.skin.blood_fraction / skin.blood_fraction - 1.0).abs() < 2e-2);
    }
}
