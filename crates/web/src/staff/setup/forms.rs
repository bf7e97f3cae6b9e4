//! What a form means: each value checked, and written in one transaction on the version it was made on.

use hairline_studio::hours::{DayHours, Hours};
use hairline_studio::ids::{ResourceId, RoomId, ServiceId, StaffId, StudioId};
use hairline_studio::practice::{Credential, Practice, Room, Service, Settings, Staff, Studio, Working};
use hairline_studio::seal::blind::normal_email;
use hairline_studio::store::book::{self, Refused};
use hairline_studio::store::setup;
use hairline_studio::zone::zone;
use jiff::civil::Date;

use super::fields::Sent;
use super::read::{self, KINDS, STEPS, Thing};
use super::{hours, rules};
use crate::office::Desk;
use crate::public::view::decimals;
use hairline_studio::permission::Actor;

/// What is to be written.
#[derive(Clone, Debug)]
pub enum Change {
    /// A studio.
    Studio(Studio),
    /// Prices of a studio, which gets a new version with them.
    Prices(Studio, Vec<(ServiceId, Option<i64>)>),
    /// A room.
    Room(Room),
    /// A new room.
    NewRoom(Room),
    /// A service.
    Service(Service),
    /// A new service.
    NewService(Service),
    /// A person, what they do, and hours at studios that begin or end.
    Person(Staff, Vec<ServiceId>, Vec<Working>, Vec<(StudioId, i64)>),
    /// Hours.
    Hours(Working),
    /// The chain's rules, on its version.
    Rules(Settings, i64),
}

/// A field with what is wrong with it.
type Fault = (String, String);

/// Reads the values of a form, and says what is wrong with each that is.
pub(super) struct Reader<'a> {
    pub(super) sent: &'a Sent,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    pub(super) fn fault(&mut self, name: &str, fault: impl Into<String>) {
        self.faults.push((name.to_owned(), fault.into()));
    }

    fn text(&mut self, name: &str, most: usize) -> String {
        let text = self.sent.get(name);
        if text.chars().count() > most {
            self.fault(name, format!("At most {most} characters are kept."));
        }
        text
    }

    fn line(&mut self, name: &str) -> String {
        let text = self.text(name, 120);
        if text.is_empty() {
            self.fault(name, "This is needed.");
        }
        text
    }

    pub(super) fn number(&mut self, name: &str, most: u32) -> u32 {
        match self.sent.get(name).parse::<u32>() {
            Ok(n) if n <= most => n,
            _ => {
                self.fault(name, format!("A whole number from 0 to {most} is needed."));
                0
            }
        }
    }

    /// A whole number of at least `least`.
    pub(super) fn from(&mut self, least: u32, name: &str, most: u32) -> u32 {
        let number = self.number(name, most);
        if number < least && !self.faults.iter().any(|(at, _)| at == name) {
            self.fault(name, format!("A whole number from {least} to {most} is needed."));
        }
        number
    }

    pub(super) fn check(&self, name: &str) -> bool {
        self.sent.get(name) == "yes"
    }

    fn degrees(&mut self, name: &str, most: f64) -> f64 {
        match self.sent.get(name).parse::<f64>() {
            Ok(deg) if (-most..=most).contains(&deg) => deg,
            _ => {
                self.fault(name, format!("Degrees from -{most} to {most} are needed."));
                0.0
            }
        }
    }

    fn price(&mut self, name: &str, currency: &str) -> Option<i64> {
        let text = self.sent.get(name);
        if text.is_empty() {
            return None;
        }
        let price = price(&text, decimals(currency));
        if price.is_none() {
            self.fault(name, format!("An amount in {currency} is needed, such as 120."));
        }
        price
    }
}

/// An amount in the smallest unit, as it is typed.
fn price(text: &str, decimals: u32) -> Option<i64> {
    let text = text.replace(' ', "").replace(',', ".");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let places = usize::try_from(decimals).unwrap_or(0);
    if whole.is_empty() || whole.len() > 9 || !digits(whole) || !digits(part) || part.len() > places {
        return None;
    }
    format!("{whole}{part:0<places$}").parse().ok()
}

/// What a form is to change, on the version it was made on.
///
/// # Errors
/// The fields that need another look.
pub fn read(
    practice: &Practice,
    thing: Thing,
    sent: &Sent,
    version: i64,
    today: Date,
) -> Result<Change, Vec<Fault>> {
    let mut r = Reader { sent, faults: Vec::new() };
    let gone = || vec![(String::new(), "This is not there any more.".to_owned())];
    let change = match thing {
        Thing::Studio(id) => {
            let stands = practice.studio(id).ok_or_else(gone)?;
            Change::Studio(studio(&mut r, Studio { version, ..stands.clone() }))
        }
        Thing::Prices(id) => {
            let stands = practice.studio(id).ok_or_else(gone)?;
            let done = read::done_at(practice, id).into_iter();
            let prices = done.map(|s| (s.id, r.price(&s.id.to_string(), &stands.currency)));
            let prices = prices.collect::<Vec<_>>();
            Change::Prices(Studio { version, ..stands.clone() }, prices)
        }
        Thing::Room(id) => {
            let stands = practice.room(id).ok_or_else(gone)?;
            Change::Room(room(&mut r, Room { version, ..stands.clone() }))
        }
        Thing::NewRoom(studio) => {
            Change::NewRoom(room(&mut r, Room { id: RoomId(sent.key()), ..read::new_room(studio) }))
        }
        Thing::Service(id) => {
            let stands = practice.service(id).ok_or_else(gone)?;
            Change::Service(service(&mut r, practice, Service { version, ..stands.clone() }))
        }
        Thing::NewService => {
            let new = Service { id: ServiceId(sent.key()), ..read::new_service() };
            Change::NewService(service(&mut r, practice, new))
        }
        Thing::Person(id) => {
            let stands = practice.person(id).ok_or_else(gone)?;
            person(&mut r, practice, Staff { version, ..stands.clone() })
        }
        Thing::Hours(at, of) => {
            let stands = read::working(practice, at, of);
            Change::Hours(Working { version, hours: week(&mut r, &stands.hours, today), ..stands })
        }
        Thing::Rules => Change::Rules(rules::read(&mut r, practice.chain.settings.clone()), version),
    };
    if r.faults.is_empty() { Ok(change) } else { Err(r.faults) }
}

fn studio(r: &mut Reader<'_>, stands: Studio) -> Studio {
    let zone_name = r.line("zone");
    if let Err(why) = zone(&zone_name) {
        r.fault("zone", format!("{why}."));
    }
    let email = r.line("email");
    if normal_email(&email).is_none() {
        r.fault("email", "An e-mail address is needed, such as chiado@example.com.");
    }
    let (country, currency) = (r.line("country").to_uppercase(), r.line("currency").to_uppercase());
    let letters = |text: &str, n| text.len() == n && text.bytes().all(|b| b.is_ascii_uppercase());
    if !letters(&country, 2) {
        r.fault("country", "Two letters are needed, such as PT.");
    }
    if !letters(&currency, 3) {
        r.fault("currency", "Three letters are needed, such as EUR.");
    }
    Studio {
        name: r.line("name"),
        zone: zone_name,
        latitude_deg: r.degrees("latitude", 90.0),
        longitude_deg: r.degrees("longitude", 180.0),
        street: r.line("street"),
        postcode: r.text("postcode", 20),
        city: r.line("city"),
        country,
        phone: r.text("phone", 40),
        email,
        currency,
        about: r.text("about", 2000),
        active: r.check("active"),
        ..stands
    }
}

fn room(r: &mut Reader<'_>, stands: Room) -> Room {
    Room {
        name: r.line("name"),
        class: r.line("class"),
        cleaning_min: r.number("cleaning", 240),
        active: r.check("active"),
        ..stands
    }
}

fn service(r: &mut Reader<'_>, practice: &Practice, stands: Service) -> Service {
    let minutes = r.number("minutes", book::LONGEST_SITTING_MIN);
    if minutes == 0 || !minutes.is_multiple_of(15) {
        r.fault("minutes", "Quarters of an hour are needed, 15 minutes at least.");
    }
    let kind = KINDS.iter().find(|k| k.0 == r.sent.get("kind")).map(|k| k.2);
    let step = STEPS.iter().find(|k| k.0 == r.sent.get("step")).map(|k| k.2);
    let latest = r.sent.get("latest");
    let latest_start_min = match hours::intervals(&format!("{latest}-24:00")) {
        _ if latest.is_empty() => None,
        Ok(all) => all.first().map(|i| i.from_min),
        Err(_) => {
            r.fault("latest", "A time is needed, such as 15:00, or nothing.");
            None
        }
    };
    let class = r.sent.get("room_class");
    let staff: Vec<StaffId> = r.sent.all("staff").iter().filter_map(|id| id.parse().ok()).collect();
    let known = |id: &StaffId| practice.person(*id).is_some();
    let mut staff: Vec<StaffId> = staff.into_iter().filter(known).collect();
    // Who is not on the form keeps what they did: they may come back.
    let hidden = |id: &&StaffId| practice.person(**id).is_some_and(|p| !p.active || !p.practises);
    staff.extend(stands.staff.iter().filter(hidden));
    let priced = Service { staff: staff.clone(), ..stands.clone() };
    let price_minor = r.price("price", read::currency(practice, &priced));
    Service {
        kind: kind.unwrap_or(stands.kind),
        name: r.line("name"),
        about: r.text("about", 2000),
        minutes,
        before_min: r.number("before", 240),
        after_min: r.number("after", 240),
        step: step.unwrap_or(stands.step),
        notice_min: r.number("notice", 60 * 24 * 60),
        horizon_days: r.number("horizon", 730),
        room_class: (!class.is_empty()).then_some(class),
        own_break: r.check("own_break"),
        latest_start_min,
        public: r.check("public"),
        price_minor: price_minor.unwrap_or(0),
        staff,
        active: r.check("active"),
        ..stands
    }
}

fn person(r: &mut Reader<'_>, practice: &Practice, stands: Staff) -> Change {
    let mut credentials = Vec::new();
    for line in r.text("credentials", 4000).lines().map(str::trim).filter(|l| !l.is_empty()) {
        let parts: Vec<&str> = line.split(';').map(str::trim).collect();
        match (parts.as_slice(), parts.last().and_then(|year| year.parse().ok())) {
            ([name, issuer, _], Some(year)) => {
                credentials.push(Credential { name: (*name).to_owned(), issuer: (*issuer).to_owned(), year })
            }
            _ => r.fault("credentials", format!("\"{line}\" is not: what; who says so; year.")),
        }
    }
    let cap = r.sent.get("cap");
    let daily_cap_min = if cap.is_empty() { None } else { Some(r.number("cap", 24 * 60)) };
    let services: Vec<ServiceId> = r.sent.all("services").iter().filter_map(|id| id.parse().ok()).collect();
    let known = |id: &ServiceId| practice.service(*id).is_some();
    let mut services: Vec<ServiceId> = services.into_iter().filter(known).collect();
    // What is not offered now is not in the form, and stays.
    services
        .extend(practice.services.iter().filter(|s| !s.active && s.staff.contains(&stands.id)).map(|s| s.id));
    let wanted: Vec<StudioId> = r.sent.all("studios").iter().filter_map(|id| id.parse().ok()).collect();
    let of = ResourceId::from(stands.id);
    let (mut begins, mut ends) = (Vec::new(), Vec::new());
    for place in practice.studios.iter().filter(|s| s.active) {
        let stood = practice.hours.iter().find(|w| w.studio == place.id && w.of == of);
        match (stood, wanted.contains(&place.id)) {
            (None, true) => {
                // The studio's own hours, until others are given.
                let hours = practice.hours_of(place.id, place.id.into()).cloned().unwrap_or_default();
                begins.push(Working { studio: place.id, of, hours, version: 0 });
            }
            (Some(stood), false) => ends.push((place.id, stood.version)),
            _ => {}
        }
    }
    let person = Staff {
        name: r.line("name"),
        title: r.text("title", 120),
        about: r.text("about", 2000),
        credentials,
        practises: r.check("practises"),
        daily_cap_min,
        ..stands
    };
    Change::Person(person, services, begins, ends)
}

fn week(r: &mut Reader<'_>, stands: &Hours, today: Date) -> Hours {
    let mut days: [DayHours; 7] = std::array::from_fn(|_| DayHours::default());
    for (n, day) in days.iter_mut().enumerate() {
        for (name, into) in [(format!("open{n}"), &mut day.open), (format!("break{n}"), &mut day.breaks)] {
            match hours::intervals(&r.sent.get(&name)) {
                Ok(read) => *into = read,
                Err(why) => r.fault(&name, why),
            }
        }
    }
    let mut changed = hours::with_week(stands, today, days);
    match hours::exceptions(&r.sent.get("exceptions"), &stands.exceptions, today) {
        Ok(exceptions) => changed.exceptions = exceptions,
        Err(why) => r.fault("exceptions", why),
    }
    changed
}

/// Writes a change. `why`: what it changes, in words, for the history.
///
/// # Errors
/// [`Refused::Changed`] where somebody else was faster; where it is not the actor's to change.
pub fn write(desk: &mut Desk<'_, '_>, actor: &Actor, change: &Change, why: &str) -> Result<(), Refused> {
    let Desk { tx, practice, vault, fresh } = desk;
    let at = book::Desk { practice, vault, actor };
    match change {
        Change::Studio(s) => setup::studio(tx, at, s, why, fresh),
        Change::Prices(s, prices) => {
            setup::studio(tx, at, s, why, fresh)?;
            for (service, price_minor) in prices {
                let stood = practice.prices.iter().find(|p| p.studio == s.id && p.service == *service);
                if stood.map(|p| p.price_minor) != *price_minor {
                    setup::price(tx, at, (s.id, *service), *price_minor, "", fresh)?;
                }
            }
            Ok(())
        }
        Change::Room(r) => setup::room(tx, at, r, why, fresh),
        Change::NewRoom(r) => setup::new_room(tx, at, r, fresh),
        Change::Service(s) => setup::service(tx, at, s, why, fresh),
        Change::NewService(s) => setup::new_service(tx, at, s, fresh),
        Change::Person(p, services, begins, ends) => {
            setup::person(tx, at, p, services, why, fresh)?;
            for working in begins {
                setup::working(tx, at, working, "begins to work here", fresh)?;
            }
            for (studio, version) in ends {
                setup::leaves(tx, at, (*studio, p.id, *version), fresh)?;
            }
            Ok(())
        }
        Change::Hours(w) => setup::working(tx, at, w, why, fresh),
        Change::Rules(settings, version) => setup::rules(tx, at, settings, *version, why, fresh),
    }
}

#[cfg(test)]
mod tests {
    use super::price;

    #[test]
    fn amounts_are_read_to_the_smallest_unit() {
        for (text, decimals, minor) in
            [("120", 2, 12000), ("120.5", 2, 12050), ("1 200,05", 2, 120_005), ("4500", 0, 4500), ("0", 2, 0)]
        {
            assert_eq!(price(text, decimals), Some(minor), "{text}");
        }
        for (text, decimals) in
            [("", 2), ("free", 2), ("1.234", 2), ("4500.5", 0), ("-3", 2), ("9999999999", 2)]
        {
            assert_eq!(price(text, decimals), None, "{text}");
        }
    }
}
