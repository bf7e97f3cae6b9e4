//! A page for each kind of problem, which its `type` leads to.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::App;
use crate::page::{self, Frame};
use crate::problem::{self, KINDS, Kind, Problem};

#[derive(askama::Template)]
#[template(path = "problems.html")]
struct Index {
    frame: Frame,
    kinds: &'static [&'static Kind],
}

/// `/problems`
pub async fn index(State(app): State<App>) -> Result<Response, Problem> {
    let frame = Frame::new(&app, "/problems", "What can go wrong").description(
        "Every error that this studio's pages and interface answer with, what it means, and what to do.",
    );
    page::public(&Index { frame, kinds: KINDS })
}

#[derive(askama::Template)]
#[template(path = "problem.html")]
struct One {
    frame: Frame,
    kind: &'static Kind,
}

/// `/problems/{name}`
pub async fn one(State(app): State<App>, Path(name): Path<String>) -> Result<Response, Problem> {
    let kind =
        KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
    let frame = Frame::new(&app, &kind.uri(), kind.title).hidden();
    page::public(&One { frame, kind })
}
