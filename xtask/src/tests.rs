//! `cargo xtask test`: sets up what the tests need and runs every test.

use std::path::PathBuf;
use std::process::Command;

use crate::{cargo, must, root, tools};

pub fn run() -> Result<(), String> {
    let tools = tools::set_up()?;
    let mut test = cargo();
    test.args(["test", "--release", "--workspace", "--locked"]).env("HAIRLINE_TOOLS", &tools);
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
    let mut left_out = Vec::new();
    let mut packages: Vec<(String, Vec<String>)> = Vec::new();
    for name in ["optics", "scalp", "plan", "view", "hairline"] {
        let folder = root().join("crates").join(name).join("tests");
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
        files.sort();
        let mut kept = Vec::new();
        for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "rs")) {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if stem.ends_with("_shared") {
                let text = std::fs::read_to_string(file).unwrap_or_default();
                left_out.push((format!("crates/{name}/tests/{stem}.rs"), text.matches("#[test]").count()));
            } else {
                kept.push(stem);
            }
        }
        let package = if name == "hairline" { name.to_owned() } else { format!("hairline-{name}") };
        packages.push((package, kept));
    }
    let arguments: Vec<_> = test.get_args().filter(|a| *a != "--workspace").map(ToOwned::to_owned).collect();
    let variables: Vec<_> =
        test.get_envs().filter_map(|(k, v)| Some((k.to_owned(), v?.to_owned()))).collect();
    for (package, files) in packages {
        let mut one = cargo();
        one.args(&arguments).args(["--package", &package, "--lib", "--bins"]).envs(variables.clone());
        for file in files {
            one.args(["--test", &file]);
        }
        must(&mut one)?;
    }
    must(cargo().args(["test", "--release", "--locked", "--package", "xtask"]))?;
    println!(
        "Left out because the folder with real heads is not here (set HAIRLINE_SHARED): {} tests in",
        left_out.iter().map(|f| f.1).sum::<usize>()
    );
    for (file, count) in left_out {
        println!("  {file} ({count})");
    }
    Ok(())
}
