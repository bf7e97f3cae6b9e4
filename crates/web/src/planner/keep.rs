//! What came of a plan into the record: objects first, then their rows, the numbers and the end of the job in one
//! transaction.

use hairline_studio::demo;
use hairline_studio::files::kind::Kind;
use hairline_studio::files::{FileId, Files, Stored};
use hairline_studio::seal::{DataKey, system_random};
use hairline_studio::store::files::{self, File, What};
use hairline_studio::store::jobs::{self, Job};
use hairline_studio::store::{self, plans, shown};
use uuid::Uuid;

use super::{Numbers, Outcome, PROGRAM, Trouble, Work, for_public};
use crate::office::{Desk, Office, now};

const MICROSECOND: jiff::SignedDuration = jiff::SignedDuration::from_micros(1);

/// A file whose object is there.
struct Put {
    name: String,
    stored: Stored,
    small: Option<Stored>,
    public: Option<(Stored, String)>,
}

/// A new name for an object.
pub fn new_object() -> FileId {
    let mut random = [0; 16];
    rand_core::Rng::fill_bytes(&mut system_random(), &mut random);
    FileId::new(random)
}

/// Keeps the outcome. Where the job is another process's by now, nothing of it stays.
pub(super) async fn keep(
    office: &Office,
    objects: &Files,
    worker: &str,
    job: &Job,
    work: &Work,
    outcome: Result<Outcome, String>,
) -> Result<(), Trouble> {
    let (found, made) = match outcome {
        Ok(Outcome { numbers, files }) => (Ok(numbers), files),
        Err(why) => (Err(why), Vec::new()),
    };
    let shows = match &found {
        Ok(numbers) if job.body == demo::SHOW => healed_pair(numbers),
        _ => Vec::new(),
    };
    let mut written: Vec<FileId> = Vec::new();
    let put = put_all(objects, &work.key, made, &shows, &mut written).await;
    let kept = match put {
        Ok(put) => write(office, worker, job, work, found, put).await.map_err(Trouble::from),
        Err(e) => Err(e),
    };
    // Where it is not known whether the rows are there, the objects stay for the sweep.
    if !matches!(kept, Ok(true) | Err(Trouble::Store(store::Error::Unknown))) {
        for id in written {
            // What cannot be taken back now is swept later.
            let _ = objects.remove(id).await;
        }
    }
    kept.map(|_| ())
}

/// The pictures that show the result, with what stands below them.
fn healed_pair(numbers: &Numbers) -> Vec<(String, String)> {
    let after = format!("{}, healed after {}.", numbers.look, numbers.sessions_words());
    let words = ["Before.".to_owned(), after];
    let named = numbers.pair().into_iter().zip(words);
    named
        .map(|(stem, words)| {
            (format!("preview/{stem}.jpg"), format!("{words} Simulated: drawn by the engine, not a photo."))
        })
        .collect()
}

async fn put_all(
    objects: &Files,
    key: &DataKey,
    made: Vec<super::engine::Made>,
    shows: &[(String, String)],
    written: &mut Vec<FileId>,
) -> Result<Vec<Put>, Trouble> {
    let mut put = Vec::with_capacity(made.len());
    for file in made {
        let public = match shows.iter().find(|(name, _)| *name == file.name) {
            Some((_, caption)) => for_public(&file.bytes).ok().map(|clean| (clean, caption.clone())),
            None => None,
        };
        let stored = put_one(objects, key, file.kind, file.bytes, written).await?;
        let small = match file.small {
            Some((kind, bytes)) => Some(put_one(objects, key, kind, bytes, written).await?),
            None => None,
        };
        let public = match public {
            Some((clean, caption)) => {
                Some((put_one(objects, key, clean.kind(), clean.bytes().to_vec(), written).await?, caption))
            }
            None => None,
        };
        put.push(Put { name: file.name, stored, small, public });
    }
    Ok(put)
}

async fn put_one(
    objects: &Files,
    key: &DataKey,
    kind: Kind,
    bytes: Vec<u8>,
    written: &mut Vec<FileId>,
) -> Result<Stored, Trouble> {
    let id = new_object();
    written.push(id);
    Ok(objects.put_made(key, id, kind, bytes).await?)
}

async fn write(
    office: &Office,
    worker: &str,
    job: &Job,
    work: &Work,
    found: Result<Numbers, String>,
    put: Vec<Put>,
) -> Result<bool, store::Error> {
    let numbers = match found {
        Ok(numbers) => Ok(serde_json::to_value(numbers)
            .map_err(|e| store::Error::Broken(format!("numbers of a plan cannot be kept: {e}")))?),
        Err(why) => Err(why),
    };
    let (id, worker) = (job.id, worker.to_owned());
    let (client, key, plan) = (work.client.clone(), work.key.clone(), work.plan.clone());
    office
        .write(move |desk| {
            if !jobs::done(desk.tx, id, &worker, None, desk.fresh.now_us())? {
                return Ok(false);
            }
            plans::finish(desk.tx, &key, &client, &plan, numbers, &mut desk.fresh)?;
            let consent = shown::consent(desk.tx, &key, client.id)?;
            let row = |of: Uuid, id: Uuid, what, stored, name: String| File {
                id,
                client: client.id,
                studio: client.studio,
                what,
                of: Some(of),
                stored,
                by: None,
                at_us: now().as_microsecond(),
                name,
                words: String::new(),
            };
            for file in put {
                let of = desk.fresh.id();
                let add = |desk: &mut Desk<'_, '_>, file: File| {
                    files::add(desk.tx, &key, &file, &mut desk.fresh).map(|_| file.id)
                };
                add(desk, row(plan.id, of, What::Plan, file.stored, file.name.clone()))?;
                if let Some(small) = file.small {
                    let id = desk.fresh.id();
                    add(desk, row(of, id, What::Thumbnail, small, file.name.clone()))?;
                }
                // Without a consent the object has no row, and is swept.
                if let Some(((stored, caption), consent)) = file.public.zip(consent.as_ref()) {
                    let id = desk.fresh.id();
                    let public = add(desk, row(of, id, What::Public, stored, file.name))?;
                    let what = (public, caption.as_str(), true);
                    // Pictures of one client stand in the order in which they are shown.
                    desk.fresh.now = desk.fresh.now.saturating_add(MICROSECOND).unwrap_or(desk.fresh.now);
                    shown::show(desk.tx, &client, consent.id, what, &PROGRAM, &mut desk.fresh)?;
                }
            }
            Ok::<bool, store::Error>(true)
        })
        .await
}
