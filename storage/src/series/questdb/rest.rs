//! Statements over HTTP, `GET /exec`, and their answers.

use super::options::{Address, Login, QuestDbOptions};
use crate::series::SeriesError;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::Duration;

/// Largest answer taken, bytes.
const MAX_ANSWER: usize = 512 << 20;

/// Longest text of an error passed on, characters.
const MAX_REASON: usize = 400;

/// Connections kept for the next statement; the server has so many for all nodes together.
const IDLE_CONNECTIONS: usize = 8;

/// Speaks to the server.
#[derive(Debug)]
pub struct Rest {
    client: Client,
    address: Address,
}

/// What a statement gave back.
pub struct Answer(Vec<u8>);

/// A cell as it was printed: the digits of a number must reach the one parser that loses none.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a>(&'a str);

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    dataset: Vec<Vec<&'a RawValue>>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Failed {
    error: Option<String>,
}

impl Rest {
    pub fn new(options: &QuestDbOptions) -> Result<Self, SeriesError> {
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(options.connect_timeout)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build()
            .map_err(|error| unavailable("open", &error.without_url()))?;
        Ok(Self {
            client,
            address: options.address.clone(),
        })
    }

    /// Runs one statement, for at most `limit`.
    ///
    /// # Errors
    /// [`SeriesError::Unavailable`], also when the server refuses it: statements are ours, so it is the server that
    /// is not as it must be.
    pub async fn exec(
        &self,
        operation: &'static str,
        limit: Duration,
        sql: &str,
    ) -> Result<Answer, SeriesError> {
        let request = self.client.get(format!("{}/exec", self.address.base()));
        let request = self
            .login(request)
            .query(&[("query", sql), ("nm", "true")])
            .header("Statement-Timeout", limit.as_millis().to_string())
            .timeout(limit);
        let mut response = request
            .send()
            .await
            .map_err(|error| lost(operation, error))?;
        let mut body = Vec::new();
        let status = response.status();
        while let Some(part) = response
            .chunk()
            .await
            .map_err(|error| lost(operation, error))?
        {
            if body.len() + part.len() > MAX_ANSWER {
                return Err(unavailable(operation, &"the answer is larger than 512 MiB"));
            }
            body.extend_from_slice(&part);
        }
        if status == StatusCode::OK {
            return Ok(Answer(with_escapes(body)));
        }
        let said = serde_json::from_slice::<Failed>(&body).ok();
        let said = said.and_then(|failed| failed.error).unwrap_or_default();
        let said: String = said.chars().take(MAX_REASON).collect();
        Err(unavailable(operation, &format!("{status}: {said}")))
    }

    fn login(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.address.login {
            Login::Nobody => request,
            Login::User { name, password } => request.basic_auth(name, Some(password)),
            Login::Token(token) => request.bearer_auth(token),
        }
    }
}

impl Answer {
    /// The rows.
    ///
    /// # Errors
    /// [`SeriesError::Unavailable`] when the answer was cut short, or the server failed while it was answering.
    pub fn rows(&self, operation: &'static str) -> Result<Vec<Vec<Cell<'_>>>, SeriesError> {
        let body: Body<'_> = serde_json::from_slice(&self.0)
            .map_err(|error| unavailable(operation, &format!("answer not understood: {error}")))?;
        if let Some(error) = body.error {
            return Err(unavailable(operation, &error));
        }
        let rows = body.dataset.into_iter();
        Ok(rows
            .map(|row| row.into_iter().map(|cell| Cell(cell.get())).collect())
            .collect())
    }

    /// The only cell of the only row, a whole number.
    pub fn number(&self, operation: &'static str) -> Result<Option<i64>, SeriesError> {
        let rows = self.rows(operation)?;
        Ok(cell(rows.first().map_or(&[], Vec::as_slice), 0).whole())
    }
}

/// A cell of a row; NULL when there are fewer.
pub fn cell<'a>(row: &[Cell<'a>], index: usize) -> Cell<'a> {
    row.get(index).copied().unwrap_or(Cell("null"))
}

impl Cell<'_> {
    /// A number to the last bit; `None` for NULL.
    pub fn float(self) -> Option<f64> {
        self.0.parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// A whole number; `None` for NULL.
    pub fn whole(self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// A text; `None` for NULL.
    pub fn text(self) -> Option<String> {
        serde_json::from_str(self.0).ok()
    }

    /// Whether it says yes.
    pub fn yes(self) -> bool {
        self.0 == "true"
    }
}

/// QuestDB escapes line breaks and tabs in texts, and prints the other control characters as they are, which is no
/// JSON. Escapes those; answers that hold none, nearly all, are passed on.
fn with_escapes(body: Vec<u8>) -> Vec<u8> {
    if !body.iter().any(|byte| *byte < b' ') {
        return body;
    }
    let mut escaped = Vec::with_capacity(body.len() + 64);
    let (mut in_text, mut after_backslash) = (false, false);
    for byte in body {
        if in_text && byte < b' ' {
            escaped.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            escaped.push(byte);
        }
        if byte == b'"' && !after_backslash {
            in_text = !in_text;
        }
        after_backslash = in_text && byte == b'\\' && !after_backslash;
    }
    escaped
}

/// The server cannot answer now.
pub fn unavailable(operation: &'static str, reason: &dyn std::fmt::Display) -> SeriesError {
    SeriesError::Unavailable {
        operation,
        reason: reason.to_string(),
    }
}

/// The address of a request holds the statement, so it is left out.
fn lost(operation: &'static str, error: reqwest::Error) -> SeriesError {
    let error = error.without_url();
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        reason = format!("{reason}: {cause}");
        source = cause.source();
    }
    unavailable(operation, &reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_to_the_bit() {
        let body = br#"{"dataset":[[0.1,1.0E300,null,-0.0,9007199254740993,"a\"\\\u00e9",true]],"count":1}"#;
        let answer = Answer(body.to_vec());
        let rows = answer.rows("test").unwrap();
        let at = |i| cell(&rows[0], i);
        assert_eq!(at(0).float(), Some(0.1));
        assert_eq!(at(1).float(), Some(1e300));
        assert_eq!((at(2).float(), at(2).text()), (None, None));
        assert_eq!(at(3).float().map(f64::to_bits), Some((-0.0_f64).to_bits()));
        assert_eq!(at(4).whole(), Some(9_007_199_254_740_993));
        assert_eq!(at(5).text().as_deref(), Some("a\"\\\u{e9}"));
        assert!(at(6).yes() && !at(5).yes());
        assert_eq!(at(7).whole(), None);
    }

    #[test]
    fn control_characters_in_texts_are_read() {
        let body = b"{\"dataset\":[[\"a\\\\\",\"\\\"\0\x1f\",1]]}\r\n".to_vec();
        let answer = Answer(with_escapes(body));
        let rows = answer.rows("test").unwrap();
        assert_eq!(cell(&rows[0], 0).text().as_deref(), Some("a\\"));
        assert_eq!(cell(&rows[0], 1).text().as_deref(), Some("\"\0\u{1f}"));
        assert_eq!(cell(&rows[0], 2).whole(), Some(1));
    }

    #[test]
    fn what_is_cut_short_is_an_error() {
        for body in [
            "{\"dataset\":[[1],[2",
            "",
            "{\"dataset\":[],\"error\":\"timeout\"}",
        ] {
            let error = Answer(body.into()).rows("test").unwrap_err();
            assert!(error.is_retryable());
        }
        assert!(
            Answer("{\"ddl\":\"OK\"}".into())
                .rows("test")
                .unwrap()
                .is_empty()
        );
    }
}
