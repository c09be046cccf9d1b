//! Histograms in a row: `{{...}}`, `{{...}}x3`, `{{...}}+{{...}}x3`, `{{...}}-{{...}}x3`.

use super::{HistogramNotation, NotationError};
use crate::FloatHistogram;

/// How many times a sequence can be continued. Scripts continue a few hundred times; a slip of the keyboard must not
/// take all memory.
const REPETITIONS_MAX: u64 = 1_000_000;

/// Reads an item of a series at the start of a text, and returns its histograms with what follows: one; one and N
/// copies of it; or one and N further ones to each of which the second histogram is added, or from each of which it is
/// subtracted.
///
/// ```
/// use emberdb_histogram::parse_sequence;
///
/// let (found, rest) = parse_sequence("{{count:3 buckets:[3]}}+{{count:2 buckets:[1 1]}}x2 5")?;
/// let texts: Vec<String> = found.iter().map(|item| item.histogram.to_notation()).collect();
/// assert_eq!(texts, ["{{count:3 buckets:[3]}}", "{{count:5 buckets:[4 1]}}", "{{count:7 buckets:[5 2]}}"]);
/// assert_eq!(rest, " 5");
/// # Ok::<(), emberdb_histogram::NotationError>(())
/// ```
///
/// # Errors
/// If there is none, or the histograms cannot be added.
pub fn parse_sequence(text: &str) -> Result<(Vec<HistogramNotation>, &str), NotationError> {
    let (first, rest) = HistogramNotation::parse_prefix(text)?;
    let at = |rest: &str| text.len() - rest.len();
    if let Some(rest) = rest.strip_prefix('x') {
        let (times, rest) = repetitions(rest, at(rest))?;
        return Ok((vec![first; times + 1], rest));
    }
    let (is_negative, rest) = match rest.strip_prefix('+') {
        Some(rest) => (false, rest),
        None => match rest.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => return Ok((vec![first], rest)),
        },
    };
    let offset = at(rest);
    let (step, rest) = HistogramNotation::parse_prefix(rest)
        .map_err(|error| NotationError { offset: offset + error.offset, ..error })?;
    let Some(rest) = rest.strip_prefix('x') else {
        return Err(NotationError {
            offset: at(rest),
            message: "expected \"x\" and how many times".to_owned(),
        });
    };
    let (times, rest) = repetitions(rest, at(rest))?;

    let mut histograms = Vec::with_capacity(times + 1);
    let mut current = first.histogram;
    for _ in 0..times {
        let next = combined(&current, &step.histogram, is_negative)
            .map_err(|message| NotationError { offset: at(rest), message })?;
        histograms.push(std::mem::replace(&mut current, next));
    }
    histograms.push(current);
    let names_hint = step.names_hint;
    Ok((histograms.into_iter().map(|histogram| HistogramNotation { histogram, names_hint }).collect(), rest))
}

fn combined(
    current: &FloatHistogram,
    step: &FloatHistogram,
    is_negative: bool,
) -> Result<FloatHistogram, String> {
    let (from, to) = (step.schema, current.schema);
    if to > from {
        return Err(format!(
            "error combining histograms: cannot merge from schema {} to {}",
            from.number(),
            to.number()
        ));
    }
    let mut next = current.clone();
    let result = if is_negative { next.sub_assign(step) } else { next.add_assign(step) };
    match result {
        Ok(_) => Ok(next),
        Err(error) => Err(error.to_string()),
    }
}

fn repetitions(text: &str, offset: usize) -> Result<(usize, &str), NotationError> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    match digits.parse::<u64>() {
        Ok(times) if times <= REPETITIONS_MAX => Ok((times as usize, rest)),
        Ok(times) => {
            let message =
                format!("invalid repetition in series values: {times} is more than {REPETITIONS_MAX}");
            Err(NotationError { offset, message })
        }
        Err(error) => {
            Err(NotationError { offset, message: format!("invalid repetition in series values: {error}") })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse_sequence;

    #[test]
    fn copies_and_differences() {
        let (found, rest) = parse_sequence("{{count:3}}x2").unwrap();
        assert_eq!((found.len(), rest), (3, ""));
        let (found, _) = parse_sequence("{{count:3}}-{{count:2 counter_reset_hint:reset}}x1").unwrap();
        assert_eq!(found[1].histogram.count, 1.0);
        assert!(found.iter().all(|item| item.names_hint));
    }

    #[test]
    fn what_cannot_be_continued() {
        for (text, offset, message) in [
            ("{{schema:1}}+{{}}x2", 19, "error combining histograms: cannot merge from schema 0 to 1"),
            ("{{}}+{{}}", 9, "expected \"x\" and how many times"),
            ("{{}}+{{sum}}x1", 10, "missing `:` for histogram descriptor"),
            ("{{}}x", 5, "invalid repetition in series values: cannot parse integer from empty string"),
            ("{{}}x10000000", 5, "invalid repetition in series values: 10000000 is more than 1000000"),
        ] {
            let error = parse_sequence(text).unwrap_err();
            assert_eq!((error.offset, error.message.as_str()), (offset, message), "{text}");
        }
    }
}
