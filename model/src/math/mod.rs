//! Elementary functions to the bit as upstream has them on x86, where its library does not use those of C.
//!
//! Most are the rational approximations of Moshier's Cephes and of Sun's `fdlibm`, the exponential is Shibata's. All of them
//! are a few bits off the platform's at most, but answers are compared with those of other programs. The order of the
//! operations decides the last bit.
//!
//! | file | what |
//! |---|---|
//! | `exponential` | `exp` |
//! | `logarithm` | `ln log2 log10 ln_1p` |
//! | `power` | `pow` |
//! | `octant` | an angle as eighths of a turn and a rest |
//! | `circular` | `sin cos tan` |
//! | `arc` | `asin acos atan atan2` |
//! | `hyperbolic` | `sinh cosh tanh` |
//! | `area` | `asinh acosh atanh` |
//!
//! ```
//! use emberdb_model::math;
//!
//! assert_eq!(math::log2(8.0), 3.0);
//! // The nearest float is 0.010000166667500003.
//! assert_eq!(math::sinh(0.01), 0.010000166667500001);
//! ```

mod arc;
mod area;
mod circular;
mod exponential;
mod hyperbolic;
mod logarithm;
mod octant;
mod power;
#[cfg(test)]
mod tests;

pub use arc::{acos, asin, atan, atan2};
pub use area::{acosh, asinh, atanh};
pub use circular::{cos, sin, tan};
pub use exponential::exp;
pub use hyperbolic::{cosh, sinh, tanh};
pub use logarithm::{ln, ln_1p, log2, log10};
pub use power::pow;

/// The polynomial with these coefficients, the one of the highest power first.
#[inline]
fn polynomial<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let [highest, rest @ ..] = &coefficients[..] else { return 0.0 };
    rest.iter().fold(*highest, |sum, coefficient| sum * x + coefficient)
}

/// The same with a coefficient of 1 before the first.
#[inline]
fn monic<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    coefficients.iter().fold(1.0, |sum, coefficient| sum * x + coefficient)
}

/// `magnitude`, below zero if `negative`.
#[inline]
fn signed(magnitude: f64, negative: bool) -> f64 {
    if negative { -magnitude } else { magnitude }
}

/// 2 to the power of `exponent`, which a normal number can have.
#[inline]
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}
