//! Passkeys (WebAuthn): made on the account's page, shown to sign in or to show once more who one is. The device has
//! checked its owner by finger, face or PIN, so a passkey stands for password and code together.
//!
//! Each ceremony is a ticket in the store, so that any process may take the answer, and takes it once.

use axum::Form;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hairline_studio::ids::StaffId;
use hairline_studio::store::events::Who;
use hairline_studio::store::tickets::{self, Kind};
use hairline_studio::store::{self, passkeys};
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::pages::frame;
use super::password::note;
use super::prove;
use crate::App;
use crate::extract::{self, Json};
use crate::layers::client::Client;
use crate::office::Office;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;
use crate::staff::sign_in::{begin as begin_sign_in, with_cookie};

/// The address under which a browser may use passkeys: the public one, or this machine's own name. An address in numbers is
/// none (Web Authentication Level 3, 5.1.2: the identifier is a domain).
pub fn origin(app: &App, headers: &HeaderMap) -> Option<Url> {
    let url = match &app.config.public_url {
        Some(url) => Url::parse(url.as_str()).ok()?,
        None => {
            let host = headers.get(HOST)?.to_str().ok()?;
            let name = host.split(':').next().unwrap_or_default();
            // Whatever else a browser may have asked for, it says so itself and nobody vouches for it.
            Url::parse(&format!("http://{host}")).ok().filter(|_| name == "localhost")?
        }
    };
    let safe = url.scheme() == "https" || url.domain() == Some("localhost");
    (safe && url.domain().is_some()).then_some(url)
}

fn relying_party(app: &App, headers: &HeaderMap) -> Result<Webauthn, Problem> {
    let origin = origin(app, headers).ok_or_else(|| {
        Problem::new(&problem::STEP_REFUSED).detail(
            "Passkeys need an address with HTTPS that is told to the program (--public-url), or http://localhost.",
        )
    })?;
    let name = app.public().name.clone();
    let domain = origin.domain().unwrap_or_default().to_owned();
    let built = WebauthnBuilder::new(&domain, &origin).and_then(|b| b.rp_name(&name).build());
    built.map_err(|e| {
        tracing::error!(error = ?e, "passkeys cannot be used under the public address");
        Problem::new(&problem::INTERNAL)
    })
}

/// A ceremony that begins: what the browser is given, and the ticket it comes back with.
#[derive(Serialize)]
struct Begun {
    ticket: String,
    options: serde_json::Value,
}

fn broken(e: &dyn std::fmt::Display) -> Problem {
    tracing::error!(error = %e, "a ceremony of passkeys cannot be kept");
    Problem::new(&problem::INTERNAL)
}

async fn issue(office: &Office, about: Option<StaffId>, state: &impl Serialize) -> Result<String, Problem> {
    let body = serde_json::to_vec(state).map_err(|e| broken(&e))?;
    let ticket = office.write(move |desk| {
        tickets::issue(desk.tx, Kind::Passkey, about.map(|id| id.0), &body, &mut desk.fresh)
    });
    Ok(ticket.await.map_err(|e: store::Error| Problem::from(e))?)
}

fn over() -> Problem {
    Problem::new(&problem::STEP_REFUSED)
        .detail("This took too long, or was answered already. Please begin again.")
}

fn not_taken(e: &webauthn_rs::prelude::WebauthnError) -> Problem {
    tracing::info!(error = ?e, "a passkey was not taken");
    Problem::new(&problem::SIGN_IN_REQUIRED)
        .detail("This passkey is not one of those known here. Use another way in.")
}

#[derive(askama::Template)]
#[template(path = "account_passkey.html")]
struct Page {
    frame: Frame,
    usable: bool,
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
    page::private(&Page {
        frame: frame.script(crate::assets::PASSKEY_JS),
        usable: origin(&app, &headers).is_some(),
    })
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
    let webauthn = relying_party(&app, &headers)?;
    let staff = signed_in.person.id;
    let there = signed_in.office.read(move |desk| passkeys::of(desk.tx, staff)).await?;
    if there.len() >= passkeys::MOST {
        return Err(Problem::new(&problem::STEP_REFUSED)
            .detail(format!("You have {} passkeys; take one away first.", there.len())));
    }
    let known = there.into_iter().map(|p| p.id.into()).collect();
    let person = &signed_in.person;
    let (options, state) = webauthn
        .start_passkey_registration(person.id.0, &person.email, &person.name, Some(known))
        .map_err(|e| broken(&e))?;
    let mut options = serde_json::to_value(options).map_err(|e| broken(&e))?;
    // It is found by the device without a name being typed.
    options["publicKey"]["authenticatorSelection"]["residentKey"] = "required".into();
    options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = true.into();
    let ticket = issue(&signed_in.office, Some(staff), &state).await?;
    Ok(extract::json(&Begun { ticket, options }))
}

/// The browser's answer to [`begin`].
#[derive(Deserialize)]
pub struct Made {
    ticket: String,
    #[serde(default)]
    name: String,
    credential: RegisterPublicKeyCredential,
}

/// Where the browser goes next.
#[derive(Serialize)]
struct Next {
    location: &'static str,
}

/// `POST /account/passkeys`
pub async fn finish(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Json(made): Json<Made>,
) -> Result<Response, Problem> {
    must_be_fresh(&signed_in)?;
    let webauthn = relying_party(&app, &headers)?;
    let (staff, actor, ticket) = (signed_in.person.id, signed_in.actor.clone(), made.ticket);
    let taken = signed_in
        .office
        .write(move |desk| tickets::take(desk.tx, Kind::Passkey, &ticket, desk.fresh.now_us()))
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    let taken = taken.filter(|t| t.about == Some(staff.0)).ok_or_else(over)?;
    let state: PasskeyRegistration = serde_json::from_slice(&taken.body).map_err(|_| over())?;
    let passkey = webauthn.finish_passkey_registration(&made.credential, &state).map_err(|e| {
        tracing::info!(error = ?e, "a passkey was not made");
        Problem::new(&problem::STEP_REFUSED)
            .detail("The device's answer is not what was asked for. Please begin again.")
    })?;
    let credential = serde_json::to_vec(&passkey).map_err(|e| broken(&e))?;
    let name: String = made.name.trim().chars().filter(|c| !c.is_control()).take(60).collect();
    let id: Vec<u8> = passkey.cred_id().as_slice().to_vec();
    signed_in
        .office
        .write(move |desk| {
            let made_us = desk.fresh.now_us();
            let name = if name.is_empty() { "Passkey".to_owned() } else { name };
            passkeys::add(
                desk.tx,
                &passkeys::Passkey { id, staff, name, credential, made_us, used_us: None },
            )?;
            note(desk, &Who::Person(actor), staff, "passkey_added")
        })
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    Ok(extract::json(&Next { location: "/account?done=passkey" }))
}

/// Which passkey to take away.
#[derive(Deserialize)]
pub struct Named {
    name: String,
}

/// `POST /account/passkeys/remove`
pub async fn remove(signed_in: SignedIn, Form(Named { name }): Form<Named>) -> Result<Response, Problem> {
    if !signed_in.is_fresh() {
        return Ok(prove::lead("/account"));
    }
    let id = URL_SAFE_NO_PAD.decode(&name).map_err(|_| Problem::new(&problem::NOT_FOUND))?;
    let (staff, actor) = (signed_in.person.id, signed_in.actor.clone());
    let gone = signed_in.office.write(move |desk| {
        let gone = passkeys::remove(desk.tx, staff, &id)?;
        if gone {
            note(desk, &Who::Person(actor), staff, "passkey_removed")?;
        }
        Ok::<_, store::Error>(gone)
    });
    if !gone.await? {
        return Err(Problem::new(&problem::NOT_FOUND));
    }
    Ok(Redirect::to("/account?done=passkey_removed").into_response())
}

/// `POST /staff/sign-in/passkey/begin`: also for who is signed in and shows once more who they are.
pub async fn ask(
    State(app): State<App>,
    axum::Extension(client): axum::Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    app.sign_in_limiter.admit(client.address)?;
    let (options, state) =
        relying_party(&app, &headers)?.start_discoverable_authentication().map_err(|e| broken(&e))?;
    let mut options = serde_json::to_value(options).map_err(|e| broken(&e))?;
    // A button was pressed: the browser asks at once.
    if let Some(options) = options.as_object_mut() {
        options.remove("mediation");
    }
    let ticket = issue(app.office()?, None, &state).await?;
    Ok(extract::json(&Begun { ticket, options }))
}

/// The browser's answer to [`ask`].
#[derive(Deserialize)]
pub struct Answer {
    ticket: String,
    credential: PublicKeyCredential,
}

/// Whose passkey has answered; it has been checked and its use noted.
async fn whose(app: &App, headers: &HeaderMap, answer: Answer) -> Result<StaffId, Problem> {
    let webauthn = relying_party(app, headers)?;
    let office = app.office()?;
    let Answer { ticket, credential } = answer;
    let (user, id) = webauthn.identify_discoverable_authentication(&credential).map_err(|e| not_taken(&e))?;
    let id = id.to_vec();
    let found = office
        .write(move |desk| {
            let ticket = tickets::take(desk.tx, Kind::Passkey, &ticket, desk.fresh.now_us())?;
            Ok::<_, store::Error>((ticket, passkeys::find(desk.tx, &id)?))
        })
        .await?;
    let (Some(ticket), kept) = found else { return Err(over()) };
    let unknown = || {
        Problem::new(&problem::SIGN_IN_REQUIRED)
            .detail("This passkey is not one of those known here. Use another way in.")
    };
    let kept = kept.filter(|k| k.staff.0 == user && ticket.about.is_none()).ok_or_else(unknown)?;
    let practice = office.practice();
    practice.person(kept.staff).filter(|p| p.active).ok_or_else(unknown)?;
    let state: DiscoverableAuthentication = serde_json::from_slice(&ticket.body).map_err(|_| over())?;
    let mut passkey: Passkey = serde_json::from_slice(&kept.credential).map_err(|e| broken(&e))?;
    let result = webauthn
        .finish_discoverable_authentication_v2(&credential, state, &DiscoverableKey::from(&passkey))
        .map_err(|e| not_taken(&e))?;
    passkey.update_credential(&result);
    let now_kept = serde_json::to_vec(&passkey).map_err(|e| broken(&e))?;
    office
        .write(move |desk| passkeys::used(desk.tx, &kept.id, &now_kept, desk.fresh.now_us()))
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    Ok(kept.staff)
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
