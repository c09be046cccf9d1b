//! Function calls: which function has which body, and what becomes of the name.

use std::collections::HashMap;

use emberdb_model::{Labels, SampleValue};
use emberdb_promql_syntax::{Call, Expr, ExtendedRange, FunctionId, Span};

use super::error::NaiveError;
use super::evaluator::{Evaluator, unique};
use super::frame::Frame;
use super::notes::Place;
use super::over_time::{floats_alone, values};
use super::rate::Kind;
use super::value::{Element, Value, Window, float};
use super::{
    absent, calendar, extended, go, histogram_quantile, info, labels, math, native_histogram, over_time,
};
use super::{quantile, rate, regression, selector, sort, start_timestamp, subquery};

/// The value of a call at one step.
pub(super) fn eval(ev: &Evaluator<'_>, call: &Call, frame: Frame, time_ms: i64) -> Result<Value, NaiveError> {
    use FunctionId as F;
    let seconds = |ms: i64| Ok(Value::Scalar(ms as f64 / 1000.0));
    let scalar = |i: usize| ev.scalar(&call.args[i], frame, time_ms);
    let vector = |i: usize| ev.vector(&call.args[i], frame, time_ms);
    let elements = match call.function {
        F::Time => return seconds(time_ms),
        F::Start => return seconds(ev.query.start_ms),
        F::End => return seconds(ev.query.end_ms),
        F::Step => return seconds(ev.query_step_ms()),
        F::Range => return seconds(ev.query_range_ms()),
        F::Pi => return Ok(Value::Scalar(std::f64::consts::PI)),
        F::MinOf => return Ok(Value::Scalar(go::min(scalar(0)?, scalar(1)?))),
        F::MaxOf => return Ok(Value::Scalar(go::max(scalar(0)?, scalar(1)?))),
        F::Scalar => {
            let floats: Vec<f64> = vector(0)?.iter().filter_map(Element::float).collect();
            return Ok(Value::Scalar(match floats.as_slice() {
                &[only] => only,
                _ => f64::NAN,
            }));
        }
        F::Vector => vec![unlabelled(scalar(0)?)],
        F::Timestamp => timestamps(ev, call, frame, time_ms)?,
        F::StartTimestamp => start_timestamp::eval(ev, call, frame, time_ms)?,
        F::Absent | F::AbsentOverTime => absent::eval(ev, call, frame, time_ms)?,
        F::Sort | F::SortDesc | F::SortByLabel | F::SortByLabelDesc => sort::eval(ev, call, frame, time_ms)?,
        F::LabelReplace => labels::label_replace(ev, call, frame, time_ms)?,
        F::LabelJoin => labels::label_join(ev, call, frame, time_ms)?,
        F::Info => info::eval(ev, call, frame, time_ms)?,
        F::HistogramQuantile | F::HistogramQuantiles | F::HistogramFraction => {
            histogram_quantile::eval(ev, call, frame, time_ms)?
        }
        F::HistogramAvg | F::HistogramCount | F::HistogramSum | F::HistogramStddev | F::HistogramStdvar => {
            native_histogram::eval(ev, call.function, vector(0)?)?
        }
        F::Minute
        | F::Hour
        | F::DayOfWeek
        | F::DayOfMonth
        | F::DayOfYear
        | F::DaysInMonth
        | F::Month
        | F::Year => {
            let times =
                if call.args.is_empty() { vec![unlabelled(time_ms as f64 / 1000.0)] } else { vector(0)? };
            map(ev, times, |x| calendar::apply(call.function, x))?
        }
        F::Round => {
            let to = if call.args.len() > 1 { scalar(1)? } else { 1.0 };
            map(ev, vector(0)?, |x| Some(math::round(x, to)))?
        }
        F::Clamp => {
            let (min, max) = (scalar(1)?, scalar(2)?);
            let elements = vector(0)?;
            if max < min { Vec::new() } else { map(ev, elements, |x| Some(math::clamp(x, min, max)))? }
        }
        F::ClampMin => {
            let min = scalar(1)?;
            map(ev, vector(0)?, |x| Some(go::max(min, x)))?
        }
        F::ClampMax => {
            let max = scalar(1)?;
            map(ev, vector(0)?, |x| Some(go::min(max, x)))?
        }
        F::Abs
        | F::Acos
        | F::Acosh
        | F::Asin
        | F::Asinh
        | F::Atan
        | F::Atanh
        | F::Ceil
        | F::Cos
        | F::Cosh
        | F::Deg
        | F::Exp
        | F::Floor
        | F::Ln
        | F::Log10
        | F::Log2
        | F::Rad
        | F::Sgn
        | F::Sin
        | F::Sinh
        | F::Sqrt
        | F::Tan
        | F::Tanh => map(ev, vector(0)?, |x| math::apply(call.function, x))?,
        F::AvgOverTime
        | F::Changes
        | F::CountOverTime
        | F::Delta
        | F::Deriv
        | F::DoubleExponentialSmoothing
        | F::FirstOverTime
        | F::Idelta
        | F::Increase
        | F::Irate
        | F::LastOverTime
        | F::MadOverTime
        | F::MaxOverTime
        | F::MinOverTime
        | F::PredictLinear
        | F::PresentOverTime
        | F::QuantileOverTime
        | F::Rate
        | F::Resets
        | F::StddevOverTime
        | F::StdvarOverTime
        | F::SumOverTime
        | F::TsOfFirstOverTime
        | F::TsOfLastOverTime
        | F::TsOfMaxOverTime
        | F::TsOfMinOverTime => over_windows(ev, call, frame, time_ms)?,
    };
    Ok(Value::Vector(elements))
}

/// An element without labels.
pub(super) fn unlabelled(value: f64) -> Element {
    Element { labels: Labels::default(), drop_name: false, value: SampleValue::Float(value) }
}

/// A function of the numbers alone: the name is dropped, and native histograms are passed over in silence.
fn map(
    ev: &Evaluator<'_>,
    elements: Vec<Element>,
    function: impl Fn(f64) -> Option<f64>,
) -> Result<Vec<Element>, NaiveError> {
    let mut results = Vec::new();
    for mut element in elements {
        let Some(number) = float(&element.value) else { continue };
        let number = function(number).expect("the caller chose a function of this family");
        element.value = SampleValue::Float(number);
        ev.drop_name(&mut element);
        results.push(element);
    }
    unique(results)
}

/// `timestamp(v)`: of a plain selector the time of the sample itself, else the time of evaluation.
fn timestamps(
    ev: &Evaluator<'_>,
    call: &Call,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Element>, NaiveError> {
    let mut elements = Vec::new();
    if let Expr::VectorSelector(node) = call.args[0].without_parens() {
        for selected in selector::sample_times(ev, node, frame, time_ms)? {
            let value = SampleValue::Float(selected.timestamp_ms as f64 / 1000.0);
            elements.push(Element { labels: selected.labels, drop_name: false, value });
        }
    } else {
        elements = ev.vector(&call.args[0], frame, time_ms)?;
        for element in &mut elements {
            element.value = SampleValue::Float(time_ms as f64 / 1000.0);
        }
    }
    for element in &mut elements {
        ev.drop_name(element);
    }
    unique(elements)
}

/// A function that makes one value of each window, or none.
fn over_windows(
    ev: &Evaluator<'_>,
    call: &Call,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Element>, NaiveError> {
    let elements = over_windows_at(ev, call, frame, time_ms)?.into_iter().map(|(_, element)| element);
    let elements = unique(elements.collect())?;
    // Behind the first step, as that evaluates the subqueries, which remark what they have to once.
    if time_ms == frame.start_ms && !frame.is_instant() && !ev.options.delayed_name_removal {
        refuse_equal_series(ev, call, frame)?;
    }
    Ok(elements)
}

/// Two series must not have equal labels once they lost their names, be it that they never meet at a step.
fn refuse_equal_series(ev: &Evaluator<'_>, call: &Call, frame: Frame) -> Result<(), NaiveError> {
    let noted = ev.notes.borrow().clone();
    let mut origins: HashMap<Labels, Labels> = HashMap::new();
    for time_ms in frame.steps() {
        for (origin, element) in over_windows_at(ev, call, frame, time_ms)? {
            if origins.entry(element.labels).or_insert_with(|| origin.clone()) != &origin {
                return Err(NaiveError::same_labelset());
            }
        }
    }
    // Each step says by itself what is to be said of it.
    *ev.notes.borrow_mut() = noted;
    Ok(())
}

/// The elements of one step, with the labels of the series that they come from.
fn over_windows_at(
    ev: &Evaluator<'_>,
    call: &Call,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<(Labels, Element)>, NaiveError> {
    use FunctionId as F;
    // `quantile_over_time` alone has its window second.
    let (matrix, others) = match call.args.as_slice() {
        [phi, matrix] if call.function == F::QuantileOverTime => (matrix, std::slice::from_ref(phi)),
        [matrix, others @ ..] => (matrix, others),
        [] => return Ok(Vec::new()),
    };
    let extended = extended_range(matrix);
    if let Some(extended) = extended {
        extended::check_function(call.function, extended)?;
    }
    let mut windows = ev.matrix(matrix, frame, time_ms)?;
    if let Expr::Subquery(_) = matrix.without_parens() {
        windows.iter_mut().for_each(subquery::forget_resets);
    }
    let mut params = Vec::new();
    for other in others {
        params.push(ev.scalar(other, frame, time_ms)?);
    }
    let first = Place { at: first_position(call), by: call.span };
    let mut elements = Vec::new();
    for window in windows {
        let Some(value) = window_value(ev, call.function, &window, extended, &params, time_ms, first)? else {
            continue;
        };
        let mut element = Element { labels: window.labels.clone(), drop_name: window.drop_name, value };
        if !matches!(call.function, F::FirstOverTime | F::LastOverTime) {
            ev.drop_name(&mut element);
        }
        elements.push((window.labels, element));
    }
    Ok(elements)
}

/// Where remarks on a call point to: a subquery, which upstream evaluates to a selector first, does not stand anywhere
/// then.
fn first_position(call: &Call) -> Span {
    match call.args[0].without_parens() {
        Expr::Subquery(_) => Span::default(),
        first => first.span(),
    }
}

/// What a function makes of one window.
fn window_value(
    ev: &Evaluator<'_>,
    function: FunctionId,
    window: &Window,
    extended: Option<ExtendedRange>,
    params: &[f64],
    time_ms: i64,
    first: Place,
) -> Result<Option<SampleValue>, NaiveError> {
    use FunctionId as F;
    let notes = &mut *ev.notes.borrow_mut();
    let whole = |count: fn(&[SampleValue]) -> f64| match extended {
        Some(_) => extended::anchored_values(window).map(|values| count(&values)),
        None => Some(count(&window.samples.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>())),
    };
    let number = match (function, params) {
        (F::Rate | F::Increase | F::Delta, _) => {
            let kind = Kind { is_counter: function != F::Delta, is_rate: function == F::Rate };
            let value = match extended {
                None => rate::extrapolated(window, kind, notes, first),
                Some(extended) => rate::extended(window, extended, kind, notes, first),
            };
            if value.as_ref().and_then(float).is_some() && kind.is_counter {
                notes.possible_non_counter(&window.labels, ev.options.type_and_unit_labels, first);
            }
            return Ok(value);
        }
        (F::Irate | F::Idelta, _) => {
            let kind = Kind { is_counter: function == F::Irate, is_rate: function == F::Irate };
            return Ok(rate::instantaneous(window, kind, notes, first));
        }
        (F::Changes, _) => whole(rate::changes),
        (F::Resets, _) if extended.is_none() => Some(rate::resets_of(window)),
        (F::Resets, _) => whole(rate::resets),
        (F::Deriv, _) => floats_alone(window, notes, first).and_then(|samples| {
            let origin_ms = samples.first()?.timestamp_ms;
            regression::line(&samples, origin_ms).map(|line| line.slope)
        }),
        (F::PredictLinear, &[ahead_seconds]) => floats_alone(window, notes, first).and_then(|samples| {
            regression::line(&samples, time_ms).map(|line| line.slope * ahead_seconds + line.intercept)
        }),
        (F::DoubleExponentialSmoothing, &[factor, trend_factor]) => {
            let samples = floats_alone(window, notes, first).unwrap_or_default();
            regression::smooth(&samples, factor, trend_factor)?
        }
        (F::QuantileOverTime, &[phi]) => floats_alone(window, notes, first).map(|samples| {
            if quantile::is_invalid(phi) {
                notes.invalid_quantile(phi, first);
            }
            quantile::quantile(phi, &values(&samples))
        }),
        _ => return Ok(over_time::reduce(function, window, notes, first)),
    };
    Ok(number.map(SampleValue::Float))
}

/// How a range selector looks past its edges, if it does.
pub(super) fn extended_range(expr: &Expr) -> Option<ExtendedRange> {
    match expr.without_parens() {
        Expr::MatrixSelector(matrix) => matrix.selector.extended_range,
        _ => None,
    }
}
