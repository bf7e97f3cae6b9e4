//! Finding towns by what somebody typed.

use std::collections::BTreeMap;

use super::list::{Key, letters};
use super::{Place, PlaceError, Places, Position, coordinates, fold};

/// How well a name fits what was typed, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// The whole name.
    Whole,
    /// The name begins so.
    Beginning,
    /// The name with so many mistakes: letters missing, too many, wrong, or two swapped.
    Mistakes(u8),
}

/// A town that may be meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<'a> {
    /// The town.
    pub place: Place<'a>,
    /// How well it fits.
    pub fits: Match,
}

/// What somebody may mean by what they typed.
#[derive(Clone, Debug, PartialEq)]
pub enum Meant<'a> {
    /// A position.
    At(Position),
    /// One of these towns, the likeliest first; none if nothing is called so.
    Towns(Vec<Found<'a>>),
}

/// How many mistakes a word of so many letters may have (assumption: one in four letters, two from eight on).
fn mistakes_allowed(length: usize) -> usize {
    match length {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Longer texts are no names of towns; the longest in the list has fewer letters.
const LONGEST: usize = 100;

/// Countries and regions without a comma before them have no more words than this (`United States of America` has four).
const MOST_WORDS_WITHIN: usize = 4;

/// Towns by index, how well a name of theirs fits, and whether it is one of their other names.
type Towns = BTreeMap<u32, (Match, bool)>;

fn any_whole(towns: &Towns) -> bool {
    towns.values().any(|(fits, _)| *fits == Match::Whole)
}

impl Places {
    /// Reads a typed place: a position as [`coordinates`] reads it, or else the name of a town as [`Places::find`] does.
    pub fn meant(&self, typed: &str, n: usize) -> Result<Meant<'_>, PlaceError> {
        match coordinates(typed) {
            Some(position) => position.map(Meant::At),
            None => Ok(Meant::Towns(self.find(typed, n))),
        }
    }

    /// The `n` towns that fit best what was typed, best first, then the largest first.
    ///
    /// `Munich`, `munchen`, `MÜNCHEN`, `Muenchen, Germany`, `Paris, TX`, `Paris Texas`, `Lodnon`, `80331 München`. What
    /// follows a comma must fit a country (its name or code) or region (its name or code, or how its name begins); nothing
    /// else is guessed. Names with mistakes are looked for only where no name fits whole. A town found by one of its other
    /// names counts as a quarter of its size (assumption), because many of these are historical.
    pub fn find(&self, typed: &str, n: usize) -> Vec<Found<'_>> {
        let mut pieces = typed.split([',', '،', '、', '，']);
        let name = fold(pieces.next().unwrap_or_default());
        let within: Vec<String> = pieces.map(fold).filter(|w| !w.is_empty()).collect();
        let mut towns = self.towns_called(&name, &within);
        if towns.is_empty() {
            // A postcode before the name, or after it.
            let words: Vec<&str> =
                name.split(' ').filter(|w| !w.contains(|c: char| c.is_ascii_digit())).collect();
            towns = self.towns_called(&words.join(" "), &within);
        }
        let mut found: Vec<(u32, u32, Found<'_>)> = towns
            .into_iter()
            .map(|(town, (fits, other))| {
                let place = self.place(town);
                (if other { place.population / 4 } else { place.population }, town, Found { place, fits })
            })
            .collect();
        found.sort_by(|(a_size, a_town, a), (b_size, b_town, b)| {
            a.fits.cmp(&b.fits).then(b_size.cmp(a_size)).then(a_town.cmp(b_town))
        });
        found.into_iter().take(n).map(|(.., f)| f).collect()
    }

    fn towns_called(&self, name: &str, within: &[String]) -> Towns {
        if name.is_empty() || name.chars().count() > LONGEST {
            return Towns::new();
        }
        let mut towns = self.candidates(name, within);
        if within.is_empty() && !any_whole(&towns) {
            // Without a comma: the last words may be the country or region.
            let mut split = Towns::new();
            for (at, _) in name.rmatch_indices(' ').take(MOST_WORDS_WITHIN) {
                for (town, fits) in self.candidates(&name[..at], &[name[at + 1..].to_owned()]) {
                    let best = split.entry(town).or_insert(fits);
                    *best = (*best).min(fits);
                }
            }
            let guess = towns.is_empty() && !any_whole(&split);
            split.retain(|_, (fits, _)| match fits {
                Match::Whole => true,
                Match::Beginning => false,
                Match::Mistakes(_) => guess,
            });
            towns.extend(split);
        }
        if any_whole(&towns) {
            // Beside whole names, the beginnings of other names are noise.
            towns.retain(|_, (fits, other)| *fits == Match::Whole || !*other);
        }
        towns
    }

    /// Towns whose name fits, with the best fit of each.
    fn candidates(&self, name: &str, within: &[String]) -> Towns {
        let mut towns = Towns::new();
        let take = |towns: &mut Towns, key: &Key, fits: Match| {
            if within.iter().all(|w| self.lies_within(key.town, w)) {
                let best = towns.entry(key.town).or_insert((fits, key.other));
                *best = (*best).min((fits, key.other));
            }
        };
        let from = self.keys.partition_point(|key| self.name(key) < name);
        for key in self.keys[from..].iter().take_while(|key| self.name(key).starts_with(name)) {
            take(&mut towns, key, if self.name(key) == name { Match::Whole } else { Match::Beginning });
        }
        let (bits, length) = (letters(name), name.chars().count());
        let allowed = mistakes_allowed(length);
        if allowed == 0 || any_whole(&towns) {
            return towns;
        }
        // Each mistake changes at most two bits: one letter that is there and one that is not.
        let near = |key: &&Key| {
            usize::from(key.length).abs_diff(length) <= allowed
                && (key.letters ^ bits).count_ones() as usize <= 2 * allowed
        };
        for key in self.keys.iter().filter(near) {
            let mistakes = strsim::osa_distance(self.name(key), name);
            if (1..=allowed).contains(&mistakes) {
                take(&mut towns, key, Match::Mistakes(u8::try_from(mistakes).unwrap_or(u8::MAX)));
            }
        }
        towns
    }

    fn lies_within(&self, town: u32, what: &str) -> bool {
        let region = &self.region(town).called;
        let begins = what.chars().count() >= 3 && region[1].starts_with(what);
        region.iter().any(|name| name == what)
            || begins
            || self
                .country(town)
                .called
                .iter()
                .any(|name| name == what || (what.chars().count() >= 4 && name.starts_with(what)))
    }
}

#[cfg(test)]
mod tests;
