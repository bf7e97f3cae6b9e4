//! Copies of encrypted objects from folder to folder, for backups. An object never changes: one that is there need not be
//! copied again.

use std::path::Path;

use uuid::Uuid;

use super::chunks::encrypted_len;
use super::{FileError, FileId};

/// What a copy or a look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copies {
    /// Objects that were copied.
    pub copied: usize,
    /// Objects that were there already, whole by their length.
    pub there: usize,
    /// Objects that are not there, or not whole.
    pub missing: Vec<FileId>,
}

/// Copies the objects (names and lengths of their plain files) from one folder to another.
///
/// # Errors
/// Where the other folder cannot be written.
pub fn copy(objects: &[(Uuid, u64)], from: &Path, to: &Path) -> Result<Copies, FileError> {
    let mut copies = Copies::default();
    for (id, bytes) in objects {
        let id = FileId(*id);
        let (source, target) = (from.join(id.path().as_ref()), to.join(id.path().as_ref()));
        if is_whole(&target, *bytes) {
            copies.there += 1;
        } else if is_whole(&source, *bytes) {
            one(&source, &target).map_err(|source| FileError::Folder { path: target.clone(), source })?;
            copies.copied += 1;
        } else {
            copies.missing.push(id);
        }
    }
    Ok(copies)
}

/// Which of the objects are in a folder.
pub fn look(objects: &[(Uuid, u64)], folder: &Path) -> Copies {
    let mut copies = Copies::default();
    for (id, bytes) in objects {
        let id = FileId(*id);
        match is_whole(&folder.join(id.path().as_ref()), *bytes) {
            true => copies.there += 1,
            false => copies.missing.push(id),
        }
    }
    copies
}

fn is_whole(path: &Path, plain: u64) -> bool {
    path.metadata().is_ok_and(|m| m.is_file() && m.len() == encrypted_len(plain))
}

/// Whole or not at all.
fn one(source: &Path, target: &Path) -> std::io::Result<()> {
    let folder = target.parent().unwrap_or(target);
    std::fs::create_dir_all(folder)?;
    let part = target.with_added_extension("part");
    std::fs::copy(source, &part)?;
    std::fs::File::open(&part)?.sync_all()?;
    std::fs::rename(&part, target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_copied_once_and_what_is_cut_is_missing() {
        let (from, to) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let objects: Vec<(Uuid, u64)> = (0..3_u64).map(|n| (Uuid::from_u128(n.into()), 10 * n)).collect();
        for (id, bytes) in &objects[..2] {
            let path = from.path().join(FileId(*id).path().as_ref());
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            let bytes = vec![1; usize::try_from(encrypted_len(*bytes)).expect("short")];
            std::fs::write(path, bytes).expect("written");
        }
        let gone = vec![FileId(objects[2].0)];
        let first = copy(&objects, from.path(), to.path()).expect("copied");
        assert_eq!(first, Copies { copied: 2, there: 0, missing: gone.clone() });
        let second = copy(&objects, from.path(), to.path()).expect("copied");
        assert_eq!(second, Copies { copied: 0, there: 2, missing: gone });
        let cut = to.path().join(FileId(objects[1].0).path().as_ref());
        std::fs::write(cut, b"cut").expect("written");
        assert_eq!(look(&objects, to.path()).missing.len(), 2);
        assert_eq!(copy(&objects, from.path(), to.path()).expect("copied").copied, 1, "mended");
    }
}
