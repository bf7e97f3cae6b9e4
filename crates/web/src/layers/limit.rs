//! How much one client may ask: a bucket per address (per /64 with IPv6), answered with 429 and Retry-After.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::RETRY_AFTER;
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use super::client::Client;
use crate::App;
use crate::config::RateLimit;
use crate::problem::{self, Problem};

/// The buckets of all clients.
pub struct Limiter {
    buckets: Option<DefaultKeyedRateLimiter<IpAddr>>,
    clock: DefaultClock,
}

impl Limiter {
    /// Buckets of this size; `None` sets no limit.
    pub fn new(limit: Option<RateLimit>) -> Limiter {
        let quota = limit.map(|limit| Quota::per_minute(limit.per_minute).allow_burst(limit.burst));
        Limiter { buckets: quota.map(DefaultKeyedRateLimiter::keyed), clock: DefaultClock::default() }
    }

    /// Takes one request of this client, or says how long to wait.
    pub fn take(&self, address: IpAddr) -> Result<(), Duration> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        buckets.check_key(&key(address)).map_err(|refused| refused.wait_time_from(self.clock.now()))
    }

    /// As [`Limiter::take`], with the refusal that a client is told.
    ///
    /// # Errors
    /// "Too many requests", with the seconds to wait.
    pub fn admit(&self, address: IpAddr) -> Result<(), Problem> {
        self.take(address).map_err(|wait| {
            let seconds = wait.as_secs() + 1;
            Problem::new(&problem::TOO_MANY_REQUESTS)
                .detail(format!("Wait {seconds} s before the next request."))
                .header(RETRY_AFTER, HeaderValue::from(seconds))
        })
    }

    /// Forgets clients whose buckets are full again; to be called now and then.
    pub fn forget_idle(&self) {
        if let Some(buckets) = &self.buckets {
            buckets.retain_recent();
        }
    }
}

/// A household has a /64 of IPv6 addresses, so that single addresses mean nothing.
fn key(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX)).into(),
    }
}

/// Refuses a request whose client has asked too much. Files with names by content and the health check are free.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    let path = request.uri().path();
    if path.starts_with("/static/") || path == "/healthz" {
        return Ok(next.run(request).await);
    }
    let client = request.extensions().get::<Client>().copied();
    let address = client.map_or(IpAddr::from([127, 0, 0, 1]), |client| client.address);
    app.limiter.admit(address)?;
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_runs_dry_and_another_does_not() {
        let limiter = Limiter::new(RateLimit::per_minute(8));
        let (one, other): (IpAddr, IpAddr) = ([203, 0, 113, 1].into(), [203, 0, 113, 2].into());
        assert!(limiter.take(one).is_ok() && limiter.take(one).is_ok());
        let wait = limiter.take(one).expect_err("the burst is two");
        assert!(wait <= Duration::from_millis(7_500), "{wait:?}");
        assert!(limiter.take(other).is_ok());
    }

    #[test]
    fn addresses_of_one_household_share_a_bucket() {
        let a: IpAddr = "2001:db8:0:1::1".parse().expect("an address");
        let b: IpAddr = "2001:db8:0:1:ffff::2".parse().expect("an address");
        let c: IpAddr = "2001:db8:0:2::1".parse().expect("an address");
        assert_eq!(key(a), key(b));
        assert_ne!(key(a), key(c));
    }

    #[test]
    fn no_limit_never_refuses() {
        let limiter = Limiter::new(None);
        assert!((0..10_000).all(|_| limiter.take([203, 0, 113, 1].into()).is_ok()));
    }
}
