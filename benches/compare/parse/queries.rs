//! What dashboards and alerts ask: the kinds of queries that public dashboards for nodes, containers and services are
//! made of, in the stable syntax that all parsers here claim to know.

pub(crate) const QUERIES: [(&str, &str); 10] = [
    ("up", r#"up{job="api", instance="10.0.0.1:9090"}"#),
    ("rate", r#"sum by (job, code) (rate(http_requests_total{job="api", code!="200"}[5m]))"#),
    (
        "ratio",
        r#"sum(rate(http_requests_total{job="api",code="500"}[5m])) / sum(rate(http_requests_total{job="api"}[5m])) * 100"#,
    ),
    (
        "quantile",
        r#"histogram_quantile(0.99, sum by (le, path) (rate(request_duration_seconds_bucket{job="api", env="prod"}[5m])))"#,
    ),
    (
        "regex",
        r#"sum(rate(http_requests_total{job="api",code=~"5..",handler!~"/(health|metrics)"}[5m])) by (handler)"#,
    ),
    (
        "cpu",
        r#"100 - avg without (cpu, mode) (irate(node_cpu_seconds_total{mode="idle",instance="node-1:9100"}[5m])) * 100"#,
    ),
    (
        "disk",
        r#"(node_filesystem_avail_bytes{job="node",fstype!=""} / node_filesystem_size_bytes{job="node",fstype!=""} * 100 < 40 and predict_linear(node_filesystem_avail_bytes{job="node",fstype!=""}[6h], 24*60*60) < 0)"#,
    ),
    (
        "memory",
        r#"topk(10, sum by (namespace, pod) (container_memory_working_set_bytes{container!="",image!=""}) / on (namespace, pod) group_left (node) kube_pod_info{node="n1"})"#,
    ),
    (
        "yesterday",
        r#"sum(increase(orders_total{shop="eu"}[1h])) - sum(increase(orders_total{shop="eu"}[1h] offset 1d))"#,
    ),
    ("subquery", r#"max_over_time(rate(http_requests_total{job="api"}[5m])[1h:1m]) > 10"#),
];
