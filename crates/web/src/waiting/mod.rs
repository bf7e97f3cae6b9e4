//! The waiting list: who finds nothing asks to be told, and takes what is offered or not. Offers are made by a job
//! ([`crate::jobs::offers`]).

pub mod ask;
pub mod offer;
pub mod staff;

use axum::Router;
use axum::routing::{get, post};
use hairline_studio::practice::Practice;
use hairline_studio::store::events::{Event, Who};
use hairline_studio::store::waiting::{Entry, Wanted};
use hairline_studio::store::{self};

use crate::App;
use crate::office::Desk;

/// The pages of waiting.
pub fn router() -> Router<App> {
    Router::new()
        .route("/waiting/new", get(ask::form).post(ask::submit))
        .route("/visit/{code}/earlier", get(ask::earlier).post(ask::submit_earlier))
        .route("/waiting/{code}", get(offer::show))
        .route("/waiting/{code}/take", post(offer::take))
        .route("/waiting/{code}/decline", post(offer::decline))
        .route("/waiting/{code}/leave", post(offer::leave))
        .route("/staff/waiting", get(staff::get))
        .route("/staff/waiting/{code}/remove", post(staff::remove))
}

/// Names of the days, from Monday on.
pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Parts of a day: name in forms, words, first and last start in minutes since midnight.
pub const PARTS: [(&str, &str, u16, u16); 4] = [
    ("any", "Any time", 0, 1439),
    ("morning", "Morning, until noon", 0, 719),
    ("afternoon", "Afternoon, noon to five", 720, 1020),
    ("evening", "Evening, from five", 1020, 1439),
];

/// Which times suit, in words.
pub fn words(wanted: &Wanted) -> String {
    let days: Vec<&str> =
        DAYS.iter().zip(wanted.days).filter(|(_, wanted)| *wanted).map(|(day, _)| *day).collect();
    let days = match (days.len(), wanted.days) {
        (7, _) => "Any day".to_owned(),
        (5, [.., false, false]) => "Monday to Friday".to_owned(),
        _ => days.join(", "),
    };
    let part = PARTS.iter().find(|p| (p.2, p.3) == (wanted.from_min, wanted.to_min));
    let clock = |min: u16| format!("{:02}:{:02}", min / 60, min % 60);
    let part = part.map_or_else(
        || format!("{} to {}", clock(wanted.from_min), clock(wanted.to_min)),
        |p| p.1.to_lowercase(),
    );
    format!("{days}; {part}")
}

/// What somebody waits for, in words: service, practitioner, studio.
pub fn about(practice: &Practice, entry: &Entry) -> String {
    let service = practice.service(entry.service).map(|s| s.name.as_str()).unwrap_or_default();
    let with = entry.practitioner.and_then(|id| practice.person(id)).map_or("anyone", |p| p.name.as_str());
    let studio = practice.studio(entry.studio).map(|s| s.name.as_str()).unwrap_or_default();
    format!("{service} with {with} at {studio}")
}

/// A line in the history of somebody's waiting.
fn line(desk: &mut Desk<'_, '_>, entry: &Entry, what: &str, who: &Who) -> Result<(), store::Error> {
    let (studio, thing_id) = (Some(entry.studio), entry.id);
    let event = Event { studio, thing: "waiting", thing_id, what, why: None, sealed: None };
    desk.note(who, &event)
}
