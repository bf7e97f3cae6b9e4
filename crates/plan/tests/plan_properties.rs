//! What holds for every plan: counts, areas, clearances, the same bytes on any number of threads, mirror images.

use glam::DVec3;
use hairline_plan::case::{Case, EXAMPLES, Look, PaintedZone, Place, Whorl, read};
use hairline_plan::design::Known;
use hairline_plan::head_source::head_from_measurements;
use hairline_plan::{Planned, make_plan};
use hairline_scalp::loss::Stage;
use proptest::prelude::*;

fn base() -> Case {
    read("case", EXAMPLES[1].1.as_bytes()).expect("an example")
}

/// `None` for a wish with nothing to treat.
fn plan(case: &Case) -> Option<Planned> {
    let source = head_from_measurements(case).expect("a plausible head");
    make_plan(case, source, &Known::default(), "test", &mut |_| ()).ok()
}

fn cases() -> impl Strategy<Value = Case> {
    let numbers = (182.0..215.0f64, 142.0..168.0f64, 60.0..130.0f64, 0.0..1.5f64, 55.0..90.0f64);
    (0u64..1000, 0..Stage::ALL.len(), 0..3usize, numbers).prop_map(
        |(seed, stage, look, (length, breadth, density, naturalness, height))| {
            let mut case = base();
            case.seed = seed;
            case.look = [Look::Hairline, Look::Density, Look::Shaved][look];
            case.loss.stage = Some(Stage::ALL[stage]);
            case.head.measurements = Default::default();
            case.head.measurements.length_mm = Some(length);
            case.head.measurements.breadth_mm = Some(breadth);
            case.artist.density_per_cm2 = Some(density);
            case.artist.naturalness = naturalness;
            case.hairline.height_mm = Some(height);
            case
        },
    )
}

/// A painted zone somewhere on the top and the sides, as corners around a centre.
fn painted(centre: Place, turn: f64, size: f64) -> Vec<Place> {
    let [az, t] = centre.0;
    let (sin, cos) = libm::sincos(az.to_radians());
    let corner = |k: usize| {
        let radius = size * if k.is_multiple_of(2) { 1.0 } else { 0.7 };
        let (s, c) = libm::sincos(turn + k as f64 * std::f64::consts::TAU / 6.0);
        let (u, v) = (t * sin + radius * s, t * cos + radius * c);
        Place([libm::atan2(u, v).to_degrees(), libm::hypot(u, v)])
    };
    (0..6).map(corner).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    #[test]
    fn counts_follow_the_density_areas_add_up_and_dots_keep_clear(case in cases()) {
        let Some(planned) = plan(&case) else { return Ok(()) };
        let wanted: f64 = planned.fields.iter().map(|f| f.patch.integral_cm2(&f.density_per_cm2)).sum();
        let (placed, plan) = (planned.dots.len() as f64, &planned.plan);
        prop_assert!((placed + plan.left_out as f64 - wanted).abs() <= 1.0 + 0.01 * wanted, "{} for {}", placed, wanted);
        prop_assert!(placed >= 0.99 * wanted - 1.0, "{} placed for {}", placed, wanted);
        let fields: f64 = planned.fields.iter().map(|f| f.patch.area_cm2()).sum();
        prop_assert!((plan.treated_area_cm2 - fields).abs() < 1e-6 * fields);
        prop_assert!(fields < plan.head.scalp_area_cm2 * 1.1, "{} of {} cm2", fields, plan.head.scalp_area_cm2);
        let mut hairs: Vec<DVec3> = planned.hair_units.iter().map(|h| h.0).collect();
        hairs.sort_by(|a, b| a.x.total_cmp(&b.x));
        for dot in planned.dots.iter().step_by(7) {
            let p = dot.position_mm;
            let first = hairs.partition_point(|h| h.x < p.x - 0.3);
            let near = hairs[first..].iter().take_while(|h| h.x <= p.x + 0.3).map(|h| h.distance(p)).fold(1.0, f64::min);
            prop_assert!(near >= 0.2999, "dot {} stands {} mm from a hair", dot.id, near);
        }
    }

    #[test]
    fn one_and_two_threads_give_the_same_plan(case in cases()) {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| plan(&case)).map(|p| {
                let dots: Vec<[u64; 3]> = p.dots.iter().map(|d| d.position_mm.to_array().map(f64::to_bits)).collect();
                (serde_json::to_string(&p.plan).expect("JSON"), dots)
            })
        };
        prop_assert!(on(1) == on(2));
    }

    #[test]
    fn a_mirrored_case_gives_mirrored_statistics(
        seed in 0u64..1000,
        az in -150.0..150.0f64,
        t in 0.1..0.5f64,
        turn in 0.0..6.0f64,
        size in 0.12..0.3f64,
    ) {
        let mut case = base();
        case.seed = seed;
        case.look = Look::Density;
        case.hair.whorl = Whorl::Clockwise;
        case.hair.whorl_at = Some(Place([165.0, 0.3]));
        case.loss = Default::default();
        let outline = painted(Place([az, t]), turn, size);
        let zone = |outline: Vec<Place>| PaintedZone { name: "bald".to_owned(), outline, density_left: 0.1 };
        let mut mirrored = case.clone();
        mirrored.hair.whorl = Whorl::CounterClockwise;
        mirrored.hair.whorl_at = Some(Place([-165.0, 0.3]));
        mirrored.loss.painted = vec![zone(outline.iter().map(|p| Place([-p.0[0], p.0[1]])).collect())];
        case.loss.painted = vec![zone(outline)];
        let (Some(one), Some(other)) = (plan(&case), plan(&mirrored)) else {
            return Err(TestCaseError::fail("a bald zone is treated"));
        };
        let near = |a: f64, b: f64, share: f64| (a / b - 1.0).abs() < share;
        prop_assert!(near(one.plan.treated_area_cm2, other.plan.treated_area_cm2, 0.005));
        prop_assert!(near(one.dots.len() as f64, other.dots.len() as f64, 0.02), "{} {}", one.dots.len(), other.dots.len());
        let middle = |p: &Planned| p.dots.iter().map(|d| d.position_mm).sum::<DVec3>() / p.dots.len() as f64;
        let (a, b) = (middle(&one), middle(&other));
        prop_assert!(a.distance(b * DVec3::new(-1.0, 1.0, 1.0)) < 1.0, "{} {}", a, b);
        let spread = |p: &Planned, m: DVec3| (p.dots.iter().map(|d| d.position_mm.distance_squared(m)).sum::<f64>() / p.dots.len() as f64).sqrt();
        prop_assert!(near(spread(&one, a), spread(&other, b), 0.02));
    }
}
