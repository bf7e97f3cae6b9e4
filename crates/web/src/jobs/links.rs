//! Mails with a link that is good once: a client's way to their visits, an invitation to the staff. The link is made as the
//! mail goes out, so that its text waits nowhere.

use hairline_studio::ids::{ClientId, StaffId};
use hairline_studio::practice::Studio;
use hairline_studio::store::jobs::Job;
use hairline_studio::store::tickets::{self, Kind, MAIL_CLIENT_LINK, MAIL_INVITATION};
use hairline_studio::store::{self, clients, sign_in};
use uuid::Uuid;

use super::letter::Letter;
use super::told::Told;
use crate::calendars::event::Party;
use crate::config::PublicUrl;
use crate::office::Desk;

/// The kinds of this room.
pub const KINDS: [&str; 2] = [MAIL_CLIENT_LINK, MAIL_INVITATION];

/// When a job was written, UTC microseconds: its id says so (UUIDv7, RFC 9562 section 5.7).
fn asked_us(id: Uuid) -> i64 {
    let ms = id.as_bytes()[..6].iter().fold(0_i64, |ms, byte| (ms << 8) | i64::from(*byte));
    ms.saturating_mul(1000)
}

/// The letter of a job of these kinds, with a link of its own; or why there is none.
///
/// # Errors
/// The store's.
pub fn tell(desk: &mut Desk<'_, '_>, job: &Job, url: Option<&PublicUrl>) -> Result<Told, store::Error> {
    let Some(url) = url else { return Ok(Told::Nothing("not sent: no public address is set")) };
    match job.kind.as_str() {
        MAIL_CLIENT_LINK => client(desk, job, url),
        _ => invitation(desk, job, url),
    }
}

fn client(desk: &mut Desk<'_, '_>, job: &Job, url: &PublicUrl) -> Result<Told, store::Error> {
    // A link that comes long after it was asked for is nothing but a riddle, and perhaps somebody else's find.
    if desk.fresh.now_us() - asked_us(job.id) > Kind::ClientLink.life_us() {
        return Ok(Told::Nothing("not sent: it was asked for too long ago"));
    }
    let found = clients::by_id(desk.tx, desk.vault, ClientId(job.about))?;
    let Some((person, studio)) = found.and_then(|c| Some((c.person?, c.studio))) else {
        return Ok(Told::Nothing("not sent: the record was erased"));
    };
    let Some(studio) = desk.practice.studio(studio) else {
        return Ok(Told::Nothing("not sent: the studio is no more"));
    };
    let token = tickets::client_link(desk.tx, ClientId(job.about), &mut desk.fresh)?;
    let letter = Letter {
        subject: format!("Your visits at {}", studio.name),
        lines: vec![
            "Somebody, most likely you, asked for a link to your visits. It works once, within twenty minutes."
                .to_owned(),
        ],
        after: vec!["If it was not you, do nothing: without this mail nobody gets in.".to_owned()],
        link: Some(("Open my visits".to_owned(), format!("{}/me/link/{token}", url.as_str()))),
        ..blank(studio, Party { name: person.name, email: person.email })
    };
    Ok(Told::Send(Box::new(letter)))
}

fn invitation(desk: &mut Desk<'_, '_>, job: &Job, url: &PublicUrl) -> Result<Told, store::Error> {
    let staff = StaffId(job.about);
    let Some(person) = desk.practice.person(staff).filter(|p| p.active) else {
        return Ok(Told::Nothing("not sent: the person was let go"));
    };
    if sign_in::account_of(desk.tx, staff)?.is_some() {
        return Ok(Told::Nothing("not sent: the person has a way in already"));
    }
    let first = person.posts.iter().find_map(|p| desk.practice.studio(p.studio?));
    let Some(studio) = first.or(desk.practice.studios.first()) else {
        return Ok(Told::Nothing("not sent: the studio is no more"));
    };
    // Beside the one that was handed over; the first that is used makes the others worthless.
    let token = tickets::issue(desk.tx, Kind::Invitation, Some(staff.0), &[], &mut desk.fresh)?;
    let letter = Letter {
        subject: format!("You are invited to {}", desk.practice.chain.name),
        lines: vec![
            "You can sign in to the studio's program. Choose your password with this link; it works once, within a week."
                .to_owned(),
        ],
        after: vec!["If you did not expect this, do nothing, or ask the studio.".to_owned()],
        link: Some(("Choose my password".to_owned(), format!("{}/invitation/{token}", url.as_str()))),
        ..blank(studio, Party { name: person.name.clone(), email: person.email.clone() })
    };
    Ok(Told::Send(Box::new(letter)))
}

/// A letter from a studio that says nothing yet.
fn blank(studio: &Studio, to: Party) -> Letter {
    Letter {
        to,
        studio: Party { name: studio.name.clone(), email: studio.email.clone() },
        phone: studio.phone.clone(),
        subject: String::new(),
        lines: Vec::new(),
        visits: Vec::new(),
        after: Vec::new(),
        link: None,
        calendars: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::asked_us;

    #[test]
    fn a_job_knows_when_it_was_written() {
        let id = hairline_studio::ids::new_id(1_795_420_800_123, [9; 10]);
        assert_eq!(asked_us(id), 1_795_420_800_123_000);
    }
}
