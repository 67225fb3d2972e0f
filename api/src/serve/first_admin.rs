//! The first start: one administrator, whose password opens nothing but its own change, and the default rule and
//! policy, without which nobody would be told of anything.

use crate::auth::password::{self, DOCUMENTED_PASSWORD, HashError};
use crate::config::Config;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::user;
use noc_storage::relational::{Db, StoreError, escalation_policies, users};
use noc_storage::secrets::random_base62;
use sea_orm::EntityTrait;

/// Their account.
pub const FIRST_ADMIN: &str = "admin@hostseba.com";
/// Characters of a generated password: 119 bits.
const GENERATED_CHARACTERS: usize = 20;

/// Where the first password came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstPassword {
    /// There are accounts already.
    NotNeeded,
    /// The one in the documentation: nobody but this machine can reach us.
    Documented,
    /// `NOC_ADMIN_PASSWORD`.
    Given,
    /// Made here; to be shown once.
    Generated(String),
}

/// Why the first account cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FirstAdminError {
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password cannot be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The thread that hashes it died.
    #[error("hashing the first password")]
    Task(#[from] tokio::task::JoinError),
}

/// Makes the default rule and policy where there are none, and the first administrator, unless there is any account.
///
/// # Errors
/// See [`FirstAdminError`].
pub async fn seed(db: &Db, config: &Config, now: UnixMs) -> Result<FirstPassword, FirstAdminError> {
    db.transaction("seed the default rule and policy", |tx| {
        Box::pin(escalation_policies::seed_defaults(tx, now))
    })
    .await?;
    let anybody = user::Entity::find().one(db.read()).await;
    if anybody
        .map_err(StoreError::during("look for accounts"))?
        .is_some()
    {
        return Ok(FirstPassword::NotNeeded);
    }
    let (password, source) = choose(config);
    let hash = tokio::task::spawn_blocking(move || password::hash(&password)).await??;
    match users::seed_admin(db.write(), FIRST_ADMIN, &hash, true, now).await? {
        Some(_) => Ok(source),
        None => Ok(FirstPassword::NotNeeded),
    }
}

/// The documented password only where a stranger cannot try it; a request that came through a proxy is refused it at
/// login.
fn choose(config: &Config) -> (String, FirstPassword) {
    if let Some(password) = &config.accounts.admin_password {
        return (password.expose().to_owned(), FirstPassword::Given);
    }
    if only_this_machine(config) {
        return (DOCUMENTED_PASSWORD.to_owned(), FirstPassword::Documented);
    }
    let password = random_base62(GENERATED_CHARACTERS);
    (password.clone(), FirstPassword::Generated(password))
}

fn only_this_machine(config: &Config) -> bool {
    config.http.bind.ip().to_canonical().is_loopback()
        && config.http.trusted_proxies.is_empty()
        && config
            .http
            .public_url
            .as_ref()
            .is_none_or(crate::config::PublicUrl::is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{PublicUrl, Secret};

    fn source(change: impl FnOnce(&mut Config)) -> FirstPassword {
        let mut config = Config::default();
        change(&mut config);
        choose(&config).1
    }

    #[test]
    fn the_documented_password_is_for_this_machine_alone() {
        assert_eq!(source(|_| {}), FirstPassword::Documented);
        assert_eq!(
            source(|c| c.http.public_url =
                Some(PublicUrl::try_from("http://localhost:8080".to_owned()).unwrap())),
            FirstPassword::Documented
        );
        let reachable: [fn(&mut Config); 3] = [
            |c| c.http.bind = "0.0.0.0:8080".parse().unwrap(),
            |c| {
                c.http.public_url =
                    Some(PublicUrl::try_from("https://noc.example.com".to_owned()).unwrap());
            },
            |c| c.http.trusted_proxies = vec!["127.0.0.1".parse().unwrap()],
        ];
        for change in reachable {
            let FirstPassword::Generated(password) = source(change) else {
                panic!("a stranger could try the documented password");
            };
            assert_eq!(password.len(), GENERATED_CHARACTERS);
        }
    }

    #[test]
    fn a_given_password_wins() {
        assert_eq!(
            source(|c| c.accounts.admin_password = Some(Secret::new("correct horse".into()))),
            FirstPassword::Given
        );
    }
}
