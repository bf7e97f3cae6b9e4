//! The pages of booking: choose place and service, choose a time, say who you are, done. No script is needed; every form
//! leads to a page by a redirect, so that reloading and pressing twice do nothing twice.

use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use hairline_studio::booking::State as Step;
use hairline_studio::ids::{ServiceId, StaffId};
use hairline_studio::practice::{Practice, Service, Studio};
use hairline_studio::search::Own;
use hairline_studio::zone::{local_date, plus_days, zone};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::month::{self, Month, Part};
use super::once::{Once, Stopped, once};
use super::person::Person;
use super::steps::{self, Visitor, Wanted};
use super::visit::{self, Visit};
use crate::extract::Query;
use crate::layers::client::Client;
use crate::office::{Office, now};
use crate::page::{self, Frame};
use crate::problem::{self, FieldError, Problem};
use crate::public::nearest;
use crate::public::view::{self, Public};
use crate::{App, cookie};
use hairline_studio::seal::system_random;
use hairline_studio::token;

/// Cookie by which a browser that keeps a time is known again, for an hour; nothing else is kept of it.
const BROWSER: &str = "visitor";
const BROWSER_LIFE_S: u32 = 3600;

/// The pages of booking and of one's visit.
pub fn router() -> Router<App> {
    Router::new()
        .route("/book", get(choose).post(hold))
        .route("/book/{code}", get(who).post(confirm))
        .route("/book/{code}/release", post(release))
        .merge(super::manage::router())
}

/// What has been chosen so far. Unknown parameters are ignored: links from elsewhere carry some of their own.
#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    studio: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    with: String,
    #[serde(default)]
    month: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    near: String,
    #[serde(default)]
    sort: String,
}

/// Step 1: where.
#[derive(askama::Template)]
#[template(path = "book_place.html")]
struct Place<'a> {
    frame: Frame,
    near: &'a str,
    unknown: bool,
    found: Option<nearest::Found<'a>>,
    public: &'a Public,
}

/// Step 1: what.
#[derive(askama::Template)]
#[template(path = "book_service.html")]
struct What<'a> {
    frame: Frame,
    studio: &'a Studio,
    services: Vec<Offered>,
}

struct Offered {
    id: ServiceId,
    shown: view::Service,
    first: Vec<String>,
}

/// Step 2, and the choice of another time for a visit.
#[derive(askama::Template)]
#[template(path = "book_time.html")]
pub struct Times {
    frame: Frame,
    /// What was refused, if that is why the page is shown.
    pub refused: Option<String>,
    /// Times near the refused one: label, button.
    pub best: Vec<(String, String)>,
    /// Heading.
    heading: String,
    /// `Consultation at Chiado, 45 min`.
    what: String,
    /// Address of the page and the query that keeps what was chosen, to which month, day and practitioner are added.
    here: String,
    /// Where the form goes.
    action: String,
    hidden: Vec<(&'static str, String)>,
    /// What else decides about the day.
    note: Option<String>,
    people: Vec<(String, String, bool)>,
    with: String,
    month: Month,
    chosen: Option<String>,
    parts: Vec<Part>,
    practitioner: Option<StaffId>,
    zone: String,
    /// The first free day of all, where the month has none.
    first: Option<(String, String)>,
    /// Address of the step before.
    back: String,
    /// Where one asks to be told when a time frees.
    tell: Option<String>,
}

/// What a page of times is for.
pub struct TimesFor<'a> {
    /// The studio.
    pub studio: &'a Studio,
    /// The service.
    pub service: &'a Service,
    /// Practitioner, month and day as asked for.
    pub asked: (&'a str, &'a str, &'a str),
    /// What the visit that moves has taken itself.
    pub own: Vec<Own>,
    /// The first and the last day on which it can be, where the other sessions of its course say so.
    pub within: Option<(Date, Date)>,
    /// Heading, address of the page, where the form goes, what it carries, the step before.
    pub heading: String,
    /// Address of the page with a query to which more is added.
    pub here: String,
    /// Where the form goes.
    pub action: String,
    /// What the form carries.
    pub hidden: Vec<(&'static str, String)>,
    /// Address of the step before.
    pub back: String,
}

/// A random key for the forms of one page.
pub fn nonce() -> String {
    let mut rng = hairline_studio::seal::system_random();
    hairline_studio::ids::Fresh::new(now(), &mut rng).code()
}

/// The month, the day and the times that are free.
///
/// # Errors
/// Where what is free is not known.
pub fn times(app: &App, office: &Office, practice: &Practice, of: TimesFor<'_>) -> Result<Times, Problem> {
    let TimesFor { studio, service, asked: (with, month, day), own, within, .. } = of;
    let performers = steps::performers(practice, studio.id, service);
    let practitioner = with.parse().ok().filter(|id| performers.contains(id));
    let tz = zone(&studio.zone).unwrap_or(TimeZone::UTC);
    let today = local_date(&tz, now());
    let spoken = |date: Date| date.strftime("%A %-d %B").to_string();
    let all = (today, plus_days(today, i64::from(service.horizon_days)));
    let bookable = within.map_or(all, |(first, last)| (first.max(all.0), last.min(all.1)));
    let lines = match bookable.0 <= bookable.1 {
        true => steps::free_lines(office, service.id, studio.id, practitioner, bookable, &own)?,
        false => Vec::new(),
    };
    let bookable = (bookable.0.min(all.1), bookable.1.max(bookable.0).min(all.1));
    let first = month::first_free(&lines);
    let day: Option<Date> = day.parse().ok();
    let typed: Option<Date> = format!("{month}-01").parse().ok();
    let shown = day.or(typed).or(first).unwrap_or(today).clamp(bookable.0, bookable.1);
    let in_month = |date: &Date| (date.year(), date.month()) == (shown.year(), shown.month());
    let free_days = lines.iter().flat_map(|line| &line.days).map(|day| day.date);
    let chosen = day.filter(in_month).or_else(|| free_days.filter(in_month).min());
    let none_here = chosen.is_none_or(|day| month::times(&lines, day).is_empty());
    let mut people = vec![("Anyone".to_owned(), String::new(), practitioner.is_none())];
    for id in &performers {
        people.push((visit::practitioner(practice, *id).name, id.to_string(), practitioner == Some(*id)));
    }
    Ok(Times {
        frame: Frame::new(app, "/book", &of.heading).hidden(),
        refused: None,
        best: Vec::new(),
        heading: of.heading,
        what: format!("{} at {}, {}", service.name, studio.name, priced(practice, service, studio).length()),
        here: of.here,
        hidden: of.hidden,
        note: within.map(|_| {
            let between = format!("from {} to {}", spoken(bookable.0), spoken(bookable.1));
            let when = if lines.is_empty() { "on no other day" } else { between.as_str() };
            format!("The sessions of your course keep their distance from each other: this one can be {when}. For another day call the studio, which moves the sessions after it too.")
        }),
        people: if performers.len() > 1 { people } else { Vec::new() },
        with: practitioner.map(|id| id.to_string()).unwrap_or_default(),
        month: month::month(&lines, shown, chosen, bookable),
        parts: chosen.map(|day| month::parts(month::times(&lines, day))).unwrap_or_default(),
        chosen: chosen.map(spoken),
        practitioner,
        zone: studio.zone.clone(),
        first: first.filter(|_| none_here).map(|day| (day.to_string(), spoken(day))),
        back: of.back,
        tell: (of.action == "/book")
            .then(|| format!("/waiting/new?studio={}&service={}", studio.slug, service.id)),
        action: of.action,
    })
}

impl Times {
    /// With what was refused and the nearest times instead.
    pub fn refused(mut self, office: &Office, problem: &Problem, wanted: Wanted, own: &[Own]) -> Times {
        let practice = office.practice();
        let found = steps::next_best(office, wanted, own);
        let tz = zone(&self.zone).unwrap_or(TimeZone::UTC);
        let here = |offer: &&hairline_studio::search::Offer| offer.studio == wanted.studio;
        for offer in found.same.iter().filter(here).take(4).chain(found.others.iter().filter(here).take(4)) {
            let id = StaffId(offer.practitioner.0);
            let wall = tz.to_datetime(offer.start).strftime("%A %-d %B, %H:%M").to_string();
            let label = format!("{wall} with {}", visit::practitioner(&practice, id).name);
            self.best.push((label, month::pick(offer.start, Some(id))));
        }
        self.refused = Some(problem.said().unwrap_or(problem.kind().title).to_owned());
        self
    }
}

/// A service as the public reads its price and length.
pub fn priced(practice: &Practice, service: &Service, studio: &Studio) -> view::Service {
    view::Service {
        id: service.id.to_string(),
        name: service.name.clone(),
        about: service.about.clone(),
        minutes: service.minutes,
        price_minor: practice.price_minor(studio.id, service),
        currency: studio.currency.clone(),
    }
}

pub use crate::page::with_status;

fn found<'a>(practice: &'a Practice, studio: &str, service: &str) -> Option<(&'a Studio, &'a Service)> {
    let studio = practice.studio_named(studio).filter(|s| s.active)?;
    let id: ServiceId = service.parse().ok()?;
    let service = steps::services_of(practice, studio.id).into_iter().find(|s| s.id == id)?;
    Some((studio, service))
}

/// The page of times; none where no studio or service is asked for that is there.
fn booking_times(
    app: &App,
    office: &Office,
    practice: &Practice,
    asked: &Asked,
) -> Result<Option<Times>, Problem> {
    let Some((studio, service)) = found(practice, &asked.studio, &asked.service) else { return Ok(None) };
    let of = TimesFor {
        studio,
        service,
        asked: (&asked.with, &asked.month, &asked.day),
        own: Vec::new(),
        within: None,
        heading: "When suits you?".to_owned(),
        here: format!("/book?studio={}&service={}", studio.slug, service.id),
        action: "/book".to_owned(),
        hidden: vec![("studio", studio.slug.clone()), ("service", service.id.to_string()), ("key", nonce())],
        back: format!("/book?studio={}", studio.slug),
    };
    times(app, office, practice, of).map(Some)
}

/// `/book`: where, what, when, by what is known already.
async fn choose(State(app): State<App>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let office = app.office()?;
    let practice = office.practice();
    if let Some(times) = booking_times(&app, office, &practice, &asked)? {
        return page::private(&times);
    }
    let mut open = practice.studios.iter().filter(|s| s.active);
    let only = match (open.next(), open.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    };
    if let Some(studio) = practice.studio_named(&asked.studio).filter(|s| s.active).or(only) {
        let tz = zone(&studio.zone).unwrap_or(TimeZone::UTC);
        let services = steps::services_of(&practice, studio.id).into_iter().map(|service| Offered {
            id: service.id,
            shown: priced(&practice, service, studio),
            first: steps::first_needed(&practice, service, steps::next_week(now()), now())
                .iter()
                .map(|gate| gate.for_client(&tz))
                .collect(),
        });
        let frame = Frame::new(&app, "/book", "Book a visit").hidden();
        return page::private(&What { frame, studio, services: services.collect() });
    }
    let public = app.public();
    let near: String = asked.near.trim().chars().take(100).collect();
    let found = nearest::asked(&app, &near, &public.studios, &asked.sort);
    page::private(&Place {
        frame: Frame::new(&app, "/book", "Book a visit")
            .description(
                "The studios near you, when the first time is free at each, and a booking in four steps.",
            )
            .script(crate::assets::NEAR_JS),
        unknown: !near.is_empty() && found.is_none(),
        near: &near,
        found,
        public: &public,
    })
}

#[derive(Deserialize)]
struct Pick {
    studio: String,
    service: String,
    key: String,
    pick: String,
}

/// Keeps the time of the button that was pressed.
async fn hold(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(form): Form<Pick>,
) -> Result<Response, Problem> {
    let office = app.office()?;
    let practice = office.practice();
    let bad = || Problem::new(&problem::BAD_REQUEST).detail("The form is not one of ours.");
    let (studio, service) = found(&practice, &form.studio, &form.service).ok_or_else(bad)?;
    let (start, practitioner) = month::picked(&form.pick).ok_or_else(bad)?;
    let wanted = Wanted { studio: studio.id, service: service.id, practitioner, start };
    let key = Once::of_button(&form.key, &form.pick);
    let known = cookie::get(&headers, BROWSER, client.https).map(str::to_owned);
    let browser = known.clone().unwrap_or_else(|| token::new(&mut system_random()).to_string());
    match steps::hold(office, &key, wanted, &Visitor::new(client.address, Some(browser.clone()))).await {
        Ok(held) => {
            let mut response = Redirect::to(&format!("/book/{}", held.code)).into_response();
            if known.is_none()
                && let Some(cookie) = cookie::set(BROWSER, &browser, BROWSER_LIFE_S, client.https)
            {
                response.headers_mut().insert(SET_COOKIE, cookie);
            }
            Ok(response)
        }
        Err(stopped) => {
            let problem = Problem::from(stopped);
            if problem.kind() != &problem::TIME_NOT_OFFERED {
                return Err(problem);
            }
            let tz = zone(&studio.zone).unwrap_or(TimeZone::UTC);
            let asked = Asked {
                studio: form.studio.clone(),
                service: form.service.clone(),
                with: practitioner.map(|id| id.to_string()).unwrap_or_default(),
                day: local_date(&tz, start).to_string(),
                ..Asked::default()
            };
            let page = booking_times(&app, office, &practice, &asked)?.ok_or_else(bad)?;
            let page = page.refused(office, &problem, wanted, &[]);
            with_status(problem.kind().status(), page::private(&page))
        }
    }
}

/// Step 3: who you are.
#[derive(askama::Template)]
#[template(path = "book_who.html")]
struct Who {
    frame: Frame,
    visit: Visit,
    /// The day and time at the studio.
    when: String,
    /// Until when the time is kept, by the clock at the studio.
    until: String,
    minutes: i64,
    person: Person,
    faults: Vec<FieldError>,
}

impl Who {
    fn fault(&self, name: &str) -> Option<&str> {
        let of = |f: &&FieldError| f.pointer.rsplit('/').next() == Some(name);
        self.faults.iter().find(of).map(|f| f.detail.as_str())
    }
}

/// The wall time of a visit as people say it.
pub fn when(visit: &Visit) -> String {
    visit.wall_time.strftime("%A %-d %B %Y, %H:%M").to_string()
}

fn who_page(app: &App, visit: Visit, person: Person, faults: Vec<FieldError>) -> Who {
    let tz = zone(&visit.zone).unwrap_or(TimeZone::UTC);
    let until = visit.kept_until.unwrap_or_default();
    Who {
        frame: Frame::new(app, "/book", "Who are you?").hidden(),
        when: when(&visit),
        until: tz.to_datetime(until).strftime("%H:%M").to_string(),
        minutes: until.duration_since(now()).as_mins().max(0) + 1,
        visit,
        person,
        faults,
    }
}

fn ended() -> Problem {
    Problem::new(&problem::HOLD_ENDED)
}

/// `/book/{code}`: the form beside the time that is kept.
async fn who(State(app): State<App>, Path(typed): Path<String>) -> Result<Response, Problem> {
    let code = visit::code(&typed).ok_or_else(ended)?;
    let seen = steps::see(app.office()?, code).await.map_err(|_| ended())?;
    if seen.state != Step::Hold {
        return Ok(Redirect::to(&format!("/visit/{}", seen.code)).into_response());
    }
    page::private(&who_page(&app, seen, Person::default(), Vec::new()))
}

/// Books the time that is kept. Pressed twice, the second finds it booked.
async fn confirm(
    State(app): State<App>,
    Path(typed): Path<String>,
    Form(person): Form<Person>,
) -> Result<Response, Problem> {
    let office = app.office()?;
    let code = visit::code(&typed).ok_or_else(ended)?;
    let seen = steps::see(office, code.clone()).await.map_err(|_| ended())?;
    let booked = || Ok(Redirect::to(&format!("/visit/{code}?done=booked")).into_response());
    if seen.state != Step::Hold {
        return booked();
    }
    let practice = office.practice();
    let country = practice.studio_named(&seen.studio.slug).map(|s| s.country.as_str()).unwrap_or_default();
    let person = person.trimmed();
    let faults = person.faults(country);
    if !faults.is_empty() {
        let page = page::private(&who_page(&app, seen, person, faults));
        return with_status(StatusCode::UNPROCESSABLE_ENTITY, page);
    }
    let of = code.clone();
    let done = office.write(move |desk| steps::confirm(desk, &of, &person)).await;
    match done {
        Ok((_, touched)) => {
            office.show(&touched).await;
            booked()
        }
        Err(stopped) => match steps::see(office, code.clone()).await {
            Ok(visit) if visit.state == Step::Booked => booked(),
            _ => Err(told(stopped)),
        },
    }
}

fn told(stopped: Stopped) -> Problem {
    stopped.into()
}

/// Gives the time back and leads to the others.
async fn release(State(app): State<App>, Path(typed): Path<String>) -> Result<Response, Problem> {
    let office = app.office()?;
    let code = visit::code(&typed).ok_or_else(ended)?;
    let Ok(seen) = steps::see(office, code.clone()).await else {
        return Ok(Redirect::to("/book").into_response());
    };
    let key = Once::of_button(&code, "release");
    once(office, &key, 303, move |desk| steps::release(desk, &code)).await?;
    Ok(Redirect::to(&format!("/book?studio={}&service={}", seen.studio.slug, seen.service.id))
        .into_response())
}
