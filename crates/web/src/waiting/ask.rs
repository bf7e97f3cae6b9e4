//! Asking to be told: which service, with whom, on which days and at which times.

use axum::extract::{Path, RawForm, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::booking::State as VisitState;
use hairline_studio::ids::{ServiceId, StaffId};
use hairline_studio::practice::{Practice, Service, Studio};
use hairline_studio::store::book::Touched;
use hairline_studio::store::events::Who;
use hairline_studio::store::waiting::{self, Asked, Entry, Wanted};
use hairline_studio::store::{self, clients};
use serde::Deserialize;

use super::{DAYS, PARTS};
use crate::App;
use crate::booking::dialling::dialling;
use crate::booking::once::{Once, once};
use crate::booking::pages::{nonce, with_status};
use crate::booking::person::Person;
use crate::booking::{steps, visit};
use crate::extract::Query;
use crate::office::now;
use crate::page::{self, Frame};
use crate::problem::{self, FieldError, Problem};

/// Most wishes of one e-mail address that are open at once: assumption.
const MOST_OPEN: i64 = 5;

/// What was chosen before.
#[derive(Default, Deserialize)]
pub struct Chosen {
    #[serde(default)]
    studio: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    with: String,
}

#[derive(askama::Template)]
#[template(path = "waiting_new.html")]
struct Page {
    frame: Frame,
    /// Where the form goes, and the step before.
    action: String,
    back: String,
    what: String,
    /// What is asked of a visit: an earlier time than this.
    earlier_than: Option<String>,
    hidden: Vec<(&'static str, String)>,
    /// Practitioners: id, name, whether chosen.
    people: Vec<(String, String, bool)>,
    days: Vec<(usize, &'static str, bool)>,
    parts: Vec<(&'static str, &'static str, bool)>,
    person: Option<Person>,
    faults: Vec<FieldError>,
}

impl Page {
    fn fault(&self, name: &str) -> Option<&str> {
        let of = |f: &&FieldError| f.pointer.rsplit('/').next() == Some(name);
        self.faults.iter().find(of).map(|f| f.detail.as_str())
    }
}

/// What the form sends; a box that is not ticked is not sent.
#[derive(Default)]
struct Sent {
    chosen: Chosen,
    days: [bool; 7],
    part: String,
    person: Person,
    /// Pressed twice is asked once.
    key: String,
}

fn read(body: &[u8]) -> Sent {
    let mut sent = Sent::default();
    for (name, value) in form_pairs(body) {
        match name.as_str() {
            "studio" => sent.chosen.studio = value,
            "service" => sent.chosen.service = value,
            "with" => sent.chosen.with = value,
            "part" => sent.part = value,
            "key" => sent.key = value,
            "name" => sent.person.name = value,
            "email" => sent.person.email = value,
            "phone" => sent.person.phone = value,
            "day" => {
                let day = value.parse().ok().and_then(|n: usize| sent.days.get_mut(n));
                if let Some(day) = day {
                    *day = true;
                }
            }
            _ => {}
        }
    }
    sent
}

fn form_pairs(body: &[u8]) -> Vec<(String, String)> {
    let parsed = axum::extract::Query::<Vec<(String, String)>>::try_from_uri;
    let query = String::from_utf8_lossy(body);
    // The same writing as behind a question mark.
    let uri = format!("/?{query}").parse();
    uri.ok().and_then(|uri| parsed(&uri).ok()).map(|axum::extract::Query(pairs)| pairs).unwrap_or_default()
}

fn wanted(sent: &Sent) -> Result<Wanted, FieldError> {
    if !sent.days.iter().any(|day| *day) {
        let detail = "Please tick at least one day.".to_owned();
        return Err(FieldError { pointer: "/days".to_owned(), detail });
    }
    let part = PARTS.iter().find(|p| p.0 == sent.part).unwrap_or(&PARTS[0]);
    Ok(Wanted { days: sent.days, from_min: part.2, to_min: part.3 })
}

fn days(ticked: [bool; 7]) -> Vec<(usize, &'static str, bool)> {
    DAYS.iter().zip(ticked).enumerate().map(|(i, (day, on))| (i, *day, on)).collect()
}

fn parts(chosen: &str) -> Vec<(&'static str, &'static str, bool)> {
    let known = PARTS.iter().any(|p| p.0 == chosen);
    PARTS.iter().map(|p| (p.0, p.1, p.0 == chosen || (!known && p.0 == "any"))).collect()
}

fn people(
    practice: &Practice,
    studio: &Studio,
    service: &Service,
    with: Option<StaffId>,
) -> Vec<(String, String, bool)> {
    let mut people = vec![(String::new(), "Anyone".to_owned(), with.is_none())];
    for id in steps::performers(practice, studio.id, service) {
        people.push((id.to_string(), visit::practitioner(practice, id).name, with == Some(id)));
    }
    people
}

fn not_found() -> Problem {
    Problem::new(&problem::NOT_FOUND)
}

/// Studio, service and practitioner of what was chosen, where a visitor can book it.
fn chosen<'a>(practice: &'a Practice, chosen: &Chosen) -> Option<(&'a Studio, &'a Service, Option<StaffId>)> {
    let studio = practice.studio_named(&chosen.studio).filter(|s| s.active)?;
    let id: ServiceId = chosen.service.parse().ok()?;
    let service = steps::services_of(practice, studio.id).into_iter().find(|s| s.id == id)?;
    let open = steps::first_needed(practice, service, steps::next_week(now()), now()).is_empty();
    let performers = steps::performers(practice, studio.id, service);
    let with = chosen.with.parse().ok().filter(|id| performers.contains(id));
    open.then_some((studio, service, with))
}

fn new_page(app: &App, practice: &Practice, sent: Sent, faults: Vec<FieldError>) -> Result<Page, Problem> {
    let (studio, service, with) = chosen(practice, &sent.chosen).ok_or_else(not_found)?;
    Ok(Page {
        frame: Frame::new(app, "/book", "Be told when a time is free").hidden(),
        action: "/waiting/new".to_owned(),
        back: format!("/book?studio={}&service={}", studio.slug, service.id),
        what: format!("{} at {}", service.name, studio.name),
        earlier_than: None,
        hidden: vec![("studio", studio.slug.clone()), ("service", service.id.to_string()), ("key", nonce())],
        people: people(practice, studio, service, with),
        days: days(sent.days),
        parts: parts(&sent.part),
        person: Some(sent.person),
        faults,
    })
}

/// `GET /waiting/new`
pub async fn form(State(app): State<App>, Query(chosen): Query<Chosen>) -> Result<Response, Problem> {
    let sent = Sent { chosen, days: [true; 7], ..Sent::default() };
    page::private(&new_page(&app, &app.office()?.practice(), sent, Vec::new())?)
}

/// `POST /waiting/new`: a visitor gets a record of their own, as when booking.
pub async fn submit(State(app): State<App>, RawForm(body): RawForm) -> Result<Response, Problem> {
    let office = app.office()?;
    let practice = office.practice();
    let mut sent = read(&body);
    sent.person = sent.person.trimmed();
    let (studio, service, with) = chosen(&practice, &sent.chosen).ok_or_else(not_found)?;
    let mut faults = sent.person.faults(&studio.country);
    let wanted = match (wanted(&sent), faults.is_empty()) {
        (Ok(wanted), true) => wanted,
        (wanted, _) => {
            faults.extend(wanted.err());
            let page = new_page(&app, &practice, sent, faults)?;
            return with_status(StatusCode::UNPROCESSABLE_ENTITY, page::private(&page));
        }
    };
    let email = sent.person.email.clone();
    let open: Result<i64, store::Error> =
        office.read(move |desk| waiting::open_of_email(desk.tx, desk.vault, &email)).await;
    if open? >= MOST_OPEN {
        let detail = format!("You wait for {MOST_OPEN} things already; end one of them by its page first.");
        faults.push(FieldError { pointer: "/email".to_owned(), detail });
        let page = new_page(&app, &practice, sent, faults)?;
        return with_status(StatusCode::UNPROCESSABLE_ENTITY, page::private(&page));
    }
    let (studio, service, country) = (studio.id, service.id, studio.country.clone());
    // Without a key of its own one form would be taken for another.
    if sent.key.len() < 16 {
        return Err(Problem::new(&problem::BAD_REQUEST).detail("The form is not one of ours."));
    }
    let asked = (studio, service, with, &wanted, &sent.person);
    let key = Once::new(&format!("wait-{}", sent.key), "POST /waiting", &asked);
    let Person { name, email, phone } = sent.person;
    let record = clients::Person { name, email, phone, ..clients::Person::default() };
    let code = once(office, &key, 303, move |desk| {
        let (fresh, way) = (&mut desk.fresh, dialling(&country));
        let client = clients::add(desk.tx, desk.vault, studio, &record, way, fresh)?.id;
        let wanted = wanted.clone();
        let asked = Asked { studio, client, service, practitioner: with, visit: None, wanted };
        let entry = waiting::add(desk.tx, &asked, &mut desk.fresh)?;
        super::line(desk, &entry, "wait", &Who::Visitor)?;
        Ok((entry.code, Touched::default()))
    });
    let code: String = code.await?;
    Ok(Redirect::to(&format!("/waiting/{code}")).into_response())
}

/// The visit of a code that can come earlier.
async fn movable(
    app: &App,
    typed: &str,
) -> Result<(visit::Visit, store::appointments::Appointment), Problem> {
    let code = visit::code(typed).ok_or_else(not_found)?;
    let (told, visit) = app.office()?.read(move |desk| steps::see_at(desk, &code)).await?;
    if visit.state != VisitState::Booked || visit.span.start_us <= now().as_microsecond() {
        return Err(not_found());
    }
    Ok((told, visit))
}

fn earlier_page(
    app: &App,
    practice: &Practice,
    told: &visit::Visit,
    of: &store::appointments::Appointment,
    sent: &Sent,
    faults: Vec<FieldError>,
) -> Result<Page, Problem> {
    let studio = practice.studio(of.studio).ok_or_else(not_found)?;
    let service = practice.service(of.service).ok_or_else(not_found)?;
    let with = sent.chosen.with.parse().ok();
    Ok(Page {
        frame: Frame::new(app, "/visit", "Be told of an earlier time").hidden(),
        action: format!("/visit/{}/earlier", told.code),
        back: format!("/visit/{}", told.code),
        what: format!("{} at {}", service.name, studio.name),
        earlier_than: Some(crate::booking::pages::when(told)),
        hidden: Vec::new(),
        people: people(practice, studio, service, with),
        days: days(sent.days),
        parts: parts(&sent.part),
        person: None,
        faults,
    })
}

/// `GET /visit/{code}/earlier`
pub async fn earlier(State(app): State<App>, Path(typed): Path<String>) -> Result<Response, Problem> {
    let (told, of) = movable(&app, &typed).await?;
    let office = app.office()?;
    let id = of.id;
    let there: Option<Entry> = office.read(move |desk| waiting::of_visit(desk.tx, id)).await?;
    if let Some(entry) = there {
        return Ok(Redirect::to(&format!("/waiting/{}", entry.code)).into_response());
    }
    let with = of.practitioner.to_string();
    let sent = Sent { chosen: Chosen { with, ..Chosen::default() }, days: [true; 7], ..Sent::default() };
    page::private(&earlier_page(&app, &office.practice(), &told, &of, &sent, Vec::new())?)
}

/// `POST /visit/{code}/earlier`
pub async fn submit_earlier(
    State(app): State<App>,
    Path(typed): Path<String>,
    RawForm(body): RawForm,
) -> Result<Response, Problem> {
    let (told, of) = movable(&app, &typed).await?;
    let office = app.office()?;
    let practice = office.practice();
    let sent = read(&body);
    let wanted = match wanted(&sent) {
        Ok(wanted) => wanted,
        Err(fault) => {
            let page = earlier_page(&app, &practice, &told, &of, &sent, vec![fault])?;
            return with_status(StatusCode::UNPROCESSABLE_ENTITY, page::private(&page));
        }
    };
    let client = of.client.ok_or_else(not_found)?;
    let service = practice.service(of.service).ok_or_else(not_found)?;
    let performers = steps::performers(&practice, of.studio, service);
    let practitioner = sent.chosen.with.parse().ok().filter(|id| performers.contains(id));
    let (studio, service, visit) = (of.studio, of.service, Some(of.id));
    let entry = office
        .write(move |desk| {
            // Pressed twice is asked once.
            if let Some(entry) = waiting::of_visit(desk.tx, of.id)? {
                return Ok::<Entry, store::Error>(entry);
            }
            let asked = Asked { studio, client, service, practitioner, visit, wanted };
            let entry = waiting::add(desk.tx, &asked, &mut desk.fresh)?;
            let who = Who::Person(visit::bearer(desk.practice, client));
            super::line(desk, &entry, "wait", &who)?;
            Ok(entry)
        })
        .await?;
    Ok(Redirect::to(&format!("/waiting/{}", entry.code)).into_response())
}
