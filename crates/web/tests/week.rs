//! The week of the staff on the demonstration: what moves, what follows from it, what two people at one visit hear; new
//! visits; and a client's whole course.

mod calendar;

use axum::http::StatusCode;
use calendar::{STUDIO, demo, hidden};
use hairline_studio::booking::State;
use hairline_studio::ids::{ServiceId, StaffId};
use hairline_studio::permission::Role;
use hairline_studio::span::{DAY_US, Span};
use hairline_studio::store::appointments::Appointment;
use hairline_studio::store::courses::Session;
use hairline_studio::store::{self, book, clients, events};
use hairline_studio::store::{appointments, evidence, tickets};
use hairline_studio::values;
use hairline_web::office::now;
use jiff::ToSpan as _;

/// What moves a visit back, from the address after its move.
fn was(to: &str) -> String {
    to.split_once("moved=").expect("it was moved").1.split('#').next().unwrap_or_default().to_owned()
}

fn place(v: &Appointment) -> (Span, StaffId) {
    (v.span, v.practitioner)
}

#[tokio::test]
async fn a_visit_moves_to_free_times_only_and_back_and_two_people_hear_of_each_other() {
    let demo = demo();
    let manager = demo.sign_in(Role::Manager).await;
    let reception = demo.sign_in(Role::Reception).await;
    let mut found = None;
    for visit in demo.ahead().await {
        let picks = demo.free(&manager, &visit, visit.wall.date()).await;
        let last_of_course = visit.course.is_none();
        if picks.len() > 2 && last_of_course {
            found = Some((visit, picks));
            break;
        }
    }
    let (visit, picks) = found.expect("somebody is booked on a day that is not full");
    let day = visit.wall.date();
    let week = demo.get(&format!("/staff/week?studio={STUDIO}&view=day&day={day}"), &manager).await;
    assert!(week.body.contains(&format!("data-visit=\"{}\"", visit.code)), "the visit is drawn");
    let path = format!("/staff/visits/{}/move", visit.code);
    let back = format!("/staff/week?studio={STUDIO}&view=day&day={day}");
    let version = visit.version.to_string();
    // Without a version, and over a time that is taken by itself: nothing moves.
    let sent = [("key", "k0"), ("pick", picks[0].as_str()), ("back", back.as_str())];
    assert_eq!(demo.post(&path, &manager, &sent).await.status, StatusCode::PRECONDITION_REQUIRED);
    let night = format!("{}T01:00:00Z {}", day, visit.practitioner);
    let sent = [("key", "k1"), ("version", &version), ("pick", &night), ("back", &back)];
    assert_eq!(demo.post(&path, &manager, &sent).await.status, StatusCode::CONFLICT);
    assert_eq!(place(&demo.visit(&visit.code).await), place(&visit));
    // The move, twice by one press.
    let sent = [("key", "k2"), ("version", &version), ("pick", &picks[0]), ("back", &back)];
    let moved = demo.post(&path, &manager, &sent).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.body);
    let now_at = demo.visit(&visit.code).await;
    assert!(
        picks[0].starts_with(
            &jiff::Timestamp::from_microsecond(now_at.span.start_us).expect("a time").to_string()
        )
    );
    // Somebody who still looks at the old one is told what happened, and nothing moves.
    let seen = format!(
        "{} {}",
        jiff::Timestamp::from_microsecond(visit.span.start_us).expect("a time"),
        visit.practitioner
    );
    let late = [("key", "k3"), ("version", &version), ("pick", &picks[1]), ("back", &back), ("seen", &seen)];
    let told = demo.post(&path, &reception, &late).await;
    assert_eq!(told.status, StatusCode::PRECONDITION_FAILED);
    for words in ["Somebody was faster", "You saw it at", "Visit moved by Desmond Oyelaran"] {
        assert!(told.body.contains(words), "{words}: {}", told.body);
    }
    assert_eq!(place(&demo.visit(&visit.code).await), place(&now_at));
    // Shown with a way back, which works once.
    let shown = demo.get(moved.to.split('#').next().unwrap_or_default(), &manager).await;
    assert!(shown.body.contains("Move back"), "{}", shown.body);
    let undo = was(&moved.to);
    let sent = [("key", "k4"), ("was", undo.as_str()), ("back", back.as_str())];
    let undone = demo.post("/staff/week/back", &manager, &sent).await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER, "{}", undone.body);
    let returned = demo.visit(&visit.code).await;
    assert_eq!((place(&returned), returned.room), (place(&visit), visit.room));
    let sent = [("key", "k5"), ("was", undo.as_str()), ("back", back.as_str())];
    assert_eq!(demo.post("/staff/week/back", &manager, &sent).await.status, StatusCode::PRECONDITION_FAILED);
    // On record: booked, moved, moved.
    let id = visit.id.0;
    let lines: Result<Vec<events::Line>, store::Error> =
        demo.office.read(move |desk| events::of(desk.tx, id)).await;
    let moves = lines.expect("read").iter().filter(|l| l.what == "move").count();
    assert!(moves >= 2, "{moves}");
    // Every time that is offered takes it.
    for pick in demo.free(&manager, &returned, day).await.iter().take(4) {
        let version = demo.visit(&visit.code).await.version.to_string();
        let sent = [("key", pick.as_str()), ("version", &version), ("pick", pick), ("back", &back)];
        let answer = demo.post(&path, &manager, &sent).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{pick}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_session_that_moves_others_says_so_first_and_all_go_back_together() {
    let demo = demo();
    let manager = demo.sign_in(Role::Manager).await;
    let all = demo.ahead().await;
    let mut tried = 0;
    for first in all.iter().filter(|v| v.course.is_some()) {
        let next =
            all.iter().find(|v| v.course.map(|c| c.0) == first.course.map(|c| c.0) && v.span > first.span);
        let Some(next) = next else { continue };
        // So near to the next session that this one has to give way: less than the two weeks agreed.
        for back_days in [12, 11, 10, 9, 13, 8] {
            let day = next.wall.date().checked_sub(jiff::ToSpan::days(back_days)).expect("a day");
            let Some(pick) = demo.free(&manager, first, day).await.first().cloned() else { continue };
            tried += 1;
            let path = format!("/staff/visits/{}/move", first.code);
            let version = first.version.to_string();
            let sent = [("key", "c1"), ("version", version.as_str()), ("pick", &pick), ("back", "")];
            let asked = demo.post(&path, &manager, &sent).await;
            assert_eq!(asked.status, StatusCode::OK, "nothing is done before a word: {}", asked.body);
            assert_eq!(place(&demo.visit(&first.code).await), place(first));
            if !asked.body.contains("move with it") {
                assert!(asked.body.contains("Move this visit?"), "{}", asked.body);
                continue;
            }
            let agreed = hidden(&asked.body, "agreed");
            let sent = [
                ("key", "c2"),
                ("version", version.as_str()),
                ("pick", &pick),
                ("back", ""),
                ("agreed", &agreed),
            ];
            let moved = demo.post(&path, &manager, &sent).await;
            assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.body);
            let (one, two) = (demo.visit(&first.code).await, demo.visit(&next.code).await);
            assert_ne!(place(&one), place(first));
            assert_ne!(place(&two), place(next), "the next session gave way");
            let gap = two.wall.date().since(one.wall.date()).expect("days").get_days();
            assert!((14..=42).contains(&gap), "{gap} days");
            let undo = was(&moved.to);
            let undone =
                demo.post("/staff/week/back", &manager, &[("key", "c3"), ("was", &undo), ("back", "")]).await;
            assert_eq!(undone.status, StatusCode::SEE_OTHER, "{}", undone.body);
            assert_eq!(place(&demo.visit(&first.code).await), place(first));
            assert_eq!(place(&demo.visit(&next.code).await), place(next));
            return;
        }
    }
    panic!("no course of the demonstration flows; {tried} moves tried");
}

#[tokio::test]
async fn staff_book_for_clients_found_or_new_and_go_past_rules_only_as_the_rules_say() {
    let demo = demo();
    let manager = demo.sign_in(Role::Manager).await;
    let reception = demo.sign_in(Role::Reception).await;
    let practice = demo.practice();
    let studio = practice.studio_named(STUDIO).expect("there").id;
    let here = |name: &str| -> ServiceId {
        let all =
            practice.services.iter().filter(|s| s.name == name && practice.studios_of(s).contains(&studio));
        all.map(|s| s.id).next().expect("it is done here")
    };
    // A free time of some day.
    let mut day = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let consultation = here("Consultation").to_string();
    let (html, at) = loop {
        day = day.tomorrow().expect("a day");
        let path = format!("/staff/week/new?studio={STUDIO}&day={day}&service={consultation}");
        let page = demo.get(&path, &reception).await;
        assert_eq!(page.status, StatusCode::OK);
        if let Some(rest) = page.body.split_once("value=\"at ") {
            let at = rest.1.split('"').next().unwrap_or_default().to_owned();
            break (page.body, at);
        }
    };
    let key = hidden(&html, "key");
    let typed = day.to_string();
    let base = [("key", key.as_str()), ("studio", STUDIO), ("service", &consultation), ("day", &typed)];
    let with = |more: &[(&'static str, &str)]| -> Vec<(String, String)> {
        base.iter().chain(more).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    };
    let send = async |cookie: &str, form: Vec<(String, String)>| {
        let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        demo.post("/staff/week/new", cookie, &form).await
    };
    let chosen = send(&reception, with(&[("act", &format!("at {at}"))])).await;
    let time = hidden(&chosen.body.replace("type=\"time\" step=\"900\" ", ""), "time");
    assert_eq!(time.len(), 5, "{time}");
    // Nobody is chosen, then somebody new with a wrong address: each is said.
    let none = send(&reception, with(&[("act", "book"), ("at", &at), ("time", &time)])).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let new =
        [("act", "book"), ("at", at.as_str()), ("time", &time), ("client", "new"), ("name", "Test Person")];
    let wrong = send(&reception, with(&[&new[..], &[("email", "nowhere")]].concat())).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("e-mail address"));
    let right = [&new[..], &[("email", "test.person@example.com")]].concat();
    let made = send(&reception, with(&right)).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    // Pressed twice: the same visit.
    assert_eq!(send(&reception, with(&right)).await.to, made.to);
    let code = made.to.split_once("made=").expect("made").1.split('#').next().unwrap_or_default().to_owned();
    let visit = demo.visit(&code).await;
    assert_eq!(visit.state, State::Booked);
    // The new client is found again, and not by an address.
    let found = send(&reception, with(&[("act", "find"), ("q", "Test Person")])).await;
    assert!(found.body.contains("test.person@example.com"));
    // A session without consultation and screening: refused in words, and nobody goes past a screening.
    let (client_code, session) = (hidden(&found.body, "client"), here("First session").to_string());
    let form = |more: &[(&'static str, &str)]| -> Vec<(String, String)> {
        let mut form = with(&[("act", "book"), ("client", client_code.as_str())]);
        form.retain(|(n, _)| n != "service" && n != "key");
        form.extend(more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        form
    };
    let at_eleven = [("service", session.as_str()), ("time", "11:00"), ("key", "n1")];
    let refused = send(&manager, form(&at_eleven)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    // At three in the morning: not for reception, and for the manager with a reason, which goes on record.
    let night = [
        ("service", consultation.as_str()),
        ("time", "03:00"),
        ("key", "n2"),
        ("with", &visit.practitioner.to_string()),
    ];
    let closed = send(&reception, form(&night)).await;
    assert_eq!(closed.status, StatusCode::CONFLICT);
    assert!(!closed.body.contains("name=\"reason\""), "reception goes past nothing");
    let closed = send(&manager, form(&[&night[..3], &night[3..], &[]].concat())).await;
    assert!(closed.body.contains("name=\"reason\""), "{}", closed.body);
    let said = [&night[..2], &night[3..], &[("key", "n3"), ("reason", "The client flies at six")]].concat();
    let done = send(&manager, form(&said)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let code = done.to.split_once("made=").expect("made").1.split('#').next().unwrap_or_default().to_owned();
    let made = demo.visit(&code).await;
    let noted = demo.office.read(move |desk| book::overrides(desk.tx, desk.vault, &made)).await;
    assert!(noted.expect("read").iter().any(|(_, noted)| noted.reason == "The client flies at six"));
    let known: Result<Option<clients::Client>, store::Error> =
        demo.office.read(move |desk| clients::by_email(desk.tx, desk.vault, "test.person@example.com")).await;
    assert!(known.expect("read").is_some());
}

#[tokio::test]
async fn a_client_books_the_whole_course_of_the_plan_they_accepted_all_or_nothing() {
    let demo = demo();
    let practice = demo.practice();
    let studio = practice.studio_named(STUDIO).expect("there").id;
    let here = |name: &str| {
        let mut all = practice.services.iter();
        let found = all.find(|s| s.name == name && practice.studios_of(s).contains(&studio));
        found.map(|s| s.id).expect("done here")
    };
    let session = |service: ServiceId, gap: (u32, u32)| Session {
        service,
        minutes: 180,
        gap_min_days: gap.0,
        gap_max_days: gap.1,
        lead_days: gap.0,
    };
    let (first, second) = (here("First session"), here("Second session"));
    let sessions = vec![session(first, (0, 0)), session(second, (14, 42))];
    let agreed = serde_json::to_string(&sessions).expect("JSON");
    // A client who has accepted a plan, and lacks one of the things to be done first.
    let made: Result<_, store::Error> = demo
        .office
        .write(move |desk| {
            let (name, email) = ("Ines Prado".to_owned(), "ines.prado@example.com".to_owned());
            let person = clients::Person { name, email, ..clients::Person::default() };
            let nowhere = hairline_studio::seal::blind::Dialling { country: "", trunk: "" };
            let client = clients::add(desk.tx, desk.vault, studio, &person, nowhere, &mut desk.fresh)?;
            let (id, chain, now_us) = (desk.fresh.id(), desk.tx.chain()?, desk.fresh.now_us());
            desk.tx.execute(
                "insert into plans (id, chain_id, studio_id, client_id, number, status, progress, made_us, done_us, \
                 accepted_us, sessions, sealed) values ($1, $2, $3, $4, 1, 'done', 0, $5, $5, $5, $6, $7)",
                values![id, chain, studio, client.id, now_us, agreed, vec![0_u8]],
            )?;
            let link = tickets::client_link(desk.tx, client.id, &mut desk.fresh)?;
            Ok((client.id, client.code, link))
        })
        .await;
    let (client, record, link) = made.expect("written");
    assert_eq!(demo.get("/me/course", "").await.to, "/me", "nobody gets there without a link");
    let cookie = demo.cookie(&format!("/me/link/{link}"), "").await;
    assert!(demo.get("/me", &cookie).await.body.contains("/me/course"));
    let found = async |query: &str| {
        let page = demo.get(&format!("/me/course?{query}"), &cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let offers: Vec<String> = page
            .body
            .split("name=\"times\" value=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap_or_default().to_owned())
            .collect();
        (hidden(&page.body, "nonce"), offers)
    };
    let (nonce, offers) = found("wish=earliest").await;
    assert!(!offers.is_empty());
    let send = async |nonce: &str, times: &str| {
        let form = [("nonce", nonce), ("times", times), ("version", "1")];
        demo.post("/me/course", &cookie, &form).await
    };
    // Screening and consultation are open: nothing is booked, and the page says what to do.
    let refused = send(&nonce, &offers[0]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    assert!(
        refused.body.contains("Nothing was booked.") && refused.body.contains("consultation"),
        "{}",
        refused.body
    );
    let booked = async || {
        let found: Result<Vec<Appointment>, store::Error> =
            demo.office.read(move |desk| appointments::of_client(desk.tx, client)).await;
        found.expect("read")
    };
    assert_eq!(booked().await, []);
    let (manager, reception) = (demo.sign_in(Role::Manager).await, demo.sign_in(Role::Reception).await);
    let on_record = async |who: &str, key: u128, gate: &str, finding: &str| {
        let key = uuid::Uuid::from_u128(key).to_string();
        let form = [("key", key.as_str()), ("gate", gate), ("finding", finding), ("until", ""), ("set", "")];
        demo.post(&format!("/staff/clients/{record}/findings"), who, &form).await.status
    };
    // Each puts on record what they may, once for each form; and what makes no sense is refused.
    assert_eq!(on_record(&reception, 1, "screening", "clear").await, StatusCode::FORBIDDEN);
    for (gate, finding) in [("screening", "deferred"), ("patch_test", "clear"), ("healed_review", "clear")] {
        assert_eq!(on_record(&manager, 2, gate, finding).await, StatusCode::UNPROCESSABLE_ENTITY, "{gate}");
    }
    for (key, gate) in [(3, "consultation"), (4, "screening"), (4, "screening")] {
        assert_eq!(on_record(&manager, key, gate, "clear").await, StatusCode::SEE_OTHER);
    }
    let kept: Result<usize, store::Error> = demo
        .office
        .read(move |desk| {
            let key = clients::key(desk.tx, desk.vault, client)?;
            Ok(evidence::of(desk.tx, &key, client)?.len())
        })
        .await;
    assert_eq!(kept.expect("read"), 2);
    // A time that somebody else has taken meanwhile takes the whole course with it; days left out are left out.
    let (nonce, offers) = found("wish=weekday&not=tue").await;
    let start = |times: &str, n: usize| -> jiff::Timestamp {
        let us = times.split(',').nth(n).and_then(|t| t.rsplit('~').next()).and_then(|us| us.parse().ok());
        jiff::Timestamp::from_microsecond(us.expect("a start")).expect("in range")
    };
    for times in &offers {
        for n in 0..2 {
            let day = start(times, n).in_tz("Europe/London").expect("a zone").weekday();
            assert_ne!(day, jiff::civil::Weekday::Tuesday, "{times}");
        }
    }
    let answer = send(&nonce, &offers[0]).await;
    assert_eq!((answer.status, answer.to.as_str()), (StatusCode::SEE_OTHER, "/me"), "{}", answer.body);
    let again = send(&nonce, &offers[0]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "pressed twice");
    let visits = booked().await;
    assert_eq!(visits.iter().map(|v| v.service).collect::<Vec<_>>(), [first, second]);
    assert!(visits.iter().enumerate().all(|(n, v)| v.span.start_us == start(&offers[0], n).as_microsecond()));
    // One course at a time.
    assert_eq!(demo.get("/me/course", &cookie).await.to, "/me");
    // The client moves the second within the gap, to any time that is offered.
    let (one, two) = (&visits[0], &visits[1]);
    let day = |n: i64| hairline_studio::zone::plus_days(one.wall.date(), n);
    let path = format!("/visit/{}/move", two.code);
    for asked in [day(13), day(14), day(42), day(43)] {
        let page = demo.get(&format!("{path}?day={asked}"), "").await.body;
        assert!(page.contains("keep their distance"), "{page}");
        for pick in page.split("name=\"pick\" value=\"").skip(1) {
            let start: jiff::Timestamp =
                pick.split([' ', '"', '~']).find_map(|word| word.parse().ok()).expect("a start");
            let on = start.in_tz("Europe/London").expect("a zone").date();
            assert!((day(14)..=day(42)).contains(&on), "{on}");
        }
    }
    let page = demo.get(&path, "").await.body;
    let pick = page.split("name=\"pick\" value=\"").nth(1).and_then(|p| p.split('"').next()).expect("a time");
    let (key, version) = (hidden(&page, "key"), hidden(&page, "version"));
    let moved = demo.post(&path, "", &[("key", &key), ("version", &version), ("pick", pick)]).await;
    assert_eq!(moved.to, format!("/visit/{}?done=moved", two.code), "{}", moved.body);

    // The hour has come, and the client stands there: what is open is said, and two people go past what can be gone past.
    let (id, now_us) = (two.id, now().as_microsecond());
    let shifted: Result<u64, store::Error> = demo
        .office
        .write(move |desk| {
            let sql = "update appointments set starts_us = $1, ends_us = $2 where id = $3";
            desk.tx.execute(sql, values![now_us + 60_000_000, now_us + 10_800_000_000, id])
        })
        .await;
    assert_eq!(shifted.expect("written"), 1);
    let path = format!("/staff/visits/{}/check_in", two.code);
    let stopped = async |who: &str, form: &[(&str, &str)], said: &[&str]| {
        let answer = demo.post(&path, who, form).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
        said.iter().for_each(|words| assert!(answer.body.contains(words), "{words}: {}", answer.body));
    };
    stopped(&reception, &[], &["Something has to be done first"]).await;
    stopped(&manager, &[], &["Consent: nothing clear on record", "Nobody can go past this."]).await;
    for (who, key, gate) in [(&reception, 5, "consent"), (&reception, 6, "id_and_age")] {
        assert_eq!(on_record(who, key, gate, "clear").await, StatusCode::SEE_OTHER);
    }
    stopped(&reception, &[], &["Only a manager or owner"]).await;
    stopped(&manager, &[], &["Healed review: nothing clear on record", "Go past it"]).await;
    let why = ("reason", "Healed at another studio, seen by both of us");
    stopped(&manager, &[why], &["needs a second person"]).await;
    let sign_in = |role: Role| {
        let all = hairline_studio::demo::sign_ins();
        all.into_iter().find(|s| s.role == role).expect("one of each")
    };
    let (own, other) = (sign_in(Role::Manager), sign_in(Role::Practitioner));
    let second = |email: &'static str, password: &'static str| {
        [why, ("second_email", email), ("second_password", password), ("second_code", "")]
    };
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let (own_email, other_email) = (leak(own.email), leak(other.email));
    stopped(&manager, &second(own_email, own.password), &["who is not you"]).await;
    stopped(&manager, &second(other_email, "wrong"), &["do not fit together"]).await;
    let here = demo.post(&path, &manager, &second(other_email, other.password)).await;
    assert_eq!(here.status, StatusCode::SEE_OTHER, "{}", here.body);
    assert_eq!(demo.visit(&two.code).await.state, State::CheckedIn);
}

#[tokio::test]
async fn two_people_who_edit_one_client_lose_nothing() {
    let demo = demo();
    let (manager, reception) = (demo.sign_in(Role::Manager).await, demo.sign_in(Role::Reception).await);
    let visit = demo.ahead().await.into_iter().find(|v| v.client.is_some()).expect("somebody is booked");
    let id = visit.client.expect("just seen");
    let known = async || {
        let found: Result<Option<clients::Client>, store::Error> =
            demo.office.read(move |desk| clients::by_id(desk.tx, desk.vault, id)).await;
        found.expect("read").expect("there")
    };
    let code = known().await.code;
    let path = format!("/staff/clients/{code}/edit");
    let (seen, also) = (demo.get(&path, &manager).await.body, demo.get(&path, &reception).await.body);
    assert!(seen.contains("name=\"allergy_flag\"") && !also.contains("name=\"allergy_flag\""));
    let version = hidden(&seen, "version");
    let name = known().await.person.expect("a name").name;
    let (name, v) = (name.as_str(), version.as_str());
    let wrong = [("version", v), ("name", " "), ("email", "rui"), ("phone", ""), ("born", "2199-01-01")];
    let answer = demo.post(&path, &manager, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["Please give your name", "Please give an e-mail address", "A day of birth is a date"] {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    let form =
        [("version", v), ("name", name), ("email", "rui@example.com"), ("phone", ""), ("born", "1988-04-21")];
    let flagged = [&form[..], &[("allergy_flag", "yes"), ("notes", "Comes with a friend")]].concat();
    assert_eq!(demo.post(&path, &manager, &flagged).await.status, StatusCode::SEE_OTHER);
    // Reception looked before that: told who was faster and what differs, and nothing is lost.
    let late = [("version", v), ("name", name), ("email", "rui@example.org"), ("phone", ""), ("born", "")];
    let told = demo.post(&path, &reception, &late).await;
    assert_eq!(told.status, StatusCode::PRECONDITION_FAILED);
    for words in
        ["Somebody was faster", "Desmond Oyelaran", "rui@example.com", "rui@example.org", "1988-04-21"]
    {
        assert!(told.body.contains(words), "{words}: {}", told.body);
    }
    assert_eq!(known().await.person.expect("kept").email, "rui@example.com");
    let version = hidden(&told.body, "version");
    let again = [
        ("version", version.as_str()),
        ("name", name),
        ("email", "rui@example.org"),
        ("phone", ""),
        ("born", "1988-04-21"),
    ];
    assert_eq!(demo.post(&path, &reception, &again).await.status, StatusCode::SEE_OTHER);
    let kept = known().await.person.expect("kept");
    assert_eq!(
        (kept.email.as_str(), kept.allergy_flag, kept.notes.as_str()),
        ("rui@example.org", true, "Comes with a friend")
    );
    assert_eq!(demo.post(&path, &reception, &again[1..]).await.status, StatusCode::PRECONDITION_REQUIRED);
}

/// LibreBooking #370, #522 (more than a thousand questions to the database for one page), nextcloud/calendar #4637: a calendar
/// became slow with what stood in it. A full week asks what an empty one asks, and once more for whom it is.
#[tokio::test]
async fn a_full_week_asks_the_database_hardly_more_than_an_empty_one() {
    let demo = demo();
    let manager = demo.sign_in(Role::Manager).await;
    let id = demo.practice().studio_named(STUDIO).expect("it is there").id;
    let week = async |ahead: i64| -> (u64, usize) {
        let day = now().to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(ahead.weeks());
        let monday = day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days());
        let from_us = monday.in_tz("UTC").expect("a date").timestamp().as_microsecond();
        let span = Span { start_us: from_us, end_us: from_us + 7 * DAY_US };
        let visits: Result<Vec<Appointment>, store::Error> =
            demo.office.read(move |desk| appointments::of_studio(desk.tx, id, span)).await;
        let before = demo.office.statements();
        let answer = demo.get(&format!("/staff/week?studio={STUDIO}&view=week&day={monday}"), &manager).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        (demo.office.statements() - before, visits.expect("read").len())
    };
    // What is noted of a sign-in once in a while is noted by now.
    week(100).await;
    let (empty, none) = week(100).await;
    let (full, many) = week(1).await;
    assert!(none == 0 && many >= 10, "{none} and {many} visits");
    assert!(full <= empty + 3 && full < 15, "{full} questions for {many} visits, {empty} for none");
}
