//! One bucket, and where it begins and ends.

use std::fmt;

use crate::Schema;
use crate::decimal::General;
use crate::exponent::{log2, log2_of_bound};

/// The bounds of the buckets of a histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BucketLayout<'a> {
    /// Which buckets there are.
    pub schema: Schema,
    /// The upper bounds of custom buckets but for the last.
    pub custom_bounds: &'a [f64],
}

impl BucketLayout<'_> {
    /// The upper bound of the positive bucket with this index; its lower bound is the upper bound of the one before.
    ///
    /// The first custom bucket begins at `-Inf`, the one behind the last bound ends at `+Inf`.
    #[inline]
    #[must_use]
    pub fn upper_bound(&self, index: i32) -> f64 {
        if !self.schema.is_custom() {
            return self.schema.bound(index);
        }
        match usize::try_from(index) {
            Ok(index) => self.custom_bounds.get(index).copied().unwrap_or(f64::INFINITY),
            Err(_) => f64::NEG_INFINITY,
        }
    }

    /// The positive bucket with this index.
    #[inline]
    pub(crate) fn positive<C>(&self, index: i32, count: C) -> Bucket<C> {
        let (lower, upper) = (self.upper_bound(index.wrapping_sub(1)), self.upper_bound(index));
        self.bucket(lower, upper, index, count)
    }

    /// The negative bucket with this index.
    #[inline]
    pub(crate) fn negative<C>(&self, index: i32, count: C) -> Bucket<C> {
        let (lower, upper) = (-self.upper_bound(index), -self.upper_bound(index.wrapping_sub(1)));
        self.bucket(lower, upper, index, count)
    }

    #[inline]
    fn bucket<C>(&self, lower: f64, upper: f64, index: i32, count: C) -> Bucket<C> {
        // Bounds farther from zero belong to the bucket.
        let (lower_inclusive, upper_inclusive) =
            if self.schema.is_custom() { (index == 0, true) } else { (lower < 0.0, upper > 0.0) };
        Bucket { lower, upper, lower_inclusive, upper_inclusive, count, index }
    }
}

/// A bucket with its bounds. `C` is `u64` or `f64`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket<C> {
    /// Where it begins.
    pub lower: f64,
    /// Where it ends.
    pub upper: f64,
    /// Whether it holds observations equal to its lower bound.
    pub lower_inclusive: bool,
    /// Whether it holds observations equal to its upper bound.
    pub upper_inclusive: bool,
    /// How many observations it holds.
    pub count: C,
    /// Which one it is among those of its sign; 0 for the zero bucket.
    pub index: i32,
}

impl<C> Bucket<C> {
    /// The bucket around zero.
    pub(crate) const fn zero(threshold: f64, count: C) -> Self {
        Self {
            lower: -threshold,
            upper: threshold,
            lower_inclusive: true,
            upper_inclusive: true,
            count,
            index: 0,
        }
    }

    /// Cuts off what lies in the zero bucket.
    #[inline]
    pub(crate) fn clipped(mut self, zero_threshold: f64) -> Self {
        if self.upper < 0.0 && self.upper > -zero_threshold {
            self.upper = -zero_threshold;
        } else if self.lower > 0.0 && self.lower < zero_threshold {
            self.lower = zero_threshold;
        }
        self
    }

    /// Whether 0 is in the bucket or on its edge.
    #[inline]
    pub(crate) fn touches_zero(&self) -> bool {
        self.lower <= 0.0 && self.upper >= 0.0
    }

    /// Which share of the bucket's width is below a value within it: of the width itself, or of that of its logarithm.
    ///
    /// Buckets that are infinite or touch zero have no logarithmic width, infinite ones no width at all.
    #[must_use]
    pub fn share_below(&self, value: f64, spread: Spread) -> f64 {
        if spread == Spread::Even {
            return (value - self.lower) / (self.upper - self.lower);
        }
        let (lower, upper) = (log2_of_bound(self.lower.abs()), log2_of_bound(self.upper.abs()));
        let value_log = log2(value.abs());
        if value > 0.0 {
            (value_log - lower) / (upper - lower)
        } else {
            1.0 - ((value_log - upper) / (lower - upper))
        }
    }
}

/// How observations are taken to be spread over a bucket, of which only their number is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Evenly: in custom buckets and in the zero bucket.
    Even,
    /// As they would be over finer buckets of the same kind: evenly on a logarithmic scale.
    Logarithmic,
}

impl<C: PrintCount> fmt::Display for Bucket<C> {
    /// `(1,2]:5`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.lower_inclusive { "[" } else { "(" })?;
        write!(f, "{},{}", General(self.lower), General(self.upper))?;
        f.write_str(if self.upper_inclusive { "]:" } else { "):" })?;
        self.count.print(f)
    }
}

/// A number of observations that can be printed as upstream does.
pub trait PrintCount: Copy {
    /// Prints it.
    ///
    /// # Errors
    /// If the formatter cannot write.
    fn print(self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl PrintCount for u64 {
    fn print(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self, f)
    }
}

impl PrintCount for f64 {
    fn print(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&General(self), f)
    }
}
