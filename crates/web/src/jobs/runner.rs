//! The runner: leases jobs that are due, does a few at a time, and ends in order with the server.
//!
//! Several processes share the work through the store. A process that is killed loses its leases when they run out, and
//! another does its jobs again; a mail that was already given to the mail server then goes out twice under one
//! Message-ID, and nothing else is doubled.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hairline_studio::seal::system_random;
use hairline_studio::store::jobs::{self, Job};
use hairline_studio::store::{self, claims, idempotency, seals, waiting};
use hairline_studio::token;
use tokio::sync::watch;
use tokio::task::{Id, JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{Failed, kinds, work};
use crate::App;
use crate::office::Office;

/// How often due jobs are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// Jobs under way at once in one process.
const MOST: usize = 4;
/// How long a lease lasts; jobs under way renew theirs at a third of it.
const LEASE: Duration = Duration::from_secs(120);
/// How often the waiting list is looked at although nothing was said to be free: opening hours change, leave ends.
const LOOK_AT_WAITING: Duration = Duration::from_secs(600);
/// How often it is looked whether there is history to seal.
const LOOK_AT_HISTORY: Duration = Duration::from_secs(60);
/// How often what is old is forgotten.
const TIDY: Duration = Duration::from_secs(3600);

/// A runner at work.
pub struct Runner {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Runner {
    /// Starts working for a server. While no chain is set up there is nothing to do.
    pub fn start(app: App) -> Runner {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(run(app, stopped));
        Runner { stop, task }
    }

    /// Takes no further job, and waits until those under way are done, or given back after the time the server's
    /// requests have too.
    pub async fn end(self) {
        self.stop.send_replace(true);
        if let Err(e) = self.task.await {
            tracing::error!(error = %e, "the jobs did not end in order");
        }
    }
}

struct UnderWay {
    job: Job,
    kept: Instant,
}

async fn run(app: App, mut stopped: watch::Receiver<bool>) {
    let worker: Arc<str> = token::new(&mut system_random()).as_str().into();
    let mut tasks: JoinSet<()> = JoinSet::new();
    let mut under_way: HashMap<Id, UnderWay> = HashMap::new();
    let mut look = interval(LOOK);
    let (mut waiting, mut history, mut tidy) =
        (interval(LOOK_AT_WAITING), interval(LOOK_AT_HISTORY), interval(TIDY));
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = async { drop(stopped.wait_for(|stop| *stop).await) } => break,
            Some(ended) = tasks.join_next_with_id() => {
                let id = match ended { Ok((id, ())) => id, Err(e) => e.id() };
                under_way.remove(&id);
            }
            _ = look.tick() => {
                let Ok(office) = app.office() else { continue };
                renew(office, &worker, &mut under_way).await;
                match lease(&app, office, &worker, MOST.saturating_sub(under_way.len())).await {
                    Ok(leased) => for job in leased {
                        let one = one(app.clone(), Arc::clone(office), job.clone(), Arc::clone(&worker));
                        under_way.insert(tasks.spawn(one).id(), UnderWay { job, kept: Instant::now() });
                    },
                    Err(e) => tracing::warn!(error = %e, "no jobs can be taken"),
                }
            }
            _ = waiting.tick() => {
                let Ok(office) = app.office() else { continue };
                let asked: Result<(), store::Error> =
                    office.write(|desk| waiting::look_again(desk.tx, &mut desk.fresh)).await;
                said(asked, "the waiting list is not looked at");
            }
            _ = history.tick() => {
                let (Ok(office), Ok(_)) = (app.office(), app.files()) else { continue };
                let asked: Result<(), store::Error> =
                    office.write(|desk| seals::ask(desk.tx, &mut desk.fresh)).await;
                said(asked, "the history is not sealed");
            }
            _ = tidy.tick() => {
                let Ok(office) = app.office() else { continue };
                let forgotten: Result<(), store::Error> = office.write(|desk| {
                    jobs::forget(desk.tx, desk.fresh.now_us())?;
                    claims::forget_days(desk.tx, desk.fresh.now_us())?;
                    idempotency::forget(desk.tx, desk.fresh.now_us()).map(|_| ())
                }).await;
                said(forgotten, "what is old is not forgotten");
            }
        }
    }
    let ended = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(app.config.drain_timeout, ended).await.is_ok() {
        return;
    }
    tracing::warn!(jobs = tasks.len(), "jobs took too long and are given back");
    tasks.shutdown().await;
    if let Ok(office) = app.office() {
        let left: Vec<Job> = under_way.into_values().map(|u| u.job).collect();
        let given: Result<(), store::Error> = office
            .write(move |desk| left.iter().try_for_each(|job| jobs::give_back(desk.tx, job.id, &worker)))
            .await;
        said(given, "jobs are not given back and wait until their leases run out");
    }
}

fn said(result: Result<(), store::Error>, what: &str) {
    if let Err(e) = result {
        tracing::warn!(error = %e, "{what}");
    }
}

async fn lease(app: &App, office: &Office, worker: &Arc<str>, most: usize) -> Result<Vec<Job>, store::Error> {
    let kinds = kinds(app);
    if most == 0 {
        return Ok(Vec::new());
    }
    let asked = kinds.clone();
    // Looking alone writes nothing.
    if !office.read(move |desk| jobs::any_due(desk.tx, &asked, desk.fresh.now_us())).await? {
        return Ok(Vec::new());
    }
    let (worker, most) = (Arc::clone(worker), i64::try_from(most).unwrap_or(1));
    office
        .write(move |desk| {
            let now_us = desk.fresh.now_us();
            jobs::lease(desk.tx, &worker, &kinds, most, lease_us(), now_us)
        })
        .await
}

fn lease_us() -> i64 {
    i64::try_from(LEASE.as_micros()).unwrap_or(i64::MAX)
}

/// Renews the leases of jobs that take long.
async fn renew(office: &Office, worker: &Arc<str>, under_way: &mut HashMap<Id, UnderWay>) {
    for one in under_way.values_mut().filter(|one| one.kept.elapsed() > LEASE / 3) {
        let (worker, id) = (Arc::clone(worker), one.job.id);
        let kept = office
            .write(move |desk| {
                let until_us = desk.fresh.now_us() + lease_us();
                jobs::renew(desk.tx, id, &worker, until_us)
            })
            .await;
        match kept {
            Ok(_) => one.kept = Instant::now(),
            Err(e) => tracing::warn!(error = %e, "the lease of a job is not renewed"),
        }
    }
}

/// Does one job and notes what became of it.
async fn one(app: App, office: Arc<Office>, job: Job, worker: Arc<str>) {
    let (id, kind) = (job.id, job.kind.clone());
    let done = {
        let (app, office, job, worker) = (app.clone(), Arc::clone(&office), job.clone(), Arc::clone(&worker));
        // A task of its own, so that a job that panics is one that failed.
        let task = tokio::spawn(async move { work(&app, &office, &job, &worker).await });
        let _cut_with_this = Cut(task.abort_handle());
        task.await.unwrap_or_else(|_| {
            Err(Failed { why: "the program broke off; its log says where".to_owned(), hopeless: false })
        })
    };
    let Err(Failed { why, hopeless }) = done else {
        app.metrics.job(&kind, "done");
        tracing::info!(job = %id, kind, "job done");
        return;
    };
    app.metrics.job(&kind, "failed");
    tracing::warn!(job = %id, kind, why, hopeless, tries = job.tries, "job failed");
    let noted: Result<(), store::Error> = office
        .write(move |desk| {
            let now_us = desk.fresh.now_us();
            jobs::failed(desk.tx, &job, &worker, &why, hopeless, now_us)
        })
        .await;
    said(noted, "that a job failed is not noted; it comes again when its lease runs out");
}

/// Ends a task with the one that waits for it.
struct Cut(tokio::task::AbortHandle);

impl Drop for Cut {
    fn drop(&mut self) {
        self.0.abort();
    }
}
