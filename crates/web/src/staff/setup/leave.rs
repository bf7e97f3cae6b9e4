//! Leave of practitioners and maintenance of rooms: entered by the day or by the hour; the visits it would hit are named
//! first.

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::ids::{ResourceId, StaffId};
use hairline_studio::permission::Action;
use hairline_studio::practice::Studio;
use hairline_studio::span::{DAY_US, Span};
use hairline_studio::store::book::{self, Refused};
use hairline_studio::store::{clients, leave};
use hairline_studio::zone::{Policy, days_between, local_date, local_day, plus_days, resolve, zone};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::pages::may;
use crate::App;
use crate::booking::once::{Once, Stopped, once};
use crate::booking::pages::{nonce, with_status};
use crate::extract::Query;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;
use crate::staff::week::page::spoken;

/// Longest leave in days (assumption): longer is entered in parts.
const LONGEST_DAYS: i64 = 366;

/// What is filled in.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sent {
    key: String,
    studio: String,
    of: String,
    first: String,
    last: String,
    from: String,
    to: String,
    note: String,
    /// `look`: name the visits first; `add`.
    act: String,
}

/// A leave as it is listed.
struct Line {
    id: Uuid,
    of: String,
    when: String,
    note: String,
    mine: bool,
}

#[derive(askama::Template)]
#[template(path = "leave.html")]
struct Page {
    frame: Frame,
    studio: String,
    studios: Vec<(String, String)>,
    choices: Vec<(ResourceId, String)>,
    lines: Vec<Line>,
    sent: Sent,
    /// Visits that stand in it: link, text.
    hits: Vec<(String, String)>,
    looked: bool,
    fault: Option<String>,
}

fn studio<'a>(signed_in: &'a SignedIn, slug: &str) -> Result<&'a Studio, Problem> {
    let mine = signed_in.studios();
    let found = if slug.is_empty() { mine.first() } else { mine.iter().find(|s| s.slug == slug) };
    found.copied().ok_or_else(|| Problem::new(&problem::NOT_FOUND))
}

/// What a person may block at a studio: themselves, or everybody and every room.
fn choices(signed_in: &SignedIn, studio: &Studio) -> Vec<(ResourceId, String)> {
    let practice = &signed_in.practice;
    let mut all: Vec<(ResourceId, String)> =
        practice.practitioners(studio.id).iter().map(|p| (p.id.into(), p.name.clone())).collect();
    if may(signed_in, Action::EditStudio, studio) {
        let rooms = practice.rooms.iter().filter(|r| r.active && r.studio == studio.id);
        all.extend(rooms.map(|r| (r.id.into(), format!("{} (room)", r.name))));
    } else {
        all.retain(|(id, _)| *id == signed_in.person.id.into());
    }
    all
}

/// Of which studio.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    studio: String,
}

/// `GET /staff/leave`
pub async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let sent = Sent { key: nonce(), studio: asked.studio, ..Sent::default() };
    page::private(&drawn(&app, &signed_in, sent).await?)
}

async fn drawn(app: &App, signed_in: &SignedIn, mut sent: Sent) -> Result<Page, Problem> {
    signed_in.must(Action::SeeCalendar)?;
    let studio = studio(signed_in, &sent.studio)?.clone();
    sent.studio.clone_from(&studio.slug);
    let choices = choices(signed_in, &studio);
    let practice = &signed_in.practice;
    let mut shown: Vec<ResourceId> = practice.practitioners(studio.id).iter().map(|p| p.id.into()).collect();
    shown.extend(practice.rooms.iter().filter(|r| r.studio == studio.id).map(|r| ResourceId::from(r.id)));
    let found = signed_in.office.read(move |desk| leave::of(desk.tx, &shown, desk.fresh.now_us())).await;
    let found = found.map_err(|e: hairline_studio::store::Error| Problem::from(e))?;
    let tz = zone(&studio.zone).unwrap_or(TimeZone::UTC);
    let lines = found.into_iter().map(|leave| {
        let person = practice.person(StaffId(leave.resource.0)).map(|p| p.name.clone());
        let room = practice.rooms.iter().find(|r| ResourceId::from(r.id) == leave.resource);
        Line {
            id: leave.id,
            of: person.or(room.map(|r| r.name.clone())).unwrap_or_default(),
            when: stretch(&tz, leave.span),
            note: leave.note.unwrap_or_default(),
            mine: choices.iter().any(|(id, _)| *id == leave.resource),
        }
    });
    let frame =
        Frame::new(app, "/staff/leave", "Leave and maintenance").hidden().staff(&signed_in.person.name);
    Ok(Page {
        frame,
        studio: studio.name.clone(),
        studios: signed_in.studios().iter().map(|s| (s.slug.clone(), s.name.clone())).collect(),
        lines: lines.collect(),
        choices,
        sent,
        hits: Vec::new(),
        looked: false,
        fault: None,
    })
}

/// A stretch as people say it: by the day where it is whole days.
fn stretch(tz: &TimeZone, span: Span) -> String {
    let at = |us: i64| jiff::Timestamp::from_microsecond(us).unwrap_or_default();
    let (first, last) = (local_date(tz, at(span.start_us)), local_date(tz, at(span.end_us - 1)));
    let day = |date: Date| date.strftime("%a %-d %B %Y").to_string();
    let whole = |date| local_day(tz, date).unwrap_or(span);
    if whole(first).start_us == span.start_us && whole(last).end_us == span.end_us {
        return if first == last { day(first) } else { format!("{} to {}", day(first), day(last)) };
    }
    let clock = |us| tz.to_datetime(at(us)).strftime("%H:%M").to_string();
    format!("{}, {} to {}", day(first), clock(span.start_us), clock(span.end_us))
}

/// The spans of a leave, one a local day.
fn spans(tz: &TimeZone, sent: &Sent) -> Result<Vec<Span>, String> {
    let date = |text: &str| text.parse::<Date>().map_err(|_| "Please give the day.".to_owned());
    let first = date(&sent.first)?;
    let last = if sent.last.is_empty() { first } else { date(&sent.last)? };
    let days = days_between(first, last);
    if !(0..LONGEST_DAYS).contains(&days) {
        return Err("The last day comes after the first, by a year at most.".to_owned());
    }
    if sent.from.is_empty() && sent.to.is_empty() {
        let day = |n| local_day(tz, plus_days(first, n)).map_err(|e| format!("{e}."));
        return (0..=days).map(day).collect();
    }
    let time =
        |text: &str| text.parse::<Time>().map_err(|_| "Please give both hours, or neither.".to_owned());
    let (from, to) = (time(&sent.from)?, time(&sent.to)?);
    let one = |n| {
        let date = plus_days(first, n);
        let at = |time| resolve(tz, date.to_datetime(time), Policy::Compatible).map_err(|e| format!("{e}."));
        let span = Span::new(at(from)?.as_microsecond(), at(to)?.as_microsecond());
        span.ok_or_else(|| "It ends after it begins.".to_owned())
    };
    (0..=days).map(one).collect()
}

/// `POST /staff/leave`: names the visits it would hit, then blocks.
pub async fn add(
    State(app): State<App>,
    signed_in: SignedIn,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let place = studio(&signed_in, &sent.studio)?.clone();
    let tz = zone(&place.zone).unwrap_or(TimeZone::UTC);
    let of = sent
        .of
        .parse()
        .map(ResourceId)
        .ok()
        .filter(|id| choices(&signed_in, &place).iter().any(|(choice, _)| choice == id));
    let (of, spans) = match (of, spans(&tz, &sent)) {
        (Some(of), Ok(spans)) => (of, spans),
        (of, spans) => {
            let fault = match (of, spans) {
                (None, _) => "Please choose whose time it is.".to_owned(),
                (_, Err(fault)) => fault,
                _ => String::new(),
            };
            let page = Page { fault: Some(fault), ..drawn(&app, &signed_in, sent).await? };
            return with_status(StatusCode::UNPROCESSABLE_ENTITY, page::private(&page));
        }
    };
    let hits = hits(&signed_in, &tz, of, &spans).await?;
    if sent.act != "add" && !hits.is_empty() {
        let page = drawn(&app, &signed_in, sent).await?;
        return page::private(&Page { hits, looked: true, ..page });
    }
    let what =
        [&sent.of, &sent.first, &sent.last, &sent.from, &sent.to, &sent.note].map(String::as_str).join(" ");
    let key = Once::of_button(&sent.key, &what);
    let note: String = sent.note.trim().chars().take(200).collect();
    let actor = signed_in.actor.clone();
    let done = once(&signed_in.office, &key, 200, move |desk| {
        let crate::office::Desk { tx, practice, vault, fresh } = desk;
        let at = book::Desk { practice, vault, actor: &actor };
        let note = Some(note.as_str()).filter(|note| !note.is_empty());
        Ok(((), leave::add(tx, at, place.id, of, &spans, note, fresh)?))
    });
    done.await?;
    Ok(Redirect::to(&format!("/staff/leave?studio={}", sent.studio)).into_response())
}

/// The visits that stand in a leave: link, text.
async fn hits(
    signed_in: &SignedIn,
    tz: &TimeZone,
    of: ResourceId,
    spans: &[Span],
) -> Result<Vec<(String, String)>, Problem> {
    let (actor, spans) = (signed_in.actor.clone(), spans.to_vec());
    let found = signed_in.office.read(move |desk| {
        let at = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Ok(Vec::new()) };
        let whole = Span { start_us: first.start_us, end_us: last.end_us.max(first.start_us + DAY_US / 96) };
        let mut found = leave::hits(desk.tx, at, of, whole)?;
        found.retain(|v| spans.iter().any(|span| span.overlaps(&v.span)));
        let who: Vec<_> = found.iter().filter_map(|v| v.client).collect();
        let people = clients::by_ids(desk.tx, desk.vault, &who)?;
        let name = |id| people.iter().find(|c| Some(c.id) == id)?.person.as_ref().map(|p| p.name.clone());
        Ok::<_, Refused>(found.into_iter().map(|v| (name(v.client).unwrap_or_default(), v)).collect())
    });
    let practice = &signed_in.practice;
    Ok(found
        .await?
        .into_iter()
        .map(|(name, v)| {
            let when = spoken(tz, v.span.start_us, v.practitioner, v.room, practice);
            (format!("/staff/visits/{}", v.code), format!("{name}, {when}"))
        })
        .collect())
}

/// What ends a leave.
#[derive(Deserialize)]
pub struct End {
    id: Uuid,
    studio: String,
}

/// `POST /staff/leave/end`
pub async fn end(signed_in: SignedIn, Form(sent): Form<End>) -> Result<Response, Problem> {
    let place = studio(&signed_in, &sent.studio)?.id;
    let (actor, id) = (signed_in.actor.clone(), sent.id);
    let touched = signed_in.office.write(move |desk| {
        let crate::office::Desk { tx, practice, vault, fresh } = desk;
        let at = book::Desk { practice, vault, actor: &actor };
        Ok::<_, Stopped>(leave::remove(tx, at, place, id, fresh)?)
    });
    signed_in.office.show(&touched.await?).await;
    Ok(Redirect::to(&format!("/staff/leave?studio={}", sent.studio)).into_response())
}
