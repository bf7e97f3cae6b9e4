//! Whatever the code cites stands in docs/sources.md.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every text file below a folder.
fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the repository").flatten() {
        let path = entry.path();
        let kind = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if path.is_dir() {
            files(&path, out);
        } else if ["rs", "toml", "csv"].contains(&kind) {
            out.push(path);
        }
    }
}

#[test]
fn every_section_and_address_cited_is_listed() {
    let listed = std::fs::read_to_string(root().join("docs/sources.md")).expect("docs/sources.md");
    let mut sources = vec![];
    files(&root().join("crates"), &mut sources);
    let mut cited = 0;
    for path in sources {
        let text = std::fs::read_to_string(&path).expect("a text file");
        for topic in ["smp", "head", "dots", "optics", "studio"] {
            for after in text.split(&format!("{topic}.md")).skip(1) {
                let after = after.trim_start_matches(['`', ' ']).trim_start_matches("section ");
                // Every number of a list such as "1.5, 1.7, 3.4" or "2.1-2.2".
                let list: String =
                    after.chars().take_while(|c| c.is_ascii_digit() || ".,- ".contains(*c)).collect();
                for number in
                    list.split([',', ' ', '-']).map(|n| n.trim_matches('.')).filter(|n| !n.is_empty())
                {
                    cited += 1;
                    let heading = format!("### {topic} {number}");
                    assert!(
                        listed.lines().any(|l| l == heading),
                        "{}: {topic}.md {number} is cited, and docs/sources.md has no \"{heading}\"",
                        path.display()
                    );
                }
            }
        }
    }
    assert!(cited > 100, "{cited} citations found");
    let addresses = listed.split("## Addresses").nth(1).expect("the list of addresses");
    let known = |code: &str| {
        addresses.lines().any(|l| l.split('|').nth(1).is_some_and(|c| codes(c).contains(&code.to_owned())))
    };
    let phases = hairline_plan::care::AFTERCARE.iter().map(|p| p.source);
    let signs = hairline_plan::care::NORMAL.iter().map(|n| n.source);
    let triage = hairline_plan::care::TRIAGE.iter().map(|t| t.source);
    for source in phases.chain(signs).chain(triage).chain([listed.split("## Addresses").next().unwrap_or("")])
    {
        for code in codes(source) {
            assert!(known(&code), "{code} has no address in docs/sources.md");
        }
    }
}

/// The codes in a text: a capital S and a number, perhaps with a small letter; `S18-S25` names its ends.
fn codes(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let is_code = |w: &&str| {
        let rest = w.strip_prefix('S').map(|r| r.trim_end_matches(|c: char| c.is_ascii_lowercase()));
        rest.is_some_and(|r| !r.is_empty() && r.chars().all(|c| c.is_ascii_digit()))
    };
    words.filter(is_code).map(str::to_owned).collect()
}
