//! The project's own chores. One subcommand, one module.
#![forbid(unsafe_code)]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's tool, not the product: it starts processes, reads the clock and prints"
)]

mod beside;
mod capture;
mod compat;
mod conformance;
mod differential;
mod http;
mod process;

use std::process::ExitCode;

use clap::Parser;

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Chore {
    /// Records the /metrics of real processes into tests/fixtures
    Capture(capture::Options),
    /// Feeds emberdb and a real Prometheus the same samples by remote write, and compares bytes, memory and time
    Beside(beside::Options),
    /// Passes data directories to a real Prometheus and back, and compares all samples
    Compat(compat::Options),
    /// Asks all that Prometheus' own data asks: a line a suite, `NAME: N passed, M failed`, and status 1 if any failed
    Conformance(conformance::Options),
    /// Asks a real Prometheus and emberdb the same questions about the same data, and compares the answers
    Differential(differential::Options),
}

fn main() -> ExitCode {
    let done = match Chore::parse() {
        Chore::Capture(options) => capture::run(&options).map(|()| ExitCode::SUCCESS),
        Chore::Beside(options) => beside::run(&options),
        Chore::Compat(options) => compat::run(&options),
        Chore::Conformance(options) => conformance::run(&options),
        Chore::Differential(options) => differential::run(&options),
    };
    match done {
        Ok(status) => status,
        Err(error) => {
            eprintln!("cargo xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
