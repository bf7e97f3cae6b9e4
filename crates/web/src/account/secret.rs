//! Passwords off the threads that serve, and tokens for cookies.

use hairline_studio::password::{self, Verdict};
use hairline_studio::seal::system_random;
use hairline_studio::store::sign_in::Account;
use hairline_studio::token;
use rand_core::Rng as _;
use tokio::sync::Semaphore;

use crate::problem::{self, Problem};

/// Passwords checked at once: each takes 19 MiB and some 40 ms of a core.
static CHECKS: Semaphore = Semaphore::const_new(2);

/// Does the work of a password on a thread that may wait.
async fn at_work<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let broken = || Problem::new(&problem::INTERNAL);
    let _place = CHECKS.acquire().await.map_err(|_| broken())?;
    tokio::task::spawn_blocking(work).await.map_err(|_| broken())
}

/// What is kept of a new password.
///
/// # Errors
/// Where the program is ending.
pub async fn hash(password: String) -> Result<String, Problem> {
    at_work(move || {
        let mut salt = [0; 16];
        system_random().fill_bytes(&mut salt);
        password::hash(&password, salt)
    })
    .await
}

/// What a password is to an account. Without an account as much work is done.
///
/// # Errors
/// Where what was kept cannot be read.
pub async fn check(password: String, account: Option<Account>) -> Result<Verdict, Problem> {
    let check = move || match account {
        Some(account) => password::verify(&password, &account.hash),
        None => Ok(password::verify_nobody(&password)),
    };
    at_work(check).await?.map_err(|_| Problem::new(&problem::INTERNAL))
}

/// A new token for a cookie, with what is kept of it.
///
/// # Errors
/// Never, unless tokens are broken.
pub fn new_token() -> Result<(String, [u8; 32]), Problem> {
    let token = token::new(&mut system_random());
    let hash = token::kept(&token).ok_or_else(|| Problem::new(&problem::INTERNAL))?;
    Ok((token.to_string(), hash))
}
