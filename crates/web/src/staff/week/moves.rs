//! Moves of visits by staff: at once where nothing follows from it, after a word where something does, and back again.

use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::booking::{Override, Refusal as StepRefusal};
use hairline_studio::course::{Moved, Visit};
use hairline_studio::ids::{RoomId, StaffId};
use hairline_studio::permission::Actor;
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::book::{self, Refused, Touched, Wish};
use hairline_studio::store::courses;
use hairline_studio::zone::zone;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use uuid::Uuid;

use super::effects::{self, Effects};
use super::page::spoken;
use super::view::way_back;
use super::{changed, free};
use crate::App;
use crate::booking::once::{Once, Stopped, once};
use crate::booking::pages::nonce;
use crate::office::Desk;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::session::{self, SignedIn};
use crate::staff::sign_in;

/// A place for a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// When it begins.
    pub start: Timestamp,
    /// With whom.
    pub practitioner: StaffId,
    /// In which room, where that matters.
    pub room: Option<RoomId>,
}

impl Pick {
    /// As a button sends it.
    pub fn text(&self) -> String {
        let room = self.room.map(|id| format!(" {id}")).unwrap_or_default();
        format!("{} {}{room}", self.start, self.practitioner)
    }

    /// What a button sent.
    pub fn read(text: &str) -> Option<Pick> {
        let mut parts = text.split(' ');
        let (start, practitioner) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let room = match parts.next() {
            Some(room) => Some(room.parse().ok()?),
            None => None,
        };
        Some(Pick { start, practitioner, room })
    }
}

/// Where a visit was before a move, and the version it has since: what moves it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Was {
    /// Its code.
    pub code: String,
    /// Its version after the move.
    pub version: i64,
    /// When it began.
    pub start: Timestamp,
    /// With whom.
    pub practitioner: StaffId,
    /// In which room.
    pub room: Option<RoomId>,
}

impl Was {
    fn of(before: &Appointment, after: &Appointment) -> Was {
        Was {
            code: before.code.clone(),
            version: after.version,
            start: free::instant(before.span.start_us),
            practitioner: before.practitioner,
            room: before.room,
        }
    }

    /// Several, for an address; the one that was asked for first.
    pub fn text(all: &[Was]) -> String {
        let one = |was: &Was| {
            let room = was.room.map_or(Uuid::nil(), |r| r.0).simple();
            let (start, person) = (was.start.as_second(), was.practitioner.0.simple());
            format!("{}_{}_{start}_{person}_{room}", was.code, was.version)
        };
        all.iter().map(one).collect::<Vec<_>>().join(".")
    }

    /// What [`Was::text`] has written; nothing where it has not.
    pub fn list(text: &str) -> Vec<Was> {
        let one = |part: &str| {
            let mut parts = part.split('_');
            let code = crate::booking::visit::code(parts.next()?)?;
            let version = parts.next()?.parse().ok()?;
            let start = Timestamp::from_second(parts.next()?.parse().ok()?).ok()?;
            let practitioner = StaffId(parts.next()?.parse().ok()?);
            let room: Uuid = parts.next()?.parse().ok()?;
            Some(Was { code, version, start, practitioner, room: (!room.is_nil()).then_some(RoomId(room)) })
        };
        text.split('.').map(one).collect::<Option<Vec<Was>>>().unwrap_or_default()
    }

    fn pick(&self) -> Pick {
        Pick { start: self.start, practitioner: self.practitioner, room: self.room }
    }
}

/// What the form of a move sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Sent {
    key: String,
    /// The version of the visit that was looked at.
    version: Option<i64>,
    pick: String,
    /// Where it was when it was looked at, to say what changed.
    seen: String,
    back: String,
    /// What was agreed to: the plan of the other visits, after the word "yes".
    agreed: String,
    reason: String,
    second_email: String,
    second_password: String,
}

/// The version an edit was made on: of the form, or of the If-Match header.
fn version(sent: &Sent, headers: &HeaderMap) -> Result<i64, Problem> {
    let header = headers.get(IF_MATCH).and_then(|v| v.to_str().ok());
    let header = header.and_then(|v| v.trim().trim_matches('"').parse().ok());
    header.or(sent.version).ok_or_else(|| Problem::new(&problem::PRECONDITION_REQUIRED))
}

fn bad() -> Problem {
    Problem::new(&problem::BAD_REQUEST).detail("The form is not one of ours.")
}

/// `POST /staff/visits/{code}/move`
pub async fn to(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(typed): Path<String>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let seen = version(&sent, &headers)?;
    let pick = Pick::read(&sent.pick).ok_or_else(bad)?;
    let (visit, own) = free::movable(&signed_in, &typed).await?;
    if visit.version != seen {
        return changed::page(&app, &signed_in, &visit, Pick::read(&sent.seen), pick, &sent.back).await;
    }
    let effects = effects::of(&signed_in, &visit, &pick).await?;
    let second = match sent.second_email.trim() {
        "" => None,
        email => match second(&signed_in, email, &sent.second_password).await? {
            Some(actor) => Some(actor),
            None => {
                let fault = "The second person's e-mail and password do not fit together.";
                return confirm(&app, &signed_in, &visit, pick, &effects, &sent, Some(fault));
            }
        },
    };
    let agreed = sent.agreed == format!("yes {}", effects.plan());
    if effects.ask() && !agreed {
        return confirm(&app, &signed_in, &visit, pick, &effects, &sent, None);
    }
    let reason = sent.reason.trim().to_owned();
    let past = (effects.past() && !reason.is_empty()).then_some(Override { reason, second });
    let room = pick.room.or_else(|| free::room_kept(&signed_in, &visit, &[own], &pick));
    let wish = Wish {
        studio: visit.studio,
        service: visit.service,
        practitioner: pick.practitioner,
        start: pick.start,
        room,
    };
    let key = Once::of_button(&sent.key, &format!("{} {} {}", sent.pick, sent.agreed, sent.reason));
    let (actor, code, course) = (signed_in.actor.clone(), visit.code.clone(), effects.course.clone());
    let done = once(&signed_in.office, &key, 200, move |desk| {
        let before = appointments::by_code(desk.tx, &code)?.ok_or(Refused::NotFound("visit"))?;
        if before.version != seen {
            return Err(Stopped::Version(u64::try_from(before.version).unwrap_or(0)));
        }
        match &course {
            Some((id, moved)) => course_moves(desk, &actor, *id, moved, past.as_ref(), &code),
            None => one_moves(desk, &actor, before, &wish, past.as_ref()),
        }
    });
    match done.await {
        Ok(was) => Ok(back_to(&sent.back, &was)),
        Err(Stopped::Version(_)) => {
            let (visit, _) = free::movable(&signed_in, &typed).await?;
            changed::page(&app, &signed_in, &visit, Pick::read(&sent.seen), pick, &sent.back).await
        }
        Err(Stopped::Refused(Refused::Course(why))) => {
            let effects = Effects { gap: Some(format!("The gaps agreed do not hold: {why}.")), ..effects };
            confirm(&app, &signed_in, &visit, pick, &effects, &sent, None)
        }
        Err(Stopped::Refused(Refused::Step(why @ (StepRefusal::NoReason | StepRefusal::NoSecondPerson)))) => {
            let fault = match why {
                StepRefusal::NoReason => "Please say why; the reason goes on record.",
                _ => "Going past this needs a second person of the studio, who is not you.",
            };
            confirm(&app, &signed_in, &visit, pick, &effects, &sent, Some(fault))
        }
        Err(stopped) => Err(stopped.into()),
    }
}

fn one_moves(
    desk: &mut Desk<'_, '_>,
    actor: &Actor,
    before: Appointment,
    wish: &Wish,
    past: Option<&Override>,
) -> Result<(String, Touched), Stopped> {
    let Desk { tx, practice, vault, fresh } = desk;
    let at = book::Desk { practice, vault, actor };
    let moved = book::move_to(tx, at, before.clone(), wish, past, fresh)?;
    Ok((Was::text(&[Was::of(&before, &moved.appointment)]), moved.touched))
}

fn course_moves(
    desk: &mut Desk<'_, '_>,
    actor: &Actor,
    id: hairline_studio::ids::CourseId,
    moved: &[Moved],
    past: Option<&Override>,
    first: &str,
) -> Result<(String, Touched), Stopped> {
    let Desk { tx, practice, vault, fresh } = desk;
    let at = book::Desk { practice, vault, actor };
    let before = appointments::of_course(tx, id)?;
    let done = courses::move_course(tx, at, id, moved, past, fresh)?;
    let was = |after: &Appointment| Some(Was::of(before.iter().find(|b| b.id == after.id)?, after));
    let mut all: Vec<Was> = done.visits.iter().filter_map(was).collect();
    all.sort_by_key(|was| was.code != first);
    Ok((Was::text(&all), done.touched))
}

fn back_to(back: &str, was: &str) -> Response {
    let first = was.split('_').next().unwrap_or_default();
    let back = way_back(back);
    let sign = if back.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{back}{sign}moved={was}#visit-{first}")).into_response()
}

/// Somebody else of the staff who says yes beside the person, by their own password.
async fn second(signed_in: &SignedIn, email: &str, password: &str) -> Result<Option<Actor>, Problem> {
    let found = sign_in::who(&signed_in.office, email, password.to_owned()).await?;
    let person = found.and_then(|id| signed_in.practice.person(id));
    Ok(person.and_then(|person| session::actor(&signed_in.practice, person)))
}

/// What a move would cause, and the form to agree to it.
#[derive(askama::Template)]
#[template(path = "move_confirm.html")]
struct Confirm<'a> {
    frame: Frame,
    code: &'a str,
    version: i64,
    pick: String,
    key: String,
    back: String,
    from: String,
    to: String,
    effects: &'a Effects,
    agreed: String,
    reason: &'a str,
    second_email: &'a str,
    fault: Option<&'a str>,
}

fn confirm(
    app: &App,
    signed_in: &SignedIn,
    visit: &Appointment,
    pick: Pick,
    effects: &Effects,
    sent: &Sent,
    fault: Option<&str>,
) -> Result<Response, Problem> {
    let tz = zone(&visit.zone).unwrap_or(TimeZone::UTC);
    let practice = &signed_in.practice;
    page::private(&Confirm {
        frame: Frame::new(app, "/staff/week", "Move this visit?").hidden().staff(&signed_in.person.name),
        code: &visit.code,
        version: visit.version,
        pick: pick.text(),
        key: nonce(),
        back: way_back(&sent.back),
        from: spoken(&tz, visit.span.start_us, visit.practitioner, visit.room, practice),
        to: spoken(&tz, pick.start.as_microsecond(), pick.practitioner, pick.room, practice),
        agreed: format!("yes {}", effects.plan()),
        effects,
        reason: sent.reason.trim(),
        second_email: sent.second_email.trim(),
        fault,
    })
}

/// What takes a move back.
#[derive(Deserialize)]
pub struct Back {
    key: String,
    was: String,
    back: String,
}

/// `POST /staff/week/back`: moves everything of one move back to where it was, all or nothing.
pub async fn back(
    State(app): State<App>,
    signed_in: SignedIn,
    Form(sent): Form<Back>,
) -> Result<Response, Problem> {
    let was = Was::list(&sent.was);
    let first = was.first().ok_or_else(bad)?.clone();
    let (visit, _) = free::movable(&signed_in, &first.code).await?;
    if visit.version != first.version {
        return changed::page(&app, &signed_in, &visit, None, first.pick(), &sent.back).await;
    }
    let key = Once::of_button(&sent.key, &sent.was);
    let (actor, asked) = (signed_in.actor.clone(), was.clone());
    let done = once(&signed_in.office, &key, 200, move |desk| {
        let mut visits = Vec::with_capacity(asked.len());
        for was in &asked {
            let visit = appointments::by_code(desk.tx, &was.code)?.ok_or(Refused::NotFound("visit"))?;
            if visit.version != was.version {
                return Err(Stopped::Version(u64::try_from(visit.version).unwrap_or(0)));
            }
            visits.push(visit);
        }
        match (visits.as_slice(), visits.first().and_then(|v| v.course)) {
            ([visit], _) => {
                let was = &asked[0];
                let wish = Wish {
                    studio: visit.studio,
                    service: visit.service,
                    practitioner: was.practitioner,
                    start: was.start,
                    room: was.room,
                };
                one_moves(desk, &actor, visit.clone(), &wish, None)
            }
            (_, Some((id, _))) => {
                let moved: Vec<Moved> = visits.iter().zip(&asked).map(|(v, was)| returned(v, was)).collect();
                course_moves(desk, &actor, id, &moved, None, &asked[0].code)
            }
            _ => Err(Refused::NotFound("course").into()),
        }
    });
    Ok(back_to(&sent.back, &done.await?))
}

/// The move of a visit of a course to where it was. Only place and start of both ends are read of it.
fn returned(visit: &Appointment, was: &Was) -> Moved {
    let date = visit.wall.date();
    let from = Visit {
        step: visit.course.map_or(0, |(_, n)| usize::try_from(n).unwrap_or(1) - 1),
        studio: visit.studio,
        practitioner: visit.practitioner.into(),
        start: free::instant(visit.span.start_us),
        end: free::instant(visit.span.end_us),
        date,
        end_date: date,
    };
    Moved { from, to: Visit { practitioner: was.practitioner.into(), start: was.start, ..from } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_and_addresses_are_read_as_they_were_written() {
        let start = Timestamp::from_second(1_795_420_800).expect("in range");
        let practitioner = StaffId(Uuid::from_u128(7));
        for room in [None, Some(RoomId(Uuid::from_u128(8)))] {
            let pick = Pick { start, practitioner, room };
            assert_eq!(Pick::read(&pick.text()), Some(pick));
            let was = Was { code: "KTWB-29NX-QF7C-MR4H".to_owned(), version: 3, start, practitioner, room };
            let all = [was.clone(), Was { version: 4, ..was }];
            assert_eq!(Was::list(&Was::text(&all)), all);
        }
        assert!(Was::list("").is_empty() && Was::list("x_1_2_3_4").is_empty());
        assert_eq!(Pick::read("now"), None);
    }
}
