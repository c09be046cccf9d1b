//! The exponential function.

use std::f64::consts::LOG2_E;

use super::power_of_two;

/// Above this e^x is no finite number.
const LARGEST: f64 = 709.782_712_893_384;

/// ln 2 in two parts: the higher has so few bits that its product with an exponent is exact.
const LN_2_HIGH: f64 = 0.693_147_180_559_663;
const LN_2_LOW: f64 = 2.823_529_056_303_157_7e-13;

/// 1/8!, 1/7! and so on: the coefficients of the Taylor series, but for two.
const RECIPROCAL_FACTORIALS: [f64; 8] = [
    2.480_158_730_158_73e-5,
    0.000_198_412_698_412_698_4,
    0.001_388_888_888_888_889,
    0.008_333_333_333_333_333,
    0.041_666_666_666_666_664,
    0.166_666_666_666_666_66,
    0.5,
    1.0,
];

/// e to the power of `x`: infinite from 709.44 on already, since the power of two is taken from the result at last.
///
/// Multiplications and additions are fused, as upstream has them on all x86 processors since 2013.
#[must_use]
pub fn exp(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x > LARGEST {
        return f64::INFINITY;
    }
    // x = exponent ln 2 + 16 r. Numbers that are too low become the lowest exponent.
    let whole = (x * LOG2_E).round_ties_even().max(f64::from(i32::MIN));
    let r = (-LN_2_LOW).mul_add(whole, (-LN_2_HIGH).mul_add(whole, x)) * 0.0625;
    scaled(sixteenth_power(r), whole as i32)
}

/// e^16r, by the series of e^r - 1 and four squarings: (1 + y)² - 1 = y (y + 2).
fn sixteenth_power(r: f64) -> f64 {
    let [highest, rest @ ..] = RECIPROCAL_FACTORIALS;
    let mut y = r * rest.iter().fold(highest, |sum, coefficient| sum.mul_add(r, *coefficient));
    for _ in 0..3 {
        y *= y + 2.0;
    }
    y.mul_add(y + 2.0, 1.0)
}

/// `x × 2^exponent` for an `x` around 1.
fn scaled(x: f64, exponent: i32) -> f64 {
    match exponent {
        ..-1075 => 0.0,
        // Once to the largest subnormal powers and then, with the only rounding, to the exponent.
        -1075..=-1023 => x * power_of_two(exponent + 1022) * power_of_two(-1022),
        -1022..=1023 => x * power_of_two(exponent),
        1024.. => f64::INFINITY,
    }
}
