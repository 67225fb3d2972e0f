//! Signs what others must be able to check without knowing a secret.
//!
//! ECDSA on P-256 with SHA-256, the signature in DER: what `openssl dgst -sha256 -verify` checks on every system that
//! an agent runs on, down to OpenSSL 1.0.2, which knows no Ed25519. The key comes from a secret that all nodes share
//! anyway, so they sign alike; signatures are deterministic (RFC 6979).

use super::{SecretError, SecretKey};
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey as EcdsaKey};
use p256::pkcs8::EncodePublicKey;
use sha2::Sha256;
use std::fmt;

/// Signs. `Debug` tells nothing of the key.
#[derive(Clone)]
pub struct SigningKey(EcdsaKey);

impl SigningKey {
    /// The key for `purpose` that belongs to `secret`: the first of HMAC-SHA256(secret, purpose, 0), (.., 1) ... that
    /// is a scalar of the curve. Keys of different purposes tell nothing of each other, or of the secret.
    ///
    /// # Errors
    /// [`SecretError::KeyFormat`] when none of 256 is one, which does not happen.
    pub fn derive(secret: &SecretKey, purpose: &str) -> Result<Self, SecretError> {
        (0..=u8::MAX)
            .find_map(|counter| {
                let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).ok()?;
                mac.update(b"noc signing key\0");
                mac.update(purpose.as_bytes());
                mac.update(&[0, counter]);
                EcdsaKey::from_slice(&mac.finalize().into_bytes()).ok()
            })
            .map(Self)
            .ok_or(SecretError::KeyFormat)
    }

    /// The signature of a message, in DER.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        signature.to_der().as_bytes().to_vec()
    }

    /// The public key as a DER `SubjectPublicKeyInfo`: 91 bytes.
    ///
    /// # Errors
    /// [`SecretError::KeyFormat`] when it cannot be written, which does not happen.
    pub fn public_der(&self) -> Result<Vec<u8>, SecretError> {
        let document = self.0.verifying_key().to_public_key_der();
        document
            .map(|document| document.as_bytes().to_vec())
            .map_err(|_| SecretError::KeyFormat)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn key(secret: u8, purpose: &str) -> SigningKey {
        SigningKey::derive(&SecretKey::from_bytes([secret; 32]), purpose).unwrap()
    }

    #[test]
    fn the_same_secret_gives_the_same_key_and_another_does_not() {
        let first = key(7, "files");
        assert_eq!(first.sign(b"a"), key(7, "files").sign(b"a"));
        assert_eq!(
            first.public_der().unwrap(),
            key(7, "files").public_der().unwrap()
        );
        for other in [key(8, "files"), key(7, "other")] {
            assert_ne!(first.public_der().unwrap(), other.public_der().unwrap());
        }
        assert!(!format!("{first:?}").contains('7'));
    }

    /// What an installer does: `openssl dgst -sha256 -verify`.
    #[test]
    fn openssl_accepts_it_and_nothing_that_was_changed() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let (signer, message) = (key(7, "files"), b"#!/usr/bin/env bash\necho measured\n");
        std::fs::write(path("key.der"), signer.public_der().unwrap()).unwrap();
        std::fs::write(path("sig"), signer.sign(message)).unwrap();
        let pem = Command::new("openssl")
            .args(["pkey", "-pubin", "-inform", "DER", "-in"])
            .arg(path("key.der"))
            .arg("-out")
            .arg(path("key.pem"))
            .status()
            .expect("openssl is there: apt-get install openssl");
        assert!(pem.success());
        let verifies = |text: &[u8]| {
            std::fs::write(path("file"), text).unwrap();
            Command::new("openssl")
                .args(["dgst", "-sha256", "-verify"])
                .arg(path("key.pem"))
                .arg("-signature")
                .arg(path("sig"))
                .arg(path("file"))
                .output()
                .unwrap()
                .status
                .success()
        };
        assert!(verifies(message));
        assert!(!verifies(b"#!/usr/bin/env bash\necho acted\n"));
    }
}
