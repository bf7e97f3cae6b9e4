//! The front page and the page on privacy.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::view::Public;
use crate::markdown::Article;
use crate::page::{self, Frame};
use crate::{App, Problem};

#[derive(askama::Template)]
#[template(path = "home.html")]
struct Home<'a> {
    frame: Frame,
    public: Arc<Public>,
    guide: &'a [Article],
}

/// `/`
pub async fn get(State(app): State<App>) -> Result<Response, Problem> {
    let public = app.public();
    let frame = Frame::new(&app, "/", "").description(&public.tagline).script(crate::assets::NEAR_JS);
    page::public(&Home { frame, public, guide: &app.guide })
}

#[derive(askama::Template)]
#[template(path = "privacy.html")]
struct Privacy {
    frame: Frame,
}

/// `/privacy`
pub async fn privacy(State(app): State<App>) -> Result<Response, Problem> {
    let frame = Frame::new(&app, "/privacy", "Privacy")
        .description("What is stored about you, why, for how long, who sees it, and how it is protected.");
    page::public(&Privacy { frame })
}
