//! `/admin/tsdb/…`: deletes samples and copies the database, if the server was told to allow it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;

use crate::envelope::{Answer, ApiError};
use crate::options::AdminOptions;
use crate::parameter::Parameters;
use crate::state::Api;

pub(crate) async fn delete_series(
    State(api): State<Arc<Api>>,
    parameters: Parameters,
) -> Result<StatusCode, ApiError> {
    allowed(&api)?;
    let selectors = parameters.selectors()?;
    if selectors.is_empty() {
        return Err(ApiError::bad_data("no match[] parameter provided"));
    }
    let range = parameters.range()?;
    api.blocking(move |db| {
        for matchers in &selectors {
            db.delete(matchers, range)?;
        }
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn clean_tombstones(State(api): State<Arc<Api>>) -> Result<StatusCode, ApiError> {
    allowed(&api)?;
    let _written = api.blocking(|db| Ok(db.storage().clean_tombstones()?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn snapshot(
    State(api): State<Arc<Api>>,
    parameters: Parameters,
) -> Result<Answer, ApiError> {
    let snapshots_dir = allowed(&api)?.snapshots_dir.clone();
    let skip_head = parameters.boolean("skip_head")?;
    let name = snapshot_name(&api)?;
    let to = snapshots_dir.join(&name);
    api.blocking(move |db| {
        let created = db.storage().snapshot(&to, !skip_head);
        created.map_err(|error| ApiError::internal(format!("create snapshot: {error}")))
    })
    .await?;
    Ok(Answer::new(serde_json::json!({ "name": name }).to_string()))
}

/// The options of what is done here, if it may be done.
fn allowed(api: &Api) -> Result<&AdminOptions, ApiError> {
    api.options.admin.as_ref().ok_or_else(|| ApiError::unavailable("admin APIs disabled"))
}

/// A name that nobody has used: the time, and a random number as two snapshots may be made in one second.
fn snapshot_name(api: &Api) -> Result<String, ApiError> {
    let now = Timestamp::from_millisecond(api.now_ms());
    let now = now.map_err(|error| ApiError::internal(format!("the clock tells no date: {error}")))?;
    let number = api.db.engine().options().env.random().u64() >> 1;
    Ok(format!("{}-{number:016x}", now.strftime("%Y%m%dT%H%M%SZ")))
}
