//! Signing in by password, with a code of an app where one is in use, and signing out.

use axum::Form;
use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::ids::StaffId;
use hairline_studio::password::Verdict;
use hairline_studio::permission::Person;
use hairline_studio::store::sign_in::{self, Account};
use hairline_studio::store::tickets::{self, Kind};
use hairline_studio::store::{self, second_step};
use hairline_studio::token;
use serde::Deserialize;

use super::session::{COOKIE, SignedIn};
use crate::account::secret;
use crate::layers::client::Client;
use crate::office::{Office, now};
use crate::page::{self, Frame};
use crate::passkey::origin;
use crate::problem::{self, Problem};
use crate::{App, cookie};

/// Name of the cookie between password and code.
const STEP_COOKIE: &str = "step";

#[derive(askama::Template)]
#[template(path = "sign_in.html")]
struct Page {
    frame: Frame,
    email: String,
    refused: Option<Refused>,
    /// Whether passkeys can be used under this address.
    passkeys: bool,
    /// Whether the server has a local authority that devices have to install.
    local: bool,
}

/// Why nobody is let in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// By what was typed.
    Wrong,
    /// The password is right, and their passkey has to be shown.
    Passkey,
}

/// `GET /staff/sign-in`
pub async fn form(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    shown(&app, &headers, String::new(), None)
}

fn shown(
    app: &App,
    headers: &HeaderMap,
    email: String,
    refused: Option<Refused>,
) -> Result<Response, Problem> {
    let passkeys = origin(app, headers).is_some();
    let frame = if passkeys { frame(app).script(crate::assets::PASSKEY_JS) } else { frame(app) };
    let local = app.config.tls.as_ref().is_some_and(|tls| tls.authority().is_some());
    page::private(&Page { frame, email, refused, passkeys, local })
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
    app.sign_in_limiter.admit(client.address)?;
    let office = app.office()?;
    let Sent { email, password } = sent;
    let typed = email.clone();
    let account = office.read(move |desk| sign_in::account(desk.tx, &typed)).await?;
    let Some(staff) = known(office, account, password).await? else {
        let page = shown(&app, &headers, email, Some(Refused::Wrong));
        return page::with_status(StatusCode::UNAUTHORIZED, page);
    };
    enum Next {
        In,
        Code(String),
        Passkey,
    }
    let strict = !app.config.demo;
    let next = office.write(move |desk| {
        if second_step::is_on(desk.tx, staff)? {
            // They are half in: the ticket lets them give a code, and nothing else.
            tickets::withdraw(desk.tx, Kind::SecondStep, staff.0)?;
            let ticket = tickets::issue(desk.tx, Kind::SecondStep, Some(staff.0), &[], &mut desk.fresh)?;
            return Ok(Next::Code(ticket));
        }
        // Without either they are led to get one. Who has a passkey has to show it: whoever stole the password could get
        // themselves an app.
        let must_show = strict && second_step::stands(desk.tx, staff)?;
        Ok::<_, store::Error>(if must_show { Next::Passkey } else { Next::In })
    });
    match next.await? {
        Next::In => let_in(office, staff, &headers, client.https).await,
        Next::Passkey => {
            let page = shown(&app, &headers, email, Some(Refused::Passkey));
            page::with_status(StatusCode::UNAUTHORIZED, page)
        }
        Next::Code(ticket) => {
            let life_s = u32::try_from(Kind::SecondStep.life_us() / 1_000_000).unwrap_or(0);
            with_cookie(
                Redirect::to("/staff/sign-in/code"),
                cookie::set(STEP_COOKIE, &ticket, life_s, client.https),
            )
        }
    }
}

/// Whose account it is, if the password is theirs and they need not wait. A miss is noted. Whoever is not known, or has to
/// wait, takes as long and hears the same as whoever mistypes.
pub async fn known(
    office: &Office,
    account: Option<Account>,
    password: String,
) -> Result<Option<StaffId>, Problem> {
    let open = account.clone().filter(|a| a.open(now().as_microsecond()));
    let verdict = secret::check(password.clone(), open.clone()).await?;
    let Some(open) = open else {
        return Ok(None);
    };
    match verdict {
        Verdict::Right => Ok(Some(open.staff)),
        Verdict::RightButOld => {
            let hash = secret::hash(password).await?;
            office.write(move |desk| sign_in::rehash(desk.tx, open.staff, &hash)).await?;
            Ok(Some(open.staff))
        }
        Verdict::Wrong => {
            office.write(move |desk| sign_in::missed(desk.tx, open.staff, desk.fresh.now_us())).await?;
            Ok(None)
        }
    }
}

/// Who has this e-mail address and password: whoever says yes beside the one who is signed in. A miss is noted.
///
/// # Errors
/// The store's.
pub async fn who(office: &Office, email: &str, password: String) -> Result<Option<StaffId>, Problem> {
    let typed = email.to_owned();
    let account = office.read(move |desk| sign_in::account(desk.tx, &typed)).await?;
    known(office, account, password).await
}

/// Signs a person in who has shown who they are, and leads to the first page of the staff.
///
/// # Errors
/// The store's.
pub async fn let_in(
    office: &Office,
    staff: StaffId,
    headers: &HeaderMap,
    https: bool,
) -> Result<Response, Problem> {
    with_cookie(Redirect::to("/staff"), begin(office, staff, headers, https).await?)
}

/// Signs a person in, and gives the cookie.
///
/// # Errors
/// The store's.
pub async fn begin(
    office: &Office,
    staff: StaffId,
    headers: &HeaderMap,
    https: bool,
) -> Result<Option<HeaderValue>, Problem> {
    let (token, hash) = secret::new_token()?;
    let browser = headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    office
        .write(move |desk| {
            sign_in::begin(desk.tx, &hash, Person::Staff(staff), &browser, desk.fresh.now_us())
        })
        .await?;
    let life_s = u32::try_from(token::STAFF.absolute_us / 1_000_000).unwrap_or(0);
    Ok(cookie::set(COOKIE, &token, life_s, https))
}

/// An answer with a cookie.
///
/// # Errors
/// Where the cookie has signs that none may have.
pub fn with_cookie(
    answer: impl axum::response::IntoResponse,
    cookie: Option<HeaderValue>,
) -> Result<Response, Problem> {
    let cookie = cookie.ok_or_else(|| Problem::new(&problem::INTERNAL))?;
    let mut response = answer.into_response();
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

#[derive(askama::Template)]
#[template(path = "sign_in_code.html")]
struct Code {
    frame: Frame,
    refused: bool,
}

fn code_frame(app: &App) -> Frame {
    Frame::new(app, "/staff/sign-in/code", "Your code").hidden()
}

/// `GET /staff/sign-in/code`
pub async fn code_form(
    State(app): State<App>,
    axum::Extension(client): axum::Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if cookie::get(&headers, STEP_COOKIE, client.https).is_none() {
        return Ok(Redirect::to("/staff/sign-in").into_response());
    }
    page::private(&Code { frame: code_frame(&app), refused: false })
}

/// What the form of the code sends.
#[derive(Deserialize)]
pub struct Typed {
    code: String,
}

/// `POST /staff/sign-in/code`
pub async fn code(
    State(app): State<App>,
    axum::Extension(client): axum::Extension<Client>,
    headers: HeaderMap,
    Form(Typed { code }): Form<Typed>,
) -> Result<Response, Problem> {
    app.sign_in_limiter.admit(client.address)?;
    let office = app.office()?;
    let ticket = cookie::get(&headers, STEP_COOKIE, client.https).unwrap_or_default().to_owned();
    enum Answer {
        In(StaffId),
        Wrong,
        Over,
    }
    let answer = office.write(move |desk| {
        let now_us = desk.fresh.now_us();
        let found = tickets::look(desk.tx, Kind::SecondStep, &ticket, now_us)?;
        let Some(staff) = found.and_then(|t| t.about).map(StaffId) else { return Ok(Answer::Over) };
        if !code_is_right(desk, staff, &code)? {
            return Ok(Answer::Wrong);
        }
        // Of two requests at once with one ticket one gets in.
        let taken = tickets::take(desk.tx, Kind::SecondStep, &ticket, now_us)?.is_some();
        Ok(if taken { Answer::In(staff) } else { Answer::Over })
    });
    match answer.await.map_err(|e: store::Error| Problem::from(e))? {
        Answer::In(staff) => {
            let mut response = let_in(office, staff, &headers, client.https).await?;
            if let Some(gone) = cookie::set(STEP_COOKIE, "", 0, client.https) {
                response.headers_mut().append(SET_COOKIE, gone);
            }
            Ok(response)
        }
        Answer::Wrong => {
            let page = page::private(&Code { frame: code_frame(&app), refused: true });
            page::with_status(StatusCode::UNAUTHORIZED, page)
        }
        Answer::Over => Ok(Redirect::to("/staff/sign-in").into_response()),
    }
}

/// Whether a code is the app's or one of the recovery codes. Misses count as those of the password do.
///
/// # Errors
/// The store's.
pub fn code_is_right(
    desk: &mut crate::office::Desk<'_, '_>,
    staff: StaffId,
    code: &str,
) -> Result<bool, store::Error> {
    let now_us = desk.fresh.now_us();
    if sign_in::account_of(desk.tx, staff)?.is_some_and(|a| !a.open(now_us)) {
        return Ok(false);
    }
    let right = second_step::take_code(desk.tx, desk.vault, staff, code, now_us)?
        || second_step::take_recovery_code(desk.tx, staff, code)?;
    if !right {
        sign_in::missed(desk.tx, staff, now_us)?;
    }
    Ok(right)
}

/// `POST /staff/sign-out`
pub async fn out(
    signed_in: SignedIn,
    axum::Extension(client): axum::Extension<Client>,
) -> Result<Response, Problem> {
    let (person, hash) = (Person::Staff(signed_in.person.id), signed_in.token_hash);
    signed_in.office.write(move |desk| sign_in::end(desk.tx, person, &hash)).await?;
    let mut response = with_cookie(Redirect::to("/staff"), cookie::set(COOKIE, "", 0, client.https))?;
    // What the browser still keeps of the pages goes too (ASVS 5.0, 14.3.1).
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}
