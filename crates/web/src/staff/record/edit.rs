//! Who a client is: name, contact, and what the studio wrote down beside. Two people who edit one record lose nothing.

use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use hairline_studio::permission::Action;
use hairline_studio::store::clients::{self, Client, Person};
use hairline_studio::store::{self, events};
use jiff::civil::Date;

use super::{Opened, back, open, when, who};
use crate::App;
use crate::booking::dialling::dialling;
use crate::booking::person::Person as Typed;
use crate::office::{Desk, now};
use crate::page::{self, Frame};
use crate::problem::{self, Problem};
use crate::staff::session::SignedIn;
use crate::staff::setup::fields::{self, Field, Kind, Sent};
use crate::staff::setup::pages::Edit;

/// The first year of birth that is taken for one.
const FIRST_YEAR: i16 = 1900;

fn asked(person: &Person, writes: bool) -> Vec<Field> {
    let born = person.born.map(|date| date.to_string()).unwrap_or_default();
    let mut all = vec![
        Field::text("name", "Name", &person.name),
        Field::text("email", "E-mail", &person.email).hint("Links, invitations and reminders go there."),
        Field::text("phone", "Telephone", &person.phone).hint("With country code."),
        Field::text("born", "Day of birth", &born).hint("As 1988-04-21, once it was seen."),
    ];
    if writes {
        let flag = "The screening flags an allergy, so a patch test is asked for";
        all.push(Field::check("allergy_flag", flag, person.allergy_flag));
        all.push(Field::new("notes", "What is good to know", Kind::Area, &person.notes));
    }
    all
}

/// What was sent; where something is wrong, which field and what.
fn read(
    sent: &Sent,
    was: &Person,
    writes: bool,
    country: &str,
    today: Date,
) -> Result<Person, Vec<(String, String)>> {
    let typed = Typed { name: sent.get("name"), email: sent.get("email"), phone: sent.get("phone") };
    let name_of = |pointer: &str| pointer.rsplit('/').next().unwrap_or_default().to_owned();
    let mut faults: Vec<(String, String)> =
        typed.faults(country).into_iter().map(|f| (name_of(&f.pointer), f.detail)).collect();
    // Somebody without an address is known to the desk alone.
    faults.retain(|(name, _)| name != "email" || !typed.email.is_empty());
    let born = match sent.get("born").as_str() {
        "" => None,
        text => {
            let date = text.parse::<Date>().ok().filter(|date| date.year() >= FIRST_YEAR && *date <= today);
            if date.is_none() {
                let fault = format!("A day of birth is a date from {FIRST_YEAR} to today, as 1988-04-21.");
                faults.push(("born".to_owned(), fault));
            }
            date
        }
    };
    let notes = sent.get("notes");
    if notes.chars().count() > super::notes::LONGEST {
        faults.push(("notes".to_owned(), format!("At most {} characters.", super::notes::LONGEST)));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Person {
        name: typed.name,
        email: typed.email,
        phone: typed.phone,
        born,
        allergy_flag: if writes { !sent.get("allergy_flag").is_empty() } else { was.allergy_flag },
        notes: if writes { notes } else { was.notes.clone() },
    })
}

fn drawn(
    app: &App,
    signed_in: &SignedIn,
    (client, writes): (&Client, bool),
    sent: Option<(&Sent, &[(String, String)])>,
    changed: Option<String>,
) -> Result<Response, Problem> {
    let person = client.person.clone().unwrap_or_default();
    let stands = asked(&person, writes);
    let differs = match sent {
        Some((sent, _)) if changed.is_some() => fields::differences(&stands, sent),
        _ => Vec::new(),
    };
    let fields = match sent {
        Some((sent, faults)) => fields::filled(stands, sent, faults),
        None => stands,
    };
    let frame = Frame::new(app, "/staff/clients", "Edit").hidden().staff(&signed_in.person.name);
    let back = (format!("/staff/clients/{}", client.code), person.name.clone());
    let mut page = Edit::new(frame, person.name, back, client.version, fields);
    (page.differs, page.changed) = (differs, changed);
    page.answer()
}

/// `GET /staff/clients/{code}/edit`
pub async fn form(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let actor = signed_in.actor.clone();
    let found = signed_in.office.read(move |desk| {
        let opened = open(desk, &actor, &code, Action::EditClient)?;
        let writes = opened.may(&actor, Action::WriteHealth);
        Ok::<_, Problem>((opened.client, writes))
    });
    let (client, writes) = found.await?;
    drawn(&app, &signed_in, (&client, writes), None, None)
}

/// What became of an edit.
enum Done {
    Kept,
    Faulty(Vec<(String, String)>),
    /// Somebody was faster: who and when.
    Changed(String),
}

/// `POST /staff/clients/{code}/edit`
pub async fn save(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(code): Path<String>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let sent = Sent(pairs);
    let seen = sent.version(&headers)?;
    let (actor, record, typed) = (signed_in.actor.clone(), code.clone(), sent.clone());
    let done = signed_in.office.write(move |desk| {
        let opened = open(desk, &actor, &record, Action::EditClient)?;
        let writes = opened.may(&actor, Action::WriteHealth);
        let done = write(desk, &opened, (&typed, seen, writes), &who(&actor))?;
        Ok::<_, Problem>((opened.client, writes, done))
    });
    let (client, writes, done) = done.await?;
    match done {
        Done::Kept => Ok(back(&code, "")),
        Done::Faulty(faults) => {
            let page = drawn(&app, &signed_in, (&client, writes), Some((&sent, &faults)), None);
            page::with_status(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
        Done::Changed(by) => {
            let page = drawn(&app, &signed_in, (&client, writes), Some((&sent, &[])), Some(by));
            page::with_status(StatusCode::PRECONDITION_FAILED, page)
        }
    }
}

fn write(
    desk: &mut Desk<'_, '_>,
    opened: &Opened,
    (sent, seen, writes): (&Sent, i64, bool),
    who: &events::Who,
) -> Result<Done, Problem> {
    let client = &opened.client;
    if client.version != seen {
        return Ok(Done::Changed(last_change(desk, client)?));
    }
    let was = client.person.clone().ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
    let country = desk.practice.studio(client.studio).map(|s| s.country.clone()).unwrap_or_default();
    let today = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let person = match read(sent, &was, writes, &country, today) {
        Ok(person) if person == was => return Ok(Done::Kept),
        Ok(person) => person,
        Err(faults) => return Ok(Done::Faulty(faults)),
    };
    if !clients::change(desk.tx, desk.vault, client, &person, dialling(&country), &mut desk.fresh)? {
        return Ok(Done::Changed(last_change(desk, client)?));
    }
    // That it was changed; what it was stays under the client's key.
    events::of_record(desk.tx, client, who, "record_changed", None, &mut desk.fresh)?;
    Ok(Done::Kept)
}

/// Who changed a record last, and when.
fn last_change(desk: &mut Desk<'_, '_>, client: &Client) -> Result<String, store::Error> {
    let lines = events::of(desk.tx, client.id.0)?;
    let Some(line) = lines.iter().rev().find(|line| line.what == "record_changed") else {
        return Ok(String::new());
    };
    let who = desk.practice.staff.iter().find(|s| Some(s.id.0) == line.actor_id);
    let who = who.map_or(line.actor.as_str(), |s| s.name.as_str());
    Ok(format!("{who} ({})", when(desk.practice, line.at_us, client.studio)))
}
