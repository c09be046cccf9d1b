//! The codec against its definition: what is written reads back, and the decoder and the bit-by-bit one agree on every
//! input, good or bad.

use proptest::prelude::*;

use super::{STALE_NAN_BITS, reference};
use crate::{ChunkError, Encoding, Xor2Appender, decode_floats};

type Sample = (i64, u64, i64);

fn encode(samples: &[Sample]) -> Xor2Appender {
    let mut open = Xor2Appender::new();
    for &(t_ms, bits, start_ms) in samples {
        open.append(t_ms, f64::from_bits(bits), start_ms).expect("tests stay below the sample limit");
    }
    open
}

/// Decodes behind columns that already hold something, which must survive, with as many start timestamps as is said.
fn decode_behind(starts_before: usize, bytes: &[u8]) -> Result<Vec<Sample>, ChunkError> {
    let (mut timestamps, mut values, mut starts) = (vec![-7, -6], vec![0.25, 0.5], vec![3; starts_before]);
    let result = decode_floats(Encoding::Xor2, bytes, &mut timestamps, &mut values, &mut starts);
    assert_eq!((&timestamps[..2], &values[..2]), (&[-7, -6][..], &[0.25, 0.5][..]));
    assert_eq!(starts[..starts_before], vec![3; starts_before]);
    assert_eq!((timestamps.len() - 2, values.len() - 2), (result.unwrap_or(0), result.unwrap_or(0)));
    if result.is_err() || starts.len() == starts_before {
        assert_eq!(starts.len(), starts_before);
        starts.clear();
    } else {
        // The lane is as long as the others, unknown where it had ended; and it is there for a reason.
        assert_eq!(starts.len(), timestamps.len());
        assert!(starts[starts_before..2].iter().all(|&start_ms| start_ms == 0));
        assert!(starts[2..].iter().any(|&start_ms| start_ms != 0));
    }
    starts.resize(timestamps.len(), 0);
    let samples = timestamps.iter().zip(&values).zip(&starts).skip(2);
    result.map(|_| samples.map(|((&t_ms, value), &start_ms)| (t_ms, value.to_bits(), start_ms)).collect())
}

fn decode(bytes: &[u8]) -> Result<Vec<Sample>, ChunkError> {
    let decoded = decode_behind(0, bytes);
    assert_eq!(decode_behind(1, bytes), decoded);
    assert_eq!(decode_behind(2, bytes), decoded);
    decoded
}

/// Both decoders on the same bytes: the same samples, or an error at the same bit.
fn assert_agreement(bytes: &[u8]) {
    match (decode(bytes), reference::decode(bytes)) {
        (Ok(got), Ok(want)) => assert_eq!(got, want),
        (Err(ChunkError::TooManySamples { samples, samples_max, len_bytes }), Err(_)) => {
            assert!(usize::from(samples) > samples_max && len_bytes == bytes.len());
        }
        (
            Err(
                ChunkError::Truncated { at_bit, .. }
                | ChunkError::VarintTooLong { at_bit, .. }
                | ChunkError::WindowTooWide { at_bit, .. },
            ),
            Err(want),
        ) => assert_eq!(at_bit, want),
        (got, want) => panic!("decoders disagree on {bytes:02x?}: {got:?}, reference {want:?}"),
    }
}

fn value_bits() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => (0..50_u32).prop_map(|v| f64::from(v).to_bits()),
        2 => any::<f64>().prop_map(f64::to_bits),
        2 => any::<u64>(),
        2 => Just(STALE_NAN_BITS),
        1 => prop::sample::select(vec![0x7ff8_0000_0000_0001, (-0.0_f64).to_bits(), 0, 1, u64::MAX]),
    ]
}

/// A time step: mostly regular, sometimes at the edge of a prefix' range or anything at all.
fn step_ms() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => Just(15_000_i64),
        3 => 14_995..15_005_i64,
        2 => prop::sample::select(vec![4_095, 4_096, -4_096, -4_097, 524_287, 524_288, -524_288, -524_289])
            .prop_map(|change| 15_000 + change),
        1 => any::<i64>(),
    ]
}

/// Samples whose values and starts mostly stay as they are.
fn samples(len: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<Sample>> {
    let start = prop_oneof![Just(1_700_000_000_000_i64), any::<i64>()];
    let begun = prop_oneof![2 => Just(Some(0_i64)), 1 => Just(Some(-1)), 1 => any::<i64>().prop_map(Some)];
    // A start of none means that of each sample lies at the time of the one before.
    let begins = (any::<prop::sample::Index>(), prop_oneof![3 => begun, 1 => Just(None)]);
    let begins = prop::collection::vec(begins, 0..4);
    let sample = (step_ms(), prop::option::of(value_bits()));
    (start, prop::collection::vec(sample, len), begins).prop_map(|(start, steps, begins)| {
        let (mut t_ms, mut bits, mut begun) = (start, 0, Some(0));
        let len = steps.len();
        let next = |(index, (step, value)): (usize, (i64, Option<u64>))| {
            let previous_ms = t_ms;
            t_ms = t_ms.wrapping_add(step);
            bits = value.unwrap_or(bits);
            if let Some((_, other)) = begins.iter().find(|(at, _)| at.index(len) == index) {
                begun = *other;
            }
            (t_ms, bits, begun.unwrap_or(previous_ms))
        };
        steps.into_iter().enumerate().map(next).collect()
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(samples in samples(0..300)) {
        let open = encode(&samples);
        prop_assert_eq!(usize::from(open.samples()), samples.len());
        let last = open.last().map(|(t_ms, value)| (t_ms, value.to_bits(), open.last_start_ms()));
        prop_assert_eq!(last, samples.last().copied());
        prop_assert_eq!(open.len_bytes(), open.bytes().len());
        prop_assert_eq!(decode(open.bytes()), Ok(samples.clone()));
        prop_assert_eq!(reference::decode(open.bytes()), Ok(samples.clone()));
        // Whatever lies behind the last sample is not looked at.
        let mut longer = open.bytes().to_vec();
        longer.extend_from_slice(&[0xff; 40]);
        prop_assert_eq!(decode(&longer), Ok(samples));
    }

    #[test]
    fn every_prefix_is_a_chunk_and_can_be_resumed(samples in samples(0..40), surplus in 0..3_usize) {
        let mut open = Xor2Appender::new();
        for (index, &(t_ms, bits, start_ms)) in samples.iter().enumerate() {
            prop_assert_eq!(decode(open.bytes()), Ok(samples[..index].to_vec()));
            let mut stored = open.bytes().to_vec();
            stored.resize(stored.len() + surplus, 0xff);
            let mut resumed = Xor2Appender::resume(&stored).expect("our own chunk");
            prop_assert_eq!(resumed.bytes(), open.bytes());
            open.append(t_ms, f64::from_bits(bits), start_ms).expect("below the limit");
            resumed.append(t_ms, f64::from_bits(bits), start_ms).expect("below the limit");
            prop_assert_eq!(resumed.bytes(), open.bytes());
        }
    }

    #[test]
    fn truncated_chunks_fail_alike(samples in samples(1..40)) {
        let whole = encode(&samples).finish();
        for len in 0..whole.len() {
            let cut = &whole[..len];
            prop_assert!(decode(cut).is_err() && Xor2Appender::resume(cut).is_err());
            assert_agreement(cut);
        }
    }

    #[test]
    fn damaged_chunks_read_alike(
        samples in samples(1..160),
        flips in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        header in prop::option::of((any::<u16>(), any::<u8>())),
    ) {
        let mut bytes = encode(&samples).finish();
        for flip in flips {
            let bit = flip.index(bytes.len() * 8);
            bytes[bit / 8] ^= 0x80 >> (bit % 8);
        }
        if let Some((count, starts)) = header {
            bytes[..2].copy_from_slice(&(count % 400).to_be_bytes());
            bytes[2] = starts;
        }
        assert_agreement(&bytes);
        // Damage that nobody notices can be gone on with, to the same samples and one more.
        match (decode(&bytes), Xor2Appender::resume(&bytes)) {
            (Ok(mut samples), Ok(mut resumed)) => {
                // Values are not coded against staleness markers, but those of another writer may be.
                prop_assert_eq!(decode(resumed.bytes()), Ok(samples.clone()));
                resumed.append(1, 2.0, 3).expect("below the limit");
                samples.push((1, 2.0_f64.to_bits(), 3));
                prop_assert_eq!(decode(resumed.bytes()), Ok(samples));
            }
            (decoded, resumed) => prop_assert_eq!(decoded.err(), resumed.err()),
        }
    }

    #[test]
    fn garbage_reads_alike(
        count in 0..200_u16,
        body in prop::collection::vec(any::<u8>(), 0..300),
        zeros in 0..40_usize,
    ) {
        let mut bytes = count.to_be_bytes().to_vec();
        bytes.extend(body);
        bytes.resize(bytes.len() + zeros, 0);
        assert_agreement(&bytes);
    }
}

#[test]
fn prefixes_change_at_the_ends_of_their_ranges() {
    // (change, bits of a third sample with an equal value)
    let edges = [
        (0, 1),
        (1, 3 + 13 + 1),
        (4_095, 3 + 13 + 1),
        (-4_096, 3 + 13 + 1),
        (4_096, 4 + 20 + 1),
        (-4_097, 4 + 20 + 1),
        (524_287, 4 + 20 + 1),
        (-524_288, 4 + 20 + 1),
        (524_288, 5 + 64 + 1),
        (-524_289, 5 + 64 + 1),
        (i64::MAX, 5 + 64 + 1),
        (i64::MIN, 5 + 64 + 1),
    ];
    for (dod, len_bits) in edges {
        let samples = [(0, 1, 0), (15_000, 1, 0), (30_000_i64.wrapping_add(dod), 1, 0)];
        let open = encode(&samples);
        // Behind the header, t0 (1 byte), v0, the step (2 bytes) and one bit for the equal value.
        assert_eq!(open.len_bytes(), 14 + usize::div_ceil(1 + len_bits, 8), "change {dod}");
        assert_eq!(decode(open.bytes()), Ok(samples.to_vec()));
        assert_eq!(reference::decode(open.bytes()), Ok(samples.to_vec()));
    }
}

#[test]
fn bytes_are_those_of_the_format() {
    let (one, two) = (1.0_f64.to_bits(), 2.0_f64.to_bits());
    let samples =
        [(5, one, 3), (15, STALE_NAN_BITS, 3), (25, one, 3), (35, two, 3), (45, STALE_NAN_BITS, 40)];
    let mut want = vec![0, 5, 0x84, 10];
    want.extend_from_slice(&one.to_be_bytes());
    // Start 2 before the first sample, a step of 10; then bits: a marker, the same as before it, another value in a window
    // of 11 bits behind one zero (1.0 is 0x3ff0.., 2.0 is 0x4000..), a marker on time, and a start 5 ahead of 35.
    want.extend_from_slice(&[4, 10]);
    want.extend_from_slice(&[0b1110_1010, 0b0001_0010, 0xff, 0xff, 0b1111_0111, 0b0110_0000]);
    let open = encode(&samples);
    assert_eq!(open.bytes(), want);
    assert_eq!(decode(&want), Ok(samples.to_vec()));
}

#[test]
fn an_empty_chunk_has_a_header_and_nothing_else() {
    let open = Xor2Appender::default();
    assert_eq!((open.bytes(), open.samples(), open.last()), (&[0, 0, 0][..], 0, None));
    assert_eq!(decode(open.bytes()), Ok(vec![]));
    assert_eq!(Xor2Appender::resume(&[0, 0, 0xff, 0xff]).map(Xor2Appender::finish), Ok(open.finish()));
    let expected = "the header of start timestamps";
    let error = ChunkError::Truncated { at_bit: 16, needed_bits: 8, len_bits: 16, expected };
    assert_eq!(decode(&[0, 0]), Err(error));
}

#[test]
fn the_sample_limit_refuses_and_changes_nothing() {
    let mut open = Xor2Appender::new();
    for i in 0..u16::MAX {
        open.append(i64::from(i) * 15_000, f64::from(i / 100), 0).expect("below the limit");
    }
    let before = open.bytes().to_vec();
    assert_eq!(open.append(i64::MAX, 1.0, 0), Err(ChunkError::Full));
    assert_eq!((open.bytes(), open.samples()), (&before[..], u16::MAX));
    assert_eq!(Ok(decode(&before).expect("our own chunk")), reference::decode(&before));
    assert_eq!(Xor2Appender::resume(&before).map(|open| open.samples()), Ok(u16::MAX));
}

#[test]
fn a_count_beyond_the_bytes_reserves_nothing() {
    // 72 + 9 + 7 bits: two samples and seven of one bit.
    let mut bytes = vec![0; 3 + 11];
    for (count, fits) in [(9_u16, true), (10, false), (u16::MAX, false)] {
        bytes[..2].copy_from_slice(&count.to_be_bytes());
        let (mut timestamps, mut values, mut starts) = (Vec::new(), Vec::new(), Vec::new());
        let result = decode_floats(Encoding::Xor2, &bytes, &mut timestamps, &mut values, &mut starts);
        let error = ChunkError::TooManySamples { samples: count, samples_max: 9, len_bytes: 14 };
        assert_eq!(result, if fits { Ok(9) } else { Err(error) });
        assert!(fits || timestamps.capacity() + values.capacity() + starts.capacity() == 0);
    }
}

#[test]
fn a_window_used_before_any_is_all_bits() {
    // Upstream writes this when it resumes a chunk whose values have all been equal.
    let mut bytes = encode(&[(0, 7, 0), (10, 7, 0)]).finish().to_vec();
    bytes[..2].copy_from_slice(&3_u16.to_be_bytes());
    // One bit of the last byte is in use; then no change of time, the window in use, 64 bits.
    let word = (0b100_u128 << 64 | 0x0123_4567_89ab_cdef) << (128 - 67 - 1);
    bytes.pop();
    bytes.extend_from_slice(&word.to_be_bytes()[..9]);
    let want = vec![(0, 7, 0), (10, 7, 0), (20, 7 ^ 0x0123_4567_89ab_cdef, 0)];
    assert_eq!((decode(&bytes), reference::decode(&bytes)), (Ok(want.clone()), Ok(want.clone())));
    // Gone on with, it is as if it had never been closed.
    assert_eq!(Xor2Appender::resume(&bytes).map(Xor2Appender::finish), Ok(encode(&want).finish()));
}
