//! One's account at a glance, and where one is signed in.

use axum::Form;
use axum::extract::State;
use axum::response::{Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hairline_studio::permission::{Action, Person, Role};
use hairline_studio::practice::{Practice, Staff};
use hairline_studio::store::{self, passkeys, second_step, sign_in};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::App;
use crate::browser::device;
use crate::extract::Query;
use crate::page::{self, Frame};
use crate::passkey::{self, Key};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;

/// One sign-in in the list.
pub struct Line {
    /// Its name, by which it is ended.
    pub name: String,
    /// Browser and system.
    pub device: String,
    /// When it began.
    pub since: String,
    /// When it was last used.
    pub used: String,
    /// Whether it is this one.
    pub here: bool,
}

#[derive(askama::Template)]
#[template(path = "account.html")]
struct Overview {
    frame: Frame,
    done: String,
    person: Staff,
    posts: Vec<String>,
    app: bool,
    codes_left: i64,
    passkeys: Vec<Key>,
    appoints: bool,
    lines: Vec<Line>,
}

/// What was done a moment ago.
#[derive(Default, Deserialize)]
pub struct Done {
    /// The word for it.
    #[serde(default)]
    pub done: String,
}

/// `GET /account`
pub async fn overview(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    let staff = signed_in.person.id;
    let found = signed_in.office.read(move |desk| {
        Ok::<_, store::Error>((
            second_step::is_on(desk.tx, staff)?,
            second_step::recovery_codes_left(desk.tx, staff)?,
            passkeys::of(desk.tx, Person::Staff(staff))?,
            sign_in::of(desk.tx, Person::Staff(staff), desk.fresh.now_us())?,
        ))
    });
    let (on, codes_left, keys, sign_ins) = found.await?;
    let tz = zone_of(&signed_in);
    page::private(&Overview {
        frame: frame(&app, &signed_in, "/account", "Your account"),
        done,
        posts: signed_in
            .person
            .posts
            .iter()
            .map(|p| post_words(&signed_in.practice, p.role, p.studio))
            .collect(),
        person: signed_in.person.clone(),
        app: on,
        codes_left,
        passkeys: passkey::keys(keys, &tz),
        appoints: signed_in.must(Action::EditStaff).is_ok(),
        lines: lines(sign_ins, &signed_in.token_hash, &tz),
    })
}

/// Sign-ins in words, in the clock of a zone.
pub fn lines(sign_ins: Vec<sign_in::SignIn>, here: &[u8], tz: &TimeZone) -> Vec<Line> {
    let line = |s: sign_in::SignIn| Line {
        name: URL_SAFE_NO_PAD.encode(&s.token_hash),
        since: when(s.made_us, tz),
        used: when(s.used_us, tz),
        here: s.token_hash == here,
        device: device(&s.browser),
    };
    sign_ins.into_iter().map(line).collect()
}

/// An instant by the clock of a zone: `23 November, 09:14 GMT`.
pub fn when(us: i64, tz: &TimeZone) -> String {
    Timestamp::from_microsecond(us).map_or_else(
        |_| String::new(),
        |t| t.to_zoned(tz.clone()).strftime("%e %B, %H:%M %Z").to_string().trim().to_owned(),
    )
}

/// A page of one's account.
pub fn frame(app: &App, signed_in: &SignedIn, path: &str, title: &str) -> Frame {
    Frame::new(app, path, title).hidden().staff(&signed_in.person.name)
}

/// The clock of the person: that of their first studio.
pub fn zone_of(signed_in: &SignedIn) -> TimeZone {
    let first = signed_in.actor.posts().find_map(|(_, studios)| studios.first().copied());
    let studio = first.and_then(|id| signed_in.practice.studio(id));
    studio.and_then(|s| hairline_studio::zone::zone(&s.zone).ok()).unwrap_or(TimeZone::UTC)
}

/// A post in words: "Manager, Chiado".
pub fn post_words(practice: &Practice, role: Role, studio: Option<hairline_studio::ids::StudioId>) -> String {
    let place = match studio {
        None => "every studio",
        Some(id) => practice.studio(id).map_or("a studio that is gone", |s| s.name.as_str()),
    };
    format!("{}, {place}", role_word(role))
}

/// A role in a word.
pub fn role_word(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Manager => "Manager",
        Role::Practitioner => "Practitioner",
        Role::Reception => "Reception",
        Role::Client => "Client",
    }
}

/// Which sign-in to end.
#[derive(Deserialize)]
pub struct Ended {
    /// Its name in the list.
    pub name: String,
}

/// The hash of a sign-in's name in the list.
///
/// # Errors
/// "There is nothing here".
pub fn named(name: &str) -> Result<Vec<u8>, Problem> {
    URL_SAFE_NO_PAD.decode(name).map_err(|_| Problem::new(&problem::NOT_FOUND))
}

/// `POST /account/sign-ins/end`
pub async fn end(signed_in: SignedIn, Form(ended): Form<Ended>) -> Result<Redirect, Problem> {
    let (person, hash) = (Person::Staff(signed_in.person.id), named(&ended.name)?);
    let done: Result<(), store::Error> =
        signed_in.office.write(move |desk| sign_in::end(desk.tx, person, &hash)).await;
    done?;
    Ok(Redirect::to("/account?done=ended"))
}

/// `POST /account/sign-ins/end-others`
pub async fn end_others(signed_in: SignedIn) -> Result<Redirect, Problem> {
    let (person, here) = (Person::Staff(signed_in.person.id), signed_in.token_hash);
    let done: Result<(), store::Error> =
        signed_in.office.write(move |desk| sign_in::end_others(desk.tx, person, &here)).await;
    done?;
    Ok(Redirect::to("/account?done=ended"))
}
