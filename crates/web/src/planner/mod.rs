//! Plans are made here: one at a time in a process, by jobs that another process takes up again where this one is lost.
//!
//! The engine runs in a process of its own, in a pool that leaves a processor to the server. A job is leased for a minute and kept while
//! the engine works; what comes of it is written in one transaction with the job's end, so that it is there once or not at
//! all.

pub mod child;
mod engine;
mod keep;
mod numbers;

use std::collections::HashMap;
use std::time::Duration;

use hairline_plan::case::Case;
use hairline_studio::seal::DataKey;
use hairline_studio::store::clients::{self, Client};
use hairline_studio::store::events::Who;
use hairline_studio::store::files::What;
use hairline_studio::store::jobs::{self, Job};
use hairline_studio::store::plans::{self, Plan};
use hairline_studio::store::{self, files};
use tokio::sync::{mpsc, oneshot, watch};

pub use self::engine::{Outcome, STEPS, for_public, photo};
pub use self::keep::new_object;
pub use self::numbers::{Numbers, SLACK_DAYS, Sitting, look_words};
use crate::App;
use crate::office::{Office, now};

/// How often due jobs are looked for; a plan asked for in this process wakes the planner at once.
const LOOK: Duration = Duration::from_secs(2);
/// How long a job is leased, microseconds; another process takes it up after that.
const LEASE_US: i64 = 60_000_000;
/// How often the lease is kept while the engine works.
const RENEW: Duration = Duration::from_secs(20);
/// A plan that was lost so often while it was made ends its process, by all signs: it is given up.
const MOST_LOST: i64 = 3;

/// Makes plans until told to stop; one under way is given back then.
pub async fn run(app: App, mut stop: watch::Receiver<bool>) {
    // There is nothing to plan before something is set up.
    let office = tokio::select! { office = app.opened() => office, _ = stop.changed() => return };
    let worker = format!("planner {} {}", std::process::id(), now().as_microsecond());
    while !*stop.borrow() {
        let name = worker.clone();
        let leased = office
            .write(move |desk| jobs::lease_one(desk.tx, plans::JOB, &name, LEASE_US, desk.fresh.now_us()))
            .await;
        match leased {
            Ok(Some(job)) => {
                if let Err(e) = one(&app, &office, &worker, &job, &mut stop).await {
                    tracing::warn!(error = %e, "a plan could not be made and is tried again");
                    let said = e.to_string();
                    let (job, worker) = (job.clone(), worker.clone());
                    let noted: Result<(), store::Error> = office
                        .write(move |desk| {
                            let now_us = desk.fresh.now_us();
                            jobs::failed(desk.tx, &job, &worker, &said, false, now_us)
                        })
                        .await;
                    if let Err(e) = noted {
                        tracing::warn!(error = %e, "nor could that be noted");
                    }
                }
                continue;
            }
            Ok(None) => {}
            Err(e) => tracing::warn!(error = %e, "plans that wait cannot be looked for"),
        }
        tokio::select! {
            () = app.planner.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

/// What the engine works with.
struct Work {
    plan: Plan,
    client: Client,
    key: DataKey,
    beside: Vec<files::File>,
    case: Result<Case, String>,
}

/// Why a plan was not made although nothing is wrong with it.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    File(#[from] hairline_studio::files::FileError),
    #[error("no place for files is set up")]
    NoFiles,
    #[error("{0}")]
    Engine(std::io::Error),
}

async fn one(
    app: &App,
    office: &Office,
    worker: &str,
    job: &Job,
    stop: &mut watch::Receiver<bool>,
) -> Result<(), Trouble> {
    let about = job.about;
    let work = office.read(move |desk| load(desk, about)).await?;
    let Some(work) = work else {
        // The record was erased meanwhile.
        let (id, worker) = (job.id, worker.to_owned());
        office.write(move |desk| jobs::done(desk.tx, id, &worker, None, desk.fresh.now_us())).await?;
        return Ok(());
    };
    let objects = app.files().map_err(|_| Trouble::NoFiles)?;
    let mut beside = HashMap::new();
    for file in &work.beside {
        beside.insert(file.name.clone(), objects.get_whole(&work.key, &file.stored).await?);
    }
    let outcome = match &work.case {
        Err(why) => Err(why.clone()),
        Ok(_) if job.tries > MOST_LOST => {
            Err("The engine ended more than once while it made this plan; it was given up. Tell the makers of this program.".to_owned())
        }
        Ok(case) => match engine(app, &work, case, beside, office, (worker, job), stop).await? {
            Some(outcome) => outcome,
            // Told to stop, or taken over by another process.
            None => return Ok(()),
        },
    };
    keep::keep(office, objects, worker, job, &work, outcome).await
}

fn load(desk: &mut crate::office::Desk<'_, '_>, id: uuid::Uuid) -> Result<Option<Work>, store::Error> {
    let Some(whose) = plans::whose(desk.tx, id)? else { return Ok(None) };
    let client = clients::by_id(desk.tx, desk.vault, whose)?.filter(|c| c.person.is_some());
    let Some(client) = client else { return Ok(None) };
    let key = clients::key(desk.tx, desk.vault, whose)?;
    let Some(plan) = plans::by_id(desk.tx, &key, id)? else { return Ok(None) };
    let case = engine::read(&plan.content.case);
    let named = case.as_ref().map(engine::names_beside).unwrap_or_default();
    let mut beside = Vec::new();
    if !named.is_empty() {
        let all = files::of_client(desk.tx, &key, whose, &[What::Scan, What::Plan])?;
        for name in named {
            beside.extend(all.iter().find(|file| file.name == name).cloned());
        }
    }
    Ok(Some(Work { plan, client, key, beside, case }))
}

/// Runs the engine beside the server, notes how far it is, and keeps the lease. `None` where it is to be left.
async fn engine(
    app: &App,
    work: &Work,
    case: &Case,
    beside: HashMap<String, Vec<u8>>,
    office: &Office,
    (worker, job): (&str, &Job),
    stop: &mut watch::Receiver<bool>,
) -> Result<Option<Result<Outcome, String>>, Trouble> {
    let plan = work.plan.id;
    let (steps, mut step) = mpsc::unbounded_channel();
    let planning = async {
        match &app.config.engine {
            Some(program) => {
                child::plan(program, &work.plan.content.case, &beside, &steps).await.map_err(Trouble::Engine)
            }
            None => Ok(in_this_process(case.clone(), beside, steps).await),
        }
    };
    let mut planning = std::pin::pin!(planning);
    let mut renew = tokio::time::interval(RENEW);
    loop {
        let n = tokio::select! {
            outcome = &mut planning => return outcome.map(Some),
            Some(n) = step.recv() => i64::try_from(n).ok(),
            _ = renew.tick() => None,
            _ = stop.changed() => {
                let (id, worker) = (job.id, worker.to_owned());
                office.write(move |desk| jobs::give_back(desk.tx, id, &worker)).await?;
                return Ok(None);
            }
        };
        let (id, worker) = (job.id, worker.to_owned());
        let ours = office
            .write(move |desk| {
                if let Some(n) = n {
                    plans::progress(desk.tx, plan, n)?;
                }
                let until_us = desk.fresh.now_us() + LEASE_US;
                jobs::renew(desk.tx, id, &worker, until_us)
            })
            .await?;
        if !ours {
            return Ok(None);
        }
    }
}

/// The engine on threads of this process: for a program that is no engine itself.
async fn in_this_process(
    case: Case,
    beside: HashMap<String, Vec<u8>>,
    steps: mpsc::UnboundedSender<usize>,
) -> Result<Outcome, String> {
    let (send, receive) = oneshot::channel();
    // A thread of its own: the runtime does not wait for it when the server ends.
    std::thread::spawn(move || {
        let outcome = pool().install(|| {
            engine::plan(&case, &beside, &mut |n| {
                let _ = steps.send(n);
            })
        });
        let _ = send.send(outcome);
    });
    // The thread that ended without a word has panicked, as it would again.
    let broke = "The engine met something it was not made for; tell the makers of this program.";
    receive.await.unwrap_or_else(|_| Err(broke.to_owned()))
}

/// The engine's threads: all processors but one, which is the server's.
fn pool() -> &'static rayon::ThreadPool {
    static POOL: std::sync::OnceLock<rayon::ThreadPool> = std::sync::OnceLock::new();
    POOL.get_or_init(|| {
        let all = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        rayon::ThreadPoolBuilder::new()
            .num_threads(all.saturating_sub(1).max(1))
            .thread_name(|n| format!("engine {n}"))
            .build()
            .expect("a system that runs a server starts a thread")
    })
}

/// How often files that no row names are looked for, and how old they must be: an upload may last this long.
const SWEEP: Duration = Duration::from_secs(6 * 3600);
const SWEEP_AGE_S: i64 = 7200;

/// Removes files that no row names: of uploads that ended half-way, and of what was taken away.
pub async fn sweep(app: App) {
    let mut every = tokio::time::interval(SWEEP);
    loop {
        every.tick().await;
        let (Ok(office), Ok(objects)) = (app.office(), app.files()) else { continue };
        // What was made before the rows were read and is named by none of them is nobody's.
        let before = now() - jiff::SignedDuration::from_secs(SWEEP_AGE_S);
        match office.every_chain(files::objects).await {
            Ok(known) => match objects.sweep(|id| known.contains(&id.0), before).await {
                Ok(swept) if !swept.orphans.is_empty() => {
                    tracing::info!(files = swept.orphans.len(), "files that belong to nobody were removed");
                }
                Ok(_) => {}
                Err(e) => tracing::warn!(error = %e, "files cannot be swept"),
            },
            Err(e) => tracing::warn!(error = %e, "files cannot be swept"),
        }
    }
}

/// Who the program is in histories.
const PROGRAM: Who = Who::Program;
