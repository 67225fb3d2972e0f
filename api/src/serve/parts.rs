//! The set of parts that the settings ask for, each embedded or at its address.
//!
//! Whatever the parts, a process holds the lock of its data directory, whose id is the node's.

use super::{Keys, StartError};
use crate::config::Config;
use noc_actors::Parts;
use noc_actors::log_identity::IdentifiedLog;
use noc_pipeline::clock::{Clock, SystemClock};
use noc_pipeline::dead_letter::DeadLetters;
use noc_pipeline::embedded::{DataDir, Embedded, EmbeddedOptions};
use noc_pipeline::id::{LogId, NodeId};
use noc_pipeline::kafka::{Kafka, KafkaOptions};
use noc_pipeline::live::LiveBus;
use noc_pipeline::log::PayloadLog;
use noc_pipeline::snapshot::Snapshots;
use noc_storage::relational::partitions::database_now;
use noc_storage::relational::{Db, DbOptions, nodes};
use noc_storage::series::SeriesStore;
use noc_storage::series::embedded::EmbeddedSeries;
use noc_storage::series::questdb::QuestDbSeries;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A node not seen for this long is gone.
const NODE_GONE: Duration = Duration::from_secs(15);

/// Parts, and the keys they were opened with.
pub struct SystemParts {
    /// Log, stores, bus, clock.
    pub parts: Parts,
    /// Keys.
    pub keys: Keys,
    /// Tells which log is read, where the log cannot.
    pub identity: Option<Arc<IdentifiedLog>>,
    /// The lock of the data directory, where no embedded part holds it.
    pub data_dir: Option<DataDir>,
}

/// What the pipeline gives, wherever it is.
struct Pipeline {
    node: NodeId,
    log: Arc<dyn PayloadLog>,
    snapshots: Arc<dyn Snapshots>,
    bus: Arc<dyn LiveBus>,
    dead_letters: Arc<dyn DeadLetters>,
    identity: Option<Arc<IdentifiedLog>>,
    data_dir: Option<DataDir>,
}

/// Opens the parts. A second process on the same data directory is refused, and a second node where not every part of
/// both can be shared.
///
/// # Errors
/// See [`StartError`].
pub async fn open(config: &Config) -> Result<SystemParts, StartError> {
    let dir = config.storage.data_dir.clone();
    std::fs::create_dir_all(&dir).map_err(|source| StartError::Directory {
        path: dir.clone(),
        source,
    })?;
    // The lock first: nothing is touched beside another process.
    let place = match config.kafka_options() {
        Some(options) => Place::Kafka(DataDir::open(&dir)?, options),
        None => Place::Here(open_embedded(config).await?),
    };
    let keys = Keys::load(config)?;
    let db = open_database(config, &keys).await?;
    let pipeline = match place {
        Place::Kafka(data_dir, options) => open_kafka(data_dir, options, &db).await?,
        Place::Here(pipeline) => pipeline,
    };
    alone_or_shared(config, &db, pipeline.node).await?;
    let parts = Parts {
        node: pipeline.node,
        clock: Arc::new(SystemClock),
        log: pipeline.log,
        snapshots: pipeline.snapshots,
        bus: pipeline.bus,
        dead_letters: pipeline.dead_letters,
        series: open_series(config).await?,
        db,
        registry: prometheus::Registry::new(),
    };
    Ok(SystemParts {
        parts,
        keys,
        identity: pipeline.identity,
        data_dir: pipeline.data_dir,
    })
}

/// Where the pipeline is, before it is opened.
enum Place {
    Here(Pipeline),
    Kafka(DataDir, KafkaOptions),
}

async fn open_embedded(config: &Config) -> Result<Pipeline, StartError> {
    let (dir, options) = (config.storage.data_dir.clone(), embedded_options(config));
    // Opening reads what a crash left behind: not on a thread that others wait for.
    let open = move || Embedded::open(&dir, options);
    let embedded = tokio::task::spawn_blocking(open).await??;
    Ok(Pipeline {
        node: embedded.node,
        log: embedded.log,
        snapshots: embedded.snapshots,
        bus: embedded.bus,
        dead_letters: embedded.dead_letters,
        identity: None,
        data_dir: None,
    })
}

async fn open_kafka(
    data_dir: DataDir,
    options: KafkaOptions,
    db: &Db,
) -> Result<Pipeline, StartError> {
    let kind = format!("kafka:{}", options.topic("payloads"));
    // The id that the database gives the log takes the place of this one.
    let kafka = Kafka::connect(options)
        .await?
        .open(LogId(Uuid::nil()))
        .await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let log = IdentifiedLog::open(kafka.log, &kind, db.clone(), clock).await?;
    Ok(Pipeline {
        node: data_dir.node,
        log: Arc::clone(&log) as Arc<dyn PayloadLog>,
        snapshots: kafka.snapshots,
        bus: kafka.bus,
        dead_letters: kafka.dead_letters,
        identity: Some(log),
        data_dir: Some(data_dir),
    })
}

/// Opens the series store alone.
///
/// # Errors
/// When the embedded one is in use or damaged, or the settings of the other cannot be right.
pub async fn open_series(config: &Config) -> Result<Arc<dyn SeriesStore>, StartError> {
    if let Some(options) = config.questdb_options()? {
        return Ok(Arc::new(QuestDbSeries::open(options).await?));
    }
    let dir = config.storage.data_dir.clone();
    let open = move || EmbeddedSeries::open(&dir);
    let series = tokio::task::spawn_blocking(open).await??;
    Ok(Arc::new(series))
}

/// Opens what keeps records set aside, alone.
///
/// # Errors
/// When the embedded one is in use, or Kafka does not answer.
pub async fn open_dead_letters(config: &Config) -> Result<Arc<dyn DeadLetters>, StartError> {
    if let Some(options) = config.kafka_options() {
        let kafka = Kafka::connect(options)
            .await?
            .open(LogId(Uuid::nil()))
            .await?;
        return Ok(kafka.dead_letters);
    }
    Ok(open_embedded(config).await?.dead_letters)
}

/// Opens the log, to append to, and what keeps records set aside.
///
/// # Errors
/// When the embedded ones are in use, or Kafka does not answer.
pub async fn open_log(
    config: &Config,
) -> Result<(Arc<dyn PayloadLog>, Arc<dyn DeadLetters>), StartError> {
    if let Some(options) = config.kafka_options() {
        let kafka = Kafka::connect(options)
            .await?
            .open(LogId(Uuid::nil()))
            .await?;
        return Ok((kafka.log, kafka.dead_letters));
    }
    let pipeline = open_embedded(config).await?;
    Ok((pipeline.log, pipeline.dead_letters))
}

/// How the settings want the embedded log.
#[must_use]
pub fn embedded_options(config: &Config) -> EmbeddedOptions {
    EmbeddedOptions {
        partitions: config.storage.log_partitions,
        min_free_bytes: config.storage.min_free_mib << 20,
        ..EmbeddedOptions::default()
    }
}

/// Opens the relational store alone: commands do so beside a running server.
///
/// # Errors
/// When it cannot be opened or migrated.
pub async fn open_database(config: &Config, keys: &Keys) -> Result<Db, StartError> {
    let Some(url) = &config.database.url else {
        let url = sqlite_url(&config.storage.data_dir);
        return Ok(Db::open(&url, DbOptions::new(keys.chain.clone())).await?);
    };
    let options = config.database_options(keys.chain.clone());
    let db = Db::open(url.expose(), options.clone()).await?;
    Ok(match &config.database.read_url {
        Some(replica) => db.reading_from(replica.expose(), &options)?,
        None => db,
    })
}

fn sqlite_url(dir: &Path) -> String {
    format!("sqlite://{}", dir.join("noc.sqlite").display())
}

/// Refuses a second node unless its parts and the others' can all be shared.
async fn alone_or_shared(config: &Config, db: &Db, me: NodeId) -> Result<(), StartError> {
    let now = database_now(db.write()).await?;
    let living = nodes::alive_since(db.write(), now.minus(NODE_GONE)).await?;
    let others = living.iter().filter(|node| node.id != me.to_string());
    let apart = others.filter(|node| !(node.shared && config.is_shared()));
    match apart.map(|node| node.id.clone()).next() {
        Some(node) => Err(StartError::NotShared { node }),
        None => Ok(()),
    }
}
