//! `cargo xtask compat`: data directories go from emberdb to a real Prometheus and back, and each side must see every
//! sample of the other.
//!
//! - [`written`]: emberdb writes, Prometheus reads.
//! - [`taken_over`]: Prometheus writes and is stopped or killed, emberdb reads and goes on, Prometheus reads again.
//! - [`histograms`]: as `written`, with native histograms; [`late`]: with samples out of order.
//! - [`killed_ember`]: both are sent samples over HTTP and killed, one after the other; [`exemplars`] are compared, too.
//! - [`shapes`]: the floats that are written; [`exposition`] and [`protobuf`]: how Prometheus is fed.
//! - [`peers`], [`server`]: the other side's programs; [`store`]: our side.
//! - [`held`]: what one side sees; [`answer`], [`dump`]: how it is read from what the peers print.

mod answer;
mod dump;
mod exemplars;
mod exposition;
mod held;
mod histograms;
mod killed_ember;
mod late;
mod pages;
pub(crate) mod peers;
mod protobuf;
mod report;
mod server;
mod shapes;
mod store;
mod taken_over;
mod written;

use std::io;
use std::process::ExitCode;

use clap::Args;

use peers::Peers;
use report::Report;
use store::Error;
use taken_over::{Ending, Fed};

#[derive(Args)]
pub(crate) struct Options {
    /// Run this round only; can be given several times
    #[arg(long, value_name = "NAME", value_parser = ROUNDS.map(|(name, _)| name))]
    round: Vec<String>,
}

/// A round of comparisons. It fails as a whole if one of them could not be made.
type Round = fn(&Peers, &mut Report) -> Result<(), Error>;

const ROUNDS: [(&str, Round); 7] = [
    ("written", written::run),
    ("histograms", histograms::run),
    ("late", late::run),
    ("killed-ember", killed_ember::run),
    ("stopped", |peers, report| taken_over::run("stopped", peers, Ending::Stopped, Fed::InOrder, report)),
    ("killed", |peers, report| taken_over::run("killed", peers, Ending::Killed, Fed::InOrder, report)),
    ("killed-late", |peers, report| taken_over::run("killed-late", peers, Ending::Killed, Fed::Late, report)),
];

/// Runs the rounds and prints a line for each comparison: `NAME: ok (N series, M samples)` or its first difference.
pub(crate) fn run(options: &Options) -> io::Result<ExitCode> {
    let Some(peers) = Peers::find()? else {
        println!("skipped: no prometheus");
        return Ok(ExitCode::SUCCESS);
    };
    println!("prometheus {} ({})", peers.version, peers.prometheus.display());
    let mut report = Report::default();
    let is_chosen =
        |name: &str| options.round.is_empty() || options.round.iter().any(|chosen| chosen == name);
    for (name, round) in ROUNDS.into_iter().filter(|(name, _)| is_chosen(name)) {
        if let Err(error) = round(&peers, &mut report) {
            report.failed(&format!("{name}: cannot be run to its end: {error}"));
        }
    }
    Ok(report.status())
}
