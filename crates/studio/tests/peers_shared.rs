//! Every thread that hurt users of other booking programs, as the study of the field lists them (`domain/studio.md`, 3.2), is
//! named in the doc comment of a test that would find the same failure here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Projects, and how they are called where threads are named.
const PROJECTS: [(&str, &str); 8] = [
    ("cal.diy", "calcom/cal.diy"),
    ("cal.com", "calcom/cal.diy"),
    ("easyappointments", "alextselegidis/easyappointments"),
    ("librebooking", "LibreBooking/librebooking"),
    ("openemr", "openemr/openemr"),
    ("odoo", "odoo/odoo"),
    ("rallly", "lukevella/rallly"),
    ("nextcloud", "nextcloud/calendar"),
];

type Thread = (&'static str, u32);

/// The threads that a text names, as `project #12, #34, PR 56`: a number belongs to the project named last.
fn threads(text: &str) -> BTreeSet<Thread> {
    let mut found = BTreeSet::new();
    let (mut project, mut before) = (None, "");
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '#' || c == '.')) {
        let word = word.trim_matches('.');
        let named = PROJECTS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
        project = named.map(|(_, project)| *project).or(project);
        let number = word.strip_prefix('#').or_else(|| (before == "PR").then_some(word));
        if let (Some(project), Some(number)) = (project, number.and_then(|n| n.parse().ok())) {
            found.insert((project, number));
        }
        if !word.is_empty() {
            before = word;
        }
    }
    found
}

/// The doc comments of the tests of a file, each in one piece.
fn docs(source: &str) -> Vec<String> {
    let (mut docs, mut open) = (Vec::new(), String::new());
    for line in source.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            open += words;
        } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            docs.push(std::mem::take(&mut open));
        } else if !line.starts_with("#[") {
            open.clear();
        }
    }
    docs
}

fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push(path);
        }
    }
}

#[test]
fn every_thread_of_the_study_is_named_by_a_test() {
    let shared = std::env::var("HAIRLINE_SHARED").expect("cargo sets it (.cargo/config.toml)");
    let study = Path::new(&shared).join("domain/studio.md");
    let study =
        std::fs::read_to_string(&study).unwrap_or_else(|e| panic!("{} is needed: {e}", study.display()));
    let section = study.split("\n### ").find(|s| s.starts_with("3.2 ")).expect("section 3.2");
    let table = section.lines().filter_map(|line| line.strip_prefix('|')?.split('|').nth(1));
    let listed: BTreeSet<Thread> = table.flat_map(threads).collect();
    assert!(listed.len() > 60, "the table was read: {listed:?}");

    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for room in std::fs::read_dir(crates).expect("the crates").flatten() {
        sources(&room.path().join("tests"), &mut files);
    }
    let named: BTreeSet<Thread> = files
        .iter()
        .flat_map(|file| docs(&std::fs::read_to_string(file).expect("read")))
        .flat_map(|doc| threads(&doc))
        .collect();
    let missing: Vec<String> =
        listed.difference(&named).map(|(project, number)| format!("{project} #{number}")).collect();
    assert!(missing.is_empty(), "no test names {}", missing.join(", "));
}

#[test]
fn threads_are_read_with_their_projects() {
    let text =
        "calcom/cal.diy #1 (open since 2024-01), #22/PR 33 (40 a week); LibreBooking #4. odoo #5, PR #6";
    let want: BTreeSet<Thread> = [
        ("calcom/cal.diy", 1),
        ("calcom/cal.diy", 22),
        ("calcom/cal.diy", 33),
        ("LibreBooking/librebooking", 4),
        ("odoo/odoo", 5),
        ("odoo/odoo", 6),
    ]
    .into();
    assert_eq!(threads(text), want);
    let source =
        "/// rallly #7\n#[allow(x)]\n#[test]\nfn a() {}\n/// rallly #8\nfn b() {}\n#[test]\nfn c() {}\n";
    assert_eq!(docs(source), [" rallly #7", ""]);
}
