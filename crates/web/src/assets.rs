//! Files that the program carries: style, script, fonts, pictures. Their names hold a hash of what is in them, so that a
//! browser keeps them for a year; text is pressed once, while building.

use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};

use crate::problem::{self, Problem};

/// One file with its address and bodies.
pub struct Asset {
    address: &'static str,
    media_type: &'static str,
    plain: &'static [u8],
    /// The same as gzip and Brotli.
    pressed: Option<(&'static [u8], &'static [u8])>,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Answers with the file at this address.
pub async fn get(uri: Uri, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.address == uri.path()) else {
        return Problem::new(&problem::NOT_FOUND).into_response();
    };
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let accepts = |coding| accepted.split(',').any(|part| names(part, coding));
    let (body, coding) = match asset.pressed {
        Some((_, brotli)) if accepts("br") => (brotli, Some("br")),
        Some((gzip, _)) if accepts("gzip") => (gzip, Some("gzip")),
        _ => (asset.plain, None),
    };
    let mut response = ([(CONTENT_TYPE, asset.media_type)], body).into_response();
    let answer = response.headers_mut();
    answer.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        answer.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

/// Whether a part of Accept-Encoding names this coding and does not forbid it by `q=0`.
fn names(part: &str, coding: &str) -> bool {
    let (name, weight) = part.split_once(';').unwrap_or((part, ""));
    let forbidden = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
    name.trim().eq_ignore_ascii_case(coding) && !forbidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_are_read_as_the_browser_means_them() {
        assert!(names(" br", "br") && names("gzip;q=0.5", "gzip"));
        assert!(!names("br;q=0", "br") && !names("brotli", "br"));
    }
}
