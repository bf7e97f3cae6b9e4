//! The guide's pages: their form, and that every page names sources that exist.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn pages() -> Vec<(String, String)> {
    let folder = root().join("crates/web/guide");
    let mut pages: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the guide")
        .flatten()
        .map(|entry| {
            let text = std::fs::read_to_string(entry.path()).expect("a page is text");
            (entry.file_name().to_string_lossy().into_owned(), text)
        })
        .collect();
    pages.sort();
    pages
}

#[test]
fn a_page_is_a_title_a_summary_and_a_few_hundred_words() {
    let pages = pages();
    assert_eq!(pages.len(), 8);
    for (name, text) in &pages {
        assert!(name.ends_with(".md"), "{name}");
        let mut paragraphs = text.split("\n\n");
        assert!(paragraphs.next().is_some_and(|p| p.starts_with("# ") && !p.contains('\n')), "{name}");
        let summary = paragraphs.next().unwrap_or_default();
        assert!(
            (80..400).contains(&summary.len()) && !summary.starts_with(['#', '-', '<']),
            "{name}: {summary}"
        );
        let words = text.split_whitespace().count();
        assert!((250..=560).contains(&words), "{name} has {words} words");
    }
}

#[test]
fn every_page_says_where_its_facts_come_from() {
    let sources = std::fs::read_to_string(root().join("docs/sources.md")).expect("the page of sources");
    for (name, text) in pages() {
        let last = text.trim_end().lines().last().unwrap_or_default();
        let list = last.strip_prefix("<!-- sources: ").and_then(|l| l.strip_suffix(" -->"));
        let sections: Vec<&str> = list.unwrap_or_default().split(", ").collect();
        for section in &sections {
            assert!(sources.contains(&format!("### {section}\n")), "{name} cites {section:?}");
        }
    }
}

/// Days of the aftercare page are those of the program's own guide, which plans and reminders follow.
#[test]
fn aftercare_begins_its_phases_on_the_days_of_the_plan() {
    let (_, text) = pages().into_iter().find(|(name, _)| name == "aftercare.md").expect("the page");
    let first_days: Vec<u16> = text
        .lines()
        .filter_map(|l| l.strip_prefix("## "))
        .filter_map(|title| {
            title.strip_prefix("Days ").or(title.strip_prefix("Day ")).or(title.strip_prefix("From day "))
        })
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
        .collect();
    let planned: Vec<u16> = hairline_plan::care::AFTERCARE.iter().map(|phase| phase.first_day).collect();
    assert_eq!(first_days, planned);
}
