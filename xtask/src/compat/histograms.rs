//! emberdb writes native histograms of all kinds: a server must answer them as emberdb does.

use std::path::Path;

use emberdb::{CustomRecorder, Histogram, Labels, STALE_NAN, Schema, Side, Span};

use super::held::Held;
use super::peers::Peers;
use super::report::Report;
use super::store::{self, Error};
use super::written::{ask_server, read_back};

const START_MS: i64 = 1_700_006_401_234;
const STEP_MS: i64 = 30_000;
/// Five hours: blocks and a head.
const STEPS: i64 = 600;
/// Counts begin again after so many steps: a counter reset.
const RESET_STEPS: i64 = 130;
/// From here on in each round between two resets, one more bucket has observations.
const STEPS_UNTIL_BUCKET: i64 = 60;

pub(super) fn run(peers: &Peers, report: &mut Report) -> Result<(), Error> {
    if !peers.has_histograms() {
        println!("histograms: skipped: prometheus {} does not store them", peers.version);
        return Ok(());
    }
    let folder = tempfile::Builder::new().prefix("ember-compat-").tempdir()?;
    let data = folder.path().join("data");
    let (expected, written) = write(&data, peers.has_custom_bounds())?;
    let found = expected.histograms().samples();
    report.check(
        "histograms, emberdb",
        found == written,
        &format!("{found} of {written} written ones are there"),
    );
    ask_server("histograms", peers, &data, "", &expected, folder.path(), report)?;
    read_back("histograms, emberdb after prometheus", &data, &expected, report)
}

/// Writes all; what emberdb then sees, and how many histograms it was given that end no series.
fn write(data: &Path, has_custom_bounds: bool) -> Result<(Held, usize), Error> {
    let labels = |kind: &str| Labels::new([("__name__", "native_seconds"), ("kind", kind)]);
    let (integer, negative, float) = (labels("integer")?, labels("negative")?, labels("float")?);
    let (custom, ends, changes) = (labels("custom")?, labels("ends and begins")?, labels("changes")?);
    let recorder = CustomRecorder::new(&[0.1, 0.5, 1.0, 2.5])?;
    let db = store::open(data)?;
    let mut written = 0;
    for step in 0..STEPS {
        let t = START_MS + step * STEP_MS;
        let histogram = integer_histogram(step, false);
        let mut appender = db.appender()?;
        appender.append_histogram(&integer, t, &histogram)?;
        appender.append_histogram(&negative, t, &integer_histogram(step, true))?;
        appender.append_float_histogram(&float, t, &histogram.to_float())?;
        written += 3;
        match step % 100 {
            0..70 => {
                appender.append_histogram(&ends, t, &histogram)?;
                written += 1;
            }
            70 => {
                appender.append(&ends, t, STALE_NAN)?;
            }
            _ => {}
        }
        // Now histograms, now floats.
        if step % 50 < 25 {
            appender.append_histogram(&changes, t, &histogram)?;
            written += 1;
        } else {
            appender.append(&changes, t, step as f64)?;
        }
        if has_custom_bounds {
            recorder.observe((step % 40) as f64 / 10.0);
            appender.append_histogram(&custom, t, &recorder.snapshot())?;
            written += 1;
        }
        let summary = appender.commit()?;
        if let Some(rejection) = summary.rejected.first() {
            return Err(format!("emberdb refused its own histogram: {}", rejection.error).into());
        }
    }
    db.maintain()?;
    if db.storage().blocks().is_empty() {
        return Err("five hours of histograms made no block".into());
    }
    let held = store::read(&db)?;
    db.close()?;
    Ok((held, written))
}

/// A histogram of one of a series' steps: it grows, gets a bucket on the way, and begins again.
pub(super) fn integer_histogram(step: i64, has_negative: bool) -> Histogram {
    let age = step.rem_euclid(RESET_STEPS);
    let indices = if age < STEPS_UNTIL_BUCKET { &[-3, 0, 1, 6][..] } else { &[-3, 0, 1, 4, 6] };
    let positive = side(indices, age);
    let negative = if has_negative { side(&[2, 3], age) } else { Side::default() };
    let zero_count = age.unsigned_abs() / 2;
    let count = zero_count + total(&positive) + total(&negative);
    Histogram {
        schema: Schema::new(3),
        zero_threshold: 1e-6,
        zero_count,
        count,
        sum: age as f64 * 1.25,
        positive,
        negative,
        ..Histogram::default()
    }
}

/// The buckets `indices`, each with a count of its own that grows with `age`, as differences between neighbours.
fn side(indices: &[i32], age: i64) -> Side<i64> {
    let mut side = Side::default();
    let (mut next, mut before) = (0, 0);
    for &index in indices {
        match side.spans.last_mut() {
            Some(Span { length, .. }) if index == next => *length += 1,
            _ => side.spans.push(Span { offset: index - next, length: 1 }),
        }
        let count = 1 + age * (i64::from(index) + 5);
        side.buckets.push(count - before);
        (next, before) = (index + 1, count);
    }
    side
}

/// All observations of a side.
fn total(side: &Side<i64>) -> u64 {
    let counts = side.buckets.iter().scan(0_i64, |count, delta| {
        *count += delta;
        Some(*count)
    });
    counts.map(i64::unsigned_abs).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_valid() {
        for step in 0..2 * RESET_STEPS {
            for has_negative in [false, true] {
                integer_histogram(step, has_negative).validate().unwrap();
            }
        }
    }
}
