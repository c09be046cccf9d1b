//! Whole directories: read by a second process, by their owner, after its maintenance, and after a restart.

use std::fmt::Display;

use emberdb_model::TimeRange;
use emberdb_model::storage::ExemplarQueryable;
use emberdb_tsdb_db::{Maintained, Tsdb, TsdbOptions};

use super::super::folder::Folder;
use super::super::mismatch::{same, same_text};
use super::super::{Check, DataError, Mismatch, Run};
use super::expectation::Expectation;
use super::stored::{StoredExemplars, same_samples, series};

const FOLDER: &str = "tsdb/golden";

/// How a directory is opened, one after the other.
#[derive(Clone, Copy, Debug)]
enum Opened {
    ReadOnly,
    AsOwner,
    AfterMaintenance,
    AfterRestart,
}

impl Opened {
    const ALL: [Self; 4] = [Self::ReadOnly, Self::AsOwner, Self::AfterMaintenance, Self::AfterRestart];
}

pub(super) fn run(run: &mut Run<'_>) -> Result<(), DataError> {
    for name in run.data.folders(FOLDER)? {
        let path = format!("{FOLDER}/{name}");
        let expectation = read_expectation(run, &path)?;
        run.begin(&path, Opened::ALL.len() * (expectation.series.len() + 3));
        let copy = Folder::of(&run.data.folder().join(&path).join("data"))?;
        for opened in Opened::ALL {
            let case = format!("{path}, {opened:?}");
            match open(&copy, opened) {
                Ok(db) => {
                    compare(run, &case, &db, &expectation);
                    // What of them stood in the log before the last block, maintenance has taken out of it, as upstream does.
                    if !matches!(opened, Opened::AfterRestart) {
                        run.case(format!("{case}: exemplars"), exemplars(&db, &expectation.exemplars));
                    }
                }
                Err(error) => run.case(case, Err(error)),
            }
        }
    }
    Ok(())
}

/// What the directory's own file says, or that of the directory which it names.
fn read_expectation(run: &Run<'_>, path: &str) -> Result<Expectation, DataError> {
    let file = match run.data.text(&format!("{path}/expect.same_as")) {
        Ok(other) => format!("{FOLDER}/{}/expect.jsonl", other.trim()),
        Err(_) => format!("{path}/expect.jsonl"),
    };
    let records = run.data.records(&file)?;
    Expectation::of(&records).map_err(|error| DataError::Malformed { path: file, message: error.text })
}

fn open(copy: &Folder, opened: Opened) -> Result<Tsdb, Mismatch> {
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    if let Opened::ReadOnly = opened {
        return Tsdb::open_read_only(&copy.env, &copy.dir, options).map_err(mismatch);
    }
    let db = Tsdb::open(&copy.env, &copy.dir, options).map_err(mismatch)?;
    if let Opened::AfterMaintenance = opened {
        db.maintain().map_err(mismatch)?;
    }
    Ok(db)
}

fn mismatch(error: impl Display) -> Mismatch {
    Mismatch::new(error.to_string())
}

fn compare(run: &mut Run<'_>, case: &str, db: &Tsdb, expectation: &Expectation) {
    let found = match series(db) {
        Ok(found) => found,
        Err(error) => return run.case(case, Err(mismatch(error))),
    };
    for (labels, wanted) in &expectation.series {
        let got = found.get(labels).map_or(&[][..], Vec::as_slice);
        run.case(format!("{case}: {labels}"), same_samples(wanted, got));
    }
    let names = |of: &super::stored::StoredSeries| of.keys().cloned().collect::<Vec<_>>();
    run.case(format!("{case}: all series"), same("series", &names(&expectation.series), &names(&found)));
    let skipped = &db.replay_report().records_skipped;
    run.case(format!("{case}: records skipped"), same_text("records skipped", "[]", &format!("{skipped:?}")));
}

fn exemplars(db: &Tsdb, wanted: &StoredExemplars) -> Check {
    let got = db.select_exemplars(&[vec![]], TimeRange::ALL).map_err(mismatch)?;
    let got = got.into_iter().map(|of| (of.series.to_string(), of.exemplars)).collect::<StoredExemplars>();
    same("exemplars", wanted, &got)
}
