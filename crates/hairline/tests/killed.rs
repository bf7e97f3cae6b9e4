//! `hairline serve` killed (kill -9) again and again while it sends mails through a real SMTP server: every mail arrives, and
//! the few that arrive twice are known by their Message-ID.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hairline_studio::demo;
use hairline_studio::seal::master::MasterKeys;
use hairline_studio::seal::system_random;
use hairline_studio::store::{Error, Store};
use hairline_studio::values;

const MAILS: i64 = 60;

fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// A demonstration whose people are taken for real, with reminders of visits to come due at once.
fn fill(data: &Path) {
    let store = Store::sqlite(&data.join("hairline.db"), 0).expect("a store");
    let master = Arc::new(MasterKeys::create(&data.join("master.key"), &mut system_random()).expect("a key"));
    demo::fill(&store, &master, 7, now()).expect("a demonstration");
    let from_us = now().as_microsecond() + 3_600_000_000;
    store
        .write(None, move |tx| {
            tx.execute("update chains set demo = 0", &[])?;
            tx.execute("delete from jobs where kind <> 'mail.reminder'", &[])?;
            tx.execute(
                "update jobs set due_us = 0 where id in (select j.id from jobs j join appointments a on a.id = j.about_id \
                 where a.starts_us > $1 order by j.id limit $2)",
                values![from_us, MAILS],
            )?;
            tx.execute("delete from jobs where due_us > 0", &[]).map(|_| ())
        })
        .map_err(|e: Error| e)
        .expect("written");
}

/// How many jobs are not done; and, as if the leases of the dead had run out, gives theirs back.
fn left(data: &Path) -> i64 {
    let store = Store::sqlite(&data.join("hairline.db"), 0).expect("a store");
    store
        .write(None, |tx| {
            tx.execute("update jobs set leased_until_us = 0", &[])?;
            let sql = "select count(*) from jobs where done_us is null and kind = 'mail.reminder'";
            let row = tx.query_one(sql, &[])?;
            row.ok_or(Error::Reference)?.take::<i64>()
        })
        .expect("read")
}

fn serve(data: &Path, port: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_hairline"))
        .args(["serve", "--listen", "127.0.0.1:0", "--mail-from", "post@fallow.example", "--smtp"])
        .arg(format!("smtp://127.0.0.1:{port}"))
        .arg("--data")
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

/// Waits until a server listens, and so ends in order when it is told to.
fn ready(server: &mut Child) {
    let out = server.stdout.take().expect("piped");
    let mut lines = BufReader::new(out).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("is ready at")), "it ended before it was ready");
}

fn mails(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path());
    entries.filter(|p| p.extension().is_some_and(|e| e == "eml")).collect()
}

/// calcom/cal.diy #28811: reminders stood in a table and were never sent. #17928, #17095: none came after the first mail.
#[test]
fn mails_outlive_kill_9() {
    let tools = std::env::var_os("HAIRLINE_TOOLS").expect("run `cargo xtask test`, which brings the tools");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools/smtp_server.py");
    let (data, post) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    fill(data.path());
    let mut server = Command::new(PathBuf::from(tools).join("venv/bin/python"))
        .arg(script)
        .arg(post.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python runs");
    let mut port = String::new();
    BufReader::new(server.stdout.take().expect("piped")).read_line(&mut port).expect("a line");

    let end = Instant::now() + Duration::from_secs(120);
    let (mut kills, mut arrived) = (0_usize, 0);
    while left(data.path()) > 0 {
        assert!(Instant::now() < end, "{} of {MAILS} are left after {kills} kills", left(data.path()));
        let mut studio = serve(data.path(), port.trim());
        // Five more mails, and it dies in the middle of the next ones.
        let most = arrived + 5;
        while mails(post.path()).len() < most && Instant::now() < end && kills < 8 {
            std::thread::sleep(Duration::from_millis(5));
        }
        if kills < 8 {
            studio.kill().expect("killed");
            kills += 1;
        } else {
            // At last it may finish, and ends in order when it is told to.
            ready(&mut studio);
            while mails(post.path()).len() < usize::try_from(MAILS).expect("few") && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(50));
            }
            let told = Command::new("kill").arg(studio.id().to_string()).status().expect("kill runs");
            assert!(told.success() && studio.wait().expect("it ends").success(), "an ordered end");
        }
        let _ = studio.wait();
        arrived = mails(post.path()).len();
    }
    let _ = server.kill();
    let _ = server.wait();

    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    for mail in mails(post.path()) {
        let text = String::from_utf8_lossy(&std::fs::read(&mail).expect("read")).into_owned();
        let id = text.lines().find_map(|l| l.strip_prefix("Message-ID: ")).expect("an id");
        *ids.entry(id.to_owned()).or_default() += 1;
    }
    assert_eq!(ids.len(), usize::try_from(MAILS).expect("few"), "every mail arrived after {kills} kills");
    let twice: usize = ids.values().map(|n| n - 1).sum();
    // At most what was under way at each kill.
    assert!(twice <= 4 * kills, "{twice} doubled by {kills} kills");
    #[expect(clippy::print_stdout, reason = "how much was tried, for who reads the run")]
    {
        println!("{kills} kills, {twice} of {MAILS} mails twice");
    }
}
