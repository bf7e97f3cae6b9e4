//! A person's own way in: password, app, recovery codes, sign-ins, and showing once more who one is.

mod visitor;

use axum::http::StatusCode;
use hairline_studio::permission::{Person, Role};
use hairline_studio::store::{Error, passkeys, sign_in};
use hairline_web::Config;
use visitor::{Answer, Demo, Visitor, code_of, demo, of, with_app};

fn config() -> Config {
    Config { demo: true, sign_in_limit: None, ..Config::default() }
}

/// Signs in by password, and gives a code.
async fn in_two_steps(demo: &Demo, code: &str) -> (Visitor, Answer) {
    let mut visitor = Visitor::new(&demo.router);
    let first = visitor.sign_in(&of(Role::Owner).email, of(Role::Owner).password).await;
    assert_eq!(first.location, "/staff/sign-in/code");
    assert_eq!(visitor.get("/staff").await.location, "/staff/sign-in", "half in is not in");
    let answer = visitor.post("/staff/sign-in/code", &[("code", code)]).await;
    (visitor, answer)
}

#[tokio::test]
async fn a_code_is_asked_for_once_the_app_is_on_and_works_once() {
    let demo = demo(config());
    let mut owner = Visitor::as_role(&demo, Role::Owner).await;
    let (secret, _) = with_app(&mut owner).await;
    assert!(owner.page("/account").await.contains("10 of 10 recovery codes are left"));

    let code = code_of(&secret, 0);
    let (mut second, answer) = in_two_steps(&demo, &code).await;
    assert_eq!(answer.location, "/staff");
    assert!(second.page("/staff").await.contains("Sign out"));
    let (mut third, answer) = in_two_steps(&demo, &code).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "the same code again");
    let answer = third.post("/staff/sign-in/code", &[("code", &code_of(&secret, 1))]).await;
    assert_eq!(answer.location, "/staff", "the next one, on the same way in");
    let mut nobody = Visitor::new(&demo.router);
    assert_eq!(nobody.post("/staff/sign-in/code", &[("code", &code)]).await.location, "/staff/sign-in");
}

#[tokio::test]
async fn a_password_alone_opens_nothing_but_the_way_to_an_app() {
    let demo = demo(Config { demo: false, ..config() });
    let mut owner = Visitor::as_role(&demo, Role::Owner).await;
    for path in ["/staff", "/staff/clients", "/account", "/account/password", "/staff/people/invite"] {
        assert_eq!(owner.get(path).await.location, "/account/app", "{path}");
    }
    let tried = owner.post("/account/password", &[("old", of(Role::Owner).password), ("new", "a b c")]).await;
    assert_eq!(tried.location, "/account/app");
    assert!(owner.page("/account/app").await.contains("One more step"));
    let (secret, _) = with_app(&mut owner).await;
    assert!(owner.page("/staff").await.contains("Sign out"));
    assert!(!owner.page("/account/app").await.contains("One more step"));
    let (mut second, _) = in_two_steps(&demo, &code_of(&secret, 0)).await;
    assert!(second.page("/staff").await.contains("Sign out"));
    // Without the app they are where they began, here and there.
    assert_eq!(owner.post("/account/app/end", &[]).await.location, "/account?done=app_removed");
    assert_eq!(owner.get("/staff").await.location, "/account/app");
    assert_eq!(second.get("/staff").await.location, "/account/app");
    assert_eq!(owner.post("/staff/sign-out", &[]).await.location, "/staff");
}

#[tokio::test]
async fn who_has_a_passkey_gets_no_app_by_the_password() {
    let demo = demo(Config { demo: false, ..config() });
    let mut owner = Visitor::as_role(&demo, Role::Owner).await;
    let email = of(Role::Owner).email;
    let practice = demo.office.practice();
    let id = practice.staff.iter().find(|p| p.email == email).expect("the owner").id;
    let key = passkeys::Passkey {
        id: vec![7; 16],
        person: Person::Staff(id),
        name: "Desk".to_owned(),
        credential: b"{}".to_vec(),
        made_us: 0,
        used_us: None,
    };
    demo.office.write(move |desk| passkeys::add(desk.tx, &key)).await.expect("kept");
    assert!(owner.page("/staff").await.contains("Sign out"));
    let mut thief = Visitor::new(&demo.router);
    let answer = thief.sign_in(&email, of(Role::Owner).password).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body.contains("You have a passkey"), "{}", answer.body);
    assert_eq!(thief.get("/account/app").await.location, "/staff/sign-in");
}

#[tokio::test]
async fn a_recovery_code_works_once_and_new_ones_make_the_old_worthless() {
    let demo = demo(config());
    let mut owner = Visitor::as_role(&demo, Role::Owner).await;
    let (_, codes) = with_app(&mut owner).await;
    let (_, answer) = in_two_steps(&demo, &codes[0].to_lowercase().replace('-', " ")).await;
    assert_eq!(answer.location, "/staff");
    assert!(owner.page("/account").await.contains("9 of 10"));
    let (_, answer) = in_two_steps(&demo, &codes[0]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);

    let fresh = owner.post("/account/recovery-codes", &[]).await;
    assert_eq!(fresh.body.matches("<li><code>").count(), 10);
    let (_, answer) = in_two_steps(&demo, &codes[1]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "of the old ones");
    let newest = fresh.between("<li><code>", "</code>");
    let (_, answer) = in_two_steps(&demo, &newest).await;
    assert_eq!(answer.location, "/staff");
}

#[tokio::test]
async fn codes_cannot_be_guessed_in_a_row() {
    let demo = demo(config());
    let mut owner = Visitor::as_role(&demo, Role::Owner).await;
    let (secret, _) = with_app(&mut owner).await;
    let mut visitor = Visitor::new(&demo.router);
    visitor.sign_in(&of(Role::Owner).email, of(Role::Owner).password).await;
    for _ in 0..5 {
        let answer = visitor.post("/staff/sign-in/code", &[("code", "123456")]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let answer = visitor.post("/staff/sign-in/code", &[("code", &code_of(&secret, 0))]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "the right one has to wait now");
    let answer = visitor.sign_in(&of(Role::Owner).email, of(Role::Owner).password).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "and beginning anew does not help");
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_all_other_sign_ins() {
    let demo = demo(config());
    let old = of(Role::Manager);
    let mut here = Visitor::as_role(&demo, Role::Manager).await;
    let mut there = Visitor::as_role(&demo, Role::Manager).await;
    assert_eq!(here.get("/.well-known/change-password").await.location, "/account/password");
    let new = "blue kettle on tuesday";
    for (given, chosen, says) in [
        ("not the old one", new, "not your password"),
        (old.password, "short", "at least 12"),
        (old.password, "Password2026!", "Many people"),
    ] {
        let answer = here.post("/account/password", &[("old", given), ("new", chosen)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(says), "{says}: {}", answer.body);
    }
    assert_eq!(there.get("/staff").await.status, StatusCode::OK);
    let answer = here.post("/account/password", &[("old", old.password), ("new", new)]).await;
    assert_eq!(answer.location, "/account?done=password");
    assert_eq!(here.get("/staff").await.status, StatusCode::OK, "still signed in here");
    assert_eq!(there.get("/staff").await.location, "/staff/sign-in", "and nowhere else");
    let mut again = Visitor::new(&demo.router);
    assert_eq!(again.sign_in(&old.email, old.password).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(again.sign_in(&old.email, new).await.location, "/staff");
}

#[tokio::test]
async fn sign_ins_are_listed_in_words_and_ended_one_by_one_or_all_others() {
    let demo = demo(config());
    let mut here = Visitor::as_role(&demo, Role::Manager).await;
    let mut second = Visitor::as_role(&demo, Role::Manager).await;
    let mut third = Visitor::as_role(&demo, Role::Manager).await;
    let page = here.page("/account").await;
    assert_eq!(page.matches("Firefox on Linux</strong>").count(), 3, "{page}");
    assert_eq!(page.matches("this browser").count(), 1);
    // Another's cannot be ended.
    let mut owner = Visitor::as_role(&demo, Role::Owner).await;
    let names: Vec<&str> =
        page.split("name=\"name\" value=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
    for name in &names {
        owner.post("/account/sign-ins/end", &[("name", name)]).await;
    }
    assert_eq!(here.page("/account").await.matches("Firefox on Linux</strong>").count(), 3);
    let page = second.page("/account").await;
    let own = page.split("<li>").find(|li| li.contains("this browser")).expect("one of them");
    let name = own.split("name=\"name\" value=\"").nth(1).and_then(|s| s.split('"').next()).expect("a name");
    here.post("/account/sign-ins/end", &[("name", name)]).await;
    assert_eq!(second.get("/staff").await.location, "/staff/sign-in");
    assert_eq!(third.get("/staff").await.status, StatusCode::OK);
    here.post("/account/sign-ins/end-others", &[]).await;
    assert_eq!(third.get("/staff").await.location, "/staff/sign-in");
    assert_eq!(here.get("/staff").await.status, StatusCode::OK);
}

/// As if the person had shown who they are an hour ago.
async fn long_ago(demo: &Demo) {
    let email = of(Role::Owner).email;
    let owner =
        demo.office.practice().staff.iter().find(|s| s.email == email).map(|s| s.id).expect("the owner");
    demo.office
        .write(move |desk| {
            let then_us = desk.fresh.now_us() - 3_600_000_000;
            for found in sign_in::of(desk.tx, Person::Staff(owner), desk.fresh.now_us())? {
                let hash: [u8; 32] = found.token_hash.try_into().expect("32 bytes");
                sign_in::proved(desk.tx, &hash, then_us)?;
            }
            Ok::<_, Error>(())
        })
        .await
        .expect("written");
}

#[tokio::test]
async fn what_could_do_harm_asks_once_more_who_it_is() {
    let demo = demo(config());
    let mut owner = Visitor::as_role(&demo, Role::Owner).await;
    long_ago(&demo).await;
    for path in ["/account/app", "/account/app/end", "/account/recovery-codes"] {
        let answer = owner.post(path, &[]).await;
        assert_eq!(answer.location, "/account/prove?then=/account/app", "{path}");
    }
    let wrong = owner.post("/account/prove", &[("then", "/account/app"), ("password", "no")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(owner.post("/account/app", &[]).await.location.starts_with("/account/prove"));
    let password = of(Role::Owner).password;
    let right = owner.post("/account/prove", &[("then", "/account/app"), ("password", password)]).await;
    assert_eq!(right.location, "/account/app");
    let (secret, _) = with_app(&mut owner).await;
    long_ago(&demo).await;
    assert!(owner.post("/account/app/end", &[]).await.location.starts_with("/account/prove"));
    let by_code =
        owner.post("/account/prove", &[("then", "//evil.example"), ("code", &code_of(&secret, 0))]).await;
    assert_eq!(by_code.location, "/account", "only to our own pages");
    assert_eq!(owner.post("/account/app/end", &[]).await.location, "/account?done=app_removed");
    let mut again = Visitor::as_role(&demo, Role::Owner).await;
    assert_eq!(again.get("/staff").await.status, StatusCode::OK, "the password alone lets in again");
}

#[tokio::test]
async fn going_past_a_rule_asks_once_more_who_it_is_and_a_plain_step_does_not() {
    let demo = demo(config());
    let mut owner = Visitor::as_role(&demo, Role::Owner).await;
    let visit = "/staff/visits/BBBB-BBBB-BBBB-BBBB";
    let past = [("reason", "The client is known from another studio")];
    assert_eq!(
        owner.post(&format!("{visit}/check_in"), &past).await.status,
        StatusCode::NOT_FOUND,
        "just signed in"
    );
    long_ago(&demo).await;
    let asked = owner.post(&format!("{visit}/check_in"), &past).await;
    assert_eq!(asked.location, "/account/prove?then=/staff");
    for (edge, form) in [("check_in", &[][..]), ("undo_check_in", &past[..]), ("come_late", &past[..])] {
        let answer = owner.post(&format!("{visit}/{edge}"), form).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{edge}");
    }
}

#[tokio::test]
async fn one_address_cannot_try_without_end() {
    let demo = demo(Config { demo: true, ..Config::default() });
    let mut visitor = Visitor::new(&demo.router);
    let mut refused = 0;
    for n in 0..40 {
        let answer = visitor.post("/staff/sign-in/code", &[("code", &n.to_string())]).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers.contains_key("retry-after"));
            refused += 1;
        }
    }
    assert!((5..=10).contains(&refused), "30 at once, {refused} refused");
}
