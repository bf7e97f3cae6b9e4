//! From the text of a case file to a [`Case`].

use super::nodes::{self, Node};
use super::{Case, check, schema};

/// What is wrong in a case file, where, and what is allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Dotted path of the field; empty for the file as a whole.
    pub field: String,
    /// What was found.
    pub found: String,
    /// What is allowed, or what to do.
    pub allowed: String,
}

/// A case that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseError {
    /// Name of the file, as the caller knows it.
    pub file: String,
    /// What is wrong, in file order; at least one.
    pub problems: Vec<Problem>,
}

impl std::error::Error for CaseError {}

impl std::fmt::Display for CaseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, Problem { line, field, found, allowed }) in self.problems.iter().enumerate() {
            let comma = if i > 0 { "\n" } else { "" };
            let field = if field.is_empty() { String::new() } else { format!("{field}: ") };
            write!(f, "{comma}{}:{line}: {field}found {found}; {allowed}", self.file)?;
        }
        Ok(())
    }
}

/// Largest case file read; painted outlines and curves fit many times over.
const MAX_BYTES: usize = 4 << 20;

/// Reads a case from TOML or, when the text starts with `{`, JSON.
///
/// # Errors
/// Every problem found, with file, line, field, found and allowed.
pub fn read(file: &str, bytes: &[u8]) -> Result<Case, CaseError> {
    let fail = |problems: Vec<Problem>| CaseError { file: file.to_owned(), problems };
    let whole = |line, found: String, allowed: &str| {
        fail(vec![Problem { line, field: String::new(), found, allowed: allowed.to_owned() }])
    };
    if bytes.len() > MAX_BYTES {
        return Err(whole(1, format!("{} bytes", bytes.len()), "a case file has at most 4 MB"));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}'),
        Err(e) => {
            let line = 1 + bytes[..e.valid_up_to()].iter().filter(|&&b| b == b'\n').count();
            return Err(whole(line, "bytes that are not text".to_owned(), "a case is TOML or JSON in UTF-8"));
        }
    };
    if text.trim().is_empty() {
        return Err(whole(
            1,
            "an empty file".to_owned(),
            "`hairline example shaved-norwood6` prints a complete case",
        ));
    }
    let json = text.trim_start().starts_with('{');
    let parsed = if json { nodes::from_json(text) } else { nodes::from_toml(text) };
    let node = parsed.map_err(|(line, found)| {
        whole(line, found, "`hairline example shaved-norwood6` prints a complete case")
    })?;
    let mut problems = Vec::new();
    schema::check(&node, &schema::schema(), &mut problems);
    if problems.is_empty() {
        match serde_json::from_value::<Case>(node.to_json()) {
            Ok(case) => {
                check::contradictions(&case, &mut |field, found, allowed| {
                    problems.push(problem_at(&node, field, found, allowed));
                });
                if problems.is_empty() {
                    return Ok(case);
                }
            }
            // The schema and the types come from the same source; what still differs is said as it is.
            Err(e) => return Err(whole(1, e.to_string(), "see `hairline schema case`")),
        }
    }
    problems.sort_by_key(|p| p.line);
    problems.truncate(20);
    Err(fail(problems))
}

fn problem_at(node: &Node, field: &str, found: String, allowed: String) -> Problem {
    Problem { line: node.at(field).line, field: field.to_owned(), found, allowed }
}
