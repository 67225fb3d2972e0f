//! Servers: enrolment, settings, and the latest values that lists show.
//!
//! Nothing here is written per payload: [`bulk_update`] takes 500 servers a statement. Every change of settings or
//! secret moves `changed_at`, which [`changed_since`] follows, so that the ingest caches need no per-request look-up.

mod latest;
mod list;
mod secrets;

pub use latest::{Latest, LatestMetrics, bulk_update};
pub(in crate::relational) use list::matching;
pub use list::{Listed, SORTS, ServerFilter, list, listed};
pub use secrets::{AgentSecret, Changes, agent_secrets, changed_since, set_secret};

use super::entity::server;
use super::{StoreError, key_text};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::ServerSettings;
use noc_pipeline::id::ServerId;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

/// How a server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Enrolled, nothing received yet.
    Registering,
    /// Reporting.
    Up,
    /// Silent for two intervals.
    Stale,
    /// Incident `server_down` is open.
    Down,
    /// Nobody can say: most of the fleet is silent, or nothing was seen since it was enabled.
    Unknown,
    /// Switched off by an operator.
    Disabled,
}

impl Status {
    /// All of them, worst first: the order of the servers page.
    pub const ALL: [Self; 6] = [
        Self::Down,
        Self::Unknown,
        Self::Stale,
        Self::Registering,
        Self::Up,
        Self::Disabled,
    ];

    /// The name in the database and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registering => "registering",
            Self::Up => "up",
            Self::Stale => "stale",
            Self::Down => "down",
            Self::Unknown => "unknown",
            Self::Disabled => "disabled",
        }
    }

    /// Reads [`Status::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

impl server::Model {
    /// The id as the rest of the system names it.
    #[must_use]
    pub fn server_id(&self) -> ServerId {
        // Ids are counted by the database; 2^32 servers are not met.
        ServerId(u32::try_from(self.id).unwrap_or(u32::MAX))
    }

    /// `tags` as strings; whatever else stands in the array is left out.
    #[must_use]
    pub fn tag_list(&self) -> Vec<String> {
        super::strings(&self.tags)
    }

    /// What its actor needs to know.
    #[must_use]
    pub fn settings(&self) -> ServerSettings {
        ServerSettings {
            server: self.server_id(),
            tags: self.tag_list(),
            active: self.is_active,
        }
    }
}

/// What an agent tells when it enrols; cut where it is longer than anybody reads.
#[derive(Debug, Clone, Default)]
pub struct AgentFacts {
    /// Host name.
    pub hostname: Option<String>,
    /// Operating system.
    pub os: Option<String>,
    /// Processor architecture.
    pub arch: Option<String>,
    /// Its own version.
    pub agent_version: Option<String>,
}

/// What an operator may change; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct ServerPatch {
    /// Unique name.
    pub name: Option<String>,
    /// All of its tags.
    pub tags: Option<Vec<String>>,
    /// Monitoring on or off. Off sets the status to `disabled`; on, to `unknown`, or `registering` if never seen.
    pub is_active: Option<bool>,
    /// Until when it stays off; only looked at when `is_active` is `Some(false)`, otherwise it is taken away.
    pub off_until: Option<UnixMs>,
}

/// Adds a server without an agent.
///
/// # Errors
/// [`StoreError::Refused`] for a name of no or over 190 characters; [`StoreError::Conflict`] if it is taken;
/// [`StoreError::Query`].
pub async fn create(
    conn: &impl ConnectionTrait,
    name: &str,
    tags: &[String],
    now: UnixMs,
) -> Result<server::Model, StoreError> {
    key_text("name", name)?;
    let row = server::ActiveModel {
        name: Set(name.to_owned()),
        tags: Set(json!(tags)),
        status: Set(Status::Registering.name().to_owned()),
        is_active: Set(true),
        changed_at: Set(now.to_datetime()),
        created_at: Set(now.to_datetime()),
        ..Default::default()
    };
    row.insert(conn)
        .await
        .map_err(StoreError::inserting("create a server", "server", name))
}

/// Gives a server a new agent: its facts and the hash of its secret. Ends a permission to enrol again; a server that
/// was never heard of stays `registering`.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Query`].
pub async fn enrol(
    conn: &impl ConnectionTrait,
    server: ServerId,
    facts: AgentFacts,
    secret_hash: &str,
    now: UnixMs,
) -> Result<server::Model, StoreError> {
    let at = now.to_datetime();
    let mut row = required(conn, server).await?.into_active_model();
    let cut = |text: Option<String>, at| text.map(|t| t.chars().take(at).collect::<String>());
    row.hostname = Set(cut(facts.hostname, 255));
    row.os = Set(cut(facts.os, 190));
    row.arch = Set(cut(facts.arch, 32));
    row.agent_version = Set(cut(facts.agent_version, 64));
    row.agent_secret_hash = Set(Some(secret_hash.to_owned()));
    row.secret_changed_at = Set(Some(at));
    row.enrolled_at = Set(Some(at));
    row.re_enrol_until = Set(None);
    row.changed_at = Set(at);
    row.update(conn)
        .await
        .map_err(StoreError::during("enrol a server"))
}

/// Lets an agent enrol until `until` although a secret exists; `None` takes that back.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Query`].
pub async fn allow_re_enrolment(
    conn: &impl ConnectionTrait,
    server: ServerId,
    until: Option<UnixMs>,
    now: UnixMs,
) -> Result<server::Model, StoreError> {
    let mut row = required(conn, server).await?.into_active_model();
    row.re_enrol_until = Set(until.map(UnixMs::to_datetime));
    row.changed_at = Set(now.to_datetime());
    row.update(conn)
        .await
        .map_err(StoreError::during("allow a server to enrol again"))
}

/// Changes what an operator may change.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Refused`] or [`StoreError::Conflict`] as in [`create`];
/// [`StoreError::Query`].
pub async fn update(
    conn: &impl ConnectionTrait,
    server: ServerId,
    patch: ServerPatch,
    now: UnixMs,
) -> Result<server::Model, StoreError> {
    let found = required(conn, server).await?;
    let (was_active, seen) = (found.is_active, found.last_seen_at.is_some());
    let name = patch.name.clone().unwrap_or_default();
    let mut row = found.into_active_model();
    if let Some(name) = patch.name {
        key_text("name", &name)?;
        row.name = Set(name);
    }
    if let Some(tags) = patch.tags {
        row.tags = Set(json!(tags));
    }
    if let Some(is_active) = patch.is_active.filter(|wanted| *wanted != was_active) {
        let status = match (is_active, seen) {
            (false, _) => Status::Disabled,
            (true, true) => Status::Unknown,
            (true, false) => Status::Registering,
        };
        row.is_active = Set(is_active);
        row.status = Set(status.name().to_owned());
    }
    if let Some(is_active) = patch.is_active {
        let until = patch.off_until.filter(|_| !is_active);
        row.disabled_until = Set(until.map(UnixMs::to_datetime));
    }
    row.changed_at = Set(now.to_datetime());
    row.update(conn)
        .await
        .map_err(StoreError::inserting("change a server", "server", name))
}

/// Servers whose time off is over at `now`, `limit` at most.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn time_off_is_over(
    conn: &impl ConnectionTrait,
    now: UnixMs,
    limit: u64,
) -> Result<Vec<ServerId>, StoreError> {
    let found = server::Entity::find()
        .filter(server::Column::IsActive.eq(false))
        .filter(server::Column::DisabledUntil.lte(now.to_datetime()))
        .order_by_asc(server::Column::DisabledUntil)
        .limit(limit)
        .all(conn)
        .await
        .map_err(StoreError::during("find servers whose time off is over"))?;
    Ok(found.iter().map(server::Model::server_id).collect())
}

/// The server with this id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn by_id(
    conn: &impl ConnectionTrait,
    server: ServerId,
) -> Result<Option<server::Model>, StoreError> {
    server::Entity::find_by_id(i64::from(server.0))
        .one(conn)
        .await
        .map_err(StoreError::during("read a server"))
}

/// Every server that is monitored, by id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn monitored(conn: &impl ConnectionTrait) -> Result<Vec<server::Model>, StoreError> {
    server::Entity::find()
        .filter(server::Column::IsActive.eq(true))
        .order_by_asc(server::Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read the monitored servers"))
}

/// The server of this name, in exactly this spelling.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn by_name(
    conn: &impl ConnectionTrait,
    name: &str,
) -> Result<Option<server::Model>, StoreError> {
    server::Entity::find()
        .filter(server::Column::Name.eq(name))
        .one(conn)
        .await
        .map_err(StoreError::during("read a server by name"))
}

/// Deletes a server; its incidents stay, with the name it had. Its id is never used again.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Query`].
pub async fn delete(conn: &impl ConnectionTrait, server: ServerId) -> Result<(), StoreError> {
    let deleted = server::Entity::delete_by_id(i64::from(server.0))
        .exec(conn)
        .await
        .map_err(StoreError::during("delete a server"))?;
    if deleted.rows_affected == 0 {
        return Err(StoreError::not_found("server", server));
    }
    Ok(())
}

async fn required(
    conn: &impl ConnectionTrait,
    server: ServerId,
) -> Result<server::Model, StoreError> {
    by_id(conn, server)
        .await?
        .ok_or_else(|| StoreError::not_found("server", server))
}
