//! Prometheus' HTTP API as a router to mount into a server.
