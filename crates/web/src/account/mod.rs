//! What a person of the staff does about their own way in: password, app, recovery codes, passkeys, sign-ins.

pub mod app_codes;
pub mod pages;
pub mod passkeys;
pub mod password;
pub mod prove;
pub mod secret;

use axum::Router;
use axum::routing::{get, post};

use crate::App;

/// The pages of one's account.
pub fn router() -> Router<App> {
    Router::new()
        .route("/account", get(pages::overview))
        .route("/account/sign-ins/end", post(pages::end))
        .route("/account/sign-ins/end-others", post(pages::end_others))
        .route("/account/password", get(password::form).post(password::change))
        .route("/account/app", get(app_codes::show).post(app_codes::begin))
        .route("/account/app/confirm", post(app_codes::confirm))
        .route("/account/app/end", post(app_codes::end))
        .route("/account/recovery-codes", post(app_codes::new_codes))
        .route("/account/passkeys", get(passkeys::form).post(passkeys::finish))
        .route("/account/passkeys/begin", post(passkeys::begin))
        .route("/account/passkeys/remove", post(passkeys::remove))
        .route("/passkey/ask", post(passkeys::ask))
        .route("/staff/sign-in/passkey", post(passkeys::sign_in))
        .route("/account/prove/passkey", post(passkeys::prove))
        .route("/account/prove", get(prove::form).post(prove::submit))
        .route("/invitation/{token}", get(password::invited).post(password::accept))
}
