//! Keys in files: 0600, written once, never half.

use super::{SecretError, SecretKey};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use uuid::Uuid;

/// Reads key `name` from `dir`, or makes one there. The folder is created 0700, the file 0600.
///
/// The new file appears whole or not at all: it is written beside, synced and then linked to its name, so of two
/// processes that start at once one wins and both use its key. A crash leaves at most an unused temporary file.
///
/// # Errors
/// [`SecretError::FileMode`] if others may read the file, [`SecretError::KeyFormat`] if it holds no key,
/// [`SecretError::File`] for everything the disk refuses.
pub fn load_or_generate(dir: &Path, name: &str) -> Result<SecretKey, SecretError> {
    let path = dir.join(name);
    let failed = |source| SecretError::File {
        path: path.clone(),
        source,
    };
    match load(&path) {
        Err(SecretError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        found => return found,
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(failed)?;
    let temporary = dir.join(format!(".{name}.{}", Uuid::new_v4()));
    let written = write_new(&temporary, &SecretKey::generate())
        .and_then(|()| match fs::hard_link(&temporary, &path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        })
        .and_then(|()| File::open(dir)?.sync_all());
    let removed = fs::remove_file(&temporary);
    written.and(removed).map_err(failed)?;
    load(&path)
}

fn load(path: &Path) -> Result<SecretKey, SecretError> {
    let failed = |source| SecretError::File {
        path: path.to_owned(),
        source,
    };
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretError::FileMode {
            path: path.to_owned(),
            mode,
        });
    }
    SecretKey::from_text(&fs::read_to_string(path).map_err(failed)?)
}

fn write_new(path: &Path, key: &SecretKey) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(key.to_hex().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_a_private_key_once() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("keys");
        let first = load_or_generate(&dir, "field.key").unwrap();
        assert_eq!(load_or_generate(&dir, "field.key").unwrap(), first);
        assert_ne!(load_or_generate(&dir, "chain.key").unwrap(), first);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir), 0o700);
        assert_eq!(mode(&dir.join("field.key")), 0o600);
        assert_eq!(
            fs::read_dir(&dir).unwrap().count(),
            2,
            "nothing left behind"
        );
    }

    #[test]
    fn all_who_start_at_once_get_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys: Vec<SecretKey> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| load_or_generate(folder.path(), "field.key").unwrap()))
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn refuses_a_key_that_others_may_read() {
        let folder = tempfile::tempdir().unwrap();
        load_or_generate(folder.path(), "field.key").unwrap();
        let path = folder.path().join("field.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            load_or_generate(folder.path(), "field.key"),
            Err(SecretError::FileMode { mode: 0o640, .. })
        ));
    }

    #[test]
    fn refuses_a_damaged_key_rather_than_replacing_it() {
        let folder = tempfile::tempdir().unwrap();
        load_or_generate(folder.path(), "field.key").unwrap();
        fs::write(folder.path().join("field.key"), "half").unwrap();
        assert!(matches!(
            load_or_generate(folder.path(), "field.key"),
            Err(SecretError::KeyFormat)
        ));
    }
}
