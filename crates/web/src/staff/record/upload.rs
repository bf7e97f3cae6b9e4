//! Photos, documents and scans into a record. Photos are written anew, small and large; the others are streamed as they are.

use axum::extract::multipart::{Field, Multipart};
use axum::extract::{Path, State};
use axum::response::Response;
use hairline_studio::files::kind::{Kind, SCANS};
use hairline_studio::files::picture::Limits;
use hairline_studio::files::{FileId, Files, Stored};
use hairline_studio::permission::Action;
use hairline_studio::seal::DataKey;
use hairline_studio::store::files::{File, What};
use hairline_studio::store::{events, files};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::files::{of_file, sentence};
use super::{Opened, back, open, refused, who};
use crate::App;
use crate::office::now;
use crate::planner::{self, new_object};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// Most photos of one form.
const MOST_PHOTOS: usize = 12;
/// Most bytes of a form of photos: each may have 30 MB.
pub const PHOTOS_BYTES: u64 = 400_000_000;
/// Most bytes of a document.
const DOCUMENT_BYTES: u64 = 50_000_000;
/// Most bytes of a scan.
const SCAN_BYTES: u64 = 300_000_000;
/// Most bytes of a form with one of these.
pub const FORM_BYTES: u64 = SCAN_BYTES + 1_000_000;
/// Longest words to a file, characters.
const WORDS: usize = 300;

/// Photos worked on at once: each takes some hundred megabytes while it is.
static AT_WORK: Semaphore = Semaphore::const_new(2);

/// A file that has arrived, before its row.
struct Arrived {
    id: Uuid,
    name: String,
    stored: Stored,
    small: Option<Stored>,
}

/// How files of a form are taken.
#[derive(Clone, Copy)]
enum Take {
    /// Photos, written anew.
    Photos,
    /// Files as they are: kinds, most bytes.
    AsTheyAre(&'static [Kind], u64),
}

/// `POST /staff/clients/{code}/photos`
pub async fn photos(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(code): Path<String>,
    form: Multipart,
) -> Result<Response, Problem> {
    take_in(&app, &signed_in, &code, form, What::Photo, Take::Photos).await?;
    Ok(back(&code, "#photos"))
}

/// `POST /staff/clients/{code}/documents`
pub async fn document(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(code): Path<String>,
    form: Multipart,
) -> Result<Response, Problem> {
    let how = Take::AsTheyAre(&[Kind::Pdf], DOCUMENT_BYTES);
    take_in(&app, &signed_in, &code, form, What::Document, how).await?;
    Ok(back(&code, "#documents"))
}

/// `POST /staff/clients/{code}/scans`
pub async fn scan(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(code): Path<String>,
    form: Multipart,
) -> Result<Response, Problem> {
    let how = Take::AsTheyAre(&SCANS, SCAN_BYTES);
    take_in(&app, &signed_in, &code, form, What::Scan, how).await?;
    Ok(back(&code, "#documents"))
}

async fn take_in(
    app: &App,
    signed_in: &SignedIn,
    code: &str,
    form: Multipart,
    what: What,
    how: Take,
) -> Result<(), Problem> {
    let key = may_write(signed_in, code).await?;
    let mut arrived = Vec::new();
    let taken = take(app.files()?, &key, how, form, &mut arrived).await;
    finish(app, signed_in, code, what, taken, arrived).await
}

/// One file; nothing for a field without one.
async fn one(
    objects: &Files,
    key: &DataKey,
    how: Take,
    field: Field<'_>,
    id: Uuid,
) -> Result<Option<Arrived>, Problem> {
    match how {
        Take::Photos => {
            let bytes = whole(field, Limits::default().max_bytes).await?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let _turn = AT_WORK.acquire().await.map_err(|_| Problem::new(&problem::UNAVAILABLE))?;
            let cleaned = tokio::task::spawn_blocking(move || planner::photo(&bytes)).await;
            let cleaned = cleaned.map_err(|_| Problem::new(&problem::INTERNAL))?;
            let (large, small) = cleaned.map_err(|e| refused("file", sentence(&e.to_string())))?;
            let stored = objects.put_picture(key, new_object(), &large).await.map_err(|e| of_file(&e))?;
            let small = objects.put_picture(key, new_object(), &small).await.map_err(|e| of_file(&e))?;
            Ok(Some(Arrived { id, name: String::new(), stored, small: Some(small) }))
        }
        Take::AsTheyAre(kinds, most) => {
            let name = field.file_name().unwrap_or_default();
            let name = name.chars().filter(|c| !c.is_control()).take(120).collect();
            let stored = objects.put(key, new_object(), kinds, most, field).await.map_err(|e| of_file(&e))?;
            Ok(Some(Arrived { id, name, stored, small: None }))
        }
    }
}

/// The record's key, for whoever may write in it: known before a byte of the file is taken.
async fn may_write(signed_in: &SignedIn, code: &str) -> Result<DataKey, Problem> {
    let (actor, code) = (signed_in.actor.clone(), code.to_owned());
    signed_in
        .office
        .read(move |desk| open(desk, &actor, &code, Action::WriteHealth).map(|opened| opened.key))
        .await
}

/// Takes a form: its key first, then words and files in any order. What has arrived before something fails is in `arrived`.
/// What was written beside the files is given back.
async fn take(
    objects: &Files,
    key_of: &DataKey,
    how: Take,
    mut form: Multipart,
    arrived: &mut Vec<Arrived>,
) -> Result<String, Problem> {
    let broken = || Problem::new(&problem::BAD_REQUEST).detail("The form did not arrive whole.");
    let (mut key, mut words) = (None, String::new());
    while let Some(field) = form.next_field().await.map_err(|_| broken())? {
        match field.name().unwrap_or_default() {
            "key" => key = field.text().await.ok().and_then(|text| text.parse::<Uuid>().ok()),
            "words" => {
                let text = field.text().await.map_err(|_| broken())?;
                words = text.trim().chars().take(WORDS).collect();
            }
            "file" => {
                let key = key.ok_or_else(|| Problem::new(&problem::BAD_REQUEST))?;
                if arrived.len() >= MOST_PHOTOS {
                    return Err(refused(
                        "file",
                        format!("More than {MOST_PHOTOS} files; send them in parts."),
                    ));
                }
                // Named by the form's key, the place and the file's name, so that the same form sent twice brings nothing
                // twice, and another file from a page that was kept is another.
                let n = u32::try_from(arrived.len()).unwrap_or(u32::MAX);
                let hash = Sha256::new()
                    .chain_update(key.as_bytes())
                    .chain_update(n.to_be_bytes())
                    .chain_update(field.file_name().unwrap_or_default())
                    .finalize();
                let mut id = [0; 16];
                id.copy_from_slice(&hash[..16]);
                let id = uuid::Builder::from_random_bytes(id).into_uuid();
                arrived.extend(one(objects, key_of, how, field, id).await?);
            }
            _ => {}
        }
    }
    if arrived.is_empty() {
        return Err(refused("file", "No file was chosen."));
    }
    Ok(words)
}

/// A file that fits into memory.
async fn whole(mut field: Field<'_>, most: usize) -> Result<Vec<u8>, Problem> {
    let broken = || Problem::new(&problem::BAD_REQUEST).detail("The file did not arrive whole.");
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|_| broken())? {
        if bytes.len() + piece.len() > most {
            return Err(refused("file", format!("A photo has at most {} MB.", most / 1_000_000)));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// The rows of what has arrived; where there are to be none, the objects go.
async fn finish(
    app: &App,
    signed_in: &SignedIn,
    code: &str,
    what: What,
    taken: Result<String, Problem>,
    arrived: Vec<Arrived>,
) -> Result<(), Problem> {
    let objects: Vec<FileId> =
        arrived.iter().flat_map(|a| [Some(a.stored.id), a.small.map(|s| s.id)]).flatten().collect();
    let done = match taken {
        Ok(words) => rows(signed_in, code, what, words, arrived).await,
        Err(problem) => Err(problem),
    };
    let (done, unused) = match done {
        Ok(unused) => (Ok(()), unused),
        // The rows may be there: what none of them names is swept later.
        Err(problem) if problem.kind() == &problem::OUTCOME_UNKNOWN => (Err(problem), Vec::new()),
        Err(problem) => (Err(problem), objects),
    };
    for id in unused {
        // What cannot be taken back now is swept later.
        let _ = app.files()?.remove(id).await;
    }
    done
}

/// Adds the rows; gives back the objects of those that were there already.
async fn rows(
    signed_in: &SignedIn,
    code: &str,
    what: What,
    words: String,
    arrived: Vec<Arrived>,
) -> Result<Vec<FileId>, Problem> {
    let (actor, code) = (signed_in.actor.clone(), code.to_owned());
    signed_in
        .office
        .write(move |desk| {
            let opened = open(desk, &actor, &code, Action::WriteHealth)?;
            let by = who(&actor);
            let (mut unused, mut new) = (Vec::new(), false);
            for file in arrived {
                let Opened { client, key, .. } = &opened;
                let row = |id, what, of, stored, name: &str| File {
                    id,
                    client: client.id,
                    studio: client.studio,
                    what,
                    of,
                    stored,
                    by: by.staff(),
                    at_us: now().as_microsecond(),
                    name: name.to_owned(),
                    words: words.clone(),
                };
                let id = file.id;
                let mut row_of = row(id, what, None, file.stored, &file.name);
                let ending = file.stored.kind.name();
                match what {
                    What::Photo => row_of.name = format!("photo-{}.{ending}", &id.simple().to_string()[..8]),
                    // A case names it; what it was called stands beside it.
                    What::Scan => {
                        row_of.name = format!("scan-{}.{ending}", &id.simple().to_string()[..8]);
                        if row_of.words.is_empty() {
                            row_of.words.clone_from(&file.name);
                        }
                    }
                    _ => {}
                }
                if !files::add(desk.tx, key, &row_of, &mut desk.fresh)? {
                    unused.push(file.stored.id);
                    unused.extend(file.small.map(|s| s.id));
                    continue;
                }
                new = true;
                if let Some(small) = file.small {
                    let small = row(desk.fresh.id(), What::Thumbnail, Some(id), small, &row_of.name);
                    files::add(desk.tx, key, &small, &mut desk.fresh)?;
                }
            }
            if new {
                let done = match what {
                    What::Photo => "photos_added",
                    What::Scan => "scan_added",
                    _ => "document_added",
                };
                events::of_record(desk.tx, &opened.client, &by, done, None, &mut desk.fresh)?;
            }
            Ok::<_, Problem>(unused)
        })
        .await
}
