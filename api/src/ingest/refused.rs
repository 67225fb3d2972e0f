//! Fields that were impossible and stored as null: counted in memory, added to the database every 10 s, so that every
//! node's count is seen on every node, and outlives them.
//!
//! A crash loses what was counted since the last time. Nothing is counted twice: what a failed statement was to add is
//! kept, and a statement adds all of its servers or none.

use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_storage::relational::agent_health::{self, MAX_REFUSED_NAMES, Refused};
use noc_storage::relational::{Db, StoreError};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Servers in one statement.
const ROWS: usize = 500;

/// What was refused since it was last stored.
#[derive(Debug, Default)]
pub(super) struct RefusedFields(Mutex<HashMap<ServerId, Refused>>);

impl RefusedFields {
    /// Counts the refused fields of one request.
    pub(super) fn note(&self, server: ServerId, names: &[String], at: UnixMs) {
        let more = names.len() as u64;
        let names = names.iter().take(MAX_REFUSED_NAMES).cloned();
        let refused = Refused {
            server,
            more,
            fields: names.collect(),
            at,
        };
        self.add(refused);
    }

    fn add(&self, refused: Refused) {
        match self.0.lock().entry(refused.server) {
            Entry::Vacant(place) => {
                place.insert(refused);
            }
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                let more = known.more.saturating_add(refused.more);
                if refused.at >= known.at {
                    *known = refused;
                }
                known.more = more;
            }
        }
    }

    /// Stores what was counted.
    ///
    /// # Errors
    /// What the database says; what was not stored waits for the next time.
    pub(super) async fn store(&self, db: &Db) -> Result<(), StoreError> {
        let mut waiting: Vec<Refused> = self.0.lock().drain().map(|(_, refused)| refused).collect();
        waiting.sort_by_key(|refused| refused.server);
        let mut chunks = waiting.chunks(ROWS);
        while let Some(chunk) = chunks.next() {
            if let Err(error) = agent_health::add_refused(db.write(), chunk).await {
                for refused in chunk.iter().chain(chunks.flatten()) {
                    self.add(refused.clone());
                }
                return Err(error);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_storage::relational::servers;
    use sea_orm::ConnectionTrait;

    const NOW: UnixMs = UnixMs(1_767_225_600_000);

    fn names(count: usize, name: &str) -> Vec<String> {
        vec![name.to_owned(); count]
    }

    #[tokio::test]
    async fn counts_add_up_and_the_last_names_stay() {
        let db = Db::open_temporary().await.unwrap();
        let row = servers::create(db.write(), "web-01", &[], NOW).await;
        let server = row.unwrap().server_id();
        let refused = RefusedFields::default();
        refused.note(server, &names(3, "metrics.cpu_pct"), UnixMs(NOW.0 + 5));
        refused.note(server, &names(40, "metrics.load1"), UnixMs(NOW.0 + 9));
        refused.note(server, &names(1, "disks.late"), NOW);
        refused.note(ServerId(999), &names(1, "metrics.load1"), NOW);
        for _ in 0..2 {
            refused.store(&db).await.unwrap();
            let known = agent_health::of_servers(db.read(), &[server]).await;
            let known = known.unwrap().remove(&server).unwrap();
            assert_eq!(known.refused_total, 44, "and no more the second time");
            assert_eq!(
                known.refused_names(),
                names(MAX_REFUSED_NAMES, "metrics.load1")
            );
        }
    }

    #[tokio::test]
    async fn what_cannot_be_stored_is_kept() {
        let db = Db::open_temporary().await.unwrap();
        let row = servers::create(db.write(), "web-01", &[], NOW).await;
        let server = row.unwrap().server_id();
        let refused = RefusedFields::default();
        refused.note(server, &names(2, "metrics.load1"), NOW);
        let hide = |from: &str, to: &str| format!("ALTER TABLE {from} RENAME TO {to}");
        db.write()
            .execute_unprepared(&hide("agent_health", "hidden"))
            .await
            .unwrap();
        assert!(refused.store(&db).await.is_err());
        db.write()
            .execute_unprepared(&hide("hidden", "agent_health"))
            .await
            .unwrap();
        refused.store(&db).await.unwrap();
        let known = agent_health::of_servers(db.read(), &[server]).await;
        assert_eq!(known.unwrap()[&server].refused_total, 2);
    }
}
