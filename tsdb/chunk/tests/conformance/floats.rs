//! Floats, without start timestamps and with them.

use emberdb_tsdb_chunk::{Encoding, Xor2Appender, XorAppender, decode_columns, decode_floats, samples_in};
use serde_json::Value;

use crate::data::{array, float, from_base64, parse, read_data};

/// A time, the bits of a value, and a start timestamp.
type Sample = (i64, u64, i64);

#[test]
fn golden_chunks_read_and_write_alike() {
    let Some(text) = read_data("tsdb/chunks.jsonl") else {
        println!("skipped: there is no conformance data");
        return;
    };
    let (mut xor, mut xor2) = (0, 0);
    for record in text.lines().map(parse) {
        let encoding = encoding_of(&record);
        match encoding {
            Encoding::Xor => xor += 1,
            Encoding::Xor2 => xor2 += 1,
            _ => continue,
        }
        let name = record["name"].to_string();
        let want: Vec<Sample> = array(&record["samples"]).iter().map(sample).collect();
        assert_chunk(encoding, &from_base64(record["data_b64"].as_str().expect("bytes")), &want, &name);
    }
    println!("{xor} golden chunks of XOR, {xor2} of XOR2");
    assert!(xor >= 9 && xor2 >= 18, "only {xor} chunks of XOR and {xor2} of XOR2 in the data");
}

/// Blocks that Prometheus compacted: their chunks are longer and come from other shapes of data.
#[test]
fn chunks_of_golden_blocks_append_to_the_same_bytes() {
    let (mut xor, mut xor2) = (0, 0);
    for name in ["blocks", "blocks_compacted", "out_of_order_blocks", "start_timestamps"] {
        let Some(text) = read_data(&format!("tsdb/golden/{name}/blocks.jsonl")) else {
            println!("skipped: there is no conformance data");
            return;
        };
        for chunk in text.lines().map(parse).flat_map(|record| array(&record["chunks"])) {
            let encoding = encoding_of(&chunk);
            match encoding {
                Encoding::Xor => xor += 1,
                Encoding::Xor2 => xor2 += 1,
                _ => continue,
            }
            let bytes = from_base64(chunk["data_b64"].as_str().expect("bytes"));
            let samples = decode(encoding, &bytes);
            assert_eq!(chunk["num_samples"].as_u64(), Some(samples.len() as u64));
            assert_eq!(chunk["min_time"].as_i64(), samples.first().map(|first| first.0));
            assert_eq!(chunk["max_time"].as_i64(), samples.last().map(|last| last.0));
            assert_chunk(encoding, &bytes, &samples, name);
        }
    }
    println!("{xor} chunks of golden blocks of XOR, {xor2} of XOR2");
    assert!(xor > 0 && xor2 > 0, "{xor} chunks of XOR and {xor2} of XOR2 in the golden blocks");
}

fn encoding_of(record: &Value) -> Encoding {
    let id = record["encoding"].as_u64().and_then(|id| u8::try_from(id).ok()).expect("an encoding id");
    Encoding::from_id(id).expect("a known encoding")
}

fn assert_chunk(encoding: Encoding, bytes: &[u8], samples: &[Sample], name: &str) {
    assert_eq!(decode(encoding, bytes), samples, "{name}");
    assert_eq!(samples_in(encoding, bytes).map(usize::from), Ok(samples.len()), "{name}");
    if encoding == Encoding::Xor2 {
        let mut open = Xor2Appender::new();
        for &(t_ms, bits, start_ms) in samples {
            open.append(t_ms, f64::from_bits(bits), start_ms).expect("below the limit");
        }
        assert_eq!(open.bytes(), bytes, "{name}");
        let resumed = Xor2Appender::resume(bytes).expect("a golden chunk");
        assert_eq!(resumed.finish()[..], *bytes, "{name}");
        return;
    }
    let mut open = XorAppender::new();
    for (index, &(t_ms, bits, _)) in samples.iter().enumerate() {
        open.append(t_ms, f64::from_bits(bits)).expect("below the limit");
        assert_eq!(usize::from(open.samples()), index + 1);
    }
    assert_eq!(open.bytes(), bytes, "{name}");
    let resumed = XorAppender::resume(bytes).expect("a golden chunk");
    assert_eq!(resumed.finish()[..], *bytes, "{name}");
    let (mut timestamps, mut values) = (Vec::new(), Vec::new());
    assert_eq!(decode_columns(bytes, &mut timestamps, &mut values), Ok(samples.len()), "{name}");
}

fn decode(encoding: Encoding, bytes: &[u8]) -> Vec<Sample> {
    let (mut timestamps, mut values, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    decode_floats(encoding, bytes, &mut timestamps, &mut values, &mut starts).expect("a golden chunk");
    assert!(starts.is_empty() || starts.len() == timestamps.len());
    starts.resize(timestamps.len(), 0);
    let values = values.into_iter().map(f64::to_bits);
    timestamps
        .into_iter()
        .zip(values)
        .zip(starts)
        .map(|((t_ms, bits), start_ms)| (t_ms, bits, start_ms))
        .collect()
}

fn sample(sample: &Value) -> Sample {
    let t_ms = sample["t"].as_i64().expect("a timestamp");
    (t_ms, float(&sample["v"]).to_bits(), sample["st"].as_i64().unwrap_or_default())
}
