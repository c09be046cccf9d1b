//! Functions of one number.

use emberdb_model::math;
use emberdb_promql_syntax::FunctionId;

use super::go;

/// The number that a mathematical function makes of a number; `None` for other functions.
pub(super) fn apply(function: FunctionId, x: f64) -> Option<f64> {
    use FunctionId as F;
    Some(match function {
        F::Abs => x.abs(),
        F::Ceil => x.ceil(),
        F::Floor => x.floor(),
        F::Exp => math::exp(x),
        F::Sqrt => x.sqrt(),
        F::Ln => math::ln(x),
        F::Log2 => math::log2(x),
        F::Log10 => math::log10(x),
        F::Sin => math::sin(x),
        F::Cos => math::cos(x),
        F::Tan => math::tan(x),
        F::Asin => math::asin(x),
        F::Acos => math::acos(x),
        F::Atan => math::atan(x),
        F::Sinh => math::sinh(x),
        F::Cosh => math::cosh(x),
        F::Tanh => math::tanh(x),
        F::Asinh => math::asinh(x),
        F::Acosh => math::acosh(x),
        F::Atanh => math::atanh(x),
        F::Rad => x * std::f64::consts::PI / 180.0,
        F::Deg => x * 180.0 / std::f64::consts::PI,
        F::Sgn if x > 0.0 => 1.0,
        F::Sgn if x < 0.0 => -1.0,
        // NaN, 0 and -0 are their own signs.
        F::Sgn => x,
        _ => return None,
    })
}

/// `round(v, to)`: to the nearest multiple, halves up.
pub(super) fn round(x: f64, to: f64) -> f64 {
    let inverse = 1.0 / to;
    (x * inverse + 0.5).floor() / inverse
}

/// `clamp(v, min, max)`; a NaN bound makes NaN.
pub(super) fn clamp(x: f64, min: f64, max: f64) -> f64 {
    go::max(min, go::min(max, x))
}
