//! The people on the staff: invited, sent a new link, let go and let in again, by those who may.

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use hairline_studio::ids::{ResourceId, StaffId};
use hairline_studio::permission::{Action, Person, Role};
use hairline_studio::practice::{Post, Practice, Staff, Studio, Working};
use hairline_studio::seal::blind::normal_email;
use hairline_studio::store::events::Who;
use hairline_studio::store::jobs::{self, NewJob};
use hairline_studio::store::staff::{self, Newcomer};
use hairline_studio::store::{self, passkeys, sign_in, tickets};

use super::session::SignedIn;
use crate::App;
use crate::account::pages::{post_words, role_word};
use crate::account::password::note;
use crate::account::prove;
use crate::page::{self, Frame};
use crate::problem::{self, Problem};

/// Longest name, in characters.
const LONGEST: usize = 120;

/// One person of the list.
struct Line {
    id: String,
    name: String,
    title: String,
    email: String,
    posts: Vec<String>,
    active: bool,
    /// Whether they have a way in.
    arrived: bool,
    /// Whether who looks may let them go or send them a link.
    mine: bool,
}

#[derive(askama::Template)]
#[template(path = "staff_people.html")]
struct List {
    frame: Frame,
    lines: Vec<Line>,
}

fn frame(app: &App, signed_in: &SignedIn, title: &str) -> Frame {
    Frame::new(app, "/staff/people", title).hidden().staff(&signed_in.person.name)
}

/// `GET /staff/people`
pub async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Problem> {
    signed_in.must(Action::EditStaff)?;
    let people: Vec<Staff> =
        staff::seen_by(&signed_in.practice, &signed_in.actor).into_iter().cloned().collect();
    let ids: Vec<StaffId> = people.iter().map(|p| p.id).collect();
    let arrived = signed_in.office.read(move |desk| {
        ids.into_iter()
            .map(|id| {
                let password = sign_in::account_of(desk.tx, id)?.is_some();
                Ok(password || !passkeys::of(desk.tx, Person::Staff(id))?.is_empty())
            })
            .collect::<Result<Vec<bool>, store::Error>>()
    });
    let arrived = arrived.await?;
    let practice = &signed_in.practice;
    let line = |(person, arrived): (Staff, bool)| Line {
        id: person.id.0.to_string(),
        posts: person.posts.iter().map(|p| post_words(practice, p.role, p.studio)).collect(),
        active: person.active,
        arrived,
        mine: person.id != signed_in.person.id && staff::may_appoint(&signed_in.actor, &person),
        name: person.name,
        title: person.title,
        email: person.email,
    };
    let mut lines: Vec<Line> = people.into_iter().zip(arrived).map(line).collect();
    lines.sort_by_key(|l| !l.active);
    page::private(&List { frame: frame(&app, &signed_in, "Staff"), lines })
}

/// What was typed into the form of an invitation.
#[derive(Default)]
struct Typed {
    name: String,
    email: String,
    title: String,
    role: String,
    studios: Vec<String>,
    bookable: bool,
}

impl Typed {
    fn read(sent: Vec<(String, String)>) -> Typed {
        let mut typed = Typed::default();
        for (name, value) in sent {
            let value = value.trim().to_owned();
            match name.as_str() {
                "name" => typed.name = value,
                "email" => typed.email = value,
                "title" => typed.title = value,
                "role" => typed.role = value,
                "studio" => typed.studios.push(value),
                "bookable" => typed.bookable = true,
                _ => {}
            }
        }
        typed
    }
}

#[derive(askama::Template)]
#[template(path = "staff_invite.html")]
struct Invite {
    frame: Frame,
    typed: Typed,
    roles: Vec<(&'static str, &'static str)>,
    studios: Vec<(String, String)>,
    faults: Vec<(&'static str, String)>,
}

impl Invite {
    fn fault(&self, name: &str) -> Option<&str> {
        self.faults.iter().find(|(field, _)| *field == name).map(|(_, why)| why.as_str())
    }
}

/// The roles that somebody can be given, with their words in the form.
const ROLES: [(Role, &str); 4] = [
    (Role::Practitioner, "practitioner"),
    (Role::Reception, "reception"),
    (Role::Manager, "manager"),
    (Role::Owner, "owner"),
];

fn form(
    app: &App,
    signed_in: &SignedIn,
    typed: Typed,
    faults: Vec<(&'static str, String)>,
) -> Result<Response, Problem> {
    let chain = signed_in.actor.role == Role::Owner;
    let roles = ROLES.iter().filter(|(role, _)| chain || !matches!(role, Role::Manager | Role::Owner));
    let mine = studios(signed_in);
    page::private(&Invite {
        frame: frame(app, signed_in, "Invite somebody"),
        roles: roles.map(|(role, word)| (*word, role_word(*role))).collect(),
        studios: mine.iter().map(|s| (s.slug.clone(), s.name.clone())).collect(),
        typed,
        faults,
    })
}

/// The studios whose staff the person may edit.
fn studios(signed_in: &SignedIn) -> Vec<&Studio> {
    let mine = signed_in.actor.studios_for(Action::EditStaff);
    signed_in.practice.studios.iter().filter(|s| s.active && mine.contains(&s.id)).collect()
}

/// `GET /staff/people/invite`
pub async fn invite(State(app): State<App>, signed_in: SignedIn) -> Result<Response, Problem> {
    signed_in.must(Action::EditStaff)?;
    let mut typed = Typed { role: "practitioner".to_owned(), ..Typed::default() };
    if let [only] = studios(&signed_in)[..] {
        typed.studios = vec![only.slug.clone()];
    }
    form(&app, &signed_in, typed, Vec::new())
}

/// The newcomer of a form, or each field that needs another look.
fn newcomer(
    signed_in: &SignedIn,
    typed: &Typed,
    id: StaffId,
) -> Result<Newcomer, Vec<(&'static str, String)>> {
    let mut faults = Vec::new();
    if typed.name.is_empty()
        || typed.name.chars().count() > LONGEST
        || typed.name.chars().any(char::is_control)
    {
        faults.push(("name", format!("Please give a name of at most {LONGEST} characters.")));
    }
    let email = typed.email.to_lowercase();
    let practice = &signed_in.practice;
    if normal_email(&email).is_none() {
        faults.push(("email", "Please give an e-mail address, such as name@example.com.".to_owned()));
    } else if practice.staff.iter().any(|p| p.email == email) {
        faults.push(("email", "Somebody on the staff has this address already.".to_owned()));
    }
    let role = ROLES.iter().find(|(_, word)| *word == typed.role).map(|(role, _)| *role);
    let chosen: Vec<&Studio> =
        studios(signed_in).into_iter().filter(|s| typed.studios.contains(&s.slug)).collect();
    let Some(role) = role else {
        faults.push(("role", "Please choose what they will be.".to_owned()));
        return Err(faults);
    };
    if chosen.is_empty() && role != Role::Owner {
        faults.push(("studio", "Please choose a studio at least.".to_owned()));
    }
    let posts = match role {
        Role::Owner => vec![Post { role, studio: None }],
        _ => chosen.iter().map(|s| Post { role, studio: Some(s.id) }).collect(),
    };
    let treats = role == Role::Practitioner;
    let title = match (typed.title.is_empty(), treats) {
        (true, true) => "SMP artist".to_owned(),
        (true, false) => role_word(role).to_owned(),
        (false, _) => typed.title.chars().filter(|c| !c.is_control()).take(LONGEST).collect(),
    };
    let person = Staff {
        id,
        name: typed.name.clone(),
        email,
        title,
        about: String::new(),
        credentials: Vec::new(),
        practises: treats,
        daily_cap_min: None,
        posts,
        active: true,
        version: 1,
    };
    if !faults.is_empty() {
        return Err(faults);
    }
    if !staff::may_appoint(&signed_in.actor, &person) {
        return Err(vec![("role", "You may not give this role there.".to_owned())]);
    }
    let (hours, services) =
        if treats && typed.bookable { at_once(practice, &person) } else { Default::default() };
    Ok(Newcomer { person, hours, services })
}

/// Hours and services of a practitioner who can be booked at once: the opening hours of their studios, and what is done
/// there already, or everything where nothing is.
fn at_once(practice: &Practice, person: &Staff) -> (Vec<Working>, Vec<hairline_studio::ids::ServiceId>) {
    let places: Vec<_> = person.posts.iter().filter_map(|p| p.studio).collect();
    let hours = places.iter().filter_map(|studio| {
        let doors = practice.hours_of(*studio, ResourceId::from(*studio))?.clone();
        Some(Working { studio: *studio, of: person.id.into(), hours: doors, version: 1 })
    });
    let beside: Vec<StaffId> = places.iter().flat_map(|s| practice.practitioners(*s)).map(|p| p.id).collect();
    let done = practice
        .services
        .iter()
        .filter(|s| s.active && (beside.is_empty() || s.staff.iter().any(|id| beside.contains(id))));
    (hours.collect(), done.map(|s| s.id).collect())
}

#[derive(askama::Template)]
#[template(path = "staff_invited.html")]
struct Invited {
    frame: Frame,
    name: String,
    email: String,
    link: String,
    again: bool,
}

fn invited(
    app: &App,
    signed_in: &SignedIn,
    host: &str,
    person: &Staff,
    token: &str,
    again: bool,
) -> Result<Response, Problem> {
    page::private(&Invited {
        frame: frame(app, signed_in, "The link to hand over"),
        name: person.name.clone(),
        email: person.email.clone(),
        link: format!("{host}/invitation/{token}"),
        again,
    })
}

/// `POST /staff/people/invite`
pub async fn send(
    State(app): State<App>,
    here: page::Here,
    signed_in: SignedIn,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    signed_in.must(Action::EditStaff)?;
    if !signed_in.is_fresh() {
        return Ok(prove::lead("/staff/people/invite"));
    }
    let typed = Typed::read(sent);
    let id = {
        let mut rng = hairline_studio::seal::system_random();
        let mut fresh = hairline_studio::ids::Fresh::new(crate::office::now(), &mut rng);
        StaffId(fresh.id())
    };
    let newcomer = match newcomer(&signed_in, &typed, id) {
        Ok(newcomer) => newcomer,
        Err(faults) => {
            let page = form(&app, &signed_in, typed, faults);
            return page::with_status(StatusCode::UNPROCESSABLE_ENTITY, page);
        }
    };
    let (actor, person) = (signed_in.actor.clone(), newcomer.person.clone());
    let kept = signed_in.office.write(move |desk| {
        let token = staff::invite(desk.tx, &newcomer, &mut desk.fresh)?;
        mail(desk, &newcomer.person)?;
        note(desk, &Who::Person(actor), newcomer.person.id, "invited")?;
        Ok::<_, store::Error>(token)
    });
    match kept.await {
        Ok(token) => {
            signed_in.office.set_up_anew(&app).await;
            invited(&app, &signed_in, &here.0, &person, &token, false)
        }
        Err(store::Error::Exists(_)) => {
            let faults = vec![("email", "Somebody on the staff has this address already.".to_owned())];
            page::with_status(StatusCode::UNPROCESSABLE_ENTITY, form(&app, &signed_in, typed, faults))
        }
        Err(e) => Err(e.into()),
    }
}

/// The invitation goes out by mail as well, where a mail server is set.
fn mail(desk: &mut crate::office::Desk<'_, '_>, person: &Staff) -> Result<(), store::Error> {
    let due_us = desk.fresh.now_us();
    let job = NewJob { kind: tickets::MAIL_INVITATION, about: person.id.0, body: String::new(), due_us };
    jobs::add(desk.tx, &[job], &mut desk.fresh)
}

/// The person of a path, if who is signed in may appoint them and they are somebody else.
fn appointed(signed_in: &SignedIn, id: &str) -> Result<Staff, Problem> {
    let not_found = || Problem::new(&problem::NOT_FOUND);
    let id = id.parse::<uuid::Uuid>().map(StaffId).map_err(|_| not_found())?;
    let person = signed_in.practice.person(id).ok_or_else(not_found)?;
    if person.id == signed_in.person.id || !staff::may_appoint(&signed_in.actor, person) {
        return Err(not_found());
    }
    Ok(person.clone())
}

/// `POST /staff/people/{id}/link`: a new link for who has lost their way in.
pub async fn link(
    State(app): State<App>,
    here: page::Here,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let person = appointed(&signed_in, &id)?;
    if !signed_in.is_fresh() {
        return Ok(prove::lead("/staff/people"));
    }
    let (actor, of) = (signed_in.actor.clone(), person.clone());
    let token = signed_in.office.write(move |desk| {
        let token = tickets::invitation(desk.tx, &of, &mut desk.fresh)?;
        note(desk, &Who::Person(actor), of.id, "link_made")?;
        Ok::<_, store::Error>(token)
    });
    let token = token.await?;
    invited(&app, &signed_in, &here.0, &person, &token, true)
}

/// `POST /staff/people/{id}/let-go`
pub async fn let_go(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    set_active(app, signed_in, &id, false).await
}

/// `POST /staff/people/{id}/let-in`
pub async fn let_in(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    set_active(app, signed_in, &id, true).await
}

async fn set_active(app: App, signed_in: SignedIn, id: &str, active: bool) -> Result<Response, Problem> {
    let person = appointed(&signed_in, id)?;
    let actor = signed_in.actor.clone();
    let done = signed_in.office.write(move |desk| {
        staff::set_active(desk.tx, person.id, active)?;
        note(desk, &Who::Person(actor), person.id, if active { "let_in" } else { "let_go" })
    });
    done.await.map_err(|e: store::Error| Problem::from(e))?;
    signed_in.office.set_up_anew(&app).await;
    Ok(Redirect::to("/staff/people").into_response())
}
