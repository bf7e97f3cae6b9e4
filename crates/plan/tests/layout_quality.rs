//! The bars a layout has to hold, measured on heads, a strip and a disc.
#![allow(missing_docs)]

mod support;

use hairline_plan::layout::metrics::LayoutReport;
use hairline_plan::layout::{LayoutSettings, Obstacle, place_dots};
use hairline_scalp::TriMesh;
use support::{holds_everywhere, laid, show};

fn hairs_on(mesh: &TriMesh, count: usize) -> Vec<Obstacle> {
    let settings =
        LayoutSettings { dots: Some(count), visit_shares: vec![1.0], seed: 99, ..Default::default() };
    let layout =
        place_dots(mesh, &vec![1.0; mesh.positions.len()], &[], &settings).expect("the surface has room");
    layout.dots.iter().map(|d| Obstacle::hair(d.position_mm)).collect()
}

/// What a head allows on top: spectra and pair correlation.
fn holds_on_heads(report: &LayoutReport) {
    holds_everywhere(report);
    for set in &report.sets {
        let low = set.spectrum.as_ref().expect("wide enough").low;
        assert!(low <= 0.03, "{}: low-frequency power {low:.4}", set.set);
        let anisotropy = set.anisotropy_db.expect("wide enough");
        // The floor is -18 dB for 64 separate patches; on small sets the patches overlap.
        let bar = if set.count >= 15_000 { -15.5 } else { -12.0 };
        assert!(anisotropy < bar, "{}: anisotropy {anisotropy:.1} dB, bar {bar}", set.set);
    }
    let whole = &report.sets[0];
    let nearest = whole.nearest.expect("enough dots");
    assert!((0.17..=0.23).contains(&nearest.cv), "nearest-neighbour CV {:.3}", nearest.cv);
    let pairs = whole.pairs.as_ref().expect("wide enough");
    assert!(pairs.core < 0.05, "g below 0.35 spacings: {:.3}", pairs.core);
    assert!((1.3..=1.5).contains(&pairs.peak), "g peak {:.3}", pairs.peak);
    assert!((0.9..=1.15).contains(&pairs.peak_at), "g peak at {:.3}", pairs.peak_at);
    assert!(whole.anisotropy_db.expect("wide enough") < -16.0);
}

#[test]
fn sixty_thousand_graded_dots_around_hairs_hold_every_bar() {
    let mesh = support::head(112);
    let density: Vec<f64> = mesh.positions.iter().map(|&p| support::head_density(p)).collect();
    let hairs = hairs_on(&mesh, 20_000);
    let settings = LayoutSettings { dots: Some(60_000), ..Default::default() };
    let (layout, report) = laid(&mesh, &density, &hairs, &settings);
    show(&report);
    assert_eq!((layout.dots.len(), layout.left_out), (60_000, 0));
    holds_on_heads(&report);
    let fit = report.sets[0].density.expect("a wide surface");
    let gain = fit.gain.expect("graded");
    assert!((0.98..=1.02).contains(&gain), "density gain {gain:.3}");
    assert!(fit.rms < 0.035, "density rms {:.3}", fit.rms);
}

#[test]
fn twenty_thousand_even_dots_hold_every_bar_for_several_seeds() {
    let mesh = support::head(60);
    let density = vec![1.0; mesh.positions.len()];
    for seed in [2, 3] {
        let settings = LayoutSettings { dots: Some(20_000), seed, ..Default::default() };
        let (_, report) = laid(&mesh, &density, &[], &settings);
        show(&report);
        holds_on_heads(&report);
    }
}

#[test]
fn other_numbers_of_visits_are_even_too() {
    let mesh = support::head(60);
    let density = vec![1.0; mesh.positions.len()];
    for shares in [vec![1.0], vec![0.5, 0.5], vec![0.25; 4], vec![0.2; 5]] {
        let settings =
            LayoutSettings { dots: Some(20_000), visit_shares: shares.clone(), ..Default::default() };
        let (layout, report) = laid(&mesh, &density, &[], &settings);
        show(&report);
        assert_eq!(layout.dots.len(), 20_000);
        for set in &report.sets {
            let low = set.window_power.expect("windows fit anywhere");
            assert!(low <= 0.06, "{} visits, {}: {low:.4}", shares.len(), set.set);
        }
        for (visit, share) in shares.iter().enumerate() {
            let count = layout.dots.iter().filter(|d| d.visit as usize == visit).count();
            assert_eq!(count, (share / shares.iter().sum::<f64>() * 20_000.0).round() as usize);
        }
    }
}

#[test]
fn a_narrow_strip_holds_the_bars_even_and_ramped() {
    let mesh = support::sheet(160.0, 15.0, 1.5);
    let even = vec![1.0; mesh.positions.len()];
    let ramped: Vec<f64> = mesh.positions.iter().map(|p| 0.25 + 0.75 * p.x / 160.0).collect();
    for density in [even, ramped] {
        let settings = LayoutSettings { dots: Some(2_800), ..Default::default() };
        let (_, report) = laid(&mesh, &density, &[], &settings);
        show(&report);
        holds_everywhere(&report);
        let cv = report.sets[0].nearest.expect("wide enough").cv;
        assert!((0.17..=0.23).contains(&cv), "{cv}");
    }
}

#[test]
fn a_feathered_edge_across_a_hairline_strip_holds_the_bars() {
    // Density falls to a tenth over the front 6 mm of a 15 mm zone.
    let mesh = support::sheet(160.0, 15.0, 1.0);
    let density: Vec<f64> =
        mesh.positions.iter().map(|p| 120.0 * (0.1 + 0.9 * (p.y / 6.0).min(1.0))).collect();
    let hairs = hairs_on(&mesh, 300);
    let (layout, report) = laid(&mesh, &density, &hairs, &LayoutSettings::default());
    show(&report);
    assert!(layout.left_out == 0);
    holds_everywhere(&report);
}

#[test]
fn a_disc_of_five_square_centimetres_with_hairs_holds_the_bars() {
    let mesh = support::disc(12.616, 12);
    assert!((mesh.area_mm2() - 500.0).abs() < 5.0);
    let density = vec![80.0; mesh.positions.len()];
    let hairs = hairs_on(&mesh, 150);
    let (layout, report) = laid(&mesh, &density, &hairs, &LayoutSettings::default());
    show(&report);
    assert!((layout.dots.len() as f64 - 0.8 * mesh.area_mm2()).abs() <= 1.0);
    holds_everywhere(&report);
}
