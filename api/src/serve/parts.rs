//! The set of parts that the settings ask for.

use super::{Keys, StartError};
use crate::config::Config;
use noc_actors::Parts;
use noc_pipeline::clock::SystemClock;
use noc_pipeline::embedded::{Embedded, EmbeddedOptions};
use noc_storage::relational::{Db, DbOptions};
use noc_storage::series::embedded::EmbeddedSeries;
use std::path::Path;
use std::sync::Arc;

/// Parts, and the keys they were opened with.
pub struct SystemParts {
    /// Log, stores, bus, clock.
    pub parts: Parts,
    /// Keys.
    pub keys: Keys,
}

/// Opens the embedded parts below the data directory. A second process on the same directory is refused.
///
/// # Errors
/// See [`StartError`].
pub async fn open_embedded(config: &Config) -> Result<SystemParts, StartError> {
    let dir = config.storage.data_dir.clone();
    std::fs::create_dir_all(&dir).map_err(|source| StartError::Directory {
        path: dir.clone(),
        source,
    })?;
    let options = embedded_options(config);
    // Opening reads what a crash left behind: not on a thread that others wait for.
    let (embedded, series) = tokio::task::spawn_blocking(move || {
        let embedded = Embedded::open(&dir, options)?;
        let series = EmbeddedSeries::open(&dir)?;
        Ok::<_, StartError>((embedded, series))
    })
    .await??;
    let keys = Keys::load(config)?;
    let parts = Parts {
        node: embedded.node,
        clock: Arc::new(SystemClock),
        log: embedded.log,
        snapshots: embedded.snapshots,
        bus: embedded.bus,
        dead_letters: embedded.dead_letters,
        series: Arc::new(series),
        db: open_database(config, &keys).await?,
        registry: prometheus::Registry::new(),
    };
    Ok(SystemParts { parts, keys })
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
    let url = sqlite_url(&config.storage.data_dir);
    Ok(Db::open(&url, DbOptions::new(keys.chain.clone())).await?)
}

fn sqlite_url(dir: &Path) -> String {
    format!("sqlite://{}", dir.join("noc.sqlite").display())
}
