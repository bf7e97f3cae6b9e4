//! A client's passkeys: made on their own page by who came in a moment ago, shown to come in without a mail.

use axum::Form;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::permission::Person;
use hairline_studio::store::clients;
use hairline_studio::store::events::Who;

use super::pages::{again, begun, frame};
use super::session::{Maybe, SignedIn};
use super::to_me;
use crate::App;
use crate::account::passkeys::{Named, page};
use crate::booking::visit::bearer;
use crate::extract::{self, Json};
use crate::layers::client::Client;
use crate::passkey::{self, Answer, Made, Next};
use crate::problem::{self, Problem};
use crate::staff::sign_in::with_cookie;

/// Who came in a moment ago: what makes a way in asks for it, so that a browser left open gives nobody one of their own.
fn fresh(client: Option<SignedIn>) -> Result<SignedIn, Problem> {
    let client = client.ok_or_else(|| Problem::new(&problem::SIGN_IN_REQUIRED))?;
    if client.fresh {
        return Ok(client);
    }
    Err(Problem::new(&problem::FORBIDDEN)
        .detail("Come in once more: open \"Your visits\" and make it from there."))
}

fn who(client: &SignedIn) -> (Person, Who) {
    (Person::Client(client.client), Who::Person(bearer(&client.office.practice(), client.client)))
}

/// `GET /me/passkeys`: the page on which one is made.
pub async fn form(
    State(app): State<App>,
    Maybe(client): Maybe,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    match client {
        None => Ok(to_me()),
        Some(client) if !client.fresh => again(&app, &headers, client.email),
        Some(_) => page(&app, &headers, frame(&app, "A new passkey"), "/me/passkeys", ("/me", "Your visits")),
    }
}

/// `POST /me/passkeys/begin`
pub async fn begin(
    State(app): State<App>,
    Maybe(client): Maybe,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let client = fresh(client)?;
    let person = Person::Client(client.client);
    passkey::begin(&app, &headers, person, &client.email, &client.name).await
}

/// `POST /me/passkeys`
pub async fn finish(
    State(app): State<App>,
    Maybe(client): Maybe,
    headers: HeaderMap,
    Json(made): Json<Made>,
) -> Result<Response, Problem> {
    let (person, who) = who(&fresh(client)?);
    passkey::finish(&app, &headers, person, who, made, "/me?done=passkey").await
}

/// `POST /me/passkeys/remove`
pub async fn remove(Maybe(client): Maybe, Form(Named { name }): Form<Named>) -> Result<Response, Problem> {
    let client = client.ok_or_else(|| Problem::new(&problem::SIGN_IN_REQUIRED))?;
    let (person, who) = who(&client);
    passkey::remove(&client.office, person, who, &name).await?;
    Ok(Redirect::to("/me?done=passkey_removed").into_response())
}

/// `POST /me/passkey`: comes in by one. That of somebody on the staff opens nothing here.
pub async fn enter(
    State(app): State<App>,
    axum::Extension(browser): axum::Extension<Client>,
    headers: HeaderMap,
    Json(answer): Json<Answer>,
) -> Result<Response, Problem> {
    let Person::Client(client) = passkey::whose(&app, &headers, answer).await? else {
        return Err(passkey::unknown());
    };
    let office = app.office()?;
    // A record that was erased has nobody to let in.
    let there = office.read(move |desk| clients::by_id(desk.tx, desk.vault, client)).await?;
    there.and_then(|c| c.person).ok_or_else(passkey::unknown)?;
    let cookie = begun(office, client, &headers, browser.https).await?;
    with_cookie(extract::json(&Next { location: "/me" }), cookie)
}
