//! JSON bodies: bounded, strict, and with the path of the wrong field in the answer.

use crate::error::ApiError;
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest, web};
use futures::StreamExt;
use futures::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use std::time::Duration;

/// What a JSON body may have. Agents' endpoints have limits of their own.
pub const JSON_LIMIT_BYTES: usize = 1024 * 1024;

/// A client that sends its body this slowly is given up, agents' endpoints included.
pub const SLOWEST_BODY: Duration = Duration::from_secs(20);

/// A body read as JSON.
///
/// Not JSON is 400; JSON of another shape is 422 with the field's path; an unknown field is 422, so that nobody
/// believes to have set what we do not know. Nesting deeper than 128 is refused by the parser.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_of_type(request, "application/json");
        let payload = payload.take();
        Box::pin(async move {
            if !is_json {
                return Err(ApiError::UnsupportedMediaType(
                    "JSON, with Content-Type: application/json",
                ));
            }
            parse(&read(payload).await?).map(Self)
        })
    }
}

/// A body read as JSON, or its default where there is none: for calls whose body says no more than what may be left out.
#[derive(Debug)]
pub struct JsonOrNothing<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest for JsonOrNothing<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_of_type(request, "application/json");
        let payload = payload.take();
        Box::pin(async move {
            let body = read(payload).await?;
            if body.is_empty() {
                return Ok(Self(T::default()));
            }
            if !is_json {
                return Err(ApiError::UnsupportedMediaType(
                    "JSON, with Content-Type: application/json",
                ));
            }
            parse(&body).map(Self)
        })
    }
}

/// A body as it came, of any type: for callers whose signature is over its bytes. As long as JSON may be.
#[derive(Debug)]
pub struct RawBody(pub Bytes);

impl FromRequest for RawBody {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        Box::pin(async move { Ok(Self(read(payload).await?.freeze())) })
    }
}

/// A body read as a form, or as JSON where it says so.
#[derive(Debug)]
pub struct JsonOrForm<T>(pub T);

impl<T: DeserializeOwned> FromRequest for JsonOrForm<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_of_type(request, "application/json");
        let is_form = is_of_type(request, "application/x-www-form-urlencoded");
        let payload = payload.take();
        Box::pin(async move {
            if !is_json && !is_form {
                return Err(ApiError::UnsupportedMediaType("JSON or a form"));
            }
            let body = read(payload).await?;
            if is_json {
                return parse(&body).map(Self);
            }
            let text = String::from_utf8_lossy(&body);
            web::Query::<T>::from_query(&text)
                .map(|form| Self(form.into_inner()))
                .map_err(|error| ApiError::field("body", error.to_string()))
        })
    }
}

fn is_of_type(request: &HttpRequest, wanted: &str) -> bool {
    request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            let essence = value.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case(wanted)
        })
}

async fn read(payload: Payload) -> Result<BytesMut, ApiError> {
    match tokio::time::timeout(SLOWEST_BODY, read_all(payload)).await {
        Ok(body) => body,
        Err(_) => Err(ApiError::Malformed(format!(
            "the body did not arrive within {} s",
            SLOWEST_BODY.as_secs()
        ))),
    }
}

async fn read_all(mut payload: Payload) -> Result<BytesMut, ApiError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ApiError::Malformed("the body broke off".to_owned()))?;
        if body.len().saturating_add(chunk.len()) > JSON_LIMIT_BYTES {
            return Err(ApiError::TooLarge {
                limit_bytes: JSON_LIMIT_BYTES,
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads one JSON document.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match inner.classify() {
            Category::Data => wrong_shape(&path, &inner),
            Category::Io | Category::Syntax | Category::Eof => {
                ApiError::Malformed(format!("the body is not JSON: {inner}"))
            }
        }
    })?;
    reader
        .end()
        .map_err(|error| ApiError::Malformed(format!("the body is not JSON: {error}")))?;
    Ok(value)
}

/// Turns serde's complaint into one about a field.
fn wrong_shape(path: &str, error: &serde_json::Error) -> ApiError {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let quoted = |prefix: &str| {
        text.strip_prefix(prefix)?
            .split('`')
            .next()
            .map(str::to_owned)
    };
    let below = |name: String| {
        if path == "." || path.is_empty() {
            name
        } else if path.ends_with(&name) {
            path.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    if let Some(name) = quoted("missing field `") {
        return ApiError::field(below(name), "is required");
    }
    if let Some(name) = quoted("unknown field `") {
        return ApiError::field(below(name), "is not a field of this resource");
    }
    if let Some(name) = quoted("duplicate field `") {
        return ApiError::field(below(name), "is given twice");
    }
    let field = if path == "." || path.is_empty() {
        "body"
    } else {
        path
    };
    ApiError::field(field, text)
}

/// A field of a PATCH: absent keeps what is there, null clears it.
pub type Nullable<T> = Option<Option<T>>;

/// Reads a [`Nullable`] that is there; with `#[serde(default, deserialize_with = "present")]`.
///
/// # Errors
/// When the value is neither null nor a `T`.
pub fn present<'de, T, D>(deserializer: D) -> Result<Nullable<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::Stream;
    use std::pin::Pin;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only the shape matters")]
        name: String,
        #[serde(default)]
        #[expect(dead_code, reason = "only the shape matters")]
        steps: Vec<Step>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Step {
        #[expect(dead_code, reason = "only the shape matters")]
        delay_seconds: u32,
    }

    fn fields(body: &str) -> Vec<(String, String)> {
        match parse::<Outer>(body.as_bytes()).unwrap_err() {
            ApiError::Invalid(errors) => errors
                .into_iter()
                .map(|(field, problems)| (field, problems.join("; ")))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        tokio::time::pause();
        let never: Pin<Box<dyn Stream<Item = _>>> = Box::pin(futures::stream::pending());
        let error = read(Payload::Stream { payload: never }).await.unwrap_err();
        assert!(
            matches!(&error, ApiError::Malformed(text) if text.contains("within 20 s")),
            "{error:?}"
        );
    }

    fn malformed(body: &[u8]) -> bool {
        matches!(parse::<Outer>(body), Err(ApiError::Malformed(_)))
    }

    #[test]
    fn a_wrong_field_is_named_by_its_path() {
        assert_eq!(fields("{}"), [("name".into(), "is required".into())]);
        assert_eq!(
            fields(r#"{"name":"x","steps":[{"delay_seconds":1},{}]}"#)[0].0,
            "steps[1].delay_seconds"
        );
        let (field, problem) = fields(r#"{"name":"x","steps":[{"delay_seconds":-1}]}"#).remove(0);
        assert_eq!(field, "steps[0].delay_seconds");
        assert!(problem.contains("-1"), "{problem}");
    }

    #[test]
    fn an_unknown_field_is_refused() {
        assert_eq!(
            fields(r#"{"name":"x","is_admin":true}"#),
            [("is_admin".into(), "is not a field of this resource".into())]
        );
    }

    #[test]
    fn a_field_given_twice_is_refused() {
        assert_eq!(
            fields(r#"{"name":"x","name":"y"}"#),
            [("name".into(), "is given twice".into())]
        );
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for body in [
            &b""[..],
            b"{",
            b"{\"name\":\"x\"} trailing",
            b"\xef\xbb\xbf{\"name\":\"x\"}",
            b"{\"name\":NaN}",
            b"{\"name\":\"\\ud800\"}",
        ] {
            assert!(malformed(body), "{body:?}");
        }
    }

    #[test]
    fn another_shape_is_a_wrong_field() {
        for body in ["null", "[]", "5", "\"x\""] {
            assert_eq!(fields(body)[0].0, "body", "{body}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_not_followed() {
        let mut body = vec![b'['; 100_000];
        body.extend(vec![b']'; 100_000]);
        assert!(parse::<serde_json::Value>(&body).is_err());
    }
}
