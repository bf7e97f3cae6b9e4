//! Who books: name, e-mail, telephone, as a visitor types them; each wrong one named.

use hairline_studio::seal::blind::{normal_email, normal_phone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dialling::dialling;
use crate::problem::FieldError;

/// Longest name, in characters.
pub const NAME_MOST: usize = 120;

/// Who books.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Name, as they write it.
    #[schema(max_length = 120, min_length = 1)]
    pub name: String,
    /// Where the confirmation goes.
    #[schema(format = Email)]
    pub email: String,
    /// Where they can be reached on the day; may be empty.
    #[serde(default)]
    pub phone: String,
}

impl Person {
    /// Without the blanks around what was typed.
    pub fn trimmed(&self) -> Person {
        let trim = |text: &str| text.trim().to_owned();
        Person { name: trim(&self.name), email: trim(&self.email), phone: trim(&self.phone) }
    }

    /// The fields that need another look, as seen from a studio in this country (ISO 3166-1 alpha-2).
    pub fn faults(&self, country: &str) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut fault = |name: &str, detail: String| {
            faults.push(FieldError { pointer: format!("/client/{name}"), detail });
        };
        let letters = self.name.chars().count();
        if letters == 0 {
            fault("name", "Please give your name.".to_owned());
        } else if letters > NAME_MOST || self.name.chars().any(char::is_control) {
            fault("name", format!("A name has at most {NAME_MOST} characters, all on one line."));
        }
        if normal_email(&self.email).is_none() {
            fault("email", "Please give an e-mail address, such as name@example.com.".to_owned());
        }
        if !self.phone.is_empty() && normal_phone(&self.phone, dialling(country)).is_none() {
            fault(
                "phone",
                "Please give a telephone number with country code, such as +351 912 345 678.".to_owned(),
            );
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_field_is_named() {
        let person = |name: &str, email: &str, phone: &str| {
            let person = Person { name: name.to_owned(), email: email.to_owned(), phone: phone.to_owned() };
            person.trimmed().faults("PT").into_iter().map(|f| f.pointer).collect::<Vec<_>>()
        };
        assert!(person(" José Ñandú ", "jose@example.com", "").is_empty());
        assert!(person("李", "li@例え.jp", "+81 3 1234 5678").is_empty());
        assert_eq!(person(" ", "jose", "12"), ["/client/name", "/client/email", "/client/phone"]);
        assert_eq!(person("a\nb", "a@b", ""), ["/client/name", "/client/email"]);
        assert_eq!(person(&"x".repeat(121), "a@b.example", ""), ["/client/name"]);
    }
}
