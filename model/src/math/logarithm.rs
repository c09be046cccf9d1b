//! Logarithms to the bit as upstream has them on x86, where its library does not use the one of C.
//!
//! Both reduce to `ln(2^k (1 + f)) = k ln 2 + ln(1 + f)` with `√2/2 ≤ 1 + f < √2` and a polynomial in `f / (2 + f)`
//! (Sun's `__ieee754_log`); this one takes the exponent of a subnormal number at its word and so gives about -709 for
//! all of them.

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

/// The natural logarithm.
pub(super) fn ln(x: f64) -> f64 {
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
pub(super) fn log2(x: f64) -> f64 {
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
pub(super) fn log10(x: f64) -> f64 {
    ln(x) * std::f64::consts::LOG10_E
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
