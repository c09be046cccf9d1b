//! What the server is, and whether it is well.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;

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

pub(crate) async fn ready(State(api): State<Arc<Api>>) -> impl IntoResponse {
    if api.is_open() {
        (StatusCode::OK, "emberdb is Ready.\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database was closed\n")
    }
}
