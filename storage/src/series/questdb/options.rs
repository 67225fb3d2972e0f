//! Where the server is, and how long is waited for it.

use crate::series::SeriesError;
use noc_pipeline::clock::{Clock, SystemClock};
use reqwest::Url;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Longest prefix of table names.
const MAX_PREFIX: usize = 48;

/// How to reach QuestDB. `Debug` shows no credentials.
#[derive(Clone)]
pub struct QuestDbOptions {
    pub(super) address: Address,
    /// Put before the name of every table; letters, digits and `_`, empty by default.
    pub table_prefix: String,
    /// How long a connection may take to come about, 3 s by default.
    pub connect_timeout: Duration,
    /// How long one batch may take to be accepted, repeats included, 10 s by default.
    pub write_timeout: Duration,
    /// How long one query of a reader may take, 10 s by default.
    pub query_timeout: Duration,
    /// How long a statement of a job may take, such as rolling up one day, 120 s by default.
    pub job_timeout: Duration,
    /// How long accepted rows may take to become readable, 30 s by default.
    pub apply_timeout: Duration,
    /// How old a note of a position is when it is stored; by default 1 s where the server syncs each commit, and 60 s
    /// where it does not, by when the kernel has written out what the note covers.
    pub settle: Option<Duration>,
    /// How long every report is kept, 3 h by default; of a silent server the last one is kept beyond that.
    pub reports_kept: Duration,
    /// Tells which hours have ended.
    pub clock: Arc<dyn Clock>,
}

/// A server and how it knows us.
#[derive(Clone)]
pub(super) struct Address {
    /// `http` or `https`.
    pub tls: bool,
    pub host: String,
    pub port: u16,
    pub login: Login,
}

/// Who we are.
#[derive(Clone)]
pub(super) enum Login {
    Nobody,
    User { name: String, password: String },
    Token(String),
}

impl QuestDbOptions {
    /// Options for the server at `url`, `http://host:port` or `https://`, with `user:password@` before the host where
    /// the server wants it. The port is 9000 unless it is named.
    ///
    /// # Errors
    /// [`SeriesError::Refused`] when that is no such address; it does not repeat what was given.
    pub fn new(url: &str) -> Result<Self, SeriesError> {
        Ok(Self {
            address: Address::parse(url).map_err(|reason| refused(&reason))?,
            table_prefix: String::new(),
            connect_timeout: Duration::from_secs(3),
            write_timeout: Duration::from_secs(10),
            query_timeout: Duration::from_secs(10),
            job_timeout: Duration::from_secs(120),
            apply_timeout: Duration::from_secs(30),
            settle: None,
            reports_kept: Duration::from_secs(3 * 3_600),
            clock: Arc::new(SystemClock),
        })
    }

    /// Logs in with a bearer token in place of a user.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.address.login = Login::Token(token.into());
        self
    }

    /// Puts `prefix` before the name of every table.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.table_prefix = prefix.into();
        self
    }

    pub(super) fn check(&self) -> Result<(), SeriesError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if self.table_prefix.len() > MAX_PREFIX || !self.table_prefix.bytes().all(plain) {
            return Err(refused(
                "the prefix of tables is at most 48 letters, digits and _",
            ));
        }
        Ok(())
    }
}

impl Address {
    fn parse(url: &str) -> Result<Self, String> {
        let url = Url::parse(url).map_err(|error| format!("not an address: {error}"))?;
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err("the address begins with http:// or https://".to_owned()),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err("the address ends after the port".to_owned());
        }
        let host = url
            .host_str()
            .ok_or("the address names no host")?
            .to_owned();
        // The parser drops a port that is the scheme's own; no QuestDB listens there unless it was named.
        let port = url.port().unwrap_or(9_000);
        let login = match (url.username(), url.password()) {
            ("", None) => Login::Nobody,
            (name, password) => Login::User {
                name: unescaped(name)?,
                password: unescaped(password.unwrap_or_default())?,
            },
        };
        Ok(Self {
            tls,
            host,
            port,
            login,
        })
    }

    /// The address without credentials.
    pub fn base(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}:{}", self.host, self.port)
    }
}

/// Undoes `%41` in a part of an address.
fn unescaped(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match after.split_first_chunk::<2>() {
            Some((digits, after)) if *first == b'%' => {
                let byte = hex::decode(digits).map_err(|_| "credentials hold a stray %")?;
                bytes.extend(byte);
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| "credentials are not utf-8".to_owned())
}

fn refused(reason: &str) -> SeriesError {
    SeriesError::Refused {
        operation: "open",
        reason: reason.to_owned(),
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {:?}", self.base(), self.login)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "Nobody",
            Self::User { .. } => "User(..)",
            Self::Token(_) => "Token(..)",
        })
    }
}

impl fmt::Debug for QuestDbOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuestDbOptions")
            .field("address", &self.address)
            .field("table_prefix", &self.table_prefix)
            .field("settle", &self.settle)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_read_and_never_shown() {
        let options = QuestDbOptions::new("http://ad%6Din:qu%40est@127.0.0.1:29000").unwrap();
        assert!(matches!(
            &options.address.login,
            Login::User { name, password } if name == "admin" && password == "qu@est"
        ));
        let shown = format!("{options:?} {:?}", options.clone().with_token("sesame"));
        for secret in ["admin", "qu@est", "est@", "sesame"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("http://127.0.0.1:29000"));
    }

    #[test]
    fn addresses_that_cannot_be_are_refused_without_repeating_them() {
        for url in [
            "ftp://root:hunter2@host",
            "http://root:hunter2@host/path",
            "http://root:%zz-hunter2@host",
            "root:hunter2@host",
            "http://root:hunter2@host?x=1",
        ] {
            let error = QuestDbOptions::new(url).unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
            assert!(!error.is_retryable());
        }
        let bad = QuestDbOptions::new("http://h").unwrap();
        assert_eq!(bad.address.port, 9_000);
        assert!(bad.with_prefix("x\"; DROP").check().is_err());
    }
}
