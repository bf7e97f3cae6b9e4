//! The practice as it is set up: studios, people, rooms, services, hours. Small, read as a whole, kept in memory.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::booking::Rules;
use crate::gates::{Policy, ServiceKind};
use crate::hours::Hours;
use crate::ids::{ChainId, ResourceId, RoomId, ServiceId, StaffId, StudioId};
use crate::permission::Role;
use crate::search::StartStep;

/// A chain of studios under one owner; a single studio is a chain of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Its id.
    pub id: ChainId,
    /// Its name, as clients read it.
    pub name: String,
    /// The host name a browser asks for, where one database serves several chains.
    pub host: Option<String>,
    /// Raised by every change of the practice.
    pub version: i64,
    /// Whether its people are made up.
    pub demo: bool,
    /// Its rules.
    pub settings: Settings,
    /// Its key, wrapped by the master key.
    pub wrapped_key: Vec<u8>,
}

/// Rules that hold for a whole chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Holds, notice, check-in.
    pub booking: Rules,
    /// What must be done before which visit.
    pub gates: Policy,
    /// What clients are told by mail, and when.
    #[serde(default)]
    pub messages: Messages,
}

/// When clients are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Messages {
    /// Hours before a visit at which its client is reminded; empty: never.
    pub reminders_h: Vec<u32>,
    /// Hours for which a freed time is kept for whom it is offered.
    pub offer_h: u32,
}

impl Default for Messages {
    /// Reminders three days and one day before, the later one in time to still call off; an offer is kept for four hours
    /// (assumptions).
    fn default() -> Messages {
        Messages { reminders_h: vec![72, 24], offer_h: 4 }
    }
}

/// A place where clients are treated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Studio {
    /// Its id.
    pub id: StudioId,
    /// Its name in addresses: lower case letters, digits, hyphens; once per chain.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// IANA time zone.
    pub zone: String,
    /// Degrees north.
    pub latitude_deg: f64,
    /// Degrees east.
    pub longitude_deg: f64,
    /// Street and number.
    pub street: String,
    /// Postal code, or nothing where there are none.
    pub postcode: String,
    /// City.
    pub city: String,
    /// Country: ISO 3166-1 alpha-2.
    pub country: String,
    /// Telephone, as people write it.
    pub phone: String,
    /// E-mail for clients.
    pub email: String,
    /// Currency of its prices: ISO 4217.
    pub currency: String,
    /// What the studio says of itself.
    pub about: String,
    /// Whether it takes bookings.
    pub active: bool,
    /// Raised by every change of this row.
    pub version: i64,
}

/// Something a person has passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// What.
    pub name: String,
    /// Who says so.
    pub issuer: String,
    /// Year it was given.
    pub year: i16,
}

/// A role, at one studio or in the whole chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// What the person is there.
    pub role: Role,
    /// Where; nothing means the whole chain.
    pub studio: Option<StudioId>,
}

/// A person on the staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// Their id; a practitioner is taken as the resource of the same id.
    pub id: StaffId,
    /// Name, as clients read it.
    pub name: String,
    /// E-mail they sign in with.
    pub email: String,
    /// "SMP artist", "Studio manager".
    pub title: String,
    /// What they say of themselves.
    pub about: String,
    /// What they have passed.
    pub credentials: Vec<Credential>,
    /// Whether they treat clients.
    pub practises: bool,
    /// Most minutes of treatment on one local day.
    pub daily_cap_min: Option<u32>,
    /// Where they are what.
    pub posts: Vec<Post>,
    /// Whether they work here now.
    pub active: bool,
    /// Raised by every change of this row.
    pub version: i64,
}

/// A room: what is taken once at a time beside the practitioner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Its id; taken as the resource of the same id.
    pub id: RoomId,
    /// Where it is.
    pub studio: StudioId,
    /// Its name.
    pub name: String,
    /// What it is fit for: "treatment", "consultation".
    pub class: String,
    /// Minutes of cleaning after each visit.
    pub cleaning_min: u32,
    /// Whether it can be used now.
    pub active: bool,
    /// Raised by every change of this row.
    pub version: i64,
}

/// A kind of visit that can be booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// What kind of visit.
    pub kind: ServiceKind,
    /// Its name.
    pub name: String,
    /// What it is, for clients.
    pub about: String,
    /// Minutes with the client, breaks inside a long sitting included.
    pub minutes: u32,
    /// Minutes of preparation before.
    pub before_min: u32,
    /// Minutes of finishing after.
    pub after_min: u32,
    /// At which local times it can start.
    pub step: StartStep,
    /// Least minutes between booking and start.
    pub notice_min: u32,
    /// How many days ahead it can be booked.
    pub horizon_days: u32,
    /// The class of room it needs, if any.
    pub room_class: Option<String>,
    /// Whether the sitting carries its own break and so runs across the practitioner's.
    pub own_break: bool,
    /// Latest minute of the local day at which it may begin.
    pub latest_start_min: Option<u16>,
    /// Whether clients can book it themselves.
    pub public: bool,
    /// Price in minor units of the studio's currency.
    pub price_minor: i64,
    /// Who does it.
    pub staff: Vec<StaffId>,
    /// Whether it is offered now.
    pub active: bool,
    /// Raised by every change of this row.
    pub version: i64,
}

/// When a studio is open, or a practitioner works at a studio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Working {
    /// Where.
    pub studio: StudioId,
    /// The studio itself (as a resource of the same id), or a practitioner.
    pub of: ResourceId,
    /// When.
    pub hours: Hours,
    /// Raised by every change of this row.
    pub version: i64,
}

/// What a service costs at one studio, where that is not the service's own price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Where.
    pub studio: StudioId,
    /// What.
    pub service: ServiceId,
    /// Price in minor units of the studio's currency.
    pub price_minor: i64,
}

/// Everything that is set up in one chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Practice {
    /// The chain.
    pub chain: Chain,
    /// Its studios, by name.
    pub studios: Vec<Studio>,
    /// Its people, by name.
    pub staff: Vec<Staff>,
    /// Its rooms, by name.
    pub rooms: Vec<Room>,
    /// Its services, by name.
    pub services: Vec<Service>,
    /// Hours of studios and of practitioners at studios.
    pub hours: Vec<Working>,
    /// Prices that are a studio's own.
    #[serde(default)]
    pub prices: Vec<Price>,
    /// Who is told of visits by webhook.
    #[serde(default)]
    pub webhooks: Vec<Subscriber>,
}

/// Another program that is told of visits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscriber {
    /// The webhook.
    pub id: Uuid,
    /// Of this studio's alone.
    pub studio: Option<StudioId>,
}

impl Practice {
    /// The studio of an id.
    pub fn studio(&self, id: StudioId) -> Option<&Studio> {
        self.studios.iter().find(|s| s.id == id)
    }

    /// The studio of a name in addresses.
    pub fn studio_named(&self, slug: &str) -> Option<&Studio> {
        self.studios.iter().find(|s| s.slug == slug)
    }

    /// The person of an id.
    pub fn person(&self, id: StaffId) -> Option<&Staff> {
        self.staff.iter().find(|s| s.id == id)
    }

    /// The room of an id.
    pub fn room(&self, id: RoomId) -> Option<&Room> {
        self.rooms.iter().find(|r| r.id == id)
    }

    /// The service of an id.
    pub fn service(&self, id: ServiceId) -> Option<&Service> {
        self.services.iter().find(|s| s.id == id)
    }

    /// The hours of a studio, or of a practitioner at a studio.
    pub fn hours_of(&self, studio: StudioId, of: ResourceId) -> Option<&Hours> {
        self.hours.iter().find(|h| h.studio == studio && h.of == of).map(|h| &h.hours)
    }

    /// What a service costs at a studio, in minor units of its currency.
    pub fn price_minor(&self, studio: StudioId, service: &Service) -> i64 {
        let own = self.prices.iter().find(|p| p.studio == studio && p.service == service.id);
        own.map_or(service.price_minor, |p| p.price_minor)
    }

    /// The studios where a service is done: those where somebody who does it works.
    pub fn studios_of(&self, service: &Service) -> Vec<StudioId> {
        let here = |s: &&Studio| service.staff.iter().any(|id| self.hours_of(s.id, (*id).into()).is_some());
        self.studios.iter().filter(here).map(|s| s.id).collect()
    }

    /// Who treats clients at a studio: those with hours of work there.
    pub fn practitioners(&self, studio: StudioId) -> Vec<&Staff> {
        let works_here = |id: StaffId| self.hours_of(studio, id.into()).is_some();
        self.staff.iter().filter(|s| s.active && s.practises && works_here(s.id)).collect()
    }
}
