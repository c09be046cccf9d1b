//! Elementary functions.

use emberdb_model::math;

use super::{each, each_present};
use crate::batch::Column;

pub(super) fn abs(_: &[&[f64]], column: &mut Column) {
    each(column, f64::abs);
}

pub(super) fn ceil(_: &[&[f64]], column: &mut Column) {
    each(column, f64::ceil);
}

pub(super) fn floor(_: &[&[f64]], column: &mut Column) {
    each(column, f64::floor);
}

pub(super) fn sqrt(_: &[&[f64]], column: &mut Column) {
    each(column, f64::sqrt);
}

pub(super) fn exp(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::exp);
}

pub(super) fn ln(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::ln);
}

pub(super) fn log2(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::log2);
}

pub(super) fn log10(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::log10);
}

/// The sign as -1 or 1; zeros and NaN stay what they are.
pub(super) fn sgn(_: &[&[f64]], column: &mut Column) {
    each(column, |value| {
        if value < 0.0 {
            -1.0
        } else if value > 0.0 {
            1.0
        } else {
            value
        }
    });
}

/// The order of the operations is upstream's: `to_degrees` would round differently.
pub(super) fn deg(_: &[&[f64]], column: &mut Column) {
    each(column, |value| value * 180.0 / std::f64::consts::PI);
}

pub(super) fn rad(_: &[&[f64]], column: &mut Column) {
    each(column, |value| value * std::f64::consts::PI / 180.0);
}
