//! No secret may stand on a command line: every account of a host can read those.

use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Looks at every command line of this machine, again and again, until it is dropped.
pub struct Watch {
    stop: Arc<AtomicBool>,
    secrets: Arc<Mutex<BTreeSet<String>>>,
    seen: Arc<Mutex<BTreeSet<String>>>,
    watcher: Option<std::thread::JoinHandle<u64>>,
}

impl Watch {
    pub fn start() -> Self {
        let (stop, secrets, seen) = <(
            Arc<AtomicBool>,
            Arc<Mutex<BTreeSet<String>>>,
            Arc<Mutex<BTreeSet<String>>>,
        )>::default();
        let (ended, wanted, found) = (Arc::clone(&stop), Arc::clone(&secrets), Arc::clone(&seen));
        let watcher = std::thread::spawn(move || {
            let mut lines = 0;
            while !ended.load(Ordering::Relaxed) {
                let secrets = wanted.lock().clone();
                // Many times in the life of the shortest process, and yet not all of a core.
                std::thread::park_timeout(Duration::from_millis(1));
                for entry in fs::read_dir("/proc").unwrap() {
                    let path = entry.unwrap().path().join("cmdline");
                    let line = fs::read(&path).unwrap_or_default();
                    let line = String::from_utf8_lossy(&line).replace('\0', " ");
                    lines += u64::from(!line.is_empty());
                    if secrets.iter().any(|secret| line.contains(secret)) {
                        found.lock().insert(line);
                    }
                }
            }
            lines
        });
        Self {
            stop,
            secrets,
            seen,
            watcher: Some(watcher),
        }
    }

    pub fn secret(&self, secret: &str) {
        assert!(secret.len() >= 8, "a secret");
        self.secrets.lock().insert(secret.to_owned());
    }

    /// Command lines that held a secret.
    pub fn end(mut self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        let lines = self.watcher.take().unwrap().join().unwrap();
        assert!(lines > 1_000, "it looked at {lines} command lines");
        self.seen.lock().clone()
    }
}
