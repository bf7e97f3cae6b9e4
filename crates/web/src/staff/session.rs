//! Who of the staff asks: the cookie's token, the sign-in it belongs to, and what that person is in the chain.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::permission::{self, Action, Actor, Person, Role, Thing};
use hairline_studio::practice::{Practice, Staff, Studio};
use hairline_studio::store::{self, sign_in};
use hairline_studio::token;

use crate::layers::client::Client;
use crate::office::Office;
use crate::problem::{self, Problem};
use crate::{App, cookie};

/// Name of the cookie.
pub const COOKIE: &str = "staff";

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
}

impl SignedIn {
    /// Refuses unless the person may do this somewhere of their own.
    ///
    /// # Errors
    /// "You may not do this".
    pub fn must(&self, action: Action) -> Result<(), Problem> {
        let thing = Thing {
            chain: self.actor.chain,
            studio: self.actor.studios.first().copied(),
            client: None,
            course_studios: Vec::new(),
            practitioner: Some(self.person.id),
        };
        permission::allowed(&self.actor, action, &thing).map_err(|_| Problem::new(&problem::FORBIDDEN))
    }
}

impl SignedIn {
    /// The studios at which the person is anything, their first post first.
    pub fn studios(&self) -> Vec<&Studio> {
        let mine = |s: &&Studio| s.active && self.actor.studios.contains(&s.id);
        let mut studios: Vec<&Studio> = self.practice.studios.iter().filter(mine).collect();
        studios.sort_by_key(|s| Some(&s.id) != self.actor.studios.first());
        studios
    }
}

/// What a person is in the chain: the strongest of their roles, at the studios where they have it.
pub fn actor(practice: &Practice, person: &Staff) -> Option<Actor> {
    let strongest = person
        .posts
        .iter()
        .map(|p| p.role)
        .min_by_key(|role| permission::ROLES.iter().position(|r| r == role))?;
    let mut studios: Vec<_> =
        person.posts.iter().filter(|p| p.role == strongest).filter_map(|p| p.studio).collect();
    if strongest == Role::Owner {
        studios = practice.studios.iter().map(|s| s.id).collect();
    }
    Some(Actor { role: strongest, person: Person::Staff(person.id), chain: practice.chain.id, studios })
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
        let found = office
            .read(move |desk| sign_in::find(desk.tx, &token_hash, desk.fresh.now_us()))
            .await
            .map_err(|e| Problem::from(e).into_response())?;
        let Some(found) = found else { return Err(to_sign_in()) };
        if token::is_to_touch(found.used_us, crate::office::now().as_microsecond()) {
            // That it was not noted is no reason to refuse.
            let noted: Result<(), store::Error> =
                office.write(move |desk| sign_in::used(desk.tx, &token_hash, desk.fresh.now_us())).await;
            if let Err(e) = noted {
                tracing::warn!(error = %e, "the use of a sign-in was not noted");
            }
        }
        let practice = office.practice();
        let person = practice.person(found.staff).filter(|p| p.active).cloned();
        let Some((person, actor)) = person.and_then(|p| actor(&practice, &p).map(|a| (p, a))) else {
            return Err(to_sign_in());
        };
        Ok(SignedIn { actor, person, office, practice, token_hash })
    }
}
