use super::*;
use crate::relational::Db;

const T: UnixMs = UnixMs(1_767_225_600_123);

fn new(subject: &str) -> NewIncident {
    NewIncident {
        detector: "service_down".into(),
        server: Some(ServerId(3)),
        server_name: "mail-02".into(),
        subject: subject.into(),
        severity: Severity::High,
        title: format!("{subject} is down on mail-02"),
        observed: Some("nothing".into()),
        expected: None,
        command: None,
        rule_id: None,
        opened_at: T,
    }
}

#[test]
fn keys_do_not_run_into_each_other() {
    let a = key("ab", Some(ServerId(1)), "c");
    assert_ne!(a, key("a", Some(ServerId(1)), "bc"));
    assert_ne!(key("a", None, "1"), key("a", Some(ServerId(1)), ""));
    assert_eq!(a.len(), 64);
}

#[tokio::test]
async fn one_of_a_key_is_open_and_a_resolved_one_frees_it() {
    let db = Db::open_temporary().await.unwrap();
    let tx = db.write();
    let first = insert(tx, new("exim")).await.unwrap();
    let twice = insert(tx, new("exim")).await;
    assert!(matches!(twice, Err(StoreError::Conflict { .. })));
    insert(tx, new("nginx")).await.unwrap();
    let counted = open_by_severity(tx).await.unwrap();
    assert_eq!((counted[&Severity::High], counted[&Severity::Low]), (2, 0));
    let over = resolve(tx, first.id, None, T).await.unwrap();
    assert_eq!((over.status.as_str(), over.open_key), (RESOLVED, None));
    assert_eq!(open_of(tx, ServerId(3)).await.unwrap().len(), 1);
    let second = insert(tx, new("exim")).await.unwrap();
    let newest = find_newest(tx, &second.dedup_hash).await.unwrap();
    assert_eq!(newest.map(|row| row.id), Some(second.id));
}

#[tokio::test]
async fn a_breach_moves_it_and_reopening_clears_the_end() {
    let db = Db::open_temporary().await.unwrap();
    let tx = db.write();
    let row = insert(tx, new("exim")).await.unwrap();
    let breach = Breach {
        severity: Severity::Critical,
        title: None,
        observed: Some("still nothing".into()),
        expected: None,
        occurrences: 5,
        at: T.plus(std::time::Duration::from_secs(60)),
    };
    let row = breached(tx, row.id, &breach).await.unwrap();
    assert_eq!((row.severity.as_str(), row.occurrences), ("critical", 5));
    assert_eq!(UnixMs::from(row.last_seen_at), breach.at);
    assert_eq!(UnixMs::from(row.opened_at), T);
    let row = resolve(tx, row.id, Some(9), T).await.unwrap();
    assert_eq!(row.resolved_by, Some(9));
    let row = reopen(tx, &row, &breach).await.unwrap();
    assert_eq!((row.status.as_str(), row.resolved_at), (OPEN, None));
    let found = find_open(tx, &row.dedup_hash).await.unwrap();
    assert_eq!(found.map(|r| r.id), Some(row.id));
}
