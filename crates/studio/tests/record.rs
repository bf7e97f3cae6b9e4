//! The record beside the visits, on both stores: notes, files, plans and their job, pictures in public, the end of a course.

mod common;
#[path = "common/fixture.rs"]
mod fixture;

use std::sync::Arc;

use common::{NOW_US, TestStore, on_both};
use fixture::{Fixture, now, seen, set_up, time};
use hairline_studio::booking::Edge;
use hairline_studio::files::kind::Kind;
use hairline_studio::files::{FileId, Stored};
use hairline_studio::gates::{
    Earlier, Evidence, Finding, Gate, Moment, ServiceKind, Standing, Subject, evaluate,
};
use hairline_studio::ids::{ClientId, Fresh};
use hairline_studio::seal::DataKey;
use hairline_studio::span::DAY_US;
use hairline_studio::store::book::{self, Refused};
use hairline_studio::store::clients::{self, Client};
use hairline_studio::store::courses::{self, NewCourse, Session, Status};
use hairline_studio::store::events::{self, Who};
use hairline_studio::store::files::{self, File, What};
use hairline_studio::store::{Error, Tx, evidence, jobs, notes, plans, shown};
use uuid::Uuid;

const DAY_MIN: i64 = 1440;

fn record(tx: &mut Tx<'_>, fx: &Fixture, id: ClientId) -> Result<(Client, DataKey), Error> {
    let client = clients::by_id(tx, &fx.vault, id)?.ok_or(Error::Reference)?;
    Ok((client, clients::key(tx, &fx.vault, id)?))
}

/// A client's record in a transaction that changes it, `minutes` after the present of the tests.
fn on_record<T: Send + 'static>(
    t: &TestStore,
    fx: &Arc<Fixture>,
    minutes: i64,
    work: impl FnOnce(&mut Tx<'_>, &Fixture, (&Client, &DataKey), &mut Fresh<'_>) -> Result<T, Error>
    + Send
    + 'static,
) -> T {
    let id = fx.clients[0];
    let done = fx.write(&t.store, now(minutes), move |tx, fx, fresh| {
        let (client, key) = record(tx, fx, id)?;
        work(tx, fx, (&client, &key), fresh)
    });
    done.expect("the record takes it")
}

fn history(t: &TestStore, fx: &Arc<Fixture>, thing: Uuid) -> Vec<String> {
    fx.read(&t.store, move |tx, _| Ok(events::of(tx, thing)?.into_iter().map(|line| line.what).collect()))
}

fn file(client: &Client, fresh: &mut Fresh<'_>, what: What, of: Option<Uuid>) -> File {
    File {
        id: fresh.id(),
        client: client.id,
        studio: client.studio,
        what,
        of,
        stored: Stored { id: FileId(fresh.id()), kind: Kind::Jpeg, bytes: 7, sha256: [3; 32] },
        by: None,
        at_us: NOW_US,
        name: "front.jpeg".to_owned(),
        words: "Before".to_owned(),
    }
}

#[test]
fn a_note_sent_twice_is_one_and_is_not_there_in_plain_text() {
    on_both(|t| {
        let fx = set_up(t);
        let who = Who::Person(fx.artist.clone());
        let id = fixture::id(99);
        for new in [true, false] {
            let who = who.clone();
            let added = on_record(t, &fx, 0, move |tx, _, (client, key), fresh| {
                notes::add(tx, key, client, id, "Sleeps badly.\nAsk again.", &who, fresh)
            });
            assert_eq!(added, new);
        }
        let (kept, sealed, stranger) = on_record(t, &fx, 1, |tx, fx, (client, key), _| {
            let row = tx.query_one("select sealed from notes", &[])?;
            let sealed: Vec<u8> = row.ok_or(Error::Reference)?.take()?;
            let other = clients::key(tx, &fx.vault, fx.clients[1])?;
            Ok((notes::of(tx, key, client.id)?, sealed, notes::of(tx, &other, client.id).is_err()))
        });
        assert_eq!((kept.len(), kept[0].text.as_str()), (1, "Sleeps badly.\nAsk again."));
        assert_eq!(kept[0].by, Some(fx.anna));
        assert!(!String::from_utf8_lossy(&sealed).contains("Sleeps"));
        assert!(stranger, "another client's key does not open it");
        assert_eq!(history(t, &fx, fx.clients[0].0), ["note_written"]);
    });
}

#[test]
fn files_are_found_by_sort_and_by_what_they_are_made_of_and_go_together() {
    on_both(|t| {
        let fx = set_up(t);
        let (photo, thumbnail) = on_record(t, &fx, 0, |tx, _, (client, key), fresh| {
            let photo = file(client, fresh, What::Photo, None);
            assert!(files::add(tx, key, &photo, fresh)?);
            assert!(!files::add(tx, key, &photo, fresh)?, "sent twice");
            let thumbnail = file(client, fresh, What::Thumbnail, Some(photo.id));
            files::add(tx, key, &thumbnail, fresh)?;
            Ok((photo, thumbnail))
        });
        let (one, small) = (photo.clone(), thumbnail.clone());
        on_record(t, &fx, 1, move |tx, fx, (client, key), _| {
            assert_eq!(files::of_client(tx, key, client.id, &[What::Photo, What::Scan])?, vec![one.clone()]);
            assert_eq!(files::made_of(tx, key, &[one.id])?, vec![small.clone()]);
            let (found, whose, _) = files::by_id(tx, &fx.vault, one.id)?.ok_or(Error::Reference)?;
            assert_eq!((found, whose.id), (one.clone(), client.id));
            let objects = files::objects(tx)?;
            assert!(objects.contains(&one.stored.id.0) && objects.len() == 2);
            files::remove(tx, one.id)?;
            assert!(files::objects(tx)?.is_empty());
            Ok(())
        });
    });
}

fn ask(t: &TestStore, fx: &Arc<Fixture>, id: Uuid, minutes: i64) -> i64 {
    let who = Who::Person(fx.artist.clone());
    on_record(t, fx, minutes, move |tx, _, (client, key), fresh| {
        plans::ask(tx, key, client, id, "look = \"shaved\"", "", &who, fresh)
    })
}

#[test]
fn a_plan_is_asked_made_and_accepted_and_its_versions_count_up() {
    on_both(|t| {
        let fx = set_up(t);
        let (first, second) = (fixture::id(90), fixture::id(91));
        assert_eq!([ask(t, &fx, first, 0), ask(t, &fx, first, 1), ask(t, &fx, second, 2)], [1, 1, 2]);
        let session = fx.session;
        let sessions = [240, 180].map(|minutes| Session {
            service: session,
            minutes,
            gap_min_days: 14,
            gap_max_days: 42,
            lead_days: 7,
        });
        let who = Who::Person(fx.artist.clone());
        on_record(t, &fx, 3, move |tx, _, (client, key), fresh| {
            let plan = |tx: &mut Tx<'_>| plans::by_id(tx, key, first)?.ok_or(Error::Reference);
            let asked = plan(tx)?;
            assert_eq!((asked.status, asked.progress), (plans::Status::Asked, 0));
            assert!(!plans::accept(tx, client, &asked, &sessions, &who, fresh)?, "not planned yet");
            assert_eq!(plans::accepted(tx, client.id)?, None);
            plans::progress(tx, first, 3)?;
            assert_eq!(plan(tx)?.progress, 3);
            plans::finish(tx, key, client, &asked, Ok(serde_json::json!({"dots": 7})), fresh)?;
            let done = plan(tx)?;
            assert_eq!((done.status, done.done_us), (plans::Status::Done, Some(now(3).as_microsecond())));
            assert_eq!(done.content.numbers, Some(serde_json::json!({"dots": 7})));
            assert!(plans::accept(tx, client, &done, &sessions, &who, fresh)?);
            assert!(!plans::accept(tx, client, &done, &sessions, &who, fresh)?, "once is enough");
            assert_eq!(plans::accepted(tx, client.id)?, Some((1, sessions.to_vec())));
            let failing = plans::by_id(tx, key, second)?.ok_or(Error::Reference)?;
            plans::finish(tx, key, client, &failing, Err("nothing to treat".to_owned()), fresh)?;
            let all = plans::of(tx, key, client.id)?;
            assert_eq!(all.iter().map(|p| p.number).collect::<Vec<_>>(), [2, 1]);
            assert_eq!(all[0].content.failed.as_deref(), Some("nothing to treat"));
            Ok(())
        });
        let told = history(t, &fx, fx.clients[0].0);
        assert_eq!(told, ["plan_asked", "plan_asked", "plan_made", "plan_accepted", "plan_failed"]);
    });
}

#[test]
fn a_lost_plan_job_is_taken_up_again_and_the_one_who_lost_it_can_no_longer_end_it() {
    on_both(|t| {
        let fx = set_up(t);
        ask(t, &fx, fixture::id(90), 0);
        let minute_us = 60_000_000;
        let lease = |worker: &'static str, minutes: i64| {
            on_record(t, &fx, minutes, move |tx, _, _, fresh| {
                jobs::lease_one(tx, plans::JOB, worker, minute_us, fresh.now_us())
            })
        };
        let job = lease("a", 1).expect("due");
        assert_eq!((job.about, job.tries), (fixture::id(90), 1));
        assert_eq!(lease("b", 1), None, "one process has it");
        let again = lease("b", 3).expect("the lease ran out");
        assert_eq!((again.id, again.tries), (job.id, 2));
        let id = job.id;
        fx.write(&t.store, now(3), move |tx, _, _| {
            assert!(!jobs::renew(tx, id, "a", now(9).as_microsecond())?);
            assert!(!jobs::done(tx, id, "a", None, now(3).as_microsecond())?);
            assert!(jobs::renew(tx, id, "b", now(9).as_microsecond())?);
            jobs::give_back(tx, id, "b")
        })
        .expect("noted");
        let third = lease("c", 3).expect("given back at once");
        assert_eq!(third.tries, 2, "a try given back does not count");
        fx.write(&t.store, now(4), move |tx, _, _| {
            assert!(jobs::done(tx, id, "c", None, now(4).as_microsecond())?);
            Ok::<_, Error>(())
        })
        .expect("done");
        assert_eq!(lease("d", 100), None);
    });
}

#[test]
fn withdrawing_consent_takes_every_picture_down_and_new_ones_need_it_anew() {
    on_both(|t| {
        let fx = set_up(t);
        let who = Who::Person(fx.manager.clone());
        on_record(t, &fx, 0, move |tx, _, (client, key), fresh| {
            let photo = file(client, fresh, What::Photo, None);
            files::add(tx, key, &photo, fresh)?;
            let consent = shown::give(tx, key, client, "On paper.", &who, fresh)?;
            assert_eq!(shown::give(tx, key, client, "Again.", &who, fresh)?, consent, "one stands already");
            for caption in ["Before.", "Healed."] {
                let public = file(client, fresh, What::Public, Some(photo.id));
                files::add(tx, key, &public, fresh)?;
                shown::show(tx, client, consent, (public.id, caption, false), &who, fresh)?;
            }
            let studio = shown::of_studio(tx, client.studio, 10)?;
            let captions: Vec<&str> = studio[0].iter().map(|p| p.caption.as_str()).collect();
            assert_eq!((studio.len(), captions), (1, vec!["Before.", "Healed."]));
            let code = studio[0][0].code.clone();
            assert!(shown::by_code(tx, &code)?.is_some());
            assert!(shown::hide(tx, client, studio[0][1].id, &who, fresh)?);
            assert!(!shown::hide(tx, client, studio[0][1].id, &who, fresh)?);
            assert_eq!(shown::of_client(tx, client.id)?.len(), 1);

            assert!(shown::withdraw(tx, client, &who, fresh)?);
            assert!(!shown::withdraw(tx, client, &who, fresh)?);
            assert_eq!(shown::by_code(tx, &code)?, None);
            assert!(shown::of_studio(tx, client.studio, 10)?.is_empty());
            assert_eq!(shown::consent(tx, key, client.id)?, None);
            let left = files::of_client(tx, key, client.id, &[What::Photo, What::Public])?;
            assert_eq!(left, [photo], "the client's own photo stays, the public ones go");
            assert_ne!(shown::give(tx, key, client, "Anew.", &who, fresh)?, consent);
            Ok(())
        });
    });
}

#[test]
fn a_course_is_done_when_its_result_is_reviewed_and_not_before() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        let session = |minutes| Session {
            service: fx.session,
            minutes,
            gap_min_days: 7,
            gap_max_days: 40,
            lead_days: 7,
        };
        let sessions = vec![session(240), session(120)];
        let wishes: Vec<_> = ["2026-12-01T09:00:00Z", "2026-12-15T09:00:00Z"]
            .iter()
            .map(|at| fx.wish(fx.anna, fx.session, time(at)))
            .collect();
        let course = fx
            .write(&t.store, now(0), move |tx, fx, fresh| {
                courses::book_course(
                    tx,
                    fx.desk(&fx.manager),
                    &NewCourse { client, sessions: &sessions, wishes: &wishes, beside: 0 },
                    None,
                    fresh,
                )
            })
            .expect("booked");
        let id = course.course.id;
        let review = |at: &'static str| {
            fx.write(&t.store, now(0), move |tx, fx, fresh| {
                let wish = fx.wish(fx.anna, fx.review, time(at));
                book::book(tx, fx.desk(&fx.manager), &wish, client, None, None, fresh)
            })
            .expect("free")
            .appointment
        };
        let (early, last) = (review("2026-12-08T15:00:00Z"), review("2027-01-12T10:00:00Z"));
        let status = || fx.read(&t.store, move |tx, _| Ok(courses::by_id(tx, id)?.map(|c| c.status)));
        // In the order of time; a review between sessions ends nothing.
        let order = [course.visits[0].clone(), early, course.visits[1].clone(), last];
        for (n, visit) in order.into_iter().enumerate() {
            let minutes = (visit.span.start_us - NOW_US) / 60_000_000;
            assert!(minutes < 60 * DAY_MIN);
            fx.write(&t.store, now(minutes), move |tx, fx, fresh| {
                let us = fresh.now_us();
                for (gate, since) in [
                    (Gate::Screening, None),
                    (Gate::Consent, None),
                    (Gate::IdAndAge, None),
                    // Looked at eight days after the session that healed.
                    (Gate::HealedReview, Some(us - 8 * DAY_US)),
                ] {
                    seen(tx, &fx.vault, fx.berlin, client, (gate, us, since), fresh)?;
                }
                let desk = fx.desk(&fx.manager);
                let here = book::take_edge(tx, desk, visit, Edge::CheckIn, None, fresh)?.appointment;
                book::take_edge(tx, desk, here, Edge::Finish, None, fresh)?;
                Ok::<_, Refused>(())
            })
            .unwrap_or_else(|e| panic!("visit {n}: {e}"));
            let expected = if n == 3 { Status::Done } else { Status::Active };
            assert_eq!(status(), Some(expected), "after visit {n}");
        }
        assert_eq!(history(t, &fx, id.0), ["book", "finish"]);
    });
}

#[test]
fn a_finished_consultation_is_on_record() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        let wish = fx.wish(fx.anna, fx.consultation, time("2026-12-01T09:00:00Z"));
        let visit = fx
            .write(&t.store, now(0), move |tx, fx, fresh| {
                book::book(tx, fx.desk(&fx.manager), &wish, client, None, None, fresh)
            })
            .expect("free")
            .appointment;
        let minutes = (visit.span.start_us - NOW_US) / 60_000_000;
        let found = || {
            fx.read(&t.store, move |tx, fx| {
                let key = clients::key(tx, &fx.vault, client)?;
                let all = evidence::kept(tx, &key, client)?;
                Ok(all
                    .into_iter()
                    .map(|k| (k.evidence.gate, k.evidence.finding, k.by.is_some()))
                    .collect::<Vec<_>>())
            })
        };
        let before = found();
        fx.write(&t.store, now(minutes), move |tx, fx, fresh| {
            let desk = fx.desk(&fx.manager);
            let here = book::take_edge(tx, desk, visit, Edge::CheckIn, None, fresh)?.appointment;
            book::take_edge(tx, desk, here, Edge::Finish, None, fresh)
        })
        .expect("done");
        let after = found();
        assert_eq!(after.len(), before.len() + 1);
        assert_eq!(after.last(), Some(&(Gate::Consultation, Finding::Clear, true)));
    });
}

/// Test dots are set on the day of the visit and read later: until somebody has read them they open no session, and the days
/// until the reading count from when they were set.
#[test]
fn finished_test_dots_are_on_record_and_are_still_to_be_read() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        let book = |service, start| {
            let wish = fx.wish(fx.anna, service, time(start));
            let booked = fx.write(&t.store, now(0), move |tx, fx, fresh| {
                book::book(tx, fx.desk(&fx.manager), &wish, client, None, None, fresh)
            });
            booked.expect("free").appointment
        };
        let dots = book(fx.patch, "2026-12-01T09:00:00Z");
        let set_us = dots.span.start_us;
        let minutes = (set_us - NOW_US) / 60_000_000;
        let of_dots = || {
            fx.read(&t.store, move |tx, fx| {
                let key = clients::key(tx, &fx.vault, client)?;
                let all = evidence::kept(tx, &key, client)?;
                Ok(all.into_iter().filter(|k| k.evidence.gate == Gate::PatchTest).collect::<Vec<_>>())
            })
        };
        fx.write(&t.store, now(minutes - 30), move |tx, fx, fresh| {
            for gate in [Gate::Screening, Gate::Consent, Gate::IdAndAge] {
                seen(tx, &fx.vault, fx.berlin, client, (gate, set_us - 3_600_000_000, None), fresh)?;
            }
            Ok::<_, Error>(())
        })
        .expect("seen at the door");
        let step = |visit, edge, at| {
            let done = fx.write(&t.store, now(at), move |tx, fx, fresh| {
                book::take_edge(tx, fx.desk(&fx.artist), visit, edge, None, fresh)
            });
            done.expect("it can be done").appointment
        };
        let here = step(dots, Edge::CheckIn, minutes - 5);
        assert_eq!(of_dots(), [], "nothing is set yet");
        step(here, Edge::Finish, minutes + 15);
        let kept = of_dots();
        assert_eq!(kept.len(), 1);
        let found = kept[0].evidence;
        assert_eq!((found.finding, found.since_us), (Finding::Pending, Some(set_us)));
        assert_eq!((found.at_us, kept[0].by), (set_us + 15 * 60_000_000, Some(fx.anna)));

        // With an allergy flagged a session asks for the dots: set is not read.
        let rule = fx.practice.chain.settings.gates.clone();
        let standing = |evidence: &[Evidence], after_h: i64| {
            let subject = Subject {
                kind: ServiceKind::Session,
                start_us: set_us + 30 * DAY_US,
                allergy_flag: true,
                earlier: Earlier::First,
            };
            let at_us = set_us + after_h * 3_600_000_000;
            let all = evaluate(&rule, &subject, evidence, Moment::AtBooking, at_us);
            all.into_iter().find(|g| g.gate == Gate::PatchTest).expect("it is asked for").standing
        };
        assert_eq!(standing(&[found], 170), Standing::Missing);
        let read = Evidence { finding: Finding::Clear, at_us: set_us + 169 * 3_600_000_000, ..found };
        assert!(matches!(standing(&[found, read], 170), Standing::Met { .. }));
    });
}
