//! What can go wrong between the rules and the disk.

/// Why a job on the store did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database cannot be reached now; nothing was changed.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The connection was lost while the change was being kept: it may or may not have been. The same request with the
    /// same idempotency key finds out.
    #[error(
        "the connection to the database was lost while a change was being kept; ask again with the same key"
    )]
    Unknown,
    /// The store's own wall against double booking: the time was taken a moment ago.
    #[error("the time was taken a moment ago")]
    Overlap,
    /// A row with the same unique value is there already.
    #[error("{0} is there already")]
    Exists(String),
    /// A row this one refers to is not there, or others still refer to it.
    #[error("something this refers to is not there")]
    Reference,
    /// The file or database is not one of ours, or newer than this program.
    #[error("{0}")]
    Schema(String),
    /// A statement or what it found is wrong: a mistake in the program or a damaged file.
    #[error("the store answered unexpectedly: {0}")]
    Broken(String),
}
