//! `/query_exemplars`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use emberdb::storage::ExemplarQueryable;
use emberdb::{Exemplar, Labels, QueryError, SeriesExemplars, TimeRange};
use emberdb_model::number::{write_sample, write_seconds};

use crate::envelope::{Answer, ApiError};
use crate::parameter::Parameters;
use crate::state::Api;

pub(crate) async fn query(State(api): State<Arc<Api>>, parameters: Parameters) -> Result<Response, ApiError> {
    let min_ms = parameters.time("start")?.unwrap_or(i64::MIN);
    let max_ms = parameters.time("end")?.unwrap_or(i64::MAX);
    if max_ms < min_ms {
        return Err(ApiError::bad_data("end timestamp must not be before start timestamp"));
    }
    // As upstream, the parser's words stand alone here.
    let malformed = |error: QueryError| ApiError::bad_data(error.to_string());
    let selectors = api.db.selectors(parameters.required("query")).map_err(malformed)?;
    if selectors.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let range = TimeRange::new(min_ms, max_ms);
    let found = api.blocking(move |db| Ok(db.storage().select_exemplars(&selectors, range)?)).await?;
    Ok(Answer::new(list(&found, series)).into_response())
}

fn series(found: &SeriesExemplars, json: &mut String) {
    json.push_str(r#"{"seriesLabels":"#);
    labels(&found.series, json);
    json.push_str(r#","exemplars":"#);
    json.push_str(&list(&found.exemplars, exemplar));
    json.push('}');
}

fn exemplar(exemplar: &Exemplar, json: &mut String) {
    json.push_str(r#"{"labels":"#);
    labels(&exemplar.labels, json);
    json.push_str(r#","value":""#);
    write_sample(json, exemplar.value);
    json.push_str(r#"","timestamp":"#);
    write_seconds(json, exemplar.timestamp_ms);
    json.push('}');
}

fn labels(labels: &Labels, json: &mut String) {
    json.push_str(&crate::series::object(labels).to_string());
}

fn list<T>(items: &[T], write: impl Fn(&T, &mut String)) -> String {
    let mut json = String::from("[");
    for (number, item) in items.iter().enumerate() {
        if number > 0 {
            json.push(',');
        }
        write(item, &mut json);
    }
    json.push(']');
    json
}
