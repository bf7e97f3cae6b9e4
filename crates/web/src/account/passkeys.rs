//! Passkeys of the staff: made on the account's page, shown to sign in or to show once more who one is.

use axum::Form;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::ids::StaffId;
use hairline_studio::permission::Person;
use hairline_studio::store::events::Who;
use serde::Deserialize;

use super::pages::frame;
use super::prove;
use crate::App;
use crate::extract::{self, Json};
use crate::layers::client::Client;
use crate::page::{self, Frame};
use crate::passkey::{self, Answer, Made, Next, origin};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;
use crate::staff::sign_in::{begin as begin_sign_in, with_cookie};

#[derive(askama::Template)]
#[template(path = "account_passkey.html")]
struct Page {
    frame: Frame,
    usable: bool,
    /// Where the script sends what was made, and the page this one belongs to: address and name.
    send: &'static str,
    back: (&'static str, &'static str),
}

/// The page on which one is made.
///
/// # Errors
/// Where it cannot be drawn.
pub fn page(
    app: &App,
    headers: &HeaderMap,
    frame: Frame,
    send: &'static str,
    back: (&'static str, &'static str),
) -> Result<Response, Problem> {
    let frame = frame.script(crate::assets::PASSKEY_JS);
    page::private(&Page { frame, usable: origin(app, headers).is_some(), send, back })
}

/// `GET /account/passkeys`: the page on which one is made.
pub async fn form(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if !signed_in.is_fresh() {
        return Ok(prove::lead("/account/passkeys"));
    }
    let frame = frame(&app, &signed_in, "/account/passkeys", "A new passkey");
    page(&app, &headers, frame, "/account/passkeys", ("/account", "Your account"))
}

fn must_be_fresh(signed_in: &SignedIn) -> Result<(), Problem> {
    if signed_in.is_fresh() {
        return Ok(());
    }
    Err(Problem::new(&problem::FORBIDDEN).detail("Show once more who you are: open the page again."))
}

/// `POST /account/passkeys/begin`
pub async fn begin(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    must_be_fresh(&signed_in)?;
    let person = &signed_in.person;
    passkey::begin(&app, &headers, Person::Staff(person.id), &person.email, &person.name).await
}

/// `POST /account/passkeys`
pub async fn finish(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Json(made): Json<Made>,
) -> Result<Response, Problem> {
    must_be_fresh(&signed_in)?;
    let (person, who) = (Person::Staff(signed_in.person.id), Who::Person(signed_in.actor));
    passkey::finish(&app, &headers, person, who, made, "/account?done=passkey").await
}

/// Which passkey to take away.
#[derive(Deserialize)]
pub struct Named {
    /// Its name in the list.
    pub name: String,
}

/// `POST /account/passkeys/remove`
pub async fn remove(signed_in: SignedIn, Form(Named { name }): Form<Named>) -> Result<Response, Problem> {
    if !signed_in.is_fresh() {
        return Ok(prove::lead("/account"));
    }
    let (person, who) = (Person::Staff(signed_in.person.id), Who::Person(signed_in.actor.clone()));
    passkey::remove(&signed_in.office, person, who, &name).await?;
    Ok(Redirect::to("/account?done=passkey_removed").into_response())
}

/// `POST /passkey/ask`: for who signs in, and for who is signed in and shows once more who they are.
pub async fn ask(
    State(app): State<App>,
    axum::Extension(client): axum::Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    app.sign_in_limiter.admit(client.address)?;
    passkey::ask(&app, &headers).await
}

/// Whose of the staff an answer is; a client's passkey opens nothing here.
async fn whose(app: &App, headers: &HeaderMap, answer: Answer) -> Result<StaffId, Problem> {
    match passkey::whose(app, headers, answer).await? {
        Person::Staff(id) if app.office()?.practice().person(id).is_some_and(|p| p.active) => Ok(id),
        _ => Err(passkey::unknown()),
    }
}

/// `POST /staff/sign-in/passkey`
pub async fn sign_in(
    State(app): State<App>,
    axum::Extension(client): axum::Extension<Client>,
    headers: HeaderMap,
    Json(answer): Json<Answer>,
) -> Result<Response, Problem> {
    let staff = whose(&app, &headers, answer).await?;
    let cookie = begin_sign_in(app.office()?, staff, &headers, client.https).await?;
    with_cookie(extract::json(&Next { location: "/staff" }), cookie)
}

/// `POST /account/prove/passkey`
pub async fn prove(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Json(answer): Json<Answer>,
) -> Result<Response, Problem> {
    if whose(&app, &headers, answer).await? != signed_in.person.id {
        return Err(Problem::new(&problem::FORBIDDEN).detail("This passkey is somebody else's."));
    }
    prove::noted(&signed_in).await?;
    Ok(extract::json(&Next { location: "" }))
}
