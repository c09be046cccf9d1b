//! `round`, `clamp`, `clamp_min`, `clamp_max`: functions with scalars that may differ from step to step.

use super::super::{greater_of, lesser_of};
use super::each;
use crate::batch::Column;

/// `round(v, to = 1)`: ties go up; the multiplication by the inverse of `to` is upstream's.
pub(super) fn round(params: &[&[f64]], column: &mut Column) {
    let Some(to) = params.first() else {
        return each(column, |value| (value + 0.5).floor());
    };
    for (value, to) in column.values_mut().iter_mut().zip(*to) {
        let inverse = 1.0 / to;
        *value = (*value * inverse + 0.5).floor() / inverse;
    }
}

/// `clamp(v, min, max)`: a step at which `max < min` has no answer.
pub(super) fn clamp(params: &[&[f64]], column: &mut Column) {
    let &[min, max] = params else { return column.reset(column.len()) };
    for (step, (&min, &max)) in min.iter().zip(max).enumerate().take(column.len()) {
        if max < min {
            column.clear(step);
        }
        let value = &mut column.values_mut()[step];
        *value = greater_of(min, lesser_of(max, *value));
    }
}

/// `clamp_min(v, min)`.
pub(super) fn clamp_min(params: &[&[f64]], column: &mut Column) {
    let &[min] = params else { return column.reset(column.len()) };
    for (value, &min) in column.values_mut().iter_mut().zip(min) {
        *value = greater_of(min, lesser_of(f64::INFINITY, *value));
    }
}

/// `clamp_max(v, max)`.
pub(super) fn clamp_max(params: &[&[f64]], column: &mut Column) {
    let &[max] = params else { return column.reset(column.len()) };
    for (value, &max) in column.values_mut().iter_mut().zip(max) {
        *value = greater_of(f64::NEG_INFINITY, lesser_of(max, *value));
    }
}
