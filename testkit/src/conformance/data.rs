//! The folder that the data lies in.

use std::path::{Path, PathBuf};

use emberdb_env::{Env, FsError};
use serde_json::Value;

use super::Suite;

/// A file may be so large; the largest has 10 MB.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// A folder with conformance data.
#[derive(Debug)]
pub struct Data {
    folder: PathBuf,
    env: Env,
}

/// Why the data cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file or folder is missing, or cannot be read.
    #[error(transparent)]
    Unreadable(#[from] FsError),
    /// A file that should be text is not.
    #[error("{path} is not UTF-8")]
    NotText {
        /// The file.
        path: String,
    },
    /// A line is not JSON.
    #[error("{path}:{line}: {source}")]
    NotJson {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What the reader says.
        source: serde_json::Error,
    },
    /// A file is JSON, but not what its name promises.
    #[error("{path}: {message}")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong with it.
        message: String,
    },
}

impl Data {
    /// The data in the folder that is `named`, which is what the variable `EMBERDB_CONFORMANCE` says; if none is, in
    /// `../shared/conformance` beside the repository. `None` if that folder is not there.
    ///
    /// # Errors
    /// [`DataError::Unreadable`] if the system cannot say whether it is.
    pub fn find(named: Option<PathBuf>) -> Result<Option<Self>, DataError> {
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
        let data = Self { folder: named.unwrap_or_else(beside), env: Env::real() };
        let is_there = data.env.fs().exists(&data.folder)?;
        Ok(is_there.then_some(data))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it has a folder for this suite.
    ///
    /// # Errors
    /// [`DataError::Unreadable`] if the system cannot say.
    pub fn has(&self, suite: Suite) -> Result<bool, DataError> {
        Ok(self.env.fs().exists(&self.folder.join(suite.name()))?)
    }

    /// The content of a file.
    pub(super) fn bytes(&self, path: &str) -> Result<Vec<u8>, DataError> {
        Ok(self.env.fs().read(&self.folder.join(path), FILE_BYTES_MAX)?)
    }

    /// The text of a file.
    pub(super) fn text(&self, path: &str) -> Result<String, DataError> {
        String::from_utf8(self.bytes(path)?).map_err(|_| DataError::NotText { path: path.to_owned() })
    }

    /// The records of a file of JSON lines.
    pub(super) fn records(&self, path: &str) -> Result<Vec<Value>, DataError> {
        let text = self.text(path)?;
        let record = |(at, line)| {
            let not_json = |source| DataError::NotJson { path: path.to_owned(), line: at + 1, source };
            serde_json::from_str(line).map_err(not_json)
        };
        text.lines().enumerate().map(record).collect()
    }

    /// A file that is one JSON value.
    pub(super) fn json(&self, path: &str) -> Result<Value, DataError> {
        serde_json::from_str(&self.text(path)?).map_err(|source| DataError::NotJson {
            path: path.to_owned(),
            line: source.line(),
            source,
        })
    }

    /// The names of the folders in a folder, sorted.
    pub(super) fn folders(&self, under: &str) -> Result<Vec<String>, DataError> {
        let entries = self.env.fs().read_dir(&self.folder.join(under))?;
        Ok(entries.into_iter().filter(|entry| entry.is_dir).map(|entry| entry.name).collect())
    }

    /// The files in a folder whose names end in `suffix`, sorted.
    pub(super) fn files(&self, under: &str, suffix: &str) -> Result<Vec<String>, DataError> {
        let entries = self.env.fs().read_dir(&self.folder.join(under))?;
        let names = entries.into_iter().map(|entry| entry.name);
        Ok(names.filter(|name| name.ends_with(suffix)).map(|name| format!("{under}/{name}")).collect())
    }
}
