//! Passkeys (WebAuthn): made by who is signed in, shown to sign in or to show once more who one is. The device has checked
//! its owner by finger, face or PIN, so a passkey stands for password and code together.
//!
//! Each ceremony is a ticket in the store, so that any process may take the answer, and takes it once.

use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hairline_studio::permission::Person;
use hairline_studio::store::events::Who;
use hairline_studio::store::tickets::{self, Kind};
use hairline_studio::store::{self, passkeys};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::App;
use crate::account::pages::when;
use crate::account::password::noted_of;
use crate::extract;
use crate::office::Office;
use crate::problem::{self, Problem};

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

async fn issue(office: &Office, about: Option<Uuid>, state: &impl Serialize) -> Result<String, Problem> {
    let body = serde_json::to_vec(state).map_err(|e| broken(&e))?;
    let ticket =
        office.write(move |desk| tickets::issue(desk.tx, Kind::Passkey, about, &body, &mut desk.fresh));
    ticket.await.map_err(|e: store::Error| Problem::from(e))
}

fn over() -> Problem {
    Problem::new(&problem::STEP_REFUSED)
        .detail("This took too long, or was answered already. Please begin again.")
}

fn not_taken(e: &webauthn_rs::prelude::WebauthnError) -> Problem {
    tracing::info!(error = ?e, "a passkey was not taken");
    unknown()
}

/// A passkey that opens nothing here.
pub fn unknown() -> Problem {
    Problem::new(&problem::SIGN_IN_REQUIRED)
        .detail("This passkey is not one of those known here. Use another way in.")
}

fn id_of(person: Person) -> Uuid {
    match person {
        Person::Staff(id) => id.0,
        Person::Client(id) => id.0,
    }
}

/// Begins to make one for a person, whose devices call it by `email` and `name`.
///
/// # Errors
/// Where the address allows none, and where the person has as many as they may.
pub async fn begin(
    app: &App,
    headers: &HeaderMap,
    person: Person,
    email: &str,
    name: &str,
) -> Result<Response, Problem> {
    let (webauthn, office) = (relying_party(app, headers)?, app.office()?);
    let there = office.read(move |desk| passkeys::of(desk.tx, person)).await?;
    if there.len() >= passkeys::MOST {
        return Err(Problem::new(&problem::STEP_REFUSED)
            .detail(format!("You have {} passkeys; take one away first.", there.len())));
    }
    let known = there.into_iter().map(|p| p.id).collect();
    let id = id_of(person);
    let (options, state) =
        webauthn.start_passkey_registration(id, email, name, Some(known)).map_err(|e| broken(&e))?;
    let mut options = serde_json::to_value(options).map_err(|e| broken(&e))?;
    // It is found by the device without a name being typed.
    options["publicKey"]["authenticatorSelection"]["residentKey"] = "required".into();
    options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = true.into();
    let ticket = issue(office, Some(id), &state).await?;
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

/// Keeps the passkey that was made; the browser goes to `next` from there.
///
/// # Errors
/// Where the answer is not to the ticket's question, or nobody's here.
pub async fn finish(
    app: &App,
    headers: &HeaderMap,
    person: Person,
    who: Who,
    made: Made,
    next: &'static str,
) -> Result<Response, Problem> {
    let (webauthn, office) = (relying_party(app, headers)?, app.office()?);
    let ticket = made.ticket;
    let taken = office
        .write(move |desk| tickets::take(desk.tx, Kind::Passkey, &ticket, desk.fresh.now_us()))
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    let taken = taken.filter(|t| t.about == Some(id_of(person))).ok_or_else(over)?;
    let state: PasskeyRegistration = serde_json::from_slice(&taken.body).map_err(|_| over())?;
    let passkey = webauthn.finish_passkey_registration(&made.credential, &state).map_err(|e| {
        tracing::info!(error = ?e, "a passkey was not made");
        Problem::new(&problem::STEP_REFUSED)
            .detail("The device's answer is not what was asked for. Please begin again.")
    })?;
    let credential = serde_json::to_vec(&passkey).map_err(|e| broken(&e))?;
    let name: String = made.name.trim().chars().filter(|c| !c.is_control()).take(60).collect();
    let id: Vec<u8> = passkey.cred_id().as_slice().to_vec();
    office
        .write(move |desk| {
            let made_us = desk.fresh.now_us();
            let name = if name.is_empty() { "Passkey".to_owned() } else { name };
            passkeys::add(
                desk.tx,
                &passkeys::Passkey { id, person, name, credential, made_us, used_us: None },
            )?;
            noted_of(desk, &who, person, "passkey_added")
        })
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    Ok(extract::json(&Next { location: next }))
}

/// Where the browser goes next.
#[derive(Serialize)]
pub struct Next {
    /// A path of ours; nothing for where the form says.
    pub location: &'static str,
}

/// Takes one of a person's away, by its name in [`Key`].
///
/// # Errors
/// Where they have none of that name.
pub async fn remove(office: &Office, person: Person, who: Who, name: &str) -> Result<(), Problem> {
    let id = URL_SAFE_NO_PAD.decode(name).map_err(|_| Problem::new(&problem::NOT_FOUND))?;
    let gone = office.write(move |desk| {
        let gone = passkeys::remove(desk.tx, person, &id)?;
        if gone {
            noted_of(desk, &who, person, "passkey_removed")?;
        }
        Ok::<_, store::Error>(gone)
    });
    if gone.await? { Ok(()) } else { Err(Problem::new(&problem::NOT_FOUND)) }
}

/// Asks a device for one, whoever's it is.
///
/// # Errors
/// Where the address allows none.
pub async fn ask(app: &App, headers: &HeaderMap) -> Result<Response, Problem> {
    let (options, state) =
        relying_party(app, headers)?.start_discoverable_authentication().map_err(|e| broken(&e))?;
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
///
/// # Errors
/// Where it is not one that is known here, or the answer came before or too late.
pub async fn whose(app: &App, headers: &HeaderMap, answer: Answer) -> Result<Person, Problem> {
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
    let kept = kept.filter(|k| id_of(k.person) == user && ticket.about.is_none()).ok_or_else(unknown)?;
    let state: DiscoverableAuthentication = serde_json::from_slice(&ticket.body).map_err(|_| over())?;
    let mut passkey: Passkey = serde_json::from_slice(&kept.credential).map_err(|e| broken(&e))?;
    let result = webauthn
        .finish_discoverable_authentication_v2(&credential, state, DiscoverableKey::from(&passkey))
        .map_err(|e| not_taken(&e))?;
    passkey.update_credential(&result);
    let now_kept = serde_json::to_vec(&passkey).map_err(|e| broken(&e))?;
    let person = kept.person;
    office
        .write(move |desk| passkeys::used(desk.tx, person, &kept.id, &now_kept, desk.fresh.now_us()))
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    Ok(person)
}

/// One passkey in a list.
pub struct Key {
    /// What its owner calls it.
    pub name: String,
    /// By which it is taken away.
    pub id: String,
    /// When it was made.
    pub made: String,
    /// When it was last used.
    pub used: Option<String>,
}

/// Passkeys in words, in the clock of a zone.
pub fn keys(keys: Vec<passkeys::Passkey>, tz: &TimeZone) -> Vec<Key> {
    let key = |key: passkeys::Passkey| Key {
        id: URL_SAFE_NO_PAD.encode(&key.id),
        made: when(key.made_us, tz),
        used: key.used_us.map(|us| when(us, tz)),
        name: key.name,
    };
    keys.into_iter().map(key).collect()
}
