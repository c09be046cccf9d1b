//! The captures that are part of the program.

use emberdb_capture::{Capture, CaptureError, Outcome};

/// What real targets answered; `tests/fixtures/README.md` tells their story.
const FILES: [&[u8]; 5] = [
    include_bytes!("../../../tests/fixtures/node-node-a.capture.zst"),
    include_bytes!("../../../tests/fixtures/node-node-b.capture.zst"),
    include_bytes!("../../../tests/fixtures/prometheus-main.capture.zst"),
    include_bytes!("../../../tests/fixtures/alertmanager-main.capture.zst"),
    include_bytes!("../../../tests/fixtures/checkout-main.capture.zst"),
];

/// All captures.
pub(super) struct Captures {
    pub(super) list: Vec<Capture>,
    /// Time of the first and of the last scrape, in milliseconds.
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    /// When the batch job's series was absent for the first time.
    pub(super) batch_vanished_ms: i64,
}

/// The series that vanishes and comes back.
pub(super) const BATCH_METRIC: &str = "batch_last_success_timestamp_seconds";

/// Reads them.
pub(super) fn load() -> Result<Captures, Box<dyn std::error::Error>> {
    let list =
        FILES.iter().map(|file| Capture::from_bytes(file)).collect::<Result<Vec<_>, CaptureError>>()?;
    let times = || list.iter().flat_map(Capture::records).map(|r| r.timestamp_ms);
    let (Some(start_ms), Some(end_ms)) = (times().min(), times().max()) else {
        return Err("the captures are empty".into());
    };
    let batch_vanished_ms = list
        .iter()
        .flat_map(|c| c.records().windows(2))
        .find(|pair| has_batch(&pair[0].outcome) && !has_batch(&pair[1].outcome))
        .map(|pair| pair[1].timestamp_ms)
        .ok_or("no capture has a series that vanishes")?;
    Ok(Captures { list, start_ms, end_ms, batch_vanished_ms })
}

fn has_batch(outcome: &Outcome) -> bool {
    let Outcome::Scraped { body, .. } = outcome else { return false };
    body.split(|&b| b == b'\n').any(|line| line.starts_with(BATCH_METRIC.as_bytes()))
}
