//! Servers that were switched off until some time are switched on again.

use crate::{Parts, control};
use noc_pipeline::control::Control;
use noc_pipeline::id::ServerId;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::servers::{self, ServerPatch};
use noc_storage::relational::{NewSecurityEvent, SecurityLevel, StoreError};
use serde_json::json;
use std::error::Error;

/// Servers at once; the others have their turn at the next look.
const CHUNK: u64 = 500;

/// Switches them on; how many those were. A server that somebody switched meanwhile stays as they left it.
pub(super) async fn end(parts: &Parts) -> Result<u64, Box<dyn Error>> {
    let now = parts.clock.now();
    let over = servers::time_off_is_over(parts.db.read(), now, CHUNK).await?;
    let mut ended = 0;
    for server in over {
        if switch_on(parts, server).await? {
            parts.bus.publish(LiveEvent::ServerUpdated { server }).await;
            ended += 1;
        }
    }
    if ended > 0 {
        parts.bus.publish(LiveEvent::CredentialsChanged).await;
        control::publish(parts).await?;
    }
    Ok(ended)
}

async fn switch_on(parts: &Parts, server: ServerId) -> Result<bool, StoreError> {
    let now = parts.clock.now();
    let (db, partitions) = (parts.db.clone(), parts.log.partitions());
    parts
        .db
        .transaction("end a server's time off", |tx| {
            let db = db.clone();
            Box::pin(async move {
                let still = servers::by_id(tx, server).await?.is_some_and(|row| {
                    let over = row.disabled_until.is_some_and(|at| at <= now.to_datetime());
                    !row.is_active && over
                });
                if !still {
                    return Ok(false);
                }
                let on = ServerPatch {
                    is_active: Some(true),
                    ..ServerPatch::default()
                };
                let row = servers::update(tx, server, on, now).await?;
                let settings = Control::ServerSettings(row.settings());
                control::stage(tx, &settings, partitions, now).await?;
                let event = NewSecurityEvent {
                    at: now,
                    level: SecurityLevel::Info,
                    event_type: "admin_activity",
                    action: "enable_agent",
                    actor_id: None,
                    actor_ip: None,
                    subject: Some(format!("server:{server}")),
                    payload: json!({ "by": "the end of its time off" }),
                };
                db.security().append(tx, event).await?;
                Ok(true)
            })
        })
        .await
}
