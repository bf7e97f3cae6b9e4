//! The second look, some days before a visit: what must be done first is looked at again. The staff see what was found on
//! their pages, and get a mail where something is open.

use hairline_studio::booking::State;
use hairline_studio::gates::Moment;
use hairline_studio::store::book::{self, gates_of};
use hairline_studio::store::events::{Event, Who};
use hairline_studio::store::jobs::{self, Job, NewJob};
use hairline_studio::store::second_looks::{self, Look};

use super::{Failed, finish, visits};
use crate::booking::visit::bearer;
use crate::office::Office;

/// The job.
pub const KIND: &str = "gates.second_look";

/// Looks, and keeps what was found.
///
/// # Errors
/// The store's.
pub async fn work(office: &Office, job: &Job, worker: &str) -> Result<(), Failed> {
    let (job, worker) = (job.clone(), worker.to_owned());
    office
        .write(move |desk| {
            let visit = visits(desk, &job)?.into_iter().find(|v| v.state == State::Booked);
            let Some((visit, client)) = visit.and_then(|v| v.client.map(|c| (v, c))) else {
                return finish(desk, &job, &worker, Some("the visit is not booked any more"));
            };
            let actor = bearer(desk.practice, client);
            let at = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
            let (start_us, now_us) = (visit.span.start_us, desk.fresh.now_us());
            let gates = gates_of(desk.tx, at, &visit, client, start_us, Moment::Before72h, now_us)?;
            let open = i64::try_from(gates.iter().filter(|g| g.blocks).count()).unwrap_or(i64::MAX);
            second_looks::keep(desk.tx, Look { visit: visit.id, at_us: now_us, open })?;
            let (studio, thing_id) = (Some(visit.studio), visit.id.0);
            let what = "second_look";
            let event = Event { studio, thing: "appointment", thing_id, what, why: None, sealed: None };
            desk.note(&Who::Program, &event)?;
            if open > 0 {
                let (kind, about) = ("mail.open_steps", visit.id.0);
                let mail = NewJob { kind, about, body: String::new(), due_us: now_us };
                jobs::add(desk.tx, &[mail], &mut desk.fresh)?;
            }
            finish(desk, &job, &worker, None)
        })
        .await
}
