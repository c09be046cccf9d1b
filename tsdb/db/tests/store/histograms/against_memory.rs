//! Random series against a storage in memory, whose histograms are taken through chunks.

use emberdb_model::storage::Appender;
use emberdb_testkit::{MemoryStorage, hostile_histogram_samples, in_whole_counts, through_chunks};
use proptest::prelude::*;

use super::*;

/// The day that the blocks of `through_chunks` have.
const BLOCK_RANGE_MS: i64 = 24 * 3_600_000;

/// A series: whether its histograms are appended as integer histograms, its samples, and how many come in a commit.
type Given = (bool, Samples, usize);

fn open_day(dir: &Path) -> Tsdb {
    let mut options = TsdbOptions::default();
    options.block_range_ms = BLOCK_RANGE_MS;
    Tsdb::open(&Env::real(), dir, options).unwrap()
}

fn append(
    appender: &mut dyn Appender,
    labels: &Labels,
    counts_whole: bool,
    (t_ms, value): &(i64, SampleValue),
) -> Result<(), AppendError> {
    let series = match value {
        SampleValue::Float(value) => appender.append(labels, *t_ms, *value),
        SampleValue::Histogram(h) if counts_whole => {
            appender.append_histogram(labels, *t_ms, &in_whole_counts(h))
        }
        SampleValue::Histogram(h) => appender.append_float_histogram(labels, *t_ms, h),
    };
    series.map(|_| ())
}

/// What a storage in memory gives, as a head has it.
fn expected(memory: &[Series], given: &[Given]) -> Vec<Series> {
    let through = |(labels, samples): &Series| {
        let number = given.iter().enumerate().position(|(i, _)| name(i).to_string() == *labels);
        let counts_whole = given[number.expect("the series was given")].0;
        (labels.clone(), through_chunks(samples, counts_whole).unwrap())
    };
    memory.iter().map(through).collect()
}

fn name(number: usize) -> Labels {
    labels("h", &number.to_string())
}

/// The same without empty buckets: histograms that came later may have brought some.
fn without_empty_buckets(samples: &Samples) -> Samples {
    let compacted = |value: &SampleValue| match value {
        SampleValue::Float(_) => value.clone(),
        SampleValue::Histogram(histogram) => {
            let mut histogram = FloatHistogram::clone(histogram);
            histogram.compact(0);
            SampleValue::Histogram(Arc::new(histogram))
        }
    };
    samples.iter().map(|(t, value)| (*t, compacted(value))).collect()
}

fn assert_same_series(found: &[Series], expected: &[Series], what: &str) {
    let names = |series: &[Series]| series.iter().map(|(labels, _)| labels.clone()).collect::<Vec<_>>();
    assert_eq!(names(found), names(expected), "{what}");
    for ((labels, found), (_, expected)) in found.iter().zip(expected) {
        assert_same(found, expected, &format!("{what}: {labels}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn holds_what_a_storage_in_memory_holds(
        given in prop::collection::vec((any::<bool>(), hostile_histogram_samples(), 1..30_usize), 1..4),
        restarts in any::<bool>(),
        range in (0..1_200_000_i64, 0..600_000_i64),
    ) {
        let dir = TempDir::new();
        let mut db = open_day(&dir.path);
        let memory = MemoryStorage::new();
        let commits = given.iter().map(|(_, samples, size)| samples.len().div_ceil(*size)).max().unwrap_or(0);
        let mut early = None;
        for commit in 0..commits {
            if commit == commits / 2 {
                if restarts {
                    drop(db);
                    db = open_day(&dir.path);
                }
                early = Some((db.querier().unwrap(), memory.querier().unwrap()));
            }
            let (mut into_db, mut into_memory) = (db.appender().unwrap(), memory.appender().unwrap());
            for (number, (counts_whole, samples, size)) in given.iter().enumerate() {
                for sample in samples.chunks(*size).nth(commit).unwrap_or_default() {
                    let stored = append(&mut *into_db, &name(number), *counts_whole, sample);
                    let remembered = append(&mut *into_memory, &name(number), *counts_whole, sample);
                    prop_assert_eq!(stored.is_ok(), remembered.is_ok(), "{:?} {:?}", stored, remembered);
                    if let (Err(stored), Err(remembered)) = (stored, remembered) {
                        prop_assert_eq!(stored.to_string(), remembered.to_string());
                    }
                }
            }
            prop_assert_eq!(into_db.commit().unwrap().samples, into_memory.commit().unwrap().samples);
        }
        let whole_memory = read_all(&memory, TimeRange::ALL);
        let expected_now = expected(&whole_memory, &given);
        assert_same_series(&read_all(&db, TimeRange::ALL), &expected_now, "all");

        let range = TimeRange::new(range.0, range.0 + range.1);
        let in_range = |(labels, samples): &Series| {
            let samples: Samples = samples.iter().filter(|(t, _)| range.contains(*t)).cloned().collect();
            (labels.clone(), samples)
        };
        let expected_in_range: Vec<Series> = expected_now.iter().map(in_range).filter(|s| !s.1.is_empty()).collect();
        let mut found_in_range = read_all(&db, range);
        found_in_range.retain(|(_, samples)| !samples.is_empty());
        assert_same_series(&found_in_range, &expected_in_range, "in range");

        if let Some((db_view, memory_view)) = early {
            let expected_early = expected(&read_view(&*memory_view, TimeRange::ALL), &given);
            let compact = |series: &[Series]| -> Vec<Series> {
                series.iter().map(|(labels, samples)| (labels.clone(), without_empty_buckets(samples))).collect()
            };
            let found_early = read_view(&*db_view, TimeRange::ALL);
            assert_same_series(&compact(&found_early), &compact(&expected_early), "an earlier view");
        }

        drop(db);
        assert_same_series(&read_all(&open_day(&dir.path), TimeRange::ALL), &expected_now, "after a restart");
    }
}
