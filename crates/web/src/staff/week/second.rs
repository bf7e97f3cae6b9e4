//! The second person: somebody else of the studio who says yes to going past a gate, by their own password, and by their app
//! where they use one.

use hairline_studio::permission::Actor;
use hairline_studio::store::{self, second_step, sign_in as accounts};

use crate::App;
use crate::layers::client::Client;
use crate::problem::Problem;
use crate::staff::session::{self, SignedIn};
use crate::staff::sign_in;

/// What they typed.
#[derive(Clone, Copy)]
pub struct Typed<'a> {
    /// E-mail.
    pub email: &'a str,
    /// Password.
    pub password: &'a str,
    /// Code of their app, or a recovery code.
    pub code: &'a str,
}

/// What is said where it is not them.
pub const WRONG: &str = "The second person's e-mail, password and code do not fit together.";

/// Who it is; nobody where something is wrong. Misses count as at a sign-in.
///
/// # Errors
/// The store's; too many tries.
pub async fn agrees(
    app: &App,
    signed_in: &SignedIn,
    client: &Client,
    typed: Typed<'_>,
) -> Result<Option<Actor>, Problem> {
    app.sign_in_limiter.admit(client.address)?;
    let (office, email) = (&signed_in.office, typed.email.trim().to_owned());
    let account = office.read(move |desk| accounts::account(desk.tx, &email)).await?;
    let Some(staff) = sign_in::known(office, account, typed.password.to_owned()).await? else {
        return Ok(None);
    };
    let code = typed.code.trim().to_owned();
    let right: Result<bool, store::Error> = office
        .write(move |desk| {
            if !second_step::is_on(desk.tx, staff)? {
                return Ok(true);
            }
            sign_in::code_is_right(desk, staff, &code)
        })
        .await;
    if !right? {
        return Ok(None);
    }
    let person = signed_in.practice.person(staff).filter(|p| p.active);
    Ok(person.and_then(|person| session::actor(&signed_in.practice, person)))
}
