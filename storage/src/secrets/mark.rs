//! Marks: what we give away and must know again when it comes back, such as a link in a message, carries one.
//!
//! A mark is HMAC-SHA256 under a key of its own for each purpose, cut to 16 bytes. It comes from the key that seals
//! fields, which all nodes share; what an older one marked is still known while that key is loaded.

use super::{FieldKey, SecretError, SecretKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of a mark: 128 bits, far beyond guessing over a network.
pub const MARK_BYTES: usize = 16;

impl FieldKey {
    /// The mark of `message` for `purpose`.
    ///
    /// # Errors
    /// [`SecretError::KeyFormat`] where no mark can be made, which does not happen.
    pub fn mark(&self, purpose: &str, message: &[u8]) -> Result<[u8; MARK_BYTES], SecretError> {
        let key = self.all().next().ok_or(SecretError::KeyFormat)?;
        let whole = mac(key, purpose, message)?.finalize().into_bytes();
        let (mark, _) = whole
            .split_first_chunk::<MARK_BYTES>()
            .ok_or(SecretError::KeyFormat)?;
        Ok(*mark)
    }

    /// Whether `mark` is that of `message` for `purpose`, by any of the keys. Takes as long for every wrong one.
    #[must_use]
    pub fn is_marked(&self, purpose: &str, message: &[u8], mark: &[u8]) -> bool {
        let by = |key: &SecretKey| {
            mac(key, purpose, message).is_ok_and(|mac| mac.verify_truncated_left(mark).is_ok())
        };
        mark.len() == MARK_BYTES && self.all().any(by)
    }
}

fn mac(key: &SecretKey, purpose: &str, message: &[u8]) -> Result<Hmac<Sha256>, SecretError> {
    let mut own = keyed(key.bytes())?;
    own.update(b"noc mark key\0");
    own.update(purpose.as_bytes());
    let mut mac = keyed(&own.finalize().into_bytes())?;
    mac.update(message);
    Ok(mac)
}

fn keyed(key: &[u8]) -> Result<Hmac<Sha256>, SecretError> {
    Hmac::new_from_slice(key).map_err(|_| SecretError::KeyFormat)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> FieldKey {
        FieldKey::new(SecretKey::from_bytes([byte; 32]))
    }

    #[test]
    fn a_mark_is_known_again_for_its_purpose_message_and_key_alone() {
        let mark = key(7).mark("links", b"a").unwrap();
        assert!(key(7).is_marked("links", b"a", &mark));
        assert!(!key(7).is_marked("link", b"sa", &mark));
        assert!(!key(7).is_marked("links", b"b", &mark));
        assert!(!key(8).is_marked("links", b"a", &mark));
        let rotated = key(8).with_older([SecretKey::from_bytes([7; 32])]);
        assert!(rotated.is_marked("links", b"a", &mark));
        assert_ne!(rotated.mark("links", b"a").unwrap(), mark);
    }

    #[test]
    fn a_shorter_or_changed_mark_is_none() {
        let mark = key(7).mark("links", b"a").unwrap();
        for length in 0..MARK_BYTES {
            assert!(
                !key(7).is_marked("links", b"a", &mark[..length]),
                "{length}"
            );
        }
        for at in 0..MARK_BYTES {
            let mut changed = mark;
            changed[at] ^= 1;
            assert!(!key(7).is_marked("links", b"a", &changed), "{at}");
        }
    }
}
