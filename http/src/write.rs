//! `/write`: stores what other servers send by remote write, if the server was told to receive.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use emberdb_remote::{Incoming, REQUEST_BYTES_MAX, Reply, receive};

use crate::envelope::ApiError;
use crate::state::Api;

/// Answers are plain text, unlike those to questions: their readers are other servers, which log them.
pub(crate) async fn write(State(api): State<Arc<Api>>, request: Request) -> Result<Response, ApiError> {
    let Some(options) = api.options.remote_write_receiver.clone() else {
        let message = "remote write receiver needs to be enabled with --web.enable-remote-write-receiver";
        return Ok(plain(StatusCode::NOT_FOUND, message));
    };
    let (parts, body) = request.into_parts();
    let header = |name| text_of(&parts.headers, name);
    let (content_type, content_encoding) = (header(CONTENT_TYPE), header(CONTENT_ENCODING));
    let body = match read(body).await {
        Ok(body) => body,
        Err(response) => return Ok(response),
    };
    let now_ms = api.now_ms();
    let reply = api
        .store(move |db| {
            let (content_type, content_encoding) = (&*content_type, &*content_encoding);
            let incoming = Incoming { content_type, content_encoding, body: &body, now_ms };
            Ok(receive(db.storage(), &incoming, &options))
        })
        .await?;
    Ok(response(&reply))
}

/// The body, if it is not larger than the protocol's requests may be.
async fn read(body: Body) -> Result<axum::body::Bytes, Response> {
    to_bytes(body, REQUEST_BYTES_MAX).await.map_err(|error| {
        // The limit is the only error that has a cause of its own kind; others are of the connection.
        if std::error::Error::source(&error)
            .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>)
        {
            let message = format!("request body exceeds the {REQUEST_BYTES_MAX} bytes limit");
            return plain(StatusCode::PAYLOAD_TOO_LARGE, &message);
        }
        plain(StatusCode::BAD_REQUEST, &error.to_string())
    })
}

/// A header's value; what is not text is read as far as it is.
fn text_of(headers: &HeaderMap, name: HeaderName) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

fn response(reply: &Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response =
        if reply.is_success() { status.into_response() } else { plain(status, &reply.message) };
    for (name, number) in reply.headers() {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(number));
    }
    response
}

/// A message as a line of text.
fn plain(status: StatusCode, message: &str) -> Response {
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (status, headers, format!("{message}\n")).into_response()
}
