//! Random secrets for others, and the hashes we keep of them.

use rand::RngExt;
use rand::distr::Alphanumeric;
use sha2::{Digest, Sha256};

/// `characters` random letters and digits, nearly 6 bits each.
#[must_use]
pub fn random_base62(characters: usize) -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(characters)
        .map(char::from)
        .collect()
}

/// `digits` random digits, each as likely as the others.
#[must_use]
pub fn random_digits(digits: usize) -> String {
    let mut random = rand::rng();
    (0..digits)
        .map(|_| char::from(random.random_range(b'0'..=b'9')))
        .collect()
}

/// SHA-256 in lower-case hex: what is stored of a secret that is random itself. Not for passwords.
#[must_use]
pub fn sha256_hex(secret: &[u8]) -> String {
    hex::encode(Sha256::digest(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base62_has_the_length_and_alphabet_it_says() {
        let text = random_base62(4_000);
        assert_eq!(text.len(), 4_000);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric()));
        let kinds: std::collections::HashSet<u8> = text.bytes().collect();
        assert_eq!(kinds.len(), 62, "all of them turn up");
    }

    #[test]
    fn digits_are_digits_and_all_turn_up() {
        let text = random_digits(2_000);
        assert_eq!(text.len(), 2_000);
        assert!(text.bytes().all(|b| b.is_ascii_digit()));
        let kinds: std::collections::HashSet<u8> = text.bytes().collect();
        assert_eq!(kinds.len(), 10);
        assert_eq!(random_digits(0), "");
    }

    #[test]
    fn sha256_is_the_known_one() {
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
