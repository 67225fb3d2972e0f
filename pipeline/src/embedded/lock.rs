//! One process a data directory.

use super::OpenError;
use crate::clock::{Stopwatch, sleep};
use crate::id::NodeId;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

/// A directory that is still in use is looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A data directory in use by this process: what every node has, whatever its parts. The directory stays locked while
/// this lives.
#[derive(Debug)]
pub struct DataDir {
    /// Its id.
    pub node: NodeId,
    _lock: DirLock,
}

impl DataDir {
    /// Makes the directory if it is missing, locks it, and reads or makes its id. For nodes whose log is elsewhere;
    /// [`super::Embedded::open`] does so itself.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        std::fs::create_dir_all(dir).map_err(|source| OpenError::io("create", dir, source))?;
        let lock = DirLock::acquire(dir)?;
        Ok(Self {
            node: node_id(dir)?,
            _lock: lock,
        })
    }
}

/// Waits until nobody has the data directory in use, at most `longest`; false when somebody still has. Whoever dropped
/// all that was opened in it waits here before it is opened again: work on the disk that nobody waits for any more
/// still has its part open until it ends.
///
/// # Errors
/// When the directory cannot be looked at.
pub async fn released(dir: &Path, longest: Duration) -> Result<bool, OpenError> {
    let path = dir.join("lock");
    let waiting = Stopwatch::start();
    loop {
        let free = match File::open(&path).map(|file| file.try_lock()) {
            Ok(Ok(())) => true,
            Ok(Err(TryLockError::WouldBlock)) => false,
            Ok(Err(TryLockError::Error(source))) => {
                return Err(OpenError::io("lock", &path, source));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
            Err(source) => return Err(OpenError::io("open", &path, source)),
        };
        if free || waiting.elapsed() >= longest {
            return Ok(free);
        }
        sleep(LOOK_AGAIN).await;
    }
}

/// Held while the directory is in use. The system frees it with the process, however that ends.
#[derive(Debug)]
pub(super) struct DirLock {
    _file: File,
}

impl DirLock {
    pub(super) fn acquire(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join("lock");
        let io = |operation| {
            let path = path.clone();
            move |source| OpenError::io(operation, &path, source)
        };
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let mut file = opened.map_err(io("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(source)) => return Err(io("lock")(source)),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = file.read_to_string(&mut holder).unwrap_or(0);
                return Err(OpenError::Locked {
                    dir: dir.to_owned(),
                    holder: if read == 0 {
                        "unknown".to_owned()
                    } else {
                        holder.trim().to_owned()
                    },
                });
            }
        }
        file.set_len(0).map_err(io("write"))?;
        file.rewind().map_err(io("write"))?;
        writeln!(file, "{}", std::process::id()).map_err(io("write"))?;
        Ok(Self { _file: file })
    }
}

/// The id of the data directory, made at its first use.
pub(super) fn node_id(dir: &Path) -> Result<NodeId, OpenError> {
    let path = dir.join("node-id");
    match std::fs::read_to_string(&path) {
        Ok(text) => Uuid::try_parse(text.trim())
            .map(NodeId)
            .map_err(|_| OpenError::unreadable(&path, "a node id")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let id = Uuid::new_v4();
            // Written beside and moved: a crash leaves the whole id or none.
            let draft = dir.join("node-id.new");
            let written = File::create(&draft).and_then(|mut file| {
                writeln!(file, "{id}")?;
                file.sync_all()
            });
            written
                .and_then(|()| std::fs::rename(&draft, &path))
                .map_err(|source| OpenError::io("write", &path, source))?;
            Ok(NodeId(id))
        }
        Err(source) => Err(OpenError::io("read", &path, source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_directory_is_released_once_the_last_use_of_it_ends() {
        let dir = tempfile::tempdir().unwrap();
        let moment = Duration::from_millis(30);
        assert!(released(dir.path(), moment).await.unwrap(), "never used");
        let first = Arc::new(DataDir::open(dir.path()).unwrap());
        let last = Arc::clone(&first);
        drop(first);
        assert!(!released(dir.path(), moment).await.unwrap());
        let waits = released(dir.path(), Duration::from_secs(60));
        let ends = async {
            sleep(moment).await;
            drop(last);
        };
        let (free, ()) = futures::join!(waits, ends);
        assert!(free.unwrap());
        DataDir::open(dir.path()).unwrap();
    }
}
