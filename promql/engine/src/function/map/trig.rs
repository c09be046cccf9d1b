//! Circular and hyperbolic functions and their inverses.
//!
//! The inverse hyperbolic functions have the regions of FreeBSD's `msun`: the textbook formulas of the standard
//! library lose all digits of `acosh` near 1 and overflow for large `asinh`.

use std::f64::consts::LN_2;

use super::each_present;
use crate::batch::Column;

/// From 2^28 on `x^2 + 1` and `x^2` are the same float.
const LARGE: f64 = (1_u64 << 28) as f64;

pub(super) fn sin(_: &[&[f64]], column: &mut Column) {
    each_present(column, f64::sin);
}

pub(super) fn cos(_: &[&[f64]], column: &mut Column) {
    each_present(column, f64::cos);
}

pub(super) fn tan(_: &[&[f64]], column: &mut Column) {
    each_present(column, f64::tan);
}

pub(super) fn asin(_: &[&[f64]], column: &mut Column) {
    each_present(column, f64::asin);
}

pub(super) fn acos(_: &[&[f64]], column: &mut Column) {
    each_present(column, f64::acos);
}

pub(super) fn atan(_: &[&[f64]], column: &mut Column) {
    each_present(column, f64::atan);
}

pub(super) fn sinh(_: &[&[f64]], column: &mut Column) {
    each_present(column, f64::sinh);
}

pub(super) fn cosh(_: &[&[f64]], column: &mut Column) {
    each_present(column, f64::cosh);
}

pub(super) fn tanh(_: &[&[f64]], column: &mut Column) {
    each_present(column, f64::tanh);
}

pub(super) fn asinh(_: &[&[f64]], column: &mut Column) {
    each_present(column, |value| {
        let x = value.abs();
        let magnitude =
            if x > LARGE { x.ln() + LN_2 } else { (x + x * x / (1.0 + (x * x + 1.0).sqrt())).ln_1p() };
        magnitude.copysign(value)
    });
}

pub(super) fn acosh(_: &[&[f64]], column: &mut Column) {
    each_present(column, |x| {
        if x >= LARGE {
            x.ln() + LN_2
        } else if x > 2.0 {
            (2.0 * x - 1.0 / (x + (x * x - 1.0).sqrt())).ln()
        } else {
            // Below 1 the root is of a negative number: NaN, as it should be.
            let above = x - 1.0;
            (above + (2.0 * above + above * above).sqrt()).ln_1p()
        }
    });
}

pub(super) fn atanh(_: &[&[f64]], column: &mut Column) {
    each_present(column, |value| {
        let x = value.abs();
        (0.5 * (2.0 * x / (1.0 - x)).ln_1p()).copysign(value)
    });
}
