//! Where a request really comes from: the peer of the connection, or what a named proxy says of it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::http::HeaderMap;
use ipnet::IpNet;

use crate::config::Config;

/// The other end of the connection; the accept loop puts it on every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Address and port.
    pub address: SocketAddr,
    /// Whether this connection itself is TLS.
    pub tls: bool,
}

/// Who asks, and how it reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Address of the browser, as far as it can be trusted.
    pub address: IpAddr,
    /// Whether the browser's connection is HTTPS.
    pub https: bool,
}

impl Client {
    /// The client of a request. Without a peer (a test calls the router itself) it is this machine.
    pub fn of(request: &Request, config: &Config) -> Client {
        let peer = request.extensions().get::<Peer>().copied();
        let address = peer.map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.address.ip().to_canonical());
        let told = config.public_url.as_ref().is_some_and(crate::config::PublicUrl::is_https);
        let tls = peer.is_some_and(|peer| peer.tls);
        let mut client = Client { address, https: tls || told };
        if trusted(&config.trusted_proxies, address) {
            forwarded(&mut client, request.headers(), &config.trusted_proxies);
        }
        client
    }
}

fn trusted(proxies: &[IpNet], address: IpAddr) -> bool {
    proxies.iter().any(|net| net.contains(&address))
}

/// Reads `X-Forwarded-For` from its end, past the proxies we trust, to the first address that is not one of them: what
/// stands further left was written by the client. `X-Forwarded-Proto` is the last proxy's word.
fn forwarded(client: &mut Client, headers: &HeaderMap, proxies: &[IpNet]) {
    let listed = headers.get_all("x-forwarded-for").into_iter().filter_map(|v| v.to_str().ok());
    let listed: Vec<&str> = listed.flat_map(|v| v.split(',')).map(str::trim).collect();
    for entry in listed.into_iter().rev() {
        let Ok(address) = entry.parse::<IpAddr>() else { break };
        client.address = address.to_canonical();
        if !trusted(proxies, client.address) {
            break;
        }
    }
    let scheme = headers.get_all("x-forwarded-proto").into_iter().next_back().and_then(|v| v.to_str().ok());
    if let Some(scheme) = scheme.and_then(|s| s.rsplit(',').next()) {
        client.https = scheme.trim().eq_ignore_ascii_case("https");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn seen(peer: &str, proxies: &[&str], headers: &[(&str, &str)]) -> Client {
        let config = Config {
            trusted_proxies: proxies.iter().map(|p| p.parse().expect("a network")).collect(),
            ..Config::default()
        };
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let address = SocketAddr::new(peer.parse().expect("an address"), 1);
        let peer = Peer { address, tls: false };
        Client::of(&request.extension(peer).body(Body::empty()).expect("a request"), &config)
    }

    #[test]
    fn a_stranger_cannot_say_where_he_comes_from() {
        let lie = [("x-forwarded-for", "10.0.0.1"), ("x-forwarded-proto", "https")];
        let client = seen("203.0.113.7", &["10.0.0.0/8"], &lie);
        assert_eq!(client, Client { address: [203, 0, 113, 7].into(), https: false });
    }

    #[test]
    fn a_named_proxy_is_believed_for_what_it_added_alone() {
        let headers = [("x-forwarded-for", "1.1.1.1, 203.0.113.9, 10.0.0.2"), ("x-forwarded-proto", "https")];
        let client = seen("10.0.0.1", &["10.0.0.0/8"], &headers);
        assert_eq!(client, Client { address: [203, 0, 113, 9].into(), https: true });
    }

    #[test]
    fn an_address_of_both_families_is_one_client() {
        assert_eq!(seen("::ffff:203.0.113.7", &[], &[]).address, seen("203.0.113.7", &[], &[]).address);
    }
}
