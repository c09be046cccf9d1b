//! Prometheus' write-ahead log: segments, pages, records, repair.
