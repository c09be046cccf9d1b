//! A file system with room for one file in memory.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use emberdb_env::{DirEntry, Env, File, FileLock, FileSystem, FsError, FsResult};

/// The one file. Clones are the same file.
#[derive(Debug, Clone)]
pub(crate) struct MemoryFile {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// A write that would exceed it fails, and every later one.
    bytes_max: usize,
}

impl MemoryFile {
    pub(crate) fn new() -> Self {
        Self::full_after(usize::MAX)
    }

    pub(crate) fn full_after(bytes_max: usize) -> Self {
        Self { bytes: Arc::default(), bytes_max }
    }

    pub(crate) fn env(&self) -> Env {
        Env::real_with_fs(self.clone())
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }
}

fn unsupported<T>(path: &Path) -> FsResult<T> {
    Err(FsError::new("do that to", path, io::ErrorKind::Unsupported.into()))
}

impl File for MemoryFile {
    fn path(&self) -> &Path {
        Path::new("index")
    }

    fn write_all(&self, bytes: &[u8]) -> FsResult<()> {
        let mut written = self.bytes.lock().unwrap();
        if written.len() + bytes.len() > self.bytes_max {
            return Err(FsError::new("write to", self.path(), io::ErrorKind::StorageFull.into()));
        }
        written.extend_from_slice(bytes);
        Ok(())
    }

    fn read_at(&self, _buffer: &mut [u8], _offset: u64) -> FsResult<usize> {
        unsupported(self.path())
    }

    fn len(&self) -> FsResult<u64> {
        Ok(self.bytes().len() as u64)
    }

    fn set_len(&self, _len: u64) -> FsResult<()> {
        unsupported(self.path())
    }

    fn sync_all(&self) -> FsResult<()> {
        Ok(())
    }
}

impl FileSystem for MemoryFile {
    fn create(&self, _path: &Path) -> FsResult<Box<dyn File>> {
        self.bytes.lock().unwrap().clear();
        Ok(Box::new(self.clone()))
    }

    fn create_dir_all(&self, path: &Path) -> FsResult<()> {
        unsupported(path)
    }

    fn create_temp_dir(&self, prefix: &str) -> FsResult<PathBuf> {
        unsupported(Path::new(prefix))
    }

    fn read_dir(&self, path: &Path) -> FsResult<Vec<DirEntry>> {
        unsupported(path)
    }

    fn exists(&self, path: &Path) -> FsResult<bool> {
        unsupported(path)
    }

    fn file_len(&self, path: &Path) -> FsResult<u64> {
        unsupported(path)
    }

    fn create_new(&self, path: &Path) -> FsResult<Box<dyn File>> {
        unsupported(path)
    }

    fn open_append(&self, path: &Path) -> FsResult<Box<dyn File>> {
        unsupported(path)
    }

    fn open_read(&self, path: &Path) -> FsResult<Box<dyn File>> {
        unsupported(path)
    }

    fn hard_link(&self, existing: &Path, _further: &Path) -> FsResult<()> {
        unsupported(existing)
    }

    fn rename(&self, from: &Path, _to: &Path) -> FsResult<()> {
        unsupported(from)
    }

    fn remove_file(&self, path: &Path) -> FsResult<()> {
        unsupported(path)
    }

    fn remove_dir_all(&self, path: &Path) -> FsResult<()> {
        unsupported(path)
    }

    fn sync_dir(&self, path: &Path) -> FsResult<()> {
        unsupported(path)
    }

    fn lock_exclusive(&self, path: &Path) -> FsResult<Box<dyn FileLock>> {
        unsupported(path)
    }
}
