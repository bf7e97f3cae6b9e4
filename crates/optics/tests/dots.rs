//! The tables of dots: the phenomena known of pigment in skin come out of them, and damaged files are refused.

use hairline_optics::bare::bare_sce;
use hairline_optics::difference::ciede2000;
use hairline_optics::dot_gain::{seeming_coverage, yule_nielsen_n};
use hairline_optics::dots::check::{Case, Verdict};
use hairline_optics::dots::compose::{exponent, together};
use hairline_optics::dots::look::{DotLook, Ring};
use hairline_optics::dots::{Profile, Table, TableError};
use hairline_optics::illuminant::Illuminant;
use hairline_optics::pigment::{Blend, Bottle, Pigment};
use hairline_optics::spectrum::Spectrum;
use hairline_optics::tissue::Skin;
use hairline_optics::tone::{Tone, fit_skin};

const LIGHT: Illuminant = Illuminant::D65;

fn skin(ita_deg: f64) -> Skin {
    fit_skin(Tone::ItaDeg(ita_deg), Skin::new(0.02, 0.005)).expect("a possible tone").skin
}

fn bare(skin: Skin) -> Spectrum {
    bare_sce(skin).expect("a possible skin")
}

fn profile(skin: Skin, diameter_mm: f64, depth_mm: f64, mua: &Spectrum) -> Profile {
    Table::bundled().of_skin(&skin.layers(), 0.2).profile(diameter_mm, depth_mm - 0.1, mua)
}

fn seen(skin: Skin, diameter_mm: f64, depth_mm: f64, mua: &Spectrum) -> DotLook {
    let profile = profile(skin, diameter_mm, depth_mm, mua);
    let rings = (0..200).map(|i| 0.01 * f64::from(i)).map(|r_mm| Ring { r_mm, ratio: profile.ratio(r_mm) });
    DotLook::new(bare(skin), rings.collect(), LIGHT)
}

/// Healed carbon at a shade.
fn carbon(shade: f64) -> Spectrum {
    let bottle = Bottle { pigment: Blend::of(Pigment::CarbonBlack), pigment_mg_per_ml: 150.0 };
    bottle.deposit(shade, 0.15, 200.0).expect("a possible mix").mua_per_mm
}

/// Absorption that makes the middle of a dot darker by an L* difference.
fn strength_for(skin: Skin, depth_mm: f64, darker: f64) -> Spectrum {
    let (mut low, mut high) = (0.01f64, 300.0f64);
    let of = |mua: f64| carbon(10.0).map(|c| c / carbon(10.0).at_nm(550.0) * mua);
    for _ in 0..50 {
        let middle = (low * high).sqrt();
        let look = seen(skin, 0.25, depth_mm, &of(middle));
        if look.skin_lab.l - look.dot_lab.l < darker { low = middle } else { high = middle }
    }
    of(low)
}

#[test]
fn deeper_dots_are_weaker_and_blurrier() {
    let looks = [0.2, 0.3, 0.4, 0.5, 0.7, 1.0].map(|depth| seen(skin(30.0), 0.25, depth, &carbon(10.0)));
    for pair in looks.windows(2) {
        assert!(pair[1].hwhm_mm > pair[0].hwhm_mm, "{} {}", pair[0].hwhm_mm, pair[1].hwhm_mm);
        assert!(pair[1].delta_e00 < pair[0].delta_e00);
    }
}

/// Deep pigment looks blue (Kienle et al., Appl Opt 35:1151, 1996): at an equal loss of lightness it has the lower b*, as it
/// takes the red more than the blue.
#[test]
fn deeper_dots_are_bluer_at_equal_lightness() {
    for ita in [50.0, 20.0] {
        let mut before: Option<(f64, f64)> = None;
        for depth in [0.2, 0.35, 0.5] {
            let mua = strength_for(skin(ita), depth, 3.0);
            let look = seen(skin(ita), 0.25, depth, &mua);
            let taken = |nm: f64| 1.0 - look.profile[0].ratio.at_nm(nm);
            let (b, red_over_blue) = (look.dot_lab.b, taken(650.0) / taken(450.0));
            assert!((look.skin_lab.l - look.dot_lab.l - 3.0).abs() < 0.05, "{:?}", look.dot_lab);
            if let Some((b_before, before)) = before {
                assert!(
                    b < b_before - 0.1 && red_over_blue > 1.2 * before,
                    "{ita} {depth}: {b} {red_over_blue}"
                );
            }
            before = Some((b, red_over_blue));
        }
    }
}

#[test]
fn the_same_dilution_is_darker_against_fair_than_against_dark_skin() {
    let contrasts =
        [60.0, 45.0, 30.0, 10.0, -10.0, -40.0].map(|ita| seen(skin(ita), 0.25, 0.35, &carbon(10.0)));
    for pair in contrasts.windows(2) {
        assert!(pair[0].delta_e00 > pair[1].delta_e00, "{} {}", pair[0].delta_e00, pair[1].delta_e00);
    }
}

#[test]
fn more_diluent_is_weaker_and_no_pigment_is_nothing() {
    let contrasts =
        [3.0, 6.0, 10.0, 20.0, 30.0].map(|shade| seen(skin(30.0), 0.25, 0.3, &carbon(shade)).delta_e00);
    assert!(contrasts.windows(2).all(|pair| pair[1] < pair[0]), "{contrasts:?}");
    assert!(seen(skin(30.0), 0.25, 0.3, &Spectrum::flat(0.0)).delta_e00 < 1e-3);
    // Weak pigment takes light in proportion (Beer's law).
    let taken = |mua: f64| 1.0 - profile(skin(30.0), 0.25, 0.3, &Spectrum::flat(mua)).ratio(0.0).at_nm(550.0);
    assert!((taken(0.02) / taken(0.01) - 2.0).abs() < 0.01);
}

/// Mean green reflectance of a square lattice of 100 dots per cm2, over that of the skin; what the middle of a dot leaves.
fn lattice(depth_mm: f64, mua: &Spectrum) -> [f64; 2] {
    let layers = skin(30.0).layers();
    let scatters = layers.layers[2].mus_per_mm.zip(layers.layers[2].g, |mus, g| mus * (1.0 - g));
    let dot = profile(skin(30.0), 0.25, depth_mm, mua);
    let q = exponent(depth_mm - 0.1, &scatters);
    let at = |x: f64, y: f64| {
        let mut near = vec![];
        for i in -2..=2 {
            for j in -2..=2 {
                near.push((dot.ratio(libm::hypot(x - f64::from(i), y - f64::from(j))), q));
            }
        }
        together(&near).at_nm(550.0)
    };
    // A quarter of a cell.
    let steps = 24;
    let place = |i: i32| 0.5 * (f64::from(i) + 0.5) / f64::from(steps);
    let sum: f64 = (0..steps).map(|i| (0..steps).map(|k| at(place(i), place(k))).sum::<f64>()).sum();
    [sum / f64::from(steps * steps), dot.ratio(0.0).at_nm(550.0)]
}

/// Dot gain: light that enters beside a dot is caught on its way, so an area of dots is darker than its coverage says. A dot
/// flat on the surface is met twice, on the way in and out, and seems at most twice as large (Yule and Nielsen, n = 2). A
/// deposit is 0.2 mm high and light passes it on all sides: it seems larger than that, and larger still when deeper, which no n
/// explains.
#[test]
fn areas_of_dots_show_dot_gain() {
    let coverage = std::f64::consts::FRAC_PI_4 * 0.25 * 0.25;
    let white = bare(skin(30.0)).at_nm(550.0);
    let n = |[mean, under]: [f64; 2]| yule_nielsen_n(under * white, white, coverage, mean * white);
    let gain = |[mean, under]: [f64; 2]| seeming_coverage(under, 1.0, mean) / coverage;
    let (shallow, deep) = (lattice(0.1, &carbon(6.0)), lattice(0.25, &carbon(6.0)));
    assert!(gain(shallow) > 2.0 && gain(deep) > 1.2 * gain(shallow), "{} {}", gain(shallow), gain(deep));
    assert!(n(shallow).is_err() && n(deep).is_err(), "{shallow:?} {deep:?}");
}

#[test]
fn damaged_tables_are_refused_with_what_is_wrong() {
    let good = include_bytes!("../data/dots.bin");
    assert!(Table::read(good).is_ok());
    let mut flipped = good.to_vec();
    flipped[1_000_000] ^= 4;
    assert!(matches!(Table::read(&flipped), Err(TableError::Checksum { .. })));
    assert!(matches!(Table::read(&good[..good.len() - 1]), Err(TableError::Length { .. })));
    assert!(matches!(Table::read(b"PNG"), Err(TableError::Kind { .. })));
    assert!(Table::read(&[]).is_err_and(|e| e.to_string().contains("no table of dots")));
}

/// A few of the cases of `hairline optics check`, whose full run is in BENCHMARKS.md.
#[test]
fn random_cases_are_met() {
    let table = Table::bundled();
    let compare =
        |i| Case::draw(table, i).and_then(|case| case.compare(table, 10_000)).expect("a drawn case");
    let outcomes: Vec<_> = (1000..1006).map(compare).collect();
    let verdict = Verdict::of(&outcomes).expect("they have contrast");
    assert!(
        verdict.points >= 25 && verdict.met >= 0.85 && verdict.off_e00[0] < 0.5,
        "{verdict:?} {outcomes:?}"
    );
    assert!(outcomes.iter().any(|o| o.dots > 1) && outcomes.iter().any(|o| o.dots == 1));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    /// Whatever the dot and skin: shares between 0 and 1, darkest in the middle, nothing far away, and more pigment is
    /// never lighter.
    #[test]
    fn profiles_are_sane(
        f in 0.003..0.3f64, b in 0.001..0.02f64, s in 0.6..1.5f64,
        d in 0.05..0.9f64, depth in 0.0..1.6f64, mua in 0.01..400.0f64,
    ) {
        let skin = Skin { scattering_factor: s, ..Skin::new(f, b) };
        let dots = Table::bundled().of_skin(&skin.layers(), 0.2);
        let (weak, strong) =
            (dots.profile(d, depth, &Spectrum::flat(mua)), dots.profile(d, depth, &Spectrum::flat(1.3 * mua)));
        let mut before = 0.0;
        for r in [0.0, 0.3 * d, 0.6 * d, d, 2.0 * d, d + 1.0, d + 3.0] {
            for nm in [410.0, 550.0, 690.0] {
                let (a, b) = (weak.ratio(r).at_nm(nm), strong.ratio(r).at_nm(nm));
                proptest::prop_assert!((0.0..=1.0 + 1e-9).contains(&a) && b <= a + 2e-3, "{r} {nm}: {a} {b}");
            }
            let mean = weak.ratio(r).samples.iter().sum::<f64>() / 31.0;
            proptest::prop_assert!(mean >= before - 0.02, "{r}: {mean} {before}");
            before = mean;
        }
        proptest::prop_assert!(before > 0.999);
    }
}

/// ITA 30 skin under its own dot differs from dark skin under its own by what CIEDE2000 says: the two looks are of the skins
/// asked for.
#[test]
fn looks_are_of_their_own_skin() {
    let (fair, dark) =
        (seen(skin(50.0), 0.25, 0.3, &carbon(10.0)), seen(skin(-20.0), 0.25, 0.3, &carbon(10.0)));
    assert!(ciede2000(fair.skin_lab, dark.skin_lab) > 15.0);
    assert!(fair.skin_lab.l > fair.dot_lab.l && dark.skin_lab.l > dark.dot_lab.l);
}
