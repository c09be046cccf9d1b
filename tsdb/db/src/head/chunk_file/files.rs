//! Writing chunks and reading them in place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use emberdb_env::{Env, File, FsResult};
use emberdb_model::storage::{StorageError, StorageErrorKind};
use emberdb_tsdb_chunk::Encoding;
use parking_lot::{Mutex, RwLock};

use super::entry::{Entry, NewChunk};
use super::scan::{Scan, list};
use super::{FILE_BYTES_MAX, FILE_HEADER, file_name};

/// Where a chunk's entry begins: the number of its file and the offset in it, as upstream packs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ChunkDiskRef(u64);

impl ChunkDiskRef {
    pub(super) fn new(file: u32, offset: usize) -> Option<Self> {
        let offset = u32::try_from(offset).ok()?;
        Some(Self(u64::from(file) << 32 | u64::from(offset)))
    }

    /// A place where no file need be, for tests of what is in memory.
    #[cfg(test)]
    pub(crate) fn of(file: u32, offset: usize) -> Self {
        Self::new(file, offset).unwrap()
    }

    /// The number of the file.
    pub(crate) fn file(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn offset(self) -> usize {
        self.0 as u32 as usize
    }

    /// The number that stands in a log of late samples.
    pub(crate) fn packed(self) -> u64 {
        self.0
    }
}

/// The files of a head.
///
/// A chunk is written once and read in place from then on. Who writes holds one lock, who reads another one, shortly.
pub(crate) struct ChunkFiles {
    env: Env,
    dir: PathBuf,
    writer: Mutex<Writer>,
    maps: RwLock<BTreeMap<u32, FileMap>>,
}

struct FileMap {
    bytes: Bytes,
    newest_ms: i64,
}

#[derive(Default)]
struct Writer {
    /// The file that is being written; none before the first chunk.
    active: Option<ActiveFile>,
    /// The greatest number of a file.
    newest_number: u32,
    buffer: Vec<u8>,
}

struct ActiveFile {
    number: u32,
    file: Box<dyn File>,
    bytes: u64,
}

impl ChunkFiles {
    /// The files that were scanned, which are only read from now on. With `may_repair` what was written from the first damage
    /// on is removed, as upstream does: its samples are in the log.
    pub(crate) fn open(env: &Env, dir: &Path, scan: &mut Scan, may_repair: bool) -> FsResult<Self> {
        let files = std::mem::take(&mut scan.files);
        if let Some(damage) = scan.damage.as_ref().filter(|_| may_repair) {
            // The newest first, so that no gap can be left.
            for (_, path) in list(env, dir)?.iter().rev().take_while(|(n, _)| *n >= damage.from_number) {
                env.fs().remove_file(path)?;
            }
        }
        let newest_number = files.last().map_or(0, |(number, ..)| *number);
        let maps = files.into_iter().map(|(number, bytes, newest_ms)| (number, FileMap { bytes, newest_ms }));
        Ok(Self {
            env: env.clone(),
            dir: dir.to_path_buf(),
            writer: Mutex::new(Writer { newest_number, ..Writer::default() }),
            maps: RwLock::new(maps.collect()),
        })
    }

    /// Files of which there are none, for tests of what is in memory.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self::open(&Env::real(), Path::new("no such folder"), &mut Scan::default(), false).unwrap()
    }

    /// Writes chunks; returns where each is. They can be read from then on, but are not durable: the log is.
    ///
    /// After an error none of them is there.
    pub(crate) fn append(&self, chunks: &[NewChunk<'_>]) -> FsResult<Vec<ChunkDiskRef>> {
        let mut writer = self.writer.lock();
        let mut places = Vec::with_capacity(chunks.len());
        let mut rest = chunks;
        while !rest.is_empty() {
            let written = self.append_to_one_file(&mut writer, rest, &mut places);
            if written.is_err() {
                // Its end is unknown. A file is never written behind that.
                writer.active = None;
            }
            rest = rest.get(written?..).unwrap_or_default();
        }
        Ok(places)
    }

    /// Writes as many chunks as fit into the active file, at least one; returns their number.
    fn append_to_one_file(
        &self,
        writer: &mut Writer,
        chunks: &[NewChunk<'_>],
        places: &mut Vec<ChunkDiskRef>,
    ) -> FsResult<usize> {
        let first_bytes = chunks.first().map_or(0, NewChunk::entry_bytes) as u64;
        if writer.active.as_ref().is_some_and(|active| active.bytes + first_bytes > FILE_BYTES_MAX) {
            end(writer)?;
        }
        let Writer { active, newest_number, buffer } = writer;
        let active = match active {
            Some(active) => active,
            None => {
                let created = self.create(*newest_number + 1)?;
                *newest_number += 1;
                active.insert(created)
            }
        };
        buffer.clear();
        let (mut count, mut newest_ms) = (0, i64::MIN);
        for chunk in chunks {
            let at = active.bytes + buffer.len() as u64;
            if count > 0 && at + chunk.entry_bytes() as u64 > FILE_BYTES_MAX {
                break;
            }
            let place = usize::try_from(at).ok().and_then(|at| ChunkDiskRef::new(active.number, at));
            places.push(place.expect("a file is cut long before its offsets have more than 32 bits"));
            chunk.encode(buffer);
            newest_ms = newest_ms.max(chunk.max_ms);
            count += 1;
        }
        active.file.write_all(buffer)?;
        active.bytes += buffer.len() as u64;
        self.map(active.number, newest_ms)?;
        Ok(count)
    }

    fn create(&self, number: u32) -> FsResult<ActiveFile> {
        self.env.fs().create_dir_all(&self.dir)?;
        let file = self.env.fs().create(&self.dir.join(file_name(number)))?;
        file.write_all(&FILE_HEADER)?;
        self.env.fs().sync_dir(&self.dir)?;
        Ok(ActiveFile { number, file, bytes: FILE_HEADER.len() as u64 })
    }

    /// Maps a file as far as it is written. Chunks that are being read keep the earlier map.
    fn map(&self, number: u32, newest_ms: i64) -> FsResult<()> {
        let bytes = self.env.fs().map(&self.dir.join(file_name(number)))?;
        let mut maps = self.maps.write();
        let newest_ms = maps.get(&number).map_or(newest_ms, |map| map.newest_ms.max(newest_ms));
        maps.insert(number, FileMap { bytes, newest_ms });
        Ok(())
    }

    /// A chunk and its encoding. Its checksum is looked at each time.
    pub(crate) fn get(&self, place: ChunkDiskRef) -> Result<(Encoding, Bytes), StorageError> {
        let (file, offset) = (place.file(), place.offset());
        let corrupt = |reason: String| {
            let path = self.dir.join(file_name(file));
            let message = format!("{}: offset {offset}: {reason}", path.display());
            StorageError::new(StorageErrorKind::Corrupt, message)
        };
        let bytes = self.maps.read().get(&file).map(|map| map.bytes.clone());
        let bytes = bytes.ok_or_else(|| corrupt("the file of a chunk is gone".into()))?;
        match Entry::decode(bytes.get(offset..).unwrap_or_default()) {
            Ok(Some(entry)) => {
                let start = offset + entry.chunk_at;
                Ok((entry.encoding, bytes.slice(start..start + entry.chunk.len())))
            }
            Ok(None) => Err(corrupt("expected a chunk, found nothing".into())),
            Err(error) => Err(corrupt(error.to_string())),
        }
    }

    /// Ends the file that is being written, and removes the files of which all samples are older than `before_ms`, but not `kept`. The
    /// oldest goes first, and none behind one that stays: upstream wants no gaps.
    pub(crate) fn remove_before(&self, before_ms: i64, kept: Option<u32>) -> FsResult<usize> {
        let mut writer = self.writer.lock();
        end(&mut writer)?;
        let mut removed = 0;
        loop {
            let oldest = self.maps.read().first_key_value().map(|(&number, map)| (number, map.newest_ms));
            match oldest {
                Some((number, newest_ms)) if newest_ms < before_ms && Some(number) != kept => {
                    self.env.fs().remove_file(&self.dir.join(file_name(number)))?;
                    self.maps.write().remove(&number);
                    removed += 1;
                }
                _ => return Ok(removed),
            }
        }
    }

    /// Size of all files in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.maps.read().values().map(|map| map.bytes.len() as u64).sum()
    }
}

/// Ends the file that is being written, if there is one: the next chunk begins another one.
fn end(writer: &mut Writer) -> FsResult<()> {
    writer.active.take().map_or(Ok(()), |active| active.file.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use emberdb_tsdb_chunk::XorAppender;

    fn chunk(seed: i64) -> Vec<u8> {
        let mut appender = XorAppender::new();
        for i in 0..3 {
            appender.append(seed + i, seed as f64).unwrap();
        }
        appender.bytes().to_vec()
    }

    fn new_chunk(wal_ref: u64, bytes: &[u8]) -> NewChunk<'_> {
        let min_ms = wal_ref as i64 * 10;
        let (encoding, is_out_of_order) = (Encoding::Xor, wal_ref.is_multiple_of(2));
        NewChunk { wal_ref, min_ms, max_ms: min_ms + 2, encoding, is_out_of_order, bytes }
    }

    /// Runs `test` in a directory of its own and removes it after a success.
    fn in_temp_dir(test: impl FnOnce(&Env, &Path)) {
        let env = Env::real();
        let dir = env.fs().create_temp_dir("emberdb-chunk-files").unwrap();
        test(&env, &dir.join("chunks_head"));
        env.fs().remove_dir_all(&dir).unwrap();
    }

    fn open(env: &Env, dir: &Path) -> (ChunkFiles, Scan) {
        let mut scan = Scan::read(env, dir).unwrap();
        (ChunkFiles::open(env, dir, &mut scan, true).unwrap(), scan)
    }

    #[test]
    fn chunks_are_there_at_once_and_after_reopening() {
        in_temp_dir(|env, dir| {
            let bytes: Vec<Vec<u8>> = (0..50).map(chunk).collect();
            let new: Vec<NewChunk<'_>> =
                bytes.iter().enumerate().map(|(i, b)| new_chunk(i as u64, b)).collect();
            let (files, scan) = open(env, dir);
            assert!(scan.chunks.is_empty() && scan.damage.is_none());
            let mut places = files.append(&new[..20]).unwrap();
            places.extend(files.append(&new[20..]).unwrap());
            for (place, bytes) in places.iter().zip(&bytes) {
                assert_eq!(files.get(*place).unwrap(), (Encoding::Xor, Bytes::from(bytes.clone())));
            }
            drop(files);
            let (files, scan) = open(env, dir);
            assert_eq!(scan.chunks.iter().map(|c| c.place).collect::<Vec<_>>(), places);
            for (found, (new, bytes)) in scan.chunks.iter().zip(new.iter().zip(&bytes)) {
                assert_eq!(
                    (found.wal_ref, found.min_ms, found.max_ms),
                    (new.wal_ref, new.min_ms, new.max_ms)
                );
                assert_eq!((found.samples, found.is_out_of_order), (3, new.is_out_of_order));
                assert_eq!(files.get(found.place).unwrap().1, bytes);
            }
            // What was written before is never written to again.
            let later = files.append(&new[..1]).unwrap();
            assert_eq!(later[0].file(), places[0].file() + 1);
        });
    }

    #[test]
    fn what_is_damaged_and_what_follows_is_given_up() {
        in_temp_dir(|env, dir| {
            let bytes = chunk(7);
            for round in 0..3_u64 {
                let (files, _) = open(env, dir);
                files.append(&[new_chunk(round, &bytes), new_chunk(round + 10, &bytes)]).unwrap();
            }
            let path = dir.join("000002");
            let mut content = env.fs().read(&path, 1 << 20).unwrap();
            let last = content.len() - 1;
            content[last] ^= 1;
            env.fs().write_atomic(&path, &content).unwrap();
            let scan = Scan::read(env, dir).unwrap();
            assert_eq!(scan.chunks.iter().map(|c| c.wal_ref).collect::<Vec<_>>(), [0, 10]);
            let message = &scan.damage.as_ref().unwrap().message;
            assert!(message.contains("000002") && message.contains("checksum"), "{message}");
            let (_, scan) = open(env, dir);
            assert!(scan.damage.is_some());
            let (_, scan) = open(env, dir);
            assert!(scan.damage.is_none(), "the damaged file and the later one were removed");
            assert_eq!(scan.chunks.len(), 2);
        });
    }

    #[test]
    fn old_files_go_and_those_behind_a_young_one_stay() {
        in_temp_dir(|env, dir| {
            let bytes = chunk(7);
            let (files, _) = open(env, dir);
            let mut places = Vec::new();
            for wal_ref in [1, 9, 2] {
                places.extend(files.append(&[new_chunk(wal_ref, &bytes)]).unwrap());
                end(&mut files.writer.lock()).unwrap();
            }
            assert_eq!(files.remove_before(50, None).unwrap(), 1);
            assert!(files.get(places[0]).is_err());
            assert!(files.get(places[1]).is_ok() && files.get(places[2]).is_ok());
            assert_eq!(files.remove_before(1000, Some(places[2].file())).unwrap(), 1);
            assert!(files.get(places[2]).is_ok());
            assert_eq!(files.remove_before(1000, None).unwrap(), 1);
            assert_eq!(files.bytes(), 0);
        });
    }

    #[test]
    fn a_missing_file_ends_the_row() {
        in_temp_dir(|env, dir| {
            let bytes = chunk(7);
            let (files, _) = open(env, dir);
            for wal_ref in 0..3 {
                files.append(&[new_chunk(wal_ref, &bytes)]).unwrap();
                end(&mut files.writer.lock()).unwrap();
            }
            env.fs().remove_file(&dir.join("000002")).unwrap();
            let scan = Scan::read(env, dir).unwrap();
            assert_eq!(scan.chunks.len(), 1);
            assert!(scan.damage.unwrap().message.contains("000002 is missing"));
        });
    }
}
