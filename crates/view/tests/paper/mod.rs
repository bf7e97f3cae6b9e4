//! Reading PDFs back with tools of other people (poppler-utils, qpdf).

#![allow(dead_code, reason = "each test file uses its own few")]

use std::path::PathBuf;
use std::process::Command;

/// Runs a tool and gives what it prints; a missing tool fails the test with the way to get it.
pub fn run(tool: &str, arguments: &[&str]) -> String {
    let package = if tool == "qpdf" { "qpdf" } else { "poppler-utils" };
    let output = Command::new(tool).args(arguments).output().unwrap_or_else(|error| {
        panic!("{tool} cannot be started ({error}); install it with `apt-get install {package}`")
    });
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{tool} {arguments:?} failed: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// Puts the bytes into a file under the target folder and gives its path.
pub fn keep(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("paper");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// What every PDF of ours must be: sound for qpdf, tagged, titled, fonts embedded.
pub fn check_pdf(path: &std::path::Path) {
    let path = path.to_str().unwrap();
    run("qpdf", &["--check", path]);
    let info = run("pdfinfo", &[path]);
    assert!(info.lines().any(|l| l.starts_with("Tagged:") && l.ends_with("yes")), "{info}");
    assert!(info.lines().any(|l| l.starts_with("Title:") && l.len() > 12), "{info}");
    let fonts = run("pdffonts", &[path]);
    let listed: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(!listed.is_empty(), "no fonts in {path}");
    for font in listed {
        // Columns from the right: object generation, object, unicode map, subset, embedded.
        let columns: Vec<&str> = font.split_whitespace().rev().collect();
        assert_eq!(columns[4], "yes", "not embedded: {font}");
        assert_eq!(columns[2], "yes", "no way back to Unicode: {font}");
    }
}

/// The tagged text in reading order, spaces folded.
pub fn tagged_text(path: &std::path::Path) -> String {
    let tree = run("pdfinfo", &["-struct-text", path.to_str().unwrap()]);
    // Text stands in quotes, one piece a line.
    let pieces: Vec<&str> =
        tree.lines().filter_map(|l| l.trim().strip_prefix('"').and_then(|l| l.strip_suffix('"'))).collect();
    fold(&pieces.join(" "))
}

/// Any run of white space as one space.
pub fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
