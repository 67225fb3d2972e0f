//! The parts everything runs on, chosen by address at start.

use noc_pipeline::clock::Clock;
use noc_pipeline::dead_letter::DeadLetters;
use noc_pipeline::id::NodeId;
use noc_pipeline::live::LiveBus;
use noc_pipeline::log::PayloadLog;
use noc_pipeline::snapshot::Snapshots;
use noc_storage::relational::Db;
use noc_storage::series::SeriesStore;
use std::sync::Arc;

/// One set of parts: embedded, or Kafka + QuestDB + MariaDB, or a mixture. Cheap to clone.
#[derive(Clone)]
pub struct Parts {
    /// This process's data directory.
    pub node: NodeId,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The payload log.
    pub log: Arc<dyn PayloadLog>,
    /// Snapshots of actor state.
    pub snapshots: Arc<dyn Snapshots>,
    /// Live events to all nodes.
    pub bus: Arc<dyn LiveBus>,
    /// Records set aside.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// Measurements over time.
    pub series: Arc<dyn SeriesStore>,
    /// Everything with an id.
    pub db: Db,
    /// Our own metrics, served at `/metrics`.
    pub registry: prometheus::Registry,
}
