//! `/query` and `/query_range`.

use std::sync::Arc;

use axum::extract::State;

use crate::envelope::{Answer, ApiError};
use crate::parameter::{Parameters, StatisticsDetail};
use crate::state::{Api, Evaluated};

/// A range query may have so many steps: enough for a week at one minute or a year at one hour.
const STEPS_MAX: i64 = 11_000;

pub(crate) async fn instant(State(api): State<Arc<Api>>, parameters: Parameters) -> Result<Answer, ApiError> {
    let limit = parameters.limit()?;
    let time_ms = parameters.time("time")?.unwrap_or_else(|| api.now_ms());
    let options = parameters.query_options()?;
    let query = parameters.required("query").to_owned();
    let text = query.clone();
    let result = api.evaluate(options, move |db, options| db.query_with(&text, time_ms, options)).await?;
    Ok(answer(result, &query, limit, parameters.statistics()))
}

pub(crate) async fn range(State(api): State<Arc<Api>>, parameters: Parameters) -> Result<Answer, ApiError> {
    let limit = parameters.limit()?;
    let (start_ms, end_ms) = (parameters.required_time("start")?, parameters.required_time("end")?);
    if end_ms < start_ms {
        return Err(ApiError::parameter("end", "end timestamp must not be before start time"));
    }
    let missing = || ApiError::parameter("step", r#"cannot parse "" to a valid duration"#);
    let step_ms = parameters.duration("step")?.ok_or_else(missing)?;
    if step_ms <= 0 {
        let reason = "zero or negative query resolution step widths are not accepted. Try a positive integer";
        return Err(ApiError::parameter("step", reason));
    }
    if end_ms.saturating_sub(start_ms) / step_ms > STEPS_MAX {
        return Err(ApiError::bad_data(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        ));
    }
    let options = parameters.query_options()?;
    let query = parameters.required("query").to_owned();
    let text = query.clone();
    let result = api
        .evaluate(options, move |db, options| db.query_range_with(&text, start_ms, end_ms, step_ms, options))
        .await?;
    Ok(answer(result, &query, limit, parameters.statistics()))
}

fn answer(
    mut evaluated: Evaluated,
    query: &str,
    limit: usize,
    statistics: Option<StatisticsDetail>,
) -> Answer {
    let truncated = limit > 0 && evaluated.result.value.truncate(limit);
    let mut data = evaluated.result.value.to_json();
    if let Some(detail) = statistics {
        add_statistics(&evaluated, detail, &mut data);
    }
    let result = evaluated.result;
    let answer = Answer::new(data).annotate(&result.annotations, query);
    if truncated { answer.warn(crate::series::TRUNCATED) } else { answer }
}

/// Adds `stats` to the object that `data` is: the times that passed, in seconds, and what was read and held.
fn add_statistics(evaluated: &Evaluated, detail: StatisticsDetail, data: &mut String) {
    let Some(counted) = &evaluated.result.statistics else { return };
    let (queued, total) = (evaluated.queued.as_secs_f64(), evaluated.total.as_secs_f64());
    let timings = serde_json::json!({
        "evalTotalTime": total - queued,
        "execQueueTime": queued,
        "execTotalTime": total,
    });
    data.pop();
    data.push_str(&format!(r#","stats":{{"timings":{timings},"samples":"#));
    counted.write_json(detail == StatisticsDetail::EachStep, data);
    data.push_str("}}");
}
