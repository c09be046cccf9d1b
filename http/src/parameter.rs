//! What a request asks: the pairs of its URL and of its form, and their types.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{Method, header};
use emberdb::{Matcher, QueryOptions, TimeRange, promql_syntax};

use crate::envelope::ApiError;
use crate::time::{parse_duration, parse_time};

/// The parameters of a request: of the form first (POST, PUT), then of the URL, as upstream.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequest<S> for Parameters {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let url_query = request.uri().query().unwrap_or("").to_owned();
        let is_form = request
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        let mut pairs = Vec::new();
        if matches!(*request.method(), Method::POST | Method::PUT) && is_form {
            let form = Bytes::from_request(request, state).await;
            let form = form.map_err(|e| ApiError::bad_data(format!("error parsing form values: {e}")))?;
            check_utf8(&form)?;
            pairs.extend(form_urlencoded::parse(&form).into_owned());
        }
        check_utf8(url_query.as_bytes())?;
        pairs.extend(form_urlencoded::parse(url_query.as_bytes()).into_owned());
        Ok(Self { pairs })
    }
}

/// Bytes that are no text would be read as other ones, and the answer would be to another question.
fn check_utf8(form: &[u8]) -> Result<(), ApiError> {
    let (mut bytes, mut rest) = (Vec::with_capacity(form.len()), form);
    while let [first, tail @ ..] = rest {
        let digit = |place: usize| char::from(*tail.get(place)?).to_digit(16);
        match digit(0).zip(digit(1)) {
            Some((high, low)) if *first == b'%' => {
                bytes.extend(u8::try_from(high << 4 | low));
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    match std::str::from_utf8(&bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err(ApiError::bad_data("the parameters are not UTF-8")),
    }
}

impl Parameters {
    #[cfg(test)]
    pub(crate) fn of(query: &str) -> Self {
        Self { pairs: form_urlencoded::parse(query.as_bytes()).into_owned().collect() }
    }

    /// The first value of a parameter; an empty one is as if it were not there.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }

    /// A parameter that has to be there.
    pub(crate) fn required(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }

    /// A time, in milliseconds since the Unix epoch.
    pub(crate) fn time(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match parse_time(text) {
            Some(ms) => Ok(Some(ms)),
            None => Err(ApiError::parameter(name, format!("cannot parse {text:?} to a valid timestamp"))),
        }
    }

    /// A time that has to be there.
    pub(crate) fn required_time(&self, name: &str) -> Result<i64, ApiError> {
        let missing = || ApiError::parameter(name, r#"cannot parse "" to a valid timestamp"#);
        self.time(name)?.ok_or_else(missing)
    }

    /// A duration, in milliseconds.
    pub(crate) fn duration(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match parse_duration(text) {
            Some(ms) => Ok(Some(ms)),
            None => Err(ApiError::parameter(name, format!("cannot parse {text:?} to a valid duration"))),
        }
    }

    /// Whether something is to be done; not, if nothing is said.
    pub(crate) fn boolean(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name) {
            Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
            None | Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
            Some(text) => Err(ApiError::parameter(name, format!("unable to parse boolean: {text:?}"))),
        }
    }

    /// `limit`: at most so many results, 0 for all.
    pub(crate) fn limit(&self) -> Result<usize, ApiError> {
        let Some(text) = self.get("limit") else { return Ok(0) };
        let refused = |reason: &str| ApiError::parameter("limit", format!("{reason}: {text:?}"));
        let number: i64 = text.parse().map_err(|_| refused("cannot parse to a number"))?;
        usize::try_from(number).map_err(|_| refused("limit must be non-negative"))
    }

    /// `start` and `end` of a search for series: all of time where one is not given.
    pub(crate) fn range(&self) -> Result<TimeRange, ApiError> {
        let min_ms = self.time("start")?.unwrap_or(i64::MIN);
        let max_ms = self.time("end")?.unwrap_or(i64::MAX);
        if max_ms < min_ms {
            return Err(ApiError::parameter("end", "end timestamp must not be before start time"));
        }
        Ok(TimeRange::new(min_ms, max_ms))
    }

    /// `match[]`, each parsed.
    pub(crate) fn selectors(&self) -> Result<Vec<Vec<Matcher>>, ApiError> {
        let texts = self.pairs.iter().filter(|(n, _)| n == "match[]").map(|(_, v)| v.as_str());
        texts
            .map(|text| {
                let matchers = promql_syntax::parse_metric_selector(text)
                    .map_err(|error| ApiError::parameter("match[]", error))?;
                if matchers.iter().all(|m| m.matches("")) {
                    let reason = "match[] must contain at least one non-empty matcher";
                    return Err(ApiError::parameter("match[]", reason));
                }
                Ok(matchers)
            })
            .collect()
    }

    /// `stats`: anything asks for them, `all` for those of each step too.
    pub(crate) fn statistics(&self) -> Option<StatisticsDetail> {
        match self.get("stats")? {
            "" => None,
            "all" => Some(StatisticsDetail::EachStep),
            _ => Some(StatisticsDetail::Sums),
        }
    }

    /// `timeout`, `lookback_delta` and `stats`.
    pub(crate) fn query_options(&self) -> Result<QueryOptions, ApiError> {
        let mut options = QueryOptions { statistics: self.statistics().is_some(), ..QueryOptions::default() };
        if let Some(ms) = self.duration("timeout")? {
            options.timeout = Some(Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
        }
        if let Some(ms) = self.duration("lookback_delta")? {
            options.lookback_ms = Some(ms);
        }
        Ok(options)
    }
}

/// What is told of the samples that a query read and held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatisticsDetail {
    /// How many in all.
    Sums,
    /// And how many at each step.
    EachStep,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_parameter_is_named() {
        let error = Parameters::of("start=x").range().unwrap_err();
        assert!(
            format!("{error:?}")
                .contains(r#"invalid parameter \"start\": cannot parse \"x\" to a valid timestamp"#)
        );
        assert!(Parameters::of("limit=-1").limit().is_err());
        assert!(Parameters::of("skip_head=yes").boolean("skip_head").is_err());
        assert!(Parameters::of("match[]={}").selectors().is_err());
        assert!(Parameters::of("start=2&end=1").range().is_err());
    }
}
