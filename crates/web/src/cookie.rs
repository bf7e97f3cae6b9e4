//! Cookies: read by name, set so that no script, no other site and no other host can use them.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// The name under which a cookie is kept: bound to this very host where the connection is safe (RFC 6265bis, `__Host-`).
pub fn full_name(name: &str, https: bool) -> String {
    format!("{}hairline-{name}", if https { "__Host-" } else { "" })
}

/// The value of a cookie that [`set`] has set.
pub fn get<'a>(headers: &'a HeaderMap, name: &str, https: bool) -> Option<&'a str> {
    let name = full_name(name, https);
    let pairs =
        headers.get_all(COOKIE).into_iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// The Set-Cookie header; a life of 0 seconds takes the cookie away. `None` when the value has a sign that no cookie may
/// have.
pub fn set(name: &str, value: &str, life_s: u32, https: bool) -> Option<HeaderValue> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    if !value.chars().all(plain) {
        return None;
    }
    let name = full_name(name, https);
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_comes_back_under_its_full_name_only() {
        let set = set("session", "abc-123", 60, true).expect("plain signs");
        assert_eq!(
            set,
            "__Host-hairline-session=abc-123; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        let mut headers = HeaderMap::new();
        headers.insert(
            COOKIE,
            HeaderValue::from_static("a=b; hairline-session=no; __Host-hairline-session=yes"),
        );
        assert_eq!(get(&headers, "session", true), Some("yes"));
        assert_eq!(get(&headers, "session", false), Some("no"));
        assert_eq!(get(&headers, "other", true), None);
    }

    #[test]
    fn a_value_cannot_bring_attributes_of_its_own() {
        assert_eq!(super::set("session", "a; Domain=evil.example", 60, true), None);
    }
}
