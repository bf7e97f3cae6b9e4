//! A small practice: two studios in different zones, three practitioners, rooms of two classes, three services.
#![allow(dead_code, reason = "each test file uses what it needs of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use hairline_studio::board::{Board, Part};
use hairline_studio::gates::{Evidence, Finding, Gate, ServiceKind};
use hairline_studio::hours::{DayHours, Hours, Interval, Week};
use hairline_studio::ids::{
    ChainId, ClientId, EvidenceId, Fresh, RoomId, ServiceId, StaffId, StudioId, new_id,
};
use hairline_studio::permission::{Actor, Person, Role};
use hairline_studio::practice::{Chain, Post, Practice, Room, Service, Settings, Staff, Studio, Working};
use hairline_studio::seal::blind::Dialling;
use hairline_studio::seal::master::MasterKeys;
use hairline_studio::search::StartStep;
use hairline_studio::span::{DAY_US, Span};
use hairline_studio::store::book::{Desk, Refused, Touched, Wish};
use hairline_studio::store::{Error, Store, Tx, Vault, claims, clients, evidence, practice};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::common::{NOW_US, TestStore};

/// A source of ids and keys that counts, so that a run can be repeated.
pub struct Counting(u64);

static SEEDS: AtomicU64 = AtomicU64::new(1);

impl Counting {
    /// One that shares no number with another.
    pub fn fresh() -> Counting {
        Counting(SEEDS.fetch_add(1, Ordering::Relaxed) << 32)
    }
}

impl rand_core::TryRng for Counting {
    type Error = rand_core::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|x| (x >> 32) as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        // SplitMix64: every count gives another number.
        self.0 = self.0.wrapping_add(1);
        let mut z = self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Ok(z ^ (z >> 31))
    }
    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        for part in dst.chunks_mut(8) {
            let bytes = self.try_next_u64()?.to_le_bytes();
            part.copy_from_slice(&bytes[..part.len()]);
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Counting {}

pub struct Fixture {
    pub practice: Practice,
    pub vault: Vault,
    pub berlin: StudioId,
    pub new_york: StudioId,
    /// Practitioners: two in Berlin, one in New York.
    pub anna: StaffId,
    pub ben: StaffId,
    pub cleo: StaffId,
    pub consultation: ServiceId,
    pub session: ServiceId,
    pub patch: ServiceId,
    /// Not public.
    pub touch_up: ServiceId,
    pub review: ServiceId,
    pub owner: Actor,
    pub manager: Actor,
    pub reception: Actor,
    pub artist: Actor,
    /// Clients with consultation and screening done.
    pub clients: Vec<ClientId>,
    /// One who has nothing done.
    pub newcomer: ClientId,
}

pub fn id(n: u8) -> Uuid {
    // The random half differs too, as with real ones: locks are told apart by it.
    new_id(1_795_420_000_000, [n, 1, 2, 3, 4, 5, 6, 7, 8, n])
}

/// Minutes after 2026-11-23T08:00Z, the "now" of the tests.
pub fn now(minutes: i64) -> Timestamp {
    Timestamp::from_microsecond(NOW_US + minutes * 60_000_000).expect("a time")
}

pub fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn hours(from_min: u16, to_min: u16) -> Hours {
    let open = DayHours {
        open: vec![Interval { from_min, to_min }],
        breaks: vec![Interval { from_min: 765, to_min: 795 }],
    };
    let mut week = Week { valid_from: None, valid_to: None, days: std::array::from_fn(|_| open.clone()) };
    week.days[6] = DayHours::default();
    Hours { weeks: vec![week], exceptions: vec![] }
}

fn studio(n: u8, slug: &str, zone: &str) -> Studio {
    let text = |what: &str| format!("{what} of {slug}");
    Studio {
        id: StudioId(id(n)),
        slug: slug.into(),
        name: text("Studio"),
        zone: zone.into(),
        latitude_deg: 52.5,
        longitude_deg: 13.4,
        street: text("Street"),
        postcode: String::new(),
        city: slug.into(),
        country: "DE".into(),
        phone: String::new(),
        email: format!("{slug}@example.org"),
        currency: "EUR".into(),
        about: String::new(),
        active: true,
        version: 1,
    }
}

fn person(n: u8, name: &str, role: Role, at: Option<StudioId>, practises: bool) -> Staff {
    Staff {
        id: StaffId(id(n)),
        name: name.into(),
        email: format!("{name}@example.org"),
        title: String::new(),
        about: String::new(),
        credentials: vec![],
        practises,
        daily_cap_min: practises.then_some(540),
        posts: vec![Post { role, studio: at }],
        active: true,
        version: 1,
    }
}

fn room(n: u8, at: StudioId, class: &str, cleaning_min: u32) -> Room {
    Room {
        id: RoomId(id(n)),
        studio: at,
        name: format!("{class} {n}"),
        class: class.into(),
        cleaning_min,
        active: true,
        version: 1,
    }
}

fn service(
    n: u8,
    kind: ServiceKind,
    minutes: u32,
    buffers: (u32, u32),
    class: &str,
    all: &[StaffId],
) -> Service {
    let mut staff = all.to_vec();
    staff.sort();
    Service {
        id: ServiceId(id(n)),
        kind,
        name: format!("{kind:?}"),
        about: String::new(),
        minutes,
        before_min: buffers.0,
        after_min: buffers.1,
        step: if minutes > 60 { StartStep::HalfHour } else { StartStep::Quarter },
        notice_min: 120,
        horizon_days: 400,
        room_class: Some(class.into()),
        own_break: minutes > 60,
        latest_start_min: (minutes > 180).then_some(900),
        public: kind != ServiceKind::TouchUp,
        price_minor: 10_000,
        staff,
        active: true,
        version: 1,
    }
}

/// Puts the practice into a store.
pub fn set_up(t: &TestStore) -> Arc<Fixture> {
    set_up_at(&t.store, 60)
}

/// The master key of the practice.
pub fn master() -> Arc<MasterKeys> {
    let text =
        base64::engine::general_purpose::STANDARD.encode(std::array::from_fn::<u8, 32, _>(|i| i as u8));
    Arc::new(MasterKeys::parse(&text, "test").expect("a master key"))
}

pub fn set_up_at(store: &Store, n_clients: usize) -> Arc<Fixture> {
    let master = master();
    let chain_id = ChainId(id(1));
    let mut rng = Counting::fresh();
    let mut fresh = Fresh::new(now(0), &mut rng);
    let chain = Chain {
        id: chain_id,
        name: "Hairlines".into(),
        host: None,
        version: 1,
        demo: false,
        settings: Settings::default(),
        wrapped_key: Vault::new_chain_key(&master, chain_id, &mut fresh),
    };
    let vault = Vault::open(Arc::clone(&master), &chain).expect("the chain's own key");
    let made = chain.clone();
    store.write(None, move |tx| practice::add_chain(tx, &made, NOW_US)).expect("a chain");

    let (berlin, new_york) = (StudioId(id(10)), StudioId(id(11)));
    let (anna, ben, cleo) = (StaffId(id(20)), StaffId(id(21)), StaffId(id(22)));
    let (manager, reception, owner) = (StaffId(id(23)), StaffId(id(24)), StaffId(id(25)));
    let all = [anna, ben, cleo];
    let ids: Vec<Uuid> = (0..6).map(|_| fresh.id()).collect();
    store
        .write(Some(chain_id), move |tx| {
            practice::add_studio(tx, &studio(10, "berlin", "Europe/Berlin"))?;
            practice::add_studio(tx, &studio(11, "new-york", "America/New_York"))?;
            let people = [
                person(20, "anna", Role::Practitioner, Some(berlin), true),
                person(21, "ben", Role::Practitioner, Some(berlin), true),
                person(22, "cleo", Role::Practitioner, Some(new_york), true),
                person(23, "mia", Role::Manager, Some(berlin), false),
                person(24, "rita", Role::Reception, Some(new_york), false),
                person(25, "olga", Role::Owner, None, false),
            ];
            for (one, post) in people.iter().zip(ids.chunks(1)) {
                practice::add_staff(tx, one, post)?;
            }
            practice::add_room(tx, &room(30, berlin, "treatment", 15))?;
            practice::add_room(tx, &room(31, berlin, "treatment", 30))?;
            practice::add_room(tx, &room(32, berlin, "consultation", 0))?;
            practice::add_room(tx, &room(33, new_york, "treatment", 15))?;
            practice::add_room(tx, &room(34, new_york, "consultation", 0))?;
            practice::add_service(
                tx,
                &service(40, ServiceKind::Consultation, 45, (0, 15), "consultation", &all),
            )?;
            practice::add_service(tx, &service(41, ServiceKind::Session, 240, (15, 30), "treatment", &all))?;
            practice::add_service(
                tx,
                &service(42, ServiceKind::PatchTest, 15, (0, 0), "consultation", &all),
            )?;
            practice::add_service(tx, &service(43, ServiceKind::TouchUp, 90, (15, 15), "treatment", &all))?;
            practice::add_service(tx, &service(44, ServiceKind::Review, 30, (0, 0), "consultation", &all))?;
            for (at, of, from, to) in [
                (berlin, berlin.into(), 540, 1140),
                (berlin, anna.into(), 540, 1140),
                (berlin, ben.into(), 600, 1200),
                (new_york, new_york.into(), 540, 1140),
                (new_york, cleo.into(), 540, 1080),
            ] {
                practice::add_hours(tx, &Working { studio: at, of, hours: hours(from, to), version: 1 })?;
            }
            Ok::<_, Error>(())
        })
        .expect("a practice");
    let practice = store.read(Some(chain_id), practice::read).expect("reads back");
    let vault = Arc::new(vault);
    let keys = Arc::clone(&vault);
    let mut clients = store
        .write(Some(chain_id), move |tx| {
            let mut rng = Counting::fresh();
            let mut fresh = Fresh::new(now(0), &mut rng);
            (0..=n_clients)
                .map(|n| {
                    let who = clients::Person {
                        name: format!("Client {n}"),
                        email: format!("client{n}@example.org"),
                        ..Default::default()
                    };
                    let dialling = Dialling { country: "49", trunk: "0" };
                    let client = clients::add(tx, &keys, berlin, &who, dialling, &mut fresh)?.id;
                    if n < n_clients {
                        for gate in [Gate::Consultation, Gate::Screening] {
                            seen(tx, &keys, berlin, client, (gate, NOW_US - DAY_US, None), &mut fresh)?;
                        }
                    }
                    Ok::<_, Error>(client)
                })
                .collect::<Result<Vec<_>, _>>()
        })
        .expect("clients");
    let newcomer = clients.pop().expect("one");
    let staff = |role, who, studios: &[StudioId]| Actor {
        role,
        person: Person::Staff(who),
        chain: chain_id,
        studios: studios.to_vec(),
        also: vec![],
    };
    let vault = Vault::open(master, &chain).expect("the chain's own key");
    Arc::new(Fixture {
        practice,
        vault,
        berlin,
        new_york,
        anna,
        ben,
        cleo,
        consultation: ServiceId(id(40)),
        session: ServiceId(id(41)),
        patch: ServiceId(id(42)),
        touch_up: ServiceId(id(43)),
        review: ServiceId(id(44)),
        owner: staff(Role::Owner, owner, &[]),
        manager: staff(Role::Manager, manager, &[berlin]),
        reception: staff(Role::Reception, reception, &[new_york]),
        artist: staff(Role::Practitioner, anna, &[berlin]),
        clients,
        newcomer,
    })
}

/// Writes down that something was found clear for a gate.
pub fn seen(
    tx: &mut Tx<'_>,
    vault: &Vault,
    at: StudioId,
    client: ClientId,
    (gate, at_us, since_us): (Gate, i64, Option<i64>),
    fresh: &mut Fresh<'_>,
) -> Result<(), Error> {
    let key = clients::key(tx, vault, client)?;
    let evidence = Evidence { id: EvidenceId(fresh.id()), gate, at_us, since_us, finding: Finding::Clear };
    evidence::add(tx, &key, at, client, &evidence, None, fresh)
}

impl Fixture {
    pub fn chain(&self) -> ChainId {
        self.practice.chain.id
    }

    pub fn desk<'a>(&'a self, actor: &'a Actor) -> Desk<'a> {
        Desk { practice: &self.practice, vault: &self.vault, actor }
    }

    /// A client as somebody who acts.
    pub fn as_client(&self, client: ClientId) -> Actor {
        Actor {
            role: Role::Client,
            person: Person::Client(client),
            chain: self.chain(),
            studios: vec![],
            also: vec![],
        }
    }

    pub fn wish(&self, practitioner: StaffId, service: ServiceId, start: Timestamp) -> Wish {
        let studio = if practitioner == self.cleo { self.new_york } else { self.berlin };
        Wish { studio, service, practitioner, start, room: None }
    }

    /// Does something in one transaction that changes rows.
    pub fn write<T: Send + 'static, E: From<Error> + Send + 'static>(
        self: &Arc<Self>,
        store: &Store,
        at: Timestamp,
        work: impl FnOnce(&mut Tx<'_>, &Fixture, &mut Fresh<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let fixture = Arc::clone(self);
        store.write(Some(self.chain()), move |tx| {
            let mut rng = Counting::fresh();
            work(tx, &fixture, &mut Fresh::new(at, &mut rng))
        })
    }

    pub fn read<T: Send + 'static>(
        self: &Arc<Self>,
        store: &Store,
        work: impl FnOnce(&mut Tx<'_>, &Fixture) -> Result<T, Refused> + Send + 'static,
    ) -> T {
        let fixture = Arc::clone(self);
        store.read(Some(self.chain()), move |tx| work(tx, &fixture)).expect("reads")
    }

    /// The board as the store has it.
    pub fn board(self: &Arc<Self>, store: &Store, first: Date, last: Date, at: Timestamp) -> Board {
        self.read(store, move |tx, fx| {
            let mut board = Board::new(&fx.practice, Part::All, first, last)?;
            let resources = board.resources();
            let span = Span { start_us: NOW_US - 10 * DAY_US, end_us: NOW_US + 500 * DAY_US };
            for claim in claims::overlapping(tx, &resources, span, at.as_microsecond())? {
                board.take(&claim);
            }
            Ok(board)
        })
    }

    /// Brings a board up to date with what a change did, as every process does.
    pub fn publish(self: &Arc<Self>, store: &Store, board: &mut Board, touched: &Touched, at: Timestamp) {
        if !touched.freed {
            touched.added.iter().for_each(|claim| board.take(claim));
            return;
        }
        let days = touched.days.clone();
        let shown = self.read(store, move |tx, _| {
            let mut shown = Vec::new();
            for day in days {
                let span = Span { start_us: day.day * DAY_US, end_us: (day.day + 1) * DAY_US };
                shown.push((day, claims::overlapping(tx, &[day.resource], span, at.as_microsecond())?));
            }
            Ok(shown)
        });
        for (day, claims) in shown {
            board.show_day(day.resource, day.day, day.version, &claims);
        }
    }
}

/// How many rows every table has that a booking writes to.
pub fn row_counts(fixture: &Arc<Fixture>, store: &Store) -> Vec<(&'static str, i64)> {
    const TABLES: [&str; 6] = ["appointments", "claims", "courses", "events", "jobs", "resource_days"];
    fixture.read(store, |tx, _| {
        let mut counts = Vec::new();
        for table in TABLES {
            let row = tx.query_one(&format!("select count(*) from {table}"), &[])?;
            counts.push((table, row.ok_or(Error::Reference)?.take()?));
        }
        Ok(counts)
    })
}
