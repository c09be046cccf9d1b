//! With any number of threads and any size of buffers the head is the same, and so is the report.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use emberdb_env::Env;
use emberdb_histogram::{FloatHistogram, Histogram, Side, Span};
use emberdb_model::{STALE_NAN, SampleColumns};
use emberdb_tsdb_chunk::Encoding;
use emberdb_tsdb_index::SeriesId;
use emberdb_wal::{
    RefMetadata, RefStamp, SeriesEncoder, WalOptions, WalWriter, encode_histograms, encode_metadata,
    encode_mmap_markers, encode_samples, encode_started_samples, encode_tombstones,
};
use proptest::prelude::*;

use super::super::chunk_file::{ChunkDiskRef, ChunkFiles};
use super::super::{Series, View};
use super::*;
use crate::options::TsdbOptions;

/// Three pages of series.
const SERIES: u64 = 600;

/// What one record says. References run beyond the series that there are.
#[derive(Clone, Debug)]
enum Step {
    Series(Vec<u64>),
    Floats(Vec<(u64, i64, bool)>),
    Started(Vec<(u64, i64)>),
    Histograms(Vec<(u64, i64, u8)>),
    FloatHistograms(Vec<(u64, i64, u8)>),
    Tombstones(Vec<(u64, i64)>),
    Markers(Vec<u64>),
    Metadata(u64),
    /// Floats of all series: what a scrape brings.
    Scrape,
    /// A record that ends in a sample.
    Torn(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let series_ref = || prop_oneof![4 => 0..SERIES + 50, 1 => 1_000_000..1_000_050_u64];
    let few = |of| prop::collection::vec(of, 0..40);
    let timed = move || (series_ref(), -30..30_i64, 0..4_u8);
    prop_oneof![
        2 => prop::collection::vec(series_ref(), 0..20).prop_map(Step::Series),
        4 => prop::collection::vec((series_ref(), -30..30_i64, any::<bool>()), 0..40).prop_map(Step::Floats),
        1 => prop::collection::vec((series_ref(), -30..30_i64), 0..40).prop_map(Step::Started),
        2 => few(timed()).prop_map(Step::Histograms),
        2 => prop::collection::vec((series_ref(), -30..30_i64, 0..4_u8), 0..40).prop_map(Step::FloatHistograms),
        1 => prop::collection::vec((series_ref(), -30..30_i64), 0..5).prop_map(Step::Tombstones),
        1 => prop::collection::vec(series_ref(), 0..5).prop_map(Step::Markers),
        1 => series_ref().prop_map(Step::Metadata),
        3 => Just(Step::Scrape),
    ]
}

fn histogram(buckets: u8) -> Histogram {
    let mut histogram = Histogram {
        count: u64::from(buckets),
        sum: f64::from(buckets),
        positive: Side {
            spans: vec![Span { offset: 0, length: u32::from(buckets) }],
            buckets: (0..buckets).map(|place| i64::from(place == 0)).collect(),
        },
        ..Histogram::default()
    };
    if buckets == 3 {
        // Not valid: the spans say more than there is.
        histogram.positive.buckets.pop();
    }
    histogram
}

impl Step {
    /// Its record, at about `now_ms`.
    fn record(&self, now_ms: i64) -> Vec<u8> {
        let mut record = Vec::new();
        let stamp = |&(series_ref, ms, _): &(u64, i64, u8)| RefStamp {
            series_ref,
            timestamp_ms: now_ms + ms,
            start_timestamp_ms: 0,
        };
        match self {
            Self::Series(refs) => series_record(refs.iter().copied(), &mut record),
            Self::Floats(floats) => {
                let floats = floats.iter().map(|&(series_ref, ms, is_stale)| RefSample {
                    series_ref,
                    timestamp_ms: now_ms + ms,
                    value: if is_stale { STALE_NAN } else { ms as f64 },
                });
                encode_samples(floats, &mut record);
            }
            Self::Started(floats) => {
                let floats = floats.iter().map(|&(series_ref, ms)| RefStartedSample {
                    series_ref,
                    start_timestamp_ms: ms.max(0),
                    timestamp_ms: now_ms + ms,
                    value: 1.0,
                });
                encode_started_samples(floats, &mut record);
            }
            Self::Histograms(histograms) => {
                let made: Vec<Histogram> = histograms.iter().map(|&(_, _, n)| histogram(n)).collect();
                encode_histograms(histograms.iter().map(stamp).zip(&made), &mut record, &mut Vec::new());
            }
            Self::FloatHistograms(histograms) => {
                let made: Vec<FloatHistogram> =
                    histograms.iter().map(|&(_, _, n)| histogram(n.min(2)).to_float()).collect();
                encode_histograms(histograms.iter().map(stamp).zip(&made), &mut record, &mut Vec::new());
            }
            Self::Tombstones(ranges) => {
                let tombstones = ranges.iter().map(|&(series_ref, ms)| RefTombstone {
                    series_ref,
                    min_ms: now_ms + ms,
                    max_ms: now_ms + ms + 10,
                });
                encode_tombstones(tombstones, &mut record);
            }
            Self::Markers(refs) => {
                let markers =
                    refs.iter().map(|&series_ref| RefMmapMarker { series_ref, chunk_ref: place(0).packed() });
                encode_mmap_markers(markers, &mut record);
            }
            Self::Metadata(series_ref) => {
                encode_metadata(
                    [RefMetadata { series_ref: *series_ref, ..RefMetadata::default() }],
                    &mut record,
                );
            }
            Self::Scrape => {
                let floats =
                    (0..SERIES).map(|series_ref| RefSample { series_ref, timestamp_ms: now_ms, value: 1.0 });
                encode_samples(floats, &mut record);
            }
            Self::Torn(series_ref) => {
                encode_samples(
                    [RefSample { series_ref: *series_ref, timestamp_ms: now_ms, value: 1.0 }],
                    &mut record,
                );
                record.pop();
            }
        }
        record
    }
}

/// Several references may be of one series.
fn series_record(refs: impl Iterator<Item = u64>, record: &mut Vec<u8>) {
    let mut encoder = SeriesEncoder::new(record);
    for series_ref in refs {
        let number = (series_ref % SERIES).to_string();
        // No name twice, in most.
        let second = if series_ref == SERIES + 7 { "__name__" } else { "number" };
        encoder.add(series_ref, [("__name__", "m"), (second, number.as_str())].into_iter());
    }
}

fn place(file: u32) -> ChunkDiskRef {
    ChunkDiskRef::of(file, 8)
}

/// Chunks as files may have them: of series that are there or not, in order, late, and too old.
fn chunks(found: &[(u64, i64, bool)]) -> Vec<StoredChunk> {
    let chunk = |(number, &(wal_ref, min_ms, is_out_of_order)): (usize, &(u64, i64, bool))| StoredChunk {
        place: place(number as u32),
        wal_ref,
        min_ms,
        max_ms: min_ms + 9,
        encoding: if number % 3 == 2 { Encoding::Histogram } else { Encoding::Xor },
        is_out_of_order,
        samples: 10,
    };
    found.iter().enumerate().map(chunk).collect()
}

struct TempDir(PathBuf);

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = Env::real().fs().remove_dir_all(&self.0);
    }
}

/// Writes a log; `flip` damages a byte of it.
fn write_log(dir: &Path, steps: &[Step], flip: Option<usize>) {
    let env = Env::real();
    let mut writer = WalWriter::open(&env, dir, WalOptions::default()).unwrap();
    for (now_ms, step) in (0..).step_by(20).zip(steps) {
        writer.log(&[&step.record(now_ms)]).unwrap();
    }
    writer.close().unwrap();
    if let Some(flip) = flip {
        let path = dir.join("00000000");
        let mut bytes = env.fs().read(&path, u64::MAX).unwrap();
        let place = flip % bytes.len().max(1);
        bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 0x10);
        env.fs().create(&path).unwrap().write_all(&bytes).unwrap();
    }
}

/// All of a head and its report, as text.
fn replayed(dirs: [&Path; 2], chunks: &[StoredChunk], spread: Spread) -> String {
    let head = Arc::new(Head::new(Env::real(), TsdbOptions::default(), ChunkFiles::none()));
    head.begin_at(40).unwrap();
    let report = replay_spread(&head, chunks, dirs, false, &Progress::default(), spread);
    let report = report.map(|report| ReplayReport { duration: Duration::ZERO, ..report });
    let mut text =
        format!("{report:#?}\n{:?} {} {}\n", head.time_range(), head.samples(), head.late_from_ms());
    let index = head.index.read();
    let series = head.pages.all().into_iter().flat_map(|page| {
        let page = page.read();
        page.iter().map(|series| describe(series, &head)).collect::<Vec<_>>()
    });
    for (id, series) in (0..).map(SeriesId).zip(series) {
        text += &format!("{} {series}\n", index.labels(id));
    }
    text + &format!("{:?}", head.further_refs.lock())
}

fn describe(series: &Series, head: &Head) -> String {
    let view = View { files: &head.chunk_files, commit: u64::MAX, in_order_from_ms: i64::MIN };
    let finished: Vec<_> = series
        .finished_chunks()
        .map(|c| (c.range(), c.samples, c.encoding, c.held_bytes().is_some()))
        .collect();
    let mut columns = SampleColumns::new();
    let read = series.read(view, TimeRange::ALL, &mut columns).map_err(|error| error.to_string());
    let late = series.late().map(|late| (late.range(), late.chunks().len()));
    let (open, deleted) = (series.open_chunk(), series.deleted());
    format!(
        "{} {} {finished:?} {open:?} {late:?} {deleted:?} {read:?} {columns:?}",
        series.wal_ref, series.logged
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn threads_and_buffers_change_nothing(
        steps in prop::collection::vec(step(), 0..40),
        late_steps in prop::collection::vec(step(), 0..8),
        torn in prop::option::weighted(0.2, (0..40_usize, 0..SERIES)),
        flips in [prop::option::weighted(0.2, any::<usize>()), prop::option::weighted(0.1, any::<usize>())],
        found in prop::collection::vec((0..SERIES + 100, 0..200_i64, any::<bool>()), 0..20),
        threads in 2..5_usize,
        page_floats_max in prop_oneof![Just(1), 2..20_usize, Just(1024)],
    ) {
        let dir = TempDir(Env::real().fs().create_temp_dir("emberdb-replay").unwrap());
        let dirs = [dir.0.join("wal"), dir.0.join("wbl")];
        let mut all = vec![Step::Series((0..SERIES).collect())];
        all.extend(steps);
        if let Some((place, series_ref)) = torn {
            all.insert(1 + place % all.len(), Step::Torn(series_ref));
        }
        write_log(&dirs[0], &all, flips[0]);
        write_log(&dirs[1], &late_steps, flips[1]);
        let (dirs, chunks) = ([&*dirs[0], &*dirs[1]], chunks(&found));
        // One thread, sample by sample: nothing is reordered there.
        let expected = replayed(dirs, &chunks, Spread { threads: 1, page_floats_max: 1 });
        for threads in [1, threads] {
            let found = replayed(dirs, &chunks, Spread { threads, page_floats_max });
            prop_assert!(found == expected, "with {threads} threads: {}", difference(&expected, &found));
        }
    }
}

fn difference(expected: &str, found: &str) -> String {
    let differs = expected.lines().zip(found.lines()).find(|(expected, found)| expected != found);
    format!("{differs:#?}")
}

#[test]
fn what_is_stopped_says_so() {
    let dir = TempDir(Env::real().fs().create_temp_dir("emberdb-replay").unwrap());
    write_log(&dir.0, &[Step::Series((0..SERIES).collect()), Step::Scrape], None);
    let head = Arc::new(Head::new(Env::real(), TsdbOptions::default(), ChunkFiles::none()));
    let progress = Progress::default();
    progress.stop();
    let spread = Spread { threads: 2, page_floats_max: 10 };
    let none = dir.0.join("none");
    let stopped = replay_spread(&head, &[], [&dir.0, &none], true, &progress, spread);
    assert!(matches!(stopped, Err(OpenError::Closed { .. })));
    let progress = Progress::default();
    let report = replay_spread(&head, &[], [&dir.0, &none], true, &progress, spread).unwrap();
    assert_eq!(report.samples, SERIES);
    let (read, total) = progress.bytes();
    assert!(read == total && total > 0, "{read} of {total}");
}
