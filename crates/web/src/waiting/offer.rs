//! How one's waiting stands, and the offer of a time: take it, say no, or leave the list.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::ids::ResourceId;
use hairline_studio::store::appointments;
use hairline_studio::store::book::{self, Booked, Refused, Touched, Wish};
use hairline_studio::store::events::Who;
use hairline_studio::store::waiting::{self, Entry, Status};
use hairline_studio::zone::{local_date, zone};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{about, words};
use crate::App;
use crate::booking::once::Stopped;
use crate::booking::{steps, visit};
use crate::jobs::offers;
use crate::office::{Desk, Office, now};
use crate::page::{self, Frame};
use crate::problem::{self, Problem};

#[derive(askama::Template)]
#[template(path = "waiting.html")]
struct Page {
    frame: Frame,
    code: String,
    status: Status,
    about: String,
    wanted: String,
    earlier: bool,
    /// The time that is kept, with whom, and until when.
    offer: Option<(String, String, String)>,
    /// Whether mails leave this server.
    mails: bool,
    /// Code of the visit that came of it.
    visit: Option<String>,
}

fn not_found() -> Problem {
    Problem::new(&problem::NOT_FOUND)
}

fn find(desk: &mut Desk<'_, '_>, code: &str) -> Result<Entry, Refused> {
    waiting::by_code(desk.tx, code)?.ok_or(Refused::NotFound("waiting"))
}

fn code_of(typed: &str) -> Result<String, Problem> {
    visit::code(typed).ok_or_else(not_found)
}

/// Whether an entry has an offer that holds.
fn holds(entry: &Entry, now_us: i64) -> bool {
    entry.status == Status::Offered && entry.offer.as_ref().is_some_and(|o| o.until_us > now_us)
}

/// `GET /waiting/{code}`
pub async fn show(State(app): State<App>, Path(typed): Path<String>) -> Result<Response, Problem> {
    let office = app.office()?;
    let code = code_of(&typed)?;
    let (entry, held, visit) = office
        .read(move |desk| {
            let entry = find(desk, &code)?;
            let held = match &entry.offer {
                Some(offer) => appointments::by_code(desk.tx, &offer.code)?,
                None => None,
            };
            let visit = match entry.visit {
                Some(id) => appointments::by_id(desk.tx, id)?,
                None => held.clone(),
            };
            Ok::<_, Refused>((entry, held, visit))
        })
        .await?;
    let practice = office.practice();
    let tz = practice.studio(entry.studio).and_then(|s| zone(&s.zone).ok()).unwrap_or(TimeZone::UTC);
    let offer = entry.offer.as_ref().filter(|_| holds(&entry, now().as_microsecond())).and_then(|offer| {
        let held = held.as_ref()?;
        let until = Timestamp::from_microsecond(offer.until_us).ok()?;
        let today = local_date(&tz, until) == local_date(&tz, now());
        let until = tz.to_datetime(until).strftime(if today { "%H:%M today" } else { "%A, %H:%M" });
        let with = visit::practitioner(&practice, held.practitioner).name;
        Some((held.wall.strftime("%A %-d %B %Y, %H:%M").to_string(), with, until.to_string()))
    });
    page::private(&Page {
        frame: Frame::new(&app, "/waiting", "Waiting list").hidden(),
        status: if entry.status == Status::Offered && offer.is_none() {
            Status::Waiting
        } else {
            entry.status
        },
        about: about(&practice, &entry),
        wanted: words(&entry.wanted),
        earlier: entry.visit.is_some(),
        offer,
        mails: crate::jobs::post(&app) == crate::jobs::Post::Open,
        visit: visit.filter(|_| entry.status == Status::Taken).map(|v| v.code),
        code: entry.code,
    })
}

/// `POST /waiting/{code}/take`. Pressed twice, the second finds it taken.
pub async fn take(State(app): State<App>, Path(typed): Path<String>) -> Result<Response, Problem> {
    let office = app.office()?;
    let code = code_of(&typed)?;
    let (at, touched) = office.write(move |desk| taken(desk, &code)).await.map_err(Problem::from)?;
    office.show(&touched).await;
    Ok(Redirect::to(&at).into_response())
}

fn taken(desk: &mut Desk<'_, '_>, code: &str) -> Result<(String, Touched), Stopped> {
    let entry = find(desk, code)?;
    if entry.status != Status::Offered {
        return Ok((format!("/waiting/{code}"), Touched::default()));
    }
    let now_us = desk.fresh.now_us();
    let offer = entry.offer.clone().filter(|_| holds(&entry, now_us));
    let ended = || hairline_studio::booking::Refusal::HoldEnded { minutes_ago: 0 };
    let offer = offer.ok_or_else(ended)?;
    let actor = visit::bearer(desk.practice, entry.client);
    let who = Who::Person(actor.clone());
    let at = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
    let (done, touched, page) = match entry.visit {
        None => {
            let done = book::confirm(desk.tx, at, &offer.code, entry.client, None, &mut desk.fresh);
            (done, Touched::default(), format!("/visit/{}?done=booked", offer.code))
        }
        Some(id) => {
            let visit = appointments::by_id(desk.tx, id)?.ok_or(Refused::NotFound("visit"))?;
            let held = appointments::by_code(desk.tx, &offer.code)?.ok_or_else(ended)?;
            // The hold gives way to the visit itself, in one transaction: nobody comes between. All that either needs
            // is locked first, in one order.
            let rooms = desk.practice.rooms.iter().filter(|r| r.studio == held.studio);
            let mut all: Vec<ResourceId> = rooms.map(|r| r.id.into()).collect();
            all.push(held.practitioner.into());
            desk.tx.lock(&all)?;
            let freed = book::release(desk.tx, &offer.code, desk.fresh.now)?;
            let start = appointments::instant(held.span.start_us)?;
            let wish = Wish {
                studio: held.studio,
                service: held.service,
                practitioner: held.practitioner,
                start,
                room: held.room,
            };
            let page = format!("/visit/{}?done=moved", visit.code);
            (book::move_to(desk.tx, at, visit, &wish, None, &mut desk.fresh), freed, page)
        }
    };
    let zone = desk.practice.studio(entry.studio).map(|s| s.zone.clone()).unwrap_or_default();
    let Booked { touched: more, .. } = steps::gates_in_words(done, &zone)?;
    let after = Entry { status: Status::Taken, ..entry };
    if !waiting::change(desk.tx, &after, now_us)? {
        return Err(Refused::Changed.into());
    }
    super::line(desk, &after, "take", &who)?;
    let touched = Touched {
        days: touched.days.into_iter().chain(more.days).collect(),
        added: more.added,
        freed: touched.freed || more.freed,
    };
    Ok((page, touched))
}

/// Gives an offered time back, and has it offered to the next.
fn give_back(desk: &mut Desk<'_, '_>, entry: &Entry) -> Result<Touched, Refused> {
    let touched = match entry.offer.as_ref().filter(|_| entry.status == Status::Offered) {
        Some(offer) => book::release(desk.tx, &offer.code, desk.fresh.now)?,
        None => Touched::default(),
    };
    waiting::look_again(desk.tx, &mut desk.fresh)?;
    Ok(touched)
}

/// `POST /waiting/{code}/decline`
pub async fn decline(State(app): State<App>, Path(typed): Path<String>) -> Result<Response, Problem> {
    let office = app.office()?;
    let code = code_of(&typed)?;
    let of = code.clone();
    let touched = office
        .write(move |desk| {
            let entry = find(desk, &of)?;
            if entry.status != Status::Offered {
                return Ok(Touched::default());
            }
            let touched = give_back(desk, &entry)?;
            if !offers::pass(desk, entry, "decline")? {
                return Err(Refused::Changed);
            }
            Ok(touched)
        })
        .await?;
    office.show(&touched).await;
    Ok(Redirect::to(&format!("/waiting/{code}")).into_response())
}

/// `POST /waiting/{code}/leave`
pub async fn leave(State(app): State<App>, Path(typed): Path<String>) -> Result<Response, Problem> {
    let office = app.office()?;
    let code = code_of(&typed)?;
    left(office, code.clone(), |desk, entry| Ok(Who::Person(visit::bearer(desk.practice, entry.client))))
        .await?;
    Ok(Redirect::to(&format!("/waiting/{code}")).into_response())
}

/// Takes somebody off the list; `who` says who does it, or refuses.
///
/// # Errors
/// Those of `who`, or the store's.
pub async fn left(
    office: &Office,
    code: String,
    who: impl FnOnce(&mut Desk<'_, '_>, &Entry) -> Result<Who, Refused> + Send + 'static,
) -> Result<(), Problem> {
    let touched = office
        .write(move |desk| {
            let entry = find(desk, &code)?;
            let who = who(desk, &entry)?;
            if !matches!(entry.status, Status::Waiting | Status::Offered) {
                return Ok(Touched::default());
            }
            let touched = give_back(desk, &entry)?;
            let after = Entry { status: Status::Left, offer: None, ..entry };
            let now_us = desk.fresh.now_us();
            if !waiting::change(desk.tx, &after, now_us)? {
                return Err(Refused::Changed);
            }
            super::line(desk, &after, "leave", &who)?;
            Ok(touched)
        })
        .await?;
    office.show(&touched).await;
    Ok(())
}
