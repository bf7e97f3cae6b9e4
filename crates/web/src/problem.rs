//! What goes wrong, as RFC 9457 problem details: one registry of kinds, each with a page that explains it.
//!
//! A handler returns a [`Problem`]; it leaves as `application/problem+json`, and [`crate::layers::answer`] turns it into
//! a page where a person asked. The `type` is a path (`/problems/not-found`), the same on every installation.

use std::sync::Arc;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// After how many seconds it makes sense to ask again for what could not be answered (503): a database that is started again
/// is there within a few.
const RETRY_S: u64 = 5;

/// A kind of problem: its name never changes and never gets another meaning.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Last part of the `type`.
    pub name: &'static str,
    /// HTTP status.
    pub status: u16,
    /// The problem in a few words.
    pub title: &'static str,
    /// What it means, in plain words.
    pub meaning: &'static str,
    /// What to do about it, in plain words.
    pub remedy: &'static str,
}

macro_rules! kinds {
    ($($constant:ident = $name:literal $status:literal $title:literal $meaning:literal $remedy:literal;)+) => {
        $(
            #[doc = $title]
            pub static $constant: Kind =
                Kind { name: $name, status: $status, title: $title, meaning: $meaning, remedy: $remedy };
        )+
        /// Every kind, in the order of their statuses.
        pub static KINDS: &[&Kind] = &[$(&$constant),+];
    };
}

kinds! {
    BAD_REQUEST = "bad-request" 400 "The request cannot be understood"
        "Something in the address, the headers or the form is not of the shape that is expected there."
        "Go back and try again; a program should read the detail, which says what was found.";
    MALFORMED_JSON = "malformed-json" 400 "The body is not JSON"
        "The body of the request could not be read as JSON. The detail gives the line and column."
        "Send a body that a JSON parser accepts, in UTF-8.";
    IDEMPOTENCY_KEY_MISSING = "idempotency-key-missing" 400 "The Idempotency-Key header is missing"
        "Every request that writes carries a key of its own choosing, so that it can be repeated without being done twice."
        "Make a random key for each new write (a UUID will do), and send the same one when you repeat it.";
    SIGN_IN_REQUIRED = "sign-in-required" 401 "You need to sign in"
        "This page or address is for people who are signed in, and this browser is not, or no longer."
        "Sign in and come back; nothing was changed.";
    CROSS_SITE = "cross-site-request" 403 "This request came from another site"
        "Changes are only accepted from our own pages, so that no other site can act in your name."
        "Open our page itself and send the form from there.";
    FORBIDDEN = "forbidden" 403 "You may not do this"
        "You are signed in, but this is not yours to see or to change."
        "Ask a person at the studio who may.";
    NOT_FOUND = "not-found" 404 "There is nothing here"
        "The address leads to no page, or to one that has been taken away, or that is not yours to see."
        "Check the address, or start from the front page.";
    METHOD_NOT_ALLOWED = "method-not-allowed" 405 "This cannot be done here"
        "The address exists, but not for this HTTP method. The Allow header names those that work."
        "Use one of the methods named in the Allow header.";
    CONFLICT = "conflict" 409 "Somebody was faster"
        "What you asked for has meanwhile been taken or changed by somebody else."
        "Look at what is there now and choose again.";
    TIME_NOT_OFFERED = "time-not-offered" 409 "This time is not free"
        "The time was taken a moment ago, or is not one at which this visit can begin. The detail says which."
        "Choose another time; the next best ones stand beside the refusal.";
    HOLD_ENDED = "hold-ended" 409 "The time is no longer kept for you"
        "A time is kept for some minutes while you fill in the form. They have passed."
        "Choose a time again; it may still be free.";
    TOO_MANY_HOLDS = "too-many-holds" 409 "You keep several times already"
        "As many times are kept for your browser or from your address as one visitor may keep at once, so that others find some too."
        "Book one of them, give one back, or wait some minutes: a time that is kept is free again by itself.";
    STEP_REFUSED = "step-refused" 409 "This cannot be done with the visit now"
        "What state the visit is in, how soon it is, or what must be done first stands against it. The detail says which."
        "Do what the detail names, or call the studio.";
    EDITED_MEANWHILE = "edited-meanwhile" 412 "This was edited meanwhile"
        "The record has changed since you read it; your change was not made, so that nothing of theirs is lost."
        "Read the record again, make your change on the new state, and send it with the new ETag.";
    TOO_LARGE = "too-large" 413 "This is too large"
        "The body of the request is longer than this address takes."
        "Send less, or a smaller file.";
    WRONG_MEDIA_TYPE = "unsupported-media-type" 415 "This kind of content is not taken here"
        "The Content-Type of the request is missing or is not one that this address reads."
        "Send JSON as application/json.";
    INVALID_FIELDS = "invalid-fields" 422 "Some fields need another look"
        "The request is well-formed, but a value in it is missing or not allowed. Each is named with what is allowed."
        "Correct the fields that are named and send it again.";
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused" 422 "This Idempotency-Key belongs to another request"
        "The key was used before with another body. A key stands for one write only."
        "Use a new key for a new write.";
    PRECONDITION_REQUIRED = "precondition-required" 428 "The If-Match header is missing"
        "An edit must say which version it was made on, so that two people editing one record lose nothing."
        "Read the record and send its ETag as If-Match.";
    TOO_MANY_REQUESTS = "too-many-requests" 429 "Too many requests"
        "More requests came from your address than one person makes. The Retry-After header says how many seconds to wait."
        "Wait a little and try again.";
    INTERNAL = "internal" 500 "Something broke on our side"
        "The program met something it was not made for. What you did may not have been kept."
        "Try again. If it happens again, tell us the number of the request shown with the error.";
    NOT_SET_UP = "not-set-up" 503 "This studio is not set up yet"
        "The program runs, but nobody has said yet which studio it serves."
        "If it is yours, open the set-up page with the token that the program printed when it was started.";
    UNAVAILABLE = "unavailable" 503 "The records cannot be reached"
        "The database does not answer. Nothing was changed."
        "Try again in a moment.";
    OUTCOME_UNKNOWN = "outcome-unknown" 503 "Whether this was kept is not known"
        "The connection to the database broke while the change was being kept."
        "Repeat the request with the same Idempotency-Key, which does it once; or look whether it was done.";
    TOO_SLOW = "too-slow" 503 "This took too long"
        "The answer was not ready in time. Whether a change was made is not known."
        "Try again in a moment; a program repeats a write with the same Idempotency-Key, which does it once.";
}

impl Kind {
    /// The `type` of problems of this kind.
    pub fn uri(&self) -> String {
        format!("/problems/{}", self.name)
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The kind for a status that something below answered without saying why.
    pub fn of_status(status: StatusCode) -> &'static Kind {
        let exact = KINDS.iter().find(|kind| kind.status == status.as_u16());
        exact.copied().unwrap_or(if status.is_client_error() { &BAD_REQUEST } else { &INTERNAL })
    }
}

/// A value that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where it stands: a JSON pointer (RFC 6901) into the body, or the name of the query parameter.
    #[schema(example = "/email")]
    pub pointer: String,
    /// What was found and what is allowed, in one sentence.
    pub detail: String,
}

/// One thing that went wrong with one request.
#[derive(Clone, Debug)]
pub struct Problem(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: &'static Kind,
    detail: Option<String>,
    errors: Vec<FieldError>,
    more: serde_json::Map<String, serde_json::Value>,
    headers: HeaderMap,
}

/// The body of a problem (RFC 9457); further members may stand beside these.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Body {
    /// Which kind of problem: a path that leads to its explanation and never changes.
    #[serde(rename = "type")]
    #[schema(example = "/problems/not-found")]
    pub kind: String,
    /// The problem in a few words, the same for every problem of the kind.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The request, as `urn:uuid:` and the id that the `request-id` header carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The values that were refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Members of the kind's own.
    #[serde(flatten)]
    #[schema(ignore)]
    pub more: serde_json::Map<String, serde_json::Value>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(kind: &'static Kind) -> Problem {
        Problem(Box::new(Inner {
            kind,
            detail: None,
            errors: Vec::new(),
            more: serde_json::Map::new(),
            headers: HeaderMap::new(),
        }))
    }

    /// With a sentence on what happened this time: what, where, found, allowed. Never data of a person.
    pub fn detail(mut self, detail: impl Into<String>) -> Problem {
        self.0.detail = Some(detail.into());
        self
    }

    /// With one more value that was refused.
    pub fn error(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Problem {
        self.0.errors.push(FieldError { pointer: pointer.into(), detail: detail.into() });
        self
    }

    /// With a member of the kind's own, such as the next best times beside a conflict.
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Problem {
        self.0.more.insert(name.to_owned(), value.into());
        self
    }

    /// With a header beside it, such as `Retry-After`.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Problem {
        self.0.headers.insert(name, value);
        self
    }

    /// Its kind.
    pub fn kind(&self) -> &'static Kind {
        self.0.kind
    }

    /// What happened this time.
    pub fn said(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The values that were refused.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The body, naming the request by its id.
    pub fn body(&self, request_id: Option<&str>) -> Body {
        let Inner { kind, detail, errors, more, .. } = &*self.0;
        Body {
            kind: kind.uri(),
            title: kind.title,
            status: kind.status,
            detail: detail.clone(),
            instance: request_id.map(|id| format!("urn:uuid:{id}")),
            errors: errors.clone(),
            more: more.clone(),
        }
    }

    /// The answer as JSON, naming the request by its id.
    pub fn json(&self, request_id: Option<&str>) -> Response {
        // A body of strings and numbers always becomes JSON; should it not, its title still says what happened.
        let body =
            serde_json::to_string(&self.body(request_id)).unwrap_or_else(|_| self.0.kind.title.to_owned());
        let mut response = (self.0.kind.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.0.kind.status == StatusCode::SERVICE_UNAVAILABLE.as_u16() {
            headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_S));
        }
        headers.extend(self.0.headers.clone());
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.json(None);
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_of_their_own_and_statuses_of_errors() {
        for (i, kind) in KINDS.iter().enumerate() {
            assert!(kind.status().is_client_error() || kind.status().is_server_error(), "{}", kind.name);
            assert!(kind.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", kind.name);
            assert!(KINDS[..i].iter().all(|k| k.name != kind.name), "{} twice", kind.name);
            assert!(i == 0 || KINDS[i - 1].status <= kind.status, "{} stands out of order", kind.name);
        }
    }

    #[test]
    fn the_body_has_the_members_of_rfc_9457() {
        let problem = Problem::new(&INVALID_FIELDS).error("/email", "no @").with("limit", 3).detail("one");
        let body = serde_json::to_value(problem.body(Some("0190"))).expect("a problem is JSON");
        assert_eq!(
            body,
            serde_json::json!({
                "type": "/problems/invalid-fields", "title": INVALID_FIELDS.title, "status": 422,
                "detail": "one", "instance": "urn:uuid:0190", "limit": 3,
                "errors": [{"pointer": "/email", "detail": "no @"}],
            })
        );
    }

    #[test]
    fn a_status_alone_finds_its_kind() {
        assert_eq!(Kind::of_status(StatusCode::NOT_FOUND), &NOT_FOUND);
        assert_eq!(Kind::of_status(StatusCode::IM_A_TEAPOT), &BAD_REQUEST);
        assert_eq!(Kind::of_status(StatusCode::BAD_GATEWAY), &INTERNAL);
    }
}
