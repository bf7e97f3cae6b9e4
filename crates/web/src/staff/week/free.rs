//! Where a visit can move to: free starts by the board in memory, for the eyes and for the script. The store decides.

use axum::Json;
use axum::extract::{Path, State};
use hairline_studio::board::Board;
use hairline_studio::ids::{RoomId, ServiceId, StaffId};
use hairline_studio::permission::{self, Action};
use hairline_studio::practice::Practice;
use hairline_studio::search::{self, Ask, Own, Question, Service, Who};
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::book::{self, Refused};
use hairline_studio::timeline::QUARTER_US;
use jiff::Timestamp;
use serde::Serialize;

use super::moves::Pick;
use super::view::{Asked, View};
use crate::App;
use crate::booking::visit;
use crate::extract::Query;
use crate::office::now;
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// Days that staff can book ahead by the board, which ends before.
const STAFF_HORIZON_DAYS: u32 = 3 * 366;

/// A visit that staff may move, with what it has taken itself.
///
/// # Errors
/// Where there is none, or it is not theirs to move.
pub async fn movable(signed_in: &SignedIn, typed: &str) -> Result<(Appointment, Own), Problem> {
    let code = visit::code(typed).ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
    let actor = signed_in.actor.clone();
    let found = signed_in.office.read(move |desk| {
        let visit = appointments::by_code(desk.tx, &code)?.ok_or(Refused::NotFound("visit"))?;
        let at = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
        let thing = book::thing_of(desk.tx, at, &visit)?;
        permission::allowed(&actor, Action::MoveVisit, &thing).map_err(|_| Refused::NotFound("visit"))?;
        let own = book::own(desk.tx, &visit)?;
        Ok::<_, Refused>((visit, own))
    });
    Ok(found.await?)
}

/// A service as staff book it: at once and far ahead; `minutes` where they are not the service's.
pub fn of_staff(
    board: &Board,
    practice: &Practice,
    service: ServiceId,
    minutes: Option<u32>,
) -> Option<Service> {
    let mut service = board.service(practice, service)?;
    service.notice_min = 0;
    service.horizon_days = STAFF_HORIZON_DAYS;
    service.minutes = minutes.unwrap_or(service.minutes);
    Some(service)
}

/// Minutes of a visit.
pub fn minutes(visit: &Appointment) -> u32 {
    u32::try_from(visit.span.length_us() / 60_000_000).unwrap_or(0)
}

/// Free starts of a visit in the columns of a view.
#[derive(Serialize)]
pub struct Starts {
    version: i64,
    /// Column, quarter hour since 1970, what is sent to move there.
    starts: Vec<(usize, i64, String)>,
}

/// `GET /staff/visits/{code}/free`: for the script of the week.
pub async fn list(
    State(_): State<App>,
    signed_in: SignedIn,
    Path(typed): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<Starts>, Problem> {
    let view = View::of(&signed_in, &asked)?;
    let (visit, own) = movable(&signed_in, &typed).await?;
    let starts = in_columns(&signed_in, &view, &visit, &[own]);
    Ok(Json(Starts { version: visit.version, starts }))
}

fn in_columns(
    signed_in: &SignedIn,
    view: &View,
    visit: &Appointment,
    own: &[Own],
) -> Vec<(usize, i64, String)> {
    let shown = signed_in.office.live().shown();
    let (world, mut starts) = (shown.board.world(), Vec::new());
    let service = of_staff(&shown.board, &shown.practice, visit.service, Some(minutes(visit)));
    let Some(service) = service.filter(|_| visit.studio == view.studio.id) else { return starts };
    for (n, column) in view.columns.iter().enumerate() {
        let practitioner = if view.rooms { visit.practitioner } else { StaffId(column.resource.0) };
        let (from, to) = (column.date, column.date);
        let who = Who::One(practitioner.into());
        let question = Question { service: &service, who, from, to, now: now(), own };
        // Days that are not on the board, and who does not do this, have no free time.
        let Ok(offers) = search::search(world, &question) else { continue };
        let here = offers
            .iter()
            .filter(|o| world.studios.get(o.studio).is_some_and(|studio| studio.id == view.studio.id));
        for quarter in here.flat_map(|offer| offer.starts.iter()) {
            let Some(start) = search::instant_of(quarter) else { continue };
            let room = view.rooms.then_some(RoomId(column.resource.0));
            let stays = (visit.practitioner, visit.span.start_us) == (practitioner, quarter * QUARTER_US)
                && room.is_none_or(|room| visit.room == Some(room));
            let ask = Ask {
                service: &service,
                studio: view.studio.id,
                practitioner: practitioner.into(),
                start,
                now: now(),
                own,
            };
            let fits = |room: RoomId| search::admits(world, &ask).is_ok_and(|all| all.contains(&room.into()));
            if !stays && room.is_none_or(fits) {
                starts.push((n, quarter, Pick { start, practitioner, room }.text()));
            }
        }
    }
    starts
}

/// The room a visit keeps at a new time, where it can; otherwise the store chooses.
pub fn room_kept(signed_in: &SignedIn, visit: &Appointment, own: &[Own], pick: &Pick) -> Option<RoomId> {
    let shown = signed_in.office.live().shown();
    let service = of_staff(&shown.board, &shown.practice, visit.service, Some(minutes(visit)))?;
    let ask = Ask {
        service: &service,
        studio: visit.studio,
        practitioner: pick.practitioner.into(),
        start: pick.start,
        now: now(),
        own,
    };
    let rooms = search::admits(shown.board.world(), &ask).ok()?;
    visit.room.filter(|room| rooms.contains(&(*room).into()))
}

/// Whether a time is on the board at all: what lies beyond is asked of the store alone.
pub fn instant(us: i64) -> Timestamp {
    Timestamp::from_microsecond(us).unwrap_or_default()
}
