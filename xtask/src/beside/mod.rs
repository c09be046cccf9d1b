//! `cargo xtask beside`: emberdb and a real Prometheus on one machine, in one run, fed the same requests by the same client.
//!
//! - [`stream`]: the samples. [`server`]: the two servers, and what is measured of them. [`table`]: what came of it.

mod server;
mod stream;
mod table;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::compat::peers::Peers;
use crate::process;
use server::{Program, Server};
use stream::Stream;
use table::Figures;

#[derive(Args)]
pub(crate) struct Options {
    /// How many series are sent: counters and gauges
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    series: u32,
    /// How many samples each of them has, 15 s apart; the last is of now
    #[arg(long, default_value_t = 480, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    samples: u32,
    /// The program `ember`; by default the one that was built beside this one
    #[arg(long, value_name = "FILE")]
    ember: Option<PathBuf>,
    /// Leave the data directories, and say where they are
    #[arg(long)]
    keep: bool,
}

/// Runs both servers and prints a table.
pub(crate) fn run(options: &Options) -> io::Result<ExitCode> {
    let Some(peers) = Peers::find()? else {
        println!("skipped: no prometheus");
        return Ok(ExitCode::SUCCESS);
    };
    let ember = process::ember(options.ember.as_deref())?;
    println!("ember {} beside prometheus {}", ember.display(), peers.version);
    let folder = tempfile::Builder::new().prefix("ember-beside-").tempdir()?;
    let mut servers =
        [(Program::Ember, ember), (Program::Prometheus, peers.prometheus)].map(|(program, path)| {
            let folder = folder.path().join(program.name());
            Server::new(program, path, folder)
        });
    for server in &mut servers {
        server.start()?;
    }
    let stream = Stream::new(options.series, options.samples);
    feed(&stream, &mut servers)?;
    let mut figures = Vec::new();
    for server in &mut servers {
        figures.push(measure(server)?);
    }
    table::print(&stream, &figures);
    if options.keep {
        println!("\nThe directories are in {}", folder.keep().display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Sends each request to the one and to the other, so that what else the machine does hits both.
fn feed(stream: &Stream, servers: &mut [Server; 2]) -> io::Result<()> {
    for (number, request) in stream.requests().enumerate() {
        let request = request.map_err(io::Error::other)?;
        // Who is asked second finds the request in the caches of the processor: they take turns.
        let first = number % 2;
        for place in [first, 1 - first] {
            servers[place].send(&request)?;
        }
    }
    Ok(())
}

/// What a server that was fed takes. Ends it.
fn measure(server: &mut Server) -> io::Result<Figures> {
    let memory_bytes = server.memory_bytes()?;
    let log_bytes = server.log_bytes()?;
    let block_bytes = server.snapshot_bytes()?;
    let feeding = server.feeding;
    let opening = server.kill_and_reopen()?;
    let memory_reopened_bytes = server.memory_bytes()?;
    server.stop();
    Ok(Figures { feeding, memory_bytes, memory_reopened_bytes, log_bytes, block_bytes, opening })
}
