//! Sessions: a random secret in a cookie, its hash in the database.
//!
//! The CSRF token is derived from the secret by a hash, so every answer can show it again without anything being
//! stored in the clear; whoever reads the token cannot find the secret.

use crate::auth::permission::Role;
use crate::config::Config;
use actix_web::cookie::{Cookie, SameSite, time};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::{session, user};
use noc_storage::relational::sessions::{self, NewSession};
use noc_storage::relational::{Db, StoreError};
use sea_orm::ConnectionTrait;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::time::Duration;

/// Holds the secret.
pub const SESSION_COOKIE: &str = "noc_session";
/// Holds the CSRF token, for scripts to read.
pub const CSRF_COOKIE: &str = "XSRF-TOKEN";
/// Where scripts send it back.
pub const CSRF_HEADER: &str = "x-xsrf-token";

/// What the cookie holds: 256 random bits. Never printed.
#[derive(Clone)]
pub struct SessionSecret(String);

impl SessionSecret {
    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// As a browser sent it.
    #[must_use]
    pub fn received(value: &str) -> Self {
        Self(value.to_owned())
    }

    /// What the database knows the session by.
    #[must_use]
    pub fn id_hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }

    /// What calls that change something must show.
    #[must_use]
    pub fn csrf_token(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"noc csrf v1");
        hash.update(self.0.as_bytes());
        hex::encode(hash.finalize())
    }
}

/// What the database knows a CSRF token by.
#[must_use]
pub fn csrf_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// A token for a browser that is not signed in: the cookie and the header must be the same.
#[must_use]
pub fn anonymous_csrf_token() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// From where a session is opened.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Client address.
    pub address: IpAddr,
    /// What the browser calls itself.
    pub user_agent: String,
}

/// Opens a session of a user in the caller's transaction.
///
/// # Errors
/// When it cannot be stored.
pub async fn open(
    tx: &impl ConnectionTrait,
    config: &Config,
    user_id: i64,
    origin: &Origin,
    now: UnixMs,
) -> Result<SessionSecret, StoreError> {
    let secret = SessionSecret::generate();
    let new = NewSession {
        id_hash: secret.id_hash(),
        user_id,
        csrf_hash: csrf_hash(&secret.csrf_token()),
        expires_at: now.plus(longest(config)),
        ip: origin.address.to_string(),
        user_agent: origin.user_agent.clone(),
    };
    sessions::create(tx, new, now).await?;
    Ok(secret)
}

/// A session that is alive, with its user.
#[derive(Debug, Clone)]
pub struct Live {
    /// Its row.
    pub session: session::Model,
    /// Whose.
    pub user: user::Model,
    /// What they may do.
    pub role: Role,
}

/// Finds the session that goes by `id_hash`, if it is alive and its user active.
///
/// # Errors
/// When the database cannot be reached.
pub async fn find(
    db: &Db,
    config: &Config,
    id_hash: &str,
    now: UnixMs,
) -> Result<Option<Live>, StoreError> {
    let found = sessions::find(db.read(), id_hash, idle_limit(config), now).await?;
    Ok(found.and_then(|(session, user)| {
        let role = Role::from_name(&user.role)?;
        Some(Live {
            session,
            user,
            role,
        })
    }))
}

/// How long a session lives without a request.
#[must_use]
pub fn idle_limit(config: &Config) -> Duration {
    Duration::from_secs(config.accounts.session_idle_min.saturating_mul(60))
}

/// How long a session lives in any case.
fn longest(config: &Config) -> Duration {
    Duration::from_secs(config.accounts.session_max_h.saturating_mul(3_600))
}

/// The cookies of a session: its secret for the browser alone, its CSRF token for the page.
#[must_use]
pub fn cookies(config: &Config, secret: &SessionSecret) -> [Cookie<'static>; 2] {
    let hours = i64::try_from(config.accounts.session_max_h).unwrap_or(24);
    [
        cookie(config, SESSION_COOKIE, secret.0.clone(), true, Some(hours)),
        csrf_cookie(config, secret.csrf_token(), Some(hours)),
    ]
}

/// The cookie of a CSRF token; ends with the browser unless it has hours of its own.
#[must_use]
pub fn csrf_cookie(config: &Config, token: String, hours: Option<i64>) -> Cookie<'static> {
    cookie(config, CSRF_COOKIE, token, false, hours)
}

/// Cookies that take the session's away.
#[must_use]
pub fn removal_cookies(config: &Config) -> [Cookie<'static>; 2] {
    [
        cookie(config, SESSION_COOKIE, String::new(), true, Some(0)),
        cookie(config, CSRF_COOKIE, String::new(), false, Some(0)),
    ]
}

fn cookie(
    config: &Config,
    name: &'static str,
    value: String,
    http_only: bool,
    hours: Option<i64>,
) -> Cookie<'static> {
    let secure = config
        .http
        .public_url
        .as_ref()
        .is_some_and(crate::config::PublicUrl::is_https);
    let mut cookie = Cookie::build(name, value)
        .path("/")
        .http_only(http_only)
        .same_site(SameSite::Lax)
        .secure(secure)
        .finish();
    cookie.set_max_age(hours.map(time::Duration::hours));
    cookie
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PublicUrl;

    #[test]
    fn the_secret_stays_in_the_browser() {
        let mut config = Config::default();
        let secret = SessionSecret::generate();
        let [session, csrf] = cookies(&config, &secret);
        assert_eq!(session.http_only(), Some(true));
        assert_eq!(session.same_site(), Some(SameSite::Lax));
        assert_eq!(session.secure(), Some(false));
        assert_eq!(csrf.http_only(), Some(false));
        assert_eq!(csrf.value(), secret.csrf_token());
        assert!(!csrf.value().contains(session.value()));

        config.http.public_url =
            Some(PublicUrl::try_from("https://noc.example.com".to_owned()).unwrap());
        let [session, csrf] = cookies(&config, &secret);
        assert_eq!((session.secure(), csrf.secure()), (Some(true), Some(true)));
    }

    #[test]
    fn secrets_and_tokens_are_not_each_other() {
        let (a, b) = (SessionSecret::generate(), SessionSecret::generate());
        assert_ne!(a.id_hash(), b.id_hash());
        assert_ne!(a.csrf_token(), a.id_hash());
        assert_eq!(a.id_hash(), SessionSecret::received(&a.0).id_hash());
        assert!(a.0.len() >= 43, "256 bits");
    }
}
