//! Capture -> bytes. The byte box is in `format`.

use std::io::Write;

use crate::capture::within;
use crate::format::{
    DECODED_BYTES_MAX, KIND_END, KIND_FAILED, KIND_REMOVED, KIND_SCRAPED, MAGIC, VERSION, ZSTD_LEVEL,
    ZSTD_WINDOW_LOG,
};
use crate::{Capture, CaptureError, Outcome, Record};

/// The whole file.
pub(crate) fn write(capture: &Capture) -> Result<Vec<u8>, CaptureError> {
    compress(&encode(capture)?)
}

/// The stream inside the zstd frame.
pub(crate) fn encode(capture: &Capture) -> Result<Vec<u8>, CaptureError> {
    let mut stream = Vec::new();
    stream.extend_from_slice(&MAGIC);
    stream.extend_from_slice(&VERSION.to_le_bytes());
    put_length(&mut stream, capture.target().len());
    for (name, value) in capture.target() {
        for text in [name, value] {
            put_length(&mut stream, text.len());
            stream.extend_from_slice(text.as_bytes());
        }
    }
    let checksum = crc32fast::hash(&stream);
    stream.extend_from_slice(&checksum.to_le_bytes());

    let mut payload = Vec::new();
    for record in capture.records() {
        encode_payload(&mut payload, record);
        put_record(&mut stream, &payload);
        within("decompressed bytes", stream.len(), DECODED_BYTES_MAX)?;
    }
    payload.clear();
    payload.push(KIND_END);
    put_length(&mut payload, capture.records().len());
    put_record(&mut stream, &payload);
    within("decompressed bytes", stream.len(), DECODED_BYTES_MAX)?;
    Ok(stream)
}

/// One zstd frame with a content checksum.
pub(crate) fn compress(stream: &[u8]) -> Result<Vec<u8>, CaptureError> {
    let frame = || {
        let mut encoder = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
        encoder.include_checksum(true)?;
        encoder.long_distance_matching(true)?;
        encoder.window_log(ZSTD_WINDOW_LOG)?;
        // zstd shrinks the window to the size it is told, and with it what a reader must allocate.
        encoder.set_pledged_src_size(Some(stream.len() as u64))?;
        encoder.write_all(stream)?;
        encoder.finish()
    };
    frame().map_err(CaptureError::Zstd)
}

fn encode_payload(payload: &mut Vec<u8>, record: &Record) {
    payload.clear();
    payload.push(match record.outcome {
        Outcome::Scraped { .. } => KIND_SCRAPED,
        Outcome::Failed { .. } => KIND_FAILED,
        Outcome::Removed => KIND_REMOVED,
    });
    payload.extend_from_slice(&record.timestamp_ms.to_le_bytes());
    let duration_us = u32::try_from(record.duration.as_micros()).expect("Capture::push checked the duration");
    payload.extend_from_slice(&duration_us.to_le_bytes());
    match &record.outcome {
        Outcome::Scraped { content_type, body } => {
            let length = u16::try_from(content_type.len()).expect("Capture::push checked the content type");
            payload.extend_from_slice(&length.to_le_bytes());
            payload.extend_from_slice(content_type.as_bytes());
            payload.extend_from_slice(body);
        }
        Outcome::Failed { reason } => payload.extend_from_slice(reason.as_bytes()),
        Outcome::Removed => {}
    }
}

/// Frames a payload: its length before it, the checksum of both after it.
fn put_record(stream: &mut Vec<u8>, payload: &[u8]) {
    let start = stream.len();
    put_length(stream, payload.len());
    stream.extend_from_slice(payload);
    let checksum = crc32fast::hash(&stream[start..]);
    stream.extend_from_slice(&checksum.to_le_bytes());
}

fn put_length(bytes: &mut Vec<u8>, length: usize) {
    let length = u32::try_from(length).expect("every limit of the format is below 4 GiB");
    bytes.extend_from_slice(&length.to_le_bytes());
}
