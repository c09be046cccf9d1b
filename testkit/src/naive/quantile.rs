//! The quantile of a list of numbers.

/// The φ-quantile, linear between neighbours, with NaN as the smallest number. -Inf and +Inf for φ below 0 and above 1;
/// NaN for no numbers or φ NaN.
pub(super) fn quantile(phi: f64, values: &[f64]) -> f64 {
    if values.is_empty() || phi.is_nan() {
        return f64::NAN;
    }
    if phi < 0.0 {
        return f64::NEG_INFINITY;
    }
    if phi > 1.0 {
        return f64::INFINITY;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| {
        b.is_nan().cmp(&a.is_nan()).then(a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal))
    });
    let last = (sorted.len() - 1) as f64;
    let rank = phi * last;
    let lower = rank.floor().max(0.0);
    let upper = (lower + 1.0).min(last);
    let weight = rank - rank.floor();
    sorted[lower as usize] * (1.0 - weight) + sorted[upper as usize] * weight
}

/// Whether φ is no quantile.
pub(super) fn is_invalid(phi: f64) -> bool {
    !(0.0..=1.0).contains(&phi)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_neighbours_and_nan_first() {
        assert_eq!(quantile(0.5, &[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(quantile(0.0, &[1.0, f64::NAN]).is_nan());
        assert_eq!(quantile(1.0, &[1.0, f64::NAN]), 1.0);
        assert_eq!(quantile(-0.1, &[1.0]), f64::NEG_INFINITY);
    }
}
