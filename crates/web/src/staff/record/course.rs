//! The course of the accepted plan: searched on the board, shown as lists of dates, booked all or nothing.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use hairline_studio::course::{
    Course, CourseError, CourseQuestion, Objective, Relax, Same, Step, Visit, courses as search,
};
use hairline_studio::ids::{ResourceId, StaffId, StudioId};
use hairline_studio::permission::Action;
use hairline_studio::practice::Practice;
use hairline_studio::search::{Service, Who};
use hairline_studio::span::Span;
use hairline_studio::store::book::{self, Wish};
use hairline_studio::store::courses::{self, NewCourse, Session, Status};
use hairline_studio::store::{appointments, plans};
use hairline_studio::zone::{local_date, plus_days, zone};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Opened, back, form_key, open, when};
use crate::App;
use crate::booking::once::{Once, Stopped, once};
use crate::extract::Query;
use crate::office::{Office, now};
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// How many courses are offered.
const OFFERED: usize = 5;
/// How far ahead a course may end, days.
const DAYS: i64 = 190;
/// Weekdays, Monday first: in addresses, in words.
const WEEKDAYS: [(&str, &str); 7] = [
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("wed", "Wednesday"),
    ("thu", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
    ("sun", "Sunday"),
];

/// What is asked for.
#[derive(Default)]
pub struct Asked {
    wish: String,
    from: String,
    with: String,
    /// Weekdays on which the client cannot come.
    not: Vec<String>,
    /// Dates on which the client cannot come.
    away: String,
}

impl Asked {
    /// From the fields of the form, of which the boxes of the weekdays share one name.
    pub fn of(fields: Vec<(String, String)>) -> Asked {
        let mut asked = Asked::default();
        for (name, value) in fields {
            match name.as_str() {
                "wish" => asked.wish = value,
                "from" => asked.from = value,
                "with" => asked.with = value,
                "not" if WEEKDAYS.iter().any(|(day, _)| *day == value) => asked.not.push(value),
                "away" => asked.away = value.chars().take(600).collect(),
                _ => {}
            }
        }
        asked
    }
}

/// A course as it is offered.
pub struct Offer {
    /// From which day on.
    pub title: String,
    /// Each visit in words.
    pub visits: Vec<String>,
    /// What is to be said of it.
    pub why: Vec<String>,
    /// What its button sends.
    pub times: String,
}

/// What was asked for, and what was found.
pub struct Searched {
    /// The sessions in words.
    pub sessions: Vec<String>,
    /// What matters most, as addresses have it.
    pub wish: &'static str,
    /// First day.
    pub from: Date,
    /// With whom, by id.
    pub with: String,
    /// Who does all sessions.
    pub people: Vec<(String, String)>,
    /// Name, words, whether it is left out.
    pub weekdays: Vec<(&'static str, &'static str, bool)>,
    /// Dates left out, as typed.
    pub away: String,
    /// Courses, the best first.
    pub offers: Vec<Offer>,
    /// Why there is none.
    pub none: Option<String>,
    /// What is wrong with what was asked.
    pub fault: Option<String>,
}

#[derive(askama::Template)]
#[template(path = "client_course.html")]
struct Page {
    frame: Frame,
    code: String,
    name: String,
    version: i64,
    searched: Searched,
    running: usize,
    nonce: Uuid,
}

impl Page {
    fn here(&self) -> String {
        format!("/staff/clients/{}/course", self.code)
    }
}

/// `GET /staff/clients/{code}/course`
pub async fn form(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(code): Path<String>,
    Query(fields): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let asked = Asked::of(fields);
    let (actor, record) = (signed_in.actor.clone(), code.clone());
    let (opened, accepted, running, busy) = signed_in
        .office
        .read(move |desk| {
            let opened = open(desk, &actor, &record, Action::BookVisit)?;
            let id = opened.client.id;
            let accepted = plans::accepted(desk.tx, id)?;
            let running =
                courses::of_client(desk.tx, id)?.iter().filter(|c| c.status == Status::Active).count();
            let visits = appointments::of_client(desk.tx, id)?;
            let busy: Vec<Span> = visits.iter().filter(|v| v.state.takes_time()).map(|v| v.span).collect();
            Ok::<_, Problem>((opened, accepted, running, busy))
        })
        .await?;
    let none = || {
        Problem::new(&problem::STEP_REFUSED)
            .detail("No plan is accepted yet: open a planned version and note that the client accepts it.")
    };
    let (version, sessions) = accepted.ok_or_else(none)?;
    let page = searched(&app, &signed_in, opened, (version, &sessions), running, busy, &asked)?;
    page::private(&page)
}

/// The objective of a word in addresses.
fn objective(word: &str) -> (&'static str, Objective) {
    match word {
        "journeys" => ("journeys", Objective::FewestJourneys),
        "weekday" => ("weekday", Objective::SameWeekday),
        _ => ("earliest", Objective::Earliest),
    }
}

/// Dates with commas or spaces; `None` where one is no date.
fn dates(text: &str) -> Option<Vec<Date>> {
    let parts = text.split([',', ' ', ';']).filter(|part| !part.is_empty()).take(100);
    parts.map(|part| part.parse::<Date>().ok()).collect()
}

fn searched(
    app: &App,
    signed_in: &SignedIn,
    opened: Opened,
    (version, sessions): (i64, &[Session]),
    running: usize,
    busy: Vec<Span>,
    asked: &Asked,
) -> Result<Page, Problem> {
    Ok(Page {
        frame: Frame::new(app, "/staff/clients", "Book the course").hidden().staff(&signed_in.person.name),
        searched: look(&signed_in.office, opened.client.studio, sessions, busy, asked)?,
        name: opened.client.person.as_ref().map(|p| p.name.clone()).unwrap_or_default(),
        code: opened.client.code,
        version,
        running,
        nonce: form_key(),
    })
}

/// Looks for courses of these sessions at a studio. `busy`: when the client is somewhere else.
///
/// # Errors
/// Where a service is no longer offered.
pub fn look(
    office: &Office,
    home: StudioId,
    sessions: &[Session],
    busy: Vec<Span>,
    asked: &Asked,
) -> Result<Searched, Problem> {
    let practice = &*office.practice();
    let studio = practice.studio(home).ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
    let tz = zone(&studio.zone).map_err(|_| Problem::new(&problem::INTERNAL))?;
    let today = local_date(&tz, now());
    let typed = asked.from.parse::<Date>().ok();
    let from = typed.filter(|day| *day >= today).unwrap_or(today);
    let (wish, objective) = objective(&asked.wish);
    let not = |day: &str| asked.not.iter().any(|n| n == day);
    let away = dates(&asked.away);
    let fault = (!asked.from.is_empty() && typed.is_none())
        .then(|| "The first day is no date, as 2027-03-15.".to_owned())
        .or_else(|| away.is_none().then(|| "A day away is no date, as 2027-03-15.".to_owned()));
    let with = asked.with.parse::<Uuid>().ok();
    let client = hairline_studio::course::ClientDays {
        dates: away.unwrap_or_default(),
        weekdays: std::array::from_fn(|i| not(WEEKDAYS[i].0)),
        busy,
    };
    let found = {
        let shown = office.live().shown();
        let services: Option<Vec<Service>> = sessions
            .iter()
            .map(|s| {
                let service = shown.board.service(practice, s.service)?;
                Some(Service { minutes: s.minutes, ..service })
            })
            .collect();
        let services = services.ok_or_else(|| {
            Problem::new(&problem::STEP_REFUSED)
                .detail("A service of the accepted plan is no longer offered: plan or accept anew.")
        })?;
        let steps: Vec<Step<'_>> = services
            .iter()
            .zip(sessions)
            .map(|(service, s)| Step {
                service,
                gap_min_days: s.gap_min_days,
                gap_max_days: s.gap_max_days,
                lead_days: s.lead_days,
            })
            .collect();
        search(
            shown.board.world(),
            &CourseQuestion {
                steps: &steps,
                who: with.map_or(Who::Studio(home), |id| Who::One(ResourceId(id))),
                same: Same::Preferred,
                weights: objective.weights(),
                from,
                to: plus_days(from, DAYS).min(shown.days.1),
                after: None,
                client: &client,
                now: now(),
                own: &[],
                n: OFFERED,
            },
        )
    };
    let (offers, none) = match found {
        Ok(found) => (found.iter().map(|c| offer(practice, c)).collect(), None),
        Err(why) => (Vec::new(), Some(no_course(&why))),
    };
    let people = practice.practitioners(home).into_iter();
    let people = people.filter(|p| {
        sessions.iter().all(|s| practice.service(s.service).is_some_and(|of| of.staff.contains(&p.id)))
    });
    Ok(Searched {
        sessions: sessions.iter().enumerate().map(|(i, s)| session_words(practice, i, s)).collect(),
        wish,
        from,
        with: asked.with.clone(),
        people: people.map(|p| (p.id.to_string(), p.name.clone())).collect(),
        weekdays: WEEKDAYS.iter().map(|(day, words)| (*day, *words, not(day))).collect(),
        away: asked.away.clone(),
        offers,
        none,
        fault,
    })
}

fn session_words(practice: &Practice, i: usize, s: &Session) -> String {
    let service = practice.service(s.service).map(|s| s.name.clone()).unwrap_or_default();
    let length = match (s.minutes / 60, s.minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    };
    match i {
        0 => format!("{service}, {length}"),
        _ => {
            let least = s.gap_min_days.max(s.lead_days);
            format!("{service}, {length}, {least} to {} days after the one before", s.gap_max_days)
        }
    }
}

fn offer(practice: &Practice, course: &Course) -> Offer {
    let line = |v: &Visit| {
        let who = practice.person(StaffId(v.practitioner.0)).map(|p| p.name.clone()).unwrap_or_default();
        format!("{} with {who}", when(practice, v.start.as_microsecond(), v.studio))
    };
    let r = course.reasons;
    let mut why = vec![format!("done in {} days, {} journeys", r.days, r.journeys)];
    if r.changes > 0 {
        why.push("another practitioner on the way".to_owned());
    }
    if r.weekdays_off == 0 && course.visits.len() > 1 {
        why.push("always on the same weekday".to_owned());
    }
    let times =
        course.visits.iter().map(|v| format!("{}~{}~{}", v.studio, v.practitioner, v.start.as_microsecond()));
    let day = course.visits.first().map(|v| v.date.strftime("%A %-d %B").to_string());
    Offer {
        title: format!("From {}", day.unwrap_or_default()),
        visits: course.visits.iter().map(line).collect(),
        why,
        times: times.collect::<Vec<_>>().join(","),
    }
}

/// Why there is no course, and what would help.
fn no_course(why: &CourseError) -> String {
    match why {
        CourseError::NoPlace { step, first, last, relax } => {
            let first = first.strftime("%-d %B").to_string();
            let last = last.strftime("%-d %B").to_string();
            let helps: Vec<String> = relax
                .iter()
                .map(|r| match r {
                    Relax::GapMax(days) => format!("a gap of up to {days} days"),
                    Relax::OtherPractitioner => "another practitioner".to_owned(),
                    Relax::AnyStudio => "another studio of the chain".to_owned(),
                    Relax::ClientDays => "the days the client leaves out".to_owned(),
                    Relax::Until(day) => format!("an end as late as {}", day.strftime("%-d %B")),
                })
                .collect();
            let helps = if helps.is_empty() {
                String::new()
            } else {
                format!(" What would help: {}.", helps.join("; "))
            };
            format!("Session {} finds no time from {first} to {last}.{helps}", step + 1)
        }
        other => super::files::sentence(&other.to_string()),
    }
}

/// What the button of an offer sends.
#[derive(Clone, Deserialize, Serialize)]
pub struct Sent {
    /// Key of the form.
    pub nonce: Uuid,
    /// Studio, practitioner and start of each visit, in order.
    pub times: String,
    /// The version of the plan that was accepted.
    pub version: i64,
    /// How many courses were under way when the page was drawn.
    #[serde(default)]
    pub beside: usize,
}

/// The times of a button, one for each session.
pub fn wishes(times: &str, sessions: &[Session]) -> Option<Vec<Wish>> {
    let parts: Vec<&str> = times.split(',').collect();
    if parts.len() != sessions.len() {
        return None;
    }
    let one = |(part, session): (&&str, &Session)| {
        let mut parts = part.split('~');
        let studio: StudioId = parts.next()?.parse().ok()?;
        let practitioner: StaffId = parts.next()?.parse().ok()?;
        let start = Timestamp::from_microsecond(parts.next()?.parse().ok()?).ok()?;
        Some(Wish { studio, service: session.service, practitioner, start, room: None })
    };
    parts.iter().zip(sessions).map(one).collect()
}

/// `POST /staff/clients/{code}/course`
pub async fn book(
    signed_in: SignedIn,
    Path(code): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let (actor, record) = (signed_in.actor.clone(), code.clone());
    let key = Once::new(&format!("course-{}", sent.nonce), &format!("/staff/clients/{code}/course"), &sent);
    let booked: Result<bool, Stopped> = once(&signed_in.office, &key, 303, move |desk| {
        let opened = open(desk, &actor, &record, Action::BookVisit).map_err(|_| not_found())?;
        let accepted = plans::accepted(desk.tx, opened.client.id)?;
        let accepted = accepted.filter(|(version, _)| *version == sent.version);
        let (_, sessions) = accepted.ok_or(book::Refused::Changed)?;
        let wishes = wishes(&sent.times, &sessions).ok_or_else(not_found)?;
        let at = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
        let done = courses::book_course(
            desk.tx,
            at,
            &NewCourse {
                client: opened.client.id,
                sessions: &sessions,
                wishes: &wishes,
                beside: sent.beside,
            },
            None,
            &mut desk.fresh,
        )?;
        Ok((true, done.touched))
    })
    .await;
    booked.map_err(Problem::from)?;
    Ok(back(&code, "#visits"))
}

fn not_found() -> Stopped {
    Stopped::Refused(book::Refused::NotFound("course"))
}
