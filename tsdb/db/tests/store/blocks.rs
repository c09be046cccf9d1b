//! From the head into blocks, and what is read, deleted and kept there.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use emberdb_tsdb_db::{FloatEncoding, Maintained};

use super::fault_fs::FaultFs;
use super::*;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

fn options() -> TsdbOptions {
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    options
}

fn reopen(dir: &Path) -> Tsdb {
    Tsdb::open(&Env::real(), dir, options()).unwrap()
}

/// Commits a sample of each of three series every minute of `hours`; the value is the time.
fn fill(db: &Tsdb, hours: std::ops::Range<i64>) {
    let series: Vec<Labels> = ["a", "b", "c"].iter().map(|job| labels("m", job)).collect();
    for minute in hours.start * 60..hours.end * 60 {
        let mut appender = db.appender().unwrap();
        for labels in &series {
            appender.append(labels, minute * MINUTE_MS, minute as f64).unwrap();
        }
        assert_eq!(appender.commit().unwrap().samples, series.len());
    }
}

/// What `fill` has put there, without what `is_gone`.
fn filled(
    hours: std::ops::Range<i64>,
    is_gone: impl Fn(&str, i64) -> bool,
) -> Vec<(String, Vec<(i64, u64)>)> {
    let minutes = hours.start * 60..hours.end * 60;
    let series = |job: &str| {
        let kept = minutes.clone().filter(|minute| !is_gone(job, minute * MINUTE_MS));
        let samples: Vec<_> = kept.map(|minute| (minute * MINUTE_MS, (minute as f64).to_bits())).collect();
        (labels("m", job).to_string(), samples)
    };
    ["a", "b", "c"].into_iter().map(series).filter(|(_, samples)| !samples.is_empty()).collect()
}

fn job(job: &str) -> [Matcher; 1] {
    [Matcher::equal("job", job)]
}

/// The encodings that chunks of blocks have, each once.
fn encodings(db: &Tsdb, dir: &Path) -> Vec<u8> {
    let mut found = BTreeSet::new();
    for meta in db.blocks() {
        let block = emberdb_tsdb_block::Block::open(&Env::real(), &dir.join(meta.ulid.to_string())).unwrap();
        let chunks = block.series().unwrap().flat_map(|series| series.unwrap().chunks);
        found.extend(chunks.map(|chunk| block.chunks().encoding(chunk.chunk_ref).unwrap()));
    }
    Vec::from_iter(found)
}

/// Floats are written as is asked, in files of the head, in blocks of samples in order and late ones, and where these become one; and
/// what was written otherwise is read all the same.
#[test]
fn floats_are_encoded_as_is_asked() {
    let dir = TempDir::new();
    let reopen = |encoding| {
        let mut options = options();
        options.float_encoding = encoding;
        options.out_of_order_window_ms = 20 * HOUR_MS;
        Tsdb::open(&Env::real(), &dir.path, options).unwrap()
    };
    let late = |db: &Tsdb, minutes: std::ops::Range<i64>| {
        let samples: Vec<_> = minutes.map(|minute| (minute * MINUTE_MS + 1, 0.5)).collect();
        assert!(put(db, &labels("m", "a"), &samples).is_empty());
    };
    let db = reopen(FloatEncoding::Xor);
    fill(&db, 0..7);
    late(&db, 300..350);
    db.close().unwrap();
    let db = reopen(FloatEncoding::Xor2);
    fill(&db, 7..13);
    late(&db, 500..600);
    let before = dump(&db);
    let _ = db.maintain().unwrap();
    assert_eq!(dump(&db), before);
    assert_eq!(encodings(&db, &dir.path), [1, 4]);
    db.close().unwrap();
    // Chunks of before stay as they are, but where they overlap.
    let db = reopen(FloatEncoding::Xor2);
    fill(&db, 13..19);
    let before = dump(&db);
    let _ = db.maintain().unwrap();
    db.close().unwrap();
    assert_eq!(dump(&reopen(FloatEncoding::Xor)), before);
}

#[test]
fn all_floats_may_be_xor2() {
    let dir = TempDir::new();
    let mut options = options();
    options.float_encoding = FloatEncoding::Xor2;
    options.out_of_order_window_ms = 20 * HOUR_MS;
    let db = Tsdb::open(&Env::real(), &dir.path, options.clone()).unwrap();
    fill(&db, 0..3);
    db.close().unwrap();
    let db = Tsdb::open(&Env::real(), &dir.path, options).unwrap();
    fill(&db, 3..9);
    let samples: Vec<_> = (0..100).map(|minute| (minute * MINUTE_MS + 1, 0.5)).collect();
    assert!(put(&db, &labels("late", "a"), &samples).is_empty());
    let before = dump(&db);
    let _ = db.maintain().unwrap();
    assert_eq!(dump(&db), before);
    assert_eq!(encodings(&db, &dir.path), [4]);
}

/// A query that can look at several parts of the store gets all its series in the order of their labels, also those that only one part
/// has; one that can look at the head alone gets them as they were created. So upstream does, and it shows where values tie.
#[test]
fn the_time_a_query_looks_at_decides_the_order_of_series() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    for minute in 0..7 * 60 {
        let mut appender = db.appender().unwrap();
        for job in ["b", "c", "a"] {
            appender.append(&labels("m", job), minute * MINUTE_MS, 1.0).unwrap();
        }
        let _ = appender.commit().unwrap();
    }
    let _ = db.maintain().unwrap();
    assert_eq!(db.blocks().len(), 2);
    let newest = TimeRange::new(6 * HOUR_MS, 7 * HOUR_MS);
    let jobs = |range: TimeRange| -> Vec<String> {
        let mut symbols = SymbolTable::new();
        let set = db.querier_in(range).unwrap().select(&[], newest, &mut symbols).unwrap();
        let job = |series| {
            emberdb_model::LabelsRef::new(&symbols, set.labels(series)).get("job").map(str::to_owned)
        };
        (0..set.len()).filter_map(job).collect()
    };
    assert_eq!(jobs(newest), ["b", "c", "a"]);
    for range in [TimeRange::new(3 * HOUR_MS, 7 * HOUR_MS), TimeRange::ALL] {
        assert_eq!(jobs(range), ["a", "b", "c"]);
    }
}

#[test]
fn a_commit_that_makes_a_block_due_does_not_wait_for_the_clock() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    fill(&db, 0..3);
    assert_eq!(db.blocks(), []);
    fill(&db, 3..7);
    // A round every minute would make none yet.
    let env = Env::real();
    let give_up = env.clock().monotonic() + Duration::from_secs(30);
    while db.blocks().len() < 2 {
        assert!(env.clock().monotonic() < give_up, "{:?}", db.blocks());
        env.clock().sleep(Duration::from_millis(5));
    }
    assert_eq!(dump(&db), filled(0..7, |_, _| false));
}

#[test]
fn old_samples_move_into_blocks_and_stay_readable() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    let mut from_head = 0;
    for hour in 0..20 {
        fill(&db, hour..hour + 1);
        let report = db.maintain().unwrap();
        from_head += report.blocks_from_head.len();
        assert_eq!(dump(&db), filled(0..hour + 1, |_, _| false), "hour {hour}");
    }
    assert_eq!(from_head, 9, "what is older than three hours is in blocks of two");
    let blocks = db.blocks();
    assert!(blocks.iter().any(|block| block.compaction.level == 2), "three blocks became one: {blocks:?}");
    assert_eq!(blocks.iter().map(|block| block.stats.num_samples).sum::<u64>(), 18 * 60 * 3);
    assert_eq!(db.stats().samples, 2 * 60 * 3, "the head has forgotten what is in blocks");
    db.close().unwrap();

    let db = reopen(&dir.path);
    assert_eq!(dump(&db), filled(0..20, |_, _| false));
    assert_eq!(db.blocks(), blocks);
    assert_eq!(db.stats().samples, 2 * 60 * 3);
    fill(&db, 20..21);
    assert_eq!(dump(&db), filled(0..21, |_, _| false));
}

#[test]
fn the_log_gets_shorter() {
    let dir = TempDir::new();
    let mut options = options();
    options.wal_segment_bytes = 32 * 1024;
    let db = Tsdb::open(&Env::real(), &dir.path, options).unwrap();
    let mut truncated = 0;
    for hour in 0..12 {
        fill(&db, hour..hour + 1);
        truncated += usize::from(db.maintain().unwrap().log_truncated);
    }
    assert!(truncated > 1);
    let names: Vec<String> =
        Env::real().fs().read_dir(&dir.path.join("wal")).unwrap().into_iter().map(|e| e.name).collect();
    assert!(names.iter().any(|name| name.starts_with("checkpoint.")), "{names:?}");
    assert!(!names.iter().any(|name| name == "00000000"), "{names:?}");
    db.close().unwrap();
    let db = reopen(&dir.path);
    assert_eq!(dump(&db), filled(0..12, |_, _| false));
    assert_eq!(db.replay_report().samples_without_series, 0);
    assert_eq!(db.replay_report().samples_passed_over, 0, "{}", db.replay_report());
}

/// A series that was silent while the log lost its labels must have them again before its next sample.
#[test]
fn a_series_that_comes_back_is_logged_anew() {
    let dir = TempDir::new();
    let mut options = options();
    options.wal_segment_bytes = 32 * 1024;
    let db = Tsdb::open(&Env::real(), &dir.path, options).unwrap();
    let silent = labels("silent", "x");
    let mut appender = db.appender().unwrap();
    appender.append(&silent, 1, 0.5).unwrap();
    let _ = appender.commit().unwrap();
    for hour in 0..12 {
        fill(&db, hour..hour + 1);
        let _ = db.maintain().unwrap();
    }
    let mut appender = db.appender().unwrap();
    appender.append(&silent, 12 * HOUR_MS, 1.5).unwrap();
    let _ = appender.commit().unwrap();
    let expected = vec![(1, 0.5_f64.to_bits()), (12 * HOUR_MS, 1.5_f64.to_bits())];
    let of_silent = |db: &Tsdb| dump(db).into_iter().find(|(name, _)| name.contains("silent")).unwrap().1;
    assert_eq!(of_silent(&db), expected);
    db.close().unwrap();
    let db = reopen(&dir.path);
    assert_eq!(of_silent(&db), expected);
}

#[test]
fn a_reader_from_before_sees_what_it_saw() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    fill(&db, 0..10);
    let querier = db.querier().unwrap();
    let mut symbols = SymbolTable::new();
    let set = querier.select(&job("a"), TimeRange::ALL, &mut symbols).unwrap();
    assert_eq!(db.maintain().unwrap().blocks_from_head.len(), 4);
    let _ = db.maintain().unwrap();
    let mut samples = SampleColumns::new();
    set.read(0, TimeRange::ALL, &mut samples).unwrap();
    assert_eq!(samples.len(), 600);
    assert_eq!(db.stats().samples, 3 * 600, "nothing is forgotten that somebody reads");
    drop((set, querier));
    let _ = db.maintain().unwrap();
    assert_eq!(db.stats().samples, 3 * 120);
    assert_eq!(dump(&db), filled(0..10, |_, _| false));
}

#[test]
fn deleted_samples_are_gone_everywhere_and_for_ever() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    fill(&db, 0..10);
    let _ = db.maintain().unwrap();
    // From the middle of a block to the middle of the head.
    let range = TimeRange::new(3 * HOUR_MS, 9 * HOUR_MS);
    db.delete(&job("b"), range).unwrap();
    let is_gone = |job: &str, t_ms: i64| job == "b" && range.contains(t_ms);
    assert_eq!(dump(&db), filled(0..10, is_gone));
    db.close().unwrap();

    let db = reopen(&dir.path);
    assert_eq!(dump(&db), filled(0..10, is_gone));
    let cleaned = db.clean_tombstones().unwrap();
    assert!(!cleaned.is_empty());
    assert_eq!(db.blocks().iter().map(|block| block.stats.num_tombstones).sum::<u64>(), 0);
    assert_eq!(dump(&db), filled(0..10, is_gone));
    // A block out of a head from which samples were deleted does not have them.
    fill(&db, 10..16);
    let _ = db.maintain().unwrap();
    assert_eq!(dump(&db), filled(0..16, is_gone));
    db.delete(&job("c"), TimeRange::ALL).unwrap();
    let is_gone = |job: &str, t_ms: i64| job == "c" || is_gone(job, t_ms);
    assert_eq!(dump(&db), filled(0..16, is_gone));
}

/// All of a range was deleted, so that it becomes no block. The deletions leave the log with it, and the chunks in files, which still have
/// the samples, must not bring them back.
#[test]
fn what_was_deleted_before_it_became_a_block_does_not_come_back() {
    let dir = TempDir::new();
    for hour in 0..4 {
        let db = reopen(&dir.path);
        fill(&db, hour..hour + 1);
        db.close().unwrap();
    }
    let db = reopen(&dir.path);
    assert_eq!(db.maintain().unwrap().blocks_from_head.len(), 1);
    let range = TimeRange::new(2 * HOUR_MS, 4 * HOUR_MS - 1);
    for name in ["a", "b", "c"] {
        db.delete(&job(name), range).unwrap();
    }
    db.close().unwrap();
    let db = reopen(&dir.path);
    fill(&db, 4..7);
    let report = db.maintain().unwrap();
    assert!(report.log_truncated && report.blocks_from_head.is_empty(), "{report:?}");
    // Younger chunks keep the file.
    assert!(db.stats().head_chunk_file_bytes > 0);
    let kept = filled(0..7, |_, t_ms| range.contains(t_ms));
    assert_eq!(dump(&db), kept);
    db.close().unwrap();
    let db = reopen(&dir.path);
    assert_eq!(dump(&db), kept);
    assert_eq!(db.replay_report().samples, 3 * 60 * 3);
}

/// With the last block goes what tells that the log's samples of its time are not wanted any more.
#[test]
fn what_was_in_blocks_that_are_gone_does_not_come_back() {
    for by_retention in [false, true] {
        let dir = TempDir::new();
        let mut options = options();
        options.retention_bytes = by_retention.then_some(1);
        let db = Tsdb::open(&Env::real(), &dir.path, options).unwrap();
        fill(&db, 0..6);
        if by_retention {
            let report = db.maintain().unwrap();
            assert_eq!((report.blocks_from_head.len(), report.blocks_expired.len()), (2, 2));
        } else {
            assert_eq!(db.maintain().unwrap().blocks_from_head.len(), 2);
            for name in ["a", "b", "c"] {
                db.delete(&job(name), TimeRange::new(0, 4 * HOUR_MS - 1)).unwrap();
            }
            assert!(db.clean_tombstones().unwrap().is_empty());
        }
        assert!(db.blocks().is_empty());
        let kept = filled(0..6, |_, t_ms| t_ms < 4 * HOUR_MS);
        assert_eq!(dump(&db), kept, "{by_retention}");
        db.close().unwrap();
        let db = reopen(&dir.path);
        assert_eq!(dump(&db), kept, "{by_retention}");
        fill(&db, 6..7);
        assert_eq!(db.stats().samples, 3 * 3 * 60);
    }
}

/// A block that could not be written is written later, before the head forgets anything.
#[test]
fn a_full_disk_costs_no_samples() {
    let (fs, dir) = (FaultFs::new(), TempDir::new());
    let db = Tsdb::open(&fs.env(), &dir.path, options()).unwrap();
    fill(&db, 0..4);
    fs.break_blocks(true);
    for hour in 4..8 {
        let error = db.maintain().unwrap_err();
        assert!(error.to_string().contains("full on purpose"), "{error}");
        fill(&db, hour..hour + 1);
        assert_eq!(dump(&db), filled(0..hour + 1, |_, _| false));
    }
    fs.break_blocks(false);
    let copy = dir.path.join("snapshots").join("one");
    db.snapshot(&copy, true).unwrap();
    let copy = Tsdb::open_read_only(&Env::real(), &copy, options()).unwrap();
    assert_eq!(dump(&copy), filled(0..8, |_, _| false));
    assert_eq!(db.maintain().unwrap().blocks_from_head.len(), 3);
    let _ = db.maintain().unwrap();
    assert_eq!(dump(&db), filled(0..8, |_, _| false));
    db.close().unwrap();
    assert_eq!(dump(&reopen(&dir.path)), filled(0..8, |_, _| false));
}

/// A crash, or another program, may leave half of a block that was made a part of another one, and folders that are no blocks.
#[test]
fn what_is_no_block_is_passed_over_unless_its_samples_would_be_missing() {
    let dir = TempDir::new();
    let env = Env::real();
    let db = reopen(&dir.path);
    fill(&db, 0..4);
    let parent = db.maintain().unwrap().blocks_from_head[0].ulid;
    db.delete(&job("a"), TimeRange::new(0, HOUR_MS)).unwrap();
    let _ = db.clean_tombstones().unwrap();
    let (expected, child) = (dump(&db), db.blocks()[0].ulid);
    db.close().unwrap();
    drop(db);

    let half = dir.path.join(parent.to_string());
    env.fs().create_dir_all(&half).unwrap();
    env.fs().write_atomic(&half.join("meta.json"), b"{\"ulid").unwrap();
    let empty = dir.path.join("01ARZ3NDEKTSV4RRFFQ69G5FAV");
    env.fs().create_dir_all(&empty).unwrap();
    let read_only = Tsdb::open_read_only(&env, &dir.path, options()).unwrap();
    assert_eq!(dump(&read_only), expected);
    assert!(env.fs().exists(&half).unwrap());
    let db = reopen(&dir.path);
    assert_eq!(dump(&db), expected);
    let [reason] = &db.replay_report().blocks_passed_over[..] else { panic!("{}", db.replay_report()) };
    assert!(reason.contains("01ARZ3NDEKTSV4RRFFQ69G5FAV has no meta.json"), "{reason}");
    assert!(!db.replay_report().is_whole());
    assert!(!env.fs().exists(&half).unwrap() && env.fs().exists(&empty).unwrap());
    db.close().unwrap();
    drop(db);

    env.fs().write_atomic(&dir.path.join(child.to_string()).join("meta.json"), b"{\"ulid").unwrap();
    let error = Tsdb::open(&env, &dir.path, options()).unwrap_err().to_string();
    assert!(error.contains(&child.to_string()) && error.contains("meta.json"), "{error}");
}

/// A meta has no checksum. Whatever becomes of a digit of the range that it tells, samples of the block and of the log are found, or it is said.
#[test]
fn a_wrong_digit_of_a_range_hides_nothing() {
    const BEGIN: i64 = 472_222;
    let (dir, env) = (TempDir::new(), Env::real());
    let db = reopen(&dir.path);
    fill(&db, BEGIN + 1..BEGIN + 7);
    assert_eq!(db.maintain().unwrap().blocks_from_head.len(), 2);
    let expected = filled(BEGIN + 1..BEGIN + 7, |_, _| false);
    let blocks = db.blocks();
    db.close().unwrap();
    drop(db);
    let found = || {
        let db = Tsdb::open_read_only(&env, &dir.path, options()).ok()?;
        let querier = db.querier().unwrap();
        let mut found = Vec::new();
        for hour in BEGIN..BEGIN + 8 {
            let range = TimeRange::new(hour * HOUR_MS, (hour + 1) * HOUR_MS - 1);
            let mut columns = SampleColumns::new();
            let set = querier.select(&job("a"), range, &mut SymbolTable::new()).unwrap();
            (0..set.len()).for_each(|series| set.read(series, range, &mut columns).unwrap());
            found.extend(columns.iter().map(|sample| (sample.timestamp_ms, sample.value.to_bits())));
        }
        Some(found)
    };
    assert_eq!(found().as_ref(), Some(&expected[0].1));
    for meta in blocks {
        let path = dir.path.join(meta.ulid.to_string()).join("meta.json");
        let whole = String::from_utf8(env.fs().read(&path, 1 << 20).unwrap()).unwrap();
        let mut refusals = 0;
        for number in [meta.min_ms, meta.max_ms].map(|ms| ms.to_string()) {
            for place in 0..number.len() {
                for digit in 0..10 {
                    let (before, after) = number.split_at(place);
                    for wrong in
                        [format!("{before}{digit}{}", &after[1..]), format!("{before}{digit}{after}")]
                    {
                        env.fs().write_atomic(&path, whole.replace(&number, &wrong).as_bytes()).unwrap();
                        match found() {
                            Some(found) => assert_eq!(found, expected[0].1, "{wrong} for {number}"),
                            None => refusals += 1,
                        }
                    }
                }
                let fewer = format!("{}{}", &number[..place], &number[place + 1..]);
                env.fs().write_atomic(&path, whole.replace(&number, &fewer).as_bytes()).unwrap();
                assert!(found().is_none_or(|found| found == expected[0].1), "{fewer} for {number}");
            }
        }
        assert!(refusals > 0, "it is not always harmless");
        env.fs().write_atomic(&path, whole.as_bytes()).unwrap();
    }
    assert_eq!(dump(&reopen(&dir.path)), expected);
}

/// It may be what expires that gives the room which is missing.
#[test]
fn a_full_disk_does_not_keep_blocks_from_expiring() {
    let (fs, dir) = (FaultFs::new(), TempDir::new());
    let db = reopen(&dir.path);
    fill(&db, 0..4);
    assert_eq!(db.maintain().unwrap().blocks_from_head.len(), 1);
    db.close().unwrap();
    drop(db);
    let mut by_size = options();
    by_size.retention_bytes = Some(1);
    let db = Tsdb::open(&fs.env(), &dir.path, by_size).unwrap();
    fs.break_blocks(true);
    fill(&db, 4..8);
    assert!(db.maintain().unwrap_err().to_string().contains("full on purpose"));
    assert!(db.blocks().is_empty());
    assert_eq!(dump(&db), filled(2..8, |_, _| false));
}

/// Whatever else has changed the blocks since.
#[test]
fn who_reads_an_older_set_of_blocks_loses_nothing() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    fill(&db, 0..4);
    let querier = db.querier().unwrap();
    let seen = || {
        let mut columns = SampleColumns::new();
        let set = querier.select(&job("a"), TimeRange::ALL, &mut SymbolTable::new()).unwrap();
        set.read(0, TimeRange::ALL, &mut columns).unwrap();
        columns.timestamps.len()
    };
    assert_eq!(seen(), 240);
    db.delete(&job("none"), TimeRange::ALL).unwrap();
    for _ in 0..2 {
        let _ = db.maintain().unwrap();
        assert_eq!(seen(), 240);
    }
    assert_eq!(db.blocks().len(), 1);
    drop(querier);
    let _ = db.maintain().unwrap();
    assert_eq!(db.stats().samples, 3 * 120, "the head forgets what nobody reads there");
}

/// Folders that no set has would be found by the next opening, with what was deleted since.
#[test]
fn blocks_that_could_not_be_opened_or_removed_are_removed_later() {
    for breaks_opening in [true, false] {
        let (fs, dir) = (FaultFs::new(), TempDir::new());
        let db = Tsdb::open(&fs.env(), &dir.path, options()).unwrap();
        fill(&db, 0..12);
        if breaks_opening {
            fs.break_next_map_of("index");
        } else {
            fs.break_next_removal();
        }
        assert!(db.maintain().unwrap_err().to_string().contains("on purpose"), "{breaks_opening}");
        let _ = db.maintain().unwrap();
        let folders = Env::real().fs().read_dir(&dir.path).unwrap();
        assert_eq!(folders.iter().filter(|entry| entry.name.len() == 26).count(), db.blocks().len());
        db.delete(&job("a"), TimeRange::ALL).unwrap();
        let _ = db.clean_tombstones().unwrap();
        let expected = filled(0..12, |job, _| job == "a");
        assert_eq!(dump(&db), expected);
        db.close().unwrap();
        drop(db);
        assert_eq!(dump(&reopen(&dir.path)), expected);
    }
}

/// Nobody else would hear of it.
#[test]
fn a_failure_in_the_background_is_told() {
    let (fs, dir) = (FaultFs::new(), TempDir::new());
    let db = Tsdb::open(&fs.env(), &dir.path, TsdbOptions::default()).unwrap();
    assert_eq!(db.maintenance_failure(), None);
    fs.break_blocks(true);
    fill(&db, 0..4);
    let env = Env::real();
    let begun = env.clock().monotonic();
    let failure = loop {
        if let Some(failure) = db.maintenance_failure() {
            break failure;
        }
        let waited = env.clock().monotonic() - begun;
        assert!(waited < Duration::from_secs(60), "it was not tried, or did not fail");
        env.clock().sleep(Duration::from_millis(1));
    };
    assert!(failure.contains("full on purpose"), "{failure}");
}

/// A batch that is open while the head's time moves on has samples that nobody would see: they are refused.
#[test]
fn what_got_too_old_in_an_open_batch_is_refused() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    fill(&db, 0..6);
    let mut appender = db.appender().unwrap();
    appender.append(&labels("early", "x"), 5 * HOUR_MS, 1.5).unwrap();
    appender.append(&labels("recent", "x"), 9 * HOUR_MS, 2.5).unwrap();
    fill(&db, 6..10);
    assert_eq!(db.maintain().unwrap().blocks_from_head.len(), 4);
    let summary = appender.commit().unwrap();
    assert_eq!(summary.samples, 1);
    let errors: Vec<&AppendError> = summary.rejected.iter().map(|rejection| &rejection.error).collect();
    assert!(
        matches!(errors[..], [AppendError::TooOld { oldest_ms, .. }] if *oldest_ms == 8 * HOUR_MS),
        "{errors:?}"
    );
    assert_eq!(dump(&db).iter().map(|(_, samples)| samples.len()).sum::<usize>(), 10 * 60 * 3 + 1);
}

/// While a batch is open the log lets go of the labels of a series that the batch has a sample of.
#[test]
fn an_open_batch_names_what_the_log_let_go_of() {
    let dir = TempDir::new();
    let silent = labels("silent", "x");
    for hour in 0..6 {
        let db = reopen(&dir.path);
        if hour == 0 {
            put(&db, &silent, &[(1, 0.5)]);
        }
        fill(&db, hour..hour + 1);
        db.close().unwrap();
    }
    let db = reopen(&dir.path);
    // The log's end is read anew, so that the log has the labels of a series that has no samples after this.
    let _ = db.maintain().unwrap();
    let mut appender = db.appender().unwrap();
    appender.append(&silent, 10 * HOUR_MS, 1.5).unwrap();
    fill(&db, 6..10);
    assert!(db.maintain().unwrap().log_truncated);
    assert_eq!(appender.commit().unwrap().samples, 1);
    let expected = dump(&db);
    assert_eq!(expected.iter().map(|(_, samples)| samples.len()).sum::<usize>(), 10 * 60 * 3 + 2);
    db.close().unwrap();
    assert_eq!(dump(&reopen(&dir.path)), expected);
}

#[test]
fn blocks_expire_by_age_and_by_size() {
    let dir = TempDir::new();
    let mut by_age = options();
    by_age.retention_ms = Some(6 * HOUR_MS);
    let db = Tsdb::open(&Env::real(), &dir.path, by_age).unwrap();
    fill(&db, 0..16);
    let _ = db.maintain().unwrap();
    let expired = db.maintain().unwrap().blocks_expired;
    let blocks = db.blocks();
    assert!(blocks.iter().all(|block| 14 * HOUR_MS - block.max_ms < 6 * HOUR_MS), "{blocks:?}, {expired:?}");
    let oldest_ms = blocks[0].min_ms;
    assert_eq!(dump(&db), filled(0..16, |_, t_ms| t_ms < oldest_ms));
    let bytes = db.stats().block_bytes;
    db.close().unwrap();

    let mut by_size = options();
    by_size.retention_bytes = Some(1);
    let db = Tsdb::open(&Env::real(), &dir.path, by_size).unwrap();
    assert_eq!(db.stats().block_bytes, bytes);
    let _ = db.maintain().unwrap();
    assert!(db.blocks().is_empty());
    assert_eq!(dump(&db), filled(14..16, |_, _| false), "the head is no block");
}

/// A block of which only a part could be linked would keep the folder from being opened, and from being tried again.
#[test]
fn a_snapshot_that_fails_leaves_no_half_of_a_block() {
    let (fs, dir) = (FaultFs::new(), TempDir::new());
    let db = Tsdb::open(&fs.env(), &dir.path, options()).unwrap();
    fill(&db, 0..7);
    let _ = db.maintain().unwrap();
    fs.break_links_of("index");
    let to = dir.path.join("snapshots");
    assert!(db.snapshot(&to, false).unwrap_err().to_string().contains("on purpose"));
    assert!(Env::real().fs().read_dir(&to).unwrap().is_empty());
}

#[test]
fn a_snapshot_is_a_database() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    fill(&db, 0..7);
    let _ = db.maintain().unwrap();
    db.delete(&job("a"), TimeRange::new(0, HOUR_MS)).unwrap();
    let is_gone = |job: &str, t_ms: i64| job == "a" && t_ms <= HOUR_MS;
    let to = dir.path.join("snapshots").join("one");
    db.snapshot(&to, true).unwrap();
    fill(&db, 7..8);
    let copy = Tsdb::open_read_only(&Env::real(), &to, options()).unwrap();
    assert_eq!(dump(&copy), filled(0..7, is_gone));
    let blocks_only = dir.path.join("snapshots").join("two");
    db.snapshot(&blocks_only, false).unwrap();
    let copy = Tsdb::open_read_only(&Env::real(), &blocks_only, options()).unwrap();
    assert_eq!(dump(&copy), filled(0..4, is_gone));
    assert!(db.snapshot(&blocks_only, false).is_err(), "it is there already");
    assert_eq!(
        dump(&Tsdb::open_read_only(&Env::real(), &blocks_only, options()).unwrap()),
        filled(0..4, is_gone)
    );
    assert_eq!(copy.stats().time_range_ms, None, "the head is empty");
    assert_eq!(copy.newest_ms().unwrap(), Some(4 * HOUR_MS - MINUTE_MS));
    assert_eq!(db.newest_ms().unwrap(), Some(8 * HOUR_MS - MINUTE_MS));
    assert_eq!(reopen(&TempDir::new().path).newest_ms().unwrap(), None);
}

#[test]
fn finished_chunks_in_files_are_found_again() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    fill(&db, 0..3);
    assert_eq!(db.maintain().unwrap().chunks_offloaded, 3);
    assert!(db.stats().head_chunk_file_bytes > 0);
    assert_eq!(dump(&db), filled(0..3, |_, _| false));
    db.close().unwrap();

    let db = reopen(&dir.path);
    assert_eq!(db.replay_report().samples_in_chunks, 3 * 120);
    assert_eq!(db.replay_report().samples, 3 * 180);
    assert_eq!(dump(&db), filled(0..3, |_, _| false));
    db.close().unwrap();

    // A damaged file costs nothing but time: the log has the samples.
    let file = dir.path.join("chunks_head").join("000001");
    let mut bytes = Env::real().fs().read(&file, 1 << 20).unwrap();
    bytes[100] ^= 1;
    Env::real().fs().write_atomic(&file, &bytes).unwrap();
    let db = reopen(&dir.path);
    let report = db.replay_report();
    assert!(report.chunks_unreadable.as_ref().is_some_and(|reason| reason.contains("000001")), "{report}");
    assert_eq!(report.samples_in_chunks, 0);
    assert_eq!(dump(&db), filled(0..3, |_, _| false));
    fill(&db, 3..4);
    db.close().unwrap();
    assert_eq!(dump(&reopen(&dir.path)), filled(0..4, |_, _| false));
}

#[test]
fn half_made_blocks_are_removed_and_blocks_of_blocks_replace_them() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    fill(&db, 0..5);
    let _ = db.maintain().unwrap();
    db.close().unwrap();
    let env = Env::real();
    for name in ["01ARZ3NDEKTSV4RRFFQ69G5FAV.tmp-for-creation", "01ARZ3NDEKTSV4RRFFQ69G5FAV.tmp-for-deletion"]
    {
        env.fs().create_dir_all(&dir.path.join(name)).unwrap();
    }
    let read_only = Tsdb::open_read_only(&env, &dir.path, options()).unwrap();
    assert_eq!(dump(&read_only), filled(0..5, |_, _| false));
    assert!(env.fs().exists(&dir.path.join("01ARZ3NDEKTSV4RRFFQ69G5FAV.tmp-for-creation")).unwrap());
    let db = reopen(&dir.path);
    assert_eq!(dump(&db), filled(0..5, |_, _| false));
    let left = env.fs().read_dir(&dir.path).unwrap();
    assert!(!left.iter().any(|entry| entry.name.contains(".tmp")), "{left:?}");
}
