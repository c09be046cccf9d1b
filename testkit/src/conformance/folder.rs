//! A directory that is removed at the end: an empty one, or a copy of one that is to be opened as its owner.

use std::path::{Path, PathBuf};

use emberdb_env::{Env, FsError};

/// A file of a directory may be so large; the largest has a few hundred KB.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// A directory of its own, removed at the end.
pub(super) struct Folder {
    pub(super) env: Env,
    pub(super) dir: PathBuf,
}

impl Folder {
    /// An empty one.
    pub(super) fn empty() -> Result<Self, FsError> {
        let env = Env::real();
        let dir = env.fs().create_temp_dir("emberdb-conformance")?;
        Ok(Self { env, dir })
    }

    /// One with all that is in `from`.
    pub(super) fn of(from: &Path) -> Result<Self, FsError> {
        let folder = Self::empty()?;
        folder.add(from, Path::new(""))?;
        Ok(folder)
    }

    /// Copies what is in `from` into the folder `to`, which is made.
    pub(super) fn add(&self, from: &Path, to: &Path) -> Result<(), FsError> {
        let fs = self.env.fs();
        fs.create_dir_all(&self.dir.join(to))?;
        for entry in fs.read_dir(from)? {
            let (from, to) = (from.join(&entry.name), to.join(&entry.name));
            if entry.is_dir {
                self.add(&from, &to)?;
            } else {
                fs.write_atomic(&self.dir.join(to), &fs.read(&from, FILE_BYTES_MAX)?)?;
            }
        }
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning.
        let _ = self.env.fs().remove_dir_all(&self.dir);
    }
}
