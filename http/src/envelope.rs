//! The JSON around every answer: `{"status":"success","data":…}` or `{"status":"error","errorType":…,"error":…}`.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use emberdb::storage::{StorageError, StorageErrorKind};
use emberdb::{AnnotationKind, QueryError, QueryErrorKind};

/// An answer shows at most so many warnings, and so many infos.
const ANNOTATIONS_MAX: usize = 10;

/// A successful answer under construction; `data` is JSON already.
#[derive(Default)]
pub(crate) struct Answer {
    data: String,
    warnings: Vec<String>,
    infos: Vec<String>,
}

impl Answer {
    /// An answer with `data`, which is JSON.
    pub(crate) fn new(data: String) -> Self {
        Self { data, ..Self::default() }
    }

    /// An answer with a list of strings.
    pub(crate) fn strings(list: &[String]) -> Self {
        Self::new(serde_json::Value::from(list).to_string())
    }

    /// Adds a warning.
    pub(crate) fn warn(mut self, warning: impl Into<String>) -> Self {
        self.warnings.push(warning.into());
        self
    }

    /// Adds the annotations of a query, with their places in its text.
    pub(crate) fn annotate(mut self, annotations: &emberdb::Annotations, query: &str) -> Self {
        let rendered = |kind| annotations.of_kind(kind).map(|a| a.render(query)).collect::<Vec<String>>();
        self.warnings.extend(shortened(rendered(AnnotationKind::Warning), "warning"));
        self.infos.extend(shortened(rendered(AnnotationKind::Info), "info"));
        self
    }
}

/// The first few, and how many there are beyond.
fn shortened(mut list: Vec<String>, kind: &str) -> Vec<String> {
    if let Some(omitted) = list.len().checked_sub(ANNOTATIONS_MAX).filter(|&n| n > 0) {
        list.truncate(ANNOTATIONS_MAX);
        list.push(format!("{omitted} more {kind} annotations omitted"));
    }
    list
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut body = String::with_capacity(self.data.len() + 64);
        body.push_str(r#"{"status":"success","data":"#);
        body.push_str(&self.data);
        for (name, list) in [("warnings", self.warnings), ("infos", self.infos)] {
            if !list.is_empty() {
                body.push_str(&format!(r#","{name}":{}"#, serde_json::Value::from(list)));
            }
        }
        body.push('}');
        json(StatusCode::OK, body)
    }
}

/// An answer that says what went wrong.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    error_type: &'static str,
    message: String,
}

/// What upstream sends when the client has gone away; there is no such status in the standard.
const CLIENT_CLOSED_REQUEST: u16 = 499;

impl ApiError {
    fn new(status: StatusCode, error_type: &'static str, message: impl Into<String>) -> Self {
        Self { status, error_type, message: message.into() }
    }

    /// The request makes no sense.
    pub(crate) fn bad_data(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_data", message)
    }

    /// A parameter of the request makes no sense.
    pub(crate) fn parameter(name: &str, message: impl std::fmt::Display) -> Self {
        Self::bad_data(format!("invalid parameter {name:?}: {message}"))
    }

    /// It took too long.
    pub(crate) fn timeout(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", message)
    }

    /// The server was not told to do such things.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "unavailable", message)
    }

    /// It is not the client's fault.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        let message = error.to_string();
        match error.kind() {
            QueryErrorKind::Parse => Self::parameter("query", message),
            QueryErrorKind::Timeout => Self::timeout(message),
            QueryErrorKind::Canceled => {
                let status = StatusCode::from_u16(CLIENT_CLOSED_REQUEST).unwrap_or(StatusCode::BAD_REQUEST);
                Self::new(status, "canceled", message)
            }
            QueryErrorKind::Storage => Self::internal(message),
            _ => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "execution", message),
        }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error.kind() {
            StorageErrorKind::Closed => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", error.to_string())
            }
            _ => Self::internal(error.to_string()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (kind, message) = (self.error_type, serde_json::Value::from(self.message));
        json(self.status, format!(r#"{{"status":"error","errorType":"{kind}","error":{message}}}"#))
    }
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response()
}
