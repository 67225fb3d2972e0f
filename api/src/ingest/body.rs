//! A request's body: its type, its size as sent, its size unpacked.
//!
//! Unpacking stops at the limit, so a bomb costs the limit and no more. What was sent plainly in one piece is never
//! copied.

use crate::error::ApiError;
use crate::http::SLOWEST_BODY;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{self, Bytes, BytesMut};
use flate2::bufread::MultiGzDecoder;
use futures::StreamExt;
use std::io::{self, Read};

/// zstd frames that need a larger window than this (as a power of two) are refused: 8 MiB.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// How the body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Gzip,
    Zstd,
}

/// Why a body cannot be taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("send application/json, plain or with Content-Encoding gzip or zstd")]
    Type,
    #[error("the body may have {limit} bytes at most, {what}")]
    TooLarge { limit: usize, what: &'static str },
    #[error("the body does not unpack: {0}")]
    Damaged(io::Error),
    #[error("the body did not arrive whole")]
    Cut,
    #[error("the body did not arrive within {} s", SLOWEST_BODY.as_secs())]
    Slow,
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Type => {
                Self::UnsupportedMediaType("application/json, plain or packed with gzip or zstd")
            }
            BodyError::TooLarge { limit, .. } => Self::TooLarge { limit_bytes: limit },
            other => Self::Malformed(other.to_string()),
        }
    }
}

/// Checks the headers: JSON, in an encoding we know.
pub(super) fn encoding(headers: &HeaderMap) -> Result<Encoding, BodyError> {
    let text = |name| {
        headers
            .get(name)
            .map(|v: &header::HeaderValue| v.as_bytes())
    };
    let json = text(header::CONTENT_TYPE).is_some_and(|value| {
        let essence = value.split(|b| *b == b';').next().unwrap_or_default();
        essence
            .trim_ascii()
            .eq_ignore_ascii_case(b"application/json")
    });
    if !json {
        return Err(BodyError::Type);
    }
    match text(header::CONTENT_ENCODING).map(|v| v.trim_ascii().to_ascii_lowercase()) {
        None => Ok(Encoding::Plain),
        Some(name) => match name.as_slice() {
            b"" | b"identity" => Ok(Encoding::Plain),
            b"gzip" | b"x-gzip" => Ok(Encoding::Gzip),
            b"zstd" => Ok(Encoding::Zstd),
            _ => Err(BodyError::Type),
        },
    }
}

/// Reads what was sent, up to `limit` bytes.
pub(super) async fn receive(payload: web::Payload, limit: usize) -> Result<Bytes, BodyError> {
    match tokio::time::timeout(SLOWEST_BODY, receive_all(payload, limit)).await {
        Ok(body) => body,
        Err(_) => Err(BodyError::Slow),
    }
}

async fn receive_all(mut payload: web::Payload, limit: usize) -> Result<Bytes, BodyError> {
    let too_large = || BodyError::TooLarge {
        limit,
        what: "as sent",
    };
    let Some(first) = payload.next().await else {
        return Ok(Bytes::new());
    };
    let first = first.map_err(|_| BodyError::Cut)?;
    if first.len() > limit {
        return Err(too_large());
    }
    let Some(second) = payload.next().await else {
        return Ok(first);
    };
    let mut all = BytesMut::with_capacity(first.len().saturating_mul(2).max(8 * 1024));
    all.extend_from_slice(&first);
    let mut chunk = Some(second);
    while let Some(piece) = chunk {
        let piece = piece.map_err(|_| BodyError::Cut)?;
        if all.len() + piece.len() > limit {
            return Err(too_large());
        }
        all.extend_from_slice(&piece);
        chunk = payload.next().await;
    }
    Ok(all.freeze())
}

/// Unpacks, up to `limit` bytes.
pub(super) fn unpack(body: Bytes, encoding: Encoding, limit: usize) -> Result<Bytes, BodyError> {
    match encoding {
        Encoding::Plain if body.len() <= limit => Ok(body),
        Encoding::Plain => Err(BodyError::TooLarge {
            limit,
            what: "unpacked",
        }),
        Encoding::Gzip => read_up_to(MultiGzDecoder::new(body.as_ref()), body.len(), limit),
        Encoding::Zstd => {
            let mut decoder =
                zstd::Decoder::with_buffer(body.as_ref()).map_err(BodyError::Damaged)?;
            decoder
                .window_log_max(ZSTD_WINDOW_LOG_MAX)
                .map_err(BodyError::Damaged)?;
            read_up_to(decoder, body.len(), limit)
        }
    }
}

fn read_up_to(decoder: impl Read, packed: usize, limit: usize) -> Result<Bytes, BodyError> {
    let mut out = Vec::with_capacity(packed.saturating_mul(6).clamp(1024, limit));
    let cap = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder
        .take(cap)
        .read_to_end(&mut out)
        .map_err(BodyError::Damaged)?;
    if out.len() > limit {
        return Err(BodyError::TooLarge {
            limit,
            what: "unpacked",
        });
    }
    Ok(out.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};
    use std::io::Write;

    fn gzip(plain: &[u8]) -> Bytes {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(plain).unwrap();
        out.finish().unwrap().into()
    }

    fn of(content_type: Option<&'static str>, packed: Option<&'static str>) -> Option<Encoding> {
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: Option<&'static str>| {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_static(value));
            }
        };
        set(header::CONTENT_TYPE, content_type);
        set(header::CONTENT_ENCODING, packed);
        encoding(&headers).ok()
    }

    #[test]
    fn only_json_in_known_encodings() {
        let json = Some("application/json");
        assert_eq!(of(json, None), Some(Encoding::Plain));
        assert_eq!(
            of(Some("Application/JSON; charset=utf-8"), Some("gzip")),
            Some(Encoding::Gzip)
        );
        assert_eq!(of(json, Some("zstd")), Some(Encoding::Zstd));
        for (content_type, packed) in [
            (None, None),
            (Some("text/plain"), None),
            (Some("application/jsonp"), None),
            (json, Some("br")),
            (json, Some("gzip, gzip")),
        ] {
            assert_eq!(
                of(content_type, packed),
                None,
                "{content_type:?} {packed:?}"
            );
        }
    }

    #[test]
    fn what_was_packed_comes_out() {
        let plain = vec![b'x'; 5_000];
        let zstd: Bytes = zstd::encode_all(plain.as_slice(), 3).unwrap().into();
        for (packed, encoding) in [
            (plain.clone().into(), Encoding::Plain),
            (gzip(&plain), Encoding::Gzip),
            (zstd, Encoding::Zstd),
        ] {
            assert_eq!(unpack(packed, encoding, 5_000).unwrap(), plain);
        }
    }

    #[test]
    fn bombs_stop_at_the_limit() {
        let plain = vec![0; 4 << 20];
        let zstd: Bytes = zstd::encode_all(plain.as_slice(), 19).unwrap().into();
        for (packed, encoding) in [(gzip(&plain), Encoding::Gzip), (zstd, Encoding::Zstd)] {
            assert!(packed.len() < 10_000);
            assert!(matches!(
                unpack(packed, encoding, (4 << 20) - 1),
                Err(BodyError::TooLarge { .. })
            ));
        }
    }

    #[test]
    fn damage_is_told() {
        let mut cut = gzip(&[b'x'; 5_000]).to_vec();
        cut.truncate(cut.len() - 5);
        for (body, encoding) in [
            (cut.into(), Encoding::Gzip),
            (Bytes::from_static(b"{}"), Encoding::Gzip),
            (Bytes::from_static(b"{}"), Encoding::Zstd),
        ] {
            assert!(matches!(
                unpack(body, encoding, 1 << 20),
                Err(BodyError::Damaged(_))
            ));
        }
    }
}
