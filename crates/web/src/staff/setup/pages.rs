//! The pages: what there is to set up, and one form for each thing of it.

use axum::extract::{Form, Path, State};
use axum::http::header::ETAG;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::permission::{self, Action, Thing as Place};
use hairline_studio::practice::{Practice, Studio};
use hairline_studio::store::book::{self, Refused};
use hairline_studio::store::{self, events, setup};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use super::fields::{self, Field, Kind, Sent};
use super::forms;
use super::read::Thing;
use crate::App;
use crate::booking::pages::with_status;
use crate::extract::Query;
use crate::office::now;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::record::form_key;
use crate::staff::session::SignedIn;

fn not_found() -> Problem {
    Problem::new(&problem::NOT_FOUND)
}

/// Whether a person may do something at a studio.
pub fn may(signed_in: &SignedIn, action: Action, studio: &Studio) -> bool {
    let thing = Place {
        chain: signed_in.actor.chain,
        studio: Some(studio.id),
        client: None,
        course_studios: Vec::new(),
        practitioner: Some(signed_in.person.id),
    };
    permission::allowed(&signed_in.actor, action, &thing).is_ok()
}

/// A line with a link.
struct Entry {
    name: String,
    more: String,
    link: String,
}

#[derive(askama::Template)]
#[template(path = "setup.html")]
struct Overview {
    frame: Frame,
    studio: String,
    slug: String,
    studios: Vec<(String, String)>,
    done: bool,
    /// Heading, lines, and where one is added.
    parts: Vec<(&'static str, Vec<Entry>, String)>,
}

/// What is shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    studio: String,
    done: String,
}

/// `GET /staff/setup`
pub async fn overview(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let practice = &signed_in.practice;
    // Also studios that take no bookings now: somebody has to open them again.
    let mine: Vec<&Studio> =
        practice.studios.iter().filter(|s| may(&signed_in, Action::EditStudio, s)).collect();
    let studio = match asked.studio.as_str() {
        "" => mine.iter().find(|s| signed_in.actor.studios.first() == Some(&s.id)).or(mine.first()),
        slug => mine.iter().find(|s| s.slug == slug),
    };
    let studio = *studio.ok_or_else(|| Problem::new(&problem::FORBIDDEN))?;
    let vault = signed_in.office.live().vault();
    let may_add = allowed(practice, &signed_in, Thing::NewService, &vault).is_ok();
    let entry = |name: &str, more: String, link: String| Entry { name: name.to_owned(), more, link };
    let (slug, id) = (&studio.slug, studio.id);
    let closed = if studio.active { "" } else { ", takes no bookings" };
    let place = vec![
        entry(
            "Name, address, contact",
            format!("{}, {}{closed}", studio.street, studio.city),
            format!("/staff/setup/studios/{slug}"),
        ),
        entry("Opening hours", String::new(), format!("/staff/setup/hours/{slug}.{id}")),
        entry("Prices here", studio.currency.clone(), format!("/staff/setup/prices/{slug}")),
        entry("Leave and maintenance", String::new(), format!("/staff/leave?studio={slug}")),
    ];
    let rooms = practice.rooms.iter().filter(|r| r.studio == id).map(|r| {
        let out = if r.active { "" } else { ", not in use" };
        entry(&r.name, format!("{}{out}", r.class), format!("/staff/setup/rooms/{}", r.id))
    });
    let people = practice.practitioners(id).into_iter().flat_map(|p| {
        [
            entry(&p.name, p.title.clone(), format!("/staff/setup/people/{}", p.id)),
            entry(
                &format!("Hours of {}", p.name),
                String::new(),
                format!("/staff/setup/hours/{slug}.{}", p.id),
            ),
        ]
    });
    let services = practice.services.iter().filter(|s| practice.studios_of(s).contains(&id)).map(|s| {
        let out = if s.active { "" } else { ", not offered" };
        // One that is done elsewhere too is not for the manager of one studio.
        let mine = allowed(practice, &signed_in, Thing::Service(s.id), &vault).is_ok();
        let link = if mine { format!("/staff/setup/services/{}", s.id) } else { String::new() };
        let shared = if mine { "" } else { ", the same at other studios" };
        entry(&s.name, format!("{} min{out}{shared}", s.minutes), link)
    });
    let mut parts = vec![
        ("The studio", place, String::new()),
        ("Rooms", rooms.collect(), format!("/staff/setup/rooms/new-{slug}")),
        ("Practitioners", people.collect(), String::new()),
        (
            "Services",
            services.collect(),
            if may_add { "/staff/setup/services/new".to_owned() } else { String::new() },
        ),
    ];
    if allowed(practice, &signed_in, Thing::Rules, &vault).is_ok() {
        let about = "Notice, holds, what must be done before treatment".to_owned();
        let rules = entry("Rules", about, "/staff/setup/rules/all".to_owned());
        let told = entry("Messages", "Reminders and offers".to_owned(), "/staff/jobs".to_owned());
        parts.push(("The whole chain", vec![rules, told], String::new()));
    }
    page::private(&Overview {
        frame: frame(&app, &signed_in, "Set up"),
        studio: studio.name.clone(),
        slug: slug.clone(),
        studios: mine.iter().map(|s| (s.slug.clone(), s.name.clone())).collect(),
        done: asked.done == "yes",
        parts,
    })
}

fn frame(app: &App, signed_in: &SignedIn, title: &str) -> Frame {
    Frame::new(app, "/staff/setup", title).hidden().staff(&signed_in.person.name)
}

/// A form for something that two people may change at once.
#[derive(askama::Template)]
#[template(path = "edit.html")]
pub struct Edit {
    frame: Frame,
    title: String,
    /// The page it was opened from: address and name.
    back: (String, String),
    version: i64,
    key: Uuid,
    fields: Vec<Field>,
    /// Whether a value was refused.
    faulty: bool,
    /// What somebody else changed meanwhile: label, what stands, what was sent.
    pub differs: Vec<(String, String, String)>,
    /// Who was faster, where somebody was.
    pub changed: Option<String>,
    history: Vec<(String, String)>,
}

impl Edit {
    /// A form as it is first shown, or with what was refused.
    pub fn new(
        frame: Frame,
        title: String,
        back: (String, String),
        version: i64,
        fields: Vec<Field>,
    ) -> Edit {
        let faulty = fields.iter().any(|f| f.fault.is_some());
        let (differs, history) = (Vec::new(), Vec::new());
        Edit { frame, title, back, version, key: form_key(), fields, faulty, differs, changed: None, history }
    }

    /// The page, tagged with the version it shows.
    ///
    /// # Errors
    /// Where it cannot be drawn.
    pub fn answer(self) -> Result<Response, Problem> {
        let mut response = page::private(&self)?;
        let tag = HeaderValue::from_str(&format!("\"{}\"", self.version));
        response.headers_mut().insert(ETAG, tag.unwrap_or(HeaderValue::from_static("\"0\"")));
        Ok(response)
    }
}

fn today() -> Date {
    now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Refuses who may not change a thing: to them it is not there.
fn allowed(
    practice: &Practice,
    signed_in: &SignedIn,
    thing: Thing,
    vault: &store::Vault,
) -> Result<(), Problem> {
    let desk = book::Desk { practice, vault, actor: &signed_in.actor };
    let answer = match thing {
        Thing::Studio(id) | Thing::Prices(id) | Thing::NewRoom(id) => setup::may_edit_studio(desk, id),
        Thing::Room(id) => {
            let room = practice.room(id).ok_or_else(not_found)?;
            setup::may_edit_studio(desk, room.studio)
        }
        Thing::Service(id) => setup::may_edit_service(desk, practice.service(id).ok_or_else(not_found)?),
        Thing::NewService => setup::may_edit_service(desk, &super::read::new_service()),
        Thing::Person(id) => setup::may_edit_person(desk, practice.person(id).ok_or_else(not_found)?),
        Thing::Hours(studio, of) => setup::may_edit_hours(desk, studio, of),
        Thing::Rules => setup::may_edit_rules(desk),
    };
    Ok(answer?)
}

async fn drawn(
    app: &App,
    signed_in: &SignedIn,
    thing: Thing,
    sent: Option<(&Sent, &[(String, String)])>,
    changed: bool,
) -> Result<Response, Problem> {
    let practice = signed_in.office.practice();
    let form = thing.form(&practice, today()).ok_or_else(not_found)?;
    let id = form.id;
    let lines = signed_in.office.read(move |desk| events::of(desk.tx, id)).await;
    let lines = lines.map_err(|e: store::Error| Problem::from(e))?;
    let told = |line: &events::Line| {
        let who = practice.staff.iter().find(|s| Some(s.id.0) == line.actor_id);
        let who = who.map_or_else(|| line.actor.clone(), |s| s.name.clone());
        let when = Timestamp::from_microsecond(line.at_us)
            .map_or_else(|_| String::new(), |t| t.strftime("%e %B %Y, %H:%M UTC").to_string());
        let why = line.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        (when, format!("{who}{why}"))
    };
    let last = lines.last().map(told);
    let differs = match sent {
        Some((sent, _)) if changed => fields::differences(&form.fields, sent),
        _ => Vec::new(),
    };
    let fields = match sent {
        Some((sent, faults)) => fields::filled(form.fields, sent, faults),
        None => form.fields,
    };
    let (frame, back) =
        (frame(app, signed_in, &form.title), ("/staff/setup".to_owned(), "Set up".to_owned()));
    let page = Edit::new(frame, form.title, back, form.version, fields);
    let by = last.map_or(String::new(), |(when, what)| format!("{what} ({when})"));
    let history = lines.iter().rev().take(20).map(told).collect();
    Edit { differs, changed: changed.then_some(by), history, ..page }.answer()
}

/// `GET /staff/setup/{kind}/{id}`
pub async fn form(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((kind, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let practice = signed_in.office.practice();
    let thing = Thing::read(&practice, &kind, &id).ok_or_else(not_found)?;
    allowed(&practice, &signed_in, thing, &signed_in.office.live().vault())?;
    drawn(&app, &signed_in, thing, None, false).await
}

/// `POST /staff/setup/{kind}/{id}`
pub async fn save(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let practice = signed_in.office.practice();
    let thing = Thing::read(&practice, &kind, &id).ok_or_else(not_found)?;
    allowed(&practice, &signed_in, thing, &signed_in.office.live().vault())?;
    let sent = Sent(pairs);
    let version = sent.version(&headers)?;
    let stands = thing.form(&practice, today()).ok_or_else(not_found)?;
    if stands.version != version {
        let page = drawn(&app, &signed_in, thing, Some((&sent, &[])), true).await;
        return with_status(StatusCode::PRECONDITION_FAILED, page);
    }
    let change = match forms::read(&practice, thing, &sent, version, today()) {
        Ok(change) => change,
        Err(faults) => {
            let page = drawn(&app, &signed_in, thing, Some((&sent, &faults)), false).await;
            return with_status(StatusCode::UNPROCESSABLE_ENTITY, page);
        }
    };
    let differs = fields::differences(&stands.fields, &sent);
    let back = back(&practice, thing);
    if differs.is_empty() && version > 0 {
        return Ok(Redirect::to(&back).into_response());
    }
    let (actor, why) = (signed_in.actor.clone(), fields::told(&differs));
    let done = signed_in.office.write(move |desk| forms::write(desk, &actor, &change, &why)).await;
    match done {
        Ok(()) => {
            signed_in.office.set_up_anew(&app).await;
            Ok(Redirect::to(&format!("{back}&done=yes")).into_response())
        }
        Err(Refused::Changed) => {
            signed_in.office.set_up_anew(&app).await;
            let page = drawn(&app, &signed_in, thing, Some((&sent, &[])), true).await;
            with_status(StatusCode::PRECONDITION_FAILED, page)
        }
        Err(refused) => Err(refused.into()),
    }
}

/// The page of the studio that a thing belongs to.
fn back(practice: &Practice, thing: Thing) -> String {
    let studio = match thing {
        Thing::Studio(id) | Thing::Prices(id) | Thing::NewRoom(id) | Thing::Hours(id, _) => Some(id),
        Thing::Room(id) => practice.room(id).map(|r| r.studio),
        Thing::Service(id) => practice.service(id).and_then(|s| practice.studios_of(s).first().copied()),
        Thing::Person(id) => practice.hours.iter().find(|h| h.of == id.into()).map(|h| h.studio),
        Thing::NewService | Thing::Rules => None,
    };
    let slug = studio.and_then(|id| practice.studio(id)).map(|s| s.slug.clone()).unwrap_or_default();
    format!("/staff/setup?studio={slug}")
}
