//! The pages of one's visit: see it, move it, call it off. Who has the code is let in; no page says whose visit it is.

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use hairline_studio::booking::{InsideNotice, State as Step};
use hairline_studio::practice::{Practice, Studio};
use hairline_studio::span::HOUR_US;
use hairline_studio::store::appointments::Appointment;
use hairline_studio::store::courses;
use hairline_studio::zone::{local_date, zone};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::once::{Once, once};
use super::pages::{self, TimesFor, nonce, when, with_status};
use super::steps::{self, Wanted};
use super::visit::{self, Visit};
use crate::App;
use crate::extract::Query;
use crate::office::{Office, now};
use crate::page::{self, Frame};
use crate::problem::{self, Problem};

/// The pages of one's visit.
pub fn router() -> Router<App> {
    Router::new()
        .route("/visit", get(ask).post(go))
        .route("/visit/{code}", get(show))
        .route("/visit/{code}/move", get(choose).post(move_to))
        .route("/visit/{code}/cancel", get(sure).post(cancel))
}

#[derive(askama::Template)]
#[template(path = "visit_code.html")]
struct Ask {
    frame: Frame,
    typed: String,
}

/// The visit, and what can be done with it.
#[derive(askama::Template)]
#[template(path = "visit.html")]
struct Shown {
    frame: Frame,
    visit: Visit,
    studio: Studio,
    /// As `booked`, `moved` or `cancelled`, right after it was.
    done: String,
    when: String,
    price: String,
    length: String,
    /// Whether it is booked and still to come.
    ahead: bool,
    /// Whether the client can still move it themselves.
    movable: bool,
    notice_hours: u32,
}

#[derive(askama::Template)]
#[template(path = "visit_cancel.html")]
struct Sure {
    frame: Frame,
    visit: Visit,
    when: String,
    key: String,
    /// Whether the notice has begun.
    late: bool,
    allowed: bool,
    notice_hours: u32,
    studio: Studio,
}

#[derive(Deserialize)]
struct Typed {
    code: String,
}

#[derive(Default, Deserialize)]
struct Done {
    #[serde(default)]
    done: String,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    with: String,
    #[serde(default)]
    month: String,
    #[serde(default)]
    day: String,
}

#[derive(Deserialize)]
struct Key {
    key: String,
}

#[derive(Deserialize)]
struct Pick {
    key: String,
    version: u64,
    pick: String,
}

fn not_found() -> Problem {
    Problem::new(&problem::NOT_FOUND)
}

async fn ask(State(app): State<App>) -> Result<Response, Problem> {
    page::private(&Ask { frame: Frame::new(&app, "/visit", "Your visit").hidden(), typed: String::new() })
}

async fn go(State(app): State<App>, Form(Typed { code }): Form<Typed>) -> Result<Response, Problem> {
    match visit::code(&code) {
        Some(code) => Ok(Redirect::to(&format!("/visit/{code}")).into_response()),
        None => {
            let typed = code.chars().take(40).collect();
            let page = Ask { frame: Frame::new(&app, "/visit", "Your visit").hidden(), typed };
            with_status(axum::http::StatusCode::UNPROCESSABLE_ENTITY, page::private(&page))
        }
    }
}

async fn seen(office: &Office, typed: &str) -> Result<(Visit, Appointment), Problem> {
    let code = visit::code(typed).ok_or_else(not_found)?;
    Ok(office.read(move |desk| steps::see_at(desk, &code)).await?)
}

fn studio_of<'a>(practice: &'a Practice, visit: &Appointment) -> Result<&'a Studio, Problem> {
    practice.studio(visit.studio).ok_or_else(not_found)
}

/// Whether the notice of a visit has begun.
fn inside_notice(practice: &Practice, visit: &Appointment) -> bool {
    let notice_us = i64::from(practice.chain.settings.booking.notice_hours) * HOUR_US;
    now().as_microsecond() > visit.span.start_us - notice_us
}

/// `/visit/{code}`
async fn show(
    State(app): State<App>,
    Path(typed): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let office = app.office()?;
    let practice = office.practice();
    let (told, visit) = seen(office, &typed).await?;
    if told.state == Step::Hold {
        return Ok(Redirect::to(&format!("/book/{}", told.code)).into_response());
    }
    let studio = studio_of(&practice, &visit)?.clone();
    let service = practice.service(visit.service).ok_or_else(not_found)?;
    let rules = &practice.chain.settings.booking;
    let ahead = told.state == Step::Booked && visit.span.start_us > now().as_microsecond();
    let mut priced = pages::priced(&practice, service, &studio);
    priced.price_minor = visit.price_minor;
    priced.minutes = visit.minutes();
    // The page of a code has no address of its own for search engines.
    page::private(&Shown {
        frame: Frame::new(&app, "/visit", "Your visit").hidden(),
        done: if ["booked", "moved"].contains(&done.done.as_str()) && ahead {
            done.done
        } else {
            String::new()
        },
        when: when(&told),
        price: priced.price(),
        length: priced.length(),
        ahead,
        movable: ahead
            && (!inside_notice(&practice, &visit) || rules.move_inside_notice == InsideNotice::KeepDeposit),
        notice_hours: rules.notice_hours,
        studio,
        visit: told,
    })
}

async fn move_times(
    app: &App,
    office: &Office,
    practice: &Practice,
    visit: &Appointment,
    asked: &Asked,
) -> Result<pages::Times, Problem> {
    let of = visit.clone();
    let within = office.read(move |desk| courses::days_of(desk.tx, &of)).await?;
    let service = practice.service(visit.service).ok_or_else(not_found)?;
    let code = &visit.code;
    let of = TimesFor {
        studio: studio_of(practice, visit)?,
        service,
        asked: (&asked.with, &asked.month, &asked.day),
        own: steps::own(practice, visit),
        within,
        heading: "Another time".to_owned(),
        here: format!("/visit/{code}/move?"),
        action: format!("/visit/{code}/move"),
        hidden: vec![("key", nonce()), ("version", visit.version.to_string())],
        back: format!("/visit/{code}"),
    };
    pages::times(app, office, practice, of)
}

/// `/visit/{code}/move`: the times it can move to.
async fn choose(
    State(app): State<App>,
    Path(typed): Path<String>,
    Query(mut asked): Query<Asked>,
) -> Result<Response, Problem> {
    let office = app.office()?;
    let (told, visit) = seen(office, &typed).await?;
    if told.state != Step::Booked {
        return Ok(Redirect::to(&format!("/visit/{}", told.code)).into_response());
    }
    if asked.month.is_empty() && asked.day.is_empty() {
        asked.month = visit.wall.strftime("%Y-%m").to_string();
    }
    page::private(&move_times(&app, office, &office.practice(), &visit, &asked).await?)
}

async fn move_to(
    State(app): State<App>,
    Path(typed): Path<String>,
    Form(form): Form<Pick>,
) -> Result<Response, Problem> {
    let office = app.office()?;
    let (told, visit) = seen(office, &typed).await?;
    let bad = || Problem::new(&problem::BAD_REQUEST).detail("The form is not one of ours.");
    let (start, practitioner) = super::month::picked(&form.pick).ok_or_else(bad)?;
    let practice = office.practice();
    // Whoever is free: the same as before, if they are.
    let practitioner = practitioner.or_else(|| {
        let own = steps::own(&practice, &visit);
        let wanted = Wanted { studio: visit.studio, service: visit.service, practitioner: None, start };
        steps::free_at(office, wanted, Some(visit.practitioner), &own).first().copied()
    });
    let key = Once::of_button(&form.key, &form.pick);
    let (code, version) = (told.code.clone(), form.version);
    let done =
        once(office, &key, 200, move |desk| steps::move_to(desk, &code, version, start, practitioner)).await;
    match done {
        Ok(moved) => Ok(Redirect::to(&format!("/visit/{}?done=moved", moved.code)).into_response()),
        Err(stopped) => {
            let problem = Problem::from(stopped);
            if problem.kind() != &problem::TIME_NOT_OFFERED {
                return Err(problem);
            }
            let tz = zone(&visit.zone).unwrap_or(TimeZone::UTC);
            let asked =
                Asked { with: String::new(), month: String::new(), day: local_date(&tz, start).to_string() };
            let wanted = Wanted {
                studio: visit.studio,
                service: visit.service,
                practitioner: Some(practitioner.unwrap_or(visit.practitioner)),
                start,
            };
            let own = steps::own(&practice, &visit);
            steps::look_again(office, visit.studio, start).await;
            let page = move_times(&app, office, &practice, &visit, &asked).await?;
            let page = page.refused(office, &problem, wanted, &own);
            with_status(problem.kind().status(), page::private(&page))
        }
    }
}

/// `/visit/{code}/cancel`: asks once more, and says what applies.
async fn sure(State(app): State<App>, Path(typed): Path<String>) -> Result<Response, Problem> {
    let office = app.office()?;
    let practice = office.practice();
    let (told, visit) = seen(office, &typed).await?;
    if told.state != Step::Booked {
        return Ok(Redirect::to(&format!("/visit/{}", told.code)).into_response());
    }
    let rules = &practice.chain.settings.booking;
    let late = inside_notice(&practice, &visit);
    page::private(&Sure {
        frame: Frame::new(&app, "/visit", "Cancel this visit?").hidden(),
        when: when(&told),
        key: nonce(),
        late,
        allowed: !late || rules.cancel_inside_notice == InsideNotice::KeepDeposit,
        notice_hours: rules.notice_hours,
        studio: studio_of(&practice, &visit)?.clone(),
        visit: told,
    })
}

async fn cancel(
    State(app): State<App>,
    Path(typed): Path<String>,
    Form(Key { key }): Form<Key>,
) -> Result<Response, Problem> {
    let office = app.office()?;
    let code = visit::code(&typed).ok_or_else(not_found)?;
    let key = Once::of_button(&key, &code);
    let of = code.clone();
    once(office, &key, 200, move |desk| steps::cancel(desk, &of)).await?;
    Ok(Redirect::to(&format!("/visit/{code}")).into_response())
}
