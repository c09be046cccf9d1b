//! The operating system's file system.
#![expect(clippy::disallowed_methods, reason = "this is the seam that the bans of std::fs point to")]

use std::fs::{self, DirBuilder, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::file::RealFile;
use super::mmap::map_file;
use crate::error::{FsError, FsResult};
use crate::file::File;
use crate::fs::{DirEntry, FileLock, FileSystem};
use crate::random::{Random, SeededRandom};

/// The operating system's file system.
#[derive(Debug)]
pub(crate) struct RealFileSystem;

impl FileSystem for RealFileSystem {
    fn create_dir_all(&self, path: &Path) -> FsResult<()> {
        fs::create_dir_all(path).map_err(|source| FsError::new("create directory", path, source))
    }

    fn create_temp_dir(&self, prefix: &str) -> FsResult<PathBuf> {
        let random = SeededRandom::from_system();
        loop {
            let path = std::env::temp_dir().join(format!("{prefix}-{:016x}", random.u64()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(FsError::new("create directory", &path, error)),
            }
        }
    }

    fn read_dir(&self, path: &Path) -> FsResult<Vec<DirEntry>> {
        let failed = |source| FsError::new("list directory", path, source);
        let mut entries = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let is_dir = entry.file_type().map_err(failed)?.is_dir();
            if let Ok(name) = entry.file_name().into_string() {
                entries.push(DirEntry { name, is_dir });
            }
        }
        entries.sort();
        Ok(entries)
    }

    fn exists(&self, path: &Path) -> FsResult<bool> {
        path.try_exists().map_err(|source| FsError::new("look for", path, source))
    }

    fn file_len(&self, path: &Path) -> FsResult<u64> {
        let metadata =
            fs::metadata(path).map_err(|source| FsError::new("get the length of", path, source))?;
        Ok(metadata.len())
    }

    // All writable files are opened for appending: the position never matters.
    fn create(&self, path: &Path) -> FsResult<Box<dyn File>> {
        let file = open(OpenOptions::new().read(true).append(true).create(true), "create", path)?;
        // Appending and truncating exclude each other in the standard library.
        file.set_len(0)?;
        Ok(Box::new(file))
    }

    fn create_new(&self, path: &Path) -> FsResult<Box<dyn File>> {
        Ok(Box::new(open(OpenOptions::new().read(true).append(true).create_new(true), "create", path)?))
    }

    fn open_append(&self, path: &Path) -> FsResult<Box<dyn File>> {
        Ok(Box::new(open(OpenOptions::new().read(true).append(true).create(true), "open", path)?))
    }

    fn open_read(&self, path: &Path) -> FsResult<Box<dyn File>> {
        Ok(Box::new(open(OpenOptions::new().read(true), "open", path)?))
    }

    fn map(&self, path: &Path) -> FsResult<Bytes> {
        let failed = |source| FsError::new("map", path, source);
        let file = fs::File::open(path).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")));
        }
        map_file(&file).map_err(failed)
    }

    fn hard_link(&self, existing: &Path, further: &Path) -> FsResult<()> {
        fs::hard_link(existing, further).map_err(|source| FsError::new("link", further, source))
    }

    fn rename(&self, from: &Path, to: &Path) -> FsResult<()> {
        fs::rename(from, to).map_err(|source| FsError::new("rename", from, source))
    }

    fn remove_file(&self, path: &Path) -> FsResult<()> {
        fs::remove_file(path).map_err(|source| FsError::new("remove", path, source))
    }

    fn remove_dir_all(&self, path: &Path) -> FsResult<()> {
        fs::remove_dir_all(path).map_err(|source| FsError::new("remove directory", path, source))
    }

    fn sync_dir(&self, path: &Path) -> FsResult<()> {
        fs::File::open(path)
            .and_then(|dir| dir.sync_all())
            .map_err(|source| FsError::new("fsync directory", path, source))
    }

    fn lock_exclusive(&self, path: &Path) -> FsResult<Box<dyn FileLock>> {
        let failed = |source| FsError::new("lock", path, source);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(RealFileLock { _file: file })),
            Err(TryLockError::WouldBlock) => {
                Err(failed(io::Error::new(io::ErrorKind::WouldBlock, "it is held by another user of it")))
            }
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// Closing the file releases its lock.
#[derive(Debug)]
struct RealFileLock {
    _file: fs::File,
}

impl FileLock for RealFileLock {}

fn open(options: &OpenOptions, operation: &'static str, path: &Path) -> FsResult<RealFile> {
    let file = options.open(path).map_err(|source| FsError::new(operation, path, source))?;
    Ok(RealFile::new(file, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `test` in a directory of its own and removes it after a success.
    fn in_temp_dir(test: impl FnOnce(&dyn FileSystem, &Path)) {
        let dir = RealFileSystem.create_temp_dir("emberdb-env-test").unwrap();
        test(&RealFileSystem, &dir);
        RealFileSystem.remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn writes_go_to_the_end_and_reads_say_where() {
        in_temp_dir(|fs, dir| {
            let path = dir.join("file");
            let file = fs.create_new(&path).unwrap();
            file.write_all(b"hello ").unwrap();
            file.write_all(b"world").unwrap();
            file.sync_all().unwrap();
            let mut buffer = [0; 8];
            assert_eq!(file.read_at(&mut buffer, 6).unwrap(), 5);
            assert_eq!(&buffer[..5], b"world");
            assert_eq!(file.read_at(&mut buffer, 99).unwrap(), 0);
            file.set_len(4).unwrap();
            file.write_all(b"!").unwrap();
            assert_eq!(fs.read(&path, 5).unwrap(), b"hell!");
            assert_eq!(fs.create_new(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            fs.open_append(&path).unwrap().write_all(b"?").unwrap();
            assert_eq!(fs.file_len(&path).unwrap(), 6);
            assert_eq!(fs.create(&path).unwrap().len().unwrap(), 0);
        });
    }

    #[test]
    fn a_file_over_the_limit_is_refused_with_both_numbers() {
        in_temp_dir(|fs, dir| {
            let path = dir.join("file");
            fs.write_atomic(&path, b"123456").unwrap();
            let message = fs.read(&path, 5).unwrap_err().to_string();
            assert!(message.contains("6 bytes") && message.contains("at most 5"), "{message}");
            assert!(fs.read(&dir.join("none"), 5).unwrap_err().is_not_found());
        });
    }

    #[test]
    fn an_atomic_write_replaces_and_leaves_no_other_file() {
        in_temp_dir(|fs, dir| {
            let path = dir.join("file");
            fs.write_atomic(&path, b"old content").unwrap();
            fs.write_atomic(&path, b"new").unwrap();
            assert_eq!(fs.read(&path, 100).unwrap(), b"new");
            let names: Vec<String> = fs.read_dir(dir).unwrap().into_iter().map(|entry| entry.name).collect();
            assert_eq!(names, ["file"]);
        });
    }

    #[test]
    fn directories_are_listed_in_order_of_names() {
        in_temp_dir(|fs, dir| {
            fs.create_dir_all(&dir.join("b/c")).unwrap();
            fs.create(&dir.join("c")).unwrap();
            fs.create(&dir.join("a")).unwrap();
            let entry = |name: &str, is_dir| DirEntry { name: name.to_owned(), is_dir };
            assert_eq!(fs.read_dir(dir).unwrap(), [entry("a", false), entry("b", true), entry("c", false)]);
            fs.rename(&dir.join("a"), &dir.join("c")).unwrap();
            fs.remove_dir_all(&dir.join("b")).unwrap();
            fs.sync_dir(dir).unwrap();
            assert_eq!(fs.read_dir(dir).unwrap(), [entry("c", false)]);
            assert!(!fs.exists(&dir.join("a")).unwrap());
        });
    }

    #[test]
    fn a_lock_is_held_once_until_dropped() {
        in_temp_dir(|fs, dir| {
            let path = dir.join("lock");
            let held = fs.lock_exclusive(&path).unwrap();
            assert!(fs.lock_exclusive(&path).unwrap_err().is_locked());
            drop(held);
            assert!(fs.lock_exclusive(&path).is_ok());
        });
    }
}
