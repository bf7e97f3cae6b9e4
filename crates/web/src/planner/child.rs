//! The engine in a process of its own: the server stays small, and whatever happens to a plan happens to that process alone.
//!
//! The case and the files beside it go in by standard input, progress and files come out by standard output; nothing of a
//! client touches the disk. A message is a line of JSON, followed by the bytes it announces.

use std::collections::HashMap;
use std::io::{self, BufRead, Read, Write};
use std::path::Path;
use std::process::Stdio;

use hairline_studio::files::kind::Kind;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::sync::mpsc;

use super::engine::{self, Made, Outcome};
use super::{Numbers, pool};

/// The word by which the program is asked to be the engine of a server.
pub const COMMAND: &str = "plan-for-server";
/// The variable by which a server's allocator gives memory back at once (milliseconds after it was freed): small for a
/// server, slow for an engine.
pub const GIVE_BACK: &str = "MIMALLOC_PURGE_DELAY";
/// Largest line of a message, bytes: a case of 2,000 fields is a tenth of it.
const LINE_LIMIT: u64 = 16 << 20;

#[derive(Serialize, Deserialize)]
struct Asked {
    case: String,
    beside: Vec<(String, usize)>,
}

#[derive(Serialize, Deserialize)]
enum Said {
    Step(usize),
    File { name: String, kind: Kind, bytes: usize, small: Option<(Kind, usize)> },
    Done(Box<Numbers>),
    Failed(String),
}

/// Has a case planned by `program`, which is ended when this is dropped. `steps` hears the index of what begins.
///
/// # Errors
/// Where it does not start, or ends before it is done.
pub async fn plan(
    program: &Path,
    case: &str,
    beside: &HashMap<String, Vec<u8>>,
    steps: &mpsc::UnboundedSender<usize>,
) -> io::Result<Result<Outcome, String>> {
    let gone = || io::Error::other("the engine ended before its plan was done");
    let mut child = Command::new(program)
        .arg(COMMAND)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .env_remove(GIVE_BACK)
        .kill_on_drop(true)
        .spawn()?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(gone());
    };
    let sizes = beside.iter().map(|(name, bytes)| (name.clone(), bytes.len())).collect();
    input.write_all(&line(&Asked { case: case.to_owned(), beside: sizes })?).await?;
    for bytes in beside.values() {
        input.write_all(bytes).await?;
    }
    // It begins when everything has come.
    input.shutdown().await?;
    drop(input);
    let mut output = tokio::io::BufReader::new(output);
    let mut files = Vec::new();
    loop {
        let mut line = Vec::new();
        (&mut output).take(LINE_LIMIT).read_until(b'\n', &mut line).await?;
        if line.is_empty() {
            return Err(gone());
        }
        match serde_json::from_slice(&line)? {
            Said::Step(n) => _ = steps.send(n),
            Said::File { name, kind, bytes, small } => {
                let mut part = async |bytes: usize| {
                    let mut taken = vec![0; bytes];
                    output.read_exact(&mut taken).await.map(|_| taken)
                };
                let bytes = part(bytes).await?;
                let small = match small {
                    Some((kind, bytes)) => Some((kind, part(bytes).await?)),
                    None => None,
                };
                files.push(Made { name, kind, bytes, small });
            }
            Said::Done(numbers) => return Ok(Ok(Outcome { numbers: *numbers, files })),
            Said::Failed(why) => return Ok(Err(why)),
        }
    }
}

/// The other side: what the program does when it is asked to be an engine.
///
/// # Errors
/// Where the server is gone.
pub fn serve(input: &mut impl BufRead, output: &mut (impl Write + Send)) -> io::Result<()> {
    let mut asked = Vec::new();
    Read::take(&mut *input, LINE_LIMIT).read_until(b'\n', &mut asked)?;
    let Asked { case, beside } = serde_json::from_slice(&asked)?;
    let mut files = HashMap::new();
    for (name, bytes) in beside {
        let mut taken = vec![0; bytes];
        input.read_exact(&mut taken)?;
        files.insert(name, taken);
    }
    let outcome = engine::read(&case).and_then(|case| {
        pool().install(|| {
            engine::plan(&case, &files, &mut |n| {
                // A server that is gone is noticed at the end.
                let _ = say(output, &Said::Step(n)).and_then(|()| output.flush());
            })
        })
    });
    match outcome {
        Err(why) => say(output, &Said::Failed(why))?,
        Ok(Outcome { numbers, files }) => {
            for Made { name, kind, bytes, small } in files {
                let sizes = small.as_ref().map(|(kind, bytes)| (*kind, bytes.len()));
                say(output, &Said::File { name, kind, bytes: bytes.len(), small: sizes })?;
                output.write_all(&bytes)?;
                if let Some((_, bytes)) = small {
                    output.write_all(&bytes)?;
                }
            }
            say(output, &Said::Done(Box::new(numbers)))?;
        }
    }
    output.flush()
}

fn say(to: &mut impl Write, message: &Said) -> io::Result<()> {
    to.write_all(&line(message)?)
}

fn line(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}
