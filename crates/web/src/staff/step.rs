//! A step of a visit: the client is here, is done, did not come. Where a gate stops it, the page says what is open, and two
//! people may go past what can be gone past.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use hairline_studio::booking::{EDGES, Edge, Override, Refusal};
use hairline_studio::gates::{GateState, Moment};
use hairline_studio::permission::{self, Action};
use hairline_studio::store::book::{self, Refused};
use hairline_studio::store::{appointments, clients};
use hairline_studio::zone::zone;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::session::SignedIn;
use super::week::second;
use crate::App;
use crate::account::prove;
use crate::layers::client::Client;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};

/// What a button sends beside its step.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Sent {
    /// Why, where the step asks for a reason or goes past a rule.
    reason: String,
    /// The page to go back to.
    studio: String,
    day: String,
    /// The week to go back to, where it was pressed there.
    back: String,
    second_email: String,
    second_password: String,
    second_code: String,
}

impl Sent {
    /// The page that the button was on.
    fn way_back(&self) -> String {
        if !self.back.is_empty() {
            return super::week::view::way_back(&self.back);
        }
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        match (plain(&self.studio), plain(&self.day)) {
            (true, true) if !self.studio.is_empty() => {
                format!("/staff?studio={}&day={}", self.studio, self.day)
            }
            _ => "/staff".to_owned(),
        }
    }
}

/// What stops a step, and the form to go past it.
#[derive(askama::Template)]
#[template(path = "step_stopped.html")]
struct Stopped {
    frame: Frame,
    action: String,
    client: String,
    /// The record in which what is open is put right.
    record: Option<String>,
    open: Vec<String>,
    /// Something is open that nobody goes past.
    for_good: bool,
    may_go_past: bool,
    sent: Sent,
    way_back: String,
    fault: Option<&'static str>,
}

/// `POST /staff/visits/{code}/{edge}`
pub async fn take(
    State(app): State<App>,
    signed_in: SignedIn,
    Extension(client): Extension<Client>,
    Path((code, word)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let not_found = || Problem::new(&problem::NOT_FOUND);
    let edge: Edge = serde_json::from_value(word.clone().into()).map_err(|_| not_found())?;
    if matches!(edge, Edge::Confirm | Edge::Release | Edge::Move) {
        return Err(not_found());
    }
    let actor = signed_in.actor.clone();
    let reason = sent.reason.trim().to_owned();
    // A reason where none is asked for goes past a rule: who does that shows once more who they are.
    let asked_for = EDGES.iter().any(|row| row.edge == edge && row.reason);
    if !reason.is_empty() && !asked_for && !signed_in.is_fresh() {
        return Ok(prove::lead("/staff"));
    }
    let second = match sent.second_email.trim() {
        "" => None,
        email => {
            let typed = second::Typed { email, password: &sent.second_password, code: &sent.second_code };
            match second::agrees(&app, &signed_in, &client, typed).await? {
                Some(actor) => Some(actor),
                None => return stopped(&app, &signed_in, &code, &word, sent, Some(second::WRONG)).await,
            }
        }
    };
    let of = code.clone();
    let done = signed_in.office.write(move |desk| {
        let visit = appointments::by_code(desk.tx, &of)?.ok_or(Refused::NotFound("visit"))?;
        let at = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
        let past = (!reason.is_empty()).then_some(Override { reason, second });
        book::take_edge(desk.tx, at, visit, edge, past.as_ref(), &mut desk.fresh)
    });
    match done.await {
        Ok(booked) => {
            signed_in.office.show(&booked.touched).await;
            Ok(Redirect::to(&sent.way_back()).into_response())
        }
        Err(Refused::Step(Refusal::Gates { .. })) => {
            stopped(&app, &signed_in, &code, &word, sent, None).await
        }
        Err(Refused::Step(Refusal::NoSecondPerson)) => {
            let fault = "Going past this needs a second person of the studio, who is not you.";
            stopped(&app, &signed_in, &code, &word, sent, Some(fault)).await
        }
        Err(refused) => Err(refused.into()),
    }
}

async fn stopped(
    app: &App,
    signed_in: &SignedIn,
    code: &str,
    word: &str,
    sent: Sent,
    fault: Option<&'static str>,
) -> Result<Response, Problem> {
    let (actor, code) = (signed_in.actor.clone(), code.to_owned());
    let found = signed_in.office.read(move |desk| {
        let visit = appointments::by_code(desk.tx, &code)?.ok_or(Refused::NotFound("visit"))?;
        let at = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
        book::may_see(desk.tx, at, &visit)?;
        let thing = book::thing_of(desk.tx, at, &visit)?;
        let may_go_past = permission::allowed(&actor, Action::OverrideRule, &thing).is_ok();
        let id = visit.client.ok_or(Refused::NotFound("client"))?;
        let (start_us, now_us) = (visit.span.start_us, desk.fresh.now_us());
        let mut gates: Vec<GateState> =
            book::gates_of(desk.tx, at, &visit, id, start_us, Moment::AtCheckIn, now_us)?;
        gates.retain(|gate| gate.blocks);
        let client = clients::by_id(desk.tx, desk.vault, id)?;
        Ok::<_, Refused>((visit, client, gates, may_go_past))
    });
    let (visit, client, gates, may_go_past) = found.await?;
    let tz = zone(&visit.zone).unwrap_or(TimeZone::UTC);
    let name = client.as_ref().and_then(|c| c.person.as_ref()).map(|p| p.name.clone());
    let page = Stopped {
        frame: Frame::new(app, "/staff", "Not yet").hidden().staff(&signed_in.person.name),
        action: format!("/staff/visits/{}/{word}", visit.code),
        client: name.unwrap_or_default(),
        record: client.map(|c| c.code),
        open: signed_in.open_words(&gates, visit.studio, &tz),
        for_good: gates.iter().any(|gate| !gate.override_allowed),
        may_go_past,
        way_back: sent.way_back(),
        sent,
        fault,
    };
    page::with_status(axum::http::StatusCode::CONFLICT, page::private(&page))
}
