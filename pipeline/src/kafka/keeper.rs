//! The one thread of ours: it hears the live topic, lets the clients say what they have to say, gives up lanes that
//! nobody reads, and ends the clients when the last of the back ends is dropped.

use super::KafkaError;
use super::bus::Ear;
use super::log::Payloads;
use crate::clock::Stopwatch;
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Clients are served this often.
const SERVE: Duration = Duration::from_millis(200);
/// Idle lanes are looked for this often.
const REST: Duration = Duration::from_secs(2);

/// Wakes the thread.
#[derive(Default)]
pub(super) struct Bell {
    rung: Mutex<Rung>,
    wake: Condvar,
}

#[derive(Default)]
struct Rung {
    arrived: bool,
    stop: bool,
}

impl Bell {
    /// Something came.
    pub(super) fn ring(&self) {
        self.rung.lock().arrived = true;
        self.wake.notify_one();
    }

    /// Waits for something, at most [`SERVE`]; false when it is over.
    fn wait(&self) -> bool {
        let mut rung = self.rung.lock();
        if !rung.arrived && !rung.stop {
            self.wake.wait_for(&mut rung, SERVE);
        }
        rung.arrived = false;
        !rung.stop
    }
}

/// Keeps the thread, for as long as one of the back ends lives.
pub(super) struct Keeper {
    bell: Arc<Bell>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Keeper {
    pub(super) fn start(
        bell: Arc<Bell>,
        payloads: Arc<Payloads>,
        mut ear: Ear,
    ) -> Result<Self, KafkaError> {
        let thread = std::thread::Builder::new()
            .name("noc-kafka".to_owned())
            .spawn({
                let bell = Arc::clone(&bell);
                move || {
                    let mut rested = Stopwatch::start();
                    while bell.wait() {
                        ear.serve();
                        payloads.serve();
                        if rested.elapsed() > REST {
                            rested = Stopwatch::start();
                            payloads.rest();
                        }
                    }
                    drop(ear);
                    payloads.close();
                }
            });
        let thread = thread.map_err(|error| KafkaError::Internal {
            operation: "start a thread for Kafka",
            reason: error.to_string(),
        })?;
        Ok(Self {
            bell,
            thread: Mutex::new(Some(thread)),
        })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.bell.rung.lock().stop = true;
        self.bell.wake.notify_one();
        if let Some(Err(_)) = self.thread.lock().take().map(JoinHandle::join) {
            tracing::error!("kafka's thread panicked");
        }
    }
}
