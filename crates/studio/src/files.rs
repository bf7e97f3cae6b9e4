//! Photos, scans and documents: encrypted under the client's key before they leave the program, in a folder or in S3.
//!
//! An object's name is a random id; names from people are never paths. An object is there whole or not at all: it is
//! written under another name, synced, and renamed (a folder), or completed as one upload (S3). Rows of the store say which
//! objects belong to whom; an object that no row names is an orphan, and swept.

pub mod chunks;
pub mod copies;
pub mod kind;
pub mod picture;

use std::collections::{BTreeMap, HashMap};
use std::future::ready;
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, WriteMultipart};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::seal::{DataKey, system_random};
use chunks::{Damage, Opener, Sealer, encrypted_len};
use kind::{AS_THEY_ARE, FIRST_BYTES, Kind, recognise};
use picture::Clean;

/// Files up to this length go to the store in one request, longer ones in parts of it (S3 asks for 5 MiB at least).
const PART_BYTES: usize = 5 << 20;
/// Parts under way at once.
const PARTS_AT_ONCE: usize = 2;
/// The folder of all objects.
const ROOT: &str = "files";
/// The folder of the histories' newest seals, one for each chain.
const CHECKPOINTS: &str = "seals";

/// Name of an object: a random UUID, which says nothing of its owner or its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileId(pub Uuid);

impl FileId {
    /// A new name from 16 random bytes.
    pub fn new(random: [u8; 16]) -> FileId {
        FileId(uuid::Builder::from_random_bytes(random).into_uuid())
    }

    /// Where the object is: 256 folders, so that none grows large.
    pub fn path(self) -> Path {
        let name = self.0.simple().to_string();
        Path::from_iter([ROOT, &name[..2], &name])
    }

    fn from_path(path: &Path) -> Option<FileId> {
        let id = FileId(Uuid::try_parse(path.filename()?).ok()?);
        (id.path() == *path).then_some(id)
    }
}

/// What a row keeps of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The object's name.
    pub id: FileId,
    /// What it is.
    pub kind: Kind,
    /// Length of the plain file in bytes.
    pub bytes: u64,
    /// SHA-256 of the plain file.
    pub sha256: [u8; 32],
}

/// What a sweep found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Orphans that were removed, sorted.
    pub orphans: Vec<FileId>,
    /// Objects left by uploads that ended half-way, removed (a folder alone; S3 removes them by a rule of the bucket).
    pub half_written: usize,
    /// Objects with names that are not ours, left alone.
    pub foreign: usize,
}

/// Why a file was not taken or given.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Too many bytes.
    #[error("the file has more than {max} bytes, which is the most that is taken")]
    TooLarge {
        /// Bytes allowed.
        max: u64,
    },
    /// Not a kind that is taken here.
    #[error("the file is {found}; taken here are: {allowed}")]
    Kind {
        /// What it is.
        found: String,
        /// Kinds allowed.
        allowed: String,
    },
    /// The file says another length than it has.
    #[error("the {kind} file says that it has {says} bytes but has {found}: it was cut or is no {kind} file")]
    Length {
        /// Its kind.
        kind: &'static str,
        /// Length by its own first bytes.
        says: u64,
        /// Bytes found.
        found: u64,
    },
    /// What brings the file failed, as when a browser goes away.
    #[error("the file did not arrive whole: {0}")]
    Upload(String),
    /// The object is not there.
    #[error("file {0:?} is not there")]
    Missing(FileId),
    /// The object does not open, or is not what the row says.
    #[error("file {id:?} is damaged: {problem}")]
    Damaged {
        /// Its name.
        id: FileId,
        /// What is wrong.
        problem: String,
    },
    /// The folder or S3 failed.
    #[error("files cannot be kept or read: {0}")]
    Store(#[from] object_store::Error),
    /// The folder cannot be made or walked.
    #[error("{path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Where files are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    folder: Option<PathBuf>,
}

impl Files {
    /// Files in a folder, made if it is missing; every file is on disk before `put` returns.
    pub fn in_folder(folder: &FsPath) -> Result<Files, FileError> {
        let failed = |source| FileError::Folder { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let store = object_store::local::LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Files { store: Arc::new(store), folder: Some(folder.to_owned()) })
    }

    /// Files in a folder that is there.
    pub fn of_folder(folder: &FsPath) -> Result<Files, FileError> {
        let failed = |source| FileError::Folder { path: folder.to_owned(), source };
        std::fs::read_dir(folder).map_err(failed)?;
        Files::in_folder(folder)
    }

    /// Files in a bucket of S3 or of what speaks like it, given as `s3://bucket` or `s3://bucket/folder`: credentials, region
    /// and endpoint from the usual variables (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`;
    /// `AWS_ALLOW_HTTP` for one on the same machine).
    pub fn in_s3(url: &str) -> Result<Files, FileError> {
        // The one library of cryptography of this program; whoever chose it before chose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let within = url.strip_prefix("s3://").unwrap_or(url);
        let (bucket, folder) = within.split_once('/').unwrap_or((within, ""));
        let bucket = object_store::aws::AmazonS3Builder::from_env().with_bucket_name(bucket).build()?;
        let folder = Path::parse(folder).map_err(object_store::Error::from)?;
        Ok(Files::in_store(Arc::new(PrefixStore::new(bucket, folder))))
    }

    /// Files in any store of the `object_store` crate.
    pub fn in_store(store: Arc<dyn ObjectStore>) -> Files {
        Files { store, folder: None }
    }

    /// Whether the place answers.
    ///
    /// # Errors
    /// Where it does not, or may not be looked at.
    pub async fn check(&self) -> Result<(), FileError> {
        self.store.list(Some(&Path::from(ROOT))).next().await.transpose()?;
        Ok(())
    }

    /// Length of every object that is there, as it is kept.
    async fn lengths(&self) -> Result<HashMap<FileId, u64>, FileError> {
        let objects = self.store.list(Some(&Path::from(ROOT)));
        let named = objects.try_filter_map(|object| {
            ready(Ok(FileId::from_path(&object.location).map(|id| (id, object.size))))
        });
        Ok(named.try_collect().await?)
    }

    /// Copies an object, encrypted as it is; it is there whole or not at all.
    async fn copy_to(&self, id: FileId, to: &Files) -> Result<(), FileError> {
        let mut parts = self.store.get(&id.path()).await.map_err(|e| missing(id, e))?.into_stream();
        let begun = to.store.put_multipart(&id.path()).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(begun, PART_BYTES);
        while let Some(part) = parts.next().await {
            match part {
                Ok(part) => {
                    upload.wait_for_capacity(PARTS_AT_ONCE).await?;
                    upload.write(&part);
                }
                Err(e) => {
                    // What cannot be taken back now is swept later.
                    let _ = upload.abort().await;
                    return Err(e.into());
                }
            }
        }
        upload.finish().await?;
        Ok(())
    }

    /// Keeps a scan or a document as it comes, if its first bytes are those of an allowed kind and it is not too long. Nothing
    /// is there afterwards if anything fails. Pictures go through [`Files::put_picture`].
    pub async fn put<E: std::fmt::Display>(
        &self,
        key: &DataKey,
        id: FileId,
        allowed: &[Kind],
        max_bytes: u64,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Stored, FileError> {
        let mut body = std::pin::pin!(body);
        let mut first = Vec::new();
        let mut rest = Bytes::new();
        while let Some(part) = body.next().await {
            let part = part.map_err(|e| FileError::Upload(e.to_string()))?;
            if first.len() + part.len() > FIRST_BYTES {
                rest = part;
                break;
            }
            first.extend_from_slice(&part);
        }
        let taken = FIRST_BYTES.saturating_sub(first.len()).min(rest.len());
        first.extend_from_slice(&rest.split_to(taken));
        let (kind, length) = match recognise(&first) {
            Some((kind, length)) if allowed.contains(&kind) && AS_THEY_ARE.contains(&kind) => (kind, length),
            found => return Err(not_allowed(found.map(|(kind, _)| kind), allowed)),
        };
        let start = stream::iter([Ok(Bytes::from(first)), Ok(rest)]);
        let body = start.chain(body.map(|part| part.map_err(|e| FileError::Upload(e.to_string()))));
        self.write(key, id, kind, length, max_bytes, body).await
    }

    /// Keeps a picture that this program wrote.
    pub async fn put_picture(&self, key: &DataKey, id: FileId, picture: &Clean) -> Result<Stored, FileError> {
        let bytes = Bytes::copy_from_slice(&picture.bytes);
        self.write(key, id, picture.kind, None, u64::MAX, stream::iter([Ok(bytes)])).await
    }

    /// Keeps a file that this program made, as it is.
    ///
    /// # Errors
    /// Where it cannot be kept; nothing is there then.
    pub async fn put_made(
        &self,
        key: &DataKey,
        id: FileId,
        kind: Kind,
        bytes: Vec<u8>,
    ) -> Result<Stored, FileError> {
        self.write(key, id, kind, None, u64::MAX, stream::iter([Ok(Bytes::from(bytes))])).await
    }

    async fn write(
        &self,
        key: &DataKey,
        id: FileId,
        kind: Kind,
        length: Option<u64>,
        max_bytes: u64,
        body: impl Stream<Item = Result<Bytes, FileError>>,
    ) -> Result<Stored, FileError> {
        let mut upload: Option<WriteMultipart> = None;
        let mut written = Written { hash: Sha256::new(), bytes: 0, out: Vec::new() };
        let sent = self.send(key, id, max_bytes, body, &mut upload, &mut written).await;
        let sent = sent.and_then(|()| match length {
            Some(says) if says != written.bytes => {
                Err(FileError::Length { kind: kind.name(), says, found: written.bytes })
            }
            _ => Ok(()),
        });
        match (sent, upload) {
            (Ok(()), None) => {
                let mode = object_store::PutOptions::from(PutMode::Create);
                self.store.put_opts(&id.path(), written.out.into(), mode).await?;
            }
            (Ok(()), Some(mut upload)) => {
                upload.write(&written.out);
                upload.finish().await?;
            }
            (Err(e), None) => return Err(e),
            (Err(e), Some(upload)) => {
                // What cannot be taken back now is swept later.
                let _ = upload.abort().await;
                return Err(e);
            }
        }
        Ok(Stored { id, kind, bytes: written.bytes, sha256: written.hash.finalize().into() })
    }

    /// Encrypts the body; what exceeds one part goes out as parts of an upload, the rest stays in `written.out`.
    async fn send(
        &self,
        key: &DataKey,
        id: FileId,
        max_bytes: u64,
        body: impl Stream<Item = Result<Bytes, FileError>>,
        upload: &mut Option<WriteMultipart>,
        written: &mut Written,
    ) -> Result<(), FileError> {
        let mut sealer = Sealer::new(key, id.0, &mut system_random(), &mut written.out);
        let mut body = std::pin::pin!(body);
        while let Some(part) = body.next().await {
            let part = part?;
            written.bytes += part.len() as u64;
            if written.bytes > max_bytes {
                return Err(FileError::TooLarge { max: max_bytes });
            }
            written.hash.update(&part);
            sealer.push(&part, &mut written.out);
            if written.out.len() > PART_BYTES {
                if upload.is_none() {
                    let begun = self.store.put_multipart(&id.path()).await?;
                    *upload = Some(WriteMultipart::new_with_chunk_size(begun, PART_BYTES));
                }
                if let Some(upload) = upload {
                    upload.wait_for_capacity(PARTS_AT_ONCE).await?;
                    upload.write(&written.out);
                    written.out.clear();
                }
            }
        }
        sealer.finish(&mut written.out);
        Ok(())
    }

    /// The plain file in pieces as they are read, each checked; the stream ends with an error if anything is missing or
    /// changed, so what it gave before is to be used only when it ends well.
    pub async fn get(
        &self,
        key: &DataKey,
        stored: &Stored,
    ) -> Result<BoxStream<'static, Result<Bytes, FileError>>, FileError> {
        let id = stored.id;
        let object = self.store.get(&id.path()).await.map_err(|e| missing(id, e))?;
        if object.meta.size != encrypted_len(stored.bytes) {
            let problem = format!("{} bytes instead of {}", object.meta.size, encrypted_len(stored.bytes));
            return Err(FileError::Damaged { id, problem });
        }
        let state = Reading {
            stored: *stored,
            opener: Some(Opener::new(key, id.0)),
            hash: Sha256::new(),
            encrypted: object.into_stream(),
        };
        Ok(stream::try_unfold(state, next_piece).boxed())
    }

    /// The whole plain file, verified.
    pub async fn get_whole(&self, key: &DataKey, stored: &Stored) -> Result<Vec<u8>, FileError> {
        let mut pieces = self.get(key, stored).await?;
        let mut whole = Vec::with_capacity(usize::try_from(stored.bytes).unwrap_or(0));
        while let Some(piece) = pieces.next().await {
            whole.extend_from_slice(&piece?);
        }
        Ok(whole)
    }

    /// Keeps the newest seal of a chain's history outside the database, in the place of the one before.
    pub async fn put_checkpoint(&self, chain: Uuid, seal: Vec<u8>) -> Result<(), FileError> {
        let path = Path::from_iter([CHECKPOINTS, &chain.simple().to_string()]);
        self.store.put(&path, seal.into()).await?;
        Ok(())
    }

    /// The seals kept outside the database, by chain.
    pub async fn checkpoints(&self) -> Result<BTreeMap<Uuid, Vec<u8>>, FileError> {
        let mut found = BTreeMap::new();
        let mut listed = self.store.list(Some(&Path::from(CHECKPOINTS)));
        while let Some(object) = listed.next().await {
            let path = object?.location;
            if let Some(chain) = path.filename().and_then(|name| Uuid::try_parse(name).ok()) {
                found.insert(chain, self.store.get(&path).await?.bytes().await?.into());
            }
        }
        Ok(found)
    }

    /// Removes an object; one that is not there is no error.
    pub async fn remove(&self, id: FileId) -> Result<(), FileError> {
        match self.store.delete(&id.path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    /// Removes objects that no row knows and half-written ones, both only if last changed before `before`: leave an hour at
    /// least, for uploads whose row is about to be written.
    pub async fn sweep(
        &self,
        is_known: impl Fn(FileId) -> bool,
        before: Timestamp,
    ) -> Result<Swept, FileError> {
        let mut swept = Swept::default();
        let mut objects = self.store.list(Some(&Path::from(ROOT)));
        while let Some(object) = objects.next().await {
            let object = object?;
            match FileId::from_path(&object.location) {
                None => swept.foreign += 1,
                Some(id)
                    if is_known(id) || object.last_modified.timestamp_micros() >= before.as_microsecond() => {
                }
                Some(id) => {
                    self.remove(id).await?;
                    swept.orphans.push(id);
                }
            }
        }
        swept.orphans.sort_unstable();
        if let Some(folder) = &self.folder {
            swept.half_written = sweep_half_written(&folder.join(ROOT), before)?;
        }
        Ok(swept)
    }
}

struct Written {
    hash: Sha256,
    bytes: u64,
    out: Vec<u8>,
}

struct Reading {
    stored: Stored,
    /// `None` once all is read.
    opener: Option<Opener>,
    hash: Sha256,
    encrypted: BoxStream<'static, object_store::Result<Bytes>>,
}

async fn next_piece(mut state: Reading) -> Result<Option<(Bytes, Reading)>, FileError> {
    let id = state.stored.id;
    let damaged = |damage: Damage| FileError::Damaged { id, problem: damage.to_string() };
    let mut out = Vec::new();
    while out.is_empty() {
        let Some(mut opener) = state.opener.take() else { return Ok(None) };
        match state.encrypted.next().await {
            Some(part) => {
                opener.push(&part?, &mut out).map_err(damaged)?;
                state.opener = Some(opener);
                state.hash.update(&out);
            }
            None => {
                opener.finish(&mut out).map_err(damaged)?;
                state.hash.update(&out);
                if <[u8; 32]>::from(state.hash.clone().finalize()) != state.stored.sha256 {
                    return Err(FileError::Damaged {
                        id,
                        problem: "its content is not what was kept".to_owned(),
                    });
                }
            }
        }
    }
    Ok(Some((out.into(), state)))
}

fn missing(id: FileId, error: object_store::Error) -> FileError {
    match error {
        object_store::Error::NotFound { .. } => FileError::Missing(id),
        other => FileError::Store(other),
    }
}

fn not_allowed(found: Option<Kind>, allowed: &[Kind]) -> FileError {
    let found =
        found.map_or("of no kind that is known here".to_owned(), |kind| format!("a {} file", kind.name()));
    let names: Vec<&str> =
        allowed.iter().filter(|kind| AS_THEY_ARE.contains(kind)).map(|kind| kind.name()).collect();
    FileError::Kind { found, allowed: names.join(", ") }
}

/// Removes what an upload leaves when the program is ended in its midst: `object_store` writes to `name#number` and never
/// lists such files.
fn sweep_half_written(root: &FsPath, before: Timestamp) -> Result<usize, FileError> {
    let failed = |path: &FsPath| {
        let path = path.to_owned();
        move |source| FileError::Folder { path, source }
    };
    if !root.is_dir() {
        return Ok(0);
    }
    let mut count = 0;
    for folder in std::fs::read_dir(root).map_err(failed(root))?.flatten().map(|entry| entry.path()) {
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(failed(&folder))?.flatten() {
            let is_half = entry.file_name().to_string_lossy().contains('#');
            let changed = entry.metadata().ok().and_then(|m| Timestamp::try_from(m.modified().ok()?).ok());
            if is_half && changed.is_some_and(|changed| changed < before) {
                std::fs::remove_file(entry.path()).map_err(failed(&entry.path()))?;
                count += 1;
            }
        }
    }
    Ok(count)
}
