use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use hairline_studio::demo::{self, SignIn};
use hairline_studio::files::Files;
use hairline_studio::password;
use hairline_studio::permission::Role;
use hairline_studio::seal::master::MasterKeys;
use hairline_studio::seal::system_random;
use hairline_studio::store::live::Live;
use hairline_studio::store::{POSTGRES_CONNECTIONS, Store, practice, sign_in};
use hairline_studio::token;
use hairline_web::config::{Config, PublicUrl, RateLimit};
use hairline_web::jobs::mail::Mailer;
use hairline_web::jobs::runner::Runner;
use hairline_web::office::now;
use hairline_web::public::view::Public;
use hairline_web::server::End;
use hairline_web::set_up::{self, Waiting};
use hairline_web::tls::{Authority, Tls, own_names};
use hairline_web::{App, Office, planner, server};

use crate::Failure;

/// From which number the demonstration grows.
const DEMO_SEED: u64 = 20_261_123;

/// Serve the studio: pages, API and jobs.
#[derive(clap::Args)]
pub struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Folder with everything the studio keeps; made when it is not there.
    #[arg(long, value_name = "DIR", default_value = "hairline-data")]
    data: PathBuf,
    /// PostgreSQL in place of the SQLite file in DIR, as postgres://user:password@host/database.
    #[arg(long, value_name = "URL", env = "HAIRLINE_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Photos, scans and documents in S3 in place of DIR, as s3://bucket or s3://bucket/folder; they are encrypted before they
    /// leave the program. Account and server from the usual variables: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION,
    /// and AWS_ENDPOINT where it is not Amazon's.
    #[arg(long, value_name = "URL", env = "HAIRLINE_FILES", value_parser = super::files_url)]
    files: Option<String>,
    /// File with the master key, which opens every client's record; made at the first start. The variable HAIRLINE_MASTER_KEY
    /// with the key itself goes before it. Default: master.key in DIR.
    #[arg(long, value_name = "FILE", env = "HAIRLINE_MASTER_KEY_FILE")]
    master_key: Option<PathBuf>,
    /// Fill an empty store with a fictional chain, and say on every page that its people are fictional.
    #[arg(long)]
    demo: bool,
    /// Where people reach it from outside, as https://studio.example.
    #[arg(long, value_name = "URL")]
    public_url: Option<PublicUrl>,
    /// HTTPS by the server itself: files with certificate chain and private key (PEM), which are read again each hour; or
    /// `self`, a local authority for a network of one's own, which devices install from the page /trust.
    #[arg(long, value_names = ["CERT", "KEY"], num_args = 1..=2)]
    tls: Vec<PathBuf>,
    /// The mail server, as smtps://user:password@mail.example or smtp://user:password@mail.example:587?tls=required. Without
    /// it no mail is sent, and the page of jobs says so.
    #[arg(long, value_name = "URL", env = "HAIRLINE_SMTP", hide_env_values = true, requires = "mail_from")]
    smtp: Option<String>,
    /// The address that writes the mails, as studio@example.com; answers go to the studio's own.
    #[arg(long, value_name = "ADDRESS", env = "HAIRLINE_MAIL_FROM")]
    mail_from: Option<String>,
    /// Where a finder of a weakness writes (mailto: or https:); shown in /.well-known/security.txt.
    #[arg(long, value_name = "URI")]
    security_contact: Option<String>,
    /// A proxy whose X-Forwarded-For and -Proto are believed; may be given several times.
    #[arg(long, value_name = "NETWORK")]
    trusted_proxy: Vec<ipnet::IpNet>,
    /// Who may read /metrics, beside this machine; may be given several times.
    #[arg(long, value_name = "NETWORK")]
    metrics_from: Vec<ipnet::IpNet>,
    /// A network of one's own where practitioners' calendars may be read and webhooks sent, beside the public internet;
    /// may be given several times.
    #[arg(long, value_name = "NETWORK")]
    fetch_from: Vec<ipnet::IpNet>,
    /// Requests a minute from one address; 0 sets no limit.
    #[arg(long, value_name = "N", default_value_t = 1200)]
    rate_limit: u32,
    /// How log lines look.
    #[arg(long, value_enum, default_value_t = Log::Human)]
    log: Log,
}

#[derive(Clone, Copy, ValueEnum)]
enum Log {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// Has the program begin once more with memory given back to the system as soon as it is free: the allocator reads this
/// setting before the program's own first line. Where it cannot, the server runs as it is.
fn stay_small() {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        if std::env::var_os(planner::child::GIVE_BACK).is_none()
            && let Ok(program) = std::env::current_exe()
        {
            let arguments = std::env::args_os().skip(1);
            let _ = std::process::Command::new(program)
                .args(arguments)
                .env(planner::child::GIVE_BACK, "0")
                .exec();
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    stay_small();
    start_log(arguments.log);
    if let Some(contact) = &arguments.security_contact
        && !["mailto:", "https:"].iter().any(|scheme| contact.starts_with(scheme))
    {
        let message = format!("--security-contact is \"{contact}\"; it begins with mailto: or https:");
        return Err(Failure::input(message));
    }
    let mail = match (&arguments.smtp, &arguments.mail_from) {
        (Some(url), Some(from)) => Some(Mailer::new(url, from).map_err(Failure::input)?),
        _ => None,
    };
    own_folder(&arguments.data)?;
    let mut config = Config {
        tls: tls(arguments)?.map(Arc::new),
        engine: Some(std::env::current_exe().map_err(Failure::other)?),
        mail,
        demo: arguments.demo,
        public_url: arguments.public_url.clone(),
        security_contact: arguments.security_contact.clone(),
        trusted_proxies: arguments.trusted_proxy.clone(),
        fetch_from: arguments.fetch_from.clone(),
        rate_limit: RateLimit::per_minute(arguments.rate_limit),
        ..Config::default()
    };
    config.metrics_from.extend(&arguments.metrics_from);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::other)?;
    // Before anything is filled or upgraded: a studio without its files is not started.
    let files = match &arguments.files {
        Some(url) => runtime.block_on(super::in_s3(url))?,
        None => Files::in_folder(&arguments.data).map_err(Failure::other)?,
    };
    let Opened { office, waiting, token, sign_ins } = office(arguments)?;
    // A demonstration says so even where the server is told nothing of it.
    config.demo = office.as_ref().is_some_and(|office| office.practice().chain.demo);
    let public = Public { name: "hairline".to_owned(), ..Public::default() };
    let app = App::new(config, public);
    app.keep_files(files);
    if let Some(office) = office {
        app.show_practice(&office.practice());
        app.open(office);
    }
    if let Some(waiting) = waiting {
        app.wait_for_set_up(waiting);
    }
    runtime.block_on(serve(arguments, app, &token, &sign_ins))
}

fn tls(arguments: &Arguments) -> Result<Option<Tls>, Failure> {
    match arguments.tls.as_slice() {
        [] => Ok(None),
        [word] if word.as_os_str() == "self" => {
            let names = own_names(arguments.listen, arguments.public_url.as_ref().map(PublicUrl::host));
            Tls::local(&arguments.data.join("tls"), names).map(Some).map_err(Failure::input)
        }
        [certificate, key] => Tls::from_files(certificate, key).map(Some).map_err(Failure::input),
        _ => Err(Failure::input("--tls takes two files, CERT KEY, or the word self")),
    }
}

/// What was found in the store.
#[derive(Default)]
struct Opened {
    /// The chain.
    office: Option<Arc<Office>>,
    /// An empty store.
    waiting: Option<Waiting>,
    /// The token by which its owner sets it up: printed, and kept nowhere.
    token: String,
    /// How newcomers sign in to a demonstration.
    sign_ins: Vec<SignIn>,
}

/// Opens the store and the chain in it.
fn office(arguments: &Arguments) -> Result<Opened, Failure> {
    let store = match &arguments.database {
        Some(url) => Store::postgres(url, POSTGRES_CONNECTIONS, now().as_microsecond()),
        None => {
            lock(&arguments.data)?;
            Store::sqlite(&arguments.data.join("hairline.db"), now().as_microsecond())
        }
    };
    let store = Arc::new(store.map_err(Failure::other)?);
    let chains = store.read(None, practice::chains).map_err(Failure::other)?;
    let master = Arc::new(master_keys(arguments, chains.is_empty())?);
    let (chain, sign_ins) = match chains.first() {
        Some(chain) if arguments.demo && !chain.demo => {
            return Err(Failure::input(format!(
                "the store holds the records of {}, not a demonstration; start it without --demo, or give another --data",
                chain.name
            )));
        }
        Some(chain) => (chain.id, if chain.demo { demo::sign_ins().to_vec() } else { Vec::new() }),
        None if arguments.demo => {
            let filled = demo::fill(&store, &master, DEMO_SEED, now()).map_err(Failure::other)?;
            let chain = filled.chain;
            if filled.made {
                let with_password = filled.sign_ins.iter().filter(|s| s.role != Role::Client);
                let hashes: Vec<(String, String)> = with_password
                    .map(|s| (s.email.clone(), password::hash(s.password, rand_salt())))
                    .collect();
                store
                    .write(Some(chain), move |tx| {
                        sign_in::first_passwords(tx, &hashes, now().as_microsecond())
                    })
                    .map_err(|e: hairline_studio::store::Error| Failure::other(e))?;
            }
            (chain, filled.sign_ins)
        }
        None => {
            let token = token::new(&mut system_random()).to_string();
            let token_hash = token::kept(&token).ok_or_else(|| Failure::other("a new token is none"))?;
            let waiting = Waiting { store, master, token_hash };
            return Ok(Opened { waiting: Some(waiting), token, ..Opened::default() });
        }
    };
    let live = Live::open(&store, master, chain, now()).map_err(Failure::other)?;
    Ok(Opened { office: Some(Office::new(store, live)), sign_ins, ..Opened::default() })
}

fn rand_salt() -> [u8; 16] {
    let mut salt = [0; 16];
    rand_core::Rng::fill_bytes(&mut system_random(), &mut salt);
    salt
}

/// Makes the folder of the records, for its owner alone.
fn own_folder(data: &Path) -> Result<(), Failure> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        folder.mode(0o700);
    }
    folder.create(data).map_err(|e| Failure::other(format!("--data {}: {e}", data.display())))
}

/// Keeps a second server away from the same SQLite file: each would think itself the only writer. The lock ends with the
/// process.
fn lock(data: &Path) -> Result<(), Failure> {
    let path = data.join("hairline.lock");
    let failed = |e: &dyn std::fmt::Display| Failure::other(format!("{}: {e}", path.display()));
    let file = std::fs::File::create(&path).map_err(|e| failed(&e))?;
    match file.try_lock() {
        Ok(()) => {
            // Held until the process ends.
            std::mem::forget(file);
            Ok(())
        }
        Err(std::fs::TryLockError::WouldBlock) => Err(Failure::other(format!(
            "another hairline serves {} already; stop it, or give another --data",
            data.display()
        ))),
        Err(std::fs::TryLockError::Error(e)) => Err(failed(&e)),
    }
}

/// The master key from the environment or its file, which is made for a store that has nothing yet.
fn master_keys(arguments: &Arguments, first: bool) -> Result<MasterKeys, Failure> {
    let path = arguments.master_key.clone().unwrap_or_else(|| arguments.data.join("master.key"));
    if first && !super::master_key_is_given() && !path.exists() {
        return MasterKeys::create(&path, &mut system_random()).map_err(Failure::other);
    }
    super::master_key(&path)
}

async fn serve(arguments: &Arguments, app: App, token: &str, sign_ins: &[SignIn]) -> Result<(), Failure> {
    let listen = arguments.listen;
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .map_err(|e| Failure::other(format!("--listen {listen}: {e}")))?;
    let address = listener.local_addr().map_err(Failure::other)?;
    let stop = stop_signal().map_err(Failure::other)?;
    let scheme = if app.config.tls.is_some() { "https" } else { "http" };
    let own = format!("{scheme}://{address}");
    let here = arguments.public_url.as_ref().map_or(own.clone(), |url| url.as_str().to_owned());
    let fingerprint = app.config.tls.as_ref().and_then(|tls| tls.authority()).map(Authority::fingerprint);
    tokio::spawn(set_up::watch(app.clone()));
    let shown = app.clone();
    tokio::spawn(async move {
        // What works beside the pages begins once there is a chain.
        let office = shown.opened().await;
        tokio::spawn(planner::sweep(shown.clone()));
        office.keep(move |practice| shown.show_practice(practice)).await;
    });
    let (tell, told) = tokio::sync::watch::channel(false);
    let planning = tokio::spawn(planner::run(app.clone(), told));
    tracing::info!(%address, "ready");
    // Whoever started it may have stopped reading: the server runs all the same.
    let _ = announce(&mut std::io::stdout(), (&own, &here), fingerprint.as_deref(), token, sign_ins);
    let runner = Runner::start(app.clone());
    let ended = server::serve(listener, app, stop).await;
    runner.end().await;
    // A plan under way is given back, for the next start or another process.
    let _ = tell.send(true);
    let _ = planning.await;
    match ended.map_err(Failure::other)? {
        End::Finished => tracing::info!("stopped: everything accepted was answered"),
        End::Cut(connections) => tracing::warn!(connections, "stopped: requests took too long and were cut"),
    }
    Ok(())
}

/// Makes one plan for a server that asked this program to be its engine.
pub fn plan_for_server() -> Result<(), Failure> {
    let mut output = std::io::BufWriter::new(std::io::stdout());
    planner::child::serve(&mut std::io::stdin().lock(), &mut output).map_err(Failure::other)
}

/// Tells the person who started the server where it is, and the ways in.
fn announce(
    out: &mut impl Write,
    (own, here): (&str, &str),
    fingerprint: Option<&str>,
    token: &str,
    sign_ins: &[SignIn],
) -> std::io::Result<()> {
    writeln!(out, "hairline is ready at {own}")?;
    if let Some(fingerprint) = fingerprint {
        writeln!(out, "\nDevices trust it once they have installed its certificate, from {here}/trust")?;
        writeln!(out, "  SHA-256 {fingerprint}")?;
    }
    if !token.is_empty() {
        writeln!(
            out,
            "\nNothing is set up yet. Open this address once, and keep it to yourself until then:"
        )?;
        writeln!(out, "  {here}/set-up/{token}")?;
    }
    let staff: Vec<&SignIn> = sign_ins.iter().filter(|s| s.role != Role::Client).collect();
    if !staff.is_empty() {
        writeln!(out, "\nSign in to the demonstration at {own}/staff:")?;
    }
    for SignIn { role, email, password, .. } in staff {
        writeln!(out, "  {:13} {email:38} {password}", format!("{role:?}"))?;
    }
    if let Some(SignIn { email, .. }) = sign_ins.iter().find(|s| s.role == Role::Client) {
        writeln!(
            out,
            "\nSee it as a client at {own}/me:\n  {:13} {email:38} by a link, without a password",
            "Client"
        )?;
    }
    out.flush()
}

/// Ready when the process is told to stop.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(async move {
            tokio::select! { _ = terminate.recv() => (), _ = interrupt.recv() => () }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        // Without a signal handler the process ends at once, which is what the system does anyway.
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Lines on standard error. A panic is logged by its place alone: what it says may hold data of a person.
fn start_log(log: Log) {
    let lines =
        tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).log_internal_errors(false);
    match log {
        Log::Human => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        Log::Json => lines.json().flatten_event(true).init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}
