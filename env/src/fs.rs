//! Files and directories as the database needs them: few operations, durability spelled out.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::error::{FsError, FsResult};
use crate::file::File;

/// A file system.
///
/// A name exists durably only after its directory was synced ([`sync_dir`](FileSystem::sync_dir)); content only
/// after [`File::sync_all`]. All errors carry the path.
pub trait FileSystem: Send + Sync + fmt::Debug {
    /// Creates a directory and those above it; it is no error if it exists.
    ///
    /// # Errors
    /// When the system refuses, or a file is in the way.
    fn create_dir_all(&self, path: &Path) -> FsResult<()>;

    /// Creates a new, empty directory for temporary data, readable by this user only, named `prefix` and something
    /// unique. The caller removes it.
    ///
    /// # Errors
    /// When the system refuses.
    fn create_temp_dir(&self, prefix: &str) -> FsResult<PathBuf>;

    /// What a directory holds, sorted by name. Names that are not UTF-8 are not ours and are left out.
    ///
    /// # Errors
    /// When the directory does not exist or cannot be read.
    fn read_dir(&self, path: &Path) -> FsResult<Vec<DirEntry>>;

    /// Whether there is a file or directory of this name.
    ///
    /// # Errors
    /// When the system cannot say (for example, no permission).
    fn exists(&self, path: &Path) -> FsResult<bool>;

    /// Length of a file in bytes.
    ///
    /// # Errors
    /// When there is no such file.
    fn file_len(&self, path: &Path) -> FsResult<u64>;

    /// Opens an empty file for writing and reading; what it held before is lost.
    ///
    /// # Errors
    /// When the system refuses.
    fn create(&self, path: &Path) -> FsResult<Box<dyn File>>;

    /// As [`create`](FileSystem::create), but refuses if the name is taken.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`], or when the system refuses.
    fn create_new(&self, path: &Path) -> FsResult<Box<dyn File>>;

    /// Opens a file for writing at its end and for reading; it is created if it does not exist.
    ///
    /// # Errors
    /// When the system refuses.
    fn open_append(&self, path: &Path) -> FsResult<Box<dyn File>>;

    /// Opens an existing file for reading.
    ///
    /// # Errors
    /// When there is no such file or it cannot be read.
    fn open_read(&self, path: &Path) -> FsResult<Box<dyn File>>;

    /// A whole file as memory that the system reads when it is looked at, and may drop again: what does not fit into
    /// memory can be mapped. The file must not be made shorter, nor be written to, as long as the map lives; removing its
    /// name is allowed. A file system that has no such memory reads the file.
    ///
    /// # Errors
    /// When there is no such file or it cannot be mapped.
    fn map(&self, path: &Path) -> FsResult<Bytes> {
        Ok(Bytes::from(self.read(path, u64::MAX)?))
    }

    /// Gives a file a further name, in the same file system.
    ///
    /// # Errors
    /// When there is no such file, the name is taken, or the system refuses.
    fn hard_link(&self, existing: &Path, further: &Path) -> FsResult<()>;

    /// Gives a file or directory another name; a file that had that name is replaced, in one step.
    ///
    /// # Errors
    /// When the system refuses.
    fn rename(&self, from: &Path, to: &Path) -> FsResult<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// When there is none or the system refuses.
    fn remove_file(&self, path: &Path) -> FsResult<()>;

    /// Removes a directory and all it holds.
    ///
    /// # Errors
    /// When there is none or the system refuses.
    fn remove_dir_all(&self, path: &Path) -> FsResult<()>;

    /// Returns when the names in a directory are durable.
    ///
    /// # Errors
    /// When the system fails to make them durable.
    fn sync_dir(&self, path: &Path) -> FsResult<()>;

    /// Takes the advisory lock of a file, creating it if needed, without waiting; dropping the guard releases it.
    /// On Unix this is `flock`, which Prometheus takes on the same file.
    ///
    /// # Errors
    /// [`FsError::is_locked`] when someone else holds it, also within this process.
    fn lock_exclusive(&self, path: &Path) -> FsResult<Box<dyn FileLock>>;

    /// Reads a whole file of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// When there is no such file, it cannot be read, or it is larger than the limit.
    fn read(&self, path: &Path, bytes_max: u64) -> FsResult<Vec<u8>> {
        let file = self.open_read(path)?;
        let len = file.len()?;
        // The length is checked before memory of that size is asked for.
        let len_checked = if len <= bytes_max { usize::try_from(len).ok() } else { None };
        let Some(len_checked) = len_checked else {
            let message = format!("the file has {len} bytes, at most {bytes_max} are accepted");
            return Err(FsError::new("read", path, io::Error::new(io::ErrorKind::FileTooLarge, message)));
        };
        let mut bytes = vec![0; len_checked];
        file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// Replaces a file's content so that after a crash the file holds either the old or the new content: writes
    /// `path.tmp`, syncs, renames, syncs the directory.
    ///
    /// # Errors
    /// When any of these steps fails; the old content is then still in place, or the new one is but not durably.
    fn write_atomic(&self, path: &Path, bytes: &[u8]) -> FsResult<()> {
        let mut tmp_path = path.as_os_str().to_owned();
        tmp_path.push(".tmp");
        let tmp_path = PathBuf::from(tmp_path);
        let file = self.create(&tmp_path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        self.rename(&tmp_path, path)?;
        self.sync_dir(parent_dir(path))
    }
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirEntry {
    /// The last component of the path.
    pub name: String,
    /// Whether it is a directory (a link to one is not).
    pub is_dir: bool,
}

/// A held lock; dropping it releases the lock.
pub trait FileLock: Send + Sync + fmt::Debug {}

fn parent_dir(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        // A bare file name lies in the current directory.
        _ => Path::new("."),
    }
}
