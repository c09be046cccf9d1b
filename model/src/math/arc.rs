//! The inverse circular functions, all by the arc tangent of Cephes.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use super::{monic, polynomial, signed};

/// What π/2 has beyond its float.
const FRAC_PI_2_MORE: f64 = 6.123_233_995_736_766e-17;

/// The tangent of 3π/8.
const TAN_3_PI_8: f64 = 2.414_213_562_373_095;

/// The angle whose sine is `x`.
#[must_use]
pub fn asin(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    let sine = x.abs();
    if sine > 1.0 {
        return f64::NAN;
    }
    let cosine = (1.0 - sine * sine).sqrt();
    let angle =
        if sine > 0.7 { FRAC_PI_2 - positive_atan(cosine / sine) } else { positive_atan(sine / cosine) };
    signed(angle, x < 0.0)
}

/// The angle whose cosine is `x`.
#[must_use]
pub fn acos(x: f64) -> f64 {
    FRAC_PI_2 - asin(x)
}

/// The angle whose tangent is `x`.
#[must_use]
pub fn atan(x: f64) -> f64 {
    if x == 0.0 { x } else { signed(positive_atan(x.abs()), x < 0.0) }
}

/// The angle to the point at `x` and `y`.
#[must_use]
pub fn atan2(y: f64, x: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    if y == 0.0 {
        return if x.is_sign_negative() { PI.copysign(y) } else { y };
    }
    if x == 0.0 {
        return FRAC_PI_2.copysign(y);
    }
    if x.is_infinite() || y.is_infinite() {
        return to_infinity(y, x).copysign(y);
    }
    let angle = atan(y / x);
    if x > 0.0 {
        angle
    } else if angle <= 0.0 {
        angle + PI
    } else {
        angle - PI
    }
}

/// Without the sign.
fn to_infinity(y: f64, x: f64) -> f64 {
    match (y.is_infinite(), x.is_infinite()) {
        (true, true) if x > 0.0 => FRAC_PI_4,
        (true, true) => 3.0 * PI / 4.0,
        (true, false) => FRAC_PI_2,
        (false, _) if x > 0.0 => 0.0,
        (false, _) => PI,
    }
}

/// Of a number that is not below zero: that of a smaller one, turned by π/2 or by π/4.
fn positive_atan(x: f64) -> f64 {
    if x <= 0.66 {
        small_atan(x)
    } else if x > TAN_3_PI_8 {
        FRAC_PI_2 - small_atan(1.0 / x) + FRAC_PI_2_MORE
    } else {
        FRAC_PI_4 + small_atan((x - 1.0) / (x + 1.0)) + 0.5 * FRAC_PI_2_MORE
    }
}

/// From -0.66 to 0.66.
fn small_atan(x: f64) -> f64 {
    const ABOVE: [f64; 5] = [
        -0.875_060_860_003_190_4,
        -16.157_537_187_333_652,
        -75.008_557_923_147_05,
        -122.886_668_449_013_61,
        -64.850_219_049_420_25,
    ];
    const BELOW: [f64; 5] = [
        24.858_464_901_423_062,
        165.027_009_831_698_85,
        432.881_060_491_290_27,
        485.390_399_635_913_7,
        194.550_657_148_261_4,
    ];
    let square = x * x;
    x * (square * polynomial(square, ABOVE) / monic(square, BELOW)) + x
}
