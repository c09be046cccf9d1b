//! Logarithm and exponential to base 2, to the bit as upstream has them on x86, where its library does not use those of
//! C: quantiles are compared with those of other programs.
//!
//! Both are Sun's `fdlibm` on a reduced argument; the order of the operations decides the last bit.

use std::f64::consts::{FRAC_1_SQRT_2, LOG2_E};

use crate::schema::{MANTISSAS, position};

/// ln 2 in two parts: the higher has so few bits that its product with an exponent is exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

const MANTISSA_BITS: u64 = (1 << 52) - 1;

/// The logarithm to base 2; exact for powers of 2.
pub(crate) fn log2(x: f64) -> f64 {
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x.is_infinite() {
        return x;
    }
    let (normal, shift) = if x < f64::MIN_POSITIVE { (x * (1_u64 << 52) as f64, 52) } else { (x, 0) };
    let bits = normal.to_bits();
    let exponent = (bits >> 52) as i32 - 1022 - shift;
    let fraction = f64::from_bits(bits & MANTISSA_BITS | 0.5_f64.to_bits());
    if fraction == 0.5 {
        return f64::from(exponent - 1);
    }
    ln(fraction) * LOG2_E + f64::from(exponent)
}

/// The logarithm to base 2 of a bucket's bound: the same as [`log2`], looked up where that is possible.
///
/// Bounds of exponential buckets have one of few mantissas. A quantile needs two of their logarithms, which would take
/// longer than adding up a hundred buckets.
#[inline]
pub(crate) fn log2_of_bound(bound: f64) -> f64 {
    let bits = bound.to_bits();
    // Of a negative number it is too large.
    let biased_exponent = (bits >> 52) as i32;
    match (1..0x7ff).contains(&biased_exponent).then(|| position(bits & MANTISSA_BITS)).flatten() {
        Some(position) => LOGARITHMS[position] + f64::from(biased_exponent - 1022),
        None => log2(bound),
    }
}

/// The logarithms to base 2 of 1/2 to 1, at the mantissas that bounds have.
static LOGARITHMS: [f64; MANTISSAS.len()] = {
    // That of 1/2 is exact, the others are rounded as in `log2`.
    let mut logarithms = [-1.0; MANTISSAS.len()];
    let mut position = 1;
    while position < MANTISSAS.len() {
        let fraction = f64::from_bits(MANTISSAS[position] | 0.5_f64.to_bits());
        logarithms[position] = ln(fraction) * LOG2_E;
        position += 1;
    }
    logarithms
};

/// The natural logarithm of a number from 0.5 to 1: `ln(1 + f)`, or `ln(2 (1 + f)) - ln 2`, with `√2/2 ≤ 1 + f < √2`,
/// by a polynomial in `f / (2 + f)`.
const fn ln(fraction: f64) -> f64 {
    let (reduced, exponent) =
        if fraction <= FRAC_1_SQRT_2 { (2.0 * fraction, -1.0) } else { (fraction, 0.0) };
    let f = reduced - 1.0;
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let odd = s2
        * (0.666_666_666_666_673_5
            + s4 * (0.285_714_287_436_623_9
                + s4 * (0.181_835_721_616_180_5 + s4 * 0.147_981_986_051_165_86)));
    let even =
        s4 * (0.399_999_999_994_094_2 + s4 * (0.222_221_984_321_497_84 + s4 * 0.153_138_376_992_093_73));
    let rest = odd + even;
    let half_square = 0.5 * f * f;
    exponent * LN_2_HIGH - ((half_square - (s * (half_square + rest) + exponent * LN_2_LOW)) - f)
}

/// 2 to the power of `x`.
pub(crate) fn exp2(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x > 1_023.999_999_999_999_9 {
        return f64::INFINITY;
    }
    if x < -1074.0 {
        return 0.0;
    }
    // x = whole + t with |t| ≤ 1/2; 2^t = e^(high - low).
    let whole = (x + f64::copysign(0.5, x)).trunc();
    let t = x - whole;
    let (high, low) = (t * LN_2_HIGH, -t * LN_2_LOW);
    let r = high - low;
    let r2 = r * r;
    let c = r - r2
        * (0.166_666_666_666_666_66
            + r2 * (-0.002_777_777_777_701_559_3
                + r2 * (6.613_756_321_437_934e-5
                    + r2 * (-1.653_390_220_546_525_2e-6 + r2 * 4.138_136_797_057_238_5e-8))));
    let power = 1.0 - ((low - (r * c) / (2.0 - c)) - high);
    scaled(power, whole as i32)
}

/// `x × 2^exponent` for an `x` around 1, rounded once.
fn scaled(x: f64, exponent: i32) -> f64 {
    let power = |exponent: i32| f64::from_bits(((exponent + 1023) as u64) << 52);
    match exponent {
        ..-1022 => x * power(exponent + 53) * power(-53),
        1024.. => x * power(1023) * 2.0,
        _ => x * power(exponent),
    }
}

#[cfg(test)]
mod tests {
    use super::{exp2, log2, log2_of_bound};
    use proptest::prelude::*;

    #[test]
    fn logarithms_of_bounds_are_those_of_any_number() {
        for schema in (-4..=8).map(crate::Schema::new) {
            let bounds = (-300_000..=300_000).step_by(7).chain(-600..600).map(|index| schema.bound(index));
            for bound in bounds.flat_map(|bound| [bound, bound.next_up(), bound.next_down(), -bound]) {
                assert_eq!(log2_of_bound(bound).to_bits(), log2(bound).to_bits(), "{bound:e}");
            }
        }
        for other in [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX, 5e-324, 0.3] {
            assert_eq!(log2_of_bound(other).to_bits(), log2(other).to_bits(), "{other:e}");
        }
    }

    #[test]
    fn powers_of_two_are_exact() {
        for exponent in -1074..1024 {
            let power = crate::Schema::new(0).bound(exponent);
            assert_eq!(log2(power), f64::from(exponent));
            assert_eq!(exp2(f64::from(exponent)), power);
        }
        assert_eq!((log2(0.0), log2(f64::INFINITY)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!(log2(-1.0).is_nan() && log2(f64::NAN).is_nan() && exp2(f64::NAN).is_nan());
        assert_eq!((exp2(1024.0), exp2(f64::INFINITY)), (f64::INFINITY, f64::INFINITY));
        assert_eq!((exp2(-1075.0), exp2(f64::NEG_INFINITY)), (0.0, 0.0));
    }

    proptest! {
        #[test]
        fn at_most_a_few_bits_from_the_platform(x in prop::num::f64::POSITIVE | prop::num::f64::NORMAL, y in -1000.0..1000.0) {
            if x > 0.0 {
                prop_assert!((log2(x) - x.log2()).abs() <= 4.0 * f64::EPSILON * x.log2().abs().max(1.0));
            }
            prop_assert!((exp2(y) - y.exp2()).abs() <= 4.0 * f64::EPSILON * y.exp2());
        }
    }
}
