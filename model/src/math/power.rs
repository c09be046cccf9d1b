//! Powers.

use super::{exp, ln, power_of_two};

/// Beyond this exponent of two the answer is infinite or zero, whatever is multiplied to it.
const EXPONENT_MAX: i64 = 1 << 12;

/// `x` to the power of `y`: of a negative number only if `y` is whole.
#[must_use]
pub fn pow(x: f64, y: f64) -> f64 {
    if y == 0.0 || x == 1.0 {
        return 1.0;
    }
    if y == 1.0 {
        return x;
    }
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    if x == 0.0 || x.is_infinite() {
        return of_extreme(x, y);
    }
    // From 2^63 on it is even and so large that only -1 has a finite power other than zero.
    if y.abs() >= (1_u64 << 63) as f64 {
        return if x == -1.0 { 1.0 } else { growing((x.abs() > 1.0) == (y > 0.0)) };
    }
    if y.abs() == 0.5 {
        return if y > 0.0 { x.sqrt() } else { 1.0 / x.sqrt() };
    }
    if y.fract() != 0.0 && x < 0.0 {
        return f64::NAN;
    }
    finite(x, y)
}

/// Powers of zeros and infinities.
fn of_extreme(x: f64, y: f64) -> f64 {
    let magnitude = growing((x == 0.0) == (y < 0.0));
    let is_odd = y.abs() < (1_u64 << 53) as f64 && (y % 2.0).abs() == 1.0;
    if is_odd { magnitude.copysign(x) } else { magnitude }
}

fn growing(grows: bool) -> f64 {
    if grows { f64::INFINITY } else { 0.0 }
}

/// By the logarithm for the fraction of `y`, by squaring for what is whole of it; powers of two are kept apart.
fn finite(x: f64, y: f64) -> f64 {
    let (mut whole, mut fraction) = (y.abs().trunc(), y.abs().fract());
    if fraction > 0.5 {
        fraction -= 1.0;
        whole += 1.0;
    }
    let mut mantissa = if fraction == 0.0 { 1.0 } else { exp(fraction * ln(x)) };
    let mut exponent = 0;

    let (mut square, mut square_exponent) = split(x);
    let mut bits = whole as i64;
    while bits != 0 {
        if square_exponent.abs() > EXPONENT_MAX {
            exponent += square_exponent;
            break;
        }
        if bits & 1 == 1 {
            mantissa *= square;
            exponent += square_exponent;
        }
        square *= square;
        square_exponent *= 2;
        if square < 0.5 {
            square += square;
            square_exponent -= 1;
        }
        bits >>= 1;
    }
    if y < 0.0 { joined(1.0 / mantissa, -exponent) } else { joined(mantissa, exponent) }
}

/// A finite number other than zero as one of 1/2 to 1 and an exponent of two.
fn split(x: f64) -> (f64, i64) {
    let (normal, shift) = if x.is_subnormal() { (x * (1_u64 << 52) as f64, 52) } else { (x, 0) };
    let bits = normal.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i64 - 1022 - shift;
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), exponent)
}

/// `x × 2^exponent`, rounded once.
fn joined(x: f64, exponent: i64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let (fraction, of_x) = split(x);
    match exponent + of_x {
        ..-1074 => 0.0_f64.copysign(x),
        sum @ -1074..-1021 => fraction * power_of_two(sum as i32 + 53) * power_of_two(-53),
        sum @ -1021..=1023 => fraction * power_of_two(sum as i32),
        1024 => fraction * 2.0 * power_of_two(1023),
        _ => f64::INFINITY.copysign(x),
    }
}
