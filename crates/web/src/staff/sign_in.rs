//! Signing in by password, signing out, and the list of where one is signed in.

use axum::Form;
use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hairline_studio::ids::StaffId;
use hairline_studio::password::{self, Verdict};
use hairline_studio::seal::system_random;
use hairline_studio::store::sign_in::{self, Account};
use hairline_studio::{store, token};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::session::{COOKIE, SignedIn};
use crate::layers::client::Client;
use crate::office::{Office, now};
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::{App, cookie};

/// Passwords checked at once: each takes 19 MiB and some 40 ms of a core.
static CHECKS: Semaphore = Semaphore::const_new(2);

#[derive(askama::Template)]
#[template(path = "sign_in.html")]
struct Page {
    frame: Frame,
    email: String,
    refused: bool,
}

/// `GET /staff/sign-in`
pub async fn form(State(app): State<App>) -> Result<Response, Problem> {
    page::private(&Page { frame: frame(&app), email: String::new(), refused: false })
}

fn frame(app: &App) -> Frame {
    Frame::new(app, "/staff/sign-in", "Sign in").hidden()
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Sent {
    email: String,
    password: String,
}

/// `POST /staff/sign-in`
pub async fn submit(
    State(app): State<App>,
    axum::Extension(client): axum::Extension<Client>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let office = app.office()?;
    let Sent { email, password } = sent;
    let Some(staff) = known(office, &email, password).await? else {
        let mut response = page::private(&Page { frame: frame(&app), email, refused: true })?;
        *response.status_mut() = axum::http::StatusCode::UNAUTHORIZED;
        return Ok(response);
    };
    let token = token::new(&mut system_random());
    let hash = token::kept(&token).ok_or_else(|| Problem::new(&problem::INTERNAL))?;
    let browser = headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    office.write(move |desk| sign_in::begin(desk.tx, &hash, staff, &browser, desk.fresh.now_us())).await?;
    let life_s = u32::try_from(token::STAFF.absolute_us / 1_000_000).unwrap_or(0);
    answer(cookie::set(COOKIE, &token, life_s, client.https))
}

/// Who has this e-mail address and password; a miss is noted.
///
/// # Errors
/// The store's.
pub async fn known(office: &Office, email: &str, password: String) -> Result<Option<StaffId>, Problem> {
    let typed = email.to_owned();
    let account = office.read(move |desk| sign_in::account(desk.tx, &typed)).await?;
    let now_us = now().as_microsecond();
    // Whoever is not known, or has to wait, takes as long and hears the same as whoever mistypes.
    let right = match account.as_ref().filter(|a| a.open(now_us)) {
        Some(account) => checked(password, Some(account.clone())).await?,
        None => {
            checked(password, None).await?;
            false
        }
    };
    match account {
        Some(Account { staff, .. }) if right => Ok(Some(staff)),
        Some(Account { staff, .. }) => {
            office.write(move |desk| sign_in::missed(desk.tx, staff, desk.fresh.now_us())).await?;
            Ok(None)
        }
        None => Ok(None),
    }
}

/// Whether a password is right, off the threads that serve. Without an account as much work is done.
async fn checked(password: String, account: Option<Account>) -> Result<bool, Problem> {
    let broken = || Problem::new(&problem::INTERNAL);
    let _place = CHECKS.acquire().await.map_err(|_| broken())?;
    let check = move || match account {
        Some(account) => password::verify(&password, &account.hash).map(|v| v != Verdict::Wrong),
        None => Ok(password::verify_nobody(&password) != Verdict::Wrong),
    };
    tokio::task::spawn_blocking(check).await.map_err(|_| broken())?.map_err(|_| broken())
}

/// To the first page of the staff, with the cookie set.
fn answer(cookie: Option<HeaderValue>) -> Result<Response, Problem> {
    let cookie = cookie.ok_or_else(|| Problem::new(&problem::INTERNAL))?;
    let mut response = Redirect::to("/staff").into_response();
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// `POST /staff/sign-out`
pub async fn out(
    signed_in: SignedIn,
    axum::Extension(client): axum::Extension<Client>,
) -> Result<Response, Problem> {
    let (staff, hash) = (signed_in.person.id, signed_in.token_hash);
    signed_in.office.write(move |desk| sign_in::end(desk.tx, staff, &hash)).await?;
    let mut response = answer(cookie::set(COOKIE, "", 0, client.https))?;
    // What the browser still keeps of the pages goes too (ASVS 5.0, 14.3.1).
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

/// One line of the list.
struct Line {
    name: String,
    since: String,
    browser: String,
    here: bool,
}

#[derive(askama::Template)]
#[template(path = "sign_ins.html")]
struct List {
    frame: Frame,
    lines: Vec<Line>,
}

/// `GET /staff/sign-ins`
pub async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Problem> {
    let staff = signed_in.person.id;
    let found: Vec<sign_in::SignIn> =
        signed_in.office.read(move |desk| sign_in::of(desk.tx, staff, desk.fresh.now_us())).await?;
    let lines = found.into_iter().map(|s| Line {
        name: URL_SAFE_NO_PAD.encode(&s.token_hash),
        since: jiff::Timestamp::from_microsecond(s.made_us)
            .map_or_else(|_| String::new(), |t| t.strftime("%e %B %Y, %H:%M UTC").to_string()),
        here: s.token_hash == signed_in.token_hash,
        browser: s.browser,
    });
    let frame =
        Frame::new(&app, "/staff/sign-ins", "Where you are signed in").hidden().staff(&signed_in.person.name);
    page::private(&List { frame, lines: lines.collect() })
}

/// Which sign-in to end.
#[derive(Deserialize)]
pub struct Ended {
    name: String,
}

/// `POST /staff/sign-ins/end`
pub async fn end(signed_in: SignedIn, Form(ended): Form<Ended>) -> Result<Redirect, Problem> {
    let staff = signed_in.person.id;
    let hash = URL_SAFE_NO_PAD.decode(&ended.name).map_err(|_| Problem::new(&problem::NOT_FOUND))?;
    let done: Result<(), store::Error> =
        signed_in.office.write(move |desk| sign_in::end(desk.tx, staff, &hash)).await;
    done?;
    Ok(Redirect::to("/staff/sign-ins"))
}
