//! How often is too often.

use dashmap::DashMap;
use governor::clock::{Clock, DefaultClock};
use governor::state::{InMemoryState, NotKeyed};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use noc_pipeline::clock::Stopwatch;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

/// One server's allowance: one atomic, no lock.
#[derive(Debug)]
pub(super) struct ServerRate(RateLimiter<NotKeyed, InMemoryState, DefaultClock>);

impl ServerRate {
    pub(super) fn new(quota: Quota) -> Self {
        Self(DefaultDirectRateLimiter::direct(quota))
    }

    /// Takes one request off the allowance, or tells how long to wait for it.
    pub(super) fn take(&self) -> Result<(), Duration> {
        self.0
            .check()
            .map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()))
    }
}

/// So many a second in the long run, so many at once.
pub(super) fn per_second(rate: u32, burst: u32) -> Quota {
    Quota::per_second(at_least_one(rate)).allow_burst(at_least_one(burst))
}

fn at_least_one(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)
}

/// Addresses that keep failing to authenticate. Those that succeed are never counted: many hosts share an address.
///
/// A leaky bucket an address, of our own because it must tell how full it is without being filled: what a failure
/// would cost (a read, an event) is saved by asking first.
#[derive(Debug)]
pub struct FailedAuthentications {
    since_start: Stopwatch,
    /// When, since the start, an address has its whole allowance again.
    whole_at: DashMap<IpAddr, Duration>,
    /// What a failure costs.
    cost: Duration,
    /// How far ahead `whole_at` may be for one more failure.
    ahead: Duration,
}

impl FailedAuthentications {
    /// `per_minute` failures in the long run, `burst` at once.
    #[must_use]
    pub fn new(per_minute: u32, burst: u32) -> Self {
        let cost = Duration::from_secs(60) / per_minute.max(1);
        Self {
            since_start: Stopwatch::start(),
            whole_at: DashMap::new(),
            cost,
            ahead: cost.saturating_mul(burst.max(1) - 1),
        }
    }

    /// Whether `address` may fail once more; counts nothing.
    ///
    /// # Errors
    /// How long the address has to wait, when it failed too often.
    pub fn ask(&self, address: IpAddr) -> Result<(), Duration> {
        let whole_at = self.whole_at.get(&key(address)).map(|at| *at);
        self.has_room(whole_at.unwrap_or_default(), self.since_start.elapsed())
    }

    /// Counts a failure of `address`.
    ///
    /// # Errors
    /// How long the address has to wait, when it failed too often; such a failure is not counted.
    pub fn count(&self, address: IpAddr) -> Result<(), Duration> {
        let mut whole_at = self.whole_at.entry(key(address)).or_default();
        let now = self.since_start.elapsed();
        self.has_room(*whole_at, now)?;
        *whole_at = now.max(*whole_at).saturating_add(self.cost);
        Ok(())
    }

    /// Forgets addresses that have their whole allowance again; call it now and then.
    pub fn forget_old(&self) {
        let now = self.since_start.elapsed();
        self.whole_at.retain(|_, whole_at| *whole_at > now);
        self.whole_at.shrink_to_fit();
    }

    fn has_room(&self, whole_at: Duration, now: Duration) -> Result<(), Duration> {
        let wait = whole_at.saturating_sub(now).saturating_sub(self.ahead);
        if wait.is_zero() { Ok(()) } else { Err(wait) }
    }
}

/// A whole IPv6 customer network counts as one.
fn key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_a_burst_and_then_waits() {
        let rate = ServerRate::new(per_second(10, 120));
        for _ in 0..120 {
            rate.take().unwrap();
        }
        let wait = rate.take().unwrap_err();
        assert!(wait <= Duration::from_millis(100), "{wait:?}");
    }

    #[test]
    fn failures_count_per_address_and_ipv6_network() {
        let failed = FailedAuthentications::new(1, 2);
        let count = |address: &str| failed.count(address.parse().unwrap()).is_ok();
        assert!(count("192.0.2.1") && count("192.0.2.1"));
        assert!(!count("192.0.2.1"));
        assert!(!count("::ffff:192.0.2.1"), "the same address");
        assert!(count("192.0.2.2"));
        assert!(count("2001:db8::1") && count("2001:db8::2"));
        assert!(!count("2001:db8::3"));
    }

    #[test]
    fn asking_counts_nothing_and_says_what_counting_would() {
        let failed = FailedAuthentications::new(1, 1);
        let address = "192.0.2.1".parse().unwrap();
        for _ in 0..5 {
            failed.ask(address).unwrap();
        }
        failed.count(address).unwrap();
        for wait in [failed.ask(address), failed.count(address)] {
            let wait = wait.unwrap_err();
            assert!(wait > Duration::from_secs(50), "{wait:?}");
            assert!(wait <= Duration::from_secs(60), "{wait:?}");
        }
        failed.forget_old();
        assert!(failed.ask(address).is_err(), "still owes");
    }
}
