//! What every page has around its content: title, language, address, the word of the demonstration.

use std::convert::Infallible;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::App;
use crate::layers::client::Client;
use crate::problem::{self, Problem};

/// The frame around a page's content; `base.html` draws it.
pub struct Frame {
    /// Name of the chain.
    pub chain: String,
    /// Title of the page, without the chain's.
    pub title: String,
    /// One sentence for search results; empty leaves it out.
    pub description: String,
    /// Path of the page, to mark where one is.
    pub path: String,
    /// The page's one address, where the public address is set.
    pub canonical: Option<String>,
    /// Whether search engines shall leave it out.
    pub hidden: bool,
    /// Whether visits can be booked: a chain is set up.
    pub books: bool,
    /// Whether all people on it are invented.
    pub demo: bool,
    /// schema.org data as JSON, safe inside a script element; empty leaves it out.
    pub json_ld: String,
    /// Whether the page brings htmx.
    pub live: bool,
    /// Addresses of scripts of its own.
    pub scripts: Vec<&'static str>,
    /// Name of the person of the staff who is signed in, on their pages.
    pub staff: Option<String>,
    /// Whether nothing is set up yet, so that there is nowhere to go.
    pub setting_up: bool,
}

impl Frame {
    /// The frame of a public page.
    pub fn new(app: &App, path: &str, title: &str) -> Frame {
        let canonical = app.config.public_url.as_ref().map(|url| format!("{}{path}", url.as_str()));
        Frame {
            chain: app.public().name.clone(),
            title: title.to_owned(),
            description: String::new(),
            path: path.to_owned(),
            canonical,
            hidden: false,
            books: app.office().is_ok(),
            demo: app.config.demo,
            json_ld: String::new(),
            live: false,
            scripts: Vec::new(),
            staff: None,
            setting_up: app.waiting().is_some(),
        }
    }

    /// With a sentence for search results.
    pub fn description(mut self, text: &str) -> Frame {
        text.clone_into(&mut self.description);
        self
    }

    /// Left out by search engines.
    pub fn hidden(mut self) -> Frame {
        self.hidden = true;
        self
    }

    /// With schema.org data.
    pub fn json_ld(mut self, data: &serde_json::Value) -> Frame {
        self.json_ld = script_safe(data);
        self
    }

    /// With a script of its own.
    pub fn script(mut self, address: &'static str) -> Frame {
        self.scripts.push(address);
        self
    }

    /// As a page of the staff, for this person.
    pub fn staff(mut self, name: &str) -> Frame {
        self.staff = Some(name.to_owned());
        self
    }

    /// What `aria-current` says of a link in the navigation: `page` on it, `true` below it.
    pub fn current(&self, link: &str) -> &'static str {
        match self.path.strip_prefix(link) {
            Some("") => "page",
            Some(rest) if rest.starts_with('/') => "true",
            _ => "false",
        }
    }
}

/// Scheme and host under which the browser asked: the public address where it is set.
pub struct Here(pub String);

impl FromRequestParts<App> for Here {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Here, Infallible> {
        if let Some(url) = &app.config.public_url {
            return Ok(Here(url.as_str().to_owned()));
        }
        let https = parts.extensions.get::<Client>().is_some_and(|client| client.https);
        let host = parts.headers.get(HOST).and_then(|v| v.to_str().ok()).unwrap_or("localhost");
        Ok(Here(format!("{}://{host}", if https { "https" } else { "http" })))
    }
}

/// JSON that cannot end the script element it stands in.
fn script_safe(data: &serde_json::Value) -> String {
    data.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// A page that everybody sees alike; browsers and proxies may keep it for a minute.
pub fn public(page: &impl Template) -> Result<Response, Problem> {
    let mut response = private(page)?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    Ok(response)
}

/// A page of one person; nobody keeps it.
pub fn private(page: &impl Template) -> Result<Response, Problem> {
    let html = page.render().map_err(|e| {
        tracing::error!(error = %e, "a page could not be drawn");
        Problem::new(&problem::INTERNAL)
    })?;
    let mut response = html.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The page as an answer of this status.
///
/// # Errors
/// Those of the page.
pub fn with_status(status: StatusCode, page: Result<Response, Problem>) -> Result<Response, Problem> {
    page.map(|mut response| {
        *response.status_mut() = status;
        response
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_end_its_script() {
        let text = script_safe(&serde_json::json!({"name": "</script><script>alert(1)</script> & co"}));
        assert!(!text.contains(['<', '>', '&']), "{text}");
        let back: serde_json::Value = serde_json::from_str(&text).expect("still JSON");
        assert_eq!(back["name"], "</script><script>alert(1)</script> & co");
    }
}
