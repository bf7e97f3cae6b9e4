//! Calendars: visits as RFC 5545 files, for invitations by mail and for addresses that calendar programs read.
//!
//! No health data: an event says when, where and with whom, and never what for.

pub mod client;
pub mod event;
pub mod feed;
pub mod outside;
pub mod staff;
pub mod zone;

use axum::Router;
use axum::routing::{get, post};
use hairline_studio::ids::StudioId;
use hairline_studio::store;
use hairline_studio::store::events::{Event, Who};
use hairline_studio::store::feeds::{self, Feed, Of};
use uuid::Uuid;

use crate::App;
use crate::office::Desk;

/// Calendars' addresses, and the pages where they are made.
pub fn router() -> Router<App> {
    Router::new()
        .route("/calendars/{secret}", get(feed::get))
        .route("/staff/calendars", get(staff::get))
        .route("/staff/calendars/make", post(staff::make))
        .route("/staff/calendars/end", post(staff::end))
        .route("/staff/calendars/outside", post(outside::add))
        .route("/staff/calendars/outside/again", post(outside::again))
        .route("/staff/calendars/outside/remove", post(outside::remove))
        .route("/me/calendar", get(client::get).post(client::make))
        .route("/me/calendar/end", post(client::end))
        .route("/visit/{code}/calendar.ics", get(client::file))
}

/// Makes an address, with a line of history.
fn make(
    desk: &mut Desk<'_, '_>,
    of: Of,
    about: Uuid,
    studio: Option<StudioId>,
    hash: &[u8; 32],
    who: &Who,
) -> Result<Feed, store::Error> {
    let feed = feeds::add(desk.tx, of, about, hash, &mut desk.fresh)?;
    told(desk, studio, about, "calendar_made", who)?;
    Ok(feed)
}

/// Takes an address back, with a line of history.
fn end(
    desk: &mut Desk<'_, '_>,
    feed: &Feed,
    studio: Option<StudioId>,
    who: &Who,
) -> Result<(), store::Error> {
    feeds::revoke(desk.tx, feed.id)?;
    told(desk, studio, feed.about, "calendar_ended", who)
}

fn told(
    desk: &mut Desk<'_, '_>,
    studio: Option<StudioId>,
    about: Uuid,
    what: &str,
    who: &Who,
) -> Result<(), store::Error> {
    let event = Event { studio, thing: "calendar", thing_id: about, what, why: None, sealed: None };
    desk.note(who, &event)
}
