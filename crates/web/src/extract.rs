//! What handlers read from a request, each with a problem that says what was found and what is allowed.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;

use crate::problem::{self, Problem};

/// A body of JSON.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Json<T>, Problem> {
        let media_type =
            request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if essence != "application/json" {
            let found = if essence.is_empty() { "none".to_owned() } else { essence };
            return Err(Problem::new(&problem::WRONG_MEDIA_TYPE)
                .detail(format!("The content type is {found}; application/json is read here.")));
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| {
            match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::new(&problem::TOO_LARGE),
                _ => Problem::new(&problem::BAD_REQUEST).detail("The body ended before it was whole."),
            }
        })?;
        parse(&body).map(Json)
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        let (pointer, error) = (pointer(e.path()), e.inner());
        if error.is_data() {
            Problem::new(&problem::INVALID_FIELDS).error(pointer, sentence(error))
        } else {
            malformed(error)
        }
    })?;
    reader.end().map_err(|e| malformed(&e))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    Problem::new(&problem::MALFORMED_JSON)
        .detail(format!("Reading the body as JSON failed in line {line}, column {column}."))
}

/// serde's message without its place, which the pointer gives.
fn sentence(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or_default().to_owned()
}

/// The path as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect()
}

/// The parameters after the question mark.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query<T>, Problem> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(value)| Query(value))
            .map_err(|e| {
                use std::error::Error as _;
                let cause = e.source().map_or_else(|| e.to_string(), ToString::to_string);
                Problem::new(&problem::BAD_REQUEST)
                    .detail(format!("A query parameter is not allowed so: {cause}."))
            })
    }
}

/// The key under which a write is done once, however often it is sent (IETF draft `httpapi-idempotency-key-header`).
pub struct IdempotencyKey(pub String);

/// Name of the header.
pub static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<IdempotencyKey, Problem> {
        let Some(value) = parts.headers.get(&IDEMPOTENCY_KEY) else {
            return Err(Problem::new(&problem::IDEMPOTENCY_KEY_MISSING));
        };
        // The draft writes the key as a structured string, in quotes; most senders leave them out.
        let key = value.to_str().unwrap_or_default().trim().trim_matches('"');
        let allowed = (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        if !allowed {
            return Err(Problem::new(&problem::BAD_REQUEST)
                .detail("The Idempotency-Key is not 1 to 255 visible ASCII characters."));
        }
        Ok(IdempotencyKey(key.to_owned()))
    }
}

/// The ETag of a record's version.
pub fn etag(version: u64) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""));
    (ETAG, value)
}

/// The version an edit was made on, from `If-Match`; without it the edit is refused (428).
pub struct IfMatch(pub u64);

impl IfMatch {
    /// Refuses the edit (412) when the record has another version by now.
    pub fn must_be(&self, current: u64) -> Result<(), Problem> {
        if self.0 == current {
            return Ok(());
        }
        let (name, value) = etag(current);
        Err(Problem::new(&problem::EDITED_MEANWHILE)
            .detail(format!("The edit was made on version {}; the record is at version {current}.", self.0))
            .header(name, value))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<IfMatch, Problem> {
        let Some(value) = parts.headers.get(IF_MATCH) else {
            return Err(Problem::new(&problem::PRECONDITION_REQUIRED));
        };
        let version =
            value.to_str().ok().and_then(|v| v.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok());
        version.map(IfMatch).ok_or_else(|| {
            Problem::new(&problem::EDITED_MEANWHILE)
                .detail("If-Match is not an ETag of this program: a version in quotes, as \"12\".")
        })
    }
}

/// An answer of JSON under one name at the top, as every answer of the API is.
pub fn json<T: serde::Serialize>(value: &T) -> Response {
    axum::Json(value).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    struct Session {
        #[expect(dead_code, reason = "only its reading is tested")]
        minutes: u16,
    }

    #[derive(serde::Deserialize, Debug)]
    struct Course {
        #[expect(dead_code, reason = "only its reading is tested")]
        sessions: Vec<Session>,
    }

    #[test]
    fn a_wrong_value_is_named_by_its_pointer() {
        let problem =
            parse::<Course>(br#"{"sessions": [{"minutes": 60}, {"minutes": "long"}]}"#).expect_err("refused");
        assert_eq!(problem.kind(), &problem::INVALID_FIELDS);
        assert_eq!(problem.errors()[0].pointer, "/sessions/1/minutes");
        assert!(problem.errors()[0].detail.contains("u16"), "{:?}", problem.errors());
    }

    #[test]
    fn what_is_no_json_is_named_by_its_line() {
        for bad in [&br#"{"sessions": ["#[..], b"", b"{\"sessions\": []} more", b"\xff"] {
            let problem = parse::<Course>(bad).expect_err("refused");
            assert_eq!(problem.kind(), &problem::MALFORMED_JSON, "{bad:?}");
            assert!(problem.said().is_some_and(|said| said.contains("line 1")));
        }
    }

    #[test]
    fn an_edit_on_an_old_version_is_refused_with_the_new_one() {
        assert!(IfMatch(3).must_be(3).is_ok());
        let refusal = IfMatch(3).must_be(4).expect_err("refused").json(None);
        assert_eq!(refusal.status(), StatusCode::PRECONDITION_FAILED);
        assert_eq!(refusal.headers()[ETAG], "\"4\"");
    }
}
