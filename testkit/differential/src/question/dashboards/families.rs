//! The series that the dashboards' queries ask for.

use crate::data::{Family, FamilyKind, LabelValues};

use FamilyKind::{ClassicBuckets, Counter, CustomHistogram, Gauge, Info, NativeHistogram};

/// A label and its values.
type Label = (&'static str, &'static [&'static str]);

/// Name, kind, labels.
type Row = (&'static str, FamilyKind, &'static [&'static [Label]]);

/// Two machines.
const NODE: &[Label] = &[("job", &["node"]), ("instance", &["10.0.0.1:9100", "10.0.0.2:9100"])];
/// Everything that is scraped.
const TARGETS: &[Label] =
    &[("job", &["node", "api", "cilium"]), ("instance", &["10.0.0.1:9100", "10.0.0.2:9100"])];
/// A service of two replicas.
const API: &[Label] = &[("job", &["api"]), ("instance", &["10.0.1.1:8080", "10.0.1.2:8080"])];
const STATE: &[Label] = &[("job", &["kube-state-metrics"])];
const POD: &[Label] = &[("namespace", &["shop", "web"]), ("pod", &["api-0", "api-1"])];
const CONTAINER: &[Label] = &[("container", &["app", "sidecar"])];
const DEPLOYMENT: &[Label] = &[("namespace", &["shop", "web"]), ("deployment", &["api", "worker"])];
const KUBELET: &[Label] = &[("job", &["kubelet"])];
const VOLUME: &[Label] = &[("namespace", &["shop", "web"]), ("persistentvolumeclaim", &["data-0", "data-1"])];
const MESH: &[Label] = &[
    ("reporter", &["source", "destination"]),
    ("source_workload", &["ingress", "web"]),
    ("destination_workload", &["api", "cart"]),
];
const AGENT: &[Label] = &[("job", &["cilium"]), ("instance", &["10.0.0.1:9962", "10.0.0.2:9962"])];
const FILESYSTEM: &[Label] =
    &[("device", &["/dev/sda1"]), ("fstype", &["ext4"]), ("mountpoint", &["/", "/var"])];
const SECONDS: &[Label] = &[("le", &["0.005", "0.025", "0.1", "0.25", "0.5", "1", "2.5", "+Inf"])];
const MILLISECONDS: &[Label] = &[("le", &["5", "25", "100", "250", "1000", "5000", "+Inf"])];

/// All combinations of the labels' values are series. A label that a join copies has one value, so that the pods or
/// machines it is joined on stay unique.
const ROWS: &[Row] = &[
    // What each target has.
    ("up", Gauge, &[TARGETS]),
    ("scrape_duration_seconds", Gauge, &[TARGETS]),
    ("scrape_samples_scraped", Gauge, &[TARGETS]),
    ("process_start_time_seconds", Gauge, &[TARGETS]),
    ("process_cpu_seconds_total", Counter, &[TARGETS]),
    ("process_resident_memory_bytes", Gauge, &[TARGETS]),
    ("process_open_fds", Gauge, &[TARGETS]),
    ("process_max_fds", Gauge, &[TARGETS]),
    ("go_goroutines", Gauge, &[TARGETS]),
    ("target_info", Info, &[TARGETS, &[("k8s_cluster_name", &["east"]), ("service_version", &["1.4.2"])]]),
    (
        "ALERTS",
        Info,
        &[&[
            ("alertname", &["InstanceDown", "HighLatency"]),
            ("alertstate", &["firing", "pending"]),
            ("severity", &["page", "ticket"]),
        ]],
    ),
    // Machines.
    (
        "node_cpu_seconds_total",
        Counter,
        &[NODE, &[("cpu", &["0", "1"]), ("mode", &["idle", "iowait", "system", "user"])]],
    ),
    ("node_memory_MemTotal_bytes", Gauge, &[NODE]),
    ("node_memory_MemAvailable_bytes", Gauge, &[NODE]),
    ("node_memory_Cached_bytes", Gauge, &[NODE]),
    ("node_filesystem_size_bytes", Gauge, &[NODE, FILESYSTEM]),
    ("node_filesystem_avail_bytes", Gauge, &[NODE, FILESYSTEM]),
    ("node_filesystem_readonly", Gauge, &[NODE, FILESYSTEM]),
    ("node_disk_io_time_seconds_total", Counter, &[NODE, &[("device", &["sda", "sdb"])]]),
    ("node_disk_read_bytes_total", Counter, &[NODE, &[("device", &["sda", "sdb"])]]),
    ("node_disk_written_bytes_total", Counter, &[NODE, &[("device", &["sda", "sdb"])]]),
    ("node_network_receive_bytes_total", Counter, &[NODE, &[("device", &["eth0", "lo"])]]),
    ("node_network_transmit_bytes_total", Counter, &[NODE, &[("device", &["eth0", "lo"])]]),
    ("node_network_receive_errs_total", Counter, &[NODE, &[("device", &["eth0", "lo"])]]),
    ("node_load1", Gauge, &[NODE]),
    ("node_load5", Gauge, &[NODE]),
    ("node_boot_time_seconds", Gauge, &[NODE]),
    ("node_timex_offset_seconds", Gauge, &[NODE]),
    ("node_vmstat_pgmajfault", Counter, &[NODE]),
    ("node_hwmon_temp_celsius", Gauge, &[NODE, &[("chip", &["cpu"]), ("sensor", &["temp1", "temp2"])]]),
    ("node_uname_info", Info, &[NODE, &[("nodename", &["worker"]), ("release", &["6.8.0"])]]),
    // Kubernetes.
    ("kube_pod_info", Info, &[STATE, POD, &[("node", &["node-1"]), ("created_by_kind", &["StatefulSet"])]]),
    (
        "kube_pod_labels",
        Info,
        &[STATE, POD, &[("label_app", &["storefront"]), ("label_team", &["checkout"])]],
    ),
    ("kube_pod_owner", Info, &[STATE, POD, &[("owner_kind", &["StatefulSet"]), ("owner_name", &["api"])]]),
    ("kube_pod_status_phase", Gauge, &[STATE, POD, &[("phase", &["Failed", "Pending", "Running"])]]),
    ("kube_pod_container_status_restarts_total", Counter, &[STATE, POD, CONTAINER]),
    (
        "kube_pod_container_status_waiting_reason",
        Gauge,
        &[STATE, POD, CONTAINER, &[("reason", &["CrashLoopBackOff", "ImagePullBackOff"])]],
    ),
    (
        "kube_pod_container_resource_requests",
        Gauge,
        &[STATE, POD, CONTAINER, &[("resource", &["cpu", "memory"])]],
    ),
    (
        "kube_pod_container_resource_limits",
        Gauge,
        &[STATE, POD, CONTAINER, &[("resource", &["cpu", "memory"])]],
    ),
    (
        "kube_node_status_condition",
        Gauge,
        &[
            STATE,
            &[
                ("node", &["node-1", "node-2"]),
                ("condition", &["MemoryPressure", "Ready"]),
                ("status", &["false", "true"]),
            ],
        ],
    ),
    (
        "kube_node_status_allocatable",
        Gauge,
        &[STATE, &[("node", &["node-1", "node-2"]), ("resource", &["cpu", "memory", "pods"])]],
    ),
    ("kube_deployment_spec_replicas", Gauge, &[STATE, DEPLOYMENT]),
    ("kube_deployment_status_replicas_available", Gauge, &[STATE, DEPLOYMENT]),
    (
        "kube_job_status_failed",
        Gauge,
        &[STATE, &[("namespace", &["shop"]), ("job_name", &["backup", "report"])]],
    ),
    ("kubelet_volume_stats_available_bytes", Gauge, &[KUBELET, VOLUME]),
    ("kubelet_volume_stats_capacity_bytes", Gauge, &[KUBELET, VOLUME]),
    ("container_cpu_usage_seconds_total", Counter, &[KUBELET, POD, CONTAINER]),
    ("container_memory_working_set_bytes", Gauge, &[KUBELET, POD, CONTAINER]),
    ("container_cpu_cfs_periods_total", Counter, &[KUBELET, POD, CONTAINER]),
    ("container_cpu_cfs_throttled_periods_total", Counter, &[KUBELET, POD, CONTAINER]),
    ("container_network_receive_bytes_total", Counter, &[KUBELET, POD]),
    (
        "apiserver_request_total",
        Counter,
        &[&[("job", &["apiserver"]), ("verb", &["GET", "LIST", "POST"]), ("code", &["200", "409", "500"])]],
    ),
    (
        "apiserver_request_duration_seconds_bucket",
        ClassicBuckets,
        &[&[("job", &["apiserver"]), ("verb", &["GET", "LIST", "POST"])], SECONDS],
    ),
    // The mesh.
    ("istio_requests_total", Counter, &[MESH, &[("response_code", &["200", "404", "503"])]]),
    ("istio_request_duration_milliseconds_bucket", ClassicBuckets, &[MESH, MILLISECONDS]),
    ("istio_tcp_sent_bytes_total", Counter, &[MESH]),
    ("istio_tcp_received_bytes_total", Counter, &[MESH]),
    // The network.
    (
        "cilium_drop_count_total",
        Counter,
        &[
            AGENT,
            &[
                ("direction", &["EGRESS", "INGRESS"]),
                ("reason", &["Policy denied", "Stale or unroutable IP"]),
            ],
        ],
    ),
    ("cilium_forward_count_total", Counter, &[AGENT, &[("direction", &["EGRESS", "INGRESS"])]]),
    ("cilium_endpoint_state", Gauge, &[AGENT, &[("endpoint_state", &["ready", "regenerating"])]]),
    ("cilium_bpf_map_pressure", Gauge, &[AGENT, &[("map_name", &["ct4_global", "lb4_services"])]]),
    ("hubble_flows_processed_total", Counter, &[AGENT, &[("verdict", &["DROPPED", "FORWARDED"])]]),
    // Services.
    (
        "http_requests_total",
        Counter,
        &[
            API,
            &[
                ("method", &["GET", "POST"]),
                ("code", &["200", "404", "500"]),
                ("handler", &["/cart", "/pay"]),
            ],
        ],
    ),
    (
        "http_request_duration_seconds_bucket",
        ClassicBuckets,
        &[API, &[("handler", &["/cart", "/pay"])], SECONDS],
    ),
    ("http_request_duration_seconds_sum", Counter, &[API, &[("handler", &["/cart", "/pay"])]]),
    ("http_request_duration_seconds_count", Counter, &[API, &[("handler", &["/cart", "/pay"])]]),
    ("rpc_latency_seconds", NativeHistogram, &[API, &[("rpc", &["Charge", "Quote"])]]),
    ("rpc_response_bytes", CustomHistogram, &[API, &[("rpc", &["Charge", "Quote"])]]),
    ("queue_length", Gauge, &[API, &[("queue", &["mail", "orders"])]]),
    ("queue_jobs_total", Counter, &[API, &[("queue", &["mail", "orders"]), ("result", &["failed", "ok"])]]),
    ("cache_requests_total", Counter, &[API, &[("result", &["hit", "miss"])]]),
    (
        "batch_last_success_timestamp_seconds",
        Gauge,
        &[&[("job", &["batch"]), ("task", &["backup", "invoice"])]],
    ),
    ("app_build_info", Info, &[API, &[("version", &["1.4.2"]), ("branch", &["main"])]]),
    // What recording rules leave behind.
    ("job:http_requests:rate5m", Gauge, &[&[("job", &["api", "web"])]]),
    ("job:slo_errors_per_request:ratio_rate5m", Gauge, &[&[("job", &["api", "web"])]]),
    ("job:slo_errors_per_request:ratio_rate1h", Gauge, &[&[("job", &["api", "web"])]]),
    ("job:slo_errors_per_request:ratio_rate6h", Gauge, &[&[("job", &["api", "web"])]]),
    ("namespace:container_memory_working_set_bytes:sum", Gauge, &[&[("namespace", &["shop", "web"])]]),
];

/// The families that the dashboards' queries ask for: all combinations of their labels' values are series.
#[must_use]
pub fn dashboard_families() -> Vec<Family> {
    ROWS.iter().map(family).collect()
}

fn family(&(name, kind, labels): &Row) -> Family {
    let labels = labels.iter().copied().flatten();
    Family { name: name.to_owned(), kind, labels: labels.map(label_values).collect(), has_late_gaps: false }
}

fn label_values(&(name, values): &Label) -> LabelValues {
    LabelValues { name: name.to_owned(), values: values.iter().map(|&value| value.to_owned()).collect() }
}
