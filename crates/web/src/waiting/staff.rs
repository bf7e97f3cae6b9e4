//! The waiting list as the staff see it: who waits for what since when, and what is offered to whom.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::ids::ClientId;
use hairline_studio::permission::{self, Action, Actor, Thing};
use hairline_studio::practice::Practice;
use hairline_studio::store::book::Refused;
use hairline_studio::store::clients;
use hairline_studio::store::events::Who;
use hairline_studio::store::waiting::{self, Entry};
use hairline_studio::zone::zone;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{about, words};
use crate::App;
use crate::page::{self, Frame};
use crate::problem::Problem;
use crate::staff::session::SignedIn;

/// One line.
pub struct Line {
    code: String,
    client: String,
    client_code: Option<String>,
    about: String,
    wanted: String,
    since: String,
    earlier: bool,
    offer: Option<String>,
}

#[derive(askama::Template)]
#[template(path = "waiting_list.html")]
struct Page {
    frame: Frame,
    lines: Vec<Line>,
    hours: u32,
}

fn may(practice: &Practice, actor: &Actor, entry: &Entry) -> bool {
    let thing = Thing {
        chain: practice.chain.id,
        studio: Some(entry.studio),
        client: Some(entry.client),
        course_studios: Vec::new(),
        practitioner: None,
    };
    permission::allowed(actor, Action::KeepWaitingList, &thing).is_ok()
}

/// `GET /staff/waiting`
pub async fn get(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Problem> {
    signed_in.must(Action::KeepWaitingList)?;
    let actor = signed_in.actor.clone();
    let (open, people) = signed_in
        .office
        .read(move |desk| {
            let mut open = waiting::open(desk.tx)?;
            open.retain(|entry| may(desk.practice, &actor, entry));
            let who: Vec<ClientId> = open.iter().map(|entry| entry.client).collect();
            Ok::<_, Refused>((open, clients::by_ids(desk.tx, desk.vault, &who)?))
        })
        .await?;
    let practice = &signed_in.practice;
    let lines = open.into_iter().map(|entry| {
        let tz = practice.studio(entry.studio).and_then(|s| zone(&s.zone).ok()).unwrap_or(TimeZone::UTC);
        let when = |us: i64, how: &str| {
            Timestamp::from_microsecond(us)
                .map_or_else(|_| String::new(), |t| tz.to_datetime(t).strftime(how).to_string())
        };
        let client = people.iter().find(|c| c.id == entry.client);
        Line {
            client: client
                .and_then(|c| c.person.as_ref())
                .map_or_else(|| "Erased record".to_owned(), |p| p.name.clone()),
            client_code: client.map(|c| c.code.clone()),
            about: about(practice, &entry),
            wanted: words(&entry.wanted),
            since: when(entry.made_us, "%-d %B %Y, %H:%M"),
            earlier: entry.visit.is_some(),
            offer: entry.offer.as_ref().map(|o| {
                let (start, until) =
                    (when(o.start_us, "%a %-d %b, %H:%M"), when(o.until_us, "%a %-d %b, %H:%M"));
                format!("{start} is kept for them until {until}")
            }),
            code: entry.code,
        }
    });
    page::private(&Page {
        frame: Frame::new(&app, "/staff/waiting", "Waiting list").hidden().staff(&signed_in.person.name),
        lines: lines.collect(),
        hours: practice.chain.settings.messages.offer_h,
    })
}

/// `POST /staff/waiting/{code}/remove`
pub async fn remove(signed_in: SignedIn, Path(code): Path<String>) -> Result<Response, Problem> {
    let actor = signed_in.actor.clone();
    super::offer::left(&signed_in.office, code, move |desk, entry| {
        if !may(desk.practice, &actor, entry) {
            return Err(Refused::NotFound("waiting"));
        }
        Ok(Who::Person(actor))
    })
    .await?;
    Ok(Redirect::to("/staff/waiting").into_response())
}
