//! One row of samples out of chunks that overlap.

use std::ops::Range;
use std::sync::Arc;

use emberdb_histogram::CounterResetHint;
use emberdb_model::{Sample, SampleColumns, TimeRange};
use emberdb_tsdb_index::ChunkMeta;

use crate::BlockResult;
use crate::chunk_file::ChunkFiles;
use crate::decode::ChunkDecoder;
use crate::tombstone::Intervals;

/// Where a sample is found in columns that hold one chunk after the other.
#[derive(Clone, Copy)]
struct Place {
    t_ms: i64,
    /// The number of its chunk.
    chunk: usize,
    is_histogram: bool,
    index: usize,
}

/// Appends the samples of a group of chunks in the order of time. Of several with one time, that of the first chunk is kept.
pub(super) fn append_overlapping(
    files: &ChunkFiles,
    group: &[ChunkMeta],
    range: TimeRange,
    deleted: &Intervals,
    decoder: &mut ChunkDecoder,
    samples: &mut SampleColumns,
) -> BlockResult<()> {
    let mut decoded = SampleColumns::new();
    let mut places = Vec::new();
    for (number, chunk) in group.iter().enumerate() {
        let times = TimeRange::new(chunk.min_ms, chunk.max_ms);
        if !times.overlaps(&range) {
            continue;
        }
        let (floats, histograms) = (decoded.len(), decoded.histograms.len());
        decoder.append(files, chunk.chunk_ref, range, deleted.overlapping(times), &mut decoded)?;
        let place = |(t_ms, is_histogram, index)| Place { t_ms, chunk: number, is_histogram, index };
        places.extend(numbered(&decoded.timestamps, floats..decoded.len(), false).map(place));
        let histograms = histograms..decoded.histograms.len();
        places.extend(numbered(&decoded.histograms.timestamps, histograms, true).map(place));
    }
    decoded.complete_start_timestamps();
    // Stable: of those with one time the first chunk's stays the first.
    places.sort_by_key(|place| place.t_ms);
    places.dedup_by_key(|place| place.t_ms);
    let mut before: Option<Place> = None;
    for place in places {
        copy(&decoded, place, before, samples);
        before = Some(place);
    }
    Ok(())
}

fn numbered(
    times: &[i64],
    range: Range<usize>,
    is_histogram: bool,
) -> impl Iterator<Item = (i64, bool, usize)> {
    let numbers = range.clone();
    times
        .get(range)
        .unwrap_or_default()
        .iter()
        .zip(numbers)
        .map(move |(&t_ms, index)| (t_ms, is_histogram, index))
}

fn copy(decoded: &SampleColumns, place: Place, before: Option<Place>, samples: &mut SampleColumns) {
    let Place { t_ms, index, .. } = place;
    let start_ms = |lane: &[i64]| lane.get(index).copied().unwrap_or(0);
    if !place.is_histogram {
        if let Some(&value) = decoded.values.get(index) {
            let sample = Sample { timestamp_ms: t_ms, value };
            samples.push_started(sample, start_ms(&decoded.start_timestamps));
        }
        return;
    }
    let Some(histogram) = decoded.histograms.values.get(index) else { return };
    let mut histogram = Arc::clone(histogram);
    let is_next = before.is_some_and(|before| before.chunk == place.chunk && before.index + 1 == index);
    // Behind a sample of another chunk, what the chunk says of resets does not hold.
    if !is_next && histogram.counter_reset_hint == CounterResetHint::NotReset {
        Arc::make_mut(&mut histogram).counter_reset_hint = CounterResetHint::Unknown;
    }
    samples.histograms.push_started(t_ms, histogram, start_ms(&decoded.histograms.start_timestamps));
}

#[cfg(test)]
mod tests {
    use emberdb_env::Env;
    use emberdb_histogram::FloatHistogram;
    use emberdb_tsdb_chunk::{FloatHistogramAppender, Xor2Appender, XorAppender};

    use super::*;
    use crate::chunk_file::{CHUNK_SEGMENT_BYTES_MAX, ChunkFileWriter, RawChunk};

    /// Floats, floats with start timestamps and histograms, all of them at odd and even times.
    fn chunks() -> Vec<(u8, i64, i64, Box<[u8]>)> {
        let (mut xor, mut xor2, mut open) =
            (XorAppender::new(), Xor2Appender::new(), FloatHistogramAppender::new());
        let histogram: FloatHistogram = "{{count:3 buckets:[3]}}".parse().unwrap();
        for t_ms in [10, 20, 30] {
            xor.append(t_ms, 1.0).unwrap();
            xor2.append(t_ms + 5, 2.0, 7).unwrap();
        }
        for t_ms in [20, 31, 32, 40, 50] {
            open.append(t_ms, &histogram).unwrap();
        }
        vec![(1, 10, 30, xor.finish()), (4, 15, 35, xor2.finish()), (3, 20, 50, open.finish())]
    }

    #[test]
    fn samples_of_all_chunks_are_in_the_order_of_time() {
        let env = Env::real();
        let dir = env.fs().create_temp_dir("emberdb-overlap").unwrap();
        let chunks = chunks();
        let raw: Vec<_> =
            chunks.iter().map(|(encoding, .., data)| RawChunk { encoding: *encoding, data }).collect();
        let mut refs = Vec::new();
        let mut writer = ChunkFileWriter::create(&env, &dir, CHUNK_SEGMENT_BYTES_MAX).unwrap();
        writer.write_series(&raw, &mut refs).unwrap();
        writer.finish().unwrap();
        let files = ChunkFiles::open(&env, &dir).unwrap();
        let group: Vec<_> = chunks
            .iter()
            .zip(refs)
            .map(|(&(_, min_ms, max_ms, _), chunk_ref)| ChunkMeta { min_ms, max_ms, chunk_ref })
            .collect();
        let mut deleted = Intervals::default();
        deleted.add(TimeRange::new(25, 30));
        let (mut decoder, mut samples) = (ChunkDecoder::new(), SampleColumns::new());
        let range = TimeRange::new(11, 45);
        append_overlapping(&files, &group, range, &deleted, &mut decoder, &mut samples).unwrap();
        // At 20 there are two, and the first chunk's is kept.
        assert_eq!((&samples.timestamps[..], &samples.values[..]), (&[15, 20, 35][..], &[2.0, 1.0, 2.0][..]));
        assert_eq!(samples.start_timestamps, [7, 0, 7]);
        let hints = samples.histograms.iter().map(|(t_ms, histogram)| (t_ms, histogram.counter_reset_hint));
        let (unknown, not_reset) = (CounterResetHint::Unknown, CounterResetHint::NotReset);
        assert_eq!(hints.collect::<Vec<_>>(), [(31, unknown), (32, not_reset), (40, unknown)]);
        env.fs().remove_dir_all(&dir).unwrap();
    }
}
