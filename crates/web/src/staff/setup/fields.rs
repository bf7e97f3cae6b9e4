//! Fields of forms: what is asked, what stands there, what was sent, what is wrong with it.

use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;
use uuid::Uuid;

use crate::problem::{self, Problem};
use crate::staff::record::form_key;

/// How a field is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line.
    Text,
    /// A whole number from 0 on.
    Number,
    /// Several lines.
    Area,
    /// Yes or no.
    Check,
    /// One of several: value, label.
    One(Vec<(String, String)>),
    /// Any of several: value, label.
    Many(Vec<(String, String)>),
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in the form.
    pub name: String,
    /// What is asked.
    pub label: String,
    /// What is allowed, in a few words.
    pub hint: &'static str,
    /// How it is drawn.
    pub kind: Kind,
    /// What stands there; of several, joined by commas.
    pub value: String,
    /// What is wrong with what was sent.
    pub fault: Option<String>,
}

impl Field {
    /// A field of a kind.
    pub fn new(name: &str, label: &str, kind: Kind, value: impl ToString) -> Field {
        let (name, label) = (name.to_owned(), label.to_owned());
        Field { name, label, hint: "", kind, value: value.to_string(), fault: None }
    }

    /// A line of text.
    pub fn text(name: &str, label: &str, value: &str) -> Field {
        Field::new(name, label, Kind::Text, value)
    }

    /// A whole number.
    pub fn number(name: &str, label: &str, value: impl ToString) -> Field {
        Field::new(name, label, Kind::Number, value)
    }

    /// Yes or no.
    pub fn check(name: &str, label: &str, value: bool) -> Field {
        Field::new(name, label, Kind::Check, if value { "yes" } else { "" })
    }

    /// Any of several.
    pub fn many(name: &str, label: &str, all: Vec<(String, String)>, chosen: &[String]) -> Field {
        Field::new(name, label, Kind::Many(all), chosen.join(","))
    }

    /// With what is allowed.
    pub fn hint(mut self, hint: &'static str) -> Field {
        self.hint = hint;
        self
    }

    /// Whether one of several is chosen.
    pub fn has(&self, value: &str) -> bool {
        self.value.split(',').any(|one| one == value)
    }

    /// The value as people read it.
    pub fn spoken(&self) -> String {
        let label = |all: &[(String, String)]| {
            let chosen = all.iter().filter(|(value, _)| self.has(value)).map(|(_, label)| label.as_str());
            chosen.collect::<Vec<_>>().join(", ")
        };
        let text = match &self.kind {
            Kind::Check => if self.value.is_empty() { "no" } else { "yes" }.to_owned(),
            Kind::One(all) | Kind::Many(all) => label(all),
            _ => self.value.clone(),
        };
        if text.is_empty() { "nothing".to_owned() } else { text }
    }
}

/// What a form sent.
#[derive(Clone, Debug, Default)]
pub struct Sent(pub Vec<(String, String)>);

impl Sent {
    /// The value of a field, without blanks around it; several joined by commas.
    pub fn get(&self, name: &str) -> String {
        let values = self.0.iter().filter(|(n, _)| n == name).map(|(_, v)| v.trim());
        values.collect::<Vec<_>>().join(",").replace("\r\n", "\n")
    }

    /// The key of the form: what is made under it twice is there once. A form without one makes something each time.
    pub fn key(&self) -> Uuid {
        self.get("key").parse().unwrap_or_else(|_| form_key())
    }

    /// The version an edit was made on: of the If-Match header, or of the form.
    ///
    /// # Errors
    /// Where neither says it.
    pub fn version(&self, headers: &HeaderMap) -> Result<i64, Problem> {
        let header = headers.get(IF_MATCH).and_then(|v| v.to_str().ok());
        let header = header.and_then(|v| v.trim().trim_matches('"').parse().ok());
        let version = header.or_else(|| self.get("version").parse().ok());
        version.ok_or_else(|| Problem::new(&problem::PRECONDITION_REQUIRED))
    }

    /// Each of several values.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, v)| v.trim().to_owned()).collect()
    }
}

/// The fields with what was sent in place of what stood there.
pub fn filled(fields: Vec<Field>, sent: &Sent, faults: &[(String, String)]) -> Vec<Field> {
    let one = |field: Field| {
        let fault = faults.iter().find(|(name, _)| *name == field.name).map(|(_, fault)| fault.clone());
        Field { value: sent.get(&field.name), fault, ..field }
    };
    fields.into_iter().map(one).collect()
}

/// What differs between what stands and what was sent: label, what stands, what was sent.
pub fn differences(stands: &[Field], sent: &Sent) -> Vec<(String, String, String)> {
    let changed = stands.iter().filter_map(|field| {
        let yours = Field { value: sent.get(&field.name), ..field.clone() };
        let same = match field.kind {
            Kind::Many(_) => sorted(&field.value) == sorted(&yours.value),
            _ => field.value.trim() == yours.value,
        };
        (!same).then(|| (field.label.clone(), field.spoken(), yours.spoken()))
    });
    changed.collect()
}

fn sorted(values: &str) -> Vec<&str> {
    let mut all: Vec<&str> = values.split(',').filter(|v| !v.is_empty()).collect();
    all.sort_unstable();
    all
}

/// Differences as history keeps them: one line, no long texts.
pub fn told(differences: &[(String, String, String)]) -> String {
    let short = |text: &str| {
        let line: String = text.replace('\n', "; ").chars().take(60).collect();
        if line.chars().count() < text.chars().count() { format!("{line} …") } else { line }
    };
    let one =
        |(label, was, is): &(String, String, String)| format!("{label}: {} → {}", short(was), short(is));
    differences.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_changed_is_told() {
        let all = vec![("a".to_owned(), "Anna".to_owned()), ("b".to_owned(), "Ben".to_owned())];
        let fields = [
            Field::text("name", "Name", "Chiado"),
            Field::check("active", "Takes bookings", true),
            Field::many("staff", "Who does it", all, &["b".to_owned(), "a".to_owned()]),
        ];
        let pairs = |list: &[(&str, &str)]| {
            Sent(list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
        };
        let same = pairs(&[("name", " Chiado "), ("active", "yes"), ("staff", "a"), ("staff", "b")]);
        assert_eq!(differences(&fields, &same), []);
        let other = pairs(&[("name", "Baixa"), ("staff", "a")]);
        assert_eq!(
            told(&differences(&fields, &other)),
            "Name: Chiado → Baixa; Takes bookings: yes → no; Who does it: Anna, Ben → Anna"
        );
    }
}
