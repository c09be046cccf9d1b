//! Sums and differences of histograms.

use emberdb_histogram::{Combined, Compensation, FloatHistogram, HistogramError, HistogramSum};
use serde_json::Value;

use super::read::{float_histogram, same_histogram};
use crate::conformance::mismatch::{same, same_text};
use crate::conformance::{Check, Mismatch, read};

/// What the record says about a result: the histogram, compacted, if it says anything about that, and the flags.
type Wanted = Result<(Option<FloatHistogram>, Combined), String>;

fn wanted(record: &Value) -> Result<Wanted, Mismatch> {
    match read::text(&record["error"])? {
        "" => {
            let mut histogram = None;
            if !record["expected"].is_null() {
                histogram.insert(float_histogram(&record["expected"])?).compact(0);
            }
            let combined = Combined {
                hints_collided: read::truth(&record["counter_reset_collision"])?,
                bounds_reconciled: read::truth(&record["nhcb_bounds_reconciled"])?,
            };
            Ok(Ok((histogram, combined)))
        }
        error => Ok(Err(error.to_owned())),
    }
}

/// The result of one way to compute a sum or difference.
fn compare(wanted: &Wanted, got: Result<(FloatHistogram, Combined), HistogramError>) -> Check {
    match (wanted, got) {
        (Ok((wanted, flags)), Ok((mut got, got_flags))) => {
            got.compact(0);
            wanted.as_ref().map_or(Ok(()), |wanted| same_histogram(wanted, &got))?;
            same("flags", flags, &got_flags)
        }
        (Err(wanted), Err(got)) => same_text("error", wanted, &got.to_string()),
        (wanted, got) => Err(Mismatch::new(format!("wanted {wanted:?}\ngot    {got:?}"))),
    }
}

fn operands(record: &Value) -> Result<(FloatHistogram, FloatHistogram), Mismatch> {
    Ok((float_histogram(&record["a"])?, float_histogram(&record["b"])?))
}

pub(super) fn add(record: &Value) -> Check {
    let (a, b) = operands(record)?;
    let wanted = wanted(record)?;
    for (left, right) in [(&a, &b), (&b, &a)] {
        let before = right.clone();
        let mut sum = left.clone();
        let combined = sum.add_assign(right);
        compare(&wanted, combined.map(|combined| (sum, combined)))?;
        let mut sum = HistogramSum::new(left.clone());
        let combined = sum.add(right);
        compare(&wanted, combined.map(|combined| (sum.into_total(), combined)))
            .map_err(|mismatch| mismatch.of("compensated"))?;
        same_histogram(&before, right).map_err(|mismatch| mismatch.of("the operand has changed"))?;
    }
    Ok(())
}

pub(super) fn sub(record: &Value) -> Check {
    let (a, b) = operands(record)?;
    let mut wanted = wanted(record)?;
    let subtract = |left: &FloatHistogram, right: &FloatHistogram| {
        let mut difference = left.clone();
        difference.sub_assign(right).map(|combined| (difference, combined))
    };
    compare(&wanted, subtract(&a, &b))?;
    if let Ok((Some(histogram), _)) = &mut wanted {
        // The negation of a counter is a gauge; here the sign alone is meant. Zeros have none.
        let hint = histogram.counter_reset_hint;
        histogram.negate();
        histogram.counter_reset_hint = hint;
        for number in [&mut histogram.zero_count, &mut histogram.count, &mut histogram.sum] {
            *number += 0.0;
        }
    }
    compare(&wanted, subtract(&b, &a)).map_err(|mismatch| mismatch.of("the other way round"))
}

pub(super) fn kahan_add(record: &Value) -> Check {
    let (mut a, b) = operands(record)?;
    let mut compensation = if record["comp"].is_null() {
        Compensation::none(&a)
    } else {
        let lost = float_histogram(&record["comp"])?;
        Compensation {
            zero_count: lost.zero_count,
            count: lost.count,
            sum: lost.sum,
            positive: lost.positive.buckets,
            negative: lost.negative.buckets,
        }
    };
    let combined = a.kahan_add_assign(&b, &mut compensation);
    a.add_compensation(&compensation);
    compare(&wanted(record)?, combined.map(|combined| (a, combined)))
}
