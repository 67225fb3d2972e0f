//! Maintenance windows, snoozes, acknowledgements that grew old.

use super::T0;
use crate::relational::incidents::{self, NewIncident};
use crate::relational::maintenance_windows::{self, WindowDraft};
use crate::relational::{Db, StoreError};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Scope, Severity};
use noc_pipeline::id::ServerId;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;
use std::time::Duration;

fn later(seconds: u64) -> UnixMs {
    T0.plus(Duration::from_secs(seconds))
}

fn window(name: &str, starts_at: UnixMs, ends_at: Option<UnixMs>) -> WindowDraft {
    WindowDraft {
        name: name.to_owned(),
        reason: "reboots".to_owned(),
        scope: Scope::Tags(vec!["dc:dhaka".to_owned()]),
        detectors: vec!["server_down".to_owned()],
        timezone: "Asia/Dhaka".to_owned(),
        starts_at,
        ends_at,
        recurrence: None,
    }
}

/// A window is found from its first instant until before its last; changing it forgets nothing that was noted.
pub async fn windows_are_found_while_they_may_be_under_way(db: &Db) {
    let tx = db.write();
    let once = window("once", later(10), Some(later(20)));
    let once = maintenance_windows::create(tx, once, Some(7), T0).await;
    let once = once.unwrap();
    let weekly = WindowDraft {
        recurrence: Some(json!({"every": "week"})),
        ..window("weekly", later(15), None)
    };
    let weekly = maintenance_windows::create(tx, weekly, None, T0).await;
    let weekly = weekly.unwrap();
    for (at, expected) in [
        (9, vec![]),
        (10, vec![once.id]),
        (15, vec![once.id, weekly.id]),
        (20, vec![weekly.id]),
        (99_999_999, vec![weekly.id]),
    ] {
        let found = maintenance_windows::around(tx, later(at)).await.unwrap();
        let ids: Vec<i64> = found.iter().map(|row| row.id).collect();
        assert_eq!(ids, expected, "{at}");
    }

    maintenance_windows::note_active(tx, once.id, true)
        .await
        .unwrap();
    let longer = window("longer", later(10), Some(later(30)));
    let changed = maintenance_windows::update(tx, once.id, longer, later(12)).await;
    let changed = changed.unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.active, changed.created_by),
        ("longer", true, Some(7))
    );
    assert_eq!(changed.detector_list(), ["server_down"]);
    assert_eq!(UnixMs::from(changed.created_at), T0);

    maintenance_windows::delete(tx, weekly.id).await.unwrap();
    let twice = maintenance_windows::delete(tx, weekly.id).await;
    assert!(matches!(twice, Err(StoreError::NotFound { .. })));
    let gone = maintenance_windows::update(tx, weekly.id, window("x", T0, None), T0).await;
    assert!(matches!(gone, Err(StoreError::NotFound { .. })));
    let nameless = maintenance_windows::create(tx, window("", T0, None), None, T0).await;
    assert!(matches!(nameless, Err(StoreError::Refused { .. })));
    assert_eq!(maintenance_windows::all(tx).await.unwrap().len(), 1);
}

async fn open(db: &Db, subject: &str, severity: Severity) -> i64 {
    let new = NewIncident {
        detector: "service_down".to_owned(),
        server: Some(ServerId(3)),
        server_name: "web-03".to_owned(),
        subject: subject.to_owned(),
        severity,
        title: format!("{subject} is down"),
        observed: None,
        expected: None,
        command: None,
        rule_id: None,
        opened_at: T0,
    };
    incidents::insert(db.write(), new).await.unwrap().id
}

/// Snoozes are over at their time and not before, and end with their incident.
pub async fn snoozes_are_over_at_their_time(db: &Db) {
    let tx = db.write();
    let first = open(db, "exim", Severity::High).await;
    let second = open(db, "nginx", Severity::High).await;
    open(db, "named", Severity::High).await;
    for (id, until) in [(first, 100), (second, 50)] {
        let row = incidents::snooze(tx, id, Some(later(until)), T0).await;
        assert_eq!(row.unwrap().snoozed_until, Some(later(until).to_datetime()));
    }
    let over = async |at| incidents::snoozes_over(tx, later(at), 10).await.unwrap();
    assert!(over(49).await.is_empty());
    assert_eq!(over(50).await, [second]);
    assert_eq!(over(100).await, [second, first]);
    assert_eq!(
        incidents::snoozes_over(tx, later(100), 1).await.unwrap(),
        [second]
    );
    let resolved = incidents::resolve(tx, second, None, later(60))
        .await
        .unwrap();
    assert_eq!(resolved.snoozed_until, None);
    incidents::snooze(tx, first, None, later(60)).await.unwrap();
    assert!(over(100).await.is_empty());
}

/// Who took an incident on long ago is found once when they have to be asked, and once more when they did not answer.
pub async fn acknowledgements_that_grew_old_are_found(db: &Db) {
    let tx = db.write();
    let mut ids = Vec::new();
    for (subject, severity, taken_on) in [
        ("exim", Severity::Critical, 10),
        ("nginx", Severity::Critical, 20),
        ("named", Severity::High, 10),
    ] {
        let id = open(db, subject, severity).await;
        let mut row = incidents::get(tx, id)
            .await
            .unwrap()
            .unwrap()
            .into_active_model();
        row.status = Set(incidents::ACKNOWLEDGED.to_owned());
        row.acknowledged_at = Set(Some(later(taken_on).to_datetime()));
        row.acknowledged_by = Set(Some(1));
        row.update(tx).await.unwrap();
        ids.push(id);
    }
    let found = async |before, asked_before| {
        incidents::long_acknowledged(
            tx,
            Severity::Critical,
            later(before),
            later(asked_before),
            9,
        )
        .await
        .unwrap()
    };
    assert!(found(9, 0).await.is_empty());
    assert_eq!(found(10, 0).await, ids[..1]);
    assert_eq!(found(20, 0).await, ids[..2]);
    incidents::reminded(tx, ids[0], later(40)).await.unwrap();
    assert_eq!(found(20, 39).await, ids[1..2]);
    assert_eq!(found(20, 40).await, ids[..2]);
    let until = Some(later(900));
    incidents::snooze(tx, ids[1], until, later(41))
        .await
        .unwrap();
    assert_eq!(found(20, 40).await, ids[..1]);
}
