//! Small cases by name, with answers worked out by hand.

use emberdb_promql_syntax::FunctionId;

use super::super::{RangeScratch, SmoothingError, Windows, check_smoothing, map_body, range_body};
use crate::batch::{Column, Steps};

/// The answer at `at_ms` over a minute.
fn minute(function: FunctionId, samples: &[(i64, f64)], at_ms: i64) -> Option<f64> {
    let (timestamps, values): (Vec<_>, Vec<_>) = samples.iter().copied().unzip();
    let windows = Windows {
        timestamps: &timestamps,
        values: &values,
        steps: Steps::instant(at_ms),
        range_ms: 60_000,
        offset_ms: 0,
    };
    let mut out = Column::new();
    range_body(function).unwrap()(&windows, &[], &mut RangeScratch::new(), &mut out);
    out.get(0)
}

#[test]
fn a_window_is_open_on_the_left_and_closed_on_the_right() {
    let samples = [(0, 1.0), (30_000, 2.0), (60_000, 4.0), (60_001, 8.0)];
    assert_eq!(minute(FunctionId::SumOverTime, &samples, 60_000), Some(6.0));
    assert_eq!(minute(FunctionId::SumOverTime, &samples, 59_999), Some(3.0));
    assert_eq!(minute(FunctionId::SumOverTime, &samples, 120_001), None);
}

#[test]
fn a_counter_is_not_extrapolated_below_zero() {
    // From 10 at 30 s to 70 at 60 s: zero lies 5 s before, less than the 30 s to the start of the window.
    let samples = [(30_000, 10.0), (60_000, 70.0)];
    assert_eq!(minute(FunctionId::Increase, &samples, 60_000), Some(70.0));
    assert_eq!(minute(FunctionId::Delta, &samples, 60_000), Some(120.0));
}

#[test]
fn a_reset_counts_what_was_before_it() {
    let samples = [(15_000, 100.0), (30_000, 110.0), (45_000, 5.0), (60_000, 15.0)];
    // 15 - 100 + 110 = 25 over 45 s, extrapolated by 15 s at the start.
    assert_eq!(minute(FunctionId::Increase, &samples, 60_000), Some(25.0 * (60.0 / 45.0)));
    assert_eq!(minute(FunctionId::Resets, &samples, 60_000), Some(1.0));
    assert_eq!(minute(FunctionId::Irate, &samples, 45_000), Some(5.0 / 15.0));
}

#[test]
fn a_sum_that_overflows_before_an_infinity_leaves_a_mean() {
    let samples = [(15_000, f64::MAX), (30_000, f64::MAX), (45_000, f64::NEG_INFINITY)];
    assert_eq!(minute(FunctionId::AvgOverTime, &samples, 60_000), Some(f64::NEG_INFINITY));
    assert!(minute(FunctionId::SumOverTime, &samples, 60_000).unwrap().is_nan());
}

#[test]
fn one_sample_has_no_rate() {
    for function in [FunctionId::Rate, FunctionId::Irate, FunctionId::Deriv] {
        assert_eq!(minute(function, &[(50_000, 1.0)], 60_000), None);
    }
    assert_eq!(minute(FunctionId::LastOverTime, &[(50_000, 1.0)], 60_000), Some(1.0));
}

#[test]
fn samples_between_two_windows_never_enter_the_sorted_one() {
    let windows = Windows {
        timestamps: &[10_000, 11_000, 12_000, 99_500],
        values: &[1.0, 2.0, 3.0, 9.0],
        steps: Steps { start_ms: 0, step_ms: 50_000, count: 3 },
        range_ms: 1_000,
        offset_ms: 0,
    };
    let mut out = Column::new();
    for function in [FunctionId::MadOverTime, FunctionId::QuantileOverTime, FunctionId::MaxOverTime] {
        let params: &[&[f64]] = if function == FunctionId::QuantileOverTime { &[&[0.5; 3]] } else { &[] };
        range_body(function).unwrap()(&windows, params, &mut RangeScratch::new(), &mut out);
        let expected = if function == FunctionId::MadOverTime { 0.0 } else { 9.0 };
        assert_eq!(out, [None, None, Some(expected)].into_iter().collect(), "{function}");
    }
}

#[test]
fn smoothing_factors_lie_strictly_between_0_and_1() {
    assert_eq!(check_smoothing(0.5, 0.1), Ok(()));
    let error = check_smoothing(1.0, 0.1).unwrap_err();
    assert_eq!(error, SmoothingError::SmoothingFactor(1.0));
    assert_eq!(error.to_string(), "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000");
    assert_eq!(check_smoothing(0.5, 0.0), Err(SmoothingError::TrendFactor(0.0)));
    assert_eq!(check_smoothing(f64::NAN, f64::NAN), Ok(()));
}

#[test]
fn a_body_without_its_arguments_answers_nothing() {
    for function in [FunctionId::QuantileOverTime, FunctionId::PredictLinear] {
        assert_eq!(minute(function, &[(50_000, 1.0), (55_000, 2.0)], 60_000), None);
    }
}

/// The answer for one value.
fn mapped(function: FunctionId, params: &[f64], value: f64) -> Option<f64> {
    let params: Vec<&[f64]> = params.iter().map(std::slice::from_ref).collect();
    let mut column: Column = [Some(value)].into_iter().collect();
    map_body(function).unwrap()(&params, &mut column);
    column.get(0)
}

#[test]
fn rounding_ties_go_up_and_the_inverse_multiplies() {
    assert_eq!(mapped(FunctionId::Round, &[], 2.5), Some(3.0));
    assert_eq!(mapped(FunctionId::Round, &[], -2.5), Some(-2.0));
    assert_eq!(mapped(FunctionId::Round, &[0.1], 0.05), Some(0.1));
    assert_eq!(mapped(FunctionId::Round, &[5.0], 12.5), Some(((12.5_f64 * 0.2 + 0.5).floor()) / 0.2));
    assert!(mapped(FunctionId::Round, &[0.0], 1.0).unwrap().is_nan());
}

#[test]
fn the_sign_of_zero_and_of_nan_stays() {
    assert!(mapped(FunctionId::Sgn, &[], -0.0).unwrap().is_sign_negative());
    assert!(mapped(FunctionId::Sgn, &[], f64::NAN).unwrap().is_nan());
    assert_eq!(mapped(FunctionId::Sgn, &[], -3.0), Some(-1.0));
}

#[test]
fn clamping_between_bounds_that_cross_answers_nothing() {
    assert_eq!(mapped(FunctionId::Clamp, &[1.0, 2.0], 5.0), Some(2.0));
    assert_eq!(mapped(FunctionId::Clamp, &[2.0, 1.0], 5.0), None);
    assert!(mapped(FunctionId::Clamp, &[f64::NAN, 1.0], 5.0).unwrap().is_nan());
    assert_eq!(mapped(FunctionId::ClampMin, &[3.0], 1.0), Some(3.0));
    assert_eq!(mapped(FunctionId::ClampMax, &[3.0], 7.0), Some(3.0));
    assert!(mapped(FunctionId::ClampMax, &[3.0], f64::NAN).unwrap().is_nan());
}

#[test]
fn inverse_hyperbolic_functions_keep_their_digits() {
    let near = |found: Option<f64>, expected: f64| {
        let found = found.unwrap();
        assert!((found - expected).abs() <= expected.abs() * 1e-15, "{found} is not {expected}");
    };
    // sqrt(2e) for x = 1 + e, and ln(2x) for large x.
    near(mapped(FunctionId::Acosh, &[], 1.0 + f64::EPSILON), (2.0 * f64::EPSILON).sqrt());
    near(mapped(FunctionId::Acosh, &[], 1e308), 308.0 * 10_f64.ln() + 2_f64.ln());
    near(mapped(FunctionId::Asinh, &[], -1e308), -(308.0 * 10_f64.ln() + 2_f64.ln()));
    near(mapped(FunctionId::Asinh, &[], 1e-9), 1e-9);
    near(mapped(FunctionId::Atanh, &[], -1e-9), -1e-9);
    near(mapped(FunctionId::Acosh, &[], 3.0_f64.cosh()), 3.0);
    near(mapped(FunctionId::Asinh, &[], 3.0_f64.sinh()), 3.0);
    near(mapped(FunctionId::Atanh, &[], 0.5_f64.tanh()), 0.5);
    assert!(mapped(FunctionId::Acosh, &[], 0.9).unwrap().is_nan());
    assert_eq!(mapped(FunctionId::Atanh, &[], 1.0), Some(f64::INFINITY));
    assert!(mapped(FunctionId::Atanh, &[], 1.1).unwrap().is_nan());
}
