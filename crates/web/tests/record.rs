//! A client's record over HTTP, on the demonstration: who may do what in it, photos and documents, a plan from the form to the
//! booked course, pictures in public and their end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use hairline_studio::demo;
use hairline_studio::files::Files;
use hairline_studio::permission::Role;
use hairline_studio::seal::master::MasterKeys;
use hairline_studio::seal::system_random;
use hairline_studio::store::live::Live;
use hairline_studio::store::{Error, Store, sign_in};
use hairline_studio::values;
use hairline_web::office::now;
use hairline_web::public::{of_practice, view};
use hairline_web::{App, Config, Office, planner, router};
use tower::ServiceExt as _;

struct Demo {
    app: App,
    router: Router,
    folder: tempfile::TempDir,
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
    store
        .write(Some(filled.chain), move |tx| {
            // The demonstration's own plans are not what is tried here.
            tx.execute("delete from jobs where kind = 'plan.make'", &[])?;
            sign_in::first_passwords(tx, &hashes, 0)
        })
        .expect("passwords");
    let live = Live::open(&store, master, filled.chain, now()).expect("a chain");
    let app = App::new(Config { demo: true, ..Config::default() }, view::Public::default());
    app.keep_files(Files::in_folder(folder.path()).expect("a folder for files"));
    let office = Office::new(store, live);
    let today = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    app.show(of_practice::public(&office.practice(), "", today));
    app.open(office);
    Demo { router: router::router(app.clone()), app, folder }
}

const BOUNDARY: &str = "----of-the-test";

/// A form with files, as browsers send it.
fn multipart(fields: &[(&str, &str)], file: (&str, &[u8])) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\
         content-type: application/octet-stream\r\n\r\n",
        file.0
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file.1);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(n, v)| format!("{}={}", escaped(n), escaped(v))).collect::<Vec<_>>().join("&")
}

impl Demo {
    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.expect("an answer")
    }

    async fn get(&self, path: &str, cookie: &str) -> Response<Body> {
        let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty());
        self.send(request.expect("a request")).await
    }

    async fn page(&self, path: &str, cookie: &str) -> String {
        let response = self.get(path, cookie).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        String::from_utf8(bytes(response).await).expect("text")
    }

    async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Response<Body> {
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(form(fields)));
        self.send(request.expect("a request")).await
    }

    async fn upload(
        &self,
        path: &str,
        cookie: &str,
        fields: &[(&str, &str)],
        file: (&str, &[u8]),
    ) -> Response<Body> {
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(multipart(fields, file)));
        self.send(request.expect("a request")).await
    }

    async fn sign_in(&self, role: Role) -> String {
        let one = demo::sign_ins().into_iter().find(|s| s.role == role).expect("one of each");
        let fields = [("email", one.email.as_str()), ("password", one.password)];
        let response = self.post("/staff/sign-in", "", &fields).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{role:?}");
        let cookie = response.headers()[header::SET_COOKIE].to_str().expect("ASCII").to_owned();
        cookie.split(';').next().unwrap_or_default().to_owned()
    }

    /// The path of the record of the client whom newcomers sign in as.
    async fn record(&self, cookie: &str) -> String {
        let found = self.post("/staff/clients", cookie, &[("q", "ashg")]).await;
        let found = String::from_utf8(bytes(found).await).expect("text");
        let code = found.split("/staff/clients/").nth(1).and_then(|rest| rest.split('"').next());
        format!("/staff/clients/{}", code.expect("a link"))
    }

    /// Objects on disk.
    fn objects(&self) -> usize {
        let Ok(folders) = std::fs::read_dir(self.folder.path().join("files")) else { return 0 };
        folders.flatten().filter_map(|f| std::fs::read_dir(f.path()).ok()).map(Iterator::count).sum()
    }
}

async fn bytes(response: Response<Body>) -> Vec<u8> {
    axum::body::to_bytes(response.into_body(), 1 << 26).await.expect("a body").to_vec()
}

/// What stands between two texts, the first time.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(inside, _)| inside)
}

const KEY: &str = "0192f0c1-7b1e-7c3a-8a55-6f1d2e3c4b5a";

#[tokio::test]
async fn notes_are_for_those_who_treat_and_a_form_sent_twice_writes_one() {
    let demo = demo();
    let artist = demo.sign_in(Role::Practitioner).await;
    let record = demo.record(&artist).await;
    let note = [("key", KEY), ("text", "Asks for a soft front.\n<b>Twice.</b>")];
    for _ in 0..2 {
        let answer = demo.post(&format!("{record}/notes"), &artist, &note).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    }
    let page = demo.page(&record, &artist).await;
    assert_eq!(page.matches("Asks for a soft front.").count(), 1);
    assert!(page.contains("&#60;b&#62;Twice."), "what is typed is text");
    let reception = demo.sign_in(Role::Reception).await;
    let seen = demo.page(&record, &reception).await;
    assert!(!seen.contains("soft front") && !seen.contains("Photos"), "{seen}");
    let refused = demo.post(&format!("{record}/notes"), &reception, &note).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let empty = demo.post(&format!("{record}/notes"), &artist, &[("key", KEY), ("text", "  ")]).await;
    assert_eq!(empty.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

/// A JPEG of one colour with a remark of the camera in it, which is where a telephone writes the place.
fn photo_with_remark() -> Vec<u8> {
    let (mut png, pixels) = (Vec::new(), vec![150_u8; 64 * 48 * 3]);
    let encoder = jpeg_encoder::Encoder::new(&mut png, 90);
    encoder.encode(&pixels, 64, 48, jpeg_encoder::ColorType::Rgb).expect("a JPEG");
    let remark = b"52.5200 N 13.4050 E";
    let length = u16::try_from(remark.len() + 2).expect("short").to_be_bytes();
    let mut bytes = png[..2].to_vec();
    bytes.extend_from_slice(&[0xff, 0xfe, length[0], length[1]]);
    bytes.extend_from_slice(remark);
    bytes.extend_from_slice(&png[2..]);
    bytes
}

#[tokio::test]
async fn a_photo_is_written_anew_encrypted_shown_to_whom_it_may_and_removed() {
    let demo = demo();
    let artist = demo.sign_in(Role::Practitioner).await;
    let record = demo.record(&artist).await;
    let photo = photo_with_remark();
    let fields = [("key", KEY), ("words", "Before, from the front")];
    for _ in 0..2 {
        let answer =
            demo.upload(&format!("{record}/photos"), &artist, &fields, ("IMG_1.HEIC.jpg", &photo)).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    }
    assert_eq!(demo.objects(), 2, "large and small, once");
    let page = demo.page(&record, &artist).await;
    assert_eq!(page.matches("<span>Before, from the front</span>").count(), 1);
    let photos = between(&page, "id=\"photos\"", "id=\"notes\"").expect("photos");
    let id = between(photos, "href=\"/staff/files/", "\"").expect("a link").to_owned();
    let path = format!("/staff/files/{id}");
    let answer = demo.get(&path, &artist).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "image/jpeg");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers()[header::CONTENT_DISPOSITION], "inline");
    let served = bytes(answer).await;
    assert!(served.starts_with(&[0xff, 0xd8]) && !served.windows(7).any(|w| w == b"52.5200"));
    for (role, status) in [
        (Role::Reception, StatusCode::FORBIDDEN),
        (Role::Manager, StatusCode::OK),
        (Role::Owner, StatusCode::OK),
    ] {
        let cookie = demo.sign_in(role).await;
        assert_eq!(demo.get(&path, &cookie).await.status(), status, "{role:?}");
    }
    assert_eq!(demo.get(&path, "").await.status(), StatusCode::SEE_OTHER, "to the sign-in");
    // On disk nothing is a picture.
    for folder in std::fs::read_dir(demo.folder.path().join("files")).expect("files").flatten() {
        for object in std::fs::read_dir(folder.path()).expect("objects").flatten() {
            assert!(!std::fs::read(object.path()).expect("bytes").starts_with(&[0xff, 0xd8]));
        }
    }
    for bad in [&b"<svg onload=alert(1)>"[..], &photo[..40], b""] {
        let fields = [("key", "0192f0c1-7b1e-7c3a-8a55-6f1d2e3c4b5b")];
        let answer = demo.upload(&format!("{record}/photos"), &artist, &fields, ("x.jpg", bad)).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(demo.objects(), 2, "nothing of what was refused stays");
    assert_eq!(demo.post(&format!("{path}/remove"), &artist, &[]).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(demo.get(&path, &artist).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_document_is_saved_and_never_shown_and_only_a_pdf_is_one() {
    let demo = demo();
    let artist = demo.sign_in(Role::Practitioner).await;
    let record = demo.record(&artist).await;
    let pdf = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";
    let path = format!("{record}/documents");
    let answer = demo.upload(&path, &artist, &[("key", KEY)], ("Consent \"form\".pdf", pdf)).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let page = demo.page(&record, &artist).await;
    let documents = between(&page, "id=\"documents\"", "</section>").expect("documents");
    let id = between(documents, "href=\"/staff/files/", "\"").expect("a link");
    let answer = demo.get(&format!("/staff/files/{id}"), &artist).await;
    let disposition = answer.headers()[header::CONTENT_DISPOSITION].to_str().expect("ASCII").to_owned();
    assert!(
        disposition.starts_with("attachment; filename=\"") && disposition.ends_with(".pdf\""),
        "{disposition}"
    );
    assert_eq!(bytes(answer).await, pdf);
    let page = b"<html><script>alert(1)</script></html>";
    let answer = demo.upload(&path, &artist, &[("key", KEY)], ("form.pdf", page)).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

/// The planner, as the server runs it.
fn plan(app: &App) -> tokio::sync::watch::Sender<bool> {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    tokio::spawn(planner::run(app.clone(), stopped));
    stop
}

#[tokio::test]
async fn a_plan_goes_from_the_form_to_a_booked_course_and_its_picture_into_public_and_out() {
    let demo = demo();
    let manager = demo.sign_in(Role::Manager).await;
    let record = demo.record(&manager).await;
    assert!(demo.page(&format!("{record}/plans/new"), &manager).await.contains("Shaved look"));

    // What is wrong stands beside its field, and what was typed is still there.
    let wrong = [("key", KEY), ("from", "0"), ("look", "scar"), ("head.measurements.length_mm", "19,5")];
    let answer = demo.post(&format!("{record}/plans"), &manager, &wrong).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = String::from_utf8(bytes(answer).await).expect("text");
    assert!(
        page.contains("value=\"19,5\"") && page.contains("allowed is a number from 150 to 235"),
        "{page}"
    );

    let typed = [
        ("key", KEY),
        ("from", "0"),
        ("look", "scar"),
        ("strip.length_mm", "60"),
        ("strip.width_mm", "4"),
        ("hair.length_mm", "2"),
        ("skin.monk", "4"),
    ];
    let reception = demo.sign_in(Role::Reception).await;
    assert_eq!(
        demo.post(&format!("{record}/plans"), &reception, &typed).await.status(),
        StatusCode::FORBIDDEN
    );
    let answer = demo.post(&format!("{record}/plans"), &manager, &typed).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let version = answer.headers()[header::LOCATION].to_str().expect("ASCII").to_owned();
    assert!(demo.page(&version, &manager).await.contains("Waiting for the engine"));
    let early = demo.post(&format!("{version}/accept"), &manager, &[]).await;
    assert_eq!(early.status(), StatusCode::CONFLICT, "not planned yet");

    let stop = plan(&demo.app);
    let mut tries = 0;
    let page = loop {
        let page = demo.page(&version, &manager).await;
        if page.contains("The report for the client") {
            break page;
        }
        tries += 1;
        assert!(tries < 600, "{page}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    stop.send(true).expect("the planner listens");
    for words in ["Front, before", "Close-up", "after 8 years", "The stencil", "The whole plan as data"] {
        assert!(page.contains(words), "{words}");
    }
    let downloads = between(&page, "<h2>Files</h2>", "</ul>").expect("files");
    for (n, start) in [(1, &b"%PDF"[..]), (2, &b"%PDF"[..]), (3, &b"{"[..])] {
        let id =
            downloads.split("/staff/files/").nth(n).and_then(|rest| rest.split('"').next()).expect("a link");
        let answer = demo.get(&format!("/staff/files/{id}"), &manager).await;
        assert!(bytes(answer).await.starts_with(start), "file {n}");
    }

    // Accepted, it can be booked: all sessions or none.
    assert_eq!(demo.get(&format!("{record}/course"), &manager).await.status(), StatusCode::CONFLICT);
    assert_eq!(demo.post(&format!("{version}/accept"), &manager, &[]).await.status(), StatusCode::SEE_OTHER);
    let page =
        demo.page(&format!("{record}/course?wish=weekday&not=sun&not=mon&away=2027-01-04"), &manager).await;
    let offer = |name: &str| {
        let value = between(&page, &format!("name=\"{name}\" value=\""), "\"");
        value.unwrap_or_else(|| panic!("{name}: {page}")).to_owned()
    };
    let (nonce, times, of) = (offer("nonce"), offer("times"), offer("version"));
    assert_eq!(times.split(',').count(), 3);
    let before = demo.page(&record, &manager).await.matches("(to come)").count();
    // The client has a course already: who does not know of it books none beside it.
    let alone = [("nonce", nonce.as_str()), ("times", times.as_str()), ("version", of.as_str())];
    let answer = demo.post(&format!("{record}/course"), &manager, &alone).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let beside = offer("beside");
    let wish = [&alone[..], &[("beside", beside.as_str())]].concat();
    for _ in 0..2 {
        let answer = demo.post(&format!("{record}/course"), &manager, &wish).await;
        assert_eq!(
            answer.status(),
            StatusCode::SEE_OTHER,
            "{}",
            String::from_utf8_lossy(&bytes(answer).await)
        );
    }
    let page = demo.page(&record, &manager).await;
    assert_eq!(page.matches("(to come)").count(), before + 3, "booked once");
    let taken = [("nonce", KEY), ("times", times.as_str()), ("version", of.as_str()), ("beside", "9")];
    let answer = demo.post(&format!("{record}/course"), &manager, &taken).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT, "another's wish for the same times");

    in_public(&demo, &record, &manager, &page).await;
}

/// A picture of the record in public, as long as the client consents.
async fn in_public(demo: &Demo, record: &str, manager: &str, page: &str) {
    let file = between(page, "name=\"file\" value=\"", "\"").expect("a picture to show").to_owned();
    let show = [("file", file.as_str()), ("caption", "A strip scar, healed")];
    let withdraw = format!("{record}/consent/withdraw");
    assert_eq!(demo.post(&withdraw, manager, &[]).await.status(), StatusCode::SEE_OTHER);
    let refused = demo.post(&format!("{record}/shown"), manager, &show).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT, "no consent, no picture");
    let how = [("how", "On paper")];
    assert_eq!(demo.post(&format!("{record}/consent"), manager, &how).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(demo.post(&format!("{record}/shown"), manager, &show).await.status(), StatusCode::SEE_OTHER);
    let seen = demo.page("/studios/london-shoreditch", "").await;
    assert!(seen.contains("A strip scar, healed (Simulated"), "{seen}");
    assert!(!seen.contains("Ashgrove"));
    let picture = between(&seen, "src=\"/pictures/", "\"").expect("a picture").to_owned();
    let answer = demo.get(&format!("/pictures/{picture}"), "").await;
    assert_eq!(
        (answer.status(), &answer.headers()[header::CACHE_CONTROL]),
        (StatusCode::OK, &"no-store".parse().expect("a value"))
    );
    assert!(bytes(answer).await.starts_with(&[0xff, 0xd8]));
    assert_eq!(demo.post(&withdraw, manager, &[]).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(demo.get(&format!("/pictures/{picture}"), "").await.status(), StatusCode::NOT_FOUND);
    assert!(!demo.page("/studios/london-shoreditch", "").await.contains("strip scar"));
}

#[tokio::test]
async fn a_planner_that_ends_gives_its_plan_back() {
    let demo = demo();
    let manager = demo.sign_in(Role::Manager).await;
    let record = demo.record(&manager).await;
    let typed = [("key", KEY), ("from", "0"), ("look", "shaved"), ("loss.stage", "norwood-vi")];
    demo.post(&format!("{record}/plans"), &manager, &typed).await;
    let stop = plan(&demo.app);
    let office = demo.app.office().expect("an office");
    let leased = async || {
        office
            .read(|desk| {
                let sql = "select leased_until_us, tries from jobs where kind = 'plan.make'";
                let mut row = desk.tx.query_one(sql, &[])?.ok_or(Error::Reference)?;
                Ok::<(i64, i64), Error>((row.take()?, row.take()?))
            })
            .await
            .expect("a job")
    };
    let mut tries = 0;
    while leased().await.0 == 0 {
        tries += 1;
        assert!(tries < 500, "nobody took the job");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.send(true).expect("the planner listens");
    let mut tries = 0;
    while leased().await != (0, 0) {
        tries += 1;
        assert!(tries < 500, "{:?}", leased().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_record_of_the_demonstration_is_planned_when_it_is_first_opened() {
    let demo = demo();
    let (manager, reception) = (demo.sign_in(Role::Manager).await, demo.sign_in(Role::Reception).await);
    let office = demo.app.office().expect("it is open").clone();
    let studio = office.practice().studio_named("london-shoreditch").expect("a studio").id;
    let bare = office.read(move |desk| {
        let sql = "select code from clients c where studio_id = $1 \
                   and not exists (select 1 from plans p where p.client_id = c.id) order by id limit 1";
        desk.tx.query_one(sql, values![studio])?.ok_or(Error::Reference)?.take::<String>()
    });
    let code = bare.await.expect("somebody");
    let plans = async || {
        let of = code.clone();
        let counted = office.read(move |desk| {
            let sql = "select count(*) from plans p join clients c on c.id = p.client_id \
                       join jobs j on j.about_id = p.id and j.kind = 'plan.make' where c.code = $1";
            desk.tx.query_one(sql, values![of])?.ok_or(Error::Reference)?.take::<i64>()
        });
        counted.await.expect("a count")
    };
    let path = format!("/staff/clients/{code}");
    demo.page(&path, &reception).await;
    assert_eq!(plans().await, 0, "who may not plan has nothing planned");
    let (first, second) = tokio::join!(demo.page(&path, &manager), demo.page(&path, &manager));
    demo.page(&path, &manager).await;
    assert_eq!(plans().await, 1, "opened by two at once, planned once");
    assert!(!first.contains("No plan yet") && !second.contains("No plan yet"));
}
