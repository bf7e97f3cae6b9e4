//! The second step: an app that makes codes, shown as a picture and confirmed by a first code, and the recovery codes for
//! when it is lost.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::password::recovery::CODES;
use hairline_studio::store::events::Who;
use hairline_studio::store::second_step::{self, Authenticator};
use hairline_studio::store::{self, sign_in};
use hairline_studio::totp;
use serde::Deserialize;

use super::pages::{Done, frame};
use super::password::note;
use super::prove;
use crate::App;
use crate::extract::Query;
use crate::layers::client::Client;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// Where one is led after showing who one is.
const HERE: &str = "/account/app";

#[derive(askama::Template)]
#[template(path = "account_app.html")]
struct Page {
    frame: Frame,
    /// Whether the app is asked for at sign-ins.
    on: bool,
    codes_left: i64,
    /// Before the first code: the picture and the text of the secret.
    secret: Option<(String, String)>,
    refused: bool,
    /// Whether nothing else is open to them before this, or a passkey.
    first: bool,
    done: String,
}

#[derive(askama::Template)]
#[template(path = "account_codes.html")]
struct Codes {
    frame: Frame,
    codes: [String; CODES],
    /// Whether the app was confirmed with it.
    first: bool,
}

async fn page(app: &App, signed_in: &SignedIn, refused: bool, done: String) -> Result<Response, Problem> {
    let staff = signed_in.person.id;
    let found = signed_in.office.read(move |desk| {
        let app = second_step::authenticator(desk.tx, desk.vault, staff)?;
        let stands = second_step::stands(desk.tx, staff)?;
        Ok::<_, store::Error>((app, second_step::recovery_codes_left(desk.tx, staff)?, stands))
    });
    let (found, codes_left, stands) = found.await?;
    let on = found.as_ref().is_some_and(|a| a.last_step.is_some());
    let secret = match found {
        Some(Authenticator { secret, last_step: None }) => {
            let broken = || Problem::new(&problem::INTERNAL);
            let (chain, email) = (&signed_in.practice.chain.name, &signed_in.person.email);
            let uri = secret.uri(chain, email).map_err(|_| broken())?;
            Some((totp::qr_svg(&uri).ok_or_else(broken)?, secret.to_type()))
        }
        _ => None,
    };
    let frame = frame(app, signed_in, HERE, "Codes of an app");
    let first = !stands && !app.config.demo;
    page::private(&Page { frame, on, codes_left, secret, refused, first, done })
}

/// `GET /account/app`
pub async fn show(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    page(&app, &signed_in, false, done).await
}

/// `POST /account/app`: a new secret, to be confirmed.
pub async fn begin(signed_in: SignedIn) -> Result<Response, Problem> {
    if !signed_in.is_fresh() {
        return Ok(prove::lead(HERE));
    }
    let staff = signed_in.person.id;
    let begun =
        signed_in.office.write(move |desk| second_step::begin(desk.tx, desk.vault, staff, &mut desk.fresh));
    match begun.await {
        // It is in use already: the page says so.
        Ok(()) | Err(store::Error::Exists(_)) => Ok(Redirect::to(HERE).into_response()),
        Err(e) => Err(e.into()),
    }
}

/// The first code.
#[derive(Deserialize)]
pub struct Typed {
    code: String,
}

/// `POST /account/app/confirm`: the first code shows that the app works; the recovery codes are shown once.
pub async fn confirm(
    State(app): State<App>,
    axum::Extension(client): axum::Extension<Client>,
    signed_in: SignedIn,
    Form(Typed { code }): Form<Typed>,
) -> Result<Response, Problem> {
    app.sign_in_limiter.admit(client.address)?;
    if !signed_in.is_fresh() {
        return Ok(prove::lead(HERE));
    }
    let (staff, actor, here) = (signed_in.person.id, signed_in.actor.clone(), signed_in.token_hash);
    let codes = signed_in.office.write(move |desk| {
        let now_us = desk.fresh.now_us();
        if second_step::is_on(desk.tx, staff)?
            || !second_step::take_code(desk.tx, desk.vault, staff, &code, now_us)?
        {
            return Ok(None);
        }
        // Who was in by the password alone is out.
        sign_in::end_others(desk.tx, hairline_studio::permission::Person::Staff(staff), &here)?;
        note(desk, &Who::Person(actor), staff, "app_added")?;
        second_step::new_recovery_codes(desk.tx, staff, &mut desk.fresh).map(Some)
    });
    match codes.await.map_err(|e: store::Error| Problem::from(e))? {
        Some(codes) => shown(&app, &signed_in, codes, true),
        None => page::with_status(
            StatusCode::UNPROCESSABLE_ENTITY,
            page(&app, &signed_in, true, String::new()).await,
        ),
    }
}

fn shown(app: &App, signed_in: &SignedIn, codes: [String; CODES], first: bool) -> Result<Response, Problem> {
    page::private(&Codes { frame: frame(app, signed_in, HERE, "Your recovery codes"), codes, first })
}

/// `POST /account/recovery-codes`: new ones in the place of the old.
pub async fn new_codes(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Problem> {
    if !signed_in.is_fresh() {
        return Ok(prove::lead(HERE));
    }
    let (staff, actor) = (signed_in.person.id, signed_in.actor.clone());
    let codes = signed_in.office.write(move |desk| {
        if !second_step::is_on(desk.tx, staff)? {
            return Ok(None);
        }
        note(desk, &Who::Person(actor), staff, "recovery_codes_made")?;
        second_step::new_recovery_codes(desk.tx, staff, &mut desk.fresh).map(Some)
    });
    match codes.await.map_err(|e: store::Error| Problem::from(e))? {
        Some(codes) => shown(&app, &signed_in, codes, false),
        None => Ok(Redirect::to(HERE).into_response()),
    }
}

/// `POST /account/app/end`: no code is asked for any more.
pub async fn end(signed_in: SignedIn) -> Result<Response, Problem> {
    if !signed_in.is_fresh() {
        return Ok(prove::lead(HERE));
    }
    let (staff, actor) = (signed_in.person.id, signed_in.actor.clone());
    let done: Result<(), store::Error> = signed_in
        .office
        .write(move |desk| {
            second_step::remove(desk.tx, staff)?;
            note(desk, &Who::Person(actor), staff, "app_removed")
        })
        .await;
    done?;
    Ok(Redirect::to("/account?done=app_removed").into_response())
}
