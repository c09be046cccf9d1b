//! Classic histograms: a counter for each upper bound.

use super::DataSample;
use super::noise::Noise;

/// What is wrong with the buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Nothing.
    None,
    /// Some buckets hold less than the one below.
    NonMonotonic,
    /// Buckets differ by a little that only rounding explains.
    Rounding,
}

/// The counter of the bucket with the bound `le`. All buckets of a histogram are to be given the same noise and bounds: only
/// then do they agree.
pub(super) fn bucket(
    times: &[i64],
    le: &str,
    bounds: &[String],
    flaw: Flaw,
    mut noise: Noise,
) -> Vec<DataSample> {
    let bound = |le: &str| le.parse().unwrap_or(f64::INFINITY);
    let mut finite: Vec<f64> = bounds.iter().map(|le| bound(le)).filter(|bound| bound.is_finite()).collect();
    finite.sort_by(f64::total_cmp);
    let upper = bound(le);
    // Observations are spread over all buckets, the last included.
    let mut observed = vec![0.0; finite.len() + 1];
    let places = i64::try_from(observed.len()).unwrap_or(1);
    let busy = noise.below(places);
    let each = times.iter().map(|&time_ms| {
        for _ in 0..noise.below(6) {
            let place = if noise.chance(0.5) { busy } else { noise.below(places) };
            observed[usize::try_from(place).unwrap_or_default()] += 1.0;
        }
        if noise.chance(0.005) {
            observed.fill(0.0);
        }
        let below =
            finite.iter().filter(|&&bound| bound <= upper).count() + usize::from(upper == f64::INFINITY);
        let count: f64 = observed.iter().take(below).sum();
        let is_flawed = noise.chance(0.2) && below % 2 == 1;
        let value = match flaw {
            Flaw::NonMonotonic if is_flawed => (count - 3.0).max(0.0),
            Flaw::Rounding if is_flawed => count * (1.0 - 1e-14),
            _ => count,
        };
        DataSample::float(time_ms, value)
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::super::DataValue;
    use super::*;

    #[test]
    fn buckets_of_one_histogram_agree() {
        let bounds = ["0.1", "1", "+Inf"].map(String::from);
        let times: Vec<i64> = (0..500).collect();
        let counts = |le: &str, flaw| -> Vec<f64> {
            let samples = bucket(&times, le, &bounds, flaw, Noise::new(1, "latency"));
            let float = |sample: DataSample| match sample.value {
                DataValue::Float(value) => value,
                other => panic!("{other:?}"),
            };
            samples.into_iter().map(float).collect()
        };
        let is_monotonic = |flaw| {
            let (low, middle, high) = (counts("0.1", flaw), counts("1", flaw), counts("+Inf", flaw));
            low.iter().zip(&middle).zip(&high).all(|((low, middle), high)| low <= middle && middle <= high)
        };
        assert!(is_monotonic(Flaw::None) && !is_monotonic(Flaw::NonMonotonic));
    }
}
