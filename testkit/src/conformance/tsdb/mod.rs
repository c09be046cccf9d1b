//! The store: data directories, blocks and chunks that Prometheus wrote.
//!
//! * [`golden`]: whole directories, opened in every way; [`expectation`]: what is in them
//! * [`upstream`]: blocks of old and of bad releases
//! * [`chunks`]: chunks alone, read and written
//! * [`stored`]: all that a database holds
//!
//! Records of logs alone are asked by the tests of the crate `wal`, and the lines of a dump by those of `ember`.

mod chunks;
mod expectation;
mod golden;
mod stored;
mod upstream;

use super::{DataError, Run};

pub(super) fn run(run: &mut Run<'_>) -> Result<(), DataError> {
    golden::run(run)?;
    upstream::run(run)?;
    chunks::run(run)?;
    run.note(
        "tsdb/wal_records.jsonl is asked by the tests of `wal`, tsdb/dump by those of `ember`".to_owned(),
    );
    Ok(())
}
