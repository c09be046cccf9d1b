//! What was measured, side by side.

use std::time::Duration;

use super::stream::Stream;

/// What was measured of one server.
pub(super) struct Figures {
    /// All requests together, from one end of the loopback to the other.
    pub(super) feeding: Duration,
    /// With all samples in the head.
    pub(super) memory_bytes: u64,
    /// After the log was read.
    pub(super) memory_reopened_bytes: u64,
    pub(super) log_bytes: u64,
    pub(super) block_bytes: u64,
    /// From the start of the program to its first answer.
    pub(super) opening: Duration,
}

/// Prints a table; the ratio says how many times as much the second takes.
pub(super) fn print(stream: &Stream, figures: &[Figures]) {
    let [ember, prometheus] = figures else { return };
    let (series, samples) = (stream.series() as f64, stream.samples() as f64);
    println!("\n{} series, {} samples by remote write 1.0\n", stream.series(), stream.samples());
    println!("| | emberdb | Prometheus | ratio |\n|---|---|---|---|");
    let row = |what: &str, unit: &str, of: &dyn Fn(&Figures) -> f64| {
        let (ours, theirs) = (of(ember), of(prometheus));
        println!("| {what} | {ours:.2} {unit} | {theirs:.2} {unit} | {:.1} |", theirs / ours);
    };
    row("storing a sample", "µs", &|f| f.feeding.as_secs_f64() * 1e6 / samples);
    row("log on disk, a sample", "bytes", &|f| f.log_bytes as f64 / samples);
    row("blocks on disk, a sample", "bytes", &|f| f.block_bytes as f64 / samples);
    row("memory, all of the process", "MiB", &|f| f.memory_bytes as f64 / f64::from(1 << 20));
    row("memory, a series", "bytes", &|f| f.memory_bytes as f64 / series);
    row("memory after opening, a series", "bytes", &|f| f.memory_reopened_bytes as f64 / series);
    row("opening after a kill", "ms", &|f| f.opening.as_secs_f64() * 1e3);
}
