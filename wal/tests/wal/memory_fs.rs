//! A file system in memory that counts its operations, fails when told to, and knows what a power cut leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use emberdb_env::{DirEntry, Env, File, FileLock, FileSystem, FsError, FsResult};

/// A file system in memory; clones see the same files.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryFs {
    state: Arc<Mutex<State>>,
    /// A held fsync may go on.
    released: Arc<Condvar>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<PathBuf, Content>,
    dirs: BTreeSet<PathBuf>,
    /// The names that a power cut leaves.
    durable_files: BTreeMap<PathBuf, Content>,
    /// What was done to directories and is undone by a power cut.
    pending: Vec<Pending>,
    /// The operations that change something, as `verb name`.
    changes: Vec<String>,
    fault: Option<Fault>,
    /// Whether an fsync that has begun does not end.
    holds_syncs: bool,
}

/// A change of a directory that is not durable yet.
#[derive(Debug)]
enum Pending {
    Rename { from: PathBuf, to: PathBuf },
    Remove(PathBuf),
}

impl Pending {
    fn path(&self) -> &Path {
        match self {
            Self::Rename { to, .. } => to,
            Self::Remove(path) => path,
        }
    }
}

/// What a file holds, and what of it a power cut leaves.
type Content = Arc<Mutex<(Vec<u8>, Vec<u8>)>>;

/// When operations fail.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// The n-th change from the beginning fails, and all later ones.
    AllFrom(usize),
    /// The n-th change fails, and no other. A write leaves half of its bytes, the removal of a directory half of its files.
    Only(usize),
}

impl MemoryFs {
    pub(crate) fn env(&self) -> Env {
        Env::real_with_fs(self.clone())
    }

    pub(crate) fn set_fault(&self, fault: Fault) {
        self.lock().fault = Some(fault);
    }

    pub(crate) fn changes(&self) -> Vec<String> {
        self.lock().changes.clone()
    }

    /// A copy with all files as the processes see them, without faults.
    pub(crate) fn copy(&self) -> Self {
        let state = self.lock();
        let files = state.files.iter().map(|(path, content)| (path, content.lock().unwrap().0.clone()));
        Self::holding(files, &state.dirs)
    }

    /// A copy with the files that a power cut leaves at least: synced content under synced names.
    pub(crate) fn after_power_cut(&self) -> Self {
        let state = self.lock();
        let mut dirs = state.dirs.clone();
        for pending in state.pending.iter().rev() {
            match pending {
                Pending::Rename { from, to } => dirs = dirs.iter().map(|dir| moved(dir, to, from)).collect(),
                Pending::Remove(path) => drop(dirs.insert(path.clone())),
            }
        }
        let files = state.durable_files.iter();
        Self::holding(files.map(|(path, content)| (path, content.lock().unwrap().1.clone())), &dirs)
    }

    /// From now on each fsync that begins does not end until this is called again with `false`.
    pub(crate) fn hold_syncs(&self, holds: bool) {
        self.lock().holds_syncs = holds;
        self.released.notify_all();
    }

    /// The names in a directory.
    pub(crate) fn names(&self, dir: &Path) -> Vec<String> {
        self.read_dir(dir).unwrap().into_iter().map(|entry| entry.name).collect()
    }

    pub(crate) fn read_file(&self, path: &Path) -> Vec<u8> {
        self.lock().files[path].lock().unwrap().0.clone()
    }

    pub(crate) fn put_file(&self, path: &Path, bytes: &[u8]) {
        let content = Arc::new(Mutex::new((bytes.to_vec(), bytes.to_vec())));
        let mut state = self.lock();
        state.durable_files.insert(path.to_path_buf(), Arc::clone(&content));
        state.files.insert(path.to_path_buf(), content);
        state.dirs.extend(path.parent().map(Path::to_path_buf));
    }

    fn holding<'a>(files: impl Iterator<Item = (&'a PathBuf, Vec<u8>)>, dirs: &BTreeSet<PathBuf>) -> Self {
        let copy = Self::default();
        files.for_each(|(path, bytes)| copy.put_file(path, &bytes));
        copy.lock().dirs.clone_from(dirs);
        copy
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Notes a change, or fails it.
    fn change(&self, verb: &'static str, path: &Path) -> FsResult<()> {
        let mut state = self.lock();
        let number = state.changes.len();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        state.changes.push(format!("{verb} {name}"));
        match state.fault {
            Some(Fault::AllFrom(first)) if number >= first => Err(fault(verb, path)),
            Some(Fault::Only(only)) if number == only => Err(fault(verb, path)),
            _ => Ok(()),
        }
    }

    fn file(&self, verb: &'static str, path: &Path) -> FsResult<Content> {
        self.lock().files.get(path).cloned().ok_or_else(|| not_found(verb, path))
    }

    fn open(&self, path: &Path) -> Content {
        Arc::clone(self.lock().files.entry(path.to_path_buf()).or_default())
    }

    fn handle(&self, path: &Path, content: Content) -> Box<dyn File> {
        Box::new(MemoryFile { fs: self.clone(), path: path.to_path_buf(), content })
    }
}

impl FileSystem for MemoryFs {
    fn create_dir_all(&self, path: &Path) -> FsResult<()> {
        self.lock().dirs.insert(path.to_path_buf());
        Ok(())
    }

    fn create_temp_dir(&self, prefix: &str) -> FsResult<PathBuf> {
        let path = Path::new("/tmp").join(prefix);
        self.create_dir_all(&path)?;
        Ok(path)
    }

    fn read_dir(&self, path: &Path) -> FsResult<Vec<DirEntry>> {
        let state = self.lock();
        if !state.dirs.contains(path) {
            return Err(not_found("list", path));
        }
        let files = state.files.keys().map(|file| (file, false));
        let entries = files.chain(state.dirs.iter().map(|dir| (dir, true)));
        let mut entries: Vec<DirEntry> = entries
            .filter(|(entry, _)| entry.parent() == Some(path))
            .filter_map(|(entry, is_dir)| {
                let name = entry.file_name()?.to_str()?.to_owned();
                Some(DirEntry { name, is_dir })
            })
            .collect();
        entries.sort();
        Ok(entries)
    }

    fn exists(&self, path: &Path) -> FsResult<bool> {
        let state = self.lock();
        Ok(state.files.contains_key(path) || state.dirs.contains(path))
    }

    fn file_len(&self, path: &Path) -> FsResult<u64> {
        Ok(self.file("get the length of", path)?.lock().unwrap().0.len() as u64)
    }

    fn create(&self, path: &Path) -> FsResult<Box<dyn File>> {
        self.change("create", path)?;
        let content = self.open(path);
        content.lock().unwrap().0.clear();
        Ok(self.handle(path, content))
    }

    fn create_new(&self, path: &Path) -> FsResult<Box<dyn File>> {
        self.change("create", path)?;
        assert!(!self.exists(path)?, "{} is taken", path.display());
        Ok(self.handle(path, self.open(path)))
    }

    fn open_append(&self, path: &Path) -> FsResult<Box<dyn File>> {
        Ok(self.handle(path, self.open(path)))
    }

    fn open_read(&self, path: &Path) -> FsResult<Box<dyn File>> {
        Ok(self.handle(path, self.file("open", path)?))
    }

    fn hard_link(&self, existing: &Path, further: &Path) -> FsResult<()> {
        self.change("link", further)?;
        let mut state = self.lock();
        let content = state.files.get(existing).cloned().ok_or_else(|| not_found("link", existing))?;
        state.files.insert(further.to_path_buf(), content);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> FsResult<()> {
        self.change("rename to", to)?;
        let mut state = self.lock();
        if state.dirs.contains(from) {
            state.dirs = state.dirs.iter().map(|dir| moved(dir, from, to)).collect();
            let files = std::mem::take(&mut state.files);
            state.files =
                files.into_iter().map(|(path, content)| (moved(&path, from, to), content)).collect();
            state.pending.push(Pending::Rename { from: from.to_path_buf(), to: to.to_path_buf() });
            return Ok(());
        }
        let content = state.files.remove(from).ok_or_else(|| not_found("rename", from))?;
        state.files.insert(to.to_path_buf(), content);
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> FsResult<()> {
        self.change("remove", path)?;
        self.lock().files.remove(path).map(drop).ok_or_else(|| not_found("remove", path))
    }

    fn remove_dir_all(&self, path: &Path) -> FsResult<()> {
        let outcome = self.change("remove", path);
        let mut state = self.lock();
        let files: Vec<PathBuf> = state.files.keys().filter(|file| file.starts_with(path)).cloned().collect();
        let removed = if outcome.is_ok() { files.len() } else { files.len() / 2 };
        files.iter().take(removed).for_each(|file| drop(state.files.remove(file)));
        if outcome.is_ok() {
            state.dirs.retain(|dir| !dir.starts_with(path));
            state.pending.push(Pending::Remove(path.to_path_buf()));
        }
        outcome
    }

    fn sync_dir(&self, path: &Path) -> FsResult<()> {
        self.change("sync directory", path)?;
        let mut state = self.lock();
        let mut pending = std::mem::take(&mut state.pending);
        // If it was removed before, this is another one of that name.
        pending.retain(|pending| !matches!(pending, Pending::Remove(removed) if removed == path));
        let (done, pending) = pending.into_iter().partition(|pending| pending.path().parent() == Some(path));
        state.pending = pending;
        for done in done {
            let files = std::mem::take(&mut state.durable_files).into_iter();
            state.durable_files = match done {
                Pending::Rename { from, to } => {
                    files.map(|(file, content)| (moved(&file, &from, &to), content)).collect()
                }
                Pending::Remove(path) => files.filter(|(file, _)| !file.starts_with(&path)).collect(),
            };
        }
        state.durable_files.retain(|file, _| file.parent() != Some(path));
        let here: Vec<(PathBuf, Content)> = state
            .files
            .iter()
            .filter(|(file, _)| file.parent() == Some(path))
            .map(|(file, content)| (file.clone(), Arc::clone(content)))
            .collect();
        state.durable_files.extend(here);
        Ok(())
    }

    fn lock_exclusive(&self, _path: &Path) -> FsResult<Box<dyn FileLock>> {
        Ok(Box::new(NoLock))
    }
}

#[derive(Debug)]
struct NoLock;

impl FileLock for NoLock {}

#[derive(Debug)]
struct MemoryFile {
    fs: MemoryFs,
    path: PathBuf,
    content: Content,
}

impl File for MemoryFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn write_all(&self, bytes: &[u8]) -> FsResult<()> {
        let outcome = self.fs.change("write", &self.path);
        let written = if outcome.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        self.content.lock().unwrap().0.extend_from_slice(written);
        outcome
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> FsResult<usize> {
        let content = self.content.lock().unwrap();
        let rest = content.0.get(offset as usize..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn len(&self) -> FsResult<u64> {
        Ok(self.content.lock().unwrap().0.len() as u64)
    }

    fn set_len(&self, len: u64) -> FsResult<()> {
        self.fs.change("cut", &self.path)?;
        self.content.lock().unwrap().0.resize(len as usize, 0);
        Ok(())
    }

    fn sync_all(&self) -> FsResult<()> {
        self.fs.change("sync", &self.path)?;
        let written = self.content.lock().unwrap().0.clone();
        let mut state = self.fs.lock();
        while state.holds_syncs {
            state = self.fs.released.wait(state).unwrap();
        }
        drop(state);
        self.content.lock().unwrap().1 = written;
        Ok(())
    }
}

/// The path, if it lies in `from`, in `to` instead.
fn moved(path: &Path, from: &Path, to: &Path) -> PathBuf {
    match path.strip_prefix(from) {
        Ok(rest) if rest.as_os_str().is_empty() => to.to_path_buf(),
        Ok(rest) => to.join(rest),
        Err(_) => path.to_path_buf(),
    }
}

fn not_found(verb: &'static str, path: &Path) -> FsError {
    FsError::new(verb, path, io::ErrorKind::NotFound.into())
}

fn fault(verb: &'static str, path: &Path) -> FsError {
    FsError::new(verb, path, io::Error::other("the disk fails on purpose"))
}
