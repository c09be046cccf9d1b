//! Series of histograms, and of histograms and floats.

use emberdb_model::{STALE_NAN, is_stale};

use super::*;

/// What a sample is: `f`loat, `h`istogram, `s`tale histogram, `m`arker that is a float.
fn kinds(samples: &[(i64, SampleValue)]) -> String {
    let kind = |value: &SampleValue| match value {
        SampleValue::Float(value) if is_stale(*value) => 'm',
        SampleValue::Float(_) => 'f',
        SampleValue::Histogram(histogram) if is_stale(histogram.sum) => 's',
        SampleValue::Histogram(_) => 'h',
    };
    samples.iter().map(|(_, value)| kind(value)).collect()
}

#[test]
fn a_series_may_change_its_kind_in_a_batch_and_between_batches_and_keeps_it_over_restarts() {
    let dir = TempDir::new();
    let mixed = labels("mixed", "a");
    let custom = float("{{schema:-53 count:3 sum:5 custom_values:[1 2] buckets:[1 2]}}");
    for round in 0..3 {
        let db = open(&dir.path);
        let at = |i: i64| round * 100 + i;
        let mut appender = db.appender().unwrap();
        let series = appender.append(&mixed, at(1), 1.0).unwrap();
        appender.append_histogram_ref(series, at(2), &whole(&[2])).unwrap();
        appender.append_histogram_ref(series, at(3), &whole(&[2, 1])).unwrap();
        appender.append_float_histogram_ref(series, at(4), &float("{{count:4 buckets:[4]}}")).unwrap();
        appender.append_float_histogram_ref(series, at(5), &custom).unwrap();
        appender.append_ref(series, at(6), 6.0).unwrap();
        appender.append_float_histogram(&mixed, at(7), &custom).unwrap();
        appender.append_ref(series, at(8), STALE_NAN).unwrap();
        appender.append_ref(series, at(9), 9.0).unwrap();
        appender.append_histogram(&mixed, at(10), &whole(&[10])).unwrap();
        assert_eq!(appender.commit().unwrap().samples, 10);
        // The marker comes in a batch of its own.
        let mut appender = db.appender().unwrap();
        appender.append_ref(series, at(11), STALE_NAN).unwrap();
        appender.append_ref(series, at(11), STALE_NAN).unwrap();
        appender.append_ref(series, at(12), 12.0).unwrap();
        appender.append_ref(series, at(13), STALE_NAN).unwrap();
        assert_eq!(appender.commit().unwrap().samples, 3);
        let stored = read_all(&db, TimeRange::ALL);
        assert_eq!(kinds(&stored[0].1), "fhhhhfhsfhsfm".repeat(round as usize + 1));
        let last = &numbers(&stored[0].1)[13 * round as usize..];
        let expected = [1.0, 2.0, 3.0, 4.0, 3.0, 6.0, 3.0, 0.0, 9.0, 10.0, 0.0, 12.0];
        for (i, (found, expected)) in last.iter().zip(expected).enumerate() {
            assert_eq!(*found, (at(i as i64 + 1), expected));
        }
        let in_memory = db.stats();
        if round == 1 {
            db.close().unwrap();
        }
        drop(db);
        let again = open(&dir.path);
        assert_same(&read_all(&again, TimeRange::ALL)[0].1, &stored[0].1, "after a restart");
        let report = again.replay_report();
        assert_eq!((report.samples, report.histograms), (13 * (round as u64 + 1), 8 * (round as u64 + 1)));
        let stats = again.stats();
        assert_eq!(
            (stats.samples, stats.histograms, stats.histogram_series),
            (report.samples, report.histograms, 1)
        );
        assert!(in_memory.chunk_bytes > 100 && in_memory.heap_bytes > in_memory.chunk_bytes);
        // What is finished has gone to files when the database was closed.
        assert!(stats.chunk_bytes < in_memory.chunk_bytes);
    }
}

#[test]
fn only_what_has_histograms_says_that_it_may() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    put(&db, &labels("floats", "a"), &[(1, 1.0)]);
    let mut appender = db.appender().unwrap();
    appender.append_histogram(&labels("histograms", "a"), 1, &whole(&[1])).unwrap();
    assert_eq!(appender.commit().unwrap().samples, 1);
    for name in ["floats", "histograms"] {
        let mut symbols = SymbolTable::new();
        let matchers = [Matcher::equal("__name__", name)];
        let set = db.querier().unwrap().select(&matchers, TimeRange::ALL, &mut symbols).unwrap();
        assert_eq!((set.len(), set.may_have_histograms()), (1, name == "histograms"));
    }
    let mut symbols = SymbolTable::new();
    let later = db.querier().unwrap().select(&[], TimeRange::new(2, 9), &mut symbols).unwrap();
    assert!(later.is_empty(), "there is nothing in this range");
}

#[test]
fn a_querier_keeps_its_view_though_later_histograms_bring_buckets() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let series = labels("latency", "a");
    let (mut views, mut counts) = (Vec::new(), vec![1]);
    for t in 1..=60 {
        let before = read_all(&db, TimeRange::ALL);
        views.push((db.querier().unwrap(), before));
        let mut appender = db.appender().unwrap();
        match t % 20 {
            // A float ends the chunk of histograms.
            7 => {
                appender.append(&series, t, t as f64).unwrap();
            }
            n => {
                // A bucket more each third time; a reset now and then.
                match n {
                    13 => counts = vec![1],
                    n if n % 3 == 0 => counts.push(1),
                    _ => counts[0] += 1,
                }
                appender.append_histogram(&series, t, &whole(&counts)).unwrap();
            }
        }
        let uncommitted = read_all(&db, TimeRange::ALL);
        assert_eq!(uncommitted.len(), usize::from(t > 1));
        assert_eq!(appender.commit().unwrap().samples, 1);
    }
    for (view, before) in &views {
        let now = read_view(&**view, TimeRange::ALL);
        assert_eq!(now.len(), before.len());
        for ((_, now), (_, before)) in now.iter().zip(before) {
            assert_eq!(numbers(now), numbers(before));
        }
        if let Some((_, samples)) = now.first() {
            let part = read_view(&**view, TimeRange::new(5, 30));
            let expected: Vec<_> = samples.iter().filter(|(t, _)| (5..=30).contains(t)).cloned().collect();
            assert_eq!(
                numbers(part.first().map_or(&[][..], |(_, part)| part.as_slice())),
                numbers(&expected)
            );
        }
    }
}

/// Two batches are open at once: what the first one commits changes what becomes of the second.
#[test]
fn a_batch_that_was_overtaken_is_checked_again() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let series = labels("latency", "a");
    let mut first = db.appender().unwrap();
    let mut second = db.appender().unwrap();
    second.append_histogram(&series, 5, &whole(&[9])).unwrap();
    second.append(&series, 20, STALE_NAN).unwrap();
    second.append(&series, 30, 3.0).unwrap();
    second.append_float_histogram(&series, 40, &float("{{count:4 buckets:[4]}}")).unwrap();
    first.append_histogram(&series, 10, &whole(&[1])).unwrap();
    assert_eq!(first.commit().unwrap().samples, 1);
    let summary = second.commit().unwrap();
    assert_eq!((summary.samples, summary.rejected.len()), (3, 1));
    assert!(matches!(summary.rejected[0].error, AppendError::OutOfOrder { timestamp_ms: 5, newest_ms: 10 }));

    let mut first = db.appender().unwrap();
    let mut second = db.appender().unwrap();
    let other = labels("other", "a");
    second.append(&other, 20, STALE_NAN).unwrap();
    first.append_histogram(&other, 10, &whole(&[1])).unwrap();
    assert_eq!(first.commit().unwrap().samples, 1);
    assert_eq!(second.commit().unwrap().samples, 1);
    let check = |db: &Tsdb| {
        let stored = read_all(db, TimeRange::ALL);
        assert_eq!((kinds(&stored[0].1).as_str(), kinds(&stored[1].1).as_str()), ("hsfh", "hs"));
        assert_eq!(numbers(&stored[0].1), [(10, 1.0), (20, 0.0), (30, 3.0), (40, 4.0)]);
    };
    check(&db);
    drop(db);
    check(&open(&dir.path));
}

/// Every commit writes a float and a histogram: no reader sees one without the other.
#[test]
fn readers_never_see_half_a_commit() {
    const COMMITS: i64 = 600;
    let env = Env::real();
    let dir = TempDir::new();
    let db = open(&dir.path);
    let writer = {
        let db = db.clone();
        let write = move || {
            for t in 1..=COMMITS {
                let mut appender = db.appender().unwrap();
                appender.append(&labels("pair", "float"), t, t as f64).unwrap();
                let counts: Vec<i64> =
                    (0..=t / 40).map(|bucket| if bucket == 0 { t - t / 40 } else { 1 }).collect();
                appender.append_histogram(&labels("pair", "histogram"), t, &whole(&counts)).unwrap();
                assert_eq!(appender.commit().unwrap().samples, 2);
            }
        };
        env.spawn("writer", write).unwrap()
    };
    loop {
        let seen = read_all(&db, TimeRange::ALL);
        if let [(_, floats), (_, histograms)] = &seen[..] {
            assert_eq!(numbers(floats), numbers(histograms));
            if floats.len() == COMMITS as usize {
                break;
            }
        } else {
            assert!(seen.is_empty(), "one series without the other");
        }
    }
    writer.join().unwrap();
}
