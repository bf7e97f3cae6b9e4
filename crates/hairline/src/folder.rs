//! Writing a folder whole or not at all.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::Failure;

/// File by which a folder is known as one of ours.
const MARK: &str = "plan.json";

/// Checks that `dir` may be written: it does not exist, is empty, holds an earlier plan, or `force` is given.
pub fn check(dir: &Path, force: bool) -> Result<(), Failure> {
    if !dir.exists() {
        return Ok(());
    }
    if !dir.is_dir() {
        return Err(Failure::input(format!("{}: this is a file; -o takes a folder", dir.display())));
    }
    let mut entries = fs::read_dir(dir).map_err(|e| Failure::input(format!("{}: {e}", dir.display())))?;
    let empty = entries.next().is_none();
    if !empty && !dir.join(MARK).is_file() && !force {
        return Err(Failure::input(format!(
            "{}: the folder holds other files; choose another folder, or --force to replace what it holds",
            dir.display()
        )));
    }
    Ok(())
}

/// Writes all files into a new folder beside `dir` and then puts it in the place of `dir`.
pub fn write(dir: &Path, files: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let failed = |path: &Path, e: std::io::Error| Failure::other(format!("{}: {e}", path.display()));
    let dir = absolute(dir)?;
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
    let mut file = tempfile::NamedTempFile::new_in(parent).map_err(|e| failed(&e))?;
    file.write_all(bytes).map_err(|e| failed(&e))?;
    file.persist(&full).map_err(|e| failed(&e.error))?;
    Ok(())
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
