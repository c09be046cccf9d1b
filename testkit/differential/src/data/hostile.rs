//! Families of numbers that are made to hurt.

use emberdb_model::NORMAL_NAN;

use super::builder::{Builder, Combination};
use super::classic::{Flaw, bucket};
use super::family::LabelValues;
use super::float::{any_of, come_and_go, constant, counter, gauge};
use super::times::{Range, Rhythm, around_borders, irregular};
use super::{DataSample, Family, FamilyKind};

const JOBS: &[&str] = &["a", "b", "c"];
const INSTANCES: &[&str] = &["1", "2", "3"];

/// The family whose samples are deleted in part; its label `part` says which.
pub(super) const DELETED: &str = "deleted_total";

const SCRAPES: Rhythm = Rhythm::every(15_000);
const SLOW_SCRAPES: Rhythm = Rhythm::every(30_000);

/// A family by its labels in short.
pub(super) fn family(name: &str, kind: FamilyKind, labels: &[(&str, &[&str])]) -> Family {
    let label = |&(name, values): &(&str, &[&str])| LabelValues {
        name: name.to_owned(),
        values: values.iter().map(|&value| value.to_owned()).collect(),
    };
    Family { name: name.to_owned(), kind, labels: labels.iter().map(label).collect(), has_late_gaps: false }
}

/// Adds all of them.
pub(super) fn add(builder: &mut Builder) {
    add_counters(builder);
    add_gauges(builder);
    add_classic(builder);
    add_short_lived(builder);
    add_late(builder);
}

fn add_counters(builder: &mut Builder) {
    let targets: [(&str, &[&str]); 2] = [("job", JOBS), ("instance", INSTANCES)];
    let codes: (&str, &[&str]) = ("code", &["200", "404", "500"]);
    let requests = family("requests_total", FamilyKind::Counter, &[targets[0], targets[1], codes]);
    builder.add(requests, |series, range| {
        let mut noise = series.noise();
        let times = SCRAPES.jittered(300).with_gaps(0.01).times(range, &mut noise);
        counter(&times, 20.0, 0.005, &mut noise)
    });
    builder.add(family("sent_bytes_total", FamilyKind::Counter, &targets), |series, range| {
        let mut noise = series.noise();
        let step = noise.pick(&[0.3, 1e-9, 1e6, 1e15, 1e305]).unwrap_or(1.0);
        let times = SLOW_SCRAPES.jittered(29_000).with_gaps(0.02).times(range, &mut noise);
        counter(&times, step, 0.01, &mut noise)
    });
    builder.add(family("borders_total", FamilyKind::Counter, &[targets[0]]), |series, range| {
        counter(&around_borders(range), 5.0, 0.01, &mut series.noise())
    });
    let names: [(&str, &[&str]); 3] =
        [("service.name", &["cart", "zürich"]), ("größe", &["", "1", "漢字"]), ("job", &["a", "b"])];
    builder.add(family("http.server.requests", FamilyKind::Counter, &names), |series, range| {
        let mut noise = series.noise();
        let times = SLOW_SCRAPES.times(range, &mut noise);
        counter(&times, 3.0, 0.01, &mut noise)
    });
    let parts: (&str, &[&str]) = ("part", &["all", "old", "new", "across", "none"]);
    builder.add(family(DELETED, FamilyKind::Counter, &[parts, ("job", &["a", "b"])]), |series, range| {
        let mut noise = series.noise();
        counter(&SLOW_SCRAPES.times(range, &mut noise), 10.0, 0.005, &mut noise)
    });
}

fn add_gauges(builder: &mut Builder) {
    let targets: [(&str, &[&str]); 2] = [("job", JOBS), ("instance", INSTANCES)];
    let zones: (&str, &[&str]) = ("zone", &["", "north", "süd"]);
    let temperature = family("temperature_celsius", FamilyKind::Gauge, &[targets[0], targets[1], zones]);
    builder.add(temperature, |series, range| {
        let mut noise = series.noise();
        let times = SLOW_SCRAPES.jittered(5000).with_gaps(0.01).times(range, &mut noise);
        gauge(&times, 20.0, 10.0, &mut noise)
    });
    builder.add(family("flapping", FamilyKind::Gauge, &targets), |series, range| {
        let mut noise = series.noise();
        let times = SCRAPES.times(range, &mut noise);
        let samples = gauge(&times, 0.0, 5.0, &mut noise);
        come_and_go(samples, &mut noise)
    });
    builder.add(family("sparse", FamilyKind::Gauge, &targets), |series, range| {
        let mut noise = series.noise();
        let times = irregular(range, &mut noise);
        gauge(&times, 100.0, 3.0, &mut noise)
    });
    let kinds: (&str, &[&str]) =
        ("kind", &["nan", "infinities", "zeros", "subnormal", "huge", "mixed", "constant", "integers"]);
    builder.add(family("extremes", FamilyKind::Gauge, &[kinds, ("job", &["a", "b"])]), extremes);
}

fn extremes(series: &Combination<'_>, range: Range) -> Vec<DataSample> {
    let mut noise = series.noise();
    let times = SLOW_SCRAPES.with_gaps(0.01).times(range, &mut noise);
    let (infinity, minus) = (f64::INFINITY, f64::NEG_INFINITY);
    let values: &[f64] = match series.get("kind") {
        "nan" => &[NORMAL_NAN, 1.0, 2.0, 3.0],
        "infinities" => &[infinity, 1.0, minus, 2.0, 0.0],
        "zeros" => &[0.0, -0.0],
        "subnormal" => &[5e-324, f64::MIN_POSITIVE, -5e-324, 0.0, 1e-310],
        "huge" => &[f64::MAX, f64::MIN, 1e300, -1e300, 1.0],
        "mixed" => &[NORMAL_NAN, infinity, minus, -0.0, 5e-324, 1e15 + 0.3, f64::MAX, -1.0],
        "integers" => &[-3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 9_007_199_254_740_993.0],
        _ => return constant(&times, 0.1),
    };
    any_of(&times, values, &mut noise)
}

fn add_classic(builder: &mut Builder) {
    let les: &[&str] = &["0.005", "0.05", "0.1", "0.5", "1", "2.5", "10", "+Inf"];
    let targets: [(&str, &[&str]); 2] = [("job", JOBS), ("instance", &["1", "2"])];
    let latency =
        family("latency_seconds_bucket", FamilyKind::ClassicBuckets, &[targets[0], targets[1], ("le", les)]);
    builder.add(latency, |series, range| classic(series, range, Flaw::None));
    for name in ["latency_seconds_sum", "latency_seconds_count"] {
        builder.add(family(name, FamilyKind::Counter, &targets), |series, range| {
            let mut noise = series.noise();
            counter(&SLOW_SCRAPES.times(range, &mut noise), 4.0, 0.005, &mut noise)
        });
    }
    // A family each: what a query may say about buckets depends on the bounds that there are.
    let usual: &[&str] = &["-1", "0", "0.1", "1", "5", "+Inf"];
    let odd: [(&str, &[&str], Flaw); 6] = [
        ("no_inf_seconds_bucket", &["0.1", "1", "5"], Flaw::None),
        ("only_inf_seconds_bucket", &["+Inf"], Flaw::None),
        ("falling_seconds_bucket", usual, Flaw::NonMonotonic),
        ("rounded_seconds_bucket", usual, Flaw::Rounding),
        ("spelled_seconds_bucket", &["0.1", "1e-1", "1", "1.0", "1e0", "5", "+Inf", "Inf"], Flaw::None),
        ("wordy_seconds_bucket", &["0.1", "1", "five", "", "+Inf"], Flaw::None),
    ];
    for (name, les, flaw) in odd {
        let labels: [(&str, &[&str]); 2] = [("job", &["a", "b"]), ("le", les)];
        builder.add(family(name, FamilyKind::ClassicBuckets, &labels), |series, range| {
            classic(series, range, flaw)
        });
    }
}

fn classic(series: &Combination<'_>, range: Range, flaw: Flaw) -> Vec<DataSample> {
    let mut noise = series.noise_but_for("le");
    let times = SLOW_SCRAPES.times(range, &mut noise);
    bucket(&times, series.get("le"), series.all("le"), flaw, noise)
}

/// Series that live for an hour or less, and a label that changes its value.
fn add_short_lived(builder: &mut Builder) {
    let pods: Vec<String> = (0..24).map(|pod| format!("pod-{pod}")).collect();
    let pods: Vec<&str> = pods.iter().map(String::as_str).collect();
    builder.add(
        family("pod_restarts_total", FamilyKind::Counter, &[("pod", &pods), ("job", &["a", "b"])]),
        |series, range| {
            let mut noise = series.noise();
            let born_ms = range.start_ms + noise.below(range.end_ms - range.start_ms);
            let died_ms = (born_ms + 60_000 + noise.below(3_600_000)).min(range.end_ms);
            let times = SCRAPES.times(Range { start_ms: born_ms, end_ms: died_ms }, &mut noise);
            let mut samples = counter(&times, 4.0, 0.01, &mut noise);
            if let Some(last) = samples.last_mut().filter(|_| noise.chance(0.7)) {
                *last = DataSample::float(last.time_ms, emberdb_model::STALE_NAN);
            }
            samples
        },
    );
    let versions: (&str, &[&str]) = ("version", &["1.0", "1.1", "2.0"]);
    let targets: [(&str, &[&str]); 2] = [("job", JOBS), ("instance", INSTANCES)];
    builder.add(
        family("build_info", FamilyKind::Info, &[targets[0], targets[1], versions]),
        |series, range| {
            // A third of the time each, one after the other, with an overlap where no marker ends the version before.
            let third_ms = (range.end_ms - range.start_ms) / 3;
            let place = series.all("version").iter().position(|version| version == series.get("version"));
            let start_ms =
                range.start_ms + third_ms * i64::try_from(place.unwrap_or_default()).unwrap_or_default();
            let times =
                SLOW_SCRAPES.times(Range { start_ms, end_ms: start_ms + third_ms - 1 }, &mut series.noise());
            let mut samples = constant(&times, 1.0);
            if series.get("instance") != "3"
                && let Some(last) = samples.last_mut()
            {
                *last = DataSample::float(last.time_ms, emberdb_model::STALE_NAN);
            }
            samples
        },
    );
}

/// Series of which a part, or all, is sent after what is newer.
fn add_late(builder: &mut Builder) {
    let ways: (&str, &[&str]) = ("way", &["single", "runs", "all", "none"]);
    builder.add(family("late_total", FamilyKind::Counter, &[ways, ("job", &["a", "b"])]), |series, range| {
        let mut noise = series.noise();
        let times = SLOW_SCRAPES.jittered(10_000).times(range, &mut noise);
        let mut samples = counter(&times, 8.0, 0.01, &mut noise);
        mark_late(&mut samples, series);
        samples
    });
    builder.add(family("late_celsius", FamilyKind::Gauge, &[ways, ("job", &["a", "b"])]), |series, range| {
        let mut noise = series.noise();
        let times = SLOW_SCRAPES.times(range, &mut noise);
        let samples = gauge(&times, 10.0, 4.0, &mut noise);
        let mut samples = come_and_go(samples, &mut noise);
        mark_late(&mut samples, series);
        samples
    });
}

/// Holds samples back in the way that the series' label `way` names.
pub(super) fn mark_late(samples: &mut [DataSample], series: &Combination<'_>) {
    let mut noise = series.noise_but_for("way");
    let mut run_left = 0;
    for sample in samples {
        sample.is_late = match series.get("way") {
            "single" => noise.chance(0.1),
            "all" => true,
            "none" => false,
            _ if run_left > 0 => {
                run_left -= 1;
                true
            }
            _ => {
                run_left = if noise.chance(0.02) { 1 + noise.below(100) } else { 0 };
                run_left > 0
            }
        };
    }
}
