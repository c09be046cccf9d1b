//! Floats.

use emberdb_tsdb_chunk::{Encoding, XorAppender, decode_columns};
use serde_json::Value;

use crate::data::{array, float, from_base64, parse, read_data};

#[test]
fn golden_chunks_read_and_write_alike() {
    let Some(text) = read_data("tsdb/chunks.jsonl") else {
        println!("skipped: there is no conformance data");
        return;
    };
    let mut chunks = 0;
    for record in text.lines().map(parse) {
        let id = record["encoding"].as_u64().expect("an encoding id") as u8;
        if Encoding::from_id(id) != Ok(Encoding::Xor) {
            continue;
        }
        let name = &record["name"];
        let want = record["samples"].as_array().expect("samples").iter().map(sample).collect::<Vec<_>>();
        assert_chunk(&from_base64(record["data_b64"].as_str().expect("bytes")), &want, &name.to_string());
        chunks += 1;
    }
    println!("{chunks} golden chunks");
    assert!(chunks >= 9, "only {chunks} XOR chunks in the data");
}

/// Blocks that Prometheus compacted: their chunks are longer and come from other shapes of data.
#[test]
fn chunks_of_golden_blocks_append_to_the_same_bytes() {
    let mut chunks = 0;
    for name in ["blocks", "blocks_compacted", "out_of_order_blocks", "start_timestamps"] {
        let Some(text) = read_data(&format!("tsdb/golden/{name}/blocks.jsonl")) else {
            println!("skipped: there is no conformance data");
            return;
        };
        for chunk in text.lines().map(parse).flat_map(|record| array(&record["chunks"])) {
            if chunk["encoding"].as_u64() != Some(1) {
                continue;
            }
            let bytes = from_base64(chunk["data_b64"].as_str().expect("bytes"));
            let samples = decode(&bytes);
            assert_eq!(chunk["num_samples"].as_u64(), Some(samples.len() as u64));
            assert_eq!(chunk["min_time"].as_i64(), samples.first().map(|first| first.0));
            assert_eq!(chunk["max_time"].as_i64(), samples.last().map(|last| last.0));
            assert_chunk(&bytes, &samples, name);
            chunks += 1;
        }
    }
    println!("{chunks} chunks of golden blocks");
    assert!(chunks > 0, "no XOR chunk in the golden blocks");
}

fn assert_chunk(bytes: &[u8], samples: &[(i64, u64)], name: &str) {
    assert_eq!(decode(bytes), samples, "{name}");
    let mut open = XorAppender::new();
    for (index, &(t_ms, bits)) in samples.iter().enumerate() {
        open.append(t_ms, f64::from_bits(bits)).expect("below the limit");
        assert_eq!(usize::from(open.samples()), index + 1);
    }
    assert_eq!(open.bytes(), bytes, "{name}");
    let resumed = XorAppender::resume(bytes).expect("a golden chunk");
    assert_eq!(resumed.finish()[..], *bytes, "{name}");
}

fn decode(bytes: &[u8]) -> Vec<(i64, u64)> {
    let (mut timestamps, mut values) = (Vec::new(), Vec::new());
    decode_columns(bytes, &mut timestamps, &mut values).expect("a golden chunk");
    timestamps.into_iter().zip(values.into_iter().map(f64::to_bits)).collect()
}

fn sample(sample: &Value) -> (i64, u64) {
    (sample["t"].as_i64().expect("a timestamp"), float(&sample["v"]).to_bits())
}
