//! The quantile of a slice, as `quantile` and `quantile_over_time` define it.

/// The φ-quantile of the values, linear between the two nearest ranks; NaN counts as the smallest value.
///
/// Without values, or for φ = NaN, it is NaN; below 0 and above 1 it is an infinity. Reorders the values.
///
/// ```
/// use emberdb_promql_engine::function::quantile;
///
/// assert_eq!(quantile(0.5, &mut [4.0, 1.0, 3.0, 2.0]), 2.5);
/// ```
#[must_use]
pub fn quantile(phi: f64, values: &mut [f64]) -> f64 {
    let ranks = match Ranks::of(phi, values.len()) {
        Ok(ranks) => ranks,
        Err(answer) => return answer,
    };
    let by_key = |left: &f64, right: &f64| sort_key(*left).cmp(&sort_key(*right));
    let (_, &mut lower, above) = values.select_nth_unstable_by(ranks.lower, by_key);
    let upper = if ranks.upper > ranks.lower {
        above.iter().copied().min_by(|left, right| by_key(left, right)).unwrap_or(lower)
    } else {
        lower
    };
    ranks.between(lower, upper)
}

/// The same over [sort keys](sort_key) that are in order.
pub(super) fn quantile_of_sorted(phi: f64, keys: &[i64]) -> f64 {
    match Ranks::of(phi, keys.len()) {
        Ok(ranks) => ranks.between(sort_key_value(keys[ranks.lower]), sort_key_value(keys[ranks.upper])),
        Err(answer) => answer,
    }
}

/// A number that sorts as the value does: NaN before all, `-0` before `0`.
#[inline]
pub(super) fn sort_key(value: f64) -> i64 {
    if value.is_nan() {
        return i64::MIN;
    }
    let bits = value.to_bits() as i64;
    // Negative floats sort backwards by their bits: turn all but the sign around.
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// The value of a [`sort_key`]; every NaN comes back as the usual one.
#[inline]
pub(super) fn sort_key_value(key: i64) -> f64 {
    if key == i64::MIN {
        return f64::NAN;
    }
    f64::from_bits((key ^ (((key >> 63) as u64) >> 1) as i64) as u64)
}

/// The two ranks next to a quantile, and the share of the upper one.
struct Ranks {
    lower: usize,
    upper: usize,
    weight: f64,
}

impl Ranks {
    /// The ranks among `count` values, or the answer where it does not depend on them.
    fn of(phi: f64, count: usize) -> Result<Self, f64> {
        if count == 0 || phi.is_nan() {
            return Err(f64::NAN);
        }
        if phi < 0.0 {
            return Err(f64::NEG_INFINITY);
        }
        if phi > 1.0 {
            return Err(f64::INFINITY);
        }
        let rank = phi * (count - 1) as f64;
        let lower = (rank.floor().max(0.0) as usize).min(count - 1);
        Ok(Self { lower, upper: (lower + 1).min(count - 1), weight: rank - rank.floor() })
    }

    fn between(&self, lower: f64, upper: f64) -> f64 {
        lower * (1.0 - self.weight) + upper * self.weight
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{quantile, quantile_of_sorted, sort_key, sort_key_value};

    /// Sort, then look up.
    fn naive(phi: f64, values: &[f64]) -> f64 {
        if values.is_empty() || phi.is_nan() {
            return f64::NAN;
        }
        if !(0.0..=1.0).contains(&phi) {
            return if phi < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
        }
        let (mut numbers, mut sorted): (Vec<f64>, Vec<f64>) =
            values.iter().partition(|value| !value.is_nan());
        numbers.sort_by(f64::total_cmp);
        sorted.extend(numbers);
        let rank = phi * (sorted.len() - 1) as f64;
        let lower = rank.floor() as usize;
        let upper = (lower + 1).min(sorted.len() - 1);
        let weight = rank - rank.floor();
        sorted[lower] * (1.0 - weight) + sorted[upper] * weight
    }

    proptest! {
        #[test]
        fn selecting_finds_what_sorting_finds(
            mut values in prop::collection::vec(
                prop_oneof![
                    4 => any::<f64>(),
                    4 => (-5..5i8).prop_map(f64::from),
                    1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, -0.0]),
                ],
                0..40,
            ),
            phi in prop_oneof![8 => 0.0..=1.0f64, 1 => prop::sample::select(vec![-0.1, 1.1, f64::NAN, 0.0, 1.0, 0.5])],
        ) {
            let expected = naive(phi, &values);
            let mut keys: Vec<_> = values.iter().map(|&value| sort_key(value)).collect();
            keys.sort_unstable();
            for found in [quantile_of_sorted(phi, &keys), quantile(phi, &mut values)] {
                prop_assert!(
                    found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan(),
                    "{} is not {}", found, expected
                );
            }
        }

        #[test]
        fn a_key_comes_back_as_its_value(left in any::<f64>(), right in any::<f64>()) {
            prop_assert_eq!(sort_key_value(sort_key(left)).to_bits(), left.to_bits());
            prop_assert_eq!(sort_key(left).cmp(&sort_key(right)), left.total_cmp(&right));
        }
    }
}
