//! Jobs: what is done later, beside the requests. A [`runner`] leases what is due; here stands what each kind does.

pub mod letter;
pub mod links;
pub mod mail;
pub mod offers;
pub mod outside;
pub mod runner;
pub mod seals;
pub mod second_look;
pub mod told;
pub mod webhooks;

use std::sync::Arc;

use hairline_studio::store::jobs::{self, Job};
use hairline_studio::store::{self, appointments, courses, tickets, waiting};

use crate::App;
use crate::office::{Desk, Office};

/// Jobs that end in a mail to somebody.
pub const MAILS: [&str; 11] = [
    "mail.booked",
    "mail.moved",
    "mail.cancelled",
    "mail.reminder",
    "mail.course_booked",
    "mail.course_moved",
    "mail.course_cancelled",
    "mail.open_steps",
    tickets::MAIL_CLIENT_LINK,
    tickets::MAIL_INVITATION,
    waiting::MAIL,
];
/// All others.
const OTHERS: [&str; 5] =
    [second_look::KIND, waiting::LOOK, store::outside::READ, store::webhooks::SEND, store::seals::SEAL];

/// Why a job was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// In plain words, without anything of a person.
    pub why: String,
    /// Whether trying again by itself is of no use.
    pub hopeless: bool,
}

impl From<store::Error> for Failed {
    fn from(error: store::Error) -> Failed {
        Failed { why: error.to_string(), hopeless: false }
    }
}

/// Whether mails leave this server, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Post {
    /// They do.
    Open,
    /// No mail server is set.
    NoServer,
    /// The people are invented.
    Demo,
}

/// Whether mails leave this server.
pub fn post(app: &App) -> Post {
    match (&app.config.mail, app.config.demo) {
        (_, true) => Post::Demo,
        (None, false) => Post::NoServer,
        (Some(_), false) => Post::Open,
    }
}

/// The kinds of jobs this process can do.
pub fn kinds(app: &App) -> Vec<&'static str> {
    let mails = if post(app) == Post::Open { &MAILS[..] } else { &[] };
    OTHERS.iter().chain(mails).copied().collect()
}

/// Does a job, and notes that it is done in the transaction of what it does where that is in the store.
///
/// # Errors
/// Why it was not done.
pub async fn work(app: &App, office: &Arc<Office>, job: &Job, worker: &str) -> Result<(), Failed> {
    match job.kind.as_str() {
        second_look::KIND => second_look::work(office, job, worker).await,
        waiting::LOOK => offers::work(office, job, worker).await,
        store::outside::READ => outside::work(app, office, job, worker).await,
        store::seals::SEAL => seals::work(app, office, job, worker).await,
        store::webhooks::SEND => webhooks::work(app, office, job, worker).await,
        _ => told::work(app, office, job, worker).await,
    }
}

/// Notes that a job is done, with a word where there was nothing to do.
///
/// # Errors
/// Where another process has the job meanwhile: what the transaction did is undone.
pub fn finish(desk: &mut Desk<'_, '_>, job: &Job, worker: &str, note: Option<&str>) -> Result<(), Failed> {
    let now_us = desk.fresh.now_us();
    if jobs::done(desk.tx, job.id, worker, note, now_us)? {
        return Ok(());
    }
    Err(Failed { why: "another process has taken it over".to_owned(), hopeless: false })
}

/// The visits a job is about: one, or those of a course.
fn visits(desk: &mut Desk<'_, '_>, job: &Job) -> Result<Vec<appointments::Appointment>, store::Error> {
    use hairline_studio::ids::{AppointmentId, CourseId};
    if job.kind.starts_with("mail.course_") {
        let course = courses::by_id(desk.tx, CourseId(job.about))?;
        return course.map_or(Ok(Vec::new()), |course| appointments::of_course(desk.tx, course.id));
    }
    Ok(appointments::by_id(desk.tx, AppointmentId(job.about))?.into_iter().collect())
}
