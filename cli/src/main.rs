//! `ember`: Prometheus carried in a Rust program, on the command line.
#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "a command line program speaks on its standard streams")]

#[macro_use]
mod output;

mod demo;
mod feature;
mod import;
mod limits;
mod quantity;
mod query;
mod selector;
mod serve;
mod store;
mod test;
mod time;
mod tsdb;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What every command returns: an error is printed as it is.
type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Prometheus carried in a Rust program: store metrics in its file formats, ask them in PromQL.
#[derive(Parser)]
#[command(name = "ember", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Store real captures in a fresh database, close it, open it again, and ask it questions.
    Demo(demo::DemoArgs),
    /// Ask a data directory a PromQL question, without a server.
    Query(query::QueryArgs),
    /// Serve a data directory with Prometheus' HTTP API.
    Serve(serve::ServeArgs),
    /// Check what queries answer, with scripts.
    Test(test::TestArgs),
    /// Make blocks of text files in the OpenMetrics format.
    Import(import::ImportArgs),
    /// Look after a data directory: list, analyze, verify and dump it, copy it, delete from it, compact it.
    Tsdb(tsdb::TsdbArgs),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Query(args) => query::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Tsdb(args) => tsdb::run(&args),
    };
    match output::unless_unread(outcome) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ember: {error}");
            ExitCode::FAILURE
        }
    }
}
