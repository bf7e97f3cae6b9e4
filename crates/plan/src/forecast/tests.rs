//! The forecast as a whole: how it hangs together, and what measurements do to it.

use glam::DVec3;
use jiff::civil::date;
use proptest::prelude::*;

use super::kinetics::{DAYS_PER_YEAR, EARLY_LOSS, HEALED_DAY};
use super::*;
use crate::case::{Aftercare, Case, FollowUp, Oiliness, PigmentKind, Sun};
use crate::design::ZoneKind;
use crate::dot::Dot;

fn dot(diameter_mm: f64, depth_mm: f64, shade: f64) -> Dot {
    Dot {
        id: 1,
        session: 1,
        zone: 0,
        cell: 1,
        position_mm: DVec3::ZERO,
        normal: DVec3::Y,
        diameter_mm,
        depth_mm,
        angle_deg: 90.0,
        azimuth_deg: 0.0,
        shade,
    }
}

fn facts(kind: ZoneKind) -> ZoneFacts {
    let dots = if kind == ZoneKind::Body { 1000 } else { 100 };
    ZoneFacts { kind, dots, density_per_cm2: 100.0 }
}

fn forecast(case: &Case, kinds: &[ZoneKind]) -> ForecastSummary {
    let zones: Vec<ZoneFacts> = kinds.iter().map(|&k| facts(k)).collect();
    summary(case, &Looks::new(case), &zones, None)
}

fn measured(day: f64, zone: ZoneKind, darkness: f64) -> FollowUp {
    FollowUp { day, zone: Some(zone), darkness, darkness_error: Some(0.08) }
}

const YEAR: f64 = DAYS_PER_YEAR;

#[test]
fn the_middle_is_the_published_rate_and_the_band_holds_its_span() {
    let f = forecast(&Case::default(), &[ZoneKind::Body, ZoneKind::Scar]);
    // `smp.md` 3.4: 0.20 a year, 0.10 to 0.30; scars 2.1 times.
    for (kind, factor) in [(ZoneKind::Body, 1.0), (ZoneKind::Scar, 2.1)] {
        for years in [1.0, 3.0, 5.0] {
            let left = f.zone(kind).remaining(HEALED_DAY + YEAR * years);
            assert!((left - libm::exp(-0.20 * factor * years)).abs() < 0.02, "{kind:?} {years}: {left}");
        }
    }
    for year in &f.years {
        let [low, middle, high] = year.remaining;
        assert!(low < middle && middle < high);
        // Eight of ten: a little more than the span on the fast side, most after many years, when the curve's shape counts.
        let rate = |left: f64| -libm::log(left) / year.years;
        assert!((0.25..0.45).contains(&rate(low)) && (0.09..0.14).contains(&rate(high)), "{year:?}");
    }
    let [early, middle, late] = f.touch_up_years;
    // Half is left after ln 2 / 0.2 (who healed lighter is there sooner, which moves the middle a little); practice says three to five years, two to eight at the extremes (`smp.md` 1.8).
    assert!(
        (middle - 3.47).abs() < 0.25 && (1.2..3.0).contains(&early) && (5.0..9.0).contains(&late),
        "{early} {late}"
    );
}

#[test]
fn the_touch_up_is_due_when_the_median_darkness_falls_under_the_limit() {
    for limit in [0.3, 0.5, 0.8] {
        let mut case = Case::default();
        case.forecast.touch_up_at = limit;
        let f = summary(&case, &Looks::new(&case), &[facts(ZoneKind::Body)], Some(date(2027, 3, 1)));
        let due = &f.zones[0].touch_up;
        let at = f.zones[0].darkness(HEALED_DAY + YEAR * due.years[1]);
        assert!((at - limit).abs() < 0.01, "{at} at {limit}");
        let dates = due.dates.expect("a last session was given");
        assert_eq!((dates[1] - date(2027, 3, 1)).get_days(), due.days[1]);
        assert!(dates[0] < dates[1] && dates[1] < dates[2]);
    }
}

#[test]
fn what_the_case_says_moves_the_forecast_the_known_way() {
    let year = |change: &dyn Fn(&mut Case)| {
        let mut case = Case::default();
        change(&mut case);
        let f = forecast(&case, &[ZoneKind::Body]);
        (
            f.zones[0].darkness(HEALED_DAY),
            f.zones[0].remaining(HEALED_DAY + 3.0 * YEAR),
            f.zones[0].influences.len(),
        )
    };
    let usual = year(&|_| {});
    assert_eq!(usual.2, 0);
    let faster: [&dyn Fn(&mut Case); 5] = [
        &|c| c.forecast.sun = Sun::Unprotected,
        &|c| c.forecast.chlorine = true,
        &|c| c.forecast.exfoliants = true,
        &|c| c.skin.oiliness = Oiliness::Oily,
        &|c| c.forecast.pigment = PigmentKind::Resorbable,
    ];
    for change in faster {
        let (_, left, said) = year(change);
        assert!(left < usual.1 - 0.03 && said == 1, "{left}, usual {}", usual.1);
    }
    let slower: [&dyn Fn(&mut Case); 2] =
        [&|c| c.forecast.sun = Sun::Covered, &|c| c.forecast.body_needle_points = 7];
    for change in slower {
        assert!(year(change).1 > usual.1 + 0.03);
    }
    let lighter: [&dyn Fn(&mut Case); 3] =
        [&|c| c.forecast.aftercare = Aftercare::Broken, &|c| c.skin.oiliness = Oiliness::Dry, &|c| {
            c.skin.oiliness = Oiliness::Oily
        }];
    for change in lighter {
        assert!(year(change).0 < usual.0 - 0.01);
    }
}

#[test]
fn the_first_days_begin_dark_and_end_as_healed() {
    let f = forecast(&Case::default(), &[ZoneKind::Body]);
    let days = &f.zones[0].days;
    let first: Vec<_> = days.iter().filter(|d| d.day <= HEALED_DAY).collect();
    for pair in first.windows(2) {
        assert!(pair[1].remaining[1] <= pair[0].remaining[1] + 1e-9, "{:?}", pair[1]);
        assert!(pair[1].diameter_mm[1] <= pair[0].diameter_mm[1] + 1e-9);
    }
    assert!(first[0].remaining[1] > 1.3 && (days[9].remaining[1] - 1.0).abs() < 1e-9);
    assert_eq!(f.first_days.iter().map(|d| d.day).collect::<Vec<_>>(), [0.0, 1.0, 3.0, 7.0, 10.0, 28.0]);
    let (day0, day10, day28) = (&f.first_days[0], &f.first_days[4], &f.first_days[5]);
    assert!(
        day0.redness[1] == 1.0 && day10.scabs[2] < 0.05 && day28.redness[2] < 0.01 && day28.scabs[2] < 0.01
    );
}

#[test]
fn two_follow_ups_narrow_the_band_and_pull_the_median_to_what_was_measured() {
    let case = Case::default();
    let body = [ZoneKind::Body];
    let before = forecast(&case, &body);
    // A fast fader: 0.95 on day 28, 0.62 after a year and a half; the published middle would be 0.70.
    let with = |follow_up: Vec<FollowUp>| {
        let mut case = case.clone();
        case.follow_up = follow_up;
        forecast(&case, &body)
    };
    let at = 1.5 * YEAR + HEALED_DAY;
    let one = with(vec![measured(28.0, ZoneKind::Body, 0.95)]);
    let two = with(vec![measured(28.0, ZoneKind::Body, 0.95), measured(at, ZoneKind::Body, 0.55)]);
    let band = |f: &ForecastSummary, day: f64| {
        f.zones[0].days.iter().find(|d| d.day >= day).expect("a day").darkness
    };
    let width = |f: &ForecastSummary, day: f64| band(f, day)[2] - band(f, day)[0];
    for years in [1.5, 3.0, 5.0] {
        let day = HEALED_DAY + YEAR * years;
        assert!(width(&one, day) < width(&before, day), "{years}");
        assert!(
            width(&two, day) < 0.85 * width(&one, day),
            "{years}: {} {}",
            width(&two, day),
            width(&one, day)
        );
    }
    // Between what was believed and what was measured, nearer to the measurement.
    let median = two.zones[0].darkness(at);
    let believed = one.zones[0].darkness(at);
    assert!(median > 0.55 && median - 0.55 < 0.5 * (believed - 0.55), "{median}, believed {believed}");
    assert!(two.touch_up_years[1] < before.touch_up_years[1]);
    let late = |f: &ForecastSummary| f.touch_up_years[2] - f.touch_up_years[0];
    assert!(late(&two) < 0.6 * late(&before));
    // As measured exactly: nothing moves, the band narrows.
    let expected: Vec<FollowUp> =
        [28.0, at].map(|day| measured(day, ZoneKind::Body, before.zones[0].darkness(day))).to_vec();
    let same = with(expected);
    assert!((same.zones[0].darkness(at) - before.zones[0].darkness(at)).abs() < 0.02);
}

#[test]
fn one_zone_measured_tells_something_of_the_others() {
    let zones = [ZoneKind::Body, ZoneKind::Hairline];
    let before = forecast(&Case::default(), &zones);
    let follow_up = vec![measured(28.0, ZoneKind::Body, 0.7), measured(400.0, ZoneKind::Body, 0.5)];
    let mut case = Case { follow_up, ..Case::default() };
    let after = forecast(&case, &zones);
    let moved = |kind| before.zone(kind).darkness(400.0) - after.zone(kind).darkness(400.0);
    assert!(moved(ZoneKind::Body) > moved(ZoneKind::Hairline) && moved(ZoneKind::Hairline) > 0.05);
    // A follow-up of a zone that the plan does not have counts too.
    case.follow_up.iter_mut().for_each(|f| f.zone = Some(ZoneKind::Blend));
    assert!(
        forecast(&case, &zones).zone(ZoneKind::Body).darkness(400.0)
            < before.zone(ZoneKind::Body).darkness(400.0)
    );
}

#[test]
fn a_dot_in_the_epidermis_is_shed_and_a_deep_one_spreads_and_turns_blue() {
    let case = Case::default();
    let f = forecast(&case, &[ZoneKind::Body]);
    let looks = Looks::new(&case);
    let pigment = |a: &Appearance| a.mua550_per_mm * a.diameter_mm.powi(2);
    let on = |dot: &Dot, days: f64| dot_on_day(&case, &looks, &f, dot, ZoneKind::Body, days);
    let (shallow, usual, deep) = (dot(0.25, 0.05, 10.0), dot(0.25, 0.225, 10.0), dot(0.25, 1.1, 10.0));
    let left = |d: &Dot| pigment(&on(d, HEALED_DAY)) / pigment(&on(&usual, HEALED_DAY));
    assert!(left(&shallow) < 0.4 && (left(&deep) - 1.0).abs() < 1e-6);
    assert!(on(&shallow, HEALED_DAY).depth_mm > shallow.depth_mm);
    let grown = |d: &Dot| on(d, HEALED_DAY + 5.0 * YEAR).diameter_mm / on(d, HEALED_DAY).diameter_mm;
    assert!(grown(&deep).powi(2) - 1.0 > 2.9 * (grown(&usual).powi(2) - 1.0));
    // Bluer: red is taken relatively more than blue.
    let red_over_blue = |d: &Dot| {
        let light = looks.light(ZoneKind::Body, &on(d, HEALED_DAY));
        light.loss_mm2[0] / light.loss_mm2[2]
    };
    assert!(red_over_blue(&deep) > 1.3 * red_over_blue(&usual));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the dot and the skin: every later picture is lighter than the one before, by as much as the table says, and
    /// holds no more pigment; the fresh mark is the widest and strongest.
    #[test]
    fn darkness_falls_with_the_share_that_is_left(
        diameter_mm in 0.1..0.5f64,
        depth_mm in 0.15..0.6f64,
        shade in 1.0..30.0f64,
        ita in -50.0..60.0f64,
        scar in any::<bool>(),
    ) {
        let mut case = Case::default();
        case.skin.ita_deg = Some(ita);
        let kind = if scar { ZoneKind::Scar } else { ZoneKind::Body };
        let f = forecast(&case, &[kind]);
        let dot = dot(diameter_mm, depth_mm, shade);
        let looks = Looks::new(&case);
        let at = |age: Age| {
            let moment = Moment { name: String::new(), label: String::new(), sessions_done: 1, age };
            let a = appearance(&case, &looks, &f, &dot, kind, &moment).expect("the dot is placed");
            // An area loses as much reflectance as its dots take.
            let lost = looks.light(kind, &a).loss_mm2;
            (lost[0] + lost[1] + lost[2], a.diameter_mm.powi(2) * a.mua550_per_mm, a.diameter_mm)
        };
        let (fresh, healed) = (at(Age::Fresh), at(Age::Healed));
        prop_assert!(fresh.0 > healed.0 && fresh.2 > healed.2);
        prop_assert!(fresh.1 > healed.1 / (1.0 - EARLY_LOSS));
        let mut before = healed;
        for years in YEARS {
            let now = at(Age::Years(years));
            prop_assert!(now.0 < before.0, "{years} years: {now:?}, before {before:?}");
            prop_assert!(now.1 < before.1 && now.2 > before.2, "{years} years: {now:?}, before {before:?}");
            let left = f.zones[0].remaining(Age::Years(years).days());
            prop_assert!((now.0 / healed.0 - left).abs() < 0.05, "{years} years: {} of {left}", now.0 / healed.0);
            before = now;
        }
    }

    /// A zone that healed darker or lighter than planned is drawn so.
    #[test]
    fn pictures_follow_what_was_measured(darkness in 0.4..1.4f64, shade in 8.0..25.0f64) {
        let exact = FollowUp { darkness_error: Some(0.01), ..measured(28.0, ZoneKind::Body, darkness) };
        let case = Case { follow_up: vec![exact], ..Case::default() };
        let f = forecast(&case, &[ZoneKind::Body]);
        let looks = Looks::new(&case);
        let dot = dot(0.25, 0.225, shade);
        let now = looks.lost_light_mm2(ZoneKind::Body, &dot_on_day(&case, &looks, &f, &dot, ZoneKind::Body, HEALED_DAY));
        let planned = Appearance { mua550_per_mm: looks.ink.healed_mua550_per_mm(shade), ..typical_dot(&case, &looks, ZoneKind::Body) };
        let ratio = now / looks.lost_light_mm2(ZoneKind::Body, &Appearance { diameter_mm: 0.25, depth_mm: 0.225, ..planned });
        prop_assert!((ratio / f.zones[0].darkness(HEALED_DAY) - 1.0).abs() < 0.03, "{ratio} {}", f.zones[0].darkness(HEALED_DAY));
        prop_assert!((ratio - darkness).abs() < 0.08, "{ratio} of {darkness}");
    }
}
