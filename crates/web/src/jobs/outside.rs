//! Reads a calendar kept elsewhere, never within somebody's request, and has it read again.

use std::sync::Arc;

use hairline_studio::outside::busy;
use hairline_studio::span::{DAY_US, HOUR_US, Span};
use hairline_studio::store::book::Touched;
use hairline_studio::store::jobs::Job;
use hairline_studio::store::outside::{self, EVERY_US};

use super::{Failed, finish};
use crate::App;
use crate::office::{Office, now};
use crate::outgoing::fetch;

/// How far ahead busy times are kept: beyond the horizon of what clients can book (an assumption).
const AHEAD_US: i64 = 400 * DAY_US;
/// How soon one that gave nothing is tried again.
const AFTER_FAILURE_US: i64 = HOUR_US;

/// Reads one.
///
/// # Errors
/// The store's; a calendar that cannot be read is no failure of the job.
pub async fn work(app: &App, office: &Arc<Office>, job: &Job, worker: &str) -> Result<(), Failed> {
    let id = job.about;
    let of = office.read(move |desk| outside::by_id(desk.tx, desk.vault, id)).await?;
    let found = match &of {
        None => Ok(Vec::new()),
        Some(of) => {
            let practice = office.practice();
            let studios = &practice.studios;
            let at = studios.iter().find(|s| practice.practitioners(s.id).iter().any(|p| p.id == of.staff));
            let zone = at.map_or("UTC", |studio| studio.zone.as_str()).to_owned();
            let (url, own) = (of.url.clone(), app.config.fetch_from.clone());
            let now_us = now().as_microsecond();
            let window = Span { start_us: now_us - DAY_US, end_us: now_us + AHEAD_US };
            let read = move || {
                fetch(&url, &own).and_then(|text| busy(&text, &zone, window).map_err(|e| e.to_string()))
            };
            let read = tokio::task::spawn_blocking(read).await;
            read.unwrap_or_else(|_| {
                Err("The calendar has something in it that this program cannot read.".to_owned())
            })
        }
    };
    let (job, worker) = (job.clone(), worker.to_owned());
    let touched: Touched = office
        .write(move |desk| {
            let found = found.as_deref().map_err(String::as_str);
            let next_us = desk.fresh.now_us() + if found.is_ok() { EVERY_US } else { AFTER_FAILURE_US };
            finish(desk, &job, &worker, None)?;
            // One that was removed meanwhile is not read again.
            let Some(touched) = outside::keep(desk.tx, id, found, &mut desk.fresh)? else {
                return Ok::<_, Failed>(Touched::default());
            };
            outside::again(desk.tx, id, next_us, &mut desk.fresh)?;
            Ok(touched)
        })
        .await?;
    office.show(&touched).await;
    Ok(())
}
