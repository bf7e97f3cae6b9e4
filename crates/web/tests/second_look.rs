//! The second look, three days before a visit: what the job finds is what the staff see on the day's page and what the studio is
//! mailed.

mod post;
mod practice;
mod visitor;

use std::time::{Duration, Instant};

use hairline_studio::booking::State;
use hairline_studio::gates::ServiceKind;
use hairline_studio::ids::AppointmentId;
use hairline_studio::permission::Role;
use hairline_studio::span::{HOUR_US, Span};
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::jobs::{self, NewJob};
use hairline_studio::store::second_looks::{self, Look};
use hairline_studio::store::{Error, clients, events};
use hairline_studio::values;
use hairline_web::Config;
use hairline_web::jobs::runner::Runner;
use hairline_web::jobs::second_look::KIND;
use post::PostOffice;
use visitor::{Demo, Visitor, demo, with_app};

/// Visits of the next three days, at every studio.
async fn soon(demo: &Demo) -> Vec<Appointment> {
    let found: Result<Vec<Appointment>, Error> = demo
        .office
        .read(|desk| {
            let now_us = desk.fresh.now_us();
            let span = Span { start_us: now_us + 4 * HOUR_US, end_us: now_us + 71 * HOUR_US };
            let mut all = Vec::new();
            for studio in &desk.practice.studios {
                all.extend(appointments::of_studio(desk.tx, studio.id, span)?);
            }
            Ok(all)
        })
        .await;
    found.expect("read").into_iter().filter(|v| v.state == State::Booked && v.client.is_some()).collect()
}

/// Has visits looked at, as if their three days had just begun; what was found, once it was.
async fn look(demo: &Demo, visits: Vec<AppointmentId>) -> Vec<Look> {
    let about = visits.clone();
    let since: Result<i64, Error> = demo
        .office
        .write(move |desk| {
            let due_us = desk.fresh.now_us();
            let job = |id: &AppointmentId| NewJob { kind: KIND, about: id.0, body: String::new(), due_us };
            jobs::add(desk.tx, &about.iter().map(job).collect::<Vec<_>>(), &mut desk.fresh)?;
            Ok(due_us)
        })
        .await;
    let since_us = since.expect("written");
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let asked = visits.clone();
        let found: Result<Vec<Look>, Error> =
            demo.office.read(move |desk| second_looks::of(desk.tx, &asked)).await;
        let found: Vec<Look> = found.expect("read").into_iter().filter(|l| l.at_us >= since_us).collect();
        if found.len() == visits.len() {
            return found;
        }
        assert!(Instant::now() < end, "{} of {} were looked at", found.len(), visits.len());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_still_open_three_days_before_is_on_the_days_page_and_mailed_to_the_studio() {
    let post = PostOffice::open();
    let demo = demo(Config { sign_in_limit: None, ..post.config() });
    let cleared: Result<u64, Error> =
        demo.office.write(|desk| desk.tx.execute("delete from jobs", &[])).await;
    assert!(cleared.expect("written") > 0, "only what is tried here is done");
    let runner = Runner::start(demo.app.clone());

    // Sessions of whom nothing is open: the look says so, and nobody is mailed.
    let practice = demo.office.practice();
    let session =
        |v: &Appointment| practice.service(v.service).is_some_and(|s| s.kind == ServiceKind::Session);
    let visits: Vec<Appointment> = soon(&demo).await.into_iter().filter(session).collect();
    assert!(!visits.is_empty(), "the demonstration has sessions in the next three days");
    let looks = look(&demo, visits.iter().map(|v| v.id).collect()).await;
    let open = looks.iter().filter(|look| look.open > 0).count();
    let clear = looks.iter().find(|look| look.open == 0).expect("somebody has done everything");
    let visit = visits.iter().find(|v| v.id == clear.visit).expect("it was asked for").clone();
    let studio = practice.studio(visit.studio).expect("there").clone();
    let mut owner = Visitor::as_role(&demo, Role::Owner).await;
    with_app(&mut owner).await;
    let path = format!("/staff?studio={}&day={}", studio.slug, visit.wall.date());
    let client = visit.client.expect("somebody");
    let who: Result<(String, String), Error> = demo
        .office
        .read(move |desk| {
            let client = clients::by_id(desk.tx, desk.vault, client)?.ok_or(Error::Reference)?;
            Ok((client.code, client.person.ok_or(Error::Reference)?.name))
        })
        .await;
    let (code, name) = who.expect("on record");
    // What the page says of one client's visit.
    let line = |page: &str| -> String {
        let own = |part: &&str| part.contains(&format!("href=\"/staff/clients/{code}\""));
        let all: Vec<&str> = page.split("<li class=\"card visit\">").filter(own).collect();
        assert_eq!(all.len(), 1, "{page}");
        all[0].to_owned()
    };
    let page = owner.page(&path).await;
    assert!(line(&page).contains(": nothing was open"), "{}", line(&page));

    // Their consultation turns out not to be on record.
    let gone: Result<u64, Error> = demo
        .office
        .write(move |desk| {
            let sql = "delete from evidence where client_id = $1 and gate = 'consultation'";
            desk.tx.execute(sql, values![client])
        })
        .await;
    assert!(gone.expect("written") > 0, "it was there");
    assert_eq!(look(&demo, vec![visit.id]).await[0].open, 1);
    let page = owner.page(&path).await;
    let line = line(&page);
    assert!(line.contains(": one thing was open") && line.contains("onsultation"), "{line}");

    let mails = post.mails(open + 1);
    let of = |mail: &&serde_json::Value| mail["to"].as_str().is_some_and(|to| to.contains(&studio.email));
    let when = visit.wall.strftime("%A %-d %B %Y, %H:%M").to_string();
    let subject = format!("Still open before {when}");
    let mail =
        mails.iter().filter(of).find(|m| m["subject"] == subject.as_str()).expect("the studio is told");
    let text = mail["text"][0].as_str().expect("text");
    assert!(text.contains("One thing is still open") && text.contains(&path), "{text}");
    assert!(!text.contains(&name) && !text.contains("onsultation"), "who and what stay on the page: {text}");
    let id = visit.id.0;
    let history: Result<usize, Error> = demo
        .office
        .read(move |desk| Ok(events::of(desk.tx, id)?.iter().filter(|e| e.what == "second_look").count()))
        .await;
    assert_eq!(history.expect("read"), 2, "each look is on record");
    runner.end().await;
}
