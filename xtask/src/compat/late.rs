//! emberdb takes samples out of order, older than those in its blocks and younger ones: some are in blocks, some in the log of
//! late samples when it closes. promtool and a server must see them.

use emberdb::{Db, DbOptions, Maintained};

use super::held::Held;
use super::peers::Peers;
use super::report::Report;
use super::shapes::shapes;
use super::store::Error;
use super::written::{append, ask_server, dump_copy, read_back};

/// A multiple of two hours and a little more: blocks do not begin with the first sample.
const START_MS: i64 = 1_700_006_401_234;
/// So late may a sample be.
const WINDOW_MS: i64 = 10 * 3_600_000;
/// What is told to a server, so that it reads the log of late samples.
pub(super) const WINDOW_CONFIG: &str = "storage: {tsdb: {out_of_order_time_window: 10h}}\n";

/// Ticks as they come: what was left out comes after what is newer.
const BEFORE_MAINTENANCE: [std::ops::Range<i64>; 4] = [0..300, 700..1200, 300..500, 1200..1700];
/// The same, of which nothing is in blocks.
const AFTER_MAINTENANCE: [std::ops::Range<i64>; 3] = [1800..1980, 500..700, 1700..1800];

pub(super) fn run(peers: &Peers, report: &mut Report) -> Result<(), Error> {
    let folder = tempfile::Builder::new().prefix("ember-compat-").tempdir()?;
    let data = folder.path().join("data");
    let mut options = DbOptions::default();
    options.storage.maintenance = Maintained::ByCaller;
    options.storage.out_of_order_window_ms = WINDOW_MS;
    let db = Db::open(&data, options)?;
    let mut held = Held::default();
    let shapes = shapes(peers.has_utf8_names());
    let mut append_all = |ticks: &[std::ops::Range<i64>]| -> Result<(), Error> {
        ticks.iter().try_for_each(|ticks| append(&db, &shapes, START_MS, ticks.clone(), &mut held))
    };
    append_all(&BEFORE_MAINTENANCE)?;
    let made = db.maintain()?;
    append_all(&AFTER_MAINTENANCE)?;
    let blocks = made.blocks_from_late.len();
    report.check("late, emberdb", blocks > 0, &format!("{blocks} blocks of late samples"));
    db.close()?;
    read_back("late, emberdb opened again", &data, &held, report)?;
    report.compare("late, promtool dump", &held.seen_in_dump(), &dump_copy(peers, &data)?);
    ask_server("late", peers, &data, WINDOW_CONFIG, &held, folder.path(), report)?;
    read_back("late, emberdb after prometheus", &data, &held, report)
}
