//! The studios of the demonstration: real cities and quarters, made-up streets and telephones.
//!
//! Telephones come from ranges kept free for stories where a country has one: Ofcom (020 7946 0xxx, 0161 496 0xxx), the
//! Bundesnetzagentur (030 23125 xxx), the North American 555-01xx and ACMA (08 5550 xxxx); those of Portugal, Austria and Nepal
//! are made up (nobody is reached by their noughts).

use crate::hours::Interval;

/// Words and prices of one currency.
pub(super) struct Money {
    /// ISO 4217.
    pub(super) currency: &'static str,
    /// In minor units: test dots, first, second and third session, going over.
    pub(super) prices: [i64; 5],
}

/// GBP, USD and AUD lie within `smp.md` 7.1 for the whole treatment (1,000 to 3,000 £; 2,000 to 3,500 US$; 2,000 to 7,000
/// AU$); the others are assumptions.
pub(super) const MONEY: [Money; 6] = [
    Money { currency: "GBP", prices: [2_000, 75_000, 60_000, 45_000, 35_000] },
    Money { currency: "EUR", prices: [2_500, 90_000, 70_000, 55_000, 40_000] },
    Money { currency: "USD", prices: [4_000, 120_000, 90_000, 70_000, 50_000] },
    Money { currency: "CAD", prices: [5_000, 150_000, 115_000, 90_000, 60_000] },
    Money { currency: "AUD", prices: [5_000, 160_000, 120_000, 90_000, 65_000] },
    Money { currency: "NPR", prices: [150_000, 9_000_000, 7_000_000, 5_000_000, 3_000_000] },
];

/// A studio before it has an id.
pub(super) struct Place {
    pub(super) slug: &'static str,
    pub(super) name: &'static str,
    pub(super) zone: &'static str,
    pub(super) latitude_deg: f64,
    pub(super) longitude_deg: f64,
    pub(super) street: &'static str,
    pub(super) postcode: &'static str,
    pub(super) city: &'static str,
    pub(super) country: &'static str,
    pub(super) phone: &'static str,
    pub(super) currency: &'static str,
    pub(super) about: &'static str,
    /// Opening from Monday to Sunday.
    pub(super) week: Week,
    /// How many practitioners have their home here.
    pub(super) practitioners: usize,
    /// Rooms for treatment beside the one for advice.
    pub(super) rooms: usize,
    /// Of a thousand clients, how many belong here.
    pub(super) share: i64,
}

/// Hours of a week.
#[derive(Clone, Copy)]
pub(super) enum Week {
    /// Tuesday to Saturday.
    Tuesday,
    /// Monday to Saturday, Saturday short.
    Monday,
    /// Tuesday to Saturday with a late Thursday.
    Late,
    /// Sunday to Friday, as Nepal works.
    Sunday,
}

impl Week {
    /// Opening on a day from Monday (0) to Sunday (6).
    pub(super) fn open(self, day: usize) -> Option<Interval> {
        let hours = |from: u16, to: u16| Some(Interval { from_min: 60 * from, to_min: 60 * to });
        match (self, day) {
            (Week::Tuesday | Week::Late, 0 | 6) | (Week::Monday, 6) | (Week::Sunday, 5) => None,
            (Week::Late, 3) => hours(10, 21),
            (Week::Monday, 5) => hours(9, 16),
            (Week::Sunday, _) => hours(10, 19),
            _ => hours(9, 18),
        }
    }
}

pub(super) const PLACES: [Place; 12] = [
    Place {
        slug: "london-shoreditch",
        name: "Shoreditch",
        zone: "Europe/London",
        latitude_deg: 51.5258,
        longitude_deg: -0.0784,
        street: "14 Lanternmakers Row",
        postcode: "E2 7QX",
        city: "London",
        country: "GB",
        phone: "+44 20 7946 0101",
        currency: "GBP",
        about: "Our first studio: five artists over a courtyard, open late on Thursdays. Shaved looks, \
        density under longer hair, and scars after transplants.",
        week: Week::Late,
        practitioners: 5,
        rooms: 4,
        share: 220,
    },
    Place {
        slug: "london-richmond",
        name: "Richmond",
        zone: "Europe/London",
        latitude_deg: 51.4612,
        longitude_deg: -0.3031,
        street: "3 Heron Steps",
        postcode: "TW9 1QX",
        city: "London",
        country: "GB",
        phone: "+44 20 7946 0102",
        currency: "GBP",
        about: "A quiet house near the river with a door of its own for every room.",
        week: Week::Tuesday,
        practitioners: 3,
        rooms: 3,
        share: 75,
    },
    Place {
        slug: "manchester",
        name: "Northern Quarter",
        zone: "Europe/London",
        latitude_deg: 53.4836,
        longitude_deg: -2.2350,
        street: "27 Cottonspool Street",
        postcode: "M4 1QX",
        city: "Manchester",
        country: "GB",
        phone: "+44 161 496 0103",
        currency: "GBP",
        about: "An old mill floor with north light, which shows a shade as it is.",
        week: Week::Tuesday,
        practitioners: 3,
        rooms: 2,
        share: 75,
    },
    Place {
        slug: "lisbon",
        name: "Chiado",
        zone: "Europe/Lisbon",
        latitude_deg: 38.7106,
        longitude_deg: -9.1427,
        street: "Rua da Andorinha Azul 18",
        postcode: "1200-000",
        city: "Lisbon",
        country: "PT",
        phone: "+351 21 000 0104",
        currency: "EUR",
        about: "Up the hill, behind blue tiles. Many of our clients here come for a weekend and a session.",
        week: Week::Monday,
        practitioners: 3,
        rooms: 2,
        share: 65,
    },
    Place {
        slug: "berlin",
        name: "Kreuzberg",
        zone: "Europe/Berlin",
        latitude_deg: 52.4986,
        longitude_deg: 13.4034,
        street: "Laternenweg 41",
        postcode: "10999",
        city: "Berlin",
        country: "DE",
        phone: "+49 30 23125 105",
        currency: "EUR",
        about: "Third courtyard, second floor. We speak German, English, Turkish and Polish.",
        week: Week::Tuesday,
        practitioners: 4,
        rooms: 3,
        share: 90,
    },
    Place {
        slug: "vienna",
        name: "Neubau",
        zone: "Europe/Vienna",
        latitude_deg: 48.2022,
        longitude_deg: 16.3489,
        street: "Drosselgasse 7",
        postcode: "1070",
        city: "Vienna",
        country: "AT",
        phone: "+43 1 000 0106",
        currency: "EUR",
        about: "A small studio with three artists and time for every question.",
        week: Week::Tuesday,
        practitioners: 3,
        rooms: 2,
        share: 65,
    },
    Place {
        slug: "new-york",
        name: "Brooklyn",
        zone: "America/New_York",
        latitude_deg: 40.7033,
        longitude_deg: -73.9881,
        street: "88 Ropewinders Alley",
        postcode: "11201",
        city: "New York",
        country: "US",
        phone: "+1 718-555-0107",
        currency: "USD",
        about: "Four artists under the bridge. Women's density work is a third of what we do here.",
        week: Week::Monday,
        practitioners: 4,
        rooms: 3,
        share: 95,
    },
    Place {
        slug: "chicago",
        name: "Wicker Park",
        zone: "America/Chicago",
        latitude_deg: 41.9088,
        longitude_deg: -87.6796,
        street: "1205 Tinsmith Court",
        postcode: "60622",
        city: "Chicago",
        country: "US",
        phone: "+1 312-555-0108",
        currency: "USD",
        about: "A corner shop of 1912, with a barber next door who knows how we want the hair cut.",
        week: Week::Tuesday,
        practitioners: 3,
        rooms: 2,
        share: 65,
    },
    Place {
        slug: "phoenix",
        name: "Roosevelt Row",
        zone: "America/Phoenix",
        latitude_deg: 33.4584,
        longitude_deg: -112.0683,
        street: "410 Quailbrush Lane",
        postcode: "85004",
        city: "Phoenix",
        country: "US",
        phone: "+1 602-555-0109",
        currency: "USD",
        about: "Cool rooms in the heat, and much advice about sun and fading.",
        week: Week::Tuesday,
        practitioners: 3,
        rooms: 2,
        share: 60,
    },
    Place {
        slug: "toronto",
        name: "Queen West",
        zone: "America/Toronto",
        latitude_deg: 43.6470,
        longitude_deg: -79.4090,
        street: "56 Kettlewright Avenue",
        postcode: "M6J 0X0",
        city: "Toronto",
        country: "CA",
        phone: "+1 416-555-0110",
        currency: "CAD",
        about: "Three artists, every skin tone, and a tram stop at the door.",
        week: Week::Tuesday,
        practitioners: 3,
        rooms: 2,
        share: 65,
    },
    Place {
        slug: "adelaide",
        name: "Rundle",
        zone: "Australia/Adelaide",
        latitude_deg: -34.9225,
        longitude_deg: 138.6115,
        street: "9 Saltbush Parade",
        postcode: "5000",
        city: "Adelaide",
        country: "AU",
        phone: "+61 8 5550 0111",
        currency: "AUD",
        about: "Our studio in the south, half an hour off everybody else's clock.",
        week: Week::Monday,
        practitioners: 3,
        rooms: 2,
        share: 60,
    },
    Place {
        slug: "kathmandu",
        name: "Thamel",
        zone: "Asia/Kathmandu",
        latitude_deg: 27.7154,
        longitude_deg: 85.3107,
        street: "Sunpati Galli 22",
        postcode: "44600",
        city: "Kathmandu",
        country: "NP",
        phone: "+977 1 000 0112",
        currency: "NPR",
        about: "The newest of us: a roof terrace, two rooms for treatment, and tea before everything.",
        week: Week::Sunday,
        practitioners: 3,
        rooms: 2,
        share: 65,
    },
];
