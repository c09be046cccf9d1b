//! Laws: what is written reads back, recoding is as if the layout had been known, and damaged bytes are errors.

use emberdb_histogram::{CounterResetHint, NativeHistogram};
use proptest::prelude::*;

use super::super::reference::Twin;
use super::super::*;
use super::check::{ToFloat, assert_agreement, bits, chunks_of, content, read};
use super::series::{in_floats, series};
use crate::{ChunkError, Encoding};

fn assert_round_trip<N: HistogramNumber + Twin>(encoding: Encoding, series: &[(i64, NativeHistogram<N>)])
where
    NativeHistogram<N>: ToFloat,
{
    let chunks = chunks_of(series);
    let mut rest = series.iter();
    for chunk in &chunks {
        assert_agreement::<N>(encoding, chunk);
        let samples = read::<N>(chunk).expect("our own chunk");
        let header = CounterResetHeader::from_byte(chunk[FLAGS_BYTE]);
        for (index, (t_ms, got)) in samples.iter().enumerate() {
            let (want_ms, want) = rest.next().expect("not more than were appended");
            assert_eq!(t_ms, want_ms);
            assert_eq!(content(&got.in_floats()), content(&want.in_floats()), "{want:?}");
            let hint = if got.sum.to_bits() == STALE_NAN_BITS {
                CounterResetHint::Unknown
            } else {
                header.hint(index)
            };
            assert_eq!(got.counter_reset_hint, hint);
        }
        // Whatever lies behind the last sample is not looked at.
        let mut longer = chunk.to_vec();
        longer.extend_from_slice(&[0xff; 40]);
        let again = read::<N>(&longer).expect("our own chunk");
        assert_eq!(again.len(), samples.len());
        let resumed = NativeHistogramAppender::<N>::resume(&longer).expect("our own chunk");
        assert_eq!(resumed.finish(), *chunk);
    }
    assert!(rest.next().is_none());
}

/// A chunk that has been recoded equals one whose first histogram had all buckets from the start.
fn assert_recoded_is_from_scratch<N: HistogramNumber + Twin>(series: &[(i64, NativeHistogram<N>)]) {
    for chunk in chunks_of(series) {
        let mut open = NativeHistogramAppender::<N>::new();
        for (t_ms, mut histogram) in read::<N>(&chunk).expect("our own chunk") {
            // A stale sample of gauges has lost its hint, and would break.
            if CounterResetHeader::from_byte(chunk[FLAGS_BYTE]) == CounterResetHeader::Gauge {
                histogram.counter_reset_hint = CounterResetHint::Gauge;
            }
            assert_eq!(open.append(t_ms, &histogram), Ok(Appended::Here));
        }
        let mut want = chunk.to_vec();
        want[FLAGS_BYTE] = open.bytes()[FLAGS_BYTE];
        assert_eq!(open.bytes(), want);
    }
}

fn assert_resumable<N: HistogramNumber + Twin>(series: &[(i64, NativeHistogram<N>)]) {
    let mut open = NativeHistogramAppender::<N>::new();
    for (t_ms, histogram) in series {
        let mut resumed = NativeHistogramAppender::<N>::resume(open.bytes()).expect("our own chunk");
        let appended = open.append(*t_ms, histogram).expect("well-formed");
        assert_eq!(resumed.append(*t_ms, histogram), Ok(appended));
        assert_eq!(resumed.bytes(), open.bytes());
        let mut newest = NativeHistogram::default();
        assert_eq!(open.copy_newest_into(&mut newest), Some(*t_ms));
        let read = read::<N>(open.bytes()).expect("our own chunk");
        assert_eq!(read.last().map(|(_, last)| bits(last)), Some(bits(&newest)));
    }
}

fn assert_damage_is_found<N: HistogramNumber + Twin>(
    encoding: Encoding,
    series: &[(i64, NativeHistogram<N>)],
    flips: &[prop::sample::Index],
    count: Option<u16>,
) where
    NativeHistogram<N>: ToFloat,
{
    for chunk in chunks_of(series) {
        for len in 0..chunk.len() {
            assert!(read::<N>(&chunk[..len]).is_err());
            assert_agreement::<N>(encoding, &chunk[..len]);
        }
        let mut bytes = chunk.to_vec();
        for flip in flips {
            let bit = flip.index(bytes.len() * 8);
            bytes[bit / 8] ^= 0x80 >> (bit % 8);
        }
        if let Some(count) = count {
            bytes[..2].copy_from_slice(&count.to_be_bytes());
        }
        assert_agreement::<N>(encoding, &bytes);
        let resumed = NativeHistogramAppender::<N>::resume(&bytes);
        // Spans that overlap disturb only who wants to merge buckets.
        if let Err(error) = read::<N>(&bytes) {
            let is_overlap = matches!(error, ChunkError::SpansOverlap { .. });
            assert!(is_overlap || resumed.as_ref().err() == Some(&error));
        }
        // A chunk with damage that nobody notices can be gone on with.
        if let (Ok(mut resumed), Some((t_ms, histogram))) = (resumed, series.last()) {
            let appended = resumed.append(*t_ms, histogram);
            assert!(
                appended.is_ok() || matches!(appended, Err(ChunkError::Full | ChunkError::TooMany { .. }))
            );
            assert_agreement::<N>(encoding, resumed.bytes());
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(series in series(1..60)) {
        assert_round_trip(Encoding::Histogram, &series);
        assert_round_trip(Encoding::FloatHistogram, &in_floats(&series));
    }

    #[test]
    fn recoding_equals_encoding_from_scratch(series in series(1..60)) {
        assert_recoded_is_from_scratch(&series);
        assert_recoded_is_from_scratch(&in_floats(&series));
    }

    #[test]
    fn every_prefix_is_a_chunk_and_can_be_resumed(series in series(1..25)) {
        assert_resumable(&series);
        assert_resumable(&in_floats(&series));
    }

    #[test]
    fn damaged_chunks_read_alike(
        series in series(1..14),
        flips in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        count in prop::option::weighted(0.2, any::<u16>()),
    ) {
        assert_damage_is_found(Encoding::Histogram, &series, &flips, count);
        assert_damage_is_found(Encoding::FloatHistogram, &in_floats(&series), &flips, count);
    }

    #[test]
    fn garbage_reads_alike(
        count in 0..200_u16,
        body in prop::collection::vec(any::<u8>(), 0..200),
        zeros in 0..60_usize,
        is_plain in any::<bool>(),
    ) {
        let mut bytes = count.to_be_bytes().to_vec();
        // Zero threshold and schema mostly end the matter.
        bytes.extend_from_slice(if is_plain { &[0x00, 0x00, 0x40] } else { &[] });
        bytes.extend(body);
        bytes.resize(bytes.len() + zeros, 0);
        assert_agreement::<i64>(Encoding::Histogram, &bytes);
        assert_agreement::<f64>(Encoding::FloatHistogram, &bytes);
    }

    #[test]
    fn a_head_keeps_every_histogram_in_order(series in series(1..80)) {
        let mut head = HistogramChunks::new(2 * 3_600_000);
        let mut chunks = Vec::new();
        for (index, (t_ms, histogram)) in series.iter().enumerate() {
            let float = histogram.to_float();
            // The kind changes now and then.
            let histogram: AnyHistogram<'_> = if index / 30 % 2 == 0 { histogram.into() } else { (&float).into() };
            chunks.extend(head.append(*t_ms, histogram).expect("well-formed"));
            let open = head.open().expect("has one");
            prop_assert_eq!(open.max_ms, *t_ms);
        }
        chunks.extend(head.finish());
        prop_assert!(head.open().is_none());
        let mut columns = HistogramColumns::new();
        let mut rest = series.iter();
        for chunk in chunks {
            prop_assert_eq!(columns.decode(chunk.encoding, &chunk.bytes), Ok(usize::from(chunk.samples)));
            prop_assert_eq!(columns.timestamps().first(), Some(&chunk.min_ms));
            prop_assert_eq!(columns.timestamps().last(), Some(&chunk.max_ms));
            for (t_ms, got) in columns.iter() {
                let (want_ms, want) = rest.next().expect("not more than were appended");
                prop_assert_eq!(t_ms, *want_ms);
                prop_assert_eq!(content(&got), content(&want.to_float()));
            }
        }
        prop_assert!(rest.next().is_none());
    }
}
