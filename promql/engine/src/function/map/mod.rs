//! Functions of one value, over a whole column in place.
//!
//! | file | what |
//! |---|---|
//! | `math` | `abs ceil floor sgn sqrt exp ln log2 log10 deg rad` |
//! | `trig` | circular and hyperbolic functions and their inverses |
//! | `bound` | `round clamp clamp_min clamp_max` |
//! | `calendar` | `minute hour day_of_week ... year`, in UTC |

mod bound;
mod calendar;
mod math;
mod trig;

use emberdb_promql_syntax::FunctionId;

use crate::batch::{Column, WORD_STEPS};

/// A function of a value, applied to every step of a column in place.
///
/// `params` are the scalar arguments after the vector, each with one value per step. Absent steps stay absent.
pub type MapBody = fn(params: &[&[f64]], column: &mut Column);

/// The body of a function that maps values, `None` for all others. The calendar functions take the seconds since
/// the epoch from the column; without an argument that is the evaluation time.
///
/// ```
/// use emberdb_promql_engine::{batch::Column, function::map_body};
/// use emberdb_promql_syntax::FunctionId;
///
/// let mut column: Column = [Some(-2.5), None].into_iter().collect();
/// let round = map_body(FunctionId::Round).expect("round maps");
/// round(&[], &mut column);
/// assert_eq!((column.get(0), column.get(1)), (Some(-2.0), None));
/// ```
#[must_use]
pub const fn map_body(function: FunctionId) -> Option<MapBody> {
    let body: MapBody = match function {
        FunctionId::Abs => math::abs,
        FunctionId::Ceil => math::ceil,
        FunctionId::Floor => math::floor,
        FunctionId::Sgn => math::sgn,
        FunctionId::Sqrt => math::sqrt,
        FunctionId::Exp => math::exp,
        FunctionId::Ln => math::ln,
        FunctionId::Log2 => math::log2,
        FunctionId::Log10 => math::log10,
        FunctionId::Deg => math::deg,
        FunctionId::Rad => math::rad,
        FunctionId::Sin => trig::sin,
        FunctionId::Cos => trig::cos,
        FunctionId::Tan => trig::tan,
        FunctionId::Asin => trig::asin,
        FunctionId::Acos => trig::acos,
        FunctionId::Atan => trig::atan,
        FunctionId::Sinh => trig::sinh,
        FunctionId::Cosh => trig::cosh,
        FunctionId::Tanh => trig::tanh,
        FunctionId::Asinh => trig::asinh,
        FunctionId::Acosh => trig::acosh,
        FunctionId::Atanh => trig::atanh,
        FunctionId::Round => bound::round,
        FunctionId::Clamp => bound::clamp,
        FunctionId::ClampMin => bound::clamp_min,
        FunctionId::ClampMax => bound::clamp_max,
        FunctionId::Minute => calendar::minute,
        FunctionId::Hour => calendar::hour,
        FunctionId::DayOfWeek => calendar::day_of_week,
        FunctionId::DayOfMonth => calendar::day_of_month,
        FunctionId::DayOfYear => calendar::day_of_year,
        FunctionId::DaysInMonth => calendar::days_in_month,
        FunctionId::Month => calendar::month,
        FunctionId::Year => calendar::year,
        _ => return None,
    };
    Some(body)
}

/// Applies `function` to every value. Values of absent steps are computed too where that is cheaper than asking.
#[inline]
fn each(column: &mut Column, function: impl Fn(f64) -> f64) {
    for value in column.values_mut() {
        *value = function(*value);
    }
}

/// The same for a function that costs more than a look at the presence bits.
#[inline]
fn each_present(column: &mut Column, function: impl Fn(f64) -> f64) {
    let (values, presence) = column.parts_mut();
    for (values, &word) in values.chunks_mut(WORD_STEPS).zip(&*presence) {
        for (bit, value) in values.iter_mut().enumerate() {
            if word >> bit & 1 == 1 {
                *value = function(*value);
            }
        }
    }
}
