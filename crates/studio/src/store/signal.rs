//! Word between the processes on one PostgreSQL that something changed, so that each looks at once.
//!
//! Word goes out after the change was kept, by a connection of its own: a `NOTIFY` inside the booking's transaction would
//! hold one lock of the whole server until its flush to the disk, and bookings would wait for each other. A word that is
//! lost (a process killed, a connection gone) costs until the next regular look.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use postgres::fallible_iterator::FallibleIterator as _;
use uuid::Uuid;

use super::Error;
use super::postgres::{connect, error};

/// Word that comes within this time is one word: a busy hour makes twenty looks a second, not a thousand.
const GATHER: Duration = Duration::from_millis(50);
/// Until a lost connection is tried again, and until a listener sees that the store has ended.
const AGAIN: Duration = Duration::from_secs(1);

/// Sends word of this process's changes. Dropping it ends its thread.
pub(super) struct Teller {
    tell: Sender<()>,
    /// Names this process, which needs no word of its own.
    name: Uuid,
    /// Gone with the store; the listener ends then.
    alive: Arc<()>,
}

impl Teller {
    pub(super) fn start(config: &postgres::Config, name: Uuid) -> Result<Teller, Error> {
        let (tell, told) = channel();
        let config = config.clone();
        spawn("hairline-teller", move || tell_all(&config, name, &told))?;
        Ok(Teller { tell, name, alive: Arc::new(()) })
    }

    pub(super) fn tell(&self) {
        // Where the thread has ended, the others' next regular look finds the change.
        let _ = self.tell.send(());
    }

    pub(super) fn listen(
        &self,
        config: &postgres::Config,
        heard: impl Fn() + Send + 'static,
    ) -> Result<(), Error> {
        let (config, name, alive) = (config.clone(), self.name, Arc::downgrade(&self.alive));
        spawn("hairline-listener", move || {
            while alive.strong_count() > 0 {
                // A lost connection may have lost a word with it.
                heard();
                if hear_all(&config, name, &alive, &heard).is_err() {
                    std::thread::sleep(AGAIN);
                }
            }
        })
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map(|_| ())
        .map_err(|e| Error::Unavailable(format!("a thread cannot be started: {e}")))
}

fn tell_all(config: &postgres::Config, name: Uuid, told: &Receiver<()>) {
    let mut client = None;
    while told.recv().is_ok() {
        std::thread::sleep(GATHER);
        while told.try_recv().is_ok() {}
        let mut open = match client.take() {
            Some(open) => open,
            None => match connect(config) {
                Ok(open) => open,
                Err(_) => continue,
            },
        };
        // Nothing is lost with the word that the next look would not find.
        let sql = format!("set synchronous_commit = off; notify hairline, '{name}'");
        if open.batch_execute(&sql).is_ok() {
            client = Some(open);
        }
    }
}

fn hear_all(
    config: &postgres::Config,
    name: Uuid,
    alive: &std::sync::Weak<()>,
    heard: &impl Fn(),
) -> Result<(), Error> {
    let mut client = connect(config)?;
    client.batch_execute("listen hairline").map_err(|e| error(&e))?;
    let own = name.to_string();
    while alive.strong_count() > 0 {
        let mut notifications = client.notifications();
        let mut others = false;
        let mut word = notifications.timeout_iter(AGAIN);
        while let Some(next) = word.next().map_err(|e| error(&e))? {
            others |= next.payload() != own;
            if others {
                break;
            }
        }
        if others {
            heard();
        }
    }
    Ok(())
}
