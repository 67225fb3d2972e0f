//! "Send test" while the channel's provider is away.

use super::house::House;
use crate::notify::channel::{Outcome, Reach, Registry, send_test};
use crate::notify::story::Recorder;
use crate::notify::template::Templates;
use noc_pipeline::clock::Clock;
use noc_storage::relational::entity::notification_channel;
use noc_storage::relational::notification_channels::{self, ChannelDraft};
use noc_storage::secrets::{FieldKey, SecretKey};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

#[actix::test]
async fn a_test_goes_through_where_messages_wait_and_its_success_lets_them_go() {
    let house = House::build(1).await;
    let (db, key) = (house.parts.db.write(), FieldKey::new(SecretKey::generate()));
    let email = Recorder::new("email", Reach::Email, &house.clock);
    let registry = Registry::empty().with(Arc::new(email.clone()));
    let templates = Templates::new("https://noc.test", chrono_tz::UTC).unwrap();
    let settings = json!({ "recipients": ["team@noc.test"] });
    let draft = ChannelDraft {
        enabled: true,
        settings: settings.as_object().unwrap().clone(),
        secrets: None,
    };
    let now = house.clock.now();
    notification_channels::put(db, &key, "email", draft, now)
        .await
        .unwrap();
    let probe_at = Some(now.plus(Duration::from_secs(15)));
    let given_up = |_: &notification_channel::Model| (3, probe_at);
    notification_channels::set_away(db, "email", "connection refused", given_up, now)
        .await
        .unwrap();
    let test = async || {
        let sent = send_test(&house.parts, &registry, &key, &templates, "email", None);
        let sent = sent.await.unwrap();
        let row = notification_channels::by_key(db, "email").await;
        (sent.ok, row.unwrap().unwrap())
    };

    let still = Outcome::Unavailable {
        reason: "connection refused".into(),
    };
    email.answers.lock().push_back(still);
    let (ok, row) = test().await;
    assert!(!ok && !row.healthy);
    assert_eq!(
        (row.failures, row.probe_at),
        (3, probe_at.map(|at| at.to_datetime())),
        "it is away as before"
    );

    let mut events = house.parts.bus.subscribe();
    let (ok, row) = test().await;
    assert!(ok && row.healthy);
    assert_eq!(
        (row.failures, row.probe_at, row.unhealthy_since),
        (0, None, None)
    );
    let said = std::iter::from_fn(|| events.try_recv().ok());
    let queued = noc_pipeline::live::LiveEvent::DeliveriesQueued;
    assert!(said.collect::<Vec<_>>().contains(&queued));
}
