//! What stands before treatment: what was found for each gate, put on record by those who treat and those who receive.

use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use hairline_studio::booking::State;
use hairline_studio::gates::{Evidence, Finding, GATES, Gate, ServiceKind};
use hairline_studio::ids::{EvidenceId, StudioId};
use hairline_studio::permission::Action;
use hairline_studio::practice::Practice;
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::events;
use hairline_studio::store::evidence::{self, Kept};
use hairline_studio::zone::{local_date, start_of_day, zone};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use uuid::Uuid;

use super::{back, open, refused, when, who};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// A gate on the page of the record.
pub struct Line {
    /// Its name.
    pub gate: &'static str,
    /// What was last found, when and by whom; nothing where nothing is on record.
    pub found: Option<(String, String)>,
    /// Whether that stands against treating now.
    pub against: bool,
}

/// As the form names it, and in words.
pub type Choice = (String, &'static str);

/// What may put something on record for a gate.
fn action(gate: Gate) -> Action {
    match gate {
        Gate::Consent | Gate::IdAndAge => Action::WitnessForms,
        Gate::Consultation | Gate::Screening | Gate::PatchTest | Gate::HealedReview => Action::WriteHealth,
    }
}

/// A gate as the form names it.
fn word(gate: Gate) -> String {
    serde_json::to_value(gate).ok().and_then(|w| Some(w.as_str()?.to_owned())).unwrap_or_default()
}

/// The gates whose findings somebody may see: all with the health data, otherwise those that they may witness.
pub fn lines(practice: &Practice, home: StudioId, kept: &[Kept], health: bool, witnesses: bool) -> Vec<Line> {
    let seen = |gate: &Gate| health || (witnesses && action(*gate) == Action::WitnessForms);
    let line = |gate: Gate| {
        let last = kept.iter().rev().find(|k| k.evidence.gate == gate);
        let found = last.map(|kept| {
            let Evidence { at_us, since_us, finding, .. } = kept.evidence;
            let by = kept.by.and_then(|id| practice.person(id)).map_or("the client", |p| p.name.as_str());
            let of = match (gate, since_us) {
                (Gate::PatchTest, Some(us)) => format!(", dots set {}", when(practice, us, home)),
                (Gate::HealedReview, Some(us)) => {
                    format!(", of the session that ended {}", when(practice, us, home))
                }
                _ => String::new(),
            };
            let words = match finding {
                Finding::Deferred { until_us } => format!("not before {}", when(practice, until_us, home)),
                other => found_words(gate, other).to_owned(),
            };
            (format!("{words}{of}"), format!("{}, {by}", when(practice, at_us, home)))
        });
        let against = last.is_some_and(|k| k.evidence.finding != Finding::Clear);
        Line { gate: gate.name(), found, against }
    };
    GATES.into_iter().filter(seen).map(line).collect()
}

fn found_words(gate: Gate, finding: Finding) -> &'static str {
    match (gate, finding) {
        (Gate::Consent, Finding::Clear) => "signed",
        (Gate::Consent, Finding::Refused) => "refused or withdrawn",
        (Gate::IdAndAge, Finding::Clear) => "seen",
        (Gate::Consultation, Finding::Clear) => "done",
        (_, Finding::Clear) => "clear",
        (Gate::PatchTest, Finding::Pending) => "dots set, to be read",
        (_, Finding::Pending) => "begun, not finished",
        (_, Finding::Deferred { .. }) => "not yet",
        (_, Finding::Refused) => "refused",
    }
}

/// The gates for which somebody may put something on record.
pub fn choices(writes: bool, witnesses: bool) -> Vec<Choice> {
    let may = |gate: &Gate| match action(*gate) {
        Action::WitnessForms => witnesses,
        _ => writes,
    };
    GATES.into_iter().filter(may).map(|gate| (word(gate), gate.name())).collect()
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Sent {
    key: Uuid,
    gate: Gate,
    finding: Found,
    /// First day on which it can be looked at again.
    #[serde(default)]
    until: String,
    /// The day the test dots were set.
    #[serde(default)]
    set: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Found {
    Clear,
    Pending,
    Deferred,
    Refused,
}

fn day(field: &'static str, text: &str, what: &str) -> Result<Date, Problem> {
    text.trim().parse().map_err(|_| refused(field, format!("Say {what}, as 2026-11-30.")))
}

/// `POST /staff/clients/{code}/findings`: sent twice under one key it is there once.
pub async fn write(
    signed_in: SignedIn,
    Path(code): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let (actor, record) = (signed_in.actor.clone(), code.clone());
    signed_in
        .office
        .write(move |desk| {
            let opened = open(desk, &actor, &record, action(sent.gate))?;
            let (client, studio) = (&opened.client, opened.client.studio);
            let zone_name = desk.practice.studio(studio).map(|s| s.zone.clone()).unwrap_or_default();
            let tz = zone(&zone_name).map_err(|_| Problem::new(&problem::INTERNAL))?;
            let visits = appointments::of_client(desk.tx, client.id)?;
            let now_us = desk.fresh.now_us();
            let since_us = match sent.gate {
                Gate::PatchTest => Some(dots_set(desk.practice, &visits, &sent.set, &tz, now_us)?),
                Gate::HealedReview => Some(last_session(desk.practice, &visits)?),
                _ => None,
            };
            let finding = match sent.finding {
                Found::Clear => Finding::Clear,
                Found::Pending => Finding::Pending,
                Found::Refused => Finding::Refused,
                Found::Deferred => {
                    let until = day("until", &sent.until, "from which day on it can be looked at again")?;
                    let until_us = start(&tz, until)?;
                    if until_us <= now_us {
                        return Err(refused("until", "The day to wait for is still to come."));
                    }
                    Finding::Deferred { until_us }
                }
            };
            let id = EvidenceId(sent.key);
            if evidence::kept(desk.tx, &opened.key, client.id)?.iter().any(|k| k.evidence.id == id) {
                return Ok(());
            }
            let found = Evidence { id, gate: sent.gate, at_us: now_us, since_us, finding };
            let by = who(&actor);
            evidence::add(desk.tx, &opened.key, studio, client.id, &found, by.staff(), &mut desk.fresh)?;
            // Which gate, and not what was found: that is under the client's key.
            let what = format!("{}_on_record", word(sent.gate));
            events::of_record(desk.tx, client, &by, &what, None, &mut desk.fresh)?;
            Ok::<(), Problem>(())
        })
        .await?;
    Ok(back(&code, "#before"))
}

fn start(tz: &TimeZone, date: Date) -> Result<i64, Problem> {
    let start = start_of_day(tz, date).map_err(|_| refused("until", "There is no such day."))?;
    Ok(start.as_microsecond())
}

/// The instant test dots were set: the visit for them on that day, else its noon; without a day the last visit for them.
fn dots_set(
    practice: &Practice,
    visits: &[Appointment],
    typed: &str,
    tz: &TimeZone,
    now_us: i64,
) -> Result<i64, Problem> {
    let dots: Vec<i64> = done(practice, visits, &[ServiceKind::PatchTest]).map(|v| v.span.start_us).collect();
    if typed.trim().is_empty() {
        let last = dots.last().copied();
        return last.ok_or_else(|| refused("set", "Say on which day the test dots were set, as 2026-11-30."));
    }
    let date = day("set", typed, "on which day the test dots were set")?;
    let on_it = |us: &i64| appointments::instant(*us).is_ok_and(|at| local_date(tz, at) == date);
    let noon = date.at(12, 0, 0, 0).to_zoned(tz.clone()).map(|t| t.timestamp().as_microsecond());
    let set_us = match dots.iter().rev().copied().find(on_it) {
        Some(us) => us,
        None => noon.map_err(|_| refused("set", "There is no such day."))?.min(now_us),
    };
    if start(tz, date)? > now_us {
        return Err(refused("set", "The day on which the test dots were set is over or today."));
    }
    Ok(set_us)
}

/// The end of the last session, whose healing is reviewed.
fn last_session(practice: &Practice, visits: &[Appointment]) -> Result<i64, Problem> {
    let mut sessions = done(practice, visits, &[ServiceKind::Session, ServiceKind::TouchUp]);
    let last = sessions.next_back().map(|v| v.span.end_us);
    last.ok_or_else(|| refused("gate", "No session is done whose healing could be reviewed."))
}

/// Visits of some kinds that are done, by start.
fn done<'a>(
    practice: &'a Practice,
    visits: &'a [Appointment],
    kinds: &'a [ServiceKind],
) -> impl DoubleEndedIterator<Item = &'a Appointment> {
    let of_kind = |v: &&Appointment| practice.service(v.service).is_some_and(|s| kinds.contains(&s.kind));
    visits.iter().filter(|v| v.state == State::Done).filter(of_kind)
}
