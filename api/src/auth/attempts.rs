//! Failed log-ins, counted per address, account and pair, in a table that all nodes share.
//!
//! For pair and account an attempt is counted before the password is checked and forgiven when it was right: a
//! hundred parallel tries are a hundred attempts, and no more than allowed are ever checked. An address is charged
//! with failures alone, since a whole office may share it.
//!
//! A lock lasts 15 minutes. For addresses and pairs it doubles with each further lock within a day, up to an hour;
//! for an account it does not, or strangers could keep its owner out at little cost.

use noc_pipeline::clock::UnixMs;
use noc_storage::relational::{StoreError, rate_limits};
use sea_orm::DatabaseTransaction;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(15 * 60);
const FIRST_LOCK: Duration = Duration::from_secs(15 * 60);
const LONGEST_LOCK: Duration = Duration::from_secs(60 * 60);
/// Locks are remembered so long.
const MEMORY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Pair,
    Account,
    Address,
}

impl Scope {
    const ALL: [Self; 3] = [Self::Pair, Self::Account, Self::Address];

    const fn name(self) -> &'static str {
        match self {
            Self::Pair => "pair",
            Self::Account => "account",
            Self::Address => "address",
        }
    }

    /// Failures within the window that are let through; the next one locks.
    const fn threshold(self) -> u32 {
        match self {
            Self::Pair => 10,
            Self::Account => 30,
            Self::Address => 100,
        }
    }

    /// How long the `nth` lock within [`MEMORY`] lasts.
    fn lock(self, nth: u32) -> Duration {
        let doublings = match self {
            Self::Account => 0,
            Self::Pair | Self::Address => nth.saturating_sub(1).min(4),
        };
        FIRST_LOCK.saturating_mul(1 << doublings).min(LONGEST_LOCK)
    }
}

/// An attempt that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lockout {
    /// What is locked: `pair`, `account` or `address`.
    pub scope: &'static str,
    /// How long it still lasts.
    pub retry_after: Duration,
    /// Whether this attempt caused it.
    pub begins: bool,
}

/// Who tries what.
#[derive(Debug, Clone)]
pub struct Attempt {
    action: &'static str,
    account: String,
    address: String,
}

impl Attempt {
    /// `action` is `login` or the like, `account` what was typed, whether it exists or not.
    #[must_use]
    pub fn new(action: &'static str, account: &str, address: IpAddr) -> Self {
        Self {
            action,
            account: digest(&[account]),
            address: network(address),
        }
    }

    fn bucket(&self, scope: Scope) -> String {
        let who = match scope {
            Scope::Pair => digest(&[&self.account, &self.address]),
            Scope::Account => self.account.clone(),
            Scope::Address => self.address.clone(),
        };
        format!("{}:{}:{who}", self.action, scope.name())
    }

    /// Counts the attempt, unless it is locked out.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn begin(
        &self,
        tx: &DatabaseTransaction,
        now: UnixMs,
    ) -> Result<Option<Lockout>, StoreError> {
        for scope in Scope::ALL {
            let state = rate_limits::state(tx, &self.bucket(scope), WINDOW, now).await?;
            if let Some(until) = state.locked_until {
                return Ok(Some(Lockout {
                    scope: scope.name(),
                    retry_after: until.since(now),
                    begins: false,
                }));
            }
        }
        for scope in [Scope::Pair, Scope::Account] {
            if let Some(lockout) = self.charge(tx, scope, now).await? {
                return Ok(Some(lockout));
            }
        }
        Ok(None)
    }

    /// The attempt was wrong: the address is charged as well.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn failed(
        &self,
        tx: &DatabaseTransaction,
        now: UnixMs,
    ) -> Result<Option<Lockout>, StoreError> {
        self.charge(tx, Scope::Address, now).await
    }

    /// The attempt was right: pair and account are forgiven.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn succeeded(&self, tx: &DatabaseTransaction) -> Result<(), StoreError> {
        let (pair, account) = (self.bucket(Scope::Pair), self.bucket(Scope::Account));
        let locks = locks_of(&pair);
        rate_limits::clear(tx, &[&pair, &account, &locks]).await
    }

    async fn charge(
        &self,
        tx: &DatabaseTransaction,
        scope: Scope,
        now: UnixMs,
    ) -> Result<Option<Lockout>, StoreError> {
        let bucket = self.bucket(scope);
        let state = rate_limits::register_failure(tx, &bucket, WINDOW, now).await?;
        if state.failures <= scope.threshold() {
            return Ok(None);
        }
        let locks = rate_limits::register_failure(tx, &locks_of(&bucket), MEMORY, now).await?;
        let lasts = scope.lock(locks.failures);
        rate_limits::lock(tx, &bucket, now.plus(lasts)).await?;
        Ok(Some(Lockout {
            scope: scope.name(),
            retry_after: lasts,
            begins: true,
        }))
    }
}

/// Drops what is no longer remembered.
///
/// # Errors
/// When the database cannot be reached.
pub async fn purge(tx: &DatabaseTransaction, now: UnixMs) -> Result<(), StoreError> {
    rate_limits::expire(tx, MEMORY, now).await.map(|_| ())
}

/// Where the locks of a bucket are counted.
fn locks_of(bucket: &str) -> String {
    format!("locks:{bucket}")
}

/// IPv6 hosts own a whole /64, so that is what is counted.
fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// What was typed may be a password by mistake; only its hash is kept.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_grow_to_an_hour_but_never_for_accounts() {
        let minutes = |scope: Scope, nth| scope.lock(nth).as_secs() / 60;
        assert_eq!(
            [1, 2, 3, 50].map(|nth| minutes(Scope::Pair, nth)),
            [15, 30, 60, 60]
        );
        assert_eq!(
            [1, 2, 3, 50].map(|nth| minutes(Scope::Account, nth)),
            [15, 15, 15, 15]
        );
    }

    #[test]
    fn a_whole_ipv6_network_is_one_address() {
        let bucket =
            |ip: &str| Attempt::new("login", "a", ip.parse().unwrap()).bucket(Scope::Address);
        assert_eq!(bucket("2001:db8:1:2::5"), bucket("2001:db8:1:2:ffff::1"));
        assert_ne!(bucket("2001:db8:1:2::5"), bucket("2001:db8:1:3::5"));
        assert_eq!(bucket("192.0.2.1"), "login:address:192.0.2.1");
    }

    #[test]
    fn what_was_typed_is_not_kept() {
        let attempt = Attempt::new("login", "hunter2", "192.0.2.1".parse().unwrap());
        assert!(!format!("{attempt:?}").contains("hunter2"));
        for scope in Scope::ALL {
            assert!(locks_of(&attempt.bucket(scope)).len() <= 190);
        }
    }
}
