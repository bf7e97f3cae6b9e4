//! What a new studio starts with: one place, one room, the services of a usual course, and its owner, who may treat clients.
//!
//! Lengths, gaps and notice are those a practice can begin to work with (assumptions; all of it can be changed later).

use crate::gates::ServiceKind;
use crate::hours::{DayHours, Hours, Interval, Week};
use crate::ids::{ChainId, Fresh, ResourceId, RoomId, ServiceId, StaffId, StudioId};
use crate::permission::Role;
use crate::place::{Position, fold};
use crate::practice::{Chain, Post, Practice, Room, Service, Settings, Staff, Studio, Working};
use crate::search::StartStep;

/// The class of room that everything is done in: a new studio has one room.
const ROOM_CLASS: &str = "treatment";
/// Minutes of cleaning after each visit (assumption).
const CLEANING_MIN: u32 = 15;

/// What the first owner has said. The caller has checked the texts: names are not empty, the zone is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// Name of the owner.
    pub owner: String,
    /// Their e-mail address.
    pub email: String,
    /// Whether they treat clients themselves.
    pub practises: bool,
    /// Name of the chain, as clients read it.
    pub chain: String,
    /// Name of the studio.
    pub studio: String,
    /// Street and number.
    pub street: String,
    /// Postal code.
    pub postcode: String,
    /// Town.
    pub city: String,
    /// Country: ISO 3166-1 alpha-2.
    pub country: String,
    /// Where it is.
    pub position: Position,
    /// IANA time zone.
    pub zone: String,
    /// Telephone.
    pub phone: String,
    /// ISO 4217.
    pub currency: String,
    /// Price of one session, in minor units.
    pub session_price_minor: i64,
    /// When the doors are open, Monday to Sunday; nothing is closed.
    pub open: [Option<Interval>; 7],
}

/// The practice of these answers; its chain has no key yet.
pub fn practice(answers: &Answers, fresh: &mut Fresh<'_>) -> Practice {
    let chain = Chain {
        id: ChainId(fresh.id()),
        name: answers.chain.clone(),
        host: None,
        version: 1,
        demo: false,
        settings: Settings::default(),
        wrapped_key: Vec::new(),
    };
    let studio = studio(answers, StudioId(fresh.id()));
    let owner = Staff {
        id: StaffId(fresh.id()),
        name: answers.owner.clone(),
        email: answers.email.to_lowercase(),
        title: if answers.practises { "Owner, SMP artist" } else { "Owner" }.to_owned(),
        about: String::new(),
        credentials: Vec::new(),
        practises: answers.practises,
        daily_cap_min: None,
        posts: vec![Post { role: Role::Owner, studio: None }],
        active: true,
        version: 1,
    };
    let room = Room {
        id: RoomId(fresh.id()),
        studio: studio.id,
        name: "Treatment room".to_owned(),
        class: ROOM_CLASS.to_owned(),
        cleaning_min: CLEANING_MIN,
        active: true,
        version: 1,
    };
    let days = std::array::from_fn(|day| DayHours {
        open: answers.open[day].into_iter().collect(),
        breaks: Vec::new(),
    });
    let hours =
        Hours { weeks: vec![Week { valid_from: None, valid_to: None, days }], exceptions: Vec::new() };
    let working = |of: ResourceId| Working { studio: studio.id, of, hours: hours.clone(), version: 1 };
    let mut all = vec![working(studio.id.into())];
    let mut staff = Vec::new();
    if answers.practises {
        all.push(working(owner.id.into()));
        staff.push(owner.id);
    }
    Practice {
        services: services(answers.session_price_minor, &staff, fresh),
        chain,
        studios: vec![studio],
        staff: vec![owner],
        rooms: vec![room],
        hours: all,
        prices: Vec::new(),
        webhooks: Vec::new(),
    }
}

fn studio(answers: &Answers, id: StudioId) -> Studio {
    Studio {
        id,
        slug: slug(&answers.studio),
        name: answers.studio.clone(),
        zone: answers.zone.clone(),
        latitude_deg: answers.position.lat_deg(),
        longitude_deg: answers.position.lon_deg(),
        street: answers.street.clone(),
        postcode: answers.postcode.clone(),
        city: answers.city.clone(),
        country: answers.country.clone(),
        phone: answers.phone.clone(),
        email: answers.email.to_lowercase(),
        currency: answers.currency.clone(),
        about: String::new(),
        active: true,
        version: 1,
    }
}

/// A name as it stands in addresses: small Latin letters, digits and hyphens; `studio` where nothing of it remains.
pub fn slug(name: &str) -> String {
    let plain: String = fold(name).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    if words.is_empty() { "studio".to_owned() } else { words.join("-") }
}

/// Consultation, patch test, three sessions, healed review: what one course of treatment takes.
fn services(session_price_minor: i64, staff: &[StaffId], fresh: &mut Fresh<'_>) -> Vec<Service> {
    use ServiceKind::{Consultation, PatchTest, Review, Session};
    let list = [
        (Consultation, "Consultation", "We look at your scalp, draw a hairline and say what it costs.", 45),
        (PatchTest, "Patch test", "A few dots behind the ear, read after two and after seven days.", 30),
        (Session, "First session", "The base: hairline and the first layer of dots.", 240),
        (Session, "Second session", "Density and shade, once the first layer has healed.", 180),
        (Session, "Third session", "The last dots, where they are needed.", 120),
        (Review, "Healed review", "We look at what has healed and take the photos after.", 30),
    ];
    let service = |(kind, name, about, minutes): (ServiceKind, &str, &str, u32)| {
        let needle = kind == Session;
        Service {
            id: ServiceId(fresh.id()),
            kind,
            name: name.to_owned(),
            about: about.to_owned(),
            minutes,
            before_min: if needle { 15 } else { 0 },
            after_min: if needle { 15 } else { 5 },
            step: if needle { StartStep::HalfHour } else { StartStep::Quarter },
            notice_min: if needle { 2 * 1440 } else { 180 },
            horizon_days: if needle { 200 } else { 120 },
            room_class: Some(ROOM_CLASS.to_owned()),
            own_break: minutes >= 180,
            latest_start_min: None,
            public: true,
            price_minor: if needle { session_price_minor } else { 0 },
            staff: staff.to_vec(),
            active: true,
            version: 1,
        }
    };
    list.map(service).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::system_random;

    fn answers() -> Answers {
        Answers {
            owner: "Ines Duarte".to_owned(),
            email: "Ines@Dot.Example".to_owned(),
            practises: true,
            chain: "Ponto".to_owned(),
            studio: "Ponto São Bento".to_owned(),
            street: "Rua das Flores 1".to_owned(),
            postcode: "4050-262".to_owned(),
            city: "Porto".to_owned(),
            country: "PT".to_owned(),
            position: Position::new(41.15, -8.61).expect("a position"),
            zone: "Europe/Lisbon".to_owned(),
            phone: String::new(),
            currency: "EUR".to_owned(),
            session_price_minor: 60_000,
            open: [Some(Interval { from_min: 540, to_min: 1080 }), None, None, None, None, None, None],
        }
    }

    fn made(answers: &Answers) -> Practice {
        let mut rng = system_random();
        practice(answers, &mut Fresh::new(jiff::Timestamp::UNIX_EPOCH, &mut rng))
    }

    #[test]
    fn a_name_becomes_an_address() {
        for (name, address) in [
            ("Ponto São Bento", "ponto-sao-bento"),
            ("  Dot & Line, No. 7 ", "dot-line-no-7"),
            ("点", "studio"),
            ("", "studio"),
        ] {
            assert_eq!(slug(name), address);
        }
    }

    #[test]
    fn the_owner_treats_clients_only_if_they_said_so() {
        let treats = made(&answers());
        assert_eq!(treats.practitioners(treats.studios[0].id).len(), 1);
        assert!(treats.services.iter().all(|s| s.staff == [treats.staff[0].id]));
        let directs = made(&Answers { practises: false, ..answers() });
        assert!(directs.practitioners(directs.studios[0].id).is_empty());
        assert!(directs.services.iter().all(|s| s.staff.is_empty()));
    }

    #[test]
    fn every_service_finds_its_room_and_fits_into_the_day() {
        let practice = made(&answers());
        for service in &practice.services {
            assert!(practice.rooms.iter().any(|r| Some(&r.class) == service.room_class.as_ref()));
            assert!(service.before_min + service.minutes + service.after_min <= 540, "{}", service.name);
        }
        let kinds: Vec<ServiceKind> = practice.services.iter().map(|s| s.kind).collect();
        use ServiceKind::{Consultation, PatchTest, Review, Session};
        assert_eq!(kinds, [Consultation, PatchTest, Session, Session, Session, Review]);
    }
}
