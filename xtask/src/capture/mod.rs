//! `cargo xtask capture`: real processes on loopback, scraped on a schedule, with a story.
//!
//! - [`story`]: what happens when, in scrapes and in seconds; the same every time.
//! - [`stage`]: the processes, their files and ports.
//! - [`traffic`]: the requests that the two servers get.

mod stage;
mod story;
mod traffic;

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use emberdb_capture::{Capture, CaptureError, Outcome, Record};

use crate::http;
use stage::{Stage, Target};
use story::Story;
use traffic::Traffic;

/// A scrape that takes longer has failed; below the interval, as upstream's `scrape_timeout`.
const SCRAPE_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(crate) struct Options {
    /// How long to record
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=120))]
    minutes: u32,
    /// Time between two scrapes, in seconds (`15` or `15s`)
    #[arg(long, default_value = "15s", value_parser = parse_seconds)]
    interval: Duration,
    /// Where the capture files go
    #[arg(long, default_value = "tests/fixtures")]
    out: PathBuf,
}

/// Records all targets and writes one file for each, all of them at the end or none.
pub(crate) fn run(options: &Options) -> io::Result<()> {
    std::fs::create_dir_all(&options.out)?;
    let story = Story::new(options.minutes, options.interval);
    let mut stage = Stage::build(options.interval)?;
    let targets = stage.targets();
    let mut captures = targets
        .iter()
        .map(|target| Capture::new(target.labels()).map_err(io::Error::other))
        .collect::<io::Result<Vec<_>>>()?;
    println!("{story}");

    let start = next_aligned(options.interval);
    let traffic = Traffic::start(story, stage.prometheus_port(), stage.alertmanager_port(), start.instant);
    for scrape in 0..story.scrapes {
        let offset = options.interval * scrape;
        thread::sleep((start.instant + offset).saturating_duration_since(Instant::now()));
        stage.act(&story, scrape)?;
        let due_ms = start.unix_ms + i64::try_from(offset.as_millis()).map_err(io::Error::other)?;
        let records = scrape_all(&targets, &story, scrape, due_ms);
        print_progress(&story, scrape, &records);
        for (capture, record) in captures.iter_mut().zip(records) {
            if let Some(record) = record {
                capture.push(record).map_err(io::Error::other)?;
            }
        }
    }
    println!("traffic sent: {}", traffic.stop()?);
    drop(stage);

    for (target, capture) in targets.iter().zip(&captures) {
        write(&options.out, target, capture)?;
    }
    Ok(())
}

/// All targets at once, as a scraper does; a target that left the list gives no record.
fn scrape_all(targets: &[Target], story: &Story, scrape: u32, timestamp_ms: i64) -> Vec<Option<Record>> {
    thread::scope(|scope| {
        let running: Vec<_> = targets
            .iter()
            .map(|target| {
                let removed = target.leaves.then_some(story.leaver_removed);
                scope.spawn(move || match removed {
                    Some(removed) if scrape > removed => None,
                    Some(removed) if scrape == removed => {
                        Some(Record { timestamp_ms, duration: Duration::ZERO, outcome: Outcome::Removed })
                    }
                    _ => Some(scrape_one(target, timestamp_ms)),
                })
            })
            .collect();
        running.into_iter().map(|handle| handle.join().expect("a scrape does not panic")).collect()
    })
}

fn scrape_one(target: &Target, timestamp_ms: i64) -> Record {
    let began = Instant::now();
    let answer = http::get(target.port, "/metrics", target.accept, SCRAPE_TIMEOUT);
    let duration = began.elapsed();
    let outcome = match answer {
        Ok(response) if response.status == 200 => {
            Outcome::Scraped { content_type: response.content_type, body: response.body }
        }
        Ok(response) => {
            Outcome::Failed { reason: format!("server returned HTTP status {}", response.status) }
        }
        Err(error) => {
            Outcome::Failed { reason: format!("Get \"http://127.0.0.1:{}/metrics\": {error}", target.port) }
        }
    };
    Record { timestamp_ms, duration, outcome }
}

fn write(folder: &Path, target: &Target, capture: &Capture) -> io::Result<()> {
    let path = folder.join(format!("{}-{}.capture.zst", target.job, target.instance));
    let file = capture.to_bytes().map_err(|error: CaptureError| io::Error::other(error))?;
    std::fs::write(&path, &file)?;
    println!("{}: {} records, {} bytes", path.display(), capture.records().len(), file.len());
    Ok(())
}

fn print_progress(story: &Story, scrape: u32, records: &[Option<Record>]) {
    let seen: Vec<String> = records
        .iter()
        .map(|record| match record.as_ref().map(|record| (&record.outcome, record.duration)) {
            Some((Outcome::Scraped { body, .. }, took)) => {
                format!("{} B {} ms", body.len(), took.as_millis())
            }
            Some((Outcome::Failed { .. }, _)) => "failed".into(),
            Some((Outcome::Removed, _)) => "removed".into(),
            None => "-".into(),
        })
        .collect();
    println!("{:>4}/{} {}", scrape + 1, story.scrapes, seen.join(" | "));
}

/// The next moment that is a multiple of the interval, on both clocks.
struct Start {
    instant: Instant,
    unix_ms: i64,
}

fn next_aligned(interval: Duration) -> Start {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    let interval_ms = interval.as_millis();
    let unix_ms = (now.as_millis() / interval_ms + 1) * interval_ms;
    let wait = Duration::from_millis(u64::try_from(unix_ms - now.as_millis()).expect("at most one interval"));
    Start {
        instant: Instant::now() + wait,
        unix_ms: i64::try_from(unix_ms).expect("milliseconds fit for ages"),
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.strip_suffix('s').unwrap_or(text);
    match seconds.parse::<u64>() {
        Ok(seconds @ 1..=300) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("{text:?} is not a whole number of seconds from 1 to 300")),
    }
}
