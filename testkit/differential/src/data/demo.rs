//! The families that the queries of Prometheus' compliance tests ask for: those of a service made for demonstrations.

use super::hostile::family;
use super::{Family, FamilyKind};

/// Names and labels as the queries have them.
pub(super) fn families() -> Vec<Family> {
    use FamilyKind::{ClassicBuckets, Counter, Gauge};
    let instance: (&str, &[&str]) =
        ("instance", &["demo.promlabs.com:10000", "demo.promlabs.com:10001", "demo.promlabs.com:10002"]);
    let job: (&str, &[&str]) = ("job", &["demo"]);
    let request: [(&str, &[&str]); 5] = [
        instance,
        job,
        ("method", &["GET", "POST"]),
        ("path", &["/api/foo", "/api/bar"]),
        ("status", &["200", "500"]),
    ];
    let les: &[&str] = &["0.0001", "0.001", "0.01", "0.1", "1", "+Inf"];
    let buckets = [request.as_slice(), &[("le", les)]].concat();
    let target = [instance, job];
    let with = |label| [instance, job, label];
    vec![
        family("demo_memory_usage_bytes", Gauge, &with(("type", &["free", "used", "buffers", "cached"]))),
        family("demo_cpu_usage_seconds_total", Counter, &with(("mode", &["user", "system", "idle"]))),
        family("demo_num_cpus", Gauge, &target),
        family("demo_disk_usage_bytes", Gauge, &target),
        family("demo_intermittent_metric", Gauge, &target),
        family("demo_batch_last_success_timestamp_seconds", Gauge, &target),
        family("demo_api_request_duration_seconds_bucket", ClassicBuckets, &buckets),
        family("demo_api_request_duration_seconds_sum", Counter, &request),
        family("demo_api_request_duration_seconds_count", Counter, &request),
    ]
}
