//! What a bucket holds in memory: for integer histograms the difference to the bucket before, for float histograms
//! the count.

use std::fmt::{Debug, Display};

/// A number that a bucket holds: `i64` for integer histograms, where it is the difference to the count of the bucket
/// before, and `f64` for float histograms, where it is the count itself.
///
/// Integer buckets are differences because that is what files and requests contain.
pub trait BucketNumber: sealed::Sealed + Copy + Debug + Default + PartialEq {
    /// How observations are counted outside of buckets.
    type Count: Copy + Debug + Default + Display + PartialEq + PartialOrd;

    /// Whether two counts are the same number, bit for bit.
    #[doc(hidden)]
    fn is_same_count(left: Self::Count, right: Self::Count) -> bool;
}

impl BucketNumber for i64 {
    type Count = u64;

    fn is_same_count(left: u64, right: u64) -> bool {
        left == right
    }
}

impl BucketNumber for f64 {
    type Count = f64;

    fn is_same_count(left: f64, right: f64) -> bool {
        left.to_bits() == right.to_bits()
    }
}

pub(crate) mod sealed {
    /// How counts are got from, and put into, what a bucket holds. Counts are held in the same type.
    #[expect(unnameable_types, reason = "nobody else can implement it")]
    pub trait Sealed: Sized {
        /// The count in a bucket that holds `self` behind one with this count.
        fn count_after(self, previous: Self) -> Self;
        /// What a bucket with this count holds behind one with the count `previous`.
        fn held_after(self, previous: Self) -> Self;
        /// The sum of two counts.
        fn plus(self, other: Self) -> Self;
        /// Whether a count is 0.
        fn is_empty(&self) -> bool;
        /// The count of an empty bucket: of one that holds `self`, if zeros have a sign.
        fn empty(self) -> Self;
        /// Whether a count is below 0.
        fn is_negative(&self) -> bool;
        /// Whether two counts are the same number, bit for bit.
        fn is_same(&self, other: &Self) -> bool;
    }

    impl Sealed for i64 {
        #[inline]
        fn count_after(self, previous: Self) -> Self {
            previous.wrapping_add(self)
        }

        #[inline]
        fn held_after(self, previous: Self) -> Self {
            self.wrapping_sub(previous)
        }

        #[inline]
        fn plus(self, other: Self) -> Self {
            self.wrapping_add(other)
        }

        #[inline]
        fn is_empty(&self) -> bool {
            *self == 0
        }

        #[inline]
        fn empty(self) -> Self {
            0
        }

        #[inline]
        fn is_negative(&self) -> bool {
            *self < 0
        }

        #[inline]
        fn is_same(&self, other: &Self) -> bool {
            self == other
        }
    }

    impl Sealed for f64 {
        #[inline]
        fn count_after(self, _previous: Self) -> Self {
            self
        }

        #[inline]
        fn held_after(self, _previous: Self) -> Self {
            self
        }

        #[inline]
        fn plus(self, other: Self) -> Self {
            self + other
        }

        #[inline]
        fn is_empty(&self) -> bool {
            *self == 0.0
        }

        #[inline]
        fn empty(self) -> Self {
            self
        }

        #[inline]
        fn is_negative(&self) -> bool {
            *self < 0.0
        }

        #[inline]
        fn is_same(&self, other: &Self) -> bool {
            self.to_bits() == other.to_bits()
        }
    }
}
