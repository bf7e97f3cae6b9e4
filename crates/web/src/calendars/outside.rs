//! Calendars kept elsewhere: a practitioner, or who keeps their hours, gives the address; what is busy there is not booked.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::ids::{Fresh, StaffId, StudioId};
use hairline_studio::practice::Practice;
use hairline_studio::store::book::{Refused, Touched};
use hairline_studio::store::events::Who;
use hairline_studio::store::feeds::Of;
use hairline_studio::store::outside::{self, Outside};
use hairline_studio::store::{self};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::staff::{shown, through};
use crate::App;
use crate::office::now;
use crate::outgoing;
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// Most calendars of one practitioner.
const MOST: usize = 5;

/// A calendar as the page shows it.
pub struct Line {
    /// Its id.
    pub id: Uuid,
    /// Where it is kept; the rest of the address is a secret.
    pub host: String,
    /// How old what is known of it is, and how much that is.
    pub state: String,
    /// Why the last try gave nothing.
    pub failed: Option<String>,
}

impl Line {
    /// Of a calendar.
    pub fn new(of: &Outside) -> Line {
        let host = of.url.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?', ':']).next();
        let state = match of.read_us {
            None if of.failed.is_some() => "Never read yet.".to_owned(),
            None => "Is being read for the first time; look again in a moment.".to_owned(),
            Some(us) => format!(
                "Read {}: {}.",
                ago(us),
                match of.busy {
                    0 => "nothing busy".to_owned(),
                    1 => "1 busy time".to_owned(),
                    n => format!("{n} busy times"),
                }
            ),
        };
        Line { id: of.id, host: host.unwrap_or_default().to_owned(), state, failed: of.failed.clone() }
    }
}

/// What the staff of a studio are warned of: practitioners there whose calendars elsewhere are not read any more.
pub fn warnings(practice: &Practice, studio: StudioId, stale: &[(StaffId, Option<i64>)]) -> Vec<String> {
    let here = practice.practitioners(studio);
    let of = |(id, read_us): &(StaffId, Option<i64>)| {
        let name = &here.iter().find(|person| person.id == *id)?.name;
        let when = read_us.map_or("never read".to_owned(), |us| format!("last read {}", ago(us)));
        Some(format!(
            "A calendar that {name} keeps elsewhere was {when}: what they are busy with since is not known here."
        ))
    };
    stale.iter().filter_map(of).collect()
}

fn ago(us: i64) -> String {
    let then = Timestamp::from_microsecond(us).unwrap_or(Timestamp::UNIX_EPOCH);
    match now().duration_since(then).as_mins() {
        ..1 => "just now".to_owned(),
        1 => "a minute ago".to_owned(),
        n @ 2..120 => format!("{n} minutes ago"),
        n @ 120..2880 => format!("{} hours ago", n / 60),
        n => format!("{} days ago", n / 1440),
    }
}

/// Whose calendar, and where it is.
#[derive(Deserialize)]
pub struct Typed {
    about: StaffId,
    url: String,
}

fn yours(signed_in: &SignedIn, staff: StaffId) -> Result<StudioId, Problem> {
    through(signed_in, Of::Practitioner, staff.0).ok_or_else(|| Problem::new(&problem::NOT_FOUND))
}

/// `POST /staff/calendars/outside`
pub async fn add(
    State(app): State<App>,
    signed_in: SignedIn,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let studio = yours(&signed_in, typed.about)?;
    let url = match outgoing::calendar(&typed.url) {
        Ok(url) => url,
        Err(why) => return shown(&app, &signed_in, None, Some((typed.about, typed.url, why))).await,
    };
    let (staff, who) = (typed.about, Who::Person(signed_in.actor.clone()));
    let added = signed_in
        .office
        .write(move |desk| {
            let has = outside::all(desk.tx, desk.vault)?.into_iter().filter(|of| of.staff == staff).count();
            if has >= MOST {
                return Ok::<_, store::Error>(false);
            }
            outside::add(desk.tx, desk.vault, staff, &url, &mut desk.fresh)?;
            super::told(desk, Some(studio), staff.0, "outside_calendar_added", &who)?;
            Ok(true)
        })
        .await?;
    if !added {
        let detail = format!("There are {MOST} calendars already. Remove one that is not needed any more.");
        return Err(Problem::new(&problem::CONFLICT).detail(detail));
    }
    Ok(Redirect::to("/staff/calendars").into_response())
}

/// Which calendar.
#[derive(Deserialize)]
pub struct One {
    id: Uuid,
}

async fn find(signed_in: &SignedIn, id: Uuid) -> Result<Option<(Outside, StudioId)>, Problem> {
    let found = signed_in.office.read(move |desk| outside::by_id(desk.tx, desk.vault, id)).await?;
    found.map(|of| yours(signed_in, of.staff).map(|studio| (of, studio))).transpose()
}

/// `POST /staff/calendars/outside/again`: reads it now.
pub async fn again(signed_in: SignedIn, Form(One { id }): Form<One>) -> Result<Response, Problem> {
    if find(&signed_in, id).await?.is_some() {
        signed_in
            .office
            .write(move |desk| {
                let now_us = Fresh::now_us(&desk.fresh);
                outside::again(desk.tx, id, now_us, &mut desk.fresh)
            })
            .await?;
    }
    Ok(Redirect::to("/staff/calendars").into_response())
}

/// `POST /staff/calendars/outside/remove`: what was busy by it is free again.
pub async fn remove(signed_in: SignedIn, Form(One { id }): Form<One>) -> Result<Response, Problem> {
    // One that is gone already is removed.
    if let Some((of, studio)) = find(&signed_in, id).await? {
        let who = Who::Person(signed_in.actor.clone());
        let touched: Touched = signed_in
            .office
            .write(move |desk| {
                let touched = outside::remove(desk.tx, of.id, &mut desk.fresh)?;
                super::told(desk, Some(studio), of.staff.0, "outside_calendar_removed", &who)?;
                Ok::<_, Refused>(touched)
            })
            .await?;
        signed_in.office.show(&touched).await;
    }
    Ok(Redirect::to("/staff/calendars").into_response())
}
