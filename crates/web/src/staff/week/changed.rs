//! Two people move one visit: the second is told what the first did, and can look again or go on.

use axum::http::StatusCode;
use axum::response::Response;
use hairline_studio::store::appointments::Appointment;
use hairline_studio::store::{self, events};
use hairline_studio::zone::zone;
use jiff::tz::TimeZone;

use super::moves::Pick;
use super::page::{clock, spoken};
use super::view::way_back;
use crate::App;
use crate::booking::pages::{nonce, with_status};
use crate::page::{self, Frame};
use crate::problem::Problem;
use crate::staff::clients::done;
use crate::staff::session::SignedIn;
use crate::staff::today::words;

#[derive(askama::Template)]
#[template(path = "changed.html")]
struct Changed<'a> {
    frame: Frame,
    code: &'a str,
    version: i64,
    /// Where it was when it was looked at.
    was: Option<String>,
    /// Where it is now.
    is: String,
    state: &'static str,
    /// What was done last: by whom, when.
    lines: Vec<String>,
    /// Where it was to go.
    wish: String,
    pick: String,
    seen: String,
    key: String,
    back: String,
    movable: bool,
}

/// The page, with status 412.
///
/// # Errors
/// The store's.
pub async fn page(
    app: &App,
    signed_in: &SignedIn,
    visit: &Appointment,
    seen: Option<Pick>,
    wish: Pick,
    back: &str,
) -> Result<Response, Problem> {
    let id = visit.id.0;
    let history = signed_in
        .office
        .read(move |desk| events::of(desk.tx, id))
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    let (practice, tz) = (&signed_in.practice, zone(&visit.zone).unwrap_or(TimeZone::UTC));
    let lines = history.iter().rev().take(3).map(|line| {
        let who = practice.staff.iter().find(|s| Some(s.id.0) == line.actor_id);
        let who = who.map_or_else(|| line.actor.clone(), |s| s.name.clone());
        format!("{} by {who} at {}", done(&line.what), clock(&tz, line.at_us))
    });
    let place = |pick: Pick| spoken(&tz, pick.start.as_microsecond(), pick.practitioner, pick.room, practice);
    let now = Pick {
        start: super::free::instant(visit.span.start_us),
        practitioner: visit.practitioner,
        room: visit.room,
    };
    let shown = Changed {
        frame: Frame::new(app, "/staff/week", "Changed meanwhile").hidden().staff(&signed_in.person.name),
        code: &visit.code,
        version: visit.version,
        was: seen.map(place),
        is: place(now),
        state: words(visit.state),
        lines: lines.collect(),
        wish: place(wish),
        pick: wish.text(),
        seen: now.text(),
        key: nonce(),
        back: way_back(back),
        movable: visit.state == hairline_studio::booking::State::Booked,
    };
    with_status(StatusCode::PRECONDITION_FAILED, page::private(&shown))
}
