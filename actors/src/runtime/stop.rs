//! How the runtime tells its tasks to end.

use tokio::sync::watch;

/// How to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Not yet.
    No,
    /// Finish what is under way, write snapshots, give partitions back.
    Gracefully,
    /// Now, as if killed.
    Now,
}

/// Told by one, heard by many.
#[derive(Debug, Clone)]
pub(crate) struct StopSignal(watch::Receiver<Stop>);

/// The one who tells. Dropped without a word it means [`Stop::Now`].
#[derive(Debug)]
pub(crate) struct Stopper(watch::Sender<Stop>);

pub(crate) fn stop_signal() -> (Stopper, StopSignal) {
    let (tell, hear) = watch::channel(Stop::No);
    (Stopper(tell), StopSignal(hear))
}

impl Stopper {
    pub fn stop(&self, how: Stop) {
        self.0.send_replace(how);
    }
}

impl StopSignal {
    /// What was told.
    pub fn get(&self) -> Stop {
        if self.0.has_changed().is_err() && *self.0.borrow() == Stop::No {
            return Stop::Now;
        }
        *self.0.borrow()
    }

    /// Waits until it is time to end, one way or the other.
    pub async fn stopped(&self) {
        let mut hear = self.0.clone();
        // An error means that the teller is gone, which says the same.
        let _gone = hear.wait_for(|stop| *stop != Stop::No).await.is_err();
    }

    /// Waits for `duration`; true when it is time to end.
    pub async fn sleep(&self, duration: std::time::Duration) -> bool {
        tokio::select! {
            () = noc_pipeline::clock::sleep(duration) => false,
            () = self.stopped() => true,
        }
    }
}
