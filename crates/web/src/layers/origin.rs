//! No other site acts in our people's name: a request that changes something is refused unless its browser says that it
//! comes from our own pages.
//!
//! Browsers since 2020-2023 send `Sec-Fetch-Site`, which a page cannot forge; older ones send `Origin` with every unsafe
//! request. Neither means: not a browser, so no cookie of ours rides along by itself.

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;

use crate::App;
use crate::config::PublicUrl;
use crate::problem::{self, Problem};

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses an unsafe request from another site.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    if !request.method().is_safe() && !is_ours(request.headers(), app.config.public_url.as_ref()) {
        return Err(Problem::new(&problem::CROSS_SITE));
    }
    Ok(next.run(request).await)
}

/// `Sec-Fetch-Site: none` is the person: an address typed, a bookmark.
fn is_ours(headers: &HeaderMap, public_url: Option<&PublicUrl>) -> bool {
    if let Some(site) = headers.get(&SEC_FETCH_SITE) {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if public_url.is_some_and(|url| origin.eq_ignore_ascii_case(url.as_str())) {
        return true;
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let authority = origin.split_once("://").map_or("", |(_, authority)| authority);
    !authority.is_empty() && authority.eq_ignore_ascii_case(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_change_things() {
        let public: PublicUrl = "https://studio.example".parse().expect("an address");
        for (headers, ours) in [
            (vec![], true),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "none")], true),
            (vec![("sec-fetch-site", "cross-site"), ("origin", "https://studio.example")], false),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("origin", "https://studio.example"), ("host", "10.0.0.3:8080")], true),
            (vec![("origin", "http://10.0.0.3:8080"), ("host", "10.0.0.3:8080")], true),
            (vec![("origin", "https://evil.example"), ("host", "studio.example")], false),
            (vec![("origin", "https://studio.example.evil.example"), ("host", "studio.example")], false),
            (vec![("origin", "null"), ("host", "studio.example")], false),
            (vec![("origin", "null")], false),
        ] {
            let map: HeaderMap = headers
                .iter()
                .map(|(n, v)| (HeaderName::from_static(n), v.parse().expect("a value")))
                .collect();
            assert_eq!(is_ours(&map, Some(&public)), ours, "{headers:?}");
        }
    }
}
