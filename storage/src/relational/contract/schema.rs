//! Tables, types, migrations.

use super::T0;
use crate::relational::entity::{
    agent_health, alert_rule, backup_run, contact, control_outbox, cron_check, delivery_assurance,
    delivery_attempt, delivery_bundle, delivery_gate, digest, early_receipt, escalation_policy,
    escalation_step, execution, fleet_group, fleet_prior, fleet_pulse, incident, incident_group,
    incident_group_member, incident_group_turn, incident_timeline, inventory, job, log, log_mark,
    mail_abuse_case, mail_abuse_transition, mail_allowance, maintenance_window, message_template,
    node, notification_channel, notification_delivery, on_call_calendar_token, on_call_handoff,
    on_call_member, on_call_override, on_call_schedule, partition, quiet_hold, rate_limit,
    registration_token, security_chain, security_event_log, server, server_cursor, server_probe,
    session, user, user_notification_preference, wall_token,
};
use crate::relational::{Db, StoreError};
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, Statement,
};
use serde_json::json;

/// Each column an entity names is in its table.
pub async fn every_entity_matches_its_table(db: &Db) {
    macro_rules! read_all {
        ($($module:ident),+ $(,)?) => {
            $(
                $module::Entity::find()
                    .all(db.read())
                    .await
                    .expect(stringify!($module));
            )+
        };
    }
    read_all!(
        agent_health,
        alert_rule,
        backup_run,
        contact,
        control_outbox,
        cron_check,
        delivery_assurance,
        delivery_attempt,
        delivery_bundle,
        delivery_gate,
        digest,
        early_receipt,
        escalation_policy,
        escalation_step,
        execution,
        fleet_group,
        fleet_prior,
        fleet_pulse,
        incident,
        incident_group,
        incident_group_member,
        incident_group_turn,
        incident_timeline,
        inventory,
        job,
        log,
        log_mark,
        mail_abuse_case,
        mail_abuse_transition,
        mail_allowance,
        maintenance_window,
        message_template,
        node,
        notification_channel,
        notification_delivery,
        on_call_calendar_token,
        on_call_handoff,
        on_call_member,
        on_call_override,
        on_call_schedule,
        partition,
        quiet_hold,
        rate_limit,
        registration_token,
        security_chain,
        security_event_log,
        server,
        server_cursor,
        server_probe,
        session,
        user,
        user_notification_preference,
        wall_token,
    );
}

/// A database that is up to date is left as it is.
pub async fn opening_twice_migrates_once(db: &Db) {
    use crate::relational::migration::Migrator;
    use sea_orm_migration::MigratorTrait;
    Migrator::up(db.write().pool(), None).await.unwrap();
    let pending = Migrator::get_pending_migrations(db.write().pool()).await;
    assert!(pending.unwrap().is_empty());
    assert_eq!(super::count::<security_chain::Entity>(db).await, 1);
}

/// What is written is what is read: milliseconds, nested JSON, four-byte characters, absent values.
pub async fn times_json_and_text_come_back_exactly(db: &Db) {
    let at = T0.to_datetime();
    let tags = json!(["dc:dhaka", "Ünï ✓ 🚀", "quote\"d", {"deep": [1, null, true]}]);
    let row = server::ActiveModel {
        name: Set("Wëb 🚀 ০১".to_owned()),
        tags: Set(tags.clone()),
        status: Set("up".to_owned()),
        is_active: Set(true),
        cpu: Set(Some(0.1)),
        changed_at: Set(at),
        created_at: Set(at),
        ..Default::default()
    };
    let id = row.insert(db.write()).await.unwrap().id;
    let read = server::Entity::find_by_id(id).one(db.read()).await.unwrap();
    let read = read.unwrap();
    assert_eq!((read.changed_at, read.created_at), (at, at));
    assert_eq!((read.tags, read.name.as_str()), (tags, "Wëb 🚀 ০১"));
    assert_eq!(
        (read.cpu, read.ram, read.last_seen_at),
        (Some(0.1), None, None)
    );
    assert!(read.is_active);

    // Text compares by bytes: another case is another name.
    let lower = Statement::from_sql_and_values(
        db.read().get_database_backend(),
        "SELECT id FROM servers WHERE name = ?",
        ["wëb 🚀 ০১".into()],
    );
    assert!(db.read().query_one_raw(lower).await.unwrap().is_none());
}

/// Times compare and sort as times, also where the database keeps them as text: with and without milliseconds, over
/// the turn of a second and a year, from 1970-01-01T00:00:01Z to 2038-01-19T03:14:07Z, the range of a bound time on
/// MariaDB 10.
pub async fn times_compare_as_times(db: &Db) {
    let second = 1_798_761_600_000; // 2027-01-01T00:00:00Z
    let times = [
        1_000,
        1_999,
        second - 1_000,
        second - 1,
        second,
        second + 1,
        second + 10,
        second + 100,
        second + 999,
        second + 1_000,
        i64::from(i32::MAX) * 1_000,
    ];
    for (n, at) in times.iter().enumerate() {
        let row = node::ActiveModel {
            id: Set(n.to_string()),
            started_at: Set(UnixMs(*at).to_datetime()),
            last_seen_at: Set(UnixMs(*at).to_datetime()),
            ..Default::default()
        };
        row.insert(db.write()).await.unwrap();
    }
    let sorted = node::Entity::find().order_by_asc(node::Column::LastSeenAt);
    let sorted = sorted.all(db.read()).await.unwrap();
    let read: Vec<i64> = sorted
        .iter()
        .map(|r| UnixMs::from(r.last_seen_at).0)
        .collect();
    assert_eq!(read, times);
    for at in times {
        let since = node::Entity::find()
            .filter(node::Column::LastSeenAt.gte(UnixMs(at).to_datetime()))
            .count(db.read());
        let expected = times.iter().filter(|t| **t >= at).count() as u64;
        assert_eq!(since.await.unwrap(), expected, "since {at}");
    }
}

/// MariaDB refuses a text that is too long, and would again: nobody may go on trying. SQLite keeps it.
pub async fn a_value_that_does_not_fit_is_no_trouble_of_the_database(db: &Db) {
    let row = node::ActiveModel {
        id: Set("x".repeat(99)),
        started_at: Set(T0.to_datetime()),
        last_seen_at: Set(T0.to_datetime()),
        ..Default::default()
    };
    let stored = row.insert(db.write()).await;
    if db.write().get_database_backend() == sea_orm::DbBackend::MySql {
        let error = StoreError::during("store a long text")(stored.unwrap_err());
        assert!(error.is_bad_value() && !error.is_retryable(), "{error:?}");
    } else {
        assert_eq!(stored.unwrap().id.len(), 99);
    }
    let absent = node::Entity::find_by_id("x").one(db.read()).await;
    assert!(absent.unwrap().is_none());
}
