//! Samples as services have them, for families that others have named.

use super::builder::{Builder, Combination};
use super::classic::{Flaw, bucket};
use super::float::{come_and_go, constant, counter, gauge, switch};
use super::native::{Recipe, custom, exponential};
use super::times::{Range, Rhythm};
use super::{DataSample, Family, FamilyKind};

const SCRAPES: Rhythm = Rhythm::every(30_000);

/// What gauges with such a name are about: one and zero, one at all times, a time, a share, bytes.
enum Meaning {
    Switch,
    Constant(f64),
    Time,
    Share,
    Bytes,
    Other,
}

/// Adds a family; what its gauges mean is told by its name.
pub(super) fn add(builder: &mut Builder, family: Family) {
    let kind = family.kind;
    builder.add(family, |series, range| samples(series, kind, range));
}

fn samples(series: &Combination<'_>, kind: FamilyKind, range: Range) -> Vec<DataSample> {
    let mut noise = series.noise_but_for("le");
    let times = SCRAPES.with_gaps(0.001).times(range, &mut noise);
    let recipe = Recipe { is_float: false, is_gauge: kind == FamilyKind::GaugeHistogram, is_hostile: false };
    match kind {
        FamilyKind::Counter => {
            let step = noise.pick(&[0.5, 3.0, 40.0, 2000.0]).unwrap_or(1.0);
            counter(&times, step, 0.002, &mut noise)
        }
        FamilyKind::Gauge if series.name().contains("intermittent") => {
            let samples = gauge_of(series, &times, range);
            come_and_go(samples, &mut noise)
        }
        FamilyKind::Gauge => gauge_of(series, &times, range),
        FamilyKind::ClassicBuckets => bucket(&times, series.get("le"), series.all("le"), Flaw::None, noise),
        FamilyKind::NativeHistogram | FamilyKind::GaugeHistogram | FamilyKind::Mixed => {
            exponential(&times, recipe, &mut noise)
        }
        FamilyKind::CustomHistogram => custom(&times, recipe, &mut noise),
        FamilyKind::Info => constant(&times, 1.0),
    }
}

fn gauge_of(series: &Combination<'_>, times: &[i64], range: Range) -> Vec<DataSample> {
    let mut noise = series.noise();
    match meaning(series) {
        Meaning::Switch => {
            let usual = if noise.chance(0.7) { 1.0 } else { 0.0 };
            switch(times, usual, &mut noise)
        }
        Meaning::Constant(value) => constant(times, value),
        Meaning::Time => {
            // A start some days ago, and another now and then.
            let started = range.start_ms as f64 / 1000.0 - 100_000.0 * (1.0 + noise.unit());
            counter(times, 1.0, 0.0, &mut noise)
                .into_iter()
                .map(|sample| {
                    let restarts = ((sample.time_ms - range.start_ms) / 7_200_000) as f64;
                    DataSample::float(sample.time_ms, started.floor() + restarts * 1000.0)
                })
                .collect()
        }
        Meaning::Share => gauge(times, 0.4, 0.1, &mut noise),
        Meaning::Bytes => gauge(times, 2e9, 3e8, &mut noise),
        Meaning::Other => gauge(times, 50.0, 20.0, &mut noise),
    }
}

fn meaning(series: &Combination<'_>) -> Meaning {
    let name = series.name();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if name == "up" || ends(&["_readonly", "_phase", "_reason", "_condition", "_failed"]) {
        Meaning::Switch
    } else if ends(&["_size_bytes", "MemTotal_bytes", "_capacity_bytes"]) {
        Meaning::Constant(8e9)
    } else if ends(&["_limits", "_max_fds", "_allocatable"]) {
        Meaning::Constant(1024.0)
    } else if has(&["start_time", "boot_time", "timestamp"]) {
        Meaning::Time
    } else if has(&["ratio", "pressure", "offset"]) {
        Meaning::Share
    } else if has(&["_bytes"]) {
        Meaning::Bytes
    } else {
        Meaning::Other
    }
}
