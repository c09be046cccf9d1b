//! Chunks by reference.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use emberdb_env::Env;

use super::{CHECKSUM_BYTES, HEADER, MAGIC, VERSION};
use crate::varint::read_uvarint;
use crate::{BlockError, BlockResult};

/// The chunks of a block, in mapped files.
#[derive(Debug)]
pub struct ChunkFiles {
    segments: Vec<Segment>,
}

#[derive(Debug)]
struct Segment {
    path: PathBuf,
    bytes: Bytes,
}

/// A chunk as it is stored: its encoding's id and its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawChunk<'a> {
    /// See [`Encoding`](emberdb_tsdb_chunk::Encoding).
    pub encoding: u8,
    /// The samples.
    pub data: &'a [u8],
}

/// A chunk as it lies in its segment.
struct Stored<'a> {
    encoding: u8,
    /// What the checksum is of: the encoding's byte and the data.
    summed: &'a [u8],
    checksum: u32,
    /// Where the segment goes on.
    end: usize,
}

impl ChunkFiles {
    /// Maps the segments in a folder and looks at their headers.
    ///
    /// # Errors
    /// [`BlockError`] if the folder cannot be read, a segment is missing or a file is no segment.
    pub fn open(env: &Env, dir: &Path) -> BlockResult<Self> {
        let mut numbers: Vec<(u32, String)> = Vec::new();
        for entry in env.fs().read_dir(dir)? {
            // As upstream: any name that is a number.
            if let Ok(number) = entry.name.parse() {
                numbers.push((number, entry.name));
            }
        }
        numbers.sort_unstable();
        let mut segments = Vec::with_capacity(numbers.len());
        for (expected, (number, name)) in (1..).zip(numbers) {
            if number != expected {
                let expected = format!("segment {expected:06} of chunks");
                return Err(BlockError::corrupt(dir, 0, expected, name));
            }
            let path = dir.join(name);
            let bytes = env.fs().map(&path)?;
            check_header(&path, &bytes)?;
            segments.push(Segment { path, bytes });
        }
        Ok(Self { segments })
    }

    /// Bytes of all segments.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes.len() as u64).sum()
    }

    /// A chunk, whose checksum is right.
    ///
    /// # Errors
    /// [`BlockError::Corrupt`] if the reference leads nowhere, or to bytes that are not those that were written.
    pub fn chunk(&self, chunk_ref: u64) -> BlockResult<RawChunk<'_>> {
        let (segment, at) = self.place(chunk_ref)?;
        segment.chunk(at)
    }

    /// A chunk's data, which keeps its segment mapped, and the id of its encoding.
    ///
    /// # Errors
    /// Those of [`chunk`](Self::chunk).
    pub fn chunk_bytes(&self, chunk_ref: u64) -> BlockResult<(u8, Bytes)> {
        let (segment, at) = self.place(chunk_ref)?;
        let chunk = segment.chunk(at)?;
        Ok((chunk.encoding, segment.bytes.slice_ref(chunk.data)))
    }

    /// The id of a chunk's encoding, of which the checksum is not looked at.
    ///
    /// # Errors
    /// [`BlockError::Corrupt`] if the reference leads nowhere.
    pub fn encoding(&self, chunk_ref: u64) -> BlockResult<u8> {
        let (segment, at) = self.place(chunk_ref)?;
        Ok(segment.split(at)?.encoding)
    }

    /// The number of a chunk's segment, from 0, and how many bytes it takes there: length, data and checksum. `None` if the reference
    /// leads nowhere.
    pub(crate) fn extent(&self, chunk_ref: u64) -> Option<(usize, u64)> {
        let (segment, at) = self.place(chunk_ref).ok()?;
        let end = segment.split(at).ok()?.end;
        Some(((chunk_ref >> 32) as usize, (end - at) as u64))
    }

    /// Reports segments that hold more or less than their headers and chunks of so many bytes each.
    pub(crate) fn verify_sizes(&self, chunk_bytes: &[u64], found: &mut dyn FnMut(BlockError)) {
        for (number, segment) in self.segments.iter().enumerate() {
            let expected = HEADER.len() + chunk_bytes.get(number).map_or(0, |&bytes| bytes as usize);
            let bytes = segment.bytes.len();
            if bytes != expected {
                let at = expected.min(bytes);
                let expected = format!("a segment of {expected} bytes, which is what chunks of series are");
                found(BlockError::corrupt(&segment.path, at, expected, format!("{bytes} bytes")));
            }
        }
    }

    /// How many segments there are.
    pub(crate) fn segments(&self) -> usize {
        self.segments.len()
    }

    /// Where a chunk lies: its segment's file, and its first byte in it.
    pub(crate) fn describe(&self, chunk_ref: u64) -> (PathBuf, u64) {
        match self.place(chunk_ref) {
            Ok((segment, at)) => (segment.path.clone(), at as u64),
            Err(_) => (PathBuf::new(), chunk_ref),
        }
    }

    fn place(&self, chunk_ref: u64) -> BlockResult<(&Segment, usize)> {
        let (number, at) = ((chunk_ref >> 32) as usize, (chunk_ref & u64::from(u32::MAX)) as usize);
        match self.segments.get(number) {
            Some(segment) => Ok((segment, at)),
            None => {
                let path = self
                    .segments
                    .first()
                    .and_then(|first| first.path.parent())
                    .unwrap_or(Path::new("chunks"));
                let expected = format!("segment {:06} of a chunk", number.saturating_add(1));
                Err(BlockError::corrupt(path, at, expected, format!("{} segments", self.segments.len())))
            }
        }
    }
}

impl Segment {
    fn chunk(&self, at: usize) -> BlockResult<RawChunk<'_>> {
        let Stored { encoding, summed, checksum, .. } = self.split(at)?;
        let computed = crc32c::crc32c(summed);
        if checksum != computed {
            let expected = format!("a chunk with the checksum {computed:08x}");
            return Err(BlockError::corrupt(&self.path, at, expected, format!("{checksum:08x}")));
        }
        Ok(RawChunk { encoding, data: summed.get(1..).unwrap_or_default() })
    }

    /// The parts of a chunk, of which the checksum is not looked at.
    fn split(&self, at: usize) -> BlockResult<Stored<'_>> {
        let corrupt = |expected: &str| {
            let found = format!("a segment of {} bytes", self.bytes.len());
            BlockError::corrupt(&self.path, at, expected, found)
        };
        let mut left =
            self.bytes.get(at..).filter(|_| at >= HEADER.len()).ok_or_else(|| corrupt("a chunk"))?;
        let length = read_uvarint(&mut left).ok_or_else(|| corrupt("the length of a chunk"))?;
        let summed_len = usize::try_from(length).ok().and_then(|length| length.checked_add(1));
        let (summed, rest) = summed_len
            .and_then(|length| left.split_at_checked(length))
            .ok_or_else(|| corrupt(&format!("a chunk of {length} bytes")))?;
        let (checksum, rest) =
            rest.split_first_chunk::<CHECKSUM_BYTES>().ok_or_else(|| corrupt("the checksum of a chunk"))?;
        let (encoding, checksum) =
            (summed.first().copied().unwrap_or_default(), u32::from_be_bytes(*checksum));
        Ok(Stored { encoding, summed, checksum, end: self.bytes.len() - rest.len() })
    }
}

fn check_header(path: &Path, bytes: &[u8]) -> BlockResult<()> {
    let found = bytes.get(..HEADER.len()).unwrap_or(bytes);
    // What the three bytes behind the version are is not looked at, as upstream does not.
    let is_header =
        found.len() == HEADER.len() && found.starts_with(&MAGIC) && found.get(MAGIC.len()) == Some(&VERSION);
    if is_header {
        return Ok(());
    }
    let expected = format!("the header {HEADER:02x?} of a segment of chunks");
    Err(BlockError::corrupt(path, 0, expected, format!("{found:02x?}")))
}
