//! The system's files, with an eye on what is written and synced, and a hand that stops or breaks it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use emberdb_env::{DirEntry, Env, File, FileLock, FileSystem, FsError, FsResult};

/// The system's file system; clones share what is told to one of them.
#[derive(Clone, Debug)]
pub(crate) struct FaultFs {
    real: Env,
    state: Arc<Mutex<State>>,
    changed: Arc<Condvar>,
}

#[derive(Debug, Default)]
struct State {
    /// Writes to, and fsyncs of, segments of logs.
    writes: usize,
    syncs: usize,
    /// Fsyncs that begin wait as long as this is so.
    holds_syncs: bool,
    /// Fsyncs of files in folders of this name fail.
    breaks_syncs_of: Option<&'static str>,
    /// Folders of new blocks cannot be made: the disk is full.
    breaks_blocks: bool,
    /// The next file of this name that is to be mapped is not.
    breaks_map_of: Option<&'static str>,
    /// The next block that is to be removed is not.
    breaks_removal: bool,
    /// Files of this name get no further names.
    breaks_links_of: Option<&'static str>,
    /// Reads of files in folders of this name wait as long as it is there.
    holds_reads_of: Option<String>,
    /// How many do.
    held_reads: usize,
}

impl State {
    fn holds_reads_in(&self, path: &Path) -> bool {
        self.holds_reads_of.as_ref().is_some_and(|folder| is_in(path, folder))
    }
}

impl FaultFs {
    pub(crate) fn new() -> Self {
        Self { real: Env::real(), state: Arc::default(), changed: Arc::default() }
    }

    pub(crate) fn env(&self) -> Env {
        Env::real_with_fs(self.clone())
    }

    pub(crate) fn syncs(&self) -> usize {
        self.lock().syncs
    }

    pub(crate) fn writes(&self) -> usize {
        self.lock().writes
    }

    pub(crate) fn hold_syncs(&self, holds: bool) {
        self.lock().holds_syncs = holds;
        self.changed.notify_all();
    }

    pub(crate) fn break_syncs_of(&self, folder: &'static str) {
        self.lock().breaks_syncs_of = Some(folder);
    }

    pub(crate) fn break_blocks(&self, breaks: bool) {
        self.lock().breaks_blocks = breaks;
    }

    pub(crate) fn break_next_map_of(&self, name: &'static str) {
        self.lock().breaks_map_of = Some(name);
    }

    pub(crate) fn break_next_removal(&self) {
        self.lock().breaks_removal = true;
    }

    pub(crate) fn break_links_of(&self, name: &'static str) {
        self.lock().breaks_links_of = Some(name);
    }

    pub(crate) fn hold_reads_of(&self, folder: Option<&str>) {
        self.lock().holds_reads_of = folder.map(str::to_owned);
        self.changed.notify_all();
    }

    /// Waits until `is_so` of the numbers of writes and fsyncs.
    pub(crate) fn wait(&self, is_so: impl Fn(usize, usize) -> bool) {
        self.wait_for(|state| is_so(state.writes, state.syncs));
    }

    /// Waits until a read waits.
    pub(crate) fn wait_held_read(&self) {
        self.wait_for(|state| state.held_reads > 0);
    }

    /// What does not happen within a minute never will.
    fn wait_for(&self, is_so: impl Fn(&State) -> bool) {
        let mut state = self.lock();
        while !is_so(&state) {
            let (woken, timeout) = self.changed.wait_timeout(state, Duration::from_secs(60)).unwrap();
            assert!(!timeout.timed_out(), "it stays so: {:?}", *woken);
            state = woken;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn file(&self, file: Box<dyn File>) -> Box<dyn File> {
        Box::new(FaultFile { fs: self.clone(), file })
    }

    fn note_write(&self, path: &Path) {
        if is_segment(path) {
            self.lock().writes += 1;
            self.changed.notify_all();
        }
    }

    fn note_sync(&self, path: &Path) -> FsResult<()> {
        if !is_segment(path) {
            return Ok(());
        }
        let mut state = self.lock();
        state.syncs += 1;
        self.changed.notify_all();
        while state.holds_syncs {
            state = self.changed.wait(state).unwrap();
        }
        match state.breaks_syncs_of {
            Some(folder) if is_in(path, folder) => {
                Err(FsError::new("sync", path, std::io::Error::other("the disk fails on purpose")))
            }
            _ => Ok(()),
        }
    }

    fn note_read(&self, path: &Path) {
        let mut state = self.lock();
        if !state.holds_reads_in(path) {
            return;
        }
        state.held_reads += 1;
        self.changed.notify_all();
        while state.holds_reads_in(path) {
            state = self.changed.wait(state).unwrap();
        }
        state.held_reads -= 1;
    }
}

fn is_segment(path: &Path) -> bool {
    is_in(path, "wal") || is_in(path, "wbl")
}

fn is_in(path: &Path, folder: &str) -> bool {
    path.parent().is_some_and(|parent| parent.ends_with(folder))
}

impl FileSystem for FaultFs {
    fn create_dir_all(&self, path: &Path) -> FsResult<()> {
        let is_new_block = path.to_string_lossy().contains(".tmp-for-creation");
        if is_new_block && self.lock().breaks_blocks {
            return Err(FsError::new("create", path, std::io::Error::other("the disk is full on purpose")));
        }
        self.real.fs().create_dir_all(path)
    }

    fn create_temp_dir(&self, prefix: &str) -> FsResult<PathBuf> {
        self.real.fs().create_temp_dir(prefix)
    }

    fn read_dir(&self, path: &Path) -> FsResult<Vec<DirEntry>> {
        self.real.fs().read_dir(path)
    }

    fn exists(&self, path: &Path) -> FsResult<bool> {
        self.real.fs().exists(path)
    }

    fn file_len(&self, path: &Path) -> FsResult<u64> {
        self.real.fs().file_len(path)
    }

    fn create(&self, path: &Path) -> FsResult<Box<dyn File>> {
        Ok(self.file(self.real.fs().create(path)?))
    }

    fn create_new(&self, path: &Path) -> FsResult<Box<dyn File>> {
        Ok(self.file(self.real.fs().create_new(path)?))
    }

    fn open_append(&self, path: &Path) -> FsResult<Box<dyn File>> {
        Ok(self.file(self.real.fs().open_append(path)?))
    }

    fn open_read(&self, path: &Path) -> FsResult<Box<dyn File>> {
        self.note_read(path);
        Ok(self.file(self.real.fs().open_read(path)?))
    }

    fn map(&self, path: &Path) -> FsResult<Bytes> {
        let breaks = self.lock().breaks_map_of.take_if(|name| path.ends_with(name));
        if breaks.is_some() {
            return Err(FsError::new("map", path, std::io::Error::other("no memory on purpose")));
        }
        self.real.fs().map(path)
    }

    fn hard_link(&self, existing: &Path, further: &Path) -> FsResult<()> {
        if self.lock().breaks_links_of.is_some_and(|name| existing.ends_with(name)) {
            return Err(FsError::new(
                "link",
                existing,
                std::io::Error::other("another file system on purpose"),
            ));
        }
        self.real.fs().hard_link(existing, further)
    }

    fn rename(&self, from: &Path, to: &Path) -> FsResult<()> {
        let is_removal = to.to_string_lossy().ends_with(".tmp-for-deletion");
        if is_removal && std::mem::take(&mut self.lock().breaks_removal) {
            return Err(FsError::new("rename", from, std::io::Error::other("refused on purpose")));
        }
        self.real.fs().rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> FsResult<()> {
        self.real.fs().remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> FsResult<()> {
        self.real.fs().remove_dir_all(path)
    }

    fn sync_dir(&self, path: &Path) -> FsResult<()> {
        self.real.fs().sync_dir(path)
    }

    fn lock_exclusive(&self, path: &Path) -> FsResult<Box<dyn FileLock>> {
        self.real.fs().lock_exclusive(path)
    }
}

#[derive(Debug)]
struct FaultFile {
    fs: FaultFs,
    file: Box<dyn File>,
}

impl File for FaultFile {
    fn path(&self) -> &Path {
        self.file.path()
    }

    fn write_all(&self, bytes: &[u8]) -> FsResult<()> {
        self.fs.note_write(self.path());
        self.file.write_all(bytes)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> FsResult<usize> {
        self.file.read_at(buffer, offset)
    }

    fn len(&self) -> FsResult<u64> {
        self.file.len()
    }

    fn set_len(&self, len: u64) -> FsResult<()> {
        self.file.set_len(len)
    }

    fn sync_all(&self) -> FsResult<()> {
        self.fs.note_sync(self.path())?;
        self.file.sync_all()
    }
}
