//! One file a command.

pub mod admin;
pub mod completions;
pub mod dots;
pub mod example;
pub mod fade;
pub mod head;
pub mod optics;
pub mod plan;
pub mod refresh;
pub mod schema;
pub mod serve;
pub mod shade;

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use hairline_studio::files::Files;
use hairline_studio::seal::master::MasterKeys;

use crate::Failure;

/// Largest file read.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// Reads a file, or standard input for `-`; never more than is allowed, whatever the file says of its size.
fn read_input(path: &str) -> Result<Vec<u8>, Failure> {
    let name = if path == "-" { "standard input" } else { path };
    let failed = |e: std::io::Error| Failure::input(format!("{name}: {}", reason(&e)));
    let mut bytes = Vec::new();
    let size = if path == "-" {
        std::io::stdin().lock().take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
    };
    match size.map_err(failed)? as u64 {
        size if size > MAX_FILE_BYTES => {
            Err(Failure::input(format!("{name}: the file is larger than 1 GB; allowed are files up to 1 GB")))
        }
        _ => Ok(bytes),
    }
}

/// Writes to standard output; a reader that has gone away is no error.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::other(format!("standard output: {e}")))
        }
        _ => Ok(()),
    }
}

/// A word of caution on standard error.
fn note(text: &str) {
    let (on, off) = if std::io::stderr().is_terminal() { ("\x1b[33m", "\x1b[0m") } else { ("", "") };
    #[expect(clippy::print_stderr, reason = "the command's own note")]
    {
        eprintln!("{on}note:{off} {text}");
    }
}

/// The variable with the master key itself.
const MASTER_KEY: &str = "HAIRLINE_MASTER_KEY";

fn master_key_is_given() -> bool {
    std::env::var_os(MASTER_KEY).is_some()
}

/// The master key from its variable or, without that, its file.
fn master_key(file: &Path) -> Result<MasterKeys, Failure> {
    match std::env::var(MASTER_KEY) {
        Ok(text) => MasterKeys::parse(&text, MASTER_KEY).map_err(Failure::input),
        Err(_) => MasterKeys::read(file).map_err(Failure::other),
    }
}

/// How long a bucket may take to answer: assumption, as long as a person waits for a program to start.
const BUCKET_ANSWERS: Duration = Duration::from_secs(20);

/// The setting `--files`.
fn files_url(text: &str) -> Result<String, String> {
    match text.strip_prefix("s3://") {
        Some(bucket) if !bucket.is_empty() && !bucket.starts_with('/') => Ok(text.to_owned()),
        _ => Err("it is given as s3://bucket or s3://bucket/folder".to_owned()),
    }
}

/// Files in a bucket that answers.
async fn in_s3(url: &str) -> Result<Files, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::other(format!("--files {url}: {why}"));
    let files = Files::in_s3(url).map_err(|e| failed(&e))?;
    match tokio::time::timeout(BUCKET_ANSWERS, files.check()).await {
        Ok(answer) => answer.map(|()| files).map_err(|e| failed(&e)),
        Err(_) => Err(failed(&format!(
            "no answer within {} s; look at AWS_ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            BUCKET_ANSWERS.as_secs()
        ))),
    }
}

/// An I/O error in the words of a user.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "this is a folder, not a file".to_owned(),
        _ => error.to_string(),
    }
}
