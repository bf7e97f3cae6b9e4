//! Writing a folder whole or not at all.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::Failure;

/// Format of `fade.json`.
pub const FADE_FORMAT: &str = "hairline-fade/1";
/// What a command writes into a folder: the file that says so, and the beginning of its format.
#[derive(Clone, Copy)]
pub struct Kind {
    mark: &'static str,
    format: &'static str,
}

/// A plan.
pub const PLAN: Kind = Kind { mark: "plan.json", format: "hairline-plan/" };
/// A refresh.
pub const REFRESH: Kind = Kind { mark: "refresh.json", format: "hairline-refresh/" };
/// A forecast.
pub const FADE: Kind = Kind { mark: "fade.json", format: "hairline-fade/" };

/// A pigment match.
pub const SHADE: Kind = Kind { mark: "shade.json", format: "hairline-shade/" };
/// Format of `shade.json`.
pub const SHADE_FORMAT: &str = "hairline-shade/1";

/// Files of our folders; one with other content is not replaced without being asked to.
const FILES: [&str; 24] = [
    "plan.json",
    "dots.csv",
    "dots.ply",
    "head.glb",
    "cells.csv",
    "stencil.pdf",
    "report.pdf",
    "course.ics",
    "refresh.json",
    "fade.json",
    "fade.csv",
    "fade.svg",
    "fade.png",
    "first-days.csv",
    "first-days.svg",
    "first-days.png",
    "shade.json",
    "shade.csv",
    "swatches.svg",
    "swatches.png",
    "texture.svg",
    "texture.png",
    "texture.csv",
    "shade-card.pdf",
];
/// The folder of a plan's pictures.
const PICTURES: &str = "preview";

/// Checks that `dir` may be written: it does not exist, holds nothing or an earlier
/// one of its kind alone, or `force` is given.
pub fn check(dir: &Path, kind: Kind, force: bool) -> Result<(), Failure> {
    if !dir.exists() {
        return Ok(());
    }
    let shown = dir.display();
    if !dir.is_dir() {
        return Err(Failure::input(format!("{shown}: this is a file; -o takes a folder")));
    }
    let strange = foreign(dir, kind).map_err(|e| Failure::input(format!("{shown}: {e}")))?;
    match strange.first() {
        Some(name) if !force => Err(Failure::input(format!(
            "{shown}: the folder holds other files ({}); choose another folder, or --force to write beside them",
            name.display()
        ))),
        _ => Ok(()),
    }
}

/// What a folder holds besides what is of a kind: everything if there is nothing of the kind in it.
fn foreign(dir: &Path, kind: Kind) -> std::io::Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        names.push(PathBuf::from(entry?.file_name()));
    }
    names.sort();
    if holds(dir, kind) {
        names.retain(|name| !is_ours(dir, name));
    }
    Ok(names)
}

fn holds(dir: &Path, kind: Kind) -> bool {
    let bytes = fs::read(dir.join(kind.mark)).ok();
    let json: Option<serde_json::Value> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    json.is_some_and(|json| json["format"].as_str().is_some_and(|f| f.starts_with(kind.format)))
}

fn is_ours(dir: &Path, name: &Path) -> bool {
    let picture = |e: std::io::Result<fs::DirEntry>| {
        e.is_ok_and(|e| Path::new(&e.file_name()).extension().is_some_and(|kind| kind == "png"))
    };
    FILES.iter().any(|file| name == Path::new(file))
        || name == Path::new(PICTURES) && fs::read_dir(dir.join(name)).is_ok_and(|mut all| all.all(picture))
}

/// Writes all files into a new folder beside `dir` and then puts it in the place of `dir`; what else `dir` held stays in
/// it, except under the names of these files.
pub fn write(dir: &Path, kind: Kind, files: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let failed = |path: &Path, e: std::io::Error| Failure::other(format!("{}: {e}", path.display()));
    // The folder a link points to, not the link, is written.
    let dir = fs::canonicalize(dir).or_else(|_| absolute(dir))?;
    let parent =
        dir.parent().ok_or_else(|| Failure::input(format!("{}: not a folder name", dir.display())))?;
    fs::create_dir_all(parent).map_err(|e| failed(parent, e))?;
    // Beside the target, so that the last step is a rename within one file system.
    let work =
        tempfile::Builder::new().prefix(".hairline-").tempdir_in(parent).map_err(|e| failed(parent, e))?;
    for (name, bytes) in files {
        let path = work.path().join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
        }
        let mut file = fs::File::create(&path).map_err(|e| failed(&path, e))?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| failed(&path, e))?;
    }
    set_mode(work.path())?;
    let kept = if dir.exists() { foreign(&dir, kind).map_err(|e| failed(&dir, e))? } else { vec![] };
    let fresh = work.keep();
    let old = parent
        .join(format!("{}.old", fresh.file_name().map_or_else(Default::default, |n| n.to_string_lossy())));
    if dir.exists() {
        fs::rename(&dir, &old).map_err(|e| failed(&dir, e))?;
    }
    if let Err(e) = fs::rename(&fresh, &dir) {
        // Put the old folder back: nothing is lost.
        if old.exists() {
            let _ = fs::rename(&old, &dir);
        }
        let _ = fs::remove_dir_all(&fresh);
        return Err(failed(&dir, e));
    }
    for name in kept.iter().filter(|name| !dir.join(name).exists()) {
        fs::rename(old.join(name), dir.join(name)).map_err(|e| failed(&old, e))?;
    }
    if old.exists() {
        fs::remove_dir_all(&old).map_err(|e| failed(&old, e))?;
    }
    Ok(())
}

/// Writes one file whole or not at all.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::other(format!("{}: {e}", path.display()));
    let full = absolute(path)?;
    let parent = full.parent().ok_or_else(|| failed(&"not a file name"))?;
    let mut file = new_file_in(parent).map_err(|e| failed(&e))?;
    file.write_all(bytes).map_err(|e| failed(&e))?;
    file.persist(&full).map_err(|e| failed(&e.error))?;
    Ok(())
}

/// Temporary files are private; what is written is the user's like any other file, as the umask says.
#[cfg(unix)]
fn new_file_in(parent: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o666)).tempfile_in(parent)
}

#[cfg(not(unix))]
fn new_file_in(parent: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::NamedTempFile::new_in(parent)
}

fn absolute(dir: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(dir).map_err(|e| Failure::input(format!("{}: {e}", dir.display())))
}

/// Temporary folders are private; a plan is the user's like any other folder.
#[cfg(unix)]
fn set_mode(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(|e| Failure::other(format!("{}: {e}", path.display())))
}

#[cfg(not(unix))]
fn set_mode(_: &Path) -> Result<(), Failure> {
    Ok(())
}
