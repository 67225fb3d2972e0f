//! [`LiveBus`] within one process.

use crate::live::{LiveBus, LiveEvent};
use async_trait::async_trait;
use tokio::sync::broadcast;

/// Events a reader may lag behind before it loses the oldest.
const CAPACITY: usize = 4_096;

/// Fan-out to readers of this process.
#[derive(Debug)]
pub struct InProcessBus {
    sender: broadcast::Sender<LiveEvent>,
}

impl Default for InProcessBus {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(CAPACITY),
        }
    }
}

#[async_trait]
impl LiveBus for InProcessBus {
    async fn publish(&self, event: LiveEvent) {
        // An error says that nobody listens, which is nobody's loss.
        drop(self.sender.send(event));
    }

    fn subscribe(&self) -> broadcast::Receiver<LiveEvent> {
        self.sender.subscribe()
    }
}
