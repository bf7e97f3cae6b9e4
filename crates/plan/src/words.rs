//! Words that several pages share.

/// The text with a small first letter, for the middle of a sentence.
pub fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

/// A duration as `3 h 40 min`, rounded up to five minutes.
pub fn hours(minutes: f64) -> String {
    let five = (minutes / 5.0).ceil() as u32 * 5;
    match (five / 60, five % 60) {
        (0, m) => format!("{m} min"),
        (h, 0) => format!("{h} h"),
        (h, m) => format!("{h} h {m} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_up_to_five_minutes() {
        assert_eq!([61.0, 240.0, 12.0].map(hours), ["1 h 5 min", "4 h", "15 min"]);
    }

    #[test]
    fn a_first_letter_of_any_script_gets_small() {
        assert_eq!(["Über", "", "A"].map(lower_first), ["über", "", "a"]);
    }
}
