//! The chain as the public sees it: plain values, filled from the store, drawn by the pages and told by the API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A chain of studios, or one studio.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Public {
    /// Name of the chain.
    pub name: String,
    /// One sentence about it.
    pub tagline: String,
    /// Its studios, in the order in which they are listed.
    pub studios: Vec<Studio>,
}

/// A place where clients are treated.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Studio {
    /// Last part of its address: lower-case letters, digits, hyphens.
    #[schema(example = "lisbon-chiado")]
    pub slug: String,
    /// Its name.
    #[schema(example = "Chiado")]
    pub name: String,
    /// A paragraph about it.
    pub about: String,
    /// Where it is.
    pub address: Address,
    /// Degrees north of the equator, WGS 84.
    #[schema(minimum = -90, maximum = 90)]
    pub latitude_deg: f64,
    /// Degrees east of Greenwich, WGS 84.
    #[schema(minimum = -180, maximum = 180)]
    pub longitude_deg: f64,
    /// IANA name of its time zone.
    #[schema(example = "Europe/Lisbon")]
    pub zone: String,
    /// Telephone with country code; may be empty.
    pub phone: String,
    /// E-mail address.
    pub email: String,
    /// Usual opening hours from Monday to Sunday, each a list of stretches.
    pub hours: [Vec<Stretch>; 7],
    /// Who treats there.
    pub practitioners: Vec<Practitioner>,
    /// What is done there.
    pub services: Vec<Service>,
}

/// A postal address.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Street and number.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// Town.
    pub locality: String,
    /// Country by its ISO 3166-1 code of two letters.
    #[schema(example = "PT")]
    pub country: String,
    /// Country by its name in English.
    #[schema(example = "Portugal")]
    pub country_name: String,
}

/// A stretch of a day in local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stretch {
    /// Minutes after midnight.
    #[schema(maximum = 1440)]
    pub from_min: u16,
    /// Minutes after midnight; more than 1440 is past the next midnight.
    #[schema(maximum = 2880)]
    pub to_min: u16,
}

/// A person who treats clients.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Practitioner {
    /// Name as shown to clients.
    pub name: String,
    /// What they are at the studio.
    #[schema(example = "Senior practitioner")]
    pub title: String,
    /// What they say of themselves.
    pub about: String,
    /// What they have passed.
    pub credentials: Vec<Credential>,
}

/// Something a person has passed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// What.
    #[schema(example = "Bloodborne pathogens certificate")]
    pub name: String,
    /// Who says so.
    pub issuer: String,
    /// Year it was given.
    pub year: i16,
}

/// A kind of visit.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its id, by which it is booked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Its name.
    #[schema(example = "Consultation")]
    pub name: String,
    /// A sentence about it.
    pub about: String,
    /// Length of one visit, minutes.
    pub minutes: u32,
    /// Price of one visit in the currency's smallest unit.
    pub price_minor: i64,
    /// Currency by its ISO 4217 code.
    #[schema(example = "EUR")]
    pub currency: String,
}

/// Names of the days from Monday on.
pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Public {
    /// The studio with this slug.
    pub fn studio(&self, slug: &str) -> Option<&Studio> {
        self.studios.iter().find(|studio| studio.slug == slug)
    }

    /// The studios by country, countries in the order of their first studio.
    pub fn countries(&self) -> Vec<(&str, Vec<&Studio>)> {
        let mut countries: Vec<(&str, Vec<&Studio>)> = Vec::new();
        for studio in &self.studios {
            let name = studio.address.country_name.as_str();
            match countries.iter_mut().find(|(country, _)| *country == name) {
                Some((_, studios)) => studios.push(studio),
                None => countries.push((name, vec![studio])),
            }
        }
        countries
    }
}

impl Studio {
    /// The telephone number as a phone dials it: digits, with a plus before the country code.
    pub fn dialled(&self) -> String {
        self.phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
    }

    /// Days with the same hours put together: (`Monday to Friday`, `09:00-18:00`); a day without hours is `Closed`.
    pub fn opening(&self) -> Vec<(String, String)> {
        let mut lines: Vec<(usize, usize, String)> = Vec::new();
        for (day, stretches) in self.hours.iter().enumerate() {
            let text = if stretches.is_empty() {
                "Closed".to_owned()
            } else {
                stretches.iter().map(Stretch::text).collect::<Vec<_>>().join(", ")
            };
            match lines.last_mut() {
                Some((_, last, same)) if *same == text => *last = day,
                _ => lines.push((day, day, text)),
            }
        }
        let days = |from: usize, to: usize| match to - from {
            0 => DAYS[from].to_owned(),
            1 => format!("{} and {}", DAYS[from], DAYS[to]),
            _ => format!("{} to {}", DAYS[from], DAYS[to]),
        };
        lines.into_iter().map(|(from, to, text)| (days(from, to), text)).collect()
    }
}

impl Stretch {
    /// As `09:00–18:00`, with an en dash.
    pub fn text(&self) -> String {
        format!("{}\u{2013}{}", clock(self.from_min), clock(self.to_min))
    }
}

/// Minutes after midnight as `09:00`.
pub fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

impl Service {
    /// As `EUR 1,200`; `Free` for nothing.
    pub fn price(&self) -> String {
        if self.price_minor == 0 {
            return "Free".to_owned();
        }
        format!("{}\u{a0}{}", self.currency, amount(self.price_minor, decimals(&self.currency)))
    }

    /// As `5 h`, `2 h 30 min` or `45 min`.
    pub fn length(&self) -> String {
        match (self.minutes / 60, self.minutes % 60) {
            (0, minutes) => format!("{minutes} min"),
            (hours, 0) => format!("{hours} h"),
            (hours, minutes) => format!("{hours} h {minutes} min"),
        }
    }
}

/// Decimals of a currency (ISO 4217, the currencies that differ from two and are likely here).
pub fn decimals(currency: &str) -> u32 {
    match currency {
        "JPY" | "KRW" | "CLP" | "ISK" | "VND" => 0,
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// An amount in the smallest unit with thousands set off; whole amounts without decimals.
pub fn amount(minor: i64, decimals: u32) -> String {
    let unit = 10_u64.pow(decimals);
    let (whole, rest) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    let digits = whole.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    let sign = if minor < 0 { "-" } else { "" };
    if rest == 0 {
        format!("{sign}{text}")
    } else {
        format!("{sign}{text}.{rest:0>width$}", width = decimals as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_follow_their_currency() {
        assert_eq!(amount(120_000, decimals("EUR")), "1,200");
        assert_eq!(amount(120_050, decimals("EUR")), "1,200.50");
        assert_eq!(amount(1_234_567, decimals("JPY")), "1,234,567");
        assert_eq!(amount(1_005, decimals("KWD")), "1.005");
        assert_eq!(amount(-99, 2), "-0.99");
    }

    #[test]
    fn days_with_the_same_hours_stand_together() {
        let day = |from_min, to_min| vec![Stretch { from_min, to_min }];
        let hours = [
            day(540, 1080),
            day(540, 1080),
            day(540, 1080),
            day(720, 1200),
            day(720, 1200),
            vec![Stretch { from_min: 540, to_min: 720 }, Stretch { from_min: 780, to_min: 1500 }],
            vec![],
        ];
        let studio = Studio { hours, ..crate::api::studios::example() };
        let lines = studio.opening();
        let lines: Vec<(&str, &str)> = lines.iter().map(|(d, t)| (d.as_str(), t.as_str())).collect();
        assert_eq!(
            lines,
            [
                ("Monday to Wednesday", "09:00\u{2013}18:00"),
                ("Thursday and Friday", "12:00\u{2013}20:00"),
                ("Saturday", "09:00\u{2013}12:00, 13:00\u{2013}01:00"),
                ("Sunday", "Closed"),
            ]
        );
    }
}
