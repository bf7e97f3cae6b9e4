//! Seals the history, and keeps the newest seal with the files.

use std::sync::Arc;

use hairline_studio::store::jobs::Job;
use hairline_studio::store::{self, seals};

use super::{Failed, finish};
use crate::App;
use crate::office::Office;

/// Makes the next seal, if anything happened.
///
/// # Errors
/// The store's, and the files'. Where the database lacks a seal that the files know, trying again is of no use.
pub async fn work(app: &App, office: &Arc<Office>, job: &Job, worker: &str) -> Result<(), Failed> {
    let failed = |why: String| Failed { why, hopeless: false };
    let chain = office.chain().0;
    let files = app.files().map_err(|_| failed("the place of the files is not open yet".to_owned()))?;
    // Read before the database, which then has at least that seal.
    let outside = files.checkpoints().await.map_err(|e| failed(e.to_string()))?.remove(&chain);
    let until_us = office.read(|desk| seals::boundary_us(desk.tx, desk.fresh.now_us())).await?;
    let next = office
        .read(move |desk| seals::next(desk.tx, desk.vault, outside.as_deref(), until_us))
        .await
        .map_err(|e| Failed { hopeless: matches!(e, store::Error::Broken(_)), why: e.to_string() })?;
    if let Some(seal) = next {
        office.write(move |desk| seals::keep(desk.tx, &seal)).await?;
    }
    if let Some(newest) = office.read(|desk| seals::newest(desk.tx)).await? {
        files.put_checkpoint(chain, newest.to_bytes()).await.map_err(|e| failed(e.to_string()))?;
    }
    let (job, worker) = (job.clone(), worker.to_owned());
    office.write(move |desk| finish(desk, &job, &worker, None)).await
}
