//! The addresses that calendar programs read again and again. Whoever has an address sees times and places: it is a
//! secret, of which only the hash is kept, and can be taken back.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HOST, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use hairline_studio::booking::State as VisitState;
use hairline_studio::ids::{ClientId, ResourceId, RoomId, StaffId};
use hairline_studio::practice::Practice;
use hairline_studio::span::{DAY_US, Span};
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::feeds::{self, Feed, Of};
use hairline_studio::store::{self, Tx};
use hairline_studio::token;
use sha2::{Digest as _, Sha256};

use super::event::{Event, Method, calendar, of_visit};
use crate::layers::client::Client;
use crate::office::now;
use crate::problem::{self, Problem};
use crate::{App, me};

/// How far a calendar reaches back and ahead.
const BACK_US: i64 = 60 * DAY_US;
const AHEAD_US: i64 = 800 * DAY_US;

fn not_found() -> Problem {
    Problem::new(&problem::NOT_FOUND)
}

/// `GET /calendars/{secret}`: `<secret>.ics`
pub async fn get(
    State(app): State<App>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let hash = file.strip_suffix(".ics").and_then(token::kept).ok_or_else(not_found)?;
    let office = app.office()?;
    let found = office
        .read(move |desk| {
            let Some(feed) = feeds::find(desk.tx, &hash)? else { return Ok::<_, store::Error>(None) };
            let visits = visits(desk.tx, desk.practice, &feed)?;
            Ok(Some((named(desk.practice, &feed), events(desk.practice, &feed, &visits), feed)))
        })
        .await?;
    let (name, events, feed) = found.ok_or_else(not_found)?;
    if feeds::is_to_note(&feed, now().as_microsecond()) {
        let noted: Result<(), store::Error> =
            office.write(move |desk| feeds::used(desk.tx, feed.id, desk.fresh.now_us())).await;
        if let Err(e) = noted {
            tracing::warn!(error = %e, "the reading of a calendar was not noted");
        }
    }
    Ok(answer(&headers, calendar(Method::Publish, Some(&name), &events)))
}

/// A calendar file, or that the reader has it already.
pub fn answer(headers: &HeaderMap, text: String) -> Response {
    let hash: String = Sha256::digest(text.as_bytes()).iter().take(16).map(|b| format!("{b:02x}")).collect();
    let etag = format!("\"{hash}\"");
    let asked = headers.get(IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kept = asked.split(',').any(|one| one.trim().trim_start_matches("W/") == etag);
    // Five minutes are no burden to a program, and a proxy keeps nothing.
    let head = [(ETAG, etag), (CACHE_CONTROL, "private, max-age=300".to_owned())];
    if kept {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    (head, [(CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response()
}

/// What a calendar program calls it.
fn named(practice: &Practice, feed: &Feed) -> String {
    match feed.of {
        Of::Practitioner => practice.person(StaffId(feed.about)).map(|p| p.name.clone()),
        Of::Room => practice.room(RoomId(feed.about)).map(|r| r.name.clone()),
        Of::Client => Some("Appointments".to_owned()),
    }
    .map_or_else(|| practice.chain.name.clone(), |name| format!("{name}, {}", practice.chain.name))
}

fn visits(tx: &mut Tx<'_>, practice: &Practice, feed: &Feed) -> Result<Vec<Appointment>, store::Error> {
    let now_us = now().as_microsecond();
    let span = Span { start_us: now_us - BACK_US, end_us: now_us + AHEAD_US };
    let mut visits = match feed.of {
        Of::Practitioner => appointments::of_practitioner(tx, StaffId(feed.about), span)?,
        Of::Client => me::visits(tx, ClientId(feed.about))?,
        Of::Room => match practice.room(RoomId(feed.about)) {
            Some(room) => appointments::of_studio(tx, room.studio, span)?,
            None => Vec::new(),
        },
    };
    let room = |v: &Appointment| v.room.is_some_and(|id| ResourceId::from(id).0 == feed.about);
    let stands = |v: &Appointment| {
        matches!(v.state, VisitState::Booked | VisitState::CheckedIn | VisitState::Done)
            && (span.start_us..span.end_us).contains(&v.span.start_us)
    };
    visits.retain(|v| stands(v) && (feed.of != Of::Room || room(v)));
    Ok(visits)
}

fn events(practice: &Practice, feed: &Feed, visits: &[Appointment]) -> Vec<Event> {
    let event = |visit: &Appointment| {
        let mut event = of_visit(practice, visit)?;
        if feed.of == Of::Practitioner {
            let room = visit.room.and_then(|id| practice.room(id));
            event.description = room.map(|r| r.name.clone()).unwrap_or_default();
        }
        Some(event)
    };
    visits.iter().filter_map(event).collect()
}

/// The address of a secret, as calendar programs read it: from the public address, or else as the browser asked.
pub fn address(app: &App, client: Client, headers: &HeaderMap, secret: &str) -> String {
    let host = headers.get(HOST).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let asked = || format!("{}://{host}", if client.https { "https" } else { "http" });
    let url = app.config.public_url.as_ref().map_or_else(asked, |url| url.as_str().to_owned());
    format!("{url}/calendars/{secret}.ics")
}
