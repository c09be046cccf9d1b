//! The inverse hyperbolic functions, by logarithms: those of Sun's `fdlibm`.

use std::f64::consts::LN_2;

use super::{ln, ln_1p, signed};

/// From 2^28 on `x² + 1` and `x²` are the same float, and below 2^-28 these functions are the identity.
const LARGE: f64 = (1_u64 << 28) as f64;

/// The inverse of the hyperbolic sine.
#[must_use]
pub fn asinh(x: f64) -> f64 {
    if !x.is_finite() {
        return x;
    }
    let sine = x.abs();
    let area = if sine > LARGE {
        ln(sine) + LN_2
    } else if sine > 2.0 {
        ln(2.0 * sine + 1.0 / ((sine * sine + 1.0).sqrt() + sine))
    } else if sine < 1.0 / LARGE {
        sine
    } else {
        ln_1p(sine + sine * sine / (1.0 + (1.0 + sine * sine).sqrt()))
    };
    area.copysign(x)
}

/// The inverse of the hyperbolic cosine.
#[must_use]
pub fn acosh(x: f64) -> f64 {
    if x.is_nan() || x < 1.0 {
        f64::NAN
    } else if x == 1.0 {
        0.0
    } else if x >= LARGE {
        ln(x) + LN_2
    } else if x > 2.0 {
        ln(2.0 * x - 1.0 / (x + (x * x - 1.0).sqrt()))
    } else {
        let above = x - 1.0;
        ln_1p(above + (2.0 * above + above * above).sqrt())
    }
}

/// The inverse of the hyperbolic tangent.
#[must_use]
pub fn atanh(x: f64) -> f64 {
    let tangent = x.abs();
    if x.is_nan() || tangent > 1.0 {
        return f64::NAN;
    }
    if tangent < 1.0 / LARGE {
        return x;
    }
    let twice = tangent + tangent;
    let area = if tangent == 1.0 {
        f64::INFINITY
    } else if tangent < 0.5 {
        0.5 * ln_1p(twice + twice * tangent / (1.0 - tangent))
    } else {
        0.5 * ln_1p(twice / (1.0 - tangent))
    };
    signed(area, x < 0.0)
}
