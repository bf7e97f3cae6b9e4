//! A client books all sessions of the plan they have accepted: earliest, with few journeys or on one weekday, around the days
//! on which they cannot come; all or nothing.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use hairline_studio::booking::Refusal;
use hairline_studio::ids::{ClientId, StudioId};
use hairline_studio::span::Span;
use hairline_studio::store::book::{self, Refused};
use hairline_studio::store::courses::{self, NewCourse, Session};
use hairline_studio::store::{self, clients, plans};
use hairline_studio::zone::zone;
use uuid::Uuid;

use super::session::{Maybe, SignedIn};
use super::to_me;
use crate::App;
use crate::booking::once::{Once, Stopped, once};
use crate::booking::visit::bearer;
use crate::extract::Query;
use crate::office::Desk;
use crate::page::{self, Frame};
use crate::problem::Problem;
use crate::staff::record::course::{self, Asked, Searched, Sent};
use crate::staff::record::form_key;

/// A course that waits to be booked.
pub struct Waiting {
    /// Which of the client's records.
    client: ClientId,
    /// Where the client's record lies.
    studio: StudioId,
    /// The version of the plan.
    version: i64,
    /// What was agreed.
    sessions: Vec<Session>,
    /// When the client is here already.
    busy: Vec<Span>,
}

/// The course of the plan that a client has accepted, in any record of theirs, unless one is under way or was finished since.
///
/// # Errors
/// The store's.
pub fn waits(desk: &mut Desk<'_, '_>, client: ClientId) -> Result<Option<Waiting>, store::Error> {
    for record in clients::same_email(desk.tx, client)? {
        let Some((version, sessions)) = plans::accepted(desk.tx, record)? else { continue };
        let begun = courses::has_begun(desk.tx, record)?;
        let kept = clients::by_id(desk.tx, desk.vault, record)?;
        let Some(kept) = kept.filter(|_| !begun) else { continue };
        let visits = super::visits(desk.tx, client)?;
        let busy = visits.iter().filter(|v| v.state.takes_time()).map(|v| v.span).collect();
        return Ok(Some(Waiting { client: record, studio: kept.studio, version, sessions, busy }));
    }
    Ok(None)
}

#[derive(askama::Template)]
#[template(path = "me_course.html")]
struct Page {
    frame: Frame,
    studio: String,
    version: i64,
    searched: Searched,
    refused: Option<String>,
    nonce: Uuid,
}

async fn drawn(
    app: &App,
    signed_in: &SignedIn,
    asked: &Asked,
    refused: Option<String>,
) -> Result<Option<Page>, Problem> {
    let client = signed_in.client;
    let found: Result<_, store::Error> = signed_in.office.read(move |desk| waits(desk, client)).await;
    let Some(Waiting { studio, version, sessions, busy, .. }) = found? else { return Ok(None) };
    let searched = course::look(&signed_in.office, studio, &sessions, busy, asked)?;
    let practice = signed_in.office.practice();
    let studio = practice.studio(studio).map(|s| s.name.clone()).unwrap_or_default();
    let frame = Frame::new(app, "/me", "Book your sessions").hidden();
    Ok(Some(Page { frame, studio, version, searched, refused, nonce: form_key() }))
}

/// `GET /me/course`
pub async fn form(
    State(app): State<App>,
    Maybe(client): Maybe,
    Query(fields): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let Some(signed_in) = client else { return Ok(to_me()) };
    match drawn(&app, &signed_in, &Asked::of(fields), None).await? {
        Some(page) => page::private(&page),
        None => Ok(to_me()),
    }
}

/// `POST /me/course`: books every session, or says why none is.
pub async fn book(
    State(app): State<App>,
    Maybe(client): Maybe,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let Some(signed_in) = client else { return Ok(to_me()) };
    let (id, office) = (signed_in.client, &signed_in.office);
    let key = Once::new(&format!("my-course-{}", sent.nonce), "POST /me/course", &(id, &sent));
    let booked: Result<bool, Stopped> = once(office, &key, 303, move |desk| {
        let waiting = waits(desk, id)?.filter(|w| w.version == sent.version).ok_or(Refused::Changed)?;
        let wishes = course::wishes(&sent.times, &waiting.sessions).ok_or(Refused::NotFound("course"))?;
        let Desk { tx, practice, vault, fresh } = desk;
        let actor = bearer(practice, waiting.client);
        let at = book::Desk { practice, vault, actor: &actor };
        let done = courses::book_course(
            tx,
            at,
            &NewCourse { client: waiting.client, sessions: &waiting.sessions, wishes: &wishes, beside: 0 },
            None,
            fresh,
        )?;
        Ok((true, done.touched))
    })
    .await;
    let why = match booked {
        Ok(_) => return Ok(to_me()),
        Err(Stopped::Refused(refused)) => said(&signed_in, refused),
        Err(stopped) => return Err(stopped.into()),
    };
    let why = format!("Nothing was booked. {why}");
    match drawn(&app, &signed_in, &Asked::default(), Some(why)).await? {
        Some(page) => page::with_status(StatusCode::CONFLICT, page::private(&page)),
        None => Ok(to_me()),
    }
}

/// A refusal in the words of clients.
fn said(signed_in: &SignedIn, refused: Refused) -> String {
    match refused {
        Refused::Session { number, why } => format!("Session {number}: {}", said(signed_in, *why)),
        Refused::Step(Refusal::Gates { gates }) => {
            let practice = signed_in.office.practice();
            let tz = practice.studios.first().and_then(|s| zone(&s.zone).ok());
            let tz = tz.unwrap_or(jiff::tz::TimeZone::UTC);
            gates.iter().map(|gate| gate.for_client(&tz)).collect::<Vec<_>>().join(" ")
        }
        other => {
            let problem = Problem::from(other);
            problem.said().unwrap_or(problem.kind().title).to_owned()
        }
    }
}
