//! Finding towns by what somebody typed.

use std::collections::BTreeMap;

use super::list::{Key, letters};
use super::{Place, Places, fold};

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

impl Places {
    /// The `n` towns that fit best what was typed, best first, then the largest first.
    ///
    /// `Munich`, `munchen`, `MÜNCHEN`, `Muenchen, Germany`, `Paris, TX`, `Paris Texas`, `Lodnon`. What follows a comma must
    /// fit a country (its name or code) or region (its name or code, or how its name begins); nothing else is guessed.
    /// Names with mistakes are looked for only where no name fits whole.
    pub fn find(&self, typed: &str, n: usize) -> Vec<Found<'_>> {
        let mut pieces = typed.split([',', '،', '、', '，']);
        let name = fold(pieces.next().unwrap_or_default());
        let within: Vec<String> = pieces.map(fold).filter(|w| !w.is_empty()).collect();
        if name.is_empty() || name.chars().count() > LONGEST {
            return Vec::new();
        }
        let mut towns = self.candidates(&name, &within);
        if within.is_empty() && !towns.values().any(|fits| *fits == Match::Whole) {
            // Without a comma: the last words may be the country or region.
            let spaces: Vec<usize> = name.match_indices(' ').map(|(at, _)| at).collect();
            let split =
                spaces.iter().rev().map(|&at| self.candidates(&name[..at], &[name[at + 1..].to_owned()]));
            for (town, fits) in split.flatten() {
                if fits == Match::Whole {
                    towns.insert(town, fits);
                }
            }
        }
        let mut found: Vec<(u32, Found<'_>)> =
            towns.into_iter().map(|(town, fits)| (town, Found { place: self.place(town), fits })).collect();
        found.sort_by(|(a_town, a), (b_town, b)| {
            a.fits.cmp(&b.fits).then(b.place.population.cmp(&a.place.population)).then(a_town.cmp(b_town))
        });
        found.into_iter().take(n).map(|(_, f)| f).collect()
    }

    /// Towns whose name fits, with the best fit of each.
    fn candidates(&self, name: &str, within: &[String]) -> BTreeMap<u32, Match> {
        let mut towns: BTreeMap<u32, Match> = BTreeMap::new();
        let take = |towns: &mut BTreeMap<u32, Match>, key: &Key, fits: Match| {
            if within.iter().all(|w| self.lies_within(key.town, w)) {
                let best = towns.entry(key.town).or_insert(fits);
                *best = fits.min(*best);
            }
        };
        let from = self.keys.partition_point(|key| self.name(key) < name);
        for key in self.keys[from..].iter().take_while(|key| self.name(key).starts_with(name)) {
            take(&mut towns, key, if self.name(key) == name { Match::Whole } else { Match::Beginning });
        }
        if towns.values().any(|fits| *fits == Match::Whole) {
            return towns;
        }
        let (bits, length) = (letters(name), name.chars().count());
        let allowed = mistakes_allowed(length);
        // Each mistake changes at most two bits: one letter that is there and one that is not.
        let near = |key: &&Key| {
            usize::from(key.length).abs_diff(length) <= allowed
                && (key.letters ^ bits).count_ones() as usize <= 2 * allowed
        };
        for key in self.keys.iter().filter(near).filter(|_| allowed > 0) {
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
