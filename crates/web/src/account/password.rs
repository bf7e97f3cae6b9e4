//! Passwords: changed by who knows the old one, chosen by who has an invitation.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Redirect, Response};
use hairline_studio::ids::StaffId;
use hairline_studio::password;
use hairline_studio::permission::Person;
use hairline_studio::practice::{Practice, Staff};
use hairline_studio::store::events::{Event, Who};
use hairline_studio::store::tickets::{self, Kind};
use hairline_studio::store::{self, sign_in};
use serde::Deserialize;

use super::pages::frame;
use super::{prove, secret};
use crate::App;
use crate::layers::client::Client;
use crate::office::Desk;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;
use crate::staff::sign_in::{begin, with_cookie};

#[derive(askama::Template)]
#[template(path = "account_password.html")]
struct Page {
    frame: Frame,
    email: String,
    /// What is wrong with the old one.
    old: Option<String>,
    /// What is wrong with the new one.
    new: Option<String>,
}

/// `GET /account/password`
pub async fn form(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Problem> {
    page(&app, &signed_in, None, None)
}

fn page(
    app: &App,
    signed_in: &SignedIn,
    old: Option<String>,
    new: Option<String>,
) -> Result<Response, Problem> {
    let faulty = old.is_some() || new.is_some();
    let page = page::private(&Page {
        frame: frame(app, signed_in, "/account/password", "Your password"),
        email: signed_in.person.email.clone(),
        old,
        new,
    });
    if faulty { page::with_status(StatusCode::UNPROCESSABLE_ENTITY, page) } else { page }
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Sent {
    #[serde(default)]
    old: String,
    new: String,
}

/// What is wrong with a new password of a person, in a sentence.
fn unfit(practice: &Practice, person: &Staff, new: &str) -> Option<String> {
    let mut known = vec![person.name.as_str(), person.email.as_str(), practice.chain.name.as_str()];
    known.extend(practice.studios.iter().take(20).map(|s| s.name.as_str()));
    password::fit(new, &known).err().map(|why| crate::refused::sentence(&why.to_string()))
}

/// `POST /account/password`: changes it, and ends every sign-in but this one, which is made anew.
pub async fn change(
    State(app): State<App>,
    axum::Extension(client): axum::Extension<Client>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Form(Sent { old, new }): Form<Sent>,
) -> Result<Response, Problem> {
    app.sign_in_limiter.admit(client.address)?;
    if let Some(why) = unfit(&signed_in.practice, &signed_in.person, &new) {
        return page(&app, &signed_in, None, Some(why));
    }
    if !prove::by_password(&signed_in, old).await? {
        let why =
            "This is not your password, or there were too many misses in a row: then wait some minutes.";
        return page(&app, &signed_in, Some(why.to_owned()), None);
    }
    let hash = secret::hash(new).await?;
    let (staff, actor) = (signed_in.person.id, signed_in.actor.clone());
    let kept: Result<(), store::Error> = signed_in
        .office
        .write(move |desk| {
            sign_in::set_password(desk.tx, staff, &hash, desk.fresh.now_us())?;
            note(desk, &Who::Person(actor), staff, "password_changed")
        })
        .await;
    kept?;
    let cookie = begin(&signed_in.office, staff, &headers, client.https).await?;
    with_cookie(Redirect::to("/account?done=password"), cookie)
}

/// A line in the history of a person of the staff.
///
/// # Errors
/// The store's.
pub fn note(desk: &mut Desk<'_, '_>, who: &Who, staff: StaffId, what: &str) -> Result<(), store::Error> {
    noted_of(desk, who, Person::Staff(staff), what)
}

/// A line in the history of a person: of the staff, or a client.
///
/// # Errors
/// The store's.
pub fn noted_of(desk: &mut Desk<'_, '_>, who: &Who, person: Person, what: &str) -> Result<(), store::Error> {
    let (thing, thing_id) = match person {
        Person::Staff(id) => ("staff", id.0),
        Person::Client(id) => ("client", id.0),
    };
    desk.note(who, &Event { studio: None, thing, thing_id, what, why: None, sealed: None })
}

#[derive(askama::Template)]
#[template(path = "invitation.html")]
struct Invited {
    frame: Frame,
    name: String,
    email: String,
    token: String,
    fault: Option<String>,
}

async fn whom(app: &App, token: &str) -> Result<Staff, Problem> {
    let office = app.office()?;
    let text = token.to_owned();
    let found = office
        .read(move |desk| tickets::look(desk.tx, Kind::Invitation, &text, desk.fresh.now_us()))
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    let staff = found.and_then(|t| t.about).map(StaffId);
    let practice = office.practice();
    staff.and_then(|id| practice.person(id)).filter(|p| p.active).cloned().ok_or_else(|| {
        Problem::new(&problem::NOT_FOUND).detail(
            "This link has been used, or its week is over. Whoever sent it to you can make a new one.",
        )
    })
}

fn invitation(app: &App, person: Staff, token: &str, fault: Option<String>) -> Result<Response, Problem> {
    page::private(&Invited {
        frame: Frame::new(app, "/invitation", "Choose your password").hidden(),
        name: person.name,
        email: person.email,
        token: token.to_owned(),
        fault,
    })
}

/// `GET /invitation/{token}`
pub async fn invited(State(app): State<App>, Path(token): Path<String>) -> Result<Response, Problem> {
    let person = whom(&app, &token).await?;
    invitation(&app, person, &token, None)
}

/// What the form of an invitation sends.
#[derive(Deserialize)]
pub struct Chosen {
    new: String,
}

/// `POST /invitation/{token}`: keeps the password, and signs the person in. An app that was in use is not asked for again:
/// whoever makes the link answers for the person.
pub async fn accept(
    State(app): State<App>,
    axum::Extension(client): axum::Extension<Client>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(Chosen { new }): Form<Chosen>,
) -> Result<Response, Problem> {
    app.sign_in_limiter.admit(client.address)?;
    let person = whom(&app, &token).await?;
    let office = app.office()?;
    if let Some(why) = unfit(&office.practice(), &person, &new) {
        let page = invitation(&app, person, &token, Some(why));
        return page::with_status(StatusCode::UNPROCESSABLE_ENTITY, page);
    }
    let hash = secret::hash(new).await?;
    let staff = person.id;
    let kept = office
        .write(move |desk| {
            let now_us = desk.fresh.now_us();
            let ticket = tickets::take(desk.tx, Kind::Invitation, &token, now_us)?;
            if ticket.and_then(|t| t.about) != Some(staff.0) {
                return Ok(false);
            }
            tickets::withdraw(desk.tx, Kind::Invitation, staff.0)?;
            sign_in::set_password(desk.tx, staff, &hash, now_us)?;
            let actor = crate::staff::session::actor(desk.practice, &person);
            let who = actor.map_or(Who::Program, Who::Person);
            note(desk, &who, staff, "password_chosen")?;
            Ok::<_, store::Error>(true)
        })
        .await?;
    if !kept {
        return Err(Problem::new(&problem::CONFLICT));
    }
    let cookie = begin(office, staff, &headers, client.https).await?;
    with_cookie(Redirect::to("/account?done=welcome"), cookie)
}
