//! The list of towns in memory: names in one text, sorted for look-up.

use std::io::Read;

use super::{PlaceError, Position, fold};

/// Towns of at least 5,000 people: GeoNames (<https://www.geonames.org>), CC BY 4.0; see `data/NOTICE`.
const BUNDLED: &[u8] = include_bytes!("../../data/places.txt.z");

/// A town.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place<'a> {
    /// Its name, as GeoNames has it (mostly the English or the local one).
    pub name: &'a str,
    /// The first division of its country: a state, a county, a canton; empty where the list has none.
    pub region: &'a str,
    /// Its country, in English.
    pub country: &'a str,
    /// Two letters, ISO 3166-1.
    pub country_code: &'a str,
    /// Where it is, to about 1 km.
    pub position: Position,
    /// People, rounded down to hundreds.
    pub population: u32,
}

/// A stretch of one of the texts.
#[derive(Clone, Copy)]
pub(super) struct Slice {
    start: u32,
    len: u32,
}

impl Slice {
    fn of(self, text: &str) -> &str {
        &text[self.start as usize..(self.start + self.len) as usize]
    }
}

/// A folded name of a town.
#[derive(Clone, Copy)]
pub(super) struct Key {
    name: Slice,
    /// Which letters occur, one bit each; others share bits.
    pub letters: u32,
    /// Letters.
    pub length: u16,
    /// Index of the town.
    pub town: u32,
}

struct Town {
    name: Slice,
    region: u32,
    lat_deg: f32,
    lon_deg: f32,
    population: u32,
}

pub(super) struct Region {
    name: String,
    /// The code within the country and the folded name.
    pub called: [String; 2],
    country: u32,
}

pub(super) struct Country {
    code: String,
    name: String,
    /// Codes and names, folded.
    pub called: Vec<String>,
}

/// A list of towns, ready to be searched: about 15 MB and a fifth of a second for the bundled one.
pub struct Places {
    text: String,
    folded: String,
    towns: Vec<Town>,
    regions: Vec<Region>,
    countries: Vec<Country>,
    /// Sorted by name, then town.
    pub(super) keys: Vec<Key>,
}

/// The bits of the letters of a folded name: `a` to `z` one each, digits and spaces one, others five by code.
pub(super) fn letters(name: &str) -> u32 {
    name.chars().fold(0, |bits, c| {
        bits | match c {
            'a'..='z' => 1 << (u32::from(c) - u32::from('a')),
            '0'..='9' | ' ' => 1 << 26,
            _ => 1 << (27 + u32::from(c) % 5),
        }
    })
}

impl Places {
    /// The list that comes with the program.
    pub fn bundled() -> Places {
        Places::read(BUNDLED).expect("the bundled list is read by the tests of this crate")
    }

    /// Reads a list as `data/make_places.py` writes it.
    pub fn read(packed: &[u8]) -> Result<Places, PlaceError> {
        let mut source = String::new();
        flate2::read::ZlibDecoder::new(packed).read_to_string(&mut source).map_err(|_| PlaceError::Packed)?;
        let mut places = Places {
            text: String::new(),
            folded: String::new(),
            towns: Vec::new(),
            regions: Vec::new(),
            countries: Vec::new(),
            keys: Vec::new(),
        };
        for (number, line) in source.lines().enumerate() {
            let wrong = |allowed| PlaceError::Line { line: number + 1, found: line.to_owned(), allowed };
            if line.starts_with('#') {
                continue;
            }
            if let Some(country) = line.strip_prefix('=') {
                places
                    .read_country(country)
                    .ok_or_else(|| wrong("code, three letters, name, other names"))?;
            } else if let Some(region) = line.strip_prefix('@') {
                places.read_region(region).ok_or_else(|| wrong("code, name, after a country"))?;
            } else {
                places
                    .read_town(line)
                    .ok_or_else(|| wrong("name, latitude, longitude, population, other names"))?;
            }
        }
        let folded = &places.folded;
        places
            .keys
            .sort_unstable_by(|a, b| a.name.of(folded).cmp(b.name.of(folded)).then(a.town.cmp(&b.town)));
        places.keys.dedup_by(|a, b| a.town == b.town && a.name.of(folded) == b.name.of(folded));
        places.text.shrink_to_fit();
        places.keys.shrink_to_fit();
        places.towns.shrink_to_fit();
        Ok(places)
    }

    fn read_country(&mut self, line: &str) -> Option<()> {
        let mut fields = line.split('\t');
        let (code, code3, name) = (fields.next()?, fields.next()?, fields.next()?);
        let mut called = vec![fold(code), fold(code3), fold(name)];
        called.extend(fields.next()?.split('|').map(fold).filter(|n| !n.is_empty()));
        self.countries.push(Country { code: code.to_owned(), name: name.to_owned(), called });
        Some(())
    }

    fn read_region(&mut self, line: &str) -> Option<()> {
        let (code, name) = line.split_once('\t')?;
        let country = u32::try_from(self.countries.len().checked_sub(1)?).ok()?;
        self.regions.push(Region { name: name.to_owned(), called: [fold(code), fold(name)], country });
        Some(())
    }

    fn read_town(&mut self, line: &str) -> Option<()> {
        let mut fields = line.split('\t');
        let name = fields.next()?;
        let mut number = || fields.next()?.parse::<i32>().ok();
        let (lat, lon, hundreds) = (number()?, number()?, number()?);
        let position = Position::new(f64::from(lat) / 100.0, f64::from(lon) / 100.0).ok()?;
        let town = u32::try_from(self.towns.len()).ok()?;
        for other in std::iter::once(name).chain(fields.next()?.split('|')) {
            let folded = fold(other);
            if !folded.is_empty() {
                let key = Key {
                    letters: letters(&folded),
                    length: u16::try_from(folded.chars().count()).ok()?,
                    name: append(&mut self.folded, &folded)?,
                    town,
                };
                self.keys.push(key);
            }
        }
        self.towns.push(Town {
            name: append(&mut self.text, name)?,
            region: u32::try_from(self.regions.len().checked_sub(1)?).ok()?,
            lat_deg: position.lat_deg() as f32,
            lon_deg: position.lon_deg() as f32,
            population: u32::try_from(hundreds).ok()?.checked_mul(100)?,
        });
        Some(())
    }

    /// How many towns there are.
    pub fn len(&self) -> usize {
        self.towns.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.towns.is_empty()
    }

    /// The folded name of a key.
    pub(super) fn name(&self, key: &Key) -> &str {
        key.name.of(&self.folded)
    }

    pub(super) fn region(&self, town: u32) -> &Region {
        &self.regions[self.towns[town as usize].region as usize]
    }

    pub(super) fn country(&self, town: u32) -> &Country {
        &self.countries[self.region(town).country as usize]
    }

    /// A town by its index in the list.
    pub(super) fn place(&self, town: u32) -> Place<'_> {
        let t = &self.towns[town as usize];
        let (region, country) = (self.region(town), self.country(town));
        // Back to the hundredths of a degree of the list, which f32 does not hold exactly.
        let hundredths = |deg: f32| (f64::from(deg) * 100.0).round() / 100.0;
        Place {
            name: t.name.of(&self.text),
            region: &region.name,
            country: &country.name,
            country_code: &country.code,
            position: Position::new(hundredths(t.lat_deg), hundredths(t.lon_deg)).expect("checked when read"),
            population: t.population,
        }
    }
}

fn append(text: &mut String, part: &str) -> Option<Slice> {
    let slice = Slice { start: u32::try_from(text.len()).ok()?, len: u32::try_from(part.len()).ok()? };
    text.push_str(part);
    Some(slice)
}
