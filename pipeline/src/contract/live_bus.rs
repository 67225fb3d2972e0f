//! What every live bus does.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a case that does not hold must stop its test"
)]

use super::soon;
use crate::clock::UnixMs;
use crate::id::ServerId;
use crate::live::{LiveBus, LiveEvent};
use crate::payload::Kind;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// One test of each case; takes an expression that gives a fresh `(Arc<live bus>, guard)`.
#[macro_export]
macro_rules! live_bus_contract {
    ($factory:expr) => {
        $crate::contract_cases! { live_bus, $factory;
            every_subscriber_hears_every_event,
            events_keep_their_order,
            a_subscriber_hears_nothing_from_before,
            nobody_listening_is_fine,
            a_slow_reader_loses_the_oldest_and_is_told,
        }
    };
}

fn numbered(incident: i64) -> LiveEvent {
    LiveEvent::IncidentUpdated { incident }
}

/// All of them, of every type, the publisher's own node included.
pub async fn every_subscriber_hears_every_event(bus: Arc<dyn LiveBus>) {
    let mut readers = [bus.subscribe(), bus.subscribe()];
    let server = ServerId(7);
    let events = [
        LiveEvent::ServerUpdated { server },
        LiveEvent::MetricsReceived {
            server,
            kind: Kind::Disks,
            event_at: UnixMs(-1),
        },
        LiveEvent::IncidentOpened { incident: i64::MAX },
        LiveEvent::IncidentUpdated { incident: 1 },
        LiveEvent::DeliveryUpdated { delivery: 2 },
        LiveEvent::AbuseDetected { case: 4 },
        LiveEvent::AbuseUpdated { case: 5 },
        LiveEvent::ExecutionChanged { execution: 3 },
        LiveEvent::DeliveriesQueued,
        LiveEvent::CredentialsChanged,
        LiveEvent::OwnershipChanged,
    ];
    for event in events {
        soon("publish", bus.publish(event)).await;
    }
    for reader in &mut readers {
        for event in events {
            assert_eq!(soon("receive", reader.recv()).await, Ok(event));
        }
    }
}

/// As one publisher sent them.
pub async fn events_keep_their_order(bus: Arc<dyn LiveBus>) {
    let mut reader = bus.subscribe();
    for number in 0..500 {
        bus.publish(numbered(number)).await;
    }
    for number in 0..500 {
        assert_eq!(soon("receive", reader.recv()).await, Ok(numbered(number)));
    }
}

/// From now on means from now on.
pub async fn a_subscriber_hears_nothing_from_before(bus: Arc<dyn LiveBus>) {
    let mut early = bus.subscribe();
    bus.publish(numbered(1)).await;
    assert_eq!(soon("receive", early.recv()).await, Ok(numbered(1)));
    let mut late = bus.subscribe();
    bus.publish(numbered(2)).await;
    assert_eq!(soon("receive", late.recv()).await, Ok(numbered(2)));
}

/// And costs nothing later.
pub async fn nobody_listening_is_fine(bus: Arc<dyn LiveBus>) {
    soon("publish", bus.publish(numbered(1))).await;
    let mut reader = bus.subscribe();
    bus.publish(numbered(2)).await;
    assert_eq!(soon("receive", reader.recv()).await, Ok(numbered(2)));
}

/// Publishing does not wait for it; it is told how many it lost, and goes on with what is left.
pub async fn a_slow_reader_loses_the_oldest_and_is_told(bus: Arc<dyn LiveBus>) {
    const SENT: i64 = 20_000;
    let mut slow = bus.subscribe();
    for number in 0..SENT {
        soon("publish", bus.publish(numbered(number))).await;
    }
    // A back end that delivers by way of a network needs a moment to have lost something.
    let mut lost = 0;
    let mut next = 0;
    while next < SENT {
        match soon("receive", slow.recv()).await {
            Ok(LiveEvent::IncidentUpdated { incident }) => {
                assert_eq!(incident, next + i64::try_from(lost).expect("small"));
                next = incident + 1;
                lost = 0;
            }
            Err(RecvError::Lagged(events)) => lost += events,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(next, SENT);
}
