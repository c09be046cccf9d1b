//! The slow twins: each looks at one window at a time and at every sample of it, the way the definition reads.

use emberdb_promql_syntax::FunctionId;

/// One window that has samples.
pub(super) struct Window<'a> {
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    pub(super) at_ms: i64,
    pub(super) samples: &'a [(i64, f64)],
    pub(super) params: Vec<f64>,
}

type Twin = fn(&Window<'_>) -> Option<f64>;

/// The twin of a function's body.
pub(super) fn twin(function: FunctionId) -> Option<Twin> {
    Some(match function {
        FunctionId::Rate => |w| extrapolated(w, true, true),
        FunctionId::Increase => |w| extrapolated(w, true, false),
        FunctionId::Delta => |w| extrapolated(w, false, false),
        FunctionId::Irate => |w| instant(w, true),
        FunctionId::Idelta => |w| instant(w, false),
        FunctionId::Changes => {
            |w| Some(pairs(w).filter(|(a, b)| a != b && !(a.is_nan() && b.is_nan())).count() as f64)
        }
        FunctionId::Resets => |w| Some(pairs(w).filter(|(a, b)| b < a).count() as f64),
        FunctionId::Deriv => |w| Some(line(w, w.samples[0].0)?.0),
        FunctionId::PredictLinear => |w| line(w, w.at_ms).map(|(slope, start)| slope * w.params[0] + start),
        FunctionId::DoubleExponentialSmoothing => smoothing,
        FunctionId::SumOverTime => |w| {
            let (sum, compensation) = kahan(values(w));
            Some(if sum.is_infinite() { sum } else { sum + compensation })
        },
        FunctionId::AvgOverTime => average,
        FunctionId::CountOverTime => |w| Some(w.samples.len() as f64),
        FunctionId::PresentOverTime => |_| Some(1.0),
        FunctionId::MinOverTime => |w| Some(extreme(w, |new, old| new < old).1),
        FunctionId::MaxOverTime => |w| Some(extreme(w, |new, old| new > old).1),
        FunctionId::TsOfMinOverTime => |w| Some(extreme(w, |new, old| new <= old).0 as f64 / 1000.0),
        FunctionId::TsOfMaxOverTime => |w| Some(extreme(w, |new, old| new >= old).0 as f64 / 1000.0),
        FunctionId::FirstOverTime => |w| Some(w.samples.first()?.1),
        FunctionId::LastOverTime => |w| Some(w.samples.last()?.1),
        FunctionId::TsOfFirstOverTime => |w| Some(w.samples.first()?.0 as f64 / 1000.0),
        FunctionId::TsOfLastOverTime => |w| Some(w.samples.last()?.0 as f64 / 1000.0),
        FunctionId::QuantileOverTime => |w| Some(quantile(w.params[0], &values(w).collect::<Vec<_>>())),
        FunctionId::MadOverTime => |w| {
            if values(w).any(f64::is_nan) {
                return Some(f64::NAN);
            }
            let median = quantile(0.5, &values(w).collect::<Vec<_>>());
            Some(quantile(0.5, &values(w).map(|value| (value - median).abs()).collect::<Vec<_>>()))
        },
        FunctionId::StddevOverTime => |w| Some(variance(w).sqrt()),
        FunctionId::StdvarOverTime => |w| Some(variance(w)),
        _ => return None,
    })
}

fn values<'a>(window: &'a Window<'_>) -> impl Iterator<Item = f64> + 'a {
    window.samples.iter().map(|sample| sample.1)
}

fn pairs<'a>(window: &'a Window<'_>) -> impl Iterator<Item = (f64, f64)> + 'a {
    values(window).zip(values(window).skip(1))
}

fn add(value: f64, sum: f64, compensation: f64) -> (f64, f64) {
    let total = sum + value;
    if total.is_infinite() {
        (total, 0.0)
    } else if sum.abs() >= value.abs() {
        (total, compensation + ((sum - total) + value))
    } else {
        (total, compensation + ((value - total) + sum))
    }
}

fn kahan(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((0.0, 0.0), |(sum, compensation), value| add(value, sum, compensation))
}

fn extrapolated(window: &Window<'_>, is_counter: bool, is_rate: bool) -> Option<f64> {
    let (&(first_ms, first), &(last_ms, last)) = (window.samples.first()?, window.samples.last()?);
    if window.samples.len() < 2 {
        return None;
    }
    let mut result = last - first;
    if is_counter {
        for (previous, current) in pairs(window) {
            if current < previous {
                result += previous;
            }
        }
    }
    let seconds = |ms: i64| ms as f64 / 1000.0;
    let mut to_start = seconds(first_ms - window.start_ms);
    let mut to_end = seconds(window.end_ms - last_ms);
    let sampled = seconds(last_ms - first_ms);
    let average = sampled / (window.samples.len() - 1) as f64;
    if to_start >= average * 1.1 {
        to_start = average / 2.0;
    }
    if is_counter && result > 0.0 && first >= 0.0 {
        let to_zero = sampled * (first / result);
        if to_zero < to_start {
            to_start = to_zero;
        }
    }
    if to_end >= average * 1.1 {
        to_end = average / 2.0;
    }
    let mut factor = (sampled + to_start + to_end) / sampled;
    if is_rate {
        let range = std::time::Duration::from_millis((window.end_ms - window.start_ms) as u64);
        factor /= range.as_secs() as f64 + f64::from(range.subsec_nanos()) / 1e9;
    }
    Some(result * factor)
}

fn instant(window: &Window<'_>, is_rate: bool) -> Option<f64> {
    let &[.., (previous_ms, previous), (last_ms, last)] = window.samples else { return None };
    let mut result = last;
    let is_reset = is_rate && last < previous;
    if !is_reset {
        result = last - previous;
    }
    if is_rate {
        result /= (last_ms - previous_ms) as f64 / 1000.0;
    }
    Some(result)
}

fn line(window: &Window<'_>, origin_ms: i64) -> Option<(f64, f64)> {
    if window.samples.len() < 2 {
        return None;
    }
    let xs = || window.samples.iter().map(|&(time, _)| (time - origin_ms) as f64 / 1e3);
    let ys = || values(window);
    let first = ys().next()?;
    if ys().skip(1).all(|y| y == first) {
        return Some(if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) });
    }
    let total = |(sum, compensation): (f64, f64)| sum + compensation;
    let n = window.samples.len() as f64;
    let (sum_x, sum_y) = (total(kahan(xs())), total(kahan(ys())));
    let sum_xy = total(kahan(xs().zip(ys()).map(|(x, y)| x * y)));
    let sum_xx = total(kahan(xs().map(|x| x * x)));
    let slope = (sum_xy - sum_x * sum_y / n) / (sum_xx - sum_x * sum_x / n);
    Some((slope, sum_y / n - slope * sum_x / n))
}

fn smoothing(window: &Window<'_>) -> Option<f64> {
    let (smoothing, trend) = (window.params[0], window.params[1]);
    let xs: Vec<f64> = values(window).collect();
    if xs.len() < 2 {
        return None;
    }
    let mut levels = vec![xs[0]];
    let mut slope = xs[1] - xs[0];
    for (round, x) in xs.iter().enumerate().skip(1) {
        if round > 1 {
            slope = trend * (levels[round - 1] - levels[round - 2]) + (1.0 - trend) * slope;
        }
        levels.push(smoothing * x + (1.0 - smoothing) * (levels[round - 1] + slope));
    }
    levels.last().copied()
}

fn average(window: &Window<'_>) -> Option<f64> {
    let mut values = values(window);
    let (mut sum, mut compensation, mut count) = (values.next()?, 0.0, 1.0);
    let mut mean = None;
    for value in values {
        count += 1.0;
        if mean.is_none() {
            let (next, next_compensation) = add(value, sum, compensation);
            if !next.is_infinite() {
                (sum, compensation) = (next, next_compensation);
                continue;
            }
            mean = Some(sum / (count - 1.0));
            compensation /= count - 1.0;
        }
        let share = (count - 1.0) / count;
        let (next, next_compensation) = add(value / count, share * mean?, share * compensation);
        (mean, compensation) = (Some(next), next_compensation);
    }
    Some(mean.map_or_else(|| sum / count + compensation / count, |mean| mean + compensation))
}

/// The extreme and its time; a NaN that is held gives way to whatever comes.
fn extreme(window: &Window<'_>, wins: impl Fn(f64, f64) -> bool) -> (i64, f64) {
    let mut held = window.samples[0];
    for &sample in window.samples {
        if wins(sample.1, held.1) || held.1.is_nan() {
            held = sample;
        }
    }
    held
}

fn quantile(phi: f64, values: &[f64]) -> f64 {
    if phi.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&phi) {
        return if phi < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let (mut numbers, mut sorted): (Vec<f64>, Vec<f64>) = values.iter().partition(|value| !value.is_nan());
    numbers.sort_by(f64::total_cmp);
    sorted.extend(numbers);
    let rank = phi * (sorted.len() - 1) as f64;
    let lower = rank.floor() as usize;
    let upper = (lower + 1).min(sorted.len() - 1);
    let weight = rank - rank.floor();
    sorted[lower] * (1.0 - weight) + sorted[upper] * weight
}

fn variance(window: &Window<'_>) -> f64 {
    let (mut count, mut mean, mut squares) = (0.0, (0.0, 0.0), (0.0, 0.0));
    for value in values(window) {
        count += 1.0;
        let distance = value - (mean.0 + mean.1);
        mean = add(distance / count, mean.0, mean.1);
        squares = add(distance * (value - (mean.0 + mean.1)), squares.0, squares.1);
    }
    (squares.0 + squares.1) / count
}
