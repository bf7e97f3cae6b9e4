//! Ways in, on both stores: the first chain, tickets, codes, passkeys, sign-ins, and people let go.

mod common;

use std::sync::Arc;

use common::{NOW_US, TestStore, on_both};
use hairline_studio::hours::Interval;
use hairline_studio::ids::{Fresh, StaffId};
use hairline_studio::permission::Person;
use hairline_studio::place::Position;
use hairline_studio::practice::Practice;
use hairline_studio::seal::blind::Dialling;
use hairline_studio::seal::master::{MasterKeys, new_line};
use hairline_studio::seal::system_random;
use hairline_studio::set_up::{self, Answers};
use hairline_studio::span::{DAY_US, HOUR_US, MINUTE_US};
use hairline_studio::store::live::Live;
use hairline_studio::store::tickets::{self, Kind};
use hairline_studio::store::{Error, Tx, Vault, clients, passkeys, practice, second_step, sign_in, staff};
use jiff::Timestamp;
use totp_rs::{Algorithm, Builder, Secret};

fn now() -> Timestamp {
    Timestamp::from_microsecond(NOW_US).expect("an instant")
}

fn answers() -> Answers {
    Answers {
        owner: "Ines Duarte".to_owned(),
        email: "ines@dot.example".to_owned(),
        practises: true,
        chain: "Ponto".to_owned(),
        studio: "Baixa".to_owned(),
        street: "Rua das Flores 1".to_owned(),
        postcode: "4050-262".to_owned(),
        city: "Porto".to_owned(),
        country: "PT".to_owned(),
        position: Position::new(41.15, -8.61).expect("a position"),
        zone: "Europe/Lisbon".to_owned(),
        phone: String::new(),
        currency: "EUR".to_owned(),
        session_price_minor: 60_000,
        open: [Some(Interval { from_min: 540, to_min: 1080 }); 7],
    }
}

fn made() -> Practice {
    let mut rng = system_random();
    set_up::practice(&answers(), &mut Fresh::new(now(), &mut rng))
}

struct Studio {
    master: Arc<MasterKeys>,
    practice: Practice,
}

impl Studio {
    /// A studio that has been set up.
    fn of(t: &TestStore) -> Studio {
        let mut rng = system_random();
        let master = Arc::new(MasterKeys::parse(&new_line(&mut rng), "test").expect("a key"));
        let practice = made();
        let chain = practice.chain.id;
        let done =
            hairline_studio::store::set_up::set_up(&t.store, &master, practice, "hash".to_owned(), now());
        assert!(done.expect("written"));
        let practice = t.store.read(Some(chain), practice::read).expect("a practice");
        Studio { master, practice }
    }

    fn owner(&self) -> StaffId {
        self.practice.staff[0].id
    }

    fn write<T: Send + 'static>(
        &self,
        t: &TestStore,
        now_us: i64,
        work: impl FnOnce(&mut Tx<'_>, &Vault, &mut Fresh<'_>) -> Result<T, Error> + Send + 'static,
    ) -> T {
        let vault = Vault::open(Arc::clone(&self.master), &self.practice.chain).expect("the chain's key");
        let now = Timestamp::from_microsecond(now_us).expect("an instant");
        let written = t.store.write(Some(self.practice.chain.id), move |tx| {
            let mut rng = system_random();
            work(tx, &vault, &mut Fresh::new(now, &mut rng))
        });
        written.expect("written")
    }
}

#[test]
fn of_many_at_once_one_sets_an_empty_store_up() {
    on_both(|t| {
        let mut rng = system_random();
        let master = Arc::new(MasterKeys::parse(&new_line(&mut rng), "test").expect("a key"));
        let won: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let hash = "hash".to_owned();
                        hairline_studio::store::set_up::set_up(&t.store, &master, made(), hash, now())
                    })
                })
                .collect();
            threads.into_iter().map(|t| usize::from(t.join().expect("no panic").expect("written"))).sum()
        });
        assert_eq!(won, 1);
        let chains = t.store.read(None, practice::chains).expect("read");
        assert_eq!(chains.len(), 1);
        let live = Live::open(&t.store, master, chains[0].id, now()).expect("it opens with its own key");
        assert_eq!(live.practice().services.len(), 6);
    });
}

#[test]
fn a_ticket_is_taken_once_by_one_of_many() {
    on_both(|t| {
        let studio = Studio::of(t);
        let owner = studio.owner();
        let text = studio.write(t, NOW_US, move |tx, _, fresh| {
            tickets::issue(tx, Kind::SecondStep, Some(owner.0), b"x", fresh)
        });
        let chain = studio.practice.chain.id;
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let text = text.clone();
                    scope.spawn(move || {
                        t.store.write(Some(chain), move |tx| {
                            tickets::take(tx, Kind::SecondStep, &text, NOW_US + 1)
                        })
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|t| usize::from(t.join().expect("no panic").expect("written").is_some()))
                .sum()
        });
        assert_eq!(taken, 1);
        // Those that are over are forgotten with the next that is issued.
        studio.write(t, NOW_US, |tx, _, fresh| tickets::issue(tx, Kind::Passkey, None, b"old", fresh));
        let left = studio.write(t, NOW_US + HOUR_US, |tx, _, fresh| {
            tickets::issue(tx, Kind::Passkey, None, b"new", fresh)?;
            let row = tx.query_one("select count(*) from tickets", &[])?;
            row.map_or(Ok(0), |mut row| row.take::<i64>())
        });
        assert_eq!(left, 1);
    });
}

#[test]
fn a_code_is_taken_once_and_a_secret_opens_for_its_owner_alone() {
    on_both(|t| {
        let studio = Studio::of(t);
        let owner = studio.owner();
        studio.write(t, NOW_US, move |tx, vault, fresh| second_step::begin(tx, vault, owner, fresh));
        let typed = studio.write(t, NOW_US, move |tx, vault, _| {
            assert!(!second_step::is_on(tx, owner)?, "not before a first code");
            Ok(second_step::authenticator(tx, vault, owner)?.expect("begun").secret.to_type())
        });
        let secret = Secret::try_from_base32(typed.replace(' ', "")).expect("base32");
        let app = Builder::new().with_algorithm(Algorithm::SHA1).with_secret(secret).build().expect("an app");
        let code = app.generate(u64::try_from(NOW_US / 1_000_000).expect("after 1970")).to_string();
        let again = code.clone();
        let answers = studio.write(t, NOW_US, move |tx, vault, _| {
            let first = second_step::take_code(tx, vault, owner, &code, NOW_US)?;
            let second = second_step::take_code(tx, vault, owner, &again, NOW_US)?;
            Ok((first, second, second_step::is_on(tx, owner)?))
        });
        assert_eq!(answers, (true, false, true));
        let taken = studio.write(t, NOW_US, move |tx, _, fresh| {
            let codes = second_step::new_recovery_codes(tx, owner, fresh)?;
            let stranger = StaffId(uuid::Uuid::from_u128(9));
            Ok([
                second_step::take_recovery_code(tx, stranger, &codes[0])?,
                second_step::take_recovery_code(tx, owner, &codes[0])?,
                second_step::take_recovery_code(tx, owner, &codes[0])?,
                second_step::recovery_codes_left(tx, owner)? == 9,
            ])
        });
        assert_eq!(taken, [false, true, false, true]);
        // In use already: a second begin is refused, and the first stays.
        let vault = Vault::open(Arc::clone(&studio.master), &studio.practice.chain).expect("a key");
        let begun = t.store.write(Some(studio.practice.chain.id), move |tx| {
            let mut rng = system_random();
            second_step::begin(tx, &vault, owner, &mut Fresh::new(now(), &mut rng))
        });
        assert!(matches!(begun, Err(Error::Exists(_))), "{begun:?}");
        studio.write(t, NOW_US, move |tx, _, _| second_step::remove(tx, owner));
        let (on, left) = studio.write(t, NOW_US, move |tx, _, _| {
            Ok((second_step::is_on(tx, owner)?, second_step::recovery_codes_left(tx, owner)?))
        });
        assert_eq!((on, left), (false, 0));
    });
}

#[test]
fn sign_ins_last_as_long_as_their_kind_and_end_with_who_is_let_go() {
    on_both(|t| {
        let studio = Studio::of(t);
        let owner = studio.owner();
        let person = Person::Staff(owner);
        let seen = studio.write(t, NOW_US, move |tx, _, fresh| {
            sign_in::begin(tx, &[1; 32], person, "Firefox", NOW_US)?;
            sign_in::begin(tx, &[2; 32], person, "Safari", NOW_US)?;
            sign_in::begin(tx, &[3; 32], person, "Edge", NOW_US)?;
            let three = sign_in::of(tx, person, NOW_US)?.len();
            sign_in::end(tx, Person::Client(hairline_studio::ids::ClientId(owner.0)), &[1; 32])?;
            sign_in::end(tx, person, &[3; 32])?;
            let two = sign_in::of(tx, person, NOW_US)?.len();
            sign_in::proved(tx, &[2; 32], NOW_US + 5)?;
            let proved = sign_in::find(tx, &[2; 32], NOW_US)?.map(|s| s.proved_us - NOW_US);
            sign_in::end_others(tx, person, &[2; 32])?;
            let one = sign_in::of(tx, person, NOW_US)?.len();
            let idle = sign_in::find(tx, &[2; 32], NOW_US + HOUR_US)?.is_some();
            tickets::issue(tx, Kind::Invitation, Some(owner.0), &[], fresh)?;
            staff::set_active(tx, owner, false)?;
            let gone = sign_in::of(tx, person, NOW_US)?.len();
            let links = tx.query_one("select count(*) from tickets", &[])?;
            let links: i64 = links.map_or(Ok(0), |mut row| row.take())?;
            Ok((three, two, proved, one, idle, gone, links))
        });
        assert_eq!(seen, (3, 2, Some(5), 1, false, 0, 0));
        let account = studio.write(t, NOW_US, |tx, _, _| sign_in::account(tx, "INES@dot.example"));
        assert_eq!(account, None, "who is let go has no account");
        // A change of the practice that every process sees.
        let version = t.store.read(Some(studio.practice.chain.id), practice::version).expect("read");
        assert!(version > studio.practice.chain.version);
    });
}

#[test]
fn passkeys_are_their_owners_alone() {
    on_both(|t| {
        let studio = Studio::of(t);
        let owner = Person::Staff(studio.owner());
        let at = studio.practice.studios[0].id;
        let rui = studio.write(t, NOW_US, move |tx, vault, fresh| {
            let email = "rui@example.com".to_owned();
            let rui = clients::Person { name: "Rui".to_owned(), email, ..clients::Person::default() };
            let dialling = Dialling { country: "44", trunk: "0" };
            Ok(clients::add(tx, vault, at, &rui, dialling, fresh)?.id)
        });
        let client = Person::Client(rui);
        for (person, other) in [(owner, client), (client, owner)] {
            let key = passkeys::Passkey {
                id: vec![7; 16],
                person,
                name: "Desk".to_owned(),
                credential: b"public".to_vec(),
                made_us: NOW_US,
                used_us: None,
            };
            let seen = studio.write(t, NOW_US, move |tx, _, _| {
                passkeys::add(tx, &key)?;
                passkeys::used(tx, other, &[7; 16], b"by somebody else", NOW_US)?;
                passkeys::used(tx, person, &[7; 16], b"counted", NOW_US + MINUTE_US)?;
                let found = passkeys::find(tx, &[7; 16])?.expect("there");
                Ok((
                    (found.person == person, found.credential, found.used_us),
                    passkeys::of(tx, person)?.len(),
                    passkeys::of(tx, other)?.len(),
                    passkeys::remove(tx, other, &[7; 16])?,
                    passkeys::remove(tx, person, &[7; 16])?,
                    passkeys::find(tx, &[7; 16])?.is_none(),
                ))
            });
            let counted = (true, b"counted".to_vec(), Some(NOW_US + MINUTE_US));
            assert_eq!(seen, (counted, 1, 0, false, true, true));
        }
    });
}

#[test]
fn an_invitation_is_for_a_week_and_the_newest_counts() {
    on_both(|t| {
        let studio = Studio::of(t);
        let owner = studio.practice.staff[0].clone();
        let (first, second) = studio.write(t, NOW_US, move |tx, _, fresh| {
            Ok((tickets::invitation(tx, &owner, fresh)?, tickets::invitation(tx, &owner, fresh)?))
        });
        let seen = studio.write(t, NOW_US, move |tx, _, _| {
            Ok([
                tickets::look(tx, Kind::Invitation, &first, NOW_US)?.is_some(),
                tickets::look(tx, Kind::Invitation, &second, NOW_US + 7 * DAY_US - 1)?.is_some(),
                tickets::look(tx, Kind::Invitation, &second, NOW_US + 7 * DAY_US)?.is_some(),
            ])
        });
        assert_eq!(seen, [false, true, false]);
    });
}
