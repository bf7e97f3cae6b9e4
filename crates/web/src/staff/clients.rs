//! Clients: found by name, e-mail, phone; and the record of one.

use axum::extract::{Path, State};
use axum::response::Response;
use hairline_studio::gates::{GateState, Moment};
use hairline_studio::permission::{self, Action, Role, Thing};
use hairline_studio::seal::blind::Dialling;
use hairline_studio::span::DAY_US;
use hairline_studio::store::book::{self, Refused};
use hairline_studio::store::{appointments, clients, events, second_looks};
use hairline_studio::zone::zone;
use jiff::Timestamp;
use serde::Deserialize;

use super::session::SignedIn;
use super::today;
use crate::App;
use crate::extract::Query;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};

/// Most clients shown at once.
const MOST: i64 = 50;

/// What is typed into the search.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
}

/// One line of the list.
pub struct Line {
    code: String,
    name: String,
    email: String,
    phone: String,
    studio: String,
}

#[derive(askama::Template)]
#[template(path = "clients.html")]
struct List {
    frame: Frame,
    q: String,
    lines: Vec<Line>,
    more: bool,
}

/// `GET /staff/clients`
pub async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    signed_in.must(Action::FindClients)?;
    let q: String = asked.q.chars().take(100).collect();
    let studios = (signed_in.actor.role != Role::Owner).then(|| signed_in.actor.studios.clone());
    let (typed, country) = (q.clone(), dialling(&signed_in));
    let found = signed_in
        .office
        .read(move |desk| clients::find(desk.tx, desk.vault, &typed, country, studios.as_deref(), MOST + 1))
        .await?;
    let more = found.len() > usize::try_from(MOST).unwrap_or(usize::MAX);
    let lines = found.into_iter().take(usize::try_from(MOST).unwrap_or(usize::MAX)).filter_map(|client| {
        let person = client.person?;
        let studio = signed_in.practice.studio(client.studio).map(|s| s.name.clone());
        Some(Line {
            code: client.code,
            name: person.name,
            email: person.email,
            phone: person.phone,
            studio: studio.unwrap_or_default(),
        })
    });
    let frame = Frame::new(&app, "/staff/clients", "Clients").hidden().staff(&signed_in.person.name);
    page::private(&List { frame, lines: lines.collect(), q, more })
}

/// How a number typed without a country code is dialled: as in the country of the person's first studio.
fn dialling(signed_in: &SignedIn) -> Dialling {
    let studio = signed_in.actor.studios.first().and_then(|id| signed_in.practice.studio(*id));
    studio.map_or(Dialling { country: "", trunk: "" }, |s| crate::booking::dialling::dialling(&s.country))
}

/// One visit of a client.
pub struct Visit {
    when: String,
    service: String,
    practitioner: String,
    studio: String,
    state: &'static str,
    ahead: bool,
}

#[derive(askama::Template)]
#[template(path = "client.html")]
struct Record {
    frame: Frame,
    person: clients::Person,
    code: String,
    studio: String,
    since: String,
    next: Option<String>,
    /// What the second look before it found.
    looked: Option<String>,
    /// What is open before the next visit; nothing for those who may not see health data.
    open: Vec<String>,
    health: bool,
    visits: Vec<Visit>,
    history: Vec<(String, String)>,
}

/// `GET /staff/clients/{code}`
pub async fn one(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let actor = signed_in.actor.clone();
    let found = signed_in
        .office
        .read(move |desk| {
            let client = clients::by_code(desk.tx, desk.vault, &code)?.ok_or(Refused::NotFound("client"))?;
            let thing = Thing {
                chain: desk.practice.chain.id,
                studio: Some(client.studio),
                client: Some(client.id),
                course_studios: book::course_studios(desk.tx, client.id)?,
                practitioner: None,
            };
            let may = |action| permission::allowed(&actor, action, &thing).is_ok();
            if !may(Action::SeeClient) {
                return Err(Refused::NotFound("client"));
            }
            let visits = appointments::of_client(desk.tx, client.id)?;
            let at = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
            let now_us = desk.fresh.now_us();
            let next = visits.iter().find(|v| v.span.start_us > now_us && v.state.takes_time()).cloned();
            let gates: Vec<GateState> = match &next {
                Some(v) if may(Action::SeeHealth) => {
                    book::gates_of(desk.tx, at, v, client.id, v.span.start_us, Moment::AtCheckIn, now_us)?
                }
                _ => Vec::new(),
            };
            let looks = match &next {
                Some(v) => second_looks::of(desk.tx, &[v.id])?,
                None => Vec::new(),
            };
            let mut history = Vec::new();
            if may(Action::SeeHistory) {
                history = events::of(desk.tx, client.id.0)?;
                for visit in &visits {
                    history.extend(events::of(desk.tx, visit.id.0)?);
                }
                history.sort_by_key(|line| std::cmp::Reverse(line.at_us));
            }
            Ok((client, visits, next, gates, looks, may(Action::SeeHealth), history))
        })
        .await?;
    let (client, visits, next, gates, looks, health, history) = found;
    let practice = &signed_in.practice;
    let Some(person) = client.person else { return Err(Problem::new(&problem::NOT_FOUND)) };
    let when = |us: i64, studio| {
        let zone = practice.studio(studio).and_then(|s| zone(&s.zone).ok());
        let at = Timestamp::from_microsecond(us).ok().zip(zone).map(|(t, z)| t.to_zoned(z));
        at.map(|t| t.strftime("%a %e %b %Y, %H:%M").to_string()).unwrap_or_default()
    };
    let tz = practice.studio(client.studio).and_then(|s| zone(&s.zone).ok());
    let now_us = crate::office::now().as_microsecond();
    let shown =
        visits.iter().rev().filter(|v| v.state.takes_time() || v.span.start_us > now_us - 400 * DAY_US);
    let page = Record {
        frame: Frame::new(&app, "/staff/clients", "Client").hidden().staff(&signed_in.person.name),
        next: next.as_ref().map(|v| {
            let service = practice.service(v.service).map(|s| s.name.clone()).unwrap_or_default();
            format!("{service}, {}", when(v.span.start_us, v.studio))
        }),
        looked: tz.as_ref().and_then(|tz| {
            let start_us = next.as_ref()?.span.start_us;
            let look = looks.first().filter(|look| today::stands(look, practice, start_us))?;
            Some(today::looked(look, tz))
        }),
        open: tz.map_or_else(Vec::new, |tz| {
            gates.iter().filter(|g| g.blocks).map(|g| g.for_staff(&tz)).collect()
        }),
        health,
        visits: shown
            .map(|v| Visit {
                when: when(v.span.start_us, v.studio),
                service: practice.service(v.service).map(|s| s.name.clone()).unwrap_or_default(),
                practitioner: practice.person(v.practitioner).map(|s| s.name.clone()).unwrap_or_default(),
                studio: practice.studio(v.studio).map(|s| s.name.clone()).unwrap_or_default(),
                state: today::words(v.state),
                ahead: v.span.start_us > now_us,
            })
            .collect(),
        history: history
            .into_iter()
            .take(40)
            .map(|line| {
                let who = practice
                    .staff
                    .iter()
                    .find(|s| Some(s.id.0) == line.actor_id)
                    .map_or(line.actor, |s| s.name.clone());
                let what = done(&line.what);
                let why = line.why.map(|why| format!(": {why}")).unwrap_or_default();
                (when(line.at_us, client.studio), format!("{what}, {who}{why}"))
            })
            .collect(),
        studio: practice.studio(client.studio).map(|s| s.name.clone()).unwrap_or_default(),
        since: when(client.made_us, client.studio),
        person,
        code: client.code,
    };
    page::private(&page)
}

/// What a line of history says was done.
fn done(what: &str) -> String {
    match what {
        "made" => "Record made".to_owned(),
        "confirm" => "Visit booked".to_owned(),
        "move" => "Visit moved".to_owned(),
        "cancel" => "Visit cancelled".to_owned(),
        "check_in" => "Client here".to_owned(),
        "undo_check_in" => "Not here after all".to_owned(),
        "send_home" => "Sent home".to_owned(),
        "finish" => "Visit done".to_owned(),
        "miss_visit" => "Did not come".to_owned(),
        "come_late" => "Came late".to_owned(),
        "second_look" => "Second look".to_owned(),
        "mail_booked" => "Mailed: visit booked".to_owned(),
        "mail_moved" => "Mailed: visit moved".to_owned(),
        "mail_cancelled" => "Mailed: visit cancelled".to_owned(),
        "mail_reminder" => "Mailed: reminder".to_owned(),
        "mail_open_steps" => "Mailed to the studio: something is open".to_owned(),
        other => other.replace('_', " "),
    }
}
