//! Which function over a range vector has which body.

use emberdb_promql_syntax::FunctionId;

use super::{RangeScratch, Windows, counter, over_time, rate, regression};
use crate::batch::Column;

/// A function over a range vector of floats: one value per step from the samples of one series.
///
/// `params` are the scalar arguments in the order of the call, without the range vector, each with one value per
/// step; a wrong number of them leaves all steps absent. `out` gets its length and all its values from the body.
pub type RangeBody =
    fn(windows: &Windows<'_>, params: &[&[f64]], scratch: &mut RangeScratch, out: &mut Column);

/// The body of a function over a range vector; `None` for other functions, and for `absent_over_time`, which is
/// about a whole vector.
///
/// ```
/// use emberdb_promql_engine::batch::{Column, Steps};
/// use emberdb_promql_engine::function::{RangeScratch, Windows, range_body};
/// use emberdb_promql_syntax::FunctionId;
///
/// let windows = Windows {
///     timestamps: &[12_000, 24_000, 36_000, 48_000, 60_000],
///     values: &[24.0, 48.0, 72.0, 96.0, 120.0],
///     steps: Steps::instant(60_000),
///     range_ms: 60_000,
///     offset_ms: 0,
/// };
/// let mut out = Column::new();
/// let increase = range_body(FunctionId::Increase).expect("increase has a body");
/// increase(&windows, &[], &mut RangeScratch::new(), &mut out);
/// // 96 over 48 s, extrapolated to the whole minute.
/// assert_eq!(out.get(0), Some(120.0));
/// ```
#[must_use]
pub const fn range_body(function: FunctionId) -> Option<RangeBody> {
    let body: RangeBody = match function {
        FunctionId::Rate => rate::rate,
        FunctionId::Increase => rate::increase,
        FunctionId::Delta => rate::delta,
        FunctionId::Irate => counter::irate,
        FunctionId::Idelta => counter::idelta,
        FunctionId::Changes => counter::changes,
        FunctionId::Resets => counter::resets,
        FunctionId::Deriv => regression::deriv,
        FunctionId::PredictLinear => regression::predict_linear,
        FunctionId::DoubleExponentialSmoothing => regression::double_exponential_smoothing,
        FunctionId::SumOverTime => over_time::sum,
        FunctionId::AvgOverTime => over_time::avg,
        FunctionId::CountOverTime => over_time::count,
        FunctionId::PresentOverTime => over_time::present,
        FunctionId::MinOverTime => over_time::min,
        FunctionId::MaxOverTime => over_time::max,
        FunctionId::TsOfMinOverTime => over_time::ts_of_min,
        FunctionId::TsOfMaxOverTime => over_time::ts_of_max,
        FunctionId::FirstOverTime => over_time::first,
        FunctionId::LastOverTime => over_time::last,
        FunctionId::TsOfFirstOverTime => over_time::ts_of_first,
        FunctionId::TsOfLastOverTime => over_time::ts_of_last,
        FunctionId::QuantileOverTime => over_time::quantile,
        FunctionId::MadOverTime => over_time::mad,
        FunctionId::StddevOverTime => over_time::stddev,
        FunctionId::StdvarOverTime => over_time::stdvar,
        FunctionId::Abs
        | FunctionId::Absent
        | FunctionId::AbsentOverTime
        | FunctionId::Acos
        | FunctionId::Acosh
        | FunctionId::Asin
        | FunctionId::Asinh
        | FunctionId::Atan
        | FunctionId::Atanh
        | FunctionId::Ceil
        | FunctionId::Clamp
        | FunctionId::ClampMax
        | FunctionId::ClampMin
        | FunctionId::Cos
        | FunctionId::Cosh
        | FunctionId::DayOfMonth
        | FunctionId::DayOfWeek
        | FunctionId::DayOfYear
        | FunctionId::DaysInMonth
        | FunctionId::Deg
        | FunctionId::End
        | FunctionId::Exp
        | FunctionId::Floor
        | FunctionId::HistogramAvg
        | FunctionId::HistogramCount
        | FunctionId::HistogramFraction
        | FunctionId::HistogramQuantile
        | FunctionId::HistogramQuantiles
        | FunctionId::HistogramStddev
        | FunctionId::HistogramStdvar
        | FunctionId::HistogramSum
        | FunctionId::Hour
        | FunctionId::Info
        | FunctionId::LabelJoin
        | FunctionId::LabelReplace
        | FunctionId::Ln
        | FunctionId::Log10
        | FunctionId::Log2
        | FunctionId::MaxOf
        | FunctionId::MinOf
        | FunctionId::Minute
        | FunctionId::Month
        | FunctionId::Pi
        | FunctionId::Rad
        | FunctionId::Range
        | FunctionId::Round
        | FunctionId::Scalar
        | FunctionId::Sgn
        | FunctionId::Sin
        | FunctionId::Sinh
        | FunctionId::Sort
        | FunctionId::SortByLabel
        | FunctionId::SortByLabelDesc
        | FunctionId::SortDesc
        | FunctionId::Sqrt
        | FunctionId::Start
        | FunctionId::StartTimestamp
        | FunctionId::Step
        | FunctionId::Tan
        | FunctionId::Tanh
        | FunctionId::Time
        | FunctionId::Timestamp
        | FunctionId::Vector
        | FunctionId::Year => return None,
    };
    Some(body)
}
