//! A client's record: what is in it, who may open it, and what is done in it.

pub mod consent;
pub mod course;
pub mod edit;
pub mod files;
pub mod findings;
pub mod notes;
pub mod page;
pub mod plan;
pub mod upload;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use hairline_studio::ids::StudioId;
use hairline_studio::permission::{self, Action, Actor, Thing};
use hairline_studio::practice::Practice;
use hairline_studio::seal::DataKey;
use hairline_studio::store::book;
use hairline_studio::store::clients::{self, Client};
use hairline_studio::store::events::Who;
use hairline_studio::zone::zone;
use jiff::Timestamp;
use uuid::Uuid;

use crate::App;
use crate::office::Desk;
use crate::problem::{self, Problem};

/// The pages of a record.
pub fn router() -> Router<App> {
    let large = |bytes: u64| DefaultBodyLimit::max(usize::try_from(bytes).unwrap_or(usize::MAX));
    Router::new()
        .route("/staff/clients/{code}", get(page::get))
        .route("/staff/clients/{code}/edit", get(edit::form).post(edit::save))
        .route("/staff/clients/{code}/notes", post(notes::write))
        .route("/staff/clients/{code}/findings", post(findings::write))
        .route("/staff/clients/{code}/photos", post(upload::photos).layer(large(upload::PHOTOS_BYTES)))
        .route("/staff/clients/{code}/documents", post(upload::document).layer(large(upload::FORM_BYTES)))
        .route("/staff/clients/{code}/scans", post(upload::scan).layer(large(upload::FORM_BYTES)))
        .route("/staff/clients/{code}/consent", post(consent::give))
        .route("/staff/clients/{code}/consent/withdraw", post(consent::withdraw))
        .route("/staff/clients/{code}/shown", post(consent::show))
        .route("/staff/clients/{code}/shown/{id}/hide", post(consent::hide))
        .route("/staff/clients/{code}/course", get(course::form).post(course::book))
        .route("/staff/files/{id}", get(files::get))
        .route("/staff/files/{id}/remove", post(files::remove))
        .merge(plan::router())
}

/// A record that somebody may open.
pub struct Opened {
    /// The client.
    pub client: Client,
    /// Their own key.
    pub key: DataKey,
    /// The record, as permissions see it.
    pub thing: Thing,
}

impl Opened {
    /// Whether somebody may do something in it.
    pub fn may(&self, actor: &Actor, action: Action) -> bool {
        permission::allowed(actor, action, &self.thing).is_ok()
    }
}

/// Opens the record of a code for an action.
///
/// # Errors
/// Not found for whom it is not there, forbidden for whom the action is not.
pub fn open(desk: &mut Desk<'_, '_>, actor: &Actor, code: &str, action: Action) -> Result<Opened, Problem> {
    let found = clients::by_code(desk.tx, desk.vault, code)?;
    check(desk, actor, found, action)
}

/// As [`open`], for a client at hand.
///
/// # Errors
/// As [`open`].
pub fn check(
    desk: &mut Desk<'_, '_>,
    actor: &Actor,
    client: Option<Client>,
    action: Action,
) -> Result<Opened, Problem> {
    let gone = || Problem::new(&problem::NOT_FOUND);
    let client = client.filter(|c| c.person.is_some()).ok_or_else(gone)?;
    let thing = Thing {
        chain: desk.practice.chain.id,
        studio: Some(client.studio),
        client: Some(client.id),
        course_studios: book::course_studios(desk.tx, client.id)?,
        practitioner: None,
    };
    permission::allowed(actor, Action::SeeClient, &thing).map_err(|_| gone())?;
    permission::allowed(actor, action, &thing).map_err(|_| Problem::new(&problem::FORBIDDEN))?;
    let key = clients::key(desk.tx, desk.vault, client.id)?;
    Ok(Opened { client, key, thing })
}

/// Who acts, for histories.
pub fn who(actor: &Actor) -> Who {
    Who::Person(actor.clone())
}

/// An instant on the clock of a studio.
pub fn when(practice: &Practice, us: i64, studio: StudioId) -> String {
    let zone = practice.studio(studio).and_then(|s| zone(&s.zone).ok());
    let at = Timestamp::from_microsecond(us).ok().zip(zone).map(|(t, z)| t.to_zoned(z));
    at.map(|t| t.strftime("%a %-d %b %Y, %H:%M").to_string()).unwrap_or_default()
}

/// A new key of a form: what is sent under it twice is done once.
pub fn form_key() -> Uuid {
    let mut random = [0; 16];
    rand_core::Rng::fill_bytes(&mut hairline_studio::seal::system_random(), &mut random);
    uuid::Builder::from_random_bytes(random).into_uuid()
}

/// Back to a place in a record, after something was done.
pub fn back(code: &str, place: &str) -> Response {
    Redirect::to(&format!("/staff/clients/{code}{place}")).into_response()
}

/// A refusal of what was typed, in a sentence.
pub fn refused(field: &str, sentence: impl Into<String>) -> Problem {
    let sentence = sentence.into();
    Problem::new(&problem::INVALID_FIELDS).detail(sentence.clone()).error(format!("/{field}"), sentence)
}
