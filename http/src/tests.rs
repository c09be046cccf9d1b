//! The router, asked without a socket.

use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode};
use emberdb::{Db, DbOptions, Env, Exemplar, Labels, Metadata, MetricType, Sample};
use emberdb_remote::{MessageKind, Outgoing, REQUEST_BYTES_MAX, ReceiveOptions, encode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;

/// A database with `up{job="a"|"b"}` at 0, 15, … 300 s, in a directory that is removed at the end.
struct Server {
    db: Db,
    dir: std::path::PathBuf,
    admin: Option<AdminOptions>,
    receiver: Option<ReceiveOptions>,
}

impl Server {
    fn new() -> Self {
        let dir = Env::real().fs().create_temp_dir("emberdb-http").unwrap();
        let db = Db::open(&dir, DbOptions::default()).unwrap();
        let mut appender = db.appender().unwrap();
        for (job, value) in [("a", 1.0), ("b", 0.5)] {
            let labels = Labels::new([("__name__", "up"), ("job", job)]).unwrap();
            for i in 0..=20 {
                appender.append(&labels, i * 15_000, value).unwrap();
            }
        }
        let _ = appender.commit().unwrap();
        Self { db, dir, admin: None, receiver: None }
    }

    async fn respond(&self, request: Request<Body>) -> Response<Body> {
        let (admin, remote_write_receiver) = (self.admin.clone(), self.receiver.clone());
        let options = ApiOptions { admin, remote_write_receiver, ..ApiOptions::default() };
        router(self.db.clone(), options).oneshot(request).await.unwrap()
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, String) {
        read(self.respond(request).await).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let (status, body) = self.send(Request::get(path).body(Body::empty()).unwrap()).await;
        (status.as_u16(), serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    async fn post(&self, path: &str, form: &str) -> (u16, Value) {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        let (status, body) = self.send(request).await;
        (status.as_u16(), serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }
}

/// Status and text of a response.
async fn read(response: Response<Body>) -> (StatusCode, String) {
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.db.close();
        let _ = Env::real().fs().remove_dir_all(&self.dir);
    }
}

fn success(data: &Value) -> (u16, Value) {
    (200, json!({"status": "success", "data": data}))
}

fn bad_data(error: &str) -> (u16, Value) {
    (400, json!({"status": "error", "errorType": "bad_data", "error": error}))
}

#[tokio::test]
async fn instant_queries_by_get_and_post() {
    let server = Server::new();
    let vector = json!({"resultType": "vector", "result": [
        {"metric": {"__name__": "up", "job": "a"}, "value": [300, "1"]},
        {"metric": {"__name__": "up", "job": "b"}, "value": [300, "0.5"]},
    ]});
    assert_eq!(server.get("/api/v1/query?query=up&time=300").await, success(&vector));
    assert_eq!(server.post("/api/v1/query", "query=up&time=1970-01-01T00:05:00Z").await, success(&vector));
    let scalar = json!({"resultType": "scalar", "result": [0.5, "2"]});
    assert_eq!(server.get("/api/v1/query?query=1%2B1&time=0.5").await, success(&scalar));
    let string = json!({"resultType": "string", "result": [0, "x"]});
    assert_eq!(server.get("/api/v1/query?query=%22x%22&time=0").await, success(&string));
}

#[tokio::test]
async fn range_queries() {
    let server = Server::new();
    let matrix = json!({"resultType": "matrix", "result": [
        {"metric": {}, "values": [[0, "1.5"], [150, "1.5"], [300, "1.5"]]},
    ]});
    let asked = server.get("/api/v1/query_range?query=sum(up)&start=0&end=300&step=150s").await;
    assert_eq!(asked, success(&matrix));
}

#[tokio::test]
async fn statistics_are_told_when_asked_for() {
    let server = Server::new();
    let path = "/api/v1/query_range?query=sum(up)&start=0&end=300&step=150s";
    assert_eq!(server.get(&format!("{path}&stats=")).await.1["data"]["stats"], Value::Null);
    let (_, sums) = server.get(&format!("{path}&stats=true")).await;
    let samples = json!({"totalQueryableSamples": 6, "peakSamples": 6, "samplesRead": 6});
    assert_eq!(sums["data"]["stats"]["samples"], samples);
    assert!(sums["data"]["stats"]["timings"]["execTotalTime"].as_f64().unwrap() > 0.0, "{sums}");
    assert_eq!(sums["data"]["resultType"], "matrix");
    let (_, all) = server.get(&format!("{path}&stats=all")).await;
    let by_step = json!([[0, 2], [150, 2], [300, 2]]);
    assert_eq!(all["data"]["stats"]["samples"]["totalQueryableSamplesPerStep"], by_step, "{all}");
    assert_eq!(all["data"]["stats"]["samples"]["samplesReadPerStep"], by_step);
}

#[tokio::test]
async fn every_bad_parameter_is_named() {
    let server = Server::new();
    for (path, error) in [
        (
            "/api/v1/query?query=up&time=x",
            r#"invalid parameter "time": cannot parse "x" to a valid timestamp"#,
        ),
        (
            "/api/v1/query?query=up&timeout=x",
            r#"invalid parameter "timeout": cannot parse "x" to a valid duration"#,
        ),
        (
            "/api/v1/query_range?query=up&end=1&step=1",
            r#"invalid parameter "start": cannot parse "" to a valid timestamp"#,
        ),
        (
            "/api/v1/query_range?query=up&start=2&end=1&step=1",
            r#"invalid parameter "end": end timestamp must not be before start time"#,
        ),
        (
            "/api/v1/query_range?query=up&start=0&end=1&step=0",
            r#"invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer"#,
        ),
        (
            "/api/v1/query_range?query=up&start=0&end=11001&step=1",
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        ),
        ("/api/v1/series", "no match[] parameter provided"),
    ] {
        assert_eq!(server.get(path).await, bad_data(error), "{path}");
    }
    let (status, answer) = server.get("/api/v1/query?query=up%7B&time=0").await;
    assert_eq!((status, &answer["errorType"]), (400, &json!("bad_data")));
    let text = answer["error"].as_str().unwrap();
    assert!(text.starts_with(r#"invalid parameter "query": 1:4: parse error: "#), "{text}");
}

#[tokio::test]
async fn a_query_that_fails_is_an_execution_error() {
    let server = Server::new();
    let (status, answer) = server.get("/api/v1/query?query=up%20%2B%20on()%20up&time=300").await;
    assert_eq!((status, &answer["errorType"]), (422, &json!("execution")), "{answer}");
    let (status, answer) = server.get("/api/v1/query?query=up&time=300&timeout=0").await;
    assert_eq!((status, &answer["errorType"]), (503, &json!("timeout")), "{answer}");
}

#[tokio::test]
async fn series_and_labels() {
    let server = Server::new();
    let a = json!({"__name__": "up", "job": "a"});
    assert_eq!(server.get("/api/v1/series?match[]=up%7Bjob=%22a%22%7D").await, success(&json!([a])));
    assert_eq!(server.get("/api/v1/labels").await, success(&json!(["__name__", "job"])));
    assert_eq!(server.get("/api/v1/label/job/values").await, success(&json!(["a", "b"])));
    assert_eq!(server.get("/api/v1/label/job/values?start=301").await, success(&json!([])));
    let either = "match[]=up%7Bjob=%22a%22%7D&match[]=up%7Bjob=%22b%22%7D";
    let (_, both) = server.post("/api/v1/series", either).await;
    assert_eq!(both["data"].as_array().unwrap().len(), 2);
    let limited = json!({"status": "success", "data": ["a"], "warnings": ["results truncated due to limit"]});
    assert_eq!(server.get("/api/v1/label/job/values?limit=1").await, (200, limited));
}

#[tokio::test]
async fn exemplars_by_get_and_post() {
    let server = Server::new();
    let mut appender = server.db.appender().unwrap();
    for (job, value) in [("b", 0.25), ("a", f64::INFINITY)] {
        let series = Labels::new([("__name__", "up"), ("job", job)]).unwrap();
        let series = appender.append(&series, 315_000, 1.0).unwrap();
        let labels = Labels::new([("trace_id", "\"x\"")]).unwrap();
        appender.append_exemplar(series, &Exemplar { labels, value, timestamp_ms: 300_500 }).unwrap();
    }
    let _ = appender.commit().unwrap();
    let found = |job: &str, value: &str| {
        json!({
            "seriesLabels": {"__name__": "up", "job": job},
            "exemplars": [{"labels": {"trace_id": "\"x\""}, "value": value, "timestamp": 300.5}],
        })
    };
    let path = "/api/v1/query_exemplars";
    let both = json!([found("a", "+Inf"), found("b", "0.25")]);
    assert_eq!(server.get(&format!("{path}?query=rate(up[1m])/on(job)up")).await, success(&both));
    let b = json!([found("b", "0.25")]);
    assert_eq!(server.post(path, "query=1-up%7Bjob=%22b%22%7D&start=300.5&end=300.5").await, success(&b));
    assert_eq!(server.get(&format!("{path}?query=up&end=300")).await, success(&json!([])));
    assert_eq!(server.get(&format!("{path}?query=1%2B1")).await, (204, json!("")), "nothing is asked for");
    let order = "end timestamp must not be before start timestamp";
    assert_eq!(server.get(&format!("{path}?query=up&start=2&end=1")).await, bad_data(order));
    let time = r#"invalid parameter "start": cannot parse "x" to a valid timestamp"#;
    assert_eq!(server.get(&format!("{path}?query=up&start=x")).await, bad_data(time));
    let (status, answer) = server.get(&format!("{path}?query=up%7B")).await;
    assert_eq!((status, &answer["errorType"]), (400, &json!("bad_data")));
    let error = answer["error"].as_str().unwrap();
    assert!(error.starts_with("1:4: parse error: "), "{error}");
}

#[tokio::test]
async fn metadata_of_metrics() {
    let server = Server::new();
    let mut appender = server.db.appender().unwrap();
    for (name, job, help) in [("up", "a", "one"), ("up", "b", "two"), ("down", "a", "three")] {
        let series = Labels::new([("__name__", name), ("job", job)]).unwrap();
        let series = appender.append(&series, 315_000, 1.0).unwrap();
        let metric_type = MetricType::Gauge;
        let metadata = Metadata { metric_type, unit: "ratio".into(), help: help.into() };
        appender.update_metadata(series, &metadata).unwrap();
    }
    let _ = appender.commit().unwrap();
    let of = |help: &str| json!({"type": "gauge", "unit": "ratio", "help": help});
    let path = "/api/v1/metadata";
    let all = json!({"down": [of("three")], "up": [of("one"), of("two")]});
    assert_eq!(server.get(path).await, success(&all));
    assert_eq!(server.get(&format!("{path}?limit=-1&limit_per_metric=0")).await, success(&all));
    let few = json!({"down": [of("three")], "up": [of("one")]});
    assert_eq!(server.get(&format!("{path}?limit=2&limit_per_metric=1")).await, success(&few));
    assert_eq!(server.get(&format!("{path}?limit=0")).await, success(&json!({})));
    assert_eq!(server.get(&format!("{path}?metric=down")).await, success(&json!({"down": [of("three")]})));
    assert_eq!(server.get(&format!("{path}?metric=none")).await, success(&json!({})));
    assert_eq!(server.get(&format!("{path}?limit=x")).await, bad_data("limit must be a number"));
    let error = "limit_per_metric must be a number";
    assert_eq!(server.get(&format!("{path}?limit_per_metric=1.5")).await, bad_data(error));
}

#[tokio::test]
async fn limits_and_annotations_are_told() {
    let server = Server::new();
    let (_, limited) = server.get("/api/v1/query?query=up&time=300&limit=1").await;
    assert_eq!(limited["data"]["result"].as_array().unwrap().len(), 1);
    assert_eq!(limited["warnings"], json!(["results truncated due to limit"]));
    let (_, noted) = server.get("/api/v1/query?query=rate(up%5B1m%5D)&time=300").await;
    let info = noted["infos"][0].as_str().unwrap();
    assert!(
        info.starts_with("PromQL info: metric might not be a counter") && info.ends_with("(1:6)"),
        "{info}"
    );
}

#[tokio::test]
async fn status_and_health() {
    let server = Server::new();
    let (status, info) = server.get("/api/v1/status/buildinfo").await;
    assert_eq!((status, &info["data"]["version"]), (200, &json!("3.14.0")));
    assert_eq!(server.get("/-/healthy").await, (200, json!("emberdb is Healthy.\n")));
    assert_eq!(server.get("/-/ready").await.0, 200);
    server.db.close().unwrap();
    assert_eq!(server.get("/-/ready").await, (503, json!("Service Unavailable")));
    let (status, answer) = server.get("/api/v1/labels").await;
    assert_eq!((status, &answer["errorType"]), (503, &json!("unavailable")));
}

/// The log cannot be replayed, because segments of it are missing.
#[tokio::test]
async fn a_database_without_its_head_is_not_ready() {
    let mut server = Server::new();
    server.db.close().unwrap();
    drop(Env::real().fs().create(&server.dir.join("wal/00000099")).unwrap());
    let mut options = DbOptions::default();
    options.storage.replay = emberdb::Replay::Background;
    server.db = Db::open(&server.dir, options).unwrap();
    assert!(server.db.wait_ready().is_err());
    let request = Request::get("/-/ready").body(Body::empty()).unwrap();
    let response = router(server.db.clone(), ApiOptions::default()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["X-Prometheus-Stopping"], "false");
    let (status, answer) = server.get("/api/v1/query?query=up&time=60").await;
    assert_eq!((status, &answer["errorType"]), (500, &json!("internal")), "{answer}");
}

#[tokio::test]
async fn cardinality_of_the_head() {
    let server = Server::new();
    let (status, answer) = server.get("/api/v1/status/tsdb").await;
    assert_eq!(status, 200);
    let item = |name: &str, value: u64| json!({"name": name, "value": value});
    let expected = json!({
        "headStats": {"numSeries": 2, "numLabelPairs": 3, "minTime": 0, "maxTime": 300_000},
        "seriesCountByMetricName": [item("up", 2)],
        "labelValueCountByLabelName": [item("job", 2), item("__name__", 1)],
        "memoryInBytesByLabelName": [item("__name__", 24), item("job", 12)],
        "seriesCountByLabelValuePair": [item("__name__=up", 2), item("job=a", 1), item("job=b", 1)],
    });
    assert_eq!(answer["data"], expected);
    let (_, answer) = server.get("/api/v1/status/tsdb?limit=1").await;
    assert_eq!(answer["data"]["labelValueCountByLabelName"], json!([item("job", 2)]));
    for (limit, error) in [
        ("0", "limit must be a positive number"),
        ("x", "limit must be a positive number"),
        ("10001", "limit must not exceed 10000"),
    ] {
        assert_eq!(server.get(&format!("/api/v1/status/tsdb?limit={limit}")).await, bad_data(error));
    }
}

#[tokio::test]
async fn nothing_is_changed_unless_that_is_switched_on() {
    let server = Server::new();
    let refused =
        (500, json!({"status": "error", "errorType": "unavailable", "error": "admin APIs disabled"}));
    for path in ["delete_series", "clean_tombstones", "snapshot"] {
        let path = format!("/api/v1/admin/tsdb/{path}");
        assert_eq!(server.post(&path, "match[]=up").await, refused);
        assert_eq!(server.get(&path).await.0, 405);
    }
    assert_eq!(server.db.stats().samples, 42);
}

#[tokio::test]
async fn samples_are_deleted_and_the_database_is_copied() {
    let mut server = Server::new();
    let snapshots_dir = server.dir.join("snapshots");
    server.admin = Some(AdminOptions { snapshots_dir: snapshots_dir.clone() });
    let delete = "/api/v1/admin/tsdb/delete_series";
    assert_eq!(server.post(delete, "").await, bad_data("no match[] parameter provided"));
    let a = "match[]=up%7Bjob%3D%22a%22%7D";
    let no_content = (204, json!(""));
    assert_eq!(server.post(delete, &format!("{a}&start=0&end=100")).await, no_content);
    let count = "/api/v1/query?query=count_over_time(up%5B1h%5D)&time=300";
    let (_, answer) = server.get(count).await;
    let counts: Vec<&Value> =
        answer["data"]["result"].as_array().unwrap().iter().map(|one| &one["value"][1]).collect();
    assert_eq!(counts, ["14", "21"]);
    assert_eq!(server.post("/api/v1/admin/tsdb/clean_tombstones", "").await, no_content);

    let path = "/api/v1/admin/tsdb/snapshot";
    let (status, answer) = server.post(path, "").await;
    assert_eq!((status, &answer["status"]), (200, &json!("success")), "{answer}");
    let copy = snapshots_dir.join(answer["data"]["name"].as_str().unwrap());
    let copied = Db::open_read_only(&copy, DbOptions::default()).unwrap();
    assert_eq!(
        copied.query("sum(count_over_time(up[1h]))", 300_000).unwrap().value.to_json(),
        server.db.query("sum(count_over_time(up[1h]))", 300_000).unwrap().value.to_json()
    );
    assert_eq!(server.post(path, "skip_head=maybe").await.0, 400);
}

/// A request of remote write with the headers of `kind`.
fn write_request(kind: MessageKind, body: Vec<u8>) -> Request<Body> {
    let request = Request::post("/api/v1/write");
    let request =
        kind.headers().into_iter().fold(request, |request, (name, value)| request.header(name, value));
    request.body(Body::from(body)).unwrap()
}

/// A sample of `sent` in a request of `kind`, at a time in milliseconds.
fn one_sample(kind: MessageKind, timestamp_ms: i64) -> Request<Body> {
    let labels = Labels::new([("__name__", "sent")]).unwrap();
    let samples = [Sample { timestamp_ms, value: 1.0 }];
    write_request(kind, encode(kind, [Outgoing::new(&labels, &samples)]).unwrap())
}

#[tokio::test]
async fn nothing_is_received_unless_that_is_switched_on() {
    let server = Server::new();
    let (status, told) = server.send(one_sample(MessageKind::V1, 300_000)).await;
    let expected = "remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n";
    assert_eq!((status.as_u16(), told.as_str()), (404, expected));
    assert_eq!(server.db.stats().samples, 42);
}

#[tokio::test]
async fn samples_are_received_and_the_numbers_are_told() {
    let mut server = Server::new();
    server.receiver = Some(ReceiveOptions::default());
    let numbers = |response: &Response<Body>| {
        ["samples", "histograms", "exemplars"].map(|what| {
            let value = response.headers().get(format!("X-Prometheus-Remote-Write-{what}-Written"));
            value.map(|value| value.to_str().unwrap().to_owned())
        })
    };
    let of_none = [None, None, None];
    let of_one = [Some("1".to_owned()), Some("0".to_owned()), Some("0".to_owned())];
    let of_nothing = [(); 3].map(|()| Some("0".to_owned()));
    for (kind, timestamp_ms, expected) in
        [(MessageKind::V1, 300_000, of_none), (MessageKind::V2, 301_000, of_one)]
    {
        let response = server.respond(one_sample(kind, timestamp_ms)).await;
        assert_eq!(numbers(&response), expected);
        assert_eq!(read(response).await, (StatusCode::NO_CONTENT, String::new()));
    }
    assert_eq!(server.db.stats().samples, 44);

    // What is refused comes with the numbers, too.
    let response = server.respond(one_sample(MessageKind::V2, 0)).await;
    assert_eq!(numbers(&response), of_nothing);
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    let told = "out of order sample for series {__name__=\"sent\"}\n";
    assert_eq!(read(response).await, (StatusCode::BAD_REQUEST, told.into()));
}

#[tokio::test]
async fn every_status_of_a_request_to_write() {
    let mut server = Server::new();
    server.receiver = Some(ReceiveOptions::default());
    let body = || encode(MessageKind::V1, []).unwrap();
    let status = async |request| server.send(request).await.0.as_u16();
    assert_eq!(status(write_request(MessageKind::V1, body())).await, 204);
    assert_eq!(status(Request::post("/api/v1/write").body(Body::from(body())).unwrap()).await, 204);
    assert_eq!(status(write_request(MessageKind::V1, Vec::new())).await, 400);
    assert_eq!(status(write_request(MessageKind::V1, b"garbage".to_vec())).await, 400);
    let gzip = Request::post("/api/v1/write").header("content-encoding", "gzip");
    assert_eq!(status(gzip.body(Body::from(body())).unwrap()).await, 415);
    let json = Request::post("/api/v1/write").header("content-type", "application/json");
    assert_eq!(status(json.body(Body::from(body())).unwrap()).await, 415);
    // More than forms may have, and more than requests may have.
    assert_eq!(status(write_request(MessageKind::V1, vec![0xff; REQUEST_BYTES_MAX])).await, 400);
    let (status_of, told) = server.send(write_request(MessageKind::V1, vec![0; REQUEST_BYTES_MAX + 1])).await;
    assert_eq!((status_of.as_u16(), &*told), (413, "request body exceeds the 33554432 bytes limit\n"));
    assert_eq!(status(Request::get("/api/v1/write").body(Body::empty()).unwrap()).await, 405);
    server.db.close().unwrap();
    assert_eq!(status(one_sample(MessageKind::V2, 300_000)).await, 503);
}
