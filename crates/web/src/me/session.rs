//! Which client asks: the cookie's token and the sign-in it belongs to.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hairline_studio::ids::ClientId;
use hairline_studio::permission::Person;
use hairline_studio::store::{self, clients, sign_in};
use hairline_studio::token;

use crate::layers::client::Client;
use crate::office::{Office, now};
use crate::staff::session::is_fresh;
use crate::{App, cookie};

/// Name of the cookie.
pub const COOKIE: &str = "client";

/// A client who is signed in.
pub struct SignedIn {
    /// Which.
    pub client: ClientId,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Whether they came in a moment ago.
    pub fresh: bool,
    /// The office.
    pub office: Arc<Office>,
    /// Hash of the token.
    pub token_hash: [u8; 32],
}

/// The client who is signed in, if one is.
pub struct Maybe(pub Option<SignedIn>);

impl FromRequestParts<App> for Maybe {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Maybe, Infallible> {
        let https = parts.extensions.get::<Client>().is_some_and(|c| c.https);
        let token_hash = cookie::get(&parts.headers, COOKIE, https).and_then(token::kept);
        let (Some(token_hash), Ok(office)) = (token_hash, app.office()) else { return Ok(Maybe(None)) };
        match found(office, token_hash).await {
            Ok(found) => Ok(Maybe(found)),
            Err(e) => {
                tracing::warn!(error = %e, "a client's sign-in was not looked up");
                Ok(Maybe(None))
            }
        }
    }
}

async fn found(office: &Arc<Office>, token_hash: [u8; 32]) -> Result<Option<SignedIn>, store::Error> {
    let found = office
        .read(move |desk| {
            let Some(found) = sign_in::find(desk.tx, &token_hash, desk.fresh.now_us())? else {
                return Ok(None);
            };
            let Person::Client(client) = found.person else { return Ok(None) };
            // A record that was erased has nobody to sign in.
            let person = clients::by_id(desk.tx, desk.vault, client)?.and_then(|c| c.person);
            Ok::<_, store::Error>(person.map(|person| (client, person, found)))
        })
        .await?;
    let Some((client, person, found)) = found else { return Ok(None) };
    if token::is_to_touch(found.used_us, now().as_microsecond()) {
        office.write(move |desk| sign_in::used(desk.tx, &token_hash, desk.fresh.now_us())).await?;
    }
    Ok(Some(SignedIn {
        client,
        name: person.name,
        email: person.email,
        fresh: is_fresh(found.proved_us),
        office: Arc::clone(office),
        token_hash,
    }))
}
