//! What programs look for at known addresses: robots.txt, sitemap.xml, security.txt (RFC 9116), change-password (W3C).

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST};
use axum::response::{IntoResponse, Redirect, Response};

use crate::App;
use crate::config::PublicUrl;
use crate::layers::client::Client;
use crate::problem::{self, Problem};

fn file(media_type: &'static str, body: String) -> Response {
    ([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "public, max-age=3600")], body).into_response()
}

/// `/robots.txt`: a demonstration is not for search engines.
pub async fn robots(State(app): State<App>) -> Response {
    let mut text = if app.config.demo {
        "User-agent: *\nDisallow: /\n".to_owned()
    } else {
        "User-agent: *\nDisallow: /api/\nDisallow: /staff/\nDisallow: /my/\n".to_owned()
    };
    if let Some(url) = &app.config.public_url {
        text += &format!("Sitemap: {}/sitemap.xml\n", url.as_str());
    }
    file("text/plain; charset=utf-8", text)
}

/// `/sitemap.xml`: its addresses are absolute; where no public address is set, they begin as the one that was asked for.
pub async fn sitemap(
    State(app): State<App>,
    client: Option<axum::Extension<Client>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let https = client.is_some_and(|axum::Extension(client)| client.https);
    let asked = || {
        let host = headers.get(HOST)?.to_str().ok()?;
        format!("{}://{host}", if https { "https" } else { "http" }).parse().ok()
    };
    let url: Option<PublicUrl> = app.config.public_url.clone().or_else(asked);
    let url = url.ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
    let mut paths: Vec<String> = ["/", "/guide", "/studios", "/privacy"].map(str::to_owned).into();
    paths.extend(app.guide.iter().map(|article| format!("/guide/{}", article.slug)));
    paths.extend(app.public().studios.iter().map(|studio| format!("/studios/{}", studio.slug)));
    let entries: String =
        paths.iter().map(|path| format!("<url><loc>{}{path}</loc></url>\n", url.as_str())).collect();
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n{entries}</urlset>\n"
    );
    Ok(file("application/xml", text))
}

/// `/.well-known/security.txt`: there is none without a contact. It is good for half a year from when it is read.
pub async fn security(State(app): State<App>) -> Result<Response, Problem> {
    let Some(contact) = &app.config.security_contact else { return Err(Problem::new(&problem::NOT_FOUND)) };
    let half_a_year = jiff::SignedDuration::from_hours(24 * 182);
    let now = jiff::Timestamp::now();
    let expires = now.checked_add(half_a_year).unwrap_or(now).strftime("%Y-%m-%dT%H:00:00Z");
    let mut text = format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\n");
    if let Some(url) = &app.config.public_url {
        text += &format!("Canonical: {}/.well-known/security.txt\n", url.as_str());
    }
    Ok(file("text/plain; charset=utf-8", text))
}

/// `/.well-known/change-password`: leads to where staff change theirs.
pub async fn change_password() -> Redirect {
    Redirect::temporary("/account/password")
}
