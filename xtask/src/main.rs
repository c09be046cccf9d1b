//! The project's own chores: ci, captures, peers.

fn main() {}
