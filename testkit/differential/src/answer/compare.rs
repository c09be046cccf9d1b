//! The first difference of two answers.

use std::collections::BTreeMap;

use super::{Answer, Bucket, Closeness, Histogram, Outcome, Point, Series, Value};

/// Whether the order of a vector's series is part of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// It is chance.
    Any,
    /// The query sorts by values: those that are the same may come in any order.
    ByValue,
    /// The query sorts by labels.
    Given,
}

/// What comes of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The same; the closeness is that of the numbers that are farthest apart, never [`Closeness::Far`].
    Equal(Closeness),
    /// Not the same: the first difference in words.
    Different(String),
}

/// The first difference, or how close the numbers are.
type Compared = Result<Closeness, String>;

/// Compares an answer with that of the reference.
#[must_use]
pub fn compare(reference: &Answer, other: &Answer, order: Order) -> Comparison {
    let compared = compare_outcomes(&reference.outcome, &other.outcome, order).and_then(|closeness| {
        same("warnings", &reference.warnings, &other.warnings)?;
        same("infos", &reference.infos, &other.infos)?;
        Ok(closeness)
    });
    match compared {
        Ok(closeness) => Comparison::Equal(closeness),
        Err(difference) => Comparison::Different(difference),
    }
}

fn compare_outcomes(reference: &Outcome, other: &Outcome, order: Order) -> Compared {
    match (reference, other) {
        (Outcome::Error { kind: a, .. }, Outcome::Error { kind: b, .. }) => same("kind of error", a, b),
        (Outcome::Scalar(a), Outcome::Scalar(b)) => compare_points(a, b),
        (Outcome::Text { time_ms, text }, Outcome::Text { time_ms: other_ms, text: other }) => {
            same("time", time_ms, other_ms)?;
            same("text", text, other)
        }
        (Outcome::Vector(a), Outcome::Vector(b)) => match order {
            Order::Any => compare_sets(a, b),
            Order::ByValue => Ok(compare_sets(a, b)?.max(compare_ranks(a, b)?)),
            Order::Given => compare_lists(a, b),
        },
        // A matrix is sorted by its labels.
        (Outcome::Matrix(a), Outcome::Matrix(b)) => compare_lists(a, b),
        (a, b) => same("type", &type_name(a), &type_name(b)),
    }
}

fn type_name(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Error { kind, message } => format!("error {kind}: {message}"),
        Outcome::Scalar(_) => "scalar".into(),
        Outcome::Text { .. } => "string".into(),
        Outcome::Vector(_) => "vector".into(),
        Outcome::Matrix(_) => "matrix".into(),
    }
}

/// Compares series by their labels.
fn compare_sets(reference: &[Series], other: &[Series]) -> Compared {
    let by_labels = |series: &[Series]| {
        series.iter().map(|one| (one.labels.clone(), one.clone())).collect::<BTreeMap<_, _>>()
    };
    let (a, b) = (by_labels(reference), by_labels(other));
    if let Some(labels) = a.keys().find(|&labels| !b.contains_key(labels)) {
        return Err(format!("the series {labels:?} is missing"));
    }
    if let Some(labels) = b.keys().find(|&labels| !a.contains_key(labels)) {
        return Err(format!("the series {labels:?} should not be there"));
    }
    // A set of labels that is there twice is lost in the maps.
    same("number of series", &reference.len(), &other.len())?;
    worst(a.values().zip(b.values()).map(|(a, b)| compare_series(a, b)))
}

/// Compares the values at each place.
fn compare_ranks(reference: &[Series], other: &[Series]) -> Compared {
    let places = reference.iter().zip(other).enumerate();
    worst(places.map(|(place, (a, b))| {
        let compared = worst(a.points.iter().zip(&b.points).map(|(a, b)| compare_points(a, b)));
        compared.map_err(|difference| format!("the order of the values: at place {place} {difference}"))
    }))
}

fn compare_lists(reference: &[Series], other: &[Series]) -> Compared {
    let moved = reference.iter().zip(other).position(|(a, b)| a.labels != b.labels);
    match moved {
        None if reference.len() == other.len() => {
            worst(reference.iter().zip(other).map(|(a, b)| compare_series(a, b)))
        }
        place => {
            // That a series is missing says more than that all behind it are elsewhere.
            compare_sets(reference, other)?;
            let place = place.unwrap_or_default();
            Err(format!(
                "the order of the series: at place {place} {:?}, not {:?}",
                labels_at(reference, place),
                labels_at(other, place)
            ))
        }
    }
}

fn labels_at(series: &[Series], place: usize) -> Option<&BTreeMap<String, String>> {
    series.get(place).map(|series| &series.labels)
}

fn compare_series(reference: &Series, other: &Series) -> Compared {
    let compared = worst(reference.points.iter().zip(&other.points).map(|(a, b)| compare_points(a, b)))
        .and_then(|closeness| {
            same("number of points", &reference.points.len(), &other.points.len())?;
            Ok(closeness)
        });
    compared.map_err(|difference| format!("{:?}: {difference}", reference.labels))
}

fn compare_points(reference: &Point, other: &Point) -> Compared {
    same("time", &reference.time_ms, &other.time_ms)?;
    let compared = match (&reference.value, &other.value) {
        (Value::Float(a), Value::Float(b)) => close("value", *a, *b),
        (Value::Histogram(a), Value::Histogram(b)) => compare_histograms(a, b),
        (a, b) => Err(format!("{a:?}, not {b:?}")),
    };
    compared.map_err(|difference| format!("at {}: {difference}", reference.time_ms))
}

fn compare_histograms(reference: &Histogram, other: &Histogram) -> Compared {
    let whole = close("count", reference.count, other.count)?.max(close("sum", reference.sum, other.sum)?);
    let buckets = worst(reference.buckets.iter().zip(&other.buckets).map(|(a, b)| compare_buckets(a, b)))?;
    same("number of buckets", &reference.buckets.len(), &other.buckets.len())?;
    Ok(whole.max(buckets))
}

fn compare_buckets(reference: &Bucket, other: &Bucket) -> Compared {
    same("boundaries", &reference.boundaries, &other.boundaries)?;
    let lower = close("lower bound", reference.lower, other.lower)?;
    let upper = close("upper bound", reference.upper, other.upper)?;
    Ok(lower.max(upper).max(close("bucket", reference.count, other.count)?))
}

/// The first difference, or the closeness of those that are farthest apart.
fn worst(compared: impl Iterator<Item = Compared>) -> Compared {
    compared.into_iter().try_fold(Closeness::Bits, |worst, one| Ok(worst.max(one?)))
}

fn close(what: &str, reference: f64, other: f64) -> Compared {
    match Closeness::of(reference, other) {
        Closeness::Far => Err(format!("{what}: {reference:?}, not {other:?}")),
        closeness => Ok(closeness),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, reference: &T, other: &T) -> Compared {
    if reference == other {
        Ok(Closeness::Bits)
    } else {
        Err(format!("{what}: {reference:?}, not {other:?}"))
    }
}

#[cfg(test)]
mod tests;
