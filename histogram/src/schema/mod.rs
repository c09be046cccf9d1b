//! Schemas: how finely the number line is cut into buckets.
//!
//! ```text
//! schema n: bucket i is (b^(i-1), b^i] with b = 2^(2^-n)
//!
//! schema 0   (0.5,1]  (1,2]        (2,4]            b = 2
//! schema 1            (1,1.41] (1.41,2] (2,2.83] .. b = √2
//! ```

mod mantissa;

use crate::error::{HistogramError, HistogramErrorKind};
pub(crate) use mantissa::MANTISSAS;

/// The resolution of a histogram's buckets, or that it has custom bounds.
///
/// Any number can be held, since files and requests can contain any; [`is_valid`](Self::is_valid) says whether it
/// means something.
///
/// ```
/// use emberdb_histogram::Schema;
///
/// let schema = Schema::new(1);
/// assert_eq!(schema.bound(2), 2.0);
/// assert_eq!(schema.bound(1), 1.414213562373095);
/// assert_eq!(schema.index_above(1.5), 2);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Schema(i32);

impl Schema {
    /// The finest exponential schema: 256 buckets for each power of 2.
    pub const FINEST: Self = Self(8);
    /// The coarsest exponential schema: a bucket for each power of 65536.
    pub const COARSEST: Self = Self(-4);
    /// Custom bounds.
    pub const CUSTOM: Self = Self(-53);

    /// Exponential schemas that others may use some day; what is finer than [`FINEST`](Self::FINEST) is merged on
    /// the way in.
    const RESERVED: std::ops::RangeInclusive<i32> = -9..=52;

    /// The schema with this number.
    #[must_use]
    pub const fn new(number: i32) -> Self {
        Self(number)
    }

    /// The number as it is stored and sent.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Whether bounds are custom.
    #[must_use]
    pub const fn is_custom(self) -> bool {
        self.0 == Self::CUSTOM.0
    }

    /// Whether this is an exponential schema that can be stored and calculated with.
    #[must_use]
    pub const fn is_exponential(self) -> bool {
        self.0 >= Self::COARSEST.0 && self.0 <= Self::FINEST.0
    }

    /// Whether histograms of this schema can be stored and calculated with.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.is_custom() || self.is_exponential()
    }

    /// The schema that histograms of this one are brought to when they come in.
    ///
    /// # Errors
    /// If it is neither custom nor one of the exponential schemas, reserved ones included.
    pub fn accepted(self) -> Result<Self, HistogramError> {
        if self.is_custom() || Self::RESERVED.contains(&self.0) {
            Ok(self.min(Self::FINEST))
        } else {
            Err(HistogramErrorKind::UnknownSchema(self).into())
        }
    }

    /// The upper bound of the bucket with this index.
    ///
    /// The last bucket of finite numbers ends at [`f64::MAX`], since its true bound cannot be represented; the one
    /// behind it holds the infinities. NaN if the schema has no bounds of its own.
    #[inline]
    #[must_use]
    pub fn bound(self, index: i32) -> f64 {
        let (mantissa, exponent) = match self.0 {
            0..=8 => {
                let within = index & ((1 << self.0) - 1);
                (MANTISSAS[(within as usize) << (8 - self.0)], i64::from(index >> self.0))
            }
            -9..=-1 => (0, i64::from(index) << -self.0),
            _ => return f64::NAN,
        };
        if mantissa == 0 && exponent == 1024 {
            return f64::MAX;
        }
        power_of_two_times(mantissa, exponent)
    }

    /// The index of the bucket that a positive number falls into: the least whose upper bound is not below it.
    ///
    /// Meaningless for custom schemas and for numbers that are not above 0.
    #[inline]
    #[must_use]
    pub fn index_above(self, value: f64) -> i32 {
        let mut bits = value.to_bits();
        let mut exponent = -1023;
        if value < f64::MIN_POSITIVE {
            bits = (value * (1_u64 << 52) as f64).to_bits();
            exponent -= 52;
        }
        exponent += (bits >> 52) as i32;
        let within = mantissas_below(bits & MANTISSA_BITS);
        // An infinity comes out as 2^1024, which is the bound of the last finite bucket.
        let beyond = i32::from(value == f64::INFINITY);
        Self::FINEST.coarsened((exponent << 8) + within as i32, self) + beyond
    }

    /// The index in `coarser` of the bucket that the one with this index becomes part of.
    #[inline]
    #[must_use]
    pub(crate) const fn coarsened(self, index: i32, coarser: Self) -> i32 {
        let steps = self.0.saturating_sub(coarser.0);
        let steps = match steps {
            ..0 => 0,
            32.. => 31,
            _ => steps,
        };
        (index.wrapping_sub(1) >> steps).wrapping_add(1)
    }
}

const MANTISSA_BITS: u64 = (1 << 52) - 1;

/// How many of [`MANTISSAS`] are less than this one.
#[inline]
fn mantissas_below(mantissa: u64) -> usize {
    let mut below = mantissa::BELOW[(mantissa >> 44) as usize] as usize;
    while below < MANTISSAS.len() && MANTISSAS[below] < mantissa {
        below += 1;
    }
    below
}

/// Where among [`MANTISSAS`] this one is.
#[inline]
pub(crate) fn position(mantissa: u64) -> Option<usize> {
    let below = mantissas_below(mantissa);
    (MANTISSAS.get(below) == Some(&mantissa)).then_some(below)
}

/// `1.mantissa × 2^exponent`, rounded once.
#[inline]
fn power_of_two_times(mantissa: u64, exponent: i64) -> f64 {
    let biased = exponent + 1023;
    match biased {
        1..=2046 => f64::from_bits((biased as u64) << 52 | mantissa),
        2047.. => f64::INFINITY,
        // A subnormal number: made 2^53 too large, and divided exactly but for the last rounding.
        -52..=0 => f64::from_bits(((biased + 53) as u64) << 52 | mantissa) * (1.0 / (1_u64 << 53) as f64),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::Schema;

    #[test]
    fn bounds_at_the_ends_of_the_number_line() {
        assert_eq!(Schema::new(0).bound(1024), f64::MAX);
        assert_eq!(Schema::new(0).bound(1025), f64::INFINITY);
        assert_eq!(Schema::new(-4).bound(64), f64::MAX);
        assert_eq!(Schema::new(8).bound(1024 * 256), f64::MAX);
        assert_eq!(Schema::new(0).bound(-1074), 5e-324);
        assert_eq!(Schema::new(0).bound(-1075), 0.0);
        assert_eq!(Schema::new(8).bound(i32::MIN), 0.0);
        assert_eq!(Schema::new(-9).bound(i32::MAX), f64::INFINITY);
        assert!(Schema::new(9).bound(0).is_nan() && Schema::CUSTOM.bound(0).is_nan());
    }

    #[test]
    fn the_index_is_that_of_the_bucket_around_the_value() {
        for number in -4..=8 {
            let schema = Schema::new(number);
            for exponent in (-1021..=1023).step_by(13) {
                for factor in [1.0, 1.000_000_1, 1.3, 1.5, 1.999_999] {
                    let value = factor * Schema::new(0).bound(exponent);
                    let index = schema.index_above(value);
                    assert!(schema.bound(index) >= value, "{number} {value:e} {index}");
                    assert!(schema.bound(index - 1) < value, "{number} {value:e} {index}");
                }
            }
            for index in -700..700 {
                let bound = schema.bound(index);
                if bound > 0.0 && bound < f64::MAX {
                    assert_eq!(schema.index_above(bound), index, "{number} {index}");
                    assert_eq!(schema.index_above(bound.next_up()), index + 1, "{number} {index}");
                }
            }
            // Bounds below the least normal number are rounded.
            for exponent in -1074..-1021 {
                let index = schema.index_above(Schema::new(0).bound(exponent));
                assert_eq!(index, -((-exponent << 8) >> (8 - number)), "{number} {exponent}");
            }
            assert_eq!(schema.bound(schema.index_above(f64::MAX)), f64::MAX);
            assert_eq!(schema.bound(schema.index_above(f64::INFINITY)), f64::INFINITY);
        }
    }

    #[test]
    fn schemas_that_are_accepted() {
        assert_eq!(Schema::new(52).accepted(), Ok(Schema::FINEST));
        assert_eq!(Schema::new(-9).accepted(), Ok(Schema::new(-9)));
        assert_eq!(Schema::CUSTOM.accepted(), Ok(Schema::CUSTOM));
        let error = Schema::new(53).accepted().unwrap_err();
        assert_eq!(
            error.to_string(),
            "histogram has an unknown schema, which must be between -9 and 52 for exponential buckets, or -53 for \
             custom buckets, got schema 53"
        );
    }

    #[test]
    fn buckets_become_part_of_coarser_ones() {
        let (fine, coarse) = (Schema::new(2), Schema::new(0));
        assert_eq!([0, 1, 4, 5, -3, -4].map(|index| fine.coarsened(index, coarse)), [0, 1, 1, 2, 0, -1]);
        assert_eq!(Schema::new(52).coarsened(-7, Schema::new(-4)), 0);
    }
}
