//! Mails: what somebody is told of a visit or a course, as it stands when the mail goes out.
//!
//! What is no longer true is not sent: a mail that waited while the visit was called off or went by ends as done, with
//! the reason.

use hairline_studio::booking::{InsideNotice, State};
use hairline_studio::practice::{Practice, Studio};
use hairline_studio::span::HOUR_US;
use hairline_studio::store::appointments::Appointment;
use hairline_studio::store::events::{Event, Who};
use hairline_studio::store::jobs::Job;
use hairline_studio::store::{self, clients, second_looks, tickets, waiting};
use hairline_studio::zone::{local_date, zone};
use jiff::Timestamp;

use super::letter::{self, Letter};
use super::links;
use super::{Failed, finish, visits};
use crate::App;
use crate::calendars::event::{self, Method, Party};
use crate::config::PublicUrl;
use crate::office::{Desk, Office};

/// What a job of mail leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A letter to be sent.
    Send(Box<Letter>),
    /// Nothing, and why.
    Nothing(&'static str),
}

/// Sends the mail of a job.
///
/// # Errors
/// Why it was not sent.
pub async fn work(app: &App, office: &Office, job: &Job, worker: &str) -> Result<(), Failed> {
    let mailer = app.config.mail.clone();
    let mailer = mailer.ok_or_else(|| Failed { why: "no mail server is set".to_owned(), hopeless: false })?;
    let (of, url) = (job.clone(), app.config.public_url.clone());
    let told = if links::KINDS.contains(&job.kind.as_str()) {
        office.write(move |desk| links::tell(desk, &of, url.as_ref())).await?
    } else {
        office.read(move |desk| tell(desk, &of, url.as_ref())).await?
    };
    let note = match told {
        Told::Nothing(why) => Some(why),
        Told::Send(letter) => {
            let id = job.id;
            // Its own thread: mail servers take their time.
            let sent = tokio::task::spawn_blocking(move || mailer.send(&letter, id)).await;
            sent.map_err(|_| Failed { why: "the program broke off".to_owned(), hopeless: false })??;
            None
        }
    };
    let (job, worker) = (job.clone(), worker.to_owned());
    office
        .write(move |desk| {
            finish(desk, &job, &worker, note)?;
            match note {
                Some(_) => Ok(()),
                None => Ok::<(), Failed>(noted(desk, &job)?),
            }
        })
        .await
}

/// That a mail went out stands in the history of what it was about.
fn noted(desk: &mut Desk<'_, '_>, job: &Job) -> Result<(), store::Error> {
    let thing = match job.kind.as_str() {
        waiting::MAIL => "waiting",
        tickets::MAIL_CLIENT_LINK => "client",
        tickets::MAIL_INVITATION => "staff",
        kind if kind.starts_with("mail.course_") => "course",
        _ => "appointment",
    };
    let what = job.kind.replace('.', "_");
    let studio = match thing {
        "waiting" => waiting::by_id(desk.tx, job.about)?.map(|entry| entry.studio),
        _ => visits(desk, job)?.first().map(|visit| visit.studio),
    };
    desk.note(
        &Who::Program,
        &Event { studio, thing, thing_id: job.about, what: &what, why: None, sealed: None },
    )
}

/// The letter of a job, or why there is none.
///
/// # Errors
/// The store's.
pub fn tell(desk: &mut Desk<'_, '_>, job: &Job, url: Option<&PublicUrl>) -> Result<Told, store::Error> {
    let now_us = desk.fresh.now_us();
    let mut about = visits(desk, job)?;
    let words = match job.kind.as_str() {
        waiting::MAIL => return offer(desk, job, url),
        "mail.open_steps" => return open_steps(desk, &about, url),
        "mail.booked" => ("Your appointment is booked.", "Your appointment"),
        "mail.moved" => ("Your appointment has moved. This is the new time:", "New time of your appointment"),
        "mail.cancelled" => ("Your appointment is cancelled. It was to be:", "Cancelled: your appointment"),
        "mail.reminder" => ("You have an appointment soon.", "Reminder: your appointment"),
        "mail.course_booked" => ("Your appointments are booked.", "Your appointments"),
        "mail.course_moved" => {
            ("Your appointments have moved. These are the times now:", "New times of your appointments")
        }
        "mail.course_cancelled" => {
            ("Your appointments are cancelled. They were to be:", "Cancelled: your appointments")
        }
        _ => return Ok(Told::Nothing("nobody knows what to write")),
    };
    let cancels = matches!(job.kind.as_str(), "mail.cancelled" | "mail.course_cancelled");
    let wanted = if cancels { State::Cancelled } else { State::Booked };
    about.retain(|visit| visit.state == wanted && visit.span.start_us > now_us);
    if cancels {
        // Those that were called off together, and not those of long before.
        let last_us = about.iter().map(|visit| visit.changed_us).max();
        about.retain(|visit| Some(visit.changed_us) == last_us);
    }
    let Some(first) = about.first() else { return Ok(Told::Nothing("not sent: it is no longer true")) };
    let Some(studio) = desk.practice.studio(first.studio) else {
        return Ok(Told::Nothing("not sent: the studio is no more"));
    };
    let Some(to) = party(desk, first)? else {
        return Ok(Told::Nothing("not sent: the client has no e-mail address"));
    };
    let from = Party { name: studio.name.clone(), email: studio.email.clone() };
    let mut calendars = Vec::new();
    let method = if cancels { Method::Cancel } else { Method::Request };
    for visit in about.iter().filter(|_| job.kind != "mail.reminder") {
        if let Some(mut event) = event::of_visit(desk.practice, visit) {
            event.parties = Some((from.clone(), to.clone()));
            calendars.push((method, event::calendar(method, None, &[event])));
        }
    }
    let alone = about.len() == 1;
    let link = |visit: &Appointment| manage(visit, url).filter(|_| !cancels);
    let when = if alone { format!(", {}", when(first)) } else { String::new() };
    Ok(Told::Send(Box::new(Letter {
        subject: format!("{} at {}{when}", words.1, studio.name),
        lines: vec![words.0.to_owned()],
        visits: about.iter().map(|v| told(desk.practice, v, link(v).filter(|_| !alone))).collect(),
        after: after(desk.practice, studio, first, cancels, alone && url.is_none()),
        link: link(first).filter(|_| alone),
        to,
        studio: from,
        phone: studio.phone.clone(),
        calendars,
    })))
}

/// Who a visit is for; `None` where the record was erased or has no address.
fn party(desk: &mut Desk<'_, '_>, visit: &Appointment) -> Result<Option<Party>, store::Error> {
    let Some(id) = visit.client else { return Ok(None) };
    let person = clients::by_id(desk.tx, desk.vault, id)?.and_then(|c| c.person);
    Ok(person.filter(|p| !p.email.is_empty()).map(|p| Party { name: p.name, email: p.email }))
}

fn when(visit: &Appointment) -> String {
    visit.wall.strftime("%A %-d %B %Y, %H:%M").to_string()
}

fn told(practice: &Practice, visit: &Appointment, link: Option<(String, String)>) -> letter::Visit {
    let with = practice.person(visit.practitioner).map(|p| p.name.as_str()).unwrap_or_default();
    letter::Visit {
        when: format!("{} ({})", when(visit), visit.zone),
        with: format!("With {with}"),
        place: practice.studio(visit.studio).map(event::address).unwrap_or_default(),
        link,
    }
}

fn manage(visit: &Appointment, url: Option<&PublicUrl>) -> Option<(String, String)> {
    url.map(|url| ("See, move or cancel it".to_owned(), format!("{}/visit/{}", url.as_str(), visit.code)))
}

/// What a client can do about it.
fn after(
    practice: &Practice,
    studio: &Studio,
    visit: &Appointment,
    cancels: bool,
    code: bool,
) -> Vec<String> {
    if cancels {
        return vec!["If you did not expect this, please call us.".to_owned()];
    }
    let rules = &practice.chain.settings.booking;
    let hours = rules.notice_hours;
    let mut lines = Vec::new();
    if code {
        lines.push(format!("To see, move or cancel it, type this code on our site: {}", visit.code));
    }
    lines.push(format!("Until {hours} hours before you can move or cancel at no cost."));
    if rules.cancel_inside_notice == InsideNotice::KeepDeposit {
        lines.push("After that you can still cancel, but a deposit is not paid back.".to_owned());
    }
    lines.push(format!("If you have a question, answer this mail or call {}.", studio.phone));
    lines
}

/// To the studio: something must still be done before a visit. Who comes, and what is open, stands on the page alone.
fn open_steps(
    desk: &mut Desk<'_, '_>,
    about: &[Appointment],
    url: Option<&PublicUrl>,
) -> Result<Told, store::Error> {
    let Some(visit) = about.first().filter(|v| v.state == State::Booked) else {
        return Ok(Told::Nothing("not sent: it is no longer true"));
    };
    let Some(studio) = desk.practice.studio(visit.studio).filter(|s| !s.email.is_empty()) else {
        return Ok(Told::Nothing("not sent: the studio has no e-mail address"));
    };
    let look = second_looks::of(desk.tx, &[visit.id])?;
    let Some(open) = look.first().map(|look| look.open).filter(|open| *open > 0) else {
        return Ok(Told::Nothing("not sent: nothing is open any more"));
    };
    let from = Party { name: studio.name.clone(), email: studio.email.clone() };
    let page = format!("/staff?studio={}&day={}", studio.slug, visit.wall.date());
    let things = if open == 1 { "One thing is".to_owned() } else { format!("{open} things are") };
    Ok(Told::Send(Box::new(Letter {
        subject: format!("Still open before {}", when(visit)),
        lines: vec![format!("{things} still open before this appointment. The day's page names what.")],
        visits: vec![told(desk.practice, visit, None)],
        after: Vec::new(),
        link: url.map(|url| ("Open the day".to_owned(), format!("{}{page}", url.as_str()))),
        to: from.clone(),
        studio: from,
        phone: studio.phone.clone(),
        calendars: Vec::new(),
    })))
}

/// To somebody on the waiting list: a time is kept for them.
fn offer(desk: &mut Desk<'_, '_>, job: &Job, url: Option<&PublicUrl>) -> Result<Told, store::Error> {
    let now_us = desk.fresh.now_us();
    let entry = waiting::by_id(desk.tx, job.about)?.filter(|e| e.status == waiting::Status::Offered);
    let Some((entry, offer)) = entry.and_then(|e| e.offer.clone().map(|o| (e, o))) else {
        return Ok(Told::Nothing("not sent: it is no longer true"));
    };
    // A mail of an earlier offer that waited too long says nothing of this one.
    if offer.until_us <= now_us || offer.code != job.body {
        return Ok(Told::Nothing("not sent: it is no longer true"));
    }
    let held = store::appointments::by_code(desk.tx, &offer.code)?;
    let Some(held) = held else { return Ok(Told::Nothing("not sent: it is no longer true")) };
    let Some(studio) = desk.practice.studio(entry.studio) else {
        return Ok(Told::Nothing("not sent: the studio is no more"));
    };
    let whose = Appointment { client: Some(entry.client), ..held };
    let Some(to) = party(desk, &whose)? else {
        return Ok(Told::Nothing("not sent: the client has no e-mail address"));
    };
    let until = zone(&studio.zone).ok().zip(Timestamp::from_microsecond(offer.until_us).ok());
    let until = until.map(|(tz, at)| {
        let today = local_date(&tz, desk.fresh.now) == local_date(&tz, at);
        tz.to_datetime(at).strftime(if today { "today %H:%M" } else { "%A %-d %B, %H:%M" }).to_string()
    });
    let hours = (offer.until_us - now_us + HOUR_US / 2) / HOUR_US;
    let mut lines = vec!["A time that suits you is free. We keep it for you:".to_owned()];
    let kept = until.unwrap_or_default();
    lines.push(format!("It is yours until {kept} (about {hours} hours); then it is offered to the next."));
    let page = format!("/waiting/{}", entry.code);
    let mut after = Vec::new();
    if url.is_none() {
        after.push(format!("To take it or not, open our site at {page}"));
    }
    after.push(format!("If you have a question, answer this mail or call {}.", studio.phone));
    Ok(Told::Send(Box::new(Letter {
        subject: format!("A time is free at {}: {}", studio.name, when(&whose)),
        lines,
        visits: vec![told(desk.practice, &whose, None)],
        after,
        link: url.map(|url| ("Take it, or say no".to_owned(), format!("{}{page}", url.as_str()))),
        to,
        studio: Party { name: studio.name.clone(), email: studio.email.clone() },
        phone: studio.phone.clone(),
        calendars: Vec::new(),
    })))
}
