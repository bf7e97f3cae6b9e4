//! The waiting list at work: what is free is offered to who asked first, one time each, kept for some hours.

use std::collections::HashMap;
use std::sync::Arc;

use hairline_studio::booking::State;
use hairline_studio::ids::{Fresh, StudioId};
use hairline_studio::span::{HOUR_US, MINUTE_US};
use hairline_studio::store::book::{self, Refused, Touched, Wish};
use hairline_studio::store::events::{Event, Who};
use hairline_studio::store::jobs::{self, Job, NewJob};
use hairline_studio::store::waiting::{self, Entry, Offer, Status};
use hairline_studio::store::{appointments, courses};
use hairline_studio::zone::{local_date, plus_days, zone};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Failed, finish};
use crate::booking::{month, steps};
use crate::office::{Desk, Office, now};

/// Shortest time for which an offer is worth a mail.
const SHORTEST_US: i64 = 30 * MINUTE_US;
/// Offers of one studio at once: who only asks, perhaps under many names, cannot keep its whole calendar (an assumption).
const AT_ONCE: usize = 6;
/// Starts that are tried for one person before the list is looked at again: others book meanwhile.
const TRIES: usize = 5;

/// Looks at everybody who waits.
///
/// # Errors
/// The store's.
pub async fn work(office: &Arc<Office>, job: &Job, worker: &str) -> Result<(), Failed> {
    office.write(ended).await?;
    // The job stands in the transaction that freed a time, perhaps of another process: the board may not show it yet.
    office.look().await;
    let open = office.read(|desk| waiting::open(desk.tx)).await?;
    let mut offered: HashMap<StudioId, usize> = HashMap::new();
    for entry in open.iter().filter(|entry| entry.status == Status::Offered) {
        *offered.entry(entry.studio).or_default() += 1;
    }
    for entry in open.into_iter().filter(|entry| entry.status == Status::Waiting) {
        let here = offered.entry(entry.studio).or_default();
        if *here < AT_ONCE && offer(office, entry).await? {
            *here += 1;
        }
    }
    let (job, worker) = (job.clone(), worker.to_owned());
    office.write(move |desk| finish(desk, &job, &worker, None)).await
}

/// Offers that were not answered in time end; who had one waits on for another.
fn ended(desk: &mut Desk<'_, '_>) -> Result<(), Failed> {
    let now_us = desk.fresh.now_us();
    for entry in waiting::open(desk.tx)? {
        let gone = match &entry.offer {
            Some(offer) if entry.status == Status::Offered => {
                offer.until_us <= now_us || appointments::by_code(desk.tx, &offer.code)?.is_none()
            }
            _ => false,
        };
        if gone {
            pass(desk, entry, "offer_ended")?;
        }
    }
    Ok(())
}

/// Notes that an offer was not taken.
///
/// # Errors
/// The store's.
pub fn pass(
    desk: &mut Desk<'_, '_>,
    entry: Entry,
    what: &str,
) -> Result<bool, hairline_studio::store::Error> {
    let (studio, thing_id) = (Some(entry.studio), entry.id);
    let mut after = Entry { status: Status::Waiting, ..entry };
    after.passed.extend(after.offer.take().map(|offer| offer.start_us));
    let now_us = desk.fresh.now_us();
    let changed = waiting::change(desk.tx, &after, now_us)?;
    if changed {
        desk.note(
            &Who::Program,
            &Event { studio, thing: "waiting", thing_id, what, why: None, sealed: None },
        )?;
    }
    Ok(changed)
}

/// Offers the first start that suits somebody; whether there was one.
async fn offer(office: &Office, entry: Entry) -> Result<bool, Failed> {
    let practice = office.practice();
    let (Some(studio), Some(service)) = (practice.studio(entry.studio), practice.service(entry.service))
    else {
        return Ok(false);
    };
    let Ok(tz) = zone(&studio.zone) else { return Ok(false) };
    // Who waits for an earlier time wants nothing else.
    let visit = match entry.visit {
        None => None,
        Some(id) => {
            let found = office.read(move |desk| {
                let visit = appointments::by_id(desk.tx, id)?.filter(|v| v.state == State::Booked);
                let within = visit.as_ref().map(|v| courses::days_of(desk.tx, v)).transpose()?;
                Ok::<_, Refused>(visit.zip(within))
            });
            let found = found.await.map_err(|e| Failed { why: e.to_string(), hopeless: false })?;
            match found {
                Some(found) => Some(found),
                None => return leave(office, entry).await.map(|()| false),
            }
        }
    };
    let before_us = visit.as_ref().map_or(i64::MAX, |(visit, _)| visit.span.start_us);
    // A visit keeps its own length, and the gaps of its course.
    let within = visit.as_ref().and_then(|(_, within)| *within);
    let minutes = visit.as_ref().map(|(visit, _)| visit.minutes());
    let own = visit.as_ref().map(|(visit, _)| steps::own(&practice, visit)).unwrap_or_default();
    let now_us = now().as_microsecond();
    let first_us = now_us + i64::from(service.notice_min) * MINUTE_US + SHORTEST_US;
    let today = local_date(&tz, now());
    let days = (today, plus_days(today, i64::from(service.horizon_days)));
    let lines = steps::free_lines(office, service.id, studio.id, entry.practitioner, days, &own);
    let lines =
        lines.map_err(|_| Failed { why: "what is free is not known now".to_owned(), hopeless: false })?;
    let dates: std::collections::BTreeSet<_> =
        lines.iter().flat_map(|line| &line.days).map(|day| day.date).collect();
    let suits = |start: &Timestamp| {
        let start_us = start.as_microsecond();
        (first_us..before_us).contains(&start_us)
            && !entry.passed.contains(&start_us)
            && entry.wanted.fits(tz.to_datetime(*start))
    };
    let fits = |date: &&Date| within.is_none_or(|(first, last)| (first..=last).contains(date));
    let starts =
        dates.iter().filter(fits).flat_map(|date| month::times(&lines, *date)).map(|time| time.start);
    let starts: Vec<Timestamp> = starts.filter(suits).take(TRIES).collect();
    for start in starts {
        let wanted = steps::Wanted {
            studio: entry.studio,
            service: entry.service,
            practitioner: entry.practitioner,
            start,
        };
        let who = match entry.practitioner {
            Some(id) => Some(id),
            None => steps::free_at(office, wanted, None, &own).first().copied(),
        };
        let Some(practitioner) = who else { continue };
        let wish = Wish { studio: entry.studio, service: entry.service, practitioner, start, room: None };
        let hours = i64::from(practice.chain.settings.messages.offer_h.max(1));
        let latest_us = start.as_microsecond() - i64::from(service.notice_min) * MINUTE_US;
        let until_us = (now_us + hours * HOUR_US).min(latest_us);
        let of = entry.clone();
        match office.write(move |desk| keep(desk, of, &wish, minutes, until_us)).await {
            Ok(touched) => {
                office.show(&touched).await;
                return Ok(true);
            }
            // Somebody was faster with this time, or with this person.
            Err(Refused::Time(_)) => steps::look_again(office, entry.studio, start).await,
            Err(Refused::Changed) => return Ok(false),
            Err(Refused::Store(error)) => return Err(error.into()),
            Err(other) => return Err(Failed { why: other.to_string(), hopeless: false }),
        }
    }
    Ok(false)
}

/// Keeps a time for somebody, of the length of the visit they have where they have one, and writes to them.
fn keep(
    desk: &mut Desk<'_, '_>,
    entry: Entry,
    wish: &Wish,
    minutes: Option<u32>,
    until_us: i64,
) -> Result<Touched, Refused> {
    // Who has a visit moves it, whether or not its service is one that clients book themselves.
    let how = (minutes, minutes.is_some());
    let held = book::hold_until(desk.tx, desk.practice, wish, how, until_us, &mut desk.fresh)?;
    let (studio, thing_id) = (Some(entry.studio), entry.id);
    let code = held.appointment.code.clone();
    let offer = Offer { code: code.clone(), start_us: held.appointment.span.start_us, until_us };
    let now_us = Fresh::now_us(&desk.fresh);
    let after = Entry { status: Status::Offered, offer: Some(offer), ..entry };
    if !waiting::change(desk.tx, &after, now_us)? {
        return Err(Refused::Changed);
    }
    desk.note(
        &Who::Program,
        &Event { studio, thing: "waiting", thing_id, what: "offer", why: None, sealed: None },
    )?;
    let mail = NewJob { kind: waiting::MAIL, about: thing_id, body: code, due_us: now_us };
    jobs::add(desk.tx, &[mail], &mut desk.fresh)?;
    Ok(held.touched)
}

/// Takes somebody off the list whose visit is not to come any more.
async fn leave(office: &Office, entry: Entry) -> Result<(), Failed> {
    office
        .write(move |desk| {
            let after = Entry { status: Status::Left, offer: None, ..entry };
            let now_us = desk.fresh.now_us();
            waiting::change(desk.tx, &after, now_us).map(|_| ())
        })
        .await
        .map_err(|e: hairline_studio::store::Error| e.into())
}
