//! Today: who comes when, to whom, in which room, and what stands open before a needle touches skin.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use hairline_studio::booking::State as VisitState;
use hairline_studio::gates::{GateState, Moment};
use hairline_studio::ids::ClientId;
use hairline_studio::permission::Action;
use hairline_studio::practice::Practice;
use hairline_studio::store::{appointments, book, clients, jobs, outside, second_looks};
use hairline_studio::zone::{local_date, local_day, plus_days, zone};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::session::SignedIn;
use crate::App;
use crate::calendars::outside::warnings;
use crate::extract::Query;
use crate::office::now;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};

/// Which day of which studio.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    studio: Option<String>,
    #[serde(default)]
    day: Option<Date>,
}

/// One visit of the day.
pub struct Visit {
    time: String,
    minutes: u32,
    client: String,
    client_code: Option<String>,
    service: String,
    practitioner: String,
    room: String,
    state: &'static str,
    code: String,
    /// What is open, in the words of staff.
    open: Vec<String>,
    /// What the second look found, if it was.
    looked: Option<String>,
    steps: Vec<Step>,
}

/// A button.
pub struct Step {
    /// The step, as its address names it.
    pub edge: &'static str,
    /// As the button says it.
    pub words: &'static str,
}

#[derive(askama::Template)]
#[template(path = "today.html")]
struct Page {
    frame: Frame,
    studio: String,
    slug: String,
    /// Other studios of the person: name in addresses, name.
    studios: Vec<(String, String)>,
    day: String,
    date: Date,
    before: Date,
    after: Date,
    is_today: bool,
    visits: Vec<Visit>,
    /// The nearest days on which somebody comes, where nobody does on this one.
    near: Vec<(Date, String)>,
    /// Calendars elsewhere that are not read any more.
    stale: Vec<String>,
    /// Jobs that have failed, for those who see to them.
    failed: i64,
}

/// `GET /staff`
pub async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    signed_in.must(Action::SeeCalendar)?;
    let practice = &signed_in.practice;
    let seen = signed_in.actor.studios_for(Action::SeeCalendar);
    let mine: Vec<_> = practice.studios.iter().filter(|s| s.active && seen.contains(&s.id)).collect();
    let studio = match &asked.studio {
        Some(slug) => mine.iter().find(|s| s.slug == *slug),
        // The first place a person was given is where they are most.
        None => seen.first().and_then(|id| mine.iter().find(|s| s.id == *id)).or_else(|| mine.first()),
    };
    let studio = (*studio.ok_or_else(|| Problem::new(&problem::NOT_FOUND))?).clone();
    let tz = zone(&studio.zone).map_err(|_| Problem::new(&problem::INTERNAL))?;
    let today = local_date(&tz, now());
    let day = asked.day.unwrap_or(today);
    let span = local_day(&tz, day).map_err(|_| Problem::new(&problem::NOT_FOUND))?;

    let (actor, id) = (signed_in.actor.clone(), studio.id);
    let keeps_jobs = signed_in.must(Action::KeepJobs).is_ok();
    let found = signed_in
        .office
        .read(move |desk| {
            let visits = appointments::of_studio(desk.tx, id, span)?;
            let who: Vec<ClientId> = visits.iter().filter_map(|v| v.client).collect();
            let clients = clients::by_ids(desk.tx, desk.vault, &who)?;
            let at = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
            let mut gates: HashMap<_, Vec<GateState>> = HashMap::new();
            for visit in visits.iter().filter(|v| v.state == VisitState::Booked) {
                if let Some(client) = visit.client {
                    let (start_us, now_us) = (visit.span.start_us, desk.fresh.now_us());
                    let states =
                        book::gates_of(desk.tx, at, visit, client, start_us, Moment::AtCheckIn, now_us)?;
                    gates.insert(visit.id, states);
                }
            }
            let ids: Vec<_> = visits.iter().map(|v| v.id).collect();
            let looks = second_looks::of(desk.tx, &ids)?;
            let failed = match keeps_jobs {
                true => jobs::counts(desk.tx, Some(&[id]), desk.fresh.now_us())?.failed,
                false => 0,
            };
            let around = match visits.iter().any(|v| v.state != VisitState::Hold) {
                true => (None, None),
                false => appointments::around(desk.tx, id, span)?,
            };
            let stale = outside::stale(desk.tx, desk.fresh.now_us())?;
            Ok::<_, hairline_studio::store::Error>((visits, clients, gates, looks, failed, around, stale))
        })
        .await?;
    let (visits, people, gates, looks, failed, around, stale) = found;
    let people: HashMap<ClientId, clients::Client> = people.into_iter().map(|c| (c.id, c)).collect();
    let time = |us: i64| {
        let at = Timestamp::from_microsecond(us).map(|t| t.to_zoned(tz.clone()));
        at.map_or_else(|_| String::new(), |t| t.strftime("%H:%M").to_string())
    };
    let visits = visits.into_iter().filter(|v| v.state != VisitState::Hold).map(|v| {
        let client = v.client.and_then(|id| people.get(&id));
        let name = client.and_then(|c| c.person.as_ref()).map(|p| p.name.clone());
        Visit {
            time: time(v.span.start_us),
            minutes: u32::try_from(v.span.length_us() / 60_000_000).unwrap_or(0),
            client: name.unwrap_or_else(|| "Erased record".to_owned()),
            client_code: client.map(|c| c.code.clone()),
            service: practice.service(v.service).map(|s| s.name.clone()).unwrap_or_default(),
            practitioner: practice.person(v.practitioner).map(|s| s.name.clone()).unwrap_or_default(),
            room: v.room.and_then(|id| practice.room(id)).map(|r| r.name.clone()).unwrap_or_default(),
            state: words(v.state),
            open: gates
                .get(&v.id)
                .map(|g| signed_in.open_words(g.iter().filter(|g| g.blocks), studio.id, &tz))
                .unwrap_or_default(),
            looked: looks
                .iter()
                .find(|look| look.visit == v.id && v.state == VisitState::Booked)
                .filter(|look| stands(look, practice, v.span.start_us))
                .map(|look| looked(look, &tz)),
            // Nobody has come yet on a day that is still to come.
            steps: if day > today { Vec::new() } else { steps(v.state) },
            code: v.code,
        }
    });
    let near = [around.1, around.0].into_iter().flatten().filter_map(|us| {
        let date = local_date(&tz, Timestamp::from_microsecond(us).ok()?);
        Some((date, date.strftime("%A, %-d %B").to_string()))
    });
    let page = Page {
        near: near.collect(),
        stale: warnings(practice, id, &stale),
        frame: Frame::new(&app, "/staff", "Today").hidden().staff(&signed_in.person.name),
        day: day.strftime("%A, %e %B %Y").to_string(),
        date: day,
        before: plus_days(day, -1),
        after: plus_days(day, 1),
        is_today: day == today,
        studios: mine.iter().map(|s| (s.slug.clone(), s.name.clone())).collect(),
        visits: visits.collect(),
        failed,
        studio: studio.name,
        slug: studio.slug,
    };
    page::private(&page)
}

/// Whether a second look was one at the visit as it stands now, and not before it was moved.
pub fn stands(look: &second_looks::Look, practice: &Practice, start_us: i64) -> bool {
    look.at_us >= practice.chain.settings.gates.second_look_us(start_us)
}

/// What the second look found, in words.
pub fn looked(look: &second_looks::Look, tz: &TimeZone) -> String {
    let at = Timestamp::from_microsecond(look.at_us).map(|t| tz.to_datetime(t));
    let at = at.map_or_else(|_| String::new(), |t| t.strftime("%-d %B").to_string());
    match look.open {
        0 => format!("Second look on {at}: nothing was open"),
        1 => format!("Second look on {at}: one thing was open"),
        n => format!("Second look on {at}: {n} things were open"),
    }
}

/// A state in words.
pub fn words(state: VisitState) -> &'static str {
    match state {
        VisitState::Hold => "Held",
        VisitState::Booked => "Booked",
        VisitState::CheckedIn => "Here",
        VisitState::Done => "Done",
        VisitState::NoShow => "Did not come",
        VisitState::Cancelled => "Cancelled",
        VisitState::Released => "Released",
    }
}

/// What can be done with a visit in a state.
pub fn steps(state: VisitState) -> Vec<Step> {
    let step = |edge, words| Step { edge, words };
    match state {
        VisitState::Booked => vec![step("check_in", "Check in"), step("miss_visit", "Did not come")],
        VisitState::CheckedIn => vec![step("finish", "Finish"), step("undo_check_in", "Not here after all")],
        VisitState::NoShow => vec![step("come_late", "Came late")],
        _ => Vec::new(),
    }
}
