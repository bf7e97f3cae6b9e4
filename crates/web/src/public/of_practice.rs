//! The public face of what is set up: only what is active and meant for clients, nothing of the staff's own.

use hairline_studio::hours::hours_on;
use hairline_studio::ids::{ResourceId, StudioId};
use hairline_studio::practice::{self, Practice};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use super::view::{Address, Credential, Practitioner, Public, Service, Stretch, Studio};

/// The chain as the public sees it; its opening hours are those of the week that begins on `monday_of`'s Monday, without
/// the exceptions of single days.
pub fn public(practice: &Practice, tagline: &str, monday_of: Date) -> Public {
    let open = practice.studios.iter().filter(|studio| studio.active);
    Public {
        name: practice.chain.name.clone(),
        tagline: tagline.to_owned(),
        studios: open.map(|studio| one(practice, studio, monday_of)).collect(),
    }
}

fn one(practice: &Practice, studio: &practice::Studio, monday_of: Date) -> Studio {
    let here: Vec<&practice::Staff> = practice
        .staff
        .iter()
        .filter(|person| person.active && person.practises && works_at(practice, person, studio.id))
        .collect();
    let offered = practice.services.iter().filter(|service| {
        service.active && service.public && service.staff.iter().any(|id| here.iter().any(|p| p.id == *id))
    });
    Studio {
        slug: studio.slug.clone(),
        name: studio.name.clone(),
        about: studio.about.clone(),
        address: Address {
            street: studio.street.clone(),
            postal_code: studio.postcode.clone(),
            locality: studio.city.clone(),
            country: studio.country.clone(),
            country_name: country_name(&studio.country),
        },
        latitude_deg: studio.latitude_deg,
        longitude_deg: studio.longitude_deg,
        zone: studio.zone.clone(),
        phone: studio.phone.clone(),
        email: studio.email.clone(),
        hours: week(practice, studio.id, monday_of),
        practitioners: here.iter().map(|person| practitioner(person)).collect(),
        services: offered.map(|s| priced(s, practice.price_minor(studio.id, s), &studio.currency)).collect(),
    }
}

/// Whether a person has hours at a studio.
fn works_at(practice: &Practice, person: &practice::Staff, studio: StudioId) -> bool {
    practice.hours.iter().any(|w| w.studio == studio && w.of == ResourceId::from(person.id))
}

fn practitioner(person: &practice::Staff) -> Practitioner {
    let credentials = person.credentials.iter().map(|credential| Credential {
        name: credential.name.clone(),
        issuer: credential.issuer.clone(),
        year: credential.year,
    });
    Practitioner {
        name: person.name.clone(),
        title: person.title.clone(),
        about: person.about.clone(),
        credentials: credentials.collect(),
    }
}

fn priced(service: &practice::Service, price_minor: i64, currency: &str) -> Service {
    Service {
        id: service.id.to_string(),
        name: service.name.clone(),
        about: service.about.clone(),
        minutes: service.minutes,
        price_minor,
        currency: currency.to_owned(),
    }
}

/// The studio's usual week.
fn week(practice: &Practice, studio: StudioId, monday_of: Date) -> [Vec<Stretch>; 7] {
    let own = practice.hours.iter().find(|w| w.studio == studio && w.of == ResourceId(studio.0));
    let mut hours = own.map(|working| working.hours.clone()).unwrap_or_default();
    hours.exceptions.clear();
    let back = i32::from(monday_of.weekday().since(Weekday::Monday));
    let monday = monday_of.checked_sub(back.days()).unwrap_or(monday_of);
    std::array::from_fn(|day| {
        let date = monday.checked_add(i32::try_from(day).unwrap_or_default().days()).unwrap_or(monday);
        let open = hours_on(&hours, date).map(|day| day.open.as_slice()).unwrap_or_default();
        open.iter().map(|i| Stretch { from_min: i.from_min, to_min: i.to_min }).collect()
    })
}

/// Name of a country by its ISO 3166-1 code; the code itself when it is none.
fn country_name(code: &str) -> String {
    let table = include_str!("../../data/countries.csv");
    let name = table.lines().skip(2).filter_map(|line| line.split_once(',')).find(|(c, _)| *c == code);
    name.map_or(code, |(_, name)| name.trim_matches('"')).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_called_by_name() {
        assert_eq!(country_name("PT"), "Portugal");
        assert_eq!(country_name("NP"), "Nepal");
        assert_eq!(country_name("ZZ"), "ZZ");
    }

    /// Two studios (one closed down), three people (one elsewhere, one gone), three services (one for staff, one dropped).
    fn practice() -> Practice {
        let id = |n: u128| uuid::Uuid::from_u128(n).to_string();
        let day = serde_json::json!({"open": [{"from_min": 540, "to_min": 1080}]});
        let shut = serde_json::json!({"open": []});
        let week = |days: [&serde_json::Value; 7]| serde_json::json!({"valid_from": null, "valid_to": null, "days": days});
        let usual = week([&day, &day, &day, &day, &day, &shut, &shut]);
        let closed = serde_json::json!({"date": "2026-11-24", "hours": {"open": []}});
        let studio = |n, active| {
            serde_json::json!({
                "id": id(n), "slug": format!("s{n}"), "name": format!("S{n}"), "zone": "Europe/Lisbon",
                "latitude_deg": 38.7, "longitude_deg": -9.1, "street": "1", "postcode": "2", "city": "Lisbon",
                "country": "PT", "phone": "", "email": "desk@s.example", "currency": "EUR", "about": "",
                "active": active, "version": 1,
            })
        };
        let person = |n, active| {
            serde_json::json!({
                "id": id(n), "name": format!("P{n}"), "email": format!("private{n}@s.example"), "title": "", "about": "",
                "credentials": [], "practises": true, "daily_cap_min": null, "posts": [], "active": active, "version": 1,
            })
        };
        let service = |n, public, active| {
            serde_json::json!({
                "id": id(n), "kind": "consultation", "name": format!("V{n}"), "about": "", "minutes": 45, "before_min": 0,
                "after_min": 0, "step": "quarter", "notice_min": 0, "horizon_days": 90, "room_class": null, "own_break": false,
                "latest_start_min": null, "public": public, "price_minor": 0, "staff": [id(10), id(11), id(12)],
                "active": active, "version": 1,
            })
        };
        let hours = |studio, of| {
            serde_json::json!({
                "studio": id(studio), "of": id(of), "version": 1, "hours": {"weeks": [usual], "exceptions": [closed]},
            })
        };
        let practice = serde_json::json!({
            "chain": {"id": id(1), "name": "Chain", "host": null, "version": 1, "demo": false,
                "settings": serde_json::to_value(practice::Settings::default()).expect("JSON"), "wrapped_key": []},
            "studios": [studio(2, true), studio(3, false)],
            "staff": [person(10, true), person(11, true), person(12, false)],
            "rooms": [],
            "services": [service(20, true, true), service(21, false, true), service(22, true, false)],
            "hours": [hours(2, 2), hours(2, 10), hours(3, 11), hours(2, 12)],
        });
        serde_json::from_value(practice).expect("a practice")
    }

    #[test]
    fn only_what_is_active_and_meant_for_clients_is_public() {
        let public = public(&practice(), "Tagline", jiff::civil::date(2026, 11, 26));
        let [studio] = &public.studios[..] else { panic!("{:?}", public.studios) };
        assert_eq!((studio.slug.as_str(), studio.address.country_name.as_str()), ("s2", "Portugal"));
        assert_eq!(studio.practitioners.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["P10"]);
        assert_eq!(studio.services.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["V20"]);
        let told = serde_json::to_string(&public).expect("JSON");
        assert!(!told.contains("private"), "no address of the staff's own: {told}");
    }

    #[test]
    fn the_usual_week_is_shown_without_the_exceptions_of_single_days() {
        let public = public(&practice(), "", jiff::civil::date(2026, 11, 26));
        let day = vec![Stretch { from_min: 540, to_min: 1080 }];
        let days = public.studios[0].hours.clone();
        assert!(days[..5].iter().all(|d| *d == day) && days[5..].iter().all(Vec::is_empty), "{days:?}");
    }
}
