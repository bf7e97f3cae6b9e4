//! Files in a real folder and in buckets: kept, read, refused, damaged, interrupted and swept.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hairline_studio::files::copies::{self, Copies};
use hairline_studio::files::kind::{AS_THEY_ARE, Kind, SCANS};
use hairline_studio::files::{FileError, FileId, Files, Stored};
use hairline_studio::seal::{DataKey, system_random};
use jiff::Timestamp;

const MAX: u64 = 50_000_000;

fn id(n: u8) -> FileId {
    FileId::new([n; 16])
}

/// A binary STL of so many triangles.
fn stl(triangles: u32) -> Vec<u8> {
    let mut bytes = vec![0; 80];
    bytes.extend(triangles.to_le_bytes());
    bytes.extend((0..triangles * 50).map(|i| (i * 7 + i / 100) as u8));
    bytes
}

fn body(bytes: &[u8], step: usize) -> impl futures_util::Stream<Item = Result<Bytes, String>> + use<> {
    let parts: Vec<_> = bytes.chunks(step).map(|part| Ok(Bytes::copy_from_slice(part))).collect();
    stream::iter(parts)
}

/// Every file below a folder.
fn on_disk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(on_disk(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

struct Place {
    folder: tempfile::TempDir,
    files: Files,
    key: DataKey,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::in_folder(&folder.path().join("kept")).expect("a folder for files");
        Place { folder, files, key: DataKey::new(&mut system_random()) }
    }

    fn path(&self, stored: &Stored) -> PathBuf {
        self.folder.path().join("kept").join(stored.id.path().as_ref())
    }

    async fn put(&self, n: u8, bytes: &[u8]) -> Stored {
        self.files.put(&self.key, id(n), &AS_THEY_ARE, MAX, body(bytes, 300_007)).await.expect("it is kept")
    }

    async fn get(&self, stored: &Stored) -> Result<Vec<u8>, FileError> {
        self.files.get_whole(&self.key, stored).await
    }
}

#[tokio::test]
async fn files_come_back_whole_and_are_unreadable_on_disk() {
    let place = Place::new();
    // In one request, in one request of three pieces, in several parts.
    for (n, triangles) in [(1, 3), (2, 60_000), (3, 250_000)] {
        let bytes = stl(triangles);
        let stored = place.put(n, &bytes).await;
        assert_eq!((stored.kind, stored.bytes), (Kind::Stl, bytes.len() as u64));
        assert!(place.get(&stored).await.is_ok_and(|back| back == bytes));
        let raw = std::fs::read(place.path(&stored)).expect("the object");
        let plain = &bytes[90..122];
        assert!(!raw.windows(plain.len()).any(|window| window == plain), "plain bytes on disk");
        let other = DataKey::new(&mut system_random());
        assert!(matches!(place.files.get_whole(&other, &stored).await, Err(FileError::Damaged { .. })));
    }
    let pdf = b"%PDF-1.7\n1 0 obj\n";
    let stored = place.put(4, pdf).await;
    // By coreutils: printf '%%PDF-1.7\n1 0 obj\n' | sha256sum.
    assert_eq!(stored.sha256[..4], [0xf5, 0x11, 0x7e, 0xdb]);
    assert_eq!(place.get(&stored).await.ok().as_deref(), Some(pdf.as_slice()));
}

#[tokio::test]
async fn what_is_not_taken_leaves_nothing_behind() {
    let place = Place::new();
    let refused = async |bytes: &[u8], allowed: &[Kind], max: u64| {
        let put = place.files.put(&place.key, id(9), allowed, max, body(bytes, 1 << 20)).await;
        put.expect_err("it is refused")
    };
    let html = refused(b"<html><script>", &AS_THEY_ARE, MAX).await;
    assert!(html.to_string().contains("taken here are: pdf, glb, ply, obj, stl"), "{html}");
    let pdf = refused(b"%PDF-1.7\n", &SCANS, MAX).await;
    assert!(pdf.to_string().starts_with("the file is a pdf file"), "{pdf}");
    // A picture never goes past the one way that cleans it, even if a caller allows it.
    assert!(matches!(refused(b"\xff\xd8\xff\xe0", &[Kind::Jpeg], MAX).await, FileError::Kind { .. }));
    let big = stl(250_000);
    assert!(matches!(refused(&big, &SCANS, 12_000_000).await, FileError::TooLarge { max: 12_000_000 }));
    assert!(matches!(refused(&big[..big.len() - 1], &SCANS, MAX).await, FileError::Length { .. }));
    assert!(matches!(refused(b"", &AS_THEY_ARE, MAX).await, FileError::Kind { .. }));
    let broken = body(&big, 1 << 20).take(9).chain(stream::iter([Err("the browser went away".to_owned())]));
    let error = place.files.put(&place.key, id(9), &SCANS, MAX, broken).await.expect_err("it is refused");
    assert!(error.to_string().contains("the browser went away"), "{error}");
    assert_eq!(on_disk(place.folder.path()), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn damage_on_disk_is_found() {
    let place = Place::new();
    let stored = place.put(1, &stl(60_000)).await;
    let twin = place.put(2, &stl(60_000)).await;
    let good = std::fs::read(place.path(&stored)).expect("the object");
    let write = |bytes: &[u8]| std::fs::write(place.path(&stored), bytes).expect("written");
    for at in [5, 30, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        write(&bad);
        assert!(matches!(place.get(&stored).await, Err(FileError::Damaged { .. })), "{at}");
    }
    write(&good[..good.len() - 1]);
    assert!(matches!(place.get(&stored).await, Err(FileError::Damaged { .. })));
    // Another file of the same client and the same length in its place.
    write(&std::fs::read(place.path(&twin)).expect("the other object"));
    assert!(matches!(place.get(&stored).await, Err(FileError::Damaged { .. })));
    // A row that says another content.
    write(&good);
    assert!(matches!(place.get(&Stored { sha256: [0; 32], ..stored }).await, Err(FileError::Damaged { .. })));
    assert!(place.get(&stored).await.is_ok());
    place.files.remove(stored.id).await.expect("removed");
    place.files.remove(stored.id).await.expect("twice is no error");
    assert!(matches!(place.get(&stored).await, Err(FileError::Missing(gone)) if gone == stored.id));
}

#[tokio::test]
async fn an_upload_under_way_is_invisible_and_its_remains_are_swept() {
    let place = Place::new();
    let row = place.put(1, b"%PDF-1.7 kept").await;
    let orphan = place.put(2, b"%PDF-1.7 orphan").await;
    let foreign = place.folder.path().join("kept/files/zz/readme");
    std::fs::create_dir_all(foreign.parent().expect("a folder")).expect("made");
    std::fs::write(&foreign, "not ours").expect("written");
    // An upload of several parts that never ends.
    let endless = body(&stl(250_000), 1 << 20).take(10).chain(stream::pending());
    let (files, key) = (place.files.clone(), place.key.clone());
    let upload =
        tokio::spawn(async move { files.put(&key, id(3), &SCANS, MAX, endless).await.map(|s| s.id) });
    let half = || -> Vec<PathBuf> {
        on_disk(place.folder.path()).into_iter().filter(|p| p.to_string_lossy().contains('#')).collect()
    };
    while half().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(matches!(place.get(&Stored { id: id(3), ..row }).await, Err(FileError::Missing(_))));
    // What is left of one when the program is killed in its midst.
    let remains = PathBuf::from(format!("{}7", half().remove(0).display()));
    std::fs::write(&remains, "half").expect("written");
    upload.abort();
    assert!(upload.await.is_err_and(|e| e.is_cancelled()));

    let is_known = |id: FileId| id == row.id;
    let now = Timestamp::now();
    let early = place.files.sweep(is_known, now - Duration::from_secs(3600)).await.expect("swept");
    assert_eq!((early.orphans.len(), early.half_written, early.foreign), (0, 0, 1), "young ones stay");
    let swept = place.files.sweep(is_known, now + Duration::from_secs(60)).await.expect("swept");
    assert_eq!(swept.orphans, [orphan.id]);
    assert!(swept.half_written >= 1 && !remains.exists());
    assert!(place.get(&row).await.is_ok() && foreign.exists());
}

/// Two buckets of a server that speaks as S3 does, until the end of a test.
struct Buckets {
    server: Child,
    port: u16,
}

impl Buckets {
    fn start() -> Buckets {
        let tools =
            std::env::var_os("HAIRLINE_TOOLS").expect("run `cargo xtask test`, which brings the tools");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools/s3_server.py");
        let mut python = Command::new(PathBuf::from(tools).join("venv/bin/python"));
        let mut server =
            python.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python runs");
        let lines = BufReader::new(server.stdout.take().expect("piped")).lines();
        let port = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("port ")?.parse().ok());
        Buckets { server, port: port.expect("a port") }
    }

    fn files(&self, bucket: &str) -> Files {
        let builder = object_store::aws::AmazonS3Builder::new()
            .with_endpoint(format!("http://127.0.0.1:{}", self.port))
            .with_allow_http(true)
            .with_access_key_id("test")
            .with_secret_access_key("test")
            .with_bucket_name(bucket);
        let _ = rustls::crypto::ring::default_provider().install_default();
        Files::in_store(std::sync::Arc::new(builder.build().expect("a bucket")))
    }
}

impl Drop for Buckets {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[tokio::test]
async fn a_bucket_keeps_files_as_a_folder_does() {
    let server = Buckets::start();
    let files = server.files("studio");
    files.check().await.expect("it answers");
    let strange = server.files("nobodys").check().await.expect_err("no such bucket").to_string();
    assert!(strange.contains("does not exist") || strange.contains("NoSuchBucket"), "{strange}");

    let key = DataKey::new(&mut system_random());
    let bytes = stl(250_000);
    let large = files.put(&key, id(1), &SCANS, MAX, body(&bytes, 1 << 20)).await.expect("kept");
    assert!(files.get_whole(&key, &large).await.is_ok_and(|back| back == bytes), "12 MB came in parts");
    let small = files.put(&key, id(2), &SCANS, MAX, body(&stl(2), 10)).await.expect("kept");
    let twice = files.put(&key, small.id, &SCANS, MAX, body(&stl(3), 10)).await;
    assert!(matches!(twice, Err(FileError::Store(_))), "nothing is written over");
    assert!(files.get_whole(&key, &small).await.is_ok_and(|back| back == stl(2)));

    // What ends half-way leaves nothing to be seen.
    let cut = stl(250_000).into_iter().take(8_000_000).collect::<Vec<u8>>();
    let cut = files.put(&key, id(3), &SCANS, MAX, body(&cut, 1 << 20)).await;
    assert!(matches!(cut, Err(FileError::Length { .. })));
    let never = Stored { id: id(3), ..large };
    assert!(matches!(files.get_whole(&key, &never).await, Err(FileError::Missing(_))));

    // Objects travel as they are, to a folder and on to another bucket.
    let objects = [(large.id.0, large.bytes), (small.id.0, small.bytes), (never.id.0, never.bytes)];
    let folder = tempfile::tempdir().expect("a folder");
    let (beside, second) = (Files::in_folder(folder.path()).expect("a folder"), server.files("second"));
    let copied = copies::copy(&objects, &files, &beside).await.expect("copied");
    assert_eq!(copied, Copies { copied: 2, there: 0, missing: vec![never.id] });
    let copied = copies::copy(&objects[..2], &beside, &second).await.expect("copied");
    assert_eq!(copied, Copies { copied: 2, there: 0, missing: vec![] });
    assert!(second.get_whole(&key, &large).await.is_ok_and(|back| back == bytes));

    let later = Timestamp::now() + Duration::from_secs(60);
    let swept = files.sweep(|file| file == large.id, later).await.expect("swept");
    assert_eq!(swept.orphans, [small.id]);
    files.remove(large.id).await.expect("removed");
    files.remove(large.id).await.expect("twice is no error");
    assert!(matches!(files.get_whole(&key, &large).await, Err(FileError::Missing(_))));
}

#[tokio::test]
async fn objects_are_copied_once_and_what_is_cut_is_missing() {
    let (from, to) = (Place::new(), Place::new());
    let mut objects = Vec::new();
    for n in 1..=2 {
        let stored =
            from.files.put(&from.key, id(n), &SCANS, MAX, body(&stl(n.into()), 10)).await.expect("kept");
        objects.push((stored.id.0, stored.bytes));
    }
    objects.push((id(3).0, 10));
    let first = copies::copy(&objects, &from.files, &to.files).await.expect("copied");
    assert_eq!(first, Copies { copied: 2, there: 0, missing: vec![id(3)] });
    let second = copies::copy(&objects, &from.files, &to.files).await.expect("copied");
    assert_eq!(second, Copies { copied: 0, there: 2, missing: vec![id(3)] });
    let path = to.folder.path().join("kept").join(id(2).path().as_ref());
    std::fs::write(path, b"cut").expect("written");
    assert_eq!(copies::look(&objects, &to.files).await.expect("looked").missing, [id(2), id(3)]);
    let mended = copies::copy(&objects, &from.files, &to.files).await.expect("copied");
    assert_eq!((mended.copied, mended.there), (1, 1));
}
