//! `cargo xtask run`: the studio with its demonstration, on the embedded database.

use std::process::Command;

use crate::{cargo, must, target};

/// Where the demonstration listens.
const LISTEN: &str = "127.0.0.1:8080";

pub fn run() -> Result<(), String> {
    println!("Building hairline (some minutes the first time) ...");
    must(cargo().args(["build", "--release", "--locked", "--package", "hairline"]))?;
    let hairline = target().join("release").join(format!("hairline{}", std::env::consts::EXE_SUFFIX));
    let folder = target().join("demo").join("studio");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    println!(
        "Starting the demonstration studio; its records are in {}. Ctrl-C ends it.\n\nTo plan a treatment at the prompt instead:\n  {} example shaved-norwood6 > case.toml\n  {} plan case.toml -o plan/\n",
        folder.display(),
        hairline.display(),
        hairline.display(),
    );
    must(Command::new(&hairline).args(["serve", "--demo", "--listen", LISTEN, "--data"]).arg(&folder))
}
