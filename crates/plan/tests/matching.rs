//! The pigment match: its directions, its limits, and that it depends on nothing else.

use hairline_optics::colour::Lab;
use hairline_plan::case::{Case, EXAMPLES, HairColour, PigmentKind, read};
use hairline_plan::design::ZoneKind;
use hairline_plan::matching::{Choice, Match, match_case, resolve, warnings};
use hairline_plan::pigment::{LADDER, shade_step};

/// Dots dense enough that no hair asks for more than they can give.
fn case(ita_deg: f64, colour: HairColour) -> Case {
    let mut case = Case::default();
    case.skin.ita_deg = Some(ita_deg);
    case.hair.colour = colour;
    case.artist.dot_diameter_mm = 0.28;
    case.artist.density_per_cm2 = Some(150.0);
    case
}

fn found(case: &Case) -> Match {
    match_case(case).expect("a skin that exists")
}

fn body(case: &Case) -> Choice {
    found(case).zones.into_iter().find(|z| z.kind == ZoneKind::Body).expect("a body").choice
}

fn codes(case: &Case) -> Vec<String> {
    warnings(case, &found(case)).into_iter().map(|w| w.code).collect()
}

#[test]
fn darker_hair_gets_a_stronger_shade() {
    for ita in [55.0, 30.0, 0.0] {
        use HairColour::{Black, Blond, Brown, LightBrown};
        let shades = [Black, Brown, LightBrown, Blond].map(|hair| body(&case(ita, hair)).shade);
        assert!(shades.is_sorted() && shades[0] < shades[3], "ITA {ita}: {shades:?}");
    }
}

/// Black hair is black on every skin, and dots show less under more melanin (the direction of `smp.md` 3.2). Fair hair is
/// another matter: on dark skin its stubble hardly shows, and less pigment matches it.
#[test]
fn darker_skin_needs_no_weaker_shade_for_black_hair() {
    let shades = [58.0, 30.0, 0.0, -40.0].map(|ita| body(&case(ita, HairColour::Black)).shade);
    assert!(shades.is_sorted_by(|a, b| a >= b) && shades[0] > shades[3], "{shades:?}");
}

/// The table of practice (`smp.md` 3.2, an assumption there) in broad ranges.
#[test]
fn fair_hair_on_fair_skin_is_light_and_black_hair_on_brown_skin_strong() {
    let fair = body(&case(58.0, HairColour::Blond)).shade;
    let black = body(&case(-10.0, HairColour::Black)).shade;
    assert!((14.0..=30.0).contains(&fair), "fair {fair}");
    assert!((2.0..=12.0).contains(&black), "black {black}");
}

#[test]
fn denser_and_longer_stubble_asks_for_more_pigment() {
    let mut sparse = case(35.0, HairColour::Brown);
    sparse.hair.units_per_cm2 = 45.0;
    let mut long = case(35.0, HairColour::Brown);
    long.matching.stubble_days = Some(3.0);
    let usual = body(&case(35.0, HairColour::Brown));
    assert!(body(&sparse).shade > usual.shade);
    assert!(found(&long).target.lightness_drop > found(&case(35.0, HairColour::Brown)).target.lightness_drop);
    assert!(body(&long).shade <= usual.shade);
}

#[test]
fn a_patch_colour_is_met_where_dots_can_meet_it() {
    let mut case = case(35.0, HairColour::Brown);
    let bare = found(&case).skin_lab_sce;
    let want = Lab { l: bare.l - 4.0, a: bare.a - 0.9, b: bare.b - 1.6 };
    case.matching.patch_lab_sce = Some([want.l, want.a, want.b]);
    let m = found(&case);
    assert_eq!(m.target.kind, "patch-colour");
    assert!(m.zones[0].choice.delta_e00[0] < 2.0, "{:?}", m.zones[0].choice);
}

#[test]
fn no_choice_is_a_helmet_or_darker_than_allowed() {
    let mut case = case(40.0, HairColour::Black);
    case.matching.diameter_mm = Some([0.2, 0.45]);
    case.matching.density_per_cm2 = Some([60.0, 194.0]);
    case.matching.darker_limit_l = 1.0;
    let (filled, m) = resolve(&case).expect("a match");
    for choice in std::iter::once(&m.zones[0].choice).chain(&m.zones[0].runners_up) {
        let of_spacing = choice.diameter_mm * (choice.density_per_cm2 / 100.0).sqrt();
        assert!(choice.coverage <= 0.15 + 1e-9 && of_spacing <= 0.40 + 1e-9, "{choice:?}");
    }
    assert!(m.zones[0].choice.darker_l <= 1.0, "{:?}", m.zones[0].choice);
    // What was chosen within the artist's range is what is planned.
    assert_eq!(filled.artist.dot_diameter_mm, m.zones[0].choice.diameter_mm);
    assert_eq!(filled.artist.density_per_cm2, Some(m.zones[0].choice.density_per_cm2));
}

/// A choice within wider means is never worse.
#[test]
fn more_freedom_matches_no_worse() {
    let own = case(40.0, HairColour::DarkBrown);
    let mut free = own.clone();
    free.matching.diameter_mm = Some([0.2, 0.36]);
    assert!(body(&free).score <= body(&own).score + 0.5);
}

#[test]
fn the_first_pass_is_lighter_and_the_hairline_not_stronger() {
    let (filled, m) = resolve(&case(35.0, HairColour::DarkBrown)).expect("a match");
    for zone in &m.zones {
        let [first, second, last] = zone.shade_by_pass;
        assert!(first >= second && second >= last && last == zone.shade, "{zone:?}");
        assert_eq!(LADDER[shade_step(&filled, zone.kind, 3, 3)], zone.shade);
    }
    assert!(m.zones[1].kind == ZoneKind::Hairline && m.zones[1].shade >= m.zones[0].shade);
}

#[test]
fn the_shade_of_the_case_wins() {
    let mut case = case(35.0, HairColour::DarkBrown);
    case.artist.shade = Some(20.0);
    let m = found(&case);
    assert!(m.zones[0].shade_of_case && m.zones[0].shade == 20.0 && m.why.contains("asks for shade 20"));
    case.artist.shade = None;
    case.artist.shades.body = Some(6.0);
    assert_eq!(found(&case).zones[0].shade, 6.0);
}

#[test]
fn seed_head_and_a_second_time_change_nothing() {
    let text = EXAMPLES.iter().find(|e| e.0 == "shaved-norwood6").expect("an example").1;
    let case = read("example", text.as_bytes()).expect("a case");
    let mut other = case.clone();
    other.seed = 99;
    other.head = Default::default();
    assert_eq!(found(&case), found(&other));
    // A plan's own case, in which the shades are filled in, plans the same shades.
    let (filled, first) = resolve(&case).expect("a match");
    let (again, second) = resolve(&filled).expect("a match");
    assert_eq!(filled, again);
    assert!(first.zones.iter().zip(&second.zones).all(|(a, b)| a.shade == b.shade));
}

#[test]
fn any_number_of_threads_gives_the_same_match() {
    let case = case(20.0, HairColour::Brown);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| found(&case))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn deep_dots_warn_of_blue_with_a_number() {
    let mut deep = case(45.0, HairColour::Black);
    assert!(!codes(&deep).contains(&"too-deep".to_owned()));
    deep.artist.depth_mm = 1.2;
    let m = found(&deep);
    assert!(m.evidence.blue_shift_b > 0.3, "{:?}", m.evidence);
    assert!(codes(&deep).contains(&"too-deep".to_owned()));
}

#[test]
fn iron_oxide_leaves_red_and_carbon_does_not() {
    let mut iron = case(45.0, HairColour::Black);
    assert_eq!(found(&iron).evidence.red_residue_a, 0.0);
    iron.forecast.pigment = PigmentKind::IronOxide;
    assert!(found(&iron).evidence.red_residue_a > 0.2, "{:?}", found(&iron).evidence);
}

#[test]
fn hair_that_black_pigment_cannot_match_is_said() {
    for hair in [HairColour::White, HairColour::Blond, HairColour::Red] {
        assert!(codes(&case(30.0, hair)).contains(&"hair-colour".to_owned()), "{hair:?}");
    }
    assert!(!codes(&case(30.0, HairColour::Black)).contains(&"hair-colour".to_owned()));
}

#[test]
fn greying_hair_outgrows_its_match_the_sooner_the_faster_it_greys() {
    let until = |rate: f64| {
        let mut case = case(40.0, HairColour::DarkBrown);
        case.matching.grey_share_per_year = rate;
        found(&case).greying.expect("hair that greys").fits_until_years
    };
    let (slow, fast) = (until(0.03), until(0.2));
    let fast = fast.expect("half of the hairs are grey in three years");
    assert!(slow.is_none_or(|slow| slow > fast), "{slow:?} {fast}");
    assert!(found(&case(40.0, HairColour::DarkBrown)).greying.is_none());
}

#[test]
fn impossible_wishes_are_refused_by_name() {
    for (wish, field) in [
        ("patch_lab_sce = [120, 10, 10]", "matching.patch_lab_sce"),
        ("hair_lab_sce = [20, 90, 10]", "matching.hair_lab_sce"),
        ("patch_lab_sce = [nan, 1, 1]", "matching.patch_lab_sce"),
        ("diameter_mm = [0.4, 0.2]", "matching.diameter_mm"),
        ("stubble_days = 9", "matching.stubble_days"),
        ("grey_share = -0.1", "matching.grey_share"),
    ] {
        let text = format!("look = \"shaved\"\n[loss]\nstage = \"norwood-vi\"\n[matching]\n{wish}\n");
        let message = read("case", text.as_bytes()).expect_err("an impossible wish").to_string();
        assert!(message.contains(field), "{wish}: {message}");
    }
}

/// From the chair single dots stand out; from 3 m their spacing of 0.8 mm is finer than a minute of arc, and what is left is
/// the unevenness from dot to dot. Deeper dots are blurrier and stand out less from near; fewer and wider ones are seen from
/// farther.
#[test]
fn dots_stand_out_from_near_and_hardly_from_afar() {
    let visible = |depth_mm: f64, diameter_mm: f64, density: f64| {
        let mut case = case(30.0, HairColour::Black);
        case.artist.shade = Some(6.0);
        case.artist.depth_mm = depth_mm;
        case.artist.dot_diameter_mm = diameter_mm;
        case.artist.density_per_cm2 = Some(density);
        body(&case).visible
    };
    let usual = visible(0.5, 0.28, 150.0);
    assert!(usual[0] > 2.0 * usual[1] && usual[0] > 5.0 * usual[2], "{usual:?}");
    assert!(visible(1.2, 0.28, 150.0)[0] < 0.7 * usual[0]);
    assert!(visible(0.5, 0.48, 50.0)[2] > 1.5 * usual[2]);
}
