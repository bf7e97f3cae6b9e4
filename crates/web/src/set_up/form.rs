//! The form of the set-up: what is asked, what is refused, and what becomes of the answers.

use std::collections::BTreeMap;

use hairline_studio::hours::Interval;
use hairline_studio::password;
use hairline_studio::seal::blind::normal_email;
use hairline_studio::set_up::Answers;
use hairline_studio::zone::zone;

use super::place::{self, Choice, Spot};
use crate::page::Frame;
use crate::public::view::decimals;

/// Names of the week's days, as they stand in the form.
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/// Longest text of a field, in characters.
const LONGEST: usize = 120;

/// What stands in the fields.
pub struct Fields(BTreeMap<String, String>);

/// A field that needs another look.
pub type Faults = Vec<(&'static str, String)>;

impl Fields {
    /// Before anything was typed: open on working days, and the owner treats clients.
    pub fn usual() -> Fields {
        let mut fields = BTreeMap::from([("practises".to_owned(), "on".to_owned())]);
        for day in 0..5 {
            fields.insert(format!("from{day}"), "09:00".to_owned());
            fields.insert(format!("to{day}"), "18:00".to_owned());
        }
        Fields(fields)
    }

    /// As sent.
    pub fn read(sent: Vec<(String, String)>) -> Fields {
        Fields(sent.into_iter().map(|(name, value)| (name, value.chars().take(300).collect())).collect())
    }

    /// What was typed into a field; blanks around it do not count, but in a password.
    pub fn get(&self, name: &str) -> &str {
        let value = self.0.get(name).map_or("", String::as_str);
        if name == "password" { value } else { value.trim() }
    }

    fn hours(&self, day: usize) -> Result<Option<Interval>, String> {
        let (from, to) = (self.get(&format!("from{day}")), self.get(&format!("to{day}")));
        if from.is_empty() && to.is_empty() {
            return Ok(None);
        }
        let day = DAYS[day];
        let (Some(from_min), Some(to_min)) = (minutes(from), minutes(to)) else {
            return Err(format!(
                "{day}: give both times, such as 09:00 and 18:00, or leave both empty if you are closed."
            ));
        };
        // Midnight at the end of the day.
        let to_min = if to_min == 0 { 1440 } else { to_min };
        if to_min <= from_min {
            return Err(format!("{day}: it closes before it opens."));
        }
        Ok(Some(Interval { from_min, to_min }))
    }

    /// The position and country: of the town that was chosen, of the coordinates that were typed, or of the one town that
    /// can be meant.
    fn spot(&self) -> Result<Spot, (&'static str, String)> {
        let (typed, country) = (self.get("coordinates"), self.get("country").to_ascii_uppercase());
        if !typed.is_empty() {
            let at = hairline_studio::place::coordinates(typed).and_then(Result::ok).ok_or_else(|| {
                (
                    "coordinates",
                    "Please give latitude and longitude in degrees, such as 41.15, -8.61.".to_owned(),
                )
            })?;
            if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
                let why = "Please give the country by its two letters, such as PT, beside coordinates.";
                return Err(("country", why.to_owned()));
            }
            return Ok(Spot { position: at, country });
        }
        let town = self.get("town");
        // A choice belongs to the town that stood there when it was made.
        let offered = place::called(town).into_iter().find(|c| c.value == self.get("place"));
        if let Some(spot) = offered.and_then(|c| place::chosen(&c.value)) {
            return Ok(spot);
        }
        let found = place::only(town);
        found.ok_or_else(|| match (town.is_empty(), place::called(town).is_empty()) {
            (true, _) => ("town", "Please give the town.".to_owned()),
            (false, true) => (
                "town",
                "No town of this name is known here. Give the next larger one, or coordinates below."
                    .to_owned(),
            ),
            (false, false) => ("town", "Several towns are called so: please choose one.".to_owned()),
        })
    }

    /// The price of a session in minor units of a currency.
    fn price(&self, currency: &str) -> Option<i64> {
        let typed = self.get("price").replace([' ', '\u{a0}'], "").replace(',', ".");
        let (whole, rest) = typed.split_once('.').unwrap_or((&typed, ""));
        let places = usize::try_from(decimals(currency)).unwrap_or(2);
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 9 || rest.len() > places || !plain(whole) || !plain(rest) {
            return None;
        }
        format!("{whole}{rest:0<places$}").parse().ok()
    }

    /// The answers, or each field that needs another look.
    pub fn answers(&self) -> Result<Answers, Faults> {
        let mut faults: Faults = Vec::new();
        let mut named = |name: &'static str, what: &str| {
            let text = self.get(name);
            if text.is_empty() {
                faults.push((name, format!("Please give {what}.")));
            } else if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
                faults.push((name, format!("At most {LONGEST} characters, all on one line.")));
            }
            text.to_owned()
        };
        let (chain, studio) =
            (named("chain", "the name clients know you by"), named("studio", "a name of the studio"));
        let (street, owner) = (named("street", "street and number"), named("name", "your name"));
        if normal_email(self.get("email")).is_none() {
            faults.push(("email", "Please give an e-mail address, such as name@example.com.".to_owned()));
        }
        let spot = self.spot().map_err(|fault| faults.push(fault)).ok();
        if zone(self.get("zone")).is_err() {
            faults.push(("zone", "Please choose a time zone by its name, such as Europe/Lisbon.".to_owned()));
        }
        let mut currency = self.get("currency").to_ascii_uppercase();
        if currency.is_empty()
            && let Some(spot) = &spot
        {
            currency_of(&spot.country).clone_into(&mut currency);
        }
        // Left empty it follows from the town, which may be what is wrong.
        let follows = currency.is_empty() && spot.is_none();
        if !follows && (currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase())) {
            faults
                .push(("currency", "Please give the currency by its three letters, such as EUR.".to_owned()));
        }
        let price = self.price(&currency);
        if price.is_none() {
            faults
                .push(("price", "Please give the price of one session as a number, such as 600.".to_owned()));
        }
        let mut open = [None; 7];
        for (day, hours) in open.iter_mut().enumerate() {
            match self.hours(day) {
                Ok(found) => *hours = found,
                Err(why) => faults.push(("hours", why)),
            }
        }
        if open.iter().all(Option::is_none) && !faults.iter().any(|(name, _)| *name == "hours") {
            faults.push(("hours", "Please give the hours of one day at least.".to_owned()));
        }
        let known = [owner.as_str(), self.get("email"), &chain, &studio];
        if let Err(why) = password::fit(self.get("password"), &known) {
            faults.push(("password", crate::refused::sentence(&why.to_string())));
        } else if !faults.is_empty() {
            faults.push((
                "password",
                "Please type the password again; it is not kept with the form.".to_owned(),
            ));
        }
        match (spot, price) {
            (Some(spot), Some(session_price_minor)) if faults.is_empty() => Ok(Answers {
                owner,
                email: self.get("email").to_owned(),
                practises: !self.get("practises").is_empty(),
                chain,
                studio,
                street,
                postcode: self.get("postcode").chars().take(20).collect(),
                city: self.city(),
                country: spot.country,
                position: spot.position,
                zone: self.get("zone").to_owned(),
                phone: self.get("phone").chars().take(40).collect(),
                currency,
                session_price_minor,
                open,
            }),
            _ => Err(faults),
        }
    }

    /// The town as typed, without what was added after a comma to find it.
    fn city(&self) -> String {
        self.get("town").split(',').next().unwrap_or_default().trim().to_owned()
    }
}

/// `09:00` as minutes after midnight.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// The currency of a country (ISO 4217, ISO 3166-1) for those where studios are likely; nothing elsewhere.
fn currency_of(country: &str) -> &'static str {
    match country {
        "AT" | "BE" | "CY" | "DE" | "EE" | "ES" | "FI" | "FR" | "GR" | "HR" | "IE" | "IT" | "LT" | "LU"
        | "LV" | "MT" | "NL" | "PT" | "SI" | "SK" | "BG" => "EUR",
        "US" => "USD",
        "GB" => "GBP",
        "CA" => "CAD",
        "AU" => "AUD",
        "NZ" => "NZD",
        "CH" | "LI" => "CHF",
        "SE" => "SEK",
        "NO" => "NOK",
        "DK" => "DKK",
        "PL" => "PLN",
        "CZ" => "CZK",
        "HU" => "HUF",
        "RO" => "RON",
        "TR" => "TRY",
        "BR" => "BRL",
        "MX" => "MXN",
        "IN" => "INR",
        "NP" => "NPR",
        "JP" => "JPY",
        "KR" => "KRW",
        "SG" => "SGD",
        "AE" => "AED",
        "IL" => "ILS",
        "ZA" => "ZAR",
        _ => "",
    }
}

/// One day of the form.
pub struct Day {
    /// Its number from Monday.
    pub n: usize,
    /// Its name.
    pub name: &'static str,
    /// When the doors open.
    pub from: String,
    /// When they close.
    pub to: String,
}

/// The page.
#[derive(askama::Template)]
#[template(path = "set_up.html")]
pub struct Shown {
    frame: Frame,
    token: String,
    fields: Fields,
    faults: Faults,
    choices: Vec<Choice>,
    chosen: String,
    typed: String,
    days: Vec<Day>,
    zones: Vec<&'static str>,
}

impl Shown {
    /// The page with these fields and faults.
    pub fn new(frame: Frame, token: &str, fields: Fields, faults: Faults) -> Shown {
        let town = fields.get("town").to_owned();
        let choices = if town.is_empty() { Vec::new() } else { place::called(&town) };
        let sent = fields.get("place");
        let chosen = choices.iter().find(|c| c.value == sent).or(choices.first());
        Shown {
            chosen: chosen.map(|c| c.value.clone()).unwrap_or_default(),
            days: DAYS
                .into_iter()
                .enumerate()
                .map(|(n, name)| Day {
                    n,
                    name,
                    from: fields.get(&format!("from{n}")).to_owned(),
                    to: fields.get(&format!("to{n}")).to_owned(),
                })
                .collect(),
            zones: hairline_studio::zone::zone_names(),
            frame,
            token: token.to_owned(),
            typed: town,
            choices,
            fields,
            faults,
        }
    }

    fn fault(&self, name: &str) -> Option<&str> {
        self.faults.iter().find(|(field, _)| *field == name).map(|(_, why)| why.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(changes: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::usual();
        let all = [
            ("name", "Ines Duarte"),
            ("email", "ines@dot.example"),
            ("password", "quiet river lantern"),
            ("chain", "Ponto"),
            ("studio", "Baixa"),
            ("street", "Rua das Flores 1"),
            ("town", "Lisbon"),
            ("zone", "Europe/Lisbon"),
            ("price", "600"),
        ];
        for (name, value) in all.iter().chain(changes) {
            fields.0.insert((*name).to_owned(), (*value).to_owned());
        }
        fields
    }

    fn faults(changes: &[(&str, &str)]) -> Vec<&'static str> {
        filled(changes).answers().err().unwrap_or_default().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_whole_form_is_taken() {
        let answers = filled(&[]).answers().expect("nothing is wrong");
        assert_eq!((answers.country.as_str(), answers.currency.as_str()), ("PT", "EUR"));
        assert_eq!((answers.session_price_minor, answers.practises), (60_000, true));
        assert_eq!(answers.open[0], Some(Interval { from_min: 540, to_min: 1080 }));
        assert_eq!(answers.open[6], None);
    }

    #[test]
    fn each_wrong_field_is_named() {
        for (name, value) in [
            ("name", ""),
            ("email", "ines"),
            ("chain", " "),
            ("studio", ""),
            ("street", ""),
            ("town", ""),
            ("town", "Springfield"),
            ("town", "qqqqxqqq"),
            ("zone", "Lisbon"),
            ("currency", "euro"),
            ("price", "a lot"),
            ("price", "6.001"),
            ("coordinates", "95, 300"),
        ] {
            assert_eq!(faults(&[(name, value)]), [name, "password"], "{name}: {value}");
        }
        assert_eq!(faults(&[("password", "password1234")]), ["password"]);
        assert_eq!(faults(&[("password", "InesDuarte99!")]), ["password"], "a name and little more");
        for (from, to) in [("09:00", ""), ("18:00", "09:00"), ("25:00", "26:00")] {
            assert_eq!(faults(&[("from0", from), ("to0", to)]), ["hours", "password"], "{from} {to}");
        }
        let shut: Vec<(String, &str)> =
            (0..5).flat_map(|d| [(format!("from{d}"), ""), (format!("to{d}"), "")]).collect();
        let shut: Vec<(&str, &str)> = shut.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(faults(&shut), ["hours", "password"]);
    }

    #[test]
    fn one_of_several_towns_is_chosen_and_a_choice_of_another_town_is_not_taken() {
        let springfields = place::called("Springfield");
        let second = &springfields[1].value;
        let answers = filled(&[("town", "Springfield"), ("place", second)]).answers().expect("chosen");
        assert_eq!(Some(answers.position), place::chosen(second).map(|s| s.position));
        let answers = filled(&[("place", second)]).answers().expect("the town that stands there counts");
        assert_eq!(answers.country, "PT");
        let answers =
            filled(&[("town", "Quelfes"), ("coordinates", "37.05, -7.83"), ("country", "pt")]).answers();
        assert_eq!(answers.map(|a| a.city), Ok("Quelfes".to_owned()));
    }

    #[test]
    fn prices_follow_the_currency() {
        for (typed, currency, minor) in [
            ("600", "EUR", Some(60_000)),
            ("600,5", "EUR", Some(60_050)),
            ("60 000", "JPY", Some(60_000)),
            ("600.5", "JPY", None),
            ("0", "USD", Some(0)),
            ("-5", "USD", None),
            ("", "USD", None),
        ] {
            assert_eq!(filled(&[("price", typed)]).price(currency), minor, "{typed} {currency}");
        }
    }
}
