//! The format against itself, against written-out bytes, and against damage at every byte.

use std::time::Duration;

use crate::{BODY_BYTES_MAX, Capture, CaptureError, LABELS_MAX, Outcome, Record, reader, writer};

fn scraped(timestamp_ms: i64, duration_us: u64, content_type: &str, body: &[u8]) -> Record {
    let outcome = Outcome::Scraped { content_type: content_type.into(), body: body.to_vec() };
    Record { timestamp_ms, duration: Duration::from_micros(duration_us), outcome }
}

fn failed(timestamp_ms: i64, reason: &str) -> Record {
    Record { timestamp_ms, duration: Duration::ZERO, outcome: Outcome::Failed { reason: reason.into() } }
}

fn removed(timestamp_ms: i64) -> Record {
    Record { timestamp_ms, duration: Duration::ZERO, outcome: Outcome::Removed }
}

fn capture(target: &[(&str, &str)], records: Vec<Record>) -> Capture {
    let target = target.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    let mut capture = Capture::new(target).unwrap();
    for record in records {
        capture.push(record).unwrap();
    }
    capture
}

/// One of each kind, with empty and with odd parts.
fn samples() -> Vec<Capture> {
    vec![
        capture(&[], vec![]),
        capture(&[("", "")], vec![scraped(i64::MIN, 0, "", b"")]),
        capture(
            &[("job", "node"), ("instance", "node-b"), ("where", "café")],
            vec![
                scraped(-1, 1, "text/plain; version=0.0.4", b"up 1\n"),
                scraped(0, u32::MAX.into(), "application/openmetrics-text", b"up 1\n# EOF\n"),
                scraped(15_000, 7, "text/plain", &[0, 0xff, 0xfe, b'\n']),
                failed(30_000, "connection refused"),
                failed(45_000, ""),
                removed(i64::MAX),
            ],
        ),
    ]
}

#[test]
fn what_is_written_is_read_again() {
    for capture in samples() {
        let file = capture.to_bytes().unwrap();
        assert_eq!(Capture::from_bytes(&file).unwrap(), capture);
        assert_eq!(capture.to_bytes().unwrap(), file, "the same capture gives the same file");
    }
}

/// Written out by hand from `docs/format/capture.md`; the checksums are from an independent CRC-32.
#[test]
fn the_stream_is_as_documented() {
    let capture =
        capture(&[("job", "n")], vec![scraped(1, 2, "t", b"up 1\n"), failed(258, "no"), removed(259)]);
    #[rustfmt::skip]
    let expected: &[&[u8]] = &[
        b"EMBERCAP", &[1, 0, 0, 0], &[1, 0, 0, 0],
        &[3, 0, 0, 0], b"job", &[1, 0, 0, 0], b"n", &0x72d8_1b6d_u32.to_le_bytes(),
        &[21, 0, 0, 0], &[1], &[1, 0, 0, 0, 0, 0, 0, 0], &[2, 0, 0, 0], &[1, 0], b"t", b"up 1\n", &0xe1b9_fd75_u32.to_le_bytes(),
        &[15, 0, 0, 0], &[2], &[2, 1, 0, 0, 0, 0, 0, 0], &[0, 0, 0, 0], b"no", &0x2b9a_c9f8_u32.to_le_bytes(),
        &[13, 0, 0, 0], &[3], &[3, 1, 0, 0, 0, 0, 0, 0], &[0, 0, 0, 0], &0xd08b_3351_u32.to_le_bytes(),
        &[5, 0, 0, 0], &[0], &[3, 0, 0, 0], &0xbe2b_fe0f_u32.to_le_bytes(),
    ];
    assert_eq!(writer::encode(&capture).unwrap(), expected.concat());
}

#[test]
fn a_file_cut_short_is_an_error_at_every_byte() {
    for capture in samples() {
        let file = capture.to_bytes().unwrap();
        for cut in 0..file.len() {
            assert!(Capture::from_bytes(&file[..cut]).is_err(), "file of {} cut at {cut}", file.len());
        }
        let stream = writer::encode(&capture).unwrap();
        for cut in 0..stream.len() {
            let error = reader::decode(&stream[..cut]).unwrap_err();
            assert!(matches!(error, CaptureError::Truncated { .. }), "stream cut at {cut}: {error}");
        }
    }
}

#[test]
fn a_flipped_bit_of_the_stream_is_always_found() {
    for capture in samples() {
        let stream = writer::encode(&capture).unwrap();
        for at in 0..stream.len() {
            for bit in 0..8 {
                let mut damaged = stream.clone();
                damaged[at] ^= 1 << bit;
                assert!(reader::decode(&damaged).is_err(), "byte {at}, bit {bit}");
            }
        }
    }
}

/// zstd ignores a few header bits (the unused one, a greater window), so a flip there changes nothing; what must
/// never happen is another capture.
#[test]
fn a_flipped_bit_of_the_file_never_gives_another_capture() {
    for capture in samples() {
        let file = capture.to_bytes().unwrap();
        let mut found = 0;
        for at in 0..file.len() {
            for bit in 0..8 {
                let mut damaged = file.clone();
                damaged[at] ^= 1 << bit;
                match Capture::from_bytes(&damaged) {
                    Err(_) => found += 1,
                    Ok(read) => assert_eq!(read, capture, "byte {at}, bit {bit}"),
                }
            }
        }
        assert!(found >= file.len() * 8 - 16, "{found} of {} flips found", file.len() * 8);
    }
}

#[test]
fn nothing_may_follow_the_end() {
    let capture = &samples()[2];
    let mut file = capture.to_bytes().unwrap();
    file.push(0);
    assert!(matches!(Capture::from_bytes(&file), Err(CaptureError::TrailingBytes { found: 1, .. })));

    let mut stream = writer::encode(capture).unwrap();
    stream.push(0);
    let file = writer::compress(&stream).unwrap();
    assert!(matches!(Capture::from_bytes(&file), Err(CaptureError::TrailingBytes { found: 1, .. })));
}

#[test]
fn other_files_are_refused_by_name() {
    let stream = writer::encode(&samples()[1]).unwrap();
    let mut other_magic = stream.clone();
    other_magic[..8].copy_from_slice(b"NOTMINE!");
    assert!(
        matches!(reader::decode(&other_magic), Err(CaptureError::Magic { found }) if &found == b"NOTMINE!")
    );

    let mut other_version = stream;
    other_version[8] = 2;
    assert!(matches!(reader::decode(&other_version), Err(CaptureError::Version { found: 2, expected: 1 })));

    assert!(matches!(Capture::from_bytes(b"up 1\n"), Err(CaptureError::Zstd(_))));
}

/// A record whose checksum holds and whose content does not.
#[test]
fn sound_checksums_do_not_excuse_bad_content() {
    let head = |kind: u8, timestamp_ms: i64| {
        [&[kind][..], &timestamp_ms.to_le_bytes(), &0_u32.to_le_bytes()].concat()
    };
    let read = |payloads: &[Vec<u8>]| {
        let empty = writer::encode(&capture(&[], vec![])).unwrap();
        let mut stream = empty[..20].to_vec();
        for payload in payloads {
            let length = u32::try_from(payload.len()).unwrap();
            let framed = [&length.to_le_bytes(), payload.as_slice()].concat();
            stream.extend_from_slice(&framed);
            stream.extend_from_slice(&crc32fast::hash(&framed).to_le_bytes());
        }
        reader::decode(&stream).unwrap_err()
    };
    assert!(matches!(read(&[head(4, 0)]), CaptureError::Kind { kind: 4, .. }));
    assert!(matches!(read(&[vec![]]), CaptureError::Truncated { what: "record kind", .. }));
    assert!(matches!(
        read(&[head(3, 5), head(3, 5)]),
        CaptureError::TimeOrder { previous_ms: 5, timestamp_ms: 5 }
    ));
    assert!(matches!(read(&[vec![0, 1, 0, 0, 0]]), CaptureError::Count { found: 1, read: 0 }));
    assert!(matches!(read(&[[head(3, 0), vec![9]].concat()]), CaptureError::TrailingBytes { found: 1, .. }));
    assert!(matches!(read(&[[head(2, 0), vec![0xff]].concat()]), CaptureError::Utf8 { what: "reason", .. }));
    // A content type that would reach into the record's checksum and beyond.
    let greedy = [head(1, 0), vec![3, 0], b"ab".to_vec()].concat();
    assert!(matches!(
        read(&[greedy]),
        CaptureError::Truncated { what: "content type", needed: 3, left: 2, .. }
    ));
}

#[test]
fn limits_hold_in_the_writer_and_in_the_reader() {
    let labels = vec![(String::new(), String::new()); LABELS_MAX + 1];
    assert!(matches!(Capture::new(labels), Err(CaptureError::LimitExceeded { what: "target labels", .. })));

    let mut capture = Capture::new(vec![]).unwrap();
    let great = scraped(0, 0, "", &vec![b'#'; BODY_BYTES_MAX + 1]);
    assert!(matches!(capture.push(great), Err(CaptureError::LimitExceeded { what: "body bytes", .. })));
    let slow = scraped(0, u64::from(u32::MAX) + 1, "", b"");
    assert!(matches!(capture.push(slow), Err(CaptureError::LimitExceeded { .. })));
    assert_eq!(capture.records(), [], "a refused record leaves nothing behind");

    // A length beyond its limit is refused before anything is read or allocated for it.
    let mut stream = writer::encode(&capture).unwrap();
    stream[20..24].copy_from_slice(&u32::MAX.to_le_bytes());
    let error = reader::decode(&stream).unwrap_err();
    assert!(matches!(error, CaptureError::LimitExceeded { what: "payload bytes", .. }), "{error}");
}

#[test]
fn a_duration_is_kept_in_whole_microseconds() {
    let mut capture = Capture::new(vec![]).unwrap();
    let duration = Duration::from_nanos(1_999);
    capture.push(Record { timestamp_ms: 0, duration, outcome: Outcome::Removed }).unwrap();
    assert_eq!(capture.records()[0].duration, Duration::from_micros(1));
}
