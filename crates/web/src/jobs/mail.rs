//! Mail by SMTP: a letter as a message of several parts, given to the studio's mail server.

use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message, SmtpTransport, Transport as _};
use uuid::Uuid;

use super::Failed;
use super::letter::Letter;
use crate::calendars::event::Party;

/// Longest wait for each answer of the mail server.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest reason that is kept of a failure, in characters.
const REASON: usize = 300;

/// The way to the mail server, and who writes.
#[derive(Clone)]
pub struct Mailer {
    transport: SmtpTransport,
    from: Address,
}

impl std::fmt::Debug for Mailer {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Mailer {
    /// The way to the server of an address (`smtps://user:password@mail.example`, or `smtp://…?tls=required` for
    /// STARTTLS); `from` is the address that writes.
    ///
    /// # Errors
    /// In one sentence, never with the password, where either is not one, or mails would cross a network unencrypted.
    pub fn new(url: &str, from: &str) -> Result<Mailer, String> {
        let shape =
            "write smtps://user:password@mail.example or smtp://user:password@mail.example:587?tls=required";
        let from: Address = from
            .parse()
            .map_err(|_| format!("the sender \"{from}\" of mails is no address: write studio@example.com"))?;
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let after_user = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let host = after_user.split(['/', '?']).next().unwrap_or_default();
        let local = ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|name| host == *name || host.strip_prefix(name).is_some_and(|port| port.starts_with(':')));
        let safe = scheme == "smtps" || after_user.contains("tls=required");
        if !["smtp", "smtps"].contains(&scheme) || host.is_empty() {
            return Err(format!("the address of the mail server is not one: {shape}"));
        }
        if !safe && !local {
            return Err(format!(
                "mails to {host} would cross the network unencrypted, which is allowed to this machine alone: {shape}"
            ));
        }
        // What lettre says could quote the address, and with it the password.
        let builder = SmtpTransport::from_url(url)
            .map_err(|_| format!("the address of the mail server at {host} cannot be read: {shape}"))?;
        Ok(Mailer { transport: builder.timeout(Some(TIMEOUT)).build(), from })
    }

    /// Gives a letter to the mail server. Waits for it: not for threads of an async runtime. A letter that is sent again
    /// after a broken connection has the same Message-ID.
    ///
    /// # Errors
    /// Why the mail server did not take it, without addresses.
    pub fn send(&self, letter: &Letter, id: Uuid) -> Result<(), Failed> {
        let message = self.message(letter, id)?;
        self.transport.send(&message).map(|_| ()).map_err(|e| {
            // A wrong password is the studio's to mend, and then the same mail can go.
            let code = e.status().map(u16::from);
            let hopeless = e.is_permanent() && !matches!(code, Some(530 | 534 | 535 | 538));
            Failed { why: without_addresses(&format!("the mail server: {}", with_causes(&e))), hopeless }
        })
    }

    fn message(&self, letter: &Letter, id: Uuid) -> Result<Message, Failed> {
        let to = mailbox(&letter.to).ok_or_else(|| Failed {
            why: "the address of who is to get it is no e-mail address".to_owned(),
            hopeless: true,
        })?;
        let broken = |e: &dyn std::fmt::Display| Failed {
            why: without_addresses(&format!("the mail cannot be written: {e}")),
            hopeless: true,
        };
        let from = Mailbox::new(Some(letter.studio.name.clone()), self.from.clone());
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let mut head = Message::builder()
            .from(from)
            .to(to)
            .subject(letter.subject.clone())
            .message_id(Some(format!("<{id}@{}>", self.from.domain())))
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()));
        if let Some(studio) = mailbox(&letter.studio) {
            head = head.reply_to(studio);
        }
        let words = MultiPart::alternative()
            .singlepart(SinglePart::plain(letter.text()))
            .singlepart(SinglePart::html(letter.html().map_err(|e| broken(&e))?));
        let mut invitations = Vec::with_capacity(letter.calendars.len());
        for (method, text) in &letter.calendars {
            let kind = format!("text/calendar; charset=utf-8; method={}", method.word());
            let kind = ContentType::parse(&kind).map_err(|e| broken(&e))?;
            invitations.push(SinglePart::builder().header(kind).body(text.clone()));
        }
        // One invitation is one more way to read the mail; several stand beside it, a visit each (RFC 6047).
        let body = match <[SinglePart; 1]>::try_from(invitations) {
            Ok([one]) => words.singlepart(one),
            Err(several) if several.is_empty() => words,
            Err(several) => {
                several.into_iter().fold(MultiPart::mixed().multipart(words), MultiPart::singlepart)
            }
        };
        head.multipart(body).map_err(|e| broken(&e))
    }
}

fn mailbox(party: &Party) -> Option<Mailbox> {
    Some(Mailbox::new(Some(party.name.clone()).filter(|n| !n.is_empty()), party.email.trim().parse().ok()?))
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(e) = cause {
        let more = e.to_string();
        if !words.contains(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
        cause = e.source();
    }
    words
}

/// A reason as it may be kept and shown: mail servers like to quote the address they refuse.
fn without_addresses(text: &str) -> String {
    let words = text.split_whitespace().map(|word| if word.contains('@') { "(address)" } else { word });
    words.collect::<Vec<_>>().join(" ").chars().take(REASON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_do_not_cross_a_network_unencrypted_and_passwords_are_not_told() {
        for good in [
            "smtps://studio:secret@mail.example",
            "smtp://studio:secret@mail.example:587?tls=required",
            "smtp://127.0.0.1:2525",
            "smtp://localhost",
            "smtp://[::1]:25",
        ] {
            assert!(Mailer::new(good, "studio@example.com").is_ok(), "{good}");
        }
        for bad in [
            "smtp://studio:secret@mail.example",
            "smtp://studio:secret@mail.example?tls=opportunistic",
            "smtp://studio:secret@localhost.evil.example",
            "http://studio:secret@mail.example",
            "secret",
            "",
        ] {
            let refused = Mailer::new(bad, "studio@example.com").err();
            assert!(refused.is_some_and(|why| !why.contains("secret")), "{bad}");
        }
        assert!(Mailer::new("smtp://localhost", "no address").is_err());
        let shown = format!("{:?}", Mailer::new("smtps://studio:secret@mail.example", "a@b.example"));
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_reason_holds_no_address() {
        let text = without_addresses("550 5.1.1 <ana.reis@example.com>: no such   user ana.reis@example.com");
        assert_eq!(text, "550 5.1.1 (address) no such user (address)");
        assert!(without_addresses(&"x ".repeat(1000)).len() <= REASON);
    }
}
