//! `/staff/week`: the calendar drawn.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use hairline_studio::board::{Claim, ClaimKind};
use hairline_studio::booking::State as Step;
use hairline_studio::ids::{ClientId, RoomId, StaffId};
use hairline_studio::permission::{self, Action, Thing};
use hairline_studio::practice::Practice;
use hairline_studio::span::Span;
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::{self, claims, clients, outside};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::grid::{self, Grid};
use super::moves::Was;
use super::view::{Asked, Column, View, person_name, room_name};
use crate::App;
use crate::calendars::outside::warnings;
use crate::extract::Query;
use crate::office::now;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;
use crate::staff::today::words;

/// Something drawn over some rows of a column.
pub struct Area {
    /// First row, from 0.
    pub from: usize,
    /// How many rows.
    pub rows: usize,
    /// Which kind: a class of the style sheet.
    pub kind: &'static str,
    /// What is read of it; nothing for mere shading.
    pub text: String,
}

/// A visit as it is drawn.
pub struct Drawn {
    from: usize,
    rows: usize,
    code: String,
    version: i64,
    quarter: i64,
    kind: &'static str,
    movable: bool,
    time: String,
    client: String,
    what: String,
    /// Everything, for who hears it.
    label: String,
    fresh: bool,
}

/// A column as it is drawn.
pub struct Shown {
    title: String,
    spoken: String,
    today: bool,
    /// The quarter hour of each row, as JSON: what the script reads.
    quarters: String,
    /// Where a new visit begins: its address without the time.
    new: String,
    areas: Vec<Area>,
    visits: Vec<Drawn>,
}

#[derive(askama::Template)]
#[template(path = "week.html")]
struct Page {
    frame: Frame,
    view: View,
    title: String,
    studios: Vec<(String, String)>,
    before: Date,
    after: Date,
    /// Full hours of the axis: row and label.
    hours: Vec<(usize, String)>,
    n_rows: usize,
    columns: Vec<Shown>,
    /// What was just done, and the form that takes it back.
    done: Option<(String, String)>,
    key: String,
    here: String,
    /// Whether the person may change what is set up.
    manages: bool,
    /// Calendars elsewhere that are not read any more.
    stale: Vec<String>,
}

/// `GET /staff/week`
pub async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    signed_in.must(Action::SeeCalendar)?;
    let view = View::of(&signed_in, &asked)?;
    let broken = |e| {
        tracing::error!(error = %e, "a calendar cannot be drawn");
        Problem::new(&problem::NOT_FOUND)
    };
    let (span, mut grid) = (view.span().map_err(broken)?, view.grid().map_err(broken)?);
    let (studio, resources, week_of) = (view.studio.id, view.resources(), view.of.filter(|_| !view.rooms));
    let found = signed_in
        .office
        .read(move |desk| {
            let wide = Span { start_us: span.start_us - claims::LONGEST_US, ..span };
            let mut visits = appointments::of_studio(desk.tx, studio, wide)?;
            if let Some(person) = week_of {
                visits.extend(appointments::of_practitioner(desk.tx, StaffId(person.0), wide)?);
                visits.sort_by_key(|v| (v.span, v.id));
                visits.dedup_by_key(|v| v.id);
            }
            let claims = claims::overlapping(desk.tx, &resources, span, desk.fresh.now_us())?;
            let who: Vec<ClientId> = visits.iter().filter_map(|v| v.client).collect();
            let stale = outside::stale(desk.tx, desk.fresh.now_us())?;
            Ok::<_, store::Error>((visits, claims, clients::by_ids(desk.tx, desk.vault, &who)?, stale))
        })
        .await?;
    let (visits, claims, people, stale) = found;
    let names = people.into_iter().filter_map(|c| Some((c.id, c.person?.name))).collect();
    let drawing =
        Drawing { signed_in: &signed_in, view: &view, visits: &visits, claims: &claims, names: &names };
    let mut content: Vec<Span> = visits.iter().filter(|v| v.state.takes_time()).map(|v| v.span).collect();
    for column in &view.columns {
        content.extend(view.open(&signed_in.practice, column).map_err(broken)?.0);
    }
    grid.cut_to(&content);
    let columns = view.columns.iter().map(|c| drawing.column(&grid, c, &asked)).collect::<Result<_, _>>();
    let done = drawing.done(&asked);
    let hours = grid.rows.iter().enumerate().filter(|(_, row)| row.clock % 4 == 0);
    let days = if view.week { 7 } else { 1 };
    let page = Page {
        frame: Frame::new(&app, "/staff/week", "Week")
            .hidden()
            .staff(&signed_in.person.name)
            .script(crate::assets::WEEK_JS),
        title: title(&view),
        studios: signed_in.studios().iter().map(|s| (s.slug.clone(), s.name.clone())).collect(),
        before: hairline_studio::zone::plus_days(view.day, -days),
        after: hairline_studio::zone::plus_days(view.day, days),
        hours: hours.map(|(at, row)| (at, grid::label(*row))).collect(),
        n_rows: grid.rows.len(),
        columns: columns.map_err(broken)?,
        done,
        key: crate::booking::pages::nonce(),
        here: view.here(),
        manages: crate::staff::setup::pages::may(&signed_in, Action::EditStudio, &view.studio),
        stale: warnings(&signed_in.practice, studio, &stale),
        view,
    };
    page::private(&page)
}

fn title(view: &View) -> String {
    if !view.week {
        return view.day.strftime("%A %-d %B %Y").to_string();
    }
    let (first, last) = view.days();
    let month = if first.month() == last.month() { "%-d" } else { "%-d %B" };
    format!("{} to {}", first.strftime(month), last.strftime("%-d %B %Y"))
}

/// What is needed to draw.
struct Drawing<'a> {
    signed_in: &'a SignedIn,
    view: &'a View,
    visits: &'a [Appointment],
    claims: &'a [Claim],
    names: &'a HashMap<ClientId, String>,
}

impl Drawing<'_> {
    fn practice(&self) -> &Practice {
        &self.signed_in.practice
    }

    fn column(
        &self,
        grid: &Grid,
        column: &Column,
        asked: &Asked,
    ) -> Result<Shown, hairline_studio::zone::TimeError> {
        let day = column.day;
        let (open, breaks) = self.view.open(self.practice(), column)?;
        let run = |kind: &'static str, text: &str| {
            let text = text.to_owned();
            move |(from, end): (usize, usize)| Area { from, rows: end - from, kind, text: text.clone() }
        };
        let mut areas: Vec<Area> = Vec::new();
        let missing = grid.runs(day, |q| q.is_none());
        areas.extend(missing.into_iter().map(run("missing", "No such time on this day")));
        let shut = grid.runs(day, |q| q.is_some_and(|q| !grid::inside(&open, q)));
        areas.extend(shut.into_iter().map(run("shut", "")));
        let pause = grid.runs(day, |q| q.is_some_and(|q| breaks.iter().any(|b| touches(b, q))));
        areas.extend(pause.into_iter().map(run("break", "Break")));
        for claim in self.claims.iter().filter(|c| c.resource == column.resource) {
            let Some(rows) = grid.rows_of(day, &claim.span) else { continue };
            let visit = self.visits.iter().find(|v| v.id.0 == claim.owner);
            let (kind, text) = match (claim.kind, visit) {
                (ClaimKind::Leave, _) => ("leave", "Away".to_owned()),
                (ClaimKind::Maintenance, _) => ("leave", "Not to be used".to_owned()),
                (ClaimKind::External, _) => ("external", "Busy by another calendar".to_owned()),
                (ClaimKind::Hold, Some(v)) => ("hold", self.kept(v)),
                (ClaimKind::Hold, None) => ("hold", "Kept for somebody".to_owned()),
                // The time around a visit; the visit itself is drawn over it.
                (ClaimKind::Appointment, Some(_)) => ("buffer", String::new()),
                (ClaimKind::Appointment, None) => ("elsewhere", "Taken at another studio".to_owned()),
            };
            areas.push(run(kind, &text)(rows));
        }
        let here = |v: &&Appointment| {
            let resource = if self.view.rooms { v.room.map(Into::into) } else { Some(v.practitioner.into()) };
            resource == Some(column.resource) && v.state.takes_time() && v.state != Step::Hold
        };
        let visits = self.visits.iter().filter(here);
        let quarters = serde_json::to_string(grid.quarters(day)).unwrap_or_default();
        let with = if self.view.rooms { "room" } else { "with" };
        Ok(Shown {
            title: column.title.clone(),
            spoken: column.date.strftime("%A %-d %B").to_string(),
            today: self.view.week && column.date == self.view.today,
            quarters,
            new: format!(
                "/staff/week/new?studio={}&{with}={}&day={}",
                self.view.studio.slug, column.resource, column.date
            ),
            areas,
            visits: visits.filter_map(|v| self.visit(grid, day, v, asked)).collect(),
        })
    }

    fn kept(&self, visit: &Appointment) -> String {
        let until = visit.hold_until_us.map(|us| clock(&self.view.tz, us)).unwrap_or_default();
        format!("Kept for a visitor until {until}")
    }

    fn visit(&self, grid: &Grid, day: usize, v: &Appointment, asked: &Asked) -> Option<Drawn> {
        let (from, end) = grid.rows_of(day, &v.span)?;
        let practice = self.practice();
        let thing = Thing {
            chain: practice.chain.id,
            studio: Some(v.studio),
            client: v.client,
            course_studios: Vec::new(),
            practitioner: Some(v.practitioner),
        };
        let may = |action| permission::allowed(&self.signed_in.actor, action, &thing).is_ok();
        let tz = &self.view.tz;
        let time = format!("{} to {}", clock(tz, v.span.start_us), clock(tz, v.span.end_us));
        if !may(Action::SeeCalendar) {
            return Some(Drawn {
                from,
                rows: end - from,
                code: String::new(),
                version: 0,
                quarter: 0,
                kind: "elsewhere",
                movable: false,
                label: format!("At another studio, {time}"),
                client: "At another studio".to_owned(),
                time,
                what: String::new(),
                fresh: false,
            });
        }
        let client = v.client.and_then(|id| self.names.get(&id)).cloned();
        let client = client.unwrap_or_else(|| "Record erased".to_owned());
        let service = practice.service(v.service).map(|s| s.name.clone()).unwrap_or_default();
        let beside = match (self.view.rooms, v.studio == self.view.studio.id) {
            (_, false) => practice.studio(v.studio).map(|s| s.name.clone()).unwrap_or_default(),
            (true, true) => person_name(practice, v.practitioner),
            (false, true) => room_name(practice, v.room),
        };
        let what = [service, beside].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
        let state = words(v.state);
        let movable = v.state == Step::Booked && may(Action::MoveVisit) && v.studio == self.view.studio.id;
        Some(Drawn {
            from,
            rows: end - from,
            label: format!("{client}, {what}, {time}, {state}"),
            code: v.code.clone(),
            version: v.version,
            quarter: v.span.start_us.div_euclid(hairline_studio::timeline::QUARTER_US),
            kind: match v.state {
                Step::CheckedIn => "here",
                Step::Done => "over",
                _ => "booked",
            },
            movable: movable && v.span.start_us > now().as_microsecond(),
            time,
            client,
            what,
            fresh: asked.made == v.code || Was::list(&asked.moved).iter().any(|was| was.code == v.code),
        })
    }

    /// What was just done, in words, and what the form sends that takes it back.
    fn done(&self, asked: &Asked) -> Option<(String, String)> {
        let was = Was::list(&asked.moved);
        let first = was.first()?;
        let tz = &self.view.tz;
        let told = match self.visits.iter().find(|v| v.code == first.code) {
            Some(v) => {
                let name = v.client.and_then(|id| self.names.get(&id)).map_or("The visit", String::as_str);
                format!(
                    "{name} moved to {}",
                    spoken(tz, v.span.start_us, v.practitioner, v.room, self.practice())
                )
            }
            None => "The visit was moved".to_owned(),
        };
        let from = spoken(tz, first.start.as_microsecond(), first.practitioner, first.room, self.practice());
        let others = match was.len() {
            1 => String::new(),
            2 => " One later visit of the course moved with it.".to_owned(),
            n => format!(" {} later visits of the course moved with it.", n - 1),
        };
        Some((format!("{told}; it was {from}.{others}"), asked.moved.clone()))
    }
}

fn touches(span: &Span, quarter: i64) -> bool {
    let start_us = quarter * hairline_studio::timeline::QUARTER_US;
    span.start_us < start_us + hairline_studio::timeline::QUARTER_US && start_us < span.end_us
}

/// What the clock of a zone shows.
pub fn clock(tz: &TimeZone, us: i64) -> String {
    let at = Timestamp::from_microsecond(us).map(|t| tz.to_datetime(t));
    at.map_or_else(|_| String::new(), |t| t.strftime("%H:%M").to_string())
}

/// A time with its day, practitioner and room.
pub fn spoken(
    tz: &TimeZone,
    us: i64,
    practitioner: StaffId,
    room: Option<RoomId>,
    practice: &Practice,
) -> String {
    let at = Timestamp::from_microsecond(us).map(|t| tz.to_datetime(t));
    let when = at.map_or_else(|_| String::new(), |t| t.strftime("%A %-d %B, %H:%M").to_string());
    let room = room_name(practice, room);
    let room = if room.is_empty() { room } else { format!(", {room}") };
    format!("{when} with {}{room}", person_name(practice, practitioner))
}
