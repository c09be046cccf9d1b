//! Storing captures as a scraper would.

use std::fmt;

use emberdb::scrape::{Scrape, Target, TargetOptions};
use emberdb::{Db, Labels};
use emberdb_capture::Outcome;
use indicatif::{ProgressBar, ProgressStyle};

use super::captures::Captures;

/// What happened while storing.
#[derive(Default)]
pub(super) struct Totals {
    scrapes: usize,
    failed: usize,
    removed: usize,
    body_bytes: usize,
    stale_markers: usize,
    refused: usize,
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Read {} scrapes ({} bytes of text), {} of them failed; {} target went away; wrote {} staleness markers",
            self.scrapes, self.body_bytes, self.failed, self.removed, self.stale_markers
        )?;
        if self.refused > 0 {
            write!(f, "; {} samples were refused", self.refused)?;
        }
        Ok(())
    }
}

/// Stores all records of all captures in the order of their times.
pub(super) fn replay(db: &Db, captures: &Captures) -> Result<Totals, Box<dyn std::error::Error>> {
    let mut records: Vec<(i64, usize, usize)> = Vec::new();
    let mut targets = Vec::new();
    for (capture_number, capture) in captures.list.iter().enumerate() {
        let labels = Labels::new(capture.target().iter().map(|(n, v)| (n, v)))?;
        targets.push(Target::new(&labels, TargetOptions::default()));
        let times = capture.records().iter().enumerate();
        records.extend(times.map(|(number, record)| (record.timestamp_ms, capture_number, number)));
    }
    records.sort_unstable();
    let progress = ProgressBar::new(records.len() as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} scrapes, {elapsed}")?);
    let mut totals = Totals::default();
    for (timestamp_ms, capture, number) in records {
        let record = &captures.list[capture].records()[number];
        let target = &mut targets[capture];
        let storage = db.storage();
        match &record.outcome {
            Outcome::Scraped { content_type, body } => {
                let scrape = Scrape { content_type, body, duration: record.duration };
                let report = target.ingest(storage, timestamp_ms, &scrape)?;
                totals.scrapes += 1;
                totals.failed += usize::from(!report.is_up());
                totals.body_bytes += body.len();
                totals.stale_markers += report.stale_markers;
                totals.refused +=
                    report.samples_out_of_order + report.samples_duplicate + report.samples_out_of_bounds;
            }
            Outcome::Failed { reason } => {
                let report = target.fail(storage, timestamp_ms, record.duration, reason)?;
                totals.scrapes += 1;
                totals.failed += 1;
                totals.stale_markers += report.stale_markers;
            }
            Outcome::Removed => {
                totals.removed += 1;
                totals.stale_markers += target.remove(storage, timestamp_ms)?;
            }
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(totals)
}
