//! Jobs and mails as the owner and the managers see them: what has failed and why, what waits, what was done.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::ids::{ClientId, StudioId};
use hairline_studio::permission::{self, Action, Role, Thing};
use hairline_studio::practice::Messages;
use hairline_studio::store::events::{Event, Who};
use hairline_studio::store::jobs::{self, Which};
use hairline_studio::store::{book::Refused, clients, practice};
use hairline_studio::zone::zone;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use uuid::Uuid;

use super::session::SignedIn;
use crate::App;
use crate::extract::Query;
use crate::jobs::{MAILS, Post, post};
use crate::page::{self, Frame};
use crate::problem::{self, Problem};

/// Most lines of a list.
const MOST: i64 = 50;

/// One job.
pub struct Line {
    id: Uuid,
    what: String,
    about: String,
    /// Code and name of the client.
    client: Option<(String, String)>,
    when: String,
    note: Option<String>,
    tries: i64,
    under_way: bool,
}

/// One list.
pub struct List {
    name: &'static str,
    title: &'static str,
    empty: &'static str,
    lines: Vec<Line>,
    more: bool,
}

#[derive(askama::Template)]
#[template(path = "jobs.html")]
struct Page {
    frame: Frame,
    post: Post,
    list: List,
    /// Addresses, titles and numbers of the lists.
    lists: [(&'static str, &'static str, Option<i64>); 4],
    /// What the owner can set: reminders, hours of an offer, version of the practice.
    rules: Option<(String, u32, i64)>,
}

/// Which list.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    list: String,
}

/// Whose jobs a person sees: those of their studios; an owner all.
fn studios(signed_in: &SignedIn) -> Option<Vec<StudioId>> {
    (signed_in.actor.role != Role::Owner).then(|| signed_in.actor.studios_for(Action::KeepJobs))
}

/// `GET /staff/jobs`
pub async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    signed_in.must(Action::KeepJobs)?;
    let of = studios(&signed_in);
    let named = match asked.list.as_str() {
        "due" => Some(Which::Due),
        "later" => Some(Which::Later),
        "done" => Some(Which::Done),
        "failed" => Some(Which::Failed),
        _ => None,
    };
    let (which, counts, lines, people) = signed_in
        .office
        .read(move |desk| {
            let now_us = desk.fresh.now_us();
            let counts = jobs::counts(desk.tx, of.as_deref(), now_us)?;
            // What has gone wrong comes first, if there is any.
            let first = if counts.failed > 0 { Which::Failed } else { Which::Due };
            let which = named.unwrap_or(first);
            let lines = jobs::list(desk.tx, which, of.as_deref(), MOST + 1, now_us)?;
            let who: Vec<ClientId> = lines.iter().filter_map(|line| line.client).collect();
            let people = clients::by_ids(desk.tx, desk.vault, &who)?;
            Ok::<_, hairline_studio::store::Error>((which, counts, lines, people))
        })
        .await?;
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    let more = lines.len() > most;
    let practice = &signed_in.practice;
    let unsent = post(&app);
    let lines = lines.into_iter().take(most).map(|job| {
        let studio = job.studio.and_then(|id| practice.studio(id));
        let tz = studio.and_then(|s| zone(&s.zone).ok()).unwrap_or(TimeZone::UTC);
        let when = |us: i64| {
            let at = Timestamp::from_microsecond(us).map(|t| t.to_zoned(tz.clone()));
            at.map_or_else(|_| String::new(), |t| t.strftime("%a %-d %b %Y, %H:%M").to_string())
        };
        let visit = job.start_us.map(|us| format!("visit of {}", when(us)));
        let about: Vec<String> = studio.map(|s| s.name.clone()).into_iter().chain(visit).collect();
        let client = job.client.and_then(|id| people.iter().find(|c| c.id == id));
        let client = client.and_then(|c| c.person.as_ref().map(|p| (c.code.clone(), p.name.clone())));
        let kept = MAILS.contains(&job.kind.as_str()) && which == Which::Due && job.note.is_none();
        Line {
            id: job.id,
            what: words(&job.kind),
            about: about.join(", "),
            client,
            when: when(job.done_us.unwrap_or(job.due_us)),
            note: match (kept, unsent) {
                (true, Post::NoServer) => Some("not sent: no mail server set".to_owned()),
                (true, Post::Demo) => Some("not sent: this is a demonstration".to_owned()),
                _ => job.note,
            },
            tries: job.tries,
            under_way: job.under_way,
        }
    });
    let (name, title, empty) = match which {
        Which::Failed => ("failed", "Failed", "Nothing has failed."),
        Which::Due => ("due", "Due now", "Nothing waits: everything that is due is done."),
        Which::Later => ("later", "Later", "Nothing is planned."),
        Which::Done => ("done", "Done", "Nothing was done yet."),
    };
    let list = List { name, title, empty, lines: lines.collect(), more };
    let lists = [
        ("failed", "Failed", Some(counts.failed)),
        ("due", "Due now", Some(counts.due)),
        ("later", "Later", Some(counts.later)),
        ("done", "Done", None),
    ];
    let frame = Frame::new(&app, "/staff/jobs", "Jobs").hidden().staff(&signed_in.person.name);
    let messages = &practice.chain.settings.messages;
    let rules = signed_in.must(Action::EditChain).is_ok().then(|| {
        let hours: Vec<String> = messages.reminders_h.iter().map(u32::to_string).collect();
        (hours.join(", "), messages.offer_h, practice.chain.version)
    });
    page::private(&Page { frame, post: unsent, list, lists, rules })
}

/// A kind of job in words.
fn words(kind: &str) -> String {
    match kind {
        "mail.booked" => "Mail: visit booked".to_owned(),
        "mail.moved" => "Mail: visit moved".to_owned(),
        "mail.cancelled" => "Mail: visit cancelled".to_owned(),
        "mail.reminder" => "Mail: reminder".to_owned(),
        "mail.course_booked" => "Mail: course booked".to_owned(),
        "mail.course_moved" => "Mail: course moved".to_owned(),
        "mail.course_cancelled" => "Mail: course cancelled".to_owned(),
        "mail.client_link" => "Mail: link to a client's visits".to_owned(),
        "mail.invitation" => "Mail: invitation to the staff".to_owned(),
        "mail.open_steps" => "Mail to the studio: something is open".to_owned(),
        "mail.offer" => "Mail: a time is free".to_owned(),
        "gates.second_look" => "Second look before a visit".to_owned(),
        "webhook.send" => "Tell another program of a visit".to_owned(),
        "calendar.read" => "Read a calendar kept elsewhere".to_owned(),
        "history.seal" => "Seal the history".to_owned(),
        "plan.make" => "Plan a treatment".to_owned(),
        "waiting.offer" => "Look at the waiting list".to_owned(),
        other => other.replace(['.', '_'], " "),
    }
}

/// What the owner sets.
#[derive(Deserialize)]
pub struct Rules {
    reminders: String,
    offer_h: String,
    version: i64,
}

/// Hours of reminders as they are typed; at most five of them, each within two months.
fn hours(typed: &str) -> Option<Vec<u32>> {
    let parts = typed.split([',', ' ', ';']).filter(|part| !part.is_empty());
    let mut hours = parts.map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>()?;
    hours.sort_unstable_by(|a, b| b.cmp(a));
    hours.dedup();
    (hours.len() <= 5 && hours.iter().all(|h| (1..=1440).contains(h))).then_some(hours)
}

/// `POST /staff/jobs/rules`: holds for what is booked or moved from now on.
pub async fn rules(
    State(app): State<App>,
    signed_in: SignedIn,
    Form(sent): Form<Rules>,
) -> Result<Response, Problem> {
    signed_in.must(Action::EditChain)?;
    let wrong = |detail: &str| Problem::new(&problem::INVALID_FIELDS).detail(detail);
    let reminders_h = hours(&sent.reminders)
        .ok_or_else(|| wrong("Reminders are up to five numbers of hours from 1 to 1440, as \"72, 24\"."))?;
    let offer_h: Option<u32> = sent.offer_h.trim().parse().ok().filter(|h| (1..=168).contains(h));
    let offer_h = offer_h.ok_or_else(|| wrong("An offer is kept for 1 to 168 hours."))?;
    let actor = signed_in.actor.clone();
    let kept = signed_in
        .office
        .write(move |desk| {
            let mut settings = desk.practice.chain.settings.clone();
            settings.messages = Messages { reminders_h, offer_h };
            let kept = practice::change_settings(desk.tx, &settings, sent.version)?;
            if kept {
                let thing_id = desk.practice.chain.id.0;
                let what = "set_messages";
                let event = Event { studio: None, thing: "chain", thing_id, what, why: None, sealed: None };
                desk.note(&Who::Person(actor), &event)?;
            }
            Ok::<bool, Refused>(kept)
        })
        .await?;
    if !kept {
        return Err(Problem::new(&problem::EDITED_MEANWHILE));
    }
    signed_in.office.set_up_anew(&app).await;
    Ok(Redirect::to("/staff/jobs").into_response())
}

/// What a button sends.
#[derive(Deserialize)]
pub struct Sent {
    id: Uuid,
    #[serde(default)]
    list: String,
}

/// `POST /staff/jobs/retry`
pub async fn retry(signed_in: SignedIn, Form(sent): Form<Sent>) -> Result<Response, Problem> {
    change(signed_in, sent, true).await
}

/// `POST /staff/jobs/drop`
pub async fn give_up(signed_in: SignedIn, Form(sent): Form<Sent>) -> Result<Response, Problem> {
    change(signed_in, sent, false).await
}

async fn change(signed_in: SignedIn, sent: Sent, again: bool) -> Result<Response, Problem> {
    signed_in.must(Action::KeepJobs)?;
    let actor = signed_in.actor.clone();
    let id = sent.id;
    let changed = signed_in
        .office
        .write(move |desk| {
            let studio = jobs::studio_of(desk.tx, id)?.ok_or(Refused::NotFound("job"))?;
            let thing = Thing {
                chain: desk.practice.chain.id,
                studio,
                client: None,
                course_studios: Vec::new(),
                practitioner: None,
            };
            permission::allowed(&actor, Action::KeepJobs, &thing).map_err(|_| Refused::NotFound("job"))?;
            let now_us = desk.fresh.now_us();
            let changed =
                if again { jobs::retry(desk.tx, id, now_us)? } else { jobs::give_up(desk.tx, id, now_us)? };
            Ok::<bool, Refused>(changed)
        })
        .await?;
    if !changed {
        return Err(Problem::new(&problem::CONFLICT));
    }
    let list = ["failed", "due", "later", "done"].into_iter().find(|l| *l == sent.list).unwrap_or_default();
    Ok(Redirect::to(&format!("/staff/jobs?list={list}")).into_response())
}

#[cfg(test)]
mod tests {
    #[test]
    fn hours_are_read_as_people_type_them() {
        for (typed, hours) in [
            ("72, 24", Some(vec![72, 24])),
            ("24 72;24", Some(vec![72, 24])),
            ("", Some(vec![])),
            ("0", None),
            ("a", None),
            ("1,2,3,4,5,6", None),
            ("1441", None),
        ] {
            assert_eq!(super::hours(typed), hours, "{typed}");
        }
    }
}
