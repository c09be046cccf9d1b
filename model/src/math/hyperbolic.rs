//! Hyperbolic sine, cosine and tangent: by the exponential, and near zero, where that would lose digits, by rational
//! approximations (Hart's and Cheney's for the sine, Cody's and Waite's for the tangent).

use super::{exp, monic, polynomial, signed};

/// From here on the other exponential is not seen.
const LARGE: f64 = 21.0;

/// From here on the tangent is 1: half the logarithm of 2^127.
const TANH_IS_ONE: f64 = 0.5 * 88.029_691_931_113_05;

/// The hyperbolic sine.
#[must_use]
pub fn sinh(x: f64) -> f64 {
    let magnitude = x.abs();
    if magnitude > LARGE {
        signed(exp(magnitude) / 2.0, x < 0.0)
    } else if magnitude > 0.5 {
        let power = exp(magnitude);
        signed((power - 1.0 / power) / 2.0, x < 0.0)
    } else {
        small_sinh(x)
    }
}

/// The hyperbolic cosine.
#[must_use]
pub fn cosh(x: f64) -> f64 {
    let magnitude = x.abs();
    let power = exp(magnitude);
    if magnitude > LARGE { power / 2.0 } else { (power + 1.0 / power) / 2.0 }
}

/// The hyperbolic tangent.
#[must_use]
pub fn tanh(x: f64) -> f64 {
    let magnitude = x.abs();
    if magnitude > TANH_IS_ONE {
        signed(1.0, x < 0.0)
    } else if magnitude >= 0.625 {
        signed(1.0 - 2.0 / (exp(2.0 * magnitude) + 1.0), x < 0.0)
    } else {
        small_tanh(x)
    }
}

fn small_sinh(x: f64) -> f64 {
    const ABOVE: [f64; 4] =
        [-26.305_632_133_974_97, -2_894.211_355_989_564, -89_912.720_220_395_09, -630_767.364_049_771_7];
    const BELOW: [f64; 3] = [-173.678_953_558_233_7, 15_215.173_787_900_19, -630_767.364_049_771_7];
    let square = x * x;
    polynomial(square, ABOVE) * x / monic(square, BELOW)
}

fn small_tanh(x: f64) -> f64 {
    const ABOVE: [f64; 3] = [-0.964_399_179_425_052_3, -99.287_723_100_191_85, -1_614.687_684_417_084_5];
    const BELOW: [f64; 3] = [112.811_678_491_632_93, 2_235.488_390_601_004_5, 4_844.063_053_251_255];
    if x == 0.0 {
        return x;
    }
    let square = x * x;
    x + x * square * polynomial(square, ABOVE) / monic(square, BELOW)
}
