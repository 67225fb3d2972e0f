//! Passwords: how they are kept and checked, and what makes one acceptable.

use crate::error::{ApiError, Problems};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use std::time::Duration;
use tokio::sync::Semaphore;

/// The first administrator's password that the documentation names; good for a first look on one's own machine.
pub const DOCUMENTED_PASSWORD: &str = "changeme-noyon";

/// Characters a password may have.
const LENGTH: std::ops::RangeInclusive<usize> = 12..=256;
/// Checks that may wait for their turn; beyond that a request is told to come back.
const QUEUE: usize = 64;

/// What a password is compared with when there is no such account, so that the answer takes as long. Nobody has it.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyBpdA$\
                       4Wt9DUJ4rG3rT2Uvq8p0b3o7vXcYqzH6m1yJ5dKfA2E";

/// Why a password cannot be hashed.
#[derive(Debug, thiserror::Error)]
#[error("a password cannot be hashed: {0}")]
pub struct HashError(String);

/// Hashes with argon2id, 19 MiB and two passes. Takes tens of milliseconds: not on a worker that serves requests.
///
/// # Errors
/// When the system has no randomness.
pub fn hash(password: &str) -> Result<String, HashError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| HashError(error.to_string()))
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

/// Runs the expensive part, a few at a time and away from the workers.
#[derive(Debug)]
pub struct PasswordPool {
    running: Semaphore,
    queue: Semaphore,
}

impl PasswordPool {
    /// Half the cores, at least one.
    #[must_use]
    pub fn standard() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self::of(cores.div_ceil(2))
    }

    fn of(running: usize) -> Self {
        Self {
            running: Semaphore::new(running),
            queue: Semaphore::new(QUEUE),
        }
    }

    /// Whether `password` is the one behind `hash`; without a hash the same work is done and the answer is no.
    ///
    /// # Errors
    /// 503 when too many are waiting.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
        let right = self.run(move || matches(&password, &hash)).await?;
        Ok(right && known)
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// 503 when too many are waiting, 500 when the system has no randomness.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.run(move || hash(&password))
            .await?
            .map_err(ApiError::internal)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let busy = |_| ApiError::Unavailable {
            part: "log-in",
            retry_after: Duration::from_secs(2),
            source: None,
        };
        let _place = self.queue.try_acquire().map_err(busy)?;
        let _turn = self.running.acquire().await.map_err(ApiError::internal)?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(ApiError::internal)
    }
}

/// Notes what is wrong with a new password.
pub fn check(problems: &mut Problems, field: &str, password: &str, email: &str) {
    let length = password.chars().count();
    if !LENGTH.contains(&length) {
        problems.add(
            field,
            format!(
                "must have {} to {} characters",
                LENGTH.start(),
                LENGTH.end()
            ),
        );
    }
    problems.require(
        password != DOCUMENTED_PASSWORD,
        field,
        "is in the documentation: choose another",
    );
    problems.require(
        !password.eq_ignore_ascii_case(email),
        field,
        "must not be the e-mail address",
    );
    let mut kinds: Vec<char> = password.chars().collect();
    kinds.sort_unstable();
    kinds.dedup();
    problems.require(
        length < *LENGTH.start() || kinds.len() >= 5,
        field,
        "needs at least 5 different characters",
    );
}

/// A password to be told once and changed at the first log-in: 20 of letters and digits that are not mistaken.
#[must_use]
pub fn made_up() -> String {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
    (0..20)
        .map(|_| {
            let at = usize::from(rand::random::<u8>()) % LETTERS.len();
            char::from(LETTERS.get(at).copied().unwrap_or(b'x'))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(password: &str) -> usize {
        let mut problems = Problems::new();
        check(&mut problems, "password", password, "ann@example.com");
        match problems.into_result() {
            Err(ApiError::Invalid(errors)) => errors["password"].len(),
            _ => 0,
        }
    }

    #[test]
    fn short_long_documented_and_dull_passwords_are_refused() {
        assert_eq!(problems("correct horse battery"), 0);
        assert_eq!(problems("short"), 1);
        assert_eq!(problems(&"ab3$x".repeat(60)), 1);
        assert_eq!(problems(DOCUMENTED_PASSWORD), 1);
        assert_eq!(problems("Ann@Example.com"), 1);
        assert_eq!(problems("aaaaaaaaaaaaaaaa"), 1);
    }

    #[test]
    fn bytes_beyond_the_72nd_count() {
        let long = "x".repeat(80);
        let hash = hash(&long).unwrap();
        assert!(matches(&long, &hash));
        assert!(!matches(&format!("{}y", &long[..79]), &hash));
    }

    #[test]
    fn nobodys_hash_is_as_expensive_as_a_real_one() {
        let real = hash("correct horse battery").unwrap();
        let cost = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(NOBODYS), cost(&real));
        assert!(PasswordHash::new(NOBODYS).is_ok());
    }

    #[tokio::test]
    async fn without_an_account_nothing_matches() {
        let pool = PasswordPool::of(1);
        assert!(
            !pool
                .verify("anything at all".to_owned(), None)
                .await
                .unwrap()
        );
        let hash = pool.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(
            pool.verify("correct horse battery".to_owned(), Some(hash))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn a_flood_is_told_to_come_back() {
        let pool = PasswordPool {
            running: Semaphore::new(1),
            queue: Semaphore::new(0),
        };
        let refused = pool.verify("x".to_owned(), None).await;
        assert!(matches!(
            refused,
            Err(ApiError::Unavailable { part: "log-in", .. })
        ));
    }

    #[test]
    fn made_up_passwords_are_acceptable() {
        assert_eq!(problems(&made_up()), 0);
        assert_ne!(made_up(), made_up());
    }
}
