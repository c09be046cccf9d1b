//! What was committed is there after the next start, to the bit.

use emberdb_model::STALE_NAN;
use emberdb_tsdb_db::{Durability, OpenError};
use proptest::prelude::*;

use super::*;

#[test]
fn samples_survive_a_close_and_a_mere_drop() {
    let dir = TempDir::new();
    let (a, b) = (labels("up", "a"), labels("up", "b"));
    for round in 0..3 {
        let db = open(&dir.path);
        put(&db, &a, &[(10 * round + 1, 1.0), (10 * round + 2, f64::INFINITY)]);
        put(&db, &b, &[(10 * round + 1, STALE_NAN)]);
        if round == 1 {
            db.close().unwrap();
        }
    }
    let db = open(&dir.path);
    assert_eq!(db.replay_report().samples, 9);
    assert_eq!(db.replay_report().series, 2);
    assert_eq!(dump(&db)[0].1.len(), 6);
    assert_eq!(dump(&db)[1].1, bits(&[(1, STALE_NAN), (11, STALE_NAN), (21, STALE_NAN)]));
}

#[test]
fn a_directory_is_opened_once() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let again = Tsdb::open(&Env::real(), &dir.path, TsdbOptions::default());
    assert!(matches!(again, Err(OpenError::Locked { .. })));
    db.close().unwrap();
    drop(db);
    open(&dir.path);
}

#[test]
fn invalid_options_are_named() {
    let dir = TempDir::new();
    let mut options = TsdbOptions::default();
    options.block_range_ms = 0;
    let error = Tsdb::open(&Env::real(), &dir.path, options).unwrap_err();
    assert_eq!(error.to_string(), "option block_range_ms: 0 is no time span: give at least 1");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Against plain lists: many commits of many series, over restarts.
    #[test]
    fn holds_what_was_put_in(
        rounds in prop::collection::vec(
            prop::collection::vec((0..4usize, 1..40_000i64, any::<f64>()), 0..200), 1..4),
        sync in any::<bool>(),
    ) {
        let dir = TempDir::new();
        let mut model: Vec<Vec<(i64, f64)>> = vec![Vec::new(); 4];
        for samples in rounds {
            let mut options = TsdbOptions::default();
            options.durability = if sync { Durability::EveryCommit } else { Durability::Never };
            options.wal_segment_bytes = 32 * 1024;
            let db = Tsdb::open(&Env::real(), &dir.path, options).unwrap();
            let mut appender = db.appender().unwrap();
            for (series, step_ms, value) in samples {
                let t = model[series].last().map_or(0, |&(t, _)| t) + step_ms;
                appender.append(&labels("m", &series.to_string()), t, value).unwrap();
                model[series].push((t, value));
            }
            let _ = appender.commit().unwrap();
        }
        let expected: Vec<_> =
            model.iter().filter(|samples| !samples.is_empty()).map(|samples| bits(samples)).collect();
        let stored: Vec<_> = dump(&open(&dir.path)).into_iter().map(|(_, samples)| samples).collect();
        prop_assert_eq!(stored, expected);
    }
}
