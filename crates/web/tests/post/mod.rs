//! A real SMTP server (aiosmtpd) for the tests, and foreign parsers of what it got.
//!
//! `HAIRLINE_TOOLS` (npm and pip packages) comes from `cargo xtask test`.
#![allow(dead_code)] // each test file uses a part

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hairline_studio::store::jobs::{self, Which};
use hairline_web::Config;
use hairline_web::jobs::mail::Mailer;
use jiff::Timestamp;
use serde_json::Value;

use crate::practice::Served;

pub fn tools() -> PathBuf {
    std::env::var_os("HAIRLINE_TOOLS").expect("run `cargo xtask test`, which brings the tools").into()
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools").join(name)
}

fn python() -> Command {
    Command::new(tools().join("venv/bin/python"))
}

/// A mail server that keeps what it gets in a folder.
pub struct PostOffice {
    folder: tempfile::TempDir,
    pub port: u16,
    server: Child,
}

impl PostOffice {
    pub fn open() -> PostOffice {
        let folder = tempfile::tempdir().expect("a folder");
        let mut server = python()
            .arg(script("smtp_server.py"))
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python runs");
        let mut port = String::new();
        BufReader::new(server.stdout.take().expect("piped")).read_line(&mut port).expect("a line");
        PostOffice { folder, port: port.trim().parse().expect("a port"), server }
    }

    pub fn config(&self) -> Config {
        self.config_at(self.port)
    }

    /// With another port on the way to it.
    pub fn config_at(&self, port: u16) -> Config {
        let mailer = Mailer::new(&format!("smtp://127.0.0.1:{port}"), "post@fallow.example");
        Config {
            mail: Some(mailer.expect("an address")),
            public_url: Some("https://fallow.example".parse().expect("an address")),
            rate_limit: None,
            ..Config::default()
        }
    }

    pub fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder is there");
        let mut files: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
        files.retain(|f| f.extension().is_some_and(|e| e == "eml"));
        files.sort();
        files
    }

    /// The first so many mails, once they are here.
    pub fn mails(&self, n: usize) -> Vec<Value> {
        until("the mails arrive", || self.files().len() >= n);
        let out = python().arg(script("check_mail.py")).args(self.files()).output().expect("python runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8(out.stdout).expect("text");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[track_caller]
pub fn until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What ical.js reads out of a calendar.
pub fn by_ical_js(text: &str) -> Value {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    let out = Command::new("node")
        .arg(script("check_ics.mjs"))
        .arg(file.path())
        .env("NODE_PATH", tools().join("node_modules"))
        .output()
        .expect("node runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("JSON")
}

/// What Python's `icalendar` reads out of a calendar.
pub fn by_python(text: &str) -> Value {
    let file = tempfile::Builder::new().suffix(".ics").tempfile().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    let out = python().arg(script("check_mail.py")).arg(file.path()).output().expect("python runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("JSON")
}

pub fn list(served: &Served, which: Which) -> Vec<jobs::Line> {
    let read = served.office.read(move |desk| jobs::list(desk.tx, which, None, 100, desk.fresh.now_us()));
    served.wait(read).expect("a list")
}

pub fn instant(value: &Value) -> Timestamp {
    value.as_str().expect("text").parse().expect("RFC 3339")
}

/// A port at which nobody answers.
pub fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    free.local_addr().expect("an address").port()
}

/// From now on a port leads to another.
pub fn lead(port: u16, to: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    std::thread::spawn(move || {
        for here in listener.incoming().map_while(Result::ok) {
            let Ok(there) = TcpStream::connect(("127.0.0.1", to)) else { continue };
            let pair = |a: &TcpStream, b: &TcpStream| (a.try_clone(), b.try_clone());
            for (from, to) in [pair(&here, &there), pair(&there, &here)] {
                let (Ok(mut from), Ok(mut to)) = (from, to) else { continue };
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Write);
                });
            }
        }
    });
}
