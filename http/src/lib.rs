//! Prometheus' HTTP API over a [`Db`], as an [`axum::Router`] to mount into a service's own server.
//!
//! | path | methods | parameters |
//! |---|---|---|
//! | `/api/v1/query` | GET, POST | `query`, `time`, `timeout`, `limit`, `lookback_delta` |
//! | `/api/v1/query_range` | GET, POST | `query`, `start`, `end`, `step`, `timeout`, `limit`, `lookback_delta` |
//! | `/api/v1/query_exemplars` | GET, POST | `query`, `start`, `end` |
//! | `/api/v1/series` | GET, POST | `match[]`, `start`, `end`, `limit` |
//! | `/api/v1/labels` | GET, POST | `match[]`, `start`, `end`, `limit` |
//! | `/api/v1/label/{name}/values` | GET | `match[]`, `start`, `end`, `limit` |
//! | `/api/v1/metadata` | GET | `metric`, `limit`, `limit_per_metric` |
//! | `/api/v1/status/buildinfo` | GET | |
//! | `/api/v1/status/tsdb` | GET | `limit` |
//! | `/api/v1/admin/tsdb/delete_series` | POST, PUT | `match[]`, `start`, `end` |
//! | `/api/v1/admin/tsdb/clean_tombstones` | POST, PUT | |
//! | `/api/v1/admin/tsdb/snapshot` | POST, PUT | `skip_head` |
//! | `/api/v1/write` | POST | a request of remote write, 1.0 or 2.0 |
//! | `/-/healthy`, `/-/ready` | GET, HEAD | |
//!
//! ```no_run
//! use emberdb::{Db, DbOptions};
//! use emberdb_http::{ApiOptions, router};
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let db = Db::open("data", DbOptions::default())?;
//! let app = axum::Router::new().merge(router(db, ApiOptions::default()));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:9090").await?;
//! axum::serve(listener, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Rooms: `parameter` reads what was asked, `query`, `exemplars`, `series` and `metadata` answer, `envelope` wraps answers and errors as
//! upstream does, `status` tells about the server, `cardinality` about labels; `admin` changes the database and `write` adds to it, which
//! are off unless [`ApiOptions::admin`] and [`ApiOptions::remote_write_receiver`] are there.
#![forbid(unsafe_code)]

mod admin;
mod cardinality;
mod envelope;
mod exemplars;
mod metadata;
mod options;
mod parameter;
mod query;
mod series;
mod state;
mod status;
mod time;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use emberdb::Db;

pub use emberdb_remote as remote;
pub use options::{AdminOptions, ApiOptions};
pub use time::{parse_duration, parse_time};

use state::Api;

/// A form in a POST request may have so many bytes: far more than any query that people or dashboards write.
const FORM_BYTES_MAX: usize = 10 << 20;

/// The API of `db`.
pub fn router(db: Db, options: ApiOptions) -> Router {
    let api = Arc::new(Api::new(db, options));
    Router::new()
        .route("/api/v1/query", get(query::instant).post(query::instant))
        .route("/api/v1/query_range", get(query::range).post(query::range))
        .route("/api/v1/query_exemplars", get(exemplars::query).post(exemplars::query))
        .route("/api/v1/series", get(series::series).post(series::series))
        .route("/api/v1/labels", get(series::label_names).post(series::label_names))
        .route("/api/v1/label/{name}/values", get(series::label_values))
        .route("/api/v1/metadata", get(metadata::metadata))
        .route("/api/v1/status/buildinfo", get(status::build_info))
        .route("/api/v1/status/tsdb", get(cardinality::status))
        .route("/api/v1/admin/tsdb/delete_series", post(admin::delete_series).put(admin::delete_series))
        .route(
            "/api/v1/admin/tsdb/clean_tombstones",
            post(admin::clean_tombstones).put(admin::clean_tombstones),
        )
        .route("/api/v1/admin/tsdb/snapshot", post(admin::snapshot).put(admin::snapshot))
        .route("/api/v1/write", post(write::write))
        .route("/-/healthy", get(status::healthy))
        .route("/-/ready", get(status::ready))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(api)
}

#[cfg(test)]
mod tests;
