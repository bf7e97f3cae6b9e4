//! Clients: found by name, e-mail, phone.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use hairline_studio::permission::{Action, Role};
use hairline_studio::seal::blind::Dialling;
use hairline_studio::store::clients;
use serde::Deserialize;

use super::session::SignedIn;
use crate::App;
use crate::page::{self, Frame};
use crate::problem::Problem;

/// Most clients shown at once.
const MOST: i64 = 50;

/// What is typed into the search; sent as a form, so that no name stands in an address.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
}

/// One line of the list.
pub struct Line {
    code: String,
    name: String,
    email: String,
    phone: String,
    studio: String,
}

#[derive(askama::Template)]
#[template(path = "clients.html")]
struct List {
    frame: Frame,
    q: String,
    lines: Vec<Line>,
    more: bool,
}

/// `GET /staff/clients`: the newest.
pub async fn newest(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Problem> {
    list(app, signed_in, Asked::default()).await
}

/// `POST /staff/clients`: those found.
pub async fn search(
    State(app): State<App>,
    signed_in: SignedIn,
    Form(asked): Form<Asked>,
) -> Result<Response, Problem> {
    list(app, signed_in, asked).await
}

async fn list(app: App, signed_in: SignedIn, asked: Asked) -> Result<Response, Problem> {
    signed_in.must(Action::FindClients)?;
    let q: String = asked.q.chars().take(100).collect();
    let studios =
        (signed_in.actor.role != Role::Owner).then(|| signed_in.actor.studios_for(Action::FindClients));
    let (typed, country) = (q.clone(), dialling(&signed_in));
    let found = signed_in
        .office
        .read(move |desk| clients::find(desk.tx, desk.vault, &typed, country, studios.as_deref(), MOST + 1))
        .await?;
    let more = found.len() > usize::try_from(MOST).unwrap_or(usize::MAX);
    let lines = found.into_iter().take(usize::try_from(MOST).unwrap_or(usize::MAX)).filter_map(|client| {
        let person = client.person?;
        let studio = signed_in.practice.studio(client.studio).map(|s| s.name.clone());
        Some(Line {
            code: client.code,
            name: person.name,
            email: person.email,
            phone: person.phone,
            studio: studio.unwrap_or_default(),
        })
    });
    let frame = Frame::new(&app, "/staff/clients", "Clients").hidden().staff(&signed_in.person.name);
    page::private(&List { frame, lines: lines.collect(), q, more })
}

/// How a number typed without a country code is dialled: as in the country of the person's first studio.
fn dialling(signed_in: &SignedIn) -> Dialling {
    let first = signed_in.actor.posts().find_map(|(_, studios)| studios.first());
    let studio = first.and_then(|id| signed_in.practice.studio(*id));
    studio.map_or(Dialling { country: "", trunk: "" }, |s| crate::booking::dialling::dialling(&s.country))
}
