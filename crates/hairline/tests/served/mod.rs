//! The real program as a server of the demonstration, and requests to it.
#![allow(dead_code, reason = "each test file uses some of these")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// How to start the server, always at the same port.
pub struct Server {
    pub address: SocketAddr,
    arguments: Vec<String>,
}

impl Server {
    pub fn new(folder: &str, database: Option<String>) -> Server {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("an address");
        // Behind a proxy of the tests' own: every client has an address, and none keeps too many times at once.
        let listen = address.to_string();
        let fixed = [
            "serve",
            "--demo",
            "--rate-limit",
            "0",
            "--trusted-proxy",
            "127.0.0.1/32",
            "--data",
            folder,
            "--listen",
            &listen,
        ];
        let mut arguments: Vec<String> = fixed.map(str::to_owned).to_vec();
        arguments.extend(database.into_iter().flat_map(|url| ["--database".to_owned(), url]));
        Server { address, arguments }
    }

    /// With arguments that the test chooses, at a port that is free now.
    pub fn with(arguments: &[&str]) -> Server {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("an address");
        let listen = address.to_string();
        let arguments = [&["serve", "--listen", &listen], arguments].concat();
        Server { address, arguments: arguments.into_iter().map(str::to_owned).collect() }
    }

    /// The program with these arguments, not started yet.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hairline"));
        command.args(&self.arguments);
        command
    }

    /// A running server, once it answers.
    pub fn start(&self) -> Child {
        let mut child =
            self.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let mut lines = out.lines().map_while(Result::ok);
        let ready = lines.any(|line| line.contains("is ready at"));
        // What it prints afterwards must not find its output closed.
        std::thread::spawn(move || lines.for_each(drop));
        assert!(ready, "the server ended before it was ready: {:?}", child.wait());
        child
    }

    /// The status and body of an answer; `None` where the connection broke, so that nobody knows what was done.
    pub fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: &Value,
    ) -> Option<(u16, Value)> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [headers, &[("Content-Type", "application/json".to_owned())]].concat();
        let answer = self.send(method, path, &headers, &body)?;
        Some((answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::Null)))
    }

    /// One request on a connection of its own.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, String)], body: &str) -> Option<Answer> {
        let mut stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(2)).ok()?;
        // Longer than the server gives an answer at most.
        stream.set_read_timeout(Some(Duration::from_secs(45))).ok()?;
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        headers.iter().for_each(|(name, value)| request += &format!("{name}: {value}\r\n"));
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length =
            head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if length.is_some_and(|length: usize| length != body.len()) {
            return None;
        }
        Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
    }

    /// Free times from ten days on of what anybody can book with nothing to be done first: of so many studios, so many
    /// practitioners each, so many days of each.
    pub fn free_times(&self, studios: usize, practitioners: usize, days: usize) -> Vec<Wanted> {
        let get = |path: &str| self.ask("GET", path, &[], &Value::Null).expect("the server answers").1;
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let day = |n: i64| today.checked_add(jiff::Span::new().days(n)).expect("a date");
        let list = |value: &Value| value.as_array().expect("a list").clone();
        let word = |value: &Value| value.as_str().expect("text").to_owned();
        let mut times = Vec::new();
        for studio in list(&get("/api/v1/studios")["studios"]).iter().take(studios) {
            let slug = word(&studio["slug"]);
            let services = list(&get(&format!("/api/v1/services?studio={slug}"))["services"]);
            let open = services.iter().find(|s| s["first"] == json!([])).expect("a service");
            let service = word(&open["id"]);
            let path =
                format!("/api/v1/free-times?service={service}&studio={slug}&from={}&to={}", day(10), day(16));
            for line in list(&get(&path)["free_times"]).iter().take(practitioners) {
                for of_day in list(&line["days"]).iter().take(days) {
                    for start in list(&of_day["starts"]) {
                        times.push(Wanted {
                            studio: slug.clone(),
                            service: service.clone(),
                            practitioner: word(&line["practitioner"]["id"]),
                            start: format!(
                                "{}T{}:00{}",
                                word(&of_day["date"]),
                                word(&start),
                                word(&of_day["offset"])
                            ),
                        });
                    }
                }
            }
        }
        times
    }
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// A free time.
#[derive(Clone)]
pub struct Wanted {
    pub studio: String,
    pub service: String,
    pub practitioner: String,
    pub start: String,
}

/// One way of writing an instant.
pub fn instant(text: &str) -> String {
    text.parse::<jiff::Timestamp>().expect("an instant").to_string()
}
