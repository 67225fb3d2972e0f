//! What each person wants to be told of, where and when: contacts, preferences, quiet hours, the daily digest.
//!
//! * [`address`] reads addresses as people type them; [`verify`] proves whose they are by a code that goes the same way
//!   as every other message; [`trial`] is a test that somebody sends there later.
//! * [`preferences`], [`quiet`], [`digest_time`], [`decide`] are plain functions of what a person wrote and the time.
//! * [`people`] is what a step asks when it resolves its recipients.
//! * [`scene`] asks once more right before a message leaves. What quiet hours hold back becomes a row of `quiet_holds`
//!   and stays `suppressed`; [`summary`] tells of it once they are over, [`digest`] of everything once a day. Both are a
//!   [`letter`]: several incidents in one message.
//!
//! A message is held back before its row says so, each end of quiet hours takes all of a person's holds in the
//! transaction that queues their summary, and a digest has one row for each person and time of day: a crash between any
//! two steps leaves the first to be done again, and of two nodes one does it.

pub mod address;
pub mod decide;
pub(crate) mod digest;
pub mod digest_time;
mod letter;
pub mod people;
pub mod preferences;
pub mod quiet;
mod scene;
pub(crate) mod summary;
#[cfg(test)]
mod tests;
pub mod trial;
pub mod verify;

pub(crate) use scene::{Scene, keep_back, read, with_address, write_own};

/// The channels that reach a person at an address of their own.
pub const CHANNELS: [&str; 4] = [EMAIL, "whatsapp", "telegram", "discord"];

/// The channel at which every account has an address, its own.
pub const EMAIL: &str = "email";

/// How long holds and digests are remembered once they are done with.
pub(crate) const KEPT: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 3_600);

/// When something of this module falls due next, for stories.
#[cfg(test)]
pub(crate) async fn next_due(
    db: &noc_storage::relational::Db,
    now: noc_pipeline::clock::UnixMs,
) -> Vec<noc_pipeline::clock::UnixMs> {
    let rows = noc_storage::relational::notification_preferences::all(db.write()).await;
    let mut due = Vec::new();
    for row in rows.unwrap() {
        let preferences = preferences::Preferences::read(&row).unwrap();
        due.extend(preferences.quiet.until(now));
        due.extend(preferences::digest_time(&row, &preferences).and_then(|time| time.next(now)));
    }
    due
}
