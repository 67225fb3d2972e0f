//! Alert rules, escalation policies, notification channels.

use super::{T0, count};
use crate::relational::alert_rules::{self, Route, RuleDraft};
use crate::relational::entity::{
    alert_rule, escalation_policy, escalation_step, notification_channel,
};
use crate::relational::escalation_policies::{self, Policy, PolicyDraft, StepDraft, StepTargets};
use crate::relational::notification_channels::{self, ChannelDraft};
use crate::relational::{Db, StoreError};
use crate::secrets::{FieldKey, SecretError, SecretKey};
use futures::future::join_all;
use noc_pipeline::control::{Condition, Scope, Severity};
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Comparator;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Map, Value, json};
use std::time::Duration;

async fn seed(db: &Db) -> Result<bool, StoreError> {
    db.transaction("seed", |tx| {
        Box::pin(async move { escalation_policies::seed_defaults(tx, T0).await })
    })
    .await
}

async fn store_policy(db: &Db, id: Option<i64>, draft: PolicyDraft) -> Result<Policy, StoreError> {
    db.transaction("store a policy", move |tx| {
        let draft = draft.clone();
        Box::pin(async move {
            match id {
                Some(id) => escalation_policies::update(tx, id, draft, T0).await,
                None => escalation_policies::create(tx, draft, T0).await,
            }
        })
    })
    .await
}

fn draft(route: Route) -> RuleDraft {
    RuleDraft {
        name: "CPU".to_owned(),
        enabled: true,
        severity: Some(Severity::High),
        scope: Scope::ServerIds(vec![ServerId(1), ServerId(2)]),
        condition: Condition::Threshold {
            metric: "metrics.cpu_pct".to_owned(),
            comparator: Comparator::Above,
            threshold: 90.5,
            for_seconds: 300,
            clear_threshold: None,
        },
        route,
        runbook_url: None,
    }
}

/// Nodes that start at once make one default rule and one default policy, as the documents say.
pub async fn defaults_are_seeded_once(db: &Db) {
    let seeded = join_all((0..5).map(|_| seed(db))).await;
    assert_eq!(
        seeded.into_iter().filter(|s| *s.as_ref().unwrap()).count(),
        1
    );
    assert!(!seed(db).await.unwrap());
    assert_eq!(count::<alert_rule::Entity>(db).await, 1);
    assert_eq!(count::<escalation_policy::Entity>(db).await, 1);

    let rule = alert_rules::all(db.read()).await.unwrap().remove(0);
    let Route::Policy(policy) = rule.route().unwrap() else {
        panic!("the default rule routes to a policy");
    };
    let control = rule.as_control().unwrap();
    assert_eq!((control.severity, control.scope), (None, Scope::All));
    assert!(rule.is_default && rule.enabled);

    let policy = escalation_policies::by_id(db.read(), policy)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (policy.policy.repeat, policy.policy.repeat_delay_seconds),
        (3, 900)
    );
    let steps: Vec<_> = policy
        .steps
        .iter()
        .map(|s| {
            (
                s.delay_seconds,
                s.target_list().unwrap().roles,
                s.channel_list(),
            )
        })
        .collect();
    let role = |name: &str| vec![name.to_owned()];
    assert_eq!(
        steps,
        [(0, role("oncall"), vec![]), (900, role("admin"), vec![])]
    );

    // Both stay.
    let kept = alert_rules::delete(db.write(), rule.id).await;
    assert!(matches!(kept, Err(StoreError::Refused { .. })));
    let kept = escalation_policies::delete(db.write(), policy.policy.id).await;
    assert!(matches!(kept, Err(StoreError::Refused { .. })));
}

/// A rule comes back as it was written; each change moves its version, the whole of it is replaced.
pub async fn a_rule_is_read_as_written(db: &Db) {
    let first = draft(Route::Channels(vec![
        "email".to_owned(),
        "slack".to_owned(),
    ]));
    let row = alert_rules::create(db.write(), first.clone(), T0)
        .await
        .unwrap();
    let control = row.as_control().unwrap();
    assert_eq!((control.version, control.severity), (1, first.severity));
    assert_eq!(
        (control.scope, control.condition),
        (first.scope.clone(), first.condition.clone())
    );
    assert_eq!(row.route().unwrap(), first.route);

    let later = T0.plus(Duration::from_secs(5));
    let policy = store_policy(db, None, policy("P", &[0]))
        .await
        .unwrap()
        .policy;
    let second = RuleDraft {
        severity: None,
        route: Route::Policy(policy.id),
        runbook_url: Some("https://runbooks.example/cpu".to_owned()),
        ..first
    };
    let row = alert_rules::update(db.write(), row.id, second.clone(), later)
        .await
        .unwrap();
    assert_eq!((row.version, row.severity.clone()), (2, None));
    assert_eq!(row.route().unwrap(), second.route);
    assert_eq!(
        (row.created_at, row.updated_at),
        (T0.to_datetime(), later.to_datetime())
    );

    let unknown = alert_rules::update(db.write(), row.id + 1, second, later).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
    let nowhere = draft(Route::Policy(policy.id + 1));
    let refused = alert_rules::create(db.write(), nowhere, T0).await;
    assert!(matches!(
        refused,
        Err(StoreError::Refused {
            field: "escalation_policy_id",
            ..
        })
    ));
    alert_rules::delete(db.write(), row.id).await.unwrap();
    let twice = alert_rules::delete(db.write(), row.id).await;
    assert!(matches!(twice, Err(StoreError::NotFound { .. })));
}

fn policy(name: &str, delays: &[i32]) -> PolicyDraft {
    let step = |delay_seconds| StepDraft {
        delay_seconds,
        channels: vec!["email".to_owned()],
        targets: StepTargets {
            users: vec![1],
            external: vec!["+8801711000000".to_owned()],
            ..StepTargets::default()
        },
        only_if_unacknowledged: delay_seconds > 0,
    };
    PolicyDraft {
        name: name.to_owned(),
        repeat: 1,
        repeat_delay_seconds: 60,
        steps: delays.iter().copied().map(step).collect(),
    }
}

/// Steps are replaced as a whole and keep their order; a failed change leaves the old ones.
pub async fn a_policys_steps_are_replaced_as_a_whole(db: &Db) {
    let a = store_policy(db, None, policy("A", &[0, 300, 600]))
        .await
        .unwrap();
    let b = store_policy(db, None, policy("B", &[7])).await.unwrap();
    store_policy(db, Some(a.policy.id), policy("A2", &[5, 1]))
        .await
        .unwrap();
    let all = escalation_policies::all(db.read()).await.unwrap();
    let shown: Vec<(&str, Vec<i32>)> = all
        .iter()
        .map(|p| {
            (
                p.policy.name.as_str(),
                p.steps.iter().map(|s| s.delay_seconds).collect(),
            )
        })
        .collect();
    assert_eq!(shown, [("A2", vec![5, 1]), ("B", vec![7])]);
    assert_eq!(
        all[0].steps[0].target_list().unwrap(),
        policy("", &[0]).steps[0].targets
    );

    let taken = store_policy(db, Some(b.policy.id), policy("A2", &[9])).await;
    assert!(matches!(taken, Err(StoreError::Conflict { .. })));
    assert_eq!(
        escalation_policies::by_id(db.read(), b.policy.id)
            .await
            .unwrap(),
        Some(b)
    );
}

/// A policy that a rule routes to stays; afterwards it goes with its steps.
pub async fn a_policy_in_use_cannot_be_deleted(db: &Db) {
    let policy = store_policy(db, None, policy("A", &[0, 1]))
        .await
        .unwrap()
        .policy;
    let rule = alert_rules::create(db.write(), draft(Route::Policy(policy.id)), T0)
        .await
        .unwrap();
    let used = escalation_policies::delete(db.write(), policy.id).await;
    assert!(matches!(used, Err(StoreError::InUse { .. })), "{used:?}");
    assert_eq!(count::<escalation_step::Entity>(db).await, 2);
    alert_rules::delete(db.write(), rule.id).await.unwrap();
    escalation_policies::delete(db.write(), policy.id)
        .await
        .unwrap();
    assert_eq!(count::<escalation_step::Entity>(db).await, 0);
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => panic!("no object"),
    }
}

async fn put(
    db: &Db,
    key: &FieldKey,
    channel: &str,
    secrets: Option<Value>,
) -> notification_channel::Model {
    let draft = ChannelDraft {
        enabled: true,
        settings: object(json!({"host": "smtp.example.com", "port": 587})),
        secrets: secrets.map(object),
    };
    notification_channels::put(db.write(), key, channel, draft, T0)
        .await
        .unwrap()
}

/// No secret stands in the database as it is; it is kept, replaced and removed as told, and opens only where it
/// belongs.
pub async fn channel_secrets_are_sealed_in_the_database(db: &Db) {
    let key = FieldKey::new(SecretKey::from_bytes([9; 32]));
    let open = |row: &_| notification_channels::open_secrets(&key, row);
    let row = put(db, &key, "email", Some(json!({"password": "hunter2"}))).await;
    let stored = row.secrets.clone().unwrap();
    assert!(!stored.contains("hunter2") && !row.settings.to_string().contains("hunter2"));
    assert_eq!(open(&row).unwrap()["password"], "hunter2");

    assert_eq!(
        put(db, &key, "email", None).await.secrets,
        Some(stored.clone()),
        "kept"
    );
    let replaced = put(db, &key, "email", Some(json!({"password": "other"}))).await;
    assert_eq!(open(&replaced).unwrap()["password"], "other");

    // Copied into another channel's row it does not open.
    let slack = put(db, &key, "slack", None).await;
    let mut forged = slack.into_active_model();
    forged.secrets = Set(Some(stored));
    let forged = forged.update(db.write()).await.unwrap();
    let outcome = open(&forged);
    assert!(matches!(
        outcome,
        Err(StoreError::Secret {
            source: SecretError::Forged,
            ..
        })
    ));

    let removed = put(db, &key, "email", Some(json!({}))).await;
    assert_eq!(
        (removed.secrets.clone(), open(&removed).unwrap().len()),
        (None, 0)
    );
}

/// Health and tests are noted and outlive a change of settings.
pub async fn a_channels_health_and_test_are_noted(db: &Db) {
    let key = FieldKey::new(SecretKey::from_bytes([9; 32]));
    assert!(put(db, &key, "email", None).await.healthy);
    notification_channels::set_health(db.write(), "email", Some("401"), T0)
        .await
        .unwrap();
    notification_channels::record_test(db.write(), "email", "sent", Some("id-1"), T0)
        .await
        .unwrap();
    let row = put(db, &key, "email", None).await;
    assert_eq!(
        (row.healthy, row.last_error.as_deref()),
        (false, Some("401"))
    );
    let later = T0.plus(Duration::from_secs(60));
    notification_channels::set_health(db.write(), "email", Some("401"), later)
        .await
        .unwrap();
    let since = notification_channels::by_key(db.read(), "email").await;
    assert_eq!(
        since.unwrap().unwrap().unhealthy_since,
        Some(T0.to_datetime()),
        "since the first failure"
    );
    assert_eq!(row.last_test_at, Some(T0.to_datetime()));
    assert_eq!(
        (
            row.last_test_result.as_deref(),
            row.last_test_provider_id.as_deref()
        ),
        (Some("sent"), Some("id-1"))
    );
    notification_channels::set_health(db.write(), "email", None, T0)
        .await
        .unwrap();
    let row = notification_channels::by_key(db.read(), "email")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.healthy, row.last_error.as_deref()),
        (true, Some("401")),
        "the last error stays to be read"
    );
    assert!(
        notification_channels::by_key(db.read(), "slack")
            .await
            .unwrap()
            .is_none()
    );
}

/// A provider that is away is given up and tried by one at a time, at once after a change of settings; an answer of any
/// sort ends it.
pub async fn a_provider_that_is_away_is_tried_by_one(db: &Db) {
    let key = FieldKey::new(SecretKey::from_bytes([9; 32]));
    put(db, &key, "email", None).await;
    let read = async || {
        let row = notification_channels::by_key(db.read(), "email").await;
        row.unwrap().unwrap()
    };
    let at = |s| T0.plus(Duration::from_secs(s));
    let away = async |failures, probe_at| {
        let next = |_: &notification_channel::Model| (failures, probe_at);
        let noted = notification_channels::set_away(db.write(), "email", "refused", next, at(5));
        noted.await.unwrap();
    };
    away(1, None).await;
    let row = read().await;
    assert_eq!((row.healthy, row.failures, row.probe_at), (true, 1, None));
    away(3, Some(at(20))).await;
    let given_up = read().await;
    assert_eq!((given_up.healthy, given_up.failures), (false, 3));
    assert_eq!(given_up.unhealthy_since, Some(at(5).to_datetime()));
    assert_eq!(given_up.probe_at, Some(at(20).to_datetime()));

    let probe = async |as_read: &notification_channel::Model| {
        let ours = notification_channels::set_probe(db.write(), as_read, 4, at(50));
        ours.await.unwrap()
    };
    assert!(probe(&given_up).await);
    assert!(!probe(&given_up).await, "somebody else tries it");
    let row = put(db, &key, "email", None).await;
    assert_eq!(row.probe_at, Some(T0.to_datetime()), "new settings");
    notification_channels::set_answered(db.write(), "email")
        .await
        .unwrap();
    let row = read().await;
    assert_eq!((row.failures, row.probe_at, row.healthy), (0, None, false));
    notification_channels::set_health(db.write(), "email", None, at(60))
        .await
        .unwrap();
    let row = read().await;
    assert_eq!((row.healthy, row.unhealthy_since), (true, None));
}
