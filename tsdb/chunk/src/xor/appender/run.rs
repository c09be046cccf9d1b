//! Several samples at a time, as a log that is read back has them: what a chunk's next sample is coded against stays in registers, and
//! memory is asked for once.

use super::{GROWTH_BYTES_MIN, SAMPLE_BYTES_MAX, XorAppender};
use crate::bits::BitBlock;

/// Samples that are put together before they go into the chunk's memory.
const BLOCK_SAMPLES: usize = 16;

/// Room for them, for what is left of the byte before, and for a word behind.
const BLOCK_BYTES: usize = BLOCK_SAMPLES * SAMPLE_BYTES_MAX + 1 + 8;

impl XorAppender {
    /// Appends samples, times in milliseconds and values, as [`append`](Self::append) does one after the other, as long as the chunk has
    /// at most `len_bytes_max` bytes before each. Returns how many it appended; none to a chunk of less than two samples.
    ///
    /// ```
    /// use emberdb_tsdb_chunk::XorAppender;
    ///
    /// let samples = [(1_000, 0.5), (2_000, 0.5), (3_000, 0.75), (4_000, 0.75)];
    /// let mut single = XorAppender::new();
    /// samples.iter().try_for_each(|&(t_ms, value)| single.append(t_ms, value))?;
    ///
    /// let mut open = XorAppender::new();
    /// samples[..2].iter().try_for_each(|&(t_ms, value)| open.append(t_ms, value))?;
    /// assert_eq!(open.append_run(&samples[2..], 1024), 2);
    /// assert_eq!(open.bytes(), single.bytes());
    /// # Ok::<(), emberdb_tsdb_chunk::ChunkError>(())
    /// ```
    pub fn append_run(&mut self, samples: &[(i64, f64)], len_bytes_max: usize) -> usize {
        if self.samples < 2 {
            return 0;
        }
        let room = usize::from(u16::MAX - self.samples);
        let samples = samples.get(..room).unwrap_or(samples);
        let mut appended = 0;
        for block in samples.chunks(BLOCK_SAMPLES) {
            let of_block = self.append_block(block, len_bytes_max);
            appended += of_block;
            if of_block < block.len() {
                break;
            }
        }
        appended
    }

    /// The same of at most [`BLOCK_SAMPLES`].
    fn append_block(&mut self, samples: &[(i64, f64)], len_bytes_max: usize) -> usize {
        // The byte that has free bits is written anew.
        let last = self.bytes.last().copied().filter(|_| self.free_bits > 0);
        let len_before = self.bytes.len() - usize::from(last.is_some());
        let mut bits = BitBlock::<BLOCK_BYTES>::continuing(last.unwrap_or(0), self.free_bits);
        let mut coded = self.coded();
        let mut appended = 0;
        for &(t_ms, value) in samples {
            if len_before + bits.len_bytes() > len_bytes_max {
                break;
            }
            coded.write_next(t_ms, value.to_bits(), &mut bits);
            appended += 1;
        }
        if appended > 0 {
            let (bytes, free_bits) = bits.finish();
            self.replace_end(len_before, bytes);
            self.free_bits = free_bits;
            self.go_on_at(coded, self.samples + appended as u16);
        }
        appended
    }

    /// Puts bytes behind the first `len_before`, in place of what is there.
    fn replace_end(&mut self, len_before: usize, bytes: &[u8]) {
        let missing = (len_before + bytes.len()).saturating_sub(self.bytes.capacity());
        self.bytes.truncate(len_before);
        if missing > 0 {
            // As much at least as sample by sample, so that memory does not grow more often.
            let growth = bytes.len().max(len_before / 4).max(GROWTH_BYTES_MIN);
            self.bytes.reserve_exact(growth);
        }
        self.bytes.extend_from_slice(bytes);
    }
}
