//! The codec against its definition: what is written reads back, and the fast decoder and the bit-by-bit one
//! agree on every input, good or bad.

use proptest::prelude::*;

use super::reference;
use crate::bits::BitReader;
use crate::{ChunkError, XorAppender, decode_columns};

const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

fn encode(samples: &[(i64, u64)]) -> XorAppender {
    let mut open = XorAppender::new();
    for &(t_ms, bits) in samples {
        open.append(t_ms, f64::from_bits(bits)).expect("tests stay below the sample limit");
    }
    open
}

/// Decodes behind columns that already hold something, which must survive.
fn decode(bytes: &[u8]) -> Result<Vec<(i64, u64)>, ChunkError> {
    let (mut timestamps, mut values) = (vec![-7], vec![0.25, 0.5]);
    let result = decode_columns(bytes, &mut timestamps, &mut values);
    assert_eq!((timestamps[0], &values[..2]), (-7, &[0.25, 0.5][..]));
    assert_eq!((timestamps.len() - 1, values.len() - 2), (result.unwrap_or(0), result.unwrap_or(0)));
    result.map(|_| timestamps.into_iter().skip(1).zip(values.iter().skip(2).map(|v| v.to_bits())).collect())
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
        4 => (0..50_u32).prop_map(|v| f64::from(v).to_bits()),
        2 => any::<f64>().prop_map(f64::to_bits),
        2 => any::<u64>(),
        1 => (1..1_u64 << 52).prop_map(|payload| 0x7ff0_0000_0000_0000 | payload),
        1 => prop::sample::select(vec![
            STALE_NAN_BITS,
            0x7ff8_0000_0000_0001,
            f64::INFINITY.to_bits(),
            f64::NEG_INFINITY.to_bits(),
            (-0.0_f64).to_bits(),
            f64::MIN_POSITIVE.to_bits(),
            1,
            u64::MAX,
        ]),
    ]
}

/// A time step: mostly regular, sometimes at the edge of a prefix' range or anything at all.
fn step_ms() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => Just(15_000_i64),
        4 => 14_995..15_005_i64,
        2 => 0..1_000_000_i64,
        1 => any::<i64>(),
    ]
}

fn samples(len: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<(i64, u64)>> {
    let start = prop_oneof![Just(1_700_000_000_000_i64), any::<i64>()];
    // The value repeats with probability: runs of equal samples have a path of their own.
    let sample = (step_ms(), prop::option::of(value_bits()));
    (start, prop::collection::vec(sample, len)).prop_map(|(start, steps)| {
        let (mut t_ms, mut bits) = (start, 0);
        let next = |(step, value): (i64, Option<u64>)| {
            t_ms = t_ms.wrapping_add(step);
            bits = value.unwrap_or(bits);
            (t_ms, bits)
        };
        steps.into_iter().map(next).collect()
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(samples in samples(0..150)) {
        let open = encode(&samples);
        prop_assert_eq!(usize::from(open.samples()), samples.len());
        prop_assert_eq!(open.last().map(|(t, v)| (t, v.to_bits())), samples.last().copied());
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
        let whole = encode(&samples).finish();
        let mut open = XorAppender::new();
        for (index, &(t_ms, bits)) in samples.iter().enumerate() {
            prop_assert_eq!(decode(open.bytes()), Ok(samples[..index].to_vec()));
            let mut stored = open.bytes().to_vec();
            stored.resize(stored.len() + surplus, 0xff);
            let mut resumed = XorAppender::resume(&stored).expect("our own chunk");
            prop_assert_eq!(resumed.bytes(), open.bytes());
            for &(t_ms, bits) in &samples[index..] {
                resumed.append(t_ms, f64::from_bits(bits)).expect("below the limit");
            }
            prop_assert_eq!(resumed.finish(), whole.clone());
            open.append(t_ms, f64::from_bits(bits)).expect("below the limit");
        }
    }

    /// Whatever the lengths of the runs, and wherever the chunk is said to be full.
    #[test]
    fn runs_give_the_bytes_of_single_samples(
        samples in samples(0..150),
        runs in prop::collection::vec(0..40_usize, 0..20),
        len_bytes_max in prop_oneof![0..600_usize, Just(usize::MAX)],
    ) {
        let timed: Vec<(i64, f64)> = samples.iter().map(|&(t_ms, bits)| (t_ms, f64::from_bits(bits))).collect();
        let (mut open, mut single) = (XorAppender::new(), XorAppender::new());
        let mut rest = &timed[..];
        for run in runs {
            let run = &rest[..run.min(rest.len())];
            let appended = open.append_run(run, len_bytes_max);
            let mut expected = 0;
            while single.samples() > 1 && expected < run.len() && single.len_bytes() <= len_bytes_max {
                single.append(run[expected].0, run[expected].1).expect("below the limit");
                expected += 1;
            }
            prop_assert_eq!(appended, expected);
            prop_assert_eq!(open.bytes(), single.bytes());
            rest = &rest[appended..];
            if let [(t_ms, value), behind @ ..] = rest {
                for each in [&mut open, &mut single] {
                    each.append(*t_ms, *value).expect("below the limit");
                }
                rest = behind;
            }
            prop_assert_eq!(open.bytes(), single.bytes());
            prop_assert_eq!(open.last().map(|(t, v)| (t, v.to_bits())), single.last().map(|(t, v)| (t, v.to_bits())));
        }
    }

    #[test]
    fn truncated_chunks_fail_alike(samples in samples(1..40)) {
        let whole = encode(&samples).finish();
        for len in 0..whole.len() {
            let cut = &whole[..len];
            prop_assert!(decode(cut).is_err() && XorAppender::resume(cut).is_err());
            assert_agreement(cut);
        }
    }

    #[test]
    fn damaged_chunks_read_alike(
        samples in samples(1..60),
        flips in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
        count in prop::option::of(any::<u16>()),
    ) {
        let mut bytes = encode(&samples).finish();
        for flip in flips {
            let bit = flip.index(bytes.len() * 8);
            bytes[bit / 8] ^= 0x80 >> (bit % 8);
        }
        if let Some(count) = count {
            bytes[..2].copy_from_slice(&count.to_be_bytes());
        }
        assert_agreement(&bytes);
        prop_assert_eq!(decode(&bytes).err(), XorAppender::resume(&bytes).err());
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
fn the_prefix_of_a_time_step_changes_at_its_range_edges() {
    // (change, ones in the prefix)
    let edges = [
        (0, 0),
        (1, 1),
        (-1, 1),
        (8_192, 1),
        (-8_191, 1),
        (8_193, 2),
        (-8_192, 2),
        (65_536, 2),
        (-65_535, 2),
        (65_537, 3),
        (-65_536, 3),
        (524_288, 3),
        (-524_287, 3),
        (524_289, 4),
        (-524_288, 4),
        (i64::MAX, 4),
        (i64::MIN, 4),
        (i64::MIN + 1, 4),
    ];
    for (dod, ones) in edges {
        let samples = [(0, 1), (15_000, 1), (30_000_i64.wrapping_add(dod), 1)];
        let open = encode(&samples);
        // Behind the count, t0 (1 byte), v0, the step (2 bytes) and one bit for the equal value.
        let mut bits = BitReader::new(open.bytes());
        bits.seek(13 * 8 + 1);
        let prefix = (0..4).take_while(|_| bits.read(1, "prefix") == Ok(1)).count();
        assert_eq!(prefix, ones, "change {dod}");
        let total = 1 + [1, 2 + 14, 3 + 17, 4 + 20, 4 + 64][ones] + 1;
        assert_eq!(open.len_bytes(), 13 + usize::div_ceil(total, 8), "change {dod}");
        assert_eq!(decode(open.bytes()), Ok(samples.to_vec()));
        assert_eq!(reference::decode(open.bytes()), Ok(samples.to_vec()));
    }
}

#[test]
fn an_empty_chunk_has_a_header_and_nothing_else() {
    let open = XorAppender::default();
    assert_eq!((open.bytes(), open.samples(), open.last()), (&[0, 0][..], 0, None));
    assert_eq!(decode(open.bytes()), Ok(vec![]));
    assert_eq!(XorAppender::resume(&[0, 0, 0xff]).map(XorAppender::finish), Ok(open.finish()));
    let expected = "sample count";
    let error = ChunkError::Truncated { at_bit: 0, needed_bits: 16, len_bits: 8, expected };
    assert_eq!(decode(&[0]), Err(error));
}

#[test]
fn the_sample_limit_refuses_and_changes_nothing() {
    let mut open = XorAppender::new();
    for i in 0..u16::MAX {
        open.append(i64::from(i) * 15_000, f64::from(i / 100)).expect("below the limit");
    }
    let before = open.bytes().to_vec();
    assert_eq!(open.append(i64::MAX, 1.0), Err(ChunkError::Full));
    assert_eq!((open.bytes(), open.samples()), (&before[..], u16::MAX));
    assert_eq!(open.append_run(&[(i64::MAX, 1.0)], usize::MAX), 0);
    assert_eq!((open.bytes(), open.samples()), (&before[..], u16::MAX));
    assert_eq!(Ok(decode(&before).expect("our own chunk")), reference::decode(&before));
    assert_eq!(XorAppender::resume(&before).map(|open| open.samples()), Ok(u16::MAX));
}

#[test]
fn a_count_beyond_the_bytes_reserves_nothing() {
    // 72 + 9 + 7 bits: two samples and three of two bits.
    let mut bytes = vec![0; 2 + 11];
    for (count, fits) in [(5_u16, true), (6, false), (u16::MAX, false)] {
        bytes[..2].copy_from_slice(&count.to_be_bytes());
        let (mut timestamps, mut values) = (Vec::new(), Vec::new());
        let result = decode_columns(&bytes, &mut timestamps, &mut values);
        let error = ChunkError::TooManySamples { samples: count, samples_max: 5, len_bytes: 13 };
        assert_eq!(result, if fits { Ok(5) } else { Err(error) });
        assert!(fits || timestamps.capacity() + values.capacity() == 0);
    }
}

#[test]
fn a_window_used_before_any_is_all_bits() {
    // Upstream writes this when it resumes a chunk whose values have all been equal.
    let mut bytes = encode(&[(0, 7), (10, 7)]).finish().to_vec();
    bytes[..2].copy_from_slice(&3_u16.to_be_bytes());
    // One bit of the last byte is in use; then dod 0, reuse, 64 bits.
    let rest = 0b0_10_u128 << 64 | 0x0123_4567_89ab_cdef;
    let word = rest << (128 - 67 - 1);
    bytes.pop();
    bytes.extend_from_slice(&word.to_be_bytes()[..9]);
    let want = vec![(0, 7), (10, 7), (20, 7 ^ 0x0123_4567_89ab_cdef)];
    assert_eq!((decode(&bytes), reference::decode(&bytes)), (Ok(want.clone()), Ok(want)));

    // The window stays that wide, whether a value or a resumed appender comes next.
    let mut open = XorAppender::resume(&bytes).expect("valid");
    open.append(30, 1.0).expect("below the limit");
    assert_eq!(open.bytes()[2..bytes.len() - 1], bytes[2..bytes.len() - 1]);
    assert_eq!(decode(open.bytes()), reference::decode(open.bytes()).map_err(|_| ChunkError::Full));
}

#[test]
fn errors_say_where_and_what() {
    let whole = encode(&[(0, 1), (10, 2), (20, 3)]).finish();
    let error = decode(&whole[..whole.len() - 1]).unwrap_err();
    let want = "chunk ends at bit 176, expected 33 bits of a value window's contents at bit 145";
    assert_eq!(error.to_string(), want);
}
