//! One version of the plan: how far it is, then its pictures, numbers and files.

use axum::extract::{Path, State};
use axum::response::Response;
use hairline_studio::permission::Action;
use hairline_studio::store::plans;
use uuid::Uuid;

use super::super::{open, when};
use super::card::{self, Picture};
use crate::App;
use crate::page::{self, Frame};
use crate::planner::{Numbers, STEPS};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// A file to take away.
pub struct Download {
    id: Uuid,
    name: String,
    words: &'static str,
}

/// A row of pictures of one view.
pub struct Row {
    title: &'static str,
    pictures: Vec<Picture>,
    /// One wide picture with all in it.
    strip: bool,
}

#[derive(askama::Template)]
#[template(path = "plan.html")]
struct Page {
    frame: Frame,
    code: String,
    name: String,
    number: i64,
    made: String,
    progress: Progress,
    failed: Option<String>,
    accepted: Option<String>,
    /// Whether an accepted version is this one.
    bookable: bool,
    numbers: Option<Numbers>,
    /// Before beside healed.
    pair: Vec<Picture>,
    rows: Vec<Row>,
    downloads: Vec<Download>,
    others: Vec<i64>,
    plans: bool,
}

#[derive(askama::Template)]
#[template(path = "plan_progress.html")]
struct Progress {
    code: String,
    number: i64,
    busy: bool,
    state: String,
    done: i64,
    steps: usize,
}

/// `GET /staff/clients/{code}/plans/{number}`
pub async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((code, number)): Path<(String, i64)>,
) -> Result<Response, Problem> {
    let actor = signed_in.actor.clone();
    let (opened, found, others, accepted, may_plan) = signed_in
        .office
        .read(move |desk| {
            let opened = open(desk, &actor, &code, Action::SeeHealth)?;
            let all = plans::of(desk.tx, &opened.key, opened.client.id)?;
            let others: Vec<i64> = all.iter().map(|p| p.number).filter(|n| *n != number).collect();
            let (versions, plan) = (all.len(), all.into_iter().find(|p| p.number == number));
            let plan = plan.ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
            let found = card::with_files(desk.tx, &opened.key, plan, versions)?;
            let accepted = plans::accepted(desk.tx, opened.client.id)?.map(|(number, _)| number);
            let may_plan = opened.may(&actor, Action::MakePlan);
            Ok::<_, Problem>((opened, found, others, accepted, may_plan))
        })
        .await?;
    let practice = &signed_in.practice;
    let home = opened.client.studio;
    let numbers = card::numbers(&found.plan);
    let pictures = numbers.as_ref().map_or_else(Vec::new, |n| card::pictures(&found, n));
    let progress = progress_of(&opened.client.code, &found.plan, found.before);
    let mut frame = Frame::new(&app, "/staff/clients", "Plan").hidden().staff(&signed_in.person.name);
    frame.live = progress.busy;
    let page = Page {
        frame,
        name: opened.client.person.as_ref().map(|p| p.name.clone()).unwrap_or_default(),
        number,
        made: when(practice, found.plan.made_us, home),
        failed: found.plan.content.failed.clone(),
        accepted: found.plan.accepted_us.map(|us| when(practice, us, home)),
        bookable: accepted == Some(number),
        pair: pair(&pictures, numbers.as_ref()),
        rows: rows(&pictures, numbers.as_ref()),
        downloads: downloads(&found),
        numbers,
        progress,
        others,
        plans: may_plan,
        code: opened.client.code,
    };
    page::private(&page)
}

fn progress_of(code: &str, plan: &plans::Plan, before: i64) -> Progress {
    Progress {
        code: code.to_owned(),
        number: plan.number,
        busy: plan.status == plans::Status::Asked,
        state: card::state(plan, before),
        done: plan.progress,
        steps: STEPS.len(),
    }
}

/// `GET /staff/clients/{code}/plans/{number}/progress`: a piece of the page; when the plan is done the whole page is loaded.
pub async fn progress(
    signed_in: SignedIn,
    Path((code, number)): Path<(String, i64)>,
) -> Result<Response, Problem> {
    let (actor, record) = (signed_in.actor.clone(), code.clone());
    let (plan, before) = signed_in
        .office
        .read(move |desk| {
            let opened = open(desk, &actor, &record, Action::SeeHealth)?;
            let all = plans::of(desk.tx, &opened.key, opened.client.id)?;
            let plan = all.into_iter().find(|p| p.number == number);
            let plan = plan.ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
            let before = card::before(desk.tx, &plan)?;
            Ok::<_, Problem>((plan, before))
        })
        .await?;
    let progress = progress_of(&code, &plan, before);
    let mut response = page::private(&progress)?;
    if !progress.busy {
        response.headers_mut().insert("hx-refresh", axum::http::HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Before, and healed after the last session, from where the result is seen best.
fn pair(pictures: &[Picture], numbers: Option<&Numbers>) -> Vec<Picture> {
    let Some(numbers) = numbers else { return Vec::new() };
    let stems = numbers.pair();
    stems.iter().filter_map(|stem| pictures.iter().find(|p| p.stem == *stem).cloned()).collect()
}

/// Pictures by view, each in the order of time.
fn rows(pictures: &[Picture], numbers: Option<&Numbers>) -> Vec<Row> {
    let order = |stem: &str| {
        let moment = stem.split_once('-').map_or("", |(_, moment)| moment);
        let at = numbers.and_then(|n| n.moments.iter().position(|(name, _)| name == moment));
        // What the loss does comes after all moments, the sooner first.
        let later = moment.strip_prefix("later-").and_then(|years| years.parse::<usize>().ok());
        (at.unwrap_or(usize::MAX), later.unwrap_or(0))
    };
    let views = [
        ("front-", "From the front"),
        ("top-", "From above"),
        ("left-", "From the left"),
        ("right-", "From the right"),
        ("back-", "From the back"),
        ("closeup-", "Close up"),
        ("fade-", "Over the years"),
    ];
    let row = |(view, title)| {
        let mut row: Vec<Picture> = pictures.iter().filter(|p| p.stem.starts_with(view)).cloned().collect();
        row.sort_by_key(|p| order(&p.stem));
        Row { title, pictures: row, strip: view == "fade-" }
    };
    views.into_iter().map(row).filter(|row| !row.pictures.is_empty()).collect()
}

fn downloads(found: &card::Found) -> Vec<Download> {
    let words = |name: &str| {
        Some(match name {
            "report.pdf" => "The report for the client",
            "stencil.pdf" => "The stencil for the practitioner, to scale",
            "course.ics" => "The course as a calendar",
            "plan.json" => "The whole plan as data",
            "cells.csv" => "Cells in working order",
            "dots.csv" => "Every dot as a table",
            "head.glb" => "The head with its dots in 3D",
            "dots.ply" => "The dots as points in 3D",
            _ => return None,
        })
    };
    let order = [
        "report.pdf",
        "stencil.pdf",
        "course.ics",
        "plan.json",
        "cells.csv",
        "dots.csv",
        "head.glb",
        "dots.ply",
    ];
    let mut all: Vec<Download> = found
        .files
        .iter()
        .filter_map(|f| Some(Download { id: f.id, words: words(&f.name)?, name: f.name.clone() }))
        .collect();
    all.sort_by_key(|d| order.iter().position(|name| *name == d.name));
    all
}
