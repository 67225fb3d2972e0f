//! What a process does. All of it by default; a process of a larger installation does a part.

use super::StartError;
use crate::config::Config;
use noc_actors::Parts;
use noc_actors::log_identity::IdentifiedLog;
use noc_actors::notify::{self, NotifyRuntime, NotifySettings};
use noc_actors::runtime::{self, Runtime, RuntimeSettings};
use noc_storage::secrets::FieldKey;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// One role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Takes what agents post.
    Ingest,
    /// Owns partitions: judges, opens and resolves incidents, stores measurements.
    Actors,
    /// Escalates and sends.
    Notify,
    /// Does what recurs.
    Scheduler,
    /// Serves dashboard and API.
    Api,
}

impl Role {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Ingest, "ingest"),
        (Self::Actors, "actors"),
        (Self::Notify, "notify"),
        (Self::Scheduler, "scheduler"),
        (Self::Api, "api"),
    ];
}

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// Every one.
    #[must_use]
    pub fn all() -> Self {
        Role::ALL
            .iter()
            .fold(Self(0), |set, (role, _)| set.with(*role))
    }

    /// This one alone.
    #[must_use]
    pub const fn of(role: Role) -> Self {
        Self(0).with(role)
    }

    /// This one too.
    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u8)
    }

    /// Whether it is among them.
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        self.0 & 1 << role as u8 != 0
    }
}

impl FromStr for Roles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut roles = Self(0);
        for name in text.split(',').map(str::trim) {
            let known = Role::ALL.iter().find(|(_, known)| *known == name);
            let (role, _) = known.ok_or_else(|| {
                let names: Vec<_> = Role::ALL.iter().map(|(_, name)| *name).collect();
                format!("no role {name:?}: there are {}", names.join(", "))
            })?;
            roles = roles.with(*role);
        }
        Ok(roles)
    }
}

/// The roles that run beside the listeners.
pub(super) struct Started {
    runtime: Runtime,
    notify: Option<NotifyRuntime>,
}

pub(super) async fn start(
    parts: &Parts,
    field_key: &Arc<FieldKey>,
    config: &Config,
    roles: Roles,
    identity: Option<Arc<IdentifiedLog>>,
) -> Result<Started, StartError> {
    let day = |days: u64| Duration::from_secs(days * 24 * 3600);
    let keep = &config.retention;
    let settings = RuntimeSettings {
        roles: runtime::Roles {
            ingest: roles.has(Role::Ingest),
            actors: roles.has(Role::Actors),
            notify: roles.has(Role::Notify),
            scheduler: roles.has(Role::Scheduler),
            api: roles.has(Role::Api),
        },
        shared: config.is_shared(),
        identity,
        kept: runtime::Kept {
            log: Duration::from_secs(keep.log_h * 3600),
            dead_letters: day(keep.dead_letter_days),
            raw: day(keep.raw_days),
            hourly: day(keep.hourly_days),
            backup_runs: day(keep.backup_run_days),
        },
        ..RuntimeSettings::default()
    };
    // Notification first: it hears of the first incident that the runtime opens.
    let notify = if roles.has(Role::Notify) {
        let settings = NotifySettings {
            bundling: config.bundling(),
            ..NotifySettings::new(
                config.public_url(),
                config.accounts.timezone,
                config.outbound(),
            )
        };
        Some(notify::start(
            parts.clone(),
            Arc::clone(field_key),
            settings,
        )?)
    } else {
        None
    };
    let runtime = runtime::start(parts.clone(), settings).await?;
    Ok(Started { runtime, notify })
}

impl Started {
    /// What can be seen of the runtime.
    pub(super) const fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Stops them, the ones that cause work for others first; returns when their state is stored.
    pub(super) async fn stop(self) {
        self.runtime.stop().await;
        if let Some(notify) = self.notify {
            notify.stop().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_named_with_commas() {
        let roles: Roles = "ingest, api".parse().unwrap();
        assert!(roles.has(Role::Ingest) && roles.has(Role::Api));
        assert!(!roles.has(Role::Notify));
        assert!(Roles::all().has(Role::Scheduler));
        assert!("ingest,cook".parse::<Roles>().is_err());
        assert!("".parse::<Roles>().is_err());
    }
}
