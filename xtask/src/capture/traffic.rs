//! The requests that the two servers get. No randomness: the n-th request of a second is always the same one.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::story::Story;
use crate::http;

/// Requests in each second of a ten-second round: a quiet floor and a burst, 180 a minute and server.
const BURSTS: [u64; 10] = [2, 2, 3, 5, 7, 4, 3, 2, 1, 1];
/// Outside the incident one request in so many is bad: about half a percent, as a service within its budget.
const BAD_EVERY: u64 = 200;
/// Within the incident one in so many is bad.
const BAD_EVERY_IN_INCIDENT: u64 = 3;

/// The alerts that fire all the time, and those that a storm adds.
const ALERTS: u64 = 800;
const ALERTS_IN_INCIDENT: u64 = 3_000;
/// Alerts a posted batch.
const ALERT_BATCH: u64 = 100;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Queries as dashboards send them.
const QUERIES: [&str; 12] = [
    "/api/v1/query?query=up",
    "/api/v1/query?query=sum+by+(job)(up)",
    "/api/v1/query?query=rate(node_cpu_seconds_total[1m])",
    "/api/v1/query?query=sum+by+(mode)(rate(node_cpu_seconds_total[2m]))",
    "/api/v1/labels",
    "/api/v1/query?query=histogram_quantile(0.9,sum+by+(le)(rate(prometheus_http_request_duration_seconds_bucket[2m])))",
    "/-/healthy",
    "/api/v1/query?query=topk(5,scrape_samples_scraped)",
    "/api/v1/label/job/values",
    "/api/v1/series?match[]=up",
    "/api/v1/targets",
    "/api/v1/query?query=node_load1",
];
/// One in twelve requests is this one, which reads much.
const EXPENSIVE: &str = "/api/v1/query?query=max_over_time(sum+by+(le)(rate(prometheus_http_request_duration_seconds_bucket[2m]))[5m:1s])";
/// What a broken dashboard sends: a parse error (400), a failing match (422), too short a timeout (503), a
/// parse error again, a bad parameter (400).
const BAD_QUERIES: [&str; 5] = [
    "/api/v1/query?query=sum(rate(up[5m])",
    "/api/v1/query?query=node_load1+*+on()+node_cpu_seconds_total",
    "/api/v1/query?timeout=1ms&query=max_over_time(sum(rate(prometheus_http_request_duration_seconds_bucket[2m]))[20m:1s])",
    "/api/v1/query?query=up{job=}",
    "/api/v1/query_range?query=up&start=0&end=1",
];

const ALERT_READS: [&str; 6] = [
    "/api/v2/status",
    "/api/v1/alerts?filter=alertname%3D%22DiskFull7%22",
    "/api/v1/status",
    "/-/healthy",
    "/api/v2/alerts?filter=alertname%3D%22DiskFull3%22",
    "/api/v1/receivers",
];

/// The running generators; `stop` or drop ends them.
pub(crate) struct Traffic {
    stop: Arc<AtomicBool>,
    generators: Vec<JoinHandle<Sent>>,
}

/// What one generator sent.
#[derive(Default)]
struct Sent {
    requests: u64,
    refused: u64,
    unanswered: u64,
}

impl Traffic {
    /// Starts one generator a server; their first second begins at `start`.
    pub(crate) fn start(story: Story, prometheus_port: u16, alertmanager_port: u16, start: Instant) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let generator = |send: fn(u16, u64, bool) -> io::Result<http::Response>, port| {
            let stop = Arc::clone(&stop);
            thread::spawn(move || {
                generate(&story, start, &stop, |request, incident| send(port, request, incident))
            })
        };
        let generators = vec![
            generator(query_prometheus, prometheus_port),
            generator(call_alertmanager, alertmanager_port),
        ];
        Self { stop, generators }
    }

    /// Ends the generators and says what they sent.
    pub(crate) fn stop(mut self) -> io::Result<String> {
        self.stop.store(true, Ordering::Relaxed);
        let mut said = String::new();
        for generator in self.generators.drain(..) {
            let sent = generator.join().map_err(|_| io::Error::other("a traffic generator panicked"))?;
            let Sent { requests, refused, unanswered } = sent;
            write!(said, "[{requests} requests, {refused} refused, {unanswered} unanswered] ")
                .expect("a string takes all");
        }
        Ok(said)
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for generator in self.generators.drain(..) {
            let _ = generator.join();
        }
    }
}

fn generate(
    story: &Story,
    start: Instant,
    stop: &AtomicBool,
    send: impl Fn(u64, bool) -> io::Result<http::Response>,
) -> Sent {
    let mut sent = Sent::default();
    for second in 0.. {
        let burst = BURSTS[usize::try_from(second % 10).expect("below ten")];
        for place in 0..burst {
            let due = start
                + Duration::from_secs(second)
                + Duration::from_secs(1) * u32::try_from(place).unwrap_or(0) / 8;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if stop.load(Ordering::Relaxed) {
                return sent;
            }
            match send(sent.requests, story.in_incident(second)) {
                Ok(response) => sent.refused += u64::from(response.status >= 400),
                Err(_) => sent.unanswered += 1,
            }
            sent.requests += 1;
        }
    }
    sent
}

fn is_bad(request: u64, incident: bool) -> bool {
    request % (if incident { BAD_EVERY_IN_INCIDENT } else { BAD_EVERY }) == 1
}

fn query_prometheus(port: u16, request: u64, incident: bool) -> io::Result<http::Response> {
    let pick = |list: &[&'static str], turn: u64| {
        let at = turn % u64::try_from(list.len()).expect("a short list");
        list[usize::try_from(at).expect("below the list's length")]
    };
    let path = if is_bad(request, incident) {
        pick(&BAD_QUERIES, request / if incident { BAD_EVERY_IN_INCIDENT } else { BAD_EVERY })
    } else if request % 12 == 6 {
        EXPENSIVE
    } else {
        pick(&QUERIES, request)
    };
    http::get(port, path, "application/json", REQUEST_TIMEOUT)
}

/// Out of every twelve: posts of both API versions, one listing of everything, and small reads.
fn call_alertmanager(port: u16, request: u64, incident: bool) -> io::Result<http::Response> {
    let version = if request % 24 < 12 { "v1" } else { "v2" };
    if is_bad(request, incident) {
        // An alert without labels, and a filter that does not parse, take turns.
        return if request.is_multiple_of(2) {
            http::post_json(port, &format!("/api/{version}/alerts"), "[{\"labels\":{}}]", REQUEST_TIMEOUT)
        } else {
            http::get(
                port,
                &format!("/api/{version}/alerts?filter=%7B%7B"),
                "application/json",
                REQUEST_TIMEOUT,
            )
        };
    }
    match request % 12 {
        0 | 4 | 8 => {
            let alerts = if incident { ALERTS_IN_INCIDENT } else { ALERTS };
            let body = alerts_json(request / 4 * ALERT_BATCH % alerts);
            http::post_json(port, &format!("/api/{version}/alerts"), &body, REQUEST_TIMEOUT)
        }
        6 => http::get(port, &format!("/api/{version}/alerts"), "application/json", REQUEST_TIMEOUT),
        place => {
            let path = ALERT_READS[usize::try_from(place % 6).expect("below six")];
            http::get(port, path, "application/json", REQUEST_TIMEOUT)
        }
    }
}

/// A batch of alerts, numbered from `first`.
fn alerts_json(first: u64) -> String {
    let alerts: Vec<String> = (first..first + ALERT_BATCH)
        .map(|number| {
            format!(
                "{{\"labels\":{{\"alertname\":\"DiskFull{}\",\"instance\":\"db-{number}\",\"severity\":\"page\"}},\
                 \"annotations\":{{\"summary\":\"The disk of db-{number} will be full in a few hours.\"}}}}",
                number % 20
            )
        })
        .collect();
    format!("[{}]", alerts.join(","))
}
