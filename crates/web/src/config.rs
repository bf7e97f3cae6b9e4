//! Settings of the server, checked where they come in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;
use ipnet::IpNet;

use crate::jobs::mail::Mailer;
use crate::tls::Tls;

/// Settings of one server process.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where people reach it from outside; links in mails, sitemap and passkeys need it. Without it: what the browser asked for.
    pub public_url: Option<PublicUrl>,
    /// HTTPS by the server itself; without it connections are plain, and HTTPS is a proxy's matter.
    pub tls: Option<Arc<Tls>>,
    /// The program that makes plans in a process of its own, asked by the word [`crate::planner::child::COMMAND`]; without
    /// it they are made in this process.
    pub engine: Option<PathBuf>,
    /// The way to the mail server; without it no mail is sent.
    pub mail: Option<Mailer>,
    /// Every page says that the people on it are invented.
    pub demo: bool,
    /// Where a finder of a weakness writes: a `mailto:` or `https:` address, shown in `security.txt`.
    pub security_contact: Option<String>,
    /// Proxies whose forwarded headers are believed; from any other address these headers are ignored.
    pub trusted_proxies: Vec<IpNet>,
    /// Networks of one's own where calendars may be read and webhooks sent, beside the public internet; also without HTTPS.
    pub fetch_from: Vec<IpNet>,
    /// Who may read `/metrics`.
    pub metrics_from: Vec<IpNet>,
    /// How much one client address may ask; `None` sets no limit.
    pub rate_limit: Option<RateLimit>,
    /// How often one client address may try to sign in or ask for a link; `None` sets no limit.
    pub sign_in_limit: Option<RateLimit>,
    /// Largest body of a request, bytes.
    pub body_limit_bytes: usize,
    /// Longest time to the answer of a request.
    pub answer_timeout: Duration,
    /// The same for a request that brings a file.
    pub upload_timeout: Duration,
    /// Longest time for the head of a request to arrive.
    pub header_timeout: Duration,
    /// How long requests under way may take to finish after the order to stop.
    pub drain_timeout: Duration,
    /// Connections open at once; further ones wait in the system's queue.
    pub connections: usize,
}

/// A bucket per client address: `burst` requests at once, refilled at `per_minute`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests a minute in the long run.
    pub per_minute: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
}

impl RateLimit {
    /// `per_minute` in the long run, a quarter of it at once; `None` for zero, which sets no limit.
    pub fn per_minute(per_minute: u32) -> Option<RateLimit> {
        let per_minute = NonZeroU32::new(per_minute)?;
        Some(RateLimit {
            per_minute,
            burst: NonZeroU32::new(per_minute.get() / 4).unwrap_or(NonZeroU32::MIN),
        })
    }
}

/// Tries to sign in per minute and address.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(30).expect("30 is not 0");
/// Tries to sign in at once from one address.
const BURST: NonZeroU32 = NonZeroU32::new(30).expect("30 is not 0");

impl Default for Config {
    fn default() -> Config {
        let loopback =
            vec![IpNet::from(IpAddr::V4(Ipv4Addr::LOCALHOST)), IpNet::from(IpAddr::V6(Ipv6Addr::LOCALHOST))];
        Config {
            public_url: None,
            tls: None,
            engine: None,
            mail: None,
            demo: false,
            security_contact: None,
            trusted_proxies: Vec::new(),
            fetch_from: Vec::new(),
            metrics_from: loopback,
            rate_limit: RateLimit::per_minute(1200),
            // A studio shares one address: a morning's sign-ins at once, then one every two seconds (assumption).
            sign_in_limit: Some(RateLimit { per_minute: PER_MINUTE, burst: BURST }),
            body_limit_bytes: 1 << 20,
            answer_timeout: Duration::from_secs(30),
            upload_timeout: Duration::from_secs(600),
            header_timeout: Duration::from_secs(15),
            drain_timeout: Duration::from_secs(20),
            connections: 4096,
        }
    }
}

/// Scheme and authority under which people reach the server, as `https://studio.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The address without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Name or address alone, without a port.
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _)) => address,
            None => authority.split(':').next().unwrap_or_default(),
        }
    }

    /// Whether browsers come by HTTPS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<PublicUrl, String> {
        let refuse = || {
            format!(
                "the public address \"{text}\" is not one: give scheme and host alone, as https://studio.example"
            )
        };
        let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| refuse())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(refuse());
        };
        let bare = uri.path() == "/" && uri.query().is_none() && !authority.as_str().contains('@');
        if !["http", "https"].contains(&scheme) || !bare {
            return Err(refuse());
        }
        Ok(PublicUrl(format!("{scheme}://{}", authority.as_str().to_ascii_lowercase())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_scheme_and_host() {
        for (text, kept) in [
            ("https://Studio.example/", "https://studio.example"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().map(|u| u.as_str().to_owned()), Ok(kept.to_owned()));
        }
        for (text, host) in [
            ("https://a.example:8443", "a.example"),
            ("http://[::1]:80", "::1"),
            ("https://b.local", "b.local"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().as_ref().map(PublicUrl::host), Ok(host));
        }
        for bad in
            ["studio.example", "ftp://a.example", "https://a.example/x", "https://u:p@a.example", "https://"]
        {
            let refusal = bad.parse::<PublicUrl>();
            assert!(refusal.is_err_and(|e| e.contains(bad)), "{bad}");
        }
    }

    #[test]
    fn no_limit_is_zero_a_minute() {
        assert_eq!(RateLimit::per_minute(0), None);
        assert_eq!(RateLimit::per_minute(1).map(|l| l.burst.get()), Some(1));
        assert_eq!(RateLimit::per_minute(1200).map(|l| l.burst.get()), Some(300));
    }
}
