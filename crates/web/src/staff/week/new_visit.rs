//! A new visit by the staff: what, when, with whom, for a client who is found or made on the way. Nothing about a client
//! goes into an address.

use axum::Extension;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::booking::{Override, Refusal as StepRefusal};
use hairline_studio::ids::{ResourceId, RoomId, ServiceId, StaffId};
use hairline_studio::permission::{self, Action, Actor, Role, Thing};
use hairline_studio::practice::{Service, Studio};
use hairline_studio::search::{Refusal as TimeRefusal, Who};
use hairline_studio::store::book::{self, Refused, Touched, Wish};
use hairline_studio::store::clients;
use hairline_studio::store::events::{self, Event};
use hairline_studio::timeline::QUARTER_US;
use hairline_studio::zone::{Policy, local_date, resolve, zone};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::view::way_back;
use super::{free, second};
use crate::App;
use crate::account::prove;
use crate::booking::dialling::dialling;
use crate::booking::once::{Once, Stopped, once};
use crate::booking::pages::{nonce, with_status};
use crate::booking::person::Person;
use crate::booking::{free as free_times, month, steps};
use crate::extract::Query;
use crate::office::{Desk, now};
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// Clients listed at once.
const MOST: i64 = 8;

/// What is filled in so far.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sent {
    key: String,
    back: String,
    studio: String,
    service: String,
    with: String,
    room: String,
    day: Option<Date>,
    /// `HH:MM`.
    time: String,
    /// The quarter hour that was pressed on: tells the two apart that the clock shows twice.
    at: Option<i64>,
    /// Words to find a client by.
    q: String,
    /// Code of the client that was found; `new`.
    client: String,
    name: String,
    email: String,
    phone: String,
    reason: String,
    second_email: String,
    second_password: String,
    second_code: String,
    /// `find`, `book`, or `at N`: a free time that was pressed.
    act: String,
}

#[derive(askama::Template)]
#[template(path = "new_visit.html")]
struct Page {
    frame: Frame,
    sent: Sent,
    studio: String,
    services: Vec<(String, String)>,
    people: Vec<(String, String)>,
    /// Free times of the day: label, quarter hour.
    times: Vec<(String, i64)>,
    found: Vec<(String, String)>,
    searched: bool,
    faults: Vec<String>,
    /// What stands against it, where somebody may go past it; and whether a second person is asked for.
    past: Option<bool>,
    back: String,
}

fn bad() -> Problem {
    Problem::new(&problem::BAD_REQUEST).detail("The form is not one of ours.")
}

fn studio<'a>(signed_in: &'a SignedIn, slug: &str) -> Result<&'a Studio, Problem> {
    let mine = signed_in.studios();
    let found = if slug.is_empty() { mine.first() } else { mine.iter().find(|s| s.slug == slug) };
    found.copied().ok_or_else(|| Problem::new(&problem::NOT_FOUND))
}

/// What can be booked at a studio by staff: every service that somebody there does.
fn services<'a>(signed_in: &'a SignedIn, studio: &Studio) -> Vec<&'a Service> {
    let practice = &signed_in.practice;
    let done = |s: &&Service| s.active && !steps::performers(practice, studio.id, s).is_empty();
    practice.services.iter().filter(done).collect()
}

/// `GET /staff/week/new`
pub async fn form(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(asked): Query<Sent>,
) -> Result<Response, Problem> {
    signed_in.must(Action::BookVisit)?;
    // Only time and place may come by an address.
    let Sent { back, studio, with, room, day, time, at, service, .. } = asked;
    let sent = Sent { key: nonce(), back, studio, with, room, day, time, at, service, ..Sent::default() };
    page::private(&drawn(&app, &signed_in, sent, Vec::new(), Vec::new())?)
}

fn drawn(
    app: &App,
    signed_in: &SignedIn,
    mut sent: Sent,
    found: Vec<(String, String)>,
    faults: Vec<String>,
) -> Result<Page, Problem> {
    let practice = &signed_in.practice;
    let studio = studio(signed_in, &sent.studio)?;
    sent.studio.clone_from(&studio.slug);
    let tz = zone(&studio.zone).unwrap_or(TimeZone::UTC);
    sent.day = sent.day.or_else(|| Some(local_date(&tz, now())));
    if let Some(at) = sent.at.filter(|_| sent.time.is_empty()) {
        let at = free::instant(at.saturating_mul(QUARTER_US));
        sent.time = tz.to_datetime(at).strftime("%H:%M").to_string();
        sent.day = Some(local_date(&tz, at));
    }
    let all = services(signed_in, studio);
    let with: Option<StaffId> = sent.with.parse().ok();
    let does = |s: &&&Service| with.is_none_or(|id| s.staff.contains(&id));
    let chosen = all.iter().find(|s| s.id.to_string() == sent.service).or(all.iter().find(does));
    sent.service = chosen.map(|s| s.id.to_string()).unwrap_or_default();
    let people = practice.practitioners(studio.id);
    let times = match (chosen, sent.day) {
        (Some(service), Some(day)) => times(signed_in, studio, service, with, day),
        _ => Vec::new(),
    };
    sent.second_password.clear();
    Ok(Page {
        frame: Frame::new(app, "/staff/week", "New visit").hidden().staff(&signed_in.person.name),
        studio: studio.name.clone(),
        services: all.iter().map(|s| (s.id.to_string(), format!("{}, {} min", s.name, s.minutes))).collect(),
        people: people.iter().map(|p| (p.id.to_string(), p.name.clone())).collect(),
        times,
        searched: sent.act == "find",
        found,
        faults,
        past: None,
        back: way_back(&sent.back),
        sent,
    })
}

/// The free times of a day.
fn times(
    signed_in: &SignedIn,
    studio: &Studio,
    service: &Service,
    with: Option<StaffId>,
    day: Date,
) -> Vec<(String, i64)> {
    let shown = signed_in.office.live().shown();
    let service = free::of_staff(&shown.board, &shown.practice, service.id, None);
    let Some(service) = service else { return Vec::new() };
    let who = with.map_or(Who::Studio(studio.id), |id| Who::One(id.into()));
    let at = Some(studio.id);
    let asked = free_times::Asked { service: &service, who, at, from: day, to: day, now: now(), own: &[] };
    let lines = free_times::lines(shown.board.world(), &asked).unwrap_or_default();
    let quarter = |at: Timestamp| at.as_microsecond().div_euclid(QUARTER_US);
    month::times(&lines, day).into_iter().map(|t| (t.label, quarter(t.start))).collect()
}

/// `POST /staff/week/new`: finds a client, takes a time, or books.
pub async fn book(
    State(app): State<App>,
    signed_in: SignedIn,
    Extension(client): Extension<crate::layers::client::Client>,
    Form(mut sent): Form<Sent>,
) -> Result<Response, Problem> {
    signed_in.must(Action::BookVisit)?;
    if let Some(at) = sent.act.strip_prefix("at ") {
        sent.at = Some(at.parse().map_err(|_| bad())?);
        sent.time.clear();
        return page::private(&drawn(&app, &signed_in, sent, Vec::new(), Vec::new())?);
    }
    let found = find(&signed_in, &sent).await?;
    if sent.act != "book" {
        return page::private(&drawn(&app, &signed_in, sent, found, Vec::new())?);
    }
    let here = studio(&signed_in, &sent.studio)?.clone();
    let (wish, who) = match wished(&signed_in, &here, &sent) {
        Ok(wished) => wished,
        Err(faults) => {
            let page = drawn(&app, &signed_in, sent, found, faults)?;
            return with_status(StatusCode::UNPROCESSABLE_ENTITY, page::private(&page));
        }
    };
    let reason = sent.reason.trim().to_owned();
    let mut agreed = None;
    if !sent.second_email.trim().is_empty() {
        let (password, code) =
            (std::mem::take(&mut sent.second_password), std::mem::take(&mut sent.second_code));
        let typed = second::Typed { email: &sent.second_email, password: &password, code: &code };
        agreed = second::agrees(&app, &signed_in, &client, typed).await?;
        if agreed.is_none() {
            let fault = vec![second::WRONG.to_owned()];
            let page = Page { past: Some(true), ..drawn(&app, &signed_in, sent, found, fault)? };
            return with_status(StatusCode::UNPROCESSABLE_ENTITY, page::private(&page));
        }
    }
    let past = (!reason.is_empty()).then_some(Override { reason, second: agreed });
    // Who goes past a rule shows once more who they are.
    if past.is_some() && !signed_in.is_fresh() {
        let day = sent.day.map(|day| day.to_string()).unwrap_or_default();
        let Sent { studio, service, with, time, .. } = &sent;
        return Ok(prove::lead(&format!(
            "/staff/week/new?studio={studio}&service={service}&with={with}&day={day}&time={time}"
        )));
    }
    let actor = signed_in.actor.clone();
    let key = Once::new(&format!("visit-{}", sent.key), "POST /staff/week/new", &sent);
    let country = here.country.clone();
    let done = once(&signed_in.office, &key, 200, move |desk| {
        made(desk, &actor, &wish, &who, &country, past.as_ref())
    });
    match done.await {
        Ok(code) => {
            let back = way_back(&sent.back);
            let sign = if back.contains('?') { '&' } else { '?' };
            Ok(Redirect::to(&format!("{back}{sign}made={code}#visit-{code}")).into_response())
        }
        Err(stopped) => {
            let (faults, past) = told(&signed_in, &here, stopped)?;
            sent.key = nonce();
            let page = Page { past, ..drawn(&app, &signed_in, sent, found, faults)? };
            with_status(StatusCode::CONFLICT, page::private(&page))
        }
    }
}

/// Clients by the words typed.
async fn find(signed_in: &SignedIn, sent: &Sent) -> Result<Vec<(String, String)>, Problem> {
    let typed: String = sent.q.trim().chars().take(100).collect();
    if typed.is_empty() {
        return Ok(Vec::new());
    }
    signed_in.must(Action::FindClients)?;
    let studios =
        (signed_in.actor.role != Role::Owner).then(|| signed_in.actor.studios_for(Action::FindClients));
    let country = dialling(&studio(signed_in, &sent.studio)?.country);
    let found = signed_in
        .office
        .read(move |desk| clients::find(desk.tx, desk.vault, &typed, country, studios.as_deref(), MOST))
        .await?;
    let line = |c: clients::Client| {
        let person = c.person?;
        Some((c.code, format!("{}, {}", person.name, person.email)))
    };
    Ok(found.into_iter().filter_map(line).collect())
}

/// For whom.
#[derive(Clone)]
enum Client {
    Known(String),
    New(Person),
}

fn wished(signed_in: &SignedIn, studio: &Studio, sent: &Sent) -> Result<(Wish, Client), Vec<String>> {
    let mut faults = Vec::new();
    let service: Option<ServiceId> = sent.service.parse().ok();
    let service = service.and_then(|id| signed_in.practice.service(id));
    let start = start(studio, sent).map_err(|fault| faults.push(fault)).ok();
    let client = match sent.client.as_str() {
        "new" => {
            let Sent { name, email, phone, .. } = sent.clone();
            let person = Person { name, email, phone }.trimmed();
            faults.extend(person.faults(&studio.country).into_iter().map(|f| f.detail));
            Some(Client::New(person))
        }
        "" => {
            faults.push("Find the client, or fill in who is new.".to_owned());
            None
        }
        code => Some(Client::Known(code.to_owned())),
    };
    let (Some(service), Some(start), Some(client), true) = (service, start, client, faults.is_empty()) else {
        return Err(faults);
    };
    let practitioner = match sent.with.parse().ok() {
        Some(id) => id,
        None => {
            let wanted = steps::Wanted { studio: studio.id, service: service.id, practitioner: None, start };
            match steps::free_at(&signed_in.office, wanted, None, &[]).first() {
                Some(id) => *id,
                None => return Err(vec!["Nobody here does this.".to_owned()]),
            }
        }
    };
    let room: Option<RoomId> = sent.room.parse().ok().map(|id: ResourceId| RoomId(id.0));
    let fits = |id: &RoomId| {
        signed_in.practice.room(*id).is_some_and(|r| service.room_class.as_ref() == Some(&r.class))
    };
    let room = room.filter(fits);
    Ok((Wish { studio: studio.id, service: service.id, practitioner, start, room }, client))
}

/// The instant that was typed.
fn start(studio: &Studio, sent: &Sent) -> Result<Timestamp, String> {
    let tz = zone(&studio.zone).unwrap_or(TimeZone::UTC);
    let time: Time = sent.time.parse().map_err(|_| "Please give the time, such as 10:15.".to_owned())?;
    let day = sent.day.ok_or_else(|| "Please give the day.".to_owned())?;
    let wall = day.to_datetime(time);
    if let Some(at) = sent.at.map(|at| free::instant(at.saturating_mul(QUARTER_US)))
        && tz.to_datetime(at) == wall
    {
        return Ok(at);
    }
    resolve(&tz, wall, Policy::Reject).map_err(|e| format!("{e}."))
}

/// Makes the visit, and the client where they are new; gives its code.
fn made(
    desk: &mut Desk<'_, '_>,
    actor: &Actor,
    wish: &Wish,
    who: &Client,
    country: &str,
    past: Option<&Override>,
) -> Result<(String, Touched), Stopped> {
    let Desk { tx, practice, vault, fresh } = desk;
    let client = match who {
        Client::Known(code) => clients::by_code(tx, vault, code)?.ok_or(Refused::NotFound("client"))?,
        Client::New(Person { name, email, phone }) => {
            let (name, email, phone) = (name.clone(), email.clone(), phone.clone());
            let record = clients::Person { name, email, phone, ..clients::Person::default() };
            let client = clients::add(tx, vault, wish.studio, &record, dialling(country), fresh)?;
            let (studio, thing_id) = (Some(wish.studio), client.id.0);
            let made = Event { studio, thing: "client", thing_id, what: "made", why: None, sealed: None };
            events::add(tx, fresh.id(), &events::Who::Person(actor.clone()), &made, fresh.now_us())?;
            client
        }
    };
    let thing = Thing {
        chain: practice.chain.id,
        studio: Some(client.studio),
        client: Some(client.id),
        course_studios: book::course_studios(tx, client.id)?,
        practitioner: None,
    };
    permission::allowed(actor, Action::SeeClient, &thing).map_err(|_| Refused::NotFound("client"))?;
    let at = book::Desk { practice, vault, actor };
    let booked = book::book(tx, at, wish, client.id, None, past, fresh)?;
    Ok((booked.appointment.code, booked.touched))
}

/// A refusal in words, and whether somebody may go past it (with a second person, or without).
fn told(
    signed_in: &SignedIn,
    studio: &Studio,
    stopped: Stopped,
) -> Result<(Vec<String>, Option<bool>), Problem> {
    let thing = Thing {
        chain: signed_in.actor.chain,
        studio: Some(studio.id),
        client: None,
        course_studios: Vec::new(),
        practitioner: None,
    };
    let may = permission::allowed(&signed_in.actor, Action::OverrideRule, &thing).is_ok();
    let tz = zone(&studio.zone).unwrap_or(TimeZone::UTC);
    match stopped {
        Stopped::Refused(Refused::Step(StepRefusal::Gates { gates })) => {
            let final_ = gates.iter().any(|gate| !gate.override_allowed);
            Ok((signed_in.open_words(&gates, studio.id, &tz), (may && !final_).then_some(true)))
        }
        Stopped::Refused(Refused::Step(StepRefusal::NoSecondPerson)) => {
            let fault = "Going past this needs a second person of the studio, who is not you.";
            Ok((vec![fault.to_owned()], Some(true)))
        }
        Stopped::Refused(Refused::Step(StepRefusal::NoReason)) => {
            Ok((vec!["Please say why; the reason goes on record.".to_owned()], Some(false)))
        }
        Stopped::Refused(Refused::Time(why)) => {
            let taken = matches!(
                why,
                TimeRefusal::Taken
                    | TimeRefusal::NoRoom
                    | TimeRefusal::WrongPractitioner { .. }
                    | TimeRefusal::Unanswered(_)
            );
            let problem = Problem::from(Refused::Time(why));
            let said = problem.said().unwrap_or(problem.kind().title).to_owned();
            Ok((vec![said], (may && !taken).then_some(false)))
        }
        other => Err(other.into()),
    }
}
