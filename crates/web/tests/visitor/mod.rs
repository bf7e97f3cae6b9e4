//! Browsers without a window: each keeps its cookies and sends forms to a router as a real one does.
#![allow(dead_code)] // each test file uses a part

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use hairline_studio::demo::{self, SignIn};
use hairline_studio::permission::Role;
use hairline_studio::seal::master::{MasterKeys, new_line};
use hairline_studio::seal::system_random;
use hairline_studio::store::live::Live;
use hairline_studio::store::{Store, sign_in};
use hairline_studio::token;
use hairline_web::office::now;
use hairline_web::public::view::Public;
use hairline_web::set_up::Waiting;
use hairline_web::{App, Config, Office, router};
use totp_rs::{Algorithm, Builder, Secret};
use tower::ServiceExt as _;

/// The demonstration behind a router.
pub struct Demo {
    pub app: App,
    pub router: Router,
    pub office: Arc<Office>,
    _folder: tempfile::TempDir,
}

pub fn demo(config: Config) -> Demo {
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
    let app = App::new(config, Public::default());
    let office = Office::new(store, live);
    app.open(Arc::clone(&office));
    Demo { router: router::router(app.clone()), app, office, _folder: folder }
}

/// A process on a store that nobody has set up.
pub struct Empty {
    pub app: App,
    pub router: Router,
    pub token: String,
    pub folder: Arc<tempfile::TempDir>,
    pub store: Arc<Store>,
    pub master: Arc<MasterKeys>,
}

pub fn empty() -> Empty {
    let folder = Arc::new(tempfile::tempdir().expect("a folder"));
    let store = Arc::new(Store::sqlite(&folder.path().join("hairline.db"), 0).expect("a store"));
    let mut rng = system_random();
    let master = Arc::new(MasterKeys::parse(&new_line(&mut rng), "test").expect("a key"));
    beside(folder, store, master)
}

/// A process on a store, with a token of its own.
pub fn beside(folder: Arc<tempfile::TempDir>, store: Arc<Store>, master: Arc<MasterKeys>) -> Empty {
    let token = token::new(&mut system_random()).to_string();
    let token_hash = token::kept(&token).expect("a token");
    let app = App::new(Config::default(), Public { name: "hairline".to_owned(), ..Public::default() });
    app.wait_for_set_up(Waiting { store: Arc::clone(&store), master: Arc::clone(&master), token_hash });
    Empty { router: router::router(app.clone()), app, token, folder, store, master }
}

pub fn of(role: Role) -> SignIn {
    demo::sign_ins().into_iter().find(|s| s.role == role).expect("one of each")
}

/// What an app shows, so many steps from now.
pub fn code_of(secret: &str, steps: i64) -> String {
    let secret = Secret::try_from_base32(secret.replace(' ', "")).expect("base32");
    let totp = Builder::new().with_algorithm(Algorithm::SHA1).with_secret(secret).build().expect("an app");
    totp.generate(u64::try_from(now().as_second() + 30 * steps).expect("after 1970")).to_string()
}

/// Turns the app on; gives its secret and the recovery codes.
pub async fn with_app(visitor: &mut Visitor) -> (String, Vec<String>) {
    assert_eq!(visitor.post("/account/app", &[]).await.location, "/account/app");
    let page = visitor.get("/account/app").await;
    assert!(page.body.contains("<svg"), "a picture for the camera");
    let secret = page.between("<code class=\"code\">", "</code>");
    let wrong = visitor.post("/account/app/confirm", &[("code", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    // The code before this one is taken too; it leaves those of now and next for the tests.
    let shown = visitor.post("/account/app/confirm", &[("code", &code_of(&secret, -1))]).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
    let codes: Vec<String> = shown
        .body
        .split("<li><code>")
        .skip(1)
        .filter_map(|s| s.split('<').next())
        .map(str::to_owned)
        .collect();
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

/// One browser.
#[derive(Clone)]
pub struct Visitor {
    router: Router,
    jar: BTreeMap<String, String>,
}

/// What it got.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub headers: axum::http::HeaderMap,
    pub body: String,
}

impl Answer {
    /// The value of the first `name="…" value="…"`-like piece: what stands between two texts.
    #[track_caller]
    pub fn between(&self, before: &str, after: &str) -> String {
        let rest = self.body.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {}", self.body)).1;
        rest.split_once(after).unwrap_or_else(|| panic!("no {after:?} behind {before:?}")).0.to_owned()
    }
}

impl Visitor {
    pub fn new(router: &Router) -> Visitor {
        Visitor { router: router.clone(), jar: BTreeMap::new() }
    }

    /// Signed in as somebody of the demonstration.
    pub async fn as_role(demo: &Demo, role: Role) -> Visitor {
        let mut visitor = Visitor::new(&demo.router);
        let SignIn { email, password, .. } = of(role);
        let answer = visitor.sign_in(&email, password).await;
        assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, "/staff"), "{role:?}");
        visitor
    }

    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.post("/staff/sign-in", &[("email", email), ("password", password)]).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask(Request::get(path).header(header::ACCEPT, "text/html").body(Body::empty())).await
    }

    /// A page that is there.
    pub async fn page(&mut self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {} {}", answer.location, answer.body);
        answer.body
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let request = Request::post(path)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header(
                header::USER_AGENT,
                "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
            )
            .body(Body::from(body.join("&")));
        self.ask(request).await
    }

    pub async fn json(&mut self, path: &str, body: &serde_json::Value) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body.to_string()));
        self.ask(request).await
    }

    async fn ask(&mut self, request: Result<Request<Body>, axum::http::Error>) -> Answer {
        let mut request = request.expect("a request");
        let cookies: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().expect("cookies"));
        }
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let text = cookie.to_str().expect("ASCII");
            assert!(text.contains("HttpOnly") && text.contains("SameSite=Lax"), "{text}");
            let (name, value) = text.split(';').next().and_then(|c| c.split_once('=')).expect("a pair");
            if text.contains("Max-Age=0;") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = axum::body::to_bytes(body, 1 << 22).await.expect("a body");
        Answer {
            status: parts.status,
            location: parts
                .headers
                .get(header::LOCATION)
                .map(|v| v.to_str().expect("ASCII").to_owned())
                .unwrap_or_default(),
            headers: parts.headers,
            body: String::from_utf8(bytes.to_vec()).expect("text"),
        }
    }
}

fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
