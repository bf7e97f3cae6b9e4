//! Jobs on both databases: each is done by one, none is lost with whoever was to do it; and what else is kept for mail,
//! calendars and the waiting list comes back as it went in.

mod common;
#[path = "common/fixture.rs"]
mod fixture;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::{NOW_US, TestStore, on_both};
use fixture::{Fixture, now, set_up, time};
use hairline_studio::practice::{Practice, Subscriber};
use hairline_studio::span::{HOUR_US, MINUTE_US};
use hairline_studio::store::book::{self, Refused};
use hairline_studio::store::feeds::{self, Of};
use hairline_studio::store::jobs::{self, Counts, Job, MOST_TRIES, NewJob, Which};
use hairline_studio::store::second_looks::{self, Look};
use hairline_studio::store::waiting::{self, Asked, Entry, Offer, Status, Wanted};
use hairline_studio::store::webhooks::{self, Delivery};
use hairline_studio::store::{Error, Tx};
use uuid::Uuid;

const KIND: &str = "test.work";

fn at<T: Send + 'static>(
    t: &TestStore,
    fx: &Arc<Fixture>,
    minutes: i64,
    work: impl FnOnce(&mut Tx<'_>, i64) -> Result<T, Error> + Send + 'static,
) -> T {
    fx.write(&t.store, now(minutes), move |tx, _, fresh| work(tx, fresh.now_us())).expect("kept")
}

fn add(t: &TestStore, fx: &Arc<Fixture>, n: usize) {
    let about = fx.chain().0;
    fx.write(&t.store, now(0), move |tx, _, fresh| {
        let jobs: Vec<NewJob<'_>> = (0..n)
            .map(|_| NewJob { kind: KIND, about, body: String::new(), due_us: fresh.now_us() })
            .collect();
        jobs::add(tx, &jobs, fresh)
    })
    .expect("added");
}

fn lease(t: &TestStore, fx: &Arc<Fixture>, minutes: i64, worker: &'static str, most: i64) -> Vec<Job> {
    at(t, fx, minutes, move |tx, now_us| {
        jobs::lease(tx, worker, &[KIND, "test.other"], most, 2 * MINUTE_US, now_us)
    })
}

#[test]
fn many_who_work_side_by_side_get_each_job_once() {
    on_both(|t| {
        let fx = set_up(t);
        add(t, &fx, 200);
        let taken: Vec<Uuid> = std::thread::scope(|scope| {
            let workers: Vec<_> = ["a", "b", "c", "d", "e", "f", "g", "h"]
                .map(|name| {
                    let (t, fx) = (&t, &fx);
                    scope.spawn(move || {
                        let mut mine = Vec::new();
                        loop {
                            let jobs = lease(t, fx, 0, name, 3);
                            if jobs.is_empty() {
                                return mine;
                            }
                            for job in jobs {
                                mine.push(job.id);
                                assert!(at(t, fx, 0, move |tx, us| jobs::done(tx, job.id, name, None, us)));
                            }
                        }
                    })
                })
                .into();
            workers.into_iter().flat_map(|w| w.join().expect("no panic")).collect()
        });
        // With rows locked by others a look may find fewer than there are, and never one twice.
        assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), taken.len());
        let left = at(t, &fx, 0, |tx, us| jobs::counts(tx, None, us)).due;
        assert_eq!(usize::try_from(left).expect("few") + taken.len(), 200);
    });
}

#[test]
fn a_job_outlives_who_took_it_and_the_dead_cannot_speak_for_it() {
    on_both(|t| {
        let fx = set_up(t);
        add(t, &fx, 1);
        let first = lease(t, &fx, 0, "killed", 5).remove(0);
        assert_eq!((first.tries, lease(t, &fx, 1, "other", 5)), (1, vec![]), "it is somebody's");
        // Two minutes later the lease is over.
        let again = lease(t, &fx, 3, "other", 5).remove(0);
        assert_eq!((again.id, again.tries), (first.id, 2));
        let id = first.id;
        assert!(!at(t, &fx, 3, move |tx, us| jobs::done(tx, id, "killed", None, us)), "it is another's now");
        assert!(at(t, &fx, 3, move |tx, us| jobs::renew(tx, id, "other", us + 10 * MINUTE_US)));
        assert_eq!(lease(t, &fx, 8, "third", 5), vec![], "it is kept for longer");
        assert!(at(t, &fx, 9, move |tx, us| jobs::done(tx, id, "other", Some("nothing to do"), us)));
        let done = at(t, &fx, 9, |tx, us| jobs::list(tx, Which::Done, None, 10, us));
        assert_eq!(done.len(), 1);
        assert_eq!(
            (done[0].note.as_deref(), done[0].done_us),
            (Some("nothing to do"), Some(NOW_US + 9 * MINUTE_US))
        );
        // A month later it is forgotten.
        assert_eq!(at(t, &fx, 31 * 24 * 60, jobs::forget), 1);
    });
}

#[test]
fn a_job_that_fails_comes_again_later_and_later_and_then_waits_for_a_person() {
    on_both(|t| {
        let fx = set_up(t);
        add(t, &fx, 1);
        let (mut minutes, mut waits) = (0, Vec::new());
        while let Some(job) = lease(t, &fx, minutes, "w", 1).pop() {
            let (id, tries) = (job.id, job.tries);
            at(t, &fx, minutes, move |tx, us| jobs::failed(tx, &job, "w", "no answer", false, us));
            if tries == MOST_TRIES {
                assert!(at(t, &fx, minutes, move |tx, us| jobs::retry(tx, id, us)));
                break;
            }
            waits.push(jobs::wait_us(tries) / MINUTE_US);
            minutes += jobs::wait_us(tries) / MINUTE_US;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240, 240, 240, 240, 240]);
        // Somebody pressed "try again": it counts from the beginning.
        let job = lease(t, &fx, minutes, "w", 1).remove(0);
        assert_eq!(job.tries, 1);
        let id = job.id;
        assert!(!at(t, &fx, minutes, move |tx, us| jobs::give_up(tx, id, us)), "it is under way");
        at(t, &fx, minutes, move |tx, us| jobs::failed(tx, &job, "w", "no such address", true, us));
        let counts = at(t, &fx, minutes, |tx, us| jobs::counts(tx, None, us));
        assert_eq!(counts, Counts { due: 0, later: 0, failed: 1 });
        let failed = at(t, &fx, minutes, |tx, us| jobs::list(tx, Which::Failed, None, 10, us));
        assert_eq!(failed[0].note.as_deref(), Some("no such address"));
        assert!(at(t, &fx, minutes, move |tx, us| jobs::give_up(tx, id, us)));
        assert_eq!(at(t, &fx, minutes, |tx, us| jobs::counts(tx, None, us)), Counts::default());
    });
}

#[test]
fn a_job_given_back_counts_as_not_tried_and_a_manager_sees_those_of_their_studio() {
    on_both(|t| {
        let fx = set_up(t);
        let (client, newer) = (fx.clients[0], fx.clients[1]);
        let book = |who, with, start| {
            let wish = fx.wish(with, fx.consultation, time(start));
            fx.write(&t.store, now(0), move |tx, fx, fresh| {
                book::book(tx, fx.desk(&fx.owner), &wish, who, None, None, fresh)
            })
            .expect("booked")
            .appointment
        };
        let berlin = book(client, fx.anna, "2026-12-03T10:00:00Z");
        book(newer, fx.cleo, "2026-12-03T16:00:00Z");
        let mine = vec![fx.berlin];
        let of = mine.clone();
        let lines = at(t, &fx, 0, move |tx, us| jobs::list(tx, Which::Due, Some(&of), 10, us));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(
            (lines[0].kind.as_str(), lines[0].studio, lines[0].client, lines[0].start_us),
            ("mail.booked", Some(fx.berlin), Some(client), Some(berlin.span.start_us))
        );
        let of = mine.clone();
        let counts = at(t, &fx, 0, move |tx, us| jobs::counts(tx, Some(&of), us));
        assert_eq!((counts.due, counts.later), (1, 3), "two reminders and a second look");
        assert_eq!(at(t, &fx, 0, |tx, us| jobs::counts(tx, None, us)).due, 2);
        let id = lines[0].id;
        assert_eq!(at(t, &fx, 0, move |tx, _| jobs::studio_of(tx, id)), Some(Some(fx.berlin)));

        let kinds = ["mail.booked"];
        assert!(at(t, &fx, 0, move |tx, us| jobs::any_due(tx, &kinds, us)));
        assert!(!at(t, &fx, 0, move |tx, us| jobs::any_due(tx, &["mail.moved"], us)));
        let job = at(t, &fx, 0, move |tx, us| jobs::lease(tx, "w", &kinds, 1, HOUR_US, us)).remove(0);
        let id = job.id;
        at(t, &fx, 0, move |tx, _| jobs::give_back(tx, id, "w"));
        let again = at(t, &fx, 0, move |tx, us| jobs::lease(tx, "v", &kinds, 2, HOUR_US, us));
        assert_eq!(again.iter().find(|j| j.id == id).map(|j| j.tries), Some(1));
    });
}

#[test]
fn who_waits_is_asked_in_order_and_two_changes_of_one_entry_do_not_both_stand() {
    on_both(|t| {
        let fx = set_up(t);
        let wanted = Wanted { days: [true; 7], from_min: 0, to_min: 1439 };
        let asked = Asked {
            studio: fx.berlin,
            client: fx.clients[0],
            service: fx.consultation,
            practitioner: Some(fx.anna),
            visit: None,
            wanted,
        };
        let looks = |t: &TestStore| {
            at(t, &fx, 60, |tx, us| jobs::lease(tx, "w", &[waiting::LOOK], 10, HOUR_US, us)).len()
        };
        let mut entries = Vec::new();
        for minutes in [0, 1] {
            let asked = asked.clone();
            let entry = fx.write(&t.store, now(minutes), move |tx, _, fresh| waiting::add(tx, &asked, fresh));
            entries.push(entry.expect("added"));
        }
        assert_eq!(looks(t), 1, "one look serves both");
        let open = at(t, &fx, 2, |tx, _| waiting::open(tx));
        assert_eq!(open.iter().map(|e| e.id).collect::<Vec<_>>(), [entries[0].id, entries[1].id]);
        assert_eq!(open[0].wanted, asked.wanted);

        let offer = Offer { code: "BBBB-BBBB-BBBB-BBBB".to_owned(), start_us: 5, until_us: 9 };
        let offered =
            Entry { status: Status::Offered, offer: Some(offer), passed: vec![1, 2], ..open[0].clone() };
        let first = offered.clone();
        assert!(at(t, &fx, 2, move |tx, us| waiting::change(tx, &first, us)));
        let stale = Entry { status: Status::Left, ..open[0].clone() };
        assert!(!at(t, &fx, 2, move |tx, us| waiting::change(tx, &stale, us)), "it was changed meanwhile");
        let code = offered.code.clone();
        let read = at(t, &fx, 2, move |tx, _| waiting::by_code(tx, &code)).expect("there");
        assert_eq!(read, Entry { version: 2, ..offered });
    });
}

#[test]
fn calendars_are_found_by_the_hash_of_their_secret_until_they_are_ended() {
    on_both(|t| {
        let fx = set_up(t);
        let about = fx.anna.0;
        let feed = fx
            .write(&t.store, now(0), move |tx, _, fresh| {
                feeds::add(tx, Of::Practitioner, about, &[7; 32], fresh)
            })
            .expect("added");
        let id = feed.id;
        assert_eq!(at(t, &fx, 0, |tx, _| feeds::find(tx, &[7; 32])), Some(feed.clone()));
        assert_eq!(at(t, &fx, 0, |tx, _| feeds::find(tx, &[8; 32])), None);
        assert!(feeds::is_to_note(&feed, NOW_US));
        at(t, &fx, 5, move |tx, us| feeds::used(tx, id, us));
        let read = at(t, &fx, 6, move |tx, _| feeds::of(tx, about)).remove(0);
        assert!(
            !feeds::is_to_note(&read, NOW_US + 64 * MINUTE_US)
                && feeds::is_to_note(&read, NOW_US + 65 * MINUTE_US)
        );
        at(t, &fx, 6, move |tx, _| feeds::revoke(tx, id));
        assert_eq!(at(t, &fx, 6, |tx, _| feeds::of_staff(tx)), vec![]);

        let wish = fx.wish(fx.anna, fx.consultation, time("2026-12-03T10:00:00Z"));
        let client = fx.clients[0];
        let visit = fx
            .write(&t.store, now(0), move |tx, fx, fresh| {
                let booked = book::book(tx, fx.desk(&fx.owner), &wish, client, None, None, fresh)?;
                second_looks::keep(tx, Look { visit: booked.appointment.id, at_us: 1, open: 2 })?;
                second_looks::keep(tx, Look { visit: booked.appointment.id, at_us: 3, open: 0 })?;
                Ok::<_, Refused>(booked.appointment.id)
            })
            .expect("kept");
        let look = at(t, &fx, 0, move |tx, _| second_looks::of(tx, &[visit]));
        assert_eq!(look, vec![Look { visit, at_us: 3, open: 0 }], "the later look stands");
    });
}

#[test]
fn who_is_told_of_a_visit_is_told_in_its_transaction_and_again_when_asked() {
    on_both(|t| {
        let fx = set_up(t);
        let add = |minutes, studio, url: &'static str| {
            let added = fx.write(&t.store, now(minutes), move |tx, fx, fresh| {
                let id = fresh.id();
                webhooks::add(tx, &fx.vault, id, studio, url, "whsec_c2VjcmV0", fresh)?;
                Ok::<_, Error>(id)
            });
            added.expect("added")
        };
        let all = add(0, None, "https://all.example/hush");
        let away = add(1, Some(fx.new_york), "https://away.example/");
        let told = fx.read(&t.store, |tx, fx| Ok(webhooks::all(tx, &fx.vault)?));
        let urls: Vec<(Uuid, &str)> = told.iter().map(|w| (w.id, w.url.as_str())).collect();
        assert_eq!(urls, [(all, "https://all.example/hush"), (away, "https://away.example/")]);
        assert_eq!(told[0].secret, "whsec_c2VjcmV0");

        let (wish, client) = (fx.wish(fx.anna, fx.consultation, time("2026-11-27T10:00:00Z")), fx.clients[0]);
        let book = || {
            fx.write(&t.store, now(0), move |tx, fx, fresh| {
                let webhooks = vec![
                    Subscriber { id: all, studio: None },
                    Subscriber { id: away, studio: Some(fx.new_york) },
                ];
                let practice = Practice { webhooks, ..fx.practice.clone() };
                let desk = book::Desk { practice: &practice, ..fx.desk(&fx.manager) };
                book::book(tx, desk, &wish, client, None, None, fresh)
            })
        };
        let visit = book().expect("free").appointment;
        assert!(matches!(book(), Err(Refused::Time(_))), "taken");
        let sent = |of: Uuid| at(t, &fx, 0, move |tx, _| webhooks::deliveries(tx, of, 9));
        let first: Vec<Delivery> = sent(all);
        assert_eq!((first.len(), sent(away).len()), (1, 0), "what was undone is not told");
        for part in ["\"visit.booked\"", &visit.id.0.to_string(), "\"starts\":\"2026-11-27T10:00:00Z\""] {
            assert!(first[0].body.contains(part), "{part} in {}", first[0].body);
        }
        assert!(!first[0].body.contains(&visit.code), "the code lets its holder change the visit");

        let send = |minutes| -> Vec<Uuid> {
            at(t, &fx, minutes, |tx, now_us| {
                let leased = jobs::lease(tx, "a", &[webhooks::SEND], 9, MINUTE_US, now_us)?;
                for job in &leased {
                    assert!(jobs::done(tx, job.id, "a", None, now_us)?);
                }
                Ok(leased.into_iter().map(|job| job.id).collect())
            })
        };
        assert_eq!((send(1), send(2)), (vec![first[0].id], vec![]), "taken once");
        let again = |since: i64, at_min: i64| {
            let since_us = now(since).as_microsecond();
            at(t, &fx, at_min, move |tx, now_us| webhooks::replay(tx, all, since_us, now_us))
        };
        assert_eq!((again(1, 3), send(3)), (0, vec![]), "nothing since then");
        assert_eq!((again(0, 4), send(4)), (1, vec![first[0].id]), "with the same id");
        assert_eq!(sent(all)[0].body, first[0].body);

        let (removed, twice) =
            at(t, &fx, 5, move |tx, _| Ok((webhooks::remove(tx, all)?, webhooks::remove(tx, all)?)));
        assert_eq!((removed, twice, sent(all).len()), (true, false, 0));
    });
}

/// A clock that jumps. What was taken while it was far ahead is taken again once it is right, and not a year later; where it
/// jumps ahead under a job at work, one of two ends it.
#[test]
fn a_clock_that_jumps_loses_no_job_and_ends_none_twice() {
    on_both(|t| {
        let fx = set_up(t);
        add(t, &fx, 2);
        let year = 366 * 24 * 60;
        let lost = lease(t, &fx, year, "killed", 1).remove(0);
        let done = lease(t, &fx, year, "alive", 1).remove(0).id;
        assert!(at(t, &fx, year, move |tx, us| jobs::done(tx, done, "alive", None, us)));
        assert!(at(t, &fx, 1, |tx, us| jobs::any_due(tx, &[KIND], us)), "it is not left to the killed one");
        let again = lease(t, &fx, 1, "other", 5);
        assert_eq!(again.iter().map(|job| job.id).collect::<Vec<_>>(), [lost.id], "what is done stays done");
        // An hour ahead at once: the lease seems over.
        let third = lease(t, &fx, 61, "third", 5).remove(0).id;
        assert_eq!(third, lost.id);
        assert!(!at(t, &fx, 2, move |tx, us| jobs::done(tx, third, "other", None, us)));
        assert!(at(t, &fx, 2, move |tx, us| jobs::done(tx, third, "third", None, us)));
        assert_eq!(at(t, &fx, year, |tx, us| jobs::counts(tx, None, us)), Counts::default());
    });
}
