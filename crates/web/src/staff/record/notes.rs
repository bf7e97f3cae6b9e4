//! Notes of the staff in a record.

use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use hairline_studio::permission::Action;
use hairline_studio::store::notes;
use serde::Deserialize;
use uuid::Uuid;

use super::{back, open, refused, who};
use crate::problem::Problem;
use crate::staff::session::SignedIn;

/// Longest note, characters.
pub const LONGEST: usize = 4000;

/// What the form sends.
#[derive(Deserialize)]
pub struct Sent {
    key: Uuid,
    text: String,
}

/// `POST /staff/clients/{code}/notes`
pub async fn write(
    signed_in: SignedIn,
    Path(code): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let text = sent.text.replace("\r\n", "\n").trim().to_owned();
    let length = text.chars().count();
    if length == 0 || length > LONGEST {
        return Err(refused("text", format!("The note has {length} characters; 1 to {LONGEST} are taken.")));
    }
    let (actor, record) = (signed_in.actor.clone(), code.clone());
    signed_in
        .office
        .write(move |desk| {
            let opened = open(desk, &actor, &record, Action::WriteHealth)?;
            let (client, by) = (&opened.client, who(&actor));
            notes::add(desk.tx, &opened.key, client, sent.key, &text, &by, &mut desk.fresh)?;
            Ok::<(), Problem>(())
        })
        .await?;
    Ok(back(&code, "#notes"))
}
