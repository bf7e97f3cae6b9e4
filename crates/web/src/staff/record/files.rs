//! A file of a record to whoever may see it, as it is read; and its removal.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, Response as HttpResponse};
use axum::response::Response;
use hairline_studio::files::{FileError, Files, Stored};
use hairline_studio::permission::Action;
use hairline_studio::seal::DataKey;
use hairline_studio::store::files::{self, What};
use hairline_studio::store::{events, shown};
use uuid::Uuid;

use super::{back, check, who};
use crate::App;
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// `GET /staff/files/{id}`
pub async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let actor = signed_in.actor.clone();
    let (file, key) = signed_in
        .office
        .read(move |desk| {
            let found = files::by_id(desk.tx, desk.vault, id)?;
            let (file, client, key) = found.ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
            check(desk, &actor, Some(client), Action::SeeHealth)?;
            Ok::<_, Problem>((file, key))
        })
        .await?;
    let name = file.name.rsplit('/').next().unwrap_or_default().to_owned();
    let as_file = !file.stored.kind.is_picture() || file.what == What::Scan;
    stream(app.files()?, &key, &file.stored, as_file.then_some(name)).await
}

/// A file as it is read and checked, piece by piece. With a name it is saved rather than shown: only pictures that this
/// program wrote are shown.
///
/// # Errors
/// Where it is not there.
pub async fn stream(
    objects: &Files,
    key: &DataKey,
    stored: &Stored,
    save_as: Option<String>,
) -> Result<Response, Problem> {
    let pieces = objects.get(key, stored).await.map_err(|e| of_file(&e))?;
    let disposition = match save_as {
        None => "inline".to_owned(),
        Some(name) => format!("attachment; filename=\"{}\"", plain(&name, stored.kind.name())),
    };
    let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("attachment"));
    HttpResponse::builder()
        .header(CONTENT_TYPE, stored.kind.media_type())
        .header(CONTENT_LENGTH, stored.bytes)
        .header(CONTENT_DISPOSITION, value(&disposition))
        .body(Body::from_stream(pieces))
        .map_err(|_| Problem::new(&problem::INTERNAL))
}

/// A name that every system takes, with the ending of what the file is.
fn plain(name: &str, ending: &str) -> String {
    let ended = name.rsplit_once('.').filter(|(_, ending)| ending.bytes().all(|b| b.is_ascii_alphanumeric()));
    let stem = ended.map_or(name, |(stem, _)| stem);
    let kept: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' })
        .take(80)
        .collect();
    let stem = if kept.trim_matches('-').is_empty() { "file" } else { kept.trim_matches('-') };
    format!("{stem}.{ending}")
}

/// What goes wrong with a file, in the words of people.
pub fn of_file(error: &FileError) -> Problem {
    match error {
        FileError::TooLarge { .. } | FileError::Kind { .. } | FileError::Length { .. } => {
            super::refused("file", sentence(&error.to_string()))
        }
        FileError::Upload(_) => Problem::new(&problem::BAD_REQUEST).detail("The file did not arrive whole."),
        FileError::Missing(_) => {
            tracing::error!(error = %error, "a file of a record is missing");
            Problem::new(&problem::NOT_FOUND)
        }
        FileError::Damaged { .. } | FileError::Store(_) | FileError::Folder { .. } => {
            tracing::error!(error = %error, "a file cannot be kept or read");
            Problem::new(&problem::INTERNAL)
        }
    }
}

/// With a capital at its beginning and a full stop at its end.
pub fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// `POST /staff/files/{id}/remove`: a photo, document or scan that does not belong there; what was shown of it is taken down.
pub async fn remove(signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    let actor = signed_in.actor.clone();
    let (code, place) = signed_in
        .office
        .write(move |desk| {
            let gone = || Problem::new(&problem::NOT_FOUND);
            let (file, client, key) = files::by_id(desk.tx, desk.vault, id)?.ok_or_else(gone)?;
            let opened = check(desk, &actor, Some(client), Action::WriteHealth)?;
            let (what, place) = match file.what {
                What::Photo => ("photo_removed", "#photos"),
                What::Document => ("document_removed", "#documents"),
                What::Scan => ("scan_removed", "#documents"),
                What::Plan | What::Thumbnail | What::Public => return Err(gone()),
            };
            let by = who(&actor);
            let made = files::made_of(desk.tx, &key, &[id])?;
            for picture in shown::of_client(desk.tx, opened.client.id)? {
                if made.iter().any(|m| m.id == picture.file) {
                    shown::hide(desk.tx, &opened.client, picture.id, &by, &mut desk.fresh)?;
                }
            }
            files::remove(desk.tx, id)?;
            events::of_record(desk.tx, &opened.client, &by, what, None, &mut desk.fresh)?;
            Ok::<_, Problem>((opened.client.code, place))
        })
        .await?;
    Ok(back(&code, place))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn names_of_people_are_no_paths_and_no_headers() {
        for (name, ending, plain_name) in [
            ("Consent form.pdf", "pdf", "Consent-form.pdf"),
            ("../../etc/passwd", "pdf", "etc-passwd.pdf"),
            ("a\"; filename=\"b.exe", "pdf", "a---filename--b.pdf"),
            ("Überweisung.html", "pdf", "berweisung.pdf"),
            ("", "ply", "file.ply"),
        ] {
            assert_eq!(plain(name, ending), plain_name);
        }
    }
}
