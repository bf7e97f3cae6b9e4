//! One visit for the staff: what it is, where it can move, what can be done with it. The script of the week shows the same
//! page as a dialog.

use axum::extract::{Path, State};
use axum::response::Response;
use hairline_studio::booking::State as Step;
use hairline_studio::gates::{GateState, Moment};
use hairline_studio::ids::StaffId;
use hairline_studio::permission::{self, Action};
use hairline_studio::search::Who;
use hairline_studio::span::DAY_US;
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::book::{self, Refused};
use hairline_studio::store::clients;
use hairline_studio::zone::{local_date, plus_days, zone};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::free;
use super::moves::Pick;
use super::page::{clock, spoken};
use super::view::way_back;
use crate::App;
use crate::booking::month;
use crate::booking::pages::nonce;
use crate::booking::{free as free_times, visit as codes};
use crate::extract::Query;
use crate::office::now;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;
use crate::staff::today::{self, words};

/// Days whose times are listed at once.
const DAYS: i64 = 14;

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    back: String,
    /// With whom: an id; nothing is whom it is with; `anyone`.
    with: String,
    /// First day of the times listed.
    from: Option<Date>,
}

/// A day with its free times: label, what is sent.
struct Day {
    title: String,
    times: Vec<(String, String)>,
}

#[derive(askama::Template)]
#[template(path = "staff_visit.html")]
struct Page {
    frame: Frame,
    code: String,
    version: i64,
    client: String,
    client_code: Option<String>,
    when: String,
    until: String,
    service: String,
    state: &'static str,
    open: Vec<String>,
    movable: bool,
    /// Whether anything of the visit can still be called off.
    ahead: bool,
    steps: Vec<today::Step>,
    people: Vec<(String, String, bool)>,
    with: String,
    days: Vec<Day>,
    earlier: Option<Date>,
    later: Date,
    seen: String,
    key: String,
    back: String,
}

/// `GET /staff/visits/{code}`
pub async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(typed): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let code = codes::code(&typed).ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
    let actor = signed_in.actor.clone();
    let found = signed_in.office.read(move |desk| {
        let visit = appointments::by_code(desk.tx, &code)?.ok_or(Refused::NotFound("visit"))?;
        let at = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
        book::may_see(desk.tx, at, &visit)?;
        let thing = book::thing_of(desk.tx, at, &visit)?;
        let may = |action| permission::allowed(&actor, action, &thing).is_ok();
        let client = match visit.client {
            Some(id) => clients::by_id(desk.tx, desk.vault, id)?,
            None => None,
        };
        let (start_us, now_us) = (visit.span.start_us, desk.fresh.now_us());
        let gates: Vec<GateState> = match visit.client {
            Some(id) if visit.state == Step::Booked && may(Action::SeeHealth) => {
                book::gates_of(desk.tx, at, &visit, id, start_us, Moment::AtCheckIn, now_us)?
            }
            _ => Vec::new(),
        };
        let own = book::own(desk.tx, &visit)?;
        Ok::<_, Refused>((visit, client, gates, may(Action::MoveVisit), own))
    });
    let (visit, client, gates, may_move, own) = found.await?;
    let practice = &signed_in.practice;
    let tz = zone(&visit.zone).unwrap_or(TimeZone::UTC);
    let ahead = visit.state == Step::Booked && visit.span.start_us > now().as_microsecond();
    let movable = may_move && visit.state == Step::Booked;
    let service = practice.service(visit.service);
    let performers = service.map(|s| crate::booking::steps::performers(practice, visit.studio, s));
    let performers = performers.unwrap_or_default();
    let with = match asked.with.as_str() {
        "" => Some(visit.practitioner),
        other => other.parse().ok().filter(|id| performers.contains(id)),
    };
    let today = local_date(&tz, now());
    let first = asked.from.unwrap_or_else(|| visit.wall.date()).clamp(today, plus_days(today, 3 * 366));
    let days = if movable { days(&signed_in, &visit, with, first, own) } else { Vec::new() };
    let mut people: Vec<(String, String, bool)> = performers
        .iter()
        .map(|id| (super::view::person_name(practice, *id), id.to_string(), with == Some(*id)))
        .collect();
    people.push(("Anyone".to_owned(), "anyone".to_owned(), with.is_none()));
    let name = client.as_ref().and_then(|c| c.person.as_ref()).map(|p| p.name.clone());
    let now_at = Pick {
        start: free::instant(visit.span.start_us),
        practitioner: visit.practitioner,
        room: visit.room,
    };
    page::private(&Page {
        frame: Frame::new(&app, "/staff/week", "Visit").hidden().staff(&signed_in.person.name),
        client: name.unwrap_or_else(|| "Nobody yet".to_owned()),
        client_code: client.map(|c| c.code),
        when: spoken(&tz, visit.span.start_us, visit.practitioner, visit.room, practice),
        until: clock(&tz, visit.span.end_us),
        service: service.map(|s| s.name.clone()).unwrap_or_default(),
        state: words(visit.state),
        open: gates.iter().filter(|g| g.blocks).map(|g| g.for_staff(&tz)).collect(),
        movable,
        ahead,
        steps: if visit.span.start_us < now().as_microsecond() + DAY_US {
            today::steps(visit.state)
        } else {
            Vec::new()
        },
        people: if movable && performers.len() > 1 { people } else { Vec::new() },
        with: with.map_or("anyone".to_owned(), |id| id.to_string()),
        days,
        earlier: (first > today).then(|| plus_days(first, -DAYS).max(today)),
        later: plus_days(first, DAYS),
        seen: now_at.text(),
        key: nonce(),
        back: way_back(&asked.back),
        version: visit.version,
        code: visit.code,
    })
}

/// The free times of some days.
fn days(
    signed_in: &SignedIn,
    visit: &Appointment,
    with: Option<StaffId>,
    first: Date,
    own: hairline_studio::search::Own,
) -> Vec<Day> {
    let shown = signed_in.office.live().shown();
    let service = free::of_staff(&shown.board, &shown.practice, visit.service, Some(free::minutes(visit)));
    let Some(service) = service else { return Vec::new() };
    let last = plus_days(first, DAYS - 1).min(plus_days(shown.days.1, -2));
    let own = [own];
    let asked = free_times::Asked {
        service: &service,
        who: with.map_or(Who::Studio(visit.studio), |id| Who::One(id.into())),
        at: Some(visit.studio),
        from: first,
        to: last,
        now: now(),
        own: &own,
    };
    let lines = free_times::lines(shown.board.world(), &asked).unwrap_or_default();
    let mut days = Vec::new();
    let mut date = first;
    while date <= last {
        let times: Vec<(String, String)> = month::times(&lines, date)
            .into_iter()
            .filter(|t| t.start.as_microsecond() != visit.span.start_us || with != Some(visit.practitioner))
            .filter_map(|t| {
                let practitioner = with.or_else(|| anyone(&lines, date, t.start, visit.practitioner))?;
                let label = match with {
                    Some(_) => t.label,
                    None => {
                        format!("{} {}", t.label, super::view::person_name(&shown.practice, practitioner))
                    }
                };
                Some((label, Pick { start: t.start, practitioner, room: None }.text()))
            })
            .collect();
        if !times.is_empty() {
            days.push(Day { title: date.strftime("%A %-d %B").to_string(), times });
        }
        date = plus_days(date, 1);
    }
    days
}

/// Who is free at a start: the practitioner it is with, or whoever comes first.
fn anyone(
    lines: &[free_times::Line],
    date: Date,
    start: jiff::Timestamp,
    preferred: StaffId,
) -> Option<StaffId> {
    let free = |line: &&free_times::Line| {
        let days = line.days.iter().filter(|day| day.date == date);
        days.into_iter().any(|day| day.starts.iter().any(|s| day.instant(*s) == Some(start)))
    };
    let mut all: Vec<StaffId> = lines.iter().filter(free).map(|line| line.practitioner).collect();
    all.sort_by_key(|id| *id != preferred);
    all.first().copied()
}
