//! What a server is made of: a row, written when any of it changes.

use super::{AGAIN, EARLIEST, Fact, digest, storable};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::Inventory;
use noc_pipeline::record::PayloadRecord;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Agents work out the start of their host from its uptime, so it comes a little different each time.
const SAME_BOOT: Duration = Duration::from_secs(120);

/// What was stored last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InventoryMark {
    /// Digest of all but the times.
    told: u64,
    boot_at: UnixMs,
    /// When.
    at: UnixMs,
}

/// The row of a report, where it is to be written.
pub(super) fn take(
    mark: &mut Option<InventoryMark>,
    record: &PayloadRecord,
    told: &Inventory,
) -> Option<Fact> {
    let now = record.event_at;
    let boot_at = storable(told.boot_at).unwrap_or(EARLIEST);
    // What the agent's spool holds at the moment is a measurement and no fact.
    let lasting = Inventory {
        boot_at: UnixMs(0),
        agent_uptime_s: None,
        spool_files: None,
        spool_bytes: None,
        ..told.clone()
    };
    let seen = digest(&lasting);
    let fresh = mark.is_some_and(|known| {
        known.told == seen
            && boot_at.since(known.boot_at) <= SAME_BOOT
            && known.boot_at.since(boot_at) <= SAME_BOOT
            && now.since(known.at) < AGAIN
    });
    if fresh {
        return None;
    }
    *mark = Some(InventoryMark {
        told: seen,
        boot_at,
        at: now,
    });
    Some(Fact::Inventory {
        told: Box::new(lasting),
        boot_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::bench::record as any_record;

    const MINUTE: i64 = 60_000;
    const NOON: i64 = 1_778_155_200_000;

    fn look(mark: &mut Option<InventoryMark>, at: i64, told: &Inventory) -> bool {
        take(mark, &any_record(at, told.clone()), told).is_some()
    }

    fn host() -> Inventory {
        Inventory {
            hostname: "web-1".to_owned(),
            boot_at: UnixMs(NOON - 999 * MINUTE),
            agent_uptime_s: Some(5),
            spool_files: Some(1),
            ..Inventory::default()
        }
    }

    #[test]
    fn what_only_moves_with_time_is_no_change() {
        let mut mark = None;
        let mut told = host();
        assert!(look(&mut mark, NOON, &told));
        for hour in 1..24 {
            told.boot_at = UnixMs(NOON - 999 * MINUTE + if hour % 2 == 0 { 1_500 } else { -900 });
            told.agent_uptime_s = Some(hour * 3_600);
            told.spool_files = Some(hour);
            told.spool_bytes = Some(hour);
            let at = NOON + i64::try_from(hour).unwrap() * 60 * MINUTE;
            assert!(!look(&mut mark, at, &told), "hour {hour}");
        }
        assert!(
            look(&mut mark, NOON + 24 * 60 * MINUTE, &told),
            "once a day"
        );
    }

    #[test]
    fn a_restart_and_every_other_change_is_one() {
        let changes: [fn(&mut Inventory); 9] = [
            |i| i.boot_at = UnixMs(NOON - 3 * MINUTE),
            |i| i.hostname = "web-2".to_owned(),
            |i| i.timezone = "Asia/Dhaka".to_owned(),
            |i| i.kernel_installed = Some("6.2".to_owned()),
            |i| i.panel = Some("cPanel".to_owned()),
            |i| i.addresses = vec!["192.0.2.1".parse().unwrap()],
            |i| i.mail_domains = vec![noc_pipeline::payload::MailDomain::default()],
            |i| i.agent_version = Some("2".to_owned()),
            |i| i.spool_lost_total = Some(1),
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut mark = None;
            let mut told = host();
            assert!(look(&mut mark, NOON, &told));
            change(&mut told);
            assert!(look(&mut mark, NOON + MINUTE, &told), "change {n}");
            assert!(!look(&mut mark, NOON + 2 * MINUTE, &told), "change {n}");
        }
    }

    #[test]
    fn a_start_that_no_clock_can_mean_fits_the_database() {
        let told = Inventory {
            boot_at: UnixMs(0),
            ..host()
        };
        let fact = take(&mut None, &any_record(NOON, told.clone()), &told);
        let Some(Fact::Inventory { boot_at, .. }) = fact else {
            panic!("{fact:?}")
        };
        assert_eq!(boot_at, EARLIEST);
    }
}
