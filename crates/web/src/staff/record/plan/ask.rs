//! Asking for a plan: the form, filled with the last version or with what the record knows; or the case itself as TOML.

use axum::Form as Urlencoded;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use hairline_plan::case::{self, Case};
use hairline_scalp::loss::Stage;
use hairline_studio::permission::Action;
use hairline_studio::store::clients::Client;
use hairline_studio::store::files::What;
use hairline_studio::store::plans::{self, Plan};
use hairline_studio::store::{self, files};
use hairline_studio::zone::{local_date, zone};
use serde::Deserialize;
use toml::{Table, Value};
use uuid::Uuid;

use super::super::{Opened, back, form_key, open, who};
use super::form::{Form, PLACES, check};
use crate::App;
use crate::extract::Query;
use crate::office::{Desk, now};
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// What the page is asked for.
#[derive(Deserialize)]
pub struct Asked {
    /// The version to begin with; the newest if not said.
    #[serde(default)]
    from: Option<i64>,
    /// Whether the case is to be edited as text.
    #[serde(default)]
    text: Option<u8>,
}

#[derive(askama::Template)]
#[template(path = "plan_new.html")]
struct Page {
    frame: Frame,
    code: String,
    name: String,
    key: Uuid,
    from: i64,
    form: Form,
    stages: Vec<(String, Vec<(String, String)>)>,
    places: Vec<(&'static str, &'static str)>,
    /// Scans of the record: name in the case, what it was called.
    scans: Vec<(String, String)>,
}

#[derive(askama::Template)]
#[template(path = "plan_text.html")]
struct TextPage {
    frame: Frame,
    code: String,
    name: String,
    key: Uuid,
    text: String,
    faults: Vec<String>,
}

/// What the store knows for the form.
struct Known {
    opened: Opened,
    plans: Vec<Plan>,
    scans: Vec<(String, String)>,
}

fn known(desk: &mut Desk<'_, '_>, opened: Opened) -> Result<Known, store::Error> {
    let (key, id) = (&opened.key, opened.client.id);
    let plans = plans::of(desk.tx, key, id)?;
    let scans = files::of_client(desk.tx, key, id, &[What::Scan])?;
    let scans = scans.into_iter().map(|f| (f.name, f.words)).collect();
    Ok(Known { opened, plans, scans })
}

/// `GET /staff/clients/{code}/plans/new`
pub async fn form(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let known = read(&signed_in, &code).await?;
    let plan = match asked.from {
        Some(number) => known.plans.iter().find(|p| p.number == number),
        None => known.plans.first(),
    };
    let base = match plan {
        Some(plan) => plan.content.case.parse::<Table>().map_err(|_| Problem::new(&problem::INTERNAL))?,
        None => first(&signed_in, &known),
    };
    if asked.text.is_some() {
        let text = plan.map_or_else(|| base.to_string(), |p| p.content.case.clone());
        return text_page(&app, &signed_in, &known, form_key(), text, Vec::new());
    }
    let from = plan.map_or(0, |p| p.number);
    form_page(&app, &signed_in, known, form_key(), from, Form::of(&base))
}

async fn read(signed_in: &SignedIn, code: &str) -> Result<Known, Problem> {
    let (actor, code) = (signed_in.actor.clone(), code.to_owned());
    signed_in
        .office
        .read(move |desk| {
            let opened = open(desk, &actor, &code, Action::MakePlan)?;
            Ok(known(desk, opened)?)
        })
        .await
}

/// The case to begin with where there is none: the engine's own defaults, and what the record knows.
fn first(signed_in: &SignedIn, known: &Known) -> Table {
    let mut case = Table::new();
    let mut table = |name: &str, rows: Vec<(&str, Value)>| {
        let rows = rows.into_iter().map(|(key, value)| (key.to_owned(), value));
        case.insert(name.to_owned(), Value::Table(rows.collect()));
    };
    let hair = Case::default().hair;
    table(
        "hair",
        vec![
            ("colour", "dark-brown".into()),
            ("units_per_cm2", hair.units_per_cm2.into()),
            ("shaft_um", hair.shaft_um.into()),
            ("length_mm", hair.length_mm.into()),
        ],
    );
    table("skin", vec![("monk", 4.into())]);
    let born = known.opened.client.person.as_ref().and_then(|p| p.born);
    let studio = signed_in.practice.studio(known.opened.client.studio);
    let today = studio.and_then(|s| zone(&s.zone).ok()).map(|tz| local_date(&tz, now()));
    if let (Some(born), Some(today)) = (born, today) {
        let had = (today.month(), today.day()) >= (born.month(), born.day());
        let age = i64::from(today.year() - born.year()) - i64::from(!had);
        if (18..=100).contains(&age) {
            table("client", vec![("age_years", age.into())]);
        }
    }
    case.insert("look".to_owned(), "shaved".into());
    case
}

/// Stages by scale: name in the case, label.
fn stages() -> Vec<(String, Vec<(String, String)>)> {
    let mut scales: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for stage in Stage::ALL {
        let scale = stage.label().split(' ').next().unwrap_or_default().to_owned();
        let one = (stage.name(), stage.label().to_owned());
        match scales.last_mut() {
            Some((last, stages)) if *last == scale => stages.push(one),
            _ => scales.push((scale, vec![one])),
        }
    }
    scales
}

fn person(known: &Known) -> String {
    known.opened.client.person.as_ref().map(|p| p.name.clone()).unwrap_or_default()
}

fn frame(app: &App, signed_in: &SignedIn) -> Frame {
    Frame::new(app, "/staff/clients", "New plan").hidden().staff(&signed_in.person.name)
}

fn form_page(
    app: &App,
    signed_in: &SignedIn,
    known: Known,
    key: Uuid,
    from: i64,
    form: Form,
) -> Result<Response, Problem> {
    let wrong = form.wrong() > 0;
    let page = Page {
        frame: frame(app, signed_in),
        name: person(&known),
        key,
        from,
        form,
        stages: stages(),
        places: PLACES.iter().map(|(name, words, _)| (*name, *words)).collect(),
        scans: known.scans,
        code: known.opened.client.code,
    };
    let response = page::private(&page)?;
    Ok(if wrong { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

fn text_page(
    app: &App,
    signed_in: &SignedIn,
    known: &Known,
    key: Uuid,
    text: String,
    faults: Vec<String>,
) -> Result<Response, Problem> {
    let wrong = !faults.is_empty();
    let code = known.opened.client.code.clone();
    let page = TextPage { frame: frame(app, signed_in), code, name: person(known), key, text, faults };
    let response = page::private(&page)?;
    Ok(if wrong { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

/// `POST /staff/clients/{code}/plans`
pub async fn submit(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(code): Path<String>,
    Urlencoded(fields): Urlencoded<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let key = field("key").and_then(|k| k.parse::<Uuid>().ok());
    let key = key.ok_or_else(|| Problem::new(&problem::BAD_REQUEST))?;
    let known = read(&signed_in, &code).await?;
    let case = match field("text") {
        Some(text) => match from_text(text) {
            Ok(()) => text.replace("\r\n", "\n"),
            Err(faults) => return text_page(&app, &signed_in, &known, key, text.to_owned(), faults),
        },
        None => {
            let from = field("from").and_then(|n| n.parse::<i64>().ok()).unwrap_or(0);
            let base = known.plans.iter().find(|p| p.number == from);
            let base = base.and_then(|p| p.content.case.parse::<Table>().ok());
            let mut base = base.unwrap_or_default();
            of_studio(&mut base, &signed_in, &known);
            let mut form = Form::sent(&fields);
            match form.case(&base) {
                Some(case) => case.to_string(),
                None => return form_page(&app, &signed_in, known, key, from, form),
            }
        }
    };
    let number = ask(&app, &signed_in, &code, key, case).await?;
    Ok(back(&code, &format!("/plans/{number}")))
}

/// What is wrong with a case as text, a sentence each with its line.
fn from_text(text: &str) -> Result<(), Vec<String>> {
    let read = case::read("case", text.as_bytes());
    read.map(|_| ()).map_err(|e| {
        let sentence = |p: &case::Problem| {
            let field = if p.field.is_empty() { String::new() } else { format!(", {}", p.field) };
            format!("Line {}{field}: found {}; {}.", p.line, p.found, p.allowed)
        };
        e.problems.iter().map(sentence).collect()
    })
}

/// The studio's name, telephone and currency in a case that does not say them.
fn of_studio(case: &mut Table, signed_in: &SignedIn, known: &Known) {
    let Some(studio) = signed_in.practice.studio(known.opened.client.studio) else { return };
    let before = case.clone();
    let rows = case.entry("studio").or_insert_with(|| Value::Table(Table::new()));
    let Some(rows) = rows.as_table_mut() else { return };
    for (key, value) in [("name", &studio.name), ("contact", &studio.phone), ("currency", &studio.currency)] {
        if !value.is_empty() {
            rows.entry(key).or_insert_with(|| Value::from(value.as_str()));
        }
    }
    // What a studio is called may be longer than the engine prints.
    let mut alone = Table::new();
    alone.insert("look".to_owned(), "shaved".into());
    if let Some(rows) = case.get("studio") {
        alone.insert("studio".to_owned(), rows.clone());
    }
    if check(&alone).is_err() {
        *case = before;
    }
}

async fn ask(app: &App, signed_in: &SignedIn, code: &str, key: Uuid, case: String) -> Result<i64, Problem> {
    let (actor, code) = (signed_in.actor.clone(), code.to_owned());
    let number = signed_in
        .office
        .write(move |desk| {
            let opened = open(desk, &actor, &code, Action::MakePlan)?;
            let (client, by) = (&opened.client, who(&actor));
            let number = plans::ask(desk.tx, &opened.key, client, key, &case, "", &by, &mut desk.fresh)?;
            Ok::<i64, Problem>(number)
        })
        .await?;
    app.planner.notify_one();
    Ok(number)
}

/// Plans for a made-up client whose record is opened for the first time; twice at once is once.
///
/// # Errors
/// The store's.
pub async fn first_of_demo(app: &App, signed_in: &SignedIn, client: &Client) -> Result<(), Problem> {
    let studio = signed_in.practice.studio(client.studio).ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
    let case = hairline_studio::demo::case_of(client.id, studio);
    // One id for one client, so that the second of two finds the first.
    let id = Uuid::from_u128(client.id.0.as_u128() ^ 1);
    ask(app, signed_in, &client.code, id, case).await.map(|_| ())
}
