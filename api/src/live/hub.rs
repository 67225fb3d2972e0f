//! Who hears what, on this node.
//!
//! A connection is a queue of bounded length. Whoever removes it from the hub closes it: the queue's end tells the
//! connection's task, which first sends what is still queued.

use crate::live::channel::Channel;
use crate::live::protocol::{self, Refusal};
use bytestring::ByteString;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use tokio::sync::{Notify, mpsc};

/// Frames that may wait for a slow reader.
const QUEUE: usize = 256;
/// Channels that one connection may hear.
const MOST_CHANNELS: usize = 100;
/// Connections on one node.
const MOST_CONNECTIONS: usize = 10_000;

/// The id of a connection: `N.N`.
pub type SocketId = String;

/// In whose name a channel is heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The session that the subscription was signed for.
    pub session: String,
    /// Whether it may read customers' addresses.
    pub sees_addresses: bool,
}

/// An event's body, for those who may read customers' addresses and for the others.
#[derive(Debug, Clone, Copy)]
pub struct Bodies<'b> {
    /// For who may.
    pub whole: &'b str,
    /// For the others.
    pub masked: &'b str,
}

struct Connection {
    frames: mpsc::Sender<ByteString>,
    channels: HashMap<Channel, Listener>,
}

#[derive(Default)]
struct Members {
    connections: HashMap<SocketId, Connection>,
    listeners: HashMap<Channel, HashSet<SocketId>>,
}

/// Who hears what.
#[derive(Default)]
pub struct Hub {
    members: Mutex<Members>,
    sessions_changed: Notify,
}

/// How many connections and subscriptions there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubCounts {
    /// Open connections.
    pub connections: usize,
    /// Channels somebody hears.
    pub channels: usize,
}

impl Hub {
    /// Nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a connection in: its id, and the frames to send to it; the end of the frames is the end of it.
    ///
    /// # Errors
    /// [`protocol::OVER_QUOTA`].
    pub(crate) fn join(&self) -> Result<(SocketId, mpsc::Receiver<ByteString>), Refusal> {
        let (frames, queue) = mpsc::channel(QUEUE);
        let id = format!("{}.{}", rand::random::<u32>(), rand::random::<u64>() >> 16);
        let mut members = self.members.lock();
        if members.connections.len() >= MOST_CONNECTIONS {
            return Err(protocol::OVER_QUOTA);
        }
        let connection = Connection {
            frames,
            channels: HashMap::new(),
        };
        members.connections.insert(id.clone(), connection);
        Ok((id, queue))
    }

    /// Lets a connection hear a channel for as long as the session lives.
    ///
    /// # Errors
    /// [`protocol::RATE_LIMIT`] when it hears too many.
    pub(crate) fn subscribe(
        &self,
        id: &str,
        channel: Channel,
        listener: Listener,
    ) -> Result<(), Refusal> {
        let mut members = self.members.lock();
        let Some(connection) = members.connections.get_mut(id) else {
            return Ok(());
        };
        let known = connection.channels.contains_key(&channel);
        if !known && connection.channels.len() >= MOST_CHANNELS {
            return Err(protocol::RATE_LIMIT);
        }
        connection.channels.insert(channel, listener);
        members
            .listeners
            .entry(channel)
            .or_default()
            .insert(id.to_owned());
        Ok(())
    }

    pub(super) fn unsubscribe(&self, id: &str, channel: Channel) {
        let mut members = self.members.lock();
        if let Some(connection) = members.connections.get_mut(id) {
            connection.channels.remove(&channel);
        }
        members.forget(id, channel);
    }

    /// Lets a connection go; its task sends what is queued and ends.
    pub(super) fn leave(&self, id: &str) {
        self.members.lock().remove(id);
    }

    /// Whether anybody hears one of the channels: only then an event is worth rendering.
    #[must_use]
    pub fn is_heard(&self, channels: &[Channel]) -> bool {
        let members = self.members.lock();
        channels
            .iter()
            .any(|channel| members.listeners.contains_key(channel))
    }

    /// Sends an event to all who hear one of the channels. Never waits: who has no room left is let go.
    pub fn send(&self, channels: &[Channel], name: &str, body: &str) {
        let bodies = Bodies {
            whole: body,
            masked: body,
        };
        self.send_as_seen(channels, name, bodies);
    }

    /// [`Hub::send`] of a body that not everybody may read whole.
    pub fn send_as_seen(&self, channels: &[Channel], name: &str, bodies: Bodies<'_>) {
        let mut members = self.members.lock();
        let mut too_slow = Vec::new();
        for channel in channels {
            let Some(listeners) = members.listeners.get(channel) else {
                continue;
            };
            let channel_name = channel.to_string();
            let whole = protocol::event(&channel_name, name, bodies.whole);
            let masked = if bodies.masked == bodies.whole {
                whole.clone()
            } else {
                protocol::event(&channel_name, name, bodies.masked)
            };
            for id in listeners {
                let Some(connection) = members.connections.get(id) else {
                    continue;
                };
                let sees_all = connection
                    .channels
                    .get(channel)
                    .is_some_and(|listener| listener.sees_addresses);
                let frame = if sees_all { &whole } else { &masked };
                if connection.frames.try_send(frame.clone()).is_err() {
                    too_slow.push(id.clone());
                }
            }
        }
        for id in too_slow {
            tracing::debug!(
                socket.id = id,
                "a live connection reads too slowly and is closed"
            );
            members.remove(&id);
        }
    }

    /// Sessions in whose name somebody hears something.
    #[must_use]
    pub fn sessions(&self) -> HashSet<String> {
        let members = self.members.lock();
        let connections = members.connections.values();
        connections
            .flat_map(|connection| connection.channels.values())
            .map(|listener| listener.session.clone())
            .collect()
    }

    /// Closes every connection that hears something in the name of one of these sessions.
    pub fn end_sessions(&self, ended: &HashSet<String>) {
        let mut members = self.members.lock();
        let is_over = |connection: &Connection| {
            let mut listeners = connection.channels.values();
            listeners.any(|listener| ended.contains(&listener.session))
        };
        let over: Vec<SocketId> = members
            .connections
            .iter()
            .filter(|(_, connection)| is_over(connection))
            .map(|(id, _)| id.clone())
            .collect();
        for id in over {
            if let Some(connection) = members.connections.get(&id) {
                // No room: it is closed all the same.
                drop(
                    connection
                        .frames
                        .try_send(protocol::error(protocol::SESSION_ENDED)),
                );
            }
            members.remove(&id);
        }
    }

    /// Sessions may have ended: the feed looks at once.
    pub fn recheck_sessions(&self) {
        self.sessions_changed.notify_one();
    }

    /// Waits for [`Hub::recheck_sessions`].
    pub(super) async fn sessions_changed(&self) {
        self.sessions_changed.notified().await;
    }

    /// How many there are.
    #[must_use]
    pub fn counts(&self) -> HubCounts {
        let members = self.members.lock();
        HubCounts {
            connections: members.connections.len(),
            channels: members.listeners.len(),
        }
    }
}

impl Members {
    fn remove(&mut self, id: &str) {
        if let Some(connection) = self.connections.remove(id) {
            for channel in connection.channels.into_keys() {
                self.forget(id, channel);
            }
        }
    }

    fn forget(&mut self, id: &str, channel: Channel) {
        if let Some(listeners) = self.listeners.get_mut(&channel) {
            listeners.remove(id);
            if listeners.is_empty() {
                self.listeners.remove(&channel);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_pipeline::id::ServerId;

    fn named(session: &str) -> Listener {
        Listener {
            session: session.to_owned(),
            sees_addresses: false,
        }
    }

    fn listener(
        hub: &Hub,
        channel: Channel,
        session: &str,
    ) -> (SocketId, mpsc::Receiver<ByteString>) {
        let (id, frames) = hub.join().unwrap();
        hub.subscribe(&id, channel, named(session)).unwrap();
        (id, frames)
    }

    #[test]
    fn only_those_who_hear_a_channel_get_its_events() {
        let hub = Hub::new();
        let (_, mut fleet) = listener(&hub, Channel::Fleet, "s");
        let (_, mut incidents) = listener(&hub, Channel::Incidents, "s");
        hub.send(
            &[Channel::Fleet, Channel::Server(ServerId(1))],
            "server.updated",
            "{}",
        );
        assert!(fleet.try_recv().unwrap().contains("private-fleet"));
        assert!(fleet.try_recv().is_err(), "once");
        assert!(incidents.try_recv().is_err());
        assert!(hub.is_heard(&[Channel::Fleet]));
        assert!(!hub.is_heard(&[Channel::Server(ServerId(1))]));
    }

    #[test]
    fn who_may_not_read_addresses_gets_the_masked_body() {
        let hub = Hub::new();
        let (_, mut viewer) = listener(&hub, Channel::Incidents, "viewer");
        let (id, mut operator) = hub.join().unwrap();
        let may = Listener {
            sees_addresses: true,
            ..named("operator")
        };
        hub.subscribe(&id, Channel::Incidents, may).unwrap();
        let bodies = Bodies {
            whole: "info@",
            masked: "i***@",
        };
        hub.send_as_seen(&[Channel::Incidents], "incident.updated", bodies);
        assert!(operator.try_recv().unwrap().contains("info@"));
        assert!(viewer.try_recv().unwrap().contains("i***@"));
        hub.send(&[Channel::Incidents], "e", "{}");
        assert!(operator.try_recv().is_ok() && viewer.try_recv().is_ok());
    }

    #[test]
    fn a_slow_reader_is_let_go_and_the_others_are_not() {
        let hub = Hub::new();
        let (_, mut slow) = listener(&hub, Channel::Fleet, "s");
        let (_, mut quick) = listener(&hub, Channel::Fleet, "s");
        for _ in 0..=QUEUE {
            hub.send(&[Channel::Fleet], "e", "{}");
            assert!(quick.try_recv().is_ok());
        }
        assert_eq!(hub.counts().connections, 1);
        let mut waiting = 0;
        while slow.try_recv().is_ok() {
            waiting += 1;
        }
        assert_eq!(waiting, QUEUE);
        assert!(slow.is_closed());
    }

    #[test]
    fn a_connection_ends_with_its_session() {
        let hub = Hub::new();
        let (_, mut over) = listener(&hub, Channel::Fleet, "over");
        let (_, mut stays) = listener(&hub, Channel::Fleet, "stays");
        assert_eq!(hub.sessions().len(), 2);
        hub.end_sessions(&HashSet::from(["over".to_owned()]));
        assert!(over.try_recv().unwrap().contains("4200"));
        assert!(over.is_closed());
        hub.send(&[Channel::Fleet], "e", "{}");
        assert!(stays.try_recv().is_ok());
    }

    #[test]
    fn nobody_hears_everything() {
        let hub = Hub::new();
        let (id, _frames) = hub.join().unwrap();
        for server in 1..=100 {
            hub.subscribe(&id, Channel::Server(ServerId(server)), named("s"))
                .unwrap();
        }
        assert_eq!(
            hub.subscribe(&id, Channel::Fleet, named("s")),
            Err(protocol::RATE_LIMIT)
        );
        hub.subscribe(&id, Channel::Server(ServerId(5)), named("s2"))
            .unwrap();
        hub.leave(&id);
        assert_eq!(
            hub.counts(),
            HubCounts {
                connections: 0,
                channels: 0
            }
        );
    }

    #[test]
    fn leaving_a_channel_leaves_nothing_behind() {
        let hub = Hub::new();
        let (id, mut frames) = listener(&hub, Channel::Fleet, "s");
        hub.unsubscribe(&id, Channel::Fleet);
        hub.send(&[Channel::Fleet], "e", "{}");
        assert!(frames.try_recv().is_err());
        assert_eq!(hub.counts().channels, 0);
    }
}
