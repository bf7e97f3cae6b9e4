//! Staff invited and let go; clients who come in by a link.

mod visitor;

use axum::http::StatusCode;
use hairline_studio::ids::ClientId;
use hairline_studio::permission::Role;
use hairline_studio::store::tickets::{self, Kind};
use hairline_studio::store::{Error, clients};
use hairline_studio::values;
use hairline_web::Config;
use visitor::{Demo, Visitor, demo, of};

fn config() -> Config {
    Config { demo: true, sign_in_limit: None, ..Config::default() }
}

/// The path of the link on a page that shows one.
fn link(page: &str) -> String {
    let rest = page.split_once("/invitation/").unwrap_or_else(|| panic!("a link: {page}")).1;
    format!("/invitation/{}", rest.split('<').next().expect("an end"))
}

const GRACE: [(&str, &str); 4] = [
    ("name", "Grace Liddell"),
    ("email", "Grace@Dots.example"),
    ("role", "practitioner"),
    ("studio", "london-shoreditch"),
];

#[tokio::test]
async fn an_invited_person_chooses_a_password_once_and_is_let_go() {
    let demo = demo(config());
    let mut manager = Visitor::as_role(&demo, Role::Manager).await;
    let answer = manager.post("/staff/people/invite", &GRACE).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let link = link(&answer.body);
    assert!(manager.page("/staff/people").await.contains("has not signed in yet"));
    let again = manager.post("/staff/people/invite", &GRACE).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("has this address already"));

    let mut grace = Visitor::new(&demo.router);
    assert!(grace.page(&link).await.contains("Welcome, Grace Liddell"));
    let weak = grace.post(&link, &[("new", "GraceLiddell1")]).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY, "her own name");
    let done = grace.post(&link, &[("new", "teal bicycle in march")]).await;
    assert_eq!(done.location, "/account?done=welcome");
    assert!(grace.page("/account").await.contains("Practitioner, "));
    assert!(grace.page("/staff").await.contains("Shoreditch"));
    assert_eq!(grace.get("/staff/people").await.status, StatusCode::FORBIDDEN);
    assert_eq!(grace.get(&link).await.status, StatusCode::NOT_FOUND, "a link is good once");
    assert_eq!(grace.post(&link, &[("new", "another good password")]).await.status, StatusCode::NOT_FOUND);

    let people = manager.page("/staff/people").await;
    let line = people.split("<li>").find(|li| li.contains("Grace Liddell")).expect("her line");
    let path = line
        .split("action=\"")
        .find(|s| s.contains("/let-go"))
        .and_then(|s| s.split('"').next())
        .expect("a form");
    let path = path.to_owned();
    assert_eq!(manager.post(&path, &[]).await.location, "/staff/people");
    assert_eq!(grace.get("/staff").await.location, "/staff/sign-in", "out at once");
    let email = "grace@dots.example";
    assert_eq!(grace.sign_in(email, "teal bicycle in march").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(manager.post(&path.replace("let-go", "let-in"), &[]).await.location, "/staff/people");
    assert_eq!(grace.sign_in(email, "teal bicycle in march").await.location, "/staff");

    // Whoever lost the way in gets a new link; the old password works until it is used.
    let fresh = manager.post(&path.replace("let-go", "link"), &[]).await;
    let fresh = self::link(&fresh.body);
    let newer = manager.post(&path.replace("let-go", "link"), &[]).await;
    assert_eq!(
        grace.get(&fresh).await.status,
        StatusCode::NOT_FOUND,
        "the newer link makes the older worthless"
    );
    assert_eq!(
        grace.post(&self::link(&newer.body), &[("new", "copper bicycle in june")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(grace.sign_in(email, "teal bicycle in march").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nobody_appoints_above_or_beside_their_own_place() {
    let demo = demo(config());
    let mut manager = Visitor::as_role(&demo, Role::Manager).await;
    let with = |role, studio| {
        [("name", "Grace"), ("email", "grace@dots.example"), ("role", role), ("studio", studio)]
    };
    for (role, studio) in [
        ("manager", "london-shoreditch"),
        ("owner", "london-shoreditch"),
        ("practitioner", "lisbon"),
        ("client", "london-shoreditch"),
    ] {
        let answer = manager.post("/staff/people/invite", &with(role, studio)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{role} {studio}");
    }
    for role in [Role::Practitioner, Role::Reception] {
        let mut other = Visitor::as_role(&demo, role).await;
        assert_eq!(other.get("/staff/people").await.status, StatusCode::FORBIDDEN);
        let answer = other.post("/staff/people/invite", &with("reception", "london-shoreditch")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let practice = demo.office.practice();
    let owner = practice.staff.iter().find(|s| s.email == of(Role::Owner).email).expect("the owner");
    let elsewhere =
        practice.staff.iter().find(|s| s.email.starts_with("catarina")).expect("a manager elsewhere");
    for person in [owner, elsewhere] {
        for act in ["let-go", "let-in", "link"] {
            let answer = manager.post(&format!("/staff/people/{}/{act}", person.id.0), &[]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{act} {}", person.name);
        }
    }
    let mut chief = Visitor::as_role(&demo, Role::Owner).await;
    let own = chief.post(&format!("/staff/people/{}/let-go", owner.id.0), &[]).await;
    assert_eq!(own.status, StatusCode::NOT_FOUND, "nobody lets themselves go");
    assert_eq!(chief.post("/staff/people/invite", &with("manager", "lisbon")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_practitioner_can_be_booked_at_once_if_so_invited() {
    let demo = demo(config());
    let mut manager = Visitor::as_role(&demo, Role::Manager).await;
    let mut form = GRACE.to_vec();
    form.push(("bookable", "on"));
    assert_eq!(manager.post("/staff/people/invite", &form).await.status, StatusCode::OK);
    let studio = Visitor::new(&demo.router).page("/studios/london-shoreditch").await;
    assert!(studio.contains("Grace Liddell"), "{studio}");
    let practice = demo.office.practice();
    let grace = practice.staff.iter().find(|s| s.name == "Grace Liddell").expect("she is there");
    assert!(practice.services.iter().any(|s| s.staff.contains(&grace.id)));
}

/// How many mails with links wait for the client of an address.
async fn ordered(demo: &Demo, email: &'static str) -> i64 {
    demo.office
        .read(move |desk| {
            let Some(client) = clients::by_email(desk.tx, desk.vault, email)? else { return Ok(0) };
            let row = desk.tx.query_one(
                "select count(*) from jobs where about_id = $1 and kind = 'mail.client_link'",
                values![client.id],
            )?;
            row.map_or(Ok(0), |mut row| row.take::<i64>())
        })
        .await
        .unwrap_or_else(|e: Error| panic!("{e}"))
}

async fn link_for(demo: &Demo, client: ClientId) -> String {
    let link = demo.office.write(move |desk| tickets::client_link(desk.tx, client, &mut desk.fresh));
    format!("/me/link/{}", link.await.unwrap_or_else(|e: Error| panic!("{e}")))
}

#[tokio::test]
async fn asking_for_a_link_says_nothing_of_who_is_known() {
    let demo = demo(config());
    let known = "elliot.ashgrove@post.example";
    let email_of_demo = of(Role::Client).email;
    let other = if email_of_demo == known { known } else { "" };
    let mut visitor = Visitor::new(&demo.router);
    let unknown = visitor.post("/me", &[("email", "nobody@nowhere.example")]).await;
    assert_eq!(unknown.status, StatusCode::OK);
    assert_eq!(
        visitor.post("/me", &[("email", "no address")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    if !other.is_empty() {
        // The demonstration's own client sees the link at once; it sends no mail.
        let shown = visitor.post("/me", &[("email", known)]).await;
        assert!(shown.body.contains("/me/link/"));
    }
    // Any other client.
    let someone = demo
        .office
        .read(|desk| {
            let found = clients::find(
                desk.tx,
                desk.vault,
                "",
                hairline_studio::seal::blind::Dialling { country: "", trunk: "" },
                None,
                20,
            )?;
            Ok::<_, Error>(found)
        })
        .await
        .expect("clients");
    let person =
        someone.iter().filter_map(|c| c.person.clone()).find(|p| p.email != email_of_demo).expect("one");
    let email: &'static str = Box::leak(person.email.into_boxed_str());
    for _ in 0..5 {
        let answer = visitor.post("/me", &[("email", email)]).await;
        assert_eq!(answer.status, unknown.status);
        assert_eq!(answer.body.replace(email, ""), unknown.body.replace("nobody@nowhere.example", ""));
    }
    for _ in 0..100 {
        if ordered(&demo, email).await == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(ordered(&demo, email).await, 3, "and nobody is buried in mails");
}

#[tokio::test]
async fn a_link_opens_ones_own_visits_once_and_a_sign_in_ends_where_it_is_ended() {
    let demo = demo(config());
    let email = of(Role::Client).email;
    let client = demo
        .office
        .read(move |desk| clients::by_email(desk.tx, desk.vault, &email))
        .await
        .unwrap_or_else(|e: Error| panic!("{e}"))
        .expect("the demonstration's client");
    let link = link_for(&demo, client.id).await;
    let mut here = Visitor::new(&demo.router);
    assert!(here.page(&link).await.contains("Open my visits"));
    assert!(here.page("/me").await.contains("Send me the link"), "looking at the link is not coming in");
    assert_eq!(here.post(&link, &[]).await.location, "/me");
    let name = client.person.expect("a name").name;
    let mine = here.page("/me").await;
    assert!(mine.contains(&format!("Hello, {name}")) && mine.contains("/visit/"), "{mine}");
    let code = mine.split("href=\"/visit/").nth(1).and_then(|s| s.split(['"', '/']).next()).expect("a visit");
    assert!(here.page(&format!("/visit/{code}")).await.contains(code));
    let mut second = Visitor::new(&demo.router);
    assert_eq!(second.post(&link, &[]).await.status, StatusCode::NOT_FOUND, "a link is good once");
    assert_eq!(second.get(&link).await.status, StatusCode::NOT_FOUND);
    // A client is nobody on the staff, and the staff are no clients.
    assert_eq!(here.get("/staff").await.location, "/staff/sign-in");
    let mut manager = Visitor::as_role(&demo, Role::Manager).await;
    assert!(manager.page("/me").await.contains("Send me the link"));

    let another = link_for(&demo, client.id).await;
    second.post(&another, &[]).await;
    let page = here.page("/me").await;
    assert_eq!(page.matches("action=\"/me/sign-ins/end\"").count(), 1);
    let other =
        page.split("name=\"name\" value=\"").nth(1).and_then(|s| s.split('"').next()).expect("a name");
    assert_eq!(manager.post("/me/sign-ins/end", &[("name", other)]).await.status, StatusCode::UNAUTHORIZED);
    here.post("/me/sign-ins/end", &[("name", other)]).await;
    assert!(second.page("/me").await.contains("Send me the link"));
    here.post("/me/sign-out", &[]).await;
    assert!(here.page("/me").await.contains("Send me the link"));
}

#[tokio::test]
async fn tickets_are_good_once_soon_and_for_their_own_purpose() {
    let demo = demo(config());
    let seen = demo.office.write(|desk| {
        let now_us = desk.fresh.now_us();
        let text = tickets::issue(desk.tx, Kind::ClientLink, None, b"body", &mut desk.fresh)?;
        let life_us = Kind::ClientLink.life_us();
        assert_eq!(life_us, 20 * 60 * 1_000_000);
        Ok::<_, Error>([
            tickets::look(desk.tx, Kind::Invitation, &text, now_us)?.is_some(),
            tickets::look(desk.tx, Kind::ClientLink, &text, now_us + life_us)?.is_some(),
            tickets::look(desk.tx, Kind::ClientLink, &text, now_us + life_us - 1)?.is_some(),
            tickets::take(desk.tx, Kind::Invitation, &text, now_us)?.is_some(),
            tickets::take(desk.tx, Kind::ClientLink, &text, now_us)?.is_some(),
            tickets::take(desk.tx, Kind::ClientLink, &text, now_us)?.is_some(),
            tickets::look(desk.tx, Kind::ClientLink, "", now_us)?.is_some(),
        ])
    });
    assert_eq!(seen.await.expect("written"), [false, false, true, false, true, false, false]);
}
