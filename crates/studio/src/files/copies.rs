//! Copies of encrypted objects from place to place, for backups. An object never changes: one that is there need not be
//! copied again.

use futures_util::{TryStreamExt, stream};
use uuid::Uuid;

use super::chunks::encrypted_len;
use super::{FileError, FileId, Files};

/// Objects that travel at once.
const AT_ONCE: usize = 8;

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

/// Copies the objects (names and lengths of their plain files) from one place to another.
///
/// # Errors
/// Where one cannot be read, or the other cannot be written.
pub async fn copy(objects: &[(Uuid, u64)], from: &Files, to: &Files) -> Result<Copies, FileError> {
    let there = to.lengths().await?;
    let wanted = |(id, bytes): &&(Uuid, u64)| there.get(&FileId(*id)) != Some(&encrypted_len(*bytes));
    let wanted: Vec<(Uuid, u64)> = objects.iter().filter(wanted).copied().collect();
    let found = look(&wanted, from).await?;
    let whole = wanted.iter().map(|(id, _)| FileId(*id)).filter(|id| !found.missing.contains(id));
    stream::iter(whole.map(Ok)).try_for_each_concurrent(AT_ONCE, |id| from.copy_to(id, to)).await?;
    Ok(Copies { copied: found.there, there: objects.len() - wanted.len(), missing: found.missing })
}

/// Which of the objects are in a place.
///
/// # Errors
/// Where it cannot be read.
pub async fn look(objects: &[(Uuid, u64)], place: &Files) -> Result<Copies, FileError> {
    let lengths = place.lengths().await?;
    let missing = |(id, bytes): &(Uuid, u64)| {
        let id = FileId(*id);
        (lengths.get(&id) != Some(&encrypted_len(*bytes))).then_some(id)
    };
    let missing: Vec<FileId> = objects.iter().filter_map(missing).collect();
    Ok(Copies { copied: 0, there: objects.len() - missing.len(), missing })
}
