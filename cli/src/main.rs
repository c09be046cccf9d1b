//! Prometheus carried in a Rust program: the command line.

fn main() {}
