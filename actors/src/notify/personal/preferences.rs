//! What a person wrote, read from its row.

use super::EMAIL;
use super::digest_time::DigestTime;
use super::quiet::{DAY_MINUTES, QuietHours};
use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::user_notification_preference::Model;
use noc_storage::relational::notification_preferences::ChannelChoice;
use std::collections::{BTreeMap, BTreeSet};

/// What everybody is told of who chose nothing else.
pub const DEFAULT_SEVERITIES: [Severity; 2] = [Severity::High, Severity::Critical];

/// When a digest is sent where nothing else was chosen: 09:00.
pub const DEFAULT_DIGEST_MINUTE: u32 = 9 * 60;

/// A person's preferences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    /// By channel key; one that is not named is off.
    pub channels: BTreeMap<String, ChannelChoice>,
    /// What flat lists of channels tell them of.
    pub severities: BTreeSet<Severity>,
    /// When they want to be left alone.
    pub quiet: QuietHours,
    /// One message a day instead of one for each event, by e-mail.
    pub digest: bool,
    /// Minute of the day of that message.
    pub digest_minute: u32,
}

impl Preferences {
    /// Those of whoever never saved any: e-mail at the account's own address, critical and high, no quiet hours.
    #[must_use]
    pub fn unsaved(zone: Tz) -> Self {
        let own = ChannelChoice {
            enabled: true,
            contact_id: None,
        };
        Self {
            channels: BTreeMap::from([(EMAIL.to_owned(), own)]),
            severities: DEFAULT_SEVERITIES.into(),
            quiet: QuietHours {
                start: 0,
                end: 0,
                zone,
                block_critical: false,
            },
            digest: false,
            digest_minute: DEFAULT_DIGEST_MINUTE,
        }
    }

    /// Reads a row. A severity that this version does not know is left out.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a column does not hold what was written there.
    pub fn read(row: &Model) -> Result<Self, StoreError> {
        let damaged = |reason: String| {
            StoreError::damaged("user_notification_preferences", row.user_id, reason)
        };
        let minute = |value: i32| {
            u32::try_from(value)
                .ok()
                .filter(|minute| *minute < DAY_MINUTES)
                .ok_or_else(|| damaged(format!("{value} is no minute of a day")))
        };
        let zone = row
            .timezone
            .parse::<Tz>()
            .map_err(|_| damaged(format!("{} is no time zone", row.timezone)))?;
        let severities = row.severity_names();
        Ok(Self {
            channels: row.choices(),
            severities: severities
                .iter()
                .filter_map(|name| Severity::from_name(name))
                .collect(),
            quiet: QuietHours {
                start: minute(row.quiet_start)?,
                end: minute(row.quiet_end)?,
                zone,
                block_critical: row.block_critical,
            },
            digest: row.digest_enabled,
            digest_minute: minute(row.digest_minute)?,
        })
    }

    /// What was chosen for a channel.
    #[must_use]
    pub fn choice(&self, channel: &str) -> ChannelChoice {
        self.channels.get(channel).copied().unwrap_or_default()
    }
}

/// When the daily message of a row is due; `None`: it is off.
#[must_use]
pub fn digest_time(row: &Model, preferences: &Preferences) -> Option<DigestTime> {
    preferences.digest.then(|| DigestTime {
        minute: preferences.digest_minute,
        zone: preferences.quiet.zone,
        since: row.digest_since.unwrap_or(row.updated_at).into(),
        last_at: row.digest_last_at.map(UnixMs::from),
    })
}
