//! Sealed fields: XChaCha20-Poly1305, a random 24-byte nonce, bound to table, row and column.
//!
//! A sealed value is text: `v1.<key id>.<base64url of nonce and ciphertext>`.

use super::{SecretError, SecretKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::RngExt;

const NONCE_BYTES: usize = 24;

/// Seals with one key, opens with that and older ones. `Debug` shows key ids alone.
#[derive(Debug, Clone)]
pub struct FieldKey {
    current: SecretKey,
    older: Vec<SecretKey>,
}

impl FieldKey {
    /// Seals and opens with `current`.
    #[must_use]
    pub const fn new(current: SecretKey) -> Self {
        Self {
            current,
            older: Vec::new(),
        }
    }

    /// Opens with `older` as well: what stands there from before a rotation.
    #[must_use]
    pub fn with_older(mut self, older: impl IntoIterator<Item = SecretKey>) -> Self {
        self.older.extend(older);
        self
    }

    /// Id of the key that seals.
    #[must_use]
    pub fn id(&self) -> String {
        self.current.id()
    }

    /// Every key, the one that seals first.
    pub(super) fn all(&self) -> impl Iterator<Item = &SecretKey> {
        std::iter::once(&self.current).chain(&self.older)
    }

    /// Seals `plain` for one column of one row.
    ///
    /// # Errors
    /// [`SecretError::Seal`] beyond 256 GiB.
    pub fn encrypt(
        &self,
        table: &str,
        row: &str,
        column: &str,
        plain: &[u8],
    ) -> Result<String, SecretError> {
        let key_id = self.current.id();
        let nonce: [u8; NONCE_BYTES] = rand::rng().random();
        let place = place(&key_id, table, row, column);
        let sealed = cipher(&self.current)
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: &place,
                },
            )
            .map_err(|_| SecretError::Seal)?;
        let body = URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
        Ok(format!("v1.{key_id}.{body}"))
    }

    /// Opens what [`FieldKey::encrypt`] sealed for the same table, row and column.
    ///
    /// # Errors
    /// [`SecretError::SealedFormat`], [`SecretError::UnknownKey`], or [`SecretError::Forged`] when it was changed or
    /// comes from elsewhere.
    pub fn decrypt(
        &self,
        table: &str,
        row: &str,
        column: &str,
        sealed: &str,
    ) -> Result<Vec<u8>, SecretError> {
        let mut parts = sealed.splitn(3, '.');
        let (Some("v1"), Some(key_id), Some(body)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(SecretError::SealedFormat);
        };
        let body = URL_SAFE_NO_PAD
            .decode(body)
            .map_err(|_| SecretError::SealedFormat)?;
        let (nonce, cipher_text) = body
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(SecretError::SealedFormat)?;
        let key =
            self.all()
                .find(|key| key.id() == key_id)
                .ok_or_else(|| SecretError::UnknownKey {
                    key_id: key_id.to_owned(),
                })?;
        let place = place(key_id, table, row, column);
        cipher(key)
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: cipher_text,
                    aad: &place,
                },
            )
            .map_err(|_| SecretError::Forged)
    }
}

fn cipher(key: &SecretKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*key.bytes()).into())
}

/// Where a value belongs; each part with its length, so that no two places read alike.
fn place(key_id: &str, table: &str, row: &str, column: &str) -> Vec<u8> {
    let mut out = b"noc field v1".to_vec();
    for part in [key_id, table, row, column] {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field() -> FieldKey {
        FieldKey::new(SecretKey::from_bytes([7; 32]))
    }

    proptest! {
        #[test]
        fn opens_what_it_sealed(plain: Vec<u8>, row in ".{0,12}") {
            let sealed = field().encrypt("t", &row, "c", &plain).unwrap();
            prop_assert_eq!(field().decrypt("t", &row, "c", &sealed).unwrap(), plain);
        }

        #[test]
        fn any_changed_character_is_noticed(at in 0_usize..100) {
            let sealed = field().encrypt("t", "r", "c", b"hunter2").unwrap();
            let mut bytes = sealed.clone().into_bytes();
            let at = at % bytes.len();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            prop_assert!(field().decrypt("t", "r", "c", &changed).is_err());
        }
    }

    #[test]
    fn a_value_moved_to_another_place_does_not_open() {
        let sealed = field()
            .encrypt("channels", "email", "secrets", b"x")
            .unwrap();
        for (table, row, column) in [
            ("users", "email", "secrets"),
            ("channels", "slack", "secrets"),
            ("channels", "email", "settings"),
            ("channel", "semail", "secrets"),
        ] {
            assert!(matches!(
                field().decrypt(table, row, column, &sealed),
                Err(SecretError::Forged)
            ));
        }
    }

    #[test]
    fn old_keys_open_and_unknown_ones_are_named() {
        let old = field();
        let sealed = old.encrypt("t", "r", "c", b"x").unwrap();
        let new = FieldKey::new(SecretKey::generate());
        assert!(matches!(
            new.decrypt("t", "r", "c", &sealed),
            Err(SecretError::UnknownKey { key_id }) if key_id == old.id()
        ));
        let both = new.with_older([SecretKey::from_bytes([7; 32])]);
        assert_eq!(both.decrypt("t", "r", "c", &sealed).unwrap(), b"x");
        assert_ne!(both.id(), old.id());
    }

    #[test]
    fn the_same_value_never_looks_the_same_and_never_shows() {
        let (a, b) = (
            field().encrypt("t", "r", "c", b"hunter2").unwrap(),
            field().encrypt("t", "r", "c", b"hunter2").unwrap(),
        );
        assert_ne!(a, b);
        assert!(!a.contains("hunter2"));
        let key = SecretKey::from_bytes([7; 32]);
        assert!(!format!("{:?}", field()).contains(&key.to_hex()));
    }

    #[test]
    fn rubbish_is_refused() {
        for sealed in ["", "v1", "v1.x", "v2.a.b", "v1.a.@@", "v1.a.AAAA"] {
            assert!(
                matches!(
                    field().decrypt("t", "r", "c", sealed),
                    Err(SecretError::SealedFormat)
                ),
                "{sealed}"
            );
        }
    }
}
