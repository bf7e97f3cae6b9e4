//! What a move would cause, looked at before anything is done: gates that stand against it, gaps of the course that would
//! break, later sessions that would move with it.

use hairline_studio::course::{
    ClientDays, CourseError, CourseQuestion, Move, Moved, Objective, Same, Step, Visit, reflow,
};
use hairline_studio::gates::GateState;
use hairline_studio::ids::{CourseId, ResourceId};
use hairline_studio::permission::{self, Action};
use hairline_studio::search::{Own, Service, Who};
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::book::{self, Refused};
use hairline_studio::store::courses::{self, Session};
use hairline_studio::zone::{local_date, plus_days, zone};
use jiff::tz::TimeZone;

use super::free;
use super::moves::Pick;
use super::page::spoken;
use crate::office::now;
use crate::problem::Problem;
use crate::staff::session::SignedIn;

/// Days beyond the last session in which a place is looked for when later sessions have to move.
const ROOM_DAYS: i64 = 180;

/// What a move would cause.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// What must be done first, in the words of staff.
    pub gates: Vec<String>,
    /// Whether one of these cannot be gone past.
    pub for_good: bool,
    /// The course, and all of its visits that move, the asked one first; empty where only that one moves.
    pub course: Option<(CourseId, Vec<Moved>)>,
    /// The other visits that move: from when, to when.
    pub others: Vec<(String, String)>,
    /// A gap of the course that would break.
    pub gap: Option<String>,
    /// Whether the person may go past rules here.
    pub may_go_past: bool,
}

impl Effects {
    /// Whether somebody has to agree before it is done.
    pub fn ask(&self) -> bool {
        self.past() || !self.others.is_empty()
    }

    /// Whether a rule would be gone past.
    pub fn past(&self) -> bool {
        !self.gates.is_empty() || self.gap.is_some()
    }

    /// The other visits as one text, to know that what is agreed to is what was shown.
    pub fn plan(&self) -> String {
        let (_, moved) = self.course.clone().unwrap_or((CourseId(uuid::Uuid::nil()), Vec::new()));
        let one = |m: &Moved| format!("{}.{}.{}", m.to.step, m.to.start.as_second(), m.to.practitioner);
        moved.iter().skip(1).map(one).collect::<Vec<_>>().join("~")
    }
}

/// What is read of the store for it.
struct Read {
    gates: Vec<GateState>,
    may_go_past: bool,
    course: Option<(CourseId, Vec<Session>)>,
    /// The visits of the course that stand, in order, with what they have taken.
    standing: Vec<(Appointment, Own)>,
}

/// What moving a visit would cause.
///
/// # Errors
/// The store's.
pub async fn of(signed_in: &SignedIn, visit: &Appointment, pick: &Pick) -> Result<Effects, Problem> {
    let (actor, of, start_us) = (signed_in.actor.clone(), visit.clone(), pick.start.as_microsecond());
    let read = signed_in.office.read(move |desk| {
        let at = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
        let now_us = desk.fresh.now_us();
        let moment = desk.practice.chain.settings.gates.moment_of_booking(start_us, now_us);
        let mut gates = match of.client {
            Some(client) => book::gates_of(desk.tx, at, &of, client, start_us, moment, now_us)?,
            None => Vec::new(),
        };
        gates.retain(|gate| gate.blocks);
        let thing = book::thing_of(desk.tx, at, &of)?;
        let may_go_past = permission::allowed(&actor, Action::OverrideRule, &thing).is_ok();
        let mut standing = Vec::new();
        let course = match of.course {
            Some((id, _)) => courses::by_id(desk.tx, id)?.map(|course| (id, course.sessions)),
            None => None,
        };
        if let Some((id, _)) = &course {
            let mut visits = appointments::of_course(desk.tx, *id)?;
            visits.retain(|v| courses::stands(v.state));
            visits.sort_by_key(|v| v.course.map(|c| c.1));
            for visit in visits {
                let own = book::own(desk.tx, &visit)?;
                standing.push((visit, own));
            }
        }
        Ok::<_, Refused>(Read { gates, may_go_past, course, standing })
    });
    let read = read.await?;
    let tz = zone(&visit.zone).unwrap_or(TimeZone::UTC);
    let mut effects = Effects {
        gates: signed_in.open_words(&read.gates, visit.studio, &tz),
        for_good: read.gates.iter().any(|gate| !gate.override_allowed),
        may_go_past: read.may_go_past,
        ..Effects::default()
    };
    if let Some((id, sessions)) = &read.course {
        flow(signed_in, visit, pick, (*id, sessions), &read.standing, &mut effects);
    }
    Ok(effects)
}

/// How the course flows around the move.
fn flow(
    signed_in: &SignedIn,
    visit: &Appointment,
    pick: &Pick,
    (id, sessions): (CourseId, &[Session]),
    standing: &[(Appointment, Own)],
    effects: &mut Effects,
) {
    let shown = signed_in.office.live().shown();
    let Some(moved_at) = standing.iter().position(|(v, _)| v.id == visit.id) else { return };
    let services: Option<Vec<Service>> = standing
        .iter()
        .map(|(v, _)| free::of_staff(&shown.board, &shown.practice, v.service, Some(free::minutes(v))))
        .collect();
    let Some(services) = services else { return };
    let index = |v: &Appointment| v.course.map_or(0, |(_, n)| usize::try_from(n).unwrap_or(1) - 1);
    let visits: Vec<Visit> =
        standing.iter().enumerate().filter_map(|(step, (v, _))| placed(step, v)).collect();
    // Over sessions without a visit the gaps add up.
    let mut before = None;
    let steps: Vec<Step<'_>> = standing
        .iter()
        .zip(&services)
        .map(|((v, _), service)| {
            let number = index(v);
            let from = before.map_or(number, |b: usize| b + 1);
            before = Some(number);
            let between = sessions.get(from..=number).unwrap_or_default();
            let sum = |of: fn(&Session) -> u32| between.iter().map(of).sum();
            Step {
                service,
                gap_min_days: sum(|s| s.gap_min_days.max(s.lead_days)),
                gap_max_days: sum(|s| s.gap_max_days),
                lead_days: 0,
            }
        })
        .collect();
    let own: Vec<Own> = standing.iter().skip(moved_at).map(|(_, own)| own.clone()).collect();
    let last = visits.last().map_or(shown.days.0, |v| v.date);
    let at_one = standing.iter().skip(moved_at).all(|(v, _)| v.studio == visit.studio);
    let nobody = ClientDays::default();
    let question = CourseQuestion {
        steps: &steps,
        who: if at_one { Who::Studio(visit.studio) } else { Who::Chain },
        same: Same::Preferred,
        weights: Objective::Earliest.weights(),
        from: shown.days.0,
        to: plus_days(last, ROOM_DAYS).min(plus_days(shown.days.1, -2)).max(last),
        after: None,
        client: &nobody,
        now: now(),
        own: &own,
        n: 1,
    };
    let change = Move {
        step: moved_at,
        studio: visit.studio,
        practitioner: pick.practitioner.into(),
        start: pick.start,
    };
    match reflow(shown.board.world(), &question, &visits, &change) {
        Ok(plan) if plan.moved.len() > 1 => {
            let practice = &shown.practice;
            let told = |v: &Visit| {
                let tz = practice.studio(v.studio).and_then(|s| zone(&s.zone).ok()).unwrap_or(TimeZone::UTC);
                let with = hairline_studio::ids::StaffId(v.practitioner.0);
                spoken(&tz, v.start.as_microsecond(), with, None, practice)
            };
            effects.others = plan.moved.iter().skip(1).map(|m| (told(&m.from), told(&m.to))).collect();
            let numbered = |v: Visit| Visit { step: standing.get(v.step).map_or(0, |(a, _)| index(a)), ..v };
            let moved =
                plan.moved.iter().map(|m| Moved { from: numbered(m.from), to: numbered(m.to) }).collect();
            effects.course = Some((id, moved));
        }
        Ok(_) => {}
        Err(CourseError::MoveGap { found_days, min_days, max_days, .. }) => {
            effects.gap = Some(format!(
                "It would lie {found_days} days after the session before; {min_days} to {max_days} were agreed."
            ));
        }
        Err(CourseError::NoPlace { step, .. }) => {
            let number = standing.get(step).map_or(step, |(v, _)| index(v)) + 1;
            effects.gap = Some(format!(
                "Session {number} would come too soon after it or too late, and has no other free time."
            ));
        }
        // What is not on the board, or not free: the store says so.
        Err(_) => {}
    }
}

/// A visit as the rules of courses see it.
fn placed(step: usize, v: &Appointment) -> Option<Visit> {
    let tz = zone(&v.zone).ok()?;
    let (start, end) = (free::instant(v.span.start_us), free::instant(v.span.end_us));
    let last = free::instant(v.span.end_us - 1);
    Some(Visit {
        step,
        studio: v.studio,
        practitioner: ResourceId::from(v.practitioner),
        start,
        end,
        date: v.wall.date(),
        end_date: local_date(&tz, last),
    })
}
