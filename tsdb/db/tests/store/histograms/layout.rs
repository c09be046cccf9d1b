//! Which empty buckets a histogram is answered with: those that its chunk has.

use emberdb_tsdb_db::Maintained;

use super::*;

const SCRAPE_MS: i64 = 30_000;

/// A gauge whose buckets come and go, and that is now and then a counter's histogram after a reset.
fn sample(number: i64, random: &mut u64) -> FloatHistogram {
    let mut next = |below: u64| {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*random >> 33) % below
    };
    let buckets: Vec<String> = (0..12).map(|_| if next(8) == 0 { next(9) } else { 0 }.to_string()).collect();
    let hint = if next(20) == 0 { "counter_reset_hint:reset" } else { "counter_reset_hint:gauge" };
    float(&format!(
        "{{{{schema:1 {hint} count:{number} sum:{number} offset:{} buckets:[{}]}}}}",
        number / 7,
        buckets.join(" ")
    ))
}

fn layouts(db: &Tsdb) -> Vec<String> {
    let all = read_all(db, TimeRange::ALL);
    let spans = |value: &SampleValue| match value {
        SampleValue::Histogram(histogram) => format!("{:?}", histogram.positive.spans),
        SampleValue::Float(_) => String::new(),
    };
    all[0].1.iter().map(|(t_ms, value)| format!("{t_ms} {}", spans(value))).collect()
}

/// Where a chunk ends depends on those before it, of which the next process knows nothing: so what is finished must not be
/// made of the log again.
#[test]
fn finished_chunks_keep_their_buckets_over_a_restart() {
    let mut random = 7;
    let reopen = |dir: &TempDir| {
        let mut options = TsdbOptions::default();
        options.maintenance = Maintained::ByCaller;
        Tsdb::open(&Env::real(), &dir.path, options).unwrap()
    };
    for _ in 0..20 {
        let dir = TempDir::new();
        let db = reopen(&dir);
        for number in 0..300 {
            let mut appender = db.appender().unwrap();
            let histogram = sample(number, &mut random);
            appender.append_float_histogram(&labels("h", "a"), number * SCRAPE_MS, &histogram).unwrap();
            let _ = appender.commit().unwrap();
            if number == 100 {
                let _ = db.maintain().unwrap();
            }
        }
        let before = layouts(&db);
        db.close().unwrap();
        let after = layouts(&reopen(&dir));
        // The open chunk begins where the last one of its buckets does, or earlier.
        let buckets = |line: &String| line.split_once(' ').map(|(_, spans)| spans.to_owned());
        let open = before.iter().rev().take_while(|line| buckets(line) == buckets(&before[before.len() - 1]));
        let finished = before.len() - open.count();
        assert!(finished > 100, "{finished}");
        assert_eq!(before[..finished], after[..finished]);
    }
}
