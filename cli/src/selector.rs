//! Selectors of series and ranges of time, as the commands that work on samples take them.

use clap::Args;
use emberdb::{Matcher, TimeRange, promql_syntax};

use crate::time::parse_time_ms;

/// What stands between braces in PromQL, read.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    /// As the user wrote it.
    pub(crate) text: String,
    /// All of them have to be met.
    pub(crate) matchers: Vec<Matcher>,
}

/// Reads a selector such as `up{job="api"}`.
pub(crate) fn parse_selector(text: &str) -> Result<Selector, String> {
    let matchers = promql_syntax::parse_metric_selector(text).map_err(|error| error.to_string())?;
    Ok(Selector { text: text.to_owned(), matchers })
}

/// Reads a selector that does not just mean everything.
pub(crate) fn parse_choosing_selector(text: &str) -> Result<Selector, String> {
    let selector = parse_selector(text)?;
    if selector.matchers.iter().all(|matcher| matcher.matches("")) {
        return Err("it selects every series: add a matcher that the empty string does not meet, \
                    as in {__name__=~\".+\"} if all are meant"
            .into());
    }
    Ok(selector)
}

/// A range of time: both ends belong to it.
#[derive(Args)]
pub(crate) struct RangeArgs {
    /// From this time on: Unix milliseconds, or RFC 3339. Default: the beginning of time.
    #[arg(long, value_name = "TIME", value_parser = parse_time_ms, allow_hyphen_values = true)]
    min_time: Option<i64>,
    /// Up to this time: Unix milliseconds, or RFC 3339. Default: the end of time.
    #[arg(long, value_name = "TIME", value_parser = parse_time_ms, allow_hyphen_values = true)]
    max_time: Option<i64>,
}

impl RangeArgs {
    /// The range, which is not empty.
    pub(crate) fn range(&self) -> Result<TimeRange, String> {
        let range = TimeRange::new(self.min_time.unwrap_or(i64::MIN), self.max_time.unwrap_or(i64::MAX));
        if range.is_empty() {
            return Err(format!("--max-time {} lies before --min-time {}", range.max_ms, range.min_ms));
        }
        Ok(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors() {
        assert_eq!(parse_selector("up{job='api'}").unwrap().matchers.len(), 2);
        assert!(parse_selector("up{").is_err());
        assert!(parse_selector("{job=~'.*'}").is_ok());
        assert!(parse_choosing_selector("{job=~'.*'}").unwrap_err().contains("every series"));
        assert!(parse_choosing_selector("{job!='api', __name__=~'.+'}").is_ok());
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_refused() {
        let args = RangeArgs { min_time: Some(5), max_time: Some(4) };
        assert_eq!(args.range().unwrap_err(), "--max-time 4 lies before --min-time 5");
        let args = RangeArgs { min_time: None, max_time: Some(4) };
        assert_eq!(args.range(), Ok(TimeRange::new(i64::MIN, 4)));
    }
}
