//! `cargo xtask test`: sets up what the tests need and runs every test.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{cargo, must, postgres, root, tools};

pub fn run() -> Result<(), String> {
    let tools = tools::set_up()?;
    let chromium = tools::chromium()?;
    // Stopped and removed at the end of this function, however that comes.
    let postgres = postgres::start()?;
    println!("PostgreSQL for the tests: {}", postgres.plain.rsplit('@').next().unwrap_or_default());
    let mut test = cargo();
    test.args(["test", "--release", "--workspace", "--locked"])
        .env("HAIRLINE_TOOLS", &tools)
        .env("HAIRLINE_CHROMIUM", &chromium)
        .envs(postgres::variables(&postgres));
    match shared() {
        Some(folder) => {
            println!("Real heads and pictures: {}", folder.display());
            must(test.env("HAIRLINE_SHARED", folder))?;
        }
        None if std::env::var_os("HAIRLINE_REQUIRE_SHARED").is_some() => {
            return Err("the folder with real heads is missing: set HAIRLINE_SHARED to it".to_owned());
        }
        None => without_shared(&mut test)?,
    }
    println!("All tests passed.");
    Ok(())
}

/// The folder with real heads: `HAIRLINE_SHARED`, else beside the repository.
fn shared() -> Option<PathBuf> {
    let folder = match std::env::var_os("HAIRLINE_SHARED") {
        Some(folder) => root().join(folder),
        None => root().parent()?.join("shared"),
    };
    folder.join("scans").is_dir().then_some(folder)
}

/// Runs all tests but those in files named `*_shared.rs`, and says which those are and how many tests they hold.
fn without_shared(test: &mut Command) -> Result<(), String> {
    let (left_out, kept): (Vec<PathBuf>, Vec<PathBuf>) = test_files()?
        .into_iter()
        .partition(|file| file.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("_shared")));
    test.args(["--lib", "--bins"]);
    for file in &kept {
        test.arg("--test").arg(file.file_stem().unwrap_or_default());
    }
    must(test)?;
    must(cargo().args(["test", "--release", "--workspace", "--locked", "--doc"]))?;
    let mut lines = Vec::new();
    let mut count = 0;
    for file in left_out {
        let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let tests = text.matches("#[test]").count();
        count += tests;
        lines.push(format!("  {} ({tests})", file.strip_prefix(root()).unwrap_or(&file).display()));
    }
    println!(
        "Left out because the folder with real heads is not here (set HAIRLINE_SHARED): {count} tests in"
    );
    println!("{}", lines.join("\n"));
    Ok(())
}

/// Every integration test file of the crates.
fn test_files() -> Result<Vec<PathBuf>, String> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let crates = list(&root().join("crates"));
    let files = crates.iter().flat_map(|folder| list(&folder.join("tests")));
    let mut files: Vec<PathBuf> = files.filter(|f| f.extension().is_some_and(|e| e == "rs")).collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("no test files below {}", root().join("crates").display()));
    }
    Ok(files)
}
