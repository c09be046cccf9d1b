//! Every range function against its slow twin, window by window and bit for bit.

mod generate;
mod naive;
mod special;

use emberdb_promql_syntax::FunctionId;
use proptest::prelude::*;

use super::{RangeScratch, Windows, range_body};
use crate::batch::Column;
use generate::Case;
use naive::Window;

/// The scalar arguments of a function, one value a step.
fn params(function: FunctionId, case: &Case) -> Vec<Vec<f64>> {
    let at_steps = |value: fn(f64) -> f64| {
        (0..case.steps.count).map(|step| value(case.param + step as f64 / 7.0)).collect::<Vec<f64>>()
    };
    match function {
        FunctionId::QuantileOverTime => vec![at_steps(|seed| seed % 1.3 - 0.1)],
        FunctionId::PredictLinear => vec![at_steps(|seed| seed * 100.0 - 300.0)],
        FunctionId::DoubleExponentialSmoothing => {
            vec![at_steps(|seed| seed % 0.98 + 0.01), at_steps(|seed| seed * 3.0 % 0.98 + 0.01)]
        }
        _ => Vec::new(),
    }
}

/// The twin's answer.
fn expected(function: FunctionId, case: &Case, params: &[Vec<f64>]) -> Option<Column> {
    let twin = naive::twin(function)?;
    let answers = (0..case.steps.count).map(|step| {
        let at_ms = case.steps.start_ms + step as i64 * case.steps.step_ms;
        let end_ms = at_ms - case.offset_ms;
        let start_ms = end_ms - case.range_ms;
        let inside: Vec<(i64, f64)> =
            case.samples.iter().copied().filter(|&(time, _)| start_ms < time && time <= end_ms).collect();
        let params = params.iter().map(|param| param[step]).collect();
        let window = Window { start_ms, end_ms, at_ms, samples: &inside, params };
        if inside.is_empty() { None } else { twin(&window) }
    });
    Some(answers.collect())
}

/// Any NaN is as good as any other; all else must have the same bits.
fn same(left: Option<f64>, right: Option<f64>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => left.to_bits() == right.to_bits() || left.is_nan() && right.is_nan(),
        (left, right) => left.is_none() && right.is_none(),
    }
}

fn check(case: &Case) -> Result<(), TestCaseError> {
    let (timestamps, values): (Vec<_>, Vec<_>) = case.samples.iter().copied().unzip();
    let windows = Windows {
        timestamps: &timestamps,
        values: &values,
        steps: case.steps,
        range_ms: case.range_ms,
        offset_ms: case.offset_ms,
    };
    let (mut scratch, mut out) = (RangeScratch::new(), Column::new());
    for &function in FunctionId::ALL {
        let params = params(function, case);
        let Some(expected) = expected(function, case, &params) else {
            prop_assert!(range_body(function).is_none(), "{function} has a body and no twin");
            continue;
        };
        let body = range_body(function).unwrap();
        let params: Vec<&[f64]> = params.iter().map(Vec::as_slice).collect();
        body(&windows, &params, &mut scratch, &mut out);
        prop_assert_eq!(out.len(), case.steps.count);
        for step in 0..case.steps.count {
            let (found, expected) = (out.get(step), expected.get(step));
            prop_assert!(
                same(found, expected),
                "{function} at step {step}: {found:?} is not {expected:?} in {case:?}"
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_body_has_the_bits_of_its_twin(case in generate::case()) {
        check(&case)?;
    }
}
