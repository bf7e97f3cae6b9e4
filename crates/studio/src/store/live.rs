//! A chain at hand: what is set up, its keys, and a board of everything that is taken, kept fresh.
//!
//! Searches read the board and never the store. A change made here is on the board before it is answered; a change made
//! by another process arrives with the next look at the versions of the days ([`Live::look`]).

use std::collections::BTreeSet;
use std::sync::mpsc::channel;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::book::Touched;
use super::claims::{self, DayVersion};
use super::vault::Vault;
use super::{Error, Store, Tx, practice};
use crate::board::{Board, Claim, Part, utc_days};
use crate::ids::{ChainId, ResourceId};
use crate::practice::Practice;
use crate::seal::master::MasterKeys;
use crate::span::{DAY_US, Span};
use crate::zone::{days_between, plus_days};

/// In how many parts the claims are read, side by side.
const PARTS: i64 = 4;
/// Days that a board reaches beyond the farthest horizon of a service, so that it lasts until it is built anew.
const SPARE_DAYS: i64 = 3;

/// After how long without a look at other processes' bookings nobody knows any more what is free: looks come each second,
/// and a database that changes over to another machine is back within half a minute (assumption).
const KNOWN_US: i64 = 30_000_000;

/// One chain of the store, at hand.
pub struct Live {
    chain: ChainId,
    vault: Arc<Vault>,
    /// Whether other processes book in the same store.
    shared: bool,
    now: RwLock<Shown>,
}

/// What is shown at one time.
pub struct Shown {
    /// What is set up.
    pub practice: Arc<Practice>,
    /// Who and what is taken.
    pub board: Board,
    /// First and last local day of the board.
    pub days: (Date, Date),
    /// When the versions of the days were last looked at, by the clock of the process, UTC microseconds.
    looked_us: i64,
}

impl Shown {
    /// When other processes' changes were last looked for; those of this process are all shown.
    pub fn looked(&self) -> Timestamp {
        Timestamp::from_microsecond(self.looked_us).unwrap_or_default()
    }
}

impl Live {
    /// Reads a chain. Its board covers today to the farthest day that can be booked.
    ///
    /// # Errors
    /// The store's; [`Error::Schema`] where the master key is not the one of the chain.
    pub fn open(
        store: &Store,
        master: Arc<MasterKeys>,
        chain: ChainId,
        now: Timestamp,
    ) -> Result<Live, Error> {
        let shown = read(store, chain, now)?;
        let vault = Vault::open(master, &shown.practice.chain).map_err(|e| Error::Schema(e.to_string()))?;
        Ok(Live { chain, vault: Arc::new(vault), shared: store.shared(), now: RwLock::new(shown) })
    }

    /// Which chain.
    pub fn chain(&self) -> ChainId {
        self.chain
    }

    /// Its keys.
    pub fn vault(&self) -> Arc<Vault> {
        Arc::clone(&self.vault)
    }

    /// What is set up now.
    pub fn practice(&self) -> Arc<Practice> {
        Arc::clone(&self.shown().practice)
    }

    /// What is shown now. Hold it only while searching: changes wait.
    pub fn shown(&self) -> RwLockReadGuard<'_, Shown> {
        self.now.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is shown, where it is known to be so: not where other processes book too and could not be looked at for
    /// [`KNOWN_US`]. Who asks what is free is then told neither a time that may be taken nor that there is none.
    pub fn known(&self, now: Timestamp) -> Option<RwLockReadGuard<'_, Shown>> {
        let shown = self.shown();
        let known = !self.shared || now.as_microsecond() - shown.looked_us <= KNOWN_US;
        known.then_some(shown)
    }

    /// Shows a change that this process made. Where that cannot be told from the change alone (something was given back,
    /// or another process changed the same day) the days are to be read again: those are given back, for [`Live::refresh`].
    pub fn show(&self, touched: &Touched) -> Vec<DayVersion> {
        if touched.days.is_empty() {
            return Vec::new();
        }
        let mut shown = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let next = |d: &DayVersion| shown.board.version(d.resource, d.day) + 1 == d.version;
        if touched.freed || !touched.days.iter().all(next) {
            return touched.days.clone();
        }
        touched.added.iter().for_each(|claim| shown.board.take(claim));
        touched.days.iter().for_each(|d| shown.board.set_version(d.resource, d.day, d.version));
        Vec::new()
    }

    /// Shows days as they were read ([`read_days`]).
    pub fn show_days(&self, days: &[DayVersion], claims: &[Claim]) {
        let mut shown = self.now.write().unwrap_or_else(PoisonError::into_inner);
        for d in days {
            let of: Vec<Claim> = claims
                .iter()
                .filter(|c| c.resource == d.resource && utc_days(c.span).contains(&d.day))
                .copied()
                .collect();
            shown.board.show_day(d.resource, d.day, d.version, &of);
        }
    }

    /// Reads days again and shows them.
    ///
    /// # Errors
    /// The store's.
    pub fn refresh(&self, store: &Store, days: Vec<DayVersion>, now: Timestamp) -> Result<(), Error> {
        if days.is_empty() {
            return Ok(());
        }
        let (days, claims) = store.read(Some(self.chain), move |tx| read_days(tx, &days, now))?;
        self.show_days(&days, &claims);
        Ok(())
    }

    /// Looks for changes by other processes, and shows them: of who is taken, of what is set up, of the day itself. Gives
    /// whether what is set up has changed.
    ///
    /// # Errors
    /// The store's; what is shown stays as it was.
    pub fn look(&self, store: &Store, now: Timestamp) -> Result<bool, Error> {
        let (version, since_us, first) = {
            let shown = self.shown();
            (shown.practice.chain.version, shown.looked_us - store.look_back_us(), shown.days.0)
        };
        let (found, days) = store.read(Some(self.chain), move |tx| {
            Ok::<_, Error>((practice::version(tx)?, claims::changed_since(tx, since_us)?))
        })?;
        if found != version || earliest_today(now) > plus_days(first, 1) {
            let shown = read(store, self.chain, now)?;
            *self.now.write().unwrap_or_else(PoisonError::into_inner) = shown;
            return Ok(found != version);
        }
        let newer: Vec<DayVersion> = {
            let shown = self.shown();
            days.into_iter().filter(|d| shown.board.version(d.resource, d.day) < d.version).collect()
        };
        self.refresh(store, newer, now)?;
        self.now.write().unwrap_or_else(PoisonError::into_inner).looked_us = now.as_microsecond();
        Ok(false)
    }
}

/// The date in the zone that is last to have it.
fn earliest_today(now: Timestamp) -> Date {
    plus_days(now.to_zoned(TimeZone::UTC).date(), -1)
}

/// Reads a chain: first what is set up and the versions of the days, then the claims in parts side by side. What changes
/// meanwhile has a newer version than is shown, and comes with the next look.
fn read(store: &Store, chain: ChainId, now: Timestamp) -> Result<Shown, Error> {
    let (practice, versions, days, span) = store.read(Some(chain), move |tx| {
        let practice = practice::read(tx)?;
        let first = earliest_today(now);
        let farthest = practice.services.iter().map(|s| i64::from(s.horizon_days)).max().unwrap_or(0);
        let last = plus_days(first, farthest + 2 + SPARE_DAYS);
        let epoch = Date::constant(1970, 1, 1);
        let span = Span {
            start_us: (days_between(epoch, first) - 2) * DAY_US,
            end_us: (days_between(epoch, last) + 3) * DAY_US,
        };
        Ok::<_, Error>((practice, claims::versions(tx, span)?, (first, last), span))
    })?;
    let at = |part: i64| span.start_us + (span.end_us - span.start_us) / PARTS * part;
    let (send, parts) = channel();
    for part in 0..PARTS {
        let send = send.clone();
        let part =
            Span { start_us: at(part), end_us: if part + 1 == PARTS { span.end_us } else { at(part + 1) } };
        store.submit_read(
            Some(chain),
            move |tx| claims::taken(tx, part, now.as_microsecond()),
            // A caller that went away needs no answer.
            move |taken| drop(send.send(taken)),
        );
    }
    drop(send);
    let mut board = Board::new(&practice, Part::All, days.0, days.1)
        .map_err(|e| Error::Broken(format!("what is set up cannot be read: {e}")))?;
    for version in versions {
        board.set_version(version.resource, version.day, version.version);
    }
    for taken in parts {
        taken?.into_iter().for_each(|(resource, span, sitting)| board.mark(resource, span, sitting));
    }
    Ok(Shown { practice: Arc::new(practice), board, days, looked_us: now.as_microsecond() })
}

/// Days as they are now: their versions and every claim that overlaps them.
///
/// # Errors
/// The store's.
pub fn read_days(
    tx: &mut Tx<'_>,
    days: &[DayVersion],
    now: Timestamp,
) -> Result<(Vec<DayVersion>, Vec<Claim>), Error> {
    let resources: BTreeSet<ResourceId> = days.iter().map(|d| d.resource).collect();
    let resources: Vec<ResourceId> = resources.into_iter().collect();
    let (Some(first), Some(last)) = (days.iter().map(|d| d.day).min(), days.iter().map(|d| d.day).max())
    else {
        return Ok((Vec::new(), Vec::new()));
    };
    let span = Span { start_us: first * DAY_US, end_us: (last + 1) * DAY_US };
    // In one transaction the versions and the claims belong together.
    let versions = claims::versions_of(tx, &resources, span)?;
    let asked = |v: &DayVersion| days.iter().any(|d| d.resource == v.resource && d.day == v.day);
    let claims = claims::overlapping(tx, &resources, span, now.as_microsecond())?;
    Ok((versions.into_iter().filter(asked).collect(), claims))
}
