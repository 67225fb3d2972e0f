//! `incident_groups` and `incident_group_members`: which incidents are one trouble to people, and who has taken such a
//! trouble on.
//!
//! Whoever opens an incident first takes its detector's turn ([`take_turn`]): what is looked up after that is true until
//! the commit, so of two servers that show the same trouble at the same moment the second sees the first.

use super::entity::incident_group::{ActiveModel, Column, Entity, Model};
use super::entity::{incident, incident_group_member as member, incident_group_turn as turn};
use super::{StoreError, lists::padded};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, SelectStatement};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait,
    DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _,
};
use std::collections::{HashMap, HashSet};

/// A group to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    /// What makes an incident one of it; cut to 190 characters, as `label` is.
    pub key: String,
    /// `server`, `hypervisor`, `rack`, `dc` or `fleet`.
    pub kind: &'static str,
    /// The one detector of its members.
    pub detector: Option<String>,
    /// For people.
    pub label: String,
}

/// That a group was acknowledged as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cover {
    /// When.
    pub at: UnixMs,
    /// Until when it counts for who joins.
    pub until: UnixMs,
    /// User id.
    pub by: i64,
    /// The worst severity it had then.
    pub severity: Severity,
    /// How many of it were not over then.
    pub size: u32,
    /// How many had joined by then.
    pub joined: u32,
}

/// An incident that is not over, and where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Row of `incidents`.
    pub incident: i64,
    /// Row of `servers`.
    pub server: i64,
    /// Row of `incident_groups`.
    pub group: i64,
    /// The rule that found it, where one did.
    pub rule: Option<i64>,
}

impl Model {
    /// The last acknowledgement of the whole, whether it still counts or not.
    #[must_use]
    pub fn cover(&self) -> Option<Cover> {
        let count = |n: i32| u32::try_from(n).unwrap_or_default();
        Some(Cover {
            at: self.covered_at?.into(),
            until: self.covered_until?.into(),
            by: self.covered_by?,
            severity: Severity::from_name(self.covered_severity.as_deref()?)?,
            size: count(self.covered_size?),
            joined: count(self.covered_joined?),
        })
    }
}

/// Waits until nobody else finds an incident of this detector its group, and keeps others from it until the commit.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn take_turn(tx: &DatabaseTransaction, detector: &str) -> Result<(), StoreError> {
    let operation = "take a detector's turn";
    let locked = || {
        turn::Entity::find_by_id(detector.to_owned())
            .lock_exclusive()
            .one(tx)
    };
    if locked()
        .await
        .map_err(StoreError::during(operation))?
        .is_some()
    {
        return Ok(());
    }
    let row = turn::ActiveModel {
        detector: Set(detector.to_owned()),
    };
    let made = turn::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during(operation));
    if let Err(error) = made
        && !error.is_unique_violation()
    {
        return Err(error);
    }
    locked().await.map_err(StoreError::during(operation))?;
    Ok(())
}

/// Makes a group without members.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn create(
    tx: &impl ConnectionTrait,
    new: NewGroup,
    now: UnixMs,
) -> Result<Model, StoreError> {
    let row = ActiveModel {
        group_key: Set(cut(&new.key)),
        kind: Set(new.kind.to_owned()),
        detector: Set(new.detector),
        label: Set(cut(&new.label)),
        joined: Set(0),
        created_at: Set(now.to_datetime()),
        last_joined_at: Set(now.to_datetime()),
        ..Default::default()
    };
    row.insert(tx)
        .await
        .map_err(StoreError::during("make a group of incidents"))
}

/// As long as the columns of keys and labels are.
fn cut(text: &str) -> String {
    text.chars().take(super::MAX_KEY_CHARACTERS).collect()
}

/// One group.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn get(conn: &impl ConnectionTrait, id: i64) -> Result<Option<Model>, StoreError> {
    Entity::find_by_id(id)
        .one(conn)
        .await
        .map_err(StoreError::during("read a group of incidents"))
}

/// One group, locked until the commit.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Query`].
pub async fn lock(tx: &impl ConnectionTrait, id: i64) -> Result<Model, StoreError> {
    Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during("lock a group of incidents"))?
        .ok_or_else(|| StoreError::not_found("incident group", id))
}

/// The id of the group an incident belongs to.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_incident(
    conn: &impl ConnectionTrait,
    incident: i64,
) -> Result<Option<i64>, StoreError> {
    let row = member::Entity::find_by_id(incident)
        .one(conn)
        .await
        .map_err(StoreError::during("read an incident's group"))?;
    Ok(row.map(|row| row.group_id))
}

/// The ids of the groups that incidents belong to, by incident.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_incidents(
    conn: &impl ConnectionTrait,
    incidents: &[i64],
) -> Result<HashMap<i64, i64>, StoreError> {
    if incidents.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = member::Entity::find()
        .filter(member::Column::IncidentId.is_in(padded(incidents.iter().copied())))
        .all(conn)
        .await
        .map_err(StoreError::during("read incidents' groups"))?;
    let pairs = rows.into_iter().map(|row| (row.incident_id, row.group_id));
    Ok(pairs.collect())
}

/// How many members groups have, those that are over included, by group.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn sizes(
    conn: &impl ConnectionTrait,
    groups: &[i64],
) -> Result<HashMap<i64, u64>, StoreError> {
    if groups.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, i64)> = member::Entity::find()
        .select_only()
        .column(member::Column::GroupId)
        .column_as(member::Column::IncidentId.count(), "members")
        .filter(member::Column::GroupId.is_in(groups.iter().copied()))
        .group_by(member::Column::GroupId)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("count members of groups"))?;
    let counted = rows.into_iter();
    Ok(counted
        .map(|(group, n)| (group, u64::try_from(n).unwrap_or_default()))
        .collect())
}

/// The members of a group by id, at most `most`.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn members(
    conn: &impl ConnectionTrait,
    group: i64,
    most: u64,
) -> Result<Vec<incident::Model>, StoreError> {
    incident::Entity::find()
        .filter(incident::Column::Id.in_subquery(ids_of(group)))
        .order_by_asc(incident::Column::Id)
        .limit(most)
        .all(conn)
        .await
        .map_err(StoreError::during("list members of a group"))
}

/// How many members of a group stand how: status and number.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn standing(
    conn: &impl ConnectionTrait,
    group: i64,
) -> Result<HashMap<String, u64>, StoreError> {
    let rows: Vec<(String, i64)> = incident::Entity::find()
        .select_only()
        .column(incident::Column::Status)
        .column_as(incident::Column::Id.count(), "members")
        .filter(incident::Column::Id.in_subquery(ids_of(group)))
        .group_by(incident::Column::Status)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("count how members of a group stand"))?;
    let counted = rows.into_iter();
    Ok(counted
        .map(|(status, n)| (status, u64::try_from(n).unwrap_or_default()))
        .collect())
}

/// The members of a group that are not over, locked until the commit, by id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn lock_running(
    tx: &impl ConnectionTrait,
    group: i64,
) -> Result<Vec<incident::Model>, StoreError> {
    incident::Entity::find()
        .filter(incident::Column::Id.in_subquery(ids_of(group)))
        .filter(incident::Column::OpenKey.is_not_null())
        .order_by_asc(incident::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await
        .map_err(StoreError::during("lock members of a group"))
}

/// The groups of these keys that an incident may join at `now`: one of them is not over, and one joined since `since`,
/// or who acknowledged it stands for who joins. Of several of one key the newest.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn joinable(
    conn: &impl ConnectionTrait,
    keys: &[String],
    since: UnixMs,
    now: UnixMs,
) -> Result<Vec<Model>, StoreError> {
    let operation = "find groups to join";
    let fresh = Condition::any()
        .add(Column::LastJoinedAt.gte(since.to_datetime()))
        .add(Column::CoveredUntil.gt(now.to_datetime()));
    let candidates = Entity::find()
        .filter(Column::GroupKey.is_in(keys.iter().map(|key| cut(key))))
        .filter(fresh)
        .order_by_desc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during(operation))?;
    let mut found: Vec<Model> = Vec::new();
    for group in candidates {
        let known = found.iter().any(|other| other.group_key == group.group_key);
        if !known && is_running(conn, group.id).await? {
            found.push(group);
        }
    }
    Ok(found)
}

/// Whether a member of the group is not over.
async fn is_running(conn: &impl ConnectionTrait, group: i64) -> Result<bool, StoreError> {
    let one = incident::Entity::find()
        .select_only()
        .column(incident::Column::Id)
        .filter(incident::Column::Id.in_subquery(ids_of(group)))
        .filter(incident::Column::OpenKey.is_not_null())
        .limit(1)
        .into_tuple::<i64>()
        .one(conn)
        .await
        .map_err(StoreError::during("look whether a group is over"))?;
    Ok(one.is_some())
}

/// Incidents of servers that one detector found, that are not over and joined a group since `since`; at most `most`.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn recent(
    conn: &impl ConnectionTrait,
    detector: &str,
    since: UnixMs,
    most: u64,
) -> Result<Vec<Placed>, StoreError> {
    let operation = "find the same trouble of other servers";
    let lately = member::Entity::find()
        .select_only()
        .column(member::Column::IncidentId)
        .filter(member::Column::JoinedAt.gte(since.to_datetime()))
        .into_query();
    let incidents: Vec<(i64, Option<i64>, Option<i64>)> = incident::Entity::find()
        .select_only()
        .column(incident::Column::Id)
        .column(incident::Column::ServerId)
        .column(incident::Column::RuleId)
        .filter(incident::Column::Detector.eq(detector))
        .filter(incident::Column::OpenKey.is_not_null())
        .filter(incident::Column::ServerId.is_not_null())
        .filter(incident::Column::Id.in_subquery(lately))
        .order_by_desc(incident::Column::Id)
        .limit(most)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during(operation))?;
    let ids: Vec<i64> = incidents.iter().map(|(id, ..)| *id).collect();
    let groups = of_incidents(conn, &ids).await?;
    let placed = incidents
        .into_iter()
        .filter_map(|(incident, server, rule)| {
            Some(Placed {
                incident,
                server: server?,
                group: *groups.get(&incident)?,
                rule,
            })
        });
    Ok(placed.collect())
}

/// Which of these groups somebody stands for at `now`, also for who joins.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn covered(
    conn: &impl ConnectionTrait,
    groups: impl Iterator<Item = i64>,
    now: UnixMs,
) -> Result<HashSet<i64>, StoreError> {
    let groups: HashSet<i64> = groups.collect();
    if groups.is_empty() {
        return Ok(groups);
    }
    let rows: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(groups))
        .filter(Column::CoveredUntil.gt(now.to_datetime()))
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during(
            "look which groups somebody has taken on",
        ))?;
    Ok(rows.into_iter().collect())
}

/// Puts an incident into a group, out of the one it was in. The group must be locked.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn join(
    tx: &DatabaseTransaction,
    incident: i64,
    group: i64,
    now: UnixMs,
) -> Result<(), StoreError> {
    let operation = "put an incident into a group";
    let row = member::ActiveModel {
        incident_id: Set(incident),
        group_id: Set(group),
        joined_at: Set(now.to_datetime()),
    };
    let replace = OnConflict::column(member::Column::IncidentId)
        .update_columns([member::Column::GroupId, member::Column::JoinedAt])
        .to_owned();
    member::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during(operation))?;
    grew(tx, group, 1, now).await
}

/// Moves incidents from their groups into another, which must be locked; they keep the time at which they joined.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn move_to(
    tx: &DatabaseTransaction,
    incidents: &[i64],
    group: i64,
    now: UnixMs,
) -> Result<(), StoreError> {
    member::Entity::update_many()
        .col_expr(member::Column::GroupId, Expr::value(group))
        .filter(member::Column::IncidentId.is_in(incidents.iter().copied()))
        .exec(tx)
        .await
        .map_err(StoreError::during("move incidents into a group"))?;
    let more = i32::try_from(incidents.len()).unwrap_or(i32::MAX);
    grew(tx, group, more, now).await
}

async fn grew(
    tx: &DatabaseTransaction,
    group: i64,
    more: i32,
    now: UnixMs,
) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::Joined, Expr::col(Column::Joined).add(more))
        .col_expr(Column::LastJoinedAt, Expr::value(now.to_datetime()))
        .filter(Column::Id.eq(group))
        .exec(tx)
        .await
        .map_err(StoreError::during("note that a group grew"))?;
    Ok(())
}

/// Notes that a group was acknowledged as a whole; the one before no longer counts.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn cover(tx: &DatabaseTransaction, group: i64, cover: Cover) -> Result<(), StoreError> {
    let count = |n: u32| Some(i32::try_from(n).unwrap_or(i32::MAX));
    Entity::update_many()
        .set(ActiveModel {
            covered_at: Set(Some(cover.at.to_datetime())),
            covered_until: Set(Some(cover.until.to_datetime())),
            covered_by: Set(Some(cover.by)),
            covered_severity: Set(Some(cover.severity.name().to_owned())),
            covered_size: Set(count(cover.size)),
            covered_joined: Set(count(cover.joined)),
            ..Default::default()
        })
        .filter(Column::Id.eq(group))
        .exec(tx)
        .await
        .map_err(StoreError::during("cover a group"))?;
    Ok(())
}

/// Ids of a group's members, as part of a statement.
pub(super) fn ids_of(group: i64) -> SelectStatement {
    member::Entity::find()
        .select_only()
        .column(member::Column::IncidentId)
        .filter(member::Column::GroupId.eq(group))
        .into_query()
}
