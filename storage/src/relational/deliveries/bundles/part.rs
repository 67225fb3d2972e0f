//! Taking deliveries out of messages.

use crate::relational::StoreError;
use crate::relational::deliveries::{self, Column, Entity};
use crate::relational::entity::delivery_bundle as mark;
use crate::relational::entity::notification_delivery::ActiveModel;
use crate::relational::lists::padded;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Takes deliveries out of the messages they were to leave in, or left in: from now on each is a message of its own again. A
/// message's id stays with those that remain in it, for whoever got it takes another message under that id for a copy. In a
/// transaction.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn part(tx: &impl ConnectionTrait, ids: &[i64]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let ids = || padded(ids.iter().copied());
    let remaining: Vec<(i64, i64)> = mark::Entity::find()
        .select_only()
        .column(mark::Column::CarrierId)
        .column(mark::Column::DeliveryId)
        .filter(mark::Column::CarrierId.is_in(ids()))
        .filter(mark::Column::DeliveryId.is_not_in(ids()))
        .order_by_asc(mark::Column::DeliveryId)
        .into_tuple()
        .all(tx)
        .await
        .map_err(StoreError::during("read who else is in a message"))?;
    let mut heirs = BTreeMap::new();
    for (carrier, remains) in remaining {
        heirs.entry(carrier).or_insert(remains);
    }
    mark::Entity::delete_many()
        .filter(mark::Column::DeliveryId.is_in(ids()))
        .exec(tx)
        .await
        .map_err(StoreError::during("take deliveries out of a message"))?;
    for (carrier, heir) in heirs {
        hand_over(tx, carrier, heir).await?;
    }
    Ok(())
}

/// Gives the message of `carrier` to `heir`, and `carrier` an id of its own.
async fn hand_over(tx: &impl ConnectionTrait, carrier: i64, heir: i64) -> Result<(), StoreError> {
    let Some(row) = deliveries::get(tx, carrier).await? else {
        return Ok(());
    };
    for (delivery, id) in [
        (carrier, Uuid::now_v7().to_string()),
        (heir, row.delivery_uuid),
    ] {
        Entity::update_many()
            .set(ActiveModel {
                delivery_uuid: Set(id),
                ..Default::default()
            })
            .filter(Column::Id.eq(delivery))
            .exec(tx)
            .await
            .map_err(StoreError::during("hand a message's id over"))?;
    }
    mark::Entity::update_many()
        .set(mark::ActiveModel {
            carrier_id: Set(heir),
            ..Default::default()
        })
        .filter(mark::Column::CarrierId.eq(carrier))
        .exec(tx)
        .await
        .map_err(StoreError::during("hand a message over"))?;
    Ok(())
}
