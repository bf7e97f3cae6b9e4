//! Fills an empty store with a chain of 25 studios, 500 practitioners and a million bookings, for measuring:
//!
//! `cargo run --release -p hairline-studio --example large_store -- DIR [postgres://...]`
//!
//! Without an address the store is DIR/hairline.db; the master key is DIR/master.key. Every studio has 20 practitioners and
//! 8 rooms; mornings of the next hundred days are booked, afternoons are free for long sittings.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use hairline_studio::board::{Claim, ClaimKind};
use hairline_studio::booking::State;
use hairline_studio::gates::ServiceKind;
use hairline_studio::hours::{DayHours, Hours, Interval, Week};
use hairline_studio::ids::{
    AppointmentId, ChainId, ClientId, Fresh, ResourceId, RoomId, ServiceId, StaffId, StudioId,
};
use hairline_studio::permission::Role;
use hairline_studio::practice::{Chain, Post, Room, Service, Settings, Staff, Studio, Working};
use hairline_studio::seal::blind::Dialling;
use hairline_studio::seal::master::MasterKeys;
use hairline_studio::seal::system_random;
use hairline_studio::search::StartStep;
use hairline_studio::span::{DAY_US, MINUTE_US, Span};
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::events::{self, Event, Who};
use hairline_studio::store::{self, Store, Vault, claims, clients, practice};
use hairline_studio::zone::local_time_at;
use jiff::Timestamp;

const STUDIOS: usize = 25;
const PRACTITIONERS: usize = 20;
const ROOMS: usize = 8;
const CLIENTS: usize = 20_000;
/// Days back with eighty visits a studio, and days ahead with forty.
const PAST_DAYS: i64 = 450;
const FUTURE_DAYS: i64 = 100;
const ZONE: &str = "Europe/Berlin";
/// Opening at nine in Berlin's winter, as minutes of the UTC day.
const OPEN_MIN: i64 = 480;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(arguments.first().ok_or("large_store DIR [postgres://...]")?);
    std::fs::create_dir_all(folder)?;
    let now = Timestamp::now();
    let store = match arguments.get(1) {
        Some(url) => Store::postgres(url, 4, now.as_microsecond())?,
        None => Store::sqlite(&folder.join("hairline.db"), now.as_microsecond())?,
    };
    let master = Arc::new(MasterKeys::create(&folder.join("master.key"), &mut system_random())?);
    let begun = Instant::now();
    let fill = Fill::set_up(&store, master, now)?;
    let mut bookings = 0;
    for day in -PAST_DAYS..FUTURE_DAYS {
        bookings += fill.day(&store, day)?;
        if day % 50 == 0 {
            println!("{bookings} bookings after {:.0} s", begun.elapsed().as_secs_f64());
        }
    }
    // As the hourly job does.
    let chain = Some(fill.chain);
    while store.write(chain, move |tx| claims::forget_days(tx, now.as_microsecond()))? > 0 {}
    println!("{bookings} bookings in {:.0} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Where and whom the visits are with.
struct Fill {
    chain: ChainId,
    midnight_us: i64,
    consultation: ServiceId,
    places: Arc<Vec<Place>>,
    clients: Arc<Vec<ClientId>>,
}

struct Place {
    studio: StudioId,
    practitioners: Vec<StaffId>,
    rooms: Vec<RoomId>,
}

impl Fill {
    fn set_up(store: &Store, master: Arc<MasterKeys>, now: Timestamp) -> Result<Fill, Box<dyn Error>> {
        let mut rng = system_random();
        let mut fresh = Fresh::new(now, &mut rng);
        let id = ChainId(fresh.id());
        let chain = Chain {
            id,
            name: "A large chain".into(),
            host: None,
            version: 1,
            demo: false,
            settings: Settings::default(),
            wrapped_key: Vault::new_chain_key(&master, id, &mut fresh),
        };
        let vault = Vault::open(master, &chain)?;
        let places: Vec<Place> = (0..STUDIOS)
            .map(|_| Place {
                studio: StudioId(fresh.id()),
                practitioners: (0..PRACTITIONERS).map(|_| StaffId(fresh.id())).collect(),
                rooms: (0..ROOMS).map(|_| RoomId(fresh.id())).collect(),
            })
            .collect();
        let everyone: Vec<StaffId> = places.iter().flat_map(|p| p.practitioners.clone()).collect();
        let services = [(ServiceKind::Consultation, 45, 15), (ServiceKind::Session, 300, 30)];
        let services = services
            .map(|(kind, minutes, after)| service(ServiceId(fresh.id()), kind, minutes, after, &everyone));
        let consultation = services[0].id;
        let at = places[0].studio;
        let places = Arc::new(places);
        let (set_up, of_chain) = (Arc::clone(&places), chain);
        store.write(None, move |tx| practice::add_chain(tx, &of_chain, now.as_microsecond()))?;
        store.write(Some(id), move |tx| {
            let mut rng = system_random();
            let mut fresh = Fresh::new(now, &mut rng);
            for (n, place) in set_up.iter().enumerate() {
                practice::add_studio(tx, &studio(place.studio, n))?;
                practice::add_hours(tx, &working(place.studio, place.studio.into()))?;
                for (k, person) in place.practitioners.iter().enumerate() {
                    practice::add_staff(tx, &practitioner(*person, place.studio, n, k), &[fresh.id()])?;
                    practice::add_hours(tx, &working(place.studio, (*person).into()))?;
                }
                for (k, room) in place.rooms.iter().enumerate() {
                    practice::add_room(tx, &treatment_room(*room, place.studio, k))?;
                }
            }
            services.iter().try_for_each(|service| practice::add_service(tx, service))
        })?;
        let clients = store.write(Some(id), move |tx| {
            let mut rng = system_random();
            let mut fresh = Fresh::new(now, &mut rng);
            (0..CLIENTS)
                .map(|n| {
                    let who = clients::Person {
                        name: format!("Client Number{n}"),
                        email: format!("client{n}@example.org"),
                        ..Default::default()
                    };
                    let dialling = Dialling { country: "49", trunk: "0" };
                    clients::add(tx, &vault, at, &who, dialling, &mut fresh).map(|c| c.id)
                })
                .collect::<Result<Vec<_>, store::Error>>()
        })?;
        let midnight_us = now.as_microsecond().div_euclid(DAY_US) * DAY_US;
        Ok(Fill { chain: id, midnight_us, consultation, places, clients: Arc::new(clients) })
    }

    /// The visits of one day at every studio, each an hour with its cleaning; gives how many.
    fn day(&self, store: &Store, day: i64) -> Result<usize, store::Error> {
        let (places, clients) = (Arc::clone(&self.places), Arc::clone(&self.clients));
        let (midnight_us, service) = (self.midnight_us + day * DAY_US, self.consultation);
        let (hours, state) = if day < 0 { (10, State::Done) } else { (5, State::Booked) };
        store.write(Some(self.chain), move |tx| {
            let mut rng = system_random();
            let made_us = midnight_us - 14 * DAY_US;
            let made = Timestamp::from_microsecond(made_us).unwrap_or_default();
            let mut fresh = Fresh::new(made, &mut rng);
            let mut count = 0;
            for place in places.iter() {
                let mut taken = Vec::new();
                for k in 0..hours * ROOMS {
                    let start_us = midnight_us + (OPEN_MIN + 60 * (k / ROOMS) as i64) * MINUTE_US;
                    let span = Span { start_us, end_us: start_us + 45 * MINUTE_US };
                    let start = Timestamp::from_microsecond(start_us).unwrap_or_default();
                    let local =
                        local_time_at(ZONE, start).map_err(|e| store::Error::Broken(e.to_string()))?;
                    let client =
                        clients[(k * 7919 + count * 31 + day.unsigned_abs() as usize) % clients.len()];
                    let visit = Appointment {
                        id: AppointmentId(fresh.id()),
                        studio: place.studio,
                        code: fresh.code(),
                        client: Some(client),
                        service,
                        practitioner: place.practitioners[k % PRACTITIONERS],
                        room: Some(place.rooms[k % ROOMS]),
                        course: None,
                        state,
                        span,
                        wall: local.wall,
                        zone: local.zone,
                        tzdb: local.tzdb,
                        hold_until_us: None,
                        sequence: 0,
                        version: 1,
                        price_minor: 0,
                        made_us,
                        changed_us: made_us,
                    };
                    appointments::add(tx, &visit)?;
                    let event = Event {
                        studio: Some(place.studio),
                        thing: "appointment",
                        thing_id: visit.id.0,
                        what: "confirm",
                        why: None,
                        sealed: None,
                    };
                    events::add(tx, fresh.id(), &Who::Visitor, &event, made_us)?;
                    let with_after = Span { start_us, end_us: start_us + 60 * MINUTE_US };
                    let day = visit.wall.date();
                    let person = (ResourceId::from(visit.practitioner), Some((day, 45)));
                    let room = (ResourceId::from(place.rooms[k % ROOMS]), None);
                    taken.extend([person, room].map(|(resource, sitting)| Claim {
                        resource,
                        span: with_after,
                        kind: ClaimKind::Appointment,
                        owner: visit.id.0,
                        expires_us: None,
                        sitting,
                    }));
                    count += 1;
                }
                claims::add(tx, Some(place.studio), &taken, &mut fresh)?;
                let touched: Vec<(ResourceId, Span)> = taken.iter().map(|c| (c.resource, c.span)).collect();
                claims::touch(tx, &touched, made)?;
            }
            Ok(count)
        })
    }
}

fn service(id: ServiceId, kind: ServiceKind, minutes: u32, after_min: u32, everyone: &[StaffId]) -> Service {
    let mut staff = everyone.to_vec();
    staff.sort();
    Service {
        id,
        kind,
        name: format!("{kind:?}"),
        about: String::new(),
        minutes,
        before_min: 0,
        after_min,
        step: if minutes > 60 { StartStep::HalfHour } else { StartStep::Quarter },
        notice_min: 120,
        horizon_days: 200,
        room_class: Some("treatment".into()),
        own_break: minutes > 60,
        latest_start_min: None,
        public: true,
        price_minor: 0,
        staff,
        active: true,
        version: 1,
    }
}

fn studio(id: StudioId, n: usize) -> Studio {
    Studio {
        id,
        slug: format!("studio-{n}"),
        name: format!("Studio {n}"),
        zone: ZONE.into(),
        latitude_deg: 47.0 + 0.3 * n as f64,
        longitude_deg: 7.0 + 0.2 * n as f64,
        street: "Street 1".into(),
        postcode: "10115".into(),
        city: format!("Town {n}"),
        country: "DE".into(),
        phone: String::new(),
        email: format!("studio-{n}@example.org"),
        currency: "EUR".into(),
        about: String::new(),
        active: true,
        version: 1,
    }
}

fn practitioner(id: StaffId, at: StudioId, n: usize, k: usize) -> Staff {
    Staff {
        id,
        name: format!("Practitioner {n}-{k}"),
        email: format!("p{n}-{k}@example.org"),
        title: String::new(),
        about: String::new(),
        credentials: vec![],
        practises: true,
        daily_cap_min: Some(600),
        posts: vec![Post { role: Role::Practitioner, studio: Some(at) }],
        active: true,
        version: 1,
    }
}

fn treatment_room(id: RoomId, studio: StudioId, k: usize) -> Room {
    Room {
        id,
        studio,
        name: format!("Room {k}"),
        class: "treatment".into(),
        cleaning_min: 0,
        active: true,
        version: 1,
    }
}

/// Nine to nine, every day.
fn working(studio: StudioId, of: ResourceId) -> Working {
    let open = DayHours { open: vec![Interval { from_min: 540, to_min: 1260 }], breaks: vec![] };
    let week = Week { valid_from: None, valid_to: None, days: std::array::from_fn(|_| open.clone()) };
    Working { studio, of, hours: Hours { weeks: vec![week], exceptions: vec![] }, version: 1 }
}
