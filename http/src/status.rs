//! What the server is, and whether it is well.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use emberdb::storage::StorageErrorKind;

use crate::envelope::Answer;
use crate::state::Api;

/// The Prometheus version whose API and language this is: clients such as Grafana choose their features by it.
const PROMETHEUS_VERSION: &str = "3.14.0";

pub(crate) async fn build_info() -> Answer {
    let info = serde_json::json!({
        "version": PROMETHEUS_VERSION,
        "revision": format!("emberdb-{}", env!("CARGO_PKG_VERSION")),
        "branch": "",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
    });
    Answer::new(info.to_string())
}

pub(crate) async fn healthy() -> impl IntoResponse {
    "emberdb is Healthy.\n"
}

/// Not ready is a database whose log is still replayed, or could not be, and one that was closed. The first answers queries from its
/// blocks meanwhile.
pub(crate) async fn ready(State(api): State<Arc<Api>>) -> Response {
    let Err(error) = api.db.check_ready() else { return "emberdb is Ready.\n".into_response() };
    let is_stopping = if error.kind() == StorageErrorKind::Closed { "true" } else { "false" };
    let headers = [("X-Prometheus-Stopping", is_stopping)];
    (StatusCode::SERVICE_UNAVAILABLE, headers, "Service Unavailable").into_response()
}
