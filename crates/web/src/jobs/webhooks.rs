//! Sends one message to a program that is told of visits, signed; until it is taken.

use std::sync::Arc;

use hairline_studio::store::jobs::Job;
use hairline_studio::store::webhooks;
use hairline_studio::webhook::Secret;

use super::{Failed, finish};
use crate::App;
use crate::office::{Office, now};
use crate::outgoing::post;

/// Sends one.
///
/// # Errors
/// Why it was not taken; the store's.
pub async fn work(app: &App, office: &Arc<Office>, job: &Job, worker: &str) -> Result<(), Failed> {
    let about = job.about;
    let to = office.read(move |desk| webhooks::by_id(desk.tx, desk.vault, about)).await?;
    if let Some(to) = to {
        let secret = Secret::read(&to.secret).ok_or_else(|| Failed {
            why: "the webhook's secret cannot be read".to_owned(),
            hopeless: true,
        })?;
        let (id, second) = (job.id.to_string(), now().as_second());
        let headers = [
            ("webhook-signature", secret.sign(&id, second, &job.body)),
            ("webhook-timestamp", second.to_string()),
            ("webhook-id", id),
        ];
        let (own, body) = (app.config.fetch_from.clone(), job.body.clone());
        let sent = tokio::task::spawn_blocking(move || post(&to.url, &own, &headers, &body)).await;
        sent.unwrap_or_else(|_| Err("The message could not be sent.".to_owned()))
            .map_err(|why| Failed { why, hopeless: false })?;
    }
    let (job, worker) = (job.clone(), worker.to_owned());
    // A webhook that was removed meanwhile is not told any more.
    office.write(move |desk| finish(desk, &job, &worker, None)).await
}
