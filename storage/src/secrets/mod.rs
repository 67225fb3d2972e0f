//! Keys, and the values sealed with them.
//!
//! * [`SecretKey`]: 32 random bytes that never show in a log; [`load_or_generate`] keeps one in a 0600 file.
//! * [`SigningKey`]: signs what hosts fetch from us; they hold its public half.
//! * [`FieldKey`]: seals single database fields so that a value works only in the row and column it was sealed for, and
//!   marks what is given away and must be known again.

mod field;
mod file;
mod key;
mod mark;
mod random;
mod signing;

pub use field::FieldKey;
pub use file::load_or_generate;
pub use key::SecretKey;
pub use mark::MARK_BYTES;
pub use random::{random_base62, random_digits, sha256_hex};
pub use signing::SigningKey;

use std::path::PathBuf;

/// What can go wrong with keys and sealed values. Never carries a key or a plain value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// A key is not 32 bytes in hex or base64.
    #[error("a key must be 32 bytes, written as 64 hex digits or as base64")]
    KeyFormat,
    /// A key file could not be read or written.
    #[error("key file {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key file may be read by others than its owner.
    #[error("key file {} may be read by others (mode {mode:o}); chmod 600 it", path.display())]
    FileMode {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A sealed value was not written by this code.
    #[error("not a sealed value")]
    SealedFormat,
    /// A sealed value needs a key that is not loaded.
    #[error("sealed with key {key_id}, which is not among the keys loaded")]
    UnknownKey {
        /// Id of the key that sealed it.
        key_id: String,
    },
    /// A sealed value was changed, or belongs to another row or column.
    #[error("a sealed value was changed or moved")]
    Forged,
    /// The cipher refused to seal: the value is absurdly long.
    #[error("a value cannot be sealed")]
    Seal,
}
