//! What is in no block.

use std::path::Path;

use emberdb::storage::Queryable;
use emberdb::{OpenError, TimeRange, Tsdb, TsdbOptions};
use emberdb_env::Env;
use emberdb_model::{SampleColumns, SymbolTable};

use super::findings::Findings;

/// Replays the head without changing anything, and reads all its samples. With blocks that do not open it cannot be replayed.
pub(super) fn verify(
    env: &Env,
    dir: &Path,
    are_blocks_whole: bool,
    findings: &mut Findings,
) -> Result<(), Box<dyn std::error::Error>> {
    findings.begin(format_args!("the head of {}", dir.display()));
    let db = match Tsdb::open_read_only(env, dir, TsdbOptions::default()) {
        Ok(db) => db,
        // These were found before: only what depends on them is not known.
        Err(OpenError::Block(_)) if !are_blocks_whole => {
            findings.checked(
                "nothing of the head's chunks: repair or move away the blocks that do not open, first".into(),
            );
            return Ok(());
        }
        Err(OpenError::Wal(_)) if findings.problems() > 0 => {
            findings.checked("nothing of the head's chunks: the log cannot be replayed".into());
            return Ok(());
        }
        Err(error) => {
            findings.problem(error);
            return Ok(());
        }
    };
    let report = db.replay_report();
    if let Some(damage) = &report.chunks_unreadable {
        findings.problem(damage);
    }
    for (count, what) in
        [(report.series_invalid, "series with labels"), (report.histograms_invalid, "histograms")]
    {
        if count > 0 {
            findings.problem(format_args!("{}: {count} {what} that are not valid in the log", dir.display()));
        }
    }
    let (series, samples) = read_all(&db, findings)?;
    findings.checked(format!(
        "the head: {samples} samples of {series} series, {} of them in finished chunks in files",
        report.samples_in_chunks
    ));
    Ok(())
}

/// Reads the samples of the head, and counts series and samples.
fn read_all(db: &Tsdb, findings: &mut Findings) -> Result<(u64, u64), Box<dyn std::error::Error>> {
    let Some((oldest_ms, newest_ms)) = db.stats().time_range_ms else { return Ok((0, 0)) };
    let range = TimeRange::new(oldest_ms, newest_ms);
    let set = db.querier()?.select(&[], range, &mut SymbolTable::new())?;
    let (mut columns, mut samples) = (SampleColumns::new(), 0);
    for series in 0..set.len() {
        columns.clear();
        match set.read(series, range, &mut columns) {
            Ok(()) => samples += (columns.len() + columns.histograms.len()) as u64,
            Err(error) => findings.problem(error),
        }
    }
    Ok((set.len() as u64, samples))
}
