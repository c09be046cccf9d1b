//! Laws: what is written reads back, recoding is as if the layout had been known, and damaged bytes are errors. They
//! hold for both kinds of histograms, without start timestamps and with them.

use emberdb_histogram::{CounterResetHint, NativeHistogram};
use proptest::prelude::*;

use super::super::reference::Twin;
use super::super::*;
use super::check::{ToFloat, assert_agreement, bits, chunks_of, content, header_of, read};
use super::series::{Sample, in_floats, series};
use crate::{ChunkError, Starts};

fn assert_round_trip<N: HistogramNumber + Twin, S: HistogramStarts>(series: &[Sample<N>])
where
    NativeHistogram<N>: ToFloat,
{
    let chunks = chunks_of::<N, S>(series);
    let mut rest = series.iter();
    for chunk in &chunks {
        assert_agreement::<N, S>(chunk);
        let samples = read::<N, S>(chunk).expect("our own chunk");
        let header = header_of::<S>(chunk);
        for (index, (t_ms, got, start_ms)) in samples.iter().enumerate() {
            let (want_ms, want, want_start_ms) = rest.next().expect("not more than were appended");
            assert_eq!((t_ms, *start_ms), (want_ms, if S::ARE_KEPT { *want_start_ms } else { 0 }));
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
        let again = read::<N, S>(&longer).expect("our own chunk");
        assert_eq!(again.len(), samples.len());
        let resumed = NativeHistogramAppender::<N, S>::resume(&longer).expect("our own chunk");
        assert_eq!(resumed.finish(), *chunk);
    }
    assert!(rest.next().is_none());
}

/// A chunk that has been recoded equals one whose first histogram had all buckets from the start.
fn assert_recoded_is_from_scratch<N: HistogramNumber + Twin, S: HistogramStarts>(series: &[Sample<N>]) {
    for chunk in chunks_of::<N, S>(series) {
        let header = header_of::<S>(&chunk);
        let mut open = NativeHistogramAppender::<N, S>::new();
        for (t_ms, mut histogram, start_ms) in read::<N, S>(&chunk).expect("our own chunk") {
            // A stale sample of gauges has lost its hint, and would break.
            if header == CounterResetHeader::Gauge {
                histogram.counter_reset_hint = CounterResetHint::Gauge;
            }
            assert_eq!(open.append_with(t_ms, &histogram, start_ms), Ok(Appended::Here));
        }
        let mut bytes = open.finish();
        bytes[S::FLAGS_BYTE] = header.into_byte(bytes[S::FLAGS_BYTE]);
        assert_eq!(bytes, chunk);
    }
}

fn assert_resumable<N: HistogramNumber + Twin, S: HistogramStarts>(series: &[Sample<N>]) {
    let mut open = NativeHistogramAppender::<N, S>::new();
    for (t_ms, histogram, start_ms) in series {
        let mut resumed = NativeHistogramAppender::<N, S>::resume(open.bytes()).expect("our own chunk");
        let appended = open.append_with(*t_ms, histogram, *start_ms).expect("well-formed");
        assert_eq!(resumed.append_with(*t_ms, histogram, *start_ms), Ok(appended));
        assert_eq!(resumed.bytes(), open.bytes());
        let mut newest = NativeHistogram::default();
        assert_eq!(open.copy_newest_into(&mut newest), Some(*t_ms));
        let read = read::<N, S>(open.bytes()).expect("our own chunk");
        assert_eq!(read.last().map(|(_, last, _)| bits(last)), Some(bits(&newest)));
    }
}

/// What is done to a chunk: bits that are turned over, and numbers for its header.
#[derive(Debug, Clone)]
struct Damage {
    flips: Vec<prop::sample::Index>,
    count: Option<u16>,
    third: Option<u8>,
}

fn damage() -> impl Strategy<Value = Damage> {
    let flips = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    let count = prop::option::weighted(0.2, prop_oneof![any::<u16>(), 0..20_u16]);
    let third = prop::option::weighted(0.2, prop_oneof![any::<u8>(), 0x80..0x90_u8]);
    (flips, count, third).prop_map(|(flips, count, third)| Damage { flips, count, third })
}

fn assert_damage_is_found<N: HistogramNumber + Twin, S: HistogramStarts>(
    series: &[Sample<N>],
    damage: &Damage,
) where
    NativeHistogram<N>: ToFloat,
{
    for chunk in chunks_of::<N, S>(series) {
        for len in 0..chunk.len() {
            assert!(read::<N, S>(&chunk[..len]).is_err());
            assert_agreement::<N, S>(&chunk[..len]);
        }
        let mut bytes = chunk.to_vec();
        for flip in &damage.flips {
            let bit = flip.index(bytes.len() * 8);
            bytes[bit / 8] ^= 0x80 >> (bit % 8);
        }
        if let Some(count) = damage.count {
            bytes[..2].copy_from_slice(&count.to_be_bytes());
        }
        if let Some(third) = damage.third {
            bytes[2] = third;
        }
        assert_agreement::<N, S>(&bytes);
        let read_again = read::<N, S>(&bytes);
        let resumed = NativeHistogramAppender::<N, S>::resume(&bytes);
        // Spans that overlap disturb only who wants to merge buckets.
        if let Err(error) = &read_again {
            let is_overlap = matches!(error, ChunkError::SpansOverlap { .. });
            assert!(is_overlap || resumed.as_ref().err() == Some(error));
        }
        // A chunk with damage that nobody notices can be gone on with.
        if let (Ok(mut resumed), Some((t_ms, histogram, start_ms))) = (resumed, series.last()) {
            assert_agreement::<N, S>(resumed.bytes());
            let starts = |samples: Vec<Sample<N>>| samples.iter().map(|sample| sample.2).collect::<Vec<_>>();
            assert_eq!(read::<N, S>(resumed.bytes()).map(starts), read_again.map(starts));
            let appended = resumed.append_with(*t_ms, histogram, *start_ms);
            assert!(
                appended.is_ok() || matches!(appended, Err(ChunkError::Full | ChunkError::TooMany { .. }))
            );
            assert_agreement::<N, S>(resumed.bytes());
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(series in series(1..60)) {
        assert_round_trip::<_, NoStarts>(&series);
        assert_round_trip::<_, Starts>(&series);
        assert_round_trip::<_, NoStarts>(&in_floats(&series));
        assert_round_trip::<_, Starts>(&in_floats(&series));
    }

    #[test]
    fn recoding_equals_encoding_from_scratch(series in series(1..60)) {
        assert_recoded_is_from_scratch::<_, NoStarts>(&series);
        assert_recoded_is_from_scratch::<_, Starts>(&series);
        assert_recoded_is_from_scratch::<_, NoStarts>(&in_floats(&series));
        assert_recoded_is_from_scratch::<_, Starts>(&in_floats(&series));
    }

    #[test]
    fn every_prefix_is_a_chunk_and_can_be_resumed(series in series(1..25)) {
        assert_resumable::<_, NoStarts>(&series);
        assert_resumable::<_, Starts>(&series);
        assert_resumable::<_, NoStarts>(&in_floats(&series));
        assert_resumable::<_, Starts>(&in_floats(&series));
    }

    #[test]
    fn damaged_chunks_read_alike(series in series(1..14), damage in damage()) {
        assert_damage_is_found::<_, NoStarts>(&series, &damage);
        assert_damage_is_found::<_, Starts>(&series, &damage);
        assert_damage_is_found::<_, NoStarts>(&in_floats(&series), &damage);
        assert_damage_is_found::<_, Starts>(&in_floats(&series), &damage);
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
        assert_agreement::<i64, NoStarts>(&bytes);
        assert_agreement::<f64, NoStarts>(&bytes);
        assert_agreement::<i64, Starts>(&bytes);
        assert_agreement::<f64, Starts>(&bytes);
    }

    #[test]
    fn a_head_keeps_every_histogram_in_order(series in series(1..80)) {
        let mut head = HistogramChunks::new(2 * 3_600_000);
        let mut chunks = Vec::new();
        for (index, (t_ms, histogram, _)) in series.iter().enumerate() {
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
                let (want_ms, want, _) = rest.next().expect("not more than were appended");
                prop_assert_eq!(t_ms, *want_ms);
                prop_assert_eq!(content(&got), content(&want.to_float()));
            }
        }
        prop_assert!(rest.next().is_none());
    }
}
