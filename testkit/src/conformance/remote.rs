//! Requests of remote write as the compliance tests of receivers send them, and what these want for an answer.

use emberdb_remote::{Incoming, ReceiveOptions, Reply, Written, receive};
use emberdb_tsdb_db::{Maintained, Tsdb, TsdbOptions};
use serde_json::Value;

use super::folder::Folder;
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

/// What is answered to a request to an empty database.
fn answer(incoming: &Incoming<'_>) -> Result<Reply, Mismatch> {
    let folder = Folder::empty().map_err(|error| Mismatch::new(error.to_string()))?;
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    let db = Tsdb::open(&folder.env, &folder.dir, options);
    let db = db.map_err(|error| Mismatch::new(error.to_string()))?;
    Ok(receive(&db, incoming, &ReceiveOptions::default()))
}

/// Each request goes into a database of its own.
fn request(record: &Value) -> Check {
    let header = |name: &str| read::text_or_empty(&record["headers"], name);
    let body = read::bytes(record, "body")?;
    let incoming = Incoming {
        content_type: header("Content-Type"),
        content_encoding: header("Content-Encoding"),
        body: &body,
        now_ms: read::integer(&record["base_ms"])?,
    };
    let reply = answer(&incoming)?;
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
