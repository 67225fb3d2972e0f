//! What a provider tells afterwards of messages that it took, by calling an address of ours.

pub use noc_storage::relational::delivery_receipts::Fate;

/// So many receipts of one call are looked at.
pub(super) const MOST: usize = 1_000;

/// A provider's call.
#[derive(Debug, Clone, Copy)]
pub struct Callback<'a> {
    /// The whole address that the provider was told to call.
    pub url: &'a str,
    /// Names in lower case.
    pub headers: &'a [(String, String)],
    /// As it came.
    pub body: &'a [u8],
}

impl Callback<'_> {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What the provider calls the message, in all the ways it may have said so before.
    pub ids: Vec<String>,
    /// What became of it.
    pub fate: Fate,
    /// In the provider's words, on one line.
    pub words: String,
}

/// Why a call is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// It does not come from the provider: its signature is missing or wrong.
    #[error("the call is not signed by its provider")]
    Forged,
    /// It is not what this provider says.
    #[error("the call is not what this provider says: {0}")]
    Malformed(&'static str),
}
