//! The demonstration holds to the rules of everything else: nothing overlaps, what was done was allowed, what is free can be
//! found, and the same seed and instant make the same rows.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use common::{NOW_US, TestStore, on_both};
use hairline_studio::board::{Board, Part};
use hairline_studio::booking::{EDGES, Edge, State};
use hairline_studio::demo::{self, Filled, fill, sign_ins};
use hairline_studio::gates::{Moment, ServiceKind};
use hairline_studio::ids::{ClientId, ResourceId, StudioId};
use hairline_studio::permission::{Actor, Person, Role};
use hairline_studio::practice::Practice;
use hairline_studio::seal::master::MasterKeys;
use hairline_studio::search::{Question, Who, search};
use hairline_studio::span::{DAY_US, Span};
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::book::{self, Desk};
use hairline_studio::store::clients::Client;
use hairline_studio::store::{Error, Store, Tx, Vault, claims, clients, events, plans, practice};
use hairline_studio::zone::{local_date, plus_days, resolve, zone};
use hairline_studio::{password, place, values};
use jiff::Timestamp;

const SEED: u64 = 7;

fn now() -> Timestamp {
    Timestamp::from_microsecond(NOW_US).expect("in range")
}

fn master() -> Arc<MasterKeys> {
    let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    Arc::new(MasterKeys::parse(text, "the test").expect("a key"))
}

/// A filled store, and what is set up in it.
struct Demo {
    filled: Filled,
    practice: Practice,
    vault: Arc<Vault>,
}

fn demo(store: &Store) -> Demo {
    let filled = fill(store, &master(), SEED, now()).expect("fills");
    let practice = store.read(Some(filled.chain), practice::read).expect("reads");
    let vault = Arc::new(Vault::open(master(), &practice.chain).expect("its key"));
    Demo { filled, practice, vault }
}

impl Demo {
    fn read<T: Send + 'static>(
        &self,
        store: &Store,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> T {
        store.read(Some(self.filled.chain), work).expect("reads")
    }

    fn visits(&self, store: &Store) -> Vec<Appointment> {
        let studios: Vec<_> = self.practice.studios.iter().map(|s| s.id).collect();
        let all = Span { start_us: i64::MIN, end_us: i64::MAX };
        self.read(store, move |tx| {
            let mut list = Vec::new();
            for studio in studios {
                list.extend(appointments::of_studio(tx, studio, all)?);
            }
            Ok(list)
        })
    }

    fn clients(&self, store: &Store) -> Vec<Client> {
        let vault = Arc::clone(&self.vault);
        self.read(store, move |tx| {
            let chain = tx.chain()?;
            let rows = tx.query("select id from clients where chain_id = $1", values![chain])?;
            let ids: Vec<ClientId> = rows.into_iter().map(|mut row| row.take()).collect::<Result<_, _>>()?;
            clients::by_ids(tx, &vault, &ids)
        })
    }
}

/// Every row of every table, as text, in a fixed order.
fn dump(path: &Path) -> Vec<String> {
    let file = rusqlite::Connection::open(path).expect("the file");
    let tables =
        "select name from sqlite_master where type = 'table' and name <> 'schema_versions' order by name";
    let names: Vec<String> = file
        .prepare(tables)
        .and_then(|mut s| s.query_map([], |row| row.get(0))?.collect())
        .expect("the tables");
    let mut lines = Vec::new();
    for name in names {
        let mut statement = file.prepare(&format!("select * from {name}")).expect("a table");
        let width = statement.column_count();
        let mut rows = statement.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let cells: Vec<String> =
                (0..width).map(|i| format!("{:?}", row.get_ref(i).expect("a cell"))).collect();
            lines.push(format!("{name} {}", cells.join(" ")));
        }
    }
    lines.sort();
    lines
}

#[test]
fn the_same_seed_and_instant_make_the_same_rows_and_others_make_others() {
    let made = |seed, at: Timestamp| {
        let t = TestStore::sqlite();
        fill(&t.store, &master(), seed, at).expect("fills");
        dump(t.address.as_ref())
    };
    let first = made(SEED, now());
    assert_eq!(first, made(SEED, now()));
    assert_ne!(first, made(SEED + 1, now()));
    // Later the same day the practice and its clients are the same.
    let later = made(SEED, Timestamp::from_microsecond(NOW_US + 7_200_000_000).expect("in range"));
    let same = |rows: &[String]| -> Vec<String> {
        let of = |row: &&String| {
            ["staff ", "rooms ", "services ", "client_words "].iter().any(|t| row.starts_with(t))
        };
        rows.iter().filter(of).cloned().collect()
    };
    assert_eq!(same(&first), same(&later));
}

/// One test, because filling PostgreSQL takes longer than all that is asked of it; what fails says where.
#[test]
fn the_demonstration_keeps_the_rules() {
    on_both(|t| {
        let d = demo(&t.store);
        there_is_as_much_as_was_promised(t, &d);
        nothing_overlaps_and_every_claim_lies_where_its_visit_is(t, &d);
        what_is_past_has_ended_what_is_to_come_is_booked_and_history_tells_each_step(t, &d);
        gates_of_what_was_booked_and_done_were_met_at_the_time(t, &d);
        every_studio_has_free_consultations_and_sessions_soon(t, &d);
        newcomers_can_sign_in_as_people_who_are_there(t, &d);
    });
}

#[test]
fn a_store_that_has_a_chain_is_left_alone() {
    on_both(|t| {
        let first = fill(&t.store, &master(), SEED, now()).expect("fills");
        let again = fill(&t.store, &master(), SEED + 1, now()).expect("looks");
        assert!(first.made && !again.made);
        assert_eq!((first.chain, first.sign_ins), (again.chain, again.sign_ins));
        let chains = t.store.read(None, practice::chains).expect("reads");
        assert_eq!(chains.len(), 1);
        assert!(chains[0].demo);
    });
}

#[test]
fn processes_that_start_together_make_one_chain() {
    let t = TestStore::postgres();
    let made: Vec<bool> = std::thread::scope(|scope| {
        let each = |seed| {
            let store = &t.store;
            scope.spawn(move || fill(store, &master(), seed, now()).expect("fills or looks").made)
        };
        [each(1), each(2)].map(|thread| thread.join().expect("ends")).to_vec()
    });
    assert_eq!(made.iter().filter(|made| **made).count(), 1);
    assert_eq!(t.store.read(None, practice::chains).expect("reads").len(), 1);
}

fn there_is_as_much_as_was_promised(t: &TestStore, d: &Demo) {
    let p = &d.practice;
    assert_eq!(p.studios.len(), 12);
    assert!(p.studios.iter().map(|s| &s.zone).collect::<BTreeSet<_>>().len() >= 9);
    assert_eq!(p.staff.iter().filter(|s| s.practises).count(), 40);
    assert!(p.staff.iter().filter(|s| s.practises && s.posts.len() > 1).count() >= 4);
    let with = |role| p.staff.iter().filter(|s| s.posts.iter().any(|post| post.role == role)).count();
    assert_eq!((with(Role::Owner), with(Role::Reception)), (1, 12));
    assert!(with(Role::Manager) >= 4);
    for studio in &p.studios {
        let kinds: BTreeSet<ServiceKind> = p
            .services
            .iter()
            .filter(|s| p.practitioners(studio.id).iter().any(|who| s.staff.contains(&who.id)))
            .map(|s| s.kind)
            .collect();
        assert_eq!(kinds.len(), 5, "{}", studio.name);
        assert!(studio.email.ends_with(".example"));
    }
    assert!(p.staff.iter().all(|s| s.email.ends_with(".example")));

    let clients = d.clients(&t.store);
    assert_eq!(clients.len(), demo::CLIENTS);
    let people: Vec<_> = clients.iter().map(|c| c.person.as_ref().expect("opens")).collect();
    assert!(people.iter().all(|who| who.email.ends_with(".example") && !who.name.is_empty()));
    let addresses: BTreeSet<&str> = people.iter().map(|who| who.email.as_str()).collect();
    assert_eq!(addresses.len(), people.len(), "no two share an address");

    let visits = d.visits(&t.store);
    let first = visits.iter().map(|v| v.span.start_us).min().expect("visits");
    let last = visits.iter().map(|v| v.span.start_us).max().expect("visits");
    assert!(first < NOW_US - 170 * DAY_US && last > NOW_US + 100 * DAY_US, "about a year");
    // Clients at every step of the way.
    let of_kind = |kind: ServiceKind, state: State| {
        visits
            .iter()
            .filter(|v| v.state == state && p.service(v.service).is_some_and(|s| s.kind == kind))
            .count()
    };
    use ServiceKind::{Consultation, PatchTest, Review, Session, TouchUp};
    for kind in [Consultation, PatchTest, Session, Review, TouchUp] {
        let counts = (of_kind(kind, State::Done), of_kind(kind, State::Booked));
        assert!(counts.0 >= 10 && counts.1 >= 3, "{kind:?}: {counts:?} done and booked");
    }
    for state in [State::NoShow, State::Cancelled] {
        assert!(visits.iter().filter(|v| v.state == state).count() >= 20, "{state:?}");
    }
    let steps_done: BTreeMap<_, usize> = visits
        .iter()
        .filter(|v| v.state == State::Done)
        .filter_map(|v| v.course)
        .fold(BTreeMap::new(), |mut count, (course, _)| {
            *count.entry(course).or_default() += 1;
            count
        });
    ten_records_wait_for_their_plans(t, d);
    for n in 1..=3 {
        assert!(steps_done.values().filter(|done| **done == n).count() >= 10, "{n} sessions done");
    }
}

/// Ten clients at several studios have a plan that the server makes by a job, each with a case of their own.
fn ten_records_wait_for_their_plans(t: &TestStore, d: &Demo) {
    let rows = d.read(&t.store, |tx| {
        let sql = "select p.client_id, p.studio_id, p.status from plans p \
                   join jobs j on j.about_id = p.id and j.kind = $1 where j.done_us is null and j.due_us <= $2";
        tx.query(sql, values![plans::JOB, NOW_US + DAY_US])
    });
    let read = |mut row: hairline_studio::store::Row| Ok::<_, Error>((row.take()?, row.take()?, row.take()?));
    let waiting: Vec<(ClientId, StudioId, String)> =
        rows.into_iter().map(read).collect::<Result<_, _>>().expect("rows");
    assert_eq!(waiting.iter().map(|w| w.0).collect::<BTreeSet<_>>().len(), 10);
    assert_eq!(waiting.len(), 10);
    assert!(waiting.iter().map(|w| w.1).collect::<BTreeSet<_>>().len() >= 3, "{waiting:?}");
}

fn nothing_overlaps_and_every_claim_lies_where_its_visit_is(t: &TestStore, d: &Demo) {
    let visits = d.visits(&t.store);
    let resources: Vec<ResourceId> = d
        .practice
        .staff
        .iter()
        .map(|s| s.id.into())
        .chain(d.practice.rooms.iter().map(|r| r.id.into()))
        .collect();
    let around = Span { start_us: NOW_US - 400 * DAY_US, end_us: NOW_US + 400 * DAY_US };
    let taken = d.read(&t.store, move |tx| claims::overlapping(tx, &resources, around, NOW_US));
    for pair in taken.windows(2).filter(|pair| pair[0].resource == pair[1].resource) {
        assert!(!pair[0].span.overlaps(&pair[1].span), "{pair:?}");
    }
    let mut of_visit: BTreeMap<_, Vec<_>> = BTreeMap::new();
    taken.iter().for_each(|c| of_visit.entry(c.owner).or_default().push(c));
    for visit in &visits {
        let claims = of_visit.remove(&visit.id.0).unwrap_or_default();
        if !visit.state.takes_time() {
            assert!(claims.is_empty(), "{visit:?}");
            continue;
        }
        let mut want: Vec<ResourceId> = vec![visit.practitioner.into()];
        want.extend(visit.room.map(ResourceId::from));
        want.sort();
        let mut found: Vec<ResourceId> = claims.iter().map(|c| c.resource).collect();
        found.sort();
        assert_eq!(found, want);
        assert!(claims.iter().all(|c| c.span.contains(&visit.span)));
        let sitting = claims.iter().find_map(|c| c.sitting).expect("the practitioner's minutes");
        assert_eq!(sitting.0, visit.wall.date());
        assert_eq!(i64::from(sitting.1) * 60_000_000, visit.span.length_us());
    }
    // What is left is leave and repairs.
    assert!(of_visit.values().flatten().all(|c| c.sitting.is_none()));
    // The wall clock that was agreed means the instant that is taken.
    for visit in &visits {
        let tz = zone(&visit.zone).expect("a zone");
        assert_eq!(
            tz.to_datetime(Timestamp::from_microsecond(visit.span.start_us).expect("in range")),
            visit.wall
        );
        let at = resolve(&tz, visit.wall, hairline_studio::zone::Policy::Compatible).expect("an instant");
        assert_eq!(at.as_microsecond(), visit.span.start_us);
    }
    // A client is in one place at a time.
    let mut of_client: BTreeMap<_, Vec<Span>> = BTreeMap::new();
    for visit in visits.iter().filter(|v| v.state.takes_time()) {
        of_client.entry(visit.client).or_default().push(visit.span);
    }
    for spans in of_client.values_mut() {
        spans.sort();
        assert!(spans.windows(2).all(|pair| !pair[0].overlaps(&pair[1])));
    }
}

fn what_is_past_has_ended_what_is_to_come_is_booked_and_history_tells_each_step(t: &TestStore, d: &Demo) {
    for visit in d.visits(&t.store) {
        let over = matches!(visit.state, State::Done | State::NoShow | State::Cancelled);
        if visit.span.end_us <= NOW_US {
            assert!(over, "{visit:?}");
        } else if visit.span.start_us > NOW_US + DAY_US / 24 {
            assert!(matches!(visit.state, State::Booked | State::Cancelled), "{visit:?}");
        }
        let id = visit.id.0;
        let lines = d.read(&t.store, move |tx| events::of(tx, id));
        assert!(lines.windows(2).all(|pair| pair[0].at_us < pair[1].at_us), "{lines:?}");
        assert!(lines.iter().all(|line| line.at_us <= NOW_US && line.actor_id.is_some()));
        assert_eq!(lines.first().map(|l| l.at_us), Some(visit.made_us));
        assert_eq!(lines.last().map(|l| l.at_us), Some(visit.changed_us));
        assert_eq!(i64::try_from(lines.len()), Ok(visit.version));
        // The machine of the bookings leads from a hold to where the visit is, by these steps.
        let mut state = State::Hold;
        for line in &lines {
            let edge: Edge = serde_json::from_value(line.what.clone().into()).expect("an edge");
            let row = EDGES.iter().find(|row| row.edge == edge && row.from == state).expect("from here");
            state = row.to;
        }
        assert_eq!(state, visit.state, "{lines:?}");
    }
}

fn gates_of_what_was_booked_and_done_were_met_at_the_time(t: &TestStore, d: &Demo) {
    let visits = d.visits(&t.store);
    let (practice, vault) = (Arc::new(d.practice.clone()), Arc::clone(&d.vault));
    let actor = Actor {
        role: Role::Owner,
        person: Person::Staff(practice.staff[0].id),
        chain: d.filled.chain,
        studios: Vec::new(),
        also: Vec::new(),
    };
    let (looked, blocked) = d.read(&t.store, move |tx| {
        let desk = Desk { practice: &practice, vault: &vault, actor: &actor };
        let policy = &practice.chain.settings.gates;
        let (mut looked, mut blocked) = (0, Vec::new());
        for visit in &visits {
            let Some(client) = visit.client else { continue };
            let start_us = visit.span.start_us;
            let mut moments = Vec::new();
            for line in events::of(tx, visit.id.0)? {
                match line.what.as_str() {
                    "confirm" | "move" => {
                        moments.push((policy.moment_of_booking(start_us, line.at_us), line.at_us))
                    }
                    "check_in" => moments.push((Moment::AtCheckIn, line.at_us)),
                    _ => {}
                }
            }
            for (moment, at_us) in moments {
                let gates = book::gates_of(tx, desk, visit, client, start_us, moment, at_us)?;
                looked += gates.len();
                blocked.extend(gates.into_iter().filter(|g| g.blocks).map(|g| (visit.clone(), moment, g)));
            }
        }
        Ok((looked, blocked))
    });
    assert!(looked > 3_000, "{looked} gates were looked at");
    assert!(blocked.is_empty(), "{} of {looked}, the first: {:?}", blocked.len(), blocked.first());
}

fn every_studio_has_free_consultations_and_sessions_soon(t: &TestStore, d: &Demo) {
    let p = &d.practice;
    let today = local_date(&jiff::tz::TimeZone::UTC, now());
    let mut board = Board::new(p, Part::All, plus_days(today, -3), plus_days(today, 60)).expect("a board");
    let (resources, around) =
        (board.resources(), Span { start_us: NOW_US - DAY_US, end_us: NOW_US + 60 * DAY_US });
    let taken = d.read(&t.store, move |tx| claims::overlapping(tx, &resources, around, NOW_US));
    taken.iter().for_each(|claim| board.take(claim));
    for studio in &p.studios {
        let free = |kind: ServiceKind, days: i64| {
            let of_kind = p.services.iter().filter(|s| s.kind == kind && s.public);
            let asked: Vec<_> = of_kind.filter_map(|s| board.service(p, s.id)).collect();
            asked.iter().any(|service| {
                let (who, to) = (Who::Studio(studio.id), plus_days(today, days));
                let question = Question { service, who, from: today, to, now: now(), own: &[] };
                let offers = search(board.world(), &question).expect("an answer");
                offers.iter().any(|o| o.starts.iter_in(o.starts.quarters()).next().is_some())
            })
        };
        assert!(free(ServiceKind::Consultation, 7), "{}", studio.name);
        assert!(free(ServiceKind::Session, 14), "{}", studio.name);
    }
}

fn newcomers_can_sign_in_as_people_who_are_there(t: &TestStore, d: &Demo) {
    let roles: Vec<Role> = sign_ins().iter().map(|s| s.role).collect();
    assert_eq!(roles, [Role::Owner, Role::Manager, Role::Practitioner, Role::Reception, Role::Client]);
    for sign_in in sign_ins() {
        assert_eq!(
            password::fit(sign_in.password, &[sign_in.name, &sign_in.email, &d.practice.chain.name]),
            Ok(())
        );
        if sign_in.role == Role::Client {
            let (vault, email) = (Arc::clone(&d.vault), sign_in.email.clone());
            let client = d.read(&t.store, move |tx| clients::by_email(tx, &vault, &email));
            let client = client.expect("there").id;
            let visits = d.read(&t.store, move |tx| appointments::of_client(tx, client));
            // There is something to look back on and something to come.
            assert!(visits.iter().any(|v| v.state == State::Done && v.course.is_some()));
            assert!(visits.iter().any(|v| v.state == State::Booked && v.course.is_some()));
            continue;
        }
        let person = d.practice.staff.iter().find(|s| s.email == sign_in.email).expect("on the staff");
        assert_eq!(person.name, sign_in.name);
        assert!(person.posts.iter().any(|post| post.role == sign_in.role));
    }
    // Names are found as typed, accents or not.
    let vault = Arc::clone(&d.vault);
    let found = d.read(&t.store, move |tx| {
        let dialling = hairline_studio::seal::blind::Dialling { country: "44", trunk: "0" };
        clients::find(tx, &vault, "ashgr", dialling, None, 10)
    });
    assert!(found.iter().any(|c| c.person.as_ref().is_some_and(|who| who.name == sign_ins()[4].name)));
    assert_eq!(place::fold("Łukasz"), "lukasz");
}
