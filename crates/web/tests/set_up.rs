//! The first start: an empty store, a token, a form, and a studio that can be booked.

mod visitor;

use std::sync::Arc;

use axum::http::StatusCode;
use hairline_studio::seal::system_random;
use hairline_studio::token;
use hairline_web::set_up::watch;
use visitor::{Visitor, beside, empty, with_app};

const FORM: [(&str, &str); 14] = [
    ("chain", "Ponto & Linha"),
    ("studio", "Baixa"),
    ("street", "Rua das Flores 1"),
    ("postcode", "4050-262"),
    ("town", "Porto, Portugal"),
    ("zone", "Europe/Lisbon"),
    ("currency", ""),
    ("price", "600"),
    ("from0", "09:00"),
    ("to0", "18:00"),
    ("from4", "10:00"),
    ("to4", "00:00"),
    ("name", "Ines Duarte"),
    ("email", "Ines@Dot.Example"),
];

fn form<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form: Vec<(&str, &str)> =
        FORM.into_iter().filter(|(n, _)| !more.iter().any(|(m, _)| m == n)).collect();
    form.extend(more);
    form
}

#[tokio::test]
async fn until_it_is_set_up_every_page_says_so() {
    let empty = empty();
    let mut stranger = Visitor::new(&empty.router);
    for path in
        ["/", "/studios", "/book", "/visit", "/staff", "/staff/sign-in", "/account", "/api/v1/studios", "/me"]
    {
        let answer = stranger.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.body.contains("not set up yet"), "{path}: {}", answer.body);
        assert!(!answer.body.contains(&empty.token));
    }
    assert_eq!(stranger.get("/healthz").await.status, StatusCode::OK);
    assert!(stranger.page("/set-up").await.contains("Token"));
    let other = token::new(&mut system_random()).to_string();
    for wrong in ["x", "%20", other.as_str()] {
        let answer = stranger.get(&format!("/set-up/{wrong}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{wrong}");
        let answer =
            stranger.post(&format!("/set-up/{wrong}"), &form(&[("password", "quiet river lantern")])).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    let answer = stranger.post("/set-up", &[("token", &other)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = stranger.post("/set-up", &[("token", &format!(" {} ", empty.token))]).await;
    assert_eq!(answer.location, format!("/set-up/{}", empty.token));
}

#[tokio::test]
async fn an_owner_sets_the_studio_up_is_signed_in_and_clients_can_book() {
    let empty = empty();
    let mut owner = Visitor::new(&empty.router);
    let path = format!("/set-up/{}", empty.token);
    let page = owner.page(&path).await;
    assert!(page.contains("Europe/Lisbon") && page.contains("Monday"));
    let towns = owner.page(&format!("{path}/places?town=springfield")).await;
    assert!(towns.matches("type=\"radio\"").count() > 2, "{towns}");

    let refused = owner.post(&path, &form(&[("password", "password1234"), ("name", "")])).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("Please give your name") && refused.body.contains("Many people have chosen")
    );
    assert!(refused.body.contains("Ponto &#38; Linha") || refused.body.contains("Ponto &amp; Linha"));
    assert!(!refused.body.contains("password1234"), "what was typed as password is not sent back");

    let done = owner.post(&path, &form(&[("password", "quiet river lantern"), ("practises", "on")])).await;
    assert_eq!(
        (done.status, done.location.as_str()),
        (StatusCode::SEE_OTHER, "/account?done=set_up"),
        "{}",
        done.body
    );
    // A password alone is not enough from the first day on.
    let led = owner.get("/account?done=set_up").await.location;
    assert_eq!(led, "/account/app?done=set_up");
    assert!(owner.page(&led).await.contains("The studio is set up"));
    with_app(&mut owner).await;
    assert!(owner.page("/staff").await.contains("Nobody is booked"));
    assert_eq!(owner.get(&path).await.status, StatusCode::NOT_FOUND, "a token is good once");
    assert_eq!(
        owner.post(&path, &form(&[("password", "quiet river lantern")])).await.status,
        StatusCode::NOT_FOUND
    );

    let mut client = Visitor::new(&empty.router);
    let studio = client.page("/studios/baixa").await;
    for word in ["Rua das Flores 1", "Ines Duarte", "Consultation", "Third session", "EUR", "10:00"] {
        assert!(studio.contains(word), "{word}: {studio}");
    }
    assert!(!studio.contains("ines@dot.example") || studio.contains("mailto:"));
    let choose = client.page("/book?studio=baixa").await;
    let service =
        choose.split("service=").nth(1).and_then(|s| s.split(['&', '"']).next()).expect("a service");
    let times = client.page(&format!("/book?studio=baixa&service={service}")).await;
    assert!(times.contains("free time"), "a consultation can be booked: {times}");

    // And from another browser by e-mail, in any case, password and code.
    let mut elsewhere = Visitor::new(&empty.router);
    assert_eq!(
        elsewhere.sign_in("ines@DOT.example", "quiet river lantern").await.location,
        "/staff/sign-in/code"
    );
}

#[tokio::test]
async fn two_processes_are_set_up_once_and_both_open() {
    let one = empty();
    let other = beside(Arc::clone(&one.folder), Arc::clone(&one.store), Arc::clone(&one.master));
    let watching = tokio::spawn(watch(other.app.clone()));
    let sent = form(&[("password", "quiet river lantern")]);
    let (path_one, path_other) = (format!("/set-up/{}", one.token), format!("/set-up/{}", other.token));
    let (mut a, mut b) = (Visitor::new(&one.router), Visitor::new(&other.router));
    let (a, b) = tokio::join!(a.post(&path_one, &sent), b.post(&path_other, &sent));
    let won = [a.status, b.status].iter().filter(|s| **s == StatusCode::SEE_OTHER).count();
    assert_eq!(won, 1, "{a:?} {b:?}");
    let chains = one.store.read(None, hairline_studio::store::practice::chains).expect("reads");
    assert_eq!(chains.len(), 1);
    if a.status == StatusCode::SEE_OTHER {
        // The other finds the chain by looking.
        let seen = tokio::time::timeout(std::time::Duration::from_secs(20), other.app.opened()).await;
        assert_eq!(seen.expect("opened").practice().chain.name, "Ponto & Linha");
    }
    watching.abort();
}
