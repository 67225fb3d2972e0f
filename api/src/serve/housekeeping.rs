//! What the process itself does now and then; what recurs for the data is the runtime's.

use crate::ingest::Ingest;
use actix_web::web::Data;
use noc_pipeline::clock;
use std::path::PathBuf;
use std::time::Duration;

/// Between two looks at the addresses that failed to authenticate.
const FORGET_EVERY: Duration = Duration::from_secs(600);
/// Between two additions of what was counted.
const STORE_EVERY: Duration = Duration::from_secs(10);
/// Between two touches of the heartbeat file.
const TOUCH_EVERY: Duration = Duration::from_secs(10);

/// Forgets addresses whose failures are long past, until aborted.
pub async fn forget_addresses(ingest: Data<Ingest>) {
    loop {
        clock::sleep(FORGET_EVERY).await;
        ingest.failed().forget_old();
    }
}

/// Stores counts of refused fields, until aborted.
pub async fn store_refused_fields(ingest: Data<Ingest>) {
    loop {
        clock::sleep(STORE_EVERY).await;
        ingest.store_refused().await;
    }
}

/// Touches the heartbeat file, until aborted: an outside check sees that this process's timers run.
pub async fn touch_heartbeat(path: PathBuf) {
    let mut failing = false;
    loop {
        match tokio::fs::write(&path, b"").await {
            Ok(()) => failing = false,
            Err(_) if failing => {}
            Err(error) => {
                failing = true;
                tracing::warn!(path = %path.display(), %error, "heartbeat file cannot be written");
            }
        }
        clock::sleep(TOUCH_EVERY).await;
    }
}
