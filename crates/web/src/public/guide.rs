//! The guide for clients: one page per file of `guide/`, read once at the start.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::App;
use crate::markdown::{self, Article};
use crate::page::{self, Frame};
use crate::problem::{self, Problem};

include!(concat!(env!("OUT_DIR"), "/guide.rs"));

/// Pages in the order in which questions come up; a page that is not named comes last.
const ORDER: [&str; 8] = [
    "what-it-is",
    "who-it-suits",
    "how-it-is-done",
    "how-long-it-lasts",
    "cost",
    "questions-to-ask",
    "aftercare",
    "side-effects",
];

/// All pages of the guide, in reading order.
pub fn articles() -> Vec<Article> {
    let place = |stem: &str| ORDER.iter().position(|known| *known == stem).unwrap_or(ORDER.len());
    let mut sources = SOURCES.to_vec();
    sources.sort_by_key(|(stem, _)| place(stem));
    sources.iter().map(|(stem, text)| markdown::article(stem, text)).collect()
}

#[derive(askama::Template)]
#[template(path = "guide.html")]
struct Index<'a> {
    frame: Frame,
    articles: &'a [Article],
}

/// `/guide`
pub async fn index(State(app): State<App>) -> Result<Response, Problem> {
    let frame = Frame::new(&app, "/guide", "The guide").description(
        "What scalp micropigmentation is, how it is done, what it can and cannot do, and how to look after it.",
    );
    page::public(&Index { frame, articles: &app.guide })
}

#[derive(askama::Template)]
#[template(path = "article.html")]
struct Page<'a> {
    frame: Frame,
    article: &'a Article,
    before: Option<&'a Article>,
    after: Option<&'a Article>,
}

/// `/guide/{page}`
pub async fn article(State(app): State<App>, Path(slug): Path<String>) -> Result<Response, Problem> {
    let place = app.guide.iter().position(|article| article.slug == slug);
    let place = place.ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
    let article = &app.guide[place];
    let frame = Frame::new(&app, &format!("/guide/{slug}"), &article.title)
        .description(&article.summary)
        .json_ld(&serde_json::json!({
            "@context": "https://schema.org", "@type": "Article",
            "headline": article.title, "description": article.summary, "inLanguage": "en",
        }));
    let before = place.checked_sub(1).and_then(|i| app.guide.get(i));
    page::public(&Page { frame, article, before, after: app.guide.get(place + 1) })
}
