//! The staff's page of calendar addresses: one's own as a practitioner, and those of people and rooms one answers for.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use hairline_studio::ids::{RoomId, StaffId, StudioId};
use hairline_studio::permission::{self, Action, Thing};
use hairline_studio::seal::system_random;
use hairline_studio::store::book::Refused;
use hairline_studio::store::events::Who;
use hairline_studio::store::feeds::{self, Feed, Of};
use hairline_studio::store::outside::{self as kept, Outside};
use hairline_studio::token;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::feed::address;
use super::outside;
use crate::App;
use crate::layers::client::Client;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// Most addresses of one practitioner or room.
const MOST: usize = 10;

/// An address that was made.
pub struct Line {
    id: Uuid,
    since: String,
    used: String,
}

/// A practitioner or room.
pub struct One {
    of: &'static str,
    about: Uuid,
    name: String,
    place: String,
    feeds: Vec<Line>,
    /// Those kept elsewhere, by which a practitioner is busy.
    outside: Vec<outside::Line>,
    /// What was typed for one and was refused, and why.
    refused: Option<(String, &'static str)>,
}

#[derive(askama::Template)]
#[template(path = "calendars.html")]
struct Page {
    frame: Frame,
    /// The address that was just made: whose, address.
    fresh: Option<(String, String)>,
    people: Vec<One>,
    rooms: Vec<One>,
    jobs: bool,
}

/// The studio through which somebody may make addresses of a practitioner's or room's visits.
pub(super) fn through(signed_in: &SignedIn, of: Of, about: Uuid) -> Option<StudioId> {
    let practice = &signed_in.practice;
    let (action, at, practitioner) = match of {
        Of::Practitioner => {
            let person = practice.person(StaffId(about)).filter(|p| p.active && p.practises)?;
            let at = practice.studios.iter().map(|s| s.id);
            let at = at.filter(|id| practice.practitioners(*id).iter().any(|p| p.id == person.id));
            (Action::EditHours, at.collect::<Vec<_>>(), Some(person.id))
        }
        Of::Room => {
            let room = practice.room(RoomId(about)).filter(|r| r.active)?;
            (Action::EditStudio, vec![room.studio], None)
        }
        Of::Client => return None,
    };
    at.into_iter().find(|studio| {
        let thing = Thing {
            chain: practice.chain.id,
            studio: Some(*studio),
            client: None,
            course_studios: Vec::new(),
            practitioner,
        };
        permission::allowed(&signed_in.actor, action, &thing).is_ok()
    })
}

pub(super) async fn shown(
    app: &App,
    signed_in: &SignedIn,
    fresh: Option<(String, String)>,
    refused: Option<(StaffId, String, &'static str)>,
) -> Result<Response, Problem> {
    let read = signed_in.office.read(|desk| {
        Ok::<_, hairline_studio::store::Error>((feeds::of_staff(desk.tx)?, kept::all(desk.tx, desk.vault)?))
    });
    let (all, elsewhere): (Vec<Feed>, Vec<Outside>) = read.await?;
    let practice = &signed_in.practice;
    let day = |us: i64| {
        let at = Timestamp::from_microsecond(us);
        at.map_or_else(|_| String::new(), |t| t.strftime("%-d %B %Y").to_string())
    };
    let one = |of: Of, about: Uuid, name: &str| {
        let studio = practice.studio(through(signed_in, of, about)?)?;
        let feeds = all.iter().filter(|f| (f.of, f.about) == (of, about)).map(|f| Line {
            id: f.id,
            since: day(f.made_us),
            used: f.used_us.map_or_else(|| "not read yet".to_owned(), |us| format!("last read {}", day(us))),
        });
        let (name, place) = (name.to_owned(), studio.name.clone());
        let outside = elsewhere.iter().filter(|c| of == Of::Practitioner && c.staff.0 == about);
        Some(One {
            of: of.word(),
            about,
            name,
            place,
            feeds: feeds.collect(),
            outside: outside.map(outside::Line::new).collect(),
            refused: refused.as_ref().filter(|r| r.0.0 == about).map(|r| (r.1.clone(), r.2)),
        })
    };
    let people = practice.staff.iter().filter_map(|p| one(Of::Practitioner, p.id.0, &p.name));
    let rooms = practice.rooms.iter().filter_map(|r| one(Of::Room, r.id.0, &r.name));
    let frame = Frame::new(app, "/staff/calendars", "Calendars").hidden().staff(&signed_in.person.name);
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame,
        fresh,
        people: people.collect(),
        rooms: rooms.collect(),
        jobs: signed_in.must(Action::KeepJobs).is_ok(),
    };
    page::with_status(status, page::private(&page))
}

/// `GET /staff/calendars`
pub async fn get(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Problem> {
    signed_in.must(Action::SeeCalendar)?;
    shown(&app, &signed_in, None, None).await
}

/// Whose address to make.
#[derive(Deserialize)]
pub struct Asked {
    of: String,
    about: Uuid,
}

/// `POST /staff/calendars/make`: the only page that ever shows the new address.
pub async fn make(
    State(app): State<App>,
    signed_in: SignedIn,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Result<Response, Problem> {
    let not_found = || Problem::new(&problem::NOT_FOUND);
    let of = Of::from_word(&asked.of).ok_or_else(not_found)?;
    let studio = through(&signed_in, of, asked.about).ok_or_else(not_found)?;
    let secret = token::new(&mut system_random());
    let hash = token::kept(&secret).ok_or_else(|| Problem::new(&problem::INTERNAL))?;
    let (who, about) = (Who::Person(signed_in.actor.clone()), asked.about);
    let made = signed_in
        .office
        .write(move |desk| {
            if feeds::of(desk.tx, about)?.len() >= MOST {
                return Ok::<_, hairline_studio::store::Error>(false);
            }
            super::make(desk, of, about, Some(studio), &hash, &who).map(|_| true)
        })
        .await?;
    if !made {
        let detail = format!("There are {MOST} addresses already. End one that is not read any more.");
        return Err(Problem::new(&problem::CONFLICT).detail(detail));
    }
    let practice = &signed_in.practice;
    let name = match of {
        Of::Room => practice.room(RoomId(about)).map(|r| r.name.clone()),
        _ => practice.person(StaffId(about)).map(|p| p.name.clone()),
    };
    let address = address(&app, client, &headers, &secret);
    shown(&app, &signed_in, Some((name.unwrap_or_default(), address)), None).await
}

/// Which address to end.
#[derive(Deserialize)]
pub struct Ended {
    id: Uuid,
}

/// `POST /staff/calendars/end`
pub async fn end(signed_in: SignedIn, Form(ended): Form<Ended>) -> Result<Response, Problem> {
    let id = ended.id;
    let feed: Option<Feed> = signed_in.office.read(move |desk| feeds::by_id(desk.tx, id)).await?;
    // One that is gone already is ended.
    if let Some(feed) = feed {
        let studio = through(&signed_in, feed.of, feed.about);
        let studio = studio.ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
        let who = Who::Person(signed_in.actor.clone());
        signed_in
            .office
            .write(move |desk| super::end(desk, &feed, Some(studio), &who).map_err(Refused::from))
            .await?;
    }
    Ok(Redirect::to("/staff/calendars").into_response())
}
