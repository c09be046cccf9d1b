//! `/series`, `/labels` and `/label/{name}/values`.

use std::sync::Arc;

use axum::extract::{Path, State};
use emberdb::Labels;

use crate::envelope::{Answer, ApiError};
use crate::parameter::Parameters;
use crate::state::Api;

/// What an answer says that `limit` made shorter.
pub(crate) const TRUNCATED: &str = "results truncated due to limit";

pub(crate) async fn series(State(api): State<Arc<Api>>, parameters: Parameters) -> Result<Answer, ApiError> {
    let (range, limit) = (parameters.range()?, parameters.limit()?);
    let selectors = parameters.selectors()?;
    if selectors.is_empty() {
        return Err(ApiError::bad_data("no match[] parameter provided"));
    }
    let found = api.blocking(move |db| Ok(db.series(&selectors, range)?)).await?;
    Ok(limited(found, limit, |series| {
        Answer::new(serde_json::Value::from_iter(series.iter().map(object)).to_string())
    }))
}

pub(crate) async fn label_names(
    State(api): State<Arc<Api>>,
    parameters: Parameters,
) -> Result<Answer, ApiError> {
    let (range, limit) = (parameters.range()?, parameters.limit()?);
    let selectors = parameters.selectors()?;
    let names = api.blocking(move |db| Ok(db.label_names(&selectors, range)?)).await?;
    Ok(limited(names, limit, Answer::strings))
}

pub(crate) async fn label_values(
    State(api): State<Arc<Api>>,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Result<Answer, ApiError> {
    let (range, limit) = (parameters.range()?, parameters.limit()?);
    let selectors = parameters.selectors()?;
    if name.is_empty() {
        return Err(ApiError::bad_data(r#"invalid label name: """#));
    }
    let values = api.blocking(move |db| Ok(db.label_values(&name, &selectors, range)?)).await?;
    Ok(limited(values, limit, Answer::strings))
}

/// The answer with the first `limit` of `list` (0: with all), and a warning if that left some out.
fn limited<T>(mut list: Vec<T>, limit: usize, answer: impl FnOnce(&[T]) -> Answer) -> Answer {
    if limit == 0 || list.len() <= limit {
        return answer(&list);
    }
    list.truncate(limit);
    answer(&list).warn(TRUNCATED)
}

pub(crate) fn object(labels: &Labels) -> serde_json::Value {
    labels.iter().map(|(name, value)| (name, serde_json::Value::from(value))).collect()
}
