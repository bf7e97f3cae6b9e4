//! A line of quarter hours as bits: one per resource, over all the days that can be booked.
//!
//! Quarters are counted from 1970 in UTC, so a local day is just a range of them and days of 23 or 25 hours need nothing
//! special. Lines begin at whole words of 64 quarters, so any two can be combined word by word.

use std::ops::Range;

use crate::span::{MINUTE_US, Span};

/// Microseconds of a quarter of an hour.
pub const QUARTER_US: i64 = 15 * MINUTE_US;

/// The quarters that a span touches: what is taken is taken whole.
pub fn quarters_touched(span: &Span) -> Range<i64> {
    span.start_us.div_euclid(QUARTER_US)..quarter_at_or_after(span.end_us)
}

/// The quarters that lie wholly inside a span: what is free is free whole.
pub fn quarters_inside(span: &Span) -> Range<i64> {
    let start = quarter_at_or_after(span.start_us);
    start..span.end_us.div_euclid(QUARTER_US).max(start)
}

/// The first quarter that begins at an instant or after it.
pub fn quarter_at_or_after(at_us: i64) -> i64 {
    at_us.div_euclid(QUARTER_US) + i64::from(at_us.rem_euclid(QUARTER_US) != 0)
}

/// Quarters needed to hold so many minutes.
pub fn quarters_of(minutes: u32) -> i64 {
    i64::from(minutes.div_ceil(15))
}

/// One bit a quarter hour; quarters outside the line read as not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Quarters before the line, in words of 64.
    first_word: i64,
    words: Vec<u64>,
}

impl Timeline {
    /// A line that covers at least these quarters, none of them set.
    pub fn covering(quarters: Range<i64>) -> Timeline {
        let first_word = quarters.start.div_euclid(64);
        let end_word = (quarters.end - 1).div_euclid(64) + 1;
        let n = usize::try_from(end_word - first_word).unwrap_or(0);
        Timeline { first_word, words: vec![0; n] }
    }

    /// A line out of words; bit `b` of word `w` is quarter `64 (first_word + w) + b`.
    pub fn from_words(first_word: i64, words: Vec<u64>) -> Timeline {
        Timeline { first_word, words }
    }

    /// The quarters that the line covers.
    pub fn quarters(&self) -> Range<i64> {
        let first = 64 * self.first_word;
        // A line of a thousand years is half a million words, far below the range of i64.
        first..first + 64 * self.words.len() as i64
    }

    /// The word that holds the quarters from `64 * word` on; zero outside the line.
    pub fn word(&self, word: i64) -> u64 {
        usize::try_from(word - self.first_word).ok().and_then(|i| self.words.get(i)).copied().unwrap_or(0)
    }

    /// Whether a quarter is set.
    pub fn get(&self, quarter: i64) -> bool {
        self.word(quarter.div_euclid(64)) >> quarter.rem_euclid(64) & 1 == 1
    }

    /// Applies `change(word, mask of the bits in the range)` to the words that a range of quarters touches.
    fn masked(&mut self, quarters: Range<i64>, change: impl Fn(&mut u64, u64)) {
        let covered = self.quarters();
        let (start, end) = (quarters.start.max(covered.start), quarters.end.min(covered.end));
        if start >= end {
            return;
        }
        // Both are inside the line, so their distances from its start fit.
        let (first, last) = ((start - covered.start) as usize / 64, (end - 1 - covered.start) as usize / 64);
        for (i, word) in self.words.iter_mut().enumerate().take(last + 1).skip(first) {
            let mut mask = u64::MAX;
            if i == first {
                mask &= u64::MAX << start.rem_euclid(64);
            }
            if i == last {
                mask &= u64::MAX >> (63 - (end - 1).rem_euclid(64));
            }
            change(word, mask);
        }
    }

    /// Sets a range of quarters; what lies outside the line is left out.
    pub fn set(&mut self, quarters: Range<i64>) {
        self.masked(quarters, |word, mask| *word |= mask);
    }

    /// Clears a range of quarters.
    pub fn clear(&mut self, quarters: Range<i64>) {
        self.masked(quarters, |word, mask| *word &= !mask);
    }

    /// Sets every quarter that a span touches: for what is taken.
    pub fn set_touched(&mut self, span: &Span) {
        self.set(quarters_touched(span));
    }

    /// Sets the quarters wholly inside a span: for what is open.
    pub fn set_inside(&mut self, span: &Span) {
        self.set(quarters_inside(span));
    }

    /// Keeps the quarters set in both.
    pub fn and(&mut self, other: &Timeline) {
        for (w, word) in (self.first_word..).zip(&mut self.words) {
            *word &= other.word(w);
        }
    }

    /// Adds the quarters of another line, as far as this one reaches.
    pub fn or(&mut self, other: &Timeline) {
        for (w, word) in (self.first_word..).zip(&mut self.words) {
            *word |= other.word(w);
        }
    }

    /// Removes the quarters of another line.
    pub fn and_not(&mut self, other: &Timeline) {
        for (w, word) in (self.first_word..).zip(&mut self.words) {
            *word &= !other.word(w);
        }
    }

    /// The quarters at which `n` (at least 1) set quarters in a row begin.
    pub fn runs(&self, n: i64) -> Timeline {
        let mut out = self.clone();
        keep_runs(&mut out.words, n);
        out
    }

    /// The set quarters in order.
    pub fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        (self.first_word..).zip(&self.words).flat_map(|(w, &word)| bits(word).map(move |b| 64 * w + b))
    }

    /// The set quarters of a range in order.
    pub fn iter_in(&self, quarters: Range<i64>) -> impl Iterator<Item = i64> + '_ {
        let words = quarters.start.div_euclid(64)..(quarters.end + 63).div_euclid(64);
        words.flat_map(|w| bits(self.word(w)).map(move |b| 64 * w + b)).filter(move |q| quarters.contains(q))
    }

    /// The set quarters of a range, the last first.
    pub fn iter_back_in(&self, quarters: Range<i64>) -> impl Iterator<Item = i64> + '_ {
        let words = quarters.start.div_euclid(64)..(quarters.end + 63).div_euclid(64);
        let back = |word: u64| bits(word.reverse_bits()).map(|b| 63 - b);
        words
            .rev()
            .flat_map(move |w| back(self.word(w)).map(move |b| 64 * w + b))
            .filter(move |q| quarters.contains(q))
    }

    /// The first set quarter of a range.
    pub fn first_in(&self, quarters: Range<i64>) -> Option<i64> {
        let mut w = quarters.start.div_euclid(64);
        let mut word = self.word(w) & u64::MAX << quarters.start.rem_euclid(64);
        while 64 * w < quarters.end {
            if word != 0 {
                let quarter = 64 * w + i64::from(word.trailing_zeros());
                return (quarter < quarters.end).then_some(quarter);
            }
            w += 1;
            word = self.word(w);
        }
        None
    }

    /// Number of set quarters.
    pub fn count(&self) -> u32 {
        self.words.iter().map(|w| w.count_ones()).sum()
    }

    /// The set quarters in a row around a quarter, itself included; empty where it is not set.
    pub fn run_around(&self, quarter: i64) -> Range<i64> {
        let covered = self.quarters();
        let before =
            (covered.start..quarter + 1).rev().take_while(|q| self.get(*q)).last().unwrap_or(quarter);
        let after = (quarter..covered.end).find(|q| !self.get(*q)).unwrap_or(covered.end.max(quarter));
        before..after
    }
}

/// The positions of the set bits of a word.
fn bits(mut word: u64) -> impl Iterator<Item = i64> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| i64::from(word.trailing_zeros()));
        word &= word.wrapping_sub(1);
        bit
    })
}

/// Leaves the bits at which `n` set bits in a row begin; bits past the end count as not set.
///
/// The length of the run that a bit stands for doubles with every pass: n = 20 takes five.
pub(crate) fn keep_runs(words: &mut [u64], n: i64) {
    let mut have = 1;
    while have < n {
        let step = have.min(n - have);
        and_shifted_down(words, step);
        have += step;
    }
}

/// `bit i &= bit i + by`, in place.
fn and_shifted_down(words: &mut [u64], by: i64) {
    let (skip, bits) = (usize::try_from(by / 64).unwrap_or(usize::MAX), by % 64);
    let len = words.len();
    if skip == 0 && bits > 0 {
        // The common case, written so that it runs in vector registers.
        for i in 1..len {
            words[i - 1] &= words[i - 1] >> bits | words[i] << (64 - bits);
        }
        if let Some(last) = words.last_mut() {
            *last &= *last >> bits;
        }
        return;
    }
    for i in 0..len {
        let at = |k: usize| i.checked_add(k).and_then(|j| words.get(j)).copied().unwrap_or(0);
        let low = at(skip) >> bits;
        let high = if bits > 0 { at(skip.saturating_add(1)) << (64 - bits) } else { 0 };
        words[i] &= low | high;
    }
}

/// `bit i + by = bit i`, in place; the first bits become clear.
pub(crate) fn shift_up(words: &mut [u64], by: i64) {
    let (skip, bits) = (usize::try_from(by / 64).unwrap_or(usize::MAX), by % 64);
    for i in (0..words.len()).rev() {
        let at = |k: usize| i.checked_sub(k).and_then(|j| words.get(j)).copied().unwrap_or(0);
        let high = at(skip) << bits;
        let low = if bits > 0 { at(skip.saturating_add(1)) >> (64 - bits) } else { 0 };
        words[i] = high | low;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIRST: i64 = -64 * 3;
    const LEN: i64 = 64 * 6;

    fn line(ranges: &[(i64, i64)]) -> (Timeline, Vec<bool>) {
        let mut line = Timeline::covering(FIRST..FIRST + LEN);
        let mut plain = vec![false; LEN as usize];
        for &(from, n) in ranges {
            // Every third range clears.
            let set = n % 3 != 0;
            let range = from..from + n;
            if set {
                line.set(range.clone())
            } else {
                line.clear(range.clone())
            }
            for (q, bit) in (FIRST..).zip(&mut plain) {
                if range.contains(&q) {
                    *bit = set;
                }
            }
        }
        (line, plain)
    }

    fn bools(line: &Timeline) -> Vec<bool> {
        (FIRST..FIRST + LEN).map(|q| line.get(q)).collect()
    }

    fn ranges() -> impl Strategy<Value = Vec<(i64, i64)>> {
        prop::collection::vec((FIRST - 80..FIRST + LEN + 10, 1i64..140), 0..14)
    }

    proptest! {
        #[test]
        fn a_line_is_a_list_of_bools(a in ranges(), b in ranges(), n in 1i64..200, from in -300i64..300, len in 0i64..300) {
            let ((x, p), (y, r)) = (line(&a), line(&b));
            prop_assert_eq!(x.quarters(), FIRST..FIRST + LEN);
            prop_assert_eq!(bools(&x), p.clone());
            let set: Vec<i64> = (FIRST..).zip(&p).filter(|(_, b)| **b).map(|(q, _)| q).collect();
            prop_assert_eq!(x.iter().collect::<Vec<_>>(), set.clone());
            prop_assert_eq!(x.count() as usize, set.len());
            let inside: Vec<i64> = set.iter().copied().filter(|q| (from..from + len).contains(q)).collect();
            prop_assert_eq!(x.first_in(from..from + len), inside.first().copied());
            prop_assert_eq!(&x.iter_in(from..from + len).collect::<Vec<_>>(), &inside);
            let back: Vec<i64> = inside.into_iter().rev().collect();
            prop_assert_eq!(x.iter_back_in(from..from + len).collect::<Vec<_>>(), back);

            let mut z = x.clone();
            z.and(&y);
            prop_assert_eq!(bools(&z), p.iter().zip(&r).map(|(a, b)| a & b).collect::<Vec<_>>());
            z = x.clone();
            z.or(&y);
            prop_assert_eq!(bools(&z), p.iter().zip(&r).map(|(a, b)| a | b).collect::<Vec<_>>());
            z = x.clone();
            z.and_not(&y);
            prop_assert_eq!(bools(&z), p.iter().zip(&r).map(|(a, b)| a & !b).collect::<Vec<_>>());

            let runs: Vec<bool> = (0..p.len())
                .map(|i| p.get(i..i + n as usize).is_some_and(|run| run.iter().all(|b| *b)))
                .collect();
            prop_assert_eq!(bools(&x.runs(n)), runs);
            let mut words = x.words.clone();
            shift_up(&mut words, n);
            let up: Vec<bool> = (0..p.len()).map(|i| i >= n as usize && p[i - n as usize]).collect();
            prop_assert_eq!(bools(&Timeline::from_words(x.first_word, words)), up);
            for q in FIRST..FIRST + LEN {
                let run = x.run_around(q);
                prop_assert_eq!(run.contains(&q), x.get(q));
                prop_assert!(run.is_empty() || (run.clone().all(|r| x.get(r)) && !x.get(run.start - 1) && !x.get(run.end)));
            }
        }

        #[test]
        fn lines_of_different_reach_meet(a in ranges(), first in -400i64..400, len in 1i64..300) {
            let (x, _) = line(&a);
            let mut other = Timeline::covering(first..first + len);
            prop_assert!(other.quarters().start <= first && other.quarters().end >= first + len);
            other.or(&x);
            for q in other.quarters() {
                prop_assert_eq!(other.get(q), x.get(q));
            }
        }

        #[test]
        fn taken_is_rounded_out_and_open_is_rounded_in(start in -9i64 * QUARTER_US..9 * QUARTER_US, len in 1i64..4 * QUARTER_US) {
            let span = Span { start_us: start, end_us: start + len };
            for q in -20..20 {
                let quarter = Span { start_us: q * QUARTER_US, end_us: (q + 1) * QUARTER_US };
                prop_assert_eq!(quarters_touched(&span).contains(&q), span.overlaps(&quarter));
                prop_assert_eq!(quarters_inside(&span).contains(&q), span.contains(&quarter));
            }
        }
    }
}
