//! A client's calendar: one visit as a file, for who has its code; and an address that follows all of their visits, which
//! only the client makes, signed in. A new one ends the one before.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::seal::system_random;
use hairline_studio::store;
use hairline_studio::store::events::Who;
use hairline_studio::store::feeds::{self, Of};
use hairline_studio::token;

use super::event::{Method, calendar, of_visit};
use super::feed;
use crate::App;
use crate::booking::{steps, visit};
use crate::layers::client::Client;
use crate::me::session::Maybe;
use crate::me::to_me;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};

#[derive(askama::Template)]
#[template(path = "me_calendar.html")]
struct Page {
    frame: Frame,
    /// The address, right after it was made.
    fresh: Option<String>,
    /// Whether there is one.
    there: bool,
}

fn page_of(app: &App, fresh: Option<String>, there: bool) -> Result<Response, Problem> {
    page::private(&Page { frame: Frame::new(app, "/me", "Your calendar").hidden(), fresh, there })
}

/// `GET /visit/{code}/calendar.ics`
pub async fn file(
    State(app): State<App>,
    Path(typed): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let not_found = || Problem::new(&problem::NOT_FOUND);
    let office = app.office()?;
    let code = visit::code(&typed).ok_or_else(not_found)?;
    let (_, visit) = office.read(move |desk| steps::see_at(desk, &code)).await?;
    let event = of_visit(&office.practice(), &visit).ok_or_else(not_found)?;
    Ok(feed::answer(&headers, calendar(Method::Publish, None, &[event])))
}

/// `GET /me/calendar`
pub async fn get(State(app): State<App>, Maybe(client): Maybe) -> Result<Response, Problem> {
    let Some(signed_in) = client else { return Ok(to_me()) };
    let client = signed_in.client;
    let feeds: Vec<feeds::Feed> = signed_in.office.read(move |desk| feeds::of(desk.tx, client.0)).await?;
    page_of(&app, None, !feeds.is_empty())
}

/// `POST /me/calendar`: the only page that ever shows the new address.
pub async fn make(
    State(app): State<App>,
    Maybe(client): Maybe,
    Extension(browser): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(signed_in) = client else { return Ok(to_me()) };
    let client = signed_in.client;
    let secret = token::new(&mut system_random());
    let hash = token::kept(&secret).ok_or_else(|| Problem::new(&problem::INTERNAL))?;
    signed_in
        .office
        .write(move |desk| {
            let who = Who::Person(visit::bearer(desk.practice, client));
            for feed in feeds::of(desk.tx, client.0)? {
                feeds::revoke(desk.tx, feed.id)?;
            }
            super::make(desk, Of::Client, client.0, None, &hash, &who).map(|_| ())
        })
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    let address = feed::address(&app, browser, &headers, &secret);
    page_of(&app, Some(address), true)
}

/// `POST /me/calendar/end`
pub async fn end(Maybe(client): Maybe) -> Result<Response, Problem> {
    let Some(signed_in) = client else { return Ok(to_me()) };
    let client = signed_in.client;
    signed_in
        .office
        .write(move |desk| {
            let who = Who::Person(visit::bearer(desk.practice, client));
            let feeds = feeds::of(desk.tx, client.0)?;
            feeds.iter().try_for_each(|feed| super::end(desk, feed, None, &who))
        })
        .await
        .map_err(|e: store::Error| Problem::from(e))?;
    Ok(Redirect::to("/me/calendar").into_response())
}
