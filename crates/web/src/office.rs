//! The office behind the pages: the store, the chain at hand, and the clock. The one place where a handler waits for them.

use std::sync::{Arc, RwLockReadGuard};
use std::time::Duration;

use hairline_studio::ids::{ChainId, Fresh};
use hairline_studio::practice::Practice;
use hairline_studio::seal::system_random;
use hairline_studio::store::book::{Touched, sweep_holds};
use hairline_studio::store::events::{self, Event, Who};
use hairline_studio::store::live::{Live, Shown, read_days};
use hairline_studio::store::{self, Store, Tx, Vault, holders, waiting};
use jiff::Timestamp;
use tokio::sync::{Notify, oneshot};

use crate::problem::{self, Problem};

/// How often changes by other processes are looked for where none tells of one (PostgreSQL; alone on SQLite there are
/// none).
const LOOK: Duration = Duration::from_secs(1);
/// How often holds that have run out are taken away.
const SWEEP: Duration = Duration::from_secs(10);

/// The store and the chain it serves.
pub struct Office {
    store: Arc<Store>,
    live: Arc<Live>,
}

/// What a handler's transaction works with.
pub struct Desk<'a, 'tx> {
    /// The transaction.
    pub tx: &'a mut Tx<'tx>,
    /// What is set up.
    pub practice: &'a Practice,
    /// The chain's keys.
    pub vault: &'a Vault,
    /// Time and randomness.
    pub fresh: Fresh<'a>,
}

impl Desk<'_, '_> {
    /// Adds a line to the history.
    ///
    /// # Errors
    /// The store's.
    pub fn note(&mut self, who: &Who, event: &Event<'_>) -> Result<(), store::Error> {
        let (id, now_us) = (self.fresh.id(), self.fresh.now_us());
        events::add(self.tx, id, who, event, now_us)
    }
}

impl Office {
    /// The office of a chain.
    pub fn new(store: Arc<Store>, live: Live) -> Arc<Office> {
        Arc::new(Office { store, live: Arc::new(live) })
    }

    /// The chain at hand.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// The board, to find free times on. Hold it only while searching: changes wait.
    ///
    /// # Errors
    /// Where what is free is not known.
    pub fn board(&self) -> Result<RwLockReadGuard<'_, Shown>, Problem> {
        self.live.known(now()).ok_or_else(|| Problem::new(&problem::UNAVAILABLE))
    }

    /// What is set up.
    pub fn practice(&self) -> Arc<Practice> {
        self.live.practice()
    }

    /// How many statements this process has asked the database.
    pub fn statements(&self) -> u64 {
        self.store.statements()
    }

    /// The chain.
    pub fn chain(&self) -> ChainId {
        self.live.chain()
    }

    /// Does `work` in a transaction that may change things, and waits until it was kept.
    ///
    /// # Errors
    /// Those of `work`, or the store's.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut Desk<'_, '_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<store::Error> + Send + 'static,
    {
        let (send, receive) = oneshot::channel();
        let work = self.at_desk(work);
        self.store.submit_write(Some(self.chain()), work, move |result| drop(send.send(result)));
        receive.await.unwrap_or_else(|_| Err(ended().into()))
    }

    /// Does `work` on one moment of the store, without changing anything.
    ///
    /// # Errors
    /// Those of `work`, or the store's.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut Desk<'_, '_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<store::Error> + Send + 'static,
    {
        let (send, receive) = oneshot::channel();
        let work = self.at_desk(work);
        self.store.submit_read(Some(self.chain()), work, move |result| drop(send.send(result)));
        receive.await.unwrap_or_else(|_| Err(ended().into()))
    }

    /// Reads rows of every chain: for the program's own work.
    ///
    /// # Errors
    /// Those of `work`, or the store's.
    pub async fn every_chain<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, store::Error> + Send + 'static,
    ) -> Result<T, store::Error> {
        let (send, receive) = oneshot::channel();
        self.store.submit_read(None, work, move |result| drop(send.send(result)));
        receive.await.unwrap_or_else(|_| Err(ended()))
    }

    fn at_desk<T, E>(
        &self,
        work: impl FnOnce(&mut Desk<'_, '_>) -> Result<T, E> + Send + 'static,
    ) -> impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static {
        let (practice, vault) = (self.practice(), self.live.vault());
        move |tx| {
            let mut rng = system_random();
            let fresh = Fresh::new(now(), &mut rng);
            work(&mut Desk { tx, practice: &practice, vault: &vault, fresh })
        }
    }

    /// Shows what a booking took or gave back, before it is answered.
    pub async fn show(&self, touched: &Touched) {
        if !touched.days.is_empty() {
            self.store.tell();
        }
        let stale = self.live.show(touched);
        if stale.is_empty() {
            return;
        }
        let read = self.read(move |desk| read_days(desk.tx, &stale, desk.fresh.now)).await;
        match read {
            Ok((days, claims)) => self.live.show_days(&days, &claims),
            // The next look finds it; until then the store refuses what only seems free.
            Err(e) => tracing::warn!(error = %e, "a change is not on the board yet"),
        }
    }

    /// Shows what was set up anew, before it is answered: on the board, and to the public.
    pub async fn set_up_anew(self: &Arc<Office>, app: &crate::App) {
        let office = Arc::clone(self);
        match tokio::task::spawn_blocking(move || office.live.look(&office.store, now())).await {
            Ok(Ok(_)) => {
                let today = now().to_zoned(jiff::tz::TimeZone::UTC).date();
                let tagline = app.public().tagline.clone();
                app.show(crate::public::of_practice::public(&self.practice(), &tagline, today));
            }
            // The next look, within a second, finds it.
            Ok(Err(e)) => tracing::warn!(error = %e, "what is set up is not shown anew yet"),
            Err(e) => tracing::error!(error = %e, "looking for changes failed"),
        }
    }

    /// Looks for changes now, as after one of what is set up, so that whoever made it sees it.
    pub async fn look(self: &Arc<Office>) {
        let office = Arc::clone(self);
        let looked = tokio::task::spawn_blocking(move || office.live.look(&office.store, now())).await;
        if !matches!(looked, Ok(Ok(_))) {
            tracing::warn!("a change of the practice is shown with the next look");
        }
    }

    /// Keeps the board fresh until the server ends; `changed` is called when what is set up has changed.
    pub async fn keep(self: Arc<Office>, changed: impl Fn(&Practice) + Send + 'static) {
        let told = Arc::new(Notify::new());
        let heard = Arc::clone(&told);
        if let Err(e) = self.store.listen(move || heard.notify_one()) {
            tracing::warn!(error = %e, "other processes' changes are seen at each regular look only");
        }
        let (mut look, mut sweep) = (tokio::time::interval(LOOK), tokio::time::interval(SWEEP));
        loop {
            tokio::select! {
                () = either(&told, &mut look) => {
                    let office = Arc::clone(&self);
                    let looked = tokio::task::spawn_blocking(move || office.live.look(&office.store, now())).await;
                    match looked {
                        Ok(Ok(true)) => changed(&self.practice()),
                        Ok(Ok(false)) => {}
                        Ok(Err(e)) => tracing::warn!(error = %e, "the board is not kept fresh"),
                        Err(e) => tracing::error!(error = %e, "looking for changes failed"),
                    }
                }
                _ = sweep.tick() => {
                    match self.write(take_away).await {
                        Ok(touched) => self.show(&touched).await,
                        Err(e) => tracing::warn!(error = %e, "ended holds are not taken away"),
                    }
                }
            }
        }
    }
}

/// Until another process tells of a change, or the time of the next look has come.
async fn either(told: &Notify, look: &mut tokio::time::Interval) {
    tokio::select! {
        () = told.notified() => look.reset(),
        _ = look.tick() => {}
    }
}

/// Takes away holds that have run out, and forgets who kept them; who waits for such a time is looked for.
fn take_away(desk: &mut Desk<'_, '_>) -> Result<Touched, store::Error> {
    holders::forget(desk.tx, desk.fresh.now_us())?;
    let touched = sweep_holds(desk.tx, desk.fresh.now)?;
    if touched.freed {
        waiting::look_again(desk.tx, &mut desk.fresh)?;
    }
    Ok(touched)
}

/// The present. The one clock of the server's handlers.
pub fn now() -> Timestamp {
    Timestamp::now()
}

fn ended() -> store::Error {
    store::Error::Unavailable("the store has ended".to_owned())
}
