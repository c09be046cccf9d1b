//! Bytes -> capture, with checked access only. The byte box is in `format`.

use std::io::Read;
use std::time::Duration;

use crate::capture::within;
use crate::format::{
    DECODED_BYTES_MAX, KIND_END, KIND_FAILED, KIND_REMOVED, KIND_SCRAPED, LABEL_BYTES_MAX, LABELS_MAX, MAGIC,
    PAYLOAD_BYTES_MAX, VERSION, ZSTD_WINDOW_LOG,
};
use crate::{Capture, CaptureError, Outcome, Record};

/// The whole file.
pub(crate) fn read(file: &[u8]) -> Result<Capture, CaptureError> {
    decode(&decompress(file)?)
}

/// Undoes the one zstd frame; what it may allocate is bounded by two named limits.
fn decompress(file: &[u8]) -> Result<Vec<u8>, CaptureError> {
    let mut decoder = zstd::Decoder::with_buffer(file).map_err(CaptureError::Zstd)?.single_frame();
    decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(CaptureError::Zstd)?;
    let mut stream = Vec::new();
    // One byte more than the limit tells a stream at the limit from one beyond it.
    let read = decoder.by_ref().take(DECODED_BYTES_MAX as u64 + 1).read_to_end(&mut stream);
    read.map_err(CaptureError::Zstd)?;
    within("decompressed bytes", stream.len(), DECODED_BYTES_MAX)?;
    let rest = decoder.finish();
    if rest.is_empty() {
        Ok(stream)
    } else {
        Err(CaptureError::TrailingBytes { after: "the zstd frame", found: rest.len() })
    }
}

/// The stream inside the zstd frame.
pub(crate) fn decode(stream: &[u8]) -> Result<Capture, CaptureError> {
    let mut cursor = Cursor { stream, offset: 0 };
    let mut capture = Capture::new(header(&mut cursor)?)?;
    loop {
        let start = cursor.offset;
        let length = cursor.length("payload bytes", PAYLOAD_BYTES_MAX)?;
        let payload_start = cursor.offset;
        let payload = cursor.take("payload", length)?;
        cursor.checksum("record", start)?;
        let mut payload = Cursor { stream: &stream[..payload_start + payload.len()], offset: payload_start };
        match record(&mut payload)? {
            Entry::Record(record) => capture.push(record)?,
            Entry::End { count } => {
                let read = capture.records().len();
                if usize::try_from(count) != Ok(read) {
                    return Err(CaptureError::Count { found: count, read });
                }
                break;
            }
        }
    }
    match cursor.left() {
        0 => Ok(capture),
        found => Err(CaptureError::TrailingBytes { after: "the end record", found }),
    }
}

/// A decoded payload.
enum Entry {
    Record(Record),
    End { count: u32 },
}

fn header(cursor: &mut Cursor<'_>) -> Result<Vec<(String, String)>, CaptureError> {
    let magic = cursor.array::<8>("magic")?;
    if magic != MAGIC {
        return Err(CaptureError::Magic { found: magic });
    }
    let version = cursor.u32("version")?;
    if version != VERSION {
        return Err(CaptureError::Version { found: version, expected: VERSION });
    }
    let count = cursor.length("target labels", LABELS_MAX)?;
    let mut target = Vec::with_capacity(count);
    for _ in 0..count {
        let name = label_text(cursor, "label name")?;
        let value = label_text(cursor, "label value")?;
        target.push((name, value));
    }
    cursor.checksum("header", 0)?;
    Ok(target)
}

fn label_text(cursor: &mut Cursor<'_>, what: &'static str) -> Result<String, CaptureError> {
    let length = cursor.length(what, LABEL_BYTES_MAX)?;
    cursor.text(what, length)
}

fn record(payload: &mut Cursor<'_>) -> Result<Entry, CaptureError> {
    let start = payload.offset;
    let [kind] = payload.array("record kind")?;
    if kind == KIND_END {
        let count = payload.u32("record count")?;
        return payload.exhausted("the record count").map(|()| Entry::End { count });
    }
    let timestamp_ms = i64::from_le_bytes(payload.array("timestamp")?);
    let duration = Duration::from_micros(payload.u32("duration")?.into());
    let outcome = match kind {
        KIND_SCRAPED => {
            let length = u16::from_le_bytes(payload.array("content type length")?);
            let content_type = payload.text("content type", length.into())?;
            Outcome::Scraped { content_type, body: payload.take("body", payload.left())?.to_vec() }
        }
        KIND_FAILED => Outcome::Failed { reason: payload.text("reason", payload.left())? },
        KIND_REMOVED => payload.exhausted("a removal").map(|()| Outcome::Removed)?,
        kind => return Err(CaptureError::Kind { offset: start, kind }),
    };
    Ok(Entry::Record(Record { timestamp_ms, duration, outcome }))
}

/// A place in the stream that cannot run past its end.
struct Cursor<'a> {
    stream: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    fn left(&self) -> usize {
        self.stream.len() - self.offset
    }

    fn take(&mut self, what: &'static str, needed: usize) -> Result<&'a [u8], CaptureError> {
        let rest = self.stream.get(self.offset..).unwrap_or_default();
        let taken = rest.get(..needed).ok_or(CaptureError::Truncated {
            offset: self.offset,
            what,
            needed,
            left: rest.len(),
        })?;
        self.offset += needed;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], CaptureError> {
        let bytes = self.take(what, N)?;
        Ok(bytes.try_into().expect("take gives exactly what it was asked for"))
    }

    fn u32(&mut self, what: &'static str) -> Result<u32, CaptureError> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// A `u32` length or count that a named limit bounds.
    fn length(&mut self, what: &'static str, limit: usize) -> Result<usize, CaptureError> {
        let found = usize::try_from(self.u32(what)?).unwrap_or(usize::MAX);
        within(what, found, limit).map(|()| found)
    }

    fn text(&mut self, what: &'static str, length: usize) -> Result<String, CaptureError> {
        let offset = self.offset;
        let bytes = self.take(what, length)?;
        let text = std::str::from_utf8(bytes).map_err(|_| CaptureError::Utf8 { offset, what })?;
        Ok(text.to_owned())
    }

    /// Reads the checksum of everything since `start`.
    fn checksum(&mut self, what: &'static str, start: usize) -> Result<(), CaptureError> {
        let computed = crc32fast::hash(self.stream.get(start..self.offset).unwrap_or_default());
        let found = self.u32("checksum")?;
        if found == computed {
            Ok(())
        } else {
            Err(CaptureError::Checksum { offset: start, what, found, computed })
        }
    }

    fn exhausted(&self, after: &'static str) -> Result<(), CaptureError> {
        match self.left() {
            0 => Ok(()),
            found => Err(CaptureError::TrailingBytes { after, found }),
        }
    }
}
