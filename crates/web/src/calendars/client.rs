//! A client's calendar: one visit as a file, or an address that follows all of theirs. Who has the code of a visit may
//! make the address; a new one ends the one before.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::ids::ClientId;
use hairline_studio::seal::system_random;
use hairline_studio::store::appointments::Appointment;
use hairline_studio::store::events::Who;
use hairline_studio::store::feeds::{self, Of};
use hairline_studio::store::{self};
use hairline_studio::token;

use super::event::{Method, calendar, of_visit};
use super::feed;
use crate::App;
use crate::booking::{steps, visit};
use crate::layers::client::Client;
use crate::office::Office;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};

#[derive(askama::Template)]
#[template(path = "visit_calendar.html")]
struct Page {
    frame: Frame,
    code: String,
    /// The address, right after it was made.
    fresh: Option<String>,
    /// Whether there is one.
    there: bool,
}

fn not_found() -> Problem {
    Problem::new(&problem::NOT_FOUND)
}

async fn seen(office: &Office, typed: &str) -> Result<(Appointment, ClientId), Problem> {
    let code = visit::code(typed).ok_or_else(not_found)?;
    let (_, visit) = office.read(move |desk| steps::see_at(desk, &code)).await?;
    let client = visit.client.ok_or_else(not_found)?;
    Ok((visit, client))
}

fn page_of(app: &App, code: String, fresh: Option<String>, there: bool) -> Result<Response, Problem> {
    let frame = Frame::new(app, "/visit", "Your calendar").hidden();
    page::private(&Page { frame, code, fresh, there })
}

/// `GET /visit/{code}/calendar.ics`
pub async fn file(
    State(app): State<App>,
    Path(typed): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let office = app.office()?;
    let (visit, _) = seen(office, &typed).await?;
    let event = of_visit(&office.practice(), &visit).ok_or_else(not_found)?;
    Ok(feed::answer(&headers, calendar(Method::Publish, None, &[event])))
}

/// `GET /visit/{code}/calendar`
pub async fn get(State(app): State<App>, Path(typed): Path<String>) -> Result<Response, Problem> {
    let office = app.office()?;
    let (visit, client) = seen(office, &typed).await?;
    let feeds: Vec<feeds::Feed> = office.read(move |desk| feeds::of(desk.tx, client.0)).await?;
    page_of(&app, visit.code, None, !feeds.is_empty())
}

/// `POST /visit/{code}/calendar`: the only page that ever shows the new address.
pub async fn make(
    State(app): State<App>,
    Path(typed): Path<String>,
    Extension(browser): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let office = app.office()?;
    let (visit, client) = seen(office, &typed).await?;
    let secret = token::new(&mut system_random());
    let hash = token::kept(&secret).ok_or_else(|| Problem::new(&problem::INTERNAL))?;
    office
        .write(move |desk| {
            let who = Who::Person(visit::bearer(desk.practice, client));
            for feed in feeds::of(desk.tx, client.0)? {
                feeds::revoke(desk.tx, feed.id)?;
            }
            super::make(desk, Of::Client, client.0, Some(visit.studio), &hash, &who).map(|_| ())
        })
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    let address = feed::address(&app, browser, &headers, &secret);
    page_of(&app, visit.code, Some(address), true)
}

/// `POST /visit/{code}/calendar/end`
pub async fn end(State(app): State<App>, Path(typed): Path<String>) -> Result<Response, Problem> {
    let office = app.office()?;
    let (visit, client) = seen(office, &typed).await?;
    let studio = Some(visit.studio);
    office
        .write(move |desk| {
            let who = Who::Person(visit::bearer(desk.practice, client));
            let feeds = feeds::of(desk.tx, client.0)?;
            feeds.iter().try_for_each(|feed| super::end(desk, feed, studio, &who))
        })
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    Ok(Redirect::to(&format!("/visit/{}/calendar", visit.code)).into_response())
}
