//! A client's own pages: a link by e-mail or a passkey lets them in, and shows their visits. All but passkeys works without
//! script.

pub mod course;
pub mod pages;
pub mod passkeys;
pub mod session;

use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};

use hairline_studio::ids::ClientId;
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::{self, Tx, clients};

use crate::App;

/// The visits of a client, under whichever of their records, by start within each.
///
/// # Errors
/// The store's.
pub fn visits(tx: &mut Tx<'_>, client: ClientId) -> Result<Vec<Appointment>, store::Error> {
    let mut visits = Vec::new();
    for record in clients::same_email(tx, client)? {
        visits.extend(appointments::of_client(tx, record)?);
    }
    Ok(visits)
}

/// Where a client signs in.
pub fn to_me() -> Response {
    Redirect::to("/me").into_response()
}

/// The pages of a client.
pub fn router() -> Router<App> {
    Router::new()
        .route("/me", get(pages::show).post(pages::ask))
        .route("/me/course", get(course::form).post(course::book))
        .route("/me/sign-out", post(pages::out))
        .route("/me/sign-ins/end", post(pages::end))
        .route("/me/passkeys", get(passkeys::form).post(passkeys::finish))
        .route("/me/passkeys/begin", post(passkeys::begin))
        .route("/me/passkeys/remove", post(passkeys::remove))
        .route("/me/passkey", post(passkeys::enter))
        .route("/me/link/{token}", get(pages::knock).post(pages::enter))
}
