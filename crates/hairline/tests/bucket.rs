//! `hairline serve --files s3://…` against a server that speaks as S3 does: pictures of plans go to the bucket, into backups
//! and on to a second bucket.

mod support;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use hairline_studio::store::Store;

/// The program with the account of a bucket, ended with its test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn buckets() -> (Ended, String) {
    let tools = std::env::var_os("HAIRLINE_TOOLS").expect("run `cargo xtask test`, which brings the tools");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools/s3_server.py");
    let mut python = Command::new(PathBuf::from(tools).join("venv/bin/python"));
    let mut server =
        python.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python runs");
    let lines = BufReader::new(server.stdout.take().expect("piped")).lines();
    let port = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("port ").map(str::to_owned));
    (Ended(server), format!("http://127.0.0.1:{}", port.expect("a port")))
}

fn hairline(endpoint: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hairline"));
    command
        .env("AWS_ENDPOINT", endpoint)
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    command
}

fn admin(endpoint: &str, arguments: &[&str]) -> Output {
    hairline(endpoint).arg("admin").args(arguments).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Rows of the table of files, as `admin verify` counts them once all it names is there.
fn files(verified: &Output) -> u64 {
    let out = text(&verified.stdout);
    let line = out.lines().find(|line| line.split_whitespace().next() == Some("files")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[test]
fn the_files_of_a_studio_live_in_a_bucket_and_move_with_a_backup() {
    support::in_folder(|folder| {
        let (_server, endpoint) = buckets();
        let at = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
        let (data, backup, moved) = (at("data"), at("backup.db"), at("moved"));
        let of = ["--data", &data, "--files", "s3://studio/fallow"];

        let strange = hairline(&endpoint)
            .args(["serve", "--demo", "--data", &data, "--files", "s3://nobodys"])
            .output()
            .expect("the program runs");
        let said = text(&strange.stderr);
        assert!(!strange.status.success() && said.contains("--files s3://nobodys: "), "{said}");
        assert!(!folder.join("data/hairline.db").exists(), "nothing is filled without its files");

        let mut serving = Ended(
            hairline(&endpoint)
                .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
                .args(of)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("the program starts"),
        );
        let mut lines = BufReader::new(serving.0.stdout.take().expect("piped")).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("is ready at")), "the server ended before it was ready");
        // The engine plans the ten records of the demonstration; its pictures are the files.
        let end = Instant::now() + Duration::from_secs(240);
        loop {
            let verified = admin(&endpoint, &[&["verify"], &of[..]].concat());
            if files(&verified) > 0 && text(&verified.stdout).contains(": sealed until ") {
                assert!(verified.status.success(), "{}", text(&verified.stderr));
                let own = !text(&verified.stdout).contains("without the master key");
                assert!(own, "{}", text(&verified.stdout));
                break;
            }
            assert!(Instant::now() < end, "no plan came: {}", text(&verified.stderr));
            std::thread::sleep(Duration::from_secs(1));
        }
        assert!(!folder.join("data/files").exists(), "none is kept on this machine");
        let made = admin(&endpoint, &[&["backup", "-o", &backup], &of[..]].concat());
        assert!(made.status.success(), "{}", text(&made.stderr));
        drop(serving);

        let verified = admin(&endpoint, &["verify", &backup]);
        assert!(verified.status.success() && files(&verified) > 0, "{}", text(&verified.stderr));
        let to = ["--data", &moved, "--files", "s3://second"];
        // Cut off between files and rows, as if the machine had gone off: it is done again.
        for _ in 0..2 {
            let _ = std::fs::remove_file(folder.join("moved/hairline.db"));
            let restored = admin(&endpoint, &[&["restore", &backup], &to[..]].concat());
            assert!(restored.status.success(), "{}", text(&restored.stderr));
        }
        let there = admin(&endpoint, &[&["verify"], &to[..]].concat());
        assert!(there.status.success(), "{}", text(&there.stderr));
        assert_eq!(text(&there.stdout), text(&verified.stdout), "the same rows");
        assert!(text(&there.stdout).contains(": sealed until "), "{}", text(&there.stdout));
        // Events cut off together with their seals are missed by what the bucket knows.
        let store = Store::sqlite(&folder.join("moved/hairline.db"), 0).expect("opens");
        for sql in [
            "drop trigger events_remain",
            "delete from events",
            "drop trigger seals_remain",
            "delete from seals",
        ] {
            store.write(None, move |tx| tx.execute(sql, &[])).expect("tampered with");
        }
        drop(store);
        let tampered = admin(&endpoint, &[&["verify"], &to[..]].concat());
        let said = text(&tampered.stderr);
        assert!(
            tampered.status.code() == Some(2) && said.contains("the newest seals were cut off"),
            "{said}"
        );
        // In the folder that the setting replaces there is nothing.
        let elsewhere = admin(&endpoint, &["verify", "--data", &moved]);
        let said = text(&elsewhere.stderr);
        assert!(elsewhere.status.code() == Some(2) && said.contains("files are missing or cut"), "{said}");
    });
}

#[test]
fn a_place_for_files_that_is_none_is_said_in_words() {
    let out = hairline("http://127.0.0.1:9").args(["serve", "--files", "bucket"]).output().expect("it runs");
    let said = text(&out.stderr);
    assert!(out.status.code() == Some(2) && said.contains("s3://bucket or s3://bucket/folder"), "{said}");
}
