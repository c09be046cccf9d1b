//! Families of native histograms that are made to hurt.

use emberdb_model::{Exemplar, Labels, METRIC_NAME};

use super::builder::Builder;
use super::float::{counter, gauge};
use super::hostile::{family, mark_late};
use super::native::{Recipe, custom, dense, exponential};
use super::noise::Noise;
use super::times::Rhythm;
use super::{DataSample, DataSeries, Family, FamilyKind};

const SCRAPES: Rhythm = Rhythm::every(30_000);
const HOSTILE: Recipe = Recipe { is_float: false, is_gauge: false, is_hostile: true };

/// Adds all of them.
pub(super) fn add(builder: &mut Builder) {
    let targets: [(&str, &[&str]); 2] = [("job", &["a", "b", "c"]), ("instance", &["1", "2"])];
    for (name, kind, recipe) in [
        ("rpc_seconds", FamilyKind::NativeHistogram, HOSTILE),
        ("rpc_weighted_seconds", FamilyKind::NativeHistogram, Recipe { is_float: true, ..HOSTILE }),
        ("heap_bytes", FamilyKind::GaugeHistogram, Recipe { is_gauge: true, ..HOSTILE }),
        (
            "heap_weighted_bytes",
            FamilyKind::GaugeHistogram,
            Recipe { is_float: true, is_gauge: true, ..HOSTILE },
        ),
        // It has the name of the classic histogram, as when a service has changed from the one to the other.
        ("latency_seconds", FamilyKind::NativeHistogram, Recipe { is_hostile: false, ..HOSTILE }),
    ] {
        builder.add(family(name, kind, &targets), |series, range| {
            let mut noise = series.noise();
            let times = SCRAPES.jittered(200).with_gaps(0.01).times(range, &mut noise);
            exponential(&times, recipe, &mut noise)
        });
    }
    for (name, is_float) in [("response_bytes", false), ("response_weighted_bytes", true)] {
        builder.add(family(name, FamilyKind::CustomHistogram, &targets), |series, range| {
            let mut noise = series.noise();
            let times = SCRAPES.with_gaps(0.01).times(range, &mut noise);
            custom(&times, Recipe { is_float, ..HOSTILE }, &mut noise)
        });
    }
    add_mixed(builder);
    let late: [(&str, &[&str]); 2] = [("way", &["runs", "all"]), ("job", &["a", "b"])];
    let late = |name| family(name, FamilyKind::NativeHistogram, &late);
    builder.add(Family { has_late_gaps: true, ..late("late_seconds") }, |series, range| {
        let mut noise = series.noise();
        let times = SCRAPES.times(range, &mut noise);
        let mut samples = exponential(&times, HOSTILE, &mut noise);
        mark_late(&mut samples, series);
        samples
    });
    builder.add(late("late_dense_seconds"), |series, range| {
        let mut noise = series.noise();
        let times = SCRAPES.times(range, &mut noise);
        let mut samples = dense(&times, &mut noise);
        mark_late(&mut samples, series);
        samples
    });
}

/// Numbers and histograms in one series, some of each in turns.
fn add_mixed(builder: &mut Builder) {
    let targets: [(&str, &[&str]); 2] = [("job", &["a", "b"]), ("instance", &["1", "2"])];
    builder.add(family("mixed", FamilyKind::Mixed, &targets), |series, range| {
        let mut noise = series.noise();
        let times = SCRAPES.times(range, &mut noise);
        let kinds: [Vec<DataSample>; 3] = [
            counter(&times, 5.0, 0.01, &mut noise),
            exponential(&times, HOSTILE, &mut noise),
            gauge(&times, 3.0, 1.0, &mut noise),
        ];
        let mut kind = 0;
        let each = (0..times.len()).map(|place| {
            if noise.chance(0.07) {
                kind = usize::try_from(noise.below(3)).unwrap_or_default();
            }
            kinds[kind][place].clone()
        });
        each.collect()
    });
}

/// Gives counters and histograms an example now and then, of the time of a sample.
pub(super) fn add_exemplars(series: &mut [DataSeries], seed: u64) {
    const WITH_EXEMPLARS: [&str; 4] =
        ["requests_total", "latency_seconds_bucket", "rpc_seconds", "response_bytes"];
    for series in series {
        let name = series.labels.get(METRIC_NAME).unwrap_or_default();
        if !WITH_EXEMPLARS.contains(&name) {
            continue;
        }
        let mut noise = Noise::new(seed, &series.labels.to_string());
        for sample in series.samples.iter().filter(|sample| !sample.is_late) {
            if noise.chance(0.02) {
                let trace = format!("{:016x}", noise.below(i64::MAX));
                let labels = Labels::new([("trace_id", trace.as_str()), ("größe", "ü")]);
                let labels = labels.expect("the names are different");
                series.exemplars.push(Exemplar { labels, value: noise.unit(), timestamp_ms: sample.time_ms });
            }
        }
    }
}
