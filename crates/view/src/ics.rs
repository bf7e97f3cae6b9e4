//! The writing of calendar files: lines and texts as RFC 5545 asks for.

/// Text with the characters that mean something in a calendar escaped (RFC 5545, 3.3.11); control characters go.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Writes a content line in pieces of at most 75 octets, between characters, each line ended by CR LF (RFC 5545, 3.1).
pub fn fold(text: &str, out: &mut String) {
    const OCTETS: usize = 75;
    let mut used = 0;
    for c in text.chars() {
        if used + c.len_utf8() > OCTETS {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_escaped_as_the_standard_says() {
        assert_eq!(escaped("a, b; c\\d\nsecond\r line"), "a\\, b\\; c\\\\d\\nsecond line");
    }

    proptest! {
        #[test]
        fn folded_lines_are_short_and_unfold_to_the_text(text in "[^\\r\\n]{0,300}") {
            let mut out = String::new();
            fold(&text, &mut out);
            prop_assert!(out.split("\r\n").all(|l| l.len() <= 75));
            let unfolded = out.replace("\r\n ", "");
            prop_assert_eq!(unfolded.trim_end_matches("\r\n"), text);
        }
    }
}
