//! Foreign programs that judge what hairline writes: found, or installed with a word about it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{cargo, must, root, target};

/// Programs that the tests run, and the Debian package that brings each.
const PROGRAMS: [(&str, &str); 7] = [
    ("qpdf", "qpdf"),
    ("pdftoppm", "poppler-utils"),
    ("pdftotext", "poppler-utils"),
    ("pdfinfo", "poppler-utils"),
    ("pdffonts", "poppler-utils"),
    ("script", "bsdutils"),
    ("python3", "python3"),
];

/// Makes sure that every foreign program is there; returns the folder of the npm and pip packages.
pub fn set_up() -> Result<PathBuf, String> {
    let mut missing: Vec<&str> =
        PROGRAMS.iter().filter(|(program, _)| !on_path(program)).map(|(_, package)| *package).collect();
    if !python_makes_environments() {
        missing.push("python3-venv");
    }
    missing.dedup();
    if !missing.is_empty() {
        install_packages(&missing)?;
    }
    let folder = target().join("tools");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    npm_packages(&folder)?;
    pip_packages(&folder)?;
    Ok(folder)
}

fn on_path(program: &str) -> bool {
    find(program).is_some()
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The browser that the pages are tested in; installed if missing.
pub fn chromium() -> Result<PathBuf, String> {
    let found = || ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find);
    if let Some(program) = found() {
        return Ok(program);
    }
    install_packages(&["chromium"])?;
    found().ok_or_else(|| "Chromium is needed to test the pages; none is on the path".to_owned())
}

fn python_makes_environments() -> bool {
    Command::new("python3")
        .args(["-c", "import venv, ensurepip"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

pub fn install_packages(packages: &[&str]) -> Result<(), String> {
    println!("Installing from the distribution's packages: {}", packages.join(", "));
    let by_hand =
        || format!("install {} with your system's package manager and run this again", packages.join(", "));
    if !on_path("apt-get") {
        return Err(by_hand());
    }
    let root = is_root();
    let apt = |arguments: &[&str]| {
        let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
        if !root {
            command.arg("apt-get");
        }
        must(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "-q"]).map_err(|e| format!("{e}; {}", by_hand()))?;
    let mut arguments = vec!["install", "-y", "-q", "--no-install-recommends"];
    arguments.extend(packages);
    apt(&arguments).map_err(|e| format!("{e}; {}", by_hand()))
}

/// Whether this process may do everything on the machine.
pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"))
}

/// The Khronos glTF validator, the browser's driver and the accessibility checker, at the versions of `tests/tools/package-lock.json`.
fn npm_packages(folder: &Path) -> Result<(), String> {
    let source = root().join("tests").join("tools");
    let lock = source.join("package-lock.json");
    let stamp = folder.join("package-lock.json");
    if same(&lock, &stamp) && folder.join("node_modules").is_dir() {
        return Ok(());
    }
    if !on_path("npm") {
        return Err(
            "npm is needed to install the judges of files and pages: install Node.js with npm".to_owned()
        );
    }
    println!("Installing the glTF validator, Playwright and axe with npm");
    copy(&source.join("package.json"), &folder.join("package.json"))?;
    copy(&lock, &stamp)?;
    must(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--silent", "--prefix"])
            .arg(folder)
            // The browser is the distribution's.
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
    )
}

/// trimesh and icalendar, at the versions of `tests/tools/requirements.txt`.
fn pip_packages(folder: &Path) -> Result<(), String> {
    let requirements = root().join("tests").join("tools").join("requirements.txt");
    let stamp = folder.join("requirements.txt");
    let python = folder.join("venv").join("bin").join("python");
    if same(&requirements, &stamp) && python.is_file() {
        return Ok(());
    }
    println!("Installing foreign readers of PLY and iCalendar with pip");
    must(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
    must(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(&requirements),
    )?;
    copy(&requirements, &stamp)
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((std::fs::read(a), std::fs::read(b)), (Ok(a), Ok(b)) if a == b)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    std::fs::copy(from, to).map(|_| ()).map_err(|e| format!("{} to {}: {e}", from.display(), to.display()))
}

/// Version of the auditor; newer Rust editions need newer ones.
const CARGO_DENY: &str = "0.20.2";

/// Licences and sources of every dependency, and advisories where their database can be had.
pub fn audit() -> Result<(), String> {
    let folder = target().join("tools");
    let program = folder.join("bin").join("cargo-deny");
    if !program.is_file() {
        println!("Installing cargo-deny {CARGO_DENY} (about three minutes)");
        must(
            cargo()
                .args(["install", "--quiet", "--locked", &format!("cargo-deny@{CARGO_DENY}"), "--root"])
                .arg(&folder),
        )?;
    }
    must(Command::new(&program).args(["--log-level", "warn", "check", "licenses", "bans", "sources"]))?;
    let database = Command::new("git")
        .args(["ls-remote", "--exit-code", "https://github.com/RustSec/advisory-db", "HEAD"])
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success());
    if database {
        must(Command::new(&program).args(["--log-level", "warn", "check", "advisories"]))
    } else {
        println!("The advisory database cannot be reached from here: advisories were NOT checked.");
        Ok(())
    }
}
