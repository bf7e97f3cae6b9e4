//! Against published coefficients, and the arithmetic of mixes.

use super::*;

fn bottle(pigment: &str) -> Bottle {
    Bottle { pigment: pigment.parse().expect("a pigment"), pigment_mg_per_ml: ASSUMED_PIGMENT_MG_PER_ML }
}

/// Bond and Bergstrom (2006): 7.5 +- 1.2 m2/g at 550 nm for fresh carbon; absorption of small grains goes with 1/wavelength, that
/// of grains of 200 nm is flat (`optics.md` 1.8: 11.3 to 6.3 and 5.1 to 4.8 m2/g from 400 to 700 nm).
#[test]
fn carbon_absorbs_as_published() {
    let fine = Pigment::CarbonBlack.mass_coefficients(FRESH_CARBON_NM).absorption_m2_per_g;
    let coarse = Pigment::CarbonBlack.mass_coefficients(HEALED_CARBON_NM).absorption_m2_per_g;
    assert!((fine.at_nm(550.0) - 7.5).abs() < 1.2);
    assert!((fine.at_nm(400.0) / fine.at_nm(700.0) - 700.0 / 400.0).abs() < 0.1);
    assert!((coarse.at_nm(400.0) / coarse.at_nm(700.0) - 5.1 / 4.8).abs() < 0.02);
}

/// 2.53 mg/cm2 in a zone 0.5 mm deep are 50 mg/ml, and absorb about 400 1/mm (Engel et al. 2008; `optics.md` 1.8).
#[test]
fn a_filled_tattoo_is_optically_black() {
    let full = Bottle { pigment: Blend::of(Pigment::CarbonBlack), pigment_mg_per_ml: 100.0 };
    let deposit = full.deposit(1.0, 1.0, FRESH_CARBON_NM).expect("a possible deposit");
    assert!((deposit.pigment_mg_per_ml - 50.0).abs() < 1e-12);
    assert!((deposit.mua_per_mm.at_nm(550.0) - 400.0).abs() < 10.0);
}

/// Shade N is N ml of diluent to 1 ml: 1/(N + 1) of the pigment (`smp.md` 3.2: 2 is 33.3 %, 10 is 9.1 %, 20 is 4.8 %).
#[test]
fn dilution_divides_the_pigment() {
    for (shade, percent) in [(2.0, 33.3), (10.0, 9.1), (20.0, 4.8)] {
        let deposit = bottle("carbon-black").deposit(shade, 0.1, 30.0).expect("a possible deposit");
        assert!((deposit.pigment_mg_per_ml / 150.0 / 0.1 * 100.0 - percent).abs() < 0.05);
    }
}

/// Red oxide turns to absorbing below some 580 nm and is clear in the red; yellow oxide has its edge at 500-540 nm; black oxide
/// has none (`optics.md` 1.8).
#[test]
fn oxides_have_their_edges() {
    let ratio = |p: Pigment, blue: f64, red: f64| {
        let m = p.mass_coefficients(HEALED_CARBON_NM).absorption_m2_per_g;
        m.at_nm(blue) / m.at_nm(red)
    };
    assert!(ratio(Pigment::RedIronOxide, 550.0, 700.0) > 3.0);
    assert!(
        ratio(Pigment::YellowIronOxide, 480.0, 560.0) > 4.0
            && ratio(Pigment::YellowIronOxide, 600.0, 700.0) < 1.5
    );
    assert!(ratio(Pigment::BlackIronOxide, 450.0, 650.0) < 1.2);
}

/// Mie theory with the index of wustite, 200 nm, 5.17 g/cm3, computed apart (miepython): the points the power law goes through.
#[test]
fn black_oxide_follows_its_stand_in() {
    let m = Pigment::BlackIronOxide.mass_coefficients(HEALED_CARBON_NM);
    for (nm, absorption, scattering) in [(400.0, 1.856, 1.661), (550.0, 1.793, 1.494), (700.0, 1.648, 1.202)]
    {
        assert!((m.absorption_m2_per_g.at_nm(nm) / absorption - 1.0).abs() < 0.05, "{nm}");
        assert!((m.scattering_m2_per_g.at_nm(nm) / scattering - 1.0).abs() < 0.10, "{nm}");
    }
}

/// What rests on no table says so.
#[test]
fn parametric_spectra_are_named_so() {
    for pigment in PIGMENTS {
        let parametric = matches!(pigment, Pigment::BlackIronOxide | Pigment::YellowIronOxide);
        assert_eq!(pigment.basis().starts_with("parametric"), parametric, "{pigment:?}");
    }
}

#[test]
fn impossible_mixes_are_refused_with_a_reason() {
    let blend = |text: &str| text.parse::<Blend>().expect_err("no blend").to_string();
    assert_eq!(
        blend("titanium-white"),
        "there is no pigment named \"titanium-white\"; known are carbon-black, black-iron-oxide, red-iron-oxide, yellow-iron-oxide"
    );
    assert!(blend("carbon-black:x").contains("\"x\" is no number"));
    assert!(
        blend("carbon-black:-1").contains("not above 0") && blend("carbon-black:nan").contains("not above 0")
    );
    assert!(blend("carbon-black+carbon-black").contains("twice"));
    let deposit =
        |shade, uptake| bottle("carbon-black").deposit(shade, uptake, 30.0).expect_err("no mix").to_string();
    assert!(
        deposit(0.0, 0.1).contains("shade (ml of diluent to 1 ml of pigment) is 0; allowed are 0.1 to 1000")
    );
    assert!(deposit(f64::NAN, 0.1).contains("NaN") && deposit(10.0, 1.5).contains("uptake_fraction is 1.5"));
}

proptest::proptest! {
    /// A blend lies between its parts, and its text gives it back.
    #[test]
    fn blends_mix_by_mass(share in 0.01..0.99f64, carbon_nm in 30.0..200.0f64) {
        let text = format!("carbon-black:{share}+red-iron-oxide:{}", 1.0 - share);
        let blend: Blend = text.parse().expect("a blend");
        let (carbon, red) =
            (Pigment::CarbonBlack.mass_coefficients(carbon_nm), Pigment::RedIronOxide.mass_coefficients(carbon_nm));
        let mixed = blend.mass_coefficients(carbon_nm);
        for nm in [400.0, 550.0, 700.0] {
            let between = share * carbon.absorption_m2_per_g.at_nm(nm) + (1.0 - share) * red.absorption_m2_per_g.at_nm(nm);
            proptest::prop_assert!((mixed.absorption_m2_per_g.at_nm(nm) - between).abs() < 1e-9);
            let (low, high) = (carbon.g.at_nm(nm).min(red.g.at_nm(nm)), carbon.g.at_nm(nm).max(red.g.at_nm(nm)));
            proptest::prop_assert!((low..=high).contains(&mixed.g.at_nm(nm)));
        }
        let again: Blend = blend.to_string().parse().expect("its own text");
        for (a, b) in again.parts().iter().zip(blend.parts()) {
            proptest::prop_assert!(a.0 == b.0 && (a.1 - b.1).abs() < 1e-12);
        }
    }

    /// Grains between the computed diameters absorb between them.
    #[test]
    fn carbon_changes_steadily_as_it_clumps(nm in 30.0..190.0f64) {
        let at = |nm: f64| Pigment::CarbonBlack.mass_coefficients(nm).absorption_m2_per_g.at_nm(550.0);
        proptest::prop_assert!(at(nm + 10.0) <= at(nm) + 1e-12 && at(nm) - at(nm + 10.0) < 1.0);
    }
}
