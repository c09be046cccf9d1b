//! One who only reads, beside one who writes.

use emberdb_tsdb_db::{Compression, Maintained, OpenError, Replay};

use super::fault_fs::FaultFs;
use super::*;

const MINUTE_MS: i64 = 60_000;

fn options() -> TsdbOptions {
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    options.wal_segment_bytes = 32 * 1024;
    options.wal_compression = Compression::None;
    options.out_of_order_window_ms = 24 * 60 * MINUTE_MS;
    options
}

/// Adds a sample a minute to each series. Some segments of the log are full then.
fn write(db: &Tsdb, minutes: std::ops::Range<i64>) {
    let series: Vec<_> = (0..30).map(|job| labels("up", &job.to_string())).collect();
    for minute in minutes {
        let mut appender = db.appender().unwrap();
        for series in &series {
            appender.append(series, minute * MINUTE_MS, minute as f64).unwrap();
        }
        assert!(appender.commit().unwrap().rejected.is_empty());
    }
}

/// Opens a directory while `meanwhile` happens, as soon as something in `folder` is to be read.
fn open_while(dir: &Path, folder: &str, meanwhile: impl FnOnce()) -> Result<Tsdb, OpenError> {
    let fs = FaultFs::new();
    fs.hold_reads_of(Some(folder));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| Tsdb::open_read_only(&fs.env(), dir, options()));
        fs.wait_held_read();
        meanwhile();
        fs.hold_reads_of(None);
        reader.join().unwrap()
    })
}

#[test]
fn what_is_committed_is_seen_and_nothing_is_changed() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    put(&db, &labels("up", "a"), &[(1, 1.0)]);
    let reader = Tsdb::open_read_only(&Env::real(), &dir.path, TsdbOptions::default()).unwrap();
    assert_eq!(dump(&reader), dump(&db));
    assert!(reader.appender().is_err());
    let nowhere = Tsdb::open_read_only(&Env::real(), &dir.path.join("none"), TsdbOptions::default());
    assert!(matches!(nowhere, Err(OpenError::NoDatabase { .. })));
}

/// Whether it has listed blocks, or also the log.
#[test]
fn nothing_is_missing_when_samples_go_from_the_log_to_blocks_meanwhile() {
    let dir = TempDir::new();
    let db = Tsdb::open(&Env::real(), &dir.path, options()).unwrap();
    write(&db, 0..300);
    assert!(db.maintain().unwrap().log_truncated);
    let block = db.blocks()[0].ulid.to_string();
    for (round, folder) in [&block, "wal", "wbl"].into_iter().enumerate() {
        // So few that the blocks are not made one.
        let begin = 300 + 120 * round as i64;
        write(&db, begin..begin + 120);
        if folder == "wbl" {
            assert!(put(&db, &labels("up", "1"), &[(begin * MINUTE_MS + 1, 0.5)]).is_empty());
        }
        let reader = open_while(&dir.path, folder, || {
            let report = db.maintain().unwrap();
            assert!(report.log_truncated);
            assert_eq!(report.blocks_from_late.len(), usize::from(folder == "wbl"));
        });
        assert_eq!(dump(&reader.unwrap()), dump(&db), "{folder}");
    }
}

/// Also its folder, and the block that it became a part of may have come after the folders were listed.
#[test]
fn nothing_is_missing_when_a_block_is_replaced_meanwhile() {
    let dir = TempDir::new();
    let db = Tsdb::open(&Env::real(), &dir.path, options()).unwrap();
    write(&db, 0..300);
    db.maintain().unwrap();
    let block = db.blocks()[0].ulid.to_string();
    let reader = open_while(&dir.path, &block, || {
        db.delete(&[Matcher::equal("job", "1")], TimeRange::new(0, MINUTE_MS - 1)).unwrap();
        db.clean_tombstones().unwrap();
        assert!(db.blocks().iter().all(|meta| meta.ulid.to_string() != block));
    });
    assert_eq!(dump(&reader.unwrap()), dump(&db));
}

/// Of one that is replayed in the background it is told later.
#[test]
fn a_replay_in_the_background_that_misses_something_fails() {
    let dir = TempDir::new();
    let db = Tsdb::open(&Env::real(), &dir.path, options()).unwrap();
    write(&db, 0..300);
    let fs = FaultFs::new();
    fs.hold_reads_of(Some("wal"));
    let mut in_background = options();
    in_background.replay = Replay::Background;
    let reader = Tsdb::open_read_only(&fs.env(), &dir.path, in_background).unwrap();
    fs.wait_held_read();
    db.maintain().unwrap();
    fs.hold_reads_of(None);
    let error = reader.wait_ready().unwrap_err().to_string();
    assert!(error.contains("changes while it is read"), "{error}");
    assert!(reader.querier().is_err());
}
