//! Chunks alone: reading gives the samples, and appending the samples of floats gives the bytes. That appending histograms does
//! so is asked by the tests of `tsdb/chunk`, which know what the chunks are cut for.

use std::sync::Arc;

use emberdb_model::SampleValue;
use emberdb_tsdb_chunk::{ChunkHistograms, Encoding, Xor2Appender, XorAppender, decode_floats};
use serde_json::Value;

use super::super::mismatch::same_text;
use super::super::read::{Read, integer, list, text};
use super::super::{Check, DataError, Mismatch, Run, base64};
use super::expectation::sample;
use super::stored::{StoredSample, same_samples};

const FILE: &str = "tsdb/chunks.jsonl";

pub(super) fn run(run: &mut Run<'_>) -> Result<(), DataError> {
    let records = run.data.records(FILE)?;
    run.begin(FILE, records.len());
    for (at, record) in records.iter().enumerate() {
        let name = record["name"].as_str().unwrap_or_default();
        run.case(format!("{FILE}:{}: {name}", at + 1), check(record));
    }
    Ok(())
}

fn check(record: &Value) -> Check {
    let encoding = Encoding::from_id(integer(&record["encoding"])?)
        .map_err(|error| Mismatch::unsupported(&error.to_string()))?;
    let in_base64 = text(&record["data_b64"])?;
    let bytes = base64::decoded(in_base64).ok_or_else(|| Mismatch::new("malformed record: not base64"))?;
    let wanted = list(&record["samples"])?.iter().map(sample).collect::<Read<Vec<_>>>()?;
    let mismatch = |error: emberdb_tsdb_chunk::ChunkError| Mismatch::new(error.to_string());
    if encoding.is_histogram() {
        return same_samples(&wanted, &histograms(encoding, &bytes).map_err(mismatch)?);
    }
    same_samples(&wanted, &floats(encoding, &bytes).map_err(mismatch)?)?;
    same_text("bytes", in_base64, &base64::encoded(&appended(encoding, &wanted).map_err(mismatch)?))
}

fn histograms(encoding: Encoding, bytes: &[u8]) -> Result<Vec<StoredSample>, emberdb_tsdb_chunk::ChunkError> {
    let mut columns = ChunkHistograms::new();
    columns.decode(encoding, bytes)?;
    let starts = columns.start_timestamps();
    let sample = |(index, (t_ms, histogram))| StoredSample {
        t_ms,
        start_ms: starts.get(index).copied().unwrap_or(0),
        value: SampleValue::Histogram(Arc::new(histogram)),
    };
    Ok(columns.iter().enumerate().map(sample).collect())
}

fn floats(encoding: Encoding, bytes: &[u8]) -> Result<Vec<StoredSample>, emberdb_tsdb_chunk::ChunkError> {
    let (mut times, mut values, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    decode_floats(encoding, bytes, &mut times, &mut values, &mut starts)?;
    let sample = |(index, (t_ms, value))| StoredSample {
        t_ms,
        start_ms: starts.get(index).copied().unwrap_or(0),
        value: SampleValue::Float(value),
    };
    Ok(times.into_iter().zip(values).enumerate().map(sample).collect())
}

/// The chunk that holds these floats.
fn appended(encoding: Encoding, samples: &[StoredSample]) -> Result<Vec<u8>, emberdb_tsdb_chunk::ChunkError> {
    let (mut xor, mut xor2) = (XorAppender::new(), Xor2Appender::new());
    for sample in samples {
        let SampleValue::Float(value) = sample.value else { continue };
        if encoding == Encoding::Xor2 {
            xor2.append(sample.t_ms, value, sample.start_ms)?;
        } else {
            xor.append(sample.t_ms, value)?;
        }
    }
    Ok(if encoding == Encoding::Xor2 { xor2.bytes().to_vec() } else { xor.bytes().to_vec() })
}
