//! Who of the staff asks: the cookie's token, the sign-in it belongs to, and what that person is in the chain.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::gates::GateState;
use hairline_studio::ids::StudioId;
use hairline_studio::permission::{self, Action, Actor, Person, Role, Thing};
use hairline_studio::practice::{Practice, Staff, Studio};
use hairline_studio::span::MINUTE_US;
use hairline_studio::store::{self, second_step, sign_in};
use hairline_studio::token;

use jiff::tz::TimeZone;

use crate::layers::client::Client;
use crate::office::{Office, now};
use crate::problem::{self, Problem};
use crate::{App, cookie};

/// Name of the cookie.
pub const COOKIE: &str = "staff";

/// What is open to whoever has a password and nothing more yet: getting an app or a passkey, and leaving.
const FIRST: [&str; 7] = [
    "/account/app",
    "/account/app/confirm",
    "/account/passkeys",
    "/account/passkeys/begin",
    "/account/prove",
    "/account/prove/passkey",
    "/staff/sign-out",
];

/// A person of the staff who is signed in.
pub struct SignedIn {
    /// What they are, for permissions.
    pub actor: Actor,
    /// Who they are.
    pub person: Staff,
    /// The office.
    pub office: Arc<Office>,
    /// What is set up.
    pub practice: Arc<Practice>,
    /// Hash of the token.
    pub token_hash: [u8; 32],
    /// When they last showed who they are, UTC microseconds.
    pub proved_us: i64,
}

/// How long it holds that somebody has shown who they are, for what asks for it anew: export, going past a rule, the
/// account itself (assumption; OWASP ASVS 5.0, 7.5.3 asks for it without a time).
const PROOF_US: i64 = 10 * MINUTE_US;

/// Whether who they are was shown a short time ago, of when it was shown in UTC microseconds.
pub fn is_fresh(proved_us: i64) -> bool {
    now().as_microsecond() - proved_us < PROOF_US
}

impl SignedIn {
    /// Whether they have shown who they are a short time ago.
    pub fn is_fresh(&self) -> bool {
        is_fresh(self.proved_us)
    }

    /// Refuses unless the person may do this somewhere of their own.
    ///
    /// # Errors
    /// "You may not do this".
    pub fn must(&self, action: Action) -> Result<(), Problem> {
        let thing = Thing {
            chain: self.actor.chain,
            studio: self.actor.studios_for(action).first().copied(),
            client: None,
            course_studios: Vec::new(),
            practitioner: Some(self.person.id),
        };
        permission::allowed(&self.actor, action, &thing).map_err(|_| Problem::new(&problem::FORBIDDEN))
    }
}

impl SignedIn {
    /// What is open before a visit, in words: what each thing is only for who may see health at that studio.
    pub fn open_words<'a>(
        &self,
        gates: impl IntoIterator<Item = &'a GateState>,
        studio: StudioId,
        tz: &TimeZone,
    ) -> Vec<String> {
        let mut gates = gates.into_iter().peekable();
        if self.actor.studios_for(Action::SeeHealth).contains(&studio) {
            return gates.map(|gate| gate.for_staff(tz)).collect();
        }
        let hidden = "Something has to be done first; who treats the client sees what it is.";
        gates.peek().map(|_| vec![hidden.to_owned()]).unwrap_or_default()
    }

    /// The studios at which the person is anything, their first post first.
    pub fn studios(&self) -> Vec<&Studio> {
        let mut ids: Vec<StudioId> = Vec::new();
        for id in self.actor.posts().flat_map(|(_, at)| at) {
            if !ids.contains(id) {
                ids.push(*id);
            }
        }
        ids.iter().filter_map(|id| self.practice.studio(*id)).filter(|s| s.active).collect()
    }
}

/// What a person is in the chain: all of their roles, the strongest first, each at the studios where they have it.
pub fn actor(practice: &Practice, person: &Staff) -> Option<Actor> {
    let everywhere = || practice.studios.iter().map(|s| s.id);
    let of = |role: Role| {
        let posts: Vec<_> = person.posts.iter().filter(|p| p.role == role).collect();
        let whole = posts.iter().any(|p| p.studio.is_none());
        let studios: Vec<StudioId> =
            if whole { everywhere().collect() } else { posts.iter().filter_map(|p| p.studio).collect() };
        (!posts.is_empty()).then_some((role, studios))
    };
    let mut posts = permission::ROLES.into_iter().filter(|role| *role != Role::Client).filter_map(of);
    let (role, studios) = posts.next()?;
    let person = permission::Person::Staff(person.id);
    Some(Actor { role, person, chain: practice.chain.id, studios, also: posts.collect() })
}

/// The client of a request's parts; the layers have put it there.
pub fn client(parts: &Parts) -> Option<Client> {
    parts.extensions.get::<Client>().copied()
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<SignedIn, Response> {
        let to_sign_in = || Redirect::to("/staff/sign-in").into_response();
        let office = Arc::clone(app.office().map_err(|p| p.into_response())?);
        let https = client(parts).is_some_and(|c| c.https);
        let token = cookie::get(&parts.headers, COOKIE, https).and_then(token::kept);
        let Some(token_hash) = token else { return Err(to_sign_in()) };
        // The people of a demonstration sign in by what is printed for everybody.
        let strict = !app.config.demo;
        let found = office
            .read(move |desk| {
                let Some(found) = sign_in::find(desk.tx, &token_hash, desk.fresh.now_us())? else {
                    return Ok(None);
                };
                // A client's sign-in opens nothing here.
                let Person::Staff(staff) = found.person else { return Ok(None) };
                let half = strict && !second_step::stands(desk.tx, staff)?;
                Ok::<_, store::Error>(Some((found, staff, half)))
            })
            .await
            .map_err(|e| Problem::from(e).into_response())?;
        let Some((found, staff, half)) = found else { return Err(to_sign_in()) };
        if half && !FIRST.contains(&parts.uri.path()) {
            let asked = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            return Err(Redirect::to(&format!("/account/app{asked}")).into_response());
        }
        if token::is_to_touch(found.used_us, now().as_microsecond()) {
            // That it was not noted is no reason to refuse.
            let noted: Result<(), store::Error> =
                office.write(move |desk| sign_in::used(desk.tx, &token_hash, desk.fresh.now_us())).await;
            if let Err(e) = noted {
                tracing::warn!(error = %e, "the use of a sign-in was not noted");
            }
        }
        let practice = office.practice();
        let person = practice.person(staff).filter(|p| p.active).cloned();
        let Some((person, actor)) = person.and_then(|p| actor(&practice, &p).map(|a| (p, a))) else {
            return Err(to_sign_in());
        };
        Ok(SignedIn { actor, person, office, practice, token_hash, proved_us: found.proved_us })
    }
}
