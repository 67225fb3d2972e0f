//! Looks at fjall's journals before fjall does.
//!
//! After a crash fjall cuts a journal off at the first byte it cannot read and goes on. For the last commit, whose
//! acknowledgement nobody saw, that is right. For damage in the middle it would silently drop every commit after
//! it. The log's writer starts a commit only when the one before it is synced, so the two are told apart: a torn
//! tail can only be what follows the last whole commit of the newest journal, and no whole commit stands in it.
//! Such a tail is cut off here; anything else is reported, and opening is refused.
//!
//! The format walked over here is that of fjall 3 journals (`src/journal/entry.rs` there): start (tag 1, u32 item
//! count, u64 seqno), items (tag 2, value type, compression, u64 keyspace, u16 key length, u32 value length, u32
//! stored length, key, value), clears (tag 4, u64 keyspace), end (tag 3, u64 checksum, 4 bytes of magic).
//! Little endian. Checksums are left to fjall, which refuses to open where one does not match.

use super::OpenError;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

/// The end of a commit begins with its tag and ends with these.
const MAGIC: [u8; 4] = [b'F', b'J', b'L', 3];
const END_BYTES: usize = 13;
const START_BYTES: usize = 13;

/// Cuts off a torn tail; refuses a folder one of whose journals lost something before its end.
pub(super) fn check(dir: &Path) -> Result<(), OpenError> {
    let journals = journals(dir)?;
    let newest = journals.len().saturating_sub(1);
    for (index, path) in journals.into_iter().enumerate() {
        let bytes = std::fs::read(&path).map_err(|source| OpenError::io("read", &path, source))?;
        match tail(&bytes) {
            Tail::Clean => {}
            Tail::Torn { at } if index == newest => {
                tracing::warn!(journal = %path.display(), at, "cutting off a commit that was never acknowledged");
                cut(&path, at)?;
            }
            Tail::Torn { at } | Tail::Damaged { at } => {
                return Err(OpenError::Damaged { path, at });
            }
        }
    }
    Ok(())
}

/// Cuts the newest journal off at its first commit that is not whole, whatever follows it: for databases written
/// without a sync per commit, whose newest commits can be written again from the payload log. Older journals were
/// synced when they were closed; fjall refuses those that are damaged.
///
/// # Errors
/// When the folder or the journal cannot be read, or not be cut.
pub fn cut_at_damage(dir: &Path) -> Result<(), OpenError> {
    let Some(path) = journals(dir)?.pop() else {
        return Ok(());
    };
    let bytes = std::fs::read(&path).map_err(|source| OpenError::io("read", &path, source))?;
    let mut end = 0;
    while let Some(length) = bytes.get(end..).and_then(commit_with_checksum) {
        end += length;
    }
    let rest = bytes.get(end..).unwrap_or_default();
    if rest.iter().any(|b| *b != 0) {
        let at = u64::try_from(end).unwrap_or(u64::MAX);
        tracing::warn!(journal = %path.display(), at, "cutting off commits that did not reach the disk whole");
        cut(&path, at)?;
    }
    Ok(())
}

/// The journals of a database, oldest first; none when there is no database.
fn journals(dir: &Path) -> Result<Vec<PathBuf>, OpenError> {
    let list = |source| OpenError::io("list", dir, source);
    let mut journals = Vec::new();
    match std::fs::read_dir(dir) {
        Ok(entries) => {
            for entry in entries {
                let path = entry.map_err(list)?.path();
                let number = path.file_name().and_then(|name| name.to_str());
                let number = number.and_then(|name| name.strip_suffix(".jnl"));
                journals.extend(
                    number
                        .and_then(|n| n.parse::<u64>().ok())
                        .map(|n| (n, path)),
                );
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => return Err(list(source)),
    }
    journals.sort();
    Ok(journals.into_iter().map(|(_, path)| path).collect())
}

fn cut(path: &Path, at: u64) -> Result<(), OpenError> {
    let file = OpenOptions::new().write(true).open(path);
    file.and_then(|file| {
        file.set_len(at)?;
        file.sync_all()
    })
    .map_err(|source| OpenError::io("cut", path, source))
}

/// What follows the last readable commit of a journal, which ends at `at`.
enum Tail {
    /// Nothing.
    Clean,
    /// A part of a commit.
    Torn { at: u64 },
    /// The end of a commit whose beginning cannot be read.
    Damaged { at: u64 },
}

fn tail(journal: &[u8]) -> Tail {
    let mut end = 0;
    while let Some(length) = journal.get(end..).and_then(commit) {
        end += length;
    }
    let tail = journal.get(end..).unwrap_or_default();
    // Journals are preallocated: zeros at the end were never written.
    if tail.iter().all(|b| *b == 0) {
        return Tail::Clean;
    }
    let at = u64::try_from(end).unwrap_or(u64::MAX);
    // Where a commit's end was written, what stands before it was acknowledged, or may have been.
    let mut windows = tail.windows(END_BYTES);
    if windows.any(|w| w.first() == Some(&3) && w.ends_with(&MAGIC)) {
        Tail::Damaged { at }
    } else {
        Tail::Torn { at }
    }
}

/// Length of the whole commit at the start of `bytes`.
fn commit(bytes: &[u8]) -> Option<usize> {
    let mut reader = Walk { bytes, at: 0 };
    if reader.u8()? != 1 {
        return None;
    }
    let items = reader.u32()?;
    reader.skip(8)?;
    for _ in 0..items {
        match reader.u8()? {
            2 => {
                reader.skip(1)?;
                let compressed = reader.u8()? != 0;
                reader.skip(8)?;
                let key = reader.u16()?;
                let length = reader.u32()?;
                let stored = reader.u32()?;
                if !compressed && length != stored {
                    return None;
                }
                reader.skip(usize::from(key))?;
                reader.skip(usize::try_from(stored).ok()?)?;
            }
            4 => reader.skip(8)?,
            _ => return None,
        }
    }
    if reader.u8()? != 3 {
        return None;
    }
    reader.skip(8)?;
    (reader.take::<4>()? == MAGIC).then_some(reader.at)
}

/// As [`commit`], and its items are those that the checksum was made of.
fn commit_with_checksum(bytes: &[u8]) -> Option<usize> {
    let length = commit(bytes)?;
    let items = bytes.get(START_BYTES..length.checked_sub(END_BYTES)?)?;
    let checksum = bytes.get(length - END_BYTES + 1..)?.first_chunk()?;
    (u64::from_le_bytes(*checksum) == xxhash_rust::xxh3::xxh3_64(items)).then_some(length)
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Walk<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let chunk = self.bytes.get(self.at..)?.first_chunk::<N>().copied()?;
        self.at += N;
        Some(chunk)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(|[b]| b)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn skip(&mut self, n: usize) -> Option<()> {
        let at = self.at.checked_add(n)?;
        (at <= self.bytes.len()).then(|| self.at = at)
    }
}
