//! Minimum and maximum of two numbers with upstream's rules for what has no order.

/// The greater of two numbers: `+Inf` before all, then NaN; `0` is greater than `-0`.
#[inline]
#[must_use]
pub fn greater_of(left: f64, right: f64) -> f64 {
    if left == f64::INFINITY || right == f64::INFINITY {
        f64::INFINITY
    } else if left.is_nan() || right.is_nan() {
        f64::NAN
    } else if left == right {
        if left.is_sign_negative() { right } else { left }
    } else if left > right {
        left
    } else {
        right
    }
}

/// The lesser of two numbers: `-Inf` before all, then NaN; `-0` is less than `0`.
#[inline]
#[must_use]
pub fn lesser_of(left: f64, right: f64) -> f64 {
    -greater_of(-left, -right)
}

#[cfg(test)]
mod tests {
    use super::{greater_of, lesser_of};

    #[test]
    fn infinity_comes_before_nan_and_zeros_have_an_order() {
        assert_eq!(greater_of(f64::NAN, f64::INFINITY), f64::INFINITY);
        assert_eq!(lesser_of(f64::NEG_INFINITY, f64::NAN), f64::NEG_INFINITY);
        assert!(greater_of(f64::NAN, f64::NEG_INFINITY).is_nan());
        assert!(lesser_of(1.0, f64::NAN).is_nan());
        for (left, right) in [(0.0, -0.0), (-0.0, 0.0)] {
            assert!(greater_of(left, right).is_sign_positive());
            assert!(lesser_of(left, right).is_sign_negative());
        }
        assert_eq!((greater_of(2.0, 3.0), lesser_of(2.0, 3.0)), (3.0, 2.0));
    }
}
