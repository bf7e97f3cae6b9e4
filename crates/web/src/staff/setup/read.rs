//! What a form shows: the fields of each thing as it stands, and its version.

use hairline_studio::gates::ServiceKind;
use hairline_studio::hours::Hours;
use hairline_studio::ids::{ResourceId, RoomId, ServiceId, StaffId, StudioId};
use hairline_studio::practice::{Practice, Room, Service, Staff, Studio, Working};
use hairline_studio::search::StartStep;
use jiff::civil::Date;
use uuid::Uuid;

use super::fields::{Field, Kind};
use super::{hours, rules};
use crate::public::view::{amount, decimals};

/// A thing that has a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A studio.
    Studio(StudioId),
    /// What a studio takes for its services.
    Prices(StudioId),
    /// A room.
    Room(RoomId),
    /// A room that is not there yet.
    NewRoom(StudioId),
    /// A service.
    Service(ServiceId),
    /// A service that is not there yet.
    NewService,
    /// A person.
    Person(StaffId),
    /// The hours of a studio, or of a practitioner there.
    Hours(StudioId, ResourceId),
    /// The rules of the chain: bookings, and what must be done before treatment.
    Rules,
}

/// A form.
pub struct Form {
    /// What it is about.
    pub title: String,
    /// The version it is made on.
    pub version: i64,
    /// Its fields.
    pub fields: Vec<Field>,
    /// What its history is kept under.
    pub id: Uuid,
}

impl Thing {
    /// The thing of an address.
    pub fn read(practice: &Practice, kind: &str, id: &str) -> Option<Thing> {
        let studio = |slug: &str| practice.studio_named(slug).map(|s| s.id);
        Some(match (kind, id) {
            ("studios", slug) => Thing::Studio(studio(slug)?),
            ("prices", slug) => Thing::Prices(studio(slug)?),
            ("rooms", id) => match id.strip_prefix("new-") {
                Some(slug) => Thing::NewRoom(studio(slug)?),
                None => Thing::Room(id.parse().ok()?),
            },
            ("rules", "all") => Thing::Rules,
            ("services", "new") => Thing::NewService,
            ("services", id) => Thing::Service(id.parse().ok()?),
            ("people", id) => Thing::Person(id.parse().ok()?),
            ("hours", both) => {
                let (slug, of) = both.split_once('.')?;
                Thing::Hours(studio(slug)?, ResourceId(of.parse().ok()?))
            }
            _ => return None,
        })
    }

    /// The form of the thing as it stands; nothing where it is none.
    pub fn form(self, practice: &Practice, today: Date) -> Option<Form> {
        Some(match self {
            Thing::Studio(id) => of_studio(practice.studio(id)?),
            Thing::Prices(id) => of_prices(practice, practice.studio(id)?),
            Thing::Room(id) => of_room(practice, practice.room(id)?),
            Thing::NewRoom(studio) => {
                let form = of_room(practice, &new_room(studio));
                Form { title: "New room".to_owned(), version: 0, ..form }
            }
            Thing::Service(id) => of_service(practice, practice.service(id)?),
            Thing::NewService => {
                let form = of_service(practice, &new_service());
                Form { title: "New service".to_owned(), version: 0, ..form }
            }
            Thing::Person(id) => of_person(practice, practice.person(id)?),
            Thing::Hours(studio, of) => of_hours(practice, studio, of, today)?,
            Thing::Rules => rules::form(&practice.chain),
        })
    }
}

/// A room with nothing said of it yet.
pub fn new_room(studio: StudioId) -> Room {
    Room {
        id: RoomId(Uuid::nil()),
        studio,
        name: String::new(),
        class: "treatment".to_owned(),
        cleaning_min: 15,
        active: true,
        version: 1,
    }
}

/// A service with nothing said of it yet.
pub fn new_service() -> Service {
    Service {
        id: ServiceId(Uuid::nil()),
        kind: ServiceKind::Consultation,
        name: String::new(),
        about: String::new(),
        minutes: 45,
        before_min: 0,
        after_min: 15,
        step: StartStep::Quarter,
        notice_min: 120,
        horizon_days: 180,
        room_class: None,
        own_break: false,
        latest_start_min: None,
        public: true,
        price_minor: 0,
        staff: Vec::new(),
        active: true,
        version: 1,
    }
}

fn of_studio(s: &Studio) -> Form {
    let fields = vec![
        Field::text("name", "Name", &s.name),
        Field::text("street", "Street and number", &s.street),
        Field::text("postcode", "Postal code", &s.postcode),
        Field::text("city", "City", &s.city),
        Field::text("country", "Country", &s.country).hint("Two letters, such as PT"),
        Field::text("zone", "Time zone", &s.zone).hint("Such as Europe/Lisbon"),
        Field::text("latitude", "Degrees north", &s.latitude_deg.to_string()),
        Field::text("longitude", "Degrees east", &s.longitude_deg.to_string()),
        Field::text("phone", "Telephone", &s.phone),
        Field::text("email", "E-mail for clients", &s.email),
        Field::text("currency", "Currency", &s.currency).hint("Three letters, such as EUR"),
        Field::new("about", "What the studio says of itself", Kind::Area, &s.about),
        Field::check("active", "Takes bookings", s.active),
    ];
    Form { title: s.name.clone(), version: s.version, fields, id: s.id.0 }
}

/// Services that somebody at a studio does.
pub fn done_at(practice: &Practice, studio: StudioId) -> Vec<&Service> {
    let here = |s: &&Service| s.active && practice.studios_of(s).contains(&studio);
    practice.services.iter().filter(here).collect()
}

/// A price as it is typed.
pub fn price_text(minor: i64, currency: &str) -> String {
    amount(minor, decimals(currency)).replace(',', "")
}

fn of_prices(practice: &Practice, s: &Studio) -> Form {
    let price = |service: &&Service| {
        let own = practice.prices.iter().find(|p| p.studio == s.id && p.service == service.id);
        let value = own.map(|p| price_text(p.price_minor, &s.currency)).unwrap_or_default();
        let everywhere = price_text(service.price_minor, &s.currency);
        let label = format!("{} ({} {everywhere} everywhere else)", service.name, s.currency);
        Field::text(&service.id.to_string(), &label, &value)
    };
    let fields = done_at(practice, s.id).iter().map(price).collect();
    Form { title: format!("Prices of {}", s.name), version: s.version, fields, id: s.id.0 }
}

fn pairs(all: &[&str]) -> Vec<(String, String)> {
    all.iter().map(|v| ((*v).to_owned(), (*v).to_owned())).collect()
}

/// What rooms are called by those who need them.
fn classes(practice: &Practice) -> Vec<(String, String)> {
    let mut all: Vec<&str> = vec!["consultation", "treatment"];
    all.extend(practice.rooms.iter().map(|r| r.class.as_str()));
    all.sort_unstable();
    all.dedup();
    pairs(&all)
}

fn of_room(practice: &Practice, r: &Room) -> Form {
    let fields = vec![
        Field::text("name", "Name", &r.name),
        Field::new("class", "Fit for", Kind::One(classes(practice)), &r.class),
        Field::number("cleaning", "Minutes of cleaning after each visit", r.cleaning_min),
        Field::check("active", "Can be used", r.active),
    ];
    Form { title: r.name.clone(), version: r.version, fields, id: r.id.0 }
}

/// Kinds of visit: what is sent, what is read.
pub const KINDS: [(&str, &str, ServiceKind); 5] = [
    ("consultation", "Consultation", ServiceKind::Consultation),
    ("patch_test", "Patch test", ServiceKind::PatchTest),
    ("session", "Session of a course", ServiceKind::Session),
    ("touch_up", "Touch-up", ServiceKind::TouchUp),
    ("review", "Review", ServiceKind::Review),
];

/// At which times visits begin.
pub const STEPS: [(&str, &str, StartStep); 3] = [
    ("quarter", "every quarter of an hour", StartStep::Quarter),
    ("half_hour", "full and half hours", StartStep::HalfHour),
    ("hour", "full hours", StartStep::Hour),
];

fn of_service(practice: &Practice, s: &Service) -> Form {
    let own = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(v, l)| ((*v).to_owned(), (*l).to_owned())).collect()
    };
    let kind = KINDS.iter().find(|k| k.2 == s.kind).map_or("", |k| k.0);
    let step = STEPS.iter().find(|k| k.2 == s.step).map_or("", |k| k.0);
    let kinds: Vec<(&str, &str)> = KINDS.iter().map(|k| (k.0, k.1)).collect();
    let steps: Vec<(&str, &str)> = STEPS.iter().map(|k| (k.0, k.1)).collect();
    let people = practice.staff.iter().filter(|p| p.active && p.practises);
    let people = people.map(|p| (p.id.to_string(), p.name.clone())).collect();
    let doing: Vec<String> = s.staff.iter().map(ToString::to_string).collect();
    let mut rooms = vec![(String::new(), "no room".to_owned())];
    rooms.extend(classes(practice));
    let latest = s.latest_start_min.map(|min| format!("{:02}:{:02}", min / 60, min % 60));
    let currency = currency(practice, s);
    let fields = vec![
        Field::text("name", "Name", &s.name),
        Field::new("about", "What it is, for clients", Kind::Area, &s.about),
        Field::new("kind", "Kind of visit", Kind::One(own(&kinds)), kind),
        Field::number("minutes", "Minutes with the client", s.minutes).hint("In quarters of an hour"),
        Field::number("before", "Minutes of preparation before", s.before_min),
        Field::number("after", "Minutes of finishing after", s.after_min),
        Field::new("step", "Begins at", Kind::One(own(&steps)), step),
        Field::text("latest", "Begins at the latest at", latest.as_deref().unwrap_or(""))
            .hint("Such as 15:00; empty: no limit"),
        Field::check(
            "own_break",
            "Carries its own break, and so runs across the practitioner's",
            s.own_break,
        ),
        Field::new("room_class", "Room", Kind::One(rooms), s.room_class.as_deref().unwrap_or("")),
        Field::text("price", "Price", &price_text(s.price_minor, currency))
            .hint("In the studio's currency; a studio can have its own"),
        Field::number("notice", "Minutes of notice for clients who book", s.notice_min),
        Field::number("horizon", "Days ahead that clients can book", s.horizon_days),
        Field::many("staff", "Who does it", people, &doing),
        Field::check("public", "Clients book it themselves", s.public),
        Field::check("active", "Is offered", s.active),
    ];
    Form { title: s.name.clone(), version: s.version, fields, id: s.id.0 }
}

/// The currency in which a service is priced: that of the studios where it is done.
pub fn currency<'a>(practice: &'a Practice, service: &Service) -> &'a str {
    let at = practice.studios_of(service).first().and_then(|id| practice.studio(*id));
    at.or(practice.studios.first()).map_or("EUR", |s| s.currency.as_str())
}

fn of_person(practice: &Practice, p: &Staff) -> Form {
    let credentials: Vec<String> =
        p.credentials.iter().map(|c| format!("{}; {}; {}", c.name, c.issuer, c.year)).collect();
    // What is done for the money of a place where the person works, and what they do anyway.
    let money: Vec<&str> = practice
        .studios
        .iter()
        .filter(|s| practice.hours_of(s.id, p.id.into()).is_some())
        .map(|s| s.currency.as_str())
        .collect();
    let near = |s: &&Service| s.staff.contains(&p.id) || money.contains(&currency(practice, s));
    let services = practice.services.iter().filter(|s| s.active).filter(near);
    let doing: Vec<String> =
        services.clone().filter(|s| s.staff.contains(&p.id)).map(|s| s.id.to_string()).collect();
    let services = services.map(|s| (s.id.to_string(), s.name.clone()));
    let studios = practice.studios.iter().filter(|s| s.active);
    let works: Vec<String> = studios
        .clone()
        .filter(|s| practice.hours_of(s.id, p.id.into()).is_some())
        .map(|s| s.id.to_string())
        .collect();
    let fields = vec![
        Field::text("name", "Name", &p.name),
        Field::text("title", "What they are", &p.title).hint("Such as SMP artist"),
        Field::new("about", "What they say of themselves", Kind::Area, &p.about),
        Field::new("credentials", "Credentials", Kind::Area, credentials.join("\n"))
            .hint("A line each: what; who says so; year"),
        Field::check("practises", "Treats clients", p.practises),
        Field::text(
            "cap",
            "Most minutes of treatment a day",
            &p.daily_cap_min.map(|m| m.to_string()).unwrap_or_default(),
        )
        .hint("Empty: no limit"),
        Field::many(
            "studios",
            "Works at",
            studios.map(|s| (s.id.to_string(), s.name.clone())).collect(),
            &works,
        ),
        Field::many("services", "Does", services.collect(), &doing),
    ];
    Form { title: p.name.clone(), version: p.version, fields, id: p.id.0 }
}

/// The hours that stand; empty ones of version 0 where there are none.
pub fn working(practice: &Practice, studio: StudioId, of: ResourceId) -> Working {
    let found = practice.hours.iter().find(|w| w.studio == studio && w.of == of).cloned();
    found.unwrap_or(Working { studio, of, hours: Hours::default(), version: 0 })
}

fn of_hours(practice: &Practice, studio: StudioId, of: ResourceId, today: Date) -> Option<Form> {
    let place = practice.studio(studio)?;
    let title = if of == studio.into() {
        format!("Opening hours of {}", place.name)
    } else {
        format!("Hours of {} at {}", practice.person(StaffId(of.0))?.name, place.name)
    };
    let stands = working(practice, studio, of);
    let week = hours::week(&stands.hours, today);
    let mut fields = Vec::new();
    for (n, (name, day)) in hours::DAYS.iter().zip(&week.days).enumerate() {
        fields.push(Field::text(&format!("open{n}"), name, &hours::text(&day.open)));
        if of != studio.into() {
            fields.push(Field::text(
                &format!("break{n}"),
                &format!("Breaks on {name}"),
                &hours::text(&day.breaks),
            ));
        }
    }
    let exceptions = hours::exceptions_text(&stands.hours.exceptions, today);
    fields.push(
        Field::new("exceptions", "Days that are different", Kind::Area, exceptions)
            .hint("A line each: 2026-12-24: 09:00-13:00, or 2026-12-25: closed"),
    );
    Some(Form { title, version: stands.version, fields, id: of.0 })
}
