//! The studio in a browser: pages drawn by the server, the JSON API beside them, and the jobs behind both.
//!
//! A handler asks who is there, calls one thing in a room below, and answers with one type. Absent on purpose: SQL,
//! rules of the practice, formulas.
//!
//! The way of a request: [`server`] accepts it, the [`layers`] give it an id, an address and limits, [`router`] finds
//! its handler, and whatever goes wrong leaves as a [`problem`], as JSON or as a page.

pub mod account;
pub mod api;
pub mod app;
pub mod assets;
pub mod booking;
pub mod browser;
pub mod calendars;
pub mod config;
pub mod cookie;
pub mod extract;
pub mod jobs;
pub mod layers;
pub mod markdown;
pub mod me;
pub mod metrics;
pub mod office;
pub mod outgoing;
pub mod page;
pub mod passkey;
pub mod planner;
pub mod problem;
pub mod public;
pub mod refused;
pub mod router;
pub mod server;
pub mod set_up;
pub mod staff;
pub mod tls;
pub mod waiting;

pub use app::App;
pub use config::Config;
pub use office::Office;
pub use problem::Problem;
