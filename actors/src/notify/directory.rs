//! Reads whom the organisation can tell, at the moment a step fires.

use super::channel::{Registry, Settings};
use super::personal::people;
use crate::escalation::recipients::{Account, Directory, OpenChannel};
use crate::oncall;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::{notification_channel, user};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::sync::Arc;

/// Accounts, who of them is on duty at `now`, and the channels that are switched on. Needs no secrets: recipients are not secret.
///
/// # Errors
/// [`StoreError::Query`]. By a schedule that cannot be read nobody is on duty.
pub async fn load(
    conn: &impl ConnectionTrait,
    registry: &Registry,
    now: UnixMs,
) -> Result<Directory, StoreError> {
    let accounts = user::Entity::find()
        .order_by_asc(user::Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read accounts to notify"))?
        .into_iter()
        .map(|row| Account {
            id: row.id,
            name: row.name,
            email: row.email,
            role: row.role,
            active: row.is_active,
        })
        .collect();
    let channels = notification_channel::Entity::find()
        .filter(notification_channel::Column::Enabled.eq(true))
        .order_by_asc(notification_channel::Column::Channel)
        .all(conn)
        .await
        .map_err(StoreError::during("read channels to notify over"))?
        .into_iter()
        .filter_map(|row| {
            let channel = registry.get(&row.channel)?;
            let settings = Settings::new(row.settings.as_object().cloned().unwrap_or_default());
            Some(OpenChannel {
                own: channel.own_recipients(&settings),
                channel: Arc::clone(channel),
            })
        })
        .collect();
    Ok(Directory {
        accounts,
        on_duty: oncall::on_duty(conn, now).await?,
        people: people::load(conn).await?,
        channels,
    })
}
