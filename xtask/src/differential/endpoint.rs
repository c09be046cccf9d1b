//! A server with the API of Prometheus.

use std::io;
use std::time::Duration;

use emberdb_differential::answer::{Answer, parse_response};
use emberdb_differential::question::When;
use ureq::Agent;

use super::subject::{Subject, failed};
use crate::http::seconds;

/// Far above what a question takes on a slow machine.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(300);

/// Most bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 1 << 30;

/// A server with the API of Prometheus.
pub(super) struct Endpoint {
    name: String,
    url: String,
    agent: Agent,
}

/// A status and a body.
pub(super) struct Reply {
    pub(super) status: u16,
    /// Samples, histograms and exemplars that were written, as remote write 2.0 tells them.
    pub(super) written: [Option<String>; 3],
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// The reference's reply, and another.
    pub(super) fn unlike(&self, other: &Self) -> String {
        let told = |reply: &Self| {
            let body = String::from_utf8_lossy(&reply.body);
            format!("{} {:?} {}", reply.status, reply.written, body.trim())
        };
        format!("{}\nnot {}", told(self), told(other))
    }
}

impl Endpoint {
    /// The server at a URL such as `http://127.0.0.1:9090`.
    pub(super) fn new(name: &str, url: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_TIMEOUT))
            .max_idle_connections_per_host(64)
            .build();
        Self { name: name.to_owned(), url: url.trim_end_matches('/').to_owned(), agent: config.into() }
    }

    /// Posts a form.
    pub(super) fn post_form(&self, path: &str, form: &[(&str, String)]) -> io::Result<Reply> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let form = form.iter().map(|(name, value)| (*name, value.as_str()));
        reply(request.send_form(form).map_err(io::Error::other)?)
    }

    /// Posts a body.
    pub(super) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Reply> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        reply(request.send(body).map_err(io::Error::other)?)
    }

    /// Gets what is at a path.
    pub(super) fn get(&self, path: &str) -> io::Result<Reply> {
        reply(self.agent.get(format!("{}{path}", self.url)).call().map_err(io::Error::other)?)
    }

    /// Whether there is a server that answers questions.
    pub(super) fn check(&self) -> io::Result<()> {
        match self.get("/api/v1/query?query=1")? {
            Reply { status: 200, .. } => Ok(()),
            Reply { status, body, .. } => {
                let body = String::from_utf8_lossy(&body);
                Err(io::Error::other(format!("status {status}, {}", body.trim())))
            }
        }
    }

    /// The version that the server says it has.
    pub(super) fn version(&self) -> Option<String> {
        let reply = self.get("/api/v1/status/buildinfo").ok()?;
        let json: serde_json::Value = serde_json::from_slice(&reply.body).ok()?;
        json["data"]["version"].as_str().map(str::to_owned)
    }
}

fn reply(mut response: ureq::http::Response<ureq::Body>) -> io::Result<Reply> {
    let written = ["samples", "histograms", "exemplars"].map(|what| {
        let value = response.headers().get(format!("x-prometheus-remote-write-{what}-written"))?;
        value.to_str().ok().map(str::to_owned)
    });
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
    Ok(Reply { status, written, body: body.map_err(io::Error::other)? })
}

impl Subject for Endpoint {
    fn name(&self) -> &str {
        &self.name
    }

    fn ask(&self, query: &str, when: When) -> Answer {
        let query = ("query", query.to_owned());
        let reply = match when {
            When::Instant { time_ms } => {
                self.post_form("/api/v1/query", &[query, ("time", seconds(time_ms))])
            }
            When::Range { start_ms, end_ms, step_ms } => {
                let range = [("start", start_ms), ("end", end_ms), ("step", step_ms)];
                let range = range.map(|(name, ms)| (name, seconds(ms)));
                self.post_form("/api/v1/query_range", &[&[query], range.as_slice()].concat())
            }
        };
        reply
            .map_err(|error| error.to_string())
            .and_then(|reply| parse_response(&reply.body).map_err(|error| error.to_string()))
            .unwrap_or_else(|message| failed("no answer", message))
    }
}
