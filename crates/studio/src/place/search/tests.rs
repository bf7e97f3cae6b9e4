use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::place::{PlaceError, Position};

static PLACES: LazyLock<Places> = LazyLock::new(Places::bundled);

/// Name, region and country of the first answer.
fn first(typed: &str) -> String {
    PLACES.find(typed, 1).first().map_or_else(
        || "nothing".into(),
        |f| format!("{}, {}, {}", f.place.name, f.place.region, f.place.country_code),
    )
}

#[test]
fn what_people_type() {
    for (typed, meant) in [
        ("London", "London, England, GB"),
        ("london, canada", "London, Ontario, CA"),
        ("London, ON", "London, Ontario, CA"),
        ("Newcastle, NSW", "Newcastle, New South Wales, AU"),
        ("Perth, WA", "Perth, Western Australia, AU"),
        ("London, Ontario", "London, Ontario, CA"),
        ("Munich", "Munich, Bavaria, DE"),
        ("münchen", "Munich, Bavaria, DE"),
        ("MUENCHEN, Deutschland", "Munich, Bavaria, DE"),
        ("Köln", "Köln, North Rhine-Westphalia, DE"),
        ("Cologne, DE", "Köln, North Rhine-Westphalia, DE"),
        ("Paris", "Paris, Île-de-France, FR"),
        ("Paris, TX", "Paris, Texas, US"),
        ("Paris Texas", "Paris, Texas, US"),
        ("Paris, Texas, USA", "Paris, Texas, US"),
        ("Roma", "Rome, Lazio, IT"),
        ("Wien", "Vienna, Vienna, AT"),
        ("zurich", "Zürich, Zurich, CH"),
        ("sao paulo", "São Paulo, São Paulo, BR"),
        ("Saint Etienne", "Saint-Étienne, Auvergne-Rhône-Alpes, FR"),
        ("Москва", "Moscow, Moscow, RU"),
        ("東京", "Tokyo, Tokyo, JP"),
        ("Seoul, South Korea", "Seoul, Seoul, KR"),
        // Mistakes.
        ("Lodnon", "London, England, GB"),
        ("Manchestr", "Manchester, England, GB"),
        ("Birmigham, UK", "Birmingham, England, GB"),
        ("Barcelonna", "Barcelona, Catalonia, ES"),
        ("Los Angelos", "Los Angeles, California, US"),
        ("Edinburg, Scotland", "Edinburgh, Scotland, GB"),
        // What is being typed.
        ("Manche", "Manchester, England, GB"),
        ("Los Ang", "Los Angeles, California, US"),
        ("", "nothing"),
        ("zzzzqqqq", "nothing"),
    ] {
        assert_eq!(first(typed), meant, "{typed}");
    }
}

#[test]
fn same_names_come_largest_first() {
    let found = PLACES.find("Springfield", 5);
    assert!(found.iter().all(|f| f.fits == Match::Whole && f.place.country_code == "US"), "{found:?}");
    assert!(found.windows(2).all(|w| w[0].place.population >= w[1].place.population));
    // Missouri's and Massachusetts' are the two largest (US Census 2020: 169,176 and 155,929).
    assert_eq!(
        found.iter().take(2).map(|f| f.place.region).collect::<Vec<_>>(),
        ["Missouri", "Massachusetts"]
    );
}

#[test]
fn towns_lie_where_they_are() {
    // Positions as any atlas has them, to a tenth of a degree.
    for (typed, lat_deg, lon_deg) in [
        ("London", 51.5, -0.1),
        ("New York City", 40.7, -74.0),
        ("Sydney", -33.9, 151.2),
        ("Suva", -18.1, 178.4),
    ] {
        let found = PLACES.find(typed, 1);
        let near = Position::new(lat_deg, lon_deg).expect("on the earth");
        assert!(found[0].place.position.distance_km(&near) < 15.0, "{typed}: {found:?}");
    }
    // Great circle between the middles of the two towns, 343 to 344 km by the usual tables.
    let (london, paris) = (PLACES.find("London", 1)[0].place, PLACES.find("Paris", 1)[0].place);
    assert!((london.position.distance_km(&paris.position) - 343.5).abs() < 2.0);
}

#[test]
fn the_bundled_list_is_whole() {
    assert!(PLACES.len() > 60_000 && !PLACES.is_empty());
    for key in &PLACES.keys {
        let place = PLACES.place(key.town);
        assert!(!place.name.is_empty() && place.country_code.len() == 2 && !place.country.is_empty());
        assert_eq!(letters(PLACES.name(key)), key.letters);
    }
    assert!(PLACES.keys.windows(2).all(|w| PLACES.name(&w[0]) <= PLACES.name(&w[1])));
}

#[test]
fn a_damaged_list_is_refused() {
    use std::io::Write;
    assert!(matches!(Places::read(b"not packed"), Err(PlaceError::Packed)));
    let read = |text: &str| {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(text.as_bytes()).expect("into memory");
        Places::read(&packer.finish().expect("into memory")).map(|p| p.len())
    };
    assert_eq!(read("=XX\tXXX\tNowhere\t\n@1\tNorth\nTown\t9000\t0\t51\t\n"), Ok(1));
    for bad in [
        "Town\t0\t0\t51\t\n",
        "@1\tNorth\n",
        "=XX\tXXX\n",
        "=XX\tXXX\tNowhere\t\n@1\tNorth\nTown\t9001\t0\t51\t\n",
        "=XX\tXXX\tNowhere\t\n@1\tNorth\nTown\t0\t0\t-51\t\n",
        "=XX\tXXX\tNowhere\t\n@1\tNorth\nTown\tx\t0\t51\t\n",
    ] {
        assert!(matches!(read(bad), Err(PlaceError::Line { .. })), "{bad:?}");
    }
}

/// Every name with at most the allowed mistakes, the slow way.
fn by_hand(name: &str) -> BTreeMap<u32, Match> {
    let mut towns = BTreeMap::new();
    let allowed = mistakes_allowed(name.chars().count());
    for key in &PLACES.keys {
        let mistakes = strsim::osa_distance(PLACES.name(key), name);
        let fits = if mistakes == 0 {
            Match::Whole
        } else if PLACES.name(key).starts_with(name) {
            Match::Beginning
        } else if mistakes <= allowed {
            Match::Mistakes(mistakes as u8)
        } else {
            continue;
        };
        let best = towns.entry(key.town).or_insert(fits);
        *best = fits.min(*best);
    }
    towns
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// The quick filter throws no town away that the slow way finds.
    #[test]
    fn quick_and_slow_agree(pick in 0usize..200_000, drop in 0usize..12, letter in "[a-z]") {
        let key = &PLACES.keys[pick % PLACES.keys.len()];
        let mut typed: Vec<char> = PLACES.name(key).chars().collect();
        let at = drop % typed.len();
        typed[at] = letter.chars().next().unwrap_or('x');
        let typed = fold(&typed.into_iter().collect::<String>());
        let slow = by_hand(&typed);
        let whole = slow.values().any(|f| *f == Match::Whole);
        let quick = PLACES.candidates(&typed, &[]);
        let slow: BTreeMap<u32, Match> =
            slow.into_iter().filter(|(_, f)| !whole || !matches!(f, Match::Mistakes(_))).collect();
        prop_assert_eq!(quick, slow, "{}", typed);
    }
}
