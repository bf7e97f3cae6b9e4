//! The pages of a client: asking for the link, coming in by it, visits, and where one is signed in.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::booking::State as Step;
use hairline_studio::demo;
use hairline_studio::ids::ClientId;
use hairline_studio::permission::{Person, Role};
use hairline_studio::practice::Practice;
use hairline_studio::seal::blind::normal_email;
use hairline_studio::store::appointments::Appointment;
use hairline_studio::store::jobs::{self, NewJob};
use hairline_studio::store::tickets::{self, Kind};
use hairline_studio::store::{self, clients, passkeys, sign_in};
use hairline_studio::token;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::session::{COOKIE, Maybe, SignedIn};
use crate::account::pages::{Done, Ended, Line, lines, named};
use crate::account::secret;
use crate::extract::Query;
use crate::layers::client::Client;
use crate::office::{Office, now};
use crate::page::{self, Frame};
use crate::passkey::{self, Key};
use crate::problem::{self, Problem};
use crate::staff::sign_in::with_cookie;
use crate::staff::today::words;
use crate::{App, cookie};

/// The frame of a client's page.
pub fn frame(app: &App, title: &str) -> Frame {
    Frame::new(app, "/me", title).hidden()
}

#[derive(askama::Template)]
#[template(path = "me_ask.html")]
struct Ask {
    frame: Frame,
    email: String,
    fault: bool,
    /// The client of the demonstration.
    shown: Option<String>,
    /// Whether passkeys can be used under this address.
    passkeys: bool,
    /// Whether who is signed in is asked to come in once more.
    again: bool,
}

impl Ask {
    fn new(app: &App, headers: &HeaderMap) -> Ask {
        let shown = shown(app);
        let passkeys = passkey::origin(app, headers).is_some();
        let frame = frame(app, "Your visits");
        let frame = if passkeys { frame.script(crate::assets::PASSKEY_JS) } else { frame };
        Ask { frame, email: shown.clone().unwrap_or_default(), fault: false, shown, passkeys, again: false }
    }
}

/// Asks who is signed in to come in once more.
///
/// # Errors
/// Where the page cannot be drawn.
pub fn again(app: &App, headers: &HeaderMap, email: String) -> Result<Response, Problem> {
    page::private(&Ask { email, again: true, ..Ask::new(app, headers) })
}

/// The address of the client whose pages a demonstration opens to everybody.
fn shown(app: &App) -> Option<String> {
    let client = demo::sign_ins().into_iter().find(|s| s.role == Role::Client);
    client.filter(|_| app.config.demo).map(|s| s.email)
}

/// One visit.
struct Visit {
    code: String,
    day: String,
    time: String,
    service: String,
    practitioner: String,
    studio: String,
    place: String,
    state: &'static str,
}

#[derive(askama::Template)]
#[template(path = "me.html")]
struct Mine {
    frame: Frame,
    name: String,
    next: Option<Visit>,
    ahead: Vec<Visit>,
    past: Vec<Visit>,
    /// Whether the sessions of an accepted plan wait to be booked.
    course: bool,
    lines: Vec<Line>,
    passkeys: Vec<Key>,
    /// Whether passkeys can be used under this address.
    usable: bool,
    done: String,
}

/// `GET /me`
pub async fn show(
    State(app): State<App>,
    Maybe(client): Maybe,
    headers: HeaderMap,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let Some(signed_in) = client else {
        app.office()?;
        return page::private(&Ask::new(&app, &headers));
    };
    let client = signed_in.client;
    let found = signed_in.office.read(move |desk| {
        let visits = super::visits(desk.tx, client)?;
        let course = super::course::waits(desk, client)?.is_some();
        let person = Person::Client(client);
        let sign_ins = sign_in::of(desk.tx, person, desk.fresh.now_us())?;
        Ok::<_, store::Error>((visits, course, sign_ins, passkeys::of(desk.tx, person)?))
    });
    let (visits, course, sign_ins, keys) = found.await?;
    let practice = signed_in.office.practice();
    let now_us = now().as_microsecond();
    let (mut ahead, mut past): (Vec<&Appointment>, Vec<&Appointment>) = visits
        .iter()
        .filter(|v| v.state != Step::Hold)
        .partition(|v| v.state.takes_time() && v.span.end_us > now_us && v.state != Step::Done);
    ahead.sort_by_key(|v| v.span.start_us);
    past.sort_by_key(|v| std::cmp::Reverse(v.span.start_us));
    let tz = ahead.iter().chain(&past).find_map(|v| hairline_studio::zone::zone(&v.zone).ok());
    let tz = tz.unwrap_or(TimeZone::UTC);
    let mut ahead = ahead.into_iter().map(|v| visit(&practice, v));
    page::private(&Mine {
        frame: frame(&app, "Your visits"),
        next: ahead.next(),
        course,
        ahead: ahead.collect(),
        past: past.into_iter().map(|v| visit(&practice, v)).collect(),
        lines: lines(sign_ins, &signed_in.token_hash, &tz),
        passkeys: passkey::keys(keys, &tz),
        usable: passkey::origin(&app, &headers).is_some(),
        done,
        name: signed_in.name,
    })
}

fn visit(practice: &Practice, visit: &Appointment) -> Visit {
    let studio = practice.studio(visit.studio);
    Visit {
        code: visit.code.clone(),
        day: visit.wall.strftime("%A, %e %B %Y").to_string(),
        time: visit.wall.strftime("%H:%M").to_string(),
        service: practice.service(visit.service).map(|s| s.name.clone()).unwrap_or_default(),
        practitioner: practice.person(visit.practitioner).map(|s| s.name.clone()).unwrap_or_default(),
        studio: studio.map(|s| s.name.clone()).unwrap_or_default(),
        place: studio.map(|s| format!("{}, {}", s.street, s.city)).unwrap_or_default(),
        state: words(visit.state),
    }
}

/// Who asks for a link.
#[derive(Deserialize)]
pub struct Typed {
    email: String,
}

#[derive(askama::Template)]
#[template(path = "me_sent.html")]
struct Sent {
    frame: Frame,
    email: String,
    /// The link of the demonstration's own client, which sends no mail.
    link: Option<String>,
}

/// `POST /me`: asks for a link. The answer is the same, and as quick, whether the address is known or not.
pub async fn ask(
    State(app): State<App>,
    axum::Extension(client): axum::Extension<Client>,
    headers: HeaderMap,
    Form(Typed { email }): Form<Typed>,
) -> Result<Response, Problem> {
    app.sign_in_limiter.admit(client.address)?;
    let office = Arc::clone(app.office()?);
    let email: String = email.trim().chars().take(254).collect();
    if normal_email(&email).is_none() {
        let page = page::private(&Ask { email, fault: true, ..Ask::new(&app, &headers) });
        return page::with_status(axum::http::StatusCode::UNPROCESSABLE_ENTITY, page);
    }
    let shown = shown(&app);
    let link = if shown.is_some() && normal_email(&email) == shown.as_deref().and_then(normal_email) {
        let typed = email.clone();
        let link = office.write(move |desk| {
            let Some(client) = clients::by_email(desk.tx, desk.vault, &typed)? else { return Ok(None) };
            tickets::client_link(desk.tx, client.id, &mut desk.fresh).map(Some)
        });
        link.await.map_err(|e: store::Error| Problem::from(e))?.map(|token| format!("/me/link/{token}"))
    } else {
        let typed = email.clone();
        tokio::spawn(async move {
            if let Err(e) = order(&office, typed).await {
                tracing::warn!(error = %e, "a client's link was not ordered");
            }
        });
        None
    };
    page::private(&Sent { frame: frame(&app, "Look into your mail"), email, link })
}

/// Orders the mail with a link for the client of an address, if there is one. The mail's job makes the link when it goes
/// out, so that no text of a link waits in the store.
async fn order(office: &Office, email: String) -> Result<(), store::Error> {
    office
        .write(move |desk| {
            let now_us = desk.fresh.now_us();
            let Some(client) = clients::by_email(desk.tx, desk.vault, &email)? else { return Ok(()) };
            if !tickets::client_may_ask(desk.tx, client.id, now_us)? {
                return Ok(());
            }
            let job = NewJob {
                kind: tickets::MAIL_CLIENT_LINK,
                about: client.id.0,
                body: String::new(),
                due_us: now_us,
            };
            jobs::add(desk.tx, &[job], &mut desk.fresh)
        })
        .await
}

#[derive(askama::Template)]
#[template(path = "me_enter.html")]
struct Door {
    frame: Frame,
    token: String,
}

fn used() -> Problem {
    Problem::new(&problem::NOT_FOUND).detail(
        "This link has been used, or its twenty minutes are over. Ask for a new one under \"Your visits\".",
    )
}

/// `GET /me/link/{token}`: a button, and not yet the sign-in: programs that look into mails open links before people do.
pub async fn knock(State(app): State<App>, Path(token): Path<String>) -> Result<Response, Problem> {
    let text = token.clone();
    let found = app
        .office()?
        .read(move |desk| tickets::look(desk.tx, Kind::ClientLink, &text, desk.fresh.now_us()))
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    found.ok_or_else(used)?;
    page::private(&Door { frame: frame(&app, "Your visits"), token })
}

/// `POST /me/link/{token}`
pub async fn enter(
    State(app): State<App>,
    axum::Extension(client): axum::Extension<Client>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let office = app.office()?;
    let taken = office
        .write(move |desk| tickets::take(desk.tx, Kind::ClientLink, &token, desk.fresh.now_us()))
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    let id = taken.and_then(|t| t.about).map(ClientId).ok_or_else(used)?;
    with_cookie(Redirect::to("/me"), begun(office, id, &headers, client.https).await?)
}

/// Signs a client in who has shown who they are, and gives the cookie.
///
/// # Errors
/// The store's.
pub async fn begun(
    office: &Office,
    client: ClientId,
    headers: &HeaderMap,
    https: bool,
) -> Result<Option<HeaderValue>, Problem> {
    let (token, hash) = secret::new_token()?;
    let browser = headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    office
        .write(move |desk| {
            sign_in::begin(desk.tx, &hash, Person::Client(client), &browser, desk.fresh.now_us())
        })
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    let life_s = u32::try_from(token::CLIENT.absolute_us / 1_000_000).unwrap_or(0);
    Ok(cookie::set(COOKIE, &token, life_s, https))
}

fn signed_in(client: Option<SignedIn>) -> Result<SignedIn, Problem> {
    client.ok_or_else(|| Problem::new(&problem::SIGN_IN_REQUIRED))
}

/// `POST /me/sign-out`
pub async fn out(
    axum::Extension(client): axum::Extension<Client>,
    Maybe(who): Maybe,
) -> Result<Response, Problem> {
    if let Some(who) = who {
        let (person, hash) = (Person::Client(who.client), who.token_hash);
        let ended = who.office.write(move |desk| sign_in::end(desk.tx, person, &hash)).await;
        ended.map_err(|e: store::Error| Problem::from(e))?;
    }
    let mut response = with_cookie(Redirect::to("/me"), cookie::set(COOKIE, "", 0, client.https))?;
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

/// `POST /me/sign-ins/end`
pub async fn end(Maybe(who): Maybe, Form(ended): Form<Ended>) -> Result<Response, Problem> {
    let who = signed_in(who)?;
    let (person, hash) = (Person::Client(who.client), named(&ended.name)?);
    let done = who.office.write(move |desk| sign_in::end(desk.tx, person, &hash)).await;
    done.map_err(|e: store::Error| Problem::from(e))?;
    Ok(Redirect::to("/me").into_response())
}
