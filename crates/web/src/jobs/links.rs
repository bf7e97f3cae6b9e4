//! Mails with a link that lets somebody in: a client's way to their visits, an invitation to the staff. The link is made as
//! the mail goes out, so that no text of one waits in the store; a mail that is tried again carries a new one.

use hairline_studio::ids::{ClientId, StaffId};
use hairline_studio::span::DAY_US;
use hairline_studio::store::jobs::Job;
use hairline_studio::store::tickets::{self, Kind};
use hairline_studio::store::{self, clients};

use super::Failed;
use super::letter::Letter;
use super::told::Told;
use crate::calendars::event::Party;
use crate::config::PublicUrl;
use crate::office::Desk;

/// The letter of a job, or why there is none.
///
/// # Errors
/// The store's; that links need the public address.
pub fn tell(desk: &mut Desk<'_, '_>, job: &Job, url: Option<&PublicUrl>) -> Result<Told, Failed> {
    // An id carries the time at which the job was written.
    let made_us = job.id.get_timestamp().map_or(0, |t| i64::try_from(t.to_unix().0).unwrap_or(0) * 1_000_000);
    if made_us < desk.fresh.now_us() - DAY_US {
        return Ok(Told::Nothing("not sent: it was asked for more than a day ago"));
    }
    let Some(url) = url else {
        let why = "links in mails need the public address (--public-url), which is not set".to_owned();
        return Err(Failed { why, hopeless: false });
    };
    let told = if job.kind == tickets::MAIL_CLIENT_LINK {
        client(desk, ClientId(job.about), url)?
    } else {
        invitation(desk, StaffId(job.about), url)?
    };
    Ok(told.map_or(Told::Nothing("not sent: there is nobody to write to"), |letter| {
        Told::Send(Box::new(letter))
    }))
}

fn client(desk: &mut Desk<'_, '_>, id: ClientId, url: &PublicUrl) -> Result<Option<Letter>, store::Error> {
    let client = clients::by_id(desk.tx, desk.vault, id)?;
    let person = client.as_ref().and_then(|c| c.person.clone()).filter(|p| !p.email.is_empty());
    let Some((client, person)) = client.zip(person) else { return Ok(None) };
    let Some(studio) = desk.practice.studio(client.studio) else { return Ok(None) };
    let token = tickets::client_link(desk.tx, id, &mut desk.fresh)?;
    let minutes = Kind::ClientLink.life_us() / 60_000_000;
    Ok(Some(Letter {
        to: Party { name: person.name, email: person.email },
        studio: Party { name: studio.name.clone(), email: studio.email.clone() },
        phone: studio.phone.clone(),
        subject: format!("Your way to your visits at {}", desk.practice.chain.name),
        lines: vec![format!("This link opens your visits. It works once, for {minutes} minutes.")],
        visits: Vec::new(),
        after: vec!["If you did not ask for it, do nothing: nobody gets in without it.".to_owned()],
        link: Some(("Open your visits".to_owned(), format!("{}/me/link/{token}", url.as_str()))),
        calendars: Vec::new(),
    }))
}

fn invitation(desk: &mut Desk<'_, '_>, id: StaffId, url: &PublicUrl) -> Result<Option<Letter>, store::Error> {
    let practice = desk.practice;
    let Some(person) = practice.person(id).filter(|p| p.active && !p.email.is_empty()) else {
        return Ok(None);
    };
    let at = person.posts.iter().find_map(|post| post.studio).and_then(|id| practice.studio(id));
    let Some(studio) = at.or(practice.studios.first()) else { return Ok(None) };
    // Beside the one that was shown to hand over: whichever is used first ends both.
    let token = tickets::issue(desk.tx, Kind::Invitation, Some(id.0), &[], &mut desk.fresh)?;
    let days = Kind::Invitation.life_us() / DAY_US;
    Ok(Some(Letter {
        to: Party { name: person.name.clone(), email: person.email.clone() },
        studio: Party { name: studio.name.clone(), email: studio.email.clone() },
        phone: studio.phone.clone(),
        subject: format!("Your account at {}", practice.chain.name),
        lines: vec![format!("Choose your password by this link. It works once, for {days} days.")],
        visits: Vec::new(),
        after: vec!["If you did not expect this, do nothing.".to_owned()],
        link: Some(("Choose your password".to_owned(), format!("{}/invitation/{token}", url.as_str()))),
        calendars: Vec::new(),
    }))
}
