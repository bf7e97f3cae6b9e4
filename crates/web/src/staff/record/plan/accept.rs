//! The client has accepted a version: its sessions are what is booked.

use axum::extract::Path;
use axum::response::Response;
use hairline_studio::permission::Action;
use hairline_studio::store::plans;

use super::super::{back, open, who};
use super::card;
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// `POST /staff/clients/{code}/plans/{number}/accept`
pub async fn accept(
    signed_in: SignedIn,
    Path((code, number)): Path<(String, i64)>,
) -> Result<Response, Problem> {
    let (actor, record) = (signed_in.actor.clone(), code.clone());
    signed_in
        .office
        .write(move |desk| {
            let opened = open(desk, &actor, &record, Action::MakePlan)?;
            let all = plans::of(desk.tx, &opened.key, opened.client.id)?;
            let plan = all.into_iter().find(|p| p.number == number);
            let plan = plan.ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
            let refuse = |why: &str| Problem::new(&problem::STEP_REFUSED).detail(why);
            let numbers = card::numbers(&plan).ok_or_else(|| refuse("This version is not planned yet."))?;
            let sessions = numbers.bookable(desk.practice, opened.client.studio).ok_or_else(|| {
                refuse("Nobody at the client's studio does sessions: add the service first.")
            })?;
            plans::accept(desk.tx, &opened.client, &plan, &sessions, &who(&actor), &mut desk.fresh)?;
            Ok::<(), Problem>(())
        })
        .await?;
    Ok(back(&code, &format!("/plans/{number}")))
}
