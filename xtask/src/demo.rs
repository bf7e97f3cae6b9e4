//! `cargo xtask run`: the main job, on the Norwood VI example.

use std::process::{Command, Stdio};
use std::time::Instant;

use crate::{cargo, must, target};

const EXAMPLE: &str = "shaved-norwood6";

pub fn run() -> Result<(), String> {
    println!("Building hairline (a few minutes the first time) ...");
    must(cargo().args(["build", "--release", "--locked", "--package", "hairline"]))?;
    let hairline = target().join("release").join(format!("hairline{}", std::env::consts::EXE_SUFFIX));

    let folder = target().join("demo");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let case = folder.join(format!("{EXAMPLE}.toml"));
    let printed = Command::new(&hairline)
        .args(["example", EXAMPLE])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("{}: {e}", hairline.display()))?;
    std::fs::write(&case, printed.stdout).map_err(|e| format!("{}: {e}", case.display()))?;

    println!("Planning {} ...", case.display());
    let plan = folder.join(EXAMPLE);
    let start = Instant::now();
    must(Command::new(&hairline).arg("plan").arg(&case).arg("-o").arg(&plan).arg("--force"))?;
    println!(
        "\nPlanned in {:.1} s. Look at:\n  {}   the client's head before and after\n  {}   what the client takes home\n  {}   the hairline in true size\nEdit {} and plan again:\n  {} plan {} -o {}",
        start.elapsed().as_secs_f64(),
        plan.join("preview").display(),
        plan.join("report.pdf").display(),
        plan.join("stencil.pdf").display(),
        case.display(),
        hairline.display(),
        case.display(),
        plan.display(),
    );
    Ok(())
}
