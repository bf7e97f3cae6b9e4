//! Why a scan was refused.

/// Why a scan was refused; the message is one sentence for the person who gave the file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// The file is of a kind that holds no mesh this program reads.
    #[error("{file}: {found} cannot be read; {instead}")]
    Format {
        /// Name of the file as given.
        file: String,
        /// What the bytes are.
        found: String,
        /// What to give instead.
        instead: String,
    },
    /// The file is of a known kind, but broken or beyond a limit.
    #[error("{file}, {place}: {problem}")]
    Malformed {
        /// Name of the file as given.
        file: String,
        /// Line, element or byte.
        place: String,
        /// What was found and what is allowed.
        problem: String,
    },
    /// The surface is no single head, or not enough of one.
    #[error("{file}: {problem}")]
    Head {
        /// Name of the file as given.
        file: String,
        /// What was found and what is needed.
        problem: String,
    },
    /// A landmark or tape measurement that the caller gave contradicts the scan or itself.
    #[error("{field}: {problem}")]
    Setting {
        /// Name of the setting as in a case file, such as `head.landmarks.nasion`.
        field: String,
        /// What was found and what is allowed.
        problem: String,
    },
}
