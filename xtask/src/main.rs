//! The project's own chores. One subcommand, one module.
#![forbid(unsafe_code)]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's tool, not the product: it starts processes, reads the clock and prints"
)]

mod capture;

use std::process::ExitCode;

use clap::Parser;

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Chore {
    /// Records the /metrics of real processes into tests/fixtures
    Capture(capture::Options),
}

fn main() -> ExitCode {
    let done = match Chore::parse() {
        Chore::Capture(options) => capture::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
