//! Rules of the house that a machine can check: who may import whom, what the engine may not touch, file sizes, sources.

use std::path::{Path, PathBuf};

use crate::root;

/// Rooms and the rooms they may import (ARCHITECTURE.md, "Rooms").
const ROOMS: [(&str, &[&str]); 7] = [
    ("optics", &[]),
    ("scalp", &[]),
    ("plan", &["optics", "scalp"]),
    ("view", &["optics", "scalp", "plan"]),
    ("studio", &["plan"]),
    ("web", &["optics", "scalp", "plan", "view", "studio"]),
    ("hairline", &["optics", "scalp", "plan", "view", "studio", "web"]),
];

/// Engine rooms know no files, network, environment, clock, database or console.
const ENGINE: [&str; 4] = ["optics", "scalp", "plan", "view"];
const FORBIDDEN: [&str; 11] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "SystemTime",
    "Instant::now",
    "println!",
    "print!(",
    "sqlx",
    "axum",
    "tokio",
];

/// A file longer than this holds more than one idea.
const LONGEST_FILE: usize = 800;

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            files(&entry, out);
        } else {
            out.push(entry);
        }
    }
}

fn sources(room: &str) -> Vec<(PathBuf, String)> {
    let mut out = Vec::new();
    files(&root().join("crates").join(room).join("src"), &mut out);
    let sources: Vec<(PathBuf, String)> = out
        .into_iter()
        .filter(|f| f.extension().is_some_and(|e| e == "rs"))
        .map(|f| {
            let text = std::fs::read_to_string(&f).expect("a source file is text");
            (f, text)
        })
        .collect();
    assert!(!sources.is_empty(), "room {room} has no sources");
    sources
}

#[test]
fn rooms_import_only_the_rooms_below_them() {
    for (room, allowed) in ROOMS {
        let manifest = root().join("crates").join(room).join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).expect("every room has a manifest");
        let dependencies = text.split("[dependencies]").nth(1).unwrap_or_default();
        let dependencies = dependencies.split("[dev-dependencies]").next().unwrap_or_default();
        for line in dependencies.lines().filter(|l| l.starts_with("hairline-")) {
            let name = line.trim_start_matches("hairline-").split(['.', ' ', '=']).next().unwrap_or_default();
            assert!(allowed.contains(&name), "{room} may not import {name}: allowed are {allowed:?}");
        }
    }
    let mut found: Vec<String> = std::fs::read_dir(root().join("crates"))
        .expect("the crates folder")
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    let mut known: Vec<&str> = ROOMS.iter().map(|r| r.0).collect();
    known.sort_unstable();
    assert_eq!(found, known, "every room stands in the table of layers");
}

#[test]
fn the_engine_touches_no_file_clock_network_or_console() {
    for room in ENGINE {
        for (file, text) in sources(room) {
            let code = without_tests(&text);
            for word in FORBIDDEN {
                let used = code.iter().find(|l| l.contains(word) && !l.trim_start().starts_with("//"));
                assert!(
                    used.is_none(),
                    "{} uses {word}: {}",
                    file.display(),
                    used.copied().unwrap_or_default().trim()
                );
            }
        }
    }
}

/// The lines of a file but those of items for tests alone: from `#[cfg(test)]` to the end of the item that follows.
fn without_tests(text: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push(line);
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let ends = |l: &&str| l.ends_with(';') || *l == format!("{}}}", " ".repeat(indent));
        lines.find(ends);
    }
    kept
}

#[test]
fn items_for_tests_end_where_they_end() {
    let text = "use a;\n#[cfg(test)]\nmod tests;\nprintln!();\n#[cfg(test)]\nmod more {\n    fn f() {\n        x\n    }\n}\nlast";
    assert_eq!(without_tests(text), ["use a;", "println!();", "last"]);
}

#[test]
fn no_source_file_holds_more_than_one_idea() {
    for (room, _) in ROOMS {
        for (file, text) in sources(room) {
            let lines = text.lines().count();
            assert!(lines <= LONGEST_FILE, "{} has {lines} lines; split it", file.display());
        }
    }
}

#[test]
fn every_data_table_names_its_source() {
    let mut tables = 0;
    for (room, _) in ROOMS {
        let mut found = Vec::new();
        files(&root().join("crates").join(room).join("data"), &mut found);
        for table in found.iter().filter(|f| f.extension().is_some_and(|e| e == "csv")) {
            let text = std::fs::read_to_string(table).expect("a table is text");
            let first = text.lines().next().unwrap_or_default().to_lowercase();
            assert!(
                first.starts_with('#') || first.contains("source"),
                "{} names no source in its first line",
                table.display()
            );
            tables += 1;
        }
    }
    assert!(tables > 3, "the tables were found");
}

#[test]
fn the_architecture_page_names_every_module() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page");
    for (room, _) in ROOMS {
        let folder = root().join("crates").join(room).join("src");
        for entry in std::fs::read_dir(&folder).expect("sources").flatten() {
            let path = entry.path();
            let module = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let named = ["lib", "main"].contains(&module.as_str()) || page.contains(&format!("`{module}`"));
            assert!(named, "ARCHITECTURE.md says nothing of `{module}` in {room}");
        }
    }
}

#[test]
fn pages_link_only_to_what_is_there() {
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "BENCHMARKS.md",
        "SECURITY.md",
        "docs/glossary.md",
    ] {
        let path = root().join(page);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{page}: {e}"));
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || file.starts_with("http") || file.starts_with("mailto:") {
                continue;
            }
            let target = path.parent().map(|p| p.join(file)).unwrap_or_default();
            assert!(target.exists(), "{page} links to {file}, which is not there");
        }
    }
}
