//! Four complete cases to start from.

/// `(name, TOML)` of every example.
pub const EXAMPLES: [(&str, &str); 4] = [
    ("hairline-norwood3", include_str!("../../cases/hairline-norwood3.toml")),
    ("shaved-norwood6", include_str!("../../cases/shaved-norwood6.toml")),
    ("density-partline", include_str!("../../cases/density-partline.toml")),
    ("scar-strip", include_str!("../../cases/scar-strip.toml")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::read;

    #[test]
    fn every_example_reads_as_toml_and_as_json_alike() {
        for (name, text) in EXAMPLES {
            let case = read(name, text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
            let json = serde_json::to_string(&case).expect("a case is plain data");
            let again = read(name, json.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(case, again, "{name}");
        }
    }
}
