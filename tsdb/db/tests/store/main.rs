//! The store as its users see it: one behaviour a module.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod background;
mod beside;
mod blocks;
mod concurrent;
mod durability;
mod exemplars;
mod fault_fs;
mod histograms;
mod isolation;
mod late;
mod leaving;
mod metadata;
mod nothing_lost;
mod refusals;
mod restart;
mod stale;
mod starts;
mod torn_tail;

use std::path::{Path, PathBuf};

use emberdb_env::Env;
use emberdb_model::storage::{AppendError, Appendable, Queryable};
use emberdb_model::{Labels, Matcher, SampleColumns, SymbolTable, TimeRange};
use emberdb_tsdb_db::{Tsdb, TsdbOptions};

/// A directory that is removed when the test ends.
struct TempDir {
    path: PathBuf,
}

impl TempDir {
    fn new() -> Self {
        Self { path: Env::real().fs().create_temp_dir("emberdb-test").unwrap() }
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = Env::real().fs().remove_dir_all(&self.path);
    }
}

fn open(dir: &Path) -> Tsdb {
    Tsdb::open(&Env::real(), dir, TsdbOptions::default()).unwrap()
}

fn labels(name: &str, job: &str) -> Labels {
    Labels::new([("__name__", name), ("job", job)]).unwrap()
}

/// Commits samples of one series.
fn put(db: &Tsdb, series: &Labels, samples: &[(i64, f64)]) -> Vec<AppendError> {
    let mut appender = db.appender().unwrap();
    let refused = samples.iter().filter_map(|&(t, v)| appender.append(series, t, v).err()).collect();
    let summary = appender.commit().unwrap();
    assert!(summary.rejected.is_empty());
    refused
}

/// All that is stored, as text, sorted.
fn dump(db: &impl Queryable) -> Vec<(String, Vec<(i64, u64)>)> {
    let querier = db.querier().unwrap();
    let mut symbols = SymbolTable::new();
    let all = [Matcher::new(emberdb_model::MatchOp::Regex, "__name__", ".*").unwrap()];
    let set = querier.select(&all, TimeRange::ALL, &mut symbols).unwrap();
    let mut dump = Vec::new();
    for series in 0..set.len() {
        let mut samples = SampleColumns::new();
        set.read(series, TimeRange::ALL, &mut samples).unwrap();
        let name = emberdb_model::LabelsRef::new(&symbols, set.labels(series)).to_string();
        dump.push((name, samples.iter().map(|s| (s.timestamp_ms, s.value.to_bits())).collect()));
    }
    dump.sort();
    dump
}

fn bits(samples: &[(i64, f64)]) -> Vec<(i64, u64)> {
    samples.iter().map(|&(t, v)| (t, v.to_bits())).collect()
}
