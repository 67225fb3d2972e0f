//! Stories of messages that do not arrive.

use super::{BEGIN, Story};
use crate::escalation::failover::{ACCEPTED_WITHIN, ARRIVED_WITHIN};
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::notification_channels;

impl Story {
    /// The pager's provider has called before: it is known to tell of arrivals.
    pub async fn pager_tells_of_arrivals(&self) {
        let (key, db) = (&self.context.field_key, self.db().write());
        let row = notification_channels::set_hook(db, key, "pager", "secret").await;
        notification_channels::note_receipt(db, &row.unwrap(), "pager", BEGIN)
            .await
            .unwrap();
    }
}

/// When somebody looks whether these were accepted, or have arrived.
pub(super) fn next_looks(deliveries: Vec<Model>) -> impl Iterator<Item = UnixMs> {
    // What was refused after it was taken is late some time after its first send.
    let refused = deliveries
        .iter()
        .filter(|row| matches!(row.status.as_str(), "failed" | "retrying"))
        .map(|row| UnixMs::from(row.created_at).plus(ARRIVED_WITHIN))
        .collect::<Vec<_>>();
    deliveries
        .into_iter()
        .filter_map(|row| match row.status.as_str() {
            "sent" => Some(UnixMs::from(row.sent_at?).plus(ARRIVED_WITHIN)),
            "delivered" | "cancelled" | "expired" | "suppressed" => None,
            // What a rule put off is late some time after that.
            _ => Some(UnixMs::from(row.wanted_at?).plus(ACCEPTED_WITHIN)),
        })
        .chain(refused)
}
