//! `/metadata`.

use std::sync::Arc;

use axum::extract::State;
use emberdb::{Metadata, MetadataFilter};
use serde_json::{Value, json};

use crate::envelope::{Answer, ApiError};
use crate::parameter::Parameters;
use crate::state::Api;

pub(crate) async fn metadata(
    State(api): State<Arc<Api>>,
    parameters: Parameters,
) -> Result<Answer, ApiError> {
    // As upstream: at most none of the one are none, of the other all.
    let filter = MetadataFilter {
        metric: parameters.get("metric").map(str::to_owned),
        metrics_max: number(&parameters, "limit")?,
        per_metric_max: number(&parameters, "limit_per_metric")?.filter(|&max| max > 0),
    };
    let metrics = api.blocking(move |db| Ok(db.metadata(&filter)?)).await?;
    let object =
        metrics.into_iter().map(|metric| (metric.metric, metric.metadata.iter().map(object).collect()));
    Ok(Answer::new(Value::Object(object.collect()).to_string()))
}

/// A number; none if it is not given, or below 0.
fn number(parameters: &Parameters, name: &str) -> Result<Option<usize>, ApiError> {
    let Some(text) = parameters.get(name) else { return Ok(None) };
    let number: i64 = text.parse().map_err(|_| ApiError::bad_data(format!("{name} must be a number")))?;
    Ok(usize::try_from(number).ok())
}

fn object(metadata: &Metadata) -> Value {
    json!({ "type": metadata.metric_type.name(), "unit": metadata.unit, "help": metadata.help })
}
