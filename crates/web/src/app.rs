//! What every handler can reach: settings, the public face of the chain, the guide, counters.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use hairline_studio::files::Files;
use hairline_studio::practice::Practice;
use jiff::tz::TimeZone;
use tokio::sync::{Notify, SetOnce};

use crate::config::Config;
use crate::layers::limit::Limiter;
use crate::markdown::Article;
use crate::metrics::Metrics;
use crate::office::Office;
use crate::problem::{self, Problem};
use crate::public::of_practice;
use crate::public::view::Public;
use crate::set_up::Waiting;

/// The shared state of the server; copies are cheap and mean the same thing.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What stands in an [`App`].
pub struct Parts {
    /// Settings.
    pub config: Config,
    /// Pages of the guide, in order.
    pub guide: Vec<Article>,
    /// Counters for `/metrics`.
    pub metrics: Metrics,
    /// Requests per client address.
    pub limiter: Limiter,
    /// Tries to sign in, and links asked for, per client address.
    pub sign_in_limiter: Limiter,
    public: RwLock<Arc<Public>>,
    office: SetOnce<Arc<Office>>,
    waiting: OnceLock<Waiting>,
    files: OnceLock<Files>,
    /// Wakes the planner when a plan was asked for.
    pub planner: Notify,
}

impl App {
    /// A state with these settings, showing this chain.
    pub fn new(config: Config, public: Public) -> App {
        App(Arc::new(Parts {
            limiter: Limiter::new(config.rate_limit),
            sign_in_limiter: Limiter::new(config.sign_in_limit),
            config,
            guide: crate::public::guide::articles(),
            metrics: Metrics::default(),
            public: RwLock::new(Arc::new(public)),
            office: SetOnce::new(),
            waiting: OnceLock::new(),
            files: OnceLock::new(),
            planner: Notify::new(),
        }))
    }

    /// The chain as the public sees it now.
    pub fn public(&self) -> Arc<Public> {
        Arc::clone(&self.0.public.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Opens the office, once a chain is set up; a second one is not let in.
    pub fn open(&self, office: Arc<Office>) {
        let _ = self.0.office.set(office);
    }

    /// The office, as soon as it is open.
    pub async fn opened(&self) -> Arc<Office> {
        Arc::clone(self.0.office.wait().await)
    }

    /// Lets an empty store wait for its owner.
    pub fn wait_for_set_up(&self, waiting: Waiting) {
        let _ = self.0.waiting.set(waiting);
    }

    /// The store that waits for its owner, while nothing is set up.
    pub fn waiting(&self) -> Option<&Waiting> {
        self.0.waiting.get().filter(|_| !self.0.office.initialized())
    }

    /// The office of the chain.
    ///
    /// # Errors
    /// While no chain is set up.
    pub fn office(&self) -> Result<&Arc<Office>, Problem> {
        self.0.office.get().ok_or_else(|| Problem::new(&problem::NOT_SET_UP))
    }

    /// Shows what is set up to the public from now on.
    pub fn show_practice(&self, practice: &Practice) {
        let today = crate::office::now().to_zoned(TimeZone::UTC).date();
        self.show(of_practice::public(practice, "", today));
    }

    /// Says where photos, scans and documents are kept; a second place is not taken.
    pub fn keep_files(&self, files: Files) {
        let _ = self.0.files.set(files);
    }

    /// Where photos, scans and documents are kept.
    ///
    /// # Errors
    /// While that is not said.
    pub fn files(&self) -> Result<&Files, Problem> {
        self.0.files.get().ok_or_else(|| Problem::new(&problem::UNAVAILABLE))
    }

    /// Shows another state of the chain from now on.
    pub fn show(&self, public: Public) {
        *self.0.public.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(public);
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
