//! Round ticks along an axis, and where values stand on it.

use super::{Axis, Scale};

/// A labelled place on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub value: f64,
    pub label: String,
}

/// An axis with its ends and ticks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticked {
    scale: Scale,
    /// Lowest first, highest last: the ends of the axis.
    pub ticks: Vec<Tick>,
}

impl Ticked {
    /// Where a value stands: 0 at the lower end, 1 at the upper.
    pub fn share(&self, value: f64) -> f64 {
        let along = |v: f64| if self.scale == Scale::Log { libm::log10(v) } else { v };
        let [low, high] = self.ends().map(along);
        (along(value) - low) / (high - low)
    }

    /// The lowest and the highest tick.
    pub fn ends(&self) -> [f64; 2] {
        [self.ticks[0].value, self.ticks[self.ticks.len() - 1].value]
    }
}

/// Largest size of a value, and the inverse of the smallest on a logarithmic axis.
pub(super) const LARGEST: f64 = 1e30;
/// No more ticks than this on an axis.
const MOST_TICKS: i64 = 10;

/// The finest round ticks around `low..=high` that `fits` takes; none if it takes not even the coarsest.
pub(super) fn ticks(axis: &Axis, [low, high]: [f64; 2], fits: impl Fn(&Ticked) -> bool) -> Option<Ticked> {
    match axis.scale {
        Scale::Linear => linear([low, high], fits),
        Scale::Log => log([low, high], fits),
    }
}

/// Ticks at whole multiples of 1, 2 or 5 times a power of ten.
fn linear([low, high]: [f64; 2], fits: impl Fn(&Ticked) -> bool) -> Option<Ticked> {
    // A range of no width is opened, so that a level line has an axis.
    let largest = low.abs().max(high.abs());
    let least = if largest == 0.0 { 1.0 } else { 1e-6 * largest };
    let (low, high) = if high - low < least { (low - 0.5 * least, high + 0.5 * least) } else { (low, high) };
    let first = libm::floor(libm::log10((high - low) / MOST_TICKS as f64)) as i32;
    for exponent in first..first + 3 {
        for mantissa in [1i64, 2, 5] {
            let step = decimal(mantissa, exponent);
            // A value that differs from a tick by rounding alone needs no tick beyond.
            let from = libm::floor(low / step + 1e-9) as i64;
            let to = (libm::ceil(high / step - 1e-9) as i64).max(from + 1);
            if to - from >= MOST_TICKS {
                continue;
            }
            let top = decimal_exponent(decimal(mantissa * from.abs().max(to.abs()), exponent));
            let ticks = (from..=to)
                .map(|i| {
                    let (value, label) = number(i * mantissa, exponent, top);
                    Tick { value, label }
                })
                .collect();
            let ticked = Ticked { scale: Scale::Linear, ticks };
            if fits(&ticked) {
                return Some(ticked);
            }
        }
    }
    None
}

/// Ticks at 1, 2, 5 or 1, 3 of every power of ten, or at every n-th power.
fn log([low, high]: [f64; 2], fits: impl Fn(&Ticked) -> bool) -> Option<Ticked> {
    let choices: [(&[i64], i32); 7] =
        [(&[1, 2, 5], 1), (&[1, 3], 1), (&[1], 1), (&[1], 2), (&[1], 5), (&[1], 10), (&[1], 30)];
    for (mantissas, decades) in choices {
        let below = (libm::floor(libm::log10(low)) as i32 - 1).div_euclid(decades) * decades;
        let above = libm::ceil(libm::log10(high)) as i32 + decades;
        let all: Vec<(i64, i32)> = (below..=above)
            .step_by(decades as usize)
            .flat_map(|exponent| mantissas.iter().map(move |m| (*m, exponent)))
            .collect();
        let value = |k: usize| decimal(all[k].0, all[k].1);
        let from = (0..all.len()).rev().find(|&k| value(k) <= low * (1.0 + 1e-9)).unwrap_or(0);
        let to = (0..all.len()).find(|&k| value(k) >= high * (1.0 - 1e-9)).unwrap_or(all.len() - 1);
        let to = to.max(from + 1).min(all.len() - 1);
        if (to - from) as i64 >= MOST_TICKS {
            continue;
        }
        // One way of writing for all labels of an axis.
        let powers = all[from].1 < -3 || all[to].1 > 4;
        let ticks = (from..=to)
            .map(|k| {
                let (mantissa, exponent) = all[k];
                let (value, plain) = number(mantissa, exponent, 0);
                let label = match (powers, mantissa) {
                    (false, _) => plain,
                    (true, 1) => format!("10{}", raised(exponent)),
                    (true, m) => format!("{m}×10{}", raised(exponent)),
                };
                Tick { value, label }
            })
            .collect();
        let ticked = Ticked { scale: Scale::Log, ticks };
        if fits(&ticked) {
            return Some(ticked);
        }
    }
    None
}

/// `mantissa` x 10^`exponent`, the nearest number there is.
fn decimal(mantissa: i64, exponent: i32) -> f64 {
    format!("{mantissa}e{exponent}").parse().expect("an integer, e and an integer make a number")
}

fn decimal_exponent(value: f64) -> i32 {
    if value == 0.0 { 0 } else { libm::floor(libm::log10(value) + 1e-9) as i32 }
}

/// The value and its label on an axis whose largest number has `top` as its power of ten.
fn number(mantissa: i64, exponent: i32, top: i32) -> (f64, String) {
    let value = decimal(mantissa, exponent);
    let label = if mantissa == 0 {
        "0".to_string()
    } else if (-4..6).contains(&top) {
        let digits = format!("{value:.*}", usize::try_from(-exponent).unwrap_or(0));
        grouped(&digits.replace('-', "\u{2212}"))
    } else {
        let places = usize::try_from(top - exponent).unwrap_or(0);
        let digits = format!("{:.places$}", decimal(mantissa, exponent - top));
        format!("{}×10{}", digits.replace('-', "\u{2212}"), raised(top))
    };
    (value, label)
}

/// A thin gap before every third digit of whole numbers from 10 000 on.
fn grouped(digits: &str) -> String {
    if digits.contains('.') || digits.trim_start_matches('\u{2212}').len() < 5 {
        return digits.to_string();
    }
    let count = digits.chars().count();
    let gap = |i: usize| if i > 0 && (count - i).is_multiple_of(3) { "\u{A0}" } else { "" };
    digits.chars().enumerate().map(|(i, c)| format!("{}{c}", gap(i))).collect()
}

/// A raised integer.
fn raised(exponent: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    exponent.to_string().chars().map(|c| c.to_digit(10).map_or('⁻', |d| DIGITS[d as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn axis(scale: Scale) -> Axis {
        Axis { label: String::new(), unit: String::new(), scale, include: vec![] }
    }

    fn labels(scale: Scale, ends: [f64; 2], most: usize) -> Vec<String> {
        let ticked = ticks(&axis(scale), ends, |t| t.ticks.len() <= most).unwrap();
        ticked.ticks.into_iter().map(|t| t.label).collect()
    }

    #[test]
    fn ticks_are_numbers_as_people_write_them() {
        assert_eq!(labels(Scale::Linear, [0.0, 10.0], 6), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(
            labels(Scale::Linear, [-0.12, 0.31], 6),
            ["−0.2", "0.0", "0.2", "0.4"].map(|s| if s == "0.0" { "0" } else { s })
        );
        assert_eq!(
            labels(Scale::Linear, [400.0, 700.0], 7),
            ["400", "450", "500", "550", "600", "650", "700"]
        );
        assert_eq!(
            labels(Scale::Linear, [0.0, 61_000.0], 5),
            ["0", "20\u{a0}000", "40\u{a0}000", "60\u{a0}000", "80\u{a0}000"]
        );
        assert_eq!(labels(Scale::Linear, [0.0, 3.1e-7], 5), ["0", "1×10⁻⁷", "2×10⁻⁷", "3×10⁻⁷", "4×10⁻⁷"]);
        assert_eq!(labels(Scale::Log, [0.02, 0.9], 9), ["0.02", "0.05", "0.1", "0.2", "0.5", "1"]);
        assert_eq!(labels(Scale::Log, [1e3, 1e7], 5), ["10³", "10⁴", "10⁵", "10⁶", "10⁷"]);
        assert_eq!(labels(Scale::Linear, [3.0, 3.0], 4).len(), 3);
    }

    proptest! {
        #[test]
        fn ticks_enclose_the_data_rise_and_read_back(
            low in prop_oneof![Just(0.0), -1e9..1e9f64, -1.0..1.0f64],
            width in prop_oneof![Just(0.0), 1e-6..1e6f64],
        ) {
            let high = low + width;
            let ticked = ticks(&axis(Scale::Linear), [low, high], |t| t.ticks.len() <= 6).unwrap();
            let [first, last] = ticked.ends();
            let slack = 1e-6 * (last - first);
            prop_assert!(first <= low + slack && last >= high - slack, "{low} {high} {ticked:?}");
            prop_assert!(ticked.ticks.windows(2).all(|w| w[0].value < w[1].value && w[0].label != w[1].label));
            for t in &ticked.ticks {
                let plain = t.label.replace('\u{2212}', "-").replace('\u{a0}', "");
                if let Ok(read) = plain.parse::<f64>() {
                    prop_assert!((read - t.value).abs() <= 1e-9 * (last - first));
                }
            }
        }

        #[test]
        fn ticks_of_ratios_enclose_the_data(exponent in -29.0..29.0f64, decades in 0.0..12.0f64) {
            let low = libm::exp10(exponent);
            let high = (low * libm::exp10(decades)).min(LARGEST);
            let ticked = ticks(&axis(Scale::Log), [low, high], |t| t.ticks.len() <= 6).unwrap();
            let [first, last] = ticked.ends();
            prop_assert!(first <= low * 1.000_001 && last >= high * 0.999_999 && first < last, "{low} {high} {ticked:?}");
            prop_assert!(ticked.share(low) >= -1e-6 && ticked.share(high) <= 1.0 + 1e-6);
        }
    }
}
