//! What the server writes to its log while people book, sign in and go wrong: that something happened and how long it took, and
//! never who they are, nor anything that opens a door.
#![cfg(unix)]

mod served;
mod support;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hairline_studio::permission::Role;
use hairline_studio::seal::master::MasterKeys;
use hairline_studio::seal::system_random;
use hairline_studio::store::{Error, Store, sign_in};
use hairline_studio::{demo, password};
use serde_json::{Value, json};
use served::{Answer, Server};
use totp_rs::{Algorithm, Builder, Secret};

const PASSWORD: &str = "marmalade-turbine-9-oxbow";
const WRONG_PASSWORD: &str = "quixotic-lantern-4-plum";
const NAME: &str = "Xanthippe Quillfeather";
/// The mail server refuses addresses that begin so, and quotes them.
const EMAIL: &str = "nobody.quillfeather@zanzibar.example";
const EMAIL_TOO: &str = "xanthippe@zanzibar.example";
const PHONE: &str = "+44 20 7946 0958";

/// The demonstration as if its people were real, with a password of the test's for its owner.
fn fill(data: &Path) -> String {
    let store = Store::sqlite(&data.join("hairline.db"), 0).expect("a store");
    let master = Arc::new(MasterKeys::create(&data.join("master.key"), &mut system_random()).expect("a key"));
    let filled = demo::fill(&store, &master, 7, jiff::Timestamp::now()).expect("a demonstration");
    let owner = filled.sign_ins.iter().find(|s| s.role == Role::Owner).expect("one").email.clone();
    let hashes = vec![(owner.clone(), password::hash(PASSWORD, [7; 16]))];
    store
        .write(Some(filled.chain), move |tx| {
            tx.execute("delete from jobs", &[])?;
            sign_in::first_passwords(tx, &hashes, 0)
        })
        .map_err(|e: Error| e)
        .expect("written");
    store
        .write(None, |tx| tx.execute("update chains set demo = 0", &[]))
        .map_err(|e: Error| e)
        .expect("written");
    owner
}

/// Collects what comes out of a pipe.
fn collect(mut pipe: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = pipe.read_to_string(&mut text);
        text
    })
}

fn post_office(folder: &Path) -> (Child, String) {
    let tools = std::env::var_os("HAIRLINE_TOOLS").expect("run `cargo xtask test`, which brings the tools");
    let mut server = Command::new(PathBuf::from(tools).join("venv/bin/python"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools/smtp_server.py"))
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("python runs");
    let mut port = String::new();
    BufReader::new(server.stdout.take().expect("piped")).read_line(&mut port).expect("a line");
    (server, port.trim().to_owned())
}

/// The link in the mail that has one, once it is here.
fn link(folder: &Path) -> String {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            let text = std::fs::read(&path).unwrap_or_default();
            // Quoted-printable breaks long lines with an equals sign.
            let text = String::from_utf8_lossy(&text).replace("=\r\n", "");
            if path.extension().is_some_and(|e| e == "eml")
                && let Some((_, rest)) = text.split_once("/me/link/")
            {
                return rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
            }
        }
        assert!(Instant::now() < end, "no mail with a link");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// One browser: it sends forms as a page does and keeps its cookies.
struct Browser<'a> {
    server: &'a Server,
    cookies: Vec<String>,
    asked: usize,
}

impl Browser<'_> {
    fn ask(&mut self, method: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let escaped = |text: &str| -> String {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
            text.bytes()
                .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
                .collect()
        };
        let form: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let headers = [
            ("Accept", "text/html".to_owned()),
            ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
            ("Sec-Fetch-Site", "same-origin".to_owned()),
            ("Cookie", self.cookies.join("; ")),
        ];
        self.asked += 1;
        let answer = self.server.send(method, path, &headers, &form.join("&")).expect("an answer");
        for line in answer.head.lines() {
            let cookie = line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
            self.cookies.extend(cookie.and_then(|(_, all)| all.split(';').next()).map(str::to_owned));
        }
        answer
    }

    /// What its cookies hold.
    fn keys(&self) -> Vec<String> {
        let values = self.cookies.iter().filter_map(|cookie| cookie.split_once('='));
        values.map(|(_, value)| value.to_owned()).filter(|value| !value.is_empty()).collect()
    }
}

/// What an app shows now.
fn code_of(secret: &str) -> String {
    let secret = Secret::try_from_base32(secret).expect("base32");
    let app = Builder::new().with_algorithm(Algorithm::SHA1).with_secret(secret).build().expect("an app");
    app.generate(u64::try_from(jiff::Timestamp::now().as_second()).expect("after 1970")).to_string()
}

/// openemr/openemr #7340: data of a payment stood in the log. Here nothing of a person does, nor a code, link or cookie with which
/// one could act as them.
#[test]
fn the_log_says_what_happened_and_nothing_of_whom() {
    let post = tempfile::tempdir().expect("a folder");
    support::in_folder(|data| {
        let owner = fill(data);
        let (mut post_server, port) = post_office(post.path());
        let smtp = format!("smtp://127.0.0.1:{port}");
        let folder = data.to_str().expect("UTF-8");
        let server = Server::with(&[
            "--data",
            folder,
            "--smtp",
            &smtp,
            "--mail-from",
            "post@fallow.example",
            "--public-url",
            "https://fallow.example",
            "--rate-limit",
            "0",
            "--trusted-proxy",
            "127.0.0.1/32",
        ]);
        let mut child = server
            .command()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (out, err) =
            (collect(child.stdout.take().expect("piped")), collect(child.stderr.take().expect("piped")));
        let end = Instant::now() + Duration::from_secs(60);
        while server.send("GET", "/healthz", &[], "").is_none_or(|answer| answer.status != 200) {
            assert!(Instant::now() < end, "it does not start");
            std::thread::sleep(Duration::from_millis(50));
        }

        // Somebody looks for a studio, keeps a time, gives it back, books two, moves one and calls it off.
        let mut secrets: Vec<String> = Vec::new();
        let mut browser = Browser { server: &server, cookies: Vec::new(), asked: 0 };
        browser.ask("GET", "/studios?near=Quillfeather-on-Sea", &[]);
        let times = server.free_times(1, 1, 3);
        let api = |path: &str, key: &str, more: &[(&'static str, String)], body: &Value| {
            let headers = [("Idempotency-Key", format!("log-{key}"))];
            server.ask("POST", path, &[&headers[..], more].concat(), body).expect("an answer")
        };
        let hold = |n: usize| -> String {
            let w = &times[n * 8];
            let wish = json!({"studio": w.studio, "service": w.service, "practitioner": w.practitioner, "start": w.start});
            let (status, held) = api("/api/v1/holds", &format!("h{n}"), &[], &wish);
            assert_eq!(status, 201, "{held}");
            held["hold"]["code"].as_str().expect("a code").to_owned()
        };
        let mut version = String::new();
        for (n, email) in [EMAIL, EMAIL_TOO].into_iter().enumerate() {
            let code = hold(n);
            let person = json!({"name": NAME, "email": email, "phone": PHONE});
            let (status, booked) =
                api("/api/v1/bookings", &format!("b{n}"), &[], &json!({"hold": code, "client": person}));
            assert_eq!(status, 201, "{booked}");
            secrets.push(code);
            version = format!("\"{}\"", booked["visit"]["version"]);
        }
        let code = secrets[1].clone();
        browser.ask("GET", &format!("/visit/{code}"), &[]);
        browser.ask("GET", &format!("/visit/{code}/calendar.ics"), &[]);
        let last = times.last().expect("a time");
        let to = json!({"start": last.start, "practitioner": last.practitioner});
        let (status, moved) = api(&format!("/api/v1/visits/{code}/move"), "m", &[("If-Match", version)], &to);
        assert_eq!(status, 200, "{moved}");

        // What goes wrong: bodies that are none, a person of a wrong shape, a code that is none, a mail that is refused.
        let wrong = json!({"hold": code, "client": {"name": NAME, "email": "zanzibar", "phone": PHONE}});
        assert_eq!(api("/api/v1/bookings", "w", &[], &wrong).0, 422);
        let headers =
            [("Content-Type", "application/json".to_owned()), ("Idempotency-Key", "log-broken".to_owned())];
        let broken = format!("{{\"hold\": \"{code}\", \"client\": {{\"name\": \"{NAME}\"");
        assert_eq!(
            server.send("POST", "/api/v1/bookings", &headers, &broken).expect("an answer").status,
            400
        );
        assert_eq!(browser.ask("GET", "/visit/QUIL-LFEA-THER-ZANZ", &[]).status, 404);
        assert_eq!(browser.ask("GET", "/Quillfeather/zanzibar", &[]).status, 404);

        // By a link to their own visits, and a calendar of their own.
        assert_eq!(browser.ask("POST", "/me", &[("email", EMAIL_TOO)]).status, 200);
        let token = link(post.path());
        assert!(token.len() > 20, "{token}");
        let entered = browser.ask("POST", &format!("/me/link/{token}"), &[]);
        assert_eq!(entered.status, 303, "{}", entered.body);
        assert!(browser.ask("GET", "/me", &[]).body.contains("Xanthippe"));
        let made = browser.ask("POST", "/me/calendar", &[]).body;
        let calendar = made
            .split_once("/calendars/")
            .and_then(|(_, rest)| rest.split_once(".ics"))
            .expect("an address")
            .0
            .to_owned();
        assert_eq!(browser.ask("GET", &format!("/calendars/{calendar}.ics"), &[]).status, 200);
        secrets.extend([token, calendar]);
        secrets.extend(browser.keys());

        // The owner signs in, once wrongly, and looks for the client.
        let mut staff = Browser { server: &server, cookies: Vec::new(), asked: 0 };
        let mut sign_in = |password: &str| {
            staff.ask("POST", "/staff/sign-in", &[("email", &owner), ("password", password)]).status
        };
        assert_eq!((sign_in(WRONG_PASSWORD), sign_in(PASSWORD)), (401, 303));
        // A password alone opens nothing yet.
        assert_eq!(staff.ask("POST", "/account/app", &[]).status, 303);
        let page = staff.ask("GET", "/account/app", &[]).body;
        let secret =
            page.split_once("<code class=\"code\">").and_then(|(_, rest)| rest.split_once("</code>"));
        let secret = secret.expect("a secret").0.replace(' ', "");
        let confirmed = staff.ask("POST", "/account/app/confirm", &[("code", &code_of(&secret))]);
        assert_eq!(confirmed.status, 200, "{}", confirmed.body);
        secrets.push(secret);
        let recovery = confirmed.body.split("<li><code>").skip(1).filter_map(|rest| rest.split('<').next());
        secrets.extend(recovery.map(str::to_owned));
        assert!(staff.ask("POST", "/staff/clients", &[("q", "Quillfeather")]).body.contains("Quillfeather"));
        secrets.extend(staff.keys());
        let asked = browser.asked + staff.asked;

        assert_eq!(browser.ask("POST", &format!("/visit/{code}/cancel"), &[("key", "off")]).status, 303);
        // The mail that is refused for good is tried by now, or is at the latest when the jobs end.
        let end = Instant::now() + Duration::from_secs(60);
        while !staff.ask("GET", "/staff/jobs", &[]).body.contains("550") {
            assert!(Instant::now() < end, "the refused mail is not shown");
            std::thread::sleep(Duration::from_millis(200));
        }
        let told = Command::new("kill").arg(child.id().to_string()).status().expect("kill runs");
        assert!(told.success() && child.wait().expect("it ends").success());
        let _ = post_server.kill();
        let _ = post_server.wait();
        let log = format!("{}\n{}", out.join().expect("read"), err.join().expect("read"));

        let answered = log.lines().filter(|line| line.contains("answered")).count();
        assert!(answered > asked, "{answered} lines for {asked} pages and more");
        for what in [
            "/api/v1/bookings",
            "/me/link/{token}",
            "/staff/sign-in",
            "status=422",
            "job failed",
            "550",
            "stopped",
        ] {
            assert!(log.contains(what), "no {what} in {log}");
        }
        let words =
            ["Xanthippe", "Quillfeather", "zanzibar", PHONE, "2079460958", PASSWORD, WRONG_PASSWORD, &owner];
        let small = log.to_lowercase();
        for word in words.iter().map(|word| (*word).to_owned()).chain(secrets) {
            let found = log.lines().find(|line| line.to_lowercase().contains(&word.to_lowercase()));
            assert!(word.len() > 7 && !small.contains(&word.to_lowercase()), "{word:?} stands in {found:?}");
            let close = word.replace('-', "").to_lowercase();
            assert!(!small.contains(&close), "{word:?} stands there without hyphens");
        }
    });
}
