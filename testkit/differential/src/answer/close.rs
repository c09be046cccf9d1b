//! Numbers that count as the same.

/// Two numbers count as the same if they are not farther apart than this part of the larger.
pub const RELATIVE_DIFFERENCE_MAX: f64 = 1e-9;

/// How alike two numbers, or two answers, are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closeness {
    /// All bits.
    Bits,
    /// Within [`RELATIVE_DIFFERENCE_MAX`]; two zeros of different sign, too.
    Near,
    /// Farther apart.
    Far,
}

impl Closeness {
    /// Of two numbers as the API writes them, which knows one NaN.
    #[must_use]
    pub fn of(a: f64, b: f64) -> Self {
        if a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()) {
            return Self::Bits;
        }
        // Halves: the difference of the two ends of the number line would be infinite.
        let (difference, larger) = ((a / 2.0 - b / 2.0).abs(), a.abs().max(b.abs()));
        let is_near =
            a == b || (larger.is_finite() && difference <= larger * (RELATIVE_DIFFERENCE_MAX / 2.0));
        if is_near { Self::Near } else { Self::Far }
    }
}

#[cfg(test)]
mod tests {
    use super::Closeness::{self, Bits, Far, Near};

    #[test]
    fn what_is_near() {
        for (a, b, wanted) in [
            (1.0, 1.0, Bits),
            (f64::NAN, -f64::NAN, Bits),
            (f64::INFINITY, f64::INFINITY, Bits),
            (0.0, -0.0, Near),
            (1.0, 1.0 + 1e-15, Near),
            (1e300, 1e300 * (1.0 - 0.9e-9), Near),
            (f64::MAX, f64::MIN, Far),
            (f64::INFINITY, f64::MAX, Far),
            (f64::INFINITY, f64::NEG_INFINITY, Far),
            (f64::NAN, 0.0, Far),
            (0.0, 1e-300, Far),
            (1.0, 1.0 + 1.1e-9, Far),
            (1.0, -1.0, Far),
        ] {
            assert_eq!((Closeness::of(a, b), Closeness::of(b, a)), (wanted, wanted), "{a} {b}");
        }
    }
}
