//! emberdb writes eight hours of floats, moves them into blocks, deletes some and closes: promtool and a server must see
//! the rest, and what they leave behind must still be a database of emberdb.

use std::io;
use std::path::Path;

use emberdb::{Db, MatchOp, Matcher, TimeRange};

use super::dump;
use super::held::Held;
use super::peers::Peers;
use super::report::Report;
use super::server::Server;
use super::shapes::{DELETED, Shape, TICK_MS, shapes};
use super::store::{self, Error};

/// A multiple of two hours and a little more: blocks do not begin with the first sample.
const START_MS: i64 = 1_700_006_401_234;
/// Eight hours and a quarter.
const TICKS: i64 = 1980;
/// The database is closed and opened again here.
const REOPENED_AT: i64 = 1200;
/// How many ticks go into one commit.
const BATCH_TICKS: i64 = 20;
// A batch does not reach beyond what a head accepts.
const _: () = assert!(BATCH_TICKS * TICK_MS < 3_600_000);
/// What is deleted of one series: it lies in several blocks and in the head.
const DELETED_MS: TimeRange = TimeRange::new(START_MS + 3 * 3_600_000, START_MS + 8 * 3_600_000);
/// So much is asked for beyond the oldest and the newest sample: none may have been added there.
const MARGIN_MS: i64 = 3_600_000;

pub(super) fn run(peers: &Peers, report: &mut Report) -> Result<(), Error> {
    let folder = tempfile::Builder::new().prefix("ember-compat-").tempdir()?;
    let data = folder.path().join("data");
    let (expected, blocks) = write(&data, peers.has_utf8_names())?;
    read_back("written, emberdb opened again", &data, &expected, report)?;
    accept_blocks(peers, &data, blocks, report)?;
    see_all("written", peers, &data, &expected, folder.path(), report)?;
    read_back("written, emberdb after prometheus", &data, &expected, report)
}

/// Lets promtool and a server read a directory and compares what they see.
pub(super) fn see_all(
    name: &str,
    peers: &Peers,
    data: &Path,
    expected: &Held,
    folder: &Path,
    report: &mut Report,
) -> Result<(), Error> {
    report.compare(&format!("{name}, promtool dump"), &expected.seen_in_dump(), &dump_copy(peers, data)?);
    ask_server(name, peers, data, "", expected, folder, report)
}

/// Lets a server with a configuration read a directory and compares what it answers.
pub(super) fn ask_server(
    name: &str,
    peers: &Peers,
    data: &Path,
    config: &str,
    expected: &Held,
    folder: &Path,
    report: &mut Report,
) -> Result<(), Error> {
    let range = expected.range();
    let server = Server::start(peers, data, config, folder)?;
    let found = server.ask(TimeRange::new(range.min_ms - MARGIN_MS, range.max_ms + MARGIN_MS))?;
    report.compare(&format!("{name}, prometheus"), &expected.seen_over_http(), &found);
    Ok(server.terminate()?)
}

/// What promtool dumps of a copy, since it may write into a directory that it reads.
pub(super) fn dump_copy(peers: &Peers, data: &Path) -> Result<Held, Error> {
    let copied = tempfile::Builder::new().prefix("ember-compat-").tempdir()?;
    copy(data, copied.path())?;
    Ok(dump::parse(&peers.promtool(&["tsdb", "dump"], copied.path())?)?)
}

/// Opens a directory with emberdb and compares all of it.
pub(super) fn read_back(name: &str, data: &Path, expected: &Held, report: &mut Report) -> Result<(), Error> {
    let db = store::open(data)?;
    report.compare(name, expected, &store::read(&db)?);
    Ok(db.close()?)
}

/// Writes all; what is expected to be there, and in how many blocks.
fn write(data: &Path, has_utf8_names: bool) -> Result<(Held, usize), Error> {
    let shapes = shapes(has_utf8_names);
    let mut held = Held::default();
    let db = store::open(data)?;
    append(&db, &shapes, START_MS, 0..REOPENED_AT, &mut held)?;
    db.maintain()?;
    db.close()?;
    let db = store::open(data)?;
    append(&db, &shapes, START_MS, REOPENED_AT..TICKS, &mut held)?;
    db.maintain()?;
    db.delete(&[Matcher::new(MatchOp::Equal, "kind", DELETED)?], DELETED_MS)?;
    for shape in shapes.iter().filter(|shape| shape.labels.get("kind") == Some(DELETED)) {
        held.delete(&shape.labels, DELETED_MS);
    }
    let blocks = db.storage().blocks().len();
    db.close()?;
    Ok((held, blocks))
}

/// Appends the samples of some ticks, in the order of time, and adds them to `held`.
pub(super) fn append(
    db: &Db,
    shapes: &[Shape],
    start_ms: i64,
    ticks: std::ops::Range<i64>,
    held: &mut Held,
) -> Result<(), Error> {
    let mut from = ticks.start;
    while from < ticks.end {
        let to = ticks.end.min(from + BATCH_TICKS);
        let mut appender = db.appender()?;
        for tick in from..to {
            for shape in shapes {
                if let Some((timestamp_ms, value)) = shape.sample(start_ms, tick) {
                    appender.append(&shape.labels, timestamp_ms, value)?;
                    held.insert(&shape.labels, timestamp_ms, value.into())?;
                }
            }
        }
        let summary = appender.commit()?;
        if let Some(rejection) = summary.rejected.first() {
            return Err(format!("emberdb refused its own sample: {}", rejection.error).into());
        }
        from = to;
    }
    Ok(())
}

/// promtool lists as many blocks as there are, and can analyze them.
fn accept_blocks(peers: &Peers, data: &Path, blocks: usize, report: &mut Report) -> Result<(), Error> {
    let listed = peers.promtool(&["tsdb", "list"], data)?;
    // The first line is a header.
    let rows = listed.lines().skip(1).filter(|line| !line.trim().is_empty()).count();
    let is_right = rows == blocks && blocks >= 2;
    report.check("written, promtool list", is_right, &format!("{rows} blocks listed of {blocks}"));
    let analyzed = peers.promtool(&["tsdb", "analyze", "--extended"], data)?;
    let has_series = analyzed.contains("Series: ");
    report.check(
        "written, promtool analyze",
        has_series,
        analyzed.lines().next().unwrap_or("nothing printed"),
    );
    Ok(())
}

/// Copies a folder with all that is in it.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
