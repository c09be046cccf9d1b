//! Logarithms, by Sun's `fdlibm`.
//!
//! All reduce to `ln(2^k (1 + f)) = k ln 2 + ln(1 + f)` with `√2/2 ≤ 1 + f < √2` and a polynomial in `f / (2 + f)`.

use super::polynomial;

/// ln 2 in two parts: the higher has so few bits that its product with an exponent is exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Remez coefficients of `(ln(1 + f) - 2s) / s` in `s²`, `s = f / (2 + f)`, from the lowest power.
const COEFFICIENTS: [f64; 7] = [
    0.666_666_666_666_673_5,
    0.399_999_999_994_094_2,
    0.285_714_287_436_623_9,
    0.222_221_984_321_497_84,
    0.181_835_721_616_180_5,
    0.153_138_376_992_093_73,
    0.147_981_986_051_165_86,
];

const MANTISSA: u64 = (1 << 52) - 1;

/// The mantissa of √2, rounded up.
const SQRT_2_MANTISSA: u64 = 0x6_a09e_667f_3bcd;

/// The natural logarithm.
///
/// It takes the exponent of a subnormal number at its word and so gives about -709 for all of them.
#[must_use]
pub fn ln(x: f64) -> f64 {
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x.is_infinite() {
        return x;
    }
    let bits = x.to_bits();
    let mut fraction = f64::from_bits(bits & MANTISSA | 0.5f64.to_bits());
    let mut exponent = ((bits >> 52) as i32 - 1022) as f64;
    if fraction <= std::f64::consts::FRAC_1_SQRT_2 {
        fraction *= 2.0;
        exponent -= 1.0;
    }
    let f = fraction - 1.0;
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let [l1, l2, l3, l4, l5, l6, l7] = COEFFICIENTS;
    // Odd and even powers apart; the order of the operations decides the last bit.
    let rest = s2 * (l1 + s4 * (l3 + s4 * (l5 + s4 * l7))) + s4 * (l2 + s4 * (l4 + s4 * l6));
    let half_square = 0.5 * f * f;
    exponent * LN_2_HIGH - ((half_square - (s * (half_square + rest) + exponent * LN_2_LOW)) - f)
}

/// To base 2; exact for powers of 2.
#[must_use]
pub fn log2(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 || x.is_infinite() {
        return ln(x);
    }
    // Here upstream does normalize.
    let (normal, shift) = if x < f64::MIN_POSITIVE { (x * (1u64 << 52) as f64, 52) } else { (x, 0) };
    let bits = normal.to_bits();
    let exponent = (bits >> 52) as i32 - 1022 - shift;
    let fraction = f64::from_bits(bits & MANTISSA | 0.5f64.to_bits());
    if fraction == 0.5 {
        return f64::from(exponent - 1);
    }
    ln(fraction) * std::f64::consts::LOG2_E + f64::from(exponent)
}

/// To base 10.
#[must_use]
pub fn log10(x: f64) -> f64 {
    ln(x) * std::f64::consts::LOG10_E
}

/// The natural logarithm of `1 + x`, without the loss of digits near zero.
#[must_use]
pub fn ln_1p(x: f64) -> f64 {
    const TINY: f64 = 1.0 / (1_u64 << 54) as f64;
    const SMALL: f64 = 1.0 / (1_u64 << 29) as f64;
    if x.is_nan() || x < -1.0 {
        f64::NAN
    } else if x == -1.0 {
        f64::NEG_INFINITY
    } else if x == f64::INFINITY || x.abs() < TINY {
        x
    } else if x.abs() < SMALL {
        x - x * x * 0.5
    } else {
        ln_of_sum(x)
    }
}

fn ln_of_sum(x: f64) -> f64 {
    const NEARLY_ZERO: f64 = -1.0 / (1_u64 << 51) as f64;
    let Reduced { f, exponent, correction } = Reduced::of_one_and(x);
    let half_square = 0.5 * f * f;
    let low = exponent * LN_2_LOW + correction;
    // Three floats below a power of two, and it itself, need no division.
    if f <= 0.0 && f > NEARLY_ZERO && exponent != 0.0 {
        if f == 0.0 {
            return exponent * LN_2_HIGH + low;
        }
        let rest = half_square * (1.0 - 0.666_666_666_666_666_6 * f);
        return exponent * LN_2_HIGH - ((rest - low) - f);
    }
    let s = f / (2.0 + f);
    let square = s * s;
    let [l1, l2, l3, l4, l5, l6, l7] = COEFFICIENTS;
    let rest = square * polynomial(square, [l7, l6, l5, l4, l3, l2, l1]);
    if exponent == 0.0 {
        f - (half_square - s * (half_square + rest))
    } else {
        exponent * LN_2_HIGH - ((half_square - (s * (half_square + rest) + low)) - f)
    }
}

/// `1 + x` as `2^exponent (1 + f)`.
struct Reduced {
    f: f64,
    exponent: f64,
    /// What the logarithm lacks because `1 + x` is rounded.
    correction: f64,
}

impl Reduced {
    fn of_one_and(x: f64) -> Self {
        if -0.292_893_218_813_452_5 < x && x < 0.414_213_562_373_095_03 {
            return Self { f: x, exponent: 0.0, correction: 0.0 };
        }
        let is_rounded = x.abs() < (1_u64 << 53) as f64;
        let sum = if is_rounded { 1.0 + x } else { x };
        let bits = sum.to_bits();
        let exponent = (bits >> 52) as i32 - 1023;
        let correction = match (is_rounded, exponent > 0) {
            (false, _) => 0.0,
            (true, true) => (1.0 - (sum - x)) / sum,
            (true, false) => (x - (sum - 1.0)) / sum,
        };
        let mantissa = bits & MANTISSA;
        let (one, exponent) =
            if mantissa < SQRT_2_MANTISSA { (1.0_f64, exponent) } else { (0.5_f64, exponent + 1) };
        let reduced = f64::from_bits(mantissa | one.to_bits());
        Self { f: reduced - 1.0, exponent: f64::from(exponent), correction }
    }
}

#[cfg(test)]
mod tests {
    use super::{ln, log2, log10};
    use proptest::prelude::*;

    #[test]
    fn what_upstream_answered() {
        assert_eq!(log10(5e-324), -307.953_685_564_252_8);
        assert_eq!((ln(1.0), log2(8.0), log2(5e-324)), (0.0, 3.0, -1074.0));
        assert_eq!(
            (ln(0.0), ln(-0.0), ln(f64::INFINITY)),
            (f64::NEG_INFINITY, f64::NEG_INFINITY, f64::INFINITY)
        );
        assert!(ln(-1.0).is_nan() && log2(-1.0).is_nan() && log10(f64::NAN).is_nan());
    }

    proptest! {
        #[test]
        fn at_most_a_few_bits_from_the_platform(x in prop::num::f64::POSITIVE | prop::num::f64::NORMAL) {
            prop_assume!(x > 0.0);
            for (ours, theirs) in [(ln(x), x.ln()), (log2(x), x.log2()), (log10(x), x.log10())] {
                prop_assert!((ours - theirs).abs() <= 4.0 * f64::EPSILON * theirs.abs().max(1.0), "{ours} {theirs}");
            }
        }
    }
}
