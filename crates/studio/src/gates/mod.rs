//! What must be done before a needle touches skin: gates as data, and the one function that reads them.
//!
//! A [`Rule`] says what a gate asks of its evidence (how long it is good for, how long one must wait), a [`Need`] says for
//! which kind of visit a gate counts and from which [`Moment`] on it must be met. Before that moment an open gate is shown
//! but stops nothing; a refusal stops at once. [`evaluate`] compares both with the evidence and the start of the visit.
//!
//! This orders what the studio has decided; it decides nothing about anybody's health.

mod defaults;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::EvidenceId;
use crate::span::{DAY_US, HOUR_US};

/// A thing that must be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// The client has been advised in a consultation.
    Consultation,
    /// The health questions are answered and somebody at the studio has cleared them.
    Screening,
    /// The consent is signed in its present version, and not withdrawn.
    Consent,
    /// Test dots were set, and read when they were due.
    PatchTest,
    /// Identity and age were seen on a document.
    IdAndAge,
    /// Photos of the healed last session are reviewed, and no case of side effects is open.
    HealedReview,
}

/// All gates.
pub const GATES: [Gate; 6] =
    [Gate::Consultation, Gate::Screening, Gate::Consent, Gate::PatchTest, Gate::IdAndAge, Gate::HealedReview];

impl Gate {
    /// As the staff call it.
    pub fn name(self) -> &'static str {
        match self {
            Gate::Consultation => "Consultation",
            Gate::Screening => "Screening",
            Gate::Consent => "Consent",
            Gate::PatchTest => "Patch test",
            Gate::IdAndAge => "Identity and age",
            Gate::HealedReview => "Healed review",
        }
    }
}

/// What a visit is for, as far as gates care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// Advice; no needle.
    Consultation,
    /// Test dots, and readings of them.
    PatchTest,
    /// A session of a course.
    Session,
    /// Going over a finished treatment, months or years later.
    TouchUp,
    /// Looking at what has healed; no needle.
    Review,
}

/// All kinds of visit.
pub const SERVICE_KINDS: [ServiceKind; 5] = [
    ServiceKind::Consultation,
    ServiceKind::PatchTest,
    ServiceKind::Session,
    ServiceKind::TouchUp,
    ServiceKind::Review,
];

/// When gates are looked at, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// When a time is booked or moved.
    AtBooking,
    /// [`Policy::before_hours`] before the visit, 72 unless set otherwise.
    #[serde(rename = "before_72h")]
    Before72h,
    /// When the client has come.
    AtCheckIn,
}

/// What somebody found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Done, and nothing stands against treating.
    Clear,
    /// Begun and not finished: test dots set and not read, answers sent and not looked at.
    Pending,
    /// Not before an instant (UTC microseconds), and then only after it was looked at again.
    Deferred {
        /// First instant at which it can be looked at again.
        until_us: i64,
    },
    /// No: refused, withdrawn, or cleared only after somebody else's letter. A later finding can change that.
    Refused,
}

/// A record that something was done. The last one of a gate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its identifier.
    pub id: EvidenceId,
    /// The gate it speaks to.
    pub gate: Gate,
    /// When it was found, UTC microseconds.
    pub at_us: i64,
    /// When what it looks at was made, UTC microseconds: the instant the test dots were set, the end of the session whose
    /// healing is reviewed. `None` where there is no such thing.
    pub since_us: Option<i64>,
    /// What was found.
    pub finding: Finding,
}

/// What a gate asks of its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// How many days (of 24 hours) evidence is good for, counted from when it was found, for a patch test from when the
    /// dots were set. `None`: for good.
    pub valid_days: Option<u32>,
    /// How old evidence may be at check-in, in days before it, where things are asked again at every visit.
    pub fresh_at_check_in_days: Option<u32>,
    /// Hours after [`Evidence::since_us`] at which something is to be looked at, ascending: the first is the shortest wait;
    /// each later one is asked for once it has come.
    pub look_after_hours: Vec<u32>,
    /// Whether two people together may go past it, with a reason on record.
    pub override_allowed: bool,
}

/// Whom a gate concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concerns {
    /// Everybody.
    Everyone,
    /// Clients with an allergy flag in their screening.
    AllergyFlag,
    /// Clients with an earlier session in the same course.
    LaterSessions,
}

/// For which visits a gate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// The gate.
    pub gate: Gate,
    /// From this moment on it must be met.
    pub must_by: Moment,
    /// Whom it concerns.
    pub concerns: Concerns,
}

/// The rules of a chain. [`Policy::default`] is what the program starts with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Hours before the visit at which gates are looked at a second time.
    pub before_hours: u32,
    /// What each gate asks.
    pub rules: BTreeMap<Gate, Rule>,
    /// Which gates each kind of visit has.
    pub needs: BTreeMap<ServiceKind, Vec<Need>>,
}

/// What is known of the earlier sessions of the course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Earlier {
    /// This is the first.
    First,
    /// The session before is booked and has not been.
    StillToCome,
    /// The session before ended at an instant, UTC microseconds.
    Ended {
        /// Its end.
        end_us: i64,
    },
}

/// The visit and client that gates are read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What the visit is for.
    pub kind: ServiceKind,
    /// Its start, UTC microseconds.
    pub start_us: i64,
    /// Whether the screening flags an allergy (to ink, metals or others).
    pub allergy_flag: bool,
    /// The session before.
    pub earlier: Earlier,
}

/// How a gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Met by a piece of evidence.
    Met {
        /// Which.
        evidence: EvidenceId,
    },
    /// Nothing there, or begun and not finished.
    Missing,
    /// Good once, and no longer on the day of the visit.
    Expired {
        /// First instant at which it no longer counts, UTC microseconds.
        when_us: i64,
    },
    /// Cannot be met before an instant.
    TooEarly {
        /// That instant, UTC microseconds.
        until_us: i64,
    },
    /// Looked at, and refused.
    Refused,
}

/// A gate, how it stands, and what follows at the moment it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateState {
    /// The gate.
    pub gate: Gate,
    /// How it stands.
    pub standing: Standing,
    /// From when on it must be met.
    pub must_by: Moment,
    /// Whether it stops the visit now: it is not met and its moment has come, or it is refused, or it cannot be met before
    /// the visit begins.
    pub blocks: bool,
    /// Whether two people may go past it.
    pub override_allowed: bool,
}

impl Policy {
    /// The moment that counts for a visit booked or moved now: one closer than [`Policy::before_hours`] must already meet
    /// what is looked at then.
    pub fn moment_of_booking(&self, start_us: i64, now_us: i64) -> Moment {
        if now_us >= self.second_look_us(start_us) { Moment::Before72h } else { Moment::AtBooking }
    }

    /// When the gates of a visit are looked at a second time, UTC microseconds.
    pub fn second_look_us(&self, start_us: i64) -> i64 {
        start_us.saturating_sub(i64::from(self.before_hours) * HOUR_US)
    }
}

/// How every gate of a visit stands at a moment, in the order of the needs.
///
/// Evidence later than `now_us` is not looked at. Evidence of other gates and other needs is ignored; a gate without a rule
/// in the policy asks for clear evidence and nothing more.
pub fn evaluate(
    policy: &Policy,
    subject: &Subject,
    evidence: &[Evidence],
    moment: Moment,
    now_us: i64,
) -> Vec<GateState> {
    let needs = policy.needs.get(&subject.kind).map_or(&[][..], Vec::as_slice);
    let concerned = needs.iter().filter(|need| match need.concerns {
        Concerns::Everyone => true,
        Concerns::AllergyFlag => subject.allergy_flag,
        Concerns::LaterSessions => subject.earlier != Earlier::First,
    });
    concerned
        .map(|need| {
            let rule = policy.rules.get(&need.gate);
            let standing = standing(need.gate, rule, subject, evidence, moment, now_us);
            let due = moment >= need.must_by;
            let blocks = match standing {
                Standing::Met { .. } => false,
                Standing::Refused => true,
                // What cannot be met before the visit begins stops it at once; what can be met in time waits.
                Standing::TooEarly { until_us } => {
                    subject.start_us < until_us || (due && moment > Moment::AtBooking)
                }
                Standing::Missing | Standing::Expired { .. } => due,
            };
            let override_allowed = rule.is_some_and(|r| r.override_allowed);
            GateState { gate: need.gate, standing, must_by: need.must_by, blocks, override_allowed }
        })
        .collect()
}

fn standing(
    gate: Gate,
    rule: Option<&Rule>,
    subject: &Subject,
    evidence: &[Evidence],
    moment: Moment,
    now_us: i64,
) -> Standing {
    let of_gate = evidence.iter().filter(|e| e.gate == gate && e.at_us <= now_us);
    let Some(last) = of_gate.max_by_key(|e| (e.at_us, e.id)) else { return Standing::Missing };
    let waits_us = |hours: u32| last.since_us.map(|since| since.saturating_add(i64::from(hours) * HOUR_US));
    let first_look_us = rule.and_then(|r| r.look_after_hours.first()).and_then(|h| waits_us(*h));
    match last.finding {
        Finding::Refused => return Standing::Refused,
        // Whoever comes after the instant is looked at again: nothing says that it is clear then.
        Finding::Deferred { until_us } if subject.start_us < until_us || now_us < until_us => {
            return Standing::TooEarly { until_us };
        }
        Finding::Deferred { .. } => return Standing::Missing,
        Finding::Pending | Finding::Clear => {}
    }
    if gate == Gate::HealedReview {
        // A review of an earlier session says nothing about the last one.
        let reviewed = match (subject.earlier, last.since_us) {
            (Earlier::First, _) => true,
            (Earlier::Ended { end_us }, Some(since)) => since >= end_us,
            (Earlier::StillToCome, _) | (Earlier::Ended { .. }, None) => false,
        };
        if !reviewed {
            return Standing::Missing;
        }
    }
    if let Some(until_us) = first_look_us.filter(|&until| now_us < until || subject.start_us < until) {
        return Standing::TooEarly { until_us };
    }
    if last.finding == Finding::Pending {
        return Standing::Missing;
    }
    let Some(rule) = rule else { return Standing::Met { evidence: last.id } };
    // Something to be looked at after a wait names what it looks at; the latest look that has come must have been taken.
    let mut looks = rule.look_after_hours.iter().map(|&hours| waits_us(hours));
    if looks.any(|due| due.is_none_or(|due| due <= now_us && last.at_us < due)) {
        return Standing::Missing;
    }
    let counted_from_us =
        if gate == Gate::PatchTest { last.since_us.unwrap_or(last.at_us) } else { last.at_us };
    let days = |n: u32| i64::from(n) * DAY_US;
    let valid = rule.valid_days.map(|n| counted_from_us.saturating_add(days(n)));
    let fresh = rule.fresh_at_check_in_days.filter(|_| moment == Moment::AtCheckIn);
    // At check-in a client may be treated later than planned: the later of plan and now counts.
    let treated_us = subject.start_us.max(now_us);
    let fresh = fresh.map(|n| last.at_us.saturating_add(days(n)));
    match valid.into_iter().chain(fresh).min().filter(|&when| treated_us >= when) {
        Some(when_us) => Standing::Expired { when_us },
        None => Standing::Met { evidence: last.id },
    }
}

#[cfg(test)]
mod tests;
