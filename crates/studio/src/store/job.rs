//! A piece of work for a thread that owns a connection, and its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::ids::ChainId;

use super::{Error, Tx};

type Answer = Box<dyn FnOnce(Option<Error>) + Send>;
/// Called with a transaction, or with the reason why there is none.
type Work = Box<dyn FnOnce(Option<&mut Tx<'_>>, Option<Error>) -> Ran + Send>;

/// Work in one transaction. Its answer is given after the transaction was kept, with the error where it was not.
pub(super) struct Job {
    pub(super) chain: Option<ChainId>,
    work: Work,
}

/// Work that was done: whether to keep it, and who waits for the answer.
pub(super) struct Ran {
    pub(super) keep: bool,
    pub(super) answer: Answer,
}

impl Job {
    pub(super) fn new<T, E>(
        chain: Option<ChainId>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        answer: impl FnOnce(Result<T, E>) + Send + 'static,
    ) -> Job
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let work = move |tx: Option<&mut Tx<'_>>, refused: Option<Error>| {
            let result = match (tx, refused) {
                (Some(tx), None) => catch_unwind(AssertUnwindSafe(|| work(tx)))
                    .unwrap_or_else(|_| Err(Error::Broken("a job panicked".to_owned()).into())),
                (_, refused) => Err(refused
                    .unwrap_or_else(|| Error::Broken("a job without a connection".to_owned()))
                    .into()),
            };
            let keep = result.is_ok();
            let answer = move |failed: Option<Error>| {
                answer(match failed {
                    // What failed by itself keeps its own reason.
                    Some(error) if keep => Err(error.into()),
                    _ => result,
                });
            };
            Ran { keep, answer: Box::new(answer) as Answer }
        };
        Job { chain, work: Box::new(work) }
    }

    pub(super) fn run(self, tx: &mut Tx<'_>) -> Ran {
        (self.work)(Some(tx), None)
    }

    /// The job as done, with nothing to keep and this answer.
    pub(super) fn cannot_run(self, error: Error) -> Ran {
        (self.work)(None, Some(error))
    }

    pub(super) fn refuse(self, error: &Error) {
        (self.cannot_run(error.clone()).answer)(None);
    }
}
