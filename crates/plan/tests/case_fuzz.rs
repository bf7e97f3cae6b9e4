//! Any bytes are a case or a sentence, and any case that is accepted can be planned or is refused with a sentence.

use hairline_plan::case::{EXAMPLES, read};
use hairline_plan::design::Known;
use hairline_plan::head_source::head_from_measurements;
use hairline_plan::make_plan;
use proptest::prelude::*;

/// A piece of text put in the place of another: where it begins and ends as shares of the whole.
type Edit = (f64, usize, String);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let piece = prop_oneof![
        "\\PC{0,6}",
        Just(String::new()),
        Just("\n".to_owned()),
        Just("\n[hair]\n".to_owned()),
        Just(" = ".to_owned()),
        Just("[[[[".to_owned()),
        Just("-1".to_owned()),
        Just("1e308".to_owned()),
        Just("nan".to_owned()),
        Just("2027-02-30".to_owned()),
        Just("\"\"\"".to_owned()),
    ];
    proptest::collection::vec((0.0..1.0f64, 0..12usize, piece), 1..4)
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for (at, length, piece) in edits {
        let start = (at * letters.len() as f64) as usize;
        let end = (start + length).min(letters.len());
        letters.splice(start..end, piece.chars());
    }
    letters.into_iter().collect()
}

/// An error names its file and a line that exists.
fn is_a_sentence(text: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let first = text.lines().next().unwrap_or_default();
    prop_assert!(first.starts_with("case:"), "{first}");
    let line: usize = first[5..].split(':').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let lines = bytes.iter().filter(|&&b| b == b'\n').count() + 1;
    prop_assert!((1..=lines).contains(&line), "line {line} of {lines}: {first}");
    Ok(())
}

/// One number of an example, by its place among the numbers, becomes another.
fn with_number(text: &str, which: usize, number: &str) -> String {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let mut starts = Vec::new();
    let bytes = text.as_bytes();
    for i in 1..bytes.len() {
        if is_part(bytes[i] as char) && bytes[i - 1] == b' ' {
            starts.push(i);
        }
    }
    let start = starts[which % starts.len()];
    let end = start + text[start..].find(|c| !is_part(c)).unwrap_or(text.len() - start);
    format!("{}{number}{}", &text[..start], &text[end..])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_case_or_a_sentence(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Err(e) = read("case", &bytes) {
            is_a_sentence(&e.to_string(), &bytes)?;
        }
    }

    #[test]
    fn an_example_with_edits_is_a_case_or_a_sentence(which in 0..4usize, edits in edits(), json in any::<bool>()) {
        let text = EXAMPLES[which].1;
        let text = if json {
            serde_json::to_string_pretty(&read("case", text.as_bytes()).expect("an example")).expect("JSON")
        } else {
            text.to_owned()
        };
        let text = edited(&text, &edits);
        if let Err(e) = read("case", text.as_bytes()) {
            is_a_sentence(&e.to_string(), text.as_bytes())?;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_case_with_another_number_is_planned_or_refused(
        which in 0..4usize,
        place in 0..64usize,
        number in prop_oneof![Just("0".to_owned()), Just("1".to_owned()), "[0-9]{1,3}", "[0-9]\\.[0-9]{1,2}"],
    ) {
        let text = with_number(EXAMPLES[which].1, place, &number);
        if let Ok(case) = read("case", text.as_bytes())
            && let Ok(head) = head_from_measurements(&case)
            && let Ok(planned) = make_plan(&case, head, &Known::default(), "test", &mut |_| {})
        {
            prop_assert!(planned.dots.iter().all(|d| d.position_mm.is_finite() && d.diameter_mm > 0.0));
            prop_assert_eq!(planned.plan.sessions.iter().map(|s| s.dots).sum::<usize>(), planned.dots.len());
        }
    }
}
