//! Circular and hyperbolic functions and their inverses.

use emberdb_model::math;

use super::each_present;
use crate::batch::Column;

pub(super) fn sin(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::sin);
}

pub(super) fn cos(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::cos);
}

pub(super) fn tan(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::tan);
}

pub(super) fn asin(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::asin);
}

pub(super) fn acos(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::acos);
}

pub(super) fn atan(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::atan);
}

pub(super) fn sinh(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::sinh);
}

pub(super) fn cosh(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::cosh);
}

pub(super) fn tanh(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::tanh);
}

pub(super) fn asinh(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::asinh);
}

pub(super) fn acosh(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::acosh);
}

pub(super) fn atanh(_: &[&[f64]], column: &mut Column) {
    each_present(column, math::atanh);
}
