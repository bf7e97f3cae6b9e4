//! A write is done once for its key: the key, the request and the answer are kept in the transaction of what is done.

use hairline_studio::booking::Refusal as StepRefusal;
use hairline_studio::store::book::{Refused, Touched};
use hairline_studio::store::{self, idempotency};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::office::{Desk, Office};
use crate::problem::{self, Problem};

/// Why a write was not done.
#[derive(Debug)]
pub enum Stopped {
    /// Refused by the rooms below.
    Refused(Refused),
    /// The key stands for another request.
    KeyReused,
    /// The edit was made on another version than this, the current one.
    Version(u64),
    /// What must be done first, in sentences for the client.
    Gates(Vec<String>),
    /// The visitor keeps as many times as one may at once.
    TooManyHolds,
}

impl From<Refused> for Stopped {
    fn from(refused: Refused) -> Stopped {
        Stopped::Refused(refused)
    }
}

impl From<StepRefusal> for Stopped {
    fn from(refused: StepRefusal) -> Stopped {
        Stopped::Refused(Refused::Step(refused))
    }
}

impl From<store::Error> for Stopped {
    fn from(error: store::Error) -> Stopped {
        Stopped::Refused(Refused::Store(error))
    }
}

impl From<Stopped> for Problem {
    fn from(stopped: Stopped) -> Problem {
        match stopped {
            Stopped::Refused(refused) => refused.into(),
            Stopped::KeyReused => Problem::new(&problem::IDEMPOTENCY_KEY_REUSED),
            Stopped::Version(current) => {
                let (name, value) = crate::extract::etag(current);
                Problem::new(&problem::EDITED_MEANWHILE)
                    .detail(format!("The visit is at version {current}."))
                    .header(name, value)
            }
            Stopped::TooManyHolds => Problem::new(&problem::TOO_MANY_HOLDS),
            Stopped::Gates(sentences) => {
                Problem::new(&problem::STEP_REFUSED).detail(sentences.join(" ")).with("first", sentences)
            }
        }
    }
}

/// The key of a write and what was asked under it.
#[derive(Clone, Debug)]
pub struct Once {
    key: String,
    request_hash: [u8; 32],
}

impl Once {
    /// A key for this request: method and route (with the names in it), and the body.
    pub fn new(key: &str, route: &str, body: &impl Serialize) -> Once {
        let mut hash = Sha256::new();
        hash.update(route.as_bytes());
        hash.update([0]);
        // A body that came as JSON or a form goes back to JSON.
        hash.update(serde_json::to_vec(body).unwrap_or_default());
        Once { key: key.to_owned(), request_hash: hash.finalize().into() }
    }

    /// A key of a form for one of its buttons: pressing the same one twice is one write, pressing another is another.
    pub fn of_button(nonce: &str, button: &str) -> Once {
        let mut hash = Sha256::new();
        hash.update(nonce.as_bytes());
        hash.update([0]);
        hash.update(button.as_bytes());
        let hash: [u8; 32] = hash.finalize().into();
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Once { key: format!("form-{hex}"), request_hash: hash }
    }
}

/// Does `work` and keeps its answer with `status`, or gives the answer that was kept before. What was touched is on the
/// board when this returns.
///
/// # Errors
/// Those of `work` (nothing is kept then, and the key can be used again), or that the key stands for something else.
pub async fn once<T>(
    office: &Office,
    once: &Once,
    status: u16,
    work: impl Fn(&mut Desk<'_, '_>) -> Result<(T, Touched), Stopped> + Clone + Send + 'static,
) -> Result<T, Stopped>
where
    T: Serialize + DeserializeOwned + Send + 'static,
{
    let mut tries = 0;
    loop {
        let (again, work) = (once.clone(), work.clone());
        let once = again.clone();
        let done = office
            .write(move |desk| {
                match idempotency::find(desk.tx, &once.key, &once.request_hash)? {
                    idempotency::Before::Other => return Err(Stopped::KeyReused),
                    idempotency::Before::Answered { body, .. } => {
                        return Ok((read(&body)?, Touched::default()));
                    }
                    idempotency::Before::New => {}
                }
                let (answer, touched) = work(desk)?;
                let body = serde_json::to_vec(&answer).map_err(|e| broken(&e))?;
                let now_us = desk.fresh.now_us();
                idempotency::keep(desk.tx, &once.key, &once.request_hash, status, &body, now_us)?;
                Ok((answer, touched))
            })
            .await;
        tries += 1;
        match done {
            Ok((answer, touched)) => {
                office.show(&touched).await;
                return Ok(answer);
            }
            // Two at once under one key, or on one visit: the second finds what the first has done.
            Err(Stopped::Refused(Refused::Store(store::Error::Exists(_)) | Refused::Changed))
                if tries < 3 => {}
            // Asked again while the first was still under way, it may have been refused what the first has got.
            Err(stopped @ (Stopped::Refused(_) | Stopped::TooManyHolds)) => {
                let before = office
                    .read(move |desk| idempotency::find(desk.tx, &again.key, &again.request_hash))
                    .await;
                return match before {
                    Ok(idempotency::Before::Answered { body, .. }) => read(&body),
                    _ => Err(stopped),
                };
            }
            Err(stopped) => return Err(stopped),
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Stopped> {
    serde_json::from_slice(body).map_err(|e| broken(&e))
}

fn broken(error: &serde_json::Error) -> Stopped {
    store::Error::Broken(format!("an answer that was kept cannot be read: {error}")).into()
}
