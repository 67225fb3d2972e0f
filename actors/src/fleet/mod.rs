//! What only a look at the whole fleet can tell.
//!
//! ```text
//! partition owners ── pulse, every 3 s ──> fleet_pulse ──> opener (one node, leased): silence decides
//!                                                             │ one transaction: incident, fleet_groups, control_outbox
//! partition actors <── Control::Fleet(Silent | Prior) ── log <┘
//! ```
//!
//! * [`silence`] decides whether so many are silent that it is one trouble; pure. [`opener`] adds the partitions' words
//!   up and stores what it decides; [`pulse`] writes them.
//! * [`campaign`] looks for attackers who are met on many servers at once; [`prior`] for what is usual in the fleet.
//!
//! The incident, what the partitions are told, and the members are stored in one transaction that also checks the lease.
//! So a crash anywhere leaves all of it or nothing; whoever takes over reads it from the database and goes on. Partitions
//! hear of it through the log: their states stay functions of the log alone.

pub mod campaign;
pub(crate) mod opener;
pub(crate) mod prior;
pub(crate) mod pulse;
pub mod silence;

use crate::detect::{Info, Number, Numbers, Rules};
use noc_pipeline::control::Severity;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Unit;
use noc_storage::relational::{StoreError, alert_rules};
use sea_orm::ConnectionTrait;
use std::time::Duration;

/// A server not heard of for so long on the partition clock, two intervals of its metrics, is silent.
pub const SILENT_AFTER: Duration = Duration::from_secs(120);

/// So many servers are silent at once that it is one trouble.
pub const FLEET_SILENT: Info = Info {
    key: "fleet_silent",
    code: 27,
    version: 1,
    kinds: &[],
    also: &[],
    compares_reports: false,
    judges: None,
    name: "Group of servers silent",
    about: "Within 3 min at least 5 and half of a group (tag `dc:`, `rack:` or `hypervisor:`, or a /24), or 20 and 2 % \
            of the fleet, went silent. One incident for all of them; their own are held back.",
    severities: &[Severity::Critical],
    numbers: &[
        Number {
            key: "least",
            unit: Unit::Count,
            default: 5.0,
            min: 2.0,
            max: 10_000.0,
            about: "Fewer silent servers of a group than this are no group",
        },
        Number {
            key: "share_pct",
            unit: Unit::Percent,
            default: 50.0,
            min: 10.0,
            max: 100.0,
            about: "So much of a group must be silent",
        },
        Number {
            key: "fleet_least",
            unit: Unit::Count,
            default: 20.0,
            min: 2.0,
            max: 100_000.0,
            about: "Fewer silent servers than this are not the fleet",
        },
        Number {
            key: "fleet_pct",
            unit: Unit::Percent,
            default: 2.0,
            min: 0.5,
            max: 100.0,
            about: "So much of the fleet must be silent",
        },
    ],
    docs: include_str!("docs/fleet_silent.md"),
};

/// One attacker is met on many servers.
pub const ATTACK_CAMPAIGN: Info = Info {
    key: "attack_campaign",
    code: 28,
    version: 1,
    kinds: &[],
    also: &[],
    compares_reports: false,
    judges: None,
    name: "Attack on many servers",
    about: "One address, or addresses of one /24 (IPv6: /64), attack at least 5 servers and 2 % of the fleet within 10 min.",
    severities: &[Severity::Medium],
    numbers: &[
        Number {
            key: "least",
            unit: Unit::Count,
            default: 5.0,
            min: 2.0,
            max: 10_000.0,
            about: "Fewer attacked servers than this are no campaign",
        },
        Number {
            key: "fleet_pct",
            unit: Unit::Percent,
            default: 2.0,
            min: 0.1,
            max: 100.0,
            about: "So much of the fleet must be attacked",
        },
        Number {
            key: "quiet_s",
            unit: Unit::Seconds,
            default: 1_800.0,
            min: 600.0,
            max: 86_400.0,
            about: "It is over after so long without a sign of it",
        },
    ],
    docs: include_str!("docs/attack_campaign.md"),
};

/// Detectors of the fleet: they judge no single server, and run outside the servers' actors.
#[must_use]
pub const fn fleet_detectors() -> &'static [Info] {
    &[FLEET_SILENT, ATTACK_CAMPAIGN]
}

/// The rules as they are now. Those of the fleet's detectors count where their scope is all servers.
async fn rules(conn: &impl ConnectionTrait) -> Result<Rules, StoreError> {
    let mut rules = Rules::default();
    for row in alert_rules::all(conn).await? {
        match row.as_control() {
            Ok(rule) => rules.set(rule),
            Err(error) => tracing::error!(%error, rule.id = row.id, "a rule cannot be read"),
        }
    }
    Ok(rules)
}

/// No server: only rules for all of them cover it.
const NOBODY: ServerId = ServerId(0);

fn number(rules: &Rules, of: &Info, key: &str) -> f64 {
    let all = Numbers {
        server: NOBODY,
        tags: &[],
        rules,
    };
    all.get(of, key)
}

fn is_off(rules: &Rules, of: &Info) -> bool {
    rules.is_off(of.key, NOBODY, &[])
}

#[cfg(test)]
pub(crate) mod tests;
