//! The checks behind `/health`: each within 2 s, all at once.

use crate::config::QueueMode;
use noc_actors::Parts;
use noc_actors::runtime::skew::ClockSkew;
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::id::PartitionId;
use noc_pipeline::payload::Kind;
use noc_storage::relational::{Db, StoreError};
use noc_storage::secrets::FieldKey;
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, QueryOrder, QuerySelect};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// No check may take longer.
const BUDGET: Duration = Duration::from_secs(2);

/// What the checks look at.
#[derive(Clone)]
pub struct Subjects {
    /// Log, stores.
    pub parts: Parts,
    /// Must be able to seal and open.
    pub field_key: Arc<FieldKey>,
    /// Directory whose file system must have room.
    pub disk_path: PathBuf,
    /// So many bytes of it.
    pub min_free_bytes: u64,
    /// How the queue is looked at.
    pub queue_mode: QueueMode,
    /// File that the notify role touches.
    pub heartbeat_file: PathBuf,
    /// Age from which the queue counts as stuck.
    pub queue_max_age: Duration,
    /// How far our clock is off, where this node takes payloads.
    pub clock_skew: Option<Arc<ClockSkew>>,
}

/// The outcome of one check.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// Which.
    pub name: &'static str,
    /// Whether it passed.
    pub ok: bool,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// What was found, where that says more than the outcome. Never internals: those are logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What a check found: passed, with a note or without; or not, with the reason.
type Finding = Result<Option<String>, String>;

/// All of them, at once.
pub async fn all(subjects: &Subjects) -> Vec<Check> {
    let (database, series, log, disk, keys, queue) = tokio::join!(
        database(&subjects.parts.db),
        timed("series", series(&subjects.parts)),
        log(&subjects.parts),
        timed("disk", disk(subjects)),
        timed("field_key", keys(subjects)),
        timed("queue", queue(subjects)),
    );
    vec![database, series, log, disk, keys, queue, clock(subjects)]
}

/// Whether our clock may stamp what agents post.
#[must_use]
pub fn clock(subjects: &Subjects) -> Check {
    let now = subjects.parts.clock.now();
    let off = subjects
        .clock_skew
        .as_ref()
        .and_then(|skew| skew.too_far(now));
    Check {
        name: "clock",
        ok: off.is_none(),
        took_ms: 0,
        detail: off,
    }
}

/// Whether the database answers.
pub async fn database(db: &Db) -> Check {
    timed("database", async {
        let answer = db.read().execute_unprepared("SELECT 1").await;
        answer.map(|_| None).map_err(|error| error.to_string())
    })
    .await
}

/// Whether the log answers.
pub async fn log(parts: &Parts) -> Check {
    timed("log", async {
        let bounds = parts.log.bounds(PartitionId(0)).await;
        bounds.map(|_| None).map_err(|error| error.to_string())
    })
    .await
}

async fn timed(name: &'static str, check: impl Future<Output = Finding>) -> Check {
    let watch = Stopwatch::start();
    let finding = match tokio::time::timeout(BUDGET, check).await {
        Ok(finding) => finding,
        Err(_) => Err(format!("no answer within {} ms", BUDGET.as_millis())),
    };
    let took_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Err(reason) = &finding {
        tracing::warn!(check = name, reason, took_ms, "health check failed");
    }
    Check {
        name,
        ok: finding.is_ok(),
        took_ms,
        detail: finding.unwrap_or_else(Some),
    }
}

async fn series(parts: &Parts) -> Finding {
    let latest = parts.series.latest(Kind::Metrics, &[]).await;
    latest.map(|_| None).map_err(|error| error.to_string())
}

async fn disk(subjects: &Subjects) -> Finding {
    let path = subjects.disk_path.clone();
    let needed = subjects.min_free_bytes;
    // A file system that hangs must not hold a worker.
    let free = tokio::task::spawn_blocking(move || fs4::available_space(&path))
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| format!("free space cannot be read: {error}"))?;
    let note = format!("{} MiB free, {} needed", free >> 20, needed >> 20);
    if free >= needed {
        Ok(Some(note))
    } else {
        Err(note)
    }
}

async fn keys(subjects: &Subjects) -> Finding {
    let sealed = subjects
        .field_key
        .encrypt("health", "0", "probe", b"ready")
        .map_err(|error| error.to_string())?;
    let opened = subjects.field_key.decrypt("health", "0", "probe", &sealed);
    match opened {
        Ok(plain) if plain == b"ready" => Ok(Some(format!("key {}", subjects.field_key.id()))),
        Ok(_) => Err("what was sealed opens as something else".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

async fn queue(subjects: &Subjects) -> Finding {
    let now = subjects.parts.clock.now();
    let oldest = match subjects.queue_mode {
        QueueMode::None => return Ok(Some("not checked".to_owned())),
        QueueMode::Db => oldest_due(&subjects.parts.db, now)
            .await
            .map_err(|error| error.to_string())?,
        QueueMode::Filesystem => Some(touched_at(&subjects.heartbeat_file)?),
    };
    let age = oldest.map_or(Duration::ZERO, |at| now.since(at));
    let note = format!(
        "oldest {} s, {} s allowed",
        age.as_secs(),
        subjects.queue_max_age.as_secs()
    );
    if age <= subjects.queue_max_age {
        Ok(Some(note))
    } else {
        Err(note)
    }
}

fn touched_at(path: &std::path::Path) -> Result<UnixMs, String> {
    let told = |what: &dyn std::fmt::Display| format!("heartbeat file {}: {what}", path.display());
    let at: SystemTime = std::fs::metadata(path)
        .and_then(|meta| meta.modified())
        .map_err(|error| told(&error))?;
    let since = at
        .duration_since(UNIX_EPOCH)
        .map_err(|error| told(&error))?;
    Ok(UnixMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}

/// When the oldest delivery fell due that is still waiting.
async fn oldest_due(db: &Db, now: UnixMs) -> Result<Option<UnixMs>, StoreError> {
    use noc_storage::relational::entity::notification_delivery::{Column, Entity};
    let due = Entity::find()
        .select_only()
        .column(Column::NextAttemptAt)
        .filter(Column::Status.is_in(["queued", "retrying"]))
        .filter(Column::NextAttemptAt.lte(now.to_datetime()))
        .order_by_asc(Column::NextAttemptAt)
        .limit(1)
        .into_tuple::<Option<ChronoDateTimeUtc>>()
        .one(db.read())
        .await
        .map_err(StoreError::during("look for the oldest due delivery"))?;
    Ok(due.flatten().map(UnixMs::from))
}
