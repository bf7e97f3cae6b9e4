//! Healed results in public: the client's consent as staff witness it, and the pictures that stand on it.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use hairline_studio::permission::Action;
use hairline_studio::store::files::{self, File, What};
use hairline_studio::store::shown;
use serde::Deserialize;
use uuid::Uuid;

use super::files::of_file;
use super::{back, open, refused, who};
use crate::App;
use crate::office::now;
use crate::planner::{for_public, new_object};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// How a consent was given.
#[derive(Deserialize)]
pub struct Given {
    how: String,
}

/// `POST /staff/clients/{code}/consent`
pub async fn give(
    signed_in: SignedIn,
    Path(code): Path<String>,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let how: String = given.how.trim().chars().take(300).collect();
    if how.is_empty() {
        return Err(refused("how", "Say how the client consented, as \"form signed on paper\"."));
    }
    let (actor, record) = (signed_in.actor.clone(), code.clone());
    signed_in
        .office
        .write(move |desk| {
            let opened = open(desk, &actor, &record, Action::WitnessForms)?;
            shown::give(desk.tx, &opened.key, &opened.client, &how, &who(&actor), &mut desk.fresh)?;
            Ok::<(), Problem>(())
        })
        .await?;
    Ok(back(&code, "#public"))
}

/// `POST /staff/clients/{code}/consent/withdraw`: nothing is shown from then on.
pub async fn withdraw(signed_in: SignedIn, Path(code): Path<String>) -> Result<Response, Problem> {
    let (actor, record) = (signed_in.actor.clone(), code.clone());
    signed_in
        .office
        .write(move |desk| {
            let opened = open(desk, &actor, &record, Action::WitnessForms)?;
            shown::withdraw(desk.tx, &opened.client, &who(&actor), &mut desk.fresh)?;
            Ok::<(), Problem>(())
        })
        .await?;
    Ok(back(&code, "#public"))
}

/// Which picture, and what stands below it.
#[derive(Deserialize)]
pub struct Picture {
    file: Uuid,
    caption: String,
}

/// `POST /staff/clients/{code}/shown`: a picture of the record is written anew for the public.
pub async fn show(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(code): Path<String>,
    Form(picture): Form<Picture>,
) -> Result<Response, Problem> {
    let caption: String = picture.caption.trim().chars().take(160).collect();
    if caption.is_empty() {
        return Err(refused("caption", "Say in a few words what is to be seen; never who."));
    }
    let (actor, record, id) = (signed_in.actor.clone(), code.clone(), picture.file);
    let (source, key) = signed_in
        .office
        .read(move |desk| {
            let opened = open(desk, &actor, &record, Action::PublishPhoto)?;
            let found = files::by_id(desk.tx, desk.vault, id)?.map(|(file, ..)| file);
            let file = found.filter(|f| f.client == opened.client.id && is_picture(f));
            let file = file.ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
            Ok::<_, Problem>((file, opened.key))
        })
        .await?;
    let objects = app.files()?;
    let bytes = objects.get_whole(&key, &source.stored).await.map_err(|e| of_file(&e))?;
    let clean = tokio::task::spawn_blocking(move || for_public(&bytes)).await;
    let clean = clean.ok().and_then(Result::ok).ok_or_else(|| Problem::new(&problem::INTERNAL))?;
    let stored = objects.put_picture(&key, new_object(), &clean).await.map_err(|e| of_file(&e))?;
    let (actor, record) = (signed_in.actor.clone(), code.clone());
    let done = signed_in
        .office
        .write(move |desk| {
            let opened = open(desk, &actor, &record, Action::PublishPhoto)?;
            let consent = shown::consent(desk.tx, &opened.key, opened.client.id)?;
            let none = || {
                Problem::new(&problem::STEP_REFUSED)
                    .detail("The client's consent to pictures in public is not on record, or was withdrawn.")
            };
            let consent = consent.ok_or_else(none)?;
            let made = files::made_of(desk.tx, &opened.key, &[source.id])?;
            if made.iter().any(|file| file.what == What::Public) {
                return Err(Problem::new(&problem::STEP_REFUSED).detail("This picture is shown already."));
            }
            let by = who(&actor);
            let file = File {
                id: desk.fresh.id(),
                what: What::Public,
                of: Some(source.id),
                stored,
                by: by.staff(),
                at_us: now().as_microsecond(),
                words: String::new(),
                ..source
            };
            files::add(desk.tx, &opened.key, &file, &mut desk.fresh)?;
            let simulated = source.what == What::Plan;
            let caption = match simulated {
                true => format!("{caption} (Simulated: drawn by the engine, not a photo.)"),
                false => caption,
            };
            let what = (file.id, caption.as_str(), simulated);
            shown::show(desk.tx, &opened.client, consent.id, what, &by, &mut desk.fresh)?;
            Ok::<(), Problem>(())
        })
        .await;
    // Where it is not known whether the row is there, the object stays for the sweep.
    if done.as_ref().is_err_and(|problem| problem.kind() != &problem::OUTCOME_UNKNOWN) {
        // What cannot be taken back now is swept later.
        let _ = objects.remove(stored.id).await;
    }
    done?;
    Ok(back(&code, "#public"))
}

/// Whether a file is a picture that may be shown: a photo, or one of a plan's pictures.
pub fn is_picture(file: &File) -> bool {
    matches!(file.what, What::Photo | What::Plan) && file.stored.kind.is_picture()
}

/// `POST /staff/clients/{code}/shown/{id}/hide`
pub async fn hide(signed_in: SignedIn, Path((code, id)): Path<(String, Uuid)>) -> Result<Response, Problem> {
    let (actor, record) = (signed_in.actor.clone(), code.clone());
    let hidden = signed_in
        .office
        .write(move |desk| {
            let opened = open(desk, &actor, &record, Action::PublishPhoto)?;
            let hidden = shown::hide(desk.tx, &opened.client, id, &who(&actor), &mut desk.fresh)?;
            Ok::<bool, Problem>(hidden)
        })
        .await?;
    if hidden { Ok(back(&code, "#public")) } else { Err(Problem::new(&problem::NOT_FOUND)) }
}
