//! Damaged expositions: whatever the bytes, they are read or refused.

use emberdb_scrape::{Entry, OpenMetricsParser, ParserOptions, TextParser};

#[test]
fn every_prefix_and_every_damaged_byte_is_read_or_refused() {
    let text = "# HELP a b\\n\n# TYPE h histogram\nh_bucket{le=\"1\",x=\"\\\"\\\\\"} 1 2\n{\"ü.x\",\"y z\"=\"\u{0}\"} NaN\n";
    let om =
        "# TYPE h histogram\n# UNIT h_s s\nh_bucket{le=\"1\"} 1 2.5 # {a=\"b\"} 3 4\nh_created 5\n# EOF\n";
    let mut options = ParserOptions::default();
    options.start_timestamps = true;
    for body in [text.as_bytes(), om.as_bytes()] {
        for at in 0..body.len() {
            for byte in [0, b'\n', b' ', b'"', b'\\', b'{', b'}', b'#', b'1', b'\xff'] {
                let mut damaged = body.to_vec();
                damaged[at] = byte;
                for body in [&damaged[..], &damaged[..at]] {
                    drain(TextParser::new(body), body);
                    drain(OpenMetricsParser::with_options(body, options), body);
                }
            }
        }
    }
}

/// Reads all entries and all of each; an error is the last item and lies within the body.
fn drain<'a>(parser: impl Iterator<Item = Result<Entry<'a>, emberdb_scrape::ParseError>>, body: &[u8]) {
    let mut failed = false;
    for entry in parser {
        assert!(!failed, "nothing follows an error");
        match entry {
            Ok(entry) => read_all_of(&entry, body),
            Err(error) => {
                assert!(error.offset <= body.len() && error.line > 0 && error.column > 0, "{error}");
                failed = true;
            }
        }
    }
}

/// What is read only when asked for: no more labels than the body has bytes.
fn read_all_of(entry: &Entry<'_>, body: &[u8]) {
    match entry {
        Entry::Help(help) => drop(help.text()),
        Entry::Series(series) => {
            let of_exemplar: usize = series.exemplar.iter().map(|exemplar| exemplar.labels().count()).sum();
            assert!(series.metric.labels().count() + of_exemplar <= body.len(), "{series:?}");
        }
        _ => {}
    }
}
