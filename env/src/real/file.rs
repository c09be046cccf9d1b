//! A file of the operating system.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::{FsError, FsResult};
use crate::file::File;

/// A file of the operating system and the path it was opened by.
#[derive(Debug)]
pub(crate) struct RealFile {
    file: fs::File,
    path: PathBuf,
}

impl RealFile {
    pub(crate) fn new(file: fs::File, path: &Path) -> Self {
        Self { file, path: path.to_path_buf() }
    }

    fn failed(&self, operation: &'static str) -> impl FnOnce(io::Error) -> FsError {
        move |source| FsError::new(operation, &self.path, source)
    }
}

impl File for RealFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn write_all(&self, bytes: &[u8]) -> FsResult<()> {
        (&self.file).write_all(bytes).map_err(self.failed("write to"))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> FsResult<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..)
            && !rest.is_empty()
        {
            match self.file.read_at(rest, offset + filled as u64) {
                Ok(0) => break,
                Ok(read_bytes) => filled += read_bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed("read")(error)),
            }
        }
        Ok(filled)
    }

    fn len(&self) -> FsResult<u64> {
        Ok(self.file.metadata().map_err(self.failed("get the length of"))?.len())
    }

    fn set_len(&self, len: u64) -> FsResult<()> {
        self.file.set_len(len).map_err(self.failed("set the length of"))
    }

    fn sync_all(&self) -> FsResult<()> {
        self.file.sync_all().map_err(self.failed("fsync"))
    }
}
