//! Start timestamps: since when a sample counts, in milliseconds, behind each sample of a chunk that keeps them.
//!
//! ```text
//! header byte    ┌───────┬────────────────┐    K: the first sample has one
//!                │ K     │ change, 7 bits │    change: the first later sample that brings one; 0 for none
//!                └───────┴────────────────┘
//!
//! behind sample 0, if K                 varint of t0 - start
//! behind sample i = change              varbit of t(i-1) - start(i)
//! behind each later sample              varbit of the change of that number
//! ```
//!
//! Samples that bring none have that of the sample before; 0 stands for unknown. As the header can name no sample behind
//! number 127, that one brings its start even where nothing has changed. Scrapes of a counter count on from a time that
//! stays: its samples then cost nothing here, or a bit or two once one has changed.

use crate::ChunkError;
use crate::bits::{BitReader, BitWriter};
use crate::varbit::{read_varbit, write_varbit};
use crate::varint::{read_varint, write_varint};

/// Says that the first sample brings a start timestamp.
const FIRST_KNOWN: u8 = 0x80;

/// The last sample that the header can name.
const CHANGE_AT_MAX: u8 = 0x7f;

/// The start timestamp of a chunk's newest sample, and what the next one is coded against.
///
/// As the parameter of a histogram appender or reader: its chunks keep start timestamps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Starts {
    /// Of the newest sample.
    start_ms: i64,
    /// From there to the sample before the newest one, once one was stored so.
    behind_ms: i64,
    /// Samples so far.
    samples: u16,
    /// The first sample behind number 0 that brings its start; 0 for none.
    change_at: u8,
    is_first_known: bool,
}

impl Starts {
    /// Before the first sample of a chunk with this header byte.
    pub(crate) const fn from_byte(byte: u8) -> Self {
        let is_first_known = byte & FIRST_KNOWN != 0;
        Self { start_ms: 0, behind_ms: 0, samples: 0, change_at: byte & CHANGE_AT_MAX, is_first_known }
    }

    /// The header byte.
    pub(crate) const fn to_byte(self) -> u8 {
        self.change_at | if self.is_first_known { FIRST_KNOWN } else { 0 }
    }

    /// The start timestamp of the newest sample; 0 is unknown.
    #[inline(always)]
    pub(crate) const fn start_ms(self) -> i64 {
        self.start_ms
    }

    /// How many samples there are so far.
    pub(crate) const fn samples(self) -> u16 {
        self.samples
    }

    /// Whether any sample may have one, the header says.
    pub(crate) const fn are_any(self) -> bool {
        self.to_byte() != 0
    }

    /// Whether another sample can be written behind those that were read. Not if the header names a sample that has not
    /// come, or none though it is too late to name one: no chunk of ours or of upstream's is like that.
    pub(crate) const fn can_go_on(self) -> bool {
        if self.change_at == 0 {
            self.samples <= CHANGE_AT_MAX as u16
        } else {
            self.samples > self.change_at as u16
        }
    }

    /// Writes what stands behind a sample; `previous_ms` is the time of the sample before, of which there is none for
    /// the first. The header byte may be another one then.
    #[inline]
    pub(crate) fn write(&mut self, bits: &mut BitWriter<'_>, previous_ms: i64, t_ms: i64, start_ms: i64) {
        debug_assert!(self.can_go_on());
        if self.samples == 0 {
            self.is_first_known = start_ms != 0;
            if self.is_first_known {
                write_varint(bits, t_ms.wrapping_sub(start_ms));
            }
        } else if self.change_at > 0 || start_ms != self.start_ms || self.samples == u16::from(CHANGE_AT_MAX)
        {
            if self.change_at == 0 {
                // Not more, as all chunks can go on that are gone on with.
                self.change_at = self.samples.min(u16::from(CHANGE_AT_MAX)) as u8;
            }
            let behind_ms = previous_ms.wrapping_sub(start_ms);
            write_varbit(bits, behind_ms.wrapping_sub(self.behind_ms));
            self.behind_ms = behind_ms;
        }
        self.start_ms = start_ms;
        self.samples += 1;
    }

    /// Reads what stands behind a sample.
    #[inline]
    pub(crate) fn read(
        &mut self,
        bits: &mut BitReader<'_>,
        previous_ms: i64,
        t_ms: i64,
    ) -> Result<(), ChunkError> {
        if self.samples > 0 {
            let change = if self.is_next_stored() {
                Some(read_varbit(bits, "a start timestamp's change")?)
            } else {
                None
            };
            self.advance(previous_ms, change);
            return Ok(());
        }
        if self.is_first_known {
            self.start_ms = t_ms.wrapping_sub(read_varint(bits, "the first start timestamp")?);
        }
        self.samples = 1;
        Ok(())
    }

    /// Whether the next sample, which is not the first, brings a number.
    #[inline(always)]
    pub(crate) const fn is_next_stored(self) -> bool {
        self.change_at > 0 && self.samples >= self.change_at as u16
    }

    /// Goes on to the next sample, which is not the first, with the number that it brings.
    #[inline(always)]
    pub(crate) const fn advance(&mut self, previous_ms: i64, change: Option<i64>) {
        if let Some(change) = change {
            // There is nothing behind before: the first such number is its own change.
            self.behind_ms = self.behind_ms.wrapping_add(change);
            self.start_ms = previous_ms.wrapping_sub(self.behind_ms);
        }
        self.samples = self.samples.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Starts;
    use crate::bits::{BitReader, BitWriter};

    /// Writes (time, start) pairs; gives the header byte, the bits and their number.
    fn written(samples: &[(i64, i64)]) -> (u8, Vec<u8>, usize) {
        let (mut bytes, mut starts, mut previous_ms) = (Vec::new(), Starts::default(), 0);
        let mut bits = BitWriter::new(&mut bytes, 0);
        for &(t_ms, start_ms) in samples {
            starts.write(&mut bits, previous_ms, t_ms, start_ms);
            previous_ms = t_ms;
        }
        let free_bits = usize::from(bits.free_bits());
        let len_bits = bytes.len() * 8 - free_bits;
        (starts.to_byte(), bytes, len_bits)
    }

    #[test]
    fn what_stays_costs_nothing() {
        let stays = |start_ms, len| (0..len).map(|i| (1_000 + 15_000 * i, start_ms)).collect::<Vec<_>>();
        assert_eq!(written(&stays(0, 127)), (0, vec![], 0));
        assert_eq!(written(&stays(900, 127)), (0x80, vec![200, 1], 16));
        // Sample 127 is the last that the header can name.
        assert_eq!(written(&stays(0, 128)).0, 127);
        assert_eq!(written(&stays(900, 128)).0, 0x80 | 127);
        assert!(written(&stays(0, 129)).2 > written(&stays(0, 128)).2);
    }

    #[test]
    fn bits_are_those_of_the_format() {
        // Known at first (varint 1 is 2), stays, then 2 behind the sample before, then 2 again.
        let samples = [(10, 9), (20, 9), (30, 18), (40, 28)];
        assert_eq!(written(&samples), (0x82, vec![0b0000_0010, 0b1001_0000], 8 + 5 + 1));
    }

    #[test]
    fn a_header_that_cannot_be_gone_on_with_is_known() {
        let read = |byte, samples| {
            let (mut starts, mut bits) = (Starts::from_byte(byte), BitReader::new(&[0; 40]));
            for _ in 0..samples {
                starts.read(&mut bits, 0, 0).expect("short");
            }
            starts.can_go_on()
        };
        assert!(read(0, 0) && read(0x80, 1) && read(0, 127) && read(127, 128) && read(1, 2));
        assert!(!read(0, 128) && !read(127, 127) && !read(1, 1) && !read(5, 0));
    }

    proptest! {
        #[test]
        fn starts_come_back(
            samples in prop::collection::vec((any::<i64>(), prop_oneof![
                9 => prop::sample::select(vec![0, 5, 1_000_000]),
                1 => any::<i64>(),
            ]), 1..200),
            repeats in prop::option::of(1..200_usize),
        ) {
            let mut samples = samples;
            if let (Some(repeats), Some(&(_, start_ms))) = (repeats, samples.first()) {
                samples.iter_mut().take(repeats).for_each(|sample| sample.1 = start_ms);
            }
            let (byte, bytes, len_bits) = written(&samples);
            let (mut starts, mut bits) = (Starts::from_byte(byte), BitReader::new(&bytes));
            let mut previous_ms = 0;
            for &(t_ms, start_ms) in &samples {
                starts.read(&mut bits, previous_ms, t_ms).expect("our own bits");
                prop_assert_eq!(starts.start_ms(), start_ms);
                previous_ms = t_ms;
            }
            prop_assert_eq!((bits.at_bit(), usize::from(starts.samples())), (len_bits, samples.len()));
            prop_assert!(starts.can_go_on());
        }
    }
}
