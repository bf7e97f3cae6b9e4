//! The record of one client: next step, plan, visits, photos, notes, documents, pictures in public, history.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::response::Response;
use hairline_studio::gates::{GateState, Moment};
use hairline_studio::ids::{ClientId, StaffId, StudioId};
use hairline_studio::permission::{Action, Actor};
use hairline_studio::practice::Practice;
use hairline_studio::span::DAY_US;
use hairline_studio::store::appointments::Appointment;
use hairline_studio::store::clients::{self, Person};
use hairline_studio::store::courses::{self, Course, Status};
use hairline_studio::store::evidence::{self, Kept};
use hairline_studio::store::files::{self, File, What};
use hairline_studio::store::shown::{self, Consent, Shown};
use hairline_studio::store::{self, appointments, book, events, notes, plans, second_looks};
use hairline_studio::zone::zone;
use uuid::Uuid;

use super::findings;
use super::plan::ask;
use super::plan::card::{self, Card};
use super::{Opened, check, form_key, open, when};
use crate::App;
use crate::office::{Desk, now};
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;
use crate::staff::today;

/// Lines of history shown.
const HISTORY: usize = 60;

/// One visit of a client.
pub struct Visit {
    when: String,
    service: String,
    practitioner: String,
    studio: String,
    state: &'static str,
    ahead: bool,
}

/// A note as it is shown.
pub struct Note {
    when: String,
    who: String,
    paragraphs: Vec<String>,
}

/// A photo, document or scan as it is shown.
pub struct Paper {
    id: Uuid,
    /// The small picture of a photo.
    small: Option<Uuid>,
    name: String,
    words: String,
    when: String,
    who: String,
    size: String,
}

/// A course as it is shown.
pub struct CourseLine {
    words: String,
    state: &'static str,
}

/// Pictures in public, for those who keep them.
pub struct Public {
    consent: Option<(String, String)>,
    shown: Vec<Shown>,
    /// Pictures that could be shown: id, small, words.
    offered: Vec<(Uuid, Uuid, String)>,
    witnesses: bool,
    publishes: bool,
}

#[derive(askama::Template)]
#[template(path = "client.html")]
struct Record {
    frame: Frame,
    person: Person,
    code: String,
    studio: String,
    since: String,
    next: Option<String>,
    /// Other records of the same e-mail address: code and studio.
    others: Vec<(String, String)>,
    /// What the second look before it found.
    looked: Option<String>,
    /// What is open before the next visit; nothing for those who may not see health data.
    open: Vec<String>,
    edits: bool,
    health: bool,
    writes: bool,
    plans: bool,
    key: Uuid,
    /// What was found for each gate, and for which something can be put on record.
    findings: Vec<findings::Line>,
    choices: Vec<findings::Choice>,
    /// The newest version of the plan.
    plan: Option<Card>,
    /// Version whose sessions are to be booked.
    accepted: Option<i64>,
    courses: Vec<CourseLine>,
    visits: Vec<Visit>,
    photos: Vec<Paper>,
    notes: Vec<Note>,
    documents: Vec<Paper>,
    scans: Vec<Paper>,
    public: Option<Public>,
    history: Vec<(String, String)>,
}

/// What the store knows.
struct Found {
    opened: Opened,
    may: May,
    visits: Vec<Appointment>,
    next: Option<Appointment>,
    gates: Vec<GateState>,
    looks: Vec<second_looks::Look>,
    history: Vec<events::Line>,
    notes: Vec<notes::Note>,
    files: Vec<File>,
    smalls: HashMap<Uuid, Uuid>,
    card: Option<card::Found>,
    accepted: Option<i64>,
    courses: Vec<Course>,
    consent: Option<Consent>,
    shown: Vec<Shown>,
    evidence: Vec<Kept>,
    /// Codes of other records of the same e-mail address, and where they are kept.
    others: Vec<(String, StudioId)>,
}

/// What the one who looks may do.
#[derive(Clone, Copy)]
struct May {
    edits: bool,
    health: bool,
    writes: bool,
    plans: bool,
    witnesses: bool,
    publishes: bool,
}

/// `GET /staff/clients/{code}`
pub async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let mut found = read(&signed_in, &code).await?;
    // A newcomer sees a plan in every record of the demonstration: made by a visible job when it is first opened.
    let client = &found.opened.client;
    let bare = found.may.plans && found.may.health && found.card.is_none() && client.person.is_some();
    if signed_in.practice.chain.demo && bare {
        ask::first_of_demo(&app, &signed_in, client).await?;
        found = read(&signed_in, &code).await?;
    }
    page::private(&record(&app, &signed_in, found)?)
}

async fn read(signed_in: &SignedIn, code: &str) -> Result<Found, Problem> {
    let (actor, code) = (signed_in.actor.clone(), code.to_owned());
    signed_in
        .office
        .read(move |desk| {
            let opened = open(desk, &actor, &code, Action::SeeClient)?;
            let may = |action| opened.may(&actor, action);
            let may = May {
                edits: may(Action::EditClient),
                health: may(Action::SeeHealth),
                writes: may(Action::WriteHealth),
                plans: may(Action::MakePlan),
                witnesses: may(Action::WitnessForms),
                publishes: may(Action::PublishPhoto),
            };
            let sees_history = opened.may(&actor, Action::SeeHistory);
            let at = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
            let (id, now_us) = (opened.client.id, desk.fresh.now_us());
            let visits = appointments::of_client(desk.tx, id)?;
            let next = visits.iter().find(|v| v.span.start_us > now_us && v.state.takes_time()).cloned();
            let gates = match &next {
                Some(v) if may.health => {
                    book::gates_of(desk.tx, at, v, id, v.span.start_us, Moment::AtCheckIn, now_us)?
                }
                _ => Vec::new(),
            };
            let looks = match &next {
                Some(v) => second_looks::of(desk.tx, &[v.id])?,
                None => Vec::new(),
            };
            let courses = courses::of_client(desk.tx, id)?;
            let others = others(desk, &actor, id)?;
            let history = match sees_history {
                true => history(desk, &opened, &visits, &courses, may.health)?,
                false => Vec::new(),
            };
            let mut found = Found {
                may,
                visits,
                next,
                gates,
                looks,
                history,
                courses,
                notes: Vec::new(),
                files: Vec::new(),
                smalls: HashMap::new(),
                card: None,
                accepted: None,
                consent: None,
                shown: Vec::new(),
                evidence: Vec::new(),
                others,
                opened,
            };
            if may.health {
                health(desk, &mut found)?;
            }
            if may.health || may.witnesses {
                found.evidence = evidence::kept(desk.tx, &found.opened.key, id)?;
            }
            if may.witnesses || may.publishes {
                found.consent = shown::consent(desk.tx, &found.opened.key, id)?;
                found.shown = shown::of_client(desk.tx, id)?;
            }
            Ok::<_, Problem>(found)
        })
        .await
}

/// The other records of a client's e-mail address that somebody may open: who books online has a new one each time.
fn others(
    desk: &mut Desk<'_, '_>,
    actor: &Actor,
    client: ClientId,
) -> Result<Vec<(String, StudioId)>, store::Error> {
    let mut others = Vec::new();
    for id in clients::same_email(desk.tx, client)?.into_iter().filter(|id| *id != client) {
        let found = clients::by_id(desk.tx, desk.vault, id)?;
        if let Ok(opened) = check(desk, actor, found, Action::SeeClient) {
            others.push((opened.client.code, opened.client.studio));
        }
    }
    Ok(others)
}

/// What only those see who may see health data.
fn health(desk: &mut Desk<'_, '_>, found: &mut Found) -> Result<(), store::Error> {
    let (key, id) = (&found.opened.key, found.opened.client.id);
    found.notes = notes::of(desk.tx, key, id)?;
    found.files = files::of_client(desk.tx, key, id, &[What::Photo, What::Document, What::Scan])?;
    let photos: Vec<Uuid> = found.files.iter().filter(|f| f.what == What::Photo).map(|f| f.id).collect();
    found.smalls = small_of(&files::made_of(desk.tx, key, &photos)?);
    found.card = card::find(desk.tx, key, id)?;
    found.accepted = plans::accepted(desk.tx, id)?.map(|(number, _)| number);
    Ok(())
}

/// The small picture of each file.
pub fn small_of(made: &[File]) -> HashMap<Uuid, Uuid> {
    made.iter().filter(|f| f.what == What::Thumbnail).filter_map(|f| Some((f.of?, f.id))).collect()
}

fn history(
    desk: &mut Desk<'_, '_>,
    opened: &Opened,
    visits: &[Appointment],
    courses: &[Course],
    health: bool,
) -> Result<Vec<events::Line>, store::Error> {
    let mut history = events::of(desk.tx, opened.client.id.0)?;
    // Why a gate was passed is kept under the client's key.
    let mut noted = HashMap::new();
    if health && opened.client.person.is_some() {
        for visit in visits {
            noted.extend(book::overrides(desk.tx, desk.vault, visit)?);
        }
    }
    let things = visits.iter().map(|v| v.id.0).chain(courses.iter().map(|c| c.id.0));
    for thing in things {
        history.extend(events::of(desk.tx, thing)?);
    }
    for line in &mut history {
        line.why = line.why.take().or_else(|| noted.remove(&line.id).map(|noted| noted.reason));
    }
    history.sort_by_key(|line| std::cmp::Reverse(line.at_us));
    history.truncate(HISTORY);
    Ok(history)
}

/// Who wrote something.
fn name_of(practice: &Practice, staff: Option<StaffId>) -> String {
    staff.and_then(|id| practice.person(id)).map_or_else(|| "the program".to_owned(), |s| s.name.clone())
}

fn record(app: &App, signed_in: &SignedIn, found: Found) -> Result<Record, Problem> {
    let practice = &signed_in.practice;
    let Found { opened, may, visits, next, .. } = found;
    let client = opened.client;
    let Some(person) = client.person else { return Err(Problem::new(&problem::NOT_FOUND)) };
    let home = client.studio;
    let tz = practice.studio(home).and_then(|s| zone(&s.zone).ok());
    let now_us = now().as_microsecond();
    let shown_visits =
        visits.iter().rev().filter(|v| v.state.takes_time() || v.span.start_us > now_us - 400 * DAY_US);
    let service = |v: &Appointment| practice.service(v.service).map(|s| s.name.clone()).unwrap_or_default();
    let papers = |what: What| -> Vec<Paper> {
        let of = found.files.iter().filter(|f| f.what == what);
        of.map(|f| paper(practice, home, f, found.smalls.get(&f.id).copied())).collect()
    };
    let photos = papers(What::Photo);
    let card = found.card.map(|found| card::card(practice, home, found));
    let public = (may.witnesses || may.publishes).then(|| Public {
        consent: found.consent.as_ref().map(|c| (when(practice, c.given_us, home), c.words.clone())),
        shown: found.shown.clone(),
        offered: offered(&photos, card.as_ref()),
        witnesses: may.witnesses,
        publishes: may.publishes,
    });
    let mut frame = Frame::new(app, "/staff/clients", "Client").hidden().staff(&signed_in.person.name);
    frame.live = card.as_ref().is_some_and(|card| card.busy);
    let studio_name = |id: StudioId| practice.studio(id).map(|s| s.name.clone()).unwrap_or_default();
    Ok(Record {
        frame,
        others: found.others.into_iter().map(|(code, at)| (code, studio_name(at))).collect(),
        next: next.as_ref().map(|v| format!("{}, {}", service(v), when(practice, v.span.start_us, v.studio))),
        looked: tz.as_ref().and_then(|tz| {
            let start_us = next.as_ref()?.span.start_us;
            let look = found.looks.first().filter(|look| today::stands(look, practice, start_us))?;
            Some(today::looked(look, tz))
        }),
        open: tz.map_or_else(Vec::new, |tz| {
            found.gates.iter().filter(|g| g.blocks).map(|g| g.for_staff(&tz)).collect()
        }),
        edits: may.edits,
        health: may.health,
        writes: may.writes,
        plans: may.plans,
        key: form_key(),
        findings: findings::lines(practice, home, &found.evidence, may.health, may.witnesses),
        choices: findings::choices(may.writes, may.witnesses),
        plan: card,
        accepted: found.accepted,
        courses: found.courses.iter().map(|c| course_line(practice, c)).collect(),
        visits: shown_visits
            .map(|v| Visit {
                when: when(practice, v.span.start_us, v.studio),
                service: service(v),
                practitioner: name_of(practice, Some(v.practitioner)),
                studio: practice.studio(v.studio).map(|s| s.name.clone()).unwrap_or_default(),
                state: today::words(v.state),
                ahead: v.span.start_us > now_us,
            })
            .collect(),
        photos,
        notes: found
            .notes
            .iter()
            .map(|note| Note {
                when: when(practice, note.at_us, home),
                who: name_of(practice, note.by),
                paragraphs: note.text.lines().map(str::to_owned).collect(),
            })
            .collect(),
        documents: papers(What::Document),
        scans: papers(What::Scan),
        public,
        history: found.history.into_iter().map(|line| history_line(practice, home, line)).collect(),
        studio: practice.studio(home).map(|s| s.name.clone()).unwrap_or_default(),
        since: when(practice, client.made_us, home),
        person,
        code: client.code,
    })
}

fn paper(practice: &Practice, home: StudioId, file: &File, small: Option<Uuid>) -> Paper {
    let bytes = file.stored.bytes;
    Paper {
        id: file.id,
        small,
        name: file.name.clone(),
        words: file.words.clone(),
        when: when(practice, file.at_us, home),
        who: name_of(practice, file.by),
        size: match bytes {
            0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
            _ => format!("{:.1} MB", bytes as f64 / 1e6),
        },
    }
}

/// Pictures of the record that could be shown in public.
fn offered(photos: &[Paper], plan: Option<&Card>) -> Vec<(Uuid, Uuid, String)> {
    let words = |p: &Paper| match p.words.is_empty() {
        true => format!("Photo of {}", p.when),
        false => p.words.clone(),
    };
    let photos = photos.iter().filter_map(|p| Some((p.id, p.small?, words(p))));
    let plan = plan.into_iter().flat_map(|p| p.pictures.iter().map(|p| (p.id, p.small, p.words.clone())));
    photos.chain(plan).collect()
}

fn course_line(practice: &Practice, course: &Course) -> CourseLine {
    let n = course.sessions.len();
    CourseLine {
        words: format!(
            "{n} session{}, booked {}",
            if n == 1 { "" } else { "s" },
            when(practice, course.made_us, course.studio)
        ),
        state: match course.status {
            Status::Active => "Under way",
            Status::Done => "Done and reviewed",
            Status::Cancelled => "Called off",
        },
    }
}

fn history_line(practice: &Practice, home: StudioId, line: events::Line) -> (String, String) {
    let who = practice.staff.iter().find(|s| Some(s.id.0) == line.actor_id);
    let who = who.map_or(line.actor, |s| s.name.clone());
    let why = line.why.map(|why| format!(": {why}")).unwrap_or_default();
    (when(practice, line.at_us, home), format!("{}, {who}{why}", done(&line.what)))
}

/// What a line of history says was done.
pub fn done(what: &str) -> String {
    match what {
        "made" => "Record made".to_owned(),
        "book" => "Course booked".to_owned(),
        "confirm" => "Visit booked".to_owned(),
        "move" => "Visit moved".to_owned(),
        "cancel" => "Visit cancelled".to_owned(),
        "check_in" => "Client here".to_owned(),
        "undo_check_in" => "Not here after all".to_owned(),
        "send_home" => "Sent home".to_owned(),
        "finish" => "Done".to_owned(),
        "miss_visit" => "Did not come".to_owned(),
        "come_late" => "Came late".to_owned(),
        "mail_booked" => "Mailed: visit booked".to_owned(),
        "mail_moved" => "Mailed: visit moved".to_owned(),
        "mail_cancelled" => "Mailed: visit cancelled".to_owned(),
        "mail_reminder" => "Mailed: reminder".to_owned(),
        "mail_open_steps" => "Mailed to the studio: something is open".to_owned(),
        "mail_client_link" => "Mailed: a way in".to_owned(),
        "picture_consent_given" => "Consent to pictures in public".to_owned(),
        "picture_consent_withdrawn" => "Consent to pictures in public withdrawn".to_owned(),
        other => {
            let words = other.replace('_', " ");
            let mut chars = words.chars();
            let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
            format!("{first}{}", chars.as_str())
        }
    }
}
