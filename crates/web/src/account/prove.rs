//! Showing once more who one is, before what could do much harm: going past a rule, the second step, passkeys.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::permission::Person;
use hairline_studio::store::{self, passkeys, second_step, sign_in};
use serde::Deserialize;

use super::pages::frame;
use crate::App;
use crate::extract::Query;
use crate::layers::client::Client;
use crate::page::{self, Frame};
use crate::problem::Problem;
use crate::staff::session::SignedIn;
use crate::staff::sign_in::{code_is_right, known};

#[derive(askama::Template)]
#[template(path = "account_prove.html")]
struct Page {
    frame: Frame,
    then: String,
    app: bool,
    passkeys: bool,
    refused: bool,
}

/// Where to go afterwards.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    then: String,
}

/// Leads to the proof and from there to a page of ours.
pub fn lead(then: &str) -> Response {
    let then: String = then.bytes().fold(String::new(), |mut text, b| {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => text.push(char::from(b)),
            _ => text.push_str(&format!("%{b:02X}")),
        }
        text
    });
    Redirect::to(&format!("/account/prove?then={then}")).into_response()
}

/// A path of ours as it was asked for; the account for anything else.
fn ours(then: &str) -> &str {
    let plain = then.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./?=&:".contains(&b));
    if plain && then.starts_with('/') && !then.starts_with("//") && !then.contains("..") {
        then
    } else {
        "/account"
    }
}

/// `GET /account/prove`
pub async fn form(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    page(&app, &signed_in, ours(&asked.then), false).await
}

async fn page(app: &App, signed_in: &SignedIn, then: &str, refused: bool) -> Result<Response, Problem> {
    let staff = signed_in.person.id;
    let found = signed_in.office.read(move |desk| {
        Ok::<_, store::Error>((
            second_step::is_on(desk.tx, staff)?,
            !passkeys::of(desk.tx, Person::Staff(staff))?.is_empty(),
        ))
    });
    let (on, has_passkeys) = found.await?;
    page::private(&Page {
        frame: frame(app, signed_in, "/account/prove", "Is it you?").script(crate::assets::PASSKEY_JS),
        then: then.to_owned(),
        app: on,
        passkeys: has_passkeys,
        refused,
    })
}

/// What the form sends: one of the two.
#[derive(Deserialize)]
pub struct Sent {
    #[serde(default)]
    then: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
}

/// `POST /account/prove`
pub async fn submit(
    State(app): State<App>,
    axum::Extension(client): axum::Extension<Client>,
    signed_in: SignedIn,
    Form(Sent { then, password, code }): Form<Sent>,
) -> Result<Response, Problem> {
    app.sign_in_limiter.admit(client.address)?;
    let then = ours(&then);
    let right = match code.trim().is_empty() {
        true => by_password(&signed_in, password).await?,
        false => by_code(&signed_in, code).await?,
    };
    if !right {
        return page::with_status(StatusCode::UNAUTHORIZED, page(&app, &signed_in, then, true).await);
    }
    noted(&signed_in).await?;
    Ok(Redirect::to(then).into_response())
}

/// Notes that the person has shown who they are.
///
/// # Errors
/// The store's.
pub async fn noted(signed_in: &SignedIn) -> Result<(), Problem> {
    let hash = signed_in.token_hash;
    let noted: Result<(), store::Error> =
        signed_in.office.write(move |desk| sign_in::proved(desk.tx, &hash, desk.fresh.now_us())).await;
    Ok(noted?)
}

/// Whether a password is that of who is signed in.
///
/// # Errors
/// The store's.
pub async fn by_password(signed_in: &SignedIn, password: String) -> Result<bool, Problem> {
    let staff = signed_in.person.id;
    let account = signed_in.office.read(move |desk| sign_in::account_of(desk.tx, staff)).await?;
    Ok(known(&signed_in.office, account, password).await? == Some(staff))
}

async fn by_code(signed_in: &SignedIn, code: String) -> Result<bool, Problem> {
    let staff = signed_in.person.id;
    let right: Result<bool, store::Error> =
        signed_in.office.write(move |desk| code_is_right(desk, staff, &code)).await;
    Ok(right?)
}

#[cfg(test)]
mod tests {
    use super::ours;

    #[test]
    fn one_is_led_back_to_our_own_pages_alone() {
        assert_eq!(ours("/account/app"), "/account/app");
        assert_eq!(ours("/staff?studio=leeds&day=2026-11-23"), "/staff?studio=leeds&day=2026-11-23");
        for bad in
            ["", "//evil.example", "https://evil.example", "/\\evil.example", "account", "/a/../b", "/a\r\nb"]
        {
            assert_eq!(ours(bad), "/account", "{bad:?}");
        }
    }
}
