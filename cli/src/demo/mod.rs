//! `ember demo`: the whole way on real data. Scrapes are stored, the database is closed and opened again, and asked.

mod captures;
mod ingest;
mod questions;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use emberdb::{Db, DbOptions, Env};

use crate::Outcome;

/// Arguments of `ember demo`.
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// Where to keep the database. Default: a fresh temporary directory, removed at the end.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// What the demonstration works with.
pub(super) struct Stage {
    env: Env,
}

impl Stage {
    /// Runs `body` and says how long it took.
    pub(super) fn timed<T>(&self, body: impl FnOnce() -> T) -> (T, Duration) {
        let before = self.env.clock().monotonic();
        let outcome = body();
        (outcome, self.env.clock().monotonic().saturating_sub(before))
    }
}

pub(crate) fn run(args: &DemoArgs) -> Outcome {
    let stage = Stage { env: Env::real() };
    let Some(dir) = &args.data else {
        let dir = stage.env.fs().create_temp_dir("ember-demo")?;
        remove_when_stopped(&stage.env, dir.clone())?;
        let outcome = show(&stage, &dir, false);
        stage.env.fs().remove_dir_all(&dir)?;
        return outcome;
    };
    show(&stage, dir, true)
}

/// Who is impatient leaves nothing behind.
fn remove_when_stopped(env: &Env, dir: PathBuf) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let files = env.clone();
    env.spawn("ember-demo-stop", move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            // What is being written at the moment may come to be once more.
            let removed = (0..10).any(|_| files.fs().remove_dir_all(&dir).is_ok());
            if !removed {
                eprintln!("ember: {} could not be removed", dir.display());
            }
            std::process::exit(130);
        }
    })?;
    Ok(())
}

fn show(stage: &Stage, dir: &Path, kept: bool) -> Outcome {
    outln!("emberdb {}: Prometheus carried inside a Rust program\n", env!("CARGO_PKG_VERSION"))?;
    let captures = captures::load()?;

    heading("Storing twenty minutes of real scrapes")?;
    outln!("The database is the directory {}", dir.display())?;
    let db = Db::open(dir, DbOptions::default())?;
    if db.stats().samples > 0 {
        return Err(format!("{} already holds samples: give an empty directory", dir.display()).into());
    }
    let (totals, took) = stage.timed(|| ingest::replay(&db, &captures));
    let totals = totals?;
    outln!("{totals}")?;
    let stats = db.stats();
    let per_sample = stats.chunk_bytes as f64 / stats.samples.max(1) as f64;
    outln!(
        "Stored {} series with {} samples in {} bytes of chunks ({per_sample:.2} bytes a sample), in {}",
        stats.series,
        stats.samples,
        stats.chunk_bytes,
        in_ms(took),
    )?;

    heading("Closing the database and opening it again")?;
    let (closed, took) = stage.timed(|| db.close());
    closed?;
    drop(db);
    outln!("Closed in {}: the write-ahead log has {} bytes", in_ms(took), wal_bytes(stage, dir)?)?;
    let (opened, took) = stage.timed(|| Db::open(dir, DbOptions::default()));
    let db = opened?;
    outln!("Opened in {}: {}", in_ms(took), db.replay_report())?;
    let again = db.stats();
    if (again.series, again.samples) != (stats.series, stats.samples) {
        return Err(format!("the log gave back {again:?} of {stats:?}").into());
    }
    outln!("Every series and every sample is back.")?;

    questions::ask(stage, &db, &captures)?;
    db.close()?;

    heading("What to try next")?;
    if kept {
        let dir = dir.display();
        outln!("  ember query --data {dir} 'topk(5, rate(prometheus_http_requests_total[5m]))'")?;
        outln!("  ember serve --data {dir}     # then point Grafana's Prometheus data source at it")?;
    } else {
        outln!("  ember demo --data demo-data                          # keep the database")?;
        outln!("  ember query --data demo-data 'sum by (job) (up)'     # ask it without a server")?;
        outln!("  ember serve --data demo-data                         # or point Grafana at it")?;
    }
    outln!("  cargo run --example quickstart                       # the library in ten lines")?;
    Ok(())
}

fn heading(text: &str) -> Outcome {
    Ok(outln!("\n== {text}")?)
}

fn in_ms(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1000.0)
}

fn wal_bytes(stage: &Stage, dir: &Path) -> Result<u64, Box<dyn std::error::Error>> {
    let wal = dir.join("wal");
    let mut bytes = 0;
    for entry in stage.env.fs().read_dir(&wal)? {
        bytes += stage.env.fs().file_len(&wal.join(entry.name))?;
    }
    Ok(bytes)
}
