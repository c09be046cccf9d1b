//! What holds for all histograms.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use emberdb_histogram::{
    Compensation, CounterResetHint, FloatHistogram, Histogram, HistogramMean, HistogramSum, Schema, Side,
    Span,
};
use proptest::prelude::*;

/// Whole numbers, so that sums are exact in any order; many of them 0.
fn counts(max: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![2 => Just(0.0), 3 => (1..1000_i32).prop_map(f64::from)], 0..max)
}

/// Buckets in spans with gaps, also none.
fn side(offsets: std::ops::Range<i32>) -> impl Strategy<Value = Side<f64>> {
    (offsets, prop::collection::vec((0..4_i32, counts(6)), 0..5)).prop_map(|(offset, runs)| {
        let mut side = Side::default();
        for (place, (gap, counts)) in runs.into_iter().enumerate() {
            let offset = if place == 0 { offset } else { gap };
            side.spans.push(Span { offset, length: counts.len() as u32 });
            side.buckets.extend(counts);
        }
        side
    })
}

fn hint() -> impl Strategy<Value = CounterResetHint> {
    use CounterResetHint::{Gauge, NotReset, Reset, Unknown};
    prop::sample::select(vec![Unknown, Reset, NotReset, Gauge])
}

/// A histogram whose zero bucket ends before its buckets begin, at a bound that all schemas have.
fn exponential() -> impl Strategy<Value = FloatHistogram> {
    let zero =
        prop::sample::select(vec![(0.0, 0.0), (2_f64.powi(-128), 3.0), (2_f64.powi(-16), 0.0), (1.0, 5.0)]);
    (-4..=8_i32, zero, side(-20..20), side(-5..5), hint(), -1000..1000_i32).prop_map(
        |(schema, (zero_threshold, zero_count), positive, negative, counter_reset_hint, sum)| {
            let schema = Schema::new(schema);
            let sides = [&positive, &negative].into_iter();
            let first = sides.filter_map(|side| side.runs().next()).map(|run| run.first_index).min();
            let is_apart = first.is_none_or(|index| zero_threshold <= schema.bound(index - 1));
            let zero_threshold = if is_apart { zero_threshold } else { 0.0 };
            let in_buckets =
                positive.buckets.iter().chain(&negative.buckets).fold(0.0, |sum, count| sum + count);
            FloatHistogram {
                counter_reset_hint,
                schema,
                zero_threshold,
                zero_count,
                count: in_buckets + zero_count,
                sum: f64::from(sum),
                positive,
                negative,
                custom_values: None,
            }
        },
    )
}

fn custom() -> impl Strategy<Value = FloatHistogram> {
    (prop::collection::btree_set(-4..8_i32, 0..8), side(0..3), hint()).prop_map(
        |(bounds, mut positive, hint)| {
            // As many buckets as the bounds leave room for.
            while positive.spans.iter().map(|span| span.offset + span.length as i32).sum::<i32>()
                > bounds.len() as i32 + 1
            {
                positive.spans.pop();
            }
            positive.buckets.truncate(positive.spans.iter().map(|span| span.length as usize).sum());
            FloatHistogram {
                counter_reset_hint: hint,
                schema: Schema::CUSTOM,
                count: positive.buckets.iter().fold(0.0, |sum, count| sum + count),
                sum: 1.0,
                positive,
                custom_values: Some(bounds.into_iter().map(f64::from).collect()),
                ..FloatHistogram::default()
            }
        },
    )
}

fn pair() -> impl Strategy<Value = (FloatHistogram, FloatHistogram)> {
    prop_oneof![(exponential(), exponential()), (custom(), custom())]
}

fn populated() -> impl Strategy<Value = FloatHistogram> {
    prop_oneof![exponential(), custom()].prop_filter("it has observations", |histogram| histogram.count > 0.0)
}

fn total(histogram: &FloatHistogram) -> f64 {
    histogram.zero_count + histogram.positive.buckets.iter().chain(&histogram.negative.buckets).sum::<f64>()
}

fn compacted(mut histogram: FloatHistogram) -> FloatHistogram {
    histogram.compact(0);
    histogram
}

fn add(left: &FloatHistogram, right: &FloatHistogram) -> FloatHistogram {
    let mut sum = left.clone();
    let _ = sum.add_assign(right).unwrap();
    sum
}

/// A mean with a copy for each step.
fn plain_mean(first: FloatHistogram, others: &[FloatHistogram]) -> FloatHistogram {
    let (mut sum, mut lost, mut count) = (first, None, 1.0);
    let mut is_incremental = false;
    let scale = |lost: &mut Compensation, by: &dyn Fn(f64) -> f64| {
        for number in [&mut lost.zero_count, &mut lost.count, &mut lost.sum] {
            *number = by(*number);
        }
        lost.positive.iter_mut().chain(&mut lost.negative).for_each(|number| *number = by(*number));
    };
    for other in others {
        count += 1.0;
        if !is_incremental {
            let (mut next, mut next_lost) =
                (sum.clone(), lost.clone().unwrap_or_else(|| Compensation::none(&sum)));
            let _ = next.kahan_add_assign(other, &mut next_lost).unwrap();
            if !next.has_overflow() {
                (sum, lost) = (next, Some(next_lost));
                continue;
            }
            is_incremental = true;
            sum.divide(count - 1.0);
            lost.iter_mut().for_each(|lost| scale(lost, &|number| number / (count - 1.0)));
        }
        let share = (count - 1.0) / count;
        sum.scale(share);
        lost.iter_mut().for_each(|lost| scale(lost, &|number| number * share));
        let mut part = other.clone();
        part.divide(count);
        let mut next_lost = lost.unwrap_or_else(|| Compensation::none(&sum));
        let _ = sum.kahan_add_assign(&part, &mut next_lost).unwrap();
        lost = Some(next_lost);
    }
    if !is_incremental {
        sum.divide(count);
        lost.iter_mut().for_each(|lost| scale(lost, &|number| number / count));
    }
    lost.iter().for_each(|lost| sum.add_compensation(lost));
    sum
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        prop::sample::select(vec![0.0, -1.0, 2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY])
    ]
}

/// What could come from outside: nothing fits to anything.
fn garbage() -> impl Strategy<Value = FloatHistogram> {
    let offset = || prop_oneof![-3..9_i32, any::<i32>()];
    let length = || prop_oneof![0..4_u32, any::<u32>()];
    let span = move || (offset(), length()).prop_map(|(offset, length)| Span { offset, length });
    let side = move || {
        (prop::collection::vec(span(), 0..4), prop::collection::vec(number(), 0..6))
            .prop_map(|(spans, buckets)| Side { spans, buckets })
    };
    let schema = prop_oneof![-9..12_i32, Just(-53), any::<i32>()];
    let bounds = prop::option::of(prop::collection::vec(number(), 0..4));
    (schema, [number(), number(), number(), number()], side(), side(), bounds, hint()).prop_map(
        |(
            schema,
            [zero_threshold, zero_count, count, sum],
            positive,
            negative,
            bounds,
            counter_reset_hint,
        )| FloatHistogram {
            counter_reset_hint,
            schema: Schema::new(schema),
            zero_threshold,
            zero_count,
            count,
            sum,
            positive,
            negative,
            custom_values: bounds.map(Into::into),
        },
    )
}

/// The histogram in the layout of another one, as far as that is coarser.
fn in_the_layout_of(histogram: &FloatHistogram, other: &FloatHistogram) -> FloatHistogram {
    let nothing = FloatHistogram { count: 0.0, sum: 0.0, zero_count: 0.0, ..other.clone() };
    let nothing = FloatHistogram {
        positive: Side { buckets: vec![0.0; nothing.positive.buckets.len()], ..nothing.positive },
        negative: Side { buckets: vec![0.0; nothing.negative.buckets.len()], ..nothing.negative },
        ..nothing
    };
    compacted(add(histogram, &nothing))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_histograms_are_valid((left, right) in pair()) {
        left.validate().unwrap();
        right.validate().unwrap();
        prop_assert!(left.count == total(&left) && right.count == total(&right));
    }

    #[test]
    fn addition_commutes_and_loses_nothing((left, right) in pair()) {
        let (sum, other) = (add(&left, &right), add(&right, &left));
        prop_assert_eq!(sum.count, left.count + right.count);
        prop_assert_eq!(total(&sum), sum.count);
        sum.validate().unwrap();
        let (sum, other) = (compacted(sum), compacted(other));
        prop_assert!(sum.has_same_data(&other), "{:?}\n{:?}", sum, other);
        prop_assert_eq!(sum.counter_reset_hint, other.counter_reset_hint);
    }

    #[test]
    fn a_compensated_sum_of_whole_numbers_is_the_sum((left, right) in pair(), times in 1..4_usize) {
        let (mut sum, mut compensated) = (left.clone(), HistogramSum::new(left));
        for _ in 0..times {
            let combined = sum.add_assign(&right).unwrap();
            prop_assert_eq!(compensated.add(&right).unwrap(), combined);
        }
        prop_assert_eq!(compacted(compensated.into_total()), compacted(sum));
    }

    #[test]
    fn subtraction_undoes_addition((left, right) in pair()) {
        let mut found = add(&left, &right);
        let sum = found.clone();
        let _ = found.sub_assign(&right).unwrap();
        let found = compacted(found);
        // What is left has the layout of the sum.
        let expected = in_the_layout_of(&left, &sum);
        prop_assert_eq!(found.zero_count, expected.zero_count);
        prop_assert_eq!((found.count, found.sum), (left.count, left.sum));
        prop_assert_eq!((&found.positive, &found.negative), (&expected.positive, &expected.negative));
        prop_assert!(found.custom_bounds() == expected.custom_bounds() && found.schema == expected.schema);
    }

    #[test]
    fn what_is_added_to_is_no_reset((left, right) in pair()) {
        let right = FloatHistogram { counter_reset_hint: CounterResetHint::Unknown, ..right };
        let left = FloatHistogram { counter_reset_hint: CounterResetHint::Unknown, ..left };
        let sum = add(&left, &right);
        prop_assert!(!sum.is_reset_after(&left) && !sum.is_reset_after(&right));
        prop_assert!(total(&left) == 0.0 || right.schema != sum.schema || sum.zero_threshold != right.zero_threshold
            || sum.custom_values != right.custom_values || right.is_reset_after(&sum));
    }

    #[test]
    fn compacting_moves_nothing(histogram in exponential(), max_empty_buckets in 0..4_usize) {
        let mut found = histogram.clone();
        found.compact(max_empty_buckets);
        found.validate().unwrap();
        prop_assert_eq!(found.to_string(), histogram.to_string());
        let empty_in_a_row = |side: &Side<f64>| {
            side.runs().any(|run| {
                let ends = [run.buckets.first(), run.buckets.last()];
                ends.contains(&Some(&0.0)) || run.buckets.windows(max_empty_buckets + 1).any(|w| w.iter().all(|&c| c == 0.0))
            })
        };
        prop_assert!(!empty_in_a_row(&found.positive) && !empty_in_a_row(&found.negative));
        for side in [&found.positive, &found.negative] {
            prop_assert!(side.spans.iter().skip(1).all(|span| span.offset as usize > max_empty_buckets));
        }
        let again = { let mut again = found.clone(); again.compact(max_empty_buckets); again };
        prop_assert_eq!(again, found);
    }

    #[test]
    fn whole_numbers_and_floats_do_the_same(histogram in exponential(), max_empty_buckets in 0..3_usize, coarser in 1..4_i32) {
        let whole = |side: &Side<f64>| {
            let mut previous = 0;
            let difference = |&count: &f64| count as i64 - std::mem::replace(&mut previous, count as i64);
            Side { spans: side.spans.clone(), buckets: side.buckets.iter().map(difference).collect() }
        };
        let mut integer = Histogram {
            counter_reset_hint: histogram.counter_reset_hint,
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold,
            zero_count: histogram.zero_count as u64,
            count: histogram.count as u64,
            sum: histogram.sum,
            positive: whole(&histogram.positive),
            negative: whole(&histogram.negative),
            custom_values: None,
        };
        integer.validate().unwrap();
        prop_assert_eq!(&integer.to_float(), &histogram);
        prop_assert_eq!(integer.to_string(), FloatHistogram { count: 0.0, ..histogram.clone() }.to_string().replace("count:0", &format!("count:{}", integer.count)));
        let mut float = histogram;
        let target = Schema::new(float.schema.number() - coarser);
        integer.reduce_resolution(target).unwrap();
        float.reduce_resolution(target).unwrap();
        prop_assert_eq!(&integer.to_float(), &float);
        integer.compact(max_empty_buckets);
        float.compact(max_empty_buckets);
        prop_assert_eq!(&integer.to_float(), &float);
    }

    #[test]
    fn less_resolution_keeps_count_and_bounds(histogram in exponential(), coarser in 1..5_i32) {
        let target = Schema::new(histogram.schema.number() - coarser);
        let found = histogram.to_schema(target).unwrap();
        prop_assert_eq!((found.count, found.sum, total(&found)), (histogram.count, histogram.sum, total(&histogram)));
        for (coarse, fine) in [(found.positive_buckets().collect::<Vec<_>>(), histogram.positive_buckets().collect::<Vec<_>>()), (found.negative_buckets().collect(), histogram.negative_buckets().collect())] {
            for bucket in coarse {
                let within = fine.iter().filter(|fine| fine.lower >= bucket.lower && fine.upper <= bucket.upper);
                prop_assert_eq!(within.map(|fine| fine.count).sum::<f64>(), bucket.count);
            }
        }
    }

    #[test]
    fn quantiles_rise_with_phi(histogram in populated(), phis in prop::collection::vec(0.0..=1.0, 2..20)) {
        // Below a half the walk is upward, above downward: the two can differ by what rounding makes of a rank.
        let mut phis = phis;
        phis.sort_by(f64::total_cmp);
        let values: Vec<f64> = phis.iter().map(|&phi| histogram.quantile(phi).value).collect();
        for pair in values.windows(2) {
            prop_assert!(pair[0] <= pair[1] + 1e-9 * pair[1].abs(), "{:?} of {}", pair, histogram);
        }
    }

    #[test]
    fn a_fraction_is_the_inverse_of_a_quantile(histogram in populated(), phi in 0.001..0.999) {
        let value = histogram.quantile(phi).value;
        // Strictly within a bucket that is finite both are interpolations.
        let bucket = histogram.all_buckets().find(|bucket| bucket.lower < value && value < bucket.upper);
        let narrowed = histogram.has_custom_bounds() && bucket.is_some_and(|bucket| bucket.lower <= 0.0 && bucket.upper >= 0.0);
        prop_assume!(bucket.is_some_and(|bucket| bucket.lower.is_finite() && bucket.upper.is_finite()) && !narrowed);
        let found = histogram.fraction(f64::NEG_INFINITY, value).value;
        prop_assert!((found - phi).abs() < 1e-9, "{} is not {} at {} of {}", found, phi, value, histogram);
    }

    #[test]
    fn both_sides_of_a_cut_are_the_whole(histogram in exponential(), value in -50.0..50.0_f64) {
        let (mut below, mut above) = (histogram.clone(), histogram.clone());
        below.keep_below(value);
        above.keep_above(value);
        prop_assert!((below.count + above.count - histogram.count).abs() < 1e-9 * (1.0 + histogram.count));
        prop_assert!((total(&below) - below.count).abs() < 1e-9 * (1.0 + histogram.count));
        let share = histogram.fraction(f64::NEG_INFINITY, value).value;
        let touches = histogram.zero_count > 0.0 && value.abs() < histogram.zero_threshold;
        // Only the rule for the zero bucket differs: whether buckets have to hold something.
        let overlaps = histogram.all_buckets().any(|bucket| bucket.lower > bucket.upper)
            || histogram.positive_buckets().chain(histogram.negative_buckets())
                .any(|bucket| bucket.lower.abs().min(bucket.upper.abs()) < histogram.zero_threshold);
        if histogram.count > 0.0 && !touches && !overlaps {
            prop_assert!((share * histogram.count - below.count).abs() < 1e-9 * (1.0 + histogram.count));
        }
    }

    #[test]
    fn what_is_printed_is_read_again(histogram in prop_oneof![exponential(), custom()]) {
        let mut expected = histogram.clone();
        expected.compact(usize::MAX);
        if expected.has_custom_bounds() && expected.custom_bounds().is_empty() {
            return Ok(());
        }
        let found: FloatHistogram = histogram.to_notation().parse().unwrap();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\{\\{[a-z_:\\[\\]0-9. x+-]{0,40}(\\}\\})?") {
        let _ = emberdb_histogram::parse_sequence(&text);
    }

    #[test]
    fn a_mean_is_that_of_the_plain_algorithm(first in exponential(), others in prop::collection::vec(exponential(), 0..5), is_huge in any::<bool>()) {
        let huge = |mut histogram: FloatHistogram| {
            if is_huge {
                // Each is near the limit by itself; two are over it.
                histogram.scale(1e308 / histogram.count.max(1000.0));
            }
            histogram
        };
        let (first, others): (_, Vec<_>) = (huge(first), others.into_iter().map(huge).collect());
        let mut mean = HistogramMean::new(first.clone());
        for other in &others {
            let _ = mean.add(other).unwrap();
        }
        let (found, expected) = (mean.into_mean(), plain_mean(first, &others));
        prop_assert!(found.has_same_data(&expected), "{:?}\n{:?}", found, expected);
        prop_assert!(!found.has_overflow());
    }

    #[test]
    fn nothing_panics_on_garbage(left in garbage(), right in garbage(), value in number(), schema in -60..60_i32, index in any::<i32>()) {
        let _ = (left.validate(), left.to_string(), left.classic_buckets().is_ok(), left.has_same_data(&right));
        let _ = (left.is_reset_after(&right), left.standard_deviation(), left.is_almost(&right, 0.1));
        let _ = (left.quantile(value), left.fraction(value, f64::INFINITY), left.all_buckets().rev().count());
        for operation in [FloatHistogram::add_assign, FloatHistogram::sub_assign] {
            let _ = operation(&mut left.clone(), &right).is_ok();
        }
        let mut sum = HistogramSum::new(left.clone());
        let _ = (sum.add(&right).is_ok(), sum.add(&right).is_ok(), sum.into_total().accept_schema().is_ok());
        let schema = Schema::new(schema);
        let _ = (left.to_schema(schema).is_ok(), schema.bound(index), schema.index_above(value), schema.accepted().is_ok());
        for mut changed in [left.clone(), right] {
            changed.keep_below(value);
            changed.keep_above(-value);
            changed.compact(3);
            changed.clone_from(&left);
            prop_assert_eq!(format!("{changed:?}"), format!("{left:?}"));
        }
        let integer = Histogram {
            schema: left.schema,
            positive: Side { spans: left.positive.spans, buckets: vec![1, i64::MAX, i64::MIN, -5] },
            custom_values: left.custom_values,
            ..Histogram::default()
        };
        let _ = (integer.validate(), integer.to_float(), integer.to_string(), integer.cumulative_buckets().take(9).count());
    }
}
