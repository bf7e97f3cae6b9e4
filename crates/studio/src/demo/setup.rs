//! What is set up in the demonstration: studios, people, rooms, services and hours.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::chance::Chance;
use super::names;
use super::places::{MONEY, Money, PLACES, Place};
use crate::gates::ServiceKind;
use crate::hours::{DayHours, Exception, Hours, Interval, Week};
use crate::ids::{ChainId, ResourceId, RoomId, ServiceId, StaffId, StudioId};
use crate::permission::Role;
use crate::place::fold;
use crate::practice::{Chain, Credential, Post, Practice, Room, Service, Settings, Staff, Studio, Working};
use crate::search::StartStep;
use crate::span::DAY_US;
use crate::zone::plus_days;

/// The domain of everybody on the staff: reserved (RFC 2606), so no message leaves.
const DOMAIN: &str = "stipple.example";

/// Practitioners (of [`names::PRACTITIONERS`]) who also work at a second studio (of [`PLACES`]), and on which of its days
/// (from Monday).
const SECOND_STUDIO: [(usize, usize, &[usize]); 5] =
    [(1, 1, &[1, 2]), (6, 0, &[4, 5]), (9, 0, &[1]), (14, 5, &[1, 2]), (21, 7, &[1])];

/// Practitioners in training: advice, test dots and reviews, and no session yet.
const TRAINEES: [usize; 4] = [4, 10, 17, 33];

/// Practitioners who work half the week.
const HALF_WEEK: [usize; 4] = [7, 12, 23, 35];

/// The e-mail address of somebody on the staff.
pub(super) fn staff_email(name: &str) -> String {
    format!("{}@{DOMAIN}", fold(name).replace(' ', "."))
}

/// The chain with all that is set up in it. Hours know the holidays of the years around `today`.
pub(super) fn practice(chance: &mut Chance, midnight: Timestamp, today: Date) -> Practice {
    // Set up a year ago.
    let made = super::calendar::instant(midnight.as_microsecond() - 400 * DAY_US);
    let mut id = || chance.id(made);
    let chain = Chain {
        id: ChainId(id()),
        name: "Stipple & Shade".to_owned(),
        host: None,
        version: 1,
        demo: true,
        settings: Settings::default(),
        wrapped_key: Vec::new(),
    };
    let studios: Vec<Studio> = PLACES.iter().map(|place| studio(StudioId(id()), place)).collect();
    let practitioners: Vec<Staff> =
        (0..names::PRACTITIONERS.len()).map(|n| practitioner(StaffId(id()), n, &studios, today)).collect();
    let mut staff =
        vec![person(StaffId(id()), names::OWNER, "Owner", vec![Post { role: Role::Owner, studio: None }])];
    for (name, at) in names::MANAGERS {
        let posts = at.iter().map(|n| Post { role: Role::Manager, studio: Some(studios[*n].id) }).collect();
        staff.push(person(StaffId(id()), name, "Studio manager", posts));
    }
    for (name, studio) in names::RECEPTION.iter().zip(&studios) {
        let posts = vec![Post { role: Role::Reception, studio: Some(studio.id) }];
        staff.push(person(StaffId(id()), name, "Reception", posts));
    }
    let mut services = Vec::new();
    for money in &MONEY {
        services.extend(offered(money, &studios, &practitioners, &mut id));
    }
    let mut rooms = Vec::new();
    let mut hours = Vec::new();
    for (place, studio) in PLACES.iter().zip(&studios) {
        for n in 1..=place.rooms {
            rooms.push(room(RoomId(id()), studio.id, format!("Treatment {n}"), "treatment", 30));
        }
        rooms.push(room(RoomId(id()), studio.id, "Consultation".to_owned(), "consultation", 0));
        let doors = opening(place, today);
        hours.push(Working { studio: studio.id, of: studio.id.into(), hours: doors, version: 1 });
    }
    for (n, person) in practitioners.iter().enumerate() {
        hours.extend(working(n, person, &studios));
    }
    staff.extend(practitioners);
    Practice { chain, studios, staff, rooms, services, hours, prices: Vec::new(), webhooks: Vec::new() }
}

fn studio(id: StudioId, place: &Place) -> Studio {
    Studio {
        id,
        slug: place.slug.to_owned(),
        name: place.name.to_owned(),
        zone: place.zone.to_owned(),
        latitude_deg: place.latitude_deg,
        longitude_deg: place.longitude_deg,
        street: place.street.to_owned(),
        postcode: place.postcode.to_owned(),
        city: place.city.to_owned(),
        country: place.country.to_owned(),
        phone: place.phone.to_owned(),
        email: format!("{}@{DOMAIN}", place.slug),
        currency: place.currency.to_owned(),
        about: place.about.to_owned(),
        active: true,
        version: 1,
    }
}

fn person(id: StaffId, name: &str, title: &str, posts: Vec<Post>) -> Staff {
    Staff {
        id,
        name: name.to_owned(),
        email: staff_email(name),
        title: title.to_owned(),
        about: String::new(),
        credentials: Vec::new(),
        practises: false,
        daily_cap_min: None,
        posts,
        active: true,
        version: 1,
    }
}

/// The place where a practitioner has their home.
fn home(n: usize) -> usize {
    let mut first = 0;
    for (at, place) in PLACES.iter().enumerate() {
        first += place.practitioners;
        if n < first {
            return at;
        }
    }
    PLACES.len() - 1
}

fn practitioner(id: StaffId, n: usize, studios: &[Studio], today: Date) -> Staff {
    let trained = !TRAINEES.contains(&n);
    let title = match n % 4 {
        _ if !trained => "SMP artist in training",
        0 => "Senior SMP artist",
        2 => "SMP artist, density and scars",
        _ => "SMP artist",
    };
    let second = SECOND_STUDIO.iter().filter(|(who, ..)| *who == n).map(|(_, at, _)| *at);
    let at = std::iter::once(home(n)).chain(second);
    let posts = at.map(|at| Post { role: Role::Practitioner, studio: Some(studios[at].id) }).collect();
    const ABOUT: [&str; 6] = [
        "Works slowly on hairlines and says so.",
        "Came from tattooing; prefers soft edges and small dots.",
        "A barber for ten years before the first needle.",
        "Likes difficult scars and clients with many questions.",
        "Trained in dermatology nursing; careful with sensitive skin.",
        "Draws every hairline three times before the needle is out.",
    ];
    Staff {
        about: ABOUT[n % ABOUT.len()].to_owned(),
        credentials: credentials(n, trained, studios[home(n)].country.as_str(), today.year()),
        practises: true,
        // Ten hours hold the longest session and some advice; those in training have shorter days.
        daily_cap_min: Some(if trained { 600 } else { 300 }),
        ..person(id, names::PRACTITIONERS[n], title, posts)
    }
}

/// What a practitioner has passed: kinds of papers that exist, from no one in particular.
fn credentials(n: usize, trained: bool, country: &str, year: i16) -> Vec<Credential> {
    let given = |name: &str, issuer: &str, ago: usize| Credential {
        name: name.to_owned(),
        issuer: issuer.to_owned(),
        year: year - i16::try_from(ago).unwrap_or(0),
    };
    let mut list = vec![match country {
        "US" => given("Bloodborne pathogens certificate", "County health department", n % 2),
        "GB" => given("Registration for tattooing and semi-permanent colouring", "Local council", 1 + n % 4),
        "CA" => given("Infection prevention and control course", "Public health unit", n % 3),
        "AU" => given("Infection control for skin penetration", "State health department", n % 3),
        _ => given("Hygiene course for tattooing and permanent make-up", "City health office", 1 + n % 3),
    }];
    if trained {
        list.push(given("SMP practitioner diploma", "Training academy of the trade", 2 + n % 8));
    }
    if n.is_multiple_of(3) {
        list.push(given("First aid at work", "First aid organisation", n % 2));
    }
    list
}

fn room(id: RoomId, studio: StudioId, name: String, class: &str, cleaning_min: u32) -> Room {
    Room { id, studio, name, class: class.to_owned(), cleaning_min, active: true, version: 1 }
}

/// The services priced in one currency, done by those whose home is a studio with that currency.
fn offered(
    money: &Money,
    studios: &[Studio],
    people: &[Staff],
    id: &mut impl FnMut() -> Uuid,
) -> Vec<Service> {
    let here = |n: usize| studios[home(n)].currency == money.currency;
    let all: Vec<StaffId> = (0..people.len()).filter(|n| here(*n)).map(|n| people[n].id).collect();
    let trained = (0..people.len()).filter(|n| here(*n) && !TRAINEES.contains(n));
    let trained: Vec<StaffId> = trained.map(|n| people[n].id).collect();
    let mut service = |kind, name: &str, about: &str, minutes, price_minor| {
        let needle = matches!(kind, ServiceKind::Session | ServiceKind::TouchUp);
        let advice = matches!(kind, ServiceKind::Consultation | ServiceKind::Review);
        Service {
            id: ServiceId(id()),
            kind,
            name: name.to_owned(),
            about: about.to_owned(),
            minutes,
            before_min: if needle { 15 } else { 0 },
            after_min: if needle { 15 } else { 5 },
            step: if advice { StartStep::Quarter } else { StartStep::HalfHour },
            notice_min: if needle { 2 * 1440 } else { 180 },
            horizon_days: if needle { 200 } else { 120 },
            room_class: Some(if advice { "consultation" } else { "treatment" }.to_owned()),
            own_break: minutes >= 180,
            // A sitting of hours ends while the eye is still good.
            latest_start_min: match minutes {
                300.. => Some(13 * 60),
                240.. => Some(14 * 60),
                180.. => Some(15 * 60),
                _ => None,
            },
            public: true,
            price_minor,
            staff: if needle { trained.clone() } else { all.clone() },
            active: true,
            version: 1,
        }
    };
    use ServiceKind::{Consultation, PatchTest, Review, Session, TouchUp};
    let [patch, first, second, third, over] = money.prices;
    vec![
        service(
            Consultation,
            "Consultation",
            "We look at your scalp, draw a hairline and say what it costs. Free.",
            45,
            0,
        ),
        service(
            PatchTest,
            "Patch test",
            "A few dots behind the ear, read after two and after seven days.",
            30,
            patch,
        ),
        service(
            Session,
            "First session",
            "The base: hairline and the first layer of dots. With a break of its own.",
            300,
            first,
        ),
        service(
            Session,
            "Second session",
            "Density and shade, once the first layer has healed.",
            240,
            second,
        ),
        service(Session, "Third session", "The last dots, where they are needed.", 180, third),
        service(
            Review,
            "Healed review",
            "We look at what has healed and take the photos after. Free.",
            30,
            0,
        ),
        service(TouchUp, "Touch-up", "A refresh of a treatment that has faded over the years.", 120, over),
    ]
}

const LUNCH: Interval = Interval { from_min: 13 * 60, to_min: 13 * 60 + 45 };

/// Opening of a studio, with the closed days around the year's end.
fn opening(place: &Place, today: Date) -> Hours {
    let days = std::array::from_fn(|day| DayHours {
        open: place.week.open(day).into_iter().collect(),
        breaks: Vec::new(),
    });
    let closed = |date| Exception { date, hours: DayHours::default() };
    let mut exceptions = Vec::new();
    for year in today.year() - 1..=today.year() + 1 {
        if place.country == "NP" {
            // About the Nepali new year, the 1st of Baisakh.
            exceptions.extend([date(year, 4, 14), date(year, 4, 15)].map(closed));
            continue;
        }
        exceptions.extend([date(year, 12, 25), date(year, 12, 26), date(year, 1, 1)].map(closed));
        for eve in [date(year, 12, 24), date(year, 12, 31)] {
            let open = place.week.open(usize::try_from(eve.weekday().to_monday_zero_offset()).unwrap_or(0));
            let open = open.map(|i| Interval { to_min: 13 * 60, ..i }).into_iter().collect();
            exceptions.push(Exception { date: eve, hours: DayHours { open, breaks: Vec::new() } });
        }
    }
    Hours { weeks: vec![Week { valid_from: None, valid_to: None, days }], exceptions }
}

/// When a practitioner works where: the open days of home, less one of their own and those at a second studio.
fn working(n: usize, person: &Staff, studios: &[Studio]) -> Vec<Working> {
    let second = SECOND_STUDIO.iter().find(|(who, ..)| *who == n);
    let away: &[usize] = second.map_or(&[], |(.., days)| days);
    let place = &PLACES[home(n)];
    let open: Vec<usize> = (0..7).filter(|d| place.week.open(*d).is_some()).collect();
    let keep = if HALF_WEEK.contains(&n) { 3 } else { open.len() - 1 };
    // Each has another day off, so that every open day has somebody.
    let days: Vec<usize> =
        (0..keep).map(|k| open[(n + k) % open.len()]).filter(|day| !away.contains(day)).collect();
    let hours_at = |at: usize, days: &[usize]| {
        let week = std::array::from_fn(|day| {
            let open = PLACES[at].week.open(day).filter(|_| days.contains(&day));
            DayHours { breaks: open.map(|_| LUNCH).into_iter().collect(), open: open.into_iter().collect() }
        });
        let weeks = vec![Week { valid_from: None, valid_to: None, days: week }];
        Working {
            studio: studios[at].id,
            of: ResourceId::from(person.id),
            hours: Hours { weeks, exceptions: Vec::new() },
            version: 1,
        }
    };
    let mut list = vec![hours_at(home(n), &days)];
    list.extend(second.map(|(_, at, days)| hours_at(*at, days)));
    list
}

/// A stretch of days around today within which everything of the demonstration lies.
pub(super) fn horizon(today: Date) -> (Date, Date) {
    (plus_days(today, -215), plus_days(today, 215))
}
