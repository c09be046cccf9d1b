//! Head, commits, replay and queries over a Prometheus data directory.
