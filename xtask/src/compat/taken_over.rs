//! A Prometheus writes: blocks made by promtool, a head fed by scrapes. It ends, emberdb takes the directory over, must see
//! exactly what the server answered, goes on writing, and a Prometheus must see all of it.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use emberdb::TimeRange;

use super::exposition::Exposition;
use super::held::Held;
use super::late::WINDOW_CONFIG;
use super::pages::{self, now_ms};
use super::peers::Peers;
use super::report::Report;
use super::server::Server;
use super::shapes::{TICK_MS, shapes};
use super::store::{self, Error};
use super::written::{append, ask_server, dump_copy, read_back};

/// How the server ends.
#[derive(Clone, Copy)]
pub(super) enum Ending {
    /// In order.
    Stopped,
    /// With no time to write anything.
    Killed,
}

/// In which order the server gets what it scrapes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fed {
    InOrder,
    /// Older samples after newer ones.
    Late,
}

/// Old samples lie so far back, and end before those that are scraped.
const OLD_MS: i64 = 9 * 3_600_000;
const OLD_TICKS: i64 = 1400;
/// emberdb goes on for five hours, so that the samples of the server become blocks.
const MORE_TICKS: i64 = 1200;
/// So many scrapes are waited for: the first brings old samples, a later one ends a series.
const SCRAPES: u64 = 5;
const SCRAPES_TIMEOUT: Duration = Duration::from_secs(120);
/// The first page alone has so many samples; a scrape that comes too late to be stored is not seen otherwise.
const SCRAPED_MIN: usize = 5000;
/// What is scraped is not older.
const SCRAPED_MS: i64 = 3_600_000;
/// A scrape that began so long ago has been stored.
const SETTLED_MS: i64 = 1500;

pub(super) fn run(
    name: &str,
    peers: &Peers,
    ending: Ending,
    fed: Fed,
    report: &mut Report,
) -> Result<(), Error> {
    let folder = tempfile::Builder::new().prefix("ember-compat-").tempdir()?;
    let data = folder.path().join("data");
    make_blocks(peers, &data, folder.path())?;
    let (answered, asked) = feed(peers, &data, ending, fed, folder.path())?;
    let dumped = dump_copy(peers, &data)?;

    let db = store::open(&data)?;
    let mut held = store::read(&db)?;
    report.compare(&format!("{name}, emberdb"), &answered, &held.seen_over_http().within(asked));
    report.compare(&format!("{name}, emberdb as promtool dumps it"), &dumped, &held.seen_in_dump());
    let markers = held.samples() - held.seen_over_http().samples();
    report.check(&format!("{name}, emberdb: staleness markers"), markers > 0, &format!("{markers} of them"));

    append(&db, &shapes(peers.has_utf8_names()), held.range().max_ms + TICK_MS, 0..MORE_TICKS, &mut held)?;
    db.maintain()?;
    report.compare(&format!("{name}, emberdb goes on"), &held, &store::read(&db)?);
    db.close()?;
    let back = format!("{name}, and back");
    report.compare(&format!("{back}, promtool dump"), &held.seen_in_dump(), &dump_copy(peers, &data)?);
    ask_server(&back, peers, &data, window(fed), &held, folder.path(), report)?;
    read_back(&format!("{name}, emberdb in the end"), &data, &held, report)
}

/// Lets promtool make blocks of old samples.
fn make_blocks(peers: &Peers, data: &Path, folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(data)?;
    let file = folder.join("old.txt");
    std::fs::write(&file, pages::openmetrics(now_ms() - OLD_MS, OLD_TICKS))?;
    let file = file.to_str().ok_or("the temporary folder's name is not UTF-8")?;
    peers.promtool(&["tsdb", "create-blocks-from", "openmetrics", file], data)?;
    Ok(())
}

/// Starts a server, lets it scrape, asks it for all up to a time, and ends it. What it answered, and what it was asked for.
fn feed(
    peers: &Peers,
    data: &Path,
    ending: Ending,
    fed: Fed,
    folder: &Path,
) -> Result<(Held, TimeRange), Error> {
    let floats = Exposition::start(match fed {
        Fed::InOrder => pages::floats,
        Fed::Late => pages::late_floats,
    })?;
    let histograms = Exposition::start(pages::histograms)?;
    let mut targets = vec![("floats", &floats)];
    if peers.has_histograms() {
        targets.push(("histograms", &histograms));
    }
    let mut server = Server::start(peers, data, &(config(peers, &targets) + window(fed)), folder)?;
    let give_up = Instant::now() + SCRAPES_TIMEOUT;
    while targets.iter().any(|(_, target)| target.scrapes() < SCRAPES) {
        server.check()?;
        if Instant::now() > give_up {
            return Err("the server does not scrape".into());
        }
        thread::sleep(Duration::from_millis(100));
    }
    let now_ms = now_ms();
    let asked = TimeRange::new(now_ms - 2 * OLD_MS, now_ms - SETTLED_MS);
    let answered = server.ask(asked)?;
    let scraped = answered.within(TimeRange::new(now_ms - SCRAPED_MS, now_ms)).samples();
    if scraped < SCRAPED_MIN {
        return Err(format!("the server took {scraped} samples only").into());
    }
    match ending {
        Ending::Stopped => server.terminate()?,
        Ending::Killed => server.kill(),
    }
    Ok((answered, asked))
}

/// The part of a configuration that is about samples out of order.
fn window(fed: Fed) -> &'static str {
    if fed == Fed::Late { WINDOW_CONFIG } else { "" }
}

fn config(peers: &Peers, targets: &[(&str, &Exposition)]) -> String {
    let mut text = String::from("global: {scrape_interval: 2s, scrape_timeout: 2s}\nscrape_configs:\n");
    for (job, target) in targets {
        let address = target.address();
        let native =
            if peers.has_custom_bounds() { ", convert_classic_histograms_to_nhcb: true" } else { "" };
        text.push_str(&format!(
            "  - {{job_name: {job}, static_configs: [{{targets: ['{address}']}}]{native}}}\n"
        ));
    }
    text
}
