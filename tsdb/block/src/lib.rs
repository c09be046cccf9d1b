//! A block of a Prometheus data directory: an immutable folder of samples of one range of time.
#![forbid(unsafe_code)]
