//! Samples to bits and back: Prometheus' chunk encodings.
