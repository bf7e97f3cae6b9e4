//! Requests to addresses that somebody typed (calendars, webhooks), so that they cannot be turned against the studio's own
//! network: only the public internet, only HTTPS, and every address that a name stands for is looked at in the moment of
//! connecting, at each redirection too.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::http::Uri;
use ipnet::IpNet;
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

/// Largest calendar, bytes (an assumption: years of a full calendar are some megabytes).
const LIMIT_BYTES: u64 = 8 << 20;
/// Longest time for all of it.
const TIMEOUT: Duration = Duration::from_secs(20);
const REDIRECTS: u32 = 3;

/// What is no public internet, of what may look like it (IANA special-purpose address registries, 2026).
const SPECIAL: [&str; 20] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    // Protocol assignments with Teredo, documentation, and 6to4, which wraps any IPv4 address.
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "::/3",
    "4000::/2",
];
/// The rest of IPv6 that is not handed out to the public.
const RESERVED: &str = "8000::/1";

fn is_public(address: IpAddr) -> bool {
    let mut special = SPECIAL.iter().chain([&RESERVED]).filter_map(|net| net.parse::<IpNet>().ok());
    !special.any(|net| net.contains(&address))
}

/// Looks at every address before a connection is made to it.
#[derive(Debug)]
struct Guard {
    names: DefaultResolver,
    /// Networks of one's own that may be asked all the same, also without HTTPS.
    own: Vec<IpNet>,
}

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let https = uri.scheme_str() == Some("https");
        let mut allowed = self.empty();
        for address in found.iter().filter(|address| self.allows(**address, https)) {
            allowed.push(*address);
        }
        if allowed.is_empty() {
            return Err(Error::Io(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "not of the public internet",
            )));
        }
        Ok(allowed)
    }
}

impl Guard {
    fn allows(&self, address: SocketAddr, https: bool) -> bool {
        let ip = address.ip().to_canonical();
        self.own.iter().any(|net| net.contains(&ip)) || (https && is_public(ip))
    }
}

/// The address of a calendar as it is kept: `webcal:` is HTTPS by another name.
///
/// # Errors
/// What is wrong with it.
pub fn calendar(typed: &str) -> Result<String, &'static str> {
    let typed = typed.trim();
    match typed.split_once("://") {
        Some((scheme, rest)) if ["webcal", "webcals"].contains(&scheme.to_ascii_lowercase().as_str()) => {
            address(&format!("https://{rest}"))
        }
        _ => address(typed),
    }
}

/// An address as it is kept.
///
/// # Errors
/// What is wrong with it.
pub fn address(typed: &str) -> Result<String, &'static str> {
    let typed = typed.trim();
    let (scheme, rest) = typed.split_once("://").ok_or("Give the whole address, from https:// on.")?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "https" => "https",
        "http" => "http",
        _ => return Err("Give an address that begins with https://."),
    };
    let address = format!("{scheme}://{rest}");
    let uri: Uri = address.parse().map_err(|_| "This is no address.")?;
    match uri.authority() {
        Some(authority) if authority.as_str().contains('@') => Err(
            "An address with a user and password is not kept; most programs offer a secret address instead.",
        ),
        Some(_) if address.len() <= 2000 => Ok(address),
        _ => Err("This is no address."),
    }
}

fn agent(own: &[IpNet], redirects: u32) -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(redirects)
        .proxy(None)
        .user_agent(concat!("hairline/", env!("CARGO_PKG_VERSION")))
        .build();
    let guard = Guard { names: DefaultResolver::default(), own: own.to_vec() };
    Agent::with_parts(config, DefaultConnector::default(), guard)
}

/// Posts JSON to an address and throws the answer away. Blocks for up to twenty seconds; `headers` are names and values.
///
/// # Errors
/// Why it was not taken, in a sentence, without the address.
pub fn post(address: &str, own: &[IpNet], headers: &[(&str, String)], body: &str) -> Result<(), String> {
    let mut request = agent(own, 0).post(address).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    match request.send(body) {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => {
            Err(format!("The server there leads on or says nothing useful ({}).", answer.status().as_u16()))
        }
        Err(Error::StatusCode(code)) => Err(format!("The server there did not take it ({code}).")),
        Err(e) => Err(said(&e)),
    }
}

/// The text of a calendar at an address. Blocks for up to twenty seconds.
///
/// # Errors
/// Why there is none, in a sentence for who gave the address, without the address.
pub fn fetch(address: &str, own: &[IpNet]) -> Result<String, String> {
    let asked = agent(own, REDIRECTS).get(address).header("accept", "text/calendar, text/plain;q=0.5");
    let mut answer = asked.call().map_err(|e| said(&e))?;
    let bytes = answer.body_mut().with_config().limit(LIMIT_BYTES).read_to_vec().map_err(|e| said(&e))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn said(error: &Error) -> String {
    match error {
        Error::StatusCode(401 | 403 | 404 | 410) => {
            "Nothing is to be read there (any more). Copy the secret address from the calendar program anew.".to_owned()
        }
        Error::StatusCode(code) => format!("The server there answered with an error ({code})."),
        Error::BodyExceedsLimit(_) => format!("It is larger than {} MB.", LIMIT_BYTES >> 20),
        Error::Timeout(_) => format!("It did not come within {} seconds.", TIMEOUT.as_secs()),
        Error::HostNotFound => "There is no server of this name.".to_owned(),
        Error::TooManyRedirects => "It leads from one address to the next without an end.".to_owned(),
        Error::Io(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            "Only addresses of the public internet are asked, by https://; for one of your own network the server's settings \
             have to allow it (--fetch-from)."
                .to_owned()
        }
        _ => "The server there could not be reached.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for public in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001::1"] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
        for own in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(!is_public(own.parse().expect("an address")), "{own}");
        }
        let guard = Guard { names: DefaultResolver::default(), own: vec![] };
        let mapped = "[::ffff:127.0.0.1]:443".parse().expect("an address");
        assert!(!guard.allows(mapped, true), "an IPv4 address in the clothes of IPv6");
        assert!(!guard.allows("1.1.1.1:80".parse().expect("an address"), false), "not without HTTPS");
    }

    #[test]
    fn an_address_is_taken_or_refused_with_a_reason() {
        assert_eq!(calendar(" webcal://a.example/x.ics ").as_deref(), Ok("https://a.example/x.ics"));
        assert_eq!(address("https://a.example:8443/?k=1").as_deref(), Ok("https://a.example:8443/?k=1"));
        for bad in [
            "a.example/x.ics",
            "file:///etc/passwd",
            "ftp://a.example/",
            "webcal://a.example/",
            "https://",
            "https://u:p@a.example/",
            "",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    /// A server that answers each connection with the next text, and its port.
    fn server(answers: Vec<String>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().expect("a connection");
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        port
    }

    fn plain(body: &str) -> String {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    }

    #[test]
    fn the_own_network_is_asked_only_where_the_settings_allow_it() {
        let port = server(vec![plain("BEGIN:VCALENDAR")]);
        for name in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1"] {
            for scheme in ["http", "https"] {
                let refused = fetch(&format!("{scheme}://{name}:{port}/"), &[]);
                assert!(refused.is_err(), "{scheme}://{name}");
            }
        }
        let own = ["127.0.0.0/8".parse().expect("a network")];
        assert_eq!(fetch(&format!("http://127.0.0.1:{port}/"), &own).as_deref(), Ok("BEGIN:VCALENDAR"));
    }

    #[test]
    fn a_redirection_is_looked_at_like_the_first_address() {
        // From an allowed address to one that is not.
        let away = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:9/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let port = server(vec![away.to_owned()]);
        let own = ["127.0.0.1/32".parse().expect("a network")];
        let refused = fetch(&format!("http://127.0.0.1:{port}/"), &own);
        assert!(refused.as_ref().is_err_and(|e| e.contains("public internet")), "{refused:?}");
    }

    #[test]
    fn what_is_wrong_is_said_without_the_address() {
        let own = ["127.0.0.1/32".parse().expect("a network")];
        let gone = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned();
        let huge =
            format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "x".repeat((LIMIT_BYTES + 1) as usize));
        for (answer, words) in [(gone, "anew"), (huge, "8 MB"), (String::new(), "reached")] {
            let port = server(vec![answer]);
            let refused = fetch(&format!("http://127.0.0.1:{port}/hush"), &own).expect_err("refused");
            assert!(refused.contains(words) && !refused.contains("hush"), "{refused}");
        }
    }
}
