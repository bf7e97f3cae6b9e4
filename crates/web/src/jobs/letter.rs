//! A letter: plain words, the same as small HTML, and invitations for the calendar. No health data: a letter says when,
//! where and with whom.

use askama::Template;

use crate::calendars::event::{Method, Party};

/// A letter to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Who gets it.
    pub to: Party,
    /// The studio that writes; answers go to it.
    pub studio: Party,
    /// Its telephone.
    pub phone: String,
    /// Subject.
    pub subject: String,
    /// What has happened, a sentence each.
    pub lines: Vec<String>,
    /// The visits it is about.
    pub visits: Vec<Visit>,
    /// What the reader can do, a sentence each.
    pub after: Vec<String>,
    /// What a button leads to: words, address.
    pub link: Option<(String, String)>,
    /// Invitations, as calendar files.
    pub calendars: Vec<(Method, String)>,
}

/// A visit in a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// `Thursday 3 December 2026, 10:00`.
    pub when: String,
    /// With whom.
    pub with: String,
    /// Where.
    pub place: String,
    /// Words and address of a link of its own.
    pub link: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    letter: &'a Letter,
}

impl Letter {
    /// As plain text.
    pub fn text(&self) -> String {
        let mut parts = vec![format!("Hello {},", self.to.name), self.lines.join("\n")];
        for visit in &self.visits {
            let mut lines = vec![format!("  {}", visit.when), format!("  {}", visit.with)];
            lines.push(format!("  {}", visit.place));
            lines.extend(visit.link.iter().map(|(words, to)| format!("  {words}: {to}")));
            parts.push(lines.join("\n"));
        }
        parts.extend(self.link.iter().map(|(words, to)| format!("{words}:\n{to}")));
        parts.push(self.after.join("\n"));
        let contact: Vec<&str> =
            [self.phone.as_str(), self.studio.email.as_str()].into_iter().filter(|c| !c.is_empty()).collect();
        parts.push(format!("{}\n{}", self.studio.name, contact.join(", ")));
        parts.retain(|part| !part.is_empty());
        parts.join("\n\n") + "\n"
    }

    /// As HTML.
    ///
    /// # Errors
    /// None that the template can make.
    pub fn html(&self) -> Result<String, askama::Error> {
        Html { letter: self }.render()
    }
}
