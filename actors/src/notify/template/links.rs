//! Addresses of ours that stand in messages.

use super::Templates;

impl Templates {
    /// Where a link to take an incident on leads: `token` is that of a [`crate::notify::link::Link`].
    #[must_use]
    pub fn acknowledge_url(&self, token: &str) -> String {
        format!("{}/ack/{token}", self.public_url)
    }
}
