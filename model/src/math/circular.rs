//! Sine, cosine and tangent, by Cephes' approximations within an eighth of a turn.

use super::{monic, octant::reduced, polynomial, signed};

/// The sine of an angle in radians.
#[must_use]
pub fn sin(x: f64) -> f64 {
    if x == 0.0 || x.is_nan() {
        return x;
    }
    if x.is_infinite() {
        return f64::NAN;
    }
    let (octant, rest) = reduced(x.abs());
    let quarter = octant / 2;
    let magnitude = if quarter % 2 == 1 { small_cos(rest) } else { small_sin(rest) };
    signed(magnitude, (x < 0.0) != (quarter >= 2))
}

/// The cosine of an angle in radians.
#[must_use]
pub fn cos(x: f64) -> f64 {
    if !x.is_finite() {
        return f64::NAN;
    }
    let (octant, rest) = reduced(x.abs());
    let quarter = octant / 2;
    let magnitude = if quarter % 2 == 1 { small_sin(rest) } else { small_cos(rest) };
    signed(magnitude, matches!(quarter, 1 | 2))
}

/// The tangent of an angle in radians.
#[must_use]
pub fn tan(x: f64) -> f64 {
    if x == 0.0 || x.is_nan() {
        return x;
    }
    if x.is_infinite() {
        return f64::NAN;
    }
    let (octant, rest) = reduced(x.abs());
    let tangent = small_tan(rest);
    signed(if octant & 2 == 2 { -1.0 / tangent } else { tangent }, x < 0.0)
}

/// Of an angle from -π/4 to π/4, as the next two.
fn small_sin(z: f64) -> f64 {
    const COEFFICIENTS: [f64; 6] = [
        1.589_623_015_765_465_6e-10,
        -2.505_074_776_285_780_7e-8,
        2.755_731_362_138_572_2e-6,
        -0.000_198_412_698_295_895_4,
        0.008_333_333_333_322_118,
        -0.166_666_666_666_666_3,
    ];
    let square = z * z;
    z + z * square * polynomial(square, COEFFICIENTS)
}

fn small_cos(z: f64) -> f64 {
    const COEFFICIENTS: [f64; 6] = [
        -1.135_853_652_138_768_2e-11,
        2.087_570_084_197_473e-9,
        -2.755_731_417_929_674e-7,
        2.480_158_728_885_170_4e-5,
        -0.001_388_888_888_887_305_6,
        0.041_666_666_666_666_595,
    ];
    let square = z * z;
    1.0 - 0.5 * square + square * square * polynomial(square, COEFFICIENTS)
}

fn small_tan(z: f64) -> f64 {
    const ABOVE: [f64; 3] = [-13_093.693_918_138_379, 1_153_516.648_385_874_2, -17_956_525.197_648_488];
    const BELOW: [f64; 4] =
        [13_681.296_347_069_296, -1_320_892.344_402_109_7, 25_008_380.182_335_79, -53_869_575.592_945_464];
    let square = z * z;
    if square > 1e-14 { z + z * (square * polynomial(square, ABOVE) / monic(square, BELOW)) } else { z }
}
