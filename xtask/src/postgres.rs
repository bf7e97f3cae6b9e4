//! A throw-away PostgreSQL for the tests: its own folder, port and passwords, durable settings as in a studio, gone
//! when its holder is gone.
//!
//! A small shell keeps the server: it waits on a pipe whose other end this process holds. The system closes the pipe
//! when this process ends, also by Ctrl-C or `kill -9`; then the shell stops the server and removes the folder.

use std::fs::{DirBuilder, File, Permissions};
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::{target, tools};

/// Oldest version that hairline runs on.
const OLDEST: u32 = 15;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the server (arguments from the second on), waits for the end of the pipe, stops the server, removes its folder.
const KEEPER: &str = r#"
trap '' INT TERM HUP
folder=$1; shift
"$@" </dev/null >"$folder/log" 2>&1 &
read -r _
kill -INT $! 2>/dev/null
wait $!
rm -rf "$folder"
"#;

/// As in a studio: every commit on disk before it is answered. Enough connections for tests side by side.
const SETTINGS: [&str; 8] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "max_connections=300",
    "timezone=UTC",
    "log_checkpoints=off",
];

/// A running server; dropping it stops the server and removes its folder.
pub struct Postgres {
    /// URL of a role that may do everything; every test makes its own database with it.
    pub superuser: String,
    /// URL of the role `hairline`: no superuser, makes no roles or databases, bound by row-level security.
    pub plain: String,
    folder: PathBuf,
    keeper: Child,
    pipe: Option<ChildStdin>,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.pipe.take());
        if self.keeper.wait().is_err() || self.folder.exists() {
            eprintln!("xtask: the PostgreSQL in {} may still be there", self.folder.display());
        }
    }
}

/// `cargo xtask postgres`: a server for `cargo test` by hand, until Ctrl-C.
pub fn run() -> Result<(), String> {
    let mut server = start()?;
    println!("PostgreSQL runs until Ctrl-C. For the tests, in another terminal:\n");
    for (name, url) in variables(&server) {
        println!("  export {name}={url}");
    }
    let ended = server.keeper.wait();
    Err(format!("PostgreSQL ended by itself ({ended:?})"))
}

/// What the tests read, from the environment.
pub fn variables(server: &Postgres) -> [(&'static str, &str); 2] {
    [("HAIRLINE_TEST_POSTGRES", &server.superuser), ("HAIRLINE_TEST_POSTGRES_PLAIN", &server.plain)]
}

/// Makes a cluster and starts it; installs PostgreSQL if it is missing.
pub fn start() -> Result<Postgres, String> {
    let programs = match programs() {
        Some(programs) => programs,
        None => {
            tools::install_packages(&["postgresql"])?;
            programs().ok_or(format!("PostgreSQL {OLDEST} or newer is needed; no initdb of one is here"))?
        }
    };
    let account = account()?;
    // Another program can take the port between finding and using it: try again from the start.
    let mut result = Err(String::new());
    for _ in 0..3 {
        result = start_once(&programs, account);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn start_once(programs: &Path, account: Option<&str>) -> Result<Postgres, String> {
    let folder = make_folder(account)?;
    let data = folder.join("data");
    let passwords = [secret()?, secret()?];
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|e| format!("no free port: {e}"))?
        .port();
    let mut initdb = as_account(account, &programs.join("initdb"));
    initdb.args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]);
    initdb.args(["--data-checksums", "--no-sync", "--no-instructions"]).arg("--pgdata").arg(&data);
    // Nobody but the account can look into the folder.
    let file = folder.join("password");
    let made = std::fs::write(&file, &passwords[0])
        .and_then(|()| std::fs::set_permissions(&file, Permissions::from_mode(0o644)))
        .map_err(|e| format!("{}: {e}", file.display()))
        .and_then(|()| quietly(initdb.arg("--pwfile").arg(&file)));
    if let Err(e) = made {
        let _ = std::fs::remove_dir_all(&folder);
        return Err(e);
    }

    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "postgres-keeper"]).arg(&folder);
    let postgres = as_account(account, &programs.join("postgres"));
    keeper.arg(postgres.get_program()).args(postgres.get_args()).arg("-D").arg(&data);
    keeper.arg("-p").arg(port.to_string());
    for setting in SETTINGS {
        keeper.arg("-c").arg(setting);
    }
    // Its own group: Ctrl-C in the terminal reaches this process alone.
    let mut keeper = keeper
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|e| format!("sh cannot be started: {e}"))?;
    let pipe = keeper.stdin.take();
    let url = |role: &str, password: &str| format!("postgres://{role}:{password}@127.0.0.1:{port}/postgres");
    let server = Postgres {
        superuser: url("postgres", &passwords[0]),
        plain: url("hairline", &passwords[1]),
        folder,
        keeper,
        pipe,
    };
    make_ready(&server, programs, &passwords[1])?;
    Ok(server)
}

/// Waits until the server answers, then makes the plain role.
fn make_ready(server: &Postgres, programs: &Path, password: &str) -> Result<(), String> {
    let sql = format!(
        "create role hairline login nosuperuser nocreatedb nocreaterole nobypassrls password '{password}';
         select 'btree_gist' from pg_available_extensions where name = 'btree_gist';"
    );
    let start = Instant::now();
    let mut answer = query(programs, &server.superuser, "select 1");
    while answer.is_err() && start.elapsed() < PATIENCE && data_is_served(server) {
        std::thread::sleep(Duration::from_millis(50));
        answer = query(programs, &server.superuser, "select 1");
    }
    let log = || std::fs::read_to_string(server.folder.join("log")).unwrap_or_default();
    answer.map_err(|e| format!("PostgreSQL does not answer: {e}\n{}", log()))?;
    let extensions = query(programs, &server.superuser, &sql)?;
    if !extensions.contains("btree_gist") {
        return Err(
            "PostgreSQL has no btree_gist: install its contrib package (postgresql-contrib)".to_owned()
        );
    }
    Ok(())
}

/// Whether the server is starting or running: before its first second, or with its process file there.
fn data_is_served(server: &Postgres) -> bool {
    let log = std::fs::read_to_string(server.folder.join("log")).unwrap_or_default();
    !log.contains("FATAL:  could not") && !log.contains("database system is shut down")
}

/// What psql answers to one text of SQL, unaligned and without headers.
fn query(programs: &Path, url: &str, sql: &str) -> Result<String, String> {
    let output = Command::new(programs.join("psql"))
        .args(["--no-psqlrc", "-qtA", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql])
        .current_dir("/")
        .output()
        .map_err(|e| format!("psql cannot be started: {e}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// Runs a command whose words are shown only when it fails.
fn quietly(command: &mut Command) -> Result<(), String> {
    let words = format!("{command:?}").replace('"', "");
    let output =
        command.current_dir("/").output().map_err(|e| format!("`{words}` cannot be started: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("`{words}` failed: {}", String::from_utf8_lossy(&said).trim()))
}

/// The folder of the newest PostgreSQL's programs, not older than [`OLDEST`]: where Debian, Fedora and others put them, or
/// on the path.
fn programs() -> Option<PathBuf> {
    let list = |folder: &str| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    let debian = list("/usr/lib/postgresql").map(|f| f.join("bin"));
    let fedora = list("/usr").filter(|f| f.to_string_lossy().contains("/pgsql-")).map(|f| f.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian
        .chain(fedora)
        .chain(std::env::split_paths(&path))
        .filter(|bin| ["initdb", "postgres", "psql"].iter().all(|p| bin.join(p).is_file()))
        .filter_map(|bin| version(&bin).filter(|v| *v >= OLDEST).map(|v| (v, bin)))
        .max()
        .map(|(_, bin)| bin)
}

/// The number before the dot of `initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn version(bin: &Path) -> Option<u32> {
    let output = Command::new(bin.join("initdb")).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.split("(PostgreSQL) ").nth(1)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The account that runs the server: PostgreSQL refuses root, so its own account does it then.
fn account() -> Result<Option<&'static str>, String> {
    if !tools::is_root() {
        return Ok(None);
    }
    let exists =
        |name: &str| Command::new("id").arg("-u").arg(name).output().is_ok_and(|o| o.status.success());
    ["postgres", "nobody"].into_iter().find(|name| exists(name)).map(Some).ok_or_else(|| {
        "PostgreSQL refuses root, and neither \"postgres\" nor \"nobody\" is an account".to_owned()
    })
}

/// A command under another account, if one is named.
fn as_account(account: Option<&str>, program: &Path) -> Command {
    match account {
        None => Command::new(program),
        Some(name) => {
            let mut command = Command::new("setpriv");
            command.arg(format!("--reuid={name}")).arg(format!("--regid={}", group(name)));
            command.arg("--clear-groups").arg(program);
            command
        }
    }
}

fn group(account: &str) -> String {
    let output = Command::new("id").arg("-g").arg(account).output();
    output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default()
}

/// A new folder that belongs to the account: below the build's folder, or below the system's where the account cannot
/// reach the former.
fn make_folder(account: Option<&str>) -> Result<PathBuf, String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("postgres-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut said = String::new();
    for parent in [target().join("tools"), std::env::temp_dir()] {
        let folder = parent.join(&name);
        match make_folder_at(&folder, account) {
            Ok(()) => return Ok(folder),
            Err(e) => said = e,
        }
        let _ = std::fs::remove_dir_all(&folder);
    }
    Err(said)
}

fn make_folder_at(folder: &Path, account: Option<&str>) -> Result<(), String> {
    std::fs::create_dir_all(folder.parent().unwrap_or(folder))
        .and_then(|()| DirBuilder::new().mode(0o700).create(folder))
        .map_err(|e| format!("{}: {e}", folder.display()))?;
    let Some(name) = account else { return Ok(()) };
    quietly(Command::new("chown").arg(format!("{name}:{}", group(name))).arg(folder))?;
    quietly(as_account(account, Path::new("test")).arg("-w").arg(folder))
}

/// 128 random bits from the system, as hexadecimal digits.
fn secret() -> Result<String, String> {
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(|e| format!("/dev/urandom: {e}"))?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_servers_run_side_by_side_and_leave_nothing() {
        let servers = [start().expect("the first starts"), start().expect("the second starts")];
        let programs = programs().expect("found by start");
        assert_ne!(servers[0].superuser, servers[1].superuser);
        for server in &servers {
            let ask = |url: &str, sql: &str| query(&programs, url, sql).map(|s| s.trim().to_owned());
            let rights = "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = user";
            assert_eq!(ask(&server.superuser, rights).as_deref(), Ok("t|t|t|t"));
            assert_eq!(ask(&server.plain, rights).as_deref(), Ok("f|f|f|f"));
            assert_eq!(ask(&server.superuser, "show fsync").as_deref(), Ok("on"));
            assert!(ask(&server.plain.replace("hairline:", "hairline:x"), "select 1").is_err());
        }
        let left: Vec<(PathBuf, String)> =
            servers.iter().map(|s| (s.folder.clone(), s.superuser.clone())).collect();
        drop(servers);
        for (folder, url) in left {
            assert!(!folder.exists(), "{} is left", folder.display());
            assert!(query(&programs, &url, "select 1").is_err(), "the server still answers");
        }
    }

    #[test]
    fn a_server_ends_when_its_holder_panics() {
        let folder = std::sync::Mutex::new(PathBuf::new());
        let result = std::panic::catch_unwind(|| {
            let server = start().expect("it starts");
            if let Ok(mut folder) = folder.lock() {
                folder.clone_from(&server.folder);
            }
            assert!(server.folder.as_os_str().is_empty(), "a test that fails");
        });
        assert!(result.is_err());
        let folder = folder.into_inner().unwrap_or_default();
        assert!(folder.is_absolute() && !folder.exists(), "{} is left", folder.display());
    }
}
