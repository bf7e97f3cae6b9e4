//! The staff's pages on the demonstration: who gets in, what each role sees, what a step of a visit does.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use hairline_studio::demo::{self, SignIn};
use hairline_studio::permission::Role;
use hairline_studio::seal::master::MasterKeys;
use hairline_studio::seal::system_random;
use hairline_studio::store::live::Live;
use hairline_studio::store::{Store, sign_in};
use hairline_web::office::now;
use hairline_web::public::view::Public;
use hairline_web::{App, Config, Office, router};
use tower::ServiceExt as _;

struct Demo {
    router: Router,
    _folder: tempfile::TempDir,
}

fn demo() -> Demo {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(Store::sqlite(&folder.path().join("hairline.db"), 0).expect("a store"));
    let key = folder.path().join("master.key");
    let master = Arc::new(MasterKeys::create(&key, &mut system_random()).expect("a key"));
    let filled = demo::fill(&store, &master, 7, now()).expect("a demonstration");
    let hashes: Vec<(String, String)> = filled
        .sign_ins
        .iter()
        .map(|s| (s.email.clone(), hairline_studio::password::hash(s.password, [7; 16])))
        .collect();
    store.write(Some(filled.chain), move |tx| sign_in::first_passwords(tx, &hashes, 0)).expect("passwords");
    let live = Live::open(&store, master, filled.chain, now()).expect("a chain");
    let app = App::new(Config { demo: true, ..Config::default() }, Public::default());
    app.open(Office::new(store, live));
    Demo { router: router::router(app), _folder: folder }
}

fn of(role: Role) -> SignIn {
    demo::sign_ins().into_iter().find(|s| s.role == role).expect("one of each")
}

impl Demo {
    async fn get(&self, path: &str, cookie: &str) -> Response<Body> {
        let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty());
        self.router.clone().oneshot(request.expect("a request")).await.expect("an answer")
    }

    async fn page(&self, path: &str, cookie: &str) -> String {
        let response = self.get(path, cookie).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store", "{path}");
        text(response).await
    }

    async fn post(&self, path: &str, cookie: &str, form: &str) -> Response<Body> {
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(form.to_owned()));
        self.router.clone().oneshot(request.expect("a request")).await.expect("an answer")
    }

    async fn found(&self, typed: &str, cookie: &str) -> String {
        text(self.post("/staff/clients", cookie, &format!("q={typed}")).await).await
    }

    async fn try_sign_in(&self, email: &str, password: &str) -> Response<Body> {
        let encode = |text: &str| text.replace('@', "%40").replace(' ', "+");
        self.post("/staff/sign-in", "", &format!("email={}&password={}", encode(email), encode(password)))
            .await
    }

    /// The cookie of a role's sign-in.
    async fn sign_in(&self, role: Role) -> String {
        let SignIn { email, password, .. } = of(role);
        let response = self.try_sign_in(&email, password).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{role:?}");
        let cookie = response.headers()[header::SET_COOKIE].to_str().expect("ASCII").to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }
}

async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.expect("a body");
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn nobody_gets_in_without_signing_in_and_a_sign_in_ends_where_it_is_ended() {
    let demo = demo();
    for path in ["/staff", "/staff/clients", "/staff/clients/XXXX", "/account"] {
        for cookie in ["", "hairline-staff=", "hairline-staff=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            let response = demo.get(path, cookie).await;
            assert_eq!(
                response.headers().get(header::LOCATION).map(|v| v.as_bytes()),
                Some(&b"/staff/sign-in"[..])
            );
        }
    }
    let cookie = demo.sign_in(Role::Manager).await;
    assert!(demo.page("/staff", &cookie).await.contains("Shoreditch"));
    assert!(demo.page("/account", &cookie).await.contains("this browser"));
    demo.post("/staff/sign-out", &cookie, "").await;
    assert_eq!(demo.get("/staff", &cookie).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_person_hear_the_same_and_misses_make_the_account_wait() {
    let demo = demo();
    let SignIn { email, password, .. } = of(Role::Owner);
    let unknown = demo.try_sign_in("nobody@nowhere.example", "some long password").await;
    assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);
    let unknown = text(unknown).await.replace("nobody@nowhere.example", "");
    for miss in 1..=5 {
        let wrong = demo.try_sign_in(&email, "some long password").await;
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED, "miss {miss}");
        assert_eq!(text(wrong).await.replace(&email, ""), unknown);
    }
    let waiting = demo.try_sign_in(&email, password).await;
    assert_eq!(waiting.status(), StatusCode::UNAUTHORIZED, "the right one has to wait now");
}

#[tokio::test]
async fn a_client_is_found_by_the_beginning_of_a_name_and_reception_sees_no_health_data() {
    let demo = demo();
    let manager = demo.sign_in(Role::Manager).await;
    let found = demo.found("ashg", &manager).await;
    let code = found.split("/staff/clients/").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    assert!(found.contains("Elliot Ashgrove"), "{found}");
    assert!(demo.found("elliot.ashgrove%40post.example", &manager).await.contains("Ashgrove"));
    assert!(demo.found("zzzzqqq", &manager).await.contains("Nobody is found"));
    let by_address = demo.page("/staff/clients?q=ashg", &manager).await;
    assert!(!by_address.contains("value=\"ashg\""), "no name is read from an address");
    let record = demo.page(&format!("/staff/clients/{code}"), &manager).await;
    assert!(record.contains("Elliot Ashgrove") && record.contains("Visits") && record.contains("History"));

    let reception = demo.sign_in(Role::Reception).await;
    let record = demo.page(&format!("/staff/clients/{code}"), &reception).await;
    assert!(record.contains("Elliot Ashgrove"));
    assert!(
        !record.contains("History") && !record.contains("allergy") && !record.contains("Notes"),
        "{record}"
    );
    assert_eq!(
        demo.get("/staff/clients/BBBB-BBBB-BBBB-BBBB", &manager).await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_manager_does_not_see_the_clients_of_another_studio() {
    let demo = demo();
    let owner = demo.sign_in(Role::Owner).await;
    let manager = demo.sign_in(Role::Manager).await;
    let all = demo.page("/staff/clients", &owner).await;
    let rows = all.split("<tr>").filter(|row| {
        row.contains("/staff/clients/") && !row.contains("Shoreditch") && !row.contains("Richmond")
    });
    let codes: Vec<&str> =
        rows.filter_map(|row| row.split("/staff/clients/").nth(1)?.split('"').next()).take(5).collect();
    assert!(!codes.is_empty(), "the owner sees other studios");
    for code in codes {
        assert_eq!(demo.get(&format!("/staff/clients/{code}"), &owner).await.status(), StatusCode::OK);
        let refused = demo.get(&format!("/staff/clients/{code}"), &manager).await.status();
        assert_eq!(refused, StatusCode::NOT_FOUND, "to a stranger it is not there");
    }
    assert_eq!(demo.get("/staff?studio=no-such", &manager).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_change_from_another_site_is_refused() {
    let demo = demo();
    let cookie = demo.sign_in(Role::Owner).await;
    let request = Request::post("/staff/sign-out")
        .header(header::COOKIE, &cookie)
        .header("sec-fetch-site", "cross-site")
        .body(Body::empty())
        .expect("a request");
    let response = demo.router.clone().oneshot(request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(demo.get("/staff", &cookie).await.status(), StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn jobs_are_for_owner_and_managers_and_say_that_a_demonstration_sends_no_mail() {
    let demo = demo();
    let owner = demo.sign_in(Role::Owner).await;
    let page = demo.page("/staff/jobs?list=later", &owner).await;
    assert!(page.contains("No mail is sent: this is a demonstration"), "{page}");
    assert!(page.contains("Mail: reminder") && page.contains("Second look before a visit"), "{page}");
    assert!(demo.page("/staff/jobs?list=failed", &owner).await.contains("Nothing has failed."));
    let manager = demo.sign_in(Role::Manager).await;
    let own = demo.page("/staff/jobs?list=later", &manager).await;
    assert!(own.contains("Shoreditch") && own.matches("<li class=\"card job\">").count() > 5, "{own}");
    let other = own
        .split("<li class=\"card job\">")
        .skip(1)
        .find(|job| !job.contains("Shoreditch") && !job.contains("Richmond"));
    assert_eq!(other, None, "those of other studios are not theirs");
    for role in [Role::Practitioner, Role::Reception] {
        let cookie = demo.sign_in(role).await;
        assert_eq!(demo.get("/staff/jobs", &cookie).await.status(), StatusCode::FORBIDDEN, "{role:?}");
    }
}

#[tokio::test]
async fn a_practitioner_shares_their_own_calendar_and_nobody_elses() {
    let demo = demo();
    let cookie = demo.sign_in(Role::Practitioner).await;
    let page = demo.page("/staff/calendars", &cookie).await;
    let mut asks: Vec<&str> =
        page.split("name=\"about\" value=\"").skip(1).filter_map(|r| r.split('"').next()).collect();
    asks.dedup();
    assert_eq!(asks.len(), 1, "{page}");
    let made =
        demo.post("/staff/calendars/make", &cookie, &format!("of=practitioner&about={}", asks[0])).await;
    assert_eq!(made.status(), StatusCode::OK);
    let made = text(made).await;
    let secret =
        made.split("/calendars/").find_map(|r| r.split_once(".ics")).map(|(secret, _)| secret.to_owned());
    let secret = secret.expect("an address");
    let feed = text(demo.get(&format!("/calendars/{secret}.ics"), "").await).await;
    assert!(feed.matches("BEGIN:VEVENT").count() > 5 && feed.contains("TZID:"), "{feed}");
    let titles: Vec<&str> = feed.lines().filter(|line| line.starts_with("SUMMARY")).collect();
    assert!(
        titles.iter().all(|t| t.starts_with("SUMMARY:Appointment at ")),
        "what for is not said: {titles:?}"
    );

    // What others may share is not theirs: a colleague's calendar, a room's.
    let owner = demo.sign_in(Role::Owner).await;
    let all = demo.page("/staff/calendars", &owner).await;
    let others: Vec<&str> =
        all.split("name=\"about\" value=\"").skip(1).filter_map(|r| r.split('"').next()).collect();
    for (of, about) in
        [("practitioner", others[0]), ("practitioner", others[5]), ("room", others[others.len() - 1])]
    {
        if about != asks[0] {
            let refused =
                demo.post("/staff/calendars/make", &cookie, &format!("of={of}&about={about}")).await;
            assert_eq!(refused.status(), StatusCode::NOT_FOUND, "{of}");
        }
    }
    let id = text(demo.get("/staff/calendars", &cookie).await).await;
    let id =
        id.split("name=\"id\" value=\"").nth(1).and_then(|r| r.split('"').next()).expect("one").to_owned();
    demo.post("/staff/calendars/end", &cookie, &format!("id={id}")).await;
    assert_eq!(demo.get(&format!("/calendars/{secret}.ics"), "").await.status(), StatusCode::NOT_FOUND);
    assert!(demo.page("/staff/waiting", &cookie).await.contains("Nobody waits"));
}
