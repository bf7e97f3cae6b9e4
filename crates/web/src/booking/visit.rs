//! A visit as who has its code may see it: time, place, who and what; nothing about the client.

use hairline_studio::booking::State;
use hairline_studio::ids::{ClientId, ServiceId, StaffId};
use hairline_studio::permission::{Actor, Person, Role};
use hairline_studio::practice::Practice;
use hairline_studio::store::appointments::{Appointment, instant};
use hairline_studio::store::book::Refused;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A visit, or the hold of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Visit {
    /// The code by which it is named; who has it may see, move and cancel the visit.
    #[schema(example = "KTWB-29NX-QF7C-MR4H")]
    pub code: String,
    /// Where it is on its way: `hold`, `booked`, `checked_in`, `done`, `no_show` or `cancelled`.
    #[schema(value_type = String, example = "booked")]
    pub state: State,
    /// Where.
    pub studio: Studio,
    /// What for.
    pub service: Service,
    /// With whom.
    pub practitioner: Practitioner,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    pub end: Timestamp,
    /// What the clock at the studio shows when it begins.
    #[schema(value_type = String, example = "2026-12-03T09:00:00")]
    pub wall_time: DateTime,
    /// The zone of that clock: IANA name.
    #[schema(example = "Europe/Lisbon")]
    pub zone: String,
    /// Price agreed, in the currency's smallest unit.
    pub price_minor: i64,
    /// Currency by its ISO 4217 code.
    pub currency: String,
    /// Of a hold: until when the time is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub kept_until: Option<Timestamp>,
    /// Raised by every change; the ETag.
    pub version: u64,
}

/// A studio by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = StudioName)]
pub struct Studio {
    /// Last part of its address.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// A service by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ServiceName)]
pub struct Service {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    pub id: ServiceId,
    /// Its name.
    pub name: String,
}

/// A practitioner by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PractitionerName)]
pub struct Practitioner {
    /// Their id.
    #[schema(value_type = String, format = "uuid")]
    pub id: StaffId,
    /// Their name.
    pub name: String,
}

/// A practitioner by name.
pub fn practitioner(practice: &Practice, id: StaffId) -> Practitioner {
    Practitioner { id, name: practice.person(id).map(|p| p.name.clone()).unwrap_or_default() }
}

/// What is told of a visit.
///
/// # Errors
/// Where its studio or service are no more, or the store is broken.
pub fn told(practice: &Practice, visit: &Appointment) -> Result<Visit, Refused> {
    let studio = practice.studio(visit.studio).ok_or(Refused::NotFound("studio"))?;
    let service = practice.service(visit.service).ok_or(Refused::NotFound("service"))?;
    Ok(Visit {
        code: visit.code.clone(),
        state: visit.state,
        studio: Studio { slug: studio.slug.clone(), name: studio.name.clone() },
        service: Service { id: service.id, name: service.name.clone() },
        practitioner: practitioner(practice, visit.practitioner),
        start: instant(visit.span.start_us)?,
        end: instant(visit.span.end_us)?,
        wall_time: visit.wall,
        zone: visit.zone.clone(),
        price_minor: visit.price_minor,
        currency: studio.currency.clone(),
        kept_until: visit.hold_until_us.map(instant).transpose()?,
        version: u64::try_from(visit.version).unwrap_or(0),
    })
}

/// Who has a visit's code acts as its client, and on nothing else of theirs.
pub fn bearer(practice: &Practice, client: ClientId) -> Actor {
    Actor {
        role: Role::Client,
        person: Person::Client(client),
        chain: practice.chain.id,
        studios: Vec::new(),
        also: Vec::new(),
    }
}

/// A code as it was made, from how a person typed it; `None` where it cannot be one.
pub fn code(typed: &str) -> Option<String> {
    let signs: Vec<char> =
        typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    (signs.len() == 16)
        .then(|| signs.chunks(4).map(|four| four.iter().collect()).collect::<Vec<String>>().join("-"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_is_read_as_people_type_it() {
        for typed in ["KTWB-29NX-QF7C-MR4H", "ktwb29nxqf7cmr4h", " ktwb 29nx qf7c mr4h "] {
            assert_eq!(super::code(typed).as_deref(), Some("KTWB-29NX-QF7C-MR4H"), "{typed}");
        }
        for typed in ["", "KTWB", "KTWB-29NX-QF7C-MR4", "KTWB-29NX-QF7C-MR4HH", "ÄÖÜÄ"] {
            assert_eq!(super::code(typed), None, "{typed}");
        }
    }
}
