//! Requests of remote write as the compliance tests of receivers send them, and what these want for an answer.

use emberdb_remote::{Incoming, ReceiveOptions, Written, receive};
use serde_json::Value;

use crate::MemoryStorage;

use super::mismatch::same;
use super::{Check, DataError, Mismatch, Run, read};

pub(super) fn run(run: &mut Run<'_>) -> Result<(), DataError> {
    const PATH: &str = "remote/receiver_requests.jsonl";
    let records = run.data.records(PATH)?;
    run.begin(PATH, records.len());
    for record in &records {
        run.case(format!("{PATH}: {}", read::text_or_empty(record, "name")), request(record));
    }
    Ok(())
}

/// Each request goes into a storage of its own.
fn request(record: &Value) -> Check {
    let header = |name: &str| read::text_or_empty(&record["headers"], name);
    let body = read::bytes(record, "body")?;
    let incoming = Incoming {
        content_type: header("Content-Type"),
        content_encoding: header("Content-Encoding"),
        body: &body,
        now_ms: read::integer(&record["base_ms"])?,
    };
    let reply = receive(&MemoryStorage::new(), &incoming, &ReceiveOptions::default());
    let expect = &record["expect"];
    let wanted = Written {
        samples: read::integer(&expect["samples_written"])?,
        histograms: read::integer(&expect["histograms_written"])?,
        exemplars: read::integer(&expect["exemplars_written"])?,
    };
    let got = reply.written.unwrap_or_default();
    let told = || format!("status {}, {got:?}: {}", reply.status, reply.message);
    if read::truth(&expect["success"])? {
        return if reply.is_success() {
            same("what is written", &wanted, &got)
        } else {
            Err(Mismatch::new(format!("wanted success, got {}", told())))
        };
    }
    let exact: u16 = read::integer(&expect["exact_status"])?;
    let status = if exact == 0 { 400 } else { exact };
    let is_more = got.samples > wanted.samples
        || got.histograms > wanted.histograms
        || got.exemplars > wanted.exemplars;
    if reply.status != status || is_more {
        return Err(Mismatch::new(format!("wanted status {status} and at most {wanted:?}, got {}", told())));
    }
    Ok(())
}
