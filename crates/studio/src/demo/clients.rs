//! The clients of the demonstration: who they are, where they belong, when they came.

use jiff::civil::Date;

use super::Error;
use super::calendar::Calendar;
use super::chance::Chance;
use super::journey::{Start, Way, walk};
use super::names;
use super::places::PLACES;
use crate::ids::StaffId;
use crate::practice::{Practice, Studio};
use crate::span::{DAY_US, MINUTE_US};
use crate::store::clients::Person;
use crate::zone::plus_days;

/// How many clients there are.
pub const CLIENTS: usize = 600;

/// A client before the store knows them.
pub(super) struct Client {
    pub(super) person: Person,
    pub(super) start: Start,
    pub(super) way: Way,
    /// For ids and keys.
    pub(super) chance: Chance,
}

/// Every client with their way up to the present; the first is the one whom newcomers sign in as.
pub(super) fn all(
    practice: &Practice,
    calendar: &mut Calendar<'_>,
    seed: u64,
    today: Date,
    midnight_us: i64,
    now_us: i64,
) -> Result<Vec<Client>, Error> {
    (0..CLIENTS)
        .map(|n| {
            let mut chance = Chance::new(seed, today, "client", n);
            let studio = home(practice, &mut chance, n);
            let mut start = start(practice, studio, &mut chance, n, midnight_us);
            let mut person = person(studio, &mut chance, n, today);
            if start.returning {
                person.notes =
                    "Treated years ago, before these records begin. Ask whether a touch-up is due."
                        .to_owned();
                person.allergy_flag = false;
            }
            start.allergy_flag = person.allergy_flag;
            let way = walk(calendar, &mut chance, start, now_us)?;
            Ok(Client { person, start, way, chance: Chance::new(seed, today, "client ids", n) })
        })
        .collect()
}

fn home<'a>(practice: &'a Practice, chance: &mut Chance, n: usize) -> &'a Studio {
    let mut left =
        if n == 0 { 0 } else { chance.between(0, PLACES.iter().map(|p| p.share).sum::<i64>() - 1) };
    for (place, studio) in PLACES.iter().zip(&practice.studios) {
        if left < place.share {
            return studio;
        }
        left -= place.share;
    }
    &practice.studios[0]
}

fn start(practice: &Practice, studio: &Studio, chance: &mut Chance, n: usize, midnight_us: i64) -> Start {
    let here: Vec<StaffId> = practice.practitioners(studio.id).iter().map(|p| p.id).collect();
    let treats = |id: &StaffId| {
        practice.services.iter().any(|s| s.kind == crate::gates::ServiceKind::Session && s.staff.contains(id))
    };
    let trained: Vec<StaffId> = here.iter().copied().filter(treats).collect();
    // In the first studio many come to the practitioner whom newcomers sign in as, so that the day is full.
    let known = practice.staff.iter().find(|p| p.name == names::PRACTITIONERS[0]).map(|p| p.id);
    let known = known.filter(|id| trained.contains(id));
    let practitioner = match known {
        Some(known) if n == 0 || chance.percent(40) => known,
        _ if chance.percent(8) => *chance.pick(&here),
        _ => *chance.pick(&trained),
    };
    // Some came in the last days, so that every first step is there to be seen.
    let days_ago = match n {
        0 => 36,
        _ if chance.percent(14) => chance.between(0, 12),
        _ => chance.between(0, 188),
    };
    Start {
        studio: studio.id,
        practitioner,
        at_us: midnight_us - days_ago * DAY_US - chance.between(1, 1_439) * MINUTE_US,
        allergy_flag: false,
        returning: n > 0 && chance.percent(10),
        lucky: n == 0,
    }
}

fn person(studio: &Studio, chance: &mut Chance, n: usize, today: Date) -> Person {
    const NOTES: [&str; 8] = [
        "Prefers mornings.",
        "Wears a cap at work; asks for a soft front.",
        "Scar from a transplant at the back, 14 cm.",
        "Keeps the hair long: density only.",
        "Comes with a friend who interprets.",
        "Has moved twice by telephone; confirm by mail.",
        "Shaves with a blade, so we see every dot.",
        "Would rather not be photographed from the front.",
    ];
    let (name, email) = if n == 0 {
        (super::CLIENT.0.to_owned(), super::CLIENT.1.to_owned())
    } else {
        let name = names::client_name(chance, &studio.country);
        let email = names::client_email(chance, &name, n);
        (name, email)
    };
    Person {
        phone: names::client_phone(chance, &studio.country),
        // Between 20 and 67 years.
        born: Some(plus_days(today, -chance.between(20 * 365, 67 * 365))),
        allergy_flag: n > 0 && chance.percent(15),
        notes: if chance.percent(25) { (*chance.pick(&NOTES)).to_owned() } else { String::new() },
        name,
        email,
    }
}
