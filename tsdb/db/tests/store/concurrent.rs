//! Many threads append and read at the same time.

use super::*;

/// Every commit writes the same value into two series: no reader may see them differ.
#[test]
fn readers_never_see_half_a_commit() {
    let env = Env::real();
    let dir = TempDir::new();
    let db = open(&dir.path);
    let writer = {
        let db = db.clone();
        env.spawn("writer", move || {
            for t in 1..=2000 {
                let mut appender = db.appender().unwrap();
                for job in ["a", "b"] {
                    appender.append(&labels("pair", job), t, t as f64).unwrap();
                }
                let summary = appender.commit().unwrap();
                assert_eq!(summary.samples, 2);
            }
        })
        .unwrap()
    };
    let mut views = 0;
    loop {
        let seen = dump(&db);
        let done = seen.first().is_some_and(|(_, samples)| samples.len() == 2000);
        assert!(seen.is_empty() || seen.len() == 2, "one series without the other");
        if let [(_, a), (_, b)] = &seen[..] {
            assert_eq!(a, b);
            views += 1;
        }
        if done {
            break;
        }
    }
    writer.join().unwrap();
    assert!(views > 0);
}

/// Two batches are open at once and write the same series: the later commit loses what is no longer possible, and says so.
#[test]
fn a_lost_race_is_reported_and_never_breaks_the_order() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let up = labels("up", "a");
    let (mut first, mut second) = (db.appender().unwrap(), db.appender().unwrap());
    first.append(&up, 10, 1.0).unwrap();
    second.append(&up, 5, 2.0).unwrap();
    second.append(&up, 20, 3.0).unwrap();
    first.append(&up, 15, 1.5).unwrap();
    // Hidden from the first batch's own check by the second one; found at the commit.
    let within = first.append(&up, 12, 1.2);
    assert_eq!(first.commit().unwrap().rejected.len(), usize::from(within.is_ok()));
    let summary = second.commit().unwrap();
    assert_eq!((summary.samples, summary.rejected.len()), (1, 1));
    assert!(matches!(summary.rejected[0].error, AppendError::OutOfOrder { timestamp_ms: 5, newest_ms: 15 }));
    let expected = bits(&[(10, 1.0), (15, 1.5), (20, 3.0)]);
    assert_eq!(dump(&db)[0].1, expected);
    db.close().unwrap();
    assert_eq!(dump(&open(&dir.path))[0].1, expected);
}
