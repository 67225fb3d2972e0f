//! The notify role on a database of its own, with rows in it, and one channel that takes everything at once. Each incident
//! is told to somebody else: how much one person is told has limits of its own.

use async_trait::async_trait;
use noc_actors::Parts;
use noc_actors::escalation::{PolicySnapshot, Position};
use noc_actors::notify::channel::{Channel, Field, Outcome, Reach, Registry, Settings};
use noc_actors::notify::idempotency::MessageIdentity;
use noc_actors::notify::message::{Kind, Message};
use noc_actors::notify::outbound::Outbound;
use noc_actors::notify::{self, NotifyRuntime, NotifySettings};
use noc_api::config::{Config, Sources};
use noc_api::serve::{self, SystemParts};
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::{execution, incident, notification_delivery as delivery};
use noc_storage::relational::notification_channels::{self, ChannelDraft};
use noc_storage::secrets::FieldKey;
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder, QuerySelect};
use serde_json::Map;
use std::error::Error;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Key of the channel.
const SINK: &str = "sink";
/// Rows of one statement.
const BULK: usize = 500;

/// Takes everything at once, and counts it.
#[derive(Clone, Default)]
pub struct Sink(Arc<AtomicU64>);

#[async_trait]
impl Channel for Sink {
    fn key(&self) -> &'static str {
        SINK
    }

    fn label(&self) -> &'static str {
        SINK
    }

    fn fields(&self) -> &'static [Field] {
        &[]
    }

    fn reach(&self) -> Reach {
        Reach::Email
    }

    fn destination_fields(&self) -> &'static [&'static str] {
        &[]
    }

    fn own_recipients(&self, _: &Settings) -> Vec<String> {
        Vec::new()
    }

    fn normalise(&self, address: &str) -> Option<String> {
        Some(address.to_owned())
    }

    async fn send(&self, _: &Settings, _: &Message) -> Outcome {
        self.0.fetch_add(1, Ordering::Relaxed);
        Outcome::Accepted { provider_id: None }
    }
}

impl Sink {
    /// Messages taken so far.
    pub fn taken(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Parts without anything running on them.
pub struct House {
    pub parts: Parts,
    pub sink: Sink,
    field_key: Arc<FieldKey>,
    // Last: whoever uses it goes first.
    _dir: tempfile::TempDir,
}

impl House {
    /// On embedded parts, the database at `url` in place of the embedded one where there is one.
    pub async fn open(url: Option<&str>) -> Result<Self, Box<dyn Error>> {
        let dir = tempfile::tempdir()?;
        let mut config = match url {
            None => Config::default(),
            Some(url) => on_database(url)?,
        };
        config.storage.data_dir = dir.path().join("data");
        config.storage.min_free_mib = 1;
        let SystemParts { parts, keys, .. } = serve::open(&config).await?;
        let draft = ChannelDraft {
            enabled: true,
            settings: Map::new(),
            secrets: None,
        };
        let now = parts.clock.now();
        notification_channels::put(parts.db.write(), &keys.field, SINK, draft, now).await?;
        Ok(Self {
            parts,
            sink: Sink::default(),
            field_key: Arc::new(keys.field.clone()),
            _dir: dir,
        })
    }

    /// Starts escalation and delivery.
    pub fn start(&self) -> Result<NotifyRuntime, Box<dyn Error>> {
        let url = "http://127.0.0.1";
        let settings = NotifySettings::new(url, chrono_tz::UTC, Outbound::default());
        let registry = Registry::empty().with(Arc::new(self.sink.clone()));
        let (parts, key) = (self.parts.clone(), Arc::clone(&self.field_key));
        Ok(notify::start_with(parts, key, &settings, registry)?)
    }

    /// Opens incidents of high severity, number `n` with an escalation of one step that is due at `due(n)`. No number
    /// may be used twice.
    pub async fn open_incidents(
        &self,
        numbers: Range<usize>,
        due: impl Fn(usize) -> Option<UnixMs>,
    ) -> Result<(), Box<dyn Error>> {
        let at = self.parts.clock.now().to_datetime();
        let db = self.parts.db.write();
        let mut first = numbers.start;
        while first < numbers.end {
            let chunk = first..numbers.end.min(first + BULK);
            let rows = chunk.clone().map(|n| incident::ActiveModel {
                detector: Set("service_down".to_owned()),
                server_name: Set(format!("web-{n}")),
                subject: Set("exim".to_owned()),
                dedup_hash: Set(format!("{n:064}")),
                open_key: Set(Some(format!("{n:064}"))),
                severity: Set("high".to_owned()),
                status: Set("open".to_owned()),
                title: Set(format!("exim is down on web-{n}")),
                observed: Set(Some("no process in 2 reports".to_owned())),
                expected: Set(Some("running".to_owned())),
                opened_at: Set(at),
                last_seen_at: Set(at),
                occurrences: Set(2),
                changed_at: Set(at),
                ..Default::default()
            });
            incident::Entity::insert_many(rows)
                .exec_without_returning(db)
                .await?;
            let ids = newest_incidents(db, chunk.len()).await?;
            let mut policies = Vec::with_capacity(chunk.len());
            for id in &ids {
                policies.push(serde_json::to_value(policy(*id))?);
            }
            let told = ids.into_iter().zip(policies);
            let rows = chunk
                .clone()
                .zip(told)
                .map(|(n, told)| execution::ActiveModel {
                    incident_id: Set(told.0),
                    generation: Set(Uuid::now_v7().to_string()),
                    policy: Set(told.1),
                    next_step: Set(0),
                    pass: Set(0),
                    due_at: Set(due(n).map(UnixMs::to_datetime)),
                    state: Set("armed".to_owned()),
                    row_version: Set(1),
                    created_at: Set(at),
                    updated_at: Set(at),
                    ..Default::default()
                });
            execution::Entity::insert_many(rows)
                .exec_without_returning(db)
                .await?;
            first = chunk.end;
        }
        Ok(())
    }

    /// Queues the message of every escalation's first step.
    pub async fn queue_all(&self) -> Result<(), Box<dyn Error>> {
        let at = self.parts.clock.now().to_datetime();
        let db = self.parts.db.write();
        let executions = execution::Entity::find()
            .order_by_asc(execution::Column::Id)
            .all(db)
            .await?;
        for chunk in executions.chunks(BULK) {
            let mut rows = Vec::with_capacity(chunk.len());
            for row in chunk {
                let to = recipient(row.incident_id);
                let identity = MessageIdentity {
                    incident: row.incident_id,
                    generation: Uuid::parse_str(&row.generation)?,
                    position: Some(Position::START),
                    channel: SINK,
                    recipient_key: &to,
                    kind: Kind::Problem.name(),
                };
                rows.push(delivery::ActiveModel {
                    incident_id: Set(Some(row.incident_id)),
                    execution_id: Set(Some(row.id)),
                    step: Set(Some(0)),
                    pass: Set(Some(0)),
                    kind: Set(identity.kind.to_owned()),
                    channel: Set(SINK.to_owned()),
                    idempotency_key: Set(identity.key()),
                    recipient: Set(to.clone()),
                    recipient_key: Set(to),
                    status: Set("queued".to_owned()),
                    attempts: Set(0),
                    next_attempt_at: Set(Some(at)),
                    delivery_uuid: Set(Uuid::now_v7().to_string()),
                    created_at: Set(at),
                    updated_at: Set(at),
                    ..Default::default()
                });
            }
            delivery::Entity::insert_many(rows)
                .exec_without_returning(db)
                .await?;
        }
        Ok(())
    }
}

/// Whom an incident is told to.
fn recipient(incident: i64) -> String {
    format!("owner-{incident}@bench.test")
}

/// One step, for one person.
fn policy(incident: i64) -> PolicySnapshot {
    let mut policy = PolicySnapshot::flat(1, "bench", vec![SINK.to_owned()]);
    for step in &mut policy.steps {
        step.targets.external = vec![recipient(incident)];
    }
    policy
}

/// Ids of the incidents that were written last, oldest first.
async fn newest_incidents(
    db: &impl sea_orm::ConnectionTrait,
    count: usize,
) -> Result<Vec<i64>, sea_orm::DbErr> {
    let mut ids: Vec<i64> = incident::Entity::find()
        .select_only()
        .column(incident::Column::Id)
        .order_by_desc(incident::Column::Id)
        .limit(count as u64)
        .into_tuple()
        .all(db)
        .await?;
    ids.reverse();
    Ok(ids)
}

/// The settings of a node on a database of this address; its keys are of no use to anybody.
fn on_database(url: &str) -> Result<Config, Box<dyn Error>> {
    let environment = [
        ("NOC_DATABASE_URL", url.to_owned()),
        ("COREPANEL_FIELD_KEY", "11".repeat(32)),
        ("COREPANEL_LOG_CHAIN_KEY", "22".repeat(32)),
        ("NOC_LIVE_KEY", "live-key-of-benches".to_owned()),
        ("NOC_LIVE_SECRET", "33".repeat(32)),
    ];
    let sources = Sources {
        file: None,
        environment: environment
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
    };
    let (config, _) = Config::load(&sources).map_err(|errors| format!("{errors:?}"))?;
    Ok(config)
}
