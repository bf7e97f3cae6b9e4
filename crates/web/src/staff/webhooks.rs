//! The owner's page of other programs that are told of visits: where, what of, what was taken, and once more.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::ids::StudioId;
use hairline_studio::permission::Action;
use hairline_studio::seal::system_random;
use hairline_studio::store::events::{Event, Who};
use hairline_studio::store::webhooks::{self, Delivery, Webhook};
use hairline_studio::store::{self, book::Refused};
use hairline_studio::webhook::Secret;
use hairline_studio::zone::{start_of_day, zone};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use uuid::Uuid;

use super::session::SignedIn;
use crate::account::prove;
use crate::office::{Desk, now};
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::record::form_key;
use crate::{App, outgoing};

const PATH: &str = "/staff/webhooks";
/// Most programs of a chain.
const MOST: usize = 10;
/// Messages that are shown of each.
const SHOWN: i64 = 8;

/// A message and what has become of it.
struct Sent {
    what: String,
    when: String,
    state: String,
    failed: bool,
}

/// A program that is told.
struct One {
    id: Uuid,
    host: String,
    of: String,
    since: String,
    sent: Vec<Sent>,
}

/// What was typed and is refused, and why.
struct Wrong {
    url: String,
    studio: String,
    why: &'static str,
}

#[derive(askama::Template)]
#[template(path = "webhooks.html")]
struct Page {
    frame: Frame,
    all: Vec<One>,
    /// Slugs and names of the studios.
    studios: Vec<(String, String)>,
    /// Host and secret of one that was just added.
    fresh: Option<(String, String)>,
    wrong: Option<Wrong>,
    /// How many messages go out again.
    again: Option<u64>,
    today: Date,
    key: Uuid,
}

fn host(url: &str) -> String {
    url.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?']).next().unwrap_or_default().to_owned()
}

fn told(desk: &mut Desk<'_, '_>, who: &Who, id: Uuid, what: &str) -> Result<(), store::Error> {
    let event = Event { studio: None, thing: "webhook", thing_id: id, what, why: None, sealed: None };
    desk.note(who, &event)
}

/// The clock of the owner's own studio, or of the first; a chain has none of its own.
fn clock(signed_in: &SignedIn) -> TimeZone {
    let first = signed_in.studios().into_iter().next().or(signed_in.practice.studios.first());
    first.and_then(|s| zone(&s.zone).ok()).unwrap_or(TimeZone::UTC)
}

fn sent(one: &Delivery, clock: &TimeZone) -> Sent {
    let when = |us: i64| {
        let at = Timestamp::from_microsecond(us).map(|t| t.to_zoned(clock.clone()));
        at.map_or_else(|_| String::new(), |t| t.strftime("%-d %b, %H:%M:%S %Z").to_string())
    };
    let body: serde_json::Value = serde_json::from_str(&one.body).unwrap_or_default();
    let text = |at: &serde_json::Value| at.as_str().unwrap_or_default().to_owned();
    let made = text(&body["timestamp"]).parse().map_or(0, Timestamp::as_microsecond);
    let tried = match one.tries {
        0 => "waits".to_owned(),
        1 => "tried once".to_owned(),
        n => format!("tried {n} times"),
    };
    let note = one.note.clone().unwrap_or_default();
    let state = match (one.done_us, one.failed_us) {
        (Some(us), _) if note.is_empty() => format!("taken {}", when(us)),
        (Some(_), _) => note,
        (None, Some(_)) => format!("given up, {tried}: {note}"),
        (None, None) if note.is_empty() => tried,
        (None, None) => format!("{tried}; next {}: {note}", when(one.due_us)),
    };
    Sent {
        what: text(&body["type"]),
        when: when(made),
        state,
        failed: one.done_us.is_none() && one.note.is_some(),
    }
}

async fn shown(
    app: &App,
    signed_in: &SignedIn,
    fresh: Option<(String, String)>,
    wrong: Option<Wrong>,
    again: Option<u64>,
) -> Result<Response, Problem> {
    let all: Vec<(Webhook, Vec<Delivery>)> = signed_in
        .office
        .read(|desk| {
            let all = webhooks::all(desk.tx, desk.vault)?.into_iter();
            let sent = all.map(|one| webhooks::deliveries(desk.tx, one.id, SHOWN).map(|sent| (one, sent)));
            sent.collect::<Result<_, store::Error>>()
        })
        .await?;
    let (practice, clock) = (&signed_in.practice, clock(signed_in));
    let studio = |id: StudioId| practice.studio(id).map(|s| s.name.clone()).unwrap_or_default();
    let all = all.iter().map(|(one, messages)| One {
        id: one.id,
        host: host(&one.url),
        of: one.studio.map_or_else(|| "all studios".to_owned(), studio),
        since: Timestamp::from_microsecond(one.made_us)
            .map_or_else(|_| String::new(), |t| t.to_zoned(clock.clone()).strftime("%-d %B %Y").to_string()),
        sent: messages.iter().map(|message| sent(message, &clock)).collect(),
    });
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame: Frame::new(app, PATH, "Other programs").hidden().staff(&signed_in.person.name),
        all: all.collect(),
        studios: practice.studios.iter().map(|s| (s.slug.clone(), s.name.clone())).collect(),
        fresh,
        wrong,
        again,
        today: now().to_zoned(clock.clone()).date(),
        key: form_key(),
    };
    page::with_status(status, page::private(&page))
}

/// `GET /staff/webhooks`
pub async fn get(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Problem> {
    signed_in.must(Action::EditChain)?;
    shown(&app, &signed_in, None, None, None).await
}

/// Where to, and of which studio (empty: all).
#[derive(Deserialize)]
pub struct Typed {
    url: String,
    #[serde(default)]
    studio: String,
    /// Of the form: pressed twice is added once.
    #[serde(default = "form_key")]
    key: Uuid,
}

/// `POST /staff/webhooks`: the only page that ever shows the secret.
pub async fn add(
    State(app): State<App>,
    signed_in: SignedIn,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    signed_in.must(Action::EditChain)?;
    // What leaves the house by itself is asked for by its owner in person.
    if !signed_in.is_fresh() {
        return Ok(prove::lead(PATH));
    }
    let studio = match typed.studio.as_str() {
        "" => None,
        slug => {
            let found = signed_in.practice.studio_named(slug);
            Some(found.ok_or_else(|| Problem::new(&problem::NOT_FOUND))?.id)
        }
    };
    let url = match outgoing::address(&typed.url) {
        Ok(url) => url,
        Err(why) => {
            let wrong = Wrong { url: typed.url, studio: typed.studio, why };
            return shown(&app, &signed_in, None, Some(wrong), None).await;
        }
    };
    let (name, who) = (host(&url), Who::Person(signed_in.actor.clone()));
    let id = typed.key;
    let secret = signed_in
        .office
        .write(move |desk| {
            let all = webhooks::all(desk.tx, desk.vault)?;
            if let Some(there) = all.iter().find(|one| one.id == id) {
                return Ok::<_, store::Error>(Some(there.secret.clone()));
            }
            if all.len() >= MOST {
                return Ok(None);
            }
            let secret = Secret::text(&mut system_random());
            webhooks::add(desk.tx, desk.vault, id, studio, &url, &secret, &mut desk.fresh)?;
            told(desk, &who, id, "webhook_added")?;
            Ok(Some(secret.to_string()))
        })
        .await?;
    let Some(secret) = secret else {
        let detail = format!("There are {MOST} programs already. Remove one that is not needed any more.");
        return Err(Problem::new(&problem::CONFLICT).detail(detail));
    };
    signed_in.office.set_up_anew(&app).await;
    shown(&app, &signed_in, Some((name, secret)), None, None).await
}

/// Which one.
#[derive(Deserialize)]
pub struct Which {
    id: Uuid,
}

/// `POST /staff/webhooks/remove`
pub async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    Form(Which { id }): Form<Which>,
) -> Result<Response, Problem> {
    signed_in.must(Action::EditChain)?;
    let who = Who::Person(signed_in.actor.clone());
    // One that is gone already is removed.
    signed_in
        .office
        .write(move |desk| {
            if webhooks::remove(desk.tx, id)? {
                told(desk, &who, id, "webhook_removed")?;
            }
            Ok::<_, store::Error>(())
        })
        .await?;
    signed_in.office.set_up_anew(&app).await;
    Ok(Redirect::to(PATH).into_response())
}

/// `POST /staff/webhooks/test`
pub async fn test(signed_in: SignedIn, Form(Which { id }): Form<Which>) -> Result<Response, Problem> {
    signed_in.must(Action::EditChain)?;
    signed_in
        .office
        .write(move |desk| {
            webhooks::by_id(desk.tx, desk.vault, id)?.ok_or(Refused::NotFound("webhook"))?;
            Ok::<_, Refused>(webhooks::test(desk.tx, id, &mut desk.fresh)?)
        })
        .await?;
    Ok(Redirect::to(PATH).into_response())
}

/// Which one, and from which day on.
#[derive(Deserialize)]
pub struct Since {
    id: Uuid,
    since: Date,
}

/// `POST /staff/webhooks/again`: what was taken or given up since a day goes out once more, with the same ids.
pub async fn again(
    State(app): State<App>,
    signed_in: SignedIn,
    Form(Since { id, since }): Form<Since>,
) -> Result<Response, Problem> {
    signed_in.must(Action::EditChain)?;
    if !signed_in.is_fresh() {
        return Ok(prove::lead(PATH));
    }
    let from = start_of_day(&clock(&signed_in), since).map_err(|_| Problem::new(&problem::BAD_REQUEST))?;
    let who = Who::Person(signed_in.actor.clone());
    let n = signed_in
        .office
        .write(move |desk| {
            webhooks::by_id(desk.tx, desk.vault, id)?.ok_or(Refused::NotFound("webhook"))?;
            let now_us = desk.fresh.now_us();
            let n = webhooks::replay(desk.tx, id, from.as_microsecond(), now_us)?;
            told(desk, &who, id, "webhook_replayed")?;
            Ok::<_, Refused>(n)
        })
        .await?;
    shown(&app, &signed_in, None, None, Some(n)).await
}
