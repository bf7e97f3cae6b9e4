//! The first start: an empty store waits for its owner behind a token that the program printed. Until then every other
//! page says so.

mod form;
mod place;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use hairline_studio::ids::Fresh;
use hairline_studio::seal::master::MasterKeys;
use hairline_studio::seal::system_random;
use hairline_studio::set_up::practice;
use hairline_studio::store::live::Live;
use hairline_studio::store::{self, Store, set_up};
use hairline_studio::token;
use serde::Deserialize;

use self::form::{Fields, Shown};
use crate::account::secret;
use crate::extract::Query;
use crate::layers::client::Client;
use crate::office::now;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::sign_in::{begin, with_cookie};
use crate::{App, Office};

/// An empty store that waits for its owner.
pub struct Waiting {
    /// The store.
    pub store: Arc<Store>,
    /// The master key.
    pub master: Arc<MasterKeys>,
    /// Hash of the token that was printed.
    pub token_hash: [u8; 32],
}

/// The pages of the set-up.
pub fn router() -> Router<App> {
    Router::new()
        .route("/set-up", get(ask).post(go))
        .route("/set-up/{token}", get(show).post(submit))
        .route("/set-up/{token}/places", get(place::find))
}

/// While nothing is set up, every page but those of the set-up says so.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    const OPEN: [&str; 5] = ["/set-up", "/static", "/healthz", "/metrics", "/problems"];
    let path = request.uri().path();
    let open = OPEN
        .iter()
        .any(|p| path.strip_prefix(p).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    if !open && app.waiting().is_some() {
        return Err(Problem::new(&problem::NOT_SET_UP));
    }
    Ok(next.run(request).await)
}

/// Waits until the chain is set up, here or by another process on the same store, and opens it.
pub async fn watch(app: App) {
    const LOOK: std::time::Duration = std::time::Duration::from_secs(2);
    while let Some(waiting) = app.waiting() {
        let store = Arc::clone(&waiting.store);
        match tokio::task::spawn_blocking(move || set_up::there(&store)).await {
            Ok(Ok(Some(_))) => {
                if let Err(e) = open(&app).await {
                    tracing::error!(error = ?e, "what was set up cannot be opened");
                }
            }
            Ok(Ok(None)) | Err(_) => {}
            Ok(Err(e)) => tracing::warn!(error = %e, "the store cannot be looked at"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Opens the chain of the store that was waiting.
async fn open(app: &App) -> Result<(), Problem> {
    let Some(waiting) = app.waiting() else { return Ok(()) };
    let (store, master) = (Arc::clone(&waiting.store), Arc::clone(&waiting.master));
    let office = tokio::task::spawn_blocking(move || -> Result<Option<Arc<Office>>, store::Error> {
        let Some(chain) = set_up::there(&store)? else { return Ok(None) };
        let live = Live::open(&store, master, chain, now())?;
        Ok(Some(Office::new(store, live)))
    });
    if let Some(office) = office.await.map_err(|_| Problem::new(&problem::INTERNAL))?? {
        app.show_practice(&office.practice());
        app.open(office);
    }
    Ok(())
}

/// Whether this is the token that was printed. There is none once something is set up.
fn checked<'a>(app: &'a App, token: &str) -> Result<&'a Waiting, Problem> {
    let waiting = app.waiting().ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
    // Hashes are compared, so that the time of comparing tells nothing of the token.
    if token::kept(token) == Some(waiting.token_hash) {
        return Ok(waiting);
    }
    Err(Problem::new(&problem::NOT_FOUND).detail(
        "This is not the token of this start: each start of the program prints a new one. Copy the newest.",
    ))
}

#[derive(askama::Template)]
#[template(path = "set_up_token.html")]
struct Ask {
    frame: Frame,
    refused: bool,
}

fn frame(app: &App) -> Frame {
    Frame::new(app, "/set-up", "Set up").hidden()
}

/// `GET /set-up`: asks for the token.
async fn ask(State(app): State<App>) -> Result<Response, Problem> {
    if app.waiting().is_none() {
        return Ok(Redirect::to("/staff").into_response());
    }
    page::private(&Ask { frame: frame(&app), refused: false })
}

#[derive(Deserialize)]
struct Typed {
    token: String,
}

/// `POST /set-up`
async fn go(State(app): State<App>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let token = typed.token.trim();
    if checked(&app, token).is_ok() {
        return Ok(Redirect::to(&format!("/set-up/{token}")).into_response());
    }
    page::with_status(
        axum::http::StatusCode::UNPROCESSABLE_ENTITY,
        page::private(&Ask { frame: frame(&app), refused: true }),
    )
}

/// `GET /set-up/{token}`
async fn show(State(app): State<App>, Path(token): Path<String>) -> Result<Response, Problem> {
    checked(&app, &token)?;
    page::private(&Shown::new(live_frame(&app), &token, Fields::usual(), Vec::new()))
}

fn live_frame(app: &App) -> Frame {
    let mut frame = frame(app).script(crate::assets::ZONE_JS);
    frame.live = true;
    frame
}

/// `POST /set-up/{token}`: sets the chain up, and signs its owner in.
async fn submit(
    State(app): State<App>,
    axum::Extension(client): axum::Extension<Client>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    checked(&app, &token)?;
    let fields = Fields::read(sent);
    let answers = match fields.answers() {
        Ok(answers) => answers,
        Err(faults) => {
            return page::with_status(
                axum::http::StatusCode::UNPROCESSABLE_ENTITY,
                page::private(&Shown::new(live_frame(&app), &token, fields, faults)),
            );
        }
    };
    let hash = secret::hash(fields.get("password").to_owned()).await?;
    // Once more after the wait: a token is good once.
    let waiting = checked(&app, &token)?;
    let (store, master) = (Arc::clone(&waiting.store), Arc::clone(&waiting.master));
    let set_up = tokio::task::spawn_blocking(move || {
        let mut rng = system_random();
        let practice = practice(&answers, &mut Fresh::new(now(), &mut rng));
        set_up::set_up(&store, &master, practice, hash, now())
    });
    if !set_up.await.map_err(|_| Problem::new(&problem::INTERNAL))?? {
        return Err(Problem::new(&problem::CONFLICT));
    }
    open(&app).await?;
    let office = app.office()?;
    let owner = office.practice().staff.first().map(|person| person.id);
    let owner = owner.ok_or_else(|| Problem::new(&problem::INTERNAL))?;
    let cookie = begin(office, owner, &headers, client.https).await?;
    with_cookie(Redirect::to("/account?done=set_up"), cookie)
}

/// What is typed into the search for a town.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    town: String,
}

/// As [`Query`] of the search.
pub(crate) type Search = Query<Asked>;
