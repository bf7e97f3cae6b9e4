//! A visit's states, and the one function that leads from one to the next.
//!
//! ```text
//! hold -> booked -> checked in -> done
//!   |       |  \        |
//! released  |  no-show  cancelled (sent home at the door)
//!        cancelled
//! ```
//!
//! [`EDGES`] is the whole machine: from where, to where, by which permission, what is looked at on the way. [`step`] reads
//! it: permission first, then the state, then the clock, then the gates. Whether the time is free is not asked here; the
//! store asks it in the same transaction, and nobody can override its answer.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::gates::{Gate, GateState};
use crate::ids::StaffId;
use crate::permission::{self, Action, Actor, Denial, Person, Thing};
use crate::span::{HOUR_US, MINUTE_US, Span};

/// Where a visit is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Kept for one person while they decide, until the hold ends; nobody else can take it.
    Hold,
    /// Confirmed.
    Booked,
    /// The client is here.
    CheckedIn,
    /// The work is done.
    Done,
    /// The client did not come.
    NoShow,
    /// Called off.
    Cancelled,
    /// A hold given up or run out. It never was a booking.
    Released,
}

/// All states.
pub const STATES: [State; 7] = [
    State::Hold,
    State::Booked,
    State::CheckedIn,
    State::Done,
    State::NoShow,
    State::Cancelled,
    State::Released,
];

impl State {
    /// Whether a visit in this state takes its practitioner and room.
    pub fn takes_time(self) -> bool {
        matches!(self, State::Hold | State::Booked | State::CheckedIn | State::Done)
    }
}

/// What can be done to a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// Turn the hold into a booking.
    Confirm,
    /// Give the hold up, or find that it has run out.
    Release,
    /// Take another time; the code stays.
    Move,
    /// Call it off.
    Cancel,
    /// The client has come.
    CheckIn,
    /// The client is not here after all: checked in by mistake.
    UndoCheckIn,
    /// The client cannot be treated today.
    SendHome,
    /// The work is done.
    Finish,
    /// The client did not come.
    MissVisit,
    /// The client came late, after being noted as missing.
    ComeLate,
}

/// All edges, in the order of [`EDGES`].
pub const EDGE_KINDS: [Edge; 10] = [
    Edge::Confirm,
    Edge::Release,
    Edge::Move,
    Edge::Cancel,
    Edge::CheckIn,
    Edge::UndoCheckIn,
    Edge::SendHome,
    Edge::Finish,
    Edge::MissVisit,
    Edge::ComeLate,
];

/// One edge of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What is done.
    pub edge: Edge,
    /// The state it starts from.
    pub from: State,
    /// The state it leads to.
    pub to: State,
    /// Who may: the row of the permission table.
    pub action: Action,
    /// Whether the gates are looked at.
    pub gated: bool,
    /// Whether a reason is always asked for, because something on record is taken back.
    pub reason: bool,
}

const fn row(edge: Edge, from: State, to: State, action: Action, gated: bool, reason: bool) -> Row {
    Row { edge, from, to, action, gated, reason }
}

/// The machine.
pub const EDGES: [Row; 10] = [
    //                                                                              gated  reason
    row(Edge::Confirm, State::Hold, State::Booked, Action::BookVisit, true, false),
    row(Edge::Release, State::Hold, State::Released, Action::BookVisit, false, false),
    row(Edge::Move, State::Booked, State::Booked, Action::MoveVisit, true, false),
    row(Edge::Cancel, State::Booked, State::Cancelled, Action::CancelVisit, false, false),
    row(Edge::CheckIn, State::Booked, State::CheckedIn, Action::ReceiveClient, true, false),
    row(Edge::UndoCheckIn, State::CheckedIn, State::Booked, Action::ReceiveClient, false, true),
    row(Edge::SendHome, State::CheckedIn, State::Cancelled, Action::ReceiveClient, false, true),
    row(Edge::Finish, State::CheckedIn, State::Done, Action::FinishVisit, false, false),
    row(Edge::MissVisit, State::Booked, State::NoShow, Action::ReceiveClient, false, false),
    row(Edge::ComeLate, State::NoShow, State::CheckedIn, Action::ReceiveClient, true, true),
];

/// What of a visit the machine needs and changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Where it is.
    pub state: State,
    /// When it is.
    pub span: Span,
    /// While it is a hold: first instant at which it no longer is one, UTC microseconds.
    pub hold_until_us: i64,
    /// The code by which people name it; it never changes.
    pub code: String,
    /// How often calendars have been told of a change: RFC 5545 3.8.7.4, raised by each move and by the cancellation
    /// (RFC 5546 2.1.4).
    pub sequence: u32,
}

/// Who does it.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// A person, and what they act on as permissions see it.
    Person {
        /// Who.
        actor: &'a Actor,
        /// The visit as a thing.
        thing: &'a Thing,
    },
    /// The program itself, which may only release holds that have run out.
    Clock,
}

/// A staff member goes past a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Why; goes on record.
    pub reason: String,
    /// The second person, asked for where a gate is passed. The caller has made sure that they agreed.
    pub second: Option<Actor>,
}

/// A request: what, with what.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// What is to be done.
    pub edge: Edge,
    /// For [`Edge::Move`]: the new time.
    pub to: Option<Span>,
    /// For [`Edge::Move`]: whether it goes to another studio, practitioner or room, be it at the same time.
    pub elsewhere: bool,
    /// How the gates stand at this moment, as [`crate::gates::evaluate`] says, for the new time if there is one.
    pub gates: &'a [GateState],
    /// A reason, and whoever stands for going past a rule.
    pub past_rules: Option<&'a Override>,
}

/// What happens when a client calls off or moves inside the notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InsideNotice {
    /// They can, and are told that the deposit is not paid back ([`Outcome::late`]).
    KeepDeposit,
    /// They cannot by themselves; the studio can for them.
    AskStudio,
}

/// Times and rules of the studio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Minutes a hold lasts.
    pub hold_min: u32,
    /// Hours of notice for a client who calls off or moves.
    pub notice_hours: u32,
    /// Calling off inside the notice.
    pub cancel_inside_notice: InsideNotice,
    /// Moving inside the notice.
    pub move_inside_notice: InsideNotice,
    /// Minutes before the start from which a client can be checked in.
    pub check_in_opens_min: u32,
    /// Minutes after the start from which a client can be noted as missing.
    pub missing_after_min: u32,
    /// Times that visitors from one address may keep at once: a family, an office.
    #[serde(default = "holds_per_address")]
    pub holds_per_address: u32,
    /// Times that one browser may keep at once.
    #[serde(default = "holds_per_browser")]
    pub holds_per_browser: u32,
}

/// Assumption.
fn holds_per_address() -> u32 {
    10
}

/// Assumption: one to book, one to compare it with.
fn holds_per_browser() -> u32 {
    2
}

impl Default for Rules {
    /// 48 hours of notice (`studio.md` 8: studios' own pages, which differ); a hold of ten minutes, longer than the five of
    /// a peer (`studio.md` 3.3), because a client answers health questions first (assumption). A late cancellation beats
    /// a client who does not come, so it is possible; a late move is the studio's to judge (assumptions). Check-in from two
    /// hours before, missing after fifteen minutes (assumptions).
    fn default() -> Rules {
        Rules {
            hold_min: 10,
            notice_hours: 48,
            cancel_inside_notice: InsideNotice::KeepDeposit,
            move_inside_notice: InsideNotice::AskStudio,
            check_in_opens_min: 120,
            missing_after_min: 15,
            holds_per_address: holds_per_address(),
            holds_per_browser: holds_per_browser(),
        }
    }
}

/// A rule that a staff member with the right to override can go past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Passed {
    /// Check-in before it opens, or missing before the wait is over.
    Clock,
    /// A time that is not offered: outside hours, in a break, over the day's cap, against the gaps of a course.
    Time,
    /// A gate.
    Gate(Gate),
}

/// What goes on record beside the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// Why.
    pub reason: String,
    /// Which rules were passed; empty where the edge itself asked for a reason.
    pub passed: Vec<Passed>,
    /// Who did it.
    pub by: StaffId,
    /// Who stood for it beside them, where a gate was passed.
    pub second: Option<StaffId>,
}

/// The visit after a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The visit as it is now.
    pub visit: Visit,
    /// Whether anything changed; asking twice changes nothing the second time.
    pub changed: bool,
    /// Whether a client called off or moved inside the notice, so that what the studio says on deposits applies.
    pub late: bool,
    /// What goes on record.
    pub noted: Option<Noted>,
}

/// Why a step is refused. The visit stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No permission.
    #[error("not allowed: {0}")]
    Denied(#[from] Denial),
    /// The machine has no such edge.
    #[error("a visit that is {from:?} cannot take the step {edge:?}")]
    NoEdge {
        /// Where the visit is.
        from: State,
        /// What was asked.
        edge: Edge,
    },
    /// The hold has run out; a new one is needed.
    #[error("the hold ended {} minutes ago; please choose a time again", minutes_ago)]
    HoldEnded {
        /// Full minutes since it ended.
        minutes_ago: i64,
    },
    /// The program may not release a hold that still runs.
    #[error("the hold still runs")]
    HoldRuns,
    /// A move without a time, or to one that has begun.
    #[error("a visit can only move to a time still to come")]
    NoNewTime,
    /// The visit has begun; clients call the studio.
    #[error("the visit has begun; please call the studio")]
    Begun,
    /// Inside the notice, where only the studio can.
    #[error(
        "this can be done by yourself until {notice_hours} hours before the visit; please call the studio"
    )]
    InsideNotice {
        /// The notice, hours.
        notice_hours: u32,
        /// The last instant at which it was possible, UTC microseconds.
        until_us: i64,
    },
    /// Too early for this edge.
    #[error("this can be noted only later")]
    TooEarly {
        /// First instant at which it can, UTC microseconds.
        from_us: i64,
    },
    /// Gates stop it.
    #[error("{} of the things to be done first are open", gates.len())]
    Gates {
        /// Those that do.
        gates: Vec<GateState>,
    },
    /// A reason is asked for and there is none.
    #[error("please say why; the reason goes on record")]
    NoReason,
    /// A gate asks for a second person, and there is none who may stand for it.
    #[error("going past this needs a second person of the studio")]
    NoSecondPerson,
}

/// Takes a visit one step, or says why not. The same function serves clients, staff, jobs and the API.
pub fn step(
    visit: &Visit,
    request: &Request<'_>,
    by: By<'_>,
    rules: &Rules,
    now_us: i64,
) -> Result<Outcome, Refusal> {
    let Request { edge, to, elsewhere, gates, past_rules } = *request;
    let row = EDGES.iter().find(|row| row.edge == edge).ok_or(Refusal::NoEdge { from: visit.state, edge })?;

    // Who: permission before anything is said about the visit.
    let staff = match by {
        By::Person { actor, thing } => {
            permission::allowed(actor, row.action, thing)?;
            match actor.person {
                Person::Staff(id) => Some((id, actor, thing)),
                Person::Client(_) => None,
            }
        }
        By::Clock if edge != Edge::Release => return Err(Refusal::NoEdge { from: visit.state, edge }),
        By::Clock => None,
    };
    let by_client = staff.is_none() && !matches!(by, By::Clock);

    // From where: what is already so needs nothing.
    let nothing = Outcome { visit: visit.clone(), changed: false, late: false, noted: None };
    let same_time = edge == Edge::Move && to == Some(visit.span);
    let stays = same_time && !elsewhere;
    if visit.state == row.to && (edge != Edge::Move || stays) {
        return Ok(nothing);
    }
    if visit.state != row.from {
        return Err(Refusal::NoEdge { from: visit.state, edge });
    }

    // When.
    let mut late = false;
    let mut early_from_us = None;
    let hold_ended = now_us >= visit.hold_until_us;
    match edge {
        Edge::Confirm if hold_ended => {
            return Err(Refusal::HoldEnded { minutes_ago: (now_us - visit.hold_until_us) / MINUTE_US });
        }
        // A hold on a time that has meanwhile begun is no booking any more; staff may still take a walk-in.
        Edge::Confirm if by_client && visit.span.start_us <= now_us => return Err(Refusal::Begun),
        Edge::Release if matches!(by, By::Clock) && !hold_ended => return Err(Refusal::HoldRuns),
        Edge::Move | Edge::Cancel => {
            if edge == Edge::Move && !same_time && to.is_none_or(|to| to.start_us <= now_us) {
                return Err(Refusal::NoNewTime);
            }
            if by_client {
                late = inside_notice(visit, edge, rules, now_us)?;
            }
        }
        Edge::CheckIn => {
            early_from_us = Some(visit.span.start_us - i64::from(rules.check_in_opens_min) * MINUTE_US)
        }
        Edge::MissVisit => {
            early_from_us = Some(visit.span.start_us + i64::from(rules.missing_after_min) * MINUTE_US)
        }
        _ => {}
    }
    let early_from_us = early_from_us.filter(|&from| now_us < from);

    // Through the gates.
    let stopped: Vec<GateState> = gates.iter().filter(|g| row.gated && g.blocks).copied().collect();
    let mut passed = Vec::new();
    passed.extend(early_from_us.map(|_| Passed::Clock));
    passed.extend(stopped.iter().map(|g| Passed::Gate(g.gate)));
    let refused = match early_from_us {
        Some(from_us) => Some(Refusal::TooEarly { from_us }),
        None if stopped.is_empty() => None,
        None => Some(Refusal::Gates { gates: stopped.clone() }),
    };
    let noted = match (refused, staff, past_rules) {
        (None, Some((id, ..)), given) if row.reason => {
            Some(Noted { reason: reason_of(given)?, passed, by: id, second: None })
        }
        (None, ..) => None,
        (Some(_), Some((id, actor, thing)), Some(given)) => {
            permission::allowed(actor, Action::OverrideRule, thing)?;
            let reason = reason_of(Some(given))?;
            if stopped.iter().any(|g| !g.override_allowed) {
                return Err(Refusal::Gates {
                    gates: stopped.into_iter().filter(|g| !g.override_allowed).collect(),
                });
            }
            let second = if stopped.is_empty() { None } else { Some(second_of(given, id, thing)?) };
            Some(Noted { reason, passed, by: id, second })
        }
        (Some(refusal), ..) => return Err(refusal),
    };

    // And there.
    let mut after = Visit { state: row.to, ..visit.clone() };
    if let (Edge::Move, Some(to)) = (edge, to) {
        after.span = to;
    }
    if matches!(edge, Edge::Move | Edge::Cancel | Edge::SendHome) {
        after.sequence = after.sequence.saturating_add(1);
    }
    Ok(Outcome { visit: after, changed: true, late, noted })
}

fn inside_notice(visit: &Visit, edge: Edge, rules: &Rules, now_us: i64) -> Result<bool, Refusal> {
    if now_us >= visit.span.start_us {
        return Err(Refusal::Begun);
    }
    let until_us = visit.span.start_us - i64::from(rules.notice_hours) * HOUR_US;
    let applies = if edge == Edge::Move { rules.move_inside_notice } else { rules.cancel_inside_notice };
    match applies {
        _ if now_us <= until_us => Ok(false),
        InsideNotice::KeepDeposit => Ok(true),
        InsideNotice::AskStudio => Err(Refusal::InsideNotice { notice_hours: rules.notice_hours, until_us }),
    }
}

fn reason_of(given: Option<&Override>) -> Result<String, Refusal> {
    let reason = given.map(|o| o.reason.trim()).unwrap_or_default();
    if reason.is_empty() { Err(Refusal::NoReason) } else { Ok(reason.to_owned()) }
}

/// The second person: somebody else on the staff who may stand for an override of this visit.
fn second_of(given: &Override, first: StaffId, thing: &Thing) -> Result<StaffId, Refusal> {
    let second = given.second.as_ref().ok_or(Refusal::NoSecondPerson)?;
    match second.person {
        Person::Staff(id)
            if id != first && permission::allowed(second, Action::SecondOverride, thing).is_ok() =>
        {
            Ok(id)
        }
        _ => Err(Refusal::NoSecondPerson),
    }
}

#[cfg(test)]
mod tests;
